//! PowerPoint: slides in the order in which they are shown, each with its notes and comments, and behind them what
//! their masters show on every one.

use super::{
    super::xml::{Piece, walk},
    package::{Package, Relation},
    runs::Only,
    story::Story,
};
use std::collections::BTreeSet;

/// Reads a presentation; answers its text and how many slides there are.
pub(super) fn read(package: &mut Package<'_>, main: &str) -> (String, u32) {
    let mut story = Story::new(package);
    let relations = story.relations(main);
    let shown = order(&story.package.text(main).unwrap_or_default(), &relations);
    let shown = if shown.is_empty() { usual(story.package) } else { shown };
    let mut behind = BTreeSet::new();
    for slide in &shown {
        let relations = story.relations(slide);
        story.part(slide, Only::All);
        story.related(&relations, &["notesSlide", "comments", "comment"]);
        if !story.text.is_empty() {
            story.text.push('\u{c}');
        }
        behind.extend(relations.into_iter().filter(|relation| relation.kind == "slideLayout").map(|relation| relation.target));
    }
    let masters: Vec<Relation> = behind.iter().flat_map(|layout| story.relations(layout)).collect();
    behind.extend(masters.into_iter().filter(|relation| relation.kind == "slideMaster").map(|relation| relation.target));
    behind.iter().for_each(|master| story.part(master, Only::Fixed));
    (story.end(), u32::try_from(shown.len()).unwrap_or(0))
}

/// The slides as the presentation lists them.
fn order(source: &str, relations: &[Relation]) -> Vec<String> {
    let mut shown = Vec::new();
    walk(source, &mut |piece| {
        if let Piece::Start("sldId", said) | Piece::Empty("sldId", said) = piece {
            // Both `id` and `r:id`: the relation is the one that is known.
            let ids = said.get_all("id");
            let slide = relations.iter().find(|relation| relation.kind == "slide" && ids.contains(&relation.id));
            shown.extend(slide.map(|slide| slide.target.clone()));
        }
    });
    shown
}

/// Slides by their numbers, for a presentation that lists none.
fn usual(package: &Package<'_>) -> Vec<String> {
    let number = |name: &str| -> Option<u32> { name.strip_prefix("ppt/slides/slide")?.strip_suffix(".xml")?.parse().ok() };
    let mut slides: Vec<(u32, &String)> = package.names().iter().filter_map(|name| Some((number(name)?, name))).collect();
    slides.sort();
    slides.into_iter().map(|(_, name)| name.clone()).collect()
}

#[cfg(test)]
mod tests {
    use super::super::{super::extract, tests::container};

    #[test]
    fn slides_come_as_they_are_shown() {
        let slide =
            |words: &str| format!("<p:sld><p:sp><p:txBody><a:p><a:r><a:t>{words}</a:t></a:r></a:p></p:txBody></p:sp></p:sld>");
        let relations = |all: &[(&str, &str)]| {
            let one = |(at, (kind, target)): (usize, &(&str, &str))| {
                format!("<Relationship Id='rId{at}' Type='http://x/{kind}' Target='{target}'/>")
            };
            format!("<Relationships>{}</Relationships>", all.iter().enumerate().map(one).collect::<String>())
        };
        let bytes = container(&[
            (
                "ppt/presentation.xml",
                "<p:presentation><p:sldIdLst><p:sldId id='256' r:id='rId1'/><p:sldId id='257' r:id='rId0'/></p:sldIdLst></p:presentation>",
            ),
            ("ppt/_rels/presentation.xml.rels", &relations(&[("slide", "slides/slide1.xml"), ("slide", "slides/slide10.xml")])),
            ("ppt/slides/slide1.xml", &slide("Fin")),
            ("ppt/slides/slide10.xml", &slide("Début")),
            (
                "ppt/slides/_rels/slide10.xml.rels",
                &relations(&[
                    ("notesSlide", "../notesSlides/n.xml"),
                    ("slideLayout", "../slideLayouts/l.xml"),
                    ("comments", "../comments/c.xml"),
                ]),
            ),
            ("ppt/notesSlides/n.xml", &slide("À dire")),
            ("ppt/comments/c.xml", "<p:cmLst><p:cm><p:text>À revoir</p:text></p:cm></p:cmLst>"),
            (
                "ppt/slideLayouts/l.xml",
                "<p:sldLayout><p:sp><p:nvPr><p:ph type='title'/></p:nvPr><a:p><a:t>Cliquez pour modifier</a:t></a:p></p:sp><p:sp><a:p><a:t>Présidence</a:t></a:p></p:sp></p:sldLayout>",
            ),
        ]);
        let extraction = extract(&bytes, "x.pptx");
        assert_eq!(extraction.text, "Début\nÀ dire\nÀ revoir\n\u{c}Fin\n\u{c}Présidence\n");
        assert_eq!(extraction.pages, Some(2));
    }
}
