//! The worst files that somebody could send, one family each: bombs, lies, cycles, depths, floods, files that are two
//! things at once. Made anew for each run; nothing of them is dangerous to read about.

mod containers;
mod documents;
mod pictures;
mod texts;

use std::io::{Cursor, Write as _};
use zip::{CompressionMethod, ZipWriter, write::SimpleFileOptions};

/// A file made to harm its reader.
pub struct Hostile {
    /// What it tries, in a few words.
    pub family: &'static str,
    /// Its file name.
    pub name: &'static str,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// One file of each family.
pub fn families() -> Vec<Hostile> {
    [containers::all(), documents::all(), pictures::all(), texts::all()].into_iter().flatten().collect()
}

fn hostile(family: &'static str, name: &'static str, bytes: impl Into<Vec<u8>>) -> Hostile {
    Hostile { family, name, bytes: bytes.into() }
}

/// A ZIP of these entries, deflated.
fn zip(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in entries {
        let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated).compression_level(Some(9));
        writer.start_file(*name, options).expect("an entry");
        writer.write_all(bytes).expect("an entry");
    }
    writer.finish().expect("a container").into_inner()
}

/// Bytes as zlib packs them (RFC 1950).
fn zlib(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(bytes).expect("a stream");
    encoder.finish().expect("a stream")
}

/// Bytes as gzip packs them (RFC 1952).
fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(bytes).expect("a stream");
    encoder.finish().expect("a stream")
}

/// The same text again and again.
fn many(text: &str, times: usize) -> String {
    text.repeat(times)
}
