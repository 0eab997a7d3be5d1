//! Documents that the tests write: one of each kind, around words of their own.

use std::io::{Cursor, Write as _};

/// A PDF of one page with these lines; they must be in Latin 1.
pub fn pdf(title: &str, lines: &[&str]) -> Vec<u8> {
    pdf_of(title, &[lines])
}

/// A PDF of some pages, each with its lines: from 72 points on from the left, in 14 points, 20 points apart.
pub fn pdf_of(title: &str, pages: &[&[&str]]) -> Vec<u8> {
    let latin = |text: &str| {
        text.chars()
            .map(|c| u8::try_from(u32::from(c)).expect("Latin 1"))
            .filter(|byte| !b"()\\".contains(byte))
            .collect::<Vec<u8>>()
    };
    let kids: String = (0..pages.len()).map(|page| format!("{} 0 R ", 5 + page * 2)).collect();
    let mut bodies = vec![
        b"<< /Type /Catalog /Pages 2 0 R >>".to_vec(),
        format!("<< /Type /Pages /Kids [{kids}] /Count {} >>", pages.len()).into_bytes(),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>".to_vec(),
        [&b"<< /Title ("[..], &latin(title), b") >>"].concat(),
    ];
    for (number, lines) in pages.iter().enumerate() {
        let mut content = b"BT /F1 14 Tf 72 740 Td".to_vec();
        for line in *lines {
            content.extend([&b" ("[..], &latin(line), b") Tj 0 -20 Td"].concat());
        }
        content.extend(b" ET");
        bodies.push(
            format!(
                "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents {} 0 R /Resources << /Font << /F1 3 0 R >> >> >>",
                6 + number * 2
            )
            .into_bytes(),
        );
        bodies.push([format!("<< /Length {} >>\nstream\n", content.len()).as_bytes(), &content, b"\nendstream"].concat());
    }
    let mut out = b"%PDF-1.4\n".to_vec();
    let mut places = Vec::new();
    for (number, body) in (1..).zip(&bodies) {
        places.push(out.len());
        out.extend([format!("{number} 0 obj\n").as_bytes(), body, b"\nendobj\n"].concat());
    }
    let (start, count) = (out.len(), bodies.len() + 1);
    out.extend(format!("xref\n0 {count}\n0000000000 65535 f \n").into_bytes());
    places.iter().for_each(|place| out.extend(format!("{place:010} 00000 n \n").into_bytes()));
    out.extend(format!("trailer << /Size {count} /Root 1 0 R /Info 4 0 R >>\nstartxref\n{start}\n%%EOF\n").into_bytes());
    out
}

/// A Word document with one paragraph.
pub fn docx(title: &str, text: &str) -> Vec<u8> {
    let mut container = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in [
        (
            "[Content_Types].xml",
            concat!(
                r#"<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Override PartName="/word/document.xml""#,
                r#" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>"#,
            )
            .to_owned(),
        ),
        (
            "word/document.xml",
            format!("<w:document xmlns:w='w'><w:body><w:p><w:r><w:t>{text}</w:t></w:r></w:p></w:body></w:document>"),
        ),
        ("docProps/core.xml", format!("<p xmlns:dc='d'><dc:title>{title}</dc:title></p>")),
    ] {
        container.start_file(name, zip::write::SimpleFileOptions::default()).expect("an entry");
        container.write_all(content.as_bytes()).expect("an entry");
    }
    container.finish().expect("a container").into_inner()
}

/// A message with an attachment.
pub fn eml(from: &str, subject: &str, text: &str, attachment: (&str, &[u8])) -> Vec<u8> {
    use base64::Engine as _;
    let (name, bytes) = attachment;
    let encoded = base64::engine::general_purpose::STANDARD.encode(bytes);
    format!(
        "From: {from}\r\nTo: maison@example.org\r\nSubject: {subject}\r\nDate: Tue, 14 Jul 2026 10:30:00 +0200\r\nMIME-Version: 1.0\r\n\
         Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{text}\r\n\
         --b\r\nContent-Type: application/octet-stream\r\nContent-Disposition: attachment; filename={name}\r\n\
         Content-Transfer-Encoding: base64\r\n\r\n{encoded}\r\n--b--\r\n"
    )
    .into_bytes()
}

/// A message that answers others, whose ids are given from the oldest on; written on some day of July 2026.
pub fn letter(from: &str, subject: &str, (id, before): (&str, &[&str]), day: u32, text: &str) -> Vec<u8> {
    let answered = before.last().map(|id| format!("In-Reply-To: <{id}>\r\n")).unwrap_or_default();
    let references: String = before.iter().map(|id| format!(" <{id}>")).collect();
    let references = if before.is_empty() { String::new() } else { format!("References:{references}\r\n") };
    format!(
        "From: {from}\r\nTo: Maison <maison@example.org>\r\nCc: Bob <bob@example.org>\r\nSubject: {subject}\r\n\
         Date: {day} Jul 2026 10:30:00 +0200\r\nMessage-ID: <{id}>\r\n{answered}{references}MIME-Version: 1.0\r\n\
         Content-Type: text/plain; charset=utf-8\r\n\r\n{}",
        text.replace('\n', "\r\n")
    )
    .into_bytes()
}

/// A grey picture.
pub fn png(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    image::DynamicImage::new_luma8(width, height).write_to(&mut bytes, image::ImageFormat::Png).expect("a picture");
    bytes.into_inner()
}

/// Numbers that look random and are the same each time (SplitMix64).
pub struct Seeded(pub u64);

impl Seeded {
    /// The next one.
    pub fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// The next one below a bound.
    pub fn below(&mut self, bound: u64) -> u64 {
        self.number() % bound
    }

    /// Bytes that do not compress.
    pub fn bytes(&mut self, length: usize) -> Vec<u8> {
        (0..length.div_ceil(8)).flat_map(|_| self.number().to_le_bytes()).take(length).collect()
    }
}
