//! Showing and giving: what an archive says of a record, and its bytes. Bytes of a marked record are given
//! only after the disclosure itself is durable.

use super::{
    Archive, Component, Knowledge,
    draft::{Draft, act_id},
    read::read_error,
};
use crate::{
    Result,
    catalog::{LabelRow, PersonRow, SubjectRow, Version},
    error,
    policy::{self, Act, Session},
    seal::Digest,
};
use chartrier_schemas::{
    ActId, Marking, PersonId, RecordId, SubjectId, UnitId,
    persisted::v1::{self, Bytes, Deed, Notice, PersonRole, Purpose, Record},
    text,
};
use std::io::{Read as _, Write};

/// How much is copied at once, in bytes.
const STEP: usize = 1 << 16;

/// A record as it is shown.
#[derive(Clone, Debug)]
pub struct Shown {
    /// Its id.
    pub id: RecordId,
    /// Its newest description.
    pub record: Record,
    /// Code of where it is filed, if that may be known; nothing is the inbox.
    pub class: Option<String>,
    /// Its marking.
    pub marking: Marking,
    /// Its acts, oldest first.
    pub history: Vec<HistoryLine>,
}

/// One act in a history.
#[derive(Clone, Debug)]
pub struct HistoryLine {
    /// The act, naming this subject only.
    pub act: v1::Act,
    /// Who, by name.
    pub by: String,
    /// Code of where it was put.
    pub place: Option<String>,
    /// Why, where a reason was given.
    pub reason: Option<String>,
    /// What a decision about a person or a group changed.
    pub changed: Vec<Changed>,
}

/// What a decision about a person or a group changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Changed {
    /// The name, from and to.
    Name(String, String),
    /// What a person may do, from and to.
    Roles(Vec<PersonRole>, Vec<PersonRole>),
    /// What a person is cleared for, from and to.
    Clearance(Marking, Marking),
    /// Who came into a group, and who left it, by name.
    Members(Vec<String>, Vec<String>),
}

impl Archive {
    /// What the archive says of a record.
    pub fn show(&self, session: &Session, id: RecordId) -> Result<Shown> {
        let row = self.permitted(session, Act::Know, UnitId::Record(id))?;
        let record = self.record(&row)?;
        let knowledge = self.knowledge(session.clone())?;
        let fact = knowledge.fact(row.num);
        let marking = knowledge.marking(row.label).cloned().ok_or_else(|| error::not_found(id))?;
        Ok(Shown { id, record, class: knowledge.code(fact.place), marking, history: self.history(&knowledge, id.into())? })
    }

    /// The acts on a unit, as far as they may be known: those under a label that the clearance dominates, into places that
    /// may be known; to whom it was given, for those who watch over that.
    pub(super) fn history(&self, knowledge: &Knowledge, subject: SubjectId) -> Result<Vec<HistoryLine>> {
        let acts = self.catalog().history(subject)?;
        let persons = self.catalog().persons()?;
        let versions = match subject {
            SubjectId::Person(_) | SubjectId::Group(_) => self.catalog().versions(subject)?,
            _ => Vec::new(),
        };
        let audit = match self.allowed(&knowledge.session, Act::Audit) {
            Ok(()) => Some(self.audit_label()?.num),
            Err(_) => None,
        };
        // An act lies under the label of its subject at that moment: what was done while the record bore a
        // marking above this clearance stays with those who are cleared for it.
        let cleared = |label: u16| knowledge.permission.labels.contains(label.into()) || audit == Some(label);
        let mut lines = Vec::new();
        for row in acts.into_iter().filter(|row| cleared(row.label)) {
            let place = match &row.act.deed {
                Deed::Capture { into: Some(into), .. } | Deed::File { into: Some(into), .. } => {
                    let place = self.catalog().subject((*into).into())?.map_or(0, |row| row.num);
                    let Some(code) = knowledge.code(place) else { continue };
                    Some(code)
                }
                _ => None,
            };
            let by = persons
                .iter()
                .find(|person| person.id == row.act.by)
                .map_or_else(|| row.act.by.to_string(), |person| person.name.clone());
            let words = self.catalog().subject(row.act.id.into())?;
            let reason = match words.filter(|words| cleared(words.label)).map(|words| self.description(&words)).transpose()? {
                Some(v1::Description { notice: Notice::Act(words), .. }) => Some(words.reason),
                _ => None,
            };
            let act = v1::Act { deed: row.act.deed.narrowed(subject), ..row.act };
            let changed = changed(&versions, act.id, &persons);
            lines.push(HistoryLine { act, by, place, reason, changed });
        }
        Ok(lines)
    }

    /// A component of a record, before its bytes are given.
    pub fn component(&self, session: &Session, id: RecordId, number: u32) -> Result<Component> {
        let row = self.permitted(session, Act::Read, UnitId::Record(id))?;
        let record = self.record(&row)?;
        let find = |number: u32| -> Result<v1::Component> {
            let at = usize::try_from(number).ok().and_then(|number| number.checked_sub(1));
            at.and_then(|at| record.components.get(at)).cloned().ok_or_else(|| no_component(id, number, record.components.len()))
        };
        let described = find(number)?;
        let (carrier, path, carrier_number) = match &described.bytes {
            Bytes::Part { of, path } => (find(*of)?, Some(path.clone()), *of),
            _ => (described.clone(), None, number),
        };
        self.disclose_where_due(session, &row, id, number)?;
        Ok(Component { described, carrier, path, carrier_number })
    }

    /// Records that bytes of a marked record are given; answers whether that was due.
    pub(super) fn disclose_where_due(&self, session: &Session, row: &SubjectRow, id: RecordId, number: u32) -> Result<bool> {
        let marking = self.label_num(row.label)?.marking().cloned();
        let due = marking.as_ref().is_none_or(policy::is_recorded);
        if due {
            self.disclose(session, id, number)?;
        }
        Ok(due)
    }

    /// Says under the audit label that bytes of a marked record were given.
    fn disclose(&self, session: &Session, id: RecordId, component: u32) -> Result<()> {
        let audit = self.audit_label()?;
        let mut draft = Draft::default();
        let deed = Deed::Disclose { record: id.into(), component };
        draft.label(audit.label.id).act(act_id()?, session.person, self.now(), deed, None)?;
        self.commit(draft).map(drop)
    }

    pub(super) fn audit_label(&self) -> Result<LabelRow> {
        let audit = self.catalog().labels()?.into_iter().find(|row| row.label.purpose == Purpose::Audit);
        audit.ok_or_else(|| error::bug("an archive without its audit label"))
    }

    /// Writes the carrier's bytes, exactly; an error at the end means that what was written is not them.
    pub fn copy_original(&self, component: &Component, to: &mut dyn Write) -> Result<()> {
        let Bytes::Stored(blob) = &component.carrier.bytes else {
            return Err(error::corrupt("the record", "a part of a part has no bytes"));
        };
        let mut reader = self.open_blob(blob)?;
        let mut digest = Digest::default();
        let mut buffer = vec![0; STEP];
        loop {
            let taken = reader.read(&mut buffer).map_err(read_error)?;
            if taken == 0 {
                break;
            }
            digest.update(&buffer[..taken]);
            to.write_all(&buffer[..taken]).map_err(|why| error::io("write the bytes", &why))?;
        }
        if digest.finish() == *component.carrier.content.digest() {
            return Ok(());
        }
        Err(error::corrupt(blob.blob, "its bytes are not those that were captured"))
    }

    /// The texts of a record by component, as they were read out of it. A disclosure, like its bytes.
    pub fn text(&self, session: &Session, id: RecordId) -> Result<Vec<(u32, String)>> {
        self.text_seen(session, &self.look(session, id)?)
    }
}

/// What an act changed of what was said of its subject before.
fn changed(versions: &[(Option<String>, Version)], act: ActId, persons: &[PersonRow]) -> Vec<Changed> {
    let act = act.to_string();
    let Some(pair) = versions.windows(2).find(|pair| pair[1].0.as_ref() == Some(&act)) else { return Vec::new() };
    let (before, after) = (&pair[0].1, &pair[1].1);
    let mut found = Vec::new();
    if before.name != after.name {
        found.push(Changed::Name(before.name.clone(), after.name.clone()));
    }
    if before.roles != after.roles {
        found.push(Changed::Roles(before.roles.clone(), after.roles.clone()));
    }
    if let (Some(before), Some(after)) = (&before.clearance, &after.clearance)
        && before != after
    {
        found.push(Changed::Clearance(before.clone(), after.clone()));
    }
    if before.members != after.members {
        let named = |id: &PersonId| {
            let row = persons.iter().find(|row| row.id == *id);
            row.map_or_else(|| id.to_string(), |row| row.name.clone())
        };
        let only = |here: &[PersonId], there: &[PersonId]| here.iter().filter(|id| !there.contains(id)).map(named).collect();
        found.push(Changed::Members(only(&after.members, &before.members), only(&before.members, &after.members)));
    }
    found
}

fn no_component(id: RecordId, number: u32, count: usize) -> crate::Error {
    crate::Error {
        kind: crate::Kind::NotFound,
        problem: text!("{id} has no component {number}.", "{id} n’a pas de composant {number}.", id = id, number = number),
        remedy: text!(
            "Its components count from 1 to {count}: see `chartrier show {id}`.",
            "Ses composants vont de 1 à {count} : voyez `chartrier show {id}`.",
            count = count,
            id = id
        ),
    }
}
