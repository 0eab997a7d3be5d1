//! Rows on jobs: changing many records at once, step by step.

use super::{ok, sent};
use crate::{json, pages::fields::read_marking, room::Room, routes::numbered, visit::Visit};
use axum::response::Response;
use chartrier_engine::{Result, archive::Change};
use serde::Deserialize;
use serde_json::json;
use std::sync::Arc;

pub(crate) fn jobs(room: &Arc<Room>, visit: &Visit) -> Result<Response> {
    let session = &visit.person()?.session;
    let own = room.archive.jobs(session)?.into_iter().filter(|job| job.person == session.person);
    ok(&own.map(|job| json::job(visit.say.0, &job)).collect())
}

pub(crate) fn job(room: &Arc<Room>, visit: &Visit) -> Result<Response> {
    ok(&json::job(visit.say.0, &room.archive.job(&visit.person()?.session, numbered(visit, "number")?)?))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ChangeAll {
    words: String,
    change: Wanted,
}

/// A change that somebody may ask for.
#[derive(Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
enum Wanted {
    File { into: Option<String> },
    Mark { marking: String, reason: String },
}

impl Wanted {
    fn read(self) -> Result<Change> {
        match self {
            Self::File { into } => Ok(Change::File { into }),
            Self::Mark { marking, reason } => Ok(Change::Mark { marking: read_marking(&marking)?, reason }),
        }
    }
}

pub(crate) fn preview(room: &Arc<Room>, visit: &Visit) -> Result<Response> {
    let ChangeAll { words, change } = sent(visit)?;
    let preview = room.archive.preview(&visit.person()?.session, &words, &change.read()?)?;
    ok(&json!({ "total": preview.total, "changes": preview.changes, "lowered": preview.lowered }))
}

pub(crate) fn begin(room: &Arc<Room>, visit: &Visit) -> Result<Response> {
    let ChangeAll { words, change } = sent(visit)?;
    let job = room.archive.begin_job(&visit.person()?.session, &words, &change.read()?)?;
    room.jobs.ring();
    ok(&json!({ "job": job }))
}

pub(crate) fn undo_job(room: &Arc<Room>, visit: &Visit) -> Result<Response> {
    let job = room.archive.undo_job(&visit.person()?.session, numbered(visit, "number")?)?;
    room.jobs.ring();
    ok(&json!({ "job": job }))
}
