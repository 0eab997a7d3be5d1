//! Hostile containers: ZIP, gzip, tar, OLE, and office documents in them.

use super::{Hostile, gzip, hostile, many, zip};

/// Zeros that a bomb unpacks to, in bytes.
const LARGE: usize = 300 << 20;

const ODF: &str = "application/vnd.oasis.opendocument.spreadsheet";

pub(super) fn all() -> Vec<Hostile> {
    let zeros = vec![0; LARGE];
    vec![
        hostile("zip: one entry that unpacks to far more", "bomb.zip", zip(&[("zeros", &zeros)])),
        hostile("zip: bombs in bombs in bombs", "matryoshka.zip", nested_zip(9, 8)),
        hostile("zip: depth without end", "deep.zip", nested_zip(300, 1)),
        hostile("zip: more entries than anyone counts", "crowd.zip", crowd(60_000)),
        hostile("zip: entries that share their bytes", "overlapping.zip", overlapping()),
        hostile("zip: sizes that lie", "lying-sizes.zip", lying_sizes()),
        hostile("zip: names that climb out", "climbing.zip", climbing()),
        hostile("zip: a directory beyond the end", "beyond.zip", beyond()),
        hostile("gzip: a stream that unpacks to far more", "bomb.gz", gzip(&zeros)),
        hostile("gzip: members without end", "members.gz", gzip(b"x").repeat(200_000)),
        hostile("gzip: gzip in gzip", "deep.gz", (0..400).fold(b"fin".to_vec(), |inner, _| gzip(&inner))),
        hostile("tar: an entry larger than the world", "lying.tar", tar(&[("a.txt", b"bonjour", 0o77_777_777_777)])),
        hostile("tar: a name that climbs out", "climbing.tar", tar(&[("../../../etc/passwd", b"root", 4)])),
        hostile("tar: entries of nothing", "crowd.tar", tar(&vec![("x", &[][..], 0); 100_000])),
        hostile("tar: a bomb in gzip", "bomb.tgz", gzip(&tar(&[("zeros", &zeros, LARGE as u64)]))),
        hostile("bzip2: a beginning and nothing else", "torn.bz2", b"BZh91AY&SY\xff\xff\xff\xff".repeat(1_000)),
        hostile("docx: a body that unpacks to far more", "bomb.docx", docx(&many(" ", LARGE))),
        hostile("docx: tables in tables", "deep.docx", docx(&deep("w:tbl><w:tr><w:tc", "w:tc></w:tr></w:tbl", 40_000))),
        hostile("docx: relations that go in a circle", "circle.docx", circle()),
        hostile("docx: references that lead outside", "outside.docx", outside()),
        hostile("xlsx: strings that lie beyond", "beyond.xlsx", xlsx("<c t='s'><v>4294967295</v></c>")),
        hostile("xlsx: a cell far away", "far.xlsx", xlsx("<c r='XFD1048576'><v>1</v></c><c r='A99999999999'><v>2</v></c>")),
        hostile("ods: a cell repeated without end", "repeated.ods", ods()),
        hostile("ole: a chain that bites its tail", "cycle.doc", ole(|sector| if sector < 100 { sector } else { 0 })),
        hostile("ole: sectors that are not there", "nowhere.xls", ole(|_| 0x00ff_ffff)),
        hostile("ole: a directory of noise", "noise.ppt", [&b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"[..], &[0xa5; 200_000]].concat()),
    ]
}

/// A ZIP of `width` ZIPs of … `depth` times, around a word.
fn nested_zip(depth: usize, width: usize) -> Vec<u8> {
    let names: Vec<String> = (0..width).map(|number| format!("{number}.zip")).collect();
    (0..depth).fold(zip(&[("mot.txt", b"profond")]), |inner, _| {
        zip(&names.iter().map(|name| (name.as_str(), inner.as_slice())).collect::<Vec<_>>())
    })
}

fn crowd(count: usize) -> Vec<u8> {
    let names: Vec<String> = (0..count).map(|number| format!("{number}.txt")).collect();
    zip(&names.iter().map(|name| (name.as_str(), &b"x"[..])).collect::<Vec<_>>())
}

/// One entry, listed two thousand times by the directory: each unpacks it anew.
fn overlapping() -> Vec<u8> {
    let single = zip(&[("a.txt", &vec![b'a'; 4 << 20])]);
    let directory = find(&single, b"PK\x01\x02");
    let end = find(&single, b"PK\x05\x06");
    let (entries, listed) = (&single[..directory], &single[directory..end]);
    let count = 2_000u16;
    let size = u32::try_from(listed.len()).expect("small") * u32::from(count);
    let mut bytes = [entries, &listed.repeat(count.into())].concat();
    bytes.extend(b"PK\x05\x06\0\0\0\0");
    bytes.extend([count.to_le_bytes(), count.to_le_bytes()].concat());
    bytes.extend([size.to_le_bytes(), u32::try_from(directory).expect("small").to_le_bytes()].concat());
    bytes.extend([0, 0]);
    bytes
}

fn find(bytes: &[u8], needle: &[u8]) -> usize {
    bytes.windows(needle.len()).position(|window| window == needle).expect("it is there")
}

/// The directory says that an entry is four gigabytes long.
fn lying_sizes() -> Vec<u8> {
    let mut bytes = zip(&[("a.txt", b"bonjour")]);
    let directory = find(&bytes, b"PK\x01\x02");
    bytes[directory + 20..directory + 28].fill(0xfe);
    bytes
}

fn climbing() -> Vec<u8> {
    let long = many("x", 60_000);
    let names =
        ["../../../../etc/passwd", "/etc/shadow", "C:\\Windows\\x", "a/\u{202e}txt.exe", "a\nb", "", ".", "..", "a", "b", &long];
    zip(&names.map(|name| (name, &b"bonjour"[..])))
}

fn beyond() -> Vec<u8> {
    let mut bytes = zip(&[("a.txt", b"bonjour")]);
    let end = find(&bytes, b"PK\x05\x06");
    bytes[end + 16..end + 20].fill(0xff);
    bytes
}

/// A tar of these entries: name, bytes, the size that its header states (POSIX ustar).
fn tar(entries: &[(&str, &[u8], u64)]) -> Vec<u8> {
    let mut out = Vec::new();
    for (name, bytes, size) in entries {
        let mut head = [0; 512];
        head[..name.len()].copy_from_slice(name.as_bytes());
        head[100..107].copy_from_slice(b"0000644");
        head[124..135].copy_from_slice(format!("{size:011o}").as_bytes());
        head[136..147].copy_from_slice(b"00000000000");
        head[148..156].fill(b' ');
        head[156] = b'0';
        head[257..265].copy_from_slice(b"ustar\x0000");
        let sum: u32 = head.iter().map(|byte| u32::from(*byte)).sum();
        head[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
        out.extend(head);
        out.extend(*bytes);
        out.resize(out.len().next_multiple_of(512), 0);
    }
    out.resize(out.len() + 1_024, 0);
    out
}

fn docx(body: &str) -> Vec<u8> {
    let document = format!("<w:document xmlns:w='w'><w:body>{body}</w:body></w:document>");
    zip(&[("[Content_Types].xml", b"<Types/>"), ("word/document.xml", document.as_bytes())])
}

fn deep(open: &str, close: &str, depth: usize) -> String {
    many(&format!("<{open}>"), depth) + &many(&format!("</{close}>"), depth)
}

fn circle() -> Vec<u8> {
    let relations = "<Relationships><Relationship Id='a' Type='x/officeDocument' Target='/_rels/.rels'/><Relationship Id='b' Type='x/officeDocument' Target='../../../word/document.xml'/></Relationships>";
    let own = "<Relationships><Relationship Id='a' Type='x/header' Target='document.xml'/><Relationship Id='b' Type='x/footnotes' Target='document.xml'/></Relationships>";
    let document = b"<w:document xmlns:w='w'><w:body><w:p><w:r><w:t>rond</w:t></w:r></w:p></w:body></w:document>";
    zip(&[
        ("_rels/.rels", relations.as_bytes()),
        ("word/document.xml", document),
        ("word/_rels/document.xml.rels", own.as_bytes()),
    ])
}

fn outside() -> Vec<u8> {
    let document = "<!DOCTYPE d [<!ENTITY e SYSTEM 'file:///etc/passwd'>]><w:document xmlns:w='w'><w:body><w:p><w:r><w:t>&e;</w:t></w:r></w:p></w:body></w:document>";
    let relations = "<Relationships><Relationship Id='a' Type='x/image' Target='http://192.0.2.1/x.png' TargetMode='External'/></Relationships>";
    zip(&[("word/document.xml", document.as_bytes()), ("word/_rels/document.xml.rels", relations.as_bytes())])
}

fn xlsx(row: &str) -> Vec<u8> {
    let sheet = format!("<worksheet><sheetData><row r='1'>{row}</row></sheetData></worksheet>");
    zip(&[
        ("[Content_Types].xml", b"<Types/>"),
        ("xl/workbook.xml", b"<workbook><sheets><sheet name='a' sheetId='1'/></sheets></workbook>"),
        ("xl/sharedStrings.xml", b"<sst count='4294967295' uniqueCount='4294967295'><si><t>un</t></si></sst>"),
        ("xl/worksheets/sheet1.xml", sheet.as_bytes()),
    ])
}

fn ods() -> Vec<u8> {
    let cell = "<table:table-cell table:number-columns-repeated='2147483647'><text:p>encore</text:p></table:table-cell>";
    let content = format!(
        "<office:document-content xmlns:office='o' xmlns:table='t' xmlns:text='x'><office:body><office:spreadsheet><table:table><table:table-row table:number-rows-repeated='2147483647'>{cell}</table:table-row></table:table><text:p><text:s text:c='4294967295'/></text:p></office:spreadsheet></office:body></office:document-content>"
    );
    zip(&[("mimetype", ODF.as_bytes()), ("content.xml", content.as_bytes())])
}

/// An OLE container ([MS-CFB]) whose allocation table says of each sector which one follows.
fn ole(next: impl Fn(u32) -> u32) -> Vec<u8> {
    let mut head = vec![0; 512];
    head[..8].copy_from_slice(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1");
    for (at, value) in [(24, 0x3eu16), (26, 3), (28, 0xfffe), (30, 9), (32, 6)] {
        head[at..at + 2].copy_from_slice(&value.to_le_bytes());
    }
    for (at, value) in [(44, 1u32), (48, 1), (56, 4096), (60, 0xffff_fffe), (68, 0xffff_fffe), (76, 0)] {
        head[at..at + 4].copy_from_slice(&value.to_le_bytes());
    }
    head[80..].fill(0xff);
    let table: Vec<u8> = (0..128).flat_map(|sector| next(sector).to_le_bytes()).collect();
    let entry = |name: &str, kind: u8, start: u32, size: u32| {
        let mut entry = vec![0; 128];
        let wide: Vec<u8> = name.encode_utf16().flat_map(u16::to_le_bytes).collect();
        entry[..wide.len()].copy_from_slice(&wide);
        entry[64..66].copy_from_slice(&u16::try_from(wide.len() + 2).expect("short").to_le_bytes());
        entry[66] = kind;
        entry[68..80].fill(0xff);
        entry[76..80].copy_from_slice(&1u32.to_le_bytes());
        entry[116..120].copy_from_slice(&start.to_le_bytes());
        entry[120..124].copy_from_slice(&size.to_le_bytes());
        entry
    };
    let directory = [
        entry("Root Entry", 5, 0xffff_fffe, 0),
        entry("WordDocument", 2, 2, 0x7fff_ffff),
        entry("Workbook", 2, 3, 0x7fff_ffff),
        entry("PowerPoint Document", 2, 4, 0x7fff_ffff),
    ];
    [head, table, directory.concat(), vec![0; 512 * 6]].concat()
}
