//! The archive engine: seal, store, journal, keys, catalog, index, policy, and the verbs over them.
//! It knows nothing of file formats, HTTP or terminals. `ARCHITECTURE.md` has the map.

#![warn(missing_docs)]

pub mod archive;
mod cache;
pub mod catalog;
pub mod clock;
mod database;
pub mod error;
pub mod index;
pub mod journal;
pub mod keys;
pub mod local;
mod lock;
pub mod policy;
pub mod proof;
pub mod query;
pub mod seal;
pub mod spool;
mod spread;
pub mod store;
pub mod veil;

pub use error::{Error, Kind, Result};
