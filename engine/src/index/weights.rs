//! How rare words are: one table for every label and every archive, never the index's own counts. So
//! scores compare across labels, survive a rebuild, and owe nothing to what a person may not know.

use super::analysis::{Words, fold};
use std::collections::HashMap;
use tantivy::{Term, query::Bm25StatisticsProvider, schema::Field};

/// `word<TAB>documents of 1,000,000`, sorted by word: exact words and stems alike, folded.
static TABLE: &str = chartrier_schemas::TERM_WEIGHTS;

/// Documents that the table speaks of.
const DOCUMENTS: u64 = 1_000_000;

/// Words of a document, on average.
const LENGTH: u64 = 300;

/// Words of a title, a name or a list of people, on average.
const SHORT: u64 = 8;

/// The table, as tantivy asks for it.
pub(super) struct Weights {
    pub(super) short: [Field; 4],
}

/// In how many of a million documents a folded word or stem stands; 1 where the table does not know it.
pub(super) fn documents(word: &str) -> u64 {
    let bytes = TABLE.as_bytes();
    let (mut low, mut high) = (0, bytes.len());
    while low < high {
        let middle = (low + high) / 2;
        let start = bytes[..middle].iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        let end = bytes[middle..].iter().position(|byte| *byte == b'\n').map_or(bytes.len(), |at| middle + at);
        let line = &TABLE[start..end];
        let (found, count) = line.split_once('\t').unwrap_or((line, ""));
        match found.cmp(word) {
            std::cmp::Ordering::Equal => return count.parse().unwrap_or(1),
            std::cmp::Ordering::Less => low = end + 1,
            std::cmp::Ordering::Greater => high = start,
        }
    }
    1
}

/// The words that tell most of a text: rare in the table, and said more than once.
pub fn telling(text: &str, most: usize) -> Vec<String> {
    /// A word that is said more often tells no more.
    const OFTEN: u32 = 4;
    let mut counts: HashMap<String, u32> = HashMap::new();
    for word in Words::of(text).filter(|word| word.text.chars().count() > 2 && !word.text.chars().all(char::is_numeric)) {
        *counts.entry(fold(word.text)).or_default() += 1;
    }
    let mut words: Vec<(f64, String)> = counts
        .into_iter()
        .map(|(word, count)| {
            let rare = (DOCUMENTS as f64 / documents(&word).max(1) as f64).ln();
            (rare * f64::from(count.min(OFTEN)).sqrt(), word)
        })
        .collect();
    words.sort_by(|one, other| other.0.total_cmp(&one.0).then_with(|| one.1.cmp(&other.1)));
    words.into_iter().take(most).map(|(_, word)| word).collect()
}

impl Bm25StatisticsProvider for Weights {
    fn total_num_tokens(&self, field: Field) -> tantivy::Result<u64> {
        Ok(DOCUMENTS * if self.short.contains(&field) { SHORT } else { LENGTH })
    }

    fn total_num_docs(&self) -> tantivy::Result<u64> {
        Ok(DOCUMENTS)
    }

    fn doc_freq(&self, term: &Term) -> tantivy::Result<u64> {
        Ok(term.value().as_str().map_or(1, documents))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted_and_found_by_halves() {
        let words: Vec<&str> = TABLE.lines().filter_map(|line| line.split('\t').next()).collect();
        assert!(words.len() > 3_000, "{} words", words.len());
        assert!(words.windows(2).all(|pair| pair[0] < pair[1]));
        for line in TABLE.lines().step_by(97).chain(TABLE.lines().take(1)).chain(TABLE.lines().last()) {
            let (word, count) = line.split_once('\t').unwrap();
            assert_eq!(documents(word).to_string(), count, "{word}");
        }
        assert_eq!(documents("zzzzzz"), 1);
        assert_eq!(documents(""), 1);
        assert!(documents("le") > documents("jardin"));
    }

    #[test]
    fn rare_words_that_are_repeated_tell_most() {
        let words = telling("Le menu du dîner : homard, homard et le beurre. 2026", 3);
        assert_eq!(words.first().map(String::as_str), Some("homard"), "{words:?}");
        assert!(!words.iter().any(|word| word == "2026" || word == "le"), "{words:?}");
    }
}
