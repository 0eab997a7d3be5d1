//! Questions to the catalog. None of them asks whether the person may know the answer: that is the
//! caller's duty, through [`crate::policy`].

use super::{Catalog, prefix, project::occurrence_key, subject_key, subject_of};
use crate::{Result, error, journal, seal::SecretKey};
use chartrier_schemas::{
    AccountId, ActId, BlobName, ContentId, Marking, ObjectName, PersonId, RecordId, SubjectId, UnitId,
    persisted::v1::{self, Deed, PersonRole},
};
use rusqlite::{OptionalExtension as _, Row, Rows, params};
use serde::Deserialize;

/// A subject, and what opens its description.
#[derive(Clone, Debug)]
pub struct SubjectRow {
    /// Its number.
    pub num: u32,
    /// Number of its label.
    pub label: u16,
    /// Its keys, oldest first; none where this node holds none.
    pub keys: Vec<SecretKey>,
    /// The blob that describes it.
    pub description: BlobName,
}

/// Where the stored bytes of a blob lie.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlobPlace {
    /// Objects of its pack, in order.
    pub objects: Vec<(ObjectName, u64)>,
    /// First byte within the pack.
    pub start: u64,
    /// Number of bytes.
    pub size: u64,
}

impl BlobPlace {
    /// The objects and ranges to read, in order.
    pub fn pieces(&self) -> Vec<(ObjectName, std::ops::Range<u64>)> {
        journal::pieces(&self.objects, self.start..self.start + self.size)
    }
}

/// Words of a record that the index takes.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Words {
    /// Who wrote it.
    #[serde(default)]
    pub authors: Vec<String>,
    /// Who received it.
    #[serde(default)]
    pub recipients: Vec<String>,
    /// Words for `type:`.
    #[serde(default)]
    pub tags: Vec<String>,
    /// Numbers of its findings.
    #[serde(default)]
    pub findings: Vec<u16>,
    /// What an archivist says that it is about.
    #[serde(default)]
    pub about: Option<String>,
}

/// Where the text of a record lies.
pub type TextPlace = v1::TextRef;

/// A unit as the catalog knows it.
#[derive(Clone, Debug)]
pub struct UnitRow {
    /// Its number.
    pub num: u32,
    /// Its id.
    pub id: SubjectId,
    /// 1 class, 2 dossier, 3 record.
    pub kind: u8,
    /// Number of its place.
    pub place: u32,
    /// Number of its label.
    pub label: u16,
    /// Reference code of a class or dossier.
    pub code: Option<String>,
    /// Title.
    pub title: String,
    /// File name.
    pub name: String,
    /// Date, RFC 3339.
    pub date: Option<String>,
    /// Language.
    pub language: Option<String>,
    /// Format.
    pub puid: Option<String>,
    /// Words for the index.
    pub words: Words,
    /// Content address of the original.
    pub content: Option<ContentId>,
    /// Length of the original, in bytes.
    pub size: Option<u64>,
    /// Where its text lies.
    pub text: Option<TextPlace>,
    /// Whether the dossier is closed.
    pub closed: bool,
}

impl UnitRow {
    /// About how much memory it takes, in bytes.
    pub fn size_in_memory(&self) -> usize {
        let words = [&self.words.authors, &self.words.recipients, &self.words.tags].into_iter().flatten();
        let words = words.map(|word| word.len() + 24).sum::<usize>() + self.words.about.as_ref().map_or(0, String::len);
        let text = self.text.as_ref().map_or(0, |text| 256 + text.spans.len() * 16);
        512 + self.title.len() + self.name.len() + words + text
    }
}

/// A record that holds some content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ContentRow {
    /// Its number.
    pub num: u32,
    /// Its id.
    pub id: SubjectId,
    /// Number of its label.
    pub label: u16,
    /// Number of its place.
    pub place: u32,
}

/// One act in a history.
#[derive(Clone, Debug)]
pub struct ActRow {
    /// The act.
    pub act: v1::Act,
    /// Number of the label that it lies under.
    pub label: u16,
}

/// A person.
#[derive(Clone, Debug)]
pub struct PersonRow {
    /// The person.
    pub id: PersonId,
    /// Name.
    pub name: String,
    /// Roles.
    pub roles: Vec<PersonRole>,
    /// Clearance.
    pub clearance: Marking,
    /// Searches that the person keeps: theirs alone to see.
    pub searches: Vec<v1::SavedSearch>,
}

/// An object and the blobs that lie in it, with their sizes.
pub type SmallPack = (ObjectName, Vec<(BlobName, u64)>);

/// An account in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountRow {
    /// The account.
    pub id: AccountId,
    /// Whose it is.
    pub person: PersonId,
    /// When it was made.
    pub since: String,
}

/// How a unit was marked at some time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Somebody had marked it so.
    Marked(Marking),
    /// As it was captured: under the label of this number.
    Under(u16),
}

/// Which disclosures are wanted; what is nothing narrows nothing.
#[derive(Clone, Debug, Default)]
pub struct DisclosureFilter {
    /// Given to this person.
    pub person: Option<PersonId>,
    /// Of this record.
    pub record: Option<RecordId>,
    /// From this moment on, RFC 3339 in UTC.
    pub from: Option<String>,
    /// Before this moment.
    pub until: Option<String>,
    /// Older than the one of this number.
    pub before: Option<i64>,
}

const UNIT: &str = "SELECT units.num, subjects.id, units.kind, units.place, units.label, units.code, units.title, units.name,
    units.date, units.language, units.puid, units.words, units.content, units.text, units.closed, units.size
    FROM units JOIN subjects ON subjects.num = units.num ";

fn digest(row: &Row<'_>, column: usize) -> rusqlite::Result<[u8; 32]> {
    row.get(column)
}

fn subject_in(row: &Row<'_>, column: usize) -> Result<SubjectId> {
    let key = row.get_ref(column)?.as_blob().map_err(rusqlite::Error::from)?;
    subject_of(key).ok_or_else(|| error::catalog("a subject of no kind"))
}

fn subject_row(row: &Row<'_>) -> rusqlite::Result<SubjectRow> {
    let keys: Option<Vec<u8>> = row.get(2)?;
    let keys = keys.unwrap_or_default();
    Ok(SubjectRow {
        num: row.get(0)?,
        label: row.get(1)?,
        keys: keys.chunks_exact(32).filter_map(|key| key.try_into().ok().map(SecretKey::from_bytes)).collect(),
        description: BlobName::from_digest(digest(row, 3)?),
    })
}

fn unit_in(row: &Row<'_>) -> Result<UnitRow> {
    let words: String = row.get(11)?;
    let text: Option<String> = row.get(13)?;
    Ok(UnitRow {
        num: row.get(0)?,
        id: subject_in(row, 1)?,
        kind: row.get(2)?,
        place: row.get(3)?,
        label: row.get(4)?,
        code: row.get(5)?,
        title: row.get(6)?,
        name: row.get(7)?,
        date: row.get(8)?,
        language: row.get(9)?,
        puid: row.get(10)?,
        words: serde_json::from_str(&words).map_err(error::catalog)?,
        content: row.get::<_, Option<[u8; 32]>>(12)?.map(ContentId::from_digest),
        text: text.map(|text| serde_json::from_str(&text).map_err(error::catalog)).transpose()?,
        closed: row.get(14)?,
        size: row.get(15)?,
    })
}

impl Catalog {
    /// A subject by its id.
    pub fn subject(&self, subject: SubjectId) -> Result<Option<SubjectRow>> {
        let mut query = self.db.prepare_cached("SELECT num, label, keys, description FROM subjects WHERE id = ?1")?;
        Ok(query.query_row([subject_key(subject).as_slice()], subject_row).optional()?)
    }

    /// Subjects by number, a few at a time.
    pub fn subjects_after(&self, after: u32, most: u32) -> Result<Vec<(SubjectId, SubjectRow)>> {
        let mut query = self
            .db
            .prepare_cached("SELECT num, label, keys, description, id FROM subjects WHERE num > ?1 ORDER BY num LIMIT ?2")?;
        let mut rows = query.query([after, most])?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            found.push((subject_in(row, 4)?, subject_row(row)?));
        }
        Ok(found)
    }

    /// How many subjects there are.
    pub fn subjects(&self) -> Result<u64> {
        Ok(self.db.query_row("SELECT count(*) FROM subjects", [], |row| row.get(0))?)
    }

    /// The id of a subject by its number.
    pub fn subject_of_num(&self, num: u32) -> Result<Option<SubjectId>> {
        let mut query = self.db.prepare_cached("SELECT id FROM subjects WHERE num = ?1")?;
        let mut rows = query.query([num])?;
        rows.next()?.map(|row| subject_in(row, 0)).transpose()
    }

    /// A unit by its number.
    pub fn unit(&self, num: u32) -> Result<Option<UnitRow>> {
        let mut query = self.db.prepare_cached(&format!("{UNIT} WHERE units.num = ?1"))?;
        let mut rows = query.query([num])?;
        rows.next()?.map(unit_in).transpose()
    }

    /// Classes and dossiers, by code.
    pub fn containers(&self) -> Result<Vec<UnitRow>> {
        let mut query = self.db.prepare_cached(&format!("{UNIT} WHERE units.kind < 3 ORDER BY units.code"))?;
        let mut rows = query.query([])?;
        let mut units = Vec::new();
        while let Some(row) = rows.next()? {
            units.push(unit_in(row)?);
        }
        Ok(units)
    }

    /// The number of the class or dossier of a code.
    pub fn container(&self, code: &str) -> Result<Option<u32>> {
        let mut query = self.db.prepare_cached("SELECT num FROM units WHERE code = ?1")?;
        Ok(query.query_row([code], |row| row.get(0)).optional()?)
    }

    /// Where a blob lies.
    pub fn blob(&self, name: &BlobName) -> Result<Option<BlobPlace>> {
        let mut query = self.db.prepare_cached("SELECT pack, start, size FROM blobs WHERE prefix = ?1 AND name = ?2")?;
        let found: Option<(i64, u64, u64)> = query
            .query_row(params![prefix(name.digest()), name.digest().as_slice()], |row| {
                Ok((row.get(0)?, row.get(1)?, row.get(2)?))
            })
            .optional()?;
        let Some((pack, start, size)) = found else { return Ok(None) };
        Ok(Some(BlobPlace { objects: self.objects(pack)?, start, size }))
    }

    fn objects(&self, pack: i64) -> Result<Vec<(ObjectName, u64)>> {
        let mut query = self.db.prepare_cached("SELECT name, size FROM objects WHERE pack = ?1 ORDER BY n")?;
        let objects = query.query_map([pack], |row| Ok((ObjectName::from_digest(digest(row, 0)?), row.get(1)?)))?;
        Ok(objects.collect::<rusqlite::Result<_>>()?)
    }

    /// Packs of one object below a size, oldest first, with their blobs: what compaction looks at.
    pub fn small_packs(&self, below: u64) -> Result<Vec<SmallPack>> {
        let mut query = self.db.prepare_cached(
            "SELECT packs.num, objects.name, packs.size,
                 (SELECT total(size) FROM blobs WHERE pack = packs.num) AS held
             FROM packs JOIN objects ON objects.pack = packs.num AND objects.n = 0
             WHERE (SELECT count(*) FROM objects WHERE pack = packs.num) = 1 AND (packs.size < ?1 OR held < packs.size / 2)
             ORDER BY packs.num",
        )?;
        let found = query.query_map([below], |row| Ok((row.get::<_, i64>(0)?, ObjectName::from_digest(digest(row, 1)?))))?;
        let mut packs = Vec::new();
        for pack in found {
            let (num, object) = pack?;
            let mut blobs = self.db.prepare_cached("SELECT name, size FROM blobs WHERE pack = ?1 ORDER BY n")?;
            let blobs = blobs.query_map([num], |row| Ok((BlobName::from_digest(digest(row, 0)?), row.get(1)?)))?;
            packs.push((object, blobs.collect::<rusqlite::Result<_>>()?));
        }
        Ok(packs)
    }

    /// Records that hold some content.
    pub fn with_content(&self, content: &ContentId) -> Result<Vec<ContentRow>> {
        let mut query = self.db.prepare_cached(
            "SELECT units.num, subjects.id, units.label, units.place FROM units JOIN subjects ON subjects.num = units.num
             WHERE units.content = ?1 ORDER BY units.num",
        )?;
        let mut rows = query.query([content.digest().as_slice()])?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            found.push(ContentRow { num: row.get(0)?, id: subject_in(row, 1)?, label: row.get(2)?, place: row.get(3)? });
        }
        Ok(found)
    }

    /// Whether some record has an original of this size, among those that are too large to be hashed at once.
    pub fn size_known(&self, size: u64) -> Result<bool> {
        let mut query = self.db.prepare_cached("SELECT 1 FROM units WHERE size = ?1 AND size > 8388608 LIMIT 1")?;
        Ok(query.exists([size])?)
    }

    /// Whether a record was seen at a place.
    pub fn seen_at(&self, record: u32, seen: &v1::Occurrence) -> Result<bool> {
        let mut query = self.db.prepare_cached("SELECT 1 FROM occurrences WHERE unit = ?1 AND place = ?2")?;
        Ok(query.exists(params![record, occurrence_key(seen).as_slice()])?)
    }

    /// Records of a label that changed after a commit, in the order of their numbers.
    pub fn changed_since(&self, change: u64, label: u16, each: &mut dyn FnMut(u32) -> Result<()>) -> Result<()> {
        let mut query = self
            .db
            .prepare_cached("SELECT num FROM units WHERE changed > ?1 AND label = ?2 AND kind = 3 ORDER BY changed, num")?;
        let nums = query.query_map(params![change, label], |row| row.get(0))?;
        let nums = nums.collect::<rusqlite::Result<Vec<u32>>>()?;
        nums.into_iter().try_for_each(each)
    }

    /// Units that left a label after a commit.
    pub fn departed_since(&self, change: u64, label: u16) -> Result<Vec<u32>> {
        let mut query = self.db.prepare_cached("SELECT unit FROM departures WHERE change > ?1 AND label = ?2 ORDER BY unit")?;
        let units = query.query_map(params![change, label], |row| row.get(0))?;
        Ok(units.collect::<rusqlite::Result<_>>()?)
    }

    /// The acts on a subject, oldest first; one act under several labels once.
    pub fn history(&self, subject: SubjectId) -> Result<Vec<ActRow>> {
        let mut query = self.db.prepare_cached(
            "SELECT acts.id, acts.label, acts.person, acts.at, acts.deed FROM act_subjects JOIN acts ON acts.num = act_subjects.act
             WHERE act_subjects.subject = ?1 GROUP BY acts.id ORDER BY min(acts.num)",
        )?;
        all(query.query([subject_key(subject).as_slice()])?, act)
    }

    /// An act, once for each label that it lies under.
    pub fn act(&self, id: ActId) -> Result<Vec<ActRow>> {
        let mut query = self.db.prepare_cached("SELECT id, label, person, at, deed FROM acts WHERE id = ?1 ORDER BY num")?;
        all(query.query([id.to_string()])?, act)
    }

    /// Disclosures under the label of the audit with their numbers, newest first.
    pub fn disclosures(&self, label: u16, filter: &DisclosureFilter, limit: usize) -> Result<Vec<(i64, v1::Act)>> {
        let mut query = "SELECT id, label, person, at, deed, num FROM acts WHERE label = ?1 AND deed LIKE '{\"disclose%'
                         AND num < ifnull(?2, 9223372036854775807) "
            .to_owned();
        // A condition that is not there is not asked either: the plan of each question has its own index.
        query += &[
            filter.person.map_or("AND ?3 IS NULL ", |_| "AND person = ?3 "),
            filter.from.as_ref().map_or("AND ?4 IS NULL ", |_| "AND at >= ?4 "),
            filter.until.as_ref().map_or("AND ?5 IS NULL ", |_| "AND at < ?5 "),
            filter.record.map_or("AND ?6 IS NULL ", |_| "AND num IN (SELECT act FROM act_subjects WHERE subject = ?6) "),
        ]
        .concat();
        query += "ORDER BY num DESC LIMIT ?7";
        let mut query = self.db.prepare_cached(&query)?;
        let record = filter.record.map(|record| subject_key(record.into()).to_vec());
        let person = filter.person.map(|person| person.to_string());
        let mut rows = query.query(params![label, filter.before, person, filter.from, filter.until, record, limit])?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            found.push((row.get(5)?, act(row)?.act));
        }
        Ok(found)
    }

    /// Where a unit lay, and how it was marked, when the act of a number was done.
    pub fn standing(&self, subject: SubjectId, before: i64) -> Result<(Option<UnitId>, Option<Standing>)> {
        let mut query = self.db.prepare_cached(
            "SELECT acts.id, acts.label, acts.person, acts.at, acts.deed FROM act_subjects JOIN acts ON acts.num = act_subjects.act
             WHERE act_subjects.subject = ?1 AND act_subjects.act < ?2
                 AND (deed LIKE '{\"capture%' OR deed LIKE '{\"file%' OR deed LIKE '{\"mark%') ORDER BY act_subjects.act DESC",
        )?;
        let mut rows = query.query(params![subject_key(subject).as_slice(), before])?;
        let (mut place, mut marking) = (None, None);
        while let Some(row) = rows.next()?
            && (place.is_none() || marking.is_none())
        {
            match act(row)?.act.deed {
                Deed::Mark { marking: given, .. } => marking = marking.or(Some(Standing::Marked(given))),
                Deed::Capture { into, .. } => {
                    place = place.or(Some(into));
                    marking = marking.or(Some(Standing::Under(row.get(1)?)));
                }
                Deed::File { into, .. } => place = place.or(Some(into)),
                _ => {}
            }
        }
        Ok((place.flatten(), marking))
    }

    /// The account of a person.
    pub fn account_of(&self, id: PersonId) -> Result<Option<AccountRow>> {
        let mut query = self.db.prepare_cached("SELECT person, id, since FROM accounts WHERE person = ?1")?;
        Ok(all(query.query([id.to_string()])?, account)?.pop())
    }

    /// Every account.
    pub fn accounts(&self) -> Result<Vec<AccountRow>> {
        let mut query = self.db.prepare_cached("SELECT person, id, since FROM accounts")?;
        all(query.query([])?, account)
    }

    /// Every person, by name.
    pub fn persons(&self) -> Result<Vec<PersonRow>> {
        let mut query = self.db.prepare_cached("SELECT id, name, roles, clearance, searches FROM persons ORDER BY name, id")?;
        all(query.query([])?, person)
    }

    /// One person.
    pub fn person(&self, id: PersonId) -> Result<Option<PersonRow>> {
        let mut query = self.db.prepare_cached("SELECT id, name, roles, clearance, searches FROM persons WHERE id = ?1")?;
        Ok(all(query.query([id.to_string()])?, person)?.pop())
    }

    /// How many records there are.
    pub fn records(&self) -> Result<u64> {
        Ok(self.db.query_row("SELECT count(*) FROM units WHERE kind = 3", [], |row| row.get(0))?)
    }
}

pub(super) fn all<T>(mut rows: Rows<'_>, read: fn(&Row<'_>) -> Result<T>) -> Result<Vec<T>> {
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(read(row)?);
    }
    Ok(found)
}

pub(super) fn act(row: &Row<'_>) -> Result<ActRow> {
    let (id, person, deed): (String, String, String) = (row.get(0)?, row.get(2)?, row.get(4)?);
    Ok(ActRow {
        label: row.get(1)?,
        act: v1::Act {
            id: id.parse().map_err(error::catalog)?,
            by: person.parse().map_err(error::catalog)?,
            at: row.get(3)?,
            deed: serde_json::from_str(&deed).map_err(error::catalog)?,
        },
    })
}

fn person(row: &Row<'_>) -> Result<PersonRow> {
    let (id, roles, clearance): (String, String, String) = (row.get(0)?, row.get(2)?, row.get(3)?);
    let searches: String = row.get(4)?;
    Ok(PersonRow {
        id: id.parse().map_err(error::catalog)?,
        name: row.get(1)?,
        roles: serde_json::from_str(&roles).map_err(error::catalog)?,
        clearance: clearance.parse().map_err(error::catalog)?,
        searches: serde_json::from_str(&searches).map_err(error::catalog)?,
    })
}

fn account(row: &Row<'_>) -> Result<AccountRow> {
    let (person, id): (String, String) = (row.get(0)?, row.get(1)?);
    let (person, id) = (person.parse().map_err(error::catalog)?, id.parse().map_err(error::catalog)?);
    Ok(AccountRow { id, person, since: row.get(2)? })
}
