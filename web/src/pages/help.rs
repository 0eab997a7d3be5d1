//! How to ask and which keys there are; and a person's own choices: the language, and whether single keys do something.

use super::{Frame, curate::might, doors, frame};
use crate::{
    reply::{self, see},
    room::Room,
    visit::{KEYS, LANGUAGE, Visit, WORDS, local_path, set_choice},
};
use axum::{
    http::{StatusCode, header},
    response::Response,
};
use chartrier_engine::{Result, policy::Act, query::FIELDS};
use chartrier_schemas::text::Language;
use maud::html;
use std::sync::Arc;

pub(crate) fn show(_: &Arc<Room>, visit: &Visit) -> Result<Response> {
    let say = visit.say;
    let french = say.0 == Language::French;
    let field = |name: &str| FIELDS.iter().find(|(en, _)| *en == name).map_or("", |(en, fr)| if french { fr } else { en });
    let words = [
        ("menu", say.t("ask-word")),
        ("\"note verbale\"", say.t("ask-phrase")),
        ("jard*", say.t("ask-prefix")),
        ("-projet", say.t("ask-without")),
        (if french { "menu OU carte" } else { "menu OR card" }, say.t("ask-or")),
    ];
    let fields = [
        ("type", "pdf", say.t("ask-type")),
        ("class", "2.1", say.t("ask-class")),
        ("from", "durand", say.t("ask-from")),
        ("to", "durand", say.t("ask-to")),
        ("date", "2024-07", say.t("ask-date")),
        ("before", "2020", say.t("ask-before")),
        ("after", "2020-03-05", say.t("ask-after")),
        ("title", "menu", say.t("ask-title")),
        ("name", "menu", say.t("ask-name")),
        ("lang", "fr", say.t("ask-lang")),
        ("marking", "DR", say.t("ask-marking")),
        ("finding", "*", say.t("ask-finding")),
        ("thread", "rec-…", say.t("ask-thread")),
    ];
    let (enter, escape) = (say.t("enter-key"), say.t("escape-key"));
    let files = visit.signed.as_ref().is_some_and(|signed| might(&signed.session, Act::File));
    let mut keys = vec![
        ("/", say.t("key-search")),
        ("j k", say.t("key-hits")),
        (enter.as_str(), say.t("key-open")),
        (escape.as_str(), say.t("key-back")),
        ("[ ]", say.t("key-turn")),
        ("n N", say.t("key-places")),
        ("?", say.t("key-help")),
    ];
    let doors = visit.signed.iter().flat_map(|signed| doors(say, signed)).filter(|(_, key, _)| !key.is_empty());
    let doors: Vec<(String, String)> =
        doors.map(|(_, key, name)| (format!("g {key}"), say.with("key-go", &[("room", name.into())]))).collect();
    keys.extend(doors.iter().map(|(keys, name)| (keys.as_str(), name.clone())));
    if files {
        keys.extend([
            ("k j", say.t("key-inbox-walk")),
            ("y", say.t("key-accept")),
            ("x", say.t("key-choose")),
            ("f", say.t("key-place")),
            ("z", say.t("key-undo")),
        ]);
    }
    let main = html! {
        section .manual {
            h1 { (say.t("help")) }
            h2 { (say.t("how-to-ask")) }
            p { (say.t("how-to-ask-text")) }
            table { tbody {
                @for (example, meaning) in &words { tr { th scope="row" { code { (example) } } td { (meaning) } } }
                @for (name, value, meaning) in &fields {
                    tr { th scope="row" { code { (field(name)) ":" (value) } } td { (meaning) } }
                }
            } }
            h2 #keys { (say.t("keys")) }
            table { tbody {
                @for (keys, meaning) in &keys {
                    tr { th scope="row" { @for key in keys.split(' ') { kbd { (key) } " " } } td { (meaning) } }
                }
            } }
            form method="post" action="/choices" {
                input type="hidden" name="back" value="/help#keys";
                p {
                    @if visit.keys { (say.t("keys-are-on")) } @else { (say.t("keys-are-off")) } " "
                    button type="submit" name="keys" value=(if visit.keys { "off" } else { "on" }) {
                        @if visit.keys { (say.t("keys-turn-off")) } @else { (say.t("keys-turn-on")) }
                    }
                }
            }
        }
    };
    let words = visit.signed.is_some().then_some("");
    let title = say.t("help");
    Ok(reply::page(StatusCode::OK, frame(visit, &Frame { title: &title, words, kind: "own", back: "/help" }, &main)))
}

/// Keeps a choice in a cookie, and comes back.
pub(crate) fn choose(_: &Arc<Room>, visit: &Visit) -> Result<Response> {
    let mut response = see(local_path(visit.filled("back")));
    for (name, cookie, values) in
        [("language", LANGUAGE, ["fr", "en"]), ("keys", KEYS, ["on", "off"]), ("words", WORDS, ["hidden", "shown"])]
    {
        let value = visit.filled(name);
        if values.contains(&value) {
            response = reply::with(response, header::SET_COOKIE, &set_choice(cookie, value, visit.through));
        }
    }
    Ok(response)
}
