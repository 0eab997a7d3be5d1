//! Changing many records at once: what it would do is told first, then a server does it step by step, as the person who
//! asked for it and only as long as that person may. A job that was cut off goes on where it was.

use super::{Archive, draft::act_id};
use crate::{
    Error, Kind, Result, error,
    local::{JobRow, Step},
    policy::{Act, Session},
};
use chartrier_schemas::{ActId, Marking, PersonId, RecordId, SubjectId, Text, text};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// Records of one step, which is one commit: others commit between two.
const STEP: u64 = 500;

/// How long an ended job is remembered: so long its undoing is one press.
const REMEMBERED: SignedDuration = SignedDuration::from_hours(24 * 30);

/// Jobs that are listed.
const LISTED: u32 = 50;

/// What is to be done to many records.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// File them.
    File {
        /// Code of the class or dossier; nothing is the inbox.
        into: Option<String>,
    },
    /// Mark them.
    Mark {
        /// The new marking.
        marking: Marking,
        /// Why.
        reason: String,
    },
    /// Put back what another job filed.
    Undo {
        /// Number of the job.
        job: u64,
    },
}

/// What a change would do, as of now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Preview {
    /// Records that the words match.
    pub total: u64,
    /// Of those, what would change; the others are so already.
    pub changes: u64,
    /// Of those that change, how many would be marked lower than they are, or lose a caveat or compartment: more people may know them.
    pub lowered: u64,
}

/// A job, as it is shown.
#[derive(Clone, Debug)]
pub struct Job {
    /// Its number.
    pub number: u64,
    /// Who began it.
    pub person: PersonId,
    /// What it does.
    pub change: Change,
    /// What was asked for.
    pub words: String,
    /// Records, or steps to undo, in all.
    pub total: u64,
    /// Of those, what was looked at.
    pub done: u64,
    /// Records that changed.
    pub changed: u64,
    /// Records that could not be changed.
    pub refused: u64,
    /// When it began.
    pub began: Timestamp,
    /// When it ended.
    pub ended: Option<Timestamp>,
    /// Why it stopped before its end.
    pub stopped: Option<Error>,
    /// Whether it filed something that can be put back.
    pub undoable: bool,
}

impl Archive {
    /// What a change would do to all that words match. Refuses what would be refused for every one of them.
    pub fn preview(&self, session: &Session, words: &str, change: &Change) -> Result<Preview> {
        let target = self.target(session, change)?;
        let (knowledge, units) = self.matches(session, words)?;
        let so_already = |unit: &u32| {
            let fact = knowledge.fact(*unit);
            match &target {
                Target::Place(place) => fact.place == *place,
                Target::Marking(marking) => knowledge.marking(fact.label) == Some(marking),
            }
        };
        let lower = |unit: &u32| match (&target, knowledge.marking(knowledge.fact(*unit).label)) {
            (Target::Marking(marking), Some(now)) => !marking.dominates(now),
            _ => false,
        };
        let already = units.iter().filter(|unit| so_already(unit)).count();
        let lowered = units.iter().filter(|unit| lower(unit)).count();
        Ok(Preview { total: units.len() as u64, changes: (units.len() - already) as u64, lowered: lowered as u64 })
    }

    fn target(&self, session: &Session, change: &Change) -> Result<Target> {
        match change {
            Change::File { into } => {
                self.allowed(session, Act::File)?;
                Ok(Target::Place(self.open_place(session, Act::File, into.as_deref())?.1))
            }
            Change::Mark { marking, .. } => {
                self.allowed(session, Act::Mark)?;
                self.label_for(session, marking)?;
                Ok(Target::Marking(marking.clone()))
            }
            Change::Undo { job } => Err(error::not_found(format_args!("job {job}"))),
        }
    }

    /// Begins a job on all that words match now; what matches later is not concerned. Answers its number.
    pub fn begin_job(&self, session: &Session, words: &str, change: &Change) -> Result<u64> {
        if let Change::Mark { reason, .. } = change {
            super::people::needs_reason(Some(reason))?;
        }
        self.target(session, change)?;
        let (_, units) = self.matches(session, words)?;
        let mut subjects = Vec::with_capacity(units.len());
        for unit in units {
            if let Some(SubjectId::Record(id)) = self.catalog().subject_of_num(unit)? {
                subjects.push(id.bits());
            }
        }
        self.keep_job(session, change, words, &subjects)
    }

    /// Begins to put back what a job of one's own filed. Answers the number of the job that does so.
    pub fn undo_job(&self, session: &Session, number: u64) -> Result<u64> {
        let job = self.job(session, number)?;
        self.allowed(session, Act::File)?;
        let acts = self.local(|local| local.job_acts(number))?;
        if !job.undoable {
            return Err(error::invalid(
                text!("This job did nothing that can be put back.", "Ce traitement n’a rien fait qui puisse être annulé."),
                text!(
                    "A marking is changed by marking anew, with a reason.",
                    "Un marquage se change par un nouveau marquage, motivé."
                ),
            ));
        }
        self.keep_job(session, &Change::Undo { job: number }, &job.words, &acts)
    }

    fn keep_job(&self, session: &Session, change: &Change, words: &str, subjects: &[u128]) -> Result<u64> {
        let change = serde_json::to_string(change).map_err(error::bug)?;
        let now = self.clock.now();
        let old = now.checked_sub(REMEMBERED).unwrap_or(Timestamp::MIN);
        self.local(|local| {
            local.forget_jobs(old)?;
            local.add_job(session.person, &change, words, subjects, now)
        })
    }

    /// One's own jobs, newest first; everybody's for those who keep the server, without what was asked for.
    pub fn jobs(&self, session: &Session) -> Result<Vec<Job>> {
        let all = self.allowed(session, Act::Administer).is_ok();
        let rows = self.local(|local| local.jobs(LISTED))?;
        let mut jobs = Vec::new();
        for row in rows.into_iter().filter(|row| all || row.person == session.person) {
            let own = row.person == session.person;
            let mut job = shown(row)?;
            if !own {
                job.words.clear();
                job.undoable = false;
            }
            jobs.push(job);
        }
        Ok(jobs)
    }

    /// A job of one's own.
    pub fn job(&self, session: &Session, number: u64) -> Result<Job> {
        let row = self.local(|local| local.job(number))?.filter(|row| row.person == session.person);
        shown(row.ok_or_else(|| error::not_found(format_args!("job {number}")))?)
    }

    /// Does one step of the oldest job that has not ended. Answers whether there was one.
    pub fn work(&self) -> Result<bool> {
        let Some(row) = self.local(|local| local.unfinished_job())? else { return Ok(false) };
        let number = row.number;
        let stopped = match self.step(row) {
            Ok(false) => return Ok(true),
            Ok(true) => None,
            // The store or the disk does not answer now: it may later.
            Err(why) if why.kind == Kind::Unavailable => return Err(why),
            Err(why) => Some(stopped_by(why)?),
        };
        let now = self.clock.now();
        self.local(|local| local.end_job(number, now, stopped.as_deref()))?;
        Ok(true)
    }

    /// One step; answers whether the job is done.
    fn step(&self, row: JobRow) -> Result<bool> {
        let job = shown(row)?;
        // What the person may do is asked now, not as of when the job began.
        let session = self.session(job.person)?;
        let most = if matches!(job.change, Change::Undo { .. }) { 1 } else { STEP };
        let subjects = self.local(|local| local.job_subjects(job.number, job.done, most))?;
        let records = || subjects.iter().copied().map(RecordId::from_bits).collect::<Vec<_>>();
        let mut step = Step { done: subjects.len() as u64, ..Step::default() };
        match &job.change {
            _ if subjects.is_empty() => return Ok(true),
            Change::File { into } => {
                self.target(&session, &job.change)?;
                let act = act_id()?;
                self.local(|local| local.job_acts_by(job.number, act.bits()))?;
                let file = |records: &[RecordId], act: ActId| self.file_as(&session, act, records, into.as_deref());
                match file(&records(), act) {
                    Err(why) if why.kind == Kind::NotFound => {
                        for record in records() {
                            let act = act_id()?;
                            self.local(|local| local.job_acts_by(job.number, act.bits()))?;
                            self.count(&mut step, file(&[record], act))?;
                        }
                    }
                    moved => step.changed = moved?,
                }
            }
            Change::Mark { marking, reason } => {
                self.target(&session, &job.change)?;
                let mark = |records: &[RecordId]| self.mark(&session, records, marking, reason);
                match mark(&records()) {
                    Err(why) if why.kind == Kind::NotFound => {
                        for record in records() {
                            self.count(&mut step, mark(&[record]))?;
                        }
                    }
                    marked => step.changed = marked?,
                }
            }
            Change::Undo { .. } => {
                for act in &subjects {
                    match self.undo_filing(&session, ActId::from_bits(*act)) {
                        Ok(undone) => (step.changed, step.refused) = (step.changed + undone.moved, step.refused + undone.stayed),
                        // It was announced, and never made.
                        Err(why) if why.kind == Kind::NotFound => {}
                        Err(why) => return Err(why),
                    }
                }
            }
        }
        self.local(|local| local.job_went(job.number, step))?;
        Ok(job.done + step.done >= job.total)
    }

    fn count(&self, step: &mut Step, did: Result<u64>) -> Result<()> {
        match did {
            Ok(changed) => step.changed += changed,
            Err(why) if matches!(why.kind, Kind::NotFound | Kind::Refused) => step.refused += 1,
            Err(why) => return Err(why),
        }
        Ok(())
    }
}

enum Target {
    Place(u32),
    Marking(Marking),
}

/// Why a job stopped, as it is kept.
#[derive(Serialize, Deserialize)]
struct Stopped {
    problem: Text,
    remedy: Text,
}

/// Why something stopped, to be kept.
pub(super) fn stopped_by(why: Error) -> Result<String> {
    serde_json::to_string(&Stopped { problem: why.problem, remedy: why.remedy }).map_err(error::bug)
}

/// The same, read back.
pub(super) fn why_stopped(kept: Option<&str>) -> Result<Option<Error>> {
    let stopped = kept.map(serde_json::from_str::<Stopped>).transpose().map_err(error::local)?;
    Ok(stopped.map(|why| Error { kind: Kind::Refused, problem: why.problem, remedy: why.remedy }))
}

fn shown(row: JobRow) -> Result<Job> {
    let change: Change = serde_json::from_str(&row.change).map_err(error::local)?;
    Ok(Job {
        number: row.number,
        person: row.person,
        undoable: matches!(change, Change::File { .. }) && row.changed > 0,
        change,
        words: row.words,
        total: row.total,
        done: row.done,
        changed: row.changed,
        refused: row.refused,
        began: row.began,
        ended: row.ended,
        stopped: why_stopped(row.stopped.as_deref())?,
    })
}
