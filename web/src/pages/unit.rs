//! The page of a record: what is known of it, its pages and words as far as somebody reads them, and its bytes to take away.
//! Of a marked record nothing is read before one says so: that is a disclosure, and is recorded.

use super::{
    Frame, address, asking::Asking, badge, curate, frame, kind_of, plain, reading, search::unit_address, unit_side, who,
};
use crate::{give, reply, room::Room, routes::numbered, visit::Visit};
use axum::{http::StatusCode, response::Response};
use bytes::Bytes;
use chartrier_engine::{
    Kind, Result,
    archive::{Checked, SearchRequest, Shown},
    error,
    policy::is_recorded,
};
use chartrier_schemas::RecordId;
use maud::{Markup, html};
use std::sync::Arc;

/// The record that the address names; what is no id is not there either.
fn named(visit: &Visit) -> Result<RecordId> {
    numbered(visit, "id")
}

pub(crate) fn show(room: &Arc<Room>, visit: &Visit) -> Result<Response> {
    render(room, visit, None)
}

/// Reads the record back now, and says what came of it.
pub(crate) fn verify(room: &Arc<Room>, visit: &Visit) -> Result<Response> {
    let checked = room.archive.verify_record(&visit.person()?.session, named(visit)?)?;
    render(room, visit, Some(&checked))
}

fn render(room: &Arc<Room>, visit: &Visit, checked: Option<&[Checked]>) -> Result<Response> {
    let (say, session) = (visit.say, &visit.person()?.session);
    let shown = room.archive.show(session, named(visit)?)?;
    let path = shown.class.as_deref().map_or(Ok(Vec::new()), |code| room.archive.path_of_code(session, code))?;
    let asking = Asking::of(visit);
    let main = html! {
        (around(room, visit, &asking)?)
        article .unit {
            header .title {
                @if !path.is_empty() {
                    nav .path aria-label=(say.t("class-path")) {
                        ol { @for row in &path {
                            li { a href=(address("/", &[("q", &super::asking::condition(say, "class", &row.code, false))])) {
                                span .code { (row.code) } " " (row.title)
                            } }
                        } }
                    }
                } @else {
                    p .path { (say.t("inbox")) }
                }
                h1 { (plain(shown.record.known_as())) }
                p .facts {
                    (badge(say, &shown.marking))
                    @let tag = shown.record.components.first().and_then(|original| original.tags.first());
                    @let kind = kind_of(tag.map_or("", String::as_str), &shown.record.name);
                    @if !kind.is_empty() { span .kind { (kind) } }
                    @if let Some(date) = shown.record.dated() { time datetime=(date) { (say.day(date)) } }
                    @if let Some(pages) = shown.record.pages { span { (say.count("pages-count", pages.into())) } }
                    @if let Some(original) = shown.record.components.first() { span { (say.size(original.size)) } }
                }
                (download(visit, &shown))
                a .to-about href="#about" { (say.t("description")) " ↓" }
            }
            div .sheet {
                div .reading { (reading::show(room, visit, &shown, &asking)?) }
                aside #about .side aria-label=(say.t("about")) { (curate::show(room, visit, &shown)?) (unit_side::show(visit, &shown, checked)) (who::own(room, visit, &shown)?) }
            }
        }
    };
    let around = Frame {
        title: shown.record.known_as(),
        words: Some(&asking.words),
        kind: "reading-unit",
        back: &own_address(visit, &shown),
    };
    Ok(reply::page(StatusCode::OK, frame(visit, &around, &main)))
}

/// The address of this page, with what it was asked with: also after something was done on it.
pub(crate) fn own_address(visit: &Visit, shown: &Shown) -> String {
    with_query(visit, &format!("/unit/{}", shown.id), &[])
}

/// The path of a record's page.
pub(crate) fn address_of(shown: &Shown) -> String {
    format!("/unit/{}", shown.id)
}

/// A path with the values that this page was asked with, some of them changed.
pub(crate) fn with_query(visit: &Visit, path: &str, changed: &[(&str, &str)]) -> String {
    let (name, words) = visit.worded(visit.asked("q"));
    let mut values: Vec<(&str, &str)> = vec![(name, &words)];
    for name in ["sort", "group", "at", "read", "page", "part"] {
        let new = changed.iter().find(|(changed, _)| *changed == name).map(|(_, value)| *value);
        values.push((name, new.unwrap_or(visit.asked(name))));
    }
    address(path, &values)
}

/// The way back to the results, and to the hits before and after this one.
fn around(room: &Room, visit: &Visit, asking: &Asking) -> Result<Markup> {
    let say = visit.say;
    let at: Option<usize> = visit.asked("at").parse().ok().filter(|at| *at < 1_000_000);
    let Some(at) = at else {
        return Ok(html! { nav .around aria-label=(say.t("results")) { a rel="up" href="/" { "← " (say.t("all-records")) } } });
    };
    let first = at.saturating_sub(1);
    let request = SearchRequest { words: &asking.words, sort: asking.sort, limit: at - first + 2, offset: first, facets: &[] };
    let found = room.archive.search(&visit.person()?.session, &request)?;
    let hit = |wanted: usize| {
        let id = found.hits.get(wanted.checked_sub(first)?)?.line.id.to_string();
        Some(unit_address(asking, &id, wanted))
    };
    let page = at / crate::limits::HITS + 1;
    Ok(html! {
        nav .around aria-label=(say.t("results")) {
            a rel="up" href=(asking.results(&asking.words, page)) { "← " (say.t("back-to-results")) }
            span .steps {
                @if let Some(href) = at.checked_sub(1).and_then(hit) { a rel="prev" href=(href) { "‹ " (say.t("previous")) } }
                span { (say.with("nth-of", &[("nth", say.number(at as u64 + 1).into()), ("shown", say.number(found.total).into())])) }
                @if let Some(href) = hit(at + 1) { a rel="next" href=(href) { (say.t("next")) " ›" } }
            }
        }
    })
}

fn download(visit: &Visit, shown: &Shown) -> Markup {
    let say = visit.say;
    html! {
        p .actions {
            a .button href=(format!("/unit/{}/component/1", shown.id)) download { (say.t("download-original")) }
            @if is_recorded(&shown.marking) { span .recorded { (say.t("is-recorded")) } }
        }
    }
}

/// The picture of the first page; of a record that has none, or may not be shown without being read, a blank sheet.
pub(crate) fn thumbnail(room: &Arc<Room>, visit: &Visit) -> Result<Response> {
    let picture = room.archive.thumbnail(&visit.person()?.session, named(visit)?)?;
    Ok(picture.map_or_else(|| reply::of(StatusCode::OK, "image/svg+xml", BLANK), reply::picture))
}

const BLANK: &str = r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 72 72"/>"##;

/// The picture of a page, made by a worker the first time somebody looks at it.
pub(crate) fn page(room: &Arc<Room>, visit: &Visit) -> Result<Response> {
    let (session, id, number) = (&visit.person()?.session, named(visit)?, numbered::<u32>(visit, "number")?);
    if number == 0 {
        return Err(error::not_found(id));
    }
    // The page that shows it was recorded already; a picture that is asked for by itself is a look of its own.
    let noted = room.looks.take(visit.person()?.browser.number, id, number);
    let look = noted.map_or_else(|| room.archive.look(session, id), Ok)?;
    let mut turn = None;
    let mut draw = || give::picture(&room.archive, session, &look, (id, number), &mut room.worker(&mut turn));
    room.drawing.alone((id, give::first_beside(number)), &mut draw).map(reply::picture)
}

/// The bytes of a component, to be saved.
pub(crate) fn component(room: &Arc<Room>, visit: &Visit) -> Result<Response> {
    let (session, id, number) = (&visit.person()?.session, named(visit)?, numbered::<u32>(visit, "number")?);
    let component = match room.archive.component(session, id, number) {
        Err(why) if why.kind == Kind::NotFound => return Err(error::not_found(id)),
        component => component?,
    };
    let (name, size) = (component.described.name.clone(), component.described.size);
    if component.path.is_none() {
        let body = reply::stream(room, move |room, to| room.archive.copy_original(&component, to))?;
        return Ok(reply::attachment(body, &name, Some(size)));
    }
    let (mut turn, mut part) = (None, Vec::new());
    give::component(&room.archive, &component, &mut room.worker(&mut turn), &mut part)?;
    Ok(reply::attachment(Bytes::from(part), &name, Some(size)))
}
