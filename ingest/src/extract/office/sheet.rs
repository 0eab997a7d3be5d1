//! Excel: each sheet with its name and its rows, cells as people see them, and what is drawn and noted on it.

use super::{
    super::{
        numbers::Formats,
        xml::{Piece, walk},
    },
    package::{Package, Relation},
    runs::newline,
    story::Story,
};
use crate::{findings, limits::MAX_TEXT};

/// Reads a workbook whose list of sheets is the part `main`.
pub(super) fn read(package: &mut Package<'_>, main: &str) -> String {
    let mut story = Story::new(package);
    let relations = story.relations(main);
    let source = story.package.text(main).unwrap_or_default();
    let part = |kind: &str, usual: &str| {
        let related = relations.iter().find(|relation| relation.kind == kind);
        related.map_or_else(|| usual.to_owned(), |relation| relation.target.clone())
    };
    let (words, styles) = (part("sharedStrings", "xl/sharedStrings.xml"), part("styles", "xl/styles.xml"));
    let mut book = Book {
        words: shared(&story.package.text(&words).unwrap_or_default()),
        formats: formats(&story.package.text(&styles).unwrap_or_default()),
    };
    book.formats.from_1904 = counts_from_1904(&source);
    let sheets = sheets(&source, &relations);
    let listed = !sheets.is_empty();
    for (name, target) in if listed { sheets } else { usual(story.package) } {
        if story.is_full() {
            break;
        }
        sheet(&mut story, &book, &name, &target);
    }
    story.end()
}

fn sheet(story: &mut Story<'_, '_>, book: &Book, name: &str, target: &str) {
    newline(&mut story.text);
    story.text.push_str(name);
    newline(&mut story.text);
    if target.is_empty() || !story.is_new(target) {
        return;
    }
    let Some(source) = story.package.text(target) else { return };
    if !cells(&source, book, &mut story.text) {
        story.package.findings.push(findings::damaged(format_args!("{target} is not well-formed")));
    }
    drop(source);
    let relations = story.relations(target);
    let is_new_notes = relations.iter().any(|relation| relation.kind == "threadedComment");
    // Each is also written as a note for older programs, which says so.
    let notes: &[&str] = if is_new_notes { &["threadedComment"] } else { &["comments"] };
    story.related(&relations, notes);
    story.related(&relations, &["drawing", "chart"]);
}

/// What all sheets share.
#[derive(Default)]
struct Book {
    words: Vec<String>,
    formats: Formats,
}

/// The sheets in their order: name and part.
fn sheets(source: &str, relations: &[Relation]) -> Vec<(String, String)> {
    let mut sheets = Vec::new();
    walk(source, &mut |piece| {
        if let Piece::Start("sheet", said) | Piece::Empty("sheet", said) = piece {
            let ids = said.get_all("id");
            let target = relations.iter().find(|relation| ids.contains(&relation.id)).map(|relation| relation.target.clone());
            sheets.push((said.get("name").unwrap_or_default(), target.unwrap_or_default()));
        }
    });
    // One that relates to nothing known is where everybody writes it.
    if sheets.iter().all(|(_, target)| target.is_empty()) {
        for (number, (_, target)) in (1..).zip(&mut sheets) {
            *target = format!("xl/worksheets/sheet{number}.xml");
        }
    }
    sheets
}

fn usual(package: &Package<'_>) -> Vec<(String, String)> {
    let sheets = package.names().iter().filter(|name| name.starts_with("xl/worksheets/") && name.ends_with(".xml"));
    sheets.map(|name| (String::new(), name.clone())).collect()
}

fn counts_from_1904(source: &str) -> bool {
    let mut from_1904 = false;
    walk(source, &mut |piece| {
        if let Piece::Start("workbookPr", said) | Piece::Empty("workbookPr", said) = piece {
            from_1904 = said.get("date1904").is_some_and(|said| matches!(said.as_str(), "1" | "true"));
        }
    });
    from_1904
}

/// The words that cells share, without how East Asian ones sound.
fn shared(source: &str) -> Vec<String> {
    let (mut words, mut item, mut open, mut silent) = (Vec::new(), String::new(), false, 0);
    walk(source, &mut |piece| match piece {
        Piece::Start("t", _) => open = true,
        Piece::End("t") => open = false,
        Piece::Start("rPh", _) => silent += 1,
        Piece::End("rPh") => silent -= 1,
        Piece::Text(text) if open && silent == 0 => item.push_str(text),
        Piece::End("si") => words.push(std::mem::take(&mut item)),
        Piece::Empty("si", _) => words.push(String::new()),
        _ => {}
    });
    words
}

/// The number formats, and which one each style of cells has.
fn formats(source: &str) -> Formats {
    let (mut formats, mut in_cells) = (Formats::default(), false);
    walk(source, &mut |piece| match piece {
        Piece::Start("cellXfs", _) => in_cells = true,
        Piece::End("cellXfs") => in_cells = false,
        Piece::Start(name @ ("numFmt" | "xf"), said) | Piece::Empty(name @ ("numFmt" | "xf"), said) => {
            let number = said.get("numFmtId").and_then(|number| number.parse().ok());
            match (name, number, said.get("formatCode")) {
                ("numFmt", Some(number), Some(code)) => formats.add_code(number, code),
                ("xf", number, _) if in_cells => formats.add_style(number.unwrap_or(0)),
                _ => {}
            }
        }
        _ => {}
    });
    formats
}

/// What a cell says in its `v`.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Value {
    Number,
    Words,
    /// The place of a shared word.
    Shared,
    Truth,
}

/// The cells of a sheet, a line for each row; answers whether it was well-formed.
fn cells(source: &str, book: &Book, text: &mut String) -> bool {
    let (mut value, mut style, mut written) = (Value::Number, 0usize, String::new());
    let (mut open, mut margin, mut silent) = (false, false, 0u32);
    let mut margins = String::new();
    let sound = walk(source, &mut |piece| match piece {
        Piece::Start("c", said) => {
            value = kind(said.get("t").as_deref());
            style = said.get("s").and_then(|style| style.parse().ok()).unwrap_or(0);
            written.clear();
        }
        Piece::Start("v" | "t", _) => open = silent == 0,
        Piece::End("v" | "t") => open = false,
        Piece::Start("rPh", _) => silent += 1,
        Piece::End("rPh") => silent = silent.saturating_sub(1),
        Piece::Text(words) if open => written.push_str(words),
        Piece::Text(words) if margin => margins.push_str(words),
        Piece::End("c") if text.len() <= MAX_TEXT => {
            let shown = shown(value, style, &written, book);
            if !shown.is_empty() {
                text.extend([shown.as_str(), "\t"]);
            }
        }
        Piece::End("row") => newline(text),
        Piece::Start("oddHeader" | "oddFooter" | "evenHeader" | "evenFooter" | "firstHeader" | "firstFooter", _) => margin = true,
        Piece::End("oddHeader" | "oddFooter" | "evenHeader" | "evenFooter" | "firstHeader" | "firstFooter") => {
            margin = false;
            let words = in_margin(&std::mem::take(&mut margins));
            newline(text);
            text.push_str(&words);
            newline(text);
        }
        _ => {}
    });
    newline(text);
    sound
}

fn kind(said: Option<&str>) -> Value {
    match said {
        None | Some("n") => Value::Number,
        Some("s") => Value::Shared,
        Some("b") => Value::Truth,
        Some(_) => Value::Words,
    }
}

fn shown(value: Value, style: usize, written: &str, book: &Book) -> String {
    match value {
        Value::Words => written.to_owned(),
        Value::Shared => written.trim().parse().ok().and_then(|at: usize| book.words.get(at)).cloned().unwrap_or_default(),
        Value::Truth => if written.trim() == "1" { "TRUE" } else { "FALSE" }.to_owned(),
        Value::Number => match written.trim().parse() {
            Ok(number) => book.formats.shown(style, number),
            // Strict files may write dates as such.
            Err(_) => written.to_owned(),
        },
    }
}

/// The words of a header or footer, without its codes: `&L`, `&"font,style"`, `&12`, `&P` (ECMA-376-1, 18.3.1.39).
fn in_margin(written: &str) -> String {
    let mut words = String::new();
    let mut chars = written.chars().peekable();
    while let Some(c) = chars.next() {
        match (c, if c == '&' { chars.next() } else { None }) {
            ('&', Some('&')) => words.push('&'),
            ('&', Some('L' | 'C' | 'R')) => words.push('\t'),
            ('&', Some('"')) => drop(chars.by_ref().find(|c| *c == '"')),
            ('&', Some('K')) => drop(chars.by_ref().take(6).count()),
            ('&', Some(c)) if c.is_ascii_digit() => while chars.next_if(char::is_ascii_digit).is_some() {},
            ('&', _) => {}
            (c, _) => words.push(c),
        }
    }
    words.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::{
        super::tests::{container, text},
        *,
    };

    #[test]
    fn rows_hang_together_and_cells_are_as_people_see_them() {
        let bytes = container(&[
            (
                "xl/workbook.xml",
                "<workbook><workbookPr/><sheets><sheet name='Budget &amp; prévisions' sheetId='1' r:id='rId7'/><sheet name='Caché' state='hidden' sheetId='2' r:id='rId8'/></sheets></workbook>",
            ),
            (
                "xl/_rels/workbook.xml.rels",
                "<Relationships><Relationship Id='rId7' Type='http://x/worksheet' Target='worksheets/sheet2.xml'/><Relationship Id='rId8' Type='http://x/worksheet' Target='worksheets/sheet1.xml'/>\
                 <Relationship Id='rId1' Type='http://x/sharedStrings' Target='sharedStrings.xml'/></Relationships>",
            ),
            (
                "xl/sharedStrings.xml",
                "<sst><si><t>Fleurs</t><rPh><t>hana</t></rPh></si><si><r><t>le </t></r><r><t>jardin</t></r></si></sst>",
            ),
            (
                "xl/styles.xml",
                "<styleSheet><numFmts><numFmt numFmtId='164' formatCode='dd/mm/yyyy;@'/></numFmts><cellStyleXfs><xf numFmtId='9'/></cellStyleXfs><cellXfs><xf numFmtId='0'/><xf numFmtId='164'/><xf numFmtId='10'/></cellXfs></styleSheet>",
            ),
            (
                "xl/worksheets/sheet2.xml",
                "<worksheet><sheetData><row><c t='s'><v>1</v></c><c><v>1250</v></c><c><f>A1*2</f><v>0.30000000000000004</v></c><c t='str'><f>X</f><v>1.50</v></c></row>\
                 <row><c t='s'><v>0</v></c><c s='1'><v>45000</v></c><c s='2'><v>0.125</v></c><c t='b'><v>1</v></c><c t='e'><v>#REF!</v></c><c t='inlineStr'><is><t>en place</t></is></c><c t='s'><v>99</v></c></row></sheetData>\
                 <headerFooter><oddHeader>&amp;L&amp;\"Arial,Gras\"&amp;12Présidence &amp;P</oddHeader></headerFooter></worksheet>",
            ),
            ("xl/worksheets/sheet1.xml", "<worksheet><sheetData><row><c t='n'><v>-3.5</v></c></row></sheetData></worksheet>"),
            (
                "xl/worksheets/_rels/sheet1.xml.rels",
                "<Relationships><Relationship Id='r1' Type='http://x/comments' Target='../comments1.xml'/><Relationship Id='r2' Type='http://x/drawing' Target='../drawings/drawing1.xml'/></Relationships>",
            ),
            (
                "xl/comments1.xml",
                "<comments><commentList><comment ref='A1'><text><r><t>À vérifier</t></r></text></comment></commentList></comments>",
            ),
            (
                "xl/drawings/drawing1.xml",
                "<xdr:wsDr><xdr:sp><xdr:cNvPr id='1' name='x' descr='Plan'/><xdr:txBody><a:p><a:r><a:t>Encadré</a:t></a:r></a:p></xdr:txBody></xdr:sp></xdr:wsDr>",
            ),
        ]);
        assert_eq!(
            text(&bytes),
            "Budget & prévisions\nle jardin\t1250\t0.3\t1.50\nFleurs\t15/03/2023\t12.50%\tTRUE\t#REF!\ten place\nPrésidence\nCaché\n-3.5\nÀ vérifier\nEncadré\nPlan"
        );
    }

    #[test]
    fn codes_of_margins_are_no_words() {
        assert_eq!(in_margin("&C&\"Arial\"&10Page &P / &N &K112233fin && &"), "Page  /  fin &");
    }
}
