//! Every parser of this crate by a name, for those who fuzz them (`tests/fuzz`): not part of the product.

use crate::{
    extract::{self, nest::Nest},
    identify::{Archive, Packing, Reader, known},
    pronom::{Registry, Release},
    recognition, worker,
};
use chartrier_schemas::Extraction;

/// Gives bytes to the parser of this name, as untrusted as they come. It may return anything; it must return.
///
/// # Panics
///
/// If a parser panics, which is what is looked for; and if there is none of that name.
pub fn parse(parser: &str, bytes: &[u8]) {
    let reader = match parser {
        "pdf" => Reader::Pdf,
        "image" => Reader::Image,
        "mail" => Reader::Mail,
        "html" => Reader::Html,
        "xml" => Reader::Xml,
        "text" => Reader::Text,
        "office" => Reader::Office,
        "workbook" => Reader::BinaryWorkbook,
        "rtf" => Reader::Rtf,
        "ole" => Reader::Ole,
        "mbox" => Reader::Mbox,
        "epub" => Reader::Epub,
        "calendar" => Reader::Calendar,
        "cards" => Reader::Cards,
        "table" => Reader::Table,
        "markdown" => Reader::Markdown,
        "zip" => Reader::Archive(Archive::Zip),
        "tar" => Reader::Archive(Archive::Tape),
        "ar" => Reader::Archive(Archive::Library),
        "seven" => Reader::Archive(Archive::Seven),
        "compress" => Reader::Archive(Archive::Packed(Packing::Compress)),
        "identify" => return drop(known(bytes, "document")),
        "signatures" => return drop(Release::from_bytes(bytes).and_then(|release| Registry::read(&release))),
        "recognised" => return recognition::fuzz(bytes),
        "answer" => return worker::fuzz(bytes),
        "page" => return drop(extract::page::page(bytes, "document", 1, 200)),
        "layers" => return drop(extract::layers(bytes, "document")),
        _ => panic!("there is no parser {parser}"),
    };
    extract::read_as(reader, bytes, "document", &mut Nest::new(), &mut Extraction::default());
}
