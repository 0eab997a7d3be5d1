//! What every page needs: the archive, the workers, and turns to use them.

use crate::{
    guard::Hosts,
    limits::{DRAWN, FORMS, GIFTS, PIECES_OF_ONE, PROOFS, QUESTIONS, REQUESTS, REQUESTS_OF_ONE, SENDINGS, SLOW_QUESTIONS, TURN},
    looking::{Drawing, Looks},
    shares::Shares,
};
use chartrier_engine::{Error, Result, archive::Archive, error};
use chartrier_ingest::worker::Pool;
use chartrier_schemas::PersonId;
use std::{
    hash::RandomState,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};
use tokio::{
    runtime::Handle,
    sync::{OwnedSemaphorePermit, Semaphore},
    time::timeout,
};

/// Makes workers: who runs the server knows which program they are.
pub type Workers = Box<dyn Fn() -> Result<Pool> + Send + Sync>;

/// Work that is done beside all else: it is given the archive, and asks after each pause of a length whether it may go on.
pub type Quiet = Box<dyn Fn(&Archive, &mut dyn FnMut(Duration) -> bool) + Send + Sync>;

/// One line of the log, without a word of what was asked or found.
#[derive(Debug)]
pub struct Logged<'a> {
    /// The method.
    pub method: &'a str,
    /// The route, as the table of routes writes it; nothing for what no route fits.
    pub route: Option<&'static str>,
    /// The status of the answer.
    pub status: u16,
    /// How long it took until the answer began, in microseconds.
    pub micros: u64,
}

/// Where lines of the log go.
pub type Log = Box<dyn Fn(&Logged<'_>) + Send + Sync>;

/// Wakes a thread that works beside the answers before its time, and tells it when to end.
#[derive(Default)]
pub(crate) struct Bell {
    state: Mutex<Rung>,
    heard: Condvar,
}

#[derive(Default)]
struct Rung {
    rung: bool,
    closed: bool,
}

impl Bell {
    /// There is something to do.
    pub(crate) fn ring(&self) {
        self.state().rung = true;
        self.heard.notify_all();
    }

    /// Nothing more is to be done.
    pub(crate) fn close(&self) {
        self.state().closed = true;
        self.heard.notify_all();
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.state().closed
    }

    /// Waits until it rings, and no longer than this. Answers whether one goes on.
    pub(crate) fn wait(&self, longest: Duration) -> bool {
        let waited = self.heard.wait_timeout_while(self.state(), longest, |state| !state.rung && !state.closed);
        let mut state = waited.unwrap_or_else(PoisonError::into_inner).0;
        state.rung = false;
        !state.closed
    }

    fn state(&self) -> MutexGuard<'_, Rung> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

pub(crate) struct Room {
    pub(crate) archive: Archive,
    pub(crate) workers: Workers,
    pub(crate) log: Log,
    pub(crate) hosts: Hosts,
    /// Where we listen: in the name of the cookie, which browsers share between ports.
    pub(crate) port: u16,
    pub(crate) requests: Arc<Semaphore>,
    pub(crate) questions: Arc<Semaphore>,
    pub(crate) slow_questions: Arc<Semaphore>,
    pub(crate) proofs: Arc<Semaphore>,
    pub(crate) gifts: Arc<Semaphore>,
    /// Requests by which files are sent: slow ones take no turn of the others.
    pub(crate) sendings: Arc<Semaphore>,
    /// The same once it is known what they are: as many.
    pub(crate) received: Arc<Semaphore>,
    pub(crate) forms: Arc<Semaphore>,
    /// Pieces that each person sends now.
    pub(crate) senders: Shares<PersonId>,
    /// Requests of each session that are under way.
    pub(crate) askers: Shares<u64>,
    /// Makes keys of sessions that are worth nothing to others.
    pub(crate) keys: RandomState,
    drawn: Arc<Semaphore>,
    /// Looks whose pictures are still to come, and pages that are being drawn.
    pub(crate) looks: Looks,
    pub(crate) drawing: Drawing,
    /// Rings when words or labels have changed.
    pub(crate) changed: Bell,
    /// Rings when there is a job.
    pub(crate) jobs: Bell,
    /// Rings when a file is whole.
    pub(crate) arrived: Bell,
    /// Rings when there is upkeep.
    pub(crate) upkeep: Bell,
    /// For what is done when there is time.
    pub(crate) quiet: Bell,
    /// When this server began.
    pub(crate) began: Instant,
    /// What keeps files from being taken in for now.
    held_up: Mutex<Option<Error>>,
}

impl Room {
    pub(crate) fn new(archive: Archive, workers: Workers, log: Log, hosts: Hosts, port: u16) -> Self {
        let turns = |count| Arc::new(Semaphore::new(count));
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Self {
            archive,
            workers,
            log,
            hosts,
            port,
            requests: turns(REQUESTS),
            questions: turns(QUESTIONS * cores),
            slow_questions: turns(SLOW_QUESTIONS),
            proofs: turns(PROOFS),
            gifts: turns(GIFTS),
            sendings: turns(SENDINGS),
            received: turns(SENDINGS),
            forms: turns(FORMS),
            senders: Shares::new(PIECES_OF_ONE),
            askers: Shares::new(REQUESTS_OF_ONE),
            keys: RandomState::new(),
            drawn: turns(DRAWN),
            looks: Looks::default(),
            drawing: Drawing::default(),
            changed: Bell::default(),
            jobs: Bell::default(),
            arrived: Bell::default(),
            upkeep: Bell::default(),
            quiet: Bell::default(),
            began: Instant::now(),
            held_up: Mutex::default(),
        }
    }

    /// Tells those who work beside the answers that nothing more is to be done.
    pub(crate) fn close(&self) {
        [&self.changed, &self.jobs, &self.arrived, &self.upkeep, &self.quiet].into_iter().for_each(Bell::close);
    }

    /// What keeps files from being taken in for now.
    pub(crate) fn held_up(&self) -> MutexGuard<'_, Option<Error>> {
        self.held_up.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether a worker could begin now.
    pub(crate) fn has_worker(&self) -> bool {
        self.drawn.available_permits() > 0
    }

    /// Makes a worker for one document when it is asked for, and keeps its turn: it sees no other document's bytes, whoever
    /// asks. Waits for the turn.
    pub(crate) fn worker<'a>(&'a self, turn: &'a mut Option<OwnedSemaphorePermit>) -> impl FnMut() -> Result<Pool> + 'a {
        move || match Handle::current().block_on(timeout(TURN, self.drawn.clone().acquire_owned())) {
            Ok(Ok(permit)) => {
                *turn = Some(permit);
                (self.workers)()
            }
            _ => Err(error::unavailable("give more at once", DRAWN)),
        }
    }
}
