//! One's own page: what one may know and do, and the own password and second factor.

use super::{
    Frame, badge, bare, enrol, frame,
    invitation::{differ, new_password},
    mandating::mandate,
    person::{belongings, roles_text, story, way_text},
    proof::{Refused, alert, secrets},
};
use crate::{
    reply::{self, see},
    room::Room,
    visit::Visit,
};
use axum::{http::StatusCode, response::Response};
use chartrier_engine::{
    Error, Kind, Result,
    archive::{Attempt, MandateLine, Proof},
};
use maud::{Markup, html};
use std::sync::Arc;

/// What was wrong with a form.
enum Wrong {
    Proof(Refused),
    Told(Error),
}

fn said(visit: &Visit, wrong: Option<&Wrong>) -> Markup {
    match wrong {
        None => html! {},
        Some(Wrong::Proof(refused)) => alert(visit.say, Some(*refused)),
        Some(Wrong::Told(why)) => {
            html! { p .note role="alert" { (visit.say.text(&why.problem)) " " (visit.say.text(&why.remedy)) } }
        }
    }
}

fn status(wrong: Option<&Wrong>) -> StatusCode {
    match wrong {
        None => StatusCode::OK,
        Some(Wrong::Proof(Refused::Wrong)) => StatusCode::FORBIDDEN,
        Some(Wrong::Proof(Refused::Wait(_))) => StatusCode::TOO_MANY_REQUESTS,
        Some(Wrong::Told(_)) => StatusCode::BAD_REQUEST,
    }
}

pub(crate) fn show(room: &Arc<Room>, visit: &Visit) -> Result<Response> {
    render(room, visit, None)
}

fn render(room: &Room, visit: &Visit, wrong: Option<&Wrong>) -> Result<Response> {
    let (say, signed) = (visit.say, visit.person()?);
    let session = &signed.session;
    let way = room.archive.way_in(session, session.person)?;
    let lines = room.archive.mandate_lines(session, Some(session.person.into()))?;
    let (now, before): (Vec<&MandateLine>, Vec<&MandateLine>) = lines.iter().partition(|line| line.in_force);
    let groups = room.archive.groups_of(session, session.person)?;
    let history = room.archive.person_history(session, session.person)?;
    let main = html! {
        section .ledger {
            h1 { (signed.name) }
            p .facts { (badge(say, &session.clearance)) span { (roles_text(say, &session.roles)) } }
            p .lead { (say.t("account-text")) }
            h2 { (say.t("mandates")) }
            @if now.is_empty() { p .help { (say.t("no-mandate")) } }
            ul .lines { @for line in now { li { (mandate(say, line, session.person.into(), false)) } } }
            @if !before.is_empty() {
                details { summary { (say.t("mandates-before")) } ul .lines { @for line in before { li { (mandate(say, line, session.person.into(), false)) } } } }
            }
            @if !groups.is_empty() {
                h2 { (say.t("groups")) }
                (belongings(say, &groups, false))
            }
            h2 { (say.t("way-in")) }
            p { (way_text(say, &way)) }
            @if let Some(left) = way.recovery { p .help { (say.count("recovery-left", left as u64)) } }
            p { a href="/sessions" { (say.t("sessions")) } }
            @if way.account.is_some() {
                details open[wrong.is_some()] { summary { (say.t("change-password")) }
                    form .fields .door method="post" action="/account/password" {
                        (said(visit, wrong))
                        input type="text" name="username" value=(signed.name) autocomplete="username" hidden;
                        (secrets(say, "old", "code"))
                        (new_password(visit))
                        p .help { (say.t("others-end")) }
                        button type="submit" { (say.t("change-password")) }
                    }
                }
                p { a href="/account/factor" { (say.t("change-factor")) } }
            }
            h2 { (say.t("history")) }
            (story(say, &history))
        }
    };
    let title = say.t("account");
    let around = Frame { title: &title, words: Some(""), kind: "own", back: "/account" };
    Ok(reply::page(status(wrong), frame(visit, &around, &main)))
}

/// What became of a form that a proof came with.
fn wrong<T>(done: Result<Attempt<T>>) -> Result<std::result::Result<T, Wrong>> {
    match done {
        Ok(Attempt::Right(done)) => Ok(Ok(done)),
        Ok(Attempt::Wrong) => Ok(Err(Wrong::Proof(Refused::Wrong))),
        Ok(Attempt::Wait(until)) => Ok(Err(Wrong::Proof(Refused::Wait(until)))),
        Err(why) if why.kind == Kind::Invalid => Ok(Err(Wrong::Told(why))),
        Err(why) => Err(why),
    }
}

pub(crate) fn change_password(room: &Arc<Room>, visit: &Visit) -> Result<Response> {
    let signed = visit.person()?;
    if visit.filled("password") != visit.filled("again") {
        return render(room, visit, Some(&Wrong::Told(differ())));
    }
    let proof = Proof { password: visit.filled("old"), code: visit.filled("code") };
    let done = room.archive.change_password(&signed.session, &signed.browser, &proof, visit.filled("password"));
    match wrong(done)? {
        Ok(()) => Ok(see("/sessions")),
        Err(why) => render(room, visit, Some(&why)),
    }
}

pub(crate) fn factor(room: &Arc<Room>, visit: &Visit) -> Result<Response> {
    factor_form(room, visit, &room.archive.salt()?, None)
}

fn factor_form(room: &Room, visit: &Visit, salt: &str, wrong: Option<&Wrong>) -> Result<Response> {
    let (say, signed) = (visit.say, visit.person()?);
    let factor = room.archive.own_proposed_factor(&signed.session, salt);
    let main = html! {
        section .door {
            p .path { a rel="up" href="/account" { "← " (say.t("account")) } }
            h1 { (say.t("change-factor")) }
            (said(visit, wrong))
            form method="post" action="/account/factor" {
                input type="hidden" name="salt" value=(salt);
                input type="text" name="username" value=(signed.name) autocomplete="username" hidden;
                h2 { (say.t("factor-old")) }
                (secrets(say, "old", "old-code"))
                h2 { (say.t("factor-new")) }
                (enrol::secret(say, &signed.name, &factor))
                label for="code" { (say.t("factor-code")) }
                input #code name="code" inputmode="numeric" autocomplete="off" spellcheck="false" required maxlength="10";
                p .help { (say.t("others-end")) }
                button type="submit" { (say.t("change-factor")) }
            }
        }
    };
    let title = say.t("change-factor");
    let around = Frame { title: &title, words: Some(""), kind: "own", back: "/account" };
    Ok(reply::page(status(wrong), frame(visit, &around, &main)))
}

pub(crate) fn change_factor(room: &Arc<Room>, visit: &Visit) -> Result<Response> {
    let signed = visit.person()?;
    let proof = Proof { password: visit.filled("old"), code: visit.filled("old-code") };
    let salt = visit.filled("salt");
    let done = room.archive.change_factor(&signed.session, &signed.browser, &proof, salt, visit.filled("code"));
    match wrong(done)? {
        Err(why) => factor_form(room, visit, salt, Some(&why)),
        Ok(accepted) => {
            let codes: Vec<&str> = accepted.recovery.iter().map(|code| code.as_str()).collect();
            let main = enrol::recovery(visit.say, &codes, "/account");
            Ok(reply::page(StatusCode::OK, bare(visit.say, &visit.say.t("recovery-title"), &main)))
        }
    }
}
