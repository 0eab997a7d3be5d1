//! Filing and taking back, describing, suggesting, and changing many records as a job: each is an act of the person who asked
//! for it, asks what that person may do at that moment, and survives a rebuild.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use chartrier_engine::{
    Kind,
    archive::{self, Change, PersonRequest, SearchRequest, SearchResult, Statement},
    index::{FacetName, Sort},
    policy::Session,
};
use chartrier_schemas::{Extraction, Marking, PersonId, RecordId, persisted::v1::PersonRole};
use chartrier_tests::world::World;

fn house() -> (World, Session) {
    let world = World::new();
    let session = world.session();
    for (code, title, under) in [("1", "Cuisine", None), ("1.1", "Menus", Some("1")), ("2", "Jardins", None)] {
        world.archive.add_class(&session, code, title, under).unwrap();
    }
    world.archive.add_dossier(&session, "2024-1", "Visite", Some("2")).unwrap();
    (world, session)
}

fn person(world: &World, name: &str, roles: &[PersonRole], on: Option<&str>) -> PersonId {
    let request = PersonRequest { name: name.to_owned(), roles: roles.to_vec(), clearance: Marking::np(), reason: None };
    let person = world.archive.add_person(&world.session(), &request).unwrap();
    let mandate =
        archive::MandateRequest { whom: person.into(), on: on.map(str::to_owned), until: None, reason: "son travail".to_owned() };
    world.archive.add_mandate(&world.session(), &mandate).unwrap();
    person
}

fn class(world: &World, id: RecordId) -> Option<String> {
    world.archive.show(&world.session(), id).unwrap().class
}

fn titles(world: &World, words: &str) -> Vec<String> {
    world.archive.index().unwrap();
    let request = SearchRequest { words, sort: Sort::Date, limit: 20, offset: 0, facets: &[] };
    let found = world.archive.search(&world.session(), &request).unwrap();
    found.hits.into_iter().map(|hit| hit.line.title).collect()
}

/// What was found is kept in memory: pages of it are parts of one list, however far they lie, and nothing outlives a change.
#[test]
fn pages_of_results_are_parts_of_one_list() {
    let (world, session) = house();
    for number in 0..70 {
        world.capture(&format!("/p/{number}.txt"), &format!("Pivoines, planche {number}")).unwrap().unwrap();
    }
    world.archive.index().unwrap();
    let ask = |limit, offset| {
        let request = SearchRequest { words: "pivoines", sort: Sort::Relevance, limit, offset, facets: &[FacetName::Class] };
        world.archive.search(&session, &request).unwrap()
    };
    let ids = |limit, offset| ask(limit, offset).hits.into_iter().map(|hit| hit.line.id).collect::<Vec<_>>();
    let pages: Vec<RecordId> = (0..5).flat_map(|page| ids(20, page * 20)).collect();
    assert_eq!((pages.len(), &pages), (70, &ids(usize::MAX, 0)), "as many as anybody can ask for");
    assert_eq!(pages[3..], ids(usize::MAX, 3));
    assert_eq!(ask(1, 0).facets["class"], [(None, 70)]);
    world.archive.file(&session, &pages[..30], Some("1.1")).unwrap();
    assert_eq!(ask(1, 0).facets["class"], [(None, 40), (Some("1.1".to_owned()), 30)], "the same question after a change");
}

/// Segments are searched side by side, and none looks for what another has outdone; what may be known is remembered. The first
/// hits are those of the whole list for all that, and of each person's own.
#[test]
fn the_best_of_several_segments_are_the_best_of_all() {
    let (world, session) = house();
    for batch in 0..5 {
        for number in 0..60 {
            let text = format!("{} lis {batch} {number}", "rose ".repeat(1 + (number * 7 + batch * 3) % 13));
            let place = [None, Some("1.1"), Some("2")][number % 3];
            world.capture_into(&format!("/s/{batch}-{number}.txt"), &text, place, &Marking::np()).unwrap().unwrap();
        }
        world.archive.index().unwrap();
    }
    let menus = world.archive.session(person(&world, "Luc", &[PersonRole::Staff], Some("1.1"))).unwrap();
    for (session, places) in [(session, &[None, Some("1.1"), Some("2")][..]), (menus, &[Some("1.1")])] {
        for words in ["rose", "rose lis", "ros*", "\"rose lis\"", "rose OR lis", "rose class:1.1"] {
            // The same words with other spaces are another question: nothing is answered from memory.
            let ask = |limit: usize, spaces: usize| {
                let (words, facets) = (words.to_owned() + &" ".repeat(spaces), &[FacetName::Class]);
                world
                    .archive
                    .search(&session, &SearchRequest { words: &words, sort: Sort::Relevance, limit, offset: 0, facets })
                    .unwrap()
            };
            let ids = |result: &SearchResult| result.hits.iter().map(|hit| hit.line.id).collect::<Vec<_>>();
            let all = ask(1_000, 0);
            let expected: Vec<(Option<String>, u64)> = places
                .iter()
                .filter(|place| !words.contains(':') || **place == Some("1.1"))
                .map(|place| (place.map(str::to_owned), 100))
                .collect();
            assert_eq!((all.total as usize, &all.facets["class"]), (100 * expected.len(), &expected), "{words}");
            assert!(all.hits.is_sorted_by(|one, other| one.score >= other.score), "{words}");
            for (spaces, limit) in (1..).zip([1, 7, 60, 99]) {
                let some = ask(limit, spaces);
                assert_eq!((some.total, ids(&some)), (all.total, ids(&all)[..limit].to_vec()), "{words} {limit}");
                assert_eq!(some.facets["class"], expected, "{words} {limit}");
            }
        }
    }
}

#[test]
fn a_filing_is_taken_back_unless_it_was_filed_again_since() {
    let (world, session) = house();
    let inbox = world.capture("/a/potage.txt", "Potage").unwrap().unwrap();
    let menus = world.capture_into("/a/turbot.txt", "Turbot", Some("1.1"), &Marking::np()).unwrap().unwrap();
    let visit = world.capture_into("/a/visite.txt", "Visite", Some("2024-1"), &Marking::np()).unwrap().unwrap();
    let all = [inbox, menus, visit];
    let filed = world.archive.file(&session, &all, Some("2")).unwrap();
    assert_eq!((filed.moved, filed.act.is_some()), (3, true));
    assert_eq!(world.archive.file(&session, &all, Some("2")).unwrap().act, None, "nothing moved: nothing was done");
    world.archive.file(&session, &[menus], Some("1")).unwrap();
    world.archive.close_dossier(&session, "2024-1", true).unwrap();

    let undone = world.archive.undo_filing(&session, filed.act.unwrap()).unwrap();
    assert_eq!((undone.moved, undone.stayed), (1, 2), "filed again, and from a dossier that is closed");
    assert_eq!(all.map(|id| class(&world, id)), [None, Some("1".to_owned()), Some("2".to_owned())]);
    let again = world.archive.undo_filing(&session, filed.act.unwrap()).unwrap();
    assert_eq!(again.moved, 0);

    // Who may know nothing of it learns nothing by it, and who is no archivist does not file.
    let narrow = person(&world, "Zoé", &[PersonRole::Archivist], Some("2024-1"));
    let narrow = world.archive.session(narrow).unwrap();
    let absent = world.archive.undo_filing(&narrow, chartrier_schemas::ActId::from_bits(7)).unwrap_err();
    let refused = world.archive.undo_filing(&narrow, filed.act.unwrap()).unwrap_err();
    assert_eq!((absent.kind, refused.kind), (Kind::NotFound, Kind::NotFound));
    let staff = world.archive.session(person(&world, "Léo", &[PersonRole::Staff], None)).unwrap();
    assert_eq!(world.archive.undo_filing(&staff, filed.act.unwrap()).unwrap_err().kind, Kind::Refused);
}

#[test]
fn what_an_archivist_says_stands_before_the_documents_own_words() {
    let (mut world, session) = house();
    let id = world.capture("/a/img_0042.txt", "Potage, turbot").unwrap().unwrap();
    let statement = |title: &str, date: &str, content: &str| Statement {
        title: title.to_owned(),
        date: date.to_owned(),
        content: content.to_owned(),
    };
    let said = statement("Menu du 14 juillet", "2019-07-14", "Déjeuner offert aux maraîchers.");
    assert!(world.archive.say(&session, id, &said).unwrap());
    assert!(!world.archive.say(&session, id, &said).unwrap(), "said twice, written once");
    let found = ["Menu du 14 juillet".to_owned()];
    for words in ["titre:juillet", "maraîchers", "date:2019", "potage"] {
        assert_eq!(titles(&world, words), found, "{words}");
    }
    // Read anew, it keeps what was said.
    let extraction =
        Extraction { title: Some("IMG 42".to_owned()), text: "Potage, turbot, fraises".to_owned(), ..Extraction::default() };
    world.archive.reread(&session, vec![(id, extraction)]).unwrap();
    assert_eq!(titles(&world, "fraises"), found);
    drop(std::mem::replace(&mut world.archive, World::new().archive));
    archive::rebuild(world.home.path(), &world.options, &mut |_, _| {}).unwrap();
    world.reopen().unwrap();
    assert_eq!(titles(&world, "maraîchers"), found);
    // Taken back, the document speaks again.
    assert!(world.archive.say(&session, id, &Statement::default()).unwrap());
    assert_eq!(titles(&world, "potage"), ["IMG 42"]);
    assert!(titles(&world, "maraîchers").is_empty());
    assert_eq!(world.archive.show(&session, id).unwrap().record.said, None);

    let staff = world.archive.session(person(&world, "Léo", &[PersonRole::Staff], None)).unwrap();
    assert_eq!(world.archive.say(&staff, id, &said).unwrap_err().kind, Kind::Refused);
    let narrow = world.archive.session(person(&world, "Zoé", &[PersonRole::Archivist], Some("2"))).unwrap();
    assert_eq!(world.archive.say(&narrow, id, &said).unwrap_err().kind, Kind::NotFound);
    assert_eq!(world.archive.say(&session, id, &statement("", "14/07/2019", "")).unwrap_err().kind, Kind::Invalid);
}

#[test]
fn a_place_is_suggested_by_the_records_nearest_and_never_by_what_may_not_be_known() {
    let (world, session) = house();
    for number in 0..6 {
        let text = format!("Menu numéro {number} : turbot, beurre blanc, fraises Melba");
        world.capture_into(&format!("/m/{number}.txt"), &text, Some("1.1"), &Marking::np()).unwrap().unwrap();
        let text = format!("Plan de taille {number} : rosiers, buis, tilleuls");
        world.capture_into(&format!("/j/{number}.txt"), &text, Some("2"), &Marking::np()).unwrap().unwrap();
    }
    let id = world.capture("/b/nouveau.txt", "Turbot au beurre blanc et fraises").unwrap().unwrap();
    world.archive.index().unwrap();
    let suggested = world.archive.suggest_places(&session, id).unwrap();
    assert_eq!(suggested[0].place.code, "1.1");
    assert!(suggested[0].confidence > 0.7 && suggested[0].there == 6, "{suggested:?}");

    // Menus are not his to know: they suggest nothing to him, and the record is all he may file.
    let narrow = person(&world, "Zoé", &[PersonRole::Archivist], Some("2"));
    let request =
        archive::MandateRequest { whom: narrow.into(), on: Some(id.to_string()), until: None, reason: "tri".to_owned() };
    world.archive.add_mandate(&session, &request).unwrap();
    let narrow = world.archive.session(narrow).unwrap();
    assert!(world.archive.suggest_places(&narrow, id).unwrap().iter().all(|one| one.place.code != "1.1"));
}

#[test]
fn many_are_changed_as_a_job_that_is_told_before_and_taken_back_after() {
    let (world, session) = house();
    let mut ids = Vec::new();
    for number in 0..1_203 {
        ids.push(world.capture(&format!("/n/{number}.txt"), &format!("note {number}")).unwrap().unwrap());
    }
    world.archive.file(&session, &ids[..3], Some("1.1")).unwrap();
    let file = Change::File { into: Some("1.1".to_owned()) };
    let preview = world.archive.preview(&session, "", &file).unwrap();
    assert_eq!((preview.total, preview.changes), (1_203, 1_200));
    let number = world.archive.begin_job(&session, "", &file).unwrap();
    assert_eq!(titles(&world, "class:none").len(), 20, "nothing is done yet");
    assert!(world.archive.work().unwrap());
    let job = world.archive.job(&session, number).unwrap();
    assert_eq!((job.done, job.total, job.ended), (500, 1_203, None), "one step");
    while world.archive.work().unwrap() {}
    let job = world.archive.job(&session, number).unwrap();
    assert_eq!((job.done, job.changed, job.refused, job.ended.is_some()), (1_203, 1_200, 0, true));

    world.archive.file(&session, &ids[10..12], Some("2")).unwrap();
    let undo = world.archive.undo_job(&session, number).unwrap();
    while world.archive.work().unwrap() {}
    let job = world.archive.job(&session, undo).unwrap();
    assert_eq!((job.changed, job.refused), (1_198, 2));
    assert_eq!(class(&world, ids[0]).as_deref(), Some("1.1"), "it lay there before");
    assert_eq!((class(&world, ids[4]), class(&world, ids[10])), (None, Some("2".to_owned())));
    assert!(world.archive.verify(&session, None, &|_, _| Ok(())).unwrap().is_sound());
}

#[test]
fn a_job_is_its_persons_and_ends_with_the_right_to_do_it() {
    let (world, owner) = house();
    for number in 0..3 {
        world.capture_into(&format!("/n/{number}.txt"), &format!("note {number}"), Some("2"), &Marking::np()).unwrap().unwrap();
        world.capture(&format!("/k/{number}.txt"), &format!("non classée {number}")).unwrap().unwrap();
    }
    let id = person(&world, "Zoé", &[PersonRole::Archivist], Some("2"));
    let narrow = world.archive.session(id).unwrap();
    world.archive.index().unwrap();
    let into = |code: &str| Change::File { into: Some(code.to_owned()) };
    assert_eq!(world.archive.preview(&narrow, "", &into("2024-1")).unwrap().total, 3, "only what may be known");
    assert_eq!(world.archive.preview(&narrow, "", &into("1.1")).unwrap_err().kind, Kind::NotFound);
    assert_eq!(world.archive.preview(&narrow, "", &into("9.9")).unwrap_err().kind, Kind::NotFound);
    let above = Change::Mark { marking: "S".parse().unwrap(), reason: "tri".to_owned() };
    assert_eq!(world.archive.preview(&narrow, "", &above).unwrap_err().kind, Kind::Refused);
    let without = Change::Mark { marking: "DR".parse().unwrap(), reason: " ".to_owned() };
    assert_eq!(world.archive.begin_job(&owner, "", &without).unwrap_err().kind, Kind::Invalid, "a reason is due");
    // The top of the scheme is for those who have a mandate on all of it.
    assert_eq!(world.archive.add_class(&narrow, "9", "Ailleurs", None).unwrap_err().kind, Kind::Refused);

    let number = world.archive.begin_job(&narrow, "", &into("2024-1")).unwrap();
    assert_eq!(world.archive.job(&owner, number).unwrap_err().kind, Kind::NotFound);
    assert!(world.archive.jobs(&owner).unwrap().iter().all(|job| job.words.is_empty() && !job.undoable));
    world.archive.set_roles(&owner, id, &[PersonRole::Staff], "mutation").unwrap();
    while world.archive.work().unwrap() {}
    let job = world.archive.job(&narrow, number).unwrap();
    assert_eq!((job.changed, job.ended.is_some()), (0, true));
    assert_eq!(job.stopped.unwrap().kind, Kind::Refused);
    assert_eq!(world.archive.undo_job(&narrow, number).unwrap_err().kind, Kind::Invalid);
}

#[test]
fn searches_are_kept_with_the_person_and_survive_a_rebuild() {
    let (mut world, session) = house();
    let zoe = world.archive.session(person(&world, "Zoé", &[PersonRole::Staff], Some("2"))).unwrap();
    world.archive.save_search(&zoe, "Roses", "rosiers type:pdf").unwrap();
    world.archive.save_search(&zoe, "Roses", "rosiers").unwrap();
    world.archive.save_search(&zoe, "Agrumes", "citronniers").unwrap();
    assert!(world.archive.saved_searches(&session).unwrap().is_empty(), "each has their own");
    drop(std::mem::replace(&mut world.archive, World::new().archive));
    archive::rebuild(world.home.path(), &world.options, &mut |_, _| {}).unwrap();
    world.reopen().unwrap();
    let kept = |world: &World| -> Vec<(String, String)> {
        world.archive.saved_searches(&zoe).unwrap().into_iter().map(|one| (one.name, one.words)).collect()
    };
    let pair = |name: &str, words: &str| (name.to_owned(), words.to_owned());
    assert_eq!(kept(&world), [pair("Agrumes", "citronniers"), pair("Roses", "rosiers")]);
    assert!(world.archive.forget_search(&zoe, "Roses").unwrap() && !world.archive.forget_search(&zoe, "Roses").unwrap());
    assert_eq!(kept(&world).len(), 1);
    for (name, words) in [("", "x"), ("x", " "), ("é".repeat(81).as_str(), "x")] {
        assert_eq!(world.archive.save_search(&zoe, name, words).unwrap_err().kind, Kind::Invalid);
    }
    for number in 0..49 {
        world.archive.save_search(&zoe, &format!("n {number}"), "x").unwrap();
    }
    assert_eq!(world.archive.save_search(&zoe, "one more", "x").unwrap_err().kind, Kind::Invalid);
}
