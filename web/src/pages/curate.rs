//! What an archivist does to one record on its page: filing, marking, and saying what it is.

use super::{
    fields::{marking, no_place, place, read_marking, reason},
    unit::own_address,
};
use crate::{reply::see, room::Room, routes::numbered, visit::Visit};
use axum::response::Response;
use chartrier_engine::{
    Result,
    archive::{Shown, Statement},
    policy::{Act, Session, Verdict, may},
};
use chartrier_schemas::RecordId;
use maud::{Markup, html};
use std::sync::Arc;

/// Whether somebody has a role that allows this at all.
pub(crate) fn might(session: &Session, act: Act) -> bool {
    may(session, act, None) == Verdict::Granted
}

/// The forms, for those whose role allows what they do.
pub(crate) fn show(room: &Room, visit: &Visit, shown: &Shown) -> Result<Markup> {
    let (say, session) = (visit.say, &visit.person()?.session);
    let to = |verb: &str| super::unit::with_query(visit, &format!("/unit/{}/{verb}", shown.id), &[]);
    let said = shown.record.said.clone().unwrap_or_default();
    Ok(html! {
        @if might(session, Act::File) || might(session, Act::Mark) {
            section .curating {
                h2 { (say.t("curating")) }
                @if might(session, Act::File) {
                    details {
                        summary { (say.t("file-it")) }
                        form method="post" action=(to("file")) {
                            label for="into" { (say.t("place")) }
                            (place(say, "into", "", ""))
                            p #into-help .help { (say.t("place-help")) }
                            button type="submit" { (say.t("file-it")) }
                        }
                    }
                }
                @if might(session, Act::Mark) {
                    details {
                        summary { (say.t("mark-it")) }
                        form method="post" action=(to("mark")) {
                            (marking(room, say, session, &shown.marking.to_string()))
                            (reason(say, "reason"))
                            button type="submit" { (say.t("mark-it")) }
                        }
                    }
                }
                @if might(session, Act::Describe) {
                    details {
                        summary { (say.t("describe-it")) }
                        form method="post" action=(to("say")) {
                            label for="said-title" { (say.t("title")) }
                            input #said-title name="title" maxlength="500" value=(said.title.as_deref().unwrap_or_default()) placeholder=(shown.record.title);
                            label for="said-date" { (say.t("date")) }
                            input #said-date name="date" type="date" value=(said.date.as_deref().and_then(|date| date.get(..10)).unwrap_or_default());
                            label for="said-content" { (say.t("about-it")) }
                            textarea #said-content name="content" rows="5" maxlength="12000" { (said.content.as_deref().unwrap_or_default()) }
                            p .help { (say.t("describe-help")) }
                            button type="submit" { (say.t("keep")) }
                        }
                    }
                }
            }
        }
    })
}

fn done(room: &Room, visit: &Visit, id: RecordId) -> Result<Response> {
    room.changed.ring();
    // Marked above what one knows, it is not there any more.
    match room.archive.show(&visit.person()?.session, id) {
        Ok(shown) => Ok(see(&own_address(visit, &shown))),
        Err(_) => Ok(see("/")),
    }
}

pub(crate) fn file(room: &Arc<Room>, visit: &Visit) -> Result<Response> {
    let (session, id) = (&visit.person()?.session, numbered(visit, "id")?);
    // What may not be known is not there, whatever is asked to be done to it.
    room.archive.show(session, id)?;
    let code = room.archive.meant_place(session, visit.filled("into")).map_err(no_place)?;
    room.archive.file(session, &[id], code.as_deref()).map_err(no_place)?;
    done(room, visit, id)
}

pub(crate) fn mark(room: &Arc<Room>, visit: &Visit) -> Result<Response> {
    let (session, id) = (&visit.person()?.session, numbered(visit, "id")?);
    room.archive.show(session, id)?;
    room.archive.mark(session, &[id], &read_marking(visit.filled("marking"))?, visit.filled("reason"))?;
    done(room, visit, id)
}

pub(crate) fn say(room: &Arc<Room>, visit: &Visit) -> Result<Response> {
    let (session, id) = (&visit.person()?.session, numbered(visit, "id")?);
    room.archive.show(session, id)?;
    let filled = |name: &str| visit.filled(name).to_owned();
    room.archive.say(session, id, &Statement { title: filled("title"), date: filled("date"), content: filled("content") })?;
    done(room, visit, id)
}
