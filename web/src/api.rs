//! The JSON API: the verbs of the engine for programs. The same table as the pages, the same sessions, the same answers to
//! who may not know; each row says what it takes and gives, and the description in OpenAPI is made of that.

mod account;
mod groups;
mod house;
mod jobs;
mod persons;
mod records;
mod uploads;

use crate::{
    limits::API_HITS,
    pages::{sending, unit},
    problem, reply,
    room::Room,
    routes::{Asks, Policy, Who},
    visit::Visit,
};
use axum::{http::StatusCode, response::Response};
use chartrier_engine::{Result, error, policy::Act};
use chartrier_schemas::text;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::sync::Arc;

/// Where the API begins.
pub(crate) const ROOT: &str = "/api/";

type Run = fn(&Arc<Room>, &Visit) -> Result<Response>;

/// Names of the address beyond the path, and what each says.
type Query = &'static [(&'static str, &'static str)];

/// A row of the API.
pub(crate) struct Row {
    pub(crate) policy: Policy,
    pub(crate) run: Run,
    /// What it does, in one line.
    pub(crate) does: &'static str,
    pub(crate) query: Query,
    /// Name of the form that is sent; nothing where nothing is. One that ends with `?` may be left out; `bytes` are bytes.
    pub(crate) takes: &'static str,
    /// Name of the form that is answered; `bytes` is the original's.
    pub(crate) gives: &'static str,
    /// Whether what is sent is read once it is known who sends it: files, and lists of them.
    pub(crate) sends: bool,
}

const fn row(method: &'static str, path: &'static str, asks: Asks, run: Run) -> Row {
    let policy = Policy { method, path, who: Who::Person, asks, proved: false };
    Row { policy, run, does: "", query: &[], takes: "", gives: "", sends: false }
}

const fn get(path: &'static str, asks: Asks, run: Run, does: &'static str, query: Query, gives: &'static str) -> Row {
    Row { does, query, gives, ..row("GET", path, asks, run) }
}

const fn post(path: &'static str, asks: Asks, run: Run, does: &'static str, takes: &'static str, gives: &'static str) -> Row {
    Row { does, takes, gives, ..row("POST", path, asks, run) }
}

impl Row {
    /// The same row for a grave act.
    const fn proved(mut self) -> Self {
        self.policy.proved = true;
        self
    }

    /// The same for anyone.
    const fn anyone(mut self) -> Self {
        self.policy.who = Who::Anyone;
        self
    }

    /// The same where what is sent is read by what runs.
    const fn sends(mut self, query: Query) -> Self {
        self.sends = true;
        self.query = query;
        self
    }
}

const WORDS: (&str, &str) = ("q", "What to find, in the grammar of the search box");
const LIMIT: (&str, &str) = ("limit", "How many to give, at most 100; 20 where nothing is said");
const OFFSET: (&str, &str) = ("offset", "How many to skip");
const KNOW: Asks = Asks::The(Act::Know);
const EMPOWER: Asks = Asks::The(Act::Empower);
const CAPTURE: Asks = Asks::The(Act::Capture);
const KEEP: Asks = Asks::The(Act::Administer);

/// Every row.
pub(crate) const ROWS: &[Row] = &[
    post("/api/sessions", Asks::Nothing, account::enter, ENTER, "Entry?", "Token").anyone(),
    get("/api/sessions", Asks::Own, account::sessions, "One's own sessions, the last used first", &[], "Sessions"),
    post("/api/sessions/end", Asks::Own, account::leave, "End this session", "", "Done"),
    post("/api/sessions/end-others", Asks::Own, account::leave_others, "End all one's sessions but this one", "", "Done"),
    post("/api/sessions/{number}/end", Asks::Own, account::end_session, "End a session of one's own", "", "Done"),
    post("/api/proof", Asks::Own, account::prove, PROVE, "Proof", "Proved"),
    get("/api/me", Asks::Own, account::me, "Who asks, and what they may do", &[], "Person"),
    get("/api/account", Asks::Own, account::show, "One's own mandates, way in and history", &[], "PersonWhole"),
    post("/api/account/password", Asks::Own, account::change_password, PASSWORD, "NewPassword", "Done"),
    post("/api/account/factor", Asks::Own, account::propose_factor, FACTOR, "", "Factor"),
    post("/api/account/factor/confirm", Asks::Own, account::change_factor, CONFIRM, "NewFactor", "Recovery"),
    get(
        "/api/records",
        KNOW,
        records::search,
        "Search",
        &[
            WORDS,
            ("sort", "relevance or date"),
            LIMIT,
            OFFSET,
            ("facets", "What to count, by commas: class, type, year, marking"),
        ],
        "Found",
    ),
    post("/api/records/search", KNOW, records::search_for, "Search with words that stand in no address", "Searched", "Found"),
    post("/api/complete", KNOW, records::complete, "Words that begin so, among those that one may know", "Begin", "Words"),
    get("/api/searches", Asks::Own, records::searches, "The searches that one keeps", &[], "Searches"),
    post("/api/searches", Asks::Own, records::save_search, "Keep a search under a name", "Search", "Done"),
    post("/api/searches/forget", Asks::Own, records::forget_search, "Keep a search no longer", "Name", "Done"),
    get("/api/records/{id}", KNOW, records::show, "All that is said of a record", &[], "Record"),
    get("/api/records/{id}/who", KNOW, records::who, WHO, &[], "Knowers"),
    get(
        "/api/records/{id}/text",
        Asks::The(Act::Read),
        records::read,
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
    post("/api/records/{id}/verify", Asks::The(Act::Read), records::verify, "Read a record back and compare", "", "Checked"),
    post(
        "/api/records/{id}/say",
        Asks::The(Act::Describe),
        records::say,
        "Say what a record is, in place of what was said",
        "Statement",
        "Done",
    ),
    post("/api/records/file", Asks::The(Act::File), records::file, "File records; all of them or none", "Filing", "Filed"),
    post("/api/records/mark", Asks::The(Act::Mark), records::mark, "Mark records; all of them or none", "Marking", "Changed"),
    post("/api/acts/{act}/undo", Asks::The(Act::File), records::undo, "Put back what an act filed", "", "Undone"),
    get("/api/classes", KNOW, records::classes, "Classes and dossiers, by code", &[], "Classes"),
    post("/api/classes", Asks::The(Act::Arrange), records::add_class, "Add a class or a dossier", "Container", "Made"),
    post("/api/dossiers/close", Asks::The(Act::Arrange), records::close, "Close a dossier, or open it again", "Closing", "Done"),
    get("/api/uploads", CAPTURE, uploads::list, "What one has brought in this session, the latest first", &[], "Uploads"),
    post("/api/uploads", CAPTURE, sending::declare, ANNOUNCE, "Announcement", "Standings").sends(&[]),
    get("/api/uploads/{upload}", CAPTURE, uploads::show, "How it stands with a file of one's own", &[], "Upload"),
    post("/api/uploads/{upload}/piece", CAPTURE, sending::piece, PIECE, "bytes", "Received")
        .sends(&[("at", "Where the piece begins, in bytes")]),
    post("/api/uploads/{upload}/give-up", CAPTURE, uploads::give_up, "Forget a file that is not kept yet", "", "Done"),
    get("/api/groups", Asks::Own, groups::list, GROUPS, &[], "Groups"),
    post("/api/groups", EMPOWER, groups::add, "Make a group", "NewGroup", "Made").proved(),
    get("/api/groups/{group}", Asks::Own, groups::show, GROUP, &[], "GroupShown"),
    post("/api/groups/{group}/members", EMPOWER, groups::members, "Take persons in and out", "Members", "Done").proved(),
    post("/api/groups/{group}/name", EMPOWER, groups::rename, "Give it another name", "Renamed", "Done").proved(),
    post("/api/groups/{group}/dissolve", EMPOWER, groups::dissolve, "Dissolve it; its mandates end", "Reason", "Done").proved(),
    get("/api/jobs", Asks::Own, jobs::jobs, "One's own jobs, newest first", &[], "Jobs"),
    get("/api/jobs/{number}", Asks::Own, jobs::job, "How far a job is", &[], "Job"),
    post("/api/jobs/preview", KNOW, jobs::preview, "What a change to all that words match would do", "ChangeAll", "Preview"),
    post("/api/jobs", KNOW, jobs::begin, "Change all that words match, step by step", "ChangeAll", "Begun"),
    post("/api/jobs/{number}/undo", Asks::Own, jobs::undo_job, "Put back what a job filed", "", "Begun"),
    get(
        "/api/persons",
        EMPOWER,
        persons::list,
        "Persons, by name",
        &[("name", "Part of the name"), ("role", "With this role: staff, archivist, security, administrator"), LIMIT, OFFSET],
        "Persons",
    ),
    post("/api/persons", EMPOWER, persons::add, "Add a person", "NewPerson", "Made").proved(),
    get("/api/persons/{person}", EMPOWER, persons::show, "A person with mandates and history", &[], "PersonWhole"),
    post("/api/persons/{person}/roles", EMPOWER, persons::set_roles, "Change the roles", "Roles", "Done").proved(),
    post("/api/persons/{person}/clearance", EMPOWER, persons::clear, "Change the clearance", "Clearance", "Done").proved(),
    post("/api/persons/{person}/invite", EMPOWER, persons::invite, INVITE, "", "Invitation").proved(),
    post("/api/persons/{person}/end-account", EMPOWER, persons::end_account, END_ACCOUNT, "Reason", "Done").proved(),
    get(
        "/api/mandates",
        Asks::Own,
        persons::mandates,
        "Mandates, newest first: everybody's for those who decide about them, else one's own",
        &[
            ("person", "Of this person (per-…)"),
            ("group", "Of this group (grp-…)"),
            ("in_force", "yes: those that are in force alone"),
            LIMIT,
            OFFSET,
        ],
        "Mandates",
    ),
    post("/api/mandates", EMPOWER, persons::give_mandate, "Give a mandate", "NewMandate", "Made").proved(),
    post("/api/mandates/{mandate}/end", EMPOWER, persons::end_mandate, "End a mandate now", "Reason", "Done").proved(),
    get(
        "/api/disclosures",
        Asks::The(Act::Audit),
        persons::disclosures,
        "What was given of marked records, newest first, and what let each person know it then",
        &[
            ("person", "To this person (per-…)"),
            ("record", "Of this record (rec-…)"),
            ("day", "On this day, as 2026-12-31"),
            ("before", "Older than this: `next` of the answer before"),
            LIMIT,
        ],
        "Disclosures",
    )
    .proved(),
    get("/api/house", KEEP, house::show, "How the house stands: journal, store, index, what waits", &[], "House"),
    post("/api/house/verify", KEEP, house::verify, "Begin to verify everything with keys", "", "Upkeep"),
    get("/api/house/upkeep", KEEP, house::list, "Long work on the house, newest first", &[], "Upkeeps"),
    get("/api/house/upkeep/{number}", KEEP, house::one, "How far such work is", &[], "Upkeep"),
    get("/api/house/keys", KEEP, house::keys, "Who can open what, the labels, and what was done to keys", &[], "Keys"),
    post("/api/house/keys/rotate", KEEP, house::rotate, "Begin to give labels new key pairs", "Rotation", "Upkeep").proved(),
    post("/api/house/keys/recovery", KEEP, house::add_recovery, "Add a recovery recipient", "Recipient", "Made").proved(),
    post("/api/house/keys/servers", KEEP, house::add_server, "Add a server that may read", "Reader", "Made").proved(),
    post("/api/house/keys/{holder}/withdraw", KEEP, house::withdraw, WITHDRAW, "Reason", "Upkeep").proved(),
    get("/api/openapi.json", Asks::Nothing, describe, "This description", &[], "Description").anyone(),
];

const ENTER: &str = "Begin a session by name, password and code, or with the code of a sign-in link as bearer; its token is the bearer of all that follows";
const PROVE: &str = "Prove once more who one is: for ten minutes, grave acts are done";
const PASSWORD: &str = "Change one's own password; all other sessions end";
const FACTOR: &str = "Propose another second factor. It is kept nowhere until a code of it has come back";
const CONFIRM: &str = "Take the second factor that was proposed; all other sessions end. The recovery codes are told here alone";
const WHO: &str = "Who may know a record and through what: everybody for those who decide or file, else oneself";
const ANNOUNCE: &str =
    "Announce files by their hashes: what is missing of each, from where on, and what became of those that are whole";
const PIECE: &str = "Send the next 524288 bytes of a file, or what is left of it; 409 says which are wanted";
const GROUPS: &str = "The groups that one is in; all that there were, for who decides about persons";
const GROUP: &str = "A group with its members and mandates, as far as one may see them; of those of others nothing is there";
const INVITE: &str = "Invite to make an account: the address is told here alone";
const END_ACCOUNT: &str = "End an account, with all sessions, links and invitations";
const WITHDRAW: &str = "Begin to withdraw a server or recovery recipient; every label gets a new key pair";

fn ok(value: &Value) -> Result<Response> {
    Ok(reply::json(StatusCode::OK, value))
}

fn done() -> Result<Response> {
    ok(&json!({ "done": true }))
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

/// A part of what there is, as the address asks for it.
fn part<T>(visit: &Visit, all: Vec<T>) -> Result<(usize, impl Iterator<Item = T>)> {
    let (total, offset, limit) = (all.len(), offset(visit)?, limit(visit)?);
    Ok((total, all.into_iter().skip(offset).take(limit)))
}

/// How many are asked for.
fn limit(visit: &Visit) -> Result<usize> {
    Ok(number(visit, "limit", API_HITS / 5)?.min(API_HITS))
}

/// How many are skipped.
fn offset(visit: &Visit) -> Result<usize> {
    Ok(number(visit, "offset", 0)?.min(1 << 20))
}

/// A number of the address; a program that writes something else is told so.
fn number(visit: &Visit, name: &str, absent: usize) -> Result<usize> {
    let given = visit.asked(name);
    if given.is_empty() {
        return Ok(absent);
    }
    given.parse().map_err(|_| {
        error::invalid(
            text!(
                "`{name}` is no number: {given}",
                "`{name}` n’est pas un nombre : {given}",
                name = name,
                given = given.escape_debug()
            ),
            text!("Write it in digits, from 0 on.", "Écrivez-le en chiffres, à partir de 0."),
        )
    })
}

/// What is told where a grave act wants a proof that is recent; nothing where it may go on.
pub(crate) fn unproved(room: &Room, visit: &Visit) -> Result<Option<Response>> {
    let proved = room.archive.is_proved(&visit.person()?.browser);
    Ok((!proved).then(|| problem::unproved(visit.say)))
}

fn describe(_: &Arc<Room>, _: &Visit) -> Result<Response> {
    ok(&crate::openapi::description())
}
