//! Opening a home: locks, keys, store, catalog, and what the store has beyond the catalog.

use super::{
    search::{Answer, Question},
    session::FactCache,
};
use crate::{
    Result,
    cache::Cache,
    catalog::{Catalog, LabelRow, Opened},
    clock::Clock,
    error,
    index::LabelReader,
    journal::{self, Ledger},
    keys::{Home, NodeSecrets, Unlock},
    local::Local,
    lock,
    seal::{self, PublicKey},
    spool::Spool,
    store::{self, Store},
};
use chartrier_schemas::{BlobName, Marking, PersonId, persisted::v1, text};
use std::{
    collections::HashMap,
    fs::{File, OpenOptions as FileOptions, TryLockError},
    path::Path,
    sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock},
    time::SystemTime,
};
use zeroize::Zeroizing;

/// Memory for texts, in bytes.
const TEXTS: usize = 24 << 20;

/// Memory for what was found, in bytes.
const FOUND: usize = 8 << 20;

/// What opening a home needs beside its folder.
#[derive(Clone)]
pub struct OpenOptions {
    /// How to unlock it.
    pub unlock: Unlock,
    /// Where the time comes from.
    pub clock: Arc<dyn Clock>,
    /// A store to use instead of the one that the home names: for tests.
    pub store: Option<Arc<dyn Store>>,
}

/// An open home, shared by every verb. Several processes, and several threads of one, may have one
/// home open at once.
pub struct Archive {
    pub(super) home: Home,
    pub(super) store: Arc<dyn Store>,
    pub(super) secrets: NodeSecrets,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) deed: v1::ArchiveDeed,
    pub(super) root: PublicKey,
    pub(super) catalog: Mutex<Catalog>,
    pub(super) cache: RwLock<Arc<FactCache>>,
    pub(super) readers: RwLock<HashMap<u16, (SystemTime, LabelReader)>>,
    /// Texts that were captured or shown a moment ago: the index takes them in without opening their blobs.
    texts: Cache<BlobName, Arc<str>>,
    /// What was found a moment ago: the next page, and the way from record to record, ask the same again.
    pub(super) found: Cache<Question, Arc<Answer>>,
    /// Opened when somebody signs in.
    pub(super) local: Mutex<Option<Local>>,
    pub(super) spool: Spool,
    _home_lock: File,
}

/// The lock files of a home.
pub(super) fn lock_file(home: &Home, name: &str) -> Result<File> {
    let path = home.path("locks").join(name);
    FileOptions::new()
        .create(true)
        .truncate(false)
        .read(true)
        .write(true)
        .open(path)
        .map_err(|why| error::io("open a lock file of the home", &why))
}

/// Takes the lock of a home that only one may hold: for a rebuild.
pub(super) fn lock_alone(home: &Home) -> Result<File> {
    let lock = lock_file(home, "home")?;
    match lock::try_alone(&lock) {
        Ok(()) => Ok(lock),
        Err(TryLockError::WouldBlock) => Err(error::locked(
            text!("This home is in use by another process.", "Ce poste est utilisé par un autre processus."),
            text!("Stop it, then run the command again.", "Arrêtez-le, puis relancez la commande."),
        )),
        Err(TryLockError::Error(why)) => Err(error::io("lock the home", &why)),
    }
}

fn lock_shared(home: &Home) -> Result<File> {
    let lock = lock_file(home, "home")?;
    match lock::try_shared(&lock) {
        Ok(()) => Ok(lock),
        Err(TryLockError::WouldBlock) => Err(error::locked(
            text!(
                "This home is being rebuilt by another process.",
                "Ce poste est en cours de reconstruction par un autre processus."
            ),
            text!("Wait until it has finished.", "Attendez qu’il ait fini."),
        )),
        Err(TryLockError::Error(why)) => Err(error::io("lock the home", &why)),
    }
}

/// What a home and its store agree on, before the catalog is looked at.
#[derive(Clone)]
pub(super) struct Parts {
    pub(super) home: Home,
    pub(super) store: Arc<dyn Store>,
    pub(super) secrets: NodeSecrets,
    pub(super) deed: v1::ArchiveDeed,
    pub(super) root: PublicKey,
}

pub(super) fn parts(folder: &Path, options: &OpenOptions) -> Result<Parts> {
    parts_of(Home::read(folder)?, options)
}

pub(super) fn parts_of(home: Home, options: &OpenOptions) -> Result<Parts> {
    let secrets = home.unlock(&options.unlock)?;
    let store = match &options.store {
        Some(store) => store.clone(),
        None => Arc::new(store::open(&home.store, false)?),
    };
    let (deed, root) = remembered_deed(&*store, &home)?;
    Ok(Parts { home, store, secrets, deed, root })
}

/// `archive.json`, if it is the one that this home remembers.
fn remembered_deed(store: &dyn Store, home: &Home) -> Result<(v1::ArchiveDeed, PublicKey)> {
    let (deed, root) = journal::read_deed(store)?;
    if deed.archive != home.archive || root.to_text() != home.root_key {
        return Err(error::corrupt("archive.json", "it is that of another archive than this home remembers"));
    }
    Ok((deed, root))
}

/// The store of a home that stays locked: for a verification without keys.
pub fn keyless_store(folder: &Path) -> Result<(Arc<dyn Store>, Home)> {
    let home = Home::read(folder)?;
    let store = store::open(&home.store, false)?;
    Ok((Arc::new(store), home))
}

/// The catalog's key: derived, so that no key lies in the home but the node's own.
pub(super) fn catalog_key(secrets: &NodeSecrets) -> Zeroizing<[u8; 32]> {
    seal::derive(&secrets.identity, "catalog")
}

impl Archive {
    /// Opens a home, and takes in what its store has beyond its catalog.
    pub fn open(folder: &Path, options: &OpenOptions) -> Result<Self> {
        let parts = parts(folder, options)?;
        let home_lock = lock_shared(&parts.home)?;
        let key = catalog_key(&parts.secrets);
        let Opened::Ready(catalog) = Catalog::open(&parts.home.path("catalog.db"), &key, parts.deed.archive)? else {
            return Err(crate::Error {
                kind: crate::Kind::Unavailable,
                problem: text!("This home has no usable catalog.", "Ce poste n’a pas de catalogue utilisable."),
                remedy: text!(
                    "Run `chartrier rebuild`: it makes catalog and index anew from the store. Nothing is lost.",
                    "Lancez `chartrier rebuild` : il refait le catalogue et l’index à partir du dépôt. Rien n’est perdu."
                ),
            });
        };
        Self::assemble(parts, catalog, options, home_lock)
    }

    pub(super) fn assemble_new(parts: Parts, catalog: Catalog, options: &OpenOptions, home_lock: File) -> Self {
        let spool = Spool::new(parts.home.path("uploads"), parts.secrets.identity.clone());
        Self {
            home: parts.home,
            store: parts.store,
            secrets: parts.secrets,
            clock: options.clock.clone(),
            deed: parts.deed,
            root: parts.root,
            catalog: Mutex::new(catalog),
            cache: RwLock::default(),
            readers: RwLock::default(),
            texts: Cache::new(TEXTS),
            found: Cache::new(FOUND),
            local: Mutex::default(),
            spool,
            _home_lock: home_lock,
        }
    }

    fn assemble(parts: Parts, catalog: Catalog, options: &OpenOptions, home_lock: File) -> Result<Self> {
        let archive = Self::assemble_new(parts, catalog, options, home_lock);
        if archive.is_behind()? || !archive.catalog().pending()?.is_empty() {
            let _chain = archive.lock_current()?;
            archive.delete_retired(&mut archive.catalog())?;
        }
        Ok(archive)
    }

    /// Whether the store has segments that the catalog has not.
    fn is_behind(&self) -> Result<bool> {
        let Some(head) = self.catalog().head()? else { return Ok(true) };
        let nodes = self.catalog().ledger(self.deed.archive, self.root.clone())?.nodes;
        let (mut here, mut beyond) = (false, false);
        self.store.list("journal", &mut |path, _| {
            if let Some(store::StoredName::Segment(node, seq, hash)) = store::StoredName::parse(path) {
                here |= node == head.node && seq == head.seq && hash == head.hash;
                // A chain of a node that nobody knows: another registrar has taken over.
                beyond |= if node == head.node { seq > head.seq } else { !nodes.contains_key(&node) };
            }
        })?;
        Ok(beyond || !here)
    }

    /// The lock of the chain: one committer at a time, and the only writer of the catalog.
    pub(super) fn lock_chain(&self) -> Result<File> {
        // The kernel's lock belongs to the open file, which threads of one process share: each taker
        // opens its own.
        let own = lock_file(&self.home, "chain")?;
        own.lock().map_err(|why| error::io("lock the chain", &why))?;
        Ok(own)
    }

    /// The same, and the catalog brought up to the store: what a verb decides by and commits on.
    pub(super) fn lock_current(&self) -> Result<Chain> {
        let own = self.lock_chain()?;
        let ledger = self.catch_up(&mut self.catalog())?;
        Ok(Chain { ledger, _own: own })
    }

    /// The chain as it was read a moment ago, for who takes it over: what has been written since is looked for when it is committed on.
    pub(super) fn lock_as_read(&self, ledger: Ledger) -> Result<Chain> {
        Ok(Chain { ledger, _own: self.lock_chain()? })
    }

    /// The catalog, for a moment. Never held across work on the store.
    pub(super) fn catalog(&self) -> MutexGuard<'_, Catalog> {
        self.catalog.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A text that is in memory.
    pub(super) fn remembered_text(&self, blob: &BlobName) -> Option<Arc<str>> {
        self.texts.get(blob)
    }

    /// Keeps a text in memory for a while.
    pub(super) fn remember_text(&self, blob: BlobName, text: Arc<str>) {
        let size = text.len() + 128;
        self.texts.put(blob, text, size);
    }

    /// Now, as it is written.
    pub(super) fn now(&self) -> String {
        crate::clock::written(self.clock.now())
    }

    /// Who acts when nobody else is named: the person of this home.
    pub fn owner(&self) -> PersonId {
        self.home.person
    }

    /// The store's URL.
    pub fn store_url(&self) -> &str {
        &self.home.store
    }

    /// The archive's id.
    pub fn id(&self) -> chartrier_schemas::ArchiveId {
        self.deed.archive
    }

    /// The label of a marking, where it has been used.
    pub(super) fn label_of(catalog: &Catalog, marking: &Marking) -> Result<Option<LabelRow>> {
        Ok(catalog.labels()?.into_iter().find(|row| row.label.marking() == Some(marking)))
    }
}

/// The chain, locked until this is dropped, and what its segments establish.
pub(super) struct Chain {
    pub(super) ledger: Ledger,
    _own: File,
}
