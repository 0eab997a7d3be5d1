//! The pages in a real browser, at a desk and on a phone, in both languages, by keyboard, and without a script. Where no
//! Chromium is installed there is nothing to drive; `tests/run` installs it.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use chartrier_schemas::RecordId;
use chartrier_tests::{browse::Served, chromium::Browser, world::World};
use serde_json::json;

const DESK: (u32, u32) = (1280, 900);
const PHONE: (u32, u32) = (390, 844);

fn house() -> (World, RecordId) {
    let world = World::new();
    let ada = world.session();
    world.archive.clear_person(&ada, ada.person, &"S".parse().unwrap(), "nommée").unwrap();
    let ada = world.session();
    world.archive.add_class(&ada, "1", "Jardins et parcs", None).unwrap();
    world.archive.add_class(&ada, "2", "Cuisine", None).unwrap();
    for number in 0..30 {
        let text = format!("Les rosiers de l’allée {number} sont taillés en mars. Les rosiers anciens attendent.");
        world.capture_into(&format!("/r/allée-{number:02}.txt"), &text, Some("1"), &"NP".parse().unwrap()).unwrap().unwrap();
    }
    for number in 0..4 {
        let text = format!("À classer, {number} : les rosiers anciens de l’allée attendent.");
        world.capture(&format!("/c/note-{number}.txt"), &text).unwrap().unwrap();
    }
    let secret = world.capture_into("/r/plan.txt", "plan réservé", Some("1"), &"S".parse().unwrap()).unwrap().unwrap();
    world.archive.index().unwrap();
    (world, secret)
}

/// A browser that has followed a link of the owner's.
fn browser(world: &World, served: &Served, language: &str, size: (u32, u32)) -> Option<Browser> {
    let mut browser = Browser::start(language, size)?;
    let link = world.archive.sign_in_link(&world.session(), world.archive.owner()).unwrap();
    browser.go(&format!("http://{}/sign-in#{}", served.address, *link));
    browser.wait("location.pathname == '/' && document.readyState == 'complete'");
    assert_eq!(browser.eval("location.hash"), json!(""), "the code stays in no history");
    Some(browser)
}

#[test]
fn pages_are_whole_accessible_and_fit_the_desk_and_the_phone() {
    let (world, secret) = house();
    let served = Served::over(&world);
    for (language, size) in [("fr", DESK), ("en", DESK), ("fr", PHONE), ("en", PHONE)] {
        let Some(mut browser) = browser(&world, &served, language, size) else { return };
        assert_eq!(browser.eval("document.documentElement.lang"), json!(language));
        let hit = browser.eval("document.querySelector('.hit h2 a').getAttribute('href')");
        let pages = [
            "/".to_owned(),
            "/?q=rosiers+-mercure&page=2".to_owned(),
            "/?q=rosiers+zinnias".to_owned(),
            hit.as_str().unwrap().to_owned() + "&q=rosiers",
            format!("/unit/{secret}"),
            format!("/unit/{secret}?read=text"),
            "/sessions".to_owned(),
            "/inbox?at=1".to_owned(),
            "/inbox?q=zinnias".to_owned(),
            "/classes".to_owned(),
            "/bulk?q=rosiers&do=file&into=1".to_owned(),
            "/jobs".to_owned(),
            "/house".to_owned(),
            "/house/keys".to_owned(),
            "/help".to_owned(),
        ];
        for page in pages {
            browser.go(&format!("http://{}{page}", served.address));
            let width = browser.eval("document.documentElement.scrollWidth");
            assert!(width.as_u64().unwrap() <= u64::from(size.0), "{page} is {width} wide on {size:?}");
            let small = "[...document.querySelectorAll('button, nav a, .hit h2 a, .value, .exclude, summary')]\
                         .filter(one => one.offsetParent && one.getBoundingClientRect().height < 24).map(one => one.outerHTML)";
            assert_eq!(browser.eval(small), json!([]), "too small to touch on {page}");
            assert_eq!(browser.barriers(), [] as [String; 0], "{page} {language} {size:?}");
        }
        assert_eq!(browser.complaints, [] as [String; 0]);
        // The checkers see what they look for.
        browser.eval("document.body.innerHTML = '<img src=\"/nothing.jpg\"><p style=\"color: red\">x</p>'");
        browser.wait("document.images[0].complete");
        assert!(browser.eval("typeof axe") == json!("undefined") || !browser.barriers().is_empty());
        assert!(!browser.complaints.is_empty(), "a picture that is not there, a style in line");
    }
}

#[test]
fn one_finds_reads_and_comes_back_by_keyboard_alone() {
    let (world, _) = house();
    let served = Served::over(&world);
    let Some(mut browser) = browser(&world, &served, "en", DESK) else { return };
    browser.eval("document.querySelector('button[name=words]').click()");
    browser.wait("document.querySelector('form.search').method == 'get' && document.readyState == 'complete'");
    browser.press("/");
    browser.wait("document.activeElement.id == 'q'");
    browser.write("rosiers mars");
    browser.press("Enter");
    browser.wait("location.search.includes('rosiers') && document.querySelectorAll('.hit').length == 20 && document.readyState == 'complete'");
    browser.press("]");
    browser.wait("location.search.includes('page=2') && document.querySelectorAll('.hit').length == 10 && document.readyState == 'complete'");
    browser.press("[");
    browser.wait("!location.search.includes('page=2') && document.readyState == 'complete'");
    browser.press("j");
    browser.press("j");
    browser.press("k");
    browser.press("j");
    let second = browser.eval("[...document.querySelectorAll('.hit h2 a')].indexOf(document.activeElement)");
    assert_eq!(second, json!(1));
    browser.press("Enter");
    browser.wait("location.pathname.startsWith('/unit/') && document.readyState == 'complete'");
    browser.press("n");
    browser.press("n");
    assert_eq!(browser.eval("[...document.querySelectorAll('.words mark')].findIndex(one => one.className == 'now')"), json!(1));
    let here = browser.eval("location.pathname");
    browser.press("]");
    browser.wait(&format!(
        "location.pathname.startsWith('/unit/') && location.pathname != {here} && document.readyState == 'complete'"
    ));
    browser.press("Escape");
    browser.wait("location.pathname == '/' && location.search.includes('rosiers') && document.readyState == 'complete'");
    browser.press("?");
    browser.wait("location.pathname == '/help' && document.readyState == 'complete'");
    // Single keys can be switched off.
    browser.eval("document.querySelector('button[name=keys]').click()");
    browser.wait("document.body.dataset.keys == 'off'");
    browser.press("/");
    assert_eq!(browser.eval("document.activeElement.id"), json!(""));
    assert_eq!(browser.complaints, [] as [String; 0]);
}

#[test]
fn one_signs_in_searches_and_signs_out_without_a_script() {
    let (world, _) = house();
    let served = Served::over(&world);
    let Some(mut browser) = Browser::start("fr", PHONE) else { return };
    browser.call("Emulation.setScriptExecutionDisabled", json!({ "value": true }));
    let link = world.archive.sign_in_link(&world.session(), world.archive.owner()).unwrap();
    let at = |path: &str| format!("http://{}{path}", served.address);
    browser.call("Page.navigate", json!({ "url": at("/sign-in") }));
    browser.wait("document.readyState == 'complete' && Boolean(document.querySelector('#link'))");
    browser.eval("document.querySelector('#link').focus()");
    browser.write(&link);
    browser.press("Enter");
    browser.wait("location.pathname == '/' && document.readyState == 'complete'");
    browser.eval("document.querySelector('#q').focus()");
    browser.write("allée");
    browser.press("Enter");
    browser.wait("document.querySelectorAll('.hit mark').length > 0");
    browser.eval("document.querySelector('form[action=\"/sign-out\"] button').click()");
    browser.wait("location.pathname == '/sign-in'");
}

#[test]
fn what_is_typed_ahead_is_meant_for_the_next_record() {
    let (world, _) = house();
    let served = Served::over(&world);
    let Some(mut browser) = browser(&world, &served, "en", DESK) else { return };
    browser.go(&format!("http://{}/inbox", served.address));
    let far = json!({ "offline": false, "latency": 400, "downloadThroughput": -1, "uploadThroughput": -1 });
    browser.call("Network.enable", json!({}));
    browser.call("Network.emulateNetworkConditions", far);
    // The second and third are chosen, though no page has come since the first key.
    ["j", "x", "j", "x"].iter().for_each(|key| browser.press(key));
    browser.wait("location.search.includes('at=2') && document.querySelectorAll('.queue input:checked').length == 2");
    let chosen = "[...document.querySelectorAll('.queue li')].findIndex(one => one.querySelector('input').checked)";
    assert_eq!(browser.eval(chosen), json!(1));
    // Both are filed under what is typed for the one before last, which is walked to first; then that is taken back.
    ["k", "f", "2", "Enter"].iter().for_each(|key| browser.press(key));
    browser.wait("document.querySelector('#queue-title').textContent.startsWith('2')");
    assert_eq!(world.names("class:2").len(), 2);
    browser.press("z");
    browser.wait("document.querySelector('#queue-title').textContent.startsWith('4')");
    assert_eq!(world.names("class:2").len(), 0);
    // What was typed for a record that could not be filed is meant for no other.
    ["j", "f", "9", "9", "Enter", "y"].iter().for_each(|key| browser.press(key));
    browser.wait("document.querySelector('#into').validationMessage.includes('no place of that name')");
    assert_eq!(world.names("class:none").len(), 4);
    browser.press("Escape");
    // A suggestion is taken by whoever has seen it: of two presses the second is for a record that was not there yet.
    ["y", "y", "y"].iter().for_each(|key| browser.press(key));
    browser.wait("document.querySelector('#queue-title').textContent.startsWith('3')");
    std::thread::sleep(std::time::Duration::from_millis(1_500));
    assert_eq!(world.names("class:none").len(), 3);
    // The beginning of a title is enough for a place that it alone means; what means none is not sent.
    browser.press("f");
    browser.wait("document.querySelectorAll('#into-list option').length == 2");
    browser.write("bureau");
    browser.press("Enter");
    browser.wait("document.querySelector('#into').validationMessage.includes('no place of that name')");
    browser.eval("document.querySelector('#into').select()");
    browser.write("cuis");
    browser.press("Enter");
    browser.wait("document.querySelector('#queue-title').textContent.startsWith('2')");
    assert_eq!(world.names("class:2").len(), 1);
}

#[test]
fn an_inbox_is_filed_by_keyboard_alone() {
    let (world, _) = house();
    let served = Served::over(&world);
    let Some(mut browser) = browser(&world, &served, "en", DESK) else { return };
    browser.press("g");
    browser.press("f");
    browser.wait("location.pathname == '/inbox' && document.readyState == 'complete'");
    let left = |browser: &mut Browser, count: &str| {
        browser.wait(&format!(
        "document.readyState == 'complete' && document.querySelector('#queue-title, .empty h2')?.textContent.startsWith('{count}')"
    ))
    };
    left(&mut browser, "4");
    let first = browser.eval("document.querySelector('#record-title').textContent");
    browser.press("y");
    left(&mut browser, "3");
    assert_ne!(browser.eval("document.querySelector('#record-title').textContent"), first, "the next is at hand");
    browser.press("z");
    left(&mut browser, "4");
    // Two are chosen while one walks on, and filed together by hand; Enter takes what was typed, not the suggestion.
    browser.press("x");
    browser.press("j");
    browser.wait("location.search.includes('at=1') && document.readyState == 'complete'");
    browser.press("x");
    assert_eq!(browser.eval("document.querySelectorAll('.queue input:checked').length"), json!(2));
    browser.press("f");
    browser.wait("document.activeElement.id == 'into'");
    browser.wait(
        "[...document.querySelectorAll('#into-list option')].map(one => one.value).join() == '1 Jardins et parcs,2 Cuisine'",
    );
    browser.eval("document.activeElement.value = '2'");
    browser.press("Enter");
    left(&mut browser, "2");
    assert_eq!(world.names("class:2").len(), 2);
    browser.press("y");
    left(&mut browser, "1");
    browser.press("y");
    left(&mut browser, "Everything");
    assert_eq!(browser.complaints, [] as [String; 0]);
}
