//! Markdown: read as it stands, for its marks are no words, and its links and code are. The title is what a reader would
//! call it: what stands before the text says so, else the first heading (CommonMark 0.31, 4.2 and 4.3).

use super::text;
use chartrier_schemas::Extraction;

/// Lines among which what stands before the text ends.
const FRONT: usize = 200;

/// Reads a text.
pub(super) fn read(bytes: &[u8], extraction: &mut Extraction) {
    let source = text::decode(bytes);
    let body = front(&source, extraction);
    if extraction.title.is_none() {
        extraction.title = heading(body);
    }
    extraction.text = source;
}

/// What stands before the text, between lines of `---` (YAML) or `+++` (TOML); answers what follows.
fn front<'a>(source: &'a str, extraction: &mut Extraction) -> &'a str {
    let start = source.trim_start_matches('\u{feff}');
    let Some(fence) = ["---", "+++"].into_iter().find(|fence| start.lines().next().is_some_and(|line| line.trim_end() == *fence))
    else {
        return start;
    };
    let mut key = String::new();
    let mut read = 0;
    for (number, line) in start.split_inclusive('\n').enumerate().take(FRONT) {
        read += line.len();
        let line = line.trim_end();
        if number > 0 && (line == fence || (line == "..." && fence == "---")) {
            return &start[read..];
        }
        let item = line.trim_start().strip_prefix("- ").filter(|_| !key.is_empty());
        if let Some(item) = item {
            say(&key, item, extraction);
        } else if let Some((name, value)) = line.split_once([':', '=']).filter(|_| !line.starts_with([' ', '#'])) {
            key = name.trim().to_ascii_lowercase();
            match value.trim().strip_prefix('[').and_then(|list| list.strip_suffix(']')) {
                Some(list) => list.split(',').for_each(|value| say(&key, value, extraction)),
                None => say(&key, value, extraction),
            }
        }
    }
    start
}

fn say(key: &str, value: &str, extraction: &mut Extraction) {
    let value = value.trim().trim_matches(['"', '\'']).trim();
    if value.is_empty() {
        return;
    }
    match key {
        "title" => extraction.title = Some(value.to_owned()),
        "author" | "authors" | "name" => extraction.authors.push(value.to_owned()),
        "date" | "lastmod" | "updated" => {
            let day = format!("{value}T00:00:00");
            extraction.date = super::moment(value).or_else(|| super::moment(&day)).or(extraction.date.take());
        }
        "tags" | "keywords" | "categories" => extraction.fields.push(("keywords".to_owned(), value.to_owned())),
        "description" | "summary" => extraction.fields.push(("description".to_owned(), value.to_owned())),
        _ => {}
    }
}

/// The first heading: behind `#`, or above a line of `=` or `-`.
fn heading(body: &str) -> Option<String> {
    let mut is_code = false;
    let mut above = "";
    for line in body.lines().take(1_000) {
        let plain = line.trim();
        if plain.starts_with("```") || plain.starts_with("~~~") {
            is_code = !is_code;
        }
        let words = plain.trim_start_matches('#');
        let level = plain.len() - words.len();
        let is_rule = |mark: char| plain.len() > 1 && plain.chars().all(|c| c == mark);
        let found = match is_code {
            true => "",
            false if (1..=6).contains(&level) && words.starts_with([' ', '\t']) => words.trim_end_matches('#'),
            false if is_rule('=') || is_rule('-') => above,
            false => "",
        };
        let title = found.replace(['*', '`'], "");
        if !title.trim().is_empty() {
            return Some(title.trim().to_owned());
        }
        above = if line.starts_with([' ', '\t', '>', '-', '*']) { "" } else { plain };
    }
    None
}

#[cfg(test)]
mod tests {
    use super::super::extract;

    #[test]
    fn the_title_is_what_a_reader_would_call_it() {
        let titled = extract(
            "---\ntitle: \"Le jardin\"\nauthor:\n  - Ada\n  - Bob\ndate: 2026-07-14\ntags: [roses, lys]\n---\n# Autre\n"
                .as_bytes(),
            "x.md",
        );
        assert_eq!(titled.title.as_deref(), Some("Le jardin"));
        assert_eq!(titled.authors, ["Ada", "Bob"]);
        assert_eq!(titled.date.as_deref(), Some("2026-07-14T00:00:00Z"));
        assert_eq!(titled.fields.iter().filter(|(name, _)| name == "keywords").count(), 2);
        let title = |source: &str| extract(source.as_bytes(), "x.md").title;
        assert_eq!(title("texte\n\n```\n# non\n```\n\n## Le *jardin* ##\n").as_deref(), Some("Le jardin"));
        assert_eq!(title("Le jardin\n=========\n").as_deref(), Some("Le jardin"));
        assert_eq!(title("---\ntexte\n\n#hashtag\n"), None);
        assert!(extract(b"**gras** [lien](http://example.org)", "x.md").text.contains("example.org"));
    }
}
