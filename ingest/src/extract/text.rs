//! Plain text in any encoding, and what language a text is in.

use super::encoding;
use crate::identify::utf16;
use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, ISO_2022_JP, UTF_8, WINDOWS_1252};

/// How much of a text its encoding is guessed from, in bytes.
const SAMPLE: usize = 64 << 10;

/// Characters of several bytes for each damaged place in what is still UTF-8.
const GOOD_PER_BAD: usize = 2;

/// What begins a change of alphabet in ISO-2022-JP.
const ESCAPE: u8 = 0x1b;

/// Letters below which no language is told.
const LETTERS: usize = 40;

/// Decodes a text of unknown encoding.
pub(super) fn decode(bytes: &[u8]) -> String {
    decode_as(bytes, None)
}

/// Decodes a text whose encoding is perhaps stated.
pub(super) fn decode_as(bytes: &[u8], stated: Option<&'static Encoding>) -> String {
    if let Some(text) = encoding::quad(bytes).or_else(|| encoding::ebcdic(bytes)) {
        return text;
    }
    let (encoding, mark) = Encoding::for_bom(bytes).unwrap_or_else(|| (encoding_of(bytes, stated), 0));
    encoding.decode_without_bom_handling(&bytes[mark..]).0.into_owned()
}

/// The encoding of a text without a mark. UTF-16 and ISO-2022-JP come first: what they write is valid UTF-8 too.
pub(super) fn encoding_of(bytes: &[u8], stated: Option<&'static Encoding>) -> &'static Encoding {
    if let Some(wide) = utf16(&bytes[..bytes.len().min(8192)]) {
        return wide;
    }
    if std::str::from_utf8(bytes).is_ok() {
        let escapes = bytes.is_ascii() && bytes.contains(&ESCAPE);
        let japanese = escapes && (stated == Some(ISO_2022_JP) || guess(bytes) == ISO_2022_JP);
        return if japanese { ISO_2022_JP } else { UTF_8 };
    }
    match stated {
        Some(encoding) if encoding != UTF_8 => encoding,
        _ if is_mostly_utf8(bytes) => UTF_8,
        _ => guess(bytes),
    }
}

/// UTF-8 with some damage: hardly any other encoding writes what reads as characters of several bytes.
fn is_mostly_utf8(bytes: &[u8]) -> bool {
    let (mut good, mut bad) = (0, 0);
    for chunk in bytes.utf8_chunks() {
        good += chunk.valid().chars().filter(|c| !c.is_ascii()).count();
        bad += usize::from(!chunk.invalid().is_empty());
    }
    bad * GOOD_PER_BAD <= good
}

fn guess(bytes: &[u8]) -> &'static Encoding {
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Allow);
    let sample = &bytes[..bytes.len().min(SAMPLE)];
    detector.feed(sample, sample.len() == bytes.len());
    match detector.guess(None, Utf8Detection::Allow) {
        // What is no UTF-8 as a whole is not, whatever its beginning seems to be: the West's default.
        encoding if encoding == UTF_8 && std::str::from_utf8(bytes).is_err() => WINDOWS_1252,
        encoding => encoding,
    }
}

/// Small words that French has and its neighbours lack; likewise of English.
const FRENCH: &[&str] = &[
    "le", "les", "des", "du", "et", "est", "une", "dans", "pour", "aux", "sur", "pas", "qui", "avec", "sont", "cette", "au",
    "par", "nous", "vous", "qu",
];
const ENGLISH: &[&str] = &[
    "the", "of", "and", "to", "is", "that", "for", "with", "this", "are", "you", "not", "from", "have", "was", "by", "be",
    "will", "it", "on", "at", "or",
];

/// So many words in a hundred are small ones of a text's language.
const SMALL_WORDS: usize = 8;

/// French or English, where the text is long enough to tell; nothing where it is in another language, or in none.
pub(super) fn language(text: &str) -> Option<String> {
    let head: String = text.chars().take(4_000).collect();
    if head.chars().filter(|c| c.is_alphabetic()).count() < LETTERS {
        return None;
    }
    let words: Vec<String> =
        head.split(|c: char| !c.is_alphabetic()).filter(|word| !word.is_empty()).map(str::to_lowercase).collect();
    let count = |small: &[&str]| words.iter().filter(|word| small.contains(&word.as_str())).count();
    let (french, english) = (count(FRENCH), count(ENGLISH));
    if french.max(english) * 100 >= words.len() * SMALL_WORDS && french != english {
        return Some(if french > english { "fr" } else { "en" }.to_owned());
    }
    // Lists and headings have few small words: their letters tell it, where they tell it surely.
    let told = whatlang::detect(&head).filter(whatlang::Info::is_reliable)?;
    match told.lang() {
        whatlang::Lang::Fra => Some("fr".to_owned()),
        whatlang::Lang::Eng => Some("en".to_owned()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_of_every_encoding_are_read() {
        let text = "L’été à Saint-Étienne, près du château ; une œuvre française, très élégante.";
        assert_eq!(decode(text.as_bytes()), text);
        let (latin, ..) = WINDOWS_1252.encode(text);
        assert_eq!(decode(&latin), text);
        let wide: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(decode(&wide), text);
        assert_eq!(decode(&[&[0xff, 0xfe][..], &wide].concat()), text);
        assert_eq!(language(&text.repeat(2)).as_deref(), Some("fr"));
        assert_eq!(language("The garden party will take place on the lawn behind the house.").as_deref(), Some("en"));
        assert_eq!(language("ok"), None);
    }

    #[test]
    fn what_is_in_another_language_is_in_neither() {
        for (text, expected) in [
            ("Bahçedeki güller mart ayında budandı; yaşlı güller de bekliyor, çünkü hava hâlâ soğuk.", None),
            ("Die alten Rosen im Garten werden im März geschnitten, und der Gärtner wartet auf wärmeres Wetter.", None),
            ("Las rosas antiguas del jardín se podan en marzo; el jardinero espera que haga menos frío en la casa.", None),
            ("Le rose antiche del giardino si potano a marzo; il giardiniere aspetta che faccia meno freddo.", None),
            ("MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKjMzEfYyjiWA4R4MM2bS1GB4t7NXp98C3S", None),
            ("[list] Can I be added to your email distribution list? Thanks, and sorry for the noise on it.", Some("en")),
            ("Menu du dîner : potage, turbot, fraises. Vins de la cave. Servi dans le grand salon à vingt heures.", Some("fr")),
        ] {
            assert_eq!(language(text).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn a_damaged_byte_costs_one_character() {
        let text = "Réception à l’Élysée, près du château : œufs, crème brûlée.";
        let mut torn = text.as_bytes().to_vec();
        torn.truncate(torn.len() - 1);
        torn.extend("é".bytes().take(1));
        assert_eq!(decode(&torn), text.replace("brûlée.", "brûlée\u{fffd}"));
        torn[0] = 0xff;
        assert!(decode_as(&torn, Some(UTF_8)).starts_with("\u{fffd}éception à l’Élysée"));
        // What only says that it is UTF-8 is not believed.
        let (latin, ..) = WINDOWS_1252.encode(text);
        assert_eq!(decode_as(&latin, Some(UTF_8)), text);
    }

    #[test]
    fn what_is_written_in_ascii_bytes_is_told_from_ascii() {
        let text = "庭園での昼食会のお知らせ";
        let (japanese, ..) = encoding_rs::ISO_2022_JP.encode(text);
        assert!(japanese.is_ascii());
        assert_eq!(decode(&japanese), text);
        assert_eq!(decode_as(&japanese[..], Some(ISO_2022_JP)), text);
        assert_eq!(decode("\u{1b}[1mgras\u{1b}[0m".as_bytes()), "\u{1b}[1mgras\u{1b}[0m");
        let wide: Vec<u8> = "plain words".encode_utf16().flat_map(u16::to_be_bytes).collect();
        assert_eq!(decode(&wide), "plain words");
    }
}
