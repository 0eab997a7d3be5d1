//! The description of the API in OpenAPI 3.1, made of the table of rows. What each form holds is said here once; a test
//! compares real answers with it, and the description with the file that is kept beside the pages.

use crate::{
    api::{ROWS, Row},
    routes::{Asks, Who},
};
use chartrier_engine::policy::Act;
use serde_json::{Map, Value, json};

/// The description.
pub fn description() -> Value {
    let mut paths = Map::new();
    for row in ROWS {
        let path = paths.entry(row.policy.path).or_insert_with(|| json!({}));
        path[row.policy.method.to_lowercase()] = operation(row);
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Chartrier",
            "version": "1",
            "description": "Everything is asked and done as the person of the session. What may not be known answers like what is not there: 404. Sentences are in the language of Accept-Language, French or English.",
        },
        "components": {
            "securitySchemes": { "session": { "type": "http", "scheme": "bearer" } },
            "schemas": forms(),
        },
        "paths": paths,
    })
}

fn operation(row: &Row) -> Value {
    let mut parameters: Vec<Value> = Vec::new();
    for name in row.policy.path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}')) {
        parameters.push(json!({ "name": name, "in": "path", "required": true, "schema": { "type": "string" } }));
    }
    for (name, says) in row.query {
        parameters.push(json!({ "name": name, "in": "query", "description": says, "schema": { "type": "string" } }));
    }
    let given = match row.gives {
        "bytes" => json!({ "application/octet-stream": { "schema": { "type": "string", "format": "binary" } } }),
        name => json!({ "application/json": { "schema": reference(name) } }),
    };
    let wrong =
        |says: &str| json!({ "description": says, "content": { "application/json": { "schema": reference("Trouble") } } });
    let mut answers = json!({
        "200": { "description": "Done", "content": given },
        "400": wrong("Not understood, or not possible"),
        "401": wrong("Not signed in"),
    });
    if row.policy.who == Who::Person {
        answers["403"] = wrong("For somebody with another role");
        answers["404"] = wrong("Not there, or not to be known");
    }
    let mut operation = json!({ "summary": row.does, "parameters": parameters, "responses": answers });
    if let Asks::The(act) = row.policy.asks {
        operation["description"] = json!(format!("For {}.", who(act)));
    }
    operation["security"] = if row.policy.path == "/api/openapi.json" { json!([]) } else { json!([{ "session": [] }]) };
    if !row.takes.is_empty() {
        operation["requestBody"] =
            json!({ "required": true, "content": { "application/json": { "schema": reference(row.takes) } } });
    }
    operation
}

fn who(act: Act) -> &'static str {
    match act {
        Act::Know | Act::Read => "everybody with a role, of what they may know",
        Act::Capture => "staff, archivists and administrators",
        Act::File | Act::Arrange | Act::Describe => "archivists",
        Act::Mark => "archivists and security officers",
        Act::Empower | Act::Audit => "security officers",
        Act::Administer => "administrators",
    }
}

fn reference(name: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{name}") })
}

/// An object with these properties and no other; those whose name ends with `?` may be absent.
fn object(properties: &[(&str, Value)]) -> Value {
    let named = |name: &str| name.trim_end_matches('?').to_owned();
    let required: Vec<&str> = properties.iter().map(|(name, _)| *name).filter(|name| !name.ends_with('?')).collect();
    let properties: Map<String, Value> = properties.iter().map(|(name, kind)| (named(name), kind.clone())).collect();
    json!({ "type": "object", "properties": properties, "required": required, "additionalProperties": false })
}

fn list(of: &Value) -> Value {
    json!({ "type": "array", "items": of })
}

/// Every form that is sent or answered.
fn forms() -> Value {
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
    let group = [
        ("id", text.clone()),
        ("name", text.clone()),
        ("reason", text.clone()),
        ("since", text.clone()),
        ("dissolved", maybe.clone()),
        ("size", json!({ "type": ["integer", "null"] })),
    ];
    let members =
        list(&object(&[("person", text.clone()), ("name", text.clone()), ("since", text.clone()), ("until", maybe.clone())]));
    let mandate = object(&[
        ("id", text.clone()),
        ("person", maybe.clone()),
        ("group", maybe.clone()),
        ("everyone", truth.clone()),
        ("name", maybe.clone()),
        ("on", maybe.clone()),
        ("code", maybe.clone()),
        ("from", text.clone()),
        ("until", maybe.clone()),
        ("last_day", maybe.clone()),
        ("ended", truth.clone()),
        ("reason", text.clone()),
    ]);
    json!({
        "Trouble": object(&[("problem", text.clone()), ("remedy", text.clone())]),
        "Token": object(&[("token", text.clone())]),
        "Done": object(&[("done", truth.clone())]),
        "Person": object(&[("id", text.clone()), ("name", text.clone()), ("roles", list(&text)), ("clearance", text.clone())]),
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
        "Group": object(&group),
        "Groups": list(&reference("Group")),
        "GroupShown": object(&[&group[..], &[("members", members), ("mandates", list(&mandate))]].concat()),
        "ChangeAll": object(&[("words", text.clone()), ("change", wanted)]),
        "Preview": object(&[("total", count.clone()), ("changes", count.clone())]),
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
