//! `bench pages`: pages of results and of records over HTTP, a connection for each, by one visitor and by many, of an archive
//! of generated records.

use super::{
    million::capture,
    ms, peak, quantile,
    records::{Asked, Records},
};
use crate::{
    browse::{Served, Visitor},
    world::options,
};
use chartrier_engine::{
    archive::{Archive, OpenOptions},
    store,
};
use chartrier_schemas::PersonId;
use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, Instant},
};

/// Pages that each visitor asks for.
const EACH: usize = 200;

/// Runs in a folder that is empty, or holds the archive of `million` with the same records.
pub fn pages(folder: &Path, records: &Records) {
    let (home, open) = archive(folder, records);
    let (luc, _) = persons(&home, &open);
    let served = Served::on(&home, &open, &[]);
    let visitors: Vec<Visitor> = (0..32).map(|_| served.signed_in(luc)).collect();
    let visitor = &visitors[0];
    let results: Vec<Vec<String>> = (0..=32).map(|person| searches(records, person)).collect();
    let units = |page: &String| visitor.get(page).hits().into_iter().take(4);
    let units: Vec<Vec<String>> = results[..8].iter().map(|pages| pages.iter().take(60).flat_map(units).collect()).collect();
    visit(&visitors[..1], &results[32..]);
    for (name, pages, count) in [
        ("results, 1 visitor", &results[8..], 1),
        ("results, 32 visitors", &results[..], 32),
        ("the same again", &results[..], 32),
        ("records, 1 visitor", &units[..], 1),
        ("records, 32 visitors", &units[..], 32),
    ] {
        let started = Instant::now();
        let took = visit(&visitors[..count], pages);
        let rate = took.len() as f64 / started.elapsed().as_secs_f64();
        let at = |place| quantile(&took, place);
        println!("{name:<24} p50 {:7.2} ms  p95 {:7.2} ms  p99 {:7.2} ms  {rate:6.0}/s", at(0.5), at(0.95), at(0.99));
    }
    println!("{:<24} {} MB, visitors included", "peak memory", peak());
}

/// The archive that lies in a folder; made where there is none.
pub(super) fn archive(folder: &Path, records: &Records) -> (PathBuf, OpenOptions) {
    let home = folder.join("home");
    let open = options(Arc::new(store::open(&format!("file://{}", folder.join("store").display()), true).expect("a store")));
    if !home.join("home.json").exists() {
        capture(&home, &open, records);
    }
    (home, open)
}

/// Somebody who may know most of it, and its owner.
pub(super) fn persons(home: &Path, open: &OpenOptions) -> (PersonId, PersonId) {
    let archive = Archive::open(home, open).expect("opens");
    let owner = archive.session(archive.owner()).expect("a session");
    (archive.person_named(&owner, "Luc").expect("Luc"), archive.owner())
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
