//! Jobs in `local.db`: changes to many records that a server makes step by step, and how far each has come. What they did is
//! in the journal; a home that is lost loses only what was not done yet.

use super::{Local, told};
use crate::Result;
use chartrier_schemas::PersonId;
use jiff::Timestamp;
use rusqlite::{OptionalExtension as _, Row, params};

/// Subjects are 16 bytes each, end to end.
pub(super) const TABLE: &str = "
CREATE TABLE IF NOT EXISTS jobs (
    num      INTEGER PRIMARY KEY AUTOINCREMENT,
    person   TEXT NOT NULL,
    change   TEXT NOT NULL,
    words    TEXT NOT NULL,
    subjects BLOB NOT NULL,
    began    INTEGER NOT NULL,
    ended    INTEGER,
    done     INTEGER NOT NULL DEFAULT 0,
    changed  INTEGER NOT NULL DEFAULT 0,
    refused  INTEGER NOT NULL DEFAULT 0,
    stopped  TEXT
);
CREATE TABLE IF NOT EXISTS job_acts (job INTEGER NOT NULL, act BLOB NOT NULL);
CREATE INDEX IF NOT EXISTS job_acts_by_job ON job_acts (job);
";

const JOB: &str =
    "SELECT num, person, change, words, length(subjects) / 16, began, ended, done, changed, refused, stopped FROM jobs ";

/// A job as it is kept.
#[derive(Clone, Debug)]
pub struct JobRow {
    /// Its number.
    pub number: u64,
    /// Who began it.
    pub person: PersonId,
    /// What it does, as JSON.
    pub change: String,
    /// What was asked for.
    pub words: String,
    /// Subjects in all.
    pub total: u64,
    /// When it began.
    pub began: Timestamp,
    /// When it ended.
    pub ended: Option<Timestamp>,
    /// Subjects that were looked at.
    pub done: u64,
    /// Subjects that changed.
    pub changed: u64,
    /// Subjects that could not be changed.
    pub refused: u64,
    /// Why it stopped before its end, as JSON.
    pub stopped: Option<String>,
}

/// How far a job has come with one step.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Step {
    /// Subjects that were looked at.
    pub done: u64,
    /// Of those, changed.
    pub changed: u64,
    /// Of those, refused.
    pub refused: u64,
}

impl Local {
    /// Keeps a job that is to be done.
    pub fn add_job(&self, person: PersonId, change: &str, words: &str, subjects: &[u128], now: Timestamp) -> Result<u64> {
        let insert = "INSERT INTO jobs (person, change, words, subjects, began) VALUES (?1, ?2, ?3, ?4, ?5)";
        self.db.execute(insert, params![person.to_string(), change, words, packed(subjects), now.as_second()]).map_err(told)?;
        Ok(self.db.last_insert_rowid().unsigned_abs())
    }

    /// A job by its number.
    pub fn job(&self, number: u64) -> Result<Option<JobRow>> {
        self.db.query_row(&format!("{JOB} WHERE num = ?1"), [number], job).optional().map(Option::flatten).map_err(told)
    }

    /// The last jobs, newest first.
    pub fn jobs(&self, most: u32) -> Result<Vec<JobRow>> {
        let mut query = self.db.prepare(&format!("{JOB} ORDER BY num DESC LIMIT ?1")).map_err(told)?;
        let rows = query.query_map([most], job).map_err(told)?;
        Ok(rows.collect::<rusqlite::Result<Vec<_>>>().map_err(told)?.into_iter().flatten().collect())
    }

    /// The oldest job that has not ended.
    pub fn unfinished_job(&self) -> Result<Option<JobRow>> {
        let query = format!("{JOB} WHERE ended IS NULL ORDER BY num LIMIT 1");
        self.db.query_row(&query, [], job).optional().map(Option::flatten).map_err(told)
    }

    /// So many subjects of a job, after those that were looked at.
    pub fn job_subjects(&self, number: u64, after: u64, most: u64) -> Result<Vec<u128>> {
        let query = "SELECT substr(subjects, ?2, ?3) FROM jobs WHERE num = ?1";
        let bytes: Vec<u8> =
            self.db.query_row(query, params![number, after * 16 + 1, most * 16], |row| row.get(0)).map_err(told)?;
        Ok(unpacked(&bytes))
    }

    /// The acts of a job.
    pub fn job_acts(&self, number: u64) -> Result<Vec<u128>> {
        let mut query = self.db.prepare("SELECT act FROM job_acts WHERE job = ?1 ORDER BY rowid").map_err(told)?;
        let acts = query.query_map([number], |row| row.get::<_, [u8; 16]>(0)).map_err(told)?;
        acts.map(|act| act.map(u128::from_be_bytes).map_err(told)).collect()
    }

    /// Says which act the next step will make, before it does: one that was cut off can be undone all the same.
    pub fn job_acts_by(&self, number: u64, act: u128) -> Result<()> {
        let insert = "INSERT INTO job_acts (job, act) VALUES (?1, ?2)";
        self.db.execute(insert, params![number, act.to_be_bytes().as_slice()]).map(drop).map_err(told)
    }

    /// Says what a step did.
    pub fn job_went(&self, number: u64, step: Step) -> Result<()> {
        let update = "UPDATE jobs SET done = done + ?2, changed = changed + ?3, refused = refused + ?4 WHERE num = ?1";
        self.db.execute(update, params![number, step.done, step.changed, step.refused]).map(drop).map_err(told)
    }

    /// Ends a job; `stopped` says why before its time.
    pub fn end_job(&self, number: u64, now: Timestamp, stopped: Option<&str>) -> Result<()> {
        let update = "UPDATE jobs SET ended = ?2, stopped = ?3 WHERE num = ?1 AND ended IS NULL";
        self.db.execute(update, params![number, now.as_second(), stopped]).map(drop).map_err(told)
    }

    /// Forgets jobs that ended before a moment.
    pub fn forget_jobs(&self, before: Timestamp) -> Result<()> {
        self.db.execute("DELETE FROM jobs WHERE ended < ?1", [before.as_second()]).map_err(told)?;
        self.db.execute("DELETE FROM job_acts WHERE job NOT IN (SELECT num FROM jobs)", []).map(drop).map_err(told)
    }
}

fn packed(ids: &[u128]) -> Vec<u8> {
    ids.iter().flat_map(|id| id.to_be_bytes()).collect()
}

fn unpacked(bytes: &[u8]) -> Vec<u128> {
    bytes.chunks_exact(16).filter_map(|id| id.try_into().ok().map(u128::from_be_bytes)).collect()
}

fn job(row: &Row<'_>) -> rusqlite::Result<Option<JobRow>> {
    let moment = |second: Option<i64>| second.and_then(|second| Timestamp::from_second(second).ok());
    let (person, began): (String, i64) = (row.get(1)?, row.get(5)?);
    let (Ok(person), Some(began)) = (person.parse(), moment(Some(began))) else { return Ok(None) };
    Ok(Some(JobRow {
        number: row.get(0)?,
        person,
        change: row.get(2)?,
        words: row.get(3)?,
        total: row.get(4)?,
        began,
        ended: moment(row.get(6)?),
        done: row.get(7)?,
        changed: row.get(8)?,
        refused: row.get(9)?,
        stopped: row.get(10)?,
    }))
}
