//! Searching: every match is asked about before it is counted, so that totals, facets and order owe nothing
//! to what the person may not know.

use super::{
    plan::Planner,
    reader::{Columns, Counted, LabelReader},
    weights::Weights,
};
use crate::{
    Result,
    catalog::{Bits, UnitFact},
    query::{Node, Query},
    spread,
};
use chartrier_schemas::RecordId;
use std::{
    cmp::Reverse,
    collections::{BTreeMap, BinaryHeap, HashMap, VecDeque},
    sync::{Arc, Mutex, PoisonError},
};
use tantivy::{
    DocId, SegmentReader,
    fastfield::AliveBitSet,
    index::SegmentId,
    query::{EnableScoring, Weight},
};

/// A search that asks about one document in so many asks about every one, once, and remembers the answers.
const MANY: u64 = 50;

/// Sessions whose answers a reader remembers.
const REMEMBERED: usize = 64;

/// What the catalog says of units, asked for every match.
pub trait UnitFacts: Send + Sync {
    /// What tells these answers from all others: of another session, or as of another moment.
    fn identity(&self) -> u64;

    /// What tells the facts of units from those as of another moment.
    fn version(&self) -> u64;

    /// Whether it lives, bears this label, and may be known.
    fn visible(&self, unit: u64, label: u16) -> bool;

    /// The number of its place; 0 is the inbox.
    fn place(&self, unit: u64) -> u32;

    /// The number of its fact among the different ones.
    fn number(&self, unit: u32) -> u32;

    /// The different facts that there are.
    fn different(&self) -> &[UnitFact];

    /// Of each different fact, whether a record of which it is told is visible: nothing where that depends on the record.
    fn all_visible(&self, label: u16) -> Option<Vec<bool>>;

    /// The places that a code names, and all below that may be known; without a code, the inbox.
    fn below(&self, code: Option<&str>) -> Bits;

    /// The conversation that a message belongs to, as far as it may be known.
    fn thread(&self, message: RecordId) -> Bits;

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

/// Scores are compared by thousandths: sums of the same parts in another order stay equal. None is below 0.
fn ranked(score: f32) -> i64 {
    (f64::from(score) * 1000.0 + 0.5) as i64
}

/// Searches several labels as one, the segments of each at once. Every match is counted and scored: the most that a part of a
/// segment can score is told by documents that the person may not know, and nobody asks them.
pub fn search<F: UnitFacts + 'static>(labels: &[(u16, LabelReader)], request: &Request<'_>, facts: &Arc<F>) -> Result<Found> {
    let mut found = Found::default();
    let mut best = Best::new(request.limit);
    let scored = request.sort == Sort::Relevance && request.limit > 0;
    for (label, reader) in labels {
        let matching = weight(*label, reader, &request.query.root, scored, facts)?;
        let (seen, numbered) = (reader.visible.of(&**facts), reader.numbered.of(&**facts));
        let one = |segment| -> Result<_> {
            let Some(part) = Part::of(*label, reader, segment, seen.as_deref(), &**facts) else { return Ok(None) };
            let part = Part { numbers: numbered.as_ref().and_then(|all| all.get(&segment.segment_id())), ..part };
            let (mut counts, mut best) = (Counting::new(&part, request.facets), Best::new(request.limit));
            let asked = part.each_match(&*matching, scored, &mut |doc, score| {
                counts.count(&part, doc);
                match request.sort {
                    Sort::Date => best.put(part.columns.date.first(doc).unwrap_or(i64::MIN), part.columns, doc, *label),
                    Sort::Relevance => best.put(ranked(score), part.columns, doc, *label),
                }
            })?;
            Ok(Some((part, counts, best, asked)))
        };
        let parts: Vec<_> = spread::map(reader.searcher.segment_readers(), one).into_iter().collect::<Result<_>>()?;
        let mut asked = 0;
        for (part, counts, of_part, of_all) in parts.into_iter().flatten() {
            asked += of_all;
            found.total += counts.count;
            counts.add_to(&part, &mut found.facets);
            best.join(of_part);
        }
        if asked as u64 * MANY >= reader.documents() {
            let numbers = numbered.unwrap_or_else(|| reader.numbered.ask_all(reader, &**facts));
            if seen.is_none() {
                reader.visible.ask_all(reader, *label, &**facts, &numbers);
            }
        }
    }
    let score = |first: i64| if request.sort == Sort::Relevance { first as f32 / 1000.0 } else { 0.0 };
    found.hits =
        best.in_order().into_iter().map(|(first, _, Reverse(unit), label)| Hit { unit, label, score: score(first) }).collect();
    Ok(found)
}

/// Every match that may be known, in no order.
pub fn matching<F: UnitFacts + 'static>(
    labels: &[(u16, LabelReader)],
    query: &Query,
    facts: &Arc<F>,
    each: &mut dyn FnMut(u64),
) -> Result<()> {
    for (label, reader) in labels {
        let (weight, seen) = (weight(*label, reader, &query.root, false, facts)?, reader.visible.of(&**facts));
        for segment in reader.searcher.segment_readers() {
            let Some(part) = Part::of(*label, reader, segment, seen.as_deref(), &**facts) else { continue };
            part.each_match(&*weight, false, &mut |doc, _| each(part.columns.unit(doc)))?;
        }
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

    fn put(&mut self, first: i64, columns: &Columns, doc: DocId, label: u16) {
        let rank = || Reverse((first, Reverse(columns.tie(doc)), Reverse(columns.unit(doc)), label));
        if self.heap.len() < self.keep {
            self.heap.push(rank());
        } else if let Some(mut worst) = self.heap.peek_mut().filter(|worst| first >= worst.0.0) {
            // Reversed: the better one is the less.
            let rank = rank();
            if rank < *worst {
                *worst = rank;
            }
        }
    }

    /// The best of both.
    fn join(&mut self, other: Self) {
        for rank in other.heap {
            self.heap.push(rank);
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

/// One segment of a label, as somebody may know it.
struct Part<'a, F> {
    label: u16,
    segment: &'a SegmentReader,
    columns: &'a Columns,
    alive: Option<&'a AliveBitSet>,
    /// What may be known, where every document was asked about already.
    seen: Option<&'a Bits>,
    /// The facts of all documents by their numbers, where all were asked about already.
    numbers: Option<&'a Vec<u32>>,
    facts: &'a F,
}

impl<'a, F: UnitFacts> Part<'a, F> {
    fn of(label: u16, reader: &'a LabelReader, segment: &'a SegmentReader, seen: Option<&'a Seen>, facts: &'a F) -> Option<Self> {
        let id = segment.segment_id();
        let (columns, seen) = (reader.columns.get(&id)?, seen.and_then(|seen| seen.get(&id)));
        Some(Self { label, segment, columns, alive: segment.alive_bitset(), seen, numbers: None, facts })
    }

    /// The number of a document's fact.
    fn number(&self, doc: DocId) -> u32 {
        match self.numbers.and_then(|numbers| numbers.get(doc as usize)) {
            Some(number) => *number,
            None => u32::try_from(self.columns.unit(doc)).map_or(0, |unit| self.facts.number(unit)),
        }
    }

    fn shows(&self, doc: DocId) -> bool {
        match self.seen {
            Some(seen) => seen.contains(doc),
            None => self.alive.is_none_or(|alive| alive.is_alive(doc)) && self.facts.visible(self.columns.unit(doc), self.label),
        }
    }

    /// Every match that may be known. Answers how many were asked about.
    fn each_match(&self, weight: &dyn Weight, scored: bool, each: &mut impl FnMut(DocId, f32)) -> Result<usize> {
        let mut asked = 0;
        let mut ask = |doc: DocId, score: f32| {
            asked += 1;
            if self.shows(doc) {
                each(doc, score);
            }
        };
        match scored {
            true => weight.for_each(self.segment, &mut ask)?,
            false => weight.for_each_no_score(self.segment, &mut |docs| docs.iter().for_each(|doc| ask(*doc, 0.0)))?,
        }
        Ok(asked)
    }
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

    fn ask_all(&self, reader: &LabelReader, label: u16, facts: &impl UnitFacts, numbers: &Numbers) {
        let mut seen = Seen::new();
        let by_fact = facts.all_visible(label);
        for segment in reader.searcher.segment_readers() {
            let Some(part) = Part::of(label, reader, segment, None, facts) else { continue };
            let id = segment.segment_id();
            let shown = match (&by_fact, numbers.get(&id)) {
                (Some(by_fact), Some(numbers)) => {
                    let visible = |number: &u32| by_fact.get(*number as usize).copied().unwrap_or(false);
                    let alive = |doc: DocId| part.alive.is_none_or(|alive| alive.is_alive(doc));
                    (0..).zip(numbers).filter(|(doc, number)| visible(number) && alive(*doc)).map(|(doc, _)| doc).collect()
                }
                _ => (0..segment.max_doc()).filter(|doc| part.shows(*doc)).collect(),
            };
            seen.insert(id, shown);
        }
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // Somebody else may have asked for the same person meanwhile.
        all.retain(|(whose, _)| *whose != facts.identity());
        if all.len() == REMEMBERED {
            all.pop_front();
        }
        all.push_back((facts.identity(), Arc::new(seen)));
    }
}

/// The fact of each document of each segment, by its number: to count and to ask by them, no unit is looked up.
#[derive(Default)]
pub(super) struct Numbered(Mutex<Option<(u64, Arc<Numbers>)>>);

type Numbers = HashMap<SegmentId, Vec<u32>>;

impl Numbered {
    fn of(&self, facts: &impl UnitFacts) -> Option<Arc<Numbers>> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.as_ref().filter(|(version, _)| *version == facts.version()).map(|(_, numbers)| numbers.clone())
    }

    fn ask_all(&self, reader: &LabelReader, facts: &impl UnitFacts) -> Arc<Numbers> {
        let of = |columns: &Columns| columns.units().map(|unit| facts.number(unit)).collect();
        let numbers: Arc<Numbers> = Arc::new(reader.columns.iter().map(|(id, columns)| (*id, of(columns))).collect());
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some((facts.version(), numbers.clone()));
        numbers
    }
}

/// Counts within one segment: by numbers, turned into words at the end.
struct Counting {
    count: u64,
    /// By the number of a fact, for its place. Nothing where places are not asked for; likewise kinds and years.
    facts: Vec<u64>,
    kinds: Vec<u64>,
    years: Vec<u64>,
}

impl Counting {
    fn new(part: &Part<'_, impl UnitFacts>, facets: &[FacetName]) -> Self {
        let numbers = |name, count| if facets.contains(&name) { vec![0; count] } else { Vec::new() };
        Self {
            count: 0,
            facts: numbers(FacetName::Class, part.facts.different().len()),
            kinds: numbers(FacetName::Type, part.columns.kinds.len()),
            years: numbers(FacetName::Year, part.columns.years.len()),
        }
    }

    fn count(&mut self, part: &Part<'_, impl UnitFacts>, doc: DocId) {
        let one_more = |counts: &mut Vec<u64>, number: usize| counts.get_mut(number).into_iter().for_each(|count| *count += 1);
        self.count += 1;
        let Counted { kind, year } = part.columns.counted(doc);
        if !self.facts.is_empty() {
            one_more(&mut self.facts, part.number(doc) as usize);
        }
        one_more(&mut self.kinds, kind.into());
        one_more(&mut self.years, year.into());
    }

    fn add_to(self, part: &Part<'_, impl UnitFacts>, facets: &mut Facets) {
        for (fact, count) in part.facts.different().iter().zip(self.facts).filter(|(_, count)| *count > 0) {
            *facets.places.entry(fact.place).or_default() += count;
        }
        for (kind, count) in part.columns.kinds.iter().zip(self.kinds).filter(|(kind, count)| *count > 0 && !kind.is_empty()) {
            *facets.kinds.entry(kind.clone()).or_default() += count;
        }
        for (year, count) in part.columns.years.iter().zip(self.years).filter(|(_, count)| *count > 0) {
            year.iter().for_each(|year| *facets.years.entry(*year).or_default() += count);
        }
        if self.count > 0 {
            *facets.labels.entry(part.label).or_default() += self.count;
        }
    }
}
