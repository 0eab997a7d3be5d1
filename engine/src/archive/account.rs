//! Accounts: a person's password and second factor. They lie in the archive as subjects of their own, and every change is an act
//! on the person. Names that nobody bears, wrong passwords and wrong codes are one answer that takes as long; must never show,
//! log or return what is kept of a secret.

use super::{
    Archive,
    draft::Draft,
    people::needs_reason,
    sign_in::{before, device_word, hash_of, secret},
};
use crate::{
    Result,
    catalog::AccountRow,
    error,
    local::Browser,
    policy::{Act, Session},
    proof::{self, FACTOR},
    seal::{self, Digest, random_bits},
};
use chartrier_schemas::{
    AccountId, PersonId,
    persisted::v1::{self, AccessChange, Deed, Notice},
    text, write_hex,
};
use jiff::{SignedDuration, Timestamp};
use serde_json::Map;
use std::collections::HashMap;
use zeroize::Zeroizing;

/// How long an invitation may be used: over a weekend.
pub const INVITATION: SignedDuration = SignedDuration::from_hours(72);

/// How long a proof is enough for grave acts.
pub const PROOF: SignedDuration = SignedDuration::from_mins(10);

/// What became of an attempt to prove who one is.
#[derive(Debug)]
pub enum Attempt<T> {
    /// It is right.
    Right(T),
    /// Something of it is wrong; nobody is told what.
    Wrong,
    /// Too many were wrong: nothing is looked at before this moment.
    Wait(Timestamp),
}

/// What somebody proves to be who they are with.
pub struct Proof<'a> {
    /// The password.
    pub password: &'a str,
    /// A code of the second factor, or a recovery code.
    pub code: &'a str,
}

/// Whom an invitation invites.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invited {
    /// Who.
    pub person: PersonId,
    /// By name.
    pub name: String,
}

/// What somebody makes an account with.
pub struct Acceptance<'a> {
    /// The secret of the invitation.
    pub invitation: &'a str,
    /// What the form drew for the second factor.
    pub salt: &'a str,
    /// The password.
    pub password: &'a str,
    /// A code that shows that the second factor is set up.
    pub code: &'a str,
    /// What the browser says of itself.
    pub device: &'a str,
}

/// An account that was made or set up anew: what is shown once.
pub struct Accepted {
    /// What the browser keeps, where a session began.
    pub session: Option<Zeroizing<String>>,
    /// Codes that open once each.
    pub recovery: Vec<Zeroizing<String>>,
}

/// How a person comes in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WayIn {
    /// Since when there is an account, RFC 3339.
    pub account: Option<String>,
    /// Recovery codes that were not used; told to oneself.
    pub recovery: Option<usize>,
    /// Until when an invitation may be used.
    pub invited: Option<Timestamp>,
}

impl Archive {
    /// Invites a person to make an account; the secret of the invitation. An earlier invitation is over, an earlier account is
    /// once this one is used.
    pub fn invite(&self, session: &Session, person: PersonId) -> Result<Zeroizing<String>> {
        self.allowed(session, Act::Empower)?;
        self.session(person)?;
        let (secret, hash) = secret()?;
        self.say_access(session, person, AccessChange::Invite, None)?;
        let now = self.clock.now();
        let until = now.checked_add(INVITATION).unwrap_or(now);
        self.local(|local| local.add_invitation(&hash, person, until))?;
        Ok(secret)
    }

    /// Writes an act on how a person comes in.
    pub(super) fn say_access(
        &self,
        session: &Session,
        person: PersonId,
        change: AccessChange,
        reason: Option<&str>,
    ) -> Result<()> {
        let mut draft = Draft::default();
        let lowest = draft.label(self.lowest()?.id);
        lowest.act_on(session, self.now(), Deed::Access { person, change }, reason)?;
        self.commit(draft).map(drop)
    }

    /// Whom an invitation invites, while it may be used.
    pub fn invited(&self, invitation: &str) -> Result<Option<Invited>> {
        let Some(hash) = hash_of(invitation) else { return Ok(None) };
        let now = self.clock.now();
        let Some(person) = self.local(|local| local.invitation(&hash, now))? else { return Ok(None) };
        let name = self.catalog().person(person)?.map(|row| row.name);
        Ok(name.map(|name| Invited { person, name }))
    }

    /// What a form for a second factor is made with: other each time, so that who looked at one form knows nothing of the next.
    pub fn salt(&self) -> Result<String> {
        Ok(write_hex(&random_bits()?.to_be_bytes()))
    }

    /// The secret of the second factor that a form proposes. It is kept nowhere until a code of it has come back.
    pub fn proposed_factor(&self, invitation: &str, salt: &str) -> Option<Zeroizing<[u8; FACTOR]>> {
        let hash = hash_of(invitation)?;
        Some(self.factor_of(&format!("{}/{salt}", write_hex(&hash))))
    }

    /// The same for a person who is signed in.
    pub fn own_proposed_factor(&self, session: &Session, salt: &str) -> Zeroizing<[u8; FACTOR]> {
        self.factor_of(&format!("{}/{salt}", session.person))
    }

    fn factor_of(&self, what: &str) -> Zeroizing<[u8; FACTOR]> {
        let long = seal::derive(&self.secrets.identity, &format!("factor/{what}"));
        let mut factor = Zeroizing::new([0; FACTOR]);
        factor.copy_from_slice(&long[..FACTOR]);
        factor
    }

    /// Makes an account by an invitation, and begins a session. Nothing where the invitation is used or over.
    pub fn accept(&self, acceptance: &Acceptance<'_>) -> Result<Option<Accepted>> {
        let Some(Invited { person, name }) = self.invited(acceptance.invitation)? else { return Ok(None) };
        proof::check_password(acceptance.password, &name)?;
        let (Some(factor), Some(hash)) =
            (self.proposed_factor(acceptance.invitation, acceptance.salt), hash_of(acceptance.invitation))
        else {
            return Ok(None);
        };
        let step = proof::step_of(factor.as_ref(), acceptance.code, self.clock.now()).ok_or_else(wrong_code)?;
        let password = proof::hash_password(acceptance.password)?;
        let (recovery, kept) = proof::recovery_codes()?;
        // From here on nobody else can use it.
        if !self.local(|local| local.take_invitation(&hash))? {
            return Ok(None);
        }
        let id = AccountId::from_bits(random_bits()?);
        let factor = write_hex(factor.as_ref());
        let account = v1::Account { id, person, password, factor, recovery: kept, others: Map::new() };
        let mut draft = Draft::default();
        let lowest = draft.label(self.lowest()?.id);
        lowest.describe(id.into(), Notice::Account(account), None)?;
        lowest.act_on(&self.session(person)?, self.now(), Deed::Access { person, change: AccessChange::Make }, None)?;
        self.commit(draft)?;
        self.local(|local| {
            local.end_others(person, None)?;
            local.take_step(id, step)
        })?;
        Ok(Some(Accepted { session: Some(self.begin(person, acceptance.device)?), recovery }))
    }

    /// Signs in by name, password and code.
    pub fn sign_in_as(&self, name: &str, proof: &Proof<'_>, device: &str) -> Result<Attempt<Zeroizing<String>>> {
        let folded = proof::folded_name(name);
        let persons = self.catalog().persons()?;
        let alike: Vec<PersonId> =
            persons.iter().filter(|row| proof::folded_name(&row.name) == folded).map(|row| row.id).collect();
        let exact = persons.iter().find(|row| row.name == name.trim()).map(|row| row.id);
        let person = exact.or(if alike.len() == 1 { alike.first().copied() } else { None });
        let checked = self.check(&folded, person, proof)?;
        Ok(match checked {
            Attempt::Right(person) => Attempt::Right(self.begin(person, device)?),
            Attempt::Wrong => Attempt::Wrong,
            Attempt::Wait(until) => Attempt::Wait(until),
        })
    }

    /// Proves once more who uses this session.
    pub fn prove(&self, session: &Session, browser: &Browser, proof: &Proof<'_>) -> Result<Attempt<()>> {
        let name = proof::folded_name(&self.own_name(session)?);
        let now = self.clock.now();
        Ok(match self.check(&name, Some(session.person), proof)? {
            Attempt::Right(_) => Attempt::Right(self.local(|local| local.proved(browser.number, now))?),
            Attempt::Wrong => Attempt::Wrong,
            Attempt::Wait(until) => Attempt::Wait(until),
        })
    }

    /// Whether the last proof of a session is recent enough for a grave act.
    pub fn is_proved(&self, browser: &Browser) -> bool {
        browser.proved > before(self.clock.now(), PROOF)
    }

    /// Looks at a password and a code. The same work whether there is such a person, an account, a right password or none.
    fn check(&self, name: &str, person: Option<PersonId>, proof: &Proof<'_>) -> Result<Attempt<PersonId>> {
        let (who, now) = (Digest::of(name.as_bytes()), self.clock.now());
        if let Some(until) = self.local(|local| local.attempt(&who, now))? {
            return Ok(Attempt::Wait(until));
        }
        let account = self.account(person)?;
        // Longer than any password that was ever chosen: hashing it would only cost time, for every name alike.
        let given = if proof.password.chars().count() > proof::LONGEST * 4 { "" } else { proof.password };
        let known = proof::is_password(given, account.as_ref().map(|account| &account.password));
        let factor = account.as_ref().map_or_else(|| "00".repeat(FACTOR), |account| account.factor.clone());
        let factor = Zeroizing::new(chartrier_schemas::read_hex_slice(&factor).unwrap_or_default());
        let step = proof::step_of(&factor, proof.code, now);
        let recovery = proof::hash_of_recovery(proof.code);
        let Some(account) = account.filter(|_| known) else { return Ok(Attempt::Wrong) };
        let right = match step {
            Some(step) => self.local(|local| local.take_step(account.id, step))?,
            None => account.recovery.contains(&recovery) && self.use_up(&account, &recovery)?,
        };
        if !right {
            return Ok(Attempt::Wrong);
        }
        self.local(|local| local.succeeded(&who))?;
        Ok(Attempt::Right(account.person))
    }

    /// The account of a person. Where there is none, as much is read.
    fn account(&self, person: Option<PersonId>) -> Result<Option<v1::Account>> {
        let row = match person {
            Some(person) => self.catalog().account_of(person)?,
            None => None,
        };
        let subject = row.as_ref().map_or(self.home.person.into(), |row| row.id.into());
        let description = self.description(&self.subject(subject)?)?;
        Ok(match description.notice {
            Notice::Account(account) => Some(account),
            _ => None,
        })
    }

    /// Uses a recovery code up. Answers whether it was there to be used.
    fn use_up(&self, account: &v1::Account, code: &str) -> Result<bool> {
        let session = self.session(account.person)?;
        self.change_account(&session, AccessChange::Recover, |account| {
            let before = account.recovery.len();
            account.recovery.retain(|kept| kept != code);
            account.recovery.len() < before
        })
    }

    /// Describes one's own account anew; nothing is written where `change` says that there is nothing to.
    fn change_account(
        &self,
        session: &Session,
        change: AccessChange,
        edit: impl FnOnce(&mut v1::Account) -> bool,
    ) -> Result<bool> {
        let person = session.person;
        let chain = self.lock_current()?;
        let Some(AccountRow { id, .. }) = self.catalog().account_of(person)? else { return Ok(false) };
        let row = self.subject(id.into())?;
        let Notice::Account(mut account) = self.description(&row)?.notice else {
            return Err(error::corrupt(row.description, "it does not describe an account"));
        };
        if !edit(&mut account) {
            return Ok(false);
        }
        let mut draft = Draft::default();
        let entries = draft.label(self.label_num(row.label)?.id);
        entries.describe(id.into(), Notice::Account(account), row.keys.last())?;
        entries.act_on(session, self.now(), Deed::Access { person, change }, None)?;
        self.commit_locked(chain, draft)?;
        Ok(true)
    }

    /// Changes one's own password; all other sessions end.
    pub fn change_password(&self, session: &Session, browser: &Browser, proof: &Proof<'_>, new: &str) -> Result<Attempt<()>> {
        proof::check_password(new, &self.own_name(session)?)?;
        let proved = self.prove(session, browser, proof)?;
        if let Attempt::Right(()) = proved {
            let password = proof::hash_password(new)?;
            self.change_account(session, AccessChange::Password, |account| {
                account.password = password;
                true
            })?;
            self.local(|local| local.end_others(session.person, Some(browser.number)))?;
        }
        Ok(proved)
    }

    /// Sets one's own second factor up anew, with new recovery codes; all other sessions end.
    pub fn change_factor(
        &self,
        session: &Session,
        browser: &Browser,
        proof: &Proof<'_>,
        salt: &str,
        code: &str,
    ) -> Result<Attempt<Accepted>> {
        let factor = self.own_proposed_factor(session, salt);
        proof::step_of(factor.as_ref(), code, self.clock.now()).ok_or_else(wrong_code)?;
        match self.prove(session, browser, proof)? {
            Attempt::Wrong => return Ok(Attempt::Wrong),
            Attempt::Wait(until) => return Ok(Attempt::Wait(until)),
            Attempt::Right(()) => {}
        }
        let (recovery, kept) = proof::recovery_codes()?;
        self.change_account(session, AccessChange::Factor, |account| {
            account.factor = write_hex(factor.as_ref());
            account.recovery = kept;
            true
        })?;
        self.local(|local| local.end_others(session.person, Some(browser.number)))?;
        Ok(Attempt::Right(Accepted { session: None, recovery }))
    }

    /// Ends a person's account, with all sessions, links and invitations.
    pub fn end_account(&self, session: &Session, person: PersonId, reason: &str) -> Result<()> {
        self.allowed(session, Act::Empower)?;
        needs_reason(Some(reason))?;
        self.session(person)?;
        self.say_access(session, person, AccessChange::End, Some(reason))?;
        self.local(|local| {
            local.uninvite(person)?;
            local.end_others(person, None)
        })
    }

    /// How a person comes in: for those who decide about persons, and for oneself.
    pub fn way_in(&self, session: &Session, person: PersonId) -> Result<WayIn> {
        if person != session.person {
            self.allowed(session, Act::Empower)?;
        }
        let now = self.clock.now();
        let row = self.catalog().account_of(person)?;
        let own = row.is_some() && person == session.person;
        let recovery = if own { self.account(Some(person))?.map(|account| account.recovery.len()) } else { None };
        let invited = self.local(|local| local.invited(person, now))?;
        Ok(WayIn { account: row.map(|row| row.since), recovery, invited })
    }

    /// How every person comes in, for those who decide about persons; who does not come in at all is left out.
    pub fn ways_in(&self, session: &Session) -> Result<HashMap<PersonId, WayIn>> {
        self.allowed(session, Act::Empower)?;
        let now = self.clock.now();
        let mut ways: HashMap<PersonId, WayIn> = HashMap::new();
        for row in self.catalog().accounts()? {
            ways.entry(row.person).or_default().account = Some(row.since);
        }
        for (person, until) in self.local(|local| local.all_invited(now))? {
            ways.entry(person).or_default().invited = Some(until);
        }
        Ok(ways)
    }

    fn begin(&self, person: PersonId, device: &str) -> Result<Zeroizing<String>> {
        let (secret, hash) = secret()?;
        let now = self.clock.now();
        self.local(|local| local.begin(&hash, person, &device_word(device), now))?;
        Ok(secret)
    }
}

fn wrong_code() -> crate::Error {
    error::invalid(
        text!("This code is not that of your authenticator.", "Ce code n’est pas celui de votre application."),
        text!(
            "Add the secret to it, check that the clock of your phone is right, and write the six digits that it shows now.",
            "Ajoutez-y le secret, vérifiez l’heure de votre téléphone, et recopiez les six chiffres qu’elle affiche maintenant."
        ),
    )
}
