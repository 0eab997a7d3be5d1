//! The projection: one segment, with what its guides say, into the tables. The same code projects a
//! commit the moment it is durable, a segment met at start, and every segment of a rebuild.

use super::{Catalog, HIDDEN, facts::FactPages, prefix, subject_key};
use crate::{
    Result, error, journal,
    keys::Label,
    seal::{Digest, SecretKey},
    store::StoredName,
};
use chartrier_schemas::{
    BlobName, LabelId, ObjectName, SubjectId, UnitId,
    persisted::v1::{self, AccessChange, Deed, Notice},
};
use rusqlite::{OptionalExtension as _, params};
use std::collections::{HashMap, HashSet};

/// One segment and everything in it that this node can open.
pub struct Projection<'a> {
    /// Its place in the journal.
    pub head: v1::Head,
    /// The segment.
    pub segment: &'a v1::Segment,
    /// Its guides, opened.
    pub guides: &'a [(LabelId, v1::Guide)],
    /// Its descriptions, opened, by blob.
    pub descriptions: &'a HashMap<BlobName, v1::Description>,
    /// Pages that it adds, opened.
    pub pages: &'a [(LabelId, ObjectName, v1::PageBody)],
    /// Grants that it adds for this node, opened.
    pub grants: &'a [Label],
}

/// Keys of subjects, as tables keep them: the page that holds them, 32 bytes each.
#[derive(Default)]
pub struct KnownKeys(pub(super) HashMap<SubjectId, (i64, Vec<u8>)>);

impl KnownKeys {
    /// Takes the keys of a page in.
    pub fn add(&mut self, name: &ObjectName, body: &v1::PageBody) -> Result<()> {
        for (subject, keys) in &body.subjects {
            let mut all = Vec::with_capacity(32 * keys.len());
            for key in keys {
                all.extend_from_slice(SecretKey::from_text(key)?.bytes());
            }
            self.0.insert(*subject, (prefix(name.digest()), all));
        }
        Ok(())
    }

    /// The keys of a subject, oldest first.
    pub fn of(&self, subject: SubjectId) -> Vec<SecretKey> {
        let keys = self.0.get(&subject).map_or(&[][..], |(_, keys)| keys);
        keys.chunks_exact(32).filter_map(|key| key.try_into().ok().map(SecretKey::from_bytes)).collect()
    }
}

/// What one projection carries from table to table.
struct Work<'a> {
    projection: &'a Projection<'a>,
    known: &'a KnownKeys,
    change: u64,
    facts: FactPages,
    made: HashSet<SubjectId>,
}

impl Catalog {
    /// Takes a segment in. To be called within [`Catalog::atomically`].
    pub fn project(&mut self, projection: &Projection<'_>) -> Result<()> {
        self.project_files(projection.segment)?;
        for grant in projection.grants {
            self.hold(grant)?;
        }
        let mut known = KnownKeys::default();
        for (_, name, body) in projection.pages {
            self.project_page(name, body)?;
            known.add(name, body)?;
        }
        let made = self.project_entries(projection, &known)?;
        self.project_moved_keys(&known, &made)
    }

    /// Keys of subjects that were here before: merged or moved into another page.
    pub fn project_moved_keys(&self, known: &KnownKeys, made: &HashSet<SubjectId>) -> Result<()> {
        let mut update = self.db.prepare_cached("UPDATE subjects SET page = ?2, keys = ?3 WHERE id = ?1")?;
        let mut moved: Vec<_> = known.0.iter().filter(|(subject, _)| !made.contains(subject)).collect();
        moved.sort_unstable_by_key(|(subject, _)| **subject);
        for (subject, (page, keys)) in moved {
            update.execute(params![subject_key(*subject).as_slice(), page, keys])?;
        }
        Ok(())
    }

    /// What a segment says in its guides; answers which subjects it made.
    pub fn project_entries(&mut self, projection: &Projection<'_>, known: &KnownKeys) -> Result<HashSet<SubjectId>> {
        let change = self.commits()? + 1;
        let mut work = Work { projection, known, change, facts: FactPages::default(), made: HashSet::new() };
        let arriving: HashSet<SubjectId> =
            projection.guides.iter().flat_map(|(_, guide)| &guide.arrives).map(|arrival| arrival.subject).collect();
        for (label, guide) in projection.guides {
            self.project_guide(&mut work, *label, guide, &arriving)?;
        }
        work.facts.write(self, change)?;
        self.set_meta("commits", &change.to_string())?;
        self.set_meta("as_of", &projection.segment.time)?;
        self.set_meta("head", &serde_json::to_string(&projection.head).map_err(error::catalog)?)?;
        Ok(work.made)
    }

    fn project_declarations(&self, segment: &v1::Segment) -> Result<()> {
        let declares = &segment.declares;
        for label in &declares.labels {
            self.db
                .prepare_cached(
                    "INSERT INTO labels (id, generation, recipient) VALUES (?1, ?2, ?3)
                     ON CONFLICT (id) DO UPDATE SET generation = ?2, recipient = ?3",
                )?
                .execute(params![label.id.to_string(), label.generation, label.recipient])?;
            self.declare(&label.id.to_string(), "label", label)?;
        }
        for node in &declares.nodes {
            self.declare(&node.id.to_string(), "node", node)?;
        }
        for recovery in &declares.recoveries {
            self.declare(&recovery.id.to_string(), "recovery", recovery)?;
        }
        for holder in &declares.withdraws {
            self.db.prepare_cached("INSERT OR IGNORE INTO withdrawn (id) VALUES (?1)")?.execute([holder.to_string()])?;
        }
        Ok(())
    }

    /// Keeps a label's identity.
    pub fn hold(&self, label: &Label) -> Result<()> {
        let purpose = serde_json::to_string(&label.purpose).map_err(error::bug)?;
        self.db
            .prepare_cached("UPDATE labels SET purpose = ?2, identity = ?3 WHERE id = ?1 AND generation = ?4")?
            .execute(params![label.id.to_string(), purpose, label.identity.bytes().as_slice(), label.generation])?;
        Ok(())
    }

    fn declare(&self, id: &str, kind: &str, body: &impl serde::Serialize) -> Result<()> {
        let body = serde_json::to_string(body).map_err(error::bug)?;
        self.db
            .prepare_cached("INSERT INTO declared (id, kind, body) VALUES (?1, ?2, ?3) ON CONFLICT (id) DO UPDATE SET body = ?3")?
            .execute([id, kind, &body])?;
        Ok(())
    }

    /// What a segment says in clear: declarations, and which files lie where.
    pub fn project_files(&self, segment: &v1::Segment) -> Result<()> {
        self.project_declarations(segment)?;
        for pack in &segment.packs {
            self.project_pack(pack)?;
        }
        for page in &segment.pages {
            self.db
                .prepare_cached("INSERT OR IGNORE INTO pages (prefix, name, label, keys) VALUES (?1, ?2, ?3, 0)")?
                .execute(params![prefix(page.name.digest()), page.name.digest().as_slice(), self.label_num(page.label)?])?;
        }
        for grant in &segment.grants {
            self.db
                .prepare_cached("INSERT OR IGNORE INTO grants (name, label, generation, holder) VALUES (?1, ?2, ?3, ?4)")?
                .execute(params![
                    grant.name.digest().as_slice(),
                    self.label_num(grant.label)?,
                    grant.generation,
                    grant.to.to_string()
                ])?;
        }
        for name in journal::retired_names(segment).unwrap_or_default() {
            self.retire(&name)?;
        }
        for blob in &segment.drops {
            self.db
                .prepare_cached("DELETE FROM blobs WHERE prefix = ?1 AND name = ?2")?
                .execute(params![prefix(blob.digest()), blob.digest().as_slice()])?;
        }
        Ok(())
    }

    fn project_pack(&self, pack: &v1::Pack) -> Result<()> {
        let size: u64 = pack.objects.iter().map(|(_, size)| size).sum();
        self.db.prepare_cached("INSERT INTO packs (size) VALUES (?1)")?.execute([size])?;
        let num = self.db.last_insert_rowid();
        for (n, (name, size)) in pack.objects.iter().enumerate() {
            self.db.prepare_cached("INSERT INTO objects (pack, n, name, size) VALUES (?1, ?2, ?3, ?4)")?.execute(params![
                num,
                n,
                name.digest().as_slice(),
                size
            ])?;
        }
        let mut start = 0;
        for (n, (name, size)) in pack.blobs.iter().enumerate() {
            self.db
                .prepare_cached("INSERT INTO blobs (pack, n, start, size, prefix, name) VALUES (?1, ?2, ?3, ?4, ?5, ?6)")?
                .execute(params![num, n, start, size, prefix(name.digest()), name.digest().as_slice()])?;
            start += size;
        }
        Ok(())
    }

    /// What a live page holds beside the keys of subjects.
    pub fn project_page(&self, name: &ObjectName, body: &v1::PageBody) -> Result<()> {
        let page = prefix(name.digest());
        self.db.prepare_cached("UPDATE pages SET keys = ?2 WHERE prefix = ?1")?.execute(params![page, body.keys()])?;
        for (segment, key) in &body.segments {
            self.db
                .prepare_cached("INSERT OR REPLACE INTO segment_keys (page, segment, key) VALUES (?1, ?2, ?3)")?
                .execute(params![page, segment, SecretKey::from_text(key)?.bytes().as_slice()])?;
        }
        Ok(())
    }

    fn retire(&self, name: &StoredName) -> Result<()> {
        match name {
            StoredName::Object(object) => {
                let pack: Option<i64> = self
                    .db
                    .prepare_cached("DELETE FROM objects WHERE name = ?1 RETURNING pack")?
                    .query_row([object.digest().as_slice()], |row| row.get(0))
                    .optional()?;
                if let Some(pack) = pack {
                    self.db.prepare_cached("DELETE FROM blobs WHERE pack = ?1")?.execute([pack])?;
                    self.db.prepare_cached("DELETE FROM packs WHERE num = ?1")?.execute([pack])?;
                }
            }
            StoredName::Page(_, page) => {
                let page = prefix(page.digest());
                self.db.prepare_cached("DELETE FROM pages WHERE prefix = ?1")?.execute([page])?;
                self.db.prepare_cached("DELETE FROM segment_keys WHERE page = ?1")?.execute([page])?;
            }
            StoredName::Grant(grant) => {
                self.db.prepare_cached("DELETE FROM grants WHERE name = ?1")?.execute([grant.digest().as_slice()])?;
            }
            StoredName::Archive | StoredName::Segment(..) => {}
        }
        self.db.prepare_cached("INSERT OR IGNORE INTO pending (path) VALUES (?1)")?.execute([name.to_string()])?;
        Ok(())
    }

    fn project_guide(
        &mut self,
        work: &mut Work<'_>,
        label: LabelId,
        guide: &v1::Guide,
        arriving: &HashSet<SubjectId>,
    ) -> Result<()> {
        let label_num = self.label_num(label)?;
        for subject in guide.leaves.iter().filter(|subject| !arriving.contains(subject)) {
            self.forget(work, *subject)?;
        }
        for arrival in &guide.arrives {
            self.project_arrival(work, label_num, arrival)?;
        }
        for (subject, blob) in &guide.descriptions {
            // A description that does not open is of a subject that has left or was destroyed since.
            if let Some(description) = work.projection.descriptions.get(blob) {
                self.project_description(work, label_num, *subject, blob, description)?;
            }
        }
        for act in &guide.acts {
            self.project_act(work, label_num, act)?;
        }
        Ok(())
    }

    fn project_arrival(&mut self, work: &mut Work<'_>, label: u16, arrival: &v1::Arrival) -> Result<()> {
        let known = self.subject_num(arrival.subject)?;
        match (known, work.projection.descriptions.get(&arrival.description)) {
            (Some(num), _) => {
                let before: u16 =
                    self.db.prepare_cached("SELECT label FROM subjects WHERE num = ?1")?.query_row([num], |row| row.get(0))?;
                self.db.prepare_cached("UPDATE subjects SET label = ?2 WHERE num = ?1")?.execute(params![num, label])?;
                self.db.prepare_cached("UPDATE units SET label = ?2, changed = ?3 WHERE num = ?1")?.execute(params![
                    num,
                    label,
                    work.change
                ])?;
                self.depart(work.change, before, num)?;
                work.facts.change(self, num, |fact| fact.label = label)?;
            }
            (None, Some(description)) => {
                self.project_description(work, label, arrival.subject, &arrival.description, description)?;
                for act in &arrival.acts {
                    self.project_act(work, label, act)?;
                }
                self.place(work, arrival.subject, arrival.place)?;
            }
            (None, None) => {}
        }
        Ok(())
    }

    fn depart(&self, change: u64, label: u16, unit: u32) -> Result<()> {
        self.db
            .prepare_cached("INSERT OR IGNORE INTO departures (change, label, unit) VALUES (?1, ?2, ?3)")?
            .execute(params![change, label, unit])?;
        Ok(())
    }

    /// A subject that this node can no longer read.
    fn forget(&mut self, work: &mut Work<'_>, subject: SubjectId) -> Result<()> {
        let Some(num) = self.subject_num(subject)? else { return Ok(()) };
        let label: u16 =
            self.db.prepare_cached("DELETE FROM subjects WHERE num = ?1 RETURNING label")?.query_row([num], |row| row.get(0))?;
        self.db.prepare_cached("DELETE FROM units WHERE num = ?1")?.execute([num])?;
        self.db.prepare_cached("DELETE FROM occurrences WHERE unit = ?1")?.execute([num])?;
        self.forget_links(num)?;
        self.depart(work.change, label, num)?;
        work.facts.change(self, num, |fact| fact.alive = false)
    }

    fn project_description(
        &mut self,
        work: &mut Work<'_>,
        label: u16,
        subject: SubjectId,
        blob: &BlobName,
        description: &v1::Description,
    ) -> Result<()> {
        let num = match self.subject_num(subject)? {
            Some(num) => {
                self.db
                    .prepare_cached("UPDATE subjects SET description = ?2 WHERE num = ?1")?
                    .execute(params![num, blob.digest().as_slice()])?;
                num
            }
            None => {
                let (page, keys) = work.known.0.get(&subject).map_or((None, None), |(page, keys)| (Some(page), Some(keys)));
                let mut insert = self
                    .db
                    .prepare_cached("INSERT INTO subjects (id, label, page, keys, description) VALUES (?1, ?2, ?3, ?4, ?5)")?;
                insert.execute(params![subject_key(subject).as_slice(), label, page, keys, blob.digest().as_slice()])?;
                work.made.insert(subject);
                u32::try_from(self.db.last_insert_rowid()).map_err(error::catalog)?
            }
        };
        match &description.notice {
            Notice::Record(record) => self.project_record(work, num, label, record),
            Notice::Class(class) => self.project_container(work, (num, 1, label), &class.code, &class.title),
            Notice::Dossier(dossier) => self.project_container(work, (num, 2, label), &dossier.code, &dossier.title),
            Notice::Person(person) => self.project_person(num, subject, person, &work.projection.segment.time),
            Notice::Group(group) => self.project_group(num, subject, group, &work.projection.segment.time),
            Notice::Mandate(mandate) => self.project_mandate(num, subject, mandate),
            Notice::Account(account) => self.project_account(work, account),
            Notice::Act(_) => Ok(()),
        }
    }

    fn project_record(&mut self, work: &mut Work<'_>, num: u32, label: u16, record: &v1::Record) -> Result<()> {
        let original = record.components.first();
        // `type:` asks what the record is, not what is attached to it.
        let tags: Vec<&String> = record.components.first().into_iter().flat_map(|original| &original.tags).collect();
        let findings: Vec<u16> = record.findings.iter().map(|finding| finding.number).collect();
        let words = serde_json::json!({
            "authors": record.authors, "recipients": record.recipients, "tags": tags, "findings": findings, "about": record.about(),
        });
        let text = record.text.as_ref().map(serde_json::to_string).transpose().map_err(error::bug)?;
        self.db
            .prepare_cached(
                "INSERT INTO units (num, kind, place, label, title, name, date, language, puid, words, content, size, text, changed)
                 VALUES (?1, 3, 0, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)
                 ON CONFLICT (num) DO UPDATE SET title = ?3, name = ?4, date = ?5, language = ?6, puid = ?7, words = ?8,
                     content = ?9, size = ?10, text = ?11, changed = ?12",
            )?
            .execute(params![
                num,
                label,
                record.known_as(),
                record.name,
                record.dated(),
                record.language,
                original.and_then(|component| component.puid.as_ref()),
                words.to_string(),
                original.map(|component| component.content.digest().as_slice()),
                original.map(|component| component.size),
                text,
                work.change
            ])?;
        self.project_links(num, record)?;
        for seen in &record.occurrences {
            self.db
                .prepare_cached("INSERT OR IGNORE INTO occurrences (unit, place) VALUES (?1, ?2)")?
                .execute(params![num, occurrence_key(seen).as_slice()])?;
        }
        work.facts.change(self, num, |fact| {
            fact.label = label;
            fact.kind = 3;
            fact.alive = true;
        })
    }

    fn project_container(
        &mut self,
        work: &mut Work<'_>,
        (num, kind, label): (u32, u8, u16),
        code: &str,
        title: &str,
    ) -> Result<()> {
        self.db
            .prepare_cached(
                "INSERT INTO units (num, kind, place, label, code, title, name, words, changed)
                 VALUES (?1, ?2, 0, ?3, ?4, ?5, ?4, '{}', ?6)
                 ON CONFLICT (num) DO UPDATE SET code = ?4, title = ?5, name = ?4, changed = ?6",
            )?
            .execute(params![num, kind, label, code, title, work.change])?;
        work.facts.change(self, num, |fact| {
            fact.label = label;
            fact.kind = kind;
            fact.alive = true;
        })
    }

    /// An account that is made takes the place of the one before; one that is described anew stays as old as it was.
    fn project_account(&mut self, work: &Work<'_>, account: &v1::Account) -> Result<()> {
        let (person, id) = (account.person.to_string(), account.id.to_string());
        self.db
            .prepare_cached(
                "INSERT INTO accounts (person, id, since) VALUES (?1, ?2, ?3)
                 ON CONFLICT (person) DO UPDATE SET id = ?2, since = ?3 WHERE id != ?2",
            )?
            .execute(params![person, id, work.projection.segment.time])?;
        Ok(())
    }

    fn project_act(&mut self, work: &mut Work<'_>, label: u16, act: &v1::Act) -> Result<()> {
        let deed = serde_json::to_string(&act.deed).map_err(error::bug)?;
        self.db
            .prepare_cached("INSERT INTO acts (id, label, person, at, deed) VALUES (?1, ?2, ?3, ?4, ?5)")?
            .execute(params![act.id.to_string(), label, act.by.to_string(), act.at, deed])?;
        let num = self.db.last_insert_rowid();
        for subject in act.deed.subjects() {
            self.db
                .prepare_cached("INSERT OR IGNORE INTO act_subjects (subject, act) VALUES (?1, ?2)")?
                .execute(params![subject_key(subject).as_slice(), num])?;
        }
        self.project_decision(act)?;
        match &act.deed {
            Deed::Capture { records: units, into } | Deed::File { units, into } => {
                units.iter().try_for_each(|unit| self.place(work, *unit, *into))
            }
            Deed::Create { subject, under } => self.place(work, *subject, *under),
            Deed::Close { dossier } => self.set_closed(*dossier, true),
            Deed::Reopen { dossier } => self.set_closed(*dossier, false),
            Deed::End { mandate } => {
                let mut update = self.db.prepare_cached("UPDATE mandates SET ended = ?2 WHERE id = ?1")?;
                update.execute([&mandate.to_string(), &act.at])?;
                Ok(())
            }
            Deed::Dissolve { group } => self.project_dissolution(*group, &work.projection.segment.time),
            Deed::Access { person, change: AccessChange::End } => {
                self.db.prepare_cached("DELETE FROM accounts WHERE person = ?1")?.execute([person.to_string()])?;
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn set_closed(&self, dossier: SubjectId, closed: bool) -> Result<()> {
        if let Some(num) = self.subject_num(dossier)? {
            self.db.prepare_cached("UPDATE units SET closed = ?2 WHERE num = ?1")?.execute(params![num, closed])?;
        }
        Ok(())
    }

    fn place(&self, work: &mut Work<'_>, subject: SubjectId, into: Option<UnitId>) -> Result<()> {
        let Some(num) = self.subject_num(subject)? else { return Ok(()) };
        if subject.unit().is_none() {
            return Ok(());
        }
        let place = match into {
            None => 0,
            Some(unit) => self.subject_num(unit.into())?.unwrap_or(HIDDEN),
        };
        self.db.prepare_cached("UPDATE units SET place = ?2 WHERE num = ?1")?.execute(params![num, place])?;
        work.facts.change(self, num, |fact| fact.place = place)
    }

    fn subject_num(&self, subject: SubjectId) -> Result<Option<u32>> {
        let mut query = self.db.prepare_cached("SELECT num FROM subjects WHERE id = ?1")?;
        Ok(query.query_row([subject_key(subject).as_slice()], |row| row.get(0)).optional()?)
    }
}

/// Where something was seen, as a key: the source and the exact path.
pub(super) fn occurrence_key(seen: &v1::Occurrence) -> [u8; 16] {
    let mut digest = Digest::default();
    digest.update(seen.source.as_bytes());
    digest.update(&[0]);
    digest.update(seen.path_base64.as_ref().unwrap_or(&seen.path).as_bytes());
    let mut key = [0; 16];
    key.copy_from_slice(&digest.finish()[..16]);
    key
}
