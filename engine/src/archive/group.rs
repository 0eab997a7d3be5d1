//! Groups of persons: made, changed and dissolved by those who decide about persons, each with a reason. Whoever is in a group
//! knows by its mandates for as long as they are; others are not told that there is one.

use super::{Archive, HistoryLine, draft::Draft, people::in_force, people::needs_reason};
use crate::{
    Result,
    catalog::{GroupRow, MandateRow, MemberRow},
    error,
    policy::{Act, Session},
    seal::random_bits,
};
use chartrier_schemas::{
    GroupId, MandateId, PersonId, SubjectId,
    persisted::v1::{self, Deed, Notice, Whom},
    text,
};
use serde_json::Map;
use std::collections::HashMap;

/// A group to make.
pub struct GroupRequest {
    /// Name, unique.
    pub name: String,
    /// Why it is there.
    pub reason: String,
    /// Who is in it from the beginning.
    pub members: Vec<PersonId>,
}

/// Somebody in a group, or who was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// Who.
    pub person: PersonId,
    /// By name.
    pub name: String,
    /// From when.
    pub since: String,
    /// Until when; nothing is now.
    pub until: Option<String>,
}

/// A group that somebody is in, or was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Belonging {
    /// The group.
    pub group: GroupId,
    /// By name.
    pub name: String,
    /// From when.
    pub since: String,
    /// Until when; nothing is now.
    pub until: Option<String>,
}

impl Archive {
    /// Groups, by name. For those who decide about persons all that there were; for everyone else those that they are in.
    pub fn groups(&self, session: &Session) -> Result<Vec<GroupRow>> {
        let mut groups = self.catalog().groups()?;
        if self.allowed(session, Act::Empower).is_err() {
            let own = self.catalog().memberships_of(session.person)?;
            groups.retain(|row| own.iter().any(|one| one.group == row.id && one.until.is_none()));
            groups.iter_mut().for_each(|row| row.size = None);
        }
        Ok(groups)
    }

    /// One of the groups that the session may see; else the answer for what is not there.
    pub fn group(&self, session: &Session, id: GroupId) -> Result<GroupRow> {
        self.groups(session)?.into_iter().find(|row| row.id == id).ok_or_else(|| error::not_found(id))
    }

    /// A group by id or by name, among those that the session may see.
    pub fn group_named(&self, session: &Session, name: &str) -> Result<GroupId> {
        if name.trim().is_empty() {
            return Err(no_name());
        }
        let groups = self.groups(session)?;
        let found = groups.iter().find(|row| row.name == name.trim() || row.id.to_string() == name);
        found.map(|row| row.id).ok_or_else(|| error::no_group(name))
    }

    /// Who is in a group and who was, in the order they came. Those who do not decide about persons see themselves.
    pub fn group_members(&self, session: &Session, id: GroupId) -> Result<Vec<Member>> {
        self.group(session, id)?;
        let all = self.allowed(session, Act::Empower).is_ok();
        let names: HashMap<PersonId, String> = self.catalog().persons()?.into_iter().map(|row| (row.id, row.name)).collect();
        let mut rows = self.catalog().members_of(id)?;
        rows.retain(|row| all || (row.person == session.person && row.until.is_none()));
        let member = |MemberRow { person, since, until, .. }| {
            let name = names.get(&person).cloned().unwrap_or_else(|| person.to_string());
            Member { person, name, since, until }
        };
        Ok(rows.into_iter().map(member).collect())
    }

    /// Mandates of a group, in the order they were given, with the codes of what they are on. Those who do not decide about
    /// persons see what reaches them.
    pub fn group_mandates(&self, session: &Session, id: GroupId) -> Result<Vec<(MandateRow, Option<String>)>> {
        self.group(session, id)?;
        let mut rows = match self.allowed(session, Act::Empower) {
            Ok(()) => self.catalog().mandates_to(id.into())?,
            Err(_) => self.mandates_reaching(session.person)?,
        };
        rows.retain(|row| row.whom == Whom::Group(id));
        rows.into_iter().map(|row| Ok((row.clone(), self.mandate_code(session, &row)?))).collect()
    }

    /// The groups that a person is in, and for those who decide about persons those that they were in. One's own, or anybody's
    /// for those who decide.
    pub fn groups_of(&self, session: &Session, person: PersonId) -> Result<Vec<Belonging>> {
        let decides = self.allowed(session, Act::Empower);
        if person != session.person {
            decides.clone()?;
        }
        let names: HashMap<GroupId, String> = self.catalog().groups()?.into_iter().map(|row| (row.id, row.name)).collect();
        let mut rows = self.catalog().memberships_of(person)?;
        rows.retain(|row| decides.is_ok() || row.until.is_none());
        let belonging = |MemberRow { group, since, until, .. }| {
            let name = names.get(&group).cloned().unwrap_or_else(|| group.to_string());
            Belonging { group, name, since, until }
        };
        Ok(rows.into_iter().map(belonging).collect())
    }

    /// In how many groups each person is now. For those who decide about persons.
    pub fn groups_by_person(&self, session: &Session) -> Result<HashMap<PersonId, u64>> {
        self.allowed(session, Act::Empower)?;
        let mut counts = HashMap::new();
        self.catalog().members()?.into_iter().for_each(|row| *counts.entry(row.person).or_default() += 1);
        Ok(counts)
    }

    /// What was decided about a group, newest first. For those who decide about persons.
    pub fn group_history(&self, session: &Session, id: GroupId) -> Result<Vec<HistoryLine>> {
        self.allowed(session, Act::Empower)?;
        self.group(session, id)?;
        let mut lines = self.history(&self.knowledge(session.clone())?, id.into())?;
        lines.reverse();
        Ok(lines)
    }

    /// Makes a group, with the reason why it is there.
    pub fn add_group(&self, session: &Session, request: &GroupRequest) -> Result<GroupId> {
        self.allowed(session, Act::Empower)?;
        needs_reason(Some(&request.reason))?;
        let lowest = self.lowest()?;
        let chain = self.lock_current()?;
        let name = self.free_name(&request.name, None)?;
        let id = GroupId::from_bits(random_bits()?);
        let mut group = v1::Group { name, reason: request.reason.trim().to_owned(), members: Vec::new(), others: Map::new() };
        self.change_members_of(&mut group, &request.members, &[])?;
        let mut draft = Draft::default();
        let entries = draft.label(lowest.id);
        entries.describe(id.into(), Notice::Group(group), None)?;
        entries.act_on(session, self.now(), Deed::Create { subject: id.into(), under: None }, None)?;
        self.commit_locked(chain, draft)?;
        Ok(id)
    }

    /// Takes persons into a group and out of it, in one act with its reason. Answers whether that changed anything.
    pub fn change_members(
        &self,
        session: &Session,
        group: GroupId,
        add: &[PersonId],
        remove: &[PersonId],
        reason: &str,
    ) -> Result<bool> {
        self.edit_group(session, group, reason, |group| self.change_members_of(group, add, remove))
    }

    /// Gives a group another name, with a reason. Answers whether that changed anything.
    pub fn rename_group(&self, session: &Session, group: GroupId, name: &str, reason: &str) -> Result<bool> {
        self.edit_group(session, group, reason, |row| {
            row.name = self.free_name(name, Some(group))?;
            Ok(())
        })
    }

    /// Dissolves a group, with a reason: it has no members any more, and its mandates end with it, each by an act of its own. It
    /// stays in history. Answers whether it was there until now.
    pub fn dissolve_group(&self, session: &Session, group: GroupId, reason: &str) -> Result<bool> {
        self.allowed(session, Act::Empower)?;
        needs_reason(Some(reason))?;
        let chain = self.lock_current()?;
        let row = self.subject(group.into())?;
        if self.group(session, group)?.dissolved.is_some() {
            return Ok(false);
        }
        let (now, moment) = (self.now(), self.clock.now());
        let mut draft = Draft::default();
        let given = self.catalog().mandates_to(Whom::Group(group))?;
        for mandate in given.into_iter().filter(|mandate| in_force(mandate, moment)) {
            let mandate: MandateId = mandate.id.parse().map_err(error::catalog)?;
            let label = self.label_num(self.subject(mandate.into())?.label)?.id;
            draft.label(label).act_on(session, now.clone(), Deed::End { mandate }, Some(reason))?;
        }
        let label = self.label_num(row.label)?.id;
        draft.label(label).act_on(session, now, Deed::Dissolve { group }, Some(reason))?;
        self.commit_locked(chain, draft)?;
        Ok(true)
    }

    /// A group that was not dissolved.
    pub(super) fn living_group(&self, id: GroupId) -> Result<GroupRow> {
        let row = self.catalog().group(id)?.ok_or_else(|| error::not_found(id))?;
        match row.dissolved {
            None => Ok(row),
            Some(_) => Err(error::invalid(
                text!("The group {name} was dissolved.", "Le groupe {name} a été dissous.", name = row.name),
                text!("It stays as it was. Make another one.", "Il reste tel qu’il était. Créez-en un autre."),
            )),
        }
    }

    /// Describes a group anew, where `edit` changes something.
    fn edit_group(
        &self,
        session: &Session,
        id: GroupId,
        reason: &str,
        edit: impl FnOnce(&mut v1::Group) -> Result<()>,
    ) -> Result<bool> {
        self.allowed(session, Act::Empower)?;
        needs_reason(Some(reason))?;
        let chain = self.lock_current()?;
        self.living_group(id)?;
        let row = self.subject(id.into())?;
        let Notice::Group(mut group) = self.description(&row)?.notice else {
            return Err(error::corrupt(row.description, "it does not describe a group"));
        };
        let before = group.clone();
        edit(&mut group)?;
        if group == before {
            return Ok(false);
        }
        let mut draft = Draft::default();
        let entries = draft.label(self.label_num(row.label)?.id);
        entries.describe(id.into(), Notice::Group(group), row.keys.last())?;
        entries.act_on(session, self.now(), Deed::Describe { subjects: vec![id.into()] }, Some(reason))?;
        self.commit_locked(chain, draft)?;
        Ok(true)
    }

    fn change_members_of(&self, group: &mut v1::Group, add: &[PersonId], remove: &[PersonId]) -> Result<()> {
        for person in add {
            self.subject(SubjectId::Person(*person))?;
            if !group.members.contains(person) {
                group.members.push(*person);
            }
        }
        group.members.retain(|person| !remove.contains(person));
        Ok(())
    }

    /// A name that no other group has or had: what a report says of the past names one group.
    fn free_name(&self, name: &str, own: Option<GroupId>) -> Result<String> {
        let name = name.trim();
        if name.is_empty() {
            return Err(no_name());
        }
        let taken = self.catalog().groups()?.into_iter().find(|row| row.name == name && Some(row.id) != own);
        match taken {
            None => Ok(name.to_owned()),
            Some(row) if row.dissolved.is_some() => Err(error::invalid(
                text!(
                    "A group called {name} was here, and was dissolved.",
                    "Un groupe appelé {name} a existé, et a été dissous.",
                    name = name
                ),
                text!(
                    "Choose a name that tells them apart: what is said of the past names that one.",
                    "Choisissez un nom qui les distingue : ce qui est dit du passé nomme celui-là."
                ),
            )),
            Some(_) => Err(error::invalid(
                text!("A group called {name} is here already.", "Un groupe appelé {name} existe déjà.", name = name),
                text!("Choose a name that tells them apart.", "Choisissez un nom qui les distingue."),
            )),
        }
    }
}

fn no_name() -> crate::Error {
    error::empty(&text!("name of the group", "le nom du groupe"))
}
