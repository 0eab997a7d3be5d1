//! Walking files and folders: any depth, any number, any bytes in names. Memory grows with one folder's
//! entries and with the depth, never with the number of files, and descriptors with neither; links are never
//! followed.

use super::{Failure, Found, Item};
use crate::limits::MAX_OPEN_FOLDERS;
use rustix::{
    fs::{AtFlags, CWD, Dir, FileType, Mode, OFlags, Stat, fstat, openat, stat, statat},
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

/// What tells a folder from every other one.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Identity {
    device: u64,
    inode: u64,
}

impl Identity {
    #[allow(clippy::unnecessary_cast, reason = "the kernel's types differ by platform")]
    fn of(stat: &Stat) -> Self {
        Self { device: stat.st_dev as u64, inode: stat.st_ino as u64 }
    }
}

/// One folder being walked.
struct Level {
    /// Not there while the walk is far below, or when the way back was lost.
    folder: Result<Arc<OwnedFd>, Errno>,
    identity: Identity,
    /// What is left of it, last first.
    names: Vec<OsString>,
    /// Names beyond those that are sorted, as the disk gives them.
    rest: Option<Dir>,
}

/// Walks paths: `each` hears of every file, and of everything that is none. Folders of `avoid`, the archive's own,
/// are told as failures wherever they are met.
pub fn walk(paths: &[PathBuf], avoid: &[PathBuf], each: &mut dyn FnMut(Found) -> ControlFlow<()>) {
    let avoid: Vec<Identity> = avoid.iter().filter_map(|path| stat(path).ok()).map(|stat| Identity::of(&stat)).collect();
    for path in paths {
        let shown = std::path::absolute(path).unwrap_or_else(|_| path.clone());
        let mut walk = Walk { path: shown, levels: Vec::new(), avoid: &avoid, each };
        if walk.all(path).is_break() {
            return;
        }
    }
}

/// A walk from one path, depth first.
struct Walk<'a> {
    /// Where it is.
    path: PathBuf,
    /// The folders above, the outermost first.
    levels: Vec<Level>,
    avoid: &'a [Identity],
    each: &'a mut dyn FnMut(Found) -> ControlFlow<()>,
}

impl Walk<'_> {
    fn all(&mut self, path: &Path) -> ControlFlow<()> {
        // Both `folder` and `folder/file` begin at a folder that is open.
        let (parent, name) = match (path.parent(), path.file_name()) {
            (Some(parent), Some(name)) if !parent.as_os_str().is_empty() => (parent, name),
            (Some(_), Some(name)) => (Path::new("."), name),
            _ => (path, OsStr::new(".")),
        };
        match open_folder(CWD, parent.as_os_str()) {
            Ok(folder) => self.entry(&Arc::new(folder), name)?,
            Err(why) => self.failed(why)?,
        };
        self.descend()
    }

    fn descend(&mut self) -> ControlFlow<()> {
        while let Some(level) = self.levels.last_mut() {
            match level.next() {
                None => self.ascend(),
                Some(Ok(name)) => match level.folder.clone() {
                    Ok(folder) => self.inner(&folder, &name)?,
                    Err(why) => self.leave(why)?,
                },
                Some(Err(why)) => self.leave(why)?,
            }
        }
        ControlFlow::Continue(())
    }

    fn inner(&mut self, folder: &Arc<OwnedFd>, name: &OsStr) -> ControlFlow<()> {
        self.path.push(name);
        if !self.entry(folder, name)? {
            self.path.pop();
        }
        ControlFlow::Continue(())
    }

    /// One entry, at the path where the walk is: a file is told, a folder becomes a level. Answers whether it did.
    fn entry(&mut self, folder: &Arc<OwnedFd>, name: &OsStr) -> ControlFlow<(), bool> {
        let stat = match statat(&**folder, name, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(stat) => stat,
            Err(why) => return self.failed(why),
        };
        match FileType::from_raw_mode(stat.st_mode) {
            FileType::RegularFile => self.tell(Found::File(Item {
                name: name.to_owned(),
                size: stat.st_size as u64,
                modified: jiff::Timestamp::from_second(stat.st_mtime).ok(),
                folder: folder.clone(),
                path: self.path.clone(),
            })),
            FileType::Directory => self.folder(folder, name),
            FileType::Symlink => self.tell(Found::Failed(Failure::symlink(&self.path))),
            _ => self.tell(Found::Failed(Failure::special(&self.path))),
        }
    }

    fn folder(&mut self, above: &OwnedFd, name: &OsStr) -> ControlFlow<(), bool> {
        match open_inner(above, name).and_then(|folder| Ok((Identity::of(&fstat(&folder)?), folder))) {
            Ok((identity, _)) if self.avoid.contains(&identity) => self.tell(Found::Failed(Failure::itself(&self.path))),
            Ok((identity, folder)) => match Level::read(folder, identity) {
                Ok(level) => {
                    self.levels.push(level);
                    self.close_distant();
                    ControlFlow::Continue(true)
                }
                Err(why) => self.failed(why),
            },
            Err(why) => self.failed(why),
        }
    }

    /// Closes the folder that is too far above to be kept open.
    fn close_distant(&mut self) {
        if let Some(distant) = self.levels.len().checked_sub(MAX_OPEN_FOLDERS + 1) {
            self.levels[distant].folder = Err(Errno::STALE);
        }
    }

    /// Goes up one level, and opens that folder again if it was closed.
    fn ascend(&mut self) {
        let below = self.levels.pop();
        self.path.pop();
        if let (Some(Level { folder: Ok(below), .. }), Some(level)) = (below, self.levels.last_mut())
            && level.folder.is_err()
        {
            level.folder = open_above(&below, level.identity).map(Arc::new);
        }
    }

    /// Tells that a folder could not be walked to its end, and goes up.
    fn leave(&mut self, why: Errno) -> ControlFlow<()> {
        let told = self.failed(why);
        self.ascend();
        told.map_continue(drop)
    }

    fn failed(&mut self, why: Errno) -> ControlFlow<(), bool> {
        self.tell(Found::Failed(match why {
            Errno::STALE => Failure::changed(&self.path),
            why => Failure::unreadable(&self.path, &io::Error::from(why)),
        }))
    }

    fn tell(&mut self, found: Found) -> ControlFlow<(), bool> {
        (self.each)(found).map_continue(|()| false)
    }
}

fn open_folder<F: std::os::fd::AsFd>(at: F, name: &OsStr) -> Result<OwnedFd, Errno> {
    openat(at, name, OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())
}

fn open_inner(at: &OwnedFd, name: &OsStr) -> Result<OwnedFd, Errno> {
    openat(at, name, OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC, Mode::empty())
}

/// The folder above one, if it is still the one that the walk came from.
fn open_above(below: &OwnedFd, identity: Identity) -> Result<OwnedFd, Errno> {
    let above = open_inner(below, OsStr::new(".."))?;
    if Identity::of(&fstat(&above)?) == identity { Ok(above) } else { Err(Errno::STALE) }
}

impl Level {
    fn read(folder: OwnedFd, identity: Identity) -> Result<Self, Errno> {
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
        Ok(Self { folder: Ok(Arc::new(folder)), identity, names, rest })
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

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn names(paths: &[PathBuf], avoid: &[PathBuf]) -> (Vec<String>, Vec<String>) {
        let (mut files, mut failures) = (Vec::new(), Vec::new());
        walk(paths, avoid, &mut |found| {
            match found {
                Found::File(item) => files.push(item.name.to_string_lossy().into_owned()),
                Found::Failed(failure) => failures.push(failure.problem().fr),
            }
            ControlFlow::Continue(())
        });
        (files, failures)
    }

    #[test]
    fn the_archive_is_not_captured_into_itself() {
        let root = std::env::temp_dir().join(format!("chartrier-walk-{}", std::process::id()));
        let home = root.join("b-home");
        fs::create_dir_all(home.join("objects")).unwrap();
        for name in ["a.txt", "b-home/objects/x", "c.txt"] {
            fs::write(root.join(name), "x").unwrap();
        }
        let avoid = [home.join("objects/.."), root.join("not there")];
        let (files, failures) = names(std::slice::from_ref(&root), &avoid);
        assert_eq!((files.as_slice(), failures.len()), (&["a.txt".to_owned(), "c.txt".to_owned()][..], 1));
        assert!(failures[0].contains("l’archive elle-même"));
        assert_eq!((names(std::slice::from_ref(&home), &avoid).1.len(), names(std::slice::from_ref(&root), &[]).0.len()), (1, 3));
        fs::remove_dir_all(&root).unwrap();
    }
}
