//! Groups of persons: whoever is in one knows by its mandates for as long as they are, nobody else does or is told of it, and a
//! past day is told as it was, also after a rebuild.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use chartrier_engine::{
    Kind,
    archive::{Archive, Changed, Covering, DisclosureRequest, GroupRequest, MandateRequest, PersonRequest, Through, rebuild},
    policy::Session,
};
use chartrier_schemas::{
    GroupId, MandateId, Marking, PersonId, RecordId,
    persisted::v1::{Deed, PersonRole, Whom},
};
use chartrier_tests::{
    binary::Desk,
    browse::{Forward, Served},
    documents::Seeded,
    world::World,
};
use jiff::SignedDuration;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

const CODES: [&str; 3] = ["1", "2", "3"];

/// A house whose time a test puts forward: three classes with a secret record each.
struct House {
    world: World,
    clock: Forward,
    records: Vec<RecordId>,
}

impl House {
    fn new() -> Self {
        let (mut world, clock) = (World::new(), Forward::default());
        world.options.clock = Arc::new(clock.clone());
        world.reopen().unwrap();
        let ada = world.session();
        world.archive.clear_person(&ada, ada.person, &"S".parse().unwrap(), "nommée").unwrap();
        let record = |code: &&str| {
            world.archive.add_class(&world.session(), code, code, None).unwrap();
            world.capture_into(&format!("/r/{code}"), code, Some(*code), &"S".parse().unwrap()).unwrap().unwrap()
        };
        let records = CODES.iter().map(record).collect();
        world.archive.index().unwrap();
        clock.by(SignedDuration::from_secs(1));
        Self { world, clock, records }
    }

    fn archive(&self) -> &Archive {
        &self.world.archive
    }

    fn ada(&self) -> Session {
        self.world.session()
    }

    fn person(&self, name: &str, roles: &[PersonRole], clearance: &str) -> PersonId {
        let clearance = clearance.parse().unwrap();
        let request = PersonRequest { name: name.into(), roles: roles.to_vec(), clearance, reason: Some("recruté".into()) };
        self.archive().add_person(&self.ada(), &request).unwrap()
    }

    fn group(&self, name: &str, members: &[PersonId]) -> GroupId {
        let request = GroupRequest { name: name.into(), reason: format!("raison de {name}"), members: members.to_vec() };
        self.archive().add_group(&self.ada(), &request).unwrap()
    }

    fn give(&self, whom: impl Into<Whom>, on: &str, reason: &str) -> MandateId {
        let request = MandateRequest { whom: whom.into(), on: Some(on.into()), until: None, reason: reason.into() };
        self.archive().add_mandate(&self.ada(), &request).unwrap()
    }

    fn change(&self, group: GroupId, add: &[PersonId], remove: &[PersonId]) -> bool {
        self.archive().change_members(&self.ada(), group, add, remove, "relève").unwrap()
    }

    fn later(&self) {
        self.clock.by(SignedDuration::from_secs(1));
    }
}

fn reasons(mandates: &[Covering]) -> BTreeSet<String> {
    mandates.iter().map(|one| one.reason.clone()).collect()
}

/// What there should be, kept beside the archive in the plainest way.
#[derive(Default)]
struct Model {
    groups: BTreeMap<GroupId, BTreeSet<PersonId>>,
    mandates: BTreeMap<MandateId, (Whom, usize, String)>,
    given: Vec<(PersonId, RecordId, BTreeSet<String>)>,
}

impl Model {
    fn why(&self, person: PersonId, class: usize) -> BTreeSet<String> {
        let reaches = |whom: Whom| match whom {
            Whom::Person(one) => one == person,
            Whom::Group(group) => self.groups.get(&group).is_some_and(|members| members.contains(&person)),
            Whom::Everyone => true,
        };
        let covers = self.mandates.values().filter(|(whom, on, _)| *on == class && reaches(*whom));
        covers.map(|(_, _, reason)| reason.clone()).collect()
    }
}

/// One step by chance.
fn step(house: &House, model: &mut Model, persons: &[PersonId], random: &mut Seeded, number: usize) {
    let mut draw = |most: usize| random.below(most as u64) as usize;
    let (archive, ada) = (house.archive(), house.ada());
    let groups: Vec<GroupId> = model.groups.keys().copied().collect();
    let mandates: Vec<MandateId> = model.mandates.keys().copied().collect();
    let person = persons[draw(persons.len())];
    match draw(12) {
        0 | 1 if groups.len() < 4 => {
            let group = house.group(&format!("groupe {number}"), &[person]);
            model.groups.insert(group, BTreeSet::from([person]));
        }
        2..=4 if !groups.is_empty() => {
            let group = groups[draw(groups.len())];
            let members = model.groups.get_mut(&group).unwrap();
            let joins = !members.contains(&person);
            let done = match joins {
                true => house.change(group, &[person], &[]),
                false => house.change(group, &[], &[person]),
            };
            assert!(done && if joins { members.insert(person) } else { members.remove(&person) });
        }
        5 if !groups.is_empty() && draw(3) == 0 => {
            let group = groups[draw(groups.len())];
            assert!(archive.dissolve_group(&ada, group, "fini").unwrap());
            model.groups.remove(&group);
            model.mandates.retain(|_, (whom, _, _)| *whom != Whom::Group(group));
        }
        6 | 7 if !mandates.is_empty() => {
            let mandate = mandates[draw(mandates.len())];
            assert!(archive.end_mandate(&ada, mandate, "fini").unwrap());
            model.mandates.remove(&mandate);
        }
        _ => {
            let whom = match draw(8) {
                0 => Whom::Everyone,
                1 | 2 => person.into(),
                _ if !groups.is_empty() => groups[draw(groups.len())].into(),
                _ => return,
            };
            let (on, reason) = (draw(CODES.len()), format!("m{number}"));
            model.mandates.insert(house.give(whom, CODES[on], &reason), (whom, on, reason));
        }
    }
}

/// Everything that the archive says of who knows what now, against the model.
fn compare(house: &House, model: &mut Model, persons: &[PersonId], know: &dyn Fn(PersonId) -> bool, random: &mut Seeded) {
    let (archive, ada) = (house.archive(), house.ada());
    for (class, record) in house.records.iter().copied().enumerate() {
        let told = archive.who_may_know(&ada, record).unwrap();
        for person in persons.iter().copied() {
            let session = archive.session(person).unwrap();
            let why = model.why(person, class);
            let expected = know(person) && !why.is_empty();
            assert_eq!(archive.show(&session, record).is_ok(), expected, "{person} {record} {why:?}");
            let line = told.iter().find(|line| line.person == person);
            assert_eq!(line.map(|line| reasons(&line.mandates)), expected.then(|| why.clone()));
            if expected {
                assert_eq!(reasons(&archive.own_knowing(&session, record).unwrap()), why);
                if random.below(5) == 0 {
                    archive.text(&session, record).unwrap();
                    model.given.push((person, record, why));
                }
            }
        }
    }
    for person in persons.iter().copied() {
        let session = archive.session(person).unwrap();
        let mut listed = BTreeSet::new();
        archive.list(&session, "", &mut |line| listed.extend([line.id])).unwrap();
        let knows = |class: usize| know(person) && !model.why(person, class).is_empty();
        let expected = (0..CODES.len()).filter(|class| knows(*class)).map(|class| house.records[class]).collect();
        assert_eq!(listed, expected, "the filter for {person}");
        let groups: BTreeSet<GroupId> = archive.groups(&session).unwrap().into_iter().map(|row| row.id).collect();
        let own = model.groups.iter().filter(|(_, members)| members.contains(&person)).map(|(group, _)| *group);
        assert_eq!(groups, own.collect(), "everybody sees the groups that they are in");
    }
}

fn given(archive: &Archive) -> Vec<(PersonId, RecordId, BTreeSet<String>)> {
    let session = archive.session(archive.owner()).unwrap();
    let request = DisclosureRequest { limit: 10_000, ..DisclosureRequest::default() };
    let lines = archive.disclosures(&session, &request).unwrap().lines.into_iter().rev();
    lines.map(|line| (line.person, line.record, reasons(&line.mandates))).collect()
}

/// All that is said of groups, to compare before and after a rebuild.
fn told(archive: &Archive) -> Vec<String> {
    let ada = archive.session(archive.owner()).unwrap();
    let mut lines = Vec::new();
    for row in archive.groups(&ada).unwrap() {
        lines.push(format!("{row:?} {:?}", archive.group_members(&ada, row.id).unwrap()));
        lines.push(format!("{:?}", archive.mandate_lines(&ada, Some(row.id.into())).unwrap()));
        lines.push(format!("{:?}", archive.group_history(&ada, row.id).unwrap()));
    }
    for person in archive.persons(&ada).unwrap() {
        lines.push(format!("{:?} {:?}", archive.groups_of(&ada, person.id).unwrap(), archive.session(person.id).unwrap()));
    }
    lines
}

fn rebuilt(house: House) -> (Archive, tempfile::TempDir) {
    let World { home, options, archive, .. } = house.world;
    drop(archive);
    rebuild(home.path(), &options, &mut |_, _| {}).unwrap();
    (Archive::open(home.path(), &options).unwrap(), home)
}

/// Groups made, joined, left, given mandates and dissolved by chance: sessions, filter, who may know and, for every past moment,
/// who was given what by which mandate are what a plain model says; and the store alone gives the same answers.
#[test]
fn whoever_is_in_a_group_knows_by_its_mandates_while_they_are() {
    let house = House::new();
    let staff = [PersonRole::Staff];
    let mut persons: Vec<PersonId> = (0..4).map(|number| house.person(&format!("P{number}"), &staff, "S")).collect();
    let (nobody, uncleared) = (house.person("Sans rôle", &[], "S"), house.person("Non habilité", &staff, "NP"));
    persons.extend([nobody, uncleared]);
    let (mut model, mut random) = (Model::default(), Seeded(11));
    let know = |person: PersonId| ![nobody, uncleared].contains(&person);
    for number in 0..150 {
        house.later();
        step(&house, &mut model, &persons, &mut random, number);
        compare(&house, &mut model, &persons, &know, &mut random);
    }
    assert!(model.given.len() > 100, "{}", model.given.len());
    let ended = given(house.archive()).iter().filter(|(_, _, why)| why.len() > 1).count();
    assert!(ended > 10, "several mandates at once: {ended}");
    assert_eq!(given(house.archive()), model.given, "what let them, at that time");
    let before = told(house.archive());
    let (archive, _home) = rebuilt(house);
    assert_eq!(told(&archive), before);
    assert_eq!(given(&archive), model.given, "after a rebuild");
}

/// Each decision about a group is an act with its reason, says what it changed, and changes nothing the second time.
#[test]
fn each_decision_about_a_group_is_an_act() {
    let house = House::new();
    let (archive, ada) = (house.archive(), house.ada());
    let (luc, eve) = (house.person("Luc", &[PersonRole::Staff], "S"), house.person("Eve", &[PersonRole::Staff], "S"));
    let group = house.group("Voyages", &[luc]);
    let told = |why: chartrier_engine::Error| (why.kind, why.problem.en);
    for (name, reason) in [("Voyages", "x"), (" ", "x"), ("Autre", " ")] {
        let request = GroupRequest { name: name.into(), reason: reason.into(), members: Vec::new() };
        assert_eq!(archive.add_group(&ada, &request).unwrap_err().kind, Kind::Invalid, "{name} {reason}");
    }
    assert_eq!(archive.change_members(&ada, group, &[eve], &[], "").unwrap_err().kind, Kind::Invalid, "a reason is due");
    assert_eq!(archive.change_members(&ada, group, &[PersonId::from_bits(1)], &[], "x").unwrap_err().kind, Kind::NotFound);
    assert!(house.change(group, &[eve, luc], &[luc]));
    assert!(!house.change(group, &[eve], &[luc]), "the second time");
    assert!(archive.rename_group(&ada, group, " Déplacements ", "plus clair").unwrap());
    assert!(!archive.rename_group(&ada, group, "Déplacements", "plus clair").unwrap());
    let mandate = house.give(group, "1", "préparation");
    let marked = {
        archive.clear_person(&ada, ada.person, &"S".parse().unwrap(), "nommée").unwrap();
        let request =
            MandateRequest { whom: group.into(), on: Some(house.records[1].to_string()), until: None, reason: "plan".into() };
        archive.add_mandate(&house.ada(), &request).unwrap()
    };
    house.later();
    assert!(archive.dissolve_group(&ada, group, "mission finie").unwrap());
    assert!(!archive.dissolve_group(&ada, group, "mission finie").unwrap());
    let lines = archive.group_history(&ada, group).unwrap();
    let changed: Vec<(bool, Option<&str>, Vec<Changed>)> = lines
        .iter()
        .map(|line| (matches!(line.act.deed, Deed::Dissolve { .. }), line.reason.as_deref(), line.changed.clone()))
        .collect();
    let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    assert_eq!(
        changed,
        [
            (true, Some("mission finie"), vec![]),
            (false, Some("plus clair"), vec![Changed::Name("Voyages".into(), "Déplacements".into())]),
            (false, Some("relève"), vec![Changed::Members(names(&["Eve"]), names(&["Luc"]))]),
            (false, None, vec![]),
        ]
    );
    assert!(lines.iter().all(|line| line.by == "Ada"));
    // Each mandate ends by an act of its own, with the reason, under the label where it lies.
    for line in archive.mandate_lines(&ada, Some(group.into())).unwrap() {
        assert_eq!((line.in_force, line.end_reason.as_deref()), (false, Some("mission finie")), "{line:?}");
        assert!(matches!(&line.through, Through::Group(id, name) if *id == group && name == "Déplacements"));
        assert!([mandate, marked].iter().any(|id| id.to_string() == line.row.id));
    }
    // What is over stays as it was, and its name says what it was.
    let row = archive.group(&ada, group).unwrap();
    assert!(row.dissolved.is_some() && row.reason == "raison de Voyages");
    let request = MandateRequest { whom: group.into(), on: None, until: None, reason: "x".into() };
    for why in [
        archive.add_mandate(&ada, &request).map(drop).unwrap_err(),
        archive.change_members(&ada, group, &[luc], &[], "x").map(drop).unwrap_err(),
        archive.rename_group(&ada, group, "x", "x").map(drop).unwrap_err(),
    ] {
        assert_eq!(told(why), (Kind::Invalid, "The group Déplacements was dissolved.".to_owned()));
    }
    let again = GroupRequest { name: "Déplacements".into(), reason: "x".into(), members: Vec::new() };
    assert!(archive.add_group(&ada, &again).unwrap_err().problem.en.contains("was dissolved"));
    house.group("Voyages", &[]);

    // A person's history says from what to what, too.
    archive.set_roles(&ada, luc, &[PersonRole::Staff, PersonRole::Archivist], "formé").unwrap();
    archive.save_search(&archive.session(luc).unwrap(), "Roses", "roses").unwrap();
    archive.clear_person(&ada, luc, &Marking::np(), "fin").unwrap();
    let changed: Vec<Vec<Changed>> = archive.person_history(&ada, luc).unwrap().into_iter().map(|line| line.changed).collect();
    let (staff, archivist) = (PersonRole::Staff, PersonRole::Archivist);
    assert_eq!(
        changed,
        [
            vec![Changed::Clearance("S".parse().unwrap(), Marking::np())],
            vec![],
            vec![Changed::Roles(vec![staff], vec![staff, archivist])],
            vec![],
        ]
    );
}

/// Everything that somebody can be told of groups and mandates, without ids and times.
fn seen(house: &House, person: PersonId, other: GroupId) -> Vec<String> {
    let archive = house.archive();
    let session = archive.session(person).unwrap();
    let mut lines: Vec<String> = archive.groups(&session).unwrap().into_iter().map(|row| row.name).collect();
    lines.extend(archive.groups_of(&session, person).unwrap().into_iter().map(|one| format!("{} {:?}", one.name, one.until)));
    lines.extend(archive.mandates(&session).unwrap().into_iter().map(|row| format!("{} {:?}", row.reason, row.until)));
    lines.extend(archive.mandate_lines(&session, Some(person.into())).unwrap().into_iter().map(|line| line.row.reason));
    lines.push(format!("{:?}", archive.mandates_in_force(&session).unwrap().values().collect::<Vec<_>>()));
    lines.extend(archive.person_history(&session, person).unwrap().into_iter().map(|line| format!("{:?}", line.changed)));
    lines.extend(archive.classes(&session).unwrap().into_iter().map(|row| row.code));
    // Equal dates are told in no order that means something.
    let mut names = BTreeSet::new();
    archive.list(&session, "", &mut |line| names.extend([line.name])).unwrap();
    lines.extend(names);
    let refused = [
        archive.group(&session, other).map(drop),
        archive.group_members(&session, other).map(drop),
        archive.group_named(&session, "Affaire réservée").map(drop),
        archive.group_history(&session, other).map(drop),
        archive.mandate_lines(&session, Some(other.into())).map(drop),
        archive.dissolve_group(&session, other, "x").map(drop),
        archive.change_members(&session, other, &[], &[], "x").map(drop),
        archive.who_may_know(&session, house.records[2]).map(drop),
    ];
    let said = |why: chartrier_engine::Error| {
        let problem = why.problem.en.replace(&other.to_string(), "ID").replace(&house.records[2].to_string(), "REC");
        format!("{:?} {problem} {}", why.kind, why.remedy.en)
    };
    lines.extend(refused.map(|answer| said(answer.unwrap_err())));
    lines
}

/// Worlds that differ in groups that somebody is not in (any more, or not yet) look the same to them, to the last refusal.
#[test]
fn a_group_that_one_is_not_in_is_not_there() {
    let world = |kind: u32| {
        let house = House::new();
        let luc = house.person("Luc", &[PersonRole::Staff], "S");
        let eve = house.person("Eve", &[PersonRole::Staff], "S");
        let own = house.group("Jardins", &[luc]);
        house.give(own, "1", "jardinier");
        house.give(Whom::Everyone, "2", "accueil");
        let mut other = GroupId::from_bits(42);
        if kind > 0 {
            // A mandate that was over before he came, on what he is given otherwise.
            let old = house.give(own, "3", "avant");
            house.archive().end_mandate(&house.ada(), old, "fini").unwrap();
            let old = house.give(Whom::Everyone, "3", "avant, pour tous");
            house.archive().end_mandate(&house.ada(), old, "fini").unwrap();
            other = house.group("Affaire réservée", &[eve]);
            house.give(other, "3", "affaire");
        }
        if kind > 1 {
            house.change(other, &[luc], &[]);
            house.later();
            assert!(house.archive().show(&house.archive().session(luc).unwrap(), house.records[2]).is_ok());
            house.change(other, &[], &[luc]);
            house.later();
            house.give(other, "3", "affaire, suite");
        }
        if kind > 2 {
            house.archive().dissolve_group(&house.ada(), other, "close").unwrap();
        }
        (seen(&house, luc, other), told(house.archive()))
    };
    let worlds: Vec<_> = (0..4).map(world).collect();
    for (number, (seen, told)) in worlds.iter().enumerate().skip(1) {
        assert_eq!(seen, &worlds[0].0, "world {number}");
        assert_ne!(told, &worlds[0].1, "the worlds do differ");
    }
    assert!(worlds[0].0.contains(&"jardinier None".to_owned()) && worlds[0].0.contains(&"accueil None".to_owned()));
}

/// What an officer does on the pages of groups, and what everybody is told of it.
#[test]
fn the_pages_make_change_and_name_groups() {
    let house = House::new();
    let luc = house.person("Luc Émile", &[PersonRole::Staff], "S");
    let served = Served::over(&house.world);
    [&served.clock, &house.clock].iter().for_each(|clock| clock.by(SignedDuration::from_mins(1)));
    let (ada, visitor) = (served.signed_in(house.archive().owner()), served.signed_in(luc));
    let made = ada.post("/groups", &[("name", "Visites d’État"), ("reason", "les préparer")]);
    let page = made.header("location").unwrap().to_owned();
    let group: GroupId = page.strip_prefix("/groups/").unwrap().parse().unwrap();
    let at = |what: &str| format!("{page}/{what}");
    let unit = format!("/unit/{}", house.records[0]);
    for (form, status) in [
        (vec![("reason", "x")], 400),
        (vec![("join-1", "Personne de ce nom"), ("reason", "x")], 404),
        (vec![("join-2", "Luc Émile")], 400),
        (vec![("join-2", " Luc Émile "), ("reason", "arrivée")], 303),
    ] {
        assert_eq!(ada.post(&at("join"), &form).status, status, "{form:?}");
    }
    assert_eq!(visitor.get(&unit).status, 404);
    assert_eq!(ada.post(&at("mandates"), &[("on", "1"), ("reason", "préparation")]).status, 303);
    assert_eq!(ada.post("/groups/everyone/mandates", &[("on", "2"), ("reason", "accueil de tous")]).status, 303);
    let through = "through the group Visites d’État";
    assert!(visitor.get(&unit).text().contains(through));
    house.archive().text(&house.archive().session(luc).unwrap(), house.records[0]).unwrap();
    for (reader, path, part) in [
        (&ada, page.as_str(), "préparation"),
        (&ada, &page, "came in: Luc Émile"),
        (&ada, "/groups", "les préparer"),
        (&ada, "/groups/everyone", "accueil de tous"),
        (&ada, &format!("/persons/{luc}"), through),
        (&ada, &format!("/persons/{luc}"), "as one of the house"),
        (&ada, &format!("{unit}/who"), through),
        (&ada, "/disclosures", through),
        (&visitor, "/account", through),
        (&visitor, "/account", "<h3>Visites d’État</h3>"),
        (&visitor, &format!("/unit/{}", house.records[1]), "as one of the house"),
    ] {
        let text = reader.get(path).text();
        assert!(text.contains(part), "{part} on {path}: {text}");
    }
    // A mandate is ended where it was given: not on the page of somebody whom it reaches.
    assert!(!ada.get(&format!("/persons/{luc}")).text().contains("End this mandate"));
    assert!(ada.get(&page).text().contains("End this mandate"));
    for path in ["/groups", page.as_str(), "/groups/everyone", "/groups/grp-00000000000000000000000000", "/persons/names?begin=l"]
    {
        assert_eq!(visitor.get(path).status, 403, "{path}");
    }
    assert_eq!(ada.get(&format!("/groups/{luc}")).status, 404, "a person is no group");
    served.clock.by(SignedDuration::from_mins(1));
    assert_eq!(ada.post(&at("leave"), &[(&luc.to_string(), "yes"), ("reason", "muté")]).status, 303);
    assert_eq!(visitor.get(&unit).status, 404);
    assert!(!visitor.get("/account").text().contains("Visites"), "who is out is told no more of it");
    assert!(ada.get("/disclosures").text().contains(through), "what let him, at that time");
    assert_eq!(ada.post(&at("name"), &[("name", "Visites"), ("reason", "plus court")]).status, 303);
    assert_eq!(ada.post(&at("dissolve"), &[("reason", "plus de visites")]).status, 303);
    let text = ada.get(&page).text();
    for part in ["name: Visites (before: Visites d’État)", "went out: Luc Émile", "plus de visites", "Who was in it"] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert!(!text.contains("Give a mandate") && house.archive().group(&house.ada(), group).unwrap().dissolved.is_some());
}

/// Persons are found by a part of their name and shown page by page; what was decided about them says from what to what.
#[test]
fn persons_are_found_and_turned_page_by_page() {
    let house = House::new();
    let eve = house.person("Ève Durand", &[PersonRole::Staff], "S");
    for number in 0..52 {
        house.person(&format!("Agent {number:02}"), &[PersonRole::Staff], "NP");
    }
    house.archive().set_roles(&house.ada(), eve, &[PersonRole::Archivist], "formée").unwrap();
    let served = Served::over(&house.world);
    let ada = served.signed_in(house.archive().owner());
    let shown = |path: &str| ada.get(path).text();
    let first = shown("/persons");
    assert!(first.contains(">Agent 00</a>") && first.contains("1 of 2") && !first.contains("Durand"), "{first}");
    let second = shown("/persons?page=2");
    assert!(second.contains("Ève Durand") && second.contains("rel=\"prev\"") && !second.contains(">Agent 00</a>"));
    let found = shown("/persons?q=dur+EVE");
    assert!(found.contains("Ève Durand") && !found.contains(">Agent"), "{found}");
    assert!(shown("/persons?q=personne").contains("Nobody goes by that."));
    assert_eq!(ada.get("/persons/names?begin=dura").text(), "[\"Ève Durand\"]");
    assert!(shown(&format!("/persons/{eve}")).contains("roles: archivist (before: staff)"));
}

/// The command line: the same verbs, for scripts too.
#[test]
fn groups_on_the_command_line() {
    let desk = Desk::new();
    desk.run(["class", "add", "1", "Cuisine"]).with_code(0);
    for name in ["luc", "eve"] {
        desk.run(["person", "add", name]).with_code(0);
    }
    let text = desk.file("note.txt", "Potage");
    desk.run(["ingest", &text, "--into", "1"]).with_code(0);
    let made = desk.run(["group", "add", "Cuisiniers", "--add", "luc", "--reason", "métier", "--json"]).with_code(0).json();
    let id = made["id"].as_str().unwrap();
    assert!(id.starts_with("grp-"));
    desk.run(["group", "add", "Cuisiniers", "--reason", "métier"]).with_code(2);
    desk.run(["mandate", "add", "--group", "Cuisiniers", "--on", "1", "--reason", "menus"]).with_code(0);
    let hits = |person: &str| desk.run(["search", "potage", "--as", person, "--json"]).with_code(0).json()["total"].clone();
    assert_eq!((hits("luc"), hits("eve")), (1.into(), 0.into()));
    let change = ["group", "members", "Cuisiniers", "--add", "eve", "--remove", "luc", "--reason", "relève", "--json"];
    assert_eq!(desk.run(change).with_code(0).json()["changed"], true);
    assert_eq!(desk.run(change).with_code(0).json()["changed"], false, "the second time");
    assert_eq!((hits("luc"), hits("eve")), (0.into(), 1.into()));
    desk.run(["mandate", "add", "--everyone", "--on", "1", "--until", "2999-12-31", "--reason", "pour tous"]).with_code(0);
    assert_eq!(hits("luc"), 1);
    let lines = desk.run(["mandate", "list", "--json"]).with_code(0).lines();
    let given: Vec<_> = lines.iter().map(|line| (&line["person"], &line["group"], &line["everyone"], &line["name"])).collect();
    let (null, no, yes) = (serde_json::Value::Null, false.into(), true.into());
    assert!(given[0].0.is_string() && given[0].3 == "ada", "{given:?}");
    assert_eq!(given[1..], [(&null, &made["id"], &no, &made["name"]), (&null, &null, &yes, &null)]);
    assert!(desk.run(["mandate", "list"]).with_code(0).out.contains("the whole house"));
    let shown = desk.run(["group", "show", id, "--json"]).with_code(0).json();
    let members: Vec<_> = shown["members"].as_array().unwrap().iter().map(|one| (&one["name"], one["until"].is_null())).collect();
    assert_eq!(members, [(&"luc".into(), false), (&"eve".into(), true)]);
    assert_eq!((&shown["mandates"][0]["code"], &shown["size"]), (&"1".into(), &1.into()));
    desk.run(["group", "rename", "Cuisiniers", "Cuisine", "--reason", "plus court"]).with_code(0);
    desk.run(["group", "dissolve", "Cuisine", "--reason", "fin"]).with_code(0);
    assert!(desk.run(["group", "dissolve", "Cuisine", "--reason", "fin"]).with_code(0).out.contains("so already"));
    assert!(desk.run(["group", "list"]).with_code(0).out.contains("dissolved"));
    assert!(desk.run(["group", "show", "Cuisine"]).with_code(0).out.contains("menus"));
    // To nobody, or to two at once: nothing is given. What is absent is looked for where it is listed.
    desk.run(["mandate", "add", "--reason", "x"]).with_code(2);
    desk.run(["mandate", "add", "luc", "--everyone", "--reason", "x"]).with_code(2);
    desk.run(["group", "members", "Cuisine", "--reason", "x"]).with_code(2);
    assert!(desk.run(["group", "show", "Jardiniers"]).with_code(3).err.contains("chartrier group list"));
    let report = desk.run(["verify"]).with_code(0);
    assert!(report.err.is_empty(), "{}", report.err);
}
