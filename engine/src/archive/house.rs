//! The house as those who keep it see it: journal, store, index, what waits, who can open what. Must never count, name or date a
//! record that they may not know.

use super::{Archive, HistoryLine};
use crate::{
    Result,
    catalog::ActRow,
    local::Waiting,
    policy::{Act, Session},
};
use chartrier_schemas::{
    ArchiveId, LabelId, Marking, NodeId,
    persisted::v1::{Head, Notice, Purpose},
};
use jiff::Timestamp;

/// Acts on keys that are told.
const ACTS: usize = 50;

/// How the house stands.
#[derive(Clone, Debug)]
pub struct House {
    /// The archive.
    pub archive: ArchiveId,
    /// This home.
    pub node: NodeId,
    /// The last segment of the journal.
    pub head: Option<Head>,
    /// When it was signed, RFC 3339.
    pub as_of: Option<String>,
    /// Objects in the store.
    pub objects: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Records that may be known.
    pub records: u64,
    /// Those of them that are not searchable yet.
    pub unindexed: Waiting,
    /// Files whose bytes are not all here.
    pub arriving: Waiting,
    /// Files that are whole, and not yet in the archive.
    pub whole: Waiting,
    /// Jobs that have not ended.
    pub jobs: Waiting,
    /// As of when all this is so.
    pub now: Timestamp,
}

/// A label, as those who keep the keys see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LabelLine {
    /// The label.
    pub id: LabelId,
    /// Number of its key pair.
    pub generation: u32,
    /// What it stands for; nothing where that is above what the session is cleared for.
    pub stands_for: Option<Purpose>,
}

impl Archive {
    /// How the house stands, for those who keep it.
    pub fn house(&self, session: &Session) -> Result<House> {
        self.allowed(session, Act::Administer)?;
        let ((objects, bytes), head, as_of) = {
            let catalog = self.catalog();
            (catalog.stored()?, catalog.head()?, catalog.as_of()?)
        };
        let (arriving, whole) = self.local(|local| local.uploads_waiting())?;
        Ok(House {
            archive: self.deed.archive,
            node: self.home.node,
            head,
            as_of,
            objects,
            bytes,
            records: self.matches(session, "")?.1.len() as u64,
            unindexed: self.unindexed(session)?,
            arriving,
            whole,
            jobs: self.local(|local| local.jobs_waiting())?,
            now: self.clock.now(),
        })
    }

    /// Records that the session may know and that no index holds as they are now.
    fn unindexed(&self, session: &Session) -> Result<Waiting> {
        let knowledge = self.knowledge(session.clone())?;
        let mut waiting = Waiting::default();
        for (num, label) in knowledge.labels() {
            let position = self.reader(num, label)?.map_or(0, |reader| reader.position());
            let mut units = Vec::new();
            self.catalog().changed_since(position, num, &mut |unit| {
                units.extend(knowledge.covers(unit).then_some(unit));
                Ok(())
            })?;
            // What changed it last is what waits.
            let first = units.first().map_or(Ok(None), |unit| self.moment(session, *unit, |acts| acts.last()))?;
            waiting.count += units.len() as u64;
            waiting.oldest = waiting.oldest.into_iter().chain(first).min();
        }
        Ok(waiting)
    }

    /// Records that words match and that the session may know, and since when the first of them is here. For those who keep the
    /// house.
    pub fn waiting(&self, session: &Session, words: &str) -> Result<Waiting> {
        self.allowed(session, Act::Administer)?;
        let (_, units) = self.matches(session, words)?;
        let oldest = units.iter().min().map_or(Ok(None), |unit| self.moment(session, *unit, |acts| acts.first()))?;
        Ok(Waiting { count: units.len() as u64, oldest })
    }

    /// When one of the acts on a unit was done, among those that the session is cleared for.
    fn moment(&self, session: &Session, unit: u32, pick: impl FnOnce(&[ActRow]) -> Option<&ActRow>) -> Result<Option<Timestamp>> {
        let knowledge = self.knowledge(session.clone())?;
        let catalog = self.catalog();
        let Some(subject) = catalog.subject_of_num(unit)? else { return Ok(None) };
        let mut acts = catalog.history(subject)?;
        acts.retain(|row| knowledge.permission.labels.contains(row.label.into()));
        Ok(pick(&acts).and_then(|row| row.act.at.parse().ok()))
    }

    /// The labels and how often each got a new key pair. What one stands for is told to whom it may be.
    pub fn label_lines(&self, session: &Session) -> Result<Vec<LabelLine>> {
        self.allowed(session, Act::Administer)?;
        let told = |purpose: &Purpose| match purpose {
            Purpose::Audit => true,
            Purpose::Marking(marking) => session.clearance.dominates(marking),
        };
        let lines = self.catalog().labels()?.into_iter().map(|row| LabelLine {
            id: row.label.id,
            generation: row.label.generation,
            stands_for: Some(row.label.purpose).filter(told),
        });
        let mut lines: Vec<LabelLine> = lines.collect();
        // Those that are named come first, from the lowest; the others by their ids, which say nothing.
        lines.sort_by_key(|line| (rank(line), line.id));
        Ok(lines)
    }

    /// What was done to keys, newest first: who, when, why.
    pub fn key_history(&self, session: &Session) -> Result<Vec<HistoryLine>> {
        self.allowed(session, Act::Administer)?;
        let lowest = self.lowest()?.id;
        let rows = {
            let catalog = self.catalog();
            let labels = catalog.labels()?;
            let num = labels.iter().find(|row| row.label.id == lowest).map_or(0, |row| row.num);
            catalog.key_acts(num, ACTS)?
        };
        let persons = self.catalog().persons()?;
        let mut lines = Vec::new();
        for row in rows {
            let by = persons.iter().find(|person| person.id == row.act.by);
            let words = self.catalog().subject(row.act.id.into())?;
            let reason = match words.map(|words| self.description(&words)).transpose()?.map(|described| described.notice) {
                Some(Notice::Act(words)) => Some(words.reason),
                _ => None,
            };
            let by = by.map_or_else(|| row.act.by.to_string(), |person| person.name.clone());
            lines.push(HistoryLine { act: row.act, by, place: None, changed: Vec::new(), reason });
        }
        Ok(lines)
    }
}

/// Where a label stands in a list.
fn rank(line: &LabelLine) -> (u8, Option<Marking>) {
    match &line.stands_for {
        Some(Purpose::Marking(marking)) => (0, Some(marking.clone())),
        Some(Purpose::Audit) => (1, None),
        None => (2, None),
    }
}
