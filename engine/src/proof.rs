//! Proofs that somebody is who they say: passwords, the codes of a second factor, recovery codes. Pure but for random bytes;
//! must never keep or show a secret, nor answer sooner because one is nearly right.

use crate::{
    Result, error,
    seal::{Digest, random_bits},
};
use chartrier_schemas::{persisted::v1, read_hex_slice, text, write_hex};
use hmac::{Hmac, KeyInit as _, Mac as _};
use jiff::Timestamp;
use unicode_normalization::UnicodeNormalization as _;
use zeroize::Zeroizing;

/// Memory of one hashing, in KiB: three times what OWASP asks for with two passes, so that guessing many at once is dear.
const MEMORY: u32 = 64 << 10;

/// Passes over it: with this memory, RFC 9106 asks for three.
const PASSES: u32 = 3;

/// One lane: a sign-in keeps one core busy, and no more.
const LANES: u32 = 1;

/// Characters of a password, at least. Length is what makes it hard to guess; no rule asks for kinds of characters.
pub const SHORTEST: usize = 12;

/// Characters of a password, at most: a sentence fits, and nobody keeps the server busy with a book.
pub const LONGEST: usize = 256;

/// Characters that must be left of a password without one's name and the commonest words.
const OWN: usize = 8;

/// The commonest beginnings and words of passwords of this length, in lower case and without spaces.
const COMMON: &[&str] = &[
    "0123456789",
    "1234567890",
    "9876543210",
    "123456",
    "111111",
    "000000",
    "abcdef",
    "abcd1234",
    "azerty",
    "azertyuiop",
    "qwerty",
    "qwertyuiop",
    "qsdfghjklm",
    "asdfghjkl",
    "wxcvbn",
    "1q2w3e4r",
    "password",
    "passw0rd",
    "motdepasse",
    "mot2passe",
    "bonjour",
    "welcome",
    "bienvenue",
    "letmein",
    "administrateur",
    "administrator",
    "admin",
    "iloveyou",
    "jetaime",
    "chartrier",
    "archives",
    "secret",
    "soleil",
    "doudou",
    "loulou",
    "marseille",
    "football",
    "sunshine",
    "princess",
    "dragon",
    "monkey",
    "changeme",
];

/// Seconds that a code is valid for.
const STEP: i64 = 30;

/// Steps that a clock may be behind or ahead.
const DRIFT: i64 = 1;

/// Bytes of the secret of a second factor: as long as its hash.
pub const FACTOR: usize = 20;

/// Recovery codes of an account.
const RECOVERY: usize = 8;

/// Digits of base 32 without those that are mistaken for others.
const DIGITS: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// A new password's hash.
pub(crate) fn hash_password(password: &str) -> Result<v1::Password> {
    let salt = random_bits()?.to_be_bytes();
    let mut kept = v1::Password { memory: MEMORY, passes: PASSES, lanes: LANES, salt: write_hex(&salt), hash: String::new() };
    kept.hash = write_hex(argon2id(password, &kept).ok_or_else(|| error::bug("a password that cannot be hashed"))?.as_ref());
    Ok(kept)
}

/// Whether this is the password. Without one to compare with, the same work is done, and the answer is no.
pub(crate) fn is_password(password: &str, kept: Option<&v1::Password>) -> bool {
    let nobody = || v1::Password { memory: MEMORY, passes: PASSES, lanes: LANES, salt: "00".repeat(16), hash: String::new() };
    let known = kept.cloned().unwrap_or_else(nobody);
    let hash = argon2id(password, &known);
    hash.is_some_and(|hash| same(write_hex(hash.as_ref()).as_bytes(), known.hash.as_bytes()))
}

fn argon2id(password: &str, kept: &v1::Password) -> Option<Zeroizing<[u8; 32]>> {
    let params = argon2::Params::new(kept.memory, kept.passes, kept.lanes, Some(32)).ok()?;
    let hasher = argon2::Argon2::new(argon2::Algorithm::Argon2id, argon2::Version::V0x13, params);
    let plain = Zeroizing::new(password.nfc().collect::<String>());
    let mut hash = Zeroizing::new([0; 32]);
    hasher.hash_password_into(plain.as_bytes(), &read_hex_slice(&kept.salt)?, hash.as_mut()).ok()?;
    Some(hash)
}

/// Compares by digests: how long it takes says nothing of how much is the same.
fn same(one: &[u8], other: &[u8]) -> bool {
    Digest::of(one) == Digest::of(other)
}

/// Whether somebody may choose this password.
pub(crate) fn check_password(password: &str, name: &str) -> Result<()> {
    let length = password.nfc().count();
    if !(SHORTEST..=LONGEST).contains(&length) {
        return Err(error::invalid(
            text!(
                "A password has {least} to {most} characters; this one has {length}.",
                "Un mot de passe a de {least} à {most} caractères ; celui-ci en a {length}.",
                least = SHORTEST,
                most = LONGEST,
                length = length
            ),
            text!(
                "Take several words that do not belong together; no digits or signs are asked for.",
                "Prenez plusieurs mots qui ne vont pas ensemble ; ni chiffres ni signes ne sont exigés."
            ),
        ));
    }
    let folded = folded(password);
    let words = name.split(|c: char| !c.is_alphanumeric()).map(self::folded).filter(|word| word.chars().count() > 2);
    let mut left = folded.clone();
    for word in words.chain(COMMON.iter().map(|word| (*word).to_owned())) {
        left = left.replace(&word, "");
    }
    let kinds = left.chars().collect::<std::collections::BTreeSet<_>>().len();
    if left.chars().count() < OWN || kinds < OWN / 2 {
        return Err(error::invalid(
            text!("This password would be guessed at once.", "Ce mot de passe serait deviné aussitôt."),
            text!(
                "Leave out your name, common words and rows of digits, or add words of your own.",
                "Évitez votre nom, les mots courants et les suites de chiffres, ou ajoutez des mots à vous."
            ),
        ));
    }
    Ok(())
}

/// Lower case, without accents, spaces and signs.
pub(crate) fn folded(text: &str) -> String {
    text.nfkd().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// The name that somebody signs in by, as it is compared.
pub(crate) fn folded_name(name: &str) -> String {
    name.trim().nfc().flat_map(char::to_lowercase).collect()
}

/// The code of a secret at a step (RFC 4226).
fn code(secret: &[u8], step: i64) -> Option<u32> {
    let mut mac = Hmac::<sha1::Sha1>::new_from_slice(secret).ok()?;
    mac.update(&step.to_be_bytes());
    let digest = mac.finalize().into_bytes();
    let at = usize::from(digest[19] & 15);
    let word = u32::from_be_bytes(digest[at..at + 4].try_into().ok()?);
    Some((word & 0x7fff_ffff) % 1_000_000)
}

/// The step whose code this is, now or one step beside; all of them are looked at.
pub(crate) fn step_of(secret: &[u8], given: &str, now: Timestamp) -> Option<i64> {
    let given: String = given.chars().filter(|c| !c.is_whitespace()).collect();
    let here = now.as_second().div_euclid(STEP);
    let steps = here - DRIFT..=here + DRIFT;
    steps.fold(None, |found, step| match code(secret, step) {
        Some(code) if same(format!("{code:06}").as_bytes(), given.as_bytes()) => Some(step),
        _ => found,
    })
}

/// The code of a secret at a moment: for authenticators that a test holds.
pub fn code_at(secret: &[u8], now: Timestamp) -> String {
    code(secret, now.as_second().div_euclid(STEP)).map_or_else(String::new, |code| format!("{code:06}"))
}

/// New recovery codes: as they are shown once, and as they are kept.
pub(crate) fn recovery_codes() -> Result<(Vec<Zeroizing<String>>, Vec<String>)> {
    let mut shown = Vec::with_capacity(RECOVERY);
    for _ in 0..RECOVERY {
        let bits = random_bits()?;
        let digits = (0..16).map(|place| char::from(DIGITS[((bits >> (5 * place)) & 31) as usize]));
        let groups: Vec<String> = digits.collect::<Vec<_>>().chunks(4).map(|four| four.iter().collect()).collect();
        shown.push(Zeroizing::new(groups.join("-")));
    }
    let kept = shown.iter().map(|code| hash_of_recovery(code)).collect();
    Ok((shown, kept))
}

/// How a recovery code is kept. 80 random bits need no slow hash.
pub(crate) fn hash_of_recovery(code: &str) -> String {
    let digits: Zeroizing<String> =
        Zeroizing::new(code.chars().filter(|c| c.is_ascii_alphanumeric()).map(|c| c.to_ascii_lowercase()).collect());
    write_hex(&Digest::of(digits.as_bytes()))
}

/// The secret of a second factor as authenticators take it: base 32 of RFC 4648.
#[must_use]
pub fn factor_text(secret: &[u8; FACTOR]) -> Zeroizing<String> {
    const LETTERS: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let mut text = Zeroizing::new(String::with_capacity(FACTOR * 8 / 5));
    for five in secret.chunks_exact(5) {
        let bits = five.iter().fold(0u64, |bits, byte| bits << 8 | u64::from(*byte));
        text.extend((0..8).rev().map(|place| char::from(LETTERS[(bits >> (5 * place) & 31) as usize])));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    /// The vectors of RFC 6238, appendix B, in their last six digits.
    #[test]
    fn codes_are_those_of_the_standard() {
        let secret = b"12345678901234567890";
        for (second, code) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (20_000_000_000, "353130"),
        ] {
            assert_eq!(code_at(secret, at(second)), code, "{second}");
        }
        assert_eq!(*factor_text(secret), "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
    }

    #[test]
    fn a_code_is_taken_one_step_early_or_late_and_no_more() {
        let secret = b"12345678901234567890";
        let taken = |second: i64| step_of(secret, &code_at(secret, at(second)), at(3000)).is_some();
        assert!(taken(2970) && taken(3000) && taken(3029) && taken(3059));
        assert!(!taken(2969) && !taken(3060));
        assert_eq!(step_of(secret, "28 70 82", at(59)), Some(1), "as it is shown, in groups");
        assert_eq!(step_of(secret, "", at(59)), None);
        assert_eq!(step_of(secret, "287082 or so", at(59)), None);
    }

    #[test]
    fn a_password_is_known_by_its_hash_alone() {
        let kept = hash_password("les rosiers de l’été").unwrap();
        assert!(is_password("les rosiers de l’e\u{301}te\u{301}", Some(&kept)), "accents in either form");
        assert!(!is_password("les rosiers de l’hiver", Some(&kept)) && !is_password("les rosiers de l’été", None));
        assert!(kept != hash_password("les rosiers de l’été").unwrap(), "salted");
        assert!(!serde_json::to_string(&kept).unwrap().contains("rosiers"));
    }

    #[test]
    fn passwords_that_are_guessed_at_once_are_refused() {
        for weak in [
            "court",
            "123456789012",
            "azertyuiop123456",
            "Motdepasse2026",
            "ada lovelace 1",
            "AdaLovelace-Ada-Lovelace",
            "aaaaaaaaaaaaaaaa",
            "chartrier-archives",
            "abababababababab",
        ] {
            assert!(check_password(weak, "Ada Lovelace").is_err(), "{weak}");
        }
        for good in ["quatre rosiers sous la pluie", "correct horse battery staple", "ada et sa machine bleue"] {
            check_password(good, "Ada Lovelace").unwrap();
        }
        assert!(check_password(&"long ".repeat(100), "Ada").is_err());
    }

    #[test]
    fn recovery_codes_are_read_as_people_write_them() {
        let (shown, kept) = recovery_codes().unwrap();
        assert_eq!((shown.len(), kept.len(), shown[0].len()), (8, 8, 19));
        assert_eq!(hash_of_recovery(&format!(" {} ", shown[0].replace('-', " ").to_uppercase())), kept[0]);
        assert!(shown.iter().all(|code| !kept.contains(code)));
    }
}
