//! The page that adds in a real browser: a phone on a bad network, a desk where things are dropped, and what is left behind
//! when one signs out. Where no Chromium is installed there is nothing to drive.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use chartrier_tests::{binary::binary, browse::Served, chromium::Browser, world::World};
use serde_json::json;
use std::{
    io::Cursor,
    path::{Path, PathBuf},
};

const DESK: (u32, u32) = (1280, 900);
const PHONE: (u32, u32) = (390, 844);

fn house() -> World {
    let world = World::new();
    // Built before anybody waits for its workers.
    binary();
    let ada = world.session();
    world.archive.clear_person(&ada, ada.person, &"S".parse().unwrap(), "nommée").unwrap();
    let ada = world.session();
    world.archive.add_class(&ada, "1", "Cuisines et menus", None).unwrap();
    world.archive.add_class(&ada, "1.1", "Photographies", Some("1")).unwrap();
    world
}

fn enter(world: &World, served: &Served, browser: &mut Browser) {
    let link = world.archive.sign_in_link(&world.session(), world.archive.owner()).unwrap();
    browser.go(&format!("http://{}/sign-in#{}", served.address, *link));
    browser.wait("location.pathname == '/' && document.readyState == 'complete'");
}

fn go_to_add(served: &Served, browser: &mut Browser) {
    browser.go(&format!("http://{}/add", served.address));
    browser.wait("!document.querySelector('.sources').hidden");
}

/// Photographs of some hundred kilobytes, none like another.
fn photos(folder: &Path, count: u32) -> Vec<PathBuf> {
    let one = |number: u32| {
        let picture = image::RgbImage::from_fn(900, 700, |x, y| {
            let noise = x.wrapping_mul(2_654_435_761).wrapping_add(y.wrapping_mul(40_503).wrapping_mul(number + 7)) >> 13;
            image::Rgb([noise as u8, (noise >> 5) as u8, (x * y + number) as u8])
        });
        let mut jpeg = Vec::new();
        picture.write_to(&mut Cursor::new(&mut jpeg), image::ImageFormat::Jpeg).unwrap();
        let path = folder.join(format!("IMG_{number:04}.jpg"));
        std::fs::write(&path, jpeg).unwrap();
        path
    };
    (0..count).map(one).collect()
}

/// Chooses files as a person does in the dialogue of the system.
fn choose(browser: &mut Browser, input: &str, files: &[PathBuf]) {
    let found = browser.call("Runtime.evaluate", json!({ "expression": format!("document.querySelector('{input}')") }));
    let object = found["result"]["objectId"].clone();
    browser.call("DOM.setFileInputFiles", json!({ "files": files, "objectId": object }));
}

fn network(browser: &mut Browser, offline: bool, bytes_a_second: i64) {
    let conditions =
        json!({ "offline": offline, "latency": 5, "downloadThroughput": bytes_a_second, "uploadThroughput": bytes_a_second });
    browser.call("Network.emulateNetworkConditions", conditions);
}

/// The story of the cook: a phone, a bad network, two reloads, and every photograph in the archive once.
#[test]
fn photos_from_a_phone_outlive_reloads_and_a_lost_network() {
    let (world, folder) = (house(), tempfile::tempdir().unwrap());
    let served = Served::over(&world);
    let Some(mut browser) = Browser::start("fr", PHONE) else { return };
    enter(&world, &served, &mut browser);
    browser.call("Network.enable", json!({}));
    browser.call("Emulation.setTouchEmulationEnabled", json!({ "enabled": true }));
    let add = format!("http://{}/add", served.address);
    go_to_add(&served, &mut browser);
    assert_eq!(browser.barriers(), [] as [String; 0]);
    browser.eval("document.querySelector('#into').value = '1.1 Photographies'");
    let photos = photos(folder.path(), 10);
    let bytes: u64 = photos.iter().map(|photo| photo.metadata().unwrap().len()).sum();
    network(&mut browser, false, i64::try_from(bytes / 6).unwrap());
    choose(&mut browser, ".photos input", &photos);
    browser.wait("document.querySelectorAll('#received a').length >= 2");
    // The page goes away in the middle, and comes back.
    browser.go(&add);
    browser.wait("document.querySelectorAll('#received a').length >= 3");
    assert_eq!(browser.barriers(), [] as [String; 0], "while it sends");
    network(&mut browser, true, -1);
    let lost = "document.querySelector('#queue-status').textContent.includes('Pas de connexion')";
    browser.wait(lost);
    let before = world.names("").len();
    assert!(before < 10, "the network was lost too late to show anything");
    network(&mut browser, false, -1);
    browser.eval("window.dispatchEvent(new Event('online'))");
    browser.go(&add);
    browser.wait("document.querySelector('#queue-status').textContent.startsWith('10 sur 10 reçus et vérifiés')");
    browser.wait("document.querySelectorAll('#received a').length == 10");
    assert_eq!(browser.eval("document.querySelectorAll('#queue-list li').length"), json!(0));
    let width = browser.eval("document.documentElement.scrollWidth");
    assert_eq!(width, json!(PHONE.0));
    assert_eq!(world.names("class:1.1").len(), 10, "nothing is lost");
    assert_eq!(world.names("").len(), 10, "nothing is doubled");
    // The same photographs once more: nothing is sent, and that is said.
    choose(&mut browser, ".photos input", &photos[..3]);
    browser.wait("document.querySelector('#queue-status').textContent.startsWith('3 sur 3')");
    assert_eq!(world.names("").len(), 10);
    // One opens what one has added.
    browser.eval("document.querySelector('#received a').click()");
    browser.wait("location.pathname.startsWith('/unit/') && document.readyState == 'complete'");
    assert_eq!(
        browser.complaints.iter().filter(|one| !one.contains("ERR_INTERNET_DISCONNECTED")).count(),
        0,
        "{:?}",
        browser.complaints
    );
}

#[test]
fn files_and_folders_are_dropped_on_any_page() {
    let (world, folder) = (house(), tempfile::tempdir().unwrap());
    let served = Served::over(&world);
    let Some(mut browser) = Browser::start("en", DESK) else { return };
    enter(&world, &served, &mut browser);
    let below = folder.path().join("Dossier/Menus");
    std::fs::create_dir_all(&below).unwrap();
    for number in 0..30 {
        std::fs::write(below.join(format!("menu {number}.txt")), format!("Menu {number} de la Saint-Sylvestre")).unwrap();
    }
    std::fs::write(folder.path().join("Dossier/lisez-moi.txt"), "Les menus de la maison").unwrap();
    browser.go(&format!("http://{}/help", served.address));
    let data = json!({ "items": [], "files": [folder.path().join("Dossier")], "dragOperationsMask": 1 });
    let drag = |kind: &str| json!({ "type": kind, "x": 300, "y": 300, "data": data });
    browser.call("Input.dispatchDragEvent", drag("dragEnter"));
    browser.wait("!document.querySelector('#drop').hidden");
    assert_eq!(browser.barriers(), [] as [String; 0]);
    browser.call("Input.dispatchDragEvent", drag("dragOver"));
    browser.call("Input.dispatchDragEvent", drag("drop"));
    browser.wait("location.pathname == '/add' && document.querySelector('#queue-status').textContent.startsWith('31 of 31 received and verified')");
    assert_eq!(world.names("sylvestre").len(), 30);
    let record = world.archive.show(&world.session(), first(&world, "name:lisez*")).unwrap().record;
    assert_eq!(record.occurrences[0].path, "Dossier/lisez-moi.txt");
    assert_eq!(browser.barriers(), [] as [String; 0]);
    assert_eq!(browser.complaints, [] as [String; 0]);
}

fn first(world: &World, query: &str) -> chartrier_schemas::RecordId {
    let mut found = None;
    world.archive.list(&world.session(), query, &mut |line| found = Some(line.id)).unwrap();
    found.unwrap()
}

#[test]
fn trouble_is_told_tried_again_or_given_up_and_signing_out_leaves_nothing() {
    let (world, folder) = (house(), tempfile::tempdir().unwrap());
    let served = Served::over(&world);
    let Some(mut browser) = Browser::start("en", DESK) else { return };
    enter(&world, &served, &mut browser);
    go_to_add(&served, &mut browser);
    let photos = photos(folder.path(), 2);
    browser.eval("document.querySelector('#into').value = '7 Nowhere'");
    choose(&mut browser, ".files input", &photos);
    browser.wait("document.querySelectorAll('#queue-list .failed').length == 2");
    assert!(browser.eval("document.querySelector('#queue-list .failed').innerText").as_str().unwrap().contains("no such class"));
    assert_eq!(browser.barriers(), [] as [String; 0]);
    // The class comes to be; one file is tried again, the other is given up.
    world.archive.add_class(&world.session(), "7", "Nowhere", None).unwrap();
    browser.eval("document.querySelector('#queue-list li button').click()");
    browser.wait("document.querySelectorAll('#queue-list li').length == 1");
    browser.eval("document.querySelector('#queue-retry').click()");
    browser.wait("document.querySelector('#queue-status').textContent.startsWith('1 of 1 received and verified')");
    assert_eq!(world.names("class:7"), ["IMG_0001.jpg"]);
    // Paused, nothing goes on, also in the next page; signing out forgets what waits.
    browser.eval("document.querySelector('#into').value = ''");
    std::fs::write(folder.path().join("z.txt"), "z").unwrap();
    browser.eval("localStorage.setItem('chartrier-queue-' + document.querySelector('#adding').dataset.person, 'paused')");
    choose(&mut browser, ".files input", &[folder.path().join("z.txt")]);
    browser.wait("document.querySelector('#queue-status').textContent.includes('Paused')");
    browser.go(&format!("http://{}/add", served.address));
    browser.wait("document.querySelector('#queue-status').textContent.includes('0 of 1')");
    let queues = "indexedDB.databases().then(all => all.length)";
    assert_eq!(browser.eval(queues), json!(1));
    browser.eval("document.querySelector('form[action=\"/sign-out\"] button').click()");
    browser.wait("location.pathname == '/sign-in' && document.readyState == 'complete'");
    assert_eq!((browser.eval(queues), browser.eval("localStorage.length")), (json!(0), json!(0)));
    assert_eq!(world.names("").len(), 1);
    assert_eq!(browser.complaints.iter().filter(|one| !one.contains("400")).count(), 0, "{:?}", browser.complaints);
}

#[test]
fn two_pages_do_not_send_the_same_queue_twice() {
    let (world, folder) = (house(), tempfile::tempdir().unwrap());
    let served = Served::over(&world);
    let Some(mut browser) = Browser::start("en", DESK) else { return };
    enter(&world, &served, &mut browser);
    go_to_add(&served, &mut browser);
    browser.call("Network.enable", json!({}));
    network(&mut browser, false, 200_000);
    choose(&mut browser, ".files input", &photos(folder.path(), 6));
    browser.wait("navigator.locks.query().then(all => all.held.length == 1)");
    // Another page of the same person, in the same browser, finds the queue and waits for its turn.
    browser.open_beside(&format!("http://{}/add", served.address));
    browser.wait("navigator.locks.query().then(all => all.held.length == 1 && all.pending.length == 1)");
    network(&mut browser, false, -1);
    browser.wait("document.querySelector('#queue-status').textContent.startsWith('6 of 6 received and verified')");
    assert_eq!(world.names("").len(), 6);
    let log = served.log.lock().unwrap().join("\n");
    assert_eq!(log.matches("/add/piece/{upload}").count(), pieces(folder.path()), "{log}");
}

/// How many pieces the files of a folder are.
fn pieces(folder: &Path) -> usize {
    let sizes = std::fs::read_dir(folder).unwrap().flatten().map(|file| file.metadata().unwrap().len());
    sizes.map(|size| size.div_ceil(chartrier_engine::spool::PIECE as u64) as usize).sum()
}

#[test]
fn a_form_is_enough_without_a_script() {
    let (world, folder) = (house(), tempfile::tempdir().unwrap());
    let served = Served::over(&world);
    let Some(mut browser) = Browser::start("fr", PHONE) else { return };
    enter(&world, &served, &mut browser);
    browser.call("Emulation.setScriptExecutionDisabled", json!({ "value": true }));
    browser.call("Page.navigate", json!({ "url": format!("http://{}/add", served.address) }));
    browser.wait("document.readyState == 'complete' && Boolean(document.querySelector('#file'))");
    assert_eq!(browser.eval("document.querySelector('.sources').offsetParent === null"), json!(true));
    choose(&mut browser, "#file", &photos(folder.path(), 2));
    browser.eval("document.querySelector('.plain-form button').click()");
    browser.wait("document.readyState == 'complete' && document.querySelectorAll('#received a').length == 2");
    assert_eq!(world.names("class:none").len(), 2);
}
