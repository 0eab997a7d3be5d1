//! `class`, `dossier`, `file`, `undo`, `mark`, `describe`: where records lie, how they are protected, and what they are said to be.

use super::{parsed, place};
use crate::{
    arguments::{Class, Container, Describe, Dossier, FileCommand, Mark},
    context::Context,
    output,
};
use chartrier_engine::{
    Result,
    archive::{ClassRow, Statement},
    error,
};
use chartrier_schemas::{RecordId, Text, text};
use serde_json::json;
use std::{path::Path, process::ExitCode};

pub(crate) fn class(context: &Context, command: Class) -> Result<ExitCode> {
    let (archive, session) = context.open()?;
    match command {
        Class::List => Ok(list(context, "class", archive.classes(&session)?)),
        Class::Add(Container { code, title, under }) => {
            let id = archive.add_class(&session, &code, &title, under.as_deref())?;
            Ok(done(
                context,
                json!({ "id": id, "code": code }),
                &text!("Class {code} added.", "Classe {code} ajoutée.", code = code),
            ))
        }
        Class::Import { file } => {
            let imported = archive.import_classes(&session, &rows(&file)?)?;
            let said = text!(
                "{added} classes added, {already} there already.",
                "{added} classes ajoutées, {already} déjà présentes.",
                added = imported.added,
                already = imported.already
            );
            Ok(done(context, json!({ "added": imported.added, "already": imported.already }), &said))
        }
    }
}

/// Reads `code,title,under`; the separator may be a semicolon, as French tables write it.
fn rows(file: &Path) -> Result<Vec<(String, String, Option<String>)>> {
    let wrong = |why: Text| {
        error::invalid(
            Text {
                en: format!("{} cannot be read as a table: {}.", file.display(), why.en),
                fr: format!("{} ne se lit pas comme un tableau : {}.", file.display(), why.fr),
            },
            text!(
                "Give a CSV file in UTF-8 with the columns code,title,under.",
                "Donnez un fichier CSV en UTF-8 avec les colonnes code,title,under."
            ),
        )
    };
    let damaged = |why: csv::Error| {
        let line = why.position().map_or(0, csv::Position::line);
        wrong(text!("line {line} is broken", "la ligne {line} est abîmée", line = line))
    };
    let content = std::fs::read_to_string(file).map_err(|why| error::unreadable(file, &why))?;
    let head = content.lines().next().unwrap_or_default();
    let delimiter = if head.contains(';') { b';' } else { b',' };
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(delimiter)
        .flexible(true)
        .trim(csv::Trim::All)
        .from_reader(content.trim_start_matches('\u{feff}').as_bytes());
    let headers = reader.headers().map_err(damaged)?.clone();
    let column = |name: &str| headers.iter().position(|header| header.eq_ignore_ascii_case(name));
    let (Some(code), Some(title)) = (column("code"), column("title")) else {
        return Err(wrong(text!("it has no columns code and title", "il n’a pas de colonnes code et title")));
    };
    let under = column("under");
    let mut rows = Vec::new();
    for row in reader.records() {
        let row = row.map_err(damaged)?;
        let cell = |at: Option<usize>| at.and_then(|at| row.get(at)).unwrap_or_default().to_owned();
        rows.push((cell(Some(code)), cell(Some(title)), Some(cell(under)).filter(|under| !under.is_empty())));
    }
    Ok(rows)
}

pub(crate) fn dossier(context: &Context, command: Dossier) -> Result<ExitCode> {
    let (archive, session) = context.open()?;
    match command {
        Dossier::List => Ok(list(context, "dossier", archive.dossiers(&session)?)),
        Dossier::Add(Container { code, title, under }) => {
            let id = archive.add_dossier(&session, &code, &title, under.as_deref())?;
            Ok(done(
                context,
                json!({ "id": id, "code": code }),
                &text!("Dossier {code} opened.", "Dossier {code} ouvert.", code = code),
            ))
        }
        Dossier::Close { code } => {
            let changed = archive.close_dossier(&session, &code, true)?;
            Ok(done(
                context,
                json!({ "code": code, "changed": changed }),
                &text!("Dossier {code} is closed.", "Le dossier {code} est clos.", code = code),
            ))
        }
        Dossier::Reopen { code } => {
            let changed = archive.close_dossier(&session, &code, false)?;
            Ok(done(
                context,
                json!({ "code": code, "changed": changed }),
                &text!("Dossier {code} is open.", "Le dossier {code} est ouvert.", code = code),
            ))
        }
    }
}

pub(crate) fn file(context: &Context, arguments: &FileCommand) -> Result<ExitCode> {
    let (archive, session) = context.open()?;
    let records = records(&arguments.ids)?;
    let filed = archive.file(&session, &records, place(Some(&arguments.into)))?;
    let said = output::counted(filed.moved, ("record filed", "pièce classée"), ("records filed", "pièces classées"));
    Ok(done(
        context,
        json!({ "filed": filed.moved, "act": filed.act }),
        &match filed.act {
            Some(act) => Text {
                en: format!("{}. To take it back: chartrier undo {act}", said.en),
                fr: format!("{}. Pour l’annuler : chartrier undo {act}", said.fr),
            },
            None => text!("It lies there already.", "C’est déjà là."),
        },
    ))
}

pub(crate) fn mark(context: &Context, arguments: &Mark) -> Result<ExitCode> {
    let Some((marking, ids)) = arguments.ids_and_marking.split_last() else {
        return Err(error::bug("a marking without arguments"));
    };
    let (archive, session) = context.open()?;
    let marked = archive.mark(&session, &records(ids)?, &parsed(marking)?, &arguments.reason)?;
    archive.index()?;
    Ok(done(
        context,
        json!({ "marked": marked }),
        &output::counted(
            marked,
            (&format!("record marked {marking}."), &format!("pièce marquée {marking}.")),
            (&format!("records marked {marking}."), &format!("pièces marquées {marking}.")),
        ),
    ))
}

pub(crate) fn describe(context: &Context, arguments: Describe) -> Result<ExitCode> {
    let Describe { id, title, date, about } = arguments;
    let (archive, session) = context.open()?;
    let id = parsed(&id)?;
    let said = archive.show(&session, id)?.record.said.unwrap_or_default();
    // What is not named stays as it was said.
    let statement = Statement {
        title: title.or(said.title).unwrap_or_default(),
        date: date.or(said.date).unwrap_or_default(),
        content: about.or(said.content).unwrap_or_default(),
    };
    let changed = archive.say(&session, id, &statement)?;
    archive.index()?;
    let told = match changed {
        true => text!("Described.", "Décrite."),
        false => text!("It is described so already.", "Elle est déjà décrite ainsi."),
    };
    Ok(done(context, json!({ "changed": changed }), &told))
}

pub(crate) fn undo(context: &Context, act: &str) -> Result<ExitCode> {
    let (archive, session) = context.open()?;
    let undone = archive.undo_filing(&session, parsed(act)?)?;
    Ok(done(
        context,
        json!({ "moved": undone.moved, "stayed": undone.stayed }),
        &text!(
            "{moved} put back; {stayed} stayed, filed again since or their old place closed.",
            "{moved} remises en place ; {stayed} restées, classées de nouveau depuis ou leur ancienne place close.",
            moved = undone.moved,
            stayed = undone.stayed
        ),
    ))
}

fn records(ids: &[String]) -> Result<Vec<RecordId>> {
    ids.iter().map(|id| parsed(id)).collect()
}

fn list(context: &Context, noun: &str, rows: Vec<ClassRow>) -> ExitCode {
    if context.json {
        for row in rows {
            output::json(&chartrier_web::json::class(&row));
        }
        return ExitCode::SUCCESS;
    }
    if rows.is_empty() {
        let none = text!(
            "None yet. Add one with: chartrier {noun} add CODE TITLE",
            "Rien pour l’instant. Ajoutez avec : chartrier {noun} add COTE INTITULÉ",
            noun = noun
        );
        output::aside(context, &none);
    }
    let closed = text!("closed", "clos");
    let cells = |row: &ClassRow| {
        let state = if row.closed { context.say(&closed).to_owned() } else { String::new() };
        vec![row.code.clone(), row.marking.to_string(), output::plain(&row.title), row.under.clone().unwrap_or_default(), state]
    };
    output::table(&rows.iter().map(cells).collect::<Vec<_>>());
    ExitCode::SUCCESS
}

/// What was done: as JSON for machines, as a sentence for people.
pub(crate) fn done(context: &Context, value: serde_json::Value, said: &chartrier_schemas::Text) -> ExitCode {
    if context.json {
        return output::json(&value);
    }
    output::line(context, said);
    ExitCode::SUCCESS
}
