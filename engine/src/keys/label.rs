//! Labels: the cryptographic side of one exact marking, and the grants that hand their identities out.

use crate::{
    Result, error,
    seal::{Recipient, SealedBlob, SecretKey, open, seal_to},
};
use chartrier_schemas::{
    LabelId, Marking,
    persisted::v1::{self, Purpose},
};

/// A label whose identity this node holds.
#[derive(Clone, Debug)]
pub struct Label {
    /// The label.
    pub id: LabelId,
    /// Number of its key pair.
    pub generation: u32,
    /// What it is for.
    pub purpose: Purpose,
    /// Its secret half.
    pub identity: SecretKey,
}

impl Label {
    /// A new label.
    pub fn new(purpose: Purpose) -> Result<Self> {
        Ok(Self { id: LabelId::from_bits(crate::seal::random_bits()?), generation: 1, purpose, identity: SecretKey::generate()? })
    }

    /// The same label with a new key pair.
    pub fn rotated(&self) -> Result<Self> {
        Ok(Self { generation: self.generation + 1, identity: SecretKey::generate()?, ..self.clone() })
    }

    /// What the registrar declares of it.
    pub fn declaration(&self) -> Result<v1::LabelDeclaration> {
        Ok(v1::LabelDeclaration {
            id: self.id,
            generation: self.generation,
            suite: v1::SUITE.to_owned(),
            recipient: self.identity.recipient()?.to_string(),
        })
    }

    /// Its identity, sealed to one holder.
    pub fn grant(&self, to: &Recipient) -> Result<SealedBlob> {
        let body = v1::GrantBody {
            format: v1::FORMAT,
            label: self.id,
            generation: self.generation,
            purpose: self.purpose.clone(),
            identity: self.identity.to_text().to_string(),
        };
        seal_to(&serde_json::to_vec(&body).map_err(error::bug)?, to)
    }

    /// Opens a grant.
    pub fn from_grant(sealed: &[u8], holder: &SecretKey) -> Result<Self> {
        let body: v1::GrantBody = serde_json::from_slice(&open(sealed, holder)?).map_err(|why| error::corrupt("a grant", why))?;
        Ok(Self {
            id: body.label,
            generation: body.generation,
            purpose: body.purpose,
            identity: SecretKey::from_text(&body.identity)?,
        })
    }

    /// The marking that it stands for; nothing for the audit.
    pub fn marking(&self) -> Option<&Marking> {
        match &self.purpose {
            Purpose::Marking(marking) => Some(marking),
            Purpose::Audit => None,
        }
    }
}
