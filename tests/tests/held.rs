//! What counts as already held (I16, I8): the same bytes are held once, whatever their size, whoever brings them and
//! however many do so at once; and nobody learns by it, or changes by it, what may not be known.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use chartrier_engine::archive::{Known, MandateRequest, Original, PersonRequest, Submission};
use chartrier_schemas::{Extraction, Marking, RecordId, persisted::v1::PersonRole};
use chartrier_tests::{
    binary::Desk,
    documents::Seeded,
    world::{World, occurrence, submission},
};
use serde_json::json;

#[test]
fn files_of_every_size_are_held_once() {
    let desk = Desk::new();
    let mut random = Seeded(21);
    for (name, size) in
        [("small", 1_000), ("brink", 8 << 20), ("beyond", (8 << 20) + 1), ("middling", 12 << 20), ("large", 40 << 20)]
    {
        desk.file(name, random.bytes(size));
    }
    let ingest = |folder: &str| desk.run(["ingest", folder, "--json"]).with_code(0).json();
    assert_eq!(ingest(&desk.path("files"))["captured"], 5);
    let again = ingest(&desk.path("files"));
    assert_eq!((&again["captured"], &again["already_held"], &again["occurrences"]), (&json!(0), &json!(5), &json!(0)));
    for name in ["small", "brink", "beyond", "middling", "large"] {
        let bytes = std::fs::read(desk.path(&format!("files/{name}"))).unwrap();
        std::fs::create_dir_all(desk.path("elsewhere")).unwrap();
        std::fs::write(desk.path(&format!("elsewhere/{name}-copy")), bytes).unwrap();
    }
    let copies = ingest(&desk.path("elsewhere"));
    assert_eq!((&copies["captured"], &copies["already_held"], &copies["occurrences"]), (&json!(0), &json!(5), &json!(5)));
    assert_eq!(desk.list().len(), 5);
}

/// Copies that arrive together: only one of them becomes a record, and its store holds its bytes once.
#[test]
fn copies_within_one_run_are_one_record_with_many_places() {
    let desk = Desk::new();
    let large = Seeded(22).bytes(20 << 20);
    for copy in 0..4 {
        desk.file(&format!("{copy}/large.bin"), &large);
        desk.file(&format!("{copy}/note.txt"), "la même note");
    }
    let report = desk.run(["ingest", &desk.path("files"), "--json"]).with_code(0).json();
    assert_eq!(
        (&report["captured"], &report["already_held"], &report["occurrences"]),
        (&json!(2), &json!(6), &json!(6)),
        "{report}"
    );
    for line in desk.list() {
        let shown = desk.run(["show", line["id"].as_str().unwrap(), "--json"]).json();
        assert_eq!(shown["occurrences"].as_array().unwrap().len(), 4);
    }
    let verified = desk.run(["verify", "--json"]).with_code(0).json();
    assert_eq!(verified["warnings"], json!([]), "what was sealed twice is taken away");
    assert!(verified["checked"]["bytes"].as_u64().unwrap() < 25 << 20);
    // Named twice in one command, a folder is captured once.
    let (folder, twice) = (desk.path("files"), desk.run(["ingest", &desk.path("files"), &desk.path("files"), "--json"]));
    assert_eq!(twice.with_code(0).json()["occurrences"], 0, "{folder}");
}

/// A record that is marked does not come down because somebody brings its bytes again, twice.
#[test]
fn copies_of_a_secret_record_leave_it_alone() {
    let world = World::new();
    let session = world.session();
    let secret: Marking = "S".parse().unwrap();
    world.archive.clear_person(&session, session.person, &secret, "nommée").unwrap();
    let session = world.session();
    let hidden = world.capture_into("/s/plan.txt", "Plan de vol", None, &secret).unwrap().unwrap();
    let luc = world
        .archive
        .add_person(
            &session,
            &PersonRequest { name: "Luc".into(), roles: vec![PersonRole::Staff], clearance: Marking::np(), reason: None },
        )
        .unwrap();
    let everything = MandateRequest { whom: luc.into(), on: None, until: None, reason: "accueil".into() };
    world.archive.add_mandate(&session, &everything).unwrap();
    let as_luc = world.archive.session(luc).unwrap();

    let capturer = world.archive.capturer(as_luc.clone(), None, &Marking::np()).unwrap();
    let content = chartrier_engine::seal::content_of(b"Plan de vol");
    let mut made = None;
    for path in ["/a/copie.txt", "/b/copie.txt", "/c/copie.txt"] {
        let seen = occurrence(path);
        match capturer.known(&content, &seen).unwrap() {
            Known::New => made = capturer.capture(submission(seen, path, "Plan de vol", content)).unwrap(),
            known => assert_eq!(known, Known::Observed, "{path}"),
        }
    }
    capturer.finish().unwrap();
    assert_eq!(capturer.captured().places, 2);
    let made = made.unwrap();
    assert_eq!(world.archive.show(&session, hidden).unwrap().marking, secret);
    assert_eq!(world.archive.show(&session, hidden).unwrap().record.occurrences.len(), 1);
    assert!(world.archive.show(&as_luc, hidden).is_err());
    assert_eq!(world.archive.show(&as_luc, made).unwrap().record.occurrences.len(), 3);
}

/// Bytes are shared with a record that may not be known; nothing of what is said of that record is.
#[test]
fn sharing_bytes_shares_no_words() {
    let world = World::new();
    let session = world.session();
    for code in ["1", "2"] {
        world.archive.add_class(&session, code, code, None).unwrap();
    }
    let seen = chartrier_schemas::persisted::v1::Occurrence {
        modified: Some("1999-01-01T00:00:00Z".into()),
        ..occurrence("/x/nom-secret.txt")
    };
    let capturer = world.archive.capturer(session.clone(), Some("1"), &Marking::np()).unwrap();
    let content = chartrier_engine::seal::content_of(b"commun");
    assert_eq!(capturer.known(&content, &seen).unwrap(), Known::New);
    let extraction = Extraction { title: Some("Titre".into()), ..Extraction::default() };
    let original = Original::Bytes(b"commun", content);
    capturer.capture(Submission { occurrence: seen, name: "nom-secret.txt".into(), extraction, original }).unwrap();
    capturer.finish().unwrap();
    let before = stored_bytes(&world);
    let other: RecordId = world.capture_into("/y/copie.txt", "commun", Some("2"), &Marking::np()).unwrap().unwrap();
    let shown = world.archive.show(&session, other).unwrap().record;
    assert_eq!((shown.title.as_str(), shown.name.as_str()), ("copie.txt", "copie.txt"));
    assert_eq!(shown.components[0].name, "copie.txt");
    assert_eq!(shown.date.as_deref(), Some("2026-07-14T10:00:00Z"));
    let first = world.archive.component(&session, other, 1).unwrap();
    let mut bytes = Vec::new();
    world.archive.copy_original(&first, &mut bytes).unwrap();
    assert_eq!(bytes, b"commun");
    assert!(stored_bytes(&world) > before);
}

fn stored_bytes(world: &World) -> u64 {
    world.archive.verify(&world.session(), None, &|_, _| Ok(())).unwrap().bytes
}
