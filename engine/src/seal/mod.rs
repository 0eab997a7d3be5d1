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

/// Bytes that may be stored: sealed by age, or signed in clear. In parts that follow each other, so that a pack of blobs is
/// not copied together to be written. Cheap to clone.
#[derive(Clone)]
pub struct Storable(Vec<bytes::Bytes>);

impl Storable {
    /// The bytes, in one piece.
    pub fn bytes(&self) -> bytes::Bytes {
        match &self.0[..] {
            [one] => one.clone(),
            parts => parts.concat().into(),
        }
    }

    /// The bytes, part by part.
    pub fn parts(&self) -> &[bytes::Bytes] {
        &self.0
    }

    /// How many bytes there are.
    pub fn size(&self) -> u64 {
        self.0.iter().map(|part| part.len() as u64).sum()
    }

    /// Sealed blobs end to end.
    pub fn pack(blobs: &[SealedBlob]) -> Self {
        Self(blobs.iter().map(|blob| blob.bytes().clone()).collect())
    }

    /// Cut into pieces of at most `size` bytes.
    pub fn cut(&self, size: usize) -> Vec<Self> {
        let (mut pieces, mut piece, mut room) = (Vec::new(), Vec::new(), size);
        for part in &self.0 {
            let mut rest = part.clone();
            while !rest.is_empty() {
                let taken = rest.split_to(rest.len().min(room));
                room -= taken.len();
                piece.push(taken);
                if room == 0 {
                    pieces.push(Self(std::mem::take(&mut piece)));
                    room = size;
                }
            }
        }
        if !piece.is_empty() {
            pieces.push(Self(piece));
        }
        pieces
    }

    /// SHA-256 of the bytes.
    pub fn digest(&self) -> [u8; 32] {
        let mut digest = Digest::default();
        self.0.iter().for_each(|part| digest.update(part));
        digest.finish()
    }

    /// One object's worth of a blob that is being sealed: only [`Sealer`] output comes here.
    pub(crate) fn piece(sealed: Vec<u8>) -> Self {
        Self(vec![sealed.into()])
    }

    /// The memory of a piece that was stored, to be used again; new memory where somebody still looks at it.
    pub(crate) fn into_buffer(self) -> Vec<u8> {
        let whole = self.0.into_iter().next().filter(bytes::Bytes::is_unique);
        let mut buffer = whole.map(Vec::from).unwrap_or_default();
        buffer.clear();
        buffer
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_are_cut_anywhere_and_miss_nothing() {
        let key = SecretKey::generate().unwrap();
        let blobs: Vec<SealedBlob> = [0, 1, 700, 90].iter().map(|size| seal(&vec![7; *size], &key).unwrap()).collect();
        let whole = Storable::pack(&blobs);
        assert_eq!(whole.digest(), Digest::of(&whole.bytes()));
        for size in [1, 2, 199, 200, 1000, whole.size() as usize, 1 << 20] {
            let pieces = whole.cut(size);
            assert!(pieces.iter().rev().skip(1).all(|piece| piece.size() == size as u64), "all but the last are full");
            let joined: Vec<u8> = pieces.iter().flat_map(|piece| piece.bytes().to_vec()).collect();
            assert_eq!(joined, whole.bytes());
        }
    }
}
