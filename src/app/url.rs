//! Places as URLs, and file URLs as paths.

use std::path::{Path, PathBuf};

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, percent_encode};

use crate::app::files::location::Location;
use crate::domain::{RemotePath, Security, Site};

/// Everything but RFC 3986's unreserved characters and what may stand in a path.
const PATH: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b'/');
const PART: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The URL of a place; `None` for a remote one without a site. Never holds a password.
pub fn of(at: &Location, site: Option<&Site>) -> Option<String> {
    match (at, site) {
        (Location::Local(path), _) => Some(of_file(path)),
        (Location::Remote(path), Some(site)) => Some(of_remote(path, site)),
        (Location::Remote(_), None) => None,
    }
}

/// The paths in a text of the clipboard: one a line, `file://` URLs as file managers put them there, among which there may be
/// plain paths. Empty where any line is neither, or none is a URL: then it is just text, of a log or a terminal.
pub fn pasted_files(text: &str) -> Vec<PathBuf> {
    if !text.lines().any(|line| line.trim_start().starts_with("file://")) {
        return Vec::new();
    }
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && *line != "copy" && *line != "cut");
    let paths: Option<Vec<PathBuf>> = lines
        .map(|line| {
            let path = match line.strip_prefix("file://") {
                Some(rest) => file_url_path(rest)?,
                None => PathBuf::from(line),
            };
            path.is_absolute().then_some(path)
        })
        .collect();
    paths.unwrap_or_default()
}

fn of_file(path: &Path) -> String {
    let text = path.as_os_str().as_encoded_bytes();
    let text: Vec<u8> = if cfg!(windows) {
        text.iter().map(|byte| if *byte == b'\\' { b'/' } else { *byte }).collect()
    } else {
        text.to_vec()
    };
    let slash = if text.first() == Some(&b'/') { "" } else { "/" };
    format!("file://{slash}{}", percent_encode(&text, PATH))
}

/// What stands behind `file://`, as a path: `/home/a%20b`, `localhost/home`, `/C:/dir`.
fn file_url_path(rest: &str) -> Option<PathBuf> {
    let path = rest.strip_prefix("localhost").unwrap_or(rest);
    let path = percent_decode_str(path).decode_utf8().ok()?;
    if cfg!(windows) {
        return Some(PathBuf::from(path.strip_prefix('/').unwrap_or(&path).replace('/', "\\")));
    }
    Some(PathBuf::from(path.into_owned()))
}

fn of_remote(path: &RemotePath, site: &Site) -> String {
    let scheme = match site.security {
        Security::Implicit => "ftps",
        Security::Explicit => "ftpes",
        Security::Auto | Security::Off => "ftp",
    };
    let user = match site.login_name() {
        "anonymous" | "" => String::new(),
        name => format!("{}@", percent_encode(name.as_bytes(), PART)),
    };
    let host = if site.host.contains(':') { format!("[{}]", site.host) } else { site.host.clone() };
    let port = site.port.filter(|port| *port != site.security.default_port()).map(|port| format!(":{port}"));
    // A path in a URL is relative to the login directory; a second slash means the root.
    let root = if path.is_absolute() { "/" } else { "" };
    let path = percent_encode(path.as_bytes(), PATH).to_string();
    format!("{scheme}://{user}{host}{}/{}{}", port.unwrap_or_default(), root, path.trim_start_matches('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_remote_url_names_the_root_and_escapes_every_byte() {
        let site = Site { host: "h.example".into(), user: "a@b".into(), port: Some(2121), ..Site::default() };
        let at = Location::Remote(RemotePath::new(*b"/a b/\xe9#?"));
        assert_eq!(of(&at, Some(&site)).as_deref(), Some("ftp://a%40b@h.example:2121//a%20b/%E9%23%3F"));
        let site = Site { host: "::1".into(), security: Security::Implicit, ..Site::default() };
        let at = Location::Remote(RemotePath::from("x"));
        assert_eq!(of(&at, Some(&site)).as_deref(), Some("ftps://[::1]/x"));
        assert_eq!(of(&at, None), None);
    }

    #[cfg(unix)]
    #[test]
    fn pasted_uris_and_paths_are_files_and_other_text_is_not() {
        let files = pasted_files("file:///tmp/a%20b\r\n/tmp/c\n");
        assert_eq!(files, [PathBuf::from("/tmp/a b"), PathBuf::from("/tmp/c")]);
        assert_eq!(pasted_files("copy\nfile://localhost/tmp/x"), [PathBuf::from("/tmp/x")]);
        assert!(pasted_files("hello").is_empty());
        assert!(pasted_files("/var/www/html").is_empty(), "a path alone is text");
        assert!(pasted_files("/tmp/a\nhello").is_empty());
        let at = Location::Local("/tmp/a b".into());
        assert_eq!(of(&at, None).as_deref(), Some("file:///tmp/a%20b"));
    }
}
