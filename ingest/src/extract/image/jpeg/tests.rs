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
