//! One type per thing that has a name. Each shows its kind in its text form (`rec-…`), so that a
//! paste into the wrong place fails with a sentence instead of finding nothing.

use crate::{Text, text, text::Told};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::{fmt, str::FromStr};

/// Digits of Crockford's base 32, lower case: no `i`, `l`, `o`, `u`.
const DIGITS: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// Length of 128 bits in base 32.
const ID_DIGITS: usize = 26;

/// A text that is not the identifier it should be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{given}` is not {expected}")]
pub struct BadId {
    /// What was given.
    pub given: String,
    /// What would have been right, for instance "a record (rec-…)".
    pub expected: &'static str,
    /// The same in French.
    pub expected_fr: &'static str,
    /// The commands that show such identifiers, if any do.
    pub shown_by: &'static str,
}

impl BadId {
    fn new(given: &str, expected: &'static str, expected_fr: &'static str, shown_by: &'static str) -> Self {
        Self { given: given.to_owned(), expected, expected_fr, shown_by }
    }
}

impl Told for BadId {
    fn problem(&self) -> Text {
        Text {
            en: format!("`{}` is not {}.", self.given, self.expected),
            fr: format!("`{}` n’est pas {}.", self.given, self.expected_fr),
        }
    }

    fn remedy(&self) -> Text {
        text!("Copy it whole from {commands}.", "Copiez-en un entier depuis {commands}.", commands = self.shown_by)
    }
}

fn write_base32(bits: u128, out: &mut fmt::Formatter<'_>) -> fmt::Result {
    let mut digits = [0u8; ID_DIGITS];
    for (place, digit) in digits.iter_mut().rev().enumerate() {
        *digit = DIGITS[((bits >> (5 * place)) & 31) as usize];
    }
    out.write_str(std::str::from_utf8(&digits).map_err(|_| fmt::Error)?)
}

fn read_base32(text: &str) -> Option<u128> {
    let bytes = text.as_bytes();
    // 26 digits hold 130 bits: the first digit may not exceed 7.
    if bytes.len() != ID_DIGITS || bytes[0] > b'7' {
        return None;
    }
    bytes.iter().try_fold(0u128, |bits, byte| {
        let digit = DIGITS.iter().position(|known| known == byte)?;
        Some((bits << 5) | digit as u128)
    })
}

macro_rules! text_form {
    ($name:ident) => {
        impl fmt::Debug for $name {
            fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, out)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                to.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<str>::deserialize(from)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident $prefix:literal $expected:literal $expected_fr:literal $shown_by:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(u128);

        impl $name {
            /// The three letters before the dash.
            pub const PREFIX: &'static str = $prefix;

            /// Makes an identifier out of 128 random bits.
            pub fn from_bits(bits: u128) -> Self {
                Self(bits)
            }

            /// The 128 bits.
            pub fn bits(self) -> u128 {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str(concat!($prefix, "-"))?;
                write_base32(self.0, out)
            }
        }

        impl FromStr for $name {
            type Err = BadId;

            fn from_str(text: &str) -> Result<Self, BadId> {
                text.strip_prefix(concat!($prefix, "-"))
                    .and_then(read_base32)
                    .map(Self)
                    .ok_or_else(|| BadId::new(text, $expected, $expected_fr, $shown_by))
            }
        }

        text_form!($name);
    )*};
}

ids! {
    /// An archive, named once at `init`.
    ArchiveId "arc" "an archive (arc-…)" "un fonds d’archives (arc-…)" "`chartrier init`";
    /// A record (pièce).
    RecordId "rec" "a record (rec-…)" "une pièce (rec-…)" "`chartrier list`";
    /// A class of the classification scheme.
    ClassId "cls" "a class (cls-…)" "une classe (cls-…)" "`chartrier class list`";
    /// A dossier.
    DossierId "dos" "a dossier (dos-…)" "un dossier (dos-…)" "`chartrier dossier list`";
    /// A person.
    PersonId "per" "a person (per-…)" "une personne (per-…)" "`chartrier person list`";
    /// A mandate: a need to know.
    MandateId "mdt" "a mandate (mdt-…)" "un mandat (mdt-…)" "`chartrier mandate list`";
    /// A group of persons.
    GroupId "grp" "a group (grp-…)" "un groupe (grp-…)" "`chartrier group list`";
    /// An account: how a person signs in.
    AccountId "acc" "an account (acc-…)" "un compte (acc-…)" "`chartrier person list`";
    /// An act: what was decided or done.
    ActId "act" "an act (act-…)" "un acte (act-…)" "`chartrier show`";
    /// A label: the cryptographic side of one exact marking. Says nothing about the marking.
    LabelId "lbl" "a label (lbl-…)" "une étiquette (lbl-…)" "`chartrier key list`";
    /// A node: a process that writes or reads the store under its own keys.
    NodeId "nod" "a node (nod-…)" "un poste (nod-…)" "`chartrier key list`";
    /// A recovery recipient: a sheet of paper in a safe.
    RecoveryId "rcv" "a recovery recipient (rcv-…)" "un destinataire de secours (rcv-…)" "`chartrier key list`";
    /// A file on its way in. Known to one home only, and never stored.
    UploadId "upl" "an upload (upl-…)" "un envoi (upl-…)" "the page that adds";
}

/// Whatever can be described, and has a key of its own.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SubjectId {
    /// A class.
    Class(ClassId),
    /// A dossier.
    Dossier(DossierId),
    /// A record.
    Record(RecordId),
    /// A person.
    Person(PersonId),
    /// A mandate.
    Mandate(MandateId),
    /// An act whose reason is told in words.
    Act(ActId),
    /// An account.
    Account(AccountId),
    /// A group.
    Group(GroupId),
}

/// A node of the filing tree.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum UnitId {
    /// A class.
    Class(ClassId),
    /// A dossier.
    Dossier(DossierId),
    /// A record.
    Record(RecordId),
}

/// Whoever may hold a label's identity.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum HolderId {
    /// A node.
    Node(NodeId),
    /// A recovery recipient.
    Recovery(RecoveryId),
}

macro_rules! sum {
    ($sum:ident $expected:literal $expected_fr:literal $shown_by:literal { $($variant:ident $name:ident $code:literal),* }) => {
        impl $sum {
            /// The kind as one byte and the 128 bits, for compact keys.
            pub fn parts(self) -> (u8, u128) {
                match self { $(Self::$variant(id) => ($code, id.bits()),)* }
            }

            /// The inverse of [`Self::parts`].
            pub fn from_parts(kind: u8, bits: u128) -> Option<Self> {
                match kind { $($code => Some(Self::$variant($name::from_bits(bits))),)* _ => None }
            }
        }

        impl fmt::Display for $sum {
            fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self { $(Self::$variant(id) => id.fmt(out),)* }
            }
        }

        impl FromStr for $sum {
            type Err = BadId;

            fn from_str(text: &str) -> Result<Self, BadId> {
                match text.split('-').next().unwrap_or_default() {
                    $($name::PREFIX => text.parse().map(Self::$variant),)*
                    _ => Err(BadId::new(text, $expected, $expected_fr, $shown_by)),
                }
            }
        }

        $(impl From<$name> for $sum {
            fn from(id: $name) -> Self {
                Self::$variant(id)
            }
        })*

        text_form!($sum);
    };
}

sum!(SubjectId "a subject (rec-…, dos-…, cls-…, per-…, grp-…, mdt-…, act-…, acc-…)" "un sujet (rec-…, dos-…, cls-…, per-…, grp-…, mdt-…, act-…, acc-…)" "`chartrier list`" {
    Class ClassId 1, Dossier DossierId 2, Record RecordId 3, Person PersonId 4, Mandate MandateId 5, Act ActId 6, Account AccountId 7, Group GroupId 8
});
sum!(UnitId "a unit (rec-…, dos-…, cls-…)" "une unité (rec-…, dos-…, cls-…)" "`chartrier list`" { Class ClassId 1, Dossier DossierId 2, Record RecordId 3 });

sum!(HolderId "a server or a recovery recipient (nod-…, rcv-…)" "un serveur ou un destinataire de secours (nod-…, rcv-…)" "`chartrier key list`" { Node NodeId 1, Recovery RecoveryId 2 });

impl From<UnitId> for SubjectId {
    fn from(unit: UnitId) -> Self {
        match unit {
            UnitId::Class(id) => Self::Class(id),
            UnitId::Dossier(id) => Self::Dossier(id),
            UnitId::Record(id) => Self::Record(id),
        }
    }
}

impl SubjectId {
    /// The unit, where the subject is one.
    #[must_use]
    pub fn unit(self) -> Option<UnitId> {
        let (kind, bits) = self.parts();
        UnitId::from_parts(kind, bits)
    }
}

macro_rules! digests {
    ($($(#[$doc:meta])* $name:ident $expected:literal $expected_fr:literal $shown_by:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name([u8; 32]);

        impl $name {
            /// Wraps a SHA-256 digest.
            pub fn from_digest(digest: [u8; 32]) -> Self {
                Self(digest)
            }

            /// The 32 bytes.
            pub fn digest(&self) -> &[u8; 32] {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                let mut text = [0u8; 64];
                for (pair, byte) in text.chunks_exact_mut(2).zip(self.0) {
                    pair[0] = b"0123456789abcdef"[usize::from(byte >> 4)];
                    pair[1] = b"0123456789abcdef"[usize::from(byte & 15)];
                }
                out.write_str(std::str::from_utf8(&text).map_err(|_| fmt::Error)?)
            }
        }

        impl FromStr for $name {
            type Err = BadId;

            fn from_str(text: &str) -> Result<Self, BadId> {
                read_hex(text)
                    .map(Self)
                    .ok_or_else(|| BadId::new(text, $expected, $expected_fr, $shown_by))
            }
        }

        text_form!($name);
    )*};
}

/// 32 bytes from 64 lower-case hexadecimal digits.
pub fn read_hex(text: &str) -> Option<[u8; 32]> {
    read_hex_slice(text)?.try_into().ok()
}

/// Bytes from lower-case hexadecimal digits.
pub fn read_hex_slice(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    };
    let bytes = text.as_bytes();
    if !bytes.len().is_multiple_of(2) {
        return None;
    }
    bytes.chunks_exact(2).map(|pair| Some(digit(pair[0])? << 4 | digit(pair[1])?)).collect()
}

/// Lower-case hexadecimal digits of any bytes.
pub fn write_hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

digests! {
    /// SHA-256 of **plain** bytes: a record's content address. Known only inside entries and the catalog.
    ContentId "64 hexadecimal digits" "un nombre de 64 chiffres hexadécimaux" "`chartrier list`";
    /// Name of a blob: SHA-256 of its stored bytes; of a blob that continues through several
    /// objects, SHA-256 of their names one after the other.
    BlobName "the name of a blob: 64 hexadecimal digits" "le nom d’un bloc : 64 chiffres hexadécimaux" "`chartrier verify`";
    /// Name of a stored object, key page or grant: SHA-256 of its stored bytes.
    ObjectName "the name of a stored file: 64 hexadecimal digits" "le nom d’un fichier du dépôt : 64 chiffres hexadécimaux" "`chartrier verify`";
    /// SHA-256 of a segment's stored bytes.
    SegmentHash "the hash of a segment: 64 hexadecimal digits" "l’empreinte d’un segment : 64 chiffres hexadécimaux" "`chartrier verify`";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_reads_back_and_shows_its_kind() {
        for bits in [0, 1, u128::MAX, 0x0123_4567_89ab_cdef_0123_4567_89ab_cdef] {
            let id = RecordId::from_bits(bits);
            assert_eq!(id.to_string().len(), 4 + ID_DIGITS);
            assert_eq!(id.to_string().parse(), Ok(id));
            assert_eq!(id.to_string().parse::<SubjectId>(), Ok(SubjectId::Record(id)));
            assert!(id.to_string().parse::<ClassId>().is_err());
        }
        assert!("rec-8zzzzzzzzzzzzzzzzzzzzzzzzz".parse::<RecordId>().is_err());
        assert!("rec-0000000000000000000000000u".parse::<RecordId>().is_err());
    }

    #[test]
    fn a_digest_reads_back() {
        let name = BlobName::from_digest([0xa5; 32]);
        assert_eq!(name.to_string().parse(), Ok(name));
        assert!("A5".repeat(32).parse::<BlobName>().is_err());
    }
}
