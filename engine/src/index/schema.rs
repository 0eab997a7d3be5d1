//! The fields of an index: folded words with positions, stems by language, names, tags, and facts that never
//! change. Nothing is stored: titles come from the catalog, texts from the store.

use super::analysis::{Analysis, Form};
use tantivy::{
    Index,
    schema::{FAST, Field, INDEXED, IndexRecordOption, STRING, Schema, TextFieldIndexing, TextOptions},
};

/// The fields.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fields {
    pub(super) unit: Field,
    pub(super) tie: Field,
    pub(super) date: Field,
    pub(super) kind: Field,
    pub(super) tags: Field,
    pub(super) finding: Field,
    pub(super) language: Field,
    pub(super) title: Field,
    pub(super) body: Field,
    pub(super) french: Field,
    pub(super) english: Field,
    pub(super) name: Field,
    pub(super) from: Field,
    pub(super) to: Field,
}

const EXACT: &str = "exact";
const FRENCH: &str = "french";
const ENGLISH: &str = "english";

fn words(tokenizer: &str, record: IndexRecordOption) -> TextOptions {
    TextOptions::default().set_indexing_options(TextFieldIndexing::default().set_tokenizer(tokenizer).set_index_option(record))
}

/// The schema and its fields.
pub(super) fn schema() -> (Schema, Fields) {
    let mut schema = Schema::builder();
    let positions = IndexRecordOption::WithFreqsAndPositions;
    let fields = Fields {
        unit: schema.add_u64_field("unit", INDEXED | FAST),
        tie: schema.add_u64_field("tie", FAST),
        date: schema.add_i64_field("date", FAST),
        kind: schema.add_text_field("kind", TextOptions::default().set_fast("raw")),
        tags: schema.add_text_field("tags", STRING),
        finding: schema.add_u64_field("finding", INDEXED),
        language: schema.add_text_field("language", STRING),
        title: schema.add_text_field("title", words(EXACT, positions)),
        body: schema.add_text_field("body", words(EXACT, positions)),
        french: schema.add_text_field("french", words(FRENCH, IndexRecordOption::WithFreqs)),
        english: schema.add_text_field("english", words(ENGLISH, IndexRecordOption::WithFreqs)),
        name: schema.add_text_field("name", words(EXACT, positions)),
        from: schema.add_text_field("from", words(EXACT, positions)),
        to: schema.add_text_field("to", words(EXACT, positions)),
    };
    (schema.build(), fields)
}

/// Teaches an index the analysis.
pub(super) fn register(index: &Index) {
    for (name, form) in [(EXACT, Form::Exact), (FRENCH, Form::French), (ENGLISH, Form::English)] {
        index.tokenizers().register(name, Analysis(form));
    }
}
