//! Remote names are untrusted: the one place that turns them into local names, and names for files on their way.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use crate::domain::{Charset, Timestamp};

/// The ending of a file that is not whole yet, on both sides.
pub(crate) const PART: &str = "twinpart";

/// A name that stays inside its folder and that this system can hold. `..`, separators, drive letters, control
/// characters, and on Windows device names and trailing dots and spaces, are replaced. On Unix the server's bytes are
/// kept where they are no text.
pub(crate) fn local_name(remote: &[u8], charset: &Charset) -> OsString {
    #[cfg(unix)]
    if *charset == Charset::Auto && std::str::from_utf8(remote).is_err() {
        use std::os::unix::ffi::OsStringExt as _;
        let bytes = remote.iter().map(|b| if *b == b'/' || *b < 0x20 || *b == 0x7f { b'_' } else { *b }).collect();
        return OsString::from_vec(bytes);
    }
    OsString::from(safe(&charset.decode(remote), cfg!(windows)))
}

/// A local name as the server's bytes; `None` where its charset cannot hold it.
pub(crate) fn remote_name(name: &OsStr, charset: &Charset) -> Option<Vec<u8>> {
    match name.to_str() {
        Some(text) => charset.encode(text),
        // On Unix a name is bytes, as on most servers.
        None if cfg!(unix) => Some(name.as_encoded_bytes().to_vec()),
        None => charset.encode(&name.to_string_lossy()),
    }
}

/// Whether a name is one that [`part_path`] or [`remote_part_name`] makes.
pub(crate) fn is_part(name: &[u8]) -> bool {
    let Some(stem) = name.strip_suffix(PART.as_bytes()).and_then(|stem| stem.strip_suffix(b".")) else { return false };
    let Some((rest, mark)) = stem.split_last_chunk::<16>() else { return false };
    rest.last() == Some(&b'.') && mark.iter().all(u8::is_ascii_hexdigit)
}

/// The temporary name beside `target`. It names its source (`fingerprint`), so that a partial file is only ever
/// continued from the same version of the same file.
pub(crate) fn part_path(target: &Path, fingerprint: u64) -> PathBuf {
    target.with_file_name(part_name(target.file_name().unwrap_or_default(), fingerprint))
}

/// The same for a name on the server.
pub(crate) fn remote_part_name(name: &[u8], fingerprint: u64) -> Vec<u8> {
    let mut part = name.get(..LONGEST).unwrap_or(name).to_vec();
    part.extend_from_slice(ending(fingerprint).as_bytes());
    part
}

/// What a source is: its server and path, size and time.
pub(crate) fn fingerprint(server: &str, path: &[u8], size: Option<u64>, modified: Option<Timestamp>) -> u64 {
    // FNV-1a: the same for every build of this program, as names on a disk must be.
    let size = size.unwrap_or(u64::MAX).to_le_bytes();
    let time = modified.map_or(i64::MIN, |time| time.seconds).to_le_bytes();
    [server.as_bytes(), &[0], path, &size, &time]
        .into_iter()
        .flatten()
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}

/// `name (2).txt`, `name (3).txt`, ...
pub(crate) fn numbered(name: &str, number: u32) -> String {
    match name.rsplit_once('.') {
        Some((stem, ending)) if !stem.is_empty() => format!("{stem} ({number}).{ending}"),
        _ => format!("{name} ({number})"),
    }
}

fn part_name(name: &OsStr, fingerprint: u64) -> OsString {
    let mut part = if name.len() > LONGEST {
        let text = name.to_string_lossy();
        let end = (0..=LONGEST).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
        OsString::from(&text[..end])
    } else {
        name.to_owned()
    };
    part.push(ending(fingerprint));
    part
}

fn ending(fingerprint: u64) -> String {
    format!(".{fingerprint:016x}.{PART}")
}

fn safe(name: &str, windows: bool) -> String {
    let bad = |c: char| {
        c.is_control() || c == '/' || (windows && matches!(c, '\\' | ':' | '*' | '?' | '"' | '<' | '>' | '|'))
    };
    let mut safe: String = name.chars().map(|c| if bad(c) { '_' } else { c }).collect();
    if windows {
        let kept = safe.trim_end_matches(['.', ' ']).len();
        safe.replace_range(kept.., &"_".repeat(safe.len() - kept));
        let stem = safe.split('.').next().unwrap_or_default().trim_end().to_ascii_uppercase();
        let numbered = |prefix: &str| {
            stem.strip_prefix(prefix)
                .is_some_and(|n| matches!(n.as_bytes(), [b'1'..=b'9']) || matches!(n, "¹" | "²" | "³"))
        };
        if matches!(stem.as_str(), "CON" | "PRN" | "AUX" | "NUL" | "CONIN$" | "CONOUT$")
            || numbered("COM")
            || numbered("LPT")
        {
            safe.insert(0, '_');
        }
    }
    match safe.as_str() {
        "" => "_".into(),
        "." => "_".into(),
        ".." => "__".into(),
        _ => safe,
    }
}

/// So much of a name is kept in front of the ending: file systems hold 255 bytes.
const LONGEST: usize = 200;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_remote_name_never_leaves_its_folder() {
        for (remote, local) in [
            ("..", "__"),
            (".", "_"),
            ("", "_"),
            ("/etc/passwd", "_etc_passwd"),
            ("a/../../b", "a_.._.._b"),
            ("x\0y\n", "x_y_"),
        ] {
            assert_eq!(local_name(remote.as_bytes(), &Charset::Auto), OsString::from(local));
        }
    }

    #[test]
    fn windows_names_are_mapped() {
        for (remote, local) in [
            ("C:\\x", "C__x"),
            ("con", "_con"),
            ("NUL.txt", "_NUL.txt"),
            ("com1", "_com1"),
            ("com10", "com10"),
            ("name. ", "name__"),
            ("..", "__"),
            ("...", "___"),
        ] {
            assert_eq!(safe(remote, true), local, "{remote}");
        }
        assert_eq!(safe("a:b. ", false), "a:b. ");
    }

    #[cfg(unix)]
    #[test]
    fn bytes_that_are_no_text_stay_bytes() {
        use std::os::unix::ffi::OsStrExt as _;
        assert_eq!(local_name(b"caf\xe9/..", &Charset::Auto).as_bytes(), b"caf\xe9_..");
    }

    #[test]
    fn a_part_names_its_source() {
        let one = fingerprint("u@h:21", b"/a", Some(5), None);
        assert_ne!(one, fingerprint("u@h:21", b"/a", Some(6), None));
        assert_ne!(one, fingerprint("u@h:21", b"/a", Some(5), Some(Timestamp::utc(0))));
        let part = part_path(Path::new("/x/y.txt"), 0xab);
        assert_eq!(part, Path::new("/x/y.txt.00000000000000ab.twinpart"));
        assert!(is_part(b"y.txt.00000000000000ab.twinpart") && !is_part(b"my.twinpart"));
        let long = "ü".repeat(127);
        assert!(part_path(Path::new(&long), 1).as_os_str().len() <= 255);
    }

    #[test]
    fn both_are_kept_under_numbered_names() {
        assert_eq!(numbered("a.txt", 2), "a (2).txt");
        assert_eq!(numbered(".profile", 2), ".profile (2)");
        assert_eq!(numbered("a", 3), "a (3)");
    }
}
