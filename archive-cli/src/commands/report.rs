//! `report`: what lies in the archive, for those who preserve it.

use super::{formats, parsed};
use crate::{
    arguments::{Report, ReportDisclosures, ReportFormats},
    context::Context,
    output,
};
use chartrier_engine::{
    Result,
    archive::{DisclosureLine, DisclosureRequest, FormatCount, Through},
    clock,
};
use chartrier_ingest::{
    findings::{DAMAGED, EXTENSION_MISMATCH, PASSWORD},
    pronom::Registry,
};
use chartrier_schemas::{Risk, Text, text};
use serde_json::{Value, json};
use std::{collections::BTreeSet, process::ExitCode};

pub(crate) fn run(context: &Context, report: &Report) -> Result<ExitCode> {
    match report {
        Report::Formats(arguments) => formats_of(context, arguments),
        Report::Disclosures(arguments) => disclosures(context, arguments),
    }
}

/// Originals of one format, with what the registry calls it.
struct Line {
    puid: Option<String>,
    name: String,
    count: FormatCount,
    risk: Option<Risk>,
}

fn formats_of(context: &Context, arguments: &ReportFormats) -> Result<ExitCode> {
    let (archive, session) = context.open_as(arguments.as_person.as_deref())?;
    archive.index()?;
    let registry = formats::registry(context)?;
    let mut lines: Vec<Line> = archive
        .formats(&session, &arguments.query.join(" "))?
        .into_iter()
        .map(|(puid, count)| named(context, &registry, puid, count))
        .collect();
    lines.sort_by(|one, other| other.count.records.cmp(&one.count.records).then_with(|| one.puid.cmp(&other.puid)));
    match context.json {
        true => Ok(output::json(&as_json(context, &lines))),
        false => {
            print(context, &lines);
            Ok(ExitCode::SUCCESS)
        }
    }
}

fn named(context: &Context, registry: &Registry, puid: Option<String>, count: FormatCount) -> Line {
    let unidentified = text!("not identified", "non identifié");
    let name = match &puid {
        Some(puid) => registry.name(puid).unwrap_or_default(),
        None => context.say(&unidentified).to_owned(),
    };
    let risk = puid.as_deref().and_then(Risk::of);
    Line { puid, name, count, risk }
}

/// Sums over all lines, with their names in JSON and in words.
fn sums(lines: &[Line]) -> [(&'static str, Text, u64); 6] {
    let records = |keep: &dyn Fn(&Line) -> bool| lines.iter().filter(|line| keep(line)).map(|line| line.count.records).sum();
    let found = |numbers: &[u16]| lines.iter().map(|line| line.count.with(numbers)).sum();
    [
        ("records", text!("records", "pièces"), records(&|_| true)),
        ("at_risk", text!("of formats at risk", "de formats à risque"), records(&|line| line.risk.is_some())),
        ("unidentified", text!("not identified", "non identifiées"), records(&|line| line.puid.is_none())),
        ("mismatched", text!("whose name does not fit", "dont le nom ne va pas"), found(&[EXTENSION_MISMATCH])),
        ("damaged", text!("damaged", "endommagées"), found(&DAMAGED)),
        ("protected", text!("behind a password", "derrière un mot de passe"), found(&[PASSWORD])),
    ]
}

fn as_json(context: &Context, lines: &[Line]) -> Value {
    let formats: Vec<Value> = lines
        .iter()
        .map(|line| {
            let numbers: BTreeSet<u16> = line.count.findings.keys().flatten().copied().collect();
            json!({
                "puid": line.puid, "name": line.name, "records": line.count.records, "bytes": line.count.bytes,
                "risk": line.risk.map(|risk| json!({ "kind": risk.name(), "reason": context.say(&risk.sentence()) })),
                "mismatched": line.count.with(&[EXTENSION_MISMATCH]), "damaged": line.count.with(&DAMAGED), "protected": line.count.with(&[PASSWORD]),
                "findings": numbers.iter().map(|number| (number.to_string(), json!(line.count.with(&[*number])))).collect::<serde_json::Map<_, _>>(),
            })
        })
        .collect();
    let mut report: serde_json::Map<String, Value> =
        sums(lines).into_iter().map(|(name, _, count)| (name.to_owned(), json!(count))).collect();
    report.insert("bytes".to_owned(), json!(lines.iter().map(|line| line.count.bytes).sum::<u64>()));
    report.insert("formats".to_owned(), json!(formats));
    Value::Object(report)
}

fn print(context: &Context, lines: &[Line]) {
    let rows: Vec<Vec<String>> = lines
        .iter()
        .map(|line| {
            vec![
                line.count.records.to_string(),
                output::bytes(line.count.bytes),
                line.puid.clone().unwrap_or_else(|| "–".to_owned()),
                line.name.clone(),
                line.risk.map(|risk| format!("! {}", context.say(&risk.sentence()))).unwrap_or_default(),
            ]
        })
        .collect();
    output::table(&rows);
    output::put("");
    for (_, name, count) in sums(lines) {
        output::put(&format!("{count:>8}  {}", context.say(&name)));
    }
    output::line(context, &text!("See which: chartrier list 'finding:*'", "Voyez lesquelles : chartrier list 'constat:*'"));
}

/// Lines asked for at once.
const LINES: usize = 500;

/// Who was given what, and what let them know it.
fn disclosures(context: &Context, arguments: &ReportDisclosures) -> Result<ExitCode> {
    let (archive, session) = context.open()?;
    let person = arguments.person.as_deref().map(|name| archive.person_named(&session, name)).transpose()?;
    let record = arguments.record.as_deref().map(parsed).transpose()?;
    let between = arguments.day.as_deref().map(clock::day_of).transpose()?;
    let mut request = DisclosureRequest { person, record, between, before: None, limit: LINES };
    let mut any = false;
    loop {
        let page = archive.disclosures(&session, &request)?;
        any |= !page.lines.is_empty();
        page.lines.iter().for_each(|line| print_disclosure(context, line));
        match page.next {
            Some(next) => request.before = Some(next),
            None => break,
        }
    }
    if !any {
        output::aside(context, &text!("Nothing of the kind was given.", "Rien de tel n’a été communiqué."));
    }
    Ok(ExitCode::SUCCESS)
}

fn print_disclosure(context: &Context, line: &DisclosureLine) {
    if context.json {
        output::json(&chartrier_web::json::disclosure(line));
        return;
    }
    let shown =
        |marking: &Option<chartrier_schemas::Marking>| marking.as_ref().map_or_else(|| "–".to_owned(), ToString::to_string);
    let record = line.title.as_ref().map_or_else(|| line.record.to_string(), |title| format!("{title} ({})", line.record));
    let clearance = shown(&line.clearance);
    let reason = line.mandates.first().map_or("–", |mandate| mandate.reason.as_str());
    let why = match line.mandates.first().map(|mandate| &mandate.through) {
        Some(Through::Group(_, group)) => text!(
            "cleared {clearance}; mandate of the group {group}: {reason}",
            "habilité {clearance} ; mandat du groupe {group} : {reason}",
            clearance = clearance,
            group = group,
            reason = reason
        ),
        Some(Through::House) => text!(
            "cleared {clearance}; mandate of the whole house: {reason}",
            "habilité {clearance} ; mandat de toute la maison : {reason}",
            clearance = clearance,
            reason = reason
        ),
        Some(Through::Name) | None => text!(
            "cleared {clearance}; mandate: {reason}",
            "habilité {clearance} ; mandat : {reason}",
            clearance = clearance,
            reason = reason
        ),
    };
    let whole = format!("{}  {}  {}  {record}  [{}]", line.at, line.name, shown(&line.marking), context.say(&why));
    output::put_wrapped(&output::plain(&whole), 4);
}
