//! What the end-to-end tests share: archives in memory, and stores that fail.

pub mod world;
