//! Text strings of PDF (ISO 32000-2, 7.9.2.2): UTF-16 or UTF-8 with a mark, else PDFDocEncoding.

use encoding_rs::{UTF_8, UTF_16BE, UTF_16LE};

/// What PDFDocEncoding has at 0x18 to 0x1f and at 0x80 to 0xa0 (ISO 32000-2, table D.2).
const LOW: &str = "˘ˇˆ˙˝˛˚˜";
const HIGH: &str = "•†‡…—–ƒ⁄‹›−‰„“”‘’‚™ﬁﬂŁŒŠŸŽıłœšž\u{fffd}€";

/// The text of a string.
pub(super) fn text(bytes: &[u8]) -> String {
    let text = match bytes {
        [0xfe, 0xff, rest @ ..] => UTF_16BE.decode_without_bom_handling(rest).0.into_owned(),
        [0xff, 0xfe, rest @ ..] => UTF_16LE.decode_without_bom_handling(rest).0.into_owned(),
        [0xef, 0xbb, 0xbf, rest @ ..] => UTF_8.decode_without_bom_handling(rest).0.into_owned(),
        bytes => bytes.iter().map(|byte| of_byte(*byte)).collect(),
    };
    without_languages(text)
}

fn of_byte(byte: u8) -> char {
    let special = match byte {
        0x18..=0x1f => LOW.chars().nth(usize::from(byte - 0x18)),
        0x80..=0xa0 => HIGH.chars().nth(usize::from(byte - 0x80)),
        _ => None,
    };
    special.unwrap_or(char::from(byte))
}

/// A string may say its language between two escapes (7.9.2.2.1).
fn without_languages(text: String) -> String {
    if !text.contains('\u{1b}') {
        return text;
    }
    let pieces = text.split('\u{1b}').enumerate();
    pieces.filter(|(at, piece)| at % 2 == 0 || piece.len() > 8).map(|(_, piece)| piece).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_of_every_encoding_are_read() {
        assert_eq!(text(b"\xfe\xff\0\xe9\0t\0\xe9"), "été");
        assert_eq!(text(b"\xff\xfe\xe9\0t\0"), "ét");
        assert_eq!(text(b"\xef\xbb\xbf\xc3\xa9"), "é");
        assert_eq!(text(b"\x9cuvre \x80 \xe9t\xe9 \xa0"), "œuvre • été €");
        assert_eq!(
            text("\u{feff}\u{1b}frFR\u{1b}été".encode_utf16().flat_map(u16::to_be_bytes).collect::<Vec<_>>().as_slice()),
            "été"
        );
    }
}
