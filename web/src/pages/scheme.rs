//! The classification scheme as a tree, with how much lies where, and what an archivist does to it.

use super::{
    Frame, address,
    asking::condition,
    badge, curate,
    fields::{no_place, place},
    frame,
};
use crate::{
    reply::{self, see},
    room::Room,
    visit::Visit,
    words::Say,
};
use axum::{http::StatusCode, response::Response};
use chartrier_engine::{
    Result,
    archive::{ClassRow, SearchRequest},
    index::{FacetName, Sort},
    policy::Act,
};
use chartrier_schemas::{Marking, SubjectId};
use maud::{Markup, html};
use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::Arc,
};

/// The tree of what a person may know: rows by what they lie under, and how many records lie in each or below.
struct Tree<'a> {
    under: BTreeMap<Option<&'a str>, Vec<&'a ClassRow>>,
    counts: HashMap<&'a str, u64>,
    /// Rows that are shown; nothing is all.
    shown: Option<HashSet<&'a str>>,
}

impl<'a> Tree<'a> {
    fn of(rows: &'a [ClassRow], own: &HashMap<String, u64>, wanted: &str) -> Self {
        let known: HashMap<&str, &ClassRow> = rows.iter().map(|row| (row.code.as_str(), row)).collect();
        let above = |row: &'a ClassRow| {
            // What lies under something that may not be known stands at the top.
            std::iter::successors(Some(row), |row| row.under.as_deref().and_then(|code| known.get(code).copied()))
        };
        let mut tree = Self { under: BTreeMap::new(), counts: HashMap::new(), shown: None };
        let wanted = wanted.to_lowercase();
        let mut shown = HashSet::new();
        for row in rows {
            let parent = row.under.as_deref().filter(|code| known.contains_key(code));
            tree.under.entry(parent).or_default().push(row);
            let count = own.get(&row.code).copied().unwrap_or(0);
            let found = row.code.to_lowercase().starts_with(&wanted) || row.title.to_lowercase().contains(&wanted);
            for one in above(row) {
                *tree.counts.entry(one.code.as_str()).or_default() += count;
                if found {
                    shown.insert(one.code.as_str());
                }
            }
        }
        tree.shown = (!wanted.is_empty()).then_some(shown);
        tree
    }

    fn below(&self, code: Option<&str>) -> Vec<&'a ClassRow> {
        let rows = self.under.get(&code).into_iter().flatten().copied();
        rows.filter(|row| self.shown.as_ref().is_none_or(|shown| shown.contains(row.code.as_str()))).collect()
    }
}

pub(crate) fn show(room: &Arc<Room>, visit: &Visit) -> Result<Response> {
    let (say, session) = (visit.say, &visit.person()?.session);
    let mut rows = room.archive.classes(session)?;
    rows.extend(room.archive.dossiers(session)?);
    let request = SearchRequest { words: "", sort: Sort::Date, limit: 0, offset: 0, facets: &[FacetName::Class] };
    let counted = room.archive.search(session, &request)?;
    let values = counted.facets.get("class").into_iter().flatten();
    let (mut own, mut inbox) = (HashMap::new(), 0);
    for (code, count) in values {
        match code {
            Some(code) => drop(own.insert(code.clone(), *count)),
            None => inbox = *count,
        }
    }
    let wanted = visit.asked("find").trim();
    let tree = Tree::of(&rows, &own, wanted);
    let arranges = curate::might(session, Act::Arrange);
    let main = html! {
        section .scheme {
            h1 { (say.t("scheme")) }
            form .find method="get" action="/classes" {
                label .unseen for="find" { (say.t("find-class")) }
                input #find type="search" name="find" value=(wanted) placeholder=(say.t("find-class"));
                button type="submit" { (say.t("search")) }
            }
            @if rows.is_empty() { p .none { (say.t(if arranges { "no-classes" } else { "no-classes-known" })) } }
            @else if tree.below(None).is_empty() { p .none { (say.t("nothing-found")) } }
            (level(say, &tree, None, wanted.is_empty(), arranges))
            @if inbox > 0 && wanted.is_empty() {
                p .to-inbox { a href=(address("/", &[("q", &condition(say, "class", "none", false))])) { (say.t("inbox")) }
                    " " span .count { (say.number(inbox)) } }
            }
            @if arranges {
                details .adding open[rows.is_empty()] {
                    summary { (say.t("add-class")) }
                    form method="post" action="/classes" {
                        label for="code" { (say.t("code")) }
                        input #code name="code" required maxlength="64" autocomplete="off" spellcheck="false";
                        label for="title" { (say.t("title")) }
                        input #title name="title" required maxlength="300";
                        label for="under" { (say.t("under")) }
                        (place(say, "under", "", ""))
                        p #under-help .help { (say.t("under-help")) }
                        p .kinds {
                            label { input type="radio" name="kind" value="class" checked; " " (say.t("class")) }
                            label { input type="radio" name="kind" value="dossier"; " " (say.t("dossier")) }
                        }
                        button type="submit" { (say.t("add")) }
                    }
                }
            }
        }
    };
    let title = say.t("scheme");
    let around = Frame { title: &title, words: Some(""), kind: "own", back: &visit.here };
    Ok(reply::page(StatusCode::OK, frame(visit, &around, &main)))
}

fn level(say: Say, tree: &Tree<'_>, code: Option<&str>, folded: bool, arranges: bool) -> Markup {
    let rows = tree.below(code);
    html! {
        @if !rows.is_empty() {
            ul .tree {
                @for row in rows {
                    li {
                        @if tree.below(Some(&row.code)).is_empty() { div .leaf { (line(say, tree, row, arranges)) } }
                        @else {
                            details open[!folded || code.is_none()] {
                                summary { (line(say, tree, row, arranges)) }
                                (level(say, tree, Some(&row.code), folded, arranges))
                            }
                        }
                    }
                }
            }
        }
    }
}

fn line(say: Say, tree: &Tree<'_>, row: &ClassRow, arranges: bool) -> Markup {
    let dossier = matches!(row.id, SubjectId::Dossier(_));
    html! {
        span .row {
            a href=(address("/", &[("q", &condition(say, "class", &row.code, false))])) {
                span .code { (row.code) } " " (row.title)
            }
            @if dossier { span .kind { (say.t("dossier")) } }
            @if row.marking != Marking::np() { (badge(say, &row.marking)) }
            @if row.closed { span .kind { (say.t("is-closed")) } }
            span .count { (say.number(tree.counts.get(row.code.as_str()).copied().unwrap_or(0))) }
            @if dossier && arranges {
                form method="post" action="/classes/close" {
                    input type="hidden" name="code" value=(row.code);
                    input type="hidden" name="close" value=(if row.closed { "no" } else { "yes" });
                    button .quiet type="submit" { @if row.closed { (say.t("reopen")) } @else { (say.t("close")) } }
                }
            }
        }
    }
}

/// Adds a class or a dossier.
pub(crate) fn add(room: &Arc<Room>, visit: &Visit) -> Result<Response> {
    let session = &visit.person()?.session;
    let (code, title) = (visit.filled("code").trim(), visit.filled("title").trim());
    let under = room.archive.meant_place(session, visit.filled("under")).map_err(no_place)?;
    let under = under.as_deref();
    match visit.filled("kind") {
        "dossier" => drop(room.archive.add_dossier(session, code, title, under)?),
        _ => drop(room.archive.add_class(session, code, title, under)?),
    }
    Ok(see("/classes"))
}

/// Closes a dossier, or opens it again.
pub(crate) fn close(room: &Arc<Room>, visit: &Visit) -> Result<Response> {
    room.archive.close_dossier(&visit.person()?.session, visit.filled("code"), visit.filled("close") == "yes")?;
    Ok(see("/classes"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use chartrier_schemas::ClassId;

    fn row(code: &str, title: &str, under: Option<&str>) -> ClassRow {
        ClassRow {
            id: SubjectId::Class(ClassId::from_bits(1)),
            code: code.to_owned(),
            title: title.to_owned(),
            under: under.map(str::to_owned),
            marking: Marking::np(),
            closed: false,
        }
    }

    #[test]
    fn counts_rise_and_what_is_found_keeps_what_is_above_it() {
        let rows = [
            row("1", "Cuisine", None),
            row("1.1", "Menus", Some("1")),
            row("1.2", "Caves", Some("1")),
            row("7.3", "Vues", Some("7")),
        ];
        let own = [("1.1".to_owned(), 2), ("1".to_owned(), 1)].into();
        let tree = Tree::of(&rows, &own, "");
        assert_eq!((tree.counts["1"], tree.counts["1.1"], tree.counts["1.2"]), (3, 2, 0));
        let codes = |tree: &Tree<'_>, code| tree.below(code).iter().map(|row| row.code.clone()).collect::<Vec<_>>();
        assert_eq!(codes(&tree, None), ["1", "7.3"], "under what may not be known");
        let tree = Tree::of(&rows, &own, "MENU");
        assert_eq!((codes(&tree, None), codes(&tree, Some("1"))), (vec!["1".to_owned()], vec!["1.1".to_owned()]));
    }
}
