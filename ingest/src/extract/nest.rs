//! Documents within documents, whatever holds them: each becomes a part of the record, read like any other document, and
//! what lies in it follows at its path. `2/3` is part 3 of the document at part 2; the numbers are the container's own,
//! and kept for ever: a part is decoded again by them.

use super::{archive, cut, mail, mbox, office, ole, pdf, read};
use crate::{
    findings,
    identify::{Reader, known},
    limits::{MAX_ANSWER, MAX_FIELDS, MAX_HELD, MAX_NESTING, MAX_PART_NAME, MAX_PARTS, MAX_READ, MAX_TEXT, MAX_UNPACKED_IN_ALL},
};
use chartrier_schemas::{ContentId, Extraction, Format, Part};
use sha2::{Digest as _, Sha256};
use std::io::Read;

/// How far into a text one looks whether it says something already, in bytes.
const HEAD: usize = 2 << 10;

/// Memory that is taken at once on the word of a container, in bytes.
const FIRST: u64 = 64 << 20;

/// Where in a record the reading is, and what may still be read: one measure for everything in it.
pub(crate) struct Nest {
    /// The documents around the one that is read, outermost first.
    around: Vec<ContentId>,
    /// Parts that may still be made.
    parts: usize,
    /// Bytes that the descriptions of parts may still take in the answer.
    told: usize,
    /// Bytes that the texts of parts may still take.
    text: usize,
    /// Bytes that may still be unpacked.
    unpacked: u64,
    /// Bytes of unpacked documents that are in memory now.
    held: u64,
}

/// A document as its container holds it.
pub(super) struct Inner {
    /// Its file name; for an archive, its path in there.
    pub(super) name: String,
    /// What came out of it.
    pub(super) unpacked: Unpacked,
}

/// The bytes of a document inside another, as far as they could be had.
#[derive(Default)]
pub(super) struct Unpacked {
    /// The bytes.
    pub(super) bytes: Vec<u8>,
    /// Why they are not all there.
    pub(super) trouble: Option<Trouble>,
}

/// Why the bytes of a document inside another are not all there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Trouble {
    /// They are more than there is room for.
    TooLarge,
    /// They are more than anyone would pack so small.
    Bomb,
    /// They are encrypted.
    Password,
    /// They are damaged, or packed in a way that is not read.
    Damaged(String),
}

impl Nest {
    /// Of a document that lies in no other.
    pub(crate) fn new() -> Self {
        let (around, told) = (Vec::new(), MAX_ANSWER / 8 * 7);
        Self { around, parts: MAX_PARTS, told, text: MAX_TEXT, unpacked: MAX_UNPACKED_IN_ALL, held: 0 }
    }

    /// How many documents lie around the one that is read.
    pub(super) fn depth(&self) -> usize {
        self.around.len()
    }

    /// Begins the parts of the document that is read; none where they lie too deep.
    pub(super) fn parts<'a>(&'a mut self, extraction: &'a mut Extraction) -> Option<Parts<'a>> {
        if self.depth() >= MAX_NESTING {
            extraction.findings.push(findings::too_deep());
            return None;
        }
        Some(Parts { nest: self, extraction, all: 0, left_out: 0 })
    }

    /// How many bytes the next part may have.
    fn room(&self) -> u64 {
        let room = MAX_READ.min(self.unpacked).min(MAX_HELD.saturating_sub(self.held));
        if self.parts > 0 && self.told > 0 { room } else { 0 }
    }

    /// Makes a document that lies at `path` a part, and its own parts with it.
    fn add(&mut self, path: &str, name: String, bytes: Vec<u8>, extraction: &mut Extraction) {
        let size = bytes.len() as u64;
        let content = ContentId::from_digest(Sha256::digest(&bytes).into());
        self.parts = self.parts.saturating_sub(1);
        let mut inner = if self.around.contains(&content) {
            // It holds itself: nothing new would ever be found in it.
            let format = known(&bytes, &name).format;
            Extraction { format, findings: vec![findings::too_deep()], ..Extraction::default() }
        } else {
            self.around.push(content);
            self.held += size;
            let inner = read(&bytes, &name, self);
            self.held -= size;
            self.around.pop();
            inner
        };
        drop(bytes);
        inner.text.insert_str(0, &heading(&inner));
        cut(&mut inner.text, self.text, &mut inner.findings);
        self.text -= inner.text.len();
        self.told = self.told.saturating_sub(told(&inner.format, &name, self.depth()));
        extraction.findings.extend(inner.findings.into_iter().map(|finding| findings::within(&name, finding)));
        extraction.parts.push(Part { path: path.to_owned(), name, format: inner.format, size, content, text: inner.text });
        extraction.parts.extend(inner.parts.into_iter().map(|part| Part { path: format!("{path}/{}", part.path), ..part }));
    }
}

/// What a part says of itself: its title and its people are found by its text, for it has no other place to keep them.
fn heading(inner: &Extraction) -> String {
    let mut end = inner.text.len().min(HEAD);
    while !inner.text.is_char_boundary(end) {
        end -= 1;
    }
    let head = &inner.text[..end];
    let fields =
        inner.fields.iter().filter(|(name, _)| matches!(name.as_str(), "description" | "keywords" | "caption" | "comments"));
    let said = inner.title.iter().chain(&inner.authors).chain(&inner.recipients).chain(fields.map(|(_, value)| value));
    let lines = said.take(MAX_FIELDS).map(|line| line.trim()).filter(|line| !line.is_empty() && !head.contains(line));
    lines.flat_map(|line| [line, "\n"]).collect()
}

/// About how many bytes the description of a part takes, its text apart: its address alone takes 64.
fn told(format: &Format, name: &str, depth: usize) -> usize {
    let tags: usize = format.tags.iter().map(|tag| tag.len() + 3).sum();
    176 + name.len() + format.media.len() + tags + depth * 6
}

/// The parts of one container, taken one after another.
pub(super) struct Parts<'a> {
    nest: &'a mut Nest,
    extraction: &'a mut Extraction,
    all: usize,
    left_out: usize,
}

impl Parts<'_> {
    /// Takes a document that lies at `path`, a number of the container's own. It is unpacked only where there is room: into
    /// as many bytes as `unpack` is told.
    pub(super) fn take(&mut self, path: &str, name: &str, unpack: impl FnOnce(u64) -> Unpacked) {
        self.all += 1;
        let (name, room) = (short(name), self.nest.room());
        let unpacked = if room > 0 { unpack(room) } else { Trouble::TooLarge.into() };
        self.nest.unpacked = self.nest.unpacked.saturating_sub(unpacked.bytes.len() as u64);
        let says = |finding| findings::within(&name, finding);
        match unpacked.trouble {
            None => {}
            Some(Trouble::TooLarge) => {
                self.left_out += 1;
                return;
            }
            Some(Trouble::Bomb) => return self.extraction.findings.push(says(findings::bomb())),
            Some(Trouble::Password) => return self.extraction.findings.push(says(findings::password())),
            Some(Trouble::Damaged(why)) => {
                self.extraction.findings.push(says(findings::damaged(why)));
                if unpacked.bytes.is_empty() {
                    return;
                }
            }
        }
        self.nest.add(path, name, unpacked.bytes, self.extraction);
    }

    /// Says what is wrong with the container itself.
    pub(super) fn damaged(&mut self, why: impl std::fmt::Display) {
        self.extraction.findings.push(findings::damaged(why));
    }

    /// Says that the container itself is encrypted.
    pub(super) fn locked(&mut self) {
        self.extraction.findings.push(findings::password());
    }

    /// Says how many were left out.
    pub(super) fn end(self) {
        if self.left_out > 0 {
            self.extraction.findings.push(findings::parts_left_out(self.all - self.left_out, self.all));
        }
    }
}

fn short(name: &str) -> String {
    let mut name = name.to_owned();
    cut(&mut name, MAX_PART_NAME, &mut Vec::new());
    name
}

impl From<Trouble> for Unpacked {
    fn from(trouble: Trouble) -> Self {
        Self { bytes: Vec::new(), trouble: Some(trouble) }
    }
}

impl From<Vec<u8>> for Unpacked {
    fn from(bytes: Vec<u8>) -> Self {
        Self { bytes, trouble: None }
    }
}

impl Unpacked {
    /// All that a reader gives, up to `room` bytes. What is said of its size is not believed.
    pub(super) fn of(mut source: impl Read, stated: u64, room: u64) -> Self {
        let mut bytes = Vec::with_capacity(usize::try_from(stated.min(room).min(FIRST)).unwrap_or(0));
        let read = source.by_ref().take(room + 1).read_to_end(&mut bytes);
        let trouble = match read {
            _ if bytes.len() as u64 > room => Some(Trouble::TooLarge),
            Ok(_) => None,
            Err(why) => Some(Trouble::Damaged(why.to_string())),
        };
        Self { bytes, trouble }
    }
}

/// The decoded bytes of a part of a document.
pub(super) fn part(bytes: &[u8], name: &str, path: &str) -> Option<Vec<u8>> {
    let mut found: Option<Inner> = None;
    for own in path.split('/') {
        let inner = match &found {
            None => inner(bytes, name, own)?,
            Some(around) => inner(&around.unpacked.bytes, &short(&around.name), own)?,
        };
        found = Some(inner);
    }
    found.map(|found| found.unpacked.bytes)
}

/// What lies in a document at a place of its own.
fn inner(bytes: &[u8], name: &str, own: &str) -> Option<Inner> {
    match known(bytes, name).reader {
        Reader::Mail => mail::part(bytes, own),
        Reader::Mbox => mbox::part(bytes, own),
        Reader::Archive(kind) => archive::part(kind, bytes, name, own),
        Reader::Ole => ole::part(bytes, own),
        Reader::Office => office::part(bytes, own),
        Reader::Pdf => pdf::part(bytes, own),
        _ => None,
    }
}
