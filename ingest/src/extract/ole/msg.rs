//! Messages of Outlook ([MS-OXMSG]): who wrote to whom and when, the text of the body, and each attachment as a part. A
//! message within a message is made a file of its own, as Outlook would save it.

use super::{
    compound::{Compound, ROOT},
    item, letter,
    pack::{Packed, pack},
    property::{Properties, id},
};
use crate::{
    extract::{
        html, mail,
        nest::{Inner, Nest, Trouble, Unpacked},
        rtf,
    },
    findings,
    limits::{MAX_FIELDS, MAX_NESTING},
};
use chartrier_schemas::Extraction;

/// The stream that every message has.
pub(super) const MARK: &str = "__properties_version1.0";

/// Bytes before the properties of a message, of one within another, and of a recipient or an attachment.
const HEAD: usize = 32;
const HEAD_WITHIN: usize = 24;
const HEAD_OF_OTHERS: usize = 8;

/// Storages within storages that are taken along: an attachment and the message in it, as often as messages are read.
const MAX_DEPTH: usize = MAX_NESTING * 2 + 2;

/// Where the names of properties are kept for a message and all within it.
const NAMES: &str = "__nameid_version1.0";

/// Reads a message.
pub(super) fn read(file: &mut Compound<'_>, nest: &mut Nest, extraction: &mut Extraction) {
    let message = Properties::of(file, ROOT, HEAD, None);
    head(file, &message, extraction);
    extraction.text = body(file, &message);
    item::read(file, &message, extraction);
    let attachments = attachments(file);
    let Some(mut parts) = nest.parts(extraction) else { return };
    for (number, storage) in (1_usize..).zip(attachments) {
        let attachment = Properties::of(file, storage, HEAD_OF_OTHERS, Some(&message));
        let name = name_of(file, storage, &attachment, number);
        parts.take(&number.to_string(), &name, |room| bytes_of(file, storage, &attachment, room));
    }
    parts.end();
}

/// An attachment, by its number.
pub(super) fn part(file: &mut Compound<'_>, path: &str) -> Option<Inner> {
    let number: usize = path.parse().ok()?;
    let message = Properties::of(file, ROOT, HEAD, None);
    let storage = *attachments(file).get(number.checked_sub(1)?)?;
    let attachment = Properties::of(file, storage, HEAD_OF_OTHERS, Some(&message));
    let name = name_of(file, storage, &attachment, number);
    Some(Inner { name, unpacked: bytes_of(file, storage, &attachment, u64::MAX) })
}

/// Storages whose names begin so, in the order of their numbers.
fn storages(file: &Compound<'_>, prefix: &str) -> Vec<usize> {
    let begins = |name: &str| name.get(..prefix.len()).is_some_and(|head| head.eq_ignore_ascii_case(prefix));
    let mut found: Vec<(String, usize)> = file
        .list(ROOT)
        .filter(|(_, name, is_stream)| !is_stream && begins(name))
        .map(|(at, name, _)| (name.to_ascii_uppercase(), at))
        .collect();
    found.sort();
    found.into_iter().map(|(_, at)| at).collect()
}

fn attachments(file: &Compound<'_>) -> Vec<usize> {
    storages(file, "__attach_version1.0_")
}

/// Title, people, date. What the properties do not say, the headers may: they are those that came with the message.
fn head(file: &mut Compound<'_>, message: &Properties, extraction: &mut Extraction) {
    let mut said = Extraction::default();
    if let Some(headers) = message.words(file, id::HEADERS) {
        mail::head(headers.as_bytes(), &mut said);
    }
    extraction.title = message.words(file, id::SUBJECT).or(said.title);
    let author = |file: &mut Compound<'_>, ids: [u16; 4]| {
        let [name, smtp, address, kind] = ids.map(|id| message.words(file, id));
        let address = smtp.or(address.filter(|address| address.contains('@') && kind.is_none_or(|kind| kind == "SMTP")));
        person(name, address)
    };
    let author = author(file, id::AUTHOR).or_else(|| author(file, id::SENDER));
    extraction.authors = author.map_or(said.authors, |author| vec![author]);
    let own = recipients(file, message);
    if own.iter().all(Vec::is_empty) {
        extraction.recipients = said.recipients;
    } else {
        said.fields.retain(|(name, _)| !name.starts_with("recipients-"));
        mail::recipients(own, extraction);
    }
    let date = [id::SENT, id::RECEIVED].into_iter().find_map(|id| message.moment(id));
    let saved = [id::MODIFIED, id::CREATED].into_iter().find_map(|id| message.moment(id));
    extraction.date = date.or(said.date).or(saved);
    let mut fields = said.fields;
    for (name, id) in [("message-id", id::MESSAGE_ID), ("in-reply-to", id::IN_REPLY_TO)] {
        if let Some(value) = message.words(file, id).map(|value| value.trim_matches(['<', '>']).to_owned()) {
            fields.retain(|(known, _)| known != name);
            fields.push((name.to_owned(), value));
        }
    }
    if let Some(before) = message.words(file, id::REFERENCES) {
        let ids: Vec<&str> =
            before.split_whitespace().map(|id| id.trim_matches(['<', '>'])).filter(|id| !id.is_empty()).collect();
        if let Some(before) = mail::linked(&ids) {
            fields.retain(|(known, _)| known != mail::REFERENCES);
            fields.push((mail::REFERENCES.to_owned(), before));
        }
    }
    extraction.fields.append(&mut fields);
    // Zero is low, one is normal, two is high.
    let importance = message.number(id::IMPORTANCE).and_then(|number| match number {
        0 => Some("low"),
        2 => Some("high"),
        _ => None,
    });
    extraction.fields.extend(importance.map(|importance| ("importance".to_owned(), importance.to_owned())));
}

fn person(name: Option<String>, address: Option<String>) -> Option<String> {
    let name = name.map(|name| name.trim_matches(['\'', '"', ' ']).to_owned()).filter(|name| !name.is_empty());
    match (name, address) {
        (Some(name), Some(address)) if !name.eq_ignore_ascii_case(&address) => Some(format!("{name} <{address}>")),
        (_, Some(address)) => Some(address),
        (name, None) => name,
    }
}

/// To, copies, blind copies, in this order.
fn recipients(file: &mut Compound<'_>, message: &Properties) -> [Vec<String>; 3] {
    let mut found: [Vec<String>; 3] = Default::default();
    for storage in storages(file, "__recip_version1.0_").into_iter().take(MAX_FIELDS) {
        let recipient = Properties::of(file, storage, HEAD_OF_OTHERS, Some(message));
        let name = recipient.words(file, id::DISPLAY_NAME);
        let address = recipient.words(file, id::SMTP_ADDRESS);
        let address = address.or_else(|| recipient.words(file, id::ADDRESS)).filter(|address| address.contains('@'));
        let kind = recipient.number(id::RECIPIENT_KIND).unwrap_or(1);
        let list = match kind {
            2 => 1,
            3 => 2,
            _ => 0,
        };
        found[list].extend(person(name, address));
    }
    if found.iter().all(Vec::is_empty) {
        return [id::SHOWN_TO, id::SHOWN_COPY, id::SHOWN_BLIND].map(|id| {
            let names = message.words(file, id).unwrap_or_default();
            names.split(';').map(|name| name.trim().to_owned()).filter(|name| !name.is_empty()).collect()
        });
    }
    found
}

/// The words of the body: plain ones, else those of the page, else those of the RTF.
fn body(file: &mut Compound<'_>, message: &Properties) -> String {
    if let Some(plain) = message.words(file, id::BODY).filter(|plain| !plain.trim().is_empty()) {
        return plain.replace("\r\n", "\n").replace('\r', "\n") + "\n";
    }
    let page = message.page(file).filter(|page| !page.trim().is_empty());
    if let Some(words) = page.map(|page| html::to_text(&page)).filter(|words| !words.trim().is_empty()) {
        return words + "\n";
    }
    let Some(packed) = message.bytes(file, id::RTF).and_then(|packed| letter::unpack(&packed)) else { return String::new() };
    match letter::html(&packed) {
        Some(page) => html::to_text(&page) + "\n",
        None => {
            let mut letter = Extraction::default();
            rtf::read(&packed, &mut letter);
            letter.text
        }
    }
}

fn name_of(file: &mut Compound<'_>, storage: usize, attachment: &Properties, number: usize) -> String {
    if let Some(name) = [id::LONG_NAME, id::SHORT_NAME].into_iter().find_map(|id| attachment.words(file, id)) {
        return name;
    }
    let shown = attachment.words(file, id::DISPLAY_NAME);
    match within(file, storage) {
        Some(inner) if file.find(inner, MARK).is_some() => {
            let subject = Properties::of(file, inner, HEAD_WITHIN, Some(attachment)).words(file, id::SUBJECT);
            format!("{}.msg", subject.or(shown).unwrap_or_else(|| "message".to_owned()))
        }
        _ => shown.unwrap_or_else(|| format!("part-{number}")),
    }
}

/// The storage of an attachment that is a message, or a document of some program.
fn within(file: &Compound<'_>, storage: usize) -> Option<usize> {
    file.storage(storage, "__substg1.0_3701000D")
}

fn bytes_of(file: &mut Compound<'_>, storage: usize, attachment: &Properties, room: u64) -> Unpacked {
    let room = usize::try_from(room).unwrap_or(usize::MAX);
    if let Some(stream) = attachment.place(file, id::DATA, 0x102) {
        if file.size(stream) > room {
            return Trouble::TooLarge.into();
        }
        let (bytes, stated) = (file.read(stream), file.size(stream));
        let trouble = (bytes.len() < stated).then(|| Trouble::Damaged("its end is missing".to_owned()));
        return Unpacked { bytes, trouble };
    }
    let Some(inner) = within(file, storage) else {
        return Trouble::Damaged("it lies outside of the message".to_owned()).into();
    };
    let is_message = file.find(inner, MARK).is_some();
    let mut left = room;
    let content = contents(file, inner, is_message, 0, &mut left);
    let names = file.storage(ROOT, NAMES).filter(|_| is_message).and_then(|names| contents(file, names, false, 0, &mut left));
    let Some(mut content) = content else { return Trouble::TooLarge.into() };
    content.extend(names.map(|names| (NAMES.to_owned(), Packed::Storage(names))));
    let bytes = pack(content);
    if bytes.len() > room { Trouble::TooLarge.into() } else { bytes.into() }
}

/// What lies in a storage, as long as there is room for it.
fn contents(
    file: &mut Compound<'_>,
    storage: usize,
    is_message: bool,
    depth: usize,
    left: &mut usize,
) -> Option<Vec<(String, Packed)>> {
    let list: Vec<(usize, String, bool)> =
        file.list(storage).map(|(at, name, is_stream)| (at, name.to_owned(), is_stream)).collect();
    let mut contents = Vec::new();
    for (at, name, is_stream) in list {
        let packed = if is_stream {
            *left = left.checked_sub(file.size(at).max(128))?;
            let bytes = file.read(at);
            Packed::Stream(if is_message && name.eq_ignore_ascii_case(MARK) { as_outermost(bytes) } else { bytes })
        } else if depth < MAX_DEPTH {
            Packed::Storage(self::contents(file, at, false, depth + 1, left)?)
        } else {
            continue;
        };
        contents.push((name, packed));
    }
    Some(contents)
}

/// The properties of a message within another, with the longer head of one that lies in none ([MS-OXMSG], 2.4.1).
fn as_outermost(mut properties: Vec<u8>) -> Vec<u8> {
    if properties.len() >= HEAD_WITHIN {
        properties.splice(HEAD_WITHIN..HEAD_WITHIN, [0; HEAD - HEAD_WITHIN]);
    }
    properties
}

/// Says that a message could not be read where nothing of it is there.
pub(super) fn check(extraction: &mut Extraction) {
    let says_nothing = extraction.title.is_none() && extraction.authors.is_empty() && extraction.text.trim().is_empty();
    if says_nothing && extraction.parts.is_empty() && extraction.findings.is_empty() {
        extraction.findings.push(findings::damaged("nothing of the message was found"));
    }
}

#[cfg(test)]
pub(in crate::extract) mod tests {
    use super::*;
    use crate::extract::{
        extract,
        ole::compound::tests::{compound, damage},
        part,
    };
    use chartrier_schemas::ContentId;
    use sha2::{Digest as _, Sha256};

    /// The short properties of an object, behind a head of so many bytes.
    fn short(head: usize, values: &[(u16, u64)]) -> Vec<u8> {
        let entry = |(id, value): &(u16, u64)| [&[3, 0][..], &id.to_le_bytes(), &[6, 0, 0, 0], &value.to_le_bytes()].concat();
        [vec![0; head], values.iter().flat_map(entry).collect()].concat()
    }

    fn units(words: &str) -> Vec<u8> {
        words.encode_utf16().flat_map(u16::to_le_bytes).collect()
    }

    const CYRILLIC: &[u8] = b"\xcf\xe0\xf0\xea";
    const RTF: &[u8] = b"{\\rtf1\\ansi\\fromhtml1{\\*\\htmltag <p>}dedans{\\*\\htmltag </p>}}";

    /// A message with two attachments, of which one is a message with one of its own.
    pub(in crate::extract) fn message() -> Vec<u8> {
        let head = short(HEAD, &[(id::CODE_PAGE, 1251), (id::SENT, 133_000_000_000_000_000), (id::IMPORTANCE, 2)]);
        let inner = short(HEAD_WITHIN, &[(id::CODE_PAGE, 1252)]);
        let copy = short(HEAD_OF_OTHERS, &[(id::RECIPIENT_KIND, 2)]);
        let (to, none) = (short(HEAD_OF_OTHERS, &[(id::RECIPIENT_KIND, 1)]), short(HEAD_OF_OTHERS, &[]));
        let packed = [&[0; 4][..], &u32::try_from(RTF.len()).unwrap().to_le_bytes(), b"MELA", &[0; 4], RTF].concat();
        let within = "__attach_version1.0_#00000001/__substg1.0_3701000D";
        let at = |name: &str| format!("{within}/{name}");
        let inner_attachment = "__attach_version1.0_#00000000";
        compound(&[
            (MARK, &head),
            ("__nameid_version1.0/__substg1.0_00030102", &[0; 8]),
            ("__substg1.0_0037001E", CYRILLIC),
            ("__substg1.0_1000001F", &units("Bonjour\r\nà tous")),
            ("__substg1.0_0042001F", &units("Hélène")),
            ("__substg1.0_5D02001F", &units("helene@example.org")),
            ("__substg1.0_007D001F", &units("From: x@example.org\r\nMessage-ID: <1@example.org>\r\n\r\n")),
            ("__substg1.0_1039001F", &units("<00@example.org>\r\n <0@example.org>")),
            ("__recip_version1.0_#00000000/__properties_version1.0", &copy),
            ("__recip_version1.0_#00000000/__substg1.0_3001001F", &units("Bob")),
            ("__recip_version1.0_#00000001/__properties_version1.0", &to),
            ("__recip_version1.0_#00000001/__substg1.0_3001001E", CYRILLIC),
            ("__recip_version1.0_#00000001/__substg1.0_39FE001F", &units("ada@example.org")),
            ("__attach_version1.0_#00000000/__properties_version1.0", &none),
            ("__attach_version1.0_#00000000/__substg1.0_3707001E", &[CYRILLIC, b".txt"].concat()),
            ("__attach_version1.0_#00000000/__substg1.0_37010102", "les œufs".as_bytes()),
            ("__attach_version1.0_#00000001/__properties_version1.0", &none),
            (&at(MARK), &inner),
            (&at("__substg1.0_0037001E"), b"d\xe9di\xe9"),
            (&at("__substg1.0_10090102"), &packed),
            (&at(&format!("{inner_attachment}/{MARK}")), &none),
            (&at(&format!("{inner_attachment}/__substg1.0_3704001F")), &units("x.bin")),
            (&at(&format!("{inner_attachment}/__substg1.0_37010102")), &[0, 1, 2, 3]),
        ])
    }

    #[test]
    fn a_message_gives_people_text_and_parts() {
        let extraction = extract(&message(), "x");
        assert_eq!((extraction.title.as_deref(), extraction.text.as_str()), (Some("Парк"), "Bonjour\nà tous\n"));
        assert_eq!(extraction.authors, ["Hélène <helene@example.org>"]);
        assert_eq!(extraction.recipients, ["Парк <ada@example.org>", "Bob"]);
        assert_eq!(extraction.date.as_deref(), Some("2022-06-18T04:26:40Z"));
        let fields: Vec<_> = extraction.fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let format = [("format", "Microsoft Outlook Email Message 97-2003"), ("format-method", "container")];
        let people = [("recipients-direct", "1"), ("recipients-copied", "1")];
        let links = [("message-id", "1@example.org"), ("references", "00@example.org 0@example.org"), ("importance", "high")];
        assert_eq!(fields, [&people[..], &links, &format].concat());
        let parts: Vec<_> =
            extraction.parts.iter().map(|part| (part.path.as_str(), part.name.as_str(), part.text.trim())).collect();
        assert_eq!(parts, [("1", "Парк.txt", "les œufs"), ("2", "dédié.msg", "dédié\ndedans"), ("2/1", "x.bin", "")]);
        assert_eq!(extraction.parts[1].format.media, "application/vnd.ms-outlook");
    }

    #[test]
    fn parts_come_back_as_they_were_described() {
        let bytes = message();
        for described in &extract(&bytes, "x").parts {
            let inner = part(&bytes, "x", &described.path).unwrap();
            assert_eq!(inner.len() as u64, described.size, "{}", described.path);
            assert_eq!(ContentId::from_digest(Sha256::digest(&inner).into()), described.content);
        }
        assert_eq!(part(&bytes, "x", "2/1").unwrap(), [0, 1, 2, 3]);
        assert!(["0", "3", "x", "1/1", "2/2"].iter().all(|path| part(&bytes, "x", path).is_none()));
        // Other programs open what was made of the inner message.
        let inner = part(&bytes, "x", "2").unwrap();
        assert!(cfb::CompoundFile::open_strict(std::io::Cursor::new(inner)).unwrap().is_storage(NAMES));
    }

    #[test]
    fn people_say_who_they_are() {
        let names = [&0x8083_u32.to_le_bytes()[..], &[0; 2], &7_u16.to_le_bytes()].concat();
        let bytes = compound(&[
            (MARK, &short(HEAD, &[])),
            ("__nameid_version1.0/__substg1.0_00030102", &names),
            ("__substg1.0_001A001F", &units("IPM.Contact")),
            ("__substg1.0_3A06001F", &units("Ada")),
            ("__substg1.0_8007001F", &units("ada@example.org")),
        ]);
        assert_eq!(extract(&bytes, "x").text, "Ada\nada@example.org\n");
    }

    #[test]
    fn what_says_nothing_is_a_finding() {
        assert_eq!(extract(&compound(&[(MARK, &[])]), "x").findings[0].number, 3);
        let lost = compound(&[(MARK, &[]), ("__attach_version1.0_#00000000/__substg1.0_3707001F", &units("loin.doc"))]);
        let extraction = extract(&lost, "x");
        assert_eq!((extraction.parts.len(), extraction.findings[0].number), (0, 3));
    }

    #[test]
    fn damage_never_stops_the_reading() {
        damage(&message(), |bytes| {
            for described in extract(bytes, "x").parts {
                let inner = part(bytes, "x", &described.path).unwrap();
                assert_eq!(ContentId::from_digest(Sha256::digest(&inner).into()), described.content);
            }
        });
    }

    #[test]
    fn messages_within_messages_end() {
        let mut root = vec![(MARK.to_owned(), Packed::Stream(vec![0; HEAD_WITHIN]))];
        for _ in 0..200 {
            let inner = vec![("__substg1.0_3701000D".to_owned(), Packed::Storage(root))];
            let attachment = ("__attach_version1.0_#00000000".to_owned(), Packed::Storage(inner));
            root = vec![(MARK.to_owned(), Packed::Stream(vec![0; HEAD_WITHIN])), attachment];
        }
        let extraction = extract(&pack(root), "x");
        assert!(extraction.findings.iter().any(|finding| finding.number == 10), "{:?}", extraction.findings);
    }
}
