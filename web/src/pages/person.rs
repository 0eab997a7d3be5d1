//! One person as a security officer sees them: roles, clearance, mandates, way in, and what was decided. Each form is one act, with
//! its reason.

use super::{
    Frame, badge,
    fields::{read_marking, reason},
    frame, mandating,
};
use crate::{
    reply::{self, see},
    room::Room,
    routes::numbered,
    visit::Visit,
    words::Say,
};
use axum::{http::StatusCode, response::Response};
use chartrier_engine::{
    Result,
    archive::{Archive, Belonging, Changed, HistoryLine, MandateLine, WayIn},
    clock, error,
};
use chartrier_schemas::{
    MandateId, PersonId, SubjectId,
    persisted::v1::{AccessChange, Deed, PersonRole},
};
use maud::{Markup, html};
use std::sync::Arc;

/// The person of the address.
fn named(visit: &Visit) -> Result<PersonId> {
    numbered(visit, "person")
}

fn back(visit: &Visit) -> Result<Response> {
    Ok(see(&format!("/persons/{}", named(visit)?)))
}

pub(crate) fn show(room: &Arc<Room>, visit: &Visit) -> Result<Response> {
    let (say, session, id) = (visit.say, &visit.person()?.session, named(visit)?);
    let row = room.archive.person_row(session, id)?;
    let way = room.archive.way_in(session, id)?;
    let lines = room.archive.mandate_lines(session, Some(id.into()))?;
    let (now, before): (Vec<&MandateLine>, Vec<&MandateLine>) = lines.iter().partition(|line| line.in_force);
    let groups = room.archive.groups_of(session, id)?;
    let history = room.archive.person_history(session, id)?;
    let at = |what: &str| format!("/persons/{id}/{what}");
    let main = html! {
        section .ledger {
            p .path { a rel="up" href="/persons" { "← " (say.t("persons")) } }
            h1 { (row.name) }
            p .facts { (badge(say, &row.clearance)) span { (roles_text(say, &row.roles)) } span { (way_text(say, &way)) } }

            h2 { (say.t("mandates")) }
            (mandating::lines(say, id.into(), &now, true))
            @if !before.is_empty() {
                details { summary { (say.t("mandates-before")) } (mandating::lines(say, id.into(), &before, false)) }
            }
            (mandating::form(say, id.into()))

            h2 { (say.t("groups")) }
            (belongings(say, &groups, true))

            h2 { (say.t("roles-and-clearance")) }
            details { summary { (say.t("change-clearance")) }
                form .fields method="post" action=(at("clearance")) {
                    p {
                        label for="clearance" { (say.t("clearance")) }
                        input #clearance name="clearance" value=(row.clearance) required maxlength="200" autocomplete="off"
                            aria-describedby="clearance-help";
                    }
                    p #clearance-help .help { (say.t("clearance-help")) }
                    (reason(say, "clearance-reason"))
                    button type="submit" { (say.t("change-clearance")) }
                }
            }
            details { summary { (say.t("change-roles")) }
                form .fields method="post" action=(at("roles")) {
                    (roles_fields(say, &row.roles))
                    (reason(say, "roles-reason"))
                    button type="submit" { (say.t("change-roles")) }
                }
            }

            h2 { (say.t("way-in")) }
            p { (way_text(say, &way)) }
            form method="post" action=(at("invite")) { button type="submit" { (say.t("invite")) } }
            p .help { (say.t("invite-help")) }
            details { summary { (say.t("end-account")) }
                form .fields method="post" action=(at("end-account")) {
                    p .help { (say.t("end-account-help")) }
                    (reason(say, "end-reason"))
                    button type="submit" { (say.t("end-account")) }
                }
            }

            h2 { (say.t("history")) }
            (story(say, &history))
        }
    };
    let around = Frame { title: &row.name, words: Some(""), kind: "own", back: &visit.here };
    Ok(reply::page(StatusCode::OK, frame(visit, &around, &main)))
}

/// The groups that somebody is in, and was in.
pub(crate) fn belongings(say: Say, groups: &[Belonging], linked: bool) -> Markup {
    html! {
        @if groups.is_empty() { p .help { (say.t("in-no-group")) } }
        ul .lines { @for one in groups {
            li { div .said {
                h3 { @if linked { a href=(format!("/groups/{}", one.group)) { (one.name) } } @else { (one.name) } }
                p .facts { (since_until(say, &one.since, one.until.as_deref())) }
            } }
        } }
    }
}

/// From which day until which.
pub(crate) fn since_until(say: Say, since: &str, until: Option<&str>) -> Markup {
    let day = |moment: &str| say.day(&clock::day(moment)).into();
    html! {
        span { (say.with("since", &[("day", day(since))])) }
        @if let Some(until) = until { span { (say.with("until", &[("day", day(until))])) } }
    }
}

/// What was decided about a person or a group, newest first, and what it changed.
pub(crate) fn story(say: Say, history: &[HistoryLine]) -> Markup {
    html! {
        ol .lines .history { @for line in history {
            li {
                div .said {
                    p { time datetime=(line.act.at) { (say.written(&line.act.at)) } }
                    p { (line.by) " – " (deed(say, line)) }
                    @if let Some(reason) = &line.reason { p .reason { (reason) } }
                }
            }
        } }
    }
}

fn deed(say: Say, line: &HistoryLine) -> String {
    let of_group = line.act.deed.subjects().iter().any(|subject| matches!(subject, SubjectId::Group(_)));
    if !line.changed.is_empty() {
        let all: Vec<String> = line.changed.iter().flat_map(|one| changes(say, one)).collect();
        return all.join(&say.t("and-also"));
    }
    match &line.act.deed {
        Deed::Create { .. } if of_group => say.t("deed-group-made"),
        Deed::Create { .. } => say.t("deed-person-added"),
        Deed::Dissolve { .. } => say.t("deed-group-dissolved"),
        Deed::Access { change, .. } => match change {
            AccessChange::Invite => say.t("deed-invited"),
            AccessChange::Link => say.t("deed-linked"),
            AccessChange::Make => say.t("deed-account-made"),
            AccessChange::Password => say.t("deed-password"),
            AccessChange::Factor => say.t("deed-factor"),
            AccessChange::Recover => say.t("deed-recovered"),
            AccessChange::End => say.t("deed-account-ended"),
        },
        _ => say.t("deed-other"),
    }
}

/// What a decision changed, from what to what.
fn changes(say: Say, changed: &Changed) -> Vec<String> {
    let from_to = |key: &'static str, from: &str, to: &str| vec![say.with(key, &[("from", from.into()), ("to", to.into())])];
    match changed {
        Changed::Name(from, to) => from_to("changed-name", from, to),
        Changed::Roles(from, to) => from_to("changed-roles", &roles_text(say, from), &roles_text(say, to)),
        Changed::Clearance(from, to) => from_to("changed-clearance", &from.to_string(), &to.to_string()),
        Changed::Members(joined, left) => [("changed-joined", joined), ("changed-left", left)]
            .into_iter()
            .filter(|(_, names)| !names.is_empty())
            .map(|(key, names)| say.with(key, &[("names", names.join(", ").into())]))
            .collect(),
    }
}

/// How a person comes in, in words.
pub(crate) fn way_text(say: Say, way: &WayIn) -> String {
    match (&way.account, way.invited) {
        (_, Some(until)) => say.with("way-invited", &[("moment", say.moment(until).into())]),
        (Some(since), None) => say.with("way-account", &[("moment", say.written(since).into())]),
        (None, None) => say.t("way-none"),
    }
}

fn role(say: Say, role: PersonRole) -> String {
    match role {
        PersonRole::Staff => say.t("role-staff"),
        PersonRole::Archivist => say.t("role-archivist"),
        PersonRole::Security => say.t("role-security"),
        PersonRole::Administrator => say.t("role-administrator"),
    }
}

/// Roles in words.
pub(crate) fn roles_text(say: Say, roles: &[PersonRole]) -> String {
    match roles {
        [] => say.t("no-role"),
        roles => roles.iter().map(|one| role(say, *one)).collect::<Vec<_>>().join(", "),
    }
}

const FIELDS: [(&str, PersonRole); 4] = [
    ("role-staff", PersonRole::Staff),
    ("role-archivist", PersonRole::Archivist),
    ("role-security", PersonRole::Security),
    ("role-administrator", PersonRole::Administrator),
];

/// A box for each role.
pub(crate) fn roles_fields(say: Say, held: &[PersonRole]) -> Markup {
    html! {
        fieldset {
            legend { (say.t("roles")) }
            @for (name, one) in FIELDS {
                p .check { input id=(name) type="checkbox" name=(name) value="yes" checked[held.contains(&one)]; label for=(name) { (role(say, one)) } }
            }
        }
    }
}

/// The roles that were ticked.
pub(crate) fn roles_of(visit: &Visit) -> Vec<PersonRole> {
    FIELDS.into_iter().filter(|(name, _)| visit.form.contains_key(*name)).map(|(_, role)| role).collect()
}

pub(crate) fn set_roles(room: &Arc<Room>, visit: &Visit) -> Result<Response> {
    room.archive.set_roles(&visit.person()?.session, named(visit)?, &roles_of(visit), visit.filled("reason"))?;
    back(visit)
}

pub(crate) fn clear(room: &Arc<Room>, visit: &Visit) -> Result<Response> {
    let clearance = read_marking(visit.filled("clearance"))?;
    room.archive.clear_person(&visit.person()?.session, named(visit)?, &clearance, visit.filled("reason"))?;
    back(visit)
}

pub(crate) fn give_mandate(room: &Arc<Room>, visit: &Visit) -> Result<Response> {
    room.archive.add_mandate(&visit.person()?.session, &mandating::read(visit, named(visit)?.into())?)?;
    back(visit)
}

pub(crate) fn end_mandate(room: &Arc<Room>, visit: &Visit) -> Result<Response> {
    let mandate: MandateId = numbered(visit, "mandate")?;
    room.archive.end_mandate(&visit.person()?.session, mandate, visit.filled("reason"))?;
    back(visit)
}

/// Makes an invitation, and shows its address. No redirection: its secret is kept nowhere, and is shown in this answer alone.
pub(crate) fn invite(room: &Arc<Room>, visit: &Visit) -> Result<Response> {
    let (say, session, id) = (visit.say, &visit.person()?.session, named(visit)?);
    let secret = room.archive.invite(session, id)?;
    let row = room.archive.person_row(session, id)?;
    let address = address_of(&room.archive)?;
    let main = html! {
        section .door {
            h1 { (say.with("invited-title", &[("name", row.name.as_str().into())])) }
            p { (say.t("invited-text")) }
            p .secret { code { (crate::server::invitation(&address, &secret)) } }
            p { a .button href=(format!("/persons/{id}")) { (say.t("go-on")) } }
        }
    };
    let title = say.t("invitation");
    let around = Frame { title: &title, words: Some(""), kind: "own", back: &format!("/persons/{id}") };
    Ok(reply::page(StatusCode::OK, frame(visit, &around, &main)))
}

/// Where this server is reached.
pub(crate) fn address_of(archive: &Archive) -> Result<String> {
    archive.server()?.ok_or_else(|| error::bug("a page without a server"))
}

pub(crate) fn end_account(room: &Arc<Room>, visit: &Visit) -> Result<Response> {
    room.archive.end_account(&visit.person()?.session, named(visit)?, visit.filled("reason"))?;
    back(visit)
}
