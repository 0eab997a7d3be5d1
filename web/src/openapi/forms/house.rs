//! Forms of the house, its keys and long work on it; and of files on their way in.

use super::{list, object, reference};
use serde_json::{Value, json};

type Forms = Vec<(&'static str, Value)>;

/// The house.
pub(super) fn forms() -> Forms {
    let text = || json!({ "type": "string" });
    let maybe = || json!({ "type": ["string", "null"] });
    let moment = || json!({ "type": "string", "format": "date-time" });
    let perhaps = || json!({ "type": ["string", "null"], "format": "date-time" });
    let count = || json!({ "type": "integer", "minimum": 0 });
    let truth = || json!({ "type": "boolean" });
    let or_null = |form: Value| json!({ "oneOf": [{ "type": "null" }, form] });
    let head = object(&[("node", text()), ("seq", count()), ("hash", text())]);
    let verified = object(&[
        ("at", moment()),
        ("head", or_null(head.clone())),
        ("sound", truth()),
        ("faults", json!({ "type": "object", "additionalProperties": count() })),
        ("warnings", count()),
        ("files", count()),
        ("bytes", count()),
        ("segments", count()),
    ]);
    let names = json!({ "enum": ["arriving", "received", "jobs", "recognition", "unindexed"] });
    let queue = object(&[
        ("name", names),
        ("count", count()),
        ("oldest", perhaps()),
        ("age", json!({ "type": ["integer", "null"], "minimum": 0, "description": "Of the oldest, in seconds" })),
    ]);
    let work = json!({ "oneOf": [
        { "const": "verify" },
        object(&[("rotate", object(&[("labels", list(&text()))]))]),
        object(&[("withdraw", object(&[("holder", text())]))]),
    ] });
    let label = object(&[("id", text()), ("generation", count())]);
    let holder = object(&[
        ("id", text()),
        ("role", json!({ "enum": ["registrar", "reader", "recovery"] })),
        ("recipient", text()),
        ("here", truth()),
        ("labels", list(&label)),
    ]);
    let labelled = object(&[
        ("id", text()),
        ("generation", count()),
        ("purpose", json!({ "enum": ["marking", "audit", null] })),
        ("marking", maybe()),
    ]);
    let which = json!({ "oneOf": [{ "const": "all" }, object(&[("label", text())])] });
    vec![
        (
            "House",
            object(&[
                ("archive", text()),
                ("node", text()),
                ("version", text()),
                ("uptime", count()),
                ("journal", object(&[("head", or_null(head)), ("as_of", perhaps())])),
                ("verified", or_null(verified)),
                ("index", object(&[("complete", truth()), ("as_of", perhaps()), ("records", count())])),
                ("queues", list(&queue)),
                ("held_up", or_null(reference("Trouble"))),
                ("store", object(&[("objects", count()), ("bytes", count())])),
            ]),
        ),
        (
            "Upkeep",
            object(&[
                ("number", count()),
                ("person", text()),
                ("by", text()),
                ("work", work),
                ("reason", maybe()),
                ("began", moment()),
                ("ended", perhaps()),
                ("done", count()),
                ("total", count()),
                ("stopped", or_null(reference("Trouble"))),
            ]),
        ),
        ("Upkeeps", list(&reference("Upkeep"))),
        ("Keys", object(&[("holders", list(&holder)), ("labels", list(&labelled)), ("history", list(&reference("Deed")))])),
        ("Rotation", object(&[("labels", which), ("reason", text())])),
        ("Recipient", object(&[("recipient", text()), ("reason", text())])),
        ("Reader", object(&[("recipient", text()), ("signing_key", text()), ("reason", text())])),
    ]
}

/// Files on their way in.
pub(super) fn uploads() -> Forms {
    let text = || json!({ "type": "string" });
    let count = || json!({ "type": "integer", "minimum": 0 });
    let truth = || json!({ "type": "boolean" });
    let states = ["held", "wanted", "whole", "kept", "later", "refused"];
    let standing = [
        ("state", json!({ "enum": states })),
        ("record?", json!({ "type": ["string", "null"] })),
        ("at?", count()),
        ("problem?", text()),
        ("remedy?", text()),
    ];
    let with = |more: &[(&'static str, Value)]| object(&[&standing[..], more].concat());
    let announced = object(&[
        ("path", text()),
        ("size", count()),
        ("modified?", json!({ "type": ["integer", "null"], "description": "Milliseconds since 1970" })),
        ("sha256", json!({ "type": "string", "pattern": "^[0-9a-f]{64}$" })),
        ("again?", truth()),
    ]);
    vec![
        ("Announcement", object(&[("into?", text()), ("marking", text()), ("files", list(&announced))])),
        ("Standings", object(&[("files", list(&with(&[("upload?", text())])))])),
        ("Upload", with(&[("upload", text()), ("path", text()), ("size", count())])),
        ("Uploads", list(&reference("Upload"))),
        ("Received", object(&[("at", count()), ("whole", truth())])),
    ]
}
