//! Who can open what: the home's own secrets, the recovery sheet, labels and their grants, key pages.

mod files;
mod label;
mod page;

pub use files::{Home, NodeSecrets, RecoverySheet, Unlock, make_home};
pub use label::Label;
pub use page::{SubjectKeys, merge, open_page, seal_page};
