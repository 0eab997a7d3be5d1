//! `key`: who can open the archive, new key pairs, and a lost home made anew.

use super::{classes::done, init::read_sheet, parsed, people::role_word, store_url};
use crate::{
    arguments::{Key, Restore},
    context::Context,
    output,
};
use chartrier_engine::{Result, archive};
use chartrier_schemas::text;
use serde_json::json;
use std::process::ExitCode;

pub(crate) fn run(context: &Context, command: Key) -> Result<ExitCode> {
    if let Key::Restore(arguments) = command {
        return restore(context, &arguments);
    }
    let (archive, session) = context.open()?;
    match command {
        Key::Restore(_) => Ok(ExitCode::SUCCESS),
        Key::List => {
            let holders = archive.holders(&session)?;
            if context.json {
                for holder in &holders {
                    output::json(&chartrier_web::json::holder(holder));
                }
                return Ok(ExitCode::SUCCESS);
            }
            let here = text!("this home", "ce poste");
            for holder in &holders {
                let at = if holder.here { format!("  ({})", context.say(&here)) } else { String::new() };
                output::put(&format!("{}  {}  {}{at}", holder.id, holder.role, holder.recipient));
                for (label, generation) in &holder.labels {
                    output::put(&format!("    {label}  {generation}"));
                }
            }
            Ok(ExitCode::SUCCESS)
        }
        Key::Rotate { label, reason } => {
            let only = label.as_deref().map(parsed).transpose()?;
            let rotated = archive.rotate(&session, only, reason.as_deref())?;
            Ok(done(
                context,
                json!({ "rotated": rotated }),
                &text!("{rotated} labels have new keys.", "{rotated} étiquettes ont de nouvelles clefs.", rotated = rotated),
            ))
        }
        Key::AddRecovery { recipient, reason } => {
            let id = archive.add_recovery(&session, &recipient.parse()?, reason.as_deref())?;
            Ok(done(
                context,
                json!({ "id": id }),
                &text!("Recovery recipient {id} added.", "Destinataire de secours {id} ajouté.", id = id),
            ))
        }
        Key::AddServer { recipient, signing_key, reason } => {
            let id = archive.add_server(&session, &recipient.parse()?, &signing_key, reason.as_deref())?;
            Ok(done(context, json!({ "id": id }), &text!("Server {id} added.", "Serveur {id} ajouté.", id = id)))
        }
        Key::Remove { holder, reason } => {
            let id = parsed(&holder)?;
            archive.remove_holder(&session, id, reason.as_deref())?;
            let said = text!(
                "{id} is removed, and every label has new keys. What it could open before, it may have kept.",
                "{id} est retiré, et chaque étiquette a de nouvelles clefs. Ce qu’il pouvait ouvrir, il a pu le garder.",
                id = id
            );
            Ok(done(context, json!({ "id": id }), &said))
        }
    }
}

fn restore(context: &Context, arguments: &Restore) -> Result<ExitCode> {
    let sheet = read_sheet(&arguments.recovery_file)?;
    let store = store_url(&arguments.store)?;
    let options = context.options_with(context.new_unlock(arguments.no_passphrase)?);
    let restored = archive::restore(&context.home, &store, &sheet, arguments.person.as_deref(), &options)?;
    restored.index()?;
    let session = restored.session(restored.owner())?;
    let person = restored.persons(&session)?.into_iter().find(|row| row.id == session.person);
    let name = person.map_or_else(|| session.person.to_string(), |row| row.name);
    let said = text!(
        "Archive {id} is back in {home}. The homes that were before can open nothing new.",
        "Les archives {id} sont de retour dans {home}. Les postes d’avant n’ouvrent plus rien de nouveau.",
        id = restored.id(),
        home = context.home.display()
    );
    let value = json!({
        "archive": restored.id(), "home": context.home, "store": restored.store_url(),
        "person": session.person, "name": name, "roles": session.roles,
    });
    let code = done(context, value, &said);
    if !context.json {
        let roles = session.roles.iter().map(role_word).collect::<Vec<_>>().join(", ");
        let name = output::plain(&name);
        output::line(
            context,
            &text!("You act as {name} ({roles}).", "Vous agissez comme {name} ({roles}).", name = name, roles = roles),
        );
    }
    Ok(code)
}
