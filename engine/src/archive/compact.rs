//! Compaction: small or half empty objects become full ones. Blobs move as they are, sealed; no entry
//! changes. Also takes away what interrupted work left in the store and no segment lists.

use super::{
    Archive, OpenOptions,
    draft::Draft,
    open::{self, catalog_key},
};
use crate::{
    Result,
    catalog::{Catalog, Opened},
    error,
    journal::{self, Ledger},
    seal::SealedBlob,
    store::StoredName,
};
use chartrier_schemas::{BlobName, ObjectName};
use std::path::Path;

/// Objects below this many bytes are small.
const SMALL: u64 = 4 << 20;

/// Bytes that one step of compaction holds in memory at most.
const STEP: u64 = 64 << 20;

/// What a compaction did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Compacted {
    /// Objects retired.
    pub retired: u64,
    /// Files that no segment listed, removed.
    pub swept: u64,
}

impl Archive {
    /// Compacts, alone on the home.
    pub fn compact(folder: &Path, options: &OpenOptions) -> Result<Compacted> {
        let parts = open::parts(folder, options)?;
        let lock = open::lock_alone(&parts.home)?;
        let path = parts.home.path("catalog.db");
        let Opened::Ready(catalog) = Catalog::open(&path, &catalog_key(&parts.secrets), parts.deed.archive)? else {
            drop(lock);
            return Self::open(folder, options).map(|_| Compacted::default());
        };
        let archive = Self::assemble_new(parts, catalog, options, lock);
        // Nothing is moved in a store with a fault that can be named.
        archive.sound_chain()?;
        let mut done = Compacted::default();
        loop {
            let chain = archive.lock_current()?;
            archive.delete_retired(&mut archive.catalog())?;
            let step = step_of(archive.catalog().small_packs(SMALL)?);
            if step.is_empty() {
                break;
            }
            done.retired += step.len() as u64;
            let mut draft = Draft::default();
            for (object, blobs) in step {
                archive.gather(&mut draft, object, &blobs)?;
            }
            archive.commit_locked(chain, draft)?;
        }
        done.swept = archive.sweep()?;
        Ok(done)
    }

    /// Takes the blobs of an object into the draft, each checked against its name.
    fn gather(&self, draft: &mut Draft, object: ObjectName, blobs: &[(BlobName, u64)]) -> Result<()> {
        let name = StoredName::Object(object);
        for (blob, _) in blobs {
            let place = self.catalog().blob(blob)?.ok_or_else(|| error::corrupt(blob, "the catalog does not place it"))?;
            let bytes = self.store.range(&name, place.start..place.start + place.size)?;
            let bytes = bytes.ok_or_else(|| error::corrupt(name, "it is not in the store"))?;
            draft.moved.push(SealedBlob::stored(bytes, *blob)?);
        }
        draft.retires.push(name);
        Ok(())
    }

    /// What the chain establishes, where nothing is wrong with it.
    fn sound_chain(&self) -> Result<Ledger> {
        let mut found = None;
        let ledger = journal::read_all(&*self.store, &mut |_, _, _| Ok(()), &mut |fault| {
            found.get_or_insert(fault);
        })?;
        found.map_or(Ok(ledger), |fault| Err(fault.into_error()))
    }

    /// Removes files that no segment lists. Safe here: nobody else has this home open, and only homes
    /// that the registrar declared write.
    fn sweep(&self) -> Result<u64> {
        let ledger = self.sound_chain()?;
        let live = ledger.live.unwrap_or_default();
        let mut unlisted = Vec::new();
        for room in ["objects", "keys", "grants"] {
            self.store.list(room, &mut |path, _| {
                unlisted.extend(StoredName::parse(path).filter(|name| !live.files.contains_key(name)));
            })?;
        }
        self.store.delete(&unlisted)?;
        Ok(unlisted.len() as u64 + self.store.sweep()?)
    }
}

/// The packs to move in one step: at least two, as many as memory allows.
fn step_of(packs: Vec<(ObjectName, Vec<(BlobName, u64)>)>) -> Vec<(ObjectName, Vec<(BlobName, u64)>)> {
    let mut size = 0;
    let held = |blobs: &[(BlobName, u64)]| blobs.iter().map(|(_, size)| size).sum::<u64>();
    let step: Vec<_> = packs
        .into_iter()
        .take_while(|(_, blobs)| {
            size += held(blobs);
            size <= STEP
        })
        .collect();
    let all: u64 = step.iter().map(|(_, blobs)| held(blobs)).sum();
    // Moving must make fewer objects: else every run would move the same blobs again.
    let after = all.div_ceil(chartrier_schemas::persisted::v1::OBJECT_BYTES).max(1);
    if (step.len() as u64) > after { step } else { Vec::new() }
}
