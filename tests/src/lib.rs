//! What the end-to-end tests share: archives in memory, stores in trouble, what an archive says of itself.

pub mod account;
pub mod bench;
pub mod binary;
pub mod browse;
pub mod chromium;
pub mod documents;
pub mod hostile;
pub mod stores;
pub mod world;
