//! Searches that a person keeps: part of who they are, so that they survive a rebuild and follow to every device.

use super::{Archive, draft::Draft};
use crate::{Result, error, policy::Session};
use chartrier_schemas::{
    persisted::v1::{Deed, Notice, SavedSearch},
    text,
};

/// Searches that somebody may keep.
const MOST: usize = 50;

/// The longest name, and the longest search, in characters.
const NAME: usize = 80;
const WORDS: usize = 2_000;

impl Archive {
    /// The searches that the person of a session keeps, by name.
    pub fn saved_searches(&self, session: &Session) -> Result<Vec<SavedSearch>> {
        let row = self.catalog().person(session.person)?.ok_or_else(|| error::not_found(session.person))?;
        Ok(row.searches)
    }

    /// Keeps a search under a name, in place of the one that had it.
    pub fn save_search(&self, session: &Session, name: &str, words: &str) -> Result<()> {
        let (name, words) = (name.trim(), words.trim());
        for (given, most, what) in
            [(name, NAME, text!("name of the search", "le nom de la recherche")), (words, WORDS, text!("search", "la recherche"))]
        {
            if given.is_empty() {
                return Err(error::empty(&what));
            }
            if given.chars().count() > most {
                return Err(too_much(most));
            }
        }
        let search = SavedSearch { name: name.to_owned(), words: words.to_owned() };
        self.change_searches(session, |searches| {
            searches.retain(|one| one.name != search.name);
            searches.push(search);
            searches.sort_by(|one, other| one.name.cmp(&other.name));
        })
    }

    /// Keeps a search no longer. Answers whether there was one of this name.
    pub fn forget_search(&self, session: &Session, name: &str) -> Result<bool> {
        let there = self.saved_searches(session)?.iter().any(|one| one.name == name);
        if there {
            self.change_searches(session, |searches| searches.retain(|one| one.name != name))?;
        }
        Ok(there)
    }

    fn change_searches(&self, session: &Session, change: impl FnOnce(&mut Vec<SavedSearch>)) -> Result<()> {
        let chain = self.lock_current()?;
        let row = self.subject(session.person.into())?;
        let Notice::Person(mut person) = self.description(&row)?.notice else {
            return Err(error::corrupt(row.description, "it does not describe a person"));
        };
        let before = person.searches.clone();
        change(&mut person.searches);
        if person.searches == before {
            return Ok(());
        }
        if person.searches.len() > MOST {
            return Err(error::invalid(
                text!("More than {most} searches are not kept.", "On ne garde pas plus de {most} recherches.", most = MOST),
                text!("Remove one that you no longer need.", "Retirez-en une qui ne vous sert plus."),
            ));
        }
        let mut draft = Draft::default();
        let entries = draft.label(self.label_num(row.label)?.id);
        entries.describe(session.person.into(), Notice::Person(person), row.keys.last())?;
        entries.act_on(session, self.now(), Deed::Describe { subjects: vec![session.person.into()] }, None)?;
        self.commit_locked(chain, draft).map(drop)
    }
}

fn too_much(most: usize) -> crate::Error {
    error::invalid(
        text!("This is longer than {most} characters.", "C’est plus long que {most} caractères.", most = most),
        text!("Say it in fewer words.", "Dites-le plus brièvement."),
    )
}
