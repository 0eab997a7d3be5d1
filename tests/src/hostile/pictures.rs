//! Hostile pictures: dimensions, cycles, streams that do not end, metadata that lies.

use super::{Hostile, hostile, zlib};

pub(super) fn all() -> Vec<Hostile> {
    vec![
        hostile("png: as wide as a country", "country.png", png(0x7fff_ffff, 0x7fff_ffff, &[])),
        hostile("png: pixels that unpack to far more", "bomb.png", png(30_000, 30_000, &vec![0; 300 << 20])),
        hostile("png: text that unpacks to far more", "text.png", png_text()),
        hostile("jpeg: as wide as can be said", "country.jpg", jpeg(&[])),
        hostile("jpeg: metadata that refers to itself", "exif.jpg", jpeg(&exif_cycle())),
        hostile("jpeg: segments without end", "segments.jpg", [&b"\xff\xd8"[..], &b"\xff\xe1\x00\x02".repeat(500_000)].concat()),
        hostile(
            "tiff: pages in a circle",
            "circle.tif",
            tiff(8, &[(256, 4, 1, 1), (257, 4, 1, 1), (273, 4, 1, 0), (279, 4, 1, 4)]),
        ),
        hostile(
            "tiff: as wide as a country",
            "country.tif",
            tiff(
                0,
                &[(256, 4, 1, 0x7fff_ffff), (257, 4, 1, 0x7fff_ffff), (258, 3, 1, 8), (273, 4, 1, 8), (279, 4, 1, 0xffff_ffff)],
            ),
        ),
        hostile(
            "tiff: counts that lie",
            "counts.tif",
            tiff(0, &[(256, 4, 0xffff_ffff, 0xffff_fff0), (273, 4, 0x7fff_ffff, 8), (700, 1, 0xffff_ffff, 8)]),
        ),
        hostile("gif: frames without end", "frames.gif", gif()),
        hostile("bmp: sizes of the other sign", "negative.bmp", bmp()),
        hostile(
            "webp: chunks that lie",
            "chunks.webp",
            b"RIFF\xff\xff\xff\xffWEBPVP8X\xff\xff\xff\x7f\xff\0\0\0\xff\xff\xff\xff\xff\xff".to_vec(),
        ),
        hostile("svg: entities that multiply", "laughs.svg", super::texts::laughs("svg")),
        hostile(
            "heic: boxes in boxes",
            "boxes.heic",
            [&b"\0\0\0\x18ftypheic\0\0\0\0mif1heic"[..], &b"\0\0\0\x08meta".repeat(200_000)].concat(),
        ),
        hostile("two at once: a picture that is a page that is an archive", "polyglot.gif", polyglot()),
    ]
}

fn chunk(kind: &[u8], body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(body.len()).expect("short").to_be_bytes();
    // The check value is computed as readers do: a wrong one would end the attack too early.
    let mut check = 0xffff_ffffu32;
    for byte in kind.iter().chain(body) {
        check ^= u32::from(*byte);
        (0..8).for_each(|_| check = if check & 1 == 1 { (check >> 1) ^ 0xedb8_8320 } else { check >> 1 });
    }
    [&length[..], kind, body, &(!check).to_be_bytes()].concat()
}

fn png(width: u32, height: u32, pixels: &[u8]) -> Vec<u8> {
    let head = [&width.to_be_bytes()[..], &height.to_be_bytes(), &[8, 0, 0, 0, 0]].concat();
    [&b"\x89PNG\r\n\x1a\n"[..], &chunk(b"IHDR", &head), &chunk(b"IDAT", &zlib(pixels)), &chunk(b"IEND", &[])].concat()
}

fn png_text() -> Vec<u8> {
    let head = [&1u32.to_be_bytes()[..], &1u32.to_be_bytes(), &[8, 0, 0, 0, 0]].concat();
    let packed = zlib(&vec![b'a'; 200 << 20]);
    let text = [&b"Comment\0\0"[..], &packed].concat();
    let international = [&b"XML:com.adobe.xmp\0\x01\0\0\0"[..], &packed].concat();
    [
        &b"\x89PNG\r\n\x1a\n"[..],
        &chunk(b"IHDR", &head),
        &chunk(b"zTXt", &text),
        &chunk(b"iTXt", &international),
        &chunk(b"IDAT", &zlib(&[0, 0])),
        &chunk(b"IEND", &[]),
    ]
    .concat()
}

/// A JPEG of 65,535 by 65,535 pixels, with an APP1 segment.
fn jpeg(exif: &[u8]) -> Vec<u8> {
    let mut out = b"\xff\xd8".to_vec();
    if !exif.is_empty() {
        out.extend([&b"\xff\xe1"[..], &u16::try_from(exif.len() + 2).expect("short").to_be_bytes(), exif].concat());
    }
    out.extend(b"\xff\xc0\x00\x0b\x08\xff\xff\xff\xff\x01\x01\x11\x00");
    out.extend(b"\xff\xda\x00\x08\x01\x01\x00\x00\x3f\x00");
    out.extend([0; 1_000]);
    out.extend(b"\xff\xd9");
    out
}

/// Directories that point at each other.
fn exif_cycle() -> Vec<u8> {
    let entry = |tag: u16, offset: u32| [&tag.to_le_bytes()[..], &[4, 0], &1u32.to_le_bytes(), &offset.to_le_bytes()].concat();
    let directory = [&2u16.to_le_bytes()[..], &entry(0x8769, 8), &entry(0x8825, 8), &8u32.to_le_bytes()].concat();
    [&b"Exif\0\0II*\0\x08\0\0\0"[..], &directory].concat()
}

/// A TIFF of one directory at 8: tag, type, count, value. `next` is where the following one lies.
fn tiff(next: u32, entries: &[(u16, u16, u32, u32)]) -> Vec<u8> {
    let mut out = b"II*\0\x08\0\0\0".to_vec();
    out.extend(u16::try_from(entries.len()).expect("few").to_le_bytes());
    for (tag, kind, count, value) in entries {
        out.extend([&tag.to_le_bytes()[..], &kind.to_le_bytes(), &count.to_le_bytes(), &value.to_le_bytes()].concat());
    }
    out.extend(next.to_le_bytes());
    out
}

fn gif() -> Vec<u8> {
    let frame = b"\x2c\0\0\0\0\xff\xff\xff\xff\0\x02\x02\x44\x01\0";
    [&b"GIF89a\xff\xff\xff\xff\x80\0\0\0\0\0\xff\xff\xff"[..], &frame.repeat(100_000), b";"].concat()
}

fn bmp() -> Vec<u8> {
    let mut head = b"BM\xff\xff\xff\x7f\0\0\0\0\x36\0\0\0\x28\0\0\0".to_vec();
    head.extend([i32::MIN.to_le_bytes(), i32::MIN.to_le_bytes()].concat());
    head.extend(b"\x01\0\x20\0\0\0\0\0\xff\xff\xff\xff\0\0\0\0\0\0\0\0\xff\xff\xff\xff\0\0\0\0");
    head.resize(1_000, 0);
    head
}

/// GIF by its beginning, HTML with a script in its comment, ZIP by its end.
fn polyglot() -> Vec<u8> {
    let page = b"GIF89a\x01\0\x01\0\x80\0\0\0\0\0\xff\xff\xff\x21\xfe\x40<html><script>alert('x')</script><body>page</body></html>      \0;";
    [&page[..], &super::zip(&[("word/document.xml", b"<w:document/>")])].concat()
}
