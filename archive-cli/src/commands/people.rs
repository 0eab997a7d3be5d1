//! `person` and `mandate`: who there is, and who may know what.

use super::{classes::done, parsed, serve};
use crate::{
    arguments::{Mandate, Person, Role},
    context::Context,
    output,
};
use chartrier_engine::{
    Result,
    archive::{MandateRequest, PersonRequest},
    catalog::MandateRow,
    clock,
};
use chartrier_schemas::{
    persisted::v1::{PersonRole, Whom},
    text,
};
use chartrier_web::json;
use serde_json::json;
use std::{collections::HashMap, process::ExitCode};

fn roles(roles: &[Role]) -> Vec<PersonRole> {
    roles
        .iter()
        .map(|role| match role {
            Role::Staff => PersonRole::Staff,
            Role::Archivist => PersonRole::Archivist,
            Role::Security => PersonRole::Security,
            Role::Administrator => PersonRole::Administrator,
        })
        .collect()
}

/// A role as it is typed.
pub(crate) fn role_word(role: &PersonRole) -> &'static str {
    match role {
        PersonRole::Staff => "staff",
        PersonRole::Archivist => "archivist",
        PersonRole::Security => "security",
        PersonRole::Administrator => "administrator",
    }
}

pub(crate) fn person(context: &Context, command: Person) -> Result<ExitCode> {
    let (archive, session) = context.open()?;
    match command {
        Person::List => {
            let rows = archive.persons(&session)?;
            if context.json {
                for row in &rows {
                    output::json(&json!({ "id": row.id, "name": row.name, "roles": row.roles, "clearance": row.clearance }));
                }
                return Ok(ExitCode::SUCCESS);
            }
            let cells = rows.iter().map(|row| {
                let roles = row.roles.iter().map(role_word).collect::<Vec<_>>().join(",");
                vec![row.id.to_string(), row.clearance.to_string(), roles, output::plain(&row.name)]
            });
            output::table(&cells.collect::<Vec<_>>());
            Ok(ExitCode::SUCCESS)
        }
        Person::Add { name, role, clearance, reason } => {
            let request = PersonRequest { name: name.clone(), roles: roles(&role), clearance: parsed(&clearance)?, reason };
            let id = archive.add_person(&session, &request)?;
            let said = text!(
                "{name} added as {id}. A mandate says what {name} may know: chartrier mandate add",
                "{name} ajouté : {id}. Un mandat dit ce que {name} peut connaître : chartrier mandate add",
                name = name,
                id = id
            );
            Ok(done(context, json!({ "id": id, "name": name }), &said))
        }
        Person::Invite { person } => serve::invite(context, &archive, &session, &person),
        Person::EndAccount { person, reason } => {
            let id = archive.person_named(&session, &person)?;
            archive.end_account(&session, id, &reason)?;
            let said = text!("The account of {person} has ended.", "Le compte de {person} est terminé.", person = person);
            Ok(done(context, json!({ "id": id }), &said))
        }
        Person::Link { person } => serve::link(context, &archive, &session, person.as_deref()),
        Person::Clear { person, clearance, reason } => {
            let id = archive.person_named(&session, &person)?;
            archive.clear_person(&session, id, &parsed(&clearance)?, &reason)?;
            let said = text!(
                "{person} is cleared for {clearance}.",
                "{person} est habilité {clearance}.",
                person = person,
                clearance = clearance
            );
            Ok(done(context, json!({ "id": id, "clearance": clearance }), &said))
        }
        Person::Roles { person, roles: new, reason } => {
            let (id, new) = (archive.person_named(&session, &person)?, roles(&new));
            archive.set_roles(&session, id, &new, &reason)?;
            Ok(done(
                context,
                json!({ "id": id, "roles": new }),
                &text!("The roles of {person} are changed.", "Les rôles de {person} sont changés.", person = person),
            ))
        }
    }
}

pub(crate) fn mandate(context: &Context, command: Mandate) -> Result<ExitCode> {
    let (archive, session) = context.open()?;
    match command {
        Mandate::List => {
            let persons = archive.persons(&session)?.into_iter().map(|row| (Whom::from(row.id), row.name));
            let groups = archive.groups(&session)?.into_iter().map(|row| (Whom::from(row.id), row.name));
            let names: HashMap<Whom, String> = persons.chain(groups).collect();
            let mut cells = Vec::new();
            for row in &archive.mandates(&session)? {
                let code = archive.mandate_code(&session, row)?;
                match context.json {
                    true => drop(output::json(&json::mandate(row, code.as_deref(), names.get(&row.whom).map(String::as_str)))),
                    false => cells.push(mandate_cells(context, row, code, &names)),
                }
            }
            output::table(&cells);
            Ok(ExitCode::SUCCESS)
        }
        Mandate::Add { to, on, until, reason } => {
            let whom = match (&to.person, &to.group) {
                (Some(person), _) => archive.person_named(&session, person)?.into(),
                (None, Some(group)) => archive.group_named(&session, group)?.into(),
                (None, None) => Whom::Everyone,
            };
            let until = until.as_deref().map(clock::end_of_day).transpose()?;
            let id = archive.add_mandate(&session, &MandateRequest { whom, on, until, reason })?;
            let said = match to.person.or(to.group) {
                Some(name) => text!("Mandate {id} given to {name}.", "Mandat {id} donné à {name}.", id = id, name = name),
                None => text!("Mandate {id} given to the whole house.", "Mandat {id} donné à toute la maison.", id = id),
            };
            Ok(done(context, json!({ "id": id }), &said))
        }
        Mandate::End { id, reason } => {
            let changed = archive.end_mandate(&session, parsed(&id)?, &reason)?;
            Ok(done(
                context,
                json!({ "id": id, "changed": changed }),
                &text!("Mandate {id} has ended.", "Le mandat {id} est terminé.", id = id),
            ))
        }
    }
}

/// A mandate in one row of a table.
fn mandate_cells(context: &Context, row: &MandateRow, code: Option<String>, names: &HashMap<Whom, String>) -> Vec<String> {
    let whom = match (row.whom, names.get(&row.whom)) {
        (Whom::Everyone, _) => context.say(&text!("the whole house", "toute la maison")).to_owned(),
        (_, Some(name)) => name.clone(),
        (other, None) => other.to_string(),
    };
    let unit = row.unit.map_or_else(|| "*".to_owned(), |unit| unit.to_string());
    let until = match (row.ended, row.until.as_deref().map(clock::last_day)) {
        (true, _) => context.say(&text!("ended", "terminé")).to_owned(),
        (false, Some(last)) => format!("→ {last}"),
        (false, None) => String::new(),
    };
    let on = code.map_or(unit, |code| output::plain(&code));
    vec![row.id.clone(), output::plain(&whom), on, clock::day(&row.from), until, output::plain(&row.reason)]
}
