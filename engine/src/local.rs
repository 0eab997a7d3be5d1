//! `local.db`: what a home may lose. Sessions of browsers and links to sign in, by their hashes only, encrypted like the
//! catalog; jobs of a server, and files on their way in. Must never hold what the archive has to remember: accounts, acts
//! and descriptions live in the store.

mod jobs;
mod uploads;

pub use jobs::{JobRow, Step};

use crate::{Result, error};
use chartrier_schemas::PersonId;
use jiff::Timestamp;
use rusqlite::{Connection, ErrorCode, OptionalExtension as _, params};
use std::{path::Path, time::Duration};
pub use uploads::{Stage, Upload};
use zeroize::Zeroizing;

/// How long one process waits for another's write.
const BUSY: Duration = Duration::from_secs(10);

/// Moments are seconds since 1970. Numbers of sessions are never used again.
const TABLES: &str = "
CREATE TABLE IF NOT EXISTS links (hash BLOB PRIMARY KEY, person TEXT NOT NULL, until INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS sessions (
    num    INTEGER PRIMARY KEY AUTOINCREMENT,
    hash   BLOB NOT NULL UNIQUE,
    person TEXT NOT NULL,
    device TEXT NOT NULL,
    began  INTEGER NOT NULL,
    used   INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS server (one INTEGER PRIMARY KEY CHECK (one = 1), address TEXT NOT NULL);
";

/// A session of a browser.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Browser {
    /// Its number, for the person to name it by.
    pub number: u64,
    /// Whose it is.
    pub person: PersonId,
    /// What the browser said of itself, in short.
    pub device: String,
    /// When it began.
    pub began: Timestamp,
    /// When it was last used.
    pub used: Timestamp,
}

/// The open file.
pub struct Local {
    db: Connection,
}

fn told(why: rusqlite::Error) -> crate::Error {
    error::local(why)
}

impl Local {
    /// Opens the file of a home. One that cannot be read is made anew: people sign in again.
    pub fn open(path: &Path, key: &Zeroizing<[u8; 32]>) -> Result<Self> {
        match Self::connect(path, key) {
            Err(why) if why.sqlite_error_code() == Some(ErrorCode::NotADatabase) => {
                std::fs::remove_file(path).map_err(|why| error::io("remove the file of sessions that cannot be read", &why))?;
                Self::connect(path, key)
            }
            other => other,
        }
        .map_err(told)
    }

    fn connect(path: &Path, key: &Zeroizing<[u8; 32]>) -> rusqlite::Result<Self> {
        let db = crate::database::open(path, key, BUSY)?;
        db.execute_batch(TABLES)?;
        db.execute_batch(uploads::TABLE)?;
        db.execute_batch(jobs::TABLE)?;
        Ok(Self { db })
    }

    /// Keeps a link until a moment; those that are over go.
    pub fn add_link(&self, hash: &[u8; 32], person: PersonId, now: Timestamp, until: Timestamp) -> Result<()> {
        self.db.execute("DELETE FROM links WHERE until <= ?1", [now.as_second()]).map_err(told)?;
        let row = params![hash.as_slice(), person.to_string(), until.as_second()];
        self.db.execute("INSERT INTO links (hash, person, until) VALUES (?1, ?2, ?3)", row).map(drop).map_err(told)
    }

    /// Whose link this is, once: whoever asks again finds none.
    pub fn take_link(&self, hash: &[u8; 32], now: Timestamp) -> Result<Option<PersonId>> {
        let taken: Option<(String, i64)> = self
            .db
            .query_row("DELETE FROM links WHERE hash = ?1 RETURNING person, until", [hash.as_slice()], |row| {
                Ok((row.get(0)?, row.get(1)?))
            })
            .optional()
            .map_err(told)?;
        Ok(taken.filter(|(_, until)| now.as_second() < *until).and_then(|(person, _)| person.parse().ok()))
    }

    /// Begins a session.
    pub fn begin(&self, hash: &[u8; 32], person: PersonId, device: &str, now: Timestamp) -> Result<()> {
        let row = params![hash.as_slice(), person.to_string(), device, now.as_second()];
        let insert = "INSERT INTO sessions (hash, person, device, began, used) VALUES (?1, ?2, ?3, ?4, ?4)";
        self.db.execute(insert, row).map(drop).map_err(told)
    }

    /// The session of a hash.
    pub fn session(&self, hash: &[u8; 32]) -> Result<Option<Browser>> {
        let query = "SELECT num, person, device, began, used FROM sessions WHERE hash = ?1";
        let found = self.db.query_row(query, [hash.as_slice()], read).optional().map_err(told)?;
        Ok(found.flatten())
    }

    /// Says that a session was used.
    pub fn touch(&self, number: u64, now: Timestamp) -> Result<()> {
        self.db.execute("UPDATE sessions SET used = ?2 WHERE num = ?1", params![number, now.as_second()]).map(drop).map_err(told)
    }

    /// The sessions of a person, the last used first.
    pub fn sessions(&self, person: PersonId) -> Result<Vec<Browser>> {
        let query = "SELECT num, person, device, began, used FROM sessions WHERE person = ?1 ORDER BY used DESC, num DESC";
        let mut query = self.db.prepare(query).map_err(told)?;
        let rows = query.query_map([person.to_string()], read).map_err(told)?;
        Ok(rows.collect::<rusqlite::Result<Vec<_>>>().map_err(told)?.into_iter().flatten().collect())
    }

    /// Ends a session of a person. Answers whether there was one.
    pub fn end(&self, person: PersonId, number: u64) -> Result<bool> {
        let row = params![number, person.to_string()];
        let ended = self.db.execute("DELETE FROM sessions WHERE num = ?1 AND person = ?2", row).map_err(told)?;
        Ok(ended > 0)
    }

    /// Forgets sessions that were not used since a moment, or began before another.
    pub fn forget(&self, used_before: Timestamp, began_before: Timestamp) -> Result<()> {
        let row = [used_before.as_second(), began_before.as_second()];
        self.db.execute("DELETE FROM sessions WHERE used <= ?1 OR began <= ?2", row).map(drop).map_err(told)
    }

    /// Where the server of this home was last reached.
    pub fn address(&self) -> Result<Option<String>> {
        self.db.query_row("SELECT address FROM server", [], |row| row.get(0)).optional().map_err(told)
    }

    /// Says where the server of this home is reached.
    pub fn set_address(&self, address: &str) -> Result<()> {
        let insert = "INSERT INTO server (one, address) VALUES (1, ?1) ON CONFLICT (one) DO UPDATE SET address = ?1";
        self.db.execute(insert, [address]).map(drop).map_err(told)
    }
}

fn read(row: &rusqlite::Row<'_>) -> rusqlite::Result<Option<Browser>> {
    let (person, began, used): (String, i64, i64) = (row.get(1)?, row.get(3)?, row.get(4)?);
    let moment = |second| Timestamp::from_second(second).ok();
    Ok(person.parse().ok().zip(moment(began)).zip(moment(used)).map(|((person, began), used)| Browser {
        number: row.get(0).unwrap_or(0),
        person,
        device: row.get(2).unwrap_or_default(),
        began,
        used,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open(folder: &Path) -> Local {
        Local::open(&folder.join("local.db"), &Zeroizing::new([7; 32])).unwrap()
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn a_link_opens_once_and_in_time() {
        let folder = tempfile::tempdir().unwrap();
        let (local, ada) = (open(folder.path()), PersonId::from_bits(1));
        for (hash, until) in [([1; 32], 300), ([2; 32], 300)] {
            local.add_link(&hash, ada, at(0), at(until)).unwrap();
        }
        assert_eq!(local.take_link(&[1; 32], at(299)).unwrap(), Some(ada));
        assert_eq!(local.take_link(&[1; 32], at(299)).unwrap(), None, "a second time");
        assert_eq!(local.take_link(&[2; 32], at(300)).unwrap(), None, "too late");
        assert_eq!(local.take_link(&[3; 32], at(0)).unwrap(), None, "never made");
    }

    #[test]
    fn sessions_are_ended_by_their_person_alone() {
        let folder = tempfile::tempdir().unwrap();
        let (local, ada, bob) = (open(folder.path()), PersonId::from_bits(1), PersonId::from_bits(2));
        local.begin(&[1; 32], ada, "Firefox", at(10)).unwrap();
        let browser = open(folder.path()).session(&[1; 32]).unwrap().unwrap();
        assert!(!local.end(bob, browser.number).unwrap());
        assert!(local.end(ada, browser.number).unwrap());
        local.begin(&[2; 32], ada, "Firefox", at(10)).unwrap();
        assert!(local.session(&[2; 32]).unwrap().unwrap().number > browser.number, "numbers are never used again");
    }

    #[test]
    fn what_cannot_be_read_is_made_anew() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("local.db"), [9; 5000]).unwrap();
        assert!(open(folder.path()).sessions(PersonId::from_bits(1)).unwrap().is_empty());
    }
}
