//! Words as they are compared: lower-case, in compatible composition, cut at whatever is no letter and no digit.

use std::collections::BTreeMap;
use unicode_normalization::UnicodeNormalization as _;

/// How often each word occurs.
#[derive(Clone, Debug, Default)]
pub(super) struct Bag(BTreeMap<String, u64>);

impl Bag {
    /// The words of a text.
    pub(super) fn of(text: &str) -> Self {
        let mut bag = Self::default();
        bag.add(text);
        bag
    }

    /// Adds the words of a text. Signs that are words by themselves stand alone: nothing but the line's end cuts them.
    pub(super) fn add(&mut self, text: &str) {
        let mut word = String::new();
        for c in text.nfkc().flat_map(char::to_lowercase).chain([' ']) {
            if c.is_alphanumeric() && !is_sign(c) {
                word.push(c);
                continue;
            }
            if !word.is_empty() {
                *self.0.entry(std::mem::take(&mut word)).or_default() += 1;
            }
            if is_sign(c) {
                *self.0.entry(c.to_string()).or_default() += 1;
            }
        }
    }

    /// Words, each as often as it occurs.
    pub(super) fn total(&self) -> u64 {
        self.0.values().sum()
    }

    /// How many of these words the other one has too.
    pub(super) fn within(&self, other: &Self) -> u64 {
        self.0.iter().map(|(word, count)| (*count).min(other.count(word))).sum()
    }

    /// The words that the other one lacks, the most frequent first.
    pub(super) fn beyond(&self, other: &Self, most: usize) -> Vec<String> {
        let mut beyond: Vec<(u64, &String)> = self
            .0
            .iter()
            .map(|(word, count)| (count.saturating_sub(other.count(word)), word))
            .filter(|(more, _)| *more > 0)
            .collect();
        beyond.sort_by(|one, other| other.0.cmp(&one.0).then(one.1.cmp(other.1)));
        beyond
            .into_iter()
            .take(most)
            .map(|(more, word)| if more > 1 { format!("{word} ×{more}") } else { word.clone() })
            .collect()
    }

    fn count(&self, word: &str) -> u64 {
        self.0.get(word).copied().unwrap_or(0)
    }
}

/// Ideographs and kana, written without spaces.
fn is_sign(c: char) -> bool {
    matches!(c, '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_counted_and_compared() {
        let (one, other) = (Bag::of("L’été, l'ÉTÉ ﬁni 12,5"), Bag::of("été fini l"));
        assert_eq!((one.total(), one.within(&other), other.within(&one)), (7, 3, 3));
        assert_eq!(one.beyond(&other, 9), ["12", "5", "l", "été"]);
        assert_eq!(Bag::of("庭園で").total(), 3);
    }
}
