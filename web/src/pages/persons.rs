//! Persons: who there is, with roles, clearance, mandates in force and way in; and adding somebody. For security officers.

use super::{
    Frame, badge,
    fields::read_marking,
    frame,
    person::{roles_fields, roles_of, roles_text, way_text},
};
use crate::{
    reply::{self, see},
    room::Room,
    visit::Visit,
};
use axum::{http::StatusCode, response::Response};
use chartrier_engine::{Result, archive::PersonRequest};
use chartrier_schemas::persisted::v1::PersonRole;
use maud::html;
use std::sync::Arc;

pub(crate) fn show(room: &Arc<Room>, visit: &Visit) -> Result<Response> {
    let (say, session) = (visit.say, &visit.person()?.session);
    let ways = room.archive.ways_in(session)?;
    let persons = room.archive.persons(session)?;
    let mandates = room.archive.mandates_in_force(session)?;
    let main = html! {
        section .ledger {
            h1 { (say.t("persons")) " " span .count { (say.number(persons.len() as u64)) } }
            ul .lines { @for row in &persons {
                li {
                    div .said {
                        h2 { a href=(format!("/persons/{}", row.id)) { (row.name) } }
                        p .facts {
                            (badge(say, &row.clearance))
                            span { (roles_text(say, &row.roles)) }
                            span { (say.count("mandates-count", mandates.get(&row.id).copied().unwrap_or(0))) }
                            span { (way_text(say, &ways.get(&row.id).cloned().unwrap_or_default())) }
                        }
                    }
                }
            } }
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
    let around = Frame { title: &title, words: Some(""), kind: "own", back: "/persons" };
    Ok(reply::page(StatusCode::OK, frame(visit, &around, &main)))
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
