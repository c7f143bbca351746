//! Remote names are untrusted: the one place that turns them into local names, and names for files on their way.

use std::borrow::Cow;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use icu_normalizer::ComposingNormalizerBorrowed;

use crate::domain::{Charset, Timestamp, visible};

/// The ending of a file that is not whole yet, on both sides.
pub(crate) const PART: &str = "twinpart";

/// Whose rules names follow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum System {
    /// Any bytes but `/` and NUL.
    Unix,
    /// Text; two ways to write an accent are one name.
    Mac,
    /// Text without certain characters, names and endings.
    Windows,
}

/// A local name and, where it is not the server's, why: the user is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mapped {
    pub name: OsString,
    pub why: Option<&'static str>,
}

/// The names of one local folder, of which no two may become one file.
pub(crate) struct Names {
    system: System,
    folds_case: bool,
    /// By what is equal for the file system; `None` = the name is just that.
    taken: HashMap<OsString, Option<OsString>>,
}

impl System {
    /// This program's.
    pub(crate) const HERE: Self = if cfg!(windows) {
        Self::Windows
    } else if cfg!(target_os = "macos") {
        Self::Mac
    } else {
        Self::Unix
    };
}

impl Mapped {
    /// "“a:b” is saved as “a_b”: …", where there is something to tell.
    pub(crate) fn note(&self, remote: &[u8], charset: &Charset) -> Option<String> {
        let local = self.name.to_string_lossy();
        self.why.map(|why| format!("“{}” is saved as “{}”: {why}", charset.show(remote), visible(&local)))
    }
}

impl Names {
    /// Of an empty folder. `folds_case` = its file system takes `A` and `a` for one name.
    pub(crate) fn new(system: System, folds_case: bool) -> Self {
        Self { system, folds_case, taken: HashMap::new() }
    }

    /// The name, or a numbered one where that would be an earlier one's file.
    pub(crate) fn take(&mut self, wanted: Mapped) -> Mapped {
        if self.insert(&wanted.name) {
            return wanted;
        }
        let text = wanted.name.to_string_lossy();
        for number in 2..=u32::MAX {
            let room = longest(self.system) - format!(" ({number})").len();
            let name = OsString::from(numbered(&cut(&text, room, self.system), number));
            if self.insert(&name) {
                return Mapped { name, why: Some("another one of this folder has that name on this computer") };
            }
        }
        wanted
    }

    /// The same, but the very same name may come again: whether it replaces the earlier one is asked elsewhere. Not for names
    /// some of which are [taken](Self::take).
    pub(crate) fn share(&mut self, wanted: Mapped) -> Mapped {
        if !self.folds() {
            // Any two are the very same or two files.
            return wanted;
        }
        let key = self.key(&wanted.name);
        match self.taken.get(&key) {
            Some(taken) if *taken.as_ref().unwrap_or(&key) == wanted.name => wanted,
            _ => self.take(wanted),
        }
    }

    fn insert(&mut self, name: &OsStr) -> bool {
        let key = self.key(name);
        let Entry::Vacant(free) = self.taken.entry(key) else { return false };
        let name = (free.key() != name).then(|| name.to_owned());
        free.insert(name);
        true
    }

    /// Whether its file system takes some names for one.
    fn folds(&self) -> bool {
        self.folds_case || self.system == System::Mac
    }

    /// Equal for names that the file system takes for one. Rather too wide than too narrow: a file that is numbered
    /// without need is whole, one that is overwritten is lost.
    fn key(&self, name: &OsStr) -> OsString {
        let Some(text) = name.to_str() else { return name.to_owned() };
        if !self.folds() {
            return name.to_owned();
        }
        let composed = ComposingNormalizerBorrowed::new_nfc().normalize(text);
        if !self.folds_case {
            return composed.into_owned().into();
        }
        composed.chars().flat_map(char::to_uppercase).flat_map(char::to_lowercase).collect::<String>().into()
    }
}

/// A name that stays inside its folder and that the system can hold. `..`, separators, control characters, and on Windows
/// drive letters, streams, device names and trailing dots and spaces, are replaced; what is too long is cut. On Unix the
/// server's bytes are kept where they are no text.
pub(crate) fn map(remote: &[u8], charset: &Charset, system: System) -> Mapped {
    #[cfg(unix)]
    if system == System::Unix && *charset == Charset::Auto && std::str::from_utf8(remote).is_err() {
        use std::os::unix::ffi::OsStringExt as _;
        let mut bytes = remote.to_vec();
        for byte in &mut bytes {
            if *byte == b'/' || byte.is_ascii_control() {
                *byte = b'_';
            }
        }
        let replaced = bytes != remote;
        let long = bytes.len() > longest(system);
        bytes.truncate(longest(system));
        let why = if long { Some(TOO_LONG) } else { replaced.then_some(NOT_ALLOWED) };
        return Mapped { name: OsString::from_vec(bytes), why };
    }
    let text = charset.decode(remote);
    let (safe, mut why) = safe(&text, system);
    if text.contains(char::REPLACEMENT_CHARACTER) {
        why = why.or(Some("some of its bytes mean nothing in the site's charset"));
    }
    if length(&safe, system) > longest(system) {
        return Mapped { name: cut(&safe, longest(system), system).into_owned().into(), why: Some(TOO_LONG) };
    }
    Mapped { name: safe.into(), why }
}

/// A local name as the server's bytes; `None` where its charset cannot hold it.
pub(crate) fn remote_name(name: &OsStr, charset: &Charset) -> Option<Vec<u8>> {
    remote_name_of(name, charset, System::HERE)
}

fn remote_name_of(name: &OsStr, charset: &Charset, system: System) -> Option<Vec<u8>> {
    match name.to_str() {
        // A Mac writes accents as letters of their own; everybody else, servers and web pages included, does not.
        Some(text) if system == System::Mac => charset.encode(&ComposingNormalizerBorrowed::new_nfc().normalize(text)),
        Some(text) => charset.encode(text),
        // On Unix a name is bytes, as on most servers.
        None if system == System::Unix => Some(name.as_encoded_bytes().to_vec()),
        None => None,
    }
}

/// Whether a name is one that [`part_path`] or [`remote_part_name`] makes.
pub(crate) fn is_part(name: &[u8]) -> bool {
    part_stem(name).is_some()
}

/// The name, perhaps cut, that such a file is to get; `None` = it is no such file.
pub(crate) fn part_stem(name: &[u8]) -> Option<&[u8]> {
    let stem = name.strip_suffix(PART.as_bytes()).and_then(|stem| stem.strip_suffix(b"."))?;
    let (rest, mark) = stem.split_last_chunk::<16>()?;
    rest.strip_suffix(b".").filter(|_| mark.iter().all(u8::is_ascii_hexdigit))
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

/// The name with nothing in it that the system forbids, and why it is another.
fn safe(name: &str, system: System) -> (String, Option<&'static str>) {
    let windows = system == System::Windows;
    let bad = |c: char| {
        c.is_control() || c == '/' || (windows && matches!(c, '\\' | ':' | '*' | '?' | '"' | '<' | '>' | '|'))
    };
    let mut safe: String = name.chars().map(|c| if bad(c) { '_' } else { c }).collect();
    let mut why = (safe != name).then_some(NOT_ALLOWED);
    if windows {
        let kept = safe.trim_end_matches(['.', ' ']).len();
        if kept < safe.len() {
            safe.replace_range(kept.., &"_".repeat(safe.len() - kept));
            why = why.or(Some("Windows takes dots and spaces off the end of a name"));
        }
        if is_device(&safe) {
            safe.insert(0, '_');
            why = why.or(Some("Windows takes that name for a device"));
        }
    }
    match safe.as_str() {
        "" | "." => ("_".into(), Some(NO_NAME)),
        ".." => ("__".into(), Some(NO_NAME)),
        _ => (safe, why),
    }
}

/// `CON`, `nul.txt`, `COM1 .log`: Windows opens the device, in any folder.
fn is_device(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or_default().trim_end().to_uppercase();
    let numbered = |prefix: &str| {
        stem.strip_prefix(prefix).is_some_and(|n| matches!(n.as_bytes(), [b'0'..=b'9']) || matches!(n, "¹" | "²" | "³"))
    };
    matches!(stem.as_str(), "CON" | "PRN" | "AUX" | "NUL" | "CONIN$" | "CONOUT$" | "CLOCK$")
        || numbered("COM")
        || numbered("LPT")
}

/// The beginning of the name and its ending, together no longer than `room`.
fn cut(name: &str, room: usize, system: System) -> Cow<'_, str> {
    if length(name, system) <= room {
        return Cow::Borrowed(name);
    }
    let (stem, ending) = match name.rsplit_once('.') {
        Some((stem, ending)) if !stem.is_empty() && length(ending, system) < LONGEST_ENDING => (stem, ending),
        _ => (name, ""),
    };
    let dot = usize::from(!ending.is_empty());
    let mut left = room - dot - length(ending, system);
    let mut short = String::with_capacity(name.len());
    for c in stem.chars() {
        let Some(rest) = left.checked_sub(if system == System::Windows { c.len_utf16() } else { c.len_utf8() }) else {
            break;
        };
        left = rest;
        short.push(c);
    }
    // Windows would take it off.
    let kept = short.trim_end_matches(['.', ' ']).len();
    short.truncate(kept.max(1));
    if dot > 0 {
        short.push('.');
        short.push_str(ending);
    }
    Cow::Owned(short)
}

/// As the file system counts.
fn length(name: &str, system: System) -> usize {
    if system == System::Windows { name.encode_utf16().count() } else { name.len() }
}

/// NTFS: 255 units of UTF-16; ext4, XFS, Btrfs, APFS: 255 bytes.
const fn longest(_: System) -> usize {
    255
}

const NOT_ALLOWED: &str = "it holds characters that no name may hold on this computer";
const NO_NAME: &str = "that is no name of a file";
const TOO_LONG: &str = "the name is too long for this computer";

/// A longer "ending" is a part of a sentence.
const LONGEST_ENDING: usize = 32;

/// So much of a name is kept in front of the ending: file systems hold 255 bytes.
const LONGEST: usize = 200;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

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
            for system in SYSTEMS {
                let mapped = map(remote.as_bytes(), &Charset::Auto, system);
                assert_eq!(mapped.name, local);
                assert!(mapped.why.is_some(), "{remote} is not told");
            }
        }
    }

    const SYSTEMS: [System; 3] = [System::Unix, System::Mac, System::Windows];

    fn mapped(remote: &str, system: System) -> (String, bool) {
        let mapped = map(remote.as_bytes(), &Charset::Auto, system);
        (mapped.name.into_string().expect("text"), mapped.why.is_some())
    }

    #[test]
    fn windows_names_are_mapped_and_told() {
        for (remote, local) in [
            ("C:\\x", "C__x"),
            ("c:", "c_"),
            ("..\\..\\x", ".._.._x"),
            ("a.txt:hidden", "a.txt_hidden"),
            ("a.txt::$DATA", "a.txt__$DATA"),
            ("a<b>c\"d|e?f*g", "a_b_c_d_e_f_g"),
            ("con", "_con"),
            ("Con .txt", "_Con .txt"),
            ("NUL.txt", "_NUL.txt"),
            ("nul.tar.gz", "_nul.tar.gz"),
            ("aux", "_aux"),
            ("PRN", "_PRN"),
            ("CLOCK$", "_CLOCK$"),
            ("conin$", "_conin$"),
            ("com1", "_com1"),
            ("LPT9.log", "_LPT9.log"),
            ("COM¹", "_COM¹"),
            ("lpt²", "_lpt²"),
            ("name. ", "name__"),
            ("name...", "name___"),
            ("..", "__"),
            ("...", "___"),
            ("a\u{1}b", "a_b"),
        ] {
            assert_eq!(mapped(remote, System::Windows), (local.into(), true), "{remote}");
        }
        for same in ["com10", "com", "console", "nul_", "a b", " a", "größe.txt", ".htaccess"] {
            assert_eq!(mapped(same, System::Windows), (same.into(), false), "{same}");
        }
    }

    #[test]
    fn what_only_windows_forbids_stays_elsewhere() {
        for same in ["a:b. ", "con", "a\\b", "x.", "what?", "NUL.txt"] {
            for system in [System::Unix, System::Mac] {
                assert_eq!(mapped(same, system), (same.into(), false), "{same}");
            }
        }
    }

    #[test]
    fn a_long_name_is_cut_and_keeps_its_ending() {
        for (system, letter, kept) in [
            (System::Unix, "ü", 125),
            (System::Mac, "日", 83),
            (System::Windows, "ü", 251),
            (System::Windows, "😀", 125),
        ] {
            let (name, told) = mapped(&format!("{}.txt", letter.repeat(300)), system);
            assert_eq!(name, format!("{}.txt", letter.repeat(kept)), "{system:?}");
            assert!(told);
        }
        let (name, _) = mapped(&format!("a.{}", "b".repeat(400)), System::Unix);
        assert_eq!(name.len(), 255);
    }

    #[test]
    fn two_remote_names_never_become_one_local_file() {
        let take = |names: &mut Names, remote: &str| {
            let Mapped { name, why } = names.take(map(remote.as_bytes(), &Charset::Auto, names.system));
            (name.into_string().expect("text"), why.is_some())
        };
        let mut blind = Names::new(System::Windows, true);
        assert_eq!(take(&mut blind, "a.txt"), ("a.txt".into(), false));
        assert_eq!(take(&mut blind, "A.TXT"), ("A (2).TXT".into(), true));
        assert_eq!(take(&mut blind, "a (2).txt"), ("a (2) (2).txt".into(), true));
        assert_eq!(take(&mut blind, "x?"), ("x_".into(), true));
        assert_eq!(take(&mut blind, "x*"), ("x_ (2)".into(), true));
        assert_eq!(take(&mut blind, "ÄÖ"), ("ÄÖ".into(), false));
        assert_eq!(take(&mut blind, "äö"), ("äö (2)".into(), true));
        let long = "b".repeat(300);
        assert_eq!(take(&mut blind, &long).0.len(), 255);
        let second = take(&mut blind, &long).0;
        assert!(second.len() == 255 && second.ends_with(" (2)"), "{second}");

        let again = |names: &mut Names, name: &str| names.share(Mapped { name: name.into(), why: None }).name;
        assert_eq!(again(&mut blind, "a.txt"), "a.txt");
        assert_eq!(again(&mut blind, "a.Txt"), "a (3).Txt");

        let mut mac = Names::new(System::Mac, false);
        assert_eq!(take(&mut mac, "caf\u{e9}"), ("caf\u{e9}".into(), false));
        assert_eq!(take(&mut mac, "cafe\u{301}"), ("cafe\u{301} (2)".into(), true));
        assert_eq!(take(&mut mac, "Caf\u{e9}"), ("Caf\u{e9}".into(), false));

        let mut unix = Names::new(System::Unix, false);
        for same in ["a", "A", "caf\u{e9}", "cafe\u{301}"] {
            assert_eq!(take(&mut unix, same), (same.into(), false));
        }
        assert_eq!(take(&mut unix, "a"), ("a (2)".into(), true));
    }

    #[test]
    fn a_changed_name_is_told_without_hiding_anything() {
        let remote = "..\u{202E}/\x1b".as_bytes();
        let note = map(remote, &Charset::Auto, System::Unix).note(remote, &Charset::Auto).expect("a note");
        assert!(note.contains("is saved as") && !note.chars().any(|c| c.is_control() || c == '\u{202E}'), "{note:?}");
        assert_eq!(map(b"a.txt", &Charset::Auto, System::Windows).note(b"a.txt", &Charset::Auto), None);
        let cyrillic = Charset::from_label("windows-1251");
        assert_eq!(map(b"\xcf\xf0\xe8", &cyrillic, System::Unix), Mapped { name: "При".into(), why: None });
    }

    #[test]
    fn a_macs_accents_go_up_as_everybody_writes_them() {
        let name = OsStr::new("cafe\u{301}");
        assert_eq!(remote_name_of(name, &Charset::Auto, System::Mac).as_deref(), Some("caf\u{e9}".as_bytes()));
        assert_eq!(remote_name_of(name, &Charset::Auto, System::Unix).as_deref(), Some("cafe\u{301}".as_bytes()));
        let latin = Charset::from_label("windows-1252");
        assert_eq!(remote_name_of(name, &latin, System::Mac).as_deref(), Some(&b"caf\xe9"[..]));
        assert_eq!(remote_name_of(OsStr::new("日本"), &latin, System::Unix), None);
    }

    #[cfg(unix)]
    #[test]
    fn bytes_that_are_no_text_stay_bytes() {
        use std::os::unix::ffi::OsStrExt as _;
        assert_eq!(map(b"caf\xe9/..", &Charset::Auto, System::Unix).name.as_bytes(), b"caf\xe9_..");
        assert_eq!(map(b"caf\xe9", &Charset::Auto, System::Mac).name, "café");
        assert_eq!(map(&[0xE9; 300], &Charset::Auto, System::Unix).name.len(), 255);
    }

    proptest! {
        #[test]
        fn no_name_leaves_its_folder_on_any_system(
            remote in prop_oneof![
                proptest::collection::vec(any::<u8>(), 0..300),
                "[./\\\\: \u{0}a]{0,8}".prop_map(String::into_bytes),
                "(con|NUL|aux|com1|LPT¹)[. :a]{0,3}".prop_map(String::into_bytes),
            ],
            label in prop_oneof![Just("auto"), Just("windows-1251"), Just("shift_jis"), Just("iso-2022-jp")],
        ) {
            for system in SYSTEMS {
                let name = map(&remote, &Charset::from_label(label), system).name;
                let bytes = name.as_encoded_bytes();
                prop_assert!(!bytes.is_empty() && name != "." && name != "..");
                prop_assert!(!bytes.iter().any(|b| *b == b'/' || b.is_ascii_control()));
                let path = Path::new("/folder").join(&name);
                prop_assert_eq!(path.parent(), Some(Path::new("/folder")));
                if system == System::Windows {
                    let text = name.to_str().expect("text");
                    prop_assert!(!text.contains(['\\', ':', '*', '?', '"', '<', '>', '|']), "{}", text);
                    prop_assert!(!text.ends_with(['.', ' ']) && !is_device(text), "{}", text);
                    prop_assert!(text.encode_utf16().count() <= 255);
                } else {
                    prop_assert!(bytes.len() <= 255);
                }
                // Its own name is a safe one.
                if let Some(text) = name.to_str() {
                    prop_assert_eq!(&map(text.as_bytes(), &Charset::Auto, system).name, &name);
                }
            }
        }
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
