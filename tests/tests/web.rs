//! The pages over a real connection: who may come, what is never told, and what every answer carries.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use chartrier_engine::{
    archive::{MandateRequest, PersonRequest},
    policy::Act,
};
use chartrier_schemas::{
    Marking, PersonId, RecordId,
    persisted::v1::{Deed, PersonRole},
};
use chartrier_tests::{
    browse::{Answer, Served, Visitor, workers},
    world::{World, occurrence},
};
use chartrier_web::{Asks, Policy, Who, policies};
use jiff::SignedDuration;

/// A house: a class that Luc may know, one that he may not, and a Secret record in the first.
struct House {
    world: World,
    luc: PersonId,
    /// What everybody here may know.
    open: RecordId,
    /// What Luc has no mandate for.
    beside: RecordId,
    /// What Luc is not cleared for.
    secret: RecordId,
}

const ABSENT: &str = "rec-00000000000000000000000000";

fn house() -> House {
    let world = World::new();
    let ada = world.session();
    world.archive.clear_person(&ada, ada.person, &"TS".parse().unwrap(), "nommée").unwrap();
    let ada = world.session();
    world.archive.add_class(&ada, "1", "Jardins", None).unwrap();
    world.archive.add_class(&ada, "2", "Affaires réservées", None).unwrap();
    let luc = PersonRequest { name: "Luc".into(), roles: vec![PersonRole::Staff], clearance: Marking::np(), reason: None };
    let luc = world.archive.add_person(&ada, &luc).unwrap();
    let mandate = MandateRequest { whom: luc.into(), on: Some("1".into()), until: None, reason: "jardinier".into() };
    world.archive.add_mandate(&ada, &mandate).unwrap();
    let capture = |path: &str, text: &str, into: &str, marking: &str| {
        world.capture_into(path, text, Some(into), &marking.parse().unwrap()).unwrap().unwrap()
    };
    let open = capture("/r/rosiers.txt", "La taille des rosiers du parc <b>ancien</b>", "1", "NP");
    let beside = capture("/r/mercure.txt", "Le dossier mercure parle des rosiers", "2", "NP");
    let secret = capture("/r/vulcain.txt", "Le plan vulcain des rosiers", "1", "S");
    world.archive.index().unwrap();
    House { world, luc, open, beside, secret }
}

impl House {
    fn ada(&self) -> PersonId {
        self.world.archive.owner()
    }

    fn disclosures(&self, record: RecordId) -> usize {
        let shown = self.world.archive.show(&self.world.session(), record).unwrap();
        shown.history.iter().filter(|line| matches!(line.act.deed, Deed::Disclose { .. })).count()
    }
}

/// The address of a route, its names filled in.
fn filled(policy: &Policy, id: &str) -> String {
    let path = policy.path.replace("{id}", id).replace("{number}", "1").replace("{name}", "nothing.css");
    let path = path.replace("{upload}", "upl-00000000000000000000000000");
    path.replace("{person}", "per-00000000000000000000000000")
        .replace("{mandate}", "mdt-00000000000000000000000000")
        .replace("{group}", "grp-00000000000000000000000000")
}

/// Forms ask for what is so already: a walk changes nothing.
fn asked(visitor: &Visitor, policy: &Policy, path: &str, house: &House) -> Answer {
    let of = |record: RecordId| path.contains(&record.to_string());
    let (into, marking) = (if of(house.beside) { "2" } else { "1" }, if of(house.secret) { "S" } else { "NP" });
    let form = [("into", into), ("marking", marking), ("reason", "tri")];
    if policy.method == "GET" { visitor.get(path) } else { visitor.post(path, &form) }
}

#[test]
fn every_answer_is_protected() {
    let house = house();
    let served = Served::over(&house.world);
    let (nobody, ada) = (served.visitor(), served.signed_in(house.ada()));
    let picture = nobody.get("/sign-in").text();
    let style = picture.split("href=\"/assets/").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let host = |host: &str| nobody.request("GET", "/", "").replace(&served.address.to_string(), host);
    let answers = [
        (200, nobody.get("/health")),
        (200, nobody.get(&format!("/assets/{style}"))),
        (404, nobody.get("/assets/other.css")),
        (303, nobody.get("/")),
        (404, nobody.get("/no/such/page")),
        (405, nobody.post("/help", &[])),
        (403, nobody.post_from("Sec-Fetch-Site: cross-site\r\n", "/choices", &[("language", "fr")])),
        (421, nobody.send(&host("evil.example"))),
        (403, nobody.post("/sign-in", &[("link", "0")])),
        (413, nobody.post("/sign-in", &[("link", &"0".repeat(20_000))])),
        (200, ada.get("/")),
        (200, ada.get("/results.csv")),
        (200, ada.get(&format!("/unit/{}", house.open))),
        (200, ada.get(&format!("/unit/{}/component/1", house.open))),
        (200, ada.get(&format!("/unit/{}/thumbnail", house.open))),
        (404, ada.get(&format!("/unit/{ABSENT}"))),
    ];
    for (status, answer) in answers {
        assert_eq!(answer.status, status, "{}", answer.text());
        let header = |name: &str| answer.header(name).unwrap_or_else(|| panic!("no {name}: {answer:?}"));
        let policy = header("content-security-policy");
        assert!(policy.contains("default-src 'none'") && !policy.contains("unsafe"), "{policy}");
        assert_eq!(header("x-content-type-options"), "nosniff");
        assert_eq!(header("x-frame-options"), "DENY");
        assert_eq!(header("referrer-policy"), "same-origin");
        assert_eq!(header("cross-origin-opener-policy"), "same-origin");
        assert_eq!(header("cross-origin-resource-policy"), "same-origin");
        let kept = header("cache-control");
        let asset = matches!(answer.header("content-type"), Some("text/css; charset=utf-8"));
        assert_eq!(kept, if asset { "public, max-age=31536000, immutable" } else { "no-store" });
        let page = answer.text();
        for inline in ["<style", " style=", "onclick=", "javascript:", "<script>"] {
            assert!(!page.contains(inline), "{inline} in {page}");
        }
    }
    let original = ada.get(&format!("/unit/{}/component/1", house.open));
    assert_eq!(original.text(), "La taille des rosiers du parc <b>ancien</b>");
    assert_eq!(original.header("content-security-policy"), Some("sandbox; default-src 'none'"));
    assert_eq!(
        original.header("content-disposition"),
        Some("attachment; filename=\"rosiers.txt\"; filename*=UTF-8''rosiers.txt")
    );
}

/// Every row of the table, for somebody who is not signed in, for Ada who may know everything, and for Luc.
#[test]
fn no_route_shows_more_than_its_policy_says() {
    let house = house();
    let served = Served::over(&house.world);
    let nobody = served.visitor();
    let rows = policies();
    assert!(
        rows.len() > 10
            && rows.iter().all(|row| row.path.ends_with("/sign-in") || row.who == Who::Person || row.asks == Asks::Nothing)
    );
    for row in &rows {
        let of_unit = row.path.contains("{id}");
        for id in [house.open.to_string(), house.beside.to_string(), house.secret.to_string(), ABSENT.to_owned(), "x".to_owned()]
        {
            let (ada, luc) = (served.signed_in(house.ada()), served.signed_in(house.luc));
            let path = filled(row, &id);
            let away = asked(&nobody, row, &path, &house);
            match row.who {
                Who::Person if row.path.starts_with("/api/") => assert_eq!(away.status, 401, "{path}"),
                Who::Person => assert_eq!((away.status, away.header("location")), (303, Some("/sign-in")), "{path}"),
                Who::Anyone => assert_ne!(away.header("location"), Some("/sign-in"), "{path}"),
            }
            assert!(!away.text().contains("rosiers"), "{path}");
            // A page of a text cannot be drawn, for anyone; the others are there for those who may know them.
            if of_unit && !row.path.ends_with("/page/{number}") {
                let known = [house.open, house.beside, house.secret].iter().any(|record| record.to_string() == id);
                let status = asked(&ada, row, &path, &house).status;
                // An empty form may be wrong, but the record is there.
                assert!(if known { matches!(status, 200 | 303 | 400) } else { status == 404 }, "Ada {path} {status}");
                let open = id == house.open.to_string();
                let status = asked(&luc, row, &path, &house).status;
                let may = |act| matches!(act, Asks::The(Act::Know | Act::Read));
                let expected = if !open {
                    404
                } else if may(row.asks) {
                    200
                } else {
                    status
                };
                assert_eq!(status, expected, "Luc {path}");
                assert!(!open || may(row.asks) || matches!(status, 400 | 403), "Luc {path} {status}");
            }
            // Rooms of those who decide and watch are no secret, and not for Luc to enter.
            if [Asks::The(Act::Empower), Asks::The(Act::Audit)].contains(&row.asks) {
                assert_eq!(asked(&luc, row, &path, &house).status, 403, "Luc {path}");
            }
            let shown = asked(&luc, row, &path, &house).text();
            assert!(!["mercure", "vulcain", "réservées"].iter().any(|word| shown.contains(word)), "Luc {path}: {shown}");
            if !of_unit {
                break;
            }
        }
    }
}

#[test]
fn what_is_refused_answers_like_what_is_absent() {
    let house = house();
    let served = Served::over(&house.world);
    let luc = served.signed_in(house.luc);
    for row in policies().iter().filter(|row| row.path.contains("{id}")) {
        let absent = asked(&luc, row, &filled(row, ABSENT), &house).without_date();
        assert_eq!(absent.status, 404);
        for id in [house.beside.to_string(), house.secret.to_string(), "rec-nonsense".to_owned()] {
            assert_eq!(asked(&luc, row, &filled(row, &id), &house).without_date(), absent, "{} {id}", row.path);
        }
    }
    // One's own session may be ended, another person's is not there, and neither is one that never was.
    let ada = served.signed_in(house.ada());
    let number = house.world.archive.browsers(&house.world.session()).unwrap()[0].number;
    let refused = luc.post(&format!("/sessions/{number}/end"), &[]).without_date();
    assert_eq!((refused.status, luc.post("/sessions/999/end", &[]).without_date()), (404, refused));
    assert_eq!(ada.get("/").status, 200);
}

/// What Luc sees of a world does not change when what he may not know is added to it, filed, marked, or read.
#[test]
fn two_worlds_that_differ_in_what_may_not_be_known_look_the_same() {
    let house = house();
    let served = Served::over(&house.world);
    let luc = served.signed_in(house.luc);
    let pages = [
        "/".to_owned(),
        "/?q=rosiers".to_owned(),
        "/?q=mercure+type%3Atxt".to_owned(),
        "/?q=class%3A2".to_owned(),
        "/?q=marking%3AS".to_owned(),
        "/?q=type%3Aodt".to_owned(),
        "/results.csv?q=".to_owned(),
        format!("/unit/{}?q=rosiers&at=0", house.open),
        format!("/unit/{}", house.secret),
        format!("/unit/{}/thumbnail", house.open),
    ];
    // When something was last committed, and sessions that come and go, are times.
    let look =
        || -> Vec<(u16, String)> { pages.iter().map(|page| luc.get(page)).map(|a| (a.status, timeless(&a.text()))).collect() };
    let before = look();
    let world = &house.world;
    let ada = world.session();
    world.archive.add_class(&ada, "2.1", "Vulcain", Some("2")).unwrap();
    for number in 0..30 {
        let marking = ["NP", "S", "TS"][number % 3].parse().unwrap();
        let into = if number % 3 == 0 { Some("2.1") } else { Some("1") };
        world.capture_into(&format!("/s/{number}.odt"), &format!("rosiers mercure {number}"), into, &marking).unwrap().unwrap();
    }
    world.archive.mark(&ada, &[house.beside], &"TS".parse().unwrap(), "affaire").unwrap();
    world.archive.text(&ada, house.secret).unwrap();
    world.archive.index().unwrap();
    assert_eq!(look(), before);
    assert!(before[1].1.contains("1 to 1 of 1 record"), "{}", before[1].1);
}

/// A text without its moments.
fn timeless(page: &str) -> String {
    page.split("class=\"coverage\"")
        .map(|part| part.split_once("</p>").map_or(part, |(_, rest)| rest))
        .skip(1)
        .fold(page.split("class=\"coverage\"").next().unwrap_or_default().to_owned(), |all, part| all + part)
}

#[test]
fn changes_come_from_pages_of_ours() {
    let house = house();
    let served = Served::over(&house.world);
    let ada = served.signed_in(house.ada());
    let origins = [
        "Sec-Fetch-Site: cross-site\r\n".to_owned(),
        "Sec-Fetch-Site: same-site\r\n".to_owned(),
        "Origin: https://evil.example\r\n".to_owned(),
        "Origin: null\r\n".to_owned(),
        String::new(),
    ];
    for row in policies().iter().filter(|row| row.method == "POST") {
        for origin in &origins {
            let answer = ada.post_from(origin, &filled(row, &house.open.to_string()), &[("language", "fr")]);
            assert_eq!((answer.status, answer.header("set-cookie")), (403, None), "{} {origin}", row.path);
        }
    }
    assert_eq!(ada.get("/").status, 200, "still signed in");
    let old = format!("Origin: http://{}\r\n", served.address);
    assert_eq!(ada.post_from(&old, "/choices", &[("language", "fr")]).status, 303, "a browser that names its origin only");
}

#[test]
fn a_link_opens_once_within_five_minutes() {
    let house = house();
    let served = Served::over(&house.world);
    let link = || house.world.archive.sign_in_link(&house.world.session(), house.luc).unwrap();
    let (nobody, first, late) = (served.visitor(), link(), link());
    assert_eq!(nobody.post("/sign-in", &[("link", &first)]).status, 303);
    let used = nobody.post("/sign-in", &[("link", &first)]).without_date();
    served.clock.by(SignedDuration::from_mins(5));
    let over = nobody.post("/sign-in", &[("link", &late)]).without_date();
    let never = nobody.post("/sign-in", &[("link", &"0".repeat(64))]).without_date();
    assert_eq!((used.status, &used, &used), (403, &over, &never));
    // Who decides about nobody gives nobody a link but to themselves.
    let luc = house.world.archive.session(house.luc).unwrap();
    assert!(house.world.archive.sign_in_link(&luc, house.ada()).is_err());
    assert!(house.world.archive.sign_in_link(&luc, house.luc).is_ok());
}

#[test]
fn sessions_end() {
    let house = house();
    let served = Served::over(&house.world);
    let enter = || served.signed_in(house.ada());
    let is_in = |visitor: &Visitor| visitor.get("/").status == 200;

    let idle = enter();
    served.clock.by(SignedDuration::from_mins(119));
    assert!(is_in(&idle));
    served.clock.by(SignedDuration::from_mins(121));
    assert!(!is_in(&idle), "two hours without use");

    let busy = enter();
    for _ in 0..11 {
        served.clock.by(SignedDuration::from_hours(1));
        assert!(is_in(&busy));
    }
    served.clock.by(SignedDuration::from_hours(1));
    assert!(!is_in(&busy), "twelve hours");

    let (one, other) = (enter(), enter());
    let page = one.get("/sessions").text();
    let ends: Vec<&str> = page.split("action=\"/sessions/").skip(1).filter_map(|rest| rest.split('/').next()).collect();
    assert_eq!(ends.len(), 2, "{page}");
    let own = page.split("this one").next().unwrap().matches("<li>").count();
    let another = ends[usize::from(own == 1)];
    assert_eq!(one.post(&format!("/sessions/{another}/end"), &[]).status, 303);
    assert!(is_in(&one) && !is_in(&other));

    let out = one.post("/sign-out", &[]);
    assert_eq!((out.status, out.header("location")), (303, Some("/sign-in")));
    assert_eq!(out.header("clear-site-data"), Some("\"cache\", \"cookies\", \"storage\""));
    assert!(out.header("set-cookie").unwrap().contains("Max-Age=0"));
    assert!(!is_in(&one));
}

#[test]
fn cookies_are_kept_to_the_server() {
    let house = house();
    let served = Served::known_as(&house.world, &["archives.example"]);
    let link = house.world.archive.sign_in_link(&house.world.session(), house.ada()).unwrap();
    let nobody = served.visitor();
    let body = format!("link={}", *link);
    let head = format!("Sec-Fetch-Site: same-origin\r\nContent-Length: {}\r\n", body.len());
    let request = nobody.request("POST", "/sign-in", &head).replace(&served.address.to_string(), "archives.example") + &body;
    let answer = nobody.send(&request);
    let cookie = answer.header("set-cookie").unwrap();
    assert!(
        cookie.starts_with("__Host-chartrier=") && cookie.ends_with("; Path=/; HttpOnly; SameSite=Strict; Secure"),
        "{cookie}"
    );
    assert_eq!(answer.header("strict-transport-security"), Some("max-age=31536000"));
    let here = served.signed_in(house.ada()).cookie.unwrap();
    assert!(here.starts_with(&format!("chartrier-{}=", served.address.port())), "{here}");
}

#[test]
fn one_searches_and_reads_in_both_languages() {
    let house = house();
    let served = Served::over(&house.world);
    let mut ada = served.signed_in(house.ada()).showing_words();
    let results = ada.get("/?q=rosiers+parc&sort=date");
    let page = results.text();
    for part in [
        "<html lang=\"en\">",
        "1 to 1 of 1 record",
        "La taille des <mark>rosiers</mark> du <mark>parc</mark> &lt;b&gt;",
        "1 Jardins",
        "Complete to",
    ] {
        assert!(page.contains(part), "{part}: {page}");
    }
    let unit = ada.get(&results.hits()[0]).text();
    for part in ["<h1>rosiers.txt</h1>", "2 places found", "captured into 1", "/r/rosiers.txt", "Verify now", "1 of 1"] {
        assert!(unit.contains(part), "{part}: {unit}");
    }
    let verified = ada.post(&format!("/unit/{}/verify", house.open), &[]).text();
    assert!(verified.contains("exactly what was captured"), "{verified}");

    ada.language = "fr-FR,fr;q=0.9,en;q=0.5";
    let page = ada.get("/?q=rosiers").text();
    for part in ["<html lang=\"fr\">", "1 à 3 sur 3 pièces", "Affiner", "classe%3A2", "Classifiée\u{a0}:"] {
        assert!(page.contains(part), "{part}: {page}");
    }
    let unit = ada.get(&results.hits()[0]).text();
    for part in ["versée dans 1", "Télécharger l’original", "tel qu’il a été versé\u{a0}:"] {
        assert!(unit.contains(part), "{part}: {unit}");
    }
    // A choice is stronger than the browser.
    let chosen = ada.post("/choices", &[("language", "en"), ("back", "/help")]);
    assert_eq!(chosen.header("location"), Some("/help"));
    let choice = chosen.header("set-cookie").unwrap().split(';').next().unwrap().to_owned();
    ada.cookie = ada.cookie.map(|cookie| format!("{cookie}; {choice}"));
    assert!(ada.get("/help").text().contains("<html lang=\"en\">"));
    assert_eq!(ada.post("/choices", &[("back", "//evil.example")]).header("location"), Some("/"));
}

#[test]
fn what_is_asked_stands_in_the_address_and_can_be_taken_away() {
    let house = house();
    let served = Served::over(&house.world);
    let ada = served.signed_in(house.ada()).showing_words();
    let page = ada.get("/?q=rosiers+type%3Atxt+-parc").text();
    for part in ["href=\"/?q=rosiers+-parc\"", "href=\"/?q=rosiers+type%3Atxt\"", "class%3A2", "-class%3A1", "marking%3AS"] {
        assert!(page.contains(part), "{part}: {page}");
    }
    let nothing = ada.get("/?q=rosiers+zinnias").text();
    assert!(nothing.contains("href=\"/?q=rosiers\"") && nothing.contains("3 records"), "{nothing}");
    let hostile = ada.get("/?q=%22%3E%3Cscript%3Ealert(1)%3C/script%3E").text();
    assert!(!hostile.contains("<script>"), "{hostile}");
    let table = ada.get("/results.csv?q=rosiers").text();
    let lines: Vec<&str> = table.lines().collect();
    assert_eq!((lines.len(), lines[0]), (4, "\u{feff}id,title,name,date,class,marking,sha256"));
    house.world.capture("/r/=cmd.txt", "rosiers").unwrap().unwrap();
    house.world.archive.index().unwrap();
    assert!(ada.get("/results.csv?q=cmd").text().contains("'=cmd.txt"), "a cell that is no formula");
}

/// What another process commits is there at once; what one reads of a marked record is told.
#[test]
fn the_server_and_the_command_line_share_one_home() {
    let house = house();
    let served = Served::over(&house.world);
    let ada = served.signed_in(house.ada());
    let unit = format!("/unit/{}", house.secret);
    for looked in ["/?q=vulcain".to_owned(), unit.clone(), format!("{unit}/thumbnail")] {
        let answer = ada.get(&looked);
        assert!(answer.status == 200 && !answer.text().contains("Le plan"), "{looked}");
    }
    assert_eq!(house.disclosures(house.secret), 0, "nothing was read");
    assert!(ada.get(&format!("{unit}?read=text")).text().contains("Le plan vulcain"));
    assert_eq!(house.disclosures(house.secret), 1);
    assert_eq!(ada.get(&format!("{unit}/component/1")).text(), "Le plan vulcain des rosiers");
    assert_eq!(house.disclosures(house.secret), 2);
    assert!(ada.get(&unit).text().contains("component 1 given"));

    house.world.capture_into("/r/nouveau.txt", "capucines", Some("1"), &Marking::np()).unwrap().unwrap();
    house.world.archive.index().unwrap();
    assert_eq!(ada.get("/?q=capucines").hits().len(), 1);
    house.world.archive.clear_person(&house.world.session(), house.ada(), &Marking::np(), "fin de mission").unwrap();
    assert_eq!(ada.get(&unit).status, 404, "a clearance that is lowered counts at once");
}

#[test]
fn pictures_come_from_workers() {
    let house = house();
    let world = &house.world;
    let mut jpeg = Vec::new();
    let picture = image::RgbImage::from_fn(300, 200, |x, y| image::Rgb([x as u8, y as u8, 90]));
    picture.write_to(&mut std::io::Cursor::new(&mut jpeg), image::ImageFormat::Jpeg).unwrap();
    let extraction = workers().extract(&mut &jpeg[..], jpeg.len() as u64, "parc.jpg");
    assert!(extraction.thumbnail.is_some(), "{extraction:?}");
    let capturer = world.archive.capturer(world.session(), Some("1"), &Marking::np()).unwrap();
    let original = chartrier_engine::archive::Original::Bytes(&jpeg, chartrier_engine::seal::content_of(&jpeg));
    let seen = occurrence("/r/parc.jpg");
    let submission = chartrier_engine::archive::Submission { occurrence: seen, name: "parc.jpg".into(), extraction, original };
    let id = capturer.capture(submission).unwrap().unwrap();
    capturer.finish().unwrap();
    let served = Served::over(world);
    let luc = served.signed_in(house.luc);
    assert!(luc.get(&format!("/unit/{id}")).text().contains(&format!("<img src=\"/unit/{id}/page/1\"")));
    for path in ["thumbnail", "page/1", "page/1"] {
        let answer = luc.get(&format!("/unit/{id}/{path}"));
        assert_eq!((answer.status, answer.header("content-type")), (200, Some("image/jpeg")), "{path}");
        assert!(image::load_from_memory(&answer.body).is_ok());
    }
    for path in ["page/0", "page/2", "page/x"] {
        assert_eq!(luc.get(&format!("/unit/{id}/{path}")).status, 404, "{path}");
    }
    assert_eq!(luc.get(&format!("/unit/{id}/component/1")).body, jpeg);
}

#[test]
fn the_log_says_nothing_of_what_was_asked_or_found() {
    let house = house();
    let served = Served::over(&house.world);
    let ada = served.signed_in(house.ada());
    ada.get("/?q=rosiers+mercure");
    ada.get(&format!("/unit/{}?q=rosiers", house.open));
    ada.get("/rosiers");
    let log = served.log.lock().unwrap().join("\n");
    assert!(log.contains("route: Some(\"/unit/{id}\")") && log.contains("status: 200") && log.contains("route: None"), "{log}");
    for word in ["rosiers", "mercure", "rec-", "Ada"] {
        assert!(!log.contains(word), "{word}: {log}");
    }
}

/// What a page says in addresses: of links, forms and pictures.
fn addresses(page: &str) -> Vec<&str> {
    let values = ["href=\"", "action=\"", "src=\""].into_iter().flat_map(|name| page.split(name).skip(1));
    values.filter_map(|rest| rest.split('"').next()).collect()
}

#[test]
fn words_may_stay_out_of_addresses() {
    let house = house();
    let served = Served::over(&house.world);
    let mut luc = served.signed_in(house.luc);
    assert!(luc.get("/?q=rosiers").text().contains("action=\"/\" method=\"get\""), "nobody hides what is no secret");
    let chosen = luc.post("/choices", &[("words", "hidden"), ("back", "/")]);
    let choice = chosen.header("set-cookie").unwrap().split(';').next().unwrap().to_owned();
    luc.cookie = luc.cookie.map(|session| format!("{session}; {choice}"));
    let kept = luc.get("/?q=rosiers").text();
    assert!(kept.contains("name=\"back\" value=\"/?q=rosiers\""), "who shows them again sees the same results");
    let ada = served.signed_in(house.ada());
    for (who, name) in [(&luc, "as one chose"), (&ada, "cleared for what is read on the record")] {
        assert!(who.get("/").text().contains("action=\"/ask\" method=\"post\""), "{name}");
        let asked = who.post("/ask", &[("q", "rosiers")]);
        let covered = asked.header("location").unwrap().to_owned();
        assert!(asked.status == 303 && covered.starts_with("/?k="), "{covered}");
        let results = who.get(&covered);
        assert!(results.text().contains("value=\"rosiers\""), "the box says what is looked for");
        assert!(results.text().contains("<title>Search"), "a title stays in a history, too");
        let hit = results.hits().into_iter().next().unwrap();
        let from_hit = who.get(&hit);
        assert!(
            from_hit.text().contains("<mark>rosiers</mark>") || from_hit.text().contains("read="),
            "it knows what was looked for"
        );
        let narrowed = addresses(&results.text()).iter().find(|to| to.contains("results.csv")).unwrap().replace("&amp;", "&");
        assert!(who.get(&narrowed).text().contains("rosiers.txt"), "exported by what was looked for");
        let mut pages = vec![results, from_hit];
        if name != "as one chose" {
            pages.extend([who.get(&covered.replace("/?", "/bulk?")), who.get(&covered.replace("/?", "/inbox?"))]);
        }
        for page in pages {
            let text = page.text();
            assert!(page.status == 200 && !addresses(&text).iter().any(|to| to.contains("rosiers")), "{name}: {text}");
        }
        // The link of a session says nothing to another, whoever it is.
        let again = served.signed_in(house.ada()).get(&covered);
        assert!(again.text().contains("the words of another session") && !again.text().contains("value=\"rosiers\""));
    }
}

/// A link in a mail leads to its page though the browser keeps the cookie back at first; it says nothing of the page.
#[test]
fn one_comes_back_from_elsewhere() {
    let house = house();
    let served = Served::over(&house.world);
    let nobody = served.visitor();
    let from = "Sec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: navigate\r\n";
    let arrive = |id: &str| nobody.send(&nobody.request("GET", &format!("/unit/{id}"), from));
    let (known, absent) = (arrive(&house.open.to_string()), arrive(ABSENT));
    assert_eq!((known.status, known.header("refresh")), (200, Some("0")));
    assert_eq!(known.text().replace(&house.open.to_string(), ABSENT), absent.text());
    assert_eq!(nobody.get(&format!("/unit/{}", house.open)).status, 303);
}

#[test]
fn odd_addresses_are_no_trouble() {
    let house = house();
    let served = Served::over(&house.world);
    let ada = served.signed_in(house.ada());
    let unit = format!("/unit/{}", house.open);
    let deep = format!("/?q={}", "(".repeat(3000));
    for (path, status) in [
        ("/?page=0", 200),
        ("/?page=99999999999999999999", 200),
        ("/?page=400&q=rosiers", 200),
        ("/?sort=size&q=%FF%00", 200),
        (deep.as_str(), 200),
        (&format!("{unit}?part=99&page=99&at=99999999&read=all"), 200),
        (&format!("{unit}?q=rosiers&at=1000"), 200),
        (&format!("{unit}/"), 404),
        (&format!("{unit}/component/0"), 404),
        (&format!("{unit}/component/4294967295"), 404),
        (&format!("{unit}/component/-1"), 404),
        ("/unit/%00", 404),
        ("/unit/%FF", 404),
        ("/assets/..%2f..%2fetc", 404),
        ("//", 404),
    ] {
        let answer = ada.get(path);
        assert_eq!(answer.status, status, "{path}: {}", answer.text());
    }
}
