//! Hostile documents: PDF, RTF, mail, calendars.

use super::{Hostile, hostile, many, zip, zlib};

pub(super) fn all() -> Vec<Hostile> {
    vec![
        hostile("pdf: a stream that unpacks to far more", "bomb.pdf", pdf_bomb()),
        hostile("pdf: filters on filters", "filters.pdf", pdf_filters()),
        hostile(
            "pdf: pages in a circle",
            "circle.pdf",
            pdf(&["<< /Type /Pages /Kids [2 0 R 2 0 R] /Count 2147483647 /Parent 2 0 R >>"]),
        ),
        hostile("pdf: objects that are each other", "mirror.pdf", pdf(&["3 0 R", "2 0 R"])),
        hostile("pdf: tables that refer to each other", "tables.pdf", pdf_tables()),
        hostile("pdf: brackets without end", "brackets.pdf", pdf(&[&many("[", 200_000)])),
        hostile("pdf: dictionaries without end", "dictionaries.pdf", pdf(&[&many("<</A ", 100_000)])),
        hostile("pdf: a length that lies", "length.pdf", pdf(&["<< /Length 99999999999 >>\nstream\nBT (x) Tj ET"])),
        hostile("pdf: a form that draws itself", "form.pdf", pdf_form()),
        hostile(
            "pdf: a page as large as a country",
            "country.pdf",
            pdf(&["<< /Type /Pages /Kids [3 0 R] /Count 1 >>", "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 1e30 1e30] >>"]),
        ),
        hostile("pdf: a million operators", "operators.pdf", pdf_operators()),
        hostile("rtf: groups without end", "groups.rtf", format!("{{\\rtf1 {}", many("{\\b ", 300_000))),
        hostile(
            "rtf: a binary length that lies",
            "binary.rtf",
            "{\\rtf1 avant {\\pict\\bin2147483647 x} apr\\'e8s \\u-2147483648? \\u99999999999999 }",
        ),
        hostile("mail: parts in parts", "deep.eml", deep_mail(20_000)),
        hostile("mail: messages in messages", "messages.eml", messages(500)),
        hostile(
            "mail: a million recipients",
            "recipients.eml",
            format!("From: a@b.fr\nSubject: x\nTo: {}\n\nx", many("a@b.fr, ", 500_000)),
        ),
        hostile(
            "mail: a header without end",
            "header.eml",
            format!("From: a@b.fr\nSubject: {}\n\nx", many("=?utf-8?b?w6k=?= ", 300_000)),
        ),
        hostile(
            "mail: a boundary that is everywhere",
            "boundary.eml",
            format!("From: a@b.fr\nTo: b@c.fr\nContent-Type: multipart/mixed; boundary=\"\"\n\n{}", many("--\n", 500_000)),
        ),
        hostile(
            "mail: encodings on encodings",
            "encodings.eml",
            "From: a@b.fr\nTo: c@d.fr\nContent-Type: text/plain; charset=utf-7\nContent-Transfer-Encoding: base64\n\n====!!!!YQ==\0\0\x1b$B\n",
        ),
        hostile("mail: a winmail.dat of noise", "winmail.dat", [&b"\x78\x9f\x3e\x22"[..], &[0xff; 100_000]].concat()),
        hostile("calendar: components without end", "deep.ics", format!("BEGIN:VCALENDAR\n{}", many("BEGIN:VEVENT\n", 200_000))),
        hostile(
            "calendar: a line folded without end",
            "folded.ics",
            format!("BEGIN:VCALENDAR\nBEGIN:VEVENT\nSUMMARY:x{}\nEND:VEVENT\nEND:VCALENDAR\n", many("\n x", 500_000)),
        ),
        hostile(
            "vcard: quoted-printable without end",
            "quoted.vcf",
            format!("BEGIN:VCARD\nVERSION:2.1\nNOTE;ENCODING=QUOTED-PRINTABLE:{}\nEND:VCARD\n", many("=C3=\n", 300_000)),
        ),
        hostile("epub: a spine that goes in a circle", "circle.epub", epub()),
    ]
}

/// A PDF of these objects, from number 2 on; number 1 is the catalog.
fn pdf(objects: &[&str]) -> Vec<u8> {
    let bodies: Vec<Vec<u8>> = objects.iter().map(|body| body.as_bytes().to_vec()).collect();
    pdf_of(&bodies)
}

fn pdf_of(bodies: &[Vec<u8>]) -> Vec<u8> {
    let mut out = b"%PDF-1.7\n".to_vec();
    let mut places = Vec::new();
    let catalog = b"<< /Type /Catalog /Pages 2 0 R >>".to_vec();
    for (number, body) in (1..).zip(std::iter::once(&catalog).chain(bodies)) {
        places.push(out.len());
        out.extend([format!("{number} 0 obj\n").as_bytes(), body, b"\nendobj\n"].concat());
    }
    let (start, size) = (out.len(), places.len() + 1);
    out.extend(format!("xref\n0 {size}\n0000000000 65535 f \n").into_bytes());
    places.iter().for_each(|place| out.extend(format!("{place:010} 00000 n \n").into_bytes()));
    out.extend(format!("trailer << /Size {size} /Root 1 0 R >>\nstartxref\n{start}\n%%EOF\n").into_bytes());
    out
}

/// A page over one content stream.
fn page_over(dictionary: &str, stream: &[u8]) -> Vec<u8> {
    let head = format!("<< /Length {} {dictionary} >>\nstream\n", stream.len());
    pdf_of(&[
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>".to_vec(),
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /XObject << /X 5 0 R >> >> >>".to_vec(),
        [head.as_bytes(), stream, b"\nendstream"].concat(),
        b"<< /Type /XObject /Subtype /Form /BBox [0 0 9 9] /Resources << /XObject << /X 5 0 R >> >> /Length 12 >>\nstream\n/X Do /X Do \nendstream".to_vec(),
    ])
}

fn pdf_bomb() -> Vec<u8> {
    page_over("/Filter /FlateDecode", &zlib(&vec![b' '; 400 << 20]))
}

fn pdf_filters() -> Vec<u8> {
    let stream = (0..6).fold(vec![b' '; 64 << 20], |bytes, _| zlib(&bytes));
    page_over(&format!("/Filter [{}]", many("/FlateDecode ", 6)), &stream)
}

fn pdf_form() -> Vec<u8> {
    page_over("", b"/X Do")
}

fn pdf_operators() -> Vec<u8> {
    page_over("/Filter /FlateDecode", &zlib(many("q 1 0 0 1 0 0 cm BT ET 0 0 m 1 1 l S ", 300_000).as_bytes()))
}

/// Two cross-reference tables, each of which says that the other one came before.
fn pdf_tables() -> Vec<u8> {
    let head = "%PDF-1.7\n1 0 obj\n<< /Type /Catalog >>\nendobj\n";
    let table =
        |previous: usize| format!("xref\n0 1\n0000000000 65535 f \ntrailer << /Size 2 /Root 1 0 R /Prev {previous:010} >>\n");
    let (first, second) = (head.len(), head.len() + table(0).len());
    format!("{head}{}{}startxref\n{second}\n%%EOF\n", table(second), table(first)).into_bytes()
}

fn deep_mail(depth: usize) -> Vec<u8> {
    let mut out = String::from("From: a@b.fr\nTo: c@d.fr\nSubject: profond\nMIME-Version: 1.0\n");
    for level in 0..depth {
        out.push_str(&format!("Content-Type: multipart/mixed; boundary=b{level}\n\n--b{level}\n"));
    }
    out.push_str("Content-Type: text/plain\n\nfond\n");
    out.into_bytes()
}

fn messages(depth: usize) -> Vec<u8> {
    many("From: a@b.fr\nTo: c@d.fr\nSubject: encore\nContent-Type: message/rfc822\n\n", depth).into_bytes()
}

fn epub() -> Vec<u8> {
    let package =
        "<package><metadata/><manifest><item id='a' href='../OEBPS/book.opf'/><item id='b' href='a.xhtml'/></manifest><spine>"
            .to_owned()
            + &many("<itemref idref='b'/><itemref idref='a'/>", 100_000)
            + "</spine></package>";
    let chapter = format!("<html><body>{}</body></html>", many("<p>chapitre</p>", 2_000));
    zip(&[
        ("mimetype", b"application/epub+zip"),
        ("META-INF/container.xml", b"<container><rootfiles><rootfile full-path='OEBPS/book.opf'/></rootfiles></container>"),
        ("OEBPS/book.opf", package.as_bytes()),
        ("OEBPS/a.xhtml", chapter.as_bytes()),
    ])
}
