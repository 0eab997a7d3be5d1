//! Forms of signing in, of oneself, and of persons, mandates and disclosures.

use super::{list, object, reference};
use serde_json::{Value, json};

type Forms = Vec<(&'static str, Value)>;

fn text() -> Value {
    json!({ "type": "string" })
}

fn maybe() -> Value {
    json!({ "type": ["string", "null"] })
}

fn moment() -> Value {
    json!({ "type": "string", "format": "date-time" })
}

fn perhaps() -> Value {
    json!({ "type": ["string", "null"], "format": "date-time" })
}

fn count() -> Value {
    json!({ "type": "integer", "minimum": 0 })
}

fn truth() -> Value {
    json!({ "type": "boolean" })
}

fn roles() -> Value {
    list(&json!({ "enum": ["staff", "archivist", "security", "administrator"] }))
}

/// Signing in, and oneself.
pub(super) fn entry() -> Forms {
    let proof = [("password", text()), ("code", text())];
    let with = |more: &[(&'static str, Value)]| object(&[&proof[..], more].concat());
    vec![
        ("Entry", with(&[("name", text())])),
        ("Proof", with(&[])),
        ("Proved", object(&[("seconds", count())])),
        (
            "Sessions",
            list(&object(&[("number", count()), ("device", text()), ("began", moment()), ("used", moment()), ("this", truth())])),
        ),
        ("NewPassword", with(&[("new", text())])),
        ("Factor", object(&[("salt", text()), ("secret", text()), ("address", text())])),
        ("NewFactor", with(&[("salt", text()), ("new_code", text())])),
        ("Recovery", object(&[("recovery", list(&text()))])),
    ]
}

/// Persons, mandates, who knows what.
pub(super) fn forms() -> Forms {
    let person = [
        ("id", text()),
        ("name", text()),
        ("roles", roles()),
        ("clearance", text()),
        ("account", perhaps()),
        ("invited", perhaps()),
    ];
    let with = |more: &[(&'static str, Value)]| object(&[&person[..], more].concat());
    let covering = [
        ("on", maybe()),
        ("code", maybe()),
        ("until", perhaps()),
        ("reason", text()),
        ("group", maybe()),
        ("name", maybe()),
        ("everyone", truth()),
    ];
    let group = [
        ("id", text()),
        ("name", text()),
        ("reason", text()),
        ("since", moment()),
        ("dissolved", perhaps()),
        ("size", json!({ "type": ["integer", "null"], "minimum": 0 })),
    ];
    let mandate = [
        ("id", text()),
        ("person", maybe()),
        ("group", maybe()),
        ("everyone", truth()),
        ("name", maybe()),
        ("on", maybe()),
        ("code", maybe()),
        ("from", moment()),
        ("until", perhaps()),
        ("last_day", maybe()),
        ("ended", truth()),
        ("reason", text()),
    ];
    let more = [("given_by", text()), ("in_force", truth()), ("ended_at", perhaps()), ("end_reason", maybe())];
    let members = list(&object(&[("person", text()), ("name", text()), ("since", moment()), ("until", perhaps())]));
    let to = json!({ "oneOf": [object(&[("person", text())]), object(&[("group", text())]), { "const": "everyone" }] });
    let on = json!({ "oneOf": [{ "const": "everything" }, object(&[("unit", text())])] });
    let history = [("at", moment()), ("by", text()), ("act", json!({})), ("reason", maybe()), ("said", text())];
    vec![
        ("Reason", object(&[("reason", text())])),
        ("Begin", object(&[("begin", text())])),
        ("Words", list(&text())),
        ("Deed", object(&history)),
        ("Persons", object(&[("total", count()), ("persons", list(&with(&[("mandates", count())])))])),
        (
            "PersonWhole",
            with(&[
                ("mandates", list(&reference("Mandate"))),
                ("history", list(&reference("Deed"))),
                ("recovery", json!({ "type": ["integer", "null"], "minimum": 0 })),
            ]),
        ),
        ("NewPerson", object(&[("name", text()), ("roles", roles()), ("clearance", text()), ("reason?", maybe())])),
        ("Roles", object(&[("roles", roles()), ("reason", text())])),
        ("Clearance", object(&[("clearance", text()), ("reason", text())])),
        ("Invitation", object(&[("invitation", text()), ("hours", count())])),
        ("Mandate", object(&[&mandate[..], &more].concat())),
        ("Groups", list(&object(&group))),
        ("GroupShown", object(&[&group[..], &[("members", members), ("mandates", list(&object(&mandate)))]].concat())),
        ("NewGroup", object(&[("name", text()), ("reason", text()), ("members?", list(&text()))])),
        ("Members", object(&[("add?", list(&text())), ("remove?", list(&text())), ("reason", text())])),
        ("Renamed", object(&[("name", text()), ("reason", text())])),
        ("Mandates", object(&[("total", count()), ("mandates", list(&reference("Mandate")))])),
        ("NewMandate", object(&[("to", to), ("on", on), ("until?", maybe()), ("reason", text())])),
        (
            "Knowers",
            list(&object(&[
                ("person", text()),
                ("name", text()),
                ("roles", roles()),
                ("clearance", text()),
                ("mandates", list(&object(&covering))),
            ])),
        ),
        (
            "Disclosures",
            object(&[
                (
                    "lines",
                    list(&object(&[
                        ("at", moment()),
                        ("person", text()),
                        ("name", text()),
                        ("record", text()),
                        ("title", maybe()),
                        ("component", count()),
                        ("marking", maybe()),
                        ("clearance", maybe()),
                        ("mandates", list(&object(&covering))),
                    ])),
                ),
                ("next", json!({ "type": ["integer", "null"] })),
            ]),
        ),
    ]
}
