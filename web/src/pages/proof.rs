//! Proving once more who one is, before a grave act. What was filled in comes along in hidden fields and is done with the proof;
//! the proof itself is repeated nowhere.

use super::{Frame, frame};
use crate::{
    reply::{self, see},
    room::Room,
    visit::{Visit, local_path},
    words::Say,
};
use axum::{http::StatusCode, response::Response};
use chartrier_engine::{
    Result,
    archive::{Attempt, Proof},
};
use jiff::Timestamp;
use maud::{Markup, html};
use std::sync::Arc;

/// Names of the fields of a proof: no other form uses them.
const PASSWORD: &str = "proof-password";
const CODE: &str = "proof-code";

/// Why a proof was not enough.
#[derive(Clone, Copy)]
pub(crate) enum Refused {
    /// Something of it is wrong.
    Wrong,
    /// Nothing is looked at before a moment.
    Wait(Timestamp),
}

/// The page that asks for a proof, where there is none that is recent; nothing where the act may go on.
pub(crate) fn missing(room: &Arc<Room>, visit: &Visit, method: &str) -> Result<Option<Response>> {
    let signed = visit.person()?;
    if room.archive.is_proved(&signed.browser) {
        return Ok(None);
    }
    let given = method == "POST" && visit.form.contains_key(PASSWORD);
    let refused = match given.then(|| attempt(room, visit)).transpose()? {
        Some(Ok(())) => return Ok(None),
        Some(Err(refused)) => Some(refused),
        None => None,
    };
    let fields = visit.form.iter().filter(|(name, _)| ![PASSWORD, CODE].contains(&name.as_str()));
    let mut fields: Vec<(&str, &str)> = fields.map(|(name, value)| (name.as_str(), value.as_str())).collect();
    fields.sort_unstable();
    match method {
        "POST" => asks(room, visit, &visit.here, &fields, refused).map(Some),
        _ => asks(room, visit, "/proof", &[("back", &visit.here)], refused).map(Some),
    }
}

/// Proves, and goes back to where the proof was missing.
pub(crate) fn prove(room: &Arc<Room>, visit: &Visit) -> Result<Response> {
    let back = local_path(visit.filled("back"));
    match attempt(room, visit)? {
        Ok(()) => Ok(see(back)),
        Err(refused) => asks(room, visit, "/proof", &[("back", back)], Some(refused)),
    }
}

fn attempt(room: &Arc<Room>, visit: &Visit) -> Result<std::result::Result<(), Refused>> {
    let signed = visit.person()?;
    let proof = Proof { password: visit.filled(PASSWORD), code: visit.filled(CODE) };
    Ok(match room.archive.prove(&signed.session, &signed.browser, &proof)? {
        Attempt::Right(()) => Ok(()),
        Attempt::Wrong => Err(Refused::Wrong),
        Attempt::Wait(until) => Err(Refused::Wait(until)),
    })
}

fn asks(room: &Room, visit: &Visit, action: &str, fields: &[(&str, &str)], refused: Option<Refused>) -> Result<Response> {
    let (say, signed) = (visit.say, visit.person()?);
    let way = room.archive.way_in(&signed.session, signed.session.person)?;
    let main = html! {
        section .door {
            h1 { (say.t("proof-title")) }
            p { (say.t("proof-text")) }
            (alert(say, refused))
            @if way.account.is_some() {
                form method="post" action=(action) {
                    @for (name, value) in fields { input type="hidden" name=(name) value=(value); }
                    input type="text" name="username" value=(signed.name) autocomplete="username" hidden;
                    (secrets(say, PASSWORD, CODE))
                    button type="submit" { (say.t("go-on")) }
                }
            } @else {
                p { (say.t("proof-by-link")) }
                pre { code { "chartrier person link" } }
            }
        }
    };
    let title = say.t("proof-title");
    let around = Frame { title: &title, words: None, kind: "own", back: "/" };
    let status = if matches!(refused, Some(Refused::Wait(_))) { StatusCode::TOO_MANY_REQUESTS } else { StatusCode::FORBIDDEN };
    Ok(reply::page(status, frame(visit, &around, &main)))
}

/// The two fields of a proof.
pub(crate) fn secrets(say: Say, password: &str, code: &str) -> Markup {
    html! {
        label for=(password) { (say.t("password")) }
        input type="password" id=(password) name=(password) autocomplete="current-password" required maxlength="1024";
        label for=(code) { (say.t("one-code")) }
        input id=(code) name=(code) autocomplete="one-time-code" spellcheck="false" required maxlength="40"
            aria-describedby=(format!("{code}-help"));
        p .help id=(format!("{code}-help")) { (say.t("code-help")) }
    }
}

/// What is said when a proof was not enough: never which part of it.
pub(crate) fn alert(say: Say, refused: Option<Refused>) -> Markup {
    html! {
        @match refused {
            None => {},
            Some(Refused::Wrong) => p .note role="alert" { (say.t("proof-wrong")) },
            Some(Refused::Wait(until)) => p .note role="alert" {
                (say.with("proof-wait", &[("moment", say.moment(until).into())]))
            },
        }
    }
}
