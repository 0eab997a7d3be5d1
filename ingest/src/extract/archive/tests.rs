//! Archives made here, sound and hostile.

use crate::{
    extract::{extract, part},
    identify::{Archive, Reader, known},
    limits::{MAX_NESTING, MAX_PARTS, MAX_UNPACKED_IN_ALL},
};
use chartrier_schemas::{ContentId, Extraction};
use sha2::{Digest as _, Sha256};
use std::io::{Cursor, Write as _};
use zip::write::SimpleFileOptions;

fn zip(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in entries {
        writer.start_file(*name, SimpleFileOptions::default()).unwrap();
        writer.write_all(content).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

fn tar(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for (name, content) in entries {
        let mut header = tar::Header::new_gnu();
        header.set_size(content.len() as u64);
        header.set_mode(0o644);
        builder.append_data(&mut header, name, *content).unwrap();
    }
    builder.into_inner().unwrap()
}

fn gz(content: &[u8], name: Option<&str>) -> Vec<u8> {
    let builder = name.map_or_else(flate2::GzBuilder::new, |name| flate2::GzBuilder::new().filename(name));
    let mut writer = builder.write(Vec::new(), flate2::Compression::default());
    writer.write_all(content).unwrap();
    writer.finish().unwrap()
}

fn bz2(content: &[u8]) -> Vec<u8> {
    let mut writer = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::fast());
    writer.write_all(content).unwrap();
    writer.finish().unwrap()
}

/// Path, name and text of each part; each comes back as it was described.
fn parts(bytes: &[u8], name: &str) -> Vec<(String, String, String)> {
    let extraction = extract(bytes, name);
    for described in &extraction.parts {
        let back = part(bytes, name, &described.path).unwrap();
        assert_eq!(back.len() as u64, described.size, "{}", described.path);
        assert_eq!(ContentId::from_digest(Sha256::digest(&back).into()), described.content, "{}", described.path);
    }
    extraction.parts.into_iter().map(|part| (part.path, part.name, part.text.trim().to_owned())).collect()
}

fn told(found: &[(String, String, String)]) -> Vec<(&str, &str, &str)> {
    found.iter().map(|(path, name, text)| (path.as_str(), name.as_str(), text.as_str())).collect()
}

fn numbers(extraction: &Extraction) -> Vec<u16> {
    extraction.findings.iter().map(|finding| finding.number).collect()
}

#[test]
fn a_message_in_an_archive_in_a_message_is_found_by_its_attachment() {
    let inner = "From: a@example.org\r\nSubject: fond\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\ncorps\r\n\
        --b\r\nContent-Type: text/plain; name=menu.txt\r\nContent-Disposition: attachment; filename=menu.txt\r\n\r\nbrouillade\r\n--b--\r\n";
    let packed = zip(&[("courrier/", b""), ("courrier/fond.eml", inner.as_bytes()), ("note.txt", b"note")]);
    let coded: String = packed
        .iter()
        .map(|byte| format!("={byte:02X}"))
        .collect::<Vec<_>>()
        .chunks(20)
        .map(|line| line.concat() + "=\r\n")
        .collect();
    let outer = format!(
        "From: b@example.org\r\nSubject: dehors\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=c\r\n\r\n--c\r\nContent-Type: text/plain\r\n\r\nvoir\r\n\
         --c\r\nContent-Type: application/zip; name=a.zip\r\nContent-Disposition: attachment; filename=a.zip\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n{coded}\r\n--c--\r\n"
    );
    let found = parts(outer.as_bytes(), "m.eml");
    let expected = [
        ("2", "a.zip", ""),
        ("2/2", "courrier/fond.eml", "fond\na@example.org\ncorps"),
        ("2/2/2", "menu.txt", "brouillade"),
        ("2/3", "note.txt", "note"),
    ];
    assert_eq!(told(&found), expected);
}

#[test]
fn tape_archives_keep_long_names_and_are_unpacked() {
    let long = "dossier/".repeat(30) + "note.txt";
    let bytes = tar(&[("a.txt", b"premier"), (&long, b"second"), ("vide.txt", b"")]);
    let expected = [("1", "a.txt", "premier"), ("2", long.as_str(), "second"), ("3", "vide.txt", "")];
    assert_eq!(told(&parts(&bytes, "x")), expected);
    let within: Vec<_> = expected.iter().map(|(path, name, text)| (format!("1/{path}"), *name, *text)).collect();
    for (packed, name, inner) in
        [(gz(&bytes, None), "b.tgz", "b.tar"), (gz(&bytes, Some("c.tar")), "x", "c.tar"), (bz2(&bytes), "dir/b.tar.bz2", "b.tar")]
    {
        let found = parts(&packed, name);
        assert_eq!(told(&found)[0], ("1", inner, ""));
        assert!(told(&found)[1..].iter().map(|(path, name, text)| ((*path).to_owned(), *name, *text)).eq(within.clone()));
    }
}

#[test]
fn damage_costs_what_is_damaged() {
    let entries: Vec<(String, Vec<u8>)> =
        (0..4).map(|n| (format!("{n}.txt"), format!("texte {n} ").repeat(200).into_bytes())).collect();
    let entries: Vec<(&str, &[u8])> = entries.iter().map(|(name, text)| (name.as_str(), text.as_slice())).collect();
    let sound = tar(&entries);
    // The header of the second entry, then the end.
    let mut torn = sound.clone();
    torn[2560 + 100] ^= 0xff;
    let extraction = extract(&torn[..torn.len() - 2200], "x.tar");
    let names: Vec<_> = extraction.parts.iter().map(|part| part.name.as_str()).collect();
    assert_eq!((names, numbers(&extraction)), (vec!["0.txt", "2.txt", "3.txt"], vec![3]));

    let sound = zip(&entries);
    let extraction = extract(&sound[..sound.len() - 100], "x.zip");
    assert_eq!((extraction.parts.len(), numbers(&extraction)), (4, vec![3]));
    parts(&sound[..sound.len() - 100], "x.zip");
    let mut flipped = sound.clone();
    flipped[45] ^= 0x55;
    let extraction = extract(&flipped, "x.zip");
    assert!(extraction.parts.len() >= 3 && numbers(&extraction) == [3]);
    let extraction = extract(&sound[1..], "x.zip");
    assert!(extraction.parts.is_empty());

    let packed = gz(b"un", None);
    let both = [packed.clone(), gz(b" deux", None)].concat();
    assert_eq!(told(&parts(&both, "x.gz")), [("1", "x", "un deux")]);
    for (bytes, findings) in [
        ([both.clone(), vec![0; 100]].concat(), vec![]),
        ([both.clone(), b"??".to_vec()].concat(), vec![3]),
        (both[..both.len() - 2].to_vec(), vec![3]),
    ] {
        let extraction = extract(&bytes, "x.gz");
        assert_eq!((extraction.parts[0].text.as_str(), numbers(&extraction)), ("un deux", findings));
    }
}

#[test]
fn names_are_labels() {
    let names = ["../../etc/passwd", "/racine.txt", "C:\\temp\\a.txt", "./b//c.txt", "\u{1b}[2J"];
    let entries: Vec<(&str, &[u8])> = names.iter().map(|name| (*name, &b"x"[..])).collect();
    let found = parts(&zip(&entries), "x.zip");
    let names: Vec<_> = found.iter().map(|(_, name, _)| name.as_str()).collect();
    assert_eq!(names, ["etc/passwd", "racine.txt", "temp/a.txt", "b/c.txt", "[2J"]);
}

/// A ZIP with a stored entry of each name, made by a system: its own directory says so.
fn stored(names: &[&[u8]], system: u8) -> Vec<u8> {
    let (mut bytes, mut directory) = (Vec::new(), Vec::new());
    for name in names {
        let length = u8::try_from(name.len()).unwrap();
        let sum = [0x5a_u8, 0xe3, 0x0b, 0x8c];
        let shared =
            [&[10, 0, 0, 0, 0, 0, 0, 0, 0, 0][..], &[0x83, 0x16, 0xdc, 0x8c], &[1, 0, 0, 0, 1, 0, 0, 0], &[length, 0, 0, 0]]
                .concat();
        assert_eq!(sum.len(), 4);
        directory.extend(
            [&b"PK\x01\x02\x14"[..], &[system], &shared, &[0; 10], &u32::try_from(bytes.len()).unwrap().to_le_bytes(), name]
                .concat(),
        );
        bytes.extend([&b"PK\x03\x04"[..], &shared, name, b"x"].concat());
    }
    let (count, size, at) =
        (u8::try_from(names.len()).unwrap(), u32::try_from(directory.len()).unwrap(), u32::try_from(bytes.len()).unwrap());
    let end = [&b"PK\x05\x06\0\0\0\0"[..], &[count, 0, count, 0], &size.to_le_bytes(), &at.to_le_bytes(), &[0, 0]].concat();
    [bytes, directory, end].concat()
}

#[test]
fn names_are_spelled_as_they_were_meant() {
    let named =
        |names: &[&[u8]], system| parts(&stored(names, system), "x.zip").into_iter().map(|(_, name, _)| name).collect::<Vec<_>>();
    assert_eq!(
        named(&[b"R\x82ception d'\x82t\x82.txt", b"No\x89l.txt", b"fa\x87ade.txt"], 0),
        ["Réception d'été.txt", "Noël.txt", "façade.txt"]
    );
    assert_eq!(named(&[b"Pr\x82paration.txt"], 0), ["Préparation.txt"]);
    assert_eq!(named(&[b"P\x8are No\x89l.txt"], 0), ["Père Noël.txt"]);
    assert_eq!(named(&[b"R\xe9ception d'\xe9t\xe9.txt"], 3), ["Réception d'été.txt"]);
    assert_eq!(named(&["Été.txt".as_bytes(), b"a.txt", b"a.txt"], 0), ["Été.txt", "a.txt", "a.txt"]);
    let (japanese, ..) = encoding_rs::SHIFT_JIS.encode("日本語のファイル-1.txt");
    assert_eq!(named(&[&japanese], 0), ["日本語のファイル-1.txt"]);
}

#[test]
fn what_is_locked_is_told() {
    let mut locked = stored(&[b"a.txt"], 0);
    locked[6] |= 1;
    let directory = locked.len() - 22 - 46 - 5;
    locked[directory + 8] |= 1;
    let extraction = extract(&locked, "x.zip");
    assert_eq!((extraction.parts.len(), numbers(&extraction)), (0, vec![2]));
    assert!(extraction.findings[0].problem.en.starts_with("a.txt: "));
}

#[test]
fn bombs_go_off_harmlessly() {
    let zeros = vec![0; 64 << 20];
    let bomb = bz2(&zeros);
    assert_eq!(numbers(&extract(&bomb, "x.bz2")), [13]);
    // In each other, each larger than the last, and all together more than may be unpacked.
    let level = zip(&(0..10).map(|_| ("0.bin", zeros.as_slice())).collect::<Vec<_>>()[..1]);
    let names: Vec<String> = (0..40).map(|n| format!("{n}.zip")).collect();
    let outer = zip(&names.iter().map(|name| (name.as_str(), level.as_slice())).collect::<Vec<_>>());
    let extraction = extract(&outer, "x.zip");
    assert!(numbers(&extraction).contains(&18), "{:?}", numbers(&extraction));
    assert!(extraction.parts.iter().map(|part| part.size).sum::<u64>() <= MAX_UNPACKED_IN_ALL);
    // Every entry of the directory is the same one.
    let names: Vec<Vec<u8>> = (0..200_u8).map(|n| format!("{n:03}.txt").into_bytes()).collect();
    let mut overlapping = stored(&names.iter().map(Vec::as_slice).collect::<Vec<_>>(), 0);
    let at = overlapping.len() - 22 - 200 * (46 + 7);
    for n in 0..200 {
        overlapping[at + n * 53 + 42..at + n * 53 + 46].fill(0);
    }
    assert_eq!(extract(&overlapping, "x.zip").parts.len(), 200);
}

#[test]
fn depth_and_number_end() {
    let mut deep = b"fond".to_vec();
    for _ in 0..MAX_NESTING + 10 {
        deep = zip(&[("d.zip", &deep)]);
    }
    let extraction = extract(&deep, "x.zip");
    assert_eq!((extraction.parts.len(), numbers(&extraction)), (MAX_NESTING, vec![10]));
    parts(&deep, "x.zip");

    let names: Vec<String> = (0..MAX_PARTS + 50).map(|n| format!("dossier/{n}.txt")).collect();
    let many = zip(&names.iter().map(|name| (name.as_str(), &b"mot"[..])).collect::<Vec<_>>());
    let extraction = extract(&many, "x.zip");
    assert_eq!((extraction.parts.len(), numbers(&extraction)), (MAX_PARTS, vec![18]));
    assert!(extraction.findings[0].problem.en.contains("10000 of the 10050"));
}

#[test]
fn sizes_that_cannot_be_are_not_believed() {
    let mut header = tar::Header::new_gnu();
    header.set_path("grand.bin").unwrap();
    header.set_size(u64::MAX / 2);
    header.set_cksum();
    let bytes = [header.as_bytes(), &b"peu"[..]].concat();
    assert_eq!(known(&bytes, "x").reader, Reader::Archive(Archive::Tape));
    let extraction = extract(&bytes, "x");
    assert_eq!((extraction.parts[0].size, numbers(&extraction)), (3, vec![3]));
    let mut liar = stored(&[b"a.txt"], 0);
    let directory = liar.len() - 22 - 46 - 5;
    liar[directory + 24..directory + 28].fill(0xff);
    extract(&liar, "x.zip");
    liar[directory + 20..directory + 28].fill(0xfe);
    extract(&liar, "x.zip");
}

#[test]
fn libraries_and_old_packings_are_read() {
    let member = |name: &str, content: &str| {
        format!(
            "{name:<16}{:<12}{:<6}{:<6}{:<8}{:<10}`\n{content}{}",
            0,
            0,
            0,
            644,
            content.len(),
            if content.len() % 2 == 1 { "\n" } else { "" }
        )
    };
    let library = format!(
        "!<arch>\n{}{}{}{}",
        member("//", "un-nom-tres-long.txt/\n"),
        member("/0", "premier"),
        member("b.txt/", "second"),
        member("#1/5", "c.txttroisième")
    );
    let found = parts(library.as_bytes(), "x.a");
    assert_eq!(told(&found), [("2", "un-nom-tres-long.txt", "premier"), ("3", "b.txt", "second"), ("4", "c.txt", "troisième")]);
    // `printf aaaaaaaaaa | compress -c`: codes of 9 bits, each longer than the last.
    let compressed = [0x1f, 0x9d, 0x90, 0x61, 0x02, 0x0a, 0x1c, 0x08];
    assert_eq!(told(&parts(&compressed, "x.Z")), [("1", "x", "aaaaaaaaaa")]);
    let mut zlib = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
    zlib.write_all("le jardin".as_bytes()).unwrap();
    assert_eq!(told(&parts(&zlib.finish().unwrap(), "x.zlib")), [("1", "x", "le jardin")]);
}

#[test]
fn any_damage_is_survived() {
    let entries: &[(&str, &[u8])] = &[("a.txt", b"un texte"), ("dossier/b.txt", b"un autre texte, plus long que le premier")];
    let (zipped, taped) = (zip(entries), tar(entries));
    let mut state = 7_u64;
    let mut chance = move |below: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(state >> 33).unwrap() % below
    };
    for whole in [zipped, gz(&taped, None), bz2(&taped), taped] {
        for _ in 0..150 {
            let mut torn = whole.clone();
            for _ in 0..=chance(6) {
                let at = chance(torn.len());
                torn[at] = u8::try_from(chance(256)).unwrap();
            }
            torn.truncate(torn.len() - chance(torn.len() / 2));
            let extraction = extract(&torn, "x");
            for described in extraction.parts {
                assert!(part(&torn, "x", &described.path).is_some());
            }
        }
    }
}
