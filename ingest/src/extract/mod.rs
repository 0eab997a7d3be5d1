//! Reading documents: bytes in, text and metadata and findings out. Runs in a worker, on bytes that may be
//! written by an enemy: pure functions, no file, no clock, no thread; what cannot be read is a finding.

pub(crate) mod archive;
mod card;
mod codepage;
pub(crate) mod container;
pub(crate) mod encoding;
mod epub;
mod html;
mod image;
mod little;
pub(crate) mod mail;
mod markdown;
pub(crate) mod mbox;
pub(crate) mod nest;
mod numbers;
mod office;
pub(crate) mod ole;
pub(crate) mod page;
mod pdf;
mod rtf;
mod table;
mod text;
mod tiff;
mod transfer;
mod xlsb;
pub(crate) mod xml;

use crate::{
    findings,
    identify::{Reader, known},
    limits::{MAX_FIELD, MAX_FIELDS, MAX_TEXT},
    worker::trust::clean,
};
use chartrier_schemas::{Extraction, Finding};
use nest::Nest;
pub(crate) use pdf::joined;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Reads a document.
pub(crate) fn extract(bytes: &[u8], name: &str) -> Extraction {
    let mut extraction = read(bytes, name, &mut Nest::new());
    extraction.language = text::language(&extraction.text);
    tidy(&mut extraction);
    extraction
}

/// The decoded bytes of a part of the document of this name.
pub(crate) fn part(bytes: &[u8], name: &str, path: &str) -> Option<Vec<u8>> {
    nest::part(bytes, name, path)
}

/// `fr` or `en`, where a text is long enough to tell.
pub(crate) fn language(text: &str) -> Option<String> {
    text::language(text)
}

/// What is written on one page, and whether more stands there as a picture only.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Layer {
    pub(crate) text: String,
    pub(crate) waits: bool,
}

/// What is written on each page of a document that has pages.
pub(crate) fn layers(bytes: &[u8], name: &str) -> Vec<Layer> {
    match known(bytes, name).reader {
        Reader::Pdf => pdf::layers(bytes),
        Reader::Image => image::layers(bytes),
        _ => Vec::new(),
    }
}

/// Reads a document that lies where `nest` says.
fn read(bytes: &[u8], name: &str, nest: &mut Nest) -> Extraction {
    let known = known(bytes, name);
    let (mismatch, fields) = (known.mismatch(name), known.fields());
    let mut extraction = Extraction { format: known.format, ..Extraction::default() };
    read_as(known.reader, bytes, name, nest, &mut extraction);
    extraction.fields.extend(fields);
    extraction.findings.extend(mismatch);
    extraction
}

/// Reads a document as this reader does.
pub(crate) fn read_as(reader: Reader, bytes: &[u8], name: &str, nest: &mut Nest, extraction: &mut Extraction) {
    match reader {
        Reader::Pdf => pdf::read(bytes, nest, extraction),
        Reader::Image => image::read(bytes, nest.depth(), extraction),
        Reader::Archive(kind) => archive::read(kind, bytes, name, nest, extraction),
        Reader::Mbox => mbox::read(bytes, nest, extraction),
        Reader::Epub => epub::read(bytes, extraction),
        Reader::Calendar => card::calendar(bytes, extraction),
        Reader::Cards => card::cards(bytes, extraction),
        Reader::Table => table::read(bytes, extraction),
        Reader::Markdown => markdown::read(bytes, extraction),
        Reader::Mail => mail::read(bytes, nest, extraction),
        Reader::Html => html::read(bytes, extraction),
        Reader::Xml => xml::read(bytes, extraction),
        Reader::Text => extraction.text = text::decode(bytes),
        Reader::Office => office::read(bytes, nest, extraction),
        Reader::BinaryWorkbook => xlsb::read(bytes, extraction),
        Reader::Ole => ole::read(bytes, nest, extraction),
        Reader::Rtf => rtf::read(bytes, extraction),
        Reader::Locked => extraction.findings.push(findings::password()),
        Reader::None | Reader::Unknown => extraction.findings.push(findings::unknown_format()),
    }
    cut(&mut extraction.text, MAX_TEXT, &mut extraction.findings);
}

/// Does one part of the reading: a panic in it is a finding, and costs the other parts nothing.
fn guarded<T>(findings: &mut Vec<Finding>, work: impl FnOnce() -> T) -> Option<T> {
    let done = catch_unwind(AssertUnwindSafe(work)).ok();
    if done.is_none() {
        findings.push(findings::damaged("its reader gave up"));
    }
    done
}

/// Cuts a text at a character, and says so.
fn cut(text: &mut String, most: usize, findings: &mut Vec<Finding>) {
    if text.len() > most {
        let mut end = most;
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        text.truncate(end);
        findings.push(findings::text_cut());
    }
}

/// A date as documents write it, in UTC; one without an offset is taken to be in UTC.
fn moment(text: &str) -> Option<String> {
    let text = text.trim();
    let stamp = text.parse::<jiff::Timestamp>().ok().or_else(|| {
        let plain: jiff::civil::DateTime = text.parse().ok()?;
        jiff::tz::Offset::UTC.to_timestamp(plain).ok()
    })?;
    Some(stamp.strftime("%Y-%m-%dT%H:%M:%SZ").to_string())
}

/// Short texts are one line, lists are not endless, and each finding is said once.
fn tidy(extraction: &mut Extraction) {
    let short = |text: &mut String| {
        let mut line = text
            .split(|c: char| c.is_whitespace() || c.is_control())
            .filter(|word| !word.is_empty())
            .collect::<Vec<_>>()
            .join(" ");
        cut(&mut line, MAX_FIELD, &mut Vec::new());
        *text = line;
    };
    if let Some(title) = &mut extraction.title {
        short(title);
    }
    for list in [&mut extraction.authors, &mut extraction.recipients] {
        list.truncate(MAX_FIELDS);
        list.iter_mut().for_each(short);
        list.retain(|entry| !entry.is_empty());
    }
    extraction.fields.truncate(MAX_FIELDS);
    extraction.fields.iter_mut().for_each(|(_, value)| short(value));
    extraction.fields.retain(|(_, value)| !value.is_empty());
    clean(&mut extraction.text);
    let mut left = MAX_TEXT.saturating_sub(extraction.text.len());
    for part in &mut extraction.parts {
        short(&mut part.name);
        clean(&mut part.text);
        cut(&mut part.text, left, &mut extraction.findings);
        left -= part.text.len();
    }
    let mut seen = std::collections::BTreeSet::new();
    for Finding { problem, remedy, .. } in &mut extraction.findings {
        // A reader's own words may quote the document.
        let said = [&mut problem.en, &mut problem.fr, &mut remedy.en, &mut remedy.fr].into_iter();
        said.filter(|line| line.len() > MAX_FIELD || line.contains(char::is_control)).for_each(short);
    }
    extraction.findings.retain(|finding| seen.insert(finding.number));
}
