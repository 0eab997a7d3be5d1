//! The first page: one box, what was found, and what to narrow it by. Also the same results as a table to take away.

use super::{
    Frame, address, asking,
    asking::{Asking, condition, narrowed, place_of, without},
    badge,
    curate::might,
    frame, kind_of,
    mail::sender_name,
    marked, plain, search_box, together,
};
use crate::{
    limits::{HITS, PAGES, VALUES},
    reply,
    room::Room,
    visit::{Visit, worded},
    words::Say,
};
use axum::{
    http::{StatusCode, header},
    response::Response,
};
use chartrier_engine::{
    Result,
    archive::{ClassRow, ListLine, SearchHit, SearchRequest, SearchResult},
    error,
    index::{FacetName, Sort, marks},
    policy::{Act, is_shown_in_passing},
    query::{Node, Piece, parse, pieces},
};
use chartrier_schemas::{persisted::v1::SavedSearch, text};
use fluent_bundle::FluentValue;
use maud::{Markup, html};
use std::{
    collections::{BTreeSet, HashMap},
    io,
    sync::Arc,
};

const FACETS: [FacetName; 4] = [FacetName::Class, FacetName::Type, FacetName::Year, FacetName::Marking];

/// So many conditions are tried without, where nothing was found.
const TRIED: usize = 8;

/// The path of each class and dossier that a page names, from the top, by its code.
type Places<'a> = HashMap<&'a str, Vec<ClassRow>>;

fn places<'a>(room: &Room, visit: &Visit, result: &'a SearchResult) -> Result<Places<'a>> {
    let of_hits = result.hits.iter().filter_map(|hit| hit.line.class.as_deref());
    let of_facets = result.facets.get("class").into_iter().flatten().take(VALUES).filter_map(|(code, _)| code.as_deref());
    let codes: BTreeSet<&str> = of_hits.chain(of_facets).collect();
    room.archive.paths_of_codes(&visit.person()?.session, codes)
}

/// The title of a place; nothing where its code is nobody's.
fn title<'a>(places: &'a Places<'_>, code: &str) -> &'a str {
    places.get(code).and_then(|path| path.last()).map_or("", |row| row.title.as_str())
}

pub(crate) fn show(room: &Arc<Room>, visit: &Visit) -> Result<Response> {
    let (say, session) = (visit.say, &visit.person()?.session);
    let asking = Asking::of(visit);
    let request =
        SearchRequest { words: &asking.words, sort: asking.sort, limit: HITS, offset: (asking.page - 1) * HITS, facets: &FACETS };
    let result = room.archive.search(session, &request)?;
    let places = places(room, visit, &result)?;
    let all = pieces(&asking.words);
    let changes = might(session, Act::File) || might(session, Act::Mark);
    let empty = result.total == 0 && asking.words.is_empty();
    let main = html! {
        div .box {
            h1 .unseen { (say.t("search")) }
            (search_box(visit, &asking.words))
            (chips(say, &asking, &all))
            (saved(say, &asking, &visit.person()?.searches))
            (discreet(room, visit, &asking)?)
        }
        @if visit.lost { p .note role="note" { (say.t("words-lost")) } }
        @for note in &result.notes { p .note role="note" { (super::spoken(say, note)) } }
        @if empty {
            (nothing_yet(visit)?)
        } @else {
            div .found .alone[result.total == 0] {
                section .results aria-labelledby="count" {
                    (bar(say, &asking, &result, changes.then_some(asking.address("/bulk", &asking.words, &[])).as_deref()))
                    @if result.total == 0 {
                        (nothing_found(room, visit, &asking, &all)?)
                    } @else {
                        (hits(say, &asking, &result, &places, &together::of(room, visit, &asking, &result.hits)?))
                        (turn(say, &asking, result.total))
                    }
                }
                @if result.total > 0 { (facets(say, &asking, &all, &result, &places)) }
            }
        }
        (coverage(say, &asking, &result))
    };
    // A title is kept in the browser's history, as an address is.
    let title = if asking.words.is_empty() || asking.is_discreet() { say.t("search") } else { asking.words.clone() };
    let around = Frame { title: &title, words: None, kind: "searching", back: &visit.here };
    Ok(reply::page(StatusCode::OK, frame(visit, &around, &main)))
}

/// What is asked beyond plain words, each with a way to take it away.
fn chips(say: Say, asking: &Asking, all: &[Piece<'_>]) -> Markup {
    let shown = all.iter().enumerate().filter(|(_, piece)| piece.field.is_some() || piece.excludes);
    let shown: Vec<_> = shown.collect();
    html! {
        @if !shown.is_empty() {
            ul .chips aria-label=(say.t("conditions")) {
                @for (number, piece) in shown {
                    li { a .chip .excludes[piece.excludes] href=(asking.results(&without(all, number), 1)) {
                        span { (piece.text) } span .cross aria-hidden="true" { "×" } span .unseen { " – " (say.t("remove")) }
                    } }
                }
            }
        }
    }
}

/// That the words stay out of addresses, or how to have that; one comes back to the same results.
fn discreet(room: &Room, visit: &Visit, asking: &Asking) -> Result<Markup> {
    let (say, on, words) = (visit.say, asking.is_discreet(), &asking.words);
    let back = if on { address("/", &[("q", words)]) } else { covered(room, visit, words)? };
    Ok(html! {
        form .discreet method="post" action="/choices" {
            input type="hidden" name="back" value=(back);
            @if on { span { (say.t("discreet-on")) } " " }
            button .quiet type="submit" name="words" value=(if on { "shown" } else { "hidden" }) {
                @if on { (say.t("discreet-end")) } @else { (say.t("discreet-begin")) }
            }
        }
    })
}

/// Where the results of words are, with the words covered.
fn covered(room: &Room, visit: &Visit, words: &str) -> Result<String> {
    let veil = room.archive.veil(&visit.person()?.browser);
    let (name, words) = worded(Some(&veil), words);
    Ok(address("/", &[(name, &words)]))
}

/// Takes words from a form, and goes where they stand covered in the address.
pub(crate) fn ask(room: &Arc<Room>, visit: &Visit) -> Result<Response> {
    room.archive.allowed(&visit.person()?.session, Act::Know)?;
    Ok(reply::see(&covered(room, visit, visit.filled("q").trim())?))
}

/// The searches that somebody keeps, and a way to keep this one.
fn saved(say: Say, asking: &Asking, kept: &[SavedSearch]) -> Markup {
    let this = kept.iter().find(|one| one.words == asking.words);
    html! {
        @if !kept.is_empty() || !asking.words.is_empty() {
            div .saved {
                @if !kept.is_empty() {
                    nav aria-label=(say.t("saved-searches")) {
                        @for one in kept {
                            a href=(asking.results(&one.words, 1)) aria-current=[(one.words == asking.words).then_some("true")] { (one.name) }
                        }
                    }
                }
                @match this {
                    Some(one) => form method="post" action="/searches/forget" {
                        input type="hidden" name="name" value=(one.name);
                        input type="hidden" name="q" value=(asking.words);
                        button .quiet type="submit" { (say.t("forget-search")) }
                    },
                    None if !asking.words.is_empty() => details {
                        summary { (say.t("save-search")) }
                        form method="post" action="/searches" {
                            input type="hidden" name="q" value=(asking.words);
                            label .unseen for="save-as" { (say.t("save-as")) }
                            input #save-as name="name" required maxlength="80" placeholder=(say.t("save-as"));
                            button type="submit" { (say.t("keep")) }
                        }
                    },
                    None => {}
                }
            }
        }
    }
}

/// How the word that is typed might go on, as a list of JSON strings.
pub(crate) fn complete(room: &Arc<Room>, visit: &Visit) -> Result<Response> {
    let words = room.archive.complete(&visit.person()?.session, visit.filled("begin"))?;
    Ok(reply::json(StatusCode::OK, &serde_json::json!(words)))
}

/// Keeps a search.
pub(crate) fn save(room: &Arc<Room>, visit: &Visit) -> Result<Response> {
    let (signed, name, words) = (visit.person()?, visit.filled("name").trim(), visit.filled("q").trim());
    if let Some(kept) = signed.searches.iter().find(|kept| kept.name == name && kept.words != words) {
        return Err(error::invalid(
            text!(
                "You keep another search under this name: {words}",
                "Vous gardez une autre recherche sous ce nom : {words}",
                words = kept.words
            ),
            text!(
                "Choose another name, or stop keeping that one first.",
                "Choisissez un autre nom, ou cessez d’abord de garder celle-là."
            ),
        ));
    }
    room.archive.save_search(&signed.session, name, words)?;
    Ok(reply::see(&Asking::of(visit).results(visit.filled("q"), 1)))
}

/// Keeps it no longer.
pub(crate) fn forget(room: &Arc<Room>, visit: &Visit) -> Result<Response> {
    room.archive.forget_search(&visit.person()?.session, visit.filled("name"))?;
    Ok(reply::see(&Asking::of(visit).results(visit.filled("q"), 1)))
}

fn bar(say: Say, asking: &Asking, result: &SearchResult, all: Option<&str>) -> Markup {
    let first = (asking.page - 1) * HITS + 1;
    let range = say.with(
        "range",
        &[
            ("first", say.number(first as u64).into()),
            ("last", say.number((first + result.hits.len()).saturating_sub(1) as u64).into()),
            ("count", FluentValue::from(result.total)),
            ("shown", say.number(result.total).into()),
        ],
    );
    html! {
        div .bar {
            p #count role="status" {
                @if result.total == 0 { (say.t("nothing-found")) }
                @else if result.hits.is_empty() { (say.count("none-so-far", result.total)) }
                @else if asking.words.is_empty() { (say.count("latest", result.total)) }
                @else { (range) }
            }
            @if result.total > 0 {
                nav .sort aria-label=(say.t("sort")) {
                    @for (sort, name) in [(Sort::Relevance, say.t("by-relevance")), (Sort::Date, say.t("by-date"))] {
                        a href=(asking.sorted(sort)) aria-current=[(asking.sort == sort).then_some("true")] { (name) }
                    }
                }
                (together::choice(say, asking))
                a .export href=(asking.address("/results.csv", &asking.words, &[])) download { (say.t("export")) }
                @if let Some(href) = all { a href=(href) { (say.t("change-them")) } }
                a .to-filters href="#filters" { (say.t("filter")) }
            }
        }
    }
}

fn hits(say: Say, asking: &Asking, result: &SearchResult, places: &Places<'_>, groups: &[Vec<usize>]) -> Markup {
    let root = parse(&asking.words).root;
    let first = (asking.page - 1) * HITS;
    html! {
        ol .hits start=(first + 1) {
            @for (number, hit, others) in together::first_of(groups, &result.hits) {
                li { (one(say, asking, first + number, hit, &root, places)) (together::others(say, asking, hit, others)) }
            }
        }
    }
}

fn one(say: Say, asking: &Asking, at: usize, hit: &SearchHit, root: &Node, places: &Places<'_>) -> Markup {
    let line = &hit.line;
    let href = unit_address(asking, &line.id.to_string(), at);
    let kind = kind_of(&line.kind, &line.name);
    html! {
        article .hit {
            a .picture href=(href) tabindex="-1" aria-hidden="true" {
                @if is_shown_in_passing(&line.marking) {
                    img src=(format!("/unit/{}/thumbnail", line.id)) alt="" width="72" height="72" loading="lazy";
                }
                span { (kind) }
            }
            div .said {
                h2 { a href=(href) { (marked(&line.title, &marks(&line.title, None, root, 50))) } }
                p .facts {
                    (badge(say, &line.marking))
                    @if !kind.is_empty() { span .kind { (kind) } }
                    @if let Some(date) = &line.date { time datetime=(date) { (say.day(date)) } }
                    (class_path(say, line, places))
                    @if let Some(sender) = &line.sender { span { (plain(sender_name(sender))) } }
                    @else if line.name != line.title { span .name { (plain(&line.name)) } }
                }
                @if !hit.snippet.text.is_empty() { p .snippet { (passage(&hit.snippet.text, &hit.snippet.highlights)) } }
                @else if !is_shown_in_passing(&line.marking) { p .snippet .closed { (say.t("passage-withheld")) } }
            }
        }
    }
}

/// The address of a hit, with the way back and on.
pub(crate) fn unit_address(asking: &Asking, id: &str, at: usize) -> String {
    let values = [("sort", asking.sort_word()), ("group", asking.group.word()), ("at", &at.to_string())];
    asking.address(&format!("/unit/{id}"), &asking.words, &values)
}

fn class_path(say: Say, line: &ListLine, places: &Places<'_>) -> Markup {
    html! {
        @match &line.class {
            None => span .class { (say.t("inbox")) },
            Some(code) => {
                @let titles: Vec<&str> = places.get(code.as_str()).into_iter().flatten().map(|row| row.title.as_str()).collect();
                span .class title=(titles.join(" › ")) { (code) " " (title(places, code)) }
            }
        }
    }
}

/// A passage, whose places are counted in characters.
fn passage(text: &str, highlights: &[(usize, usize)]) -> Markup {
    let bytes: Vec<usize> = text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
    let at = |character: usize| bytes.get(character).copied().unwrap_or(text.len());
    marked(text, &highlights.iter().map(|(first, end)| (at(*first), at(*end))).collect::<Vec<_>>())
}

fn turn(say: Say, asking: &Asking, total: u64) -> Markup {
    let last = usize::try_from(total).unwrap_or(usize::MAX).div_ceil(HITS).clamp(1, PAGES);
    html! {
        @if last > 1 || asking.page > 1 {
            nav .turn aria-label=(say.t("pages-of-results")) {
                @if asking.page > 1 {
                    a rel="prev" href=(asking.results(&asking.words, (asking.page - 1).min(last))) { "← " (say.t("previous")) }
                }
                span { (say.with("page-of", &[("page", say.number(asking.page.min(last) as u64).into()), ("last", say.number(last as u64).into())])) }
                @if asking.page < last { a rel="next" href=(asking.results(&asking.words, asking.page + 1)) { (say.t("next")) " →" } }
            }
        }
    }
}

fn facets(say: Say, asking: &Asking, all: &[Piece<'_>], result: &SearchResult, places: &Places<'_>) -> Markup {
    let names = [("class", say.t("classes")), ("type", say.t("types")), ("year", say.t("years")), ("marking", say.t("markings"))];
    let mut shown = Vec::new();
    for (name, title) in names {
        let mut values = result.facets.get(name).cloned().unwrap_or_default();
        if name == "year" {
            values.sort_by(|one, other| other.0.cmp(&one.0));
        }
        // What all hits share narrows nothing, unless it was chosen and can be taken away.
        if values.len() > 1 || values.iter().any(|(value, _)| chosen(all, name, value.as_deref()).is_some()) {
            shown.push((name, title, values));
        }
    }
    html! {
        aside #filters .filters aria-labelledby="filters-title" tabindex="-1" {
            h2 #filters-title { (say.t("filter")) }
            @for (name, title, values) in &shown { (facet(say, asking, all, (name, title), values, places)) }
        }
    }
}

type Value = (Option<String>, u64);

/// The field that narrows by a facet, and what it says for a value.
fn field<'a>(facet: &'a str, value: Option<&'a str>) -> (&'a str, &'a str) {
    (if facet == "year" { "date" } else { facet }, value.unwrap_or("none"))
}

fn chosen(all: &[Piece<'_>], facet: &str, value: Option<&str>) -> Option<usize> {
    let (field, value) = field(facet, value);
    place_of(all, field, value)
}

fn facet(
    say: Say,
    asking: &Asking,
    all: &[Piece<'_>],
    (name, title): (&str, &str),
    values: &[Value],
    places: &Places<'_>,
) -> Markup {
    let (few, more) = values.split_at(values.len().min(VALUES / 3));
    let line = |(value, count): &Value| {
        let (field, typed) = field(name, value.as_deref());
        let shown = match (name, value) {
            ("class", Some(code)) => html! { span .code { (code) } " " (self::title(places, code)) },
            ("class", None) => html! { (say.t("inbox")) },
            (_, None) => html! { (say.t("none")) },
            (_, Some(value)) => html! { (value) },
        };
        let plain = value.clone().unwrap_or_else(|| say.t("inbox"));
        html! {
            li {
                @match chosen(all, name, value.as_deref()) {
                    Some(number) => {
                        a .value .chosen href=(asking.results(&without(all, number), 1)) aria-current="true" {
                            span { (shown) } span .count { (say.number(*count)) }
                        }
                    }
                    None => {
                        a .value href=(asking.results(&narrowed(&asking.words, &condition(say, field, typed, false)), 1)) {
                            span { (shown) } span .count { (say.number(*count)) }
                        }
                        a .exclude href=(asking.results(&narrowed(&asking.words, &condition(say, field, typed, true)), 1))
                            title=(say.with("exclude", &[("value", plain.as_str().into())])) {
                            span aria-hidden="true" { "−" }
                            span .unseen { (say.with("exclude", &[("value", plain.as_str().into())])) }
                        }
                    }
                }
            }
        }
    };
    html! {
        section .facet {
            h3 { (title) }
            ul { @for value in few { (line(value)) } }
            @if !more.is_empty() {
                details {
                    summary { (say.t("more")) }
                    ul { @for value in more.iter().take(VALUES) { (line(value)) } }
                }
            }
        }
    }
}

/// An archive in which this person finds nothing at all.
fn nothing_yet(visit: &Visit) -> Result<Markup> {
    let (say, signed) = (visit.say, visit.person()?);
    Ok(html! {
        section .empty {
            h2 { (say.t("empty-title")) }
            p { (say.t(if signed.session.mandates.is_empty() { "empty-no-mandate" } else { "empty-text" })) }
            @if signed.adds() { p { a .button href="/add" { (say.t("add-title")) } } }
            @if might(&signed.session, Act::Administer) {
                p { (say.t("empty-ingest")) }
                pre { code { "chartrier ingest " (say.t("folder")) } }
            }
        }
    })
}

/// What could be dropped, and what would be found then; else which condition finds something by itself.
fn nothing_found(room: &Room, visit: &Visit, asking: &Asking, all: &[Piece<'_>]) -> Result<Markup> {
    let (say, session) = (visit.say, &visit.person()?.session);
    let total = |words: &str| -> Result<u64> {
        let request = SearchRequest { words, sort: Sort::Date, limit: 0, offset: 0, facets: &[] };
        Ok(room.archive.search(session, &request)?.total)
    };
    let (mut less, mut alone) = (Vec::new(), Vec::new());
    if (2..=TRIED).contains(&all.len()) {
        for (number, piece) in all.iter().enumerate() {
            let words = without(all, number);
            less.push((piece.text, total(&words)?, words));
        }
        less.retain(|(_, total, _)| *total > 0);
        for piece in all.iter().filter(|piece| less.is_empty() && !piece.excludes) {
            alone.push((piece.text, total(piece.text)?));
        }
        alone.retain(|(_, total)| *total > 0);
    }
    Ok(html! {
        div .empty {
            @if !less.is_empty() {
                p { (say.t("try-without")) }
                ul .offers { @for (text, total, words) in &less {
                    li { a href=(asking.results(words, 1)) { s { (text) } } " " span .count { (say.count("hits", *total)) } }
                } }
            } @else if !alone.is_empty() {
                p { (say.t("try-alone")) }
                ul .offers { @for (text, total) in &alone {
                    li { a href=(asking.results(text, 1)) { (text) } " " span .count { (say.count("hits", *total)) } }
                } }
            } @else {
                p { (say.t("try-other-words")) }
            }
            ul .hints {
                li { (say.t("hint-spelling")) }
                li { (say.t("hint-prefix")) }
                li { (say.t("hint-known")) }
            }
            p { a href="/" { (say.t("all-records")) } }
        }
    })
}

/// Up to when the answer is complete.
fn coverage(say: Say, asking: &Asking, result: &SearchResult) -> Markup {
    let as_of = result.as_of.as_deref().map(|moment| say.written(moment)).unwrap_or_default();
    html! {
        p .coverage {
            @if result.complete { (say.with("complete", &[("moment", as_of.as_str().into())])) } @else { (say.t("incomplete")) }
            @if asking.words.is_empty() { " · " (say.count("records", result.total)) }
        }
    }
}

/// The results as a table: CSV with the separator of RFC 4180, in UTF-8, as spreadsheets open it.
pub(crate) fn export(room: &Arc<Room>, visit: &Visit) -> Result<Response> {
    let session = visit.person()?.session.clone();
    let words = asking::Asking::of(visit).words;
    let body = reply::stream(room, move |room, to| {
        let failed = |why: csv::Error| error::io("write the bytes", &io::Error::other(why));
        to.write_all("\u{feff}".as_bytes()).map_err(|why| error::io("write the bytes", &why))?;
        let mut table = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(to);
        table.write_record(["id", "title", "name", "date", "class", "marking", "sha256"]).map_err(failed)?;
        let mut outcome = Ok(());
        room.archive.list(&session, &words, &mut |line| {
            if outcome.is_ok() {
                outcome = table.write_record(row(&line).map(|cell| harmless(&cell)));
            }
        })?;
        outcome.map_err(failed)?;
        table.flush().map_err(|why| error::io("write the bytes", &why))
    })?;
    let mut response = reply::attachment(body, "chartrier.csv", None);
    response.headers_mut().insert(header::CONTENT_TYPE, header::HeaderValue::from_static("text/csv; charset=utf-8"));
    Ok(response)
}

fn row(line: &ListLine) -> [String; 7] {
    let ListLine { id, title, name, date, class, marking, content, .. } = line;
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    [id.to_string(), title.clone(), name.clone(), text(date), text(class), marking.to_string(), content.to_string()]
}

/// A cell that a spreadsheet does not take for a formula.
fn harmless(cell: &str) -> String {
    let formula = cell.starts_with(['=', '+', '-', '@', '\t', '\r']);
    if formula { format!("'{cell}") } else { cell.to_owned() }
}
