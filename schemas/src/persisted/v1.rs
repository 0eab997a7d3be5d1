//! Format 1. Suite: age v1 with X25519 recipients, Ed25519, SHA-256, zstd, JSON in UTF-8.
//!
//! Two rules hold everywhere. An unknown **field** is kept: it is ignored on reading and, in
//! descriptions, written again. An unknown **kind** (of description, act, component, node, coding)
//! stops the reader, because guessing would misread the archive.

use crate::{
    AccountId, ActId, ArchiveId, BlobName, ContentId, Finding, HolderId, LabelId, Level, MandateId, Marking, NodeId, ObjectName,
    PersonId, RecoveryId, SegmentHash, SubjectId, UnitId,
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// The format version that this module writes.
pub const FORMAT: u32 = 1;

/// Name of the only suite for recipients: X25519 as in age v1.
pub const SUITE: &str = "age-x25519";

/// A stored object holds at most this many bytes (32 MiB).
pub const OBJECT_BYTES: u64 = 32 << 20;

/// A key page holds at most this many keys.
pub const PAGE_KEYS: usize = 4096;

/// Body of `archive.json`, signed by the root key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ArchiveDeed {
    /// Format version.
    pub format: u32,
    /// The archive.
    pub archive: ArchiveId,
    /// When it was made, RFC 3339.
    pub created: String,
    /// Public half of the root signing key: 64 hexadecimal digits.
    pub root_key: String,
    /// The highest level that the archive may hold.
    pub ceiling: Level,
}

/// Body of an appointment: the root key names a registrar.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Appointment {
    /// Format version.
    pub format: u32,
    /// The archive.
    pub archive: ArchiveId,
    /// The new registrar.
    pub registrar: NodeId,
    /// Its Ed25519 public key: 64 hexadecimal digits.
    pub signing_key: String,
    /// The head of the chain that it continues; nothing for the first registrar.
    pub succeeds: Option<Head>,
    /// When, RFC 3339.
    pub time: String,
}

/// A position in a chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    /// The chain.
    pub node: NodeId,
    /// Number of the segment, from 1.
    pub seq: u64,
    /// Hash of that segment's stored bytes.
    pub hash: SegmentHash,
}

/// Body of a segment: one commit, in clear, signed by its node.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Segment {
    /// Format version.
    pub format: u32,
    /// The archive.
    pub archive: ArchiveId,
    /// The chain that it belongs to.
    pub node: NodeId,
    /// Its number in the chain, from 1.
    pub seq: u64,
    /// Hash of the segment before; nothing for the first of a chain.
    pub previous: Option<SegmentHash>,
    /// When it was signed, RFC 3339.
    pub time: String,
    /// The root key's word for this node: in the first segment of a registrar's chain.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub appointment: Option<Value>,
    /// What is declared.
    #[serde(default, skip_serializing_if = "Declarations::is_empty")]
    pub declares: Declarations,
    /// Blobs added, and the objects that carry them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub packs: Vec<Pack>,
    /// Key pages added.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pages: Vec<Page>,
    /// Grants added.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub grants: Vec<Grant>,
    /// The guide of each label that has entries here: a blob of this segment's packs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub guides: Vec<(LabelId, BlobName)>,
    /// Stored files that are no longer part of the archive: `objects/…`, `keys/…`, `grants/…`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub retires: Vec<String>,
    /// Blobs that are no longer part of the archive.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub drops: Vec<BlobName>,
    /// Segments of other nodes taken into the archive. Reserved: format 1 as written today has none,
    /// and a reader that meets one stops.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub accepts: Vec<Value>,
    /// Segments of other nodes refused. Reserved like `accepts`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub refuses: Vec<Value>,
}

/// A run of bytes: blobs end to end, carried by one object, or by several consecutive ones when a
/// single blob is larger than an object. The sizes of the objects add up to those of the blobs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pack {
    /// Objects in order: name and size in bytes.
    pub objects: Vec<(ObjectName, u64)>,
    /// Blobs in order: name and size in bytes.
    pub blobs: Vec<(BlobName, u64)>,
}

/// A stored key page, `keys/<label>/<name>`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Page {
    /// The label that opens it.
    pub label: LabelId,
    /// SHA-256 of the stored bytes.
    pub name: ObjectName,
    /// Size in bytes.
    pub size: u64,
}

/// A stored grant, `grants/<name>`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grant {
    /// The label whose identity it holds.
    pub label: LabelId,
    /// Which of the label's key pairs, from 1.
    pub generation: u32,
    /// Who can open it.
    pub to: HolderId,
    /// SHA-256 of the stored bytes.
    pub name: ObjectName,
    /// Size in bytes.
    pub size: u64,
}

/// What a registrar declares: whom to trust with what.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Declarations {
    /// Nodes, new or restated.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub nodes: Vec<NodeDeclaration>,
    /// Labels, each time they get a key pair.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub labels: Vec<LabelDeclaration>,
    /// Recovery recipients.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub recoveries: Vec<RecoveryDeclaration>,
    /// Holders that no longer are: no grant may be made to them from here on.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub withdraws: Vec<HolderId>,
}

impl Declarations {
    fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// A node and its public keys.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NodeDeclaration {
    /// The node.
    pub id: NodeId,
    /// What it may do.
    pub role: NodeRole,
    /// Its Ed25519 public key: 64 hexadecimal digits.
    pub signing_key: String,
    /// Suite of the recipient.
    pub suite: String,
    /// Its age recipient (`age1…`).
    pub recipient: String,
}

/// What a node may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum NodeRole {
    /// Writes everything; its chain orders the archive.
    Registrar,
    /// Adds, never reads. Reserved: today's reader stops on it.
    Depositor,
    /// Reads, never writes.
    Reader,
}

/// A label's current key pair.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LabelDeclaration {
    /// The label.
    pub id: LabelId,
    /// Number of the key pair, from 1.
    pub generation: u32,
    /// Suite of the recipient.
    pub suite: String,
    /// The age recipient (`age1…`) that its pages are sealed to.
    pub recipient: String,
}

/// A recovery recipient.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecoveryDeclaration {
    /// The recovery recipient.
    pub id: RecoveryId,
    /// Suite of the recipient.
    pub suite: String,
    /// The age recipient (`age1…`).
    pub recipient: String,
}

/// Plain form of a grant: a label's identity and what the label stands for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GrantBody {
    /// Format version.
    pub format: u32,
    /// The label.
    pub label: LabelId,
    /// Number of the key pair.
    pub generation: u32,
    /// What the label is for.
    pub purpose: Purpose,
    /// `AGE-SECRET-KEY-1…`
    pub identity: String,
}

/// What a label is for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Purpose {
    /// Everything that bears exactly this marking.
    Marking(Marking),
    /// Disclosures of marked records.
    Audit,
}

/// Plain form of a key page.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PageBody {
    /// Format version.
    pub format: u32,
    /// Keys of subjects (`AGE-SECRET-KEY-1…`), oldest first; the last seals what is written next.
    #[serde(default)]
    pub subjects: BTreeMap<SubjectId, Vec<String>>,
    /// Keys of guides by segment, `<node>/<seq>`.
    #[serde(default)]
    pub segments: BTreeMap<String, String>,
}

impl PageBody {
    /// How many keys it holds.
    pub fn keys(&self) -> usize {
        self.segments.len() + self.subjects.values().map(Vec::len).sum::<usize>()
    }
}

/// Plain form of a guide: the entries of one segment under one label.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Guide {
    /// Format version.
    pub format: u32,
    /// Which blob describes which subject.
    #[serde(default)]
    pub descriptions: Vec<(SubjectId, BlobName)>,
    /// What was decided or done.
    #[serde(default)]
    pub acts: Vec<Act>,
    /// Subjects that come from another label, with what a reader of this label must know of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub arrives: Vec<Arrival>,
    /// Subjects that go to another label.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub leaves: Vec<SubjectId>,
}

/// A subject that comes from another label.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Arrival {
    /// The subject.
    pub subject: SubjectId,
    /// The blob that describes it.
    pub description: BlobName,
    /// Where it is filed.
    pub place: Option<UnitId>,
    /// Its acts so far, each naming this subject only.
    pub acts: Vec<Act>,
}

/// One act: what was decided or done, by whom, when. Stays when its subjects are gone. Words (a
/// reason) are the description of the act itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Act {
    /// The act; the same id under each label that it concerns.
    pub id: ActId,
    /// Who.
    pub by: PersonId,
    /// When, RFC 3339.
    pub at: String,
    /// What.
    pub deed: Deed,
}

/// What an act did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Deed {
    /// Records were captured.
    Capture {
        /// The records.
        records: Vec<SubjectId>,
        /// Where they were filed; nothing is the inbox.
        into: Option<UnitId>,
    },
    /// The same content was seen elsewhere.
    Observe {
        /// The records.
        records: Vec<SubjectId>,
    },
    /// A subject was made.
    Create {
        /// The subject.
        subject: SubjectId,
        /// For a unit, what it lies under; nothing is the root.
        under: Option<UnitId>,
    },
    /// A subject was described anew.
    Describe {
        /// The subjects.
        subjects: Vec<SubjectId>,
    },
    /// Records were filed.
    File {
        /// The units.
        units: Vec<SubjectId>,
        /// Where; nothing is the inbox.
        into: Option<UnitId>,
    },
    /// Units were marked.
    Mark {
        /// The units.
        units: Vec<SubjectId>,
        /// The new marking.
        marking: Marking,
    },
    /// A dossier was closed.
    Close {
        /// The dossier.
        dossier: SubjectId,
    },
    /// A dossier was opened again.
    Reopen {
        /// The dossier.
        dossier: SubjectId,
    },
    /// A mandate was ended before its time.
    End {
        /// The mandate.
        mandate: MandateId,
    },
    /// A marked record's bytes or text were given to someone.
    Disclose {
        /// The record.
        record: SubjectId,
        /// Which component, from 1.
        component: u32,
    },
    /// How a person signs in was decided or changed.
    Access {
        /// The person.
        person: PersonId,
        /// What was done.
        change: AccessChange,
    },
    /// A label got a new key pair.
    Rotate {
        /// The label.
        label: LabelId,
        /// Number of the new key pair.
        generation: u32,
    },
    /// A server or recovery recipient was added.
    Admit {
        /// The holder.
        holder: HolderId,
    },
    /// A server or recovery recipient was removed.
    Withdraw {
        /// The holder.
        holder: HolderId,
    },
}

/// What was done to the way in which a person signs in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AccessChange {
    /// An invitation to make an account was handed out.
    Invite,
    /// A link that signs in as this person was handed out to somebody else.
    Link,
    /// The person made an account. One that was there before is over.
    Make,
    /// The password was changed.
    Password,
    /// The second factor was set up anew.
    Factor,
    /// A recovery code was used up.
    Recover,
    /// The account was ended.
    End,
}

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
    pub images: Vec<PageImages>,
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

/// Pictures of some pages in a row, as JPEG, one after the other in one blob. Made from the original, and may be made anew.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PageImages {
    /// Number of the first page, from 1.
    pub first: u32,
    /// The blob.
    #[serde(flatten)]
    pub blob: BlobRef,
    /// Length in bytes of each page's picture, in the order of the blob.
    pub lengths: Vec<u64>,
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

/// A named need to know.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mandate {
    /// Who.
    pub person: PersonId,
    /// On what and all that lies below; nothing is the root: the whole archive, inbox included.
    pub unit: Option<UnitId>,
    /// From when, RFC 3339.
    pub from: String,
    /// Until when, RFC 3339; nothing is until it is ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
    /// Why.
    pub reason: String,
    /// Fields of later versions, kept.
    #[serde(flatten)]
    pub others: Map<String, Value>,
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

impl Deed {
    /// The subjects that it names.
    pub fn subjects(&self) -> Vec<SubjectId> {
        match self {
            Self::Capture { records, .. } | Self::Observe { records } => records.clone(),
            Self::Describe { subjects } => subjects.clone(),
            Self::File { units, .. } | Self::Mark { units, .. } => units.clone(),
            Self::Create { subject, .. } => vec![*subject],
            Self::Close { dossier } | Self::Reopen { dossier } => vec![*dossier],
            Self::End { mandate } => vec![(*mandate).into()],
            Self::Disclose { record, .. } => vec![*record],
            Self::Access { person, .. } => vec![(*person).into()],
            Self::Rotate { .. } | Self::Admit { .. } | Self::Withdraw { .. } => Vec::new(),
        }
    }

    /// The same deed, naming one subject only.
    #[must_use]
    pub fn narrowed(&self, to: SubjectId) -> Self {
        let mut deed = self.clone();
        match &mut deed {
            Self::Capture { records: subjects, .. }
            | Self::Observe { records: subjects }
            | Self::Describe { subjects }
            | Self::File { units: subjects, .. }
            | Self::Mark { units: subjects, .. } => *subjects = vec![to],
            _ => {}
        }
        deed
    }
}
