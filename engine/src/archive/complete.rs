//! Completions of the word that somebody types.

use super::{Archive, search::Asked, thread::Threads};
use crate::{
    Result,
    index::{self, as_written},
    policy::Session,
};

/// Fewer letters say too little.
const LEAST: usize = 2;

/// Words that are offered.
const OFFERED: usize = 8;

impl Archive {
    /// Words that begin so in titles and people's names that the person may know, most said first.
    pub fn complete(&self, session: &Session, begin: &str) -> Result<Vec<String>> {
        if begin.chars().count() < LEAST || !begin.chars().all(char::is_alphanumeric) {
            return Ok(Vec::new());
        }
        let asked = Asked(self.knowledge(session.clone())?, Threads::new());
        let (readers, _) = self.readers(&asked.0)?;
        let mut words = Vec::new();
        for found in index::complete(&readers, begin, OFFERED, &asked)? {
            let row = u32::try_from(found.unit).ok().map(|unit| self.catalog().unit(unit)).transpose()?.flatten();
            let written = row.as_ref().and_then(|row| {
                let said = std::iter::once(&row.title).chain(&row.words.authors);
                said.filter_map(|text| as_written(text, &found.term)).next()
            });
            // A name keeps its capital, a word of a title need not: both are found either way.
            words.push(written.map_or(found.term, str::to_lowercase));
        }
        Ok(words)
    }
}
