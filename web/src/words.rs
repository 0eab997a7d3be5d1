//! What pages say, in French and in English: one catalogue each in `web/messages/`, with the same messages. Also numbers,
//! sizes and dates as each language writes them.

use chartrier_schemas::{Text, text::Language};
use fluent_bundle::{FluentArgs, FluentResource, FluentValue, concurrent::FluentBundle};
use jiff::{Timestamp, civil::DateTime, tz::TimeZone};
use std::sync::OnceLock;

const FRENCH: &str = include_str!("../messages/fr.ftl");
const ENGLISH: &str = include_str!("../messages/en.ftl");

type Catalogue = FluentBundle<FluentResource>;

/// A language to speak.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Say(pub(crate) Language);

fn catalogue(language: Language) -> &'static Catalogue {
    static FR: OnceLock<Catalogue> = OnceLock::new();
    static EN: OnceLock<Catalogue> = OnceLock::new();
    match language {
        Language::French => FR.get_or_init(|| read("fr", FRENCH)),
        Language::English => EN.get_or_init(|| read("en", ENGLISH)),
    }
}

/// A message that cannot be read is missing, and a test names it.
fn read(language: &str, messages: &str) -> Catalogue {
    let mut catalogue = FluentBundle::new_concurrent(language.parse().into_iter().collect());
    catalogue.set_use_isolating(false);
    let resource = FluentResource::try_new(messages.to_owned()).unwrap_or_else(|(resource, _)| resource);
    catalogue.add_resource_overriding(resource);
    catalogue
}

impl Say {
    /// The code of the language.
    pub(crate) fn code(self) -> &'static str {
        match self.0 {
            Language::French => "fr",
            Language::English => "en",
        }
    }

    /// A message.
    pub(crate) fn t(self, key: &'static str) -> String {
        self.with(key, &[])
    }

    /// A message with values.
    pub(crate) fn with(self, key: &'static str, values: &[(&'static str, FluentValue<'_>)]) -> String {
        let catalogue = catalogue(self.0);
        let Some(pattern) = catalogue.get_message(key).and_then(|message| message.value()) else { return key.to_owned() };
        let values: FluentArgs<'_> = values.iter().map(|(name, value)| (*name, value.clone())).collect();
        catalogue.format_pattern(pattern, Some(&values), &mut Vec::new()).into_owned()
    }

    /// A message that counts.
    pub(crate) fn count(self, key: &'static str, count: u64) -> String {
        self.with(key, &[("count", FluentValue::from(count)), ("shown", self.number(count).into())])
    }

    /// A sentence of the engine or of a reader.
    pub(crate) fn text(self, text: &Text) -> &str {
        text.in_language(self.0)
    }

    /// A number in groups of three.
    pub(crate) fn number(self, number: u64) -> String {
        let separator = match self.0 {
            Language::French => '\u{202f}',
            Language::English => ',',
        };
        let digits = number.to_string();
        let mut shown = String::new();
        for (at, digit) in digits.chars().enumerate() {
            if at > 0 && (digits.len() - at).is_multiple_of(3) {
                shown.push(separator);
            }
            shown.push(digit);
        }
        shown
    }

    /// Bytes as a person reads them.
    pub(crate) fn size(self, bytes: u64) -> String {
        let units = match self.0 {
            Language::French => ["octets", "ko", "Mo", "Go", "To"],
            Language::English => ["bytes", "kB", "MB", "GB", "TB"],
        };
        let (mut size, mut unit) = (bytes as f64, 0);
        while size >= 999.5 && unit + 1 < units.len() {
            (size, unit) = (size / 1000.0, unit + 1);
        }
        let shown = if unit == 0 || size >= 99.95 { format!("{size:.0}") } else { format!("{size:.1}") };
        let shown = if self.0 == Language::French { shown.replace('.', ",") } else { shown };
        format!("{shown}\u{a0}{}", units[unit])
    }

    /// A length of time as people say it: its largest unit, from a minute on.
    pub(crate) fn span(self, seconds: u64) -> String {
        let day = if self.0 == Language::French { "j" } else { "d" };
        let (count, unit) = match seconds {
            0..60 => (seconds, "s"),
            60..3_600 => (seconds / 60, "min"),
            3_600..172_800 => (seconds / 3_600, "h"),
            _ => (seconds / 86_400, day),
        };
        format!("{}\u{a0}{unit}", self.number(count))
    }

    /// The day of an RFC 3339 date, as it is written in it.
    pub(crate) fn day(self, date: &str) -> String {
        let day = date.get(..10).and_then(|day| day.parse::<jiff::civil::Date>().ok());
        day.map_or_else(|| date.to_owned(), |day| self.civil(day))
    }

    /// A moment, here.
    pub(crate) fn moment(self, moment: Timestamp) -> String {
        self.clock(TimeZone::system().to_datetime(moment))
    }

    /// A moment that was written down.
    pub(crate) fn written(self, moment: &str) -> String {
        self.told(moment).unwrap_or_else(|| moment.to_owned())
    }

    /// A moment that was written down, if it is one: here; or wherever a camera was that tells no time zone.
    pub(crate) fn told(self, moment: &str) -> Option<String> {
        let there = || moment.contains('T').then(|| moment.parse().ok()).flatten();
        moment.parse().ok().map(|moment| self.moment(moment)).or_else(|| there().map(|there| self.clock(there)))
    }

    fn clock(self, at: DateTime) -> String {
        format!("{} {:02}:{:02}:{:02}", self.civil(at.date()), at.hour(), at.minute(), at.second())
    }

    fn civil(self, day: jiff::civil::Date) -> String {
        const MONTHS: [(&str, &str); 12] = [
            ("Jan", "janv."),
            ("Feb", "févr."),
            ("Mar", "mars"),
            ("Apr", "avr."),
            ("May", "mai"),
            ("Jun", "juin"),
            ("Jul", "juill."),
            ("Aug", "août"),
            ("Sep", "sept."),
            ("Oct", "oct."),
            ("Nov", "nov."),
            ("Dec", "déc."),
        ];
        let (en, fr) = MONTHS[usize::try_from(day.month() - 1).unwrap_or(0).min(11)];
        match self.0 {
            Language::French if day.day() == 1 => format!("1er\u{a0}{fr}\u{a0}{}", day.year()),
            Language::French => format!("{}\u{a0}{fr}\u{a0}{}", day.day(), day.year()),
            Language::English => format!("{}\u{a0}{en}\u{a0}{}", day.day(), day.year()),
        }
    }
}

/// Whether a character turns the order of letters round (a bidirectional control of Unicode): one name would look like another.
pub(crate) fn turns_letters(c: char) -> bool {
    matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// The language that a browser prefers of the two; English where it wants neither.
pub(crate) fn preferred(accepted: &str) -> Language {
    let mut best = (0.0, Language::English);
    for one in accepted.split(',') {
        let mut words = one.split(';');
        let tag = words.next().unwrap_or_default().trim().to_ascii_lowercase();
        let weight = words.find_map(|word| word.trim().strip_prefix("q=")?.parse::<f32>().ok()).unwrap_or(1.0);
        let language = match tag.split('-').next() {
            Some("fr") => Language::French,
            Some("en") => Language::English,
            _ => continue,
        };
        if weight > best.0 {
            best = (weight, language);
        }
    }
    best.1
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{collections::BTreeSet, fs, path::Path};

    fn keys(messages: &str) -> BTreeSet<String> {
        let names = messages.lines().filter(|line| line.starts_with(|c: char| c.is_ascii_lowercase()));
        names.filter_map(|line| line.split_once(" =")).map(|(name, _)| name.to_owned()).collect()
    }

    fn values(messages: &str, key: &str) -> BTreeSet<String> {
        let after = messages.split(&format!("\n{key} =")).nth(1).unwrap_or_default();
        let message = after.split("\n\n").next().unwrap_or_default();
        let end = message.match_indices('\n').map(|(at, _)| at).find(|at| !message[at + 1..].starts_with([' ', '}']));
        let message = &message[..end.unwrap_or(message.len())];
        let names = message.split('$').skip(1);
        names.map(|name| name.chars().take_while(|c| c.is_alphanumeric()).collect()).collect()
    }

    fn sources(folder: &Path, all: &mut String) {
        for entry in fs::read_dir(folder).unwrap().flatten() {
            match entry.path() {
                path if path.is_dir() => sources(&path, all),
                path => all.push_str(fs::read_to_string(path).unwrap().split("#[cfg(test)]").next().unwrap()),
            }
        }
    }

    #[test]
    fn moments_are_told_as_people_read_them() {
        let say = Say(Language::French);
        // A camera tells no time zone: it was so late where it was.
        assert_eq!(say.told("2026-05-02T10:15:00").as_deref(), Some("2\u{a0}mai\u{a0}2026 10:15:00"));
        assert!(say.told("2026-05-02T10:15:00Z").is_some_and(|told| told.contains("mai\u{a0}2026")));
        for other in ["20260502", "2026-05-02", "1.4", "T", "signature", ""] {
            assert_eq!(say.told(other), None, "{other}");
        }
    }

    #[test]
    fn both_catalogues_say_the_same_things() {
        let (french, english) = (format!("\n{FRENCH}"), format!("\n{ENGLISH}"));
        assert_eq!(keys(&french), keys(&english));
        for key in keys(&french) {
            assert_eq!(values(&french, &key), values(&english, &key), "the values of {key}");
        }
        for messages in [FRENCH, ENGLISH] {
            FluentResource::try_new(messages.to_owned()).map_err(|(_, why)| why).unwrap();
        }
    }

    #[test]
    fn every_message_is_used_and_every_message_used_is_there() {
        let mut all = String::new();
        sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut all);
        let known = keys(FRENCH);
        let unused: Vec<_> = known.iter().filter(|key| !all.contains(&format!("\"{key}\""))).collect();
        assert!(unused.is_empty(), "no page says {unused:?}");
        for call in [".t(\"", ".with(\"", ".count(\""] {
            for key in all.split(call).skip(1).filter_map(|rest| rest.split('"').next()) {
                assert!(known.contains(key), "there is no message {key}");
            }
        }
    }

    #[test]
    fn french_spaces_do_not_break() {
        for (line, told) in (1..).zip(FRENCH.lines()).filter(|(_, told)| !told.starts_with('#')) {
            let told = told.split_once(" = ").map_or(told, |(_, told)| told);
            for sign in [" :", " ;", " !", " ?", "« ", " »"] {
                assert!(!told.contains(sign), "fr.ftl:{line}: a space that breaks: {told}");
            }
            for sign in [';', '!', '?', ':', '»'] {
                let bare = |at: usize| {
                    !told[..at].ends_with(['\u{a0}', '\u{202f}']) && !told[at + 1..].starts_with(|c: char| !c.is_whitespace())
                };
                let ascii = sign.is_ascii() && told.match_indices(sign).any(|(at, _)| bare(at) && !told[..at].ends_with("type"));
                assert!(!ascii, "fr.ftl:{line}: a no-break space is missing before {sign}: {told}");
            }
            assert!(!told.contains('\''), "fr.ftl:{line}: a straight apostrophe: {told}");
        }
    }

    #[test]
    fn numbers_sizes_and_dates_are_written_as_each_language_does() {
        let (fr, en) = (Say(Language::French), Say(Language::English));
        assert_eq!((fr.number(1_204_311).as_str(), en.number(1_204_311).as_str()), ("1\u{202f}204\u{202f}311", "1,204,311"));
        assert_eq!((fr.number(12).as_str(), en.number(999).as_str()), ("12", "999"));
        assert_eq!((fr.size(1_530_000).as_str(), en.size(999).as_str()), ("1,5\u{a0}Mo", "999\u{a0}bytes"));
        let spans = [(5, "5\u{a0}s"), (125, "2\u{a0}min"), (90_000, "25\u{a0}h"), (400_000, "4\u{a0}j")];
        assert!(spans.iter().all(|(seconds, told)| fr.span(*seconds) == *told));
        assert_eq!(fr.day("2026-07-14T10:00:00Z"), "14\u{a0}juill.\u{a0}2026");
        assert_eq!(en.day("2026-07-01"), "1\u{a0}Jul\u{a0}2026");
        assert_eq!(fr.day("someday"), "someday");
    }

    #[test]
    fn the_browser_is_asked_for_its_language() {
        assert_eq!(preferred("fr-FR,fr;q=0.9,en;q=0.8"), Language::French);
        assert_eq!(preferred("de, en;q=0.4, fr;q=0.5"), Language::French);
        assert_eq!(preferred("en-GB,fr;q=0.9"), Language::English);
        assert_eq!(preferred("de"), Language::English);
        assert_eq!(preferred(""), Language::English);
    }
}
