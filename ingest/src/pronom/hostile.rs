//! Signature files and documents that an enemy wrote: read to their end, quickly, without a panic.

use super::{Identification, Registry, Release, Warning, identify::Document};
use std::{
    io::Cursor,
    time::{Duration, Instant},
};

fn told(registry: &Registry, bytes: &[u8], name: &str) -> Identification {
    registry.identify(Document::in_memory(bytes), name)
}

/// A signature file with these byte sequences.
fn file(sequences: &str) -> Release {
    let signatures = format!(
        "<FFSignatureFile Version='1'><InternalSignatureCollection><InternalSignature ID='1'>{sequences}</InternalSignature>\
         <InternalSignature ID='2'><ByteSequence Reference='BOFoffset' Sequence='00'/></InternalSignature></InternalSignatureCollection>\
         <FileFormatCollection><FileFormat ID='1' Name='A' PUID='fmt/1'><InternalSignatureID>1</InternalSignatureID></FileFormat>\
         </FileFormatCollection></FFSignatureFile>"
    );
    Release::new(signatures.into_bytes(), None, &Release::embedded()).unwrap()
}

#[test]
fn damaged_signature_files_are_read_or_refused() {
    let whole = Release::embedded();
    let mut chance = 7u64;
    for round in 0..60 {
        let mut bytes = whole.signatures.as_bytes()[..400_000].to_vec();
        let end = whole.signatures.len() - 60_000;
        bytes.extend_from_slice(&whole.signatures.as_bytes()[end..]);
        for _ in 0..=round {
            chance = chance.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let at = usize::try_from(chance >> 33).unwrap() % bytes.len();
            match chance % 4 {
                0 => bytes[at] = b"<>\"'[](){}|*?&!0F9"[at % 18],
                1 => drop(bytes.drain(at..(at + 40).min(bytes.len()))),
                2 => bytes.truncate(at.max(1)),
                _ => bytes.splice(at..at, *b"999999999").for_each(drop),
            }
            if bytes.is_empty() {
                break;
            }
        }
        let bytes = String::from_utf8_lossy(&bytes).into_owned().into_bytes();
        let release = Release::new(bytes, None, &whole).unwrap();
        if let Ok(registry) = Registry::read(&release) {
            told(&registry, b"%PDF-1.4 and so on %%EOF", "x.pdf");
        }
    }
}

#[test]
fn signatures_that_ask_for_too_much_end() {
    let many = |inner: &str, count: usize| inner.repeat(count);
    let sub = |inner: &str| format!("<ByteSequence><SubSequence SubSeqMinOffset='0'>{inner}</SubSequence></ByteSequence>");
    let fragments: String = (1..2_000)
        .map(|at| format!("<RightFragment Position='{at}' MinOffset='0' MaxOffset='999999'>[00:FF]</RightFragment>"))
        .collect();
    let zeros = vec![0; 300_000];
    for sequences in [
        sub(&format!("<Sequence>[00:FF]</Sequence>{fragments}")),
        sub(&format!("<Sequence>{}</Sequence>", many("(00|01)", 20_000))),
        sub(&format!("<Sequence>{}</Sequence>", many("00*", 20_000))),
        sub(&format!("<Sequence>{}</Sequence>", many("{0-9999}00", 5_000))),
        sub(&format!("<Sequence>{}</Sequence>", many("(", 1_000_000))),
        sub(&format!("<Sequence>{}</Sequence>", many("00", 2_000_000))),
        sub(&format!("<Sequence>{}</Sequence>", many("{16777216}00", 200_000))),
        sub("<Sequence>00</Sequence><LeftFragment Position='1' MinOffset='18446744073709551615' MaxOffset='0'>00</LeftFragment>"),
        many(&sub("<Sequence>00</Sequence>"), 5_000),
        many("<ByteSequence><SubSequence>", 100_000),
    ] {
        let started = Instant::now();
        if let Ok(registry) = Registry::read(&file(&sequences)) {
            told(&registry, &zeros, "x");
        }
        assert!(started.elapsed() < Duration::from_secs(60), "{}", &sequences[..200]);
    }
}

#[test]
fn a_search_without_end_is_given_up_and_said() {
    let sub =
        |at: usize| format!("<RightFragment Position='{at}' MinOffset='0' MaxOffset='99999'>[00:7F][00:7F]</RightFragment>");
    let fragments: String = (1..6_000).map(sub).collect();
    let sequence = format!(
        "<ByteSequence><SubSequence SubSeqMinOffset='0'><Sequence>[00:7F]</Sequence>{fragments}</SubSequence></ByteSequence>"
    );
    let registry = Registry::read(&file(&sequence)).unwrap();
    assert!(told(&registry, &vec![0; 300_000], "x").warnings.contains(&Warning::Limit));
}

#[test]
fn entities_and_strange_encodings_are_nothing_special() {
    let bomb = "<!DOCTYPE a [<!ENTITY b 'xxxxxxxxxx'><!ENTITY c '&b;&b;&b;&b;'>]>".to_owned()
        + &file("").signatures.replace("'A'", "'&c;'");
    let release = Release::new(bomb.into_bytes(), None, &Release::embedded()).unwrap();
    assert!(Registry::read(&release).is_ok());
    assert!(Release::new(vec![0xff, 0xfe, 0, 0], None, &Release::embedded()).is_err());
    assert!(Release::from_bytes(b"short").is_err() && Release::from_bytes(&[0xff; 64]).is_err());
    let whole = Release::embedded();
    assert_eq!(Release::from_bytes(&whole.to_bytes()), Ok(whole));
}

#[test]
fn torn_containers_are_told_as_containers() {
    let registry = Registry::read(&Release::embedded()).unwrap();
    let mut ole = cfb::CompoundFile::create(Cursor::new(Vec::new())).unwrap();
    for name in ["WordDocument", "\u{1}CompObj"] {
        std::io::Write::write_all(&mut ole.create_stream(name).unwrap(), &[7; 10_000]).unwrap();
    }
    ole.flush().unwrap();
    let ole = ole.into_inner().into_inner();
    for length in (600..ole.len()).step_by(300) {
        let told = told(&registry, &ole[..length], "x.doc");
        assert!(told.is_sure(), "{length}");
    }
    let mut chance = 3usize;
    for _ in 0..300 {
        let mut bytes = ole.clone();
        for _ in 0..8 {
            chance = chance.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let at = 8 + (chance >> 33) % 1_500;
            bytes[at] = (chance >> 20) as u8;
        }
        told(&registry, &bytes, "x.doc");
    }
}
