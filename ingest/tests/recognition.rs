//! Text recognition with the real Tesseract, where it is installed: pages are drawn, made pictures of, and read again.
//!
//! Not the usual harness: `main` must be able to be a worker.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test")]

use chartrier_ingest::{
    recognition::Recogniser,
    worker::{self, Pool},
};
use chartrier_schemas::{PAGE_UNITS, PageRow, PageWord};
use lopdf::{Document, Object, Stream, dictionary};
use std::process::ExitCode;

const FRENCH: [&str; 6] = [
    "Monsieur le Préfet, j'ai l'honneur de vous transmettre le procès-verbal",
    "de la réunion qui s'est tenue à la préfecture, où furent évoquées les",
    "difficultés des communes rurales lors des récentes inondations. Les maires",
    "ont unanimement souhaité que des crédits exceptionnels soient accordés au",
    "plus tôt, afin que les écoles et les chemins soient réparés avant l'hiver.",
    "Je vous prie d'agréer l'expression de ma très haute considération.",
];
const ENGLISH: [&str; 6] = [
    "Dear Sir, I have the honour to enclose the minutes of the meeting which",
    "was held at the county hall, where the difficulties of the parishes during",
    "the recent floods were discussed at length. The mayors who attended asked",
    "that exceptional funds be granted as soon as possible, so that bridges,",
    "schools and country lanes may be repaired before the winter. I remain, Sir,",
    "your obedient servant, who thanks you for what you have done for the county.",
];

/// How a page shows what is on it.
enum Page<'a> {
    /// As letters.
    Text(&'a [&'a str]),
    /// As one picture over all of it; and turned by a quarter.
    Picture(&'a [u8], (u32, u32)),
    Turned(&'a [u8], (u32, u32)),
}

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().collect();
    match words.get(1).map(String::as_str) {
        Some("worker") => worker::run(),
        Some("--list") => ExitCode::SUCCESS,
        _ => run_all(),
    }
}

fn run_all() -> ExitCode {
    let pool = Pool::new(std::env::current_exe().unwrap(), vec!["worker".into()], 1);
    let recogniser = match Recogniser::find(&pool) {
        Ok(recogniser) => recogniser,
        Err(why) => {
            assert_eq!(why.number, 19);
            println!("test recognition ... ignored, {}", why.problem.en);
            return ExitCode::SUCCESS;
        }
    };
    println!("{}, {:?}", recogniser.engine(), recogniser.languages());
    assert!(recogniser.lacks().is_none(), "French and English are needed");
    let mut passed = 0;
    let mut test = |name: &str, holds: bool| {
        println!("test {name} ... {}", if holds { "ok" } else { "FAILED" });
        assert!(holds, "{name}");
        passed += 1;
    };

    let letters = document(&[Page::Text(&FRENCH), Page::Text(&ENGLISH)]);
    let shown = |page| pool.page_image(&mut &letters[..], letters.len() as u64, "x.pdf", page, 3_000).unwrap();
    let (french, english) = (shown(1), shown(2));
    let size = (french.width, french.height);

    let read = pool.extract(&mut &letters[..], letters.len() as u64, "x.pdf");
    test("a_text_layer_does_not_wait", read.findings.is_empty() && read.text.contains("préfecture"));

    let mixed = document(&[
        Page::Text(&FRENCH),
        Page::Picture(&french.jpeg, size),
        Page::Picture(&english.jpeg, size),
        Page::Turned(&english.jpeg, size),
        Page::Text(&ENGLISH),
    ]);
    let read = pool.extract(&mut &mixed[..], mixed.len() as u64, "x.pdf");
    test("scanned_pages_wait", read.findings.iter().map(|finding| finding.number).eq([16]));
    let recognition = recogniser.recognise(&pool, &mut &mixed[..], mixed.len() as u64, "x.pdf");
    let on = |page: usize, words: &[&str]| words.iter().all(|word| recognition.pages[page].text.contains(word));
    test("pages_stay_in_order", recognition.pages.len() == 5 && recognition.text().split('\u{c}').count() == 5);
    test("pages_with_text_keep_their_own", [0, 4].iter().all(|page| recognition.pages[*page].confidence.is_none()));
    test("french_is_recognised", on(1, &["Préfet", "procès-verbal", "évoquées", "inondations", "considération"]));
    test("english_is_recognised", on(2, &["honour", "parishes", "bridges", "schools", "county"]));
    test("a_page_that_lies_on_its_side_is_recognised", on(3, &["honour", "parishes", "bridges", "schools", "county"]));
    test("confidence_is_told", [1, 2, 3].iter().all(|page| recognition.pages[*page].confidence.is_some_and(|sure| sure > 80)));
    let rows = |page: usize| &recognition.pages[page].rows[..];
    test(
        "words_are_found_where_they_were_written",
        [(1, &french), (2, &english)].iter().all(|(page, drawn)| meet(rows(*page), &drawn.rows)),
    );
    let turned = rows(3).iter().all(|row| row.turn == 3);
    let upright: Vec<PageRow> =
        rows(3).iter().map(|row| PageRow { turn: 0, words: row.words.iter().map(stood_up).collect() }).collect();
    test("also_on_a_page_that_lies_on_its_side", turned && meet(&upright, &english.rows));
    test("languages_are_told", recognition.languages == ["fra", "eng"] && recognition.findings.is_empty());

    let picture = recogniser.recognise(&pool, &mut &french.jpeg[..], french.jpeg.len() as u64, "x.jpg");
    test("a_picture_is_recognised", picture.text().contains("préfecture") && picture.languages == ["fra"]);
    let nothing = recogniser.recognise(&pool, &mut &b"bonjour"[..], 7, "x.txt");
    test("what_has_no_pages_is_left_alone", nothing.pages.is_empty() && nothing.findings.is_empty());
    println!("\ntest result: ok. {passed} passed; 0 failed; 0 ignored; 0 measured; 0 filtered out");
    ExitCode::SUCCESS
}

/// Whether words of a page stand where the same words were drawn, within a hundredth of the page: nearly all of them.
fn meet(found: &[PageRow], drawn: &[PageRow]) -> bool {
    let words = |rows: &[PageRow]| rows.iter().flat_map(|row| row.words.clone()).collect::<Vec<_>>();
    let (found, drawn) = (words(found), words(drawn));
    let near = |one: u16, other: u16| one.abs_diff(other) < 100;
    let same = |one: &PageWord, other: &PageWord| {
        one.text == other.text && near(one.left, other.left) && near(one.right, other.right) && near(one.bottom, other.bottom)
    };
    let met = drawn.iter().filter(|word| found.iter().any(|other| same(word, other))).count();
    met * 10 >= drawn.len() * 9
}

/// A word of a page that lies on its side, as it stands when one turns the page.
fn stood_up(word: &PageWord) -> PageWord {
    let PageWord { text, left, top, right, bottom } = word.clone();
    PageWord { text, left: PAGE_UNITS - bottom, top: left, right: PAGE_UNITS - top, bottom: right }
}

/// A PDF of A4 pages.
fn document(pages: &[Page<'_>]) -> Vec<u8> {
    let mut document = Document::with_version("1.5");
    let tree = document.new_object_id();
    let font = document.add_object(
        dictionary! { "Type" => "Font", "Subtype" => "Type1", "BaseFont" => "Times-Roman", "Encoding" => "WinAnsiEncoding" },
    );
    let mut kids: Vec<Object> = Vec::new();
    for page in pages {
        let (content, resources) = match page {
            Page::Text(lines) => (lines_at_the_top(lines), dictionary! { "Font" => dictionary! { "F1" => font } }),
            Page::Picture(jpeg, size) => (b"595 0 0 842 0 0 cm /P Do".to_vec(), picture(&mut document, jpeg, *size)),
            Page::Turned(jpeg, size) => (b"0 595 -842 0 842 0 cm /P Do".to_vec(), picture(&mut document, jpeg, *size)),
        };
        let (width, height) = if matches!(page, Page::Turned(..)) { (842, 595) } else { (595, 842) };
        let content = document.add_object(Stream::new(dictionary! {}, content));
        let media: Vec<Object> = vec![0.into(), 0.into(), width.into(), height.into()];
        let page = dictionary! { "Type" => "Page", "Parent" => tree, "Contents" => content, "Resources" => resources, "MediaBox" => media };
        kids.push(document.add_object(page).into());
    }
    let count = i64::try_from(kids.len()).unwrap();
    document.objects.insert(tree, Object::Dictionary(dictionary! { "Type" => "Pages", "Kids" => kids, "Count" => count }));
    let catalog = document.add_object(dictionary! { "Type" => "Catalog", "Pages" => tree });
    document.trailer.set("Root", catalog);
    let mut bytes = Vec::new();
    document.save_to(&mut bytes).unwrap();
    bytes
}

fn lines_at_the_top(lines: &[&str]) -> Vec<u8> {
    let mut content = b"BT /F1 13 Tf 18 TL 72 760 Td".to_vec();
    for line in lines {
        let shown: Vec<u8> = line.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect();
        content.extend([&b" ("[..], &shown, b") '"].concat());
    }
    content.extend(b" ET");
    content
}

fn picture(document: &mut Document, jpeg: &[u8], (width, height): (u32, u32)) -> lopdf::Dictionary {
    let about = dictionary! {
        "Type" => "XObject", "Subtype" => "Image", "Width" => i64::from(width), "Height" => i64::from(height),
        "ColorSpace" => "DeviceRGB", "BitsPerComponent" => 8, "Filter" => "DCTDecode"
    };
    let picture = document.add_object(Stream::new(about, jpeg.to_vec()));
    dictionary! { "XObject" => dictionary! { "P" => picture } }
}
