//! Bodies that Outlook keeps as RTF: packed ([MS-OXRTFCP]), and often with the HTML that was sent in it ([MS-OXRTFEX]).

use crate::{
    extract::{
        codepage,
        little::{size_at, u32_at},
    },
    limits::MAX_TEXT,
};
use encoding_rs::{Encoding, WINDOWS_1252};
use std::collections::BTreeMap;

/// What every packed body may refer to before anything was written ([MS-OXRTFCP], 2.1.2.1).
const KNOWN: &[u8] = b"{\\rtf1\\ansi\\mac\\deff0\\deftab720{\\fonttbl;}{\\f0\\fnil \\froman \\fswiss \\fmodern \\fscript \\fdecor MS Sans SerifSymbolArialTimes New RomanCourier{\\colortbl\\red0\\green0\\blue0\r\n\\par \\pard\\plain\\f0\\fs20\\b\\i\\u\\tab\\tx";

/// How far back a packed body refers.
const WINDOW: usize = 4_096;

/// A body as RTF, in bytes.
const MAX_UNPACKED: usize = MAX_TEXT * 4;

/// Groups within groups.
const MAX_GROUPS: usize = 10_000;

/// Unpacks a body, as far as it is whole.
pub(super) fn unpack(bytes: &[u8]) -> Option<Vec<u8>> {
    const PACKED: u32 = 0x7546_5a4c;
    const PLAIN: u32 = 0x414c_454d;
    let (size, kind, body) = (size_at(bytes, 4)?.min(MAX_UNPACKED), u32_at(bytes, 8)?, bytes.get(16..)?);
    match kind {
        PLAIN => Some(body[..size.min(body.len())].to_vec()),
        PACKED => Some(unpack_body(body, size)),
        _ => None,
    }
}

fn unpack_body(body: &[u8], size: usize) -> Vec<u8> {
    let mut out = KNOWN.to_vec();
    let most = KNOWN.len() + size;
    let mut rest = body.iter().copied();
    'all: while let Some(control) = rest.next() {
        for bit in 0..8 {
            if out.len() >= most {
                break 'all;
            }
            let Some(byte) = rest.next() else { break 'all };
            if control & 1 << bit == 0 {
                out.push(byte);
                continue;
            }
            let Some(low) = rest.next() else { break 'all };
            let reference = usize::from(u16::from_be_bytes([byte, low]));
            let (offset, length) = (reference >> 4, (reference & 0xf) + 2);
            // A reference to where the next byte will stand is the end.
            if offset == out.len() % WINDOW {
                break 'all;
            }
            let back = (out.len() % WINDOW + WINDOW - offset) % WINDOW;
            for _ in 0..length {
                let byte = out.len().checked_sub(back).map_or(b' ', |at| out[at]);
                out.push(byte);
            }
        }
    }
    out.truncate(most);
    out.split_off(KNOWN.len())
}

/// The HTML that an RTF was made of, if it was.
pub(super) fn html(rtf: &[u8]) -> Option<String> {
    let head = &rtf[..rtf.len().min(1_024)];
    let is_html = head.windows(9).any(|word| word == b"\\fromhtml");
    is_html.then(|| {
        let mut reader = Reader::new(rtf);
        reader.read();
        reader.out
    })
}

#[derive(Clone, Copy)]
struct Group {
    /// What is in it is no part of the page.
    is_silent: bool,
    /// What is in it is written as it stands.
    is_markup: bool,
    /// What only the RTF shows.
    is_rtf: bool,
    in_fonts: bool,
    encoding: &'static Encoding,
    /// Characters that stand for one that the reader may not know.
    fallback: usize,
}

struct Reader<'a> {
    rtf: &'a [u8],
    at: usize,
    groups: Vec<Group>,
    now: Group,
    fonts: BTreeMap<i32, &'static Encoding>,
    font: i32,
    /// Bytes that wait for those that make a character with them.
    waiting: Vec<u8>,
    skip: usize,
    out: String,
}

impl<'a> Reader<'a> {
    fn new(rtf: &'a [u8]) -> Self {
        let now =
            Group { is_silent: false, is_markup: false, is_rtf: false, in_fonts: false, encoding: WINDOWS_1252, fallback: 1 };
        let (groups, waiting, out) = (Vec::new(), Vec::new(), String::new());
        Self { rtf, at: 0, groups, now, fonts: BTreeMap::new(), font: 0, waiting, skip: 0, out }
    }

    fn read(&mut self) {
        while let Some(byte) = self.rtf.get(self.at).copied() {
            if self.out.len() > MAX_UNPACKED || self.groups.len() > MAX_GROUPS {
                break;
            }
            self.at += 1;
            match byte {
                b'{' => {
                    self.flush();
                    self.groups.push(self.now);
                }
                b'}' => {
                    self.flush();
                    self.now = self.groups.pop().unwrap_or(self.now);
                }
                b'\\' => self.control(),
                b'\r' | b'\n' => {}
                byte => self.byte(byte),
            }
        }
        self.flush();
    }

    fn is_shown(&self) -> bool {
        !self.now.is_silent && (self.now.is_markup || !self.now.is_rtf)
    }

    fn byte(&mut self, byte: u8) {
        if self.skip > 0 {
            self.skip -= 1;
        } else if self.is_shown() {
            self.waiting.push(byte);
        }
    }

    fn flush(&mut self) {
        let waiting = std::mem::take(&mut self.waiting);
        if !waiting.is_empty() {
            self.put(&self.now.encoding.decode_without_bom_handling(&waiting).0);
        }
    }

    fn put(&mut self, words: &str) {
        if !self.is_shown() {
            return;
        }
        if self.now.is_markup {
            self.out.push_str(words);
        } else {
            self.out.push_str(&words.replace('&', "&amp;").replace('<', "&lt;"));
        }
    }

    fn control(&mut self) {
        let rest = &self.rtf[self.at..];
        let letters = rest.iter().take_while(|byte| byte.is_ascii_alphabetic()).count();
        if letters == 0 {
            return self.sign();
        }
        let digits = rest[letters..].iter().take(11).take_while(|byte| byte.is_ascii_digit() || **byte == b'-').count();
        let word = String::from_utf8_lossy(&rest[..letters]).into_owned();
        let number = std::str::from_utf8(&rest[letters..letters + digits]).ok().and_then(|digits| digits.parse().ok());
        let space = usize::from(rest.get(letters + digits) == Some(&b' '));
        self.at += letters + digits + space;
        self.flush();
        self.word(&word, number);
    }

    /// A backslash and what is no letter.
    fn sign(&mut self) {
        let sign = self.rtf.get(self.at).copied();
        self.at += 1;
        match sign {
            Some(b'\'') => {
                let digits = self.rtf.get(self.at..self.at + 2).and_then(|digits| std::str::from_utf8(digits).ok());
                self.at += 2;
                let byte = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok());
                byte.into_iter().for_each(|byte| self.byte(byte));
            }
            Some(sign @ (b'\\' | b'{' | b'}')) => self.byte(sign),
            Some(b'~') => {
                self.flush();
                self.put("\u{a0}");
            }
            // A destination that may be passed over; that of markup may not.
            Some(b'*') => {
                let is_markup = self.rtf[self.at..].starts_with(b"\\htmltag");
                self.now.is_silent |= !is_markup;
            }
            _ => {}
        }
    }

    fn word(&mut self, word: &str, number: Option<i32>) {
        match word {
            "htmltag" => self.now.is_markup = true,
            "htmlrtf" => self.now.is_rtf = number != Some(0),
            "fonttbl" => (self.now.in_fonts, self.now.is_silent) = (true, true),
            "colortbl" | "stylesheet" | "info" | "pict" | "object" => self.now.is_silent = true,
            "ansicpg" => {
                self.now.encoding = codepage::encoding(number.and_then(|page| u32::try_from(page).ok()).unwrap_or(0));
            }
            "f" if self.now.in_fonts => self.font = number.unwrap_or(0),
            "f" => self.now.encoding = self.fonts.get(&number.unwrap_or(0)).copied().unwrap_or(self.now.encoding),
            "fcharset" if self.now.in_fonts && self.fonts.len() < 4_096 => {
                self.fonts.extend(number.and_then(codepage::of_charset).map(|page| (self.font, codepage::encoding(page))));
            }
            "uc" => self.now.fallback = usize::try_from(number.unwrap_or(1)).unwrap_or(1).min(8),
            "u" => {
                let code = number.map(|code| if code < 0 { code + 65_536 } else { code });
                let c = code.and_then(|code| char::from_u32(u32::try_from(code).ok()?));
                c.into_iter().for_each(|c| self.put(c.encode_utf8(&mut [0; 4])));
                self.skip = self.now.fallback;
            }
            "bin" => {
                self.at += usize::try_from(number.unwrap_or(0)).unwrap_or(0).min(self.rtf.len() - self.at.min(self.rtf.len()))
            }
            "par" | "line" => self.put("\r\n"),
            "tab" => self.put("\t"),
            "emdash" => self.put("—"),
            "endash" => self.put("–"),
            "bullet" => self.put("•"),
            "lquote" => self.put("‘"),
            "rquote" => self.put("’"),
            "ldblquote" => self.put("“"),
            "rdblquote" => self.put("”"),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extract::ole::compound::tests::damage;

    fn packed(body: &[u8], size: u32) -> Vec<u8> {
        [&[0; 4][..], &size.to_le_bytes(), b"LZFu", &[0; 4], body].concat()
    }

    #[test]
    fn packed_bodies_are_unpacked() {
        // The examples of [MS-OXRTFCP], 3.1 and 3.2.
        let simple = [
            0x03, 0x00, 0x0a, 0x00, 0x72, 0x63, 0x70, 0x67, 0x31, 0x32, 0x35, 0x42, 0x32, 0x0a, 0xf3, 0x20, 0x68, 0x65, 0x6c,
            0x09, 0x00, 0x20, 0x62, 0x77, 0x05, 0xb0, 0x6c, 0x64, 0x7d, 0x0a, 0x80, 0x0f, 0xa0,
        ];
        assert_eq!(unpack(&packed(&simple, 0x2b)).unwrap(), b"{\\rtf1\\ansi\\ansicpg1252\\pard hello world}\r\n");
        let crossing = [0x82, 0x00, 0x57, 0x58, 0x0d, 0x00, 0x07, 0x00, 0x10, 0x00, 0x0d, 0x00];
        unpack(&packed(&crossing, 100)).unwrap();
        assert_eq!(unpack(&[&[0; 4][..], &3_u32.to_le_bytes(), b"MELA", &[0; 4], b"abcd"].concat()).unwrap(), b"abc");
        assert_eq!(unpack(b"rien"), None);
        // It refers to itself for ever.
        let long = packed(&[0xff, 0x0c, 0xef], u32::MAX);
        assert!(unpack(&long).unwrap().len() < 100);
    }

    const LETTER: &str = "{\\rtf1\\ansi\\ansicpg1251\\fromhtml1 \\deff0{\\fonttbl{\\f0\\fswiss Arial;}{\\f1\\fcharset0 X;}}{\\colortbl\\red0;}\n\
        {\\*\\generator x;}{\\*\\htmltag64 <p class=\"a\">}\\htmlrtf {\\htmlrtf0 \\'cf\\'e0\\f1 d\\'e9j\\'e0 {\\*\\htmltag84 &amp;}\\htmlrtf non\\htmlrtf0 1 < 2 \\u339?uvre\\tab\\{x\\}\
        {\\*\\mhtmltag72 <p>}{\\*\\htmltag72 </p>}\\htmlrtf\\par}\\htmlrtf0}";

    #[test]
    fn the_page_comes_out_of_the_letter() {
        assert_eq!(html(LETTER.as_bytes()).unwrap(), "<p class=\"a\">Паdéjà &amp;1 &lt; 2 œuvre\t{x}</p>");
        assert_eq!(html(b"{\\rtf1 mot}"), None);
        damage(LETTER.as_bytes(), |bytes| {
            html(bytes);
        });
    }
}
