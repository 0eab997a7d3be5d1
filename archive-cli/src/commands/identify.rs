//! `identify`: the format of files, told by workers, without an archive.

use super::ingest::{name_of, path_text, workers};
use crate::{arguments::Identify, context::Context, output};
use chartrier_engine::{Error, Kind, Result};
use chartrier_ingest::{
    pronom::{Identification, Match, Method},
    source::{self, Failure, Found, Item},
    worker::Pool,
};
use chartrier_schemas::{Finding, Text};
use serde::Serialize;
use std::{
    ops::ControlFlow,
    path::PathBuf,
    process::ExitCode,
    sync::atomic::{AtomicUsize, Ordering},
};

/// Files that are told at once, before any of them is printed: in the order of the walk.
const BATCH: usize = 256;

/// A file as `--json` prints it.
#[derive(Serialize)]
struct Line<'a> {
    path: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    path_base64: Option<String>,
    puid: Option<&'a str>,
    matches: &'a [Match],
    method: Option<Method>,
    warnings: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<Trouble<'a>>,
}

#[derive(Serialize)]
struct Trouble<'a> {
    problem: &'a str,
    remedy: &'a str,
}

/// What was told of one path, or why nothing was.
struct Told {
    path: PathBuf,
    outcome: std::result::Result<Identification, (Text, Text)>,
}

pub(crate) fn run(context: &Context, arguments: &Identify) -> Result<ExitCode> {
    let threads = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
    let pool = workers(context, threads, arguments.allow_unsandboxed)?;
    pool.check().map_err(|why| Error { kind: Kind::Unavailable, problem: why.problem, remedy: why.remedy })?;
    let (mut batch, mut failed) = (Vec::new(), false);
    source::walk(&arguments.paths, &[], &mut |found| {
        batch.push(found);
        if batch.len() == BATCH {
            failed |= print_all(context, &pool, std::mem::take(&mut batch), threads);
        }
        ControlFlow::Continue(())
    });
    failed |= print_all(context, &pool, batch, threads);
    Ok(if failed { ExitCode::from(1) } else { ExitCode::SUCCESS })
}

/// Tells and prints a batch; answers whether something failed.
fn print_all(context: &Context, pool: &Pool, batch: Vec<Found>, threads: usize) -> bool {
    let next = AtomicUsize::new(0);
    let work = || {
        let mut told = Vec::new();
        while let Some((at, found)) = Some(next.fetch_add(1, Ordering::Relaxed)).and_then(|at| Some((at, batch.get(at)?))) {
            told.push((at, tell(pool, found)));
        }
        told
    };
    let mut told: Vec<(usize, Told)> = std::thread::scope(|scope| {
        let running: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        running.into_iter().flat_map(|thread| thread.join().unwrap_or_default()).collect()
    });
    told.sort_by_key(|(at, _)| *at);
    told.iter().for_each(|(_, told)| print(context, told));
    told.len() < batch.len() || told.iter().any(|(_, told)| told.outcome.is_err())
}

fn tell(pool: &Pool, found: &Found) -> Told {
    match found {
        Found::File(item) => Told { path: item.path.clone(), outcome: identified(pool, item) },
        Found::Failed(failure) => Told { path: failure.path.clone(), outcome: Err(said(failure)) },
    }
}

fn identified(pool: &Pool, item: &Item) -> std::result::Result<Identification, (Text, Text)> {
    let mut file = item.open().map_err(|failure| said(&failure))?;
    pool.identify(&mut file, item.size, &name_of(item)).map_err(|Finding { problem, remedy, .. }| (problem, remedy))
}

fn said(failure: &Failure) -> (Text, Text) {
    (failure.problem(), failure.remedy())
}

fn print(context: &Context, told: &Told) {
    let (path, path_base64) = path_text(&told.path);
    let nothing = Identification::default();
    let (known, error) = match &told.outcome {
        Ok(known) => (known, None),
        Err((problem, remedy)) => (&nothing, Some(Trouble { problem: context.say(problem), remedy: context.say(remedy) })),
    };
    let best = known.best();
    if context.json {
        let warnings = known.warnings.iter().map(|warning| warning.text().en).collect();
        let (puid, matches, method) = (best.map(|best| &*best.puid), &known.matches[..], known.method());
        output::json(&Line { path, path_base64, puid, matches, method, warnings, error });
        return;
    }
    let path = output::plain(&path);
    if let Some(Trouble { problem, remedy }) = error {
        eprintln!("{path}: {problem} {remedy}");
        return;
    }
    let puids: Vec<&str> = known.matches.iter().map(|found| &*found.puid).collect();
    let puids = if puids.is_empty() { "-".to_owned() } else { puids.join(" ") };
    let name = known.matches.first().map(|first| [&*first.name, first.version.as_deref().unwrap_or_default()].join(" "));
    let mut line = format!("{puids:<11} {path}  {}", output::plain(name.unwrap_or_default().trim()));
    let warnings: Vec<String> = known.warnings.iter().map(|warning| context.say(&warning.text()).to_owned()).collect();
    if !warnings.is_empty() {
        line = format!("{line} [{}]", warnings.join("; "));
    }
    output::put(line.trim_end());
}
