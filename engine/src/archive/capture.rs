//! Capture: items become records. Hashing, compressing and sealing happen on the callers' threads;
//! whole batches are committed at once, so that few files and few syncs serve many records.
//!
//! What counts as already held is decided here: see `DESIGN` 1. It is decided twice: when an item is asked for, and again
//! under the lock of the chain if others have committed since.

mod batch;

use super::{
    Archive,
    describe::Sealed,
    draft::{Draft, LabelDraft, Shelf},
    pack::seal_stream,
};
use crate::{
    Result, error,
    keys::Label,
    policy::{Act, Session},
    seal::{self, Digest, compress_pays},
    store::StoredName,
};
pub use batch::Staying;
use batch::{Batch, Ready};
use chartrier_schemas::{
    ContentId, Extraction, LabelId, Marking, RecordId, SubjectId, UnitId,
    persisted::v1::{self, BlobRef, Bytes, Coding, Component, Notice, Occurrence, Purpose, Record, Role},
};
use std::{
    collections::HashSet,
    io::{self, Read},
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
};

/// Originals larger than this many bytes are streamed by who captures them, and hashed first only where one of their
/// very size is held.
pub const LARGE: u64 = 8 << 20;

/// The index is brought up to the catalog when this many bytes of text wait for it: half of what memory remembers.
const TEXTS_TO_INDEX: usize = 16 << 20;

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

/// Captures many items into one place, under one marking. Shared by the threads that bring them; these are no threads of
/// rayon's, which would take up one item in the middle of committing another.
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
    /// Sizes of large items that were brought.
    sizes: Mutex<HashSet<u64>>,
    /// Bytes of text that the index has not been given.
    unindexed: AtomicUsize,
    staying: Mutex<Staying>,
}

impl Archive {
    /// Begins to capture into a place (a code; nothing is the inbox) under a marking.
    pub fn capturer(&self, session: Session, into: Option<&str>, marking: &Marking) -> Result<Capturer<'_>> {
        self.allowed(&session, Act::Capture)?;
        let (into, place) = self.open_place(&session, Act::Know, into)?;
        let label = self.label_made(&session, marking)?;
        let before = self.catalog().commits()?;
        let (batch, committing, counts, sizes, unindexed, staying) = Default::default();
        Ok(Capturer { archive: self, session, label, into, place, batch, committing, before, counts, sizes, unindexed, staying })
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

    /// Whether a large item of this very size is held, or was asked about before: then hashing one first may spare
    /// sealing it.
    pub fn size_is_known(&self, size: u64) -> Result<bool> {
        let first = self.sizes.lock().unwrap_or_else(PoisonError::into_inner).insert(size);
        Ok(!first || self.archive.catalog().size_known(size)?)
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
        let mut record = Record {
            title: name.clone(),
            name: name.clone(),
            date: None,
            captured: self.archive.now(),
            language: None,
            authors: Vec::new(),
            recipients: Vec::new(),
            pages: None,
            fields: Vec::new(),
            said: None,
            components: vec![Component {
                role: Role::Original,
                name,
                content,
                size: original.length,
                puid: None,
                media: String::new(),
                tags: Vec::new(),
                bytes: Bytes::Stored(original),
                others: serde_json::Map::new(),
            }],
            text: None,
            thumbnail: None,
            images: Vec::new(),
            words: Vec::new(),
            occurrences: vec![seen],
            findings: Vec::new(),
            others: serde_json::Map::new(),
        };
        let fresh = self.archive.take_reading(sealed, &mut record, extraction)?;
        self.unindexed.fetch_add(fresh, Ordering::Relaxed);
        Ok(record)
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
            self.index_if_due()?;
        }
        Ok(id)
    }

    /// Gives the index what it has not, before the texts have left memory.
    fn index_if_due(&self) -> Result<()> {
        match self.unindexed.load(Ordering::Relaxed) >= TEXTS_TO_INDEX && self.unindexed.swap(0, Ordering::Relaxed) > 0 {
            true => self.archive.index(),
            false => Ok(()),
        }
    }

    fn count(&self, which: usize, more: u64) {
        self.counts[which].fetch_add(more, Ordering::Relaxed);
    }

    /// What became of the items so far.
    pub fn captured(&self) -> Captured {
        let [records, held, places] = [RECORDS, HELD, PLACES].map(|which| self.counts[which].load(Ordering::Relaxed));
        Captured { records, held, places }
    }

    /// Items that are held already, and filed elsewhere than here.
    pub fn staying(&self) -> Staying {
        self.staying.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The label under which records are captured.
    pub fn label(&self) -> LabelId {
        self.label.id
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
