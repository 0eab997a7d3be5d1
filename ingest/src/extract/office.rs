//! Office documents in a ZIP container: Word, Excel, PowerPoint (OOXML), OpenDocument, EPUB. Text in the order
//! of the document, title and author from its properties; what unpacks beyond measure is not read.

use super::{
    container::{Container, main_part},
    html,
    xml::{Attributes, Piece, walk},
};
use crate::{
    findings,
    limits::{MAX_TEXT, MAX_UNPACKED},
};
use chartrier_schemas::Extraction;
use std::io::{Cursor, Read as _};
use zip::ZipArchive;

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
    let main = main_part(&mut container);
    for name in entries(&container, main.as_deref()) {
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
fn entries(container: &Container<'_>, main: Option<&str>) -> Vec<String> {
    let mut found: Vec<(u32, u64, String)> = container
        .file_names()
        .filter_map(|name| name.ok().and_then(|name| rank(&name, main).map(|rank| (rank, number(&name), name.into_owned()))))
        .collect();
    found.sort();
    found.into_iter().take(5_000).map(|(_, _, name)| name).collect()
}

fn rank(name: &str, main: Option<&str>) -> Option<u32> {
    let within = |folder: &str| name.strip_prefix(folder).filter(|rest| rest.ends_with(".xml") && !rest.contains('/'));
    let begins = |folder: &str, word: &str| within(folder).is_some_and(|rest| rest.starts_with(word));
    match name {
        "docProps/core.xml" | "meta.xml" => Some(0),
        _ if Some(name) == main && name.starts_with("xl/") => Some(1),
        _ if Some(name) == main && name.starts_with("word/") => Some(2),
        "content.xml" | "xl/sharedStrings.xml" => Some(2),
        _ if ["footnotes", "endnotes", "comments"].iter().any(|notes| begins("word/", notes)) => Some(4),
        _ if begins("word/", "header") => Some(1),
        _ if begins("word/", "footer") => Some(5),
        _ if within("xl/worksheets/").is_some() => Some(3),
        _ if within("ppt/slides/").is_some() => Some(2),
        _ if within("ppt/notesSlides/").is_some() || begins("xl/", "comments") => Some(4),
        _ if name.ends_with(".xhtml") || name.ends_with(".html") || name.ends_with(".htm") => Some(2),
        _ => None,
    }
}

/// The number in a name: slide 10 comes after slide 9.
fn number(name: &str) -> u64 {
    let digits: String = name.chars().filter(char::is_ascii_digit).take(12).collect();
    digits.parse().unwrap_or(0)
}

/// Why an entry is not unpacked.
pub(super) enum Trouble {
    Bomb,
    Password,
    Damaged(String),
}

/// An entry as text.
pub(super) fn unpack(container: &mut Container<'_>, name: &str, budget: &mut u64) -> Result<String, Trouble> {
    unpack_bytes(container, name, budget).map(|bytes| super::text::decode(&bytes))
}

/// The bytes of an entry, as long as the budget for the container lasts.
pub(super) fn unpack_bytes(container: &mut Container<'_>, name: &str, budget: &mut u64) -> Result<Vec<u8>, Trouble> {
    let damaged = |why: &dyn std::fmt::Display| Trouble::Damaged(format!("{name}: {why}"));
    let entry = container.by_name(name).map_err(|why| match why {
        zip::result::ZipError::UnsupportedArchive(zip::result::ZipError::PASSWORD_REQUIRED) => Trouble::Password,
        why => damaged(&why),
    })?;
    let mut bytes = Vec::new();
    // What the directory says of the size is not believed.
    entry.take(*budget + 1).read_to_end(&mut bytes).map_err(|why| damaged(&why))?;
    *budget = budget.checked_sub(bytes.len() as u64).ok_or(Trouble::Bomb)?;
    Ok(bytes)
}

fn add(name: &str, source: &str, extraction: &mut Extraction) {
    match name {
        "docProps/core.xml" | "meta.xml" => properties(source, extraction),
        _ if name.ends_with("html") || name.ends_with(".htm") => {
            extraction.text.push_str(&html::to_text(source));
            extraction.text.push('\u{c}');
        }
        _ => {
            if !body(source, Vocabulary::of(name), &mut extraction.text) {
                extraction.findings.push(findings::damaged(format_args!("{name} is not well-formed")));
            }
            if !extraction.text.is_empty() {
                extraction.text.push(if name.starts_with("ppt/") { '\u{c}' } else { '\n' });
            }
        }
    }
}

/// What the names of elements mean.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Vocabulary {
    OpenDocument,
    /// Word and PowerPoint, and the shared words of Excel.
    Office,
    /// A sheet of Excel: only what is written in place, for the shared words are in their own entry.
    Sheet,
    /// The list of sheets.
    Workbook,
}

impl Vocabulary {
    fn of(name: &str) -> Self {
        match name.split_once('/') {
            None => Self::OpenDocument,
            Some(("xl", rest)) if rest.starts_with("worksheets/") => Self::Sheet,
            Some(("xl", rest)) if rest != "sharedStrings.xml" && !rest.starts_with("comments") => Self::Workbook,
            Some(_) => Self::Office,
        }
    }
}

/// What a cell of a sheet says in its `v`.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Value {
    Number,
    Words,
    /// The place of a shared word, a truth or an error.
    Nothing,
}

/// The words of a body; answers whether it was well-formed.
fn body(source: &str, vocabulary: Vocabulary, text: &mut String) -> bool {
    let mut body = Body { text, vocabulary, open: 0, silent: 0, value: Value::Nothing };
    walk(source, &mut |piece| match piece {
        Piece::Start(name, said) => body.start(name, &said),
        Piece::End(name) => body.end(name),
        Piece::Empty(name, said) => {
            body.start(name, &said);
            body.end(name);
        }
        Piece::Text(words) => body.words(words),
    })
}

struct Body<'a> {
    text: &'a mut String,
    vocabulary: Vocabulary,
    /// Open elements whose text is words.
    open: u32,
    /// Open elements of which nothing is read.
    silent: u32,
    value: Value,
}

impl Body<'_> {
    /// Whether an element holds words. Elements that are told apart by nothing but their vocabulary hold offsets and
    /// field codes in the other one.
    fn holds_words(&self, name: &str) -> bool {
        match self.vocabulary {
            Vocabulary::OpenDocument => matches!(name, "p" | "h" | "span" | "a" | "title" | "desc"),
            Vocabulary::Office => matches!(name, "t" | "delText"),
            Vocabulary::Sheet => name == "t" || (name == "v" && self.value != Value::Nothing),
            Vocabulary::Workbook => false,
        }
    }

    /// What is written a second time for older programs, and lists of tab stops.
    fn is_silent(&self, name: &str) -> bool {
        self.vocabulary != Vocabulary::OpenDocument && matches!(name, "Fallback" | "tabs" | "tabLst")
    }

    fn start(&mut self, name: &str, said: &Attributes<'_>) {
        self.silent += u32::from(self.is_silent(name));
        if self.silent > 0 {
            return;
        }
        match (self.vocabulary, name) {
            (Vocabulary::Sheet, "c") => self.value = value(said.get("t").as_deref()),
            (Vocabulary::Workbook, "sheet") => self.line(&said.get("name").unwrap_or_default()),
            (Vocabulary::OpenDocument, "s") => self.spaces(said.get("c")),
            (Vocabulary::OpenDocument, "title" | "desc" | "creator" | "date" | "note" | "note-citation") => self.gap(),
            (_, "p" | "h") if !self.text.ends_with(['\n', '\t', '\u{c}']) => newline(self.text),
            (_, "br" | "cr" | "line-break") => newline(self.text),
            (_, "tab" | "ptab") => self.text.push('\t'),
            (_, "noBreakHyphen") => self.text.push('-'),
            _ => {}
        }
        self.open += u32::from(self.holds_words(name));
    }

    fn end(&mut self, name: &str) {
        if self.silent > 0 {
            self.silent -= u32::from(self.is_silent(name));
            return;
        }
        self.open = self.open.saturating_sub(u32::from(self.holds_words(name)));
        match name {
            "p" | "h" | "tr" | "row" | "si" | "comment" => newline(self.text),
            "tc" | "c" | "table-cell" if !self.text.ends_with(['\n', '\t']) => self.text.push('\t'),
            "title" | "desc" | "creator" | "date" | "note-citation" => self.gap(),
            _ => {}
        }
    }

    fn words(&mut self, words: &str) {
        // Outside of runs, white space only lays the file out.
        let lays_out = words.trim().is_empty() && words.contains('\n');
        if self.open == 0 || self.silent > 0 || lays_out {
            return;
        }
        match (self.vocabulary, self.value) {
            (Vocabulary::Sheet, Value::Number) => self.text.push_str(&number_as_read(words)),
            _ => self.text.push_str(words),
        }
    }

    fn line(&mut self, words: &str) {
        self.text.push_str(words);
        newline(self.text);
    }

    /// Keeps words apart that different elements say.
    fn gap(&mut self) {
        if !self.text.is_empty() && !self.text.ends_with(char::is_whitespace) {
            self.text.push(' ');
        }
    }

    fn spaces(&mut self, count: Option<String>) {
        let count: usize = count.and_then(|count| count.parse().ok()).unwrap_or(1);
        self.text.extend(std::iter::repeat_n(' ', count.min(100)));
    }
}

fn value(kind: Option<&str>) -> Value {
    match kind {
        None | Some("n") => Value::Number,
        Some("s" | "b" | "e") => Value::Nothing,
        Some(_) => Value::Words,
    }
}

/// A number as people write it: files keep 0.1 as 0.10000000000000001.
fn number_as_read(written: &str) -> String {
    let exact = !written.contains(['.', 'e', 'E']);
    match written.trim().parse::<f64>() {
        Ok(number) if !exact && (1e-6..1e15).contains(&number.abs()) => number.to_string(),
        _ => written.to_owned(),
    }
}

fn newline(text: &mut String) {
    text.truncate(text.trim_end_matches([' ', '\t']).len());
    if !text.ends_with('\n') && !text.is_empty() {
        text.push('\n');
    }
}

/// Title, author, date.
pub(super) fn properties(source: &str, extraction: &mut Extraction) {
    let mut element = String::new();
    let (mut title, mut author, mut date) = (String::new(), String::new(), String::new());
    walk(source, &mut |piece| match piece {
        Piece::Start(name, _) => element = name.to_owned(),
        Piece::End(_) => element.clear(),
        Piece::Text(words) => match element.as_str() {
            "title" => title.push_str(words),
            "creator" | "initial-creator" if author.is_empty() => author.push_str(words),
            "modified" | "date" => date = words.to_owned(),
            _ => {}
        },
        Piece::Empty(..) => {}
    });
    extraction.title = Some(title).filter(|title| !title.trim().is_empty());
    extraction.authors.extend(Some(author).filter(|author| !author.trim().is_empty()));
    extraction.date = super::moment(&date);
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use std::io::Write as _;

    pub(in super::super) fn container(entries: &[(&str, &str)]) -> Vec<u8> {
        container_of(&entries.iter().map(|(name, content)| (*name, content.as_bytes())).collect::<Vec<_>>())
    }

    pub(in super::super) fn container_of(entries: &[(&str, &[u8])]) -> Vec<u8> {
        let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
        for (name, content) in entries {
            writer.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
            writer.write_all(content).unwrap();
        }
        writer.finish().unwrap().into_inner()
    }

    #[test]
    fn a_word_document_gives_its_words_and_its_title() {
        let bytes = container(&[
            (
                "[Content_Types].xml",
                "<Types><Override PartName=\"/word/document.xml\" ContentType=\"application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml\"/></Types>",
            ),
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

    fn words(name: &str, body: &str) -> String {
        super::super::extract(&container(&[(name, body)]), "x").text.trim_end().to_owned()
    }

    #[test]
    fn only_runs_are_words_and_what_is_written_twice_is_read_once() {
        let drawing = |words: &str| {
            format!(
                "<wp:anchor><wp:positionH><wp:align>center</wp:align></wp:positionH><wp:positionV><wp:posOffset>-12700</wp:posOffset></wp:positionV><w:txbxContent><w:p><w:r><w:t>{words}</w:t></w:r></w:p></w:txbxContent></wp:anchor>"
            )
        };
        let document = format!(
            "<w:document><w:body><w:p><w:pPr><w:tabs><w:tab w:pos='720'/></w:tabs></w:pPr><w:r><w:t>Avant</w:t></w:r><mc:AlternateContent><mc:Choice>{}</mc:Choice><mc:Fallback>{}</mc:Fallback></mc:AlternateContent></w:p>\
             <w:p><w:r><w:instrText> PAGE </w:instrText></w:r><w:r><w:t>Rendez</w:t><w:noBreakHyphen/><w:t>vous di</w:t><w:softHyphen/><w:t>manche</w:t><w:br/><w:t>midi</w:t></w:r><w:del><w:delText> pile</w:delText></w:del></w:p></w:body></w:document>",
            drawing("Encadré"),
            drawing("Encadré")
        );
        assert_eq!(words("word/document.xml", &document), "Avant\nEncadré\nRendez-vous dimanche\nmidi pile");
    }

    #[test]
    fn open_documents_keep_their_words_apart() {
        let content = "<office:body><text:p>mot<text:note><text:note-citation>1</text:note-citation><text:note-body><text:p>La note</text:p></text:note-body></text:note>suite<text:s text:c='2'/>et <text:span>fin</text:span></text:p>\
            <text:p><draw:frame><svg:title>Plan</svg:title><svg:desc>du parc</svg:desc></draw:frame></text:p><table:table-cell><text:p>42</text:p></table:table-cell></office:body>";
        let bytes = container(&[("mimetype", "application/vnd.oasis.opendocument.text"), ("content.xml", content)]);
        assert_eq!(super::super::extract(&bytes, "x").text.trim_end(), "mot 1\nLa note\nsuite  et fin\nPlan du parc\n42");
    }

    #[test]
    fn sheets_keep_numbers_results_and_names() {
        let bytes = container(&[
            ("xl/workbook.xml", "<workbook><sheets><sheet name='Budget &amp; prévisions' sheetId='1'/></sheets></workbook>"),
            ("xl/sharedStrings.xml", "<sst><si><t>Fleurs</t></si></sst>"),
            (
                "xl/worksheets/sheet1.xml",
                "<worksheet><sheetData><row><c t='s'><v>0</v></c><c><v>1250</v></c><c><f>A1*2</f><v>0.10000000000000001</v></c><c t='str'><f>X</f><v>1.50</v></c></row>\
                 <row><c t='b'><v>1</v></c><c t='e'><v>#REF!</v></c><c t='inlineStr'><is><t>en place</t></is></c><c t='n'><v>-3.5</v></c></row></sheetData></worksheet>",
            ),
        ]);
        let text = super::super::extract(&bytes, "x.xlsx").text;
        assert_eq!(text, "Budget & prévisions\n\nFleurs\n\n1250\t0.1\t1.50\nen place\t-3.5\n\n");
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
