//! Skeletons: for every signature of a release the fewest bytes that satisfy it, and what the registry says of them.

use super::{
    Method, Registry, Release,
    container::Kind,
    identify::Document,
    pattern::{Chain, Choice, From, Pattern, Piece},
    signature::Signature,
};
use std::{
    collections::BTreeMap,
    io::{Cursor, Write as _},
};

/// What stands where a signature asks for nothing: a byte that no signature asks for.
const FILLING: u8 = 0xcc;

/// Bytes of a pattern: where it lets choose, the first byte that is no filling.
fn bytes_of(pattern: &Pattern) -> Vec<u8> {
    let mut bytes = Vec::new();
    for piece in pattern.pieces() {
        match piece {
            Piece::Bytes(run) => bytes.extend_from_slice(run),
            Piece::One(set) => bytes.extend((0..=255).rev().find(|byte| set.contains(*byte) && *byte != FILLING)),
            Piece::Any(count) => bytes.resize(bytes.len() + count, FILLING),
            Piece::Span { low, within: true, .. } => bytes.extend_from_slice(low),
            Piece::Span { low, within: false, .. } => bytes.extend(low.iter().map(|byte| byte ^ 0x55)),
        }
    }
    bytes
}

/// Bytes of a chain, with the first choice everywhere and gaps as short as may be; behind it what must lie between it and the
/// end.
fn bytes_of_chain(chain: &Chain) -> Vec<u8> {
    let mut bytes = Vec::new();
    for stage in &chain.stages {
        let Choice { before, pattern, after } = &stage.choices[0];
        bytes.resize(bytes.len() + before.low, FILLING);
        bytes.extend(bytes_of(pattern));
        bytes.resize(bytes.len() + after.low, FILLING);
    }
    bytes
}

/// Lays some bytes over others from their beginning on: where one of them says nothing, the other stands. Nothing where
/// both say something else.
fn laid_over(one: Vec<u8>, other: Vec<u8>) -> Option<Vec<u8>> {
    let (mut long, short) = if one.len() > other.len() { (one, other) } else { (other, one) };
    for (byte, over) in long.iter_mut().zip(short) {
        match (*byte, over) {
            (known, FILLING) => *byte = known,
            (FILLING, over) => *byte = over,
            (known, over) if known == over => {}
            _ => return None,
        }
    }
    Some(long)
}

/// A file that has all sequences of a signature.
fn bytes_of_signature(signature: &Signature) -> Vec<u8> {
    let mut head = Vec::new();
    let mut tail = Vec::new();
    for chain in &signature.chains {
        let bytes = bytes_of_chain(chain);
        match chain.from {
            From::Beginning if chain.floats() && chain.stages[0].choices[0].before.high == usize::MAX => {
                head.push(FILLING);
                head.extend(bytes);
            }
            From::Beginning => match laid_over(head.clone(), bytes.clone()) {
                Some(both) => head = both,
                // They must not stand at one place: the one follows the other.
                None => head.extend(&bytes[chain.stages[0].choices[0].before.low..]),
            },
            From::End => tail = [bytes, tail].concat(),
        }
    }
    head.resize(head.len() + 10, FILLING);
    head.extend(tail);
    head
}

fn zip_of(files: &BTreeMap<String, Vec<u8>>) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (path, bytes) in files {
        if path.ends_with('/') {
            writer.add_directory(path, zip::write::SimpleFileOptions::default()).unwrap();
            continue;
        }
        writer.start_file(path, zip::write::SimpleFileOptions::default()).unwrap();
        writer.write_all(bytes).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

fn ole_of(files: &BTreeMap<String, Vec<u8>>) -> Vec<u8> {
    let mut file = cfb::CompoundFile::create(Cursor::new(Vec::new())).unwrap();
    for (path, bytes) in files {
        if let Some((storage, _)) = path.rsplit_once('/') {
            file.create_storage_all(format!("/{storage}")).unwrap();
        }
        // Some streams begin with a control character, which signatures leave away.
        let path = if path == "CompObj" { "\u{1}CompObj" } else { path };
        file.create_stream(format!("/{path}")).unwrap().write_all(bytes).unwrap();
    }
    file.flush().unwrap();
    file.into_inner().into_inner()
}

fn told(registry: &Registry, bytes: &[u8], name: &str) -> super::Identification {
    registry.identify(Document::in_memory(bytes), name)
}

/// A name with an extension of the format, where it has one.
fn named(registry: &Registry, format: usize) -> String {
    format!("skeleton.{}", registry.formats[format].extensions.first().map_or("", String::as_str))
}

/// Of a hundred skeletons, 99 are told to be exactly what they are.
fn check(release: &Release) {
    let registry = Registry::read(release).unwrap();
    let (mut all, mut exact, mut wrong) = (0, 0, Vec::new());
    let mut count = |puid: &str, id: u32, told: super::Identification| {
        all += 1;
        if told.best().is_some_and(|best| best.puid == puid) {
            exact += 1;
        } else {
            let puids: Vec<_> = told.matches.iter().map(|found| found.puid.as_str()).collect();
            wrong.push(format!("{puid} by {id}: {}", puids.join(" ")));
        }
    };
    for (signature, formats) in &registry.signatures {
        let told = told(&registry, &bytes_of_signature(signature), &named(&registry, formats[0]));
        count(&registry.formats[formats[0]].puid, signature.id, told);
    }
    for (signature, format) in &registry.containers {
        let mut files = BTreeMap::new();
        for file in &signature.files {
            let bytes = file.signatures.first().map_or_else(|| vec![FILLING], bytes_of_signature);
            // Two conditions on one entry are both met.
            let before = files.remove(&file.path).unwrap_or_default();
            let both = laid_over(before, bytes.clone()).unwrap_or(bytes);
            files.insert(file.path.clone(), both);
        }
        let bytes = if signature.kind == Kind::Zip { zip_of(&files) } else { ole_of(&files) };
        let told = told(&registry, &bytes, &named(&registry, *format));
        assert!(told.method() != Some(Method::Extension));
        count(&registry.formats[*format].puid, signature.id, told);
    }
    assert!(exact * 100 >= all * 99, "{exact} of {all} exactly:\n{}", wrong.join("\n"));
}

#[test]
fn every_signature_of_the_embedded_release_is_told_by_its_fewest_bytes() {
    let release = Release::embedded();
    let version = Registry::read(&release).unwrap().version;
    assert_eq!((version.signatures, version.containers, version.unread), (109, Some(25), Vec::new()));
    check(&release);
}

/// A newer release, where one lies beside the project.
#[test]
fn every_signature_of_a_newer_release_is_told_by_its_fewest_bytes() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/standards/pronom");
    let read = |name: &str| std::fs::read(folder.join(name)).ok();
    let files = (read("DROID_SignatureFile_V122.xml"), read("container-signature-20260119.xml"));
    let (Some(signatures), Some(containers)) = files else { return };
    let release = Release::new(signatures, Some(containers), &Release::embedded()).unwrap();
    let version = Registry::read(&release).unwrap().version;
    assert_eq!((version.signatures, version.containers, version.unread), (122, Some(40), Vec::new()));
    check(&release);
}
