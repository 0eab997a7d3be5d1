//! The table of routes: each with who may come and what is asked of the engine. Nothing is answered that has no row here;
//! `policies` shows the table to the test that walks it.

use crate::{
    api, assets, guard,
    guard::Through,
    limits::{ANSWER_TIME, API_BYTES, FORM_BYTES, FORM_TIME, SENDING_TIME, TURN},
    pages, problem,
    reply::see,
    room::{Logged, Room},
    shares::Share,
    visit::{Came, Visit, language, secret},
    words::Say,
};
use axum::{
    Router,
    body::{Body, to_bytes},
    extract::{RawPathParams, Request, State, rejection::RawPathParamsRejection},
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    middleware::{self, Next},
    response::Response,
    routing::{MethodFilter, on},
};
use chartrier_engine::{Error, Result, error, policy::Act};
use std::{collections::HashMap, hash::BuildHasher as _, sync::Arc, time::Instant};
use tokio::{sync::Semaphore, time::timeout};

/// Who may come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    /// Anyone.
    Anyone,
    /// Whoever is signed in; all others are shown where one signs in, whatever they asked for.
    Person,
}

/// What is asked of the engine, of the unit where the address names one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asks {
    /// Nothing of the archive.
    Nothing,
    /// One's own sessions and choices.
    Own,
    /// What this act needs.
    The(Act),
}

/// A row of the table, without what it runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Policy {
    /// `GET` or `POST`.
    pub method: &'static str,
    /// The path, with names in braces.
    pub path: &'static str,
    /// Who may come.
    pub who: Who,
    /// What is asked of the engine.
    pub asks: Asks,
    /// Whether the person must have proved a moment ago to be who they are.
    pub proved: bool,
}

type Page = fn(&Arc<Room>, &Visit) -> Result<Response>;

/// What comes with a request.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Takes {
    /// A small form, read before anything else.
    Form,
    /// Files or a list of them: the page reads them, once it is known who sends them.
    Files,
}

#[derive(Clone, Copy)]
struct Route {
    policy: Policy,
    page: Page,
    takes: Takes,
}

impl Route {
    /// Whose turn it waits for. Apart from the others: where whole originals are read or a worker may have to draw or decode,
    /// and where a password is hashed, which takes memory.
    fn turns<'a>(&self, room: &'a Room) -> &'a Arc<Semaphore> {
        let path = self.policy.path;
        match self.policy.method {
            _ if self.takes == Takes::Files => &room.received,
            "POST" if proves(path) => &room.proofs,
            _ if path.contains("{id}") && (path.ends_with("/{number}") || path.ends_with("/verify")) => &room.slow_questions,
            _ => &room.questions,
        }
    }

    /// The same row for a grave act: whoever does it has proved a moment ago to be who they are.
    const fn proved(mut self) -> Self {
        self.policy.proved = true;
        self
    }
}

/// Whether a password may be hashed for what is sent there.
pub(crate) fn proves(path: &str) -> bool {
    let path = path.strip_prefix("/api").unwrap_or(path);
    ["/sign-in", "/sessions", "/invitation", "/proof"].contains(&path) || path.starts_with("/account/")
}

const fn route(method: &'static str, path: &'static str, who: Who, asks: Asks, page: Page) -> Route {
    Route { policy: Policy { method, path, who, asks, proved: false }, page, takes: Takes::Form }
}

/// The same of a route by which files are sent.
const fn sends(path: &'static str, page: Page) -> Route {
    Route { takes: Takes::Files, ..route("POST", path, Who::Person, Asks::The(Act::Capture), page) }
}

const ROUTES: &[Route] = &[
    route("GET", "/", Who::Person, Asks::The(Act::Know), pages::search::show),
    route("POST", "/ask", Who::Person, Asks::The(Act::Know), pages::search::ask),
    route("GET", "/results.csv", Who::Person, Asks::The(Act::Know), pages::search::export),
    route("POST", "/complete", Who::Person, Asks::The(Act::Know), pages::search::complete),
    route("POST", "/searches", Who::Person, Asks::Own, pages::search::save),
    route("POST", "/searches/forget", Who::Person, Asks::Own, pages::search::forget),
    route("GET", "/unit/{id}", Who::Person, Asks::The(Act::Know), pages::unit::show),
    route("GET", "/unit/{id}/who", Who::Person, Asks::The(Act::Know), pages::who::show),
    route("POST", "/unit/{id}/verify", Who::Person, Asks::The(Act::Read), pages::unit::verify),
    route("GET", "/unit/{id}/thumbnail", Who::Person, Asks::The(Act::Read), pages::unit::thumbnail),
    route("GET", "/unit/{id}/page/{number}", Who::Person, Asks::The(Act::Read), pages::unit::page),
    route("GET", "/unit/{id}/component/{number}", Who::Person, Asks::The(Act::Read), pages::unit::component),
    route("POST", "/unit/{id}/file", Who::Person, Asks::The(Act::File), pages::curate::file),
    route("POST", "/unit/{id}/mark", Who::Person, Asks::The(Act::Mark), pages::curate::mark),
    route("POST", "/unit/{id}/say", Who::Person, Asks::The(Act::Describe), pages::curate::say),
    route("GET", "/inbox", Who::Person, Asks::The(Act::File), pages::inbox::show),
    route("POST", "/inbox/file", Who::Person, Asks::The(Act::File), pages::inbox::file),
    route("POST", "/acts/{act}/undo", Who::Person, Asks::The(Act::File), pages::inbox::undo),
    route("GET", "/bulk", Who::Person, Asks::The(Act::Know), pages::bulk::show),
    route("POST", "/bulk", Who::Person, Asks::The(Act::Know), pages::bulk::begin),
    route("GET", "/jobs", Who::Person, Asks::Own, pages::jobs::list),
    route("GET", "/jobs/{number}", Who::Person, Asks::Own, pages::jobs::show),
    route("POST", "/jobs/{number}/undo", Who::Person, Asks::Own, pages::jobs::undo),
    route("GET", "/classes", Who::Person, Asks::The(Act::Know), pages::scheme::show),
    route("POST", "/classes", Who::Person, Asks::The(Act::Arrange), pages::scheme::add),
    route("POST", "/classes/close", Who::Person, Asks::The(Act::Arrange), pages::scheme::close),
    route("GET", "/add", Who::Person, Asks::The(Act::Capture), pages::add::show),
    sends("/add", pages::sending::form),
    sends("/add/files", pages::sending::declare),
    sends("/add/piece/{upload}", pages::sending::piece),
    route("POST", "/add/give-up/{upload}", Who::Person, Asks::The(Act::Capture), pages::sending::give_up),
    route("GET", "/sessions", Who::Person, Asks::Own, pages::sessions::show),
    route("POST", "/sessions/{number}/end", Who::Person, Asks::Own, pages::sessions::end),
    route("POST", "/sign-out-others", Who::Person, Asks::Own, pages::sessions::end_others),
    route("POST", "/sign-out", Who::Person, Asks::Own, pages::sessions::sign_out),
    route("GET", "/account", Who::Person, Asks::Own, pages::account::show),
    route("POST", "/account/password", Who::Person, Asks::Own, pages::account::change_password),
    route("GET", "/account/factor", Who::Person, Asks::Own, pages::account::factor),
    route("POST", "/account/factor", Who::Person, Asks::Own, pages::account::change_factor),
    route("POST", "/proof", Who::Person, Asks::Own, pages::proof::prove),
    route("GET", "/persons", Who::Person, Asks::The(Act::Empower), pages::persons::show),
    route("POST", "/persons", Who::Person, Asks::The(Act::Empower), pages::persons::add).proved(),
    route("GET", "/persons/names", Who::Person, Asks::The(Act::Empower), pages::persons::names),
    route("GET", "/persons/{person}", Who::Person, Asks::The(Act::Empower), pages::person::show),
    route("POST", "/persons/{person}/invite", Who::Person, Asks::The(Act::Empower), pages::person::invite).proved(),
    route("POST", "/persons/{person}/end-account", Who::Person, Asks::The(Act::Empower), pages::person::end_account).proved(),
    route("POST", "/persons/{person}/roles", Who::Person, Asks::The(Act::Empower), pages::person::set_roles).proved(),
    route("POST", "/persons/{person}/clearance", Who::Person, Asks::The(Act::Empower), pages::person::clear).proved(),
    route("POST", "/persons/{person}/mandates", Who::Person, Asks::The(Act::Empower), pages::person::give_mandate).proved(),
    route("POST", "/persons/{person}/mandates/{mandate}/end", Who::Person, Asks::The(Act::Empower), pages::person::end_mandate)
        .proved(),
    route("GET", "/groups", Who::Person, Asks::The(Act::Empower), pages::groups::show),
    route("POST", "/groups", Who::Person, Asks::The(Act::Empower), pages::groups::add).proved(),
    route("GET", "/groups/{group}", Who::Person, Asks::The(Act::Empower), pages::group::show),
    route("POST", "/groups/{group}/join", Who::Person, Asks::The(Act::Empower), pages::group::join).proved(),
    route("POST", "/groups/{group}/leave", Who::Person, Asks::The(Act::Empower), pages::group::leave).proved(),
    route("POST", "/groups/{group}/name", Who::Person, Asks::The(Act::Empower), pages::group::rename).proved(),
    route("POST", "/groups/{group}/dissolve", Who::Person, Asks::The(Act::Empower), pages::group::dissolve).proved(),
    route("POST", "/groups/{group}/mandates", Who::Person, Asks::The(Act::Empower), pages::group::give_mandate).proved(),
    route("POST", "/groups/{group}/mandates/{mandate}/end", Who::Person, Asks::The(Act::Empower), pages::group::end_mandate)
        .proved(),
    route("GET", "/disclosures", Who::Person, Asks::The(Act::Audit), pages::disclosures::show).proved(),
    route("GET", "/house", Who::Person, Asks::The(Act::Administer), pages::house::show),
    route("POST", "/house/verify", Who::Person, Asks::The(Act::Administer), pages::house::verify),
    route("GET", "/house/keys", Who::Person, Asks::The(Act::Administer), pages::keys::show),
    route("POST", "/house/keys/rotate", Who::Person, Asks::The(Act::Administer), pages::keys::rotate).proved(),
    route("POST", "/house/keys/recovery", Who::Person, Asks::The(Act::Administer), pages::keys::add_recovery).proved(),
    route("POST", "/house/keys/servers", Who::Person, Asks::The(Act::Administer), pages::keys::add_server).proved(),
    route("POST", "/house/keys/{holder}/withdraw", Who::Person, Asks::The(Act::Administer), pages::keys::withdraw).proved(),
    route("GET", "/invitation", Who::Anyone, Asks::Nothing, pages::invitation::show),
    route("POST", "/invitation", Who::Anyone, Asks::Nothing, pages::invitation::accept),
    route("GET", "/help", Who::Anyone, Asks::Nothing, pages::help::show),
    route("POST", "/choices", Who::Anyone, Asks::Nothing, pages::help::choose),
    route("GET", "/sign-in", Who::Anyone, Asks::Nothing, pages::sign_in::show),
    route("POST", "/sign-in", Who::Anyone, Asks::Nothing, pages::sign_in::enter),
    route("GET", "/health", Who::Anyone, Asks::Nothing, pages::trouble::health),
    route("GET", "/assets/{name}", Who::Anyone, Asks::Nothing, assets::give),
];

/// The table of routes.
pub fn policies() -> Vec<Policy> {
    routes().map(|route| route.policy).collect()
}

/// Whether a path is one of a row's.
fn is_of(path: &str, row: &str) -> bool {
    let same = |(row, given): (&str, &str)| row == given || row.starts_with('{');
    row.split('/').count() == path.split('/').count() && row.split('/').zip(path.split('/')).all(same)
}

/// The page at which something was sent, or the nearest above it, without what it was asked with.
pub(crate) fn nearest_page(here: &str) -> Option<&str> {
    let path = here.split('?').next().unwrap_or_default();
    let above =
        std::iter::successors(Some(path), |path| path.rsplit_once('/').map(|(above, _)| above).filter(|above| !above.is_empty()));
    let is_page = |path: &&str| ROUTES.iter().any(|row| row.policy.method == "GET" && is_of(path, row.policy.path));
    above.into_iter().find(is_page)
}

/// Every row: pages, then the API.
fn routes() -> impl Iterator<Item = Route> {
    ROUTES.iter().copied().chain(api::ROWS.iter().map(|row| Route {
        policy: row.policy,
        page: row.run,
        takes: if row.sends { Takes::Files } else { Takes::Form },
    }))
}

/// The names of a path; one that is no text names nothing.
type Params = std::result::Result<RawPathParams, RawPathParamsRejection>;

/// What the log calls the route of an answer.
#[derive(Clone, Copy)]
struct Named(&'static str);

pub(crate) fn router(room: Arc<Room>) -> Router {
    let mut router = Router::new();
    for route in routes() {
        let method = if route.policy.method == "GET" { MethodFilter::GET } else { MethodFilter::POST };
        let answer = move |State(room): State<Arc<Room>>, params: Params, request: Request| async move {
            let Ok(params) = params else { return plain(StatusCode::NOT_FOUND, request.uri().path(), request.headers()) };
            let params = params.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
            let mut response = answer(room, route, params, request).await;
            response.extensions_mut().insert(Named(route.policy.path));
            response
        };
        router = router.route(route.policy.path, on(method, answer));
    }
    router
        .fallback(async |request: Request| plain(StatusCode::NOT_FOUND, request.uri().path(), request.headers()))
        .method_not_allowed_fallback(async |request: Request| {
            plain(StatusCode::METHOD_NOT_ALLOWED, request.uri().path(), request.headers())
        })
        .layer(middleware::from_fn_with_state(room.clone(), front))
        .with_state(room)
}

/// What every request passes: a turn, a host of ours, an origin of ours, a time limit; and what every answer is given.
async fn front(State(room): State<Arc<Room>>, request: Request, next: Next) -> Response {
    let (started, method) = (Instant::now(), request.method().clone());
    let through = room.hosts.through(request.headers());
    let (language, path) = (request.headers().clone(), request.uri().path().to_owned());
    let plain = |status| plain(status, &path, &language);
    let (turns, patience) = match sends_files(&method, &path) {
        true => (&room.sendings, SENDING_TIME),
        false => (&room.requests, ANSWER_TIME),
    };
    let mut response = match turns.clone().try_acquire_owned() {
        Err(_) => plain(StatusCode::SERVICE_UNAVAILABLE),
        Ok(_turn) if through.is_none() => plain(StatusCode::MISDIRECTED_REQUEST),
        Ok(_turn) if !guard::is_ours(&method, request.headers()) => plain(StatusCode::FORBIDDEN),
        Ok(_turn) => match share(&room, &request, through) {
            None => plain(StatusCode::TOO_MANY_REQUESTS),
            Some(_share) => {
                let mut request = request;
                request.extensions_mut().insert(through.unwrap_or(Through::Loopback));
                let answered = timeout(patience, next.run(request)).await;
                answered.unwrap_or_else(|_| plain(StatusCode::SERVICE_UNAVAILABLE))
            }
        },
    };
    if matches!(response.status(), StatusCode::SERVICE_UNAVAILABLE | StatusCode::TOO_MANY_REQUESTS) {
        response.headers_mut().entry(header::RETRY_AFTER).or_insert(HeaderValue::from_static("2"));
    }
    guard::protect(response.headers_mut(), through);
    (room.log)(&Logged {
        method: method.as_str(),
        route: response.extensions().get::<Named>().map(|named| named.0),
        status: response.status().as_u16(),
        micros: u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX),
    });
    response
}

/// A session's share of the turns; whoever shows none has the turns alone. Nothing where the session has as many as one may.
fn share(room: &Room, request: &Request, through: Option<Through>) -> Option<Option<Share<u64>>> {
    match secret(room, request.headers(), through.unwrap_or(Through::Loopback)) {
        None => Some(None),
        Some(secret) => room.askers.take(room.keys.hash_one(secret)).map(Some),
    }
}

/// Whether a request is one by which files are sent.
fn sends_files(method: &Method, path: &str) -> bool {
    method == Method::POST && routes().any(|route| route.takes == Takes::Files && is_of(path, route.policy.path))
}

/// For those of whom nothing is known yet but the language of their browser: a page, or what a program reads.
fn plain(status: StatusCode, path: &str, headers: &HeaderMap) -> Response {
    let say = Say(language(headers));
    if path.starts_with(api::ROOT) { problem::plain(say, status) } else { pages::trouble::plain(say, status) }
}

async fn answer(room: Arc<Room>, route: Route, params: HashMap<String, String>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let (headers, path) = (head.headers.clone(), head.uri.path().to_owned());
    let plain = |status| plain(status, &path, &headers);
    let most = if head.uri.path().starts_with(api::ROOT) { API_BYTES } else { FORM_BYTES };
    let (form, sent) = match route.takes {
        Takes::Files => (Vec::new(), Some(body)),
        Takes::Form => match form(&head.method, body, most).await {
            Ok(form) => (form, None),
            Err(status) => return plain(status),
        },
    };
    let Ok(Ok(turn)) = timeout(TURN, route.turns(&room).clone().acquire_owned()).await else {
        return plain(StatusCode::SERVICE_UNAVAILABLE);
    };
    let came = Came {
        through: head.extensions.get().copied().unwrap_or(Through::Loopback),
        path: head.uri.path().to_owned(),
        query: head.uri.query().unwrap_or_default().to_owned(),
        headers: head.headers,
        params,
        form,
        sent,
    };
    // The engine blocks: it is asked on threads that may.
    let asked = tokio::task::spawn_blocking(move || {
        let _turn = turn;
        asked(&room, &route, came)
    });
    asked.await.unwrap_or_else(|_| plain(StatusCode::INTERNAL_SERVER_ERROR))
}

fn asked(room: &Arc<Room>, route: &Route, came: Came) -> Response {
    let (headers, path, method) = (came.headers.clone(), came.path.clone(), route.policy.method);
    let visit = match Visit::of(room, came) {
        Ok(visit) => visit,
        Err(why) => return plain(pages::trouble::status(why.kind), &path, &headers),
    };
    let told = |why: &Error| if visit.is_api() { problem::told(visit.say, why) } else { pages::trouble::show(&visit, why) };
    if route.policy.who == Who::Person && visit.signed.is_none() {
        if visit.is_api() {
            return problem::nobody(visit.say);
        }
        return if pages::sign_in::comes_from_elsewhere(&visit) { pages::sign_in::again(&visit) } else { see("/sign-in") };
    }
    if route.policy.proved {
        let missing = |()| if visit.is_api() { api::unproved(room, &visit) } else { pages::proof::missing(room, &visit, method) };
        match allows(room, &visit, route.policy.asks).and_then(missing) {
            Ok(None) => {}
            Ok(Some(asks)) => return asks,
            Err(why) => return told(&why),
        }
    }
    (route.page)(room, &visit).unwrap_or_else(|why| told(&why))
}

/// Whether the engine lets this person do such a thing at all: who may not is asked for no proof.
fn allows(room: &Room, visit: &Visit, asks: Asks) -> Result<()> {
    match asks {
        Asks::The(act) => room.archive.allowed(&visit.person()?.session, act),
        Asks::Own | Asks::Nothing => Ok(()),
    }
}

/// The form that came with a request.
async fn form(method: &Method, body: Body, most: usize) -> std::result::Result<Vec<u8>, StatusCode> {
    if method != Method::POST {
        return Ok(Vec::new());
    }
    match timeout(FORM_TIME, to_bytes(body, most)).await {
        Ok(Ok(bytes)) => Ok(bytes.to_vec()),
        Ok(Err(_)) => Err(StatusCode::PAYLOAD_TOO_LARGE),
        Err(_) => Err(StatusCode::REQUEST_TIMEOUT),
    }
}

/// The number in an address; what is none is not there.
pub(crate) fn numbered<T: std::str::FromStr>(visit: &Visit, name: &str) -> Result<T> {
    let given = visit.params.get(name).map_or("", String::as_str);
    given.parse().map_err(|_| error::not_found(name))
}
