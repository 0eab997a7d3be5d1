//! What a worker and its parent say to each other over two pipes: a hello, then requests and answers in turn.
//!
//! A frame is a length (4 bytes, big-endian) and that many bytes. A request is a frame of JSON, then the
//! document's bytes, as many as the request says. An answer to `extract` is a frame of JSON (an extraction whose
//! texts are empty), a frame of UTF-8 for the document's text and one for each part's, and a frame that is empty or
//! a thumbnail: width and height (4 bytes each, big-endian), then JPEG. An answer to `part` is one byte, 1 if there is such
//! a part, and a frame of its bytes. An answer to `release` is one byte, 1 if it is in force. An answer to `page`
//! is a frame like that of a thumbnail and one of JSON (its words, row by row, with their places), to `scan` one that has grey
//! pixels in place of JPEG; where the first is empty, a frame of JSON follows (a finding). An answer to `layers` is a frame of JSON (for each page whether it waits for text
//! recognition), then a frame of UTF-8 for the text of each.
//!
//! Behind a request to `identify` only the two ends of the document follow: its first [`END`] bytes, and as many of its last
//! ones as are left. The worker may then ask for more, any number of times: byte 1, an offset (8 bytes, big-endian) and a
//! length (4 bytes), which a frame answers. Byte 0 and a frame of JSON (a format and what the registry knows) end that.

use crate::{limits::END, pronom::Identification};
use chartrier_schemas::Format;
use serde::{Deserialize, Serialize};
use std::io::{self, Read, Write};

/// The first byte that a worker says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hello {
    /// It is shut in.
    Sandboxed = b'S' as isize,
    /// It runs open, as it was told.
    Open = b'O' as isize,
    /// It could not shut itself in, and stopped.
    Refused = b'N' as isize,
}

impl Hello {
    pub(super) fn from_byte(byte: u8) -> Option<Self> {
        [Self::Sandboxed, Self::Open, Self::Refused].into_iter().find(|hello| *hello as u8 == byte)
    }
}

/// What is asked of a worker.
#[derive(Serialize, Deserialize)]
pub(super) struct Request {
    /// The work.
    pub(super) job: Job,
    /// The document's file name: a hint.
    pub(super) name: String,
    /// How many bytes it has. They follow, unless it is to be identified.
    pub(super) size: u64,
}

/// The work.
#[derive(Serialize, Deserialize)]
pub(super) enum Job {
    /// Text, metadata, thumbnail.
    Extract,
    /// The format alone.
    Identify,
    /// Formats are told by this release of the registry from now on.
    Release,
    /// The bytes of a part.
    Part {
        /// Its path.
        path: String,
    },
    /// One page as a picture for eyes.
    Page {
        /// Which, from 1.
        page: u32,
        /// How long its longer side may be, in pixels.
        side: u32,
    },
    /// One page as a picture for text recognition.
    Scan {
        /// Which, from 1.
        page: u32,
    },
    /// What is written on each page.
    Layers,
}

/// What a worker asks for or says while it identifies a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Word {
    /// The answer follows.
    Answer = 0,
    /// It asks for more of the document.
    More = 1,
}

/// What a document is.
#[derive(Serialize, Deserialize)]
pub(super) struct Told {
    /// Its format as records keep it.
    pub(super) format: Format,
    /// What the registry knows of it.
    pub(super) identification: Identification,
}

/// How much of the beginning and of the end of a document is handed over to identify it.
pub(super) fn ends(size: u64) -> (u64, u64) {
    let head = size.min(END);
    (head, (size - head).min(END))
}

/// Writes a frame.
pub(super) fn write_frame(to: &mut dyn Write, bytes: &[u8]) -> io::Result<()> {
    let length = u32::try_from(bytes.len()).map_err(io::Error::other)?;
    to.write_all(&length.to_be_bytes())?;
    to.write_all(bytes)
}

/// Reads a frame of at most `most` bytes.
pub(super) fn read_frame(from: &mut dyn Read, most: usize) -> io::Result<Vec<u8>> {
    let mut length = [0; 4];
    from.read_exact(&mut length)?;
    let length = u32::from_be_bytes(length) as usize;
    if length > most {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "the frame is longer than any answer"));
    }
    // What was announced is taken only as it comes.
    let mut bytes = Vec::with_capacity(length.min(1 << 16));
    from.take(length as u64).read_to_end(&mut bytes)?;
    if bytes.len() < length { Err(io::ErrorKind::UnexpectedEof.into()) } else { Ok(bytes) }
}
