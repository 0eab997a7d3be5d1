//! The parent's side: workers kept ready, one document each at a time, ended and replaced on any fault.

use super::{
    asked::BLOCK,
    document::{Document, part_of},
    process::{Trouble, Worker},
    protocol::{Job, Request, Told, Word, ends, read_frame, write_frame},
    trust,
};
use crate::{
    findings,
    limits::{
        BUSY_TIME_PER_WORKER, DOCUMENTS_PER_WORKER, IDENTIFY_CLOCK, MAX_ANSWER, MAX_ASKED, MAX_FORMAT, MAX_READ, MAX_TEXT,
        MAX_THUMBNAIL, WALL_CLOCK,
    },
    pronom::{Identification, Release},
};
use chartrier_schemas::{Extraction, Finding, Format};
use std::{
    ffi::OsString,
    io::{Read, Write},
    path::PathBuf,
    process::Command,
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

/// How long one waits before a worker is started again that could not be.
const PATIENCE: Duration = Duration::from_millis(200);

/// Workers over which documents are spread. As many callers as there are workers get one each; more wait.
pub struct Pool {
    program: PathBuf,
    arguments: Vec<OsString>,
    open: bool,
    wall_clock: Duration,
    /// The release by which formats are told, where it is not the one that is built in.
    release: Option<Release>,
    state: Mutex<State>,
    returned: Condvar,
}

#[derive(Default)]
struct State {
    idle: Vec<Worker>,
    /// Workers that may still be taken or started.
    free: usize,
    /// The kernel cannot shut a worker in: no other is tried.
    refused: bool,
}

/// Something asked of a worker until a deadline.
pub(super) type Work<'a, T> = &'a mut dyn FnMut(&mut Worker, Instant) -> Result<T, Trouble>;

impl Pool {
    /// A pool of `count` workers, each the `program` run with `arguments`, which must come to [`super::run`].
    pub fn new(program: PathBuf, arguments: Vec<OsString>, count: usize) -> Self {
        let state = State { free: count.max(1), ..State::default() };
        Self {
            program,
            arguments,
            open: false,
            wall_clock: WALL_CLOCK,
            release: None,
            state: Mutex::new(state),
            returned: Condvar::new(),
        }
    }

    /// Lets workers run where the kernel cannot shut them in. Every document read so carries a finding.
    pub fn allow_unsandboxed(mut self) -> Self {
        self.open = true;
        self
    }

    /// Gives a document another time than [`WALL_CLOCK`].
    pub fn with_wall_clock(mut self, most: Duration) -> Self {
        self.wall_clock = most;
        self
    }

    /// Lets formats be told by another release than the one that is built in.
    pub fn with_release(mut self, release: Release) -> Self {
        self.release = Some(release);
        self
    }

    /// Starts one worker, and tells why none could be: a run can be refused before it begins.
    pub fn check(&self) -> Result<(), Finding> {
        self.twice(&mut |_, _| Ok(())).map_err(|why| why.finding())
    }

    /// Reads a document. What cannot be read is a finding, whatever happens to the worker.
    pub fn extract(&self, document: &mut dyn Document, size: u64, name: &str) -> Extraction {
        if size > MAX_READ {
            return self.unread(document, size, name, findings::too_large());
        }
        let request = Request { job: Job::Extract, name: name.to_owned(), size };
        let read = self.twice(&mut |worker, deadline| {
            worker.send(&request, &mut |offset, out| document.read_at(offset, out), deadline)?;
            extraction(&mut worker.output(deadline))
        });
        match read {
            Ok(extraction) => self.told(extraction),
            Err(why @ (Trouble::NoSandbox | Trouble::NotStarted(_))) => unknown(why.finding()),
            Err(why) => self.unread(document, size, name, why.finding()),
        }
    }

    /// Decodes a part of a document. The caller compares it with the part's content address.
    pub fn part(&self, bytes: &mut dyn Read, size: u64, name: &str, path: &str, output: &mut dyn Write) -> Result<(), Finding> {
        if size > MAX_READ {
            return Err(findings::too_large());
        }
        let request = Request { job: Job::Part { path: path.to_owned() }, name: name.to_owned(), size };
        let part = self.with_worker(false, &mut |worker, deadline| {
            worker.send(&request, &mut |_, out| bytes.read(out), deadline)?;
            let mut pipe = worker.output(deadline);
            let mut found = [0];
            pipe.read_exact(&mut found)?;
            let part = read_frame(&mut pipe, usize::try_from(MAX_READ).unwrap_or(usize::MAX))?;
            Ok((found == [1]).then_some(part))
        });
        match part {
            Ok(Some(part)) => output.write_all(&part).map_err(findings::damaged),
            Ok(None) => Err(findings::damaged("the part is not in it")),
            Err(why) => Err(why.finding()),
        }
    }

    /// Tells the format of a document, of which no more is read than that takes.
    pub fn identify(&self, document: &mut dyn Document, size: u64, name: &str) -> Result<Identification, Finding> {
        match self.twice(&mut |worker, deadline| identified(worker, document, size, name, deadline)) {
            Ok(told) => Ok(told.identification),
            Err(why) => Err(why.finding()),
        }
    }

    /// A document of which nothing was read but its format.
    fn unread(&self, document: &mut dyn Document, size: u64, name: &str, finding: Finding) -> Extraction {
        match self.with_worker(false, &mut |worker, deadline| identified(worker, document, size, name, deadline)) {
            Ok(told) => self.told(Extraction { format: told.format, ..unknown(finding) }),
            Err(_) => unknown(finding),
        }
    }

    fn told(&self, mut extraction: Extraction) -> Extraction {
        if self.open {
            extraction.findings.push(findings::unsandboxed());
        }
        extraction
    }

    /// Does some work, and once more in a fresh worker where it may have been the machine that failed.
    pub(super) fn twice<T>(&self, work: Work<'_, T>) -> Result<T, Trouble> {
        match self.with_worker(false, work) {
            Err(why) if why.may_pass() => {
                if matches!(why, Trouble::NotStarted(_)) {
                    std::thread::sleep(PATIENCE);
                }
                self.with_worker(true, work)
            }
            done => done,
        }
    }

    /// Lends a worker, a `fresh` one where that is asked; one that fails is ended, and never serves again.
    fn with_worker<T>(&self, fresh: bool, work: Work<'_, T>) -> Result<T, Trouble> {
        let mut state = self.state();
        while state.free == 0 {
            state = self.returned.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        if state.refused {
            return Err(Trouble::NoSandbox);
        }
        state.free -= 1;
        let idle = state.idle.pop();
        drop(state);
        let idle = idle.filter(|worker| !fresh && worker.lives());
        let outcome = idle.map_or_else(|| self.start(), Ok).and_then(|mut worker| {
            let started = Instant::now();
            let done = work(&mut worker, started + self.wall_clock)?;
            worker.served += 1;
            worker.busy += started.elapsed();
            Ok((done, worker))
        });
        let mut state = self.state();
        state.free += 1;
        state.refused |= matches!(outcome, Err(Trouble::NoSandbox));
        let outcome = outcome.map(|(done, worker)| {
            if worker.served < DOCUMENTS_PER_WORKER && worker.busy < BUSY_TIME_PER_WORKER {
                state.idle.push(worker);
            }
            done
        });
        drop(state);
        self.returned.notify_one();
        outcome
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// This program as a worker, without a word of its parent's environment.
    pub(super) fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        command.args(&self.arguments).env_clear().current_dir("/");
        command
    }

    fn start(&self) -> Result<Worker, Trouble> {
        let mut command = self.command();
        if self.open {
            command.arg("--open");
        }
        let mut worker = Worker::start(command, self.open)?;
        if let Some(release) = &self.release {
            let bytes = release.to_bytes();
            let (request, deadline) = (Request { job: Job::Release, name: String::new(), size: bytes.len() as u64 }, deadline());
            worker.send(&request, &mut |offset, out| (&bytes[..]).read_at(offset, out), deadline)?;
            let mut taken = [0];
            worker.output(deadline).read_exact(&mut taken)?;
            if taken != [1] {
                return Err(Trouble::NotStarted("it did not take the release of the format registry".to_owned()));
            }
        }
        Ok(worker)
    }
}

/// Until when a worker may take to begin.
fn deadline() -> Instant {
    Instant::now() + WALL_CLOCK
}

/// Hands over the two ends of a document, and of the rest what the worker asks for.
fn identified(
    worker: &mut Worker,
    document: &mut dyn Document,
    size: u64,
    name: &str,
    deadline: Instant,
) -> Result<Told, Trouble> {
    let deadline = deadline.min(Instant::now() + IDENTIFY_CLOCK);
    let (head, tail) = ends(size);
    let mut both = part_of(document, 0, head).map_err(|_| Trouble::NoDocument)?;
    both.extend(part_of(document, size - tail, tail).map_err(|_| Trouble::NoDocument)?);
    worker.say(&Request { job: Job::Identify, name: name.to_owned(), size }, &both, deadline)?;
    let mut asked = 0;
    loop {
        let mut pipe = worker.output(deadline);
        let mut word = [0];
        pipe.read_exact(&mut word)?;
        if word == [Word::Answer as u8] {
            let answer = read_frame(&mut pipe, MAX_FORMAT)?;
            return Ok(trust::told(serde_json::from_slice(&answer).map_err(|_| Trouble::Lied)?)?);
        }
        let (mut offset, mut length) = ([0; 8], [0; 4]);
        pipe.read_exact(&mut offset)?;
        pipe.read_exact(&mut length)?;
        let (offset, length) = (u64::from_be_bytes(offset), u64::from(u32::from_be_bytes(length)));
        asked += length;
        let is_sound = word == [Word::More as u8] && length <= BLOCK && asked <= MAX_ASKED;
        if !is_sound || offset.checked_add(length).is_none_or(|end| end > size) {
            return Err(Trouble::Lied);
        }
        let more = part_of(document, offset, length).map_err(|_| Trouble::NoDocument)?;
        write_frame(&mut worker.input(deadline), &more)?;
    }
}

/// A document of which nothing is known.
fn unknown(finding: Finding) -> Extraction {
    Extraction { format: Format::unknown(), findings: vec![finding], ..Extraction::default() }
}

/// Reads an answer: what is short as JSON, each text as itself, so that nothing is ever much larger here than it
/// was in the pipe.
pub(super) fn extraction(output: &mut dyn Read) -> Result<Extraction, Trouble> {
    let head = read_frame(output, MAX_ANSWER)?;
    let mut extraction = trust::checked(serde_json::from_slice(&head).map_err(|_| Trouble::Lied)?)?;
    drop(head);
    let mut left = MAX_TEXT;
    for text in std::iter::once(&mut extraction.text).chain(extraction.parts.iter_mut().map(|part| &mut part.text)) {
        let bytes = read_frame(output, left)?;
        left -= bytes.len();
        *text = trust::text(bytes)?;
    }
    extraction.thumbnail = trust::thumbnail(&read_frame(output, MAX_THUMBNAIL + 8)?)?;
    Ok(extraction)
}
