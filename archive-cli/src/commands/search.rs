//! `search` and `list`.

use crate::{
    arguments::{Facet, List, Search, Sort},
    context::Context,
    output,
};
use chartrier_engine::{
    Result,
    archive::{Archive, ListLine, SearchRequest, SearchResult},
    index::{self, FacetName},
    policy::Session,
    query::{Field, parse},
};
use chartrier_schemas::{Finding, RecordId, Text, text};
use chartrier_web::json;
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
        return Ok(output::json(&json::found(context.language, &result)));
    }
    let found = Findings::of(&archive, &session, &words);
    print(context, &result, &found, (arguments.offset, arguments.limit))?;
    Ok(ExitCode::SUCCESS)
}

/// Searches and prints the first hits.
pub(crate) fn show(context: &Context, archive: &Archive, session: &Session, words: &str) -> Result<()> {
    let request = SearchRequest { words, sort: index::Sort::Relevance, limit: 3, offset: 0, facets: &[] };
    print(context, &archive.search(session, &request)?, &Findings::of(archive, session, words), (0, 3))
}

fn name_of(facet: Facet) -> FacetName {
    match facet {
        Facet::Class => FacetName::Class,
        Facet::Type => FacetName::Type,
        Facet::Year => FacetName::Year,
        Facet::Marking => FacetName::Marking,
    }
}

/// Where a hit goes on.
const INDENT: usize = 4;

fn print(context: &Context, result: &SearchResult, findings: &Findings<'_>, (offset, limit): (usize, usize)) -> Result<()> {
    result.notes.iter().for_each(|note| output::aside(context, note));
    let style = Style::of_terminal();
    for hit in &result.hits {
        print_line(&hit.line, &style);
        if !hit.snippet.text.is_empty() {
            let snippet = style.highlighted(&hit.snippet.text, &hit.snippet.highlights);
            output::put_wrapped(&format!("{:INDENT$}{snippet}", ""), INDENT);
        }
        findings.print(context, hit.line.id)?;
    }
    for (name, values) in &result.facets {
        let none = text!("none", "aucune");
        let counts: Vec<String> = values
            .iter()
            .take(12)
            .map(|(value, count)| format!("{} {count}", output::plain(value.as_deref().unwrap_or_else(|| context.say(&none)))))
            .collect();
        output::put_wrapped(context.say(&output::labelled(&facet_word(name), &counts.join(", "))), INDENT);
    }
    let shown = match (result.total, result.hits.len()) {
        (0, _) => text!("Nothing found", "Aucun résultat"),
        (total, _) if limit == 0 => output::counted(total, ("found", "résultat"), ("found", "résultats")),
        (total, 0) => {
            let all = output::counted(total, ("found", "résultat"), ("found", "résultats"));
            Text { en: format!("{}, none so far down", all.en), fr: format!("{}, aucun aussi loin", all.fr) }
        }
        (total, count) => text!(
            "{first} to {last} of {total}",
            "{first} à {last} sur {total}",
            first = offset + 1,
            last = offset + count,
            total = total
        ),
    };
    let coverage = match (result.complete, &result.as_of) {
        (false, _) => text!("; some records are not searchable yet", " ; certaines pièces ne sont pas encore cherchables"),
        (true, Some(as_of)) => text!("; complete to {as_of}", " ; complet au {as_of}", as_of = as_of),
        (true, None) => text!("", ""),
    };
    output::put(&format!("{}{}", context.say(&shown), context.say(&coverage)));
    Ok(())
}

fn facet_word(name: &str) -> Text {
    match name {
        "class" => text!("class", "classe"),
        "year" => text!("year", "année"),
        "marking" => text!("marking", "marquage"),
        name => text!("{name}", "{name}", name = name),
    }
}

/// A record in one line.
fn print_line(line: &ListLine, style: &Style) {
    let date = line.date.as_deref().and_then(|date| date.get(..10)).unwrap_or("          ");
    let class = line.class.as_deref().unwrap_or("–");
    let title = style.strong(&output::plain(&line.title));
    output::put_wrapped(&format!("{}  {date}  {class}  {}  {title}", line.id, line.marking), INDENT);
}

/// What was wrong with records, shown where the query asks about that.
struct Findings<'a>(Option<(&'a Archive, &'a Session)>);

impl<'a> Findings<'a> {
    fn of(archive: &'a Archive, session: &'a Session, words: &str) -> Self {
        let asked = parse(words).root.fields().iter().any(|field| matches!(field, Field::Finding(_)));
        Self(asked.then_some((archive, session)))
    }

    fn get(&self, id: RecordId) -> Result<Option<Vec<Finding>>> {
        self.0.map(|(archive, session)| archive.findings(session, id)).transpose()
    }

    fn print(&self, context: &Context, id: RecordId) -> Result<()> {
        for finding in self.get(id)?.unwrap_or_default() {
            let problem = output::plain(context.say(&finding.problem));
            output::put_wrapped(&format!("{:INDENT$}{}  {problem}", "", finding.number), INDENT + 4);
        }
        Ok(())
    }
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
    let query = arguments.query.join(" ");
    let (findings, style) = (Findings::of(&archive, &session, &query), Style::of_terminal());
    // What reads along gets JSON; who looks at a terminal gets lines.
    let to_read = !context.json && std::io::stdout().is_terminal();
    let mut failed = None;
    let found = archive.list(&session, &query, &mut |line| {
        let told = match to_read {
            true => {
                print_line(&line, &style);
                findings.print(context, line.id)
            }
            false => findings.get(line.id).map(|found| {
                let mut told = json::line(&line);
                if let Some(found) = found {
                    told["findings"] = found.iter().map(|finding| json::finding(context.language, finding)).collect();
                }
                output::json(&told);
            }),
        };
        failed = failed.take().or(told.err());
    })?;
    failed.map_or(Ok(()), Err)?;
    archive.notes(&session, &query, found)?.iter().for_each(|note| output::aside(context, note));
    Ok(ExitCode::SUCCESS)
}
