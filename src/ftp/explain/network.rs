//! What the network and the far end do, in words: no connection, no answer, a broken one, something that is not FTP.

use std::io::ErrorKind;
use std::time::Duration;

use crate::ftp::error::{Stage, Stranger, too_many};
use crate::ftp::explain::catalogue;
use crate::ftp::explain::explanation::{Explanation, quoted, said, say, seconds, sentence, told};
use crate::ftp::explain::logins::TOO_MANY;
use crate::ftp::explain::refusals::REFUSALS;
use crate::ftp::reply::Reply;

pub(super) fn cannot_connect(host: &str, port: u16, kind: ErrorKind, detail: &str) -> Explanation {
    let what = format!("No connection to “{host}” on port {port}.");
    let (why, advice) = match kind {
        ErrorKind::ConnectionRefused => (
            "The computer is there, but it refused the connection: nothing listens on that port.".into(),
            "Check the port (FTP uses 21; port 22 is SFTP, another protocol), and whether the FTP server is running.",
        ),
        ErrorKind::TimedOut | ErrorKind::WouldBlock => (
            "Nothing answered: the server is off, or a firewall on the way drops the connection.".into(),
            "Check host and port. From another network (a phone's, say) you can tell whether the firewall is on our side.",
        ),
        ErrorKind::NetworkUnreachable | ErrorKind::HostUnreachable | ErrorKind::NetworkDown => {
            ("There is no way to it from this network.".into(), "Check the network connection; a VPN may be needed.")
        }
        ErrorKind::PermissionDenied => {
            ("This computer's own firewall does not allow it.".into(), "Allow Twinport in the firewall's settings.")
        }
        _ => (sentence(detail), "Check host, port and the network connection."),
    };
    Explanation { what, why, advice: advice.into() }
}

pub(super) fn timeout(stage: Stage, waited: Duration) -> Explanation {
    let (what, why, advice) = match stage {
        Stage::Connect => (
            "The server did not answer",
            "It is off, or a firewall on the way drops the connection.",
            "Check host and port, or try from another network.",
        ),
        Stage::Greeting => (
            "The server accepted the connection and then said nothing",
            "It may be overloaded, wait for TLS from the first byte (port 990), or not be an FTP server at all.",
            "Check the port; for implicit TLS choose it as the encryption.",
        ),
        Stage::Login => (
            "The server did not answer the login",
            "It may be overloaded, or look up our address slowly.",
            "Try again later, or raise the timeout in the settings.",
        ),
        Stage::Command => (
            "The server did not answer a command",
            "It hangs, or something on the way (a router's NAT table) forgot the connection.",
            "Connect again; raise the timeout in the settings if the server is known to be slow.",
        ),
        Stage::DataConnection => (
            "The data connection did not come about",
            "A firewall on the way drops it.",
            "Switch between passive and active mode in the settings.",
        ),
        Stage::Transfer => (
            "No byte moved any more",
            "The server stopped sending or taking, or the network is gone.",
            "Retry: it goes on where it stopped.",
        ),
        Stage::Completion => (
            "All bytes went, but the server did not say that it has them",
            "Routers forget idle connections, and the command connection is idle in a long transfer.",
            "Retry: what is there is compared and continued.",
        ),
    };
    Explanation { what: format!("{what} within {}.", seconds(waited)), why: why.into(), advice: advice.into() }
}

pub(super) fn closed(stage: Stage, last: Option<&Reply>) -> Explanation {
    let said = last.map(said).unwrap_or_default();
    if last.is_some_and(too_many) {
        return Explanation { why: said, ..say("The server has too many connections.", "", TOO_MANY) };
    }
    // A 421 tells why.
    if let Some(reply) = last.filter(|_| !matches!(stage, Stage::Connect | Stage::Greeting | Stage::Login))
        && let Some(case) = catalogue::find(REFUSALS, "", reply)
    {
        return told(case, "", reply);
    }
    match stage {
        Stage::Connect | Stage::Greeting => Explanation {
            what: "The server closed the connection before it greeted us.".into(),
            why: otherwise(said, "It may not allow connections from this address, or have too many."),
            advice:
                "Wait a moment and try again; if it stays so, ask its administrator whether your address is blocked."
                    .into(),
        },
        Stage::Login => Explanation {
            what: "The server closed the connection during the login.".into(),
            why: otherwise(
                said,
                "It gave no reason; some servers do that after wrong passwords, or without encryption.",
            ),
            advice: "Check user and password before you try again: several wrong ones may lock you out.".into(),
        },
        _ => Explanation {
            what: "The server closed the connection.".into(),
            why: otherwise(said, "It gave no reason; often it was idle for too long, or is being restarted."),
            advice: "Connect again; transfers go on where they stopped.".into(),
        },
    }
}

pub(super) fn lost(stage: Stage, kind: ErrorKind, detail: &str) -> Explanation {
    let why = match kind {
        ErrorKind::ConnectionReset | ErrorKind::BrokenPipe | ErrorKind::ConnectionAborted => {
            "The other side, or a device on the way, cut it.".into()
        }
        ErrorKind::NetworkUnreachable | ErrorKind::NetworkDown | ErrorKind::HostUnreachable => {
            "This computer's network is gone.".into()
        }
        _ => sentence(detail),
    };
    let what = match stage {
        Stage::Transfer | Stage::Completion => "The connection broke in the middle of the transfer.",
        _ => "The connection to the server broke.",
    };
    Explanation {
        what: what.into(),
        why,
        advice: "Check the network and connect again; transfers go on where they stopped.".into(),
    }
}

pub(super) fn not_ftp(stranger: Stranger, first_line: &str) -> Explanation {
    let heard = format!("It said “{}”.", quoted(first_line));
    let (what, advice) = match stranger {
        Stranger::Ssh => (
            "That port speaks SSH, not FTP.",
            "SFTP (port 22) is another protocol, which Twinport does not speak. Ask for the server's FTP port, usually 21.",
        ),
        Stranger::Http => {
            ("That port is a web server's.", "Use the FTP port, usually 21, and the server's name without http://.")
        }
        Stranger::Mail => ("That port is a mail server's.", "Use the FTP port, usually 21."),
        Stranger::Binary => (
            "That port speaks something that is not FTP.",
            "It may want TLS from the first byte (implicit, usually port 990), or be another service.",
        ),
        Stranger::Unknown => ("What listens on that port is not an FTP server.", "Check the port; FTP uses 21."),
    };
    let why = if stranger == Stranger::Binary { "It did not answer in text.".into() } else { heard };
    Explanation { what: what.into(), why, advice: advice.into() }
}

/// No data connection in either mode that was tried; `passive`, `active` = why not.
pub(super) fn no_data(passive: Option<String>, active: Option<String>) -> Explanation {
    match (passive, active) {
        (Some(passive), Some(active)) => Explanation {
            what: "No data connection could be opened, neither passive nor active.".into(),
            why: format!("Passive: {passive} Active: {active}"),
            advice:
                "Both sides are behind firewalls. Either the server's administrator opens its passive ports, or you \
                     forward a port range to this computer and enter it, with the external address, in the settings."
                    .into(),
        },
        (Some(passive), None) => Explanation {
            what: "No data connection could be opened in passive mode.".into(),
            why: passive,
            advice: "Switch the transfer mode to Automatic or Active, or ask the server's administrator to open its \
                     passive ports."
                .into(),
        },
        (None, Some(active)) => Explanation {
            what: "No data connection could be opened in active mode.".into(),
            why: active,
            advice: "Switch the transfer mode to Automatic or Passive.".into(),
        },
        (None, None) => say("No data connection could be opened.", "", "Switch the transfer mode in the settings."),
    }
}

fn otherwise(text: String, otherwise: &str) -> String {
    if text.is_empty() { otherwise.to_owned() } else { text }
}
