//! Words that somebody wants in no address: sealed for one session, they can stand in a link, a history and a log of a proxy,
//! and say nothing there but about how long they are. The same words look the same within a session, so that a browser knows
//! where it was; another session, and another home, opens nothing.

use crate::seal::{self, SecretKey};
use chacha20poly1305::{Key, KeyInit as _, XChaCha20Poly1305, XNonce, aead::Aead as _};
use chartrier_schemas::{read_hex_slice, write_hex};
use zeroize::Zeroizing;

/// Plain words are made as long as a multiple of so many bytes.
const STEP: usize = 32;

/// What follows the last of them; zeros follow it.
const END: u8 = 0x80;

/// Bytes of a nonce.
const NONCE: usize = 24;

/// The veil of one session.
#[derive(Clone)]
pub struct Veil {
    secret: SecretKey,
    /// Which one, as no other is ever called.
    session: String,
}

impl Veil {
    pub(crate) fn new(secret: SecretKey, session: String) -> Self {
        Self { secret, session }
    }

    /// What stands in an address in place of words.
    pub fn cover(&self, words: &str) -> String {
        let mut plain = Zeroizing::new(words.as_bytes().to_vec());
        plain.push(END);
        let padded = plain.len().next_multiple_of(STEP);
        plain.resize(padded, 0);
        let purpose = Zeroizing::new(format!("veil {} of {words}", self.session));
        let nonce = seal::derive(&self.secret, &purpose);
        let nonce = XNonce::from_slice(&nonce[..NONCE]);
        // Sealing fails for what memory cannot hold alone; nothing opens what is left then.
        let sealed = self.cipher().encrypt(nonce, plain.as_slice()).unwrap_or_default();
        write_hex(nonce) + &write_hex(&sealed)
    }

    /// The words, where this session covered them.
    pub fn uncover(&self, covered: &str) -> Option<String> {
        let bytes = read_hex_slice(covered)?;
        let (nonce, sealed) = bytes.split_at_checked(NONCE)?;
        let plain = Zeroizing::new(self.cipher().decrypt(XNonce::from_slice(nonce), sealed).ok()?);
        let end = plain.iter().rposition(|byte| *byte == END)?;
        String::from_utf8(plain[..end].to_vec()).ok()
    }

    fn cipher(&self) -> XChaCha20Poly1305 {
        let key = seal::derive(&self.secret, &format!("veil {}", self.session));
        XChaCha20Poly1305::new(Key::from_slice(key.as_ref()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_opened_by_the_session_that_covered_them_alone() {
        let secret = SecretKey::generate().unwrap();
        let [own, later] = ["7", "8"].map(|session| Veil::new(secret.clone(), session.to_owned()));
        let other = Veil::new(SecretKey::generate().unwrap(), "7".to_owned());
        for words in ["", "opération", &"é".repeat(2000), "ends in \u{80}", "\0"] {
            let covered = own.cover(words);
            assert_eq!(own.uncover(&covered).as_deref(), Some(words));
            assert_eq!(covered, own.cover(words), "a browser knows where it was");
            assert_eq!(later.uncover(&covered), None, "another session");
            assert_eq!(other.uncover(&covered), None, "another home");
            let mut broken = covered.into_bytes();
            let last = broken.len() - 1;
            broken[last] = if broken[last] == b'0' { b'1' } else { b'0' };
            assert_eq!(own.uncover(std::str::from_utf8(&broken).unwrap()), None, "a flipped bit");
        }
        assert_eq!(own.cover("a").len(), own.cover("quatorze juillet").len(), "its length says little");
        assert_ne!(own.cover("a"), later.cover("a"));
        for not in ["", "00", "zz", &"0".repeat(200)] {
            assert_eq!(own.uncover(not), None);
        }
    }
}
