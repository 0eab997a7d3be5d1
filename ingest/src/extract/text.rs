//! Plain text in any encoding, RTF, and what language a text is in.

use super::encoding;
use crate::{findings, identify::utf16};
use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use chartrier_schemas::Extraction;
use encoding_rs::{Encoding, ISO_2022_JP, UTF_8, WINDOWS_1252};

/// How much of a text its encoding is guessed from, in bytes.
const SAMPLE: usize = 64 << 10;

/// Characters of several bytes for each damaged place in what is still UTF-8.
const GOOD_PER_BAD: usize = 2;

/// What begins a change of alphabet in ISO-2022-JP.
const ESCAPE: u8 = 0x1b;

/// Letters below which no language is told.
const LETTERS: usize = 40;

/// Decodes a text of unknown encoding.
pub(super) fn decode(bytes: &[u8]) -> String {
    decode_as(bytes, None)
}

/// Decodes a text whose encoding is perhaps stated.
pub(super) fn decode_as(bytes: &[u8], stated: Option<&'static Encoding>) -> String {
    if let Some(text) = encoding::quad(bytes).or_else(|| encoding::ebcdic(bytes)) {
        return text;
    }
    let (encoding, mark) = Encoding::for_bom(bytes).unwrap_or_else(|| (encoding_of(bytes, stated), 0));
    encoding.decode_without_bom_handling(&bytes[mark..]).0.into_owned()
}

/// The encoding of a text without a mark. UTF-16 and ISO-2022-JP come first: what they write is valid UTF-8 too.
pub(super) fn encoding_of(bytes: &[u8], stated: Option<&'static Encoding>) -> &'static Encoding {
    if let Some(wide) = utf16(&bytes[..bytes.len().min(8192)]) {
        return wide;
    }
    if std::str::from_utf8(bytes).is_ok() {
        let escapes = bytes.is_ascii() && bytes.contains(&ESCAPE);
        let japanese = escapes && (stated == Some(ISO_2022_JP) || guess(bytes) == ISO_2022_JP);
        return if japanese { ISO_2022_JP } else { UTF_8 };
    }
    match stated {
        Some(encoding) if encoding != UTF_8 => encoding,
        _ if is_mostly_utf8(bytes) => UTF_8,
        _ => guess(bytes),
    }
}

/// UTF-8 with some damage: hardly any other encoding writes what reads as characters of several bytes.
fn is_mostly_utf8(bytes: &[u8]) -> bool {
    let (mut good, mut bad) = (0, 0);
    for chunk in bytes.utf8_chunks() {
        good += chunk.valid().chars().filter(|c| !c.is_ascii()).count();
        bad += usize::from(!chunk.invalid().is_empty());
    }
    bad * GOOD_PER_BAD <= good
}

fn guess(bytes: &[u8]) -> &'static Encoding {
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Allow);
    let sample = &bytes[..bytes.len().min(SAMPLE)];
    detector.feed(sample, sample.len() == bytes.len());
    match detector.guess(None, Utf8Detection::Allow) {
        // What is no UTF-8 as a whole is not, whatever its beginning seems to be: the West's default.
        encoding if encoding == UTF_8 && std::str::from_utf8(bytes).is_err() => WINDOWS_1252,
        encoding => encoding,
    }
}

/// French or English, where the text is long enough to tell.
pub(super) fn language(text: &str) -> Option<String> {
    let head: String = text.chars().take(4_000).collect();
    if head.chars().filter(|c| c.is_alphabetic()).count() < LETTERS {
        return None;
    }
    let detector = whatlang::Detector::with_allowlist(vec![whatlang::Lang::Fra, whatlang::Lang::Eng]);
    match detector.detect_lang(&head)? {
        whatlang::Lang::Fra => Some("fr".to_owned()),
        _ => Some("en".to_owned()),
    }
}

/// Groups of RTF that hold no text of the document.
const SILENT: &[&str] = &[
    "fonttbl",
    "colortbl",
    "stylesheet",
    "info",
    "pict",
    "object",
    "themedata",
    "datastore",
    "latentstyles",
    "xmlnstbl",
    "listtable",
    "rsidtbl",
    "generator",
    "operator",
];

/// RTF: its words, without its instructions.
pub(super) fn rtf(bytes: &[u8], extraction: &mut Extraction) {
    let mut reader =
        Rtf { bytes, at: 0, text: String::new(), silent: Vec::new(), encoding: WINDOWS_1252, skip: 0, unicode_skip: 1 };
    reader.read();
    extraction.text = reader.text;
    if extraction.text.trim().is_empty() && bytes.len() > 200 {
        extraction.findings.push(findings::damaged("no text was found in it"));
    }
}

struct Rtf<'a> {
    bytes: &'a [u8],
    at: usize,
    text: String,
    /// For each open group, whether it is silent.
    silent: Vec<bool>,
    encoding: &'static Encoding,
    /// Characters to leave out: the fallback of a Unicode character.
    skip: usize,
    unicode_skip: usize,
}

impl Rtf<'_> {
    fn read(&mut self) {
        while let Some(byte) = self.bytes.get(self.at).copied() {
            self.at += 1;
            match byte {
                b'{' => self.silent.push(self.is_silent()),
                b'}' => drop(self.silent.pop()),
                b'\\' => self.control(),
                b'\r' | b'\n' => {}
                byte => self.put_byte(byte),
            }
        }
    }

    fn is_silent(&self) -> bool {
        self.silent.last().copied().unwrap_or(false)
    }

    fn put(&mut self, c: char) {
        if !self.is_silent() {
            self.text.push(c);
        }
    }

    fn put_byte(&mut self, byte: u8) {
        if self.skip > 0 {
            self.skip -= 1;
        } else {
            let decoded = self.encoding.decode_without_bom_handling(&[byte]).0.chars().next();
            decoded.into_iter().for_each(|c| self.put(c));
        }
    }

    fn control(&mut self) {
        let rest = &self.bytes[self.at..];
        let letters = rest.iter().take_while(|byte| byte.is_ascii_alphabetic()).count().min(32);
        if letters == 0 {
            self.at += 1;
            match rest.first() {
                Some(b'\'') => {
                    let digits = rest.get(1..3).and_then(|digits| std::str::from_utf8(digits).ok());
                    let byte = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok());
                    self.at += 2;
                    byte.into_iter().for_each(|byte| self.put_byte(byte));
                }
                Some(b'~') => self.put('\u{a0}'),
                Some(b'*') => {
                    if let Some(last) = self.silent.last_mut() {
                        *last = true;
                    }
                }
                Some(byte @ (b'\\' | b'{' | b'}')) => self.put(char::from(*byte)),
                _ => {}
            }
            return;
        }
        let word = String::from_utf8_lossy(&rest[..letters]).into_owned();
        let number: String = rest[letters..]
            .iter()
            .take(11)
            .take_while(|byte| byte.is_ascii_digit() || **byte == b'-')
            .map(|byte| char::from(*byte))
            .collect();
        self.at += letters + number.len();
        if self.bytes.get(self.at) == Some(&b' ') {
            self.at += 1;
        }
        self.word(&word, number.parse().ok());
    }

    fn word(&mut self, word: &str, number: Option<i32>) {
        match word {
            "par" | "line" | "row" | "sect" => self.put('\n'),
            "page" => self.put('\u{c}'),
            "tab" | "cell" => self.put('\t'),
            "emdash" => self.put('—'),
            "endash" => self.put('–'),
            "rquote" | "lquote" => self.put('’'),
            "ldblquote" | "rdblquote" => self.put('"'),
            "uc" => self.unicode_skip = usize::try_from(number.unwrap_or(1)).unwrap_or(1).min(8),
            "u" => {
                // Above 32,767 the numbers are written as negative ones.
                let code = number.map(|number| if number < 0 { number + 65_536 } else { number });
                let c = code.and_then(|code| char::from_u32(u32::try_from(code).ok()?));
                c.into_iter().for_each(|c| self.put(c));
                self.skip = self.unicode_skip;
            }
            "bin" => self.at += usize::try_from(number.unwrap_or(0)).unwrap_or(0),
            "ansicpg" => {
                let label = format!("windows-{}", number.unwrap_or(1252));
                self.encoding = Encoding::for_label(label.as_bytes()).unwrap_or(WINDOWS_1252);
            }
            word if SILENT.contains(&word) => {
                if let Some(last) = self.silent.last_mut() {
                    *last = true;
                }
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_of_every_encoding_are_read() {
        let text = "L’été à Saint-Étienne, près du château ; une œuvre française, très élégante.";
        assert_eq!(decode(text.as_bytes()), text);
        let (latin, ..) = WINDOWS_1252.encode(text);
        assert_eq!(decode(&latin), text);
        let wide: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(decode(&wide), text);
        assert_eq!(decode(&[&[0xff, 0xfe][..], &wide].concat()), text);
        assert_eq!(language(&text.repeat(2)).as_deref(), Some("fr"));
        assert_eq!(language("The garden party will take place on the lawn behind the house.").as_deref(), Some("en"));
        assert_eq!(language("ok"), None);
    }

    #[test]
    fn a_damaged_byte_costs_one_character() {
        let text = "Réception à l’Élysée, près du château : œufs, crème brûlée.";
        let mut torn = text.as_bytes().to_vec();
        torn.truncate(torn.len() - 1);
        torn.extend("é".bytes().take(1));
        assert_eq!(decode(&torn), text.replace("brûlée.", "brûlée\u{fffd}"));
        torn[0] = 0xff;
        assert!(decode_as(&torn, Some(UTF_8)).starts_with("\u{fffd}éception à l’Élysée"));
        // What only says that it is UTF-8 is not believed.
        let (latin, ..) = WINDOWS_1252.encode(text);
        assert_eq!(decode_as(&latin, Some(UTF_8)), text);
    }

    #[test]
    fn what_is_written_in_ascii_bytes_is_told_from_ascii() {
        let text = "庭園での昼食会のお知らせ";
        let (japanese, ..) = encoding_rs::ISO_2022_JP.encode(text);
        assert!(japanese.is_ascii());
        assert_eq!(decode(&japanese), text);
        assert_eq!(decode_as(&japanese[..], Some(ISO_2022_JP)), text);
        assert_eq!(decode("\u{1b}[1mgras\u{1b}[0m".as_bytes()), "\u{1b}[1mgras\u{1b}[0m");
        let wide: Vec<u8> = "plain words".encode_utf16().flat_map(u16::to_be_bytes).collect();
        assert_eq!(decode(&wide), "plain words");
    }

    #[test]
    fn rtf_gives_its_words() {
        let mut extraction = Extraction::default();
        rtf(
            br"{\rtf1\ansi\ansicpg1252{\fonttbl{\f0 Arial;}}{\*\generator x;}Menu d'\'e9t\'e9\par Caf\u233?s \{1\}}",
            &mut extraction,
        );
        assert_eq!(extraction.text, "Menu d'été\nCafés {1}");
        rtf(br"{\rtf1 {{{{{{ \bin99999999999 \u-1? \'zz \", &mut extraction);
    }
}
