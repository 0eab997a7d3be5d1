//! One person as a security officer sees them: roles, clearance, mandates, way in, and what was decided. Each form is one act, with
//! its reason.

use super::{
    Frame, badge,
    fields::{code_of, place, read_marking},
    frame,
    who::on,
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
    archive::{Archive, HistoryLine, MandateLine, MandateRequest, WayIn},
    clock::{end_of_day, last_day},
    error,
};
use chartrier_schemas::{
    MandateId, PersonId,
    persisted::v1::{AccessChange, Deed, PersonRole},
    text,
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
    let lines = room.archive.mandate_lines(session, Some(id))?;
    let (now, before): (Vec<&MandateLine>, Vec<&MandateLine>) = lines.iter().partition(|line| line.in_force);
    let history = room.archive.person_history(session, id)?;
    let at = |what: &str| format!("/persons/{id}/{what}");
    let main = html! {
        section .ledger {
            p .path { a rel="up" href="/persons" { "← " (say.t("persons")) } }
            h1 { (row.name) }
            p .facts { (badge(say, &row.clearance)) span { (roles_text(say, &row.roles)) } span { (way_text(say, &way)) } }

            h2 { (say.t("mandates")) }
            (mandates(say, id, &now, true))
            @if !before.is_empty() {
                details { summary { (say.t("mandates-before")) } (mandates(say, id, &before, false)) }
            }
            details { summary { (say.t("give-mandate")) }
                form .fields method="post" action=(at("mandates")) {
                    p {
                        label for="on" { (say.t("mandate-on")) }
                        (place("on", "", ""))
                    }
                    p #on-help .help { (say.t("mandate-on-help")) }
                    p .check { input #everything type="checkbox" name="everything" value="yes"; label for="everything" { (say.t("mandate-everything")) } }
                    p { label for="until" { (say.t("mandate-until")) } input #until type="date" name="until" placeholder="2026-12-31"; }
                    (reason(say, "mandate-reason"))
                    button type="submit" { (say.t("give-mandate")) }
                }
            }

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

/// The field of a reason.
pub(crate) fn reason(say: Say, id: &str) -> Markup {
    html! { p { label for=(id) { (say.t("reason")) } input id=(id) name="reason" required maxlength="1000" autocomplete="off"; } }
}

/// Mandates in lines; those in force can be ended.
fn mandates(say: Say, person: PersonId, lines: &[&MandateLine], end: bool) -> Markup {
    html! {
        @if lines.is_empty() { p .help { (say.t("no-mandate")) } }
        ul .lines { @for line in lines {
            li {
                (mandate(say, line))
                @if end {
                    details .end { summary { (say.t("end-mandate")) }
                        form .fields method="post" action=(format!("/persons/{person}/mandates/{}/end", line.row.id)) {
                            (reason(say, &format!("end-{}", line.row.id)))
                            button type="submit" { (say.t("end-mandate")) }
                        }
                    }
                }
            }
        } }
    }
}

/// One mandate, with all that was said of it.
pub(crate) fn mandate(say: Say, line: &MandateLine) -> Markup {
    let row = &line.row;
    html! {
        div .said {
            h3 { (on(say, row.unit, line.code.as_deref())) }
            p { (row.reason) }
            p .facts {
                span { (say.with("since", &[("day", say.day(&chartrier_engine::clock::day(&row.from)).into())])) }
                @if let Some(until) = &row.until { span { (say.with("until", &[("day", say.day(&last_day(until)).into())])) } }
                @if !line.given_by.is_empty() { span { (say.with("given-by", &[("name", line.given_by.as_str().into())])) } }
                @if let Some(ended) = &row.ended_at { span { (say.with("ended-at", &[("moment", say.written(ended).into())])) } }
            }
            @if let Some(why) = &line.end_reason { p .reason { (why) } }
        }
    }
}

/// What was decided about a person, newest first.
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
    match &line.act.deed {
        Deed::Create { .. } => say.t("deed-person-added"),
        // Roles and clearances are decided with a reason; what one keeps for oneself needs none.
        Deed::Describe { .. } if line.reason.is_some() => say.t("deed-person-changed"),
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
    let (on, everything, until) =
        (code_of(visit.filled("on")).unwrap_or_default(), visit.form.contains_key("everything"), visit.filled("until").trim());
    if on.is_empty() != everything {
        return Err(error::invalid(
            text!("It is not said what the mandate is on.", "Il n’est pas dit sur quoi porte le mandat."),
            text!(
                "Name a class, a dossier or a record, or tick the whole archive, not both.",
                "Indiquez une classe, un dossier ou une pièce, ou cochez toutes les archives, pas les deux."
            ),
        ));
    }
    let request = MandateRequest {
        person: named(visit)?,
        on: (!everything).then(|| on.to_owned()),
        until: if until.is_empty() { None } else { Some(end_of_day(until)?) },
        reason: visit.filled("reason").to_owned(),
    };
    room.archive.add_mandate(&visit.person()?.session, &request)?;
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
