//! Format 1. Suite: age v1 with X25519 recipients, Ed25519, SHA-256, zstd, JSON in UTF-8.
//!
//! Two rules hold everywhere. An unknown **field** is kept: it is ignored on reading and, in
//! descriptions, written again. An unknown **kind** (of description, act, component, node, coding)
//! stops the reader, because guessing would misread the archive.
//!
//! Here is what lies in the store in the open or under a key: deeds, segments, grants and pages. What they tell is `act`, what
//! they describe is `notice`.

mod act;
mod notice;

pub use act::{AccessChange, Act, Arrival, Deed, Guide};
pub use notice::{
    Account, BlobRef, Bytes, Class, Coding, Component, Description, Dossier, Group, Mandate, Notice, Occurrence, OfPages,
    Password, Person, PersonRole, Record, Role, Said, SavedSearch, TextRef, Whom, WordOfPage, Words, WordsOfPage,
};

use crate::{ArchiveId, BlobName, HolderId, LabelId, Level, Marking, NodeId, ObjectName, RecoveryId, SegmentHash, SubjectId};
use serde::{Deserialize, Serialize};
use serde_json::Value;
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
