//! `twinport.log`: the message log on disk, with one predecessor. Meant for a thread of its own; the engine masks
//! secrets before a line is made, and this is the second lock on that door.

use std::fs;
use std::fs::{File, OpenOptions};
use std::io;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// A file of at most about this many bytes is kept, and one before it.
const LIMIT: u64 = 1 << 20;

/// An open log.
#[derive(Debug)]
pub struct LogFile {
    path: PathBuf,
    file: File,
    length: u64,
    limit: u64,
}

impl LogFile {
    /// Opens the log, to append.
    ///
    /// # Errors
    /// The system's.
    pub fn open(path: &Path) -> io::Result<Self> {
        Self::with_limit(path, LIMIT)
    }

    fn with_limit(path: &Path, limit: u64) -> io::Result<Self> {
        let file = append(path)?;
        let length = file.metadata()?.len();
        Ok(Self { path: path.to_owned(), file, length, limit })
    }

    /// Writes one line: time (UTC), session, kind (`>`, `<`, `*`, `!`), text.
    ///
    /// # Errors
    /// The system's; the log can be used further, the line is lost.
    pub fn line(&mut self, at: SystemTime, session: u64, kind: &str, text: &str) -> io::Result<()> {
        let at = jiff::Timestamp::try_from(at).unwrap_or_default();
        let line = format!("{} {session:>3} {kind} {}\n", at.strftime("%Y-%m-%d %H:%M:%S%.3f"), harmless(text));
        if self.length > 0 && self.length + line.len() as u64 > self.limit {
            self.rotate()?;
        }
        self.file.write_all(line.as_bytes())?;
        self.length += line.len() as u64;
        Ok(())
    }

    fn rotate(&mut self) -> io::Result<()> {
        let mut before = self.path.clone().into_os_string();
        before.push(".1");
        fs::rename(&self.path, before)?;
        self.file = append(&self.path)?;
        self.length = 0;
        Ok(())
    }
}

fn append(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.create(true).append(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(path)?;
    // One that an older version, or somebody's umask, left open to others.
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        file.set_permissions(fs::Permissions::from_mode(0o600)).ok();
    }
    Ok(file)
}

/// One line without control characters, and without what follows PASS and ACCT.
fn harmless(text: &str) -> String {
    let verb = text.get(..5).unwrap_or_default();
    if verb.eq_ignore_ascii_case("PASS ") || verb.eq_ignore_ascii_case("ACCT ") {
        return format!("{verb}•••");
    }
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_log_becomes_the_one_before() {
        let dir = tempfile::tempdir().expect("a temporary folder");
        let path = dir.path().join("twinport.log");
        let mut log = LogFile::with_limit(&path, 120).expect("opened");
        for number in 0..9 {
            log.line(SystemTime::UNIX_EPOCH, number, ">", "NOOP").expect("written");
        }
        let (now, before) = (
            fs::read_to_string(&path).expect("now"),
            fs::read_to_string(dir.path().join("twinport.log.1")).expect("1"),
        );
        assert!(now.len() <= 120 && before.len() <= 120);
        assert!(now.ends_with("  8 > NOOP\n"), "{now}");
        assert!(now.starts_with("1970-01-01 00:00:00.000 "), "{now}");
        assert_eq!(fs::read_dir(dir.path()).expect("a folder").count(), 2);
    }

    #[test]
    fn no_secret_and_no_second_line_gets_into_the_log() {
        assert_eq!(harmless("PASS hunter2"), "PASS •••");
        assert_eq!(harmless("acct hunter2"), "acct •••");
        assert_eq!(harmless("220 a\r\n220 b\u{1b}[31m"), "220 a  220 b [31m");
    }
}
