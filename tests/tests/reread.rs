//! Reading anew and pictures of pages: what was made from an original may be made again; the original, its places and the
//! numbers of its components stay, and whoever may not know the record learns and changes nothing.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use chartrier_engine::{
    Kind,
    archive::{self, DrawnPage, PersonRequest, SearchRequest},
    index::Sort,
    seal::content_of,
};
use chartrier_schemas::{
    Extraction, Finding, Format, Marking, PageRow, PageWord, Part, RecordId, Text, Thumbnail,
    persisted::v1::{Bytes, Deed, PersonRole},
};
use chartrier_tests::world::{World, memory, options};

fn format() -> Format {
    Format { puid: Some("fmt/276".to_owned()), media: "application/pdf".to_owned(), tags: vec!["pdf".to_owned()] }
}

fn part(path: &str, text: &str) -> Part {
    Part {
        path: path.to_owned(),
        name: format!("{path}.txt"),
        format: format(),
        size: text.len() as u64,
        content: content_of(text.as_bytes()),
        text: text.to_owned(),
    }
}

fn reading(text: &str, parts: &[(&str, &str)]) -> Extraction {
    Extraction {
        format: format(),
        title: Some("Relevé du jardin".to_owned()),
        text: text.to_owned(),
        parts: parts.iter().map(|(path, text)| part(path, text)).collect(),
        thumbnail: Some(Thumbnail { width: 1, height: 1, jpeg: vec![0xff, 0xd8, 0xff, 0xd9] }),
        ..Extraction::default()
    }
}

fn found(world: &World, words: &str) -> u64 {
    world.archive.index().unwrap();
    let request = SearchRequest { words, sort: Sort::Relevance, limit: 5, offset: 0, facets: &[] };
    world.archive.search(&world.session(), &request).unwrap().total
}

#[test]
fn what_is_read_anew_replaces_what_was_read_and_nothing_else() {
    let world = World::new();
    let id = world.capture("/a/scan.pdf", "vieux").unwrap().unwrap();
    assert_eq!((found(&world, "vieux"), found(&world, "bégonia")), (1, 0));
    let reread = |extraction| world.archive.reread(&world.session(), vec![(id, extraction)]).unwrap();
    let head = || world.archive.verify(&world.session(), None, &|_, _| Ok(())).unwrap();

    assert_eq!(reread(reading("un bégonia", &[("1", "joint"), ("2", "plan")])), [id]);
    assert_eq!((found(&world, "vieux"), found(&world, "bégonia"), found(&world, "plan")), (0, 1, 1));
    let shown = world.archive.show(&world.session(), id).unwrap();
    assert_eq!((shown.record.title.as_str(), shown.record.components.len()), ("Relevé du jardin", 3));
    assert!(matches!(shown.history.last().unwrap().act.deed, Deed::Describe { .. }));

    // The same again is nothing at all.
    let before = shown.history.len();
    assert!(reread(reading("un bégonia", &[("1", "joint"), ("2", "plan")])).is_empty());
    assert_eq!(world.archive.show(&world.session(), id).unwrap().history.len(), before);

    // Components keep their numbers, whatever order a later reader finds them in, and whatever it does not find.
    reread(reading("un bégonia", &[("0", "nouveau"), ("2", "plan")]));
    let record = world.archive.show(&world.session(), id).unwrap().record;
    let paths: Vec<&str> = record.components[1..]
        .iter()
        .map(|component| match &component.bytes {
            Bytes::Part { path, .. } => path.as_str(),
            _ => "?",
        })
        .collect();
    assert_eq!(paths, ["1", "2", "0"]);
    let texts = world.archive.text(&world.session(), id).unwrap();
    assert_eq!(texts, [(1, "un bégonia\n".to_owned()), (3, "plan\n".to_owned()), (4, "nouveau".to_owned())]);
    let original = world.archive.component(&world.session(), id, 1).unwrap();
    let mut bytes = Vec::new();
    world.archive.copy_original(&original, &mut bytes).unwrap();
    assert_eq!(bytes, b"vieux");
    assert!(head().is_sound());
}

#[test]
fn a_finding_that_is_gone_is_found_no_more() {
    let world = World::new();
    let id = world.capture("/a/scan.pdf", "x").unwrap().unwrap();
    let said = Text { en: "It waits.".to_owned(), fr: "Il attend.".to_owned() };
    let finding = Finding { number: 16, problem: said.clone(), remedy: said };
    let waiting = Extraction { findings: vec![finding], ..reading("", &[]) };
    world.archive.reread(&world.session(), vec![(id, waiting)]).unwrap();
    assert_eq!(found(&world, "finding:16"), 1);
    let formats = world.archive.formats(&world.session(), "").unwrap();
    let count = &formats[&Some("fmt/276".to_owned())];
    assert_eq!((count.records, count.bytes, count.with(&[3, 16]), count.with(&[3])), (1, 1, 1, 0));
    world.archive.reread(&world.session(), vec![(id, reading("reconnu", &[]))]).unwrap();
    assert_eq!((found(&world, "finding:16"), found(&world, "reconnu")), (0, 1));
}

#[test]
fn pages_and_their_words_are_kept_once_and_survive_a_rebuild() {
    let store = memory();
    let world = World::over(store.clone()).unwrap();
    let id = world.capture("/a/livre.pdf", "livre").unwrap().unwrap();
    let look = |world: &World| world.archive.look(&world.session(), id).unwrap();
    let picture = |world: &World, page| world.archive.page_image(&world.session(), &look(world), page).unwrap();
    let words = |world: &World, page| world.archive.page_words(&world.session(), &look(world), page).unwrap();
    assert_eq!(picture(&world, 9), None);
    let drawn: Vec<DrawnPage> = (0..3u8).map(|page| drawn(page, 5 + usize::from(page))).collect();
    world.archive.keep_pages(&world.session(), id, 9, &drawn).unwrap();
    // Somebody else made them meanwhile: the first stay.
    world.archive.keep_pages(&world.session(), id, 9, &[self::drawn(7, 7)]).unwrap();
    let all = |world: &World| (8..13).map(|page| (picture(world, page), words(world, page))).collect::<Vec<_>>();
    let kept = |page: &DrawnPage| (Some(page.jpeg.clone()), Some(page.rows.clone()));
    let expected = [(None, None), kept(&drawn[0]), kept(&drawn[1]), kept(&drawn[2]), (None, None)];
    assert_eq!(all(&world), expected);
    assert!(world.archive.verify(&world.session(), None, &|_, _| Ok(())).unwrap().is_sound());
    let World { home, archive, options: opened, sheet } = world;
    drop(archive);
    archive::rebuild(home.path(), &options(store), &mut |_, _| {}).unwrap();
    let archive = archive::Archive::open(home.path(), &opened).unwrap();
    assert_eq!(all(&World { home, options: opened, archive, sheet }), expected);
}

#[test]
fn words_that_were_recognised_stand_instead_of_those_of_an_earlier_look() {
    let world = World::new();
    let id = world.capture("/a/livre.pdf", "livre").unwrap().unwrap();
    let look = || world.archive.look(&world.session(), id).unwrap();
    let words = |page| world.archive.page_words(&world.session(), &look(), page).unwrap();
    let picture = |page| world.archive.page_image(&world.session(), &look(), page).unwrap();
    let pages: Vec<DrawnPage> = (0..3u8).map(|page| drawn(page, 5 + usize::from(page))).collect();
    world.archive.keep_pages(&world.session(), id, 1, &pages).unwrap();
    let recognised = |page: u8| {
        let mut reading = reading("reconnu", &[]);
        reading.words = vec![(2, drawn(page, 4).rows)];
        world.archive.reread(&world.session(), vec![(id, reading)]).unwrap().len()
    };
    assert_eq!((recognised(8), recognised(8)), (1, 0), "the same once more is nothing new");
    assert_eq!((words(1), words(2), words(3)), (None, Some(drawn(8, 4).rows), None));
    assert_eq!(picture(1), Some(pages[0].jpeg.clone()));
    // Whoever looks has the others told anew; what was recognised stays.
    world.archive.keep_pages(&world.session(), id, 1, &pages).unwrap();
    assert_eq!([1, 2, 3].map(words), [Some(pages[0].rows.clone()), Some(drawn(8, 4).rows), Some(pages[2].rows.clone())]);
    assert_eq!((recognised(8), recognised(9)), (0, 1), "the same is nothing new, in whatever order it came");
    assert_eq!([1, 2, 3].map(words), [Some(pages[0].rows.clone()), Some(drawn(9, 4).rows), Some(pages[2].rows.clone())]);
    assert!(world.archive.verify(&world.session(), None, &|_, _| Ok(())).unwrap().is_sound());
}

#[test]
fn who_may_not_know_a_record_neither_reads_it_anew_nor_sees_its_pages() {
    let world = World::new();
    let reason = "essai";
    let owner = world.session();
    world.archive.clear_person(&owner, owner.person, &"S".parse().unwrap(), reason).unwrap();
    let secret = world.capture_into("/a/plan.pdf", "plan", None, &"S".parse().unwrap()).unwrap().unwrap();
    world.archive.keep_pages(&world.session(), secret, 1, &[drawn(1, 3)]).unwrap();
    let owners = world.archive.look(&world.session(), secret).unwrap();
    let request =
        PersonRequest { name: "Bob".to_owned(), roles: vec![PersonRole::Staff], clearance: Marking::np(), reason: None };
    let bob = world.archive.add_person(&world.session(), &request).unwrap();
    let bob = world.archive.session(bob).unwrap();
    let refused = |why: chartrier_engine::Error| why.kind == Kind::NotFound;
    let absent = RecordId::from_bits(1);
    for id in [secret, absent] {
        assert!(world.archive.unread(&bob, id).is_err_and(refused));
        assert!(world.archive.reread(&bob, vec![(id, reading("x", &[]))]).is_err_and(refused));
        assert!(world.archive.look(&bob, id).is_err_and(refused));
        assert!(world.archive.keep_pages(&bob, id, 2, &[drawn(1, 1)]).is_err_and(refused));
    }
    // Nobody sees anything with a look of somebody else's.
    assert!(world.archive.page_image(&bob, &owners, 1).is_err_and(refused));
    assert!(world.archive.page_words(&bob, &owners, 1).is_err_and(refused));
    assert!(world.archive.text_seen(&bob, &owners).is_err_and(refused));
    assert!(world.archive.original_seen(&bob, &owners).is_err_and(refused));
    assert!(world.archive.formats(&bob, "").unwrap().is_empty());
    // A look at a page of a classified record is a disclosure; reading it anew shows nobody anything.
    let disclosures = || {
        let history = world.archive.show(&world.session(), secret).unwrap().history;
        history.iter().filter(|line| matches!(line.act.deed, Deed::Disclose { .. })).count()
    };
    let before = disclosures();
    world.archive.unread(&world.session(), secret).unwrap();
    assert_eq!(disclosures(), before);
    // Picture, words and text of one look are one disclosure.
    let look = world.archive.look(&world.session(), secret).unwrap();
    world.archive.page_image(&world.session(), &look, 1).unwrap().unwrap();
    world.archive.page_words(&world.session(), &look, 1).unwrap().unwrap();
    world.archive.text_seen(&world.session(), &look).unwrap();
    assert_eq!(disclosures(), before + 1);
}

/// A look that began before a record was marked is recorded all the same.
#[test]
fn a_look_at_what_is_marked_meanwhile_is_recorded() {
    let world = World::new();
    let owner = world.session();
    world.archive.clear_person(&owner, owner.person, &"S".parse().unwrap(), "nommée").unwrap();
    let id = world.capture("/a/plan.pdf", "plan").unwrap().unwrap();
    let look = world.archive.look(&world.session(), id).unwrap();
    let disclosures = || {
        let history = world.archive.show(&world.session(), id).unwrap().history;
        history.iter().filter(|line| matches!(line.act.deed, Deed::Disclose { .. })).count()
    };
    world.archive.text_seen(&world.session(), &look).unwrap();
    assert_eq!(disclosures(), 0);
    world.archive.mark(&world.session(), &[id], &"S".parse().unwrap(), "sensible").unwrap();
    world.archive.text_seen(&world.session(), &look).unwrap();
    assert_eq!(disclosures(), 1);
}

/// What a worker drew of a page.
fn drawn(number: u8, length: usize) -> DrawnPage {
    let word = PageWord { text: format!("page-{number}"), left: 1, top: 2, right: 3, bottom: 10_000 };
    DrawnPage { jpeg: vec![number; length], rows: vec![PageRow { turn: number % 4, words: vec![word] }] }
}
