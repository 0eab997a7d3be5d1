//! Documents of every kind through the real binary: found by a word inside, looked at page by page, recognised where they are
//! pictures of text, read anew, and counted for those who preserve them.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use chartrier_tests::{
    binary::Desk,
    documents::{docx, eml, pdf, png},
};
use serde_json::{Value, json};
use std::{
    io::{Cursor, Write as _},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

fn zip(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in entries {
        writer.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
        writer.write_all(bytes).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

fn found(desk: &Desk, words: &str) -> Vec<Value> {
    let said = desk.run(["search", "--json", "--", words]).with_code(0).json();
    said["hits"].as_array().unwrap().clone()
}

fn one(desk: &Desk, words: &str) -> Value {
    let hits = found(desk, words);
    assert_eq!(hits.len(), 1, "{words}: {hits:?}");
    hits[0].clone()
}

#[test]
fn each_is_found_by_a_word_inside_it_however_deep() {
    let desk = Desk::new();
    let note = docx("Note", "le mot hortensia");
    let letter = eml("Ada <ada@example.org>", "Envoi", "le mot pivoine", ("note.docx", &note));
    let inner = zip(&[("courrier/lettre.eml", &letter), ("plan.pdf", &pdf("Plan", &["le mot dahlia"]))]);
    desk.file("dossier.zip", zip(&[("tout.zip", &inner), ("menu.csv", "plat;prix\nle mot topinambour;12\n".as_bytes())]));
    desk.file("réunion.ics", "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\nDTSTART:20260714T080000Z\r\nSUMMARY:Visite du verger\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n");
    desk.file("carte.vcf", "BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Rose Fleuriste\r\nORG:Atelier Glycine\r\nEND:VCARD\r\n");
    desk.file("lisezmoi.md", "# Le potager\n\nle mot *scarole*\n");
    desk.run(["ingest", &desk.path("files"), "--json"]).with_code(0);
    for word in ["hortensia", "pivoine", "dahlia", "topinambour"] {
        assert_eq!(one(&desk, word)["name"], "dossier.zip", "{word}");
    }
    for (word, name) in [("verger", "réunion.ics"), ("glycine", "carte.vcf"), ("scarole", "lisezmoi.md")] {
        assert_eq!(one(&desk, word)["name"], name);
    }
    // What lies deepest is a component, and comes back bit for bit.
    let id = one(&desk, "hortensia")["id"].as_str().unwrap().to_owned();
    let shown = desk.run(["show", &id, "--json"]).with_code(0).json();
    let components = shown["components"].as_array().unwrap();
    let deepest = components.iter().find(|component| component["name"] == "note.docx").unwrap();
    let number = deepest["n"].to_string();
    let given = desk.command(["get", &id, "--component", &number]).output().unwrap();
    assert_eq!(given.stdout, note);
    assert_eq!(deepest["puid"], "fmt/412");
}

#[test]
fn pages_are_looked_at_and_kept() {
    let desk = Desk::new();
    let path = desk.file("plan.pdf", pdf("Plan", &["une page"]));
    desk.run(["ingest", &path]).with_code(0);
    let id = desk.list()[0]["id"].as_str().unwrap().to_owned();
    let page = |number: &str| desk.command(["get", &id, "--page", number]).output().unwrap();
    let first = page("1");
    assert!(first.stdout.starts_with(b"\xff\xd8\xff"), "{}", String::from_utf8_lossy(&first.stderr));
    let picture = image::load_from_memory(&first.stdout).unwrap();
    assert_eq!(picture.width().max(picture.height()), 1_600);
    let verified = desk.run(["verify", "--json"]).with_code(0).json();
    assert_eq!(page("1").stdout, first.stdout);
    assert_eq!(desk.run(["verify", "--json"]).with_code(0).json()["checked"], verified["checked"], "it was kept the first time");
    assert_eq!(page("2").status.code(), Some(3));
    assert_eq!(page("0").status.code(), Some(2));
}

#[test]
fn what_was_read_is_read_anew_and_says_the_same() {
    let desk = Desk::new();
    desk.file("note.docx", docx("Note", "le mot hortensia"));
    desk.file("plan.pdf", pdf("Plan", &["le mot dahlia"]));
    desk.file("vue.png", png(40, 30));
    desk.run(["ingest", &desk.path("files")]).with_code(0);
    let again = desk.run(["extract", "--again", "--json"]).with_code(0).json();
    assert_eq!((&again["selected"], &again["changed"], &again["failed"]), (&json!(3), &json!(0), &json!([])), "{again}");
    // Captured without being read, and read later.
    let late = desk.file("plus-tard.docx", docx("Plus tard", "le mot camomille"));
    desk.run(["ingest", &late, "--no-extract"]).with_code(0);
    assert!(found(&desk, "camomille").is_empty());
    let again = desk.run(["extract", "--again", "--json", "name:plus-tard.docx"]).with_code(0).json();
    assert_eq!((&again["selected"], &again["changed"]), (&json!(1), &json!(1)), "{again}");
    assert_eq!(one(&desk, "camomille")["title"], "Plus tard");
}

/// A page as a scanner gives it.
fn scanned_page() -> Vec<u8> {
    let desk = Desk::new();
    let path = desk.file(
        "source.pdf",
        pdf("Source", &["Le jardinier taille les rosiers", "dans le jardin du palais", "avant la visite officielle"]),
    );
    desk.run(["ingest", &path]).with_code(0);
    let id = desk.list()[0]["id"].as_str().unwrap().to_owned();
    let picture = desk.command(["get", &id, "--page", "1"]).output().unwrap().stdout;
    let grey = image::load_from_memory(&picture).unwrap().to_luma8();
    let mut bytes = Cursor::new(Vec::new());
    grey.write_to(&mut bytes, image::ImageFormat::Png).unwrap();
    bytes.into_inner()
}

fn recognition() -> Value {
    let doctor = Desk::empty().run(["doctor", "--json"]).json();
    doctor["checks"].as_array().unwrap().iter().find(|check| check["name"] == "recognition").unwrap().clone()
}

#[test]
fn a_server_recognises_what_waits_beside_all_else() {
    if recognition()["ok"] == json!(false) {
        return;
    }
    let desk = Desk::new();
    desk.file("scan.png", scanned_page());
    let mut server =
        desk.command(["serve", "--listen", "127.0.0.1:0"]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    desk.run(["ingest", &desk.path("files")]).with_code(0);
    let until = Instant::now() + Duration::from_secs(180);
    while found(&desk, "rosiers").is_empty() && Instant::now() < until {
        std::thread::sleep(Duration::from_millis(500));
    }
    server.kill().unwrap();
    server.wait().unwrap();
    assert_eq!(one(&desk, "rosiers")["name"], "scan.png");
}

#[test]
fn scanned_pages_are_recognised_where_tesseract_is_installed() {
    let recognition = recognition();
    let scanned = Desk::new();
    scanned.file("scan.png", scanned_page());
    scanned.run(["ingest", &scanned.path("files")]).with_code(0);
    assert_eq!(found(&scanned, "finding:16").len(), 1);
    assert!(found(&scanned, "rosiers").is_empty());
    if recognition["ok"] == json!(false) {
        // Nothing is pretended, and the answer says what to install.
        let said = scanned.run(["extract"]).with_code(5);
        assert!(said.err.contains("tesseract-ocr"), "{}", said.err);
        assert!(Command::new("tesseract").arg("--version").output().is_err(), "{recognition}");
        return;
    }
    let said = scanned.run(["extract", "--json"]).with_code(0).json();
    assert_eq!((&said["selected"], &said["changed"]), (&json!(1), &json!(1)), "{said}");
    let hit = one(&scanned, "rosiers");
    assert!(found(&scanned, "finding:16").is_empty());
    let shown = scanned.run(["show", hit["id"].as_str().unwrap(), "--json"]).json();
    let sure: u32 = shown["fields"]["recognition-confidence"].as_str().unwrap().parse().unwrap();
    assert!(
        (50..=100).contains(&sure) && shown["fields"]["recognised-by"].as_str().unwrap().starts_with("tesseract "),
        "{shown}"
    );
    assert_eq!(scanned.run(["extract", "--json"]).with_code(0).json()["selected"], 0, "what was recognised waits no longer");
}

#[test]
fn formats_are_counted_for_those_who_preserve_them() {
    let desk = Desk::new();
    desk.file("plan.pdf", pdf("Plan", &["a"]));
    desk.file("autre.pdf", pdf("Autre", &["b"]));
    desk.file("faux.docx", pdf("Faux", &["c"]));
    desk.file("bruit", (0..900u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect::<Vec<u8>>());
    desk.run(["ingest", &desk.path("files")]).with_code(0);
    let report = desk.run(["report", "formats", "--json"]).with_code(0).json();
    let counted = |name: &str| report[name].as_u64().unwrap();
    assert_eq!(
        (counted("records"), counted("unidentified"), counted("mismatched"), counted("at_risk")),
        (4, 1, 1, 0),
        "{report}"
    );
    let first = &report["formats"][0];
    assert_eq!((&first["puid"], &first["records"]), (&json!("fmt/18"), &json!(3)), "{report}");
    assert!(first["name"].as_str().unwrap().contains("1.4"));
    let said = desk.run(["report", "formats", "type:pdf"]).with_code(0).out;
    assert!(said.contains("fmt/18"), "{said}");
}
