//! `init`: an archive, and the one sheet of paper that matters.

use super::{parsed, store_url};
use crate::{arguments::Init, context::Context, output};
use chartrier_engine::{
    Result,
    archive::{self, InitOptions, Initialised},
    error,
    keys::{Home, RecoverySheet},
};
use chartrier_schemas::{Text, text};
use std::{
    fs::{self, OpenOptions},
    io::Write as _,
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
    process::ExitCode,
};

pub(crate) fn run(context: &Context, arguments: &Init) -> Result<ExitCode> {
    if let Some(file) = &arguments.recovery_file
        && file.exists()
        && !Home::exists(&context.home)
    {
        return Err(error::invalid(
            text!("{file} is there already.", "{file} existe déjà.", file = file.display()),
            text!(
                "Name a new file: a recovery sheet never replaces another.",
                "Indiquez un nouveau fichier : une fiche de secours n’en remplace jamais une autre."
            ),
        ));
    }
    let made = make(context, arguments, &mut |sheet, store| keep(context, arguments, sheet, store))?;
    if !context.json {
        explain(context, &made, arguments);
    }
    Ok(ExitCode::SUCCESS)
}

/// Hands the sheet out before the archive comes to be: into its file, or to whoever reads what is printed.
fn keep(context: &Context, arguments: &Init, sheet: &RecoverySheet, store: &str) -> Result<()> {
    let text = sheet.to_text()?;
    if let Some(file) = &arguments.recovery_file {
        write_secret(file, text.as_bytes())?;
    }
    if context.json {
        output::json(&serde_json::json!({
            "archive": sheet.archive,
            "home": context.home,
            "store": store,
            "recovery_identity": *sheet.identity.to_text(),
            "root_key": *sheet.root.to_text(),
        }));
    } else if arguments.recovery_file.is_none() {
        output::put(text.trim_end());
    }
    Ok(())
}

/// Makes the archive, without printing anything.
pub(crate) fn make(
    context: &Context,
    arguments: &Init,
    keep: &mut dyn FnMut(&RecoverySheet, &str) -> Result<()>,
) -> Result<Initialised> {
    if Home::exists(&context.home) {
        // Before any question is asked: a second `init` changes nothing.
        return Err(error::home_taken(&context.home));
    }
    let unlock = context.new_unlock(arguments.no_passphrase)?;
    fs::create_dir_all(&context.home).map_err(|why| error::io("make the home", &why))?;
    let home = fs::canonicalize(&context.home).map_err(|why| error::io("find the home", &why))?;
    let store = match &arguments.store {
        Some(store) => store_url(store)?,
        None => format!("file://{}", home.join("store").display()),
    };
    let person = arguments.person.clone().unwrap_or_else(user_name);
    let init = InitOptions { store: store.clone(), person, ceiling: parsed(&arguments.ceiling)? };
    archive::initialise(&home, &init, &context.options_with(unlock), &mut |sheet| keep(sheet, &store))
}

fn user_name() -> String {
    ["USER", "LOGNAME"]
        .iter()
        .find_map(|name| std::env::var(name).ok().filter(|name| !name.is_empty()))
        .unwrap_or_else(|| "archivist".to_owned())
}

/// Writes a sheet that only its owner reads, into a file that was not there.
pub(crate) fn write_secret(file: &Path, bytes: &[u8]) -> Result<()> {
    OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(file)
        .and_then(|mut file| file.write_all(bytes).and_then(|()| file.sync_all()))
        .map_err(|why| error::unwritable(file, &why))
}

fn explain(context: &Context, made: &Initialised, arguments: &Init) {
    let home = context.home.display();
    let sheet = match &arguments.recovery_file {
        Some(file) => text!("in {file}", "dans {file}", file = file.display()),
        None => text!("above", "ci-dessus"),
    };
    let lines = [
        text!(
            "Archive {id} is ready in {home}.",
            "Les archives {id} sont prêtes dans {home}.",
            id = made.archive.id(),
            home = home
        ),
        Text {
            en: format!(
                "The recovery sheet {} is the only way back if this home is lost: print it, put it in a safe, delete it here.",
                sheet.en
            ),
            fr: format!(
                "La fiche de secours {} est le seul recours si ce poste est perdu : imprimez-la, mettez-la au coffre, effacez-la ici.",
                sheet.fr
            ),
        },
        text!(
            "Next: chartrier ingest FOLDER, then chartrier search WORDS",
            "Ensuite : chartrier ingest DOSSIER, puis chartrier search MOTS"
        ),
    ];
    for line in lines {
        output::aside(context, &line);
    }
    if arguments.no_passphrase {
        let warning = text!(
            "Warning: without a passphrase, whoever reads {home}/identity reads the archive.",
            "Attention : sans phrase secrète, quiconque lit {home}/identity lit les archives.",
            home = home
        );
        output::aside(context, &warning);
    }
}

/// A new home from the sheet: see `key restore`.
pub(crate) fn read_sheet(file: &PathBuf) -> Result<RecoverySheet> {
    let bytes = fs::read(file).map(zeroize::Zeroizing::new).map_err(|why| error::unreadable(file, &why))?;
    RecoverySheet::read(&bytes)
}
