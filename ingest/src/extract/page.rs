//! One page of a document as a picture: for eyes, as large as they ask, with its words and where they stand; for text
//! recognition, grey and as sharp as that needs.

use super::{image, pdf, tiff::Tiff};
use crate::{
    findings,
    identify::{Reader, known},
    limits::{MAX_PAGE_IMAGE, MAX_PAGE_SIDE, MAX_SCAN_SIDE},
    thumbnail::encode,
};
use ::image::{DynamicImage, GrayImage, RgbImage, imageops, imageops::FilterType};
use chartrier_schemas::{Finding, PageRow};
use std::borrow::Cow;

/// How sharp a page is drawn that text is recognised on: pixels a point, at 300 dots an inch.
const SCAN_SCALE: f32 = 300.0 / 72.0;

/// A picture whose longer side has fewer pixels is enlarged for recognition: A4 at 120 dots an inch. On less, letters are
/// too small to be told apart.
const SMALL_SCAN: u32 = 1_400;

/// A page as JPEG.
pub(crate) struct Page {
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) jpeg: Vec<u8>,
    /// Its words, where it says what they are.
    pub(crate) rows: Vec<PageRow>,
}

/// A page, counted from 1, at most `side` pixels long.
pub(crate) fn page(bytes: &[u8], name: &str, number: u32, side: u32) -> Result<Page, Finding> {
    let side = side.clamp(1, MAX_PAGE_SIDE);
    let drawn = match known(bytes, name).reader {
        Reader::Pdf => pdf::written_page(bytes, number, &|longest| side as f32 / longest).map_err(findings::no_page_image)?,
        Reader::Image => of_image(bytes, number, side)?.map(|picture| (picture, Vec::new())),
        _ => return Err(findings::unknown_format()),
    };
    let (picture, rows) = drawn.ok_or_else(|| findings::no_such_page(number))?;
    let jpeg = encode(&picture, MAX_PAGE_IMAGE).map_err(findings::no_page_image)?;
    Ok(Page { width: picture.width(), height: picture.height(), jpeg, rows })
}

/// A page, counted from 1, as recognition wants it.
pub(crate) fn scan(bytes: &[u8], name: &str, number: u32) -> Result<GrayImage, Finding> {
    let side = MAX_SCAN_SIDE as f32;
    let picture = match known(bytes, name).reader {
        Reader::Pdf => pdf::page(bytes, number, &|longest| SCAN_SCALE.min(side / longest)).map_err(findings::no_page_image)?,
        Reader::Image => of_image(bytes, number, MAX_SCAN_SIDE)?,
        _ => return Err(findings::unknown_format()),
    };
    let grey = DynamicImage::from(picture.ok_or_else(|| findings::no_such_page(number))?).into_luma8();
    let (width, height) = grey.dimensions();
    if width.max(height) >= SMALL_SCAN {
        return Ok(grey);
    }
    Ok(imageops::resize(&grey, width * 2, height * 2, FilterType::CatmullRom))
}

/// A page of a picture: only TIFF has more than one.
fn of_image(bytes: &[u8], number: u32, side: u32) -> Result<Option<RgbImage>, Finding> {
    let Some(page) = picture_at(bytes, number) else { return Ok(None) };
    image::small(&page, side).map(|(picture, _)| Some(picture)).map_err(findings::no_page_image)
}

fn picture_at(bytes: &[u8], number: u32) -> Option<Cow<'_, [u8]>> {
    let at = (number as usize).checked_sub(1)?;
    match Tiff::new(bytes) {
        Some(tiff) => tiff.pages().get(at).map(|directory| tiff.beginning_at(*directory)),
        None => (at == 0).then_some(Cow::Borrowed(bytes)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::{MAX_PAGE_ROWS, MAX_PAGE_WORDS};

    #[test]
    fn every_page_of_a_document_is_a_picture() {
        let bytes = pdf::tests::document(&["Le jardin", "The second page"]);
        let first = page(&bytes, "x.pdf", 1, 1_000).unwrap();
        assert_eq!((first.width, first.height), (706, 1_000));
        let second = page(&bytes, "x.pdf", 2, 1_000).unwrap();
        assert_ne!(first.jpeg, second.jpeg);
        assert_eq!(page(&bytes, "x.pdf", 2, 1_000_000).unwrap().height, MAX_PAGE_SIDE);
        for number in [0, 3, u32::MAX] {
            assert_eq!(page(&bytes, "x.pdf", number, 1_000).map(|_| ()).unwrap_err().number, 20);
        }
        assert_eq!(scan(&bytes, "x.pdf", 1).unwrap().dimensions(), (2479, 3508));
    }

    #[test]
    fn words_stand_where_they_are_drawn() {
        let bytes = pdf::tests::document(&["", "Le jardin d'été"]);
        assert!(page(&bytes, "x.pdf", 1, 1_000).unwrap().rows.is_empty());
        let rows = page(&bytes, "x.pdf", 2, 1_000).unwrap().rows;
        assert_eq!((rows.len(), rows[0].turn), (1, 0));
        let words: Vec<&str> = rows[0].words.iter().map(|word| word.text.as_str()).collect();
        assert_eq!(words, ["Le", "jardin", "d'été"]);
        // 72 points from the left, 142 from above, in 24 points; the letters of Helvetica are so wide.
        let widths = [0.556 + 0.556, 0.222 + 0.556 + 0.333 + 0.556 + 0.222 + 0.556, 0.556 + 0.191 + 0.556 + 0.278 + 0.556];
        let mut from = 72.0;
        for (word, width) in rows[0].words.iter().zip(widths) {
            let to = from + width * 24.0;
            let expected = [from / 595.0, (142.0 - 0.8 * 24.0) / 842.0, to / 595.0, (142.0 + 0.2 * 24.0) / 842.0];
            for (at, expected) in [word.left, word.top, word.right, word.bottom].into_iter().zip(expected) {
                assert!((f64::from(at) / 10_000.0 - expected).abs() < 0.002, "{word:?}: {expected}");
            }
            from = to + 0.278 * 24.0;
        }
    }

    #[test]
    fn a_page_of_words_without_end_is_bounded() {
        // Letters of half a point, 1,300 words a line.
        let line = format!(") Tj /F1 0.5 Tf ({}", format!("{}) Tj 0 -1 Td (", "x ".repeat(1_300)).repeat(30));
        let rows = page(&pdf::tests::document(&[&line]), "x.pdf", 1, 100).unwrap().rows;
        assert_eq!(rows.iter().map(|row| row.words.len()).sum::<usize>(), MAX_PAGE_WORDS);
        assert!(serde_json::to_vec(&rows).unwrap().len() < MAX_PAGE_ROWS);
        // What stands beside the page shows nothing.
        let rows = page(&pdf::tests::document(&[&"x ".repeat(MAX_PAGE_WORDS)]), "x.pdf", 1, 100).unwrap().rows;
        assert!((20..40).contains(&rows[0].words.len()), "{}", rows[0].words.len());
    }

    #[test]
    fn pages_of_a_scan_are_told_apart_and_never_grow() {
        let bytes = super::super::tiff::tests::document(&[(64, 32, 0), (32, 64, 255)]);
        for (number, size, shade) in [(1, (64, 32), 0), (2, (32, 64), 255)] {
            let page = page(&bytes, "x.tif", number, 1_000).unwrap();
            let shown = ::image::load_from_memory(&page.jpeg).unwrap().to_luma8();
            assert_eq!((shown.dimensions(), shown.get_pixel(9, 9).0), (size, [shade]));
        }
        assert_eq!(page(&bytes, "x.tif", 3, 1_000).map(|_| ()).unwrap_err().number, 20);
        assert_eq!(page(b"bonjour", "x.txt", 1, 1_000).map(|_| ()).unwrap_err().number, 1);
    }
}
