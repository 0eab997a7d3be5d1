//! Documents in OLE 2 containers: what Word, Excel, PowerPoint and Outlook wrote before 2007, and Outlook writes still.
//! What the container's root holds says which one it is.

mod biff;
pub(crate) mod compound;
mod doc;
mod item;
mod letter;
mod msg;
mod pack;
mod ppt;
mod properties;
mod property;
mod xls;

use super::{
    guarded,
    nest::{Inner, Nest},
};
use crate::findings;
use chartrier_schemas::Extraction;
use compound::{Compound, ROOT};

pub(super) use biff::compressed;

/// Reads a document.
pub(super) fn read(bytes: &[u8], nest: &mut Nest, extraction: &mut Extraction) {
    if xls::begins(bytes) {
        xls::read(bytes, extraction);
        return;
    }
    let Some(mut file) = Compound::open(bytes) else {
        extraction.findings.push(findings::damaged("the directory of its container is missing"));
        return;
    };
    let mut found = Vec::new();
    guarded(&mut found, || properties::read(&mut file, extraction));
    guarded(&mut found, || body(&mut file, nest, extraction));
    if file.is_torn {
        found.push(findings::damaged("a part of it is missing"));
    }
    extraction.findings.append(&mut found);
}

/// A part of a document, by its number.
pub(super) fn part(bytes: &[u8], path: &str) -> Option<Inner> {
    let mut file = Compound::open(bytes)?;
    is_message(&file).then(|| msg::part(&mut file, path))?
}

fn is_message(file: &Compound<'_>) -> bool {
    file.find(ROOT, msg::MARK).is_some()
}

fn body(file: &mut Compound<'_>, nest: &mut Nest, extraction: &mut Extraction) {
    let has = |name: &str| file.find(ROOT, name).is_some();
    let workbook = ["Workbook", "Book"].into_iter().find(|name| has(name));
    if has("EncryptedPackage") {
        extraction.findings.push(findings::password());
    } else if has("WordDocument") {
        doc::read(file, extraction);
    } else if has("PowerPoint Document") {
        ppt::read(file, extraction);
    } else if is_message(file) {
        msg::read(file, nest, extraction);
        msg::check(extraction);
    } else if let Some(stream) = workbook.and_then(|name| file.stream(ROOT, name)) {
        xls::read(&stream, extraction);
    } else {
        extraction.findings.push(findings::unknown_format());
    }
}
