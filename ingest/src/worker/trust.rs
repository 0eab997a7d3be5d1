//! What a worker says is believed only after this: it may have been taken over by what it read.

use super::{Scan, protocol::Told};
use crate::{
    limits::{
        MAX_FIELD, MAX_FIELDS, MAX_MATCHES, MAX_PAGE_WORD, MAX_PAGE_WORDS, MAX_PAGES, MAX_PARTS, MAX_READ, MAX_SCAN_SIDE,
        MAX_THUMBNAIL, THUMBNAIL_SIDE,
    },
    pronom::{Warning, is_puid},
};
use chartrier_schemas::{Extraction, Finding, Format, PAGE_UNITS, PageRow, PageWord, Part, Thumbnail};
use std::collections::BTreeSet;

/// Why an answer is not believed.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Lie(pub(super) &'static str);

/// Checks an extraction as if an enemy had written it. Its texts come apart from it.
pub(super) fn checked(extraction: Extraction) -> Result<Extraction, Lie> {
    let comes_apart = extraction.text.is_empty() && extraction.parts.iter().all(|part| part.text.is_empty());
    ensure(comes_apart, "a text that should come apart")?;
    ensure(extraction.parts.len() <= MAX_PARTS * 2, "more parts than are read")?;
    ensure(extraction.authors.len().max(extraction.recipients.len()) <= MAX_FIELDS, "more people than are read")?;
    ensure(extraction.fields.len() <= MAX_FIELDS, "more fields than are read")?;
    ensure(extraction.language.as_deref().is_none_or(|language| matches!(language, "fr" | "en")), "a language of no house")?;
    ensure(extraction.date.as_deref().is_none_or(is_moment), "a date that is none")?;
    format(&extraction.format)?;
    let names = extraction.title.iter().chain(&extraction.authors).chain(&extraction.recipients);
    for line in names.chain(extraction.fields.iter().flat_map(|(name, value)| [name, value])) {
        short(line)?;
    }
    ensure(extraction.fields.iter().all(|(name, _)| is_word(name)), "a field with a strange name")?;
    let mut paths = BTreeSet::new();
    for part in &extraction.parts {
        self::part(part)?;
        ensure(paths.insert(&part.path), "two parts at one place")?;
    }
    ensure(extraction.findings.len() <= 64, "more findings than there are")?;
    extraction.findings.iter().try_for_each(finding)?;
    Ok(extraction)
}

/// Checks a finding.
pub(super) fn finding(finding: &Finding) -> Result<(), Lie> {
    ensure(matches!(finding.number, 1..=13 | 15..=20), "a finding of its own invention")?;
    for sentence in [&finding.problem, &finding.remedy] {
        short(&sentence.en)?;
        short(&sentence.fr)?;
    }
    Ok(())
}

/// Checks a text; takes control characters out of it.
pub(super) fn text(bytes: Vec<u8>) -> Result<String, Lie> {
    let mut text = String::from_utf8(bytes).map_err(|_| Lie("a text that is none"))?;
    clean(&mut text);
    Ok(text)
}

/// A picture as a frame brings it.
pub(super) struct Picture<'a> {
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) bytes: &'a [u8],
}

/// Checks a thumbnail.
pub(super) fn thumbnail(frame: &[u8]) -> Result<Option<Thumbnail>, Lie> {
    let picture = jpeg(frame, THUMBNAIL_SIDE, MAX_THUMBNAIL)?;
    Ok(picture.map(|Picture { width, height, bytes }| Thumbnail { width, height, jpeg: bytes.to_vec() }))
}

/// Checks a picture: the frame that says it is JPEG is one, as small as it says, and no longer than `side`.
pub(super) fn jpeg(frame: &[u8], side: u32, most: usize) -> Result<Option<Picture<'_>>, Lie> {
    let Some(picture) = sized(frame, side)? else { return Ok(None) };
    let jpeg = picture.bytes;
    ensure(jpeg.len() <= most && jpeg.starts_with(b"\xff\xd8\xff") && jpeg.ends_with(b"\xff\xd9"), "a picture that is no JPEG")?;
    ensure(jpeg_size(jpeg) == Some((picture.width, picture.height)), "a picture of another size")?;
    Ok(Some(picture))
}

/// Checks a page for text recognition: as many pixels as it says.
pub(super) fn scan(mut frame: Vec<u8>) -> Result<Option<Scan>, Lie> {
    let Some(Picture { width, height, bytes }) = sized(&frame, MAX_SCAN_SIDE)? else { return Ok(None) };
    ensure(bytes.len() == (width * height) as usize, "a page of another size")?;
    frame.drain(..8);
    Ok(Some(Scan { width, height, pixels: frame }))
}

/// Checks the words of a page: so many, each within the page.
pub(super) fn rows(frame: &[u8]) -> Result<Vec<PageRow>, Lie> {
    let rows: Vec<PageRow> = serde_json::from_slice(frame).map_err(|_| Lie("words that are none"))?;
    let count = rows.iter().map(|row| row.words.len()).sum::<usize>();
    ensure(count <= MAX_PAGE_WORDS && rows.iter().all(|row| !row.words.is_empty()), "more words than a page has")?;
    ensure(rows.iter().all(|row| row.turn < 4), "words in no direction")?;
    for word in rows.iter().flat_map(|row| &row.words) {
        let PageWord { text, left, top, right, bottom } = word;
        ensure(!text.trim().is_empty() && text.len() <= MAX_PAGE_WORD && !text.chars().any(char::is_control), "no word")?;
        ensure(left < right && *right <= PAGE_UNITS && top < bottom && *bottom <= PAGE_UNITS, "a word beside the page")?;
    }
    Ok(rows)
}

/// A size of at most `side` each way, and what follows it.
fn sized(frame: &[u8], side: u32) -> Result<Option<Picture<'_>>, Lie> {
    let Some((size, bytes)) = frame.split_at_checked(8) else {
        return if frame.is_empty() { Ok(None) } else { Err(Lie("half a picture")) };
    };
    let number = |at: usize| u32::from_be_bytes([size[at], size[at + 1], size[at + 2], size[at + 3]]);
    let (width, height) = (number(0), number(4));
    ensure((1..=side).contains(&width) && (1..=side).contains(&height), "a picture that is none")?;
    Ok(Some(Picture { width, height, bytes }))
}

/// Checks a number of pages.
pub(super) fn pages(count: usize) -> Result<(), Lie> {
    ensure(count <= MAX_PAGES, "more pages than are read")
}

fn ensure(holds: bool, lie: &'static str) -> Result<(), Lie> {
    if holds { Ok(()) } else { Err(Lie(lie)) }
}

/// The size that the frame header of a JPEG states (ITU T.81, B.2.2).
fn jpeg_size(jpeg: &[u8]) -> Option<(u32, u32)> {
    let mut at = 2;
    loop {
        let [0xff, marker, high, low] = *jpeg.get(at..at + 4)? else { return None };
        if (0xc0..=0xc2).contains(&marker) {
            let number = |at: usize| Some(u32::from(u16::from_be_bytes([*jpeg.get(at)?, *jpeg.get(at + 1)?])));
            return Some((number(at + 7)?, number(at + 5)?));
        }
        at += 2 + usize::from(u16::from_be_bytes([high, low]));
    }
}

fn part(part: &Part) -> Result<(), Lie> {
    let path = part.path.len() <= 1_024
        && part.path.split(['.', '/']).all(|step| !step.is_empty() && step.bytes().all(|byte| byte.is_ascii_digit()));
    ensure(path, "a part at a place that cannot be")?;
    ensure(part.size <= MAX_READ, "a part larger than its document may be")?;
    format(&part.format)?;
    ensure(part.name.len() <= MAX_FIELD, "a part with a longer name than any")?;
    short(&part.name)
}

/// Checks a format.
pub(super) fn format(format: &Format) -> Result<(), Lie> {
    let plain = |text: &str| text.len() <= 128 && text.bytes().all(|byte| byte.is_ascii_graphic());
    ensure(plain(&format.media) && format.media.contains('/'), "a media type that is none")?;
    ensure(format.puid.as_deref().is_none_or(is_puid), "a PUID that is none")?;
    ensure(format.tags.len() <= 8 && format.tags.iter().all(|tag| is_word(tag)), "a format with strange names")
}

/// Checks what a document is told to be.
pub(super) fn told(told: Told) -> Result<Told, Lie> {
    format(&told.format)?;
    let (matches, warnings) = (&told.identification.matches, &told.identification.warnings);
    ensure(matches.len() <= MAX_MATCHES && warnings.len() <= 16, "more formats than one document has")?;
    for found in matches {
        ensure(is_puid(&found.puid), "a PUID that is none")?;
        [Some(&found.name), found.version.as_ref(), found.mime.as_ref()]
            .into_iter()
            .flatten()
            .try_for_each(|line| short(line))?;
    }
    for warning in warnings {
        if let Warning::Possible(puids) = warning {
            ensure(puids.len() <= MAX_MATCHES && puids.iter().all(|puid| is_puid(puid)), "a PUID that is none")?;
        }
    }
    Ok(told)
}

fn is_word(word: &str) -> bool {
    !word.is_empty() && word.len() <= 64 && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

fn short(line: &str) -> Result<(), Lie> {
    ensure(line.len() <= MAX_FIELD * 2 && !line.chars().any(char::is_control), "a line that is none")
}

fn is_moment(date: &str) -> bool {
    date.len() <= 32 && date.parse::<jiff::Timestamp>().is_ok()
}

/// Takes out control characters that say nothing in a text.
pub(crate) fn clean(text: &mut String) {
    if text.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\t' | '\u{c}')) {
        text.retain(|c| !c.is_control() || matches!(c, '\n' | '\t' | '\u{c}'));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chartrier_schemas::{ContentId, Text};

    fn sound() -> Extraction {
        let format =
            Format { puid: Some("fmt/278".to_owned()), media: "message/rfc822".to_owned(), tags: vec!["eml".to_owned()] };
        let part = Part {
            path: "2.1/3".to_owned(),
            name: "menu".to_owned(),
            format: format.clone(),
            size: 3,
            content: ContentId::from_digest([0; 32]),
            text: String::new(),
        };
        Extraction { format, date: Some("2026-07-14T08:30:00Z".to_owned()), parts: vec![part], ..Extraction::default() }
    }

    #[test]
    fn a_sound_answer_passes_and_loses_its_bells() {
        assert_eq!(checked(sound()).unwrap(), sound());
        assert_eq!(text(b"a\x07b\n".to_vec()).unwrap(), "ab\n");
    }

    #[test]
    fn every_lie_is_refused() {
        type Change = Box<dyn Fn(&mut Extraction)>;
        let lies: Vec<Change> = vec![
            Box::new(|lie| lie.text = "x".to_owned()),
            Box::new(|lie| lie.parts[0].text = "x".to_owned()),
            Box::new(|lie| lie.parts[0].name = "\u{1b}]0;menu\u{7}".to_owned()),
            Box::new(|lie| lie.parts[0].name = "x".repeat(MAX_FIELD + 1)),
            Box::new(|lie| lie.parts = vec![lie.parts[0].clone(); 2]),
            Box::new(|lie| lie.parts[0].path = "../../etc".to_owned()),
            Box::new(|lie| lie.parts[0].size = u64::MAX),
            Box::new(|lie| lie.parts[0].name = "\0".to_owned()),
            Box::new(|lie| lie.authors = vec![String::new(); MAX_FIELDS + 1]),
            Box::new(|lie| lie.fields = vec![("a b".to_owned(), String::new())]),
            Box::new(|lie| lie.title = Some("\u{1b}[2J".to_owned())),
            Box::new(|lie| lie.title = Some("x".repeat(MAX_FIELD * 3))),
            Box::new(|lie| lie.language = Some("xx".to_owned())),
            Box::new(|lie| lie.date = Some("hier".to_owned())),
            Box::new(|lie| lie.format.media = "rien".to_owned()),
            Box::new(|lie| lie.format.puid = Some("'; drop".to_owned())),
            Box::new(|lie| lie.format.puid = Some("fmt/1/../2".to_owned())),
            Box::new(|lie| lie.format.tags = vec![String::new()]),
            Box::new(|lie| {
                let text = Text { en: String::new(), fr: String::new() };
                lie.findings = vec![Finding { number: 99, problem: text.clone(), remedy: text }];
            }),
        ];
        for (number, lie) in lies.iter().enumerate() {
            let mut answer = sound();
            lie(&mut answer);
            assert!(checked(answer).is_err(), "lie {number}");
        }
        assert_eq!(text(vec![0xff]), Err(Lie("a text that is none")));
    }

    #[test]
    fn only_small_jpegs_are_thumbnails() {
        let picture = crate::thumbnail::thumbnail(&image::RgbImage::new(30, 20)).unwrap();
        let frame = |width: u32, height: u32, jpeg: &[u8]| [&width.to_be_bytes()[..], &height.to_be_bytes(), jpeg].concat();
        assert_eq!(thumbnail(&frame(30, 20, &picture.jpeg)), Ok(Some(picture.clone())));
        assert_eq!(thumbnail(&[]), Ok(None));
        for bad in [
            frame(31, 20, &picture.jpeg),
            frame(0, 0, &picture.jpeg),
            frame(30, 20, b"<svg>"),
            frame(513, 20, &picture.jpeg),
            vec![1, 2, 3],
        ] {
            assert!(thumbnail(&bad).is_err());
        }
    }

    #[test]
    fn words_stand_on_their_page() {
        let told = |said: &str| rows(said.as_bytes());
        let row = |turn: u32, word: &str, [left, top, right, bottom]: [u32; 4]| {
            let word = serde_json::to_string(word).unwrap();
            format!(
                r#"[{{"turn":{turn},"words":[{{"text":{word},"left":{left},"top":{top},"right":{right},"bottom":{bottom}}}]}}]"#
            )
        };
        let place = [0, 9_000, 10_000, 9_100];
        assert_eq!(told(&row(3, "jardin", place)).unwrap()[0].words[0].right, 10_000);
        assert_eq!(told("[]"), Ok(Vec::new()));
        for lie in [
            row(4, "jardin", place),
            row(0, "", place),
            row(0, "\u{1b}[2J", place),
            row(0, &"x".repeat(MAX_PAGE_WORD + 1), place),
            row(0, "jardin", [1, 0, 1, 9]),
            row(0, "jardin", [0, 9, 1, 8]),
            row(0, "jardin", [0, 0, 10_001, 9]),
            row(0, "jardin", [0, 0, 70_000, 9]),
            r#"[{"turn":0,"words":[]}]"#.to_owned(),
            "{]".to_owned(),
            String::new(),
        ] {
            assert!(told(&lie).is_err(), "{lie}");
        }
        let word = r#"{"text":"x","left":0,"top":0,"right":1,"bottom":1}"#;
        let many = |count: usize| format!(r#"[{{"turn":0,"words":[{}]}}]"#, vec![word; count].join(","));
        assert!(told(&many(MAX_PAGE_WORDS)).is_ok() && told(&many(MAX_PAGE_WORDS + 1)).is_err());
    }

    #[test]
    fn a_page_for_recognition_is_as_large_as_it_says() {
        let frame =
            |width: u32, height: u32, pixels: usize| [&width.to_be_bytes()[..], &height.to_be_bytes(), &vec![7; pixels]].concat();
        let page = scan(frame(3, 2, 6)).unwrap().unwrap();
        assert_eq!((page.width, page.height, page.pixels), (3, 2, vec![7; 6]));
        assert!(scan(Vec::new()).unwrap().is_none());
        for bad in [frame(3, 2, 5), frame(0, 0, 0), frame(MAX_SCAN_SIDE + 1, 1, MAX_SCAN_SIDE as usize + 1), vec![0; 7]] {
            assert!(scan(bad).is_err());
        }
    }
}
