//! Conversations: messages that are linked by what they answer, as far as the person may know them. The links of a message that
//! may not be known lead nowhere: whether it was refused or never captured looks the same. A subject links nothing.

use super::{Archive, Knowledge, ListLine};
use crate::{
    Result,
    catalog::{Bits, Link, MessageKey},
    policy::{Act, Session},
    query::{Field, Node},
};
use chartrier_schemas::{RecordId, UnitId};
use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};

/// Messages of one conversation that are looked for.
const MOST: usize = 500;

/// Conversations that a query asks for.
pub(super) type Threads = HashMap<RecordId, Bits>;

/// A message of a conversation.
pub struct ThreadLine {
    /// What is said of it.
    pub line: ListLine,
    /// Who wrote it.
    pub author: Option<String>,
    /// So many messages of the conversation stand above it: what it answers, what that answers.
    pub depth: usize,
}

impl Archive {
    /// The conversation that a message belongs to, oldest first, with itself; nothing where it stands alone.
    pub fn thread(&self, session: &Session, id: RecordId) -> Result<Vec<ThreadLine>> {
        let row = self.permitted(session, Act::Know, UnitId::Record(id))?;
        let knowledge = self.knowledge(session.clone())?;
        let linked = self.conversation(&knowledge, row.num)?;
        let mut found = Vec::new();
        for (unit, links) in linked {
            let Some(row) = self.catalog().unit(unit)? else { continue };
            let author = row.words.authors.first().cloned();
            found.extend(self.line(&knowledge, &row)?.map(|line| (line, author, links)));
        }
        if found.len() < 2 {
            return Ok(Vec::new());
        }
        // Oldest first, undated last.
        found.sort_by(|(one, ..), (other, ..)| {
            let key = |line: &ListLine| (line.date.is_none(), line.date.clone(), line.id);
            key(one).cmp(&key(other))
        });
        let depths = depths(&found.iter().map(|(.., links)| &links[..]).collect::<Vec<_>>());
        Ok(found.into_iter().zip(depths).map(|((line, author, _), depth)| ThreadLine { line, author, depth }).collect())
    }

    /// Which of some records belong to one conversation: of each, the place of the first that belongs to the same.
    pub fn same_thread(&self, session: &Session, records: &[RecordId]) -> Result<Vec<usize>> {
        let knowledge = self.knowledge(session.clone())?;
        let mut units = Vec::new();
        for record in records {
            let unit = self.catalog().subject((*record).into())?.map(|row| row.num);
            units.push(unit.filter(|unit| knowledge.covers(*unit)));
        }
        let mut first: Vec<usize> = (0..records.len()).collect();
        for at in 0..units.len() {
            let Some(unit) = units[at].filter(|_| first[at] == at) else { continue };
            let linked = self.conversation(&knowledge, unit)?;
            for other in at + 1..units.len() {
                if units[other].is_some_and(|unit| linked.contains_key(&unit)) {
                    first[other] = at;
                }
            }
        }
        Ok(first)
    }

    /// The conversations that a query asks for, as sets of units.
    pub(super) fn threads_asked(&self, knowledge: &Knowledge, root: &Node) -> Result<Threads> {
        let mut threads = Threads::new();
        for field in root.fields() {
            let Field::Thread(message) = field else { continue };
            let unit = self.catalog().subject((*message).into())?.map(|row| row.num);
            if let Some(unit) = unit.filter(|unit| knowledge.covers(*unit)) {
                threads.insert(*message, self.conversation(knowledge, unit)?.into_keys().collect());
            }
        }
        Ok(threads)
    }

    /// The messages that are linked with one, by unit, with the ids that each names; at least itself.
    fn conversation(&self, knowledge: &Knowledge, unit: u32) -> Result<BTreeMap<u32, Vec<Link>>> {
        let (mut found, mut known, mut asked) = (BTreeMap::new(), BTreeSet::from([unit]), BTreeSet::new());
        let mut open = VecDeque::from([unit]);
        while let Some(unit) = open.pop_front() {
            let links = self.catalog().links_of(unit)?;
            for Link { key, .. } in &links {
                if !asked.insert(*key) {
                    continue;
                }
                self.catalog().linked_by(*key, &mut |other| {
                    if known.len() < MOST && knowledge.covers(other) && known.insert(other) {
                        open.push_back(other);
                    }
                })?;
            }
            found.insert(unit, links);
        }
        Ok(found)
    }
}

/// How many messages stand above each: the nearest before it that is there, and so on. Ids that run in a circle end.
fn depths(messages: &[&[Link]]) -> Vec<usize> {
    let mut own: BTreeMap<MessageKey, usize> = BTreeMap::new();
    for (at, links) in messages.iter().enumerate() {
        for link in links.iter().filter(|link| link.n == 0) {
            own.entry(link.key).or_insert(at);
        }
    }
    let above: Vec<Option<usize>> = messages
        .iter()
        .enumerate()
        .map(|(at, links)| {
            let mut before = links.iter().rev().filter(|link| link.n > 0).filter_map(|link| own.get(&link.key).copied());
            before.find(|above| *above != at)
        })
        .collect();
    let depth = |at: usize| {
        let way = std::iter::successors(above[at], |above_it| above[*above_it]);
        way.take(messages.len()).take_while(|one| *one != at).count()
    };
    (0..messages.len()).map(depth).collect()
}
