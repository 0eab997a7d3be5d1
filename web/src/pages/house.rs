//! The house as those who keep it see it: how it stands, what waits, the last verification, and long work on it. Counts only what they
//! may know.

use super::{Frame, frame};
use crate::{
    limits::WATCHED,
    reply::{self, see},
    room::Room,
    visit::Visit,
    words::Say,
};
use axum::{
    http::{StatusCode, header::REFRESH},
    response::Response,
};
use chartrier_engine::{
    Error, Result,
    archive::{House, Upkeep, UpkeepLine, Verified},
    local::Waiting,
};
use chartrier_ingest::findings::WAITS_FOR_RECOGNITION;
use maud::{Markup, html};
use std::{sync::Arc, time::Duration};

/// How the house stands, and this server.
pub(crate) struct State {
    pub(crate) house: House,
    pub(crate) verified: Option<Verified>,
    /// Records that wait for their words to be recognised.
    pub(crate) recognition: Waiting,
    /// What keeps files from being taken in.
    pub(crate) held_up: Option<Error>,
    /// How long this server has been answering.
    pub(crate) uptime: Duration,
}

impl State {
    /// What waits, and the name of each queue.
    pub(crate) fn queues(&self) -> [(&'static str, &Waiting); 5] {
        let House { arriving, whole, jobs, unindexed, .. } = &self.house;
        [
            ("arriving", arriving),
            ("received", whole),
            ("jobs", jobs),
            ("recognition", &self.recognition),
            ("unindexed", unindexed),
        ]
    }
}

/// Asks how the house stands.
pub(crate) fn state(room: &Room, visit: &Visit) -> Result<State> {
    let session = &visit.person()?.session;
    Ok(State {
        house: room.archive.house(session)?,
        verified: room.archive.verified(session)?,
        recognition: room.archive.waiting(session, &format!("finding:{WAITS_FOR_RECOGNITION}"))?,
        held_up: room.held_up().clone(),
        uptime: room.began.elapsed(),
    })
}

pub(crate) fn show(room: &Arc<Room>, visit: &Visit) -> Result<Response> {
    let (say, state) = (visit.say, state(room, visit)?);
    let lines = room.archive.upkeeps(&visit.person()?.session)?;
    let under_way = lines.iter().any(|line| line.ended.is_none());
    let verifying = lines.iter().any(|line| line.ended.is_none() && line.work == Upkeep::Verify);
    let main = html! {
        section .ledger {
            h1 { (say.t("house")) }
            p .lead { (say.t("house-text")) }
            @if let Some(why) = &state.held_up {
                p .note role="alert" { (say.t("held-up")) " " (super::spoken(say, &why.problem)) " " (super::spoken(say, &why.remedy)) }
            }
            (standing(say, &state))
            h2 { (say.t("waiting")) }
            (queues(say, &state))
            p { a href="/jobs" { (say.t("all-jobs")) } }
            h2 { (say.t("verification")) }
            (verification(say, state.verified.as_ref(), state.house.head.map(|head| head.seq)))
            @if !verifying { form method="post" action="/house/verify" { button type="submit" { (say.t("verify-all")) } } }
            h2 { (say.t("upkeep")) }
            (upkeep(say, &lines))
            h2 { (say.t("house-keys")) }
            p { a href="/house/keys" { (say.t("house-keys-link")) } }
        }
    };
    let title = say.t("house");
    let around = Frame { title: &title, words: Some(""), kind: "own", back: "/house" };
    let page = reply::page(StatusCode::OK, frame(visit, &around, &main));
    // Whoever waits for it sees it go on, with a script or without.
    Ok(if under_way { reply::with(page, REFRESH, WATCHED) } else { page })
}

fn standing(say: Say, state: &State) -> Markup {
    let house = &state.house;
    html! {
        dl .state {
            dt { (say.t("journal")) }
            dd {
                @match (&house.head, &house.as_of) {
                    (Some(head), Some(as_of)) => {
                        p { (say.with("segment", &[("number", say.number(head.seq).into()), ("moment", say.written(as_of).into())])) }
                        p .digest { (head.hash) }
                        p .help { (say.t("keep-head")) }
                    },
                    _ => (say.t("none")),
                }
            }
            dt { (say.t("index")) }
            dd {
                p {
                    @if house.unindexed.count > 0 { (say.count("index-behind", house.unindexed.count)) }
                    @else if let Some(as_of) = &house.as_of { (say.with("complete", &[("moment", say.written(as_of).into())])) }
                }
                p { (say.count("records-known", house.records)) }
            }
            dt { (say.t("store")) }
            dd { (say.count("objects", house.objects)) ", " (say.size(house.bytes)) }
            dt { (say.t("server")) }
            dd { "Chartrier " (env!("CARGO_PKG_VERSION")) ", " (say.with("for-so-long", &[("time", say.span(state.uptime.as_secs()).into())])) }
            dt { (say.t("identifiers")) }
            dd .digest { p { (house.archive) } p { (house.node) } }
        }
    }
}

fn queue(say: Say, name: &str) -> String {
    match name {
        "arriving" => say.t("queue-arriving"),
        "received" => say.t("queue-received"),
        "jobs" => say.t("queue-jobs"),
        "recognition" => say.t("queue-recognition"),
        _ => say.t("queue-unindexed"),
    }
}

fn queues(say: Say, state: &State) -> Markup {
    let all = state.queues();
    let age = |oldest: jiff::Timestamp| {
        let seconds = state.house.now.as_second().saturating_sub(oldest.as_second());
        say.span(u64::try_from(seconds).unwrap_or(0))
    };
    html! {
        @if all.iter().all(|(_, one)| one.count == 0) { p .sound { (say.t("nothing-waits")) } }
        @else {
            dl .state {
                @for (name, one) in all.into_iter().filter(|(_, one)| one.count > 0) {
                    dt { (queue(say, name)) }
                    dd {
                        span .number { (say.number(one.count)) }
                        @if let Some(oldest) = one.oldest { ", " span .soft { (say.with("oldest", &[("time", age(oldest).into())])) } }
                    }
                }
            }
        }
    }
}

fn verification(say: Say, verified: Option<&Verified>, head: Option<u64>) -> Markup {
    html! {
        @match verified {
            None => p .none { (say.t("never-verified")) },
            Some(found) => {
                p .facts { time datetime=(found.at) { (say.written(&found.at)) } }
                @if found.faults.is_empty() { p .sound { (say.t("all-sound")) } }
                @else {
                    p .fault { (say.count("faults", found.faults.values().sum())) }
                    ul { @for (kind, count) in &found.faults { li { code { (kind) } " " (say.number(*count)) } } }
                    p .help { (say.t("faults-help")) }
                }
                p {
                    (say.with("verified-so-much", &[
                        ("files", say.number(found.files).into()), ("size", say.size(found.bytes).into()),
                        ("segments", say.number(found.segments).into()),
                    ]))
                }
                @if found.warnings > 0 { p .help { (say.count("unlisted", found.warnings)) } }
                @if let (Some(then), Some(now)) = (found.head.map(|head| head.seq), head) && now > then {
                    p .help { (say.count("segments-since", now - then)) }
                }
            },
        }
    }
}

/// What a piece of upkeep does, in words.
fn what(say: Say, work: &Upkeep) -> String {
    match work {
        Upkeep::Verify => say.t("upkeep-verify"),
        Upkeep::Rotate { labels } => say.count("upkeep-rotate", labels.len() as u64),
        Upkeep::Withdraw { holder } => say.with("upkeep-withdraw", &[("holder", holder.to_string().into())]),
    }
}

fn upkeep(say: Say, lines: &[UpkeepLine]) -> Markup {
    html! {
        @if lines.is_empty() { p .none { (say.t("no-upkeep")) } }
        ol .lines { @for line in lines {
            li {
                div .said .job {
                    h3 { (what(say, &line.work)) }
                    @match (line.ended, &line.stopped) {
                        (None, _) => {
                            progress max=(line.total.max(1)) value=(line.done) aria-label=(say.t("progress")) {}
                            p role="status" { (say.t("under-way")) }
                        },
                        (Some(_), Some(why)) => p .fault { (super::spoken(say, &why.problem)) " " (super::spoken(say, &why.remedy)) },
                        (Some(_), None) => p .sound { (say.t("upkeep-done")) },
                    }
                    @if let Some(reason) = &line.reason { p .reason { (reason) } }
                    p .facts {
                        span { (line.by) }
                        span { (say.with("began-at", &[("moment", say.moment(line.began).into())])) }
                        @if let Some(ended) = line.ended { span { (say.with("ended-at", &[("moment", say.moment(ended).into())])) } }
                    }
                }
            }
        } }
    }
}

pub(crate) fn verify(room: &Arc<Room>, visit: &Visit) -> Result<Response> {
    room.archive.begin_verifying(&visit.person()?.session)?;
    Ok(begun(room))
}

/// What was begun is done, and seen on the page of the house.
pub(super) fn begun(room: &Room) -> Response {
    room.upkeep.ring();
    see("/house")
}
