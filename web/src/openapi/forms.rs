//! The forms of the API: what is sent and what is answered.

mod house;
mod persons;

use crate::problem;
use serde_json::{Map, Value, json};

pub(super) fn reference(name: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{name}") })
}

/// An object with these properties and no other; those whose name ends with `?` may be absent.
pub(super) fn object(properties: &[(&str, Value)]) -> Value {
    let named = |name: &str| name.trim_end_matches('?').to_owned();
    let required: Vec<&str> = properties.iter().map(|(name, _)| *name).filter(|name| !name.ends_with('?')).collect();
    let properties: Map<String, Value> = properties.iter().map(|(name, kind)| (named(name), kind.clone())).collect();
    json!({ "type": "object", "properties": properties, "required": required, "additionalProperties": false })
}

pub(super) fn list(of: &Value) -> Value {
    json!({ "type": "array", "items": of })
}

/// Every form that is sent or answered.
pub(super) fn forms() -> Value {
    let mut all = records();
    for (name, form) in [persons::forms(), persons::entry(), house::forms(), house::uploads()].into_iter().flatten() {
        all[name] = form;
    }
    all
}

/// What is said of records, where they are filed, and jobs on them.
fn records() -> Value {
    let text = json!({ "type": "string" });
    let maybe = json!({ "type": ["string", "null"] });
    let count = json!({ "type": "integer", "minimum": 0 });
    let truth = json!({ "type": "boolean" });
    let any = json!({});
    let line = [
        ("id", text.clone()),
        ("title", text.clone()),
        ("name", text.clone()),
        ("date", maybe.clone()),
        ("class", maybe.clone()),
        ("marking", text.clone()),
        ("content", text.clone()),
    ];
    let mut hit = line.to_vec();
    hit.extend([
        ("format", maybe.clone()),
        ("snippet", text.clone()),
        ("highlights", list(&list(&count))),
        ("score", json!({ "type": "number" })),
    ]);
    let file = object(&[("into?", maybe.clone())]);
    let mark = object(&[("marking", text.clone()), ("reason", text.clone())]);
    let wanted = json!({ "oneOf": [object(&[("file", file)]), object(&[("mark", mark)])] });
    json!({
        "Trouble": object(&[
            ("kind", json!({ "enum": problem::KINDS })), ("problem", text.clone()), ("remedy", text.clone()), ("until?", json!({ "type": "string", "format": "date-time" })),
        ]),
        "Token": object(&[("token", text.clone())]),
        "Done": object(&[("done", truth.clone())]),
        "Person": object(&[("id", text.clone()), ("name", text.clone()), ("roles", list(&text)), ("clearance", text.clone())]),
        "Searched": object(&[
            ("words", text.clone()), ("sort?", json!({ "enum": ["", "relevance", "date"] })), ("limit?", json!({ "type": ["integer", "null"], "minimum": 0 })),
            ("offset?", count.clone()), ("facets?", list(&json!({ "enum": ["class", "type", "year", "marking"] }))),
        ]),
        "Found": object(&[
            ("total", count.clone()),
            ("coverage", object(&[("complete", truth.clone()), ("as_of", maybe.clone())])),
            ("hits", list(&object(&hit))),
            ("facets", json!({
                "type": "object",
                "additionalProperties": list(&object(&[("value", maybe.clone()), ("count", count.clone())])),
            })),
            ("notes", list(&text)),
        ]),
        "Search": object(&[("name", text.clone()), ("words", text.clone())]),
        "Searches": list(&reference("Search")),
        "Name": object(&[("name", text.clone())]),
        "Record": object(&[
            ("id", text.clone()), ("title", text.clone()), ("name", text.clone()), ("date", maybe.clone()), ("about", maybe.clone()),
            ("captured", text.clone()), ("class", maybe.clone()), ("marking", text.clone()), ("language", maybe.clone()),
            ("pages", json!({ "type": ["integer", "null"] })), ("authors", list(&text)), ("recipients", list(&text)),
            ("fields", json!({ "type": "object", "additionalProperties": text })),
            ("components", list(&object(&[
                ("n", count.clone()), ("role", text.clone()), ("content", text.clone()), ("size", count.clone()), ("puid", maybe.clone()),
                ("media", text.clone()), ("name", text.clone()),
            ]))),
            ("rules", list(&any)),
            ("findings", list(&object(&[("number", count.clone()), ("problem", text.clone()), ("remedy", text.clone())]))),
            ("occurrences", list(&object(&[
                ("source", text.clone()), ("path", text.clone()), ("path_base64", maybe.clone()), ("modified", maybe.clone()), ("seen", text.clone()),
            ]))),
            ("history", list(&object(&[
                ("at", text.clone()), ("by", text.clone()), ("act", any.clone()), ("place", maybe.clone()), ("reason", maybe.clone()),
                ("said", text.clone()),
            ]))),
        ]),
        "Texts": list(&object(&[("n", count.clone()), ("text", text.clone())])),
        "Checked": list(&object(&[("n", count.clone()), ("bytes", count.clone()), ("sound", truth.clone()), ("fault", maybe.clone())])),
        "Statement": object(&[("title?", text.clone()), ("date?", text.clone()), ("content?", text.clone())]),
        "Filing": object(&[("ids", list(&text)), ("into?", maybe.clone())]),
        "Filed": object(&[("moved", count.clone()), ("act", maybe.clone())]),
        "Marking": object(&[("ids", list(&text)), ("marking", text.clone()), ("reason", text.clone())]),
        "Changed": object(&[("changed", count.clone())]),
        "Undone": object(&[("moved", count.clone()), ("stayed", count.clone())]),
        "Classes": list(&object(&[
            ("id", text.clone()), ("kind", json!({ "enum": ["class", "dossier"] })), ("code", text.clone()), ("title", text.clone()),
            ("under", maybe.clone()), ("marking", text.clone()), ("closed", truth.clone()),
        ])),
        "Container": object(&[
            ("kind", json!({ "enum": ["class", "dossier"] })), ("code", text.clone()), ("title", text.clone()), ("under?", maybe.clone()),
        ]),
        "Made": object(&[("id", text.clone())]),
        "Closing": object(&[("code", text.clone()), ("close", truth.clone())]),
        "ChangeAll": object(&[("words", text.clone()), ("change", wanted)]),
        "Preview": object(&[("total", count.clone()), ("changes", count.clone()), ("lowered", count.clone())]),
        "Begun": object(&[("job", count.clone())]),
        "Job": object(&[
            ("number", count.clone()), ("change", any.clone()), ("words", text.clone()), ("total", count.clone()), ("done", count.clone()),
            ("changed", count.clone()), ("refused", count.clone()), ("began", text.clone()), ("ended", maybe.clone()), ("undoable", truth),
            ("stopped", json!({ "oneOf": [{ "type": "null" }, reference("Trouble")] })),
        ]),
        "Jobs": list(&reference("Job")),
        "Description": json!({ "type": "object" }),
    })
}
