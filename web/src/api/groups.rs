//! Rows on groups of persons: for everybody the ones that they are in, all for those who decide.

use super::{done, ok, persons::Reason, sent};
use crate::{json, room::Room, routes::numbered, visit::Visit};
use axum::response::Response;
use chartrier_engine::{Result, archive::GroupRequest};
use chartrier_schemas::{GroupId, PersonId};
use serde::Deserialize;
use serde_json::json;
use std::sync::Arc;

pub(crate) fn list(room: &Arc<Room>, visit: &Visit) -> Result<Response> {
    ok(&room.archive.groups(&visit.person()?.session)?.iter().map(json::group).collect())
}

pub(crate) fn show(room: &Arc<Room>, visit: &Visit) -> Result<Response> {
    let (session, id) = (&visit.person()?.session, numbered::<GroupId>(visit, "group")?);
    let (row, members) = (room.archive.group(session, id)?, room.archive.group_members(session, id)?);
    ok(&json::group_shown(&row, &members, &room.archive.group_mandates(session, id)?))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewGroup {
    name: String,
    reason: String,
    #[serde(default)]
    members: Vec<PersonId>,
}

pub(crate) fn add(room: &Arc<Room>, visit: &Visit) -> Result<Response> {
    let NewGroup { name, reason, members } = sent(visit)?;
    let request = GroupRequest { name: name.trim().to_owned(), reason, members };
    ok(&json!({ "id": room.archive.add_group(&visit.person()?.session, &request)? }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Members {
    #[serde(default)]
    add: Vec<PersonId>,
    #[serde(default)]
    remove: Vec<PersonId>,
    reason: String,
}

pub(crate) fn members(room: &Arc<Room>, visit: &Visit) -> Result<Response> {
    let Members { add, remove, reason } = sent(visit)?;
    let group = numbered(visit, "group")?;
    ok(&json!({ "done": room.archive.change_members(&visit.person()?.session, group, &add, &remove, &reason)? }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Renamed {
    name: String,
    reason: String,
}

pub(crate) fn rename(room: &Arc<Room>, visit: &Visit) -> Result<Response> {
    let Renamed { name, reason } = sent(visit)?;
    room.archive.rename_group(&visit.person()?.session, numbered(visit, "group")?, &name, &reason)?;
    done()
}

pub(crate) fn dissolve(room: &Arc<Room>, visit: &Visit) -> Result<Response> {
    let Reason { reason } = sent(visit)?;
    ok(&json!({ "done": room.archive.dissolve_group(&visit.person()?.session, numbered(visit, "group")?, &reason)? }))
}
