//! Records to search, and what is asked of them: generated ones, the same on every machine, or those of a folder with
//! `records.jsonl` (a line each: `lang`, `class`, `date`, `title`, `body`) and `queries.json` (what is asked first, by kind).

use super::corpus::Vocabulary;
use crate::documents::Seeded;
use serde::Deserialize;
use std::{
    collections::{BTreeSet, HashMap},
    fs::{self, File},
    io::{BufRead as _, BufReader},
    os::unix::fs::FileExt,
    path::Path,
};

/// Classes of generated records.
const CLASSES: usize = 60;

/// Records of a folder that are looked at for what else can be asked.
const SAMPLE: u64 = 20_000;

/// One record.
#[derive(Deserialize)]
pub struct Record {
    /// Title.
    pub title: String,
    /// Text.
    pub body: String,
    /// `fr` or `en`.
    #[serde(rename = "lang")]
    pub language: String,
    /// A day, `2026-11-25`.
    pub date: String,
    /// Code of its class.
    pub class: String,
}

/// A query.
#[derive(Clone, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum Asked {
    /// A word of many records.
    Frequent {
        /// The word.
        w: String,
    },
    /// A word of few.
    Rare {
        /// The word.
        w: String,
    },
    /// Words that one record must all have.
    And {
        /// The words.
        ws: Vec<String>,
    },
    /// Words that stand together.
    Phrase {
        /// The words, with spaces.
        p: String,
    },
    /// How words begin.
    Prefix {
        /// The beginning.
        x: String,
    },
    /// A word, in a class and between two days, newest first.
    Filter {
        /// The word.
        w: String,
        /// Code of the class.
        class: String,
        /// First day.
        from: String,
        /// Last day.
        to: String,
    },
    /// A word, with counts by class.
    Facet {
        /// The word.
        w: String,
    },
}

impl Asked {
    /// Its kind.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Frequent { .. } => "frequent",
            Self::Rare { .. } => "rare",
            Self::And { .. } => "and",
            Self::Phrase { .. } => "phrase",
            Self::Prefix { .. } => "prefix",
            Self::Filter { .. } => "filter",
            Self::Facet { .. } => "facet",
        }
    }

    /// As somebody types it.
    pub fn typed(&self) -> String {
        match self {
            Self::Frequent { w } | Self::Rare { w } | Self::Facet { w } => w.clone(),
            Self::And { ws } => ws.join(" "),
            Self::Phrase { p } => format!("\"{p}\""),
            Self::Prefix { x } => format!("{x}*"),
            Self::Filter { w, class, from, to } => format!("{w} class:{class} date:{from}..{to}"),
        }
    }
}

/// Records, and queries over them.
pub struct Records {
    /// How many there are.
    pub count: u64,
    source: Source,
    first: Vec<Asked>,
    frequent: Vec<String>,
    rare: Vec<String>,
    pairs: Vec<String>,
    classes: Vec<String>,
}

enum Source {
    Generated(Vocabulary),
    /// A file, where each line begins, and the class of each by its number.
    Lines(File, Vec<u64>, Vec<u16>),
}

impl Records {
    /// So many: those of a folder, or generated ones.
    pub fn new(folder: Option<&Path>, count: u64) -> Self {
        folder.map_or_else(|| Self::generated(count), |folder| Self::of(folder, count))
    }

    fn generated(count: u64) -> Self {
        let vocabulary = Vocabulary::default();
        let words = |ranks: std::ops::Range<usize>| ranks.map(|rank| vocabulary.word(rank).to_owned()).collect();
        let (frequent, rare) = (words(20..620), words(20_000..80_000));
        let classes = (0..CLASSES).map(|class| format!("C{class}")).collect();
        let mut all =
            Self { count, source: Source::Generated(vocabulary), first: vec![], frequent, rare, pairs: vec![], classes };
        let pair = |number| all.record(number).body.split(' ').skip(10).take(2).collect::<Vec<_>>().join(" ");
        all.pairs = (0..count.min(SAMPLE)).map(pair).collect();
        all
    }

    fn of(folder: &Path, count: u64) -> Self {
        let path = folder.join("records.jsonl");
        let mut lines = BufReader::new(File::open(&path).expect("records.jsonl"));
        let mut line = Vec::new();
        let (mut starts, mut numbers, mut classes) = (vec![0], Vec::new(), Vec::<String>::new());
        while (numbers.len() as u64) < count && lines.read_until(b'\n', &mut line).expect("a line") > 0 {
            let Record { class, .. } = serde_json::from_slice(&line).expect("a record");
            let number = classes.iter().position(|known| *known == class).unwrap_or_else(|| {
                classes.push(class);
                classes.len() - 1
            });
            numbers.push(u16::try_from(number).expect("a class"));
            starts.push(starts.last().expect("a start") + line.len() as u64);
            line.clear();
        }
        let count = numbers.len() as u64;
        let queries = fs::read(folder.join("queries.json")).expect("queries.json");
        let first = serde_json::from_slice(&queries).expect("queries");
        let source = Source::Lines(File::open(path).expect("records.jsonl"), starts, numbers);
        let mut all = Self { count, source, first, frequent: vec![], rare: vec![], pairs: vec![], classes };
        all.sample();
        all
    }

    /// Draws words and pairs of words as the records have them.
    fn sample(&mut self) {
        let (mut words, mut pairs) = (HashMap::<String, u32>::new(), HashMap::<String, u32>::new());
        let long = |word: &str| word.chars().count() > 3;
        for number in (0..self.count).step_by(usize::try_from(self.count.div_ceil(SAMPLE)).expect("a step")) {
            let body = self.record(number).body;
            let all: Vec<&str> = body.trim_end_matches('.').split(' ').collect();
            all.iter().filter(|word| long(word)).for_each(|word| *words.entry((*word).to_owned()).or_default() += 1);
            let long_pairs = all.windows(2).filter(|pair| pair.iter().all(|word| long(word)));
            long_pairs.for_each(|pair| *pairs.entry(pair.join(" ")).or_default() += 1);
        }
        let mut ranked: Vec<_> = words.into_iter().collect();
        ranked.sort_by(|one, other| other.1.cmp(&one.1).then_with(|| one.0.cmp(&other.0)));
        self.frequent = ranked.iter().take(600).map(|(word, _)| word.clone()).collect();
        self.rare = ranked.into_iter().filter(|(_, count)| *count == 1).map(|(word, _)| word).collect();
        self.pairs = pairs
            .into_iter()
            .filter(|(_, count)| *count > 1)
            .map(|(pair, _)| pair)
            .collect::<BTreeSet<_>>()
            .into_iter()
            .collect();
    }

    /// Codes of their classes.
    pub fn classes(&self) -> &[String] {
        &self.classes
    }

    /// The records of a class, by its place among the classes.
    pub fn of_class(&self, class: usize) -> Vec<u64> {
        match &self.source {
            Source::Generated(_) => (class as u64..self.count).step_by(CLASSES).collect(),
            Source::Lines(_, _, classes) => {
                (0..).zip(classes).filter(|(_, of)| usize::from(**of) == class).map(|(number, _)| number).collect()
            }
        }
    }

    /// The place among the classes of a code.
    pub fn class(&self, code: &str) -> usize {
        self.classes.iter().position(|known| known == code).expect("a class")
    }

    /// The record of a number.
    pub fn record(&self, number: u64) -> Record {
        match &self.source {
            Source::Generated(vocabulary) => generated(vocabulary, number),
            Source::Lines(file, starts, _) => {
                let at = usize::try_from(number).expect("a number");
                let mut line = vec![0; usize::try_from(starts[at + 1] - starts[at]).expect("a length")];
                file.read_exact_at(&mut line, starts[at]).expect("a line");
                serde_json::from_slice(&line).expect("a record")
            }
        }
    }

    /// What the person of a number asks: the first one what the folder says, if it does, and everybody else something else.
    pub fn queries(&self, person: u64) -> Vec<Asked> {
        if person == 0 && !self.first.is_empty() {
            return self.first.clone();
        }
        let mut random = Seeded(77 + person);
        let of = |random: &mut Seeded, words: &[String]| words[random.below(words.len() as u64) as usize].clone();
        let mut queries = Vec::new();
        for _ in 0..30 {
            queries.push(Asked::Frequent { w: of(&mut random, &self.frequent) });
            queries.push(Asked::Rare { w: of(&mut random, &self.rare) });
            queries.push(Asked::And { ws: vec![of(&mut random, &self.frequent), of(&mut random, &self.frequent)] });
            queries.push(Asked::Phrase { p: of(&mut random, &self.pairs) });
            queries.push(Asked::Prefix { x: of(&mut random, &self.frequent).chars().take(4).collect() });
        }
        for _ in 0..25 {
            let (w, class) = (of(&mut random, &self.frequent), of(&mut random, &self.classes[1..]));
            let year = 1996 + random.below(25);
            queries.push(Asked::Filter { w, class, from: format!("{year}-01-01"), to: format!("{}-12-31", year + 4) });
            queries.push(Asked::Facet { w: of(&mut random, &self.frequent) });
        }
        queries
    }
}

fn generated(vocabulary: &Vocabulary, number: u64) -> Record {
    let mut random = Seeded(number.wrapping_mul(0x9e37_79b9).wrapping_add(42));
    let length = 60 + random.below(121);
    let (title, body) = (vocabulary.text(&mut random, 6), vocabulary.text(&mut random, length));
    let language = if random.below(2) == 0 { "fr" } else { "en" }.to_owned();
    let date = format!("{}-{:02}-{:02}", 1995 + random.below(32), 1 + random.below(12), 1 + random.below(28));
    Record { title, body, language, date, class: format!("C{}", number % CLASSES as u64) }
}
