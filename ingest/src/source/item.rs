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
    os::{fd::OwnedFd, unix::fs::FileExt as _},
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
            why => Failure::unreadable(&self.path, &io::Error::from(why)),
        })?;
        let stat = fstat(&file).map_err(|why| Failure::unreadable(&self.path, &io::Error::from(why)))?;
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

    /// Reads from any place, without moving: no further than it was.
    pub(crate) fn read_at(&self, offset: u64, out: &mut [u8]) -> io::Result<usize> {
        let left = usize::try_from(self.size().saturating_sub(offset)).unwrap_or(usize::MAX);
        let most = out.len().min(left);
        self.file.read_at(&mut out[..most], offset)
    }

    /// How many bytes it had when it was opened.
    fn size(&self) -> u64 {
        u64::try_from(self.before.size).unwrap_or(0)
    }

    /// Begins again.
    pub fn rewind(&mut self) -> io::Result<()> {
        self.read = 0;
        self.file.rewind()
    }

    /// Whether what was read to its end is the file as it was opened.
    pub fn unchanged(&self) -> Result<(), Failure> {
        let now = fstat(&self.file).map_err(|why| Failure::unreadable(&self.path, &io::Error::from(why)))?;
        if Stamp::of(&now) == self.before && self.read == self.size() {
            return Ok(());
        }
        Err(Failure::changed(&self.path))
    }
}

/// A file has more bytes than when it was opened.
#[derive(Debug)]
struct Growth;

impl std::fmt::Display for Growth {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("it changed while it was read")
    }
}

impl std::error::Error for Growth {}

/// Whether an error says that the file grew while it was read.
pub(super) fn is_growth(why: &io::Error) -> bool {
    why.get_ref().is_some_and(|inner| inner.is::<Growth>())
}

impl Read for OpenItem {
    /// Reads what was there when it was opened: what grows meanwhile would have no end.
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let left = self.size().saturating_sub(self.read);
        if left == 0 && !out.is_empty() {
            return if self.file.read(&mut [0])? == 0 { Ok(0) } else { Err(io::Error::other(Growth)) };
        }
        let most = out.len().min(usize::try_from(left).unwrap_or(usize::MAX));
        let taken = self.file.read(&mut out[..most])?;
        self.read += taken as u64;
        Ok(taken)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{Found, walk};
    use std::{fs, io::Write as _, ops::ControlFlow};

    fn open(path: &Path) -> OpenItem {
        let mut opened = None;
        walk(&[path.to_owned()], &[], &mut |found| {
            if let Found::File(item) = found {
                opened = item.open().ok();
            }
            ControlFlow::Continue(())
        });
        opened.unwrap()
    }

    fn is_changed(item: &mut OpenItem) -> bool {
        let mut bytes = Vec::new();
        let told = item.read_to_end(&mut bytes).map_err(|why| Failure::of(item.path(), &why));
        assert!(bytes.len() <= 8);
        told.is_err_and(|failure| failure.problem().en == Failure::changed(item.path()).problem().en)
    }

    #[test]
    fn a_file_that_grows_is_read_no_further_than_it_was() {
        let path = std::env::temp_dir().join(format!("chartrier-growth-{}", std::process::id()));
        fs::write(&path, "12345678").unwrap();
        let (mut still, mut grows) = (open(&path), open(&path));
        assert!(!is_changed(&mut still) && still.unchanged().is_ok());
        fs::OpenOptions::new().append(true).open(&path).unwrap().write_all(&[0; 4096]).unwrap();
        assert!(is_changed(&mut grows) && grows.unchanged().is_err());
        fs::remove_file(&path).unwrap();
    }

    #[test]
    fn a_file_that_hides_its_size_is_not_read() {
        assert!(is_changed(&mut open(Path::new("/proc/self/status"))));
    }
}
