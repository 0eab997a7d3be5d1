//! OpenDocument, in a container or flat, and the StarOffice XML that it comes from: text, sheets, slides, drawings.

use super::{
    super::xml::{Attributes, Piece, walk},
    package::Package,
    properties,
    runs::newline,
};
use crate::{findings, limits::MAX_TEXT};
use chartrier_schemas::Extraction;

/// How often one cell or row is written that a sheet repeats.
const MAX_REPEATS: usize = 256;

/// Reads a document in a container.
pub(super) fn read(package: &mut Package<'_>, extraction: &mut Extraction) {
    let manifest = if package.has(MANIFEST) { package.text(MANIFEST).unwrap_or_default() } else { String::new() };
    if manifest.contains("encryption-data") {
        package.findings.push(findings::password());
        return;
    }
    let mut text = Text::default();
    for name in parts(package) {
        let Some(source) = package.text(&name) else { continue };
        if name == "meta.xml" {
            properties::read(&source, extraction);
        } else if !text.add(&source) {
            package.findings.push(findings::damaged(format_args!("{name} is not well-formed")));
        }
        if text.out.len() > MAX_TEXT {
            break;
        }
    }
    extraction.text = text.end();
}

const MANIFEST: &str = "META-INF/manifest.xml";

/// The parts that hold words, in their order: objects within the document come behind it.
fn parts(package: &Package<'_>) -> Vec<String> {
    let objects = package.names().iter().filter(|name| name.ends_with("/content.xml")).take(1_000);
    let own = ["meta.xml", "content.xml", "styles.xml"].into_iter().filter(|name| package.has(name)).map(str::to_owned);
    own.chain(objects.cloned()).collect()
}

/// Reads a flat document: everything in one XML.
pub(super) fn flat(source: &str, extraction: &mut Extraction) {
    let mut text = Text::default();
    let sound = text.add(source);
    if !sound {
        extraction.findings.push(findings::damaged("it is not well-formed XML"));
    }
    let meta = source.find("<office:meta").and_then(|start| {
        let end = source[start..].find("</office:meta>")?;
        source.get(start..start + end + "</office:meta>".len())
    });
    properties::read(meta.unwrap_or_default(), extraction);
    extraction.text = text.end();
}

#[derive(Default)]
struct Text {
    out: String,
    /// Headers, footers and what masters show; text that was deleted.
    behind: String,
    depth: usize,
    /// The depth of the open element of which nothing is read.
    silent: Option<usize>,
    /// Open elements whose text is words.
    open: u32,
    /// What was written before text that stands elsewhere.
    before: Vec<String>,
    has_sheets: bool,
    /// Where the open cell begins, and how often it stands there; the row the same.
    cell: (usize, usize),
    row: (usize, usize),
}

impl Text {
    /// Adds the words of a part; answers whether it was well-formed.
    fn add(&mut self, source: &str) -> bool {
        (self.depth, self.silent, self.open, self.has_sheets) = (0, None, 0, false);
        let sound = walk(source, &mut |piece| match piece {
            Piece::Start(name, said) => self.start(name, &said),
            Piece::End(name) => self.end_of(name),
            Piece::Empty(name, said) => {
                self.start(name, &said);
                self.end_of(name);
            }
            Piece::Text(words) => self.words(words),
        });
        while self.before.pop().map(|before| self.set_aside(before)).is_some() {}
        newline(&mut self.out);
        sound
    }

    fn end(mut self) -> String {
        self.out.push_str(&self.behind);
        self.out
    }

    fn set_aside(&mut self, before: String) {
        newline(&mut self.out);
        let aside = std::mem::replace(&mut self.out, before);
        if !self.behind.contains(&aside) {
            self.behind.push_str(&aside);
        }
    }

    fn holds_words(name: &str) -> bool {
        matches!(
            name,
            "p" | "h"
                | "title"
                | "desc"
                | "creator"
                | "mi"
                | "mn"
                | "mo"
                | "mtext"
                | "footer-decl"
                | "header-decl"
                | "date-time-decl"
        )
    }

    /// What holds no words of the document: bytes, programs, what describes it, of a formula the source, and on masters
    /// the places that slides fill.
    fn is_silent(&self, name: &str, said: &Attributes<'_>) -> bool {
        match name {
            "binary-data" | "script" | "scripts" | "event-listeners" | "settings" | "meta" => true,
            "annotation" => said.get("encoding").is_some(),
            "annotation-xml" | "creator-initials" | "sender-initials" | "handout-master" => true,
            _ => !self.before.is_empty() && (said.get("placeholder").is_some() || said.get("class").is_some() || name == "notes"),
        }
    }

    /// Text that stands elsewhere: what was deleted, and what is on every page.
    fn is_aside(name: &str) -> bool {
        matches!(name, "tracked-changes" | "master-styles")
    }

    fn start(&mut self, name: &str, said: &Attributes<'_>) {
        self.depth += 1;
        if self.silent.is_some() {
            return;
        }
        if self.is_silent(name, said) {
            self.silent = Some(self.depth);
            return;
        }
        match name {
            _ if Self::is_aside(name) => self.before.push(std::mem::take(&mut self.out)),
            "spreadsheet" => self.has_sheets = true,
            "document-content" => self.has_sheets = said.get("class").is_some_and(|class| class == "spreadsheet"),
            "table" if self.has_sheets && self.open == 0 => said.get("name").iter().for_each(|name| self.line(name)),
            "table-cell" => self.cell = (self.out.len(), repeats(said, "number-columns-repeated")),
            "table-row" => self.row = (self.out.len(), repeats(said, "number-rows-repeated")),
            "s" => self.spaces(said.get("c")),
            "tab" | "tab-stop" => self.out.push('\t'),
            "line-break" => newline(&mut self.out),
            "p" | "h" if !self.out.ends_with(['\n', '\t', '\u{c}']) => newline(&mut self.out),
            "ruby-text" => self.out.push_str(" ("),
            "text" | "textarea" | "button" | "checkbox" | "radio" | "fixed-text" | "listbox" | "combobox" => {
                ["label", "current-value"].iter().filter_map(|key| said.get(key)).for_each(|words| self.line(&words));
            }
            _ if stands_apart(name) => self.gap(),
            _ => {}
        }
        self.open += u32::from(Self::holds_words(name));
    }

    fn end_of(&mut self, name: &str) {
        let depth = self.depth;
        self.depth = depth.saturating_sub(1);
        if let Some(from) = self.silent {
            self.silent = Some(from).filter(|from| depth > *from);
            return;
        }
        self.open = self.open.saturating_sub(u32::from(Self::holds_words(name)));
        match name {
            "p" | "h" | "footer-decl" | "header-decl" | "date-time-decl" | "math" => newline(&mut self.out),
            "table-cell" => self.end_of_cell(),
            "table-row" => self.end_of_row(),
            "page" if self.before.is_empty() && !self.out.is_empty() => self.out.push('\u{c}'),
            "ruby-text" => self.out.push_str(") "),
            _ if Self::is_aside(name) => {
                if let Some(before) = self.before.pop() {
                    self.set_aside(before);
                }
            }
            _ if stands_apart(name) => self.gap(),
            _ => {}
        }
    }

    /// White space is one space, and none where a line begins (OpenDocument 1.3, part 3, 6.1.2).
    fn words(&mut self, words: &str) {
        if self.open == 0 || self.silent.is_some() || self.out.len() > MAX_TEXT {
            return;
        }
        for c in words.chars() {
            match c.is_ascii_whitespace() {
                true if self.out.is_empty() || self.out.ends_with(char::is_whitespace) => {}
                true => self.out.push(' '),
                false => self.out.push(c),
            }
        }
    }

    fn end_of_cell(&mut self) {
        let (start, times) = self.cell;
        self.out.truncate(self.out.trim_end_matches(['\n', ' ']).len().max(start.min(self.out.len())));
        if self.out.get(start..).is_some_and(|cell| !cell.trim().is_empty()) {
            self.out.push('\t');
            self.again(start, times);
        }
    }

    fn end_of_row(&mut self) {
        let (start, times) = self.row;
        newline(&mut self.out);
        if self.out.get(start..).is_some_and(|row| !row.trim().is_empty()) {
            self.again(start, times);
        }
    }

    /// Writes what begins at `start` as often as it stands there.
    fn again(&mut self, start: usize, times: usize) {
        let once = self.out.get(start..).unwrap_or_default().to_owned();
        for _ in 1..times {
            if self.out.len() + once.len() > MAX_TEXT {
                return;
            }
            self.out.push_str(&once);
        }
    }

    fn line(&mut self, words: &str) {
        newline(&mut self.out);
        self.out.push_str(words);
        newline(&mut self.out);
    }

    /// Keeps words apart that different elements say.
    fn gap(&mut self) {
        if !self.out.is_empty() && !self.out.ends_with(char::is_whitespace) {
            self.out.push(' ');
        }
    }

    fn spaces(&mut self, count: Option<String>) {
        let count: usize = count.and_then(|count| count.parse().ok()).unwrap_or(1);
        self.out.extend(std::iter::repeat_n(' ', count.min(100)));
    }
}

/// Elements within a line whose words are not those around them.
fn stands_apart(name: &str) -> bool {
    matches!(
        name,
        "title"
            | "desc"
            | "creator"
            | "note"
            | "note-citation"
            | "footnote-citation"
            | "endnote-citation"
            | "mi"
            | "mn"
            | "mo"
            | "mtext"
    )
}

fn repeats(said: &Attributes<'_>, key: &str) -> usize {
    said.get(key).and_then(|times| times.parse().ok()).unwrap_or(1).min(MAX_REPEATS)
}

#[cfg(test)]
mod tests {
    use super::super::{
        super::extract,
        tests::{container, text},
    };

    #[test]
    fn words_of_different_elements_stay_apart() {
        let content = "<office:body><text:p>mot<text:note><text:note-citation>1</text:note-citation><text:note-body><text:p>La note</text:p></text:note-body></text:note>suite<text:s text:c='2'/>et <text:span>fin</text:span></text:p>\
            <text:p><draw:frame><svg:title>Plan</svg:title><svg:desc>du parc</svg:desc></draw:frame></text:p><text:tracked-changes><text:deletion><text:p>Ôté</text:p></text:deletion></text:tracked-changes><text:p>42</text:p></office:body>";
        let styles = "<office:master-styles><style:master-page><style:footer><text:p>Pied</text:p></style:footer><draw:frame presentation:class='title'><text:p>Cliquez</text:p></draw:frame></style:master-page></office:master-styles>";
        let bytes = container(&[
            ("mimetype", "application/vnd.oasis.opendocument.text"),
            ("content.xml", content),
            ("styles.xml", styles),
        ]);
        assert_eq!(text(&bytes), "mot 1\nLa note\nsuite  et fin\nPlan du parc\n42\nÔté\nPied");
    }

    #[test]
    fn sheets_repeat_what_they_repeat_and_no_more() {
        let cell = |said: &str, words: &str| format!("<table:table-cell {said}><text:p>{words}</text:p></table:table-cell>");
        let content = format!(
            "<office:body><office:spreadsheet><table:table table:name='Budget'><table:table-row table:number-rows-repeated='2'>{}{}</table:table-row>\
             <table:table-row table:number-rows-repeated='1048576'><table:table-cell table:number-columns-repeated='16384'/></table:table-row><table:table-row>{}</table:table-row></table:table></office:spreadsheet></office:body>",
            cell("table:number-columns-repeated='3'", "7"),
            cell("", "fin"),
            cell("office:value-type='date'", "15/03/2023"),
        );
        let bytes = container(&[("mimetype", "application/vnd.oasis.opendocument.spreadsheet"), ("content.xml", &content)]);
        assert_eq!(text(&bytes), "Budget\n7\t7\t7\tfin\n7\t7\t7\tfin\n15/03/2023");
    }

    #[test]
    fn a_password_is_told_from_damage() {
        let bytes = container(&[
            ("mimetype", "application/vnd.oasis.opendocument.text"),
            (
                "META-INF/manifest.xml",
                "<manifest:manifest><manifest:file-entry manifest:full-path='content.xml'><manifest:encryption-data/></manifest:file-entry></manifest:manifest>",
            ),
            ("content.xml", "\u{1}\u{2}chiffré"),
        ]);
        let extraction = extract(&bytes, "x");
        assert_eq!(
            (extraction.text.as_str(), extraction.findings.iter().map(|one| one.number).collect::<Vec<_>>()),
            ("", vec![2])
        );
    }

    #[test]
    fn flat_documents_and_older_ones_are_read() {
        let flat = "<?xml version='1.0'?><office:document office:mimetype='application/vnd.oasis.opendocument.text'><office:meta><dc:title>Visite</dc:title></office:meta>\
            <office:master-styles><style:master-page><style:header><text:p>Tête</text:p></style:header></style:master-page></office:master-styles>\
            <office:body><office:text><text:p>Le  jardin<draw:image><office:binary-data>iVBORw0KGgo=</office:binary-data></draw:image></text:p></office:text></office:body></office:document>";
        let extraction = extract(flat.as_bytes(), "x.fodt");
        assert_eq!((extraction.title.as_deref(), extraction.text.trim()), (Some("Visite"), "Le jardin\nTête"));
        let old = container(&[
            ("mimetype", "application/vnd.sun.xml.writer"),
            (
                "content.xml",
                "<office:document-content office:class='text'><office:body><text:p>Ancien<text:tab-stop/>texte</text:p></office:body></office:document-content>",
            ),
        ]);
        assert_eq!(text(&old), "Ancien\ttexte");
    }
}
