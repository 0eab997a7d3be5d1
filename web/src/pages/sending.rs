//! What browsers and programs send: a list of files that they announce, pieces of them, and forms with files where no script
//! runs. Answers to scripts and programs are JSON. Nothing is read before it is known who sends it.

use crate::{
    limits::{FILES, FILES_BYTES, FILES_TIME, FORM_TIME, LIST_BYTES, LISTED, PIECE_TIME, SOON, STILL},
    pages::fields::{no_place, read_marking},
    problem,
    reply::{self, see},
    room::Room,
    routes::numbered,
    visit::{Signed, Visit},
};
use axum::{
    body::to_bytes,
    http::{StatusCode, header},
    response::Response,
};
use bytes::Bytes;
use chartrier_engine::{
    Error, Kind, Result,
    archive::{Declared, Standing},
    error,
    local::Stage,
    spool::PIECE,
};
use chartrier_schemas::{ContentId, Marking, UploadId, text};
use jiff::Timestamp;
use multer::{Constraints, Field, Multipart, SizeLimit};
use serde::Deserialize;
use serde_json::{Value, json};
use std::{
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::{runtime::Handle, time::timeout};

/// A list of files that somebody wants to add.
#[derive(Deserialize)]
struct List {
    /// Nothing said is the inbox; null is where the person belongs.
    #[serde(default = "inbox")]
    into: Option<String>,
    marking: String,
    files: Vec<Listed>,
}

fn inbox() -> Option<String> {
    Some(String::new())
}

#[derive(Deserialize)]
struct Listed {
    path: String,
    size: u64,
    /// Milliseconds since 1970.
    modified: Option<i64>,
    sha256: ContentId,
    #[serde(default)]
    again: bool,
}

impl From<Listed> for Declared {
    fn from(Listed { path, size, modified, sha256, again }: Listed) -> Self {
        let modified = modified.and_then(|moment| Timestamp::from_millisecond(moment).ok());
        // Paths are told from the folder that was chosen.
        Self { path: path.trim_start_matches('/').to_owned(), size, modified, content: sha256, again }
    }
}

fn answered(visit: &Visit, answer: Result<Response>) -> Result<Response> {
    Ok(answer.unwrap_or_else(|why| problem::told(visit.say, &why)))
}

/// What was sent, whole.
fn sent(visit: &Visit, most: usize, time: Duration) -> Result<Bytes> {
    match Handle::current().block_on(timeout(time, to_bytes(visit.sent(), most))) {
        Ok(Ok(bytes)) => Ok(bytes),
        _ => Err(too_much()),
    }
}

fn too_much() -> Error {
    error::invalid(
        text!("That was too much, too slow, or cut off.", "C’était trop, trop lent, ou coupé."),
        text!("Add fewer files at once, and try again.", "Ajoutez moins de fichiers à la fois, et réessayez."),
    )
}

fn unreadable(visit: &Visit) -> Error {
    let remedy = match visit.is_api() {
        true => text!("/api/openapi.json says what is understood.", "/api/openapi.json dit ce qui est compris."),
        false => text!("Load the page again.", "Rechargez la page."),
    };
    error::invalid(text!("What was sent cannot be understood.", "Ce qui a été envoyé est incompréhensible."), remedy)
}

/// Which of the files that somebody wants to add are missing, from where on; and what became of those that are whole.
pub(crate) fn declare(room: &Arc<Room>, visit: &Visit) -> Result<Response> {
    let signed = visit.person()?;
    answered(visit, list(room, visit, signed))
}

fn list(room: &Room, visit: &Visit, signed: &Signed) -> Result<Response> {
    let bytes = sent(visit, LIST_BYTES, FORM_TIME)?;
    let list: List = serde_json::from_slice(&bytes).map_err(|_| unreadable(visit))?;
    if list.files.len() > LISTED {
        return Err(too_much());
    }
    let files: Vec<Declared> = list.files.into_iter().map(Declared::from).collect();
    let into = match &list.into {
        Some(into) => room.archive.meant_place(&signed.session, into).map_err(no_place)?,
        None => room.archive.own_place(&signed.session)?,
    };
    let declared = room.archive.declare(&signed.session, into.as_deref(), &read_marking(&list.marking)?, &files);
    let standings = declared.map_err(no_place)?;
    if standings.iter().any(|standing| matches!(standing, Standing::Whole(_))) {
        room.arrived.ring();
    }
    let held_up = room.held_up().clone();
    let files: Vec<Value> = standings.iter().map(|standing| stands(visit, standing, held_up.as_ref())).collect();
    Ok(reply::json(StatusCode::OK, &json!({ "files": files })))
}

/// How it stands with a file.
pub(crate) fn stands(visit: &Visit, standing: &Standing, held_up: Option<&Error>) -> Value {
    let why = |state: &str, why: &Error| json!({ "state": state, "problem": visit.say.text(&why.problem), "remedy": visit.say.text(&why.remedy) });
    match standing {
        Standing::Held(record) => json!({ "state": "held", "record": record }),
        Standing::Wanted(upload, at) => json!({ "state": "wanted", "upload": upload, "at": at }),
        Standing::Whole(upload) => match held_up {
            Some(trouble) => {
                let mut told = why("whole", trouble);
                told["upload"] = json!(upload);
                told
            }
            None => json!({ "state": "whole", "upload": upload }),
        },
        Standing::Kept(record) => json!({ "state": "kept", "record": record }),
        Standing::Later(trouble) => why("later", trouble),
        Standing::Refused(trouble) => why("refused", trouble),
    }
}

/// Takes a piece. One at a wrong place is answered with the right one.
pub(crate) fn piece(room: &Arc<Room>, visit: &Visit) -> Result<Response> {
    let signed = visit.person()?;
    answered(visit, one_piece(room, visit, signed))
}

fn one_piece(room: &Room, visit: &Visit, signed: &Signed) -> Result<Response> {
    let Some(_turn) = room.senders.take(signed.session.person) else {
        let response = problem::told(visit.say, &too_many());
        return Ok(reply::with(response, header::RETRY_AFTER, "2"));
    };
    let (id, at) = (numbered::<UploadId>(visit, "upload")?, visit.asked("at").parse().map_err(|_| unreadable(visit))?);
    let bytes = sent(visit, PIECE, PIECE_TIME)?;
    let received = room.archive.receive(&signed.session, id, at, &bytes)?;
    if received.whole {
        room.arrived.ring();
    }
    let status = if received.taken || received.at > at { StatusCode::OK } else { StatusCode::CONFLICT };
    Ok(reply::json(status, &json!({ "at": received.at, "whole": received.whole })))
}

fn too_many() -> Error {
    Error {
        kind: Kind::Unavailable,
        problem: text!("You send many pieces at once.", "Vous envoyez beaucoup de morceaux à la fois."),
        remedy: text!("Sending goes on by itself in a moment.", "L’envoi reprend de lui-même dans un instant."),
    }
}

/// Forgets a file that is not in the archive yet.
pub(crate) fn give_up(room: &Arc<Room>, visit: &Visit) -> Result<Response> {
    room.archive.give_up(&visit.person()?.session, numbered(visit, "upload")?)?;
    Ok(see("/add"))
}

/// Takes files that come by a form, one after the other as they come, and shows what became of them.
pub(crate) fn form(room: &Arc<Room>, visit: &Visit) -> Result<Response> {
    let signed = visit.person()?;
    let Ok(_turn) = room.forms.try_acquire() else { return Err(too_many()) };
    let kind = visit.headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let boundary = multer::parse_boundary(kind).map_err(|_| unreadable(visit))?;
    let limits = SizeLimit::new().whole_stream(FILES_BYTES).for_field("into", 1_000).for_field("marking", 1_000);
    let limits = Constraints::new().size_limit(limits);
    let mut form = Multipart::with_constraints(visit.sent().into_data_stream(), boundary, limits);
    let until = Instant::now() + FILES_TIME;
    let (mut into, mut marked, mut files, mut refused, mut held) = (None, Marking::np(), Vec::new(), None, 0);
    while let Some(mut field) = soon(form.next_field(), until)? {
        match field.name() {
            Some("into") => into = room.archive.meant_place(&signed.session, &soon(field.text(), until)?).map_err(no_place)?,
            Some("marking") => marked = read_marking(&soon(field.text(), until)?)?,
            Some("file") => match file(room, signed, &mut field, (into.as_deref(), &marked), until)? {
                Some(Standing::Whole(id)) => files.push(id),
                Some(Standing::Refused(why) | Standing::Later(why)) => refused = Some(why),
                Some(Standing::Held(_)) => held += 1,
                _ => {}
            },
            _ => {}
        }
        if files.len() > FILES {
            return Err(too_much());
        }
    }
    room.arrived.ring();
    wait_for(room, signed, &files)?;
    let told = if held > 0 { format!("/add?held={held}") } else { "/add".to_owned() };
    refused.map_or_else(|| Ok(see(&told)), Err)
}

/// What comes of a form, while it comes.
fn soon<T>(work: impl Future<Output = multer::Result<T>>, until: Instant) -> Result<T> {
    let left = until.saturating_duration_since(Instant::now()).min(STILL);
    match Handle::current().block_on(async { timeout(left, work).await }) {
        Ok(Ok(done)) => Ok(done),
        _ => Err(too_much()),
    }
}

/// Takes one file of a form; nothing where none was chosen.
fn file(
    room: &Room,
    signed: &Signed,
    field: &mut Field<'_>,
    (into, marking): (Option<&str>, &Marking),
    until: Instant,
) -> Result<Option<Standing>> {
    let name = field.file_name().and_then(|name| name.rsplit(['/', '\\']).next()).unwrap_or_default().to_owned();
    if name.is_empty() {
        return Ok(None);
    }
    let mut arriving = room.archive.arriving(&signed.session)?;
    while let Some(bytes) = soon(field.chunk(), until)? {
        arriving.write(&bytes)?;
    }
    arriving.finish(&signed.session, into, marking, &name).map(Some).map_err(no_place)
}

/// Waits a little until files are in the archive: then the next page shows them.
fn wait_for(room: &Room, signed: &Signed, files: &[UploadId]) -> Result<()> {
    let until = Instant::now() + SOON;
    while Instant::now() < until {
        let waiting = room.archive.uploads(&signed.session, Timestamp::UNIX_EPOCH, FILES * 2)?;
        if !waiting.iter().any(|upload| upload.stage == Stage::Whole && files.contains(&upload.id)) {
            break;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    Ok(())
}
