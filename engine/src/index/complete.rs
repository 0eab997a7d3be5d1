//! How a word might go on: words of titles and of people's names that begin so, told only where a record that may be known
//! says them, most often said first. Every record that says one is asked about, so that what is told owes nothing to others.

use super::{
    analysis::{Words, fold},
    reader::LabelReader,
    search::UnitFacts,
};
use crate::{Result, error};
use std::collections::BTreeMap;
use tantivy::{DocSet as _, TERMINATED, schema::IndexRecordOption};

/// A word that somebody might mean.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Completion {
    /// The word, folded.
    pub term: String,
    /// How many records that may be known say it.
    pub count: u64,
    /// One of them.
    pub unit: u64,
}

/// The words that begin so, most said first.
pub fn complete<F: UnitFacts>(labels: &[(u16, LabelReader)], begin: &str, most: usize, facts: &F) -> Result<Vec<Completion>> {
    let begin = fold(begin);
    let mut found: BTreeMap<String, (u64, u64)> = BTreeMap::new();
    for (label, reader) in labels {
        for segment in reader.searcher.segment_readers() {
            let Some(columns) = reader.columns.get(&segment.segment_id()) else { continue };
            let alive = segment.alive_bitset();
            for field in [reader.fields.title, reader.fields.from] {
                let index = segment.inverted_index(field)?;
                let mut terms = index.terms().range().ge(begin.as_bytes()).into_stream().map_err(error::index)?;
                while terms.advance() {
                    if !terms.key().starts_with(begin.as_bytes()) {
                        break;
                    }
                    let Ok(term) = std::str::from_utf8(terms.key()) else { continue };
                    let mut postings =
                        index.read_postings_from_terminfo(terms.value(), IndexRecordOption::Basic).map_err(error::index)?;
                    let (mut count, mut one) = (0, 0);
                    while postings.doc() != TERMINATED {
                        let unit = columns.unit(postings.doc());
                        if alive.is_none_or(|alive| alive.is_alive(postings.doc())) && facts.visible(unit, *label) {
                            (count, one) = (count + 1, unit);
                        }
                        postings.advance();
                    }
                    if count > 0 {
                        let sum = found.entry(term.to_owned()).or_insert((0, one));
                        sum.0 += count;
                        // The same record whatever the order of segments.
                        sum.1 = sum.1.min(one);
                    }
                }
            }
        }
    }
    let mut all: Vec<Completion> = found.into_iter().map(|(term, (count, unit))| Completion { term, count, unit }).collect();
    all.sort_by(|one, other| other.count.cmp(&one.count).then_with(|| one.term.cmp(&other.term)));
    all.truncate(most);
    Ok(all)
}

/// A folded word as a text writes it, with its accents.
pub fn as_written<'a>(text: &'a str, term: &str) -> Option<&'a str> {
    Words::of(text).map(|word| word.text).find(|word| fold(word) == term)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_shown_as_they_are_written() {
        assert_eq!(as_written("Réception du 14 juillet", "reception"), Some("Réception"));
        assert_eq!(as_written("Réception", "recep"), None);
    }
}
