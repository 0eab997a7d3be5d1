//! Upkeep: long work on the whole house, done by a server beside all else: verification, new key pairs, withdrawing a holder.
//! Done as the person who began it and only while that person may; what was cut off goes on, or is begun anew where it must be whole.

use super::{
    Archive, Verification,
    job::{stopped_by, why_stopped},
    people::needs_reason,
};
use crate::{
    Error, Kind, Result, error,
    local::UpkeepRow,
    policy::{Act, Session},
};
use chartrier_schemas::{HolderId, LabelId, PersonId, persisted::v1::Head, text};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

/// How long ended work is remembered.
const REMEMBERED: SignedDuration = SignedDuration::from_hours(24 * 90);

/// Work that is listed.
const LISTED: u32 = 20;

/// Between two notes of how far a verification has come.
const NOTED: Duration = Duration::from_secs(1);

/// What is to be done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Upkeep {
    /// Verify everything, with keys.
    Verify,
    /// Give labels new key pairs, one after the other.
    Rotate {
        /// The labels.
        labels: Vec<LabelId>,
    },
    /// Withdraw a server or a recovery recipient, and give every label a new key pair.
    Withdraw {
        /// Who.
        holder: HolderId,
    },
}

/// A piece of upkeep, as it is shown.
#[derive(Clone, Debug)]
pub struct UpkeepLine {
    /// Its number.
    pub number: u64,
    /// Who began it.
    pub person: PersonId,
    /// By name.
    pub by: String,
    /// What it does.
    pub work: Upkeep,
    /// Why.
    pub reason: Option<String>,
    /// When it began.
    pub began: Timestamp,
    /// When it ended.
    pub ended: Option<Timestamp>,
    /// How much is done …
    pub done: u64,
    /// … of how much; nothing where that is not known yet.
    pub total: u64,
    /// Why it stopped before its end.
    pub stopped: Option<Error>,
}

/// What the last verification with keys found, in numbers: which subjects were concerned is told where it is run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verified {
    /// When it ended, RFC 3339.
    pub at: String,
    /// Up to where the journal went.
    pub head: Option<Head>,
    /// Files read and compared with their names.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Segments of the journal.
    pub segments: u64,
    /// Records whose originals were opened and hashed.
    pub records: u64,
    /// Faults of each kind.
    pub faults: BTreeMap<String, u64>,
    /// Files that no segment lists.
    pub warnings: u64,
}

impl Archive {
    /// Begins to verify everything with keys. Answers the number of the work.
    pub fn begin_verifying(&self, session: &Session) -> Result<u64> {
        self.begin_upkeep(session, &Upkeep::Verify, None)
    }

    /// Begins to give labels new key pairs: all of them, or one.
    pub fn begin_rotating(&self, session: &Session, only: Option<LabelId>, reason: &str) -> Result<u64> {
        self.allowed(session, Act::Administer)?;
        let labels = self.labels_of(only)?.into_iter().map(|label| label.id).collect();
        self.begin_upkeep(session, &Upkeep::Rotate { labels }, Some(reason))
    }

    /// Begins to withdraw a holder. Refuses what would be refused when it is done.
    pub fn begin_withdrawing(&self, session: &Session, holder: HolderId, reason: &str) -> Result<u64> {
        self.allowed(session, Act::Administer)?;
        let ledger = self.catalog().ledger(self.deed.archive, self.root.clone())?;
        self.check_removal(&ledger, holder)?;
        self.begin_upkeep(session, &Upkeep::Withdraw { holder }, Some(reason))
    }

    fn begin_upkeep(&self, session: &Session, work: &Upkeep, reason: Option<&str>) -> Result<u64> {
        self.allowed(session, Act::Administer)?;
        if reason.is_some() {
            needs_reason(reason)?;
        }
        let (work, now) = (serde_json::to_string(work).map_err(error::bug)?, self.clock.now());
        let old = now.checked_sub(REMEMBERED).unwrap_or(Timestamp::MIN);
        self.local(|local| {
            local.forget_upkeep(old)?;
            local.add_upkeep(session.person, &work, reason, now)
        })
    }

    /// Upkeep, newest first. For those who keep the house.
    pub fn upkeeps(&self, session: &Session) -> Result<Vec<UpkeepLine>> {
        self.allowed(session, Act::Administer)?;
        self.local(|local| local.upkeeps(LISTED))?.into_iter().map(|row| self.upkeep_line(row)).collect()
    }

    /// One piece of it.
    pub fn upkeep(&self, session: &Session, number: u64) -> Result<UpkeepLine> {
        self.allowed(session, Act::Administer)?;
        let row = self.local(|local| local.upkeep(number))?;
        self.upkeep_line(row.ok_or_else(|| error::not_found(format_args!("upkeep {number}")))?)
    }

    fn upkeep_line(&self, row: UpkeepRow) -> Result<UpkeepLine> {
        let by = self.catalog().person(row.person)?.map_or_else(|| row.person.to_string(), |person| person.name);
        Ok(UpkeepLine {
            number: row.number,
            person: row.person,
            by,
            work: work_of(&row)?,
            reason: row.reason,
            began: row.began,
            ended: row.ended,
            done: row.done,
            total: row.total,
            stopped: why_stopped(row.stopped.as_deref())?,
        })
    }

    /// Does the oldest upkeep that has not ended, for as long as `goes_on` says so. Answers whether there was any.
    pub fn keep_up(&self, goes_on: &(dyn Fn() -> bool + Sync)) -> Result<bool> {
        let Some(row) = self.local(|local| local.unfinished_upkeep())? else { return Ok(false) };
        let stopped = match self.do_upkeep(&row, goes_on) {
            Ok(()) => None,
            // The store or the disk does not answer now, or the server stops: it is done later.
            Err(why) if matches!(why.kind, Kind::Unavailable | Kind::Locked) => return Err(why),
            Err(why) => Some(stopped_by(why)?),
        };
        let now = self.clock.now();
        self.local(|local| local.end_upkeep(row.number, now, stopped.as_deref()))?;
        Ok(true)
    }

    fn do_upkeep(&self, row: &UpkeepRow, goes_on: &(dyn Fn() -> bool + Sync)) -> Result<()> {
        // What the person may do is asked now, not as of when it was begun.
        let session = self.session(row.person)?;
        let reason = row.reason.as_deref();
        let check = || if goes_on() { Ok(()) } else { Err(stopping()) };
        match work_of(row)? {
            Upkeep::Verify => {
                let noted = Mutex::new(None::<Instant>);
                let progress = |done, total| {
                    check()?;
                    let mut noted = noted.lock().unwrap_or_else(PoisonError::into_inner);
                    if noted.is_none_or(|noted| noted.elapsed() >= NOTED) {
                        *noted = Some(Instant::now());
                        self.local(|local| local.upkeep_went(row.number, done, total))?;
                    }
                    Ok(())
                };
                self.verify(&session, None, &progress).map(drop)
            }
            Upkeep::Rotate { labels } => {
                let total = labels.len() as u64;
                let left = labels.iter().skip(usize::try_from(row.done).unwrap_or(usize::MAX));
                for (done, label) in (row.done + 1..).zip(left) {
                    check()?;
                    self.rotate(&session, Some(*label), reason)?;
                    self.local(|local| local.upkeep_went(row.number, done, total))?;
                }
                Ok(())
            }
            Upkeep::Withdraw { holder } => match self.remove_holder(&session, holder, reason) {
                // It was done, and cut off before that was written down.
                Err(why) if why.kind == Kind::NotFound => Ok(()),
                done => done,
            },
        }
    }

    /// What the last verification with keys found, if there was one at this home. For those who keep the house.
    pub fn verified(&self, session: &Session) -> Result<Option<Verified>> {
        self.allowed(session, Act::Administer)?;
        let found = self.local(|local| local.verified())?;
        found.map(|found| serde_json::from_str(&found).map_err(error::local)).transpose()
    }

    /// Keeps what a verification found. Where that is not possible, what it found counts all the same.
    pub(super) fn remember_verified(&self, found: &Verification) {
        let mut faults = BTreeMap::<String, u64>::new();
        for fault in &found.faults {
            *faults.entry(fault.kind.code().to_owned()).or_default() += 1;
        }
        let verified = Verified {
            at: self.now(),
            head: found.head,
            files: found.files,
            bytes: found.bytes,
            segments: found.segments,
            records: found.records,
            faults,
            warnings: found.warnings.len() as u64,
        };
        let kept = serde_json::to_string(&verified).map_err(error::bug);
        let _ = kept.and_then(|kept| self.local(|local| local.set_verified(&kept)));
    }
}

fn stopping() -> Error {
    Error {
        kind: Kind::Unavailable,
        problem: text!("The server stops.", "Le serveur s’arrête."),
        remedy: text!("The work goes on after its next start.", "Le travail reprend à son prochain démarrage."),
    }
}

fn work_of(row: &UpkeepRow) -> Result<Upkeep> {
    serde_json::from_str(&row.work).map_err(error::local)
}
