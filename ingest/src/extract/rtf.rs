//! RTF (specification 1.9.1): its words without its instructions, in the code pages of its fonts; fields by their
//! results, notes and headers where they stand, what it says of itself.

use super::{codepage, moment};
use crate::{findings, limits::MAX_TEXT};
use chartrier_schemas::Extraction;
use encoding_rs::{Encoding, WINDOWS_1252};
use std::{collections::BTreeMap, mem::take};

/// Groups that are open at once.
const MAX_DEPTH: usize = 10_000;

/// Fonts whose code page is remembered.
const MAX_FONTS: usize = 10_000;

/// Destinations that hold no words of the document. Those that are marked as ignorable are silent too, but for the ones
/// in [`SHOWN`].
const SILENT: &[&str] = &[
    "fonttbl",
    "colortbl",
    "stylesheet",
    "pict",
    "objdata",
    "objclass",
    "objname",
    "themedata",
    "colorschememapping",
    "datastore",
    "latentstyles",
    "xmlnstbl",
    "listtable",
    "listoverridetable",
    "rsidtbl",
    "revtbl",
    "generator",
    "operator",
    "filetbl",
    "fldinst",
    "datafield",
    "nonshppict",
    "sp",
    "ftnsep",
    "ftnsepc",
    "aftnsep",
    "aftnsepc",
    "tc",
    "xe",
    "rxe",
    "bkmkstart",
    "bkmkend",
    "atnid",
    "atnref",
    "atntime",
    "atrfstart",
    "atrfend",
    "pgptbl",
    "mmathPr",
    "userprops",
    "passwordhash",
    "falt",
    "panose",
    "template",
    "ffname",
    "ffdeftext",
    "ffformat",
    "formfield",
    "background",
    "private",
    "listpicture",
    "blipuid",
    "pnseclvl",
];

/// Ignorable destinations that people see.
const SHOWN: &[&str] =
    &["shpinst", "shptxt", "annotation", "atnauthor", "footnote", "ud", "shppict", "nesttableprops", "fldtitle"];

/// Of the information group: destination, field.
const INFORMATION: &[(&str, &str)] = &[
    ("title", ""),
    ("author", ""),
    ("subject", "subject"),
    ("keywords", "keywords"),
    ("doccomm", "comments"),
    ("operator", "last-author"),
    ("company", "company"),
    ("manager", "manager"),
    ("category", "category"),
];

/// The upper halves of the code pages of DOS, which no web page uses.
const CODE_PAGE_437: &str = "ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u{a0}";
const CODE_PAGE_850: &str = "ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜø£Ø×ƒáíóúñÑªº¿®¬½¼¡«»░▒▓│┤ÁÂÀ©╣║╗╝¢¥┐└┴┬├─┼ãÃ╚╔╩╦╠═╬¤ðÐÊËÈıÍÎÏ┘┌█▄¦Ì▀ÓßÔÒõÕµþÞÚÛÙýÝ¯´\u{ad}±‗¾¶§÷¸°¨·¹³²■\u{a0}";

/// Reads a document.
pub(super) fn read(bytes: &[u8], extraction: &mut Extraction) {
    let mut reader = Rtf { bytes, ..Rtf::default() };
    reader.read();
    let has_pictures = reader.has_pictures;
    reader.told(extraction);
    if extraction.text.trim().is_empty() && bytes.len() > 200 && !has_pictures {
        extraction.findings.push(findings::damaged("no text was found in it"));
    }
}

/// How bytes are letters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Letters {
    Page(&'static Encoding),
    /// The upper half of a code page.
    Half(&'static str),
    /// A font of signs: its letters have no meaning.
    Signs,
}

/// What holds until a group ends.
#[derive(Clone, Copy, Debug)]
struct State {
    place: Place,
    letters: Letters,
    /// Bytes that stand in for a Unicode character, for older programs.
    stand_in: usize,
    /// An ignorable destination may follow.
    ignorable: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Words,
    Silent,
    Fonts,
    /// The information group, and which of its destinations.
    Information(Option<usize>),
    /// A date of it: the one of the last change, or the first.
    Moment(bool),
    /// Twice the same words: the first time for older programs.
    Twice,
}

impl Default for State {
    fn default() -> Self {
        Self { place: Place::Words, letters: Letters::Page(WINDOWS_1252), stand_in: 1, ignorable: false }
    }
}

#[derive(Default)]
struct Rtf<'a> {
    bytes: &'a [u8],
    at: usize,
    text: String,
    state: State,
    outer: Vec<State>,
    /// Bytes that are not letters yet: some letters are two of them.
    pending: Vec<u8>,
    /// The first half of a character beyond the first 65,536.
    surrogate: Option<u16>,
    /// Characters to leave out: what stands in for a Unicode character.
    skip: usize,
    fonts: BTreeMap<i32, Letters>,
    font: i32,
    default_font: Option<i32>,
    page: Option<Letters>,
    said: BTreeMap<usize, String>,
    moments: [Vec<i32>; 2],
    has_pictures: bool,
}

impl Rtf<'_> {
    fn read(&mut self) {
        while let Some(byte) = self.bytes.get(self.at).copied() {
            self.at += 1;
            match byte {
                b'{' => self.open(),
                b'}' => self.close(),
                b'\\' => self.control(),
                b'\r' | b'\n' => {}
                byte => self.put_byte(byte),
            }
            if self.text.len() > MAX_TEXT {
                break;
            }
        }
        self.flush();
    }

    fn open(&mut self) {
        self.flush();
        self.skip = 0;
        self.outer.push(self.state);
        if self.outer.len() > MAX_DEPTH {
            self.at = self.bytes.len();
        }
        if self.state.place == Place::Twice {
            // The group for older programs; the one behind it says `ud`.
            self.state.place = Place::Silent;
        }
    }

    fn close(&mut self) {
        self.flush();
        self.skip = 0;
        self.state = self.outer.pop().unwrap_or_default();
    }

    fn put(&mut self, c: char) {
        self.flush();
        self.put_in_place(c.encode_utf8(&mut [0; 4]));
    }

    fn put_in_place(&mut self, words: &str) {
        match self.state.place {
            Place::Words => self.text.push_str(words),
            Place::Information(Some(which)) => self.said.entry(which).or_default().push_str(words),
            _ => {}
        }
    }

    fn put_byte(&mut self, byte: u8) {
        if self.skip > 0 {
            self.skip -= 1;
        } else if matches!(self.state.place, Place::Words | Place::Information(_)) {
            self.pending.push(byte);
        }
    }

    /// Makes letters of the bytes so far.
    fn flush(&mut self) {
        if self.pending.is_empty() {
            return;
        }
        let bytes = take(&mut self.pending);
        let words = match self.state.letters {
            Letters::Page(encoding) => encoding.decode_without_bom_handling(&bytes).0.into_owned(),
            Letters::Half(upper) => bytes.iter().filter_map(|byte| from_half(upper, *byte)).collect(),
            Letters::Signs => bytes
                .iter()
                .map(|byte| if byte.is_ascii() { char::from(*byte) } else { ' ' })
                .filter(|c| c.is_whitespace())
                .collect(),
        };
        self.put_in_place(&words);
    }

    fn control(&mut self) {
        let rest = &self.bytes[self.at..];
        let letters = rest.iter().take_while(|byte| byte.is_ascii_alphabetic()).count().min(32);
        if letters > 0 {
            let word = String::from_utf8_lossy(&rest[..letters]).into_owned();
            let digits = rest[letters..].iter().enumerate().take(11);
            let number: String = digits
                .take_while(|(at, byte)| byte.is_ascii_digit() || (*at == 0 && **byte == b'-'))
                .map(|(_, byte)| char::from(*byte))
                .collect();
            self.at += letters + number.len();
            if self.bytes.get(self.at) == Some(&b' ') {
                self.at += 1;
            }
            self.word(&word, number.parse().ok());
            return;
        }
        self.at += 1;
        match rest.first() {
            Some(b'\'') => {
                let digits = rest.get(1..3).and_then(|digits| std::str::from_utf8(digits).ok());
                let byte = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok());
                self.at += 2;
                byte.into_iter().for_each(|byte| self.put_byte(byte));
            }
            Some(b'*') => self.state.ignorable = true,
            Some(byte @ (b'\\' | b'{' | b'}')) => self.put_byte(*byte),
            Some(b'~') => self.put('\u{a0}'),
            Some(b'_') => self.put('-'),
            Some(b'\n' | b'\r') => self.put('\n'),
            Some(b'\t') => self.put('\t'),
            _ => {}
        }
    }

    fn word(&mut self, word: &str, number: Option<i32>) {
        if self.state.ignorable {
            self.state.ignorable = false;
            if !SHOWN.contains(&word) && !INFORMATION.iter().any(|(known, _)| *known == word) {
                self.hush();
            }
        }
        match word {
            "par" | "line" | "row" | "sect" | "nestrow" | "softline" | "column" | "lbr" => self.put('\n'),
            "page" | "softpage" => self.put('\u{c}'),
            "tab" | "cell" | "nestcell" => self.put('\t'),
            "emdash" => self.put('—'),
            "endash" => self.put('–'),
            "rquote" => self.put('’'),
            "lquote" => self.put('‘'),
            "ldblquote" => self.put('“'),
            "rdblquote" => self.put('”'),
            "bullet" => self.put('•'),
            "emspace" | "enspace" | "qmspace" => self.put(' '),
            "uc" => self.state.stand_in = usize::try_from(number.unwrap_or(1)).unwrap_or(1).min(8),
            "u" => self.unicode(number.unwrap_or(0)),
            "bin" => {
                self.flush();
                self.at = self.at.saturating_add(usize::try_from(number.unwrap_or(0)).unwrap_or(0));
            }
            "footnote" | "annotation" | "atnauthor" | "shptxt" | "header" | "headerl" | "headerr" | "headerf" | "footer"
            | "footerl" | "footerr" | "footerf" => {
                self.state.place = if self.state.place == Place::Silent { Place::Silent } else { Place::Words };
                self.put(if word == "footnote" || word == "annotation" { ' ' } else { '\n' });
            }
            "upr" => self.state.place = if self.state.place == Place::Silent { Place::Silent } else { Place::Twice },
            "ud" => self.state.place = self.around_twice(),
            "info" => self.state.place = Place::Information(None),
            "creatim" | "revtim" if matches!(self.state.place, Place::Information(_)) => {
                self.state.place = Place::Moment(word == "revtim");
            }
            "yr" | "mo" | "dy" | "hr" | "min" | "sec" => {
                if let Place::Moment(is_last) = self.state.place {
                    self.moments[usize::from(is_last)].push(number.unwrap_or(0));
                }
            }
            "pict" => {
                self.has_pictures = true;
                self.hush();
            }
            _ if matches!(self.state.place, Place::Information(_)) => {
                if let Some(which) = INFORMATION.iter().position(|(known, _)| *known == word) {
                    self.state.place = Place::Information(Some(which));
                }
            }
            "fonttbl" => {
                self.flush();
                self.state.place = Place::Fonts;
            }
            _ if SILENT.contains(&word) => self.hush(),
            _ => self.letters(word, number),
        }
    }

    fn hush(&mut self) {
        self.flush();
        self.state.place = Place::Silent;
    }

    /// What the words are that are written twice: those of the group around both.
    fn around_twice(&self) -> Place {
        let around =
            self.outer.iter().rev().map(|state| state.place).find(|place| !matches!(place, Place::Twice | Place::Silent));
        around.unwrap_or(Place::Words)
    }

    /// Above 32,767 the numbers are written as negative ones, above 65,535 as two.
    fn unicode(&mut self, number: i32) {
        self.flush();
        self.skip = self.state.stand_in;
        let unit = if number < 0 { number + 65_536 } else { number };
        let first = self.surrogate.take();
        let c = match (first, u16::try_from(unit)) {
            (_, Ok(unit @ 0xd800..=0xdbff)) => {
                self.surrogate = Some(unit);
                return;
            }
            (Some(first), Ok(unit)) => char::decode_utf16([first, unit]).next().and_then(Result::ok),
            (None, _) | (_, Err(_)) => u32::try_from(unit).ok().and_then(char::from_u32),
        };
        // Signs of fonts without meaning lie in the private area.
        let c = c.filter(|c| !matches!(c, '\u{f000}'..='\u{f0ff}' | '\0'));
        c.into_iter().for_each(|c| self.put_in_place(c.encode_utf8(&mut [0; 4])));
    }

    /// Instructions that say how bytes are letters.
    fn letters(&mut self, word: &str, number: Option<i32>) {
        let number = number.unwrap_or(0);
        match word {
            "mac" => self.page = Some(Letters::Page(encoding_rs::MACINTOSH)),
            "pc" => self.page = Some(Letters::Half(CODE_PAGE_437)),
            "pca" => self.page = Some(Letters::Half(CODE_PAGE_850)),
            "ansicpg" => self.page = page(number).or(self.page),
            "deff" => self.default_font = Some(number),
            "f" if self.state.place == Place::Fonts => self.font = number,
            "fcharset" if self.fonts.len() < MAX_FONTS => {
                if let Some(letters) = of_charset(number) {
                    self.fonts.insert(self.font, letters);
                }
                return;
            }
            "cpg" if self.state.place == Place::Fonts && self.fonts.len() < MAX_FONTS => {
                self.fonts.extend(page(number).map(|letters| (self.font, letters)));
                return;
            }
            "f" | "af" if self.state.place != Place::Fonts => {
                if word == "f" {
                    self.flush();
                    self.state.letters = self.of_font(Some(number));
                }
                return;
            }
            "plain" => {
                self.flush();
                self.state.letters = self.of_font(self.default_font);
                return;
            }
            _ => return,
        }
        self.flush();
        self.state.letters = self.of_font(None);
    }

    fn of_font(&self, font: Option<i32>) -> Letters {
        let own = font.and_then(|font| self.fonts.get(&font)).copied();
        own.or(self.page).unwrap_or(Letters::Page(WINDOWS_1252))
    }

    /// Tells what was read.
    fn told(mut self, extraction: &mut Extraction) {
        for (which, (name, field)) in INFORMATION.iter().enumerate() {
            let Some(value) = self.said.remove(&which).filter(|value| !value.trim().is_empty()) else { continue };
            match *name {
                "title" => extraction.title = Some(value),
                "author" => extraction.authors.push(value),
                _ => extraction.fields.push(((*field).to_owned(), value)),
            }
        }
        let [created, modified] = self.moments.map(|parts| at(&parts));
        for (name, date) in [("created", &created), ("modified", &modified)] {
            extraction.fields.extend(date.clone().map(|date| (name.to_owned(), date)));
        }
        extraction.date = modified.or(created);
        extraction.text = self.text;
    }
}

fn at(parts: &[i32]) -> Option<String> {
    let part = |at: usize, default: i32| parts.get(at).copied().unwrap_or(default);
    moment(&format!(
        "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}",
        parts.first()?,
        part(1, 1),
        part(2, 1),
        part(3, 0),
        part(4, 0),
        part(5, 0)
    ))
}

fn from_half(upper: &str, byte: u8) -> Option<char> {
    if byte.is_ascii() { Some(char::from(byte)) } else { upper.chars().nth(usize::from(byte) - 128) }
}

/// The letters of a code page by the number that a document states.
fn page(number: i32) -> Option<Letters> {
    u32::try_from(number).ok().map(letters_of)
}

fn letters_of(page: u32) -> Letters {
    match page {
        437 => Letters::Half(CODE_PAGE_437),
        850 | 858 => Letters::Half(CODE_PAGE_850),
        page => Letters::Page(codepage::encoding(page)),
    }
}

/// The letters of a font by the number of its characters.
fn of_charset(number: i32) -> Option<Letters> {
    match number {
        2 => Some(Letters::Signs),
        number => codepage::of_charset(number).map(letters_of),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(rtf: &[u8]) -> Extraction {
        let mut extraction = Extraction::default();
        super::read(rtf, &mut extraction);
        extraction
    }

    fn text(rtf: &str) -> String {
        read(rtf.as_bytes()).text
    }

    #[test]
    fn rtf_gives_its_words() {
        let rtf = r"{\rtf1\ansi\ansicpg1252{\fonttbl{\f0 Arial;}}{\*\generator x;}Menu d'\'e9t\'e9\par Caf\u233?s \{1\}}";
        assert_eq!(text(rtf), "Menu d'été\nCafés {1}");
        text(r"{\rtf1 {{{{{{ \bin99999999999 \u-1? \'zz \");
        text(r"{\rtf1 \u55357?\u5? }}}}}}\ud\upr{\*}");
        text(&"{".repeat(100_000));
    }

    #[test]
    fn letters_are_those_of_their_fonts() {
        let rtf = r"{\rtf1\ansi\ansicpg1252\deff0{\fonttbl{\f0\fcharset0 A;}{\f1\fcharset204 B;}{\f2\fcharset128 C;}{\f3\fcharset2 Wingdings;}}
\f1 \'cc\'e8\'f0{\f2 \'93\'fa\'96\'7b}\f0  \'e9\'80{\f3 \'a8l} \u-3913 ?\u55357 ?\u56832 ?{\uc0\u233}{\uc2\u233 ??}}";
        assert_eq!(text(rtf), "Мир日本 é€  😀éé");
        assert_eq!(text(r"{\rtf1\pc caf\'82}"), "café");
        assert_eq!(text(r"{\rtf1\mac caf\'8e}"), "café");
    }

    #[test]
    fn fields_notes_and_tables_stand_where_they_are_seen() {
        let rtf = r#"{\rtf1 {\header T\'eate\par}{\field{\*\fldinst HYPERLINK "http://x"}{\fldrslt le lien}}{\footnote La note}\par
a\cell b\cell\row {\pntext 1.\tab}un{\*\bkmkstart x}{\pict\pngblip 89504e47}{\object{\*\objdata 0105}{\result objet}}{\v cach\'e9}{\*\shpinst{\sp{\sn a}{\sv b}}{\shptxt bulle}}{\*\inconnu rien}}"#;
        assert_eq!(text(rtf), "\nTête\nle lien La note\na\tb\t\n1.\tunobjetcaché\nbulle");
    }

    #[test]
    fn what_is_written_twice_is_read_once() {
        assert_eq!(text(r"{\rtf1 a{\upr{\header A?}{\*\ud{b\u8364 ?}}}c}"), "ab€c");
    }

    #[test]
    fn what_it_says_of_itself() {
        let extraction = read(
            br"{\rtf1{\info{\title Visite}{\author Ada}{\operator Bob}{\*\company \'c9lys\'e9e}{\creatim\yr2026\mo7\dy13\hr9\min30}{\revtim\yr2026\mo7\dy14}{\nofpages3}}Corps}",
        );
        assert_eq!((extraction.title.as_deref(), extraction.text.as_str()), (Some("Visite"), "Corps"));
        assert_eq!(extraction.date.as_deref(), Some("2026-07-14T00:00:00Z"));
        assert!(extraction.fields.contains(&("company".to_owned(), "Élysée".to_owned())));
        assert!(extraction.fields.contains(&("last-author".to_owned(), "Bob".to_owned())));
    }
}
