//! Capture: items become records. Hashing, compressing and sealing happen on the callers' threads;
//! whole batches are committed at once, so that few files and few syncs serve many records.
//!
//! What counts as already held is decided here: see `DESIGN` 1.

use super::{
    Archive,
    draft::{Draft, LabelDraft, Shelf, act_id},
    pack::seal_stream,
};
use crate::{
    Result,
    catalog::ContentRow,
    error,
    keys::Label,
    policy::{Act, Session},
    seal::{self, Digest, SecretKey, compress_pays, seal_coded},
};
use chartrier_schemas::{
    ContentId, Extraction, LabelId, Marking, RecordId, SubjectId, UnitId,
    persisted::v1::{self, BlobRef, Bytes, Coding, Component, Deed, Notice, Occurrence, Purpose, Record, Role, TextRef},
    text,
};
use std::{
    collections::{BTreeMap, HashMap, HashSet},
    io::{self, Read},
    sync::{Mutex, MutexGuard, PoisonError},
};

/// A batch is committed when it holds this many sealed bytes …
const BATCH_BYTES: usize = 24 << 20;

/// … or this many records …
const BATCH_RECORDS: usize = 1024;

/// … or this many occurrences.
const BATCH_OCCURRENCES: usize = 8192;

/// An item, ready to become a record.
pub struct Submission<'a> {
    /// Where it was seen.
    pub occurrence: Occurrence,
    /// Its file name.
    pub name: String,
    /// What was read out of it.
    pub extraction: Extraction,
    /// Its bytes.
    pub original: Original<'a>,
}

/// The bytes of an item.
pub enum Original<'a> {
    /// At hand, with their digest.
    Bytes(&'a [u8], ContentId),
    /// As they are read; the digest comes out at the end.
    Stream(&'a mut dyn Read),
}

/// What is known of an item before it is read any further.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Known {
    /// Nothing: capture it.
    New,
    /// A record has it, seen at the same place.
    AlreadyHeld,
    /// A record has it, seen elsewhere: this place is added.
    Observed,
}

/// Captures many items into one place, under one marking. Shared by the threads that bring them.
pub struct Capturer<'a> {
    archive: &'a Archive,
    session: Session,
    label: Label,
    into: Option<UnitId>,
    place: u32,
    batch: Mutex<Batch>,
    /// One batch is committed at a time; whoever comes next waits here, which bounds memory. Holds how many
    /// commits were made from here.
    committing: Mutex<u64>,
}

#[derive(Default)]
struct Batch {
    entries: LabelDraft,
    packs: Vec<v1::Pack>,
    records: Vec<SubjectId>,
    bytes: usize,
    /// Content that is on its way into a record here.
    in_flight: HashSet<ContentId>,
    /// Places where records of the catalog were seen again.
    observed: BTreeMap<SubjectId, Vec<Occurrence>>,
    /// Places where content in flight was seen again.
    late: HashMap<ContentId, Vec<Occurrence>>,
    waiting: usize,
    /// Commits of others that the catalog had before the first item of this batch was asked for.
    others: u64,
}

impl Archive {
    /// Begins to capture into a place (a code; nothing is the inbox) under a marking.
    pub fn capturer(&self, session: Session, into: Option<&str>, marking: &Marking) -> Result<Capturer<'_>> {
        self.allowed(&session, Act::Capture)?;
        let (into, place) = match into {
            None => (None, 0),
            Some(code) => {
                let (subject, row) = self.place_of_code(&session, Act::Know, code)?;
                let unit = self.catalog().unit(row.num)?;
                if unit.is_some_and(|unit| unit.closed) {
                    return Err(error::refused(
                        text!("The dossier {code} is closed.", "Le dossier {code} est clos.", code = code),
                        text!(
                            "Reopen it first: chartrier dossier reopen {code}",
                            "Rouvrez-le d’abord : chartrier dossier reopen {code}",
                            code = code
                        ),
                    ));
                }
                (subject.unit(), row.num)
            }
        };
        let label = self.label_made(&session, marking)?;
        let batch = Batch { others: self.catalog().commits()?, ..Batch::default() };
        Ok(Capturer { archive: self, session, label, into, place, batch: Mutex::new(batch), committing: Mutex::new(0) })
    }

    /// The label of a marking; made, declared and granted if nobody used the marking before.
    pub(super) fn label_made(&self, session: &Session, marking: &Marking) -> Result<Label> {
        if let Some(row) = self.label_for(session, marking)? {
            return Ok(row.label);
        }
        let chain = self.lock_chain()?;
        let ledger = self.catch_up(&mut self.catalog())?;
        if let Some(row) = self.label_for(session, marking)? {
            return Ok(row.label);
        }
        let label = Label::new(Purpose::Marking(marking.clone()))?;
        let mut draft = Draft::default();
        draft.declares.labels.push(label.declaration()?);
        for (holder, recipient) in super::key::holders(&ledger)? {
            draft.grants.push((label.clone(), holder, recipient));
        }
        draft.new_labels.push(label.clone());
        self.commit_locked(&chain, draft)?;
        Ok(label)
    }
}

impl Capturer<'_> {
    /// What is known of an item. An answer other than [`Known::New`] settles it.
    pub fn known(&self, content: &ContentId, seen: &Occurrence) -> Result<Known> {
        let mut batch = self.batch();
        if batch.in_flight.contains(content) {
            batch.late.entry(*content).or_default().push(seen.clone());
            batch.waiting += 1;
            return Ok(Known::Observed);
        }
        let rows = self.archive.catalog().with_content(content)?;
        if rows.is_empty() {
            batch.in_flight.insert(*content);
            return Ok(Known::New);
        }
        let knowledge = self.archive.knowledge(self.session.clone())?;
        let mut here = None;
        for row in rows.iter().filter(|row| knowledge.covers(row.num)) {
            let observed = batch.observed.get(&row.id).is_some_and(|places| places.iter().any(|place| same_place(place, seen)));
            if observed || self.archive.catalog().seen_at(row.num, seen)? {
                return Ok(Known::AlreadyHeld);
            }
            if row.place == self.place && self.is_own_label(row)? {
                here.get_or_insert(row.id);
            }
        }
        if let Some(record) = here {
            batch.observed.entry(record).or_default().push(seen.clone());
            batch.waiting += 1;
            return Ok(Known::Observed);
        }
        batch.in_flight.insert(*content);
        Ok(Known::New)
    }

    fn is_own_label(&self, row: &ContentRow) -> Result<bool> {
        let labels = self.archive.catalog().labels()?;
        Ok(labels.iter().any(|label| label.num == row.label && label.label.id == self.label.id))
    }

    /// Says that an item known as [`Known::New`] will not come after all. Answers where the same content
    /// was seen meanwhile: those items must be brought again.
    pub fn abandon(&self, content: &ContentId) -> Vec<Occurrence> {
        let mut batch = self.batch();
        batch.in_flight.remove(content);
        let late = batch.late.remove(content).unwrap_or_default();
        batch.waiting -= late.len();
        late
    }

    /// A record that already holds this content under the same label, whoever may know it: its blobs are
    /// shared, and nobody learns of it.
    pub fn shared(&self, content: &ContentId) -> Result<Option<Record>> {
        let rows = self.archive.catalog().with_content(content)?;
        for row in rows {
            if self.is_own_label(&row)? {
                let subject = self.archive.subject(row.id)?;
                return self.archive.record(&subject).map(Some);
            }
        }
        Ok(None)
    }

    /// Whether a large record of this very size is held: then hashing an item first may spare sealing it.
    pub fn size_is_known(&self, size: u64) -> Result<bool> {
        self.archive.catalog().size_known(size)
    }

    /// Captures an item that is new.
    pub fn capture(&self, submission: Submission<'_>) -> Result<RecordId> {
        let Submission { occurrence, name, extraction, original } = submission;
        let mut sealed = Sealed::default();
        let (original, content) = match original {
            Original::Bytes(bytes, content) => (sealed.bytes(bytes, Shelf::Original)?, content),
            Original::Stream(stream) => self.seal_large(stream, &mut sealed)?,
        };
        let record = self.describe(&mut sealed, occurrence, name, extraction, (original, content))?;
        self.add(sealed, record, content)
    }

    /// Captures an item whose content a record under the same label holds: the blobs are shared.
    pub fn capture_shared(&self, occurrence: Occurrence, name: String, held: Record, content: ContentId) -> Result<RecordId> {
        let title = if held.title == held.name { name.clone() } else { held.title.clone() };
        let record = Record { title, name, captured: self.archive.now(), occurrences: vec![occurrence], ..held };
        self.add(Sealed::default(), record, content)
    }

    fn seal_large(&self, stream: &mut dyn Read, sealed: &mut Sealed) -> Result<(BlobRef, ContentId)> {
        let mut head = Vec::new();
        let mut hashed = Hashing { inner: stream, digest: Digest::default() };
        hashed.by_ref().take(1 << 20).read_to_end(&mut head).map_err(|why| error::io("read the file", &why))?;
        let coding = compress_pays(&head).then_some(Coding::Zstd);
        let (pack, blob) = seal_stream(&*self.archive.store, &mut io::Cursor::new(head).chain(&mut hashed), coding)?;
        sealed.packs.push(pack);
        Ok((blob, ContentId::from_digest(hashed.digest.finish())))
    }

    fn describe(
        &self,
        sealed: &mut Sealed,
        seen: Occurrence,
        name: String,
        extraction: Extraction,
        (original, content): (BlobRef, ContentId),
    ) -> Result<Record> {
        let mut spans = Vec::new();
        let mut text = extraction.text;
        if !text.is_empty() {
            spans.push((1, text.len() as u64));
        }
        let mut components = vec![Component {
            role: Role::Original,
            name: name.clone(),
            content,
            size: original.length,
            puid: extraction.format.puid,
            media: extraction.format.media,
            tags: extraction.format.tags,
            bytes: Bytes::Stored(original),
        }];
        for (number, part) in (2..).zip(extraction.parts) {
            if !part.text.is_empty() {
                spans.push((number, part.text.len() as u64));
                text.push_str(&part.text);
            }
            components.push(Component {
                role: Role::Attachment,
                name: part.name,
                content: part.content,
                size: part.size,
                puid: part.format.puid,
                media: part.format.media,
                tags: part.format.tags,
                bytes: Bytes::Part { of: 1, path: part.path },
            });
        }
        let text = match text.is_empty() {
            true => None,
            false => Some(TextRef { blob: sealed.bytes(text.as_bytes(), Shelf::Text)?, spans }),
        };
        let thumbnail = extraction.thumbnail.map(|picture| sealed.bytes(&picture.jpeg, Shelf::Image)).transpose()?;
        let title = extraction.title.filter(|title| !title.trim().is_empty());
        Ok(Record {
            title: title.unwrap_or_else(|| name.clone()),
            name,
            date: extraction.date.or_else(|| seen.modified.clone()),
            captured: self.archive.now(),
            language: extraction.language,
            authors: extraction.authors,
            recipients: extraction.recipients,
            pages: extraction.pages,
            fields: extraction.fields,
            components,
            text,
            thumbnail,
            occurrences: vec![seen],
            findings: extraction.findings,
            others: serde_json::Map::new(),
        })
    }

    fn add(&self, sealed: Sealed, record: Record, content: ContentId) -> Result<RecordId> {
        let id = RecordId::from_bits(seal::random_bits()?);
        let mut own = LabelDraft::default();
        own.describe(id.into(), Notice::Record(Box::new(record)), None)?;
        let mut batch = self.batch();
        let entries = &mut batch.entries;
        entries.descriptions.append(&mut own.descriptions);
        entries.keys.append(&mut own.keys);
        for (shelf, blob) in sealed.blobs {
            entries.shelve(shelf, blob);
        }
        batch.packs.extend(sealed.packs);
        batch.records.push(id.into());
        batch.bytes += sealed.size;
        // Large originals are durable already, but nothing lists them: a crash would lose the work.
        let full = batch.bytes >= BATCH_BYTES
            || batch.records.len() >= BATCH_RECORDS
            || batch.waiting >= BATCH_OCCURRENCES
            || batch.packs.iter().map(|pack| pack.objects.len()).sum::<usize>() >= 16;
        // By stream, the content is known only now: what was seen meanwhile found nothing in flight.
        batch.in_flight.insert(content);
        drop(batch);
        if full {
            self.flush()?;
        }
        Ok(id)
    }

    /// Commits what has been captured so far. When this returns it is durable, and may be acknowledged.
    pub fn flush(&self) -> Result<()> {
        let mut own = self.committing.lock().unwrap_or_else(PoisonError::into_inner);
        let taken = {
            let others = self.archive.catalog().commits()? - *own;
            let mut batch = self.batch();
            Batch {
                others: std::mem::replace(&mut batch.others, others),
                entries: std::mem::take(&mut batch.entries),
                packs: std::mem::take(&mut batch.packs),
                records: std::mem::take(&mut batch.records),
                observed: std::mem::take(&mut batch.observed),
                bytes: std::mem::take(&mut batch.bytes),
                waiting: std::mem::take(&mut batch.waiting),
                ..Batch::default()
            }
        };
        let contents: Vec<ContentId> =
            taken.entries.descriptions.iter().filter_map(|(_, description, _)| content_of(description)).collect();
        let committed = self.commit(taken, &mut own);
        let mut batch = self.batch();
        for content in contents {
            batch.in_flight.remove(&content);
            for seen in batch.late.remove(&content).unwrap_or_default() {
                if let Some(row) = self.archive.catalog().with_content(&content)?.into_iter().find(|row| row.place == self.place)
                {
                    batch.observed.entry(row.id).or_default().push(seen);
                    batch.waiting += 1;
                }
            }
        }
        committed
    }

    fn commit(&self, mut taken: Batch, own: &mut u64) -> Result<()> {
        if taken.records.is_empty() && taken.observed.is_empty() {
            return Ok(());
        }
        let chain = self.archive.lock_chain()?;
        self.archive.catch_up(&mut self.archive.catalog())?;
        if self.archive.catalog().commits()? - *own != taken.others {
            self.leave_out_held(&mut taken)?;
        }
        let Batch { mut entries, packs, records, observed, .. } = taken;
        let (by, at) = (self.session.person, self.archive.now());
        if !records.is_empty() {
            entries.act(act_id()?, by, at.clone(), Deed::Capture { records, into: self.into }, None)?;
        }
        let mut seen_again = Vec::new();
        for (subject, places) in observed {
            let row = self.archive.subject(subject)?;
            let mut record = self.archive.record(&row)?;
            let before = record.occurrences.len();
            for place in places {
                if !record.occurrences.iter().any(|known| same_place(known, &place)) {
                    record.occurrences.push(place);
                }
            }
            if record.occurrences.len() > before {
                entries.describe(subject, Notice::Record(Box::new(record)), row.keys.last())?;
                seen_again.push(subject);
            }
        }
        if !seen_again.is_empty() {
            entries.act(act_id()?, by, at, Deed::Observe { records: seen_again }, None)?;
        }
        if entries.is_empty() {
            return Ok(());
        }
        let mut draft = Draft { packs, ..Draft::default() };
        draft.labels.insert(self.label.id, entries);
        self.archive.commit_locked(&chain, draft)?;
        *own += 1;
        Ok(())
    }

    /// Another process has committed since the items of a batch were asked for: what it captured is not
    /// captured again.
    fn leave_out_held(&self, taken: &mut Batch) -> Result<()> {
        let knowledge = self.archive.knowledge(self.session.clone())?;
        let mut held = HashSet::new();
        for (subject, description, _) in &taken.entries.descriptions {
            let Notice::Record(record) = &description.notice else { continue };
            let (Some(original), Some(seen)) = (record.components.first(), record.occurrences.first()) else { continue };
            for row in self.archive.catalog().with_content(&original.content)?.iter().filter(|row| knowledge.covers(row.num)) {
                if self.archive.catalog().seen_at(row.num, seen)? {
                    held.insert(*subject);
                } else if row.place == self.place && self.is_own_label(row)? {
                    held.insert(*subject);
                    taken.observed.entry(row.id).or_default().push(seen.clone());
                }
            }
        }
        taken.records.retain(|subject| !held.contains(subject));
        taken.entries.descriptions.retain(|(subject, ..)| !held.contains(subject));
        taken.entries.keys.retain(|(subject, ..)| !held.contains(subject));
        Ok(())
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

    /// The label under which records are captured.
    pub fn label(&self) -> LabelId {
        self.label.id
    }

    fn batch(&self) -> MutexGuard<'_, Batch> {
        self.batch.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Blobs of one record, sealed and not yet in a batch.
#[derive(Default)]
struct Sealed {
    blobs: Vec<(Shelf, seal::SealedBlob)>,
    packs: Vec<v1::Pack>,
    size: usize,
}

impl Sealed {
    fn bytes(&mut self, plain: &[u8], shelf: Shelf) -> Result<BlobRef> {
        let key = SecretKey::generate()?;
        let (blob, coding) = match shelf {
            Shelf::Image => (seal::seal(plain, &key)?, None),
            _ => seal_coded(plain, &key)?,
        };
        let reference =
            BlobRef { blob: blob.name(), key: key.to_text().to_string(), length: plain.len() as u64, coding, padding: 0 };
        self.size += blob.bytes().len();
        self.blobs.push((shelf, blob));
        Ok(reference)
    }
}

struct Hashing<'a> {
    inner: &'a mut dyn Read,
    digest: Digest,
}

impl Read for Hashing<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let taken = self.inner.read(out)?;
        self.digest.update(&out[..taken]);
        Ok(taken)
    }
}

fn same_place(one: &Occurrence, other: &Occurrence) -> bool {
    one.source == other.source && one.path == other.path && one.path_base64 == other.path_base64
}

fn content_of(description: &v1::Description) -> Option<ContentId> {
    match &description.notice {
        Notice::Record(record) => record.components.first().map(|component| component.content),
        _ => None,
    }
}
