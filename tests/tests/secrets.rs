//! Nothing in clear outside an encrypted file (I5): words in bodies, names, metadata, reasons and queries are looked for
//! in every byte of home, store, temporary and worker folders, and in what the system shows of processes, also after a kill.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use chartrier_tests::{
    binary::Desk,
    documents::{docx, eml, pdf, png},
};
use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

/// Words that stand nowhere else. In the forms in which an index would write them too.
const CANARIES: &[&str] = &[
    "canaribody",
    "canaripdf",
    "canariword",
    "canarimail",
    "canariattached",
    "canarihtml",
    "canaricsv",
    "canariname",
    "canarititle",
    "canarisender",
    "canariclass",
    "canarireason",
    "canariquery",
    "canariperson",
    "canarigroup",
    "canarifolder",
    "canariphrase",
];

/// A desk whose passphrase, like everything else, holds a canary.
fn desk() -> Desk {
    let desk = Desk::empty();
    let passphrase = desk.file("secret/passphrase", "canariphrase sous la pluie\n");
    let words = ["init", "--person", "canariperson", "--passphrase-file", &passphrase, "--recovery-file", &desk.path("sheet")];
    desk.run(words).with_code(0);
    desk
}

fn papers(desk: &Desk) {
    desk.file("canarifolder/canariname-note.txt", "canaribody ".repeat(300));
    desk.file("canarifolder/page.html", "<title>canarititle</title><p>canarihtml</p>");
    desk.file("canarifolder/table.csv", "a;canaricsv\n".repeat(10));
    desk.file("canarifolder/p.pdf", pdf("canarititle", &["canaripdf"]));
    desk.file("canarifolder/w.docx", docx("canarititle", "canariword"));
    let attached = pdf("canarititle", &["canariattached"]);
    desk.file(
        "canarifolder/m.eml",
        eml("canarisender <c@example.org>", "canarititle", "canarimail", ("canariname.pdf", &attached)),
    );
    desk.file("canarifolder/i.png", png(900, 700));
    // Larger than what is read at once, and compressible: it goes through the streaming path.
    desk.file("canarifolder/large.txt", "canaribody canarimail\n".repeat(600_000));
}

/// Every canary, in UTF-8 and as UTF-16, that stands in a file below these folders, or in a file's name.
fn leaks(folders: &[String]) -> Vec<String> {
    let mut files = Vec::new();
    folders.iter().for_each(|folder| find(Path::new(folder), &mut files));
    let mut found = Vec::new();
    for file in files {
        let mut bytes = fs::read(&file).unwrap_or_default();
        bytes.extend(file.to_string_lossy().as_bytes());
        bytes.make_ascii_lowercase();
        for canary in CANARIES {
            let wide: Vec<u8> = canary.bytes().flat_map(|byte| [byte, 0]).collect();
            // Stems are cut from the end: eight letters are enough to tell them.
            for needle in [&canary.as_bytes()[..9], &wide[..18]] {
                if contains(&bytes, needle) {
                    found.push(format!("{canary} in {}", file.display()));
                }
            }
        }
    }
    found
}

fn contains(bytes: &[u8], needle: &[u8]) -> bool {
    let (first, rest) = needle.split_first().unwrap();
    let mut at = 0;
    while let Some(next) = bytes[at..].iter().position(|byte| byte == first) {
        at += next + 1;
        if bytes[at..].starts_with(rest) {
            return true;
        }
    }
    false
}

fn find(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        match path.symlink_metadata().is_ok_and(|metadata| metadata.is_dir()) {
            true => find(&path, files),
            false => files.push(path),
        }
    }
}

#[test]
fn nothing_is_ever_written_in_clear() {
    let desk = desk();
    papers(&desk);
    let passphrase = desk.path("files/secret/passphrase");
    let folders = [desk.path("home"), desk.path("tmp")];
    let run = |words: &[&str], code: i32| {
        let said = desk.run(words.iter().copied().chain(["--passphrase-file", passphrase.as_str()])).with_code(code);
        assert_eq!(leaks(&folders), [""; 0], "after {words:?}");
        said
    };
    let papers = desk.path("files/canarifolder");
    run(&["class", "add", "canariclass", "canarititle"], 0);
    run(&["ingest", &papers], 0);
    run(&["search", "canariquery", "OR", "canaribody"], 0);
    let id = run(&["list", "name:canariname-note.txt"], 0).lines()[0]["id"].as_str().unwrap().to_owned();
    run(&["file", &id, "--into", "canariclass"], 0);
    run(&["person", "add", "canariperson-2", "--role", "staff"], 0);
    run(&["person", "clear", "canariperson", "S", "--reason", "canarireason"], 0);
    run(&["mark", &id, "S", "--reason", "canarireason"], 0);
    run(&["mandate", "add", "canariperson-2", "--on", "canariclass", "--reason", "canarireason"], 0);
    run(&["group", "add", "canarigroup", "--add", "canariperson-2", "--reason", "canarireason"], 0);
    run(&["mandate", "add", "--group", "canarigroup", "--reason", "canarireason"], 0);
    run(&["group", "dissolve", "canarigroup", "--reason", "canarireason"], 0);
    run(&["get", &id, "-o", &desk.path("copy")], 0);
    run(&["show", &id], 0);
    run(&["key", "rotate"], 0);
    run(&["rebuild"], 0);
    run(&["compact"], 0);
    run(&["verify"], 0);
    // The test would find what is there: the originals beside the home.
    assert!(leaks(&[papers]).len() > 8);
}

#[test]
fn a_kill_leaves_nothing_in_clear_either() {
    let desk = desk();
    papers(&desk);
    let (passphrase, papers) = (desk.path("files/secret/passphrase"), desk.path("files/canarifolder"));
    for round in 0..if std::env::var_os("CHARTRIER_LONG").is_some() { 60 } else { 5 } {
        let words: &[&str] = if round % 5 == 4 { &["rebuild"] } else { &["ingest", &papers] };
        let mut child = desk.start(words.iter().copied().chain(["--passphrase-file", passphrase.as_str()]));
        std::thread::sleep(Duration::from_millis(900 + round * 137 % 1500));
        child.kill().unwrap();
        child.wait().unwrap();
        assert_eq!(leaks(&[desk.path("home"), desk.path("tmp")]), [""; 0], "round {round}");
    }
}

/// Neither keys nor passphrases stand where other users of the machine see them.
#[test]
fn processes_show_no_secret() {
    let desk = desk();
    papers(&desk);
    let (passphrase, papers) = (desk.path("files/secret/passphrase"), desk.path("files/canarifolder"));
    let mut child = desk.start(["ingest", &papers, "--passphrase-file", &passphrase]);
    let mut seen = 0;
    while child.try_wait().unwrap().is_none() {
        for process in family(child.id()) {
            let words = fs::read(process.join("cmdline")).unwrap_or_default();
            let surroundings = fs::read(process.join("environ")).unwrap_or_default();
            seen += u32::from(!words.is_empty());
            for secret in ["canariphrase", "AGE-SECRET-KEY", "signing-key"] {
                assert!(!contains(&words, secret.as_bytes()) && !contains(&surroundings, secret.as_bytes()), "{secret}");
            }
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    assert!(child.wait().unwrap().success() && seen > 5);
}

/// A process and its children, as folders of /proc.
fn family(parent: u32) -> Vec<PathBuf> {
    let is_child = |folder: &Path| {
        let status = fs::read_to_string(folder.join("status")).unwrap_or_default();
        status.lines().any(|line| line.strip_prefix("PPid:").is_some_and(|id| id.trim() == parent.to_string()))
    };
    let all = fs::read_dir("/proc").unwrap().flatten().map(|entry| entry.path());
    all.filter(|folder| folder.ends_with(parent.to_string()) || is_child(folder)).collect()
}
