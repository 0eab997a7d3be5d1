//! Stores for tests: one whose bytes the test can reach, one that fails or stops at its n-th call, one that counts.

use bytes::Bytes;
use chartrier_engine::{
    Result, error,
    seal::Storable,
    store::{Store, StoredName},
};
use std::{
    collections::BTreeMap,
    ops::Range,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

/// A store in memory that keeps the contract, and whose files a test may change behind its back.
#[derive(Default)]
pub struct OpenStore(Mutex<BTreeMap<String, Bytes>>);

impl OpenStore {
    /// Every file.
    pub fn files(&self) -> MutexGuard<'_, BTreeMap<String, Bytes>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A copy that goes its own way.
    pub fn fork(&self) -> Arc<Self> {
        Arc::new(Self(Mutex::new(self.files().clone())))
    }
}

impl Store for OpenStore {
    fn put(&self, name: &StoredName, bytes: &Storable) -> Result<()> {
        let mut files = self.files();
        let there = files.entry(name.to_string()).or_insert_with(|| bytes.bytes());
        if *there == bytes.bytes() { Ok(()) } else { Err(error::corrupt(*name, "other bytes are there")) }
    }

    fn get(&self, name: &StoredName) -> Result<Option<Bytes>> {
        Ok(self.files().get(&name.to_string()).cloned())
    }

    fn range(&self, name: &StoredName, range: Range<u64>) -> Result<Option<Bytes>> {
        Ok(self.files().get(&name.to_string()).map(|bytes| {
            let end = (range.end as usize).min(bytes.len());
            bytes.slice((range.start as usize).min(end)..end)
        }))
    }

    fn delete(&self, names: &[StoredName]) -> Result<()> {
        names.iter().for_each(|name| drop(self.files().remove(&name.to_string())));
        Ok(())
    }

    fn list(&self, prefix: &str, each: &mut dyn FnMut(&str, u64)) -> Result<()> {
        let files = self.files().clone();
        files.iter().filter(|(name, _)| name.starts_with(prefix)).for_each(|(name, bytes)| each(name, bytes.len() as u64));
        Ok(())
    }

    fn sweep(&self) -> Result<u64> {
        Ok(0)
    }
}

/// What happens at a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// It fails, and has done nothing; what follows works.
    Fails,
    /// It has done its work, and its answer is lost; what follows works.
    AnswerLost,
    /// The machine stops before it: nothing works any more.
    StopsBefore,
    /// The machine stops after it.
    StopsAfter,
}

/// Every kind of trouble.
pub const TROUBLES: [Trouble; 4] = [Trouble::Fails, Trouble::AnswerLost, Trouble::StopsBefore, Trouble::StopsAfter];

/// A store in trouble at its n-th call.
pub struct Troubled<S> {
    inner: S,
    trouble: Trouble,
    at: u64,
    calls: AtomicU64,
}

impl<S: Store> Troubled<S> {
    /// Trouble at call number `at`, from 1.
    pub fn new(inner: S, trouble: Trouble, at: u64) -> Self {
        Self { inner, trouble, at, calls: AtomicU64::new(0) }
    }

    /// Calls so far.
    pub fn calls(&self) -> u64 {
        self.calls.load(Ordering::SeqCst)
    }

    fn call<T>(&self, work: impl FnOnce(&S) -> Result<T>) -> Result<T> {
        let number = self.calls.fetch_add(1, Ordering::SeqCst) + 1;
        let lost = || Err(error::unavailable("reach the store", "trouble, as the test wants it"));
        let stopped = matches!(self.trouble, Trouble::StopsBefore | Trouble::StopsAfter);
        match number.cmp(&self.at) {
            std::cmp::Ordering::Less => work(&self.inner),
            std::cmp::Ordering::Greater if stopped => lost(),
            std::cmp::Ordering::Greater => work(&self.inner),
            std::cmp::Ordering::Equal => {
                if matches!(self.trouble, Trouble::AnswerLost | Trouble::StopsAfter) {
                    work(&self.inner)?;
                }
                lost()
            }
        }
    }
}

impl<S: Store> Store for Troubled<S> {
    fn put(&self, name: &StoredName, bytes: &Storable) -> Result<()> {
        self.call(|store| store.put(name, bytes))
    }

    fn get(&self, name: &StoredName) -> Result<Option<Bytes>> {
        self.call(|store| store.get(name))
    }

    fn range(&self, name: &StoredName, range: Range<u64>) -> Result<Option<Bytes>> {
        self.call(|store| store.range(name, range))
    }

    fn delete(&self, names: &[StoredName]) -> Result<()> {
        self.call(|store| store.delete(names))
    }

    fn list(&self, prefix: &str, each: &mut dyn FnMut(&str, u64)) -> Result<()> {
        self.call(|store| store.list(prefix, each))
    }

    fn sweep(&self) -> Result<u64> {
        self.call(Store::sweep)
    }
}

/// A store that says when it is about to be read or written.
pub struct Watched<S> {
    inner: S,
    before: Box<dyn Fn() + Send + Sync>,
}

impl<S: Store> Watched<S> {
    /// Calls `before` whenever something is to be read or written.
    pub fn new(inner: S, before: impl Fn() + Send + Sync + 'static) -> Self {
        Self { inner, before: Box::new(before) }
    }
}

impl<S: Store> Store for Watched<S> {
    fn put(&self, name: &StoredName, bytes: &Storable) -> Result<()> {
        (self.before)();
        self.inner.put(name, bytes)
    }

    fn get(&self, name: &StoredName) -> Result<Option<Bytes>> {
        (self.before)();
        self.inner.get(name)
    }

    fn range(&self, name: &StoredName, range: Range<u64>) -> Result<Option<Bytes>> {
        (self.before)();
        self.inner.range(name, range)
    }

    fn delete(&self, names: &[StoredName]) -> Result<()> {
        self.inner.delete(names)
    }

    fn list(&self, prefix: &str, each: &mut dyn FnMut(&str, u64)) -> Result<()> {
        (self.before)();
        self.inner.list(prefix, each)
    }

    fn sweep(&self) -> Result<u64> {
        self.inner.sweep()
    }
}
