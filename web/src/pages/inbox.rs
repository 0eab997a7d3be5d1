//! What is not filed yet: a list, the record at hand, and where it might go, with reasons. One keeps one's hands on the keys:
//! each record that is filed makes place for the next, and the last filing is taken back by one press.

use super::{Frame, address, asking::narrowed, badge, fields::place, frame, kind_of, reading, told};
use crate::{
    limits::{HITS, PAGES},
    reply::{self, see},
    room::Room,
    routes::numbered,
    visit::{Visit, local_path},
    words::Say,
};
use axum::{http::StatusCode, response::Response};
use chartrier_engine::{
    Kind, Result,
    archive::{SearchHit, SearchRequest, Shown, Suggestion},
    error,
    index::Sort,
    policy::{Act, is_shown_in_passing},
};
use chartrier_schemas::{ActId, RecordId};
use maud::{Markup, html};
use std::sync::Arc;

/// What of the inbox is looked at.
struct Queue {
    /// Words that narrow it.
    words: String,
    /// The same as they stand in an address, by name and value.
    worded: (&'static str, String),
    /// Which of them is at hand, from 0.
    at: usize,
}

impl Queue {
    fn of(visit: &Visit) -> Self {
        let words = visit.asked("q").trim().to_owned();
        Self { worded: visit.worded(&words), words, at: visit.number("at", 0, HITS * PAGES) }
    }

    fn place(&self, at: usize) -> String {
        address("/inbox", &[(self.worded.0, &self.worded.1), ("at", &at.to_string())])
    }

    /// The first of the window of the list in which a place lies.
    fn first(&self) -> usize {
        self.at - self.at % HITS
    }
}

pub(crate) fn show(room: &Arc<Room>, visit: &Visit) -> Result<Response> {
    let (say, session) = (visit.say, &visit.person()?.session);
    room.archive.allowed(session, Act::File)?;
    let queue = Queue::of(visit);
    let look = |offset: usize| {
        let words = narrowed(&queue.words, "class:none");
        room.archive.search(session, &SearchRequest { words: &words, sort: Sort::Date, limit: HITS, offset, facets: &[] })
    };
    let found = look(queue.first())?;
    let last = usize::try_from(found.total).unwrap_or(usize::MAX).saturating_sub(1).min(HITS * PAGES);
    if found.total > 0 && queue.at > last {
        // The last of the list was filed: the one before is at hand now.
        let kept =
            ["filed", "moved", "into", "undone", "stayed", "others", "late", "nowhere"].map(|name| (name, visit.asked(name)));
        let mut values = vec![(queue.worded.0, queue.worded.1.as_str())];
        let at = last.to_string();
        values.push(("at", &at));
        values.extend(kept);
        return Ok(see(&address("/inbox", &values)));
    }
    let hit = found.hits.get(queue.at - queue.first());
    let at_hand = hit.map(|hit| room.archive.show(session, hit.line.id)).transpose()?;
    let main = html! {
        h1 .unseen { (say.t("inbox")) }
        (told(room, visit, &queue.place(queue.at))?)
        @if let Some(shown) = &at_hand {
            form .inbox method="post" action="/inbox/file" {
                input type="hidden" name="q" value=(queue.words);
                input type="hidden" name="at" value=(queue.at);
                input type="hidden" name="record" value=(shown.id);
                // The first button is what the Enter key presses: the place that was typed, never a suggestion.
                button .unseen type="submit" tabindex="-1" aria-hidden="true" { (say.t("file-it")) }
                (list(say, &queue, &found.hits, found.total, last))
                (record(room, visit, shown)?)
                (places(room, visit, shown)?)
            }
        } @else {
            section .empty {
                h2 { @if queue.words.is_empty() { (say.t("inbox-empty")) } @else { (say.t("nothing-found")) } }
                p { (say.t("inbox-empty-text")) }
                @if !queue.words.is_empty() { p { a href="/inbox" { (say.t("inbox-all")) } } }
            }
        }
    };
    let title = say.t("inbox");
    let around = Frame { title: &title, words: Some(""), kind: "filing", back: &visit.here };
    Ok(reply::page(StatusCode::OK, frame(visit, &around, &main)))
}

/// The window of the list, with the record at hand, and steps to the ones beside.
fn list(say: Say, queue: &Queue, hits: &[SearchHit], total: u64, last: usize) -> Markup {
    let first = queue.first();
    html! {
        section .queue aria-labelledby="queue-title" {
            div .bar {
                h2 #queue-title { (say.count("to-file", total)) }
                nav .steps aria-label=(say.t("inbox")) {
                    @if queue.at > 0 { a rel="prev" href=(queue.place(queue.at - 1)) { "‹ " (say.t("previous")) } }
                    span { (say.number(queue.at as u64 + 1)) }
                    @if queue.at < last { a rel="next" href=(queue.place(queue.at + 1)) { (say.t("next")) " ›" } }
                }
            }
            ol {
                @for (at, hit) in (first..).zip(hits) {
                    li .at-hand[at == queue.at] {
                        input type="checkbox" name=(format!("with-{}", hit.line.id)) aria-label=(say.with("choose", &[("title", hit.line.title.as_str().into())]));
                        a href=(queue.place(at)) aria-current=[(at == queue.at).then_some("true")] {
                            span .name { (super::plain(&hit.line.title)) }
                            span .facts {
                                (badge(say, &hit.line.marking))
                                span .kind { (kind_of(&hit.line.kind, &hit.line.name)) }
                                @if let Some(date) = &hit.line.date { time datetime=(date) { (say.day(date)) } }
                            }
                        }
                    }
                }
            }
            @if total > hits.len() as u64 {
                nav .turn aria-label=(say.t("pages-of-results")) {
                    @if first > 0 { a href=(queue.place(first - HITS)) { "← " (say.t("previous")) } }
                    @if first + HITS <= last { a href=(queue.place(first + HITS)) { (say.t("next")) " →" } }
                }
            }
        }
    }
}

fn record(room: &Room, visit: &Visit, shown: &Shown) -> Result<Markup> {
    let say = visit.say;
    Ok(html! {
        article .record aria-labelledby="record-title" {
            h2 #record-title { a href=(format!("/unit/{}", shown.id)) { (super::plain(shown.record.known_as())) } }
            p .facts {
                (badge(say, &shown.marking))
                @if let Some(date) = shown.record.dated() { time datetime=(date) { (say.day(date)) } }
                @if let Some(original) = shown.record.components.first() { span { (say.size(original.size)) } }
                @for author in shown.record.authors.iter().take(2) { span { (author) } }
            }
            @if let Some(seen) = shown.record.occurrences.first() { p .where { (super::plain(&seen.path)) } }
            @if is_shown_in_passing(&shown.marking) && shown.record.thumbnail.is_some() {
                img .first src=(format!("/unit/{}/thumbnail", shown.id)) alt="" loading="lazy";
            }
            (reading::beginning(room, visit, shown)?)
        }
    })
}

/// Where it might go: suggestions, then any place.
fn places(room: &Room, visit: &Visit, shown: &Shown) -> Result<Markup> {
    let (say, session) = (visit.say, &visit.person()?.session);
    let suggested = room.archive.suggest_places(session, shown.id)?;
    Ok(html! {
        section .places aria-labelledby="places-title" {
            h2 #places-title { (say.t("file-under")) }
            @if suggested.is_empty() { p .help { (say.t("no-suggestion")) } }
            @else {
                ul .suggestions { @for (at, one) in suggested.iter().enumerate() { li { (suggestion(say, at == 0, one)) } } }
            }
            label for="into" { (say.t("other-place")) }
            p .pick {
                (place(say, "into", "", ""))
                button #file type="submit" name="by" value="hand" { (say.t("file-it")) }
            }
            p #into-help .help { (say.t("file-help")) }
            @if visit.keys { p .help .of-keys { (say.t("file-keys")) } }
        }
    })
}

fn suggestion(say: Say, first: bool, one: &Suggestion) -> Markup {
    let share = say.number((f64::from(one.confidence) * 100.0).round() as u64);
    html! {
        button .suggestion type="submit" formnovalidate name="into-suggested" value=(one.place.code) data-key=[first.then_some("accept")] {
            span { span .code { (one.place.code) } " " (one.place.title) }
            span .why {
                (say.with("suggested-because", &[("there", (one.there as u64).into()), ("nearest", (one.nearest as u64).into()), ("share", share.into())]))
            }
        }
    }
}

/// Files what is chosen, else the record at hand.
pub(crate) fn file(room: &Arc<Room>, visit: &Visit) -> Result<Response> {
    let session = &visit.person()?.session;
    let chosen = visit.form.keys().filter_map(|name| name.strip_prefix("with-")).filter_map(|id| id.parse().ok());
    let mut records: Vec<RecordId> = chosen.collect();
    if records.is_empty() {
        let given = visit.filled("record");
        records.push(given.parse().map_err(|_| error::not_found(given))?);
    }
    let (name, words) = visit.worded(visit.filled("q"));
    let back =
        |told: &[(&str, &str)]| see(&address("/inbox", &[&[(name, words.as_str()), ("at", visit.filled("at"))], told].concat()));
    let into = match visit.filled("into-suggested") {
        "" => match room.archive.meant_place(session, visit.filled("into")) {
            Ok(None) => return Ok(back(&[("nowhere", "1")])),
            Err(why) if why.kind == Kind::NotFound => return Ok(back(&[("nowhere", "1")])),
            place => place?.unwrap_or_default(),
        },
        suggested => suggested.to_owned(),
    };
    match room.archive.file_waiting(session, &records, &into)? {
        None => Ok(back(&[("late", &records[0].to_string())])),
        Some(filed) => {
            let act = filed.act.map(|act| act.to_string()).unwrap_or_default();
            let late = records.len() as u64 - filed.moved;
            Ok(back(&[
                ("filed", act.as_str()),
                ("moved", &filed.moved.to_string()),
                ("into", &into),
                ("others", &late.to_string()),
            ]))
        }
    }
}

/// Takes a filing back, and comes back to where that was asked.
pub(crate) fn undo(room: &Arc<Room>, visit: &Visit) -> Result<Response> {
    let act = numbered::<ActId>(visit, "act")?;
    let undone = room.archive.undo_filing(&visit.person()?.session, act)?;
    let back = local_path(visit.filled("back"));
    let sign = if back.contains('?') { '&' } else { '?' };
    Ok(see(&format!("{back}{sign}undone={}&stayed={}", undone.moved, undone.stayed)))
}
