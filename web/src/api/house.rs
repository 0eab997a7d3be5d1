//! Rows on the house: how it stands, long work on it, who can open it. For those who keep it.

use super::{ok, persons::Reason, sent};
use crate::{json, pages::house::state, room::Room, routes::numbered, visit::Visit};
use axum::response::Response;
use chartrier_engine::Result;
use chartrier_schemas::{HolderId, LabelId};
use serde::Deserialize;
use serde_json::json;
use std::sync::Arc;

pub(crate) fn show(room: &Arc<Room>, visit: &Visit) -> Result<Response> {
    ok(&json::house(visit.say.0, &state(room, visit)?))
}

pub(crate) fn list(room: &Arc<Room>, visit: &Visit) -> Result<Response> {
    let lines = room.archive.upkeeps(&visit.person()?.session)?;
    ok(&lines.iter().map(|line| json::upkeep(visit.say.0, line)).collect())
}

pub(crate) fn one(room: &Arc<Room>, visit: &Visit) -> Result<Response> {
    told(room, visit, numbered(visit, "number")?)
}

fn told(room: &Room, visit: &Visit, number: u64) -> Result<Response> {
    ok(&json::upkeep(visit.say.0, &room.archive.upkeep(&visit.person()?.session, number)?))
}

/// Has it done, and tells what was begun.
fn begun(room: &Room, visit: &Visit, number: u64) -> Result<Response> {
    room.upkeep.ring();
    told(room, visit, number)
}

pub(crate) fn verify(room: &Arc<Room>, visit: &Visit) -> Result<Response> {
    begun(room, visit, room.archive.begin_verifying(&visit.person()?.session)?)
}

pub(crate) fn keys(room: &Arc<Room>, visit: &Visit) -> Result<Response> {
    let session = &visit.person()?.session;
    let labels: Vec<_> = room.archive.label_lines(session)?.iter().map(json::label).collect();
    let holders: Vec<_> = room.archive.holders(session)?.iter().map(json::holder).collect();
    let history: Vec<_> = room.archive.key_history(session)?.iter().map(|line| json::act(visit.say.0, line)).collect();
    ok(&json!({ "holders": holders, "labels": labels, "history": history }))
}

/// Which labels: said, so that nobody has all of them rotated by leaving a word out.
#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Labels {
    All,
    Label(LabelId),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Rotation {
    labels: Labels,
    reason: String,
}

pub(crate) fn rotate(room: &Arc<Room>, visit: &Visit) -> Result<Response> {
    let Rotation { labels, reason } = sent(visit)?;
    let only = match labels {
        Labels::All => None,
        Labels::Label(label) => Some(label),
    };
    begun(room, visit, room.archive.begin_rotating(&visit.person()?.session, only, &reason)?)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Recipient {
    recipient: String,
    reason: String,
}

pub(crate) fn add_recovery(room: &Arc<Room>, visit: &Visit) -> Result<Response> {
    let Recipient { recipient, reason } = sent(visit)?;
    let id = room.archive.add_recovery(&visit.person()?.session, &recipient.trim().parse()?, Some(&reason))?;
    ok(&json!({ "id": id }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Reader {
    recipient: String,
    signing_key: String,
    reason: String,
}

pub(crate) fn add_server(room: &Arc<Room>, visit: &Visit) -> Result<Response> {
    let Reader { recipient, signing_key, reason } = sent(visit)?;
    let session = &visit.person()?.session;
    let id = room.archive.add_server(session, &recipient.trim().parse()?, signing_key.trim(), Some(&reason))?;
    ok(&json!({ "id": id }))
}

pub(crate) fn withdraw(room: &Arc<Room>, visit: &Visit) -> Result<Response> {
    let (holder, Reason { reason }) = (numbered::<HolderId>(visit, "holder")?, sent(visit)?);
    begun(room, visit, room.archive.begin_withdrawing(&visit.person()?.session, holder, &reason)?)
}
