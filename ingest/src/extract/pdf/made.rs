//! PDFs made for tests, with what lies besides the pages.

use super::super::{extract, part};
use lopdf::{Document, Object, ObjectId, Stream, dictionary};

/// A document of one page that draws `content`, under whose catalog and page more is put.
fn made(content: &str, more: impl FnOnce(&mut Document, ObjectId, ObjectId)) -> Vec<u8> {
    let mut document = Document::with_version("1.7");
    let tree = document.new_object_id();
    let font = document.add_object(
        dictionary! { "Type" => "Font", "Subtype" => "Type1", "BaseFont" => "Helvetica", "Encoding" => "WinAnsiEncoding" },
    );
    let bytes: Vec<u8> = content.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect();
    let content = document.add_object(Stream::new(dictionary! {}, bytes));
    let page = document.add_object(dictionary! {
        "Type" => "Page", "Parent" => tree, "Contents" => content,
        "Resources" => dictionary! { "Font" => dictionary! { "F1" => font } },
        "MediaBox" => vec![0.into(), 0.into(), 595.into(), 842.into()],
    });
    document
        .objects
        .insert(tree, Object::Dictionary(dictionary! { "Type" => "Pages", "Kids" => vec![page.into()], "Count" => 1 }));
    let catalog = document.add_object(dictionary! { "Type" => "Catalog", "Pages" => tree });
    document.trailer.set("Root", catalog);
    more(&mut document, catalog, page);
    let mut bytes = Vec::new();
    document.save_to(&mut bytes).unwrap();
    bytes
}

fn words(content: &str) -> String {
    extract(&made(content, |_, _, _| {}), "x.pdf").text
}

fn put(document: &mut Document, id: ObjectId, key: &str, value: impl Into<Object>) {
    document.get_object_mut(id).unwrap().as_dict_mut().unwrap().set(key, value);
}

fn string(text: &str) -> Object {
    Object::string_literal(text)
}

#[test]
fn lines_are_read_in_every_direction() {
    let turned =
        "BT /F1 12 Tf 0 1 -1 0 100 100 Tm (Le perron) Tj ET BT /F1 12 Tf 0.866 0.5 -0.5 0.866 200 200 Tm (du jardin) Tj ET";
    assert_eq!(words(turned), "Le perron\ndu jardin");
}

#[test]
fn what_is_drawn_twice_is_read_once() {
    let bold =
        "BT /F1 12 Tf 72 700 Td (Menu) Tj ET BT /F1 12 Tf 72.4 700 Td (Menu) Tj ET BT /F1 12 Tf 2 Tr 72 650 Td (Menu) Tj ET";
    assert_eq!(words(bold), "Menu\nMenu");
}

#[test]
fn words_are_cut_at_gaps_and_not_at_small_or_raised_letters() {
    let kerned = "BT /F1 12 Tf 72 700 Td [(V) 120 (ersailles) -400 (en) ] TJ 0 -20 Td (H) Tj /F1 7 Tf -3 Ts (2) Tj 0 Ts /F1 12 Tf (O) Tj ET";
    assert_eq!(words(kerned), "Versailles en\nH2O");
}

#[test]
fn marked_words_are_those_that_are_meant() {
    let marked = "BT /F1 12 Tf 72 700 Td /Span << /ActualText (\\376\\377\\000\\311\\000t\\000\\351) >> BDC (E) Tj (te) Tj EMC ( fini) Tj ET";
    assert_eq!(words(marked), "Été fini");
}

#[test]
fn letters_without_a_meaning_are_a_finding() {
    let bytes = made("BT /F2 12 Tf 72 700 Td <000100020003> Tj ET", |document, _, page| {
        let inner = document.add_object(dictionary! {
            "Type" => "Font", "Subtype" => "CIDFontType2", "BaseFont" => "Inconnue",
            "CIDSystemInfo" => dictionary! { "Registry" => string("Adobe"), "Ordering" => string("Identity"), "Supplement" => 0 },
        });
        let font = document.add_object(dictionary! {
            "Type" => "Font", "Subtype" => "Type0", "BaseFont" => "Inconnue", "Encoding" => "Identity-H", "DescendantFonts" => vec![inner.into()],
        });
        put(document, page, "Resources", dictionary! { "Font" => dictionary! { "F2" => font } });
    });
    let numbers: Vec<u16> = extract(&bytes, "x.pdf").findings.iter().map(|finding| finding.number).collect();
    assert!(numbers.contains(&17), "{numbers:?}");
}

#[test]
fn outline_form_notes_and_links_are_said_once() {
    let bytes = made("BT /F1 12 Tf 72 700 Td (Chapitre premier) Tj ET", |document, catalog, page| {
        let inner = document.add_object(dictionary! { "Title" => string("Le menu") });
        let first = document.add_object(dictionary! { "Title" => string("Chapitre premier"), "First" => inner });
        // It follows itself.
        put(document, inner, "Next", first);
        let outline = document.add_object(dictionary! { "First" => first });
        put(document, catalog, "Outlines", outline);
        let choice =
            dictionary! { "FT" => "Ch", "V" => string("a"), "Opt" => vec![Object::Array(vec![string("a"), string("Dessert")])] };
        let kid = document.add_object(dictionary! { "V" => string("Ada") });
        let name = document.add_object(dictionary! { "FT" => "Tx", "Kids" => vec![kid.into()] });
        let signature = dictionary! { "FT" => "Sig", "V" => dictionary! { "Name" => string("Bob") } };
        let packet = "<xdp:xdp><template><draw><value><text>Consigne</text></value></draw><script>calcul</script></template><xfa:data><nom>Carl</nom></xfa:data></xdp:xdp>";
        let packet = document.add_object(Stream::new(dictionary! {}, packet.into()));
        let form = dictionary! { "Fields" => vec![choice.into(), name.into(), signature.into()], "XFA" => packet };
        put(document, catalog, "AcroForm", form);
        let note = dictionary! { "Subtype" => "Text", "Contents" => string("relire"), "Rect" => vec![0.into(), 0.into(), 9.into(), 9.into()] };
        let link =
            dictionary! { "Subtype" => "Link", "A" => dictionary! { "S" => "URI", "URI" => string("https://example.org/plan") } };
        put(document, page, "Annots", vec![note.into(), link.into()]);
    });
    let extraction = extract(&bytes, "x.pdf");
    let lines: Vec<&str> = extraction.text.lines().collect();
    assert_eq!(
        lines,
        ["Chapitre premier", "Le menu", "Dessert", "Ada", "Consigne", "Carl", "relire", "https://example.org/plan"]
    );
    assert!(extraction.fields.contains(&("signed".to_owned(), "Bob".to_owned())), "{:?}", extraction.fields);
}

#[test]
fn attached_files_are_parts() {
    let menu = "<html><body><p>Le menu du soir</p></body></html>";
    let bytes = made("BT /F1 12 Tf 72 700 Td (Voir) Tj ET", |document, catalog, page| {
        let mut packed = Stream::new(dictionary! {}, menu.repeat(40).into());
        packed.compress().unwrap();
        let packed = document.add_object(packed);
        let plain = document.add_object(Stream::new(dictionary! {}, b"un mot".to_vec()));
        let menu = document.add_object(dictionary! { "F" => string("menu.html"), "EF" => dictionary! { "F" => packed } });
        let names = dictionary! { "Names" => vec![string("menu.html"), menu.into()] };
        put(document, catalog, "Names", dictionary! { "EmbeddedFiles" => dictionary! { "Kids" => vec![names.into()] } });
        // It belongs to the document, too: a file is a part once.
        put(document, catalog, "AF", vec![menu.into()]);
        let note = dictionary! { "UF" => string("mot.txt"), "EF" => dictionary! { "UF" => plain } };
        put(document, page, "Annots", vec![Object::Dictionary(dictionary! { "Subtype" => "FileAttachment", "FS" => note })]);
    });
    let extraction = extract(&bytes, "x.pdf");
    let found: Vec<_> = extraction.parts.iter().map(|part| (&*part.path, &*part.name, part.format.tags[0].as_str())).collect();
    assert_eq!(found, [("1", "menu.html", "html"), ("2", "mot.txt", "txt")]);
    assert!(extraction.parts[0].text.contains("Le menu du soir"));
    assert_eq!(part(&bytes, "x.pdf", "1").unwrap(), menu.repeat(40).as_bytes());
    assert_eq!(part(&bytes, "x.pdf", "2").unwrap(), b"un mot");
    assert_eq!(part(&bytes, "x.pdf", "3"), None);
}

#[test]
fn what_it_says_of_itself_and_claims_to_be() {
    let bytes = made("", |document, catalog, _| {
        let xmp = "<x:xmpmeta><rdf:RDF><rdf:Description pdfaid:part='2' pdfaid:conformance='B' xmp:CreatorTool='Writer'>\
            <dc:title><rdf:Alt><rdf:li xml:lang='x-default'>Visite d'État</rdf:li><rdf:li xml:lang='en'>State visit</rdf:li></rdf:Alt></dc:title>\
            <dc:creator><rdf:Seq><rdf:li>Ada</rdf:li><rdf:li>Bob</rdf:li></rdf:Seq></dc:creator>\
            <dc:subject><rdf:Bag><rdf:li>menu</rdf:li><rdf:li>table</rdf:li></rdf:Bag></dc:subject></rdf:Description></rdf:RDF></x:xmpmeta>";
        let metadata = document.add_object(Stream::new(dictionary! { "Type" => "Metadata", "Subtype" => "XML" }, xmp.into()));
        put(document, catalog, "Metadata", metadata);
        put(document, catalog, "Lang", string("fr-FR"));
        let information =
            document.add_object(dictionary! { "Producer" => string("Imprimeur"), "CreationDate" => string("D:20260714") });
        document.trailer.set("Info", information);
    });
    let extraction = extract(&bytes, "x.pdf");
    assert_eq!(
        (extraction.title.as_deref(), extraction.authors.as_slice()),
        (Some("Visite d'État"), &["Ada".to_owned(), "Bob".to_owned()][..])
    );
    assert_eq!(extraction.date.as_deref(), Some("2026-07-14T00:00:00Z"));
    for (name, value) in [
        ("conformance", "PDF/A-2b"),
        ("application", "Writer"),
        ("producer", "Imprimeur"),
        ("keywords", "menu, table"),
        ("version", "1.7"),
        ("language", "fr-FR"),
    ] {
        assert!(extraction.fields.contains(&(name.to_owned(), value.to_owned())), "{name}: {:?}", extraction.fields);
    }
}

#[test]
fn accents_that_are_drawn_by_themselves_stand_on_their_letters() {
    // As TeX draws them: the accent, a step back, the letter.
    let accented = "BT /F1 12 Tf 72 700 Td [(d) (\u{b4}) 390 (efaut,) -300 (f) (e) 500 (`) (te) -300 (a^b)] TJ ET";
    assert_eq!(words(accented), "défaut, fète a^b");
}
