//! One worker as its parent holds it: a process, two pipes, and a deadline for whatever is said over them.

use super::{
    protocol::{Hello, Request, write_frame},
    trust::Lie,
};
use crate::{findings, limits::WALL_CLOCK};
use chartrier_schemas::Finding;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use std::{
    io::{self, Read, Write},
    os::fd::AsFd,
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    time::{Duration, Instant},
};

/// How much of a document is handed over at once, in bytes.
const STEP: usize = 1 << 18;

/// Why a worker gave no answer.
pub(super) enum Trouble {
    NoSandbox,
    /// There was no worker to ask.
    NotStarted(String),
    TooSlow,
    Lied,
    Stopped,
    /// The document ended before its end, or could not be read: no worker can help.
    NoDocument,
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
    pub(super) fn finding(&self) -> Finding {
        match self {
            Self::NoSandbox => findings::no_sandbox(),
            Self::NotStarted(why) => findings::worker_not_started(why),
            Self::TooSlow => findings::too_slow(),
            Self::Lied => findings::answer_refused(),
            Self::Stopped | Self::NoDocument => findings::worker_stopped(),
        }
    }

    /// Whether it may have been the machine's fault, not the document's.
    pub(super) fn may_pass(&self) -> bool {
        matches!(self, Self::NotStarted(_) | Self::TooSlow | Self::Stopped)
    }
}

pub(super) struct Worker {
    child: Child,
    input: ChildStdin,
    output: ChildStdout,
    pub(super) served: u32,
    pub(super) busy: Duration,
}

impl Worker {
    /// Starts a worker and hears its hello: shut in, unless it was told to run `open`.
    pub(super) fn start(mut command: Command, open: bool) -> Result<Self, Trouble> {
        let mut worker = Self::spawn(&mut command).map_err(|why| Trouble::NotStarted(why.to_string()))?;
        let mut hello = [0];
        worker.output(Instant::now() + WALL_CLOCK).read_exact(&mut hello).map_err(|why| match why.kind() {
            io::ErrorKind::UnexpectedEof => Trouble::NotStarted("it ended before it said a word".to_owned()),
            _ => Trouble::NotStarted(why.to_string()),
        })?;
        match Hello::from_byte(hello[0]) {
            Some(Hello::Sandboxed) if !open => Ok(worker),
            Some(Hello::Open) if open => Ok(worker),
            Some(Hello::Refused) => Err(Trouble::NoSandbox),
            _ => Err(Trouble::Lied),
        }
    }

    fn spawn(command: &mut Command) -> io::Result<Self> {
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn()?;
        let (Some(input), Some(output)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(io::ErrorKind::BrokenPipe.into());
        };
        let worker = Self { child, input, output, served: 0, busy: Duration::ZERO };
        rustix::io::ioctl_fionbio(&worker.input, true)?;
        rustix::io::ioctl_fionbio(&worker.output, true)?;
        Ok(worker)
    }

    /// Whether a worker that was idle is still there and has said nothing unasked.
    pub(super) fn lives(&self) -> bool {
        let mut pipe = [PollFd::new(&self.output, PollFlags::IN)];
        poll(&mut pipe, Some(&Timespec { tv_sec: 0, tv_nsec: 0 })) == Ok(0)
    }

    /// Asks it something of a document, whose bytes `read` gives from any offset.
    pub(super) fn send(
        &mut self,
        request: &Request,
        read: &mut dyn FnMut(u64, &mut [u8]) -> io::Result<usize>,
        deadline: Instant,
    ) -> Result<(), Trouble> {
        let mut input = Timed { pipe: &mut self.input, deadline };
        write_frame(&mut input, &serde_json::to_vec(request).map_err(io::Error::other)?)?;
        let mut buffer = vec![0; STEP.min(usize::try_from(request.size).unwrap_or(STEP)).max(1)];
        let mut at = 0;
        while at < request.size {
            let most = buffer.len().min(usize::try_from(request.size - at).unwrap_or(usize::MAX));
            match read(at, &mut buffer[..most]) {
                // The worker waits for bytes that never come.
                Ok(0) | Err(_) => return Err(Trouble::NoDocument),
                Ok(taken) => {
                    input.write_all(&buffer[..taken])?;
                    at += taken as u64;
                }
            }
        }
        Ok(())
    }

    /// Says a request and some bytes that belong to it.
    pub(super) fn say(&mut self, request: &Request, bytes: &[u8], deadline: Instant) -> Result<(), Trouble> {
        let mut input = self.input(deadline);
        write_frame(&mut input, &serde_json::to_vec(request).map_err(io::Error::other)?)?;
        Ok(input.write_all(bytes)?)
    }

    /// What is said to it, until a deadline.
    pub(super) fn input(&mut self, deadline: Instant) -> Timed<'_, ChildStdin> {
        Timed { pipe: &mut self.input, deadline }
    }

    /// What it says, until a deadline.
    pub(super) fn output(&mut self, deadline: Instant) -> Timed<'_, ChildStdout> {
        Timed { pipe: &mut self.output, deadline }
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
pub(super) struct Timed<'a, T> {
    pub(super) pipe: &'a mut T,
    pub(super) deadline: Instant,
}

impl<T: AsFd> Timed<'_, T> {
    fn wait(&self, flags: PollFlags) -> io::Result<()> {
        wait(&mut [PollFd::new(&*self.pipe, flags)], self.deadline)
    }
}

/// Waits until one of these pipes can go on.
pub(super) fn wait(pipes: &mut [PollFd<'_>], deadline: Instant) -> io::Result<()> {
    let left = deadline.saturating_duration_since(Instant::now());
    if left.is_zero() {
        return Err(io::ErrorKind::TimedOut.into());
    }
    poll(pipes, Some(&Timespec::try_from(left).map_err(io::Error::other)?))?;
    Ok(())
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
