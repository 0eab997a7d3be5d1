//! `verify`, `rebuild`, `compact`: the archive proves itself, and mends what can be mended.

use super::{classes::done, parsed};
use crate::{arguments::Verify, context::Context, output};
use chartrier_engine::{
    Kind, Result,
    archive::{self, Archive, Verification},
    journal::{Fault, FaultKind},
};
use chartrier_schemas::{Text, text};
use serde_json::json;
use std::process::ExitCode;

/// `verify` found a fault.
const FAULT: u8 = 6;

pub(crate) fn run(context: &Context, arguments: &Verify) -> Result<ExitCode> {
    let remembered = arguments.head.as_deref().map(parsed).transpose()?;
    let bar = output::bar(context, true);
    let progress = |done: u64, all: u64| {
        bar.set_length(all);
        bar.set_position(done);
        Ok(())
    };
    let found = match arguments.keyless {
        true => {
            let (store, home) = archive::keyless_store(&context.home)?;
            archive::verify_keyless(&*store, &home, remembered, &progress)?
        }
        false => match context.open() {
            Ok((archive, session)) => archive.verify(&session, remembered, &progress)?,
            // Too damaged to be opened: what can be seen without keys is told, and what stopped us.
            Err(why) if why.kind == Kind::Corrupt => {
                let (store, home) = archive::keyless_store(&context.home)?;
                let mut found = archive::verify_keyless(&*store, &home, remembered, &progress)?;
                if found.is_sound() {
                    found.faults.push(Fault {
                        kind: FaultKind::Disagrees,
                        name: "catalog".into(),
                        problem: why.problem,
                        remedy: why.remedy,
                    });
                }
                found
            }
            Err(why) => return Err(why),
        },
    };
    bar.finish_and_clear();
    report(context, &found);
    Ok(if found.is_sound() { ExitCode::SUCCESS } else { ExitCode::from(FAULT) })
}

fn report(context: &Context, found: &Verification) {
    if context.json {
        let fault = |fault: &Fault| json!({ "kind": fault.kind.code(), "name": fault.name, "problem": context.say(&fault.problem), "remedy": context.say(&fault.remedy) });
        output::json(&json!({
            "sound": found.is_sound(),
            "checked": { "files": found.files, "bytes": found.bytes, "segments": found.segments, "records": found.records },
            "head": found.head.map(|head| json!({ "node": head.node, "seq": head.seq, "hash": head.hash })),
            "faults": found.faults.iter().map(fault).collect::<Vec<_>>(),
            "warnings": found.warnings.iter().map(|(name, what)| json!({ "name": name, "problem": context.say(what) })).collect::<Vec<_>>(),
        }));
        return;
    }
    let about = |name: &str, what: &Text| output::labelled(&Text { en: name.to_owned(), fr: name.to_owned() }, context.say(what));
    for (name, what) in &found.warnings {
        output::aside(context, &about(name, what));
    }
    for fault in &found.faults {
        output::aside(context, &about(&fault.name, &fault.problem));
        eprintln!("  {}", context.say(&fault.remedy));
    }
    let (files, bytes, segments) = (found.files, output::bytes(found.bytes), found.segments);
    let checked = text!(
        "{files} files, {bytes}, {segments} segments",
        "{files} fichiers, {bytes}, {segments} segments",
        files = files,
        bytes = bytes,
        segments = segments
    );
    let records = match found.records {
        0 => text!("", ""),
        count => text!(", {count} records opened", ", {count} pièces ouvertes", count = count),
    };
    let verdict = match found.faults.len() {
        0 => text!("Sound", "Sain"),
        count => output::counted(count as u64, ("fault", "anomalie"), ("faults", "anomalies")),
    };
    output::line(context, &output::labelled(&verdict, &format!("{}{}.", context.say(&checked), context.say(&records))));
    if let Some(head) = found.head {
        let keep = text!(
            "Head of the chain: {hash} (segment {seq}). Keep it elsewhere: `verify --head` with it shows a store rolled back.",
            "Tête de la chaîne : {hash} (segment {seq}). Gardez-la ailleurs : `verify --head` avec elle révèle un dépôt ramené en arrière.",
            hash = head.hash,
            seq = head.seq
        );
        output::line(context, &keep);
    }
}

pub(crate) fn rebuild(context: &Context) -> Result<ExitCode> {
    let options = context.options()?;
    let bar = output::bar(context, false);
    let rebuilt = archive::rebuild(&context.home, &options, &mut |done, all| {
        bar.set_length(all);
        bar.set_position(done);
    })?;
    bar.set_message(context.say(&text!("making it searchable", "mise en recherche")).to_owned());
    Archive::open(&context.home, &options)?.index()?;
    bar.finish_and_clear();
    let said = text!(
        "Catalog and index are rebuilt: {records} records from {segments} segments.",
        "Catalogue et index sont reconstruits : {records} pièces, {segments} segments.",
        records = rebuilt.records,
        segments = rebuilt.segments
    );
    Ok(done(context, json!({ "records": rebuilt.records, "segments": rebuilt.segments }), &said))
}

pub(crate) fn compact(context: &Context) -> Result<ExitCode> {
    let compacted = Archive::compact(&context.home, &context.options()?)?;
    let said = text!(
        "{retired} objects merged, {swept} unlisted files removed.",
        "{retired} objets fusionnés, {swept} fichiers non répertoriés supprimés.",
        retired = compacted.retired,
        swept = compacted.swept
    );
    Ok(done(context, json!({ "retired": compacted.retired, "swept": compacted.swept }), &said))
}
