//! Reading: descriptions, blobs, components. What comes back has been authenticated byte by byte; what
//! cannot be is an error, never a shorter answer.

use super::{Archive, rebuild::parse_description, rebuild::read_place};
use crate::{
    Result,
    catalog::{BlobPlace, SubjectRow},
    error,
    seal::{self, SecretKey},
    store::StoredName,
};
use bytes::Buf as _;
use chartrier_schemas::{
    BlobName, SubjectId,
    persisted::v1::{self, BlobRef, Notice},
};
use std::{
    io::{self, BufRead, Read},
    sync::Arc,
};

/// How much of a stored blob is read at once, in bytes.
const STEP: u64 = 4 << 20;

/// A component that was asked for.
pub struct Component {
    /// What the description says of it.
    pub described: v1::Component,
    /// The component whose bytes follow: itself, or the one that it is a part of.
    pub carrier: v1::Component,
    /// Where in the carrier, for a part.
    pub path: Option<String>,
    /// The carrier's number.
    pub carrier_number: u32,
}

/// A stored blob, read step by step.
struct StoredBlob<'a> {
    archive: &'a Archive,
    pieces: std::vec::IntoIter<(StoredName, std::ops::Range<u64>)>,
    now: Option<(StoredName, std::ops::Range<u64>)>,
    buffer: bytes::Bytes,
}

impl BufRead for StoredBlob<'_> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        while self.buffer.is_empty() {
            if self.now.as_ref().is_none_or(|(_, range)| range.is_empty()) {
                self.now = self.pieces.next();
            }
            let Some((name, range)) = &mut self.now else { return Ok(&[]) };
            let end = range.end.min(range.start + STEP);
            let bytes = self.archive.store.range(name, range.start..end).map_err(io::Error::other)?;
            let bytes = bytes.filter(|bytes| bytes.len() as u64 == end - range.start);
            self.buffer = bytes.ok_or_else(|| io::Error::other(error::corrupt(*name, "it is missing or too short")))?;
            range.start = end;
        }
        Ok(&self.buffer)
    }

    fn consume(&mut self, taken: usize) {
        self.buffer.advance(taken);
    }
}

impl Read for StoredBlob<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let taken = self.fill_buf()?.read(out)?;
        self.consume(taken);
        Ok(taken)
    }
}

impl Archive {
    fn place_of(&self, blob: &BlobName) -> Result<BlobPlace> {
        self.catalog().blob(blob)?.ok_or_else(|| error::corrupt(blob, "the journal lists no such blob"))
    }

    /// The newest description of a subject.
    pub(super) fn description(&self, row: &SubjectRow) -> Result<v1::Description> {
        let sealed = read_place(&*self.store, &self.place_of(&row.description)?, &row.description)?;
        let plain = row.keys.iter().rev().find_map(|key| seal::open(&sealed, key).ok());
        parse_description(&plain.ok_or_else(|| error::corrupt(row.description, "no key of its subject opens it"))?)
    }

    /// The newest description of a record.
    pub(super) fn record(&self, row: &SubjectRow) -> Result<v1::Record> {
        match self.description(row)?.notice {
            Notice::Record(record) => Ok(*record),
            _ => Err(error::corrupt(row.description, "it does not describe a record")),
        }
    }

    /// The plain bytes of a blob, as a stream.
    pub(super) fn open_blob(&self, blob: &BlobRef) -> Result<seal::Opened<'_>> {
        if blob.padding != 0 {
            return Err(error::too_new("a padded blob"));
        }
        let pieces: Vec<_> =
            self.place_of(&blob.blob)?.pieces().into_iter().map(|(object, range)| (StoredName::Object(object), range)).collect();
        let stored = StoredBlob { archive: self, pieces: pieces.into_iter(), now: None, buffer: bytes::Bytes::new() };
        seal::open_reader(stored, &SecretKey::from_text(&blob.key)?, blob.coding, blob.length)
    }

    /// The first bytes of a record's text, or more of it: enough for a snippet.
    pub(super) fn text_head(&self, text: &v1::TextRef, most: usize) -> Result<Arc<str>> {
        if let Some(text) = self.remembered_text(&text.blob.blob) {
            return Ok(text);
        }
        let head = Arc::<str>::from(self.read_text_head(text, most)?);
        // Whole or not at all; and what is only indexed must not push out what is read.
        if most != usize::MAX && head.len() as u64 == text.blob.length {
            self.remember_text(text.blob.blob, head.clone());
        }
        Ok(head)
    }

    fn read_text_head(&self, text: &v1::TextRef, most: usize) -> Result<String> {
        let mut bytes = Vec::new();
        let limit = most as u64;
        self.open_blob(&text.blob)?.take(limit).read_to_end(&mut bytes).map_err(read_error)?;
        let whole = match std::str::from_utf8(&bytes) {
            Ok(_) => bytes.len(),
            Err(why) => why.valid_up_to(),
        };
        bytes.truncate(whole);
        String::from_utf8(bytes).map_err(error::bug)
    }

    /// The texts of a record by component.
    pub(super) fn texts(&self, text: &v1::TextRef) -> Result<Vec<(u32, String)>> {
        let mut reader = self.open_blob(&text.blob)?;
        let mut texts = Vec::new();
        for (component, length) in &text.spans {
            let mut bytes = Vec::new();
            reader.by_ref().take(*length).read_to_end(&mut bytes).map_err(read_error)?;
            texts.push((*component, String::from_utf8_lossy(&bytes).into_owned()));
        }
        Ok(texts)
    }

    /// A subject that must be there.
    pub(super) fn subject(&self, subject: SubjectId) -> Result<SubjectRow> {
        self.catalog().subject(subject)?.ok_or_else(|| error::not_found(subject))
    }
}

/// What went wrong while a blob was read: damage, unless the store says otherwise.
pub(super) fn read_error(why: io::Error) -> crate::Error {
    match why.downcast::<crate::Error>() {
        Ok(ours) => ours,
        Err(why) => error::corrupt("a blob", why),
    }
}
