//! What a camera wrote: EXIF 2.32 (CIPA DC-008).

use super::{carrier::Carried, said::Said};
use crate::extract::{moment, text::decode};
use ::image::metadata::Orientation;
use encoding_rs::{UTF_16BE, UTF_16LE};
use exif::{Context, Exif, In, Reader, Tag, Value};
use std::io::Cursor;

/// Texts of Windows' file properties, UTF-16: title, comment, author, keywords, subject.
const XP_TITLE: Tag = Tag(Context::Tiff, 0x9c9b);
const XP_COMMENT: Tag = Tag(Context::Tiff, 0x9c9c);
const XP_AUTHOR: Tag = Tag(Context::Tiff, 0x9c9d);
const XP_KEYWORDS: Tag = Tag(Context::Tiff, 0x9c9e);
const XP_SUBJECT: Tag = Tag(Context::Tiff, 0x9c9f);

/// The EXIF of a picture.
pub(super) struct Camera(Exif);

impl Camera {
    pub(super) fn of(bytes: &[u8], carried: &Carried<'_>) -> Option<Self> {
        let mut reader = Reader::new();
        reader.continue_on_error(true);
        let read = match carried.exif {
            Some(exif) => reader.read_raw(exif.to_vec()),
            None => reader.read_from_container(&mut Cursor::new(bytes)),
        };
        read.or_else(|why| why.distill_partial_result(|_| {})).ok().map(Self)
    }

    /// Whether a camera took it: it says how. A scanner has a maker too, but no shutter.
    pub(super) fn took_it(&self) -> bool {
        let how = [Tag::ExposureTime, Tag::FNumber, Tag::PhotographicSensitivity, Tag::FocalLength];
        how.iter().any(|tag| self.0.get_field(*tag, In::PRIMARY).is_some())
    }

    pub(super) fn orientation(&self) -> Orientation {
        let number = self.0.get_field(Tag::Orientation, In::PRIMARY).and_then(|field| field.value.get_uint(0));
        number.and_then(|number| u8::try_from(number).ok()).and_then(Orientation::from_exif).unwrap_or(Orientation::NoTransforms)
    }

    pub(super) fn said(&self) -> Said {
        let list = |values: [Option<String>; 2]| values.into_iter().flatten().collect::<Vec<_>>();
        let split = |text: Option<String>| text.iter().flat_map(|text| text.split(';')).map(str::to_owned).collect::<Vec<_>>();
        let taken = self.time(Tag::DateTimeOriginal, Tag::OffsetTimeOriginal);
        let taken = taken.or_else(|| self.time(Tag::DateTimeDigitized, Tag::OffsetTimeDigitized));
        let changed = self.time(Tag::DateTime, Tag::OffsetTime);
        let fields = [
            ("camera", self.named(Tag::Make, Tag::Model)),
            ("lens", self.named(Tag::LensMake, Tag::LensModel)),
            ("exposure", self.exposure()),
            ("aperture", self.number(Tag::FNumber).map(|stop| format!("f/{}", rounded(stop, 1)))),
            ("iso", self.whole(Tag::PhotographicSensitivity)),
            ("focal-length", self.number(Tag::FocalLength).map(|length| format!("{} mm", rounded(length, 1)))),
            ("gps", self.position()),
            ("altitude", self.altitude()),
            ("created", taken.clone()),
            ("modified", changed.clone().filter(|changed| Some(changed) != taken.as_ref())),
            ("application", self.words(Tag::Software)),
            ("copyright", self.words(Tag::Copyright)),
        ];
        Said {
            titles: self.wide(XP_TITLE).into_iter().collect(),
            captions: list([self.words(Tag::ImageDescription), self.wide(XP_SUBJECT)]),
            authors: [self.words(Tag::Artist).into_iter().collect(), split(self.wide(XP_AUTHOR))].concat(),
            keywords: split(self.wide(XP_KEYWORDS)),
            comments: list([self.comment(), self.wide(XP_COMMENT)]),
            date: taken.or(changed).and_then(|time| moment(&time)),
            fields: fields.into_iter().filter_map(|(name, value)| Some((name, value?))).collect(),
            places: Default::default(),
        }
    }

    fn value(&self, tag: Tag) -> Option<&Value> {
        Some(&self.0.get_field(tag, In::PRIMARY)?.value)
    }

    fn words(&self, tag: Tag) -> Option<String> {
        let Value::Ascii(lines) = self.value(tag)? else { return None };
        let text = lines.iter().map(|line| decode(line)).collect::<Vec<_>>().join(" ");
        Some(text.trim_matches(|c: char| c.is_whitespace() || c == '\0').to_owned()).filter(|text| !text.is_empty())
    }

    fn wide(&self, tag: Tag) -> Option<String> {
        let Value::Byte(bytes) = self.value(tag)? else { return None };
        Some(UTF_16LE.decode_without_bom_handling(bytes).0.trim_matches('\0').to_owned())
    }

    /// A comment says its encoding in its first eight bytes.
    fn comment(&self) -> Option<String> {
        let Value::Undefined(bytes, _) = self.value(Tag::UserComment)? else { return None };
        let (encoding, text) = bytes.split_at_checked(8)?;
        let text = match encoding {
            b"UNICODE\0" => {
                let wide = if self.0.little_endian() { UTF_16LE } else { UTF_16BE };
                wide.decode(text).0.into_owned()
            }
            b"ASCII\0\0\0" | b"\0\0\0\0\0\0\0\0" => decode(text),
            _ => return None,
        };
        Some(text.trim_matches(|c: char| c.is_whitespace() || c == '\0').to_owned()).filter(|text| !text.is_empty())
    }

    /// What is made by whom: models mostly say their maker again.
    fn named(&self, maker: Tag, model: Tag) -> Option<String> {
        let (maker, model) = (self.words(maker), self.words(model));
        let (Some(maker), Some(model)) = (&maker, &model) else { return maker.or(model) };
        let first = maker.split_whitespace().next().unwrap_or_default().to_lowercase();
        Some(if model.to_lowercase().starts_with(&first) { model.clone() } else { format!("{maker} {model}") })
    }

    fn number(&self, tag: Tag) -> Option<f64> {
        let Value::Rational(values) = self.value(tag)? else { return None };
        values.first().map(exif::Rational::to_f64).filter(|value| value.is_finite() && *value > 0.0)
    }

    fn whole(&self, tag: Tag) -> Option<String> {
        self.value(tag)?.get_uint(0).filter(|value| *value > 0).map(|value| value.to_string())
    }

    fn exposure(&self) -> Option<String> {
        let seconds = self.number(Tag::ExposureTime)?;
        Some(if seconds < 0.3 { format!("1/{} s", rounded(1.0 / seconds, 0)) } else { format!("{} s", rounded(seconds, 1)) })
    }

    /// A time as RFC 3339 writes it, with its offset where the camera knew one.
    fn time(&self, tag: Tag, offset: Tag) -> Option<String> {
        let text = self.words(tag)?;
        let (day, time) = text.split_once(' ')?;
        let time = format!("{}T{}", day.replace(':', "-"), time.trim());
        moment(&time)?;
        let with_offset = self.words(offset).map(|offset| format!("{time}{offset}"));
        Some(with_offset.filter(|time| moment(time).is_some()).unwrap_or(time))
    }

    /// Where it was taken: latitude and longitude in degrees.
    fn position(&self) -> Option<String> {
        let degrees = |tag, reference, most: f64| {
            let Value::Rational(parts) = self.value(tag)? else { return None };
            let part = |at: usize| parts.get(at).map(exif::Rational::to_f64).filter(|part| part.is_finite()).unwrap_or(0.0);
            let whole = parts.first()?.to_f64();
            let value = whole + part(1) / 60.0 + part(2) / 3600.0;
            let negative = self.words(reference).is_some_and(|word| matches!(word.as_str(), "S" | "W" | "s" | "w"));
            (value.is_finite() && value <= most).then_some(if negative { -value } else { value })
        };
        let latitude = degrees(Tag::GPSLatitude, Tag::GPSLatitudeRef, 90.0)?;
        let longitude = degrees(Tag::GPSLongitude, Tag::GPSLongitudeRef, 180.0)?;
        Some(format!("{latitude:.5}, {longitude:.5}"))
    }

    /// Metres above the sea, or below it.
    fn altitude(&self) -> Option<String> {
        let Value::Rational(values) = self.value(Tag::GPSAltitude)? else { return None };
        let metres = values.first()?.to_f64();
        let is_below = self.value(Tag::GPSAltitudeRef).and_then(|value| value.get_uint(0)) == Some(1);
        metres.is_finite().then(|| format!("{}{} m", if is_below { "-" } else { "" }, rounded(metres, 1)))
    }
}

/// A number without zeros that say nothing.
fn rounded(value: f64, digits: usize) -> String {
    let text = format!("{value:.digits$}");
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// What a camera writes, turned by a quarter.
    pub(in super::super) fn exif() -> Vec<u8> {
        let rational =
            |values: &[(u32, u32)]| values.iter().map(|(over, under)| (*over, *under).into()).collect::<Vec<exif::Rational>>();
        let ascii = |text: &str| Value::Ascii(vec![text.as_bytes().to_vec()]);
        let fields = [
            (Tag::Make, ascii("Chambre")),
            (Tag::Model, ascii("Chambre noire 4")),
            (Tag::ImageDescription, ascii("Le pont  ")),
            (Tag::Orientation, Value::Short(vec![6])),
            (Tag::ExposureTime, Value::Rational(rational(&[(4, 1000)]))),
            (Tag::FNumber, Value::Rational(rational(&[(28, 10)]))),
            (Tag::PhotographicSensitivity, Value::Short(vec![400])),
            (Tag::FocalLength, Value::Rational(rational(&[(350, 10)]))),
            (Tag::DateTimeOriginal, ascii("2026:07:14 10:30:00")),
            (Tag::OffsetTimeOriginal, ascii("+02:00")),
            (Tag::GPSLatitudeRef, ascii("N")),
            (Tag::GPSLatitude, Value::Rational(rational(&[(48, 1), (51, 1), (30, 1)]))),
            (Tag::GPSLongitudeRef, ascii("W")),
            (Tag::GPSLongitude, Value::Rational(rational(&[(2, 1), (17, 1), (40, 1)]))),
            (Tag::GPSAltitudeRef, Value::Byte(vec![1])),
            (Tag::GPSAltitude, Value::Rational(rational(&[(125, 10)]))),
        ]
        .map(|(tag, value)| exif::Field { tag, ifd_num: In::PRIMARY, value });
        let mut writer = exif::experimental::Writer::new();
        fields.iter().for_each(|field| writer.push_field(field));
        let mut bytes = Cursor::new(Vec::new());
        writer.write(&mut bytes, false).unwrap();
        bytes.into_inner()
    }

    #[test]
    fn numbers_say_no_more_than_they_know() {
        assert_eq!([rounded(2.8, 1), rounded(35.0, 1), rounded(250.2, 0), rounded(1250.0, 0)], ["2.8", "35", "250", "1250"]);
    }
}
