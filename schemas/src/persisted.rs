//! The stored forms, as `FORMAT.md` describes them: one module per format version, never changed once
//! an archive has been written in it.

pub mod v1;
