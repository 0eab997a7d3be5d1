//! One group as a security officer sees it: who is in it and who was, its mandates, and what was decided; or the whole house, which
//! has mandates alone. Each form is one act, with its reason.

use super::{
    Frame,
    fields::{self, reason},
    frame, mandating,
    person::{since_until, story},
};
use crate::{
    limits::JOINING,
    reply::{self, see},
    room::Room,
    routes::numbered,
    visit::Visit,
    words::Say,
};
use axum::{http::StatusCode, response::Response};
use chartrier_engine::{
    Result,
    archive::{MandateLine, Member},
    error,
    policy::Act,
};
use chartrier_schemas::{GroupId, MandateId, PersonId, persisted::v1::Whom, text};
use maud::{Markup, html};
use std::sync::Arc;

/// The group of the address, or the house.
fn named(visit: &Visit) -> Result<Whom> {
    match numbered(visit, "group")? {
        Whom::Person(person) => Err(error::not_found(person)),
        whom => Ok(whom),
    }
}

/// The group of the address.
fn group(visit: &Visit) -> Result<GroupId> {
    numbered(visit, "group")
}

fn back(visit: &Visit) -> Result<Response> {
    Ok(see(&format!("/groups/{}", named(visit)?)))
}

pub(crate) fn show(room: &Arc<Room>, visit: &Visit) -> Result<Response> {
    let (say, session, whom) = (visit.say, &visit.person()?.session, named(visit)?);
    room.archive.allowed(session, Act::Empower)?;
    let lines = room.archive.mandate_lines(session, Some(whom))?;
    let (title, about, living) = match whom {
        Whom::Group(id) => {
            let row = room.archive.group(session, id)?;
            let about = html! {
                p .lead { (row.reason) }
                p .facts {
                    (since_until(say, &row.since, None))
                    @if let Some(moment) = &row.dissolved {
                        span .fault { (say.with("dissolved-at", &[("moment", say.written(moment).into())])) }
                    }
                }
            };
            (row.name, about, row.dissolved.is_none())
        }
        _ => (say.t("whole-house"), html! { p .lead { (say.t("whole-house-text")) } }, true),
    };
    let main = html! {
        section .ledger {
            p .path { a rel="up" href="/groups" { "← " (say.t("groups")) } }
            h1 { (title) }
            (about)
            @if let Whom::Group(id) = whom { (members(say, id, &room.archive.group_members(session, id)?, living)) }
            h2 { (say.t("mandates")) }
            (given(say, whom, &lines, living))
            @if let Whom::Group(id) = whom {
                @if living { (decisions(say, id, &title)) }
                h2 { (say.t("history")) }
                (story(say, &room.archive.group_history(session, id)?))
            }
        }
    };
    let around = Frame { title: &title, words: Some(""), kind: "own", back: &visit.here };
    Ok(reply::page(StatusCode::OK, frame(visit, &around, &main)))
}

/// Who is in a group, with a box each to take them out, and who was.
fn members(say: Say, id: GroupId, members: &[Member], living: bool) -> Markup {
    let (now, before): (Vec<&Member>, Vec<&Member>) = members.iter().partition(|one| one.until.is_none());
    let who = |one: &Member| {
        html! {
            a href=(format!("/persons/{}", one.person)) { (one.name) }
            span .facts { (since_until(say, &one.since, one.until.as_deref())) }
        }
    };
    html! {
        h2 { (say.t("members")) " " span .count { (say.number(now.len() as u64)) } }
        @if now.is_empty() { p .help { (say.t("no-member")) } }
        @if !now.is_empty() {
            form .leaving method="post" action=(format!("/groups/{id}/leave")) {
                ul .members { @for one in &now {
                    li {
                        input type="checkbox" name=(one.person) value="yes" aria-label=(say.with("choose", &[("title", one.name.as_str().into())]));
                        (who(one))
                    }
                } }
                details { summary { (say.t("take-out")) }
                    div .fields {
                        p .help { (say.t("take-out-help")) }
                        (reason(say, "leave-reason"))
                        button type="submit" { (say.t("take-out")) }
                    }
                }
            }
        }
        @if living {
            details open[now.is_empty()] { summary { (say.t("take-in")) }
                form .fields method="post" action=(format!("/groups/{id}/join")) {
                    fieldset .joining {
                        legend { (say.t("take-in-whom")) }
                        @for number in 1..=JOINING {
                            (fields::person(&format!("join-{number}"), &say.with("take-in-number", &[("number", number.into())])))
                        }
                    }
                    (reason(say, "join-reason"))
                    button type="submit" { (say.t("take-in")) }
                }
            }
        }
        @if !before.is_empty() {
            details { summary { (say.t("members-before")) } ul .members { @for one in before { li { (who(one)) } } } }
        }
    }
}

/// Mandates given to a group or the house, in force and before.
fn given(say: Say, whom: Whom, lines: &[MandateLine], living: bool) -> Markup {
    let (now, before): (Vec<&MandateLine>, Vec<&MandateLine>) = lines.iter().partition(|line| line.in_force);
    html! {
        (mandating::lines(say, whom, &now, true))
        @if !before.is_empty() {
            details { summary { (say.t("mandates-before")) } (mandating::lines(say, whom, &before, false)) }
        }
        @if living { (mandating::form(say, whom)) }
    }
}

/// A new name, and the end.
fn decisions(say: Say, id: GroupId, name: &str) -> Markup {
    html! {
        h2 { (say.t("group-itself")) }
        details { summary { (say.t("rename-group")) }
            form .fields method="post" action=(format!("/groups/{id}/name")) {
                p { label for="name" { (say.t("group-name")) } input #name name="name" value=(name) required maxlength="200" autocomplete="off"; }
                (reason(say, "name-reason"))
                button type="submit" { (say.t("rename-group")) }
            }
        }
        details { summary { (say.t("dissolve-group")) }
            form .fields method="post" action=(format!("/groups/{id}/dissolve")) {
                p .help { (say.t("dissolve-help")) }
                (reason(say, "dissolve-reason"))
                button type="submit" { (say.t("dissolve-group")) }
            }
        }
    }
}

pub(crate) fn join(room: &Arc<Room>, visit: &Visit) -> Result<Response> {
    let (session, group) = (&visit.person()?.session, group(visit)?);
    let names = (1..=JOINING).filter_map(|number| visit.form.get(&format!("join-{number}")));
    let names = names.map(|name| name.trim()).filter(|name| !name.is_empty());
    let persons = names.map(|name| room.archive.person_named(session, name)).collect::<Result<Vec<_>>>()?;
    chosen(&persons)?;
    room.archive.change_members(session, group, &persons, &[], visit.filled("reason"))?;
    back(visit)
}

pub(crate) fn leave(room: &Arc<Room>, visit: &Visit) -> Result<Response> {
    let persons: Vec<PersonId> = visit.form.keys().filter_map(|name| name.parse().ok()).collect();
    let group = group(visit)?;
    chosen(&persons)?;
    room.archive.change_members(&visit.person()?.session, group, &[], &persons, visit.filled("reason"))?;
    back(visit)
}

fn chosen(persons: &[PersonId]) -> Result<()> {
    match persons.is_empty() {
        false => Ok(()),
        true => Err(error::invalid(
            text!("Nobody was chosen.", "Personne n’a été choisi."),
            text!("Choose at least one person.", "Choisissez au moins une personne."),
        )),
    }
}

pub(crate) fn rename(room: &Arc<Room>, visit: &Visit) -> Result<Response> {
    room.archive.rename_group(&visit.person()?.session, group(visit)?, visit.filled("name"), visit.filled("reason"))?;
    back(visit)
}

pub(crate) fn dissolve(room: &Arc<Room>, visit: &Visit) -> Result<Response> {
    room.archive.dissolve_group(&visit.person()?.session, group(visit)?, visit.filled("reason"))?;
    back(visit)
}

pub(crate) fn give_mandate(room: &Arc<Room>, visit: &Visit) -> Result<Response> {
    room.archive.add_mandate(&visit.person()?.session, &mandating::read(visit, named(visit)?)?)?;
    back(visit)
}

pub(crate) fn end_mandate(room: &Arc<Room>, visit: &Visit) -> Result<Response> {
    let mandate: MandateId = numbered(visit, "mandate")?;
    room.archive.end_mandate(&visit.person()?.session, mandate, visit.filled("reason"))?;
    back(visit)
}
