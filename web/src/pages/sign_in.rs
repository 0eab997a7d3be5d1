//! Signing in by name, password and code; or by a link that opens once: its secret stands after the sign `#`, a small script puts
//! it into the form, and without the script one does that by hand. What was wrong is told to nobody.

use super::{
    Frame, bare,
    fields::link_code,
    frame,
    proof::{Refused, alert, secrets},
};
use crate::{
    guard,
    reply::{self, see},
    room::Room,
    visit::{Visit, set_session},
};
use axum::{
    http::{HeaderName, StatusCode, header},
    response::Response,
};
use chartrier_engine::{
    Result,
    archive::{Attempt, Proof},
};
use maud::html;
use std::sync::Arc;

pub(crate) fn show(_: &Arc<Room>, visit: &Visit) -> Result<Response> {
    Ok(door(visit, StatusCode::OK, None))
}

/// Whether one followed a link of another site, in a mail for instance: then the browser keeps the cookie back.
pub(crate) fn comes_from_elsewhere(visit: &Visit) -> bool {
    let header = |name: &str| guard::text(&visit.headers, name);
    header("sec-fetch-site") == Some("cross-site") && header("sec-fetch-mode") == Some("navigate")
}

/// Asks for the same page once more, from here: now the cookie comes along. Nothing is said of the page.
pub(crate) fn again(visit: &Visit) -> Response {
    let say = visit.say;
    let main = html! { section .empty { p { a href=(visit.here) { (say.t("go-on")) } } } };
    let page = reply::page(StatusCode::OK, bare(say, "…", &main));
    reply::with(page, HeaderName::from_static("refresh"), "0")
}

/// Begins a session. Links that are used, over, or never were, are one; so are names that nobody bears and wrong passwords.
pub(crate) fn enter(room: &Arc<Room>, visit: &Visit) -> Result<Response> {
    let device = device(guard::text(&visit.headers, header::USER_AGENT).unwrap_or_default());
    if visit.form.contains_key("name") {
        let proof = Proof { password: visit.filled("password"), code: visit.filled("code") };
        return Ok(match room.archive.sign_in_as(visit.filled("name"), &proof, &device)? {
            Attempt::Right(secret) => entered(room, visit, &secret),
            Attempt::Wrong => door(visit, StatusCode::FORBIDDEN, Some(Closed::Proof(Refused::Wrong))),
            Attempt::Wait(until) => door(visit, StatusCode::TOO_MANY_REQUESTS, Some(Closed::Proof(Refused::Wait(until)))),
        });
    }
    Ok(match room.archive.sign_in(visit.filled("link").trim(), &device)? {
        Some(secret) => entered(room, visit, &secret),
        None => door(visit, StatusCode::FORBIDDEN, Some(Closed::Link)),
    })
}

fn entered(room: &Room, visit: &Visit, secret: &str) -> Response {
    reply::with(see("/"), header::SET_COOKIE, &set_session(room.port, visit.through, secret))
}

/// Why the door stays closed.
#[derive(Clone, Copy)]
enum Closed {
    /// The link does not open.
    Link,
    /// The proof was not enough.
    Proof(Refused),
}

fn door(visit: &Visit, status: StatusCode, closed: Option<Closed>) -> Response {
    let say = visit.say;
    let refused = if let Some(Closed::Proof(refused)) = closed { Some(refused) } else { None };
    let main = html! {
        section .door {
            h1 { (say.t("sign-in")) }
            @if matches!(closed, Some(Closed::Link)) { p .note role="alert" { (say.t("link-over")) } }
            (alert(say, refused))
            form method="post" action="/sign-in" {
                label for="name" { (say.t("own-name")) }
                input #name name="name" value=(visit.filled("name")) autocomplete="username" spellcheck="false" required maxlength="200";
                (secrets(say, "password", "code"))
                button type="submit" { (say.t("sign-in")) }
            }
        }
        section .door .or {
            h2 { (say.t("by-link")) }
            p { (say.t("sign-in-text")) }
            pre { code { "chartrier person link" } }
            form #door method="post" action="/sign-in" {
                (link_code(say, "link"))
                button type="submit" { (say.t("sign-in-by-link")) }
            }
        }
    };
    let title = say.t("sign-in");
    reply::page(status, frame(visit, &Frame { title: &title, words: None, kind: "signing-in", back: "/sign-in" }, &main))
}

/// Which browser on which system, as far as it says.
pub(crate) fn device(agent: &str) -> String {
    let browsers = [("Firefox/", "Firefox"), ("Edg/", "Edge"), ("OPR/", "Opera"), ("Chrome/", "Chrome"), ("Safari/", "Safari")];
    let systems = [
        ("Android", "Android"),
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Windows", "Windows"),
        ("Mac OS X", "macOS"),
        ("Linux", "Linux"),
    ];
    let of = |known: &[(&str, &'static str)]| known.iter().find(|(sign, _)| agent.contains(sign)).map(|(_, name)| *name);
    [of(&browsers), of(&systems)].into_iter().flatten().collect::<Vec<_>>().join(" · ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_browser_is_known_by_two_words() {
        let agent = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";
        assert_eq!((device(agent).as_str(), device("curl/8").as_str()), ("Firefox · Linux", ""));
    }
}
