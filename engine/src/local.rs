//! `local.db`: what a home may lose. Sessions of browsers, links and invitations, by their hashes only; failed attempts to sign
//! in, and which code was taken last; jobs and upkeep of a server, and files on their way in. Encrypted like the catalog. Must never hold
//! what the archive has to remember: accounts, acts and descriptions live in the store.

mod jobs;
mod upkeep;
mod uploads;

pub use jobs::{JobRow, Step};

use crate::{Result, error};
use chartrier_schemas::{AccountId, PersonId};
use jiff::Timestamp;
use rusqlite::{Connection, ErrorCode, OptionalExtension as _, Transaction, TransactionBehavior, params};
use std::{path::Path, time::Duration};
pub use upkeep::{UpkeepRow, Waiting};
pub use uploads::{Stage, Upload};
use zeroize::Zeroizing;

/// How long one process waits for another's write.
const BUSY: Duration = Duration::from_secs(10);

/// Version of the tables. Those of another one are made anew: people sign in again.
const VERSION: i64 = 3;

/// Attempts under one name that fail without a wait: who mistypes is not punished.
const FREE: u32 = 5;

/// The longest wait after failures under one name, in seconds. It doubles up to here: one guess in a quarter of an hour finds
/// nothing, and a person whom somebody shuts out is back soon.
const LONGEST_WAIT: i64 = 15 * 60;

/// Failures under one name are forgotten after this many seconds without any.
const FORGOTTEN: i64 = 24 * 3600;

/// Failures of all together that are borne at once, on a morning when many mistype.
const BURST: i64 = 60;

/// Seconds after which one of them is forgotten: more than this goes on being wrong only where somebody guesses.
const LEAK: i64 = 2;

/// Moments are seconds since 1970. Numbers of sessions are never used again.
const TABLES: &str = "
CREATE TABLE IF NOT EXISTS links (hash BLOB PRIMARY KEY, person TEXT NOT NULL, until INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS invitations (person TEXT PRIMARY KEY, hash BLOB NOT NULL UNIQUE, until INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS attempts (who BLOB PRIMARY KEY, failed INTEGER NOT NULL, last INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS steps (account TEXT PRIMARY KEY, step INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS sessions (
    num    INTEGER PRIMARY KEY AUTOINCREMENT,
    hash   BLOB NOT NULL UNIQUE,
    person TEXT NOT NULL,
    device TEXT NOT NULL,
    began  INTEGER NOT NULL,
    used   INTEGER NOT NULL,
    proved INTEGER NOT NULL
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
    /// When the person last proved to be who they are.
    pub proved: Timestamp,
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
        let version: i64 = db.pragma_query_value(None, "user_version", |row| row.get(0))?;
        if version != VERSION {
            // Of two processes that come at once, the second finds what the first has made.
            let all = Transaction::new_unchecked(&db, TransactionBehavior::Immediate)?;
            if all.pragma_query_value::<i64, _>(None, "user_version", |row| row.get(0))? != VERSION {
                all.execute_batch("DROP TABLE IF EXISTS sessions; DROP TABLE IF EXISTS links;")?;
                all.execute_batch(TABLES)?;
                all.execute_batch(jobs::TABLE)?;
                all.execute_batch(uploads::TABLE)?;
                all.execute_batch(upkeep::TABLE)?;
                all.pragma_update(None, "user_version", VERSION)?;
            }
            all.commit()?;
        }
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
        let insert = "INSERT INTO sessions (hash, person, device, began, used, proved) VALUES (?1, ?2, ?3, ?4, ?4, ?4)";
        self.db.execute(insert, row).map(drop).map_err(told)
    }

    /// The session of a hash.
    pub fn session(&self, hash: &[u8; 32]) -> Result<Option<Browser>> {
        let query = "SELECT num, person, device, began, used, proved FROM sessions WHERE hash = ?1";
        let found = self.db.query_row(query, [hash.as_slice()], read).optional().map_err(told)?;
        Ok(found.flatten())
    }

    /// Says that a session was used.
    pub fn touch(&self, number: u64, now: Timestamp) -> Result<()> {
        self.db.execute("UPDATE sessions SET used = ?2 WHERE num = ?1", params![number, now.as_second()]).map(drop).map_err(told)
    }

    /// The sessions of a person, the last used first.
    pub fn sessions(&self, person: PersonId) -> Result<Vec<Browser>> {
        let query =
            "SELECT num, person, device, began, used, proved FROM sessions WHERE person = ?1 ORDER BY used DESC, num DESC";
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

    /// Ends all sessions of a person but one.
    pub fn end_others(&self, person: PersonId, kept: Option<u64>) -> Result<()> {
        let row = params![person.to_string(), kept];
        self.db.execute("DELETE FROM sessions WHERE person = ?1 AND num IS NOT ?2", row).map(drop).map_err(told)
    }

    /// Says that the person of a session has proved to be who they are.
    pub fn proved(&self, number: u64, now: Timestamp) -> Result<()> {
        self.db
            .execute("UPDATE sessions SET proved = ?2 WHERE num = ?1", params![number, now.as_second()])
            .map(drop)
            .map_err(told)
    }

    /// Keeps an invitation until a moment. A person has one: the last.
    pub fn add_invitation(&self, hash: &[u8; 32], person: PersonId, until: Timestamp) -> Result<()> {
        let insert = "INSERT INTO invitations (person, hash, until) VALUES (?1, ?2, ?3)
                      ON CONFLICT (person) DO UPDATE SET hash = ?2, until = ?3";
        self.db.execute(insert, params![person.to_string(), hash.as_slice(), until.as_second()]).map(drop).map_err(told)
    }

    /// Whom an invitation invites, while it lasts.
    pub fn invitation(&self, hash: &[u8; 32], now: Timestamp) -> Result<Option<PersonId>> {
        let query = "SELECT person FROM invitations WHERE hash = ?1 AND until > ?2";
        let row = params![hash.as_slice(), now.as_second()];
        let person: Option<String> = self.db.query_row(query, row, |row| row.get(0)).optional().map_err(told)?;
        Ok(person.and_then(|person| person.parse().ok()))
    }

    /// Until when a person is invited.
    pub fn invited(&self, person: PersonId, now: Timestamp) -> Result<Option<Timestamp>> {
        let query = "SELECT until FROM invitations WHERE person = ?1 AND until > ?2";
        let row = params![person.to_string(), now.as_second()];
        let until: Option<i64> = self.db.query_row(query, row, |row| row.get(0)).optional().map_err(told)?;
        Ok(until.and_then(|until| Timestamp::from_second(until).ok()))
    }

    /// Who is invited, and until when.
    pub fn all_invited(&self, now: Timestamp) -> Result<Vec<(PersonId, Timestamp)>> {
        let mut query = self.db.prepare("SELECT person, until FROM invitations WHERE until > ?1").map_err(told)?;
        let rows = query.query_map([now.as_second()], |row| Ok((row.get::<_, String>(0)?, row.get(1)?))).map_err(told)?;
        let rows = rows.collect::<rusqlite::Result<Vec<_>>>().map_err(told)?;
        Ok(rows.into_iter().filter_map(|(person, until)| person.parse().ok().zip(Timestamp::from_second(until).ok())).collect())
    }

    /// Takes the invitation of a person away. Answers whether there was one of this hash.
    pub fn take_invitation(&self, hash: &[u8; 32]) -> Result<bool> {
        Ok(self.db.execute("DELETE FROM invitations WHERE hash = ?1", [hash.as_slice()]).map_err(told)? > 0)
    }

    /// Takes whatever lets a person in without an account away.
    pub fn uninvite(&self, person: PersonId) -> Result<()> {
        for table in ["invitations", "links"] {
            let delete = format!("DELETE FROM {table} WHERE person = ?1");
            self.db.execute(&delete, [person.to_string()]).map_err(told)?;
        }
        Ok(())
    }

    /// Counts an attempt before it is looked at, so that many at once are many. Answers when one may try again, where it is too
    /// early: then nothing is counted.
    pub fn attempt(&self, who: &[u8; 32], now: Timestamp) -> Result<Option<Timestamp>> {
        let now = now.as_second();
        let work = || -> rusqlite::Result<Option<i64>> {
            let all = Transaction::new_unchecked(&self.db, TransactionBehavior::Immediate)?;
            all.execute("DELETE FROM attempts WHERE last <= ?1", [now - FORGOTTEN])?;
            let counted = |key: &[u8; 32]| {
                let query = "SELECT failed, last FROM attempts WHERE who = ?1";
                let row = all.query_row(query, [key.as_slice()], |row| Ok((row.get(0)?, row.get(1)?)));
                row.optional().map(|row| row.unwrap_or((0i64, now)))
            };
            let ((failed, last), (everybody, leaked)) = (counted(who)?, counted(&ALL)?);
            let everybody = (everybody - (now - leaked).max(0) / LEAK).max(0);
            let until = (last + wait(u32::try_from(failed).unwrap_or(u32::MAX))).max(now + (everybody - BURST + 1).max(0) * LEAK);
            if until > now {
                return Ok(Some(until));
            }
            for (key, failed) in [(who, failed + 1), (&ALL, everybody + 1)] {
                let insert = "INSERT INTO attempts (who, failed, last) VALUES (?1, ?2, ?3)
                              ON CONFLICT (who) DO UPDATE SET failed = ?2, last = ?3";
                all.execute(insert, params![key.as_slice(), failed, now])?;
            }
            all.commit().map(|()| None)
        };
        Ok(work().map_err(told)?.and_then(|until| Timestamp::from_second(until).ok()))
    }

    /// An attempt was none: it let somebody in.
    pub fn succeeded(&self, who: &[u8; 32]) -> Result<()> {
        self.db.execute("DELETE FROM attempts WHERE who = ?1", [who.as_slice()]).map_err(told)?;
        self.db.execute("UPDATE attempts SET failed = max(failed - 1, 0) WHERE who = ?1", [ALL.as_slice()]).map_err(told)?;
        Ok(())
    }

    /// Takes a step of a second factor: once, and none before it any more.
    pub fn take_step(&self, account: AccountId, step: i64) -> Result<bool> {
        let insert = "INSERT INTO steps (account, step) VALUES (?1, ?2)
                      ON CONFLICT (account) DO UPDATE SET step = ?2 WHERE step < ?2";
        Ok(self.db.execute(insert, params![account.to_string(), step]).map_err(told)? > 0)
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
    let person: String = row.get(1)?;
    let moment = |column| row.get(column).map(|second| Timestamp::from_second(second).ok());
    let (Ok(person), Some(began), Some(used), Some(proved)) = (person.parse(), moment(3)?, moment(4)?, moment(5)?) else {
        return Ok(None);
    };
    Ok(Some(Browser { number: row.get(0)?, person, device: row.get(2)?, began, used, proved }))
}

/// The key under which the failures of all together are counted.
const ALL: [u8; 32] = [0; 32];

/// How long one waits after so many failures under one name, in seconds.
fn wait(failed: u32) -> i64 {
    match failed.checked_sub(FREE) {
        None => 0,
        Some(over) => 2i64.checked_pow(over.saturating_add(1)).unwrap_or(LONGEST_WAIT).min(LONGEST_WAIT),
    }
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
    fn a_step_is_taken_once_and_in_order() {
        let folder = tempfile::tempdir().unwrap();
        let (local, account) = (open(folder.path()), AccountId::from_bits(1));
        assert!(local.take_step(account, 7).unwrap() && !local.take_step(account, 7).unwrap());
        assert!(!open(folder.path()).take_step(account, 6).unwrap() && local.take_step(account, 8).unwrap());
    }

    #[test]
    fn who_guesses_waits_longer_each_time_also_after_a_restart() {
        let folder = tempfile::tempdir().unwrap();
        let (local, ada, bob) = (open(folder.path()), [1; 32], [2; 32]);
        assert!((0..5).all(|_| local.attempt(&ada, at(100)).unwrap().is_none()));
        assert_eq!(open(folder.path()).attempt(&ada, at(100)).unwrap(), Some(at(102)));
        assert_eq!(local.attempt(&bob, at(100)).unwrap(), None, "somebody else");
        let mut now = 102;
        let mut waits = Vec::new();
        for _ in 0..12 {
            assert_eq!(local.attempt(&ada, at(now)).unwrap(), None);
            let until = local.attempt(&ada, at(now)).unwrap().unwrap().as_second();
            waits.push(until - now);
            now = until;
        }
        assert_eq!(waits, [4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900, 900]);
        assert_eq!(local.attempt(&ada, at(now)).unwrap(), None);
        local.succeeded(&ada).unwrap();
        assert!((0..5).all(|_| local.attempt(&ada, at(now)).unwrap().is_none()), "right once, all is well");
        assert_eq!(local.attempt(&ada, at(now + 24 * 3600)).unwrap(), None, "a day later");
    }

    #[test]
    fn guessing_under_many_names_is_slow_too() {
        let folder = tempfile::tempdir().unwrap();
        let local = open(folder.path());
        let tried = |name: u8, now: i64| local.attempt(&[name; 32], at(now)).unwrap();
        assert!((1..=60).all(|name| tried(name, 100).is_none()));
        assert_eq!((tried(61, 100), tried(61, 101)), (Some(at(102)), Some(at(103))));
        assert_eq!(tried(61, 102), None);
        assert!(tried(62, 102).is_some());
        local.succeeded(&[61; 32]).unwrap();
        assert_eq!(tried(62, 102), None, "who is let in has not guessed");
    }

    #[test]
    fn what_cannot_be_read_is_made_anew() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("local.db"), [9; 5000]).unwrap();
        assert!(open(folder.path()).sessions(PersonId::from_bits(1)).unwrap().is_empty());
    }
}
