//! The batch: what is on its way into the archive, what of it is held already, and its commit.

use super::{Capturer, HELD, Known, PLACES, RECORDS};
use crate::{
    Result,
    archive::draft::{Draft, LabelDraft, act_id},
    catalog::ContentRow,
};
use chartrier_schemas::{
    ContentId, LabelId, RecordId, SubjectId,
    persisted::v1::{self, Deed, Notice, Occurrence},
};
use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::{MutexGuard, PoisonError},
};

/// A batch is committed when it holds this many sealed bytes …
const BATCH_BYTES: usize = 24 << 20;

/// … or this many records …
const BATCH_RECORDS: usize = 1024;

/// … or places of this many records that are held …
const BATCH_OBSERVED: usize = 1024;

/// … or this many places …
const BATCH_PLACES: usize = 32_768;

/// … or this many objects that are durable already: nothing lists them, a crash would lose the work.
const BATCH_OBJECTS: usize = 16;

#[derive(Default)]
pub(super) struct Batch {
    pub(super) records: Vec<Ready>,
    /// Sealed bytes that it holds.
    pub(super) bytes: usize,
    /// Objects of large originals, durable already.
    pub(super) objects: usize,
    /// Content that is on its way into a record here, and where it was seen.
    in_flight: HashMap<ContentId, Vec<Occurrence>>,
    /// Places where records of the catalog were seen again.
    observed: BTreeMap<SubjectId, Vec<Occurrence>>,
    /// Places that wait, for records of the catalog and for those in flight.
    places: usize,
}

/// One record, sealed and not yet committed.
pub(super) struct Ready {
    pub(super) subject: SubjectId,
    pub(super) content: ContentId,
    pub(super) seen: Occurrence,
    pub(super) entries: LabelDraft,
    pub(super) packs: Vec<v1::Pack>,
}

impl Batch {
    pub(super) fn is_full(&self) -> bool {
        self.bytes >= BATCH_BYTES
            || self.records.len() >= BATCH_RECORDS
            || self.observed.len() >= BATCH_OBSERVED
            || self.places >= BATCH_PLACES
            || self.objects >= BATCH_OBJECTS
    }
}

/// Items that are held and filed elsewhere than where they were to go.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Staying {
    /// How many.
    pub count: u64,
    /// Some of the records that hold them.
    pub some: Vec<RecordId>,
}

/// So many of these are named.
const STAYING_NAMED: usize = 5;

/// Where content is held, as far as it may be known.
enum Held {
    Nowhere,
    /// By a record that was seen at the same place.
    Here(SubjectId),
    /// By a record in the same place and under the same label, seen elsewhere.
    Elsewhere(SubjectId),
}

impl Capturer<'_> {
    /// What is known of an item. An answer other than [`Known::New`] settles it.
    pub fn known(&self, content: &ContentId, seen: &Occurrence) -> Result<Known> {
        let (known, full) = {
            let mut batch = self.batch();
            (self.decide(&mut batch, content, seen)?, batch.is_full())
        };
        self.count(HELD, u64::from(known != Known::New));
        if full {
            self.flush()?;
        }
        Ok(known)
    }

    /// The record that holds an item, as far as it may be known: asked without settling anything.
    pub fn held_by(&self, content: &ContentId, seen: &Occurrence) -> Result<Option<RecordId>> {
        let rows = self.archive.catalog().with_content(content)?;
        Ok(match self.find_held(&rows, seen)? {
            Held::Here(SubjectId::Record(record)) | Held::Elsewhere(SubjectId::Record(record)) => Some(record),
            _ => None,
        })
    }

    /// The same for an item that is streamed: it may still be captured, and is asked about again at the end.
    pub fn held(&self, content: &ContentId, seen: &Occurrence) -> Result<Known> {
        let known = {
            let mut batch = self.batch();
            let known = self.decide(&mut batch, content, seen)?;
            if known == Known::New {
                batch.in_flight.remove(content);
            }
            known
        };
        self.count(HELD, u64::from(known != Known::New));
        Ok(known)
    }

    /// Decides about an item, and remembers what was decided.
    fn decide(&self, batch: &mut Batch, content: &ContentId, seen: &Occurrence) -> Result<Known> {
        if let Some(places) = batch.in_flight.get_mut(content) {
            if places.iter().any(|place| same_place(place, seen)) {
                return Ok(Known::AlreadyHeld);
            }
            places.push(seen.clone());
            batch.places += 1;
            return Ok(Known::Observed);
        }
        let rows = self.archive.catalog().with_content(content)?;
        match self.find_held(&rows, seen)? {
            Held::Nowhere => {
                batch.in_flight.insert(*content, vec![seen.clone()]);
                Ok(Known::New)
            }
            Held::Here(_) => Ok(Known::AlreadyHeld),
            Held::Elsewhere(record) => {
                let places = batch.observed.entry(record).or_default();
                if places.iter().any(|place| same_place(place, seen)) {
                    return Ok(Known::AlreadyHeld);
                }
                places.push(seen.clone());
                batch.places += 1;
                Ok(Known::Observed)
            }
        }
    }

    /// Which of the records with some content, as far as they may be known, holds an item.
    fn find_held(&self, rows: &[ContentRow], seen: &Occurrence) -> Result<Held> {
        if rows.is_empty() {
            return Ok(Held::Nowhere);
        }
        let knowledge = self.archive.knowledge(self.session.clone())?;
        let mut elsewhere = None;
        for row in rows.iter().filter(|row| knowledge.covers(row.num)) {
            if self.archive.catalog().seen_at(row.num, seen)? {
                let there = |row: &&ContentRow| row.place == self.place && knowledge.covers(row.num);
                if self.into.is_some() && !rows.iter().any(|row| there(&row)) {
                    self.stays(row.id);
                }
                return Ok(Held::Here(row.id));
            }
            if row.place == self.place && self.is_own_label(row)? {
                elsewhere.get_or_insert(row.id);
            }
        }
        Ok(elsewhere.map_or(Held::Nowhere, Held::Elsewhere))
    }

    /// A record that is held stays where it is filed: capturing files nothing anew.
    fn stays(&self, record: SubjectId) {
        let mut staying = self.staying.lock().unwrap_or_else(PoisonError::into_inner);
        staying.count += 1;
        if let SubjectId::Record(id) = record
            && staying.some.len() < STAYING_NAMED
            && !staying.some.contains(&id)
        {
            staying.some.push(id);
        }
    }

    pub(super) fn is_own_label(&self, row: &ContentRow) -> Result<bool> {
        let labels = self.archive.catalog().labels()?;
        Ok(labels.iter().any(|label| label.num == row.label && label.label.id == self.label.id))
    }

    /// Commits what has been captured so far. When this returns it is durable, and may be acknowledged.
    pub fn flush(&self) -> Result<()> {
        let mut own = self.committing.lock().unwrap_or_else(PoisonError::into_inner);
        let (records, observed) = {
            let mut batch = self.batch();
            batch.bytes = 0;
            batch.objects = 0;
            (std::mem::take(&mut batch.records), std::mem::take(&mut batch.observed))
        };
        let contents: Vec<(ContentId, SubjectId)> = records.iter().map(|ready| (ready.content, ready.subject)).collect();
        let elsewhere = self.commit(records, observed, &mut own)?;
        let mut batch = self.batch();
        for (content, made) in contents {
            let record = elsewhere.get(&made).copied().unwrap_or(made);
            // The first place is in the description; the others came while the record was on its way.
            let late = batch.in_flight.remove(&content).unwrap_or_default();
            if late.len() > 1 || record != made {
                let first = usize::from(record == made);
                batch.observed.entry(record).or_default().extend(late.into_iter().skip(first));
            }
        }
        batch.places = batch.observed.values().map(Vec::len).sum::<usize>()
            + batch.in_flight.values().map(|places| places.len() - 1).sum::<usize>();
        Ok(())
    }

    /// Commits records and places; answers which record holds what another process captured meanwhile, by the record that
    /// was not made therefore.
    fn commit(
        &self,
        mut records: Vec<Ready>,
        observed: BTreeMap<SubjectId, Vec<Occurrence>>,
        own: &mut u64,
    ) -> Result<HashMap<SubjectId, SubjectId>> {
        if records.is_empty() && observed.is_empty() {
            return Ok(HashMap::new());
        }
        let chain = self.archive.lock_current()?;
        let alone = self.archive.catalog().commits()? == self.before + *own;
        let elsewhere = if alone { HashMap::new() } else { self.leave_out_held(&mut records)? };
        let (by, at) = (self.session.person, self.archive.now());
        let mut draft = Draft::default();
        let places = self.observe(&mut draft, observed)?;
        let subjects: Vec<SubjectId> = records.iter().map(|ready| ready.subject).collect();
        let made = subjects.len() as u64;
        for ready in records {
            draft.label(self.label.id).append(ready.entries);
            draft.packs.extend(ready.packs);
        }
        if made > 0 {
            let deed = Deed::Capture { records: subjects, into: self.into };
            draft.label(self.label.id).act(act_id()?, by, at, deed, None)?;
        }
        if !draft.labels.is_empty() {
            self.archive.commit_locked(chain, draft)?;
            *own += 1;
        }
        self.count(RECORDS, made);
        self.count(PLACES, places);
        Ok(elsewhere)
    }

    /// Adds places to the descriptions of records, each under the label that it bears now; answers how many are new.
    fn observe(&self, draft: &mut Draft, observed: BTreeMap<SubjectId, Vec<Occurrence>>) -> Result<u64> {
        let mut seen_again: BTreeMap<LabelId, Vec<SubjectId>> = BTreeMap::new();
        let mut added = 0;
        for (subject, places) in observed {
            let row = self.archive.subject(subject)?;
            let mut record = self.archive.record(&row)?;
            let mut known: HashSet<_> = record.occurrences.iter().map(place_of).collect();
            let places: Vec<Occurrence> = places.into_iter().filter(|place| known.insert(place_of(place))).collect();
            if places.is_empty() {
                continue;
            }
            added += places.len() as u64;
            record.occurrences.extend(places);
            let label = self.archive.label_num(row.label)?.id;
            draft.label(label).describe(subject, Notice::Record(Box::new(record)), row.keys.last())?;
            seen_again.entry(label).or_default().push(subject);
        }
        let (act, at) = (act_id()?, self.archive.now());
        for (label, records) in seen_again {
            draft.label(label).act(act, self.session.person, at.clone(), Deed::Observe { records }, None)?;
        }
        Ok(added)
    }

    /// Others have committed since the items of a batch were asked for: what they captured is not captured again. Answers
    /// which record has it instead.
    fn leave_out_held(&self, records: &mut Vec<Ready>) -> Result<HashMap<SubjectId, SubjectId>> {
        let mut elsewhere = HashMap::new();
        let mut made = Vec::with_capacity(records.len());
        for ready in std::mem::take(records) {
            let rows = self.archive.catalog().with_content(&ready.content)?;
            let holder = match self.find_held(&rows, &ready.seen)? {
                Held::Nowhere => None,
                Held::Here(record) | Held::Elsewhere(record) => Some(record),
            };
            match holder {
                None => made.push(ready),
                Some(record) => {
                    self.discard(&ready.packs)?;
                    self.count(HELD, 1);
                    elsewhere.insert(ready.subject, record);
                }
            }
        }
        *records = made;
        Ok(elsewhere)
    }

    /// Commits everything that is left.
    pub fn finish(&self) -> Result<()> {
        loop {
            self.flush()?;
            if self.batch().observed.is_empty() {
                return Ok(());
            }
        }
    }

    pub(super) fn batch(&self) -> MutexGuard<'_, Batch> {
        self.batch.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn same_place(one: &Occurrence, other: &Occurrence) -> bool {
    place_of(one) == place_of(other)
}

/// What tells places apart: the source, and the exact path.
fn place_of(seen: &Occurrence) -> (String, String) {
    (seen.source.clone(), seen.path_base64.as_ref().unwrap_or(&seen.path).clone())
}
