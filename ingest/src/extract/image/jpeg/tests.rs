//! Photographs decoded at reduced scale, beside the whole decoder.

use super::*;
use ::image::{ExtendedColorType, Rgb, codecs::jpeg::JpegEncoder, imageops};

/// A picture with slopes and edges in colour.
fn picture(width: u32, height: u32) -> RgbImage {
    RgbImage::from_fn(width, height, |x, y| {
        let edge = if (x / 160 + y / 160) % 2 < 1 { 200 } else { 40 };
        Rgb([(x * 255 / width) as u8, edge, (y * 255 / height) as u8])
    })
}

fn difference(one: &RgbImage, other: &RgbImage) -> f64 {
    assert_eq!(one.dimensions(), other.dimensions());
    let sum: u64 = one.as_raw().iter().zip(other.as_raw()).map(|(one, other)| u64::from(one.abs_diff(*other))).sum();
    sum as f64 / one.as_raw().len() as f64
}

#[test]
fn a_reduced_picture_looks_like_the_whole_made_small() {
    let whole = picture(1600, 1203);
    let mut bytes = Vec::new();
    JpegEncoder::new_with_quality(&mut bytes, 90).encode_image(&whole).unwrap();
    for (side, size) in [(200, (200, 151)), (213, (200, 151)), (214, (400, 301)), (426, (400, 301)), (800, (800, 602))] {
        let small = reduced(&bytes, side, 30_000).unwrap();
        assert_eq!(small.dimensions(), size, "{side}");
        let expected = imageops::resize(&whole, size.0, size.1, imageops::FilterType::Triangle);
        assert!(difference(&small, &expected) < 5.0, "{side}: {}", difference(&small, &expected));
    }
    assert!(reduced(&bytes, 1_000, 30_000).is_none() && reduced(&bytes, 200, 1_000).is_none());
    assert!(reduced(&bytes[..bytes.len() / 2], 200, 30_000).is_none());
}

#[test]
fn grey_pictures_are_read() {
    let grey: Vec<u8> = (0..512 * 256).map(|at| ((at % 512) / 2) as u8).collect();
    let mut bytes = Vec::new();
    let mut encoder = JpegEncoder::new_with_quality(&mut bytes, 90);
    encoder.encode(&grey, 512, 256, ExtendedColorType::L8).unwrap();
    let small = reduced(&bytes, 64, 30_000).unwrap();
    assert_eq!((small.dimensions(), small.get_pixel(32, 9).0[0].abs_diff(129) < 3), ((64, 32), true));
}

/// A file of one grey component with quantisers of 8 and codes for differences of no and of four bits; `more` follows
/// the header.
fn by_hand(frame: u8, width: u8, height: u8, more: &[u8]) -> Vec<u8> {
    let segment = |marker: u8, body: &[u8]| [&[0xff, marker, 0, body.len() as u8 + 2], body].concat();
    let mut counts = [0; 16];
    (counts[0], counts[1]) = (1, 1);
    let mut ends = [0; 16];
    ends[0] = 1;
    [
        &b"\xff\xd8"[..],
        &segment(0xdb, &[&[0][..], &[8; 64]].concat()),
        &segment(frame, &[8, 0, height, 0, width, 1, 1, 0x11, 0]),
        &segment(0xc4, &[&[0][..], &counts, &[0, 4]].concat()),
        &segment(0xc4, &[&[0x10][..], &ends, &[0]].concat()),
        more,
        b"\xff\xd9",
    ]
    .concat()
}

#[test]
fn each_restart_forgets_what_was_before() {
    let more = b"\xff\xdd\0\x04\0\x04\xff\xda\0\x08\x01\x01\0\0\x3f\0\xa8\x07\xff\xd0\x94\x07";
    let small = reduced(&by_hand(0xc0, 64, 8, more), 8, 30_000).unwrap();
    let shades: Vec<u8> = small.pixels().map(|pixel| pixel.0[0]).collect();
    assert_eq!(shades, [138, 138, 138, 138, 118, 118, 118, 118]);
}

#[test]
fn of_a_progressive_picture_the_first_coefficients_are_read_and_refined() {
    let first = b"\xff\xda\0\x08\x01\x01\0\0\0\x01\xa8\0\0\0\0\0\0\0\x07";
    let other = b"\xff\xda\0\x08\x01\x01\0\x01\x3f\0\x55\xff\0\x12";
    let refined = [&b"\xff\xda\0\x08\x01\x01\0\0\0\x10"[..], &b"\xff\0".repeat(8)].concat();
    let bytes = by_hand(0xc2, 64, 64, &[&first[..], other, &refined].concat());
    let small = reduced(&bytes, 8, 30_000).unwrap();
    assert_eq!(small.dimensions(), (8, 8));
    assert!(small.pixels().all(|pixel| pixel.0 == [149; 3]), "{:?}", small.get_pixel(0, 0));
    assert!(reduced(&bytes, 16, 30_000).is_none());
}

#[test]
fn damage_is_never_a_panic() {
    let mut bytes = Vec::new();
    JpegEncoder::new_with_quality(&mut bytes, 60).encode_image(&picture(320, 200)).unwrap();
    for at in 0..bytes.len().min(1_200) {
        for flip in [0xff, 0x80, 0x11, 0x01] {
            let mut torn = bytes.clone();
            torn[at] ^= flip;
            for side in [40, 80, 160] {
                reduced(&torn, side, 2_000);
            }
        }
    }
    for cut in 0..bytes.len() {
        reduced(&bytes[..cut], 80, 2_000);
    }
}
