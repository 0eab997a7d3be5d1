//! Puts what the fuzzer makes into a ZIP container, as the main part of the format that this program is named after:
//! the checksums of containers would let little of it through otherwise.
#![no_main]

use std::io::{Cursor, Write as _};
use zip::{CompressionMethod, ZipWriter, write::SimpleFileOptions};

const NAME: &str = env!("CARGO_BIN_NAME");

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let (parser, before, part): (_, &[(&str, &str)], _) = match NAME {
        "docx" => ("office", &[("[Content_Types].xml", "<Types/>")], "word/document.xml"),
        "xlsx" => ("office", SHEETS, "xl/worksheets/sheet1.xml"),
        "pptx" => ("office", SLIDES, "ppt/slides/slide1.xml"),
        "odt" => ("office", &[("mimetype", "application/vnd.oasis.opendocument.text")], "content.xml"),
        "ods" => ("office", &[("mimetype", "application/vnd.oasis.opendocument.spreadsheet")], "content.xml"),
        "odp" => ("office", &[("mimetype", "application/vnd.oasis.opendocument.presentation")], "content.xml"),
        "xlsb" => ("workbook", &[("[Content_Types].xml", "<Types/>")], "xl/workbook.bin"),
        "chapter" => ("epub", BOOK, "a.xhtml"),
        name => panic!("there is no format {name}"),
    };
    let mut container = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
    let entries = before.iter().map(|(name, text)| (*name, text.as_bytes())).chain([(part, bytes)]);
    for (name, content) in entries {
        container.start_file(name, options).expect("room");
        container.write_all(content).expect("room");
    }
    chartrier_ingest::fuzz::parse(parser, container.finish().expect("room").get_ref());
});

const SHEETS: &[(&str, &str)] = &[
    ("[Content_Types].xml", "<Types/>"),
    ("xl/workbook.xml", r#"<workbook xmlns:r="r"><sheets><sheet name="A" r:id="a"/></sheets></workbook>"#),
    ("xl/_rels/workbook.xml.rels", r#"<Relationships><Relationship Id="a" Target="worksheets/sheet1.xml"/></Relationships>"#),
];

const SLIDES: &[(&str, &str)] = &[
    ("[Content_Types].xml", "<Types/>"),
    ("ppt/presentation.xml", r#"<presentation xmlns:r="r"><sldIdLst><sldId r:id="a"/></sldIdLst></presentation>"#),
    ("ppt/_rels/presentation.xml.rels", r#"<Relationships><Relationship Id="a" Target="slides/slide1.xml"/></Relationships>"#),
];

const BOOK: &[(&str, &str)] = &[
    ("mimetype", "application/epub+zip"),
    ("META-INF/container.xml", r#"<container><rootfiles><rootfile full-path="a.opf"/></rootfiles></container>"#),
    (
        "a.opf",
        r#"<package><manifest><item id="a" href="a.xhtml" media-type="application/xhtml+xml"/></manifest><spine><itemref idref="a"/></spine></package>"#,
    ),
];
