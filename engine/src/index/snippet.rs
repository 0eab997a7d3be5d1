//! Snippets: the passage of a text that shows best why it was found. Uses the same words and forms as the
//! index, so that what is highlighted is what matched.

use super::analysis::{self, Form, Words, fold};
use crate::query::Node;
use std::collections::{HashSet, VecDeque};

/// A passage, plain, with what to highlight in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Snippet {
    /// The passage; white space is single spaces.
    pub text: String,
    /// What to highlight: first character and the one after the last, counted in characters.
    pub highlights: Vec<(usize, usize)>,
}

/// What words are looked for.
struct Wanted {
    exact: HashSet<String>,
    french: HashSet<String>,
    english: HashSet<String>,
    prefixes: Vec<String>,
    /// Words that stand together.
    phrases: Vec<Vec<String>>,
    /// First letters of all of these.
    firsts: Vec<char>,
}

/// A place that was looked for: first byte, the byte after the last, and its folded words.
type Hit = (usize, usize, String);

/// The first letter of a word as folding leaves it, where that is plain.
fn first_letter(c: char) -> Option<char> {
    c.is_ascii().then(|| c.to_ascii_lowercase())
}

impl Wanted {
    /// The words of a query, as a text in this language can hold them.
    fn of(root: &Node, language: Option<&str>) -> Self {
        let mut wanted = Self {
            exact: HashSet::new(),
            french: HashSet::new(),
            english: HashSet::new(),
            prefixes: Vec::new(),
            phrases: Vec::new(),
            firsts: Vec::new(),
        };
        for node in root.shown() {
            match node {
                // Pieces that were typed together stand together.
                Node::Word(typed) if Words::of(typed).nth(1).is_some() => wanted.together(typed),
                Node::Word(typed) => {
                    for word in Words::of(typed) {
                        wanted.exact.insert(fold(word.text));
                        if language != Some("en") {
                            wanted.french.extend(Form::French.term(word.text));
                        }
                        if language != Some("fr") {
                            wanted.english.extend(Form::English.term(word.text));
                        }
                    }
                }
                Node::Phrase(words) => wanted.together(words),
                Node::Prefix(prefix) => wanted.prefixes.extend(Words::of(prefix).map(|word| fold(word.text))),
                _ => {}
            }
        }
        let words = wanted
            .exact
            .iter()
            .chain(&wanted.french)
            .chain(&wanted.english)
            .chain(&wanted.prefixes)
            .chain(wanted.phrases.iter().flatten());
        wanted.firsts = words.filter_map(|word| word.chars().next()).collect();
        wanted.firsts.sort_unstable();
        wanted.firsts.dedup();
        wanted
    }

    /// Takes words that stand one after the other.
    fn together(&mut self, words: &str) {
        let mut words: Vec<String> = Words::of(words).map(|word| fold(word.text)).collect();
        match words.len() {
            0 => {}
            1 => self.exact.extend(words.pop()),
            _ => self.phrases.push(words),
        }
    }

    /// The places of a text, at most so many, in their order; what stands in another one counts with it.
    fn hits(&self, text: &str, most: usize) -> Vec<Hit> {
        let longest = self.phrases.iter().map(Vec::len).max().unwrap_or(0);
        let (mut hits, mut before) = (Vec::<Hit>::new(), VecDeque::<Hit>::new());
        for word in Words::of(text) {
            // Whatever the stemmers do to a word, they leave its first letter: most words need no second look.
            let first = word.text.chars().next().and_then(first_letter);
            if first.is_some_and(|first| !self.firsts.contains(&first)) {
                before.clear();
                continue;
            }
            let end = word.start + word.text.len();
            if longest > 0 {
                before.push_back((word.start, end, fold(word.text)));
                before.drain(..before.len().saturating_sub(longest));
            }
            hits.extend(self.has(word.text).map(|folded| (word.start, end, folded)));
            for phrase in &self.phrases {
                let Some(at) = before.len().checked_sub(phrase.len()) else { continue };
                if before.range(at..).map(|(_, _, word)| word).eq(phrase) {
                    let start = before[at].0;
                    let within = hits.iter().rev().take_while(|(first, _, _)| *first >= start).count();
                    hits.truncate(hits.len() - within);
                    // A place that goes on in this one is longer now.
                    let start = hits.pop_if(|(_, end, _)| *end > start).map_or(start, |(first, _, _)| first);
                    hits.push((start, end, phrase.join(" ")));
                }
            }
            if hits.len() > most {
                break;
            }
        }
        hits.truncate(most);
        hits
    }

    fn has(&self, word: &str) -> Option<String> {
        let folded = fold(word);
        let hit = self.exact.contains(&folded)
            || self.prefixes.iter().any(|prefix| folded.starts_with(prefix))
            || (!self.french.is_empty() && Form::French.term(word).is_some_and(|stem| self.french.contains(&stem)))
            || (!self.english.is_empty() && Form::English.term(word).is_some_and(|stem| self.english.contains(&stem)));
        hit.then_some(folded)
    }
}

/// The best passage of about `width` characters of a text, whose language may be known.
pub fn snippet(text: &str, language: Option<&str>, root: &Node, width: usize) -> Snippet {
    let wanted = Wanted::of(root, language.or_else(|| analysis::language(text)));
    let hits = wanted.hits(text, 2_000);
    let start = best_start(&hits, width).map_or(0, |first| back(text, first, width / 4));
    cut(text, start, width, &hits)
}

/// Where a text shows what was looked for, in bytes: first, and the one after the last. At most `most` places.
pub fn marks(text: &str, language: Option<&str>, root: &Node, most: usize) -> Vec<(usize, usize)> {
    if root.shown().is_empty() {
        return Vec::new();
    }
    let wanted = Wanted::of(root, language.or_else(|| analysis::language(text)));
    wanted.hits(text, most).into_iter().map(|(first, end, _)| (first, end)).collect()
}

/// Where the passage with the most different words begins.
fn best_start(hits: &[Hit], width: usize) -> Option<usize> {
    let score = |first: usize| {
        let within = hits[first..].iter().take_while(|(start, _, _)| *start < hits[first].0 + width);
        let mut seen = HashSet::new();
        let (mut different, mut all) = (0, 0);
        for (_, _, word) in within.take(50) {
            different += usize::from(seen.insert(word.as_str()));
            all += 1;
        }
        (different, all)
    };
    let best = (0..hits.len()).max_by_key(|first| (score(*first), std::cmp::Reverse(*first)))?;
    Some(hits[best].0)
}

/// Some characters before a hit, at the beginning of a word.
fn back(text: &str, from: usize, characters: usize) -> usize {
    let before = text[..from].char_indices().rev().take(characters).last().map_or(from, |(at, _)| at);
    match text[before..from].find(char::is_whitespace) {
        Some(space) if before > 0 => before + space,
        _ => before,
    }
}

fn cut(text: &str, start: usize, width: usize, hits: &[Hit]) -> Snippet {
    let mut snippet = Snippet::default();
    let mut length = 0;
    let mut open = None;
    let mut hits = hits.iter().skip_while(|(first, _, _)| *first < start).peekable();
    if start > 0 {
        snippet.text.push('…');
        length += 1;
    }
    for (at, c) in text[start..].char_indices().map(|(at, c)| (at + start, c)) {
        if let (Some(first), Some((_, end, _))) = (open, hits.peek())
            && at >= *end
        {
            snippet.highlights.push((first, length));
            open = None;
            hits.next();
        }
        if hits.peek().is_some_and(|(first, _, _)| *first == at) {
            open = Some(length);
        }
        let c = if c.is_whitespace() || c.is_control() { ' ' } else { c };
        if c == ' ' && (length >= width || snippet.text.ends_with([' ', '…']) || snippet.text.is_empty()) {
            if length >= width {
                snippet.text.push('…');
                break;
            }
            continue;
        }
        if length >= width * 2 {
            break;
        }
        snippet.text.push(c);
        length += 1;
    }
    if let Some(first) = open {
        snippet.highlights.push((first, length));
    }
    snippet.text.truncate(snippet.text.trim_end().len());
    snippet
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::query::parse;

    fn check(text: &str, query: &str, expected: &str) {
        let snippet = snippet(text, None, &parse(query).root, 60);
        let mut shown = String::new();
        for (at, c) in snippet.text.chars().enumerate() {
            if snippet.highlights.iter().any(|(first, _)| *first == at) {
                shown.push('[');
            }
            if snippet.highlights.iter().any(|(_, end)| *end == at) {
                shown.push(']');
            }
            shown.push(c);
        }
        if snippet.highlights.iter().any(|(_, end)| *end == snippet.text.chars().count()) {
            shown.push(']');
        }
        assert_eq!(shown, expected);
    }

    #[test]
    fn what_matched_is_highlighted() {
        check("Les jardins de l’État", "jardin etat", "Les [jardins] de l’[État]");
        check("Les\n\n jardins\tfleuris", "jard*", "Les [jardins] fleuris");
        check("Do not note notes here", "note", "Do not [note] [notes] here");
        check("rien ici", "menu", "rien ici");
        check("", "menu", "");
    }

    #[test]
    fn words_that_stand_together_are_one_place() {
        let marked = |text: &str, query: &str| -> Vec<String> {
            marks(text, Some("fr"), &parse(query).root, 9).iter().map(|(first, end)| text[*first..*end].to_owned()).collect()
        };
        let text = "Le jardin. La note est verbale : une Note  Verbale, le week-end du Jardin, le week du jardin";
        assert_eq!(marked(text, "\"note verbale\""), ["Note  Verbale"]);
        assert_eq!(marked(text, "week-end"), ["week-end"]);
        assert_eq!(marked(text, "\"le jardin\" jardins"), ["Le jardin", "Jardin", "jardin"]);
        assert_eq!(marked(text, "\"week du\" OR \"du jardin\""), ["du Jardin", "week du jardin"]);
        assert_eq!(marked(text, "\"jardin\""), ["jardin", "Jardin", "jardin"]);
        assert_eq!(marks(text, None, &parse("jardin").root, 2).len(), 2);
    }

    #[test]
    fn the_passage_with_the_words_is_shown() {
        let text = format!("{} le menu du dîner {}", "bla ".repeat(500), "bla ".repeat(500));
        let snippet = snippet(&text, None, &parse("menu dîner").root, 60);
        assert!(snippet.text.starts_with('…') && snippet.text.contains("menu du dîner"), "{snippet:?}");
        assert_eq!(snippet.highlights.len(), 2);
    }
}
