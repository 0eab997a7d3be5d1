//! What is measured: seeded words and files, the same on every machine, and real folders where there are some.

use crate::documents::{Seeded, docx, eml, pdf};
use chartrier_schemas::TERM_WEIGHTS;
use std::{
    fs, io,
    path::{Path, PathBuf},
};

/// Words beyond those that are common: a vocabulary has a long tail.
const TAIL: u64 = 200_000;

/// Words drawn as languages draw them (Zipf and Mandelbrot, exponent 1.07).
pub struct Vocabulary {
    words: Vec<String>,
    /// Sums of shares, in 2^53rds.
    sums: Vec<u64>,
}

impl Default for Vocabulary {
    fn default() -> Self {
        let mut common: Vec<(u64, &str)> = TERM_WEIGHTS
            .lines()
            .filter_map(|line| line.split_once('\t'))
            .filter_map(|(word, count)| Some((count.parse().ok()?, word)))
            .collect();
        common.sort_by(|one, other| other.cmp(one));
        let mut words: Vec<String> = common.into_iter().map(|(_, word)| word.to_owned()).collect();
        words.extend((0..TAIL).map(pseudo_word));
        let shares: Vec<f64> = (0..words.len()).map(|rank| (rank as f64 + 2.7).powf(-1.07)).collect();
        let all: f64 = shares.iter().sum();
        let mut sum = 0.0;
        let sums = shares
            .iter()
            .map(|share| {
                sum += share / all;
                (sum * (1u64 << 53) as f64) as u64
            })
            .collect();
        Self { words, sums }
    }
}

/// A word that could be one.
fn pseudo_word(number: u64) -> String {
    const SYLLABLES: [&str; 16] =
        ["ba", "ron", "mé", "ti", "lou", "sar", "vé", "din", "cha", "pol", "gri", "mau", "fer", "na", "tou", "sel"];
    let mut random = Seeded(number ^ 0x5eed);
    let mut word = String::new();
    for _ in 0..3 + random.below(2) {
        word.push_str(SYLLABLES[random.below(16) as usize]);
    }
    word
}

impl Vocabulary {
    /// The word of a rank, the most common first.
    pub fn word(&self, rank: usize) -> &str {
        &self.words[rank]
    }

    /// A word by chance.
    pub fn draw(&self, random: &mut Seeded) -> &str {
        let at = random.number() >> 11;
        &self.words[self.sums.partition_point(|sum| *sum < at).min(self.words.len() - 1)]
    }

    /// Words by chance, with spaces between.
    pub fn text(&self, random: &mut Seeded, count: u64) -> String {
        let mut text = String::new();
        for at in 0..count {
            if at > 0 {
                text.push(' ');
            }
            text.push_str(self.draw(random));
        }
        text
    }
}

/// Large files: half of random bytes, half of text, some twice.
pub fn large(folder: &Path, megabytes: u64) -> io::Result<()> {
    let (vocabulary, mut random) = (Vocabulary::default(), Seeded(11));
    let mut left = megabytes << 20;
    let mut number = 0;
    while left > 0 {
        let size = (4 << 20) + random.below(60 << 20).min(left);
        let size = size.min(left.max(1 << 20));
        left = left.saturating_sub(size);
        let path = folder.join(format!("large-{number:03}.bin"));
        let bytes = match number % 4 {
            0 | 1 => random.bytes(size as usize),
            2 => {
                let piece = vocabulary.text(&mut random, 40_000);
                piece
                    .bytes()
                    .cycle()
                    .enumerate()
                    .map(|(at, byte)| if at % 97 == 0 { b'0' + (at / 97 % 10) as u8 } else { byte })
                    .take(size as usize)
                    .collect()
            }
            _ => fs::read(folder.join(format!("large-{:03}.bin", number - 3)))?,
        };
        fs::write(path, bytes)?;
        number += 1;
    }
    Ok(())
}

/// Office files: many small ones of the kinds that offices have.
pub fn office(folder: &Path, count: u64) -> io::Result<()> {
    let (vocabulary, mut random) = (Vocabulary::default(), Seeded(12));
    for number in 0..count {
        let length = 50 + random.below(2_000);
        let text = vocabulary.text(&mut random, length);
        let plain: String = text.chars().filter(char::is_ascii).collect();
        let title = vocabulary.text(&mut random, 4);
        let ascii: String = title.chars().filter(char::is_ascii).collect();
        let lines: Vec<&str> = plain.as_bytes().chunks(80).take(60).map(|line| std::str::from_utf8(line).unwrap_or("")).collect();
        let (ending, bytes) = match number % 6 {
            0 => ("txt", text.into_bytes()),
            1 => ("docx", docx(&title, &text)),
            2 | 3 => ("pdf", [pdf(&ascii, &lines), random.bytes(200_000)].concat()),
            4 => ("eml", eml("ada@example.org", &ascii, &plain, ("p.pdf", &pdf(&ascii, &lines)))),
            _ => ("jpg", random.bytes(300_000)),
        };
        let place = folder.join(format!("d{}", number / 100));
        fs::create_dir_all(&place)?;
        fs::write(place.join(format!("{number:06}.{ending}")), bytes)?;
    }
    Ok(())
}

/// Bytes of all files below a folder.
pub fn size(folder: &Path) -> u64 {
    files(folder).iter().filter_map(|file| file.metadata().ok()).map(|metadata| metadata.len()).sum()
}

/// Every file below a folder.
pub fn files(folder: &Path) -> Vec<PathBuf> {
    let (mut found, mut pending) = (Vec::new(), vec![folder.to_owned()]);
    while let Some(folder) = pending.pop() {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            match entry.file_type() {
                Ok(kind) if kind.is_dir() => pending.push(entry.path()),
                Ok(kind) if kind.is_file() => found.push(entry.path()),
                _ => {}
            }
        }
    }
    found.sort();
    found
}
