//! Archives: ZIP, tape archives, 7z, and files packed alone. What lies in them becomes parts; directories, links and
//! devices are none. The number of a part is its place in the archive, counted from 1, whatever lies before it.

mod label;
mod lzw;
mod packed;
mod seven;
mod tape;
mod zipped;

use super::nest::{Inner, Nest, Trouble, Unpacked};
use crate::{
    identify::Archive,
    limits::{MAX_RATIO, MAX_READ, RATIO_FREE},
};
use chartrier_schemas::Extraction;

pub(crate) use packed::is_zlib;
pub(crate) use tape::is_tape;

/// Reads what lies in an archive.
pub(super) fn read(kind: Archive, bytes: &[u8], name: &str, nest: &mut Nest, extraction: &mut Extraction) {
    let Some(mut parts) = nest.parts(extraction) else { return };
    match kind {
        Archive::Zip => zipped::read(bytes, &mut parts),
        Archive::Tape => tape::tar(bytes, &mut parts),
        Archive::Library => tape::library(bytes, &mut parts),
        Archive::Seven => seven::read(bytes, &mut parts),
        Archive::Packed(packing) => packed::read(packing, bytes, name, &mut parts),
    }
    parts.end();
}

/// What lies at a place of an archive.
pub(super) fn part(kind: Archive, bytes: &[u8], name: &str, place: &str) -> Option<Inner> {
    let number: usize = place.parse().ok().filter(|number| *number > 0)?;
    match kind {
        Archive::Zip => zipped::part(bytes, number),
        Archive::Tape => tape::tar_part(bytes, number),
        Archive::Library => tape::library_part(bytes, number),
        Archive::Seven => seven::part(bytes, number),
        Archive::Packed(packing) => (number == 1)
            .then(|| Inner { name: packed::name(packing, bytes, name), unpacked: packed::unpack(packing, bytes, MAX_READ) }),
    }
}

/// How far something that takes `packed` bytes may be unpacked, where there is room for `room`.
fn most(packed: u64, room: u64) -> u64 {
    room.min(packed.saturating_mul(MAX_RATIO).max(RATIO_FREE))
}

/// What was too large by its ratio is a bomb.
fn judged(unpacked: Unpacked, packed: u64, room: u64) -> Unpacked {
    match unpacked.trouble {
        Some(Trouble::TooLarge) if most(packed, room) < room => Unpacked { trouble: Some(Trouble::Bomb), ..unpacked },
        _ => unpacked,
    }
}

#[cfg(test)]
mod tests;
