//! Quick connect: what was typed into four inputs, as a site. The host may be a whole URL.

use percent_encoding::percent_decode_str;

use crate::domain::{Logon, Secret, Security, Site};

use crate::app::words;

/// The site and its password, or why there is none, in words.
///
/// # Errors
/// No host, no such port, another scheme than FTP's.
pub fn site(host: &str, port: &str, user: &str, password: &str) -> Result<(Site, Option<Secret>), &'static str> {
    let host = host.trim();
    let mut site = Site::default();
    let mut secret = (!password.is_empty()).then(|| Secret::from(password));
    let rest = match host.split_once("://") {
        None => host,
        Some((scheme, rest)) => {
            site.security = match scheme.to_ascii_lowercase().as_str() {
                "ftp" => Security::Auto,
                "ftps" => Security::Implicit,
                "ftpes" => Security::Explicit,
                _ => return Err(words::BAD_URL),
            };
            rest
        }
    };
    let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
    let (login, address) = match authority.rsplit_once('@') {
        Some((login, address)) => (Some(login), address),
        None => (None, authority),
    };
    let (name, typed_port) = split_port(address);
    if name.is_empty() {
        return Err(words::NO_HOST);
    }
    site.host = name.to_owned();
    let port = if port.trim().is_empty() { typed_port.unwrap_or_default() } else { port.trim() };
    if !port.is_empty() {
        let number: u16 = port.parse().map_err(|_| words::BAD_PORT)?;
        if number == 0 {
            return Err(words::BAD_PORT);
        }
        site.port = Some(number);
    }
    let decode = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
    site.user = user.trim().to_owned();
    if let Some(login) = login {
        let (name, word) = login.split_once(':').map_or((login, None), |(name, word)| (name, Some(word)));
        if site.user.is_empty() {
            site.user = decode(name);
        }
        secret = secret.or_else(|| word.map(|word| Secret::new(decode(word))));
    }
    if site.user.is_empty() || site.user == "anonymous" {
        site.logon = Logon::Anonymous;
        site.user.clear();
    }
    if !path.is_empty() {
        // As in every FTP URL: relative to the login directory, `//` is the root.
        site.remote_dir = Some(decode(path));
    }
    Ok((site, secret))
}

/// `host:port`, `[::1]:port`, or a bare IPv6 address.
fn split_port(address: &str) -> (&str, Option<&str>) {
    if let Some((host, rest)) = address.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        return (host, rest.strip_prefix(':'));
    }
    match address.split_once(':') {
        Some((host, port)) if !port.contains(':') => (host, Some(port)),
        _ => (address, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn four_inputs_make_a_site() {
        let (made, secret) = site(" ftp.example.org ", "2121", "me", "pw").expect("a site");
        assert_eq!((made.host.as_str(), made.port, made.user.as_str()), ("ftp.example.org", Some(2121), "me"));
        assert_eq!((made.logon, secret), (Logon::Normal, Some(Secret::from("pw"))));
        let (made, secret) = site("h", "", "", "").expect("a site");
        assert_eq!((made.logon, made.port, secret), (Logon::Anonymous, None, None));
    }

    #[test]
    fn the_host_may_be_a_url() {
        let (made, secret) = site("ftpes://u%40x:p%3A@[::1]:2121/pub/a%20b", "", "", "").expect("a site");
        assert_eq!((made.host.as_str(), made.port, made.user.as_str()), ("::1", Some(2121), "u@x"));
        assert_eq!((made.security, made.remote_dir.as_deref()), (Security::Explicit, Some("pub/a b")));
        assert_eq!(secret, Some(Secret::from("p:")));
        let (made, _) = site("fe80::1", "", "", "").expect("a site");
        assert_eq!((made.host.as_str(), made.port), ("fe80::1", None));
    }

    #[test]
    fn what_is_no_site_is_said_in_words() {
        assert_eq!(site("", "", "", ""), Err(words::NO_HOST));
        assert_eq!(site("h", "x", "", ""), Err(words::BAD_PORT));
        assert_eq!(site("h", "0", "", ""), Err(words::BAD_PORT));
        assert_eq!(site("h", "65536", "", ""), Err(words::BAD_PORT));
        assert_eq!(site("https://h", "", "", ""), Err(words::BAD_URL));
    }
}
