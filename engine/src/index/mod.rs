//! The index: one encrypted tantivy index per label. It knows words and facts that never change; whether
//! a match may be shown is asked of the catalog's arrays, match by match. `tantivy` is named here alone.

mod analysis;
mod complete;
mod directory;
mod filter;
mod plan;
mod reader;
mod schema;
mod search;
mod snippet;
mod weights;
mod writer;

pub use analysis::{ANALYZER, terms};
pub use complete::{Completion, as_written, complete};
pub use reader::LabelReader;
pub use search::{FacetName, Facets, Found, Hit, Request, Sort, UnitFacts, matching, search};
pub use snippet::{Snippet, marks, snippet};
pub use weights::telling;
pub use writer::{Document, LabelWriter, Position};

impl From<tantivy::TantivyError> for crate::Error {
    fn from(why: tantivy::TantivyError) -> Self {
        crate::error::index(why)
    }
}
