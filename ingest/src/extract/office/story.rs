//! A document of Office Open XML while it is read: its text so far, and what each part of it shows besides its own
//! words. Each part is read once, however many relate to it.

use super::{
    lists::Lists,
    package::{Package, Relation},
    runs::{Only, newline, runs},
};
use crate::{findings, limits::MAX_TEXT};
use std::collections::BTreeSet;

/// Parts that are drawn where they are related to.
const DRAWN: &[&str] = &["chart", "chartEx", "chartUserShapes", "diagramData"];

/// Addresses of links that are added to a text.
const MAX_ADDRESSES: usize = 200;

/// Parts within parts.
const DEPTH: u32 = 8;

pub(super) struct Story<'p, 'b> {
    pub(super) package: &'p mut Package<'b>,
    pub(super) text: String,
    pub(super) lists: Lists,
    seen: BTreeSet<String>,
    /// Where links lead.
    addresses: BTreeSet<String>,
}

impl<'p, 'b> Story<'p, 'b> {
    pub(super) fn new(package: &'p mut Package<'b>) -> Self {
        Self { package, text: String::new(), lists: Lists::default(), seen: BTreeSet::new(), addresses: BTreeSet::new() }
    }

    /// Whether there is room for more words.
    pub(super) fn is_full(&self) -> bool {
        self.text.len() > MAX_TEXT
    }

    /// What a part relates to. Where its links lead is remembered.
    pub(super) fn relations(&mut self, part: &str) -> Vec<Relation> {
        let relations = self.package.relations(part);
        let links = relations.iter().filter(|relation| relation.kind == "hyperlink" && relation.is_outside);
        self.addresses.extend(links.map(|relation| relation.target.clone()));
        relations
    }

    /// Whether a part is read for the first time.
    pub(super) fn is_new(&mut self, part: &str) -> bool {
        self.seen.insert(part.to_lowercase())
    }

    /// Reads the words of a part and of what is drawn on it.
    pub(super) fn part(&mut self, name: &str, only: Only) {
        self.part_at(name, only, 0);
    }

    fn part_at(&mut self, name: &str, only: Only, depth: u32) {
        if depth > DEPTH || self.is_full() || !self.is_new(name) {
            return;
        }
        let Some(source) = self.package.text(name) else { return };
        if !runs(&source, only, &mut self.lists, &mut self.text) {
            self.package.findings.push(findings::damaged(format_args!("{name} is not well-formed")));
        }
        drop(source);
        newline(&mut self.text);
        for relation in self.relations(name) {
            if DRAWN.contains(&relation.kind.as_str()) && !relation.is_outside {
                self.part_at(&relation.target, only, depth + 1);
            }
        }
    }

    /// Reads the parts of some kinds, in the order of the kinds.
    pub(super) fn related(&mut self, relations: &[Relation], kinds: &[&str]) {
        for kind in kinds {
            for relation in relations.iter().filter(|relation| relation.kind == *kind && !relation.is_outside) {
                self.part(&relation.target, Only::All);
            }
        }
    }

    /// The text, and behind it the addresses of links that it does not show.
    pub(super) fn end(mut self) -> String {
        let web = ["http:", "https:", "mailto:", "ftp:"];
        for address in self.addresses.iter().take(MAX_ADDRESSES) {
            let shown = address.strip_prefix("mailto:").unwrap_or(address);
            if web.iter().any(|scheme| address.starts_with(scheme)) && !self.text.contains(shown.trim_end_matches('/')) {
                newline(&mut self.text);
                self.text.push_str(shown);
                newline(&mut self.text);
            }
        }
        self.text
    }
}
