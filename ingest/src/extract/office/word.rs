//! Word: headers, the body, notes, comments, footers, in this order, with what is drawn on each.

use super::{
    package::{Package, Relation},
    runs::Only,
    story::Story,
};

/// Reads a document whose body is the part `main`.
pub(super) fn read(package: &mut Package<'_>, main: &str) -> String {
    let mut story = Story::new(package);
    let relations = story.relations(main);
    let relations = if relations.is_empty() { usual(story.package) } else { relations };
    for (kind, take) in [("numbering", super::lists::Lists::define as fn(&mut _, &str)), ("styles", super::lists::Lists::style)] {
        for relation in relations.iter().filter(|relation| relation.kind == kind) {
            let source = story.package.text(&relation.target).unwrap_or_default();
            take(&mut story.lists, &source);
        }
    }
    let (headers, footers) = (around(&mut story, &relations, "header"), around(&mut story, &relations, "footer"));
    story.text.push_str(&headers);
    story.part(main, Only::All);
    story.related(&relations, &["footnotes", "endnotes", "comments"]);
    story.text.push_str(&footers);
    story.end()
}

/// The headers or footers: what several of them say is said once.
fn around(story: &mut Story<'_, '_>, relations: &[Relation], kind: &str) -> String {
    let before = std::mem::take(&mut story.text);
    let mut said: Vec<String> = Vec::new();
    for relation in relations.iter().filter(|relation| relation.kind == kind) {
        story.part(&relation.target, Only::All);
        let text = std::mem::take(&mut story.text);
        if !said.contains(&text) && said.len() < 100 {
            said.push(text);
        }
    }
    story.text = before;
    said.concat()
}

/// Where the parts of a document usually lie, for one that does not say.
fn usual(package: &Package<'_>) -> Vec<Relation> {
    let kinds = ["header", "footnotes", "endnotes", "comments", "footer", "numbering", "styles"];
    let names = package.names().iter().filter_map(|name| {
        let part = name.strip_prefix("word/")?.strip_suffix(".xml")?;
        let kind = kinds.into_iter().find(|kind| part.trim_end_matches(|c: char| c.is_ascii_digit()) == *kind)?;
        Some(Relation { id: String::new(), kind: kind.to_owned(), target: name.clone(), is_outside: false })
    });
    names.collect()
}

#[cfg(test)]
mod tests {
    use super::super::tests::{container, text};

    #[test]
    fn a_document_is_read_in_the_order_of_its_pages() {
        let relation =
            |id: u32, kind: &str, target: &str| format!("<Relationship Id='r{id}' Type='http://x/{kind}' Target='{target}'/>");
        let relations = [
            relation(1, "footer", "pied.xml"),
            relation(2, "header", "tete1.xml"),
            relation(3, "header", "tete2.xml"),
            relation(4, "footnotes", "footnotes.xml"),
            relation(5, "chart", "charts/chart1.xml"),
            relation(6, "diagramData", "diagrams/data1.xml"),
            relation(7, "comments", "comments.xml"),
            "<Relationship Id='r8' Type='http://x/hyperlink' Target='https://example.org/plan' TargetMode='External'/>"
                .to_owned(),
        ];
        let paragraph = |words: &str| format!("<w:p><w:r><w:t>{words}</w:t></w:r></w:p>");
        let bytes = container(&[
            ("word/_rels/document.xml.rels", &format!("<Relationships>{}</Relationships>", relations.concat())),
            ("word/document.xml", &format!("<w:document><w:body>{}</w:body></w:document>", paragraph("Corps"))),
            ("word/pied.xml", &format!("<w:ftr>{}</w:ftr>", paragraph("Pied"))),
            ("word/tete1.xml", &format!("<w:hdr>{}</w:hdr>", paragraph("Tête"))),
            ("word/tete2.xml", &format!("<w:hdr>{}</w:hdr>", paragraph("Tête"))),
            ("word/footnotes.xml", &format!("<w:footnotes><w:footnote>{}</w:footnote></w:footnotes>", paragraph("Note"))),
            (
                "word/comments.xml",
                &format!("<w:comments><w:comment w:author='Ada'>{}</w:comment></w:comments>", paragraph("À revoir")),
            ),
            (
                "word/charts/chart1.xml",
                "<c:chart><c:title><c:tx><c:rich><a:p><a:r><a:t>Budget</a:t></a:r></a:p></c:rich></c:tx></c:title><c:ser><c:cat><c:strRef><c:f>A1</c:f><c:strCache><c:pt><c:v>Fleurs</c:v></c:pt></c:strCache></c:strRef></c:cat>\
                 <c:val><c:numRef><c:numCache><c:pt><c:v>12</c:v></c:pt></c:numCache></c:numRef></c:val></c:ser></c:chart>",
            ),
            (
                "word/diagrams/data1.xml",
                "<dgm:dataModel><dgm:pt><dgm:t><a:p><a:r><a:t>Étape</a:t></a:r></a:p></dgm:t></dgm:pt></dgm:dataModel>",
            ),
        ]);
        assert_eq!(text(&bytes), "Tête\nCorps\nBudget\nFleurs\nÉtape\nNote\nAda\nÀ revoir\nPied\nhttps://example.org/plan");
    }

    #[test]
    fn what_moved_is_read_once_and_what_is_counted_is_written() {
        let bytes = container(&[
            (
                "word/document.xml",
                "<w:document><w:p><w:pPr><w:numPr><w:ilvl w:val='0'/><w:numId w:val='1'/></w:numPr></w:pPr><w:r><w:t>Premier</w:t></w:r></w:p>\
                 <w:p><w:moveFrom><w:r><w:t>allé</w:t></w:r></w:moveFrom><w:moveTo><w:r><w:t>allé</w:t></w:r></w:moveTo><w:ruby><w:rt><w:r><w:t>kan</w:t></w:r></w:rt><w:rubyBase><w:r><w:t>漢</w:t></w:r></w:rubyBase></w:ruby></w:p>\
                 <w:p><w:r><w:drawing><wp:docPr id='1' name='Image 1' descr='Le perron'/></w:drawing><w:t>Vue</w:t></w:r></w:p></w:document>",
            ),
            (
                "word/numbering.xml",
                "<w:numbering><w:abstractNum w:abstractNumId='0'><w:lvl w:ilvl='0'><w:start w:val='5'/><w:numFmt w:val='decimal'/><w:lvlText w:val='%1)'/></w:lvl></w:abstractNum><w:num w:numId='1'><w:abstractNumId w:val='0'/></w:num></w:numbering>",
            ),
        ]);
        assert_eq!(text(&bytes), "5)\tPremier\nallé漢 (kan)\nVue\nLe perron");
    }
}
