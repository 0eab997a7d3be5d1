//! Where the words of a page stand: boxes in ten-thousandths of the page, row by row in the order in which they are read.

use super::{HYPHENS, order::Line, spelled};
use crate::limits::{MAX_PAGE_WORD, MAX_PAGE_WORDS};
use chartrier_schemas::{PAGE_UNITS, PageRow, PageWord};
use kurbo::{Point, Rect, Vec2};
use std::f64::consts::FRAC_PI_2;

/// The words of lines that are in their order. What lies outside of the page shows nothing, and is left out.
pub(super) fn placed(lines: &[Line], area: Rect) -> Vec<PageRow> {
    let (mut rows, mut last, mut left) = (Vec::<PageRow>::new(), None::<&Line>, MAX_PAGE_WORDS);
    for line in lines.iter().filter(|line| !line.is_blank()) {
        let boxed = line.words.iter().filter_map(|word| {
            let [left, top, right, bottom] = boxed(line.corners(word.from, word.to), area)?;
            Some(PageWord { text: written(&word.text)?, left, top, right, bottom })
        });
        let words: Vec<PageWord> = boxed.take(left).collect();
        left -= words.len();
        match rows.last_mut().filter(|_| last.is_some_and(|last| last.goes_on_in(line))) {
            Some(row) => row.words.extend(words),
            None => rows.push(PageRow { turn: quarters(line.direction), words }),
        }
        last = Some(line);
    }
    rows.retain(|row| !row.words.is_empty());
    rows
}

/// A word in letters, with a plain hyphen where the end of a line cuts it.
fn written(word: &str) -> Option<String> {
    let mut text = match word.strip_suffix(HYPHENS) {
        Some(cut) if !cut.is_empty() => format!("{cut}-"),
        _ => word.to_owned(),
    };
    spelled(&mut text);
    text.retain(|c| !c.is_control());
    text.truncate(text.floor_char_boundary(MAX_PAGE_WORD));
    Some(text).filter(|text| !text.trim().is_empty())
}

/// The box around some corners, within the page.
fn boxed(corners: [Point; 4], area: Rect) -> Option<[u16; 4]> {
    let around = corners.iter().skip(1).fold(Rect::from_points(corners[0], corners[0]), |all, corner| all.union_pt(*corner));
    let shows = around.x0 < area.x1 && around.x1 > area.x0 && around.y0 < area.y1 && around.y1 > area.y0;
    // Comparing passes over numbers that are none: they are asked for by themselves.
    if !shows || !corners.iter().all(|corner| corner.is_finite()) {
        return None;
    }
    let seen = around.intersect(area);
    let units = f64::from(PAGE_UNITS);
    // Nothing is wider than the page; and nothing that shows is without width.
    let span = |from: f64, to: f64, whole: f64| {
        let [from, to] = [from, to].map(|at| (at / whole * units).round().clamp(0.0, units) as u16);
        (from.min(PAGE_UNITS - 1), to.max(from.min(PAGE_UNITS - 1) + 1))
    };
    let (left, right) = span(seen.x0, seen.x1, area.width());
    let (top, bottom) = span(seen.y0, seen.y1, area.height());
    Some([left, top, right, bottom])
}

/// By how many quarters of a circle a direction is turned.
fn quarters(direction: Vec2) -> u8 {
    (direction.atan2() / FRAC_PI_2).round().rem_euclid(4.0) as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directions_are_quarters_of_a_circle() {
        for (x, y, expected) in [(1.0, 0.0, 0), (0.0, 1.0, 1), (-1.0, 0.0, 2), (0.0, -1.0, 3), (0.9, 0.1, 0), (-1.0, -0.1, 2)] {
            assert_eq!(quarters(Vec2::new(x, y)), expected);
        }
    }

    #[test]
    fn boxes_end_where_the_page_does() {
        let area = Rect::new(0.0, 0.0, 100.0, 200.0);
        let corners = |x0, y0, x1, y1| [Point::new(x0, y0), Point::new(x1, y0), Point::new(x1, y1), Point::new(x0, y1)];
        assert_eq!(boxed(corners(10.0, 20.0, 20.0, 30.0), area), Some([1_000, 1_000, 2_000, 1_500]));
        assert_eq!(boxed(corners(-10.0, -1.0, 200.0, 1.0), area), Some([0, 0, 10_000, 50]));
        assert_eq!(boxed(corners(99.999, 10.0, 100.0, 20.0), area), Some([9_999, 500, 10_000, 1_000]));
        for (x0, y0, x1, y1) in [(200.0, 10.0, 300.0, 20.0), (f64::NAN, 0.0, 1.0, 1.0), (0.0, 0.0, f64::INFINITY, 1.0)] {
            assert_eq!(boxed(corners(x0, y0, x1, y1), area), None);
        }
    }

    #[test]
    fn words_are_written_in_letters() {
        assert_eq!(written("of\u{fb01}ce").as_deref(), Some("office"));
        assert_eq!(written("déco\u{ad}").as_deref(), Some("déco-"));
        assert_eq!((written("\u{ad}"), written(" \u{7}")), (None, None));
        assert_eq!(written(&"é".repeat(MAX_PAGE_WORD)).map(|word| word.len()), Some(MAX_PAGE_WORD));
    }
}
