//! Calendars (RFC 5545, and vCalendar 1.0 before it) and address cards (RFC 6350, RFC 2426, vCard 2.1): lines of a name,
//! parameters and a value. What people would search is text; what only programs need is not.

use super::{html, text, transfer};
use chartrier_schemas::Extraction;
use encoding_rs::Encoding;

/// One line, as it is meant: `ATTENDEE;CN=Ada:mailto:ada@example.org`.
struct Line {
    name: String,
    parameters: Vec<(String, String)>,
    value: String,
}

impl Line {
    fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The value without what escapes its marks (RFC 5545, 3.3.11).
    fn plain(&self) -> String {
        let mut plain = String::with_capacity(self.value.len());
        let mut rest = self.value.chars();
        while let Some(c) = rest.next() {
            match (c, c == '\\') {
                (_, true) => match rest.next() {
                    Some('n' | 'N') => plain.push('\n'),
                    Some(c @ ('\\' | ',' | ';' | ':' | '"')) => plain.push(c),
                    Some(c) => plain.extend(['\\', c]),
                    None => plain.push('\\'),
                },
                (c, false) => plain.push(c),
            }
        }
        plain.trim().to_owned()
    }

    /// The fields of a value of several, empty ones left out: names, addresses, organisations.
    fn fields(&self) -> Vec<String> {
        let mut fields = vec![String::new()];
        let mut rest = self.value.chars();
        while let Some(c) = rest.next() {
            let last = fields.len() - 1;
            match c {
                ';' => fields.push(String::new()),
                '\\' => match rest.next() {
                    Some('n' | 'N') => fields[last].push('\n'),
                    Some(c) => fields[last].push(c),
                    None => {}
                },
                c => fields[last].push(c),
            }
        }
        fields.into_iter().map(|field| field.trim().to_owned()).filter(|field| !field.is_empty()).collect()
    }

    /// A person: `Ada <ada@example.org>`.
    fn person(&self) -> String {
        let plain = self.plain();
        let scheme = plain.get(..7).filter(|scheme| scheme.eq_ignore_ascii_case("mailto:"));
        let address = plain[scheme.map_or(0, str::len)..].to_owned();
        match self.parameter("CN").map(str::trim).filter(|name| !name.is_empty() && *name != address) {
            Some(name) if address.is_empty() => name.to_owned(),
            Some(name) => format!("{name} <{address}>"),
            None => address,
        }
    }
}

/// Reads a calendar.
pub(super) fn calendar(bytes: &[u8], extraction: &mut Extraction) {
    let mut open: Vec<String> = Vec::new();
    let (mut text, mut names, mut first_start) = (Vec::new(), Vec::new(), None);
    let mut summaries = Vec::new();
    for line in lines(bytes) {
        let within = open.last().map_or("", String::as_str);
        match line.name.as_str() {
            "BEGIN" => open.push(line.plain().to_ascii_uppercase()),
            "END" => {
                // Some write the end of one thing, and mean that of what it lies in too.
                let ended = line.plain().to_ascii_uppercase();
                open.truncate(open.iter().rposition(|name| *name == ended).unwrap_or(open.len()));
                text.push(String::new());
            }
            _ if open.iter().any(|name| name == "VTIMEZONE") => {}
            "SUMMARY" => {
                let summary = line.plain();
                if within != "VALARM" && !summary.is_empty() {
                    summaries.push(summary.clone());
                }
                text.push(summary);
            }
            "DTSTART" | "DTEND" | "DUE" | "COMPLETED" | "RECURRENCE-ID" => {
                let date = line.plain();
                if line.name == "DTSTART" && first_start.is_none() {
                    first_start = moment(&date);
                }
                text.push(readable(&date));
            }
            "ORGANIZER" | "ATTENDEE" => {
                let person = line.person();
                text.push(person.clone());
                let people = if line.name == "ORGANIZER" { &mut extraction.authors } else { &mut extraction.recipients };
                if !people.contains(&person) && people.len() < crate::limits::MAX_FIELDS {
                    people.push(person);
                }
            }
            "LOCATION" => {
                let place = line.plain();
                if !extraction.fields.iter().any(|(name, _)| name == "place") && !place.is_empty() {
                    extraction.fields.push(("place".to_owned(), place.clone()));
                }
                text.push(place);
            }
            "DESCRIPTION" | "COMMENT" | "CONTACT" | "RESOURCES" | "URL" | "CATEGORIES" | "X-WR-CALDESC" => {
                text.push(line.plain())
            }
            "X-ALT-DESC" => text.push(html::to_text(&line.plain())),
            "X-WR-CALNAME" | "NAME" => {
                names.push(line.plain());
                text.push(line.plain());
            }
            "PRODID" => extraction.fields.push(("application".to_owned(), line.plain())),
            _ => {}
        }
    }
    // Of several events, the first says little of the whole.
    extraction.title = if summaries.len() == 1 { summaries.pop() } else { names.into_iter().chain(summaries).next() };
    extraction.date = first_start;
    extraction.text = paragraphs(&text);
}

/// Reads address cards.
pub(super) fn cards(bytes: &[u8], extraction: &mut Extraction) {
    let (mut text, mut names, mut companies, mut count) = (Vec::new(), Vec::new(), Vec::new(), 0);
    for line in lines(bytes) {
        match line.name.as_str() {
            "BEGIN" => count += 1,
            "END" => text.push(String::new()),
            "FN" => {
                names.push(line.plain());
                text.push(line.plain());
            }
            "N" => {
                // Family name first, then given names (RFC 6350, 6.2.2).
                let mut fields = line.fields();
                if fields.len() > 1 {
                    fields[..2].reverse();
                }
                let name = fields.join(" ");
                if !text.contains(&name) || count > 1 {
                    text.push(name);
                }
            }
            "ORG" => {
                companies.extend(line.fields().into_iter().take(1));
                text.push(line.fields().join(", "));
            }
            "ADR" => text.push(line.fields().join(", ")),
            "BDAY" | "ANNIVERSARY" => text.push(readable(&line.plain())),
            "REV" => extraction.date = moment(&line.plain()),
            "NICKNAME" | "TITLE" | "ROLE" | "LABEL" | "EMAIL" | "URL" | "NOTE" | "CATEGORIES" | "IMPP" | "KIND" | "MEMBER"
            | "RELATED" | "X-SOCIALPROFILE" | "X-SKYPE" | "X-ASSISTANT" | "X-MANAGER" | "X-SPOUSE" => text.push(line.plain()),
            "TEL" => text.push(line.plain().trim_start_matches("tel:").to_owned()),
            "PRODID" => extraction.fields.push(("application".to_owned(), line.plain())),
            _ => {}
        }
    }
    if count == 1 {
        let first = |list: Vec<String>| list.into_iter().find(|entry| !entry.is_empty());
        let company = first(companies);
        extraction.fields.extend(company.clone().map(|company| ("company".to_owned(), company)));
        extraction.title = first(names).or_else(|| text.iter().find(|line| !line.is_empty()).cloned());
    } else {
        extraction.date = None;
    }
    extraction.text = paragraphs(&text);
}

/// Lines as text: one empty line between things, none before the first.
fn paragraphs(lines: &[String]) -> String {
    let mut text = String::new();
    for line in lines {
        if !line.is_empty() {
            text.push_str(line);
            text.push('\n');
        } else if !text.is_empty() && !text.ends_with("\n\n") {
            text.push('\n');
        }
    }
    text.truncate(text.trim_end().len());
    text
}

/// The lines of a file. One that is too long goes on behind a line end and a space (RFC 5545, 3.1), or, in the old formats,
/// behind an equals sign where it is quoted-printable.
fn lines(bytes: &[u8]) -> impl Iterator<Item = Line> {
    let source = text::decode(bytes);
    let mut whole: Vec<String> = Vec::new();
    let mut goes_on = false;
    for line in source.lines() {
        let line = line.trim_end_matches('\r');
        match whole.last_mut() {
            Some(last) if goes_on => {
                last.truncate(last.len() - 1);
                last.push_str(line.trim_start_matches([' ', '\t']));
            }
            Some(last) if line.starts_with([' ', '\t']) => last.push_str(&line[1..]),
            _ => whole.push(line.to_owned()),
        }
        goes_on = whole.last().is_some_and(|last| last.ends_with('=') && is_quoted(last));
    }
    whole.into_iter().filter_map(|line| parse(&line))
}

fn is_quoted(line: &str) -> bool {
    let head = line.split_once(':').map_or("", |(head, _)| head);
    head.to_ascii_uppercase().contains("QUOTED-PRINTABLE")
}

fn parse(line: &str) -> Option<Line> {
    let mut quoted = false;
    let colon = line.char_indices().find(|(_, c)| {
        quoted ^= *c == '"';
        *c == ':' && !quoted
    })?;
    let (head, value) = (&line[..colon.0], &line[colon.0 + 1..]);
    let mut pieces = head.split(';');
    let name = pieces.next()?.rsplit('.').next()?.trim().to_ascii_uppercase();
    let parameters: Vec<(String, String)> = pieces
        .map(|piece| piece.split_once('=').unwrap_or((if is_coding(piece) { "ENCODING" } else { "TYPE" }, piece)))
        .map(|(name, value)| (name.trim().to_ascii_uppercase(), value.trim().trim_matches('"').to_owned()))
        .collect();
    let mut line = Line { name, parameters, value: value.to_owned() };
    let coding = line.parameter("ENCODING").unwrap_or_default().to_ascii_uppercase();
    if coding == "QUOTED-PRINTABLE" {
        let charset = line.parameter("CHARSET").and_then(|label| Encoding::for_label(label.as_bytes()));
        let decoded = transfer::quoted_printable(value.as_bytes());
        // Line ends that were coded are the text's own.
        line.value = text::decode_as(&decoded, charset).replace("\r\n", "\n").replace('\n', "\\n");
    } else if !coding.is_empty() && coding != "8BIT" && coding != "7BIT" {
        // Pictures and sounds.
        return None;
    }
    Some(line)
}

fn is_coding(word: &str) -> bool {
    ["QUOTED-PRINTABLE", "BASE64", "B"].iter().any(|coding| word.eq_ignore_ascii_case(coding))
}

/// The digits of a date and a time: `20260714T083000Z`, `2026-07-14`.
fn digits(date: &str) -> Option<(String, bool)> {
    let is_utc = date.ends_with(['Z', 'z']);
    let digits: String = date.chars().filter(char::is_ascii_digit).collect();
    let sound = date.chars().all(|c| c.is_ascii_digit() || "-:TtZz. ".contains(c)) && !date.starts_with('-');
    (sound && matches!(digits.len(), 8 | 12 | 14)).then_some((digits, is_utc))
}

/// A date as people read it; as it stands, where it is none.
fn readable(date: &str) -> String {
    let Some((digits, is_utc)) = digits(date) else { return date.to_owned() };
    let day = format!("{}-{}-{}", &digits[..4], &digits[4..6], &digits[6..8]);
    match digits.get(8..12) {
        Some(time) => format!("{day} {}:{}{}", &time[..2], &time[2..], if is_utc { " UTC" } else { "" }),
        None => day,
    }
}

/// A date as the archive keeps it; one in a zone of its own is taken to be in UTC.
fn moment(date: &str) -> Option<String> {
    let (digits, _) = digits(date)?;
    let time = format!("{:0<6}", digits.get(8..).unwrap_or_default());
    super::moment(&format!("{}-{}-{}T{}:{}:{}", &digits[..4], &digits[4..6], &digits[6..8], &time[..2], &time[2..4], &time[4..6]))
}

#[cfg(test)]
mod tests {
    use super::super::extract;

    #[test]
    fn an_event_gives_people_place_and_date() {
        let event = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Exemple//FR\r\nBEGIN:VTIMEZONE\r\nTZID:Europe/Paris\r\nBEGIN:STANDARD\r\nDTSTART:19701025T030000\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\n\
            BEGIN:VEVENT\r\nUID:1\r\nDTSTART;TZID=Europe/Paris:20260714T103000\r\nDTEND:20260714T100000Z\r\nSUMMARY:Réception\\, jar\r\n dins\r\nLOCATION:Salon\r\n\
            ORGANIZER;CN=\"Ada: protocole\":mailto:ada@example.org\r\nATTENDEE:MAILTO:bob@example.org\r\nDESCRIPTION:Menu\\nvins\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";
        let extraction = extract(event.as_bytes(), "x");
        assert_eq!(extraction.format.media, "text/calendar");
        assert_eq!(extraction.title.as_deref(), Some("Réception, jardins"));
        assert_eq!(extraction.date.as_deref(), Some("2026-07-14T10:30:00Z"));
        assert_eq!(extraction.authors, ["Ada: protocole <ada@example.org>"]);
        assert_eq!(extraction.recipients, ["bob@example.org"]);
        let text = "2026-07-14 10:30\n2026-07-14 10:00 UTC\nRéception, jardins\nSalon\nAda: protocole <ada@example.org>\nbob@example.org\nMenu\nvins";
        assert_eq!(extraction.text, text);
    }

    #[test]
    fn cards_of_every_version_are_read() {
        let card = "BEGIN:VCARD\nVERSION:2.1\nN;CHARSET=ISO-8859-1;ENCODING=QUOTED-PRINTABLE:D=E9sir=E9;H=E9l=E8ne\nFN;CHARSET=ISO-8859-1;ENCODING=QUOTED-PRINTABLE:H=E9l=E8ne D=\n=E9sir=E9\n\
            ORG:Ambassade;Service culturel\nADR;WORK:;;1 rue Haute;Lisbonne;;1200;Portugal\nTEL;CELL:+351 210 000 000\nitem1.EMAIL;INTERNET:helene@example.org\nPHOTO;ENCODING=BASE64:R0lGODlh\n  AAAA\nBDAY:19800102\nEND:VCARD\n";
        let extraction = extract(card.as_bytes(), "x");
        assert_eq!((extraction.format.tags[0].as_str(), extraction.title.as_deref()), ("vcf", Some("Hélène Désiré")));
        let text = "Hélène Désiré\nHélène Désiré\nAmbassade, Service culturel\n1 rue Haute, Lisbonne, 1200, Portugal\n+351 210 000 000\nhelene@example.org\n1980-01-02";
        assert_eq!(extraction.text, text);
        let two = extract([card, card].concat().as_bytes(), "x");
        assert_eq!((two.title, two.text.matches("Lisbonne").count()), (None, 2));
    }

    #[test]
    fn anything_may_stand_in_a_line() {
        for line in [
            "\u{e9}:",
            ";:",
            "DTSTART:20",
            "DTSTART:--------",
            "SUMMARY;ENCODING=QUOTED-PRINTABLE:=",
            "ORGANIZER:mailtoé",
            "N:\\",
        ] {
            extract(format!("BEGIN:VCALENDAR\n{line}\n{line}").as_bytes(), "x");
            extract(format!("BEGIN:VCARD\n{line}\n{line}").as_bytes(), "x");
        }
    }
}
