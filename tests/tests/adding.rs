//! Adding over a real connection: files in pieces, taken up anywhere, each in the archive once; limits, and what is never
//! told. The page with its script is driven in `adding_browser`.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use chartrier_engine::{
    archive::{MandateRequest, PersonRequest},
    local::Stage,
    seal::content_of,
    spool::PIECE,
    store,
};
use chartrier_schemas::{Marking, PersonId, persisted::v1::PersonRole};
use chartrier_tests::{
    binary::{Desk, binary},
    browse::{Answer, Served, Visitor},
    documents::Seeded,
    world::World,
};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use std::{
    collections::BTreeSet,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    path::Path,
    process::Stdio,
    sync::Arc,
    time::{Duration, Instant},
};

/// A house with a class that Luc may know, and one that he may not.
fn house(world: &World) -> PersonId {
    // Built before anybody waits for its workers.
    binary();
    let ada = world.session();
    world.archive.clear_person(&ada, ada.person, &"S".parse().unwrap(), "nommée").unwrap();
    let ada = world.session();
    world.archive.add_class(&ada, "1", "Cuisines", None).unwrap();
    world.archive.add_class(&ada, "2", "Affaires réservées", None).unwrap();
    person(world, "Luc", PersonRole::Staff, Some("1"))
}

fn person(world: &World, name: &str, role: PersonRole, on: Option<&str>) -> PersonId {
    let ada = world.session();
    let request = PersonRequest { name: name.into(), roles: vec![role], clearance: Marking::np(), reason: None };
    let person = world.archive.add_person(&ada, &request).unwrap();
    if let Some(on) = on {
        let mandate = MandateRequest { whom: person.into(), on: Some(on.into()), until: None, reason: "besoin".into() };
        world.archive.add_mandate(&ada, &mandate).unwrap();
    }
    person
}

fn bytes(seed: u64, size: usize) -> Vec<u8> {
    Seeded(seed).bytes(size)
}

fn listed(path: &str, bytes: &[u8]) -> Value {
    json!({ "path": path, "size": bytes.len(), "modified": 1_790_000_000_000_i64, "sha256": content_of(bytes) })
}

fn told(answer: &Answer) -> Value {
    serde_json::from_slice(&answer.body).unwrap_or_else(|why| panic!("{why}: {}", answer.text()))
}

fn announce(visitor: &Visitor, into: &str, marking: &str, files: &[Value]) -> Answer {
    let list = json!({ "into": into, "marking": marking, "files": files });
    visitor.send_body("/add/files", "application/json", list.to_string().as_bytes())
}

/// How it stands with one file that goes to class 1.
fn stands(visitor: &Visitor, file: &Value) -> Value {
    let answer = announce(visitor, "1", "NP", std::slice::from_ref(file));
    assert_eq!(answer.status, 200, "{}", answer.text());
    told(&answer)["files"][0].clone()
}

fn piece(visitor: &Visitor, upload: &str, at: usize, bytes: &[u8]) -> Answer {
    visitor.send_body(&format!("/add/piece/{upload}?at={at}"), "application/octet-stream", bytes)
}

/// The next piece of some bytes.
fn next(bytes: &[u8], at: usize) -> &[u8] {
    &bytes[at..(at + PIECE).min(bytes.len())]
}

/// Sends what is missing of a file, and waits until it is in the archive.
fn add(visitor: &Visitor, file: &Value, bytes: &[u8]) -> Value {
    let until = Instant::now() + Duration::from_secs(60);
    loop {
        let stand = stands(visitor, file);
        match stand["state"].as_str().unwrap() {
            "wanted" => {
                let (upload, at) = (stand["upload"].as_str().unwrap(), stand["at"].as_u64().unwrap() as usize);
                assert_eq!(piece(visitor, upload, at, next(bytes, at)).status, 200);
            }
            "whole" => std::thread::sleep(Duration::from_millis(20)),
            _ => return stand,
        }
        assert!(Instant::now() < until, "{stand}");
    }
}

/// What somebody adds goes where they have a mandate, unless they say otherwise: what lies unfiled they would not see.
#[test]
fn whoever_has_one_place_adds_there() {
    let world = World::new();
    let luc = house(&world);
    let served = Served::over(&world);
    let page = served.signed_in(luc).get("/add").text();
    assert!(page.contains("value=\"1\""), "{page}");
    assert!(page.contains("you do not see it before"), "{page}");
    // Dropped elsewhere, with nothing said of a place.
    let (luc, bytes) = (served.signed_in(luc), b"Menu du jour");
    let list = json!({ "into": null, "marking": "NP", "files": [listed("menu.txt", bytes)] }).to_string();
    let ask = || told(&luc.send_body("/add/files", "application/json", list.as_bytes()))["files"][0].clone();
    let upload = ask()["upload"].as_str().unwrap().to_owned();
    assert_eq!(piece(&luc, &upload, 0, bytes).status, 200);
    let until = Instant::now() + Duration::from_secs(60);
    while ask()["state"] == "whole" && Instant::now() < until {
        std::thread::sleep(Duration::from_millis(20));
    }
    let record = ask()["record"].as_str().unwrap().parse().unwrap();
    assert_eq!(world.archive.show(&world.session(), record).unwrap().class.as_deref(), Some("1"));
    let owner = served.signed_in(world.archive.owner()).get("/add").text();
    assert!(owner.contains("value=\"\"") && owner.contains("goes to the inbox"), "{owner}");
    // Who may know nothing is told so, and not how to work on the command line.
    let nobody = served.signed_in(person(&world, "Zoé", PersonRole::Staff, None));
    let home = nobody.get("/").text();
    assert!(home.contains("no mandate yet") && !home.contains("chartrier ingest"), "{home}");
    assert!(nobody.get("/classes").text().contains("no classes that you may know"));
}

#[test]
fn a_file_is_taken_up_at_every_place_and_is_kept_once() {
    let world = World::new();
    let luc = house(&world);
    let served = Served::over(&world);
    let visitor = served.signed_in(luc);
    let photo = bytes(1, 2 * PIECE + 1234);
    let file = listed("Menus/été 2026.bin", &photo);
    let stand = stands(&visitor, &file);
    let upload = stand["upload"].as_str().unwrap().to_owned();
    assert_eq!((stand["state"].as_str(), stand["at"].as_u64()), (Some("wanted"), Some(0)));
    assert_eq!(stands(&visitor, &file), stand, "asked again, answered the same");
    let send = |at: usize, bytes: &[u8]| {
        let answer = piece(&visitor, &upload, at, bytes);
        (answer.status, told(&answer)["at"].as_u64().map(|at| at as usize))
    };
    assert_eq!(send(PIECE, next(&photo, PIECE)), (409, Some(0)), "too early");
    assert_eq!(send(7, &photo[7..100]), (409, Some(0)));
    assert_eq!(send(0, &photo[..100]).0, 400, "a part of a piece");
    assert_eq!(send(0, &photo[..PIECE + 1]).0, 400, "more than a piece");
    for at in [0, PIECE] {
        assert_eq!(stands(&visitor, &file)["at"], json!(at));
        assert_eq!(send(at, next(&photo, at)), (200, Some(at + PIECE)));
        assert_eq!(send(at, next(&photo, at)), (200, Some(at + PIECE)), "twice");
    }
    assert_eq!(send(2 * PIECE, &photo[2 * PIECE..photo.len() - 1]).0, 400, "the last piece, cut");
    let last = piece(&visitor, &upload, 2 * PIECE, next(&photo, 2 * PIECE));
    assert_eq!(told(&last), json!({ "at": photo.len(), "whole": true }));
    assert_eq!(send(0, next(&photo, 0)).0, 200, "what is whole stays whole");
    let done = add(&visitor, &file, &photo);
    let record = done["record"].as_str().unwrap_or_else(|| panic!("{done}")).to_owned();
    assert_eq!(visitor.get(&format!("/unit/{record}/component/1")).body, photo);
    assert_eq!(stands(&visitor, &file), json!({ "state": "held", "record": record }));
    // The same bytes at another path are one more place of the record; nothing is sent.
    assert_eq!(stands(&visitor, &listed("copie.bin", &photo)), json!({ "state": "held", "record": record }));
    let shown = world.archive.show(&world.session(), record.parse().unwrap()).unwrap();
    let seen: Vec<_> = shown.record.occurrences.iter().map(|seen| (seen.source.as_str(), seen.path.as_str())).collect();
    assert_eq!(seen, [("web", "Menus/été 2026.bin"), ("web", "copie.bin")]);
    assert_eq!(shown.record.name, "été 2026.bin");
    assert_eq!(shown.record.occurrences[0].modified.as_deref(), Some("2026-09-21T14:13:20Z"));
    assert_eq!((world.names("").len(), shown.class.as_deref()), (1, Some("1")));
    let empty = add(&visitor, &listed("vide.txt", b""), b"");
    assert!(empty["record"].is_string(), "{empty}");
    assert!(visitor.get("/add").text().contains(&format!("href=\"/unit/{record}\"")));
}

#[test]
fn what_arrives_otherwise_than_announced_is_told_and_may_be_sent_again() {
    let world = World::new();
    let luc = house(&world);
    let served = Served::over(&world);
    let visitor = served.signed_in(luc);
    let (right, wrong) = (bytes(1, 1000), bytes(2, 1000));
    let mut file = listed("a.bin", &right);
    let failed = add(&visitor, &file, &wrong);
    assert_eq!(failed["state"], "refused");
    assert!(failed["problem"].as_str().unwrap().contains("not the file that was announced"), "{failed}");
    assert!(visitor.get("/add").text().contains("not the file that was announced"));
    assert_eq!(stands(&visitor, &file), failed, "it is told until somebody tries again");
    file["again"] = json!(true);
    assert_eq!(stands(&visitor, &file)["state"], "wanted");
    file["again"] = json!(false);
    assert!(add(&visitor, &file, &right)["record"].is_string());
    assert_eq!(world.names(""), ["a.bin"]);
}

#[test]
fn a_server_that_stops_loses_nothing() {
    let world = World::new();
    let luc = house(&world);
    let photo = bytes(3, PIECE + 10);
    let (file, other) = (listed("a.bin", &photo), listed("b.bin", &photo[..2000]));
    let served = Served::over(&world);
    let visitor = served.signed_in(luc);
    let upload = stands(&visitor, &file)["upload"].as_str().unwrap().to_owned();
    assert_eq!(piece(&visitor, &upload, 0, next(&photo, 0)).status, 200);
    drop(served);
    // What was whole when the server stopped is taken in by the next one, unasked.
    let session = world.archive.session(luc).unwrap();
    let declared = chartrier_engine::archive::Declared {
        path: "b.bin".into(),
        size: 2000,
        modified: None,
        content: content_of(&photo[..2000]),
        again: false,
    };
    let standing = world.archive.declare(&session, Some("1"), &Marking::np(), &[declared]).unwrap().pop().unwrap();
    let chartrier_engine::archive::Standing::Wanted(id, 0) = standing else { panic!("{standing:?}") };
    assert!(world.archive.receive(&session, id, 0, &photo[..2000]).unwrap().whole);
    let stray = world.home.path().join("uploads/upl-00000000000000000000000001");
    std::fs::write(&stray, b"nobody's").unwrap();
    let served = Served::over(&world);
    let visitor = served.signed_in(luc);
    let stand = stands(&visitor, &file);
    assert_eq!((stand["upload"].as_str(), stand["at"].as_u64()), (Some(upload.as_str()), Some(PIECE as u64)));
    assert_eq!(piece(&visitor, &upload, PIECE, next(&photo, PIECE)).status, 200);
    assert!(add(&visitor, &file, &photo)["record"].is_string());
    assert!(add(&visitor, &other, b"")["record"].is_string());
    assert_eq!(world.names(""), ["a.bin", "b.bin"]);
    assert!(!stray.exists(), "bytes that no row speaks of");
    // What is in the archive is told first, and taken away then.
    let until = Instant::now() + Duration::from_secs(10);
    while std::fs::read_dir(world.home.path().join("uploads")).unwrap().count() > 0 {
        assert!(Instant::now() < until, "bytes stay behind");
    }
}

#[test]
fn pieces_that_cannot_be_read_are_asked_for_again() {
    let world = World::new();
    let luc = house(&world);
    let served = Served::over(&world);
    let visitor = served.signed_in(luc);
    let photo = bytes(4, 2 * PIECE + 10);
    let file = listed("a.bin", &photo);
    let upload = stands(&visitor, &file)["upload"].as_str().unwrap().to_owned();
    for at in [0, PIECE] {
        assert_eq!(piece(&visitor, &upload, at, next(&photo, at)).status, 200);
    }
    let path = world.home.path().join("uploads").join(&upload);
    let mut stored = std::fs::read(&path).unwrap();
    let middle = stored.len() - 100;
    stored[middle] ^= 1;
    std::fs::write(&path, stored).unwrap();
    assert!(add(&visitor, &file, &photo)["record"].is_string());
}

#[test]
fn an_upload_is_there_for_who_brings_it_alone() {
    let world = World::new();
    let luc = house(&world);
    let eve = person(&world, "Eve", PersonRole::Staff, Some("1"));
    let officer = person(&world, "Oona", PersonRole::Security, Some("1"));
    let served = Served::over(&world);
    let (luc, eve, officer) = (served.signed_in(luc), served.signed_in(eve), served.signed_in(officer));
    let photo = bytes(5, 900);
    let file = listed("a.bin", &photo);
    let upload = stands(&luc, &file)["upload"].as_str().unwrap().to_owned();
    let absent = piece(&eve, "upl-0000000000000000000000000z", 0, &photo).without_date();
    assert_eq!(absent.status, 404);
    assert_eq!(piece(&eve, &upload, 0, &photo).without_date(), absent);
    assert_eq!(piece(&eve, "nonsense", 0, &photo).without_date(), absent);
    let give_up = |visitor: &Visitor, id: &str| visitor.post(&format!("/add/give-up/{id}"), &[]);
    let gone = give_up(&eve, "upl-0000000000000000000000000z").without_date();
    assert_eq!((gone.status, give_up(&eve, &upload).without_date()), (404, gone));
    assert_ne!(stands(&eve, &file)["upload"].as_str(), Some(upload.as_str()), "her own");
    assert!(!eve.get("/add").text().contains(&upload));
    assert_eq!(give_up(&luc, &upload).status, 303);
    assert_eq!(piece(&luc, &upload, 0, &photo).status, 404);
    // Who has no role for it adds nothing, and is shown no way to.
    assert_eq!((announce(&officer, "1", "NP", std::slice::from_ref(&file)).status, officer.get("/add").status), (403, 403));
    assert!(!officer.get("/").text().contains("href=\"/add\""));
    assert!(luc.get("/").text().contains("href=\"/add\""));
    // Markings above one's clearance and places that one may not know are refused as everywhere.
    assert_eq!(announce(&luc, "1", "S", std::slice::from_ref(&file)).status, 403);
    let refused = announce(&luc, "2", "NP", std::slice::from_ref(&file));
    let never = announce(&luc, "9", "NP", std::slice::from_ref(&file));
    assert_eq!((refused.status, refused.without_date()), (400, never.without_date()));
    assert_eq!(announce(&luc, "1", "XX", std::slice::from_ref(&file)).status, 400);
    let page = luc.get("/add").text();
    assert!(page.contains("data-places") && !page.contains("réservées") && !page.contains("value=\"DR\""), "{page}");
    let offered = luc.get("/api/classes").text();
    assert!(offered.contains("\"Cuisines\"") && !offered.contains("réservées"), "what its box for a place offers: {offered}");
    assert!(served.signed_in(world.archive.owner()).get("/add").text().contains("value=\"S\""));
}

/// What Luc is told does not depend on what he may not know: neither before he sends a byte, nor after.
#[test]
fn already_held_says_nothing_of_what_may_not_be_known() {
    let look = |secrets: bool| {
        let world = World::new();
        let luc = house(&world);
        world.capture_into("/a/open.txt", "le menu de la maison", Some("1"), &Marking::np()).unwrap().unwrap();
        if secrets {
            world.capture_into("/s/x.txt", "le menu secret", Some("2"), &Marking::np()).unwrap().unwrap();
            world.capture_into("/s/y.txt", "le menu très secret", Some("1"), &"S".parse().unwrap()).unwrap().unwrap();
            world.capture_into("/s/z.txt", "le menu à classer", None, &Marking::np()).unwrap().unwrap();
        }
        let served = Served::over(&world);
        let visitor = served.signed_in(luc);
        let mut lines = Vec::new();
        for (path, text) in [
            ("x.txt", "le menu secret"),
            ("y.txt", "le menu très secret"),
            ("z.txt", "le menu à classer"),
            ("n.txt", "le menu nouveau"),
            ("o.txt", "le menu de la maison"),
        ] {
            let file = listed(path, text.as_bytes());
            lines.push(stands(&visitor, &file)["state"].clone());
            let mut done = add(&visitor, &file, text.as_bytes());
            assert!(done["record"].take().is_string());
            lines.push(done);
        }
        // The server indexes too: whoever finds the other at it leaves it to them.
        let found = loop {
            world.archive.index().unwrap();
            let found = visitor.get("/?q=menu");
            if found.text().contains("Complete to") {
                break found;
            }
        };
        lines.push(json!(found.hits().len()));
        lines
    };
    let without = look(false);
    assert_eq!(look(true), without);
    assert_eq!(without[0], "wanted");
    assert_eq!(without[8], "held", "what Luc may know is not asked for");
}

#[test]
fn there_are_limits_and_what_nothing_came_of_goes() {
    let world = World::new();
    let luc = house(&world);
    let served = Served::over(&world);
    let visitor = served.signed_in(luc);
    let large = |number: u64, size: u64| {
        let mut file = listed(&format!("film {number}.mp4"), &number.to_be_bytes());
        file["size"] = json!(size);
        stands(&visitor, &file)
    };
    assert_eq!(large(0, (8 << 30) + 1)["state"], "refused");
    let states: Vec<Value> = (1..5).map(|number| large(number, 5 << 30)["state"].clone()).collect();
    assert_eq!(states, ["wanted", "wanted", "wanted", "later"], "16 GiB of one person");
    assert_eq!(large(1, 5 << 30)["state"], "wanted", "what was announced stays wanted");
    let one = listed("x", b"x");
    assert_eq!(announce(&visitor, "1", "NP", &vec![one.clone(); 101]).status, 400, "a long list");
    assert_eq!(visitor.send_body("/add/files", "application/json", &vec![b' '; 300 << 10]).status, 400, "a large one");
    assert_eq!(visitor.send_body("/add/files", "application/json", b"{").status, 400);
    for odd in ["", "/", "a\u{1}b", &"x".repeat(2000)] {
        assert_eq!(stands(&visitor, &listed(odd, b"x"))["state"], "refused", "{odd:?}");
    }
    let small: Vec<Value> = (0..1000_u64).map(|number| listed(&format!("{number}.txt"), &number.to_be_bytes())).collect();
    let answers: Vec<Value> = small
        .chunks(100)
        .flat_map(|some| told(&announce(&visitor, "1", "NP", some))["files"].as_array().unwrap().clone())
        .collect();
    let wanted = answers.iter().filter(|answer| answer["state"] == "wanted").count();
    assert_eq!((wanted, answers.len()), (997, 1000), "a thousand files of one person");
    // Seven days later nothing of it is left; what was kept is not told any more, and is in the archive.
    let session = world.archive.session(luc).unwrap();
    assert_eq!(world.archive.uploads(&session, Timestamp::UNIX_EPOCH, 5000).unwrap().len(), 1000);
    let serving = {
        drop(served);
        world.archive.serve().unwrap()
    };
    world.archive.tidy_uploads(&serving, false).unwrap();
    assert_eq!(world.archive.uploads(&session, Timestamp::UNIX_EPOCH, 5000).unwrap().len(), 1000);
    drop(serving);
    let later = chartrier_tests::browse::Forward::default();
    later.by(SignedDuration::from_hours(7 * 24 + 1));
    let late = chartrier_engine::archive::OpenOptions { clock: Arc::new(later), ..world.options.clone() };
    let late = chartrier_engine::archive::Archive::open(world.home.path(), &late).unwrap();
    let serving = late.serve().unwrap();
    late.tidy_uploads(&serving, false).unwrap();
    assert_eq!(late.uploads(&session, Timestamp::UNIX_EPOCH, 5000).unwrap().len(), 0);
    assert_eq!(std::fs::read_dir(world.home.path().join("uploads")).unwrap().count(), 0);
}

#[test]
fn many_files_are_few_commits() {
    let folder = tempfile::tempdir().unwrap();
    let place = store::open(&format!("file://{}", folder.path().join("store").display()), true).unwrap();
    let world = World::over(Arc::new(place)).unwrap();
    house(&world);
    let served = Served::over(&world);
    let visitor = served.signed_in(world.archive.owner());
    let before = segments(folder.path());
    let texts: Vec<String> = (0..200).map(|number| format!("Recette {number} de la maison")).collect();
    let files: Vec<Value> =
        texts.iter().enumerate().map(|(n, text)| listed(&format!("Recettes/{n}.txt"), text.as_bytes())).collect();
    for some in files.chunks(50) {
        for (file, stand) in some.iter().zip(told(&announce(&visitor, "1", "NP", some))["files"].as_array().unwrap()) {
            let number: usize = file["path"].as_str().unwrap()[9..].trim_end_matches(".txt").parse().unwrap();
            assert_eq!(piece(&visitor, stand["upload"].as_str().unwrap(), 0, texts[number].as_bytes()).status, 200);
        }
    }
    let until = Instant::now() + Duration::from_secs(120);
    let records = loop {
        let answers: Vec<Value> = files
            .chunks(50)
            .flat_map(|some| told(&announce(&visitor, "1", "NP", some))["files"].as_array().unwrap().clone())
            .collect();
        let records: BTreeSet<_> = answers.iter().filter_map(|answer| answer["record"].as_str().map(str::to_owned)).collect();
        if records.len() == 200 {
            break records;
        }
        assert!(Instant::now() < until, "{answers:?}");
        std::thread::sleep(Duration::from_millis(50));
    };
    assert_eq!(records.len(), 200);
    let made = segments(folder.path()) - before;
    assert!(made < 100, "{made} commits for 200 files");
    assert!(!visitor.get("/?q=recette").hits().is_empty(), "it is found as soon as it is there");
}

fn segments(folder: &Path) -> usize {
    let nodes = std::fs::read_dir(folder.join("store/journal")).unwrap();
    nodes.flatten().map(|node| std::fs::read_dir(node.path()).unwrap().count()).sum()
}

fn multipart(fields: &[(&str, Option<&str>, &[u8])]) -> Vec<u8> {
    let mut body = Vec::new();
    for (name, file, value) in fields {
        let file = file.map(|file| format!("; filename=\"{file}\"")).unwrap_or_default();
        body.extend(format!("--xyz\r\nContent-Disposition: form-data; name=\"{name}\"{file}\r\n\r\n").bytes());
        body.extend_from_slice(value);
        body.extend(b"\r\n");
    }
    body.extend(b"--xyz--\r\n");
    body
}

#[test]
fn a_plain_form_adds_files_without_a_script() {
    let world = World::new();
    let luc = house(&world);
    let served = Served::over(&world);
    let visitor = served.signed_in(luc);
    let large = bytes(6, 2 * PIECE + 99);
    let kind = "multipart/form-data; boundary=xyz";
    let body = multipart(&[
        ("into", None, b"1 Cuisines"),
        ("marking", None, b"NP"),
        ("file", Some("menu.txt"), "Menu de l’an dernier".as_bytes()),
        ("file", Some("C:\\\\photos\\\\a.bin"), &large),
        ("file", Some(""), b""),
    ]);
    let answer = visitor.send_body("/add", kind, &body);
    assert_eq!((answer.status, answer.header("location")), (303, Some("/add")), "{}", answer.text());
    let page = visitor.get("/add").text();
    assert!(page.contains("menu.txt</a>") && page.contains("a.bin</a>"), "{page}");
    assert_eq!(world.names("class:1"), ["a.bin", "menu.txt"]);
    assert_eq!(visitor.send_body("/add", kind, &body).status, 303, "once more");
    assert_eq!(world.names("").len(), 2, "nothing is doubled");
    let cut = &body[..body.len() - 100];
    for (status, kind, body) in [
        (400, kind, cut),
        (400, "text/plain", &body[..]),
        (400, kind, b"nothing"),
        (403, kind, &multipart(&[("marking", None, b"TS"), ("file", Some("x"), b"x")])[..]),
        (303, kind, &multipart(&[])[..]),
    ] {
        let answer = visitor.send_body("/add", kind, body);
        assert_eq!(answer.status, status, "{}", answer.text());
    }
    let until = Instant::now() + Duration::from_secs(10);
    while std::fs::read_dir(world.home.path().join("uploads")).unwrap().count() > 0 {
        assert!(Instant::now() < until, "something half stays behind");
    }
    let session = world.archive.session(luc).unwrap();
    let all = world.archive.uploads(&session, Timestamp::UNIX_EPOCH, 99).unwrap();
    assert!(all.iter().all(|upload| upload.stage == Stage::Kept), "{all:?}");
}

#[test]
fn who_sends_slowly_keeps_nobody_from_reading() {
    let world = World::new();
    let luc = house(&world);
    let served = Served::over(&world);
    let visitor = served.signed_in(luc);
    let photo = bytes(7, 1000);
    let upload = stands(&visitor, &listed("a.bin", &photo))["upload"].as_str().unwrap().to_owned();
    let head = "Sec-Fetch-Site: same-origin\r\nContent-Length: 1000\r\n";
    let request = visitor.request("POST", &format!("/add/piece/{upload}?at=0"), head);
    let mut slow: Vec<_> = (0..100).map(|_| visitor.connect()).collect();
    slow.iter_mut().for_each(|stream| stream.write_all(request.as_bytes()).unwrap());
    std::thread::sleep(Duration::from_millis(300));
    for _ in 0..20 {
        assert_eq!(visitor.get("/").status, 200);
    }
    let refused = slow.drain(10..).filter(|stream| {
        stream.set_read_timeout(Some(Duration::from_millis(200))).unwrap();
        let mut start = [0; 12];
        (&*stream).read_exact(&mut start).is_ok() && [b"HTTP/1.1 503", b"HTTP/1.1 429"].contains(&&start)
    });
    assert!(refused.count() >= 80, "one person takes some turns, not all");
    drop(slow);
    assert!(add(&visitor, &listed("a.bin", &photo), &photo)["record"].is_string());
}

#[test]
fn nothing_that_arrives_lies_in_clear() {
    let desk = Desk::new();
    let mut server =
        desk.command(["serve", "--listen", "127.0.0.1:0"]).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let lines = BufReader::new(server.stdout.take().unwrap()).lines().map_while(Result::ok);
    let link = lines.into_iter().find(|line| line.contains("/sign-in#")).unwrap();
    let (host, secret) = link.trim_start_matches("http://").split_once("/sign-in#").unwrap();
    let mut visitor = Visitor { address: host.parse().unwrap(), cookie: None, language: "fr" };
    let entered = visitor.post("/sign-in", &[("link", secret)]);
    visitor.keep_cookie(&entered);
    let text = "canarichunk canaripiece ".repeat(60_000);
    let file = listed("canarifolder/canariname.txt", text.as_bytes());
    let upload =
        told(&announce(&visitor, "", "NP", std::slice::from_ref(&file)))["files"][0]["upload"].as_str().unwrap().to_owned();
    assert_eq!(piece(&visitor, &upload, 0, next(text.as_bytes(), 0)).status, 200);
    let leaks = || {
        let mut found = Vec::new();
        for folder in ["home", "tmp"] {
            leaks_below(Path::new(&desk.path(folder)), &mut found);
        }
        found
    };
    assert_eq!(leaks(), [""; 0], "half of it is here");
    server.kill().unwrap();
    server.wait().unwrap();
    assert_eq!(leaks(), [""; 0], "after a kill");
    desk.file("canari", text);
    let mut found = Vec::new();
    leaks_below(Path::new(&desk.path("files")), &mut found);
    assert!(!found.is_empty(), "the test would find it");
}

fn leaks_below(folder: &Path, found: &mut Vec<String>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.file_type().unwrap().is_dir() {
            leaks_below(&entry.path(), found);
            continue;
        }
        let bytes = std::fs::read(entry.path()).unwrap_or_default();
        let name = entry.path().display().to_string();
        if name.contains("canari") || bytes.windows(8).any(|part| part == b"canarich" || part == b"canarina") {
            found.push(name);
        }
    }
}
