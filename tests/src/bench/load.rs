//! `bench load`: many people at once, as requests that are due at fixed moments whether or not earlier ones were answered: what
//! a request takes is counted from when it was due. First the load that a house has, then ten times that, then the first again.

use super::{
    ms, pages,
    pages::{archive, searches},
    peak, quantile,
    records::{Asked, Records},
};
use crate::browse::{Served, Visitor};
use std::{
    collections::BTreeMap,
    path::Path,
    sync::{
        Mutex,
        atomic::{AtomicU64, Ordering},
    },
    thread::sleep,
    time::{Duration, Instant},
};

/// Requests a second of a whole house at work.
const RATE: u64 = 200;

/// People who are at work at once.
const PEOPLE: usize = 40;

/// One request of the mix.
enum Ask {
    Get(String),
    Complete(String),
    File(String, String),
}

/// What came back of one load.
#[derive(Default)]
struct Came {
    /// Answers by status; 0 is a connection that was closed without one.
    statuses: BTreeMap<u16, u64>,
    /// Milliseconds of what was answered with what was asked for.
    took: Vec<f64>,
}

/// Runs for so many seconds at the rate of a house, in a folder that is empty or holds the archive of `million`.
pub fn load(folder: &Path, records: &Records, seconds: u64) {
    let (home, open) = archive(folder, records);
    let (persons, owner) = pages::persons(&home, &open, records);
    let served = Served::on(&home, &open, &[]);
    let archivist = served.signed_in(owner);
    let people: Vec<Visitor> = persons.iter().cycle().take(PEOPLE).map(|person| served.signed_in(*person)).collect();
    let results: Vec<String> = (0..100).flat_map(|person| searches(records, person)).collect();
    let units: Vec<String> = results.iter().take(200).flat_map(|page| people[0].get(page).hits().into_iter().take(4)).collect();
    let words: Vec<String> = records.queries(0).iter().map(Asked::typed).filter(|words| words.len() > 4).collect();
    let page = people[0].get("/help").text();
    let style = page.split('"').find(|word| word.starts_with("/assets/")).expect("a style sheet").to_owned();
    let mix = |number: u64| {
        let at = number as usize;
        match number % 20 {
            0..8 => Ask::Get(results[at * 7 % results.len()].clone()),
            8 => Ask::Get(format!("{}&sort=date&page=2", results[at * 11 % results.len()])),
            9..14 => Ask::Get(units[at * 13 % units.len()].clone()),
            14..16 => Ask::Complete(words[at * 3 % words.len()].chars().take(4).collect()),
            16 => Ask::Get("/classes".to_owned()),
            17 => Ask::Get("/".to_owned()),
            18 => Ask::Get(style.clone()),
            // A filing a second: whatever it changes is asked anew.
            _ if number % RATE == 19 => {
                Ask::File(units[at * 17 % units.len()].clone(), records.classes()[at / RATE as usize % 2 + 1].clone())
            }
            _ => Ask::Get("/help".to_owned()),
        }
    };
    for (name, rate, seconds) in
        [("warm", RATE, 10), ("a house", RATE, seconds), ("ten times", RATE * 10, 30), ("a house again", RATE, 30)]
    {
        let came = run(rate, seconds, &people, &archivist, &mix);
        let at = |place| quantile(&came.took, place);
        let statuses: Vec<String> = came.statuses.iter().map(|(status, count)| format!("{count} × {status}")).collect();
        println!(
            "{name:<14} {rate:5}/s for {seconds:4} s  p50 {:7.1}  p95 {:7.1}  p99 {:7.1}  most {:7.1} ms  {}",
            at(0.5),
            at(0.95),
            at(0.99),
            at(1.0),
            statuses.join(", ")
        );
    }
    println!("{:<14} {} MB, visitors included", "peak memory", peak());
}

fn run(rate: u64, seconds: u64, people: &[Visitor], archivist: &Visitor, mix: &(impl Fn(u64) -> Ask + Sync)) -> Came {
    let (next, came, started) = (AtomicU64::new(0), Mutex::new(Came::default()), Instant::now());
    // So many wait at once that what is late does not keep the next from being asked.
    let senders = (rate * 2).clamp(64, 400);
    std::thread::scope(|scope| {
        for _ in 0..senders {
            scope.spawn(|| {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    let due = started + Duration::from_nanos(number * 1_000_000_000 / rate);
                    if number >= rate * seconds {
                        return;
                    }
                    sleep(due.saturating_duration_since(Instant::now()));
                    let status = send(&people[number as usize % people.len()], archivist, mix(number));
                    let took = ms(due.elapsed());
                    let mut came = came.lock().expect("the answers");
                    *came.statuses.entry(status).or_default() += 1;
                    if matches!(status, 200 | 303) {
                        came.took.push(took);
                    }
                }
            });
        }
    });
    came.into_inner().expect("the answers")
}

fn send(visitor: &Visitor, archivist: &Visitor, ask: Ask) -> u16 {
    let answer = match ask {
        Ask::Get(path) => visitor.attempt(&visitor.request("GET", &path, "")),
        Ask::Complete(begin) => visitor.attempt(&visitor.form("/complete", &[("begin", &begin)])),
        Ask::File(unit, class) => {
            let path = unit.split('?').next().unwrap_or(&unit);
            archivist.attempt(&archivist.form(&format!("{path}/file"), &[("into", &class)]))
        }
    };
    answer.map_or(0, |answer| answer.status)
}
