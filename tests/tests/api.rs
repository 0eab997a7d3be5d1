//! The JSON API: every answer keeps to the description, programs come with a token of their own, and what may not be known
//! is not there for them either.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use chartrier_engine::{
    archive::{GroupRequest, MandateRequest, PersonRequest},
    clock::Clock as _,
    proof::code_at,
    seal::{SecretKey, SigningKey, content_of},
    spool::PIECE,
};
use chartrier_schemas::{Marking, PersonId, RecordId, persisted::v1::PersonRole};
use chartrier_tests::{
    account::{Authenticator, SPOKEN, enrolled},
    binary::binary,
    browse::{Answer, Served, Visitor},
    documents::Seeded,
    world::World,
};
use chartrier_web::{description, policies};
use jiff::SignedDuration;
use serde_json::{Value, json};
use std::{
    collections::BTreeSet,
    sync::Mutex,
    time::{Duration, Instant},
};

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

    /// Somebody who signs in by name, password and code.
    fn by_password(
        served: &Served,
        seen: &'a Mutex<BTreeSet<String>>,
        name: &str,
        password: &str,
        code: &str,
        status: u16,
    ) -> (Self, Value) {
        let mut program = Self { visitor: served.visitor(), token: String::new(), described: description(), seen };
        let entry = json!({ "name": name, "password": password, "code": code });
        let told = program.call("POST", "/api/sessions", "/api/sessions", Some(entry), status);
        program.token = told["token"].as_str().unwrap_or_default().to_owned();
        (program, told)
    }

    fn send(&self, method: &str, path: &str, body: Option<&Value>) -> Answer {
        self.send_bytes(method, path, "application/json", body.map(Value::to_string).unwrap_or_default().as_bytes())
    }

    fn send_bytes(&self, method: &str, path: &str, kind: &str, body: &[u8]) -> Answer {
        let bearer = if self.token.is_empty() { String::new() } else { format!("Authorization: Bearer {}\r\n", self.token) };
        let head = format!("{bearer}Content-Type: {kind}\r\nContent-Length: {}\r\n", body.len());
        self.visitor.send_bytes(&[self.visitor.request(method, path, &head).as_bytes(), body].concat())
    }

    /// The answer of a row, compared with the description.
    fn told(&self, method: &str, row: &str, answer: &Answer, status: u16) -> Value {
        assert_eq!(answer.status, status, "{method} {row}: {}", answer.text());
        assert_eq!(answer.header("content-type"), Some("application/json"), "{row}");
        let value: Value = serde_json::from_str(&answer.text()).unwrap();
        let operation = &self.described["paths"][row][method.to_lowercase()];
        self.keeps(&operation["responses"][status.to_string()]["content"]["application/json"]["schema"], &value, row);
        self.seen.lock().unwrap().insert(format!("{method} {row}"));
        value
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
        self.told(method, row, &self.send(method, path, body.as_ref()), status)
    }

    fn get(&self, row: &str, path: &str) -> Value {
        self.call("GET", row, path, None, 200)
    }

    fn post(&self, row: &str, path: &str, body: Option<Value>) -> Value {
        self.call("POST", row, path, body, 200)
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
    // Built before anybody waits for its workers.
    binary();
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
    assert_eq!(ada.call("GET", "/api/records", "/api/records?limit=deux", None, 400)["kind"], "invalid");
    let asked = json!({ "words": "rosiers", "sort": "date", "limit": 1, "facets": ["type"] });
    let covered = post("/api/records/search", "/api/records/search", Some(asked));
    assert_eq!((&covered["total"], covered["hits"].as_array().unwrap().len()), (&json!(3), 1));
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
    assert_eq!(post("/api/complete", "/api/complete", Some(json!({ "begin": "rosi" }))), json!(["rosiers"]));
    let luc = persons(&ada, &world, &ids);
    uploads(&ada, &world);
    keeping(&ada, &world);
    own(&served, &world, &seen, luc);
    post("/api/sessions/end", "/api/sessions/end", None);
    assert_eq!(ada.call("GET", "/api/me", "/api/me", None, 401)["kind"], "not_signed_in");

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

/// Persons, mandates, and who was given what.
fn persons(ada: &Program<'_>, world: &World, ids: &[RecordId]) -> PersonId {
    let luc = json!({ "name": "Luc", "roles": ["staff"], "clearance": "np", "reason": null });
    let luc = ada.post("/api/persons", "/api/persons", Some(luc))["id"].as_str().unwrap().to_owned();
    let of = |rest: &str| format!("/api/persons/{luc}{rest}");
    let reason = |reason: &str| Some(json!({ "reason": reason }));
    ada.post("/api/persons/{person}/roles", &of("/roles"), Some(json!({ "roles": ["staff", "archivist"], "reason": "nommé" })));
    ada.post("/api/persons/{person}/clearance", &of("/clearance"), Some(json!({ "clearance": "dr", "reason": "revu" })));
    ada.call("POST", "/api/persons/{person}/clearance", &of("/clearance"), Some(json!({ "clearance": "S", "reason": " " })), 400);
    let give = |on: Value, until: Option<&str>| {
        let mandate = json!({ "to": { "person": luc }, "on": on, "until": until, "reason": "jardinier" });
        ada.post("/api/mandates", "/api/mandates", Some(mandate))["id"].as_str().unwrap().to_owned()
    };
    let (everything, one) = (give(json!("everything"), None), give(json!({ "unit": "1" }), Some("2999-12-31")));
    // Left out, it is not the whole archive.
    let nothing = json!({ "to": { "person": luc }, "until": null, "reason": "jardinier" });
    ada.call("POST", "/api/mandates", "/api/mandates", Some(nothing), 400);
    let nobody = json!({ "on": "everything", "until": null, "reason": "jardinier" });
    ada.call("POST", "/api/mandates", "/api/mandates", Some(nobody), 400);
    let end = |mandate: &str| ada.post("/api/mandates/{mandate}/end", &format!("/api/mandates/{mandate}/end"), reason("muté"));
    assert_eq!((end(&everything)["done"].clone(), end(&everything)["done"].clone()), (json!(true), json!(false)));
    let in_force = ada.get("/api/mandates", &format!("/api/mandates?person={luc}&in_force=yes"));
    assert_eq!((&in_force["total"], &in_force["mandates"][0]["id"]), (&json!(1), &json!(one)));
    assert_eq!(in_force["mandates"][0]["last_day"], "2999-12-31");
    let group = json!({ "name": "Jardiniers", "reason": "métier", "members": [luc] });
    let group = ada.post("/api/groups", "/api/groups", Some(group))["id"].as_str().unwrap().to_owned();
    let at = |rest: &str| format!("/api/groups/{group}{rest}");
    let to = |to: Value| {
        let mandate = json!({ "to": to, "on": { "unit": "1" }, "until": null, "reason": "saison" });
        ada.post("/api/mandates", "/api/mandates", Some(mandate))["id"].as_str().unwrap().to_owned()
    };
    let (of_group, of_house) = (to(json!({ "group": group })), to(json!("everyone")));
    let reaching = ada.get("/api/mandates", &format!("/api/mandates?person={luc}&in_force=yes"));
    let reaching: BTreeSet<&str> =
        reaching["mandates"].as_array().unwrap().iter().map(|one| one["id"].as_str().unwrap()).collect();
    assert_eq!(reaching, BTreeSet::from([&*one, &*of_group, &*of_house]));
    ada.post("/api/groups/{group}/name", &at("/name"), Some(json!({ "name": "Jardins", "reason": "plus court" })));
    assert_eq!(ada.get("/api/mandates", &format!("/api/mandates?group={group}"))["mandates"][0]["name"], "Jardins");
    let leaving = json!({ "remove": [luc], "reason": "muté" });
    ada.post("/api/groups/{group}/members", &at("/members"), Some(leaving));
    assert_eq!(ada.get("/api/groups/{group}", &at(""))["size"], 0);
    ada.post("/api/groups/{group}/dissolve", &at("/dissolve"), reason("fin de saison"));
    assert_eq!(ada.get("/api/mandates", &format!("/api/mandates?group={group}&in_force=yes"))["total"], 0);
    end(&of_house);
    let whole = ada.get("/api/persons/{person}", &of(""));
    assert_eq!((whole["mandates"].as_array().unwrap().len(), &whole["clearance"]), (2, &json!("DR")));
    assert_eq!(whole["mandates"][1]["end_reason"], "muté");
    assert!(whole["history"].as_array().unwrap().iter().any(|line| line["reason"] == "revu"), "{whole}");
    let listed = |query: &str| ada.get("/api/persons", &format!("/api/persons?{query}"));
    assert_eq!((&listed("")["total"], &listed("name=lu")["persons"][0]["name"]), (&json!(2), &json!("Luc")));
    assert_eq!((&listed("role=security")["total"], &listed("role=archivist")["total"]), (&json!(1), &json!(2)));
    let page = listed("limit=1&offset=1");
    assert_eq!((&page["total"], page["persons"].as_array().unwrap().len()), (&json!(2), 1));
    let invitation = ada.post("/api/persons/{person}/invite", &of("/invite"), None)["invitation"].clone();
    let secret = invitation.as_str().unwrap().split('#').nth(1).unwrap();
    assert_eq!(world.archive.invited(secret).unwrap().unwrap().name, "Luc");
    ada.post("/api/persons/{person}/end-account", &of("/end-account"), reason("départ"));
    assert_eq!(world.archive.invited(secret).unwrap(), None);
    let who = ada.get("/api/records/{id}/who", &format!("/api/records/{}/who", ids[1]));
    assert_eq!(who[0]["name"], "Ada");
    let told = |query: &str| ada.get("/api/disclosures", &format!("/api/disclosures?{query}"));
    let all = told("limit=1");
    assert_eq!((&all["lines"][0]["name"], &all["lines"][0]["marking"]), (&json!("Ada"), &json!("DR")), "{all}");
    assert!(told(&format!("before={}", all["next"])).get("lines").is_some());
    assert_eq!(told(&format!("person={luc}&record={}&day=2026-01-01", ids[0]))["lines"], json!([]));
    ada.call("GET", "/api/disclosures", "/api/disclosures?day=yesterday", None, 400);
    ada.call("GET", "/api/persons/{person}", "/api/persons/per-00000000000000000000000000", None, 404);
    luc.parse().unwrap()
}

/// A file on its way in, as a program sends it.
fn uploads(ada: &Program<'_>, world: &World) {
    let photo = Seeded(9).bytes(PIECE + 100);
    let announced = |path: &str, bytes: &[u8]| {
        let file = json!({ "path": path, "size": bytes.len(), "sha256": content_of(bytes), "modified": null });
        let list = json!({ "into": "1", "marking": "NP", "files": [file] });
        ada.post("/api/uploads", "/api/uploads", Some(list))["files"][0].clone()
    };
    let upload = announced("allée.bin", &photo)["upload"].as_str().unwrap().to_owned();
    let piece = |at: usize, bytes: &[u8], status: u16| {
        let path = format!("/api/uploads/{upload}/piece?at={at}");
        let answer = ada.send_bytes("POST", &path, "application/octet-stream", bytes);
        ada.told("POST", "/api/uploads/{upload}/piece", &answer, status)
    };
    let state = || ada.get("/api/uploads/{upload}", &format!("/api/uploads/{upload}"));
    assert_eq!(piece(PIECE, &photo[PIECE..], 409)["at"], 0, "the first comes first");
    assert_eq!(piece(0, &photo[..PIECE], 200)["whole"], false);
    assert_eq!((&state()["state"], &state()["at"]), (&json!("wanted"), &json!(PIECE)));
    assert_eq!(piece(PIECE, &photo[PIECE..], 200)["whole"], true);
    let until = Instant::now() + Duration::from_secs(60);
    while state()["state"] == "whole" && Instant::now() < until {
        std::thread::sleep(Duration::from_millis(50));
    }
    let kept = state();
    assert_eq!((&kept["state"], &kept["path"]), (&json!("kept"), &json!("allée.bin")));
    let record = kept["record"].as_str().unwrap();
    let answer = ada.send("GET", &format!("/api/records/{record}/components/1"), None);
    assert_eq!((answer.status, answer.body), (200, photo.clone()));
    assert_eq!(announced("copie.bin", &photo), json!({ "state": "held", "record": record }));
    let other = announced("autre.bin", b"autre")["upload"].as_str().unwrap().to_owned();
    assert_eq!(ada.get("/api/uploads", "/api/uploads").as_array().unwrap().len(), 2);
    ada.post("/api/uploads/{upload}/give-up", &format!("/api/uploads/{other}/give-up"), None);
    ada.call("GET", "/api/uploads/{upload}", &format!("/api/uploads/{other}"), None, 404);
    ada.call("POST", "/api/uploads", "/api/uploads", Some(json!({ "files": 3 })), 400);
    assert!(world.names("class:1").contains(&"allée.bin".to_owned()));
}

/// Waits until a piece of upkeep has ended.
fn ended(ada: &Program<'_>, begun: &Value) -> Value {
    let until = Instant::now() + Duration::from_secs(60);
    loop {
        let line = ada.get("/api/house/upkeep/{number}", &format!("/api/house/upkeep/{}", begun["number"]));
        if !line["ended"].is_null() {
            assert_eq!(line["stopped"], Value::Null, "{line}");
            return line;
        }
        assert!(Instant::now() < until, "{line}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// How the house stands, and its keys.
fn keeping(ada: &Program<'_>, world: &World) {
    let house = ada.get("/api/house", "/api/house");
    assert_eq!((&house["verified"], &house["index"]["records"]), (&Value::Null, &json!(4)), "{house}");
    ended(ada, &ada.post("/api/house/verify", "/api/house/verify", None));
    let house = ada.get("/api/house", "/api/house");
    assert_eq!((&house["verified"]["sound"], &house["verified"]["faults"]), (&json!(true), &json!({})), "{house}");
    assert_eq!(house["verified"]["head"], house["journal"]["head"]);
    let keys = || ada.get("/api/house/keys", "/api/house/keys");
    let label = keys()["labels"][0]["id"].clone();
    let rotate = |labels: Value, status: u16| {
        let body = json!({ "labels": labels, "reason": "revue annuelle" });
        ada.call("POST", "/api/house/keys/rotate", "/api/house/keys/rotate", Some(body), status)
    };
    ended(ada, &rotate(json!({ "label": label }), 200));
    let all = ended(ada, &rotate(json!("all"), 200));
    assert_eq!((&all["done"], &all["total"], &all["reason"]), (&json!(3), &json!(3), &json!("revue annuelle")));
    rotate(json!({ "label": "lbl-00000000000000000000000000" }), 404);
    let generations: Vec<_> = keys()["labels"].as_array().unwrap().iter().map(|label| label["generation"].clone()).collect();
    assert_eq!(generations, [3, 2, 2].map(|generation| json!(generation)));
    let recipient = || SecretKey::generate().unwrap().recipient().unwrap().to_string();
    let recovery = json!({ "recipient": recipient(), "reason": "second coffre" });
    let recovery = ada.post("/api/house/keys/recovery", "/api/house/keys/recovery", Some(recovery))["id"].clone();
    let signing = SigningKey::generate().unwrap().public().to_text();
    let server = json!({ "recipient": recipient(), "signing_key": signing, "reason": "seconde salle" });
    let server = ada.post("/api/house/keys/servers", "/api/house/keys/servers", Some(server))["id"].clone();
    ada.call(
        "POST",
        "/api/house/keys/recovery",
        "/api/house/keys/recovery",
        Some(json!({ "recipient": "age1", "reason": "x" })),
        400,
    );
    assert_eq!(keys()["holders"].as_array().unwrap().len(), 4);
    let withdraw = |holder: &Value, status: u16| {
        let path = format!("/api/house/keys/{}/withdraw", holder.as_str().unwrap());
        let body = Some(json!({ "reason": "fin de service" }));
        ada.call("POST", "/api/house/keys/{holder}/withdraw", &path, body, status)
    };
    ended(ada, &withdraw(&server, 200));
    withdraw(&server, 404);
    ended(ada, &withdraw(&recovery, 200));
    assert_eq!(keys()["holders"].as_array().unwrap().len(), 2);
    let last = keys()["holders"].as_array().unwrap().iter().find(|one| one["role"] == "recovery").unwrap()["id"].clone();
    assert_eq!(withdraw(&last, 403)["kind"], "refused", "the last sheet stays");
    let history = keys()["history"].clone();
    assert!(history[0]["act"]["withdraw"].is_object() && history[0]["reason"] == "fin de service", "{history}");
    assert_eq!(ada.get("/api/house/upkeep", "/api/house/upkeep").as_array().unwrap().len(), 5);
    assert!(world.archive.verify(&world.session(), None, &|_, _| Ok(())).unwrap().is_sound());
}

/// What a secret in base 32 shows now.
fn code_of(secret: &str, served: &Served) -> String {
    let page = format!("class=\"secret\"><code>{secret}</code>");
    Authenticator::read(&page).code(served)
}

/// Oneself: a session by password, a proof, another password and factor, the other sessions.
fn own(served: &Served, world: &World, seen: &Mutex<BTreeSet<String>>, luc: PersonId) {
    let (_, phone, _) = enrolled(served, &world.archive, luc);
    let later = || served.clock.by(SignedDuration::from_secs(60));
    later();
    let (program, _) = Program::by_password(served, seen, "luc", SPOKEN, &phone.code(served), 200);
    assert_eq!(program.get("/api/me", "/api/me")["name"], "Luc");
    later();
    let proof = json!({ "password": SPOKEN, "code": phone.code(served) });
    assert_eq!(program.post("/api/proof", "/api/proof", Some(proof))["seconds"], 600);
    later();
    let new = "cinq pivoines au matin";
    let change = |password: &str, code: String, new: &str, status: u16| {
        let body = json!({ "password": password, "code": code, "new": new });
        program.call("POST", "/api/account/password", "/api/account/password", Some(body), status)
    };
    assert_eq!(change(SPOKEN, phone.code(served), "court", 400)["kind"], "invalid");
    assert_eq!(change("faux", phone.code(served), new, 403)["kind"], "proof_wrong");
    change(SPOKEN, phone.code(served), new, 200);
    later();
    let factor = program.post("/api/account/factor", "/api/account/factor", None);
    let secret = factor["secret"].as_str().unwrap();
    assert!(factor["address"].as_str().unwrap().contains(secret));
    let confirm = |code: String, status: u16| {
        let body = json!({ "password": new, "code": phone.code(served), "salt": factor["salt"], "new_code": code });
        program.call("POST", "/api/account/factor/confirm", "/api/account/factor/confirm", Some(body), status)
    };
    confirm("000000x".to_owned(), 400);
    let recovery = confirm(code_of(secret, served), 200)["recovery"].clone();
    assert_eq!(recovery.as_array().unwrap().len(), 8);
    later();
    let (other, _) = Program::by_password(served, seen, "Luc", new, &code_of(secret, served), 200);
    let account = program.get("/api/account", "/api/account");
    assert_eq!((&account["recovery"], &account["name"]), (&json!(8), &json!("Luc")));
    let sessions = program.get("/api/sessions", "/api/sessions");
    let others: Vec<&Value> = sessions.as_array().unwrap().iter().filter(|one| one["this"] == false).collect();
    assert_eq!((sessions.as_array().unwrap().len(), others.len()), (2, 1), "{sessions}");
    program.post("/api/sessions/{number}/end", &format!("/api/sessions/{}/end", others[0]["number"]), None);
    assert_eq!(other.send("GET", "/api/me", None).status, 401);
    later();
    let (third, _) = Program::by_password(served, seen, "Luc", new, recovery[0].as_str().unwrap(), 200);
    program.post("/api/sessions/end-others", "/api/sessions/end-others", None);
    assert_eq!((third.send("GET", "/api/me", None).status, program.send("GET", "/api/me", None).status), (401, 200));
    // What is secret was told once, and no line of the log has a word of it.
    let mut all = served.log.lock().unwrap().join("\n");
    for path in ["/api/account", "/api/me", "/api/sessions"] {
        all += &program.send("GET", path, None).text();
    }
    for word in [SPOKEN, new, secret, recovery[1].as_str().unwrap(), &program.token] {
        assert!(!all.contains(word), "{word}");
    }
}

/// A grave row does nothing without a proof of the last ten minutes, and says how to give one.
#[test]
fn a_grave_row_says_how_to_prove_oneself() {
    let (world, _) = house();
    let served = Served::over(&world);
    let ada = world.archive.owner();
    let (_, phone, _) = enrolled(&served, &world.archive, ada);
    let seen = Mutex::default();
    let later = |minutes: i64| served.clock.by(SignedDuration::from_mins(minutes));
    later(1);
    let (program, _) = Program::by_password(&served, &seen, "Ada", SPOKEN, &phone.code(&served), 200);
    let mandate = MandateRequest { whom: ada.into(), on: None, until: None, reason: "essai".into() };
    let mandate = world.archive.add_mandate(&world.session(), &mandate).unwrap();
    let holder = world.archive.holders(&world.session()).unwrap()[1].id;
    program.get("/api/disclosures", "/api/disclosures");
    later(11);
    let stands = || {
        let session = world.session();
        (world.archive.house(&session).unwrap().head, world.archive.upkeeps(&session).unwrap().len())
    };
    let before = stands();
    let mut asked = 0;
    for row in policies().iter().filter(|row| row.proved && row.path.starts_with("/api/")) {
        let group = "grp-00000000000000000000000000".to_owned();
        let path = [
            ("{person}", ada.to_string()),
            ("{mandate}", mandate.to_string()),
            ("{holder}", holder.to_string()),
            ("{group}", group),
        ];
        let path = path.iter().fold(row.path.to_owned(), |path, (name, id)| path.replace(name, id));
        // Whatever comes along: a body that would do, one with a proof in it, a form.
        for body in [json!({ "reason": "essai" }), json!({ "proof-password": SPOKEN, "proof-code": phone.code(&served) })] {
            let answer = program.send(row.method, &path, (row.method == "POST").then_some(&body));
            let told = program.told(row.method, row.path, &answer, 403);
            assert_eq!(told["kind"], "proof_needed", "{path}");
            assert!(told["remedy"].as_str().unwrap().contains("POST /api/proof"), "{told}");
        }
        asked += 1;
    }
    assert_eq!((asked, stands()), (16, before), "nothing was done");
    // Nobody is told which part of a proof was wrong.
    let prove = |password: &str, code: &str, status: u16| {
        let body = json!({ "password": password, "code": code });
        program.call("POST", "/api/proof", "/api/proof", Some(body), status)
    };
    let code = phone.code(&served);
    let wrong = prove("faux", &code, 403);
    assert_eq!((&wrong["kind"], &wrong), (&json!("proof_wrong"), &prove(SPOKEN, "1", 403)));
    let entered = |password: &str, code: &str, status: u16| Program::by_password(&served, &seen, "Ada", password, code, status).1;
    assert_eq!(entered("faux", &code, 401), wrong, "at the door, too");
    // So many that the wait is longer than a proof takes to be looked at, on a machine that does other things too.
    for _ in 0..6 {
        prove("faux", "1", 403);
        later(1);
    }
    prove("faux", "1", 403);
    let code = phone.code(&served);
    let told = prove(SPOKEN, &code, 429);
    assert_eq!((&told["kind"], told["until"].is_string()), (&json!("too_often"), true));
    assert_eq!(entered(SPOKEN, &code, 429)["kind"], "too_often", "one limit for both");
    assert_eq!(program.call("GET", "/api/disclosures", "/api/disclosures", None, 403)["kind"], "proof_needed");
    later(2);
    prove(SPOKEN, &phone.code(&served), 200);
    program.get("/api/disclosures", "/api/disclosures");
    let eve = json!({ "name": "Eve", "roles": ["staff"], "clearance": "NP" });
    program.post("/api/persons", "/api/persons", Some(eve));
    later(11);
    program.call("GET", "/api/disclosures", "/api/disclosures", None, 403);
    // Who has another role is told that, and nothing of proofs.
    let eve = PersonRequest { name: "Luc".into(), roles: vec![PersonRole::Staff], clearance: Marking::np(), reason: None };
    let luc = world.archive.add_person(&world.session(), &eve).unwrap();
    let cookie = served.signed_in(luc).cookie.unwrap();
    let token = cookie.split_once('=').unwrap().1.to_owned();
    let luc = Program { visitor: served.visitor(), token, described: description(), seen: &seen };
    later(11);
    assert_eq!(luc.call("GET", "/api/disclosures", "/api/disclosures", None, 403)["kind"], "refused");
    // A person without an account cannot prove anything, and is told what all are told.
    let body = json!({ "password": SPOKEN, "code": code_at(&[7; 20], served.clock.now()) });
    assert_eq!(luc.call("POST", "/api/proof", "/api/proof", Some(body), 403), wrong);
}

/// What is not answered by a row is told to programs in the same form.
#[test]
fn trouble_has_one_form() {
    let (world, _) = house();
    let served = Served::over(&world);
    let seen = Mutex::default();
    let ada = Program::enter(&served, &world, world.archive.owner(), &seen);
    let told = |answer: Answer| {
        let value: Value = serde_json::from_str(&answer.text()).unwrap_or_else(|_| panic!("{}", answer.text()));
        ada.keeps(&json!({ "$ref": "#/components/schemas/Trouble" }), &value, "trouble");
        (answer.status, value["kind"].as_str().unwrap().to_owned())
    };
    assert_eq!(told(ada.send("GET", "/api/nothing", None)), (404, "not_found".to_owned()));
    assert_eq!(told(ada.send("POST", "/api/me", None)), (405, "not_found".to_owned()));
    assert_eq!(told(ada.send("POST", "/api/records/file", Some(&json!("x".repeat(80 << 10))))), (413, "too_much".to_owned()));
    let foreign = served.visitor().post_from("Sec-Fetch-Site: cross-site\r\n", "/api/sessions", &[]);
    assert_eq!(told(foreign), (403, "foreign".to_owned()));
    assert!(served.visitor().get("/nothing").text().starts_with("<!DOCTYPE html>"), "people are shown a page");
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
