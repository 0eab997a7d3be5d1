//! One's own sessions: where one is signed in, and ending that.

use super::{Frame, frame};
use crate::{
    reply::{self, see},
    room::Room,
    routes::numbered,
    visit::{Visit, set_session},
};
use axum::{
    http::{HeaderName, StatusCode, header},
    response::Response,
};
use chartrier_engine::Result;
use maud::html;
use std::sync::Arc;

pub(crate) fn show(room: &Arc<Room>, visit: &Visit) -> Result<Response> {
    let (say, signed) = (visit.say, visit.person()?);
    let browsers = room.archive.browsers(&signed.session)?;
    let main = html! {
        section .sessions {
            h1 { (say.t("sessions")) }
            p { (say.t("sessions-text")) }
            ul {
                @for browser in &browsers {
                    li {
                        div {
                            h2 {
                                @if browser.device.is_empty() { (say.t("unknown-device")) } @else { (browser.device) }
                                @if browser.number == signed.browser.number { " " span .here { (say.t("this-one")) } }
                            }
                            p .facts {
                                span { (say.with("began", &[("moment", say.moment(browser.began).into())])) }
                                span { (say.with("last-used", &[("moment", say.moment(browser.used).into())])) }
                            }
                        }
                        form method="post" action=(format!("/sessions/{}/end", browser.number)) {
                            button type="submit" { (say.t("end-session")) }
                        }
                    }
                }
            }
            @if browsers.len() > 1 {
                form method="post" action="/sign-out-others" { button type="submit" { (say.t("end-others")) } }
            }
            p { a href="/account" { (say.t("account")) } }
        }
    };
    let title = say.t("sessions");
    Ok(reply::page(
        StatusCode::OK,
        frame(visit, &Frame { title: &title, words: Some(""), kind: "own", back: "/sessions" }, &main),
    ))
}

pub(crate) fn end(room: &Arc<Room>, visit: &Visit) -> Result<Response> {
    let (signed, number) = (visit.person()?, numbered::<u64>(visit, "number")?);
    if number == signed.browser.number {
        return sign_out(room, visit);
    }
    room.archive.sign_out(&signed.session, number)?;
    Ok(see("/sessions"))
}

/// Ends all sessions but this one.
pub(crate) fn end_others(room: &Arc<Room>, visit: &Visit) -> Result<Response> {
    let signed = visit.person()?;
    room.archive.sign_out_others(&signed.session, signed.browser.number)?;
    Ok(see("/sessions"))
}

/// Ends this session, and has the browser forget what it kept.
pub(crate) fn sign_out(room: &Arc<Room>, visit: &Visit) -> Result<Response> {
    let signed = visit.person()?;
    room.archive.sign_out(&signed.session, signed.browser.number)?;
    let response = reply::with(see("/sign-in"), header::SET_COOKIE, &set_session(room.port, visit.through, ""));
    let clears = HeaderName::from_static("clear-site-data");
    Ok(reply::with(response, clears, "\"cache\", \"cookies\", \"storage\""))
}
