//! What links messages to each other: their ids, and those that they say they answer. By references alone, never by a subject.

use super::Catalog;
use crate::{Result, seal::Digest};
use chartrier_schemas::persisted::v1::Record;
use rusqlite::params;

/// The id of a message, as the catalog keeps it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct MessageKey([u8; 16]);

impl MessageKey {
    fn of(id: &str) -> Self {
        let mut digest = Digest::default();
        digest.update(id.as_bytes());
        let mut key = [0; 16];
        key.copy_from_slice(&digest.finish()[..16]);
        Self(key)
    }
}

/// One id that a message names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Link {
    /// The id.
    pub key: MessageKey,
    /// 0 for its own; else how far it is from the oldest of those before it.
    pub n: u32,
}

/// The ids that a message names: its own, then those before it, oldest first, the one that it answers last.
fn named(record: &Record) -> Vec<Link> {
    let is_message = record.components.first().is_some_and(|original| original.tags.iter().any(|tag| tag == "message"));
    if !is_message {
        return Vec::new();
    }
    let field = |name: &str| record.fields.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value.as_str());
    let ids = |value: &str| value.split_whitespace().map(MessageKey::of).collect::<Vec<_>>();
    let (own, answered) = (ids(field("message-id")), ids(field("in-reply-to")));
    let mut before = ids(field("references"));
    before.extend(answered.first().filter(|key| !before.contains(key)).copied().into_iter().collect::<Vec<_>>());
    let own = own.first().map(|key| Link { key: *key, n: 0 });
    own.into_iter().chain((1..).zip(before).map(|(n, key)| Link { key, n })).collect()
}

impl Catalog {
    pub(super) fn project_links(&self, unit: u32, record: &Record) -> Result<()> {
        self.forget_links(unit)?;
        for Link { key, n } in named(record) {
            self.db.prepare_cached("INSERT OR IGNORE INTO links (id, unit, n) VALUES (?1, ?2, ?3)")?.execute(params![
                key.0.as_slice(),
                unit,
                n
            ])?;
        }
        Ok(())
    }

    pub(super) fn forget_links(&self, unit: u32) -> Result<()> {
        self.db.prepare_cached("DELETE FROM links WHERE unit = ?1")?.execute([unit])?;
        Ok(())
    }

    /// The ids that a message names, its own first.
    pub fn links_of(&self, unit: u32) -> Result<Vec<Link>> {
        let mut query = self.db.prepare_cached("SELECT id, n FROM links WHERE unit = ?1 ORDER BY n")?;
        let links = query.query_map([unit], |row| Ok(Link { key: MessageKey(row.get(0)?), n: row.get(1)? }))?;
        Ok(links.collect::<rusqlite::Result<_>>()?)
    }

    /// Every message that names an id.
    pub fn linked_by(&self, key: MessageKey, each: &mut dyn FnMut(u32)) -> Result<()> {
        let mut query = self.db.prepare_cached("SELECT unit FROM links WHERE id = ?1")?;
        for unit in query.query_map([key.0.as_slice()], |row| row.get(0))? {
            each(unit?);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_names_itself_and_those_before_it() {
        let record = |tag: &str, fields: &[(&str, &str)]| Record {
            fields: fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
            components: serde_json::from_value(serde_json::json!([{
                "role": "original", "name": "m", "content": "0".repeat(64), "size": 1, "media": "x/y", "tags": [tag],
                "bytes": { "part": { "of": 1, "path": "1" } },
            }]))
            .unwrap(),
            ..Record::default()
        };
        let key = MessageKey::of;
        let numbered = |record: &Record| named(record).into_iter().map(|link| (link.n, link.key)).collect::<Vec<_>>();
        let whole = [("message-id", "3@x"), ("in-reply-to", "2@x"), ("references", "1@x 2@x")];
        assert_eq!(numbered(&record("message", &whole)), [(0, key("3@x")), (1, key("1@x")), (2, key("2@x"))]);
        assert_eq!(numbered(&record("message", &whole[..2])), [(0, key("3@x")), (1, key("2@x"))]);
        assert_eq!(numbered(&record("message", &[("references", "1@x")])), [(1, key("1@x"))]);
        assert!(numbered(&record("pdf", &whole)).is_empty(), "only messages answer each other");
    }
}
