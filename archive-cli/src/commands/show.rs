//! `show`: what the archive says of a record.

use super::parsed;
use crate::{arguments::Show, context::Context, output};
use chartrier_engine::{
    Result,
    archive::{HistoryLine, Shown},
};
use chartrier_schemas::{Text, text};
use chartrier_web::json;
use std::process::ExitCode;

pub(crate) fn run(context: &Context, arguments: &Show) -> Result<ExitCode> {
    let (archive, session) = context.open_as(arguments.as_person.as_deref())?;
    let id = parsed(&arguments.id)?;
    if arguments.text {
        let texts = archive.text(&session, id)?;
        if context.json {
            return Ok(output::json(
                &texts.iter().map(|(number, text)| serde_json::json!({ "n": number, "text": text })).collect::<Vec<_>>(),
            ));
        }
        if texts.is_empty() {
            let none = text!(
                "No text was read out of it: `chartrier show {id}` says why.",
                "Aucun texte n’en a été tiré : `chartrier show {id}` dit pourquoi.",
                id = id
            );
            output::aside(context, &none);
        }
        for (_, text) in texts {
            text.lines().for_each(|line| output::put(&output::plain_line(line)));
        }
        return Ok(ExitCode::SUCCESS);
    }
    let shown = archive.show(&session, id)?;
    if context.json {
        return Ok(output::json(&json::shown(context.language, &shown)));
    }
    print(context, &shown);
    Ok(ExitCode::SUCCESS)
}

fn print(context: &Context, shown: &Shown) {
    let record = &shown.record;
    output::put_wrapped(&output::plain(record.known_as()), 0);
    let inbox = text!("inbox", "à classer");
    let mut rows: Vec<(Text, String)> = vec![
        (text!("id", "identifiant"), shown.id.to_string()),
        (text!("name", "nom"), record.name.clone()),
        (text!("date", "date"), record.dated().unwrap_or_default().to_owned()),
        (text!("about", "contenu"), record.about().unwrap_or_default().to_owned()),
        (text!("class", "classe"), shown.class.clone().unwrap_or_else(|| context.say(&inbox).to_owned())),
        (text!("marking", "marquage"), shown.marking.to_string()),
        (text!("authors", "auteurs"), record.authors.join(", ")),
        (text!("recipients", "destinataires"), record.recipients.join(", ")),
        (text!("pages", "pages"), record.pages.map(|pages| pages.to_string()).unwrap_or_default()),
    ];
    rows.extend(record.fields.iter().map(|(name, value)| (text!("{name}", "{name}", name = name), value.clone())));
    rows.extend(record.occurrences.iter().map(|seen| (text!("seen at", "vu en"), format!("{}:{}", seen.source, seen.path))));
    let cells = rows
        .iter()
        .filter(|(_, value)| !value.is_empty())
        .map(|(name, value)| vec![context.say(name).to_owned(), output::plain(value)]);
    output::table(&cells.collect::<Vec<_>>());
    heading(context, &text!("Components", "Composants"));
    for (n, component) in (1u32..).zip(&record.components) {
        let format = component.puid.as_ref().unwrap_or(&component.media);
        let (size, name) = (output::bytes(component.size), output::plain(&component.name));
        output::put_wrapped(&format!("  {n}  {size}  {format}  {name}"), 5);
        output::put(&format!("     {}", component.content));
    }
    if !record.findings.is_empty() {
        heading(context, &text!("Findings", "Constats"));
        for finding in &record.findings {
            let line = format!("  {}  {} {}", finding.number, context.say(&finding.problem), context.say(&finding.remedy));
            output::put_wrapped(&output::plain(&line), 6);
        }
    }
    heading(context, &text!("History", "Historique"));
    for line in &shown.history {
        let HistoryLine { act, by, reason, .. } = line;
        let reason = reason.as_ref().map(|reason| format!(" ({reason})")).unwrap_or_default();
        let who = Text { en: by.clone(), fr: by.clone() };
        let said = output::labelled(&who, &format!("{}{reason}", context.say(&json::deed(line))));
        output::put_wrapped(&output::plain(&format!("  {}  {}", act.at, context.say(&said))), 6);
    }
}

fn heading(context: &Context, text: &Text) {
    output::put("");
    output::line(context, text);
}
