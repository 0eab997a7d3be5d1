//! The real binary, as its users run it.

use serde_json::Value;
use std::{
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    sync::OnceLock,
};
use tempfile::TempDir;

/// The binary of this checkout, built anew if need be.
pub fn binary() -> &'static Path {
    static BINARY: OnceLock<PathBuf> = OnceLock::new();
    BINARY.get_or_init(|| {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace");
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let built = Command::new(cargo)
            // The whole workspace's choice of features, as the tests are built: else all is built twice.
            .args([
                "build",
                "--quiet",
                "--locked",
                "--workspace",
                "--bin",
                "chartrier",
                "--message-format",
                "json-render-diagnostics",
            ])
            // Benchmarks are built for release, and so is what they run.
            .args((!cfg!(debug_assertions)).then_some("--release"))
            .current_dir(folder)
            .stderr(Stdio::inherit())
            .output()
            .expect("cargo");
        assert!(built.status.success(), "the binary does not build");
        let messages = String::from_utf8(built.stdout).expect("messages of cargo");
        let executable = messages
            .lines()
            .filter_map(|line| serde_json::from_str::<Value>(line).ok())
            .find_map(|message| message["executable"].as_str().map(PathBuf::from));
        executable.expect("cargo names the binary")
    })
}

/// A home of its own, with a folder for files beside it.
pub struct Desk {
    /// Everything lies below.
    pub folder: TempDir,
}

/// What a run of the binary said.
pub struct Said {
    /// Exit code.
    pub code: i32,
    /// Standard output.
    pub out: String,
    /// Standard error.
    pub err: String,
}

impl Said {
    /// The one JSON document that it printed.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|why| panic!("{why}: {} {}", self.out, self.err))
    }

    /// JSON, a line each.
    pub fn lines(&self) -> Vec<Value> {
        self.out.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|why| panic!("{why}: {line}"))).collect()
    }

    /// Fails the test unless this was the exit code.
    pub fn with_code(self, code: i32) -> Self {
        assert_eq!(self.code, code, "{}\n{}", self.out, self.err);
        self
    }
}

impl From<Output> for Said {
    fn from(output: Output) -> Self {
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
        Self { code: output.status.code().unwrap_or(-1), out: text(output.stdout), err: text(output.stderr) }
    }
}

impl Desk {
    /// A desk with an archive that has no passphrase.
    pub fn new() -> Self {
        let desk = Self::empty();
        let sheet = desk.path("sheet");
        desk.run(["init", "--person", "ada", "--no-passphrase", "--recovery-file", &sheet]).with_code(0);
        desk
    }

    /// A desk without an archive.
    pub fn empty() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        for name in ["files", "tmp"] {
            std::fs::create_dir(folder.path().join(name)).expect("a folder");
        }
        Self { folder }
    }

    /// A path on this desk.
    pub fn path(&self, name: &str) -> String {
        self.folder.path().join(name).to_str().expect("a path in UTF-8").to_owned()
    }

    /// Writes a file below `files`.
    pub fn file(&self, name: &str, bytes: impl AsRef<[u8]>) -> String {
        let path = self.folder.path().join("files").join(name);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        std::fs::write(&path, bytes).expect("a file");
        path.to_str().expect("a path in UTF-8").to_owned()
    }

    /// The binary on this desk's home, in English.
    pub fn command<'a>(&self, words: impl IntoIterator<Item = &'a str>) -> Command {
        let mut command = Command::new(binary());
        command
            .args(words)
            .env_clear()
            .env("CHARTRIER_HOME", self.path("home"))
            .env("TMPDIR", self.path("tmp"))
            .stdin(Stdio::null());
        command
    }

    /// Runs the binary to its end.
    pub fn run<'a>(&self, words: impl IntoIterator<Item = &'a str>) -> Said {
        self.command(words).output().expect("the binary runs").into()
    }

    /// Starts the binary.
    pub fn start<'a>(&self, words: impl IntoIterator<Item = &'a str>) -> Child {
        self.command(words).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("the binary runs")
    }

    /// The records of the archive.
    pub fn list(&self) -> Vec<Value> {
        self.run(["list"]).with_code(0).lines()
    }
}

impl Default for Desk {
    fn default() -> Self {
        Self::new()
    }
}
