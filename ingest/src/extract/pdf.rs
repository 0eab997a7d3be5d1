//! PDF: words in reading order from the glyphs as they are drawn, the first page as a picture, title and
//! author from the document's information.

use super::{Layer, guarded};
use crate::{
    findings,
    limits::{MAX_PAGES, MAX_TEXT, THUMBNAIL_SIDE},
    thumbnail,
};
use chartrier_schemas::{Extraction, Thumbnail};
use hayro::{
    PixmapSettings, RenderCache, RenderSettings,
    hayro_interpret::{
        BlendMode, ClipPath, Context, Device, DrawMode, DrawProps, Image, ImageDrawProps, InterpreterCache, InterpreterSettings,
        SoftMask,
        font::{Glyph, GlyphRun},
        hayro_cmap::BfString,
        interpret_page,
        util::TransformExt as _,
    },
    hayro_syntax::{LoadPdfError, Pdf, page::Page},
    vello_cpu::color::palette::css::WHITE,
};
use image::RgbImage;
use kurbo::{Affine, BezPath, Point, Rect};

/// A gap between glyphs that is a space, in sizes of the letters.
const WORD_GAP: f64 = 0.18;

/// A step back that is another column or cell, in sizes of the letters.
const STEP_BACK: f64 = 1.5;

/// A change of height that is another line, in sizes of the letters.
const LINE_GAP: f64 = 0.5;

/// A page with fewer letters and digits than this, most of it covered by a picture, is a scan: a stamp, a page number
/// or the line of a fax machine is no text layer.
const FEW_LETTERS: usize = 60;

/// How much of a scan its picture covers at least.
const COVERED: f64 = 0.5;

/// Reads a document. Only the outermost one gets a thumbnail.
pub(super) fn read(bytes: &[u8], depth: usize, extraction: &mut Extraction) {
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
    if let Some(Extraction { title, authors, date, fields, .. }) = guarded(&mut extraction.findings, || information(bytes)) {
        (extraction.title, extraction.authors, extraction.date, extraction.fields) = (title, authors, date, fields);
    }
    if depth == 0
        && let Some(page) = pdf.pages().first()
        && let Some(drawn) = guarded(&mut extraction.findings, || picture(page))
    {
        match drawn {
            Ok(small) => extraction.thumbnail = Some(small),
            Err(why) => extraction.findings.push(findings::no_thumbnail(why)),
        }
    }
}

/// What the document says of itself.
fn information(bytes: &[u8]) -> Extraction {
    let Ok(known) = lopdf::Document::load_metadata_mem(bytes) else { return Extraction::default() };
    let said = |value: Option<String>| value.filter(|value| !value.trim().is_empty());
    let fields = [("subject", known.subject), ("keywords", known.keywords), ("application", known.creator.or(known.producer))];
    Extraction {
        title: said(known.title),
        authors: said(known.author).into_iter().collect(),
        date: known.modification_date.or(known.creation_date).and_then(|date| moment(&date)),
        fields: fields.into_iter().filter_map(|(name, value)| Some((name.to_owned(), said(value)?))).collect(),
        ..Extraction::default()
    }
}

/// A date of PDF (ISO 32000-1, 7.9.4): `D:YYYYMMDDHHmmSSOHH'mm'`, of which only the year must be there.
fn moment(text: &str) -> Option<String> {
    let text = text.trim().trim_start_matches("D:");
    let digits: String = text.chars().take_while(char::is_ascii_digit).take(14).collect();
    let field = |at: usize, default: &str| digits.get(at..at + 2).unwrap_or(default).to_owned();
    let year = digits.get(..4)?;
    let rest: String = text[digits.len()..].chars().filter(|c| c.is_ascii() && *c != '\'').collect();
    let offset = match (rest.get(..3), rest.get(3..5)) {
        (Some(hours), Some(minutes)) if hours.starts_with(['+', '-']) => format!("{hours}:{minutes}"),
        _ => "Z".to_owned(),
    };
    super::moment(&format!(
        "{year}-{}-{}T{}:{}:{}{offset}",
        field(4, "01"),
        field(6, "01"),
        field(8, "00"),
        field(10, "00"),
        field(12, "00")
    ))
}

/// Writes the words of all pages down.
fn write(pdf: &Pdf, writer: &mut Writer) {
    let cache = InterpreterCache::new();
    for (number, page) in pdf.pages().iter().enumerate() {
        if number >= MAX_PAGES || writer.text.len() > MAX_TEXT {
            writer.is_cut = true;
            return;
        }
        if number > 0 {
            writer.text.push('\u{c}');
        }
        let start = writer.text.len();
        (writer.last, writer.covered) = (None, 0.0);
        let (width, height) = page.render_dimensions();
        let area = Rect::new(0.0, 0.0, width.into(), height.into());
        writer.area = area;
        let mut context =
            Context::new(page.initial_transform(true).to_kurbo(), area, &cache, pdf.xref(), InterpreterSettings::default());
        interpret_page(page, &mut context, writer);
        let letters = writer.text[start..].chars().filter(|c| c.is_alphanumeric()).take(FEW_LETTERS).count();
        writer.pages.push(Written { start, is_scan: letters < FEW_LETTERS && writer.covered > COVERED * area.area() });
    }
}

/// What is written on each page.
pub(super) fn layers(bytes: &[u8]) -> Vec<Layer> {
    let Ok(pdf) = Pdf::new(bytes.to_vec()) else { return Vec::new() };
    let mut writer = Writer::default();
    guarded(&mut Vec::new(), || write(&pdf, &mut writer));
    let ends = writer.pages.iter().skip(1).map(|next| next.start - 1).chain([writer.text.len()]);
    let page = |(page, end): (&Written, usize)| Layer { text: joined(&writer.text[page.start..end]), waits: page.is_scan };
    writer.pages.iter().zip(ends).map(page).collect()
}

/// One page as it was written down.
struct Written {
    /// Where its text begins.
    start: usize,
    is_scan: bool,
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
    for (ligature, letters) in
        [("ﬀ", "ff"), ("ﬁ", "fi"), ("ﬂ", "fl"), ("ﬃ", "ffi"), ("ﬄ", "ffl"), ("ﬅ", "st"), ("ﬆ", "st"), ("\u{ad}", "")]
    {
        if whole.contains(ligature) {
            whole = whole.replace(ligature, letters);
        }
    }
    whole
}

/// Where the word ends that the last line cut in two, if it cut one.
fn cut_word(lines: &str) -> Option<usize> {
    let word = lines.strip_suffix('\n')?.trim_end_matches(' ').strip_suffix(HYPHENS)?;
    word.ends_with(char::is_lowercase).then_some(word.len())
}

/// Where the last glyph ended, and how large it was.
#[derive(Clone, Copy)]
struct End {
    at: Point,
    size: f64,
}

/// A device that writes down what is drawn on it.
#[derive(Default)]
struct Writer {
    text: String,
    last: Option<End>,
    /// The page, and how much of it pictures cover.
    area: Rect,
    covered: f64,
    pages: Vec<Written>,
    /// There was more than is read.
    is_cut: bool,
}

impl Writer {
    fn glyph(&mut self, glyph: &Glyph<'_>, place: Affine) {
        let advance = match glyph {
            Glyph::Outline(outline) => outline.advance_width().map_or(500.0, f64::from),
            Glyph::Type3(drawn) => drawn.advance_width().map_or(0.0, f64::from),
        };
        let [_, _, skew, height, _, _] = place.as_coeffs();
        let size = (skew.hypot(height) * 1000.0).max(0.01);
        // A size that no page could hold says nothing of where words end.
        let size = if size > 2000.0 { 12.0 } else { size };
        let start = place * Point::ZERO;
        if let Some(End { at, size }) = self.last {
            let (across, down) = (start.x - at.x, (start.y - at.y).abs());
            if down > LINE_GAP * size {
                self.text.push('\n');
            } else if (across > WORD_GAP * size || across < -STEP_BACK * size) && !self.text.ends_with([' ', '\n']) {
                self.text.push(' ');
            }
        }
        match glyph.as_unicode() {
            Some(BfString::Char(c)) => self.text.push(c),
            Some(BfString::String(letters)) => self.text.push_str(&letters),
            None => {}
        }
        self.last = Some(End { at: place * Point::new(advance, 0.0), size });
    }
}

impl Device<'_> for Writer {
    fn draw_path(&mut self, _: &BezPath, _: DrawProps<'_>, _: &DrawMode) {}
    fn push_clip_path(&mut self, _: &ClipPath) {}
    fn push_transparency_group(&mut self, _: f32, _: Option<SoftMask<'_>>, _: BlendMode) {}
    fn pop_clip(&mut self) {}
    fn pop_transparency_group(&mut self) {}

    fn draw_image(&mut self, image: Image<'_, '_>, props: ImageDrawProps<'_>) {
        let pixels = Rect::new(0.0, 0.0, image.width().into(), image.height().into());
        let shown = props.transform.transform_rect_bbox(pixels).intersect(self.area).area();
        self.covered += if shown.is_finite() { shown } else { 0.0 };
    }

    fn draw_glyph_run(&mut self, run: &GlyphRun<'_, '_>, props: DrawProps<'_>, _: &DrawMode) {
        if self.text.len() > MAX_TEXT {
            return;
        }
        for glyph in run.glyphs() {
            self.glyph(glyph, props.transform * glyph.transform());
        }
    }
}

/// One page as it is printed, counted from 1; none if there are fewer. `scale` tells from its longer side, in
/// points, how many pixels a point is.
pub(super) fn page(bytes: &[u8], number: u32, scale: &dyn Fn(f32) -> f32) -> Result<Option<RgbImage>, String> {
    let pdf = Pdf::new(bytes.to_vec()).map_err(|why| match why {
        LoadPdfError::Decryption(_) => "it is protected by a password".to_owned(),
        LoadPdfError::Invalid => "its structure is not that of a PDF".to_owned(),
    })?;
    let page = (number as usize).checked_sub(1).and_then(|number| pdf.pages().get(number));
    page.map(|page| draw(page, scale)).transpose()
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
    fn dates_of_any_length_are_read() {
        assert_eq!(moment("D:2020").as_deref(), Some("2020-01-01T00:00:00Z"));
        assert_eq!(moment("D:20200229120000-05'00'").as_deref(), Some("2020-02-29T17:00:00Z"));
        assert_eq!(moment("D:20201340"), None);
        assert_eq!(moment("hier"), None);
    }

    #[test]
    fn words_cut_by_a_line_are_joined() {
        assert_eq!(joined("une déco-\nration ﬂorale\nMont-\nBlanc"), "une décoration florale\nMont-\nBlanc");
        assert_eq!(joined("une déco\u{2010}\nra-  \ntion flo\u{ad} \nrale"), "une décoration florale");
        assert_eq!(joined("fin -\nsuite\u{ad}\n"), "fin -\nsuite\n");
    }

    #[test]
    fn a_date_that_is_none_costs_no_text() {
        assert_eq!(moment("D:20260714093000+0é0"), Some("2026-07-14T09:30:00Z".to_owned()));
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
