//! Benchmarks as commands: `cargo run --release -p chartrier-tests --bin bench -- VERB`. See `README.md`.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "the figures are what this program is for")]

use chartrier_tests::bench::{adding, capture, corpus, inbox, load, million, pages, readers, records::Records, thumbnails};
use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

const HELP: &str = "\
bench capture [FOLDER]    capture without extraction, beside restic and rustic
bench verify [FOLDER]     verification, beside openssl dgst and restic check --read-data
bench office [FOLDER]     a folder to searchable, beside recoll
bench million [FOLDER]    an archive of generated records: search beside bare tantivy, cold start, rebuild, memory
bench pages [FOLDER]      pages of results and of records over HTTP, by one visitor and by many
bench load [FOLDER]       a house at work over HTTP for SECONDS (600), ten times that, and again: what it takes, what is turned away
bench inbox               an inbox of FILES (200) filed by keys alone in a real browser
bench adding              photographs sent by a browser, in pieces, until each is in the archive
bench readers FOLDER [--verbose] [--json]
                          our readers beside pdftotext, LibreOffice, antiword, catdoc, unrtf, lynx …: words, processor time
bench thumbnails FOLDER   first pages and photographs as small pictures, beside pdftoppm and vipsthumbnail
bench slowest FOLDER      the documents that take our readers longest
bench ask FOLDER WORDS    one query, many times, of an archive that `million` has kept

FOLDER is what to measure over (for `million`, `pages` and `load`, where to keep the archive); else files are generated from a seed.
Settings in the environment: RUNS (5), MEGABYTES of large files (1024), FILES of an office (2000), RECORDS (1000000);
CORPUS, a folder with records.jsonl and queries.json that `million`, `pages` and `load` take instead of generated records.";

fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|value| value.parse().ok()).unwrap_or(default)
}

fn main() -> ExitCode {
    let (switches, words): (Vec<String>, Vec<String>) = std::env::args().skip(1).partition(|word| word.starts_with("--"));
    if words.first().is_some_and(|word| word == "worker") {
        return chartrier_ingest::worker::run();
    }
    let switch = |name: &str| switches.iter().any(|word| word == name);
    let runs = setting("RUNS", 5) as usize;
    let own = tempfile::tempdir().expect("a temporary folder");
    let given = words.get(1).map(PathBuf::from);
    let corpus = std::env::var_os("CORPUS").map(PathBuf::from);
    let records = |count| Records::new(corpus.as_deref(), setting("RECORDS", count));
    let large = |given: &Option<PathBuf>| given.clone().unwrap_or_else(|| made(own.path(), "large"));
    match words.first().map(String::as_str) {
        Some("capture") => {
            if let Some(folder) = &given {
                capture::capture(&folder.display().to_string(), folder, runs);
            } else {
                capture::capture("large files", &made(own.path(), "large"), runs);
                capture::capture("office files", &made(own.path(), "office"), runs);
            }
        }
        Some("verify") => capture::verify(&large(&given), runs),
        Some("office") => capture::office(&given.unwrap_or_else(|| made(own.path(), "office")), runs),
        Some("readers") if given.is_some() => {
            readers::readers(&given.unwrap_or_default(), switch("--json"), switch("--verbose"));
        }
        Some("slowest") if given.is_some() => readers::slowest(&given.unwrap_or_default(), 30),
        Some("thumbnails") if given.is_some() => thumbnails::thumbnails(&given.unwrap_or_default()),
        Some("ask") if words.len() == 3 => million::ask_again(Path::new(&words[1]), &words[2], setting("RUNS", 200) as usize),
        Some("million") => million::million(given.as_deref().unwrap_or(own.path()), &records(1_000_000)),
        Some("adding") => adding::adding(own.path(), setting("FILES", 200)),
        Some("inbox") => inbox::inbox(setting("FILES", 200)),
        Some("load") => {
            load::load(given.as_deref().unwrap_or(own.path()), &records(100_000), setting("SECONDS", 600));
        }
        Some("pages") => pages::pages(given.as_deref().unwrap_or(own.path()), &records(100_000)),
        _ => {
            eprintln!("{HELP}");
            return ExitCode::from(2);
        }
    }
    ExitCode::SUCCESS
}

fn made(folder: &Path, kind: &str) -> PathBuf {
    let folder = folder.join(kind);
    std::fs::create_dir_all(&folder).expect("a folder");
    let made = match kind {
        "large" => corpus::large(&folder, setting("MEGABYTES", 1024)),
        _ => corpus::office(&folder, setting("FILES", 2000)),
    };
    made.expect("files");
    folder
}
