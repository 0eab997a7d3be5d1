//! The format of `compress`: LZW whose codes grow from 9 bits, lowest bit first, in groups of eight codes.

use crate::extract::nest::{Trouble, Unpacked};

/// The code that empties the table.
const CLEAR: usize = 256;

/// Unpacks up to `room` bytes.
pub(super) fn unpack(bytes: &[u8], room: u64) -> Unpacked {
    let flags = bytes.get(2).copied().unwrap_or(0);
    let most = u32::from(flags & 0x1f);
    if !(9..=16).contains(&most) {
        return Trouble::Damaged("its codes have no length".to_owned()).into();
    }
    let mut codes = Codes { bytes: &bytes[3..], bit: 0, group: 0, length: 9, most };
    let clears = flags & 0x80 != 0;
    let first = if clears { CLEAR + 1 } else { CLEAR };
    // For each code above a byte's: what it continues, and with which byte.
    let mut table: Vec<(u16, u8)> = Vec::new();
    let (mut out, mut before, mut word) = (Vec::new(), None::<usize>, Vec::new());
    loop {
        if first + table.len() >= 1 << codes.length {
            codes.grow();
        }
        let Some(code) = codes.next() else { return out.into() };
        if clears && code == CLEAR {
            table.clear();
            codes.clear();
            before = None;
            continue;
        }
        // A code that is about to be made ends with the byte it begins with.
        let known = first + table.len();
        let is_known = code < 256 || (first..known).contains(&code);
        word.clear();
        let mut at = match (is_known, before) {
            (true, _) => code,
            (false, Some(before)) if code == known => before,
            _ => return Unpacked { bytes: out, trouble: Some(Trouble::Damaged("a code has no meaning".to_owned())) },
        };
        while let Some((prefix, byte)) = at.checked_sub(first).and_then(|at| table.get(at)) {
            word.push(*byte);
            at = usize::from(*prefix);
        }
        let begin = u8::try_from(at).unwrap_or(0);
        word.push(begin);
        out.extend(word.iter().rev());
        if !is_known {
            out.push(begin);
        }
        if out.len() as u64 > room {
            return Unpacked { bytes: out, trouble: Some(Trouble::TooLarge) };
        }
        if let Some(before) = before.and_then(|before| u16::try_from(before).ok())
            && known < 1 << most
        {
            table.push((before, begin));
        }
        before = Some(code);
    }
}

/// The codes, one after another.
struct Codes<'a> {
    bytes: &'a [u8],
    bit: usize,
    /// Where the group began.
    group: usize,
    length: u32,
    most: u32,
}

impl Codes<'_> {
    fn next(&mut self) -> Option<usize> {
        let (at, shift) = (self.bit / 8, self.bit % 8);
        let end = self.bit + self.length as usize;
        if end > self.bytes.len() * 8 {
            return None;
        }
        let bits = self.bytes[at..].iter().take(3).rev().fold(0, |bits, byte| bits << 8 | usize::from(*byte));
        self.bit = end;
        Some(bits >> shift & ((1 << self.length) - 1))
    }

    /// Codes become longer; what is left of the group is filling.
    fn grow(&mut self) {
        if self.length < self.most {
            self.end_group();
            self.length += 1;
        }
    }

    fn clear(&mut self) {
        self.end_group();
        self.length = 9;
    }

    fn end_group(&mut self) {
        let size = self.length as usize * 8;
        self.group += (self.bit - self.group).div_ceil(size) * size;
        self.bit = self.group;
    }
}
