//! One file packed alone: gzip, bzip2, xz, zstd, zlib and compress. It is the first and only part; where several are
//! written one after another, they are one.

use super::{judged, label::clean, lzw, most};
use crate::extract::nest::{Parts, Trouble, Unpacked};
use crate::{
    identify::Packing,
    limits::{MAX_DICTIONARY, MAX_MEMBERS},
};
use bzip2::bufread::BzDecoder;
use encoding_rs::WINDOWS_1252;
use flate2::bufread::{GzDecoder, ZlibDecoder};
use lzma_rust2::XzReader;
use ruzstd::decoding::StreamingDecoder;
use std::io::{self, Read};

/// Reads what is packed.
pub(super) fn read(packing: Packing, bytes: &[u8], name: &str, parts: &mut Parts<'_>) {
    parts.take("1", &self::name(packing, bytes, name), |room| unpack(packing, bytes, room));
}

/// Whether bytes are a zlib stream (RFC 1950): its header says little, so its content is tried.
pub(crate) fn is_zlib(bytes: &[u8]) -> bool {
    let [first, second, ..] = bytes else { return false };
    let is_header =
        first & 0x0f == 8 && first >> 4 == 7 && (u16::from(*first) << 8 | u16::from(*second)) % 31 == 0 && second & 0x20 == 0;
    let mut some = [0; 16];
    is_header && ZlibDecoder::new(bytes).read(&mut some).is_ok_and(|read| read > 0)
}

/// What is unpacked is called what it is said to be called, or like its packing without that.
pub(super) fn name(packing: Packing, bytes: &[u8], outer: &str) -> String {
    if packing == Packing::Gzip
        && let Some(name) = GzDecoder::new(bytes).header().and_then(|header| header.filename().map(<[u8]>::to_vec))
    {
        let name = String::from_utf8(name).unwrap_or_else(|why| WINDOWS_1252.decode(why.as_bytes()).0.into_owned());
        let name = clean(&name);
        if !name.is_empty() {
            return name;
        }
    }
    let outer = outer.rsplit('/').next().unwrap_or_default();
    let (stem, extension) = outer.rsplit_once('.').unwrap_or((outer, ""));
    let tape = ["tgz", "tbz", "tbz2", "txz", "tzst", "taz"].iter().any(|tape| extension.eq_ignore_ascii_case(tape));
    match stem {
        "" => "part-1".to_owned(),
        stem if tape => format!("{stem}.tar"),
        stem => stem.to_owned(),
    }
}

/// The bytes that are packed.
pub(super) fn unpack(packing: Packing, bytes: &[u8], room: u64) -> Unpacked {
    let packed = bytes.len() as u64;
    let most = most(packed, room);
    let unpacked = match packing {
        Packing::Gzip => members(bytes, b"\x1f\x8b", most, |rest, most, out| take(GzDecoder::new(rest), most, out)),
        Packing::Bzip2 => members(bytes, b"BZh", most, |rest, most, out| take(BzDecoder::new(rest), most, out)),
        Packing::Zstd => members(bytes, b"\x28\xb5\x2f\xfd", most, |rest, most, out| {
            take(StreamingDecoder::new(rest).map_err(io::Error::other)?, most, out)
        }),
        Packing::Xz => {
            let memory = u32::try_from(MAX_DICTIONARY >> 10).unwrap_or(u32::MAX);
            Unpacked::of(XzReader::new_mem_limit(bytes, true, memory), 0, most)
        }
        Packing::Zlib => Unpacked::of(ZlibDecoder::new(bytes), 0, most),
        Packing::Compress => lzw::unpack(bytes, most),
    };
    judged(unpacked, packed, room)
}

fn take(source: impl Read, most: u64, out: &mut Vec<u8>) -> io::Result<usize> {
    source.take(most).read_to_end(out)
}

/// Unpacks what is packed in several pieces that follow each other. What follows the last is filling, or said to be strange.
fn members(
    bytes: &[u8],
    magic: &[u8],
    room: u64,
    unpack: impl Fn(&mut &[u8], u64, &mut Vec<u8>) -> io::Result<usize>,
) -> Unpacked {
    let (mut out, mut rest) = (Vec::new(), bytes);
    for _ in 0..MAX_MEMBERS {
        let left = room - out.len() as u64;
        let read = unpack(&mut rest, left + 1, &mut out);
        if out.len() as u64 > room {
            return Unpacked { bytes: out, trouble: Some(Trouble::TooLarge) };
        }
        if let Err(why) = read {
            return Unpacked { bytes: out, trouble: Some(Trouble::Damaged(why.to_string())) };
        }
        if !rest.starts_with(magic) {
            let strange = rest.iter().any(|byte| *byte != 0);
            let trouble = strange.then(|| Trouble::Damaged("something else follows its end".to_owned()));
            return Unpacked { bytes: out, trouble };
        }
    }
    Unpacked { bytes: out, trouble: Some(Trouble::Damaged(format!("it has more than {MAX_MEMBERS} pieces"))) }
}
