//! Persons, clearances and mandates: who may know what, why, and until when.

use super::{Archive, draft::Draft};
use crate::{
    Result,
    catalog::{MandateRow, PersonRow},
    error,
    policy::{self, Act, Session},
    proof::folded,
    seal::random_bits,
};
use chartrier_schemas::{
    MandateId, Marking, PersonId, SubjectId, Text,
    persisted::v1::{self, Deed, Notice, PersonRole, Whom},
    text,
};
use jiff::Timestamp;
use serde_json::Map;

/// A person to add.
pub struct PersonRequest {
    /// Name, unique.
    pub name: String,
    /// Roles.
    pub roles: Vec<PersonRole>,
    /// Clearance.
    pub clearance: Marking,
    /// Why.
    pub reason: Option<String>,
}

/// A mandate to give.
pub struct MandateRequest {
    /// Whom.
    pub whom: Whom,
    /// Code of a class or dossier, or a record's id; nothing is the root.
    pub on: Option<String>,
    /// Until when, RFC 3339.
    pub until: Option<String>,
    /// Why.
    pub reason: String,
}

/// Every role, as the first person of an archive has them.
pub(super) const ALL_ROLES: [PersonRole; 4] =
    [PersonRole::Staff, PersonRole::Archivist, PersonRole::Security, PersonRole::Administrator];

/// Roles that somebody must hold, or the archive is locked for ever.
fn kept() -> [(PersonRole, Text); 2] {
    [
        (PersonRole::Security, text!("a security officer", "officier de sécurité")),
        (PersonRole::Administrator, text!("an administrator", "administrateur")),
    ]
}

pub(super) fn needs_reason(reason: Option<&str>) -> Result<()> {
    if reason.is_some_and(|reason| !reason.trim().is_empty()) {
        return Ok(());
    }
    Err(error::invalid(
        text!("This decision needs a reason.", "Cette décision demande un motif."),
        text!("Add --reason: it is kept with the decision.", "Ajoutez --reason : le motif est gardé avec la décision."),
    ))
}

impl Archive {
    /// Persons, by name. For those who decide about them, and for everyone their own entry.
    pub fn persons(&self, session: &Session) -> Result<Vec<PersonRow>> {
        let all = self.allowed(session, Act::Empower).is_ok();
        let persons = self.catalog().persons()?;
        Ok(persons.into_iter().filter(|row| all || row.id == session.person).collect())
    }

    /// Persons whose name has all of these beginnings or parts of words in it, with or without accents; all where there are none.
    pub fn persons_like(&self, session: &Session, words: &str) -> Result<Vec<PersonRow>> {
        let words: Vec<String> = words.split_whitespace().map(folded).collect();
        let mut persons = self.persons(session)?;
        persons.retain(|row| {
            let name = folded(&row.name);
            words.iter().all(|word| name.contains(word))
        });
        Ok(persons)
    }

    /// One person, for those who decide about persons, and for oneself.
    pub fn person_row(&self, session: &Session, id: PersonId) -> Result<PersonRow> {
        if id != session.person {
            self.allowed(session, Act::Empower)?;
        }
        self.catalog().person(id)?.ok_or_else(|| error::not_found(id))
    }

    /// Adds a person. A clearance above NP is a decision, and needs a reason.
    pub fn add_person(&self, session: &Session, request: &PersonRequest) -> Result<PersonId> {
        self.allowed(session, Act::Empower)?;
        if request.name.trim().is_empty() {
            return Err(error::empty(&text!("name of the person", "le nom de la personne")));
        }
        if request.clearance != Marking::np() {
            needs_reason(request.reason.as_deref())?;
        }
        self.check_ceiling(&request.clearance)?;
        let lowest = self.lowest()?;
        let chain = self.lock_current()?;
        if self.catalog().persons()?.iter().any(|row| row.name == request.name) {
            return Err(error::invalid(
                text!("A person called {name} is here already.", "Une personne appelée {name} existe déjà.", name = request.name),
                text!("Choose a name that tells them apart.", "Choisissez un nom qui les distingue."),
            ));
        }
        let id = PersonId::from_bits(random_bits()?);
        let person = v1::Person {
            name: request.name.clone(),
            roles: request.roles.clone(),
            clearance: request.clearance.clone(),
            searches: Vec::new(),
            others: Map::new(),
        };
        let mut draft = Draft::default();
        let entries = draft.label(lowest.id);
        entries.describe(id.into(), Notice::Person(person), None)?;
        entries.act_on(session, self.now(), Deed::Create { subject: id.into(), under: None }, request.reason.as_deref())?;
        self.commit_locked(chain, draft)?;
        Ok(id)
    }

    /// Changes a person's clearance, with a reason.
    pub fn clear_person(&self, session: &Session, person: PersonId, clearance: &Marking, reason: &str) -> Result<()> {
        self.change_person(session, person, Some(reason), |person| person.clearance = clearance.clone())
    }

    /// Changes a person's roles, with a reason.
    pub fn set_roles(&self, session: &Session, person: PersonId, roles: &[PersonRole], reason: &str) -> Result<()> {
        self.change_person(session, person, Some(reason), |person| person.roles = roles.to_vec())
    }

    fn change_person(
        &self,
        session: &Session,
        id: PersonId,
        reason: Option<&str>,
        change: impl FnOnce(&mut v1::Person),
    ) -> Result<()> {
        self.allowed(session, Act::Empower)?;
        needs_reason(reason)?;
        self.edit_person(session, id, reason, |person| {
            let roles = person.roles.clone();
            change(person);
            self.check_ceiling(&person.clearance)?;
            self.check_kept(id, &roles, &person.roles)
        })
    }

    /// Describes a person anew, where `edit` changes something.
    pub(super) fn edit_person(
        &self,
        session: &Session,
        id: PersonId,
        reason: Option<&str>,
        edit: impl FnOnce(&mut v1::Person) -> Result<()>,
    ) -> Result<()> {
        let chain = self.lock_current()?;
        let row = self.subject(id.into())?;
        let Notice::Person(mut person) = self.description(&row)?.notice else {
            return Err(error::corrupt(row.description, "it does not describe a person"));
        };
        let before = person.clone();
        edit(&mut person)?;
        if person == before {
            return Ok(());
        }
        let mut draft = Draft::default();
        let entries = draft.label(self.label_num(row.label)?.id);
        entries.describe(id.into(), Notice::Person(person), row.keys.last())?;
        entries.act_on(session, self.now(), Deed::Describe { subjects: vec![id.into()] }, reason)?;
        self.commit_locked(chain, draft).map(drop)
    }

    /// Somebody must go on deciding about persons, and somebody must go on keeping the keys: nobody could give these roles
    /// again.
    fn check_kept(&self, id: PersonId, before: &[PersonRole], after: &[PersonRole]) -> Result<()> {
        let persons = self.catalog().persons()?;
        for (role, name) in kept() {
            let lost = before.contains(&role) && !after.contains(&role);
            if lost && !persons.iter().any(|row| row.id != id && row.roles.contains(&role)) {
                return Err(error::invalid(
                    Text {
                        en: format!("Nobody would be {} any more, and nobody could make one.", name.en),
                        fr: format!("Plus personne ne serait {}, et personne ne pourrait en nommer un.", name.fr),
                    },
                    text!(
                        "Give somebody else the role first: chartrier person roles NAME ROLE… --reason …",
                        "Donnez d’abord ce rôle à quelqu’un d’autre : chartrier person roles NOM RÔLE… --reason …"
                    ),
                ));
            }
        }
        Ok(())
    }

    /// Gives a person every role, if nobody decides about persons or nobody keeps the keys: who holds the recovery sheet can
    /// do everything already.
    pub(super) fn empower_if_orphaned(&self, person: PersonId) -> Result<()> {
        let persons = self.catalog().persons()?;
        if kept().iter().all(|(role, _)| persons.iter().any(|row| row.roles.contains(role))) {
            return Ok(());
        }
        let mut session = self.session(person)?;
        session.roles = ALL_ROLES.to_vec();
        let reason = "Restored from the recovery sheet / Rétabli avec la fiche de secours";
        self.set_roles(&session, person, &ALL_ROLES, reason)
    }

    fn check_ceiling(&self, clearance: &Marking) -> Result<()> {
        if clearance.level <= self.deed.ceiling {
            return Ok(());
        }
        Err(error::refused(
            text!(
                "{clearance} is above what this archive may hold.",
                "{clearance} dépasse ce que ces archives peuvent contenir.",
                clearance = clearance
            ),
            text!("Its ceiling is {ceiling}.", "Leur plafond est {ceiling}.", ceiling = self.deed.ceiling.code()),
        ))
    }

    /// Code of the class or dossier that a mandate is on, if that may be known; a record has none.
    pub fn mandate_code(&self, session: &Session, mandate: &MandateRow) -> Result<Option<String>> {
        let Some(unit) = mandate.unit else { return Ok(None) };
        let Some(row) = self.catalog().subject(unit)? else { return Ok(None) };
        Ok(self.knowledge(session.clone())?.code(row.num))
    }

    /// Mandates. For those who decide about them, all; for everyone else those given to them by name, and those in force that
    /// reach them as one of a group or of the house.
    pub fn mandates(&self, session: &Session) -> Result<Vec<MandateRow>> {
        match self.allowed(session, Act::Empower) {
            Ok(()) => self.catalog().mandates(),
            Err(_) => self.mandates_reaching(session.person),
        }
    }

    /// Those given to a person by name whatever became of them, and those in force by which they know something as one of a
    /// group or of the house. What others were given before they came is none of theirs.
    pub(super) fn mandates_reaching(&self, person: PersonId) -> Result<Vec<MandateRow>> {
        let (own, now) = (Whom::Person(person), self.clock.now());
        let mut rows = self.catalog().mandates_to(own)?;
        let others = self.catalog().mandates_of(person)?;
        rows.extend(others.into_iter().filter(|row| row.whom != own && in_force(row, now)));
        Ok(rows)
    }

    /// Gives a mandate. A mandate that names a marked unit lies under that unit's label.
    pub fn add_mandate(&self, session: &Session, request: &MandateRequest) -> Result<MandateId> {
        self.allowed(session, Act::Empower)?;
        needs_reason(Some(&request.reason))?;
        let end = request.until.as_deref().map(|until| until.parse::<Timestamp>());
        if end.is_some_and(|end| end.map_or(true, |end| end <= self.clock.now())) {
            return Err(error::invalid(
                text!("The mandate would be over already.", "Le mandat serait déjà terminé."),
                text!("Name a last day that is still to come, or today.", "Indiquez un dernier jour à venir, ou aujourd’hui."),
            ));
        }
        let chain = self.lock_current()?;
        match request.whom {
            Whom::Person(person) => drop(self.subject(person.into())?),
            Whom::Group(group) => drop(self.living_group(group)?),
            Whom::Everyone => {}
        }
        let (unit, label) = match &request.on {
            None => (None, self.lowest()?),
            Some(on) => {
                let (subject, row) = match on.parse() {
                    Ok(record @ SubjectId::Record(id)) => (record, self.permitted(session, Act::Empower, id.into())?),
                    _ => self.place_of_code(session, Act::Empower, on)?,
                };
                (subject.unit(), self.label_num(row.label)?)
            }
        };
        let id = MandateId::from_bits(random_bits()?);
        let now = self.now();
        let mandate = v1::Mandate {
            whom: request.whom,
            unit,
            from: now.clone(),
            until: request.until.clone(),
            reason: request.reason.clone(),
            others: Map::new(),
        };
        let mut draft = Draft::default();
        let entries = draft.label(label.id);
        entries.describe(id.into(), Notice::Mandate(mandate), None)?;
        entries.act_on(session, now, Deed::Create { subject: id.into(), under: None }, None)?;
        self.commit_locked(chain, draft)?;
        Ok(id)
    }

    /// Ends a mandate now, with a reason. Answers whether it was in force.
    pub fn end_mandate(&self, session: &Session, mandate: MandateId, reason: &str) -> Result<bool> {
        self.allowed(session, Act::Empower)?;
        needs_reason(Some(reason))?;
        let chain = self.lock_current()?;
        let row = self.subject(mandate.into())?;
        let given = self.catalog().mandate(&mandate.to_string())?;
        if given.is_none_or(|given| given.ended) {
            return Ok(false);
        }
        let mut draft = Draft::default();
        let entries = draft.label(self.label_num(row.label)?.id);
        entries.act_on(session, self.now(), Deed::End { mandate }, Some(reason))?;
        self.commit_locked(chain, draft)?;
        Ok(true)
    }
}

/// Whether a mandate is in force at a moment.
pub(super) fn in_force(row: &MandateRow, moment: Timestamp) -> bool {
    policy::in_force(&row.from, row.until.as_deref(), row.ended, moment)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        archive::{InitOptions, OpenOptions, initialise, restore},
        clock::SystemClock,
        keys::Unlock,
        store,
    };
    use chartrier_schemas::Level;
    use std::sync::Arc;

    /// Archives of an earlier version may have lost their last officer: whoever holds the sheet ends that.
    #[test]
    fn an_orphaned_archive_is_given_back_by_the_recovery_sheet() {
        let options = OpenOptions {
            unlock: Unlock::Unprotected,
            clock: Arc::new(SystemClock),
            store: Some(Arc::new(store::open("memory:", true).unwrap())),
        };
        let init = InitOptions { store: "memory:".to_owned(), person: "Ada".to_owned(), ceiling: Level::Ts };
        let home = tempfile::tempdir().unwrap();
        let made = initialise(home.path(), &init, &options, &mut |_| Ok(())).unwrap();
        let (archive, ada) = (&made.archive, made.archive.owner());
        let row = archive.subject(ada.into()).unwrap();
        let Notice::Person(mut person) = archive.description(&row).unwrap().notice else { panic!("a person") };
        person.roles = vec![PersonRole::Staff];
        let mut draft = Draft::default();
        let entries = draft.label(archive.lowest().unwrap().id);
        entries.describe(ada.into(), Notice::Person(person), row.keys.last()).unwrap();
        archive.commit(draft).unwrap();
        assert_eq!(archive.session(ada).unwrap().roles, [PersonRole::Staff]);

        let other = tempfile::tempdir().unwrap();
        let restored = restore(other.path(), "memory:", &made.sheet, None, &options).unwrap();
        assert_eq!((restored.owner(), restored.session(ada).unwrap().roles), (ada, ALL_ROLES.to_vec()));
    }
}
