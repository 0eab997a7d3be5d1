//! EPUB (EPUB 3.3, Open Container Format and package document): chapters in the order of the spine, whatever they are
//! called, and what the package says of the book.

use super::{
    html,
    office::Package,
    xml::{Piece, walk},
};
use crate::{
    findings,
    limits::{MAX_FIELDS, MAX_TEXT},
};
use chartrier_schemas::Extraction;
use std::collections::BTreeMap;

/// Reads a book.
pub(super) fn read(bytes: &[u8], extraction: &mut Extraction) {
    let mut container = Package::open(bytes);
    let chapters = match package(&mut container) {
        Some((path, source)) => described(&path, &source, extraction),
        None => {
            extraction.findings.push(findings::damaged("its list of chapters is lost"));
            Vec::new()
        }
    };
    let chapters = if chapters.is_empty() { pages(&container) } else { chapters };
    for chapter in chapters {
        if extraction.text.len() > MAX_TEXT {
            break;
        }
        if !container.has(&chapter) {
            extraction.findings.push(findings::damaged(format_args!("{chapter}: it is not there")));
        }
        if let Some(source) = container.text(&chapter) {
            extraction.text.push_str(&html::to_text(&source));
            extraction.text.push('\u{c}');
        }
    }
    if is_locked(&mut container) {
        extraction.findings.push(findings::password());
    }
    extraction.findings.append(&mut container.findings);
}

/// The package document: where it lies, and what it says.
fn package(container: &mut Package<'_>) -> Option<(String, String)> {
    let said = container.text("META-INF/container.xml").and_then(|source| {
        let mut path = None;
        walk(&source, &mut |piece| {
            if let Piece::Start("rootfile", said) | Piece::Empty("rootfile", said) = piece {
                path = path.take().or_else(|| said.get("full-path"));
            }
        });
        path
    });
    let any = || container.names().iter().find(|name| name.ends_with(".opf")).cloned();
    let path = said.or_else(any)?;
    let source = container.text(&path)?;
    Some((path, source))
}

/// Whether chapters are encrypted: fonts may be, and nobody misses them.
fn is_locked(container: &mut Package<'_>) -> bool {
    let Some(source) = container.text("META-INF/encryption.xml") else { return false };
    let mut is_locked = false;
    walk(&source, &mut |piece| {
        if let Piece::Start("CipherReference", said) | Piece::Empty("CipherReference", said) = piece {
            let reference = said.get("URI").unwrap_or_default().to_ascii_lowercase();
            is_locked |= [".html", ".xhtml", ".htm", ".xml"].iter().any(|end| reference.ends_with(end));
        }
    });
    is_locked
}

/// Takes what a package says of the book, and answers where its chapters lie, in order.
fn described(path: &str, source: &str, extraction: &mut Extraction) -> Vec<String> {
    let mut book = Book::default();
    walk(source, &mut |piece| match piece {
        Piece::Start("item", said) | Piece::Empty("item", said) => {
            if let (Some(id), Some(href)) = (said.get("id"), said.get("href")) {
                book.items.insert(id, href);
            }
        }
        Piece::Start("itemref", said) | Piece::Empty("itemref", said) => book.spine.extend(said.get("idref")),
        Piece::Start(name, said) => {
            let property = said.get("property").filter(|_| name == "meta");
            book.open = property.unwrap_or_else(|| name.to_owned());
            book.words.clear();
        }
        Piece::Text(words) => book.words.push_str(words),
        Piece::End(_) => book.end(extraction),
        Piece::Empty(..) => {}
    });
    extraction.date = book.date.or(book.modified);
    let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    book.spine.iter().filter_map(|id| book.items.get(id)).map(|href| resolved(folder, href)).collect()
}

#[derive(Default)]
struct Book {
    items: BTreeMap<String, String>,
    spine: Vec<String>,
    /// The element that is open, and its words.
    open: String,
    words: String,
    date: Option<String>,
    modified: Option<String>,
}

impl Book {
    fn end(&mut self, extraction: &mut Extraction) {
        let words = std::mem::take(&mut self.words);
        let words = words.trim();
        let open = std::mem::take(&mut self.open);
        if words.is_empty() {
            return;
        }
        match open.as_str() {
            "title" if extraction.title.is_none() => extraction.title = Some(words.to_owned()),
            "creator" if extraction.authors.len() < MAX_FIELDS => extraction.authors.push(words.to_owned()),
            "date" if self.date.is_none() => self.date = partial(words),
            "dcterms:modified" => self.modified = super::moment(words),
            _ => {}
        }
        let field = match open.as_str() {
            "language" => "language",
            "publisher" => "publisher",
            "description" => "description",
            "subject" => "keywords",
            "rights" => "copyright",
            "identifier" => "identifier",
            "dcterms:modified" => "modified",
            _ => return,
        };
        let words = if field == "description" { html::to_text(words) } else { words.to_owned() };
        extraction.fields.push((field.to_owned(), words));
    }
}

/// A date of which only the beginning may be known: `1949`, `1949-06`.
fn partial(date: &str) -> Option<String> {
    let is_part = matches!(date.len(), 4 | 7) && date.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
    match is_part {
        true => super::moment(&format!("{date}{}T00:00:00", &"-01-01"[date.len().saturating_sub(4)..])),
        false if date.len() == 10 => super::moment(&format!("{date}T00:00:00")),
        false => super::moment(date),
    }
}

/// Where something lies that is named from within a folder (RFC 3986, 5.2).
fn resolved(folder: &str, href: &str) -> String {
    let href = href.split('#').next().unwrap_or_default();
    let href = percent_decoded(href);
    let mut steps: Vec<&str> = folder.split('/').filter(|step| !step.is_empty()).collect();
    for step in href.split('/') {
        match step {
            "" | "." => {}
            ".." => drop(steps.pop()),
            step => steps.push(step),
        }
    }
    steps.join("/")
}

fn percent_decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((byte, after)) = rest.split_first() {
        let digits = after.get(..2).filter(|digits| *byte == b'%' && digits.iter().all(u8::is_ascii_hexdigit));
        let code = digits.and_then(|digits| u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok());
        bytes.push(code.unwrap_or(*byte));
        rest = if code.is_some() { &after[2..] } else { after };
    }
    String::from_utf8(bytes).unwrap_or_else(|_| text.to_owned())
}

/// The pages of a book that does not say its order.
fn pages(container: &Package<'_>) -> Vec<String> {
    let is_page = |name: &&String| [".xhtml", ".html", ".htm"].iter().any(|end| name.ends_with(end));
    let mut pages: Vec<String> = container.names().iter().filter(is_page).cloned().collect();
    pages.sort();
    pages
}

#[cfg(test)]
mod tests {
    use super::super::{extract, office::tests::container};
    use super::*;

    #[test]
    fn a_book_is_read_in_the_order_of_its_spine() {
        let package = "<package xmlns:dc='d'><metadata><dc:title id='t'>Le jardin</dc:title><dc:title>sous-titre</dc:title><dc:creator>Ada</dc:creator><dc:creator>Bob</dc:creator>\
            <dc:language>fr</dc:language><dc:date>1949</dc:date><meta property='dcterms:modified'>2020-01-02T03:04:05Z</meta><dc:publisher>Presses</dc:publisher><dc:description>&lt;p&gt;Un livre&lt;/p&gt;</dc:description></metadata>\
            <manifest><item id='a' href='text/un%20deux.xml'/><item id='b' href='../b.xhtml'/><item id='n' href='nav.xhtml'/></manifest><spine><itemref idref='b'/><itemref idref='a'/><itemref idref='perdu'/></spine></package>";
        let bytes = container(&[
            ("mimetype", "application/epub+zip"),
            ("META-INF/container.xml", "<container><rootfiles><rootfile full-path='OPS/x.opf'/></rootfiles></container>"),
            ("OPS/x.opf", package),
            ("OPS/text/un deux.xml", "<html><head><title>t</title></head><body><p>Second</p></body></html>"),
            ("b.xhtml", "<html><body><p>Premier <img alt='rose'/></p></body></html>"),
            ("OPS/nav.xhtml", "<html><body>sommaire</body></html>"),
        ]);
        let extraction = extract(&bytes, "x");
        assert_eq!(extraction.text, "Premier rose\u{c}Second\u{c}");
        assert_eq!(extraction.title.as_deref(), Some("Le jardin"));
        assert_eq!(extraction.authors, ["Ada", "Bob"]);
        assert_eq!(extraction.date.as_deref(), Some("1949-01-01T00:00:00Z"));
        assert!(extraction.fields.contains(&("description".to_owned(), "Un livre".to_owned())));
        assert!(extraction.fields.contains(&("publisher".to_owned(), "Presses".to_owned())));
        assert!(extraction.findings.is_empty(), "{:?}", extraction.findings);
    }

    #[test]
    fn a_book_without_a_list_is_read_by_its_pages() {
        let bytes = container(&[("mimetype", "application/epub+zip"), ("b.xhtml", "<p>deux</p>"), ("a.xhtml", "<p>un</p>")]);
        let extraction = extract(&bytes, "x");
        assert_eq!((extraction.text.as_str(), extraction.findings[0].number), ("un\u{c}deux\u{c}", 3));
        assert_eq!(partial("2010-05").as_deref(), Some("2010-05-01T00:00:00Z"));
        assert_eq!(resolved("OPS", "../../a%zz/./b.x#c"), "a%zz/b.x");
    }
}
