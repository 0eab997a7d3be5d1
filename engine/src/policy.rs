//! The one question: may this person do this to that unit? A pure function of the session, the act and
//! what is known of the unit; every path asks it, and the filter of a search is compiled from the same
//! session (a test compares the two on every unit).

use chartrier_schemas::{Level, Marking, PersonId, SubjectId, persisted::v1::PersonRole};
use jiff::Timestamp;

/// A person at work, as of one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// Who.
    pub person: PersonId,
    /// What the person may do.
    pub roles: Vec<PersonRole>,
    /// What the person is cleared for.
    pub clearance: Marking,
    /// Units under a mandate in force; nothing is the root.
    pub mandates: Vec<Option<SubjectId>>,
    /// Somebody who looks over the shoulder: what they may not do, this session may not do either.
    pub also: Option<Box<Session>>,
}

impl Session {
    /// This session, narrowed to what another one may do as well.
    #[must_use]
    pub fn narrowed_by(mut self, other: Self) -> Self {
        self.also = Some(Box::new(other));
        self
    }
}

/// What somebody wants to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// Know that it is there, and what is said of it.
    Know,
    /// Have its bytes or its text.
    Read,
    /// Add records below it.
    Capture,
    /// File it, or file under it.
    File,
    /// Change the classification scheme or a dossier.
    Arrange,
    /// Say what it is: its title, date and content.
    Describe,
    /// Change its marking.
    Mark,
    /// Decide about persons, clearances and mandates.
    Empower,
    /// Keep nodes, keys and the store.
    Administer,
    /// See who was given what.
    Audit,
}

/// What the question needs to know of a unit.
#[derive(Clone, Debug)]
pub struct Unit<'a> {
    /// Its marking.
    pub marking: &'a Marking,
    /// The unit, then what it lies under, up to the root.
    pub path: &'a [SubjectId],
    /// Whether it lives.
    pub alive: bool,
}

/// The answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Yes.
    Granted,
    /// No, and why. Shown only to those who may know the reason.
    Refused(Reason),
}

/// Why not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// It is not there.
    Gone,
    /// The clearance does not dominate its marking.
    Clearance,
    /// No mandate covers it.
    Mandate,
    /// No role of the person allows this act.
    Role,
}

/// May this person do this to that unit, or, without a unit, at all?
pub fn may(session: &Session, act: Act, unit: Option<&Unit<'_>>) -> Verdict {
    if let Some(also) = &session.also
        && let refused @ Verdict::Refused(_) = may(also, act, unit)
    {
        return refused;
    }
    if let Some(unit) = unit {
        if !unit.alive {
            return Verdict::Refused(Reason::Gone);
        }
        if !session.clearance.dominates(unit.marking) {
            return Verdict::Refused(Reason::Clearance);
        }
        let covers = |mandate: &Option<SubjectId>| mandate.is_none_or(|on| unit.path.contains(&on));
        if !session.mandates.iter().any(covers) {
            return Verdict::Refused(Reason::Mandate);
        }
    }
    let allowed = allowed(act);
    match session.roles.iter().any(|role| allowed.contains(role)) {
        true => Verdict::Granted,
        false => Verdict::Refused(Reason::Role),
    }
}

/// The roles that allow an act.
fn allowed(act: Act) -> &'static [PersonRole] {
    use PersonRole::{Administrator, Archivist, Security, Staff};
    match act {
        Act::Know | Act::Read => &[Staff, Archivist, Security, Administrator],
        Act::Capture => &[Staff, Archivist, Administrator],
        Act::File | Act::Arrange | Act::Describe => &[Archivist],
        Act::Mark => &[Archivist, Security],
        Act::Empower | Act::Audit => &[Security],
        Act::Administer => &[Administrator],
    }
}

/// Whether giving bytes or words of what bears this marking is a disclosure, which is recorded.
pub fn is_recorded(marking: &Marking) -> bool {
    *marking != Marking::np()
}

/// Whether passages and small pictures of what bears this marking are shown beside others, in passing.
pub fn is_shown_in_passing(marking: &Marking) -> bool {
    marking.level < Level::S
}

/// Whether a mandate is in force at a moment. Dates are RFC 3339; one that cannot be read is not in force.
pub fn in_force(from: &str, until: Option<&str>, ended: bool, now: Timestamp) -> bool {
    let begun = from.parse::<Timestamp>().is_ok_and(|from| from <= now);
    let over = until.is_some_and(|until| !until.parse::<Timestamp>().is_ok_and(|until| now < until));
    begun && !over && !ended
}

#[cfg(test)]
mod tests {
    use super::*;
    use chartrier_schemas::{ClassId, RecordId};

    #[test]
    fn clearance_and_mandate_and_role() {
        let class = SubjectId::Class(ClassId::from_bits(1));
        let record = SubjectId::Record(RecordId::from_bits(2));
        let path = [record, class];
        let secret: Marking = "S".parse().unwrap();
        let session = |clearance: &str, mandates: &[Option<SubjectId>], roles: &[PersonRole]| Session {
            person: PersonId::from_bits(9),
            roles: roles.to_vec(),
            clearance: clearance.parse().unwrap(),
            mandates: mandates.to_vec(),
            also: None,
        };
        let unit = |alive| Unit { marking: &secret, path: &path, alive };
        let staff = &[PersonRole::Staff][..];
        for (session, act, alive, expected) in [
            (session("S", &[None], staff), Act::Read, true, Verdict::Granted),
            (session("S", &[Some(class)], staff), Act::Read, true, Verdict::Granted),
            (session("S", &[Some(record)], staff), Act::Know, true, Verdict::Granted),
            (session("DR", &[None], staff), Act::Know, true, Verdict::Refused(Reason::Clearance)),
            (session("S", &[], staff), Act::Know, true, Verdict::Refused(Reason::Mandate)),
            (session("S", &[None], staff), Act::File, true, Verdict::Refused(Reason::Role)),
            (session("S", &[None], &[]), Act::Know, true, Verdict::Refused(Reason::Role)),
            (session("S", &[None], staff), Act::Read, false, Verdict::Refused(Reason::Gone)),
        ] {
            assert_eq!(may(&session, act, Some(&unit(alive))), expected, "{session:?} {act:?}");
        }
    }

    #[test]
    fn a_mandate_has_a_beginning_and_an_end() {
        let now = "2026-11-24T12:00:00Z".parse().unwrap();
        assert!(in_force("2026-01-01T00:00:00Z", None, false, now));
        assert!(!in_force("2027-01-01T00:00:00Z", None, false, now));
        assert!(!in_force("2026-01-01T00:00:00Z", Some("2026-11-24T12:00:00Z"), false, now));
        assert!(!in_force("2026-01-01T00:00:00Z", None, true, now));
        assert!(!in_force("someday", None, false, now));
    }
}
