//! What Tesseract says, read as if an enemy had written it: lines of fields between tabs, of which those that are no words
//! are passed over.

use crate::{extract::joined, worker::trust::clean};

/// The level of a line that is a word, and how many fields it has.
const WORD: &str = "5";
const FIELDS: usize = 12;

/// The longest word that is believed, in bytes.
const MAX_WORD: usize = 256;

/// A word of which the program is less sure than this is a smudge.
const LEAST: f32 = 20.0;

/// The text of a page, and how sure the program is of its words, out of 100.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Read {
    pub(super) text: String,
    pub(super) confidence: u8,
}

/// Reads an answer; none if it is not one.
pub(super) fn read(said: &[u8]) -> Option<Read> {
    let said = String::from_utf8_lossy(said);
    let mut lines = said.lines();
    if !lines.next()?.starts_with("level\tpage_num\t") {
        return None;
    }
    let (mut text, mut sum, mut count) = (String::new(), 0.0, 0_u32);
    let mut before = ["", "", ""];
    for line in lines {
        let fields: Vec<&str> = line.splitn(FIELDS, '\t').collect();
        let [WORD, _, block, paragraph, row, _, _, _, _, _, confidence, word] = fields[..] else { continue };
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
        (sum, count, before) = (sum + confidence, count + 1, place);
    }
    clean(&mut text);
    let confidence = if count == 0 { 0 } else { (sum / count as f32).round() as u8 };
    Some(Read { text: joined(&text.replace('\u{c}', "\n")), confidence })
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

    fn word(place: &str, confidence: &str, word: &str) -> String {
        format!("5\t1\t{place}\t1\t0\t0\t9\t9\t{confidence}\t{word}\n")
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
        assert_eq!(read(said.as_bytes()), Some(Read { text: "une décoration\n\nFin".to_owned(), confidence: 90 }));
        assert_eq!(read(HEAD.as_bytes()), Some(Read { text: String::new(), confidence: 0 }));
    }

    #[test]
    fn what_is_no_answer_says_nothing() {
        assert_eq!((read(b""), read(b"Error opening data file")), (None, None));
        let lies = [
            HEAD.as_bytes(),
            word("1\t1\t1", "1e9", "sure").as_bytes(),
            word("1\t1\t1", "NaN", "unsure").as_bytes(),
            word("1\t1\t1", "50", &"x".repeat(MAX_WORD + 1)).as_bytes(),
            b"5\t5\t5\n\xff\xfe\t\0\n",
            word("1\t1\t1", "50", "\u{1b}[2Jbell\u{7}\u{c}").as_bytes(),
        ]
        .concat();
        assert_eq!(read(&lies).map(|read| read.text), Some("[2Jbell".to_owned()));
        assert_eq!(version(b"tesseract 5.3.0\n leptonica-1.82.0\n").as_deref(), Some("5.3.0"));
        assert_eq!((version(b"tesseract \x1b[2J\n"), version(b""), version(b"bash 5")), (None, None, None));
    }
}
