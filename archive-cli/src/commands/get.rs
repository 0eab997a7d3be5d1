//! `get`: the original bytes, exactly.

use super::{ingest::workers, parsed};
use crate::{arguments::Get, context::Context, output};
use chartrier_engine::{Result, error};
use chartrier_schemas::text;
use std::{
    fs::{self, File, OpenOptions},
    io::{self, IsTerminal as _, Write},
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
    process::ExitCode,
};

pub(crate) fn run(context: &Context, arguments: &Get) -> Result<ExitCode> {
    let (archive, session) = context.open_as(arguments.as_person.as_deref())?;
    let id = parsed(&arguments.id)?;
    match arguments.page {
        Some(page) => {
            let picture = chartrier_web::page(&archive, &session, id, page, &mut || workers(context, 1, false))?;
            put(arguments, &mut |to| to.write_all(&picture).map_err(|why| error::io("write the bytes", &why)))
        }
        None => {
            let component = archive.component(&session, id, arguments.component)?;
            put(arguments, &mut |to| chartrier_web::component(&archive, &component, &mut || workers(context, 1, false), to))
        }
    }
}

/// Writes to the new file or to standard output.
fn put(arguments: &Get, write: &mut dyn FnMut(&mut dyn Write) -> Result<()>) -> Result<ExitCode> {
    match &arguments.output {
        None => {
            let mut out = output::Bytes(io::stdout().lock());
            write(&mut out)?;
            out.flush().map_err(|why| error::io("write the bytes", &why))?;
            if io::stdout().is_terminal() {
                eprintln!();
            }
        }
        Some(file) => {
            let mut target = Target::create(file)?;
            write(&mut target.file)?;
            target.keep(file)?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// A new file that is there whole, or not at all.
struct Target {
    file: File,
    part: PathBuf,
}

impl Target {
    fn create(file: &Path) -> Result<Self> {
        if file.symlink_metadata().is_ok() {
            return Err(error::invalid(
                text!("{file} is there already.", "{file} existe déjà.", file = file.display()),
                text!("Name a new file: nothing is ever overwritten.", "Indiquez un nouveau fichier : rien n’est jamais écrasé."),
            ));
        }
        let mut name = file.file_name().unwrap_or_default().to_owned();
        name.push(format!(".{}.part", std::process::id()));
        let part = file.with_file_name(name);
        let opened = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&part);
        Ok(Self { file: opened.map_err(|why| error::unwritable(file, &why))?, part })
    }

    /// Gives the file its name, unless something took it meanwhile.
    fn keep(self, file: &Path) -> Result<()> {
        let kept = self.file.sync_all().and_then(|()| fs::hard_link(&self.part, file).or_else(|_| rename_new(&self.part, file)));
        kept.map_err(|why| error::io("write the file", &why))
    }
}

/// For file systems without hard links.
fn rename_new(from: &Path, to: &Path) -> io::Result<()> {
    if to.symlink_metadata().is_ok() { Err(io::ErrorKind::AlreadyExists.into()) } else { fs::rename(from, to) }
}

impl Drop for Target {
    fn drop(&mut self) {
        // Kept under its name, or given up.
        let _ = fs::remove_file(&self.part);
    }
}
