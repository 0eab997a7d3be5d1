//! Mail as it is read: its head, its own words, what it quotes folded; and conversations, told by what messages answer and never
//! by a subject, as far as each person may know them.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use chartrier_engine::{
    archive::{self, Archive, MandateRequest, PersonRequest},
    policy::Session,
};
use chartrier_ingest::worker::Pool;
use chartrier_schemas::{Marking, PersonId, RecordId, persisted::v1::PersonRole};
use chartrier_tests::{
    browse::{Served, workers},
    chromium::Browser,
    documents::{eml, letter},
    world::{World, memory, options},
};
use serde_json::json;

const QUOTING: &str = "D’accord pour mardi.\n\nLe 2 juil. 2026 à 10:30, Ada a écrit :\n> Les rosiers anciens\n> sont taillés.\n\n-- \nLuc\nJardins\n";

struct House {
    world: World,
    first: RecordId,
    last: RecordId,
    luc: PersonId,
}

fn np() -> Marking {
    Marking::np()
}

/// A conversation of four; of the second, which the last answers, one may be kept from knowing. Beside it one of the same
/// subject that answers nothing.
fn house(store: std::sync::Arc<dyn chartrier_engine::store::Store>, second: Option<&str>) -> House {
    let world = World::over(store).unwrap();
    let ada = world.session();
    world.archive.clear_person(&ada, ada.person, &"S".parse().unwrap(), "nommée").unwrap();
    let ada = world.session();
    world.archive.add_class(&ada, "1", "Jardins", None).unwrap();
    let request =
        PersonRequest { name: "Luc".into(), roles: vec![PersonRole::Staff], clearance: np(), reason: Some("recruté".into()) };
    let luc = world.archive.add_person(&ada, &request).unwrap();
    let request = MandateRequest { whom: luc.into(), on: Some("1".into()), until: None, reason: "besoin".into() };
    world.archive.add_mandate(&ada, &request).unwrap();
    let pool = workers();
    let put = |pool: &Pool, name: &str, bytes: &[u8], marking: &str| {
        world.capture_file(pool, &format!("/m/{name}.eml"), bytes, Some("1"), &marking.parse().unwrap())
    };
    let first = put(&pool, "a", &letter("Ada <ada@example.org>", "Visite", ("a@x", &[]), 1, "Qui vient ?\n"), "NP");
    if let Some(marking) = second {
        let text = "Moi, en secret.\n";
        put(&pool, "b", &letter("Eve <eve@example.org>", "Re: Visite", ("b@x", &["a@x"]), 2, text), marking);
    }
    put(&pool, "c", &letter("Ada <ada@example.org>", "Re: Visite", ("c@x", &["a@x", "b@x"]), 3, "Bien.\n"), "NP");
    let last = put(&pool, "d", &letter("Luc <luc@example.org>", "Re: Visite", ("d@x", &["b@x"]), 4, QUOTING), "NP");
    put(&pool, "autre", &letter("Zoé <zoe@example.org>", "Visite", ("z@x", &[]), 5, "Une autre visite.\n"), "NP");
    world.archive.index().unwrap();
    House { world, first, last, luc }
}

/// What a conversation is for a session: names, depths, in order.
fn told(archive: &Archive, session: &Session, id: RecordId) -> Vec<(String, usize)> {
    archive.thread(session, id).unwrap().into_iter().map(|one| (one.line.name, one.depth)).collect()
}

fn named(lines: &[(&str, usize)]) -> Vec<(String, usize)> {
    lines.iter().map(|(name, depth)| (format!("{name}.eml"), *depth)).collect()
}

/// What a message does not say is not said in its name.
#[test]
fn the_head_of_a_message_says_what_the_message_says() {
    let world = World::new();
    let (ada, pool) = (world.session(), workers());
    world.archive.add_class(&ada, "1", "Jardins", None).unwrap();
    let put = |name: &str, bytes: &[u8]| world.capture_file(&pool, &format!("/m/{name}"), bytes, Some("1"), &np());
    let bare = put(
        "0017.a1",
        b"Received: from x\r\nTo: luc@example.org\r\nMIME-Version: 1.0\r\nContent-Type: text/plain\r\n\r\nLes rosiers.\r\n",
    );
    let whole = put("0018.b2", &letter("Ada <ada@example.org>", "Visite", ("a@x", &[]), 1, "Qui vient ?\n"));
    world.archive.index().unwrap();
    let served = Served::over(&world);
    let visitor = served.signed_in(world.archive.owner());
    let page = visitor.get(&format!("/unit/{bare}")).text();
    assert!(page.contains("(no subject)") && page.contains("of the file: the message says none"), "{page}");
    let page = visitor.get(&format!("/unit/{whole}")).text();
    assert!(page.contains("Visite") && !page.contains("(no subject)") && !page.contains("of the file"), "{page}");
    // In a list: what kind of file the bytes are, and who wrote.
    let found = visitor.get("/?q=vient").text();
    assert!(found.contains("class=\"kind\">EML<") && found.contains("<span>Ada</span>"), "{found}");
}

#[test]
fn a_conversation_is_what_messages_answer_and_survives_a_rebuild() {
    let store = memory();
    let House { world, first, last, .. } = house(store.clone(), Some("NP"));
    let whole = named(&[("a", 0), ("b", 1), ("c", 2), ("d", 2)]);
    for id in [first, last] {
        assert_eq!(told(&world.archive, &world.session(), id), whole);
    }
    assert_eq!(world.names(&format!("thread:{first}")), ["a.eml", "b.eml", "c.eml", "d.eml"]);
    assert_eq!(world.names(&format!("fil:{last} secret")), ["b.eml"]);
    assert_eq!(world.names(&format!("-thread:{first}")), ["autre.eml"]);
    for nothing in [RecordId::from_bits(7).to_string(), "x".to_owned()] {
        assert_eq!(world.names(&format!("thread:{nothing}")), [""; 0]);
    }
    let World { home, archive, options: opened, .. } = world;
    drop(archive);
    archive::rebuild(home.path(), &options(store), &mut |_, _| {}).unwrap();
    let archive = Archive::open(home.path(), &opened).unwrap();
    let ada = archive.session(archive.owner()).unwrap();
    assert_eq!(told(&archive, &ada, last), whole);
}

/// A world where the message in the middle is refused, and one where it never was, look the same.
#[test]
fn a_message_that_is_refused_leaves_no_gap() {
    let refused = house(memory(), Some("S"));
    let never = house(memory(), None);
    let seen = |house: &House| {
        let luc = house.world.archive.session(house.luc).unwrap();
        let served = Served::over(&house.world);
        let visitor = served.signed_in(house.luc);
        let mut seen = vec![];
        for id in [house.first, house.last] {
            seen.push(format!("{:?}", told(&house.world.archive, &luc, id)));
            let page = visitor.get(&format!("/unit/{id}")).text();
            assert!(page.contains("id=\"thread-title\"") == (told(&house.world.archive, &luc, id).len() > 1));
            let thread =
                page.split("id=\"thread-title\"").nth(1).unwrap_or_default().split("</section>").next().unwrap_or_default();
            seen.push(without_ids(thread));
            let mut names = Vec::new();
            house.world.archive.list(&luc, &format!("thread:{id}"), &mut |line| names.push(line.name)).unwrap();
            names.sort();
            seen.push(format!("{names:?}"));
        }
        let grouped = visitor.get("/?q=visite&group=thread").text();
        seen.push(without_ids(grouped.split("class=\"hits\"").nth(1).unwrap().split("</ol>").next().unwrap()));
        seen
    };
    let (one, other) = (seen(&refused), seen(&never));
    assert_eq!(one, other);
    // The links that both name hold those together that may be known.
    assert_eq!(one[0], format!("{:?}", named(&[("a", 0), ("c", 1), ("d", 0)])));
    let ada = refused.world.session();
    assert_eq!(told(&refused.world.archive, &ada, refused.last).len(), 4, "who may know it sees it");
}

/// A page without ids, which differ from world to world.
fn without_ids(page: &str) -> String {
    let mut pieces = page.split("rec-");
    let first = pieces.next().unwrap_or_default().to_owned();
    pieces.fold(first, |whole, piece| whole + "rec" + piece.get(26..).unwrap_or_default())
}

#[test]
fn a_message_is_shown_as_mail_is_read() {
    let House { world, last, .. } = house(memory(), Some("NP"));
    let pool = workers();
    let with = eml("Ada <ada@example.org>", "Plan", "Voir le plan", ("plan.txt", b"le plan du jardin"));
    let with = world.capture_file(&pool, "/m/plan.eml", &with, Some("1"), &np());
    let served = Served::over(&world);
    let ada = served.signed_in(world.archive.owner()).showing_words();
    let page = ada.get(&format!("/unit/{last}")).text();
    for expected in [
        "<a href=\"/?q=from%3Aluc%40example.org\">Luc</a> <span class=\"address\">luc@example.org</span>",
        "<dt>Copy to</dt>",
        "<a href=\"/?q=to%3Abob%40example.org\">Bob</a>",
        "<details class=\"quoted\"><summary>Quoted: 4 lines</summary>",
        "<div class=\"words signature\"",
        "<li class=\"in-2\" aria-current=\"true\">",
    ] {
        assert!(page.contains(expected), "{expected}: {page}");
    }
    // What was found in what is quoted opens it.
    assert!(ada.get(&format!("/unit/{last}?q=rosiers")).text().contains("<details class=\"quoted\" open>"));
    let page = ada.get(&format!("/unit/{with}")).text();
    assert!(
        page.contains("1 attachment</h2>")
            && page.contains(&format!("<a href=\"/unit/{with}/component/2\" download>plan.txt</a>"))
    );
    assert_eq!(ada.get(&format!("/unit/{with}/component/2")).body, b"le plan du jardin");
    assert!(!page.contains("thread-title"), "it stands alone");
}

#[test]
fn results_of_one_conversation_stand_together() {
    let House { world, .. } = house(memory(), Some("NP"));
    let served = Served::over(&world);
    let ada = served.signed_in(world.archive.owner()).showing_words();
    let grouped = ada.get("/?q=visite&group=thread");
    assert_eq!(grouped.hits().len(), 2, "{}", grouped.text());
    let text = grouped.text();
    assert!(text.contains("1 to 5 of 5 records") && text.contains("and 3 more of this conversation on this page"), "{text}");
    let link = text.split("class=\"others\"><a href=\"").nth(1).unwrap().split('"').next().unwrap().replace("&amp;", "&");
    assert_eq!(ada.get(&link).hits().len(), 4);
    // One comes back to the same view.
    let hit = ada.get(&grouped.hits()[0]).text();
    assert!(hit.contains("href=\"/?q=visite&amp;group=thread\""), "{hit}");
    let by_file = ada.get("/?q=visite&group=file");
    assert_eq!(by_file.hits().len(), 1);
    assert!(by_file.text().contains("and 4 more of this file on this page"));
    assert_eq!(ada.get("/?q=visite").hits().len(), 5);
}

#[test]
fn pages_of_mail_are_whole_at_a_desk_and_on_a_phone() {
    let House { world, last, .. } = house(memory(), Some("NP"));
    let served = Served::over(&world);
    for (language, size) in [("fr", (1280, 900)), ("en", (390, 844))] {
        let Some(mut browser) = Browser::start(language, size) else { return };
        let link = world.archive.sign_in_link(&world.session(), world.archive.owner()).unwrap();
        browser.go(&format!("http://{}/sign-in#{}", served.address, *link));
        browser.wait("location.pathname == '/' && document.readyState == 'complete'");
        for page in [
            format!("/unit/{last}?q=rosiers"),
            format!("/unit/{last}"),
            "/?q=visite&group=thread".to_owned(),
            "/?q=visite&group=file".to_owned(),
        ] {
            browser.go(&format!("http://{}{page}", served.address));
            let width = browser.eval("document.documentElement.scrollWidth");
            assert!(width.as_u64().unwrap() <= u64::from(size.0), "{page} is {width} wide on {size:?}");
            let small = "[...document.querySelectorAll('button, nav a, .thread a, .letter-head a, .others a, summary')]\
                         .filter(one => one.offsetParent && one.getBoundingClientRect().height < 24).map(one => one.outerHTML)";
            assert_eq!(browser.eval(small), json!([]), "too small to touch on {page}");
            assert_eq!(browser.barriers(), [] as [String; 0], "{page} {language} {size:?}");
        }
        assert_eq!(browser.complaints, [] as [String; 0]);
    }
}
