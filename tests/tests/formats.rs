//! Formats told by the real binary: any file without an archive, and by a newer release that a home was given.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use chartrier_tests::{
    binary::{Desk, Said},
    documents::{pdf, png},
};
use serde_json::{Value, json};
use std::{
    fs,
    os::unix::ffi::OsStrExt as _,
    path::{Path, PathBuf},
};

/// A small release of its own: one format by its bytes, one by what lies in a ZIP.
const SIGNATURES: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<FFSignatureFile DateCreated="2026-11-02T10:00:00" Version="900" xmlns="http://www.nationalarchives.gov.uk/pronom/SignatureFile">
  <InternalSignatureCollection>
    <InternalSignature ID="1" Specificity="Specific">
      <ByteSequence Reference="BOFoffset"><SubSequence MinFragLength="0" Position="1" SubSeqMaxOffset="4" SubSeqMinOffset="0">
        <Sequence>4A415244494E</Sequence><RightFragment MaxOffset="9" MinOffset="1" Position="1">[30:39]</RightFragment>
      </SubSequence></ByteSequence>
    </InternalSignature>
    <InternalSignature ID="2" Specificity="Specific">
      <ByteSequence Reference="BOFoffset" Sequence="504B0304"/>
    </InternalSignature>
  </InternalSignatureCollection>
  <FileFormatCollection>
    <FileFormat ID="1" MIMEType="application/x-jardin" Name="Garden plan" PUID="fmt/90001" Version="2">
      <InternalSignatureID>1</InternalSignatureID><Extension>jdn</Extension>
    </FileFormat>
    <FileFormat ID="2" Name="ZIP Format" PUID="x-fmt/263"><InternalSignatureID>2</InternalSignatureID><Extension>zip</Extension></FileFormat>
    <FileFormat ID="3" Name="Herbarium" PUID="fmt/90002"><Extension>hrb</Extension></FileFormat>
  </FileFormatCollection>
</FFSignatureFile>"#;

const CONTAINERS: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<ContainerSignatureMapping schemaVersion="1.0" signatureVersion="77"><ContainerSignatures>
  <ContainerSignature Id="5000" ContainerType="ZIP"><Description>Herbarium</Description><Files><File><Path>leaf.txt</Path>
    <BinarySignatures><InternalSignatureCollection><InternalSignature ID="1"><ByteSequence Reference="BOFoffset">
      <SubSequence Position="1" SubSeqMinOffset="0" SubSeqMaxOffset="64"><Sequence>'quercus' (20|2D) ['a'-'z']</Sequence></SubSequence>
    </ByteSequence></InternalSignature></InternalSignatureCollection></BinarySignatures></File></Files></ContainerSignature>
  </ContainerSignatures>
  <FileFormatMappings><FileFormatMapping signatureId="5000" Puid="fmt/90002"/></FileFormatMappings>
  <TriggerPuids><TriggerPuid ContainerType="ZIP" Puid="x-fmt/263"/></TriggerPuids></ContainerSignatureMapping>"#;

fn zip_with(path: &str, content: &str, before: usize) -> Vec<u8> {
    use std::io::Write as _;
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let stored = zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
    writer.start_file("ballast", stored).unwrap();
    writer.write_all(&vec![b'x'; before]).unwrap();
    writer.start_file(path, stored).unwrap();
    writer.write_all(content.as_bytes()).unwrap();
    writer.start_file("more ballast", stored).unwrap();
    writer.write_all(&vec![b'y'; before]).unwrap();
    writer.finish().unwrap().into_inner()
}

/// PUID, method and warnings of the one file that was told.
fn one(said: Said) -> (Value, Value, Value) {
    let line = said.with_code(0).lines().remove(0);
    (line["puid"].clone(), line["method"].clone(), line["warnings"].clone())
}

#[test]
fn any_file_is_told_without_an_archive() {
    let desk = Desk::empty();
    desk.file("a/programme.pdf", pdf("Programme", &["Visite"]));
    desk.file("a/plan.jpg", png(30, 20));
    desk.file("b/note.txt", "Les massifs");
    desk.file("b/table.csv", "a;b\n");
    desk.file("b/vide.txt", "");
    desk.file("b/bruit", b"\x00\x01\xff\xfe\x00bruit");
    let strange = desk.folder.path().join("files").join(std::ffi::OsStr::from_bytes(b"c\xe9.txt"));
    fs::write(&strange, "Les massifs").unwrap();
    let lines = desk.run(["identify", &desk.path("files"), "--json"]).with_code(0).lines();
    let told: Vec<(String, Value, Value, Value)> = lines
        .iter()
        .map(|line| {
            let name = Path::new(line["path"].as_str().unwrap()).file_name().unwrap().to_string_lossy().into_owned();
            (name, line["puid"].clone(), line["method"].clone(), line["warnings"].clone())
        })
        .collect();
    let is = |name: &str, puid: Value, method: Value, warnings: Value| {
        assert!(told.contains(&(name.to_owned(), puid, method, warnings)), "{name}: {told:#?}");
    };
    assert_eq!(told.len(), 7);
    is("programme.pdf", json!("fmt/18"), json!("signature"), json!([]));
    is("plan.jpg", json!("fmt/11"), json!("signature"), json!(["extension mismatch"]));
    is("note.txt", json!("x-fmt/111"), json!("extension"), json!(["matched by extension only"]));
    is("table.csv", json!("x-fmt/18"), json!("extension"), json!(["matched by extension only"]));
    is("vide.txt", json!("x-fmt/111"), json!("extension"), json!(["empty file", "matched by extension only"]));
    is("bruit", Value::Null, Value::Null, json!(["no match"]));
    is("c\u{fffd}.txt", json!("x-fmt/111"), json!("extension"), json!(["matched by extension only"]));
    let exact = lines.iter().find(|line| !line["path_base64"].is_null()).unwrap();
    use base64::Engine as _;
    let exact = base64::engine::general_purpose::STANDARD.decode(exact["path_base64"].as_str().unwrap()).unwrap();
    assert_eq!(PathBuf::from(std::ffi::OsStr::from_bytes(&exact)), strange);
    let read = desk.run(["identify", &desk.path("files/a")]).with_code(0).out;
    assert!(read.contains("fmt/18") && read.contains("programme.pdf") && read.contains("[extension mismatch]"), "{read}");
    let missing = desk.run(["identify", &desk.path("rien"), "--json"]).with_code(1).lines();
    assert!(missing[0]["error"]["problem"].is_string() && missing[0]["puid"].is_null());
}

#[test]
fn a_container_is_opened_however_large() {
    let desk = Desk::empty();
    let [signatures, containers] = ["s.xml", "c.xml"].map(|name| desk.path(name));
    fs::write(&signatures, SIGNATURES).unwrap();
    fs::write(&containers, CONTAINERS).unwrap();
    desk.run(["formats", "update", &signatures, &containers]).with_code(0);
    let small = desk.file("petit.hrb", zip_with("leaf.txt", "le quercus-robur", 10));
    let large = desk.file("grand.hrb", zip_with("leaf.txt", "le quercus-robur", 3 << 20));
    let other = desk.file("autre.zip", zip_with("leaf.txt", "le quercus", 3 << 20));
    let told = |path: &str| one(desk.run(["identify", path, "--json"]));
    assert_eq!(told(&small), (json!("fmt/90002"), json!("container"), json!([])));
    assert_eq!(told(&large), (json!("fmt/90002"), json!("container"), json!([])));
    assert_eq!(told(&other), (json!("x-fmt/263"), json!("signature"), json!([])));
}

#[test]
fn a_newer_release_needs_no_new_build() {
    let desk = Desk::new();
    let plan = desk.file("plan.jdn", "xxJARDIN plan 7");
    let shown = desk.run(["formats", "--json"]).with_code(0).json();
    assert_eq!((&shown["signatures"], &shown["containers"], &shown["built_in"]), (&json!(109), &json!(25), &json!(true)));
    assert_eq!(one(desk.run(["identify", &plan, "--json"])).0, json!("x-fmt/111"));

    let [signatures, containers, nonsense] = ["s.xml", "c.xml", "n.xml"].map(|name| desk.path(name));
    fs::write(&signatures, SIGNATURES).unwrap();
    fs::write(&containers, CONTAINERS).unwrap();
    fs::write(&nonsense, "<html/>").unwrap();
    for words in [
        &["formats", "update", &nonsense][..],
        &["formats", "update", &signatures, &nonsense],
        &["formats", "update", "/dev/null"],
    ] {
        let refused = desk.run(words.iter().copied()).with_code(2);
        assert!(refused.err.contains("signature file"), "{}", refused.err);
    }
    assert_eq!(desk.run(["formats", "--json"]).with_code(0).json(), shown);

    let updated = desk.run(["formats", "update", &signatures, &containers]).with_code(0).out;
    assert!(updated.contains("V109") && updated.contains("V900 of 2026-11-02") && updated.contains("77"), "{updated}");
    let expected = (json!("fmt/90001"), json!("signature"), json!([]));
    assert_eq!(one(desk.run(["identify", &plan, "--json"])), expected);
    desk.run(["ingest", &plan]).with_code(0);
    let record = desk.list().remove(0);
    let shown = desk.run(["show", record["id"].as_str().unwrap(), "--json"]).with_code(0).out;
    assert!(shown.contains("fmt/90001") && shown.contains("Garden plan 2"), "{shown}");

    fs::write(desk.folder.path().join("home/formats.pronom"), "damaged").unwrap();
    desk.run(["identify", &plan, "--json"]).with_code(6);
    desk.run(["formats", "update", &signatures, &containers]).with_code(0);
    assert_eq!(one(desk.run(["identify", &plan, "--json"])), expected);
}
