//! Who can open what: servers and recovery recipients, the labels with their key pairs, and what was done to them. For those who keep
//! the house; what a label stands for is told to whom it may be.

use super::{Frame, badge, fields::reason, frame, house::begun};
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
    archive::{HistoryLine, Holder, LabelLine},
    error,
};
use chartrier_schemas::{
    HolderId,
    persisted::v1::{Deed, Purpose},
    text,
};
use maud::{Markup, html};
use std::sync::Arc;

pub(crate) fn show(room: &Arc<Room>, visit: &Visit) -> Result<Response> {
    let (say, session) = (visit.say, &visit.person()?.session);
    let holders = room.archive.holders(session)?;
    let labels = room.archive.label_lines(session)?;
    let history = room.archive.key_history(session)?;
    let main = html! {
        section .ledger {
            p .path { a rel="up" href="/house" { "← " (say.t("house")) } }
            h1 { (say.t("house-keys")) }
            p .lead { (say.t("house-keys-text")) }
            h2 { (say.t("holders")) " " span .count { (say.number(holders.len() as u64)) } }
            ul .lines { @for one in &holders { li { (holder(say, one, labels.len())) } } }
            details { summary { (say.t("add-recovery")) }
                form .fields method="post" action="/house/keys/recovery" {
                    p .help { (say.t("add-recovery-help")) }
                    (recipient(say, "recovery-recipient"))
                    (reason(say, "recovery-reason"))
                    button type="submit" { (say.t("add-recovery")) }
                }
            }
            details { summary { (say.t("add-server")) }
                form .fields method="post" action="/house/keys/servers" {
                    p .help { (say.t("add-server-help")) }
                    (recipient(say, "server-recipient"))
                    p {
                        label for="signing-key" { (say.t("signing-key")) }
                        input #signing-key name="signing_key" required minlength="64" maxlength="64" pattern="[0-9a-f]{64}" autocomplete="off" spellcheck="false";
                    }
                    (reason(say, "server-reason"))
                    button type="submit" { (say.t("add-server")) }
                }
            }
            h2 { (say.t("labels")) " " span .count { (say.number(labels.len() as u64)) } }
            p .lead { (say.t("labels-text")) }
            ul .lines { @for line in &labels { li { (label(say, line)) } } }
            details { summary { (say.t("rotate")) }
                form .fields method="post" action="/house/keys/rotate" {
                    p .help { (say.t("rotate-help")) }
                    p {
                        label for="label" { (say.t("which-labels")) }
                        select #label name="label" required {
                            option value="all" { (say.t("all-labels")) }
                            @for line in &labels { option value=(line.id) { (name(say, line)) } }
                        }
                    }
                    (reason(say, "rotate-reason"))
                    button type="submit" { (say.t("rotate")) }
                }
            }
            h2 { (say.t("history")) }
            @if history.is_empty() { p .none { (say.t("no-key-history")) } }
            ol .lines .history { @for line in &history { li { (told(say, line)) } } }
        }
    };
    let title = say.t("house-keys");
    let around = Frame { title: &title, words: Some(""), kind: "own", back: "/house/keys" };
    Ok(reply::page(StatusCode::OK, frame(visit, &around, &main)))
}

fn recipient(say: Say, id: &str) -> Markup {
    html! {
        p {
            label for=(id) { (say.t("recipient")) }
            input id=(id) name="recipient" required maxlength="200" placeholder="age1…" autocomplete="off" spellcheck="false";
        }
    }
}

fn holder(say: Say, holder: &Holder, labels: usize) -> Markup {
    let role = match holder.role {
        "registrar" => say.t("holder-registrar"),
        "reader" => say.t("holder-reader"),
        _ => say.t("holder-recovery"),
    };
    html! {
        div .said {
            h3 { (role) @if holder.here { " " span .here { (say.t("this-home")) } } }
            p .digest { (holder.id) }
            p .digest { (holder.recipient) }
            p .facts {
                span { (say.with("opens-labels", &[("count", say.number(holder.labels.len() as u64).into()), ("all", say.number(labels as u64).into())])) }
            }
            @if !holder.here {
                details .end { summary { (say.t("withdraw")) }
                    form .fields method="post" action=(format!("/house/keys/{}/withdraw", holder.id)) {
                        p .help { (say.t("withdraw-help")) }
                        (reason(say, &format!("withdraw-{}", holder.id)))
                        button type="submit" { (say.t("withdraw")) }
                    }
                }
            }
        }
    }
}

/// What a label stands for, in words; of one that may not be told, its id alone.
fn name(say: Say, line: &LabelLine) -> String {
    match &line.stands_for {
        Some(Purpose::Marking(marking)) => marking.to_string(),
        Some(Purpose::Audit) => say.t("label-audit"),
        None => line.id.to_string(),
    }
}

fn label(say: Say, line: &LabelLine) -> Markup {
    html! {
        div .said {
            p {
                @match &line.stands_for {
                    Some(Purpose::Marking(marking)) => (badge(say, marking)),
                    Some(Purpose::Audit) => (say.t("label-audit")),
                    None => span .soft { (say.t("label-hidden")) },
                }
                " " span .soft { (say.with("generation", &[("number", say.number(line.generation.into()).into())])) }
            }
            p .digest { (line.id) }
        }
    }
}

/// What was done to keys.
fn told(say: Say, line: &HistoryLine) -> Markup {
    let (what, on) = match &line.act.deed {
        Deed::Rotate { label, generation } => {
            (say.with("deed-rotated", &[("number", say.number((*generation).into()).into())]), label.to_string())
        }
        Deed::Admit { holder } => (say.t("deed-admitted"), holder.to_string()),
        Deed::Withdraw { holder } => (say.t("deed-withdrawn"), holder.to_string()),
        _ => (say.t("deed-other"), String::new()),
    };
    html! {
        div .said {
            p { time datetime=(line.act.at) { (say.written(&line.act.at)) } }
            p { (line.by) " – " (what) " " span .digest { (on) } }
            @if let Some(reason) = &line.reason { p .reason { (reason) } }
        }
    }
}

pub(crate) fn rotate(room: &Arc<Room>, visit: &Visit) -> Result<Response> {
    let only = match visit.filled("label") {
        "all" => None,
        label => Some(label.parse().map_err(|_| no_label())?),
    };
    room.archive.begin_rotating(&visit.person()?.session, only, visit.filled("reason"))?;
    Ok(begun(room))
}

fn no_label() -> chartrier_engine::Error {
    error::invalid(
        text!("It is not said which labels.", "Il n’est pas dit quelles étiquettes."),
        text!("Choose one of the list, or all of them.", "Choisissez-en une dans la liste, ou toutes."),
    )
}

pub(crate) fn add_recovery(room: &Arc<Room>, visit: &Visit) -> Result<Response> {
    let recipient = visit.filled("recipient").trim().parse()?;
    room.archive.add_recovery(&visit.person()?.session, &recipient, Some(visit.filled("reason")))?;
    Ok(see("/house/keys"))
}

pub(crate) fn add_server(room: &Arc<Room>, visit: &Visit) -> Result<Response> {
    let (recipient, key) = (visit.filled("recipient").trim().parse()?, visit.filled("signing_key").trim());
    room.archive.add_server(&visit.person()?.session, &recipient, key, Some(visit.filled("reason")))?;
    Ok(see("/house/keys"))
}

pub(crate) fn withdraw(room: &Arc<Room>, visit: &Visit) -> Result<Response> {
    let holder: HolderId = numbered(visit, "holder")?;
    room.archive.begin_withdrawing(&visit.person()?.session, holder, visit.filled("reason"))?;
    Ok(begun(room))
}
