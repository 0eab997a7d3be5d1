//! What is said of a query beside its answer: conditions that could not be understood, and values that nothing here has.
//! Owes nothing to what may not be known.

use super::{Archive, search::Asked};
use crate::{
    Result,
    index::{self, FacetName, Facets, LabelReader, Request, Sort, UnitFacts as _},
    policy::Session,
    query::{Field, Node, Query, parse},
};
use chartrier_schemas::{Finding, RecordId, Text, UnitId, text};
use std::sync::Arc;

/// So many kinds of documents are named.
const KINDS: usize = 12;

impl Archive {
    /// What to say of a query that matched so many records.
    pub fn notes(&self, session: &Session, words: &str, found: u64) -> Result<Vec<Text>> {
        let Query { root, mut notes } = parse(words);
        if root.fields().is_empty() {
            return Ok(notes);
        }
        let knowledge = self.knowledge(session.clone())?;
        let threads = self.threads_asked(&knowledge, &root)?;
        let asked = Arc::new(Asked(knowledge, threads));
        let (readers, _) = self.readers(&asked.0)?;
        notes.extend(self.unknown_values(&readers, &asked, &root, found)?);
        Ok(notes)
    }

    /// Values that nothing has. Classes are few, and are always looked up; the others only where nothing was found.
    pub(super) fn unknown_values(
        &self,
        readers: &[(u16, LabelReader)],
        asked: &Arc<Asked>,
        root: &Node,
        found: u64,
    ) -> Result<Vec<Text>> {
        let mut notes = Vec::new();
        for field in root.fields() {
            match field {
                Field::Class(Some(code)) if asked.below(Some(code)).is_empty() => notes.push(text!(
                    "No class or dossier here goes by `{code}`: the scheme lists their codes (`chartrier class list`).",
                    "Aucune classe ni aucun dossier n’a ici la cote `{code}` : le plan de classement les donne (`chartrier class list`).",
                    code = code
                )),
                Field::Type(kind) if found == 0 && count(readers, asked, field)? == 0 => {
                    let kinds = kinds(readers, asked)?;
                    notes.push(text!(
                        "No record here is of the type `{kind}`. Types here: {kinds}.",
                        "Aucune pièce n’est ici du type `{kind}`. Types présents : {kinds}.",
                        kind = kind,
                        kinds = kinds
                    ));
                }
                Field::Language(language) if found == 0 && count(readers, asked, field)? == 0 => notes.push(text!(
                    "No record here is in the language `{language}`: write `fr` or `en`.",
                    "Aucune pièce n’est ici dans la langue `{language}` : écrivez `fr` ou `en`.",
                    language = language
                )),
                _ => {}
            }
        }
        Ok(notes)
    }

    /// What was found to be wrong with a record when it was read.
    pub fn findings(&self, session: &Session, id: RecordId) -> Result<Vec<Finding>> {
        let row = self.permitted(session, crate::policy::Act::Know, UnitId::Record(id))?;
        Ok(self.record(&row)?.findings)
    }
}

/// How many records one condition matches.
fn count(readers: &[(u16, LabelReader)], asked: &Arc<Asked>, field: &Field) -> Result<u64> {
    Ok(find(readers, asked, Node::Field(field.clone()), &[])?.0)
}

/// The kinds of documents that there are, most first.
fn kinds(readers: &[(u16, LabelReader)], asked: &Arc<Asked>) -> Result<String> {
    let (_, facets) = find(readers, asked, Node::All, &[FacetName::Type])?;
    let mut kinds: Vec<(String, u64)> = facets.kinds.into_iter().collect();
    kinds.sort_by_key(|kind| std::cmp::Reverse(kind.1));
    let names: Vec<String> = kinds.into_iter().take(KINDS).map(|(kind, _)| kind).collect();
    Ok(if names.is_empty() { "–".to_owned() } else { names.join(", ") })
}

fn find(readers: &[(u16, LabelReader)], asked: &Arc<Asked>, root: Node, facets: &[FacetName]) -> Result<(u64, Facets)> {
    let query = Query { root, notes: Vec::new() };
    let found = index::search(readers, &Request { query: &query, sort: Sort::Date, limit: 0, facets }, asked)?;
    Ok((found.total, found.facets))
}
