//! The catalog: an encrypted SQLite file that answers what the journal says. A projection: it holds the
//! only copy of nothing.

mod facts;
mod keys;
mod links;
mod lookup;
mod people;
mod project;

pub use facts::{Bits, Facts, HIDDEN, Permission, UnitFact};
pub use keys::{LabelRow, PageRow};
pub use links::{Link, MessageKey};
pub use lookup::{
    AccountRow, ActRow, BlobPlace, ContentRow, DisclosureFilter, PersonRow, SmallPack, Standing, SubjectRow, TextPlace, UnitRow,
    Words,
};
pub use people::{GroupRow, MandateRow, MemberRow, Version};
pub use project::{KnownKeys, Projection};

use crate::{Result, error};
use chartrier_schemas::{ArchiveId, CATALOG_SQL, persisted::v1};
use rusqlite::{Connection, OptionalExtension as _};
use std::{path::Path, time::Duration};
use zeroize::Zeroizing;

/// Version of the tables; another one means rebuild.
const VERSION: &str = "6";

/// Memory for pages, in KiB.
const CACHE_KIB: i64 = 48 << 10;

/// Pages of the log that are written back at once: a page that many commits touch is written once.
const LOG_PAGES: u32 = 8_000;

/// How long one process waits for another's write.
const BUSY: Duration = Duration::from_secs(30);

/// An open catalog.
pub struct Catalog {
    db: Connection,
}

impl From<rusqlite::Error> for crate::Error {
    fn from(why: rusqlite::Error) -> Self {
        match why.sqlite_error_code() {
            Some(rusqlite::ErrorCode::DiskFull) => error::io("write the catalog", &std::io::ErrorKind::StorageFull.into()),
            _ => error::catalog(why),
        }
    }
}

/// Whether an existing catalog can be used.
pub enum Opened {
    /// It can.
    Ready(Catalog),
    /// It is absent, of another version, or not readable: make it anew from the store.
    Anew,
}

impl Catalog {
    /// Opens the catalog of a home, if it is there and sound.
    pub fn open(path: &Path, key: &Zeroizing<[u8; 32]>, archive: ArchiveId) -> Result<Opened> {
        if !path.exists() {
            return Ok(Opened::Anew);
        }
        let catalog = Self::connect(path, key)?;
        // A wrong key, damage and another version show alike: the first read fails or differs.
        let sound = catalog.meta("version").is_ok_and(|version| version.as_deref() == Some(VERSION))
            && catalog.meta("archive").is_ok_and(|stated| stated == Some(archive.to_string()))
            && catalog.meta("complete").is_ok_and(|complete| complete.is_some());
        Ok(if sound { Opened::Ready(catalog) } else { Opened::Anew })
    }

    /// Makes an empty catalog in place of whatever is there.
    pub fn create(path: &Path, key: &Zeroizing<[u8; 32]>, archive: ArchiveId) -> Result<Self> {
        remove(path, &["", "-wal", "-shm"])?;
        let catalog = Self::connect(path, key)?;
        catalog.db.execute_batch(CATALOG_SQL)?;
        catalog.set_meta("version", VERSION)?;
        catalog.set_meta("archive", &archive.to_string())?;
        catalog.set_meta("commits", "0")?;
        // Unit numbers are valid within one making of the catalog: an index of another one is of no use.
        catalog.set_meta("epoch", &format!("{:032x}", crate::seal::random_bits()?))?;
        Ok(catalog)
    }

    /// Puts this catalog, which lies in `aside`, in the place of another one. Both must be in nobody else's hands.
    pub fn replace(self, aside: &Path, path: &Path) -> Result<()> {
        // Closing the last connection takes the log away.
        self.db.close().map_err(|(_, why)| why)?;
        // Without its log the old catalog is an older one, which still is one.
        remove(path, &["-wal", "-shm"])?;
        let moved = std::fs::File::open(aside).and_then(|file| file.sync_all()).and_then(|()| std::fs::rename(aside, path));
        let kept = moved.and_then(|()| path.parent().map_or(Ok(()), |folder| std::fs::File::open(folder)?.sync_all()));
        kept.map_err(|why| error::io("put the new catalog in its place", &why))
    }

    fn connect(path: &Path, key: &Zeroizing<[u8; 32]>) -> Result<Self> {
        let db = crate::database::open(path, key, BUSY)?;
        db.pragma_update(None, "cache_size", -CACHE_KIB)?;
        // A file that is no catalog fails here; `open` finds out by its first question.
        let _ = db.pragma_update(None, "journal_mode", "WAL");
        let _ = db.pragma_update(None, "synchronous", "NORMAL");
        let _ = db.pragma_update(None, "wal_autocheckpoint", LOG_PAGES);
        // Plans do not hang on bound values: else every look-up over a partial index would be planned anew.
        db.set_db_config(rusqlite::config::DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
        db.set_prepared_statement_cache_capacity(128);
        Ok(Self { db })
    }

    fn meta(&self, name: &str) -> Result<Option<String>> {
        let mut query = self.db.prepare_cached("SELECT value FROM meta WHERE name = ?1")?;
        Ok(query.query_row([name], |row| row.get(0)).optional()?)
    }

    fn set_meta(&self, name: &str, value: &str) -> Result<()> {
        self.db
            .prepare_cached("INSERT INTO meta (name, value) VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET value = ?2")?
            .execute([name, value])?;
        Ok(())
    }

    /// Says that a making of the catalog is finished.
    pub fn set_complete(&self) -> Result<()> {
        self.set_meta("complete", "yes")
    }

    /// The last segment that it contains.
    pub fn head(&self) -> Result<Option<v1::Head>> {
        let head = self.meta("head")?;
        head.map(|text| serde_json::from_str(&text).map_err(error::catalog)).transpose()
    }

    /// Says which segment comes last, where a new chain continues what was only read in clear.
    pub fn set_head(&self, head: Option<v1::Head>) -> Result<()> {
        match head {
            Some(head) => self.set_meta("head", &serde_json::to_string(&head).map_err(error::bug)?),
            None => Ok(()),
        }
    }

    /// When the last segment that it contains was signed, RFC 3339.
    pub fn as_of(&self) -> Result<Option<String>> {
        self.meta("as_of")
    }

    /// Number of commits that it contains.
    pub fn commits(&self) -> Result<u64> {
        let commits = self.meta("commits")?.unwrap_or_default();
        commits.parse().map_err(error::catalog)
    }

    /// Which making of the catalog this is.
    pub fn epoch(&self) -> Result<String> {
        Ok(self.meta("epoch")?.unwrap_or_default())
    }

    /// Changes whenever another connection has written.
    pub fn data_version(&self) -> Result<i64> {
        Ok(self.db.pragma_query_value(None, "data_version", |row| row.get(0))?)
    }

    /// Everything that `work` writes, or nothing.
    pub fn atomically<T>(&mut self, work: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        self.db.execute_batch("BEGIN IMMEDIATE")?;
        match work(self) {
            Ok(done) => {
                self.db.execute_batch("COMMIT")?;
                Ok(done)
            }
            Err(why) => {
                // What failed may have ended the transaction already.
                let _ = self.db.execute_batch("ROLLBACK");
                Err(why)
            }
        }
    }

    /// Where a making of the catalog that can be begun again may be careless: nothing else reads it yet.
    pub fn hurry(&self, hurry: bool) -> Result<()> {
        self.db.pragma_update(None, "synchronous", if hurry { "OFF" } else { "NORMAL" })?;
        Ok(())
    }

    /// Writes the log back into the file, and empties it.
    pub fn checkpoint(&self) -> Result<()> {
        self.db.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
        Ok(())
    }
}

/// Removes the files of a database, as far as they are there.
fn remove(path: &Path, endings: &[&str]) -> Result<()> {
    for ending in endings {
        let mut file = path.as_os_str().to_owned();
        file.push(ending);
        match std::fs::remove_file(&file) {
            Err(why) if why.kind() != std::io::ErrorKind::NotFound => return Err(error::io("remove the old catalog", &why)),
            _ => {}
        }
    }
    Ok(())
}

/// The first 8 bytes of a name: a small key over many names.
fn prefix(name: &[u8; 32]) -> i64 {
    let mut first = [0; 8];
    first.copy_from_slice(&name[..8]);
    i64::from_be_bytes(first)
}

/// A subject as a key: its kind, then its 16 bytes.
fn subject_key(subject: chartrier_schemas::SubjectId) -> [u8; 17] {
    let (kind, bits) = subject.parts();
    let mut key = [kind; 17];
    key[1..].copy_from_slice(&bits.to_be_bytes());
    key
}

fn subject_of(key: &[u8]) -> Option<chartrier_schemas::SubjectId> {
    let (kind, bits) = key.split_first()?;
    chartrier_schemas::SubjectId::from_parts(*kind, u128::from_be_bytes(bits.try_into().ok()?))
}
