//! Pictures: a thumbnail the right way up, what the camera wrote, and what people wrote about them. Captions, titles and
//! keywords are the text of a picture: by them it is found.

mod camera;
mod carrier;
mod iptc;
mod jpeg;
mod raw;
mod said;
mod scan;
mod xmp;

use super::{Layer, tiff::Tiff};
use crate::{
    findings,
    limits::{MAX_IMAGE_MEMORY, MAX_SIDE, THUMBNAIL_SIDE},
    thumbnail,
};
use ::image::{DynamicImage, ImageDecoder as _, ImageReader, Limits, RgbImage, metadata::Orientation};
use camera::Camera;
use carrier::Carried;
use chartrier_schemas::Extraction;
use said::Said;
use std::io::Cursor;

/// Reads a picture. Only the outermost document gets a thumbnail.
pub(super) fn read(bytes: &[u8], depth: usize, extraction: &mut Extraction) {
    let carried = carrier::carried(bytes);
    let camera = Camera::of(bytes, &carried);
    let (pages, mut size) = (carried.pages, carried.size);
    said(carried, camera.as_ref()).tell(extraction);
    extraction.pages = pages;
    if depth == 0 {
        match small(bytes, THUMBNAIL_SIDE) {
            Ok((picture, whole)) => {
                size = size.or(Some(whole));
                if waits(&picture, camera.as_ref()) {
                    extraction.findings.push(findings::waits_for_recognition());
                }
                match thumbnail::thumbnail(&picture) {
                    Ok(small) => extraction.thumbnail = Some(small),
                    Err(why) => extraction.findings.push(findings::no_thumbnail(why)),
                }
            }
            Err(_) if carrier::is_heif(bytes) => extraction.findings.push(findings::not_drawn()),
            Err(why) => extraction.findings.push(findings::no_thumbnail(why)),
        }
    }
    let lies = camera.is_some_and(|camera| turns(camera.orientation()));
    if let Some((width, height)) = size.map(|(width, height)| if lies { (height, width) } else { (width, height) }) {
        extraction.fields.push(("width".to_owned(), width.to_string()));
        extraction.fields.push(("height".to_owned(), height.to_string()));
    }
}

/// What is written on each page of a picture; what is said about it stands on the first.
pub(super) fn layers(bytes: &[u8]) -> Vec<Layer> {
    let carried = carrier::carried(bytes);
    let camera = Camera::of(bytes, &carried);
    let count = carried.pages.unwrap_or(1).max(1) as usize;
    let waits = small(bytes, THUMBNAIL_SIDE).is_ok_and(|(picture, _)| waits(&picture, camera.as_ref()));
    let mut about = Extraction::default();
    said(carried, camera.as_ref()).tell(&mut about);
    let texts = std::iter::once(about.text).chain(std::iter::repeat(String::new()));
    texts.take(count).map(|text| Layer { text, waits }).collect()
}

/// What is said about it, the newest form first.
fn said(carried: Carried<'_>, camera: Option<&Camera>) -> Said {
    let mut said = xmp::read(&carried.xmp);
    // Programs that know XMP write both alike, and IPTC in whichever encoding.
    said.fill(iptc::read(&carried.iptc));
    said.add(camera.map(Camera::said).unwrap_or_default());
    said.add(carried.said);
    said
}

/// Whether it seems to be a picture of text: no camera took it, and there is ink on an even ground.
fn waits(picture: &RgbImage, camera: Option<&Camera>) -> bool {
    camera.is_none_or(|camera| !camera.took_it()) && scan::is_written(picture)
}

/// A picture the right way up that fits into a square, on white, and the size of what it was made from.
pub(super) fn small(bytes: &[u8], side: u32) -> Result<(RgbImage, (u32, u32)), String> {
    let (picture, orientation) = decode(bytes, side)?;
    let mut shown = DynamicImage::from(thumbnail::shrunk(&picture, side)?);
    shown.apply_orientation(orientation);
    Ok((shown.into_rgb8(), (picture.width(), picture.height())))
}

/// The pixels of a picture as they are stored, of a JPEG hardly more of them than `side` asks for, and how they are to be
/// turned.
fn decode(bytes: &[u8], side: u32) -> Result<(DynamicImage, Orientation), String> {
    if carrier::is_psd(bytes) || Tiff::new(bytes).is_some_and(|tiff| raw::is_raw(&tiff)) {
        let preview = carrier::carried(bytes).preview.ok_or("it holds no picture that is read")?;
        let orientation = Camera::of(bytes, &Carried::default()).map_or(Orientation::NoTransforms, |camera| camera.orientation());
        return Ok((decode_plain(preview, side)?.0, orientation));
    }
    if carrier::is_heif(bytes) {
        return Err("pictures of this format are not decoded".to_owned());
    }
    decode_plain(bytes, side)
}

fn decode_plain(bytes: &[u8], side: u32) -> Result<(DynamicImage, Orientation), String> {
    if let Some(picture) = jpeg::reduced(bytes, side, MAX_SIDE) {
        let camera = Camera::of(bytes, &Carried::default());
        return Ok((picture.into(), camera.map_or(Orientation::NoTransforms, |camera| camera.orientation())));
    }
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
    Ok((DynamicImage::from_decoder(decoder).map_err(|why| why.to_string())?, orientation))
}

/// Whether width and height change places.
fn turns(orientation: Orientation) -> bool {
    matches!(
        orientation,
        Orientation::Rotate90 | Orientation::Rotate270 | Orientation::Rotate90FlipH | Orientation::Rotate270FlipH
    )
}

#[cfg(test)]
mod tests {
    use super::super::extract;
    use std::io::Cursor;

    fn encoded(picture: &image::DynamicImage, format: image::ImageFormat) -> Vec<u8> {
        let mut bytes = Cursor::new(Vec::new());
        picture.write_to(&mut bytes, format).unwrap();
        bytes.into_inner()
    }

    fn png(width: u32, height: u32) -> Vec<u8> {
        encoded(&image::DynamicImage::new_rgb8(width, height), image::ImageFormat::Png)
    }

    fn field<'a>(extraction: &'a chartrier_schemas::Extraction, name: &str) -> Option<&'a str> {
        extraction.fields.iter().find(|(field, _)| field == name).map(|(_, value)| value.as_str())
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

    /// A JPEG with a segment after its first two bytes.
    fn with_segment(jpeg: &[u8], marker: u8, body: &[u8]) -> Vec<u8> {
        let length = u16::try_from(body.len() + 2).unwrap().to_be_bytes();
        [&jpeg[..2], &[0xff, marker], &length, body, &jpeg[2..]].concat()
    }

    fn photograph(width: u32, height: u32) -> Vec<u8> {
        let picture =
            image::RgbImage::from_fn(width, height, |x, y| image::Rgb([(x * 255 / width) as u8, (y * 255 / height) as u8, 90]));
        encoded(&picture.into(), image::ImageFormat::Jpeg)
    }

    #[test]
    fn a_photograph_is_turned_the_right_way_up_and_says_what_its_camera_wrote() {
        let exif = super::camera::tests::exif();
        let bytes = with_segment(&photograph(2048, 1024), 0xe1, &[&b"Exif\0\0"[..], &exif].concat());
        let extraction = extract(&bytes, "x.jpg");
        let thumbnail = extraction.thumbnail.clone().unwrap();
        assert_eq!((thumbnail.width, thumbnail.height), (256, 512));
        // What lies at the left end of the first row lies at its right end, turned by a quarter.
        let shown = image::load_from_memory(&thumbnail.jpeg).unwrap().to_rgb8();
        let (left, right) = (shown.get_pixel(250, 5).0, shown.get_pixel(5, 505).0);
        assert!(left[0] < 20 && left[1] < 20 && right[0] > 235 && right[1] > 235, "{left:?} {right:?}");
        for (name, value) in [
            ("width", "1024"),
            ("height", "2048"),
            ("camera", "Chambre noire 4"),
            ("exposure", "1/250 s"),
            ("aperture", "f/2.8"),
            ("iso", "400"),
            ("focal-length", "35 mm"),
            ("gps", "48.85833, -2.29444"),
            ("altitude", "-12.5 m"),
            ("created", "2026-07-14T10:30:00+02:00"),
            ("caption", "Le pont"),
        ] {
            assert_eq!(field(&extraction, name), Some(value), "{name}");
        }
        assert_eq!(extraction.date.as_deref(), Some("2026-07-14T08:30:00Z"));
        assert!(extraction.findings.is_empty());
    }

    #[test]
    fn what_people_wrote_about_a_picture_is_its_text() {
        let xmp = super::xmp::tests::packet();
        let iptc = super::iptc::tests::record(&[
            (5, b"Fete"),
            (25, b"jardin"),
            (25, b"lampions"),
            (90, b"Nantes"),
            (120, b"Un soir d'\xe9t\xe9"),
        ]);
        let resource =
            [&b"Photoshop 3.0\x008BIM\x04\x04\0\0"[..], &u32::try_from(iptc.len()).unwrap().to_be_bytes(), &iptc].concat();
        let bytes = with_segment(&photograph(64, 64), 0xed, &resource);
        let bytes = with_segment(&bytes, 0xe1, &[&b"http://ns.adobe.com/xap/1.0/\0"[..], xmp.as_bytes()].concat());
        let bytes = with_segment(&bytes, 0xfe, b"scanned at the town hall");
        let extraction = extract(&bytes, "x.jpg");
        assert_eq!(extraction.title.as_deref(), Some("La fête"));
        assert_eq!(extraction.authors, ["Ada", "Bob"]);
        assert_eq!(field(&extraction, "keywords"), Some("bal, jardin, lampions"));
        assert_eq!(field(&extraction, "place"), Some("Nantes, France"));
        for words in ["La fête", "The party", "Un soir d'été", "bal", "lampions", "Nantes", "scanned at the town hall"] {
            assert!(extraction.text.contains(words), "{words}: {}", extraction.text);
        }
    }

    #[test]
    fn texts_of_png_and_gif_are_read() {
        let plain = png(8, 8);
        let chunk =
            |kind: &[u8; 4], body: &[u8]| [&u32::try_from(body.len()).unwrap().to_be_bytes()[..], kind, body, &[0; 4]].concat();
        let mut packed = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
        std::io::Write::write_all(&mut packed, b"Une longue l\xe9gende").unwrap();
        let texts = [
            chunk(b"tEXt", b"Title\0Le plan"),
            chunk(b"zTXt", &[&b"Description\0\0"[..], &packed.finish().unwrap()].concat()),
            chunk(b"iTXt", "Author\0\0\0fr\0Auteur\0Zoé".as_bytes()),
        ];
        let extraction = extract(&[&plain[..33], &texts.concat(), &plain[33..]].concat(), "x.png");
        let iptc = super::iptc::tests::record(&[(105, b"En chantier")]);
        let hex: String = iptc.iter().map(|byte| format!("{byte:02x}")).collect();
        let profile = chunk(b"tEXt", format!("Raw profile type iptc\0\niptc\n      {}\n{hex}\n", iptc.len()).as_bytes());
        let with_profile = extract(&[&plain[..33], &profile, &plain[33..]].concat(), "x.png");
        assert_eq!(with_profile.title.as_deref(), Some("En chantier"));
        assert_eq!((extraction.title.as_deref(), extraction.authors.as_slice()), (Some("Le plan"), &["Zoé".to_owned()][..]));
        assert_eq!(field(&extraction, "caption"), Some("Une longue légende"));
        let mut gif = Vec::new();
        let mut encoder = image::codecs::gif::GifEncoder::new(&mut gif);
        for _ in 0..3 {
            encoder.encode_frame(image::Frame::new(image::RgbaImage::new(8, 8))).unwrap();
        }
        drop(encoder);
        let end = gif.len() - 1;
        gif.splice(end..end, *b"\x21\xfe\x05hello\0");
        let extraction = extract(&gif, "x.gif");
        assert_eq!((field(&extraction, "frames"), extraction.text.as_str()), (Some("3"), "hello"));
    }

    #[test]
    fn a_scan_waits_for_recognition_and_a_photograph_does_not() {
        let ink = |x: u32, y: u32| y % 28 < 14 && x % 18 < 6 && (60..740).contains(&x);
        let page = image::GrayImage::from_fn(800, 1100, |x, y| image::Luma([if ink(x, y) { 20 } else { 245 }]));
        for (format, name) in
            [(image::ImageFormat::Png, "x.png"), (image::ImageFormat::Jpeg, "x.jpg"), (image::ImageFormat::Tiff, "x.tif")]
        {
            let bytes = encoded(&page.clone().into(), format);
            assert_eq!(extract(&bytes, name).findings.iter().map(|finding| finding.number).collect::<Vec<_>>(), [16], "{name}");
            assert_eq!(super::super::layers(&bytes, name), [super::Layer { text: String::new(), waits: true }]);
        }
        let exif = super::camera::tests::exif();
        let taken = with_segment(&encoded(&page.into(), image::ImageFormat::Jpeg), 0xe1, &[&b"Exif\0\0"[..], &exif].concat());
        assert!(extract(&taken, "x.jpg").findings.is_empty());
        assert!(extract(&photograph(800, 600), "x.jpg").findings.is_empty());
    }

    #[test]
    fn damage_is_never_a_panic() {
        let exif = [&b"Exif\0\0"[..], &super::camera::tests::exif()].concat();
        let jpeg = with_segment(&photograph(64, 48), 0xe1, &exif);
        let gif = encoded(&image::DynamicImage::new_rgba8(8, 8), image::ImageFormat::Gif);
        let tiff = super::super::tiff::tests::document(&[(8, 8, 10), (16, 8, 200)]);
        let webp = encoded(&image::DynamicImage::new_rgba8(8, 8), image::ImageFormat::WebP);
        let psd = [
            &b"8BPS\0\x01\0\0\0\0\0\0\0\x03\0\0\0\x09\0\0\0\x07\0\x08\0\x03\0\0\0\0\0\0\0\x10"[..],
            b"8BIM\x04\x04\0\0\0\0\0\x04\x1c\x02\x05\0",
        ]
        .concat();
        for sound in [jpeg, gif, tiff, webp, psd, png(8, 8)] {
            for cut in 0..sound.len().min(900) {
                extract(&sound[..cut], "x");
            }
            for at in 0..sound.len().min(900) {
                for flip in [0xff, 0x55, 0x01] {
                    let mut torn = sound.clone();
                    torn[at] ^= flip;
                    super::carrier::carried(&torn);
                    if flip == 0x55 {
                        extract(&torn, "x");
                    }
                }
            }
        }
    }
}
