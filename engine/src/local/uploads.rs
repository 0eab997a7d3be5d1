//! Files on their way in, and what became of them: one row each in `local.db`. Must never hold a byte of them: those lie
//! sealed in the spool.

use super::{Local, told};
use crate::{Error, Kind, Result};
use chartrier_schemas::{ContentId, Marking, PersonId, RecordId, Text, UploadId};
use jiff::Timestamp;
use rusqlite::{Row, params};

/// One person brings the same bytes at the same path once. Moments are seconds since 1970; no place is the inbox.
pub(super) const TABLE: &str = "
CREATE TABLE IF NOT EXISTS uploads (
    id       TEXT PRIMARY KEY,
    person   TEXT NOT NULL,
    content  BLOB NOT NULL,
    size     INTEGER NOT NULL,
    path     TEXT NOT NULL,
    modified INTEGER,
    place    TEXT,
    marking  TEXT NOT NULL,
    touched  INTEGER NOT NULL,
    stage    INTEGER NOT NULL,
    record   TEXT,
    trouble  TEXT,
    UNIQUE (person, content, size, path)
);
CREATE INDEX IF NOT EXISTS uploads_by_stage ON uploads (stage, touched);
";

const COLUMNS: &str = "id, person, content, size, path, modified, place, marking, touched, stage, record, trouble";

/// How far a file has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Bytes are wanted.
    Arriving = 0,
    /// All bytes are here.
    Whole = 1,
    /// It is in the archive.
    Kept = 2,
    /// It could not be taken in.
    Failed = 3,
}

/// A file on its way in.
#[derive(Clone, Debug)]
pub struct Upload {
    /// Its id.
    pub id: UploadId,
    /// Who brings it.
    pub person: PersonId,
    /// What its bytes must be.
    pub content: ContentId,
    /// How many there are.
    pub size: u64,
    /// Its path where it comes from; the file name alone where that is all that is known.
    pub path: String,
    /// When it was last changed there.
    pub modified: Option<Timestamp>,
    /// Code of the place that it goes to; nothing is the inbox.
    pub into: Option<String>,
    /// The marking that it will bear.
    pub marking: Marking,
    /// When something last happened to it.
    pub touched: Timestamp,
    /// How far it has come.
    pub stage: Stage,
    /// The record that holds it.
    pub record: Option<RecordId>,
    /// Why it could not be taken in.
    pub trouble: Option<Error>,
}

impl Upload {
    /// Its file name.
    pub fn name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or(&self.path)
    }
}

impl Local {
    /// Does several things as one: faster, and whole.
    pub fn together<T>(&self, work: impl FnOnce() -> Result<T>) -> Result<T> {
        let all = self.db.unchecked_transaction().map_err(told)?;
        let done = work()?;
        all.commit().map_err(told)?;
        Ok(done)
    }

    /// Keeps a file's row, instead of another with its id, or of the same file.
    pub fn put_upload(&self, upload: &Upload) -> Result<()> {
        let Upload { id, person, content, size, path, modified, into, marking, touched, stage, record, trouble } = upload;
        let row = params![
            id.to_string(),
            person.to_string(),
            content.digest().as_slice(),
            size,
            path,
            modified.map(Timestamp::as_second),
            into,
            marking.to_string(),
            touched.as_second(),
            *stage as u8,
            record.map(|record| record.to_string()),
            trouble.as_ref().map(written),
        ];
        let insert =
            format!("INSERT OR REPLACE INTO uploads ({COLUMNS}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)");
        self.db.prepare_cached(&insert).map_err(told)?.execute(row).map(drop).map_err(told)
    }

    /// A file by its id.
    pub fn upload(&self, id: UploadId) -> Result<Option<Upload>> {
        self.uploads("id = ?1", params![id.to_string()], 1).map(|found| found.into_iter().next())
    }

    /// The row of a file that somebody brings.
    pub fn upload_of(&self, person: PersonId, content: &ContentId, size: u64, path: &str) -> Result<Option<Upload>> {
        let which = params![person.to_string(), content.digest().as_slice(), size, path];
        self.uploads("person = ?1 AND content = ?2 AND size = ?3 AND path = ?4", which, 1).map(|found| found.into_iter().next())
    }

    /// Files of a stage, those first that have waited longest.
    pub fn uploads_at(&self, stage: Stage, most: usize) -> Result<Vec<Upload>> {
        self.uploads("stage = ?1 ORDER BY touched, rowid", params![stage as u8], most)
    }

    /// What somebody has brought since a moment, the latest first.
    pub fn uploads_by(&self, person: PersonId, since: Timestamp, most: usize) -> Result<Vec<Upload>> {
        let which = params![person.to_string(), since.as_second()];
        self.uploads("person = ?1 AND touched >= ?2 ORDER BY touched DESC, rowid DESC", which, most)
    }

    /// What nothing has happened to since a moment.
    pub fn uploads_before(&self, moment: Timestamp) -> Result<Vec<Upload>> {
        self.uploads("touched < ?1", params![moment.as_second()], usize::MAX >> 1)
    }

    /// How many files are under way, and their bytes: one person's, or all.
    pub fn uploads_under_way(&self, person: Option<PersonId>) -> Result<(u64, u64)> {
        let query = "SELECT COUNT(*), COALESCE(SUM(size), 0) FROM uploads WHERE stage <= 1 AND (?1 IS NULL OR person = ?1)";
        let person = person.map(|person| person.to_string());
        self.db.query_row(query, [person], |row| Ok((row.get(0)?, row.get(1)?))).map_err(told)
    }

    /// Forgets a file.
    pub fn remove_upload(&self, id: UploadId) -> Result<()> {
        self.db.execute("DELETE FROM uploads WHERE id = ?1", [id.to_string()]).map(drop).map_err(told)
    }

    fn uploads(&self, which: &str, values: &[&dyn rusqlite::ToSql], most: usize) -> Result<Vec<Upload>> {
        let query = format!("SELECT {COLUMNS} FROM uploads WHERE {which} LIMIT {most}");
        let mut query = self.db.prepare_cached(&query).map_err(told)?;
        let rows = query.query_map(values, read).map_err(told)?.collect::<rusqlite::Result<Vec<_>>>();
        Ok(rows.map_err(told)?.into_iter().flatten().collect())
    }
}

/// A row; one that says nothing sensible is none.
fn read(row: &Row<'_>) -> rusqlite::Result<Option<Upload>> {
    let text = |at: usize| row.get::<_, String>(at);
    let optional = |at: usize| row.get::<_, Option<String>>(at);
    let moment = |second: i64| Timestamp::from_second(second).ok();
    let (id, person, marking, content): (String, String, String, Vec<u8>) = (text(0)?, text(1)?, text(7)?, row.get(2)?);
    let (Ok(id), Ok(person), Ok(marking), Ok(content)) = (id.parse(), person.parse(), marking.parse(), content.try_into()) else {
        return Ok(None);
    };
    let stage = match row.get(9)? {
        0_u8 => Stage::Arriving,
        1 => Stage::Whole,
        2 => Stage::Kept,
        _ => Stage::Failed,
    };
    Ok(Some(Upload {
        id,
        person,
        content: ContentId::from_digest(content),
        size: row.get(3)?,
        path: text(4)?,
        modified: row.get::<_, Option<i64>>(5)?.and_then(moment),
        into: optional(6)?,
        marking,
        touched: moment(row.get(8)?).unwrap_or(Timestamp::UNIX_EPOCH),
        stage,
        record: optional(10)?.and_then(|record| record.parse::<RecordId>().ok()),
        trouble: optional(11)?.as_deref().and_then(understood),
    }))
}

/// Trouble as it is kept: problem and remedy in both languages.
fn written(why: &Error) -> String {
    serde_json::json!([why.problem.en, why.problem.fr, why.remedy.en, why.remedy.fr]).to_string()
}

fn understood(kept: &str) -> Option<Error> {
    let [en, fr, remedy_en, remedy_fr] = serde_json::from_str::<[String; 4]>(kept).ok()?;
    Some(Error { kind: Kind::Refused, problem: Text { en, fr }, remedy: Text { en: remedy_en, fr: remedy_fr } })
}

#[cfg(test)]
mod tests {
    use super::*;
    use zeroize::Zeroizing;

    fn upload(number: u8, person: u128, path: &str) -> Upload {
        Upload {
            id: UploadId::from_bits(number.into()),
            person: PersonId::from_bits(person),
            content: ContentId::from_digest([number; 32]),
            size: 100,
            path: path.to_owned(),
            modified: Timestamp::from_second(5).ok(),
            into: Some("1.1".to_owned()),
            marking: Marking::np(),
            touched: Timestamp::from_second(number.into()).unwrap(),
            stage: Stage::Arriving,
            record: None,
            trouble: None,
        }
    }

    #[test]
    fn files_are_found_by_what_they_are_and_by_whom_they_are_brought() {
        let folder = tempfile::tempdir().unwrap();
        let local = Local::open(&folder.path().join("local.db"), &Zeroizing::new([7; 32])).unwrap();
        let (ada, bob) = (PersonId::from_bits(1), PersonId::from_bits(2));
        local
            .together(|| {
                [upload(1, 1, "a/x"), upload(2, 1, "y"), upload(3, 2, "x")].iter().try_for_each(|one| local.put_upload(one))
            })
            .unwrap();
        let content = ContentId::from_digest([1; 32]);
        let found = local.upload_of(ada, &content, 100, "a/x").unwrap().unwrap();
        assert_eq!((found.id, found.name(), found.into.as_deref()), (UploadId::from_bits(1), "x", Some("1.1")));
        assert_eq!(found.modified, Timestamp::from_second(5).ok());
        assert!(local.upload_of(bob, &content, 100, "a/x").unwrap().is_none());
        assert_eq!(local.uploads_under_way(Some(ada)).unwrap(), (2, 200));
        assert_eq!(local.uploads_under_way(None).unwrap(), (3, 300));
        let why = crate::error::no_place("9");
        let failed = Upload { stage: Stage::Failed, trouble: Some(why.clone()), ..upload(2, 1, "y") };
        local.put_upload(&failed).unwrap();
        let kept = Upload { stage: Stage::Kept, record: Some(RecordId::from_bits(8)), ..upload(3, 2, "x") };
        local.put_upload(&kept).unwrap();
        assert_eq!(local.uploads_under_way(None).unwrap(), (1, 100));
        assert_eq!(local.upload(failed.id).unwrap().unwrap().trouble.unwrap().problem.fr, why.problem.fr);
        assert_eq!(local.upload(kept.id).unwrap().unwrap().record, Some(RecordId::from_bits(8)));
        assert_eq!(local.uploads_at(Stage::Kept, 9).unwrap().len(), 1);
        assert_eq!(local.uploads_by(ada, Timestamp::from_second(2).unwrap(), 9).unwrap().len(), 1);
        // The same file under another id takes the place of the first.
        local.put_upload(&Upload { id: UploadId::from_bits(9), ..upload(1, 1, "a/x") }).unwrap();
        assert!(local.upload(UploadId::from_bits(1)).unwrap().is_none());
        assert_eq!(local.uploads_before(Timestamp::from_second(2).unwrap()).unwrap().len(), 1);
        local.remove_upload(UploadId::from_bits(9)).unwrap();
        assert_eq!(local.uploads_under_way(Some(ada)).unwrap().0, 0);
    }
}
