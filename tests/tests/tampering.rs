//! Everything that can be done to a stored file is named without a key (I4): every flipped bit, truncation, removal,
//! swap, insertion, the return of what was retired, and an older store against a remembered head.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use bytes::Bytes;
use chartrier_engine::{
    archive::{Verification, verify_keyless},
    journal::FaultKind,
    keys::Home,
};
use chartrier_tests::{stores::OpenStore, world::World};
use std::{collections::BTreeMap, sync::Arc};

type Files = BTreeMap<String, Bytes>;

/// A store with everything in it: several segments, pages that were merged, a label that was rotated.
fn small() -> (Arc<OpenStore>, World, Files) {
    let store = Arc::new(OpenStore::default());
    let world = World::over(store.clone()).unwrap();
    world.capture("/a/menu.txt", "Potage").unwrap().unwrap();
    let before = store.files().clone();
    world.archive.rotate(&world.session(), None, None).unwrap();
    let retired: Files = before.into_iter().filter(|(name, _)| !store.files().contains_key(name)).collect();
    assert!(retired.len() >= 4, "rotation retires pages and grants");
    (store, world, retired)
}

fn verify(store: &OpenStore, home: &Home) -> Verification {
    verify_keyless(store, home, None, &|_, _| Ok(())).expect("a store that answers")
}

fn names(found: &Verification, name: &str) -> bool {
    found.faults.iter().any(|fault| fault.name.contains(name) || name.contains(fault.name.trim_end_matches('…')))
}

#[test]
fn every_flipped_bit_is_named() {
    let (store, world, _) = small();
    let home = Home::read(world.home.path()).unwrap();
    assert!(verify(&store, &home).is_sound());
    let all: Vec<(String, usize)> =
        store.files().iter().flat_map(|(name, bytes)| (0..bytes.len() * 8).map(|bit| (name.clone(), bit))).collect();
    let cores = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
    std::thread::scope(|scope| {
        for part in all.chunks(all.len().div_ceil(cores)) {
            let (own, home) = (store.fork(), &home);
            scope.spawn(move || {
                for (name, bit) in part {
                    let sound = own.files()[name].clone();
                    let mut torn = sound.to_vec();
                    torn[bit / 8] ^= 1 << (bit % 8);
                    own.files().insert(name.clone(), torn.into());
                    let found = verify(&own, home);
                    assert!(!found.is_sound() && names(&found, name), "bit {bit} of {name}: {:?}", found.faults);
                    own.files().insert(name.clone(), sound);
                }
            });
        }
    });
}

#[test]
fn every_truncation_removal_and_swap_is_named() {
    let (store, world, _) = small();
    let home = Home::read(world.home.path()).unwrap();
    let files = store.files().clone();
    for (name, bytes) in &files {
        for length in 0..bytes.len() {
            store.files().insert(name.clone(), bytes.slice(..length));
            let found = verify(&store, &home);
            assert!(!found.is_sound() && names(&found, name), "{name} cut at {length}");
        }
        store.files().insert(name.clone(), [&bytes[..], b"x"].concat().into());
        assert!(names(&verify(&store, &home), name), "{name} grown");
        store.files().remove(name);
        let found = verify(&store, &home);
        assert!(!found.is_sound(), "{name} removed");
        store.files().insert(name.clone(), bytes.clone());
    }
    let list: Vec<&String> = files.keys().collect();
    for (at, one) in list.iter().enumerate() {
        for other in &list[at + 1..] {
            let mut swapped = store.files();
            swapped.insert((*one).clone(), files[*other].clone());
            swapped.insert((*other).clone(), files[*one].clone());
            drop(swapped);
            let found = verify(&store, &home);
            assert!(names(&found, one) || names(&found, other), "{one} and {other} swapped");
            let mut back = store.files();
            back.insert((*one).clone(), files[*one].clone());
            back.insert((*other).clone(), files[*other].clone());
        }
    }
    assert!(verify(&store, &home).is_sound());
}

#[test]
fn what_was_retired_is_named_when_it_returns() {
    let (store, world, retired) = small();
    let home = Home::read(world.home.path()).unwrap();
    for (name, bytes) in retired {
        store.files().insert(name.clone(), bytes);
        let found = verify(&store, &home);
        assert!(found.faults.iter().any(|fault| fault.kind == FaultKind::Returned && fault.name == name), "{name}");
        store.files().remove(&name);
    }
    // What no segment lists is strange, and no fault.
    store.files().insert("objects/00/stranger".to_owned(), Bytes::from_static(b"?"));
    let found = verify(&store, &home);
    assert!(found.is_sound() && found.warnings.iter().any(|(name, _)| name == "objects/00/stranger"));
}

#[test]
fn an_older_store_is_told_from_a_remembered_head() {
    let (store, world, _) = small();
    let home = Home::read(world.home.path()).unwrap();
    let older = store.fork();
    world.capture("/a/plus-tard.txt", "Plus tard").unwrap().unwrap();
    let head = verify(&store, &home).head.unwrap().hash;
    assert!(verify(&older, &home).is_sound(), "a valid past");
    let told = verify_keyless(&*older, &home, Some(head), &|_, _| Ok(())).unwrap();
    assert!(told.faults.iter().any(|fault| fault.kind == FaultKind::RolledBack));
    assert!(verify_keyless(&*store, &home, Some(head), &|_, _| Ok(())).unwrap().is_sound());
}

#[test]
fn another_archive_is_not_this_one() {
    let (_, world, _) = small();
    let (other, ..) = small();
    let found = verify(&other, &Home::read(world.home.path()).unwrap());
    assert!(found.faults.iter().any(|fault| fault.kind == FaultKind::Forged), "{:?}", found.faults);
}
