//! What an OLE document says of itself: its property sets ([MS-OLEPS], [MS-OSHARED] 2.3.3).

use super::compound::{Compound, ROOT};
use crate::extract::{
    codepage,
    little::{moment, size_at, u16_at, u32_at, u64_at, up_to, wide},
};
use chartrier_schemas::Extraction;
use encoding_rs::{Encoding, WINDOWS_1252};

/// Properties of one set that are read.
const MAX_PROPERTIES: usize = 256;

/// Longest value that is read, in bytes.
const MAX_VALUE: usize = 64 << 10;

const CODE_PAGE: u32 = 1;

/// Where the dates are that say when a document is of.
const CREATED: u32 = 12;
const MODIFIED: u32 = 13;

/// Fields of the summary by their numbers ([MS-OLEPS], 3.1).
const SUMMARY: &[(u32, &str)] = &[
    (3, "subject"),
    (5, "keywords"),
    (6, "comments"),
    (7, "template"),
    (8, "last-author"),
    (9, "revision"),
    (CREATED, "created"),
    (MODIFIED, "modified"),
    (18, "application"),
];

/// Fields of the document summary by their numbers ([MS-OSHARED], 2.3.3.2.2.1).
const DOCUMENT_SUMMARY: &[(u32, &str)] = &[(2, "category"), (14, "manager"), (15, "company")];

/// Reads what a document says of itself into its extraction.
pub(super) fn read(file: &mut Compound<'_>, extraction: &mut Extraction) {
    if let Some(bytes) = file.stream(ROOT, "\u{5}SummaryInformation") {
        summary(&set(&bytes), extraction);
    }
    if let Some(bytes) = file.stream(ROOT, "\u{5}DocumentSummaryInformation") {
        fields(&set(&bytes), DOCUMENT_SUMMARY, extraction);
    }
}

fn summary(set: &[(u32, Value)], extraction: &mut Extraction) {
    let of = |number: u32| set.iter().find(|(known, _)| *known == number).map(|(_, value)| value);
    let words = |number: u32| of(number).and_then(Value::words);
    extraction.title = extraction.title.take().or_else(|| words(2));
    extraction.authors.extend(words(4).into_iter().flat_map(|names| names.split(';').map(str::to_owned).collect::<Vec<_>>()));
    fields(set, SUMMARY, extraction);
    let date = |number: u32| of(number).and_then(Value::date);
    extraction.date = extraction.date.take().or_else(|| date(MODIFIED)).or_else(|| date(CREATED));
    if let Some(Value::Number(pages)) = of(14) {
        extraction.pages = extraction.pages.or(u32::try_from(*pages).ok()).filter(|pages| *pages > 0);
    }
}

fn fields(set: &[(u32, Value)], names: &[(u32, &str)], extraction: &mut Extraction) {
    for (number, name) in names {
        let value = set.iter().find(|(known, _)| known == number).and_then(|(_, value)| value.date().or_else(|| value.words()));
        extraction.fields.extend(value.map(|value| ((*name).to_owned(), value)));
    }
}

/// A value, of the kinds that say something here.
enum Value {
    Words(String),
    Number(i64),
    Moment(u64),
}

impl Value {
    fn words(&self) -> Option<String> {
        match self {
            Self::Words(words) => Some(words.trim().to_owned()).filter(|words| !words.is_empty()),
            Self::Number(number) => Some(number.to_string()),
            Self::Moment(_) => None,
        }
    }

    fn date(&self) -> Option<String> {
        if let Self::Moment(ticks) = self { moment(*ticks) } else { None }
    }
}

/// The first property set of a stream ([MS-OLEPS], 2.20 to 2.25).
fn set(bytes: &[u8]) -> Vec<(u32, Value)> {
    let set = size_at(bytes, 44).and_then(|at| bytes.get(at..)).unwrap_or_default();
    let count = size_at(set, 4).unwrap_or(0).min(MAX_PROPERTIES);
    let places: Vec<(u32, usize)> =
        (0..count).map_while(|number| Some((u32_at(set, 8 + number * 8)?, size_at(set, 12 + number * 8)?))).collect();
    let page = places.iter().find(|(number, _)| *number == CODE_PAGE).and_then(|(_, at)| u16_at(set, at.checked_add(4)?));
    let encoding = page.map_or(WINDOWS_1252, |page| codepage::encoding(page.into()));
    let value = |at: usize| set.get(at..).and_then(|typed| value(typed, encoding));
    places.into_iter().filter_map(|(number, at)| Some((number, value(at)?))).collect()
}

fn value(typed: &[u8], encoding: &'static Encoding) -> Option<Value> {
    let size = || size_at(typed, 4).map(|size| size.min(MAX_VALUE));
    let value = match u16_at(typed, 0)? {
        2 => Value::Number(u16_at(typed, 4)?.into()),
        3 | 19 => Value::Number(u32_at(typed, 4)?.into()),
        30 => Value::Words(encoding.decode_without_bom_handling(up_to(typed, 8, size()?)).0.into_owned()),
        31 => Value::Words(wide(up_to(typed, 8, size()? * 2))),
        64 => Value::Moment(u64_at(typed, 4)?),
        _ => return None,
    };
    Some(match value {
        // What follows the zero at the end only fills up.
        Value::Words(words) => Value::Words(words.split('\0').next().unwrap_or_default().to_owned()),
        other => other,
    })
}

#[cfg(test)]
pub(in crate::extract) mod tests {
    use super::*;
    use crate::extract::ole::compound::tests::{compound, damage};

    /// A property set of 8-bit words in the code page, and dates.
    pub(in crate::extract) fn property_set(page: u16, words: &[(u32, &[u8])], dates: &[(u32, u64)]) -> Vec<u8> {
        let mut values = vec![(CODE_PAGE, [&2_u32.to_le_bytes()[..], &u32::from(page).to_le_bytes()].concat())];
        for (number, words) in words {
            let size = u32::try_from(words.len() + 1).unwrap();
            let mut value = [&30_u32.to_le_bytes()[..], &size.to_le_bytes(), words, b"\0"].concat();
            value.resize(value.len().next_multiple_of(4), 0);
            values.push((*number, value));
        }
        values.extend(dates.iter().map(|(number, date)| (*number, [&64_u32.to_le_bytes()[..], &date.to_le_bytes()].concat())));
        let mut at = u32::try_from(8 + values.len() * 8).unwrap();
        let mut places = Vec::new();
        for (number, value) in &values {
            places.extend([number.to_le_bytes(), at.to_le_bytes()].concat());
            at += u32::try_from(value.len()).unwrap();
        }
        let count = u32::try_from(values.len()).unwrap();
        let set = [&at.to_le_bytes()[..], &count.to_le_bytes(), &places, &values.concat_values()].concat();
        [&b"\xfe\xff\0\0\0\0\0\0"[..], &[0; 16], &1_u32.to_le_bytes(), &[0; 16], &48_u32.to_le_bytes(), &set].concat()
    }

    trait Values {
        fn concat_values(&self) -> Vec<u8>;
    }

    impl Values for Vec<(u32, Vec<u8>)> {
        fn concat_values(&self) -> Vec<u8> {
            self.iter().flat_map(|(_, value)| value.iter().copied()).collect()
        }
    }

    #[test]
    fn a_document_says_what_it_is() {
        let summary = property_set(
            1252,
            &[(2, b"Programme d'\xe9t\xe9"), (4, b"Ada;Bob"), (8, b"Carl"), (18, b"Microsoft Word 8.0")],
            &[(12, 133_000_000_000_000_000), (13, 0)],
        );
        let more = property_set(1251, &[(15, b"\xcf\xe0\xf0\xea")], &[]);
        let bytes = compound(&[("\u{5}SummaryInformation", &summary), ("\u{5}DocumentSummaryInformation", &more)]);
        let mut extraction = Extraction::default();
        read(&mut Compound::open(&bytes).unwrap(), &mut extraction);
        assert_eq!(extraction.title.as_deref(), Some("Programme d'été"));
        assert_eq!(extraction.authors, ["Ada", "Bob"]);
        assert_eq!(extraction.date.as_deref(), Some("2022-06-18T04:26:40Z"));
        let fields: Vec<_> = extraction.fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        assert_eq!(
            fields,
            [
                ("last-author", "Carl"),
                ("created", "2022-06-18T04:26:40Z"),
                ("application", "Microsoft Word 8.0"),
                ("company", "Парк")
            ]
        );
        damage(&summary, |bytes| {
            set(bytes);
        });
    }
}
