//! `bench readers`: what our readers find in real documents, beside the programs that others trust with them.

mod peers;
mod words;

use super::{children_cpu, corpus, ms};
use chartrier_ingest::worker::Pool;
use peers::Peer;
use serde_json::{Value, json};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};
use words::Bag;

/// How long a peer may take over one document.
const PATIENCE: Duration = Duration::from_secs(60);

/// Missing words that are shown of one document.
const SAMPLE: usize = 12;

/// The findings that say that a document was not read, or not in full.
const UNREAD: &[u16] = &[1, 2, 3, 4, 5, 6, 7, 10, 11, 13, 14];

/// What one side made of the documents of a format.
#[derive(Default)]
struct Side {
    with_text: usize,
    failures: usize,
    words: u64,
    /// Words that the other side has too.
    shared: u64,
    cpu: f64,
}

/// Our readers beside one peer, over the documents of a format.
#[derive(Default)]
struct Row {
    format: String,
    peer: String,
    files: usize,
    own: Side,
    other: Side,
    /// For each document in which the peer found words, the share of them that we find.
    shares: Vec<f64>,
    missing: Vec<Value>,
}

/// What we read out of one document.
struct Read {
    file: PathBuf,
    /// The document itself.
    own: Bag,
    /// With what lies inside it.
    whole: Bag,
}

/// Compares our readers with each peer that is installed, over the files of a folder.
pub fn readers(folder: &Path, json: bool, verbose: bool) {
    let mut formats: BTreeMap<String, Vec<PathBuf>> = BTreeMap::new();
    for file in corpus::files(folder) {
        let extension = file.extension().unwrap_or_default().to_string_lossy().to_ascii_lowercase();
        if peers::PEERS.iter().any(|peer| peer.reads(&extension)) {
            formats.entry(extension).or_default().push(file);
        }
    }
    let absent: BTreeSet<&str> = peers::PEERS.iter().filter(|peer| !peer.is_there()).map(|peer| peer.name).collect();
    let mut rows = Vec::new();
    for (format, files) in &formats {
        let (texts, own) = read(files);
        for peer in peers::PEERS.iter().filter(|peer| peer.reads(format) && peer.is_there()) {
            rows.push(compare(format, peer, &texts, &own));
        }
    }
    if json {
        let absent: Vec<_> = absent.into_iter().collect();
        println!("{}", json!({ "rows": rows.iter().map(Row::json).collect::<Vec<_>>(), "not-installed": absent }));
        return;
    }
    println!("{}", Row::HEAD);
    for row in &rows {
        println!("{}", row.line());
        row.missing.iter().filter(|_| verbose).for_each(|missing| println!("    {missing}"));
    }
    for name in absent {
        println!("{name}: not installed, skipped");
    }
}

/// The documents of a folder that take our readers longest.
pub fn slowest(folder: &Path, most: usize) {
    let pool = Pool::new(std::env::current_exe().expect("this program"), vec!["worker".into()], 1);
    let mut times = Vec::new();
    for file in corpus::files(folder) {
        let bytes = fs::read(&file).expect("a file");
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        let started = Instant::now();
        let extraction = pool.extract(&mut bytes.as_slice(), bytes.len() as u64, &name);
        times.push((started.elapsed(), bytes.len(), extraction.text.len(), file));
    }
    times.sort_by(|one, other| other.cmp(one));
    let all: Duration = times.iter().map(|(time, ..)| *time).sum();
    println!("{} files in {:.2} s", times.len(), all.as_secs_f64());
    for (time, size, text, file) in times.iter().take(most) {
        println!("{:9.1} ms  {size:>10} bytes  {text:>9} of text  {}", ms(*time), file.display());
    }
}

/// Reads the documents of one format through one worker, as a capture does.
fn read(files: &[PathBuf]) -> (Vec<Read>, Side) {
    let this = std::env::current_exe().expect("this program");
    let pool = Pool::new(this, vec!["worker".into()], 1);
    if let Err(why) = pool.check() {
        panic!("{}", why.problem.en);
    }
    let (mut texts, mut side) = (Vec::new(), Side::default());
    let before = children_cpu();
    for file in files {
        let bytes = fs::read(file).expect("a file");
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        let extraction = pool.extract(&mut bytes.as_slice(), bytes.len() as u64, &name);
        let own = Bag::of(&extraction.text);
        let mut whole = own.clone();
        extraction.parts.iter().for_each(|part| whole.add(&part.text));
        let fields = extraction.fields.iter().map(|(_, value)| value);
        let stated = extraction.title.iter().chain(&extraction.authors).chain(fields);
        stated.for_each(|line| whole.add(line));
        side.failures += usize::from(extraction.findings.iter().any(|finding| UNREAD.contains(&finding.number)));
        texts.push(Read { file: file.clone(), own, whole });
    }
    // Processor time of a worker is known when it has ended.
    drop(pool);
    side.cpu = children_cpu() - before;
    (texts, side)
}

fn compare(format: &str, peer: &Peer, texts: &[Read], own: &Side) -> Row {
    let mut row = Row { format: format.to_owned(), peer: peer.name.to_owned(), files: texts.len(), ..Row::default() };
    (row.own.cpu, row.own.failures) = (own.cpu, own.failures);
    for text in texts {
        let before = children_cpu();
        let found = peer.text(&text.file, PATIENCE);
        row.other.cpu += children_cpu() - before;
        row.other.failures += usize::from(found.is_none());
        let found = Bag::of(&found.unwrap_or_default());
        row.own.with_text += usize::from(text.own.total() > 0);
        row.other.with_text += usize::from(found.total() > 0);
        let (of_theirs, of_ours) = (found.within(&text.whole), text.own.within(&found));
        row.other.words += found.total();
        row.other.shared += of_theirs;
        // Where the peer finds nothing at all, it says nothing of our words.
        if found.total() > 0 {
            row.own.words += text.own.total();
            row.own.shared += of_ours;
            row.shares.push(of_theirs as f64 / found.total() as f64);
        }
        if of_theirs < found.total() {
            row.missing.push(json!({
                "file": text.file.display().to_string(),
                "share": share(of_theirs, found.total()),
                "missing": found.beyond(&text.whole, SAMPLE),
                "added": text.own.beyond(&found, SAMPLE),
            }));
        }
    }
    row
}

/// A share of some words; of none, all.
fn share(part: u64, all: u64) -> f64 {
    if all == 0 { 1.0 } else { part as f64 / all as f64 }
}

impl Row {
    const HEAD: &str = "format  peer            files  text own/peer  found, all  mean doc  worst   peer finds   cpu own     peer   ratio  failures own/peer";

    fn mean(&self) -> f64 {
        if self.shares.is_empty() { 1.0 } else { self.shares.iter().sum::<f64>() / self.shares.len() as f64 }
    }

    fn worst(&self) -> f64 {
        self.shares.iter().copied().fold(1.0, f64::min)
    }

    fn line(&self) -> String {
        format!(
            "{:<7} {:<15} {:5}  {:>6} /{:5}  {:>10.4}  {:>8.4}  {:>5.2}  {:>10.4}  {:7.2} s {:7.2} s {:5.1} ×  {:>6} /{:4}",
            self.format,
            self.peer,
            self.files,
            self.own.with_text,
            self.other.with_text,
            share(self.other.shared, self.other.words),
            self.mean(),
            self.worst(),
            share(self.own.shared, self.own.words),
            self.own.cpu,
            self.other.cpu,
            self.other.cpu / self.own.cpu.max(0.01),
            self.own.failures,
            self.other.failures
        )
    }

    fn json(&self) -> Value {
        json!({
            "format": self.format,
            "peer": self.peer,
            "files": self.files,
            "with-text": { "own": self.own.with_text, "peer": self.other.with_text },
            "found": share(self.other.shared, self.other.words),
            "found-mean": self.mean(),
            "found-worst": self.worst(),
            "peer-finds": share(self.own.shared, self.own.words),
            "cpu-seconds": { "own": self.own.cpu, "peer": self.other.cpu },
            "failures": { "own": self.own.failures, "peer": self.other.failures },
            "missing": self.missing,
        })
    }
}
