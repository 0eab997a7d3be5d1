//! Giving what a worker must make first: pictures of pages, and parts of a document. The join of the two rooms for every
//! face: `ingest` draws and decodes, `engine` decides, keeps and compares.

use crate::limits::{SIDE, TOGETHER};
use chartrier_engine::{
    Error, Kind, Result,
    archive::{Archive, Component, DrawnPage, Look},
    error,
    policy::Session,
    seal::content_of,
};
use chartrier_ingest::{
    findings,
    limits::MAX_READ,
    worker::{PageImage, Pool},
};
use chartrier_schemas::{PageRow, RecordId};
use std::io::Write;

/// The picture of a page as JPEG, for somebody who looks at it now.
pub fn page(
    archive: &Archive,
    session: &Session,
    id: RecordId,
    page: u32,
    worker: &mut dyn FnMut() -> Result<Pool>,
) -> Result<Vec<u8>> {
    picture(archive, session, &archive.look(session, id)?, (id, page), worker)
}

/// The picture of a page: the one that is kept, else a new one.
pub(crate) fn picture(
    archive: &Archive,
    session: &Session,
    look: &Look,
    (id, page): (RecordId, u32),
    worker: &mut dyn FnMut() -> Result<Pool>,
) -> Result<Vec<u8>> {
    match archive.page_image(session, look, page)? {
        Some(kept) => Ok(kept),
        None => Ok(drawn(archive, session, look, (id, page), worker, &mut |_| {})?.jpeg),
    }
}

/// Tells the words of a page and where they stand: those that are kept, else those that a worker tells now, as soon as it has
/// drawn this page.
pub(crate) fn words(
    archive: &Archive,
    session: &Session,
    look: &Look,
    (id, page): (RecordId, u32),
    worker: &mut dyn FnMut() -> Result<Pool>,
    tell: &mut dyn FnMut(Vec<PageRow>),
) -> Result<()> {
    match archive.page_words(session, look, page)? {
        Some(kept) => tell(kept),
        None => drop(drawn(archive, session, look, (id, page), worker, &mut |page| tell(page.rows.clone()))?),
    }
    Ok(())
}

/// The first of the pages that are drawn and kept together with one.
pub(crate) fn first_beside(page: u32) -> u32 {
    page.saturating_sub(1) / TOGETHER * TOGETHER + 1
}

/// Lets a worker draw a page, and keeps it with those beside it, which are drawn after it was seen.
fn drawn(
    archive: &Archive,
    session: &Session,
    look: &Look,
    (id, page): (RecordId, u32),
    worker: &mut dyn FnMut() -> Result<Pool>,
    see: &mut dyn FnMut(&DrawnPage),
) -> Result<DrawnPage> {
    let (original, name) = whole(archive, &archive.original_seen(session, look)?)?;
    let pool = worker()?;
    let size = original.len() as u64;
    let draw = |page: u32| {
        let drawn = pool.page_image(&mut original.as_slice(), size, &name, page, SIDE);
        drawn.map(|PageImage { jpeg, rows, .. }| DrawnPage { jpeg, rows })
    };
    let asked = draw(page).map_err(|why| Error { kind: Kind::NotFound, problem: why.problem, remedy: why.remedy })?;
    see(&asked);
    let first = first_beside(page);
    let mut pages = Vec::new();
    for other in first..first + TOGETHER {
        match if other == page { Ok(asked.clone()) } else { draw(other) } {
            Ok(page) => pages.push(page),
            Err(_) => break,
        }
    }
    // A page before it that cannot be drawn keeps none of those behind it from being seen.
    match first + u32::try_from(pages.len()).unwrap_or(0) > page {
        true => archive.keep_pages(session, id, first, &pages)?,
        false => archive.keep_pages(session, id, page, std::slice::from_ref(&asked))?,
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
