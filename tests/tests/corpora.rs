//! Real documents, where the folder with them lies beside the project: none refused or lost, none changed, each found by a
//! word inside it, every failure to read explained, and the store alone gives the same answers.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use chartrier_tests::{bench::corpus, binary::Desk};
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

fn corpora() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).parent()?.parent()?.join("shared/corpora");
    folder.is_dir().then_some(folder)
}

fn digest(file: &Path) -> String {
    Sha256::digest(fs::read(file).unwrap()).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The longest word of a text that is written in letters only.
fn telling_word(text: &str) -> Option<&str> {
    let letters = |word: &&str| (6..30).contains(&word.chars().count()) && word.chars().all(char::is_alphabetic);
    text.split_whitespace().filter(letters).max_by_key(|word| word.chars().count())
}

#[test]
fn real_documents_are_captured_found_and_given_back() {
    let Some(folder) = corpora() else {
        println!("skipped: no ../shared/corpora beside the project");
        return;
    };
    let desk = Desk::new();
    let files = corpus::files(&folder);
    let report = desk.run(["ingest", folder.to_str().unwrap(), "--json"]).with_code(0).json();
    assert_eq!((&report["submitted"], &report["failed"]), (&Value::from(files.len()), &Value::from(Vec::<Value>::new())));
    let lines = desk.list();
    let held: BTreeMap<&str, &Value> = lines.iter().map(|line| (line["content"].as_str().unwrap(), line)).collect();
    let contents: BTreeSet<String> = files.iter().map(|file| digest(file)).collect();
    assert_eq!(held.keys().map(|content| (*content).to_owned()).collect::<BTreeSet<_>>(), contents);
    // With keys, every stored original was opened, decoded and hashed.
    let verified = desk.run(["verify", "--json"]).with_code(0).json();
    assert_eq!((&verified["sound"], &verified["checked"]["records"]), (&Value::from(true), &Value::from(lines.len())));
    assert_eq!(desk.run(["ingest", folder.to_str().unwrap(), "--json"]).with_code(0).json()["captured"], 0);

    let (mut found, mut silent) = (0, 0);
    for line in lines.iter().step_by(23) {
        let id = line["id"].as_str().unwrap();
        let texts = desk.run(["show", id, "--text", "--json"]).with_code(0).json();
        let text = texts.as_array().unwrap().first().and_then(|part| part["text"].as_str()).unwrap_or_default();
        let Some(word) = telling_word(text) else {
            // No word: a picture, an empty file, or an explained failure.
            silent += 1;
            continue;
        };
        let query = format!("{word} name:\"{}\"", line["name"].as_str().unwrap().replace('"', " "));
        let hits = desk.run(["search", &query, "--json", "--limit", "300"]).with_code(0).json();
        assert!(hits["hits"].as_array().unwrap().iter().any(|hit| hit["id"] == id), "{id} is not found by {query}");
        found += 1;
    }
    assert!(found > 3 * silent, "{found} found by a word, {silent} without words");
    for line in desk.run(["list", "finding:*"]).lines().iter().step_by(41) {
        let shown = desk.run(["show", line["id"].as_str().unwrap(), "--json"]).json();
        let findings = shown["findings"].as_array().unwrap();
        assert!(findings.iter().all(|one| one["number"].is_u64() && one["problem"].is_string() && one["remedy"].is_string()));
        assert!(!findings.is_empty());
    }

    let asked = ["the", "\"quick brown fox\"", "type:pdf", "date:2010..2014 -type:pdf", "encod*"];
    let answers = |desk: &Desk| -> Vec<String> {
        asked
            .iter()
            .map(|words| desk.run(["search", words, "--json", "--facet", "type", "--facet", "year", "--limit", "40"]).out)
            .collect()
    };
    let before = answers(&desk);
    fs::remove_file(desk.path("home/catalog.db")).unwrap();
    fs::remove_dir_all(desk.path("home/index")).unwrap();
    desk.run(["rebuild"]).with_code(0);
    assert_eq!(answers(&desk), before, "the same answers, counts and order after a rebuild");
}
