//! Transfer codings of mail as they are found in the wild: what is damaged costs itself, not the rest.

/// Quoted-printable (RFC 2045, 6.7): a sequence that is none stands for itself.
pub(super) fn quoted_printable(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while let Some((byte, after)) = rest.split_first() {
        rest = after;
        if *byte != b'=' {
            out.push(*byte);
        } else if let Some(decoded) = after.get(..2).and_then(hexadecimal) {
            out.push(decoded);
            rest = &after[2..];
        } else if let Some(next) = soft_break(after) {
            rest = next;
        } else {
            out.push(b'=');
        }
    }
    out
}

fn hexadecimal(digits: &[u8]) -> Option<u8> {
    // A sign is no digit, whatever a parser of numbers takes.
    let plain = digits.iter().all(u8::is_ascii_hexdigit);
    plain.then(|| u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()).flatten()
}

/// What follows the end of a line that only the coding has cut.
fn soft_break(after: &[u8]) -> Option<&[u8]> {
    let line = after.trim_ascii_start();
    let blank = &after[..after.len() - line.len()];
    let end = blank.iter().position(|byte| *byte == b'\n')?;
    Some(&after[end + 1..])
}

/// Base64 (RFC 2045, 6.8): strange bytes are left out. A line of words ends the coding, as the footer that a mailing
/// list adds; what follows stays what it is.
pub(super) fn base64(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len() / 4 * 3);
    let mut group = Group::default();
    let mut rest = bytes;
    while let Some(line) = rest.split_inclusive(|byte| *byte == b'\n').next() {
        if is_words(line) {
            break;
        }
        line.iter().for_each(|byte| group.push(*byte, &mut out));
        rest = &rest[line.len()..];
    }
    group.end(&mut out);
    out.extend_from_slice(rest);
    out
}

/// A line of base64 has no space in it, and hardly a strange byte.
fn is_words(line: &[u8]) -> bool {
    let line = line.trim_ascii();
    let strange = line.iter().filter(|byte| !byte.is_ascii_alphanumeric() && !b"+/=".contains(byte)).count();
    line.iter().any(u8::is_ascii_whitespace) || strange * 4 > line.len()
}

/// Up to four digits of six bits.
#[derive(Default)]
struct Group {
    bits: u32,
    digits: u32,
}

impl Group {
    fn push(&mut self, byte: u8, out: &mut Vec<u8>) {
        let digit = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            b'=' => return self.end(out),
            _ => return,
        };
        self.bits = self.bits << 6 | u32::from(digit);
        self.digits += 1;
        if self.digits == 4 {
            self.end(out);
        }
    }

    /// Gives the whole bytes of what there is, and begins anew.
    fn end(&mut self, out: &mut Vec<u8>) {
        let bytes = (self.bits << (6 * (4 - self.digits.min(4)))).to_be_bytes();
        out.extend_from_slice(&bytes[1..][..(self.digits * 6 / 8) as usize]);
        *self = Self::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn damage_costs_only_itself() {
        assert_eq!(quoted_printable("d=E9j=XYeuner =\r\nsur=  \nl'herbe = 2=".as_bytes()), b"d\xe9j=XYeuner surl'herbe = 2=");
        assert_eq!(quoted_printable(b"=+1=3D\n"), b"=+1=\n");
        assert_eq!(base64(b"xZN1\xffZnMKYnJvdW\n!lsbMOpcw==\n"), "œufs\nbrouillés".as_bytes());
        assert_eq!(base64(b"bWVudQ==\n__________\nLa liste\njardin\n"), b"menu__________\nLa liste\njardin\n");
        assert_eq!((base64(b"bWVudQ"), base64(b"="), base64(b"a")), (b"menu".to_vec(), vec![], vec![]));
    }
}
