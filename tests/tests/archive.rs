//! The archive from end to end, in process: what is captured comes back, from the store alone too.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use chartrier_engine::{
    Kind,
    archive::{self, Archive, Known},
    archive::{MandateRequest, PersonRequest},
};
use chartrier_schemas::{Marking, persisted::v1::PersonRole};
use chartrier_tests::world::World;

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
    assert_eq!(world.archive.file(&session, &[id], Some("1.1")).unwrap(), 1);
    assert_eq!(world.archive.file(&session, &[id], Some("1.1")).unwrap(), 0);
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
    assert!(world.archive.verify(&world.session(), None, &|_, _| {}).unwrap().is_sound());
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
    let mandate = MandateRequest { person: luc, on: Some("1".into()), until: None, reason: "commis".into() };
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
    assert_eq!(world.archive.rotate(&session, None).unwrap(), 2);
    assert_eq!(original(&world, id), "Potage");
    let home = tempfile::tempdir().unwrap();
    let restored = archive::restore(home.path(), "memory:", &world.sheet, &world.options).unwrap();
    let session = restored.session(restored.owner()).unwrap();
    assert_eq!(restored.show(&session, id).unwrap().record.name, "menu.txt");
    assert!(restored.verify(&session, None, &|_, _| {}).unwrap().is_sound());
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
    assert!(archive.verify(&archive.session(archive.owner()).unwrap(), None, &|_, _| {}).unwrap().is_sound());
}
