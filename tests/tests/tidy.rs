//! Rules that no compiler checks. Each failure names the file and says what to do instead.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

/// The rooms of `engine`, lowest first: each may use those before it, never those after.
const ENGINE_LAYERS: &[&str] = &[
    "error", "clock", "cache", "spread", "lock", "database", "seal", "proof", "veil", "spool", "store", "journal", "keys",
    "policy", "catalog", "local", "query", "index", "archive",
];

/// The one room that may name an outside crate or an effect.
const SOLE_USERS: &[(&str, &[&str])] = &[
    ("age::", &["engine/src/seal/"]),
    ("ed25519_dalek::", &["engine/src/seal/"]),
    ("hkdf::", &["engine/src/seal/", "engine/src/index/directory.rs"]),
    ("argon2::", &["engine/src/proof.rs"]),
    ("hmac::", &["engine/src/proof.rs"]),
    ("sha1::", &["engine/src/proof.rs"]),
    ("fast_qr::", &["web/src/pages/enrol.rs"]),
    ("zstd::", &["engine/src/seal/"]),
    ("quick_cache::", &["engine/src/cache.rs"]),
    ("object_store::", &["engine/src/store/"]),
    ("rusqlite::", &["engine/src/catalog/", "engine/src/database.rs", "engine/src/local"]),
    ("tantivy::", &["engine/src/index/"]),
    ("lopdf::", &["ingest/src/extract/"]),
    ("hayro::", &["ingest/src/extract/", "ingest/src/thumbnail.rs"]),
    ("image::", &["ingest/src/extract/", "ingest/src/thumbnail.rs", "ingest/src/worker/trust.rs"]),
    ("quick_xml::", &["ingest/src/extract/"]),
    ("zip::", &["ingest/src/extract/", "ingest/src/pronom/"]),
    ("aho_corasick::", &["ingest/src/pronom/"]),
    ("landlock::", &["ingest/src/worker/"]),
    ("std::env::", &["archive-cli/src/", "ingest/src/worker/"]),
    ("println!", &["archive-cli/src/"]),
    ("Timestamp::now", &["engine/src/clock.rs", "archive-cli/src/"]),
    ("SystemTime::now", &[]),
];

/// Rust files past this many lines have become two rooms.
const LONGEST: usize = 600;

#[test]
fn engine_rooms_only_use_lower_ones() {
    let mut problems = Vec::new();
    for (layer, room) in ENGINE_LAYERS.iter().enumerate() {
        for file in room_files(room) {
            let used = used_rooms(&fs::read_to_string(&file).unwrap());
            for higher in ENGINE_LAYERS[layer + 1..].iter().filter(|higher| used.contains(**higher)) {
                problems
                    .push(format!("{}: `{room}` uses `{higher}`, which is above it; move the shared part down", shown(&file)));
            }
        }
    }
    assert!(problems.is_empty(), "\n{}\n", problems.join("\n"));
}

/// Without this, a forgotten room would pass unchecked.
#[test]
fn every_engine_room_has_a_layer() {
    let rooms: BTreeSet<String> = fs::read_dir(root().join("engine/src"))
        .unwrap()
        .map(|entry| entry.unwrap().path().file_stem().unwrap().to_string_lossy().into_owned())
        .filter(|name| name != "lib")
        .collect();
    assert_eq!(rooms, ENGINE_LAYERS.iter().map(|name| (*name).to_owned()).collect());
}

#[test]
fn each_outside_effect_has_one_home() {
    let mut problems = Vec::new();
    for file in rust_files(&root()) {
        let path = shown(&file);
        if path.starts_with("tests/") || path.contains("/tests/") {
            continue;
        }
        let text = fs::read_to_string(&file).unwrap();
        for (outside, homes) in SOLE_USERS {
            if !homes.iter().any(|home| path.starts_with(home))
                && let Some(line) = line_of(without_tests(&text), outside)
            {
                problems.push(format!("{path}:{line}: `{outside}` belongs in {}", homes.join(", ")));
            }
        }
    }
    assert!(problems.is_empty(), "\n{}\n", problems.join("\n"));
}

#[test]
fn names_are_matched_whole() {
    assert_eq!(line_of("use image::open;\nuse age::Encryptor;", "age::"), Some(2));
    assert_eq!(line_of("// use age::Encryptor;", "age::"), None);
    let used = used_rooms("use crate::{\n    Result,\n    keys::{Home, store},\n    seal,\n};\nlet x = crate::index::y;");
    assert_eq!(used.iter().map(String::as_str).collect::<Vec<_>>(), ["Result", "index", "keys", "seal"]);
}

/// A worker reads untrusted bytes: what it is built from must not know keys, stores, networks or the engine.
#[test]
fn the_worker_depends_on_no_key_store_or_network_code() {
    let tree = crates_of("chartrier-ingest");
    assert!(tree.contains("hayro") && tree.contains("mail-parser"), "the tree of the right crate");
    let forbidden =
        ["chartrier-engine", "age", "object_store", "rusqlite", "tantivy", "tokio", "mio", "socket2", "reqwest", "rustls"];
    let found: Vec<_> = forbidden.iter().filter(|name| tree.contains(**name)).collect();
    assert!(found.is_empty(), "`ingest` depends on {found:?}: what reads documents must not be able to");
}

#[test]
fn the_engine_reads_no_documents_and_the_nouns_do_no_work() {
    let engine = crates_of("chartrier-engine");
    for reader in ["chartrier-ingest", "hayro", "lopdf", "image", "zip", "quick-xml", "html5ever", "mail-parser", "clap"] {
        assert!(!engine.contains(reader), "`engine` depends on `{reader}`: reading documents belongs to `ingest`");
    }
    let schemas = crates_of("chartrier-schemas");
    for worker in ["tokio", "rayon", "age", "rusqlite", "chartrier-engine", "chartrier-ingest"] {
        assert!(!schemas.contains(worker), "`schemas` depends on `{worker}`: it is a leaf that does nothing");
    }
}

#[test]
fn files_are_short_and_say_what_they_are_for() {
    let mut problems = Vec::new();
    for file in rust_files(&root()) {
        let (path, text) = (shown(&file), fs::read_to_string(&file).unwrap());
        let lines = text.lines().count();
        if lines > LONGEST {
            problems.push(format!("{path}: {lines} lines; which rooms should it become?"));
        }
        if !text.starts_with("//! ") {
            problems.push(format!("{path}: it does not begin with what it is for"));
        }
        for word in ["TODO", "FIXME", "XXX"] {
            if let Some(line) = text.lines().position(|line| line.contains(&format!("// {word}"))) {
                problems.push(format!("{path}:{}: a {word}: do it, or open an issue", line + 1));
            }
        }
    }
    assert!(problems.is_empty(), "\n{}\n", problems.join("\n"));
}

/// What is built in bears a licence that `deny.toml` allows.
#[test]
fn licences_are_those_that_are_allowed() {
    let deny = fs::read_to_string(root().join("deny.toml")).unwrap();
    let list = deny.split("allow = [").nth(1).unwrap().split(']').next().unwrap();
    let allowed: BTreeSet<&str> = list.split('"').skip(1).step_by(2).collect();
    assert!(allowed.contains("MIT"));
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let words = ["metadata", "--format-version", "1", "--offline", "--locked", "--filter-platform", "x86_64-unknown-linux-gnu"];
    let out = Command::new(cargo).args(words).current_dir(root()).output().unwrap();
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    let metadata: serde_json::Value = serde_json::from_slice(&out.stdout).unwrap();
    let mut problems = Vec::new();
    for package in metadata["packages"].as_array().unwrap() {
        let licence = package["license"].as_str().unwrap_or("none");
        if !is_allowed(&licence.replace('/', " OR "), &allowed) {
            problems.push(format!("{}: {licence}", package["name"]));
        }
    }
    assert!(problems.is_empty(), "\n{}\n", problems.join("\n"));
}

/// Whether an SPDX expression can be met: AND binds closer than OR, parentheses closest.
fn is_allowed(expression: &str, allowed: &BTreeSet<&str>) -> bool {
    let mut expression = expression.to_owned();
    while let (Some(open), Some(close)) =
        (expression.rfind('('), expression.rfind('(').and_then(|at| expression[at..].find(')').map(|end| at + end)))
    {
        let met = if is_allowed(&expression[open + 1..close], allowed) { "MIT" } else { "none" };
        expression.replace_range(open..=close, met);
    }
    expression.split(" OR ").any(|choice| choice.split(" AND ").all(|licence| allowed.contains(licence.trim())))
}

#[test]
fn licence_expressions_are_read_as_spdx_means_them() {
    let allowed = BTreeSet::from(["MIT", "ISC"]);
    for (expression, expected) in [
        ("MIT", true),
        ("GPL-3.0 OR MIT", true),
        ("GPL-3.0 AND MIT", false),
        ("(GPL-3.0 OR MIT) AND ISC", true),
        ("ISC AND (A OR B)", false),
    ] {
        assert_eq!(is_allowed(expression, &allowed), expected, "{expression}");
    }
}

/// Every sentence about damage, and about what could not be done, has its French.
#[test]
fn what_is_told_in_pieces_has_its_french() {
    let known = fs::read_to_string(root().join("engine/src/error/words.rs")).unwrap();
    let mut problems = Vec::new();
    for file in rust_files(&root()).iter().filter(|file| !shown(file).starts_with("tests/")) {
        let text = fs::read_to_string(file).unwrap();
        for beginning in ["corrupt(", "spoilt(", "error::io(", "unavailable("] {
            for call in without_tests(&text).split(beginning).skip(1) {
                let end = call.find(')').unwrap_or(call.len());
                for sentence in call[..end].split('"').skip(1).step_by(2).filter(|one| !one.contains('{')) {
                    if !known.contains(&format!("(\"{sentence}\", ")) && !NAMES.contains(&sentence) {
                        problems.push(format!("{}: `{sentence}` has no French in engine/src/error/words.rs", shown(file)));
                    }
                }
            }
        }
    }
    assert!(problems.is_empty(), "\n{}\n", problems.join("\n"));
}

/// Files whose names are the same in every language.
const NAMES: &[&str] = &["home.json", "archive.json"];

/// French sets `:`, `;`, `?`, `!` and quotation marks off by spaces that no line is broken at.
#[test]
fn french_spaces_do_not_break() {
    let mut problems = Vec::new();
    for file in rust_files(&root()).iter().filter(|file| !shown(file).starts_with("tests/") && !shown(file).contains("/tests")) {
        let text = fs::read_to_string(file).unwrap();
        for (line, told) in (1..).zip(without_tests(&text).lines()).filter(|(_, told)| !told.trim_start().starts_with("//")) {
            let breaks = |sign: char| [' ', '"', '\\'].iter().any(|after| told.contains(&format!(" {sign}{after}")));
            if [':', ';', '?', '!'].into_iter().any(breaks) || told.contains("« ") || told.contains(" »") {
                problems.push(format!("{}:{line}: put a no-break space (U+00A0) there", shown(file)));
            }
        }
    }
    assert!(problems.is_empty(), "\n{}\n", problems.join("\n"));
}

/// Maps rot first.
#[test]
fn the_documents_name_real_paths() {
    for name in ["ARCHITECTURE.md", "README.md", "schemas/FORMAT.md"] {
        let text = fs::read_to_string(root().join(name)).unwrap_or_else(|why| panic!("{name}: {why}"));
        let missing: Vec<&str> = text.split('`').skip(1).step_by(2).filter(|path| is_lost(path, name)).collect();
        assert!(missing.is_empty(), "{name} names paths that are not there: {missing:?}");
    }
}

#[test]
fn the_map_names_every_invariant_and_its_tests() {
    let map = fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap();
    let tests: String = rust_files(&root()).iter().map(|file| fs::read_to_string(file).unwrap()).collect();
    for number in 1..=16 {
        let row = map.lines().find(|line| line.starts_with(&format!("| I{number} |")));
        let row = row.unwrap_or_else(|| panic!("ARCHITECTURE.md says nothing of I{number}"));
        let named: Vec<&str> = row.split('`').skip(1).step_by(2).collect();
        assert!(!named.is_empty() || row.contains("not built"), "I{number} names no test");
        for name in named {
            assert!(tests.contains(&format!("fn {name}(")) || tests.contains(&format!("\"{name}")), "I{number}: no test {name}");
        }
    }
}

/// Versions live in the root manifest alone, each with its reason.
#[test]
fn versions_live_in_one_place_with_their_reasons() {
    let manifest = fs::read_to_string(root().join("Cargo.toml")).unwrap();
    let dependencies = manifest.split("[workspace.dependencies]").nth(1).unwrap().split("\n[").next().unwrap();
    for line in dependencies.lines().filter(|line| line.contains(" = ") && !line.contains("path = ")) {
        let name = line.split(' ').next().unwrap();
        assert!(line.contains('#'), "Cargo.toml: `{name}` has no reason");
    }
    for folder in ["schemas", "engine", "ingest", "archive-cli", "web", "tests"] {
        let member = fs::read_to_string(root().join(folder).join("Cargo.toml")).unwrap();
        for line in member.split("dependencies]").skip(1).flat_map(str::lines).take_while(|line| !line.starts_with("[[")) {
            let own = line.contains("version = ") || line.contains(" = \"");
            assert!(!own, "{folder}/Cargo.toml: `{line}`: versions belong in the root Cargo.toml");
        }
    }
}

/// The reader that ships is short enough to be read in one sitting, and uses nothing but the standard library.
#[test]
fn the_independent_reader_stays_small_and_independent() {
    let text = fs::read_to_string(root().join("schemas/reader/chartrier_reader.py")).unwrap();
    assert!(text.lines().count() <= 300, "{} lines", text.lines().count());
    for line in text.lines().filter(|line| line.starts_with("import ") || line.starts_with("from ")) {
        let module = line.split(' ').nth(1).unwrap();
        assert!(["hashlib", "json", "os", "pathlib", "re", "subprocess", "sys"].contains(&module), "`{line}`");
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

fn shown(file: &Path) -> String {
    file.strip_prefix(root()).unwrap().display().to_string()
}

fn room_files(room: &str) -> Vec<PathBuf> {
    let folder = root().join("engine/src").join(room);
    let alone = folder.with_extension("rs");
    rust_files(&folder).into_iter().chain(alone.is_file().then_some(alone)).collect()
}

/// What stands before the unit tests of a file.
fn without_tests(text: &str) -> &str {
    text.split("#[cfg(test)]").next().unwrap()
}

/// The names right below `crate::` that a file uses, alone or in a group.
fn used_rooms(text: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for (at, _) in text.match_indices("crate::") {
        let rest = &text[at + 7..];
        if !rest.starts_with('{') {
            found.insert(first_word(rest));
            continue;
        }
        let (mut depth, mut fresh) = (0, false);
        for (at, c) in rest.char_indices() {
            match c {
                '{' => (depth, fresh) = (depth + 1, true),
                '}' => depth -= 1,
                ',' => fresh = true,
                _ if c.is_alphabetic() && fresh && depth == 1 => {
                    found.insert(first_word(&rest[at..]));
                    fresh = false;
                }
                _ => {}
            }
            if depth == 0 {
                break;
            }
        }
    }
    found
}

fn first_word(text: &str) -> String {
    text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
}

/// Every crate that one of ours is built from, without what only its tests use.
fn crates_of(package: &str) -> BTreeSet<String> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let out = Command::new(cargo)
        .args(["tree", "--offline", "--locked", "--edges", "normal", "--prefix", "none", "--format", "{p}", "--package", package])
        .current_dir(root())
        .output()
        .unwrap();
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    let lines = String::from_utf8(out.stdout).unwrap();
    lines.lines().filter_map(|line| line.split(' ').next().map(str::to_owned)).collect()
}

/// The line of code that names `path`, comments and longer names left out: `age::` is not in `image::`.
fn line_of(text: &str, path: &str) -> Option<usize> {
    let names = |line: &str| {
        line.match_indices(path).any(|(at, _)| !line[..at].ends_with(|before: char| before.is_alphanumeric() || before == '_'))
    };
    text.lines().position(|line| !line.trim_start().starts_with("//") && names(line)).map(|index| index + 1)
}

/// Whether something between backticks reads as a path of this repository, and is none.
fn is_lost(quoted: &str, document: &str) -> bool {
    let path = quoted.trim_end_matches('/');
    let is_path = path.contains('/') && !path.contains([' ', ':', '<', '*', '{', '$', '\n', '"', '…']) && !path.starts_with('/');
    let stored =
        ["journal/", "objects/", "keys/", "grants/", "index/", "fmt/", "x-fmt/", "2/"].iter().any(|room| path.starts_with(room));
    let beside = Path::new(document).parent().unwrap();
    is_path && !stored && !path.starts_with("..") && !root().join(path).exists() && !root().join(beside).join(path).exists()
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let (mut files, mut pending) = (Vec::new(), vec![folder.to_owned()]);
    while let Some(folder) = pending.pop() {
        for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() && !path.ends_with("target") && !path.ends_with(".git") {
                pending.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                files.push(path);
            }
        }
    }
    files.sort();
    files
}
