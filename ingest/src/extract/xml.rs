//! XML: the text between its tags. Entities are never expanded but the five that XML knows, nothing outside is
//! ever asked for.

use super::text::decode;
use crate::{findings, limits::MAX_TEXT};
use chartrier_schemas::Extraction;
use quick_xml::{
    Reader, XmlVersion,
    events::{BytesRef, BytesStart, Event},
};

/// Reads a document of unknown vocabulary: its text, a line per element.
pub(super) fn read(bytes: &[u8], extraction: &mut Extraction) {
    let source = decode(bytes);
    let mut text = String::new();
    let sound = walk(&source, &mut |piece| match piece {
        Piece::Text(words) => text.push_str(words.trim_matches(['\n', '\r', '\t'])),
        Piece::Start(..) | Piece::End(_) | Piece::Empty(..) => {
            if !text.ends_with('\n') && !text.is_empty() {
                text.push('\n');
            }
        }
    });
    if !sound {
        extraction.findings.push(findings::damaged("it is not well-formed XML"));
        if text.trim().is_empty() {
            text = source;
        }
    }
    extraction.text = text;
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
    /// A value, by its local name.
    pub(crate) fn get(&self, name: &str) -> Option<String> {
        let mut all = self.0.attributes();
        let found = all.with_checks(false).flatten().find(|attribute| local(attribute.key.0) == name)?;
        found.normalized_value(XmlVersion::Implicit1_0).ok().map(|value| value.into_owned())
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
    fn text_is_read_and_entities_are_not_expanded() {
        let mut extraction = Extraction::default();
        let bomb = "<!DOCTYPE a [<!ENTITY b 'boum'><!ENTITY c SYSTEM 'file:///etc/passwd'>]><a><t>Jardins &amp; caf&#233;s</t>&b;&c;</a>";
        read(bomb.as_bytes(), &mut extraction);
        assert_eq!(extraction.text.trim(), "Jardins & cafés");
        walk(&"<a>".repeat(300_000), &mut |_| {});
    }
}
