//! The nouns of the archive: what everything else talks about. A leaf crate that does no I/O and
//! knows no library but those that write text.
//!
//! The stored format is described in `schemas/FORMAT.md`; its Rust form is [`persisted`].

pub mod extraction;
pub mod finding;
pub mod id;
pub mod marking;
pub mod persisted;
pub mod risk;
pub mod text;

pub use extraction::{Extraction, Format, PAGE_UNITS, PageRow, PageWord, Part, Thumbnail};
pub use finding::Finding;
pub use id::*;
pub use marking::{Level, Marking};
pub use risk::Risk;
pub use text::Text;

/// The catalog's tables.
pub const CATALOG_SQL: &str = include_str!("../sql/catalog.sql");

/// How many of a million French and English documents hold a word: see `data/README.md`.
pub const TERM_WEIGHTS: &str = include_str!("../data/weights.tsv");
