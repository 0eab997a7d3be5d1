//! `ingest`: files and folders become records. `ingest` walks, and each file is taken in as every face takes one in.

use super::{formats, parsed, place};
use crate::{arguments::Ingest, context::Context, output};
use chartrier_engine::{
    Error, Kind, Result,
    archive::{Archive, Captured, Capturer, Known, Original, Submission},
    clock, error,
    policy::Session,
    seal::content_of,
};
use chartrier_ingest::{
    source::{self, Failure, Found, Item},
    worker::{Document, Pool},
};
use chartrier_schemas::{Extraction, Finding, RecordId, Text, persisted::v1::Occurrence, text};
use chartrier_web::{About, Trouble, take};
use indicatif::ProgressBar;
use serde::Serialize;
use std::{
    ops::ControlFlow,
    os::unix::ffi::OsStrExt as _,
    path::{Path, PathBuf},
    process::ExitCode,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
        mpsc,
    },
    time::Instant,
};

/// Items that wait between the walk and the threads.
const QUEUE: usize = 64;

/// Findings that say little: a name that does not fit, or no thumbnail, of what could be read all the same.
const MINOR: [u16; 2] = [8, 15];

/// The finding that a format is not one that is read.
const NOT_READ: u16 = 1;

/// Findings of what is protected by a password, or damaged.
const CLOSED_OR_DAMAGED: [u16; 2] = [2, 3];

/// What a run did, as `--json` prints it.
#[derive(Default, Serialize)]
pub(crate) struct Report {
    pub(crate) submitted: u64,
    pub(crate) captured: u64,
    pub(crate) already_held: u64,
    pub(crate) occurrences: u64,
    pub(crate) failed: Vec<Failed>,
    pub(crate) bytes: u64,
    pub(crate) seconds: f64,
    /// Of the held, how many are filed elsewhere than where they were to go.
    pub(crate) not_filed: u64,
    pub(crate) findings: Findings,
    /// Where the held were to go, and some of the records that hold them.
    #[serde(skip)]
    staying: Option<(String, Vec<RecordId>)>,
}

/// New records that could not be read in full, each counted once, by what is worst.
#[derive(Default, Serialize)]
pub(crate) struct Findings {
    pub(crate) formats_not_read: u64,
    pub(crate) damaged_or_protected: u64,
    pub(crate) others: u64,
}

#[derive(Serialize)]
pub(crate) struct Failed {
    path: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    path_base64: Option<String>,
    problem: String,
    remedy: String,
}

pub(crate) fn run(context: &Context, arguments: &Ingest) -> Result<ExitCode> {
    let (archive, session) = context.open()?;
    let report = capture(context, &archive, &session, arguments)?;
    print(context, &report);
    Ok(if report.failed.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

/// Captures paths, and makes them searchable.
pub(crate) fn capture(context: &Context, archive: &Archive, session: &Session, arguments: &Ingest) -> Result<Report> {
    let started = Instant::now();
    let marking = parsed(&arguments.marking)?;
    let into = place(arguments.into.as_deref());
    let capturer = archive.capturer(session.clone(), into, &marking)?;
    let threads = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
    let pool = (!arguments.no_extract).then(|| workers(context, threads, arguments.allow_unsandboxed)).transpose()?;
    if let Some(Err(why)) = pool.as_ref().map(Pool::check) {
        // What this machine cannot do would be written down as a fault of every document.
        return Err(Error { kind: Kind::Unavailable, problem: why.problem, remedy: why.remedy });
    }
    let run = Run {
        context,
        capturer: &capturer,
        pool: pool.as_ref(),
        host: host_name(),
        progress: output::spinner(context),
        counts: Counts::default(),
        failed: Mutex::default(),
        archive_folders: archive_folders(context, archive),
        fatal: Mutex::default(),
    };
    run.all(&arguments.paths, threads + 1)?;
    capturer.finish()?;
    run.progress.set_message(context.say(&text!("making it searchable", "mise en recherche")).to_owned());
    archive.index()?;
    run.progress.finish_and_clear();
    Ok(run.report(started, into))
}

/// The folders of the archive itself.
fn archive_folders(context: &Context, archive: &Archive) -> Vec<PathBuf> {
    let store = archive.store_url().strip_prefix("file://").map(PathBuf::from);
    store.into_iter().chain([context.home.clone()]).collect()
}

/// Workers: this program, executed anew.
pub(crate) fn workers(context: &Context, count: usize, unsandboxed: bool) -> Result<Pool> {
    let this = std::env::current_exe().map_err(|why| error::io("find this program, to start its workers", &why))?;
    let mut pool = Pool::new(this, vec!["worker".into()], count);
    if let Some(release) = formats::kept(&context.home)? {
        pool = pool.with_release(release);
    }
    Ok(if unsandboxed { pool.allow_unsandboxed() } else { pool })
}

/// Captures bytes that lie in memory, unless they are held already; `seen` is source, path and file name.
pub(crate) fn capture_bytes(capturer: &Capturer<'_>, pool: &Pool, seen: (&str, &str, String), bytes: &[u8]) -> Result<()> {
    let (source, path, name) = seen;
    let content = content_of(bytes);
    let now = clock::written(jiff::Timestamp::now());
    let occurrence = Occurrence {
        source: source.to_owned(),
        path: path.to_owned(),
        path_base64: None,
        modified: None,
        seen: now,
        others: serde_json::Map::new(),
    };
    if capturer.known(&content, &occurrence)? != Known::New {
        return Ok(());
    }
    let extraction = pool.extract(&mut &*bytes, bytes.len() as u64, &name);
    capturer.capture(Submission { occurrence, name, extraction, original: Original::Bytes(bytes, content) }).map(drop)
}

#[derive(Default)]
struct Counts {
    bytes: AtomicU64,
    formats_not_read: AtomicU64,
    damaged_or_protected: AtomicU64,
    others: AtomicU64,
}

impl Counts {
    fn findings(&self, findings: &[Finding]) {
        let any = |numbers: &[u16]| findings.iter().any(|finding| numbers.contains(&finding.number));
        let which = match findings.iter().any(|finding| !MINOR.contains(&finding.number)) {
            false => return,
            _ if any(&CLOSED_OR_DAMAGED) => &self.damaged_or_protected,
            _ if any(&[NOT_READ]) => &self.formats_not_read,
            _ => &self.others,
        };
        which.fetch_add(1, Ordering::Relaxed);
    }
}

struct Run<'a> {
    context: &'a Context,
    capturer: &'a Capturer<'a>,
    pool: Option<&'a Pool>,
    host: String,
    progress: ProgressBar,
    counts: Counts,
    failed: Mutex<Vec<Failure>>,
    /// Home and store: an archive is not captured into itself.
    archive_folders: Vec<PathBuf>,
    /// What stops the whole run: the store does not answer, the disk is full.
    fatal: Mutex<Option<chartrier_engine::Error>>,
}

impl Run<'_> {
    fn all(&self, paths: &[PathBuf], threads: usize) -> Result<()> {
        let (send, receive) = mpsc::sync_channel::<Item>(QUEUE);
        let receive = Mutex::new(receive);
        std::thread::scope(|scope| {
            for _ in 0..threads {
                scope.spawn(|| {
                    while let Some(item) = next(&receive) {
                        self.one(&item);
                    }
                });
            }
            source::walk(paths, &self.archive_folders, &mut |found| {
                match found {
                    Found::Failed(failure) => self.fail(failure),
                    Found::File(item) => {
                        if send.send(item).is_err() {
                            return ControlFlow::Break(());
                        }
                    }
                }
                if self.has_stopped() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
            });
            drop(send);
        });
        match self.fatal.lock().unwrap_or_else(PoisonError::into_inner).take() {
            Some(why) => Err(why),
            None => Ok(()),
        }
    }

    fn has_stopped(&self) -> bool {
        self.fatal.lock().unwrap_or_else(PoisonError::into_inner).is_some()
    }

    fn fail(&self, failure: Failure) {
        self.failed.lock().unwrap_or_else(PoisonError::into_inner).push(failure);
    }

    fn one(&self, item: &Item) {
        if self.has_stopped() {
            return;
        }
        self.progress.set_message(output::plain(&item.path.to_string_lossy()));
        match self.file(item) {
            Ok(()) => {
                self.counts.bytes.fetch_add(item.size, Ordering::Relaxed);
                self.progress.inc(1);
            }
            Err(Trouble::Item(failure)) => self.fail(failure),
            Err(Trouble::Run(why)) => {
                self.fatal.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(why);
            }
        }
    }

    fn file(&self, item: &Item) -> std::result::Result<(), Trouble<Failure>> {
        let mut file = item.open().map_err(Trouble::Item)?;
        let about = About { name: name_of(item), size: item.size, seen: self.occurrence(item), content: None };
        take(self.capturer, &mut file, about, &mut |document| self.extract(document, item.size, item))
    }

    fn extract(&self, bytes: &mut dyn Document, size: u64, item: &Item) -> Extraction {
        let Some(pool) = self.pool else { return Extraction::default() };
        let extraction = pool.extract(bytes, size, &name_of(item));
        self.counts.findings(&extraction.findings);
        extraction
    }

    fn occurrence(&self, item: &Item) -> Occurrence {
        let (path, path_base64) = path_text(&item.path);
        Occurrence {
            source: self.host.clone(),
            path,
            path_base64,
            modified: item.modified.map(clock::written),
            seen: clock::written(jiff::Timestamp::now()),
            others: serde_json::Map::new(),
        }
    }

    fn report(self, started: Instant, into: Option<&str>) -> Report {
        let mut failures = self.failed.into_inner().unwrap_or_else(PoisonError::into_inner);
        failures.sort_by(|one, other| one.path.cmp(&other.path));
        let failed: Vec<Failed> = failures.into_iter().map(|failure| Failed::of(self.context, failure)).collect();
        let Captured { records, held, places } = self.capturer.captured();
        let staying = self.capturer.staying();
        Report {
            submitted: records + held + failed.len() as u64,
            captured: records,
            already_held: held,
            occurrences: places,
            failed,
            bytes: self.counts.bytes.into_inner(),
            seconds: started.elapsed().as_secs_f64(),
            not_filed: staying.count,
            findings: Findings {
                formats_not_read: self.counts.formats_not_read.into_inner(),
                damaged_or_protected: self.counts.damaged_or_protected.into_inner(),
                others: self.counts.others.into_inner(),
            },
            staying: into.map(|into| (into.to_owned(), staying.some)),
        }
    }
}

fn next(queue: &Mutex<mpsc::Receiver<Item>>) -> Option<Item> {
    queue.lock().unwrap_or_else(PoisonError::into_inner).recv().ok()
}

pub(super) fn name_of(item: &Item) -> String {
    item.name.to_string_lossy().into_owned()
}

pub(super) fn path_text(path: &Path) -> (String, Option<String>) {
    use base64::Engine as _;
    let lossy = path.to_string_lossy().into_owned();
    let exact = path.to_str().is_none().then(|| base64::engine::general_purpose::STANDARD.encode(path.as_os_str().as_bytes()));
    (lossy, exact)
}

/// The machine that paths are paths of.
fn host_name() -> String {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    match name.trim() {
        "" => "localhost".to_owned(),
        name => name.to_owned(),
    }
}

impl Failed {
    fn of(context: &Context, failure: Failure) -> Self {
        let (path, path_base64) = path_text(&failure.path);
        let (problem, remedy) = (failure.problem(), failure.remedy());
        Self { path, path_base64, problem: context.say(&problem).to_owned(), remedy: context.say(&remedy).to_owned() }
    }
}

/// Prints what a run did.
pub(crate) fn print(context: &Context, report: &Report) {
    if let Some(staying) = report.staying.as_ref().filter(|_| report.not_filed > 0) {
        output::aside(context, &not_filed(report.not_filed, staying));
    }
    if context.json {
        output::json(report);
        return;
    }
    for line in summary(report) {
        output::line(context, &line);
    }
    for failed in &report.failed {
        let path = output::plain(&failed.path);
        let about = Text { en: path.clone(), fr: path };
        output::aside(context, &output::labelled(&about, &format!("{} {}", failed.problem, failed.remedy)));
    }
}

/// Capturing does not file again what is held: that is an act of its own.
fn not_filed(count: u64, (into, some): &(String, Vec<RecordId>)) -> Text {
    let ids: Vec<String> = some.iter().map(ToString::to_string).collect();
    let more = if count > some.len() as u64 { " …" } else { "" };
    let said = output::counted(
        count,
        (
            "was held already, and stays where it is filed. To file it here:",
            "était déjà présent et reste où il est classé. Pour le classer ici :",
        ),
        (
            "were held already, and stay where they are filed. To file them here:",
            "étaient déjà présents et restent où ils sont classés. Pour les classer ici :",
        ),
    );
    let command = format!("chartrier file {}{more} --into {into}", ids.join(" "));
    Text { en: format!("{} {command}", said.en), fr: format!("{} {command}", said.fr) }
}

fn summary(report: &Report) -> Vec<Text> {
    let rate = report.bytes as f64 / report.seconds.max(0.001);
    let mut lines = vec![text!(
        "{captured} captured, {held} already held ({occurrences} seen elsewhere), {failed} failed: {bytes} in {seconds:.1} s ({rate}/s).",
        "{captured} capturés, {held} déjà présents ({occurrences} vus ailleurs), {failed} en échec : {bytes} en {seconds:.1} s ({rate}/s).",
        captured = report.captured,
        held = report.already_held,
        occurrences = report.occurrences,
        failed = report.failed.len(),
        bytes = output::bytes(report.bytes),
        seconds = report.seconds,
        rate = output::bytes(rate as u64)
    )];
    let Findings { formats_not_read, damaged_or_protected, others } = report.findings;
    let mut of = |count: u64, one: (&str, &str), many: (&str, &str)| {
        if count > 0 {
            lines.push(output::counted(count, one, many));
        }
    };
    of(
        formats_not_read,
        ("of a format that is not read: it is found by its name.", "d’un format qui n’est pas lu : on le trouve par son nom."),
        (
            "of formats that are not read: they are found by their names.",
            "de formats qui ne sont pas lus : on les trouve par leurs noms.",
        ),
    );
    of(
        damaged_or_protected,
        ("damaged, or protected by a password.", "endommagé, ou protégé par un mot de passe."),
        ("damaged, or protected by a password.", "endommagés, ou protégés par un mot de passe."),
    );
    of(others, ("read only in part.", "lu seulement en partie."), ("read only in part.", "lus seulement en partie."));
    if formats_not_read + damaged_or_protected + others > 0 {
        lines.push(text!(
            "Every original is kept. See them with: chartrier list 'finding:*'",
            "Chaque original est gardé. Voyez-les avec : chartrier list 'finding:*'"
        ));
    }
    lines
}
