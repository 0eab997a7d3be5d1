//! What browsers have sent is taken into the archive here, many files in one commit, beside all else. Must never lose a file
//! that is whole: what cannot be done now is tried again.

use crate::{
    limits::{TAKE_AGAIN, TAKEN, TAKEN_BYTES, TIDY},
    room::Room,
    take::{About, Item, Trouble, take},
};
use chartrier_engine::{
    Error, Kind, Result,
    archive::{Archive, Capturer, Serving, Settled},
    error,
    local::Upload,
    seal::Digest,
    spool::Spooled,
};
use chartrier_ingest::worker::{Document, Pool};
use chartrier_schemas::{ContentId, Finding, text};
use std::{
    io::{self, Read},
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Instant,
};

/// Takes in what is whole, until the bell is closed.
pub(crate) fn take_in(room: &Room, serving: &Serving) {
    // What cannot be tidied now is tidied an hour later.
    let _ = room.archive.tidy_uploads(serving, true);
    let mut tidied = Instant::now();
    loop {
        *room.held_up() = all(room, serving).err();
        if !room.arrived.wait(TAKE_AGAIN) {
            return;
        }
        if tidied.elapsed() >= TIDY {
            tidied = Instant::now();
            let _ = room.archive.tidy_uploads(serving, false);
        }
    }
}

/// Takes in everything that is whole, batch by batch.
fn all(room: &Room, serving: &Serving) -> Result<()> {
    while !room.arrived.is_closed() {
        let batch = batch(room.archive.whole_uploads(serving, TAKEN)?);
        if batch.is_empty() {
            break;
        }
        for group in grouped(batch) {
            match together(room, serving, &group) {
                Ok(settled) => {
                    // What is told to be there is found; where that fails, what looks after the index does it later.
                    let _ = room.archive.index();
                    room.archive.settle(serving, group.into_iter().zip(settled).filter_map(done).collect())?;
                }
                // The archive does not answer: the files stay, and so does the question.
                Err(why) if matches!(why.kind, Kind::Unavailable | Kind::Locked) => return Err(why),
                Err(why) => {
                    let failed = group.into_iter().map(|upload| (upload, Settled::Failed(why.clone())));
                    room.archive.settle(serving, failed.collect())?;
                }
            }
        }
    }
    Ok(())
}

/// A file that was settled; one that was not waits for the next batch.
fn done((upload, settled): (Upload, Option<Settled>)) -> Option<(Upload, Settled)> {
    settled.map(|settled| (upload, settled))
}

/// As many files as are taken at once: the first, and more while they are small.
fn batch(mut whole: Vec<Upload>) -> Vec<Upload> {
    let mut bytes = 0;
    let fits = whole.iter().take_while(|upload| {
        let first = bytes == 0;
        bytes += upload.size.max(1);
        first || bytes <= TAKEN_BYTES
    });
    let count = fits.count();
    whole.truncate(count);
    whole
}

/// Files of one person that go to one place under one marking, one group each.
fn grouped(batch: Vec<Upload>) -> Vec<Vec<Upload>> {
    let mut groups: Vec<Vec<Upload>> = Vec::new();
    for upload in batch {
        let same = |group: &&mut Vec<Upload>| {
            let first = &group[0];
            (first.person, &first.into, &first.marking) == (upload.person, &upload.into, &upload.marking)
        };
        match groups.iter_mut().find(same) {
            Some(group) => group.push(upload),
            None => groups.push(vec![upload]),
        }
    }
    groups
}

/// Captures a group as one. When this returns, what it answers is durable.
fn together(room: &Room, serving: &Serving, group: &[Upload]) -> Result<Vec<Option<Settled>>> {
    let archive = &room.archive;
    let Some(first) = group.first() else { return Ok(Vec::new()) };
    // What was granted or withdrawn since it was sent counts.
    let session = archive.session(first.person)?;
    let capturer = archive.capturer(session, first.into.as_deref(), &first.marking)?;
    let (next, outcomes) = (AtomicUsize::new(0), Mutex::new(vec![None; group.len()]));
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get).min(group.len());
    let trouble = std::thread::scope(|scope| {
        let threads: Vec<_> =
            (0..threads).map(|_| scope.spawn(|| some(room, serving, &capturer, group, &next, &outcomes))).collect();
        threads
            .into_iter()
            .filter_map(|thread| thread.join().unwrap_or_else(|_| Err(error::bug("a thread that takes in"))).err())
            .next()
    });
    // What was captured before the trouble is as durable as the rest.
    capturer.finish()?;
    let mut outcomes = outcomes.into_inner().unwrap_or_else(PoisonError::into_inner);
    for (upload, outcome) in group.iter().zip(&mut outcomes) {
        if let Some(Settled::Kept(record)) = outcome {
            *record = capturer.held_by(&upload.content, &archive.uploaded(upload))?;
        }
    }
    match trouble {
        Some(why) if outcomes.iter().all(Option::is_none) => Err(why),
        _ => Ok(outcomes),
    }
}

/// Captures one file of a group after the other, with a worker that sees no others.
fn some(
    room: &Room,
    serving: &Serving,
    capturer: &Capturer<'_>,
    group: &[Upload],
    next: &AtomicUsize,
    outcomes: &Mutex<Vec<Option<Settled>>>,
) -> Result<()> {
    let mut pool = None;
    while !room.arrived.is_closed() {
        let at = next.fetch_add(1, Ordering::Relaxed);
        let Some(upload) = group.get(at) else { break };
        let pool = match &pool {
            Some(pool) => pool,
            None => pool.insert(worker(room)?),
        };
        let outcome = one(&room.archive, serving, capturer, pool, upload)?;
        outcomes.lock().unwrap_or_else(PoisonError::into_inner)[at] = Some(outcome);
    }
    Ok(())
}

/// A worker that works: what this machine cannot do would be written down as a fault of every file.
fn worker(room: &Room) -> Result<Pool> {
    let pool = (room.workers)()?;
    let cannot = |why: Finding| Error { kind: Kind::Unavailable, problem: why.problem, remedy: why.remedy };
    pool.check().map_err(cannot)?;
    Ok(pool)
}

/// Compares a file with its hash, and captures it.
fn one(archive: &Archive, serving: &Serving, capturer: &Capturer<'_>, pool: &Pool, upload: &Upload) -> Result<Settled> {
    let mut sent = Sent(archive.spooled(serving, upload)?);
    let mut digest = Digest::default();
    if io::copy(&mut sent, &mut digest).is_err() {
        return Ok(sent.broken());
    }
    if ContentId::from_digest(digest.finish()) != upload.content {
        return Ok(Settled::Failed(other_bytes()));
    }
    sent.0.rewind();
    let about = About {
        name: upload.name().to_owned(),
        size: upload.size,
        seen: archive.uploaded(upload),
        content: Some(upload.content),
    };
    match take(capturer, &mut sent, about, &mut |document| pool.extract(document, upload.size, upload.name())) {
        Ok(()) => Ok(Settled::Kept(None)),
        Err(Trouble::Item(Unreadable)) => Ok(sent.broken()),
        Err(Trouble::Run(why)) => Err(why),
    }
}

fn other_bytes() -> Error {
    error::invalid(
        text!("What arrived is not the file that was announced.", "Ce qui est arrivé n’est pas le fichier annoncé."),
        text!(
            "It may have changed while it was sent. Add it again.",
            "Il a peut-être changé pendant l’envoi. Ajoutez-le de nouveau."
        ),
    )
}

/// A file that was sent.
struct Sent(Spooled);

impl Sent {
    /// It cannot be read from some place on.
    fn broken(&mut self) -> Settled {
        Settled::Broken(self.0.broken().unwrap_or(0))
    }
}

/// Its bytes cannot be read.
struct Unreadable;

impl Read for Sent {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        self.0.read(out)
    }
}

impl Document for Sent {
    fn read_at(&mut self, offset: u64, out: &mut [u8]) -> io::Result<usize> {
        self.0.read_at(offset, out)
    }
}

impl Item for Sent {
    type Failure = Unreadable;

    fn rewind(&mut self) -> std::result::Result<(), Unreadable> {
        self.0.rewind();
        Ok(())
    }

    fn unchanged(&self) -> std::result::Result<(), Unreadable> {
        // Nobody writes into a file that is whole.
        Ok(())
    }

    fn failed(&self, _: &io::Error) -> Unreadable {
        Unreadable
    }
}
