//! Pictures: a thumbnail the right way up, and what the camera wrote.

use super::{Layer, scan, tiff::Tiff};
use crate::{
    findings,
    limits::{MAX_IMAGE_MEMORY, MAX_SIDE, THUMBNAIL_SIDE},
    thumbnail,
};
use chartrier_schemas::Extraction;
use exif::{Exif, In, Tag, Value};
use image::{DynamicImage, ImageDecoder as _, ImageReader, Limits};
use std::io::Cursor;

/// Reads a picture. Only the outermost document gets a thumbnail.
pub(super) fn read(bytes: &[u8], depth: usize, extraction: &mut Extraction) {
    camera(bytes, extraction);
    if depth > 0 {
        return;
    }
    match decode(bytes) {
        Ok(picture) => {
            extraction.fields.push(("width".to_owned(), picture.width().to_string()));
            extraction.fields.push(("height".to_owned(), picture.height().to_string()));
            match thumbnail::of(&picture) {
                Ok(small) => extraction.thumbnail = Some(small),
                Err(why) => extraction.findings.push(findings::no_thumbnail(why)),
            }
        }
        Err(why) => extraction.findings.push(findings::no_thumbnail(why)),
    }
}

/// What is written on each page of a picture.
pub(super) fn layers(bytes: &[u8]) -> Vec<Layer> {
    let count = Tiff::new(bytes).map_or(1, |tiff| tiff.pages().len());
    let waits = !is_photograph(bytes)
        && decode(bytes)
            .and_then(|picture| thumbnail::shrunk(&picture, THUMBNAIL_SIDE))
            .is_ok_and(|small| scan::is_written(&small));
    (0..count).map(|_| Layer { text: String::new(), waits }).collect()
}

pub(super) fn decode(bytes: &[u8]) -> Result<DynamicImage, String> {
    let mut reader = ImageReader::new(Cursor::new(bytes)).with_guessed_format().map_err(|why| why.to_string())?;
    let mut limits = Limits::default();
    limits.max_image_width = Some(MAX_SIDE);
    limits.max_image_height = Some(MAX_SIDE);
    limits.max_alloc = Some(MAX_IMAGE_MEMORY);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().map_err(|why| why.to_string())?;
    if decoder.total_bytes() > MAX_IMAGE_MEMORY {
        return Err("it is larger than any picture should be".to_owned());
    }
    let orientation = decoder.orientation().map_err(|why| why.to_string())?;
    let mut picture = DynamicImage::from_decoder(decoder).map_err(|why| why.to_string())?;
    picture.apply_orientation(orientation);
    Ok(picture)
}

/// Whether a camera took it: it says how.
fn is_photograph(bytes: &[u8]) -> bool {
    let read = exif::Reader::new().continue_on_error(true).read_from_container(&mut Cursor::new(bytes));
    let Ok(exif) = read.or_else(|why| why.distill_partial_result(|_| {})) else { return false };
    [Tag::ExposureTime, Tag::FNumber, Tag::PhotographicSensitivity, Tag::FocalLength]
        .iter()
        .any(|tag| exif.get_field(*tag, In::PRIMARY).is_some())
}

fn camera(bytes: &[u8], extraction: &mut Extraction) {
    let read = exif::Reader::new().continue_on_error(true).read_from_container(&mut Cursor::new(bytes));
    let Ok(exif) = read.or_else(|why| why.distill_partial_result(|_| {})) else { return };
    extraction.date = taken(&exif);
    extraction.title = words(&exif, Tag::ImageDescription);
    extraction.authors.extend(words(&exif, Tag::Artist));
    let camera = [words(&exif, Tag::Make), words(&exif, Tag::Model)].into_iter().flatten().collect::<Vec<_>>().join(" ");
    let fields = [
        ("camera", Some(camera).filter(|camera| !camera.is_empty())),
        ("copyright", words(&exif, Tag::Copyright)),
        ("gps", position(&exif)),
    ];
    for (name, value) in fields {
        extraction.fields.extend(value.map(|value| (name.to_owned(), value)));
    }
}

fn words(exif: &Exif, tag: Tag) -> Option<String> {
    let Value::Ascii(lines) = &exif.get_field(tag, In::PRIMARY)?.value else { return None };
    let text = lines.iter().map(|line| super::text::decode(line)).collect::<Vec<_>>().join(" ");
    let text = text.trim_matches(|c: char| c.is_whitespace() || c == '\0').to_owned();
    Some(text).filter(|text| !text.is_empty())
}

/// When it was taken. A camera that does not say its offset is taken to have meant UTC.
fn taken(exif: &Exif) -> Option<String> {
    let text = words(exif, Tag::DateTimeOriginal).or_else(|| words(exif, Tag::DateTime))?;
    let offset = words(exif, Tag::OffsetTimeOriginal).or_else(|| words(exif, Tag::OffsetTime)).unwrap_or_else(|| "Z".to_owned());
    let (day, time) = text.split_once(' ')?;
    super::moment(&format!("{}T{time}{offset}", day.replace(':', "-")))
}

/// Where it was taken: latitude and longitude in degrees.
fn position(exif: &Exif) -> Option<String> {
    let degrees = |tag, reference| {
        let Value::Rational(parts) = &exif.get_field(tag, In::PRIMARY)?.value else { return None };
        let [degrees, minutes, seconds] = parts.get(..3)? else { return None };
        let value = degrees.to_f64() + minutes.to_f64() / 60.0 + seconds.to_f64() / 3600.0;
        let negative = words(exif, reference).is_some_and(|word| matches!(word.as_str(), "S" | "W"));
        (value.is_finite() && value <= 180.0).then_some(if negative { -value } else { value })
    };
    let latitude = degrees(Tag::GPSLatitude, Tag::GPSLatitudeRef)?;
    let longitude = degrees(Tag::GPSLongitude, Tag::GPSLongitudeRef)?;
    Some(format!("{latitude:.5}, {longitude:.5}"))
}

#[cfg(test)]
mod tests {
    use super::super::extract;
    use std::io::Cursor;

    fn png(width: u32, height: u32) -> Vec<u8> {
        let mut bytes = Cursor::new(Vec::new());
        image::DynamicImage::new_rgb8(width, height).write_to(&mut bytes, image::ImageFormat::Png).unwrap();
        bytes.into_inner()
    }

    #[test]
    fn a_picture_gives_a_thumbnail_and_its_size() {
        let extraction = extract(&png(1024, 512), "plan.png");
        let thumbnail = extraction.thumbnail.unwrap();
        assert_eq!((thumbnail.width, thumbnail.height), (512, 256));
        assert_eq!(extraction.fields[..2], [("width".to_owned(), "1024".to_owned()), ("height".to_owned(), "512".to_owned())]);
        assert!(extraction.findings.is_empty());
    }

    #[test]
    fn a_picture_that_lies_about_its_size_is_a_finding() {
        let mut bytes = png(8, 8);
        bytes[16..24].copy_from_slice(&[0x7f, 0xff, 0xff, 0xff, 0x7f, 0xff, 0xff, 0xff]);
        assert_eq!(extract(&bytes, "x.png").findings[0].number, 8);
        assert_eq!(extract(&png(64, 64)[..60], "x.png").findings[0].number, 8);
    }
}
