//! The order in which the lines of a page are read. Most pages are drawn in it; those that are not are cut along their
//! white space, into columns and then rows.

use super::words::{along, turned};
use crate::limits::MAX_PAGE_WORDS;
use kurbo::{Point, Vec2};
use unicode_bidi::{BidiClass, BidiInfo, Level, bidi_class};
use unicode_normalization::char::compose;

/// Lines of a page beyond which its order is that of its drawing.
const MAX_LINES: usize = 20_000;

/// The share of lines that are drawn above the one before, beyond which the drawing says nothing of the order: 1 of so
/// many. Some are footers, columns, pictures.
const JUMBLED: usize = 5;
const FEW_JUMPS: usize = 6;

/// White space between columns, in sizes of the letters.
const GUTTER: f64 = 1.2;

/// Cuts within cuts.
const DEPTH: u32 = 64;

/// A piece of a line: words that were drawn one after another.
#[derive(Clone, Debug)]
pub(super) struct Line {
    text: String,
    /// Where it is written to.
    pub(super) direction: Vec2,
    /// It holds letters that are written from right to left.
    pub(super) is_rtl: bool,
    /// Where it begins and ends, in its own direction; its height in that of the lines; the size of its letters.
    from: f64,
    to: f64,
    height: f64,
    size: f64,
    /// Of each glyph: where it stands, and where its letters begin.
    glyphs: Vec<(f64, f64, u32)>,
    /// Its words and where they stand, where that was asked for.
    pub(super) words: Vec<Stretch>,
}

/// A word of a line: where it begins and ends, in the direction of the line.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Stretch {
    pub(super) text: String,
    pub(super) from: f64,
    pub(super) to: f64,
}

impl Stretch {
    fn reach(&mut self, from: f64, to: f64) {
        (self.from, self.to) = (self.from.min(from).min(to), self.to.max(from).max(to));
    }
}

impl Default for Line {
    fn default() -> Self {
        let direction = Vec2::new(1.0, 0.0);
        Self {
            text: String::new(),
            direction,
            is_rtl: false,
            from: 0.0,
            to: 0.0,
            height: 0.0,
            size: 0.0,
            glyphs: Vec::new(),
            words: Vec::new(),
        }
    }
}

impl Line {
    pub(super) fn is_empty(&self) -> bool {
        self.glyphs.is_empty()
    }

    /// Adds a glyph.
    pub(super) fn add(&mut self, start: Point, end: Point, size: f64, direction: Vec2, letters: &str) {
        if self.glyphs.is_empty() {
            self.direction = direction;
            (self.from, self.to) = (f64::INFINITY, f64::NEG_INFINITY);
            self.height = along(start.to_vec2(), turned(direction));
            self.size = size;
        }
        let (from, to) = (along(start.to_vec2(), self.direction), along(end.to_vec2(), self.direction));
        (self.from, self.to) = (self.from.min(from).min(to), self.to.max(from).max(to));
        self.size = self.size.max(size);
        if self.accents(from, to, letters) {
            return;
        }
        self.glyphs.push((from, to, u32::try_from(self.text.len()).unwrap_or(u32::MAX)));
        // Letters from Hebrew on: those before are written from left to right.
        self.is_rtl |= letters.chars().any(|c| c >= '\u{590}' && is_rtl(c));
        if letters.starts_with(' ') && self.text.ends_with([' ']) {
            self.text.push_str(letters.trim_start_matches(' '));
        } else {
            self.text.push_str(letters);
        }
    }

    /// Puts an accent that was drawn by itself on the letter that it stands over, whichever was drawn first: old fonts
    /// of TeX have no other letters with accents.
    fn accents(&mut self, from: f64, to: f64, letters: &str) -> bool {
        let Some((last_from, last_to, at)) = self.glyphs.last().copied() else { return false };
        let one = |letters: &str| {
            let mut all = letters.chars();
            all.next().filter(|_| all.next().is_none())
        };
        let (Some(last), Some(now)) = (self.text.get(at as usize..).and_then(one), one(letters)) else { return false };
        let over = |(from, to): (f64, f64), (left, right): (f64, f64)| (left..=right).contains(&f64::midpoint(from, to));
        let whole = match (mark(last), mark(now)) {
            (Some(mark), None) if over((last_from, last_to), (from, to)) => compose(dotless(now), mark),
            (None, Some(mark)) if over((from, to), (last_from, last_to)) => compose(dotless(last), mark),
            _ => None,
        };
        let Some(whole) = whole else { return false };
        self.text.truncate(at as usize);
        self.text.push(whole);
        if let Some(glyph) = self.glyphs.last_mut() {
            (glyph.0, glyph.1) = (last_from.min(from), last_to.max(to));
        }
        true
    }

    /// A gap that is a space.
    pub(super) fn space(&mut self, at: Point) {
        if !self.text.is_empty() && !self.text.ends_with(' ') {
            let at = along(at.to_vec2(), self.direction);
            self.glyphs.push((at, at, u32::try_from(self.text.len()).unwrap_or(u32::MAX)));
            self.text.push(' ');
        }
    }

    /// Whether a glyph stands right before the line, as it does where one writes from right to left.
    pub(super) fn joins_before(&self, start: Point, end: Point, size: f64) -> bool {
        let (from, to) = (along(start.to_vec2(), self.direction), along(end.to_vec2(), self.direction));
        let gap = self.from - from.max(to);
        (-0.5 * size..2.5 * size).contains(&gap)
    }

    /// The line as it is read: letters that are written from right to left come as they are spoken. Where the places of
    /// words are asked for, it remembers them.
    pub(super) fn finished(mut self, places: bool) -> Self {
        if places && !self.is_rtl {
            self.words = self.stretches();
        }
        if self.is_rtl {
            self.text = self.spoken();
            if places {
                self.words.push(Stretch { text: self.text.trim().to_owned(), from: self.from, to: self.to });
            }
        }
        self.glyphs = Vec::new();
        self
    }

    /// Its words, each from its first letter to its last. A glyph without letters belongs to what the one before it means.
    fn stretches(&self) -> Vec<Stretch> {
        let ends = self.glyphs.iter().skip(1).map(|glyph| glyph.2 as usize).chain([self.text.len()]);
        let (mut words, mut open) = (Vec::<Stretch>::new(), false);
        for ((from, to, start), end) in self.glyphs.iter().copied().zip(ends) {
            if words.len() > MAX_PAGE_WORDS {
                break;
            }
            let letters = self.text.get(start as usize..end).unwrap_or_default();
            if let Some(word) = words.last_mut().filter(|_| open && letters.is_empty()) {
                word.reach(from, to);
            }
            let step = (to - from) / letters.chars().count().max(1) as f64;
            for (at, letter) in letters.chars().enumerate() {
                let from = from + step * at as f64;
                match words.last_mut().filter(|_| open) {
                    _ if letter.is_whitespace() => open = false,
                    Some(word) => {
                        word.text.push(letter);
                        word.reach(from, from + step);
                    }
                    None => {
                        let (from, to) = (from.min(from + step), from.max(from + step));
                        words.push(Stretch { text: letter.to_string(), from, to });
                        open = true;
                    }
                }
            }
        }
        words
    }

    /// Whether another line goes on where this one ends: words that were drawn apart, at the same height.
    pub(super) fn goes_on_in(&self, next: &Self) -> bool {
        along(self.direction, next.direction) > 0.95 && (self.height - next.height).abs() < 0.3 * self.size
    }

    /// The corners of a stretch of it.
    pub(super) fn corners(&self, from: f64, to: f64) -> [Point; 4] {
        let at = |along: f64, height: f64| (self.direction * along + turned(self.direction) * height).to_point();
        [at(from, self.top()), at(to, self.top()), at(to, self.bottom()), at(from, self.bottom())]
    }

    pub(super) fn is_blank(&self) -> bool {
        self.text.trim().is_empty()
    }

    fn spoken(&self) -> String {
        let ends = self.glyphs.iter().skip(1).map(|glyph| glyph.2 as usize).chain([self.text.len()]);
        let mut glyphs: Vec<(f64, f64, &str)> = self
            .glyphs
            .iter()
            .zip(ends)
            .filter_map(|((from, to, start), end)| Some((from.min(*to), from.max(*to), self.text.get(*start as usize..end)?)))
            .filter(|(_, _, letters)| !letters.trim().is_empty())
            .collect();
        glyphs.sort_by(|one, other| one.0.total_cmp(&other.0));
        let mut seen = String::with_capacity(self.text.len());
        let mut last = None;
        for (from, to, letters) in glyphs {
            if last.is_some_and(|last| from - last > 0.12 * self.size) {
                seen.push(' ');
            }
            // Within a glyph, letters come as they are spoken already.
            if letters.chars().nth(1).is_some() && letters.chars().any(is_rtl) {
                seen.extend(letters.chars().rev());
            } else {
                seen.push_str(letters);
            }
            last = Some(to);
        }
        // What is seen is turned as what is spoken would be to be seen.
        let rtl = seen.chars().filter(|c| is_rtl(*c)).count() * 2 >= seen.chars().filter(|c| c.is_alphabetic()).count();
        let level = if rtl { Level::rtl() } else { Level::ltr() };
        let turned = BidiInfo::new(&seen, Some(level));
        turned.paragraphs.iter().map(|paragraph| turned.reorder_line(paragraph, paragraph.range.clone()).into_owned()).collect()
    }

    fn is_upright(&self) -> bool {
        self.direction.x > 0.95
    }

    fn top(&self) -> f64 {
        self.height - 0.8 * self.size
    }

    fn bottom(&self) -> f64 {
        self.height + 0.2 * self.size
    }
}

/// The mark that an accent is where it stands over a letter.
fn mark(accent: char) -> Option<char> {
    Some(match accent {
        '`' | '\u{2cb}' => '\u{300}',
        '\u{b4}' | '\u{2ca}' => '\u{301}',
        '^' | '\u{2c6}' => '\u{302}',
        '~' | '\u{2dc}' => '\u{303}',
        '\u{af}' | '\u{2c9}' => '\u{304}',
        '\u{2d8}' => '\u{306}',
        '\u{2d9}' => '\u{307}',
        '\u{a8}' => '\u{308}',
        '\u{2da}' => '\u{30a}',
        '\u{2dd}' => '\u{30b}',
        '\u{2c7}' => '\u{30c}',
        '\u{b8}' => '\u{327}',
        '\u{2db}' => '\u{328}',
        _ => return None,
    })
}

/// The letter under an accent.
fn dotless(letter: char) -> char {
    match letter {
        '\u{131}' => 'i',
        '\u{237}' => 'j',
        letter => letter,
    }
}

fn is_rtl(c: char) -> bool {
    matches!(bidi_class(c), BidiClass::R | BidiClass::AL)
}

/// Writes the lines of a page in their order.
pub(super) fn in_order(lines: &mut [Line], text: &mut String) {
    let upright = lines.iter().filter(|line| line.is_upright()).count();
    if upright == lines.len() && is_jumbled(lines) {
        cut(lines, 0);
    }
    let mut last: Option<&Line> = None;
    for line in lines.iter().filter(|line| !line.is_blank()) {
        if let Some(last) = last {
            if last.goes_on_in(line) {
                text.push(' ');
            } else {
                text.truncate(text.trim_end_matches(' ').len());
                text.push('\n');
            }
        }
        text.push_str(line.text.trim_matches(' '));
        last = Some(line);
    }
}

/// Whether lines are drawn in no order that one could read in.
fn is_jumbled(lines: &[Line]) -> bool {
    let jumps = lines.windows(2).filter(|pair| pair[1].bottom() < pair[0].top()).count();
    lines.len() <= MAX_LINES && jumps > FEW_JUMPS.max(lines.len() / JUMBLED)
}

/// Cuts lines along the widest white space, and each side anew; what cannot be cut is a row.
fn cut(lines: &mut [Line], depth: u32) {
    if lines.len() < 2 || depth > DEPTH {
        return rows(lines);
    }
    let size = lines.iter().map(|line| line.size).fold(0.0, f64::max);
    if let Some(at) = gap(lines, GUTTER * size, |line| (line.from, line.to)) {
        let (left, right) = lines.split_at_mut(at);
        if left.len() > 1 && right.len() > 1 {
            cut(left, depth + 1);
            return cut(right, depth + 1);
        }
    }
    match gap(lines, 0.0, |line| (line.top(), line.bottom())) {
        Some(at) => {
            let (above, below) = lines.split_at_mut(at);
            cut(above, depth + 1);
            cut(below, depth + 1);
        }
        None => rows(lines),
    }
}

/// Sorts lines along one way; answers behind how many of them the widest white space lies, if it is wide enough.
fn gap(lines: &mut [Line], least: f64, way: impl Fn(&Line) -> (f64, f64)) -> Option<usize> {
    lines.sort_by(|one, other| way(one).0.total_cmp(&way(other).0));
    let (mut end, mut widest) = (f64::NEG_INFINITY, (least, None));
    for (at, line) in lines.iter().enumerate() {
        let (from, to) = way(line);
        if at > 0 && from - end > widest.0 {
            widest = (from - end, Some(at));
        }
        end = end.max(to);
    }
    widest.1
}

fn rows(lines: &mut [Line]) {
    lines.sort_by(|one, other| one.height.total_cmp(&other.height).then(one.from.total_cmp(&other.from)));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(words: &str, x: f64, y: f64) -> Line {
        let mut line = Line::default();
        for (at, c) in (0u32..).zip(words.chars()) {
            let start = Point::new(x + f64::from(at) * 5.0, y);
            line.add(start, start + Vec2::new(5.0, 0.0), 10.0, Vec2::new(1.0, 0.0), c.encode_utf8(&mut [0; 4]));
        }
        line.finished(false)
    }

    fn read(mut lines: Vec<Line>) -> String {
        let mut text = String::new();
        in_order(&mut lines, &mut text);
        text
    }

    #[test]
    fn what_is_drawn_in_order_stays_in_it() {
        assert_eq!(read(vec![line("un", 0.0, 10.0), line("deux", 0.0, 30.0), line("trois", 90.0, 30.0)]), "un\ndeux trois");
    }

    #[test]
    fn a_jumbled_page_is_cut_into_columns() {
        let mut lines = vec![line("titre", 0.0, 0.0)];
        for row in (0..10).rev() {
            lines.push(line(&format!("d{row}"), 200.0, 20.0 + f64::from(row) * 12.0));
            lines.push(line(&format!("g{row}"), 0.0, 20.0 + f64::from(row) * 12.0));
        }
        let text = read(lines);
        assert!(text.starts_with("titre\ng0\ng1") && text.ends_with("d8\nd9"), "{text}");
    }

    #[test]
    fn what_is_written_from_right_to_left_is_read_as_it_is_spoken() {
        // As it is seen: the first letter of each word is the rightmost one.
        assert_eq!(line("12 םולש", 0.0, 0.0).text, "שלום 12");
        assert_eq!(line("abc", 0.0, 0.0).text, "abc");
    }
}
