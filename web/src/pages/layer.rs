//! The words of a page over its picture: transparent, to be chosen, copied and heard, and what was looked for marked where it
//! stands. Places are attributes of an SVG: no style is written in line.

use super::plain;
use crate::{limits::MARKS, words::Say};
use chartrier_engine::{index::marks, query::Node};
use chartrier_schemas::{PAGE_UNITS, PageRow, PageWord};
use maud::{Markup, html};
use std::ops::Range;

/// How much of the height of a box stands above the line that letters stand on.
const ABOVE: f64 = 0.8;

/// The words of a page as one text, and where each of them stands in it.
struct Text<'a> {
    text: String,
    words: Vec<(Range<usize>, u8, &'a PageWord)>,
}

/// A rectangle in the measure of the page: left, top, width, height.
type Area = (f64, f64, f64, f64);

/// What was looked for on a page: of each place, the areas that it fills. Words that the end of a row cuts have two.
pub(crate) fn found(rows: &[PageRow], language: Option<&str>, root: &Node) -> Vec<Vec<Area>> {
    let Text { text, words } = read(rows);
    let places = marks(&text, language, root, MARKS);
    let areas = |(first, end): (usize, usize)| {
        let from = words.partition_point(|(range, ..)| range.end <= first);
        words[from..]
            .iter()
            .take_while(|(range, ..)| range.start < end)
            .map(|(range, turn, word)| area(word, *turn, range, first, end))
            .collect()
    };
    places.into_iter().map(areas).collect()
}

/// Writes the words one after the other; what a hyphen cuts at the end of a row is whole.
fn read(rows: &[PageRow]) -> Text<'_> {
    let mut read = Text { text: String::new(), words: Vec::new() };
    for row in rows {
        let goes_on = row.words.first().is_some_and(|word| word.text.starts_with(char::is_lowercase));
        let cut = read.text.strip_suffix('-').is_some_and(|before| before.ends_with(char::is_lowercase));
        if goes_on && cut {
            read.text.pop();
            if let Some((range, ..)) = read.words.last_mut() {
                range.end = read.text.len();
            }
        } else if !read.text.is_empty() {
            read.text.push('\n');
        }
        for (at, word) in row.words.iter().enumerate() {
            if at > 0 {
                read.text.push(' ');
            }
            let start = read.text.len();
            read.text.push_str(&word.text);
            read.words.push((start..read.text.len(), row.turn, word));
        }
    }
    read
}

/// The part of a word's box that some of its letters fill; all of it, where they are written from right to left.
fn area(word: &PageWord, turn: u8, range: &Range<usize>, first: usize, end: usize) -> Area {
    let (left, top) = (f64::from(word.left), f64::from(word.top));
    let (width, height) = (f64::from(word.right) - left, f64::from(word.bottom) - top);
    if word.text.chars().any(is_rtl) {
        return (left, top, width, height);
    }
    let before = |at: usize| {
        word.text.get(..at.saturating_sub(range.start)).map_or(word.text.chars().count(), |part| part.chars().count())
    };
    let all = word.text.chars().count().max(1) as f64;
    let (from, to) = (before(first.max(range.start)) as f64 / all, before(end.min(range.end)) as f64 / all);
    match turn {
        0 => (left + width * from, top, width * (to - from), height),
        1 => (left, top + height * from, width, height * (to - from)),
        2 => (left + width * (1.0 - to), top, width * (to - from), height),
        _ => (left, top + height * (1.0 - to), width, height * (to - from)),
    }
}

fn is_rtl(c: char) -> bool {
    matches!(c, '\u{590}'..='\u{8ff}' | '\u{fb1d}'..='\u{fdff}' | '\u{fe70}'..='\u{feff}')
}

/// The layer over a picture.
pub(crate) fn show(say: Say, rows: &[PageRow], found: &[Vec<Area>], language: Option<&str>) -> Markup {
    let last = found.len().saturating_sub(1);
    html! {
        svg .layer viewBox=(format!("0 0 {PAGE_UNITS} {PAGE_UNITS}")) preserveAspectRatio="none" role="group"
            aria-label=(say.t("page-words")) lang=[language] {
            @for (number, areas) in found.iter().enumerate() {
                g .hit id=[name_of(number, last)] {
                    @for (x, y, width, height) in areas { rect x=(round(*x)) y=(round(*y)) width=(round(*width)) height=(round(*height)) {} }
                }
            }
            @for row in rows { (self::row(row)) }
        }
    }
}

/// What an address calls the first and the last place of a page.
fn name_of(number: usize, last: usize) -> Option<&'static str> {
    match number {
        0 => Some("first-hit"),
        _ if number == last => Some("last-hit"),
        _ => None,
    }
}

fn row(row: &PageRow) -> Markup {
    // Where a word begins, along and across the direction of its row, and how long and high it is.
    let placed = |word: &PageWord| {
        let [left, top, right, bottom] = [word.left, word.top, word.right, word.bottom].map(f64::from);
        let (width, height) = (right - left, bottom - top);
        match row.turn {
            0 => (left, top + ABOVE * height, width, height),
            1 => (right - ABOVE * width, top, height, width),
            2 => (right, bottom - ABOVE * height, width, height),
            _ => (left + ABOVE * width, bottom, height, width),
        }
    };
    let Some((x, y, _, size)) = row.words.first().map(placed) else { return html! {} };
    let turned = (row.turn > 0).then(|| format!("rotate({} {} {})", u32::from(row.turn) * 90, round(x), round(y)));
    html! {
        text x=(round(x)) y=(round(y)) font-size=(round(size)) transform=[turned] {
            @for (at, word) in row.words.iter().enumerate() {
                @let (from, across, length, _) = placed(word);
                @let along = match row.turn { 0 => from, 1 => x + across - y, 2 => x + x - from, _ => x + y - across };
                @if at > 0 { " " }
                tspan x=(round(along)) textLength=(round(length)) lengthAdjust="spacingAndGlyphs" { (plain(&word.text)) }
            }
        }
    }
}

fn round(number: f64) -> i64 {
    number.round() as i64
}

#[cfg(test)]
mod tests {
    use super::*;
    use chartrier_engine::query::parse;

    fn word(text: &str, left: u16, top: u16, right: u16, bottom: u16) -> PageWord {
        PageWord { text: text.to_owned(), left, top, right, bottom }
    }

    fn page() -> Vec<PageRow> {
        vec![
            PageRow {
                turn: 0,
                words: vec![word("L’État,", 1_000, 1_000, 1_700, 1_200), word("les déco-", 2_000, 1_000, 2_900, 1_200)],
            },
            PageRow {
                turn: 0,
                words: vec![word("rations", 1_000, 1_300, 1_700, 1_500), word("NOTE", 2_000, 1_300, 2_400, 1_500)],
            },
            PageRow { turn: 1, words: vec![word("verbale", 5_000, 2_000, 5_200, 2_700)] },
            PageRow { turn: 3, words: vec![word("rosiers", 6_000, 2_000, 6_200, 2_700)] },
            PageRow { turn: 0, words: vec![word("שלום עולם", 1_000, 4_000, 2_000, 4_200)] },
        ]
    }

    fn areas(query: &str) -> Vec<Vec<Area>> {
        found(&page(), Some("fr"), &parse(query).root)
    }

    #[test]
    fn stems_accents_and_phrases_are_found_where_they_stand() {
        assert_eq!(areas("etat"), [[(1_200.0, 1_000.0, 400.0, 200.0)]], "without the elision and the comma");
        assert_eq!(areas("décoration"), [[(2_400.0, 1_000.0, 400.0, 200.0), (1_000.0, 1_300.0, 700.0, 200.0)]], "cut by a line");
        assert_eq!(areas("\"note verbale\""), [[(2_000.0, 1_300.0, 400.0, 200.0), (5_000.0, 2_000.0, 200.0, 700.0)]]);
        assert_eq!(areas("ros*"), [[(6_000.0, 2_000.0, 200.0, 700.0)]]);
        assert_eq!(areas("עולם"), [[(1_000.0, 4_000.0, 1_000.0, 200.0)]]);
        assert!(areas("mercure -note type:pdf").is_empty() && areas("").is_empty());
    }

    #[test]
    fn the_layer_says_the_words_and_holds_no_style() {
        let layer =
            show(Say(chartrier_schemas::text::Language::French), &page(), &areas("note OR etat"), Some("fr")).into_string();
        assert!(
            layer.contains("<g class=\"hit\" id=\"first-hit\">") && layer.contains("<g class=\"hit\" id=\"last-hit\">"),
            "{layer}"
        );
        assert!(layer.contains("rotate(90 5040 2000)") && layer.contains("rotate(270 6160 2700)"), "{layer}");
        assert!(!layer.contains("style") && layer.contains(">L’État,</tspan> <tspan"), "{layer}");
        let hostile = [PageRow { turn: 0, words: vec![word("</svg><script>", 0, 0, 9, 9)] }];
        assert!(!show(Say(chartrier_schemas::text::Language::English), &hostile, &[], None).into_string().contains("<script"));
    }
}
