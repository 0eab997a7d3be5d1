//! Where metadata lies in a picture: segments, chunks, extensions, resources, tags. Finds the packets; others read them.

use super::{raw, said::Said};
use crate::{
    extract::{text::decode, tiff::Tiff},
    identify::find,
    limits::{MAX_FIELDS, MAX_PICTURE_TEXT},
};
use encoding_rs::WINDOWS_1252;
use std::{borrow::Cow, io::Read as _};

/// What begins the segments of JPEG that are looked for.
const XMP_SEGMENT: &[u8] = b"http://ns.adobe.com/xap/1.0/\0";
const RESOURCE_SEGMENT: &[u8] = b"Photoshop 3.0\0";

/// Photoshop's image resources: IPTC-IIM, a small JPEG, EXIF, XMP.
const RESOURCE_IPTC: u16 = 1028;
const RESOURCE_PREVIEW: u16 = 1036;
const RESOURCE_EXIF: u16 = 1058;
const RESOURCE_XMP: u16 = 1060;

/// What comes before the JPEG of a preview.
const PREVIEW_HEADER: usize = 28;

/// Tags of TIFF: size, XMP, IPTC-IIM, Photoshop's resources.
const WIDTH: u16 = 256;
const HEIGHT: u16 = 257;
const TAG_XMP: u16 = 700;
const TAG_IPTC: u16 = 33_723;
const TAG_RESOURCES: u16 = 34_377;

/// What a picture carries.
#[derive(Default)]
pub(super) struct Carried<'a> {
    pub(super) xmp: Vec<Cow<'a, [u8]>>,
    pub(super) iptc: Vec<Cow<'a, [u8]>>,
    /// Only where it does not lie where a reader of EXIF looks.
    pub(super) exif: Option<&'a [u8]>,
    pub(super) said: Said,
    /// Width and height as stored.
    pub(super) size: Option<(u32, u32)>,
    pub(super) pages: Option<u32>,
    /// A JPEG that shows what is not decoded.
    pub(super) preview: Option<&'a [u8]>,
}

/// What a picture carries, whatever it is.
pub(super) fn carried(bytes: &[u8]) -> Carried<'_> {
    let mut carried = Carried::default();
    match bytes {
        [0xff, 0xd8, ..] => jpeg(bytes, &mut carried),
        [0x89, b'P', b'N', b'G', ..] => png(bytes, &mut carried).unwrap_or_default(),
        [b'G', b'I', b'F', b'8', ..] => gif(bytes, &mut carried).unwrap_or_default(),
        [b'R', b'I', b'F', b'F', ..] => webp(bytes, &mut carried).unwrap_or_default(),
        [b'8', b'B', b'P', b'S', ..] => psd(bytes, &mut carried).unwrap_or_default(),
        _ if is_heif(bytes) => heif(bytes, &mut carried),
        _ => tiff(bytes, &mut carried).unwrap_or_default(),
    }
    carried
}

pub(super) fn is_heif(bytes: &[u8]) -> bool {
    bytes.get(4..8) == Some(b"ftyp")
}

pub(super) fn is_psd(bytes: &[u8]) -> bool {
    bytes.starts_with(b"8BPS")
}

/// The marker segments of a JPEG before its pixels (ITU T.81, B.1.1).
pub(super) fn segments(bytes: &[u8]) -> impl Iterator<Item = (u8, &[u8])> {
    let mut at = 2;
    std::iter::from_fn(move || {
        while bytes.get(at) == Some(&0xff) && bytes.get(at + 1) == Some(&0xff) {
            at += 1;
        }
        let [0xff, marker, high, low] = *bytes.get(at..at + 4)? else { return None };
        let end = at + 2 + usize::from(u16::from_be_bytes([high, low]));
        let body = bytes.get(at + 4..end)?;
        at = end;
        (marker != 0xda).then_some((marker, body))
    })
}

fn jpeg<'a>(bytes: &'a [u8], carried: &mut Carried<'a>) {
    let mut resources = Vec::new();
    for (marker, body) in segments(bytes) {
        match marker {
            0xe1 => carried.xmp.extend(body.strip_prefix(XMP_SEGMENT).map(Cow::Borrowed)),
            0xed => resources.extend_from_slice(body.strip_prefix(RESOURCE_SEGMENT).unwrap_or_default()),
            0xfe if carried.said.comments.len() < MAX_FIELDS => carried.said.comments.push(decode(body)),
            0xc0..=0xc3 | 0xc5..=0xc7 | 0xc9..=0xcb => carried.size = carried.size.or_else(|| frame_size(body)),
            _ => {}
        }
    }
    resources_or_iptc(&resources, carried);
}

fn frame_size(body: &[u8]) -> Option<(u32, u32)> {
    let number = |at: usize| Some(u32::from(u16::from_be_bytes([*body.get(at)?, *body.get(at + 1)?])));
    Some((number(3)?, number(1)?))
}

/// The chunks of a PNG (ISO 15948, 11.3.4).
fn png<'a>(bytes: &'a [u8], carried: &mut Carried<'a>) -> Option<()> {
    let mut rest = bytes.get(8..)?;
    loop {
        let (head, after) = rest.split_at_checked(8)?;
        let length = usize::try_from(u32::from_be_bytes([head[0], head[1], head[2], head[3]])).ok()?;
        let (body, after) = after.split_at_checked(length)?;
        rest = after.get(4..).unwrap_or_default();
        match &head[4..] {
            b"IHDR" => carried.size = Some((wide(body, 0)?, wide(body, 4)?)),
            b"tEXt" => {
                let (keyword, text) = at_zero(body).unwrap_or_default();
                png_text(keyword, Cow::Borrowed(text), false, carried);
            }
            b"zTXt" => {
                let (keyword, text) = at_zero(body).unwrap_or_default();
                png_text(keyword, inflated(text.get(1..).unwrap_or_default()).into(), false, carried);
            }
            b"iTXt" => {
                if let Some((keyword, text)) = international(body) {
                    png_text(keyword, text, true, carried);
                }
            }
            b"IEND" => return None,
            _ => {}
        }
    }
}

/// Keyword and text of an `iTXt` chunk: packed or not, in some language, under a translated keyword.
fn international(body: &[u8]) -> Option<(&[u8], Cow<'_, [u8]>)> {
    let (keyword, rest) = at_zero(body)?;
    let is_packed = *rest.first()? == 1;
    let (_, rest) = at_zero(rest.get(2..)?)?;
    let (_, text) = at_zero(rest)?;
    Some((keyword, if is_packed { inflated(text).into() } else { Cow::Borrowed(text) }))
}

/// The keywords of PNG (ISO 15948, 11.3.4.2) and what they mean here.
fn png_text<'a>(keyword: &[u8], text: Cow<'a, [u8]>, is_utf8: bool, carried: &mut Carried<'a>) {
    if keyword == b"XML:com.adobe.xmp" {
        carried.xmp.push(text);
        return;
    }
    if let Some(kind) = keyword.strip_prefix(b"Raw profile type ") {
        let profile = profile(&text);
        match kind {
            b"iptc" | b"8bim" => resources_or_iptc(&profile, carried),
            b"xmp" => carried.xmp.push(profile.into()),
            _ => {}
        }
        return;
    }
    let text = if is_utf8 { decode(&text) } else { WINDOWS_1252.decode_without_bom_handling(&text).0.into_owned() };
    let said = &mut carried.said;
    if said.comments.len() + said.titles.len() + said.captions.len() > MAX_FIELDS {
        return;
    }
    match keyword {
        b"Title" => said.titles.push(text),
        b"Author" => said.authors.push(text),
        b"Description" => said.captions.push(text),
        b"Comment" => said.comments.push(text),
        b"Copyright" => said.fields.push(("copyright", text)),
        b"Software" => said.fields.push(("application", text)),
        b"Creation Time" => {
            said.date = said.date.take().or_else(|| super::super::moment(&text));
            said.fields.push(("created", text));
        }
        _ => {}
    }
}

/// A profile as ImageMagick keeps it in a text: a line with its name, one with its length, and hexadecimal digits.
fn profile(text: &[u8]) -> Vec<u8> {
    let digits = text.splitn(4, |byte| *byte == b'\n').nth(3).unwrap_or_default();
    let digits: Vec<u8> =
        digits.iter().filter_map(|digit| char::from(*digit).to_digit(16)).filter_map(|digit| u8::try_from(digit).ok()).collect();
    digits.chunks_exact(2).map(|pair| pair[0] << 4 | pair[1]).collect()
}

/// Records of IPTC, bare or as one of Photoshop's resources.
fn resources_or_iptc(bytes: &[u8], carried: &mut Carried<'_>) {
    if bytes.starts_with(b"\x1c") {
        carried.iptc.push(Cow::Owned(bytes.to_vec()));
        return;
    }
    each_resource(bytes, &mut |number, data| {
        if number == RESOURCE_IPTC {
            carried.iptc.push(Cow::Owned(data.to_vec()));
        }
    });
}

fn inflated(packed: &[u8]) -> Vec<u8> {
    let mut text = Vec::new();
    // What could be unpacked before an error is kept.
    let _ = flate2::read::ZlibDecoder::new(packed).take(MAX_PICTURE_TEXT).read_to_end(&mut text);
    text
}

fn at_zero(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let at = bytes.iter().position(|byte| *byte == 0)?;
    Some((&bytes[..at], &bytes[at + 1..]))
}

/// The blocks of a GIF (GIF89a, 20 to 26): frames are counted, comments read, XMP found.
fn gif<'a>(bytes: &'a [u8], carried: &mut Carried<'a>) -> Option<()> {
    let number = |at: usize| Some(u32::from(u16::from_le_bytes([*bytes.get(at)?, *bytes.get(at + 1)?])));
    carried.size = Some((number(6)?, number(8)?));
    let table = |flags: u8| if flags & 0x80 == 0 { 0 } else { 3 << ((flags & 7) + 1) };
    let mut at = 13 + table(*bytes.get(10)?);
    let mut frames = 0_u32;
    while let Some(block) = bytes.get(at) {
        match (block, bytes.get(at + 1)) {
            (0x21, Some(0xfe)) => {
                let mut comment = Vec::new();
                at = blocks(bytes, at + 2, &mut |data| comment.extend_from_slice(data));
                if carried.said.comments.len() < MAX_FIELDS {
                    carried.said.comments.push(decode(&comment));
                }
            }
            // The packet lies there bare, with a trailer that looks like blocks from wherever one begins.
            (0x21, Some(0xff)) if bytes.get(at + 3..at + 14) == Some(b"XMP DataXMP") => {
                let packet = &bytes[at + 14..];
                let end = find(packet, b"\x01\xff\xfe\xfd").unwrap_or(packet.len());
                carried.xmp.push(Cow::Borrowed(&packet[..end]));
                at = blocks(bytes, at + 14, &mut |_| {});
            }
            (0x21, Some(_)) => at = blocks(bytes, at + 2, &mut |_| {}),
            (0x2c, _) => {
                frames += 1;
                let Some(flags) = bytes.get(at + 9) else { break };
                at = blocks(bytes, at + 11 + table(*flags), &mut |_| {});
            }
            _ => break,
        }
    }
    if frames > 1 {
        carried.said.fields.push(("frames", frames.to_string()));
    }
    Some(())
}

/// Walks data blocks; answers where they end.
fn blocks(bytes: &[u8], mut at: usize, each: &mut dyn FnMut(&[u8])) -> usize {
    while let Some(length) = bytes.get(at).copied()
        && length > 0
    {
        let end = (at + 1 + usize::from(length)).min(bytes.len());
        each(&bytes[at + 1..end]);
        at = end;
    }
    at + 1
}

/// The chunks of a WebP (RFC 9649, 2.7).
fn webp<'a>(bytes: &'a [u8], carried: &mut Carried<'a>) -> Option<()> {
    let mut rest = bytes.get(12..)?;
    loop {
        let (head, after) = rest.split_at_checked(8)?;
        let length = usize::try_from(u32::from_le_bytes([head[4], head[5], head[6], head[7]])).ok()?;
        let body = after.get(..length.min(after.len()))?;
        rest = after.get(length.checked_add(length % 2)?..).unwrap_or_default();
        if &head[..4] == b"XMP " {
            carried.xmp.push(Cow::Borrowed(body));
        }
    }
}

/// The header and the resources of a Photoshop document (Adobe Photoshop File Formats, 2019).
fn psd<'a>(bytes: &'a [u8], carried: &mut Carried<'a>) -> Option<()> {
    carried.size = Some((wide(bytes, 18)?, wide(bytes, 14)?));
    let start = usize::try_from(wide(bytes, 26)?).ok()?.checked_add(30)?;
    let length = usize::try_from(wide(bytes, start)?).ok()?;
    let resources = bytes.get(start + 4..)?;
    let resources = &resources[..length.min(resources.len())];
    each_resource(resources, &mut |number, data| match number {
        RESOURCE_IPTC => carried.iptc.push(Cow::Borrowed(data)),
        RESOURCE_XMP => carried.xmp.push(Cow::Borrowed(data)),
        RESOURCE_EXIF => carried.exif = Some(data),
        RESOURCE_PREVIEW => carried.preview = data.get(PREVIEW_HEADER..).filter(|jpeg| jpeg.starts_with(b"\xff\xd8")),
        _ => {}
    });
    Some(())
}

/// Walks image resources: `8BIM`, a number, a name, a length, data; names and data fill up to even lengths.
fn each_resource<'a>(mut bytes: &'a [u8], each: &mut dyn FnMut(u16, &'a [u8])) {
    while let [b'8', b'B', b'I', b'M', high, low, name, rest @ ..] = bytes {
        let Some(rest) = rest.get(usize::from(*name) + usize::from(name % 2 == 0)..) else { return };
        let Some((length, rest)) = rest.split_at_checked(4) else { return };
        let length = u32::from_be_bytes([length[0], length[1], length[2], length[3]]) as usize;
        let Some(data) = rest.get(..length) else { return };
        each(u16::from_be_bytes([*high, *low]), data);
        bytes = rest.get(length + length % 2..).unwrap_or_default();
    }
}

fn tiff<'a>(bytes: &'a [u8], carried: &mut Carried<'a>) -> Option<()> {
    let tiff = Tiff::new(bytes)?;
    let pages = tiff.pages();
    let is_raw = raw::is_raw(&tiff);
    carried.pages = u32::try_from(pages.len()).ok().filter(|_| !is_raw);
    carried.preview = if is_raw { raw::preview(&tiff) } else { None };
    let entries = tiff.entries(*pages.first()?);
    let size = |tag| entries.iter().find(|entry| entry.tag == tag).and_then(|entry| u32::try_from(tiff.first(entry)?).ok());
    carried.size = size(WIDTH).zip(size(HEIGHT));
    for entry in tiff.entries(*tiff.chain().first()?) {
        match entry.tag {
            TAG_XMP => carried.xmp.push(Cow::Borrowed(entry.bytes)),
            TAG_IPTC => carried.iptc.push(Cow::Borrowed(entry.bytes)),
            TAG_RESOURCES => each_resource(entry.bytes, &mut |number, data| {
                if number == RESOURCE_IPTC {
                    carried.iptc.push(Cow::Borrowed(data));
                }
            }),
            _ => {}
        }
    }
    Some(())
}

/// HEIF and AVIF (ISO 23008-12): the size of the largest picture, and an XMP packet by how it begins and ends, as
/// ISO 16684-1 lets one look for it in any file.
fn heif<'a>(bytes: &'a [u8], carried: &mut Carried<'a>) {
    let head = &bytes[..bytes.len().min(1 << 16)];
    let sizes = head.windows(4).enumerate().filter(|(_, name)| name == b"ispe");
    let sizes = sizes.filter_map(|(at, _)| Some((wide(bytes, at + 8)?, wide(bytes, at + 12)?)));
    carried.size = sizes.max_by_key(|(width, height)| u64::from(*width) * u64::from(*height));
    if let Some(start) = find(bytes, b"<x:xmpmeta")
        && let Some(length) = find(&bytes[start..], b"</x:xmpmeta>")
    {
        carried.xmp.push(Cow::Borrowed(&bytes[start..start + length + 12]));
    }
}

fn wide(bytes: &[u8], at: usize) -> Option<u32> {
    let four = bytes.get(at..at.checked_add(4)?)?;
    Some(u32::from_be_bytes([four[0], four[1], four[2], four[3]]))
}
