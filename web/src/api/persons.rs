//! Rows on persons, mandates, and who was given what: for those who decide and those who watch.

use super::{done, limit, ok, part, sent};
use crate::{json, pages::fields::read_marking, pages::person::address_of, room::Room, routes::numbered, visit::Visit};
use axum::response::Response;
use chartrier_engine::{
    Result,
    archive::{DisclosureRequest, INVITATION, MandateLine, MandateRequest, PersonRequest},
    catalog::PersonRow,
    clock::{day_of, end_of_day},
    error,
};
use chartrier_schemas::{
    GroupId, MandateId, PersonId,
    persisted::v1::{PersonRole, Whom},
    text::Told as _,
};
use serde::Deserialize;
use serde_json::{Value, json};
use std::{collections::HashMap, str::FromStr, sync::Arc};

/// An id in the address; nothing where none is asked for.
fn asked<T: FromStr<Err = chartrier_schemas::BadId>>(visit: &Visit, name: &str) -> Result<Option<T>> {
    let given = visit.asked(name);
    let id = (!given.is_empty()).then(|| given.parse::<T>()).transpose();
    id.map_err(|why| error::invalid(why.problem(), why.remedy()))
}

pub(crate) fn list(room: &Arc<Room>, visit: &Visit) -> Result<Response> {
    let session = &visit.person()?.session;
    let (ways, mandates) = (room.archive.ways_in(session)?, room.archive.mandates_in_force(session)?);
    let (name, role) = (visit.asked("name").to_lowercase(), json!(visit.asked("role")));
    let wanted = |row: &PersonRow| {
        row.name.to_lowercase().contains(&name) && (role == json!("") || row.roles.iter().any(|held| json!(held) == role))
    };
    let rows = room.archive.persons(session)?.into_iter().filter(wanted).collect();
    let (total, rows) = part(visit, rows)?;
    let line = |row: PersonRow| {
        let way = ways.get(&row.id).cloned().unwrap_or_default();
        let mut line = json::person(&row, &way);
        line["mandates"] = json!(mandates.get(&row.id.into()).copied().unwrap_or(0));
        line
    };
    ok(&json!({ "total": total, "persons": rows.map(line).collect::<Vec<_>>() }))
}

pub(crate) fn show(room: &Arc<Room>, visit: &Visit) -> Result<Response> {
    whole(room, visit, numbered(visit, "person")?)
}

/// A person with all that one may be told of them.
pub(crate) fn whole(room: &Room, visit: &Visit, id: PersonId) -> Result<Response> {
    let session = &visit.person()?.session;
    let row = room.archive.person_row(session, id)?;
    let way = room.archive.way_in(session, id)?;
    let mandates: Vec<Value> = room
        .archive
        .mandate_lines(session, Some(id.into()))?
        .iter()
        .map(|line| json::mandate_line(line, Some(&row.name)))
        .collect();
    let history: Vec<Value> = room.archive.person_history(session, id)?.iter().map(|line| json::act(visit.say.0, line)).collect();
    let mut told = json::person(&row, &way);
    told["mandates"] = json!(mandates);
    told["history"] = json!(history);
    told["recovery"] = json!(way.recovery);
    ok(&told)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewPerson {
    name: String,
    roles: Vec<PersonRole>,
    clearance: String,
    reason: Option<String>,
}

pub(crate) fn add(room: &Arc<Room>, visit: &Visit) -> Result<Response> {
    let NewPerson { name, roles, clearance, reason } = sent(visit)?;
    let request = PersonRequest { name: name.trim().to_owned(), roles, clearance: read_marking(&clearance)?, reason };
    ok(&json!({ "id": room.archive.add_person(&visit.person()?.session, &request)? }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Roles {
    roles: Vec<PersonRole>,
    reason: String,
}

pub(crate) fn set_roles(room: &Arc<Room>, visit: &Visit) -> Result<Response> {
    let Roles { roles, reason } = sent(visit)?;
    room.archive.set_roles(&visit.person()?.session, numbered(visit, "person")?, &roles, &reason)?;
    done()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Clearance {
    clearance: String,
    reason: String,
}

pub(crate) fn clear(room: &Arc<Room>, visit: &Visit) -> Result<Response> {
    let Clearance { clearance, reason } = sent(visit)?;
    let person = numbered(visit, "person")?;
    room.archive.clear_person(&visit.person()?.session, person, &read_marking(&clearance)?, &reason)?;
    done()
}

pub(crate) fn invite(room: &Arc<Room>, visit: &Visit) -> Result<Response> {
    let address = address_of(&room.archive)?;
    let secret = room.archive.invite(&visit.person()?.session, numbered(visit, "person")?)?;
    ok(&json!({ "invitation": crate::server::invitation(&address, &secret), "hours": INVITATION.as_hours() }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Reason {
    pub(super) reason: String,
}

pub(crate) fn end_account(room: &Arc<Room>, visit: &Visit) -> Result<Response> {
    let Reason { reason } = sent(visit)?;
    room.archive.end_account(&visit.person()?.session, numbered(visit, "person")?, &reason)?;
    done()
}

pub(crate) fn mandates(room: &Arc<Room>, visit: &Visit) -> Result<Response> {
    let session = &visit.person()?.session;
    let (person, group) = (asked::<PersonId>(visit, "person")?, asked::<GroupId>(visit, "group")?);
    let mut lines = room.archive.mandate_lines(session, person.map(Whom::Person).or(group.map(Whom::Group)))?;
    lines.retain(|line| line.in_force || visit.asked("in_force") != "yes");
    let names: HashMap<PersonId, String> = room.archive.persons(session)?.into_iter().map(|row| (row.id, row.name)).collect();
    let (total, lines) = part(visit, lines)?;
    let name = |line: &MandateLine| match line.row.whom {
        Whom::Person(person) => names.get(&person).map(String::as_str),
        Whom::Group(_) | Whom::Everyone => None,
    };
    let told = lines.map(|line| json::mandate_line(&line, name(&line)));
    ok(&json!({ "total": total, "mandates": told.collect::<Vec<_>>() }))
}

/// Whom a mandate is given to: said, so that nobody gives the whole house something by leaving a word out.
#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum To {
    Person(PersonId),
    Group(GroupId),
    Everyone,
}

/// What a mandate is on: said, so that nobody gives the whole archive by leaving a word out.
#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum On {
    Everything,
    Unit(String),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewMandate {
    to: To,
    on: On,
    until: Option<String>,
    reason: String,
}

pub(crate) fn give_mandate(room: &Arc<Room>, visit: &Visit) -> Result<Response> {
    let NewMandate { to, on, until, reason } = sent(visit)?;
    let whom = match to {
        To::Person(person) => person.into(),
        To::Group(group) => group.into(),
        To::Everyone => Whom::Everyone,
    };
    let on = match on {
        On::Everything => None,
        On::Unit(unit) => Some(unit),
    };
    let request = MandateRequest { whom, on, until: until.as_deref().map(end_of_day).transpose()?, reason };
    ok(&json!({ "id": room.archive.add_mandate(&visit.person()?.session, &request)? }))
}

pub(crate) fn end_mandate(room: &Arc<Room>, visit: &Visit) -> Result<Response> {
    let (mandate, Reason { reason }) = (numbered::<MandateId>(visit, "mandate")?, sent(visit)?);
    ok(&json!({ "done": room.archive.end_mandate(&visit.person()?.session, mandate, &reason)? }))
}

pub(crate) fn disclosures(room: &Arc<Room>, visit: &Visit) -> Result<Response> {
    let day = visit.asked("day");
    let request = DisclosureRequest {
        person: asked(visit, "person")?,
        record: asked(visit, "record")?,
        between: (!day.is_empty()).then(|| day_of(day)).transpose()?,
        before: visit.asked("before").parse().ok(),
        limit: limit(visit)?,
    };
    let page = room.archive.disclosures(&visit.person()?.session, &request)?;
    ok(&json!({ "lines": page.lines.iter().map(json::disclosure).collect::<Vec<_>>(), "next": page.next }))
}
