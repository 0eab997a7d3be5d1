//! Encodings by the numbers that Windows gives them, and by the languages that it numbers.

use encoding_rs::{Encoding, WINDOWS_1252};

/// The encoding of a code page; the West's where it is unknown.
pub(super) fn encoding(page: u32) -> &'static Encoding {
    let label = match page {
        874 => "windows-874",
        932 => "shift_jis",
        936 => "gbk",
        949 | 1361 => "euc-kr",
        950 => "big5",
        866 => "ibm866",
        1200 => "utf-16le",
        1201 => "utf-16be",
        1250..=1258 => return windows(page),
        10_000 | 32_768 => "macintosh",
        10_007 | 10_017 => "x-mac-cyrillic",
        20_866 => "koi8-r",
        21_866 => "koi8-u",
        20_932 | 51_932 => "euc-jp",
        50_220..=50_222 => "iso-2022-jp",
        51_936 | 20_936 => "gbk",
        51_949 => "euc-kr",
        54_936 => "gb18030",
        65_001 => "utf-8",
        28_592..=28_606 => return Encoding::for_label(format!("iso-8859-{}", page - 28_590).as_bytes()).unwrap_or(WINDOWS_1252),
        _ => return WINDOWS_1252,
    };
    Encoding::for_label(label.as_bytes()).unwrap_or(WINDOWS_1252)
}

fn windows(page: u32) -> &'static Encoding {
    Encoding::for_label(format!("windows-{page}").as_bytes()).unwrap_or(WINDOWS_1252)
}

/// The code page of a font's characters, by the number of its character set ([MS-WMF], 2.1.1.5).
pub(super) fn of_charset(number: i32) -> Option<u32> {
    Some(match number {
        0 => 1252,
        77 => 10_000,
        128 => 932,
        129 => 949,
        134 => 936,
        136 => 950,
        161 => 1253,
        162 => 1254,
        163 => 1258,
        177 => 1255,
        178 => 1256,
        186 => 1257,
        204 => 1251,
        222 => 874,
        238 => 1250,
        254 => 437,
        255 => 850,
        _ => return None,
    })
}

/// The encoding in which Windows wrote a language ([MS-LCID]).
pub(super) fn of_language(language: u16) -> &'static Encoding {
    let page = match language & 0x3ff {
        0x11 => 932,
        0x12 => 949,
        // Chinese: of Taiwan, Hong Kong and Macao, and the other.
        0x04 if matches!(language, 0x404 | 0xc04 | 0x1404) => 950,
        0x04 => 936,
        0x1e => 874,
        0x08 => 1253,
        0x1f | 0x2c => 1254,
        0x0d => 1255,
        0x01 | 0x20 | 0x29 => 1256,
        0x25..=0x27 => 1257,
        0x2a => 1258,
        // Serbian is written in both alphabets.
        0x1a if language == 0xc1a => 1251,
        0x02 | 0x19 | 0x22 | 0x23 | 0x2f | 0x3f => 1251,
        0x05 | 0x0e | 0x15 | 0x18 | 0x1a | 0x1b | 0x1c | 0x24 => 1250,
        _ => 1252,
    };
    encoding(page)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_names_an_encoding() {
        let named = [(1251, "windows-1251"), (932, "Shift_JIS"), (28_605, "ISO-8859-15"), (65_001, "UTF-8"), (9, "windows-1252")];
        for (page, name) in named {
            assert_eq!(encoding(page).name(), name);
        }
        for (language, name) in [(0x419, "windows-1251"), (0x404, "Big5"), (0x40c, "windows-1252"), (0x415, "windows-1250")] {
            assert_eq!(of_language(language).name(), name);
        }
    }
}
