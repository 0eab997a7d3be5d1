//! Filters by what an index does not hold as words: dates as a column, places and markings as the
//! catalog's arrays say. As queries of their own, they combine with any other.

use super::reader::Columns;
use std::{collections::HashMap, fmt, ops::RangeInclusive, sync::Arc};
use tantivy::{
    DocId, DocSet, Score, SeekDangerResult, SegmentReader, TERMINATED,
    index::SegmentId,
    query::{EnableScoring, Explanation, Query, Scorer, Weight},
};

/// A condition on one document.
#[derive(Clone)]
pub(super) enum Condition {
    /// Its date, in seconds.
    Date(RangeInclusive<i64>),
    /// What the catalog says of its unit.
    Unit(Arc<dyn Fn(u64) -> bool + Send + Sync>),
}

/// Documents that fulfil a condition; adds nothing to their score.
#[derive(Clone)]
pub(super) struct Filter {
    pub(super) condition: Condition,
    pub(super) columns: Arc<HashMap<SegmentId, Arc<Columns>>>,
}

impl fmt::Debug for Filter {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Filter")
    }
}

impl Query for Filter {
    fn weight(&self, _: EnableScoring<'_>) -> tantivy::Result<Box<dyn Weight>> {
        Ok(Box::new(self.clone()))
    }
}

impl Weight for Filter {
    fn scorer(&self, reader: &SegmentReader, _: Score) -> tantivy::Result<Box<dyn Scorer>> {
        let columns = self.columns.get(&reader.segment_id()).cloned();
        let columns = columns.ok_or_else(|| tantivy::TantivyError::InternalError("a segment without columns".to_owned()))?;
        let mut cursor = Cursor { condition: self.condition.clone(), columns, doc: 0, end: reader.max_doc() };
        if cursor.end == 0 {
            cursor.doc = TERMINATED;
        } else if !cursor.holds(0) {
            cursor.advance();
        }
        Ok(Box::new(cursor))
    }

    fn explain(&self, _: &SegmentReader, _: DocId) -> tantivy::Result<Explanation> {
        Ok(Explanation::new("Filter", 0.0))
    }
}

struct Cursor {
    condition: Condition,
    columns: Arc<Columns>,
    doc: DocId,
    end: DocId,
}

impl Cursor {
    fn holds(&self, doc: DocId) -> bool {
        match &self.condition {
            Condition::Date(days) => self.columns.date.first(doc).is_some_and(|date| days.contains(&date)),
            Condition::Unit(holds) => holds(self.columns.unit(doc)),
        }
    }

    fn from(&mut self, first: DocId) -> DocId {
        self.doc = (first..self.end).find(|doc| self.holds(*doc)).unwrap_or(TERMINATED);
        self.doc
    }
}

impl DocSet for Cursor {
    fn advance(&mut self) -> DocId {
        if self.doc == TERMINATED { TERMINATED } else { self.from(self.doc + 1) }
    }

    fn seek(&mut self, target: DocId) -> DocId {
        if target <= self.doc { self.doc } else { self.from(target) }
    }

    fn seek_danger(&mut self, target: DocId) -> SeekDangerResult {
        // One document is asked about, not all until one holds: the words lead, and have the next one.
        if target >= self.end {
            return SeekDangerResult::SeekLowerBound(TERMINATED);
        }
        self.doc = target;
        if self.holds(target) { SeekDangerResult::Found } else { SeekDangerResult::SeekLowerBound(target + 1) }
    }

    fn doc(&self) -> DocId {
        self.doc
    }

    fn size_hint(&self) -> u32 {
        // Always the dearest way through an intersection: let the words lead.
        self.end
    }
}

impl Scorer for Cursor {
    fn score(&mut self) -> Score {
        0.0
    }
}
