//! Signed envelopes: JSON in clear whose exact bytes are signed, so that nothing is ever written anew
//! to be verified. An envelope is `{"body":` BODY `,"signature":"` 128 hexadecimal digits `"}` and a
//! newline: valid JSON, in which the signed bytes are found by position.

use super::Storable;
use crate::{Result, error};
use chartrier_schemas::{read_hex, read_hex_slice, write_hex};
use ed25519_dalek::Signer as _;
use serde::Serialize;
use zeroize::Zeroizing;

const BEFORE: &[u8] = b"{\"body\":";
const BETWEEN: &[u8] = b",\"signature\":\"";
const AFTER: &[u8] = b"\"}\n";
const SIGNATURE_DIGITS: usize = 128;

/// An Ed25519 signing key.
#[derive(Clone)]
pub struct SigningKey(ed25519_dalek::SigningKey);

impl SigningKey {
    /// A new key from the operating system's random bytes.
    pub fn generate() -> Result<Self> {
        Ok(Self(ed25519_dalek::SigningKey::from_bytes(super::SecretKey::generate()?.bytes())))
    }

    /// Reads 64 hexadecimal digits.
    pub fn from_text(text: &str) -> Result<Self> {
        let bytes = read_hex(text)
            .map(Zeroizing::new)
            .ok_or_else(|| error::corrupt("a signing key", "it is not 64 hexadecimal digits"))?;
        Ok(Self(ed25519_dalek::SigningKey::from_bytes(&bytes)))
    }

    /// 64 hexadecimal digits: secret.
    pub fn to_text(&self) -> Zeroizing<String> {
        Zeroizing::new(write_hex(self.0.as_bytes()))
    }

    /// Its public half.
    pub fn public(&self) -> PublicKey {
        PublicKey(self.0.verifying_key())
    }
}

/// The public half of a [`SigningKey`].
#[derive(Clone, PartialEq, Eq)]
pub struct PublicKey(ed25519_dalek::VerifyingKey);

impl PublicKey {
    /// Reads 64 hexadecimal digits.
    pub fn from_text(text: &str) -> Result<Self> {
        read_hex(text)
            .and_then(|bytes| ed25519_dalek::VerifyingKey::from_bytes(&bytes).ok())
            .map(Self)
            .ok_or_else(|| error::corrupt("a public key", "it is not an Ed25519 key"))
    }

    /// 64 hexadecimal digits.
    pub fn to_text(&self) -> String {
        write_hex(self.0.as_bytes())
    }
}

/// Signs a body and wraps it.
pub fn sign_envelope(body: &impl Serialize, key: &SigningKey) -> Result<Storable> {
    let mut bytes = BEFORE.to_vec();
    serde_json::to_writer(&mut bytes, body).map_err(error::bug)?;
    let signature = key.0.sign(&bytes[BEFORE.len()..]);
    bytes.extend_from_slice(BETWEEN);
    bytes.extend_from_slice(write_hex(&signature.to_bytes()).as_bytes());
    bytes.extend_from_slice(AFTER);
    Ok(Storable(vec![bytes.into()]))
}

/// The body's bytes, not yet verified: only to learn whose key must verify it.
pub fn envelope_body(envelope: &[u8]) -> Option<&[u8]> {
    split(envelope).map(|(body, _)| body)
}

/// The body's bytes, if `key` signed them.
pub fn verify_envelope<'a>(envelope: &'a [u8], key: &PublicKey) -> Option<&'a [u8]> {
    let (body, signature) = split(envelope)?;
    let signature = ed25519_dalek::Signature::from_slice(&signature).ok()?;
    key.0.verify_strict(body, &signature).ok().map(|()| body)
}

fn split(envelope: &[u8]) -> Option<(&[u8], Vec<u8>)> {
    let rest = envelope.strip_prefix(BEFORE)?.strip_suffix(AFTER)?;
    let at = rest.len().checked_sub(SIGNATURE_DIGITS)?;
    let (body, signature) = rest.split_at(at);
    let signature = read_hex_slice(std::str::from_utf8(signature).ok()?)?;
    Some((body.strip_suffix(BETWEEN)?, signature))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_flipped_bit_of_an_envelope_is_noticed() {
        let key = SigningKey::generate().unwrap();
        let signed = sign_envelope(&serde_json::json!({"seq": 1, "name": "é"}), &key).unwrap();
        assert!(verify_envelope(&signed.bytes(), &key.public()).is_some());
        serde_json::from_slice::<serde_json::Value>(&signed.bytes()).unwrap();
        for bit in 0..signed.bytes().len() * 8 {
            let mut other = signed.bytes().to_vec();
            other[bit / 8] ^= 1 << (bit % 8);
            assert!(verify_envelope(&other, &key.public()).is_none(), "bit {bit}");
        }
    }
}
