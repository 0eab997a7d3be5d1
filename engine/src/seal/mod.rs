//! The one door between plain and stored bytes. `age`, SHA-256, Ed25519 and zstd are named here and
//! nowhere else; what leaves for the store is [`Storable`], which only this room can make.
//!
//! ```compile_fail
//! // Plain bytes cannot be stored: nothing outside this room makes a `Storable`.
//! let _ = chartrier_engine::seal::Storable(b"in clear".to_vec());
//! ```

mod blob;
mod key;
mod signature;

pub use blob::{
    Digest, Opened, SealedBlob, Sealer, blob_name, compress_pays, content_of, open, open_reader, seal, seal_coded, seal_to,
};
pub use key::{Recipient, SecretKey, derive, open_passphrase, random_bits, seal_passphrase};
pub use signature::{PublicKey, SigningKey, envelope_body, sign_envelope, verify_envelope};

/// Bytes that may be stored: sealed by age, or signed in clear. Cheap to clone.
#[derive(Clone)]
pub struct Storable(bytes::Bytes);

impl Storable {
    /// The bytes.
    pub fn bytes(&self) -> &bytes::Bytes {
        &self.0
    }

    /// Sealed blobs end to end.
    pub fn pack(blobs: &[SealedBlob]) -> Self {
        if let [one] = blobs {
            return Self(one.bytes().clone());
        }
        let mut all = Vec::with_capacity(blobs.iter().map(|blob| blob.bytes().len()).sum());
        for blob in blobs {
            all.extend_from_slice(blob.bytes());
        }
        Self(all.into())
    }

    /// Cut into pieces of at most `size` bytes.
    pub fn cut(&self, size: usize) -> Vec<Self> {
        (0..self.0.len()).step_by(size).map(|start| Self(self.0.slice(start..self.0.len().min(start + size)))).collect()
    }

    /// SHA-256 of the bytes.
    pub fn digest(&self) -> [u8; 32] {
        Digest::of(&self.0)
    }

    /// One object's worth of a blob that is being sealed: only [`Sealer`] output comes here.
    pub(crate) fn piece(sealed: Vec<u8>) -> Self {
        Self(sealed.into())
    }
}
