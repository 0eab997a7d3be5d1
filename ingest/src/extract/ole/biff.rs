//! The records of which Excel's binary workbooks are made, and the words in them ([MS-XLS], 2.1.4 and 2.5).

use crate::extract::little::{u16_at, up_to};
use encoding_rs::Encoding;

/// A record that goes on with what the one before had no room for.
pub(super) const CONTINUE: u16 = 0x3c;

/// A record: its kind, what it says, and where it begins.
#[derive(Clone, Copy)]
pub(super) struct Record<'a> {
    pub(super) kind: u16,
    pub(super) body: &'a [u8],
    pub(super) at: usize,
}

/// The records of a stream, one after another, as far as they hang together.
#[derive(Clone)]
pub(super) struct Records<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Records<'a> {
    pub(super) fn of(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    /// The bodies of the records that go on with the last one.
    pub(super) fn continued(&mut self) -> Vec<&'a [u8]> {
        let mut bodies = Vec::new();
        while u16_at(self.bytes, self.at) == Some(CONTINUE)
            && let Some(record) = self.next()
        {
            bodies.push(record.body);
        }
        bodies
    }
}

impl<'a> Iterator for Records<'a> {
    type Item = Record<'a>;

    fn next(&mut self) -> Option<Record<'a>> {
        let at = self.at;
        let (kind, length) = (u16_at(self.bytes, at)?, usize::from(u16_at(self.bytes, at + 2)?));
        let body = up_to(self.bytes, at + 4, length);
        self.at = at + 4 + length;
        Some(Record { kind, body, at })
    }
}

/// Reads across a record and those that go on with it.
pub(super) struct Pieces<'a> {
    pieces: Vec<&'a [u8]>,
    piece: usize,
    at: usize,
}

impl<'a> Pieces<'a> {
    pub(super) fn of(first: &'a [u8], continued: Vec<&'a [u8]>) -> Self {
        let mut pieces = vec![first];
        pieces.extend(continued);
        Self { pieces, piece: 0, at: 0 }
    }

    /// What is left of the present piece; goes on to the next one where nothing is.
    fn rest(&mut self) -> Option<&'a [u8]> {
        while self.at >= self.pieces.get(self.piece)?.len() {
            self.next_piece();
        }
        self.pieces[self.piece].get(self.at..)
    }

    pub(super) fn next_piece(&mut self) {
        self.piece += 1;
        self.at = 0;
    }

    pub(super) fn byte(&mut self) -> Option<u8> {
        let byte = *self.rest()?.first()?;
        self.at += 1;
        Some(byte)
    }

    pub(super) fn number(&mut self, bytes: usize) -> Option<usize> {
        (0..bytes).try_fold(0, |number, place| Some(number | usize::from(self.byte()?) << (8 * place)))
    }

    pub(super) fn skip(&mut self, mut count: usize) {
        while count > 0 {
            let Some(rest) = self.rest() else { return };
            let taken = rest.len().min(count);
            self.at += taken;
            count -= taken;
        }
    }

    /// Characters of which the flags say how they are written. Where they go on in another record, flags stand anew.
    pub(super) fn characters(&mut self, count: usize, mut flags: u8, out: &mut String) -> Option<()> {
        let mut left = count;
        while left > 0 {
            if self.at >= self.pieces.get(self.piece)?.len() {
                self.next_piece();
                flags = self.byte()?;
            }
            let width = 1 + usize::from(flags & 1);
            let rest = self.pieces.get(self.piece)?.get(self.at..)?;
            let taken = left.min(rest.len() / width);
            if taken == 0 {
                // Half a character at the end of a record.
                self.at = usize::MAX;
                continue;
            }
            unicode(&rest[..taken * width], flags, out);
            self.at += taken * width;
            left -= taken;
        }
        Some(())
    }

    /// A string with its runs and its pronunciation, which are no words of it (`XLUnicodeRichExtendedString`, 2.5.293).
    pub(super) fn rich(&mut self, out: &mut String) -> Option<()> {
        let (count, flags) = (self.number(2)?, self.byte()?);
        let runs = if flags & 8 != 0 { self.number(2)? } else { 0 };
        let phonetic = if flags & 4 != 0 { self.number(4)? } else { 0 };
        self.characters(count, flags, out)?;
        self.skip(runs * 4);
        self.skip(phonetic);
        Some(())
    }
}

/// Characters of one or two bytes.
fn unicode(bytes: &[u8], flags: u8, out: &mut String) {
    if flags & 1 == 0 {
        // The lower halves of characters whose upper halves are nothing.
        out.extend(bytes.iter().map(|byte| char::from(*byte)));
    } else {
        let units = bytes.chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]]));
        out.extend(char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)));
    }
}

/// A string whose length takes one or two bytes: with flags since Excel 97, in the workbook's encoding before.
pub(super) fn string(bytes: &[u8], length_bytes: usize, is_unicode: bool, encoding: &'static Encoding) -> Option<String> {
    let mut out = String::new();
    let count = match length_bytes {
        1 => usize::from(*bytes.first()?),
        _ => usize::from(u16_at(bytes, 0)?),
    };
    if is_unicode {
        let flags = *bytes.get(length_bytes)?;
        let skipped = usize::from(flags & 8 != 0) * 2 + usize::from(flags & 4 != 0) * 4;
        unicode(up_to(bytes, length_bytes + 1 + skipped, count * (1 + usize::from(flags & 1))), flags, &mut out);
    } else {
        out.push_str(&encoding.decode_without_bom_handling(up_to(bytes, length_bytes, count)).0);
    }
    Some(out)
}

/// A number in four bytes: 30 bits of a whole number, or of one with a fraction; perhaps a hundred times too large.
pub(in crate::extract) fn compressed(rk: u32) -> f64 {
    let value = if rk & 2 != 0 { f64::from(rk.cast_signed() >> 2) } else { f64::from_bits(u64::from(rk & !3) << 32) };
    if rk & 1 != 0 { value / 100.0 } else { value }
}

#[cfg(test)]
mod tests {
    use super::*;
    use encoding_rs::WINDOWS_1252;

    #[test]
    fn strings_go_on_in_other_records() {
        let first = [&[5, 0, 0][..], b"cha"].concat();
        let mut pieces = Pieces::of(&first, vec![b"\x01t\0\xe9\0\x02\0\0z", b"\0a"]);
        let mut out = String::new();
        pieces.rich(&mut out).unwrap();
        pieces.rich(&mut out).unwrap();
        assert_eq!(out, "chatéza");
        assert_eq!(pieces.rich(&mut out), None);
    }

    #[test]
    fn strings_of_every_age_are_read() {
        assert_eq!(string(b"\x02\0\0ab", 2, true, WINDOWS_1252).as_deref(), Some("ab"));
        assert_eq!(string(b"\x02\x01a\0\x53\x01", 1, true, WINDOWS_1252).as_deref(), Some("aœ"));
        assert_eq!(string(b"\x02\x9ca", 1, false, WINDOWS_1252).as_deref(), Some("œa"));
        assert_eq!(string(b"\xff\0", 2, false, WINDOWS_1252).as_deref(), Some(""));
    }

    #[test]
    fn numbers_are_unpacked() {
        for (rk, value) in [(0x3ff0_0000, 1.0), (0x4059_0001, 1.0), (0x0000_04d2 << 2 | 2, 1_234.0), (!0, -0.01)] {
            assert!((compressed(rk) - value).abs() < 1e-12, "{rk:x}");
        }
    }
}
