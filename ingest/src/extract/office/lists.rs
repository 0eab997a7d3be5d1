//! The numbers of lists and headings, which Word counts and does not write (ECMA-376-1, 17.9).

use super::super::xml::{Attributes, Piece, walk};
use std::collections::{BTreeMap, BTreeSet};

/// Levels of a list.
const LEVELS: usize = 9;

/// Styles that one style may be based on, one on the other.
const BASES: usize = 16;

/// The lists of a document, and how far each has counted.
#[derive(Default)]
pub(super) struct Lists {
    /// What the levels of each definition look like.
    definitions: BTreeMap<String, BTreeMap<usize, Level>>,
    /// Each list: its definition, and where its levels begin anew.
    lists: BTreeMap<String, (String, BTreeMap<usize, u32>)>,
    styles: BTreeMap<String, Style>,
    /// For each definition, the last number of each level.
    counted: BTreeMap<String, [Option<u32>; LEVELS]>,
    /// Lists that have begun anew.
    begun: BTreeSet<String>,
    paragraph: Style,
    style: Option<String>,
}

#[derive(Clone, Debug, Default)]
struct Level {
    start: u32,
    format: String,
    text: String,
    style: Option<String>,
}

/// What a paragraph, or its style, says of lists.
#[derive(Clone, Debug, Default)]
struct Style {
    list: Option<String>,
    level: Option<usize>,
    base: Option<String>,
}

impl Lists {
    /// Takes the lists of `word/numbering.xml`.
    pub(super) fn define(&mut self, source: &str) {
        let (mut definition, mut list, mut level) = (None, None, 0);
        walk(source, &mut |piece| {
            let (Piece::Start(name, said) | Piece::Empty(name, said)) = piece else { return };
            match name {
                "abstractNum" => (definition, list) = (said.get("abstractNumId"), None),
                "num" => (list, definition) = (said.get("numId"), None),
                "abstractNumId" => {
                    let of = value(&said);
                    list.iter().for_each(|list: &String| drop(self.lists.insert(list.clone(), (of.clone(), BTreeMap::new()))));
                }
                "lvl" | "lvlOverride" => level = said.get("ilvl").and_then(|level| level.parse().ok()).unwrap_or(0),
                "startOverride" => {
                    if let Some((_, anew)) = list.as_ref().and_then(|list| self.lists.get_mut(list)) {
                        anew.insert(level, value(&said).parse().unwrap_or(1));
                    }
                }
                "start" | "numFmt" | "lvlText" | "pStyle" if level < LEVELS => {
                    let Some(definition) = &definition else { return };
                    let level = self.definitions.entry(definition.clone()).or_default().entry(level).or_default();
                    match name {
                        "start" => level.start = value(&said).parse().unwrap_or(1),
                        "numFmt" => level.format = value(&said),
                        "lvlText" => level.text = value(&said),
                        _ => level.style = Some(value(&said)),
                    }
                }
                _ => {}
            }
        });
    }

    /// Takes what `word/styles.xml` says of lists.
    pub(super) fn style(&mut self, source: &str) {
        let mut style = None;
        walk(source, &mut |piece| match piece {
            Piece::Start("style", said) | Piece::Empty("style", said) => style = said.get("styleId"),
            Piece::End("style") => style = None,
            Piece::Start(name, said) | Piece::Empty(name, said) => {
                let Some(style) = &style else { return };
                let known = self.styles.entry(style.clone()).or_default();
                match name {
                    "numId" => known.list = Some(value(&said)),
                    "ilvl" => known.level = value(&said).parse().ok(),
                    "basedOn" => known.base = Some(value(&said)),
                    _ => {}
                }
            }
            _ => {}
        });
    }

    /// Hears what a paragraph says of itself.
    pub(super) fn told(&mut self, name: &str, value: &str) {
        match name {
            "numId" => self.paragraph.list = Some(value.to_owned()),
            "ilvl" => self.paragraph.level = value.parse().ok(),
            _ => self.style = Some(value.to_owned()),
        }
    }

    /// Writes the number of the paragraph that begins.
    pub(super) fn label(&mut self, text: &mut String) {
        let (said, style) = (std::mem::take(&mut self.paragraph), self.style.take());
        let inherited = style.as_deref().map(|style| self.inherited(style)).unwrap_or_default();
        let Some(list) = said.list.or(inherited.list) else { return };
        let Some((definition, anew)) = self.lists.get(&list) else { return };
        let Some(levels) = self.definitions.get(definition) else { return };
        let of_style = || levels.iter().find(|(_, level)| level.style.is_some() && level.style == style).map(|(level, _)| *level);
        let at = said.level.or_else(of_style).or(inherited.level).unwrap_or(0);
        let Some(level) = levels.get(&at) else { return };
        let counted = self.counted.entry(definition.clone()).or_default();
        if !anew.is_empty() && self.begun.insert(list) {
            anew.iter().filter(|(level, _)| **level < LEVELS).for_each(|(level, start)| counted[*level] = start.checked_sub(1));
        }
        counted[at] = Some(counted[at].map_or(level.start, |last| last.saturating_add(1)));
        counted[at + 1..].fill(None);
        if level.format == "bullet" || level.format == "none" {
            return;
        }
        let mut label = level.text.clone();
        for (number, count) in counted.iter().enumerate() {
            let key = format!("%{}", number + 1);
            if label.contains(&key) {
                let of = levels.get(&number).cloned().unwrap_or_default();
                label = label.replace(&key, &written(count.unwrap_or(of.start), &of.format));
            }
        }
        if !label.trim().is_empty() {
            text.extend([label.trim(), "\t"]);
        }
    }

    fn inherited(&self, style: &str) -> Style {
        let mut found = Style::default();
        let mut next = Some(style);
        for _ in 0..BASES {
            let Some(known) = next.and_then(|style| self.styles.get(style)) else { break };
            found.list = found.list.or_else(|| known.list.clone());
            found.level = found.level.or(known.level);
            next = known.base.as_deref();
        }
        found
    }
}

fn value(said: &Attributes<'_>) -> String {
    said.get("val").unwrap_or_default()
}

/// A number as a list writes it.
pub(super) fn written(number: u32, format: &str) -> String {
    match format {
        "lowerLetter" | "a" => letters(number, b'a'),
        "upperLetter" | "A" => letters(number, b'A'),
        "lowerRoman" | "i" => roman(number).to_lowercase(),
        "upperRoman" | "I" => roman(number),
        "decimalZero" => format!("{number:02}"),
        _ => number.to_string(),
    }
}

/// a to z, then aa to zz.
fn letters(number: u32, first: u8) -> String {
    let Some(place) = number.checked_sub(1) else { return String::new() };
    let letter = char::from(first + u8::try_from(place % 26).unwrap_or(0));
    std::iter::repeat_n(letter, (place as usize / 26 + 1).min(8)).collect()
}

fn roman(number: u32) -> String {
    const SIGNS: [(u32, &str); 13] = [
        (1000, "M"),
        (900, "CM"),
        (500, "D"),
        (400, "CD"),
        (100, "C"),
        (90, "XC"),
        (50, "L"),
        (40, "XL"),
        (10, "X"),
        (9, "IX"),
        (5, "V"),
        (4, "IV"),
        (1, "I"),
    ];
    if number > 4_000 {
        return number.to_string();
    }
    let mut rest = number;
    let mut written = String::new();
    for (value, sign) in SIGNS {
        while rest >= value {
            written.push_str(sign);
            rest -= value;
        }
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_lists_do() {
        for (number, format, expected) in [
            (3, "decimal", "3"),
            (28, "lowerLetter", "bb"),
            (0, "upperLetter", ""),
            (1994, "upperRoman", "MCMXCIV"),
            (4, "lowerRoman", "iv"),
            (7, "decimalZero", "07"),
            (4_000_000, "upperRoman", "4000000"),
        ] {
            assert_eq!(written(number, format), expected);
        }
    }

    #[test]
    fn lists_count_by_level_style_and_override() {
        let mut lists = Lists::default();
        lists.define(
            "<w:numbering><w:abstractNum w:abstractNumId='7'><w:lvl w:ilvl='0'><w:start w:val='1'/><w:numFmt w:val='upperRoman'/><w:pStyle w:val='Titre'/><w:lvlText w:val='%1.'/></w:lvl>\
             <w:lvl w:ilvl='1'><w:start w:val='1'/><w:numFmt w:val='decimal'/><w:lvlText w:val='%1-%2)'/></w:lvl></w:abstractNum>\
             <w:num w:numId='2'><w:abstractNumId w:val='7'/></w:num><w:num w:numId='3'><w:abstractNumId w:val='7'/><w:lvlOverride w:ilvl='0'><w:startOverride w:val='1'/></w:lvlOverride></w:num></w:numbering>",
        );
        lists.style("<w:styles><w:style w:styleId='Titre'><w:pPr><w:numPr><w:numId w:val='2'/></w:numPr></w:pPr></w:style><w:style w:styleId='T2'><w:basedOn w:val='Titre'/></w:style></w:styles>");
        let mut label = |said: &[(&str, &str)]| {
            said.iter().for_each(|(name, value)| lists.told(name, value));
            let mut text = String::new();
            lists.label(&mut text);
            text
        };
        assert_eq!(label(&[("numId", "2"), ("ilvl", "0")]), "I.\t");
        assert_eq!(label(&[("numId", "2"), ("ilvl", "1")]), "I-1)\t");
        assert_eq!(label(&[("pStyle", "Titre")]), "II.\t");
        assert_eq!(label(&[("pStyle", "T2"), ("ilvl", "1")]), "II-1)\t");
        assert_eq!(label(&[("numId", "3")]), "I.\t");
        assert_eq!((label(&[("numId", "9")]), label(&[])), (String::new(), String::new()));
    }
}
