//! The commit: a draft becomes durable, or nothing of it does. Also what the store has beyond the
//! catalog, and the deletion of what was retired: the only three ways in which a catalog changes.

use super::{Archive, draft::Draft, open::Chain, pack::Packed};
use crate::{
    Result,
    catalog::{Catalog, Projection},
    error,
    journal::{self, FaultKind, Ledger, Link},
    keys::{self, Label, merge, seal_page},
    seal::{Digest, Recipient, SealedBlob, SecretKey, Storable, seal, sign_envelope},
    store::{Store, StoredName},
};
use chartrier_schemas::{
    BlobName, HolderId, LabelId, NodeId, ObjectName, SegmentHash, SubjectId,
    persisted::v1::{self, FORMAT, PAGE_KEYS},
    text,
};
use std::{
    collections::{HashMap, HashSet},
    sync::atomic::{AtomicUsize, Ordering},
};

/// Files of one commit that are put at once.
const PUTS: usize = 4;

/// Everything of a commit that is not the segment itself.
#[derive(Default)]
struct Prepared {
    packed: Packed,
    guides: Vec<(LabelId, v1::Guide)>,
    guide_names: Vec<(LabelId, BlobName)>,
    pages: Vec<(LabelId, ObjectName, v1::PageBody, Storable)>,
    grants: Vec<(v1::Grant, Storable)>,
    retires: Vec<StoredName>,
}

impl Archive {
    /// Writes a draft. When this returns, it is durable and projected; after an error nothing of it
    /// counts, or all of it does and the next start finds it.
    pub(super) fn commit(&self, draft: Draft) -> Result<v1::Head> {
        self.commit_locked(self.lock_current()?, draft)
    }

    /// The same for a caller that had to look at the catalog under the lock of the chain first.
    pub(super) fn commit_locked(&self, chain: Chain, mut draft: Draft) -> Result<v1::Head> {
        let ledger = &chain.ledger;
        let descriptions = draft.descriptions();
        let seq = ledger.head.filter(|head| head.node == self.home.node).map_or(1, |head| head.seq + 1);
        let prepared = self.prepare(ledger, &mut draft, seq)?;
        self.put_files(&prepared)?;
        let segment = self.segment(ledger, draft, &prepared, seq);
        let bytes = sign_envelope(&segment, &self.secrets.signing)?;
        let hash = SegmentHash::from_digest(bytes.digest());
        let name = StoredName::Segment(self.home.node, seq, hash);
        let others = if segment.appointment.is_some() { Some(self.nobody_writes(ledger)?) } else { None };
        self.store.put(&name, &bytes)?;
        if others.is_some_and(|others| others_write(&*self.store, self.home.node).is_ok_and(|now| now != others)) {
            // Somebody wrote in this very moment. Nobody has been told of the takeover yet: it has not been.
            self.store.delete(&[name])?;
            return Err(still_written());
        }
        // Another home may have taken over meanwhile: then this segment is late, and what it retires belongs to the archive of that
        // one. A takeover in the milliseconds that are left until the files are deleted would still miss them.
        let head = v1::Head { node: self.home.node, seq, hash };
        if !prepared.retires.is_empty() {
            let mut own = ledger.clone();
            own.head = Some(head);
            if journal::is_succeeded(&*self.store, &own)? {
                return Err(withdrawn());
            }
        }
        // From here on the commit has happened, whatever becomes of this process.
        self.take_in(&prepared, &segment, &descriptions, head)?;
        self.delete_retired(&mut self.catalog())?;
        Ok(head)
    }

    fn segment(&self, ledger: &Ledger, draft: Draft, prepared: &Prepared, seq: u64) -> v1::Segment {
        let previous = ledger.head.filter(|head| head.node == self.home.node);
        v1::Segment {
            format: FORMAT,
            archive: self.deed.archive,
            node: self.home.node,
            seq,
            previous: previous.map(|head| head.hash),
            time: self.now(),
            appointment: draft.appointment,
            declares: draft.declares,
            packs: prepared.packed.packs.iter().cloned().chain(draft.packs).collect(),
            pages: prepared
                .pages
                .iter()
                .map(|(label, name, _, bytes)| v1::Page { label: *label, name: *name, size: bytes.size() })
                .collect(),
            grants: prepared.grants.iter().map(|(grant, _)| grant.clone()).collect(),
            guides: prepared.guide_names.clone(),
            retires: prepared.retires.iter().map(ToString::to_string).collect(),
            drops: Vec::new(),
            accepts: Vec::new(),
            refuses: Vec::new(),
        }
    }

    /// Seals guides, pages and grants, and packs blobs. Writes nothing.
    fn prepare(&self, ledger: &Ledger, draft: &mut Draft, seq: u64) -> Result<Prepared> {
        let mut prepared = Prepared { retires: std::mem::take(&mut draft.retires), ..Prepared::default() };
        let segment = format!("{}/{seq}", self.home.node);
        for (label, entries) in &mut draft.labels {
            let mut blobs = Vec::new();
            let mut keys = v1::PageBody { format: FORMAT, ..v1::PageBody::default() };
            if !entries.is_empty() {
                let (key, guide) = (SecretKey::generate()?, entries.guide());
                let sealed = seal(&serde_json::to_vec(&guide).map_err(error::bug)?, &key)?;
                prepared.guide_names.push((*label, sealed.name()));
                prepared.guides.push((*label, guide));
                keys.segments.insert(segment.clone(), key.to_text().to_string());
                blobs.push(sealed);
            }
            for (subject, key) in &entries.keys {
                keys.subjects.entry(*subject).or_default().push(key.to_text().to_string());
            }
            for (arrival, held) in &entries.arrives {
                let texts = held.iter().map(|key| key.to_text().to_string());
                keys.subjects.entry(arrival.subject).or_default().splice(0..0, texts);
            }
            blobs.extend(entries.descriptions.iter().map(|(_, _, blob)| blob.clone()));
            entries.blobs.iter_mut().for_each(|shelf| blobs.append(shelf));
            prepared.packed.add(blobs);
            let reseal = draft.reseal.contains(label);
            let leaves = std::mem::take(&mut entries.leaves);
            self.prepare_pages(&mut prepared, &recipient_of(*label, &draft.declares, ledger)?, *label, keys, &leaves, reseal)?;
        }
        prepared.packed.add(std::mem::take(&mut draft.moved));
        for label in draft.reseal.iter().filter(|label| !draft.labels.contains_key(label)) {
            let to = recipient_of(*label, &draft.declares, ledger)?;
            self.prepare_pages(&mut prepared, &to, *label, v1::PageBody::default(), &[], true)?;
        }
        for (label, holder, recipient) in &draft.grants {
            let sealed = label.grant(recipient)?;
            let (name, size) = stored(&sealed);
            let grant = v1::Grant { label: label.id, generation: label.generation, to: *holder, name, size };
            prepared.grants.push((grant, sealed.into_storable()));
        }
        Ok(prepared)
    }

    /// The pages of one label: new keys, what merging gathers, without the keys of those that leave.
    fn prepare_pages(
        &self,
        prepared: &mut Prepared,
        to: &Recipient,
        label: LabelId,
        mut keys: v1::PageBody,
        leaves: &[SubjectId],
        reseal: bool,
    ) -> Result<()> {
        let catalog = self.catalog();
        let live: Vec<(ObjectName, usize)> = catalog.pages(label)?.into_iter().map(|page| (page.name, page.keys)).collect();
        let mut gathered = match reseal {
            true => live.iter().map(|(name, _)| *name).collect(),
            false => merge(&live, keys.keys()),
        };
        for subject in leaves {
            gathered.extend(catalog.page_of(*subject)?);
        }
        // A subject here before that gets another key: its keys stay together, oldest first.
        let added: Vec<SubjectId> = keys.subjects.keys().copied().collect();
        for subject in added {
            gathered.extend(catalog.page_of(subject)?.filter(|page| live.iter().any(|(name, _)| name == page)));
        }
        gathered.sort_unstable();
        gathered.dedup();
        for name in &gathered {
            let body = self.whole_page(&catalog, label, name)?;
            keys.segments.extend(body.segments);
            for (subject, mut held) in body.subjects {
                let new = keys.subjects.entry(subject).or_default();
                held.append(new);
                *new = held;
            }
            prepared.retires.push(StoredName::Page(label, *name));
        }
        for subject in leaves {
            keys.subjects.remove(subject);
        }
        for body in pages_of(keys) {
            let sealed = seal_page(&body, to)?;
            let (name, _) = stored(&sealed);
            prepared.pages.push((label, name, body, sealed.into_storable()));
        }
        Ok(())
    }

    /// A live page, from the catalog if it has all of it, else from the store.
    fn whole_page(&self, catalog: &Catalog, label: LabelId, name: &ObjectName) -> Result<v1::PageBody> {
        let body = catalog.page_body(name)?;
        let counted = catalog.pages(label)?.iter().find(|page| page.name == *name).map(|page| page.keys);
        if counted == Some(body.keys()) {
            return Ok(body);
        }
        let stored = StoredName::Page(label, *name);
        let bytes = self.store.get(&stored)?.ok_or_else(|| error::corrupt(stored, "it is missing"))?;
        keys::open_page(&bytes, label, &self.label_identity(catalog, label)?)
    }

    fn put_files(&self, prepared: &Prepared) -> Result<()> {
        let pages = prepared.pages.iter().map(|(label, name, _, bytes)| (StoredName::Page(*label, *name), bytes));
        let grants = prepared.grants.iter().map(|(grant, bytes)| (StoredName::Grant(grant.name), bytes));
        let objects = prepared.packed.files.iter().map(|(name, bytes)| (*name, bytes));
        let files: Vec<_> = objects.chain(pages).chain(grants).collect();
        // Threads of its own: a pool would give this one other work meanwhile, and that might want the locks held here.
        let next = AtomicUsize::new(0);
        let put = || -> Result<()> {
            while let Some((name, bytes)) = files.get(next.fetch_add(1, Ordering::Relaxed)) {
                self.store.put(name, bytes)?;
            }
            Ok(())
        };
        std::thread::scope(|scope| {
            let helpers: Vec<_> = (1..PUTS.min(files.len())).map(|_| scope.spawn(put)).collect();
            let own = put();
            helpers
                .into_iter()
                .try_for_each(|helper| helper.join().unwrap_or_else(|_| Err(error::bug("a writer of the store gave up"))))?;
            own
        })
    }

    fn take_in(
        &self,
        prepared: &Prepared,
        segment: &v1::Segment,
        descriptions: &HashMap<BlobName, v1::Description>,
        head: v1::Head,
    ) -> Result<()> {
        let grants = self.own_grants(&prepared.grants.iter().map(|(grant, bytes)| (grant, bytes.bytes())).collect::<Vec<_>>())?;
        let pages: Vec<_> = prepared.pages.iter().map(|(label, name, body, _)| (*label, *name, body.clone())).collect();
        let projection = Projection { head, segment, guides: &prepared.guides, descriptions, pages: &pages, grants: &grants };
        self.catalog().atomically(|catalog| catalog.project(&projection))
    }

    /// The grants among these that this node can open.
    fn own_grants(&self, grants: &[(&v1::Grant, bytes::Bytes)]) -> Result<Vec<Label>> {
        grants
            .iter()
            .filter(|(grant, _)| grant.to == HolderId::Node(self.home.node))
            .map(|(_, bytes)| Label::from_grant(bytes, &self.secrets.identity))
            .collect()
    }

    /// That nobody has written since a ledger was read: its head is what the root key has named as succeeded, and what came after it
    /// would be no part of the archive. Answers how many segments others have written.
    fn nobody_writes(&self, ledger: &Ledger) -> Result<usize> {
        let others = others_write(&*self.store, self.home.node)?;
        let mut now = ledger.clone();
        journal::follow(&*self.store, &mut now, &mut |_, _, _| Ok(()), &mut |_| {})?;
        if now.head == ledger.head { Ok(others) } else { Err(still_written()) }
    }

    /// Takes in what the store has beyond the catalog. To be called under the lock of the chain.
    pub(super) fn catch_up(&self, catalog: &mut Catalog) -> Result<Ledger> {
        let mut ledger = catalog.ledger(self.deed.archive, self.root.clone())?;
        let mut fault = None;
        let mut found = Vec::new();
        journal::follow(
            &*self.store,
            &mut ledger,
            &mut |_, link, segment| {
                found.push((link, segment));
                Ok(())
            },
            &mut |one| {
                if one.kind != FaultKind::Late {
                    fault.get_or_insert(one);
                }
            },
        )?;
        // What this home wrote last may have come too late: then all that follows seems to continue nothing.
        if fault.is_some() && journal::is_succeeded(&*self.store, &ledger)? {
            return Err(withdrawn());
        }
        // An archive without a segment is one that is being made.
        if let Some(fault) = fault.filter(|_| ledger.head.is_some()) {
            return Err(fault.into_error());
        }
        if ledger.withdrawn.contains(&HolderId::Node(self.home.node)) {
            return Err(withdrawn());
        }
        if !found.is_empty() {
            catalog.atomically(|catalog| self.take_in_stored(catalog, &found))?;
        }
        Ok(ledger)
    }

    /// Projects segments that lie in the store and are not in the catalog. In two passes, like a rebuild: what a later one
    /// merged, moved or rotated is found where it is now.
    fn take_in_stored(&self, catalog: &mut Catalog, found: &[(Link, v1::Segment)]) -> Result<()> {
        for (_, segment) in found {
            catalog.project_files(segment)?;
            for label in self.stored_grants(segment)? {
                catalog.hold(&label)?;
            }
        }
        let mut held = super::rebuild::HeldKeys::default();
        for (label, name) in catalog.pages_unread()? {
            let identity = self.label_identity(catalog, label)?;
            let stored = StoredName::Page(label, name);
            let bytes = self.store.get(&stored)?.ok_or_else(|| error::corrupt(stored, "it is not in the store"))?;
            let body = keys::open_page(&bytes, label, &identity)?;
            catalog.project_page(&name, &body)?;
            held.add(label, &name, &body)?;
        }
        let mut made = HashSet::new();
        for (link, segment) in found {
            let (guides, descriptions) = super::rebuild::read_entries(&*self.store, segment, *link, &held, catalog)?;
            let head = v1::Head { node: link.node, seq: link.seq, hash: link.hash };
            let projection = Projection { head, segment, guides: &guides, descriptions: &descriptions, pages: &[], grants: &[] };
            made.extend(catalog.project_entries(&projection, held.subjects())?);
        }
        catalog.project_moved_keys(held.subjects(), &made)
    }

    /// The grants that a stored segment adds for this node and that are still there.
    fn stored_grants(&self, segment: &v1::Segment) -> Result<Vec<Label>> {
        let mut grants = Vec::new();
        for grant in &segment.grants {
            if let Some(bytes) = self.store.get(&StoredName::Grant(grant.name))? {
                grants.push((grant, bytes));
            }
        }
        self.own_grants(&grants)
    }

    fn label_identity(&self, catalog: &Catalog, label: LabelId) -> Result<SecretKey> {
        let held = catalog.labels()?.into_iter().find(|row| row.label.id == label);
        held.map(|row| row.label.identity).ok_or_else(|| error::bug("a page of a label without an identity"))
    }

    /// Deletes what was retired: after each commit, and again at every start until it is gone.
    pub(super) fn delete_retired(&self, catalog: &mut Catalog) -> Result<()> {
        let paths = catalog.pending()?;
        if paths.is_empty() {
            return Ok(());
        }
        let names: Vec<StoredName> = paths.iter().filter_map(|path| StoredName::parse(path)).collect();
        self.store.delete(&names)?;
        catalog.deleted(&paths)
    }
}

/// The recipient of a label: as this draft declares it, else as the registrar last did.
fn recipient_of(label: LabelId, declares: &v1::Declarations, ledger: &Ledger) -> Result<Recipient> {
    let declared = declares.labels.iter().find(|one| one.id == label).or_else(|| ledger.labels.get(&label));
    declared.ok_or_else(|| error::bug(format_args!("{label} was never declared")))?.recipient.parse()
}

fn stored(sealed: &SealedBlob) -> (ObjectName, u64) {
    (ObjectName::from_digest(Digest::of(sealed.bytes())), sealed.bytes().len() as u64)
}

/// Cuts keys into pages of at most as many as one may hold. The keys of one subject stay together.
fn pages_of(keys: v1::PageBody) -> Vec<v1::PageBody> {
    let mut pages = Vec::new();
    let mut page = v1::PageBody { format: FORMAT, ..v1::PageBody::default() };
    let mut count = 0;
    for (segment, key) in keys.segments {
        if count == PAGE_KEYS {
            pages.push(std::mem::replace(&mut page, v1::PageBody { format: FORMAT, ..v1::PageBody::default() }));
            count = 0;
        }
        page.segments.insert(segment, key);
        count += 1;
    }
    for (subject, held) in keys.subjects.into_iter().filter(|(_, held)| !held.is_empty()) {
        if count + held.len() > PAGE_KEYS {
            pages.push(std::mem::replace(&mut page, v1::PageBody { format: FORMAT, ..v1::PageBody::default() }));
            count = 0;
        }
        count += held.len();
        page.subjects.insert(subject, held);
    }
    if count > 0 {
        pages.push(page);
    }
    pages
}

/// How many segments others than a node have written.
pub(super) fn others_write(store: &dyn Store, node: NodeId) -> Result<usize> {
    let mut count = 0;
    store.list("journal", &mut |path, _| {
        count += usize::from(matches!(StoredName::parse(path), Some(StoredName::Segment(other, ..)) if other != node));
    })?;
    Ok(count)
}

/// Who takes an archive over finds that it is still being written.
pub(super) fn still_written() -> crate::Error {
    crate::Error {
        kind: crate::Kind::Unavailable,
        problem: text!("A home is writing into this store at this moment.", "Un poste écrit dans ce dépôt en ce moment même."),
        remedy: text!(
            "Nothing was changed. Stop the server and the jobs of that home, then restore again.",
            "Rien n’a été modifié. Arrêtez le serveur et les traitements de ce poste, puis recommencez."
        ),
    }
}

fn withdrawn() -> crate::Error {
    error::refused(
        text!(
            "This home was withdrawn from its archive: another one has taken over, or an administrator removed it.",
            "Ce poste a été retiré de ses archives : un autre a pris la suite, ou un administrateur l’a retiré."
        ),
        text!("Work from the home that is in force.", "Travaillez depuis le poste qui est en vigueur."),
    )
}
