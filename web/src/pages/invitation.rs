//! Making an account by an invitation: a password, a second factor, and one code of it. The secret of the invitation stands after
//! the sign `#`; until the form comes back whole, nothing is kept.

use super::{Frame, bare, enrol, fields::link_code, frame, sign_in::device};
use crate::{
    guard,
    reply::{self},
    room::Room,
    visit::{Visit, set_session},
};
use axum::{
    http::{StatusCode, header},
    response::Response,
};
use chartrier_engine::{
    Error, Kind, Result,
    archive::{Acceptance, Invited},
    error,
    proof::{LONGEST, SHORTEST},
};
use chartrier_schemas::text;
use maud::html;
use std::sync::Arc;

pub(crate) fn show(_: &Arc<Room>, visit: &Visit) -> Result<Response> {
    Ok(door(visit, StatusCode::OK, false))
}

/// Opens an invitation, then makes the account that its form describes. Invitations that are used, over, or never were, are one.
pub(crate) fn accept(room: &Arc<Room>, visit: &Visit) -> Result<Response> {
    let invitation = visit.filled("invitation").trim();
    let Some(invited) = room.archive.invited(invitation)? else { return Ok(door(visit, StatusCode::FORBIDDEN, true)) };
    if !visit.form.contains_key("password") {
        return form(room, visit, &invited, invitation, &room.archive.salt()?, None);
    }
    let salt = visit.filled("salt");
    if visit.filled("password") != visit.filled("again") {
        return form(room, visit, &invited, invitation, salt, Some(&differ()));
    }
    let agent = guard::text(&visit.headers, header::USER_AGENT).unwrap_or_default();
    let acceptance =
        Acceptance { invitation, salt, password: visit.filled("password"), code: visit.filled("code"), device: &device(agent) };
    match room.archive.accept(&acceptance) {
        Err(why) if why.kind == Kind::Invalid => form(room, visit, &invited, invitation, salt, Some(&why)),
        Err(why) => Err(why),
        Ok(None) => Ok(door(visit, StatusCode::FORBIDDEN, true)),
        Ok(Some(accepted)) => {
            // No redirection: these codes are kept nowhere in clear, and are shown in this answer alone.
            let codes: Vec<&str> = accepted.recovery.iter().map(|code| code.as_str()).collect();
            let main = enrol::recovery(visit.say, &codes, "/");
            let secret = accepted.session.as_ref().map_or("", |secret| secret.as_str());
            let page = reply::page(StatusCode::OK, bare(visit.say, &visit.say.t("recovery-title"), &main));
            Ok(reply::with(page, header::SET_COOKIE, &set_session(room.port, visit.through, secret)))
        }
    }
}

/// Two passwords that should be one.
pub(crate) fn differ() -> Error {
    error::invalid(
        text!("The two passwords differ.", "Les deux mots de passe diffèrent."),
        text!("Write the same one twice.", "Écrivez deux fois le même."),
    )
}

fn form(room: &Room, visit: &Visit, invited: &Invited, invitation: &str, salt: &str, wrong: Option<&Error>) -> Result<Response> {
    let say = visit.say;
    let factor = room.archive.proposed_factor(invitation, salt).ok_or_else(|| error::not_found("invitation"))?;
    let main = html! {
        section .door {
            h1 { (say.with("welcome", &[("name", invited.name.as_str().into())])) }
            @if let Some(wrong) = wrong { p .note role="alert" { (super::spoken(say, &wrong.problem)) " " (super::spoken(say, &wrong.remedy)) } }
            form method="post" action="/invitation" {
                input type="hidden" name="invitation" value=(invitation);
                input type="hidden" name="salt" value=(salt);
                input type="text" name="username" value=(invited.name) autocomplete="username" hidden;
                h2 { (say.t("choose-password")) }
                (new_password(visit))
                h2 { (say.t("factor")) }
                (enrol::secret(say, &invited.name, &factor))
                label for="code" { (say.t("factor-code")) }
                input #code name="code" inputmode="numeric" autocomplete="one-time-code" spellcheck="false" required maxlength="10";
                button type="submit" { (say.t("make-account")) }
            }
        }
    };
    let status = if wrong.is_some() { StatusCode::BAD_REQUEST } else { StatusCode::OK };
    let title = say.t("invitation");
    Ok(reply::page(status, frame(visit, &Frame { title: &title, words: None, kind: "own", back: "/invitation" }, &main)))
}

/// The fields of a new password.
pub(crate) fn new_password(visit: &Visit) -> maud::Markup {
    let say = visit.say;
    html! {
        label for="password" { (say.t("new-password")) }
        input #password type="password" name="password" autocomplete="new-password" required minlength=(SHORTEST) maxlength=(LONGEST)
            aria-describedby="password-help";
        p #password-help .help { (say.with("password-help", &[("least", SHORTEST.to_string().into())])) }
        label for="again" { (say.t("once-more")) }
        input #again type="password" name="again" autocomplete="new-password" required minlength=(SHORTEST) maxlength=(LONGEST);
    }
}

fn door(visit: &Visit, status: StatusCode, refused: bool) -> Response {
    let say = visit.say;
    let main = html! {
        section .door {
            h1 { (say.t("invitation")) }
            @if refused { p .note role="alert" { (say.t("invitation-over")) } }
            p { (say.t("invitation-text")) }
            form #door method="post" action="/invitation" {
                (link_code(say, "invitation"))
                button type="submit" { (say.t("go-on")) }
            }
        }
    };
    let title = say.t("invitation");
    reply::page(status, frame(visit, &Frame { title: &title, words: None, kind: "signing-in", back: "/invitation" }, &main))
}
