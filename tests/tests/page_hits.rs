//! Pages with what was looked for on them: words lie over the picture where they stand, one steps from place to place and from
//! page to page, by keys and without a script; of a marked record nothing is shown before one says so, and a look is one entry.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use chartrier_schemas::{Extraction, Format, PageRow, PageWord, RecordId, Thumbnail, persisted::v1::Deed};
use chartrier_tests::{
    browse::{Served, Visitor, workers},
    chromium::Browser,
    documents::pdf_of,
    world::World,
};
use serde_json::json;
use std::io::Cursor;

/// Nine pages, of which the second and the ninth speak of roses; the ninth beyond what is drawn with the first.
fn book() -> Vec<u8> {
    let line = "Le jardinier taille les haies";
    let pages: [&[&str]; 9] = [
        &[line],
        &["Les rosiers anciens", "un rosier de l'été, la déco-", "ration florale"],
        &[line],
        &[line],
        &[line],
        &[line],
        &[line],
        &[line],
        &["Le rosier blanc"],
    ];
    pdf_of("Le livre des jardins", &pages)
}

fn house() -> (World, RecordId, RecordId) {
    let world = World::new();
    let ada = world.session();
    world.archive.clear_person(&ada, ada.person, &"S".parse().unwrap(), "nommée").unwrap();
    let (pool, book) = (workers(), book());
    let open = world.capture_file(&pool, "/l/livre.pdf", &book, None, &"NP".parse().unwrap());
    let secret = world.capture_file(&pool, "/l/secret.pdf", &book, None, &"S".parse().unwrap());
    world.archive.index().unwrap();
    (world, open, secret)
}

/// Has the pages of a book drawn that speak of roses, with those beside them.
fn draw(visitor: &Visitor, id: RecordId) {
    for page in [2, 9] {
        assert_eq!(visitor.get(&format!("/unit/{id}/page/{page}")).status, 200);
    }
}

fn browser(world: &World, served: &Served, language: &str, size: (u32, u32)) -> Option<Browser> {
    let mut browser = Browser::start(language, size)?;
    let link = world.archive.sign_in_link(&world.session(), world.archive.owner()).unwrap();
    browser.go(&format!("http://{}/sign-in#{}", served.address, *link));
    browser.wait("location.pathname == '/' && document.readyState == 'complete'");
    Some(browser)
}

#[test]
fn words_lie_where_they_stand_and_say_what_was_found() {
    let (world, open, _) = house();
    let served = Served::over(&world);
    let ada = served.signed_in(world.archive.owner());
    // Whoever looks first waits for the words, or is told that they come.
    let path = format!("/unit/{open}?q=rosiers");
    let first = ada.get(&path).text();
    assert!(first.contains("<svg class=\"layer\"") || first.contains("still being placed"), "{first}");
    draw(&ada, open);
    // The first page that has something is shown by itself; the words of others are told, without being drawn.
    let page = ada.get(&path).text();
    assert!(page.contains(&format!("<img src=\"/unit/{open}/page/2\"")) && page.contains("page=9#first-hit"), "{page}");
    // 72 points of 595 from the left; the box begins 0.8 letters above the line.
    let expected = "<g class=\"hit\" id=\"first-hit\"><rect x=\"1655\" y=\"1078\"";
    assert!(page.contains(expected), "{}", page.split("<svg class=\"layer\"").nth(1).unwrap_or("no layer"));
    assert!(page.contains(">anciens</tspan>") && !page.contains("style="), "{page}");
    let hits = |words: &str, number: u32| {
        ada.get(&format!("/unit/{open}?q={words}&page={number}")).text().matches("<g class=\"hit\"").count()
    };
    assert_eq!((hits("rosiers", 2), hits("rosier", 9), hits("rosiers", 1)), (2, 1, 0), "stems");
    assert_eq!((hits("ete", 2), hits("%22rosiers+anciens%22", 2), hits("%22anciens+rosiers%22", 2)), (1, 1, 0));
    let cut = ada.get(&format!("/unit/{open}?q=d%C3%A9coration&page=2")).text();
    let cut = cut.split("id=\"first-hit\">").nth(1).unwrap().split("</g>").next().unwrap().to_owned();
    assert_eq!(cut.matches("<rect").count(), 2, "a word that the end of a line cuts is whole: {cut}");
    // What was drawn is kept: nothing is written when one looks again.
    let commits = || world.archive.verify(&world.session(), None, &|_, _| Ok(())).unwrap().segments;
    let before = commits();
    ada.get(&format!("/unit/{open}?q=rosiers&page=3"));
    ada.get(&format!("/unit/{open}/page/2"));
    assert_eq!(commits(), before);
}

#[test]
fn words_that_were_recognised_are_marked_on_the_scan() {
    let world = World::new();
    let mut png = Cursor::new(Vec::new());
    image::GrayImage::from_pixel(300, 400, image::Luma([240])).write_to(&mut png, image::ImageFormat::Png).unwrap();
    let id = world.capture_file(&workers(), "/l/scan.png", png.get_ref(), None, &"NP".parse().unwrap());
    let word = |text: &str, left, right| PageWord { text: text.to_owned(), left, top: 3_000, right, bottom: 3_200 };
    let row = PageRow { turn: 0, words: vec![word("Les", 1_000, 1_400), word("rosiers", 1_500, 2_900)] };
    let format = Format { puid: None, media: "image/png".to_owned(), tags: vec!["png".to_owned(), "image".to_owned()] };
    let (text, words) = ("Les rosiers".to_owned(), vec![(1, vec![row])]);
    let thumbnail = Some(Thumbnail { width: 1, height: 1, jpeg: vec![0xff, 0xd8, 0xff, 0xd9] });
    let reading = Extraction { format, text, words, thumbnail, pages: Some(1), ..Extraction::default() };
    world.archive.reread(&world.session(), vec![(id, reading)]).unwrap();
    world.archive.index().unwrap();
    let served = Served::over(&world);
    let page = served.signed_in(world.archive.owner()).get(&format!("/unit/{id}?q=rosier")).text();
    let hit = "<g class=\"hit\" id=\"first-hit\"><rect x=\"1500\" y=\"3000\" width=\"1400\" height=\"200\"";
    assert!(page.contains(hit) && page.contains(">Les</tspan>"), "{page}");
}

#[test]
fn a_look_at_a_marked_page_is_one_entry() {
    let (world, _, secret) = house();
    let served = Served::over(&world);
    let ada = served.signed_in(world.archive.owner());
    let entries = || {
        let history = world.archive.show(&world.session(), secret).unwrap().history;
        history.iter().filter(|line| matches!(line.act.deed, Deed::Disclose { .. })).count()
    };
    let closed = ada.get(&format!("/unit/{secret}?q=rosiers")).text();
    assert!(!closed.contains("anciens") && !closed.contains("/page/") && !closed.contains("page=9"), "{closed}");
    assert_eq!(entries(), 0);
    // The first time, too, when the worker is given the original.
    draw(&ada, secret);
    assert_eq!(entries(), 2);
    // Words, counts and picture are one look.
    let read = ada.get(&format!("/unit/{secret}?q=rosiers&read=pages")).text();
    assert!(read.contains(">anciens</tspan>") && read.contains("page=9"), "{read}");
    assert_eq!(ada.get(&format!("/unit/{secret}/page/2")).status, 200);
    assert_eq!(entries(), 3);
    // Its picture by itself, once more, is another one; so is that of another page, or in another browser.
    ada.get(&format!("/unit/{secret}/page/2"));
    assert_eq!(entries(), 4);
    ada.get(&format!("/unit/{secret}?read=pages&page=3"));
    ada.get(&format!("/unit/{secret}/page/4"));
    assert_eq!(entries(), 6);
    served.signed_in(world.archive.owner()).get(&format!("/unit/{secret}/page/3"));
    assert_eq!(entries(), 7);
}

#[test]
fn one_steps_from_place_to_place_by_keys() {
    let (world, open, _) = house();
    let served = Served::over(&world);
    let Some(mut browser) = browser(&world, &served, "fr", (1280, 900)) else { return };
    draw(&served.signed_in(world.archive.owner()), open);
    browser.go(&format!("http://{}/unit/{open}?q=rosiers", served.address));
    let now = "[...document.querySelectorAll('.layer .hit')].findIndex(one => one.classList.contains('now'))";
    for expected in [0, 1] {
        browser.press("n");
        assert_eq!(browser.eval(now), json!(expected));
    }
    browser.press("n");
    browser.wait("location.search.includes('page=9') && document.readyState == 'complete'");
    browser.wait(&format!("{now} == 0"));
    browser.press("N");
    browser.wait("location.search.includes('page=2') && document.readyState == 'complete'");
    browser.wait(&format!("{now} == 1"));
    // A person chooses words on the picture, and copies them.
    browser.eval("getSelection().selectAllChildren(document.querySelector('.layer'))");
    let chosen = browser.eval("getSelection().toString()");
    assert!(chosen.as_str().unwrap().contains("Les rosiers anciens"), "{chosen}");
    // The layer fills the picture, and nothing else.
    let over = "['left', 'top', 'width', 'height'].every((side) => Math.abs(document.querySelector('.plate img').getBoundingClientRect()[side] \
                - document.querySelector('.layer').getBoundingClientRect()[side]) < 1)";
    assert_eq!(browser.eval(over), json!(true));
    assert_eq!(browser.complaints, [] as [String; 0]);
}

#[test]
fn pages_with_places_are_whole_and_work_without_a_script() {
    let (world, open, secret) = house();
    let served = Served::over(&world);
    draw(&served.signed_in(world.archive.owner()), open);
    for (language, size) in [("fr", (1280, 900)), ("en", (390, 844))] {
        let Some(mut browser) = browser(&world, &served, language, size) else { return };
        for page in
            [format!("/unit/{open}?q=rosiers"), format!("/unit/{secret}?q=rosiers&read=pages"), format!("/unit/{open}?q=haies")]
        {
            browser.go(&format!("http://{}{page}", served.address));
            let width = browser.eval("document.documentElement.scrollWidth");
            assert!(width.as_u64().unwrap() <= u64::from(size.0), "{page} is {width} wide on {size:?}");
            assert_eq!(browser.barriers(), [] as [String; 0], "{page} {language} {size:?}");
        }
        assert_eq!(browser.complaints, [] as [String; 0]);
        browser.call("Emulation.setScriptExecutionDisabled", json!({ "value": true }));
        browser.call("Page.navigate", json!({ "url": format!("http://{}/unit/{open}?q=rosiers", served.address) }));
        browser.wait("document.readyState == 'complete' && document.querySelectorAll('.layer .hit').length == 2");
        browser.eval("document.querySelector('[data-key=next-hit-page]').click()");
        browser.wait("location.hash == '#first-hit' && document.readyState == 'complete' && document.querySelectorAll('.layer .hit').length == 1");
        browser.eval("document.querySelector('[data-key=previous-hit-page]').click()");
        browser.wait("location.hash == '#last-hit' && document.readyState == 'complete' && document.querySelectorAll('.layer .hit').length == 2");
    }
}
