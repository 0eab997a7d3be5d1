//! `bench thumbnails`: the first page of each PDF and each photograph as a small picture, beside the programs that make
//! them elsewhere.

use super::{capture::peer, children_cpu, corpus};
use chartrier_ingest::{limits::THUMBNAIL_SIDE, worker::Pool};
use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

/// Compares processor time over the PDFs and the photographs of a folder.
pub fn thumbnails(folder: &Path) {
    let of = |endings: &[&str]| -> Vec<PathBuf> {
        let is_one =
            |file: &PathBuf| file.extension().is_some_and(|own| endings.iter().any(|ending| own.eq_ignore_ascii_case(ending)));
        corpus::files(folder).into_iter().filter(is_one).collect()
    };
    let side = THUMBNAIL_SIDE.to_string();
    let out = tempfile::tempdir().expect("a folder");
    let made = out.path().join("%s.jpg");
    compare("first pages of PDFs", "pdftoppm", &of(&["pdf"]), 1, |files| {
        let mut command = Command::new("pdftoppm");
        command.args(["-q", "-f", "1", "-singlefile", "-jpeg", "-scale-to", &side]).args(files).arg(out.path().join("page"));
        command
    });
    compare("photographs", "vipsthumbnail", &of(&["jpg", "jpeg"]), usize::MAX, |files| {
        let mut command = Command::new("vipsthumbnail");
        command.args(["--size", &side, "--output"]).arg(&made).args(files);
        command
    });
}

/// One kind of file, in one worker, beside a peer that takes `at_once` of them.
fn compare(what: &str, program: &str, files: &[PathBuf], at_once: usize, command: impl Fn(&[PathBuf]) -> Command) {
    if files.is_empty() {
        return;
    }
    let before = children_cpu();
    let pool = Pool::new(std::env::current_exe().expect("this program"), vec!["worker".into()], 1);
    let is_made = |file: &&PathBuf| {
        let bytes = fs::read(file).expect("a file");
        pool.page_image(&mut bytes.as_slice(), bytes.len() as u64, &file.to_string_lossy(), 1, THUMBNAIL_SIDE).is_ok()
    };
    let made = files.iter().filter(is_made).count();
    // Processor time of a worker is known when it has ended.
    drop(pool);
    let own = children_cpu() - before;
    println!("{what}: {} files", files.len());
    println!("  chartrier     {made:5} made  {own:7.2} s  {:6.1} a second", made as f64 / own.max(0.01));
    if peer(program).is_none() {
        println!("  {program}: not installed, skipped");
        return;
    }
    let (before, mut failed) = (children_cpu(), 0);
    for some in files.chunks(at_once.min(files.len())) {
        let status = command(some).stdout(Stdio::null()).stderr(Stdio::null()).status();
        failed += usize::from(!status.is_ok_and(|status| status.success()));
    }
    let other = children_cpu() - before;
    println!("  {program:<13} {failed:5} runs failed  {other:7.2} s  {:5.1} ×", other / own.max(0.01));
}
