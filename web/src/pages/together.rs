//! Results that stand together: messages of one conversation, or what is filed at one place. Of each the best is shown, and how
//! many others there are on the same page: how many there are beyond it, nobody has counted.

use super::asking::{Asking, Group, condition, narrowed};
use crate::{room::Room, visit::Visit, words::Say};
use chartrier_engine::{Result, archive::SearchHit};
use maud::{Markup, html};
use std::collections::BTreeMap;

/// The groups of a page of results, in the order of their best.
pub(crate) fn of(room: &Room, visit: &Visit, asking: &Asking, hits: &[SearchHit]) -> Result<Vec<Vec<usize>>> {
    let first: Vec<usize> = match asking.group {
        Group::Single => (0..hits.len()).collect(),
        Group::Thread => {
            let records: Vec<_> = hits.iter().map(|hit| hit.line.id).collect();
            room.archive.same_thread(&visit.person()?.session, &records)?
        }
        Group::File => {
            let same = |hit: &SearchHit| hits.iter().position(|other| other.line.class == hit.line.class);
            hits.iter().filter_map(same).collect()
        }
    };
    let mut groups: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (at, first) in first.into_iter().enumerate() {
        groups.entry(first).or_default().push(at);
    }
    Ok(groups.into_values().collect())
}

/// The best of each group, and how many others there are.
pub(crate) fn first_of<'a>(
    groups: &'a [Vec<usize>],
    hits: &'a [SearchHit],
) -> impl Iterator<Item = (usize, &'a SearchHit, usize)> {
    let best = |group: &'a Vec<usize>| group.first().and_then(|at| Some((*at, hits.get(*at)?, group.len() - 1)));
    groups.iter().filter_map(best)
}

/// How many others of a group are on this page, and the way to all that match.
pub(crate) fn others(say: Say, asking: &Asking, hit: &SearchHit, count: usize) -> Markup {
    let (told, condition) = match asking.group {
        Group::Thread => (say.count("more-of-thread", count as u64), condition(say, "thread", &hit.line.id.to_string(), false)),
        _ => {
            let code = hit.line.class.as_deref().unwrap_or("none");
            (say.count("more-of-file", count as u64), condition(say, "class", code, false))
        }
    };
    let alone = Asking { group: Group::Single, ..asking.clone() };
    html! {
        @if count > 0 {
            p .others { a href=(alone.results(&narrowed(&asking.words, &condition), 1)) { (told) } }
        }
    }
}

/// What one chooses to see together.
pub(crate) fn choice(say: Say, asking: &Asking) -> Markup {
    let all =
        [(Group::Single, say.t("group-single")), (Group::Thread, say.t("group-thread")), (Group::File, say.t("group-file"))];
    html! {
        nav .sort aria-label=(say.t("group")) {
            @for (group, name) in all {
                a href=(asking.grouped(group)) aria-current=[(asking.group == group).then_some("true")] { (name) }
            }
        }
    }
}
