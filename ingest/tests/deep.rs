//! Trees that are deeper than a process may hold descriptors, walked by a process that may hold few.

#![allow(clippy::unwrap_used, reason = "a test")]

use chartrier_ingest::source::{Failure, Found, Item, walk};
use rustix::{
    fs::{CWD, Mode, OFlags, mkdirat, openat},
    process::{Resource, Rlimit, getrlimit, setrlimit},
};
use std::{
    fs::{self, File},
    io::{Read as _, Write as _},
    ops::ControlFlow,
    os::fd::OwnedFd,
    path::{Path, PathBuf},
    process::Command,
};

/// A tree of folders `d` in each other, each with a file `z` that says how deep it lies.
struct Tree(PathBuf);

impl Tree {
    fn new(name: &str, depth: usize) -> Self {
        let root = std::env::temp_dir().join(format!("chartrier-{name}-{}", std::process::id()));
        fs::create_dir(&root).unwrap();
        let mut folder = File::open(&root).map(OwnedFd::from).unwrap();
        for level in 0..depth {
            let flags = OFlags::CREATE | OFlags::WRONLY | OFlags::CLOEXEC;
            let mut file = File::from(openat(&folder, "z", flags, Mode::RWXU).unwrap());
            file.write_all(level.to_string().as_bytes()).unwrap();
            mkdirat(&folder, "d", Mode::RWXU).unwrap();
            folder = openat(&folder, "d", OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty()).unwrap();
        }
        Self(root)
    }
}

impl Drop for Tree {
    fn drop(&mut self) {
        assert!(Command::new("rm").arg("-rf").arg(&self.0).status().unwrap().success());
    }
}

fn found(root: &Path, each: &mut dyn FnMut(&Item)) -> (Vec<usize>, Vec<Failure>) {
    let (mut levels, mut failures) = (Vec::new(), Vec::new());
    walk(&[root.to_owned()], &[], &mut |found| {
        match found {
            Found::File(item) => {
                let (mut file, mut text) = (item.open().unwrap(), String::new());
                file.read_to_string(&mut text).unwrap();
                levels.push(text.parse().unwrap());
                each(&item);
            }
            Found::Failed(failure) => failures.push(failure),
        }
        ControlFlow::Continue(())
    });
    (levels, failures)
}

fn any_depth_is_walked() {
    let tree = Tree::new("deep", 3_000);
    let (levels, failures) = found(&tree.0, &mut |_| {});
    assert!(failures.is_empty(), "{:?}", failures[0]);
    assert!(levels.into_iter().eq((0..3_000).rev()));
}

/// Where a folder is moved while the walk is far below it, nothing outside of the tree is walked.
fn a_way_back_that_was_moved_is_told() {
    let (tree, elsewhere) = (Tree::new("moved", 300), Tree::new("elsewhere", 1));
    let moved: PathBuf = std::iter::once(tree.0.as_path()).chain(std::iter::repeat_n(Path::new("d"), 100)).collect();
    let mut is_first = true;
    let (levels, failures) = found(&tree.0, &mut |_| {
        if std::mem::take(&mut is_first) {
            fs::rename(&moved, elsewhere.0.join("moved")).unwrap();
        }
    });
    assert!(levels.into_iter().eq((100..300).rev()));
    assert_eq!(failures.len(), 100);
    assert!(failures.iter().all(|failure| failure.problem().en.contains("changed")));
}

#[test]
fn a_walk_needs_few_descriptors() {
    let most = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: Some(256), ..most }).unwrap();
    assert!(openat(CWD, ".", OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty()).is_ok());
    any_depth_is_walked();
    a_way_back_that_was_moved_is_told();
}
