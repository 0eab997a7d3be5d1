//! Capture: items become records. Hashing, compressing and sealing happen on the callers' threads;
//! whole batches are committed at once, so that few files and few syncs serve many records.
//!
//! What counts as already held is decided here: see `DESIGN` 1. It is decided twice: when an item is asked for, and again
//! under the lock of the chain if others have committed since.

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
    store::StoredName,
};
use chartrier_schemas::{
    ContentId, Extraction, LabelId, Marking, RecordId, SubjectId, UnitId,
    persisted::v1::{self, BlobRef, Bytes, Coding, Component, Deed, Notice, Occurrence, Purpose, Record, Role, TextRef},
};
use std::{
    collections::{BTreeMap, HashMap, HashSet},
    io::{self, Read},
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
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

/// Originals larger than this many bytes are streamed by who captures them, and hashed first only where one of their
/// very size is held.
pub const LARGE: u64 = 8 << 20;

/// Places of the counters of a [`Capturer`].
const RECORDS: usize = 0;
const HELD: usize = 1;
const PLACES: usize = 2;

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
    /// At hand, with their digest; [`Capturer::known`] said that they are new.
    Bytes(&'a [u8], ContentId),
    /// As they are read; the digest comes out at the end, and with it whether they are held.
    Stream(&'a mut dyn Read),
    /// Held by another record under the same label ([`Capturer::shares`]): its blob serves both.
    Shared(ContentId, BlobRef),
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

/// What became of the items so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Captured {
    /// New records, durable.
    pub records: u64,
    /// Items that made no new record.
    pub held: u64,
    /// Of those, how many added a place where they were seen.
    pub places: u64,
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
    /// Commits that the catalog had when the first item was asked for.
    before: u64,
    counts: [AtomicU64; 3],
}

#[derive(Default)]
struct Batch {
    records: Vec<Ready>,
    bytes: usize,
    objects: usize,
    /// Content that is on its way into a record here, and where it was seen.
    in_flight: HashMap<ContentId, Vec<Occurrence>>,
    /// Places where records of the catalog were seen again.
    observed: BTreeMap<SubjectId, Vec<Occurrence>>,
    /// Places that wait, for records of the catalog and for those in flight.
    places: usize,
}

/// One record, sealed and not yet committed.
struct Ready {
    subject: SubjectId,
    content: ContentId,
    seen: Occurrence,
    entries: LabelDraft,
    packs: Vec<v1::Pack>,
}

impl Archive {
    /// Begins to capture into a place (a code; nothing is the inbox) under a marking.
    pub fn capturer(&self, session: Session, into: Option<&str>, marking: &Marking) -> Result<Capturer<'_>> {
        self.allowed(&session, Act::Capture)?;
        let (into, place) = self.open_place(&session, Act::Know, into)?;
        let label = self.label_made(&session, marking)?;
        let before = self.catalog().commits()?;
        let (batch, committing, counts) = Default::default();
        Ok(Capturer { archive: self, session, label, into, place, batch, committing, before, counts })
    }

    /// The label of a marking; made, declared and granted if nobody used the marking before.
    pub(super) fn label_made(&self, session: &Session, marking: &Marking) -> Result<Label> {
        if let Some(row) = self.label_for(session, marking)? {
            return Ok(row.label);
        }
        let chain = self.lock_current()?;
        if let Some(row) = self.label_for(session, marking)? {
            return Ok(row.label);
        }
        let label = Label::new(Purpose::Marking(marking.clone()))?;
        let mut draft = Draft::default();
        draft.declares.labels.push(label.declaration()?);
        for (holder, recipient) in super::key::holders(&chain.ledger)? {
            draft.grants.push((label.clone(), holder, recipient));
        }
        draft.new_labels.push(label.clone());
        self.commit_locked(chain, draft)?;
        Ok(label)
    }
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
                return Ok(Held::Here(row.id));
            }
            if row.place == self.place && self.is_own_label(row)? {
                elsewhere.get_or_insert(row.id);
            }
        }
        Ok(elsewhere.map_or(Held::Nowhere, Held::Elsewhere))
    }

    fn is_own_label(&self, row: &ContentRow) -> Result<bool> {
        let labels = self.archive.catalog().labels()?;
        Ok(labels.iter().any(|label| label.num == row.label && label.label.id == self.label.id))
    }

    /// The blob of this content under the same label, whoever may know the record that has it: it is shared,
    /// and nobody learns of it.
    pub fn shares(&self, content: &ContentId) -> Result<Option<BlobRef>> {
        let rows = self.archive.catalog().with_content(content)?;
        for row in rows {
            if self.is_own_label(&row)? {
                let record = self.archive.record(&self.archive.subject(row.id)?)?;
                let original = record.components.into_iter().next().filter(|original| original.content == *content);
                if let Some(Component { bytes: Bytes::Stored(blob), .. }) = original {
                    return Ok(Some(blob));
                }
            }
        }
        Ok(None)
    }

    /// Whether a large record of this very size is held: then hashing an item first may spare sealing it.
    pub fn size_is_known(&self, size: u64) -> Result<bool> {
        self.archive.catalog().size_known(size)
    }

    /// Captures an item that is new. A stream may turn out to be held after all.
    /// Answers which record it becomes, unless another process is faster.
    pub fn capture(&self, submission: Submission<'_>) -> Result<Option<RecordId>> {
        let Submission { occurrence, name, extraction, original } = submission;
        let mut sealed = Sealed::default();
        let (original, content, reserved) = match original {
            Original::Bytes(bytes, content) => match self.shares(&content)? {
                Some(blob) => (blob, content, true),
                None => (sealed.bytes(bytes, Shelf::Original)?, content, true),
            },
            Original::Shared(content, blob) => (blob, content, false),
            Original::Stream(stream) => {
                let (blob, content) = self.seal_large(stream, &mut sealed)?;
                (blob, content, false)
            }
        };
        if !reserved {
            let known = self.known(&content, &occurrence)?;
            if known != Known::New {
                return self.discard(&sealed.packs).map(|()| None);
            }
        }
        let seen = occurrence.clone();
        let record = self.describe(&mut sealed, occurrence, name, extraction, (original, content))?;
        self.add(sealed, record, content, seen).map(Some)
    }

    /// Takes away objects that nothing lists nor ever will.
    fn discard(&self, packs: &[v1::Pack]) -> Result<()> {
        let objects = packs.iter().flat_map(|pack| &pack.objects).map(|(name, _)| StoredName::Object(*name));
        self.archive.store.delete(&objects.collect::<Vec<_>>())
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
            others: serde_json::Map::new(),
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
                others: serde_json::Map::new(),
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

    fn add(&self, sealed: Sealed, record: Record, content: ContentId, seen: Occurrence) -> Result<RecordId> {
        let id = RecordId::from_bits(seal::random_bits()?);
        let subject = SubjectId::Record(id);
        let mut entries = LabelDraft::default();
        entries.describe(subject, Notice::Record(Box::new(record)), None)?;
        for (shelf, blob) in sealed.blobs {
            entries.shelve(shelf, blob);
        }
        let full = {
            let mut batch = self.batch();
            batch.bytes += sealed.size;
            batch.objects += sealed.packs.iter().map(|pack| pack.objects.len()).sum::<usize>();
            batch.records.push(Ready { subject, content, seen, entries, packs: sealed.packs });
            batch.is_full()
        };
        if full {
            self.flush()?;
        }
        Ok(id)
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

    fn count(&self, which: usize, more: u64) {
        self.counts[which].fetch_add(more, Ordering::Relaxed);
    }

    /// What became of the items so far.
    pub fn captured(&self) -> Captured {
        let [records, held, places] = [RECORDS, HELD, PLACES].map(|which| self.counts[which].load(Ordering::Relaxed));
        Captured { records, held, places }
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

impl Batch {
    fn is_full(&self) -> bool {
        self.bytes >= BATCH_BYTES
            || self.records.len() >= BATCH_RECORDS
            || self.observed.len() >= BATCH_OBSERVED
            || self.places >= BATCH_PLACES
            || self.objects >= BATCH_OBJECTS
    }
}

/// Where content is held, as far as it may be known.
enum Held {
    Nowhere,
    /// By a record that was seen at the same place.
    Here(SubjectId),
    /// By a record in the same place and under the same label, seen elsewhere.
    Elsewhere(SubjectId),
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
    place_of(one) == place_of(other)
}

/// What tells places apart: the source, and the exact path.
fn place_of(seen: &Occurrence) -> (String, String) {
    (seen.source.clone(), seen.path_base64.as_ref().unwrap_or(&seen.path).clone())
}
