//! From a query's tree to tantivy's: which fields a word is looked for in, and what its forms are worth.

use super::{
    analysis::{Form, Words, fold},
    filter::{Condition, Filter},
    reader::LabelReader,
    search::UnitFacts,
};
use crate::query::{Field, Node};
use jiff::civil::Date;
use std::{ops::Bound, sync::Arc};
use tantivy::{
    Result, Term,
    query::{AllQuery, BooleanQuery, BoostQuery, EmptyQuery, Occur, PhraseQuery, Query, RangeQuery, TermQuery},
    schema::{self, IndexRecordOption},
};

/// A word in the title counts more than in the text …
const TITLE: f32 = 2.0;

/// … and the very word more than another form of it.
const EXACT: f32 = 1.2;

/// Plans queries against one label's index.
pub(super) struct Planner<'a, F> {
    pub(super) reader: &'a LabelReader,
    pub(super) label: u16,
    pub(super) facts: &'a Arc<F>,
}

impl<F: UnitFacts + 'static> Planner<'_, F> {
    pub(super) fn plan(&self, node: &Node) -> Result<Box<dyn Query>> {
        Ok(match node {
            Node::All => Box::new(AllQuery),
            Node::Nothing => Box::new(EmptyQuery),
            Node::Word(word) => self.word(word),
            Node::Prefix(prefix) => self.prefix(prefix)?,
            Node::Phrase(words) => any(vec![
                self.exact(self.reader.fields.title, words, TITLE),
                self.exact(self.reader.fields.body, words, 1.0),
                self.exact(self.reader.fields.name, words, 1.0),
            ]),
            Node::Field(field) => self.field(field)?,
            Node::And(nodes) => self.all(nodes)?,
            Node::Or(nodes) => any(nodes.iter().map(|node| self.plan(node)).collect::<Result<_>>()?),
            Node::Not(_) => self.all(std::slice::from_ref(node))?,
        })
    }

    fn all(&self, nodes: &[Node]) -> Result<Box<dyn Query>> {
        let mut clauses: Vec<(Occur, Box<dyn Query>)> = Vec::new();
        for node in nodes {
            match node {
                Node::Not(inner) => clauses.push((Occur::MustNot, self.plan(inner)?)),
                node => clauses.push((Occur::Must, self.plan(node)?)),
            }
        }
        if clauses.iter().all(|(occur, _)| *occur == Occur::MustNot) {
            clauses.push((Occur::Must, Box::new(AllQuery)));
        }
        Ok(Box::new(BooleanQuery::new(clauses)))
    }

    /// A word as it was typed may be several: `week-end`, `l’État`, an address.
    fn word(&self, typed: &str) -> Box<dyn Query> {
        let words: Vec<&str> = Words::of(typed).map(|word| word.text).collect();
        match words[..] {
            [] => Box::new(EmptyQuery),
            [word] => self.forms(word),
            // Pieces that were typed together stand together.
            _ => any(vec![
                self.exact(self.reader.fields.title, typed, TITLE),
                self.exact(self.reader.fields.body, typed, 1.0),
                self.exact(self.reader.fields.name, typed, 1.0),
                self.exact(self.reader.fields.from, typed, 1.0),
            ]),
        }
    }

    fn forms(&self, word: &str) -> Box<dyn Query> {
        let fields = self.reader.fields;
        let exact = fold(word);
        let mut options = vec![
            boosted(term(fields.title, &exact, true), TITLE * EXACT),
            boosted(term(fields.body, &exact, true), EXACT),
            boosted(term(fields.name, &exact, true), EXACT),
            term(fields.from, &exact, true),
        ];
        for (field, form) in [(fields.french, Form::French), (fields.english, Form::English)] {
            options.extend(form.term(word).map(|stem| term(field, &stem, true)));
        }
        any(options)
    }

    /// Terms one after the other in one field.
    fn exact(&self, field: schema::Field, words: &str, boost: f32) -> Box<dyn Query> {
        let terms: Vec<(usize, Term)> =
            Words::of(words).map(|word| (word.position, Term::from_field_text(field, &fold(word.text)))).collect();
        match terms.len() {
            0 => Box::new(EmptyQuery),
            1 => boosted(Box::new(TermQuery::new(terms[0].1.clone(), IndexRecordOption::WithFreqs)), boost),
            _ => boosted(Box::new(PhraseQuery::new_with_offset(terms)), boost),
        }
    }

    fn prefix(&self, typed: &str) -> Result<Box<dyn Query>> {
        let words: Vec<String> = Words::of(typed).map(|word| fold(word.text)).collect();
        let Some((last, before)) = words.split_last() else { return Ok(Box::new(EmptyQuery)) };
        let mut clauses: Vec<(Occur, Box<dyn Query>)> = Vec::new();
        for word in before {
            clauses.push((Occur::Must, self.forms(word)));
        }
        clauses.push((
            Occur::Must,
            self.beginning(last, &[self.reader.fields.title, self.reader.fields.body, self.reader.fields.name]),
        ));
        Ok(Box::new(BooleanQuery::new(clauses)))
    }

    fn beginning(&self, folded: &str, fields: &[schema::Field]) -> Box<dyn Query> {
        let within = |field: &schema::Field| -> Box<dyn Query> {
            let term = |word: &str| Term::from_field_text(*field, word);
            let end = after_all(folded).map_or(Bound::Unbounded, |end| Bound::Excluded(term(&end)));
            Box::new(RangeQuery::new(Bound::Included(term(folded)), end))
        };
        any(fields.iter().map(within).collect())
    }

    fn field(&self, field: &Field) -> Result<Box<dyn Query>> {
        let fields = self.reader.fields;
        Ok(match field {
            Field::Type(tag) => term(fields.tags, tag, false),
            Field::Language(language) => term(fields.language, language, false),
            Field::From(words) => self.every(fields.from, words)?,
            Field::To(words) => self.every(fields.to, words)?,
            Field::Name(words) => self.every(fields.name, words)?,
            Field::Title(words) => self.every(fields.title, words)?,
            Field::Finding(Some(number)) => {
                Box::new(TermQuery::new(Term::from_field_u64(fields.finding, *number), IndexRecordOption::Basic))
            }
            Field::Finding(None) => {
                let known = (1..=99).map(|number| Term::from_field_u64(fields.finding, number));
                Box::new(tantivy::query::TermSetQuery::new(known))
            }
            Field::Date { from, until } => {
                let first = from.map_or(i64::MIN, seconds);
                let last = until.and_then(|day| day.tomorrow().ok()).map_or(i64::MAX, |day| seconds(day) - 1);
                self.filter(Condition::Date(first..=last))
            }
            Field::Class(code) => {
                let (facts, places) = (self.facts.clone(), self.facts.below(code.as_deref()));
                self.filter(Condition::Unit(Arc::new(move |unit| places.contains(facts.place(unit)))))
            }
            Field::Thread(message) => {
                let units = self.facts.thread(*message);
                self.filter(Condition::Unit(Arc::new(move |unit| u32::try_from(unit).is_ok_and(|unit| units.contains(unit)))))
            }
            Field::Marking(marking) => match self.facts.label_is(self.label, marking) {
                true => Box::new(AllQuery),
                false => Box::new(EmptyQuery),
            },
        })
    }

    /// Every word of a value, the last one as a prefix where it ends in a star.
    fn every(&self, field: schema::Field, value: &str) -> Result<Box<dyn Query>> {
        let (value, star) = value.strip_suffix('*').map_or((value, false), |value| (value, true));
        let words: Vec<String> = Words::of(value).map(|word| fold(word.text)).collect();
        let Some((last, before)) = words.split_last() else { return Ok(Box::new(EmptyQuery)) };
        let mut clauses: Vec<(Occur, Box<dyn Query>)> =
            before.iter().map(|word| (Occur::Must, term(field, word, true))).collect();
        clauses.push((Occur::Must, if star { self.beginning(last, &[field]) } else { term(field, last, true) }));
        Ok(Box::new(BooleanQuery::new(clauses)))
    }

    fn filter(&self, condition: Condition) -> Box<dyn Query> {
        Box::new(Filter { condition, columns: self.reader.columns.clone() })
    }
}

/// What comes after every word that begins so, in the order of terms: nothing where all that follow do.
fn after_all(beginning: &str) -> Option<String> {
    let (at, last) = beginning.char_indices().rfind(|(_, c)| *c != char::MAX)?;
    let next = (u32::from(last) + 1..).find_map(char::from_u32)?;
    Some(format!("{}{next}", &beginning[..at]))
}

fn seconds(day: Date) -> i64 {
    day.duration_since(jiff::civil::date(1970, 1, 1)).as_secs()
}

fn term(field: schema::Field, word: &str, frequencies: bool) -> Box<dyn Query> {
    let record = if frequencies { IndexRecordOption::WithFreqs } else { IndexRecordOption::Basic };
    Box::new(TermQuery::new(Term::from_field_text(field, word), record))
}

fn boosted(query: Box<dyn Query>, boost: f32) -> Box<dyn Query> {
    if (boost - 1.0).abs() < f32::EPSILON { query } else { Box::new(BoostQuery::new(query, boost)) }
}

fn any(options: Vec<Box<dyn Query>>) -> Box<dyn Query> {
    Box::new(BooleanQuery::new(options.into_iter().map(|query| (Occur::Should, query)).collect()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_begins_so_ends_before_what_does_not() {
        for (beginning, expected) in
            [("jard", Some("jare")), ("z", Some("{")), ("日", Some("旦")), ("\u{d7ff}", Some("\u{e000}"))]
        {
            assert_eq!(after_all(beginning).as_deref(), expected, "{beginning}");
        }
        assert_eq!(after_all("a\u{10ffff}").as_deref(), Some("b"));
        assert_eq!((after_all("\u{10ffff}"), after_all("")), (None, None));
    }
}
