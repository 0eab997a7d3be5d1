//! What a subject is: descriptions of records, classes, dossiers, persons, groups, mandates and accounts, and the words of acts.
//! Each states the whole of its subject and dies with it.

use crate::{AccountId, BadId, BlobName, ContentId, Finding, GroupId, Marking, PageRow, PageWord, PersonId, SubjectId, UnitId};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::{fmt, str::FromStr};

/// Plain form of a description: the whole of what a subject is. The newest stands.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Description {
    /// Format version.
    pub format: u32,
    /// Whom it describes.
    pub subject: SubjectId,
    /// The kind of subject, and what it is.
    pub notice: Notice,
}

/// What a subject is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Notice {
    /// A record.
    Record(Box<Record>),
    /// A class.
    Class(Class),
    /// A dossier.
    Dossier(Dossier),
    /// A person.
    Person(Person),
    /// A mandate.
    Mandate(Mandate),
    /// The words of an act.
    Act(Words),
    /// An account.
    Account(Account),
    /// A group of persons.
    Group(Group),
}

/// A record.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// The document's own title, else its file name.
    pub title: String,
    /// File name.
    pub name: String,
    /// The document's date, RFC 3339: its own, else that of the file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub date: Option<String>,
    /// When it was captured, RFC 3339.
    pub captured: String,
    /// `fr`, `en`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// Who wrote or sent it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub authors: Vec<String>,
    /// Who received it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub recipients: Vec<String>,
    /// Number of pages.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pages: Option<u32>,
    /// Fields of its format.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<(String, String)>,
    /// What an archivist says of it: stands before what was read out of the document, and stays when that is read anew.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub said: Option<Said>,
    /// Byte sequences, numbered from 1 in this order; 1 is the original.
    pub components: Vec<Component>,
    /// Text read out of the components.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<TextRef>,
    /// Picture of the first page, as JPEG.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thumbnail: Option<BlobRef>,
    /// Pictures of pages that somebody looked at.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub images: Vec<OfPages>,
    /// Words of those pages, with their places.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub words: Vec<OfPages>,
    /// Where the content was seen.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub occurrences: Vec<Occurrence>,
    /// What could not be read.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub findings: Vec<Finding>,
    /// Fields of later versions, kept.
    #[serde(flatten)]
    pub others: Map<String, Value>,
}

/// What somebody says of a record.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Said {
    /// A title in place of the document's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// A date in place of the document's own, RFC 3339.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub date: Option<String>,
    /// What it is about (ISAD(G) 3.3.1, scope and content).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content: Option<String>,
    /// Fields of later versions, kept.
    #[serde(flatten)]
    pub others: Map<String, Value>,
}

impl Record {
    /// The title it goes by: what an archivist says, else the document's own.
    pub fn known_as(&self) -> &str {
        self.said.as_ref().and_then(|said| said.title.as_deref()).unwrap_or(&self.title)
    }

    /// The date it goes by, RFC 3339.
    pub fn dated(&self) -> Option<&str> {
        self.said.as_ref().and_then(|said| said.date.as_deref()).or(self.date.as_deref())
    }

    /// What an archivist says that it is about.
    pub fn about(&self) -> Option<&str> {
        self.said.as_ref().and_then(|said| said.content.as_deref())
    }
}

/// One byte sequence of a record.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Component {
    /// What it is to the record.
    pub role: Role,
    /// File name.
    pub name: String,
    /// SHA-256 of the plain bytes.
    pub content: ContentId,
    /// Length of the plain bytes.
    pub size: u64,
    /// PRONOM identifier.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub puid: Option<String>,
    /// Media type.
    pub media: String,
    /// Words that `type:` finds.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    /// Where its bytes are.
    pub bytes: Bytes,
    /// Fields of later versions, kept.
    #[serde(flatten)]
    pub others: Map<String, Value>,
}

/// What a component is to its record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// The bytes as captured. Never change.
    Original,
    /// Something inside the original.
    Attachment,
    /// Made from the original by the archive.
    Rendition,
}

/// Where a component's bytes are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Bytes {
    /// In a blob.
    Stored(BlobRef),
    /// Inside another component of the same record, decoded when asked for.
    Part {
        /// That component's number.
        of: u32,
        /// Where in it, for a message the MIME path.
        path: String,
    },
    /// Put together from several blobs. Reserved: today's reader stops on it.
    Recipe(Value),
}

/// A blob and the key that opens it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BlobRef {
    /// The blob.
    pub blob: BlobName,
    /// `AGE-SECRET-KEY-1…`
    pub key: String,
    /// Length of the plain bytes, once opened and decoded.
    pub length: u64,
    /// How the plain bytes were coded before they were sealed; nothing means not at all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub coding: Option<Coding>,
    /// Bytes of padding after the coded bytes. Reserved: today's reader stops unless it is 0.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub padding: u64,
}

fn is_zero(number: &u64) -> bool {
    *number == 0
}

/// How bytes were coded before they were sealed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Coding {
    /// One zstd frame (RFC 8878).
    Zstd,
}

/// The text of a record: the texts of its components one after the other, in one blob.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TextRef {
    /// The blob.
    #[serde(flatten)]
    pub blob: BlobRef,
    /// Component number and length in bytes of its text, in the order of the blob.
    pub spans: Vec<(u32, u64)>,
}

/// What was made of some pages in a row, one after the other in one blob: pictures as JPEG, or words as [`WordsOfPage`]. Made
/// from the original, and may be made anew.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OfPages {
    /// Number of the first page, from 1.
    pub first: u32,
    /// The blob.
    #[serde(flatten)]
    pub blob: BlobRef,
    /// Length in bytes of what is there of each page, in the order of the blob.
    pub lengths: Vec<u64>,
}

/// Plain form of the words of one page: rows, each with the quarters of a circle that it is turned by, and its words: text, left,
/// top, right, bottom, in ten-thousandths of the page.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct WordsOfPage(pub Vec<(u8, Vec<WordOfPage>)>);

/// A word and its box.
pub type WordOfPage = (String, u16, u16, u16, u16);

impl From<&[PageRow]> for WordsOfPage {
    fn from(rows: &[PageRow]) -> Self {
        let word = |word: &PageWord| (word.text.clone(), word.left, word.top, word.right, word.bottom);
        Self(rows.iter().map(|row| (row.turn, row.words.iter().map(word).collect())).collect())
    }
}

impl From<WordsOfPage> for Vec<PageRow> {
    fn from(words: WordsOfPage) -> Self {
        let word = |(text, left, top, right, bottom)| PageWord { text, left, top, right, bottom };
        words.0.into_iter().map(|(turn, words)| PageRow { turn, words: words.into_iter().map(word).collect() }).collect()
    }
}

/// Where and when the same content was seen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Occurrence {
    /// The host or mailbox that it was seen on.
    pub source: String,
    /// Path on the source; lossy where it is not UTF-8.
    pub path: String,
    /// The path's exact bytes in base 64, where it is not UTF-8.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path_base64: Option<String>,
    /// Date of the file, RFC 3339.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub modified: Option<String>,
    /// When it was seen, RFC 3339.
    pub seen: String,
    /// Fields of later versions, kept.
    #[serde(flatten)]
    pub others: Map<String, Value>,
}

/// A class of the classification scheme.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Class {
    /// Reference code, unique, never reused.
    pub code: String,
    /// Title.
    pub title: String,
    /// Fields of later versions, kept.
    #[serde(flatten)]
    pub others: Map<String, Value>,
}

/// A dossier.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dossier {
    /// Reference code, unique, never reused.
    pub code: String,
    /// Title.
    pub title: String,
    /// Fields of later versions, kept.
    #[serde(flatten)]
    pub others: Map<String, Value>,
}

/// A person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    /// The name under which the person is known to the house; unique.
    pub name: String,
    /// What the person may do.
    pub roles: Vec<PersonRole>,
    /// What the person is cleared for.
    pub clearance: Marking,
    /// Searches that the person keeps.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub searches: Vec<SavedSearch>,
    /// Fields of later versions, kept.
    #[serde(flatten)]
    pub others: Map<String, Value>,
}

/// A search that somebody keeps.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SavedSearch {
    /// What the person calls it.
    pub name: String,
    /// What is searched for, as it was typed.
    pub words: String,
}

/// What a person may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PersonRole {
    /// Searches, reads, adds.
    Staff,
    /// Files, describes, opens and closes dossiers, keeps the classification scheme.
    Archivist,
    /// Decides on markings, clearances and mandates; reads the audit.
    Security,
    /// Keeps nodes, keys, jobs and the store.
    Administrator,
}

/// Persons who are given mandates together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Group {
    /// The name under which the group is known to the house; unique, also among those that were dissolved.
    pub name: String,
    /// Why it is there.
    pub reason: String,
    /// Who is in it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub members: Vec<PersonId>,
    /// Fields of later versions, kept.
    #[serde(flatten)]
    pub others: Map<String, Value>,
}

/// Whom a mandate is given to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Whom {
    /// A person.
    Person(PersonId),
    /// Whoever is in a group, for as long as they are.
    Group(GroupId),
    /// The whole house.
    Everyone,
}

/// The whole house, in text.
const EVERYONE: &str = "everyone";

impl From<PersonId> for Whom {
    fn from(id: PersonId) -> Self {
        Self::Person(id)
    }
}

impl From<GroupId> for Whom {
    fn from(id: GroupId) -> Self {
        Self::Group(id)
    }
}

impl fmt::Display for Whom {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Person(id) => id.fmt(out),
            Self::Group(id) => id.fmt(out),
            Self::Everyone => out.write_str(EVERYONE),
        }
    }
}

impl FromStr for Whom {
    type Err = BadId;

    fn from_str(text: &str) -> Result<Self, BadId> {
        match text {
            EVERYONE => Ok(Self::Everyone),
            text if text.starts_with(GroupId::PREFIX) => text.parse().map(Self::Group),
            text => text.parse().map(Self::Person),
        }
    }
}

/// A named need to know.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "MandateForm", into = "MandateForm")]
pub struct Mandate {
    /// Who.
    pub whom: Whom,
    /// On what and all that lies below; nothing is the root: the whole archive, inbox included.
    pub unit: Option<UnitId>,
    /// From when, RFC 3339.
    pub from: String,
    /// Until when, RFC 3339; nothing is until it is ended.
    pub until: Option<String>,
    /// Why.
    pub reason: String,
    /// Fields of later versions, kept.
    pub others: Map<String, Value>,
}

/// A mandate as it is written: exactly one of `person`, `group` and `everyone`.
#[derive(Serialize, Deserialize)]
struct MandateForm {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    person: Option<PersonId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    group: Option<GroupId>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    everyone: bool,
    unit: Option<UnitId>,
    from: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    until: Option<String>,
    reason: String,
    #[serde(flatten)]
    others: Map<String, Value>,
}

impl TryFrom<MandateForm> for Mandate {
    type Error = &'static str;

    fn try_from(form: MandateForm) -> Result<Self, &'static str> {
        let MandateForm { person, group, everyone, unit, from, until, reason, others } = form;
        let whom = match (person, group, everyone) {
            (Some(person), None, false) => Whom::Person(person),
            (None, Some(group), false) => Whom::Group(group),
            (None, None, true) => Whom::Everyone,
            _ => return Err("a mandate that names not one of a person, a group and everyone"),
        };
        Ok(Self { whom, unit, from, until, reason, others })
    }
}

impl From<Mandate> for MandateForm {
    fn from(mandate: Mandate) -> Self {
        let Mandate { whom, unit, from, until, reason, others } = mandate;
        let (person, group, everyone) = match whom {
            Whom::Person(person) => (Some(person), None, false),
            Whom::Group(group) => (None, Some(group), false),
            Whom::Everyone => (None, None, true),
        };
        Self { person, group, everyone, unit, from, until, reason, others }
    }
}

/// How a person signs in. A subject of its own, so that a new password restates nobody, and so that it can die alone.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// The account.
    pub id: AccountId,
    /// Whose it is. A person has one: the last that was made.
    pub person: PersonId,
    /// What the password comes to.
    pub password: Password,
    /// Secret of the second factor (RFC 6238: SHA-1, 30 seconds, 6 digits), in hexadecimal digits.
    pub factor: String,
    /// SHA-256 of each recovery code that was not used, in hexadecimal digits.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub recovery: Vec<String>,
    /// Fields of later versions, kept.
    #[serde(flatten)]
    pub others: Map<String, Value>,
}

/// What it is, and nothing of its secrets.
impl std::fmt::Debug for Account {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "Account({}, {})", self.id, self.person)
    }
}

/// What a password comes to by Argon2id, version 19 (RFC 9106). The password is taken in Unicode's form C.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Password {
    /// Memory, in KiB.
    pub memory: u32,
    /// Passes over it.
    pub passes: u32,
    /// Lanes.
    pub lanes: u32,
    /// Salt, in hexadecimal digits.
    pub salt: String,
    /// 32 bytes, in hexadecimal digits.
    pub hash: String,
}

/// The words of an act.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Words {
    /// Why it was done.
    pub reason: String,
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// A mandate written before there were groups is read and written again as it was; one that names nobody, or several, is
    /// not guessed at.
    #[test]
    fn a_mandate_names_a_person_a_group_or_everyone() {
        let (luc, team) = (PersonId::from_bits(7), GroupId::from_bits(8));
        let form = |who: Value| {
            let mut form = json!({ "unit": null, "from": "2026-11-24T09:00:00Z", "reason": "jardins", "tomorrow": [1] });
            form.as_object_mut().unwrap().extend(who.as_object().unwrap().clone());
            form
        };
        for (who, whom) in [
            (json!({ "person": luc }), Whom::Person(luc)),
            (json!({ "group": team }), Whom::Group(team)),
            (json!({ "everyone": true }), Whom::Everyone),
        ] {
            let read: Mandate = serde_json::from_value(form(who.clone())).unwrap();
            assert_eq!((read.whom, read.others.len()), (whom, 1));
            assert_eq!(serde_json::to_value(read).unwrap(), form(who));
            assert_eq!(whom.to_string().parse(), Ok(whom));
        }
        for who in [
            json!({}),
            json!({ "everyone": false }),
            json!({ "person": luc, "group": team }),
            json!({ "person": luc, "everyone": true }),
        ] {
            assert!(serde_json::from_value::<Mandate>(form(who.clone())).is_err(), "{who}");
        }
        assert!("somebody".parse::<Whom>().is_err());
    }
}
