//! Who opened what: everything that was given of marked records, newest first, and what let each person know it at that time.
//! For security officers; titles only as far as they may know them.

use super::{Frame, address, badge, frame, who::covering};
use crate::{limits::DISCLOSURES, reply, room::Room, visit::Visit};
use axum::{http::StatusCode, response::Response};
use chartrier_engine::{
    Result,
    archive::{DisclosureLine, DisclosureRequest},
    clock, error,
};
use chartrier_schemas::{PersonId, RecordId, text::Told as _};
use maud::{Markup, html};
use std::sync::Arc;

pub(crate) fn show(room: &Arc<Room>, visit: &Visit) -> Result<Response> {
    let (say, session) = (visit.say, &visit.person()?.session);
    let (person, record, day) = (visit.asked("person").trim(), visit.asked("record").trim(), visit.asked("day").trim());
    let given = |text: &str| !text.is_empty();
    let request = DisclosureRequest {
        person: given(person).then(|| person.parse::<PersonId>()).transpose().map_err(|why| told(&why))?,
        record: given(record).then(|| record.parse::<RecordId>()).transpose().map_err(|why| told(&why))?,
        between: given(day).then(|| clock::day_of(day)).transpose()?,
        before: visit.asked("before").parse().ok(),
        limit: DISCLOSURES,
    };
    let page = room.archive.disclosures(session, &request)?;
    let persons = room.archive.persons(session)?;
    let narrowed = given(person) || given(record) || given(day);
    let here =
        |before: &str| address("/disclosures", &[("person", person), ("record", record), ("day", day), ("before", before)]);
    let main = html! {
        section .ledger .wide {
            h1 { (say.t("disclosures")) }
            p .lead { (say.t("disclosures-text")) }
            form .fields .narrowing method="get" action="/disclosures" {
                p {
                    label for="person" { (say.t("to-whom")) }
                    select #person name="person" {
                        option value="" { (say.t("anybody")) }
                        @for row in &persons {
                            option value=(row.id) selected[row.id.to_string() == person] { (row.name) }
                        }
                    }
                }
                p { label for="record" { (say.t("of-record")) } input #record name="record" value=(record) maxlength="30" placeholder="rec-…" autocomplete="off" spellcheck="false"; }
                p { label for="day" { (say.t("on-day")) } input #day type="date" name="day" value=(day); }
                p { button type="submit" { (say.t("narrow")) } @if narrowed { " " a href="/disclosures" { (say.t("all")) } } }
            }
            @if page.lines.is_empty() { p .none { (say.t("no-disclosure")) } }
            ol .lines { @for one in &page.lines { (line(visit, one)) } }
            nav .turn aria-label=(say.t("pages-of-results")) {
                @if request.before.is_some() { a rel="prev" href=(here("")) { "‹ " (say.t("newest")) } }
                @if let Some(next) = page.next { a rel="next" href=(here(&next.to_string())) { (say.t("older")) " ›" } }
            }
        }
    };
    let title = say.t("disclosures");
    let around = Frame { title: &title, words: Some(""), kind: "own", back: &visit.here };
    Ok(reply::page(StatusCode::OK, frame(visit, &around, &main)))
}

fn told(why: &chartrier_schemas::BadId) -> chartrier_engine::Error {
    error::invalid(why.problem(), why.remedy())
}

fn line(visit: &Visit, one: &DisclosureLine) -> Markup {
    let say = visit.say;
    html! {
        li {
            div .said {
                p .facts {
                    time datetime=(one.at) { (say.written(&one.at)) }
                    @if let Some(marking) = &one.marking { (badge(say, marking)) }
                    span { (say.with("component-of", &[("number", one.component.into())])) }
                }
                h2 {
                    a href=(format!("/persons/{}", one.person)) { (one.name) }
                    " – "
                    @match &one.title {
                        Some(title) => a href=(format!("/unit/{}", one.record)) { (title) },
                        None => code { (one.record) },
                    }
                }
                p .facts {
                    @if let Some(clearance) = &one.clearance { span { (say.t("cleared-then")) } (badge(say, clearance)) }
                }
                @match one.mandates.first() {
                    Some(mandate) => p { (covering(say, mandate)) },
                    None => p .fault { (say.t("no-mandate-then")) },
                }
            }
        }
    }
}
