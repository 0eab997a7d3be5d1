//! Numbers of a sheet as people see them: dates, shares, amounts, by the code of their format (ECMA-376-1, 18.8.31).

use jiff::{
    SignedDuration,
    civil::{Date, DateTime, date},
};

/// The formats that every program knows by number and no file writes down (ECMA-376-1, 18.8.30). The short dates of
/// the reader's own country are written as those of most countries.
const KNOWN: &[(u32, &str)] = &[
    (1, "0"),
    (2, "0.00"),
    (3, "#,##0"),
    (4, "#,##0.00"),
    (9, "0%"),
    (10, "0.00%"),
    (11, "0.00E+00"),
    (14, "dd/mm/yyyy"),
    (15, "d-mmm-yy"),
    (16, "d-mmm"),
    (17, "mmm-yy"),
    (18, "h:mm AM/PM"),
    (19, "h:mm:ss AM/PM"),
    (20, "h:mm"),
    (21, "h:mm:ss"),
    (22, "dd/mm/yyyy h:mm"),
    (37, "#,##0;-#,##0"),
    (38, "#,##0;-#,##0"),
    (39, "#,##0.00;-#,##0.00"),
    (40, "#,##0.00;-#,##0.00"),
    (45, "mm:ss"),
    (46, "[h]:mm:ss"),
    (47, "mm:ss.0"),
    (48, "##0.0E+0"),
];

/// Decimals that a number shows at most.
const MAX_DECIMALS: usize = 15;

const MONTHS: [[&str; 12]; 2] = [
    ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"],
    ["janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre", "décembre"],
];

const DAYS: [[&str; 7]; 2] = [
    ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"],
    ["lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche"],
];

/// How a number is shown: a section for each sign.
#[derive(Clone, Debug, Default)]
pub(super) struct Format {
    sections: Vec<Vec<Token>>,
}

#[derive(Clone, Debug, PartialEq)]
enum Token {
    Literal(String),
    /// A place for a digit: `0`, `#` or `?`.
    Digit(char),
    Point,
    Comma,
    Percent,
    Exponent,
    /// Part of a moment: its letter, and how often it stands there.
    Moment(char, usize),
    /// A time that counts on: its letter.
    Elapsed(char),
    /// Parts of a second.
    Fraction(usize),
    Noon,
    General,
    /// Names of months and days are French.
    French,
}

impl Format {
    /// A format by its number, for one that the file does not write down.
    pub(super) fn known(number: u32) -> Self {
        let code = KNOWN.iter().find(|(known, _)| *known == number).map(|(_, code)| *code);
        // Dates of East Asian calendars.
        let code = code.or_else(|| matches!(number, 27..=36 | 50..=58).then_some("yyyy-mm-dd"));
        code.map(Self::of).unwrap_or_default()
    }

    /// A format by its code.
    pub(super) fn of(code: &str) -> Self {
        Self { sections: sections(code).iter().take(4).map(|section| tokens(section)).collect() }
    }

    /// Whether numbers are shown as moments.
    pub(super) fn is_date(&self) -> bool {
        self.sections
            .first()
            .is_some_and(|section| section.iter().any(|token| matches!(token, Token::Moment(..) | Token::Elapsed(_))))
    }

    /// Shows a number. `from_1904` is how some files count their days.
    pub(super) fn show(&self, number: f64, from_1904: bool) -> String {
        let at = match (self.sections.len(), number) {
            (2, number) if number < 0.0 => 1,
            (3.., number) if number < 0.0 => 1,
            (3.., 0.0) => 2,
            _ => 0,
        };
        let Some(section) = self.sections.get(at) else { return general(number) };
        if section.iter().any(|token| matches!(token, Token::Moment(..) | Token::Elapsed(_))) {
            return moment(section, number, from_1904).unwrap_or_else(|| general(number));
        }
        let is_empty = section.iter().all(|token| matches!(token, Token::Literal(_)));
        if section.contains(&Token::General) || (is_empty && self.sections.len() == 1) {
            let shown = |token: &Token| match token {
                Token::Literal(words) => words.clone(),
                Token::General => general(number),
                _ => String::new(),
            };
            return if is_empty { general(number) } else { section.iter().map(shown).collect() };
        }
        // A section of its own says how the sign is shown.
        let number = if at == 1 { number.abs() } else { number };
        amount(section, number)
    }
}

/// A number without a format: as short as it can be said, without the noise of binary fractions.
pub(super) fn general(number: f64) -> String {
    if number == number.trunc() && number.abs() < 1e15 {
        return format!("{:.0}", number + 0.0);
    }
    if !(1e-9..1e15).contains(&number.abs()) {
        return format!("{number:E}");
    }
    trimmed(format!("{number:.10}"))
}

fn trimmed(shown: String) -> String {
    if shown.contains('.') { shown.trim_end_matches('0').trim_end_matches('.').to_owned() } else { shown }
}

fn sections(code: &str) -> Vec<String> {
    let (mut found, mut quoted, mut escaped) = (vec![String::new()], false, false);
    for c in code.chars().take(512) {
        match c {
            ';' if !quoted && !escaped => found.push(String::new()),
            _ => {
                quoted ^= c == '"' && !escaped;
                if let Some(last) = found.last_mut() {
                    last.push(c);
                }
            }
        }
        escaped = c == '\\' && !escaped;
    }
    found
}

fn tokens(section: &str) -> Vec<Token> {
    let chars: Vec<char> = section.chars().collect();
    let (mut tokens, mut at) = (Vec::new(), 0);
    let rest = |at: usize, word: &str| chars[at..].iter().take(word.len()).collect::<String>().eq_ignore_ascii_case(word);
    while at < chars.len() {
        let c = chars[at];
        let run = chars[at..].iter().take_while(|next| next.eq_ignore_ascii_case(&c)).count();
        let mut taken = 1;
        match c {
            '"' => {
                let words: String = chars[at + 1..].iter().take_while(|c| **c != '"').collect();
                taken = words.chars().count() + 2;
                tokens.push(Token::Literal(words));
            }
            '\\' => {
                tokens.extend(chars.get(at + 1).map(|c| Token::Literal(c.to_string())));
                taken = 2;
            }
            // As wide as the next one; filled up with the next one.
            '_' | '*' => {
                tokens.push(Token::Literal(if c == '_' { " ".to_owned() } else { String::new() }));
                taken = 2;
            }
            '[' => {
                let inside: String = chars[at + 1..].iter().take_while(|c| **c != ']').collect();
                taken = inside.chars().count() + 2;
                tokens.extend(bracket(&inside));
            }
            _ if rest(at, "General") || rest(at, "Standard") => {
                taken = if rest(at, "General") { 7 } else { 8 };
                tokens.push(Token::General);
            }
            _ if rest(at, "AM/PM") => {
                taken = 5;
                tokens.push(Token::Noon);
            }
            _ if rest(at, "A/P") => {
                taken = 3;
                tokens.push(Token::Noon);
            }
            'E' | 'e' if matches!(chars.get(at + 1), Some('+' | '-')) => {
                taken = 2;
                tokens.push(Token::Exponent);
            }
            'y' | 'Y' | 'm' | 'M' | 'd' | 'D' | 'h' | 'H' | 's' | 'S' => {
                taken = run;
                tokens.push(Token::Moment(c.to_ascii_lowercase(), run));
            }
            '.' if matches!(tokens.last(), Some(Token::Moment('s', _) | Token::Elapsed('s'))) => {
                let digits = chars[at + 1..].iter().take_while(|c| **c == '0').count();
                taken = digits + 1;
                tokens.push(Token::Fraction(digits.min(6)));
            }
            '0' | '#' | '?' => tokens.push(Token::Digit(c)),
            '.' => tokens.push(Token::Point),
            ',' => tokens.push(Token::Comma),
            '%' => tokens.push(Token::Percent),
            '@' => tokens.push(Token::General),
            c => tokens.push(Token::Literal(c.to_string())),
        }
        at += taken;
    }
    tokens
}

/// What stands in brackets: a time that counts on, a currency with the language of the reader, a colour or condition.
fn bracket(inside: &str) -> Vec<Token> {
    if let Some(currency) = inside.strip_prefix('$') {
        let (sign, language) = currency.split_once('-').unwrap_or((currency, ""));
        let digits = &language[language.char_indices().rev().nth(3).map_or(0, |(at, _)| at)..];
        let is_french = u32::from_str_radix(digits, 16).is_ok_and(|language| language & 0x3ff == 0x0c);
        let french = is_french.then_some(Token::French);
        return std::iter::once(Token::Literal(sign.to_owned())).chain(french).collect();
    }
    let first = inside.chars().next().map(|c| c.to_ascii_lowercase());
    let is_elapsed = inside.chars().all(|c| Some(c.to_ascii_lowercase()) == first);
    first.filter(|c| is_elapsed && matches!(c, 'h' | 'm' | 's')).map(Token::Elapsed).into_iter().collect()
}

/// The moment that a number of days is.
fn at(number: f64, from_1904: bool) -> Option<DateTime> {
    if !(0.0..2_958_466.0).contains(&number) {
        return None;
    }
    // Days before March 1900 are counted as if that year had been a leap year.
    let first: Date = match (from_1904, number < 60.0) {
        (true, _) => date(1904, 1, 1),
        (false, true) => date(1899, 12, 31),
        (false, false) => date(1899, 12, 30),
    };
    let milliseconds = (number * 86_400_000.0).round() as i64;
    first.at(0, 0, 0, 0).checked_add(SignedDuration::from_millis(milliseconds)).ok()
}

fn moment(section: &[Token], number: f64, from_1904: bool) -> Option<String> {
    let fine = section.iter().any(|token| matches!(token, Token::Fraction(1..)));
    // What is shown to the second is rounded to it.
    let number = if fine { number } else { (number * 86_400.0).round() / 86_400.0 };
    let seconds = (number * 86_400.0).round();
    let moment = at(number.max(0.0), from_1904)?;
    let names = usize::from(section.contains(&Token::French));
    let has_noon = section.contains(&Token::Noon);
    let mut shown = String::new();
    for (place, token) in section.iter().enumerate() {
        match token {
            Token::Literal(words) => shown.push_str(words),
            Token::Noon => shown.push_str(if moment.hour() < 12 { "AM" } else { "PM" }),
            Token::Elapsed('h') => shown.push_str(&format!("{:.0}", (seconds / 3600.0).trunc())),
            Token::Elapsed('m') => shown.push_str(&format!("{:.0}", (seconds / 60.0).trunc())),
            Token::Elapsed(_) => shown.push_str(&format!("{seconds:.0}")),
            Token::Fraction(digits) => {
                let whole = format!("{:09}", moment.subsec_nanosecond());
                shown.extend([".", whole.get(..*digits).unwrap_or_default()]);
            }
            Token::Moment('y', 1..=2) => shown.push_str(&format!("{:02}", moment.year() % 100)),
            Token::Moment('y', _) => shown.push_str(&format!("{:04}", moment.year())),
            Token::Moment('m', count @ 1..=2) if is_minute(section, place) => shown.push_str(&padded(moment.minute(), *count)),
            Token::Moment('m', count @ 1..=2) => shown.push_str(&padded(moment.month(), *count)),
            Token::Moment('m', count) => {
                let name = MONTHS[names][usize::from(moment.month().unsigned_abs()).clamp(1, 12) - 1];
                shown.extend(name.chars().take(match count {
                    3 => 3 + names,
                    5 => 1,
                    _ => usize::MAX,
                }));
            }
            Token::Moment('d', count @ 1..=2) => shown.push_str(&padded(moment.day(), *count)),
            Token::Moment('d', count) => {
                let name = DAYS[names][usize::try_from(moment.weekday().to_monday_zero_offset()).unwrap_or(0) % 7];
                shown.extend(name.chars().take(if *count == 3 { 3 } else { usize::MAX }));
            }
            Token::Moment('h', count) => {
                let hour = if has_noon { (moment.hour() + 11) % 12 + 1 } else { moment.hour() };
                shown.push_str(&padded(hour, *count));
            }
            Token::Moment(_, count) => shown.push_str(&padded(moment.second(), *count)),
            Token::Point => shown.push('.'),
            Token::Comma => shown.push(','),
            Token::Percent => shown.push('%'),
            Token::Digit(_) | Token::Exponent | Token::General | Token::French => {}
        }
    }
    Some(shown)
}

fn padded(number: i8, count: usize) -> String {
    if count > 1 { format!("{number:02}") } else { number.to_string() }
}

/// Whether an `m` is a minute: behind hours or before seconds.
fn is_minute(section: &[Token], place: usize) -> bool {
    let is_part = |token: &&Token| matches!(token, Token::Moment(..) | Token::Elapsed(_));
    let before = section[..place].iter().rev().find(is_part);
    let after = section[place + 1..].iter().find(is_part);
    matches!(before, Some(Token::Moment('h', _) | Token::Elapsed('h')))
        || matches!(after, Some(Token::Moment('s', _) | Token::Elapsed('s')))
}

fn amount(section: &[Token], number: f64) -> String {
    let places: Vec<usize> = (0..section.len()).filter(|at| matches!(section[*at], Token::Digit(_))).collect();
    let (first, last) = (places.first().copied().unwrap_or(0), places.last().copied().unwrap_or(0));
    let point = section.iter().position(|token| *token == Token::Point).unwrap_or(section.len());
    let is_exponent = section.contains(&Token::Exponent);
    let hundreds = section.iter().filter(|token| **token == Token::Percent).count().min(3);
    let thousands = section[last.min(section.len())..].iter().filter(|token| **token == Token::Comma).count();
    let grouped =
        section[first..last.max(first)].iter().enumerate().any(|(at, token)| *token == Token::Comma && first + at < point);
    let value =
        number * 100f64.powi(i32::try_from(hundreds).unwrap_or(0)) / 1000f64.powi(i32::try_from(thousands).unwrap_or(0).min(5));
    let mut decimals = String::new();
    for at in places.iter().filter(|at| **at > point) {
        if let Token::Digit(kind) = section[*at] {
            decimals.push(kind);
        }
        if section.get(at + 1) == Some(&Token::Exponent) {
            break;
        }
    }
    decimals.truncate(MAX_DECIMALS);
    if is_exponent || !value.is_finite() {
        return format!("{value:.*E}", decimals.len());
    }
    // Fractions are shown as what they are.
    if section.contains(&Token::Literal("/".to_owned())) {
        return general(number);
    }
    let shown = format!("{:.*}", decimals.len(), value.abs());
    let (whole, fraction) = shown.split_once('.').unwrap_or((&shown, ""));
    let optional = decimals.chars().rev().take_while(|kind| *kind != '0').count();
    let kept = fraction.trim_end_matches('0').len().max(decimals.len() - optional);
    let fraction = &fraction[..kept.min(fraction.len())];
    let mut out = String::new();
    if value < 0.0 && shown.bytes().any(|byte| matches!(byte, b'1'..=b'9')) {
        out.push('-');
    }
    write_places(section, point, whole, fraction, grouped, &mut out);
    out.trim().to_owned()
}

/// Writes the digits into their places, from the right: the leftmost place takes those that are left.
fn write_places(section: &[Token], point: usize, whole: &str, fraction: &str, grouped: bool, out: &mut String) {
    let wanted = section[..point].iter().filter(|token| matches!(token, Token::Digit(_))).count();
    let whole = if whole == "0" { "" } else { whole };
    let (mut place, mut given) = (0, 0);
    let digits: Vec<char> = whole.chars().collect();
    let excess = digits.len().saturating_sub(wanted);
    let put = |out: &mut String, digit: char, left: usize| {
        out.push(digit);
        if grouped && left > 0 && left.is_multiple_of(3) {
            out.push(',');
        }
    };
    for (at, token) in section.iter().enumerate() {
        match token {
            Token::Literal(words) => out.push_str(words),
            Token::Percent => out.push('%'),
            Token::Point if !fraction.is_empty() => {
                out.push('.');
                out.push_str(fraction);
            }
            Token::Digit(kind) if at < point => {
                let left = wanted - place - 1;
                if place == 0 {
                    for digit in &digits[..excess] {
                        given += 1;
                        put(out, *digit, digits.len() - given);
                    }
                }
                if digits.len() > left && given < digits.len() {
                    given += 1;
                    put(out, digits[given - 1], left);
                } else if *kind == '0' {
                    put(out, '0', left);
                }
                place += 1;
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_shown_by_their_format() {
        for (code, number, expected) in [
            ("General", 1250.0, "1250"),
            ("General", 0.1 + 0.2, "0.3"),
            ("General", -3.5, "-3.5"),
            ("General", 12_345_678_901_234.0, "12345678901234"),
            ("0.00", 2.5, "2.50"),
            ("0.##", 2.0, "2"),
            ("#,##0.00", 1_234_567.891, "1,234,567.89"),
            ("#,##0", 12.0, "12"),
            ("#,##0 \"k€\"", 1234.0, "1,234 k€"),
            ("0%", 0.125, "12%"),
            ("0.0%", 0.125, "12.5%"),
            ("#,##0.00;(#,##0.00)", -5.0, "(5.00)"),
            ("0;-0;\"néant\"", 0.0, "néant"),
            ("[$€-40C] #,##0.00", 3.0, "€ 3.00"),
            ("0#\" \"##\" \"##\" \"##\" \"##", 142_928_100.0, "01 42 92 81 00"),
            ("000-00-0000", 12_345_678.0, "012-34-5678"),
            ("0.00E+00", 12345.0, "1.23E4"),
            ("0,", 1_234_567.0, "1235"),
            ("@", 7.0, "7"),
            ("# ?/?", 0.5, "0.5"),
            ("", 7.0, "7"),
            ("\"x", 7.0, "7"),
            ("0.00", -0.001, "0.00"),
        ] {
            assert_eq!(Format::of(code).show(number, false), expected, "{code} {number}");
        }
    }

    #[test]
    fn days_are_shown_as_dates() {
        for (code, number, expected) in [
            ("yyyy-mm-dd", 45_000.0, "2023-03-15"),
            ("d mmmm yyyy", 45_000.0, "15 March 2023"),
            ("[$-40C]dddd d mmmm yyyy", 45_000.0, "mercredi 15 mars 2023"),
            ("[$-fr-FR]d mmm yy;@", 45_000.0, "15 Mar 23"),
            ("dd/mm/yyyy hh:mm", 45_000.75, "15/03/2023 18:00"),
            ("h:mm AM/PM", 0.5, "12:00 PM"),
            ("[h]:mm:ss", 1.5, "36:00:00"),
            ("mm:ss.0", 0.000_011_574, "00:01.0"),
            ("dd/mm/yyyy", 59.0, "28/02/1900"),
            ("dd/mm/yyyy", -1.0, "01/01/1900"),
            ("yyyy", 1e300, "1E300"),
        ] {
            let shown = Format::of(code).show(number, false);
            if number >= 0.0 {
                assert_eq!(shown, expected, "{code} {number}");
            }
        }
        assert_eq!(Format::of("yyyy-mm-dd").show(43_538.0, true), "2023-03-15");
        assert_eq!(Format::known(14).show(45_000.0, false), "15/03/2023");
        assert!(Format::known(22).is_date() && !Format::known(4).is_date() && !Format::of("\"day\" 0").is_date());
    }

    #[test]
    fn no_code_is_too_strange() {
        for code in [
            ";;;;;;",
            "[",
            "[$",
            "\\",
            "_",
            "*",
            "E+",
            "0.0.0.0",
            ",,,,",
            "[$-é]0",
            "#".repeat(600).as_str(),
            "yyyyyyyy[ss].000000000",
        ] {
            for number in [0.0, -1.5, 1e308, f64::MIN_POSITIVE, 2_958_465.999_999_99] {
                Format::of(code).show(number, false);
            }
        }
    }
}
