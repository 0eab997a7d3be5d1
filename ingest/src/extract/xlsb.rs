//! Workbooks of Excel whose sheets are binary within a ZIP container ([MS-XLSB]): the sheets in their order with what
//! their cells show, then the comments.

use super::{
    little::{f64_at, size_at, u16_at, u32_at, up_to, wide},
    numbers::Formats,
    office::{Package, properties},
    ole::compressed,
};
use crate::limits::MAX_TEXT;
use chartrier_schemas::Extraction;
use std::collections::BTreeMap;

/// Words that cells share, in bytes: what is beyond could not be shown anyway.
const MAX_SHARED: usize = MAX_TEXT * 4;

/// Sheets of one workbook.
const MAX_SHEETS: usize = 10_000;

/// Where the workbook itself lies.
pub(super) const WORKBOOK: &str = "xl/workbook.bin";

// Kinds of records ([MS-XLSB], 2.3.2).
const ROW: u32 = 0;
const COMPRESSED: u32 = 2;
const TRUTH: u32 = 4;
const NUMBER: u32 = 5;
const WORDS: u32 = 6;
const SHARED_WORDS: u32 = 7;
const WORDS_FOUND: u32 = 8;
const NUMBER_FOUND: u32 = 9;
const TRUTH_FOUND: u32 = 10;
const SHARED: u32 = 19;
const FORMAT: u32 = 44;
const STYLE: u32 = 47;
const RICH_WORDS: u32 = 62;
const WORKBOOK_SETTINGS: u32 = 153;
const SHEET: u32 = 156;
const STYLES_BEGIN: u32 = 617;
const STYLES_END: u32 = 618;
const COMMENT: u32 = 637;

/// Reads a workbook.
pub(super) fn read(bytes: &[u8], extraction: &mut Extraction) {
    let mut package = Package::open(bytes);
    if let Some(core) = package.text("docProps/core.xml") {
        properties(&core, extraction);
    }
    let entry = |package: &mut Package<'_>, name: &str| package.bytes(name).unwrap_or_default();
    let mut book = Book::default();
    let workbook = entry(&mut package, WORKBOOK);
    let targets: BTreeMap<String, String> =
        package.relations(WORKBOOK).into_iter().map(|relation| (relation.id, relation.target)).collect();
    book.styles(&entry(&mut package, "xl/styles.bin"));
    book.shared(&entry(&mut package, "xl/sharedStrings.bin"));
    let sheets = book.workbook(&workbook);
    for (relation, name) in &sheets {
        book.text.push_str(name);
        book.text.push('\n');
        if let Some(target) = targets.get(relation) {
            book.sheet(&entry(&mut package, target));
        }
        if book.text.len() > MAX_TEXT {
            break;
        }
    }
    for number in 1..=sheets.len() {
        book.comments(&entry(&mut package, &format!("xl/comments{number}.bin")));
    }
    extraction.text = book.text;
    extraction.findings.append(&mut package.findings);
}

/// The records of a part, one after another: each a kind, a length, and what it says ([MS-XLSB], 2.1.4).
fn records(bytes: &[u8]) -> impl Iterator<Item = (u32, &[u8])> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let kind = number(bytes, &mut at, 2)?;
        let length = usize::try_from(number(bytes, &mut at, 4)?).ok()?;
        let body = up_to(bytes, at, length);
        at += length;
        Some((kind, body))
    })
}

/// A number of at most so many bytes, each of which says whether another one follows.
fn number(bytes: &[u8], at: &mut usize, most: u32) -> Option<u32> {
    let mut value = 0;
    for place in 0..most {
        let byte = *bytes.get(*at)?;
        *at += 1;
        value |= u32::from(byte & 0x7f) << (place * 7);
        if byte & 0x80 == 0 {
            break;
        }
    }
    Some(value)
}

/// A string with its length before it.
fn string(bytes: &[u8]) -> String {
    wide(up_to(bytes, 4, size_at(bytes, 0).unwrap_or(0).saturating_mul(2)))
}

#[derive(Default)]
struct Book {
    formats: Formats,
    shared: String,
    ends: Vec<usize>,
    text: String,
}

impl Book {
    /// The sheets: by which relation each is found, and its name.
    fn workbook(&mut self, bytes: &[u8]) -> Vec<(String, String)> {
        let mut sheets = Vec::new();
        for (kind, body) in records(bytes) {
            match kind {
                WORKBOOK_SETTINGS => self.formats.from_1904 = u32_at(body, 0).is_some_and(|flags| flags & 1 != 0),
                SHEET if sheets.len() < MAX_SHEETS => {
                    let relation = body.get(8..).unwrap_or_default();
                    let length = size_at(relation, 0).filter(|length| *length < 1_000).unwrap_or(0) * 2;
                    sheets.push((string(relation), string(relation.get(4 + length..).unwrap_or_default())));
                }
                _ => {}
            }
        }
        sheets
    }

    fn styles(&mut self, bytes: &[u8]) {
        let mut in_cells = false;
        for (kind, body) in records(bytes) {
            match kind {
                STYLES_BEGIN | STYLES_END => in_cells = kind == STYLES_BEGIN,
                FORMAT => {
                    let code = string(body.get(2..).unwrap_or_default());
                    u16_at(body, 0).into_iter().for_each(|number| self.formats.add_code(number, code.clone()));
                }
                STYLE if in_cells => self.formats.add_style(u16_at(body, 2).unwrap_or(0)),
                _ => {}
            }
        }
    }

    fn shared(&mut self, bytes: &[u8]) {
        for (_, body) in records(bytes).filter(|(kind, _)| *kind == SHARED) {
            self.shared.push_str(&string(body.get(1..).unwrap_or_default()));
            self.ends.push(self.shared.len());
            if self.shared.len() > MAX_SHARED {
                break;
            }
        }
    }

    fn shared_words(&self, number: usize) -> &str {
        let from = number.checked_sub(1).map_or(Some(0), |before| self.ends.get(before).copied());
        from.zip(self.ends.get(number)).and_then(|(from, to)| self.shared.get(from..*to)).unwrap_or_default()
    }

    fn sheet(&mut self, bytes: &[u8]) {
        for (kind, body) in records(bytes) {
            if self.text.len() > MAX_TEXT {
                break;
            }
            if kind == ROW {
                newline(&mut self.text);
                continue;
            }
            // Column, style, and what the cell holds.
            let style = u32_at(body, 4).map_or(0, |style| (style & 0xff_ffff) as usize);
            let value = body.get(8..).unwrap_or_default();
            let shown = match kind {
                COMPRESSED => u32_at(value, 0).map(|rk| self.formats.shown(style, compressed(rk))),
                TRUTH | TRUTH_FOUND => value.first().map(|truth| if *truth == 0 { "FALSE" } else { "TRUE" }.to_owned()),
                NUMBER | NUMBER_FOUND => f64_at(value, 0).map(|number| self.formats.shown(style, number)),
                WORDS | WORDS_FOUND => Some(string(value)),
                RICH_WORDS => Some(string(value.get(1..).unwrap_or_default())),
                SHARED_WORDS => size_at(value, 0).map(|number| self.shared_words(number).to_owned()),
                _ => None,
            };
            if let Some(shown) = shown {
                self.text.push_str(&shown);
                self.text.push('\t');
            }
        }
        newline(&mut self.text);
    }

    fn comments(&mut self, bytes: &[u8]) {
        for (_, body) in records(bytes).filter(|(kind, _)| *kind == COMMENT) {
            self.text.push_str(&string(body.get(1..).unwrap_or_default()));
            self.text.push('\n');
        }
    }
}

fn newline(text: &mut String) {
    text.truncate(text.trim_end_matches('\t').len());
    if !text.is_empty() && !text.ends_with('\n') {
        text.push('\n');
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extract::{extract, office::tests::container_of, ole::compound::tests::damage};

    fn record(kind: u32, body: &[u8]) -> Vec<u8> {
        let number = |value: usize| match value {
            0..0x80 => vec![u8::try_from(value).unwrap()],
            _ => vec![u8::try_from(value & 0x7f).unwrap() | 0x80, u8::try_from(value >> 7).unwrap()],
        };
        [number(kind as usize), number(body.len()), body.to_vec()].concat()
    }

    fn string(words: &str) -> Vec<u8> {
        let units: Vec<u16> = words.encode_utf16().collect();
        [
            &u32::try_from(units.len()).unwrap().to_le_bytes()[..],
            &units.iter().flat_map(|unit| unit.to_le_bytes()).collect::<Vec<_>>(),
        ]
        .concat()
    }

    fn cell(style: u32, value: &[u8]) -> Vec<u8> {
        [&[0; 4][..], &style.to_le_bytes(), value].concat()
    }

    fn workbook() -> Vec<u8> {
        let sheet = [
            record(ROW, &[0; 17]),
            record(SHARED_WORDS, &cell(0, &[1, 0, 0, 0])),
            record(WORDS, &cell(0, &string("chêne"))),
            record(ROW, &[1; 17]),
            record(NUMBER, &cell(1, &39_448_f64.to_le_bytes())),
            record(COMPRESSED, &cell(0, &(7_u32 << 2 | 2).to_le_bytes())),
            record(TRUTH_FOUND, &cell(0, &[1])),
        ];
        let styles = [
            record(FORMAT, &[&[164, 0][..], &string("yyyy\\-mm")].concat()),
            record(STYLES_BEGIN, &[2, 0, 0, 0]),
            record(STYLE, &[0; 16]),
            record(STYLE, &[0, 0, 164, 0]),
            record(STYLES_END, &[]),
        ];
        let shared =
            [record(SHARED, &[&[0][..], &string("un")].concat()), record(SHARED, &[&[0][..], &string("œuvre")].concat())];
        let names = record(SHEET, &[&[0; 8][..], &string("rId1"), &string("Parc")].concat());
        let comments = record(COMMENT, &[&[0][..], &string("À voir")].concat());
        container_of(&[
            ("[Content_Types].xml", b"<Types/>"),
            (WORKBOOK, &names),
            (
                "xl/_rels/workbook.bin.rels",
                b"<Relationships><Relationship Id='rId1' Target='worksheets/sheet7.bin'/></Relationships>",
            ),
            ("xl/worksheets/sheet7.bin", &sheet.concat()),
            ("xl/sharedStrings.bin", &shared.concat()),
            ("xl/styles.bin", &styles.concat()),
            ("xl/comments1.bin", &comments),
            ("docProps/core.xml", b"<cp:coreProperties><dc:title>Arbres</dc:title></cp:coreProperties>"),
        ])
    }

    #[test]
    fn binary_sheets_are_read() {
        let extraction = extract(&workbook(), "x");
        assert_eq!(extraction.text, "Parc\nœuvre\tchêne\n2008-01\t7\tTRUE\nÀ voir\n");
        assert_eq!((extraction.title.as_deref(), extraction.format.tags[0].as_str()), (Some("Arbres"), "xlsb"));
    }

    #[test]
    fn damage_never_stops_the_reading() {
        damage(&workbook(), |bytes| {
            read(bytes, &mut Extraction::default());
        });
        let noise: Vec<u8> = (0..5_000_u32).map(|n| (n * n % 251) as u8).collect();
        let mut book = Book::default();
        book.workbook(&noise);
        book.styles(&noise);
        book.shared(&noise);
        book.sheet(&noise);
        book.comments(&noise);
    }
}
