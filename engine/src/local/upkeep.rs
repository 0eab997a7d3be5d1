//! Upkeep in `local.db`: long work on the whole house that a server does beside all else, how far each has come, and what the
//! last verification with keys found. A home that is lost loses only what was not done yet, and verifies anew.

use super::{Local, Stage, told};
use crate::{Result, error};
use chartrier_schemas::PersonId;
use jiff::Timestamp;
use rusqlite::{OptionalExtension as _, Params, Row, params};

pub(super) const TABLE: &str = "
CREATE TABLE IF NOT EXISTS upkeep (
    num     INTEGER PRIMARY KEY AUTOINCREMENT,
    person  TEXT NOT NULL,
    work    TEXT NOT NULL,
    reason  TEXT,
    began   INTEGER NOT NULL,
    ended   INTEGER,
    done    INTEGER NOT NULL DEFAULT 0,
    total   INTEGER NOT NULL DEFAULT 0,
    stopped TEXT
);
CREATE TABLE IF NOT EXISTS verified (one INTEGER PRIMARY KEY CHECK (one = 1), found TEXT NOT NULL);
";

const UPKEEP: &str = "SELECT num, person, work, reason, began, ended, done, total, stopped FROM upkeep ";

/// A piece of upkeep as it is kept.
#[derive(Clone, Debug)]
pub struct UpkeepRow {
    /// Its number.
    pub number: u64,
    /// Who began it.
    pub person: PersonId,
    /// What it does, as JSON.
    pub work: String,
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
    /// Why it stopped before its end, as JSON.
    pub stopped: Option<String>,
}

/// How many wait, and since when the first of them does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Waiting {
    /// So many.
    pub count: u64,
    /// Since when.
    pub oldest: Option<Timestamp>,
}

impl Local {
    /// Keeps work that is to be done; the number of the same work where it is under way already.
    pub fn add_upkeep(&self, person: PersonId, work: &str, reason: Option<&str>, now: Timestamp) -> Result<u64> {
        self.together(|| {
            let same = "SELECT num FROM upkeep WHERE work = ?1 AND ended IS NULL";
            if let Some(number) = self.db.query_row(same, [work], |row| row.get(0)).optional().map_err(told)? {
                return Ok(number);
            }
            let insert = "INSERT INTO upkeep (person, work, reason, began) VALUES (?1, ?2, ?3, ?4)";
            self.db.execute(insert, params![person.to_string(), work, reason, now.as_second()]).map_err(told)?;
            Ok(self.db.last_insert_rowid().unsigned_abs())
        })
    }

    /// The last work, newest first.
    pub fn upkeeps(&self, most: u32) -> Result<Vec<UpkeepRow>> {
        let mut query = self.db.prepare(&format!("{UPKEEP} ORDER BY num DESC LIMIT ?1")).map_err(told)?;
        let rows = query.query_map([most], read).map_err(told)?;
        Ok(rows.collect::<rusqlite::Result<Vec<_>>>().map_err(told)?.into_iter().flatten().collect())
    }

    /// Work by its number.
    pub fn upkeep(&self, number: u64) -> Result<Option<UpkeepRow>> {
        self.db.query_row(&format!("{UPKEEP} WHERE num = ?1"), [number], read).optional().map(Option::flatten).map_err(told)
    }

    /// The oldest work that has not ended.
    pub fn unfinished_upkeep(&self) -> Result<Option<UpkeepRow>> {
        let query = format!("{UPKEEP} WHERE ended IS NULL ORDER BY num LIMIT 1");
        self.db.query_row(&query, [], read).optional().map(Option::flatten).map_err(told)
    }

    /// Says how far work has come.
    pub fn upkeep_went(&self, number: u64, done: u64, total: u64) -> Result<()> {
        let update = "UPDATE upkeep SET done = ?2, total = ?3 WHERE num = ?1";
        self.db.execute(update, params![number, done, total]).map(drop).map_err(told)
    }

    /// Ends work; `stopped` says why before its time.
    pub fn end_upkeep(&self, number: u64, now: Timestamp, stopped: Option<&str>) -> Result<()> {
        let update = "UPDATE upkeep SET ended = ?2, stopped = ?3 WHERE num = ?1 AND ended IS NULL";
        self.db.execute(update, params![number, now.as_second(), stopped]).map(drop).map_err(told)
    }

    /// Forgets work that ended before a moment.
    pub fn forget_upkeep(&self, before: Timestamp) -> Result<()> {
        self.db.execute("DELETE FROM upkeep WHERE ended < ?1", [before.as_second()]).map(drop).map_err(told)
    }

    /// What the last verification with keys found, as JSON.
    pub fn verified(&self) -> Result<Option<String>> {
        self.db.query_row("SELECT found FROM verified", [], |row| row.get(0)).optional().map_err(told)
    }

    /// Keeps what a verification found, in the place of the one before.
    pub fn set_verified(&self, found: &str) -> Result<()> {
        let insert = "INSERT INTO verified (one, found) VALUES (1, ?1) ON CONFLICT (one) DO UPDATE SET found = ?1";
        self.db.execute(insert, [found]).map(drop).map_err(told)
    }

    /// Files on their way in: those that are not whole, and those that are and wait to be taken in.
    pub fn uploads_waiting(&self) -> Result<(Waiting, Waiting)> {
        let at = |stage: Stage| self.waiting("SELECT count(*), min(touched) FROM uploads WHERE stage = ?1", [stage as u8]);
        Ok((at(Stage::Arriving)?, at(Stage::Whole)?))
    }

    /// Jobs that have not ended.
    pub fn jobs_waiting(&self) -> Result<Waiting> {
        self.waiting("SELECT count(*), min(began) FROM jobs WHERE ended IS NULL", [])
    }

    fn waiting(&self, query: &str, which: impl Params) -> Result<Waiting> {
        let (count, oldest): (u64, Option<i64>) =
            self.db.query_row(query, which, |row| Ok((row.get(0)?, row.get(1)?))).map_err(told)?;
        let oldest = oldest.map(Timestamp::from_second).transpose().map_err(error::local)?;
        Ok(Waiting { count, oldest })
    }
}

fn read(row: &Row<'_>) -> rusqlite::Result<Option<UpkeepRow>> {
    let moment = |second: Option<i64>| second.and_then(|second| Timestamp::from_second(second).ok());
    let (person, began): (String, i64) = (row.get(1)?, row.get(4)?);
    let (Ok(person), Some(began)) = (person.parse(), moment(Some(began))) else { return Ok(None) };
    Ok(Some(UpkeepRow {
        number: row.get(0)?,
        person,
        work: row.get(2)?,
        reason: row.get(3)?,
        began,
        ended: moment(row.get(5)?),
        done: row.get(6)?,
        total: row.get(7)?,
        stopped: row.get(8)?,
    }))
}
