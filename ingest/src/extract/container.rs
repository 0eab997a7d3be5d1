//! What a container is, by the names of what lies in it as its own directory states them: what one of its entries
//! contains says nothing of the whole.

use super::{
    ole::compound::{Compound, ROOT},
    xlsb::WORKBOOK,
    xml::{Piece, walk},
};
use crate::identify::{Archive, Reader, find, format};
use chartrier_schemas::Format;
use std::io::{Cursor, Read as _};
use zip::ZipArchive;

/// A ZIP in memory.
pub(super) type Container<'a> = ZipArchive<Cursor<&'a [u8]>>;

/// How far local headers are looked at where there is no directory, in bytes.
const HEADS: usize = 1 << 20;

/// What a small entry that says something of the container may unpack to, in bytes.
const SMALL: u64 = 1 << 20;

/// Formats that say their media type in an entry of their own: media type, tags.
const STATED: &[(&str, &str)] = &[
    ("application/vnd.oasis.opendocument.text", "odt document"),
    ("application/vnd.oasis.opendocument.spreadsheet", "ods table document"),
    ("application/vnd.oasis.opendocument.presentation", "odp slides document"),
    ("application/vnd.oasis.opendocument.graphics", "odg drawing document"),
    ("application/vnd.oasis.opendocument.formula", "odf formula document"),
    ("application/vnd.oasis.opendocument.text-template", "ott odt template document"),
    ("application/vnd.oasis.opendocument.text-master", "odm odt document"),
    ("application/vnd.oasis.opendocument.spreadsheet-template", "ots ods template table document"),
    ("application/vnd.oasis.opendocument.presentation-template", "otp odp template slides document"),
    ("application/vnd.sun.xml.writer", "sxw document"),
    ("application/vnd.sun.xml.calc", "sxc table document"),
    ("application/vnd.sun.xml.impress", "sxi slides document"),
    ("application/vnd.sun.xml.draw", "sxd drawing document"),
    ("application/epub+zip", "epub book document"),
    ("application/x-ibooks+zip", "ibooks epub book document"),
];

/// Office Open XML by the folder and usual name of its main part: folder, name, media type, tags.
const OFFICE: &[(&str, &str, &str, &str)] = &[
    ("word/", "document.xml", "application/vnd.openxmlformats-officedocument.wordprocessingml.document", "docx word document"),
    ("xl/", "workbook.xml", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "xlsx excel table document"),
    (
        "ppt/",
        "presentation.xml",
        "application/vnd.openxmlformats-officedocument.presentationml.presentation",
        "pptx powerpoint slides document",
    ),
];

/// How the name of the part ends that lists the documents of an XPS file (ECMA-388, 9.1.1).
const SEQUENCE: &str = ".fdseq";

const BINARY_WORKBOOK: &str = "application/vnd.ms-excel.sheet.binary.macroenabled.12";

/// The format of a ZIP. One that is torn, or of which only the beginning is there, is judged by what it begins with.
pub(crate) fn zip(bytes: &[u8]) -> (Format, Reader) {
    let known = match ZipArchive::new(Cursor::new(bytes)) {
        // A directory that counts from elsewhere is that of an entry.
        Ok(container) if container.offset() == 0 && container.index_for_name_raw(WORKBOOK.as_bytes()).is_some() => {
            return (format("", BINARY_WORKBOOK, "xlsb excel table document"), Reader::BinaryWorkbook);
        }
        Ok(mut container) if container.offset() == 0 => by_directory(&mut container),
        _ => by_heads(&bytes[..bytes.len().min(HEADS)]),
    };
    match known {
        Some(format) if format.tags.iter().any(|tag| tag == "epub") => (format, Reader::Epub),
        Some(format) => (format, Reader::Office),
        None => (format("", "application/zip", "zip archive"), Reader::Archive(Archive::Zip)),
    }
}

fn by_directory(container: &mut Container<'_>) -> Option<Format> {
    let stated = small(container, "mimetype").and_then(|media| stated(&media));
    stated.or_else(|| of_folder(&main_part(container)?))
}

/// Where the document itself lies in an Office Open XML container: usually where everybody writes it, else where
/// the container's relations say.
pub(super) fn main_part(container: &mut Container<'_>) -> Option<String> {
    let usual = OFFICE.iter().map(|(folder, name, ..)| format!("{folder}{name}"));
    if let Some(usual) = usual.into_iter().find(|name| container.index_for_name_raw(name.as_bytes()).is_some()) {
        return Some(usual);
    }
    let target = related(&small(container, "_rels/.rels")?)?;
    let is_known = target.ends_with(".xml") || target.ends_with(SEQUENCE);
    (is_known && container.index_for_name_raw(target.as_bytes()).is_some()).then_some(target)
}

fn related(relations: &str) -> Option<String> {
    let mut target = None;
    walk(relations, &mut |piece| {
        if let Piece::Start("Relationship", said) | Piece::Empty("Relationship", said) = piece
            && said.get("Type").is_some_and(|kind| kind.ends_with("/officeDocument") || kind.ends_with("/fixedrepresentation"))
        {
            target = said.get("Target").map(|target| target.trim_start_matches('/').to_owned());
        }
    });
    target
}

fn small(container: &mut Container<'_>, name: &str) -> Option<String> {
    let index = container.index_for_name_raw(name.as_bytes())?;
    let mut text = String::new();
    container.by_index(index).ok()?.take(SMALL).read_to_string(&mut text).ok()?;
    Some(text)
}

fn stated(media: &str) -> Option<Format> {
    let (media, tags) = STATED.iter().find(|(known, ..)| *known == media.trim())?;
    Some(format("", media, tags))
}

fn of_folder(part: &str) -> Option<Format> {
    if part.ends_with(SEQUENCE) {
        return Some(format("", "application/vnd.ms-xpsdocument", "xps document"));
    }
    let (_, _, media, tags) = OFFICE.iter().find(|(folder, ..)| part.starts_with(folder))?;
    Some(format("", media, tags))
}

/// The format by the headers before the entries. The first entry is one that only an office writes.
fn by_heads(bytes: &[u8]) -> Option<Format> {
    let heads = heads(bytes);
    let (first, content) = heads.first()?;
    if *first == b"mimetype" {
        return STATED
            .iter()
            .filter(|(media, ..)| content.starts_with(media.as_bytes()))
            .max_by_key(|(media, ..)| media.len())
            .map(|(media, tags)| format("", media, tags));
    }
    let is_office = |name: &[u8]| {
        let name = String::from_utf8_lossy(name);
        of_folder(&name).is_some()
            || name == "[Content_Types].xml"
            || ["_rels/", "docProps/"].iter().any(|at| name.starts_with(at))
    };
    let names = heads.iter().map(|(name, _)| String::from_utf8_lossy(name));
    is_office(first).then(|| names.into_iter().find_map(|name| of_folder(&name))).flatten()
}

/// Name and what follows of each local header (APPNOTE, 4.3.7), as far as they hang together.
fn heads(bytes: &[u8]) -> Vec<(&[u8], &[u8])> {
    let mut heads = Vec::new();
    let mut rest = bytes;
    while let Some(head) = rest.get(..30).filter(|head| head.starts_with(b"PK\x03\x04")) {
        let number = |at: usize| usize::from(u16::from_le_bytes([head[at], head[at + 1]]));
        let (name, skipped) = (number(26), number(26) + number(28));
        let Some((name, content)) = rest.get(30..30 + name).zip(rest.get(30 + skipped..)) else { break };
        heads.push((name, content));
        let size = number(18) | number(20) << 16;
        // A size that is only stated behind the content is not known here.
        let next = if number(6) & 8 != 0 && size == 0 { find(content, b"PK\x03\x04") } else { Some(size) };
        rest = next.and_then(|next| content.get(next..)).unwrap_or_default();
    }
    heads
}

/// OLE 2 containers by the streams in their directory: stream, media type, tags, reader.
const STREAMS: &[(&str, &str, &str, Reader)] = &[
    ("EncryptedPackage", "application/x-ole-storage", "encrypted document", Reader::Locked),
    ("WordDocument", "application/msword", "doc word document", Reader::Ole),
    ("PowerPoint Document", "application/vnd.ms-powerpoint", "ppt powerpoint slides document", Reader::Ole),
    ("Workbook", "application/vnd.ms-excel", "xls excel table document", Reader::Ole),
    ("Book", "application/vnd.ms-excel", "xls excel table document", Reader::Ole),
    ("__properties_version1.0", "application/vnd.ms-outlook", "msg mail message", Reader::Ole),
];

/// The format of an OLE 2 container. The name is a hint where its directory lies beyond what is there.
pub(crate) fn ole(bytes: &[u8], name: &str) -> (Format, Reader) {
    let streams = streams(bytes);
    if let Some((_, media, tags, reader)) =
        STREAMS.iter().find(|(stream, ..)| streams.iter().any(|found| found.eq_ignore_ascii_case(stream)))
    {
        let mut known = format("", media, tags);
        if *reader == Reader::Locked {
            known.tags.splice(0..0, hint(name).map(str::to_owned));
        }
        return (known, *reader);
    }
    let hint = hint(name).filter(|_| streams.is_empty());
    match STREAMS.iter().find(|(_, _, tags, _)| hint.is_some() && tags.split(' ').next() == hint) {
        Some((_, media, tags, reader)) => (format("", media, tags), *reader),
        None => (format("", "application/x-ole-storage", "ole"), Reader::Ole),
    }
}

/// The extension of an office document.
fn hint(name: &str) -> Option<&'static str> {
    let (_, extension) = name.rsplit_once('.')?;
    let known = ["docx", "xlsx", "pptx", "doc", "xls", "ppt", "msg"];
    known.into_iter().find(|known| extension.eq_ignore_ascii_case(known))
}

/// The names of what the root of a container holds; of one whose directory is not whole, of all that is there.
fn streams(bytes: &[u8]) -> Vec<String> {
    match Compound::open(bytes) {
        Some(file) if file.list(ROOT).next().is_some() => file.list(ROOT).map(|(_, name, _)| name.to_owned()).collect(),
        _ => scattered(bytes),
    }
}

/// The names of streams and storages: entries of 128 bytes, each a name in UTF-16, filled up with zeros to 64
/// bytes, and its length with the zero that ends it ([MS-CFB], 2.6.1).
fn scattered(bytes: &[u8]) -> Vec<String> {
    let name = |entry: &[u8]| {
        let length = usize::from(u16::from_le_bytes([entry[64], entry[65]]));
        let (name, filling) = entry[..64].split_at_checked(length.checked_sub(2)?)?;
        let is_entry = !name.is_empty() && name.len() % 2 == 0 && filling.iter().all(|byte| *byte == 0) && entry[66] <= 5;
        let wide: Vec<u16> = name.chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]])).collect();
        is_entry.then(|| String::from_utf16(&wide).ok()).flatten()
    };
    let known = |name: &String| name == "Root Entry" || STREAMS.iter().any(|(stream, ..)| stream == name);
    bytes.chunks_exact(128).filter_map(name).filter(known).collect()
}

#[cfg(test)]
mod tests {
    use super::{super::office::tests::container, *};
    use crate::identify::known;

    fn tag(bytes: &[u8], name: &str) -> (String, Reader) {
        let known = known(bytes, name);
        (known.format.tags[0].clone(), known.reader)
    }

    #[test]
    fn what_lies_in_an_entry_says_nothing_of_the_whole() {
        let note = container(&[("[Content_Types].xml", "<Types/>"), ("word/document.xml", "<document/>")]);
        let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
        let stored = zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
        writer.start_file("note.docx", stored).unwrap();
        std::io::Write::write_all(&mut writer, &note).unwrap();
        let outer = writer.finish().unwrap().into_inner();
        assert_eq!(tag(&note, "x"), ("docx".to_owned(), Reader::Office));
        assert_eq!(tag(&outer, "x"), ("zip".to_owned(), Reader::Archive(Archive::Zip)));
        assert_eq!(tag(&outer[..outer.len() - 30], "x"), ("zip".to_owned(), Reader::Archive(Archive::Zip)));
        assert_eq!(
            tag(&container(&[("copie/word/document.xml", "<document/>")]), "x"),
            ("zip".to_owned(), Reader::Archive(Archive::Zip))
        );
    }

    #[test]
    fn the_main_part_lies_where_the_relations_say() {
        let relations = "<Relationships><Relationship Id='a' Type='http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument' Target='/word/document2.xml'/></Relationships>";
        let note = container(&[
            ("[Content_Types].xml", "<Types/>"),
            ("_rels/.rels", relations),
            ("word/document2.xml", "<w:document><w:p><w:t>Note</w:t></w:p></w:document>"),
        ]);
        assert_eq!(tag(&note, "x"), ("docx".to_owned(), Reader::Office));
        assert_eq!(crate::extract::extract(&note, "x").text.trim(), "Note");
    }

    #[test]
    fn the_beginning_of_a_container_says_what_it_is() {
        let sheet = container(&[("[Content_Types].xml", "<Types/>"), ("xl/workbook.xml", "<workbook/>"), ("xl/a.xml", "<a/>")]);
        assert_eq!(tag(&sheet[..sheet.len() / 2], "x").0, "xlsx");
        let book = container(&[("mimetype", "application/epub+zip"), ("a.xhtml", "<p>Un</p>")]);
        assert_eq!((tag(&book, "x").0.as_str(), tag(b"PK\x03\x04", "x").0.as_str()), ("epub", "zip"));
        let head = b"PK\x03\x04\x14\0\0\0\0\0\0\0\0\0\0\0\0\0\x27\0\0\0\x27\0\0\0\x08\0\0\0mimetypeapplication/vnd.oasis.opendocument.text";
        assert_eq!(tag(head, "x").0, "odt");
    }

    /// An OLE 2 container with nothing but a header and a directory.
    fn ole_with(streams: &[&str]) -> Vec<u8> {
        let mut bytes = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".to_vec();
        bytes.resize(512, 0);
        for stream in streams {
            let wide: Vec<u8> = stream.encode_utf16().flat_map(u16::to_le_bytes).collect();
            let mut entry = vec![0; 128];
            entry[..wide.len()].copy_from_slice(&wide);
            entry[64] = u8::try_from(wide.len() + 2).unwrap();
            entry[66] = 2;
            bytes.extend(entry);
        }
        bytes
    }

    #[test]
    fn ole_containers_are_told_by_their_directory() {
        let locked = ole_with(&["Root Entry", "EncryptionInfo", "EncryptedPackage"]);
        assert_eq!(tag(&locked, "budget.xlsx"), ("xlsx".to_owned(), Reader::Locked));
        assert_eq!(crate::extract::extract(&locked, "x").findings[0].number, 2);
        let mut note = ole_with(&["Root Entry", "WordDocument"]);
        note.extend("le mot EncryptedPackage".encode_utf16().flat_map(u16::to_le_bytes));
        assert_eq!(tag(&note, "x"), ("doc".to_owned(), Reader::Ole));
        assert_eq!((tag(&note[..512], "x.xls").0.as_str(), tag(&note[..512], "x").0.as_str()), ("xls", "ole"));
    }
}
