//! The binary as its users run it: the main job whole, what it says when something is wrong, what it prints for machines.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use chartrier_tests::{
    binary::Desk,
    documents::{docx, eml, pdf, png},
};
use serde_json::{Value, json};
use std::{collections::BTreeSet, fs, path::Path};

/// A house's papers: one of each kind, in both languages.
fn papers(desk: &Desk) -> Vec<String> {
    vec![
        desk.file("notes/jardins.txt", "Les massifs de l'allée seront replantés : pivoines et œillets."),
        desk.file("notes/latin.txt", b"D\xe9jeuner pr\xe8s du bassin \xe0 midi, ch\xe2teau"),
        desk.file("lists/table.csv", "pièce;quantité\nassiette;240\nverre;300\n"),
        desk.file("web/page.html", "<html><head><title>The gardeners</title></head><body><p>Pruning old roses</p></body></html>"),
        desk.file("pdf/programme.pdf", pdf("Programme", &["Visite d'État", "Honneurs militaires"])),
        desk.file("word/note.docx", docx("Note verbale", "Liste des décorations remises")),
        desk.file(
            "mail/menu.eml",
            eml("Helene <helene@example.org>", "Menu", "Asperges vertes", ("carte.pdf", &pdf("Carte", &["Turbot poch\u{e9}"]))),
        ),
        desk.file("photos/plan.png", png(800, 600)),
    ]
}

fn search(desk: &Desk, words: &str) -> Vec<String> {
    let found = desk.run(["search", words, "--json", "--limit", "50"]).with_code(0).json();
    assert_eq!(found["total"], found["hits"].as_array().unwrap().len());
    let mut names: Vec<String> =
        found["hits"].as_array().unwrap().iter().map(|hit| hit["name"].as_str().unwrap().to_owned()).collect();
    names.sort();
    names
}

#[test]
fn the_main_job_whole() {
    let desk = Desk::new();
    let files = papers(&desk);
    let report = desk.run(["ingest", &desk.path("files"), "--json"]).with_code(0).json();
    assert_eq!((&report["submitted"], &report["captured"], &report["failed"]), (&json!(8), &json!(8), &json!([])));
    let again = desk.run(["ingest", &desk.path("files"), "--json"]).with_code(0).json();
    assert_eq!((&again["captured"], &again["already_held"], &again["occurrences"]), (&json!(0), &json!(8), &json!(0)));

    for (words, expected) in [
        ("pivoine", &["jardins.txt"][..]),
        ("oeillet", &["jardins.txt"]),
        ("dejeuner chateau", &["latin.txt"]),
        ("l'état", &["programme.pdf"]),
        ("\"honneurs militaires\"", &["programme.pdf"]),
        ("\"militaires honneurs\"", &[]),
        ("gardener", &["page.html"]),
        ("rose", &["page.html"]),
        ("décoration", &["note.docx"]),
        ("turbot", &["menu.eml"]),
        ("from:helene", &["menu.eml"]),
        ("de:helene asperges", &["menu.eml"]),
        ("type:pdf", &["programme.pdf"]),
        ("type:png OR name:table", &["plan.png", "table.csv"]),
        ("date:2026-07-14", &["menu.eml"]),
        ("asper*", &["menu.eml"]),
        ("class:none -type:image -type:text -type:mail -type:document", &[]),
    ] {
        assert_eq!(search(&desk, words), expected, "{words}");
    }
    let excluded = desk.run(["search", "pivoines", "-massifs", "--json"]).with_code(0).json();
    assert_eq!(excluded["total"], 0);

    for file in &files {
        let name = Path::new(file).file_name().unwrap().to_str().unwrap();
        let id = desk.list().into_iter().find(|line| line["name"] == name).unwrap()["id"].as_str().unwrap().to_owned();
        let copy = desk.path("copy");
        desk.run(["get", &id, "-o", &copy]).with_code(0);
        assert_eq!(fs::read(&copy).unwrap(), fs::read(file).unwrap(), "{name}");
        desk.run(["get", &id, "-o", &copy]).with_code(2);
        fs::remove_file(&copy).unwrap();
    }
    let menu = desk.list().into_iter().find(|line| line["name"] == "menu.eml").unwrap();
    let attachment = desk.command(["get", menu["id"].as_str().unwrap(), "--component", "2"]).output().unwrap().stdout;
    assert_eq!(attachment, pdf("Carte", &["Turbot poch\u{e9}"]));

    let (list, answer) =
        (desk.run(["list"]).out, desk.run(["search", "de la", "--json", "--facet", "type", "--facet", "year"]).out);
    fs::remove_file(desk.path("home/catalog.db")).unwrap();
    fs::remove_dir_all(desk.path("home/index")).unwrap();
    assert!(desk.run(["list"]).with_code(5).err.contains("chartrier rebuild"));
    desk.run(["rebuild"]).with_code(0);
    assert_eq!(
        (desk.run(["list"]).out, desk.run(["search", "de la", "--json", "--facet", "type", "--facet", "year"]).out),
        (list.clone(), answer)
    );

    let store = format!("file://{}", desk.path("home/store"));
    let home = desk.path("other");
    desk.run(["key", "restore", "--store", &store, "--recovery-file", &desk.path("sheet"), "--home", &home, "--no-passphrase"])
        .with_code(0);
    assert_eq!(desk.run(["list", "--home", &home]).out, list);
    assert_eq!(desk.run(["verify", "--home", &home, "--json"]).with_code(0).json()["sound"], true);
    assert_eq!(desk.run(["verify", "--keyless", "--home", &home, "--json"]).with_code(0).json()["sound"], true);
    // The home that was before is told that another one has taken over.
    assert!(desk.run(["list"]).with_code(3).err.contains("withdrawn"));
}

#[test]
fn machines_get_the_shapes_that_are_promised() {
    let desk = Desk::new();
    papers(&desk);
    desk.run(["class", "add", "1", "Cuisine"]).with_code(0);
    let report = desk.run(["ingest", &desk.path("files/mail"), "--into", "1", "--json"]).with_code(0).json();
    for key in ["submitted", "captured", "already_held", "occurrences", "failed", "bytes", "seconds"] {
        assert!(!report[key].is_null(), "{key}");
    }
    let found = desk.run(["search", "asperges", "--json", "--facet", "class", "--facet", "marking"]).with_code(0).json();
    let hit = &found["hits"][0];
    assert_eq!(
        (&hit["title"], &hit["name"], &hit["class"], &hit["marking"], &hit["format"]),
        (&json!("Menu"), &json!("menu.eml"), &json!("1"), &json!("NP"), &json!("fmt/950"))
    );
    let (snippet, marks) = (hit["snippet"].as_str().unwrap(), hit["highlights"][0].as_array().unwrap());
    let (from, to) = (marks[0].as_u64().unwrap() as usize, marks[1].as_u64().unwrap() as usize);
    assert_eq!(snippet.chars().skip(from).take(to - from).collect::<String>(), "Asperges");
    assert_eq!(found["facets"], json!({ "class": [{ "value": "1", "count": 1 }], "marking": [{ "value": "NP", "count": 1 }] }));
    assert_eq!(found["coverage"]["complete"], true);
    let line = &desk.list()[0];
    let keys: BTreeSet<&str> = line.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(keys, BTreeSet::from(["id", "title", "name", "date", "class", "marking", "content"]));
    let shown = desk.run(["show", line["id"].as_str().unwrap(), "--json"]).with_code(0).json();
    assert_eq!(shown["date"], "2026-07-14T08:30:00Z");
    assert_eq!(shown["components"][1]["name"], "carte.pdf");
    assert_eq!((&shown["components"][0]["n"], &shown["components"][0]["role"]), (&json!(1), &json!("original")));
    for key in ["rules", "findings", "history"] {
        assert!(shown[key].is_array(), "{key}");
    }
    let verified = desk.run(["verify", "--json"]).with_code(0).json();
    for key in ["sound", "checked", "faults", "warnings"] {
        assert!(!verified[key].is_null(), "{key}");
    }
    let head = verified["head"]["hash"].as_str().unwrap();
    desk.run(["verify", "--head", head]).with_code(0);
    desk.run(["verify", "--keyless", "--head", &"0".repeat(64)]).with_code(6);
}

#[test]
fn what_is_wrong_is_said_with_a_remedy() {
    let desk = Desk::empty();
    let said = desk.run(["search", "x"]).with_code(3);
    assert!(said.err.contains("chartrier init"), "{}", said.err);
    desk.run(["serach", "x"]).with_code(2);
    desk.run(["init"]).with_code(4);
    let passphrase = desk.file("passphrase", "un jardin sous la pluie\n");
    let made = desk.run(["init", "--passphrase-file", &passphrase, "--json"]).with_code(0).json();
    for key in ["archive", "home", "store", "recovery_identity", "root_key"] {
        assert!(made[key].is_string(), "{key}");
    }
    desk.run(["init", "--passphrase-file", &passphrase]).with_code(2);
    assert!(desk.run(["list"]).with_code(4).err.contains("--passphrase-file"));
    let wrong = desk.file("wrong", "autre chose\n");
    desk.run(["list", "--passphrase-file", &wrong]).with_code(4);
    let with = |words: &[&str]| desk.run(words.iter().copied().chain(["--passphrase-file", passphrase.as_str()]));
    with(&["list"]).with_code(0);
    with(&["show", "rec-00000000000000000000000000"]).with_code(3);
    with(&["show", "dossier"]).with_code(2);
    with(&["ingest", "/nowhere/at/all", "--json"]).with_code(1);
    with(&["ingest", &desk.path("files"), "--into", "9"]).with_code(3);
    with(&["ingest", &desk.path("files"), "--marking", "S"]).with_code(3);
    with(&["ingest", &desk.path("files"), "--marking", "XX"]).with_code(2);
    let french = desk
        .command(["show", "rec-00000000000000000000000000", "--passphrase-file", &passphrase])
        .env("LC_ALL", "fr_FR.UTF-8")
        .output()
        .unwrap();
    assert!(String::from_utf8(french.stderr).unwrap().starts_with("Rien ici ne répond"));
    let identity = fs::read(desk.path("home/identity")).unwrap();
    assert!(identity.starts_with(b"age-encryption.org/"));
}

#[test]
fn the_archive_is_not_captured_into_itself() {
    let desk = Desk::new();
    papers(&desk);
    let everything = desk.folder.path().to_str().unwrap();
    let report = desk.run(["ingest", everything, "--json"]).with_code(1).json();
    let failed = report["failed"].as_array().unwrap();
    assert!(failed.len() == 1 && failed[0]["path"].as_str().unwrap().ends_with("/home"), "{failed:?}");
    assert_eq!(report["captured"], 9, "the papers, and the sheet that lies beside them");
    assert_eq!(desk.run(["ingest", everything, "--json"]).with_code(1).json()["captured"], 0);
}

#[test]
fn what_is_left_of_a_home_is_enough() {
    let desk = Desk::empty();
    let passphrase = desk.file("passphrase", "un jardin sous la pluie\n");
    let with = |words: &[&str]| desk.run(words.iter().copied().chain(["--passphrase-file", passphrase.as_str()]));
    // A sheet that cannot be written: no archive, and the same command with a better name makes it.
    with(&["init", "--recovery-file", &desk.path("nowhere/sheet")]).with_code(2);
    assert!(!Path::new(&desk.path("home/home.json")).exists());
    with(&["init", "--recovery-file", &desk.path("sheet")]).with_code(0);
    let mode = std::os::unix::fs::PermissionsExt::mode(&fs::metadata(desk.path("sheet")).unwrap().permissions());
    assert_eq!(mode & 0o777, 0o600);
    papers(&desk);
    with(&["ingest", &desk.path("files/notes")]).with_code(0);
    let before = with(&["list"]).out;
    for entry in fs::read_dir(desk.path("home")).unwrap().flatten() {
        match entry.file_name().to_str().unwrap() {
            "identity" | "store" => {}
            _ if entry.path().is_dir() => fs::remove_dir_all(entry.path()).unwrap(),
            _ => fs::remove_file(entry.path()).unwrap(),
        }
    }
    assert!(with(&["list"]).with_code(5).err.contains("chartrier rebuild"));
    with(&["init"]).with_code(2);
    desk.run(["rebuild"]).with_code(4);
    with(&["rebuild"]).with_code(0);
    assert_eq!(with(&["list"]).out, before);
}

#[test]
fn a_damaged_store_is_named_and_exits_6() {
    let desk = Desk::new();
    papers(&desk);
    desk.run(["ingest", &desk.path("files")]).with_code(0);
    let object = largest(Path::new(&desk.path("home/store/objects")));
    let mut bytes = fs::read(&object).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&object, bytes).unwrap();
    for keyless in [&["verify", "--json", "--keyless"][..], &["verify", "--json"]] {
        let found = desk.run(keyless.iter().copied()).with_code(6).json();
        assert_eq!(found["sound"], false);
        let fault: &Value = &found["faults"][0];
        assert!(
            object.ends_with(fault["name"].as_str().unwrap().rsplit('/').next().unwrap())
                || fault["name"].as_str().unwrap().contains("objects/")
        );
        assert!(!fault["remedy"].as_str().unwrap().is_empty());
    }
}

fn largest(folder: &Path) -> std::path::PathBuf {
    let mut all = Vec::new();
    for fan in fs::read_dir(folder).unwrap().flatten() {
        all.extend(fs::read_dir(fan.path()).unwrap().flatten().map(|file| (file.metadata().unwrap().len(), file.path())));
    }
    all.into_iter().max().unwrap().1
}

#[test]
fn anything_can_lie_in_a_folder() {
    use std::os::unix::{ffi::OsStrExt as _, fs::symlink};
    let desk = Desk::new();
    desk.file("plain.txt", "un");
    desk.file("empty", "");
    desk.file(&"é".repeat(120), "long");
    fs::write(Path::new(&desk.path("files")).join(std::ffi::OsStr::from_bytes(b"caf\xe9.txt")), "latin name").unwrap();
    fs::write(Path::new(&desk.path("files")).join("new\nline\u{1b}[2J"), "strange name").unwrap();
    symlink("..", desk.path("files/loop")).unwrap();
    symlink("/etc/passwd", desk.path("files/link")).unwrap();
    rustix::fs::mknodat(rustix::fs::CWD, desk.path("files/pipe"), rustix::fs::FileType::Fifo, 0o600.into(), 0).unwrap();
    let mut deep = std::path::PathBuf::from(desk.path("files"));
    for _ in 0..300 {
        deep.push("d");
    }
    fs::create_dir_all(&deep).unwrap();
    fs::write(deep.join("fond.txt"), "au fond").unwrap();
    let report = desk.run(["ingest", &desk.path("files"), "--json"]).with_code(1).json();
    assert_eq!((&report["captured"], &report["submitted"]), (&json!(6), &json!(9)));
    let failed: Vec<&str> = report["failed"]
        .as_array()
        .unwrap()
        .iter()
        .map(|failed| failed["path"].as_str().unwrap().rsplit('/').next().unwrap())
        .collect();
    assert_eq!(failed, ["link", "loop", "pipe"]);
    assert_eq!(search(&desk, "\"au fond\""), ["fond.txt"]);
    let odd = desk.list().into_iter().find(|line| line["name"].as_str().unwrap().starts_with("caf")).unwrap();
    let shown = desk.run(["show", odd["id"].as_str().unwrap(), "--json"]).json();
    assert!(shown["occurrences"][0]["path_base64"].is_string());
    // Nothing that a document says moves a terminal.
    assert!(!desk.run(["search", "strange"]).out.contains('\u{1b}'));
    assert_eq!(desk.run(["ingest", &desk.path("files"), "--json"]).with_code(1).json()["captured"], 0);
}

#[test]
fn a_record_is_described_and_a_filing_taken_back() {
    let desk = Desk::new();
    desk.file("IMG_0042.txt", "Potage, turbot");
    desk.run(["ingest", &desk.path("files")]).with_code(0);
    desk.run(["class", "add", "1", "Menus"]).with_code(0);
    let id = desk.list()[0]["id"].as_str().unwrap().to_owned();
    let describe = |words: &[&str]| desk.run(["describe", id.as_str()].iter().chain(words).copied());
    describe(&["--title", "Menu du 14 juillet", "--about", "Pour les maraîchers"]).with_code(0);
    describe(&["--date", "2019-07-14"]).with_code(0);
    describe(&["--date", "hier"]).with_code(2);
    let shown = desk.run(["show", &id, "--json"]).with_code(0).json();
    assert_eq!((&shown["title"], &shown["about"]), (&json!("Menu du 14 juillet"), &json!("Pour les maraîchers")));
    assert_eq!((&shown["date"], &shown["name"]), (&json!("2019-07-14T00:00:00Z"), &json!("IMG_0042.txt")));
    assert_eq!(desk.run(["search", "maraîchers", "--json"]).json()["total"], 1);
    describe(&["--title", ""]).with_code(0);
    assert_eq!(desk.run(["show", &id, "--json"]).json()["title"], "IMG_0042.txt");

    let filed = desk.run(["file", &id, "--into", "1", "--json"]).with_code(0).json();
    let act = filed["act"].as_str().unwrap();
    assert_eq!(desk.run(["undo", act, "--json"]).with_code(0).json(), json!({ "moved": 1, "stayed": 0 }));
    assert_eq!(desk.list()[0]["class"], json!(null));
    desk.run(["undo", "act-00000000000000000000000000"]).with_code(3);
}
