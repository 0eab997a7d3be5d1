//! Messages (RFC 5322, MIME): who wrote to whom and when, the text of the body, and each attachment as a part
//! with its own text. A message within a message is a part whose own parts follow it, at `2/1`.

use super::{html, read as read_document, text::decode_as};
use crate::{
    findings,
    limits::{MAX_NESTING, MAX_PARTS, MAX_TEXT},
};
use chartrier_schemas::{ContentId, Extraction, Part};
use encoding_rs::Encoding;
use mail_parser::{
    Address, Encoding as Transfer, Message, MessageParser, MessagePart, MimeHeaders as _, PartType,
    decoders::{base64::base64_decode, quoted_printable::quoted_printable_decode},
};
use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;

/// Reads a message around which `depth` documents lie.
pub(super) fn read(bytes: &[u8], depth: usize, extraction: &mut Extraction) {
    let Some(message) = parse(bytes) else {
        extraction.findings.push(findings::damaged("it has no headers"));
        extraction.text = super::text::decode(bytes);
        return;
    };
    headers(&message, extraction);
    for part in message.text_body.iter().filter_map(|id| message.part(*id)) {
        let body = decoded(&message, part);
        let charset = part
            .content_type()
            .and_then(|kind| kind.attribute("charset"))
            .and_then(|label| Encoding::for_label(label.as_bytes()));
        let words = decode_as(&body, charset);
        extraction.text.push_str(&if matches!(part.body, PartType::Html(_)) { html::to_text(&words) } else { words });
        extraction.text.push('\n');
    }
    if depth >= MAX_NESTING {
        extraction.findings.push(findings::too_deep());
        return;
    }
    let mut text_left = MAX_TEXT.saturating_sub(extraction.text.len());
    for (path, part) in attachments(&message) {
        if extraction.parts.len() >= MAX_PARTS {
            extraction.findings.push(findings::bomb());
            break;
        }
        attach(&message, part, path, depth, extraction, &mut text_left);
    }
}

/// The decoded bytes of a part, by its path.
pub(super) fn part(bytes: &[u8], path: &str) -> Option<Vec<u8>> {
    let (own, inner) = path.split_once('/').map_or((path, None), |(own, inner)| (own, Some(inner)));
    let message = parse(bytes)?;
    let (_, part) = attachments(&message).into_iter().find(|(path, _)| path == own)?;
    let bytes = decoded(&message, part);
    inner.map_or(Some(bytes.clone()), |inner| self::part(&bytes, inner))
}

/// Files of mail stores begin with a `From ` line, which is no header.
fn parse(bytes: &[u8]) -> Option<Message<'_>> {
    let from_line = bytes.starts_with(b"From ").then(|| bytes.iter().position(|byte| *byte == b'\n')).flatten();
    MessageParser::default().parse(&bytes[from_line.map_or(0, |end| end + 1)..])
}

fn headers(message: &Message<'_>, extraction: &mut Extraction) {
    extraction.title = message.subject().map(str::to_owned);
    extraction.authors = message.from().map(people).unwrap_or_default();
    extraction.recipients = [message.to(), message.cc(), message.bcc()].into_iter().flatten().flat_map(people).collect();
    extraction.date = message
        .date()
        .filter(|date| date.is_valid())
        .and_then(|date| jiff::Timestamp::from_second(date.to_timestamp()).ok())
        .map(|stamp| stamp.strftime("%Y-%m-%dT%H:%M:%SZ").to_string());
    let fields = [("message-id", message.message_id()), ("in-reply-to", message.in_reply_to().as_text())];
    for (name, value) in fields {
        extraction.fields.extend(value.map(|value| (name.to_owned(), value.to_owned())));
    }
}

fn people(address: &Address<'_>) -> Vec<String> {
    let written = |name: Option<&str>, address: Option<&str>| match (name, address) {
        (Some(name), Some(address)) => Some(format!("{name} <{address}>")),
        (Some(only), None) | (None, Some(only)) => Some(only.to_owned()),
        (None, None) => None,
    };
    address.iter().filter_map(|one| written(one.name(), one.address())).collect()
}

/// The attachments of a message with their MIME paths, in the order of the message.
fn attachments<'a>(message: &'a Message<'a>) -> Vec<(String, &'a MessagePart<'a>)> {
    let mut paths = BTreeMap::new();
    let mut open = vec![(0, String::new())];
    while let Some((id, path)) = open.pop() {
        if let Some(PartType::Multipart(children)) = message.part(id).map(|part| &part.body) {
            for (number, child) in (1..).zip(children) {
                let inner = if path.is_empty() { number.to_string() } else { format!("{path}.{number}") };
                // A child has a higher number than what holds it: whatever a parser says, this ends.
                if *child > id {
                    open.push((*child, inner));
                }
            }
        } else {
            paths.insert(id, if path.is_empty() { "1".to_owned() } else { path });
        }
    }
    let mut ids = message.attachments.clone();
    ids.sort_unstable();
    ids.dedup();
    ids.into_iter().filter_map(|id| Some((paths.remove(&id)?, message.part(id)?))).collect()
}

/// The bytes of a part, as they were before they were encoded for transport.
fn decoded(message: &Message<'_>, part: &MessagePart<'_>) -> Vec<u8> {
    match &part.body {
        PartType::Binary(bytes) | PartType::InlineBinary(bytes) => return bytes.to_vec(),
        PartType::Message(inner) if part.encoding != Transfer::None => return inner.raw_message.to_vec(),
        PartType::Multipart(_) => return Vec::new(),
        PartType::Message(_) | PartType::Text(_) | PartType::Html(_) => {}
    }
    let range = part.offset_body as usize..part.offset_end as usize;
    let encoded = message.raw_message.get(range).unwrap_or_default();
    let bytes = match part.encoding {
        Transfer::Base64 => base64_decode(encoded),
        Transfer::QuotedPrintable => quoted_printable_decode(encoded),
        Transfer::None => None,
    };
    bytes.unwrap_or_else(|| encoded.to_vec())
}

fn attach(
    message: &Message<'_>,
    part: &MessagePart<'_>,
    path: String,
    depth: usize,
    extraction: &mut Extraction,
    text_left: &mut usize,
) {
    let bytes = decoded(message, part);
    let name = name_of(part, &path);
    let inner = read_document(&bytes, &name, depth + 1);
    extraction.findings.extend(inner.findings);
    let mut keep = |text: String| {
        let mut text = text;
        super::cut(&mut text, *text_left, &mut extraction.findings);
        *text_left -= text.len();
        text
    };
    extraction.parts.push(Part {
        size: bytes.len() as u64,
        content: ContentId::from_digest(Sha256::digest(&bytes).into()),
        text: keep(inner.text),
        format: inner.format,
        name,
        path: path.clone(),
    });
    for part in inner.parts {
        let path = format!("{path}/{}", part.path);
        extraction.parts.push(Part { path, text: keep(part.text), ..part });
    }
}

fn name_of(part: &MessagePart<'_>, path: &str) -> String {
    if let Some(name) = part.attachment_name().filter(|name| !name.trim().is_empty()) {
        return name.to_owned();
    }
    match &part.body {
        PartType::Message(inner) => format!("{}.eml", inner.subject().unwrap_or("message")),
        PartType::Html(_) => format!("part-{path}.html"),
        PartType::Text(_) => format!("part-{path}.txt"),
        _ => format!("part-{path}"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::extract;
    use super::*;

    const MESSAGE: &str = "From: =?utf-8?q?H=C3=A9l=C3=A8ne?= <helene@example.org>\r\nTo: ada@example.org, Bob <bob@example.org>\r\n\
        Subject: =?iso-8859-1?q?Programme_d=27=E9t=E9?=\r\nDate: Tue, 14 Jul 2026 10:30:00 +0200\r\nMessage-ID: <1@example.org>\r\n\
        MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n\
        --b\r\nContent-Type: multipart/alternative; boundary=c\r\n\r\n\
        --c\r\nContent-Type: text/plain; charset=iso-8859-1\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\nLe d=E9jeuner\r\n\
        --c\r\nContent-Type: text/html\r\n\r\n<p>Le d&eacute;jeuner</p>\r\n--c--\r\n\
        --b\r\nContent-Type: text/plain; name=menu.txt\r\nContent-Disposition: attachment; filename=menu.txt\r\nContent-Transfer-Encoding: base64\r\n\r\nxZN1ZnMKYnJvdWlsbMOpcw==\r\n\
        --b\r\nContent-Type: message/rfc822\r\n\r\nFrom: carl@example.org\r\nSubject: inside\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=d\r\n\r\n\
        --d\r\nContent-Type: text/plain\r\n\r\ninner words\r\n\
        --d\r\nContent-Type: application/octet-stream; name=x.bin\r\nContent-Transfer-Encoding: base64\r\n\r\nAAECAw==\r\n--d--\r\n\
        --b--\r\n";

    #[test]
    fn a_message_gives_people_text_and_parts() {
        let extraction = extract(MESSAGE.as_bytes(), "m.eml");
        assert_eq!(extraction.title.as_deref(), Some("Programme d'été"));
        assert_eq!(extraction.authors, ["Hélène <helene@example.org>"]);
        assert_eq!(extraction.recipients, ["ada@example.org", "Bob <bob@example.org>"]);
        assert_eq!(extraction.date.as_deref(), Some("2026-07-14T08:30:00Z"));
        assert_eq!(extraction.text.trim(), "Le déjeuner");
        let found: Vec<_> =
            extraction.parts.iter().map(|part| (part.path.as_str(), part.name.as_str(), part.text.trim())).collect();
        assert_eq!(found, [("2", "menu.txt", "œufs\nbrouillés"), ("3", "inside.eml", "inner words"), ("3/2", "x.bin", "")]);
    }

    #[test]
    fn parts_come_back_as_they_were_described() {
        let extraction = extract(MESSAGE.as_bytes(), "m.eml");
        for described in &extraction.parts {
            let bytes = part(MESSAGE.as_bytes(), &described.path).unwrap();
            assert_eq!(bytes.len() as u64, described.size, "{}", described.path);
            assert_eq!(ContentId::from_digest(Sha256::digest(&bytes).into()), described.content);
        }
        assert_eq!(part(MESSAGE.as_bytes(), "2").unwrap(), "œufs\nbrouillés".as_bytes());
        assert_eq!(part(MESSAGE.as_bytes(), "3/2").unwrap(), [0, 1, 2, 3]);
        assert_eq!(part(MESSAGE.as_bytes(), "9"), None);
    }

    #[test]
    fn files_of_mail_stores_are_messages() {
        let stored = format!("From helene@example.org Tue Jul 14 10:30:00 2026\n{MESSAGE}");
        let extraction = extract(stored.as_bytes(), "0001");
        assert_eq!(extraction.title.as_deref(), Some("Programme d'été"));
        assert_eq!(part(stored.as_bytes(), "3/2").unwrap(), [0, 1, 2, 3]);
    }

    #[test]
    fn nesting_ends() {
        let mut message = "From: a@example.org\r\nSubject: fond\r\n\r\nfond\r\n".to_owned();
        for level in 0..200 {
            message = format!(
                "From: a@example.org\r\nSubject: {level}\r\nMIME-Version: 1.0\r\nContent-Type: message/rfc822\r\n\r\n{message}"
            );
        }
        let extraction = extract(message.as_bytes(), "m.eml");
        assert!(extraction.findings.iter().any(|finding| finding.number == 10));
        assert!(extraction.parts.len() <= MAX_NESTING);
    }
}
