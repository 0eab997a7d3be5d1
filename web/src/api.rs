//! The JSON API: the verbs of the engine for programs. The same table as the pages, the same sessions, the same answers to
//! who may not know; each row says what it takes and gives, and the description in OpenAPI is made of that.

use crate::{
    json,
    limits::API_HITS,
    pages::{fields::read_marking, unit},
    reply,
    room::Room,
    routes::{Asks, Policy, Who, numbered},
    visit::Visit,
};
use axum::{http::StatusCode, response::Response};
use chartrier_engine::{
    Result,
    archive::{Change, SearchRequest, Statement},
    error,
    index::{FacetName, Sort},
    policy::Act,
};
use chartrier_schemas::{ActId, RecordId, text};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Value, json};
use std::sync::Arc;

/// Where the API begins.
pub(crate) const ROOT: &str = "/api/";

/// A row of the API.
pub(crate) struct Row {
    pub(crate) policy: Policy,
    pub(crate) run: fn(&Arc<Room>, &Visit) -> Result<Response>,
    /// What it does, in one line.
    pub(crate) does: &'static str,
    /// Names of the address beyond the path: name, whether several, what it says.
    pub(crate) query: &'static [(&'static str, &'static str)],
    /// Name of the form that is sent; nothing where nothing is.
    pub(crate) takes: &'static str,
    /// Name of the form that is answered; `bytes` is the original's.
    pub(crate) gives: &'static str,
}

const fn get(
    path: &'static str,
    asks: Asks,
    run: fn(&Arc<Room>, &Visit) -> Result<Response>,
    does: &'static str,
    query: &'static [(&'static str, &'static str)],
    gives: &'static str,
) -> Row {
    Row { policy: Policy { method: "GET", path, who: Who::Person, asks, proved: false }, run, does, query, takes: "", gives }
}

const fn post(
    path: &'static str,
    asks: Asks,
    run: fn(&Arc<Room>, &Visit) -> Result<Response>,
    does: &'static str,
    takes: &'static str,
    gives: &'static str,
) -> Row {
    Row { policy: Policy { method: "POST", path, who: Who::Person, asks, proved: false }, run, does, query: &[], takes, gives }
}

const WORDS: (&str, &str) = ("q", "What to find, in the grammar of the search box");

/// Every row.
pub(crate) const ROWS: &[Row] = &[
    Row {
        policy: Policy { method: "POST", path: "/api/sessions", who: Who::Anyone, asks: Asks::Nothing, proved: false },
        run: enter,
        does: "Begin a session with the code of a sign-in link as bearer; the token is the bearer of all that follows",
        query: &[],
        takes: "",
        gives: "Token",
    },
    post("/api/sessions/end", Asks::Own, leave, "End this session", "", "Done"),
    get("/api/me", Asks::Own, me, "Who asks, and what they may do", &[], "Person"),
    get(
        "/api/records",
        Asks::The(Act::Know),
        search,
        "Search",
        &[
            WORDS,
            ("sort", "relevance or date"),
            ("limit", "Hits to give, at most 100"),
            ("offset", "Hits to skip"),
            ("facets", "What to count, by commas: class, type, year, marking"),
        ],
        "Found",
    ),
    get("/api/searches", Asks::Own, searches, "The searches that one keeps", &[], "Searches"),
    post("/api/searches", Asks::Own, save_search, "Keep a search under a name", "Search", "Done"),
    post("/api/searches/forget", Asks::Own, forget_search, "Keep a search no longer", "Name", "Done"),
    get("/api/records/{id}", Asks::The(Act::Know), show, "All that is said of a record", &[], "Record"),
    get(
        "/api/records/{id}/text",
        Asks::The(Act::Read),
        read,
        "The texts of a record; of a marked one, a disclosure",
        &[],
        "Texts",
    ),
    get(
        "/api/records/{id}/components/{number}",
        Asks::The(Act::Read),
        unit::component,
        "The bytes of a component; of a marked record, a disclosure",
        &[],
        "bytes",
    ),
    post("/api/records/{id}/verify", Asks::The(Act::Read), verify, "Read a record back and compare", "", "Checked"),
    post(
        "/api/records/{id}/say",
        Asks::The(Act::Describe),
        say,
        "Say what a record is, in place of what was said",
        "Statement",
        "Done",
    ),
    post("/api/records/file", Asks::The(Act::File), file, "File records; all of them or none", "Filing", "Filed"),
    post("/api/records/mark", Asks::The(Act::Mark), mark, "Mark records; all of them or none", "Marking", "Changed"),
    post("/api/acts/{act}/undo", Asks::The(Act::File), undo, "Put back what an act filed", "", "Undone"),
    get("/api/classes", Asks::The(Act::Know), classes, "Classes and dossiers, by code", &[], "Classes"),
    post("/api/classes", Asks::The(Act::Arrange), add_class, "Add a class or a dossier", "Container", "Made"),
    post("/api/dossiers/close", Asks::The(Act::Arrange), close, "Close a dossier, or open it again", "Closing", "Done"),
    get(
        "/api/groups",
        Asks::Own,
        groups,
        "The groups that one is in; all that there were, for who decides about persons",
        &[],
        "Groups",
    ),
    get(
        "/api/groups/{group}",
        Asks::Own,
        group,
        "A group, who is in it and who was, as far as one may see them, and its mandates; of those of others nothing is there",
        &[],
        "GroupShown",
    ),
    get("/api/jobs", Asks::Own, jobs, "One's own jobs, newest first", &[], "Jobs"),
    get("/api/jobs/{number}", Asks::Own, job, "How far a job is", &[], "Job"),
    post(
        "/api/jobs/preview",
        Asks::The(Act::Know),
        preview,
        "What a change to all that words match would do",
        "ChangeAll",
        "Preview",
    ),
    post("/api/jobs", Asks::The(Act::Know), begin, "Change all that words match, step by step", "ChangeAll", "Begun"),
    post("/api/jobs/{number}/undo", Asks::Own, undo_job, "Put back what a job filed", "", "Begun"),
    Row {
        policy: Policy { method: "GET", path: "/api/openapi.json", who: Who::Anyone, asks: Asks::Nothing, proved: false },
        run: describe,
        does: "This description",
        query: &[],
        takes: "",
        gives: "Description",
    },
];

fn ok(value: &Value) -> Result<Response> {
    Ok(reply::json(StatusCode::OK, value))
}

/// To whoever is not signed in.
pub(crate) fn nobody(visit: &Visit) -> Response {
    let told = json!({ "problem": visit.say.t("not-signed-in"), "remedy": visit.say.t("not-signed-in-remedy") });
    reply::json(StatusCode::UNAUTHORIZED, &told)
}

/// What was sent, as it is meant.
fn sent<T: DeserializeOwned>(visit: &Visit) -> Result<T> {
    serde_json::from_slice(&visit.body).map_err(|why| {
        error::invalid(
            text!("What was sent is not understood: {why}.", "Ce qui a été envoyé n’est pas compris : {why}.", why = why),
            text!("/api/openapi.json says what is.", "/api/openapi.json dit ce qui l’est."),
        )
    })
}

fn enter(room: &Arc<Room>, visit: &Visit) -> Result<Response> {
    let token = visit.bearer().map(|code| room.archive.sign_in(code, "API")).transpose()?.flatten();
    Ok(match token {
        Some(token) => reply::json(StatusCode::OK, &json!({ "token": *token })),
        None => nobody(visit),
    })
}

fn leave(room: &Arc<Room>, visit: &Visit) -> Result<Response> {
    let signed = visit.person()?;
    room.archive.sign_out(&signed.session, signed.browser.number)?;
    ok(&json!({ "done": true }))
}

fn me(_: &Arc<Room>, visit: &Visit) -> Result<Response> {
    let signed = visit.person()?;
    let session = &signed.session;
    ok(&json!({ "id": session.person, "name": signed.name, "roles": session.roles, "clearance": session.clearance }))
}

fn search(room: &Arc<Room>, visit: &Visit) -> Result<Response> {
    let facets = visit.asked("facets").split(',').filter_map(|name| match name.trim() {
        "class" => Some(FacetName::Class),
        "type" => Some(FacetName::Type),
        "year" => Some(FacetName::Year),
        "marking" => Some(FacetName::Marking),
        _ => None,
    });
    let facets: Vec<FacetName> = facets.collect();
    let limit = if visit.asked("limit").is_empty() { API_HITS / 5 } else { visit.number("limit", 0, API_HITS) };
    let request = SearchRequest {
        words: visit.asked("q"),
        sort: if visit.asked("sort") == "date" { Sort::Date } else { Sort::Relevance },
        limit,
        offset: visit.number("offset", 0, 1 << 20),
        facets: &facets,
    };
    ok(&json::found(visit.say.0, &room.archive.search(&visit.person()?.session, &request)?))
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

fn searches(room: &Arc<Room>, visit: &Visit) -> Result<Response> {
    ok(&json!(room.archive.saved_searches(&visit.person()?.session)?))
}

fn save_search(room: &Arc<Room>, visit: &Visit) -> Result<Response> {
    let Search { name, words } = sent(visit)?;
    room.archive.save_search(&visit.person()?.session, &name, &words)?;
    ok(&json!({ "done": true }))
}

fn forget_search(room: &Arc<Room>, visit: &Visit) -> Result<Response> {
    let Name { name } = sent(visit)?;
    ok(&json!({ "done": room.archive.forget_search(&visit.person()?.session, &name)? }))
}

fn show(room: &Arc<Room>, visit: &Visit) -> Result<Response> {
    ok(&json::shown(visit.say.0, &room.archive.show(&visit.person()?.session, numbered(visit, "id")?)?))
}

fn read(room: &Arc<Room>, visit: &Visit) -> Result<Response> {
    let texts = room.archive.text(&visit.person()?.session, numbered(visit, "id")?)?;
    ok(&texts.iter().map(|(number, text)| json!({ "n": number, "text": text })).collect())
}

fn verify(room: &Arc<Room>, visit: &Visit) -> Result<Response> {
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

fn say(room: &Arc<Room>, visit: &Visit) -> Result<Response> {
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

fn file(room: &Arc<Room>, visit: &Visit) -> Result<Response> {
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

fn mark(room: &Arc<Room>, visit: &Visit) -> Result<Response> {
    let Marking { ids, marking, reason } = sent(visit)?;
    let changed = room.archive.mark(&visit.person()?.session, &ids, &read_marking(&marking)?, &reason)?;
    room.changed.ring();
    ok(&json!({ "changed": changed }))
}

fn undo(room: &Arc<Room>, visit: &Visit) -> Result<Response> {
    let undone = room.archive.undo_filing(&visit.person()?.session, numbered::<ActId>(visit, "act")?)?;
    ok(&json!({ "moved": undone.moved, "stayed": undone.stayed }))
}

fn classes(room: &Arc<Room>, visit: &Visit) -> Result<Response> {
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

fn add_class(room: &Arc<Room>, visit: &Visit) -> Result<Response> {
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

fn close(room: &Arc<Room>, visit: &Visit) -> Result<Response> {
    let Closing { code, close } = sent(visit)?;
    ok(&json!({ "done": room.archive.close_dossier(&visit.person()?.session, &code, close)? }))
}

fn groups(room: &Arc<Room>, visit: &Visit) -> Result<Response> {
    ok(&room.archive.groups(&visit.person()?.session)?.iter().map(json::group).collect())
}

fn group(room: &Arc<Room>, visit: &Visit) -> Result<Response> {
    let (session, id) = (&visit.person()?.session, numbered(visit, "group")?);
    let (row, members) = (room.archive.group(session, id)?, room.archive.group_members(session, id)?);
    ok(&json::group_shown(&row, &members, &room.archive.group_mandates(session, id)?))
}

fn jobs(room: &Arc<Room>, visit: &Visit) -> Result<Response> {
    let session = &visit.person()?.session;
    let own = room.archive.jobs(session)?.into_iter().filter(|job| job.person == session.person);
    ok(&own.map(|job| json::job(visit.say.0, &job)).collect())
}

fn job(room: &Arc<Room>, visit: &Visit) -> Result<Response> {
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

fn preview(room: &Arc<Room>, visit: &Visit) -> Result<Response> {
    let ChangeAll { words, change } = sent(visit)?;
    let preview = room.archive.preview(&visit.person()?.session, &words, &change.read()?)?;
    ok(&json!({ "total": preview.total, "changes": preview.changes }))
}

fn begin(room: &Arc<Room>, visit: &Visit) -> Result<Response> {
    let ChangeAll { words, change } = sent(visit)?;
    let job = room.archive.begin_job(&visit.person()?.session, &words, &change.read()?)?;
    room.jobs.ring();
    ok(&json!({ "job": job }))
}

fn undo_job(room: &Arc<Room>, visit: &Visit) -> Result<Response> {
    let job = room.archive.undo_job(&visit.person()?.session, numbered(visit, "number")?)?;
    room.jobs.ring();
    ok(&json!({ "job": job }))
}

fn describe(_: &Arc<Room>, _: &Visit) -> Result<Response> {
    ok(&crate::openapi::description())
}
