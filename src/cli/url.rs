//! `ftp://user:password@host:port/path`: names as percent-encoded bytes (RFC 1738 section 3.2, RFC 3986). Written for
//! FTP: a `?`, `#` or space that somebody forgot to encode is a part of the name, as the server has it.

use std::net::Ipv6Addr;

use percent_encoding::percent_decode_str;

use crate::domain::{Logon, RemotePath, Secret, Security, Site};
use crate::store::sitebook::SiteBook;

/// Where a URL points.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    /// By the scheme: `ftp` = explicit TLS where offered, `ftpes` = explicit TLS, `ftps` = TLS from the first byte.
    pub security: Security,
    /// Host name or address; an IPv6 address without brackets.
    pub host: String,
    /// `None` = 21, or 990 for `ftps`.
    pub port: Option<u16>,
    /// `None` = anonymous.
    pub user: Option<String>,
    /// Where the URL holds one.
    pub password: Option<Secret>,
    /// Relative to the login directory, or absolute (`//` or `%2F` first).
    pub path: RemotePath,
    /// The URL says that this is a directory: it ends in `/` (or `/.`), or names nothing but the server.
    pub directory: bool,
}

/// What is wrong with a URL, and what would be right. Never repeats a password.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// No `://`.
    #[error("“{0}” is no URL: it should look like ftp://user@host/path")]
    NoScheme(String),
    /// `sftp:`, `scp:`.
    #[error(
        "{0}:// is another protocol (files over SSH), which Twinport does not speak; an FTP server's URL begins with ftp://"
    )]
    Ssh(String),
    /// Any other scheme.
    #[error("Twinport does not speak {0}://; an FTP server's URL begins with ftp://")]
    Scheme(String),
    /// Nothing between `//` and `/`.
    #[error("the URL names no host: it should look like ftp://user@host/path")]
    NoHost,
    /// A space, a control character or the like.
    #[error("“{0}” is no host name; if the user name or password holds /, write it as %2F")]
    Host(String),
    /// `ftp://::1/`.
    #[error("“{0}” looks like an IPv6 address: write it in brackets, as in ftp://[::1]:21/")]
    Brackets(String),
    /// `ftp://[nonsense]/`.
    #[error("“{0}” is no IPv6 address")]
    Ipv6(String),
    /// Not 1 to 65535.
    #[error(
        "what stands between the host's colon and the path is no port, a number from 1 to 65535 (in a user name or \
         password, write / as %2F and @ as %40)"
    )]
    Port,
    /// `%` without two hexadecimal digits.
    #[error("“{0}” is no percent code: write a percent sign as %25")]
    Percent(String),
    /// CR, LF or NUL.
    #[error("the URL holds a line break or a zero byte, which FTP cannot send")]
    Unsendable,
    /// User or password that is no UTF-8.
    #[error("the user name or password in the URL is no UTF-8")]
    NoText,
    /// `;type=a`.
    #[error("Twinport copies files byte for byte: leave out ;type=a")]
    Ascii,
}

impl Address {
    /// Reads a URL.
    ///
    /// # Errors
    /// What is wrong with it, in plain words.
    pub fn parse(url: &str) -> Result<Self, AddressError> {
        let url = url.trim();
        // Whatever stands before an @ may be a password: it is not repeated.
        let shown = || url.rsplit('@').next().unwrap_or_default().to_owned();
        let (scheme, rest) = url.split_once("://").ok_or_else(|| AddressError::NoScheme(shown()))?;
        let security = match scheme.to_ascii_lowercase().as_str() {
            "ftp" => Security::Auto,
            "ftps" => Security::Implicit,
            "ftpes" => Security::Explicit,
            scheme @ ("sftp" | "scp" | "ssh") => return Err(AddressError::Ssh(scheme.to_owned())),
            scheme if scheme.bytes().all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(&b)) => {
                return Err(AddressError::Scheme(scheme.to_owned()));
            }
            _ => return Err(AddressError::NoScheme(shown())),
        };
        let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
        // The last @: people write ftp://me@example.org:secret@host as it comes.
        let (login, place) = match authority.rsplit_once('@') {
            Some((login, place)) => (Some(login), place),
            None => (None, authority),
        };
        let (user, password) = match login {
            Some(login) => credentials(login)?,
            None => (None, None),
        };
        let (host, port) = host_and_port(place)?;
        let (path, directory) = remote_path(path)?;
        Ok(Self { security, host, port, user, password, path, directory })
    }

    /// The site for it: a saved one for the same server and user, else one for the moment.
    pub fn site(&self, book: &SiteBook) -> Site {
        let logon = if self.user.is_some() { Logon::Normal } else { Logon::Anonymous };
        let moment = Site {
            host: self.host.clone(),
            port: self.port,
            security: self.security,
            logon,
            user: self.user.clone().unwrap_or_default(),
            ..Site::default()
        };
        let key = moment.server_key();
        // A scheme that says more than the saved site wins; one that says less (ftp) leaves it as it was saved.
        let fits = |site: &Site| match self.security {
            Security::Implicit => site.security == Security::Implicit,
            _ => site.security != Security::Implicit,
        };
        match book.sites().into_iter().find(|site| site.server_key() == key && fits(site)) {
            // Where the remote pane begins is of no concern to a URL: its path says where.
            Some(site) => Site {
                remote_dir: None,
                security: if self.security == Security::Auto { site.security } else { self.security },
                ..site.clone()
            },
            None => Site { learned: book.learned(&key), ..moment },
        }
    }
}

/// User and password, decoded. A password without a user is none.
fn credentials(login: &str) -> Result<(Option<String>, Option<Secret>), AddressError> {
    let (user, password) = match login.split_once(':') {
        Some((user, password)) => (user, Some(password)),
        None => (login, None),
    };
    let text = |part: &str| match decode(part) {
        Ok(bytes) => String::from_utf8(bytes).map_err(|_| AddressError::NoText),
        // A code that is none may be a piece of the password: only its sign is shown.
        Err(AddressError::Percent(_)) => Err(AddressError::Percent("%".to_owned())),
        Err(error) => Err(error),
    };
    let user = text(user)?;
    if user.is_empty() {
        return Ok((None, None));
    }
    let password = password.map(text).transpose()?.map(Secret::new);
    // The same login as with no user at all: no password is asked for.
    if password.is_none() && user == "anonymous" {
        return Ok((None, None));
    }
    Ok((Some(user), password))
}

/// `host`, `host:port`, `[::1]`, `[::1]:port`.
fn host_and_port(place: &str) -> Result<(String, Option<u16>), AddressError> {
    let (host, port) = if let Some(rest) = place.strip_prefix('[') {
        let (address, after) = rest.split_once(']').ok_or_else(|| AddressError::Ipv6(place.to_owned()))?;
        // RFC 6874: the zone of a link-local address comes after %25.
        let address = address.replace("%25", "%");
        let bare = address.split('%').next().unwrap_or_default();
        if bare.parse::<Ipv6Addr>().is_err() {
            return Err(AddressError::Ipv6(address));
        }
        match after.strip_prefix(':') {
            Some(port) => (address, port),
            None if after.is_empty() => (address, ""),
            None => return Err(AddressError::Host(place.to_owned())),
        }
    } else {
        if place.bytes().filter(|b| *b == b':').count() > 1 {
            return Err(AddressError::Brackets(place.to_owned()));
        }
        let (host, port) = place.split_once(':').unwrap_or((place, ""));
        let host = String::from_utf8(decode(host)?).map_err(|_| AddressError::Host(host.to_owned()))?;
        if host.is_empty() {
            return Err(AddressError::NoHost);
        }
        if host.chars().any(|c| c.is_whitespace() || c.is_control() || "/\\?#\"<>".contains(c)) {
            return Err(AddressError::Host(host));
        }
        (host, port)
    };
    let port = match port {
        "" => None,
        digits => match digits.parse::<u16>() {
            Ok(port) if port > 0 && digits.bytes().all(|b| b.is_ascii_digit()) => Some(port),
            _ => return Err(AddressError::Port),
        },
    };
    Ok((host, port))
}

/// What stands after the host's slash, and whether it says that it is a directory.
fn remote_path(encoded: &str) -> Result<(RemotePath, bool), AddressError> {
    // RFC 1738 section 3.2.2: ;type=a, i or d at the very end.
    let (encoded, listed) = match encoded.rsplit_once(";type=") {
        Some((path, "i" | "I")) => (path, false),
        Some((path, "d" | "D")) => (path, true),
        Some((_, "a" | "A")) => return Err(AddressError::Ascii),
        _ => (encoded, false),
    };
    let bytes = decode(encoded)?;
    let last = bytes.rsplit(|b| *b == b'/').next().unwrap_or_default();
    let directory = listed || matches!(last, b"" | b"." | b"..");
    let mut path = if bytes.first() == Some(&b'/') { RemotePath::root() } else { RemotePath::default() };
    for part in bytes.split(|b| *b == b'/').filter(|part| !part.is_empty() && *part != b".") {
        path = path.join(part);
    }
    Ok((path, directory))
}

/// Percent codes to bytes, strictly: a code that is none was meant otherwise.
fn decode(text: &str) -> Result<Vec<u8>, AddressError> {
    for (at, _) in text.match_indices('%') {
        let code: String = text[at..].chars().take(3).collect();
        if code.len() != 3 || !code[1..].bytes().all(|b| b.is_ascii_hexdigit()) {
            return Err(AddressError::Percent(code));
        }
    }
    let bytes: Vec<u8> = percent_decode_str(text).collect();
    if bytes.iter().any(|b| matches!(b, 0 | b'\r' | b'\n')) {
        return Err(AddressError::Unsendable);
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::sitebook::Node;

    fn path(url: &str) -> (String, bool) {
        let address = Address::parse(url).expect(url);
        (address.path.to_string(), address.directory)
    }

    #[test]
    fn paths_are_relative_to_the_login_directory_unless_a_second_slash_says_root() {
        let cases = [
            ("ftp://host", "", true),
            ("ftp://host/", "", true),
            ("ftp://host/a", "a", false),
            ("ftp://host/a/", "a", true),
            ("ftp://host/a/b", "a/b", false),
            ("ftp://host//", "/", true),
            ("ftp://host//a", "/a", false),
            ("ftp://host/%2Fa/b/", "/a/b", true),
            ("ftp://host/%2fetc/motd", "/etc/motd", false),
            ("ftp://host/%2F", "/", true),
            ("ftp://host/a//b", "a/b", false),
            ("ftp://host/a/.", "a", true),
            ("ftp://host/a/..", "a/..", true),
            ("ftp://host/a;type=i", "a", false),
            ("ftp://host/a;type=d", "a", true),
            ("ftp://host/what?#1", "what?#1", false),
            ("ftp://host/-rf", "-rf", false),
        ];
        for (url, expected, directory) in cases {
            assert_eq!(path(url), (expected.to_owned(), directory), "{url}");
        }
    }

    #[test]
    fn names_are_percent_encoded_bytes() {
        let bytes = |url: &str| Address::parse(url).expect(url).path.as_bytes().to_vec();
        assert_eq!(bytes("ftp://host/a%20b%25c%22"), b"a b%c\"");
        assert_eq!(bytes("ftp://host/caf%E9"), b"caf\xe9");
        assert_eq!(bytes("ftp://host/größe"), "größe".as_bytes());
        assert_eq!(bytes("ftp://host/gr%C3%B6%C3%9Fe"), "größe".as_bytes());
    }

    #[test]
    fn user_and_password_may_hold_anything_that_is_encoded() {
        let address = Address::parse("ftp://me%40example.org:p%3A%2Fw%40@host:2121/x").expect("a url");
        assert_eq!(address.user.as_deref(), Some("me@example.org"));
        assert_eq!(address.password, Some(Secret::from("p:/w@")));
        assert_eq!((address.host.as_str(), address.port), ("host", Some(2121)));
        let address = Address::parse("ftp://me@example.org:secret@host/").expect("a url");
        assert_eq!(address.user.as_deref(), Some("me@example.org"));
        let address = Address::parse("ftp://me:@host/").expect("a url");
        assert_eq!(address.password, Some(Secret::default()));
    }

    #[test]
    fn without_a_user_the_login_is_anonymous() {
        for url in ["ftp://host/", "ftp://@host/", "ftp://anonymous@host/"] {
            let site = Address::parse(url).expect(url).site(&SiteBook::default());
            assert_eq!(site.logon, Logon::Anonymous, "{url}");
            assert_eq!(site.login_name(), "anonymous");
        }
    }

    #[test]
    fn ipv6_hosts_stand_in_brackets() {
        let address = Address::parse("ftp://[::1]:2121/x").expect("a url");
        assert_eq!((address.host.as_str(), address.port), ("::1", Some(2121)));
        let address = Address::parse("ftp://u@[fe80::1%25eth0]/").expect("a url");
        assert_eq!((address.host.as_str(), address.port), ("fe80::1%eth0", None));
        assert!(matches!(Address::parse("ftp://::1/"), Err(AddressError::Brackets(_))));
        assert!(matches!(Address::parse("ftp://[::x]/"), Err(AddressError::Ipv6(_))));
        assert!(matches!(Address::parse("ftp://[::1/"), Err(AddressError::Ipv6(_))));
        assert!(matches!(Address::parse("ftp://[::1]x/"), Err(AddressError::Host(_))));
    }

    #[test]
    fn each_mistake_has_its_own_words() {
        use AddressError as E;
        let wrong = |url: &str| Address::parse(url).expect_err(url);
        assert!(matches!(wrong("host/path"), E::NoScheme(_)));
        assert!(matches!(wrong("sftp://host"), E::Ssh(_)));
        assert!(matches!(wrong("https://host"), E::Scheme(_)));
        assert_eq!(wrong("ftp:///path"), E::NoHost);
        assert_eq!(wrong("ftp://user@/path"), E::NoHost);
        assert_eq!(wrong("ftp://host:0/"), E::Port);
        assert_eq!(wrong("ftp://host:65536/"), E::Port);
        assert_eq!(wrong("ftp://host:+21/"), E::Port);
        assert_eq!(wrong("ftp://host/50%"), E::Percent("%".into()));
        assert_eq!(wrong("ftp://host/%zz"), E::Percent("%zz".into()));
        assert_eq!(wrong("ftp://host/%ä"), E::Percent("%ä".into()));
        assert_eq!(wrong("ftp://host/a%0D%0ADELE%20b"), E::Unsendable);
        assert_eq!(wrong("ftp://host/%00"), E::Unsendable);
        assert_eq!(wrong("ftp://us%0Aer@host/"), E::Unsendable);
        assert_eq!(wrong("ftp://u%FF@host/"), E::NoText);
        assert_eq!(wrong("ftp://ho st/"), E::Host("ho st".into()));
        assert_eq!(wrong("ftp://host/a;type=a"), E::Ascii);
    }

    #[test]
    fn a_mistake_never_repeats_the_password() {
        for url in [
            "user:hunter2@host/path",
            "sftp://user:hunter2@host",
            "ftp://user:hunter2@host:x/",
            "ftp://u:hunter2@",
            "ftp://u:hunter2/x@h/",
            "ftp://u:%hunter2@h/",
        ] {
            let message = Address::parse(url).expect_err(url).to_string();
            assert!(!message.contains("hunter2"), "{message}");
        }
        assert!(!format!("{:?}", Address::parse("ftp://user:hunter2@host/")).contains("hunter2"));
    }

    #[test]
    fn a_saved_site_for_the_same_server_and_user_comes_along() {
        let saved = Site {
            name: "Work".into(),
            host: "Files.Example".into(),
            user: "ann".into(),
            remote_dir: Some("/deep".into()),
            ..Site::default()
        };
        let book = SiteBook { items: vec![Node::Site(saved)], ..SiteBook::default() };
        let site = |url: &str| Address::parse(url).expect(url).site(&book);
        assert_eq!(site("ftp://ann@files.example/x").name, "Work");
        assert_eq!(site("ftp://ann@files.example/x").remote_dir, None);
        assert_eq!(site("ftp://bob@files.example/x").name, "");
        assert_eq!(site("ftp://files.example/x").name, "");
        assert_eq!(site("ftp://ann@files.example:2121/x").name, "");
    }
}
