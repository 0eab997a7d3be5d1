//! `group`: persons who are given mandates together.

use super::classes::done;
use crate::{arguments::Group, context::Context, output};
use chartrier_engine::{
    Result,
    archive::{Archive, GroupRequest, Member},
    clock,
    policy::Session,
};
use chartrier_schemas::{GroupId, PersonId, Text, text};
use chartrier_web::json;
use serde_json::json;
use std::process::ExitCode;

pub(crate) fn run(context: &Context, command: Group) -> Result<ExitCode> {
    let (archive, session) = context.open()?;
    let persons =
        |names: &[String]| -> Result<Vec<PersonId>> { names.iter().map(|name| archive.person_named(&session, name)).collect() };
    match command {
        Group::List => list(context, &archive, &session),
        Group::Show { group } => show(context, &archive, &session, archive.group_named(&session, &group)?),
        Group::Add { name, members, reason } => {
            let request = GroupRequest { name: name.clone(), reason, members: persons(&members)? };
            let id = archive.add_group(&session, &request)?;
            let said = text!(
                "Group {name} made: {id}. A mandate says what it may know: chartrier mandate add --group",
                "Groupe {name} créé : {id}. Un mandat dit ce qu’il peut connaître : chartrier mandate add --group",
                name = name,
                id = id
            );
            Ok(done(context, json!({ "id": id, "name": name }), &said))
        }
        Group::Members { group, add, remove, reason } => {
            let id = archive.group_named(&session, &group)?;
            let changed = archive.change_members(&session, id, &persons(&add)?, &persons(&remove)?, &reason)?;
            let said = text!("The members of {group} are changed.", "Les membres de {group} sont changés.", group = group);
            Ok(told(context, id, changed, &said))
        }
        Group::Rename { group, name, reason } => {
            let id = archive.group_named(&session, &group)?;
            let changed = archive.rename_group(&session, id, &name, &reason)?;
            let said = text!("{group} is called {name} now.", "{group} s’appelle désormais {name}.", group = group, name = name);
            Ok(told(context, id, changed, &said))
        }
        Group::Dissolve { group, reason } => {
            let id = archive.group_named(&session, &group)?;
            let changed = archive.dissolve_group(&session, id, &reason)?;
            let said = text!(
                "{group} is dissolved, and its mandates have ended.",
                "{group} est dissous, et ses mandats sont terminés.",
                group = group
            );
            Ok(told(context, id, changed, &said))
        }
    }
}

fn told(context: &Context, id: GroupId, changed: bool, said: &Text) -> ExitCode {
    let said = if changed { said.clone() } else { text!("It is so already.", "C’est déjà ainsi.") };
    done(context, json!({ "id": id, "changed": changed }), &said)
}

fn list(context: &Context, archive: &Archive, session: &Session) -> Result<ExitCode> {
    let mut cells = Vec::new();
    for row in &archive.groups(session)? {
        if context.json {
            output::json(&json::group(row));
            continue;
        }
        let state = match (&row.dissolved, row.size) {
            (Some(_), _) => context.say(&text!("dissolved", "dissous")).to_owned(),
            (None, Some(size)) => size.to_string(),
            (None, None) => String::new(),
        };
        cells.push(vec![row.id.to_string(), state, output::plain(&row.name), output::plain(&row.reason)]);
    }
    output::table(&cells);
    Ok(ExitCode::SUCCESS)
}

fn show(context: &Context, archive: &Archive, session: &Session, id: GroupId) -> Result<ExitCode> {
    let row = archive.group(session, id)?;
    let members = archive.group_members(session, id)?;
    let mandates = archive.group_mandates(session, id)?;
    if context.json {
        return Ok(output::json(&json::group_shown(&row, &members, &mandates)));
    }
    output::put(&format!("{}  {}  {}", row.id, output::plain(&row.name), output::plain(&row.reason)));
    if let Some(dissolved) = &row.dissolved {
        let day = clock::day(dissolved);
        output::line(context, &text!("dissolved on {day}", "dissous le {day}", day = day));
    }
    let until = |one: &Member| one.until.as_deref().map(|until| format!("→ {}", clock::day(until))).unwrap_or_default();
    let people =
        members.iter().map(|one| vec![one.person.to_string(), output::plain(&one.name), clock::day(&one.since), until(one)]);
    output::table(&people.collect::<Vec<_>>());
    let given = mandates.iter().map(|(one, code)| {
        let unit = one.unit.map_or_else(|| "*".to_owned(), |unit| unit.to_string());
        let ended = if one.ended { context.say(&text!("ended", "terminé")).to_owned() } else { String::new() };
        vec![
            one.id.clone(),
            code.as_deref().map_or(unit, output::plain),
            clock::day(&one.from),
            ended,
            output::plain(&one.reason),
        ]
    });
    output::table(&given.collect::<Vec<_>>());
    Ok(ExitCode::SUCCESS)
}
