//! XPS (ECMA-388): pages in their order, and on each the words of its glyphs as they are drawn.

use super::{
    super::xml::{Piece, walk},
    package::Package,
    runs::newline,
};
use crate::limits::{MAX_PAGES, MAX_TEXT};

/// Reads a document whose sequence of documents is the part `main`; answers its text and how many pages there are.
pub(super) fn read(package: &mut Package<'_>, main: &str) -> (String, u32) {
    let mut text = String::new();
    let mut pages = Vec::new();
    for document in listed(package, main, "DocumentReference") {
        pages.extend(listed(package, &document, "PageContent"));
    }
    for (number, page) in pages.iter().take(MAX_PAGES).enumerate() {
        if text.len() > MAX_TEXT {
            break;
        }
        if number > 0 {
            text.push('\u{c}');
        }
        let source = package.text(page).unwrap_or_default();
        words(&source, &mut text);
    }
    (text, u32::try_from(pages.len()).unwrap_or(u32::MAX))
}

/// The parts that one part lists.
fn listed(package: &mut Package<'_>, part: &str, element: &str) -> Vec<String> {
    let (folder, _) = part.rsplit_once('/').unwrap_or_default();
    let source = package.text(part).unwrap_or_default();
    let mut parts = Vec::new();
    walk(&source, &mut |piece| {
        if let Piece::Start(name, said) | Piece::Empty(name, said) = piece
            && name == element
            && parts.len() < MAX_PAGES
        {
            parts.extend(said.get("Source").map(|target| super::package::resolved(folder, &target)));
        }
    });
    parts
}

/// The words of a page: runs of one height are one line.
fn words(source: &str, text: &mut String) {
    let mut height = None;
    walk(source, &mut |piece| {
        let (Piece::Start("Glyphs", said) | Piece::Empty("Glyphs", said)) = piece else { return };
        let Some(words) = said.get("UnicodeString") else { return };
        let own = said.get("OriginY").and_then(|height| height.parse::<f64>().ok());
        if height.is_some() && own.zip(height).is_none_or(|(own, last): (f64, f64)| (own - last).abs() > 1.0) {
            newline(text);
        } else if !text.is_empty() && !text.ends_with(char::is_whitespace) {
            text.push(' ');
        }
        height = own;
        // A string that begins with a brace is escaped (12.1.3).
        text.push_str(words.strip_prefix("{}").unwrap_or(&words));
    });
    newline(text);
}

#[cfg(test)]
mod tests {
    use super::super::{super::extract, tests::container};

    #[test]
    fn pages_come_in_their_order() {
        let page = |words: &[(&str, u32)]| {
            let glyphs = words.iter().map(|(words, y)| format!("<Glyphs OriginX='9' OriginY='{y}' UnicodeString='{words}'/>"));
            format!("<FixedPage>{}</FixedPage>", glyphs.collect::<String>())
        };
        let bytes = container(&[
            (
                "_rels/.rels",
                "<Relationships><Relationship Id='r' Type='http://schemas.microsoft.com/xps/2005/06/fixedrepresentation' Target='/Seq.fdseq'/></Relationships>",
            ),
            ("Seq.fdseq", "<FixedDocumentSequence><DocumentReference Source='/Documents/1/a.fdoc'/></FixedDocumentSequence>"),
            (
                "Documents/1/a.fdoc",
                "<FixedDocument><PageContent Source='Pages/2.fpage'/><PageContent Source='Pages/1.fpage'/></FixedDocument>",
            ),
            ("Documents/1/Pages/1.fpage", &page(&[("Fin", 10)])),
            ("Documents/1/Pages/2.fpage", &page(&[("Le", 10), ("menu", 10), ("{}{soir}", 30)])),
        ]);
        let extraction = extract(&bytes, "x");
        assert_eq!(extraction.text, "Le menu\n{soir}\n\u{c}Fin\n");
        assert_eq!((extraction.pages, extraction.format.tags[0].as_str()), (Some(2), "xps"));
    }
}
