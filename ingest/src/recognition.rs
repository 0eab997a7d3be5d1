//! Text recognition: pages that are pictures of text are read by Tesseract, where it is installed. A worker draws the
//! page, the program gets its pixels and answers words, each in a sandbox: nothing is written anywhere on the way.

mod words;

use crate::{
    extract, findings,
    limits::{MAX_PLACED_WORDS, MAX_RECOGNISED_PAGES, MAX_TEXT, TOOL_CLOCK},
    worker::{Document, Failure, Pool, Scan, Tool},
};
use chartrier_schemas::{Extraction, Finding, PageRow, text};
use std::{path::Path, time::Duration};
use words::Read;

/// The program that recognises.
const PROGRAM: &str = "tesseract";

/// How long it may take to say what it is.
const GREETING_CLOCK: Duration = Duration::from_secs(30);

/// The languages of the house, by Tesseract's names; French first: its model reads English letters too.
const LANGUAGES: [&str; 2] = ["fra", "eng"];

/// The model that tells which way up a page is.
const ORIENTATION: &str = "osd";

/// The density of a page image, as Tesseract is told it.
const DENSITY: &str = "300";

/// Takes bytes as all that the program could answer.
#[cfg(fuzzing)]
pub(crate) fn fuzz(bytes: &[u8]) {
    drop((words::read(bytes, (2_480, 3_508)), words::version(bytes)));
}

/// Tesseract as this machine has it.
pub struct Recogniser {
    tool: Tool,
    engine: String,
    languages: Vec<&'static str>,
    turns_pages: bool,
}

/// What was recognised in a document.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recognition {
    /// Its pages in order, also those that were not recognised.
    pub pages: Vec<RecognisedPage>,
    /// The program and its version: `tesseract 5.3.0`.
    pub engine: String,
    /// The languages in which pages were read, by Tesseract's names.
    pub languages: Vec<String>,
    /// What went wrong.
    pub findings: Vec<Finding>,
}

/// One page.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RecognisedPage {
    /// Its text: what the document says itself, then what was recognised.
    pub text: String,
    /// How sure the program is of the words on it, out of 100; 0 where it found none; nothing where it was not asked.
    pub confidence: Option<u8>,
    /// Where the words stand that were recognised.
    pub rows: Vec<PageRow>,
}

impl Recognition {
    /// The text of the whole document, a form feed between pages, as extraction writes it.
    pub fn text(&self) -> String {
        self.pages.iter().map(|page| page.text.as_str()).collect::<Vec<_>>().join("\u{c}")
    }

    /// Puts what was recognised into what was read of the document before. It waits no longer, unless no page was recognised.
    pub fn complete(self, extraction: &mut Extraction) {
        let sure: Vec<u64> = self.pages.iter().filter_map(|page| page.confidence.map(u64::from)).collect();
        if !sure.is_empty() {
            let mean = sure.iter().sum::<u64>() / sure.len() as u64;
            let by = std::iter::once(&self.engine).chain(&self.languages).map(String::as_str).collect::<Vec<_>>().join(" ");
            extraction.text = self.text();
            extraction.language = extract::language(&extraction.text);
            let recognised = (1..).zip(self.pages).filter(|(_, page)| !page.rows.is_empty());
            extraction.words = recognised.map(|(number, page)| (number, page.rows)).collect();
            extraction.fields.push(("recognised-by".to_owned(), by));
            extraction.fields.push(("recognition-confidence".to_owned(), mean.to_string()));
            extraction.findings.retain(|finding| finding.number != findings::WAITS_FOR_RECOGNITION);
        }
        extraction.findings.extend(self.findings);
    }
}

impl Recogniser {
    /// Looks for Tesseract and asks it what it is, in its sandbox. The finding says what is missing and what to do.
    pub fn find(pool: &Pool) -> Result<Self, Finding> {
        Self::of(Tool::find(PROGRAM).ok_or_else(findings::no_recogniser)?, pool)
    }

    /// Takes the program at a path for Tesseract.
    pub fn at(program: &Path, pool: &Pool) -> Result<Self, Finding> {
        Self::of(Tool::at(program), pool)
    }

    fn of(tool: Tool, pool: &Pool) -> Result<Self, Finding> {
        let ask = |word: &str| tool.run(pool, &[word], &[], GREETING_CLOCK).map_err(failed);
        let engine = words::version(&ask("--version")?).ok_or_else(|| failed(Failure::Stopped))?;
        let list = String::from_utf8_lossy(&ask("--list-langs")?).into_owned();
        let has = |language: &str| list.lines().any(|line| line.trim() == language);
        let languages: Vec<&str> = LANGUAGES.into_iter().filter(|language| has(language)).collect();
        if languages.is_empty() {
            return Err(findings::no_recogniser());
        }
        let turns_pages = has(ORIENTATION);
        Ok(Self { tool, engine: format!("{PROGRAM} {engine}"), languages, turns_pages })
    }

    /// The program and its version: `tesseract 5.3.0`.
    pub fn engine(&self) -> &str {
        &self.engine
    }

    /// The languages of the house that it reads, by Tesseract's names.
    pub fn languages(&self) -> &[&'static str] {
        &self.languages
    }

    /// What it lacks of the languages of the house, and what one loses by that.
    pub fn lacks(&self) -> Option<Finding> {
        let missing = LANGUAGES.into_iter().find(|language| !self.languages.contains(language))?;
        Some(findings::no_language(&match missing {
            "fra" => text!("French", "français"),
            _ => text!("English", "anglais"),
        }))
    }

    /// Recognises the text of every page that has none. What cannot be read is a finding; the other pages keep theirs.
    pub fn recognise(&self, pool: &Pool, document: &mut dyn Document, size: u64, name: &str) -> Recognition {
        let mut recognition = Recognition { engine: self.engine.clone(), ..Recognition::default() };
        let layers = match pool.layers(document, size, name) {
            Ok(layers) => layers,
            Err(why) => {
                recognition.findings.push(why);
                return recognition;
            }
        };
        let mut left = MAX_TEXT.saturating_sub(layers.iter().map(|layer| layer.text.len() + 1).sum());
        let (mut asked, mut words, mut language) = (0, MAX_PLACED_WORDS, self.languages[0]);
        for (number, layer) in (1..).zip(layers) {
            let mut page = RecognisedPage { text: layer.text, ..RecognisedPage::default() };
            if layer.waits && (asked == MAX_RECOGNISED_PAGES || left == 0) {
                recognition.note(findings::text_cut());
            } else if layer.waits {
                asked += 1;
                match pool.scan(document, size, name, number).and_then(|scan| self.read(pool, &scan, &mut language)) {
                    Ok(read) => {
                        // Where a document says its own words, they stand where it says.
                        if page.text.trim().is_empty() {
                            page.rows = within(read.rows, &mut words);
                        }
                        page.add(&read.text, &mut left);
                        page.confidence = Some(read.confidence);
                        recognition.used(language);
                    }
                    Err(why) => recognition.note(why),
                }
            }
            recognition.pages.push(page);
        }
        recognition
    }

    /// Reads a page in the language of the page before. If what it says turns out to be in the other one, it is read again
    /// in that, and what the program is surer of is taken.
    fn read(&self, pool: &Pool, scan: &Scan, language: &mut &'static str) -> Result<Read, Finding> {
        let read = self.read_in(pool, scan, language)?;
        let other = match extract::language(&read.text).as_deref() {
            Some("fr") => "fra",
            Some("en") => "eng",
            _ => return Ok(read),
        };
        if other == *language || !self.languages.contains(&other) {
            return Ok(read);
        }
        let again = self.read_in(pool, scan, other)?;
        if again.confidence < read.confidence {
            return Ok(read);
        }
        *language = other;
        Ok(again)
    }

    fn read_in(&self, pool: &Pool, scan: &Scan, language: &str) -> Result<Read, Finding> {
        // 1: with a look at which way up the page is; 3: without.
        let segmentation = if self.turns_pages { "1" } else { "3" };
        let arguments = ["stdin", "stdout", "-l", language, "--psm", segmentation, "--dpi", DENSITY, "tsv"];
        // A portable grey map (Netpbm's PGM): nothing in it that could be read in two ways.
        let head = format!("P5\n{} {}\n255\n", scan.width, scan.height);
        let said = self.tool.run(pool, &arguments, &[head.as_bytes(), &scan.pixels], TOOL_CLOCK).map_err(failed)?;
        words::read(&said, (scan.width, scan.height)).ok_or_else(|| failed(Failure::Stopped))
    }
}

impl Recognition {
    /// Notes a finding, each kind once.
    fn note(&mut self, finding: Finding) {
        if self.findings.iter().all(|known| known.number != finding.number) {
            self.findings.push(finding);
        }
    }

    fn used(&mut self, language: &str) {
        if self.languages.iter().all(|known| known != language) {
            self.languages.push(language.to_owned());
        }
    }
}

impl RecognisedPage {
    /// Adds what was recognised, as much as there is room for.
    fn add(&mut self, text: &str, left: &mut usize) {
        let end = text.floor_char_boundary((*left).min(text.len()));
        if !self.text.is_empty() && end > 0 {
            self.text.push('\n');
        }
        self.text.push_str(&text[..end]);
        *left -= end;
    }
}

/// Rows as long as there are words left for them.
fn within(mut rows: Vec<PageRow>, left: &mut usize) -> Vec<PageRow> {
    let mut fits = true;
    rows.retain(|row| {
        fits &= row.words.len() <= *left;
        *left -= if fits { row.words.len() } else { 0 };
        fits
    });
    rows
}

fn failed(why: Failure) -> Finding {
    findings::tool_failed("Tesseract", &why.said())
}
