//! A draft: what a verb wants to write, gathered before anything is. Committing it is another room.

use crate::{
    Result, error,
    keys::Label,
    seal::{Recipient, SealedBlob, SecretKey, seal},
    store::StoredName,
};
use chartrier_schemas::{
    ActId, BlobName, HolderId, LabelId, PersonId, SubjectId,
    persisted::v1::{self, Act, Arrival, Deed, Notice},
};
use std::collections::BTreeMap;

/// What a verb wants to write.
#[derive(Default)]
pub(super) struct Draft {
    /// Entries and blobs by label.
    pub(super) labels: BTreeMap<LabelId, LabelDraft>,
    /// Packs whose objects are durable already: large originals.
    pub(super) packs: Vec<v1::Pack>,
    /// Nodes, labels and recovery recipients to declare.
    pub(super) declares: v1::Declarations,
    /// The root key's word, in the first segment of a chain.
    pub(super) appointment: Option<serde_json::Value>,
    /// Labels made or rotated here; their identities are kept.
    pub(super) new_labels: Vec<Label>,
    /// Grants to make.
    pub(super) grants: Vec<(Label, HolderId, Recipient)>,
    /// Blobs that lay in the store before, moved as they are.
    pub(super) moved: Vec<SealedBlob>,
    /// Files to retire, beside the pages that merging retires.
    pub(super) retires: Vec<StoredName>,
    /// Labels whose pages must all be written anew.
    pub(super) reseal: Vec<LabelId>,
}

/// What a draft writes under one label.
#[derive(Default)]
pub(super) struct LabelDraft {
    /// Descriptions: subject, plain, sealed.
    pub(super) descriptions: Vec<(SubjectId, v1::Description, SealedBlob)>,
    /// New keys of subjects.
    pub(super) keys: Vec<(SubjectId, SecretKey)>,
    /// Acts.
    pub(super) acts: Vec<Act>,
    /// Subjects that come from another label, with all their keys.
    pub(super) arrives: Vec<(Arrival, Vec<SecretKey>)>,
    /// Subjects that go to another label.
    pub(super) leaves: Vec<SubjectId>,
    /// Texts, images and originals, in this order.
    pub(super) blobs: [Vec<SealedBlob>; 3],
}

/// Which shelf of an object a blob lies on: what a rebuild reads comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shelf {
    /// Text.
    Text = 0,
    /// A picture that the engine made.
    Image = 1,
    /// Original bytes.
    Original = 2,
}

impl LabelDraft {
    /// Describes a subject for the first time, or anew with a key that it has.
    pub(super) fn describe(&mut self, subject: SubjectId, notice: Notice, known: Option<&SecretKey>) -> Result<()> {
        let key = match known {
            Some(key) => key.clone(),
            None => {
                let key = SecretKey::generate()?;
                self.keys.push((subject, key.clone()));
                key
            }
        };
        let description = v1::Description { format: v1::FORMAT, subject, notice };
        let plain = serde_json::to_vec(&description).map_err(error::bug)?;
        let sealed = seal(&plain, &key)?;
        self.descriptions.push((subject, description, sealed));
        Ok(())
    }

    /// Adds a blob.
    pub(super) fn shelve(&mut self, shelf: Shelf, blob: SealedBlob) {
        self.blobs[shelf as usize].push(blob);
    }

    /// Takes everything of another draft of the same label.
    pub(super) fn append(&mut self, other: Self) {
        let Self { descriptions, keys, acts, arrives, leaves, blobs } = other;
        self.descriptions.extend(descriptions);
        self.keys.extend(keys);
        self.acts.extend(acts);
        self.arrives.extend(arrives);
        self.leaves.extend(leaves);
        self.blobs.iter_mut().zip(blobs).for_each(|(own, more)| own.extend(more));
    }

    /// Adds an act, with its words where it has a reason.
    pub(super) fn act(&mut self, id: ActId, by: PersonId, at: String, deed: Deed, reason: Option<&str>) -> Result<()> {
        self.acts.push(Act { id, by, at, deed });
        match reason {
            Some(reason) => self.describe(id.into(), Notice::Act(v1::Words { reason: reason.to_owned() }), None),
            None => Ok(()),
        }
    }

    /// The guide that tells all this.
    pub(super) fn guide(&self) -> v1::Guide {
        v1::Guide {
            format: v1::FORMAT,
            descriptions: self.descriptions.iter().map(|(subject, _, blob)| (*subject, blob.name())).collect(),
            acts: self.acts.clone(),
            arrives: self.arrives.iter().map(|(arrival, _)| arrival.clone()).collect(),
            leaves: self.leaves.clone(),
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.descriptions.is_empty() && self.acts.is_empty() && self.arrives.is_empty() && self.leaves.is_empty()
    }
}

impl Draft {
    /// What is written under a label.
    pub(super) fn label(&mut self, label: LabelId) -> &mut LabelDraft {
        self.labels.entry(label).or_default()
    }

    /// The descriptions that it holds, by blob: what its projection needs.
    pub(super) fn descriptions(&self) -> std::collections::HashMap<BlobName, v1::Description> {
        self.labels
            .values()
            .flat_map(|draft| &draft.descriptions)
            .map(|(_, description, blob)| (blob.name(), description.clone()))
            .collect()
    }
}

/// A new act's id.
pub(super) fn act_id() -> Result<ActId> {
    crate::seal::random_bits().map(ActId::from_bits)
}
