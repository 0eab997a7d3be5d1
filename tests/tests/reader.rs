//! The independent reader (I2): with Python, `age` and `zstd` alone, it lists and restores what the product captured, and
//! verifies the chain, through every kind of write that there is.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use chartrier_tests::{
    binary::{Desk, Said},
    documents::{Seeded, eml, pdf},
};
use serde_json::Value;
use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

fn reader(words: &[&str]) -> Said {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join("schemas/reader/chartrier_reader.py");
    Command::new("python3").arg("-I").arg(script).args(words).output().expect("python3, age and zstd are installed").into()
}

/// What both sides say of the records: id, then title, name, content.
fn told(lines: Vec<Value>) -> BTreeMap<String, [String; 3]> {
    let text = |line: &Value, key: &str| line[key].as_str().unwrap().to_owned();
    lines.iter().map(|line| (text(line, "id"), ["title", "name", "content"].map(|key| text(line, key)))).collect()
}

/// A desk with everything that changes a store: several markings, places, occurrences, a file that spans objects, rotation,
/// compaction, a record that was raised and one that was lowered, a group and its end.
fn busy() -> Desk {
    let desk = Desk::new();
    desk.file("a/menu.eml", eml("Helene <h@example.org>", "Menu", "Asperges", ("carte.pdf", &pdf("Carte", &["Turbot"]))));
    desk.file("a/programme.pdf", pdf("Programme", &["Visite"]));
    desk.file("a/note.txt", "Les massifs seront replantés. ".repeat(200));
    desk.file("b/copie.txt", "Les massifs seront replantés. ".repeat(200));
    desk.file("a/empty", "");
    let large = desk.file("c/large.bin", Seeded(5).bytes(40 << 20));
    desk.file("s/plan.txt", "Plan de vol");
    desk.run(["class", "add", "1", "Cuisine"]).with_code(0);
    desk.run(["person", "clear", "ada", "S+SF", "--reason", "nommée"]).with_code(0);
    desk.run(["ingest", &desk.path("files/a")]).with_code(0);
    desk.run(["ingest", &desk.path("files/b"), &large]).with_code(0);
    desk.run(["ingest", &desk.path("files/s"), "--marking", "S+SF"]).with_code(0);
    let id = |name: &str| desk.list().iter().find(|line| line["name"] == name).unwrap()["id"].as_str().unwrap().to_owned();
    desk.run(["file", &id("menu.eml"), "--into", "1"]).with_code(0);
    desk.run(["mark", &id("programme.pdf"), "S", "--reason", "visite"]).with_code(0);
    desk.run(["mark", &id("plan.txt"), "DR", "--reason", "vol terminé"]).with_code(0);
    desk.run(["group", "add", "Cuisiniers", "--add", "ada", "--reason", "métier"]).with_code(0);
    desk.run(["mandate", "add", "--group", "Cuisiniers", "--on", "1", "--reason", "menus"]).with_code(0);
    desk.run(["mandate", "add", "--everyone", "--on", "1", "--reason", "menus"]).with_code(0);
    desk.run(["key", "rotate"]).with_code(0);
    desk.run(["compact"]).with_code(0);
    desk.run(["group", "dissolve", "Cuisiniers", "--reason", "fin"]).with_code(0);
    desk
}

#[test]
fn a_stranger_lists_restores_and_verifies_everything() {
    let desk = busy();
    let (store, sheet, folder) = (desk.path("home/store"), desk.path("sheet"), desk.path("restored"));
    let verified = reader(&["verify", &store]).with_code(0);
    assert!(verified.out.contains(" 0 faults"), "{}", verified.out);
    assert_eq!(told(reader(&["list", &store, &sheet]).with_code(0).lines()), told(desk.list()));
    reader(&["restore", &store, &sheet, &folder]).with_code(0);
    for line in desk.list() {
        let place = PathBuf::from(&folder).join(line["id"].as_str().unwrap()).join(line["name"].as_str().unwrap());
        let original = desk.command(["get", line["id"].as_str().unwrap()]).output().unwrap().stdout;
        assert!(fs::read(&place).unwrap_or_else(|why| panic!("{}: {why}", place.display())) == original, "{}", place.display());
    }

    // A new home takes over: the sheet still opens everything, and the two chains join.
    let (url, home) = (format!("file://{store}"), desk.path("other"));
    desk.run(["key", "restore", "--store", &url, "--recovery-file", &sheet, "--home", &home, "--no-passphrase"]).with_code(0);
    desk.file("d/later.txt", "Plus tard");
    desk.run(["ingest", &desk.path("files/d"), "--home", &home]).with_code(0);
    reader(&["verify", &store]).with_code(0);
    assert_eq!(told(reader(&["list", &store, &sheet]).with_code(0).lines()), told(desk.run(["list", "--home", &home]).lines()));
}

#[test]
fn the_reader_and_the_product_see_the_same_damage() {
    let desk = busy();
    let store = PathBuf::from(desk.path("home/store"));
    let mut random = Seeded(77);
    let mut files = Vec::new();
    find(&store, &mut files);
    let rounds = if std::env::var_os("CHARTRIER_LONG").is_some() { 400 } else { 24 };
    for round in 0..rounds {
        let file = &files[random.below(files.len() as u64) as usize];
        let sound = fs::read(file).unwrap();
        match round % 3 {
            0 => {
                let mut torn = sound.clone();
                let at = random.below(torn.len() as u64) as usize;
                torn[at] ^= 1 << random.below(8);
                fs::write(file, torn).unwrap();
            }
            1 => fs::write(file, &sound[..random.below(sound.len() as u64) as usize]).unwrap(),
            _ => fs::remove_file(file).unwrap(),
        }
        let told = desk.run(["verify", "--keyless", "--json"]);
        let name = file.strip_prefix(&store).unwrap().to_str().unwrap();
        assert_eq!(told.code, 6, "round {round}, {name}: {}", told.out);
        let faults = told.json()["faults"].as_array().unwrap().clone();
        // A segment that is gone is named by its place in the chain: its hash went with it.
        let place =
            name.rsplit_once('-').filter(|_| name.starts_with("journal/") && name.contains('-')).map_or(name, |(place, _)| place);
        let named = faults.iter().any(|fault| {
            let fault = fault["name"].as_str().unwrap();
            fault.contains(place) || (name.starts_with("journal/") && fault.starts_with("journal"))
        });
        assert!(named, "round {round}: {name} is not named: {faults:?}");
        assert_ne!(reader(&["verify", store.to_str().unwrap()]).code, 0, "round {round}, {name}");
        fs::write(file, &sound).unwrap();
    }
    desk.run(["verify", "--keyless"]).with_code(0);
}

fn find(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() { find(&path, files) } else { files.push(path) }
    }
    files.sort();
}
