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
    /// How many of them have exactly these findings, by number; those without one are not counted.
    pub findings: BTreeMap<Vec<u16>, u64>,
}

impl FormatCount {
    /// How many of them have one of these findings at least.
    pub fn with(&self, numbers: &[u16]) -> u64 {
        let has = |found: &[u16]| found.iter().any(|number| numbers.contains(number));
        self.findings.iter().filter(|(found, _)| has(found)).map(|(_, count)| count).sum()
    }
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
            let mut found = row.words.findings;
            found.sort_unstable();
            if !found.is_empty() {
                *count.findings.entry(found).or_default() += 1;
            }
        }
        Ok(formats)
    }
}
