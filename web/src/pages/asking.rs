//! What is asked, as it stands in the address: words, order, page. Facets and chips are words of the same grammar, so that a
//! person can read, change and learn what they do.

use super::address;
use crate::{
    limits::PAGES,
    visit::{Visit, worded},
    words::Say,
};
use chartrier_engine::{
    index::Sort,
    query::{FIELDS, Piece, pieces},
    veil::Veil,
};
use chartrier_schemas::text::Language;

/// What stands together in the results.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Group {
    /// Each by itself.
    Single,
    /// Messages of one conversation.
    Thread,
    /// What is filed at one place.
    File,
}

impl Group {
    /// As it stands in the address.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Single => "",
            Self::Thread => "thread",
            Self::File => "file",
        }
    }
}

/// What is asked.
#[derive(Clone)]
pub(crate) struct Asking {
    pub(crate) words: String,
    /// What covers them in addresses, where somebody wants that.
    pub(crate) veil: Option<Veil>,
    pub(crate) sort: Sort,
    pub(crate) group: Group,
    /// From 1.
    pub(crate) page: usize,
}

impl Asking {
    pub(crate) fn of(visit: &Visit) -> Self {
        let words = visit.asked("q").trim().to_owned();
        let sort = match visit.asked("sort") {
            "date" => Sort::Date,
            "relevance" => Sort::Relevance,
            _ if has_words(&words) => Sort::Relevance,
            _ => Sort::Date,
        };
        let group = match visit.asked("group") {
            "thread" => Group::Thread,
            "file" => Group::File,
            _ => Group::Single,
        };
        Self { words, veil: visit.veil.clone(), sort, group, page: visit.number("page", 1, PAGES) }
    }

    /// The order, where it is not the one that these words have by themselves.
    pub(crate) fn sort_word(&self) -> &'static str {
        match self.sort {
            Sort::Date if has_words(&self.words) => "date",
            Sort::Relevance if !has_words(&self.words) => "relevance",
            _ => "",
        }
    }

    /// The address of these results, or of others in the same order.
    pub(crate) fn results(&self, words: &str, page: usize) -> String {
        let page = if page > 1 { page.to_string() } else { String::new() };
        self.address("/", words, &[("sort", self.sort_word()), ("group", self.group.word()), ("page", &page)])
    }

    /// The address of a page that is asked with words.
    pub(crate) fn address(&self, path: &str, words: &str, values: &[(&str, &str)]) -> String {
        let (name, words) = worded(self.veil.as_ref(), words);
        address(path, &[&[(name, words.as_str())], values].concat())
    }

    /// Whether the words are kept out of addresses.
    pub(crate) fn is_discreet(&self) -> bool {
        self.veil.is_some()
    }

    pub(crate) fn sorted(&self, sort: Sort) -> String {
        let word = if sort == Sort::Date { "date" } else { "relevance" };
        self.address("/", &self.words, &[("sort", word), ("group", self.group.word())])
    }

    pub(crate) fn grouped(&self, group: Group) -> String {
        self.address("/", &self.words, &[("sort", self.sort_word()), ("group", group.word())])
    }
}

/// Whether something is asked for by which hits can be weighed.
fn has_words(words: &str) -> bool {
    pieces(words).iter().any(|piece| piece.field.is_none() && !piece.excludes)
}

/// A condition, in the person's language.
pub(crate) fn condition(say: Say, field: &str, value: &str, excludes: bool) -> String {
    let names = FIELDS.iter().find(|(en, _)| *en == field);
    let name = names.map_or(field, |(en, fr)| if say.0 == Language::French { fr } else { en });
    let quotes = value.contains(|c: char| c.is_whitespace() || matches!(c, '(' | ')' | '"' | '“' | '«'));
    let value = if quotes { format!("\"{}\"", value.replace('"', "")) } else { value.to_owned() };
    format!("{}{name}:{value}", if excludes { "-" } else { "" })
}

/// The same words, and one condition more.
pub(crate) fn narrowed(words: &str, condition: &str) -> String {
    let all = pieces(words);
    match all.first() {
        None => condition.to_owned(),
        Some(piece) if piece.alternatives => format!("({}) {condition}", piece.text),
        Some(_) => format!("{} {condition}", words.trim()),
    }
}

/// The same words without one piece.
pub(crate) fn without(all: &[Piece<'_>], number: usize) -> String {
    let left: Vec<&str> = all.iter().enumerate().filter(|(at, _)| *at != number).map(|(_, piece)| piece.text).collect();
    left.join(" ")
}

/// Where a condition on this value stands among the pieces.
pub(crate) fn place_of(all: &[Piece<'_>], field: &str, value: &str) -> Option<usize> {
    let same = |piece: &Piece<'_>| {
        let said = piece.field.as_ref();
        !piece.excludes && said.is_some_and(|(name, given)| *name == field && given.eq_ignore_ascii_case(value))
    };
    all.iter().position(same)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conditions_are_written_as_a_person_would() {
        let (fr, en) = (Say(Language::French), Say(Language::English));
        assert_eq!(condition(fr, "class", "2.1", false), "classe:2.1");
        assert_eq!(condition(en, "class", "2.1", true), "-class:2.1");
        assert_eq!(condition(fr, "type", "a b\"c", false), "type:\"a bc\"");
    }

    #[test]
    fn words_are_narrowed_and_widened() {
        assert_eq!(narrowed("", "type:pdf"), "type:pdf");
        assert_eq!(narrowed(" menu ", "type:pdf"), "menu type:pdf");
        assert_eq!(narrowed("menu OR carte", "type:pdf"), "(menu OR carte) type:pdf");
        let all = pieces("menu type:pdf -projet");
        assert_eq!(without(&all, 1), "menu -projet");
        assert_eq!((place_of(&all, "type", "PDF"), place_of(&all, "type", "txt")), (Some(1), None));
    }
}
