//! Labels, pages and grants in the catalog: what a commit needs to add keys and to merge pages.

use super::{
    Catalog,
    lookup::{ActRow, act, all},
    prefix, subject_of,
};
use crate::{
    Result, error,
    journal::Ledger,
    keys::Label,
    seal::{PublicKey, SecretKey},
};
use chartrier_schemas::{HolderId, LabelId, ObjectName, persisted::v1};
use rusqlite::{OptionalExtension as _, params};

/// A label that this node can open, and its number in the catalog.
#[derive(Clone, Debug)]
pub struct LabelRow {
    /// Its number here.
    pub num: u16,
    /// The label.
    pub label: Label,
}

/// A live key page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PageRow {
    /// Its name.
    pub name: ObjectName,
    /// How many keys it holds.
    pub keys: usize,
}

fn key_of(bytes: &[u8]) -> Result<SecretKey> {
    bytes.try_into().map(SecretKey::from_bytes).map_err(error::catalog)
}

fn name_of(bytes: &[u8]) -> Result<ObjectName> {
    bytes.try_into().map(ObjectName::from_digest).map_err(error::catalog)
}

impl Catalog {
    /// The labels that this node can open.
    pub fn labels(&self) -> Result<Vec<LabelRow>> {
        let mut query = self.db.prepare_cached(
            "SELECT num, id, generation, purpose, identity FROM labels WHERE identity IS NOT NULL ORDER BY num",
        )?;
        let mut rows = query.query([])?;
        let mut labels = Vec::new();
        while let Some(row) = rows.next()? {
            let id: String = row.get(1)?;
            let purpose: String = row.get(3)?;
            labels.push(LabelRow {
                num: row.get(0)?,
                label: Label {
                    id: id.parse().map_err(error::catalog)?,
                    generation: row.get(2)?,
                    purpose: serde_json::from_str(&purpose).map_err(error::catalog)?,
                    identity: key_of(row.get_ref(4)?.as_blob().map_err(rusqlite::Error::from)?)?,
                },
            });
        }
        Ok(labels)
    }

    /// The number of a label, known or not.
    pub(super) fn label_num(&self, label: LabelId) -> Result<u16> {
        let mut query = self.db.prepare_cached("SELECT num FROM labels WHERE id = ?1")?;
        Ok(query.query_row([label.to_string()], |row| row.get(0))?)
    }

    /// The live pages of a label.
    pub fn pages(&self, label: LabelId) -> Result<Vec<PageRow>> {
        let mut query = self.db.prepare_cached(
            "SELECT name, keys FROM pages WHERE label = (SELECT num FROM labels WHERE id = ?1) ORDER BY keys, name",
        )?;
        let mut rows = query.query([label.to_string()])?;
        let mut pages = Vec::new();
        while let Some(row) = rows.next()? {
            pages.push(PageRow { name: name_of(row.get_ref(0)?.as_blob().map_err(rusqlite::Error::from)?)?, keys: row.get(1)? });
        }
        Ok(pages)
    }

    /// What a live page holds, as the catalog knows it.
    pub fn page_body(&self, page: &ObjectName) -> Result<v1::PageBody> {
        let page = prefix(page.digest());
        let mut body = v1::PageBody { format: v1::FORMAT, ..v1::PageBody::default() };
        let mut query = self.db.prepare_cached("SELECT id, keys FROM subjects WHERE page = ?1")?;
        let mut rows = query.query([page])?;
        while let Some(row) = rows.next()? {
            let id = row.get_ref(0)?.as_blob().map_err(rusqlite::Error::from)?;
            let keys = row.get_ref(1)?.as_blob().map_err(rusqlite::Error::from)?;
            let subject = subject_of(id).ok_or_else(|| error::catalog("a subject of no kind"))?;
            let keys = keys.chunks_exact(32).map(|key| Ok(key_of(key)?.to_text().to_string())).collect::<Result<_>>()?;
            body.subjects.insert(subject, keys);
        }
        let mut query = self.db.prepare_cached("SELECT segment, key FROM segment_keys WHERE page = ?1")?;
        let mut rows = query.query([page])?;
        while let Some(row) = rows.next()? {
            let key = key_of(row.get_ref(1)?.as_blob().map_err(rusqlite::Error::from)?)?;
            body.segments.insert(row.get(0)?, key.to_text().to_string());
        }
        Ok(body)
    }

    /// Live grants: name, label, holder.
    pub fn grants(&self) -> Result<Vec<(ObjectName, LabelId, HolderId)>> {
        let mut query = self
            .db
            .prepare_cached("SELECT grants.name, labels.id, grants.holder FROM grants JOIN labels ON labels.num = grants.label ORDER BY grants.name")?;
        let mut rows = query.query([])?;
        let mut grants = Vec::new();
        while let Some(row) = rows.next()? {
            let label: String = row.get(1)?;
            let holder: String = row.get(2)?;
            grants.push((
                name_of(row.get_ref(0)?.as_blob().map_err(rusqlite::Error::from)?)?,
                label.parse().map_err(error::catalog)?,
                holder.parse().map_err(error::catalog)?,
            ));
        }
        Ok(grants)
    }

    /// Acts on keys under a label, newest first.
    pub fn key_acts(&self, label: u16, limit: usize) -> Result<Vec<ActRow>> {
        let mut query = self.db.prepare_cached(
            "SELECT id, label, person, at, deed FROM acts WHERE label = ?1
                 AND (deed LIKE '{\"rotate%' OR deed LIKE '{\"admit%' OR deed LIKE '{\"withdraw%') ORDER BY num DESC LIMIT ?2",
        )?;
        all(query.query(params![label, limit])?, act)
    }

    /// How many objects the store holds, and their bytes.
    pub fn stored(&self) -> Result<(u64, u64)> {
        let query = "SELECT count(*), coalesce(sum(size), 0) FROM objects";
        Ok(self.db.query_row(query, [], |row| Ok((row.get(0)?, row.get(1)?)))?)
    }

    /// What the registrar declared, and where the journal stands: enough to admit the next segment.
    pub fn ledger(&self, archive: chartrier_schemas::ArchiveId, root: PublicKey) -> Result<Ledger> {
        let mut ledger = Ledger::new(archive, root, None);
        ledger.head = self.head()?;
        let mut query = self.db.prepare_cached("SELECT kind, body FROM declared")?;
        let mut rows = query.query([])?;
        while let Some(row) = rows.next()? {
            let (kind, body): (String, String) = (row.get(0)?, row.get(1)?);
            match kind.as_str() {
                "node" => {
                    let node: v1::NodeDeclaration = serde_json::from_str(&body).map_err(error::catalog)?;
                    ledger.nodes.insert(node.id, node);
                }
                "label" => {
                    let label: v1::LabelDeclaration = serde_json::from_str(&body).map_err(error::catalog)?;
                    ledger.labels.insert(label.id, label);
                }
                _ => {
                    let recovery: v1::RecoveryDeclaration = serde_json::from_str(&body).map_err(error::catalog)?;
                    ledger.recoveries.insert(recovery.id, recovery);
                }
            }
        }
        let mut query = self.db.prepare_cached("SELECT id FROM withdrawn")?;
        let withdrawn = query.query_map([], |row| row.get::<_, String>(0))?;
        for id in withdrawn {
            ledger.withdrawn.insert(id?.parse().map_err(error::catalog)?);
        }
        if let Some(head) = ledger.head
            && let Some(node) = ledger.nodes.get(&head.node)
        {
            ledger.registrar = Some((head.node, PublicKey::from_text(&node.signing_key)?));
        }
        Ok(ledger)
    }

    /// Retired files not yet known to be deleted.
    pub fn pending(&self) -> Result<Vec<String>> {
        let mut query = self.db.prepare_cached("SELECT path FROM pending ORDER BY path")?;
        let paths = query.query_map([], |row| row.get(0))?;
        Ok(paths.collect::<rusqlite::Result<_>>()?)
    }

    /// Of the files to delete, keeps those that are there: after a rebuild, all that ever were listed.
    pub fn keep_pending(&mut self, present: &[String]) -> Result<()> {
        self.atomically(|catalog| {
            catalog.db.execute_batch("CREATE TEMP TABLE present (path TEXT PRIMARY KEY)")?;
            for path in present {
                catalog.db.prepare_cached("INSERT OR IGNORE INTO present (path) VALUES (?1)")?.execute([path])?;
            }
            catalog.db.execute_batch("DELETE FROM pending WHERE path NOT IN (SELECT path FROM present); DROP TABLE present")?;
            Ok(())
        })
    }

    /// Whether an object is part of the archive.
    pub fn has_object(&self, name: &ObjectName) -> Result<bool> {
        let mut query = self.db.prepare_cached("SELECT 1 FROM objects WHERE name = ?1")?;
        Ok(query.exists([name.digest().as_slice()])?)
    }

    /// Live pages of every label that this node can open.
    pub fn all_pages(&self) -> Result<Vec<(LabelId, ObjectName)>> {
        let mut all = Vec::new();
        for row in self.labels()? {
            all.extend(self.pages(row.label.id)?.into_iter().map(|page| (row.label.id, page.name)));
        }
        Ok(all)
    }

    /// Live pages of labels that this node can open, whose keys have not been taken in.
    pub fn pages_unread(&self) -> Result<Vec<(LabelId, ObjectName)>> {
        let mut unread = Vec::new();
        for row in self.labels()? {
            let pages = self.pages(row.label.id)?.into_iter().filter(|page| page.keys == 0);
            unread.extend(pages.map(|page| (row.label.id, page.name)));
        }
        Ok(unread)
    }

    /// Says that retired files are gone.
    pub fn deleted(&mut self, paths: &[String]) -> Result<()> {
        self.atomically(|catalog| {
            for path in paths {
                catalog.db.prepare_cached("DELETE FROM pending WHERE path = ?1")?.execute([path])?;
            }
            Ok(())
        })
    }

    /// The key of a segment's guide under a label that this node can open.
    pub fn segment_key(&self, label: LabelId, segment: &str) -> Result<Option<SecretKey>> {
        let mut query = self.db.prepare_cached(
            "SELECT key FROM segment_keys JOIN pages ON pages.prefix = segment_keys.page
             WHERE segment = ?1 AND pages.label = (SELECT num FROM labels WHERE id = ?2)",
        )?;
        let key: Option<Vec<u8>> = query.query_row(params![segment, label.to_string()], |row| row.get(0)).optional()?;
        key.map(|key| key_of(&key)).transpose()
    }
}

impl Catalog {
    /// The live page that holds a subject's keys.
    pub fn page_of(&self, subject: chartrier_schemas::SubjectId) -> Result<Option<ObjectName>> {
        let mut query = self.db.prepare_cached(
            "SELECT pages.name FROM subjects JOIN pages ON pages.prefix = subjects.page WHERE subjects.id = ?1",
        )?;
        let name: Option<Vec<u8>> = query.query_row([super::subject_key(subject).as_slice()], |row| row.get(0)).optional()?;
        name.map(|name| name_of(&name)).transpose()
    }
}
