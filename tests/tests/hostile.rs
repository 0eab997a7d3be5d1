//! I12: no input, however hostile, stops the service, escapes a worker or loses another record. Every family is read by
//! workers one after the other, each within its limits; and the real binary captures them all beside an honest letter, and
//! gives them back bit for bit.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use chartrier_engine::seal::content_of;
use chartrier_ingest::{limits::WALL_CLOCK, worker::Pool};
use chartrier_tests::{
    binary::{Desk, binary},
    hostile::families,
};
use std::{collections::HashMap, time::Instant};

#[test]
fn every_family_is_read_within_its_limits() {
    let pool = Pool::new(binary().to_owned(), vec!["worker".into()], 1);
    let mut slowest = Vec::new();
    for hostile in families() {
        let started = Instant::now();
        let extraction = pool.extract(&mut hostile.bytes.as_slice(), hostile.bytes.len() as u64, hostile.name);
        let (family, time) = (hostile.family, started.elapsed());
        // Asked twice at most, each time until the clock runs out.
        assert!(time < WALL_CLOCK * 2 + WALL_CLOCK / 2, "{family}: {time:?}");
        for finding in &extraction.findings {
            assert!(![5, 6, 9, 11, 14].contains(&finding.number), "{family}: {} ({time:?})", finding.problem.en);
        }
        let texts = std::iter::once(&extraction.text).chain(extraction.parts.iter().map(|part| &part.text));
        for text in texts {
            assert!(!text.contains('\u{1b}') && !text.contains("root:"), "{family}");
        }
        slowest.push((time, family));
    }
    slowest.sort();
    for (time, family) in slowest.iter().rev().take(8) {
        println!("{time:>10.1?}  {family}");
    }
    assert!(slowest.len() >= 30, "{} families", slowest.len());
}

#[test]
fn hostile_files_are_captured_and_given_back_bit_for_bit() {
    let desk = Desk::new();
    let mut expected = HashMap::new();
    for hostile in families() {
        expected.insert(content_of(&hostile.bytes).to_string(), hostile.name);
        desk.file(hostile.name, &hostile.bytes);
    }
    desk.file("lettre.txt", "Une lettre honnête sur les hortensias.");
    expected.insert(content_of("Une lettre honnête sur les hortensias.".as_bytes()).to_string(), "lettre.txt");
    let report = desk.run(["ingest", &desk.path("files"), "--json"]).with_code(0).json();
    assert_eq!(report["captured"].as_u64().unwrap(), expected.len() as u64, "{report}");
    for line in desk.list() {
        let content = line["content"].as_str().unwrap();
        let name = expected.remove(content).unwrap_or_else(|| panic!("{line}"));
        let given = desk.command(["get", line["id"].as_str().unwrap()]).output().unwrap();
        assert!(given.status.success(), "{name}");
        assert_eq!(content_of(&given.stdout).to_string(), content, "{name}");
    }
    assert!(expected.is_empty(), "{expected:?}");
    let found = desk.run(["search", "hortensias", "--json"]).with_code(0).json();
    assert_eq!(found["total"], 1);
    desk.run(["verify"]).with_code(0);
}
