//! One file per verb.

mod classes;
mod demo;
mod doctor;
mod extract;
mod formats;
mod get;
mod groups;
mod identify;
mod ingest;
mod init;
mod keys;
mod people;
mod report;
mod samples;
mod search;
mod serve;
mod show;
mod verify;

use crate::{
    arguments::{Arguments, Command},
    context::Context,
    output,
};
use chartrier_engine::{Result, error};
use chartrier_schemas::{text, text::Told};
use clap::CommandFactory as _;
use std::{path::Path, process::ExitCode};

pub(crate) fn run(context: &Context, command: Command) -> Result<ExitCode> {
    match command {
        Command::Init(arguments) => init::run(context, &arguments),
        Command::Ingest(arguments) => ingest::run(context, &arguments),
        Command::List(arguments) => search::list(context, &arguments),
        Command::Search(arguments) => search::run(context, &arguments),
        Command::Show(arguments) => show::run(context, &arguments),
        Command::Get(arguments) => get::run(context, &arguments),
        Command::Identify(arguments) => identify::run(context, &arguments),
        Command::Extract(arguments) => extract::run(context, &arguments),
        Command::Report(report) => report::run(context, &report),
        Command::Doctor => doctor::run(context),
        Command::Formats(arguments) => formats::run(context, arguments.command),
        Command::Verify(arguments) => verify::run(context, &arguments),
        Command::Rebuild => verify::rebuild(context),
        Command::Compact => verify::compact(context),
        Command::Class(command) => classes::class(context, command),
        Command::Dossier(command) => classes::dossier(context, command),
        Command::File(arguments) => classes::file(context, &arguments),
        Command::Mark(arguments) => classes::mark(context, &arguments),
        Command::Describe(arguments) => classes::describe(context, arguments),
        Command::Undo { act } => classes::undo(context, &act),
        Command::Person(command) => people::person(context, command),
        Command::Group(command) => groups::run(context, command),
        Command::Mandate(command) => people::mandate(context, command),
        Command::Key(command) => keys::run(context, command),
        Command::Serve(arguments) => serve::run(context, &arguments),
        Command::Demo(arguments) => demo::run(context, &arguments),
        Command::Completions { shell } => {
            // Written to memory first: whoever reads may want the first line alone.
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Arguments::command(), "chartrier", &mut script);
            output::put(String::from_utf8_lossy(&script).trim_end());
            Ok(ExitCode::SUCCESS)
        }
        Command::Man { folder } => man(context, &folder),
    }
}

fn man(context: &Context, folder: &Path) -> Result<ExitCode> {
    if !folder.is_dir() {
        return Err(error::invalid(
            text!("There is no folder {folder}.", "Il n’y a pas de dossier {folder}.", folder = folder.display()),
            text!("Make it first, or name another one.", "Créez-le d’abord, ou indiquez-en un autre."),
        ));
    }
    clap_mangen::generate_to(Arguments::command(), folder).map_err(|why| error::io("write the man pages", &why))?;
    output::line(
        context,
        &text!("Man pages written into {folder}.", "Pages de manuel écrites dans {folder}.", folder = folder.display()),
    );
    Ok(ExitCode::SUCCESS)
}

/// Reads an id or another short text, with a sentence where it is not one.
pub(crate) fn parsed<T>(given: &str) -> Result<T>
where
    T: std::str::FromStr,
    T::Err: Told,
{
    given.parse().map_err(|why: T::Err| error::invalid(why.problem(), why.remedy()))
}

/// The class or dossier that a person named; nothing is the inbox.
pub(crate) fn place(code: Option<&str>) -> Option<&str> {
    code.filter(|code| *code != "none")
}

/// The URL of a store that a person named, who may have written a plain path.
pub(crate) fn store_url(given: &str) -> Result<String> {
    if given.contains("://") || given == "memory:" {
        return Ok(given.to_owned());
    }
    let folder = std::path::absolute(given).map_err(|why| error::unreadable(given.as_ref(), &why))?;
    match folder.to_str() {
        Some(path) => Ok(format!("file://{path}")),
        None => Err(error::invalid(
            text!("The path of a store is text in UTF-8.", "Le chemin d’un dépôt est du texte en UTF-8."),
            text!("Name another folder.", "Indiquez un autre dossier."),
        )),
    }
}
