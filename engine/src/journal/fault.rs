//! Faults: what a verification can find, each with its name, what it means and what to do.

use chartrier_schemas::{Text, text};

/// Kinds of fault, as they are written in the JSON of `verify`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum FaultKind {
    /// A file that must be there is not.
    Missing,
    /// A file's bytes are not those that its name or signature promises.
    Damaged,
    /// A file that was retired is back.
    Returned,
    /// A segment's signature is not its node's.
    Forged,
    /// A segment does not continue the one before.
    Broken,
    /// Two segments claim one place in a chain.
    Forked,
    /// A segment says something that its node may not say.
    Unlawful,
    /// A segment that a registrar wrote after another one had taken over: no part of the archive, and no reason to stop reading.
    Late,
    /// The chain does not hold a head that is remembered.
    RolledBack,
    /// A blob does not open, or not to what its description promises.
    Unreadable,
    /// The catalog says something else than the journal.
    Disagrees,
}

impl FaultKind {
    /// The word for machines.
    pub fn code(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Damaged => "damaged",
            Self::Returned => "returned",
            Self::Forged => "forged",
            Self::Broken => "broken",
            Self::Forked => "forked",
            Self::Unlawful => "unlawful",
            Self::Late => "late",
            Self::RolledBack => "rolled_back",
            Self::Unreadable => "unreadable",
            Self::Disagrees => "disagrees",
        }
    }
}

/// One fault.
#[derive(Clone, Debug)]
pub struct Fault {
    /// Its kind.
    pub kind: FaultKind,
    /// The stored file, or the blob in it.
    pub name: String,
    /// What is wrong.
    pub problem: Text,
    /// What to do.
    pub remedy: Text,
}

impl Fault {
    /// Names a fault.
    pub fn new(kind: FaultKind, name: impl ToString, why: Text) -> Self {
        Self { kind, name: name.to_string(), problem: why, remedy: remedy(kind) }
    }

    /// The fault as an error that stops the work.
    pub fn into_error(self) -> crate::Error {
        crate::Error {
            kind: crate::Kind::Corrupt,
            problem: Text {
                en: format!("{}: {}", self.name, self.problem.en),
                fr: format!("{} : {}", self.name, self.problem.fr),
            },
            remedy: self.remedy,
        }
    }
}

fn remedy(kind: FaultKind) -> Text {
    match kind {
        FaultKind::Missing | FaultKind::Damaged | FaultKind::Unreadable => text!(
            "Put this file back from another copy of the store, then verify again.",
            "Remettez ce fichier depuis une autre copie du dépôt, puis vérifiez de nouveau."
        ),
        FaultKind::Returned => text!(
            "This file was taken out of the archive and must not be in the store: remove it, and find out how it came back.",
            "Ce fichier a été retiré des archives et ne doit plus être dans le dépôt : supprimez-le, et cherchez comment il est revenu."
        ),
        FaultKind::Forged | FaultKind::Forked | FaultKind::Unlawful => text!(
            "Somebody wrote into the store who is not this archive's registrar: keep a copy of the file as evidence, call the security officer, put the journal back from another copy.",
            "Quelqu’un d’autre que le greffe de ces archives a écrit dans le dépôt : gardez une copie du fichier comme preuve, prévenez l’officier de sécurité, remettez le journal depuis une autre copie."
        ),
        FaultKind::Late => text!(
            "A home was still writing when another took the archive over, and what this segment adds is no part of it: bring in again what came in there last, then keep the file elsewhere and remove it from the journal.",
            "Un poste écrivait encore quand un autre a repris les archives, et ce que ce segment ajoute n’en fait pas partie : versez de nouveau ce qui y est entré en dernier, puis gardez le fichier ailleurs et retirez-le du journal."
        ),
        FaultKind::Broken => text!(
            "A segment before this one is missing or damaged: put it back from another copy of the store.",
            "Un segment antérieur manque ou est endommagé : remettez-le depuis une autre copie du dépôt."
        ),
        FaultKind::RolledBack => text!(
            "The store is an earlier state of itself: put the later segments and files back from another copy.",
            "Le dépôt est revenu à un état antérieur : remettez les segments et fichiers postérieurs depuis une autre copie."
        ),
        FaultKind::Disagrees => text!(
            "Run `chartrier rebuild`: the catalog is made anew from the store.",
            "Lancez `chartrier rebuild` : le catalogue est refait à partir du dépôt."
        ),
    }
}
