//! Workbooks of Excel from its second version to that of 2003 ([MS-XLS]): the sheets in their order with what their cells
//! show, then the comments and texts laid over them.

use super::biff::{CONTINUE, Pieces, Record, Records, compressed, string};
use crate::{
    extract::{
        codepage,
        little::{f64_at, size_at, u16_at, u32_at, up_to},
        numbers::{Formats, general},
    },
    findings,
    limits::MAX_TEXT,
};
use chartrier_schemas::Extraction;
use encoding_rs::{Encoding, WINDOWS_1252};
use std::collections::BTreeMap;

/// Words that cells share, in bytes: what is beyond could not be shown anyway.
const MAX_SHARED: usize = MAX_TEXT * 4;

/// How many words cells may share.
const MAX_SHARED_COUNT: usize = 1 << 22;

const FORMULA: u16 = 0x06;
const END: u16 = 0x0a;
const HEADER: u16 = 0x14;
const FOOTER: u16 = 0x15;
const NOTE: u16 = 0x1c;
const FROM_1904: u16 = 0x22;
const PASSWORD: u16 = 0x2f;
const CODE_PAGE: u16 = 0x42;
const SHEET: u16 = 0x85;
const NUMBERS: u16 = 0xbd;
const RICH_LABEL: u16 = 0xd6;
const STYLE: u16 = 0xe0;
const SHARED: u16 = 0xfc;
const SHARED_LABEL: u16 = 0xfd;
const TEXT_OBJECT: u16 = 0x1b6;
const RESULT: u16 = 0x207;
const COMPRESSED: u16 = 0x27e;
const FORMAT: u16 = 0x41e;
const CHART_TEXT: u16 = 0x100d;

/// A substream that is a chart.
const CHART: u16 = 0x20;

/// Whether bytes begin as a workbook's stream does: before Excel 5 there was nothing around it.
pub(super) fn begins(bytes: &[u8]) -> bool {
    Records::of(bytes).next().is_some_and(|record| is_beginning(&record))
}

/// Reads a workbook's stream.
pub(super) fn read(stream: &[u8], extraction: &mut Extraction) {
    let mut workbook = Workbook::default();
    let mut records = Records::of(stream);
    let Some(first) = records.next().filter(is_beginning) else {
        extraction.findings.push(findings::damaged("its workbook does not begin as one"));
        return;
    };
    workbook.begin(&first);
    while let Some(record) = records.next() {
        if record.kind == PASSWORD {
            extraction.findings.push(findings::password());
            return;
        }
        workbook.take(&record, &mut records);
        if workbook.text.len() > MAX_TEXT {
            break;
        }
    }
    workbook.end_sheet();
    if workbook.depth > 0 && workbook.text.trim().is_empty() {
        extraction.findings.push(findings::damaged("its workbook has no end"));
    }
    extraction.text = workbook.text;
}

/// The beginning of a workbook, a sheet or a chart, of any version.
fn is_beginning(record: &Record<'_>) -> bool {
    matches!(record.kind, 0x09 | 0x209 | 0x409 | 0x809)
}

struct Workbook {
    /// 2 to 5, or 8.
    version: u16,
    encoding: &'static Encoding,
    formats: Formats,
    /// Names of sheets by where they begin.
    sheets: BTreeMap<usize, String>,
    shared: Shared,
    text: String,
    /// Comments and laid over texts of the sheet, which come behind its cells.
    notes: String,
    row: Option<u16>,
    /// Substreams within which the present record lies.
    depth: u32,
    in_chart: bool,
    /// The style of a formula whose result stands in the next record.
    awaits_result: bool,
}

impl Default for Workbook {
    fn default() -> Self {
        Self {
            version: 8,
            encoding: WINDOWS_1252,
            formats: Formats::default(),
            sheets: BTreeMap::new(),
            shared: Shared::default(),
            text: String::new(),
            notes: String::new(),
            row: None,
            depth: 0,
            in_chart: false,
            awaits_result: false,
        }
    }
}

impl Workbook {
    fn begin(&mut self, record: &Record<'_>) {
        if self.depth == 0 {
            self.version = match (record.kind, u16_at(record.body, 0)) {
                (0x09, _) => 2,
                (0x209, _) => 3,
                (0x409, _) => 4,
                (_, Some(0x600)) => 8,
                _ => 5,
            };
            self.end_sheet();
            if let Some(name) = self.sheets.get(&record.at) {
                self.text.push_str(name);
                self.text.push('\n');
            }
        }
        self.depth += 1;
        self.in_chart = u16_at(record.body, 2) == Some(CHART);
    }

    fn end(&mut self) {
        self.depth = self.depth.saturating_sub(1);
        self.in_chart = false;
    }

    fn end_sheet(&mut self) {
        newline(&mut self.text);
        self.text.push_str(&std::mem::take(&mut self.notes));
        self.row = None;
    }

    fn take(&mut self, record: &Record<'_>, records: &mut Records<'_>) {
        let body = record.body;
        match record.kind {
            _ if is_beginning(record) => self.begin(record),
            END => self.end(),
            CODE_PAGE => self.encoding = codepage::encoding(u16_at(body, 0).unwrap_or(0).into()),
            FROM_1904 => self.formats.from_1904 = u16_at(body, 0) == Some(1),
            FORMAT => self.format(body),
            STYLE => self.formats.add_style(u16_at(body, 2).unwrap_or(0)),
            SHEET => self.sheet(body),
            SHARED => self.shared.read(body, records.continued()),
            CHART_TEXT => self.notes_line(string(body.get(2..).unwrap_or_default(), 1, self.is_unicode(), self.encoding)),
            _ if self.in_chart => {}
            HEADER | FOOTER => {
                let length_bytes = if self.is_unicode() { 2 } else { 1 };
                let words = string(body, length_bytes, self.is_unicode(), self.encoding);
                self.notes_line(words.map(|words| without_codes(&words)));
            }
            NOTE if !self.is_unicode() => self.notes_line(Some(self.words(up_to(body, 6, usize::MAX)))),
            TEXT_OBJECT if self.is_unicode() => self.laid_over(body, records.continued()),
            RESULT => self.result(body, records),
            CONTINUE => {}
            _ => self.cell(record),
        }
    }

    fn is_unicode(&self) -> bool {
        self.version == 8
    }

    fn words(&self, bytes: &[u8]) -> String {
        self.encoding.decode_without_bom_handling(bytes).0.into_owned()
    }

    fn format(&mut self, body: &[u8]) {
        let length_bytes = if self.is_unicode() { 2 } else { 1 };
        let code = body.get(2..).and_then(|code| string(code, length_bytes, self.is_unicode(), self.encoding));
        if let Some((number, code)) = u16_at(body, 0).zip(code) {
            self.formats.add_code(number, code);
        }
    }

    fn sheet(&mut self, body: &[u8]) {
        let name = body.get(6..).and_then(|name| string(name, 1, self.is_unicode(), self.encoding));
        if let Some((at, name)) = size_at(body, 0).zip(name) {
            self.sheets.insert(at, name);
        }
    }

    /// A text that lies over a sheet, or is a comment ([MS-XLS], 2.4.329).
    fn laid_over(&mut self, body: &[u8], continued: Vec<&[u8]>) {
        let count = usize::from(u16_at(body, 10).unwrap_or(0));
        let mut pieces = Pieces::of(&[], continued);
        let mut words = String::new();
        if count > 0
            && let Some(flags) = pieces.byte()
        {
            pieces.characters(count, flags, &mut words);
        }
        self.notes_line(Some(words));
    }

    fn notes_line(&mut self, words: Option<String>) {
        let words = words.filter(|words| !words.trim().is_empty() && self.notes.len() < MAX_TEXT);
        if let Some(words) = words {
            self.notes.push_str(&words);
            self.notes.push('\n');
        }
    }

    fn result(&mut self, body: &[u8], records: &mut Records<'_>) {
        if !std::mem::take(&mut self.awaits_result) {
            return;
        }
        if self.is_unicode() {
            let mut words = String::new();
            if let (Some(count), Some(flags)) = (u16_at(body, 0), body.get(2)) {
                Pieces::of(body.get(3..).unwrap_or_default(), records.continued()).characters(count.into(), *flags, &mut words);
            }
            self.text.push_str(&words);
        } else {
            let length_bytes = if self.version == 2 { 1 } else { 2 };
            self.text.push_str(&string(body, length_bytes, false, self.encoding).unwrap_or_default());
        }
    }

    fn cell(&mut self, record: &Record<'_>) {
        let body = record.body;
        // In the second version three bytes of attributes stand where later the style does.
        let value = if self.version == 2 && record.kind < 0x100 { 7 } else { 6 };
        let length_bytes = if value == 7 { 1 } else { 2 };
        let style = usize::from(u16_at(body, 4).unwrap_or(0));
        let shown = match record.kind {
            // A whole number of the second version.
            0x02 => u16_at(body, value).map(|number| number.to_string()),
            0x03 | 0x203 => f64_at(body, value).map(|number| self.number(style, number)),
            0x04 | 0x204 => body.get(value..).and_then(|words| string(words, length_bytes, self.is_unicode(), self.encoding)),
            RICH_LABEL => body.get(6..).and_then(|words| string(words, 2, self.is_unicode(), self.encoding)),
            0x05 | 0x205 => truth(body.get(value..)),
            FORMULA | 0x206 | 0x406 => self.formula(body, value, style),
            COMPRESSED => u32_at(body, 6).map(|rk| self.formats.shown(style, compressed(rk))),
            SHARED_LABEL => size_at(body, 6).map(|number| self.shared.get(number).to_owned()),
            NUMBERS => return self.numbers(body),
            _ => return,
        };
        self.awaits_result = self.awaits_result && matches!(record.kind, FORMULA | 0x206 | 0x406);
        if let Some(shown) = shown {
            self.place(u16_at(body, 0));
            self.text.push_str(&shown);
        }
    }

    fn number(&self, style: usize, number: f64) -> String {
        if self.version < 5 { general(number) } else { self.formats.shown(style, number) }
    }

    /// The result that a formula had when the workbook was saved ([MS-XLS], 2.5.133).
    fn formula(&mut self, body: &[u8], value: usize, style: usize) -> Option<String> {
        let result = body.get(value..value + 8)?;
        self.awaits_result = result.ends_with(b"\xff\xff") && result[0] == 0;
        match result {
            [0, .., 0xff, 0xff] => Some(String::new()),
            [1, _, truth, .., 0xff, 0xff] => self::truth(Some(&[*truth, 0])),
            [.., 0xff, 0xff] => None,
            _ => f64_at(result, 0).map(|number| self.number(style, number)),
        }
    }

    /// Several numbers side by side.
    fn numbers(&mut self, body: &[u8]) {
        for cell in body.get(4..body.len().saturating_sub(2)).unwrap_or_default().chunks_exact(6) {
            let (style, rk) = (u16_at(cell, 0).unwrap_or(0), u32_at(cell, 2).unwrap_or(0));
            self.place(u16_at(body, 0));
            self.text.push_str(&self.formats.shown(style.into(), compressed(rk)));
        }
    }

    /// Goes on to a cell of a row.
    fn place(&mut self, row: Option<u16>) {
        match self.row == row {
            true => self.text.push('\t'),
            false => newline(&mut self.text),
        }
        self.row = row;
    }
}

/// What is true or false; errors say nothing.
fn truth(value: Option<&[u8]>) -> Option<String> {
    match value? {
        [0, 0, ..] => Some("FALSE".to_owned()),
        [1, 0, ..] => Some("TRUE".to_owned()),
        _ => None,
    }
}

fn newline(text: &mut String) {
    if !text.is_empty() && !text.ends_with('\n') {
        text.push('\n');
    }
}

/// The words of a header or footer, without the codes that say how and where they stand (ECMA-376-1, 18.3.1.46).
fn without_codes(header: &str) -> String {
    let mut out = String::new();
    let mut rest = header.chars();
    while let Some(c) = rest.next() {
        if c != '&' {
            out.push(c);
            continue;
        }
        match rest.next() {
            Some('&') => out.push('&'),
            // A font and its style.
            Some('"') => drop(rest.by_ref().find(|c| *c == '"')),
            Some('0'..='9') => {
                let after = rest.as_str().trim_start_matches(|c: char| c.is_ascii_digit());
                rest = after.chars();
            }
            // A colour.
            Some('K') => drop(rest.by_ref().nth(5)),
            Some('L' | 'C' | 'R') => out.push(' '),
            _ => {}
        }
    }
    out.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Words that many cells have in common.
#[derive(Default)]
struct Shared {
    words: String,
    ends: Vec<usize>,
}

impl Shared {
    fn read(&mut self, body: &[u8], continued: Vec<&[u8]>) {
        let count = size_at(body, 4).unwrap_or(0).min(MAX_SHARED_COUNT);
        let mut pieces = Pieces::of(body, continued);
        pieces.skip(8);
        for _ in 0..count {
            let read = pieces.rich(&mut self.words);
            self.ends.push(self.words.len());
            if read.is_none() || self.words.len() > MAX_SHARED {
                break;
            }
        }
    }

    fn get(&self, number: usize) -> &str {
        let from = number.checked_sub(1).map_or(Some(0), |before| self.ends.get(before).copied());
        from.zip(self.ends.get(number)).and_then(|(from, to)| self.words.get(from..*to)).unwrap_or_default()
    }
}

#[cfg(test)]
pub(in crate::extract) mod tests {
    use super::*;
    use crate::extract::ole::compound::tests::damage;

    pub(in crate::extract) fn record(kind: u16, body: &[u8]) -> Vec<u8> {
        [&kind.to_le_bytes()[..], &u16::try_from(body.len()).unwrap().to_le_bytes(), body].concat()
    }

    fn cell(row: u16, column: u16, style: u16, value: &[u8]) -> Vec<u8> {
        [&row.to_le_bytes()[..], &column.to_le_bytes(), &style.to_le_bytes(), value].concat()
    }

    fn narrow(words: &[u8]) -> Vec<u8> {
        [&u16::try_from(words.len()).unwrap().to_le_bytes()[..], b"\0", words].concat()
    }

    /// A workbook of two sheets, of Excel 97.
    pub(in crate::extract) fn workbook() -> Vec<u8> {
        let begin = |kind: u16| record(0x809, &[&0x600_u16.to_le_bytes()[..], &kind.to_le_bytes(), &[0; 12]].concat());
        let shared = [&[9, 0, 0, 0, 3, 0, 0, 0][..], &narrow(b"Nom"), &narrow(b"Arbre"), &[6, 0, 0], b"ch"].concat();
        let sheet = |at: u32, name: &[u8]| {
            let length = u8::try_from(name.len()).unwrap();
            record(SHEET, &[&at.to_le_bytes()[..], &[0, 0, length, 0], name].concat())
        };
        let formula = |result: [u8; 8]| record(FORMULA, &[&cell(1, 2, 0, &result)[..], &[0; 8]].concat());
        let first = [
            begin(0x10),
            record(HEADER, &narrow(b"&L&\"Arial,Bold\"&12Jardin &P")),
            record(SHARED_LABEL, &cell(0, 0, 0, &[0; 4])),
            record(SHARED_LABEL, &cell(0, 1, 0, &[2, 0, 0, 0])),
            record(0x203, &cell(1, 0, 1, &39_448_f64.to_le_bytes())),
            record(COMPRESSED, &cell(1, 1, 2, &(1_234_u32 << 2 | 2).to_le_bytes())),
            formula([0, 0, 0, 0, 0, 0, 0xff, 0xff]),
            record(RESULT, &narrow(b"calcul\xe9")),
            formula([1, 0, 1, 0, 0, 0, 0xff, 0xff]),
            record(
                NUMBERS,
                &[&[2, 0, 0, 0][..], &[0; 2], &0x3ff0_0000_u32.to_le_bytes(), &[0; 2], &6_u32.to_le_bytes(), &[1, 0]].concat(),
            ),
            record(0x205, &cell(2, 2, 0, &[42, 1])),
            record(TEXT_OBJECT, &[&[0; 10][..], &[6, 0], &[0; 6]].concat()),
            record(CONTINUE, b"\0pous"),
            record(CONTINUE, b"\x01s\0\x59\x01"),
            record(CONTINUE, &[0; 16]),
            record(END, &[]),
        ]
        .concat();
        let second = [begin(0x10), record(0x204, &cell(0, 0, 0, &narrow(b"bas"))), record(END, &[])].concat();
        let globals = |one: u32, two: u32| {
            [
                begin(5),
                record(FORMAT, &[&[164, 0][..], &narrow(b"#,##0.00")].concat()),
                record(STYLE, &[0, 0, 0, 0]),
                record(STYLE, &[0, 0, 14, 0]),
                record(STYLE, &[0, 0, 164, 0]),
                sheet(one, b"Plan"),
                sheet(two, b"R\xe9serve"),
                record(SHARED, &shared),
                record(CONTINUE, b"\x01\xea\0n\0e\0s\0"),
                record(END, &[]),
            ]
            .concat()
        };
        let length = globals(0, 0).len();
        let places = [length, length + first.len()].map(|at| u32::try_from(at).unwrap());
        [globals(places[0], places[1]), first, second].concat()
    }

    fn text(stream: &[u8]) -> String {
        let mut extraction = Extraction::default();
        read(stream, &mut extraction);
        extraction.text
    }

    #[test]
    fn cells_are_read_as_they_are_shown() {
        let expected = "Plan\nNom\tchênes\n2008-01-01\t1,234.00\tcalculé\tTRUE\n1\t1\nJardin\npoussř\nRéserve\nbas\n";
        assert_eq!(text(&workbook()), expected);
    }

    #[test]
    fn older_workbooks_are_read() {
        let five = [
            record(0x809, &[0, 5, 5, 0, 0, 0, 0, 0]),
            record(CODE_PAGE, &1251_u16.to_le_bytes()),
            record(0x204, &cell(0, 0, 0, b"\x04\0\xcf\xe0\xf0\xea")),
            record(NOTE, b"\0\0\0\0\x02\0\xcf\xe0"),
            record(END, &[]),
        ];
        assert_eq!(text(&five.concat()), "Парк\nПа\n");
        let two = [
            record(0x09, &[2, 0, 0x10, 0]),
            record(0x04, b"\0\0\0\0\0\0\0\x03mot"),
            record(0x02, b"\0\0\x01\0\0\0\0\x07\0"),
            record(END, &[]),
        ];
        assert_eq!(text(&two.concat()), "mot\t7\n");
        let four = [record(0x409, &[0, 0, 0x10, 0]), record(0x203, &cell(0, 0, 0, &1.5_f64.to_le_bytes())), record(END, &[])];
        assert_eq!(text(&four.concat()), "1.5\n");
    }

    #[test]
    fn a_password_is_a_finding() {
        let mut locked = record(0x809, &[0, 6, 5, 0]);
        locked.extend(record(PASSWORD, &[1, 0]));
        let mut extraction = Extraction::default();
        read(&locked, &mut extraction);
        assert_eq!(extraction.findings[0].number, 2);
    }

    #[test]
    fn damage_never_stops_the_reading() {
        damage(&workbook(), |bytes| {
            text(bytes);
        });
        assert_eq!(without_codes("&L&\"Arial\"&14Été && &Ffin&K00FF00x&"), "Été & finx");
    }
}
