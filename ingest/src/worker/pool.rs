//! The parent's side: workers kept ready, one document each at a time, ended and replaced on any fault.

use super::{
    protocol::{Hello, Job, Request, read_frame, write_frame},
    trust::{self, Lie},
};
use crate::{
    findings,
    limits::{BUSY_TIME_PER_WORKER, DOCUMENTS_PER_WORKER, MAX_ANSWER, MAX_READ, MAX_THUMBNAIL, WALL_CLOCK},
};
use chartrier_schemas::{Extraction, Finding, Format};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use std::{
    ffi::OsString,
    io::{self, Read, Write},
    os::fd::AsFd,
    path::PathBuf,
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

/// How much of a document is handed over at once, in bytes.
const STEP: usize = 1 << 18;

/// Workers over which documents are spread. As many callers as there are workers get one each; more wait.
pub struct Pool {
    program: PathBuf,
    arguments: Vec<OsString>,
    open: bool,
    wall_clock: Duration,
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

struct Worker {
    child: Child,
    input: ChildStdin,
    output: ChildStdout,
    served: u32,
    busy: Duration,
}

/// Why a worker gave no answer.
enum Trouble {
    NoSandbox,
    TooSlow,
    Lied,
    Stopped,
}

impl From<io::Error> for Trouble {
    fn from(why: io::Error) -> Self {
        match why.kind() {
            io::ErrorKind::TimedOut => Self::TooSlow,
            io::ErrorKind::InvalidData => Self::Lied,
            _ => Self::Stopped,
        }
    }
}

impl From<Lie> for Trouble {
    fn from(_: Lie) -> Self {
        Self::Lied
    }
}

impl Trouble {
    fn finding(&self) -> Finding {
        match self {
            Self::NoSandbox => findings::no_sandbox(),
            Self::TooSlow => findings::too_slow(),
            Self::Lied => findings::answer_refused(),
            Self::Stopped => findings::worker_stopped(),
        }
    }
}

/// A document of which nothing was read.
fn unread(finding: Finding) -> Extraction {
    let format = Format { media: "application/octet-stream".to_owned(), ..Format::default() };
    Extraction { format, findings: vec![finding], ..Extraction::default() }
}

impl Pool {
    /// A pool of `count` workers, each the `program` run with `arguments`, which must come to [`super::run`].
    pub fn new(program: PathBuf, arguments: Vec<OsString>, count: usize) -> Self {
        let state = State { free: count.max(1), ..State::default() };
        Self { program, arguments, open: false, wall_clock: WALL_CLOCK, state: Mutex::new(state), returned: Condvar::new() }
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

    /// Reads a document. What cannot be read is a finding, whatever happens to the worker.
    pub fn extract(&self, bytes: &mut dyn Read, size: u64, name: &str) -> Extraction {
        if size > MAX_READ {
            return unread(findings::too_large());
        }
        self.with_worker(|worker, deadline| {
            worker.send(&Request { job: Job::Extract, name: name.to_owned(), size }, bytes, deadline)?;
            let mut output = Timed { pipe: &mut worker.output, deadline };
            let answer = read_frame(&mut output, MAX_ANSWER)?;
            let picture = read_frame(&mut output, MAX_THUMBNAIL + 8)?;
            let extraction = serde_json::from_slice(&answer).map_err(|_| Trouble::Lied)?;
            let mut extraction = trust::checked(extraction)?;
            extraction.thumbnail = trust::thumbnail(&picture)?;
            if self.open {
                extraction.findings.push(findings::unsandboxed());
            }
            Ok(extraction)
        })
        .unwrap_or_else(|why| unread(why.finding()))
    }

    /// Decodes a part of a document. The caller compares it with the part's content address.
    pub fn part(&self, bytes: &mut dyn Read, size: u64, name: &str, path: &str, output: &mut dyn Write) -> Result<(), Finding> {
        if size > MAX_READ {
            return Err(findings::too_large());
        }
        let part = self.with_worker(|worker, deadline| {
            worker.send(&Request { job: Job::Part { path: path.to_owned() }, name: name.to_owned(), size }, bytes, deadline)?;
            let mut pipe = Timed { pipe: &mut worker.output, deadline };
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

    /// Lends a worker; one that fails is ended, and never serves again.
    fn with_worker<T>(&self, work: impl FnOnce(&mut Worker, Instant) -> Result<T, Trouble>) -> Result<T, Trouble> {
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
        let outcome = idle.filter(Worker::lives).map_or_else(|| self.start(), Ok).and_then(|mut worker| {
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

    fn start(&self) -> Result<Worker, Trouble> {
        let mut command = Command::new(&self.program);
        command.args(&self.arguments).env_clear().current_dir("/");
        if self.open {
            command.arg("--open");
        }
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn()?;
        let (Some(input), Some(output)) = (child.stdin.take(), child.stdout.take()) else { return Err(Trouble::Stopped) };
        let mut worker = Worker { child, input, output, served: 0, busy: Duration::ZERO };
        rustix::io::ioctl_fionbio(&worker.input, true).map_err(io::Error::from)?;
        rustix::io::ioctl_fionbio(&worker.output, true).map_err(io::Error::from)?;
        let mut hello = [0];
        Timed { pipe: &mut worker.output, deadline: Instant::now() + WALL_CLOCK }.read_exact(&mut hello)?;
        match Hello::from_byte(hello[0]) {
            Some(Hello::Sandboxed) if !self.open => Ok(worker),
            Some(Hello::Open) if self.open => Ok(worker),
            Some(Hello::Refused) => Err(Trouble::NoSandbox),
            _ => Err(Trouble::Lied),
        }
    }
}

impl Worker {
    /// Whether a worker that was idle is still there and has said nothing unasked.
    fn lives(&self) -> bool {
        let mut pipe = [PollFd::new(&self.output, PollFlags::IN)];
        poll(&mut pipe, Some(&Timespec { tv_sec: 0, tv_nsec: 0 })) == Ok(0)
    }

    fn send(&mut self, request: &Request, bytes: &mut dyn Read, deadline: Instant) -> Result<(), Trouble> {
        let mut input = Timed { pipe: &mut self.input, deadline };
        write_frame(&mut input, &serde_json::to_vec(request).map_err(io::Error::other)?)?;
        let mut buffer = vec![0; STEP.min(usize::try_from(request.size).unwrap_or(STEP)).max(1)];
        let mut left = request.size;
        while left > 0 {
            let most = buffer.len().min(usize::try_from(left).unwrap_or(usize::MAX));
            let taken = bytes.read(&mut buffer[..most])?;
            if taken == 0 {
                // The document ended early: the worker waits for bytes that never come.
                return Err(Trouble::Stopped);
            }
            input.write_all(&buffer[..taken])?;
            left -= taken as u64;
        }
        Ok(())
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        // It has nothing that is not also here.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A pipe that is given up at a deadline.
struct Timed<'a, T> {
    pipe: &'a mut T,
    deadline: Instant,
}

impl<T: AsFd> Timed<'_, T> {
    fn wait(&self, flags: PollFlags) -> io::Result<()> {
        let left = self.deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(io::ErrorKind::TimedOut.into());
        }
        let mut pipe = [PollFd::new(&*self.pipe, flags)];
        poll(&mut pipe, Some(&Timespec::try_from(left).map_err(io::Error::other)?))?;
        Ok(())
    }
}

impl<T: Read + AsFd> Read for Timed<'_, T> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        loop {
            match self.pipe.read(out) {
                Err(why) if why.kind() == io::ErrorKind::WouldBlock => self.wait(PollFlags::IN)?,
                done => return done,
            }
        }
    }
}

impl<T: Write + AsFd> Write for Timed<'_, T> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        loop {
            match self.pipe.write(bytes) {
                Err(why) if why.kind() == io::ErrorKind::WouldBlock => self.wait(PollFlags::OUT)?,
                done => return done,
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        self.pipe.flush()
    }
}
