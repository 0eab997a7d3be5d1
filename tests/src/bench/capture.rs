//! `bench capture`, `bench verify`, `bench office`: whole processes against restic, rustic, openssl and recoll.

use super::{Runs, corpus};
use crate::binary::{self, Desk};
use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

/// A program of a peer, if it is installed.
pub(super) fn peer(name: &str) -> Option<PathBuf> {
    let paths = std::env::var_os("PATH")?;
    std::env::split_paths(&paths).map(|folder| folder.join(name)).find(|file| file.is_file())
}

/// Runs a command that must succeed.
fn run(command: &mut Command) {
    let done = command.stdout(Stdio::null()).stderr(Stdio::inherit()).status().expect("the command starts");
    assert!(done.success(), "{command:?}: {done}");
}

fn settle() {
    run(&mut Command::new("sync"));
}

fn restic(repository: &Path, words: &[&str]) -> Command {
    let mut command = Command::new("restic");
    command.args(["--no-cache", "--quiet", "--repo"]).arg(repository).args(words).env("RESTIC_PASSWORD", "a password");
    command
}

fn rustic(program: &Path, repository: &Path, words: &[&str]) -> Command {
    let mut command = Command::new(program);
    command
        .args(["--no-cache", "--log-level", "error", "--no-progress", "--repository"])
        .arg(repository)
        .args(words)
        .env("RUSTIC_PASSWORD", "a password");
    command
}

/// Capture without extraction, in turn with the peers.
pub fn capture(name: &str, source: &Path, runs: usize) {
    let bytes = corpus::size(source);
    let (mut own, mut by_restic, mut by_rustic) = (Runs::default(), Runs::default(), Runs::default());
    let has_restic = peer("restic").is_some();
    let rustic_program = peer("rustic");
    binary::binary();
    for _ in 0..runs {
        let desk = Desk::new();
        settle();
        own.time(|| run(&mut desk.command(["ingest", "--no-extract", source.to_str().expect("a path in UTF-8")])));
        own.stored = corpus::size(Path::new(&desk.path("home/store")));
        let folder = tempfile::tempdir().expect("a folder");
        if has_restic {
            run(&mut restic(&folder.path().join("restic"), &["init"]));
            settle();
            by_restic.time(|| run(restic(&folder.path().join("restic"), &["backup"]).arg(source)));
            by_restic.stored = corpus::size(&folder.path().join("restic"));
        }
        if let Some(program) = &rustic_program {
            run(&mut rustic(program, &folder.path().join("rustic"), &["init"]));
            settle();
            by_rustic.time(|| run(rustic(program, &folder.path().join("rustic"), &["backup"]).arg(source)));
            by_rustic.stored = corpus::size(&folder.path().join("rustic"));
        }
    }
    println!("\ncapture, {name}: {} files, {:.1} MB", corpus::files(source).len(), bytes as f64 / 1e6);
    println!("{}", own.line("chartrier ingest --no-extract", bytes, None));
    println!("{}", compared(&by_restic, "restic backup", bytes, &own));
    println!("{}", compared(&by_rustic, "rustic backup", bytes, &own));
}

/// A peer's line: how many times as fast the product is.
fn compared(peer: &Runs, name: &str, bytes: u64, own: &Runs) -> String {
    if peer.seconds.is_empty() {
        return format!("{name:<34} not installed");
    }
    format!("{}  chartrier: {:.2} ×", peer.line(name, bytes, None), peer.median() / own.median())
}

/// Verification, in turn with `openssl dgst` over the stored files and `restic check --read-data`.
pub fn verify(source: &Path, runs: usize) {
    let desk = Desk::new();
    run(&mut desk.command(["ingest", "--no-extract", source.to_str().expect("a path in UTF-8")]));
    let store = desk.path("home/store");
    let stored = corpus::size(Path::new(&store));
    let folder = tempfile::tempdir().expect("a folder");
    let repository = folder.path().join("restic");
    let has_restic = peer("restic").is_some();
    if has_restic {
        run(&mut restic(&repository, &["init"]));
        run(restic(&repository, &["backup"]).arg(source));
    }
    let (mut keyless, mut full, mut openssl, mut check) = Default::default();
    for _ in 0..runs {
        Runs::time(&mut keyless, || run(&mut desk.command(["verify", "--keyless"])));
        Runs::time(&mut openssl, || {
            let script = "find \"$0\" -type f -print0 | xargs -0 -P $(nproc) -n 64 openssl dgst -sha256";
            run(Command::new("sh").args(["-c", script, &store]));
        });
        Runs::time(&mut full, || run(&mut desk.command(["verify"])));
        if has_restic {
            Runs::time(&mut check, || run(&mut restic(&repository, &["check", "--read-data"])));
        }
    }
    println!("\nverify: {:.1} MB stored", stored as f64 / 1e6);
    println!("{}", keyless.line("chartrier verify --keyless", stored, None));
    println!("{}", compared(&openssl, "openssl dgst -sha256, all cores", stored, &keyless));
    println!("{}", full.line("chartrier verify", stored, None));
    println!("{}", compared(&check, "restic check --read-data", stored, &full));
}

/// A folder of office files to searchable, in turn with recoll.
pub fn office(source: &Path, runs: usize) {
    let bytes = corpus::size(source);
    let (mut own, mut recoll) = (Runs::default(), Runs::default());
    for _ in 0..runs {
        let desk = Desk::new();
        settle();
        // Files that are no files (links) are told by exit code 1.
        own.time(|| {
            let mut command = desk.command(["ingest", source.to_str().expect("a path in UTF-8")]);
            let code = command.stdout(Stdio::null()).stderr(Stdio::null()).status().expect("the binary runs").code();
            assert!(matches!(code, Some(0 | 1)), "{code:?}");
        });
        own.stored = corpus::size(Path::new(&desk.path("home")));
        if peer("recollindex").is_none() {
            continue;
        }
        let folder = tempfile::tempdir().expect("a folder");
        let settings = format!("topdirs = {}\nidxflushmb = 100\n", source.display());
        fs::write(folder.path().join("recoll.conf"), settings).expect("a file");
        settle();
        recoll.time(|| run(Command::new("recollindex").arg("-c").arg(folder.path()).stderr(Stdio::null())));
        recoll.stored = corpus::size(folder.path());
    }
    println!("\nto searchable: {} files, {:.1} MB", corpus::files(source).len(), bytes as f64 / 1e6);
    println!("{}", own.line("chartrier ingest", bytes, None));
    println!("{}", compared(&recoll, "recollindex", bytes, &own));
}
