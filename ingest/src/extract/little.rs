//! Numbers and words as Intel's processors lay them in memory: what the binary formats of Microsoft are made of. Nothing
//! is where the bytes end.

/// A number of two bytes.
pub(super) fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    array(bytes, at).map(u16::from_le_bytes)
}

/// A number of four bytes.
pub(super) fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    array(bytes, at).map(u32::from_le_bytes)
}

/// A number of eight bytes.
pub(super) fn u64_at(bytes: &[u8], at: usize) -> Option<u64> {
    array(bytes, at).map(u64::from_le_bytes)
}

/// A number with a fraction.
pub(super) fn f64_at(bytes: &[u8], at: usize) -> Option<f64> {
    array(bytes, at).map(f64::from_le_bytes)
}

/// A length or an offset of four bytes.
pub(super) fn size_at(bytes: &[u8], at: usize) -> Option<usize> {
    u32_at(bytes, at).and_then(|size| usize::try_from(size).ok())
}

fn array<const N: usize>(bytes: &[u8], at: usize) -> Option<[u8; N]> {
    bytes.get(at..at.checked_add(N)?)?.try_into().ok()
}

/// As many of the bytes from `at` on as there are, at most `length`.
pub(super) fn up_to(bytes: &[u8], at: usize, length: usize) -> &[u8] {
    let rest = bytes.get(at..).unwrap_or_default();
    &rest[..length.min(rest.len())]
}

/// UTF-16.
pub(super) fn wide(bytes: &[u8]) -> String {
    let units = bytes.chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]]));
    char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
}

/// A moment as Windows counts it, in 100 nanoseconds since 1601; nothing where none is stated.
pub(super) fn moment(ticks: u64) -> Option<String> {
    // 1601-01-01 to 1970-01-01, in seconds.
    const SINCE_1601: i64 = 11_644_473_600;
    let seconds = i64::try_from(ticks / 10_000_000).ok()?;
    let stamp = jiff::Timestamp::from_second(seconds.checked_sub(SINCE_1601)?).ok()?;
    // Programs that never set a date write a small number there.
    (seconds > DAYS_OF_NO_DATE * 86_400).then(|| stamp.strftime("%Y-%m-%dT%H:%M:%SZ").to_string())
}

/// A date within so many days from 1601 is none.
const DAYS_OF_NO_DATE: i64 = 366;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn beyond_the_end_is_nothing() {
        assert_eq!((u16_at(&[1, 2], 0), u16_at(&[1, 2], 1), u32_at(&[0; 4], usize::MAX)), (Some(0x201), None, None));
        assert_eq!((up_to(b"abc", 1, 9), up_to(b"abc", 9, 1)), (&b"bc"[..], &b""[..]));
        assert_eq!(wide(b"a\0\x3d\xd8x"), "a\u{fffd}");
        assert_eq!(moment(133_000_000_000_000_000).as_deref(), Some("2022-06-18T04:26:40Z"));
        assert_eq!((moment(0), moment(u64::MAX)), (None, None));
    }
}
