//! The journal: signed, chained segments, and what follows from them without any key. Reading stops at
//! nothing that can be named as a fault, and accepts nothing that the chain does not prove.

mod chain;
mod fault;
mod ledger;

pub use chain::{Link, follow, is_succeeded, read_all, read_deed};
pub use fault::{Fault, FaultKind};
pub use ledger::{Ledger, Live, added_files, pieces, retired_names};

use crate::{Result, error};
use chartrier_schemas::{ArchiveId, NodeId, persisted::v1};

/// Signs the root key's word for a registrar.
pub fn appoint(
    root: &crate::seal::SigningKey,
    archive: ArchiveId,
    registrar: NodeId,
    signing_key: &crate::seal::PublicKey,
    succeeds: Option<v1::Head>,
    time: String,
) -> Result<serde_json::Value> {
    let appointment =
        v1::Appointment { format: v1::FORMAT, archive, registrar, signing_key: signing_key.to_text(), succeeds, time };
    let envelope = crate::seal::sign_envelope(&appointment, root)?;
    // The envelope is kept as text: its exact bytes are what was signed.
    let text = String::from_utf8(envelope.bytes().to_vec()).map_err(error::bug)?;
    Ok(serde_json::Value::String(text))
}
