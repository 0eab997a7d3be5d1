//! Office documents in a ZIP container: Word, Excel, PowerPoint (OOXML), OpenDocument, EPUB. Text in the order
//! of the document, title and author from its properties; what unpacks beyond measure is not read.

use super::{
    html,
    xml::{Piece, walk},
};
use crate::{
    findings,
    limits::{MAX_TEXT, MAX_UNPACKED},
};
use chartrier_schemas::Extraction;
use std::io::{Cursor, Read as _};
use zip::ZipArchive;

type Container<'a> = ZipArchive<Cursor<&'a [u8]>>;

/// Reads a document.
pub(super) fn read(bytes: &[u8], extraction: &mut Extraction) {
    let mut container = match ZipArchive::new(Cursor::new(bytes)) {
        Ok(container) => container,
        Err(why) => {
            extraction.findings.push(findings::damaged(format_args!("its container is damaged ({why})")));
            return;
        }
    };
    let mut budget = MAX_UNPACKED;
    for name in entries(&container) {
        if extraction.text.len() > MAX_TEXT {
            break;
        }
        match unpack(&mut container, &name, &mut budget) {
            Ok(source) => add(&name, &source, extraction),
            Err(Trouble::Bomb) => {
                extraction.findings.push(findings::bomb());
                break;
            }
            Err(Trouble::Password) => extraction.findings.push(findings::password()),
            Err(Trouble::Damaged(why)) => extraction.findings.push(findings::damaged(why)),
        }
    }
}

/// The entries that hold words, in the order of the document.
fn entries(container: &Container<'_>) -> Vec<String> {
    let mut found: Vec<(u32, u64, String)> = container
        .file_names()
        .filter_map(|name| name.ok().and_then(|name| rank(&name).map(|rank| (rank, number(&name), name.into_owned()))))
        .collect();
    found.sort();
    found.into_iter().take(5_000).map(|(_, _, name)| name).collect()
}

fn rank(name: &str) -> Option<u32> {
    let within = |folder: &str| name.strip_prefix(folder).filter(|rest| rest.ends_with(".xml") && !rest.contains('/'));
    match name {
        "docProps/core.xml" | "meta.xml" => Some(0),
        "word/document.xml" | "content.xml" | "xl/sharedStrings.xml" => Some(2),
        "word/footnotes.xml" | "word/endnotes.xml" | "word/comments.xml" => Some(4),
        _ if within("word/").is_some_and(|rest| rest.starts_with("header")) => Some(1),
        _ if within("word/").is_some_and(|rest| rest.starts_with("footer")) => Some(5),
        _ if within("xl/worksheets/").is_some() => Some(3),
        _ if within("ppt/slides/").is_some() => Some(2),
        _ if within("ppt/notesSlides/").is_some() || within("xl/").is_some_and(|rest| rest.starts_with("comments")) => Some(4),
        _ if name.ends_with(".xhtml") || name.ends_with(".html") || name.ends_with(".htm") => Some(2),
        _ => None,
    }
}

/// The number in a name: slide 10 comes after slide 9.
fn number(name: &str) -> u64 {
    let digits: String = name.chars().filter(char::is_ascii_digit).take(12).collect();
    digits.parse().unwrap_or(0)
}

enum Trouble {
    Bomb,
    Password,
    Damaged(String),
}

fn unpack(container: &mut Container<'_>, name: &str, budget: &mut u64) -> Result<String, Trouble> {
    let damaged = |why: &dyn std::fmt::Display| Trouble::Damaged(format!("{name}: {why}"));
    let entry = container.by_name(name).map_err(|why| match why {
        zip::result::ZipError::UnsupportedArchive(zip::result::ZipError::PASSWORD_REQUIRED) => Trouble::Password,
        why => damaged(&why),
    })?;
    let mut bytes = Vec::new();
    // What the directory says of the size is not believed.
    entry.take(*budget + 1).read_to_end(&mut bytes).map_err(|why| damaged(&why))?;
    *budget = budget.checked_sub(bytes.len() as u64).ok_or(Trouble::Bomb)?;
    Ok(super::text::decode(&bytes))
}

fn add(name: &str, source: &str, extraction: &mut Extraction) {
    match name {
        "docProps/core.xml" | "meta.xml" => properties(source, extraction),
        _ if name.ends_with("html") || name.ends_with(".htm") => {
            extraction.text.push_str(&html::to_text(source));
            extraction.text.push('\u{c}');
        }
        _ => {
            let sheet = name.starts_with("xl/worksheets/");
            if !body(source, sheet, &mut extraction.text) {
                extraction.findings.push(findings::damaged(format_args!("{name} is not well-formed")));
            }
            if !extraction.text.is_empty() {
                extraction.text.push(if name.starts_with("ppt/") { '\u{c}' } else { '\n' });
            }
        }
    }
}

/// The words of a body. In a sheet, only what is written in place: the shared words are in their own entry.
fn body(source: &str, sheet: bool, text: &mut String) -> bool {
    let mut depth_of_words = 0u32;
    let open = |name: &str, sheet: bool| {
        if sheet { name == "t" } else { matches!(name, "t" | "p" | "h" | "span" | "a" | "delText" | "title" | "desc") }
    };
    walk(source, &mut |piece| match piece {
        Piece::Start(name) => {
            depth_of_words += u32::from(open(name, sheet));
        }
        Piece::End(name) => {
            depth_of_words = depth_of_words.saturating_sub(u32::from(open(name, sheet)));
            if matches!(name, "p" | "h" | "tr" | "row" | "si") {
                newline(text);
            } else if matches!(name, "tc" | "c" | "table-cell") && !text.ends_with(['\n', '\t']) {
                text.push('\t');
            }
        }
        Piece::Empty("br" | "cr" | "line-break") => newline(text),
        Piece::Empty("tab") => text.push('\t'),
        Piece::Empty("s") => text.push(' '),
        Piece::Empty(_) => {}
        Piece::Text(words) if depth_of_words > 0 => {
            // Outside of runs, white space only lays the file out.
            if !(words.trim().is_empty() && words.contains('\n')) {
                text.push_str(words);
            }
        }
        Piece::Text(_) => {}
    })
}

fn newline(text: &mut String) {
    text.truncate(text.trim_end_matches([' ', '\t']).len());
    if !text.ends_with('\n') && !text.is_empty() {
        text.push('\n');
    }
}

/// Title, author, date.
fn properties(source: &str, extraction: &mut Extraction) {
    let mut element = String::new();
    let (mut title, mut author, mut date) = (String::new(), String::new(), String::new());
    walk(source, &mut |piece| match piece {
        Piece::Start(name) => element = name.to_owned(),
        Piece::End(_) => element.clear(),
        Piece::Text(words) => match element.as_str() {
            "title" => title.push_str(words),
            "creator" | "initial-creator" if author.is_empty() => author.push_str(words),
            "modified" | "date" => date = words.to_owned(),
            _ => {}
        },
        Piece::Empty(_) => {}
    });
    extraction.title = Some(title).filter(|title| !title.trim().is_empty());
    extraction.authors.extend(Some(author).filter(|author| !author.trim().is_empty()));
    extraction.date = super::moment(&date);
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use std::io::Write as _;

    pub(crate) fn container(entries: &[(&str, &str)]) -> Vec<u8> {
        let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
        for (name, content) in entries {
            writer.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
            writer.write_all(content.as_bytes()).unwrap();
        }
        writer.finish().unwrap().into_inner()
    }

    #[test]
    fn a_word_document_gives_its_words_and_its_title() {
        let bytes = container(&[
            (
                "word/document.xml",
                "<w:document><w:body><w:p><w:r><w:t>Note </w:t></w:r><w:r><w:t>verbale</w:t></w:r></w:p><w:tbl><w:tr><w:tc><w:p><w:r><w:t>a</w:t></w:r></w:p></w:tc><w:tc><w:p><w:r><w:t>b</w:t></w:r></w:p></w:tc></w:tr></w:tbl></w:body></w:document>",
            ),
            ("word/footer1.xml", "<w:ftr><w:p><w:r><w:t>pied &amp; page</w:t></w:r></w:p></w:ftr>"),
            (
                "docProps/core.xml",
                "<cp:coreProperties><dc:title>Visite</dc:title><dc:creator>Ada</dc:creator><dcterms:modified>2026-07-14T10:00:00Z</dcterms:modified></cp:coreProperties>",
            ),
        ]);
        let extraction = super::super::extract(&bytes, "x.docx");
        assert_eq!(extraction.format.puid.as_deref(), Some("fmt/412"));
        assert_eq!(extraction.text, "Note verbale\na\nb\n\npied & page\n\n");
        assert_eq!(extraction.title.as_deref(), Some("Visite"));
        assert_eq!(extraction.date.as_deref(), Some("2026-07-14T10:00:00Z"));
    }

    #[test]
    fn a_bomb_and_a_torn_container_are_findings() {
        let long = "<w:t>".to_owned() + &" ".repeat(300 << 20) + "</w:t>";
        let bytes = container(&[("word/document.xml", &long)]);
        let extraction = super::super::extract(&bytes, "x.docx");
        assert_eq!(extraction.findings[0].number, 13);
        let extraction = super::super::extract(&bytes[..bytes.len() / 2], "x.docx");
        assert_eq!(extraction.findings[0].number, 3);
    }
}
