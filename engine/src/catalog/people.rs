//! Persons, groups and mandates in the catalog: how they are projected, and asked for as of now or of a past moment. None of
//! the questions asks whether the person may know the answer: that is the caller's duty.

use super::{Catalog, lookup::all};
use crate::{Result, error};
use chartrier_schemas::{
    GroupId, Marking, PersonId, SubjectId,
    persisted::v1::{self, Deed, PersonRole, Whom},
};
use rusqlite::{OptionalExtension as _, Row, params};
use serde::{Deserialize, Serialize};
use std::collections::HashSet;

/// A mandate.
#[derive(Clone, Debug)]
pub struct MandateRow {
    /// The mandate's id.
    pub id: String,
    /// Who.
    pub whom: Whom,
    /// On what; nothing is the root.
    pub unit: Option<SubjectId>,
    /// From when.
    pub from: String,
    /// Until when.
    pub until: Option<String>,
    /// Why.
    pub reason: String,
    /// Whether it was ended before its time.
    pub ended: bool,
    /// When that was.
    pub ended_at: Option<String>,
}

/// A group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupRow {
    /// The group.
    pub id: GroupId,
    /// Name.
    pub name: String,
    /// Why it is there.
    pub reason: String,
    /// When it was made.
    pub since: String,
    /// When it was dissolved.
    pub dissolved: Option<String>,
    /// How many are in it now; nothing for those who may not see them.
    pub size: Option<u64>,
}

/// Somebody in a group for some time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemberRow {
    /// The group.
    pub group: GroupId,
    /// Who.
    pub person: PersonId,
    /// From when.
    pub since: String,
    /// Until when; nothing is now.
    pub until: Option<String>,
}

/// What was said of a person or a group for some time, as far as decisions are about it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Version {
    /// Name.
    pub name: String,
    /// What a person may do.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub roles: Vec<PersonRole>,
    /// What a person is cleared for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clearance: Option<Marking>,
    /// Who is in a group.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub members: Vec<PersonId>,
}

const MANDATE: &str = "SELECT id, whom, unit, start, until, reason, ended FROM mandates ";
const GROUP: &str = "SELECT id, name, reason, since, dissolved,
    (SELECT count(*) FROM members WHERE team = groups.id AND until IS NULL) FROM groups ";
const MEMBER: &str = "SELECT team, person, since, until FROM members ";

impl Catalog {
    pub(super) fn project_person(&self, num: u32, subject: SubjectId, person: &v1::Person, time: &str) -> Result<()> {
        let roles = serde_json::to_string(&person.roles).map_err(error::bug)?;
        let searches = serde_json::to_string(&person.searches).map_err(error::bug)?;
        self.db
            .prepare_cached(
                "INSERT INTO persons (num, id, name, roles, clearance, searches) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
                 ON CONFLICT (num) DO UPDATE SET name = ?3, roles = ?4, clearance = ?5, searches = ?6",
            )?
            .execute(params![num, subject.to_string(), person.name, roles, person.clearance.to_string(), searches])?;
        let (name, roles) = (person.name.clone(), person.roles.clone());
        let version = Version { name, roles, clearance: Some(person.clearance.clone()), ..Version::default() };
        self.project_version(subject, &version, time)
    }

    pub(super) fn project_group(&self, num: u32, subject: SubjectId, group: &v1::Group, time: &str) -> Result<()> {
        let id = subject.to_string();
        self.db
            .prepare_cached(
                "INSERT INTO groups (num, id, name, reason, since) VALUES (?1, ?2, ?3, ?4, ?5)
                 ON CONFLICT (num) DO UPDATE SET name = ?3, reason = ?4",
            )?
            .execute(params![num, id, group.name, group.reason, time])?;
        let mut present = self.db.prepare_cached("SELECT person FROM members WHERE team = ?1 AND until IS NULL")?;
        let present = present.query_map([&id], |row| row.get(0))?.collect::<rusqlite::Result<HashSet<String>>>()?;
        let wanted: Vec<String> = group.members.iter().map(ToString::to_string).collect();
        let mut leave =
            self.db.prepare_cached("UPDATE members SET until = ?3 WHERE team = ?1 AND person = ?2 AND until IS NULL")?;
        let mut gone: Vec<&String> = present.iter().filter(|person| !wanted.contains(person)).collect();
        gone.sort_unstable();
        for person in gone {
            leave.execute(params![id, person, time])?;
        }
        let mut join = self.db.prepare_cached("INSERT INTO members (team, person, since) VALUES (?1, ?2, ?3)")?;
        for person in wanted.iter().filter(|person| !present.contains(*person)) {
            join.execute(params![id, person, time])?;
        }
        let version = Version { name: group.name.clone(), members: group.members.clone(), ..Version::default() };
        self.project_version(subject, &version, time)
    }

    /// A group that is dissolved has no members any more, and stays.
    pub(super) fn project_dissolution(&self, group: GroupId, time: &str) -> Result<()> {
        for update in [
            "UPDATE groups SET dissolved = ?2 WHERE id = ?1 AND dissolved IS NULL",
            "UPDATE members SET until = ?2 WHERE team = ?1 AND until IS NULL",
        ] {
            self.db.prepare_cached(update)?.execute([&group.to_string(), time])?;
        }
        Ok(())
    }

    pub(super) fn project_mandate(&self, num: u32, subject: SubjectId, mandate: &v1::Mandate) -> Result<()> {
        self.db
            .prepare_cached(
                "INSERT INTO mandates (num, id, whom, unit, start, until, reason) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
                 ON CONFLICT (num) DO UPDATE SET whom = ?3, unit = ?4, start = ?5, until = ?6, reason = ?7",
            )?
            .execute(params![
                num,
                subject.to_string(),
                mandate.whom.to_string(),
                mandate.unit.map(|unit| unit.to_string()),
                mandate.from,
                mandate.until,
                mandate.reason
            ])?;
        Ok(())
    }

    /// Keeps what is said of a person or group, if it is not what was said before.
    fn project_version(&self, subject: SubjectId, version: &Version, time: &str) -> Result<()> {
        let said = serde_json::to_string(version).map_err(error::bug)?;
        let mut last = self.db.prepare_cached("SELECT said FROM versions WHERE subject = ?1 ORDER BY num DESC LIMIT 1")?;
        let last: Option<String> = last.query_row([subject.to_string()], |row| row.get(0)).optional()?;
        if last.as_ref() != Some(&said) {
            let mut insert = self.db.prepare_cached("INSERT INTO versions (subject, since, said) VALUES (?1, ?2, ?3)")?;
            insert.execute([&subject.to_string(), time, &said])?;
        }
        Ok(())
    }

    /// An act that made or changed a person or group is the one that brought what is said of it since: a guide names the
    /// descriptions of its acts before them.
    pub(super) fn project_decision(&self, act: &v1::Act) -> Result<()> {
        let subjects = match &act.deed {
            Deed::Create { subject, .. } => std::slice::from_ref(subject),
            Deed::Describe { subjects } => subjects.as_slice(),
            _ => return Ok(()),
        };
        for subject in subjects.iter().filter(|one| matches!(one, SubjectId::Person(_) | SubjectId::Group(_))) {
            self.db
                .prepare_cached(
                    "UPDATE versions SET act = ?2
                     WHERE num = (SELECT max(num) FROM versions WHERE subject = ?1) AND act IS NULL",
                )?
                .execute([subject.to_string(), act.id.to_string()])?;
        }
        Ok(())
    }

    /// What was said of a person or group, oldest first, each with the act that said it.
    pub fn versions(&self, subject: SubjectId) -> Result<Vec<(Option<String>, Version)>> {
        let mut query = self.db.prepare_cached("SELECT act, said FROM versions WHERE subject = ?1 ORDER BY num")?;
        all(query.query([subject.to_string()])?, |row| Ok((row.get(0)?, version(&row.get::<_, String>(1)?)?)))
    }

    /// What a person was cleared for at a moment, RFC 3339 in UTC.
    pub fn clearance_at(&self, person: PersonId, at: &str) -> Result<Option<Marking>> {
        let query = "SELECT said FROM versions WHERE subject = ?1 AND since <= ?2 ORDER BY num DESC LIMIT 1";
        let mut query = self.db.prepare_cached(query)?;
        let found: Option<String> = query.query_row([&person.to_string(), at], |row| row.get(0)).optional()?;
        Ok(found.map(|said| version(&said)).transpose()?.and_then(|version| version.clearance))
    }

    /// Every mandate, in the order they were given.
    pub fn mandates(&self) -> Result<Vec<MandateRow>> {
        let mut query = self.db.prepare_cached(&format!("{MANDATE} ORDER BY num"))?;
        all(query.query([])?, mandate)
    }

    /// One mandate.
    pub fn mandate(&self, id: &str) -> Result<Option<MandateRow>> {
        let mut query = self.db.prepare_cached(&format!("{MANDATE} WHERE id = ?1"))?;
        Ok(all(query.query([id])?, mandate)?.pop())
    }

    /// Those that were given to somebody by name, whatever became of them.
    pub fn mandates_to(&self, whom: Whom) -> Result<Vec<MandateRow>> {
        let mut query = self.db.prepare_cached(&format!("{MANDATE} WHERE whom = ?1 ORDER BY num"))?;
        all(query.query([whom.to_string()])?, mandate)
    }

    /// Those that reach a person now and were not ended: their own, their groups' and the whole house's.
    pub fn mandates_of(&self, person: PersonId) -> Result<Vec<MandateRow>> {
        let mut query = self.db.prepare_cached(&format!(
            "{MANDATE} WHERE ended IS NULL AND whom IN
                 (SELECT ?1 UNION ALL SELECT ?2 UNION ALL SELECT team FROM members WHERE person = ?1 AND until IS NULL)
             ORDER BY num"
        ))?;
        all(query.query([person.to_string(), Whom::Everyone.to_string()])?, mandate)
    }

    /// Those that reached a person at a moment, RFC 3339 in UTC, whatever became of them: as one of the groups that they were in
    /// then.
    pub fn mandates_at(&self, person: PersonId, at: &str) -> Result<Vec<MandateRow>> {
        let mut query = self.db.prepare_cached(&format!(
            "{MANDATE} WHERE whom IN
                 (SELECT ?1 UNION ALL SELECT ?2 UNION ALL
                  SELECT team FROM members WHERE person = ?1 AND since <= ?3 AND (until IS NULL OR ?3 < until))
             ORDER BY num"
        ))?;
        all(query.query([&person.to_string(), &Whom::Everyone.to_string(), at])?, mandate)
    }

    /// Every group, by name.
    pub fn groups(&self) -> Result<Vec<GroupRow>> {
        let mut query = self.db.prepare_cached(&format!("{GROUP} ORDER BY name, id"))?;
        all(query.query([])?, group)
    }

    /// One group.
    pub fn group(&self, id: GroupId) -> Result<Option<GroupRow>> {
        let mut query = self.db.prepare_cached(&format!("{GROUP} WHERE id = ?1"))?;
        Ok(all(query.query([id.to_string()])?, group)?.pop())
    }

    /// Who is in a group, and who was.
    pub fn members_of(&self, id: GroupId) -> Result<Vec<MemberRow>> {
        let mut query = self.db.prepare_cached(&format!("{MEMBER} WHERE team = ?1 ORDER BY num"))?;
        all(query.query([id.to_string()])?, member)
    }

    /// The groups that a person is in, and was in.
    pub fn memberships_of(&self, id: PersonId) -> Result<Vec<MemberRow>> {
        let mut query = self.db.prepare_cached(&format!("{MEMBER} WHERE person = ?1 ORDER BY num"))?;
        all(query.query([id.to_string()])?, member)
    }

    /// Who is in which group now.
    pub fn members(&self) -> Result<Vec<MemberRow>> {
        let mut query = self.db.prepare_cached(&format!("{MEMBER} WHERE until IS NULL ORDER BY num"))?;
        all(query.query([])?, member)
    }
}

fn version(said: &str) -> Result<Version> {
    serde_json::from_str(said).map_err(error::catalog)
}

fn mandate(row: &Row<'_>) -> Result<MandateRow> {
    let (whom, unit): (String, Option<String>) = (row.get(1)?, row.get(2)?);
    Ok(MandateRow {
        id: row.get(0)?,
        whom: whom.parse().map_err(error::catalog)?,
        unit: unit.map(|unit| unit.parse().map_err(error::catalog)).transpose()?,
        from: row.get(3)?,
        until: row.get(4)?,
        reason: row.get(5)?,
        ended: row.get::<_, Option<String>>(6)?.is_some(),
        ended_at: row.get(6)?,
    })
}

fn group(row: &Row<'_>) -> Result<GroupRow> {
    let id: String = row.get(0)?;
    Ok(GroupRow {
        id: id.parse().map_err(error::catalog)?,
        name: row.get(1)?,
        reason: row.get(2)?,
        since: row.get(3)?,
        dissolved: row.get(4)?,
        size: row.get(5)?,
    })
}

fn member(row: &Row<'_>) -> Result<MemberRow> {
    let (group, person): (String, String) = (row.get(0)?, row.get(1)?);
    Ok(MemberRow {
        group: group.parse().map_err(error::catalog)?,
        person: person.parse().map_err(error::catalog)?,
        since: row.get(2)?,
        until: row.get(3)?,
    })
}
