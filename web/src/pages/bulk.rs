//! Changing all that was found: first what it would do, then a job that does it.

use super::{
    Frame,
    asking::Asking,
    badge, curate,
    fields::{marking, no_place, place, read_marking, reason},
    frame,
};
use crate::{
    reply::{self, see},
    room::Room,
    visit::Visit,
};
use axum::{http::StatusCode, response::Response};
use chartrier_engine::{
    Result,
    archive::{Change, Preview, SearchRequest},
    error,
    policy::{Act, Session},
};
use maud::{Markup, html};
use std::sync::Arc;

/// Records that are shown of what would change.
const SAMPLES: usize = 12;

/// What the address or the form asks to be done; nothing before somebody chose.
fn change(room: &Room, session: &Session, get: impl Fn(&str) -> String) -> Result<Option<Change>> {
    match get("do").as_str() {
        "file" => Ok(Some(Change::File { into: room.archive.meant_place(session, &get("into")).map_err(no_place)? })),
        "mark" => Ok(Some(Change::Mark { marking: read_marking(&get("marking"))?, reason: get("reason") })),
        _ => Ok(None),
    }
}

pub(crate) fn show(room: &Arc<Room>, visit: &Visit) -> Result<Response> {
    let (say, session) = (visit.say, &visit.person()?.session);
    room.archive.allowed(session, Act::File).or_else(|_| room.archive.allowed(session, Act::Mark))?;
    let asking = Asking::of(visit);
    let change = change(room, session, |name| visit.asked(name).to_owned())?;
    let previewed = change.as_ref().map(|change| room.archive.preview(session, &asking.words, change)).transpose()?;
    let request = SearchRequest { words: &asking.words, sort: asking.sort, limit: SAMPLES, offset: 0, facets: &[] };
    let found = room.archive.search(session, &request)?;
    let (name, covered) = visit.worded(&asking.words);
    let main = html! {
        section .bulk {
            nav .around { a rel="up" href=(asking.results(&asking.words, 1)) { "← " (say.t("back-to-results")) } }
            h1 { (say.count("change-all", found.total)) }
            p .asked { @if asking.words.is_empty() { (say.t("all-records")) } @else { code { (asking.words) } } }
            @match (&change, &previewed) {
                (Some(change), Some(preview)) => (preview_of(visit, &asking, change, preview)),
                _ => {}
            }
            div .choices {
                @if curate::might(session, Act::File) {
                    form method="get" action="/bulk" {
                        h2 { (say.t("file-them")) }
                        input type="hidden" name=(name) value=(covered);
                        input type="hidden" name="do" value="file";
                        label for="into" { (say.t("place")) }
                        (place(say, "into", visit.asked("into"), ""))
                        p #into-help .help { (say.t("place-help")) }
                        button type="submit" { (say.t("look-first")) }
                    }
                }
                @if curate::might(session, Act::Mark) {
                    form method="get" action="/bulk" {
                        h2 { (say.t("mark-them")) }
                        input type="hidden" name=(name) value=(covered);
                        input type="hidden" name="do" value="mark";
                        (marking(room, say, session, visit.asked("marking")))
                        button type="submit" { (say.t("look-first")) }
                    }
                }
            }
            h2 { (say.t("among-them")) }
            ul .samples { @for hit in &found.hits {
                li {
                    a href=(format!("/unit/{}", hit.line.id)) { (super::plain(&hit.line.title)) }
                    span .facts {
                        (badge(say, &hit.line.marking))
                        span .class { @match &hit.line.class { Some(code) => (code), None => (say.t("inbox")) } }
                    }
                }
            } }
        }
    };
    let title = say.count("change-all", found.total);
    let around = Frame { title: &title, words: Some(&asking.words), kind: "changing", back: &visit.here };
    Ok(reply::page(StatusCode::OK, frame(visit, &around, &main)))
}

fn preview_of(visit: &Visit, asking: &Asking, change: &Change, preview: &Preview) -> Markup {
    let say = visit.say;
    let fields: Vec<(&str, String)> = match change {
        Change::File { into } => vec![("do", "file".to_owned()), ("into", into.clone().unwrap_or_default())],
        Change::Mark { marking, .. } => vec![("do", "mark".to_owned()), ("marking", marking.to_string())],
        Change::Undo { .. } => Vec::new(),
    };
    html! {
        section .preview role="status" {
            h2 { (super::jobs::what(say, change)) }
            p { (say.count("would-change", preview.changes)) }
            @if preview.total > preview.changes { p { (say.count("are-so", preview.total - preview.changes)) } }
            @if preview.lowered > 0 { p .note { (say.count("are-lowered", preview.lowered)) } }
            @if preview.changes > 0 {
                form method="post" action="/bulk" {
                    input type="hidden" name="q" value=(asking.words);
                    @for (name, value) in &fields { input type="hidden" name=(name) value=(value); }
                    @if matches!(change, Change::Mark { .. }) { (reason(say, "why")) }
                    button type="submit" { (say.t("do-it")) }
                    a href=(asking.address("/bulk", &asking.words, &[])) { (say.t("do-not")) }
                }
            }
        }
    }
}

/// Begins the job.
pub(crate) fn begin(room: &Arc<Room>, visit: &Visit) -> Result<Response> {
    let session = &visit.person()?.session;
    let change = change(room, session, |name| visit.filled(name).to_owned())?.ok_or_else(|| error::not_found("change"))?;
    let number = room.archive.begin_job(session, visit.filled("q").trim(), &change)?;
    room.jobs.ring();
    Ok(see(&format!("/jobs/{number}")))
}
