//! What a PDF says of itself: its information dictionary, and where that is silent its XMP.

use super::{
    super::xml::{Piece, walk},
    inside::{Said, root},
    strings::text,
};
use chartrier_schemas::Extraction;
use hayro::hayro_syntax::{
    Pdf,
    object::{DateTime, Stream},
};

/// Properties of XMP: element, name of the field.
const XMP: &[(&str, &str)] = &[
    ("title", "title"),
    ("creator", "author"),
    ("description", "subject"),
    ("subject", "keywords"),
    ("Keywords", "keywords"),
    ("CreatorTool", "application"),
    ("Producer", "producer"),
    ("CreateDate", "created"),
    ("ModifyDate", "modified"),
    ("part", "part"),
    ("conformance", "level"),
    ("GTS_PDFXVersion", "exchange"),
    ("rights", "copyright"),
];

/// Takes what a document says of itself.
pub(super) fn read(pdf: &Pdf, bytes: &[u8], said: &Said, extraction: &mut Extraction) {
    let known = pdf.metadata();
    let xmp = root(pdf).and_then(|root| root.get::<Stream<'_>>("Metadata")).and_then(|stream| stream.decoded_data().ok());
    let xmp = xmp.map(|source| properties(&super::super::text::decode(&source))).unwrap_or_default();
    let of_xmp =
        |name: &str| -> Vec<String> { xmp.iter().filter(|(known, _)| known == name).map(|(_, value)| value.clone()).collect() };
    let stated = |value: &Option<Box<[u8]>>, name: &str| -> Option<String> {
        let value = value.as_deref().map(text).filter(|value| !value.trim().is_empty());
        value.or_else(|| Some(of_xmp(name).join(", ")).filter(|value| !value.is_empty()))
    };
    extraction.title = stated(&known.title, "title");
    let author = known.author.as_deref().map(text).filter(|author| !author.trim().is_empty());
    let others = of_xmp("author");
    extraction.authors = match author {
        Some(author) if others.iter().all(|other| author.contains(other.as_str())) && others.len() > 1 => others,
        Some(author) => vec![author],
        None => others,
    };
    let created = known.creation_date.as_ref().and_then(moment).or_else(|| super::super::moment(of_xmp("created").first()?));
    let modified =
        known.modification_date.as_ref().and_then(moment).or_else(|| super::super::moment(of_xmp("modified").first()?));
    extraction.date = modified.clone().or_else(|| created.clone());
    let fields = [
        ("subject", stated(&known.subject, "subject")),
        ("keywords", stated(&known.keywords, "keywords")),
        ("application", stated(&known.creator, "application")),
        ("producer", stated(&known.producer, "producer")),
        ("created", created),
        ("modified", modified),
        ("copyright", stated(&None, "copyright")),
        ("version", version(pdf)),
        ("conformance", conformance(&xmp)),
        ("encrypted", is_encrypted(bytes).then(|| "yes".to_owned())),
        ("signed", said.signed.clone()),
        ("language", said.language.clone()),
    ];
    extraction.fields.extend(fields.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))));
}

/// What it claims to conform to: nobody checked it.
fn conformance(xmp: &[(String, String)]) -> Option<String> {
    let of = |name: &str| xmp.iter().find(|(known, _)| known == name).map(|(_, value)| value.trim());
    let archive = of("part").map(|part| format!("PDF/A-{part}{}", of("level").unwrap_or_default().to_lowercase()));
    let access = of("access").map(|part| format!("PDF/UA-{part}"));
    let all: Vec<String> = archive.into_iter().chain(access).chain(of("exchange").map(str::to_owned)).collect();
    (!all.is_empty()).then(|| all.join(", "))
}

/// The properties of XMP that are known here. Values are written as elements or as attributes.
fn properties(source: &str) -> Vec<(String, String)> {
    let mut found: Vec<(String, String)> = Vec::new();
    let mut open: Option<(&str, String)> = None;
    // Which standard a `part` is one of, only the prefix says.
    let access = source.contains("pdfuaid:part");
    let archive = source.contains("pdfaid:part");
    walk(source, &mut |piece| match piece {
        Piece::Start(name, said) | Piece::Empty(name, said) => {
            if name == "Description" {
                for (key, field) in XMP {
                    found.extend(said.get(key).map(|value| ((*field).to_owned(), value)));
                }
            } else if let Some((_, field)) = XMP.iter().find(|(element, _)| *element == name) {
                open = Some((field, String::new()));
            }
        }
        Piece::Text(words) => {
            if let Some((_, value)) = &mut open {
                value.push_str(words);
            }
        }
        Piece::End(name) => {
            // Of a list, each is a value; of one text in several languages, the first is.
            let is_whole = XMP.iter().any(|(element, _)| *element == name);
            if let Some((field, value)) = &mut open
                && (name == "li" || is_whole)
            {
                let value = std::mem::take(value);
                let again = matches!(*field, "title" | "subject") && found.iter().any(|(known, _)| known == field);
                if !value.trim().is_empty() && !again {
                    found.push(((*field).to_owned(), value.trim().to_owned()));
                }
            }
            if is_whole {
                open = None;
            }
        }
    });
    if access {
        let number = source.split("pdfuaid:part").nth(1).and_then(|rest| rest.chars().find(char::is_ascii_digit));
        found.retain(|(name, _)| archive || name != "part");
        found.extend(number.map(|number| ("access".to_owned(), number.to_string())));
    }
    found
}

/// The version, out of the name that the library gives it: `Pdf17`.
fn version(pdf: &Pdf) -> Option<String> {
    let name = format!("{:?}", pdf.version());
    let (major, minor) = name.strip_prefix("Pdf")?.split_at_checked(1)?;
    Some(format!("{major}.{minor}"))
}

/// Whether its trailer says that it is encrypted: it was opened without a password all the same.
fn is_encrypted(bytes: &[u8]) -> bool {
    let mut rest = bytes;
    while let Some(at) = crate::identify::find(rest, b"/Encrypt") {
        rest = &rest[at + b"/Encrypt".len()..];
        if rest.first().is_some_and(|next| next.is_ascii_whitespace() || next.is_ascii_digit() || *next == b'<') {
            return true;
        }
    }
    false
}

/// A date as the reader took it apart, in UTC.
fn moment(date: &DateTime) -> Option<String> {
    let sign = if date.utc_offset_hour < 0 { '-' } else { '+' };
    super::super::moment(&format!(
        "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}{sign}{:02}:{:02}",
        date.year,
        date.month,
        date.day,
        date.hour,
        date.minute,
        date.second,
        date.utc_offset_hour.unsigned_abs(),
        date.utc_offset_minute
    ))
}
