//! What news agencies and picture desks wrote: IPTC-IIM 4.2, records 1 and 2.

use super::said::Said;
use crate::extract::moment;
use encoding_rs::WINDOWS_1252;

/// The escape sequence by which record 1 says that texts are UTF-8 (ISO 2022).
const UTF_8: &[u8] = b"\x1b%G";

/// Reads records as they lie in a picture.
pub(super) fn read(blocks: &[impl AsRef<[u8]>]) -> Said {
    let mut said = Said::default();
    blocks.iter().for_each(|block| record(block.as_ref(), &mut said));
    said
}

fn record(mut bytes: &[u8], said: &mut Said) {
    let (mut is_utf8, mut day, mut time) = (false, None, None);
    while let [0x1c, record, dataset, high, low, rest @ ..] = bytes {
        // A length with its highest bit set is that of a length: nothing that is read here is so long.
        let length = usize::from(u16::from_be_bytes([*high, *low]));
        let Some((value, after)) = rest.split_at_checked(length) else { return };
        bytes = after;
        let text = || decoded(value, is_utf8);
        match (record, dataset) {
            (1, 90) => is_utf8 = value == UTF_8,
            (2, 5 | 105) => said.titles.push(text()),
            (2, 120) => said.captions.push(text()),
            (2, 25) => said.keywords.push(text()),
            (2, 80) => said.authors.push(text()),
            (2, 92) => said.places[0] = Some(text()),
            (2, 90) => said.places[1] = Some(text()),
            (2, 95) => said.places[2] = Some(text()),
            (2, 101) => said.places[3] = Some(text()),
            (2, 40) => said.comments.push(text()),
            (2, 110) => said.fields.push(("credit", text())),
            (2, 116) => said.fields.push(("copyright", text())),
            (2, 65) => said.fields.push(("application", text())),
            (2, 15) => said.fields.push(("category", text())),
            (2, 55) => day = Some(text()),
            (2, 60) => time = Some(text()),
            _ => {}
        }
    }
    said.date = day.and_then(|day| date(&day, time.as_deref()));
}

/// A day `CCYYMMDD` and a time `HHMMSS±HHMM`.
fn date(day: &str, time: Option<&str>) -> Option<String> {
    let day = format!("{}-{}-{}", day.get(..4)?, day.get(4..6)?, day.get(6..8)?);
    let time = time.and_then(|time| {
        let offset = time.get(6..11).and_then(|offset| Some(format!("{}:{}", offset.get(..3)?, offset.get(3..)?)));
        Some(format!("T{}:{}:{}{}", time.get(..2)?, time.get(2..4)?, time.get(4..6)?, offset.unwrap_or_default()))
    });
    time.and_then(|time| moment(&format!("{day}{time}"))).or_else(|| moment(&day))
}

fn decoded(value: &[u8], is_utf8: bool) -> String {
    match std::str::from_utf8(value) {
        Ok(text) => text.to_owned(),
        Err(_) if is_utf8 => String::from_utf8_lossy(value).into_owned(),
        Err(_) => WINDOWS_1252.decode_without_bom_handling(value).0.into_owned(),
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// Datasets of record 2.
    pub(in super::super) fn record(datasets: &[(u8, &[u8])]) -> Vec<u8> {
        let one = |(number, value): &(u8, &[u8])| {
            [&[0x1c, 2, *number][..], &u16::try_from(value.len()).unwrap().to_be_bytes(), value].concat()
        };
        datasets.iter().flat_map(one).collect()
    }

    #[test]
    fn both_encodings_and_dates_are_read() {
        let latin = record(&[(120, b"\xe9t\xe9"), (55, b"20260714"), (60, b"103000+0200")]);
        let said = read(&[latin]);
        assert_eq!((said.captions[0].as_str(), said.date.as_deref()), ("été", Some("2026-07-14T08:30:00Z")));
        let utf8 = [&b"\x1c\x01\x5a\0\x03\x1b%G"[..], &record(&[(120, "été".as_bytes()), (55, b"2026")])].concat();
        assert_eq!(read(&[utf8]), Said { captions: vec!["été".to_owned()], ..Said::default() });
        assert_eq!(read(&[b"\x1c\x02\x05\xff\xffx"]), Said::default());
    }
}
