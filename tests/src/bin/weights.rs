//! Makes the table of term weights: `weights FR[:FR…] EN[:EN…] > schemas/data/weights.tsv`. Reads every HTML and text
//! file below the folders of each language, counts in how many passages of 300 words each term stands, gives the
//! languages equal weight, and prints the 15,000 most common terms.

#![allow(clippy::print_stdout, reason = "the table is what this program is for")]

use chartrier_engine::index::terms;
use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    fs,
    path::{Path, PathBuf},
};

const PASSAGE: usize = 300;
const KEPT: usize = 15_000;

fn main() {
    let languages: Vec<String> = std::env::args().skip(1).collect();
    let mut shares = HashMap::<String, f64>::new();
    for folders in &languages {
        let (passages, counts) = count(folders);
        for (term, count) in counts {
            *shares.entry(term).or_default() += count as f64 / passages as f64 / languages.len() as f64;
        }
    }
    let mut common: Vec<(u64, String)> =
        shares.into_iter().map(|(term, share)| ((share * 1e6) as u64, term)).filter(|(count, _)| *count > 0).collect();
    common.sort_unstable_by(|one, other| other.0.cmp(&one.0).then_with(|| one.1.cmp(&other.1)));
    common.truncate(KEPT);
    common.sort_unstable_by(|one, other| one.1.cmp(&other.1));
    for (count, term) in common {
        println!("{term}\t{count}");
    }
}

/// The passages of one language, and in how many of them each term stands.
fn count(folders: &str) -> (u64, BTreeMap<String, u64>) {
    let mut files = Vec::new();
    folders.split(':').for_each(|folder| find(Path::new(folder), &mut files));
    let (mut passages, mut counts) = (0, HashMap::<String, u64>::new());
    for file in files {
        let Ok(bytes) = fs::read(&file) else { continue };
        let text = without_tags(&String::from_utf8_lossy(&bytes));
        let words: Vec<&str> = text.split_whitespace().collect();
        for passage in words.chunks(PASSAGE).filter(|passage| passage.len() > PASSAGE / 2) {
            passages += 1;
            let mut seen = BTreeSet::new();
            terms(&passage.join(" "), &mut |term| {
                seen.insert(term.to_owned());
            });
            seen.into_iter()
                .filter(|term| term.chars().all(char::is_alphabetic))
                .for_each(|term| *counts.entry(term).or_default() += 1);
        }
    }
    (passages, counts.into_iter().collect())
}

fn find(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        match entry.file_type() {
            Ok(kind) if kind.is_dir() => find(&path, files),
            Ok(kind) if kind.is_file() && path.extension().is_some_and(|end| end == "html" || end == "txt") => files.push(path),
            _ => {}
        }
    }
}

fn without_tags(html: &str) -> String {
    let mut text = String::with_capacity(html.len());
    for piece in html.split('<') {
        let words = if html.starts_with(piece) { piece } else { piece.split_once('>').map_or("", |(_, words)| words) };
        text.push_str(&words.replace("&nbsp;", " ").replace("&#160;", " ").replace("&#8217;", "’").replace("&amp;", "&"));
        text.push(' ');
    }
    text
}
