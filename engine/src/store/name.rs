//! Names of stored files: what `FORMAT.md` calls the layout, in one type.

use chartrier_schemas::{LabelId, NodeId, ObjectName, SegmentHash};
use std::fmt;

/// The name of a stored file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StoredName {
    /// `archive.json`
    Archive,
    /// `journal/<node>/<seq>-<hash>`
    Segment(NodeId, u64, SegmentHash),
    /// `objects/ab/ab12…`
    Object(ObjectName),
    /// `keys/<label>/<name>`
    Page(LabelId, ObjectName),
    /// `grants/<name>`
    Grant(ObjectName),
}

impl fmt::Display for StoredName {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Archive => out.write_str("archive.json"),
            // Ten digits: names sort as numbers do.
            Self::Segment(node, seq, hash) => write!(out, "journal/{node}/{seq:010}-{hash}"),
            Self::Object(name) => write!(out, "objects/{:02x}/{name}", name.digest()[0]),
            Self::Page(label, name) => write!(out, "keys/{label}/{name}"),
            Self::Grant(name) => write!(out, "grants/{name}"),
        }
    }
}

impl StoredName {
    /// Reads a path; nothing where no stored file is called that.
    pub fn parse(path: &str) -> Option<Self> {
        let name = match path.split('/').collect::<Vec<_>>()[..] {
            ["archive.json"] => Self::Archive,
            ["journal", node, file] => {
                let (seq, hash) = file.split_once('-')?;
                Self::Segment(node.parse().ok()?, seq.parse().ok()?, hash.parse().ok()?)
            }
            ["objects", _, name] => Self::Object(name.parse().ok()?),
            ["keys", label, name] => Self::Page(label.parse().ok()?, name.parse().ok()?),
            ["grants", name] => Self::Grant(name.parse().ok()?),
            _ => return None,
        };
        // One spelling only: `objects/ff/00…` or a short sequence number is nobody's name.
        (name.to_string() == path).then_some(name)
    }

    /// Whether a segment may retire it: the deed and the segments themselves stay for ever.
    pub fn is_retirable(&self) -> bool {
        !matches!(self, Self::Archive | Self::Segment(..))
    }

    /// The digest that its bytes must have, where the name says it.
    pub fn digest(&self) -> Option<&[u8; 32]> {
        match self {
            Self::Archive => None,
            Self::Segment(_, _, hash) => Some(hash.digest()),
            Self::Object(name) | Self::Page(_, name) | Self::Grant(name) => Some(name.digest()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_have_one_spelling() {
        let object = ObjectName::from_digest([0xab; 32]);
        let node = NodeId::from_bits(7);
        let hash = SegmentHash::from_digest([1; 32]);
        for name in [
            StoredName::Archive,
            StoredName::Segment(node, 12, hash),
            StoredName::Object(object),
            StoredName::Page(LabelId::from_bits(3), object),
            StoredName::Grant(object),
        ] {
            assert_eq!(StoredName::parse(&name.to_string()), Some(name));
        }
        assert_eq!(StoredName::parse(&format!("objects/ff/{object}")), None);
        assert_eq!(StoredName::parse(&format!("journal/{node}/12-{hash}")), None);
        assert_eq!(StoredName::parse("objects/ab/../x"), None);
    }
}
