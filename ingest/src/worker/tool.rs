//! Outside programs, in a sandbox of their own. This program executes itself, shuts itself in, lowers itself below
//! everything else that runs, and becomes the tool: that reads its standard input and writes its standard output, and can
//! do nothing else. What it says is not believed before it was checked.

use super::{
    pool::Pool,
    process::{Timed, wait},
    protocol::Hello,
    sandbox,
};
use crate::limits::{MAX_TOOL_ANSWER, TOOL_CLOCK};
use chartrier_schemas::{Text, text};
use rustix::event::{PollFd, PollFlags};
use std::{
    env,
    ffi::{OsStr, OsString},
    io::{self, Read as _, Write as _},
    os::unix::process::CommandExt as _,
    path::{Path, PathBuf},
    process::{Child, Command, ExitCode, Stdio},
    time::{Duration, Instant},
};

/// The variable that says where the one folder of data lies that the tool reads besides the system's.
const DATA: &str = "TESSDATA_PREFIX";

/// Where programs lie when nobody says so.
const USUAL: &str = "/usr/bin";

/// How little a tool matters beside everything else.
const NICENESS: i32 = 19;

/// What of its answer is heard at once, in bytes: what a pipe holds.
const AT_ONCE: usize = 64 << 10;

/// An outside program.
pub(crate) struct Tool {
    program: PathBuf,
    data: Option<OsString>,
}

/// Why a tool did not do its work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    /// The kernel cannot shut it in: it was not run.
    NoSandbox,
    NotStarted,
    TooSlow,
    TooMuch,
    Stopped,
}

impl Failure {
    pub(crate) fn said(self) -> Text {
        match self {
            Self::NoSandbox => text!(
                "this machine’s kernel cannot shut it in (Landlock and seccomp are needed)",
                "le noyau de cette machine ne sait pas l’enfermer (il faut Landlock et seccomp)"
            ),
            Self::NotStarted => text!("it could not be started", "il n’a pu être lancé"),
            Self::TooSlow => text!("it took too long", "il a mis trop longtemps"),
            Self::TooMuch => text!("it said more than it could have to say", "il en a dit plus qu’il ne pouvait avoir à dire"),
            Self::Stopped => text!("it stopped before it was done", "il s’est arrêté avant d’avoir fini"),
        }
    }
}

impl From<io::Error> for Failure {
    fn from(why: io::Error) -> Self {
        if why.kind() == io::ErrorKind::TimedOut { Self::TooSlow } else { Self::Stopped }
    }
}

impl Tool {
    /// Looks for a program where this one's user has programs, and then where they usually lie.
    pub(crate) fn find(name: &str) -> Option<Self> {
        let path = env::var_os("PATH").unwrap_or_default();
        let mut folders = env::split_paths(&path).filter(|folder| folder.is_absolute()).chain([PathBuf::from(USUAL)]);
        let program = folders.find_map(|folder| folder.join(name).canonicalize().ok().filter(|program| program.is_file()))?;
        Some(Self { program, data: env::var_os(DATA).filter(|folder| Path::new(folder).is_absolute()) })
    }

    /// The program at a path.
    pub(crate) fn at(program: &Path) -> Self {
        Self { program: program.to_owned(), data: None }
    }

    /// Runs it once: gives it bytes in pieces, and answers what it said.
    pub(crate) fn run(&self, pool: &Pool, arguments: &[&str], input: &[&[u8]], most: Duration) -> Result<Vec<u8>, Failure> {
        if !self.program.is_file() {
            return Err(Failure::NotStarted);
        }
        let mut command = pool.command();
        command.arg("--tool").arg(&self.program).args(arguments).env("OMP_THREAD_LIMIT", "1");
        command.envs(self.data.iter().map(|folder| (DATA, folder)));
        let mut running = Running::start(command)?;
        let deadline = Instant::now() + most.min(TOOL_CLOCK);
        running.hello(deadline)?;
        running.hear_out(input, deadline)
    }
}

/// A tool at work; it ends with its holder.
struct Running(Child);

impl Running {
    fn start(mut command: Command) -> Result<Self, Failure> {
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        Ok(Self(command.spawn().map_err(|_| Failure::NotStarted)?))
    }

    /// Hears that the sandbox is closed.
    fn hello(&mut self, deadline: Instant) -> Result<(), Failure> {
        let output = self.0.stdout.as_mut().ok_or(Failure::NotStarted)?;
        rustix::io::ioctl_fionbio(&*output, true).map_err(io::Error::from)?;
        let mut hello = [0];
        Timed { pipe: output, deadline }.read_exact(&mut hello)?;
        match Hello::from_byte(hello[0]) {
            Some(Hello::Sandboxed) => Ok(()),
            Some(Hello::Refused) => Err(Failure::NoSandbox),
            _ => Err(Failure::NotStarted),
        }
    }

    /// Gives it what it takes and hears what it says, whichever it does first: it may answer before it has read all.
    fn hear_out(&mut self, input: &[&[u8]], deadline: Instant) -> Result<Vec<u8>, Failure> {
        let mut ear = self.0.stdin.take();
        let mouth = self.0.stdout.as_mut().ok_or(Failure::NotStarted)?;
        rustix::io::ioctl_fionbio(ear.as_ref().ok_or(Failure::NotStarted)?, true).map_err(io::Error::from)?;
        let (mut pieces, mut piece) = (input.iter(), &[][..]);
        let (mut said, mut heard) = (Vec::new(), vec![0; AT_ONCE]);
        loop {
            let mut waits = true;
            if let Some(pipe) = &mut ear {
                match pipe.write(piece) {
                    Ok(taken) => (piece, waits) = (&piece[taken..], false),
                    Err(why) if why.kind() == io::ErrorKind::WouldBlock => {}
                    Err(why) => return Err(why.into()),
                }
            }
            if piece.is_empty() {
                match pieces.next() {
                    Some(next) => piece = next,
                    None => ear = None,
                }
            }
            match mouth.read(&mut heard) {
                Ok(0) => return Ok(said),
                Ok(count) if said.len() + count > MAX_TOOL_ANSWER => return Err(Failure::TooMuch),
                Ok(count) => {
                    said.extend_from_slice(&heard[..count]);
                    waits = false;
                }
                Err(why) if why.kind() == io::ErrorKind::WouldBlock => {}
                Err(why) => return Err(why.into()),
            }
            if waits {
                let mut pipes = vec![PollFd::new(&*mouth, PollFlags::IN)];
                pipes.extend(ear.iter().map(|pipe| PollFd::new(pipe, PollFlags::OUT)));
                wait(&mut pipes, deadline)?;
            }
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Shuts this process in and becomes the tool. Comes back only where that failed.
pub(super) fn become_it(program: &OsStr, arguments: impl Iterator<Item = OsString>) -> ExitCode {
    let data = env::var_os(DATA);
    let mut output = io::stdout().lock();
    // Where even that is refused, it is as low as it can be already.
    let _ = rustix::process::nice(NICENESS);
    let hello = match sandbox::enter_for_tool(Path::new(program), data.as_deref().map(Path::new)) {
        Ok(()) => Hello::Sandboxed,
        Err(_) => Hello::Refused,
    };
    let said = output.write_all(&[hello as u8]).and_then(|()| output.flush());
    if said.is_ok() && hello == Hello::Sandboxed {
        let _ = Command::new(program).args(arguments).exec();
    }
    ExitCode::FAILURE
}
