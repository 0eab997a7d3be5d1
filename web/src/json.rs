//! Answers of the engine as JSON: the same forms on the command line (`--json`) and at the JSON API. Sentences are in the
//! language that is asked for; everything else is data.

use chartrier_engine::{
    Error,
    archive::{Change, Checked, ClassRow, Covering, HistoryLine, Job, ListLine, Member, SearchHit, SearchResult, Shown, Through},
    catalog::{GroupRow, MandateRow},
    clock::last_day,
};
use chartrier_schemas::{
    Finding, SubjectId, Text,
    persisted::v1::{Deed, Whom},
    text,
    text::Language,
};
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
        .map(|line| json!({ "at": line.act.at, "by": line.by, "act": line.act.deed, "place": line.place, "reason": line.reason, "said": deed(line).in_language(language) }))
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

/// A mandate that covers something, and how it reaches the person.
pub fn covering(one: &Covering) -> Value {
    let (group, name) = match &one.through {
        Through::Group(group, name) => (Some(group), Some(name)),
        Through::Name | Through::House => (None, None),
    };
    json!({
        "on": one.unit, "code": one.code, "until": one.until, "reason": one.reason, "group": group, "name": name,
        "everyone": one.through == Through::House,
    })
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
    json!({ "problem": why.problem.in_language(language), "remedy": why.remedy.in_language(language) })
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
        Deed::Access { .. } => text!("access changed", "accès modifié"),
        Deed::Rotate { generation, .. } => {
            text!("key pair {generation} made", "paire de clefs {generation} créée", generation = generation)
        }
        Deed::Admit { .. } => text!("admitted", "admis"),
        Deed::Withdraw { .. } => text!("withdrawn", "retiré"),
    }
}
