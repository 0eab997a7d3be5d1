//! Where stored files lie: any `object_store`, and nothing else. The contract is written on [`Store`],
//! and one suite of tests runs it against every implementation.
//!
//! Retries, counting and faults are wrappers around a [`Store`], never flags on one.

mod name;
mod object;

pub use name::StoredName;
pub use object::{ObjectStore, open};

use crate::{Result, seal::Storable};
use bytes::Bytes;
use std::{ops::Range, sync::Arc};

/// A place for stored files.
///
/// The contract:
/// - [`put`](Self::put) has made the file durable, name and bytes, when it returns `Ok`. It never
///   changes a file: put again with the same bytes it does nothing, with other bytes it fails. After an
///   error the file is there whole or not at all, and nothing tells which.
/// - [`get`](Self::get) and [`range`](Self::range) answer `None` for what is not there, never for
///   what could not be read.
/// - [`delete`](Self::delete) of what is not there succeeds; once it returns `Ok` the deletion is durable.
/// - [`list`](Self::list) gives every file whose name begins with the prefix and whose [`put`](Self::put)
///   has returned, in any order.
pub trait Store: Send + Sync {
    /// Adds a file.
    fn put(&self, name: &StoredName, bytes: &Storable) -> Result<()>;

    /// A whole file.
    fn get(&self, name: &StoredName) -> Result<Option<Bytes>>;

    /// Some bytes of a file; fewer where it ends before.
    fn range(&self, name: &StoredName, range: Range<u64>) -> Result<Option<Bytes>>;

    /// Takes files away.
    fn delete(&self, names: &[StoredName]) -> Result<()>;

    /// Every file below a prefix (`journal/`), its path and its size. Paths that no [`StoredName`] has
    /// are given too.
    fn list(&self, prefix: &str, each: &mut dyn FnMut(&str, u64)) -> Result<()>;

    /// Removes what interrupted [`put`](Self::put)s left under no name; answers how many. Only while nobody
    /// else writes.
    fn sweep(&self) -> Result<u64>;
}

impl<S: Store + ?Sized> Store for Arc<S> {
    fn put(&self, name: &StoredName, bytes: &Storable) -> Result<()> {
        (**self).put(name, bytes)
    }

    fn get(&self, name: &StoredName) -> Result<Option<Bytes>> {
        (**self).get(name)
    }

    fn range(&self, name: &StoredName, range: Range<u64>) -> Result<Option<Bytes>> {
        (**self).range(name, range)
    }

    fn delete(&self, names: &[StoredName]) -> Result<()> {
        (**self).delete(names)
    }

    fn list(&self, prefix: &str, each: &mut dyn FnMut(&str, u64)) -> Result<()> {
        (**self).list(prefix, each)
    }

    fn sweep(&self) -> Result<u64> {
        (**self).sweep()
    }
}
