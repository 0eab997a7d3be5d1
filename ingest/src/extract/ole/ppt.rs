//! Presentations of PowerPoint from 97 to 2003 ([MS-PPT]): the slides in their order as the last edit left them, each with
//! its comments and notes, then what stands in headers and footers and on masters.

use super::compound::{Compound, ROOT};
use crate::{
    extract::little::{size_at, u16_at, u32_at, up_to, wide},
    findings,
    limits::{MAX_NESTING, MAX_PAGES, MAX_TEXT},
};
use chartrier_schemas::Extraction;
use std::collections::{BTreeMap, BTreeSet};

/// Edits of one presentation that are looked back to.
const MAX_EDITS: usize = 1_000;

/// Slides, masters and notes of one presentation.
const MAX_OBJECTS: usize = 1 << 20;

const DOCUMENT: u16 = 0x03e8;
const SLIDE: u16 = 0x03ee;
const SLIDE_ATOM: u16 = 0x03ef;
const NOTES: u16 = 0x03f0;
const PLACE_OF_SLIDE: u16 = 0x03f3;
const PLACEHOLDER: u16 = 0x0bc3;
const OUTLINE: u16 = 0x0f9e;
const TEXT_KIND: u16 = 0x0f9f;
const WIDE_TEXT: u16 = 0x0fa0;
const NARROW_TEXT: u16 = 0x0fa8;
const STRING: u16 = 0x0fba;
const HEADERS: u16 = 0x0fd9;
const HEADERS_FLAGS: u16 = 0x0fda;
const LIST: u16 = 0x0ff0;
const EDIT: u16 = 0x0ff5;
const BLOB: u16 = 0x138b;
const PERSISTENT: u16 = 0x1772;
const COMMENT: u16 = 0x2ee0;
const SHAPE: u16 = 0xf004;

/// The mark of a presentation that is encrypted ([MS-PPT], 2.3.2).
const ENCRYPTED: u32 = 0xf3d1_c4df;

/// Reads a presentation.
pub(super) fn read(file: &mut Compound<'_>, extraction: &mut Extraction) {
    let user = file.stream(ROOT, "Current User").unwrap_or_default();
    let stream = file.stream(ROOT, "PowerPoint Document").unwrap_or_default();
    let edit = size_at(&user, 16).filter(|at| is_edit(&stream, *at)).or_else(|| last_edit(&stream));
    let is_locked = |edit: usize| record(&stream, edit).is_some_and(|edit| edit.body.len() >= 32);
    if u32_at(&user, 12) == Some(ENCRYPTED) || edit.is_some_and(is_locked) {
        extraction.findings.push(findings::password());
        return;
    }
    let mut show =
        Show { stream: &stream, places: BTreeMap::new(), taken: BTreeSet::new(), text: String::new(), running: BTreeSet::new() };
    let document = edit.and_then(|edit| show.look_back(edit)).and_then(|document| show.object(document));
    match document.filter(|document| document.kind == DOCUMENT) {
        Some(document) => extraction.pages = show.document(document.body),
        None => {
            extraction.findings.push(findings::damaged("its last edit is missing"));
            show.everything();
        }
    }
    extraction.text = show.text;
}

/// A record: what it is, and what is in it ([MS-PPT], 2.3.1).
#[derive(Clone, Copy)]
struct Record<'a> {
    kind: u16,
    instance: u16,
    is_container: bool,
    body: &'a [u8],
}

fn record(bytes: &[u8], at: usize) -> Option<Record<'_>> {
    let head = u16_at(bytes, at)?;
    let body = up_to(bytes, at.checked_add(8)?, size_at(bytes, at.checked_add(4)?)?);
    Some(Record { kind: u16_at(bytes, at + 2)?, instance: head >> 4, is_container: head & 0xf == 0xf, body })
}

/// The records that stand one after another.
fn records(bytes: &[u8]) -> impl Iterator<Item = Record<'_>> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let next = record(bytes, at)?;
        at += 8 + next.body.len();
        Some(next)
    })
}

/// Walks what is within a record, down to a depth that no program writes. Where the visitor answers no, nothing within
/// is looked at.
fn walk<'a>(bytes: &'a [u8], depth: usize, visit: &mut dyn FnMut(Record<'a>) -> bool) {
    for record in records(bytes) {
        if visit(record) && (record.is_container || record.kind == BLOB) && depth < MAX_NESTING {
            walk(record.body, depth + 1, visit);
        }
    }
}

fn is_edit(stream: &[u8], at: usize) -> bool {
    record(stream, at).is_some_and(|record| record.kind == EDIT)
}

/// The last edit where nothing says which one it is.
fn last_edit(stream: &[u8]) -> Option<usize> {
    let (mut at, mut last) = (0, None);
    while let Some(record) = record(stream, at) {
        if record.kind == EDIT {
            last = Some(at);
        }
        at += 8 + record.body.len();
    }
    last
}

fn text(record: Record<'_>) -> Option<String> {
    match record.kind {
        WIDE_TEXT | STRING => Some(wide(record.body)),
        // The lower halves of characters whose upper halves are nothing.
        NARROW_TEXT => Some(record.body.iter().map(|byte| char::from(*byte)).collect()),
        _ => None,
    }
}

struct Show<'a> {
    stream: &'a [u8],
    /// Where each object lies, as the last edit left it.
    places: BTreeMap<u32, usize>,
    /// Where objects were read already: each is read once, however many lists name it.
    taken: BTreeSet<usize>,
    text: String,
    /// What is repeated from slide to slide.
    running: BTreeSet<String>,
}

/// An entry of a list of slides: the slide, its own number, and the texts of its outline.
struct Entry {
    object: u32,
    number: u32,
    outline: Vec<String>,
}

impl<'a> Show<'a> {
    /// Goes back from the last edit to the first ([MS-PPT], 2.1.2); answers which object the document is.
    fn look_back(&mut self, last: usize) -> Option<u32> {
        let document = u32_at(record(self.stream, last)?.body, 16)?;
        let mut edit = Some(last);
        let mut seen = BTreeSet::new();
        while let Some(at) = edit.filter(|at| seen.len() < MAX_EDITS && seen.insert(*at)) {
            let Some(record) = record(self.stream, at).filter(|record| record.kind == EDIT) else { break };
            self.take_places(size_at(record.body, 12)?);
            edit = size_at(record.body, 8).filter(|before| *before > 0);
        }
        Some(document)
    }

    fn take_places(&mut self, at: usize) {
        let Some(directory) = record(self.stream, at).filter(|record| record.kind == PERSISTENT) else { return };
        let mut entries = directory.body.chunks_exact(4).map(|four| u32::from_le_bytes([four[0], four[1], four[2], four[3]]));
        while let Some(head) = entries.next() {
            let (first, count) = (head & 0xf_ffff, head >> 20);
            for (number, place) in (first..first + count).zip(entries.by_ref()) {
                if self.places.len() < MAX_OBJECTS {
                    self.places.entry(number).or_insert(place as usize);
                }
            }
        }
    }

    fn object(&mut self, number: u32) -> Option<Record<'a>> {
        let place = *self.places.get(&number)?;
        self.taken.insert(place).then(|| record(self.stream, place))?
    }

    /// Reads all slides of a document; answers how many there are.
    fn document(&mut self, document: &'a [u8]) -> Option<u32> {
        let list = |instance: u16| -> Vec<Entry> {
            let lists = records(document).filter(|record| record.kind == LIST && record.instance == instance);
            lists.flat_map(|list| entries(list.body)).take(MAX_PAGES).collect()
        };
        let (slides, masters) = (list(0), list(1));
        let notes: BTreeMap<u32, u32> = list(2).into_iter().map(|entry| (entry.number, entry.object)).collect();
        for slide in &slides {
            if self.text.len() > MAX_TEXT {
                break;
            }
            self.slide(slide, &notes);
            self.text.push('\u{c}');
        }
        self.headers(document);
        for master in masters {
            if let Some(master) = self.object(master.object) {
                self.master(master.body);
            }
        }
        let running = std::mem::take(&mut self.running);
        running.iter().for_each(|line| self.line(line));
        u32::try_from(slides.len()).ok().filter(|slides| *slides > 0)
    }

    fn slide(&mut self, entry: &Entry, notes: &BTreeMap<u32, u32>) {
        let slide = self.object(entry.object).filter(|record| record.kind == SLIDE);
        let Some(slide) = slide else {
            entry.outline.iter().for_each(|text| self.line(text));
            return;
        };
        let mut left: Vec<Option<&String>> = entry.outline.iter().map(Some).collect();
        let mut comments = Vec::new();
        let mut note = None;
        let mut lines = Vec::new();
        walk(slide.body, 0, &mut |record| {
            match record.kind {
                SLIDE_ATOM => note = u32_at(record.body, 16),
                OUTLINE => {
                    let text = size_at(record.body, 0).and_then(|number| left.get_mut(number)).and_then(Option::take);
                    lines.extend(text.cloned());
                }
                WIDE_TEXT | NARROW_TEXT => lines.extend(text(record)),
                COMMENT => comments.push(comment(record.body)),
                _ => {}
            }
            !matches!(record.kind, COMMENT | HEADERS)
        });
        lines.extend(left.into_iter().flatten().cloned());
        lines.extend(comments);
        lines.iter().for_each(|line| self.line(line));
        self.headers(slide.body);
        let notes = note.and_then(|note| notes.get(&note)).and_then(|object| self.object(*object));
        if let Some(notes) = notes.filter(|record| record.kind == NOTES) {
            self.all_texts(notes.body);
            self.headers(notes.body);
        }
    }

    fn all_texts(&mut self, bytes: &'a [u8]) {
        walk(bytes, 0, &mut |record| {
            if matches!(record.kind, WIDE_TEXT | NARROW_TEXT) {
                self.line(&text(record).unwrap_or_default());
            }
            record.kind != HEADERS && self.text.len() <= MAX_TEXT
        });
    }

    /// What stands on a master by itself; its placeholders are only to be filled in.
    fn master(&mut self, bytes: &'a [u8]) {
        let mut texts = Vec::new();
        walk(bytes, 0, &mut |record| {
            if record.kind != SHAPE {
                return record.kind != HEADERS;
            }
            let (mut is_place, mut within) = (false, Vec::new());
            walk(record.body, 1, &mut |inner| {
                is_place |= inner.kind == PLACEHOLDER;
                if matches!(inner.kind, WIDE_TEXT | NARROW_TEXT) {
                    within.extend(text(inner));
                }
                true
            });
            if !is_place {
                texts.append(&mut within);
            }
            false
        });
        self.running.extend(texts);
    }

    /// Headers and footers, where they are shown ([MS-PPT], 2.4.15).
    fn headers(&mut self, bytes: &'a [u8]) {
        for headers in records(bytes).filter(|record| record.kind == HEADERS) {
            let flags = records(headers.body).find(|record| record.kind == HEADERS_FLAGS);
            let flags = flags.and_then(|flags| u16_at(flags.body, 2)).unwrap_or(0);
            for string in records(headers.body).filter(|record| record.kind == STRING) {
                let is_shown = match string.instance {
                    0 => flags & 4 != 0,
                    1 => flags & 16 != 0,
                    _ => flags & 32 != 0,
                };
                if is_shown && self.running.len() < MAX_PAGES {
                    self.running.extend(text(string));
                }
            }
        }
    }

    /// Every text that there is, in the order of the file.
    fn everything(&mut self) {
        let stream = self.stream;
        self.all_texts(stream);
    }

    fn line(&mut self, text: &str) {
        let text = text.trim_matches(|c: char| c.is_whitespace() || c.is_control());
        // A star stands for the number of the slide, or the day.
        if !text.is_empty() && text != "*" && self.text.len() <= MAX_TEXT {
            let shown = text.chars().map(|c| if matches!(c, '\r' | '\u{b}') { '\n' } else { c });
            self.text.extend(shown);
            self.text.push('\n');
        }
    }
}

/// The entries of a list of slides ([MS-PPT], 2.4.14.3).
fn entries(list: &[u8]) -> Vec<Entry> {
    let mut entries: Vec<Entry> = Vec::new();
    for record in records(list) {
        match (record.kind, entries.last_mut()) {
            (PLACE_OF_SLIDE, _) => {
                let numbers = u32_at(record.body, 0).zip(u32_at(record.body, 12));
                entries.extend(numbers.map(|(object, number)| Entry { object, number, outline: Vec::new() }));
            }
            // A text that is empty has a kind and nothing else.
            (TEXT_KIND, Some(entry)) => entry.outline.push(String::new()),
            (WIDE_TEXT | NARROW_TEXT, Some(entry)) => {
                if let Some((text, words)) = entry.outline.last_mut().zip(text(record)) {
                    text.push_str(&words);
                }
            }
            _ => {}
        }
    }
    entries
}

/// Who remarked what ([MS-PPT], 2.6.6).
fn comment(bytes: &[u8]) -> String {
    let said = |instance: u16| records(bytes).find(|record| record.kind == STRING && record.instance == instance).and_then(text);
    [said(0), said(1)].into_iter().flatten().collect::<Vec<_>>().join(": ")
}

#[cfg(test)]
pub(in crate::extract) mod tests {
    use super::*;
    use crate::extract::ole::compound::tests::{compound, damage};

    fn atom(instance: u16, kind: u16, body: &[u8]) -> Vec<u8> {
        record_of(instance << 4, kind, body)
    }

    fn container(instance: u16, kind: u16, bodies: &[Vec<u8>]) -> Vec<u8> {
        record_of(instance << 4 | 0xf, kind, &bodies.concat())
    }

    fn record_of(head: u16, kind: u16, body: &[u8]) -> Vec<u8> {
        let length = u32::try_from(body.len()).unwrap();
        [&head.to_le_bytes()[..], &kind.to_le_bytes(), &length.to_le_bytes(), body].concat()
    }

    fn words(text: &str) -> Vec<u8> {
        atom(0, WIDE_TEXT, &text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>())
    }

    fn string(instance: u16, text: &str) -> Vec<u8> {
        atom(instance, STRING, &text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>())
    }

    fn numbers(numbers: &[u32]) -> Vec<u8> {
        numbers.iter().flat_map(|number| number.to_le_bytes()).collect()
    }

    /// A presentation of two slides, of which the first was changed by a second edit.
    pub(in crate::extract) fn presentation(user: impl Fn(u32) -> Vec<u8>) -> Vec<u8> {
        let slide = |note: u32, more: &[Vec<u8>]| {
            let head = atom(0, SLIDE_ATOM, &numbers(&[0, 0, 0, 0, note, 0]));
            container(0, SLIDE, &[vec![head], more.to_vec()].concat())
        };
        let footer =
            container(3, HEADERS, &[atom(0, HEADERS_FLAGS, &[0, 0, 32, 0]), string(1, "jamais"), string(2, "Bas de page")]);
        let list = |instance: u16, entries: &[(u32, u32, &[Vec<u8>])]| {
            let entries = entries.iter().map(|(object, number, texts)| {
                [atom(0, PLACE_OF_SLIDE, &numbers(&[*object, 0, 0, *number, 0])), texts.concat()].concat()
            });
            container(instance, LIST, &entries.collect::<Vec<_>>())
        };
        let outline = [
            atom(0, TEXT_KIND, &[0; 4]),
            atom(0, NARROW_TEXT, b"Le ch\xeane"),
            atom(0, TEXT_KIND, &[0; 4]),
            words("œuvre\rdeux"),
        ];
        let document = container(
            0,
            DOCUMENT,
            &[list(1, &[(6, 9, &[])]), footer, list(0, &[(2, 256, &outline), (3, 257, &[])]), list(2, &[(4, 77, &[])])],
        );
        let comment = container(
            0,
            0x1388,
            &[container(
                0,
                0x138a,
                &[string(0, "___PPT10"), atom(0, BLOB, &container(0, COMMENT, &[string(0, "Ada"), string(1, "À revoir")]))],
            )],
        );
        let first = slide(77, &[atom(0, OUTLINE, &[1, 0, 0, 0]), words("À côté"), comment]);
        let shape = |place: bool, text: &str| {
            let data = container(0, 0xf011, &if place { vec![atom(0, PLACEHOLDER, &[0; 8])] } else { Vec::new() });
            container(0, SHAPE, &[data, words(text)])
        };
        let objects = [
            document,
            slide(0, &[words("périmé")]),
            slide(0, &[container(0, 0xf00d, &[words("La fin"), words("*")])]),
            container(0, NOTES, &[words("Dire merci")]),
            first,
            container(0, 0x03f8, &[shape(true, "Cliquez ici"), shape(false, "Maison")]),
        ];
        let mut stream = Vec::new();
        let mut places = Vec::new();
        for object in objects {
            places.push(u32::try_from(stream.len()).unwrap());
            stream.extend(object);
        }
        let edit = |stream: &mut Vec<u8>, before: u32, directory: &[u32]| {
            let at = u32::try_from(stream.len()).unwrap();
            stream.extend(atom(0, PERSISTENT, &numbers(directory)));
            let place = u32::try_from(stream.len()).unwrap();
            stream.extend(atom(0, EDIT, &numbers(&[0, 0, before, at, 1, 7, 0])));
            place
        };
        let before = edit(&mut stream, 0, &[1 | 4 << 20, places[0], places[1], places[2], places[3], 6 | 1 << 20, places[5]]);
        let last = edit(&mut stream, before, &[2 | 1 << 20, places[4]]);
        compound(&[("Current User", &user(last)), ("PowerPoint Document", &stream)])
    }

    pub(in crate::extract) fn user(last: u32) -> Vec<u8> {
        [&[0; 12][..], &0xe391_c05f_u32.to_le_bytes(), &last.to_le_bytes()].concat()
    }

    fn read_all(bytes: &[u8]) -> Extraction {
        let mut extraction = Extraction::default();
        if let Some(mut file) = Compound::open(bytes) {
            read(&mut file, &mut extraction);
        }
        extraction
    }

    #[test]
    fn slides_are_read_as_the_last_edit_left_them() {
        let expected = "œuvre\ndeux\nÀ côté\nLe chêne\nAda: À revoir\nDire merci\n\u{c}La fin\n\u{c}Bas de page\nMaison\n";
        let extraction = read_all(&presentation(user));
        assert_eq!((extraction.text.as_str(), extraction.pages), (expected, Some(2)));
        assert!(extraction.findings.is_empty());
        // The stream itself knows which edit is the last.
        assert_eq!(read_all(&presentation(|_| Vec::new())).text, expected);
    }

    #[test]
    fn a_password_is_a_finding() {
        let locked = |last: u32| [&[0; 12][..], &ENCRYPTED.to_le_bytes(), &last.to_le_bytes()].concat();
        assert_eq!(read_all(&presentation(locked)).findings[0].number, 2);
    }

    #[test]
    fn without_an_edit_every_text_is_given() {
        let bytes = compound(&[("PowerPoint Document", &[words("un"), atom(0, NARROW_TEXT, b"deux")].concat())]);
        let extraction = read_all(&bytes);
        assert_eq!((extraction.text.as_str(), extraction.findings[0].number), ("un\ndeux\n", 3));
    }

    #[test]
    fn damage_never_stops_the_reading() {
        damage(&presentation(user), |bytes| {
            read_all(bytes);
        });
        let deep = (0..500).fold(words("x"), |inner, _| container(0, SLIDE, &[inner]));
        read_all(&compound(&[("PowerPoint Document", &deep)]));
    }
}
