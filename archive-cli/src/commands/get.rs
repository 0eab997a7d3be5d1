//! `get`: the original bytes, exactly.

use super::{ingest::workers, parsed};
use crate::{arguments::Get, context::Context, output};
use chartrier_engine::{
    Error, Kind, Result,
    archive::{Archive, Component},
    error,
    policy::Session,
};
use chartrier_schemas::{RecordId, text};
use std::{
    fs::{self, File, OpenOptions},
    io::{self, IsTerminal as _, Write},
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
    process::ExitCode,
};

/// Pages whose pictures are made and kept together: who looks at one looks at the next.
const TOGETHER: u32 = 8;

/// The longer side of a page's picture, in pixels.
const SIDE: u32 = 1_600;

pub(crate) fn run(context: &Context, arguments: &Get) -> Result<ExitCode> {
    let (archive, session) = context.open_as(arguments.as_person.as_deref())?;
    let id = parsed(&arguments.id)?;
    match arguments.page {
        Some(page) => {
            let picture = page_of(context, &archive, &session, id, page)?;
            put(arguments, &mut |to| to.write_all(&picture).map_err(|why| error::io("write the bytes", &why)))
        }
        None => {
            let component = archive.component(&session, id, arguments.component)?;
            put(arguments, &mut |to| give(context, &archive, &component, to))
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

/// The picture of a page: the one that is kept, else a new one, kept with those of the pages beside it.
fn page_of(context: &Context, archive: &Archive, session: &Session, id: RecordId, page: u32) -> Result<Vec<u8>> {
    if let Some(kept) = archive.page_image(session, id, page)? {
        return Ok(kept);
    }
    let component = archive.component(session, id, 1)?;
    let mut original = Vec::new();
    archive.copy_original(&component, &mut original)?;
    let pool = workers(context, 1, false)?;
    let (size, name) = (original.len() as u64, &component.carrier.name);
    let draw = |page: u32| pool.page_image(&mut original.as_slice(), size, name, page, SIDE).map(|picture| picture.jpeg);
    let asked = draw(page).map_err(|why| Error { kind: Kind::NotFound, problem: why.problem, remedy: why.remedy })?;
    let first = (page - 1) / TOGETHER * TOGETHER + 1;
    let mut pictures = Vec::new();
    for other in first..first + TOGETHER {
        match if other == page { Ok(asked.clone()) } else { draw(other) } {
            Ok(picture) => pictures.push(picture),
            Err(_) => break,
        }
    }
    // A page before it that cannot be drawn keeps none of those behind it from being seen.
    match first + u32::try_from(pictures.len()).unwrap_or(0) > page {
        true => archive.keep_page_images(session, id, first, &pictures)?,
        false => archive.keep_page_images(session, id, page, std::slice::from_ref(&asked))?,
    }
    Ok(asked)
}

/// Writes a component; a part is decoded by a worker, and compared with its content address before a byte goes out.
fn give(context: &Context, archive: &Archive, component: &Component, to: &mut dyn Write) -> Result<()> {
    let Some(path) = &component.path else { return archive.copy_original(component, to) };
    let mut carrier = Vec::new();
    archive.copy_original(component, &mut carrier)?;
    let pool = workers(context, 1, false)?;
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
