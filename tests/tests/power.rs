//! Power cuts (I1): an ext4 file system that is shut down without writing its log, at moments that the test chooses. What
//! was acknowledged is there after the next mount. The same test fails when fsync does nothing, or it would prove nothing.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use chartrier_tests::{binary::Desk, documents::Seeded};
use serde_json::Value;
use std::{
    collections::BTreeSet,
    fs,
    process::{Command, Stdio},
    time::Duration,
};

/// A disk of its own in a file; unmounted with its owner.
struct Disk {
    image: String,
    folder: String,
}

impl Disk {
    /// Nothing where this machine does not let us.
    fn new(desk: &Desk) -> Option<Self> {
        let disk = Self { image: desk.path("disk.img"), folder: desk.path("disk") };
        fs::create_dir(&disk.folder).unwrap();
        fs::File::create(&disk.image).unwrap().set_len(256 << 20).unwrap();
        // A log that is written every 300 seconds, so that nothing becomes durable by chance.
        let made = Command::new("mkfs.ext4").args(["-q", &disk.image]).stderr(Stdio::null()).status();
        (made.is_ok_and(|status| status.success()) && disk.mount()).then_some(disk)
    }

    fn mount(&self) -> bool {
        let words = ["-o", "loop,commit=300", &self.image, &self.folder];
        Command::new("mount").args(words).stderr(Stdio::null()).status().is_ok_and(|status| status.success())
    }

    /// The power goes: FS_IOC_SHUTDOWN without a last write of the log.
    fn shut_down(&self) {
        let script = "import fcntl, os, struct, sys; fcntl.ioctl(os.open(sys.argv[1], 0), 0x8004587D, struct.pack('I', 2))";
        assert!(Command::new("python3").args(["-c", script, &self.folder]).status().unwrap().success());
    }

    /// The power comes back.
    fn start_again(&self) {
        assert!(self.unmount() && self.mount(), "the disk does not come back");
    }

    fn unmount(&self) -> bool {
        (0..50).any(|_| {
            let done = Command::new("umount").arg(&self.folder).stderr(Stdio::null()).status().unwrap().success();
            if !done {
                std::thread::sleep(Duration::from_millis(100));
            }
            done
        })
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        self.unmount();
    }
}

/// Answers whether everything that was acknowledged survived every cut.
fn survives(desk: &Desk, disk: &Disk, preload: Option<&str>, rounds: u64) -> Result<(), String> {
    let (home, mut random) = (format!("{}/home", disk.folder), Seeded(9));
    let command = |words: &[&str]| {
        let mut command = desk.command(words.iter().copied().chain(["--home", home.as_str()]));
        if let Some(library) = preload {
            command.env("LD_PRELOAD", library);
        }
        command
    };
    let run = |words: &[&str]| command(words).output().unwrap();
    assert!(run(&["init", "--no-passphrase", "--recovery-file", &desk.path("disk-sheet")]).status.success());
    disk.shut_down();
    disk.start_again();
    let mut acknowledged = BTreeSet::new();
    for round in 0..rounds {
        for part in ["first", "second"] {
            for number in 0..20 {
                let length = random.below(30_000) as usize;
                let name = format!("{round}-{part}-{number}");
                desk.file(&format!("cut/{round}/{part}/{name}"), [name.as_bytes(), &random.bytes(length)].concat());
            }
        }
        let folder = |part: &str| desk.path(&format!("files/cut/{round}/{part}"));
        let done = run(&["ingest", &folder("first")]);
        if !done.status.success() {
            return Err(format!("round {round}: {}", String::from_utf8_lossy(&done.stderr)));
        }
        acknowledged.extend((0..20).map(|number| format!("{round}-first-{number}")));
        if round % 3 == 2 {
            let rotated = run(&["key", "rotate"]);
            assert!(rotated.status.success() || preload.is_some());
        }
        // Half of the cuts fall into the middle of a run.
        let mut running = command(&["ingest", &folder("second")]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        if round % 2 == 0 {
            std::thread::sleep(Duration::from_millis(random.below(300)));
        }
        disk.shut_down();
        running.kill().unwrap();
        running.wait().unwrap();
        disk.start_again();
        if run(&["list"]).status.code() == Some(5) && !run(&["rebuild"]).status.success() {
            return Err(format!("round {round}: no rebuild"));
        }
        let listed = run(&["list"]);
        let names: BTreeSet<String> = String::from_utf8_lossy(&listed.stdout)
            .lines()
            .filter_map(|line| Some(serde_json::from_str::<Value>(line).ok()?["name"].as_str()?.to_owned()))
            .collect();
        if let Some(lost) = acknowledged.iter().find(|name| !names.contains(*name)) {
            return Err(format!("round {round}: {lost} is lost"));
        }
        let verified = run(&["verify"]);
        if !verified.status.success() {
            return Err(format!("round {round}: {}", String::from_utf8_lossy(&verified.stderr)));
        }
    }
    Ok(())
}

#[test]
fn what_was_acknowledged_survives_power_cuts() {
    let desk = Desk::empty();
    let Some(disk) = Disk::new(&desk) else {
        println!("skipped: making and mounting a disk needs the rights of root, and mkfs.ext4");
        return;
    };
    let rounds = if std::env::var_os("CHARTRIER_LONG").is_some() { 60 } else { 6 };
    survives(&desk, &disk, None, rounds).unwrap();
}

/// The proof of the proof: without fsync, the same cuts lose something.
#[test]
fn without_fsync_power_cuts_would_be_noticed() {
    let desk = Desk::empty();
    let Some(disk) = Disk::new(&desk) else { return };
    let (source, library) = (desk.path("nosync.c"), desk.path("nosync.so"));
    fs::write(&source, "int fsync(int f) { (void)f; return 0; }\nint fdatasync(int f) { (void)f; return 0; }\n").unwrap();
    let built = Command::new("cc").args(["-shared", "-fPIC", "-o", &library, &source]).status().unwrap();
    assert!(built.success());
    let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| survives(&desk, &disk, Some(&library), 3)));
    assert!(!matches!(outcome, Ok(Ok(()))), "nothing was lost without fsync: the cuts cut nothing");
}
