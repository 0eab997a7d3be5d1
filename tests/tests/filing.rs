//! Filing, marking and describing on the pages, over a real connection: what the forms do, who may, and taking back.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use chartrier_engine::archive::{MandateRequest, PersonRequest};
use chartrier_schemas::{Marking, PersonId, RecordId, persisted::v1::PersonRole};
use chartrier_tests::{browse::Served, world::World};
use std::time::Duration;

fn house() -> (World, Vec<RecordId>) {
    let world = World::new();
    let ada = world.session();
    for (code, title) in [("1", "Jardins"), ("2", "Cuisine"), ("RES-1", "Affaires réservées")] {
        world.archive.add_class(&ada, code, title, None).unwrap();
    }
    for number in 0..5 {
        let text = format!("Rosiers et buis de l’allée {number}");
        world.capture_into(&format!("/j/allée-{number}.txt"), &text, Some("1"), &Marking::np()).unwrap().unwrap();
    }
    let inbox = ["rosiers", "potage", "buis", "turbot"]
        .iter()
        .map(|word| world.capture(&format!("/b/{word}.txt"), &format!("Note sur les {word} de l’allée")).unwrap().unwrap());
    let inbox = inbox.collect();
    world.archive.index().unwrap();
    (world, inbox)
}

fn person(world: &World, name: &str, role: PersonRole, on: &str) -> PersonId {
    let request = PersonRequest { name: name.into(), roles: vec![role], clearance: Marking::np(), reason: None };
    let id = world.archive.add_person(&world.session(), &request).unwrap();
    let mandate = MandateRequest { whom: id.into(), on: Some(on.into()), until: None, reason: "son travail".into() };
    world.archive.add_mandate(&world.session(), &mandate).unwrap();
    id
}

fn class(world: &World, id: RecordId) -> Option<String> {
    world.archive.show(&world.session(), id).unwrap().class
}

/// A value of a form of a page.
fn value(page: &str, name: &str) -> String {
    let found = page.split(&format!("name=\"{name}\" value=\"")).nth(1);
    found.unwrap_or_else(|| panic!("no {name} in {page}")).split('"').next().unwrap().to_owned()
}

#[test]
fn an_inbox_is_filed_record_by_record_and_the_last_is_taken_back() {
    let (world, inbox) = house();
    let served = Served::over(&world);
    let ada = served.signed_in(world.archive.owner());
    let page = ada.get("/inbox").text();
    assert!(page.contains("4 records to file") && page.contains("value=\"1\" data-key=\"accept\""), "{page}");
    let first: RecordId = value(&page, "record").parse().unwrap();
    let filed = ada.post("/inbox/file", &[("record", &first.to_string()), ("at", "0"), ("into-suggested", "1")]);
    let there = filed.header("location").unwrap().to_owned();
    assert_eq!((filed.status, class(&world, first).as_deref()), (303, Some("1")));
    let page = ada.get(&there).text();
    assert!(page.contains("3 records to file") && page.contains("Filed under"), "{page}");
    assert_ne!(value(&page, "record"), first.to_string(), "the next is at hand");
    let undo = page.split("action=\"/acts/").nth(1).unwrap().split('"').next().unwrap();
    let back = value(&page, "back").replace("&amp;", "&");
    let undone = ada.post(&format!("/acts/{undo}"), &[("back", &back)]);
    assert_eq!((undone.status, class(&world, first)), (303, None));
    assert!(ada.get(undone.header("location").unwrap()).text().contains("Put back where it was."));

    // Several at once, by hand; the box may say the title beside the code.
    let names: Vec<String> = inbox.iter().map(|id| format!("with-{id}")).collect();
    let mut form: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), "on")).collect();
    let record = inbox[0].to_string();
    form.extend([("record", record.as_str()), ("into", "2 Cuisine"), ("at", "3")]);
    let filed = ada.post("/inbox/file", &form);
    assert!(inbox.iter().all(|id| class(&world, *id).as_deref() == Some("2")));
    let page = ada.get(filed.header("location").unwrap()).text();
    assert!(page.contains("Everything is filed") && page.contains("4 filed under"), "{page}");
    for (into, told) in [("", "nowhere=1"), ("7", "nowhere=1"), ("1", "late=rec-")] {
        let there = ada.post("/inbox/file", &[("record", &record), ("into", into)]);
        assert!(there.header("location").unwrap().contains(told), "{there:?}");
    }
}

#[test]
fn what_one_may_not_file_or_know_is_refused_and_nothing_changes() {
    let (world, inbox) = house();
    let served = Served::over(&world);
    let staff = served.signed_in(person(&world, "Luc", PersonRole::Staff, "1"));
    let narrow = served.signed_in(person(&world, "Zoé", PersonRole::Archivist, "1"));
    let record = inbox[0].to_string();
    assert_eq!(staff.get("/inbox").status, 403);
    assert_eq!(staff.get("/bulk?q=").status, 403);
    assert!(!staff.get("/").text().contains("/inbox"), "a room one cannot enter has no door");
    assert!(narrow.get("/inbox").text().contains("Everything is filed"), "what she may not know is not there");
    let absent = RecordId::from_bits(7).to_string();
    let forms = |record: &str| {
        vec![
            ("/inbox/file".to_owned(), vec![("record".to_owned(), record.to_owned()), ("into".to_owned(), "1".to_owned())]),
            (format!("/unit/{record}/file"), vec![("into".to_owned(), "1".to_owned())]),
            (
                format!("/unit/{record}/mark"),
                vec![("marking".to_owned(), "DR".to_owned()), ("reason".to_owned(), "x".to_owned())],
            ),
            (format!("/unit/{record}/say"), vec![("title".to_owned(), "x".to_owned())]),
        ]
    };
    for ((path, form), (other, same)) in forms(&record).into_iter().zip(forms(&absent)) {
        let pairs = |form: &[(String, String)]| form.to_vec();
        let post = |path: &str, form: Vec<(String, String)>| {
            let form: Vec<(&str, &str)> = form.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
            narrow.post(path, &form).without_date()
        };
        let refused = post(&path, pairs(&form));
        assert_eq!(refused.status, 404, "{path}");
        assert_eq!(refused, post(&other, pairs(&same)), "{path}");
    }
    // A place that she may not know takes nothing from her, as one that is not there.
    let own = world.capture_into("/j/x.txt", "Ifs", Some("1"), &Marking::np()).unwrap().unwrap();
    let put = |code: &str| narrow.post(&format!("/unit/{own}/file"), &[("into", code)]);
    let text = |code: &str| put(code).text().replace(code, "?");
    assert_eq!((put("RES-1").status, text("RES-1")), (400, text("RES-2")));
    assert_eq!(class(&world, own).as_deref(), Some("1"));
    assert!(!narrow.get("/classes").text().contains("réservées"));
}

#[test]
fn a_record_is_marked_and_described_on_its_page() {
    let (world, inbox) = house();
    world.archive.clear_person(&world.session(), world.archive.owner(), &"S".parse().unwrap(), "nommée").unwrap();
    let served = Served::over(&world);
    let ada = served.signed_in(world.archive.owner()).showing_words();
    let id = inbox[1];
    let said = [("title", "Menu du 14 juillet"), ("date", "2019-07-14"), ("content", "Pour les <b>maraîchers</b>")];
    assert_eq!(ada.post(&format!("/unit/{id}/say"), &said).status, 303);
    let page = ada.get(&format!("/unit/{id}")).text();
    assert!(page.contains("<h1>Menu du 14 juillet</h1>") && page.contains("14\u{a0}Jul\u{a0}2019"), "{page}");
    assert!(page.contains("Pour les &lt;b&gt;maraîchers") && page.contains("potage.txt"), "{page}");
    assert_eq!(ada.post(&format!("/unit/{id}/say"), &[("date", "hier")]).status, 400);
    for (marking, reason, status) in [("S", "", 400), ("X", "visite", 400), ("TS", "visite", 403), ("S", "visite", 303)] {
        let answer = ada.post(&format!("/unit/{id}/mark"), &[("marking", marking), ("reason", reason)]);
        assert_eq!(answer.status, status, "{marking} {reason}");
    }
    assert!(ada.get(&format!("/unit/{id}")).text().contains("This record is marked S"));
}

/// What somebody else has filed meanwhile stays where they put it; a place that is none throws nobody out of the inbox.
#[test]
fn two_who_file_at_once_do_not_undo_each_other() {
    let (world, _) = house();
    let served = Served::over(&world);
    let (ada, zoe) = (served.signed_in(world.archive.owner()), served.signed_in(world.archive.owner()));
    let first = value(&ada.get("/inbox").text(), "record");
    let file = |who: &chartrier_tests::browse::Visitor, into: &str| {
        let filed = who.post("/inbox/file", &[("record", &first), ("at", "0"), ("into", into)]);
        assert_eq!(filed.status, 303);
        who.get(filed.header("location").unwrap()).text()
    };
    for wrong in ["nulle+part", "7", "", "RES"] {
        let page = file(&ada, wrong);
        assert!(page.contains("You know no place of that name") && page.contains("4 records to file"), "{page}");
    }
    // By its whole title, as the box shows it, or by its code.
    let filed = file(&ada, "cuisine");
    assert!(filed.contains("Filed under") || filed.contains("filed under"), "{filed}");
    let late = file(&zoe, "1");
    assert!(late.contains("meanwhile, under 2") && late.contains("3 records to file"), "{late}");
    assert_eq!(class(&world, first.parse().unwrap()).as_deref(), Some("2"));
}

/// Whoever marks all that was found sees how many more people may know of it, and says why where it is done.
#[test]
fn what_would_be_marked_lower_is_counted() {
    let (world, inbox) = house();
    let ada = world.session();
    world.archive.clear_person(&ada, ada.person, &"S+SF".parse().unwrap(), "nommée").unwrap();
    world.archive.mark(&world.session(), &inbox[..2], &"S+SF".parse().unwrap(), "sensible").unwrap();
    world.archive.index().unwrap();
    let served = Served::over(&world);
    let ada = served.signed_in(world.archive.owner()).showing_words();
    let page = ada.get("/bulk?q=class%3Anone&do=mark&marking=s").text();
    assert!(page.contains("4 records would change.") && page.contains("2 would be marked lower"), "{page}");
    assert!(page.contains("value=\"s\"") && page.contains("id=\"why\""), "what was typed stays, and the reason is asked: {page}");
    let page = ada.get("/bulk?q=class%3Anone&do=mark&marking=S%2BSF").text();
    assert!(page.contains("2 records would change.") && !page.contains("would be marked lower"), "{page}");
    let mark = [("q", "class:none"), ("do", "mark"), ("marking", "S"), ("reason", "")];
    assert_eq!(ada.post("/bulk", &mark).status, 400, "a reason is due");
}

#[test]
fn all_that_was_found_is_changed_as_a_job() {
    let (world, inbox) = house();
    let served = Served::over(&world);
    let ada = served.signed_in(world.archive.owner()).showing_words();
    assert!(ada.get("/?q=class%3Anone").text().contains("/bulk?q=class%3Anone"));
    let page = ada.get("/bulk?q=class%3Anone&do=file&into=2+Cuisine").text();
    assert!(page.contains("4 records would change.") && page.contains("File under 2"), "{page}");
    assert!(inbox.iter().all(|id| class(&world, *id).is_none()), "looking changes nothing");
    let begun = ada.post("/bulk", &[("q", "class:none"), ("do", "file"), ("into", "2")]);
    let job = begun.header("location").unwrap().to_owned();
    let settled = |job: &str| {
        for _ in 0..200 {
            let answer = ada.get(job);
            if answer.header("refresh").is_none() {
                return answer.text();
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        panic!("the job does not end");
    };
    assert!(settled(&job).contains("4 records changed."));
    assert!(inbox.iter().all(|id| class(&world, *id).as_deref() == Some("2")));
    let undo = ada.post(&format!("{job}/undo"), &[]);
    assert!(settled(undo.header("location").unwrap()).contains("4 records changed."));
    assert!(inbox.iter().all(|id| class(&world, *id).is_none()));
    // Another person's job is not there.
    let zoe = served.signed_in(person(&world, "Zoé", PersonRole::Archivist, "1"));
    assert_eq!(zoe.get(&job).without_date(), zoe.get("/jobs/999").without_date());
    assert!(ada.get("/jobs").text().contains("Take back job 1"));
}

#[test]
fn classes_are_added_and_dossiers_closed_on_the_page() {
    let (world, _) = house();
    let served = Served::over(&world);
    let ada = served.signed_in(world.archive.owner());
    let add = |kind: &str, code: &str, under: &str| {
        ada.post("/classes", &[("kind", kind), ("code", code), ("title", "Allées"), ("under", under)]).status
    };
    assert_eq!((add("class", "1.1", "1 Jardins"), add("dossier", "2026-1", "1.1"), add("class", "1.1", "")), (303, 303, 400));
    let page = ada.get("/classes").text();
    assert!(page.contains("1.1") && page.contains("2026-1"), "{page}");
    assert_eq!(ada.post("/classes/close", &[("code", "2026-1"), ("close", "yes")]).status, 303);
    assert!(ada.get("/classes?find=2026").text().contains("Reopen"));
    let found = ada.get("/classes?find=cuis").text();
    let tree = found.split("class=\"tree\"").nth(1).unwrap().split("class=\"adding\"").next().unwrap();
    assert!(tree.contains("Cuisine") && !tree.contains("Jardins"), "{tree}");
    let luc = served.signed_in(person(&world, "Luc", PersonRole::Staff, "1"));
    assert_eq!(luc.post("/classes", &[("kind", "class"), ("code", "3"), ("title", "x")]).status, 403);
}
