//! `bench inbox`: an archivist files a full inbox in a real browser by keys alone: `y` where what is suggested is right, else the
//! place by hand.

use super::{ms, quantile};
use crate::{binary::binary, browse::Served, chromium::Browser, documents::Seeded, world::World};
use chartrier_engine::{archive::SearchRequest, index::Sort};
use chartrier_schemas::Marking;
use serde_json::json;
use std::time::Instant;

/// Places, and words of what is filed there.
const PLACES: [(&str, &str, &str); 4] = [
    ("1", "Jardins et parcs", "rosiers massif taille semis bordure arrosage pépinière gazon tuteur compost"),
    ("2", "Cuisine", "menu dîner service cave homard desserte brigade sauce convives office"),
    ("3", "Protocole", "visite officielle cortège préséance ambassadeur drapeaux accueil tribune délégation salon"),
    ("4", "Travaux", "devis toiture charpente échafaudage chantier maçonnerie réception lot architecte étanchéité"),
];

/// Documents that are filed already, of each place.
const FILED: u64 = 10;

/// Runs with so many documents in the inbox; nothing where no browser is installed.
pub fn inbox(count: u64) {
    binary();
    let world = World::new();
    let ada = world.session();
    for (code, title, _) in PLACES {
        world.archive.add_class(&ada, code, title, None).expect("a class");
    }
    let mut random = Seeded(2026);
    let mut write = |number: u64, into: Option<&str>| {
        let (code, _, words) = PLACES[number as usize % PLACES.len()];
        let words: Vec<&str> = words.split(' ').collect();
        let said: Vec<&str> = (0..30).map(|_| words[random.below(words.len() as u64) as usize]).collect();
        let text = format!("Note {number} : {}", said.join(" "));
        let path = format!("/partage/{code}/note-{number}.txt");
        world.capture_into(&path, &text, into, &Marking::np()).expect("captured").expect("it is kept");
    };
    (0..FILED * 4).for_each(|number| write(number, Some(PLACES[number as usize % PLACES.len()].0)));
    (1000..1000 + count).for_each(|number| write(number, None));
    world.archive.index().expect("indexed");
    let served = Served::over(&world);
    let Some(mut browser) = Browser::start("fr", (1280, 900)) else {
        println!("no browser is installed here");
        return;
    };
    let link = world.archive.sign_in_link(&ada, ada.person).expect("a link");
    browser.go(&format!("http://{}/sign-in#{}", served.address, *link));
    browser.wait("location.pathname == '/' && document.readyState == 'complete'");
    browser.press("g");
    browser.press("f");
    let (mut took, mut by_hand, started) = (Vec::new(), 0, Instant::now());
    for left in (1..=count).rev() {
        let ready = format!(
            "document.readyState == 'complete' && document.querySelector('#queue-title')?.textContent.startsWith('{left}')"
        );
        browser.wait(&ready);
        let began = Instant::now();
        let name = browser.eval("document.querySelector('#record-title').textContent");
        let number = name.as_str().and_then(|name| name.trim_start_matches("note-").trim_end_matches(".txt").parse::<u64>().ok());
        let (code, ..) = PLACES[number.expect("a note") as usize % PLACES.len()];
        let suggested = browser.eval("document.querySelector('[name=into-suggested]')?.value ?? ''");
        if suggested == json!(code) {
            browser.press("y");
        } else {
            by_hand += 1;
            browser.press("f");
            browser.write(code);
            browser.press("Enter");
        }
        let gone = format!(
            "document.readyState == 'complete' && !document.querySelector('#queue-title')?.textContent.startsWith('{left}')"
        );
        browser.wait(&gone);
        took.push(ms(began.elapsed()));
    }
    let whole = started.elapsed().as_secs_f64();
    println!("{count} documents filed by keys alone in {whole:.1} s, {by_hand} by hand");
    println!(
        "one document: p50 {:.0} ms, p95 {:.0} ms, most {:.0} ms",
        quantile(&took, 0.5),
        quantile(&took, 0.95),
        quantile(&took, 1.0)
    );
    for (code, title, _) in PLACES {
        let words = format!("class:{code}");
        let request = SearchRequest { words: &words, sort: Sort::Date, limit: 0, offset: 0, facets: &[] };
        let there = world.archive.search(&ada, &request).expect("an answer").total;
        println!("{code} {title}: {there} records, {} expected", FILED + count / 4);
    }
    println!("complaints of the browser: {:?}", browser.complaints);
}
