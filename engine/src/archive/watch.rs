//! Watching over who knows what: who may know a record and through which mandate, who was given what and why they could, and
//! what was decided about a person. Must never answer those who neither decide nor watch with more than their own line.

use super::{Archive, HistoryLine, people::in_force, session::path_of};
use crate::{
    Result,
    catalog::{DisclosureFilter, MandateRow, Standing},
    policy::{self, Act, Session, Unit, Verdict},
};
use chartrier_schemas::{
    ActId, GroupId, Marking, PersonId, RecordId, SubjectId, UnitId,
    persisted::v1::{Deed, PersonRole, Whom},
};
use std::collections::{HashMap, HashSet};

/// How a mandate reaches a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Through {
    /// It names them.
    Name,
    /// It names a group that they are in, or were in then; called so now.
    Group(GroupId, String),
    /// It names the whole house.
    House,
}

/// A mandate that covers a unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Covering {
    /// On what; nothing is the root.
    pub unit: Option<SubjectId>,
    /// Code of that class or dossier, if it may be known.
    pub code: Option<String>,
    /// Until when.
    pub until: Option<String>,
    /// Why it was given.
    pub reason: String,
    /// How it reaches the person.
    pub through: Through,
}

/// Somebody who may know a record.
#[derive(Clone, Debug)]
pub struct KnowerLine {
    /// Who.
    pub person: PersonId,
    /// By name.
    pub name: String,
    /// What they may do.
    pub roles: Vec<PersonRole>,
    /// What they are cleared for.
    pub clearance: Marking,
    /// The mandates that cover it, the nearest first.
    pub mandates: Vec<Covering>,
}

/// A mandate with all that was said of it.
#[derive(Clone, Debug)]
pub struct MandateLine {
    /// The mandate.
    pub row: MandateRow,
    /// Code of the class or dossier that it is on, if that may be known.
    pub code: Option<String>,
    /// How it reaches whom it is given to.
    pub through: Through,
    /// Who gave it, by name.
    pub given_by: String,
    /// Whether it is in force.
    pub in_force: bool,
    /// Why it was ended before its time.
    pub end_reason: Option<String>,
}

/// Which disclosures are wanted; what is nothing narrows nothing.
#[derive(Clone, Debug, Default)]
pub struct DisclosureRequest {
    /// To whom.
    pub person: Option<PersonId>,
    /// Of which record.
    pub record: Option<RecordId>,
    /// From this moment on, RFC 3339 in UTC, and before that one.
    pub between: Option<(String, String)>,
    /// Older than what the page before ended with.
    pub before: Option<i64>,
    /// So many.
    pub limit: usize,
}

/// Something that was given.
#[derive(Clone, Debug)]
pub struct DisclosureLine {
    /// The act.
    pub id: ActId,
    /// When, RFC 3339.
    pub at: String,
    /// To whom.
    pub person: PersonId,
    /// By name.
    pub name: String,
    /// The record.
    pub record: RecordId,
    /// Its title, if it may be known.
    pub title: Option<String>,
    /// Which component.
    pub component: u32,
    /// How the record was marked then.
    pub marking: Option<Marking>,
    /// What the person was cleared for then.
    pub clearance: Option<Marking>,
    /// The mandates that covered it then, the nearest first.
    pub mandates: Vec<Covering>,
}

/// A page of what was given, newest first.
#[derive(Clone, Debug)]
pub struct DisclosurePage {
    /// The lines.
    pub lines: Vec<DisclosureLine>,
    /// Where the next page begins, if there is one.
    pub next: Option<i64>,
}

impl Archive {
    /// Who may know a record, and through what. Those who decide and those who file see all; anybody else their own line.
    pub fn who_may_know(&self, session: &Session, record: RecordId) -> Result<Vec<KnowerLine>> {
        let unit = UnitId::Record(record);
        let row = self.permitted(session, Act::Know, unit)?;
        let sees_all = [Act::Empower, Act::Arrange].iter().any(|act| self.allowed(session, *act).is_ok());
        let cache = self.facts()?;
        let path = path_of(&self.catalog(), &cache, unit.into(), cache.facts.of(row.num.into()).place)?;
        let Some(marking) = cache.markings.get(&row.label) else { return Ok(Vec::new()) };
        let asked = Unit { marking, path: &path, alive: true };
        let (persons, members, mandates) = {
            let catalog = self.catalog();
            (catalog.persons()?, catalog.members()?, catalog.mandates()?)
        };
        // Each mandate is looked at once, however many it reaches; those that do not cover the record let nobody know it.
        let moment = self.clock.now();
        let in_force: Vec<MandateRow> = mandates.into_iter().filter(|mandate| in_force(mandate, moment)).collect();
        let covering = self.covering_whom(session, in_force, &path, &self.now())?;
        let mut groups: HashMap<PersonId, HashSet<Whom>> = HashMap::new();
        for member in members {
            groups.entry(member.person).or_default().insert(member.group.into());
        }
        let mut lines = Vec::new();
        for person in persons.into_iter().filter(|person| sees_all || person.id == session.person) {
            let own = groups.remove(&person.id).unwrap_or_default();
            let reaches = |whom: Whom| whom == person.id.into() || whom == Whom::Everyone || own.contains(&whom);
            let mandates: Vec<Covering> =
                covering.iter().filter(|(whom, _)| reaches(*whom)).map(|(_, covering)| covering.clone()).collect();
            let (id, name, roles, clearance) = (person.id, person.name, person.roles, person.clearance);
            let units = mandates.iter().map(|mandate| mandate.unit).collect();
            let known = Session { person: id, roles, clearance, mandates: units, also: None };
            if policy::may(&known, Act::Know, Some(&asked)) == Verdict::Granted {
                lines.push(KnowerLine { person: id, name, roles: known.roles, clearance: known.clearance, mandates });
            }
        }
        Ok(lines)
    }

    /// The mandates through which a session knows a record itself, the nearest first.
    pub fn own_knowing(&self, session: &Session, record: RecordId) -> Result<Vec<Covering>> {
        let row = self.permitted(session, Act::Know, UnitId::Record(record))?;
        let cache = self.facts()?;
        let path = path_of(&self.catalog(), &cache, record.into(), cache.facts.of(row.num.into()).place)?;
        let mandates = self.catalog().mandates_of(session.person)?;
        self.covering(session, mandates, &path, &self.now())
    }

    /// How a mandate reaches whom it is given to.
    fn through(&self, whom: Whom) -> Result<Through> {
        Ok(match whom {
            Whom::Person(_) => Through::Name,
            Whom::Everyone => Through::House,
            Whom::Group(group) => {
                let row = self.catalog().group(group)?;
                Through::Group(group, row.map_or_else(|| group.to_string(), |row| row.name))
            }
        })
    }

    /// Those of some mandates that covered a path at a moment, the nearest first.
    fn covering(&self, session: &Session, mandates: Vec<MandateRow>, path: &[SubjectId], at: &str) -> Result<Vec<Covering>> {
        let found = self.covering_whom(session, mandates, path, at)?;
        Ok(found.into_iter().map(|(_, covering)| covering).collect())
    }

    /// The same, each with whom it was given to.
    fn covering_whom(
        &self,
        session: &Session,
        mandates: Vec<MandateRow>,
        path: &[SubjectId],
        at: &str,
    ) -> Result<Vec<(Whom, Covering)>> {
        let Ok(moment) = at.parse() else { return Ok(Vec::new()) };
        let mut found = Vec::new();
        for row in mandates {
            let ended = row.ended_at.as_deref().is_some_and(|ended| ended <= at);
            let distance = match row.unit {
                None => Some(path.len()),
                Some(unit) => path.iter().position(|one| *one == unit),
            };
            if let Some(distance) = distance
                && policy::in_force(&row.from, row.until.as_deref(), ended, moment)
            {
                let (code, through) = (self.mandate_code(session, &row)?, self.through(row.whom)?);
                let covering = Covering { unit: row.unit, code, until: row.until, reason: row.reason, through };
                found.push((distance, row.whom, covering));
            }
        }
        found.sort_by_key(|(distance, ..)| *distance);
        Ok(found.into_iter().map(|(_, whom, covering)| (whom, covering)).collect())
    }

    /// Who was given what, newest first, with what let them know it at that time. For those who watch over that.
    pub fn disclosures(&self, session: &Session, request: &DisclosureRequest) -> Result<DisclosurePage> {
        self.allowed(session, Act::Audit)?;
        let audit = self.audit_label()?.num;
        let (from, until) = request.between.clone().unzip();
        let filter = DisclosureFilter { person: request.person, record: request.record, from, until, before: request.before };
        let mut found = self.catalog().disclosures(audit, &filter, request.limit + 1)?;
        let more = found.len() > request.limit;
        found.truncate(request.limit);
        let next = found.last().filter(|_| more).map(|(num, _)| *num);
        let names: HashMap<PersonId, String> = self.catalog().persons()?.into_iter().map(|row| (row.id, row.name)).collect();
        let mut titles = HashMap::new();
        let mut lines = Vec::new();
        for (num, act) in found {
            let Deed::Disclose { record: SubjectId::Record(record), component } = act.deed else { continue };
            let title = match titles.get(&record) {
                Some(title) => Option::<String>::clone(title),
                None => titles.entry(record).or_insert(self.title_of(session, record)?).clone(),
            };
            let (place, marking) = self.standing(record, num)?;
            let path = self.path_at(record, place)?;
            let clearance = self.catalog().clearance_at(act.by, &act.at)?;
            let mandates = self.catalog().mandates_at(act.by, &act.at)?;
            let mandates = self.covering(session, mandates, &path, &act.at)?;
            lines.push(DisclosureLine {
                id: act.id,
                person: act.by,
                name: names.get(&act.by).cloned().unwrap_or_else(|| act.by.to_string()),
                record,
                title,
                component,
                marking,
                clearance,
                mandates,
                at: act.at,
            });
        }
        Ok(DisclosurePage { lines, next })
    }

    /// The title of a record, if the session may know it.
    fn title_of(&self, session: &Session, record: RecordId) -> Result<Option<String>> {
        match self.permitted(session, Act::Know, record.into()) {
            Ok(row) => Ok(self.catalog().unit(row.num)?.map(|unit| unit.title)),
            Err(why) if why.kind == crate::Kind::NotFound => Ok(None),
            Err(why) => Err(why),
        }
    }

    /// Where a record lay and how it was marked when an act was done.
    fn standing(&self, record: RecordId, act: i64) -> Result<(Option<UnitId>, Option<Marking>)> {
        let (place, standing) = self.catalog().standing(record.into(), act)?;
        let marking = match standing {
            Some(Standing::Marked(marking)) => Some(marking),
            Some(Standing::Under(label)) => self.facts()?.markings.get(&label).cloned(),
            None => None,
        };
        Ok((place, marking))
    }

    fn path_at(&self, record: RecordId, place: Option<UnitId>) -> Result<Vec<SubjectId>> {
        let cache = self.facts()?;
        let place = place.map_or(Ok(None), |place| self.catalog().subject(place.into()))?;
        path_of(&self.catalog(), &cache, record.into(), place.map_or(0, |row| row.num))
    }

    /// Mandates with who gave them and why they ended, newest first. Of a person: those given to them by name, and those in force
    /// that reach them as one of a group or of the house; of a group or the house: those given to it; of nobody: all that the
    /// session may see. All for those who decide, for everybody else their own.
    pub fn mandate_lines(&self, session: &Session, whom: Option<Whom>) -> Result<Vec<MandateLine>> {
        if whom.is_some_and(|whom| whom != Whom::Person(session.person)) {
            self.allowed(session, Act::Empower)?;
        }
        let persons = self.catalog().persons()?;
        let knowledge = self.knowledge(session.clone())?;
        let now = self.clock.now();
        let mut rows = match whom {
            Some(Whom::Person(person)) => self.mandates_reaching(person)?,
            Some(whom) => self.catalog().mandates_to(whom)?,
            None => self.mandates(session)?,
        };
        rows.reverse();
        rows.sort_by(|one, other| other.from.cmp(&one.from));
        let mut lines = Vec::new();
        for row in rows {
            let code = self.mandate_code(session, &row)?;
            let history = match row.id.parse::<SubjectId>() {
                Ok(mandate) => self.history(&knowledge, mandate)?,
                Err(_) => Vec::new(),
            };
            let made = history.iter().find(|line| matches!(line.act.deed, Deed::Create { .. }));
            let ended = history.iter().find(|line| matches!(line.act.deed, Deed::End { .. }));
            let by = |line: &HistoryLine| persons.iter().find(|one| one.id == line.act.by).map(|one| one.name.clone());
            lines.push(MandateLine {
                given_by: made.and_then(by).unwrap_or_default(),
                end_reason: ended.and_then(|line| line.reason.clone()),
                in_force: in_force(&row, now),
                through: self.through(row.whom)?,
                row,
                code,
            });
        }
        Ok(lines)
    }

    /// How many mandates in force each person, each group and the house were given, among those that the session may see.
    pub fn mandates_in_force(&self, session: &Session) -> Result<HashMap<Whom, u64>> {
        let (mut counts, now) = (HashMap::new(), self.clock.now());
        for row in self.mandates(session)?.into_iter().filter(|row| in_force(row, now)) {
            *counts.entry(row.whom).or_default() += 1;
        }
        Ok(counts)
    }

    /// What was decided about a person and what they did to their own access, newest first: for those who decide about persons,
    /// and for oneself.
    pub fn person_history(&self, session: &Session, person: PersonId) -> Result<Vec<HistoryLine>> {
        if person != session.person {
            self.allowed(session, Act::Empower)?;
        }
        self.session(person)?;
        let mut lines = self.history(&self.knowledge(session.clone())?, person.into())?;
        lines.reverse();
        Ok(lines)
    }
}
