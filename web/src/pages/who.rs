//! Who may know a record and through what: on its page one's own line, on a page of its own everybody's for those who decide or file.

use super::{Frame, badge, frame, mandating::through, person::roles_text};
use crate::{reply, room::Room, routes::numbered, visit::Visit, words::Say};
use axum::{http::StatusCode, response::Response};
use chartrier_engine::{
    Result,
    archive::{Covering, Shown},
    clock::last_day,
    policy::{self, Act, Verdict},
};
use chartrier_schemas::{RecordId, SubjectId};
use maud::{Markup, html};
use std::sync::Arc;

/// Everybody who may know the record of the address.
pub(crate) fn show(room: &Arc<Room>, visit: &Visit) -> Result<Response> {
    let (say, session) = (visit.say, &visit.person()?.session);
    let id: RecordId = numbered(visit, "id")?;
    let lines = room.archive.who_may_know(session, id)?;
    let shown = room.archive.show(session, id)?;
    let decides = policy::may(session, Act::Empower, None) == Verdict::Granted;
    let main = html! {
        section .ledger {
            p .path { a rel="up" href=(format!("/unit/{id}")) { "← " (super::plain(shown.record.known_as())) } }
            h1 { (say.t("who")) " " span .count { (say.number(lines.len() as u64)) } }
            p .lead { (say.with("who-text", &[("marking", shown.marking.to_string().into())])) " " (badge(say, &shown.marking)) }
            ul .lines { @for line in &lines {
                li {
                    div .said {
                        h2 { @if decides { a href=(format!("/persons/{}", line.person)) { (line.name) } } @else { (line.name) } }
                        p .facts { (badge(say, &line.clearance)) span { (roles_text(say, &line.roles)) } }
                        ul { @for mandate in &line.mandates { li { (covering(say, mandate)) } } }
                    }
                }
            } }
        }
    };
    let title = say.t("who");
    let around = Frame { title: &title, words: Some(""), kind: "own", back: &visit.here };
    Ok(reply::page(StatusCode::OK, frame(visit, &around, &main)))
}

/// One's own line, beside a record.
pub(crate) fn own(room: &Room, visit: &Visit, shown: &Shown) -> Result<Markup> {
    let (say, session) = (visit.say, &visit.person()?.session);
    let sees_all = [Act::Empower, Act::Arrange].iter().any(|act| policy::may(session, *act, None) == Verdict::Granted);
    let line = room.archive.own_knowing(session, shown.id)?;
    Ok(html! {
        section .who {
            h2 { (say.t("who")) }
            p .facts { span { (say.t("your-clearance")) } (badge(say, &session.clearance)) }
            ul { @for mandate in &line { li { (covering(say, mandate)) } } }
            @if sees_all { p { a href=(format!("/unit/{}/who", shown.id)) { (say.t("who-else")) } } }
        }
    })
}

/// A mandate that covers something, in words.
pub(crate) fn covering(say: Say, mandate: &Covering) -> Markup {
    html! {
        span { (say.t("mandate")) " " (on(say, mandate.unit, mandate.code.as_deref())) }
        @if let Some(through) = through(say, &mandate.through) { " " span .through { (through) } }
        @if let Some(until) = &mandate.until { " " span .soft { (say.with("until", &[("day", say.day(&last_day(until)).into())])) } }
        " – " span .reason { (mandate.reason) }
    }
}

/// What a mandate is on; of a place that may not be known, only that it is one.
pub(crate) fn on(say: Say, unit: Option<SubjectId>, code: Option<&str>) -> Markup {
    html! {
        @match (unit, code) {
            (None, _) => (say.t("on-everything")),
            (Some(_), Some(code)) => (say.with("on-place", &[("code", code.into())])),
            (Some(SubjectId::Record(id)), None) => a href=(format!("/unit/{id}")) { (say.t("on-record")) },
            (Some(_), None) => (say.t("on-hidden")),
        }
    }
}
