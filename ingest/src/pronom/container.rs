//! Container signatures: what must lie in a ZIP or in an OLE 2 compound file, and what bytes it must have.

use super::{
    expression::Unread,
    pattern::{Effort, From},
    signature::{Ends, Signature, Signatures},
};
use crate::{
    extract::{
        ole::compound::{Compound, ROOT},
        xml::Piece,
    },
    limits::{END, MAX_ASKED, MAX_ENTRIES, MAX_ENTRY},
};
use std::{
    borrow::Cow,
    collections::BTreeMap,
    io::{Cursor, Read, Seek, SeekFrom},
    mem::take,
};
use zip::ZipArchive;

/// What can be read from any place.
pub(crate) trait Source: Read + Seek {}

impl<T: Read + Seek> Source for T {}

/// Kinds of containers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Zip,
    Ole2,
}

impl Kind {
    fn named(name: Option<&str>) -> Option<Self> {
        match name {
            Some("ZIP") => Some(Self::Zip),
            Some("OLE2") => Some(Self::Ole2),
            _ => None,
        }
    }
}

/// What a container must hold to be of a format.
#[derive(Debug)]
pub(super) struct ContainerSignature {
    pub(super) id: u32,
    pub(super) kind: Kind,
    pub(super) files: Vec<Inner>,
}

/// Something that lies in a container.
#[derive(Debug, Default)]
pub(super) struct Inner {
    pub(super) path: String,
    /// One of these must be in it; none asks for nothing.
    pub(super) signatures: Vec<Signature>,
}

/// What a container signature file says.
#[derive(Default)]
pub(super) struct ContainerFile {
    pub(super) version: Option<u32>,
    pub(super) signatures: Vec<ContainerSignature>,
    /// Number of a container signature, and the PUID it is of.
    pub(super) puids: Vec<(u32, String)>,
    /// PUIDs behind which a container is looked into.
    pub(super) triggers: Vec<(String, Kind)>,
    /// Signatures that could not be read.
    pub(super) unread: Vec<(u32, Unread)>,
    reading: Signatures,
    current: (u32, Option<Kind>),
    files: Vec<Inner>,
    trouble: Option<Unread>,
}

impl ContainerFile {
    /// Takes one piece of the file.
    pub(super) fn take(&mut self, piece: &Piece<'_>) {
        let number = |text: Option<String>| text.and_then(|text| text.trim().parse().ok());
        match piece {
            Piece::Start("ContainerSignatureMapping", said) => self.version = number(said.get("signatureVersion")),
            Piece::Start("ContainerSignature", said) => {
                self.current = (number(said.get("Id")).unwrap_or(0), Kind::named(said.get("ContainerType").as_deref()));
                self.files.clear();
            }
            Piece::Start("File", _) => self.files.push(Inner::default()),
            Piece::Start("Path", _) => {
                if let Some(file) = self.files.last_mut() {
                    file.path.clear();
                }
                self.reading = Signatures::default();
            }
            Piece::End("Path") => {
                let path = self.reading.words();
                if let Some(file) = self.files.last_mut() {
                    path.trim().clone_into(&mut file.path);
                }
            }
            Piece::Start("FileFormatMapping", said) | Piece::Empty("FileFormatMapping", said) => {
                self.puids.extend(number(said.get("signatureId")).zip(said.get("Puid")));
            }
            Piece::Start("TriggerPuid", said) | Piece::Empty("TriggerPuid", said) => {
                self.triggers.extend(said.get("Puid").zip(Kind::named(said.get("ContainerType").as_deref())));
            }
            Piece::End("ContainerSignature") => self.end(),
            _ => {}
        }
        if let Some((_, read)) = self.reading.take(piece) {
            match (read, self.files.last_mut()) {
                (Ok(signature), Some(file)) => file.signatures.push(signature),
                (Err(why), _) => self.trouble = Some(why),
                _ => {}
            }
        }
    }

    fn end(&mut self) {
        let ((id, kind), files) = (self.current, take(&mut self.files));
        let trouble = match (self.trouble.take(), kind) {
            (Some(why), _) => why,
            (None, None) => Unread("a container of an unknown kind"),
            (None, Some(_)) if files.is_empty() => Unread("a container without content"),
            (None, Some(kind)) => {
                self.signatures.push(ContainerSignature { id, kind, files });
                return;
            }
        };
        self.unread.push((id, trouble));
    }
}

/// All of a document: in memory, or where it can be read piece by piece.
pub(crate) enum Whole<'a> {
    Memory(&'a [u8]),
    Source(&'a mut dyn Source),
}

/// A container, open.
pub(super) struct Opened<'a> {
    content: Content<'a>,
    /// What was read already.
    read: BTreeMap<String, Option<Vec<u8>>>,
}

enum Content<'a> {
    Zip(Box<ZipArchive<Box<dyn Source + 'a>>>),
    Ole2 {
        file: Compound<'a>,
        /// The number of each stream by its path as signatures write it; storages have none.
        streams: BTreeMap<String, Option<usize>>,
    },
}

impl<'a> Opened<'a> {
    /// Opens a container; nothing where it cannot be read.
    pub(super) fn zip(whole: Whole<'a>) -> Option<Self> {
        let source: Box<dyn Source + 'a> = match whole {
            Whole::Memory(bytes) => Box::new(Cursor::new(bytes)),
            Whole::Source(source) => Box::new(source),
        };
        Some(Self { content: Content::Zip(Box::new(ZipArchive::new(source).ok()?)), read: BTreeMap::new() })
    }

    /// The same for a compound file in memory.
    pub(super) fn ole2(bytes: &'a [u8]) -> Option<Self> {
        let file = Compound::open(bytes)?;
        let (mut streams, mut open) = (BTreeMap::new(), vec![(ROOT, String::new())]);
        while let Some((storage, path)) = open.pop() {
            for (number, name, is_stream) in file.list(storage) {
                let path = format!("{path}{}", plain(name));
                if !is_stream {
                    open.push((number, format!("{path}/")));
                }
                // The first of two streams of one name is the one.
                streams.entry(path).or_insert(is_stream.then_some(number));
            }
            if streams.len() > MAX_ENTRIES {
                break;
            }
        }
        Some(Self { content: Content::Ole2 { file, streams }, read: BTreeMap::new() })
    }

    /// Whether all that a signature asks for lies in the container.
    pub(super) fn has(&mut self, signature: &ContainerSignature, effort: &Effort) -> bool {
        signature.files.iter().all(|file| self.holds(&file.path))
            && signature.files.iter().filter(|file| !file.signatures.is_empty()).all(|file| {
                let from_its_end =
                    file.signatures.iter().flat_map(|signature| &signature.chains).any(|chain| chain.from == From::End);
                self.bytes(&file.path, if from_its_end { MAX_ENTRY } else { END })
                    .is_some_and(|bytes| file.signatures.iter().any(|signature| signature.is_in(Ends::both(bytes), effort)))
            })
    }

    fn holds(&self, path: &str) -> bool {
        match &self.content {
            Content::Zip(archive) => archive.index_for_name_raw(path.as_bytes()).is_some(),
            Content::Ole2 { streams, .. } => streams.contains_key(path),
        }
    }

    /// The bytes of an entry, as many as are looked at.
    fn bytes(&mut self, path: &str, most: u64) -> Option<&[u8]> {
        let enough = |bytes: &Option<Vec<u8>>| bytes.as_ref().is_none_or(|bytes| bytes.len() as u64 != END || most == END);
        if !self.read.get(path).is_some_and(enough) {
            let read = self.unpacked(path, most);
            self.read.insert(path.to_owned(), read);
        }
        self.read.get(path)?.as_deref()
    }

    fn unpacked(&mut self, path: &str, most: u64) -> Option<Vec<u8>> {
        let mut bytes = Vec::new();
        let read = match &mut self.content {
            Content::Zip(archive) => {
                let index = archive.index_for_name_raw(path.as_bytes())?;
                archive.by_index(index).ok()?.take(most).read_to_end(&mut bytes)
            }
            Content::Ole2 { file, streams } => return Some(file.read((*streams.get(path)?)?)),
        };
        // What could be read of a damaged entry is looked at.
        (read.is_ok() || !bytes.is_empty()).then_some(bytes)
    }
}

/// A name in a compound file as signatures write it: without the control character that some begin with.
fn plain(name: &str) -> &str {
    name.trim_start_matches(|c: char| c.is_control())
}

/// All bytes of a document; nothing where they cannot be had, or are more than is asked for.
pub(super) fn all(whole: Whole<'_>) -> Option<Cow<'_, [u8]>> {
    let source = match whole {
        Whole::Memory(bytes) => return Some(Cow::Borrowed(bytes)),
        Whole::Source(source) => source,
    };
    let size = source.seek(SeekFrom::End(0)).ok().filter(|size| *size <= MAX_ASKED)?;
    source.rewind().ok()?;
    let mut bytes = Vec::with_capacity(usize::try_from(size).ok()?);
    source.read_to_end(&mut bytes).ok()?;
    Some(Cow::Owned(bytes))
}
