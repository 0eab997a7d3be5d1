//! `search` and `list`.

use crate::{
    arguments::{Facet, List, Search, Sort},
    context::Context,
    output,
};
use chartrier_engine::{
    Result,
    archive::{Archive, ListLine, SearchHit, SearchRequest, SearchResult},
    index::{self, FacetName},
    policy::Session,
};
use chartrier_schemas::text;
use serde_json::{Value, json};
use std::{io::IsTerminal as _, process::ExitCode};

pub(crate) fn run(context: &Context, arguments: &Search) -> Result<ExitCode> {
    let (archive, session) = context.open_as(arguments.as_person.as_deref())?;
    let facets: Vec<FacetName> = arguments.facet.iter().copied().map(name_of).collect();
    let words = arguments.words.join(" ");
    let sort = match arguments.sort {
        Sort::Relevance => index::Sort::Relevance,
        Sort::Date => index::Sort::Date,
    };
    let request = SearchRequest { words: &words, sort, limit: arguments.limit, offset: arguments.offset, facets: &facets };
    // Work that was cut short between catalog and index is finished before it is asked.
    archive.index()?;
    let result = archive.search(&session, &request)?;
    if context.json {
        return Ok(output::json(&as_json(context, &result)));
    }
    print(context, &result, arguments.offset);
    Ok(ExitCode::SUCCESS)
}

/// Searches and prints the first hits.
pub(crate) fn show(context: &Context, archive: &Archive, session: &Session, words: &str) -> Result<()> {
    let request = SearchRequest { words, sort: index::Sort::Relevance, limit: 3, offset: 0, facets: &[] };
    print(context, &archive.search(session, &request)?, 0);
    Ok(())
}

fn name_of(facet: Facet) -> FacetName {
    match facet {
        Facet::Class => FacetName::Class,
        Facet::Type => FacetName::Type,
        Facet::Year => FacetName::Year,
        Facet::Marking => FacetName::Marking,
    }
}

fn as_json(context: &Context, result: &SearchResult) -> Value {
    let hit = |hit: &SearchHit| {
        let mut line = line_json(&hit.line);
        line["format"] = json!(hit.puid);
        line["snippet"] = json!(hit.snippet.text);
        line["highlights"] = json!(hit.snippet.highlights);
        line["score"] = json!(hit.score);
        line
    };
    let facets: serde_json::Map<String, Value> = result
        .facets
        .iter()
        .map(|(name, values)| {
            let values: Vec<Value> = values.iter().map(|(value, count)| json!({ "value": value, "count": count })).collect();
            ((*name).to_owned(), json!(values))
        })
        .collect();
    json!({
        "total": result.total,
        "coverage": { "complete": result.complete, "as_of": result.as_of },
        "hits": result.hits.iter().map(hit).collect::<Vec<_>>(),
        "facets": facets,
        "notes": result.notes.iter().map(|note| context.say(note)).collect::<Vec<_>>(),
    })
}

fn line_json(line: &ListLine) -> Value {
    json!({
        "id": line.id, "title": line.title, "name": line.name, "date": line.date,
        "class": line.class, "marking": line.marking, "content": line.content,
    })
}

fn print(context: &Context, result: &SearchResult, offset: usize) {
    for note in &result.notes {
        eprintln!("{}", context.say(note));
    }
    let style = Style::of_terminal();
    for hit in &result.hits {
        let line = &hit.line;
        let date = line.date.as_deref().and_then(|date| date.get(..10)).unwrap_or("          ");
        let class = line.class.as_deref().unwrap_or("–");
        output::put(&format!("{}  {date}  {class}  {}  {}", line.id, line.marking, style.strong(&output::plain(&line.title))));
        if !hit.snippet.text.is_empty() {
            output::put(&format!("    {}", style.highlighted(&hit.snippet.text, &hit.snippet.highlights)));
        }
    }
    for (name, values) in &result.facets {
        let none = text!("none", "aucune");
        let counts: Vec<String> = values
            .iter()
            .take(12)
            .map(|(value, count)| format!("{} {count}", output::plain(value.as_deref().unwrap_or_else(|| context.say(&none)))))
            .collect();
        output::put(&format!("{name}: {}", counts.join(", ")));
    }
    let shown = match (result.total, result.hits.len()) {
        (0, _) => text!("Nothing found", "Aucun résultat"),
        (total, 0) => text!("{total} found, none so far down.", "{total} résultats, aucun aussi loin.", total = total),
        (total, count) => text!(
            "{first} to {last} of {total}",
            "{first} à {last} sur {total}",
            first = offset + 1,
            last = offset + count,
            total = total
        ),
    };
    let coverage = match (result.complete, &result.as_of) {
        (false, _) => text!("; some records are not searchable yet", " ; certaines pièces ne sont pas encore cherchables"),
        (true, Some(as_of)) => text!("; complete to {as_of}", " ; complet au {as_of}", as_of = as_of),
        (true, None) => text!("", ""),
    };
    output::put(&format!("{}{}", context.say(&shown), context.say(&coverage)));
}

/// How a terminal shows what matters; nothing where nobody sees it, or `NO_COLOR` is set.
struct Style(bool);

impl Style {
    fn of_terminal() -> Self {
        Self(std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty()))
    }

    fn strong(&self, text: &str) -> String {
        if self.0 { format!("\x1b[1m{text}\x1b[0m") } else { text.to_owned() }
    }

    fn highlighted(&self, text: &str, highlights: &[(usize, usize)]) -> String {
        let mut shown = String::new();
        for (at, c) in text.chars().enumerate() {
            if self.0 && highlights.iter().any(|(first, _)| *first == at) {
                shown.push_str("\x1b[1;33m");
            }
            if self.0 && highlights.iter().any(|(_, end)| *end == at) {
                shown.push_str("\x1b[0m");
            }
            shown.push(if c.is_control() { '\u{fffd}' } else { c });
        }
        if self.0 { shown + "\x1b[0m" } else { shown }
    }
}

pub(crate) fn list(context: &Context, arguments: &List) -> Result<ExitCode> {
    let (archive, session) = context.open_as(arguments.as_person.as_deref())?;
    archive.index()?;
    lines(&archive, &session, &arguments.query.join(" "))?;
    Ok(ExitCode::SUCCESS)
}

fn lines(archive: &Archive, session: &Session, query: &str) -> Result<u64> {
    archive.list(session, query, &mut |line| {
        output::json(&line_json(&line));
    })
}
