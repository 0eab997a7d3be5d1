//! Raw photographs that are built like TIFF (CR2, NEF, ARW, DNG and their kin): the camera's own JPEG stands for them.

use crate::extract::tiff::{Entry, Tiff};

/// Tags of TIFF and of what lies beside it.
const COMPRESSION: u16 = 259;
const PHOTOMETRIC: u16 = 262;
const STRIPS: u16 = 273;
const STRIP_SIZES: u16 = 279;
const SUB_DIRECTORIES: u16 = 330;
const JPEG_START: u16 = 513;
const JPEG_SIZE: u16 = 514;
const DNG_VERSION: u16 = 50_706;

/// What light fell on a sensor: a colour filter array, and DNG's linear form.
const OF_A_SENSOR: [u64; 2] = [32_803, 34_892];

/// JPEG, as TIFF had it first and as it has it now.
const JPEG: [u64; 2] = [6, 7];

/// Directories that are looked into.
const MAX_DIRECTORIES: usize = 64;

/// Whether it is one.
pub(super) fn is_raw(tiff: &Tiff<'_>) -> bool {
    tiff.bytes().get(8..10) == Some(b"CR")
        || directories(tiff).iter().any(|entries| {
            value(tiff, entries, DNG_VERSION).is_some()
                || value(tiff, entries, PHOTOMETRIC).is_some_and(|kind| OF_A_SENSOR.contains(&kind))
        })
}

/// The largest JPEG in it.
pub(super) fn preview<'a>(tiff: &Tiff<'a>) -> Option<&'a [u8]> {
    directories(tiff).iter().flat_map(|entries| jpegs(tiff, entries)).max_by_key(|jpeg| jpeg.len())
}

fn jpegs<'a>(tiff: &Tiff<'a>, entries: &[Entry<'_>]) -> Vec<&'a [u8]> {
    let mut places = vec![(value(tiff, entries, JPEG_START), value(tiff, entries, JPEG_SIZE))];
    let single =
        |tag| entries.iter().find(|entry| entry.tag == tag).map(|entry| tiff.numbers(entry)).filter(|all| all.len() == 1);
    if value(tiff, entries, COMPRESSION).is_some_and(|kind| JPEG.contains(&kind)) {
        places.push((single(STRIPS).map(|all| all[0]), single(STRIP_SIZES).map(|all| all[0])));
    }
    let bytes = |(start, size): (Option<u64>, Option<u64>)| {
        let start = usize::try_from(start?).ok()?;
        tiff.bytes().get(start..start.checked_add(usize::try_from(size?).ok()?)?).filter(|jpeg| is_shown(jpeg))
    };
    places.into_iter().filter_map(bytes).collect()
}

/// Whether a JPEG is one that eyes are shown: raw light is kept as lossless JPEG (ITU T.81, table B.1).
fn is_shown(jpeg: &[u8]) -> bool {
    super::carrier::segments(jpeg).find(|(marker, _)| matches!(marker, 0xc0..=0xc3)).is_some_and(|(marker, _)| marker != 0xc3)
}

fn value(tiff: &Tiff<'_>, entries: &[Entry<'_>], tag: u16) -> Option<u64> {
    tiff.first(entries.iter().find(|entry| entry.tag == tag)?)
}

/// The directories of the chain and those one step below.
fn directories<'a>(tiff: &Tiff<'a>) -> Vec<Vec<Entry<'a>>> {
    let mut all: Vec<_> = tiff.chain().into_iter().take(MAX_DIRECTORIES).map(|at| tiff.entries(at)).collect();
    let below: Vec<u64> =
        all.iter().flatten().filter(|entry| entry.tag == SUB_DIRECTORIES).flat_map(|entry| tiff.numbers(entry)).collect();
    let below = below.into_iter().take(MAX_DIRECTORIES).filter_map(|at| usize::try_from(at).ok());
    all.extend(below.map(|at| tiff.entries(at)));
    all
}

#[cfg(test)]
mod tests {
    use crate::extract::extract;
    use chartrier_schemas::Extraction;

    /// A raw photograph: light of a sensor, and a JPEG beside it.
    fn photograph(jpeg: &[u8]) -> Vec<u8> {
        let entries: [(u16, u32); 5] = [(256, 6_000), (257, 4_000), (262, 32_803), (513, 8), (514, jpeg.len() as u32)];
        let mut bytes = [&b"II*\0"[..], &(8 + jpeg.len() as u32).to_le_bytes(), jpeg, &[5, 0]].concat();
        for (tag, value) in entries {
            bytes.extend([&tag.to_le_bytes()[..], &[4, 0, 1, 0, 0, 0], &value.to_le_bytes()].concat());
        }
        bytes.extend([0; 4]);
        bytes
    }

    #[test]
    fn the_cameras_own_picture_stands_for_a_raw_one() {
        let mut jpeg = std::io::Cursor::new(Vec::new());
        image::RgbImage::from_pixel(600, 400, image::Rgb([200, 30, 30])).write_to(&mut jpeg, image::ImageFormat::Jpeg).unwrap();
        let extraction = extract(&photograph(jpeg.get_ref()), "x.nef");
        let thumbnail = extraction.thumbnail.clone().unwrap();
        assert_eq!((thumbnail.width, thumbnail.height), (512, 341));
        assert_eq!(extraction.fields[..2], [("width".to_owned(), "6000".to_owned()), ("height".to_owned(), "4000".to_owned())]);
        // The name says more than these few bytes do.
        let others = |extraction: &Extraction| -> Vec<u16> {
            extraction.findings.iter().map(|finding| finding.number).filter(|number| *number != 15).collect()
        };
        assert!(others(&extraction).is_empty());
        assert_eq!(others(&extract(&photograph(b"none"), "x.nef")), [8]);
    }
}
