//! The words of pages, from the glyphs as they are drawn: lines in any direction, of either direction of writing, in
//! the order in which they are read.

use super::{
    meaning::Meanings,
    order::{Line, in_order},
    placed::placed,
};
use crate::limits::{MAX_PAGE_WORDS, MAX_PAGES, MAX_TEXT};
use chartrier_schemas::PageRow;
use hayro::{
    hayro_interpret::{
        BlendMode, ClipPath, Context, Device, DrawMode, DrawProps, Image, ImageDrawProps, InterpreterCache, InterpreterSettings,
        SoftMask,
        font::{Glyph, GlyphRun},
        hayro_cmap::{BfString, WritingMode},
        interpret_page,
        util::TransformExt as _,
    },
    hayro_syntax::{
        Pdf,
        object::{Dict, String as PdfString},
        page::Page,
    },
};
use kurbo::{Affine, BezPath, Point, Rect, Vec2};
use std::{
    collections::HashMap,
    hash::{BuildHasherDefault, DefaultHasher, Hash as _, Hasher as _},
    mem::take,
};

/// A gap between glyphs that is a space, in sizes of the letters.
const WORD_GAP: f64 = 0.12;

/// A step back, and a step ahead, that is another column or cell, in sizes of the letters.
const STEP_BACK: f64 = 1.5;
const STEP_AHEAD: f64 = 2.5;

/// A change of height that is another line, in sizes of the letters.
const LINE_GAP: f64 = 0.5;

/// A page with fewer letters and digits than this, most of it covered by a picture, is a scan: a stamp, a page number
/// or the line of a fax machine is no text layer.
const FEW_LETTERS: usize = 60;

/// How much of a scan its picture covers at least; and of a page on which no letter has a meaning.
const COVERED: f64 = 0.5;
const SHOWN: f64 = 0.01;

/// From so many shapes on, a page without a letter may be one whose letters were drawn as shapes.
const SHAPES: usize = 40;

/// How far apart the same words are drawn to look bold or to throw a shadow, in sizes of the letters.
const SHADOW: f64 = 0.15;

/// Places that are remembered of the same words on a page.
const PLACES: usize = 4;

/// Writes the words of all pages down.
pub(super) fn write(pdf: &Pdf, writer: &mut Writer) {
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
        write_page(pdf, page, &cache, writer);
        let letters = writer.text[start..].chars().filter(|c| c.is_alphanumeric()).take(FEW_LETTERS).count();
        writer.pages.push(Written { start, is_scan: writer.is_scan(letters) });
    }
}

/// The words of one page, row by row, with their places.
pub(super) fn rows<'a>(pdf: &'a Pdf, page: &Page<'a>) -> Vec<PageRow> {
    let mut writer = Writer { places: true, ..Writer::default() };
    write_page(pdf, page, &InterpreterCache::new(), &mut writer);
    writer.rows
}

fn write_page<'a>(pdf: &'a Pdf, page: &Page<'a>, cache: &InterpreterCache<'a>, writer: &mut Writer) {
    let (width, height) = page.render_dimensions();
    let area = Rect::new(0.0, 0.0, width.into(), height.into());
    (writer.area, writer.covered, writer.shapes) = (area, 0.0, 0);
    let mut context =
        Context::new(page.initial_transform(true).to_kurbo(), area, cache, pdf.xref(), InterpreterSettings::default());
    interpret_page(page, &mut context, writer);
    writer.end_page();
}

/// One page as it was written down.
pub(super) struct Written {
    /// Where its text begins.
    pub(super) start: usize,
    pub(super) is_scan: bool,
}

/// Where the last glyph ended, and how large it was.
#[derive(Clone, Copy, Debug)]
struct End {
    at: Point,
    size: f64,
}

/// Words of a sequence of marked content that says what it means.
struct Meant {
    words: Option<String>,
}

/// A device that writes down what is drawn on it.
#[derive(Default)]
pub(super) struct Writer {
    pub(super) text: String,
    /// There was more than is read.
    pub(super) is_cut: bool,
    /// Characters whose meaning is known, and those of which it is not.
    pub(super) known: usize,
    pub(super) unknown: usize,
    meanings: Meanings,
    pub(super) pages: Vec<Written>,
    /// Whether the places of words are asked for, how many were taken, and those of the last page.
    places: bool,
    placed: usize,
    rows: Vec<PageRow>,
    /// The page, and how much of it pictures cover.
    area: Rect,
    covered: f64,
    /// Shapes on the page, and glyphs that are no more than that.
    shapes: usize,
    /// The finished lines of the page, and the one that is open.
    lines: Vec<Line>,
    line: Line,
    last: Option<End>,
    /// Where the latest of the same words were drawn on the page.
    drawn: HashMap<u64, Vec<Point>, BuildHasherDefault<DefaultHasher>>,
    meant: Vec<Option<Meant>>,
    /// The glyphs of a run: where each begins and ends, its size, and where its words end.
    run: Vec<(Point, Point, f64, usize)>,
    words: String,
}

impl Writer {
    /// Whether a page with so many letters and digits shows more than it says.
    fn is_scan(&self, letters: usize) -> bool {
        let covered = self.covered / self.area.area().max(1.0);
        (letters < FEW_LETTERS && covered > COVERED) || (letters == 0 && (covered > SHOWN || self.shapes > SHAPES))
    }

    fn end_page(&mut self) {
        self.end_line();
        self.last = None;
        self.drawn.clear();
        self.meant.clear();
        in_order(&mut self.lines, &mut self.text);
        if self.places {
            self.rows = placed(&self.lines, self.area);
        }
        self.lines.clear();
    }

    fn end_line(&mut self) {
        if !self.line.is_empty() {
            let line = take(&mut self.line).finished(self.places && self.placed < MAX_PAGE_WORDS);
            self.placed += line.words.len();
            self.lines.push(line);
        }
    }

    /// Takes the glyphs of a run: what they mean, and where they are.
    fn take_run(&mut self, run: &GlyphRun<'_, '_>, transform: Affine) {
        self.run.clear();
        self.words.clear();
        for glyph in run.glyphs() {
            let place = transform * glyph.transform();
            let [_, _, skew, height, _, _] = place.as_coeffs();
            let size = (skew.hypot(height) * 1000.0).max(0.01);
            // A size that no page could hold says nothing of where words end.
            let size = if size > 2000.0 { 12.0 } else { size };
            let advance = match &**glyph {
                Glyph::Outline(outline) => outline.advance_width().map_or(500.0, f64::from),
                Glyph::Type3(drawn) => drawn.advance_width().map_or(0.0, f64::from),
            };
            let (start, end) = match run.writing_mode() {
                WritingMode::Horizontal => (Point::ZERO, Point::new(advance, 0.0)),
                WritingMode::Vertical => (Point::new(advance / 2.0, 880.0), Point::new(advance / 2.0, -120.0)),
            };
            self.mean(glyph);
            self.run.push((place * start, place * end, size, self.words.len()));
        }
    }

    fn mean(&mut self, glyph: &Glyph<'_>) {
        let before = self.words.len();
        match glyph.as_unicode().or_else(|| self.meanings.of(glyph)) {
            Some(BfString::Char(c)) => self.words.extend(readable(c)),
            Some(BfString::String(letters)) => self.words.extend(letters.chars().filter_map(readable)),
            None => {}
        }
        if self.words.len() > before {
            self.known += 1;
        } else {
            self.unknown += 1;
            self.shapes += 1;
        }
    }

    /// Whether the same words were drawn here already: to look bold, as a shadow, or filled and stroked in two steps.
    fn is_drawn_again(&mut self) -> bool {
        let Some((start, _, size, _)) = self.run.first().copied() else { return true };
        if self.words.trim().is_empty() {
            return false;
        }
        let mut hasher = DefaultHasher::new();
        (&self.words, (size * 4.0) as i64).hash(&mut hasher);
        let places = self.drawn.entry(hasher.finish()).or_default();
        let near = |place: &Point| (place.x - start.x).abs().max((place.y - start.y).abs()) < SHADOW * size;
        if places.iter().any(near) {
            return true;
        }
        if places.len() >= PLACES {
            places.remove(0);
        }
        places.push(start);
        false
    }

    /// Writes the run into the line that is open, or begins another one.
    fn place_run(&mut self) {
        let (run, words) = (take(&mut self.run), take(&mut self.words));
        let mut from = 0;
        for (start, end, size, to) in &run {
            self.place(*start, *end, *size, &words[from..*to]);
            from = *to;
        }
        (self.run, self.words) = (run, words);
    }

    fn place(&mut self, start: Point, end: Point, size: f64, letters: &str) {
        let direction = match (end - start).hypot() {
            length if length > 1e-6 => (end - start) / length,
            _ => self.line.direction,
        };
        if let Some(last) = self.last {
            let away = start - last.at;
            let (ahead, aside) = (along(away, self.line.direction), along(away, turned(self.line.direction)).abs());
            let larger = size.max(last.size);
            if aside > LINE_GAP * larger || along(direction, self.line.direction) < 0.95 {
                self.end_line();
            } else if self.line.is_rtl && self.line.joins_before(start, end, size) {
                // Written from right to left: what follows stands before.
            } else if !(-STEP_BACK * last.size..=STEP_AHEAD * last.size).contains(&ahead) {
                self.end_line();
            } else if ahead > WORD_GAP * last.size.min(size * 1.5) {
                self.line.space(last.at);
            }
        }
        self.line.add(start, end, size, direction, letters);
        self.last = Some(End { at: end, size });
    }
}

/// What a character reads as; nothing, where it has no meaning outside its font.
fn readable(c: char) -> Option<char> {
    match c {
        '\t' | '\n' | '\r' => Some(' '),
        // Figures and small capitals of Adobe's fonts in the private area.
        '\u{f730}'..='\u{f739}' => char::from_u32(u32::from(c) - 0xf700),
        '\u{f761}'..='\u{f77a}' => char::from_u32(u32::from(c) - 0xf700),
        '\u{e000}'..='\u{f8ff}' | '\u{fffd}' | '\u{feff}' => None,
        c if c.is_control() => None,
        c => Some(c),
    }
}

pub(super) fn along(way: Vec2, direction: Vec2) -> f64 {
    way.dot(direction)
}

/// A quarter turn.
pub(super) fn turned(direction: Vec2) -> Vec2 {
    Vec2::new(-direction.y, direction.x)
}

impl Device<'_> for Writer {
    fn draw_path(&mut self, _: &BezPath, _: DrawProps<'_>, _: &DrawMode) {
        self.shapes += 1;
    }

    fn draw_rect(&mut self, _: &Rect, _: DrawProps<'_>, _: &DrawMode) {}
    fn push_clip_path(&mut self, _: &ClipPath) {}
    fn push_clip_rect(&mut self, _: &Rect) {}
    fn push_transparency_group(&mut self, _: f32, _: Option<SoftMask<'_>>, _: BlendMode) {}
    fn pop_clip(&mut self) {}
    fn pop_transparency_group(&mut self) {}

    fn draw_image(&mut self, image: Image<'_, '_>, props: ImageDrawProps<'_>) {
        let pixels = Rect::new(0.0, 0.0, image.width().into(), image.height().into());
        let shown = props.transform.transform_rect_bbox(pixels).intersect(self.area).area();
        self.covered += if shown.is_finite() { shown } else { 0.0 };
    }

    fn draw_glyph_run(&mut self, run: &GlyphRun<'_, '_>, props: DrawProps<'_>, _: &DrawMode) {
        if self.text.len() > MAX_TEXT || self.lines.len() > MAX_TEXT / 16 {
            return;
        }
        self.take_run(run, props.transform);
        if self.is_drawn_again() {
            return;
        }
        if let Some(meant) = self.meant.iter_mut().flatten().next() {
            // The words that are meant stand where the first of these glyphs stands.
            let said = meant.words.take().unwrap_or_default();
            self.words = said;
            self.run.iter_mut().for_each(|glyph| glyph.3 = self.words.len());
        }
        self.place_run();
    }

    fn begin_marked_content(&mut self, _: &[u8], properties: Option<&Dict<'_>>) {
        let words = properties.and_then(|said| said.get::<PdfString<'_>>("ActualText"));
        let words = words.map(|words| super::strings::text(words.as_bytes()));
        // Deeper than any sane page, only the depth counts.
        self.meant.push(words.filter(|_| self.meant.len() < 1_000).map(|words| Meant { words: Some(words) }));
    }

    fn end_marked_content(&mut self) {
        if let Some(Some(Meant { words: Some(words) })) = self.meant.pop()
            && self.meant.iter().flatten().next().is_none()
            && let Some(last) = self.last
        {
            // Drawn without glyphs.
            let direction = self.line.direction;
            self.line.space(last.at);
            self.line.add(last.at, last.at, last.size, direction, &words);
        }
    }
}
