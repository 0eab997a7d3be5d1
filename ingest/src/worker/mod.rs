//! Workers: processes without keys, files or network in which untrusted bytes are parsed. The program executes
//! itself anew as `worker`, shuts itself in, and only then reads a byte.

mod asked;
mod child;
mod document;
mod page;
mod pool;
mod process;
mod protocol;
mod sandbox;
mod tool;
pub(crate) mod trust;

pub use child::{run, shut_in};
pub use document::Document;
pub use page::PageImage;
pub(crate) use page::Scan;
pub use pool::Pool;
pub(crate) use tool::{Failure, Tool};

/// Takes bytes as all that a worker could answer.
#[cfg(fuzzing)]
pub(crate) fn fuzz(bytes: &[u8]) {
    drop(pool::extraction(&mut &bytes[..]));
    drop(trust::scan(bytes.to_vec()));
    drop(trust::rows(bytes));
    drop(serde_json::from_slice(bytes).map(trust::told));
}
