//! Encodings that browsers do not know, and old machines wrote: UTF-32, and EBCDIC in its international page.

/// What EBCDIC code page 500 writes from 0x40 on.
const EBCDIC: &str = " \u{a0}âäàáãåçñ[.<(+!&éêëèíîïìß]$*);^-/ÂÄÀÁÃÅÇÑ¦,%_>?øÉÊËÈÍÎÏÌ`:#@'=\"Øabcdefghi«»ðýþ±°jklmnopqrªºæ¸Æ¤µ~stuvwxyz¡¿ÐÝÞ®¢£¥·©§¶¼½¾¬|¯¨´×{ABCDEFGHI\u{ad}ôöòóõ}JKLMNOPQR¹ûüùúÿ\\÷STUVWXYZ²ÔÖÒÓÕ0123456789³ÛÜÙÚ";

/// Bytes that an encoding is told from.
const SAMPLE: usize = 8 << 10;

/// A text in UTF-32, with a mark or without.
pub(super) fn quad(bytes: &[u8]) -> Option<String> {
    let order = quad_order(&bytes[..bytes.len().min(SAMPLE)])?;
    let number = |four: &[u8; 4]| if order == Order::Little { u32::from_le_bytes(*four) } else { u32::from_be_bytes(*four) };
    let (fours, _) = bytes.as_chunks::<4>();
    let read = |four| char::from_u32(number(four)).unwrap_or(char::REPLACEMENT_CHARACTER);
    Some(fours.iter().map(read).skip_while(|c| *c == '\u{feff}').collect())
}

/// Whether a text seems to be in UTF-32.
pub(crate) fn is_quad(sample: &[u8]) -> bool {
    quad_order(sample).is_some()
}

#[derive(PartialEq)]
enum Order {
    Little,
    Big,
}

/// Characters of four bytes of which the highest two are hardly ever used.
fn quad_order(sample: &[u8]) -> Option<Order> {
    let (fours, _) = sample.as_chunks::<4>();
    if fours.len() < 2 {
        return None;
    }
    let all = |sound: &dyn Fn(&[u8; 4]) -> bool| fours.iter().all(sound);
    let is_char = |code: u32| code != 0 && char::from_u32(code).is_some();
    if all(&|four| is_char(u32::from_le_bytes(*four))) {
        Some(Order::Little)
    } else if all(&|four| is_char(u32::from_be_bytes(*four))) {
        Some(Order::Big)
    } else {
        None
    }
}

/// A text in EBCDIC.
pub(super) fn ebcdic(bytes: &[u8]) -> Option<String> {
    if !is_ebcdic(&bytes[..bytes.len().min(SAMPLE)]) {
        return None;
    }
    let table: Vec<char> = EBCDIC.chars().collect();
    let read = |byte: &u8| match byte {
        0x05 => '\t',
        // Next line, and the line feed of machines that knew ASCII.
        0x0d | 0x15 | 0x25 => '\n',
        byte => byte.checked_sub(0x40).and_then(|at| table.get(usize::from(at))).copied().unwrap_or(' '),
    };
    Some(bytes.iter().map(read).collect())
}

/// Whether a text seems to be in EBCDIC: its space is an at sign in ASCII, its letters are none there, and there is hardly
/// anything else.
pub(crate) fn is_ebcdic(sample: &[u8]) -> bool {
    let count = |is: &dyn Fn(u8) -> bool| sample.iter().filter(|byte| is(**byte)).count();
    let small = |byte: u8| matches!(byte, 0x81..=0x89 | 0x91..=0x99 | 0xa2..=0xa9);
    let large = |byte: u8| matches!(byte, 0xc1..=0xc9 | 0xd1..=0xd9 | 0xe2..=0xe9 | 0xf0..=0xf9);
    let spaces = count(&|byte| byte == 0x40);
    let words = count(&|byte| small(byte) || large(byte)) + spaces;
    let plain = count(&|byte| byte.is_ascii_lowercase() || byte == b' ');
    sample.len() >= 32
        && spaces * 20 >= sample.len()
        && words * 10 >= sample.len() * 7
        && plain * 10 <= sample.len()
        && count(&small) > 0
}

#[cfg(test)]
mod tests {
    use crate::extract::extract;

    #[test]
    fn old_machines_are_understood() {
        let text = "Le programme de la r\u{e9}ception dans les jardins du ch\u{e2}teau";
        let table: Vec<char> = super::EBCDIC.chars().collect();
        let old: Vec<u8> =
            text.chars().map(|c| 0x40 + u8::try_from(table.iter().position(|known| *known == c).unwrap()).unwrap()).collect();
        assert_eq!(extract(&old, "x.txt").text, text);
        let little: Vec<u8> = format!("\u{feff}{text}").chars().flat_map(|c| u32::from(c).to_le_bytes()).collect();
        assert_eq!(extract(&little, "x.txt").text, text);
        let big: Vec<u8> = text.chars().flat_map(|c| u32::from(c).to_be_bytes()).collect();
        assert_eq!(extract(&big, "x").text, text);
    }
}
