//! Names of entries: what they are written in is rarely said, and they may say anything. They are labels here, never places.

use super::super::text::encoding_of;
use encoding_rs::{Encoding, UTF_8, WINDOWS_1252};

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
    /// Of names, together: one alone is too short to tell. `dos_made` where the archive comes from a system that wrote in
    /// its code page.
    pub(super) fn of<'a>(names: impl Iterator<Item = &'a [u8]>, dos_made: bool) -> Self {
        let strange: Vec<u8> = names.filter(|name| std::str::from_utf8(name).is_err()).take(1_000).flatten().copied().collect();
        let guess = encoding_of(&strange, None);
        let (text, _, has_errors) = guess.decode(&strange);
        if guess == UTF_8 || (!guess.is_single_byte() && !has_errors && stands_together(&text)) {
            return Self::Other(guess);
        }
        let single = if guess.is_single_byte() { guess } else { WINDOWS_1252 };
        let [old, new] = [Self::Dos, Self::Other(single)].map(|spelling| strangeness(&spelling.decode(&strange)));
        if old < new || (old == new && dos_made) { Self::Dos } else { Self::Other(single) }
    }

    fn decode(self, bytes: &[u8]) -> String {
        match self {
            Self::Dos => bytes.iter().map(|byte| dos(*byte)).collect(),
            Self::Other(encoding) => encoding.decode_without_bom_handling(bytes).0.into_owned(),
        }
    }

    /// A name, cleaned.
    pub(super) fn read(self, name: &[u8]) -> String {
        std::str::from_utf8(name).map_or_else(|_| clean(&self.decode(name)), clean)
    }
}

/// What no one writes in a name: marks among letters, large letters after small ones.
fn strangeness(text: &str) -> usize {
    let chars: Vec<char> = text.chars().collect();
    let is_strange = |at: &usize| {
        let (before, c, after) = (at.checked_sub(1).and_then(|at| chars.get(at)), chars[*at], chars.get(at + 1));
        let is_small = |c: Option<&char>| c.is_some_and(|c| c.is_lowercase());
        let within = before.is_some_and(|c| c.is_alphabetic()) && (is_small(before) || is_small(after));
        !c.is_ascii() && (!c.is_alphabetic() || (c.is_uppercase() && within))
    };
    (0..chars.len()).filter(is_strange).count()
}

/// Letters of the East stand side by side; an accent of the West that is taken for one stands alone.
fn stands_together(text: &str) -> bool {
    let chars: Vec<bool> = text.chars().map(|c| !c.is_ascii()).collect();
    let wide = chars.iter().filter(|is_wide| **is_wide).count();
    let pairs = chars.windows(2).filter(|pair| pair[0] && pair[1]).count();
    pairs * 3 >= wide
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
