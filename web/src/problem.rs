//! Trouble as programs are told it: a kind that keeps its name, and problem and remedy in the language that is asked for. Absent and
//! refused are one kind, in the same bytes.

use crate::{pages::trouble, reply, words::Say};
use axum::{http::StatusCode, response::Response};
use chartrier_engine::{Error, Kind, archive::Attempt};
use jiff::Timestamp;
use serde_json::json;

/// Every kind, for the description.
pub(crate) const KINDS: [&str; 14] = [
    "invalid",
    "not_found",
    "refused",
    "locked",
    "unavailable",
    "corrupt",
    "bug",
    "not_signed_in",
    PROOF_NEEDED,
    PROOF_WRONG,
    TOO_OFTEN,
    "foreign",
    "other_host",
    "too_much",
];

/// A grave act wants a proof that is recent.
const PROOF_NEEDED: &str = "proof_needed";

/// What was to prove who one is did not fit; which part of it is told to nobody.
const PROOF_WRONG: &str = "proof_wrong";

/// Too many proofs did not fit: nothing is looked at before a moment.
const TOO_OFTEN: &str = "too_often";

/// The name of a kind of error.
pub(crate) fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::Invalid => "invalid",
        Kind::NotFound => "not_found",
        Kind::Refused => "refused",
        Kind::Locked => "locked",
        Kind::Unavailable => "unavailable",
        Kind::Corrupt => "corrupt",
        Kind::Bug => "bug",
    }
}

fn answer(status: StatusCode, kind: &str, problem: &str, remedy: &str) -> Response {
    reply::json(status, &json!({ "kind": kind, "problem": problem, "remedy": remedy }))
}

/// What went wrong.
pub(crate) fn told(say: Say, why: &Error) -> Response {
    let (problem, remedy) = trouble::words(say, why);
    answer(trouble::status(why.kind), kind(why.kind), &problem, &remedy)
}

/// The same before anything is known of who asks.
pub(crate) fn plain(say: Say, status: StatusCode) -> Response {
    let kind = match status {
        StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED => "not_found",
        StatusCode::SERVICE_UNAVAILABLE => "unavailable",
        StatusCode::FORBIDDEN => "foreign",
        StatusCode::MISDIRECTED_REQUEST => "other_host",
        StatusCode::PAYLOAD_TOO_LARGE | StatusCode::REQUEST_TIMEOUT => "too_much",
        _ => "bug",
    };
    let (problem, remedy) = trouble::plain_words(say, status);
    answer(status, kind, &problem, &remedy)
}

/// To whoever is not signed in.
pub(crate) fn nobody(say: Say) -> Response {
    answer(StatusCode::UNAUTHORIZED, "not_signed_in", &say.t("not-signed-in"), &say.t("not-signed-in-remedy"))
}

/// To whoever asks for a grave act without a recent proof.
pub(crate) fn unproved(say: Say) -> Response {
    answer(StatusCode::FORBIDDEN, PROOF_NEEDED, &say.t("proof-needed"), &say.t("proof-needed-remedy"))
}

/// What a proof was good for; where it was not enough, what is told of that, under a status.
pub(crate) fn proved<T>(say: Say, status: StatusCode, attempt: Attempt<T>) -> Result<T, Box<Response>> {
    match attempt {
        Attempt::Right(done) => Ok(done),
        Attempt::Wrong => Err(answer(status, PROOF_WRONG, &say.t("proof-refused"), &say.t("proof-refused-remedy")).into()),
        Attempt::Wait(until) => Err(too_often(say, until).into()),
    }
}

fn too_often(say: Say, until: Timestamp) -> Response {
    let remedy = say.with("proof-too-often-remedy", &[("moment", say.moment(until).into())]);
    let told = json!({ "kind": TOO_OFTEN, "problem": say.t("proof-too-often"), "remedy": remedy, "until": until.to_string() });
    reply::json(StatusCode::TOO_MANY_REQUESTS, &told)
}
