//! What an archivist says of a record: a title, a date, what it is about. The document's own words stay beside it, and a
//! record that is read anew keeps what was said.

use super::{Archive, draft::Draft};
use crate::{
    Result, error,
    policy::{Act, Session},
};
use chartrier_schemas::{
    RecordId, UnitId,
    persisted::v1::{Deed, Notice, Said},
    text,
};
use jiff::{Timestamp, civil::Date};

/// The longest title, in characters.
const TITLE: usize = 500;

/// The longest account of what a record is about, in characters.
const CONTENT: usize = 20_000;

/// What is to be said of a record; an empty one takes back what was said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Statement {
    /// A title in place of the document's own.
    pub title: String,
    /// A day or moment in place of the document's own: `2026-07-14`, or RFC 3339.
    pub date: String,
    /// What it is about.
    pub content: String,
}

impl Archive {
    /// Says of a record what stands in `statement`, in place of what was said before. Answers whether that changed anything.
    pub fn say(&self, session: &Session, id: RecordId, statement: &Statement) -> Result<bool> {
        let fresh = read(statement)?;
        let chain = self.lock_current()?;
        let row = self.permitted(session, Act::Describe, UnitId::Record(id))?;
        let mut record = self.record(&row)?;
        let mut said = record.said.take().unwrap_or_default();
        let before = said.clone();
        // What the document says itself needs no saying.
        said.title = fresh.title.filter(|title| *title != record.title);
        said.date = fresh.date.filter(|date| record.date.as_ref() != Some(date));
        said.content = fresh.content;
        if said == before {
            return Ok(false);
        }
        record.said = (said != Said::default()).then_some(said);
        let mut draft = Draft::default();
        let entries = draft.label(self.label_num(row.label)?.id);
        entries.describe(id.into(), Notice::Record(Box::new(record)), row.keys.last())?;
        entries.act_on(session, self.now(), Deed::Describe { subjects: vec![id.into()] }, None)?;
        self.commit_locked(chain, draft)?;
        Ok(true)
    }
}

fn read(statement: &Statement) -> Result<Said> {
    let kept = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
    let title = kept(&statement.title).map(|title| title.split_whitespace().collect::<Vec<_>>().join(" "));
    for (text, most) in [(title.as_deref(), TITLE), (Some(statement.content.as_str()), CONTENT)] {
        if text.is_some_and(|text| text.chars().count() > most) {
            return Err(error::too_long(most));
        }
    }
    let date = kept(&statement.date).map(|date| moment(&date)).transpose()?;
    Ok(Said { title, date, content: kept(&statement.content.replace("\r\n", "\n")), ..Said::default() })
}

/// A day or a moment, as it is kept.
fn moment(given: &str) -> Result<String> {
    let day = |day: Date| format!("{day}T00:00:00Z");
    let read = given.parse::<Date>().ok().filter(|_| given.len() == 10).map(day);
    read.or_else(|| given.parse::<Timestamp>().ok().map(|moment| moment.to_string())).ok_or_else(|| {
        error::invalid(
            text!("`{given}` is no date.", "`{given}` n’est pas une date.", given = given.escape_debug()),
            text!("Write it as 2026-07-14.", "Écrivez-la comme 2026-07-14."),
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_are_read_as_people_write_them() {
        let statement = |title: &str, date: &str, content: &str| {
            read(&Statement { title: title.to_owned(), date: date.to_owned(), content: content.to_owned() })
        };
        let said = statement(" Menu  du\n14 juillet ", "2026-07-14", "a\r\nb").unwrap();
        assert_eq!(said.title.as_deref(), Some("Menu du 14 juillet"));
        assert_eq!(said.date.as_deref(), Some("2026-07-14T00:00:00Z"));
        assert_eq!(said.content.as_deref(), Some("a\nb"));
        assert_eq!(statement("", " ", "\n").unwrap(), Said::default());
        assert_eq!(statement("", "2026-07-14T10:00:00+02:00", "").unwrap().date.as_deref(), Some("2026-07-14T08:00:00Z"));
        for date in ["14/07/2026", "2026", "2026-02-30", "hier"] {
            assert!(statement("", date, "").is_err(), "{date}");
        }
        assert!(statement(&"é".repeat(TITLE + 1), "", "").is_err() && statement(&"é".repeat(TITLE), "", "").is_ok());
    }
}
