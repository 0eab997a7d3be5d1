//! What an office document says of itself: `docProps/core.xml`, `app.xml` and `custom.xml` of Office Open XML, and
//! `meta.xml` of OpenDocument.

use super::super::{moment, xml::Piece, xml::walk};
use chartrier_schemas::Extraction;

/// Elements that become fields: name, field.
const FIELDS: &[(&str, &str)] = &[
    ("subject", "subject"),
    ("keywords", "keywords"),
    ("keyword", "keywords"),
    ("description", "description"),
    ("category", "category"),
    ("lastModifiedBy", "last-author"),
    ("revision", "revision"),
    ("editing-cycles", "revision"),
    ("version", "version"),
    ("created", "created"),
    ("creation-date", "created"),
    ("modified", "modified"),
    ("date", "modified"),
    ("Application", "application"),
    ("generator", "application"),
    ("Company", "company"),
    ("Manager", "manager"),
    ("Template", "template"),
];

/// The longest name of a property of the author's own, as a field.
const LONGEST_NAME: usize = 48;

/// Takes what one of these parts says.
pub(in super::super) fn read(source: &str, extraction: &mut Extraction) {
    let mut said: Vec<(String, String)> = Vec::new();
    let (mut open, mut own): (Vec<String>, Option<String>) = (Vec::new(), None);
    walk(source, &mut |piece| match piece {
        Piece::Start(name, attributes) => {
            // A property of the author's own: `property` in the one, `user-defined` in the other.
            own = attributes.get("name").filter(|_| matches!(name, "property" | "user-defined")).or(own.take());
            open.push(name.to_owned());
            said.push((own.as_deref().map_or_else(|| name.to_owned(), own_name), String::new()));
        }
        Piece::Empty(name, attributes) => {
            let values = [("template", "title"), ("document-statistic", "page-count")];
            let value = values.iter().find(|(element, _)| *element == name).and_then(|(_, key)| attributes.get(key));
            said.extend(value.map(|value| (name.to_owned(), value)));
        }
        Piece::End(name) => {
            own = own.take().filter(|_| !matches!(name, "property" | "user-defined"));
            open.pop();
        }
        Piece::Text(words) => {
            if let Some((_, value)) = said.last_mut().filter(|_| !open.is_empty() && said_something(words)) {
                value.push_str(words);
            }
        }
    });
    said.retain(|(_, value)| !value.trim().is_empty());
    take(said, extraction);
}

fn said_something(words: &str) -> bool {
    !(words.trim().is_empty() && words.contains('\n'))
}

fn take(said: Vec<(String, String)>, extraction: &mut Extraction) {
    let first = said.iter().find(|(name, _)| name == "initial-creator").map(|(_, value)| value.clone());
    let mut keywords = Vec::new();
    for (name, value) in said {
        match name.as_str() {
            "title" => extraction.title = Some(value),
            "initial-creator" => extraction.authors.push(value),
            // In OpenDocument, the creator is who wrote last.
            "creator" if first.as_ref().is_some_and(|first| *first != value) => field(extraction, "last-author", value),
            "creator" if first.is_none() => extraction.authors.extend(value.split(';').map(|name| name.trim().to_owned())),
            "Pages" | "document-statistic" => extraction.pages = value.parse().ok().filter(|pages| *pages > 0),
            "template" => field(extraction, "template", value),
            "keywords" | "keyword" => keywords.push(value),
            "modified" | "date" => {
                extraction.date = moment(&value);
                extraction.fields.extend(moment(&value).map(|date| ("modified".to_owned(), date)));
            }
            "created" | "creation-date" => {
                let created = moment(&value);
                extraction.date = extraction.date.take().or_else(|| created.clone());
                extraction.fields.extend(created.map(|date| ("created".to_owned(), date)));
            }
            name if name.starts_with("custom-") => field(extraction, name, value),
            name => {
                if let Some((_, known)) = FIELDS.iter().find(|(element, _)| *element == name) {
                    field(extraction, known, value);
                }
            }
        }
    }
    if !keywords.is_empty() {
        field(extraction, "keywords", keywords.join(", "));
    }
}

fn field(extraction: &mut Extraction, name: &str, value: String) {
    extraction.fields.push((name.to_owned(), value));
}

/// The name of a property of the author's own as the name of a field.
fn own_name(name: &str) -> String {
    let mut field = "custom".to_owned();
    for word in name.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty()) {
        if field.len() + word.len() < LONGEST_NAME {
            field.push('-');
            field.push_str(&word.to_ascii_lowercase());
        }
    }
    field
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(extraction: &Extraction) -> Vec<(&str, &str)> {
        extraction.fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
    }

    #[test]
    fn what_office_open_xml_says_of_itself() {
        let mut extraction = Extraction::default();
        read(
            "<cp:coreProperties><dc:title>Visite &amp; menu</dc:title><dc:creator>Ada; Bob</dc:creator><cp:keywords>table</cp:keywords><cp:lastModifiedBy>Carl</cp:lastModifiedBy>\
             <dcterms:created>2026-07-13T10:00:00Z</dcterms:created><dcterms:modified>2026-07-14T10:00:00Z</dcterms:modified></cp:coreProperties>",
            &mut extraction,
        );
        read(
            "<Properties><Application>Word</Application>\n<Pages>3</Pages><Company>Élysée</Company><TitlesOfParts><vt:lpstr>x</vt:lpstr></TitlesOfParts></Properties>",
            &mut extraction,
        );
        read("<Properties><property name='Dossier n° 7'><vt:lpwstr>A-12</vt:lpwstr></property></Properties>", &mut extraction);
        assert_eq!((extraction.title.as_deref(), extraction.pages), (Some("Visite & menu"), Some(3)));
        assert_eq!(extraction.authors, ["Ada", "Bob"]);
        assert_eq!(extraction.date.as_deref(), Some("2026-07-14T10:00:00Z"));
        for expected in [("keywords", "table"), ("last-author", "Carl"), ("company", "Élysée"), ("custom-dossier-n-7", "A-12")]
        {
            assert!(fields(&extraction).contains(&expected), "{expected:?}: {:?}", extraction.fields);
        }
    }

    #[test]
    fn what_open_document_says_of_itself() {
        let mut extraction = Extraction::default();
        read(
            "<office:meta><meta:generator>LibreOffice</meta:generator><meta:initial-creator>Ada</meta:initial-creator><dc:creator>Bob</dc:creator><dc:date>2026-07-14T10:00:00.5</dc:date>\
             <meta:keyword>un</meta:keyword><meta:keyword>deux</meta:keyword><meta:document-statistic meta:page-count='4'/><meta:user-defined meta:name='Info 1'>x</meta:user-defined></office:meta>",
            &mut extraction,
        );
        assert_eq!((extraction.authors.as_slice(), extraction.pages), (&["Ada".to_owned()][..], Some(4)));
        assert_eq!(extraction.date.as_deref(), Some("2026-07-14T10:00:00Z"));
        for expected in [("last-author", "Bob"), ("keywords", "un, deux"), ("custom-info-1", "x"), ("application", "LibreOffice")]
        {
            assert!(fields(&extraction).contains(&expected), "{expected:?}: {:?}", extraction.fields);
        }
    }
}
