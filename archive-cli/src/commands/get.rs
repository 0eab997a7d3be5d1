//! `get`: the original bytes, exactly.

use super::parsed;
use crate::{arguments::Get, context::Context, output};
use chartrier_engine::{
    Error, Kind, Result,
    archive::{Archive, Component},
    error,
};
use chartrier_ingest::worker::Pool;
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
    let component = archive.component(&session, parsed(&arguments.id)?, arguments.component)?;
    match &arguments.output {
        None => {
            let mut out = output::Bytes(io::stdout().lock());
            give(&archive, &component, &mut out)?;
            out.flush().map_err(|why| error::io("write the bytes", &why))?;
            if io::stdout().is_terminal() {
                eprintln!();
            }
        }
        Some(file) => {
            let mut target = Target::create(file)?;
            give(&archive, &component, &mut target.file)?;
            target.keep(file)?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Writes a component; a part is decoded by a worker, and compared with its content address before a byte goes out.
fn give(archive: &Archive, component: &Component, to: &mut dyn Write) -> Result<()> {
    let Some(path) = &component.path else { return archive.copy_original(component, to) };
    let mut carrier = Vec::new();
    archive.copy_original(component, &mut carrier)?;
    let this = std::env::current_exe().map_err(|why| error::io("find this program, to start its workers", &why))?;
    let pool = Pool::new(this, vec!["worker".into()], 1);
    let mut part = Vec::new();
    let name = &component.carrier.name;
    let read = pool.part(&mut carrier.as_slice(), carrier.len() as u64, name, path, &mut part);
    read.map_err(|finding| Error { kind: Kind::Unavailable, problem: finding.problem, remedy: finding.remedy })?;
    if chartrier_engine::seal::content_of(&part) != component.described.content {
        return Err(error::corrupt(&component.described.name, "its decoded bytes are not those that were captured"));
    }
    to.write_all(&part).map_err(|why| error::io("write the bytes", &why))
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
                text!("Name a new file: nothing is ever overwritten.", "Indiquez un nouveau fichier : rien n’est jamais écrasé."),
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
