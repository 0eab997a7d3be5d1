//! Groups: which there are, with why, how many are in each and how many mandates are in force; the whole house beside them; and
//! making one. For security officers.

use super::{Frame, fields::reason, frame, person::since_until};
use crate::{
    reply::{self, see},
    room::Room,
    visit::Visit,
};
use axum::{http::StatusCode, response::Response};
use chartrier_engine::{Result, archive::GroupRequest, catalog::GroupRow, policy::Act};
use chartrier_schemas::persisted::v1::Whom;
use maud::{Markup, html};
use std::sync::Arc;

pub(crate) fn show(room: &Arc<Room>, visit: &Visit) -> Result<Response> {
    let (say, session) = (visit.say, &visit.person()?.session);
    room.archive.allowed(session, Act::Empower)?;
    let groups = room.archive.groups(session)?;
    let mandates = room.archive.mandates_in_force(session)?;
    let given = |whom: Whom| say.count("mandates-count", mandates.get(&whom).copied().unwrap_or(0));
    let (now, before): (Vec<&GroupRow>, Vec<&GroupRow>) = groups.iter().partition(|row| row.dissolved.is_none());
    let line = |row: &GroupRow, facts: Markup| {
        html! { li { div .said {
            h2 { a href=(format!("/groups/{}", row.id)) { (row.name) } }
            p { (row.reason) }
            p .facts { (facts) }
        } } }
    };
    let main = html! {
        section .ledger {
            h1 { (say.t("groups")) " " span .count { (say.number(now.len() as u64)) } }
            p .lead { (say.t("groups-text")) }
            ul .lines {
                li { div .said {
                    h2 { a href=(format!("/groups/{}", Whom::Everyone)) { (say.t("whole-house")) } }
                    p { (say.t("whole-house-text")) }
                    p .facts { span { (given(Whom::Everyone)) } }
                } }
                @for row in now {
                    (line(row, html! {
                        span { (say.count("members-count", row.size.unwrap_or(0))) }
                        span { (given(row.id.into())) }
                    }))
                }
            }
            @if !before.is_empty() {
                details { summary { (say.t("groups-before")) }
                    ul .lines { @for row in before { (line(row, since_until(say, &row.since, row.dissolved.as_deref()))) } }
                }
            }
            h2 #add { (say.t("make-group")) }
            form .fields method="post" action="/groups" {
                p { label for="name" { (say.t("group-name")) } input #name name="name" required maxlength="200" autocomplete="off"; }
                (reason(say, "reason"))
                p .help { (say.t("group-reason-help")) }
                button type="submit" { (say.t("make-group")) }
            }
        }
    };
    let title = say.t("groups");
    let around = Frame { title: &title, words: Some(""), kind: "own", back: "/groups" };
    Ok(reply::page(StatusCode::OK, frame(visit, &around, &main)))
}

pub(crate) fn add(room: &Arc<Room>, visit: &Visit) -> Result<Response> {
    let (name, reason) = (visit.filled("name").to_owned(), visit.filled("reason").to_owned());
    let request = GroupRequest { name, reason, members: Vec::new() };
    let id = room.archive.add_group(&visit.person()?.session, &request)?;
    Ok(see(&format!("/groups/{id}")))
}
