//! Messages (RFC 5322, MIME): who wrote to whom and when, the text of the body, and each attachment as a part
//! with its own text. A message within a message is a part whose own parts follow it, at `2/1`.

use super::{
    html,
    nest::{Inner, Nest, Trouble},
    text::{decode_as, encoding_of},
    transfer,
};
use crate::{findings, limits::MAX_FIELD};
use chartrier_schemas::Extraction;
use encoding_rs::Encoding;
use mail_parser::{
    Address, Encoding as Transfer, Message, MessageParser, MessagePart, MimeHeaders as _, PartType,
    decoders::{base64::base64_decode, quoted_printable::quoted_printable_decode},
};
use std::collections::{BTreeMap, BTreeSet};

/// A plain version with this many times fewer letters than the HTML has is a stub: the HTML is read too.
const STUB: usize = 3;

/// Reads a message.
pub(super) fn read(bytes: &[u8], nest: &mut Nest, extraction: &mut Extraction) {
    let Some(message) = parse(bytes) else {
        extraction.findings.push(findings::damaged("it has no headers"));
        extraction.text = super::text::decode(bytes);
        return;
    };
    let lines = readable(message.raw_message(), message.root_part());
    let head = lines.as_ref().and_then(|lines| MessageParser::default().parse_headers(lines.as_bytes()));
    headers(head.as_ref().unwrap_or(&message), extraction);
    // What a message does not say, its file may: whoever shows it tells the two apart.
    for (name, is_said) in [("undated", extraction.date.is_some()), ("untitled", extraction.title.is_some())] {
        extraction.fields.extend((!is_said).then(|| (name.to_owned(), "yes".to_owned())));
    }
    extraction.text = body(&message);
    let Some(mut parts) = nest.parts(extraction) else { return };
    for (path, part) in attachments(&message) {
        parts.take(&path, &name_of(&message, part, &path), |room| match decoded(&message, part) {
            bytes if bytes.len() as u64 > room => Trouble::TooLarge.into(),
            bytes => bytes.into(),
        });
    }
    parts.end();
}

/// Reads headers that stand alone.
pub(super) fn head(bytes: &[u8], extraction: &mut Extraction) {
    if let Some(message) = MessageParser::default().parse_headers(bytes) {
        headers(&message, extraction);
    }
}

/// An attachment, by its MIME path.
pub(super) fn part(bytes: &[u8], path: &str) -> Option<Inner> {
    let message = parse(bytes)?;
    let (_, part) = attachments(&message).into_iter().find(|(known, _)| known == path)?;
    Some(Inner { name: name_of(&message, part, path), unpacked: decoded(&message, part).into() })
}

/// Files of mail stores begin with a `From ` line, which is no header.
fn parse(bytes: &[u8]) -> Option<Message<'_>> {
    let bytes = in_store(bytes).unwrap_or(bytes);
    let from_line = bytes.starts_with(b"From ").then(|| bytes.iter().position(|byte| *byte == b'\n')).flatten();
    MessageParser::default().parse(&bytes[from_line.map_or(0, |end| end + 1)..])
}

/// The message in a file of Apple's mail store: its length stands on a line before it, and more behind it.
pub(crate) fn in_store(bytes: &[u8]) -> Option<&[u8]> {
    let end = bytes.iter().take(16).position(|byte| *byte == b'\n')?;
    let length: usize = std::str::from_utf8(&bytes[..end]).ok()?.trim().parse().ok()?;
    let rest = &bytes[end + 1..];
    Some(&rest[..length.min(rest.len())])
}

/// The headers of a part as UTF-8, where they are written in some other encoding without saying so. Each line
/// on its own: several programs may have written into one head.
fn readable(raw: &[u8], part: &MessagePart<'_>) -> Option<String> {
    let head = raw.get(part.offset_header as usize..part.offset_body as usize)?;
    let is_strange = |line: &&[u8]| std::str::from_utf8(line).is_err();
    let lines = || head.split_inclusive(|byte| *byte == b'\n');
    let strange: Vec<u8> = lines().filter(is_strange).collect::<Vec<_>>().concat();
    if strange.is_empty() {
        return None;
    }
    let encoding = encoding_of(&strange, None);
    let read = |line: &[u8]| match std::str::from_utf8(line) {
        Ok(line) => line.to_owned(),
        Err(_) => encoding.decode_without_bom_handling(line).0.into_owned(),
    };
    Some(lines().map(read).collect())
}

/// The words of the body. Where a message has a plain and an HTML version, the plain one; both where the plain
/// one says next to nothing.
fn body(message: &Message<'_>) -> String {
    let shown = |ids: &[u32]| -> BTreeMap<u32, String> {
        let parts = ids.iter().filter_map(|id| Some((*id, message.part(*id)?))).filter(|(_, part)| is_words(part));
        parts.map(|(id, part)| (id, words(message, part))).collect()
    };
    let [plain, html] = [&message.text_body, &message.html_body].map(|ids| ids.iter().copied().collect::<BTreeSet<_>>());
    let mut texts = shown(&message.text_body);
    let pages = shown(&html.difference(&plain).copied().collect::<Vec<_>>());
    if letters(plain.difference(&html).filter_map(|id| texts.get(id))) * STUB < letters(pages.values()) {
        texts.extend(pages);
    }
    texts.extend(shown(&Vec::from_iter(damaged_bodies(message))));
    texts.into_values().map(|text| text + "\n").collect()
}

fn letters<'a>(texts: impl Iterator<Item = &'a String>) -> usize {
    texts.flat_map(|text| text.chars()).filter(|c| c.is_alphanumeric()).count()
}

/// Pictures and sounds shown in the body are no words.
fn is_words(part: &MessagePart<'_>) -> bool {
    matches!(part.body, PartType::Text(_) | PartType::Html(_))
}

fn is_html(part: &MessagePart<'_>) -> bool {
    let said = part.content_type().is_some_and(|kind| kind.ctype() == "text" && kind.subtype() == Some("html"));
    said || matches!(part.body, PartType::Html(_))
}

/// A body whose transfer coding is damaged is taken for an attachment by the parser.
fn damaged_bodies(message: &Message<'_>) -> BTreeSet<u32> {
    let is_body = |part: &MessagePart<'_>| {
        let is_text = part.content_type().is_none_or(|kind| kind.ctype() == "text");
        part.is_encoding_problem && is_words(part) && is_text && part.attachment_name().is_none() && !is_attached(part)
    };
    message.attachments.iter().filter(|id| message.part(**id).is_some_and(is_body)).copied().collect()
}

fn is_attached(part: &MessagePart<'_>) -> bool {
    part.content_disposition().is_some_and(|disposition| disposition.is_attachment())
}

fn words(message: &Message<'_>, part: &MessagePart<'_>) -> String {
    let charset =
        part.content_type().and_then(|kind| kind.attribute("charset")).and_then(|label| Encoding::for_label(label.as_bytes()));
    let words = decode_as(&decoded(message, part), charset);
    if is_html(part) { html::to_text(&words) } else { words }
}

fn headers(message: &Message<'_>, extraction: &mut Extraction) {
    extraction.title = message.subject().map(str::to_owned);
    extraction.authors = message.from().map(people).unwrap_or_default();
    recipients([message.to(), message.cc(), message.bcc()].map(|list| list.map(people).unwrap_or_default()), extraction);
    extraction.date = message
        .date()
        .filter(|date| date.is_valid())
        .and_then(|date| jiff::Timestamp::from_second(date.to_timestamp()).ok())
        .map(|stamp| stamp.strftime("%Y-%m-%dT%H:%M:%SZ").to_string());
    let before = message.references().as_text_list().unwrap_or_default();
    let before = linked(&before.iter().map(AsRef::as_ref).collect::<Vec<_>>());
    let [own, answered] = [message.message_id(), message.in_reply_to().as_text()].map(|value| value.map(str::to_owned));
    for (name, value) in [("message-id", own), ("in-reply-to", answered), (REFERENCES, before)] {
        extraction.fields.extend(value.map(|value| (name.to_owned(), value)));
    }
}

/// The field of the messages before this one, oldest first.
pub(super) const REFERENCES: &str = "references";

/// Those to whom a message is written, who get a copy, and who get one unseen. How many the first two are is told beside.
pub(super) fn recipients(all: [Vec<String>; 3], extraction: &mut Extraction) {
    for (name, list) in ["recipients-direct", "recipients-copied"].into_iter().zip(&all) {
        if !(all[1].is_empty() && all[2].is_empty()) {
            extraction.fields.push((name.to_owned(), list.len().to_string()));
        }
    }
    extraction.recipients = all.into_iter().flatten().collect();
}

/// Ids of messages as one field: the first, which began it all, and as many of the last as there is room for.
pub(super) fn linked(ids: &[&str]) -> Option<String> {
    let (first, rest) = ids.split_first()?;
    let mut left = MAX_FIELD.checked_sub(first.len())?;
    let fits = |id: &&&str| {
        left = left.saturating_sub(id.len() + 1);
        left > 0
    };
    let mut last: Vec<&str> = rest.iter().rev().take_while(fits).copied().collect();
    last.push(first);
    last.reverse();
    Some(last.join(" "))
}

fn people(address: &Address<'_>) -> Vec<String> {
    let written = |name: Option<&str>, address: Option<&str>| match (name, address) {
        (Some(name), Some(address)) => Some(format!("{name} <{address}>")),
        (Some(only), None) | (None, Some(only)) => Some(only.to_owned()),
        (None, None) => None,
    };
    let all = address.iter().filter_map(|one| written(one.name(), one.address()));
    all.filter(|person| !person.trim().is_empty()).collect()
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
    let bodies = damaged_bodies(message);
    ids.retain(|id| !bodies.contains(id));
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
    let strict = match part.encoding {
        Transfer::Base64 => base64_decode(encoded),
        Transfer::QuotedPrintable => quoted_printable_decode(encoded),
        Transfer::None => None,
    };
    strict.unwrap_or_else(|| repaired(encoded, part))
}

/// The bytes of a part that is not coded, or whose coding is damaged: the parser then says that there is none.
fn repaired(encoded: &[u8], part: &MessagePart<'_>) -> Vec<u8> {
    match part.content_transfer_encoding() {
        Some(coding) if coding.eq_ignore_ascii_case("base64") => transfer::base64(encoded),
        Some(coding) if coding.eq_ignore_ascii_case("quoted-printable") => transfer::quoted_printable(encoded),
        _ => encoded.to_vec(),
    }
}

fn name_of(message: &Message<'_>, part: &MessagePart<'_>, path: &str) -> String {
    let readable = readable(message.raw_message(), part);
    let head = readable.as_ref().and_then(|lines| MessageParser::default().parse_headers(lines.as_bytes()));
    let said = head.as_ref().map_or(part, Message::root_part).attachment_name();
    if let Some(name) = said.filter(|name| !name.trim().is_empty()) {
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
    use super::super::{extract, part};
    use crate::limits::MAX_NESTING;
    use chartrier_schemas::ContentId;
    use sha2::{Digest as _, Sha256};

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
        assert_eq!(
            found,
            [
                ("2", "menu.txt", "œufs\nbrouillés"),
                ("3", "inside.eml", "inside\ncarl@example.org\ninner words"),
                ("3/2", "x.bin", "")
            ]
        );
    }

    #[test]
    fn a_message_says_what_it_answers_and_to_whom_it_is_copied() {
        let message = "From: a@example.org\r\nTo: b@example.org, c@example.org\r\nCc: Dan <d@example.org>\r\nBcc: e@example.org\r\n\
            Message-ID: <3@example.org>\r\nIn-Reply-To: <2@example.org>\r\nReferences: <1@example.org>\r\n\t<2@example.org>\r\n\r\nx";
        let extraction = extract(message.as_bytes(), "m.eml");
        let field = |name: &str| extraction.fields.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
        assert_eq!((field("in-reply-to"), field("references")), (Some("2@example.org"), Some("1@example.org 2@example.org")));
        assert_eq!((field("recipients-direct"), field("recipients-copied")), (Some("2"), Some("1")));
        assert_eq!(extraction.recipients, ["b@example.org", "c@example.org", "Dan <d@example.org>", "e@example.org"]);
        let ids: Vec<String> = (0..1_000).map(|number| format!("{number}@example.org")).collect();
        let kept = super::linked(&ids.iter().map(String::as_str).collect::<Vec<_>>()).unwrap();
        assert!(
            kept.len() <= crate::limits::MAX_FIELD && kept.starts_with("0@example.org 7") && kept.ends_with(" 999@example.org")
        );
        assert_eq!(super::linked(&[]), None);
    }

    #[test]
    fn parts_come_back_as_they_were_described() {
        let extraction = extract(MESSAGE.as_bytes(), "m.eml");
        for described in &extraction.parts {
            let bytes = part(MESSAGE.as_bytes(), "m.eml", &described.path).unwrap();
            assert_eq!(bytes.len() as u64, described.size, "{}", described.path);
            assert_eq!(ContentId::from_digest(Sha256::digest(&bytes).into()), described.content);
        }
        assert_eq!(part(MESSAGE.as_bytes(), "m.eml", "2").unwrap(), "œufs\nbrouillés".as_bytes());
        assert_eq!(part(MESSAGE.as_bytes(), "m.eml", "3/2").unwrap(), [0, 1, 2, 3]);
        assert_eq!(part(MESSAGE.as_bytes(), "m.eml", "9"), None);
    }

    #[test]
    fn files_of_mail_stores_are_messages() {
        let stored = format!("From helene@example.org Tue Jul 14 10:30:00 2026\n{MESSAGE}");
        let extraction = extract(stored.as_bytes(), "0001");
        assert_eq!(extraction.title.as_deref(), Some("Programme d'été"));
        assert_eq!(part(stored.as_bytes(), "0001", "3/2").unwrap(), [0, 1, 2, 3]);
    }

    #[test]
    fn what_stands_around_a_message_is_none_of_it() {
        let apple = format!("{:<10}\n{MESSAGE}<?xml version=\"1.0\"?><plist><key>flags</key></plist>\n", MESSAGE.len());
        let extraction = extract(apple.as_bytes(), "1.emlx");
        assert_eq!((extraction.title.as_deref(), extraction.parts.len()), (Some("Programme d'été"), 3));
        assert_eq!(part(apple.as_bytes(), "1.emlx", "3/2").unwrap(), [0, 1, 2, 3]);
        let bare = "From ada@example.org Mon Jun 01 04:28:28 2009\nContent-Type: text/html\n\n<p>Le jardin</p>";
        assert_eq!(extract(bare.as_bytes(), "x").text.trim(), "Le jardin");
    }

    const HEAD: &str = "From: ada@example.org\r\nSubject: x\r\nMIME-Version: 1.0\r\n";

    fn texts(message: &str) -> (String, Vec<(String, String)>) {
        let extraction = extract(message.as_bytes(), "m.eml");
        (extraction.text, extraction.parts.into_iter().map(|part| (part.path, part.format.media)).collect())
    }

    #[test]
    fn pictures_in_the_body_are_no_words() {
        let picture = "Content-Type: image/png\r\nContent-Transfer-Encoding: base64\r\n\r\niVBORw0KGgpub24gZHUgdGV4dGU=\r\n";
        let (text, parts) = texts(&format!("{HEAD}{picture}"));
        assert_eq!((text.as_str(), parts), ("", vec![("1".to_owned(), "image/png".to_owned())]));
        let (text, parts) = texts(&format!(
            "{HEAD}Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nLe plan\r\n--b\r\n{picture}--b--\r\n"
        ));
        assert_eq!((text.trim(), parts), ("Le plan", vec![("2".to_owned(), "image/png".to_owned())]));
    }

    fn alternative(plain: &str, html: &str) -> String {
        let message = format!(
            "{HEAD}Content-Type: multipart/alternative; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\n{plain}\r\n\
             --b\r\nContent-Type: text/html\r\n\r\n{html}\r\n--b--\r\n"
        );
        texts(&message).0
    }

    #[test]
    fn a_plain_version_that_says_nothing_does_not_hide_the_other() {
        let html = "<p>Le programme de la visite est joint, avec le plan des jardins.</p>";
        assert!(alternative(" ", html).contains("plan des jardins"));
        assert!(alternative("Voir le HTML", html).contains("Voir le HTML"));
        assert!(alternative("Voir le HTML", html).contains("plan des jardins"));
        assert_eq!(alternative("Le programme est joint, avec le plan.", html).trim(), "Le programme est joint, avec le plan.");
    }

    #[test]
    fn a_damaged_transfer_coding_costs_one_character() {
        let quoted = "Content-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n<p>D=C3=A9jeuner =XY d=27=C3=A9t=C3=A9</p>";
        assert_eq!(texts(&format!("{HEAD}{quoted}\r\n")), ("Déjeuner =XY d'été\n".to_owned(), vec![]));
        let mixed = format!("{HEAD}Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n{quoted}\r\n--b--\r\n");
        assert_eq!(texts(&mixed), ("Déjeuner =XY d'été\n".to_owned(), vec![]));
        assert_eq!(texts(&mixed.replace("=XY", "== =C3=A0")), ("Déjeuner == à d'été\n".to_owned(), vec![]));
        let (text, parts) = texts(&format!(
            "{HEAD}Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\nxZN1ZnMgYn*JvdWlsbMOpcw==\r\n"
        ));
        assert_eq!((text.as_str(), parts), ("œufs brouillés\n", vec![]));
    }

    #[test]
    fn a_damaged_attachment_comes_back_as_it_was_described() {
        let message = format!(
            "{HEAD}Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nci-joint\r\n\
             --b\r\nContent-Type: image/gif; name=a.gif\r\nContent-Transfer-Encoding: base64\r\n\r\nR0lG*ODlhAQABAAAA\r\n--b--\r\n"
        );
        let extraction = extract(message.as_bytes(), "m.eml");
        assert_eq!((extraction.text.trim(), extraction.parts[0].format.media.as_str()), ("ci-joint", "image/gif"));
        let bytes = part(message.as_bytes(), "m.eml", "2").unwrap();
        assert_eq!(ContentId::from_digest(Sha256::digest(&bytes).into()), extraction.parts[0].content);
    }

    #[test]
    fn raw_headers_are_read_in_the_encoding_they_seem_to_have() {
        let message = "From: Hélène Été <helene@example.org>\r\nTo: Théo <theo@example.org>\r\nSubject: Réunion à l'Élysée\r\n\
            MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n\
            --b\r\nContent-Type: application/octet-stream; name=\"été.bin\"\r\n\r\nx\r\n--b--\r\n";
        let (latin, ..) = encoding_rs::WINDOWS_1252.encode(message);
        let extraction = extract(&latin, "m.eml");
        assert_eq!(extraction.title.as_deref(), Some("Réunion à l'Élysée"));
        assert_eq!(extraction.authors, ["Hélène Été <helene@example.org>"]);
        assert_eq!(extraction.recipients, ["Théo <theo@example.org>"]);
        assert_eq!(extraction.parts[0].name, "été.bin");
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
