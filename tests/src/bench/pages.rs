//! `bench pages`: pages of results and of records over HTTP, a connection for each, by one visitor and by many, of an archive
//! of generated records.

use super::{
    forget_peak,
    million::capture,
    ms, peak, quantile,
    records::{Asked, Records},
};
use crate::{
    browse::{Served, Visitor},
    world::options,
};
use chartrier_engine::{
    archive::{Archive, GroupRequest, MandateRequest, OpenOptions, PersonRequest, rebuild},
    policy::Session,
    store,
};
use chartrier_schemas::{
    Marking, PersonId,
    persisted::v1::{PersonRole, Whom},
};
use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, Instant},
};

/// Visitors at once.
const PEOPLE: usize = 32;

/// Pages that each visitor asks for.
const EACH: usize = 200;

/// Runs in a folder that is empty, or holds the archive of `million` with the same records.
pub fn pages(folder: &Path, records: &Records) {
    let (home, open) = archive(folder, records);
    let (people, _) = persons(&home, &open, records);
    forget_peak();
    let before = peak();
    let served = Served::on(&home, &open, &[]);
    let visitors: Vec<Visitor> = people.iter().map(|person| served.signed_in(*person)).collect();
    let visitor = &visitors[0];
    let results: Vec<Vec<String>> = (0..=PEOPLE as u64).map(|person| searches(records, person)).collect();
    // The same questions of everybody, each from another one on. What one person was answered is kept for no other.
    let turned = |person: usize| [&results[0][person * 6..], &results[0][..person * 6]].concat();
    let same: Vec<Vec<String>> = (0..PEOPLE).map(turned).collect();
    let units = |page: &String| visitor.get(page).hits().into_iter().take(4);
    let units: Vec<Vec<String>> = results[..8].iter().map(|pages| pages.iter().take(60).flat_map(units).collect()).collect();
    visit(&visitors[PEOPLE - 1..], &same[..1]);
    for (name, pages, count) in [
        ("200 queries, 1 visitor", &same[..], 1),
        ("200 queries, 32 visitors", &same[..], PEOPLE),
        ("others, 1 visitor", &results[8..], 1),
        ("others, 32 visitors", &results[..], PEOPLE),
        ("records, 1 visitor", &units[..], 1),
        ("records, 32 visitors", &units[..], PEOPLE),
    ] {
        let started = Instant::now();
        let took = visit(&visitors[..count], pages);
        let rate = took.len() as f64 / started.elapsed().as_secs_f64();
        let at = |place| quantile(&took, place);
        println!("{name:<24} p50 {:7.2} ms  p95 {:7.2} ms  p99 {:7.2} ms  {rate:6.0}/s", at(0.5), at(0.95), at(0.99));
    }
    println!("{:<24} {} MB, visitors included; {before} MB before the server began", "peak memory", peak());
}

/// The archive that lies in a folder; made where there is none, and its catalog made anew where that is of another version.
pub(super) fn archive(folder: &Path, records: &Records) -> (PathBuf, OpenOptions) {
    let home = folder.join("home");
    let open = options(Arc::new(store::open(&format!("file://{}", folder.join("store").display()), true).expect("a store")));
    if !home.join("home.json").exists() {
        capture(&home, &open, records);
    } else if Archive::open(&home, &open).is_err() {
        rebuild(&home, &open, &mut |_, _| {}).expect("rebuilt");
    }
    (home, open)
}

/// People who may know most of it, and its owner.
pub(super) fn persons(home: &Path, open: &OpenOptions, records: &Records) -> (Vec<PersonId>, PersonId) {
    let archive = Archive::open(home, open).expect("opens");
    let owner = archive.session(archive.owner()).expect("a session");
    let known = |number: usize| archive.person_named(&owner, &format!("Visitor {number}"));
    let people = match (0..PEOPLE).map(known).collect() {
        Ok(people) => people,
        Err(_) => house(&archive, &owner, records),
    };
    (people, archive.owner())
}

/// People of one group, which may know all classes but one.
fn house(archive: &Archive, owner: &Session, records: &Records) -> Vec<PersonId> {
    let person = |number| {
        let (name, roles) = (format!("Visitor {number}"), vec![PersonRole::Staff]);
        archive.add_person(owner, &PersonRequest { name, roles, clearance: Marking::np(), reason: None }).expect("a person")
    };
    let people: Vec<PersonId> = (0..PEOPLE).map(person).collect();
    let (name, reason) = ("House".to_owned(), "bench".to_owned());
    let group = archive.add_group(owner, &GroupRequest { name, reason, members: people.clone() }).expect("a group");
    for code in &records.classes()[1..] {
        let request = MandateRequest { whom: Whom::Group(group), on: Some(code.clone()), until: None, reason: "bench".into() };
        archive.add_mandate(owner, &request).expect("a mandate");
    }
    people
}

/// Pages of results that somebody asks for; others ask for others.
pub(super) fn searches(records: &Records, person: u64) -> Vec<String> {
    let newest = |query: &Asked| if matches!(query, Asked::Filter { .. }) { "&sort=date" } else { "" };
    records.queries(person).iter().map(|query| format!("/?q={}{}", escaped(&query.typed()), newest(query))).collect()
}

/// Milliseconds of each page that these visitors ask for at once, each their own as far as there are so many lists.
fn visit(visitors: &[Visitor], pages: &[Vec<String>]) -> Vec<f64> {
    let one = |pages: &[String], visitor: &Visitor| -> Vec<f64> {
        pages.iter().cycle().take(EACH).map(|page| ms(timed(visitor, page))).collect()
    };
    std::thread::scope(|scope| {
        let lists = pages.iter().cycle();
        let all: Vec<_> = visitors.iter().zip(lists).map(|(visitor, pages)| scope.spawn(move || one(pages, visitor))).collect();
        all.into_iter().flat_map(|visitor| visitor.join().expect("a visitor")).collect()
    })
}

fn timed(visitor: &Visitor, page: &str) -> Duration {
    let started = Instant::now();
    let answer = visitor.get(page);
    assert_eq!(answer.status, 200, "{page}");
    started.elapsed()
}

pub(super) fn escaped(words: &str) -> String {
    words
        .bytes()
        .map(|byte| if byte.is_ascii_alphanumeric() { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}
