//! The archive from end to end, in process: what is captured comes back, from the store alone too.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use chartrier_engine::{
    Kind,
    archive::{self, Archive, Known},
    archive::{MandateRequest, PersonRequest},
    journal::FaultKind,
};
use chartrier_schemas::{Marking, persisted::v1::PersonRole};
use chartrier_tests::{
    stores::{OpenStore, Watched},
    world::{World, account, copy_home, options},
};
use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering},
        mpsc,
    },
    time::Duration,
};

fn original(world: &World, id: chartrier_schemas::RecordId) -> String {
    let component = world.archive.component(&world.session(), id, 1).unwrap();
    let mut bytes = Vec::new();
    world.archive.copy_original(&component, &mut bytes).unwrap();
    String::from_utf8(bytes).unwrap()
}

#[test]
fn what_is_captured_comes_back_after_a_rebuild_too() {
    let mut world = World::new();
    let id = world.capture("/a/menu.txt", "Potage, turbot, fraises.").unwrap().unwrap();
    assert_eq!(original(&world, id), "Potage, turbot, fraises.");
    let shown = world.archive.show(&world.session(), id).unwrap();
    assert_eq!((shown.record.title.as_str(), shown.class, shown.history.len()), ("menu.txt", None, 1));

    let placeholder = World::new();
    let before = std::mem::replace(&mut world.archive, placeholder.archive);
    drop(before);
    std::fs::remove_file(world.home.path().join("catalog.db")).unwrap();
    assert_eq!(Archive::open(world.home.path(), &world.options).err().unwrap().kind, Kind::Unavailable);
    let rebuilt = archive::rebuild(world.home.path(), &world.options, &mut |_, _| {}).unwrap();
    assert_eq!(rebuilt.records, 1);
    world.reopen().unwrap();
    assert_eq!(original(&world, id), "Potage, turbot, fraises.");
    assert_eq!(world.archive.show(&world.session(), id).unwrap().history.len(), 1);
}

#[test]
fn the_same_file_is_held_another_path_is_an_occurrence() {
    let world = World::new();
    let id = world.capture("/a/menu.txt", "Potage").unwrap().unwrap();
    assert_eq!(world.capture("/a/menu.txt", "Potage").unwrap(), Err(Known::AlreadyHeld));
    assert_eq!(world.capture("/b/copie.txt", "Potage").unwrap(), Err(Known::Observed));
    assert_eq!(world.capture("/b/copie.txt", "Potage").unwrap(), Err(Known::AlreadyHeld));
    assert_eq!(world.archive.show(&world.session(), id).unwrap().record.occurrences.len(), 2);
}

#[test]
fn filing_and_marking_are_acts_and_nothing_is_captured_again() {
    let world = World::new();
    let session = world.session();
    world.archive.add_class(&session, "1", "Cuisine", None).unwrap();
    world.archive.add_class(&session, "1.1", "Menus", Some("1")).unwrap();
    let id = world.capture("/a/menu.txt", "Potage").unwrap().unwrap();
    assert_eq!(world.archive.file(&session, &[id], Some("1.1")).unwrap().moved, 1);
    assert_eq!(world.archive.file(&session, &[id], Some("1.1")).unwrap().moved, 0);
    assert_eq!(world.archive.show(&session, id).unwrap().class.as_deref(), Some("1.1"));
    assert_eq!(world.capture("/a/menu.txt", "Potage").unwrap(), Err(Known::AlreadyHeld));

    let secret: Marking = "S+SF".parse().unwrap();
    let refused = world.archive.mark(&session, &[id], &secret, "visite").unwrap_err();
    assert_eq!(refused.kind, Kind::Refused);
    world.archive.clear_person(&session, session.person, &secret, "nommée").unwrap();
    let session = world.session();
    assert_eq!(world.archive.mark(&session, &[id], &secret, "visite").unwrap(), 1);
    let shown = world.archive.show(&session, id).unwrap();
    assert_eq!(shown.marking, secret);
    assert!(shown.history.iter().any(|line| line.reason.as_deref() == Some("visite")));
    assert_eq!(shown.class.as_deref(), Some("1.1"));
    assert_eq!(original(&world, id), "Potage");
    assert!(world.archive.verify(&world.session(), None, &|_, _| Ok(())).unwrap().is_sound());
}

#[test]
fn what_may_not_be_known_does_not_exist() {
    let world = World::new();
    let session = world.session();
    world.archive.add_class(&session, "1", "Cuisine", None).unwrap();
    let request = PersonRequest { name: "Luc".into(), roles: vec![PersonRole::Staff], clearance: Marking::np(), reason: None };
    let luc = world.archive.add_person(&session, &request).unwrap();
    let id = world.capture_into("/a/menu.txt", "Potage", Some("1"), &Marking::np()).unwrap().unwrap();
    let as_luc = |world: &World| world.archive.session(luc).unwrap();
    let absent = world.archive.show(&as_luc(&world), chartrier_schemas::RecordId::from_bits(1)).unwrap_err();
    let hidden = world.archive.show(&as_luc(&world), id).unwrap_err();
    assert_eq!((absent.kind, hidden.kind), (Kind::NotFound, Kind::NotFound));
    let mandate = MandateRequest { whom: luc.into(), on: Some("1".into()), until: None, reason: "commis".into() };
    let mandate = world.archive.add_mandate(&session, &mandate).unwrap();
    assert_eq!(world.archive.show(&as_luc(&world), id).unwrap().class.as_deref(), Some("1"));
    assert!(world.archive.end_mandate(&session, mandate, "parti").unwrap());
    assert_eq!(world.archive.show(&as_luc(&world), id).unwrap_err().kind, Kind::NotFound);
}

#[test]
fn labels_rotate_and_a_lost_home_is_restored_from_the_sheet() {
    let world = World::new();
    let session = world.session();
    let id = world.capture("/a/menu.txt", "Potage").unwrap().unwrap();
    assert_eq!(world.archive.rotate(&session, None, None).unwrap(), 2);
    assert_eq!(original(&world, id), "Potage");
    let home = tempfile::tempdir().unwrap();
    let restored = archive::restore(home.path(), "memory:", &world.sheet, None, &world.options).unwrap();
    let session = restored.session(restored.owner()).unwrap();
    assert_eq!(restored.show(&session, id).unwrap().record.name, "menu.txt");
    assert!(restored.verify(&session, None, &|_, _| Ok(())).unwrap().is_sound());
}

#[test]
fn compaction_changes_no_answer() {
    let world = World::new();
    let ids: Vec<_> = (0..5).map(|n| world.capture(&format!("/a/{n}"), &format!("texte {n}")).unwrap().unwrap()).collect();
    let World { home, options, archive, .. } = world;
    drop(archive);
    let done = Archive::compact(home.path(), &options).unwrap();
    assert!(done.retired > 4, "{done:?}");
    let archive = Archive::open(home.path(), &options).unwrap();
    let session = archive.session(archive.owner()).unwrap();
    for id in ids {
        archive.show(&session, id).unwrap();
    }
    drop(archive);
    archive::rebuild(home.path(), &options, &mut |_, _| {}).unwrap();
    let archive = Archive::open(home.path(), &options).unwrap();
    assert!(archive.verify(&archive.session(archive.owner()).unwrap(), None, &|_, _| Ok(())).unwrap().is_sound());
}

/// A home that is behind by everything that moves files: what it missed was merged, rotated and compacted since.
#[test]
fn a_home_that_is_far_behind_finds_everything() {
    let world = World::new();
    let session = world.session();
    world.archive.add_class(&session, "1", "Cuisine", None).unwrap();
    world.capture("/a/0", "texte 0").unwrap().unwrap();
    let World { home, options, archive, .. } = world;
    drop(archive);
    let behind = chartrier_tests::world::copy_home(home.path());

    let archive = Archive::open(home.path(), &options).unwrap();
    let session = archive.session(archive.owner()).unwrap();
    let secret: Marking = "S".parse().unwrap();
    archive.clear_person(&session, session.person, &secret, "nommée").unwrap();
    let world = World { home, options: options.clone(), archive, sheet: world.sheet };
    let session = world.session();
    for number in 1..40 {
        let id = world.capture(&format!("/a/{number}"), &format!("texte {number}")).unwrap().unwrap();
        if number % 7 == 0 {
            world.archive.mark(&session, &[id], &secret, "visite").unwrap();
        }
        if number % 5 == 0 {
            world.archive.file(&session, &[id], Some("1")).unwrap();
        }
        if number % 13 == 0 {
            world.archive.rotate(&session, None, None).unwrap();
        }
    }
    let World { home, archive, .. } = world;
    drop(archive);
    assert!(Archive::compact(home.path(), &options).unwrap().retired > 0);
    let current = account(&Archive::open(home.path(), &options).unwrap()).unwrap();
    let caught_up = Archive::open(behind.path(), &options).unwrap();
    assert_eq!(account(&caught_up).unwrap(), current);
    let session = caught_up.session(caught_up.owner()).unwrap();
    assert!(caught_up.verify(&session, None, &|_, _| Ok(())).unwrap().is_sound());
}

/// A verification keeps nobody from committing for long, whatever the length of the journal, and what is committed while it
/// reads is no fault.
#[test]
fn one_commits_while_others_verify() {
    let store = Arc::new(OpenStore::default());
    let world = World::over(store.clone()).unwrap();
    let session = world.session();
    world.archive.clear_person(&session, session.person, &"S".parse().unwrap(), "nommée").unwrap();
    let session = world.session();
    let records: Vec<_> =
        (0..30).map(|number| world.capture(&format!("/a/{number}.txt"), &format!("Menu {number}")).unwrap().unwrap()).collect();
    let beside = Archive::open(world.home.path(), &world.options).unwrap();
    // At every eighth look into the store somebody else decides something, where the one before has come through.
    let (asks, asked) = mpsc::channel::<()>();
    let (tells, told) = mpsc::channel();
    let deciding = std::thread::spawn(move || {
        let mut made = 0;
        while asked.recv().is_ok() {
            let record = [records[made % records.len()]];
            match made % 3 {
                0 => drop(beside.add_class(&session, &made.to_string(), "Cuisine", None).unwrap()),
                1 => drop(beside.mark(&session, &record, &"DR".parse().unwrap(), "essai").unwrap()),
                _ => drop(beside.mark(&session, &record, &Marking::np(), "essai").unwrap()),
            }
            made += 1;
            let _ = tells.send(());
        }
        made
    });
    let looks = Arc::new(AtomicU32::new(0));
    let (state, longest) = (Mutex::new((asks, told, false, 0, 0)), looks.clone());
    let looked = move || {
        let mut state = state.lock().unwrap();
        let (asks, told, waits, all, run) = &mut *state;
        *all += 1;
        if *waits && told.recv_timeout(Duration::from_millis(30)).is_err() {
            *run += 1;
            longest.fetch_max(*run, Ordering::SeqCst);
            return;
        }
        *run = 0;
        if *all % 8 == 0 {
            asks.send(()).unwrap();
            *waits = told.recv_timeout(Duration::from_secs(1)).is_err();
        } else {
            *waits = false;
        }
    };
    let verifying = Archive::open(world.home.path(), &options(Arc::new(Watched::new(store, looked)))).unwrap();
    let session = verifying.session(verifying.owner()).unwrap();
    let found = verifying.verify(&session, None, &|_, _| Ok(())).unwrap();
    assert!(found.is_sound(), "{:?}", found.faults);
    let looks = looks.load(Ordering::SeqCst);
    assert!(looks < 40, "{looks} looks into the store while somebody waited");
    drop(verifying);
    assert!(deciding.join().unwrap() > 20, "much was decided meanwhile");
}

#[test]
fn a_rebuild_keeps_the_catalog_until_it_has_a_better_one() {
    let store = Arc::new(OpenStore::default());
    let world = World::over(store.clone()).unwrap();
    world.capture("/a/menu.txt", "Potage").unwrap().unwrap();
    let older = store.files().clone();
    world.capture("/a/suite.txt", "Turbot").unwrap().unwrap();
    let World { home, options, archive, .. } = world;
    let full = account(&archive).unwrap();
    drop(archive);
    let now = store.files().clone();
    // Rolled back: the home remembers better, and goes on remembering.
    *store.files() = older;
    assert_eq!(archive::rebuild(home.path(), &options, &mut |_, _| {}).unwrap_err().kind, Kind::Corrupt);
    // Damaged: likewise.
    *store.files() = now.clone();
    let segment = now.keys().find(|name| name.starts_with("journal/") && name.contains("-")).unwrap().clone();
    store.files().insert(segment.clone(), bytes::Bytes::from_static(b"?"));
    assert_eq!(archive::rebuild(home.path(), &options, &mut |_, _| {}).unwrap_err().kind, Kind::Corrupt);
    *store.files() = now;
    assert_eq!(account(&Archive::open(home.path(), &options).unwrap()).unwrap(), full);
}

/// A house whose record can be marked, over a store that can be forked.
fn taken_over() -> (Arc<OpenStore>, World, chartrier_schemas::RecordId) {
    let base = Arc::new(OpenStore::default());
    let world = World::over(base.clone()).unwrap();
    let session = world.session();
    world.archive.clear_person(&session, session.person, &"S".parse().unwrap(), "nommée").unwrap();
    let record = world.capture("/a/menu.txt", "Potage").unwrap().unwrap();
    (base, world, record)
}

/// Writes at the last moment: a class adds; a marking makes a label, and retires the page in which the record's key was.
fn write(archive: &Archive, marks: bool, record: chartrier_schemas::RecordId) -> chartrier_engine::Result<()> {
    let session = archive.session(archive.owner())?;
    match marks {
        false => archive.add_class(&session, "7", "Au dernier moment", None).map(drop),
        true => archive.mark(&session, &[record], &"DR".parse().unwrap(), "essai").map(drop),
    }
}

/// At whatever moment of a takeover the home that was before still writes: it stays in charge, nothing is lost, and another try
/// does it.
#[test]
fn a_home_that_still_writes_is_not_taken_over() {
    let (base, world, record) = taken_over();
    let mut refused = 0;
    for marks in [false, true] {
        for at in 1.. {
            let (store, before) = (base.fork(), copy_home(world.home.path()));
            let (home, open) = (tempfile::tempdir().unwrap(), options(store.clone()));
            let old = Archive::open(before.path(), &open).unwrap();
            let looks = Arc::new(AtomicU32::new(0));
            let counted = looks.clone();
            let writes = move || {
                if counted.fetch_add(1, Ordering::SeqCst) + 1 == at {
                    let _ = write(&old, marks, record);
                }
            };
            let watched = options(Arc::new(Watched::new(store.clone(), writes)));
            let restored = archive::restore(home.path(), "memory:", &world.sheet, None, &watched);
            if looks.load(Ordering::SeqCst) < at {
                break;
            }
            let restored = restored.unwrap_or_else(|why| {
                refused += 1;
                assert_eq!(why.kind, Kind::Unavailable, "{marks} {at}: {}", why.problem.en);
                let old = Archive::open(before.path(), &open).unwrap();
                assert!(old.verify(&old.session(old.owner()).unwrap(), None, &|_, _| Ok(())).unwrap().is_sound());
                archive::restore(home.path(), "memory:", &world.sheet, None, &open).unwrap()
            });
            let found = restored.verify(&restored.session(restored.owner()).unwrap(), None, &|_, _| Ok(())).unwrap();
            assert!(found.is_sound(), "{marks} {at}: {:?}", found.faults);
        }
    }
    assert!(refused > 0, "the old home was seen to write");
}

/// At whatever moment of a commit another home takes over: what is written too late is named and read by nobody, what it would have
/// taken away is there, and whoever wrote it is told.
#[test]
fn a_home_that_writes_too_late_locks_nobody_out() {
    let (base, World { home: kept, sheet, .. }, record) = taken_over();
    let (sheet, mut late) = (Arc::new(sheet), 0);
    for marks in [false, true] {
        for at in 1.. {
            let (store, before) = (base.fork(), copy_home(kept.path()));
            let (home, open) = (tempfile::tempdir().unwrap(), options(store.clone()));
            let counted = Arc::new(AtomicU32::new(0));
            let (calls, into, with, safe) = (counted.clone(), home.path().to_owned(), open.clone(), sheet.clone());
            let takes = move || {
                if calls.fetch_add(1, Ordering::SeqCst) + 1 == at {
                    drop(archive::restore(&into, "memory:", &safe, None, &with).unwrap());
                }
            };
            let old = Archive::open(before.path(), &options(Arc::new(Watched::new(store.clone(), takes))));
            let wrote = old.and_then(|old| write(&old, marks, record));
            if counted.load(Ordering::SeqCst) < at {
                break;
            }
            let restored = Archive::open(home.path(), &open).unwrap();
            let found = restored.verify(&restored.session(restored.owner()).unwrap(), None, &|_, _| Ok(())).unwrap();
            assert!(found.faults.iter().all(|fault| fault.kind == FaultKind::Late), "{marks} {at}: {:?}", found.faults);
            drop(restored);
            archive::rebuild(home.path(), &open, &mut |_, _| {}).unwrap();
            if found.is_sound() {
                continue;
            }
            late += 1;
            assert!(!marks || wrote.is_err_and(|why| why.kind == Kind::Refused), "{at}: what would be taken away is asked about");
            assert_eq!(
                Archive::open(before.path(), &open).err().unwrap().kind,
                Kind::Refused,
                "it is told that it was withdrawn"
            );
            // Another restoration goes on from there.
            let again = tempfile::tempdir().unwrap();
            archive::restore(again.path(), "memory:", &sheet, None, &open).unwrap();
        }
    }
    assert!(late > 0, "something came too late");
}

/// What an old home could open, it may have kept; what comes after, it cannot.
#[test]
fn a_restored_home_gives_every_label_new_keys() {
    let world = World::new();
    world.capture("/a/menu.txt", "Potage").unwrap().unwrap();
    let home = tempfile::tempdir().unwrap();
    let restored = archive::restore(home.path(), "memory:", &world.sheet, None, &world.options).unwrap();
    let session = restored.session(restored.owner()).unwrap();
    let holders = restored.holders(&session).unwrap();
    assert!(
        holders.iter().all(|holder| !holder.labels.is_empty() && holder.labels.iter().all(|(_, generation)| *generation == 2))
    );
    assert_eq!(holders.len(), 2, "the recovery sheet and the new home");
    assert_eq!(Archive::open(world.home.path(), &world.options).err().unwrap().kind, Kind::Refused);
}

#[test]
fn a_closed_dossier_takes_nothing_and_a_table_is_imported_whole_or_not() {
    let world = World::new();
    let session = world.session();
    world.archive.add_class(&session, "1", "Cuisine", None).unwrap();
    world.archive.add_dossier(&session, "1.1", "Menus", Some("1")).unwrap();
    let id = world.capture("/a/menu.txt", "Potage").unwrap().unwrap();
    world.archive.close_dossier(&session, "1.1", true).unwrap();
    assert_eq!(world.archive.file(&session, &[id], Some("1.1")).unwrap_err().kind, Kind::Refused);
    world.archive.close_dossier(&session, "1.1", false).unwrap();
    assert_eq!(world.archive.file(&session, &[id], Some("1.1")).unwrap().moved, 1);

    let row = |code: &str, under: Option<&str>| (code.to_owned(), code.to_owned(), under.map(str::to_owned));
    for bad in [row("9", Some("9")), row("1.1", None), row("8", Some("1.1")), row("7", None), row("", None)] {
        let rows = [row("7", None), bad];
        assert_eq!(world.archive.import_classes(&session, &rows).unwrap_err().kind, Kind::Invalid);
        assert_eq!(world.archive.classes(&session).unwrap().len(), 1, "{rows:?}");
    }
    let rows = [row("7", None), row("7.1", Some("7"))];
    assert_eq!(world.archive.import_classes(&session, &rows).unwrap().added, 2);
    assert_eq!(world.archive.import_classes(&session, &rows).unwrap().already, 2);
}

/// A sheet that nobody could keep: no archive.
#[test]
fn an_archive_whose_sheet_is_not_kept_does_not_come_to_be() {
    let (home, store) = (tempfile::tempdir().unwrap(), Arc::new(OpenStore::default()));
    let options = chartrier_tests::world::options(store.clone());
    let init = archive::InitOptions { store: "memory:".into(), person: "Ada".into(), ceiling: chartrier_schemas::Level::Ts };
    let refuse = &mut |_: &_| Err(chartrier_engine::error::bug("no paper"));
    assert!(archive::initialise(home.path(), &init, &options, refuse).is_err());
    assert!(store.files().is_empty() && !chartrier_engine::keys::Home::exists(home.path()));
    archive::initialise(home.path(), &init, &options, &mut |_| Ok(())).unwrap();
}

fn request(name: &str, roles: &[PersonRole]) -> PersonRequest {
    PersonRequest { name: name.into(), roles: roles.to_vec(), clearance: Marking::np(), reason: None }
}

/// An archive that nobody can decide about would be locked for ever.
#[test]
fn the_last_officer_and_the_last_administrator_stay() {
    let world = World::new();
    let session = world.session();
    let set = |person, roles: &[PersonRole]| world.archive.set_roles(&session, person, roles, "départ");
    let keeps = [PersonRole::Security, PersonRole::Administrator];
    for roles in [&[][..], &[PersonRole::Staff], &keeps[..1], &keeps[1..]] {
        let refused = set(session.person, roles).unwrap_err();
        assert_eq!(refused.kind, Kind::Invalid, "{roles:?}");
        assert!(refused.remedy.en.contains("person roles"), "{refused}");
    }
    let luc = world.archive.add_person(&session, &request("Luc", &keeps[..1])).unwrap();
    assert_eq!(set(session.person, &[PersonRole::Staff]).unwrap_err().kind, Kind::Invalid);
    set(luc, &keeps).unwrap();
    set(session.person, &[PersonRole::Staff]).unwrap();
    assert_eq!(world.session().roles, [PersonRole::Staff]);
    // The one who made the archive acts from a restored home, or whoever is named; nobody gains a role by it.
    for (name, expected, roles) in [(Some("Luc"), luc, &keeps[..]), (None, session.person, &[PersonRole::Staff])] {
        let home = tempfile::tempdir().unwrap();
        let restored = archive::restore(home.path(), "memory:", &world.sheet, name, &world.options).unwrap();
        assert_eq!((restored.owner(), restored.session(expected).unwrap().roles), (expected, roles.to_vec()));
    }
}

/// A name that nobody bears takes nothing over.
#[test]
fn a_restoration_for_nobody_leaves_the_home_in_charge() {
    let world = World::new();
    let session = world.session();
    world.archive.add_person(&session, &request("Aaron", &[PersonRole::Administrator])).unwrap();
    let home = tempfile::tempdir().unwrap();
    let told = archive::restore(home.path(), "memory:", &world.sheet, Some("Luc"), &world.options).err().unwrap();
    assert!(told.kind == Kind::NotFound && told.remedy.en.contains("Aaron, Ada"), "{told}");
    world.capture("/a/menu.txt", "Potage").unwrap().unwrap();
    // The administrator who comes first by name is not the one who made the archive.
    let restored = archive::restore(home.path(), "memory:", &world.sheet, None, &world.options).unwrap();
    assert_eq!(restored.owner(), session.person);
}

#[test]
fn a_mandate_ends_later_than_it_begins() {
    let world = World::new();
    let session = world.session();
    world.archive.add_class(&session, "1", "Cuisine", None).unwrap();
    let luc = world.archive.add_person(&session, &request("Luc", &[PersonRole::Staff])).unwrap();
    let give = |until: &str| {
        let request =
            MandateRequest { whom: luc.into(), on: Some("1".into()), until: Some(until.into()), reason: "commis".into() };
        world.archive.add_mandate(&session, &request)
    };
    for past in ["2020-01-01T00:00:00Z", "yesterday"] {
        assert_eq!(give(past).unwrap_err().kind, Kind::Invalid, "{past}");
    }
    give("2999-01-01T00:00:00Z").unwrap();
    let codes: Vec<_> = world.archive.mandates(&session).unwrap();
    let codes: Vec<_> = codes.iter().map(|row| world.archive.mandate_code(&session, row).unwrap()).collect();
    assert_eq!(codes, [None, Some("1".to_owned())]);
}

#[test]
fn names_and_titles_say_something() {
    let world = World::new();
    let session = world.session();
    world.archive.add_class(&session, "1", "Cuisine", None).unwrap();
    let id = world.capture("/a/menu.txt", "Potage").unwrap().unwrap();
    for empty in ["", "  "] {
        assert_eq!(world.archive.add_class(&session, "2", empty, None).unwrap_err().kind, Kind::Invalid);
        assert_eq!(world.archive.add_dossier(&session, "2", empty, None).unwrap_err().kind, Kind::Invalid);
        assert_eq!(world.archive.add_person(&session, &request(empty, &[])).unwrap_err().kind, Kind::Invalid);
        assert_eq!(world.archive.person_named(&session, empty).unwrap_err().kind, Kind::Invalid);
        assert_eq!(world.archive.file(&session, &[id], Some(empty)).unwrap_err().kind, Kind::Invalid);
        let (home, options) = (tempfile::tempdir().unwrap(), chartrier_tests::world::options(chartrier_tests::world::memory()));
        let init = archive::InitOptions { store: "memory:".into(), person: empty.into(), ceiling: chartrier_schemas::Level::Ts };
        assert_eq!(archive::initialise(home.path(), &init, &options, &mut |_| Ok(())).err().unwrap().kind, Kind::Invalid);
    }
    assert_eq!(world.archive.file(&session, &[id, id], Some("1")).unwrap().moved, 1, "named twice, filed once");
}

/// `not` is the French stem of `note`, and no French word.
#[test]
fn stems_of_one_language_do_not_meet_words_of_the_other() {
    let world = World::new();
    for (path, text) in [
        ("/a/en.txt", "Do not disturb"),
        ("/a/fr.txt", "La note de service : les notes"),
        ("/a/Not for us.txt", "0"),
        ("/a/both.txt", "Meetings in the gardens; réunions dans les jardins"),
    ] {
        world.capture(path, text).unwrap().unwrap();
    }
    world.archive.index().unwrap();
    let found = |words: &str| {
        let mut names = Vec::new();
        world.archive.list(&world.session(), words, &mut |line| names.push(line.name)).unwrap();
        names.sort();
        names
    };
    for words in ["note", "notes", "noté", "NOTER"] {
        assert_eq!(found(words), ["fr.txt"], "{words}");
    }
    assert_eq!(found("not"), ["Not for us.txt", "en.txt"]);
    for words in ["meeting", "garden", "réunion", "jardin", "dans", "the"] {
        assert_eq!(found(words), ["both.txt"], "{words}");
    }
    let shown = chartrier_engine::archive::SearchRequest {
        words: "note disturb OR disturb",
        sort: chartrier_engine::index::Sort::Relevance,
        limit: 10,
        offset: 0,
        facets: &[],
    };
    let result = world.archive.search(&world.session(), &shown).unwrap();
    assert_eq!(result.hits[0].snippet.highlights, [(7, 14)], "the word alone is shown");
}

/// A value that nothing has is said; what may not be known is no such value.
#[test]
fn what_a_query_asks_in_vain_is_said() {
    let world = World::new();
    world.capture("/a/menu.txt", "Potage").unwrap().unwrap();
    world.archive.index().unwrap();
    for (words, note) in [
        ("class:99", Some("`99`")),
        ("type:zork", Some("Types here: txt.")),
        ("lang:xx", Some("`xx`")),
        ("before:notadate", Some("matches nothing")),
        ("zork:txt", Some("There is no field")),
        ("type:txt", None),
        ("class:none", None),
        ("type:txt rien", None),
    ] {
        let notes = world.archive.notes(&world.session(), words, 0).unwrap();
        assert_eq!(notes.len(), usize::from(note.is_some()), "{words} {notes:?}");
        assert!(notes.iter().all(|told| told.en.contains(note.unwrap())), "{words} {notes:?}");
    }
    let found = |words: &str| world.archive.list(&world.session(), words, &mut |_| {}).unwrap();
    assert_eq!((found("before:notadate"), found("-before:notadate"), found("")), (0, 0, 1));
}
