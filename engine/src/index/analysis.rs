//! How text becomes terms: French and English words, folded so that accents, case, elisions and hyphens
//! do not part what belongs together, and stemmed in one language or the other.

use frostem::{Algorithm, Stemmer};
use tantivy::tokenizer::{Token, TokenStream, Tokenizer};
use unicode_normalization::UnicodeNormalization as _;

/// Version of the analysis: an index made under another one is made anew.
pub const ANALYZER: &str = "3:frostem-1.20260821";

/// Longer words are cut, in bytes of their folded form.
const MAX_TERM: usize = 100;

/// What French leaves out before a vowel.
const ELISIONS: &[&str] =
    &["l", "d", "qu", "j", "n", "s", "t", "m", "c", "jusqu", "lorsqu", "puisqu", "quoiqu", "presqu", "quelqu", "entr"];

/// Words that keep their apostrophe, joined.
const WHOLE: &[&str] =
    &["aujourdhui", "presquile", "presquiles", "quelquun", "quelquune", "prudhomme", "prudhommes", "prudhommal"];

/// One word of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Word<'a> {
    /// As it stands there.
    pub(super) text: &'a str,
    /// First byte in the text.
    pub(super) start: usize,
    /// Number among the words of the text.
    pub(super) position: usize,
}

/// The words of a text, in order.
pub(super) struct Words<'a> {
    text: &'a str,
    at: usize,
    position: usize,
}

impl<'a> Words<'a> {
    pub(super) fn of(text: &'a str) -> Self {
        Self { text, at: 0, position: 0 }
    }

    /// The run of letters and digits that begins at or after `at`.
    fn run(&self, at: usize) -> Option<(usize, usize)> {
        let start = at + self.text[at..].find(is_word)?;
        let mut end = start;
        for c in self.text[start..].chars() {
            if !is_word(c) || (is_alone(c) && end > start) {
                break;
            }
            end += c.len_utf8();
            if is_alone(c) {
                break;
            }
        }
        Some((start, end))
    }

    /// What follows an apostrophe right after `end`.
    fn after_apostrophe(&self, end: usize) -> Option<(usize, usize)> {
        let apostrophe = self.text[end..].chars().next().filter(|c| matches!(c, '\'' | '’' | 'ʼ'))?;
        let next = end + apostrophe.len_utf8();
        self.run(next).filter(|(start, _)| *start == next)
    }
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || unicode_normalization::char::is_combining_mark(c)
}

/// Scripts that are written without spaces: each sign is a word.
fn is_alone(c: char) -> bool {
    matches!(c, '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}')
}

impl<'a> Iterator for Words<'a> {
    type Item = Word<'a>;

    fn next(&mut self) -> Option<Word<'a>> {
        let (mut start, mut end) = self.run(self.at)?;
        self.at = end;
        if let Some((next, next_end)) = self.after_apostrophe(end) {
            let joined = format!("{}{}", fold(&self.text[start..end]), fold(&self.text[next..next_end]));
            if WHOLE.contains(&joined.as_str()) {
                end = next_end;
                self.at = end;
            } else if ELISIONS.contains(&fold(&self.text[start..end]).as_str()) {
                (start, end) = (next, next_end);
                self.at = end;
            } else if matches!(&self.text[next..next_end], "s" | "S") {
                self.at = next_end;
            }
        }
        let word = Word { text: &self.text[start..end], start, position: self.position };
        self.position += 1;
        Some(word)
    }
}

/// Lower case, without accents; `œ` is `oe`. Apostrophes inside a word are dropped.
pub(super) fn fold(word: &str) -> String {
    let mut out = String::with_capacity(word.len());
    fold_into(word, &mut out);
    out
}

fn fold_into(word: &str, out: &mut String) {
    if word.is_ascii() {
        out.extend(word.bytes().filter(|byte| *byte != b'\'').map(|byte| char::from(byte.to_ascii_lowercase())));
    } else {
        for c in word.nfkd().filter(|c| !unicode_normalization::char::is_combining_mark(*c)).flat_map(char::to_lowercase) {
            match c {
                'œ' => out.push_str("oe"),
                'æ' => out.push_str("ae"),
                'ß' => out.push_str("ss"),
                'ø' => out.push('o'),
                'ł' => out.push('l'),
                'đ' => out.push('d'),
                '’' | 'ʼ' | '\'' => {}
                _ => out.push(c),
            }
        }
    }
    if out.len() > MAX_TERM {
        let mut end = MAX_TERM;
        while !out.is_char_boundary(end) {
            end -= 1;
        }
        out.truncate(end);
    }
}

/// What a field does with each word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// Folded.
    Exact,
    /// Stemmed in French, then folded.
    French,
    /// Stemmed in English, then folded.
    English,
}

impl Form {
    /// The term of a word; a word of one language's grammar has no stem in the other.
    pub(super) fn term(self, word: &str) -> Option<String> {
        match self {
            Self::Exact => Some(fold(word)),
            Self::French => (!is_one_of(ENGLISH, word)).then(|| stem(&stemmer(Algorithm::French), word)),
            Self::English => (!is_one_of(FRENCH, word)).then(|| stem(&stemmer(Algorithm::English), word)),
        }
    }
}

/// Words of English grammar that are no French words. Their like would meet French stems: `not` is the stem of `note`.
const ENGLISH: &[&str] = &[
    "about", "after", "also", "and", "any", "are", "at", "be", "because", "been", "before", "being", "between", "both", "by",
    "could", "did", "does", "each", "from", "had", "has", "have", "he", "her", "him", "his", "how", "if", "in", "into", "is",
    "it", "its", "just", "my", "not", "of", "our", "out", "over", "shall", "she", "should", "than", "that", "the", "their",
    "them", "then", "there", "these", "they", "this", "those", "through", "to", "too", "under", "until", "up", "upon", "was",
    "we", "were", "what", "when", "where", "which", "while", "who", "why", "will", "with", "without", "would", "you", "your",
];

/// Words of French grammar that are no English words.
const FRENCH: &[&str] = &[
    "alors", "au", "aux", "avec", "ce", "ces", "cet", "cette", "chez", "dans", "des", "donc", "dont", "elle", "elles", "entre",
    "est", "et", "eux", "ils", "les", "leur", "leurs", "lors", "lui", "mais", "ne", "ni", "nos", "notre", "nous", "ou", "pas",
    "pour", "que", "quel", "quelle", "qui", "quoi", "sans", "ses", "soit", "sont", "sous", "sur", "une", "vers", "vos", "votre",
    "vous",
];

/// The longest of these, in bytes.
const LONGEST: usize = 7;

fn is_one_of(list: &[&str], word: &str) -> bool {
    if word.len() > LONGEST || !word.is_ascii() {
        return false;
    }
    let mut lower = [0u8; LONGEST];
    let lower = &mut lower[..word.len()];
    lower.copy_from_slice(word.as_bytes());
    lower.make_ascii_lowercase();
    list.binary_search_by(|one| one.as_bytes().cmp(lower)).is_ok()
}

/// So many words tell a language.
const TELLING: usize = 1_000;

/// The language of a title or of a text that is too short for anything better: that whose grammar alone shows in it.
pub(super) fn language(text: &str) -> Option<&'static str> {
    let (mut english, mut french) = (false, false);
    for word in Words::of(text).take(TELLING) {
        english |= is_one_of(ENGLISH, word.text);
        french |= is_one_of(FRENCH, word.text);
    }
    match (english, french) {
        (true, false) => Some("en"),
        (false, true) => Some("fr"),
        _ => None,
    }
}

/// Every term under which a text is found, once per word and form: what a table of weights counts.
pub fn terms(text: &str, each: &mut dyn FnMut(&str)) {
    for word in Words::of(text) {
        for form in [Form::Exact, Form::French, Form::English] {
            if let Some(term) = form.term(word.text) {
                each(&term);
            }
        }
    }
}

fn stemmer(algorithm: Algorithm) -> Stemmer {
    Stemmer::new(algorithm)
}

/// The stemmers want their language's accents: fold after, never before.
fn stem(stemmer: &Stemmer, word: &str) -> String {
    let lower: String =
        if word.is_ascii() { word.to_ascii_lowercase() } else { word.nfc().flat_map(char::to_lowercase).collect() };
    fold(&stemmer.stem(&lower))
}

/// The same analysis as a tokenizer of tantivy.
#[derive(Clone)]
pub(super) struct Analysis(pub(super) Form);

pub(super) struct Stream<'a> {
    words: Words<'a>,
    form: Form,
    stemmer: Stemmer,
    token: Token,
}

impl Tokenizer for Analysis {
    type TokenStream<'a> = Stream<'a>;

    fn token_stream<'a>(&'a mut self, text: &'a str) -> Stream<'a> {
        let stemmer = stemmer(if self.0 == Form::English { Algorithm::English } else { Algorithm::French });
        Stream { words: Words::of(text), form: self.0, stemmer, token: Token::default() }
    }
}

impl TokenStream for Stream<'_> {
    fn advance(&mut self) -> bool {
        for word in self.words.by_ref() {
            self.token.text.clear();
            match self.form {
                Form::Exact => fold_into(word.text, &mut self.token.text),
                Form::French if is_one_of(ENGLISH, word.text) => continue,
                Form::English if is_one_of(FRENCH, word.text) => continue,
                Form::French | Form::English => self.token.text.push_str(&stem(&self.stemmer, word.text)),
            }
            if !self.token.text.is_empty() {
                self.token.offset_from = word.start;
                self.token.offset_to = word.start + word.text.len();
                self.token.position = word.position;
                return true;
            }
        }
        false
    }

    fn token(&self) -> &Token {
        &self.token
    }

    fn token_mut(&mut self) -> &mut Token {
        &mut self.token
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn terms(form: Form, text: &str) -> Vec<String> {
        Words::of(text).filter_map(|word| form.term(word.text)).collect()
    }

    #[test]
    fn french_and_english_meet_in_their_folded_words() {
        for (text, expected) in [
            ("L'État et l’œuvre d'une Saint-Étienne", &["etat", "et", "oeuvre", "une", "saint", "etienne"][..]),
            ("aujourd'hui la presqu'île", &["aujourdhui", "la", "presquile"]),
            ("the President's garden", &["the", "president", "garden"]),
            ("e\u{301}te\u{301} 2024/123-B", &["ete", "2024", "123", "b"]),
            ("O'Brien ada@example.org", &["o", "brien", "ada", "example", "org"]),
            ("日本語 text", &["日", "本", "語", "text"]),
            ("", &[]),
        ] {
            assert_eq!(terms(Form::Exact, text), expected, "{text}");
        }
    }

    #[test]
    fn plurals_and_accents_meet_in_their_stems() {
        for (one, other) in
            [("réunions", "reunion"), ("Jardins", "jardin"), ("présidentielles", "présidentielle"), ("nationaux", "national")]
        {
            assert_eq!(Form::French.term(one), Form::French.term(other), "{one} {other}");
        }
        for (one, other) in [("gardens", "garden"), ("Meetings", "meeting")] {
            assert_eq!(Form::English.term(one), Form::English.term(other), "{one} {other}");
        }
    }

    #[test]
    fn the_grammar_of_one_language_has_no_stem_in_the_other() {
        for list in [ENGLISH, FRENCH] {
            assert!(list.is_sorted() && list.iter().all(|word| word.len() <= LONGEST));
        }
        assert_eq!(Form::French.term("noté").as_deref(), Some("not"));
        assert_eq!((Form::French.term("Not"), Form::English.term("not").as_deref()), (None, Some("not")));
        assert_eq!((Form::English.term("DANS"), Form::French.term("dans").as_deref()), (None, Some("dan")));
        for (text, expected) in [
            ("Do not disturb", Some("en")),
            ("Ne pas déranger", Some("fr")),
            ("Menu of the dîner avec le roi", None),
            ("Plan", None),
        ] {
            assert_eq!(language(text), expected, "{text}");
        }
    }

    #[test]
    fn a_word_without_end_is_cut() {
        assert_eq!(fold(&"é".repeat(10_000)).len(), MAX_TERM);
        assert_eq!(Words::of(&"a".repeat(1_000_000)).count(), 1);
    }
}
