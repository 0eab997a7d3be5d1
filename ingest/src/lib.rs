//! Bytes in, extractions out: sources are walked, documents are read by workers that nothing escapes. Knows
//! nothing of stores, keys or terminals.

#![warn(missing_docs)]

mod extract;
pub mod findings;
#[cfg(fuzzing)]
pub mod fuzz;
mod identify;
pub mod limits;
pub mod pronom;
pub mod recognition;
pub mod source;
mod thumbnail;
pub mod worker;
