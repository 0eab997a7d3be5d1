//! Documents of Word from its sixth version to that of 2003 ([MS-DOC]): the text that its pieces make up, then notes,
//! comments, text boxes, headers and footers. Of fields the results are kept and not the codes.

use super::compound::{Compound, ROOT};
use crate::{
    extract::{
        codepage,
        little::{size_at, u16_at, up_to, wide},
    },
    findings,
    limits::MAX_TEXT,
};
use chartrier_schemas::Extraction;
use encoding_rs::{Encoding, WINDOWS_1252};
use std::ops::Range;

/// The first version whose tables lie in a stream of their own: Word 97.
const WORD_97: u16 = 0xc1;

/// Flags of the head ([MS-DOC], 2.5.2).
const IS_ENCRYPTED: u16 = 0x100;
const TABLES_IN_1: u16 = 0x200;

/// Pieces of one text.
const MAX_PIECES: usize = 1 << 20;

/// Reads a document.
pub(super) fn read(file: &mut Compound<'_>, extraction: &mut Extraction) {
    let stream = file.stream(ROOT, "WordDocument").unwrap_or_default();
    let Some(head) = Head::of(&stream) else {
        extraction.findings.push(findings::damaged("its head is missing"));
        return;
    };
    if head.is_encrypted {
        extraction.findings.push(findings::password());
        return;
    }
    let tables = head.tables.and_then(|name| file.stream(ROOT, name));
    let table = head.clx(tables.as_deref().unwrap_or(&stream));
    let pieces = match table.and_then(|clx| pieces(clx, &head)) {
        Some(pieces) => pieces,
        None => {
            // Text that was never saved in haste lies in one piece.
            if head.tables.is_some() {
                extraction.findings.push(findings::damaged("the table of its pieces is missing"));
            }
            vec![Piece { from: 0, until: head.all(), at: head.first, is_wide: false }]
        }
    };
    let text = Text { stream: &stream, pieces, encoding: head.encoding };
    for (part, range) in head.parts() {
        let characters = text.get(range, MAX_TEXT.saturating_sub(extraction.text.len()));
        let before = extraction.text.len();
        write(&characters, &mut extraction.text);
        if part > 0 && !extraction.text[before..].trim().is_empty() {
            extraction.text.push('\n');
        } else if part > 0 {
            extraction.text.truncate(before);
        }
    }
}

/// What the head of a document says ([MS-DOC], 2.5).
struct Head {
    is_encrypted: bool,
    /// The stream with the tables, if there is one.
    tables: Option<&'static str>,
    /// Where the table of pieces lies, and its length.
    clx: Range<usize>,
    /// Where the text begins that has no table.
    first: usize,
    /// Characters of the text, its footnotes, headers, macros, comments, endnotes, text boxes, and those of headers.
    lengths: [usize; 8],
    encoding: &'static Encoding,
}

impl Head {
    fn of(stream: &[u8]) -> Option<Self> {
        let (version, language, flags) = (u16_at(stream, 2)?, u16_at(stream, 6)?, u16_at(stream, 10)?);
        let is_97 = version >= WORD_97;
        let (lengths, clx) = if is_97 { (0x4c, 0x1a2) } else { (0x34, 0x160) };
        let at = size_at(stream, clx)?;
        let mut parts = [0; 8];
        for (number, length) in parts.iter_mut().enumerate() {
            // What counted macros counts nothing any more.
            *length = if is_97 && number == 3 { 0 } else { size_at(stream, lengths + number * 4)? };
        }
        Some(Self {
            is_encrypted: flags & IS_ENCRYPTED != 0,
            tables: is_97.then_some(if flags & TABLES_IN_1 != 0 { "1Table" } else { "0Table" }),
            clx: at..at.saturating_add(size_at(stream, clx + 4)?),
            first: size_at(stream, 24)?,
            lengths: parts,
            // Since Word 97, what is in 8 bits is of the West ([MS-DOC], 2.9.73).
            encoding: if is_97 { WINDOWS_1252 } else { codepage::of_language(language) },
        })
    }

    fn clx<'a>(&self, tables: &'a [u8]) -> Option<&'a [u8]> {
        Some(up_to(tables, self.clx.start, self.clx.len())).filter(|clx| !clx.is_empty())
    }

    /// Characters of all parts together.
    fn all(&self) -> usize {
        self.lengths.iter().fold(0, |sum, length| sum.saturating_add(*length))
    }

    /// The parts in the order in which they are read, headers last: the number of each, and its characters.
    fn parts(&self) -> Vec<(usize, Range<usize>)> {
        let mut from = 0_usize;
        let mut parts: Vec<_> = (0..)
            .zip(self.lengths)
            .map(|(number, length)| {
                let range = from..from.saturating_add(length);
                from = range.end;
                (number, range)
            })
            .collect();
        parts.sort_by_key(|(number, _)| [0, 1, 6, 7, 3, 2, 4, 5][*number]);
        parts
    }
}

/// Characters that lie side by side in the stream.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Piece {
    from: usize,
    until: usize,
    at: usize,
    is_wide: bool,
}

/// The table of pieces ([MS-DOC], 2.9.38 and 2.8.35).
fn pieces(clx: &[u8], head: &Head) -> Option<Vec<Piece>> {
    let mut at = 0;
    // What stands before the table says how its characters look.
    while clx.get(at) == Some(&1) {
        at += 3 + usize::from(u16_at(clx, at + 1)?);
    }
    if clx.get(at) != Some(&2) {
        return None;
    }
    let table = up_to(clx, at + 5, size_at(clx, at + 1)?);
    let count = (table.len().checked_sub(4)? / 12).min(MAX_PIECES);
    let mut pieces = Vec::new();
    for number in 0..count {
        let (from, until) = (size_at(table, number * 4)?, size_at(table, number * 4 + 4)?);
        let place = size_at(table, (count + 1) * 4 + number * 8 + 2)?;
        // Before Word 97 there are only 8 bits.
        let is_wide = head.tables.is_some() && place & 0x4000_0000 == 0;
        let at = match head.tables {
            Some(_) if !is_wide => (place & 0x3fff_ffff) / 2,
            _ => place & 0x3fff_ffff,
        };
        if until > from {
            pieces.push(Piece { from, until, at, is_wide });
        }
    }
    Some(pieces).filter(|pieces| !pieces.is_empty())
}

struct Text<'a> {
    stream: &'a [u8],
    pieces: Vec<Piece>,
    encoding: &'static Encoding,
}

impl Text<'_> {
    /// The characters of a range, at most so many bytes.
    fn get(&self, range: Range<usize>, most: usize) -> Vec<char> {
        let mut out = String::new();
        for piece in &self.pieces {
            let (from, until) = (range.start.max(piece.from), range.end.min(piece.until));
            if from >= until {
                continue;
            }
            let width = 1 + usize::from(piece.is_wide);
            let skipped = (from - piece.from).saturating_mul(width);
            let bytes = up_to(self.stream, piece.at.saturating_add(skipped), (until - from).saturating_mul(width));
            if piece.is_wide {
                out.push_str(&wide(bytes));
            } else {
                out.push_str(&self.encoding.decode_without_bom_handling(bytes).0);
            }
            if out.len() > most {
                break;
            }
        }
        out.chars().collect()
    }
}

const FIELD: char = '\u{13}';
const FIELD_RESULT: char = '\u{14}';
const FIELD_END: char = '\u{15}';

/// Within how many codes of fields each character lies, as what the one before it does not. A field that never ends is
/// none.
fn codes(characters: &[char]) -> Vec<i32> {
    let mut changes = vec![0; characters.len() + 1];
    let mut open: Vec<(usize, Option<usize>)> = Vec::new();
    for (at, c) in characters.iter().enumerate() {
        match *c {
            FIELD => open.push((at, None)),
            FIELD_RESULT => {
                if let Some((_, result @ None)) = open.last_mut() {
                    *result = Some(at);
                }
            }
            FIELD_END => {
                if let Some((from, result)) = open.pop() {
                    changes[from] += 1;
                    changes[result.unwrap_or(at) + 1] -= 1;
                }
            }
            _ => {}
        }
    }
    changes
}

/// Writes characters down, without what only lays them out ([MS-DOC], 2.4.1 and 2.8.25).
fn write(characters: &[char], out: &mut String) {
    let mut around = 0;
    let shown = characters.iter().zip(codes(characters)).filter_map(|(c, change)| {
        around += change;
        (around == 0).then_some(*c)
    });
    let mut shown = shown.peekable();
    while let Some(c) = shown.next() {
        match c {
            '\r' | '\u{b}' => out.push('\n'),
            // Two marks end a row.
            '\u{7}' if shown.next_if_eq(&'\u{7}').is_some() => out.push('\n'),
            '\u{7}' => out.push('\t'),
            '\u{e}' => out.push('\n'),
            '\u{1e}' => out.push('-'),
            '\t' | '\n' | '\u{c}' => out.push(c),
            // Pictures, marks of notes, hyphens that are not shown.
            _ if c < ' ' => {}
            c => out.push(c),
        }
    }
}

#[cfg(test)]
pub(in crate::extract) mod tests {
    use super::*;
    use crate::extract::ole::compound::tests::{compound, damage};

    /// A document of Word 97: each part in pieces of 8 and 16 bits.
    pub(in crate::extract) fn document(parts: [&str; 8]) -> Vec<u8> {
        let mut stream = vec![0; 0x600];
        let (mut ends, mut places, mut at) = (vec![0_u32], Vec::new(), 0_u32);
        for part in parts {
            let characters: Vec<char> = part.chars().collect();
            for piece in characters.chunks(7) {
                let narrow = ends.len() % 2 == 1 && piece.iter().all(|c| u32::from(*c) < 0x100);
                let place = u32::try_from(stream.len()).unwrap();
                places.push(if narrow { (place * 2) | 0x4000_0000 } else { place });
                for c in piece {
                    let code = u16::try_from(u32::from(*c)).unwrap();
                    stream.extend(&code.to_le_bytes()[..if narrow { 1 } else { 2 }]);
                }
                at += u32::try_from(piece.len()).unwrap();
                ends.push(at);
            }
        }
        let mut table: Vec<u8> = ends.iter().flat_map(|end| end.to_le_bytes()).collect();
        table.extend(places.iter().flat_map(|place| [&[0, 0][..], &place.to_le_bytes(), &[0, 0]].concat()));
        let clx = [&[1, 2, 0, 9, 9, 2][..], &u32::try_from(table.len()).unwrap().to_le_bytes(), &table].concat();
        let mut put = |at: usize, bytes: &[u8]| stream[at..at + bytes.len()].copy_from_slice(bytes);
        put(0, &[0xec, 0xa5, 0xc1, 0, 0, 0, 0x0c, 4, 0, 0, 0, 2]);
        for (number, part) in parts.iter().enumerate() {
            put(0x4c + number * 4, &u32::try_from(part.chars().count()).unwrap().to_le_bytes());
        }
        put(0x1a2, &4_u32.to_le_bytes());
        put(0x1a6, &u32::try_from(clx.len()).unwrap().to_le_bytes());
        compound(&[("WordDocument", &stream), ("1Table", &[&[0; 4][..], &clx].concat())])
    }

    pub(in crate::extract) const PARTS: [&str; 8] = [
        "Le \u{13} HYPERLINK \"x\" \u{14}château\u{15} de Ker\u{1f}saint\r\u{13} XE \"index\" \u{15}Œuvre\u{b}d’art\u{7}deux\u{7}\u{7}fin\u{13}\r",
        "\u{2} Une note\r",
        "En-tête\r",
        "",
        "\u{5}Un avis\r",
        "",
        "Un cadre\r",
        "",
    ];

    fn text(bytes: &[u8]) -> (String, Vec<u16>) {
        let mut extraction = Extraction::default();
        if let Some(mut file) = Compound::open(bytes) {
            read(&mut file, &mut extraction);
        }
        (extraction.text, extraction.findings.iter().map(|finding| finding.number).collect())
    }

    #[test]
    fn a_document_is_read_in_its_order() {
        let expected = "Le château de Kersaint\nŒuvre\nd’art\tdeux\nfin\n Une note\n\nUn avis\n\nUn cadre\n\nEn-tête\n\n";
        assert_eq!(text(&document(PARTS)), (expected.to_owned(), Vec::new()));
    }

    #[test]
    fn a_document_of_word_6_is_read() {
        let mut stream = vec![0; 0x200];
        stream[..12].copy_from_slice(&[0xdc, 0xa5, 104, 0, 0, 0, 0x19, 4, 0, 0, 0, 0]);
        stream[24..28].copy_from_slice(&0x200_u32.to_le_bytes());
        stream[0x34..0x38].copy_from_slice(&5_u32.to_le_bytes());
        stream.extend(b"\xcf\xe0\xf0\xea\r");
        assert_eq!(text(&compound(&[("WordDocument", &stream)])), ("Парк\n".to_owned(), Vec::new()));
    }

    #[test]
    fn what_cannot_be_read_is_said() {
        let bytes = document(PARTS);
        let mut stream = Compound::open(&bytes).unwrap().stream(ROOT, "WordDocument").unwrap();
        assert_eq!(text(&compound(&[("WordDocument", &stream)])).1, [3]);
        stream[11] |= 1;
        assert_eq!(text(&compound(&[("WordDocument", &stream)])).1, [2]);
        assert_eq!(text(&compound(&[("WordDocument", b"rien")])).1, [3]);
    }

    #[test]
    fn fields_within_fields_leave_their_results() {
        let mut out = String::new();
        write(
            &"\u{13}A\u{13}B\u{14}b\u{15}\u{14}un \u{13}C\u{14}deux\u{15}\u{15}\u{15}\u{14}".chars().collect::<Vec<_>>(),
            &mut out,
        );
        assert_eq!(out, "un deux");
        let deep: Vec<char> = [FIELD, FIELD_END].iter().flat_map(|c| std::iter::repeat_n(*c, 20_000)).collect();
        write(&deep, &mut out);
    }

    #[test]
    fn damage_never_stops_the_reading() {
        damage(&document(PARTS), |bytes| {
            text(bytes);
        });
    }
}
