//! Persons: who there is, with roles, clearance, mandates in force, groups and way in, page by page and by name; and adding
//! somebody. For security officers.

use super::{
    Frame, address, badge,
    fields::read_marking,
    frame,
    person::{roles_fields, roles_of, roles_text, way_text},
};
use crate::{
    limits::{NAMES, PERSONS},
    reply::{self, see},
    room::Room,
    visit::Visit,
};
use axum::{http::StatusCode, response::Response};
use chartrier_engine::{Result, archive::PersonRequest, policy::Act};
use chartrier_schemas::persisted::v1::PersonRole;
use maud::html;
use std::sync::Arc;

pub(crate) fn show(room: &Arc<Room>, visit: &Visit) -> Result<Response> {
    let (say, session) = (visit.say, &visit.person()?.session);
    let ways = room.archive.ways_in(session)?;
    let wanted = visit.asked("q").trim();
    let persons = room.archive.persons_like(session, wanted)?;
    let last = persons.len().div_ceil(PERSONS).max(1);
    let page = visit.number("page", 1, last);
    let shown: Vec<_> = persons.iter().skip((page - 1) * PERSONS).take(PERSONS).collect();
    let mandates = room.archive.mandates_in_force(session)?;
    let groups = room.archive.groups_by_person(session)?;
    let at = |page: usize| address("/persons", &[("q", wanted), ("page", &page.to_string())]);
    let main = html! {
        section .ledger {
            h1 { (say.t("persons")) " " span .count { (say.number(persons.len() as u64)) } }
            form .find method="get" action="/persons" {
                label .unseen for="q-person" { (say.t("find-person")) }
                input #q-person type="search" name="q" value=(wanted) placeholder=(say.t("find-person")) maxlength="200"
                    autocomplete="off" spellcheck="false";
                button type="submit" { (say.t("search")) }
            }
            @if persons.is_empty() { p .none { (say.t("no-person-found")) } }
            ul .lines { @for row in &shown {
                li {
                    div .said {
                        h2 { a href=(format!("/persons/{}", row.id)) { (row.name) } }
                        p .facts {
                            (badge(say, &row.clearance))
                            span { (roles_text(say, &row.roles)) }
                            span { (say.count("mandates-count", mandates.get(&row.id.into()).copied().unwrap_or(0))) }
                            @if let Some(groups) = groups.get(&row.id) { span { (say.count("groups-count", *groups)) } }
                            span { (way_text(say, &ways.get(&row.id).cloned().unwrap_or_default())) }
                        }
                    }
                }
            } }
            @if last > 1 {
                nav .turn aria-label=(say.t("pages-of-results")) {
                    @if page > 1 { a rel="prev" href=(at(page - 1)) { "← " (say.t("previous")) } }
                    span { (say.with("page-of", &[("page", say.number(page as u64).into()), ("last", say.number(last as u64).into())])) }
                    @if page < last { a rel="next" href=(at(page + 1)) { (say.t("next")) " →" } }
                }
            }
            h2 #add { (say.t("add-person")) }
            form .fields method="post" action="/persons" {
                p { label for="name" { (say.t("person-name")) } input #name name="name" required maxlength="200" autocomplete="off"; }
                (roles_fields(say, &[PersonRole::Staff]))
                p {
                    label for="clearance" { (say.t("clearance")) }
                    input #clearance name="clearance" value="NP" required maxlength="200" autocomplete="off" aria-describedby="clearance-help";
                }
                p #clearance-help .help { (say.t("clearance-help")) }
                p {
                    label for="reason" { (say.t("reason")) }
                    input #reason name="reason" maxlength="1000" autocomplete="off" aria-describedby="reason-help";
                }
                p #reason-help .help { (say.t("reason-for-clearance")) }
                button type="submit" { (say.t("add")) }
            }
        }
    };
    let title = say.t("persons");
    let around = Frame { title: &title, words: Some(""), kind: "own", back: &visit.here };
    Ok(reply::page(StatusCode::OK, frame(visit, &around, &main)))
}

/// Names that have in them what was begun.
pub(crate) fn names(room: &Arc<Room>, visit: &Visit) -> Result<Response> {
    let session = &visit.person()?.session;
    room.archive.allowed(session, Act::Empower)?;
    let found = room.archive.persons_like(session, visit.asked("begin"))?;
    let names: Vec<&str> = found.iter().take(NAMES).map(|row| row.name.as_str()).collect();
    Ok(reply::json(StatusCode::OK, &serde_json::json!(names)))
}

pub(crate) fn add(room: &Arc<Room>, visit: &Visit) -> Result<Response> {
    let session = &visit.person()?.session;
    let reason = visit.filled("reason").trim();
    let request = PersonRequest {
        name: visit.filled("name").trim().to_owned(),
        roles: roles_of(visit),
        clearance: read_marking(visit.filled("clearance"))?,
        reason: (!reason.is_empty()).then(|| reason.to_owned()),
    };
    let id = room.archive.add_person(session, &request)?;
    Ok(see(&format!("/persons/{id}")))
}
