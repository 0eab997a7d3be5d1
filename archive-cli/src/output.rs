//! What is printed: errors as problem and remedy, JSON, tables in columns, progress.

use crate::context::Context;
use chartrier_engine::{Error, Kind};
use chartrier_schemas::{Text, text::Language};
use console::{Term, measure_text_width};
use indicatif::{ProgressBar, ProgressState, ProgressStyle};
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
    tell(context.json, context.language, why);
}

/// The same before anything else is known.
pub(crate) fn tell(json: bool, language: Language, why: &Error) {
    let (problem, remedy) = (why.problem.in_language(language), why.remedy.in_language(language));
    if json {
        eprintln!("{}", serde_json::json!({ "error": { "problem": problem, "remedy": remedy, "exit": exit_code(why.kind) } }));
    } else {
        put_aside(problem);
        put_aside(remedy);
    }
}

/// A line of a person's language.
pub(crate) fn line(context: &Context, text: &Text) {
    put_wrapped(context.say(text), 0);
}

/// The same on standard error: what is said beside the answer.
pub(crate) fn aside(context: &Context, text: &Text) {
    put_aside(context.say(text));
}

fn put_aside(line: &str) {
    let width = width(&Term::stderr());
    for line in line.split('\n').flat_map(|line| wrapped(line, 0, width)) {
        eprintln!("{line}");
    }
}

/// A line on standard output; on a terminal it is wrapped at spaces, and goes on below an indent.
pub(crate) fn put_wrapped(line: &str, indent: usize) {
    let width = width(&Term::stdout());
    line.split('\n').flat_map(|line| wrapped(line, indent, width)).for_each(|line| put(&line));
}

/// Lines shorter than this are not worth wrapping for.
const NARROWEST: u16 = 40;

/// The width of a terminal, where there is one.
fn width(terminal: &Term) -> Option<usize> {
    let (_, width) = terminal.size_checked().filter(|_| terminal.is_term())?;
    Some(width.max(NARROWEST).into())
}

/// Breaks a line at single spaces. What has no space in it is never broken: it could not be copied.
fn wrapped(line: &str, indent: usize, width: Option<usize>) -> Vec<String> {
    let Some(width) = width.filter(|width| measure_text_width(line) > *width) else { return vec![line.to_owned()] };
    let mut lines = Vec::new();
    let mut current: Option<String> = None;
    for word in line.split(' ') {
        current = Some(match current {
            None => word.to_owned(),
            Some(full) if !full.trim().is_empty() && measure_text_width(&full) + 1 + measure_text_width(word) > width => {
                lines.push(full.trim_end().to_owned());
                " ".repeat(indent) + word
            }
            // Spaces that fall to the beginning of a line are none.
            Some(fresh) if !lines.is_empty() && fresh.trim().is_empty() => " ".repeat(indent) + word,
            Some(full) => full + " " + word,
        });
    }
    lines.extend(current);
    lines
}

/// Standard output for bytes. A reader that has gone away ends the work quietly, as in [`put`].
pub(crate) struct Bytes(pub(crate) std::io::StdoutLock<'static>);

impl std::io::Write for Bytes {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        quiet(self.0.write(bytes))
    }

    fn flush(&mut self) -> std::io::Result<()> {
        quiet(self.0.flush())
    }
}

fn quiet<T>(written: std::io::Result<T>) -> std::io::Result<T> {
    if written.as_ref().is_err_and(|why| why.kind() == std::io::ErrorKind::BrokenPipe) {
        std::process::exit(0);
    }
    written
}

/// A line on standard output. A reader that has gone away ends the work quietly, as `head` expects; an output that is full
/// or broken does not pass for one that was written.
pub(crate) fn put(line: &str) {
    if let Err(why) = quiet(writeln!(std::io::stdout(), "{line}")) {
        eprintln!("{why}");
        std::process::exit(exit_code(Kind::Unavailable).into());
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

/// Rows in columns; on a terminal the last one goes on below itself, where there is room.
pub(crate) fn table(rows: &[Vec<String>]) {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let widths: Vec<usize> = (0..columns)
        .map(|column| rows.iter().filter_map(|row| row.get(column)).map(|cell| measure_text_width(cell)).max().unwrap_or(0))
        .collect();
    let before: usize = widths.iter().rev().skip(1).map(|width| width + 2).sum();
    let indent = if before <= MOST_INDENTED { before } else { 4 };
    for row in rows {
        let mut line = String::new();
        for (cell, width) in row.iter().zip(&widths) {
            line.push_str(cell);
            line.extend(std::iter::repeat_n(' ', width - measure_text_width(cell) + 2));
        }
        put_wrapped(line.trim_end(), indent);
    }
}

/// Columns beyond this leave no room to go on below the last one.
const MOST_INDENTED: usize = 40;

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
    styled(ProgressBar::new_spinner(), "{spinner} {pos}  {rate}  {elapsed}  {wide_msg}")
}

fn styled(bar: ProgressBar, template: &str) -> ProgressBar {
    if let Ok(style) = ProgressStyle::with_template(template) {
        let rate = |state: &ProgressState, out: &mut dyn std::fmt::Write| {
            let _ = write!(out, "{:.0}/s", state.per_sec());
        };
        bar.set_style(style.progress_chars("━╸ ").with_key("rate", rate));
    }
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}

/// A word and what it introduces, with the colon of each language.
pub(crate) fn labelled(label: &Text, what: &str) -> Text {
    Text { en: format!("{}: {what}", label.en), fr: format!("{}\u{a0}: {what}", label.fr) }
}

/// How many, in words.
pub(crate) fn counted(count: u64, one: (&str, &str), many: (&str, &str)) -> Text {
    let (en, fr) = (if count == 1 { one.0 } else { many.0 }, if count < 2 { one.1 } else { many.1 });
    Text { en: format!("{count} {en}"), fr: format!("{count} {fr}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_broken_at_spaces_and_go_on_below_an_indent() {
        let check = |line: &str, expected: &[&str]| assert_eq!(wrapped(line, 4, Some(20)), expected, "{line}");
        check("short", &["short"]);
        check("    the menu of the dinner", &["    the menu of the", "    dinner"]);
        check("rec-1  2026  the menu of it", &["rec-1  2026  the", "    menu of it"]);
        check("0123456789012345678901234567890 x", &["0123456789012345678901234567890", "    x"]);
        check("\u{1b}[1mbold words\u{1b}[0m here", &["\u{1b}[1mbold words\u{1b}[0m here"]);
        assert_eq!(wrapped(&"a ".repeat(50), 0, None).len(), 1);
    }
}
