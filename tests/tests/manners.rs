//! How the binary answers people who do not know it yet: what was mistyped, what is missing, what was left undone.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use chartrier_tests::binary::{Desk, Said};
use serde_json::json;
use std::{
    io::{BufRead as _, BufReader},
    process::Stdio,
};

fn in_french<'a>(desk: &Desk, words: impl IntoIterator<Item = &'a str>) -> Said {
    desk.command(words).env("LC_ALL", "fr_FR.UTF-8").output().unwrap().into()
}

fn first_id(desk: &Desk) -> String {
    desk.list()[0]["id"].as_str().unwrap().to_owned()
}

#[test]
fn a_command_line_that_makes_no_sense_is_told_in_ones_language_and_as_json() {
    let desk = Desk::new();
    for (words, english, french) in [
        (&["serach", "x"][..], "There is no verb", "Le verbe `serach` n’existe pas."),
        (&["search", "x", "--limit", "XX"], "is not a whole number", "n’est pas un nombre entier"),
        (&["show", "dossier"], "is not a record", "n’est pas une pièce (rec-…)."),
        (&["ingest", "x", "--marking", "XX"], "is not a marking", "`XX` n’est pas un marquage."),
        (&["mandate", "end", "x", "--reason", "y"], "is not a mandate", "n’est pas un mandat (mdt-…)."),
    ] {
        let said = desk.run(words.iter().copied()).with_code(2);
        assert!(said.err.contains(english) && said.err.lines().count() == 2, "{}", said.err);
        let said = in_french(&desk, words.iter().copied()).with_code(2);
        assert!(said.err.contains(french) && !said.err.contains("error") && !said.err.contains(" is "), "{}", said.err);
        let said = desk.run(words.iter().copied().chain(["--json"])).with_code(2);
        let told: serde_json::Value = serde_json::from_str(&said.err).unwrap();
        assert!(told["error"]["problem"].as_str().unwrap().contains(english), "{told}");
        assert_eq!(told["error"]["exit"], 2);
    }
    assert!(desk.run(["search", "--help"]).with_code(0).out.contains("finding:*"));
    assert!(desk.run(["list", "--help"]).with_code(0).out.contains("class:none"));
}

#[test]
fn files_that_are_named_in_vain_are_wrong_usage() {
    let desk = Desk::new();
    let store = desk.path("home/store");
    let text = desk.file("note.txt", "Potage");
    let restore = |store: &str, sheet: &str| {
        let words = ["key", "restore", "--no-passphrase", "--home", "other", "--store", store, "--recovery-file", sheet];
        desk.command(words).current_dir(desk.folder.path()).output().unwrap().into()
    };
    let sheet = desk.path("sheet");
    for (said, problem, remedy) in [
        (restore(&store, "/nope"), "/nope cannot be read: it is not there.", "Check the path."),
        (restore(&store, &text), "not a whole recovery sheet", "chartrier init"),
        (restore("file:///nope", &sheet), "There is no store at /nope.", "Check the path"),
        (restore(&desk.path("files"), &sheet), "holds no archive", "archive.json"),
        (desk.run(["list", "--passphrase-file", "/nope"]), "/nope cannot be read", "Check the path."),
        (desk.run(["man", "/nodir/x"]), "There is no folder", "Make it first"),
        (desk.run(["class", "import", "/nope"]), "/nope cannot be read", "Check the path."),
    ] {
        let said: Said = said;
        let said = said.with_code(2);
        assert!(said.err.contains(problem) && said.err.contains(remedy), "{}", said.err);
    }
    desk.run(["ingest", &text]).with_code(0);
    let said = desk.run(["get", &first_id(&desk), "-o", "/nodir/x"]).with_code(2);
    assert!(said.err.contains("Make its folder first"), "{}", said.err);
    assert!(!std::path::Path::new("/nodir").exists());

    // A plain path is as good as a URL, and who acts is said.
    let said: Said = restore("home/store", &sheet);
    assert!(said.with_code(0).out.contains("You act as ada (staff, archivist, security, administrator)."));
}

#[test]
fn what_is_absent_is_looked_for_in_its_own_list() {
    let desk = Desk::new();
    let text = desk.file("note.txt", "Potage");
    desk.run(["ingest", &text]).with_code(0);
    let id = first_id(&desk);
    for (words, list) in [
        (&["file", &id, "--into", "9"][..], "class list` or `chartrier dossier list"),
        (&["search", "x", "--as", "luc"], "person list"),
        (&["mandate", "end", "mdt-00000000000000000000000000", "--reason", "x"], "mandate list"),
        (&["show", "rec-00000000000000000000000000"], "chartrier search` or `chartrier list"),
    ] {
        let said = desk.run(words.iter().copied()).with_code(3);
        assert!(said.err.contains(list), "{}", said.err);
    }
    for words in [&["search", "x", "--as", ""][..], &["ingest", &text, "--into", ""], &["class", "add", "3", ""]] {
        assert!(desk.run(words.iter().copied()).with_code(2).err.contains("is empty"));
    }
    let hint = desk.run(["class", "list"]).with_code(0);
    assert!(hint.err.contains("chartrier class add CODE TITLE"), "{}", hint.err);
    let none = Desk::empty();
    none.run(["init", "--no-passphrase", "--person", ""]).with_code(2);
}

#[test]
fn held_files_stay_where_they_are_filed_and_that_is_said() {
    let desk = Desk::new();
    desk.run(["class", "add", "1", "Cuisine"]).with_code(0);
    for number in 0..7 {
        desk.file(&format!("{number}.txt"), format!("Potage {number}"));
    }
    let files = desk.path("files");
    let first = desk.run(["ingest", &files, "--into", "none"]).with_code(0);
    assert_eq!(first.err, "");
    let again = desk.run(["ingest", &files, "--into", "1"]).with_code(0);
    assert!(again.err.starts_with("7 were held already") && again.err.contains("chartrier file rec-"), "{}", again.err);
    assert!(again.err.trim_end().ends_with("… --into 1"), "{}", again.err);
    let report = desk.run(["ingest", &files, "--into", "1", "--json"]).with_code(0).json();
    assert_eq!((&report["not_filed"], &report["already_held"]), (&json!(7), &json!(7)));
    let ids: Vec<String> = desk.list().iter().map(|line| line["id"].as_str().unwrap().to_owned()).collect();
    let words = ["file", "--into", "1", "--json"].into_iter().chain(ids.iter().chain(&ids).map(String::as_str));
    assert_eq!(desk.run(words).with_code(0).json()["filed"], 7, "each is counted once");
    let done = desk.run(["ingest", &files, "--into", "1", "--json"]).with_code(0);
    assert_eq!((&done.json()["not_filed"], done.err.as_str()), (&json!(0), ""));
    assert_eq!(desk.run(["ingest", &files, "--json"]).with_code(0).json()["not_filed"], 0);
}

#[test]
fn what_was_not_read_is_told_apart_and_shown() {
    let desk = Desk::new();
    desk.file("a.txt", "Potage");
    desk.file("b.bin", [0u8, 159, 146, 150, 1, 2, 3, 255].repeat(64));
    desk.file("c.pdf", "%PDF-1.4 broken");
    let said = desk.run(["ingest", &desk.path("files")]).with_code(0);
    assert!(said.out.contains("1 of a format that is not read"), "{}", said.out);
    assert!(said.out.contains("1 damaged, or protected by a password."), "{}", said.out);
    assert!(said.out.contains("chartrier list 'finding:*'"), "{}", said.out);
    let lines = desk.run(["list", "finding:*"]).with_code(0).lines();
    assert_eq!(lines.len(), 2);
    assert!(lines.iter().all(|line| line["findings"][0]["problem"].as_str().is_some_and(|problem| !problem.is_empty())));
    let shown = desk.run(["search", "finding:3"]).with_code(0);
    assert!(shown.out.contains("3  It could not be read in full"), "{}", shown.out);
    let without = lines.iter().find(|line| line["name"] == "b.bin").unwrap()["id"].as_str().unwrap();
    let text = desk.run(["show", without, "--text"]).with_code(0);
    assert!(text.out.is_empty() && text.err.contains("No text was read out of it"), "{}", text.err);
}

#[test]
fn queries_that_are_not_understood_say_so() {
    let desk = Desk::new();
    let text = desk.file("note.txt", "Potage");
    desk.run(["ingest", &text]).with_code(0);
    for verb in ["list", "search"] {
        for (words, note) in [
            ("before:notadate", "matches nothing"),
            ("zork:x", "There is no field `zork`"),
            ("type:zork", "Types here: txt"),
            ("class:99", "No class or dossier"),
        ] {
            let said = desk.run([verb, words]).with_code(0);
            assert!(said.err.contains(note), "{verb} {words} {}", said.err);
            assert!(!said.out.contains("note.txt"), "{verb} {words} {}", said.out);
        }
    }
    let ends = |words: &[&str], end: &str| {
        let said = desk.run(words.iter().copied()).with_code(0);
        let last = said.out.lines().last().unwrap_or_default().to_owned();
        assert!(last.starts_with(end), "{last}");
    };
    ends(&["search", "potage", "--limit", "0"], "1 found; complete to ");
    ends(&["search", "potage", "--offset", "5"], "1 found, none so far down; complete to ");
    let french = in_french(&desk, ["search", "potage", "--facet", "class"]);
    assert!(french.out.contains("classe\u{a0}: aucune 1"), "{}", french.out);
}

#[test]
fn a_mandate_shows_its_last_day_and_what_it_is_on() {
    let desk = Desk::new();
    desk.run(["class", "add", "1", "Cuisine"]).with_code(0);
    desk.run(["person", "add", "luc"]).with_code(0);
    let give = |until: &str| desk.run(["mandate", "add", "luc", "--on", "1", "--until", until, "--reason", "commis"]);
    assert!(give("2020-12-31").with_code(2).err.contains("over already"));
    give("2999-12-31").with_code(0);
    assert!(desk.run(["mandate", "list"]).with_code(0).out.contains("→ 2999-12-31"));
    let line = desk.run(["mandate", "list", "--json"]).with_code(0).lines().pop().unwrap();
    assert_eq!((&line["code"], &line["last_day"]), (&json!("1"), &json!("2999-12-31")));
}

#[test]
fn a_reader_that_goes_away_ends_the_work_quietly() {
    let desk = Desk::new();
    let large = desk.file("large.txt", "Potage\n".repeat(1_000_000));
    desk.run(["ingest", &large]).with_code(0);
    let mut child = desk.command(["get", &first_id(&desk)]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let said: Said = child.wait_with_output().unwrap().into();
    assert_eq!((line.as_str(), said.with_code(0).err.as_str()), ("Potage\n", ""));
}
