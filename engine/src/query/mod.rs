//! The query language: what a person types becomes a tree. Pure, and lenient: nothing that a person types
//! is an error; what could not be used is said in a note, and a condition that could not be understood matches nothing.

mod parse;

use chartrier_schemas::{RecordId, Text};
use jiff::civil::Date;

pub use parse::{FIELDS, Piece, parse, pieces};

/// A query, and what was ignored of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Query {
    /// What to find.
    pub root: Node,
    /// What could not be used, in words.
    pub notes: Vec<Text>,
}

/// What to find.
#[derive(Clone, Debug, PartialEq)]
pub enum Node {
    /// Every record.
    All,
    /// No record: a condition that could not be understood.
    Nothing,
    /// A word, in any of its forms.
    Word(String),
    /// Words that begin so.
    Prefix(String),
    /// Words one after the other, exactly.
    Phrase(String),
    /// What a field says.
    Field(Field),
    /// All of these.
    And(Vec<Node>),
    /// Any of these.
    Or(Vec<Node>),
    /// Not this.
    Not(Box<Node>),
}

/// A field and its value.
#[derive(Clone, Debug, PartialEq)]
pub enum Field {
    /// `type:pdf`
    Type(String),
    /// `class:1.2` and all below; nothing is `class:none`, the inbox.
    Class(Option<String>),
    /// `from:durand`
    From(String),
    /// `to:durand`
    To(String),
    /// `name:menu`
    Name(String),
    /// `title:menu`
    Title(String),
    /// `date:2020..2022`, `before:`, `after:`; both ends included.
    Date {
        /// First day.
        from: Option<Date>,
        /// Last day.
        until: Option<Date>,
    },
    /// `marking:S+SF`
    Marking(String),
    /// `finding:3`; nothing is any finding.
    Finding(Option<u64>),
    /// `lang:fr`
    Language(String),
    /// `thread:rec-…`, the conversation that a message belongs to
    Thread(RecordId),
}

impl Node {
    /// The words, prefixes and phrases that a hit may show: what a snippet highlights.
    pub fn shown(&self) -> Vec<&Node> {
        match self {
            Self::Word(_) | Self::Prefix(_) | Self::Phrase(_) => vec![self],
            Self::And(all) | Self::Or(all) => all.iter().flat_map(Self::shown).collect(),
            Self::All | Self::Nothing | Self::Field(_) | Self::Not(_) => Vec::new(),
        }
    }

    /// Every field that is asked for.
    pub fn fields(&self) -> Vec<&Field> {
        match self {
            Self::Field(field) => vec![field],
            Self::And(all) | Self::Or(all) => all.iter().flat_map(Self::fields).collect(),
            Self::Not(one) => one.fields(),
            Self::All | Self::Nothing | Self::Word(_) | Self::Prefix(_) | Self::Phrase(_) => Vec::new(),
        }
    }
}
