//! Office documents in a ZIP container: Word, Excel, PowerPoint (Office Open XML), OpenDocument, XPS. Text in the
//! order of the document, what it says of itself; what unpacks beyond measure is not read.

mod lists;
mod odf;
mod package;
mod properties;
mod runs;
mod sheet;
mod slides;
mod story;
mod word;
mod xps;

use super::nest::{Inner, Nest};
use crate::{findings, limits::MAX_READ};
use chartrier_schemas::Extraction;
pub(super) use {package::Package, properties::read as properties};

/// Where documents of Office Open XML say what they are.
const PROPERTIES: &[&str] = &["docProps/core.xml", "docProps/app.xml", "docProps/custom.xml"];

/// Kinds of files that are documents of their own where they lie beside the parts of one.
const DOCUMENTS: &[&str] = &[
    "doc", "docx", "docm", "xls", "xlsx", "xlsm", "xlsb", "ppt", "pptx", "pptm", "sldx", "rtf", "pdf", "odt", "ods", "odp",
    "html", "htm", "mht", "txt", "csv", "msg", "eml", "zip",
];

/// Reads a document.
pub(super) fn read(bytes: &[u8], nest: &mut Nest, extraction: &mut Extraction) {
    let mut package = Package::open(bytes);
    if let Some(main) = package.main() {
        open_xml(&mut package, &main, extraction);
    } else if package.has("content.xml") {
        odf::read(&mut package, extraction);
    } else if package.findings.is_empty() {
        package.findings.push(findings::damaged("the document itself is not in it"));
    }
    extraction.findings.append(&mut package.findings);
    let places = embedded(&package);
    if !places.is_empty()
        && let Some(mut parts) = nest.parts(extraction)
    {
        for place in places {
            let name = file_name(&package.names()[place]);
            parts.take(&format!("{}", place + 1), &name, |room| package.embedded(place, room));
        }
        parts.end();
    }
}

/// A document within the document, by the number of its entry.
pub(super) fn part(bytes: &[u8], own: &str) -> Option<Inner> {
    let mut package = Package::open(bytes);
    let place = own.parse::<usize>().ok()?.checked_sub(1)?;
    let name = embedded(&package).contains(&place).then(|| file_name(&package.names()[place]))?;
    Some(Inner { name, unpacked: package.embedded(place, MAX_READ) })
}

/// The entries that are documents of their own: what was embedded, and what Word takes in whole. Objects of OpenDocument
/// that are folders are read with the document itself.
fn embedded(package: &Package<'_>) -> Vec<usize> {
    let is_embedded = |name: &str| {
        let name = name.replace('\\', "/").to_lowercase();
        let (folder, own) = name.split_once('/').unwrap_or(("", &name));
        let extension = name.rsplit_once('.').map(|(_, extension)| extension).unwrap_or_default();
        let is_object = folder.is_empty() && own.starts_with("object ") && extension.is_empty();
        let is_beside =
            matches!(folder, "word" | "xl" | "ppt") && (own.contains("embeddings/") || DOCUMENTS.contains(&extension));
        !own.is_empty() && !name.ends_with('/') && (is_object || is_beside)
    };
    (0..package.names().len()).filter(|place| is_embedded(&package.names()[*place])).collect()
}

fn file_name(entry: &str) -> String {
    entry.rsplit(['/', '\\']).next().unwrap_or(entry).to_owned()
}

/// Reads a document that is one XML file, as OpenDocument and Word write it; answers whether it was well-formed, or nothing
/// where it is none.
pub(super) fn flat(source: &str, extraction: &mut Extraction) -> Option<bool> {
    let head = &source[..source.floor_char_boundary(FLAT_HEAD)];
    if head.contains("<office:document") {
        odf::flat(source, extraction);
        return Some(true);
    }
    if !head.contains(":wordDocument") && !head.contains("<pkg:package") {
        return None;
    }
    let named = source.split_once("DocumentProperties>").and_then(|(_, rest)| rest.split_once("DocumentProperties>"));
    if let Some((said, _)) = named {
        properties::read(&format!("<o:DocumentProperties>{said}DocumentProperties>"), extraction);
    }
    Some(runs::runs(source, runs::Only::All, &mut lists::Lists::default(), &mut extraction.text))
}

/// Where the first element of a flat document stands at the latest, in bytes.
const FLAT_HEAD: usize = 4 << 10;

fn open_xml(package: &mut Package<'_>, main: &str, extraction: &mut Extraction) {
    for name in PROPERTIES {
        if package.has(name)
            && let Some(source) = package.text(name)
        {
            properties::read(&source, extraction);
        }
    }
    match main.split('/').next() {
        Some("xl") => extraction.text = sheet::read(package, main),
        Some("ppt") => {
            let (text, slides) = slides::read(package, main);
            extraction.text = text;
            extraction.pages = Some(slides).filter(|slides| *slides > 0);
        }
        _ if main.ends_with(".fdseq") => {
            let (text, pages) = xps::read(package, main);
            (extraction.text, extraction.pages) = (text, Some(pages));
        }
        _ => extraction.text = word::read(package, main),
    }
}

#[cfg(test)]
pub(super) mod tests {
    use std::io::{Cursor, Write as _};

    pub(in super::super) fn container(entries: &[(&str, &str)]) -> Vec<u8> {
        container_of(&entries.iter().map(|(name, content)| (*name, content.as_bytes())).collect::<Vec<_>>())
    }

    pub(in super::super) fn container_of(entries: &[(&str, &[u8])]) -> Vec<u8> {
        let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
        for (name, content) in entries {
            writer.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
            writer.write_all(content).unwrap();
        }
        writer.finish().unwrap().into_inner()
    }

    pub(super) fn text(bytes: &[u8]) -> String {
        super::super::extract(bytes, "x").text.trim_end().to_owned()
    }

    #[test]
    fn a_word_document_gives_its_words_and_its_title() {
        let bytes = container(&[
            (
                "word/document.xml",
                "<w:document><w:body><w:p><w:r><w:t>Note </w:t></w:r><w:r><w:t>verbale</w:t></w:r></w:p><w:tbl><w:tr><w:tc><w:p><w:r><w:t>a</w:t></w:r></w:p></w:tc><w:tc><w:p><w:r><w:t>b</w:t></w:r></w:p></w:tc></w:tr></w:tbl></w:body></w:document>",
            ),
            ("word/footer1.xml", "<w:ftr><w:p><w:r><w:t>pied &amp; page</w:t></w:r></w:p></w:ftr>"),
            (
                "docProps/core.xml",
                "<cp:coreProperties><dc:title>Visite</dc:title><dc:creator>Ada</dc:creator><dcterms:modified>2026-07-14T10:00:00Z</dcterms:modified></cp:coreProperties>",
            ),
        ]);
        let extraction = super::super::extract(&bytes, "x.docx");
        assert_eq!(extraction.format.tags[0], "docx");
        assert_eq!(extraction.text, "Note verbale\na\tb\npied & page\n");
        assert_eq!(extraction.title.as_deref(), Some("Visite"));
        assert_eq!(extraction.date.as_deref(), Some("2026-07-14T10:00:00Z"));
    }

    #[test]
    fn only_runs_are_words_and_what_is_written_twice_is_read_once() {
        let drawing = |words: &str| {
            format!(
                "<wp:anchor><wp:positionH><wp:align>center</wp:align></wp:positionH><wp:positionV><wp:posOffset>-12700</wp:posOffset></wp:positionV><w:txbxContent><w:p><w:r><w:t>{words}</w:t></w:r></w:p></w:txbxContent></wp:anchor>"
            )
        };
        let document = format!(
            "<w:document><w:body><w:p><w:pPr><w:tabs><w:tab w:pos='720'/></w:tabs></w:pPr><w:r><w:t>Avant</w:t></w:r><mc:AlternateContent><mc:Choice>{}</mc:Choice><mc:Fallback>{}</mc:Fallback></mc:AlternateContent><w:r><w:t> et après</w:t></w:r></w:p>\
             <w:p><w:r><w:instrText> PAGE </w:instrText></w:r><w:r><w:t>Rendez</w:t><w:noBreakHyphen/><w:t>vous di</w:t><w:softHyphen/><w:t>manche</w:t><w:br/><w:t>midi</w:t></w:r><w:del><w:delText> pile</w:delText></w:del></w:p></w:body></w:document>",
            drawing("Encadré"),
            drawing("Encadré")
        );
        let bytes = container(&[("word/document.xml", &document)]);
        assert_eq!(text(&bytes), "Avant et après\nEncadré\nRendez-vous dimanche\nmidi pile");
    }

    #[test]
    fn what_is_embedded_is_a_part() {
        let inner = "<html><body><p>Le menu du soir</p></body></html>";
        let bytes = container(&[
            ("word/document.xml", "<w:document><w:p><w:r><w:t>Voir</w:t></w:r></w:p></w:document>"),
            ("word/embeddings/menu.html", inner),
            ("word/media/image1.png", "x"),
        ]);
        let extraction = super::super::extract(&bytes, "x.docx");
        let found: Vec<_> = extraction.parts.iter().map(|part| (&*part.path, &*part.name, part.text.trim())).collect();
        assert_eq!(found, [("2", "menu.html", "Le menu du soir")]);
        assert_eq!(super::super::part(&bytes, "x.docx", "2").unwrap(), inner.as_bytes());
        assert_eq!(super::super::part(&bytes, "x.docx", "3"), None);
    }

    #[test]
    fn a_bomb_and_a_torn_container_are_findings() {
        let long = "<w:t>".to_owned() + &" ".repeat(300 << 20) + "</w:t>";
        let bytes = container(&[("word/document.xml", &long)]);
        let extraction = super::super::extract(&bytes, "x");
        assert_eq!(extraction.findings[0].number, 13);
        let extraction = super::super::extract(&bytes[..bytes.len() / 2], "x");
        assert_eq!(extraction.findings[0].number, 3);
    }

    #[test]
    fn no_byte_that_changes_stops_the_reading() {
        let bytes = container(&[
            ("[Content_Types].xml", "<Types/>"),
            ("xl/workbook.xml", "<workbook><sheets><sheet name='a' r:id='r1'/></sheets></workbook>"),
            (
                "xl/_rels/workbook.xml.rels",
                "<Relationships><Relationship Id='r1' Type='x/worksheet' Target='worksheets/sheet1.xml'/></Relationships>",
            ),
            ("xl/worksheets/sheet1.xml", "<worksheet><sheetData><row><c><v>1</v></c></row></sheetData></worksheet>"),
        ]);
        for at in 0..bytes.len() {
            let mut torn = bytes.clone();
            torn[at] ^= 0x41;
            super::super::extract(&torn, "x.xlsx");
        }
    }

    #[test]
    fn flat_documents_of_word_give_their_words() {
        let word = "<?xml version='1.0'?><w:wordDocument xmlns:w='w'><o:DocumentProperties><o:Author>Ada</o:Author><o:Company>Palais</o:Company></o:DocumentProperties><w:binData>AAAA</w:binData><w:body><w:p><w:r><w:t>Le jar</w:t></w:r><w:r><w:t>din</w:t></w:r></w:p></w:body></w:wordDocument>";
        let extraction = super::super::extract(word.as_bytes(), "x.xml");
        assert_eq!(extraction.text.trim(), "Le jardin");
        assert!(extraction.fields.contains(&("company".to_owned(), "Palais".to_owned())));
    }
}
