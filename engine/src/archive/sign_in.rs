//! Signing in at a server: links that open once, and sessions of browsers with their limits. Both lie in `local.db` by
//! hash only, and neither says what a person may do: that is asked of the person's own session each time.

use super::{Archive, open::lock_file};
use crate::{
    Result, error,
    local::{Browser, Local},
    lock,
    policy::{Act, Session},
    seal::{self, Digest, random_bits},
    veil::Veil,
};
use chartrier_schemas::{PersonId, persisted::v1::AccessChange, read_hex, text, write_hex};
use jiff::{SignedDuration, Timestamp};
use std::fs::{File, TryLockError};
use std::sync::PoisonError;
use zeroize::Zeroizing;

/// How long a link opens.
pub const LINK: SignedDuration = SignedDuration::from_mins(5);

/// A session that was not used for so long is over.
pub const IDLE: SignedDuration = SignedDuration::from_hours(2);

/// A session is over after this time, however much it was used.
pub const LONGEST: SignedDuration = SignedDuration::from_hours(12);

/// Uses closer together than this are one.
const STEP: SignedDuration = SignedDuration::from_secs(60);

/// What a browser may say of itself, in characters.
const DEVICE: usize = 80;

/// The one server of a home, for as long as this is kept.
pub struct Serving {
    _lock: File,
}

/// A secret of 256 bits, and the hash by which it is kept.
pub(super) fn secret() -> Result<(Zeroizing<String>, [u8; 32])> {
    let mut bits = Zeroizing::new([0; 32]);
    bits[..16].copy_from_slice(&random_bits()?.to_be_bytes());
    bits[16..].copy_from_slice(&random_bits()?.to_be_bytes());
    Ok((Zeroizing::new(write_hex(bits.as_ref())), Digest::of(bits.as_ref())))
}

pub(super) fn hash_of(secret: &str) -> Option<[u8; 32]> {
    read_hex(secret).map(|bits| Digest::of(&bits))
}

/// What a browser says of itself, as far as it is kept.
pub(super) fn device_word(device: &str) -> String {
    device.chars().take(DEVICE).collect()
}

pub(super) fn before(now: Timestamp, time: SignedDuration) -> Timestamp {
    now.checked_sub(time).unwrap_or(Timestamp::MIN)
}

impl Archive {
    pub(super) fn local<T>(&self, work: impl FnOnce(&Local) -> Result<T>) -> Result<T> {
        let mut local = self.local.lock().unwrap_or_else(PoisonError::into_inner);
        if local.is_none() {
            let key = seal::derive(&self.secrets.identity, "local");
            *local = Some(Local::open(&self.home.path("local.db"), &key)?);
        }
        match &*local {
            Some(local) => work(local),
            None => Err(error::bug("no local.db")),
        }
    }

    /// A new link for a person: one's own, or anybody's for those who decide about persons, which is an act. Opens once, within five minutes.
    pub fn sign_in_link(&self, session: &Session, person: PersonId) -> Result<Zeroizing<String>> {
        if person != session.person || session.also.is_some() {
            self.allowed(session, Act::Empower)?;
        }
        self.session(person)?;
        let (secret, hash) = secret()?;
        // Whoever uses it acts as that person.
        if person != session.person {
            self.say_access(session, person, AccessChange::Link, None)?;
        }
        let now = self.clock.now();
        let until = now.checked_add(LINK).unwrap_or(now);
        self.local(|local| local.add_link(&hash, person, now, until))?;
        Ok(secret)
    }

    /// Begins a session of a browser by a link, if it opens: the secret that the browser keeps.
    pub fn sign_in(&self, link: &str, device: &str) -> Result<Option<Zeroizing<String>>> {
        let Some(hash) = hash_of(link) else { return Ok(None) };
        let now = self.clock.now();
        self.local(|local| {
            local.forget(before(now, IDLE), before(now, LONGEST))?;
            let Some(person) = local.take_link(&hash, now)? else { return Ok(None) };
            let (secret, hash) = secret()?;
            local.begin(&hash, person, &device_word(device), now)?;
            Ok(Some(secret))
        })
    }

    /// The session of a browser that shows this secret, while it lasts.
    pub fn signed_in(&self, secret: &str) -> Result<Option<Browser>> {
        let Some(hash) = hash_of(secret) else { return Ok(None) };
        let now = self.clock.now();
        self.local(|local| {
            let found = local.session(&hash)?;
            let found = found.filter(|one| one.used > before(now, IDLE) && one.began > before(now, LONGEST));
            if let Some(browser) = found.as_ref().filter(|browser| browser.used <= before(now, STEP)) {
                local.touch(browser.number, now)?;
            }
            Ok(found)
        })
    }

    /// What covers words in the addresses of a session.
    pub fn veil(&self, browser: &Browser) -> Veil {
        // Numbers begin anew where `local.db` was lost.
        let session = format!("{} {} {}", browser.person, browser.number, browser.began.as_second());
        Veil::new(self.secrets.identity.clone(), session)
    }

    /// The sessions of a person's browsers that last, the last used first.
    pub fn browsers(&self, session: &Session) -> Result<Vec<Browser>> {
        let now = self.clock.now();
        self.local(|local| {
            local.forget(before(now, IDLE), before(now, LONGEST))?;
            local.sessions(session.person)
        })
    }

    /// Ends a session of one's own.
    pub fn sign_out(&self, session: &Session, number: u64) -> Result<()> {
        match self.local(|local| local.end(session.person, number))? {
            true => Ok(()),
            false => Err(error::not_found("session")),
        }
    }

    /// Ends all one's sessions but this one.
    pub fn sign_out_others(&self, session: &Session, kept: u64) -> Result<()> {
        self.local(|local| local.end_others(session.person, Some(kept)))
    }

    /// Becomes the server of this home, which has one at a time. Its address is told once it is known.
    pub fn serve(&self) -> Result<Serving> {
        let lock = lock_file(&self.home, "server")?;
        match lock::try_alone(&lock) {
            Ok(()) => Ok(Serving { _lock: lock }),
            Err(TryLockError::WouldBlock) => {
                let address = self.local(Local::address)?.unwrap_or_default();
                Err(error::locked(
                    text!(
                        "A server of this home is running: {address}.",
                        "Un serveur de ce poste est en marche : {address}.",
                        address = address
                    ),
                    text!(
                        "Use that one: `chartrier person link` gives a link to sign in.",
                        "Utilisez-le : `chartrier person link` donne un lien de connexion."
                    ),
                ))
            }
            Err(TryLockError::Error(why)) => Err(error::io("open a lock file of the home", &why)),
        }
    }

    /// Says where the server is reached.
    pub fn served_at(&self, address: &str) -> Result<()> {
        self.local(|local| local.set_address(address))
    }

    /// Where the running server of this home is reached; nothing where none runs.
    pub fn server(&self) -> Result<Option<String>> {
        let lock = lock_file(&self.home, "server")?;
        match lock::try_alone(&lock) {
            Err(TryLockError::WouldBlock) => self.local(Local::address),
            _ => Ok(None),
        }
    }
}
