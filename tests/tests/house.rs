//! The house as those who keep it see it: its counts owe nothing to what they may not know, keys change by acts with a reason, and
//! long work goes on after a stop.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use chartrier_engine::{
    Kind,
    archive::{PersonRequest, Upkeep},
    policy::Session,
    store::{Store, StoredName},
};
use chartrier_schemas::{
    Marking, PersonId,
    persisted::v1::{Deed, PersonRole},
};
use chartrier_tests::{
    browse::{Served, Visitor},
    world::{World, memory},
};
use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::{Duration, Instant},
};

const SECRET: &str = "TS+ALPHA+SF";

fn marking(text: &str) -> Marking {
    text.parse().unwrap()
}

/// A house with three open records, and so many that only Ada knows; Max keeps the house.
fn house(secrets: usize) -> (World, PersonId) {
    let world = World::over(memory()).unwrap();
    let ada = world.session();
    world.archive.clear_person(&ada, ada.person, &marking(SECRET), "nommée").unwrap();
    world.archive.add_class(&world.session(), "1", "Jardins", None).unwrap();
    let roles = vec![PersonRole::Administrator];
    let max = PersonRequest { name: "Max".into(), roles, clearance: Marking::np(), reason: None };
    let max = world.archive.add_person(&world.session(), &max).unwrap();
    let all =
        chartrier_engine::archive::MandateRequest { whom: max.into(), on: None, until: None, reason: "tient la maison".into() };
    world.archive.add_mandate(&world.session(), &all).unwrap();
    for number in 0..3 {
        world.capture(&format!("/r/{number}.txt"), &format!("Les rosiers {number}")).unwrap().unwrap();
    }
    for number in 0..secrets {
        let path = format!("/s/{number}.txt");
        world.capture_into(&path, &format!("affaire {number}"), Some("1"), &marking(SECRET)).unwrap().unwrap();
    }
    (world, max)
}

fn generations(world: &World, session: &Session) -> Vec<u32> {
    world.archive.label_lines(session).unwrap().iter().map(|line| line.generation).collect()
}

/// Waits until nothing is under way.
fn settled(world: &World) {
    let until = Instant::now() + Duration::from_secs(60);
    while world.archive.upkeeps(&world.session()).unwrap().iter().any(|line| line.ended.is_none()) {
        assert!(Instant::now() < until);
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn the_house_counts_what_may_be_known() {
    let counted = |secrets: usize| {
        let (world, max) = house(secrets);
        let session = world.archive.session(max).unwrap();
        let before = world.archive.house(&session).unwrap();
        assert!(before.unindexed.oldest.is_some());
        world.archive.index().unwrap();
        let after = world.archive.house(&session).unwrap();
        let waiting = world.archive.waiting(&session, "affaire").unwrap();
        (before.records, before.unindexed.count, after.records, after.unindexed, waiting, before.jobs, before.whole)
    };
    let plain = counted(0);
    assert_eq!((plain.0, plain.1, plain.2, plain.3.count, plain.4.count), (3, 3, 3, 0, 0));
    assert_eq!(counted(5), plain);

    // Of a label, whoever is not cleared for it is told that it is there, and what it cannot be called by.
    let (world, max) = house(5);
    world.archive.index().unwrap();
    let served = Served::over(&world);
    let (visitor, ada) = (served.signed_in(max), served.signed_in(world.archive.owner()));
    for page in ["/house", "/house/keys", "/api/house", "/api/house/keys"] {
        let told = visitor.get(page);
        assert_eq!(told.status, 200, "{page}");
        for word in ["ALPHA", "affaire", "Jardins"] {
            assert!(!told.text().contains(word), "{word} on {page}");
        }
    }
    world.archive.verify(&world.session(), None, &|_, _| Ok(())).unwrap();
    let told = visitor.get("/house").text() + &visitor.get("/api/house").text();
    assert!(told.contains("3 records that you may know") && told.contains("Everything is what it was."));
    assert!(!told.contains("8 records") && !told.contains("\"records\":8"), "nor by what was verified: {told}");
    assert!(visitor.get("/house/keys").text().contains("above your clearance"));
    assert!(ada.get("/house/keys").text().contains(SECRET) && ada.get("/api/house/keys").text().contains(SECRET));
    assert!(ada.get("/house").text().contains("8 records that you may know"));
    // Nobody else is told how the house stands.
    world.archive.set_roles(&world.session(), max, &[PersonRole::Archivist, PersonRole::Security], "muté").unwrap();
    for page in ["/house", "/house/keys", "/api/house", "/api/house/keys", "/api/house/upkeep", "/api/house/upkeep/1"] {
        assert_eq!(visitor.get(page).status, 403, "{page}");
    }
    assert!(ada.get("/").text().contains("href=\"/house\"") && !visitor.get("/").text().contains("href=\"/house\""));
}

#[test]
fn keys_change_by_acts_with_a_reason() {
    let (world, max) = house(1);
    let served = Served::over(&world);
    let visitor = served.signed_in(max);
    let post = |path: &str, form: &[(&str, &str)]| visitor.post(path, form).status;
    let before = generations(&world, &world.session());
    for form in [&[("label", "all")][..], &[("label", ""), ("reason", "x")], &[("label", "all"), ("reason", " ")]] {
        assert_eq!(post("/house/keys/rotate", form), 400, "{form:?}");
    }
    assert_eq!(post("/house/keys/rotate", &[("label", "lbl-00000000000000000000000000"), ("reason", "x")]), 404);
    assert_eq!(generations(&world, &world.session()), before);
    assert_eq!(post("/house/keys/rotate", &[("label", "all"), ("reason", "revue")]), 303);
    settled(&world);
    assert_eq!(generations(&world, &world.session()), before.iter().map(|one| one + 1).collect::<Vec<_>>());
    let recipient = chartrier_engine::seal::SecretKey::generate().unwrap().recipient().unwrap().to_string();
    assert_eq!(post("/house/keys/recovery", &[("recipient", &recipient), ("reason", "")]), 400);
    assert_eq!(post("/house/keys/recovery", &[("recipient", &recipient), ("reason", "second+coffre")]), 303);
    let holders = world.archive.holders(&world.session()).unwrap();
    let added = holders.iter().find(|one| one.recipient == recipient).unwrap();
    let own = holders.iter().find(|one| one.here).unwrap();
    let withdraw = |holder: &str, reason: &str| post(&format!("/house/keys/{holder}/withdraw"), &[("reason", reason)]);
    assert_eq!((withdraw(&own.id.to_string(), "x"), withdraw(&added.id.to_string(), "")), (400, 400));
    assert_eq!(withdraw(&added.id.to_string(), "coffre+vendu"), 303);
    settled(&world);
    let page = visitor.get("/house/keys").text();
    for told in ["Max – made key pair 2", "Max – admitted", "Max – withdrew", "revue", "second coffre", "coffre vendu"] {
        assert!(page.contains(told), "{told}: {page}");
    }
    assert!(!page.contains(&recipient));
    let history = world.archive.key_history(&world.session()).unwrap();
    assert!(matches!(history[0].act.deed, Deed::Withdraw { .. }) && history[0].act.by == max);
    assert!(history.iter().all(|line| line.reason.is_some()), "{history:?}");
    assert!(visitor.get("/house").text().contains("Withdrawal of"));
    assert!(world.archive.verify(&world.session(), None, &|_, _| Ok(())).unwrap().is_sound());
}

#[test]
fn upkeep_goes_on_after_a_stop() {
    let (mut world, max) = house(1);
    let session = world.archive.session(max).unwrap();
    let number = world.archive.begin_rotating(&session, None, "revue").unwrap();
    assert_eq!(world.archive.begin_rotating(&session, None, "encore").unwrap(), number, "asked twice, done once");
    let asked = AtomicU64::new(0);
    let once = || asked.fetch_add(1, Ordering::Relaxed) == 0;
    assert_eq!(world.archive.keep_up(&once).unwrap_err().kind, Kind::Unavailable);
    world.reopen().unwrap();
    let line = world.archive.upkeep(&session, number).unwrap();
    assert_eq!((line.done, line.total, line.ended, line.by.as_str()), (1, 3, None, "Max"));
    assert!(world.archive.keep_up(&|| true).unwrap());
    assert_eq!(generations(&world, &session), [2, 2, 2], "each label once");

    // A verification that was cut off begins anew, and counts only when it ran through.
    let number = world.archive.begin_verifying(&session).unwrap();
    assert!(world.archive.keep_up(&|| false).is_err());
    assert_eq!(world.archive.verified(&session).unwrap(), None);
    assert!(world.archive.keep_up(&|| true).unwrap());
    let found = world.archive.verified(&session).unwrap().unwrap();
    assert_eq!((found.records, found.faults.is_empty(), found.head), (4, true, world.archive.house(&session).unwrap().head));
    assert!(world.archive.upkeep(&session, number).unwrap().stopped.is_none());

    // What was done and not written down is not done again.
    let recipient = chartrier_engine::seal::SecretKey::generate().unwrap().recipient().unwrap();
    let holder = world.archive.add_recovery(&session, &recipient, None).unwrap().into();
    let number = world.archive.begin_withdrawing(&session, holder, "vendu").unwrap();
    world.archive.remove_holder(&session, holder, None).unwrap();
    assert!(world.archive.keep_up(&|| true).unwrap());
    let line = world.archive.upkeep(&session, number).unwrap();
    assert!(line.stopped.is_none() && line.work == Upkeep::Withdraw { holder });
    assert!(!world.archive.keep_up(&|| true).unwrap(), "nothing is left");

    // Who may no longer does nothing more.
    let number = world.archive.begin_rotating(&session, None, "revue").unwrap();
    world.archive.set_roles(&world.session(), max, &[PersonRole::Staff], "muté").unwrap();
    let before = generations(&world, &world.session());
    assert!(world.archive.keep_up(&|| true).unwrap());
    assert_eq!(generations(&world, &world.session()), before);
    assert!(world.archive.upkeep(&world.session(), number).unwrap().stopped.is_some());
    let staff = world.archive.session(max).unwrap();
    assert!(world.archive.begin_verifying(&staff).is_err() && world.archive.upkeeps(&staff).is_err());
}

fn page(visitor: &Visitor) -> String {
    visitor.get("/house").text()
}

#[test]
fn what_a_verification_found_is_told_in_numbers() {
    let store = memory();
    let world = World::over(store.clone()).unwrap();
    let ada = world.session();
    let record = world.capture("/r/a.txt", "Les rosiers").unwrap().unwrap();
    let served = Served::over(&world);
    let visitor = served.signed_in(ada.person);
    assert!(page(&visitor).contains("never verified everything"));
    assert_eq!(visitor.post("/house/verify", &[]).header("location"), Some("/house"));
    settled(&world);
    assert!(page(&visitor).contains("Everything is what it was."));
    world.capture("/r/b.txt", "Les pivoines").unwrap().unwrap();
    assert!(page(&visitor).contains("1 segment was added since."));
    let mut objects = Vec::new();
    store.list("objects", &mut |path, _| objects.extend(StoredName::parse(path))).unwrap();
    store.delete(&objects[..1]).unwrap();
    // On the command line, too: what ran through is what is told.
    let found = world.archive.verify(&ada, None, &|_, _| Ok(())).unwrap();
    assert!(!found.is_sound());
    let told = page(&visitor);
    assert!(told.contains("<code>missing</code> 1") && !told.contains("Everything is what it was."), "{told}");
    assert!(!told.contains(&record.to_string()), "which records are concerned is told where it is run");
}
