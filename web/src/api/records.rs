//! Rows on records and where they are filed: searching, reading, describing, filing, marking, classes and kept searches.

use super::{limit, offset, ok, sent};
use crate::{json, limits::API_HITS, pages::fields::read_marking, room::Room, routes::numbered, visit::Visit};
use axum::response::Response;
use chartrier_engine::{
    Result,
    archive::{SearchRequest, Statement},
    index::{FacetName, Sort},
};
use chartrier_schemas::{ActId, RecordId};
use serde::Deserialize;
use serde_json::json;
use std::sync::Arc;

pub(crate) fn search(room: &Arc<Room>, visit: &Visit) -> Result<Response> {
    let (sort, facets) = (sort(visit.asked("sort")), facets(visit.asked("facets").split(',')));
    let (words, offset) = (visit.asked("q"), offset(visit)?);
    found(room, visit, &SearchRequest { words, sort, limit: limit(visit)?, offset, facets: &facets })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Searched {
    words: String,
    #[serde(default)]
    sort: String,
    limit: Option<usize>,
    #[serde(default)]
    offset: usize,
    #[serde(default)]
    facets: Vec<String>,
}

pub(crate) fn search_for(room: &Arc<Room>, visit: &Visit) -> Result<Response> {
    let Searched { words, sort: by, limit, offset, facets: named } = sent(visit)?;
    let (facets, limit) = (facets(named.iter().map(String::as_str)), limit.unwrap_or(API_HITS / 5).min(API_HITS));
    found(room, visit, &SearchRequest { words: &words, sort: sort(&by), limit, offset: offset.min(1 << 20), facets: &facets })
}

fn sort(word: &str) -> Sort {
    if word == "date" { Sort::Date } else { Sort::Relevance }
}

fn facets<'a>(names: impl Iterator<Item = &'a str>) -> Vec<FacetName> {
    let facet = |name: &str| match name.trim() {
        "class" => Some(FacetName::Class),
        "type" => Some(FacetName::Type),
        "year" => Some(FacetName::Year),
        "marking" => Some(FacetName::Marking),
        _ => None,
    };
    names.filter_map(facet).collect()
}

fn found(room: &Room, visit: &Visit, request: &SearchRequest<'_>) -> Result<Response> {
    ok(&json::found(visit.say.0, &room.archive.search(&visit.person()?.session, request)?))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Begin {
    begin: String,
}

pub(crate) fn complete(room: &Arc<Room>, visit: &Visit) -> Result<Response> {
    let Begin { begin } = sent(visit)?;
    ok(&json!(room.archive.complete(&visit.person()?.session, &begin)?))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Search {
    name: String,
    words: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Name {
    name: String,
}

pub(crate) fn searches(_: &Arc<Room>, visit: &Visit) -> Result<Response> {
    ok(&json!(visit.person()?.searches))
}

pub(crate) fn save_search(room: &Arc<Room>, visit: &Visit) -> Result<Response> {
    let Search { name, words } = sent(visit)?;
    room.archive.save_search(&visit.person()?.session, &name, &words)?;
    ok(&json!({ "done": true }))
}

pub(crate) fn forget_search(room: &Arc<Room>, visit: &Visit) -> Result<Response> {
    let Name { name } = sent(visit)?;
    ok(&json!({ "done": room.archive.forget_search(&visit.person()?.session, &name)? }))
}

pub(crate) fn show(room: &Arc<Room>, visit: &Visit) -> Result<Response> {
    ok(&json::shown(visit.say.0, &room.archive.show(&visit.person()?.session, numbered(visit, "id")?)?))
}

pub(crate) fn who(room: &Arc<Room>, visit: &Visit) -> Result<Response> {
    ok(&room.archive.who_may_know(&visit.person()?.session, numbered(visit, "id")?)?.iter().map(json::knower).collect())
}

pub(crate) fn read(room: &Arc<Room>, visit: &Visit) -> Result<Response> {
    let texts = room.archive.text(&visit.person()?.session, numbered(visit, "id")?)?;
    ok(&texts.iter().map(|(number, text)| json!({ "n": number, "text": text })).collect())
}

pub(crate) fn verify(room: &Arc<Room>, visit: &Visit) -> Result<Response> {
    let checked = room.archive.verify_record(&visit.person()?.session, numbered(visit, "id")?)?;
    ok(&checked.iter().map(|one| json::checked(visit.say.0, one)).collect())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Said {
    #[serde(default)]
    title: String,
    #[serde(default)]
    date: String,
    #[serde(default)]
    content: String,
}

pub(crate) fn say(room: &Arc<Room>, visit: &Visit) -> Result<Response> {
    let (session, id) = (&visit.person()?.session, numbered(visit, "id")?);
    room.archive.show(session, id)?;
    let Said { title, date, content } = sent(visit)?;
    let done = room.archive.say(session, id, &Statement { title, date, content })?;
    room.changed.ring();
    ok(&json!({ "done": done }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Filing {
    ids: Vec<RecordId>,
    into: Option<String>,
}

pub(crate) fn file(room: &Arc<Room>, visit: &Visit) -> Result<Response> {
    let Filing { ids, into } = sent(visit)?;
    let filed = room.archive.file(&visit.person()?.session, &ids, into.as_deref())?;
    ok(&json!({ "moved": filed.moved, "act": filed.act }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Marking {
    ids: Vec<RecordId>,
    marking: String,
    reason: String,
}

pub(crate) fn mark(room: &Arc<Room>, visit: &Visit) -> Result<Response> {
    let Marking { ids, marking, reason } = sent(visit)?;
    let changed = room.archive.mark(&visit.person()?.session, &ids, &read_marking(&marking)?, &reason)?;
    room.changed.ring();
    ok(&json!({ "changed": changed }))
}

pub(crate) fn undo(room: &Arc<Room>, visit: &Visit) -> Result<Response> {
    let undone = room.archive.undo_filing(&visit.person()?.session, numbered::<ActId>(visit, "act")?)?;
    ok(&json!({ "moved": undone.moved, "stayed": undone.stayed }))
}

pub(crate) fn classes(room: &Arc<Room>, visit: &Visit) -> Result<Response> {
    let session = &visit.person()?.session;
    let mut rows = room.archive.classes(session)?;
    rows.extend(room.archive.dossiers(session)?);
    ok(&rows.iter().map(json::class).collect())
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Container {
    Class,
    Dossier,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Making {
    kind: Container,
    code: String,
    title: String,
    under: Option<String>,
}

pub(crate) fn add_class(room: &Arc<Room>, visit: &Visit) -> Result<Response> {
    let (session, Making { kind, code, title, under }) = (&visit.person()?.session, sent(visit)?);
    let id = match kind {
        Container::Class => room.archive.add_class(session, &code, &title, under.as_deref())?.to_string(),
        Container::Dossier => room.archive.add_dossier(session, &code, &title, under.as_deref())?.to_string(),
    };
    ok(&json!({ "id": id }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Closing {
    code: String,
    close: bool,
}

pub(crate) fn close(room: &Arc<Room>, visit: &Visit) -> Result<Response> {
    let Closing { code, close } = sent(visit)?;
    ok(&json!({ "done": room.archive.close_dossier(&visit.person()?.session, &code, close)? }))
}
