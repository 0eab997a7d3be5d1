//! ZIP (APPNOTE 6.3.10). The directory at its end says what lies where; its places are what parts are numbered by. Where
//! there is none, as in one whose end is lost, the headers before the entries say it.

use super::{
    judged,
    label::{Spelling, or_number},
    most,
};
use crate::extract::nest::{Inner, Parts, Trouble, Unpacked};
use crate::{
    identify::find,
    limits::{MAX_DICTIONARY, MAX_READ},
};
use flate2::bufread::DeflateDecoder;
use zip::{
    read::{ZipReadOptions, read_zipfile_from_stream_with_options},
    result::ZipError,
};

/// Entries that are looked at: a directory of more is that of no one.
const MAX_ENTRIES: usize = 1_000_000;

/// How far from the end the end record is looked for: it and the longest comment.
const END: usize = 22 + 0xffff;

/// An entry as it is described.
#[derive(Debug)]
struct Entry<'a> {
    name: &'a [u8],
    is_dos: bool,
    is_file: bool,
    is_locked: bool,
    method: u16,
    crc: u32,
    packed: u64,
    size: u64,
    /// Where its own header begins.
    at: usize,
    /// Whether the sizes are known: else they stand behind the content.
    is_measured: bool,
}

/// Reads what lies in a ZIP.
pub(super) fn read(bytes: &[u8], parts: &mut Parts<'_>) {
    let (entries, is_whole) = entries(bytes);
    if !is_whole {
        parts.damaged("the directory at its end is lost or damaged");
    }
    let spelling = spelling(&entries);
    for (number, entry) in (1..).zip(&entries).filter(|(_, entry)| entry.is_file) {
        let name = or_number(spelling.read(entry.name), number);
        parts.take(&number.to_string(), &name, |room| unpack(bytes, entry, room));
    }
}

/// What lies at a place of a ZIP.
pub(super) fn part(bytes: &[u8], number: usize) -> Option<Inner> {
    let entries = entries(bytes).0;
    let entry = entries.get(number - 1).filter(|entry| entry.is_file)?;
    let name = or_number(spelling(&entries).read(entry.name), number);
    Some(Inner { name, unpacked: unpack(bytes, entry, MAX_READ) })
}

fn spelling(entries: &[Entry<'_>]) -> Spelling {
    Spelling::of(entries.iter().map(|entry| entry.name), entries.iter().all(|entry| entry.is_dos))
}

/// The entries, and whether the directory says them.
fn entries(bytes: &[u8]) -> (Vec<Entry<'_>>, bool) {
    match directory(bytes) {
        Some((entries, is_whole)) if is_whole || !entries.is_empty() => (entries, is_whole),
        _ => (heads(bytes), false),
    }
}

/// A number of two, four or eight bytes.
fn number(bytes: &[u8], at: usize, length: usize) -> Option<u64> {
    let digits = bytes.get(at..at.checked_add(length)?)?;
    Some(digits.iter().rev().fold(0, |number, digit| number << 8 | u64::from(*digit)))
}

/// The entries that the directory lists (4.3.12), and whether those are as many as it says; nothing where there is none.
fn directory(bytes: &[u8]) -> Option<(Vec<Entry<'_>>, bool)> {
    let end = end_record(bytes)?;
    let (mut count, mut size, mut offset) =
        (number(bytes, end + 10, 2)?, number(bytes, end + 12, 4)?, number(bytes, end + 16, 4)?);
    let mut before = end;
    if let Some((at, large)) = large_end(bytes, end) {
        (count, size, offset, before) = (large[0], large[1], large[2], at);
    }
    // What stands before the archive, as a program that unpacks it, moves everything.
    let start = before.checked_sub(usize::try_from(size).ok()?);
    let stated = usize::try_from(offset).ok()?;
    let is_directory = |at: usize| bytes.get(at..).is_some_and(|rest| rest.starts_with(b"PK\x01\x02"));
    let (start, moved) = match start {
        Some(start) if start >= stated && (is_directory(start) || count == 0) => (start, start - stated),
        _ => (stated, 0),
    };
    let mut entries = Vec::new();
    let mut at = start;
    while entries.len() < MAX_ENTRIES {
        let Some((entry, next)) = listed(bytes, at, moved) else { break };
        entries.push(entry);
        at = next;
    }
    let is_whole = entries.len() as u64 & 0xffff == count & 0xffff;
    Some((entries, is_whole))
}

/// Where the end record stands (4.3.16): the last one whose comment ends where the archive does, else the last one.
fn end_record(bytes: &[u8]) -> Option<usize> {
    let from = bytes.len().saturating_sub(END);
    let starts = |at: &usize| bytes[*at..].starts_with(b"PK\x05\x06") && bytes.len() - at >= 22;
    let ends = |at: &usize| number(bytes, at + 20, 2) == Some((bytes.len() - at - 22) as u64);
    let all = || (from..bytes.len()).rev().filter(starts);
    all().find(ends).or_else(|| all().next())
}

/// The end record for large archives (4.3.14), where there is one: where it stands, and count, size and offset.
fn large_end(bytes: &[u8], end: usize) -> Option<(usize, [u64; 3])> {
    let locator = end.checked_sub(20).filter(|at| bytes[*at..].starts_with(b"PK\x06\x07"))?;
    let stated = usize::try_from(number(bytes, locator + 8, 8)?).ok()?;
    let is_record = |at: &usize| bytes.get(*at..).is_some_and(|rest| rest.starts_with(b"PK\x06\x06"));
    let at = [Some(stated), locator.checked_sub(56)].into_iter().flatten().find(is_record)?;
    Some((at, [number(bytes, at + 32, 8)?, number(bytes, at + 40, 8)?, number(bytes, at + 48, 8)?]))
}

/// The entry that the directory lists at a place, and where the next one is listed.
fn listed(bytes: &[u8], at: usize, moved: usize) -> Option<(Entry<'_>, usize)> {
    let head = bytes.get(at..)?.get(..46).filter(|head| head.starts_with(b"PK\x01\x02"))?;
    let field = |at: usize, length: usize| number(head, at, length).unwrap_or(0);
    let length = |at: usize| usize::try_from(field(at, 2)).unwrap_or(0);
    let name = bytes.get(at + 46..at + 46 + length(28))?;
    let extra_at = at + 46 + length(28);
    let extra = bytes.get(extra_at..extra_at + length(30))?;
    let [size, packed, offset] = large_sizes(extra, [field(24, 4), field(20, 4), field(42, 4)]);
    let (system, attributes) = (head[5], field(38, 4));
    let kind = if system == 3 { attributes >> 28 } else { 0 };
    let is_folder =
        name.ends_with(b"/") || name.ends_with(b"\\") || kind == 4 || (kind == 0 && size == 0 && attributes & 0x10 != 0);
    let entry = Entry {
        name,
        is_dos: matches!(system, 0 | 6 | 11),
        is_file: !is_folder && matches!(kind, 0 | 8),
        is_locked: field(8, 2) & 1 != 0,
        method: u16::try_from(field(10, 2)).unwrap_or(0),
        crc: u32::try_from(field(16, 4)).unwrap_or(0),
        packed,
        size,
        at: usize::try_from(offset).ok().and_then(|offset| offset.checked_add(moved)).unwrap_or(usize::MAX),
        is_measured: true,
    };
    Some((entry, extra_at + length(30) + length(32)))
}

/// Numbers that do not fit in four bytes stand in a field of their own (4.5.3), in this order.
fn large_sizes(mut extra: &[u8], mut sizes: [u64; 3]) -> [u64; 3] {
    while let (Some(id), Some(length)) = (number(extra, 0, 2), number(extra, 2, 2)) {
        let (field, rest) = extra[4..].split_at_checked(usize::try_from(length).unwrap_or(0)).unwrap_or_default();
        if id == 1 {
            let mut large = field.chunks_exact(8).filter_map(|digits| number(digits, 0, 8));
            for size in sizes.iter_mut().filter(|size| **size == 0xffff_ffff) {
                *size = large.next().unwrap_or(*size);
            }
            break;
        }
        extra = rest;
    }
    sizes
}

/// The entries by the headers before them (4.3.7): what is left of an archive whose directory is lost.
fn heads(bytes: &[u8]) -> Vec<Entry<'_>> {
    let mut entries = Vec::new();
    let mut at = 0;
    while let Some(found) = bytes.get(at..).and_then(|rest| find(rest, b"PK\x03\x04")).filter(|_| entries.len() < MAX_ENTRIES) {
        at += found;
        let Some((entry, next)) = head(bytes, at) else {
            at += 4;
            continue;
        };
        entries.push(entry);
        at = next;
    }
    entries
}

/// The entry whose header stands at a place, and where the next one may stand.
fn head(bytes: &[u8], at: usize) -> Option<(Entry<'_>, usize)> {
    let head = bytes.get(at..)?.get(..30)?;
    let field = |at: usize, length: usize| number(head, at, length).unwrap_or(0);
    let length = |at: usize| usize::try_from(field(at, 2)).unwrap_or(0);
    let name = bytes.get(at + 30..at + 30 + length(26))?;
    let content = at + 30 + length(26) + length(28);
    let extra = bytes.get(at + 30 + length(26)..content)?;
    let [size, packed, _] = large_sizes(extra, [field(22, 4), field(18, 4), 0]);
    let is_measured = field(6, 2) & 8 == 0 || packed > 0;
    let entry = Entry {
        name,
        is_dos: false,
        is_file: !name.ends_with(b"/"),
        is_locked: field(6, 2) & 1 != 0,
        method: u16::try_from(field(8, 2)).unwrap_or(0),
        crc: u32::try_from(field(14, 4)).unwrap_or(0),
        packed,
        size,
        at,
        is_measured,
    };
    let next = usize::try_from(packed).ok().and_then(|packed| content.checked_add(packed)).filter(|_| is_measured);
    Some((entry, next.filter(|next| *next <= bytes.len()).unwrap_or(content)))
}

/// The bytes of an entry.
fn unpack(bytes: &[u8], entry: &Entry<'_>, room: u64) -> Unpacked {
    if entry.is_locked {
        return Trouble::Password.into();
    }
    let here = bytes.get(entry.at..).unwrap_or_default();
    let (Some(name), Some(extra)) = (number(here, 26, 2), number(here, 28, 2)) else {
        return Trouble::Damaged("it is not in there".to_owned()).into();
    };
    let content = usize::try_from(30 + name + extra).ok().and_then(|at| here.get(at..)).unwrap_or_default();
    if !entry.is_measured {
        return unmeasured(content, entry.method, room);
    }
    if entry.size > room && content.len() as u64 >= entry.packed {
        return Trouble::TooLarge.into();
    }
    // The dictionary of LZMA (5.8.8) is memory that is taken at once.
    if entry.method == 14 && number(content, 5, 4).is_some_and(|size| size > MAX_DICTIONARY) {
        return Trouble::Damaged("it takes too much memory".to_owned()).into();
    }
    let most = most(entry.packed.min(content.len() as u64), room);
    let options = ZipReadOptions::new()
        .override_compressed_size(entry.packed)
        .override_uncompressed_size(entry.size)
        .override_crc(entry.crc);
    let mut source = here;
    let unpacked = match read_zipfile_from_stream_with_options(&mut source, options) {
        Ok(Some(file)) => Unpacked::of(file, entry.size, most),
        Ok(None) => Trouble::Damaged("it is not where the directory says".to_owned()).into(),
        Err(ZipError::UnsupportedArchive(ZipError::PASSWORD_REQUIRED)) => Trouble::Password.into(),
        Err(why) => Trouble::Damaged(why.to_string()).into(),
    };
    judged(unpacked, entry.packed, room)
}

/// The bytes of an entry whose length stands behind it, without a directory: its own end tells.
fn unmeasured(content: &[u8], method: u16, room: u64) -> Unpacked {
    let packed = content.len() as u64;
    match method {
        0 => {
            let end = find(content, b"PK\x07\x08").or_else(|| find(content, b"PK")).unwrap_or(content.len());
            Unpacked::of(&content[..end], 0, room)
        }
        8 => judged(Unpacked::of(DeflateDecoder::new(content), 0, most(packed, room)), packed, room),
        _ => Trouble::Damaged("its length is lost".to_owned()).into(),
    }
}
