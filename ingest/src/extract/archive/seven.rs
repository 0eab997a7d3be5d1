//! 7z: entries in blocks that are unpacked one after another. The number of a part is its place in the list of entries.

use super::{
    judged,
    label::{clean, or_number},
    most,
};
use crate::extract::nest::{Inner, Parts, Trouble, Unpacked};
use crate::limits::{MAX_DICTIONARY, MAX_READ};
use sevenz_rust2::{Archive, BlockDecoder, Error, Password};
use std::io::Cursor;

/// Memory of one decoder, in KiB.
const MEMORY: usize = (MAX_DICTIONARY >> 10) as usize;

/// Reads what lies in a 7z archive.
pub(super) fn read(bytes: &[u8], parts: &mut Parts<'_>) {
    match open(bytes) {
        Ok(archive) => walk(&archive, bytes, &mut |number, name, unpack| {
            parts.take(&number.to_string(), name, unpack);
            true
        }),
        Err(Trouble::Password) => parts.locked(),
        Err(Trouble::Damaged(why)) => parts.damaged(why),
        Err(why) => parts.damaged(format_args!("{why:?}")),
    }
}

/// What lies at a place of a 7z archive.
pub(super) fn part(bytes: &[u8], wanted: usize) -> Option<Inner> {
    let mut found = None;
    walk(&open(bytes).ok()?, bytes, &mut |number, name, unpack| {
        if number == wanted {
            found = Some(Inner { name: name.to_owned(), unpacked: unpack(MAX_READ) });
        }
        found.is_none()
    });
    found
}

fn open(bytes: &[u8]) -> Result<Archive, Trouble> {
    Archive::read_with_memory_limit(&mut Cursor::new(bytes), &Password::empty(), MEMORY).map_err(trouble)
}

fn trouble(why: Error) -> Trouble {
    match why {
        Error::PasswordRequired | Error::MaybeBadPassword(_) => Trouble::Password,
        // The one method that is left out.
        Error::UnsupportedCompressionMethod(method) if method.contains("AES") => Trouble::Password,
        why => Trouble::Damaged(why.to_string()),
    }
}

type Unpack<'a> = &'a mut dyn FnMut(u64) -> Unpacked;

/// Goes through the entries with content; each may be unpacked while it is there. Ends where it is told so.
fn walk(archive: &Archive, bytes: &[u8], each: &mut dyn FnMut(usize, &str, Unpack<'_>) -> bool) {
    let (password, mut source) = (Password::empty(), Cursor::new(bytes));
    let mut goes_on = true;
    for block in 0..archive.blocks.len() {
        let first = archive.stream_map.block_first_file_index[block];
        let mut number = first;
        let decoder = BlockDecoder::new_with_memory_limit(1, MEMORY, block, archive, &password, &mut source);
        let end = first + decoder.entries().len();
        let outcome = decoder.for_each_entries(&mut |entry, content| {
            number += 1;
            if entry.is_directory || !entry.has_stream {
                return Ok(goes_on);
            }
            let name = or_number(clean(&entry.name), number);
            let packed = bytes.len() as u64;
            goes_on = each(number, &name, &mut |room| {
                if entry.size > room {
                    return Trouble::TooLarge.into();
                }
                judged(Unpacked::of(&mut *content, entry.size, most(packed, room)), packed, room)
            });
            Ok(goes_on)
        });
        if !goes_on {
            return;
        }
        // What could not be reached is named, each entry on its own.
        if let Err(why) = outcome {
            let why = trouble(why);
            for index in number..end {
                let entry = &archive.files[index];
                if entry.has_stream && !each(index + 1, &or_number(clean(&entry.name), index + 1), &mut |_| why.clone().into()) {
                    return;
                }
            }
        }
    }
}
