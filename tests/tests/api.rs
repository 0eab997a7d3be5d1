//! The JSON API: every answer keeps to the description, programs come with a token of their own, and what may not be known
//! is not there for them either.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use chartrier_engine::archive::{GroupRequest, MandateRequest, PersonRequest};
use chartrier_schemas::{Marking, PersonId, RecordId, persisted::v1::PersonRole};
use chartrier_tests::{
    browse::{Answer, Served, Visitor},
    world::World,
};
use chartrier_web::description;
use serde_json::{Value, json};
use std::{collections::BTreeSet, sync::Mutex};

/// A program with its token, and which rows of the description it has seen kept.
struct Program<'a> {
    visitor: Visitor,
    token: String,
    described: Value,
    seen: &'a Mutex<BTreeSet<String>>,
}

impl<'a> Program<'a> {
    fn enter(served: &Served, world: &World, person: PersonId, seen: &'a Mutex<BTreeSet<String>>) -> Self {
        let link = world.archive.sign_in_link(&world.session(), person).unwrap();
        let mut program = Self { visitor: served.visitor(), token: link.to_string(), described: description(), seen };
        program.token = program.call("POST", "/api/sessions", "/api/sessions", None, 200)["token"].as_str().unwrap().to_owned();
        program
    }

    fn send(&self, method: &str, path: &str, body: Option<&Value>) -> Answer {
        let body = body.map(Value::to_string).unwrap_or_default();
        let head = format!("Authorization: Bearer {}\r\nContent-Length: {}\r\n", self.token, body.len());
        self.visitor.send(&(self.visitor.request(method, path, &head) + &body))
    }

    /// Asks a row, and compares what is sent and what is answered with what the description says of it.
    fn call(&self, method: &str, row: &str, path: &str, body: Option<Value>, status: u16) -> Value {
        let operation = &self.described["paths"][row][method.to_lowercase()];
        assert!(operation.is_object(), "{method} {row} is not described");
        if status == 200
            && let Some(body) = &body
        {
            self.keeps(&operation["requestBody"]["content"]["application/json"]["schema"], body, row);
        }
        let answer = self.send(method, path, body.as_ref());
        assert_eq!(answer.status, status, "{method} {path}: {}", answer.text());
        assert_eq!(answer.header("content-type"), Some("application/json"), "{path}");
        let value: Value = serde_json::from_str(&answer.text()).unwrap();
        let response = &operation["responses"][status.to_string()]["content"]["application/json"]["schema"];
        self.keeps(response, &value, row);
        self.seen.lock().unwrap().insert(format!("{method} {row}"));
        value
    }

    fn keeps(&self, schema: &Value, value: &Value, row: &str) {
        assert!(schema.is_object(), "{row} describes no form");
        let mut schema = schema.clone();
        schema["components"] = self.described["components"].clone();
        let validator = jsonschema::draft202012::new(&schema).unwrap();
        let wrong: Vec<String> = validator.iter_errors(value).map(|why| format!("{}: {why}", why.instance_path())).collect();
        assert!(wrong.is_empty(), "{row}: {wrong:?} in {value}");
    }
}

fn house() -> (World, Vec<RecordId>) {
    let world = World::new();
    let ada = world.session();
    world.archive.clear_person(&ada, ada.person, &"S".parse().unwrap(), "nommée").unwrap();
    world.archive.add_class(&world.session(), "1", "Jardins", None).unwrap();
    let ids = (0..3)
        .map(|number| world.capture(&format!("/r/{number}.txt"), &format!("Les rosiers de l’allée {number}")).unwrap().unwrap());
    let ids = ids.collect();
    world.archive.index().unwrap();
    (world, ids)
}

#[test]
fn every_answer_keeps_to_the_description() {
    let (world, ids) = house();
    let served = Served::over(&world);
    let seen = Mutex::default();
    let ada = Program::enter(&served, &world, world.archive.owner(), &seen);
    let get = |row: &str, path: &str| ada.call("GET", row, path, None, 200);
    let post = |row: &str, path: &str, body: Option<Value>| ada.call("POST", row, path, body, 200);
    let id = ids[0].to_string();
    let of = |rest: &str| format!("/api/records/{id}{rest}");

    assert_eq!(get("/api/me", "/api/me")["clearance"], "S");
    let found = get("/api/records", "/api/records?q=rosiers&facets=class,type,year,marking&limit=2");
    assert_eq!((&found["total"], found["hits"].as_array().unwrap().len()), (&json!(3), 2));
    post("/api/searches", "/api/searches", Some(json!({ "name": "Roses", "words": "rosiers type:txt" })));
    assert_eq!(get("/api/searches", "/api/searches")[0]["words"], "rosiers type:txt");
    assert_eq!(post("/api/searches/forget", "/api/searches/forget", Some(json!({ "name": "Roses" })))["done"], true);
    post("/api/classes", "/api/classes", Some(json!({ "kind": "dossier", "code": "26-1", "title": "Visite", "under": "1" })));
    assert_eq!(get("/api/classes", "/api/classes").as_array().unwrap().len(), 2);
    let filed = post("/api/records/file", "/api/records/file", Some(json!({ "ids": ids, "into": "26-1" })));
    assert_eq!(filed["moved"], 3);
    let undo = format!("/api/acts/{}/undo", filed["act"].as_str().unwrap());
    assert_eq!(post("/api/acts/{act}/undo", &undo, None)["moved"], 3);
    let group = GroupRequest { name: "Visites".into(), reason: "protocole".into(), members: vec![world.archive.owner()] };
    let group = world.archive.add_group(&world.session(), &group).unwrap();
    let mandate = MandateRequest { whom: group.into(), on: Some("26-1".into()), until: None, reason: "visite".into() };
    world.archive.add_mandate(&world.session(), &mandate).unwrap();
    assert_eq!(get("/api/groups", "/api/groups")[0]["size"], 1);
    let shown = get("/api/groups/{group}", &format!("/api/groups/{group}"));
    assert_eq!((&shown["members"][0]["name"], &shown["mandates"][0]["code"]), (&json!("Ada"), &json!("26-1")));
    post("/api/dossiers/close", "/api/dossiers/close", Some(json!({ "code": "26-1", "close": true })));
    post("/api/records/{id}/say", &of("/say"), Some(json!({ "title": "Rosiers", "date": "2019-07-14" })));
    let marking = json!({ "ids": [ids[0]], "marking": "DR", "reason": "visite" });
    assert_eq!(post("/api/records/mark", "/api/records/mark", Some(marking))["changed"], 1);
    assert_eq!(get("/api/records/{id}/text", &of("/text"))[0]["text"], "Les rosiers de l’allée 0");
    assert_eq!(post("/api/records/{id}/verify", &of("/verify"), None)[0]["sound"], true);
    let record = get("/api/records/{id}", &of(""));
    assert_eq!((&record["title"], &record["marking"]), (&json!("Rosiers"), &json!("DR")));
    assert!(record["history"].to_string().contains("disclose"), "who reads by program is recorded too");
    while get("/api/records", "/api/records?limit=0")["coverage"]["complete"] == false {
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    let change = json!({ "words": "allée", "change": { "file": { "into": "1" } } });
    assert_eq!(post("/api/jobs/preview", "/api/jobs/preview", Some(change.clone()))["changes"], 3);
    let job = post("/api/jobs", "/api/jobs", Some(change))["job"].clone();
    while get("/api/jobs/{number}", &format!("/api/jobs/{job}"))["ended"].is_null() {
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    post("/api/jobs/{number}/undo", &format!("/api/jobs/{job}/undo"), None);
    assert_eq!(get("/api/jobs", "/api/jobs").as_array().unwrap().len(), 2);
    let original = ada.send("GET", &of("/components/1"), None);
    assert_eq!((original.status, original.text()), (200, "Les rosiers de l’allée 0".to_owned()));
    assert_eq!(get("/api/openapi.json", "/api/openapi.json"), description());
    // What is wrong is said in the form that is described, too.
    ada.call("POST", "/api/records/file", "/api/records/file", Some(json!({ "ids": ["x"] })), 400);
    ada.call("GET", "/api/records/{id}", "/api/records/rec-00000000000000000000000000", None, 404);
    post("/api/sessions/end", "/api/sessions/end", None);
    ada.call("GET", "/api/me", "/api/me", None, 401);

    let mut seen = seen.lock().unwrap().clone();
    seen.insert("GET /api/records/{id}/components/{number}".to_owned());
    let described = description();
    let rows = described["paths"].as_object().unwrap().iter();
    let all: BTreeSet<String> = rows
        .flat_map(|(path, methods)| {
            methods.as_object().unwrap().keys().map(move |method| format!("{} {path}", method.to_uppercase()))
        })
        .collect();
    assert_eq!(seen, all, "each row was asked");
}

#[test]
fn the_description_is_the_one_that_is_kept() {
    let kept = concat!(env!("CARGO_MANIFEST_DIR"), "/../web/openapi.json");
    let fresh = serde_json::to_string_pretty(&description()).unwrap() + "\n";
    if std::env::var_os("CHARTRIER_WRITE_OPENAPI").is_some() {
        std::fs::write(kept, &fresh).unwrap();
    }
    let told = "the API has changed: look at what changes for programs, then write it with CHARTRIER_WRITE_OPENAPI=1";
    assert_eq!(std::fs::read_to_string(kept).unwrap_or_default(), fresh, "{told}");
}

#[test]
fn a_program_knows_what_its_person_knows() {
    let (world, ids) = house();
    let served = Served::over(&world);
    let request = PersonRequest { name: "Luc".into(), roles: vec![PersonRole::Staff], clearance: Marking::np(), reason: None };
    let luc = world.archive.add_person(&world.session(), &request).unwrap();
    let mandate = MandateRequest { whom: luc.into(), on: Some(ids[0].to_string()), until: None, reason: "jardinier".into() };
    world.archive.add_mandate(&world.session(), &mandate).unwrap();
    let seen = Mutex::default();
    let program = Program::enter(&served, &world, luc, &seen);
    assert_eq!(program.call("GET", "/api/records", "/api/records?q=rosiers", None, 200)["total"], 1);
    for rest in ["", "/text", "/components/1"] {
        let ask = |id: &str| program.send("GET", &format!("/api/records/{id}{rest}"), None).without_date();
        let absent = ask("rec-00000000000000000000000000");
        assert_eq!((absent.status, &ask(&ids[1].to_string())), (404, &absent), "{rest}");
    }
    let file = |id: &str| program.send("POST", "/api/records/file", Some(&json!({ "ids": [id], "into": null }))).without_date();
    assert_eq!(file(&ids[1].to_string()), file("rec-00000000000000000000000000"));
    assert_eq!(file(&ids[0].to_string()).status, 403);
    // Groups that one is not in are not there; of one's own nobody else is shown.
    let group = |name: &str, members: &[PersonId]| {
        let request = GroupRequest { name: name.into(), reason: "métier".into(), members: members.to_vec() };
        world.archive.add_group(&world.session(), &request).unwrap()
    };
    let (own, other) = (group("Jardins", &[world.archive.owner(), luc]), group("Affaire", &[world.archive.owner()]));
    let told = program.call("GET", "/api/groups", "/api/groups", None, 200);
    assert_eq!(
        told.as_array().unwrap().iter().map(|one| (&one["name"], &one["size"])).collect::<Vec<_>>(),
        [(&json!("Jardins"), &Value::Null)]
    );
    let shown = program.call("GET", "/api/groups/{group}", &format!("/api/groups/{own}"), None, 200);
    assert_eq!((shown["members"].as_array().unwrap().len(), &shown["members"][0]["name"]), (1, &json!("Luc")));
    let ask = |id: &str| (program.send("GET", &format!("/api/groups/{id}"), None).without_date(), id.to_owned());
    let text = |(answer, id): (Answer, String)| (answer.status, answer.text().replace(&id, "ID"));
    assert_eq!(text(ask(&other.to_string())), text(ask("grp-00000000000000000000000000")));
    // A token is a session: its person sees it among the others, and ends it.
    let browsers = world.archive.browsers(&world.archive.session(luc).unwrap()).unwrap();
    assert_eq!(browsers.iter().map(|browser| browser.device.as_str()).collect::<Vec<_>>(), ["API"]);
    world.archive.sign_out(&world.archive.session(luc).unwrap(), browsers[0].number).unwrap();
    assert_eq!(program.send("GET", "/api/me", None).status, 401);
    // A page of another's cannot have a browser act with its cookie.
    let ada = served.signed_in(world.archive.owner());
    let answer = ada.post_from("Sec-Fetch-Site: cross-site\r\n", "/api/sessions/end", &[]);
    assert_eq!((answer.status, ada.get("/api/me").status), (403, 200));
}
