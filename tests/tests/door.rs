//! Accounts in a real browser: an invitation is followed by its link, the pages are whole and accessible at a desk and on a phone,
//! and one signs in without a script. Where no Chromium is installed there is nothing to drive.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use chartrier_engine::archive::{GroupRequest, MandateRequest, PersonRequest};
use chartrier_schemas::{
    GroupId, PersonId, RecordId,
    persisted::v1::{PersonRole, Whom},
};
use chartrier_tests::{
    account::{Authenticator, PASSWORD, SPOKEN, enrolled},
    browse::Served,
    chromium::Browser,
    world::World,
};
use jiff::SignedDuration;
use serde_json::json;

fn house() -> (World, PersonId, GroupId, RecordId) {
    let world = World::new();
    let ada = world.session();
    world.archive.clear_person(&ada, ada.person, &"S".parse().unwrap(), "nommée").unwrap();
    let ada = world.session();
    world.archive.add_class(&ada, "1", "Jardins et parcs", None).unwrap();
    let request = PersonRequest {
        name: "Ève Durand".into(),
        roles: vec![PersonRole::Security, PersonRole::Archivist],
        clearance: "S".parse().unwrap(),
        reason: Some("relève".into()),
    };
    let eve = world.archive.add_person(&ada, &request).unwrap();
    for on in [None, Some("1".to_owned())] {
        let request =
            MandateRequest { whom: eve.into(), on, until: Some("2999-01-01T00:00:00Z".into()), reason: "veille".into() };
        world.archive.add_mandate(&ada, &request).unwrap();
    }
    let group = GroupRequest { name: "Visites d’État".into(), reason: "préparation".into(), members: vec![eve, ada.person] };
    let group = world.archive.add_group(&ada, &group).unwrap();
    world.archive.change_members(&ada, group, &[], &[ada.person], "relève").unwrap();
    for whom in [group.into(), Whom::Everyone] {
        let request = MandateRequest { whom, on: Some("1".into()), until: None, reason: "accueil".into() };
        world.archive.add_mandate(&ada, &request).unwrap();
    }
    let secret = world.capture_into("/r/plan.txt", "plan réservé", Some("1"), &"S".parse().unwrap()).unwrap().unwrap();
    world.archive.text(&ada, secret).unwrap();
    world.archive.index().unwrap();
    (world, eve, group, secret)
}

/// Looks at a page as it is shown.
fn look(browser: &mut Browser, width: u32, page: &str) {
    let wide = browser.eval("document.documentElement.scrollWidth");
    assert!(wide.as_u64().unwrap() <= u64::from(width), "{page} is {wide} wide");
    browser.eval("document.querySelectorAll('details').forEach(one => one.open = true)");
    assert_eq!(browser.barriers(), [] as [String; 0], "{page} {width}");
    let small = "[...document.querySelectorAll('button, nav a, summary, main input, main select')]\
                 .filter(one => one.offsetParent && one.type != 'checkbox' && one.getBoundingClientRect().height < 24).map(one => one.outerHTML)";
    assert_eq!(browser.eval(small), json!([]), "too small to touch on {page}");
}

#[test]
fn an_invitation_is_followed_and_the_pages_are_whole() {
    let (world, eve, group, secret) = house();
    for (language, width) in [("fr", 1280), ("en", 390)] {
        let served = Served::over(&world);
        let at = |path: &str| format!("http://{}{path}", served.address);
        let Some(mut browser) = Browser::start(language, (width, 900)) else { return };
        browser.go(&at("/sign-in"));
        look(&mut browser, width, "/sign-in");
        let invitation = world.archive.invite(&world.session(), eve).unwrap();
        browser.go(&at("/invitation"));
        look(&mut browser, width, "/invitation");
        browser.go("about:blank");
        browser.call("Page.navigate", json!({ "url": at(&format!("/invitation#{}", *invitation)) }));
        browser.wait("document.readyState == 'complete' && Boolean(document.querySelector('.qr'))");
        assert_eq!(browser.eval("location.hash"), json!(""), "the secret stays in no history");
        look(&mut browser, width, "the form of an account");
        let page = browser.eval("document.body.innerHTML");
        let phone = Authenticator::read(page.as_str().unwrap());
        for (id, value) in [("password", SPOKEN), ("again", SPOKEN), ("code", &phone.code(&served))] {
            browser.eval(&format!("document.querySelector('#{id}').focus()"));
            browser.write(value);
        }
        browser.press("Enter");
        browser.wait("document.querySelectorAll('.codes li').length == 8 && document.readyState == 'complete'");
        look(&mut browser, width, "the recovery codes");
        let (person, who) = (format!("/persons/{eve}"), format!("/unit/{secret}/who"));
        let unit = format!("/unit/{secret}");
        let group = format!("/groups/{group}");
        for page in [
            "/account",
            "/account/factor",
            "/sessions",
            "/persons",
            &person,
            "/groups",
            &group,
            "/groups/everyone",
            "/disclosures",
            &unit,
            &who,
        ] {
            browser.go(&at(page));
            look(&mut browser, width, page);
        }
        assert_eq!(browser.complaints, [] as [String; 0]);
        // A grave act asks anew, and is done with what was filled in.
        served.clock.by(SignedDuration::from_mins(11));
        browser.go(&at("/persons"));
        browser.eval(&format!(
            "document.querySelector('#name').value = 'Luc {width}'; document.querySelector('form.fields').requestSubmit()"
        ));
        browser.wait("Boolean(document.querySelector('#proof-password')) && document.readyState == 'complete'");
        look(&mut browser, width, "a proof");
        for (id, value) in [("proof-password", SPOKEN), ("proof-code", &phone.code(&served))] {
            browser.eval(&format!("document.querySelector('#{id}').focus()"));
            browser.write(value);
        }
        browser.press("Enter");
        browser.wait(&format!("document.querySelector('h1')?.innerText == 'Luc {width}'"));
    }
}

#[test]
fn one_signs_in_by_password_without_a_script() {
    let (world, eve, ..) = house();
    let served = Served::over(&world);
    let (_, phone, _) = enrolled(&served, &world.archive, eve);
    served.clock.by(SignedDuration::from_secs(30));
    let Some(mut browser) = Browser::start("fr", (390, 844)) else { return };
    browser.call("Emulation.setScriptExecutionDisabled", json!({ "value": true }));
    browser.call("Page.navigate", json!({ "url": format!("http://{}/sign-in", served.address) }));
    browser.wait("document.readyState == 'complete' && Boolean(document.querySelector('#name'))");
    for (id, value) in [("name", "ève durand"), ("password", &PASSWORD.replace('+', " ")), ("code", &phone.code(&served))] {
        browser.eval(&format!("document.querySelector('#{id}').focus()"));
        browser.write(value);
    }
    browser.press("Enter");
    browser.wait("location.pathname == '/' && document.readyState == 'complete' && Boolean(document.querySelector('.person'))");
}
