//! `extract`: the words of records that are pictures of text are recognised; with `--again` a selection is read anew, after
//! an upgrade or where something went wrong.

use super::ingest::workers;
use crate::{arguments::Extract, context::Context, output};
use chartrier_engine::{
    Error, Kind, Result,
    archive::{Archive, Unread},
    policy::Session,
    seal::Opened,
};
use chartrier_ingest::{
    findings,
    recognition::Recogniser,
    worker::{Document, Pool},
};
use chartrier_schemas::{Extraction, Finding, Marking, RecordId, Text};
use serde_json::json;
use std::{
    collections::{BTreeMap, HashSet},
    io::{self, Read as _},
    process::ExitCode,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

/// Readings that wait for a commit …
const BATCH: usize = 64;

/// … and how long one waits: what is interrupted loses no more than this.
const PATIENCE: Duration = Duration::from_secs(5);

/// Between two looks whether something waits, of who has other things to do.
const QUIET: Duration = Duration::from_secs(10);

pub(crate) fn run(context: &Context, arguments: &Extract) -> Result<ExitCode> {
    let started = Instant::now();
    let (archive, session) = context.open()?;
    archive.index()?;
    let threads = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
    let pool = || workers(context, threads, arguments.allow_unsandboxed);
    let recogniser = {
        let pool = pool()?;
        pool.check().map_err(unavailable)?;
        Recogniser::find(&pool)
    };
    let query = arguments.query.join(" ");
    let selection = if arguments.again { selected(&archive, &session, &query)? } else { waiting(&archive, &session, &query)? };
    let count = selection.iter().map(|(_, ids)| ids.len()).sum();
    let recogniser = match recogniser {
        Ok(recogniser) => Some(recogniser),
        Err(why) if !arguments.again && count > 0 => return Err(cannot_recognise(count, why)),
        Err(_) => None,
    };
    let progress = output::bar(context, false);
    progress.set_length(count as u64);
    let mut run = Run {
        archive: &archive,
        session: &session,
        recogniser,
        progress,
        done: Mutex::new(Done { since: Some(started), ..Done::default() }),
    };
    for (_, ids) in &selection {
        // A worker sees records of one marking only.
        let (pool, next) = (pool()?, AtomicUsize::new(0));
        std::thread::scope(|scope| {
            for _ in 0..threads {
                scope.spawn(|| run.all(&pool, ids, &next));
            }
        });
    }
    run.flush(true);
    run.progress.finish_and_clear();
    let done = std::mem::take(run.done.get_mut().unwrap_or_else(PoisonError::into_inner));
    if let Some(why) = done.fatal {
        return Err(why);
    }
    archive.index()?;
    print(context, count, &done, started.elapsed());
    Ok(if done.failed.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

/// Recognises what waits for its words, one record after the other and each in a worker of its own, for as long as
/// `goes_on` says so after a pause. What cannot be done now is left to `extract`, which says why.
pub(super) fn quietly(context: &Context, archive: &Archive, goes_on: &mut dyn FnMut(Duration) -> bool) {
    let mut tried = HashSet::new();
    while goes_on(QUIET) {
        // What was granted or withdrawn meanwhile counts.
        let Ok(session) = archive.session(archive.owner()) else { continue };
        let waiting = waiting(archive, &session, "").unwrap_or_default();
        for id in waiting.into_iter().flat_map(|(_, ids)| ids) {
            if tried.contains(&id) {
                continue;
            }
            if !goes_on(Duration::ZERO) {
                return;
            }
            let Ok(pool) = workers(context, 1, false) else { break };
            // It may be installed at any time.
            let Ok(recogniser) = Recogniser::find(&pool) else { break };
            tried.insert(id);
            let progress = indicatif::ProgressBar::hidden();
            let run = Run { archive, session: &session, recogniser: Some(recogniser), progress, done: Mutex::default() };
            run.all(&pool, &[id], &AtomicUsize::new(0));
            run.flush(true);
        }
    }
}

/// The records that a query matches, by marking.
fn selected(archive: &Archive, session: &Session, query: &str) -> Result<Vec<(Marking, Vec<RecordId>)>> {
    let mut selected: BTreeMap<Marking, Vec<RecordId>> = BTreeMap::new();
    archive.list(session, query, &mut |line| selected.entry(line.marking).or_default().push(line.id))?;
    Ok(selected.into_iter().collect())
}

/// Those of them that wait for their words.
fn waiting(archive: &Archive, session: &Session, query: &str) -> Result<Vec<(Marking, Vec<RecordId>)>> {
    let all = selected(archive, session, &format!("finding:{}", findings::WAITS_FOR_RECOGNITION))?;
    if query.is_empty() {
        return Ok(all);
    }
    let waiting: HashSet<RecordId> = all.into_iter().flat_map(|(_, ids)| ids).collect();
    let mut selected = selected(archive, session, query)?;
    selected.iter_mut().for_each(|(_, ids)| ids.retain(|id| waiting.contains(id)));
    selected.retain(|(_, ids)| !ids.is_empty());
    Ok(selected)
}

fn cannot_recognise(count: usize, why: Finding) -> Error {
    let waiting = output::counted(
        count as u64,
        ("record waits for its words", "pièce attend ses mots"),
        ("records wait for their words", "pièces attendent leurs mots"),
    );
    let problem = Text { en: format!("{}. {}", waiting.en, why.problem.en), fr: format!("{}. {}", waiting.fr, why.problem.fr) };
    Error { kind: Kind::Unavailable, problem, remedy: why.remedy }
}

fn unavailable(why: Finding) -> Error {
    Error { kind: Kind::Unavailable, problem: why.problem, remedy: why.remedy }
}

/// What became of the records so far.
#[derive(Default)]
struct Done {
    waiting: Vec<(RecordId, Extraction)>,
    since: Option<Instant>,
    changed: usize,
    unchanged: usize,
    failed: Vec<(RecordId, String, Finding)>,
    /// What stops the whole run: the store does not answer, the disk is full.
    fatal: Option<Error>,
}

struct Run<'a> {
    archive: &'a Archive,
    session: &'a Session,
    recogniser: Option<Recogniser>,
    progress: indicatif::ProgressBar,
    done: Mutex<Done>,
}

impl Run<'_> {
    fn all(&self, pool: &Pool, selection: &[RecordId], next: &AtomicUsize) {
        while let Some(id) = selection.get(next.fetch_add(1, Ordering::Relaxed)) {
            if self.done().fatal.is_some() {
                return;
            }
            match self.one(pool, *id) {
                Ok(()) => self.progress.inc(1),
                Err(why) => self.stop(why),
            }
            self.flush(false);
        }
    }

    fn one(&self, pool: &Pool, id: RecordId) -> Result<()> {
        let unread = self.archive.unread(self.session, id)?;
        self.progress.set_message(output::plain(unread.name()));
        let read = |document: &mut Stored<'_>| pool.extract(document, unread.size(), unread.name());
        let mut extraction = read(&mut Stored::new(self.archive, &unread));
        if let Some(finding) = findings::nothing_read(&extraction.findings).filter(|_| unread.record.text.is_some()) {
            // What was read before is better than nothing.
            let finding = finding.clone();
            self.done().failed.push((id, unread.name().to_owned(), finding));
            return Ok(());
        }
        let waits = extraction.findings.iter().any(|finding| finding.number == findings::WAITS_FOR_RECOGNITION);
        if let Some(recogniser) = self.recogniser.as_ref().filter(|_| waits) {
            let mut document = Stored::new(self.archive, &unread);
            let recognition = recogniser.recognise(pool, &mut document, unread.size(), unread.name());
            let failed = recognition.findings.iter().map(|finding| (id, unread.name().to_owned(), finding.clone()));
            self.done().failed.extend(failed);
            recognition.complete(&mut extraction);
        }
        self.done().waiting.push((id, extraction));
        Ok(())
    }

    /// Commits what waits, if it is much or has waited long.
    fn flush(&self, all: bool) {
        let mut done = self.done();
        let due = all || done.waiting.len() >= BATCH || done.since.is_some_and(|since| since.elapsed() >= PATIENCE);
        if !due || done.waiting.is_empty() || done.fatal.is_some() {
            return;
        }
        done.since = Some(Instant::now());
        let waiting = std::mem::take(&mut done.waiting);
        let count = waiting.len();
        match self.archive.reread(self.session, waiting) {
            Ok(changed) => {
                done.changed += changed.len();
                done.unchanged += count - changed.len();
            }
            Err(why) => done.fatal = Some(why),
        }
    }

    fn stop(&self, why: Error) {
        self.done().fatal.get_or_insert(why);
    }

    fn done(&self) -> std::sync::MutexGuard<'_, Done> {
        self.done.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The original of a record as a worker reads it: from the front, and again from the front where another worker is asked.
pub(super) struct Stored<'a> {
    archive: &'a Archive,
    unread: &'a Unread,
    reader: Option<Opened<'a>>,
    at: u64,
}

impl<'a> Stored<'a> {
    pub(super) fn new(archive: &'a Archive, unread: &'a Unread) -> Self {
        Self { archive, unread, reader: None, at: 0 }
    }
}

impl Document for Stored<'_> {
    fn read_at(&mut self, offset: u64, out: &mut [u8]) -> io::Result<usize> {
        if self.reader.is_none() || offset < self.at {
            self.reader = Some(self.archive.open_unread(self.unread).map_err(io::Error::other)?);
            self.at = 0;
        }
        let Some(reader) = &mut self.reader else { return Ok(0) };
        self.at += io::copy(&mut reader.by_ref().take(offset - self.at), &mut io::sink())?;
        let taken = reader.read(out)?;
        self.at += taken as u64;
        Ok(taken)
    }
}

fn print(context: &Context, selected: usize, done: &Done, time: Duration) {
    let (changed, unchanged) = (done.changed, done.unchanged);
    if context.json {
        let failed: Vec<_> = done
            .failed
            .iter()
            .map(|(id, name, why)| json!({ "id": id, "name": name, "problem": context.say(&why.problem), "remedy": context.say(&why.remedy) }))
            .collect();
        output::json(&json!({
            "selected": selected, "changed": changed, "unchanged": unchanged, "failed": failed, "seconds": time.as_secs_f64(),
        }));
        return;
    }
    for (id, name, why) in &done.failed {
        eprintln!("{id}  {}\n    {} {}", output::plain(name), context.say(&why.problem), context.say(&why.remedy));
    }
    let read = output::counted(selected as u64, ("record read", "pièce lue"), ("records read", "pièces lues"));
    let Text { en, fr } = read;
    let said = Text {
        en: format!("{en}: {changed} with something new, {unchanged} as before."),
        fr: format!("{fr}\u{a0}: {changed} avec du nouveau, {unchanged} comme avant."),
    };
    output::line(context, &said);
}
