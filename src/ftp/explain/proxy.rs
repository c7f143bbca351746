//! Words for what can go wrong at a proxy (SOCKS, HTTP, FTP).

use std::io::ErrorKind;

use crate::domain::ProxyKind;
use crate::ftp::error::{ProxyFailure, ProxyTrouble, Stage};
use crate::ftp::explain::explanation::Explanation;

/// A proxy that did not bring us to the server.
pub(super) fn proxy(failure: &ProxyFailure) -> Explanation {
    let ProxyFailure { kind, host, port, target, stage, trouble } = failure;
    let the_proxy = format!("The {} “{host}”", kind.words());
    let data = *stage == Stage::DataConnection;
    let explanation = |what: String, why: String, advice: &str| Explanation { what, why, advice: advice.into() };
    match trouble {
        ProxyTrouble::UnknownHost { .. } => explanation(
            format!("There is no proxy called “{host}”."),
            "The name has no address.".into(),
            "Check the proxy's host in the settings for a typing error, and whether this computer is online.",
        ),
        ProxyTrouble::NoConnection { kind, detail } => explanation(
            format!("No connection to the proxy “{host}” on port {port}."),
            match kind {
                ErrorKind::ConnectionRefused => "The computer is there, but nothing listens on that port.".into(),
                ErrorKind::TimedOut => "Nothing answered: it is off, or a firewall on the way drops the connection.".into(),
                _ => format!("The system says: {detail}."),
            },
            "Check the proxy's host and port in the settings, or switch it off for this site.",
        ),
        ProxyTrouble::Silent { waited } => explanation(
            format!("{the_proxy} did not answer within {}.", crate::ftp::explain::explanation::seconds(*waited)),
            match kind {
                ProxyKind::Ftp(_) => "It is off, or a firewall on the way drops the connection.".into(),
                _ => format!("It could not reach {target}, it hangs, or it is a proxy of another kind."),
            },
            "Check the proxy's kind and port in the settings; if they are right, try again later.",
        ),
        ProxyTrouble::Closed => explanation(
            format!("{the_proxy} closed the connection instead of answering."),
            "Proxies do that when they are spoken to in the wrong way, and when they do not serve this computer.".into(),
            "Check the proxy's kind and port in the settings, and ask its administrator whether you may use it.",
        ),
        ProxyTrouble::NotAProxy { heard } => {
            let web = heard.starts_with("HT") && *kind != ProxyKind::HttpConnect;
            explanation(
                format!("What listens at “{host}” on port {port} is no {}.", kind.words()),
                match heard.is_empty() {
                    true => "What it answered means nothing.".into(),
                    false => format!("It answered “{heard}”."),
                },
                match web {
                    true => "It answers like a web server: choose HTTP as the proxy's kind, or check the port.",
                    false => "Check the proxy's kind and port in the settings.",
                },
            )
        }
        ProxyTrouble::LoginNeeded => explanation(
            format!("{the_proxy} wants a user and a password."),
            "None are set.".into(),
            "Enter them at the proxy in the settings.",
        ),
        ProxyTrouble::LoginRefused { said } => explanation(
            format!("{the_proxy} refused the login."),
            or_said(said, "It gave no reason."),
            match kind {
                ProxyKind::Socks4a => "Check the proxy's user in the settings.",
                _ => "Check the proxy's user and password in the settings (they are not the server's).",
            },
        ),
        ProxyTrouble::NoMethod { offered } => explanation(
            format!("{the_proxy} has no way to log in that Twinport knows."),
            match offered.is_empty() {
                true => "It takes neither user and password, nor nobody's name.".into(),
                false => format!("It takes {offered}; Twinport knows user and password (Basic)."),
            },
            "Ask its administrator to allow user and password, or use another proxy.",
        ),
        ProxyTrouble::Forbidden { said } => explanation(
            format!("{the_proxy} does not allow a connection to {target}."),
            format!("It says: “{said}”."),
            match data {
                true => {
                    "It lets the command connection through, not the data connection, which has another port each time. Its \
                     administrator must allow ports above 1023; a SOCKS5 proxy often does."
                }
                false => "Its administrator must allow that server and port.",
            },
        ),
        ProxyTrouble::NoTunnels { said } => explanation(
            format!("{the_proxy} makes no connections for others, or not in this way."),
            format!("It says: “{said}”."),
            "Check the proxy's kind in the settings, or ask its administrator which one it is.",
        ),
        ProxyTrouble::TargetUnreachable { said } => explanation(
            format!("{the_proxy} cannot reach {target}."),
            format!("It says: “{said}”."),
            match data {
                true => "Try again. If it stays so, the server's passive ports are not open to the proxy.",
                false => "Check the server's host and port: the proxy looks up the name, not this computer.",
            },
        ),
        ProxyTrouble::TargetRefused => explanation(
            format!("No connection from the {} “{host}” to {target}.", kind.words()),
            "The proxy works and the server is there, but nothing listens on that port, or a firewall refuses the proxy.".into(),
            match data {
                true => "Ask the server's administrator to open its passive ports.",
                false => "Check the server's port (FTP uses 21), and whether it is running.",
            },
        ),
        ProxyTrouble::Failed { said } => explanation(
            format!("{the_proxy} could not connect to {target}."),
            format!("It says: “{said}”."),
            "Check the server's host and port. If they are right, the proxy's log tells its administrator more.",
        ),
        ProxyTrouble::Unsayable { detail } => explanation(
            format!("The {} “{host}” cannot be told where to connect.", kind.words()),
            format!("That is because {detail}."),
            "Check host, user and password, or use a proxy of another kind.",
        ),
        ProxyTrouble::NoActive => explanation(
            "Active mode does not work through a proxy.".into(),
            "In active mode the server connects to this computer, and the proxy lets nobody in.".into(),
            "Switch the transfer mode to Automatic or Passive, or switch the proxy off for this site.",
        ),
        ProxyTrouble::NoEncryption => explanation(
            "An FTP proxy cannot pass an encrypted connection on.".into(),
            format!("{the_proxy} must read the commands, and this site wants or has had TLS. Nothing was sent."),
            "Use a SOCKS5 or HTTP proxy, or switch the proxy off for this site; only if clear text will do, choose “none” as \
             the encryption.",
        ),
    }
}

fn or_said(said: &str, otherwise: &str) -> String {
    if said.is_empty() { otherwise.into() } else { format!("It says: “{said}”.") }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::domain::FtpProxy;

    fn told(kind: ProxyKind, stage: Stage, trouble: ProxyTrouble) -> Explanation {
        let (host, target) = ("p.example".into(), "ftp.example.org:21".into());
        proxy(&ProxyFailure { kind, host, port: 1080, target, stage, trouble })
    }

    #[test]
    fn every_trouble_is_told_in_sentences_with_something_to_do() {
        let said = || "502 No".to_owned();
        let troubles = [
            ProxyTrouble::UnknownHost { detail: said() },
            ProxyTrouble::NoConnection { kind: ErrorKind::ConnectionRefused, detail: said() },
            ProxyTrouble::NoConnection { kind: ErrorKind::Other, detail: said() },
            ProxyTrouble::Silent { waited: Duration::from_secs(20) },
            ProxyTrouble::Closed,
            ProxyTrouble::NotAProxy { heard: said() },
            ProxyTrouble::NotAProxy { heard: String::new() },
            ProxyTrouble::LoginNeeded,
            ProxyTrouble::LoginRefused { said: said() },
            ProxyTrouble::LoginRefused { said: String::new() },
            ProxyTrouble::NoMethod { offered: "NTLM".into() },
            ProxyTrouble::NoMethod { offered: String::new() },
            ProxyTrouble::Forbidden { said: said() },
            ProxyTrouble::NoTunnels { said: said() },
            ProxyTrouble::TargetUnreachable { said: said() },
            ProxyTrouble::TargetRefused,
            ProxyTrouble::Failed { said: said() },
            ProxyTrouble::Unsayable { detail: "the name is too long".into() },
            ProxyTrouble::NoActive,
            ProxyTrouble::NoEncryption,
        ];
        let kinds =
            [ProxyKind::Socks5, ProxyKind::Socks4a, ProxyKind::HttpConnect, ProxyKind::Ftp(FtpProxy::UserAtHost)];
        for trouble in troubles {
            for kind in kinds {
                for stage in [Stage::Connect, Stage::DataConnection] {
                    let Explanation { what, why, advice } = told(kind, stage, trouble.clone());
                    for part in [what, why, advice] {
                        assert!(part.ends_with(['.', '!', '?']) && part.len() > 8, "{trouble:?}: {part}");
                        assert!(!part.contains("  ") && !part.contains('{'), "{trouble:?}: {part}");
                    }
                }
            }
        }
    }

    #[test]
    fn the_proxy_and_the_server_are_told_apart() {
        let refused = told(ProxyKind::Socks5, Stage::Connect, ProxyTrouble::TargetRefused).line();
        assert!(refused.contains("SOCKS5 proxy “p.example”") && refused.contains("ftp.example.org:21"), "{refused}");
        let web = ProxyTrouble::NotAProxy { heard: "HTTP/1.0 400 Bad".into() };
        assert!(told(ProxyKind::Socks5, Stage::Connect, web).advice.contains("choose HTTP"));
        let forbidden = || ProxyTrouble::Forbidden { said: "403".into() };
        assert!(told(ProxyKind::HttpConnect, Stage::DataConnection, forbidden()).advice.contains("data connection"));
        assert!(!told(ProxyKind::HttpConnect, Stage::Connect, forbidden()).advice.contains("data connection"));
    }
}
