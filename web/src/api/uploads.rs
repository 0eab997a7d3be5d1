//! Rows on files on their way in. Announcing and sending is what browsers do too.

use super::{done, ok};
use crate::{limits::ADDED, pages::sending::stands, room::Room, routes::numbered, visit::Visit};
use axum::response::Response;
use chartrier_engine::{Result, local::Upload, policy::Act};
use serde_json::{Value, json};
use std::sync::Arc;

fn told(room: &Room, visit: &Visit, upload: &Upload) -> Result<Value> {
    let held_up = room.held_up().clone();
    let mut told = stands(visit, &room.archive.upload_standing(upload)?, held_up.as_ref());
    told["upload"] = json!(upload.id);
    told["path"] = json!(upload.path);
    told["size"] = json!(upload.size);
    Ok(told)
}

pub(crate) fn list(room: &Arc<Room>, visit: &Visit) -> Result<Response> {
    let signed = visit.person()?;
    room.archive.allowed(&signed.session, Act::Capture)?;
    let uploads = room.archive.uploads(&signed.session, signed.browser.began, ADDED)?;
    ok(&json!(uploads.iter().map(|upload| told(room, visit, upload)).collect::<Result<Vec<_>>>()?))
}

pub(crate) fn show(room: &Arc<Room>, visit: &Visit) -> Result<Response> {
    ok(&told(room, visit, &room.archive.upload(&visit.person()?.session, numbered(visit, "upload")?)?)?)
}

pub(crate) fn give_up(room: &Arc<Room>, visit: &Visit) -> Result<Response> {
    room.archive.give_up(&visit.person()?.session, numbered(visit, "upload")?)?;
    done()
}
