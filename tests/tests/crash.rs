//! Kill at any moment, many processes on one home, a full disk, large inputs (I1, I7, I13, I16). Short and seeded;
//! `CHARTRIER_LONG=1` runs the long form.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use chartrier_tests::{binary::Desk, documents::Seeded};
use sha2::{Digest as _, Sha256};
use std::{
    collections::BTreeMap,
    fs,
    process::Child,
    time::{Duration, Instant},
};

fn long() -> bool {
    std::env::var_os("CHARTRIER_LONG").is_some()
}

/// Writes files of many sizes; answers name and digest.
fn files(desk: &Desk, folder: &str, count: u64, seed: u64) -> BTreeMap<String, String> {
    let mut random = Seeded(seed);
    let mut written = BTreeMap::new();
    for number in 0..count {
        let name = format!("{folder}-{number:04}.txt");
        let mut bytes = format!("document {number} of {folder}: ").into_bytes();
        let length = random.below(20_000) as usize;
        bytes.extend(random.bytes(length).iter().map(|byte| b'a' + byte % 26));
        desk.file(&format!("{folder}/{name}"), &bytes);
        written.insert(name, hex(&bytes));
    }
    written
}

fn hex(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What the archive holds: name and content, each once.
fn held(desk: &Desk) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for line in desk.list() {
        let (name, content) = (line["name"].as_str().unwrap().to_owned(), line["content"].as_str().unwrap().to_owned());
        assert!(found.insert(name.clone(), content).is_none(), "{name} is held twice");
    }
    found
}

fn kill_after(mut child: Child, after: Duration) -> bool {
    std::thread::sleep(after);
    let killed = child.try_wait().unwrap().is_none();
    child.kill().unwrap();
    child.wait().unwrap();
    killed
}

#[test]
fn killed_at_any_moment_nothing_acknowledged_is_lost_and_the_same_command_finishes() {
    let (desk, mut random) = (Desk::new(), Seeded(41));
    let rounds = if long() { 200 } else { 8 };
    let (mut expected, mut killed) = (BTreeMap::new(), 0);
    for round in 0..rounds {
        let folder = format!("r{round}");
        expected.extend(files(&desk, &folder, 60, round));
        let path = desk.path(&format!("files/{folder}"));
        for words in [&["ingest", path.as_str()][..], &["rebuild"], &["compact"], &["key", "rotate"]] {
            let after = Duration::from_millis(2 + random.below(if words[0] == "ingest" { 700 } else { 150 }));
            killed += u32::from(kill_after(desk.start(words.iter().copied()), after));
            // Whatever was cut short: the home opens (a catalog that was being made anew is made), and is sound.
            if desk.run(["list"]).code == 5 {
                desk.run(["rebuild"]).with_code(0);
            }
            let verified = desk.run(["verify", "--json"]).with_code(0).json();
            assert_eq!(verified["faults"], serde_json::json!([]));
            let now = held(&desk);
            assert!(now.iter().all(|(name, content)| expected.get(name) == Some(content)), "something that was never captured");
        }
        let report = desk.run(["ingest", &path, "--json"]).with_code(0).json();
        assert_eq!(report["submitted"], 60);
        assert_eq!(held(&desk), expected, "round {round}: acknowledged");
    }
    assert!(killed >= rounds as u32, "only {killed} were killed in time");
    for line in desk.list().iter().step_by(17) {
        let bytes = desk.command(["get", line["id"].as_str().unwrap()]).output().unwrap().stdout;
        assert_eq!(hex(&bytes), line["content"].as_str().unwrap());
    }
}

#[test]
fn many_processes_share_one_home() {
    let desk = Desk::new();
    let mut expected = BTreeMap::new();
    let mut running = Vec::new();
    for number in 0..4 {
        let folder = format!("p{number}");
        expected.extend(files(&desk, &folder, 50, 100 + number));
        running.push(desk.start(["ingest", &desk.path(&format!("files/{folder}"))]));
    }
    // The same folder twice at once: each file is held once.
    running.push(desk.start(["ingest", &desk.path("files/p0")]));
    while running.iter_mut().any(|child| child.try_wait().unwrap().is_none()) {
        desk.run(["search", "document"]).with_code(0);
        desk.run(["verify", "--keyless"]).with_code(0);
    }
    for mut child in running {
        assert!(child.wait().unwrap().success());
    }
    let lines = desk.list();
    let distinct: BTreeMap<String, String> =
        lines.iter().map(|line| (line["name"].as_str().unwrap().into(), line["content"].as_str().unwrap().into())).collect();
    assert_eq!((&distinct, lines.len()), (&expected, expected.len()), "each file is held once");
    assert_eq!(desk.run(["search", "document", "--json"]).json()["total"], lines.len());
    assert_eq!(desk.run(["verify", "--json"]).with_code(0).json()["sound"], true);
}

/// The largest resident size that a command and its workers had, in bytes.
fn peak(desk: &Desk, words: &[&str]) -> u64 {
    let mut child = desk.start(words.iter().copied());
    let mut most = 0;
    while child.try_wait().unwrap().is_none() {
        most = most.max(family(child.id()));
        std::thread::sleep(Duration::from_millis(20));
    }
    assert!(child.wait().unwrap().success());
    most
}

fn family(parent: u32) -> u64 {
    let field = |status: &str, name: &str| {
        status
            .lines()
            .find_map(|line| line.strip_prefix(name))
            .and_then(|rest| rest.split_whitespace().next()?.parse::<u64>().ok())
    };
    let mut sum = 0;
    for entry in fs::read_dir("/proc").unwrap().flatten() {
        let Ok(status) = fs::read_to_string(entry.path().join("status")) else { continue };
        let own = entry.file_name().to_string_lossy().parse() == Ok(parent);
        if own || field(&status, "PPid:") == Some(parent.into()) {
            sum += field(&status, "VmRSS:").unwrap_or(0) * 1024;
        }
    }
    sum
}

#[test]
fn memory_is_bounded_whatever_the_size_and_the_number() {
    let desk = Desk::new();
    let sparse = fs::File::create(desk.path("files/sparse")).unwrap();
    sparse.set_len(if long() { 6 << 30 } else { 400 << 20 }).unwrap();
    let streaming = peak(&desk, &["ingest", &desk.path("files/sparse")]);
    assert!(streaming < 250 << 20, "{} MB for one large file", streaming >> 20);
    let count = if long() { 200_000 } else { 3_000 };
    for number in 0..count {
        desk.file(&format!("many/{}/{number}", number / 1000), format!("petit fichier {number}"));
    }
    let many = peak(&desk, &["ingest", &desk.path("files/many")]);
    assert!(many < 600 << 20, "{} MB for {count} small files", many >> 20);
    assert_eq!(desk.run(["search", "petit", "--json"]).json()["total"], count);
    let id = desk.run(["list", "name:sparse"]).lines()[0]["id"].as_str().unwrap().to_owned();
    let started = Instant::now();
    desk.run(["get", &id, "-o", &desk.path("back")]).with_code(0);
    assert_eq!(fs::metadata(desk.path("back")).unwrap().len(), sparse.metadata().unwrap().len());
    println!("{} MB streaming, {} MB for {count} small files, read back in {:?}", streaming >> 20, many >> 20, started.elapsed());
}

#[test]
fn a_full_disk_is_said_and_costs_nothing() {
    use std::process::Command;
    let desk = Desk::empty();
    let disk = desk.path("disk");
    fs::create_dir(&disk).unwrap();
    let mount = |options: &str| Command::new("mount").args(["-t", "tmpfs", "-o", options, "tmpfs", &disk]).status();
    if !mount("size=8m").is_ok_and(|status| status.success()) {
        println!("skipped: mounting a small disk needs the rights of root");
        return;
    }
    let home = format!("{disk}/home");
    let outcome = std::panic::catch_unwind(|| {
        let at_home = |words: &[&str]| desk.run(words.iter().copied().chain(["--home", home.as_str()]));
        at_home(&["init", "--no-passphrase", "--recovery-file", &desk.path("sheet")]).with_code(0);
        desk.file("small", "une note");
        at_home(&["ingest", &desk.path("files")]).with_code(0);
        let mut random = Seeded(7);
        for number in 0..8 {
            desk.file(&format!("large-{number}"), random.bytes(2 << 20));
        }
        let full = at_home(&["ingest", &desk.path("files")]).with_code(5);
        assert!(!full.err.trim().is_empty() && !full.err.contains("panicked"), "{}", full.err);
        let grown = Command::new("mount").args(["-o", "remount,size=128m", &disk]).status().unwrap();
        assert!(grown.success());
        assert_eq!(at_home(&["ingest", &desk.path("files"), "--json"]).with_code(0).json()["submitted"], 9);
        assert_eq!(at_home(&["list"]).with_code(0).lines().len(), 9);
        assert_eq!(at_home(&["verify", "--json"]).with_code(0).json()["sound"], true);
    });
    assert!(Command::new("umount").arg(&disk).status().unwrap().success());
    outcome.unwrap();
}
