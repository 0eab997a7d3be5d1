//! A label's index, open for reading: a searcher with its columns at hand.

use super::{
    analysis::ANALYZER,
    directory::SealedDirectory,
    schema::{Fields, register, schema},
    search::{Numbered, Visible},
    writer::Position,
};
use crate::{Result, error};
use std::{
    collections::HashMap,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};
use tantivy::{DocId, Index, ReloadPolicy, Searcher, SegmentReader, columnar::Column, index::SegmentId};
use zeroize::Zeroizing;

/// Number of the next opening.
static NEXT: AtomicU64 = AtomicU64::new(1);

/// The columns of one segment.
pub(super) struct Columns {
    /// The unit of each document: like all that is asked of every match, unpacked.
    units: Vec<u32>,
    counted: Vec<Counted>,
    /// What breaks ties, of which a beginning of a word or a filter makes one of all matches.
    ties: Vec<u64>,
    pub(super) date: Column<i64>,
    /// The kinds of document that there are here, by number.
    pub(super) kinds: Vec<String>,
    /// The years that there are here, by number; the first is none.
    pub(super) years: Vec<Option<i64>>,
}

/// One document as it is counted: its kind and year, by their numbers here.
#[derive(Clone, Copy, Default)]
pub(super) struct Counted {
    pub(super) kind: u16,
    pub(super) year: u16,
}

impl Columns {
    fn of(segment: &SegmentReader) -> Result<Self> {
        let fast = segment.fast_fields();
        let (unit, date, kind) = (fast.u64("unit")?.first_or_default_col(u64::MAX), fast.i64("date")?, fast.str("kind")?);
        let mut kinds = vec![String::new()];
        let mut years = vec![None];
        let mut numbers: (HashMap<u64, u16>, HashMap<i64, u16>) = Default::default();
        let (mut units, mut counted) =
            (Vec::with_capacity(segment.max_doc() as usize), Vec::with_capacity(segment.max_doc() as usize));
        for doc in 0..segment.max_doc() {
            let ordinal = kind.as_ref().and_then(|kind| kind.term_ords(doc).next());
            let kind = ordinal.map(|ordinal| {
                *numbers.0.entry(ordinal).or_insert_with(|| {
                    let mut word = String::new();
                    // A word that cannot be read is counted under no name.
                    let _ = kind.as_ref().map(|kind| kind.ord_to_str(ordinal, &mut word));
                    number_of(&mut kinds, word)
                })
            });
            let year = date.first(doc).map(year_of);
            let year = year.map(|year| *numbers.1.entry(year).or_insert_with(|| number_of(&mut years, Some(year))));
            units.push(u32::try_from(unit.get_val(doc)).unwrap_or(u32::MAX));
            counted.push(Counted { kind: kind.unwrap_or(0), year: year.unwrap_or(0) });
        }
        let mut ties = vec![0; segment.max_doc() as usize];
        fast.u64("tie")?.first_or_default_col(0).get_range(0, &mut ties);
        Ok(Self { units, counted, ties, date, kinds, years })
    }

    pub(super) fn counted(&self, doc: DocId) -> Counted {
        self.counted.get(doc as usize).copied().unwrap_or_default()
    }

    /// The units of all documents.
    pub(super) fn units(&self) -> impl Iterator<Item = u32> {
        self.units.iter().copied()
    }

    pub(super) fn unit(&self, doc: DocId) -> u64 {
        self.units.get(doc as usize).copied().unwrap_or(u32::MAX).into()
    }

    pub(super) fn tie(&self, doc: DocId) -> u64 {
        self.ties.get(doc as usize).copied().unwrap_or(0)
    }
}

/// One label's index, as of its last commit. Cheap to clone.
#[derive(Clone)]
pub struct LabelReader {
    pub(super) searcher: Searcher,
    pub(super) fields: Fields,
    pub(super) columns: Arc<HashMap<SegmentId, Arc<Columns>>>,
    pub(super) visible: Arc<Visible>,
    pub(super) numbered: Arc<Numbered>,
    /// Tells this opening from every other in this process.
    opening: u64,
    position: Position,
}

impl LabelReader {
    /// Opens an index, as it was open `before`; nothing where there is none, or where another analysis or another making of
    /// the catalog made it.
    pub fn open(folder: &Path, key: Zeroizing<[u8; 32]>, epoch: &str, before: Option<&Self>) -> Result<Option<Self>> {
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
            let id = segment.segment_id();
            // A segment never changes: only what is new in it is read.
            let kept = before.and_then(|before| before.columns.get(&id).cloned());
            columns.insert(id, kept.map_or_else(|| Columns::of(segment).map(Arc::new), Ok)?);
        }
        let opening = NEXT.fetch_add(1, Ordering::Relaxed);
        Ok(Some(Self {
            searcher,
            fields,
            columns: Arc::new(columns),
            visible: Arc::default(),
            numbered: Arc::default(),
            opening,
            position,
        }))
    }

    /// What tells this opening from every other in this process: what was found in it stays found.
    pub fn opening(&self) -> u64 {
        self.opening
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

/// The number of a value among those that there are; more kinds or years than a number holds count as none.
fn number_of<T>(values: &mut Vec<T>, value: T) -> u16 {
    let Ok(number) = u16::try_from(values.len()) else { return 0 };
    values.push(value);
    number
}

/// The year of a moment, by the proleptic Gregorian calendar (days to civil, Howard Hinnant's method).
fn year_of(seconds: i64) -> i64 {
    let days = seconds.div_euclid(86_400) + 719_468;
    let era = days.div_euclid(146_097);
    let day = days.rem_euclid(146_097);
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day_of_year = day - (365 * year + year / 4 - year / 100);
    // Years begin in March here: January and February belong to the next one.
    year + era * 400 + i64::from((5 * day_of_year + 2) / 153 >= 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn years_are_those_of_the_calendar() {
        for text in [
            "1969-12-31T23:59:59Z",
            "1970-01-01T00:00:00Z",
            "2000-02-29T12:00:00Z",
            "2026-12-31T23:59:59Z",
            "1899-03-01T00:00:00Z",
            "2100-01-01T00:00:00Z",
        ] {
            let moment: jiff::Timestamp = text.parse().unwrap();
            assert_eq!(year_of(moment.as_second()).to_string(), text[..4], "{text}");
        }
    }
}
