//! The pages of a record: one picture at a time under its words, on which pages something was found, and the ways there. Which
//! pages these are is told from the text that is kept, page by page: no page is drawn for it.

use super::{
    layer,
    reading::Looked,
    unit::{address_of, with_query},
};
use crate::{
    give,
    limits::{HIT_PAGES, WORDS_TIME},
    room::Room,
    visit::Visit,
};
use chartrier_engine::{
    Result,
    archive::{Look, Shown},
    policy::is_recorded,
};
use chartrier_schemas::PageRow;
use maud::{Markup, html};
use std::sync::{Arc, mpsc};
use tokio::runtime::Handle;

/// The number of the finding that the text of a document was cut.
const TEXT_CUT: u16 = 7;

pub(crate) fn show(room: &Arc<Room>, visit: &Visit, shown: &Shown, look: &Look, looked: &Looked<'_>) -> Result<Markup> {
    let say = visit.say;
    let last = shown.record.pages.unwrap_or(1).max(1) as usize;
    let counts = by_page(shown, looked, last);
    // Without another wish, the first page on which something was found.
    let first = counts.iter().position(|count| *count > 0).map_or(1, |at| at + 1);
    let page = if visit.asked("page").is_empty() { first } else { visit.number("page", 1, last) };
    let number = u32::try_from(page).unwrap_or(u32::MAX);
    if is_recorded(&shown.marking) {
        room.looks.note(visit.person()?.browser.number, shown.id, number, *look);
    }
    let language = shown.record.language.as_deref();
    let rows = rows(room, visit, shown, look, number)?;
    let found = rows.as_ref().map(|rows| layer::found(rows, language, looked.root)).unwrap_or_default();
    let source = format!("/unit/{}/page/{page}", shown.id);
    let nth = say.with("page-of", &[("page", say.number(page as u64).into()), ("last", say.number(last as u64).into())]);
    Ok(html! {
        section #pages .pages aria-labelledby="pages-title" {
            div .bar {
                h2 #pages-title { @if is_picture(shown) { (say.t("picture")) } @else { (say.t("pages")) } }
                @if last > 1 {
                    nav .turn aria-label=(say.t("pages")) {
                        @if page > 1 { a href=(at_page(visit, shown, page - 1, "pages")) { "‹ " (say.t("previous-page")) } }
                        span { (nth) }
                        @if page < last { a href=(at_page(visit, shown, page + 1, "pages")) { (say.t("next-page")) " ›" } }
                    }
                }
                a .enlarge href=(source) target="_blank" rel="noopener" { (say.t("enlarge")) }
            }
            (hits(visit, shown, &counts, page, rows.as_ref().map(|rows| (!rows.is_empty()).then_some(found.len()))))
            @if rows.is_none() { p .none { (say.t("words-coming")) " " a href=(at_page(visit, shown, page, "pages")) { (say.t("look-again")) } } }
            div .paper {
                div .plate {
                    img src=(source) alt=(say.with("page-picture", &[("nth", nth.as_str().into()), ("title", shown.record.known_as().into())]));
                    @if let Some(rows) = &rows { @if !rows.is_empty() { (layer::show(say, rows, &found, language)) } }
                }
            }
        }
    })
}

fn is_picture(shown: &Shown) -> bool {
    shown.record.pages.unwrap_or(1) == 1 && has_tag(shown, "image")
}

fn has_tag(shown: &Shown, tag: &str) -> bool {
    shown.record.components.first().is_some_and(|one| one.tags.iter().any(|known| known == tag))
}

fn at_page(visit: &Visit, shown: &Shown, page: usize, place: &str) -> String {
    format!("{}#{place}", with_query(visit, &address_of(shown), &[("page", &page.to_string())]))
}

/// How many places were found on each page, as the text of the original says; none where it does not tell its pages apart. A
/// text that was cut tells of its first pages.
fn by_page(shown: &Shown, looked: &Looked<'_>, last: usize) -> Vec<usize> {
    let own = looked.texts.iter().zip(looked.found).find(|((component, _), _)| *component == 1);
    let Some(((_, text), places)) = own else { return Vec::new() };
    let is_cut = shown.record.findings.iter().any(|finding| finding.number == TEXT_CUT);
    counted(text, places, last, is_cut)
}

fn counted(text: &str, places: &[(usize, usize)], last: usize, is_cut: bool) -> Vec<usize> {
    let ends: Vec<usize> = text.match_indices('\u{c}').map(|(at, _)| at).chain([text.len()]).collect();
    if ends.len() != last && !(is_cut && ends.len() < last) {
        return Vec::new();
    }
    let mut counts = vec![0; ends.len()];
    for (first, _) in places {
        counts[ends.partition_point(|end| *end < *first).min(ends.len() - 1)] += 1;
    }
    counts
}

/// How much was found here, on which other pages, and the ways to the next ones. `placed` is how many have a place on the picture,
/// where its words are told; it is nothing of a page that says none, and not there yet while they come.
fn hits(visit: &Visit, shown: &Shown, counts: &[usize], page: usize, placed: Option<Option<usize>>) -> Markup {
    let say = visit.say;
    let pages: Vec<usize> = (1..).zip(counts).filter(|(_, count)| **count > 0).map(|(page, _)| page).collect();
    let told = counts.get(page - 1).copied().unwrap_or(0);
    let here = placed.flatten().unwrap_or(told);
    let (before, after) = pages.split_at(pages.partition_point(|other| *other < page));
    let after = after.iter().copied().find(|other| *other > page);
    html! {
        @if here > 0 || !pages.is_empty() {
            div .page-hits data-pages-hits="" {
                p {
                    (say.count("places-here", here as u64))
                    @if told > 0 && placed == Some(None) { " " (say.t("places-in-text")) }
                    @if told > here { " " (say.count("places-beside", (told - here) as u64)) }
                }
                @if let Some(before) = before.last() {
                    a href=(at_page(visit, shown, *before, "last-hit")) data-key="previous-hit-page" { "‹ " (say.t("previous-hit-page")) }
                }
                @if let Some(after) = after {
                    a href=(at_page(visit, shown, after, "first-hit")) data-key="next-hit-page" { (say.t("next-hit-page")) " ›" }
                }
                @if pages.len() > 1 {
                    nav aria-label=(say.t("pages-with-hits")) {
                        span { (say.t("found-on-pages")) }
                        @for other in pages.iter().take(HIT_PAGES) {
                            a href=(at_page(visit, shown, *other, "first-hit")) aria-current=[(*other == page).then_some("page")]
                                title=(say.count("places", counts[other - 1] as u64)) { (say.number(*other as u64)) }
                        }
                        @if pages.len() > HIT_PAGES { span { (say.count("more-pages", (pages.len() - HIT_PAGES) as u64)) } }
                    }
                }
            }
        }
    }
}

/// The words of a page; nothing where they are not told yet. Whoever looks first waits a moment for the worker that draws it, if
/// one is free; what takes longer is there when one looks again.
fn rows(room: &Arc<Room>, visit: &Visit, shown: &Shown, look: &Look, page: u32) -> Result<Option<Vec<PageRow>>> {
    let session = &visit.person()?.session;
    if let Some(kept) = room.archive.page_words(session, look, page)? {
        return Ok(Some(kept));
    }
    // A picture says no words; nor does a page that cannot be drawn.
    if !has_tag(shown, "pdf") {
        return Ok(Some(Vec::new()));
    }
    if !room.has_worker() {
        return Ok(None);
    }
    let (send, told) = mpsc::channel();
    let (room, session, look, id) = (room.clone(), session.clone(), *look, shown.id);
    Handle::current().spawn_blocking(move || {
        let mut turn = None;
        // Whoever asked may have gone on without them.
        let mut tell = |rows: Vec<PageRow>| drop(send.send(rows));
        let words = || give::words(&room.archive, &session, &look, (id, page), &mut room.worker(&mut turn), &mut tell);
        if room.drawing.alone((id, give::first_beside(page)), words).is_err() {
            tell(Vec::new());
        }
    });
    Ok(told.recv_timeout(WORDS_TIME).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_counted_page_by_page() {
        let text = "un\u{c}deux un\u{c}\u{c}un";
        let places = [(0, 2), (8, 10), (12, 14)];
        assert_eq!(counted(text, &places, 4, false), [1, 1, 0, 1]);
        assert_eq!(counted(text, &places, 4, true), [1, 1, 0, 1]);
        // A text that does not tell its pages apart says nothing of them; one that was cut, of the first ones.
        assert_eq!(counted(text, &places, 5, false), [0; 0]);
        assert_eq!(counted(text, &places, 3, true), [0; 0]);
        assert_eq!(counted(text, &places, 9, true), [1, 1, 0, 1]);
    }
}
