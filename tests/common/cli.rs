//! The command line as a test uses it: the real program, a profile and a working folder of its own, and a deadline.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;

use super::common::ftp_server::FtpServer;

/// Longer than any run here takes, on a loaded machine too.
const DEADLINE: Duration = Duration::from_secs(90);

/// The program with a profile and a working folder that go away with it.
pub struct Twinport {
    profile: TempDir,
    folder: TempDir,
    password: Option<String>,
}

/// How a run ended.
#[derive(Debug)]
pub struct Ran {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

impl Twinport {
    pub fn new() -> Self {
        Self { profile: tempfile::tempdir().unwrap(), folder: tempfile::tempdir().unwrap(), password: None }
    }

    /// With `TWINPORT_PASSWORD`.
    pub fn password(mut self, password: &str) -> Self {
        self.password = Some(password.to_owned());
        self
    }

    /// A path in the working folder.
    pub fn path(&self, name: impl AsRef<Path>) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Where settings and sites lie.
    pub fn profile(&self) -> &Path {
        self.profile.path()
    }

    /// A file in the working folder, made with its folders.
    pub fn file(&self, name: impl AsRef<Path>, bytes: &[u8]) -> PathBuf {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, bytes).unwrap();
        path
    }

    pub fn read(&self, name: impl AsRef<Path>) -> Vec<u8> {
        let path = self.path(name);
        std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}; there is: {:?}", path.display(), self.names()))
    }

    /// Everything in the working folder, as relative paths; folders end in a slash.
    pub fn names(&self) -> Vec<String> {
        let mut names = Vec::new();
        let mut folders = vec![self.folder.path().to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let entry = entry.unwrap();
                let path = entry.path();
                let name = path.strip_prefix(self.folder.path()).unwrap().to_string_lossy().into_owned();
                if entry.file_type().unwrap().is_dir() {
                    names.push(format!("{name}/"));
                    folders.push(path);
                } else {
                    names.push(name);
                }
            }
        }
        names.sort();
        names
    }

    /// The program, not yet started: nothing to read, pipes to write to.
    pub fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_twinport"));
        command.arg("--profile").arg(self.profile.path()).current_dir(self.folder.path());
        match &self.password {
            Some(password) => command.env("TWINPORT_PASSWORD", password),
            None => command.env_remove("TWINPORT_PASSWORD"),
        };
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// Runs it to its end.
    pub fn run<S: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = S>) -> Ran {
        let output = assert_cmd::Command::from_std(self.command()).args(arguments).timeout(DEADLINE).output().unwrap();
        Ran {
            code: output.status.code(),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// Runs it and expects that all is well.
    #[track_caller]
    pub fn succeed<S: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = S>) -> Ran {
        let ran = self.run(arguments);
        assert_eq!(ran.code, Some(0), "{ran:#?}");
        ran
    }
}

impl Ran {
    /// Stdout as JSON, line by line.
    #[track_caller]
    pub fn json(&self) -> Vec<Value> {
        let read = |line: &str| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
        self.out.lines().map(read).collect()
    }
}

/// A URL of that server, for the user `user` with the password `secret`.
pub fn url(server: &FtpServer, path: &str) -> String {
    format!("ftp://user:secret@{}{path}", server.address())
}
