//! Searches that a person keeps: part of who they are, so that they survive a rebuild and follow to every device.

use super::Archive;
use crate::{Result, error, policy::Session};
use chartrier_schemas::{persisted::v1::SavedSearch, text};

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
                return Err(error::too_long(most));
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
        self.edit_person(session, session.person, None, |person| {
            change(&mut person.searches);
            match person.searches.len() > MOST {
                false => Ok(()),
                true => Err(error::invalid(
                    text!("More than {most} searches are not kept.", "On ne garde pas plus de {most} recherches.", most = MOST),
                    text!("Remove one that you no longer need.", "Retirez-en une qui ne vous sert plus."),
                )),
            }
        })
    }
}
