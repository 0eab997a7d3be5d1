//! Answers of the engine as JSON: the same forms on the command line (`--json`) and at the JSON API. Sentences are in the
//! language that is asked for; everything else is data.

use crate::{pages::house::State, problem};
use chartrier_engine::{
    Error,
    archive::{
        Change, Checked, ClassRow, Covering, DisclosureLine, HistoryLine, Holder, Job, KnowerLine, LabelLine, ListLine,
        MandateLine, Member, SearchHit, SearchResult, Shown, Through, UpkeepLine, WayIn,
    },
    catalog::{GroupRow, MandateRow, PersonRow},
    clock::last_day,
    local::Waiting,
};
use chartrier_schemas::{
    Finding, SubjectId, Text,
    persisted::v1::{AccessChange, Deed, Head, Purpose, Whom},
    text,
    text::Language,
};
use jiff::Timestamp;
use serde_json::{Map, Value, json};

/// A record with all that is said of it.
pub fn shown(language: Language, shown: &Shown) -> Value {
    let record = &shown.record;
    let components: Vec<Value> = (1..)
        .zip(&record.components)
        .map(|(n, component)| {
            json!({
                "n": n, "role": component.role, "content": component.content, "size": component.size,
                "puid": component.puid, "media": component.media, "name": component.name,
            })
        })
        .collect();
    let findings: Vec<Value> = record.findings.iter().map(|one| finding(language, one)).collect();
    let occurrences: Vec<Value> = record
        .occurrences
        .iter()
        .map(|seen| json!({ "source": seen.source, "path": seen.path, "path_base64": seen.path_base64, "modified": seen.modified, "seen": seen.seen }))
        .collect();
    let history: Vec<Value> = shown
        .history
        .iter()
        .map(|line| {
            let mut told = act(language, line);
            told["place"] = json!(line.place);
            told
        })
        .collect();
    json!({
        "id": shown.id, "title": record.known_as(), "name": record.name, "date": record.dated(), "about": record.about(),
        "captured": record.captured, "class": shown.class, "marking": shown.marking, "language": record.language,
        "pages": record.pages, "authors": record.authors, "recipients": record.recipients,
        "fields": record.fields.iter().map(|(name, value)| (name.clone(), json!(value))).collect::<Map<_, _>>(),
        "components": components, "rules": [], "findings": findings, "occurrences": occurrences, "history": history,
    })
}

/// What was found.
pub fn found(language: Language, result: &SearchResult) -> Value {
    let hit = |hit: &SearchHit| {
        let mut line = line(&hit.line);
        line["format"] = json!(hit.puid);
        line["snippet"] = json!(hit.snippet.text);
        line["highlights"] = json!(hit.snippet.highlights);
        line["score"] = json!(hit.score);
        line
    };
    let facets: Map<String, Value> = result
        .facets
        .iter()
        .map(|(name, values)| {
            let values: Vec<Value> = values.iter().map(|(value, count)| json!({ "value": value, "count": count })).collect();
            ((*name).to_owned(), json!(values))
        })
        .collect();
    json!({
        "total": result.total,
        "coverage": { "complete": result.complete, "as_of": result.as_of },
        "hits": result.hits.iter().map(hit).collect::<Vec<_>>(),
        "facets": facets,
        "notes": result.notes.iter().map(|note| note.in_language(language)).collect::<Vec<_>>(),
    })
}

/// A record in one line.
pub fn line(line: &ListLine) -> Value {
    json!({
        "id": line.id, "title": line.title, "name": line.name, "date": line.date,
        "class": line.class, "marking": line.marking, "content": line.content,
    })
}

/// What was found to be wrong with a record.
pub fn finding(language: Language, finding: &Finding) -> Value {
    let Finding { number, problem, remedy } = finding;
    json!({ "number": number, "problem": problem.in_language(language), "remedy": remedy.in_language(language) })
}

/// A class or dossier.
pub fn class(row: &ClassRow) -> Value {
    let ClassRow { id, code, title, under, marking, closed } = row;
    let kind = if matches!(id, SubjectId::Dossier(_)) { "dossier" } else { "class" };
    json!({ "id": id, "kind": kind, "code": code, "title": title, "under": under, "marking": marking, "closed": closed })
}

/// A group in one line; how many are in it, for those who may see them.
pub fn group(row: &GroupRow) -> Value {
    let GroupRow { id, name, reason, since, dissolved, size } = row;
    json!({ "id": id, "name": name, "reason": reason, "since": since, "dissolved": dissolved, "size": size })
}

/// A group, who is in it and who was, and its mandates with the codes of what they are on.
pub fn group_shown(row: &GroupRow, members: &[Member], mandates: &[(MandateRow, Option<String>)]) -> Value {
    let mut shown = group(row);
    let member = |one: &Member| json!({ "person": one.person, "name": one.name, "since": one.since, "until": one.until });
    shown["members"] = members.iter().map(member).collect();
    shown["mandates"] = mandates.iter().map(|(one, code)| mandate(one, code.as_deref(), Some(&row.name))).collect();
    shown
}

/// A job.
pub(crate) fn job(language: Language, job: &Job) -> Value {
    json!({
        "number": job.number, "change": job.change, "words": job.words, "total": job.total, "done": job.done,
        "changed": job.changed, "refused": job.refused, "began": job.began.to_string(),
        "ended": job.ended.map(|ended| ended.to_string()), "undoable": job.undoable && !matches!(job.change, Change::Undo { .. }),
        "stopped": job.stopped.as_ref().map(|why| trouble(language, why)),
    })
}

/// What reading a component back came to.
pub(crate) fn checked(language: Language, checked: &Checked) -> Value {
    let fault = checked.fault.as_ref().map(|fault| fault.in_language(language));
    json!({ "n": checked.number, "bytes": checked.bytes, "sound": fault.is_none(), "fault": fault })
}

/// What went wrong.
pub(crate) fn trouble(language: Language, why: &Error) -> Value {
    json!({ "kind": problem::kind(why.kind), "problem": why.problem.in_language(language), "remedy": why.remedy.in_language(language) })
}

/// What was done, by whom, when and why.
pub(crate) fn act(language: Language, line: &HistoryLine) -> Value {
    json!({ "at": line.act.at, "by": line.by, "act": line.act.deed, "reason": line.reason, "said": deed(line).in_language(language) })
}

/// A person, and how they come in.
pub(crate) fn person(row: &PersonRow, way: &WayIn) -> Value {
    json!({
        "id": row.id, "name": row.name, "roles": row.roles, "clearance": row.clearance,
        "account": way.account, "invited": way.invited.map(written),
    })
}

/// A mandate: whom it is given to by id and by name, on what by id and by code.
pub fn mandate(row: &MandateRow, code: Option<&str>, name: Option<&str>) -> Value {
    let (person, group, everyone) = match row.whom {
        Whom::Person(person) => (Some(person), None, false),
        Whom::Group(group) => (None, Some(group), false),
        Whom::Everyone => (None, None, true),
    };
    json!({
        "id": row.id, "person": person, "group": group, "everyone": everyone, "name": name, "on": row.unit, "code": code, "from": row.from,
        "until": row.until, "last_day": row.until.as_deref().map(last_day), "ended": row.ended, "reason": row.reason,
    })
}

/// The same with all that was said of it.
pub(crate) fn mandate_line(line: &MandateLine, name: Option<&str>) -> Value {
    let name = if let Through::Group(_, group) = &line.through { Some(group.as_str()) } else { name };
    let mut told = mandate(&line.row, line.code.as_deref(), name.filter(|_| line.row.whom != Whom::Everyone));
    let more = json!({ "given_by": line.given_by, "in_force": line.in_force, "ended_at": line.row.ended_at, "end_reason": line.end_reason });
    if let (Some(told), Value::Object(more)) = (told.as_object_mut(), more) {
        told.extend(more);
    }
    told
}

/// A mandate through which something is known.
fn covering(one: &Covering) -> Value {
    let (group, name) = match &one.through {
        Through::Group(group, name) => (Some(group), Some(name)),
        Through::Name | Through::House => (None, None),
    };
    json!({
        "on": one.unit, "code": one.code, "until": one.until, "reason": one.reason, "group": group, "name": name,
        "everyone": one.through == Through::House,
    })
}

/// Somebody who may know a record.
pub(crate) fn knower(line: &KnowerLine) -> Value {
    json!({
        "person": line.person, "name": line.name, "roles": line.roles, "clearance": line.clearance,
        "mandates": line.mandates.iter().map(covering).collect::<Vec<_>>(),
    })
}

/// Something that was given.
pub fn disclosure(line: &DisclosureLine) -> Value {
    json!({
        "at": line.at, "person": line.person, "name": line.name, "record": line.record, "title": line.title,
        "component": line.component, "marking": line.marking, "clearance": line.clearance,
        "mandates": line.mandates.iter().map(covering).collect::<Vec<_>>(),
    })
}

fn written(moment: Timestamp) -> String {
    moment.to_string()
}

fn head(head: &Head) -> Value {
    json!({ "node": head.node, "seq": head.seq, "hash": head.hash })
}

/// How the house stands. How many records a verification opened is not told: among them are those that one may not know.
pub(crate) fn house(language: Language, state: &State) -> Value {
    let house = &state.house;
    let waiting = |(name, one): (&str, &Waiting)| {
        let age = one.oldest.map(|oldest| state.house.now.as_second().saturating_sub(oldest.as_second()).max(0));
        json!({ "name": name, "count": one.count, "oldest": one.oldest.map(written), "age": age })
    };
    let verified = state.verified.as_ref().map(|found| {
        json!({
            "at": found.at, "head": found.head.as_ref().map(head), "sound": found.faults.is_empty(), "faults": found.faults,
            "warnings": found.warnings, "files": found.files, "bytes": found.bytes, "segments": found.segments,
        })
    });
    json!({
        "archive": house.archive, "node": house.node, "version": env!("CARGO_PKG_VERSION"), "uptime": state.uptime.as_secs(),
        "journal": { "head": house.head.as_ref().map(head), "as_of": house.as_of },
        "verified": verified,
        "index": { "complete": house.unindexed.count == 0, "as_of": house.as_of, "records": house.records },
        "queues": state.queues().iter().copied().map(waiting).collect::<Vec<_>>(),
        "held_up": state.held_up.as_ref().map(|why| trouble(language, why)),
        "store": { "objects": house.objects, "bytes": house.bytes },
    })
}

/// Long work on the house.
pub(crate) fn upkeep(language: Language, line: &UpkeepLine) -> Value {
    json!({
        "number": line.number, "person": line.person, "by": line.by, "work": line.work, "reason": line.reason,
        "began": written(line.began), "ended": line.ended.map(written), "done": line.done, "total": line.total,
        "stopped": line.stopped.as_ref().map(|why| trouble(language, why)),
    })
}

/// Somebody or something that can open labels.
pub fn holder(holder: &Holder) -> Value {
    let labels = holder.labels.iter().map(|(label, generation)| json!({ "id": label, "generation": generation }));
    json!({
        "id": holder.id, "role": holder.role, "recipient": holder.recipient, "here": holder.here,
        "labels": labels.collect::<Vec<_>>(),
    })
}

/// A label.
pub(crate) fn label(line: &LabelLine) -> Value {
    let (purpose, marking) = match &line.stands_for {
        Some(Purpose::Marking(marking)) => (Some("marking"), Some(marking)),
        Some(Purpose::Audit) => (Some("audit"), None),
        None => (None, None),
    };
    json!({ "id": line.id, "generation": line.generation, "purpose": purpose, "marking": marking })
}

/// What an act did to its subject, in words.
pub fn deed(line: &HistoryLine) -> Text {
    match &line.act.deed {
        Deed::Capture { .. } => match &line.place {
            None => text!("captured into the inbox", "versé, à classer"),
            Some(place) => text!("captured into {place}", "versé dans {place}", place = place),
        },
        Deed::Observe { .. } => text!("seen elsewhere", "vu ailleurs"),
        Deed::Create { .. } => text!("made", "créé"),
        Deed::Describe { .. } => text!("described anew", "décrit à nouveau"),
        Deed::File { .. } => match &line.place {
            None => text!("put back into the inbox", "remis à classer"),
            Some(place) => text!("filed under {place}", "classé sous {place}", place = place),
        },
        Deed::Mark { marking, .. } => text!("marked {marking}", "marqué {marking}", marking = marking),
        Deed::Close { .. } => text!("closed", "clos"),
        Deed::Reopen { .. } => text!("opened again", "rouvert"),
        Deed::End { .. } => text!("ended", "terminé"),
        Deed::Dissolve { .. } => text!("dissolved", "dissous"),
        Deed::Disclose { component, .. } => {
            text!("component {component} given", "composant {component} communiqué", component = component)
        }
        Deed::Access { change, .. } => access(*change),
        Deed::Rotate { generation, .. } => {
            text!("key pair {generation} made", "paire de clefs {generation} créée", generation = generation)
        }
        Deed::Admit { .. } => text!("admitted", "admis"),
        Deed::Withdraw { .. } => text!("withdrawn", "retiré"),
    }
}

/// What was done to how a person signs in.
fn access(change: AccessChange) -> Text {
    match change {
        AccessChange::Invite => text!("invited to make an account", "invité à créer un compte"),
        AccessChange::Link => text!("link to sign in handed out", "lien de connexion remis"),
        AccessChange::Make => text!("account made", "compte créé"),
        AccessChange::Password => text!("password changed", "mot de passe changé"),
        AccessChange::Factor => text!("second factor set up anew", "second facteur renouvelé"),
        AccessChange::Recover => text!("recovery code used", "code de secours utilisé"),
        AccessChange::End => text!("account ended", "compte terminé"),
    }
}
