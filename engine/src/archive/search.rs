//! Searching and listing: the query of a person, over the labels that the clearance dominates, trimmed match
//! by match. Also how the index follows the catalog.

use super::{Archive, Knowledge, thread::Threads};
use crate::{
    Result,
    catalog::{Bits, UnitFact, UnitRow},
    error,
    index::{self, Document, FacetName, Facets, Found, LabelReader, LabelWriter, Request, Snippet, Sort, UnitFacts, snippet},
    policy::{self, Session},
    query::{Node, Query, parse},
    seal, spread,
};
use chartrier_schemas::{ContentId, LabelId, Marking, RecordId, SubjectId, Text};
use rayon::prelude::*;
use std::{
    collections::{BTreeMap, HashMap},
    path::PathBuf,
    sync::{Arc, PoisonError},
};
use zeroize::Zeroizing;

/// How much of a text is read for a snippet, in bytes.
const SNIPPET_SOURCE: usize = 128 << 10;

/// How long a snippet is, in characters.
const SNIPPET_WIDTH: usize = 160;

/// Records indexed between two commits of an index.
const STEP: usize = 20_000;

/// Hits are looked for by so many: three pages of them …
const REACH: usize = 60;

/// … and so far at most; who wants more than the best lists them.
const FARTHEST: usize = 1 << 20;

/// What to search for.
pub struct SearchRequest<'a> {
    /// What the person typed.
    pub words: &'a str,
    /// Order.
    pub sort: Sort,
    /// Hits to give.
    pub limit: usize,
    /// Hits to skip.
    pub offset: usize,
    /// What to count.
    pub facets: &'a [FacetName],
}

/// Counts by facet: value, nothing where there is none, and how many.
pub type FacetValues = BTreeMap<&'static str, Vec<(Option<String>, u64)>>;

/// What was found.
pub struct SearchResult {
    /// Every match that may be known.
    pub total: u64,
    /// Whether the index contains all that the catalog does.
    pub complete: bool,
    /// When the last thing that the search covers was captured, RFC 3339.
    pub as_of: Option<String>,
    /// The hits asked for.
    pub hits: Vec<SearchHit>,
    /// Counts by facet, most first.
    pub facets: FacetValues,
    /// What could not be used of the query.
    pub notes: Vec<Text>,
}

/// One hit.
pub struct SearchHit {
    /// What is said of it.
    pub line: ListLine,
    /// Format.
    pub puid: Option<String>,
    /// The passage that shows why.
    pub snippet: Snippet,
    /// How well it matches.
    pub score: f32,
}

/// A record as it is listed.
pub struct ListLine {
    /// Its id.
    pub id: RecordId,
    /// Title.
    pub title: String,
    /// File name.
    pub name: String,
    /// What kind of file its bytes are, as `type:` names it; empty where nobody knows.
    pub kind: String,
    /// Who wrote it, where it is a message.
    pub sender: Option<String>,
    /// Date, RFC 3339.
    pub date: Option<String>,
    /// Code of its class, if that may be known; nothing is the inbox.
    pub class: Option<String>,
    /// Marking.
    pub marking: Marking,
    /// Content address of the original.
    pub content: ContentId,
}

/// What was asked, on whose behalf, of which state of catalog and indexes. The same question has the same answer.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(super) struct Question {
    permission: u64,
    openings: Vec<u64>,
    words: String,
    sort: Sort,
}

/// What was found, as far as hits and counts were asked for.
pub(super) struct Answer {
    found: Found,
    reach: usize,
    facets: Vec<FacetName>,
}

impl Answer {
    /// Whether it says what a request asks.
    fn serves(&self, request: &SearchRequest<'_>) -> bool {
        let enough = self.reach >= request.limit.saturating_add(request.offset) || self.found.hits.len() < self.reach;
        enough && request.facets.iter().all(|facet| self.facets.contains(facet))
    }

    /// About how much memory it takes, in bytes.
    fn size(&self) -> usize {
        let Facets { places, kinds, years, labels } = &self.found.facets;
        self.found.hits.len() * 24 + (places.len() + kinds.len() + years.len() + labels.len()) * 48 + 512
    }
}

/// The arrays of the catalog, as a search asks them.
pub(super) struct Asked(pub(super) Knowledge, pub(super) Threads);

impl UnitFacts for Asked {
    fn identity(&self) -> u64 {
        self.0.permission.identity
    }

    fn version(&self) -> u64 {
        self.0.cache.number
    }

    fn visible(&self, unit: u64, label: u16) -> bool {
        let fact = self.0.cache.facts.of(unit);
        fact.label == label && u32::try_from(unit).is_ok_and(|unit| self.0.permission.covers(unit, fact))
    }

    fn place(&self, unit: u64) -> u32 {
        self.0.cache.facts.of(unit).place
    }

    fn number(&self, unit: u32) -> u32 {
        self.0.cache.facts.number(unit)
    }

    fn different(&self) -> &[UnitFact] {
        self.0.cache.facts.different()
    }

    fn all_visible(&self, label: u16) -> Option<Vec<bool>> {
        let permission = &self.0.permission;
        let visible = |fact: &UnitFact| fact.label == label && permission.covers(u32::MAX, *fact);
        (!permission.names_units()).then(|| self.different().iter().map(visible).collect())
    }

    fn below(&self, code: Option<&str>) -> Bits {
        let Some(code) = code else { return Bits::from_iter([0]) };
        // A class that may not be known is none: nothing lies below it.
        match self.0.cache.facts.place_of_code(code).filter(|place| self.0.covers(*place)) {
            Some(place) => self.0.cache.facts.below(&Bits::from_iter([place])),
            None => Bits::default(),
        }
    }

    fn thread(&self, message: RecordId) -> Bits {
        self.1.get(&message).cloned().unwrap_or_default()
    }

    fn label_is(&self, label: u16, marking: &str) -> bool {
        let asked: Option<Marking> = marking.parse().ok();
        asked.is_some() && self.0.marking(label) == asked.as_ref()
    }
}

impl Archive {
    fn index_folder(&self, label: LabelId) -> PathBuf {
        self.home.path("index").join(label.to_string())
    }

    fn index_key(&self, label: LabelId) -> Zeroizing<[u8; 32]> {
        seal::derive(&self.secrets.identity, &format!("index {label}"))
    }

    /// Brings every label's index up to the catalog. One process at a time; another one that finds the lock
    /// taken leaves the work to its holder.
    pub fn index(&self) -> Result<()> {
        let lock = super::open::lock_file(&self.home, "index")?;
        if crate::lock::try_alone(&lock).is_err() {
            return Ok(());
        }
        let (labels, commits, epoch) = {
            let catalog = self.catalog();
            (catalog.labels()?, catalog.commits()?, catalog.epoch()?)
        };
        for row in labels.into_iter().filter(|row| row.label.marking().is_some()) {
            self.index_label(row.num, row.label.id, commits, &epoch)?;
        }
        Ok(())
    }

    fn index_label(&self, num: u16, label: LabelId, commits: u64, epoch: &str) -> Result<()> {
        let (folder, key) = (self.index_folder(label), self.index_key(label));
        let mut reader = self.reader(num, label)?;
        let position = reader.take().map_or(0, |reader| reader.position());
        let mut changed = Vec::new();
        self.catalog().changed_since(position, num, &mut |unit| {
            changed.push(unit);
            Ok(())
        })?;
        let departed = self.catalog().departed_since(position, num)?;
        if changed.is_empty() && departed.is_empty() && position > 0 {
            return Ok(());
        }
        let mut writer = LabelWriter::open(&folder, &key, epoch)?;
        let known = writer.position() > 0;
        departed.iter().for_each(|unit| writer.remove((*unit).into()));
        for step in changed.chunks(STEP) {
            step.par_chunks(64).try_for_each(|units| units.iter().try_for_each(|unit| self.index_unit(&writer, *unit, known)))?;
        }
        writer.commit(commits)?;
        if departed.is_empty() { writer.finish() } else { writer.purge() }
    }

    fn index_unit(&self, writer: &LabelWriter, unit: u32, known: bool) -> Result<()> {
        let Some(row) = self.catalog().unit(unit)? else { return Ok(()) };
        let text = match &row.text {
            None => Arc::from(""),
            // A text that does not open costs the record its words, not the others theirs; `verify` names it.
            Some(text) => match self.text_head(text, usize::MAX) {
                Err(why) if why.kind == crate::Kind::Unavailable => return Err(why),
                read => read.unwrap_or_else(|_| Arc::from("")),
            },
        };
        let text = match &row.words.about {
            None => text,
            Some(about) => Arc::from(format!("{about}\n{text}")),
        };
        writer.put(&document(&row, &text), known)
    }

    /// The open index of a label, as of its last commit; kept until it has another.
    pub(super) fn reader(&self, num: u16, label: LabelId) -> Result<Option<LabelReader>> {
        let folder = self.index_folder(label);
        let stamp = std::fs::metadata(folder.join("meta.json")).and_then(|meta| meta.modified()).ok();
        let cached = self.readers.read().unwrap_or_else(PoisonError::into_inner).get(&num).cloned();
        if let Some((when, reader)) = &cached
            && Some(*when) == stamp
        {
            return Ok(Some(reader.clone()));
        }
        let (epoch, before) = (self.catalog().epoch()?, cached.map(|(_, reader)| reader));
        let Some(reader) = LabelReader::open(&folder, self.index_key(label), &epoch, before.as_ref())? else { return Ok(None) };
        if let Some(stamp) = stamp {
            self.readers.write().unwrap_or_else(PoisonError::into_inner).insert(num, (stamp, reader.clone()));
        }
        Ok(Some(reader))
    }

    /// The open indexes of the labels that a session may read, and whether they contain all that the catalog does.
    pub(super) fn readers(&self, knowledge: &Knowledge) -> Result<(Vec<(u16, LabelReader)>, bool)> {
        let mut readers = Vec::new();
        let mut complete = true;
        for (num, label) in knowledge.labels() {
            let reader = self.reader(num, label)?;
            let position = reader.as_ref().map_or(0, LabelReader::position);
            let mut behind = false;
            if position < knowledge.cache.version.1 {
                self.catalog().changed_since(position, num, &mut |unit| {
                    behind |= knowledge.covers(unit);
                    Ok(())
                })?;
            }
            complete &= !behind;
            readers.extend(reader.map(|reader| (num, reader)));
        }
        Ok((readers, complete))
    }

    /// Searches.
    pub fn search(&self, session: &Session, request: &SearchRequest<'_>) -> Result<SearchResult> {
        let query = parse(request.words);
        let knowledge = self.knowledge(session.clone())?;
        let threads = self.threads_asked(&knowledge, &query.root)?;
        let asked = Arc::new(Asked(knowledge, threads));
        let (readers, complete) = self.readers(&asked.0)?;
        let answer = self.answer(request, &query, &readers, &asked)?;
        let found = &answer.found;
        let mut rows: Vec<(Arc<UnitRow>, f32)> = Vec::new();
        for hit in found.hits.iter().skip(request.offset).take(request.limit) {
            let unit = u32::try_from(hit.unit).map_err(error::bug)?;
            rows.extend(self.unit_row(&asked.0, unit)?.map(|row| (row, hit.score)));
        }
        let snippets: Vec<Snippet> = spread::map(&rows, |(row, _)| self.snippet(&asked.0, row, &query.root));
        let mut hits = Vec::new();
        for ((row, score), snippet) in rows.into_iter().zip(snippets) {
            let puid = row.puid.clone();
            hits.extend(self.line(&asked.0, &row)?.map(|line| SearchHit { line, puid, snippet, score }));
        }
        let facets = self.facet_values(&asked.0, request.facets, found)?;
        let mut notes = query.notes;
        notes.extend(self.unknown_values(&readers, &asked, &query.root, found.total)?);
        Ok(SearchResult { total: found.total, complete, as_of: self.catalog().as_of()?, hits, facets, notes })
    }

    /// What the indexes say, unless the same was asked a moment ago.
    fn answer(
        &self,
        request: &SearchRequest<'_>,
        query: &Query,
        readers: &[(u16, LabelReader)],
        asked: &Arc<Asked>,
    ) -> Result<Arc<Answer>> {
        let question = Question {
            permission: asked.identity(),
            openings: readers.iter().map(|(_, reader)| reader.opening()).collect(),
            words: request.words.to_owned(),
            sort: request.sort,
        };
        let kept = self.found.get(&question);
        if let Some(answer) = kept.filter(|answer| answer.serves(request)) {
            return Ok(answer);
        }
        let reach = request.limit.saturating_add(request.offset).min(FARTHEST).next_multiple_of(REACH);
        let inner = Request { query, sort: request.sort, limit: reach, facets: request.facets };
        let answer = Arc::new(Answer { found: index::search(readers, &inner, asked)?, reach, facets: request.facets.to_vec() });
        self.found.put(question, answer.clone(), answer.size());
        Ok(answer)
    }

    /// A passage of a record's text; nothing where the text cannot be read, which `verify` names, nor of a classified
    /// record: its text is a disclosure, and `get` and `show --text` say so in the audit.
    fn snippet(&self, knowledge: &Knowledge, row: &UnitRow, root: &Node) -> Snippet {
        if !knowledge.marking(row.label).is_some_and(policy::is_shown_in_passing) {
            return Snippet::default();
        }
        let text = row.text.as_ref().map(|text| self.text_head(text, SNIPPET_SOURCE));
        let language = row.language.as_deref();
        let head = |text: &str| snippet(&text[..text.floor_char_boundary(SNIPPET_SOURCE)], language, root, SNIPPET_WIDTH);
        text.and_then(Result::ok).map(|text| head(&text)).unwrap_or_default()
    }

    pub(super) fn line(&self, knowledge: &Knowledge, row: &UnitRow) -> Result<Option<ListLine>> {
        let (SubjectId::Record(id), Some(content)) = (row.id, row.content) else { return Ok(None) };
        // It has changed its label since the arrays were read: it is asked about anew, or not at all.
        if row.label != knowledge.fact(row.num).label {
            return Ok(None);
        }
        let Some(marking) = knowledge.marking(row.label).cloned() else { return Ok(None) };
        Ok(Some(ListLine {
            id,
            class: knowledge.code(row.place),
            title: row.title.clone(),
            name: row.name.clone(),
            kind: row.words.tags.first().cloned().unwrap_or_default(),
            sender: row.words.tags.iter().any(|tag| tag == "message").then(|| row.words.authors.first().cloned()).flatten(),
            date: row.date.clone(),
            marking,
            content,
        }))
    }

    fn facet_values(&self, knowledge: &Knowledge, wanted: &[FacetName], found: &Found) -> Result<FacetValues> {
        let Facets { places, kinds, years, labels } = &found.facets;
        let mut facets = BTreeMap::new();
        for name in wanted {
            let (name, values) = match name {
                FacetName::Class => {
                    let mut counts: HashMap<Option<String>, u64> = HashMap::new();
                    for (place, count) in places {
                        *counts.entry(knowledge.code(*place)).or_default() += count;
                    }
                    ("class", counts.into_iter().collect())
                }
                FacetName::Type => ("type", kinds.iter().map(|(kind, count)| (Some(kind.clone()), *count)).collect()),
                FacetName::Year => ("year", years.iter().map(|(year, count)| (Some(year.to_string()), *count)).collect()),
                FacetName::Marking => {
                    let named = labels.iter().map(|(label, count)| (knowledge.marking(*label).map(ToString::to_string), *count));
                    ("marking", named.collect::<Vec<_>>())
                }
            };
            let mut values: Vec<(Option<String>, u64)> = values;
            values.sort_by(|one, other| other.1.cmp(&one.1).then_with(|| one.0.cmp(&other.0)));
            facets.insert(name, values);
        }
        Ok(facets)
    }

    /// Every record that a query matches, in the order of their ids.
    pub fn list(&self, session: &Session, words: &str, each: &mut dyn FnMut(ListLine)) -> Result<u64> {
        let (asked, units) = self.matches(session, words)?;
        let mut ordered: Vec<(SubjectId, u32)> = Vec::with_capacity(units.len());
        for unit in units {
            ordered.extend(self.catalog().subject_of_num(unit)?.map(|id| (id, unit)));
        }
        ordered.sort_unstable();
        let mut count = 0;
        for (_, unit) in ordered {
            let row = self.catalog().unit(unit)?;
            if let Some(line) = row.map(|row| self.line(&asked, &row)).transpose()?.flatten() {
                count += 1;
                each(line);
            }
        }
        Ok(count)
    }

    /// The numbers of the records that a query matches and the session may know.
    pub(super) fn matches(&self, session: &Session, words: &str) -> Result<(Knowledge, Vec<u32>)> {
        let query: Query = parse(words);
        let knowledge = self.knowledge(session.clone())?;
        let mut units: Vec<u32> = Vec::new();
        if query.root == Node::All {
            let facts = &knowledge.cache.facts;
            units.extend((0..facts.len() as u64).filter_map(|unit| {
                let fact = facts.of(unit);
                let unit = u32::try_from(unit).ok()?;
                (fact.kind == 3 && knowledge.permission.covers(unit, fact)).then_some(unit)
            }));
        } else {
            let asked = Arc::new(Asked(knowledge.clone(), self.threads_asked(&knowledge, &query.root)?));
            let (readers, _) = self.readers(&knowledge)?;
            index::matching(&readers, &query, &asked, &mut |unit| units.extend(u32::try_from(unit)))?;
        }
        Ok((knowledge, units))
    }
}

fn document<'a>(row: &'a UnitRow, text: &'a str) -> Document<'a> {
    let date = row.date.as_deref().and_then(|date| date.parse::<jiff::Timestamp>().ok());
    Document {
        unit: row.num.into(),
        tie: (row.id.parts().1 >> 64) as u64,
        title: &row.title,
        name: &row.name,
        authors: &row.words.authors,
        recipients: &row.words.recipients,
        tags: &row.words.tags,
        findings: &row.words.findings,
        language: row.language.as_deref(),
        date: date.map(|date| date.as_second()),
        text,
    }
}
