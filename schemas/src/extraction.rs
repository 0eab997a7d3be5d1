//! What a worker read out of one document. Made by `ingest`, captured by `engine`, joined by the faces.

use crate::{ContentId, Finding};
use serde::{Deserialize, Serialize};

/// Everything read out of one document. All of it comes from untrusted bytes: lengths and characters
/// have been checked, meaning has not.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Extraction {
    /// What the document is.
    pub format: Format,
    /// The document's own title.
    pub title: Option<String>,
    /// Who wrote or sent it, each as written there (`Name <address>` for a message).
    pub authors: Vec<String>,
    /// Who received it, for a message.
    pub recipients: Vec<String>,
    /// The document's own date, RFC 3339.
    pub date: Option<String>,
    /// `fr` or `en`, where the text is long enough to tell.
    pub language: Option<String>,
    /// Number of pages or images.
    pub pages: Option<u32>,
    /// Fields of the format by name, for instance `camera` or `message-id`.
    pub fields: Vec<(String, String)>,
    /// The text of component 1.
    pub text: String,
    /// Where the words stand of pages that were recognised, by the number of the page, from 1. Workers do not tell them: they are
    /// read of what the recogniser says.
    #[serde(skip)]
    pub words: Vec<(u32, Vec<PageRow>)>,
    /// What lies inside: attachments of a message, entries of a container.
    pub parts: Vec<Part>,
    /// A small picture of the first page.
    #[serde(skip)]
    pub thumbnail: Option<Thumbnail>,
    /// What could not be read.
    pub findings: Vec<Finding>,
}

/// A file format.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Format {
    /// PRONOM identifier (`fmt/276`), where known.
    pub puid: Option<String>,
    /// Media type, `application/octet-stream` where unknown.
    pub media: String,
    /// Words that `type:` finds, most exact first: `["docx", "word", "document"]`.
    pub tags: Vec<String>,
}

impl Format {
    /// The format of bytes of which nothing is known.
    pub fn unknown() -> Self {
        Self { media: "application/octet-stream".to_owned(), ..Self::default() }
    }
}

/// One byte sequence inside another: *part of component 1 at `path`*.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Part {
    /// Where it lies in its parent, for a message the MIME path (`2`, `2.1`).
    pub path: String,
    /// Its file name.
    pub name: String,
    /// Its format.
    pub format: Format,
    /// Length of the decoded bytes.
    pub size: u64,
    /// SHA-256 of the decoded bytes.
    pub content: ContentId,
    /// Its text.
    pub text: String,
}

/// Words of a page that stand in one row, in the order in which they are read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PageRow {
    /// By how many quarters of a circle it is turned, clockwise: 0 where it is read from left to right, 1 downwards.
    pub turn: u8,
    /// Its words.
    pub words: Vec<PageWord>,
}

/// A word of a page and the box that it fills, in ten-thousandths of the page's width and height, from the upper left.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PageWord {
    /// The word, with the signs that stand around it. A row that is written from right to left is one.
    pub text: String,
    /// Where it begins, from the left.
    pub left: u16,
    /// Where it begins, from above.
    pub top: u16,
    /// Where it ends.
    pub right: u16,
    /// Where it ends.
    pub bottom: u16,
}

/// The width and height of a page in the measure of [`PageWord`].
pub const PAGE_UNITS: u16 = 10_000;

/// A small picture: pixels only, encoded anew by us.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Thumbnail {
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// The picture as JPEG.
    pub jpeg: Vec<u8>,
}
