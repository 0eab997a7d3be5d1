//! XML: the text between its tags. Entities are never expanded but the five that XML knows, nothing outside is
//! ever asked for.

use super::{office, text::decode_as};
use crate::{findings, limits::MAX_TEXT};
use chartrier_schemas::Extraction;
use encoding_rs::Encoding;
use quick_xml::{
    Reader, XmlVersion,
    events::{BytesRef, BytesStart, Event, attributes::Attribute},
};
use std::collections::BTreeSet;

/// What is gathered from attributes, in bytes.
const MAX_SAID: usize = 1 << 20;

/// Elements among which the title of the whole stands.
const FIRST: usize = 200;

/// Reads a document of unknown vocabulary: its text, a line per element; then, once each, the words that its attributes say.
pub(super) fn read(bytes: &[u8], extraction: &mut Extraction) {
    let source = decode_as(bytes, stated(bytes));
    if let Some(is_sound) = office::flat(&source, extraction) {
        if !is_sound {
            extraction.findings.push(findings::damaged("it is not well-formed XML"));
        }
        return;
    }
    let mut reading = Reading::default();
    let sound = walk(&source, &mut |piece| match piece {
        Piece::Text(words) => reading.add(words),
        Piece::Start(name, said) => reading.open(name, &said),
        Piece::Empty(name, said) => {
            reading.open(name, &said);
            reading.close(name, extraction);
        }
        Piece::End(name) => reading.close(name, extraction),
    });
    reading.line();
    let mut text = reading.text;
    let nothing = text.trim().is_empty();
    text.extend(reading.said.iter().flat_map(|words| [words, "\n"]));
    if !sound {
        extraction.findings.push(findings::damaged("it is not well-formed XML"));
        if nothing {
            text = source;
        }
    }
    extraction.text = text;
}

/// The encoding that a document states (XML 1.0, 4.3.3).
fn stated(bytes: &[u8]) -> Option<&'static Encoding> {
    let head = String::from_utf8_lossy(&bytes[..bytes.len().min(256)]);
    let (declaration, _) = head.strip_prefix("<?xml")?.split_once("?>")?;
    let label = declaration.split_once("encoding")?.1.trim_start_matches([' ', '=']);
    let label = label.trim_start_matches(['"', '\'']).split(['"', '\'']).next()?;
    Encoding::for_label(label.as_bytes())
}

#[derive(Default)]
struct Reading {
    text: String,
    /// What attributes say, in order.
    said: Vec<String>,
    seen: BTreeSet<String>,
    said_bytes: usize,
    elements: usize,
    /// Open elements whose content is no words.
    silent: u32,
    /// The element of the whole that is open, and where its text begins.
    now: Option<(&'static str, usize)>,
}

impl Reading {
    fn line(&mut self) {
        self.text.truncate(self.text.trim_end_matches(' ').len());
        if !self.text.ends_with('\n') && !self.text.is_empty() {
            self.text.push('\n');
        }
    }

    /// Adds text: white space that only lays the file out is none.
    fn add(&mut self, words: &str) {
        if self.silent > 0 {
            return;
        }
        for piece in words.split_inclusive(char::is_whitespace) {
            let word = piece.trim_end();
            self.text.push_str(word);
            let space = &piece[word.len()..];
            if space.contains('\n') {
                self.line();
            } else if !space.is_empty() && !self.text.is_empty() && !self.text.ends_with([' ', '\n']) {
                self.text.push(' ');
            }
        }
    }

    /// An element begins: near the beginning, it may say what the whole is.
    fn open(&mut self, name: &str, said: &Attributes<'_>) {
        self.silent += u32::from(SILENT.contains(&name));
        if !INLINE.contains(&name) {
            self.line();
        }
        self.say(said);
        self.elements += 1;
        let known = ["title", "creator", "pubDate", "lastBuildDate", "updated"].into_iter().find(|known| *known == name);
        if self.elements < FIRST && known.is_some() {
            self.now = known.map(|known| (known, self.text.len()));
        }
    }

    fn close(&mut self, name: &str, extraction: &mut Extraction) {
        self.silent -= u32::from(SILENT.contains(&name) && self.silent > 0);
        if let Some((_, from)) = self.now.take_if(|(known, _)| *known == name) {
            let words = self.text.get(from..).unwrap_or_default().trim();
            match name {
                _ if words.is_empty() => {}
                "title" if extraction.title.is_none() => extraction.title = Some(words.to_owned()),
                "creator" if !extraction.authors.iter().any(|known| known == words) => extraction.authors.push(words.to_owned()),
                "pubDate" | "lastBuildDate" | "updated" if extraction.date.is_none() => {
                    extraction.date = super::moment(words).or_else(|| mail_date(words));
                }
                _ => {}
            }
        }
        if !INLINE.contains(&name) {
            self.line();
        }
    }

    /// What people would call words: no measures, addresses or names that programs give.
    fn say(&mut self, said: &Attributes<'_>) {
        for (name, value) in said.all() {
            let value = value.trim();
            let letters = value.chars().filter(|c| c.is_alphabetic()).count();
            let is_words =
                letters >= 3 && letters * 2 >= value.chars().count() && !value.contains("://") && !UNSAID.contains(&name);
            if is_words && !name.starts_with("rsid") && self.said_bytes < MAX_SAID && self.seen.insert(value.to_owned()) {
                self.said_bytes += value.len();
                self.said.push(value.to_owned());
            }
        }
    }
}

/// Elements that may stand within a word, in the vocabularies of books, drawings and translations.
const INLINE: &[&str] = &[
    "a", "b", "bpt", "em", "emph", "emphasis", "ept", "font", "g", "hi", "i", "it", "ph", "small", "span", "strong", "sub",
    "sup", "tspan", "u", "ulink", "x",
];

/// Elements whose content is for programs.
const SILENT: &[&str] = &["binary", "binary-data", "binaryData", "binData", "script", "style"];

/// Attributes that speak to programs.
const UNSAID: &[&str] = &[
    "xmlns",
    "style",
    "class",
    "d",
    "id",
    "idref",
    "href",
    "src",
    "type",
    "space",
    "lang",
    "encoding",
    "transform",
    "points",
    "viewBox",
    "schemaLocation",
    "noNamespaceSchemaLocation",
    "nil",
    "ref",
    "rel",
    "version",
    "standalone",
    "units",
];

/// A date as feeds write it (RFC 5322, 3.3).
fn mail_date(words: &str) -> Option<String> {
    let stamp = jiff::fmt::rfc2822::parse(words).ok()?.timestamp();
    Some(stamp.strftime("%Y-%m-%dT%H:%M:%SZ").to_string())
}

/// One piece of a document, in order.
pub(crate) enum Piece<'a> {
    /// An element begins: its local name, and what it says of itself.
    Start(&'a str, Attributes<'a>),
    /// An element ends: its local name.
    End(&'a str),
    /// An element without content.
    Empty(&'a str, Attributes<'a>),
    /// Text.
    Text(&'a str),
}

/// What an element says of itself.
pub(crate) struct Attributes<'a>(&'a BytesStart<'a>);

impl Attributes<'_> {
    /// All values with a local name, whatever their namespaces.
    pub(super) fn get_all(&self, name: &str) -> Vec<String> {
        let mut all = self.0.attributes();
        let found = all.with_checks(false).flatten().filter(|attribute| local(attribute.key.0) == name);
        found.filter_map(|one| Some(one.normalized_value(XmlVersion::Implicit1_0).ok()?.into_owned())).collect()
    }

    /// A value, by its local name.
    pub(crate) fn get(&self, name: &str) -> Option<String> {
        let mut all = self.0.attributes();
        let found = all.with_checks(false).flatten().find(|attribute| local(attribute.key.0) == name)?;
        found.normalized_value(XmlVersion::Implicit1_0).ok().map(|value| value.into_owned())
    }

    /// Every value with its local name, but those that name vocabularies.
    fn all(&self) -> impl Iterator<Item = (&str, String)> {
        let mut all = self.0.attributes();
        let all = all.with_checks(false).flatten().filter(|attribute| !attribute.key.0.starts_with("xmlns"));
        let said = |attribute: Attribute<'_>| Some(attribute.normalized_value(XmlVersion::Implicit1_0).ok()?.into_owned());
        all.filter_map(move |attribute| Some((local(attribute.key.0), said(attribute)?))).collect::<Vec<_>>().into_iter()
    }
}

/// Walks a document; answers whether it was well-formed to its end. Depth costs nothing here.
pub(crate) fn walk(source: &str, each: &mut dyn FnMut(Piece<'_>)) -> bool {
    let mut reader = Reader::from_str(source);
    reader.config_mut().check_end_names = false;
    let mut seen = 0;
    loop {
        match reader.read_event() {
            Ok(Event::Start(tag)) => each(Piece::Start(local(tag.name().0), Attributes(&tag))),
            Ok(Event::Empty(tag)) => each(Piece::Empty(local(tag.name().0), Attributes(&tag))),
            Ok(Event::End(tag)) => each(Piece::End(local(tag.name().0))),
            Ok(Event::Text(text)) => {
                seen += text.len();
                each(Piece::Text(&text));
            }
            Ok(Event::CData(text)) => {
                seen += text.len();
                each(Piece::Text(&text));
            }
            Ok(Event::GeneralRef(name)) => {
                if let Some(c) = character(&name) {
                    each(Piece::Text(c.encode_utf8(&mut [0; 4])));
                }
            }
            Ok(Event::Eof) => return true,
            Ok(_) => {}
            Err(_) => return false,
        }
        if seen > MAX_TEXT * 2 {
            return true;
        }
    }
}

fn local(name: &str) -> &str {
    name.rsplit_once(':').map_or(name, |(_, local)| local)
}

fn character(name: &BytesRef<'_>) -> Option<char> {
    if let Ok(Some(c)) = name.resolve_char_ref() {
        return Some(c);
    }
    match &**name {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        "nbsp" => Some('\u{a0}'),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn feeds_say_what_they_are_and_attributes_are_words_too() {
        let mut extraction = Extraction::default();
        let feed = "<?xml version='1.0' encoding='ISO-8859-1'?><rss version='2.0' xmlns:a='http://example.org/a b c'><channel><title>Actualit\u{e9}s &amp; f\u{ea}tes</title><pubDate>Tue, 14 Jul 2026 10:30:00 +0200</pubDate>\
            <item><title>Bal</title><dc:creator>Ada</dc:creator><place nom='Salon des Miroirs' id='salon' w='12.5cm' u='http://example.org/x'/><place nom='Salon des Miroirs'/></item></channel></rss>";
        let (latin, ..) = encoding_rs::WINDOWS_1252.encode(feed);
        read(&latin, &mut extraction);
        assert_eq!(extraction.title.as_deref(), Some("Actualit\u{e9}s & f\u{ea}tes"));
        assert_eq!((extraction.date.as_deref(), extraction.authors[0].as_str()), (Some("2026-07-14T08:30:00Z"), "Ada"));
        assert_eq!(extraction.text.lines().skip(2).collect::<Vec<_>>(), ["Bal", "Ada", "Salon des Miroirs"]);
    }

    #[test]
    fn layout_is_no_text_and_marks_part_no_word() {
        let mut extraction = Extraction::default();
        let book = "<book>\n    <p>Le <hi>jar</hi>din\n      fleurit </p>\n    <l>a</l><l>b</l><img><binData>AAAA</binData></img>\n</book>";
        read(book.as_bytes(), &mut extraction);
        assert_eq!(extraction.text, "Le jardin\nfleurit\na\nb\n");
    }

    #[test]
    fn text_is_read_and_entities_are_not_expanded() {
        let mut extraction = Extraction::default();
        let bomb = "<!DOCTYPE a [<!ENTITY b 'boum'><!ENTITY c SYSTEM 'file:///etc/passwd'>]><a><t>Jardins &amp; caf&#233;s</t>&b;&c;</a>";
        read(bomb.as_bytes(), &mut extraction);
        assert_eq!(extraction.text.trim(), "Jardins & cafés");
        walk(&"<a>".repeat(300_000), &mut |_| {});
    }
}
