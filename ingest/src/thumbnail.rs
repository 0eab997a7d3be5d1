//! Thumbnails and page images: pixels of any picture, made small, on white, encoded anew.

use crate::limits::MAX_THUMBNAIL;
use chartrier_schemas::Thumbnail;
use fast_image_resize::{FilterType, ResizeAlg, ResizeOptions, Resizer};
use image::{DynamicImage, RgbImage, codecs::jpeg::JpegEncoder};

/// Qualities tried in turn until the picture is small enough.
const QUALITIES: [u8; 3] = [80, 60, 30];

/// The size of a picture that fits into a square, in pixels.
pub(crate) fn fitted(width: f64, height: f64, side: u32) -> (u32, u32) {
    let side = f64::from(side);
    let scale = (side / width.max(height)).min(1.0);
    let fit = |length: f64| (length * scale).round().clamp(1.0, side) as u32;
    (fit(width), fit(height))
}

/// A thumbnail of a picture that is small already.
pub(crate) fn thumbnail(picture: &RgbImage) -> Result<Thumbnail, String> {
    let (width, height) = picture.dimensions();
    Ok(Thumbnail { width, height, jpeg: encode(picture, MAX_THUMBNAIL)? })
}

/// A picture that fits into a square, on white.
pub(crate) fn shrunk(picture: &DynamicImage, side: u32) -> Result<RgbImage, String> {
    let (width, height) = fitted(picture.width().into(), picture.height().into(), side);
    let (source, mut small) = match picture.color().has_alpha() {
        true => (DynamicImage::from(picture.to_rgba8()), DynamicImage::new_rgba8(width, height)),
        false => (DynamicImage::from(picture.to_rgb8()), DynamicImage::new_rgb8(width, height)),
    };
    let options = ResizeOptions::new().resize_alg(ResizeAlg::Convolution(FilterType::Hamming));
    Resizer::new().resize(&source, &mut small, &options).map_err(|why| why.to_string())?;
    Ok(on_white(small))
}

/// Transparent parts show the white of the page behind them.
fn on_white(picture: DynamicImage) -> RgbImage {
    let DynamicImage::ImageRgba8(picture) = picture else { return picture.into_rgb8() };
    let mut flat = RgbImage::new(picture.width(), picture.height());
    for (to, from) in flat.pixels_mut().zip(picture.pixels()) {
        let [red, green, blue, alpha] = from.0;
        let over = |value: u8| ((u32::from(value) * u32::from(alpha) + 255 * (255 - u32::from(alpha))) / 255) as u8;
        to.0 = [over(red), over(green), over(blue)];
    }
    flat
}

/// Encodes a picture as JPEG of at most so many bytes.
pub(crate) fn encode(picture: &RgbImage, most: usize) -> Result<Vec<u8>, String> {
    for quality in QUALITIES {
        let mut jpeg = Vec::new();
        JpegEncoder::new_with_quality(&mut jpeg, quality).encode_image(picture).map_err(|why| why.to_string())?;
        if jpeg.len() <= most {
            return Ok(jpeg);
        }
    }
    Err("it does not compress".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::THUMBNAIL_SIDE;

    #[test]
    fn sizes_fit_and_never_grow() {
        assert_eq!(fitted(4000.0, 3000.0, 512), (512, 384));
        assert_eq!(fitted(10.0, 20.0, 512), (10, 20));
        assert_eq!(fitted(100_000.0, 1.0, 512), (512, 1));
    }

    #[test]
    fn what_is_transparent_becomes_white() {
        let thumbnail = thumbnail(&shrunk(&DynamicImage::new_rgba8(600, 300), THUMBNAIL_SIDE).unwrap()).unwrap();
        assert_eq!((thumbnail.width, thumbnail.height), (512, 256));
        let shown = image::load_from_memory(&thumbnail.jpeg).unwrap().to_rgb8();
        assert!(shown.pixels().all(|pixel| pixel.0.iter().all(|value| *value > 250)));
    }
}
