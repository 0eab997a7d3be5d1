//! What Tesseract says, read as if an enemy had written it: lines of fields between tabs, of which those that are no words
//! are passed over.

use crate::{extract::joined, limits::MAX_PAGE_WORDS, worker::trust::clean};
use chartrier_schemas::{PAGE_UNITS, PageRow, PageWord};

/// The level of a line that is a word, and how many fields it has.
const WORD: &str = "5";
const FIELDS: usize = 12;

/// The longest word that is believed, in bytes.
const MAX_WORD: usize = 256;

/// A word of which the program is less sure than this is a smudge.
const LEAST: f32 = 20.0;

/// The text of a page, where its words stand, and how sure the program is of them, out of 100.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Read {
    pub(super) text: String,
    pub(super) rows: Vec<PageRow>,
    pub(super) confidence: u8,
}

/// Reads an answer about a page of so many pixels; none if it is not one.
pub(super) fn read(said: &[u8], size: (u32, u32)) -> Option<Read> {
    let said = String::from_utf8_lossy(said);
    let mut lines = said.lines();
    if !lines.next()?.starts_with("level\tpage_num\t") {
        return None;
    }
    let (mut text, mut sum, mut count) = (String::new(), 0.0, 0_u32);
    let mut rows: Vec<Vec<PageWord>> = Vec::new();
    let mut before = ["", "", ""];
    for line in lines {
        let fields: Vec<&str> = line.splitn(FIELDS, '\t').collect();
        let [WORD, _, block, paragraph, row, _, left, top, width, height, confidence, word] = fields[..] else { continue };
        let word = word.trim();
        let Some(confidence) = confidence.parse::<f32>().ok().filter(|sure| (LEAST..=100.0).contains(sure)) else { continue };
        if word.is_empty() || word.len() > MAX_WORD {
            continue;
        }
        let place = [block, paragraph, row];
        match (text.is_empty(), place == before, place[..2] == before[..2]) {
            (true, ..) => {}
            (_, true, _) => text.push(' '),
            (_, _, true) => text.push('\n'),
            _ => text.push_str("\n\n"),
        }
        text.push_str(word);
        if place != before || rows.is_empty() {
            rows.push(Vec::new());
        }
        if let Some(row) = rows.last_mut().filter(|_| (count as usize) < MAX_PAGE_WORDS) {
            row.extend(placed(word, [left, top, width, height], size));
        }
        (sum, count, before) = (sum + confidence, count + 1, place);
    }
    clean(&mut text);
    let confidence = if count == 0 { 0 } else { (sum / count as f32).round() as u8 };
    Some(Read { text: joined(&text.replace('\u{c}', "\n")), rows: turned(rows), confidence })
}

/// A word and its box: left, top, width and height in pixels of the page, as far as they can be believed.
fn placed(word: &str, place: [&str; 4], (width, height): (u32, u32)) -> Option<PageWord> {
    let [left, top, wide, high] = place.map(|number| number.parse::<u32>().ok());
    let span = |from: u32, long: u32, whole: u32| {
        let at = |pixels: u64| u16::try_from(pixels * u64::from(PAGE_UNITS) / u64::from(whole.max(1))).ok();
        let (from, to) = (at(from.into())?, at(u64::from(from) + u64::from(long))?);
        (from < to && to <= PAGE_UNITS).then_some((from, to))
    };
    let ((left, right), (top, bottom)) = (span(left?, wide?, width)?, span(top?, high?, height)?);
    let mut text = word.to_owned();
    text.retain(|c| !c.is_control());
    (!text.trim().is_empty()).then_some(PageWord { text, left, top, right, bottom })
}

/// Rows of words, each with the direction in which its words follow each other; one word goes where most others do.
fn turned(rows: Vec<Vec<PageWord>>) -> Vec<PageRow> {
    let turns: Vec<Option<u8>> = rows.iter().map(|row| turn(row)).collect();
    let most = (0..4).rev().max_by_key(|turn| turns.iter().filter(|other| **other == Some(*turn)).count()).unwrap_or(0);
    let rows = rows.into_iter().zip(turns).filter(|(words, _)| !words.is_empty());
    rows.map(|(words, turn)| PageRow { turn: turn.unwrap_or(most), words }).collect()
}

/// By how many quarters of a circle a row is turned, as its first and last word show.
fn turn(row: &[PageWord]) -> Option<u8> {
    let [first, .., last] = row else { return None };
    let middle = |word: &PageWord| (i32::from(word.left) + i32::from(word.right), i32::from(word.top) + i32::from(word.bottom));
    let ((from, above), (to, below)) = (middle(first), middle(last));
    let (across, down) = (to - from, below - above);
    Some(match (across.abs() >= down.abs(), across >= 0, down >= 0) {
        (true, true, _) => 0,
        (true, false, _) => 2,
        (false, _, true) => 1,
        (false, _, false) => 3,
    })
}

/// The version out of what the program says of itself: `tesseract 5.3.0`, then of its libraries.
pub(super) fn version(said: &[u8]) -> Option<String> {
    let said = String::from_utf8_lossy(said);
    let version = said.lines().next()?.strip_prefix("tesseract ")?.trim();
    let is_plain = !version.is_empty()
        && version.len() <= 40
        && version.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'+'));
    is_plain.then(|| version.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "level\tpage_num\tblock_num\tpar_num\tline_num\tword_num\tleft\ttop\twidth\theight\tconf\ttext\n";
    const SIZE: (u32, u32) = (1_000, 2_000);

    fn word(place: &str, confidence: &str, word: &str) -> String {
        at(place, [0, 0, 9, 9], confidence, word)
    }

    fn at(place: &str, [left, top, width, height]: [u32; 4], confidence: &str, word: &str) -> String {
        format!("5\t1\t{place}\t1\t{left}\t{top}\t{width}\t{height}\t{confidence}\t{word}\n")
    }

    #[test]
    fn words_become_lines_and_paragraphs() {
        let said = [
            HEAD,
            "1\t1\t0\t0\t0\t0\t0\t0\t2480\t3508\t-1\t\n",
            &word("1\t1\t1", "96.5", "une"),
            &word("1\t1\t1", "90", "déco-"),
            &word("1\t1\t2", "93.5", "ration"),
            &word("1\t2\t1", "80", "Fin"),
            &word("1\t2\t1", "3", "~|"),
        ]
        .concat();
        let told = read(said.as_bytes(), SIZE).map(|read| (read.text, read.rows.len(), read.confidence));
        assert_eq!(told, Some(("une décoration\n\nFin".to_owned(), 3, 90)));
        assert_eq!(read(HEAD.as_bytes(), SIZE), Some(Read { text: String::new(), rows: Vec::new(), confidence: 0 }));
    }

    #[test]
    fn words_stand_where_they_were_found() {
        let said = [
            HEAD,
            &at("1\t1\t1", [100, 200, 50, 20], "90", "Le"),
            &at("1\t1\t1", [160, 200, 90, 20], "90", "jardin"),
            &at("1\t1\t2", [100, 240, 50, 20], "90", "Fin"),
            &at("2\t1\t1", [900, 800, 20, 100], "90", "debout"),
            &at("2\t1\t1", [900, 650, 20, 100], "90", "encore"),
            &at("2\t1\t2", [400, 900, 20, 20], "90", "renversé"),
            &at("2\t1\t2", [300, 900, 20, 20], "90", "dit"),
        ]
        .concat();
        let rows = read(said.as_bytes(), SIZE).unwrap().rows;
        assert_eq!(rows.iter().map(|row| row.turn).collect::<Vec<_>>(), [0, 0, 3, 2]);
        let PageWord { text, left, top, right, bottom } = &rows[0].words[1];
        assert_eq!((text.as_str(), left, top, right, bottom), ("jardin", &1_600, &1_000, &2_500, &1_100));
        // One word alone goes where most others do; a box beside the page is none.
        let said = [HEAD, &at("1\t1\t1", [999, 0, 2, 9], "90", "dehors"), &at("1\t1\t1", [1, 1, 0, 9], "90", "plat")].concat();
        let told = read(said.as_bytes(), SIZE).unwrap();
        assert_eq!((told.text.as_str(), told.rows.len()), ("dehors plat", 0));
    }

    #[test]
    fn what_is_no_answer_says_nothing() {
        assert_eq!((read(b"", SIZE), read(b"Error opening data file", SIZE)), (None, None));
        let lies = [
            HEAD.as_bytes(),
            word("1\t1\t1", "1e9", "sure").as_bytes(),
            word("1\t1\t1", "NaN", "unsure").as_bytes(),
            word("1\t1\t1", "50", &"x".repeat(MAX_WORD + 1)).as_bytes(),
            b"5\t5\t5\n\xff\xfe\t\0\n",
            at("1\t1\t1", [u32::MAX, u32::MAX, u32::MAX, u32::MAX], "50", "\u{1b}[2Jbell\u{7}\u{c}").as_bytes(),
        ]
        .concat();
        let told = read(&lies, (0, 0)).unwrap();
        assert_eq!((told.text.as_str(), told.rows), ("[2Jbell", Vec::new()));
        let many = format!("{HEAD}{}", word("1\t1\t1", "50", "x").repeat(MAX_PAGE_WORDS + 5));
        assert_eq!(read(many.as_bytes(), SIZE).unwrap().rows[0].words.len(), MAX_PAGE_WORDS);
        assert_eq!(version(b"tesseract 5.3.0\n leptonica-1.82.0\n").as_deref(), Some("5.3.0"));
        assert_eq!((version(b"tesseract \x1b[2J\n"), version(b""), version(b"bash 5")), (None, None, None));
    }
}
