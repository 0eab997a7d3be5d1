//! Rows on oneself: signing in and out, proving once more who one is, the own password and second factor. What is secret is told
//! once, in the answer of what made it.

use super::{done, ok, persons, sent};
use crate::{pages::enrol, problem, reply, room::Room, routes::numbered, visit::Visit};
use axum::{http::StatusCode, response::Response};
use chartrier_engine::{
    Result,
    archive::{Attempt, PROOF, Proof},
    proof::factor_text,
};
use serde::Deserialize;
use serde_json::json;
use std::sync::Arc;

/// What the sessions of programs are called.
const DEVICE: &str = "API";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    name: String,
    password: String,
    code: String,
}

pub(crate) fn enter(room: &Arc<Room>, visit: &Visit) -> Result<Response> {
    let token = if visit.body.is_empty() {
        let token = visit.bearer().map(|code| room.archive.sign_in(code, DEVICE)).transpose()?.flatten();
        token.ok_or_else(|| problem::nobody(visit.say).into())
    } else {
        let Entry { name, password, code } = sent(visit)?;
        let attempt = room.archive.sign_in_as(&name, &Proof { password: &password, code: &code }, DEVICE)?;
        problem::proved(visit.say, StatusCode::UNAUTHORIZED, attempt)
    };
    Ok(token.map_or_else(|refused: Box<Response>| *refused, |token| reply::json(StatusCode::OK, &json!({ "token": *token }))))
}

pub(crate) fn leave(room: &Arc<Room>, visit: &Visit) -> Result<Response> {
    let signed = visit.person()?;
    room.archive.sign_out(&signed.session, signed.browser.number)?;
    done()
}

pub(crate) fn leave_others(room: &Arc<Room>, visit: &Visit) -> Result<Response> {
    let signed = visit.person()?;
    room.archive.sign_out_others(&signed.session, signed.browser.number)?;
    done()
}

pub(crate) fn end_session(room: &Arc<Room>, visit: &Visit) -> Result<Response> {
    room.archive.sign_out(&visit.person()?.session, numbered(visit, "number")?)?;
    done()
}

pub(crate) fn sessions(room: &Arc<Room>, visit: &Visit) -> Result<Response> {
    let signed = visit.person()?;
    let rows = room.archive.browsers(&signed.session)?;
    let row = rows.iter().map(|one| {
        json!({
            "number": one.number, "device": one.device, "began": one.began.to_string(), "used": one.used.to_string(),
            "this": one.number == signed.browser.number,
        })
    });
    ok(&row.collect())
}

pub(crate) fn me(_: &Arc<Room>, visit: &Visit) -> Result<Response> {
    let signed = visit.person()?;
    let session = &signed.session;
    ok(&json!({ "id": session.person, "name": signed.name, "roles": session.roles, "clearance": session.clearance }))
}

pub(crate) fn show(room: &Arc<Room>, visit: &Visit) -> Result<Response> {
    persons::whole(room, visit, visit.person()?.session.person)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Proving {
    password: String,
    code: String,
}

/// What came of an attempt, as an answer.
fn proven<T>(visit: &Visit, attempt: Attempt<T>, right: impl FnOnce(T) -> Result<Response>) -> Result<Response> {
    problem::proved(visit.say, StatusCode::FORBIDDEN, attempt).map_or_else(|refused| Ok(*refused), right)
}

pub(crate) fn prove(room: &Arc<Room>, visit: &Visit) -> Result<Response> {
    let (signed, Proving { password, code }) = (visit.person()?, sent(visit)?);
    let attempt = room.archive.prove(&signed.session, &signed.browser, &Proof { password: &password, code: &code })?;
    proven(visit, attempt, |()| ok(&json!({ "seconds": PROOF.as_secs() })))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewPassword {
    password: String,
    code: String,
    new: String,
}

pub(crate) fn change_password(room: &Arc<Room>, visit: &Visit) -> Result<Response> {
    let (signed, NewPassword { password, code, new }) = (visit.person()?, sent(visit)?);
    let proof = Proof { password: &password, code: &code };
    proven(visit, room.archive.change_password(&signed.session, &signed.browser, &proof, &new)?, |()| done())
}

pub(crate) fn propose_factor(room: &Arc<Room>, visit: &Visit) -> Result<Response> {
    let (signed, salt) = (visit.person()?, room.archive.salt()?);
    let secret = factor_text(&room.archive.own_proposed_factor(&signed.session, &salt));
    ok(&json!({ "salt": salt, "secret": *secret, "address": enrol::address(&signed.name, &secret) }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewFactor {
    password: String,
    code: String,
    salt: String,
    new_code: String,
}

pub(crate) fn change_factor(room: &Arc<Room>, visit: &Visit) -> Result<Response> {
    let (signed, NewFactor { password, code, salt, new_code }) = (visit.person()?, sent(visit)?);
    let proof = Proof { password: &password, code: &code };
    let attempt = room.archive.change_factor(&signed.session, &signed.browser, &proof, &salt, &new_code)?;
    proven(visit, attempt, |accepted| {
        let codes: Vec<&str> = accepted.recovery.iter().map(|code| code.as_str()).collect();
        ok(&json!({ "recovery": codes }))
    })
}
