//! When there is nothing to show: one page for what is absent and what is refused, and a sentence with a remedy for the rest.

use super::{Frame, bare, frame};
use crate::{reply, room::Room, visit::Visit, words::Say};
use axum::{http::StatusCode, response::Response};
use chartrier_engine::{Error, Kind, Result};
use maud::html;
use std::sync::Arc;

/// The status of each kind of error: absent and not allowed are one.
pub(crate) fn status(kind: Kind) -> StatusCode {
    match kind {
        Kind::Invalid => StatusCode::BAD_REQUEST,
        Kind::NotFound => StatusCode::NOT_FOUND,
        Kind::Refused => StatusCode::FORBIDDEN,
        Kind::Locked | Kind::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        Kind::Corrupt | Kind::Bug => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

/// Problem and remedy. What is not there is told in the same words whatever was asked for.
pub(crate) fn words(say: Say, why: &Error) -> (String, String) {
    match why.kind {
        Kind::NotFound => (say.t("absent"), say.t("absent-remedy")),
        _ => (say.text(&why.problem).to_owned(), say.text(&why.remedy).to_owned()),
    }
}

/// What went wrong, to a person. Of what is not there, nothing of what was asked is repeated.
pub(crate) fn show(visit: &Visit, why: &Error) -> Response {
    let say = visit.say;
    let (problem, remedy) = words(say, why);
    // Whoever sent something that cannot be done goes back to where that was written; what is not there was nowhere.
    let sent = !visit.form.is_empty() && why.kind != Kind::NotFound;
    let from = sent.then(|| crate::routes::nearest_page(&visit.here)).flatten();
    let main = html! {
        section .empty {
            h1 { (problem) }
            p { (remedy) }
            @if let Some(from) = from { p { a href=(from) { (say.t("where-it-was-sent")) } } }
            p { a href="/" { (say.t("all-records")) } }
        }
    };
    let title = say.t("trouble");
    let words = visit.signed.is_some().then_some("");
    reply::page(status(why.kind), frame(visit, &Frame { title: &title, words, kind: "trouble", back: "/" }, &main))
}

/// Problem and remedy before anything is known of who asks.
pub(crate) fn plain_words(say: Say, status: StatusCode) -> (String, String) {
    match status {
        StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED => (say.t("absent"), say.t("absent-remedy")),
        StatusCode::SERVICE_UNAVAILABLE => (say.t("busy"), say.t("busy-remedy")),
        StatusCode::TOO_MANY_REQUESTS => (say.t("at-once"), say.t("busy-remedy")),
        StatusCode::FORBIDDEN => (say.t("foreign"), say.t("foreign-remedy")),
        StatusCode::MISDIRECTED_REQUEST => (say.t("other-host"), say.t("other-host-remedy")),
        StatusCode::PAYLOAD_TOO_LARGE | StatusCode::REQUEST_TIMEOUT => (say.t("too-much"), say.t("too-much-remedy")),
        _ => (say.t("our-mistake"), say.t("our-mistake-remedy")),
    }
}

/// The same as a page.
pub(crate) fn plain(say: Say, status: StatusCode) -> Response {
    let (problem, remedy) = plain_words(say, status);
    reply::page(status, bare(say, &say.t("trouble"), &html! { section .empty { h1 { (problem) } p { (remedy) } } }))
}

/// For those who watch whether the server answers: that the archive does.
pub(crate) fn health(room: &Arc<Room>, _: &Visit) -> Result<Response> {
    room.archive.server()?;
    Ok(reply::json(StatusCode::OK, &serde_json::json!({ "status": "ok" })))
}
