//! A label's index, open for reading: a searcher with its columns at hand.

use super::{
    analysis::ANALYZER,
    directory::SealedDirectory,
    schema::{Fields, register, schema},
    search::Visible,
    writer::Position,
};
use crate::{Result, error};
use std::{collections::HashMap, path::Path, sync::Arc};
use tantivy::{
    DocId, Index, ReloadPolicy, Searcher,
    columnar::{Column, ColumnValues, StrColumn},
    index::SegmentId,
};
use zeroize::Zeroizing;

/// The columns of one segment.
pub(super) struct Columns {
    unit: Arc<dyn ColumnValues<u64>>,
    tie: Arc<dyn ColumnValues<u64>>,
    pub(super) date: Column<i64>,
    pub(super) kind: Option<StrColumn>,
}

impl Columns {
    pub(super) fn unit(&self, doc: DocId) -> u64 {
        self.unit.get_val(doc)
    }

    pub(super) fn tie(&self, doc: DocId) -> u64 {
        self.tie.get_val(doc)
    }
}

/// One label's index, as of its last commit. Cheap to clone.
#[derive(Clone)]
pub struct LabelReader {
    pub(super) searcher: Searcher,
    pub(super) fields: Fields,
    pub(super) columns: Arc<HashMap<SegmentId, Arc<Columns>>>,
    pub(super) visible: Arc<Visible>,
    position: Position,
}

impl LabelReader {
    /// Opens an index; nothing where there is none, or where another analysis or another making of the
    /// catalog made it.
    pub fn open(folder: &Path, key: Zeroizing<[u8; 32]>, epoch: &str) -> Result<Option<Self>> {
        if !folder.join("meta.json").exists() {
            return Ok(None);
        }
        let directory = SealedDirectory::open(folder, key).map_err(error::index)?;
        let (_, fields) = schema();
        let Ok(index) = Index::open(directory) else { return Ok(None) };
        register(&index);
        let Some(position) = Position::of(&index, epoch)? else { return Ok(None) };
        let reader = index.reader_builder().reload_policy(ReloadPolicy::Manual).try_into()?;
        let searcher: Searcher = reader.searcher();
        let mut columns = HashMap::new();
        for segment in searcher.segment_readers() {
            let fast = segment.fast_fields();
            let own = Columns {
                unit: fast.u64("unit")?.first_or_default_col(u64::MAX),
                tie: fast.u64("tie")?.first_or_default_col(0),
                date: fast.i64("date")?,
                kind: fast.str("kind")?,
            };
            columns.insert(segment.segment_id(), Arc::new(own));
        }
        Ok(Some(Self { searcher, fields, columns: Arc::new(columns), visible: Arc::default(), position }))
    }

    /// The number of the last commit of the catalog that it contains.
    pub fn position(&self) -> u64 {
        self.position.commit
    }

    /// How many documents it holds.
    pub fn documents(&self) -> u64 {
        self.searcher.num_docs()
    }
}

impl Position {
    /// What an index says of itself, if it was made by this analysis over this catalog.
    pub(super) fn of(index: &Index, epoch: &str) -> Result<Option<Self>> {
        let payload = index.load_metas()?.payload;
        let position: Option<Self> = payload.and_then(|payload| serde_json::from_str(&payload).ok());
        Ok(position.filter(|position| position.analyzer == ANALYZER && position.epoch == epoch))
    }
}
