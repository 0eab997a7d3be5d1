//! Walking files and folders: any depth, any number, any bytes in names. Memory grows with one folder's
//! entries and with the depth, never with the number of files; links are never followed.

use super::{Failure, Found, Item};
use rustix::{
    fs::{AtFlags, CWD, Dir, FileType, Mode, OFlags, Stat, openat, statat},
    io::Errno,
};
use std::{
    ffi::{OsStr, OsString},
    io,
    ops::ControlFlow,
    os::{fd::OwnedFd, unix::ffi::OsStrExt as _},
    path::{Path, PathBuf},
    sync::Arc,
};

/// A folder with more entries is walked in the order of the disk: sorting it would hold all its names.
const SORTED: usize = 100_000;

/// One folder being walked.
struct Level {
    folder: Arc<OwnedFd>,
    path: PathBuf,
    /// What is left of it, last first.
    names: Vec<OsString>,
    /// Names beyond those that are sorted, as the disk gives them.
    rest: Option<Dir>,
}

/// Walks paths: `each` hears of every file, and of everything that is none.
pub fn walk(paths: &[PathBuf], each: &mut dyn FnMut(Found) -> ControlFlow<()>) {
    for path in paths {
        let shown = std::path::absolute(path).unwrap_or_else(|_| path.clone());
        if walk_one(path, &shown, each).is_break() {
            return;
        }
    }
}

fn walk_one(path: &Path, shown: &Path, each: &mut dyn FnMut(Found) -> ControlFlow<()>) -> ControlFlow<()> {
    let stat = match statat(CWD, path, AtFlags::SYMLINK_NOFOLLOW) {
        Ok(stat) => stat,
        Err(why) => return each(Found::Failed(Failure::unreadable(shown, io::Error::from(why)))),
    };
    // Both `folder` and `folder/file` begin at a folder that is open.
    let (parent, name) = match (path.parent(), path.file_name()) {
        (Some(parent), Some(name)) if !parent.as_os_str().is_empty() => (parent, name),
        (Some(_), Some(name)) => (Path::new("."), name),
        _ => (path, OsStr::new(".")),
    };
    match open_folder(CWD, parent.as_os_str()) {
        Ok(folder) => entry(&Arc::new(folder), name, shown.to_owned(), &stat, each).map_or_else(
            |()| ControlFlow::Break(()),
            |level| level.map_or(ControlFlow::Continue(()), |level| descend(level, each)),
        ),
        Err(why) => each(Found::Failed(Failure::unreadable(shown, io::Error::from(why)))),
    }
}

fn open_folder<F: std::os::fd::AsFd>(at: F, name: &OsStr) -> Result<OwnedFd, Errno> {
    openat(at, name, OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())
}

fn open_inner(at: &OwnedFd, name: &OsStr) -> Result<OwnedFd, Errno> {
    openat(at, name, OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC, Mode::empty())
}

/// One entry: a file is told, a folder is answered to be walked.
fn entry(
    folder: &Arc<OwnedFd>,
    name: &OsStr,
    path: PathBuf,
    stat: &Stat,
    each: &mut dyn FnMut(Found) -> ControlFlow<()>,
) -> Result<Option<Level>, ()> {
    let told = match FileType::from_raw_mode(stat.st_mode) {
        FileType::RegularFile => each(Found::File(Item {
            name: name.to_owned(),
            size: stat.st_size as u64,
            modified: jiff::Timestamp::from_second(stat.st_mtime).ok(),
            folder: folder.clone(),
            path,
        })),
        FileType::Directory => match open_inner(folder, name).and_then(|inner| Level::read(inner, path.clone())) {
            Ok(level) => return Ok(Some(level)),
            Err(why) => each(Found::Failed(Failure::unreadable(&path, io::Error::from(why)))),
        },
        FileType::Symlink => each(Found::Failed(Failure::symlink(&path))),
        _ => each(Found::Failed(Failure::special(&path))),
    };
    if told.is_break() { Err(()) } else { Ok(None) }
}

impl Level {
    fn read(folder: OwnedFd, path: PathBuf) -> Result<Self, Errno> {
        let mut entries = Dir::read_from(&folder)?;
        let mut names = Vec::new();
        let mut rest = None;
        while let Some(entry) = entries.next() {
            let name = entry?.file_name().to_bytes().to_owned();
            if name != b"." && name != b".." {
                names.push(OsStr::from_bytes(&name).to_owned());
            }
            if names.len() > SORTED {
                rest = Some(entries);
                break;
            }
        }
        names.sort_unstable_by(|one, other| other.cmp(one));
        Ok(Self { folder: Arc::new(folder), path, names, rest })
    }

    fn next(&mut self) -> Option<Result<OsString, Errno>> {
        if let Some(name) = self.names.pop() {
            return Some(Ok(name));
        }
        loop {
            match self.rest.as_mut()?.next()? {
                Err(why) => return Some(Err(why)),
                Ok(entry) => match entry.file_name().to_bytes() {
                    b"." | b".." => {}
                    name => return Some(Ok(OsStr::from_bytes(name).to_owned())),
                },
            }
        }
    }
}

/// Walks a folder and all below it, depth first. Folders keep one descriptor each while they are walked; a
/// tree deeper than descriptors allow is told as unreadable where they end.
fn descend(first: Level, each: &mut dyn FnMut(Found) -> ControlFlow<()>) -> ControlFlow<()> {
    let mut levels = vec![first];
    while let Some(level) = levels.last_mut() {
        let name = match level.next() {
            None => {
                levels.pop();
                continue;
            }
            Some(Err(why)) => {
                let failure = Failure::unreadable(&level.path, io::Error::from(why));
                levels.pop();
                each(Found::Failed(failure))?;
                continue;
            }
            Some(Ok(name)) => name,
        };
        let path = level.path.join(&name);
        let folder = level.folder.clone();
        match statat(&*folder, &name, AtFlags::SYMLINK_NOFOLLOW) {
            Err(why) => each(Found::Failed(Failure::unreadable(&path, io::Error::from(why))))?,
            Ok(stat) => match entry(&folder, &name, path, &stat, each) {
                Err(()) => return ControlFlow::Break(()),
                Ok(None) => {}
                Ok(Some(level)) => levels.push(level),
            },
        }
    }
    ControlFlow::Continue(())
}
