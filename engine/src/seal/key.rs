//! Keys: age identities as 32 bytes, their recipients, derived local keys, and passphrases.

use crate::{Result, error};
use age::secrecy::{ExposeSecret, SecretString};
use bech32::{Bech32, Hrp};
use chartrier_schemas::text;
use std::{fmt, io::Read, str::FromStr};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

/// Human-readable part of an age identity's text.
const IDENTITY: &str = "age-secret-key-";

/// 128 random bits from the operating system.
pub fn random_bits() -> Result<u128> {
    let mut bits = [0u8; 16];
    getrandom::fill(&mut bits).map_err(|why| error::unavailable("draw random bits", why))?;
    Ok(u128::from_be_bytes(bits))
}

/// An age X25519 identity: it opens what was sealed to its recipient. Leaves memory with its owner and
/// never shows itself in a log.
#[derive(Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop)]
pub struct SecretKey([u8; 32]);

impl fmt::Debug for SecretKey {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("SecretKey(…)")
    }
}

impl SecretKey {
    /// A new key from the operating system's random bytes.
    pub fn generate() -> Result<Self> {
        let mut key = [0u8; 32];
        getrandom::fill(&mut key).map_err(|why| error::unavailable("draw random bits", why))?;
        Ok(Self(key))
    }

    /// The key of these bytes, for the catalog.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Its bytes, for the catalog.
    pub fn bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The text that `age -i` reads: `AGE-SECRET-KEY-1…`.
    pub fn to_text(&self) -> Zeroizing<String> {
        let prefix = Hrp::parse_unchecked(IDENTITY);
        Zeroizing::new(bech32::encode_upper::<Bech32>(prefix, &self.0).unwrap_or_default())
    }

    /// Reads the text that [`Self::to_text`] writes.
    pub fn from_text(text: &str) -> Result<Self> {
        let bad = || error::corrupt("a key", "it is not an age identity");
        let (prefix, mut bytes) = bech32::decode(text).map_err(|_| bad())?;
        let key = <[u8; 32]>::try_from(bytes.as_slice()).map_err(|_| bad());
        bytes.zeroize();
        (prefix.as_str().eq_ignore_ascii_case(IDENTITY)).then_some(()).ok_or_else(bad)?;
        key.map(Self)
    }

    /// Its public half.
    pub fn recipient(&self) -> Result<Recipient> {
        self.identity().map(|identity| Recipient(identity.to_public()))
    }

    pub(super) fn identity(&self) -> Result<age::x25519::Identity> {
        age::x25519::Identity::from_str(&self.to_text()).map_err(error::bug)
    }
}

/// The public half of a [`SecretKey`].
#[derive(Clone)]
pub struct Recipient(pub(super) age::x25519::Recipient);

impl fmt::Display for Recipient {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(out)
    }
}

impl FromStr for Recipient {
    type Err = crate::Error;

    fn from_str(text: &str) -> Result<Self> {
        age::x25519::Recipient::from_str(text.trim()).map(Self).map_err(|why| {
            error::invalid(
                text!(
                    "`{given}` is not an age recipient: {why}.",
                    "`{given}` n’est pas un destinataire age : {why}.",
                    given = text,
                    why = why
                ),
                text!("A recipient begins with age1.", "Un destinataire commence par age1."),
            )
        })
    }
}

/// A local key for one purpose, out of a secret of this home (HKDF-SHA-256). Never for anything stored.
pub fn derive(secret: &SecretKey, purpose: &str) -> Zeroizing<[u8; 32]> {
    let mut key = Zeroizing::new([0u8; 32]);
    let expand = hkdf::Hkdf::<sha2::Sha256>::new(Some(b"chartrier home v1"), secret.bytes());
    // 32 bytes are always within what HKDF-SHA-256 can give (8,160).
    let _ = expand.expand(purpose.as_bytes(), key.as_mut());
    key
}

/// Logarithm of the work of trying one passphrase (scrypt's N): 256 MiB and most of a second. Fixed: age measures the machine
/// instead, in a millisecond, and one that is busy just then would seal with a weak factor.
const WORK: u8 = 18;

/// The most work that opening takes on, 4 GiB: a home may have been sealed where more was usual. Fixed likewise: on a busy machine
/// age would refuse what it sealed in a quiet moment.
const MOST_WORK: u8 = 22;

/// Seals a home's secrets with a passphrase (age, scrypt).
pub fn seal_passphrase(plain: &[u8], passphrase: &str) -> Result<Vec<u8>> {
    let mut recipient = age::scrypt::Recipient::new(SecretString::from(passphrase.to_owned()));
    recipient.set_work_factor(WORK);
    age::encrypt(&recipient, plain).map_err(error::bug)
}

/// Opens what [`seal_passphrase`] made.
pub fn open_passphrase(sealed: &[u8], passphrase: &str) -> Result<Zeroizing<Vec<u8>>> {
    let secret = SecretString::from(passphrase.to_owned());
    if secret.expose_secret().is_empty() {
        return Err(wrong_passphrase());
    }
    let mut identity = age::scrypt::Identity::new(secret);
    identity.set_max_work_factor(MOST_WORK);
    let decryptor = age::Decryptor::new_buffered(sealed).map_err(|why| error::corrupt("the identity file", why))?;
    let mut plain = Zeroizing::new(Vec::new());
    let opened = decryptor.decrypt(std::iter::once(&identity as &dyn age::Identity)).map_err(|why| match why {
        // What scrypt made of the passphrase does not open the key of the file.
        age::DecryptError::DecryptionFailed | age::DecryptError::KeyDecryptionFailed => wrong_passphrase(),
        why => error::corrupt("the identity file", why),
    });
    opened?.read_to_end(&mut plain).map_err(|why| error::corrupt("the identity file", why))?;
    Ok(plain)
}

fn wrong_passphrase() -> crate::Error {
    error::locked(
        text!("The passphrase does not open this home.", "La phrase secrète n’ouvre pas ces archives."),
        text!(
            "Try again; if it is lost, `chartrier key restore` makes a new home from the recovery sheet.",
            "Réessayez ; si elle est perdue, `chartrier key restore` refait un dossier à partir de la fiche de secours."
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_reads_back_as_age_reads_it() {
        let key = SecretKey::generate().unwrap();
        assert!(SecretKey::from_text(&key.to_text()).unwrap() == key);
        let age = age::x25519::Identity::from_str(&key.to_text()).unwrap();
        assert_eq!(age.to_public().to_string(), key.recipient().unwrap().to_string());
        assert!(SecretKey::from_text("AGE-SECRET-KEY-1").is_err());
    }

    #[test]
    fn a_wrong_passphrase_is_a_locked_home() {
        let sealed = seal_passphrase(b"secret", "juste").unwrap();
        assert_eq!(open_passphrase(&sealed, "juste").unwrap().as_slice(), b"secret");
        assert_eq!(open_passphrase(&sealed, "faux").unwrap_err().kind, crate::Kind::Locked);
        let damaged = sealed[..sealed.len() - 1].to_vec();
        assert_eq!(open_passphrase(&damaged, "juste").unwrap_err().kind, crate::Kind::Corrupt);
    }

    /// However busy the machine is when a home is made or opened.
    #[test]
    fn a_passphrase_costs_the_same_work_everywhere() {
        let sealed = seal_passphrase(b"secret", "juste").unwrap();
        let stanza = String::from_utf8_lossy(&sealed).lines().nth(1).unwrap().to_owned();
        assert!(stanza.starts_with("-> scrypt ") && stanza.ends_with(&format!(" {WORK}")), "{stanza}");
        // Sealed where more work was usual than this machine would be thought to bear.
        let mut recipient = age::scrypt::Recipient::new(SecretString::from("juste".to_owned()));
        recipient.set_work_factor(WORK + 1);
        let sealed = age::encrypt(&recipient, b"secret").unwrap();
        assert_eq!(open_passphrase(&sealed, "juste").unwrap().as_slice(), b"secret");
        // The header alone: nobody does that work here.
        let huge = String::from_utf8_lossy(&sealed).replacen(&format!(" {}\n", WORK + 1), &format!(" {}\n", MOST_WORK + 1), 1);
        assert_eq!(open_passphrase(huge.as_bytes(), "juste").unwrap_err().kind, crate::Kind::Corrupt);
    }
}
