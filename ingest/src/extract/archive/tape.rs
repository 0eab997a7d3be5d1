//! Tape archives (POSIX ustar and pax, GNU), and libraries as `ar` writes them: one entry after another, each behind a
//! header of its own. After damage, reading goes on at the next header that is sound.

use super::label::{Spelling, clean, or_number};
use crate::extract::nest::{Inner, Parts, Trouble, Unpacked};
use crate::limits::MAX_READ;
use std::io::Cursor;

/// Everything in a tape archive is a number of these.
const BLOCK: usize = 512;

/// Headers that are looked at.
const MAX_ENTRIES: usize = 1_000_000;

/// Whether bytes begin with the header of a tape archive: its sum is right (POSIX pax, ustar interchange format).
pub(crate) fn is_tape(bytes: &[u8]) -> bool {
    let Some(head) = bytes.get(..BLOCK) else { return false };
    let octal = head[148..156].trim_ascii().split(|byte| *byte == 0).next().unwrap_or_default();
    let stated = std::str::from_utf8(octal).ok().and_then(|octal| i64::from_str_radix(octal.trim(), 8).ok());
    let blanked = head.iter().enumerate().map(|(at, byte)| if (148..156).contains(&at) { b' ' } else { *byte });
    let sums = blanked.fold((0, 0), |(sum, signed), byte| (sum + i64::from(byte), signed + i64::from(byte.cast_signed())));
    head[0] != 0 && stated.is_some_and(|stated| stated == sums.0 || stated == sums.1)
}

/// Reads what lies in a tape archive.
pub(super) fn tar(bytes: &[u8], parts: &mut Parts<'_>) {
    let (entries, trouble) = tar_entries(bytes);
    if let Some(why) = trouble {
        parts.damaged(why);
    }
    let spelling = Spelling::of(entries.iter().map(|entry| &*entry.name), false);
    for (number, entry) in (1..).zip(&entries).filter(|(_, entry)| entry.is_file) {
        parts.take(&number.to_string(), &or_number(spelling.read(&entry.name), number), |room| unpack(bytes, entry, room));
    }
}

/// What lies at a place of a tape archive.
pub(super) fn tar_part(bytes: &[u8], number: usize) -> Option<Inner> {
    let entries = tar_entries(bytes).0;
    let spelling = Spelling::of(entries.iter().map(|entry| &*entry.name), false);
    let entry = entries.get(number - 1).filter(|entry| entry.is_file)?;
    Some(Inner { name: or_number(spelling.read(&entry.name), number), unpacked: unpack(bytes, entry, MAX_READ) })
}

struct Entry {
    name: Vec<u8>,
    is_file: bool,
    /// Where its content begins.
    at: u64,
    size: u64,
    /// Where the archive leaves out what is zero.
    sparse: Option<u64>,
}

/// The entries, and what is wrong with the archive.
fn tar_entries(bytes: &[u8]) -> (Vec<Entry>, Option<String>) {
    let (mut entries, mut trouble, mut from) = (Vec::new(), None, 0);
    while let Some(rest) = bytes.get(from..).filter(|rest| !rest.is_empty() && entries.len() < MAX_ENTRIES) {
        let Some(why) = run(rest, from as u64, &mut entries) else { break };
        trouble.get_or_insert(why);
        // What was read so far ends before where the reading goes on.
        let after = entries.last().map_or(from, |last: &Entry| usize::try_from(last.at).unwrap_or(usize::MAX)).max(from);
        let blocks = bytes.get(after..).unwrap_or_default().chunks_exact(BLOCK);
        let Some(next) = blocks.enumerate().skip(1).find(|(_, block)| is_tape(block)) else { break };
        from = after + next.0 * BLOCK;
    }
    (entries, trouble)
}

/// The entries that hang together, and why they end before their end.
fn run(bytes: &[u8], from: u64, entries: &mut Vec<Entry>) -> Option<String> {
    let mut archive = tar::Archive::new(Cursor::new(bytes));
    let all = archive.entries_with_seek().map_err(|why| why.to_string());
    let all = match all {
        Ok(all) => all,
        Err(why) => return Some(why),
    };
    for entry in all {
        let entry = match entry {
            Ok(entry) => entry,
            Err(why) => return Some(why.to_string()),
        };
        let kind = entry.header().entry_type();
        let name = entry.path_bytes().into_owned();
        let is_file = (kind.is_file() || kind.is_contiguous() || kind.is_gnu_sparse()) && !name.ends_with(b"/");
        let sparse = kind.is_gnu_sparse().then(|| from + entry.raw_header_position());
        let (at, size) = (from + entry.raw_file_position(), entry.size());
        entries.push(Entry { name, is_file, at, size, sparse });
        if at.saturating_add(size) > from + bytes.len() as u64 && sparse.is_none() {
            return Some("its end is lost".to_owned());
        }
        if entries.len() >= MAX_ENTRIES {
            break;
        }
    }
    None
}

fn unpack(bytes: &[u8], entry: &Entry, room: u64) -> Unpacked {
    if let Some(at) = entry.sparse {
        let rest = usize::try_from(at).ok().and_then(|at| bytes.get(at..)).unwrap_or_default();
        let mut archive = tar::Archive::new(rest);
        let first = archive.entries().ok().and_then(|mut all| all.next()).and_then(Result::ok);
        return match first {
            Some(_) if entry.size > room => Trouble::TooLarge.into(),
            Some(file) => Unpacked::of(file, entry.size, room),
            None => Trouble::Damaged("it is not in there".to_owned()).into(),
        };
    }
    slice(bytes, entry.at, entry.size, room)
}

/// Bytes that lie in an archive as they are.
fn slice(bytes: &[u8], at: u64, size: u64, room: u64) -> Unpacked {
    let rest = usize::try_from(at).ok().and_then(|at| bytes.get(at..)).unwrap_or_default();
    match usize::try_from(size).ok().and_then(|size| rest.get(..size)) {
        Some(_) if size > room => Trouble::TooLarge.into(),
        Some(content) => content.to_vec().into(),
        None if rest.len() as u64 > room => Trouble::TooLarge.into(),
        None => Unpacked { bytes: rest.to_vec(), trouble: Some(Trouble::Damaged("its end is lost".to_owned())) },
    }
}

/// Reads what lies in a library.
pub(super) fn library(bytes: &[u8], parts: &mut Parts<'_>) {
    for (number, member) in (1..).zip(members(bytes)).filter(|(_, member)| member.is_file) {
        parts.take(&number.to_string(), &member.name, |room| slice(bytes, member.at, member.size, room));
    }
}

/// What lies at a place of a library.
pub(super) fn library_part(bytes: &[u8], number: usize) -> Option<Inner> {
    let member = members(bytes).into_iter().nth(number - 1).filter(|member| member.is_file)?;
    Some(Inner { unpacked: slice(bytes, member.at, member.size, MAX_READ), name: member.name })
}

struct Member {
    name: String,
    is_file: bool,
    at: u64,
    size: u64,
}

/// The members of a library: a header of 60 bytes each, and a name that may stand elsewhere (System V) or before the
/// content (BSD).
fn members(bytes: &[u8]) -> Vec<Member> {
    let (mut members, mut long, mut at) = (Vec::new(), &bytes[..0], 8);
    while let Some(head) = bytes.get(at..at + 60).filter(|head| head.ends_with(b"`\n") && members.len() < MAX_ENTRIES) {
        let field = |range: std::ops::Range<usize>| String::from_utf8_lossy(&head[range]).trim().to_owned();
        let size = field(48..58).parse::<usize>().unwrap_or(0);
        let (said, mut start, mut length) = (field(0..16), at + 60, size);
        let mut name = said.trim_end_matches('/').to_owned();
        if said == "//" {
            long = bytes.get(start..start.saturating_add(size)).unwrap_or_default();
        } else if let Some(offset) = said.strip_prefix('/').and_then(|offset| offset.parse::<usize>().ok()) {
            let line = long.get(offset..).unwrap_or_default().split(|byte| *byte == b'\n').next().unwrap_or_default();
            name = String::from_utf8_lossy(line).trim_end_matches('/').to_owned();
        } else if let Some(taken) = said.strip_prefix("#1/").and_then(|length| length.parse::<usize>().ok()) {
            let taken = taken.min(length);
            name = String::from_utf8_lossy(bytes.get(start..start + taken).unwrap_or_default()).trim_end_matches('\0').to_owned();
            (start, length) = (start + taken, length - taken);
        }
        // What lists names and symbols is no document.
        let is_file = !matches!(said.as_str(), "/" | "//" | "/SYM64/") && !name.starts_with("__.SYMDEF");
        let name = or_number(clean(&name), members.len() + 1);
        members.push(Member { name, is_file, at: start as u64, size: length as u64 });
        at = (at + 60).saturating_add(size).saturating_add(size % 2);
    }
    members
}
