//! What the journal tells under a label: guides, and the acts in them. An act stays when its subjects are gone, and therefore
//! holds no title, no name and no free text.

use crate::{ActId, BlobName, GroupId, HolderId, LabelId, MandateId, Marking, PersonId, SubjectId, UnitId};
use serde::{Deserialize, Serialize};

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
    /// A group was dissolved: it has no members any more, and can be given nothing. Its mandates are ended by acts of their own.
    Dissolve {
        /// The group.
        group: GroupId,
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
            Self::Dissolve { group } => vec![(*group).into()],
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
