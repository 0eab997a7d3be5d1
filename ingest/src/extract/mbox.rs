//! Files of many messages (RFC 4155): each begins behind a line `From `, and is a part as it stands there. A file of one
//! message is that message.

use super::nest::{Inner, Nest, Trouble};
use chartrier_schemas::Extraction;

/// Whether a text is a file of two messages or more.
pub(crate) fn is_mbox(bytes: &[u8]) -> bool {
    starts(bytes).take(2).count() == 2 && bytes.starts_with(b"From ")
}

/// Reads the messages.
pub(super) fn read(bytes: &[u8], nest: &mut Nest, extraction: &mut Extraction) {
    let Some(mut parts) = nest.parts(extraction) else { return };
    for (number, message) in (1..).zip(messages(bytes)) {
        parts.take(&number.to_string(), &name(number), |room| match message {
            message if message.len() as u64 > room => Trouble::TooLarge.into(),
            message => message.to_vec().into(),
        });
    }
    parts.end();
}

/// A message, by its place.
pub(super) fn part(bytes: &[u8], place: &str) -> Option<Inner> {
    let number: usize = place.parse().ok()?;
    let message = messages(bytes).nth(number.checked_sub(1)?)?;
    Some(Inner { name: name(number), unpacked: message.to_vec().into() })
}

fn name(number: usize) -> String {
    format!("message-{number}.eml")
}

/// The messages without the lines before them, and without the empty line that ends each.
fn messages(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    let ends = starts(bytes).skip(1).chain(std::iter::once(bytes.len()));
    starts(bytes).zip(ends).map(|(start, end)| {
        let message = &bytes[start..end];
        let head = message.iter().position(|byte| *byte == b'\n').map_or(message.len(), |at| at + 1);
        let message = &message[head..];
        let message = if end == bytes.len() { message } else { message.strip_suffix(b"\n").unwrap_or(message) };
        match message.strip_suffix(b"\r") {
            Some(rest) if rest.ends_with(b"\n") => rest,
            _ => message,
        }
    })
}

/// Where the lines stand that begin a message: behind an empty line, and with a date at their end.
fn starts(bytes: &[u8]) -> impl Iterator<Item = usize> {
    let mut at = 0;
    let mut is_after_empty = true;
    std::iter::from_fn(move || {
        while at < bytes.len() {
            let rest = &bytes[at..];
            let line = &rest[..rest.iter().position(|byte| *byte == b'\n').map_or(rest.len(), |end| end + 1)];
            let (start, begins) = (at, is_after_empty && begins_message(line, b"From "));
            at += line.len();
            is_after_empty = line.trim_ascii().is_empty();
            if begins {
                return Some(start);
            }
        }
        None
    })
}

/// Whether a line stands before a message: the word, who sent it, and when.
pub(crate) fn begins_message(line: &[u8], from: &[u8]) -> bool {
    let Some(rest) = line.strip_prefix(from).filter(|rest| rest.len() < 512) else { return false };
    let mut words = rest.split(u8::is_ascii_whitespace).rev().filter(|word| !word.is_empty()).take(4);
    let is_year = |word: &[u8]| word.len() == 4 && word.iter().all(u8::is_ascii_digit);
    let has_time =
        rest.windows(4).any(|four| four[0].is_ascii_digit() && four[1] == b':' && four[2..].iter().all(u8::is_ascii_digit));
    has_time && words.any(is_year)
}

#[cfg(test)]
mod tests {
    use super::super::{extract, part};

    const BOX: &str = "From ada@example.org Mon Jun 01 10:00:00 2009\nFrom: ada@example.org\nSubject: un\n\nLe jardin\n>From la terrasse\n\n\
        From bob@example.org Mon Jun 01 11:00:00 2009\nFrom: bob@example.org\nSubject: deux\n\nFrom here on, no message: 10:30.\n\n\
        From carl@example.org Mon Jun  1 12:00:00 +0200 2009\n\nsans titre";

    #[test]
    fn each_message_is_a_part() {
        let extraction = extract(BOX.as_bytes(), "courrier");
        assert_eq!(extraction.format.tags[0], "mbox");
        let found: Vec<_> = extraction.parts.iter().map(|part| (part.path.as_str(), part.text.trim())).collect();
        let texts = [
            ("1", "un\nada@example.org\nLe jardin\n>From la terrasse"),
            ("2", "deux\nbob@example.org\nFrom here on, no message: 10:30."),
            ("3", "sans titre"),
        ];
        assert_eq!(found, texts);
        let second = part(BOX.as_bytes(), "courrier", "2").unwrap();
        assert_eq!(second, b"From: bob@example.org\nSubject: deux\n\nFrom here on, no message: 10:30.\n");
        assert_eq!(part(BOX.as_bytes(), "courrier", "4"), None);
        assert_eq!(extract(&BOX.as_bytes()[..150], "courrier").format.tags[0], "eml");
    }
}
