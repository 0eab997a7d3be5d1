//! Every route × role × clearance × mandate × record: what the server answers is what `may` says, and nothing in between.
//! The rows come from the server's own table: a new route is walked here without a word.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use chartrier_engine::{
    archive::{GroupRequest, MandateRequest, PersonRequest},
    policy::{Act, Reason, Session, Unit, Verdict, may},
};
use chartrier_schemas::{
    Marking, RecordId, SubjectId,
    persisted::v1::PersonRole::{self, Administrator, Archivist, Security, Staff},
};
use chartrier_tests::{
    browse::{Served, Visitor},
    world::World,
};
use chartrier_web::{Asks, Policy, Who, policies};

const ABSENT: &str = "rec-00000000000000000000000000";

/// A record: its id, its code, its marking.
struct Known {
    id: RecordId,
    code: &'static str,
    marking: Marking,
}

fn house() -> (World, Vec<Known>) {
    let world = World::new();
    let ada = world.session();
    world.archive.clear_person(&ada, ada.person, &"TS".parse().unwrap(), "nommée").unwrap();
    let ada = world.session();
    for code in ["1", "2"] {
        world.archive.add_class(&ada, code, "Une classe", None).unwrap();
    }
    let mut records = Vec::new();
    for code in ["1", "2"] {
        for level in ["NP", "DR", "S"] {
            let (path, marking): (String, Marking) = (format!("/{code}/{level}.txt"), level.parse().unwrap());
            let id = world.capture_into(&path, &format!("texte {code} {level}"), Some(code), &marking).unwrap().unwrap();
            records.push(Known { id, code, marking });
        }
    }
    world.archive.index().unwrap();
    (world, records)
}

/// Asks a route about a record with forms and bodies that change nothing: they ask for what is so already.
fn ask(visitor: &Visitor, row: &Policy, id: &str, code: &str, marking: &str) -> u16 {
    let path = row
        .path
        .replace("{group}", "grp-00000000000000000000000000")
        .replace("{id}", id)
        .replace("{number}", "1")
        .replace("{act}", "act-00000000000000000000000000");
    match row.method {
        "GET" => visitor.get(&path).status,
        _ => visitor.post(&path, &[("into", code), ("marking", marking), ("reason", "tri")]).status,
    }
}

#[test]
fn the_server_answers_what_may_says() {
    let (world, records) = house();
    let served = Served::over(&world);
    let roles: [&[PersonRole]; 5] = [&[], &[Staff], &[Archivist], &[Security], &[Administrator]];
    let mandates = ["none", "root", "class", "record", "group"];
    let group = GroupRequest { name: "Groupe".into(), reason: "essai".into(), members: Vec::new() };
    let group = world.archive.add_group(&world.session(), &group).unwrap();
    let on_class = MandateRequest { whom: group.into(), on: Some("1".into()), until: None, reason: "essai".into() };
    world.archive.add_mandate(&world.session(), &on_class).unwrap();
    let mut asked = 0;
    for (number, role) in roles.iter().enumerate() {
        for clearance in ["NP", "DR", "S"] {
            for mandate in mandates {
                let request = PersonRequest {
                    name: format!("{number} {clearance} {mandate}"),
                    roles: role.to_vec(),
                    clearance: clearance.parse().unwrap(),
                    reason: Some("essai".into()),
                };
                let person = world.archive.add_person(&world.session(), &request).unwrap();
                let on = match mandate {
                    "root" => Some(None),
                    "class" => Some(Some("1".to_owned())),
                    "record" => Some(Some(records[1].id.to_string())),
                    _ => None,
                };
                if mandate == "group" {
                    world.archive.change_members(&world.session(), group, &[person], &[], "essai").unwrap();
                }
                if let Some(on) = on {
                    let request = MandateRequest { whom: person.into(), on, until: None, reason: "essai".into() };
                    world.archive.add_mandate(&world.session(), &request).unwrap();
                }
                asked += walk(&world, &served, &records, &world.archive.session(person).unwrap());
            }
        }
    }
    assert!(asked > 3_000, "{asked}");
}

/// Asks every route as one person; answers how many questions that were.
fn walk(world: &World, served: &Served, records: &[Known], session: &Session) -> usize {
    let visitor = served.signed_in(session.person);
    let classes = world.archive.classes(&world.session()).unwrap();
    let mut asked = 0;
    for row in policies().iter().filter(|row| row.who == Who::Person) {
        let Asks::The(act) = row.asks else { continue };
        if !row.path.contains("{id}") {
            // Without a unit, only the role counts, and who may know nothing finds nothing. What names another thing that is not there answers as such.
            let status = ask(&visitor, row, "", "1", "NP");
            let refused = act != Act::Know && may(session, act, None) == Verdict::Refused(Reason::Role);
            assert!(!refused || matches!(status, 400 | 403 | 404), "{} {} {session:?}: {status}", row.method, row.path);
            assert!(status < 500, "{} {}", row.method, row.path);
            asked += 1;
            continue;
        }
        for record in records {
            let class = classes.iter().find(|class| class.code == record.code).unwrap().id;
            let path = [SubjectId::Record(record.id), class];
            let unit = Unit { marking: &record.marking, path: &path, alive: true };
            let status = ask(&visitor, row, &record.id.to_string(), record.code, &record.marking.to_string());
            // Who knows the record alone knows of no place where it could be filed.
            let nowhere = row.path.ends_with("/file") && status == 404;
            let expected = match (may(session, Act::Know, Some(&unit)), may(session, act, Some(&unit))) {
                // A text has no pages to draw, and an empty statement is no wrong one; a form without a body is.
                (Verdict::Granted, Verdict::Granted) if row.path.ends_with("/page/{number}") => status == 404 || status == 400,
                (Verdict::Granted, Verdict::Granted) => matches!(status, 200 | 303 | 400) || nowhere,
                (Verdict::Granted, _) => matches!(status, 400 | 403) || nowhere,
                _ => {
                    status == ask(&visitor, row, ABSENT, record.code, &record.marking.to_string())
                        && status != 200
                        && status != 303
                }
            };
            assert!(expected, "{} {} on {} {}: {status} for {session:?}", row.method, row.path, record.code, record.marking);
            asked += 1;
        }
    }
    asked
}
