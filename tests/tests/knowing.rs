//! What may not be known does not exist (I8, I14): the filter of a search and the question `may` agree on every unit, and
//! two worlds that differ only in what a person may not know look the same to that person, to the last count.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use chartrier_engine::{
    Kind,
    archive::{Archive, GroupRequest, MandateRequest, PersonRequest, SearchRequest},
    index::{FacetName, Sort},
    policy::Session,
};
use chartrier_schemas::{
    GroupId, Marking, PersonId, RecordId,
    persisted::v1::{Deed, PersonRole, Whom},
};
use chartrier_tests::{
    documents::Seeded,
    stores::{OpenStore, Trouble, Troubled},
    world::{World, options},
};
use std::{collections::BTreeSet, sync::Arc};

const CODES: [&str; 5] = ["1", "1.1", "1.1.1", "2", "2.1"];
const MARKINGS: [&str; 5] = ["NP", "DR", "S", "S+SF", "TS+ALPHA"];

/// A house with classes, and somebody cleared for everything.
fn house(world: &World) -> Session {
    let session = world.session();
    world.archive.clear_person(&session, session.person, &"TS+SF+ALPHA".parse().unwrap(), "nommée").unwrap();
    let session = world.session();
    for code in CODES {
        world.archive.add_class(&session, code, code, code.rsplit_once('.').map(|(above, _)| above)).unwrap();
    }
    session
}

fn person(world: &World, name: &str, clearance: &str) -> PersonId {
    let request = PersonRequest {
        name: name.into(),
        roles: vec![PersonRole::Staff],
        clearance: clearance.parse().unwrap(),
        reason: Some("recruté".into()),
    };
    world.archive.add_person(&world.session(), &request).unwrap()
}

fn mandate(world: &World, whom: impl Into<Whom>, on: &str) {
    let request = MandateRequest { whom: whom.into(), on: Some(on.to_owned()), until: None, reason: "besoin".into() };
    world.archive.add_mandate(&world.session(), &request).unwrap();
}

fn listed(archive: &Archive, session: &Session, query: &str) -> BTreeSet<RecordId> {
    let mut found = BTreeSet::new();
    archive
        .list(session, query, &mut |line| {
            found.insert(line.id);
        })
        .unwrap();
    found
}

#[test]
fn the_filter_agrees_with_may_on_every_unit() {
    let world = World::new();
    let owner = house(&world);
    let mut random = Seeded(3);
    let mut records = Vec::new();
    for number in 0..60 {
        let marking: Marking = MARKINGS[random.below(5) as usize].parse().unwrap();
        let into = [None, Some("1"), Some("1.1"), Some("1.1.1"), Some("2"), Some("2.1")][random.below(6) as usize];
        let text = format!("dossier commun numero{number}");
        records.push(world.capture_into(&format!("/r/{number}"), &text, into, &marking).unwrap().unwrap());
    }
    world.archive.index().unwrap();
    let mut refused = 0;
    let groups: Vec<GroupId> = (0..4)
        .map(|number| {
            let request = GroupRequest { name: format!("g{number}"), reason: "métier".into(), members: Vec::new() };
            let group = world.archive.add_group(&owner, &request).unwrap();
            mandate(&world, group, [CODES[number], &records[number].to_string()][number % 2]);
            group
        })
        .collect();
    for number in 0..40 {
        let who = person(&world, &format!("p{number}"), MARKINGS[random.below(5) as usize]);
        for _ in 0..random.below(3) {
            let record = records[random.below(60) as usize].to_string();
            let on = [CODES[random.below(5) as usize], record.as_str()][random.below(2) as usize].to_owned();
            mandate(&world, who, &on);
        }
        if random.below(3) == 0 {
            let group = groups[random.below(4) as usize];
            world.archive.change_members(&owner, group, &[who], &[], "arrivée").unwrap();
        }
        let session = world.archive.session(who).unwrap();
        // Alone, and looked at over the shoulder by somebody else.
        for session in [session.clone(), owner.clone().narrowed_by(session)] {
            let by_list = listed(&world.archive, &session, "");
            let by_search = listed(&world.archive, &session, "commun");
            let by_may: BTreeSet<RecordId> =
                records.iter().copied().filter(|id| world.archive.show(&session, *id).is_ok()).collect();
            assert_eq!(by_list, by_may, "list and may differ for p{number}");
            assert_eq!(by_search, by_may, "search and may differ for p{number}");
            // The second time, what may be known was asked about all at once.
            for words in ["commun", "commun "] {
                let request = SearchRequest { words, sort: Sort::Relevance, limit: 100, offset: 0, facets: &[] };
                let found = world.archive.search(&session, &request).unwrap();
                assert_eq!(
                    found.hits.iter().map(|hit| hit.line.id).collect::<BTreeSet<_>>(),
                    by_may,
                    "hits and may differ for p{number}"
                );
            }
            refused += records.len() - by_may.len();
        }
    }
    assert!(refused > 500, "the sessions were refused almost nothing: {refused}");
    assert_eq!(listed(&world.archive, &owner, "commun").len(), 60);
}

/// Everything that somebody can see by searching and listing, without ids.
fn seen(world: &World, who: PersonId) -> Vec<String> {
    let session = world.archive.session(who).unwrap();
    let facets = [FacetName::Class, FacetName::Type, FacetName::Year, FacetName::Marking];
    let mut lines = Vec::new();
    for words in [
        "",
        "jardin",
        "jardin OR roses",
        "rose*",
        "\"vieux jardin\"",
        "class:1",
        "class:2",
        "class:none",
        "marking:S",
        "-jardin",
        "secretissime",
    ] {
        for sort in [Sort::Relevance, Sort::Date] {
            let request = SearchRequest { words, sort, limit: 20, offset: 0, facets: &facets };
            let found = world.archive.search(&session, &request).unwrap();
            lines.push(format!("{words}: {} {:?} {}", found.total, found.facets, found.complete));
            for hit in found.hits {
                let line = &hit.line;
                lines.push(format!("{} {:?} {} {} {:?}", line.name, line.class, line.marking, hit.score, hit.snippet));
            }
        }
    }
    world.archive.list(&session, "", &mut |line| lines.push(format!("{} {} {:?}", line.name, line.content, line.class))).unwrap();
    lines
        .extend(world.archive.classes(&session).unwrap().iter().map(|row| format!("{} {} {:?}", row.code, row.title, row.under)));
    lines.sort();
    lines
}

#[test]
fn two_worlds_that_differ_in_what_may_not_be_known_look_the_same() {
    let world = |secrets: bool| {
        let world = World::new();
        house(&world);
        let luc = person(&world, "Luc", "DR");
        mandate(&world, luc, "1");
        let secret = |path: &str, text: &str, into: Option<&str>, marking: &str| {
            if secrets {
                world.capture_into(path, text, into, &marking.parse().unwrap()).unwrap().unwrap();
            }
        };
        let open = |path: &str, text: &str, into: Option<&str>, marking: &str| {
            world.capture_into(path, text, into, &marking.parse().unwrap()).unwrap().unwrap();
        };
        secret("/s/0", "jardin jardin jardin", Some("1"), "S");
        open("/a/un.txt", "Le vieux jardin aux roses", Some("1.1"), "NP");
        secret("/s/1", "roses secretissime jardin", Some("2"), "NP");
        open("/a/deux.txt", "Le jardin du palais, ses roses et ses roses encore", Some("1"), "DR");
        // The very same content, where it may not be known, before it comes where it may.
        secret("/s/2", "Un jardin potager, en commun", Some("2"), "NP");
        open("/a/trois.txt", "Un jardin potager, en commun", Some("1"), "NP");
        secret("/s/3", "roseraie", None, "TS+ALPHA");
        if secrets {
            world.archive.add_class(&world.session(), "3", "Classe cachée", None).unwrap();
        }
        world.archive.index().unwrap();
        (world, luc)
    };
    let ((without, luc), (with, other)) = (world(false), world(true));
    assert_eq!(seen(&without, luc), seen(&with, other));
    assert_ne!(seen(&without, without.archive.owner()), seen(&with, with.archive.owner()), "the worlds do differ");
}

/// Absent and refused: one answer, one sentence, and as many looks into the store.
#[test]
fn what_is_refused_answers_like_what_was_never_there() {
    let store = Arc::new(OpenStore::default());
    let world = World::over(store.clone()).unwrap();
    house(&world);
    let luc = person(&world, "Luc", "NP");
    mandate(&world, luc, "2");
    let hidden = world.capture_into("/a", "caché", Some("1"), &Marking::np()).unwrap().unwrap();
    let secret = world.capture_into("/b", "secret", Some("2"), &"S".parse().unwrap()).unwrap().unwrap();
    let known = world.capture_into("/c", "connu", Some("2"), &Marking::np()).unwrap().unwrap();
    let counting = Arc::new(Troubled::new(store, Trouble::Fails, u64::MAX));
    let archive = Archive::open(world.home.path(), &options(counting.clone())).unwrap();
    let session = archive.session(luc).unwrap();
    archive.show(&session, known).unwrap();
    let absent = RecordId::from_bits(42);
    let told = |id: RecordId| {
        let before = counting.calls();
        let answers = [
            archive.show(&session, id).map(drop).unwrap_err(),
            archive.component(&session, id, 1).map(drop).unwrap_err(),
            archive.text(&session, id).map(drop).unwrap_err(),
        ];
        let sentences = answers.map(|why| {
            assert_eq!(why.kind, Kind::NotFound);
            (why.problem.en.replace(&id.to_string(), "ID"), why.remedy.en)
        });
        (sentences, counting.calls() - before)
    };
    assert_eq!(told(hidden), told(absent));
    assert_eq!(told(secret), told(absent));
    let code = |code: &str| {
        let why = archive.capturer(session.clone(), Some(code), &Marking::np()).err().unwrap();
        (why.kind, why.problem.en.replace(code, "CODE"), why.remedy.en)
    };
    assert_eq!(code("1.1"), code("9"));
}

/// The audit names who read, not on whose behalf it was narrowed; and only those who watch over it see it.
#[test]
fn who_read_a_marked_record_is_told_apart_from_who_looked_over_the_shoulder() {
    let world = World::new();
    let owner = house(&world);
    let luc = person(&world, "Luc", "S");
    mandate(&world, luc, "1");
    let id = world.capture_into("/a/plan.txt", "Plan de vol", Some("1"), &"S".parse().unwrap()).unwrap().unwrap();
    let as_luc = world.archive.session(luc).unwrap();
    world.archive.component(&owner.clone().narrowed_by(as_luc.clone()), id, 1).unwrap();
    world.archive.text(&as_luc, id).unwrap();
    let given = |session: &Session| -> Vec<String> {
        let history = world.archive.show(session, id).unwrap().history;
        let given = history.into_iter().filter(|line| matches!(line.act.deed, Deed::Disclose { .. }));
        given.map(|line| line.by).collect()
    };
    assert_eq!(given(&owner), ["Ada", "Luc"]);
    assert_eq!(given(&as_luc), [""; 0]);
    // Of what bears no marking nobody keeps count.
    let open = world.capture_into("/a/menu.txt", "Potage", Some("1"), &Marking::np()).unwrap().unwrap();
    world.archive.component(&owner, open, 1).unwrap();
    assert_eq!(world.archive.show(&owner, open).unwrap().history.len(), 1);
}

/// Completions come from what may be known alone: the same words, in the same order, whatever else there is.
#[test]
fn completions_owe_nothing_to_what_may_not_be_known() {
    let world = World::new();
    let owner = house(&world);
    let np = Marking::np();
    for (name, into) in [("réception.txt", "1"), ("récolte.txt", "1"), ("récolte tardive.txt", "1"), ("recette.txt", "1")] {
        world.capture_into(&format!("/a/{name}"), name, Some(into), &np).unwrap().unwrap();
    }
    let luc = person(&world, "Luc", "NP");
    mandate(&world, luc, "1");
    world.archive.index().unwrap();
    let said = || world.archive.complete(&world.archive.session(luc).unwrap(), "rec").unwrap();
    assert_eq!(said(), ["récolte", "réception", "recette"]);
    for number in 0..20 {
        let (into, marking) = if number % 2 == 0 { ("2", "NP") } else { ("1", "NP+SF") };
        let marking: Marking = marking.parse().unwrap();
        let session = world.archive.session(world.archive.owner()).unwrap();
        if session.clearance.dominates(&marking) {
            world
                .capture_into(&format!("/s/recette réservée {number}.txt"), &number.to_string(), Some(into), &marking)
                .unwrap()
                .unwrap();
        }
    }
    world.archive.index().unwrap();
    assert_eq!(said(), ["récolte", "réception", "recette"]);
    assert_eq!(world.archive.complete(&owner, "rec").unwrap()[0], "recette", "whoever may know them is told");
    assert!(world.archive.complete(&owner, "réserv").unwrap().contains(&"réservée".to_owned()));
    for begin in ["r", "", "re*", "re\"", "ré sol"] {
        assert!(world.archive.complete(&owner, begin).unwrap().is_empty(), "{begin}");
    }
}
