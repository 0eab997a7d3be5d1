//! Jobs: what is being done to many records, how far it is, and taking it back.

use super::{Frame, frame};
use crate::{
    limits::WATCHED,
    reply::{self, see},
    room::Room,
    routes::numbered,
    visit::Visit,
    words::Say,
};
use axum::{
    http::{StatusCode, header::REFRESH},
    response::Response,
};
use chartrier_engine::{
    Result,
    archive::{Change, Job},
};
use maud::{Markup, html};
use std::sync::Arc;

/// What a change does, in words.
pub(super) fn what(say: Say, change: &Change) -> String {
    match change {
        Change::File { into: None } => say.t("job-unfile"),
        Change::File { into: Some(into) } => say.with("job-file", &[("place", into.as_str().into())]),
        Change::Mark { marking, .. } => say.with("job-mark", &[("marking", marking.to_string().into())]),
        Change::Undo { job } => say.with("job-undo", &[("job", say.number(*job).into())]),
    }
}

pub(crate) fn list(room: &Arc<Room>, visit: &Visit) -> Result<Response> {
    let (say, session) = (visit.say, &visit.person()?.session);
    let jobs = room.archive.jobs(session)?;
    let main = html! {
        section .jobs {
            h1 { (say.t("jobs")) }
            @if jobs.is_empty() { p .none { (say.t("no-jobs")) } }
            ul { @for job in &jobs { li { (one(say, job, job.person == session.person)) } } }
        }
    };
    let title = say.t("jobs");
    Ok(reply::page(StatusCode::OK, frame(visit, &Frame { title: &title, words: Some(""), kind: "own", back: "/jobs" }, &main)))
}

pub(crate) fn show(room: &Arc<Room>, visit: &Visit) -> Result<Response> {
    let say = visit.say;
    let job = room.archive.job(&visit.person()?.session, numbered(visit, "number")?)?;
    let main = html! {
        section .jobs {
            nav .around { a rel="up" href="/jobs" { "← " (say.t("jobs")) } }
            h1 { (what(say, &job.change)) }
            (one(say, &job, false))
            @if job.undoable && job.ended.is_some() {
                form method="post" action=(format!("/jobs/{}/undo", job.number)) {
                    button type="submit" { (say.t("undo")) }
                }
            }
        }
    };
    let (title, here) = (what(say, &job.change), format!("/jobs/{}", job.number));
    let page =
        reply::page(StatusCode::OK, frame(visit, &Frame { title: &title, words: Some(""), kind: "own", back: &here }, &main));
    // Whoever waits for it sees it go on, with a script or without.
    Ok(if job.ended.is_none() { reply::with(page, REFRESH, WATCHED) } else { page })
}

fn one(say: Say, job: &Job, linked: bool) -> Markup {
    html! {
        div .job {
            @if linked { h2 { a href=(format!("/jobs/{}", job.number)) { (what(say, &job.change)) } } }
            @if !job.words.is_empty() { p { code { (job.words) } } }
            @if job.ended.is_none() {
                progress max=(job.total.max(1)) value=(job.done) aria-label=(say.t("progress")) {}
            }
            p role="status" {
                @if job.ended.is_none() {
                    (say.with("job-goes-on", &[("done", say.number(job.done).into()), ("total", say.number(job.total).into())]))
                } @else { (say.count("job-changed", job.changed)) }
            }
            @if job.refused > 0 { p .fault { (say.count("job-refused", job.refused)) } }
            @if let Some(why) = &job.stopped { p .fault { (super::spoken(say, &why.problem)) } p .help { (super::spoken(say, &why.remedy)) } }
            p .facts {
                span { (say.with("began-at", &[("moment", say.moment(job.began).into())])) }
                @if let Some(ended) = job.ended { span { (say.with("ended-at", &[("moment", say.moment(ended).into())])) } }
            }
        }
    }
}

pub(crate) fn undo(room: &Arc<Room>, visit: &Visit) -> Result<Response> {
    let number = room.archive.undo_job(&visit.person()?.session, numbered(visit, "number")?)?;
    room.jobs.ring();
    Ok(see(&format!("/jobs/{number}")))
}
