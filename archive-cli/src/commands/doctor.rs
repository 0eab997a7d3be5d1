//! `doctor`: what this machine has of what chartrier uses, and what one loses where it lacks something.

use super::{formats, ingest::workers};
use crate::{context::Context, output};
use chartrier_engine::{Result, keys::Home};
use chartrier_ingest::recognition::Recogniser;
use chartrier_schemas::{Text, text};
use serde_json::json;
use std::process::ExitCode;

/// One thing that was looked at.
struct Check {
    name: &'static str,
    is_well: bool,
    said: Text,
    remedy: Option<Text>,
}

pub(crate) fn run(context: &Context) -> Result<ExitCode> {
    let checks = checks(context)?;
    let well = checks.iter().all(|check| check.is_well);
    if context.json {
        let lines: Vec<_> = checks
            .iter()
            .map(|check| {
                json!({
                    "name": check.name, "ok": check.is_well, "said": context.say(&check.said),
                    "remedy": check.remedy.as_ref().map(|remedy| context.say(remedy)),
                })
            })
            .collect();
        output::json(&json!({ "well": well, "checks": lines }));
    } else {
        for check in &checks {
            output::put(&format!("{}  {}", if check.is_well { "✓" } else { "✗" }, context.say(&check.said)));
            if let Some(remedy) = &check.remedy {
                output::put(&format!("   {}", context.say(remedy)));
            }
        }
    }
    Ok(if well { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

fn checks(context: &Context) -> Result<Vec<Check>> {
    let pool = workers(context, 1, false)?;
    let mut checks = vec![match pool.check() {
        Ok(()) => well(
            "sandbox",
            text!(
                "Readers are shut in: no files, no network, no keys.",
                "Les lecteurs sont enfermés : ni fichiers, ni réseau, ni clefs."
            ),
        ),
        Err(why) => Check { name: "sandbox", is_well: false, said: why.problem, remedy: Some(why.remedy) },
    }];
    checks.extend(match Recogniser::find(&pool) {
        Ok(recogniser) => {
            let languages = recogniser.languages().join(", ");
            let said = text!(
                "Scanned pages are read by {engine} ({languages}).",
                "Les pages numérisées sont lues par {engine} ({languages}).",
                engine = recogniser.engine(),
                languages = languages
            );
            let lacks = recogniser.lacks();
            let lacks = lacks.map(|why| Check { name: "languages", is_well: false, said: why.problem, remedy: Some(why.remedy) });
            std::iter::once(well("recognition", said)).chain(lacks).collect::<Vec<_>>()
        }
        Err(why) => vec![Check { name: "recognition", is_well: false, said: why.problem, remedy: Some(why.remedy) }],
    });
    let registry = formats::registry(context)?;
    checks.push(well("formats", formats::described(registry.version())));
    checks.push(match Home::exists(&context.home) {
        true => well("home", text!("The home is {home}.", "Le poste est {home}.", home = context.home.display())),
        false => Check {
            name: "home",
            is_well: false,
            said: text!("There is no archive in {home}.", "Il n’y a pas d’archives dans {home}.", home = context.home.display()),
            remedy: Some(text!("Make one: chartrier init", "Créez-en : chartrier init")),
        },
    });
    Ok(checks)
}

fn well(name: &'static str, said: Text) -> Check {
    Check { name, is_well: true, said, remedy: None }
}
