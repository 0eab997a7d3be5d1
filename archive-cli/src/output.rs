//! What is printed: errors as problem and remedy, JSON, tables in columns, progress.

use crate::context::Context;
use chartrier_engine::{Error, Kind};
use chartrier_schemas::Text;
use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;
use std::{io::Write as _, process::ExitCode, time::Duration};

/// The exit code of each kind of error: the table of the help.
pub(crate) fn exit_code(kind: Kind) -> u8 {
    match kind {
        Kind::Invalid => 2,
        Kind::NotFound | Kind::Refused => 3,
        Kind::Locked => 4,
        Kind::Unavailable => 5,
        Kind::Corrupt => 6,
        Kind::Bug => 70,
    }
}

/// Problem, then remedy, on standard error; as JSON for machines.
pub(crate) fn error(context: &Context, why: &Error) {
    let (problem, remedy) = (context.say(&why.problem), context.say(&why.remedy));
    if context.json {
        eprintln!("{}", serde_json::json!({ "error": { "problem": problem, "remedy": remedy, "exit": exit_code(why.kind) } }));
    } else {
        eprintln!("{problem}\n{remedy}");
    }
}

/// A line of a person's language.
pub(crate) fn line(context: &Context, text: &Text) {
    put(context.say(text));
}

/// A line on standard output. A reader that has gone away ends the work quietly, as `head` expects; an output that is full
/// or broken does not pass for one that was written.
pub(crate) fn put(line: &str) {
    match writeln!(std::io::stdout(), "{line}") {
        Ok(()) => {}
        Err(why) if why.kind() == std::io::ErrorKind::BrokenPipe => std::process::exit(0),
        Err(why) => {
            eprintln!("{why}");
            std::process::exit(exit_code(Kind::Unavailable).into());
        }
    }
}

/// One JSON document, or one line of a stream.
pub(crate) fn json(value: &impl Serialize) -> ExitCode {
    match serde_json::to_string(value) {
        Ok(line) => put(&line),
        Err(why) => eprintln!("{why}"),
    }
    ExitCode::SUCCESS
}

/// Control characters in what comes from documents never reach the terminal.
pub(crate) fn plain(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}

/// The same for a line of text, whose tabs stay.
pub(crate) fn plain_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() && c != '\t' { '\u{fffd}' } else { c }).collect()
}

/// Rows in columns.
pub(crate) fn table(rows: &[Vec<String>]) {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let widths: Vec<usize> = (0..columns)
        .map(|column| rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max().unwrap_or(0))
        .collect();
    for row in rows {
        let mut line = String::new();
        for (cell, width) in row.iter().zip(&widths) {
            line.push_str(cell);
            line.extend(std::iter::repeat_n(' ', width - cell.chars().count() + 2));
        }
        put(line.trim_end());
    }
}

/// Bytes as a person reads them.
pub(crate) fn bytes(count: u64) -> String {
    indicatif::DecimalBytes(count).to_string()
}

/// A bar over a known number of bytes or steps.
pub(crate) fn bar(context: &Context, of_bytes: bool) -> ProgressBar {
    if !context.draws() {
        return ProgressBar::hidden();
    }
    let template = match of_bytes {
        true => "{bar:32} {decimal_bytes}/{decimal_total_bytes}  {decimal_bytes_per_sec}  {eta}  {wide_msg}",
        false => "{bar:32} {pos}/{len}  {eta}  {wide_msg}",
    };
    styled(ProgressBar::new(0), template)
}

/// A line for work of unknown size.
pub(crate) fn spinner(context: &Context) -> ProgressBar {
    if !context.draws() {
        return ProgressBar::hidden();
    }
    styled(ProgressBar::new_spinner(), "{spinner} {pos}  {per_sec}  {elapsed}  {wide_msg}")
}

fn styled(bar: ProgressBar, template: &str) -> ProgressBar {
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style.progress_chars("━╸ "));
    }
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}

/// How many, in words.
pub(crate) fn counted(count: u64, one: (&str, &str), many: (&str, &str)) -> Text {
    let (en, fr) = (if count == 1 { one.0 } else { many.0 }, if count < 2 { one.1 } else { many.1 });
    Text { en: format!("{count} {en}"), fr: format!("{count} {fr}") }
}
