//! The programs that our readers are compared with, each run on one document at a time and with a time-out.

use super::super::capture::peer as program;
use std::{
    fs::File,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Duration,
};

/// A program that gives the text of documents.
pub(super) struct Peer {
    pub(super) name: &'static str,
    program: &'static str,
    /// Extensions of what it reads.
    formats: &'static [&'static str],
    how: How,
}

enum How {
    /// It writes to its standard output, told these words before the file.
    Says(&'static [&'static str]),
    /// LibreOffice writes a file of this kind.
    Converts(&'static str),
    /// LibreOffice prints it, and `pdftotext` reads that: slides have no other way out.
    Prints,
}

const WRITER: &[&str] = &["docx", "docm", "dotx", "dotm", "odt", "ott", "fodt", "sxw", "rtf", "doc"];
const CALC: &[&str] = &["xlsx", "xlsm", "xltx", "xltm", "xlsb", "ods", "ots", "fods", "sxc", "xls"];
const IMPRESS: &[&str] = &["pptx", "pptm", "ppsx", "ppsm", "potx", "potm", "odp", "otp", "fodp", "sxi", "ppt"];
const WEB: &[&str] = &["html", "htm", "xhtml"];

pub(super) const PEERS: &[Peer] = &[
    Peer { name: "pdftotext", program: "pdftotext", formats: &["pdf"], how: How::Says(&["-q", "-enc", "UTF-8"]) },
    Peer { name: "antiword", program: "antiword", formats: &["doc"], how: How::Says(&["-m", "UTF-8.txt"]) },
    Peer { name: "catdoc", program: "catdoc", formats: &["doc"], how: How::Says(&["-w", "-d", "utf-8"]) },
    Peer { name: "xls2csv", program: "xls2csv", formats: &["xls"], how: How::Says(&["-d", "utf-8"]) },
    Peer { name: "catppt", program: "catppt", formats: &["ppt"], how: How::Says(&["-d", "utf-8"]) },
    Peer { name: "unrtf", program: "unrtf", formats: &["rtf"], how: How::Says(&["--text", "--nopict", "--quiet"]) },
    Peer { name: "html2text", program: "html2text", formats: WEB, how: How::Says(&["-utf8"]) },
    Peer {
        name: "lynx",
        program: "lynx",
        formats: WEB,
        how: How::Says(&["-dump", "-nolist", "-force_html", "-display_charset=utf-8"]),
    },
    Peer { name: "writer", program: "soffice", formats: WRITER, how: How::Converts("txt:Text (encoded):UTF8") },
    // Every sheet, as it is shown.
    Peer {
        name: "calc",
        program: "soffice",
        formats: CALC,
        how: How::Converts("csv:Text - txt - csv (StarCalc):9,34,76,1,,0,false,true,false,false,false,-1"),
    },
    Peer { name: "impress", program: "soffice", formats: IMPRESS, how: How::Prints },
];

impl Peer {
    pub(super) fn reads(&self, format: &str) -> bool {
        self.formats.contains(&format)
    }

    pub(super) fn is_there(&self) -> bool {
        program(self.program).is_some() && (!matches!(self.how, How::Prints) || program("pdftotext").is_some())
    }

    /// The text of a document; nothing where it fails or takes too long.
    pub(super) fn text(&self, file: &Path, patience: Duration) -> Option<String> {
        let folder = tempfile::tempdir().expect("a folder");
        match self.how {
            How::Says(words) => {
                let mut command = Command::new(self.program);
                command.args(words).arg(file);
                if self.program == "pdftotext" {
                    command.arg("-");
                }
                said(&command, &folder.path().join("said"), patience)
            }
            How::Converts(kind) => {
                let made = converted(file, kind, folder.path(), patience);
                let texts: Vec<String> = made.iter().filter_map(|file| read(file)).collect();
                (!texts.is_empty()).then(|| texts.join("\n"))
            }
            How::Prints => {
                let printed = converted(file, "pdf", folder.path(), patience).into_iter().next()?;
                said(Command::new("pdftotext").arg("-q").arg(printed).arg("-"), &folder.path().join("said"), patience)
            }
        }
    }
}

/// The files that LibreOffice made of a document, by name.
fn converted(file: &Path, kind: &str, folder: &Path, patience: Duration) -> Vec<PathBuf> {
    let out = folder.join("out");
    let profile = std::env::temp_dir().join("chartrier-bench-soffice");
    let mut command = Command::new("soffice");
    command.arg(format!("-env:UserInstallation=file://{}", profile.display()));
    command.args(["--headless", "--convert-to", kind, "--outdir"]).arg(&out).arg(file);
    said(&command, &folder.join("said"), patience);
    super::corpus::files(&out)
}

/// What a program writes to its standard output; nothing where it fails or takes too long.
fn said(command: &Command, into: &Path, patience: Duration) -> Option<String> {
    let output = File::create(into).ok()?;
    // It ends what a program started, too.
    let mut timed = Command::new("timeout");
    timed.args(["--kill-after=5", &patience.as_secs().to_string()]).arg(command.get_program()).args(command.get_args());
    let status = timed.stdin(Stdio::null()).stdout(output).stderr(Stdio::null()).status().ok()?;
    if status.success() { read(into) } else { None }
}

fn read(file: &Path) -> Option<String> {
    let bytes = std::fs::read(file).ok()?;
    Some(String::from_utf8_lossy(&bytes).into_owned())
}
