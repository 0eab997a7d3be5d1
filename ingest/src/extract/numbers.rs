//! Numbers and dates as people see them in a table: what a cell keeps is 38261.5, what is read is 2004-10-01 12:00
//! (ECMA-376-1, 18.8.30 and 18.8.31).

use jiff::civil::{DateTime, date};
use std::collections::BTreeMap;

/// Digits that a number shows where no format says how many.
const GENERAL_DIGITS: usize = 10;

/// Longest format that is followed.
const MAX_CODE: usize = 256;

/// Decimals that are shown at most, as Excel does.
const MAX_DECIMALS: usize = 30;

/// The number formats of a workbook.
#[derive(Default)]
pub(super) struct Formats {
    /// Formats by their numbers, where they are not built in.
    codes: BTreeMap<u16, String>,
    /// The number of the format of each style of cells.
    styles: Vec<u16>,
    /// Whether days count from 1904 instead of 1900.
    pub(super) from_1904: bool,
}

/// Styles of one workbook.
const MAX_STYLES: usize = 65_536;

impl Formats {
    pub(super) fn add_code(&mut self, number: u16, code: String) {
        if code.len() <= MAX_CODE && self.codes.len() < MAX_STYLES {
            self.codes.insert(number, code);
        }
    }

    pub(super) fn add_style(&mut self, format: u16) {
        if self.styles.len() < MAX_STYLES {
            self.styles.push(format);
        }
    }

    /// A number as a cell of this style shows it.
    pub(super) fn shown(&self, style: usize, value: f64) -> String {
        let number = self.styles.get(style).copied().unwrap_or(0);
        let code = self.codes.get(&number).map_or_else(|| built_in(number), String::as_str);
        shown(code, value, self.from_1904)
    }
}

/// Formats that every program knows by their numbers.
fn built_in(number: u16) -> &'static str {
    match number {
        1 => "0",
        2 => "0.00",
        3 => "#,##0",
        4 => "#,##0.00",
        5 | 6 => "$#,##0;($#,##0)",
        7 | 8 => "$#,##0.00;($#,##0.00)",
        9 => "0%",
        10 => "0.00%",
        11 => "0.00E+00",
        // What says a day in the order of a country is shown in the order that every country reads.
        14 | 27..=31 | 36 | 50..=54 | 57 | 58 => "yyyy-mm-dd",
        15 => "d-mmm-yy",
        16 => "d-mmm",
        17 => "mmm-yy",
        18 => "h:mm AM/PM",
        19 => "h:mm:ss AM/PM",
        20 | 32 | 34 => "h:mm",
        21 | 33 | 35 => "h:mm:ss",
        22 => "yyyy-mm-dd h:mm",
        37 | 38 => "#,##0;(#,##0)",
        39 | 40 => "#,##0.00;(#,##0.00)",
        41 | 42 => "#,##0",
        43 | 44 => "#,##0.00",
        45 => "mm:ss",
        46 => "[h]:mm:ss",
        47 => "mm:ss.0",
        48 => "##0.0E+0",
        _ => "General",
    }
}

/// A number in a format.
fn shown(code: &str, value: f64, from_1904: bool) -> String {
    let sections = sections(code);
    let (section, is_signed) = match (sections.as_slice(), value) {
        ([_, negative, ..], value) if value < 0.0 => (negative, true),
        ([_, _, zero, ..], 0.0) => (zero, true),
        ([first, ..], _) => (first, false),
        ([], _) => return general(value),
    };
    let value = if is_signed { value.abs() } else { value };
    let tokens = tokens(section);
    if tokens.iter().any(|token| matches!(token, Token::General | Token::Fraction)) || tokens.is_empty() {
        return general(value);
    }
    if tokens.iter().any(|token| matches!(token, Token::Date(..) | Token::Elapsed(_))) {
        return moment(&tokens, value, from_1904).unwrap_or_else(|| general(value));
    }
    number(&tokens, value)
}

/// The formats of positive numbers, negative ones, and nothing.
fn sections(code: &str) -> Vec<&str> {
    let (mut sections, mut from) = (Vec::new(), 0);
    let (mut in_quotes, mut escaped) = (false, false);
    for (at, c) in code.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' | '_' | '*' if !in_quotes => escaped = true,
            '"' => in_quotes = !in_quotes,
            ';' if !in_quotes => {
                sections.push(&code[from..at]);
                from = at + 1;
            }
            _ => {}
        }
    }
    sections.push(&code[from..]);
    sections
}

#[derive(Debug, PartialEq)]
enum Token {
    Words(String),
    General,
    /// A place for a digit: `0`, `#` or `?`.
    Digit(char),
    Point,
    Comma,
    Percent,
    /// `E+` or `E-`.
    Power,
    /// `/` among places for digits.
    Fraction,
    /// A part of a date: its letter, and how often it is written.
    Date(char, usize),
    /// `[h]`, `[m]`, `[s]`: more than a day, an hour, a minute.
    Elapsed(char),
    /// Morning or afternoon.
    Half,
    /// Names of months and days are French.
    French,
}

fn tokens(section: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut rest = section;
    while let Some(c) = rest.chars().next() {
        let mut taken = c.len_utf8();
        let after = &rest[taken..];
        match c {
            '"' => {
                let words = after.split('"').next().unwrap_or_default();
                taken += (words.len() + 1).min(after.len());
                tokens.push(Token::Words(words.to_owned()));
            }
            '\\' | '_' | '*' => {
                let next = after.chars().next();
                taken += next.map_or(0, char::len_utf8);
                // After `_` and `*` stands what only takes room.
                let words = if c == '\\' { next.map(String::from) } else { Some(" ".to_owned()).filter(|_| c == '_') };
                tokens.extend(words.map(Token::Words));
            }
            '[' => {
                let inside = after.split(']').next().unwrap_or_default();
                taken += (inside.len() + 1).min(after.len());
                tokens.extend(bracket(inside));
            }
            '0' | '#' | '?' => tokens.push(Token::Digit(c)),
            '.' => tokens.push(Token::Point),
            ',' => tokens.push(Token::Comma),
            '%' => tokens.push(Token::Percent),
            '/' if tokens.iter().any(|token| matches!(token, Token::Digit(_))) => tokens.push(Token::Fraction),
            'E' | 'e' if after.starts_with(['+', '-']) => {
                taken += 1;
                tokens.push(Token::Power);
            }
            _ if begins(rest, "General") => {
                taken = "General".len();
                tokens.push(Token::General);
            }
            _ if begins(rest, "AM/PM") || begins(rest, "A/P") => {
                taken = if begins(rest, "AM/PM") { 5 } else { 3 };
                tokens.push(Token::Half);
            }
            'y' | 'Y' | 'm' | 'M' | 'd' | 'D' | 'h' | 'H' | 's' | 'S' | 'e' => {
                let letter = if c == 'e' { 'y' } else { c.to_ascii_lowercase() };
                let count = rest.chars().take_while(|next| next.eq_ignore_ascii_case(&c)).count();
                taken = count;
                tokens.push(Token::Date(letter, if c == 'e' { 4 } else { count }));
            }
            '@' => tokens.push(Token::General),
            c => tokens.push(Token::Words(c.to_string())),
        }
        rest = &rest[taken..];
    }
    tokens
}

fn begins(text: &str, word: &str) -> bool {
    text.get(..word.len()).is_some_and(|head| head.eq_ignore_ascii_case(word))
}

/// What stands in brackets: a currency, a stretch of time; colours and conditions are not shown.
fn bracket(inside: &str) -> Option<Token> {
    if let Some(currency) = inside.strip_prefix('$') {
        let (symbol, language) = currency.split_once('-').unwrap_or((currency, ""));
        // The last four digits are the language, of which the lower ten bits say which one ([MS-LCID]).
        let number = language.get(language.len().saturating_sub(4)..).and_then(|digits| u32::from_str_radix(digits, 16).ok());
        return match number {
            _ if !symbol.is_empty() => Some(Token::Words(symbol.to_owned())),
            Some(language) if language & 0x3ff == 0x0c => Some(Token::French),
            _ => None,
        };
    }
    let letter = inside.chars().next()?.to_ascii_lowercase();
    let is_time = matches!(letter, 'h' | 'm' | 's') && inside.chars().all(|c| c.eq_ignore_ascii_case(&letter));
    is_time.then_some(Token::Elapsed(letter))
}

/// A number without a format: as short as it can be written.
pub(super) fn general(value: f64) -> String {
    if value == 0.0 || !value.is_finite() {
        return if value == 0.0 { "0".to_owned() } else { String::new() };
    }
    let rounded: f64 = format!("{value:.*e}", GENERAL_DIGITS - 1).parse().unwrap_or(value);
    let exact = value.fract() == 0.0 && value.abs() < 1e18;
    match value.abs() {
        _ if exact => value.to_string(),
        1e-9..1e15 => rounded.to_string(),
        _ => format!("{rounded:E}"),
    }
}

/// The places of digits before the point, after it, and in the exponent.
struct Places {
    whole: usize,
    least_whole: usize,
    decimals: usize,
    least_decimals: usize,
    exponent: usize,
    thousands: bool,
    /// How often the number is divided by a thousand.
    scaled: i32,
}

fn places(tokens: &[Token]) -> Places {
    let point = tokens.iter().position(|token| *token == Token::Point).unwrap_or(tokens.len());
    let power = tokens.iter().position(|token| *token == Token::Power).unwrap_or(tokens.len());
    let digits =
        |from: usize, to: usize| tokens[from.min(to)..to].iter().filter(|token| matches!(token, Token::Digit(_))).count();
    let zeros = |from: usize, to: usize| tokens[from.min(to)..to].iter().filter(|token| **token == Token::Digit('0')).count();
    // Between digits a comma parts thousands; behind the last one it divides by a thousand.
    let is_digit = |token: &Token| matches!(token, Token::Digit(_));
    let first = tokens.iter().position(is_digit).unwrap_or(power);
    let last = tokens[..power].iter().rposition(is_digit).unwrap_or(power);
    let commas = |from: usize, to: usize| tokens[from.min(to)..to].iter().filter(|token| **token == Token::Comma).count();
    let thousands = commas(first, last.min(point)) > 0;
    let scaled = commas(last, power);
    Places {
        whole: digits(0, point.min(power)),
        least_whole: zeros(0, point.min(power)),
        decimals: digits(point, power).min(MAX_DECIMALS),
        least_decimals: zeros(point, power).min(MAX_DECIMALS),
        exponent: digits(power, tokens.len()),
        thousands,
        scaled: i32::try_from(scaled).unwrap_or(0),
    }
}

fn number(tokens: &[Token], value: f64) -> String {
    let places = places(tokens);
    let percents = tokens.iter().filter(|token| **token == Token::Percent).count();
    // A half is rounded up, as by hand.
    let exact = value.abs() * (1.0 + f64::EPSILON);
    let size = exact * 100_f64.powi(i32::try_from(percents).unwrap_or(0)) / 1_000_f64.powi(places.scaled);
    let (written, exponent) = if places.exponent > 0 {
        let written = format!("{size:.*e}", places.decimals);
        let (digits, exponent) = written.split_once('e').unwrap_or((&written, "0"));
        (digits.to_owned(), exponent.parse().unwrap_or(0))
    } else {
        (format!("{size:.*}", places.decimals), 0_i32)
    };
    let (whole, decimals) = written.split_once('.').unwrap_or((&written, ""));
    let mut decimals = decimals.to_owned();
    while decimals.len() > places.least_decimals && decimals.ends_with('0') {
        decimals.pop();
    }
    let whole = format!("{:0>1$}", whole.trim_start_matches('0'), places.least_whole);
    let mut out = String::new();
    let is_nothing = whole.bytes().chain(decimals.bytes()).all(|digit| digit == b'0');
    if value < 0.0 && !is_nothing {
        out.push('-');
    }
    lay_out(tokens, &places, &whole, &decimals, exponent, &mut out);
    out.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Puts digits where there is place for them; the first place takes all that have no place of their own.
fn lay_out(tokens: &[Token], places: &Places, whole: &str, decimals: &str, exponent: i32, out: &mut String) {
    let (mut place, mut decimal, mut power) = (0, decimals.chars(), None);
    let mut after_point = false;
    for token in tokens {
        match token {
            Token::Words(words) => out.push_str(words),
            Token::Percent => out.push('%'),
            Token::Point => {
                after_point = true;
                if !decimals.is_empty() || places.least_decimals > 0 {
                    out.push('.');
                }
            }
            Token::Power => {
                power = Some(format!("{:0>1$}", exponent.unsigned_abs(), places.exponent));
                out.push('E');
                out.push(if exponent < 0 { '-' } else { '+' });
            }
            Token::Digit(_) if power.is_some() => out.push_str(&power.replace(String::new()).unwrap_or_default()),
            Token::Digit(_) if after_point => out.extend(decimal.next()),
            Token::Digit(_) => {
                place += 1;
                // So many digits lie to the right of this place.
                let right = places.whole - place;
                let from = if place == 1 { 0 } else { whole.len().saturating_sub(right + 1) };
                let digits = whole.get(from..whole.len().saturating_sub(right)).unwrap_or_default();
                for (at, digit) in digits.chars().enumerate() {
                    let after = whole.len() - from - at - 1;
                    out.push(digit);
                    if places.thousands && after > 0 && after.is_multiple_of(3) {
                        out.push(',');
                    }
                }
            }
            Token::Comma
            | Token::General
            | Token::Fraction
            | Token::Date(..)
            | Token::Elapsed(_)
            | Token::Half
            | Token::French => {}
        }
    }
}

const MONTHS: [&str; 12] =
    ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"];
const FRENCH_MONTHS: [&str; 12] =
    ["janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre", "décembre"];
const FRENCH_DAYS: [&str; 7] = ["lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche"];
const DAYS: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

/// The last day that tables count to: 9999-12-31.
const LAST_DAY: f64 = 2_958_466.0;

/// A day and a time of day by their number.
fn day(value: f64, from_1904: bool) -> Option<DateTime> {
    if !(0.0..LAST_DAY).contains(&value) {
        return None;
    }
    let seconds = (value * 86_400.0).round();
    let first = match from_1904 {
        true => date(1904, 1, 1),
        // 1900 is taken for a leap year there: days before its false one are one later.
        false if value < 60.0 => date(1899, 12, 31),
        false => date(1899, 12, 30),
    };
    first.at(0, 0, 0, 0).checked_add(jiff::SignedDuration::try_from_secs_f64(seconds).ok()?).ok()
}

fn moment(tokens: &[Token], value: f64, from_1904: bool) -> Option<String> {
    let day = day(value, from_1904)?;
    let is_half = tokens.contains(&Token::Half);
    let hour = i64::from(if is_half { (day.hour() + 11) % 12 + 1 } else { day.hour() });
    let (months, days) = if tokens.contains(&Token::French) { (FRENCH_MONTHS, FRENCH_DAYS) } else { (MONTHS, DAYS) };
    let mut out = String::new();
    let mut after_seconds = false;
    for (at, token) in tokens.iter().enumerate() {
        match token {
            Token::Date('m', count) if is_minutes(tokens, at) => pad(&mut out, day.minute().into(), *count),
            Token::Date('y', count) => match count {
                1 | 2 => pad(&mut out, i64::from(day.year()).rem_euclid(100), 2),
                _ => pad(&mut out, day.year().into(), 4),
            },
            Token::Date('m', count) => {
                named(&mut out, day.month().into(), *count, months[usize::try_from(day.month() - 1).ok()?])
            }
            Token::Date('d', count) => {
                let weekday = day.date().weekday().to_monday_zero_offset();
                named(&mut out, day.day().into(), *count, days[usize::try_from(weekday).ok()?]);
            }
            Token::Date('h', count) => pad(&mut out, hour, *count),
            Token::Date(_, count) => pad(&mut out, day.second().into(), *count),
            #[allow(clippy::cast_possible_truncation, reason = "the value is that of a day")]
            Token::Elapsed(letter) => {
                let units = match letter {
                    'h' => 24.0,
                    'm' => 1_440.0,
                    _ => 86_400.0,
                };
                pad(&mut out, (value * units + 1e-6).floor() as i64, 1);
            }
            Token::Half => out.push_str(if day.hour() < 12 { "AM" } else { "PM" }),
            Token::Words(words) => out.push_str(words),
            Token::Comma => out.push(','),
            Token::Point if !after_seconds => out.push_str(if in_seconds(tokens, at) { "" } else { "." }),
            Token::Fraction => out.push('/'),
            _ => {}
        }
        after_seconds = matches!(token, Token::Date('s', _));
    }
    Some(out.split_whitespace().collect::<Vec<_>>().join(" "))
}

/// An `m` is minutes beside hours or seconds.
fn is_minutes(tokens: &[Token], at: usize) -> bool {
    let part = |token: &&Token| matches!(token, Token::Date(..) | Token::Elapsed(_));
    let before = tokens[..at].iter().rfind(part);
    let after = tokens[at + 1..].iter().find(part);
    matches!(before, Some(Token::Date('h', _) | Token::Elapsed('h'))) || matches!(after, Some(Token::Date('s', _)))
}

/// Whether a point begins fractions of a second, which are rounded away.
fn in_seconds(tokens: &[Token], at: usize) -> bool {
    matches!(tokens.get(at + 1), Some(Token::Digit(_)))
}

fn pad(out: &mut String, number: i64, places: usize) {
    out.push_str(&format!("{number:0>0$}", places.min(4)));
}

/// A number of one or two digits, or a name, short or whole.
fn named(out: &mut String, number: i64, count: usize, name: &str) {
    match count {
        1 | 2 => pad(out, number, count),
        // June and July of the French begin alike.
        3 => out.extend(name.chars().take(if name.starts_with("jui") { 4 } else { 3 })),
        5 => out.extend(name.chars().take(1)),
        _ => out.push_str(name),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_shown_as_they_are_read() {
        for (code, value, expected) in [
            ("General", 0.1 + 0.2, "0.3"),
            ("General", 12_345_678_901.0, "12345678901"),
            ("General", 1e-12, "1E-12"),
            ("", -3.5, "-3.5"),
            ("0", 2.5, "3"),
            ("0.00", 1234.5, "1234.50"),
            ("#,##0", 1_234_567.8, "1,234,568"),
            ("#,##0.00", 0.5, "0.50"),
            ("#,###", 12.0, "12"),
            ("0.##", 3.0, "3"),
            ("0%", 0.256, "26%"),
            ("0.00E+00", 12345.0, "1.23E+04"),
            ("0.0,,", 12_345_678.0, "12.3"),
            ("#,##0.00 \"€\";[Red]-#,##0.00 \"€\"", -1234.5, "-1,234.50 €"),
            ("[$€-40C] 0.0", 2.0, "€ 2.0"),
            ("$#,##0;($#,##0)", -12.0, "($12)"),
            ("0;-0;\"rien\"", 0.0, "rien"),
            ("00 00 00 00 00", 123_456_789.0, "01 23 45 67 89"),
            ("000-00-0000", 123_456_789.0, "123-45-6789"),
            ("# ?/?", 0.5, "0.5"),
            ("_(* #,##0_);_(* (#,##0);_(* \"-\"_)", 0.0, "-"),
            ("@", 7.0, "7"),
            ("0.0", -0.01, "0.0"),
        ] {
            assert_eq!(shown(code, value, false), expected, "{code}");
        }
    }

    #[test]
    fn days_are_shown_as_dates() {
        for (code, value, expected) in [
            ("yyyy-mm-dd", 39_448.0, "2008-01-01"),
            ("yyyy-mm-dd", 1.0, "1900-01-01"),
            ("d/m/yy h:mm", 39_448.75, "1/1/08 18:00"),
            ("dddd d mmmm yyyy", 39_448.0, "Tuesday 1 January 2008"),
            ("h:mm AM/PM", 0.75, "6:00 PM"),
            ("[h]:mm:ss", 1.5, "36:00:00"),
            ("mm:ss.0", 0.001, "01:26"),
            ("[$-409]d\\-mmm\\-yy;@", 39_448.0, "1-Jan-08"),
            ("dd.mm.yyyy", 39_448.0, "01.01.2008"),
            ("[$-40C]dddd d mmmm yyyy;@", 39_448.0, "mardi 1 janvier 2008"),
            ("[$-F80C]mmm yy", 39_661.0, "aoû 08"),
            ("yyyy-mm-dd", -1.0, "-1"),
            ("yyyy-mm-dd", 1e300, &general(1e300)),
        ] {
            assert_eq!(shown(code, value, false), expected, "{code}");
        }
        assert_eq!(shown("yyyy-mm-dd", 0.0, true), "1904-01-01");
    }

    #[test]
    fn whatever_a_format_says_something_is_shown() {
        for code in
            ["", ";", "\"", "[", "\\", "_", "*", "0E+", "E+0", ",", "..", "0.0.0", "[h", "[$", "é;ü", "0/0", "mmmmmmmmm", "%%%%"]
        {
            for value in [0.0, -1.5, 1e308, f64::NAN, f64::INFINITY, 39_448.123] {
                shown(code, value, false);
            }
        }
        let mut formats = Formats::default();
        formats.add_code(164, "0.0 \"ha\"".to_owned());
        formats.add_style(164);
        assert_eq!((formats.shown(0, 2.0).as_str(), formats.shown(9, 2.0).as_str()), ("2.0 ha", "2"));
    }
}
