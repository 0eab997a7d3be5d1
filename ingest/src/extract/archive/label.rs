//! Names of entries: what they are written in is rarely said, and they may say anything. They are labels here, never places.

use super::super::text::encoding_of;
use encoding_rs::{Encoding, WINDOWS_1252};

/// The upper half of code page 850, in which MS-DOS wrote names in the West. Its letters are those of code page 437, which
/// ZIP states (APPNOTE, appendix D), and more of them where that one draws boxes.
const DOS: &str = "ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜø£Ø×ƒáíóúñÑªº¿®¬½¼¡«»░▒▓│┤ÁÂÀ©╣║╗╝¢¥┐└┴┬├─┼ãÃ╚╔╩╦╠═╬¤ðÐÊËÈıÍÎÏ┘┌█▄¦Ì▀ÓßÔÒõÕµþÞÚÛÙýÝ¯´\u{ad}±‗¾¶§÷¸°¨·¹³²■\u{a0}";

/// How the names of one archive are written.
#[derive(Clone, Copy)]
pub(super) enum Spelling {
    Dos,
    Other(&'static Encoding),
}

impl Spelling {
    /// Of names, together: one alone is too short to tell. `dos` where the archive comes from a system that wrote in its code
    /// page.
    pub(super) fn of<'a>(names: impl Iterator<Item = &'a [u8]>, dos: bool) -> Self {
        let strange: Vec<u8> = names.filter(|name| std::str::from_utf8(name).is_err()).take(1_000).flatten().copied().collect();
        let guess = encoding_of(&strange, None);
        let (text, _, has_errors) = guess.decode(&strange);
        let is_wide = !guess.is_single_byte() && !has_errors;
        // Halves of characters, and what no one writes in a name.
        let is_odd = |c: char| c.is_control() || ('\u{ff61}'..='\u{ff9f}').contains(&c) || "‚ƒ„…†‡ˆ‰Š‹Œ•–—˜™š›œ".contains(c);
        let letters = strange
            .iter()
            .filter(|byte| !byte.is_ascii())
            .all(|byte| matches!(byte, 0x80..=0xa5 | 0xb5..=0xb7 | 0xc6 | 0xc7 | 0xd0..=0xd8 | 0xde | 0xe0..=0xed));
        match (is_wide, dos) {
            (true, _) => Self::Other(guess),
            (false, true) if letters || text.chars().any(is_odd) => Self::Dos,
            (false, false) if letters && text.chars().any(is_odd) => Self::Dos,
            _ if has_errors => Self::Other(WINDOWS_1252),
            _ => Self::Other(guess),
        }
    }

    /// A name, cleaned.
    pub(super) fn read(self, name: &[u8]) -> String {
        if let Ok(name) = std::str::from_utf8(name) {
            return clean(name);
        }
        match self {
            Self::Dos => clean(&name.iter().map(|byte| dos(*byte)).collect::<String>()),
            Self::Other(encoding) => clean(&encoding.decode_without_bom_handling(name).0),
        }
    }
}

fn dos(byte: u8) -> char {
    match byte.checked_sub(0x80) {
        None => char::from(byte),
        Some(upper) => DOS.chars().nth(usize::from(upper)).unwrap_or(char::REPLACEMENT_CHARACTER),
    }
}

/// A name as a label: a path from within the archive, whatever it says.
pub(super) fn clean(name: &str) -> String {
    let name = name.replace('\\', "/");
    let rooted = name.split_once(':').filter(|(drive, _)| drive.len() == 1).map_or(name.as_str(), |(_, rest)| rest);
    let steps = rooted.split('/').map(|step| step.trim_matches(|c: char| c.is_control() || c == ' '));
    steps.filter(|step| !matches!(*step, "" | "." | "..")).collect::<Vec<_>>().join("/")
}

/// The same, or something to call it by.
pub(super) fn or_number(name: String, number: usize) -> String {
    if name.is_empty() { format!("part-{number}") } else { name }
}
