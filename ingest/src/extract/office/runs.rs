//! Words of Office Open XML: the runs of Word, of drawings, charts, diagrams and comments. What is written a second
//! time for older programs is read once.

use super::super::xml::{Attributes, Piece, walk};
use super::lists::Lists;

/// Which of the words are read.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Only {
    All,
    /// What a master shows on every slide: not the places that slides fill.
    Fixed,
}

/// Adds the words of a part to `text`; answers whether it was well-formed.
pub(super) fn runs(source: &str, only: Only, lists: &mut Lists, text: &mut String) -> bool {
    let mut runs = Runs {
        text: std::mem::take(text),
        lists,
        only,
        open: 0,
        silent: 0,
        cached: 0,
        boxes: Vec::new(),
        beside: String::new(),
        ruby: None,
        shape: None,
    };
    let sound = walk(source, &mut |piece| match piece {
        Piece::Start(name, said) => runs.start(name, &said),
        Piece::End(name) => runs.end(name),
        Piece::Empty(name, said) => {
            runs.start(name, &said);
            runs.end(name);
        }
        Piece::Text(words) => runs.words(words),
    });
    while runs.boxes.pop().map(|outer| runs.close(outer)).is_some() {}
    runs.set_down();
    *text = runs.text;
    sound
}

struct Runs<'a> {
    text: String,
    lists: &'a mut Lists,
    only: Only,
    /// Open elements whose text is words.
    open: u32,
    /// Open elements of which nothing is read.
    silent: u32,
    /// Open elements in which values are words: the cached names of a chart.
    cached: u32,
    /// What was written before the text boxes that are open.
    boxes: Vec<String>,
    /// Text boxes and descriptions of pictures, until their paragraph ends.
    beside: String,
    /// How the base that follows is read aloud: where it begins, and then its words.
    ruby: Option<(usize, String)>,
    /// Where the shape began that is open, and whether it is a place that slides fill.
    shape: Option<(usize, bool)>,
}

impl Runs<'_> {
    fn holds_words(&self, name: &str) -> bool {
        matches!(name, "t" | "delText" | "text") || (name == "v" && self.cached > 0)
    }

    /// What is written a second time: for older programs, where it was before it moved, how it looked before. And
    /// what only lays out: lists of tab stops, sounds of East Asian words in sheets.
    fn is_silent(name: &str) -> bool {
        matches!(name, "Fallback" | "moveFrom" | "pPrChange" | "rPrChange" | "tabs" | "tabLst" | "rPh")
    }

    fn is_cache(name: &str) -> bool {
        matches!(name, "strCache" | "strLit" | "multiLvlStrCache" | "strDim" | "tx")
    }

    fn start(&mut self, name: &str, said: &Attributes<'_>) {
        self.silent += u32::from(Self::is_silent(name));
        if self.silent > 0 {
            return;
        }
        self.cached += u32::from(Self::is_cache(name));
        match name {
            "p" if !self.text.ends_with(['\n', '\t', '\u{c}']) => newline(&mut self.text),
            "br" | "cr" => newline(&mut self.text),
            "tab" | "ptab" => self.text.push('\t'),
            "noBreakHyphen" => self.text.push('-'),
            "numId" | "ilvl" | "pStyle" => self.lists.told(name, &said.get("val").unwrap_or_default()),
            "txbxContent" => self.boxes.push(std::mem::take(&mut self.text)),
            "docPr" | "cNvPr" => ["title", "descr"].iter().filter_map(|key| said.get(key)).for_each(|words| self.beside(&words)),
            "textpath" => said.get("string").iter().for_each(|words| self.beside(words)),
            "shape" => said.get("alt").iter().for_each(|words| self.beside(words)),
            "comment" => said.get("author").iter().for_each(|author| self.line(author)),
            "rt" => self.ruby = Some((self.text.len(), String::new())),
            "sp" => self.shape = Some((self.text.len(), false)),
            "ph" => self.shape = self.shape.map(|(start, _)| (start, true)),
            _ => {}
        }
        self.open += u32::from(self.holds_words(name));
    }

    fn end(&mut self, name: &str) {
        if self.silent > 0 {
            self.silent -= u32::from(Self::is_silent(name));
            return;
        }
        self.open = self.open.saturating_sub(u32::from(self.holds_words(name)));
        self.cached = self.cached.saturating_sub(u32::from(Self::is_cache(name)));
        match name {
            "pPr" => self.lists.label(&mut self.text),
            "p" => {
                newline(&mut self.text);
                self.set_down();
            }
            "tr" | "comment" | "si" | "pt" | "text" => newline(&mut self.text),
            "tc" => {
                self.text.truncate(self.text.trim_end_matches(['\n', ' ']).len());
                self.text.push('\t');
            }
            "txbxContent" => {
                if let Some(outer) = self.boxes.pop() {
                    self.close(outer);
                }
            }
            "rt" => {
                if let Some((start, words)) = &mut self.ruby
                    && self.text.is_char_boundary(*start)
                {
                    *words = self.text.split_off((*start).min(self.text.len()));
                }
            }
            "ruby" => {
                if let Some((_, words)) = self.ruby.take() {
                    self.text.extend([" (", words.trim(), ") "]);
                }
            }
            "sp" => {
                if let Some((start, true)) = self.shape.take()
                    && self.only == Only::Fixed
                {
                    self.text.truncate(start);
                }
            }
            _ => {}
        }
    }

    fn words(&mut self, words: &str) {
        // Outside of runs, white space only lays the file out.
        let lays_out = words.trim().is_empty() && words.contains('\n');
        if self.open > 0 && self.silent == 0 && !lays_out {
            self.text.push_str(words);
        }
    }

    /// A text box ends: its words follow the paragraph that it stands beside.
    fn close(&mut self, outer: String) {
        let inside = std::mem::replace(&mut self.text, outer);
        self.beside(&inside);
    }

    fn beside(&mut self, words: &str) {
        self.beside.push_str(words.trim_matches('\n'));
        newline(&mut self.beside);
    }

    fn set_down(&mut self) {
        if !self.beside.is_empty() {
            newline(&mut self.text);
            self.text.push_str(&std::mem::take(&mut self.beside));
        }
    }

    fn line(&mut self, words: &str) {
        newline(&mut self.text);
        self.text.push_str(words);
        newline(&mut self.text);
    }
}

/// Ends a line, without what it ends with.
pub(super) fn newline(text: &mut String) {
    text.truncate(text.trim_end_matches([' ', '\t']).len());
    if !text.ends_with('\n') && !text.is_empty() {
        text.push('\n');
    }
}
