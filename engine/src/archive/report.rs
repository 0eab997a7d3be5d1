//! Reports: what lies in the archive, counted over what a session may know.

use super::Archive;
use crate::{Result, policy::Session};
use std::collections::BTreeMap;

/// Originals of one format.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FormatCount {
    /// Records.
    pub records: u64,
    /// Bytes of their originals.
    pub bytes: u64,
    /// How many of them have a finding, by its number.
    pub findings: BTreeMap<u16, u64>,
}

impl Archive {
    /// Records that a query matches, counted by PRONOM identifier; nothing is an original that was not identified.
    pub fn formats(&self, session: &Session, words: &str) -> Result<BTreeMap<Option<String>, FormatCount>> {
        let (_, units) = self.matches(session, words)?;
        let mut formats: BTreeMap<Option<String>, FormatCount> = BTreeMap::new();
        for unit in units {
            let Some(row) = self.catalog().unit(unit)? else { continue };
            let count = formats.entry(row.puid).or_default();
            count.records += 1;
            count.bytes += row.size.unwrap_or(0);
            for finding in row.words.findings {
                *count.findings.entry(finding).or_default() += 1;
            }
        }
        Ok(formats)
    }
}
