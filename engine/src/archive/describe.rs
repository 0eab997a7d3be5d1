//! Describing a record: what a worker read becomes its description, and what is long of it sealed blobs. The same
//! for what is captured and for what is read anew.

use super::{Archive, draft::Shelf};
use crate::{
    Result,
    seal::{self, SealedBlob, SecretKey, seal_coded},
};
use chartrier_schemas::{
    Extraction, Part,
    persisted::v1::{self, BlobRef, Bytes, Component, Record, Role, TextRef},
};
use std::{collections::HashMap, io::Read as _, sync::Arc};

/// Blobs of one record, sealed and not yet in a batch.
#[derive(Default)]
pub(super) struct Sealed {
    pub(super) blobs: Vec<(Shelf, SealedBlob)>,
    /// Packs whose objects are durable already.
    pub(super) packs: Vec<v1::Pack>,
    /// Sealed bytes that it holds.
    pub(super) size: usize,
}

impl Sealed {
    /// Seals some bytes under a key of their own.
    pub(super) fn bytes(&mut self, plain: &[u8], shelf: Shelf) -> Result<BlobRef> {
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

impl Archive {
    /// Takes what was read into a description that has its original and a place where it was seen. What is there already
    /// stays as it is: a blob that says the same, a component by its number. Answers how much text was sealed, in bytes.
    pub(super) fn take_reading(&self, sealed: &mut Sealed, record: &mut Record, extraction: Extraction) -> Result<usize> {
        if let Some(original) = record.components.first_mut() {
            original.puid = extraction.format.puid;
            original.media = extraction.format.media;
            original.tags = extraction.format.tags;
        }
        let mut texts = vec![(1, extraction.text)];
        texts.extend(take_parts(&mut record.components, extraction.parts));
        texts.retain(|(_, text)| !text.is_empty());
        texts.sort_by_key(|(number, _)| *number);
        // The last word of one is not the beginning of the next one's first.
        let before_another = texts.len().saturating_sub(1);
        texts[..before_another].iter_mut().filter(|(_, text)| !text.ends_with('\n')).for_each(|(_, text)| text.push('\n'));
        let before = record.text.clone();
        let fresh = self.take_texts(sealed, record, &texts)?;
        if record.text != before {
            // Where the words of another text stood is told anew.
            record.words.clear();
        }
        self.take_thumbnail(sealed, record, extraction.thumbnail.map(|picture| picture.jpeg))?;
        self.take_words(sealed, record, &extraction.words)?;
        let title = extraction.title.filter(|title| !title.trim().is_empty());
        record.title = title.unwrap_or_else(|| record.name.clone());
        record.date = extraction.date.or_else(|| record.occurrences.first().and_then(|seen| seen.modified.clone()));
        record.language = extraction.language;
        record.authors = extraction.authors;
        record.recipients = extraction.recipients;
        record.pages = extraction.pages;
        record.fields = extraction.fields;
        record.findings = extraction.findings;
        Ok(fresh)
    }

    fn take_texts(&self, sealed: &mut Sealed, record: &mut Record, texts: &[(u32, String)]) -> Result<usize> {
        let spans: Vec<(u32, u64)> = texts.iter().map(|(number, text)| (*number, text.len() as u64)).collect();
        if spans.is_empty() {
            record.text = None;
            return Ok(0);
        }
        let whole = texts.iter().map(|(_, text)| text.as_str()).collect::<String>();
        if let Some(held) = &record.text
            && held.spans == spans
            && self.text_head(held, usize::MAX).is_ok_and(|held| *held == *whole)
        {
            return Ok(0);
        }
        let reference = TextRef { blob: sealed.bytes(whole.as_bytes(), Shelf::Text)?, spans };
        let length = whole.len();
        self.remember_text(reference.blob.blob, Arc::from(whole));
        record.text = Some(reference);
        Ok(length)
    }

    fn take_thumbnail(&self, sealed: &mut Sealed, record: &mut Record, jpeg: Option<Vec<u8>>) -> Result<()> {
        let Some(jpeg) = jpeg else {
            record.thumbnail = None;
            return Ok(());
        };
        if let Some(held) = &record.thumbnail
            && held.length == jpeg.len() as u64
            && self.small_blob(held).is_ok_and(|held| held == jpeg)
        {
            return Ok(());
        }
        record.thumbnail = Some(sealed.bytes(&jpeg, Shelf::Image)?);
        Ok(())
    }

    /// The plain bytes of a blob that fits into memory.
    pub(super) fn small_blob(&self, blob: &BlobRef) -> Result<Vec<u8>> {
        let mut bytes = Vec::new();
        self.open_blob(blob)?.read_to_end(&mut bytes).map_err(super::read::read_error)?;
        Ok(bytes)
    }
}

/// Adds parts as components, behind those that are there; one that is there keeps its number. Answers their texts by number.
fn take_parts(components: &mut Vec<Component>, parts: Vec<Part>) -> Vec<(u32, String)> {
    let held: HashMap<String, usize> = components
        .iter()
        .enumerate()
        .filter_map(|(at, component)| match &component.bytes {
            Bytes::Part { of: 1, path } => Some((path.clone(), at)),
            _ => None,
        })
        .collect();
    let mut texts = Vec::new();
    for part in parts {
        let known = held.get(&part.path).copied().filter(|at| components[*at].content == part.content);
        let at = known.unwrap_or(components.len());
        let component = Component {
            role: Role::Attachment,
            name: part.name,
            content: part.content,
            size: part.size,
            puid: part.format.puid,
            media: part.format.media,
            tags: part.format.tags,
            bytes: Bytes::Part { of: 1, path: part.path },
            others: known.map(|at| components[at].others.clone()).unwrap_or_default(),
        };
        match known {
            Some(at) => components[at] = component,
            None => components.push(component),
        }
        texts.push((u32::try_from(at + 1).unwrap_or(u32::MAX), part.text));
    }
    texts
}
