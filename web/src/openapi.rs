//! The description of the API in OpenAPI 3.1, made of the table of rows. What each form holds is said once, in `forms`; a
//! test compares real answers with it, and the description with the file that is kept beside the pages.

mod forms;

use crate::{
    api::{ROWS, Row},
    routes::{Asks, Who, proves},
};
use chartrier_engine::policy::Act;
use forms::{forms, reference};
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
            "description": "Everything is asked and done as the person of the session. What may not be known answers like what is not there: 404. Sentences are in the language of Accept-Language, French or English; the kind of a problem keeps its name. What is secret is told once, in the answer of what made it.",
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
        let kind = if ["limit", "offset"].contains(name) { "integer" } else { "string" };
        parameters.push(json!({ "name": name, "in": "query", "description": says, "schema": { "type": kind } }));
    }
    let given = match row.gives {
        "bytes" => bytes(),
        name => json!({ "application/json": { "schema": reference(name) } }),
    };
    let wrong =
        |says: &str| json!({ "description": says, "content": { "application/json": { "schema": reference("Trouble") } } });
    let mut answers = json!({
        "200": { "description": "Done", "content": given },
        "400": wrong("Not understood, or not possible"),
        "401": wrong("Not signed in"),
        "500": wrong("Our mistake, or damage that is named"),
        "503": wrong("Not now: it may be tried again"),
    });
    if row.policy.who == Who::Person {
        answers["404"] = wrong("Not there, or not to be known");
        answers["403"] = wrong(match row.policy.proved {
            true => "For somebody with another role; or, of the kind proof_needed, nothing was done for want of a recent proof",
            false => "For somebody with another role, or what was to prove who one is did not fit",
        });
    }
    if !row.takes.is_empty() {
        answers["413"] = wrong("Too much");
    }
    if row.takes == "bytes" {
        answers["409"] = json!({ "description": "Other bytes are wanted", "content": given });
    }
    if row.policy.method == "POST" && proves(row.policy.path) {
        answers["429"] = wrong("Too many proofs that did not fit: nothing is looked at before `until`");
    }
    let mut operation = json!({ "summary": row.does, "parameters": parameters, "responses": answers });
    let grave = if row.policy.proved { " Grave: asks for a proof of the last ten minutes, by POST /api/proof." } else { "" };
    if let Asks::The(act) = row.policy.asks {
        operation["description"] = json!(format!("For {}.{grave}", who(act)));
    }
    operation["security"] = if row.policy.who == Who::Anyone { json!([]) } else { json!([{ "session": [] }]) };
    if row.policy.path == "/api/sessions" && row.policy.method == "POST" {
        operation["security"] = json!([{}, { "session": [] }]);
    }
    let (takes, may_lack) = (row.takes.trim_end_matches('?'), row.takes.ends_with('?'));
    if !takes.is_empty() {
        let content = match takes {
            "bytes" => bytes(),
            name => json!({ "application/json": { "schema": reference(name) } }),
        };
        operation["requestBody"] = json!({ "required": !may_lack, "content": content });
    }
    operation
}

fn bytes() -> Value {
    json!({ "application/octet-stream": { "schema": { "type": "string", "format": "binary" } } })
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
