//! Accounts over a real server: invitations, passwords, second factors, limits, and grave acts that want a fresh proof.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use chartrier_engine::policy::Act;
use chartrier_engine::{
    archive::{Archive, Attempt, GroupRequest, MandateRequest, PersonRequest, Proof, rebuild, restore},
    clock::Clock as _,
};
use chartrier_schemas::{
    Marking, PersonId,
    persisted::v1::{AccessChange, Deed, PersonRole},
};
use chartrier_tests::{
    account::{Authenticator, PASSWORD, SPOKEN, enrolled, field},
    browse::{Answer, Served, Visitor},
    world::World,
};
use chartrier_web::{Asks, policies};
use jiff::SignedDuration;
use std::time::{Duration, Instant};

fn house() -> (World, PersonId) {
    let world = World::new();
    let luc = PersonRequest { name: "Luc".into(), roles: vec![PersonRole::Staff], clearance: Marking::np(), reason: None };
    let luc = world.archive.add_person(&world.session(), &luc).unwrap();
    (world, luc)
}

fn enter(visitor: &Visitor, name: &str, password: &str, code: &str) -> Answer {
    visitor.post("/sign-in", &[("name", name), ("password", password), ("code", code)])
}

fn changes(world: &World, person: PersonId) -> Vec<AccessChange> {
    let mut lines = world.archive.person_history(&world.session(), person).unwrap();
    lines.reverse();
    lines.iter().filter_map(|line| if let Deed::Access { change, .. } = line.act.deed { Some(change) } else { None }).collect()
}

#[test]
fn an_invitation_makes_one_account() {
    let (world, luc) = house();
    let served = Served::over(&world);
    let invitation = world.archive.invite(&world.session(), luc).unwrap();
    let mut nobody = served.visitor();
    assert_eq!(nobody.get("/invitation").status, 200);
    let page = nobody.post("/invitation", &[("invitation", &invitation)]).text();
    assert!(page.contains("Welcome, Luc") && page.contains("<svg class=\"qr\"") && !page.contains(" style="), "{page}");
    // Who opened it at another time knows nothing of the factor that is set up.
    let other = nobody.post("/invitation", &[("invitation", &invitation)]).text();
    assert_ne!(field(&page, "salt"), field(&other, "salt"));
    let phone = Authenticator::read(&page);
    let (salt, code) = (field(&page, "salt"), phone.code(&served));
    let send = |password: &str, again: &str, code: &str| {
        let form =
            [("invitation", invitation.as_str()), ("salt", salt), ("password", password), ("again", again), ("code", code)];
        served.visitor().post("/invitation", &form)
    };
    for (password, again, code, said) in [
        ("court", "court", code.as_str(), "12 to 256"),
        ("motdepasse2026", "motdepasse2026", &code, "guessed at once"),
        ("Luc+Luc+Luc+Luc+Luc", "Luc+Luc+Luc+Luc+Luc", &code, "guessed at once"),
        (PASSWORD, "quatre+rosiers+au+soleil", &code, "differ"),
        (PASSWORD, PASSWORD, "000000x", "not that of your authenticator"),
    ] {
        let answer = send(password, again, code);
        assert_eq!(answer.status, 400, "{password}");
        assert!(answer.text().contains(said) && !answer.text().contains("rosiers"), "{}", answer.text());
    }
    assert_eq!(world.archive.way_in(&world.session(), luc).unwrap().account, None);
    let made = send(PASSWORD, PASSWORD, &code);
    assert_eq!(made.status, 200, "{}", made.text());
    nobody.keep_cookie(&made);
    assert_eq!(nobody.get("/").status, 200);
    let used = send(PASSWORD, PASSWORD, &phone.code(&served)).without_date();
    let late = world.archive.invite(&world.session(), luc).unwrap();
    served.clock.by(SignedDuration::from_hours(73));
    let over = served.visitor().post("/invitation", &[("invitation", &late)]).without_date();
    let never = served.visitor().post("/invitation", &[("invitation", &"0".repeat(64))]).without_date();
    assert_eq!((used.status, &used, &used), (403, &over, &never));
    // Only those who decide about persons invite.
    let session = world.archive.session(luc).unwrap();
    assert!(world.archive.invite(&session, luc).is_err());
    assert_eq!(changes(&world, luc), [AccessChange::Invite, AccessChange::Make, AccessChange::Invite]);
}

#[test]
fn codes_open_once_each() {
    let (world, luc) = house();
    let served = Served::over(&world);
    // A code's half minute has just begun: it is the same one until all of this is done.
    served.clock.by(SignedDuration::from_secs(31 - served.clock.now().as_second() % 30));
    let (_, phone, codes) = enrolled(&served, &world.archive, luc);
    let nobody = served.visitor();
    let first = phone.code(&served);
    assert_eq!(enter(&nobody, "Luc", PASSWORD, &first).status, 403, "it made the account");
    served.clock.by(SignedDuration::from_secs(30));
    let next = phone.code(&served);
    let entered = enter(&nobody, "+luc+", PASSWORD, &next);
    assert_eq!((entered.status, entered.header("location")), (303, Some("/")), "{}", entered.text());
    assert_eq!(enter(&nobody, "Luc", PASSWORD, &next).status, 403);
    assert_eq!(enter(&nobody, "Luc", PASSWORD, &codes[3].to_uppercase()).status, 303);
    assert_eq!(enter(&nobody, "Luc", PASSWORD, &codes[3]).status, 403);
    assert_eq!(enter(&nobody, "Luc", PASSWORD, &codes[4]).status, 303);
    let own = world.archive.session(luc).unwrap();
    assert_eq!(world.archive.way_in(&own, luc).unwrap().recovery, Some(6));
    assert_eq!(changes(&world, luc)[2..], [AccessChange::Recover, AccessChange::Recover]);
}

/// Unknown names, persons without an account, wrong passwords and wrong codes: one answer, after as much work.
#[test]
fn nobody_is_told_what_was_wrong() {
    let (world, luc) = house();
    let served = Served::over(&world);
    let (_, phone, _) = enrolled(&served, &world.archive, luc);
    served.clock.by(SignedDuration::from_secs(60));
    let nobody = served.visitor();
    let code = phone.code(&served);
    let told = |name: &str, password: &str, code: &str| {
        let started = Instant::now();
        let answer = enter(&nobody, name, password, code).without_date();
        (started.elapsed(), answer.status, answer.text().replace(&format!("value=\"{name}\""), "value=\"\""))
    };
    let (mut known, mut unknown) = (Duration::MAX, Duration::MAX);
    let (_, status, expected) = told("Luc", "mauvais+mot+de+passe", &code);
    assert_eq!(status, 403);
    for _ in 0..2 {
        for (name, password, code, time) in [("Luc", PASSWORD, "123", &mut known), ("Eve", PASSWORD, code.as_str(), &mut unknown)]
        {
            let (took, status, page) = told(name, password, code);
            *time = took.min(*time);
            assert_eq!((status, page), (403, expected.clone()), "{name}");
        }
    }
    assert_eq!(told("Ada", PASSWORD, &code).2, expected, "she has no account");
    // On a machine that does other things too; without the same work, one would take a hundredth of the other.
    assert!(known < unknown * 4 && unknown < known * 4, "{known:?} against {unknown:?}");
    assert!(!expected.contains("mauvais") && !expected.contains(&code));
}

#[test]
fn who_guesses_is_slowed_down_whoever_they_say_they_are() {
    let (world, luc) = house();
    let served = Served::over(&world);
    let (_, phone, _) = enrolled(&served, &world.archive, luc);
    served.clock.by(SignedDuration::from_secs(60));
    let guess = |served: &Served, name: &str| {
        for _ in 0..5 {
            assert_eq!(enter(&served.visitor(), name, "x", "1").status, 403);
        }
        // Two more, each after its wait: now one waits for longer than a password takes to be looked at on a busy machine.
        for wait in [3, 5] {
            served.clock.by(SignedDuration::from_secs(wait));
            assert_eq!(enter(&served.visitor(), name, "x", "1").status, 403);
        }
        let told = enter(&served.visitor(), name, PASSWORD, &phone.code(served));
        (told.status, told.text().replace(&format!("value=\"{name}\""), ""))
    };
    let (known, unknown) = (guess(&served, "Luc"), guess(&served, "Eve"));
    assert_eq!(known.0, 429);
    assert!(known.1.contains("Too many attempts") && unknown.0 == 429);
    drop(served);
    let served = Served::over(&world);
    served.clock.by(SignedDuration::from_secs(90));
    assert_eq!(enter(&served.visitor(), "Luc", "x", "1").status, 403, "one more, after a while");
    assert_eq!(enter(&served.visitor(), "Luc", PASSWORD, &phone.code(&served)).status, 429, "also in a new process");
    served.clock.by(SignedDuration::from_secs(30));
    assert_eq!(enter(&served.visitor(), "Luc", PASSWORD, &phone.code(&served)).status, 303);
    assert_eq!(enter(&served.visitor(), "Luc", "x", "1").status, 403, "all is forgotten");
}

#[test]
fn a_new_password_or_factor_ends_other_sessions() {
    let (world, luc) = house();
    let served = Served::over(&world);
    let (visitor, phone, codes) = enrolled(&served, &world.archive, luc);
    let other = served.signed_in(luc);
    served.clock.by(SignedDuration::from_secs(60));
    let change = |visitor: &Visitor, old: &str, code: &str, new: &str| {
        visitor.post("/account/password", &[("old", old), ("code", code), ("password", new), ("again", new)])
    };
    let new = "cinq+pivoines+au+matin";
    assert_eq!(change(&visitor, "faux+mot+de+passe", &phone.code(&served), new).status, 403);
    assert_eq!(change(&visitor, PASSWORD, "", new).status, 403);
    assert_eq!(change(&visitor, PASSWORD, &phone.code(&served), "court").status, 400);
    assert_eq!(other.get("/").status, 200);
    assert_eq!(change(&visitor, PASSWORD, &phone.code(&served), new).status, 303);
    assert_eq!((visitor.get("/").status, other.get("/").status), (200, 303));
    assert_eq!(enter(&served.visitor(), "Luc", PASSWORD, &codes[0]).status, 403, "the old one");
    served.clock.by(SignedDuration::from_secs(60));
    assert_eq!(enter(&served.visitor(), "Luc", new, &phone.code(&served)).status, 303);

    let page = visitor.get("/account/factor").text();
    let phone_new = Authenticator::read(&page);
    served.clock.by(SignedDuration::from_secs(60));
    let form = |code: &str| {
        let old_code = phone.code(&served);
        let form = [("salt", field(&page, "salt")), ("old", new), ("old-code", &old_code), ("code", code)];
        visitor.post("/account/factor", &form)
    };
    assert_eq!(form("1").status, 400);
    let answer = form(&phone_new.code(&served));
    assert_eq!((answer.status, chartrier_tests::account::recovery(&answer).len()), (200, 8), "{}", answer.text());
    served.clock.by(SignedDuration::from_secs(60));
    assert_eq!(enter(&served.visitor(), "Luc", new, &phone.code(&served)).status, 403);
    assert_eq!(enter(&served.visitor(), "Luc", new, &codes[1]).status, 403);
    assert_eq!(enter(&served.visitor(), "Luc", new, &phone_new.code(&served)).status, 303);
    assert_eq!(changes(&world, luc)[3..], [AccessChange::Password, AccessChange::Factor]);

    // All others end at once, by their person's wish or by an officer's.
    let third = served.signed_in(luc);
    assert_eq!(visitor.post("/sign-out-others", &[]).status, 303);
    assert_eq!((visitor.get("/").status, third.get("/").status), (200, 303));
    world.archive.end_account(&world.session(), luc, "départ").unwrap();
    assert_eq!(visitor.get("/").status, 303);
    served.clock.by(SignedDuration::from_secs(60));
    assert_eq!(enter(&served.visitor(), "Luc", new, &phone_new.code(&served)).status, 403);
    assert_eq!(changes(&world, luc).last(), Some(&AccessChange::End));
}

/// The store alone remembers accounts: a rebuilt home and one made from the sheet know the password, the factor and which
/// recovery codes were used.
#[test]
fn accounts_survive_the_home() {
    let (mut world, luc) = house();
    let served = Served::over(&world);
    let (_, phone, codes) = enrolled(&served, &world.archive, luc);
    served.clock.by(SignedDuration::from_secs(30));
    assert_eq!(enter(&served.visitor(), "Luc", PASSWORD, &codes[0]).status, 303);
    let later = served.clock.now();
    drop(served);
    let other = tempfile::tempdir().unwrap();
    restore(other.path(), "memory:", &world.sheet, None, &world.options).unwrap();
    let proves = |archive: &Archive, password: &str, code: &str| {
        matches!(archive.sign_in_as("Luc", &Proof { password, code }, "").unwrap(), Attempt::Right(_))
    };
    let restored = Archive::open(other.path(), &world.options).unwrap();
    assert!(!proves(&restored, SPOKEN, &codes[0]) && proves(&restored, SPOKEN, &codes[1]));
    drop(restored);

    // The home that was left behind opens nothing new; that which was restored is rebuilt from the store.
    drop(std::mem::replace(&mut world.archive, Archive::open(other.path(), &world.options).unwrap()));
    let third = tempfile::tempdir().unwrap();
    restore(third.path(), "memory:", &world.sheet, None, &world.options).unwrap();
    rebuild(third.path(), &world.options, &mut |_, _| {}).unwrap();
    let rebuilt = Archive::open(third.path(), &world.options).unwrap();
    assert!(!proves(&rebuilt, SPOKEN, &codes[1]) && !proves(&rebuilt, "autre mot de passe", &codes[2]));
    let _ = (later, phone);
    assert!(proves(&rebuilt, SPOKEN, &codes[2]));
}

/// What is kept of a secret is shown nowhere: not in what is listed, not in a history, not where a form goes wrong.
#[test]
fn secrets_are_not_shown() {
    let (world, luc) = house();
    let served = Served::over(&world);
    let (luc_visitor, phone, codes) = enrolled(&served, &world.archive, luc);
    let ada = served.signed_in(world.archive.owner());
    let secret = format!("{phone:?}");
    let session = world.session();
    let mut all = format!("{:?}", world.archive.persons(&session).unwrap());
    all += &format!("{:?}", world.archive.person_history(&session, luc).unwrap());
    all += &format!("{:?}", world.archive.way_in(&session, luc).unwrap());
    for page in ["/persons".to_owned(), format!("/persons/{luc}"), "/account".to_owned()] {
        all += &ada.get(&page).text();
    }
    all += &luc_visitor.get("/account").text();
    all += &served.log.lock().unwrap().join("\n");
    for word in [SPOKEN, codes[0].as_str(), "argon2", "\"salt\"", &secret[15..40]] {
        assert!(!all.contains(word), "{word}");
    }
}

/// Every grave row of the table asks for a proof that is recent, does nothing before it has one, and does it with one.
#[test]
fn grave_acts_want_a_recent_proof() {
    let (world, luc) = house();
    let served = Served::over(&world);
    let ada = world.archive.owner();
    let (visitor, phone, _) = enrolled(&served, &world.archive, ada);
    let mandate = MandateRequest { whom: luc.into(), on: None, until: None, reason: "essai".into() };
    let mandate = world.archive.add_mandate(&world.session(), &mandate).unwrap();
    let group = GroupRequest { name: "Jardins".into(), reason: "essai".into(), members: vec![luc] };
    let group = world.archive.add_group(&world.session(), &group).unwrap();
    for row in policies() {
        let keys = row.asks == Asks::The(Act::Administer) && row.path.contains("/keys/");
        let grave = row.asks == Asks::The(Act::Audit) || ((keys || row.asks == Asks::The(Act::Empower)) && row.method == "POST");
        assert_eq!(row.proved, grave, "{}", row.path);
    }
    let log = || {
        let lines = world.archive.person_history(&world.session(), luc).unwrap().len();
        (
            lines,
            world.archive.persons(&world.session()).unwrap().len(),
            world.archive.mandates_in_force(&world.session()).unwrap(),
            world.archive.groups(&world.session()).unwrap(),
        )
    };
    assert_eq!(visitor.get("/disclosures").status, 200, "just signed in");
    served.clock.by(SignedDuration::from_mins(9));
    assert_eq!(visitor.get("/disclosures").status, 200);
    served.clock.by(SignedDuration::from_mins(2));
    let before = log();
    let form = [("name", "Eve"), ("role-staff", "yes"), ("clearance", "NP"), ("reason", "essai"), ("everything", "yes")];
    // Those of programs are asked in `api`.
    for row in policies().iter().filter(|row| row.proved && !row.path.starts_with("/api/")) {
        let path = row.path.replace("{person}", &luc.to_string()).replace("{mandate}", &mandate.to_string());
        let path = path.replace("{group}", &group.to_string()).replace("{holder}", "rcv-00000000000000000000000000");
        let answer = if row.method == "GET" { visitor.get(&path) } else { visitor.post(&path, &form) };
        let page = answer.text();
        assert_eq!(answer.status, 403, "{path}: {page}");
        assert!(page.contains("Is it still you?") && page.contains("name=\"proof-password\""), "{page}");
        if row.method == "POST" {
            assert!(page.contains(&format!("action=\"{path}\"")) && page.contains("name=\"reason\" value=\"essai\""), "{page}");
            let wrong = visitor.post(&path, &[&form[..], &[("proof-password", "x"), ("proof-code", "1")]].concat());
            assert!([403, 429].contains(&wrong.status) && !wrong.text().contains("value=\"x\""), "{path}");
            served.clock.by(SignedDuration::from_mins(16));
        }
    }
    assert_eq!(log(), before, "nothing was done");
    assert_eq!(visitor.get("/persons").status, 200, "looking is no act");
    let code = phone.code(&served);
    let proof = [("proof-password", PASSWORD), ("proof-code", code.as_str())];
    let done = visitor.post("/persons", &[&form[..], &proof].concat());
    assert_eq!(done.status, 303, "{}", done.text());
    assert_eq!(log().1, before.1 + 1, "done with what was filled in");
    assert_eq!(visitor.get("/disclosures").status, 200);

    served.clock.by(SignedDuration::from_mins(11));
    let code = phone.code(&served);
    let page = visitor.get("/disclosures?day=2026-01-01").text();
    let form = [("back", field(&page, "back")), ("proof-password", PASSWORD), ("proof-code", &code)];
    assert_eq!(visitor.post("/proof", &form).header("location"), Some("/disclosures?day=2026-01-01"));
    assert_eq!(visitor.get("/disclosures").status, 200);
    // Who came by a link and has no account is told how to come in anew.
    let linked = served.signed_in(luc);
    served.clock.by(SignedDuration::from_mins(11));
    world.archive.set_roles(&world.session(), luc, &[PersonRole::Security], "relève").unwrap();
    assert!(linked.get("/disclosures").text().contains("chartrier person link"));
}

/// A link for somebody else is an act on that person; one's own is not.
#[test]
fn handing_out_a_link_is_an_act() {
    let (world, luc) = house();
    world.archive.sign_in_link(&world.session(), luc).unwrap();
    world.archive.sign_in_link(&world.session(), world.archive.owner()).unwrap();
    assert_eq!(changes(&world, luc), [AccessChange::Link]);
    assert_eq!(changes(&world, world.archive.owner()), []);
}
