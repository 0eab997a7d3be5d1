//! Where a record might be filed: as the records nearest to it were. Asks only what the person may know, and says why.

use super::{Archive, ClassRow, search::Asked, thread::Threads};
use crate::{
    Result,
    index::{self, Request, Sort, telling},
    policy::{self, Act, Session},
    query::{Field, Node, Query},
};
use chartrier_schemas::{RecordId, UnitId};
use std::{collections::BTreeMap, sync::Arc};

/// How much of a text is read for its telling words, in bytes.
const READ: usize = 16 << 10;

/// Telling words by which the nearest are found.
const WORDS: usize = 24;

/// Nearest records that are asked where they lie.
const NEAREST: usize = 15;

/// So many neighbours are half a proof.
const DOUBT: usize = 2;

/// Places that are suggested.
const SUGGESTED: usize = 3;

/// A place for a record, and why.
#[derive(Clone, Debug)]
pub struct Suggestion {
    /// The class or dossier.
    pub place: ClassRow,
    /// So many of the nearest records lie there.
    pub there: usize,
    /// So many were asked.
    pub nearest: usize,
    /// What share of all nearness that is, less where few were near, from 0 to 1.
    pub confidence: f32,
}

impl Archive {
    /// Where a record might be filed, best first. Places that take nothing any more are not named.
    pub fn suggest_places(&self, session: &Session, id: RecordId) -> Result<Vec<Suggestion>> {
        let row = self.permitted(session, Act::File, UnitId::Record(id))?;
        let knowledge = self.knowledge(session.clone())?;
        let Some(unit) = self.catalog().unit(row.num)? else { return Ok(Vec::new()) };
        // The end of a file's name tells what it is, not what it is about.
        let stem = |name: &str| name.rsplit_once('.').map_or(name, |(stem, _)| stem).to_owned();
        let mut said = vec![if unit.title == unit.name { String::new() } else { unit.title.clone() }, stem(&unit.name)];
        said.extend(unit.words.authors.iter().chain(&unit.words.about).cloned());
        // The text of a classified record is a disclosure, also if only its place comes of it.
        if knowledge.marking(row.label).is_some_and(policy::is_shown_in_passing)
            && let Some(text) = unit.text.as_ref().and_then(|text| self.text_head(text, READ).ok())
        {
            said.push(text[..text.floor_char_boundary(READ)].to_owned());
        }
        let words: Vec<Node> = telling(&said.join("\n"), WORDS).into_iter().map(Node::Word).collect();
        if words.is_empty() {
            return Ok(Vec::new());
        }
        let filed = Node::Not(Box::new(Node::Field(Field::Class(None))));
        let query = Query { root: Node::And(vec![Node::Or(words), filed]), notes: Vec::new() };
        let asked = Arc::new(Asked(knowledge.clone(), Threads::new()));
        let (readers, _) = self.readers(&knowledge)?;
        let request = Request { query: &query, sort: Sort::Relevance, limit: NEAREST + 1, facets: &[] };
        let found = index::search(&readers, &request, &asked)?;
        let mut near: BTreeMap<u32, (usize, f32)> = BTreeMap::new();
        let (mut nearest, mut all) = (0, 0.0);
        for hit in found.hits.iter().filter(|hit| hit.unit != u64::from(row.num)).take(NEAREST) {
            let place = knowledge.cache.facts.of(hit.unit).place;
            let (count, score) = near.entry(place).or_default();
            (*count, *score) = (*count + 1, *score + hit.score);
            (nearest, all) = (nearest + 1, all + hit.score);
        }
        let mut places: Vec<(u32, (usize, f32))> = near.into_iter().collect();
        places.sort_by(|one, other| other.1.1.total_cmp(&one.1.1));
        let mut suggestions = Vec::new();
        for (place, (there, score)) in places {
            let unit = if knowledge.covers(place) { self.catalog().unit(place)? } else { None };
            let Some(unit) = unit.filter(|unit| !unit.closed) else { continue };
            // Few neighbours prove little, however much they agree.
            let confidence = if all > 0.0 { score / all * nearest as f32 / (nearest + DOUBT) as f32 } else { 0.0 };
            suggestions.push(Suggestion { place: self.class_row(&knowledge, &unit)?, there, nearest, confidence });
            if suggestions.len() == SUGGESTED {
                break;
            }
        }
        Ok(suggestions)
    }
}
