//! The page that adds: where to, under which marking, what is on its way, and what has come of it. It takes files of a plain
//! form; with the script it keeps a queue that outlives the page. Also what every page needs for files to be dropped on it.

use super::{
    Frame,
    fields::{code_of, place},
    frame, plain,
};
use crate::{
    assets::DIGEST,
    limits::ADDED,
    reply,
    room::Room,
    visit::{Signed, Visit},
    words::Say,
};
use axum::{http::StatusCode, response::Response};
use chartrier_engine::{
    Result,
    archive::EXPIRY,
    local::{Stage, Upload},
    policy::Act,
    spool::PIECE,
};
use maud::{Markup, html};
use serde_json::{Value, json};
use std::sync::Arc;

pub(crate) fn show(room: &Arc<Room>, visit: &Visit) -> Result<Response> {
    let (say, signed) = (visit.say, visit.person()?);
    let archive = &room.archive;
    archive.allowed(&signed.session, Act::Capture)?;
    let markings = archive.own_markings(&signed.session);
    let own = archive.own_place(&signed.session)?;
    let chosen = code_of(visit.asked("into")).or(own.as_deref()).unwrap_or_default();
    let help = if signed.session.mandates.contains(&None) { "add-place-help" } else { "add-place-help-unseen" };
    let held = visit.number("held", 0, 1_000);
    let since = signed.browser.used.checked_sub(EXPIRY).unwrap_or(signed.browser.began);
    let mut uploads = archive.uploads(&signed.session, since, ADDED)?;
    uploads.retain(|upload| upload.stage != Stage::Kept || upload.touched >= signed.browser.began);
    let (kept, open): (Vec<_>, Vec<_>) = uploads.into_iter().partition(|upload| upload.stage == Stage::Kept);
    let main = html! {
        section .bringing {
            h1 { (say.t("add-title")) }
            section #queue hidden aria-labelledby="queue-title" {
                header .bar {
                    h2 #queue-title { (say.t("adding-title")) }
                    button #queue-pause .quiet type="button" { (say.t("adding-pause")) }
                    button #queue-retry .quiet type="button" hidden { (say.t("adding-retry")) }
                    button #queue-drop .quiet type="button" hidden { (say.t("adding-drop")) }
                }
                p #queue-status role="status" {}
                progress #queue-bar max="1" value="0" aria-labelledby="queue-title" {}
                p #queue-note .note hidden {}
                ul #queue-list {}
            }
            @if held > 0 { p .note role="status" { (say.count("were-held", held as u64)) } }
            p .lead { (say.t("add-text")) }
            form #add-form method="post" action="/add" enctype="multipart/form-data" {
                div .whither {
                    p {
                        label for="into" { (say.t("add-place")) }
                        (place(say, "into", chosen, &say.t("inbox")))
                        span #into-help .help { (say.t(help)) }
                    }
                    p {
                        label for="marking" { (say.t("marking")) }
                        select #marking name="marking" {
                            @for marking in &markings {
                                @let code = marking.to_string();
                                option value=(code) selected[code == visit.asked("marking")] { (code) " – " (super::level(say, marking)) }
                            }
                        }
                    }
                }
                div .plain-form {
                    p {
                        label for="file" { (say.t("add-choose")) }
                        input #file type="file" name="file" multiple;
                    }
                    button type="submit" { (say.t("add-room")) }
                }
                div .sources hidden {
                    (source(&say.t("add-photos"), "photos", html! { input type="file" multiple accept="image/*,video/*,.pdf"; }))
                    (source(&say.t("add-camera"), "camera", html! { input type="file" accept="image/*" capture="environment"; }))
                    (source(&say.t("add-choose"), "files", html! { input type="file" multiple; }))
                    (source(&say.t("add-folder"), "folder", html! { input type="file" multiple webkitdirectory; }))
                    p .hint { (say.t("add-drop-hint")) }
                }
            }
            section .unfinished hidden[open.is_empty()] {
                h2 { (say.t("unfinished")) }
                ul { @for upload in &open { (unfinished(say, upload)) } }
            }
            section .received {
                h2 { (say.t("received")) }
                p #received-none .none hidden[!kept.is_empty()] { (say.t("received-none")) }
                ul #received { @for upload in &kept { (received(say, upload)) } }
            }
        }
    };
    let title = say.t("add-title");
    Ok(reply::page(StatusCode::OK, frame(visit, &Frame { title: &title, words: Some(""), kind: "adds", back: "/add" }, &main)))
}

/// A way to choose files, as large as a thumb.
fn source(words: &str, kind: &str, input: Markup) -> Markup {
    html! { label .button.source.(kind) { (input) span { (words) } } }
}

fn received(say: Say, upload: &Upload) -> Markup {
    html! {
        li {
            @match &upload.record {
                Some(record) => a href=(format!("/unit/{record}")) { (plain(&upload.path)) },
                None => span { (plain(&upload.path)) },
            }
            span .size { @if upload.record.is_none() { (say.t("received-unseen")) ", " } (say.size(upload.size)) }
        }
    }
}

fn unfinished(say: Say, upload: &Upload) -> Markup {
    html! {
        li data-upload=(upload.id) {
            span { (plain(&upload.path)) }
            span .size { (say.size(upload.size)) }
            @match &upload.trouble {
                Some(why) => p .fault { (super::spoken(say, &why.problem)) " " (super::spoken(say, &why.remedy)) },
                None if upload.stage == Stage::Whole => p .state { (say.t("adding-verifying")) },
                None => p .state { (say.t("unfinished-text")) },
            }
            form method="post" action=(format!("/add/give-up/{}", upload.id)) {
                button .quiet type="submit" { (say.t("give-up")) span .unseen { " " (upload.path) } }
            }
        }
    }
}

/// What the script needs on every page of a person: whose queue it is, its words, and the sheet that shows where to drop.
pub(crate) fn tools(say: Say, signed: &Signed) -> Markup {
    let adds = signed.adds();
    html! {
        div #adding hidden data-person=(signed.session.person) data-adds=(if adds { "yes" } else { "no" }) data-piece=(PIECE)
            data-digest=(DIGEST.path) data-words=(words(say)) {}
        @if adds { div #drop hidden aria-hidden="true" { p { (say.t("drop-here")) } } }
    }
}

/// What the script says, with `{n}` and `{m}` where it puts numbers.
fn words(say: Say) -> Value {
    let of = |count: u64| say.with("adding-of", &[("count", count.into()), ("done", "{n}".into()), ("all", "{m}".into())]);
    json!({
        "one": of(1), "many": of(2), "failed": say.with("adding-failed", &[("count", "{n}".into())]),
        "more": say.with("adding-more", &[("count", "{n}".into())]),
        "waits": say.t("adding-waits"), "reading": say.t("adding-reading"), "verifying": say.t("adding-verifying"),
        "offline": say.t("adding-offline"), "signedOut": say.t("adding-signed-out"), "paused": say.t("adding-paused"),
        "pause": say.t("adding-pause"), "goOn": say.t("adding-go-on"), "retry": say.t("adding-retry"),
        "remove": say.t("give-up"), "memory": say.t("adding-memory"), "gone": say.t("adding-gone"),
        "held": say.t("adding-held"), "unseen": say.t("received-unseen"), "title": say.t("adding-title"), "done": say.t("adding-done"),
    })
}
