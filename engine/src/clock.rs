//! Time comes in from outside, so that a test is a table of dates.

use crate::{Error, Result, error};
use chartrier_schemas::text;
use jiff::{SignedDuration, Timestamp, civil::Date, tz::TimeZone};

/// Where the present moment comes from.
pub trait Clock: Send + Sync {
    /// Now.
    fn now(&self) -> Timestamp;
}

/// The machine's clock.
#[derive(Debug)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}

/// A moment as it is written everywhere: RFC 3339, UTC, whole seconds.
pub fn written(moment: Timestamp) -> String {
    moment.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// The day of a moment, here.
#[must_use]
pub fn day(moment: &str) -> String {
    let here = |moment| TimeZone::system().to_datetime(moment).date().to_string();
    moment.parse().map_or_else(|_| moment.to_owned(), here)
}

/// The last day of what ends at a moment, as it was typed: its end is the first moment of the next day.
#[must_use]
pub fn last_day(until: &str) -> String {
    let before = until.parse::<Timestamp>().and_then(|end| end.checked_sub(SignedDuration::from_secs(1)));
    before.map_or_else(|_| until.to_owned(), |last| day(&last.to_string()))
}

/// What holds until a day holds for the whole of that day, here.
pub fn end_of_day(date: &str) -> Result<String> {
    Ok(day_of(date)?.1)
}

/// The first moment of a day, here, and that of the next one.
pub fn day_of(date: &str) -> Result<(String, String)> {
    let first = |day: Date| TimeZone::system().to_timestamp(day.at(0, 0, 0, 0)).map(written);
    let both = date.parse::<Date>().and_then(|day| Ok((first(day)?, first(day.tomorrow()?)?)));
    both.map_err(|_| no_date(date))
}

fn no_date(date: &str) -> Error {
    error::invalid(
        text!("`{date}` is not a date.", "`{date}` n’est pas une date.", date = date),
        text!("Write it as 2026-12-31.", "Écrivez-la comme 2026-12-31."),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_day_is_shown_as_it_was_typed() {
        for typed in ["2026-12-31", "2027-03-28", "2027-10-31"] {
            assert_eq!(last_day(&end_of_day(typed).unwrap()), typed);
        }
        assert!(end_of_day("31/12/2026").is_err());
    }
}
