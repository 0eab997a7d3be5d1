//! Trouble at every call of every scenario that writes (I1, I3, I16): whatever happens, what was there stays, the work
//! is there whole or not at all, the store verifies, and the same command run again finishes.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use chartrier_engine::{
    Kind, Result,
    archive::{self, Archive, GroupRequest, InitOptions, MandateRequest, OpenOptions},
    store::Store,
};
use chartrier_schemas::{Level, Marking};
use chartrier_tests::{
    stores::{OpenStore, TROUBLES, Trouble, Troubled},
    world::{World, account, copy_home, options},
};
use std::{path::Path, sync::Arc};

/// What all scenarios begin with: classes, records in two labels, an occurrence.
fn base() -> (Arc<OpenStore>, World) {
    let store = Arc::new(OpenStore::default());
    let mut world = World::over(store.clone()).unwrap();
    let session = world.session();
    world.archive.add_class(&session, "1", "Cuisine", None).unwrap();
    world.archive.add_dossier(&session, "1.1", "Menus", Some("1")).unwrap();
    let secret: Marking = "S".parse().unwrap();
    world.archive.clear_person(&session, session.person, &secret, "nommée").unwrap();
    world.capture("/a/menu.txt", "Potage, turbot, fraises.").unwrap().unwrap();
    world.capture("/a/plan.txt", "Plan de table").unwrap().unwrap();
    world.capture("/b/menu.txt", "Potage, turbot, fraises.").unwrap().unwrap_err();
    let note = world.capture_into("/s/note.txt", "Note secrète", Some("1"), &secret).unwrap().unwrap();
    let group = GroupRequest { name: "Jardiniers".into(), reason: "métier".into(), members: vec![session.person] };
    let group = world.archive.add_group(&session, &group).unwrap();
    // Under two labels: that of the marked record that one names, and the lowest.
    for on in ["1".to_owned(), note.to_string()] {
        let request = MandateRequest { whom: group.into(), on: Some(on), until: None, reason: "saison".into() };
        world.archive.add_mandate(&world.session(), &request).unwrap();
    }
    world.archive.index().unwrap();
    world.reopen().unwrap();
    (store, world)
}

fn named(archive: &Archive, name: &str) -> chartrier_schemas::RecordId {
    let session = archive.session(archive.owner()).unwrap();
    let mut found = None;
    archive.list(&session, &format!("name:{name}"), &mut |line| found = Some(line.id)).unwrap();
    found.expect("the record")
}

/// One kind of work: done from a closed home, safe to do again.
struct Scenario {
    name: &'static str,
    work: fn(&Path, &OpenOptions) -> Result<()>,
    /// Whether it leaves the answers as they were.
    silent: bool,
}

fn on_archive(home: &Path, options: &OpenOptions, work: impl FnOnce(&Archive) -> Result<()>) -> Result<()> {
    work(&Archive::open(home, options)?)
}

fn scenarios() -> Vec<Scenario> {
    vec![
        Scenario {
            name: "ingest",
            silent: false,
            work: |home, options| {
                on_archive(home, options, |archive| {
                    use chartrier_engine::archive::Known;
                    let session = archive.session(archive.owner())?;
                    let capturer = archive.capturer(session, Some("1"), &Marking::np())?;
                    for (path, text) in
                        [("/n/un.txt", "Premier"), ("/n/deux.txt", "Second"), ("/n/menu.txt", "Potage, turbot, fraises.")]
                    {
                        let (content, seen) =
                            (chartrier_engine::seal::content_of(text.as_bytes()), chartrier_tests::world::occurrence(path));
                        if capturer.known(&content, &seen)? == Known::New {
                            capturer.capture(chartrier_tests::world::submission(seen, path, text, content))?;
                        }
                    }
                    // Larger than one object: it streams.
                    let large = vec![7u8; 100_000];
                    let seen = chartrier_tests::world::occurrence("/n/grand.bin");
                    let content = chartrier_engine::seal::content_of(&large);
                    if capturer.known(&content, &seen)? == Known::New {
                        let extraction = chartrier_schemas::Extraction::default();
                        let original = chartrier_engine::archive::Original::Stream(&mut &large[..]);
                        let submission = chartrier_engine::archive::Submission {
                            occurrence: seen,
                            name: "grand.bin".into(),
                            extraction,
                            original,
                        };
                        capturer.capture(submission)?;
                    }
                    capturer.finish()
                })
            },
        },
        Scenario {
            name: "filing",
            silent: false,
            work: |home, options| {
                on_archive(home, options, |archive| {
                    let (session, id) = (archive.session(archive.owner())?, named(archive, "plan"));
                    archive.file(&session, &[id], Some("1.1")).map(drop)
                })
            },
        },
        Scenario {
            name: "closing a dossier",
            silent: false,
            work: |home, options| {
                on_archive(home, options, |archive| {
                    archive.close_dossier(&archive.session(archive.owner())?, "1.1", true).map(drop)
                })
            },
        },
        Scenario {
            name: "raising a marking",
            silent: false,
            work: |home, options| {
                on_archive(home, options, |archive| {
                    let (session, id) = (archive.session(archive.owner())?, named(archive, "plan"));
                    archive.mark(&session, &[id], &"S".parse().unwrap(), "visite").map(drop)
                })
            },
        },
        Scenario {
            name: "a marking that nobody has used",
            silent: false,
            work: |home, options| {
                on_archive(home, options, |archive| {
                    let (session, id) = (archive.session(archive.owner())?, named(archive, "plan"));
                    archive.mark(&session, &[id], &"DR".parse().unwrap(), "visite").map(drop)
                })
            },
        },
        Scenario {
            name: "a clearance",
            silent: false,
            work: |home, options| {
                on_archive(home, options, |archive| {
                    let session = archive.session(archive.owner())?;
                    archive.clear_person(&session, session.person, &"TS".parse().unwrap(), "promue")
                })
            },
        },
        Scenario {
            name: "a mandate",
            silent: false,
            work: |home, options| {
                on_archive(home, options, |archive| {
                    let session = archive.session(archive.owner())?;
                    if archive.mandates(&session)?.iter().any(|mandate| mandate.reason == "remplacement") {
                        return Ok(());
                    }
                    let (person, on) = (session.person, Some("1".to_owned()));
                    let request = MandateRequest { whom: person.into(), on, until: None, reason: "remplacement".to_owned() };
                    archive.add_mandate(&session, &request).map(drop)
                })
            },
        },
        Scenario {
            name: "a group",
            silent: false,
            work: |home, options| {
                on_archive(home, options, |archive| {
                    let session = archive.session(archive.owner())?;
                    if archive.groups(&session)?.iter().any(|group| group.name == "Relève") {
                        return Ok(());
                    }
                    let (name, reason) = ("Relève".to_owned(), "remplacements".to_owned());
                    archive.add_group(&session, &GroupRequest { name, reason, members: vec![session.person] }).map(drop)
                })
            },
        },
        Scenario {
            name: "a group that is dissolved",
            silent: false,
            work: |home, options| {
                on_archive(home, options, |archive| {
                    let session = archive.session(archive.owner())?;
                    let group = archive.group_named(&session, "Jardiniers")?;
                    archive.dissolve_group(&session, group, "fin de saison").map(drop)
                })
            },
        },
        Scenario {
            name: "a disclosure",
            silent: true,
            work: |home, options| {
                on_archive(home, options, |archive| {
                    let (session, id) = (archive.session(archive.owner())?, named(archive, "note"));
                    archive.component(&session, id, 1).map(drop)
                })
            },
        },
        Scenario {
            name: "rotation",
            silent: true,
            work: |home, options| {
                on_archive(home, options, |archive| archive.rotate(&archive.session(archive.owner())?, None, None).map(drop))
            },
        },
        Scenario { name: "compaction", silent: true, work: |home, options| Archive::compact(home, options).map(drop) },
        Scenario {
            name: "rebuild",
            silent: true,
            work: |home, options| archive::rebuild(home, options, &mut |_, _| {}).map(drop),
        },
    ]
}

/// Runs a scenario with trouble at call `at`; answers whether it came so far.
fn run(
    scenario: &Scenario,
    trouble: Trouble,
    at: u64,
    store: &OpenStore,
    home: &Path,
    before: &[String],
    after: &[String],
) -> bool {
    let told = || format!("{}: {trouble:?} at call {at}", scenario.name);
    let (store, home) = (store.fork(), copy_home(home));
    let troubled = Arc::new(Troubled::new(store.clone(), trouble, at));
    let outcome = (scenario.work)(home.path(), &options(troubled.clone()));
    if troubled.calls() < at {
        assert!(outcome.is_ok(), "{}: {:?}", told(), outcome.err());
        return false;
    }
    // The next start, on a store that works again.
    let calm = options(store.clone());
    if scenario.name == "rebuild" && Archive::open(home.path(), &calm).is_err() {
        archive::rebuild(home.path(), &calm, &mut |_, _| {}).unwrap_or_else(|why| panic!("{}: {why:?}", told()));
    }
    let archive = Archive::open(home.path(), &calm).unwrap_or_else(|why| panic!("{}: {why:?}", told()));
    let now = account(&archive).unwrap_or_else(|why| panic!("{}: {why:?}", told()));
    let whole = now == after || now == before;
    assert!(whole || scenario.name == "ingest", "{}: half of it is there: {now:?}", told());
    for line in before.iter().filter(|line| !line.starts_with("menu.txt")) {
        assert!(now.contains(line) || now == after, "{}: {line} is lost", told());
    }
    if outcome.is_ok() {
        assert_eq!(now, after, "{}: it was acknowledged", told());
    }
    let found = archive
        .verify(&archive.session(archive.owner()).unwrap(), None, &|_, _| Ok(()))
        .unwrap_or_else(|why| panic!("{}: {why:?}", told()));
    assert!(found.is_sound(), "{}: {:?}", told(), found.faults);
    drop(archive);
    (scenario.work)(home.path(), &calm).unwrap_or_else(|why| panic!("{}: again: {why:?}", told()));
    let archive = Archive::open(home.path(), &calm).unwrap();
    assert_eq!(account(&archive).unwrap(), after, "{}: again", told());
    drop(archive);
    archive::rebuild(home.path(), &calm, &mut |_, _| {}).unwrap_or_else(|why| panic!("{}: rebuild: {why:?}", told()));
    let archive = Archive::open(home.path(), &calm).unwrap();
    assert_eq!(account(&archive).unwrap(), after, "{}: rebuilt", told());
    true
}

#[test]
fn every_call_of_every_scenario_may_fail_or_be_the_last() {
    let (store, world) = base();
    let before = account(&world.archive).unwrap();
    let World { home, archive, .. } = world;
    drop(archive);
    std::thread::scope(|scope| {
        for scenario in scenarios() {
            let (store, home, before) = (&store, home.path(), &before);
            scope.spawn(move || troubles(&scenario, store, home, before));
        }
    });
}

fn troubles(scenario: &Scenario, store: &OpenStore, home: &Path, before: &[String]) {
    let (undisturbed, own_home) = (store.fork(), copy_home(home));
    (scenario.work)(own_home.path(), &options(undisturbed.clone())).unwrap();
    let after = account(&Archive::open(own_home.path(), &options(undisturbed)).unwrap()).unwrap();
    assert_eq!(before == after, scenario.silent, "{}", scenario.name);
    for trouble in TROUBLES {
        let calls = (1..).take_while(|at| run(scenario, trouble, *at, store, home, before, &after)).count();
        assert!(calls >= 3, "{}: only {calls} calls", scenario.name);
    }
}

#[test]
fn an_archive_that_was_not_finished_is_made_again() {
    let init = || InitOptions { store: "memory:".to_owned(), person: "Ada".to_owned(), ceiling: Level::Ts };
    for trouble in TROUBLES {
        for at in 1.. {
            let (store, home) = (Arc::new(OpenStore::default()), tempfile::tempdir().unwrap());
            let troubled = Arc::new(Troubled::new(store.clone(), trouble, at));
            let made = archive::initialise(home.path(), &init(), &options(troubled.clone()), &mut |_| Ok(()));
            if troubled.calls() < at {
                assert!(made.is_ok());
                break;
            }
            let calm = options(store.clone() as Arc<dyn Store>);
            // Acknowledged, it is there. Else the store is made empty, as `init` says, and the same command makes it.
            let archive = match made {
                Ok(made) => made.archive,
                Err(_) => match archive::initialise(home.path(), &init(), &calm, &mut |_| Ok(())) {
                    Ok(made) => made.archive,
                    Err(why) => {
                        assert_eq!(why.kind, Kind::Invalid, "{trouble:?} at {at}");
                        store.files().clear();
                        archive::initialise(home.path(), &init(), &calm, &mut |_| Ok(()))
                            .unwrap_or_else(|why| panic!("{trouble:?} at {at}: {why:?}"))
                            .archive
                    }
                },
            };
            drop(archive);
            let archive = Archive::open(home.path(), &calm).unwrap();
            assert!(
                archive.verify(&archive.session(archive.owner()).unwrap(), None, &|_, _| Ok(())).unwrap().is_sound(),
                "{trouble:?} at {at}"
            );
        }
    }
}
