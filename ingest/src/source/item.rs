//! One file of a walk, and the file open for reading: exactly as it was, or not at all.

use super::Failure;
use rustix::{
    fs::{FileType, Mode, OFlags, Stat, fstat, openat},
    io::Errno,
};
use std::{
    ffi::OsString,
    fs::File,
    io::{self, Read, Seek as _},
    os::fd::OwnedFd,
    path::{Path, PathBuf},
    sync::Arc,
};

/// One file, not yet open.
pub struct Item {
    /// Absolute path, as it is shown.
    pub path: PathBuf,
    /// File name.
    pub name: OsString,
    /// Size in bytes when it was found.
    pub size: u64,
    /// When it was last written.
    pub modified: Option<jiff::Timestamp>,
    /// The folder that it lies in: paths may be longer than the kernel takes at once.
    pub(super) folder: Arc<OwnedFd>,
}

/// One file, open.
pub struct OpenItem {
    file: File,
    path: PathBuf,
    before: Stamp,
    read: u64,
}

/// What must not change while a file is read.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Stamp {
    device: u64,
    inode: u64,
    size: i64,
    written: (i64, i64),
    changed: (i64, i64),
}

impl Stamp {
    #[allow(clippy::unnecessary_cast, reason = "the kernel's types differ by platform")]
    fn of(stat: &Stat) -> Self {
        Self {
            device: stat.st_dev as u64,
            inode: stat.st_ino as u64,
            size: stat.st_size as i64,
            written: (stat.st_mtime as i64, stat.st_mtime_nsec as i64),
            changed: (stat.st_ctime as i64, stat.st_ctime_nsec as i64),
        }
    }
}

impl Item {
    /// Opens the file. Never waits: what has become a pipe meanwhile is refused.
    pub fn open(&self) -> Result<OpenItem, Failure> {
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC | OFlags::NOCTTY;
        let opened = openat(&*self.folder, &self.name, flags, Mode::empty());
        let file = opened.map_err(|why| match why {
            Errno::LOOP => Failure::symlink(&self.path),
            Errno::NXIO => Failure::special(&self.path),
            why => Failure::unreadable(&self.path, io::Error::from(why)),
        })?;
        let stat = fstat(&file).map_err(|why| Failure::unreadable(&self.path, io::Error::from(why)))?;
        if FileType::from_raw_mode(stat.st_mode) != FileType::RegularFile {
            return Err(Failure::special(&self.path));
        }
        if stat.st_size as u64 != self.size {
            return Err(Failure::changed(&self.path));
        }
        Ok(OpenItem { file: file.into(), path: self.path.clone(), before: Stamp::of(&stat), read: 0 })
    }
}

impl OpenItem {
    /// Its path.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Begins again.
    pub fn rewind(&mut self) -> io::Result<()> {
        self.read = 0;
        self.file.rewind()
    }

    /// Whether what was read to its end is the file as it was opened.
    pub fn unchanged(&self) -> Result<(), Failure> {
        let now = fstat(&self.file).map_err(|why| Failure::unreadable(&self.path, io::Error::from(why)))?;
        if Stamp::of(&now) == self.before && self.read == self.before.size as u64 {
            return Ok(());
        }
        Err(Failure::changed(&self.path))
    }
}

impl Read for OpenItem {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let taken = self.file.read(out)?;
        self.read += taken as u64;
        Ok(taken)
    }
}
