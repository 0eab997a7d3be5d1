//! `formats`: which release of the registry PRONOM tells formats, and a newer one without a new build.

use crate::{arguments::FormatsCommand, context::Context, output};
use chartrier_engine::{Error, Kind, Result, error};
use chartrier_ingest::pronom::{Registry, Release, Unusable, Version};
use chartrier_schemas::{Text, text};
use serde::Serialize;
use std::{
    fs::{self, File},
    io::{self, Write as _},
    path::Path,
    process::ExitCode,
};

/// The file in a home that keeps a newer release.
const KEPT: &str = "formats.pronom";

/// A release as `--json` prints it.
#[derive(Serialize)]
struct Shown<'a> {
    signatures: u32,
    date: Option<&'a str>,
    containers: Option<u32>,
    formats: usize,
    built_in: bool,
    unread: Vec<u32>,
}

impl<'a> Shown<'a> {
    fn of(version: &'a Version, built_in: bool) -> Self {
        let Version { signatures, date, containers, formats, unread } = version;
        let unread = unread.iter().map(|(id, _)| *id).collect();
        Self { signatures: *signatures, date: date.as_deref(), containers: *containers, formats: *formats, built_in, unread }
    }
}

pub(crate) fn run(context: &Context, command: Option<FormatsCommand>) -> Result<ExitCode> {
    match command {
        None | Some(FormatsCommand::Show) => show(context),
        Some(FormatsCommand::Update { signatures, containers }) => update(context, &signatures, containers.as_deref()),
    }
}

/// The release that a home keeps, if it keeps one.
pub(super) fn kept(home: &Path) -> Result<Option<Release>> {
    match fs::read(home.join(KEPT)) {
        Ok(bytes) => Release::from_bytes(&bytes).map(Some).map_err(|why| unusable(why, Kind::Corrupt)),
        Err(why) if matches!(why.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => Ok(None),
        Err(why) => Err(error::io("read the release of the format registry", &why)),
    }
}

/// The registry in force: that of the home, else the one that is built in.
pub(super) fn registry(context: &Context) -> Result<Registry> {
    read(&kept(&context.home)?.unwrap_or_else(Release::embedded), Kind::Corrupt)
}

fn show(context: &Context) -> Result<ExitCode> {
    let kept = kept(&context.home)?;
    let built_in = kept.is_none();
    let registry = read(&kept.unwrap_or_else(Release::embedded), Kind::Corrupt)?;
    let version = registry.version();
    if context.json {
        return Ok(output::json(&Shown::of(version, built_in)));
    }
    output::line(context, &described(version));
    output::line(
        context,
        &match built_in {
            true => text!("It is the one that is built in.", "C’est la version intégrée au programme."),
            false => text!("It is kept in the home.", "Elle est conservée dans le poste."),
        },
    );
    tell_unread(context, version);
    Ok(ExitCode::SUCCESS)
}

fn update(context: &Context, signatures: &Path, containers: Option<&Path>) -> Result<ExitCode> {
    // A damaged release is what one comes to replace.
    let before = kept(&context.home).ok().flatten().unwrap_or_else(Release::embedded);
    let old =
        Registry::read(&before).or_else(|_| Registry::read(&Release::embedded())).map_err(|why| unusable(why, Kind::Bug))?;
    let files = (file(signatures)?, containers.map(file).transpose()?);
    let release = Release::new(files.0, files.1, &before).map_err(|why| unusable(why, Kind::Invalid))?;
    let registry = read(&release, Kind::Invalid)?;
    keep(&context.home, &release.to_bytes()).map_err(|why| error::io("keep the release of the format registry", &why))?;
    let version = registry.version();
    if context.json {
        let (old, new) = (Shown::of(old.version(), before == Release::embedded()), Shown::of(version, false));
        return Ok(output::json(&serde_json::json!({ "old": old, "new": new })));
    }
    let (old, new) = (described(old.version()), described(version));
    let lines = Text {
        en: format!("Before: {}\nNow:    {}", old.en, new.en),
        fr: format!("Avant : {}\nMaintenant : {}", old.fr, new.fr),
    };
    output::line(context, &lines);
    tell_unread(context, version);
    Ok(ExitCode::SUCCESS)
}

/// A release in one line.
pub(super) fn described(version: &Version) -> Text {
    let date = version.date.clone().unwrap_or_else(|| "?".to_owned());
    let containers = version.containers.map_or_else(|| "?".to_owned(), |number| number.to_string());
    text!(
        "PRONOM V{number} of {date}, container signatures {containers}: {formats} formats.",
        "PRONOM V{number} du {date}, signatures de conteneurs {containers} : {formats} formats.",
        number = version.signatures,
        date = output::plain(&date),
        containers = containers,
        formats = version.formats
    )
}

fn tell_unread(context: &Context, version: &Version) {
    if version.unread.is_empty() {
        return;
    }
    let numbers: Vec<String> = version.unread.iter().map(|(id, _)| id.to_string()).collect();
    output::line(
        context,
        &text!(
            "Signatures that chartrier cannot read, and that tell nothing: {numbers}.",
            "Signatures que chartrier ne sait pas lire, et qui ne reconnaissent rien : {numbers}.",
            numbers = numbers.join(", ")
        ),
    );
}

fn read(release: &Release, kind: Kind) -> Result<Registry> {
    Registry::read(release).map_err(|why| unusable(why, kind))
}

fn unusable(why: Unusable, kind: Kind) -> Error {
    let remedy = match kind {
        Kind::Corrupt => text!(
            "Load it anew: chartrier formats update SIGNATURES.xml CONTAINERS.xml",
            "Chargez-la de nouveau : chartrier formats update SIGNATURES.xml CONTENEURS.xml"
        ),
        _ => why.remedy,
    };
    Error { kind, problem: why.problem, remedy }
}

fn file(path: &Path) -> Result<Vec<u8>> {
    File::open(path).and_then(Release::read_file).map_err(|why| {
        error::invalid(
            text!("{path} cannot be read: {why}.", "{path} est illisible : {why}.", path = path.display(), why = why),
            text!("Name a file that you may read.", "Indiquez un fichier que vous pouvez lire."),
        )
    })
}

/// Puts a release in the place of the one before: whoever looks sees one of them whole.
fn keep(home: &Path, bytes: &[u8]) -> io::Result<()> {
    fs::create_dir_all(home)?;
    let new = home.join(format!("{KEPT}.{}", std::process::id()));
    let written = File::create(&new).and_then(|mut file| file.write_all(bytes).and_then(|()| file.sync_all()));
    let placed = written.and_then(|()| fs::rename(&new, home.join(KEPT)));
    if placed.is_err() {
        let _ = fs::remove_file(&new);
    }
    placed.and_then(|()| File::open(home)?.sync_all())
}
