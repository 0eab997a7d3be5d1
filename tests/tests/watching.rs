//! Who may know, and who opened what: the answers agree with `may`, and tell of the time they speak of.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use chartrier_engine::{
    archive::{Archive, DisclosureRequest, MandateRequest, PersonRequest, rebuild},
    policy::Session,
};
use chartrier_schemas::{Marking, PersonId, RecordId, persisted::v1::PersonRole};
use chartrier_tests::{browse::Served, documents::Seeded, world::World};

fn marking(text: &str) -> Marking {
    text.parse().unwrap()
}

fn person(world: &World, name: &str, role: PersonRole, clearance: &str) -> PersonId {
    let reason = Some("nommé".to_owned());
    let request = PersonRequest { name: name.into(), roles: vec![role], clearance: marking(clearance), reason };
    world.archive.add_person(&world.session(), &request).unwrap()
}

fn mandate(world: &World, person: PersonId, on: Option<&str>, reason: &str) -> chartrier_schemas::MandateId {
    let request = MandateRequest { whom: person.into(), on: on.map(str::to_owned), until: None, reason: reason.into() };
    world.archive.add_mandate(&world.session(), &request).unwrap()
}

fn house() -> World {
    let world = World::new();
    let ada = world.session();
    world.archive.clear_person(&ada, ada.person, &marking("TS"), "nommée").unwrap();
    let ada = world.session();
    world.archive.add_class(&ada, "1", "Jardins", None).unwrap();
    world.archive.add_class(&ada, "1.1", "Roseraie", Some("1")).unwrap();
    world.archive.add_class(&ada, "2", "Affaires réservées", None).unwrap();
    world
}

fn capture(world: &World, path: &str, into: Option<&str>, level: &str) -> RecordId {
    world.capture_into(path, path, into, &marking(level)).unwrap().unwrap()
}

/// Many persons, mandates and records, drawn by chance: whoever is named may know, and whoever is not may not.
#[test]
fn who_may_know_is_whoever_may() {
    let world = house();
    let mut random = Seeded(7);
    let mut draw = |from: &[&'static str]| from[random.below(from.len() as u64) as usize];
    let roles = [PersonRole::Staff, PersonRole::Archivist, PersonRole::Security, PersonRole::Administrator];
    let records: Vec<RecordId> = (0..12)
        .map(|number| {
            let (into, level) = (draw(&["", "1", "1.1", "2"]), draw(&["NP", "DR", "S"]));
            capture(&world, &format!("/r/{number}"), Some(into).filter(|into| !into.is_empty()), level)
        })
        .collect();
    for number in 0..20 {
        let id = person(&world, &format!("P{number}"), roles[number % 4], draw(&["NP", "DR", "S", "S+SF"]));
        for _ in 0..number % 3 {
            let record = records[number % records.len()].to_string();
            let on = draw(&["1", "1.1", "2", "*", "record"]);
            let on = match on {
                "*" => None,
                "record" => Some(record.as_str()),
                code => Some(code),
            };
            let given = mandate(&world, id, on, "essai");
            if draw(&["ends", "stays", "stays"]) == "ends" {
                world.archive.end_mandate(&world.session(), given, "fini").unwrap();
            }
        }
    }
    let ada = world.session();
    let (mut known, mut unknown) = (0, 0);
    for record in records {
        let told = world.archive.who_may_know(&ada, record).unwrap();
        for person in world.archive.persons(&ada).unwrap() {
            let session = world.archive.session(person.id).unwrap();
            let may = world.archive.show(&session, record).is_ok();
            let line = told.iter().find(|line| line.person == person.id);
            assert_eq!(may, line.is_some(), "{} {record}", person.name);
            if let Some(line) = line {
                assert!(!line.mandates.is_empty() && line.clearance == person.clearance, "{line:?}");
                // Who neither decides nor files sees their own line alone, and that one whole.
                let own = world.archive.who_may_know(&session, record).unwrap();
                let all = session.roles.iter().any(|role| [PersonRole::Security, PersonRole::Archivist].contains(role));
                assert!(if all { own.len() == told.len() } else { own.len() == 1 && own[0].person == person.id });
                assert_eq!(world.archive.own_knowing(&session, record).unwrap().len(), line.mandates.len());
                known += 1;
            } else {
                assert!(world.archive.who_may_know(&session, record).is_err());
                unknown += 1;
            }
        }
    }
    assert!(known > 40 && unknown > 40, "{known} {unknown}");
}

fn disclosures(archive: &Archive, session: &Session, request: &DisclosureRequest) -> Vec<String> {
    let mut request = DisclosureRequest { limit: 2, ..request.clone() };
    let mut lines = Vec::new();
    loop {
        let page = archive.disclosures(session, &request).unwrap();
        assert!(page.lines.len() <= 2);
        for line in page.lines {
            let why: Vec<&str> = line.mandates.iter().map(|one| one.reason.as_str()).collect();
            let shown = |marking: Option<Marking>| marking.map(|one| one.to_string()).unwrap_or_default();
            let title = line.title.unwrap_or_else(|| "?".to_owned());
            lines.push(format!("{} {title} {} {} {}", line.name, shown(line.marking), shown(line.clearance), why.join("+")));
        }
        match page.next {
            Some(next) => request.before = Some(next),
            None => return lines,
        }
    }
}

/// What let somebody know something is told as of that time, whatever was changed since.
#[test]
fn who_opened_what_and_why_they_could() {
    let world = house();
    let (luc, eve) = (person(&world, "Luc", PersonRole::Staff, "S"), person(&world, "Eve", PersonRole::Security, "NP"));
    let given = mandate(&world, luc, Some("1"), "jardinier");
    mandate(&world, eve, None, "veille");
    let (rose, lily) = (capture(&world, "/r/rose", Some("1.1"), "S"), capture(&world, "/r/lys", Some("1"), "DR"));
    let open = capture(&world, "/r/ouvert", Some("1"), "NP");
    let as_luc = world.archive.session(luc).unwrap();
    for record in [rose, lily, open] {
        world.archive.text(&as_luc, record).unwrap();
    }
    world.archive.text(&world.session(), rose).unwrap();
    // A second later, so that what comes now is not at the same time.
    std::thread::sleep(std::time::Duration::from_millis(1100));
    let ada = world.session();
    world.archive.end_mandate(&ada, given, "muté").unwrap();
    world.archive.clear_person(&ada, luc, &Marking::np(), "fin de mission").unwrap();
    world.archive.mark(&ada, &[rose], &marking("TS"), "affaire").unwrap();
    world.archive.file(&ada, &[rose, lily], Some("2")).unwrap();
    mandate(&world, luc, Some("2"), "archives");
    let all = DisclosureRequest::default();
    let expected = ["Ada rose S TS Made the archive / A créé les archives", "Luc lys DR S jardinier", "Luc rose S S jardinier"];
    assert_eq!(disclosures(&world.archive, &ada, &all), expected);
    let narrowed = |request: DisclosureRequest| disclosures(&world.archive, &world.session(), &request).len();
    assert_eq!(narrowed(DisclosureRequest { person: Some(luc), ..all.clone() }), 2);
    assert_eq!(narrowed(DisclosureRequest { record: Some(rose), ..all.clone() }), 2);
    assert_eq!(narrowed(DisclosureRequest { record: Some(rose), person: Some(eve), ..all.clone() }), 0);
    let day = |from: &str, until: &str| Some((from.to_owned(), until.to_owned()));
    assert_eq!(narrowed(DisclosureRequest { between: day("2020-01-01T00:00:00Z", "2020-01-02T00:00:00Z"), ..all.clone() }), 0);
    assert_eq!(narrowed(DisclosureRequest { between: day("2020-01-01T00:00:00Z", "2999-01-01T00:00:00Z"), ..all.clone() }), 3);

    // An officer who may not know a record is told its id and no title; who does not watch is told nothing.
    let as_eve = world.archive.session(eve).unwrap();
    assert!(disclosures(&world.archive, &as_eve, &all).iter().all(|line| line.contains(" ? ")));
    assert!(world.archive.disclosures(&world.archive.session(luc).unwrap(), &all).is_err());

    let World { home, options, archive, .. } = world;
    drop(archive);
    rebuild(home.path(), &options, &mut |_, _| {}).unwrap();
    let rebuilt = Archive::open(home.path(), &options).unwrap();
    let ada = rebuilt.session(rebuilt.owner()).unwrap();
    assert_eq!(disclosures(&rebuilt, &ada, &all), expected, "after a rebuild");
}

#[test]
fn the_pages_tell_it_to_those_who_watch() {
    let world = house();
    let luc = person(&world, "Luc", PersonRole::Staff, "S");
    let given = mandate(&world, luc, Some("1"), "jardinier en chef");
    let rose = capture(&world, "/r/rose", Some("1"), "S");
    world.archive.text(&world.archive.session(luc).unwrap(), rose).unwrap();
    let served = Served::over(&world);
    let (ada, visitor) = (served.signed_in(world.archive.owner()), served.signed_in(luc));
    let page = ada.get("/disclosures").text();
    for part in [">Luc</a>", ">rose</a>", "jardinier en chef", "on 1"] {
        assert!(page.contains(part), "{part}: {page}");
    }
    assert!(ada.get(&format!("/disclosures?person={}", world.archive.owner())).text().contains("Nothing was given"));
    for query in ["person=x", "record=rec-1", "day=yesterday"] {
        assert_eq!(ada.get(&format!("/disclosures?{query}")).status, 400, "{query}");
    }
    let everybody = ada.get(&format!("/unit/{rose}/who")).text();
    assert!(everybody.contains("Luc") && everybody.contains("Ada"), "{everybody}");
    let own = visitor.get(&format!("/unit/{rose}/who")).text();
    assert!(own.contains("Luc") && !own.contains("Ada"), "{own}");
    assert!(visitor.get(&format!("/unit/{rose}")).text().contains("jardinier en chef"));
    assert!(visitor.get("/account").text().contains("jardinier en chef"));

    // What an officer does on the page of a person.
    let at = |what: &str| format!("/persons/{luc}/{what}");
    assert_eq!(ada.post(&at("roles"), &[("role-archivist", "yes"), ("reason", "nommé")]).status, 303);
    assert_eq!(ada.post(&at("roles"), &[("role-archivist", "yes")]).status, 400, "a reason is due");
    assert_eq!(ada.post(&at("clearance"), &[("clearance", "dr"), ("reason", "revu")]).status, 303);
    assert_eq!(ada.post(&at("mandates"), &[("on", ""), ("reason", "x")]).status, 400, "on what?");
    assert_eq!(ada.post(&at("mandates"), &[("on", "2"), ("until", "2999-12-31"), ("reason", "renfort")]).status, 303);
    assert_eq!(ada.post(&at(&format!("mandates/{given}/end")), &[("reason", "muté")]).status, 303);
    let page = ada.get(&format!("/persons/{luc}")).text();
    for part in ["archivist", "renfort", "until 31\u{a0}Dec\u{a0}2999", "given by Ada", "muté", "revu", "no account"] {
        assert!(page.contains(part), "{part}: {page}");
    }
    let made = ada.post("/persons", &[("name", "Eve"), ("role-staff", "yes"), ("clearance", "NP")]);
    assert!(ada.get(made.header("location").unwrap()).text().contains("<h1>Eve</h1>"));
    let invited = ada.post(&at("invite"), &[]).text();
    let secret = invited.split("/invitation#").nth(1).unwrap()[..64].to_owned();
    assert_eq!(world.archive.invited(&secret).unwrap().unwrap().person, luc);
    assert_eq!(ada.post(&at("end-account"), &[("reason", "départ")]).status, 303);
    assert_eq!((world.archive.invited(&secret).unwrap(), visitor.get("/").status), (None, 303));
}
