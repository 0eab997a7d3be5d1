//! PDF: words in reading order from the glyphs as they are drawn, and what lies besides the pages; the first page as
//! a picture; what the document says of itself.

mod about;
mod inside;
#[cfg(test)]
mod made;
mod meaning;
mod order;
mod placed;
mod strings;
mod words;

use super::{
    Layer, guarded,
    nest::{Inner, Nest, Trouble, Unpacked},
};
use crate::{
    findings,
    limits::{MAX_READ, MAX_TEXT, THUMBNAIL_SIDE},
    thumbnail,
};
use chartrier_schemas::{Extraction, PageRow, Thumbnail};
use flate2::read::ZlibDecoder;
use hayro::{
    PixmapSettings, RenderCache, RenderSettings,
    hayro_interpret::InterpreterSettings,
    hayro_syntax::{Filter, LoadPdfError, Pdf, page::Page},
    vello_cpu::color::palette::css::WHITE,
};
use image::RgbImage;
use std::collections::HashSet;
use words::{Writer, Written, write};

/// Of so many characters, one may have no known meaning: signs before the points of a list.
const KNOWN_PER_UNKNOWN: usize = 25;

/// How many times its size a file unpacks to at most.
const MAX_RATIO: u64 = 1032;

/// Reads a document. Only the outermost one gets a thumbnail.
pub(super) fn read(bytes: &[u8], nest: &mut Nest, extraction: &mut Extraction) {
    let pdf = match Pdf::new(bytes.to_vec()) {
        Ok(pdf) => pdf,
        Err(LoadPdfError::Decryption(_)) => {
            extraction.findings.push(findings::password());
            return;
        }
        Err(LoadPdfError::Invalid) => {
            extraction.findings.push(findings::damaged("its structure is not that of a PDF"));
            return;
        }
    };
    extraction.pages = u32::try_from(pdf.pages().len()).ok();
    let mut writer = Writer::default();
    // Each on its own: what one of them stumbles over costs the others nothing.
    guarded(&mut extraction.findings, || write(&pdf, &mut writer));
    extraction.text = joined(&writer.text);
    if writer.is_cut {
        extraction.findings.push(findings::text_cut());
    }
    if writer.pages.iter().any(|page| page.is_scan) {
        extraction.findings.push(findings::waits_for_recognition());
    }
    if writer.unknown > 0 && writer.unknown * KNOWN_PER_UNKNOWN > writer.known {
        extraction.findings.push(findings::no_meaning());
    }
    let said = guarded(&mut extraction.findings, || inside::said(&pdf)).unwrap_or_default();
    beside(&said, &mut extraction.text);
    let mut findings = Vec::new();
    guarded(&mut findings, || about::read(&pdf, bytes, &said, extraction));
    extraction.findings.append(&mut findings);
    if nest.depth() == 0
        && let Some(page) = pdf.pages().first()
        && let Some(drawn) = guarded(&mut extraction.findings, || picture(page))
    {
        match drawn {
            Ok(small) => extraction.thumbnail = Some(small),
            Err(why) => extraction.findings.push(findings::no_thumbnail(why)),
        }
    }
    let files = guarded(&mut extraction.findings, || inside::attached(&pdf)).unwrap_or_default();
    if !files.is_empty()
        && let Some(mut parts) = nest.parts(extraction)
    {
        for (number, file) in (1..).zip(&files) {
            parts.take(&format!("{number}"), &file.name, |room| unpacked(file, room));
        }
        parts.end();
    }
}

/// An attached file, by its number.
pub(super) fn part(bytes: &[u8], own: &str) -> Option<Inner> {
    let pdf = Pdf::new(bytes.to_vec()).ok()?;
    let at = own.parse::<usize>().ok()?.checked_sub(1)?;
    let file = inside::attached(&pdf).into_iter().nth(at)?;
    Some(Inner { unpacked: unpacked(&file, MAX_READ), name: file.name })
}

/// The bytes of an attached file, at most `room` of them.
fn unpacked(file: &inside::Attached<'_>, room: u64) -> Unpacked {
    let packed = file.stream.raw_data();
    match file.stream.filters().as_slice() {
        [] => Unpacked::of(&*packed, packed.len() as u64, room),
        [Filter::FlateDecode] => Unpacked::of(ZlibDecoder::new(&*packed), 0, room),
        // Nothing unpacks to more: these are not unpacked step by step.
        _ if packed.len() as u64 * MAX_RATIO > room => Trouble::Damaged("it is packed in an unusual way".to_owned()).into(),
        _ => match file.stream.decoded_data() {
            Ok(bytes) => bytes.into_owned().into(),
            Err(_) => Trouble::Damaged("its packing is damaged".to_owned()).into(),
        },
    }
}

/// Adds what is said besides the pages and not on them: one line for each.
fn beside(said: &inside::Said, text: &mut String) {
    if said.lines.is_empty() && said.addresses.is_empty() {
        return;
    }
    let words = |line: &str| -> Vec<String> {
        line.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_lowercase).collect()
    };
    let mut known: HashSet<String> = words(text).into_iter().collect();
    for line in said.lines.iter().chain(&said.addresses) {
        let fresh = words(line);
        if text.len() + line.len() <= MAX_TEXT && fresh.iter().any(|word| !known.contains(word)) {
            text.extend(["\n", line.trim()]);
            known.extend(fresh);
        }
    }
}

/// What is written on each page; what is said besides the pages stands behind the last one.
pub(super) fn layers(bytes: &[u8]) -> Vec<Layer> {
    let Ok(pdf) = Pdf::new(bytes.to_vec()) else { return Vec::new() };
    let mut writer = Writer::default();
    guarded(&mut Vec::new(), || write(&pdf, &mut writer));
    let said = guarded(&mut Vec::new(), || inside::said(&pdf)).unwrap_or_default();
    let mut whole = joined(&writer.text);
    let length = whole.len();
    beside(&said, &mut whole);
    let ends = writer.pages.iter().skip(1).map(|next| next.start - 1).chain([writer.text.len()]);
    let page = |(page, end): (&Written, usize)| Layer { text: joined(&writer.text[page.start..end]), waits: page.is_scan };
    let mut layers: Vec<Layer> = writer.pages.iter().zip(ends).map(page).collect();
    if let Some(last) = layers.last_mut() {
        last.text.push_str(&whole[length..]);
    }
    layers
}

/// What cuts a word at a line's end: a hyphen of any kind.
const HYPHENS: [char; 3] = ['-', '\u{2010}', '\u{ad}'];

/// Words that a line's end cut in two are whole again, and ligatures are letters.
pub(crate) fn joined(text: &str) -> String {
    let mut whole = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        if line.starts_with(char::is_lowercase)
            && let Some(beginning) = cut_word(&whole)
        {
            whole.truncate(beginning);
        }
        whole.push_str(line);
    }
    spelled(&mut whole);
    whole
}

/// Writes ligatures in letters, and leaves out where a word might be cut.
fn spelled(text: &mut String) {
    for (ligature, letters) in
        [("ﬀ", "ff"), ("ﬁ", "fi"), ("ﬂ", "fl"), ("ﬃ", "ffi"), ("ﬄ", "ffl"), ("ﬅ", "st"), ("ﬆ", "st"), ("\u{ad}", "")]
    {
        if text.contains(ligature) {
            *text = text.replace(ligature, letters);
        }
    }
}

/// Where the word ends that the last line cut in two, if it cut one.
fn cut_word(lines: &str) -> Option<usize> {
    let word = lines.strip_suffix('\n')?.trim_end_matches(' ').strip_suffix(HYPHENS)?;
    word.ends_with(char::is_lowercase).then_some(word.len())
}

/// One page as it is printed, counted from 1; none if there are fewer. `scale` tells from its longer side, in
/// points, how many pixels a point is.
pub(super) fn page(bytes: &[u8], number: u32, scale: &dyn Fn(f32) -> f32) -> Result<Option<RgbImage>, String> {
    on_page(bytes, number, |_, page| draw(page, scale))
}

/// The same with its words where they stand. Words that cannot be placed cost nobody the picture.
pub(super) fn written_page(
    bytes: &[u8],
    number: u32,
    scale: &dyn Fn(f32) -> f32,
) -> Result<Option<(RgbImage, Vec<PageRow>)>, String> {
    on_page(bytes, number, |pdf, page| {
        let picture = draw(page, scale)?;
        Ok((picture, guarded(&mut Vec::new(), || words::rows(pdf, page)).unwrap_or_default()))
    })
}

fn on_page<T>(
    bytes: &[u8],
    number: u32,
    work: impl for<'a> FnOnce(&'a Pdf, &Page<'a>) -> Result<T, String>,
) -> Result<Option<T>, String> {
    let pdf = Pdf::new(bytes.to_vec()).map_err(|why| match why {
        LoadPdfError::Decryption(_) => "it is protected by a password".to_owned(),
        LoadPdfError::Invalid => "its structure is not that of a PDF".to_owned(),
    })?;
    let page = (number as usize).checked_sub(1).and_then(|number| pdf.pages().get(number));
    page.map(|page| work(&pdf, page)).transpose()
}

fn picture(page: &Page<'_>) -> Result<Thumbnail, String> {
    thumbnail::thumbnail(&draw(page, &|longest| THUMBNAIL_SIDE as f32 / longest)?)
}

fn draw(page: &Page<'_>, scale: &dyn Fn(f32) -> f32) -> Result<RgbImage, String> {
    let (width, height) = page.render_dimensions();
    if !(width.is_finite() && height.is_finite() && width >= 1.0 && height >= 1.0) {
        return Err("its page has no size".to_owned());
    }
    // The renderer rounds down: a hair more, and the longer side is as long as it was asked to be.
    let scale = scale(width.max(height)) * 1.0001;
    if width.min(height) * scale < 1.0 {
        return Err("its page is a line".to_owned());
    }
    let settings = PixmapSettings { x_scale: scale, y_scale: scale, bg_color: WHITE };
    let pixels = hayro::render(page, &RenderCache::new(), &InterpreterSettings::default(), &RenderSettings::default(), &settings);
    let rgb = pixels.data_as_u8_slice().chunks_exact(4).flat_map(|pixel| [pixel[0], pixel[1], pixel[2]]).collect();
    RgbImage::from_raw(pixels.width().into(), pixels.height().into(), rgb).ok_or_else(|| "its picture is not whole".to_owned())
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use lopdf::{Document, Object, Stream, dictionary};

    /// A document with one line of text per page.
    pub(crate) fn document(pages: &[&str]) -> Vec<u8> {
        let mut document = Document::with_version("1.5");
        let tree = document.new_object_id();
        let font = document.add_object(
            dictionary! { "Type" => "Font", "Subtype" => "Type1", "BaseFont" => "Helvetica", "Encoding" => "WinAnsiEncoding" },
        );
        let resources = document.add_object(dictionary! { "Font" => dictionary! { "F1" => font } });
        let kids: Vec<Object> = pages
            .iter()
            .map(|line| {
                let shown: Vec<u8> = line.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect();
                let content = [&b"BT /F1 24 Tf 72 700 Td ("[..], &shown, b") Tj ET"].concat();
                let content = document.add_object(Stream::new(dictionary! {}, content));
                document.add_object(dictionary! { "Type" => "Page", "Parent" => tree, "Contents" => content }).into()
            })
            .collect();
        let count = i64::try_from(kids.len()).unwrap();
        let pages = dictionary! { "Type" => "Pages", "Kids" => kids, "Count" => count, "Resources" => resources, "MediaBox" => vec![0.into(), 0.into(), 595.into(), 842.into()] };
        document.objects.insert(tree, Object::Dictionary(pages));
        let catalog = document.add_object(dictionary! { "Type" => "Catalog", "Pages" => tree });
        let information = document.add_object(dictionary! { "Title" => Object::string_literal("Note verbale"), "Author" => Object::string_literal("Ada"), "ModDate" => Object::string_literal("D:20260714093000+02'00'") });
        document.trailer.set("Root", catalog);
        document.trailer.set("Info", information);
        let mut bytes = Vec::new();
        document.save_to(&mut bytes).unwrap();
        bytes
    }

    #[test]
    fn a_document_gives_words_pages_title_and_thumbnail() {
        let extraction = super::super::extract(&document(&["Le jardin d'été", "The second page"]), "x.pdf");
        assert_eq!(extraction.text, "Le jardin d'été\u{c}The second page");
        assert_eq!((extraction.pages, extraction.title.as_deref()), (Some(2), Some("Note verbale")));
        assert_eq!(extraction.date.as_deref(), Some("2026-07-14T07:30:00Z"));
        let thumbnail = extraction.thumbnail.unwrap();
        assert!(thumbnail.height == 512 && thumbnail.width < 400);
        assert!(extraction.findings.is_empty());
    }

    #[test]
    fn words_cut_by_a_line_are_joined() {
        assert_eq!(joined("une déco-\nration ﬂorale\nMont-\nBlanc"), "une décoration florale\nMont-\nBlanc");
        assert_eq!(joined("une déco\u{2010}\nra-  \ntion flo\u{ad} \nrale"), "une décoration florale");
        assert_eq!(joined("fin -\nsuite\u{ad}\n"), "fin -\nsuite\n");
    }

    #[test]
    fn a_date_that_is_none_costs_no_text() {
        let mut document = Document::load_mem(&document(&["Le jardin"])).unwrap();
        let said = Object::string_literal("D:20260714093000+0\u{e9}0".chars().map(|c| c as u8).collect::<Vec<u8>>());
        let information = document.add_object(dictionary! { "Title" => Object::string_literal("Note"), "ModDate" => said });
        document.trailer.set("Info", information);
        let mut bytes = Vec::new();
        document.save_to(&mut bytes).unwrap();
        let extraction = super::super::extract(&bytes, "x.pdf");
        assert_eq!((extraction.text.as_str(), extraction.title.as_deref()), ("Le jardin", Some("Note")));
    }

    #[test]
    fn what_panics_is_a_finding_and_costs_the_rest_nothing() {
        let mut findings = Vec::new();
        assert_eq!(guarded::<()>(&mut findings, || panic!("an enemy wrote this")), None);
        assert_eq!((guarded(&mut findings, || 7), findings[0].number), (Some(7), 3));
    }

    #[test]
    fn damage_is_a_finding_and_never_a_panic() {
        let sound = document(&["Le jardin"]);
        for cut in (0..sound.len()).step_by(7) {
            super::super::extract(&sound[..cut], "x.pdf");
        }
        for at in (0..sound.len()).step_by(3) {
            let mut torn = sound.clone();
            torn[at] ^= 0x55;
            super::super::extract(&torn, "x.pdf");
        }
        assert_eq!(super::super::extract(b"%PDF-1.4 rien", "x.pdf").findings[0].number, 3);
    }
}
