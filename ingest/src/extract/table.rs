//! Tables as text (RFC 4180, and what spreadsheets really write): cells stand apart by tabs, rows by line ends.

use super::text;
use crate::limits::MAX_TEXT;
use chartrier_schemas::Extraction;

/// Lines that the mark between cells is guessed from.
const SAMPLE: usize = 20;

/// Reads a table.
pub(super) fn read(bytes: &[u8], extraction: &mut Extraction) {
    let source = text::decode(bytes);
    // Excel says its mark on a line of its own.
    let (said, source) = match source.strip_prefix("sep=").and_then(|rest| rest.split_once('\n')) {
        Some((mark, rest)) => (mark.bytes().next().filter(u8::is_ascii), rest),
        None => (None, source.as_str()),
    };
    let mut rows = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(said.unwrap_or_else(|| mark(source)))
        .from_reader(source.as_bytes());
    let mut row = csv::ByteRecord::new();
    while extraction.text.len() <= MAX_TEXT && rows.read_byte_record(&mut row).is_ok_and(|more| more) {
        for (number, cell) in row.iter().enumerate() {
            if number > 0 {
                extraction.text.push('\t');
            }
            let cell = String::from_utf8_lossy(cell);
            extraction.text.push_str(&cell.split_whitespace().collect::<Vec<_>>().join(" "));
        }
        extraction.text.truncate(extraction.text.trim_end_matches('\t').len());
        extraction.text.push('\n');
    }
}

/// The mark that cuts the first lines into the most even rows.
fn mark(source: &str) -> u8 {
    let lines: Vec<&str> = source.lines().filter(|line| !line.trim().is_empty()).take(SAMPLE).collect();
    let evenness = |mark: &u8| {
        let counts: Vec<usize> = lines.iter().map(|line| line.bytes().filter(|byte| byte == mark).count()).collect();
        let first = counts.first().copied().unwrap_or(0);
        let same = counts.iter().filter(|count| **count == first && first > 0).count();
        (same, counts.iter().sum::<usize>())
    };
    [b',', b';', b'\t', b'|'].into_iter().rev().max_by_key(evenness).unwrap_or(b',')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(table: &str) -> String {
        let mut extraction = Extraction::default();
        read(table.as_bytes(), &mut extraction);
        extraction.text
    }

    #[test]
    fn cells_are_told_apart_however_they_are_written() {
        assert_eq!(words("nom,prix\n\"Rose, rouge\",\"3\"\"\n\"\nLys,\n"), "nom\tprix\nRose, rouge\t3\"\nLys\n");
        assert_eq!(words("nom;prix\r\nRose;3,50\r\nLys;4,20\r\n"), "nom\tprix\nRose\t3,50\nLys\t4,20\n");
        assert_eq!(words("sep=|\na|b\n"), "a\tb\n");
        assert_eq!(words("a\tb c\n\"x\n"), "a\tb c\nx\n");
        assert_eq!(words(""), "");
    }
}
