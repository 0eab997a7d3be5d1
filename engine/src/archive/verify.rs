//! Verification. Without keys: the chain, and every stored file against its name. With keys: that every
//! description opens, and every original is what was captured. Writes nothing of its own; the home remembers what it found last.

use super::{
    Archive,
    read::read_error,
    rebuild::{HeldKeys, read_guides},
};
use crate::{
    Result,
    catalog::SubjectRow,
    error,
    journal::{self, Fault, FaultKind, Ledger, Link, Live},
    keys::Home,
    policy::{Act, Session},
    seal::Digest,
    store::{Store, StoredName},
};
use chartrier_schemas::{
    BlobName, ObjectName, RecordId, SegmentHash, SubjectId, Text, UnitId,
    persisted::v1::{self, BlobRef, Bytes, Notice},
    text,
};
use rayon::prelude::*;
use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    io,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

/// How long another process may take to delete what it has retired.
const DELETING: Duration = Duration::from_millis(300);

/// What a verification found.
#[derive(Clone, Debug, Default)]
pub struct Verification {
    /// Files read and compared with their names.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Segments of the journal.
    pub segments: u64,
    /// Records whose originals were opened and hashed; none without keys.
    pub records: u64,
    /// The head of the chain: keep it elsewhere, it is the defence against a store rolled back.
    pub head: Option<v1::Head>,
    /// What is wrong.
    pub faults: Vec<Fault>,
    /// What is strange and harms nothing: files that no segment lists.
    pub warnings: Vec<(String, Text)>,
}

impl Verification {
    /// Whether nothing is wrong.
    pub fn is_sound(&self) -> bool {
        self.faults.is_empty()
    }
}

/// A component that was read back.
#[derive(Clone, Debug)]
pub struct Checked {
    /// Its number, from 1.
    pub number: u32,
    /// Bytes read.
    pub bytes: u64,
    /// What is wrong with it, if anything.
    pub fault: Option<Text>,
}

/// Called with bytes done and bytes to do; an error ends the work.
pub type Progress<'a> = &'a (dyn Fn(u64, u64) -> Result<()> + Sync);

/// Verifies a store without any key. Trusts nothing but the root key that the home remembers.
pub fn verify_keyless(
    store: &dyn Store,
    home: &Home,
    remembered: Option<SegmentHash>,
    progress: Progress<'_>,
) -> Result<Verification> {
    let mut found = Verification::default();
    let deed = match journal::read_deed(store) {
        Ok((deed, root)) if root.to_text() == home.root_key && deed.archive == home.archive => Some((deed, root)),
        Ok(_) => {
            found.fault(
                FaultKind::Forged,
                StoredName::Archive,
                text!("it is that of another archive", "c’est celui d’autres archives"),
            );
            None
        }
        Err(why) if why.kind == crate::Kind::Unavailable => return Err(why),
        Err(why) => {
            found.fault(FaultKind::Damaged, StoredName::Archive, why.problem);
            None
        }
    };
    let root = match &deed {
        Some((_, root)) => root.clone(),
        None => crate::seal::PublicKey::from_text(&home.root_key)?,
    };
    let mut ledger = Ledger::new(home.archive, root, Some(Live::default()));
    let mut remembered_seen = remembered.is_none();
    let Verification { segments, faults, .. } = &mut found;
    journal::follow(
        store,
        &mut ledger,
        &mut |_, link, _| {
            *segments += 1;
            remembered_seen |= remembered == Some(link.hash);
            Ok(())
        },
        &mut |fault| faults.push(fault),
    )?;
    if let Some(hash) = remembered.filter(|_| !remembered_seen) {
        found.fault(
            FaultKind::RolledBack,
            hash,
            text!("the chain does not hold this head", "la chaîne ne contient pas cette tête"),
        );
    }
    found.head = ledger.head;
    found.check_files(store, &ledger, progress)?;
    if !found.faults.is_empty() || !found.warnings.is_empty() {
        found.forget_the_moved(store, &ledger)?;
    }
    found.faults.sort_by(|one, other| (one.kind, &one.name).cmp(&(other.kind, &other.name)));
    Ok(found)
}

impl Verification {
    fn fault(&mut self, kind: FaultKind, name: impl ToString, why: Text) {
        self.faults.push(Fault::new(kind, name, why));
    }

    /// What must be there is there, with the right bytes; what must not be there is not.
    fn check_files(&mut self, store: &dyn Store, ledger: &Ledger, progress: Progress<'_>) -> Result<()> {
        let Some(live) = &ledger.live else { return Ok(()) };
        let mut present: BTreeMap<String, u64> = BTreeMap::new();
        store.list("", &mut |path, size| {
            present.insert(path.to_owned(), size);
        })?;
        let mut to_read = Vec::new();
        for (path, size) in &present {
            match StoredName::parse(path) {
                Some(StoredName::Archive | StoredName::Segment(..)) => self.files += 1,
                Some(name) if live.files.contains_key(&name) => to_read.push((name, *size)),
                Some(name) if live.retired.contains(&name) => {
                    self.fault(
                        FaultKind::Returned,
                        name,
                        text!("it was retired, and is here", "il a été retiré, et se trouve ici"),
                    );
                }
                _ if ledger.gap => {}
                _ => self.warnings.push((
                    path.clone(),
                    text!(
                        "No segment lists this file: it is not part of the archive.",
                        "Aucun segment ne mentionne ce fichier : il ne fait pas partie des archives."
                    ),
                )),
            }
        }
        let mut missing: Vec<_> = live.files.keys().filter(|name| !present.contains_key(&name.to_string())).collect();
        missing.sort_unstable();
        for name in missing {
            self.fault(FaultKind::Missing, name, text!("it is not in the store", "il n’est pas dans le dépôt"));
        }
        let damaged = self.hash_files(store, &to_read, live, progress)?;
        self.name_blobs(store, ledger, damaged)
    }

    /// Takes back what was only a file on its way: others may have committed while files were listed and read, and what they
    /// added and retired meanwhile is neither strange nor missing; what they retired a moment ago may still be being deleted.
    fn forget_the_moved(&mut self, store: &dyn Store, before: &Ledger) -> Result<()> {
        if self.faults.iter().any(|fault| fault.kind == FaultKind::Returned) {
            std::thread::sleep(DELETING);
        }
        let mut now = Ledger::new(before.archive, before.root.clone(), Some(Live::default()));
        journal::follow(store, &mut now, &mut |_, _, _| Ok(()), &mut |_| {})?;
        let live = now.live.filter(|_| now.head != before.head);
        let mut present = std::collections::HashSet::new();
        store.list("", &mut |path, _| {
            present.insert(path.to_owned());
        })?;
        let listed = |name: &StoredName| live.as_ref().is_none_or(|live| live.files.contains_key(name));
        // The blobs of a damaged object are named after it.
        let file = |fault: &Fault| StoredName::parse(fault.name.split(": ").next().unwrap_or_default());
        self.faults.retain(|fault| match (fault.kind, file(fault)) {
            (FaultKind::Returned, _) => present.contains(&fault.name),
            (FaultKind::Missing | FaultKind::Damaged, Some(name)) if name.is_retirable() => listed(&name),
            _ => true,
        });
        if let Some(live) = &live {
            self.warnings.retain(|(path, _)| StoredName::parse(path).is_none_or(|name| !live.files.contains_key(&name)));
        }
        Ok(())
    }

    fn hash_files(
        &mut self,
        store: &dyn Store,
        files: &[(StoredName, u64)],
        live: &Live,
        progress: Progress<'_>,
    ) -> Result<Vec<ObjectName>> {
        let all: u64 = files.iter().map(|(_, size)| size).sum();
        let (done, faults) = (AtomicU64::new(0), Mutex::new(Vec::new()));
        files.par_iter().try_for_each(|(name, size)| {
            // A size that is not the stated one needs no reading, and could be any length.
            let whole = live.files.get(name) == Some(size);
            let bytes = if whole { store.get(name)? } else { None };
            let sound = bytes.is_some_and(|bytes| name.digest().is_some_and(|digest| Digest::of(&bytes) == *digest));
            if !sound {
                faults.lock().unwrap_or_else(PoisonError::into_inner).push(*name);
            }
            progress(done.fetch_add(*size, Ordering::Relaxed) + size, all)
        })?;
        self.files += files.len() as u64;
        self.bytes += all;
        let faults = faults.into_inner().unwrap_or_else(PoisonError::into_inner);
        let mut damaged = Vec::new();
        for name in faults {
            self.fault(
                FaultKind::Damaged,
                name,
                text!("its bytes are not those that its name promises", "son contenu n’est pas celui que son nom promet"),
            );
            if let StoredName::Object(object) = name {
                damaged.push(object);
            }
        }
        Ok(damaged)
    }

    /// Which blobs of the damaged objects are damaged.
    fn name_blobs(&mut self, store: &dyn Store, ledger: &Ledger, damaged: Vec<ObjectName>) -> Result<()> {
        if damaged.is_empty() {
            return Ok(());
        }
        let mut packs = Vec::new();
        let mut again = Ledger::new(ledger.archive, ledger.root.clone(), Some(Live::default()));
        journal::follow(
            store,
            &mut again,
            &mut |_, _, segment| {
                let hit = |pack: &v1::Pack| pack.objects.iter().any(|(name, _)| damaged.contains(name));
                packs.extend(segment.packs.into_iter().filter(hit));
                Ok(())
            },
            &mut |_| {},
        )?;
        for pack in packs {
            for blob in damaged_blobs(store, &pack)? {
                self.fault(
                    FaultKind::Damaged,
                    format!("{}: blob {blob}", StoredName::Object(pack.objects[0].0)),
                    text!("this blob in it is damaged", "ce bloc qu’il contient est endommagé"),
                );
            }
        }
        Ok(())
    }
}

/// What the guides state, as far as they were read, and how the catalog compares.
struct Stated {
    ledger: Ledger,
    /// Segments that the catalog has not taken in yet, with whatever follows them: their guides are read once it has.
    waiting: Vec<(Link, v1::Segment)>,
    /// By which blob each subject is described; without those of which the catalog said the same.
    described: HashMap<SubjectId, BlobName>,
    /// Those of which it said something else.
    differing: Vec<SubjectId>,
}

impl Stated {
    fn nothing(archive: &Archive) -> Self {
        let ledger = Ledger::new(archive.deed.archive, archive.root.clone(), None);
        Self { ledger, waiting: Vec::new(), described: HashMap::new(), differing: Vec::new() }
    }

    /// Reads the guides from where they were read to.
    fn read_on(&mut self, archive: &Archive) -> Result<()> {
        let Self { ledger, waiting, described, .. } = self;
        let held = HeldKeys::default();
        let mut take = |waiting: &mut Vec<_>, link: Link, segment: v1::Segment| {
            // A segment lies in the store before the catalog holds the keys of its guides.
            let head = archive.catalog().head()?;
            let is_taken_in = head.is_some_and(|head| head.node != link.node || head.seq >= link.seq);
            if !is_taken_in || !waiting.is_empty() {
                waiting.push((link, segment));
                return Ok(());
            }
            let guides = read_guides(&*archive.store, &segment, link, &held, &archive.catalog())?;
            let arriving: HashSet<SubjectId> =
                guides.iter().flat_map(|(_, guide)| &guide.arrives).map(|arrival| arrival.subject).collect();
            for (_, guide) in guides {
                for left in guide.leaves.iter().filter(|subject| !arriving.contains(subject)) {
                    described.remove(left);
                }
                described.extend(guide.arrives.iter().map(|arrival| (arrival.subject, arrival.description)));
                described.extend(guide.descriptions);
            }
            Ok(())
        };
        for (link, segment) in std::mem::take(waiting) {
            take(waiting, link, segment)?;
        }
        journal::follow(&*archive.store, ledger, &mut |_, link, segment| take(waiting, link, segment), &mut |_| {})
    }

    /// Takes out whatever the catalog says the same of.
    fn compare(&mut self, archive: &Archive) -> Result<()> {
        let mut after = 0;
        loop {
            let subjects = archive.catalog().subjects_after(after, 4096)?;
            let Some((_, last)) = subjects.last() else { return Ok(()) };
            after = last.num;
            for (subject, row) in subjects {
                if self.described.get(&subject) == Some(&row.description) {
                    self.described.remove(&subject);
                } else {
                    self.differing.push(subject);
                }
            }
        }
    }

    /// Of which subjects it is open whether catalog and guides agree, in their order.
    fn open(&self) -> BTreeSet<SubjectId> {
        self.described.keys().chain(&self.differing).copied().collect()
    }
}

/// As much of some bytes as so many of all things are.
fn portion(bytes: u64, done: u64, all: u64) -> u64 {
    let portion = u128::from(bytes) * u128::from(done.min(all)) / u128::from(all.max(1));
    u64::try_from(portion).unwrap_or(bytes)
}

fn damaged_blobs(store: &dyn Store, pack: &v1::Pack) -> Result<Vec<BlobName>> {
    let [(object, _)] = &pack.objects[..] else {
        return Ok(pack.blobs.iter().map(|(name, _)| *name).collect());
    };
    let mut damaged = Vec::new();
    let mut start = 0;
    for (blob, size) in &pack.blobs {
        let bytes = store.range(&StoredName::Object(*object), start..start + size)?;
        if bytes.is_none_or(|bytes| Digest::of(&bytes) != *blob.digest()) {
            damaged.push(*blob);
        }
        start += size;
    }
    Ok(damaged)
}

impl Archive {
    /// Verifies everything: what [`verify_keyless`] does, then with keys.
    pub fn verify(&self, session: &Session, remembered: Option<SegmentHash>, progress: Progress<'_>) -> Result<Verification> {
        self.allowed(session, Act::Administer)?;
        {
            let _chain = self.lock_chain()?;
            self.delete_retired(&mut self.catalog())?;
        }
        // Known before the store is read: what others commit from here on may be in the home and not among what was read.
        let known = self.catalog().head()?;
        // Every stored byte is read twice: as it lies there, and as what it holds.
        let stored = AtomicU64::new(0);
        let bytes = |done, all| {
            stored.store(all, Ordering::Relaxed);
            progress(done, all * 2)
        };
        let mut found = verify_keyless(&*self.store, &self.home, remembered, &bytes)?;
        if let Some(head) = known
            && found.head.is_none_or(|there| there.node == head.node && there.seq < head.seq)
        {
            found.fault(
                FaultKind::RolledBack,
                StoredName::Segment(head.node, head.seq, head.hash),
                text!(
                    "this home knows a later head than the store holds",
                    "ce poste connaît une tête plus récente que celle du dépôt"
                ),
            );
        }
        if found.faults.iter().all(|fault| fault.kind == FaultKind::Late) {
            self.verify_catalog(&mut found)?;
        }
        let stored = stored.into_inner();
        let contents = |done: u64, all: u64| progress(stored + portion(stored, done, all), stored * 2);
        self.verify_contents(&mut found, &contents)?;
        self.remember_verified(&found);
        Ok(found)
    }

    /// Whether the catalog describes what the guides describe, neither more nor less, and each by the same blob. Both are read
    /// beside whoever commits; under the lock of the chain, only what was added meanwhile and what differed.
    fn verify_catalog(&self, found: &mut Verification) -> Result<()> {
        let mut stated = Stated::nothing(self);
        let beside = stated.read_on(self).and_then(|()| stated.compare(self)).and_then(|()| stated.read_on(self));
        let _chain = self.lock_current()?;
        if beside.is_err() {
            // What was being read has been moved: once more, while nobody can.
            stated = Stated::nothing(self);
        }
        stated.read_on(self)?;
        if beside.is_err() {
            stated.compare(self)?;
        }
        for subject in stated.open() {
            let fault = match (stated.described.get(&subject), self.catalog().subject(subject)?) {
                (described, Some(row)) if described != Some(&row.description) => {
                    text!(
                        "the catalog says something else of it than the journal",
                        "le catalogue en dit autre chose que le journal"
                    )
                }
                (Some(_), None) => text!("the catalog does not know it", "le catalogue ne le connaît pas"),
                _ => continue,
            };
            found.fault(FaultKind::Disagrees, subject, fault);
        }
        Ok(())
    }

    fn verify_contents(&self, found: &mut Verification, progress: Progress<'_>) -> Result<()> {
        let (records, done, all) = (AtomicU64::new(0), AtomicU64::new(0), self.catalog().subjects()?);
        let faults = Mutex::new(Vec::new());
        let mut after = 0;
        loop {
            let subjects = self.catalog().subjects_after(after, 512)?;
            let Some((_, last)) = subjects.last() else { break };
            after = last.num;
            subjects.par_iter().try_for_each(|(subject, row)| {
                let outcome = self.verify_subject(*subject, row, &records);
                progress(done.fetch_add(1, Ordering::Relaxed) + 1, all)?;
                match outcome {
                    Err(why) if why.kind == crate::Kind::Unavailable => Err(why),
                    Err(why) => {
                        let fault = Fault::new(FaultKind::Unreadable, subject, why.problem);
                        faults.lock().unwrap_or_else(PoisonError::into_inner).push(fault);
                        Ok(())
                    }
                    Ok(()) => Ok(()),
                }
            })?;
        }
        found.records = records.into_inner();
        let mut faults = faults.into_inner().unwrap_or_else(PoisonError::into_inner);
        faults.sort_by(|one: &Fault, other| one.name.cmp(&other.name));
        found.faults.extend(faults);
        Ok(())
    }

    fn verify_subject(&self, subject: SubjectId, row: &SubjectRow, records: &AtomicU64) -> Result<()> {
        let description = self.description(row)?;
        if description.subject != subject {
            return Err(error::corrupt(row.description, "it describes another subject"));
        }
        let Notice::Record(record) = description.notice else { return Ok(()) };
        records.fetch_add(1, Ordering::Relaxed);
        for component in &record.components {
            if let Bytes::Stored(blob) = &component.bytes {
                let digest = self.digest_of(blob)?;
                if digest != *component.content.digest() {
                    return Err(error::corrupt(blob.blob, "its bytes are not those that were captured"));
                }
            }
        }
        let texts = record.text.iter().map(|text| &text.blob);
        let of_pages = record.images.iter().chain(&record.words).map(|pages| &pages.blob);
        for blob in texts.chain(&record.thumbnail).chain(of_pages) {
            self.digest_of(blob)?;
        }
        Ok(())
    }

    /// Verifies the stored originals of one record: reads them back and compares. Nothing is given to anyone.
    pub fn verify_record(&self, session: &Session, id: RecordId) -> Result<Vec<Checked>> {
        let row = self.permitted(session, Act::Read, UnitId::Record(id))?;
        let mut checked = Vec::new();
        for (number, component) in (1..).zip(&self.record(&row)?.components) {
            let Bytes::Stored(blob) = &component.bytes else { continue };
            let fault = match self.digest_of(blob) {
                Err(why) if why.kind == crate::Kind::Unavailable => return Err(why),
                Err(why) => Some(why.problem),
                Ok(digest) if digest == *component.content.digest() => None,
                Ok(_) => Some(error::corrupt(blob.blob, "its bytes are not those that were captured").problem),
            };
            checked.push(Checked { number, bytes: component.size, fault });
        }
        Ok(checked)
    }

    fn digest_of(&self, blob: &BlobRef) -> Result<[u8; 32]> {
        let mut digest = Digest::default();
        let length = io::copy(&mut self.open_blob(blob)?, &mut digest).map_err(read_error)?;
        if length != blob.length {
            return Err(error::corrupt(blob.blob, "it is not as long as its description says"));
        }
        Ok(digest.finish())
    }
}
