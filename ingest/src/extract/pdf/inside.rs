//! What a PDF holds besides its pages: its outline, the values of its forms, notes and links on its pages, and the
//! files that are attached to it.

use super::{
    super::xml::{Piece, walk},
    strings::text,
};
use hayro::hayro_syntax::{
    Pdf,
    object::{Array, Dict, Name, Object, ObjectIdentifier, Stream, String as PdfString},
};
use std::collections::BTreeSet;

/// Entries of trees and lists that are followed: of outlines, forms, names.
const MAX_ENTRIES: usize = 50_000;

/// Addresses of links that are told.
const MAX_ADDRESSES: usize = 200;

/// What is said besides the pages, in lines.
#[derive(Default)]
pub(super) struct Said {
    pub(super) lines: Vec<String>,
    /// Where links lead.
    pub(super) addresses: Vec<String>,
    /// Who signed it; without a name, that it is signed.
    pub(super) signed: Option<String>,
    pub(super) language: Option<String>,
}

/// A file within the document.
pub(super) struct Attached<'a> {
    pub(super) name: String,
    pub(super) stream: Stream<'a>,
}

/// Everything that is said besides the pages.
pub(super) fn said(pdf: &Pdf) -> Said {
    let mut said = Said::default();
    let Some(root) = root(pdf) else { return said };
    said.language = root.get::<PdfString<'_>>("Lang").map(|language| text(language.as_bytes()));
    outline(&root, &mut said.lines);
    if let Some(form) = root.get::<Dict<'_>>("AcroForm") {
        fields(&form, &mut said);
        dynamic_form(&form, &mut said.lines);
    }
    notes(pdf, &mut said);
    said
}

pub(super) fn root(pdf: &Pdf) -> Option<Dict<'_>> {
    pdf.xref().get::<Dict<'_>>(pdf.xref().root_id())
}

/// The titles of the outline, one after another.
fn outline(root: &Dict<'_>, lines: &mut Vec<String>) {
    let mut seen = BTreeSet::new();
    let mut open: Vec<Dict<'_>> = root.get::<Dict<'_>>("Outlines").and_then(|outline| outline.get("First")).into_iter().collect();
    while let Some(entry) = open.pop() {
        if seen.len() >= MAX_ENTRIES || entry.obj_id().is_some_and(|id| !seen.insert(number(id))) {
            continue;
        }
        lines.extend(entry.get::<PdfString<'_>>("Title").map(|title| text(title.as_bytes())));
        open.extend(entry.get::<Dict<'_>>("Next"));
        open.extend(entry.get::<Dict<'_>>("First"));
    }
}

fn number(id: ObjectIdentifier) -> (i32, i32) {
    (id.obj_number as i32, id.gen_number)
}

/// The dictionaries of a list.
fn list<'a>(holder: &Dict<'a>, key: &str) -> Vec<Dict<'a>> {
    holder.get::<Array<'a>>(key).map(|list| list.iter::<Dict<'a>>().take(MAX_ENTRIES).collect()).unwrap_or_default()
}

/// The values of the fields of a form (ISO 32000-2, 12.7).
fn fields(form: &Dict<'_>, said: &mut Said) {
    let mut open: Vec<(Dict<'_>, Option<Vec<u8>>)> = list(form, "Fields").into_iter().rev().map(|field| (field, None)).collect();
    let (mut seen, mut count) = (BTreeSet::new(), 0);
    while let Some((field, kind)) = open.pop() {
        count += 1;
        // Fields that stand in one object bear its number: their names and sizes tell them apart.
        let named = field.get::<PdfString<'_>>("T").map(|name| name.as_bytes().to_vec());
        let known = field.obj_id().is_some_and(|id| !seen.insert((number(id), named, field.len())));
        if count > MAX_ENTRIES || known {
            continue;
        }
        let kind = field.get::<Name<'_>>("FT").map(|kind| kind.to_vec()).or(kind);
        match kind.as_deref() {
            Some(b"Sig") => {
                if let Some(signature) = field.get::<Dict<'_>>("V") {
                    let name = signature.get::<PdfString<'_>>("Name").map(|name| text(name.as_bytes()));
                    said.signed = name.filter(|name| !name.is_empty()).or(said.signed.take()).or(Some("yes".to_owned()));
                }
            }
            Some(b"Btn") => {}
            _ => value(&field, &mut said.lines),
        }
        open.extend(list(&field, "Kids").into_iter().rev().map(|kid| (kid, kind.clone())));
    }
}

fn value(field: &Dict<'_>, lines: &mut Vec<String>) {
    match field.get::<Object<'_>>("V") {
        Some(Object::String(value)) => lines.push(shown(field, text(value.as_bytes()))),
        Some(Object::Array(values)) => {
            let values = values.iter::<PdfString<'_>>().take(1_000);
            lines.extend(values.map(|value| shown(field, text(value.as_bytes()))));
        }
        Some(Object::Stream(value)) => lines.extend(value.decoded_data().ok().map(|value| text(&value))),
        _ => {}
    }
}

/// A choice is kept by what it is called inside; its list says how it is shown.
fn shown(field: &Dict<'_>, value: String) -> String {
    let choices = field.get::<Array<'_>>("Opt");
    let shown = choices.iter().flat_map(|choices| choices.iter::<Array<'_>>().take(10_000)).find_map(|choice| {
        let mut pair = choice.iter::<PdfString<'_>>().map(|one| text(one.as_bytes()));
        (pair.next()? == value).then(|| pair.next()).flatten()
    });
    shown.unwrap_or(value)
}

/// A form in XML beside the pages (XFA): its captions and texts, and what was filled in.
fn dynamic_form(form: &Dict<'_>, lines: &mut Vec<String>) {
    let packets: Vec<Stream<'_>> = match form.get::<Object<'_>>("XFA") {
        Some(Object::Stream(whole)) => vec![whole],
        Some(Object::Array(packets)) => packets
            .iter::<Object<'_>>()
            .take(64)
            .filter_map(|packet| if let Object::Stream(packet) = packet { Some(packet) } else { None })
            .collect(),
        _ => return,
    };
    let mut whole = Vec::new();
    for packet in packets {
        whole.extend_from_slice(&packet.decoded_data().unwrap_or_default());
    }
    let source = super::super::text::decode(&whole);
    // Programs, bindings and settings are no words; the texts of the template and the data are.
    let silent = [
        "script",
        "config",
        "localeSet",
        "connectionSet",
        "stylesheet",
        "xmpmeta",
        "xdc",
        "form",
        "signature",
        "bookend",
        "speak",
    ];
    let (mut depth, mut hushed, mut data, mut word) = (0usize, None, 0u32, 0u32);
    walk(&source, &mut |piece| match piece {
        Piece::Start(name, _) => {
            depth += 1;
            if hushed.is_none() && silent.contains(&name) {
                hushed = Some(depth);
            }
            data += u32::from(name == "data");
            word += u32::from(matches!(name, "text" | "exData"));
        }
        Piece::End(name) => {
            if hushed == Some(depth) {
                hushed = None;
            }
            depth = depth.saturating_sub(1);
            data = data.saturating_sub(u32::from(name == "data"));
            word = word.saturating_sub(u32::from(matches!(name, "text" | "exData")));
        }
        Piece::Text(words)
            if hushed.is_none() && (data > 0 || word > 0) && !words.trim().is_empty() && lines.len() < MAX_ENTRIES =>
        {
            lines.push(words.trim().to_owned());
        }
        Piece::Text(_) | Piece::Empty(..) => {}
    });
}

/// Notes on pages, and where their links lead.
fn notes(pdf: &Pdf, said: &mut Said) {
    let mut count = 0;
    for page in pdf.pages().iter() {
        let Some(notes) = page.raw().get::<Array<'_>>("Annots") else { continue };
        for note in notes.iter::<Dict<'_>>() {
            count += 1;
            if count > MAX_ENTRIES {
                return;
            }
            let is_of_form = note.get::<Name<'_>>("Subtype").is_some_and(|kind| &*kind == b"Widget");
            if !is_of_form {
                said.lines.extend(note.get::<PdfString<'_>>("Contents").map(|words| text(words.as_bytes())));
            }
            let address = note.get::<Dict<'_>>("A").and_then(|act| act.get::<PdfString<'_>>("URI"));
            if let Some(address) = address
                && said.addresses.len() < MAX_ADDRESSES
            {
                let address = text(address.as_bytes());
                if !said.addresses.contains(&address) {
                    said.addresses.push(address);
                }
            }
        }
    }
}

/// The files within the document: of its tree of names, those that belong to it, and those on its pages.
pub(super) fn attached(pdf: &Pdf) -> Vec<Attached<'_>> {
    let Some(root) = root(pdf) else { return Vec::new() };
    let mut files = named(&root);
    let lists = std::iter::once(root).chain(pdf.pages().iter().map(|page| page.raw().clone()));
    for holder in lists.take(MAX_ENTRIES) {
        let belong = holder.get::<Array<'_>>("AF");
        files.extend(belong.iter().flat_map(|list| list.iter::<Dict<'_>>().take(1_000)));
        let notes = holder.get::<Array<'_>>("Annots");
        files.extend(
            notes.iter().flat_map(|list| list.iter::<Dict<'_>>().take(MAX_ENTRIES)).filter_map(|note| note.get::<Dict<'_>>("FS")),
        );
    }
    let mut seen = BTreeSet::new();
    files.iter().filter_map(file).filter(|file| seen.insert(number(file.stream.obj_id()))).collect()
}

/// The files of the tree of names.
fn named<'a>(root: &Dict<'a>) -> Vec<Dict<'a>> {
    let (mut files, mut seen) = (Vec::new(), BTreeSet::new());
    let mut open: Vec<Dict<'_>> =
        root.get::<Dict<'_>>("Names").and_then(|names| names.get("EmbeddedFiles")).into_iter().collect();
    while let Some(node) = open.pop() {
        if files.len() >= MAX_ENTRIES || seen.len() >= MAX_ENTRIES || node.obj_id().is_some_and(|id| !seen.insert(number(id))) {
            continue;
        }
        let names = node.get::<Array<'_>>("Names");
        files.extend(names.iter().flat_map(|names| names.iter::<Object<'_>>().take(MAX_ENTRIES)).filter_map(Object::into_dict));
        let kids: Vec<_> =
            node.get::<Array<'_>>("Kids").map(|kids| kids.iter::<Dict<'_>>().take(1_000).collect()).unwrap_or_default();
        open.extend(kids.into_iter().rev());
    }
    files
}

fn file<'a>(said: &Dict<'a>) -> Option<Attached<'a>> {
    let streams = said.get::<Dict<'_>>("EF")?;
    let stream = ["UF", "F", "Unix", "DOS", "Mac"].iter().find_map(|key| streams.get::<Stream<'_>>(key))?;
    let name = ["UF", "F"].iter().find_map(|key| said.get::<PdfString<'_>>(key)).map(|name| text(name.as_bytes()));
    Some(Attached { name: name.filter(|name| !name.is_empty()).unwrap_or_else(|| "attachment".to_owned()), stream })
}
