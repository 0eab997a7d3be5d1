//! What a document is: its structure chooses who reads it, the registry says which format it is. The file name is only a
//! hint.

use crate::{
    extract::{archive, container, encoding, mail, mbox},
    findings,
    pronom::{self, Document, Identification, Match, Method, Warning},
};
use chartrier_schemas::{Finding, Format};

/// What readers there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reader {
    Pdf,
    Image,
    Mail,
    Html,
    Xml,
    Text,
    /// Office formats in a ZIP container.
    Office,
    /// Excel's binary sheets in a ZIP container.
    BinaryWorkbook,
    Rtf,
    /// What lies in it is read.
    Archive(Archive),
    /// Office formats and messages in an OLE 2 container.
    Ole,
    /// A file of many messages.
    Mbox,
    Epub,
    Calendar,
    /// Address cards.
    Cards,
    Table,
    Markdown,
    /// Known, and not read without its password.
    Locked,
    /// Known, and not read.
    None,
    Unknown,
}

/// What archives there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Archive {
    Zip,
    /// Tape archives.
    Tape,
    /// Libraries of `ar`.
    Library,
    /// 7z.
    Seven,
    /// One file, packed.
    Packed(Packing),
}

/// How one file is packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Packing {
    Gzip,
    Bzip2,
    Xz,
    Zstd,
    Zlib,
    /// The format of `compress`.
    Compress,
}

pub(crate) fn format(puid: &str, media: &str, tags: &str) -> Format {
    Format {
        puid: Some(puid.to_owned()).filter(|puid| !puid.is_empty()),
        media: media.to_owned(),
        tags: tags.split(' ').filter(|tag| !tag.is_empty()).map(str::to_owned).collect(),
    }
}

/// First bytes of formats that need no second look: signature, media type, tags, reader.
const SIGNATURES: &[(&[u8], &str, &str, Reader)] = &[
    (b"\x89PNG\r\n\x1a\n", "image/png", "png image", Reader::Image),
    (b"\xff\xd8\xff", "image/jpeg", "jpeg jpg image photo", Reader::Image),
    (b"GIF87a", "image/gif", "gif image", Reader::Image),
    (b"GIF89a", "image/gif", "gif image", Reader::Image),
    (b"II*\0", "image/tiff", "tiff tif image", Reader::Image),
    (b"MM\0*", "image/tiff", "tiff tif image", Reader::Image),
    (b"II+\0", "image/tiff", "tiff tif image", Reader::Image),
    (b"MM\0+", "image/tiff", "tiff tif image", Reader::Image),
    (b"{\\rtf", "application/rtf", "rtf document", Reader::Rtf),
    // Workbooks before there were containers: of Excel 2, 3, 4, and later ones that were taken out of theirs.
    (b"\x09\0\x04\0", "application/vnd.ms-excel", "xls excel table document", Reader::Ole),
    (b"\x09\x02\x06\0", "application/vnd.ms-excel", "xls excel table document", Reader::Ole),
    (b"\x09\x04\x06\0", "application/vnd.ms-excel", "xls excel table document", Reader::Ole),
    (b"\x09\x08\x08\0\0\x05\x05\0", "application/vnd.ms-excel", "xls excel table document", Reader::Ole),
    (b"\x1f\x8b\x08", "application/gzip", "gz archive", Reader::Archive(Archive::Packed(Packing::Gzip))),
    (b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed", "7z archive", Reader::Archive(Archive::Seven)),
    (b"BZh", "application/x-bzip2", "bz2 archive", Reader::Archive(Archive::Packed(Packing::Bzip2))),
    (b"\xfd7zXZ\0", "application/x-xz", "xz archive", Reader::Archive(Archive::Packed(Packing::Xz))),
    (b"\x28\xb5\x2f\xfd", "application/zstd", "zst archive", Reader::Archive(Archive::Packed(Packing::Zstd))),
    (b"\x1f\x9d", "application/x-compress", "z archive", Reader::Archive(Archive::Packed(Packing::Compress))),
    (b"!<arch>\n", "application/x-archive", "ar archive", Reader::Archive(Archive::Library)),
    (b"MSCF\0\0\0\0", "application/vnd.ms-cab-compressed", "cab archive", Reader::None),
    (b"Rar!\x1a\x07", "application/vnd.rar", "rar archive", Reader::None),
    (b"ID3", "audio/mpeg", "mp3 audio", Reader::None),
    (b"OggS", "application/ogg", "ogg audio", Reader::None),
    (b"fLaC", "audio/flac", "flac audio", Reader::None),
    (b"8BPS", "image/vnd.adobe.photoshop", "psd image", Reader::Image),
    (b"!BDN", "application/vnd.ms-outlook", "pst mail", Reader::None),
    (b"SQLite format 3\0", "application/vnd.sqlite3", "sqlite database", Reader::None),
    (b"\x7fELF", "application/x-elf", "program", Reader::None),
];

/// What a document is, and who reads it.
pub(crate) struct Known {
    pub(crate) format: Format,
    pub(crate) reader: Reader,
    pub(crate) identification: Identification,
}

/// What some bytes are, and who reads them.
pub(crate) fn known(bytes: &[u8], name: &str) -> Known {
    joined(structure(bytes, name), Document::in_memory(bytes), name)
}

/// What a document is of which the two ends are there.
pub(crate) fn told(document: Document<'_>, name: &str) -> (Format, Identification) {
    let Known { format, identification, .. } = joined(structure(document.head, name), document, name);
    (format, identification)
}

/// What is said of a document where telling it failed.
pub(crate) fn unsure() -> Identification {
    Identification { matches: Vec::new(), warnings: vec![Warning::NoMatch, Warning::Limit] }
}

/// What the registry knows joins what the structure says: the registry names the format, the structure who reads it.
fn joined((mut format, reader): (Format, Reader), document: Document<'_>, name: &str) -> Known {
    let identification = pronom::in_force().identify(document, name);
    let Some(best) = identification.best() else { return Known { format, reader, identification } };
    let is_guess = !identification.is_sure();
    // Structure is more than a name, and more than that it is text; and the messages in a file of them are not the file.
    let is_told_apart = match reader {
        Reader::Mbox => true,
        Reader::Mail | Reader::Html | Reader::Xml | Reader::Calendar | Reader::Cards => is_guess,
        _ => false,
    };
    if !(is_told_apart && format.puid.is_some()) {
        format.puid = Some(best.puid.clone());
    }
    let registered = || pronom::in_force().format(best, name);
    match reader {
        Reader::Unknown => format = registered(),
        Reader::None | Reader::Ole | Reader::Archive(Archive::Zip) if is_general(&format) && !is_guess => {
            format = named(registered(), &format)
        }
        Reader::Text if best.method == Method::Extension && format.media == "text/plain" => {
            format.tags.splice(0..0, registered().tags);
        }
        _ => {}
    }
    let mut seen = std::collections::BTreeSet::new();
    format.tags.retain(|tag| seen.insert(tag.clone()));
    format.tags.truncate(8);
    Known { format, reader, identification }
}

/// Containers whose structure says no more than that.
fn is_general(format: &Format) -> bool {
    matches!(&*format.media, "application/zip" | "application/x-ole-storage" | "application/octet-stream")
}

/// A format of the registry, with the media type of its container where it has none of its own.
fn named(mut registered: Format, general: &Format) -> Format {
    if registered.media == Format::unknown().media {
        registered.media.clone_from(&general.media);
    }
    let also = general.tags.iter().filter(|tag| *tag == "archive");
    registered.tags.extend(also.cloned());
    registered
}

impl Known {
    /// What one should hear where the name says one thing and the bytes another: the extension is of some format, and of none
    /// of those that the bytes are. Bytes that are no more than a container or XML may be what the name says, and text of any
    /// kind is text.
    pub(crate) fn mismatch(&self, name: &str) -> Option<Finding> {
        let extension = pronom::extension(name).filter(|extension| pronom::in_force().knows_extension(extension))?;
        let is_one = self.identification.is_sure() && self.identification.warnings.contains(&Warning::ExtensionMismatch);
        let best = self.identification.best().filter(|_| is_one)?;
        let reads_as_text = matches!(self.reader, Reader::Mail | Reader::Mbox | Reader::Html | Reader::Xml | Reader::Text);
        let is_open = pronom::in_force().is_general(&best.puid)
            || self.format.tags.contains(&extension)
            || (extension == "txt" && reads_as_text);
        (!is_open).then(|| findings::extension_mismatch(name, &full_name(best), &best.puid))
    }

    /// Fields that say which format it is and how it was told.
    pub(crate) fn fields(&self) -> Vec<(String, String)> {
        let best = self.identification.best().filter(|best| Some(&best.puid) == self.format.puid.as_ref());
        let Some(best) = best else { return Vec::new() };
        let method = match best.method {
            Method::Signature => "signature",
            Method::Container => "container",
            Method::Extension => "extension",
            Method::Text => "text",
        };
        vec![("format".to_owned(), full_name(best)), ("format-method".to_owned(), method.to_owned())]
    }
}

/// Name and version of a format.
fn full_name(found: &Match) -> String {
    match &found.version {
        Some(version) => format!("{} {version}", found.name),
        None => found.name.clone(),
    }
}

/// The format of some bytes as their structure says it, and who reads it.
fn structure(bytes: &[u8], name: &str) -> (Format, Reader) {
    if bytes.starts_with(b"%PDF-") {
        return (pdf(), Reader::Pdf);
    }
    if let Some((_, media, tags, reader)) = SIGNATURES.iter().find(|(signature, ..)| bytes.starts_with(signature)) {
        return (format("", media, tags), *reader);
    }
    if bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP") {
        return (format("", "image/webp", "webp image"), Reader::Image);
    }
    if bytes.starts_with(b"BM") && bytes.len() > 26 && bytes[6..10] == [0; 4] {
        return (format("", "image/bmp", "bmp image"), Reader::Image);
    }
    if bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(b"PK\x05\x06") {
        return container::zip(bytes);
    }
    if bytes.starts_with(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1") {
        return container::ole(bytes, name);
    }
    if bytes.get(4..8) == Some(b"ftyp") {
        let format = isobmff(bytes);
        let reader = if format.media.starts_with("image/") { Reader::Image } else { Reader::None };
        return (format, reader);
    }
    if archive::is_tape(bytes) {
        return (format("", "application/x-tar", "tar archive"), Reader::Archive(Archive::Tape));
    }
    if archive::is_zlib(bytes) {
        return (format("", "application/zlib", "zlib archive"), Reader::Archive(Archive::Packed(Packing::Zlib)));
    }
    if late_pdf(bytes) {
        return (pdf(), Reader::Pdf);
    }
    text(bytes, name)
}

/// Whether it is a PDF that has something before it, as readers take it within the first 1,024 bytes. A text that
/// speaks of PDF is none: there it begins a line, and an end is there too.
fn late_pdf(bytes: &[u8]) -> bool {
    let Some(at) = find(&bytes[..bytes.len().min(1024)], b"%PDF-") else { return false };
    let Some(version) = bytes.get(at + 5..at + 8) else { return false };
    let is_version = version[0].is_ascii_digit() && version[1] == b'.' && version[2].is_ascii_digit();
    let begins_line = matches!(bytes.get(at.wrapping_sub(1)), None | Some(b'\n' | b'\r' | 0xbf));
    let ends = find(&bytes[bytes.len().saturating_sub(1024)..], b"startxref").is_some();
    !looks_like_text(bytes) || (is_version && begins_line && ends)
}

pub(crate) fn find(bytes: &[u8], needle: &[u8]) -> Option<usize> {
    bytes.windows(needle.len()).position(|window| window == needle)
}

fn pdf() -> Format {
    format("", "application/pdf", "pdf document")
}

fn isobmff(bytes: &[u8]) -> Format {
    match bytes.get(8..12) {
        Some(b"heic" | b"heix" | b"mif1" | b"msf1") => format("", "image/heic", "heic image photo"),
        Some(b"avif") => format("", "image/avif", "avif image"),
        Some(b"M4A " | b"M4B ") => format("", "audio/mp4", "m4a audio"),
        Some(b"qt  ") => format("", "video/quicktime", "mov video"),
        _ => format("", "video/mp4", "mp4 video"),
    }
}

/// Formats that are text: what is left.
fn text(bytes: &[u8], name: &str) -> (Format, Reader) {
    if !looks_like_text(bytes) {
        return (format("", "application/octet-stream", ""), Reader::Unknown);
    }
    let head = lowered(bytes);
    let start = head.trim_start_matches(['\u{feff}', ' ', '\t', '\r', '\n']);
    let extension = name.rsplit_once('.').map(|(_, extension)| extension.to_ascii_lowercase()).unwrap_or_default();
    if mbox::is_mbox(bytes) {
        return (format("fmt/720", "application/mbox", "mbox mail"), Reader::Mbox);
    }
    if start.starts_with("begin:vcalendar") {
        return (format("", "text/calendar", "ics calendar text"), Reader::Calendar);
    }
    if start.starts_with("begin:vcard") {
        return (format("", "text/vcard", "vcf contact text"), Reader::Cards);
    }
    if is_message(&head)
        || mail::in_store(bytes).is_some_and(|message| is_message(&lowered(message)))
        || (extension == "eml" && head.contains(':'))
    {
        return (format("fmt/278", "message/rfc822", "eml mail message"), Reader::Mail);
    }
    let html = ["<!doctype html", "<html", "<head", "<body"].iter().any(|tag| start.starts_with(tag));
    let inner = || start.starts_with('<') && ["<html>", "<html ", "<html\n", "<html\r"].iter().any(|tag| head.contains(tag));
    if html || inner() || matches!(extension.as_str(), "html" | "htm" | "xhtml") {
        let puid = if start.starts_with("<!doctype html>") { "fmt/471" } else { "" };
        return (format(puid, "text/html", "html web text"), Reader::Html);
    }
    if start.starts_with("<?xml")
        || start.starts_with("<?xpacket")
        || is_element(start, bytes)
        || (start.starts_with('<')
            && matches!(extension.as_str(), "xml" | "svg" | "xsd" | "rss" | "atom" | "rdf" | "kml" | "gpx"))
    {
        let (media, tags) =
            if head.contains("<svg") { ("image/svg+xml", "svg xml image") } else { ("application/xml", "xml text") };
        return (format("fmt/101", media, tags), Reader::Xml);
    }
    match extension.as_str() {
        "csv" => (format("x-fmt/18", "text/csv", "csv table text"), Reader::Table),
        "tsv" | "tab" => (format("x-fmt/13", "text/tab-separated-values", "tsv table text"), Reader::Table),
        "md" | "markdown" => (format("fmt/1149", "text/markdown", "md markdown text"), Reader::Markdown),
        "json" => (format("fmt/817", "application/json", "json text"), Reader::Text),
        _ => (format("x-fmt/111", "text/plain", "txt text"), Reader::Text),
    }
}

/// The beginning of a text, in small letters.
fn lowered(bytes: &[u8]) -> String {
    String::from_utf8_lossy(&bytes[..bytes.len().min(2048)]).to_ascii_lowercase()
}

/// Whether a text is one element from its beginning to its end.
fn is_element(start: &str, bytes: &[u8]) -> bool {
    let Some(rest) = start.strip_prefix('<') else { return false };
    let name: String = rest.chars().take_while(|c| c.is_ascii_alphanumeric() || matches!(c, ':' | '-' | '_' | '.')).collect();
    let end = bytes[bytes.len().saturating_sub(256)..].trim_ascii_end().to_ascii_lowercase();
    name.starts_with(|c: char| c.is_ascii_alphabetic()) && end.ends_with(format!("</{name}>").as_bytes())
}

/// A message begins with headers; files of mail stores may have a `From ` line before.
fn is_message(head: &str) -> bool {
    let mut known = 0;
    let lines = head.lines().skip_while(|line| line.starts_with("from ") || line.starts_with(">from "));
    for line in lines.take(40) {
        if line.starts_with([' ', '\t']) {
            continue;
        }
        let Some((name, _)) = line.split_once(':') else { break };
        if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_') {
            break;
        }
        known += u32::from(matches!(
            name,
            "from"
                | "to"
                | "subject"
                | "date"
                | "received"
                | "return-path"
                | "message-id"
                | "mime-version"
                | "delivered-to"
                | "content-type"
                | "x-mailer"
        ));
    }
    known >= if mbox::begins_message(head.lines().next().unwrap_or_default().as_bytes(), b"from ") { 1 } else { 2 }
}

/// Text of some encoding: no zero bytes but those of UTF-16, hardly any control characters.
pub(crate) fn looks_like_text(bytes: &[u8]) -> bool {
    let sample = &bytes[..bytes.len().min(8192)];
    if sample.starts_with(b"\xff\xfe") || sample.starts_with(b"\xfe\xff") || sample.starts_with(b"\xef\xbb\xbf") {
        return true;
    }
    if utf16(sample).is_some() || encoding::is_quad(sample) || encoding::is_ebcdic(sample) {
        return true;
    }
    let controls = sample.iter().filter(|byte| matches!(byte, 0..=8 | 14..=26 | 28..=31)).count();
    !sample.contains(&0) && controls * 50 <= sample.len()
}

/// UTF-16 without a mark: every other byte of Latin text is zero.
pub(crate) fn utf16(sample: &[u8]) -> Option<&'static encoding_rs::Encoding> {
    if sample.len() < 4 {
        return None;
    }
    let zeros = |first: usize| sample.iter().skip(first).step_by(2).filter(|byte| **byte == 0).count() * 2;
    let (even, odd) = (zeros(0), zeros(1));
    if odd > sample.len() * 7 / 10 && even < sample.len() / 10 {
        Some(encoding_rs::UTF_16LE)
    } else if even > sample.len() * 7 / 10 && odd < sample.len() / 10 {
        Some(encoding_rs::UTF_16BE)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_are_told_by_their_bytes() {
        for (bytes, name, tag, reader) in [
            (&b"%PDF-1.4\n"[..], "x", "pdf", Reader::Pdf),
            (b"\0\x01junk %PDF-1.7", "x", "pdf", Reader::Pdf),
            (b"\r\n%PDF-1.7\ntrailer\nstartxref\n9\n%%EOF", "x", "pdf", Reader::Pdf),
            (b"\xef\xbb\xbf%PDF-1.7\ntrailer\nstartxref\n9\n%%EOF", "x", "pdf", Reader::Pdf),
            (b"if head == b'%PDF-1.7':\n    pass", "x.py", "py", Reader::Text),
            (b"From: ada\nSubject: y\n\n%PDF-1.4 est un en-tete", "0001", "eml", Reader::Mail),
            (b"\x89PNG\r\n\x1a\n....", "x.jpg", "png", Reader::Image),
            (b"From ada Mon\nReceived: x\nSubject: y\n\nz", "0001", "eml", Reader::Mail),
            (b"<!DOCTYPE html><p>", "x", "html", Reader::Html),
            (b"<?xml version=\"1.0\"?><a/>", "x", "xml", Reader::Xml),
            (b"a;b\n1;2\n", "x.csv", "csv", Reader::Table),
            (b"bonjour", "x", "txt", Reader::Text),
            (b"caf\xe9 cr\xe8me", "x", "txt", Reader::Text),
            (b"b\0o\0n\0j\0o\0u\0r\0", "x", "txt", Reader::Text),
            (b"\x09\x04\x06\0\0\0\x10\0\0\0", "x", "xls", Reader::Ole),
            (b"", "x", "txt", Reader::Text),
            (b"PK\x03\x04....", "x", "zip", Reader::Archive(Archive::Zip)),
        ] {
            let Known { format, reader: found, .. } = known(bytes, name);
            assert_eq!((format.tags.first().map(String::as_str), found), (Some(tag), reader), "{name}");
        }
        assert_eq!(known(b"\0\x01\x02\x03\xff\xfe\0\0\x07", "x").reader, Reader::Unknown);
    }

    fn check(bytes: &[u8], name: &str, puid: &str, media: &str, tags: &str) {
        let Known { format, .. } = known(bytes, name);
        let found = (format.puid.as_deref().unwrap_or_default(), &*format.media, format.tags.join(" "));
        assert_eq!(found, (puid, media, tags.to_owned()), "{name}");
    }

    #[test]
    fn the_registry_names_formats_and_the_structure_their_readers() {
        check(b"%PDF-1.7\n%%EOF", "x", "fmt/276", "application/pdf", "pdf document");
        check(b"bonjour", "x.txt", "x-fmt/111", "text/plain", "txt text");
        check(b"import os\n", "x.py", "fmt/938", "text/plain", "py program txt text");
        check(b"a;b\n1;2\n", "x.csv", "x-fmt/18", "text/csv", "csv table text");
        check(b"From: ada\nSubject: y\n\nz", "0001", "fmt/278", "message/rfc822", "eml mail message");
        check(b"MThd\0\0\0\x06\0\x01\0\x02\0\x60MTrk\0\0", "x.mid", "x-fmt/230", "audio/midi", "mid audio");
        check(b"\0\x01\x02\x03\xff\xfe\0\0\x07", "x.zzz", "", "application/octet-stream", "");
    }

    #[test]
    fn a_name_that_says_another_thing_than_the_bytes_is_a_finding() {
        let number = |bytes: &[u8], name: &str| known(bytes, name).mismatch(name).map(|finding| finding.number);
        let picture = b"GIF89a\x01\0\x01\0\0\0\0;";
        assert_eq!(number(picture, "rapport.pdf"), Some(15));
        // It says nothing: no extension, one that no format has, and the right one.
        for name in ["rapport", "rapport.v2-final", "image.gif", "IMAGE.GIF"] {
            assert_eq!(number(picture, name), None, "{name}");
        }
        assert_eq!(number(b"bonjour", "rapport.pdf"), None);
        assert_eq!(number(b"<!DOCTYPE html><html><body>bonjour</body></html>", "page.txt"), None);
    }
}
