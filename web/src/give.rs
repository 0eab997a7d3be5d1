//! Giving what a worker must make first: pictures of pages, and parts of a document. The join of the two rooms for every
//! face: `ingest` draws and decodes, `engine` decides, keeps and compares.

use crate::limits::{SIDE, TOGETHER};
use chartrier_engine::{
    Error, Kind, Result,
    archive::{Archive, Component},
    error,
    policy::Session,
    seal::content_of,
};
use chartrier_ingest::{findings, limits::MAX_READ, worker::Pool};
use chartrier_schemas::RecordId;
use std::io::Write;

/// The picture of a page: the one that is kept, else a new one, kept with those of the pages beside it.
pub fn page(
    archive: &Archive,
    session: &Session,
    id: RecordId,
    page: u32,
    worker: &mut dyn FnMut() -> Result<Pool>,
) -> Result<Vec<u8>> {
    if let Some(kept) = archive.page_image(session, id, page)? {
        return Ok(kept);
    }
    let (original, name) = whole(archive, &archive.component(session, id, 1)?)?;
    let pool = worker()?;
    let size = original.len() as u64;
    let draw = |page: u32| pool.page_image(&mut original.as_slice(), size, &name, page, SIDE).map(|picture| picture.jpeg);
    let asked = draw(page).map_err(|why| Error { kind: Kind::NotFound, problem: why.problem, remedy: why.remedy })?;
    let first = (page.saturating_sub(1)) / TOGETHER * TOGETHER + 1;
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
pub fn component(
    archive: &Archive,
    component: &Component,
    worker: &mut dyn FnMut() -> Result<Pool>,
    to: &mut dyn Write,
) -> Result<()> {
    let Some(path) = &component.path else { return archive.copy_original(component, to) };
    let (carrier, name) = whole(archive, component)?;
    let mut part = Vec::new();
    let read = worker()?.part(&mut carrier.as_slice(), carrier.len() as u64, &name, path, &mut part);
    read.map_err(|finding| Error { kind: Kind::Unavailable, problem: finding.problem, remedy: finding.remedy })?;
    if content_of(&part) != component.described.content {
        return Err(error::corrupt(&component.described.name, "its decoded bytes are not those that were captured"));
    }
    to.write_all(&part).map_err(|why| error::io("write the bytes", &why))
}

/// The bytes of a carrier and its name, for a worker. What workers do not read is not brought into memory either.
fn whole(archive: &Archive, component: &Component) -> Result<(Vec<u8>, String)> {
    let carrier = &component.carrier;
    if carrier.size > MAX_READ {
        let why = findings::too_large();
        return Err(Error { kind: Kind::NotFound, problem: why.problem, remedy: why.remedy });
    }
    let mut bytes = Vec::new();
    archive.copy_original(component, &mut bytes)?;
    Ok((bytes, carrier.name.clone()))
}
