//! `demo`: an archive with sample documents and a folder of the user's, and what to try next.

use super::{
    ingest, init,
    samples::{CLASSES, SAMPLES, SEARCHES, Sample},
    search, serve,
};
use crate::{
    arguments::{Demo, Ingest, Init},
    context::{Context, default_home},
    output,
};
use chartrier_engine::{Result, archive::Archive, error, keys::Home, policy::Session};
use chartrier_ingest::worker::Pool;
use chartrier_schemas::text;
use std::{
    net::{SocketAddr, TcpListener},
    path::Path,
    process::ExitCode,
};

pub(crate) fn run(context: &Context, arguments: &Demo) -> Result<ExitCode> {
    let folder = context.given_home.clone().unwrap_or_else(|| default_home("chartrier-demo"));
    let demo = context.at(&folder);
    let (archive, session) = open_or_make(&demo)?;
    let rows: Vec<_> =
        CLASSES.iter().map(|(code, title, under)| ((*code).to_owned(), (*title).to_owned(), under.map(str::to_owned))).collect();
    archive.import_classes(&session, &rows)?;
    let pool = ingest::workers(&demo, 2, false)?;
    for sample in SAMPLES {
        capture(&archive, &session, &pool, *sample)?;
    }
    output::line(
        context,
        &text!(
            "{count} sample documents are in the archive {home}.",
            "{count} documents d’exemple sont dans les archives {home}.",
            count = SAMPLES.len(),
            home = folder.display()
        ),
    );
    let mut failed = false;
    if let Some(own) = &arguments.folder {
        let ingest = Ingest {
            paths: vec![own.clone()],
            into: None,
            marking: "NP".to_owned(),
            no_extract: false,
            allow_unsandboxed: false,
        };
        let report = ingest::capture(&demo, &archive, &session, &ingest)?;
        failed = !report.failed.is_empty();
        ingest::print(&demo, &report);
    }
    archive.index()?;
    for words in SEARCHES {
        output::put(&format!("\n$ chartrier search '{}'", words.replace('\'', "’")));
        search::show(&demo, &archive, &session, words)?;
    }
    explain(context, &folder);
    if !arguments.no_serve {
        show(&demo, archive, &session)?;
    }
    Ok(if failed { ExitCode::from(1) } else { ExitCode::SUCCESS })
}

/// Serves the pages, until Ctrl-C. Where something else listens at the usual place, a free one does.
fn show(demo: &Context, archive: Archive, session: &Session) -> Result<()> {
    let usual: SocketAddr = chartrier_web::DEFAULT.parse().map_err(error::bug)?;
    let taken = TcpListener::bind(usual).is_err();
    let listen = if taken { SocketAddr::new(usual.ip(), 0) } else { usual };
    let server = serve::server(demo, archive, listen, (&[], None), Box::new(|_| {}))?;
    output::put("");
    serve::open_door(demo, &server, session)?;
    server.run()
}

fn open_or_make(demo: &Context) -> Result<(Archive, Session)> {
    if !Home::exists(&demo.home) {
        // A demo holds nothing secret, and must start without questions.
        let init = Init { store: None, person: None, ceiling: "TS".to_owned(), no_passphrase: true, recovery_file: None };
        let sheet = demo.home.join("recovery-sheet.txt");
        init::make(demo, &init, &mut |made, _| init::write_secret(&sheet, made.to_text()?.as_bytes()))?;
    }
    demo.open()
}

/// Captures one sample, unless it is there.
fn capture(archive: &Archive, session: &Session, pool: &Pool, (class, path, bytes): Sample) -> Result<()> {
    let capturer = archive.capturer(session.clone(), Some(class), &chartrier_schemas::Marking::np())?;
    let name = Path::new(path).file_name().unwrap_or_default().to_string_lossy().into_owned();
    ingest::capture_bytes(&capturer, pool, ("demo", path, name), bytes)?;
    capturer.finish()
}

fn explain(context: &Context, home: &Path) {
    let home = home.display();
    output::put("");
    output::line(context, &text!("Try next:", "À essayer maintenant :"));
    for words in ["search jardins --facet class", "ingest FOLDER --into 1", "verify", "--help"] {
        output::put(&format!("  chartrier --home {home} {words}"));
    }
    output::line(
        context,
        &text!(
            "This demo has no passphrase, and its recovery sheet lies beside it: put no real document in it.",
            "Cette démonstration n’a pas de phrase secrète, et sa fiche de secours est à côté : n’y mettez aucun vrai document."
        ),
    );
}
