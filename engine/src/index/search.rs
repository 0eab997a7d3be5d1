//! Searching: every match is asked about before it is counted, so that totals, facets and order owe nothing
//! to what the person may not know.

use super::{
    plan::Planner,
    reader::{Columns, Counted, LabelReader},
    weights::Weights,
};
use crate::{
    Result,
    catalog::{Bits, HIDDEN},
    query::{Node, Query},
};
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

    /// How many units there are: no place has a higher number.
    fn units(&self) -> usize;

    /// The places that a code names, and all below that may be known; without a code, the inbox.
    fn below(&self, code: Option<&str>) -> Bits;

    /// Whether a label stands for this marking.
    fn label_is(&self, label: u16, marking: &str) -> bool;
}

/// Order of the hits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
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
    let mut best = Best::new(request.limit.min(1 << 20));
    for (label, reader) in labels {
        let mut counts = Counting::new(request.facets, facts.units());
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
    found.hits =
        best.in_order().into_iter().map(|(first, _, Reverse(unit), label)| Hit { unit, label, score: score(first) }).collect();
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
    each: &mut impl FnMut(&Arc<Columns>, DocId, f32),
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

/// Counts within one label: by numbers, turned into words when a segment is done.
struct Counting {
    wanted: [bool; 3],
    count: u64,
    /// By number of the place, as far as places have been seen, …
    places: Vec<u32>,
    /// … with those that have a count, …
    seen: Vec<u32>,
    /// … and what is filed where nobody here can tell.
    hidden: u64,
    facets: Facets,
    /// The segment at hand, with counts by its numbers.
    at: Option<Arc<Columns>>,
    kinds: Vec<u64>,
    years: Vec<u64>,
}

impl Counting {
    fn new(facets: &[FacetName], units: usize) -> Self {
        let wanted = [FacetName::Class, FacetName::Type, FacetName::Year].map(|name| facets.contains(&name));
        // Untouched memory costs nothing: there are few places among many units.
        let places = if wanted[0] { vec![0; units] } else { Vec::new() };
        let (seen, facets, kinds, years) = (Vec::new(), Facets::default(), Vec::new(), Vec::new());
        Self { wanted, count: 0, places, seen, hidden: 0, facets, at: None, kinds, years }
    }

    fn count(&mut self, columns: &Arc<Columns>, doc: DocId, facts: &impl UnitFacts) {
        self.count += 1;
        if self.at.as_ref().is_none_or(|at| !Arc::ptr_eq(at, columns)) {
            self.end();
            self.kinds = vec![0; columns.kinds.len()];
            self.years = vec![0; columns.years.len()];
            self.at = Some(columns.clone());
        }
        let Counted { unit, kind, year } = columns.counted(doc);
        if self.wanted[0] {
            let place = facts.place(unit.into());
            match self.places.get_mut(place as usize) {
                Some(count) => {
                    if *count == 0 {
                        self.seen.push(place);
                    }
                    *count += 1;
                }
                None => self.hidden += 1,
            }
        }
        if let Some(count) = self.kinds.get_mut(kind as usize) {
            *count += 1;
        }
        if let Some(count) = self.years.get_mut(year as usize) {
            *count += 1;
        }
    }

    /// Turns the counts of the segment at hand into words.
    fn end(&mut self) {
        let Some(columns) = self.at.take() else { return };
        if self.wanted[1] {
            for (kind, count) in columns.kinds.iter().zip(&self.kinds).filter(|(kind, count)| !kind.is_empty() && **count > 0) {
                *self.facets.kinds.entry(kind.clone()).or_default() += count;
            }
        }
        if self.wanted[2] {
            for (year, count) in columns.years.iter().zip(&self.years).filter(|(_, count)| **count > 0) {
                year.iter().for_each(|year| *self.facets.years.entry(*year).or_default() += count);
            }
        }
    }

    fn add_to(mut self, label: u16, facets: &mut Facets) {
        self.end();
        let Facets { kinds, years, .. } = std::mem::take(&mut self.facets);
        kinds.into_iter().for_each(|(kind, count)| *facets.kinds.entry(kind).or_default() += count);
        years.into_iter().for_each(|(year, count)| *facets.years.entry(year).or_default() += count);
        for place in &self.seen {
            *facets.places.entry(*place).or_default() += u64::from(self.places[*place as usize]);
        }
        if self.hidden > 0 {
            *facets.places.entry(HIDDEN).or_default() += self.hidden;
        }
        if self.count > 0 {
            *facets.labels.entry(label).or_default() += self.count;
        }
    }
}
