//! Searching: every match is asked about before it is counted, so that totals, facets and order owe nothing
//! to what the person may not know.

use super::{
    plan::Planner,
    reader::{Columns, LabelReader},
    weights::Weights,
};
use crate::{
    Result,
    catalog::Bits,
    query::{Node, Query},
};
use chartrier_schemas::RecordId;
use std::{
    cmp::Reverse,
    collections::{BTreeMap, BinaryHeap, HashMap, VecDeque},
    sync::{Arc, Mutex, PoisonError},
};
use tantivy::{
    DocId,
    fastfield::AliveBitSet,
    index::SegmentId,
    query::{EnableScoring, Weight},
};

/// A search that asks about so many matches asks about every document once, and remembers the answers.
const MANY: usize = 20_000;

/// Sessions whose answers a reader remembers.
const REMEMBERED: usize = 64;

/// What the catalog says of units, asked for every match.
pub trait UnitFacts: Send + Sync {
    /// What tells these answers from all others: of another session, or as of another moment.
    fn identity(&self) -> u64;

    /// Whether it lives, bears this label, and may be known.
    fn visible(&self, unit: u64, label: u16) -> bool;

    /// The number of its place; 0 is the inbox.
    fn place(&self, unit: u64) -> u32;

    /// The places that a code names, and all below that may be known; without a code, the inbox.
    fn below(&self, code: Option<&str>) -> Bits;

    /// The conversation that a message belongs to, as far as it may be known.
    fn thread(&self, message: RecordId) -> Bits;

    /// Whether a label stands for this marking.
    fn label_is(&self, label: u16, marking: &str) -> bool;
}

/// Order of the hits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sort {
    /// Best first.
    Relevance,
    /// Newest first, undated last.
    Date,
}

/// What hits can be counted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum FacetName {
    /// Place.
    Class,
    /// Kind of document.
    Type,
    /// Year of the document.
    Year,
    /// Marking.
    Marking,
}

/// What to search.
pub struct Request<'a> {
    /// The query.
    pub query: &'a Query,
    /// Order.
    pub sort: Sort,
    /// Hits to give.
    pub limit: usize,
    /// Hits to skip.
    pub offset: usize,
    /// What to count.
    pub facets: &'a [FacetName],
}

/// One hit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Hit {
    /// Number of its unit.
    pub unit: u64,
    /// Number of its label.
    pub label: u16,
    /// How well it matches.
    pub score: f32,
}

/// Counts by value: places and labels by number, years, kinds by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facets {
    /// Hits by place.
    pub places: BTreeMap<u32, u64>,
    /// Hits by kind of document.
    pub kinds: BTreeMap<String, u64>,
    /// Hits by year.
    pub years: BTreeMap<i64, u64>,
    /// Hits by label.
    pub labels: BTreeMap<u16, u64>,
}

/// What was found.
#[derive(Clone, Debug, Default)]
pub struct Found {
    /// Every match that may be known.
    pub total: u64,
    /// The hits asked for.
    pub hits: Vec<Hit>,
    /// Counts.
    pub facets: Facets,
}

/// A place in the order: what ranks first, then what breaks ties, then the unit.
type Rank = (i64, Reverse<u64>, Reverse<u64>, u16);

/// Scores are compared by thousandths: sums of the same parts in another order stay equal.
fn ranked(score: f32) -> i64 {
    (f64::from(score) * 1000.0).round() as i64
}

/// Searches several labels as one. Where words alone are asked for, in two passes: one counts every match and scores none,
/// the other scores what can still come among the best. Else in one: finding the matches is most of the work.
pub fn search<F: UnitFacts + 'static>(labels: &[(u16, LabelReader)], request: &Request<'_>, facts: &Arc<F>) -> Result<Found> {
    let mut found = Found::default();
    let keep = request.limit.saturating_add(request.offset).min(1 << 20);
    let mut best = Best::new(keep);
    for (label, reader) in labels {
        let mut counts = Counting::new(request.facets);
        let root = &request.query.root;
        let twice = request.sort == Sort::Relevance && prunes(root);
        let scored = request.sort == Sort::Relevance && !twice;
        each_match(*label, reader, root, scored, facts, &mut |columns, doc, score| {
            counts.count(columns, doc, &**facts);
            match request.sort {
                Sort::Date => best.put(columns.date.first(doc).unwrap_or(i64::MIN), columns, doc, *label),
                Sort::Relevance if scored => best.put(ranked(score), columns, doc, *label),
                Sort::Relevance => {}
            }
        })?;
        if twice && counts.count > 0 {
            rank(*label, reader, root, facts, &mut best)?;
        }
        found.total += counts.count;
        counts.add_to(*label, &mut found.facets);
    }
    let score = |first: i64| if request.sort == Sort::Relevance { first as f32 / 1000.0 } else { 0.0 };
    found.hits = best
        .in_order()
        .into_iter()
        .skip(request.offset)
        .map(|(first, _, Reverse(unit), label)| Hit { unit, label, score: score(first) })
        .collect();
    Ok(found)
}

/// Whether the best of the matches can be found without scoring them all: alternatives of single words.
fn prunes(root: &Node) -> bool {
    match root {
        Node::Word(_) => true,
        Node::Or(nodes) => nodes.iter().all(prunes),
        _ => false,
    }
}

/// Every match that may be known, in no order.
pub fn matching<F: UnitFacts + 'static>(
    labels: &[(u16, LabelReader)],
    query: &Query,
    facts: &Arc<F>,
    each: &mut dyn FnMut(u64),
) -> Result<()> {
    for (label, reader) in labels {
        each_match(*label, reader, &query.root, false, facts, &mut |columns, doc, _| each(columns.unit(doc)))?;
    }
    Ok(())
}

/// The first places of an order.
struct Best {
    keep: usize,
    heap: BinaryHeap<Reverse<Rank>>,
}

impl Best {
    fn new(keep: usize) -> Self {
        Self { keep, heap: BinaryHeap::with_capacity(keep.min(1024) + 1) }
    }

    /// What a document must reach to come in at all.
    fn worst(&self) -> Option<i64> {
        self.heap.peek().filter(|_| self.heap.len() >= self.keep).map(|Reverse(worst)| worst.0)
    }

    fn put(&mut self, first: i64, columns: &Columns, doc: DocId, label: u16) {
        if self.keep > 0 && self.worst().is_none_or(|worst| first >= worst) {
            self.heap.push(Reverse((first, Reverse(columns.tie(doc)), Reverse(columns.unit(doc)), label)));
            if self.heap.len() > self.keep {
                self.heap.pop();
            }
        }
    }

    fn in_order(self) -> Vec<Rank> {
        let mut all: Vec<Rank> = self.heap.into_iter().map(|Reverse(rank)| rank).collect();
        all.sort_unstable_by(|one, other| other.cmp(one));
        all
    }
}

/// The best of one label's matches, as far as they may be known.
fn rank<F: UnitFacts + 'static>(label: u16, reader: &LabelReader, root: &Node, facts: &Arc<F>, best: &mut Best) -> Result<()> {
    let weight = weight(label, reader, root, true, facts)?;
    let seen = reader.visible.of(&**facts);
    for segment in reader.searcher.segment_readers() {
        let id = segment.segment_id();
        let Some(columns) = reader.columns.get(&id) else { continue };
        let (alive, seen) = (segment.alive_bitset(), seen.as_ref().and_then(|seen| seen.get(&id)));
        // Below the rank that comes last so far nothing is of interest; what rounds to that very rank is.
        let least = |best: &Best| best.worst().map_or(f32::MIN, |worst| ((worst as f64 - 0.5) / 1000.0) as f32);
        weight.for_each_pruning(least(best), segment, &mut |doc, score| {
            if is_visible(columns, seen, alive, doc, label, &**facts) {
                best.put(ranked(score), columns, doc, label);
            }
            least(best)
        })?;
    }
    Ok(())
}

/// A query, ready to be run over segments.
fn weight<F: UnitFacts + 'static>(
    label: u16,
    reader: &LabelReader,
    root: &Node,
    scored: bool,
    facts: &Arc<F>,
) -> Result<Box<dyn Weight>> {
    let query = Planner { reader, label, facts }.plan(root)?;
    let fields = reader.fields;
    let weights = Weights { short: [fields.title, fields.name, fields.from, fields.to] };
    let scoring = match scored {
        true => EnableScoring::enabled_from_statistics_provider(&weights, &reader.searcher),
        false => EnableScoring::disabled_from_searcher(&reader.searcher),
    };
    Ok(query.weight(scoring)?)
}

fn is_visible(
    columns: &Columns,
    seen: Option<&Bits>,
    alive: Option<&AliveBitSet>,
    doc: DocId,
    label: u16,
    facts: &impl UnitFacts,
) -> bool {
    match seen {
        Some(seen) => seen.contains(doc),
        None => alive.is_none_or(|alive| alive.is_alive(doc)) && facts.visible(columns.unit(doc), label),
    }
}

fn each_match<F: UnitFacts + 'static>(
    label: u16,
    reader: &LabelReader,
    root: &Node,
    scored: bool,
    facts: &Arc<F>,
    each: &mut dyn FnMut(&Columns, DocId, f32),
) -> Result<()> {
    let weight = weight(label, reader, root, scored, facts)?;
    let known = reader.visible.of(&**facts);
    let mut asked = 0;
    for segment in reader.searcher.segment_readers() {
        let id = segment.segment_id();
        let Some(columns) = reader.columns.get(&id) else { continue };
        let (alive, seen) = (segment.alive_bitset(), known.as_ref().and_then(|known| known.get(&id)));
        let mut ask = |doc: DocId, score: f32| {
            asked += 1;
            if is_visible(columns, seen, alive, doc, label, &**facts) {
                each(columns, doc, score);
            }
        };
        match scored {
            true => weight.for_each(segment, &mut ask)?,
            false => weight.for_each_no_score(segment, &mut |docs| docs.iter().for_each(|doc| ask(*doc, 0.0)))?,
        }
    }
    if known.is_none() && asked >= MANY {
        reader.visible.ask_all(reader, label, &**facts);
    }
    Ok(())
}

/// Which documents of each segment may be known, by whose answers these are.
#[derive(Default)]
pub(super) struct Visible(Mutex<VecDeque<(u64, Arc<Seen>)>>);

type Seen = HashMap<SegmentId, Bits>;

impl Visible {
    fn of(&self, facts: &impl UnitFacts) -> Option<Arc<Seen>> {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.iter().find(|(whose, _)| *whose == facts.identity()).map(|(_, seen)| seen.clone())
    }

    fn ask_all(&self, reader: &LabelReader, label: u16, facts: &impl UnitFacts) {
        let mut seen = Seen::new();
        for segment in reader.searcher.segment_readers() {
            let id = segment.segment_id();
            let Some(columns) = reader.columns.get(&id) else { continue };
            let alive = segment.alive_bitset();
            let visible = (0..segment.max_doc()).filter(|doc| is_visible(columns, None, alive, *doc, label, facts));
            seen.insert(id, visible.collect());
        }
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() == REMEMBERED {
            all.pop_front();
        }
        all.push_back((facts.identity(), Arc::new(seen)));
    }
}

/// Counts within one label: kinds by their number in each segment, turned into words at the end.
struct Counting {
    wanted: [bool; 3],
    count: u64,
    places: HashMap<u32, u64>,
    years: BTreeMap<i64, u64>,
    kinds: HashMap<(usize, u64), u64>,
    columns: Vec<*const Columns>,
    words: HashMap<(usize, u64), String>,
}

impl Counting {
    fn new(facets: &[FacetName]) -> Self {
        let wanted = [FacetName::Class, FacetName::Type, FacetName::Year].map(|name| facets.contains(&name));
        Self {
            wanted,
            count: 0,
            places: HashMap::new(),
            years: BTreeMap::new(),
            kinds: HashMap::new(),
            columns: Vec::new(),
            words: HashMap::new(),
        }
    }

    fn count(&mut self, columns: &Columns, doc: DocId, facts: &impl UnitFacts) {
        self.count += 1;
        let [classes, kinds, years] = self.wanted;
        if classes {
            *self.places.entry(facts.place(columns.unit(doc))).or_default() += 1;
        }
        if years && let Some(date) = columns.date.first(doc) {
            *self.years.entry(year_of(date)).or_default() += 1;
        }
        if kinds && let Some(column) = &columns.kind {
            // Segments come one after the other: the last one seen is the one at hand.
            if self.columns.last() != Some(&std::ptr::from_ref(columns)) {
                self.columns.push(std::ptr::from_ref(columns));
            }
            let segment = self.columns.len();
            for ordinal in column.term_ords(doc) {
                let seen = self.kinds.entry((segment, ordinal)).or_default();
                if *seen == 0 {
                    let mut word = String::new();
                    // A word that cannot be read is counted under no name.
                    let _ = column.ord_to_str(ordinal, &mut word);
                    self.words.insert((segment, ordinal), word);
                }
                *seen += 1;
            }
        }
    }

    fn add_to(self, label: u16, facets: &mut Facets) {
        let mut places: Vec<_> = self.places.into_iter().collect();
        places.sort_unstable();
        for (place, count) in places {
            *facets.places.entry(place).or_default() += count;
        }
        for (year, count) in self.years {
            *facets.years.entry(year).or_default() += count;
        }
        let mut kinds: Vec<_> = self.kinds.into_iter().collect();
        kinds.sort_unstable();
        for (key, count) in kinds {
            if let Some(word) = self.words.get(&key).filter(|word| !word.is_empty()) {
                *facets.kinds.entry(word.clone()).or_default() += count;
            }
        }
        if self.count > 0 {
            *facets.labels.entry(label).or_default() += self.count;
        }
    }
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
