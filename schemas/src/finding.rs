//! Findings: what could not be read of a document, and what to do about it. A finding is never a
//! reason to lose or refuse the document.

use crate::Text;
use serde::{Deserialize, Serialize};

/// One thing that reading a document ran into.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// Its number, stable for ever: what `list 'finding:12'` asks for.
    pub number: u16,
    /// What happened.
    pub problem: Text,
    /// What one can do.
    pub remedy: Text,
}
