//! The middle of a record's page: its pages, and its text with what was looked for in it. Of a marked record nothing before one
//! says so; then whatever is shown together is one look, and recorded once.

use super::{asking::Asking, leaves, mail, marked, unit::with_query};
use crate::{
    limits::{BEGINNING, MARKS, TEXT},
    room::Room,
    visit::Visit,
};
use chartrier_engine::{
    Result,
    archive::Shown,
    index::marks,
    policy::is_recorded,
    query::{Node, parse},
};
use maud::{Markup, html};
use std::{ops::Range, sync::Arc};

pub(crate) fn show(room: &Arc<Room>, visit: &Visit, shown: &Shown, asking: &Asking) -> Result<Markup> {
    let recorded = is_recorded(&shown.marking);
    let wants = visit.asked("read");
    let letter = mail::is_message(shown);
    let about = html! { @if letter { (mail::head(visit, shown)) } };
    let thread = if letter {
        mail::thread(room, visit, shown)?
    } else {
        html! {}
    };
    if recorded && !matches!(wants, "pages" | "text") {
        return Ok(html! { (about) (closed(visit, shown)) (thread) });
    }
    let session = &visit.person()?.session;
    // One look, whatever is shown of it.
    let look = room.archive.look(session, shown.id)?;
    let texts = room.archive.text_seen(session, &look)?;
    let (root, language) = (parse(&asking.words).root, shown.record.language.as_deref());
    let found: Vec<Places> = texts.iter().map(|(_, text)| marks(text, language, &root, MARKS)).collect();
    Ok(html! {
        (about)
        @if can_draw(shown) && (!recorded || wants == "pages") {
            (leaves::show(room, visit, shown, &look, &Looked { root: &root, texts: &texts, found: &found })?)
        }
        @if !recorded || wants == "text" { (text(visit, shown, &texts, &found)) }
        @if recorded { (closed(visit, shown)) }
        (thread)
    })
}

/// Places of a text: first byte, and the one after the last.
pub(crate) type Places = Vec<(usize, usize)>;

/// What was looked for, and where the texts of a record say it.
pub(crate) struct Looked<'a> {
    pub(crate) root: &'a Node,
    pub(crate) texts: &'a [(u32, String)],
    pub(crate) found: &'a [Places],
}

/// How a text begins, where reading it in passing is no disclosure.
pub(crate) fn beginning(room: &Room, visit: &Visit, shown: &Shown) -> Result<Markup> {
    if is_recorded(&shown.marking) {
        return Ok(html! { p .help { (visit.say.t("open-to-read")) } });
    }
    let texts = room.archive.text(&visit.person()?.session, shown.id)?;
    let text = texts.into_iter().map(|(_, text)| text).find(|text| !text.trim().is_empty()).unwrap_or_default();
    let end = text.floor_char_boundary(BEGINNING);
    Ok(html! {
        @if text.is_empty() { p .none { (visit.say.t("no-text")) } }
        @else { div .words lang=[shown.record.language.as_deref()] { (super::plain(&text[..end])) @if end < text.len() { "…" } } }
    })
}

/// What one may read, and what that entails.
fn closed(visit: &Visit, shown: &Shown) -> Markup {
    let say = visit.say;
    html! {
        section .closed-record {
            h2 { (say.with("marked-title", &[("marking", shown.marking.to_string().into())])) }
            p { (say.t("marked-text")) }
            p .actions {
                @if can_draw(shown) { a .button href=(reading(visit, shown, "pages")) { (say.t("read-pages")) } }
                @if shown.record.text.is_some() { a .button href=(reading(visit, shown, "text")) { (say.t("read-text")) } }
            }
        }
    }
}

fn reading(visit: &Visit, shown: &Shown, what: &str) -> String {
    with_query(visit, &format!("/unit/{}", shown.id), &[("read", what), ("page", ""), ("part", "")])
}

/// Whether a worker draws pages of this: it has drawn the first one.
fn can_draw(shown: &Shown) -> bool {
    let drawn = |tag: &String| tag == "pdf" || tag == "image";
    shown.record.thumbnail.is_some() && shown.record.components.first().is_some_and(|one| one.tags.iter().any(drawn))
}

/// One stretch of text on a page: which component, and where in its text.
type Stretch = (usize, Range<usize>);

/// Texts cut into parts of about the same length, at ends of lines where there are some.
fn parts(texts: &[(u32, String)]) -> Vec<Vec<Stretch>> {
    let (mut parts, mut part, mut room) = (Vec::new(), Vec::new(), TEXT);
    for (number, (_, text)) in texts.iter().enumerate() {
        let mut at = 0;
        while at < text.len() {
            let mut end = text.floor_char_boundary((at + room).min(text.len()));
            if end < text.len() {
                end = text[at..end].rfind('\n').map_or(end, |line| at + line + 1);
            }
            if end > at {
                part.push((number, at..end));
                room = room.saturating_sub(end - at);
                at = end;
            }
            if at < text.len() || room == 0 {
                parts.push(std::mem::take(&mut part));
                room = TEXT;
            }
        }
    }
    if !part.is_empty() {
        parts.push(part);
    }
    parts
}

fn text(visit: &Visit, shown: &Shown, texts: &[(u32, String)], found: &[Places]) -> Markup {
    let (say, language) = (visit.say, shown.record.language.as_deref());
    if shown.record.text.is_none() {
        return html! { section .text { h2 { (say.t("text")) } p .none { (say.t("no-text")) } } };
    }
    let parts = parts(texts);
    let within = |part: &Vec<Stretch>| -> usize {
        let inside = |(number, range): &Stretch| found[*number].iter().filter(|(first, _)| range.contains(first)).count();
        part.iter().map(inside).sum()
    };
    let counts: Vec<usize> = parts.iter().map(within).collect();
    let (last, all) = (parts.len().max(1), counts.iter().sum::<usize>());
    // Without another wish, the first part that shows what was looked for.
    let first = counts.iter().position(|count| *count > 0).map_or(1, |at| at + 1);
    let part = if visit.asked("part").is_empty() { first } else { visit.number("part", 1, last) };
    let other = |part: usize| with_query(visit, &format!("/unit/{}", shown.id), &[("part", &part.to_string())]) + "#text";
    let stretches = parts.get(part - 1).cloned().unwrap_or_default();
    let several = texts.len() > 1;
    html! {
        section #text .text aria-labelledby="text-title" {
            div .bar {
                h2 #text-title { (say.t("text")) }
                @if all > 0 {
                    p .hit-steps data-hits="" {
                        (say.count("places", all as u64))
                        @if counts[part - 1] > 0 { " " a href="#text-title" data-key="hit" { (say.t("next-place")) } }
                    }
                }
                @if last > 1 {
                    nav .turn aria-label=(say.t("parts")) {
                        @if part > 1 { a href=(other(part - 1)) { "‹ " (say.t("previous")) } }
                        span { (say.with("part-of", &[("part", say.number(part as u64).into()), ("last", say.number(last as u64).into())])) }
                        @if part < last { a href=(other(part + 1)) { (say.t("next")) " ›" } }
                    }
                }
            }
            @for (number, range) in &stretches {
                @let (component, text) = &texts[*number];
                @let places = shifted(&found[*number], range);
                @if *component == 1 && mail::is_message(shown) {
                    (mail::body(say, &text[range.clone()], &places, language))
                } @else {
                    @if several { h3 { (name_of(shown, *component)) } }
                    div .words lang=[language] { (marked(&text[range.clone()], &places)) }
                }
            }
            @if stretches.is_empty() { p .none { (say.t("no-text")) } }
        }
    }
}

fn name_of(shown: &Shown, component: u32) -> &str {
    let at = usize::try_from(component).unwrap_or(0).saturating_sub(1);
    shown.record.components.get(at).map_or("", |component| component.name.as_str())
}

/// The places within a stretch, as it counts.
fn shifted(places: &[(usize, usize)], range: &Range<usize>) -> Places {
    let inside = places.iter().filter(|(first, _)| range.contains(first));
    inside.map(|(first, end)| (first - range.start, end.min(&range.end) - range.start)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_cut_into_parts_and_nothing_is_lost() {
        let line = "une ligne de texte\n";
        let texts = vec![(1, line.repeat(TEXT / line.len() * 2 + 7)), (2, String::new()), (3, "é".repeat(TEXT))];
        let parts = parts(&texts);
        for (number, (_, text)) in texts.iter().enumerate() {
            let stretches = parts.iter().flatten().filter(|(at, _)| *at == number);
            assert_eq!(stretches.map(|(_, range)| &text[range.clone()]).collect::<String>(), *text);
        }
        let length = |part: &Vec<Stretch>| part.iter().map(|(_, range)| range.len()).sum::<usize>();
        assert!(parts.len() >= 4 && parts.iter().all(|part| length(part) <= TEXT));
        assert!(parts.iter().rev().skip(2).all(|part| length(part) > TEXT / 2), "no part is a scrap");
    }
}
