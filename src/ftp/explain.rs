//! Words for people: an error, and where in the conversation, to what happened, why, and what to do. The one place where
//! errors of the server and the network become sentences; the window, the log and the command line all use it.

mod proxy;
mod tls;

use std::io::ErrorKind;
use std::time::Duration;

use super::error::{FtpError, Stage, Stranger, too_many};
use super::reply::Reply;

/// An error in plain words; each part is a sentence or two, or empty.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Explanation {
    /// What happened: "The server refused the password."
    pub what: String,
    /// Why, with the server's own words as evidence.
    pub why: String,
    /// What to do.
    pub advice: String,
}

impl Explanation {
    /// All of it, as one line.
    pub fn line(&self) -> String {
        [&self.what, &self.why, &self.advice]
            .into_iter()
            .filter(|part| !part.is_empty())
            .map(String::as_str)
            .collect::<Vec<_>>()
            .join(" ")
    }
}

/// The error in plain words.
pub fn explain(error: &FtpError) -> Explanation {
    match error {
        FtpError::Cancelled => say("Cancelled.", "", ""),
        FtpError::UnknownHost { host, .. } => Explanation {
            what: format!("There is no server called “{host}”."),
            why: "The name has no address.".into(),
            advice: "Check the host name for a typing error, and whether this computer is online.".into(),
        },
        FtpError::CannotConnect { host, port, kind, detail } => cannot_connect(host, *port, *kind, detail),
        FtpError::Timeout { stage, waited } => timeout(*stage, *waited),
        FtpError::Closed { stage, last } => closed(*stage, last.as_ref()),
        FtpError::Lost { stage, kind, detail } => lost(*stage, *kind, detail),
        FtpError::NotFtp { stranger, first_line } => not_ftp(*stranger, first_line),
        FtpError::LoginRefused(reply) => login_refused(reply),
        FtpError::PasswordNeeded => say(
            "The server wants a password.",
            "None is saved for this site, and none was given.",
            "Enter it when connecting, or save it in the Site Manager.",
        ),
        FtpError::Refused { verb, stage, reply } => refused(verb, *stage, reply),
        FtpError::Protocol { detail } => Explanation {
            what: "The server sent something that is not FTP.".into(),
            why: sentence(detail),
            advice: "Connect again. If it stays so, the server or something on the way to it is broken; its log and our \
                     message log help its administrator."
                .into(),
        },
        FtpError::NoDataConnection { passive, active } => no_data(passive.as_deref(), active.as_deref()),
        FtpError::DataRefused { target, kind, detail } => Explanation {
            what: format!("The data connection to port {} of the server could not be opened.", target.port()),
            why: match kind {
                ErrorKind::ConnectionRefused => {
                    "The server named that port, but nothing listens there: its firewall or router lets the command \
                     connection through, not the passive ports."
                        .into()
                }
                ErrorKind::TimedOut => {
                    "Nothing answered on that port: a firewall on the way drops it. The server's passive port range must \
                     be open there."
                        .into()
                }
                _ => sentence(detail),
            },
            advice: "Switch the transfer mode to active, or ask the server's administrator to open its passive ports.".into(),
        },
        FtpError::NobodyCame { listening, waited } => Explanation {
            what: format!("The server did not connect to our port {} within {}.", listening.port(), seconds(*waited)),
            why: "In active mode the server connects to us. A firewall or router on our side, or on the server's, does not \
                  let it in."
                .into(),
            advice: "Switch the transfer mode to passive. To keep active mode, set a port range and the external address in \
                     the settings, and forward these ports to this computer."
                .into(),
        },
        FtpError::WrongPeer { expected, found } => Explanation {
            what: "Somebody else than the server opened the data connection; it was refused.".into(),
            why: format!("{found} connected where {expected} was expected."),
            advice: "Try again. If it happens again, somebody is probing this computer, or the server sends data from another \
                     address; passive mode then works."
                .into(),
        },
        FtpError::NoPort { detail } => Explanation {
            what: "No port was free to listen on for the server's data connection.".into(),
            why: sentence(detail),
            advice: "Widen the port range in the settings, or switch the transfer mode to passive.".into(),
        },
        FtpError::Untrusted(offered) => tls::untrusted(offered),
        FtpError::NoTls { reply, downgrade } => tls::no_tls(reply, *downgrade),
        FtpError::ClearTextUnasked(reply) => tls::clear_text(reply),
        FtpError::Tls { stage, trouble } => tls::trouble(*stage, trouble),
        FtpError::Proxy(failure) => proxy::proxy(failure),
        FtpError::Incomplete { expected, got } => Explanation {
            what: format!("Only {got} of {expected} bytes arrived."),
            why: "The server ended the transfer and said that all was well, but the file is larger.".into(),
            advice: "Retry: what is there already is kept and continued. If it stays so, the file is being changed on the \
                     server, or its disk has a fault."
                .into(),
        },
        FtpError::BadArgument { detail } => Explanation {
            what: "That cannot be sent to an FTP server.".into(),
            why: sentence(detail),
            advice: "FTP ends a command at a line end, so no name may contain one. Rename it first.".into(),
        },
        FtpError::Exists { path } => Explanation {
            what: format!("“{path}” exists already."),
            why: String::new(),
            advice: "Choose another name, or delete or rename what is there.".into(),
        },
        FtpError::Unsupported { what } => Explanation {
            what: "That is not possible here.".into(),
            why: sentence(what),
            advice: String::new(),
        },
    }
}

fn cannot_connect(host: &str, port: u16, kind: ErrorKind, detail: &str) -> Explanation {
    let what = format!("No connection to “{host}” on port {port}.");
    let (why, advice) = match kind {
        ErrorKind::ConnectionRefused => (
            "The computer is there, but nothing listens on that port.".into(),
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

fn timeout(stage: Stage, waited: Duration) -> Explanation {
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

fn closed(stage: Stage, last: Option<&Reply>) -> Explanation {
    let said = last.map(said).unwrap_or_default();
    if last.is_some_and(too_many) {
        return Explanation { why: said, ..say("The server has too many connections.", "", TOO_MANY) };
    }
    match stage {
        Stage::Connect | Stage::Greeting => Explanation {
            what: "The server closed the connection before it greeted us.".into(),
            why: or(said, "It may not allow connections from this address, or have too many."),
            advice:
                "Wait a moment and try again; if it stays so, ask its administrator whether your address is blocked."
                    .into(),
        },
        Stage::Login => Explanation {
            what: "The server closed the connection during the login.".into(),
            why: or(said, "It gave no reason; some servers do that after wrong passwords, or without encryption."),
            advice: "Check user and password before you try again: several wrong ones may lock you out.".into(),
        },
        _ => Explanation {
            what: "The server closed the connection.".into(),
            why: or(said, "It gave no reason; often it was idle for too long, or is being restarted."),
            advice: "Connect again; transfers go on where they stopped.".into(),
        },
    }
}

fn lost(stage: Stage, kind: ErrorKind, detail: &str) -> Explanation {
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

fn not_ftp(stranger: Stranger, first_line: &str) -> Explanation {
    let heard = format!("It said “{first_line}”.");
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

fn login_refused(reply: &Reply) -> Explanation {
    let text = reply.text().to_ascii_lowercase();
    let has = |words: &[&str]| words.iter().any(|word| text.contains(word));
    let why = said(reply);
    let (what, advice) = if too_many(reply) {
        ("The server has too many connections.", TOO_MANY)
    } else if has(&["tls", "ssl", "secure", "encrypt"]) {
        ("The server wants an encrypted connection.", "Choose explicit TLS as the encryption for this site.")
    } else if has(&["anonymous"]) {
        ("The server does not allow anonymous logins.", "Enter a user name and password.")
    } else if has(&["disabled", "expired", "locked", "suspend"]) {
        ("The server does not let this account in.", "Ask the server's administrator about the account.")
    } else if has(&["banned", "blocked", "not allowed from"]) {
        (
            "The server has blocked this computer's address.",
            "Wait (often minutes to hours), then try with the right password; or ask its administrator.",
        )
    } else if reply.code == 532 || reply.code == 332 {
        ("The server wants an account besides user and password.", "Choose the logon type “Account” for this site.")
    } else if (400..500).contains(&reply.code) {
        ("The server does not accept logins at the moment.", "Try again later.")
    } else {
        (
            "The server refused the login.",
            "Check user name and password (capital letters count). Twinport does not try again by itself, since servers \
             lock out after several wrong ones.",
        )
    };
    Explanation { what: what.into(), why, advice: advice.into() }
}

fn refused(verb: &str, stage: Stage, reply: &Reply) -> Explanation {
    let why = said(reply);
    let text = reply.text().to_ascii_lowercase();
    let found = CATALOGUE.iter().find(|case| {
        (case.codes.is_empty() || case.codes.contains(&reply.code))
            && (case.verbs.is_empty() || case.verbs.contains(&verb))
            && (case.words.is_empty() || case.words.iter().any(|word| text.contains(word)))
    });
    let (what, advice) = match found {
        Some(case) => (case.what.to_owned(), case.advice),
        None => {
            let what = format!("The server refused to {}.", task(verb));
            let advice = match (reply.code, stage) {
                (400..=499, _) => "That may pass: try again in a moment.",
                _ => "Ask the server's administrator if you think that you should be allowed to.",
            };
            (what, advice)
        }
    };
    Explanation { what: what.replace("{task}", task(verb)), why, advice: advice.into() }
}

fn no_data(passive: Option<&FtpError>, active: Option<&FtpError>) -> Explanation {
    let why = |error: &FtpError| explain(error).line_of_cause();
    match (passive, active) {
        (Some(passive), Some(active)) => Explanation {
            what: "No data connection could be opened, neither passive nor active.".into(),
            why: format!("Passive: {} Active: {}", why(passive), why(active)),
            advice:
                "Both sides are behind firewalls. Either the server's administrator opens its passive ports, or you \
                     forward a port range to this computer and enter it, with the external address, in the settings."
                    .into(),
        },
        (Some(passive), None) => Explanation {
            what: "No data connection could be opened in passive mode.".into(),
            why: why(passive),
            advice: "Switch the transfer mode to Automatic or Active, or ask the server's administrator to open its \
                     passive ports."
                .into(),
        },
        (None, Some(active)) => Explanation {
            what: "No data connection could be opened in active mode.".into(),
            why: why(active),
            advice: "Switch the transfer mode to Automatic or Passive.".into(),
        },
        (None, None) => say("No data connection could be opened.", "", "Switch the transfer mode in the settings."),
    }
}

impl Explanation {
    /// Its cause where there is one, else what happened.
    fn line_of_cause(&self) -> String {
        if self.why.is_empty() { self.what.clone() } else { format!("{} {}", self.what, self.why) }
    }
}

/// What a verb is for.
fn task(verb: &str) -> &'static str {
    match verb {
        "RETR" => "send the file",
        "STOR" | "STOU" | "APPE" => "take the file",
        "LIST" | "MLSD" | "NLST" | "STAT" => "list the folder",
        "CWD" | "CDUP" => "open the folder",
        "PWD" => "tell the current folder",
        "MKD" => "make the folder",
        "RMD" => "delete the folder",
        "DELE" => "delete the file",
        "RNFR" | "RNTO" => "rename it",
        "SITE CHMOD" | "SITE" => "change the permissions",
        "MFMT" => "set the file's time",
        "REST" => "go on in the middle of the file",
        "TYPE" => "transfer in binary",
        "EPSV" | "PASV" => "open a passive data connection",
        "EPRT" | "PORT" => "connect to us in active mode",
        "SIZE" | "MDTM" | "MLST" => "tell about the file",
        _ => "do that",
    }
}

/// A known refusal: empty lists fit everything; the first that fits is taken.
struct Case {
    codes: &'static [u16],
    verbs: &'static [&'static str],
    words: &'static [&'static str],
    what: &'static str,
    advice: &'static str,
}

const TOO_MANY: &str =
    "Wait a moment, close other connections to it, or lower the number of connections in the settings.";

const READ: &[&str] = &["RETR", "SIZE", "MDTM", "MLST"];
const WRITE: &[&str] = &["STOR", "APPE", "STOU"];
const LIST: &[&str] = &["LIST", "MLSD", "NLST", "CWD", "CDUP"];

const CATALOGUE: &[Case] = &[
    Case {
        codes: &[421],
        verbs: &[],
        words: &["too many", "maximum", "limit"],
        what: "The server has too many connections.",
        advice: TOO_MANY,
    },
    Case {
        codes: &[421],
        verbs: &[],
        words: &["idle", "timeout", "timed out", "inactiv", "no transfer"],
        what: "The server ended the connection because it was idle.",
        advice: "Connect again; transfers go on where they stopped.",
    },
    Case {
        codes: &[421],
        verbs: &[],
        words: &[],
        what: "The server ended the connection.",
        advice: "Connect again in a moment; transfers go on where they stopped.",
    },
    Case {
        codes: &[425],
        verbs: &[],
        words: &["session", "ssl", "tls"],
        what: "The server refused the data connection because of its encryption.",
        advice: "It wants the data connection to continue the command connection's TLS session.",
    },
    Case {
        codes: &[425],
        verbs: &[],
        words: &[],
        what: "The server could not open the data connection.",
        advice: "Switch between passive and active mode in the settings: a firewall on one side blocks this one.",
    },
    Case {
        codes: &[426],
        verbs: &[],
        words: &[],
        what: "The transfer was cut off.",
        advice: "Retry: it goes on where it stopped.",
    },
    Case {
        codes: &[450, 550],
        verbs: &[],
        words: &["busy", "in use", "locked", "being used"],
        what: "The file is in use on the server.",
        advice: "Try again when nobody uses it.",
    },
    Case {
        codes: &[452, 552],
        verbs: &[],
        words: &["quota"],
        what: "Your space on the server is used up.",
        advice: "Delete something there or ask for more, then retry: it goes on where it stopped.",
    },
    Case {
        codes: &[452, 552],
        verbs: &[],
        words: &[],
        what: "The server's disk is full, or your space on it is used up.",
        advice: "Make room there, then retry: it goes on where it stopped.",
    },
    Case {
        codes: &[451, 450, 550, 551, 553],
        verbs: &[],
        words: &["no space", "disk full", "quota", "exceeded"],
        what: "The server has no room for it.",
        advice: "Make room there, then retry.",
    },
    Case {
        codes: &[500, 501, 502, 503, 504],
        verbs: &["EPSV", "PASV"],
        words: &[],
        what: "The server does not offer passive mode.",
        advice: "Switch the transfer mode to Automatic or Active.",
    },
    Case {
        codes: &[500, 501, 502, 503, 504],
        verbs: &["EPRT", "PORT"],
        words: &[],
        what: "The server does not connect to this address in active mode.",
        advice: "Switch the transfer mode to Automatic or Passive. Behind a router the external address in the settings must be \
                 right.",
    },
    Case {
        codes: &[500, 501, 502, 504],
        verbs: &["SITE CHMOD", "SITE"],
        words: &[],
        what: "The server cannot change permissions.",
        advice: "Windows servers know none; on others only the administrator can.",
    },
    Case {
        codes: &[500, 502, 504],
        verbs: &[],
        words: &[],
        what: "The server does not know how to {task}.",
        advice: "It is an old or a reduced server; there is no way around it from here.",
    },
    Case {
        codes: &[],
        verbs: &["RMD"],
        words: &["not empty", "notempty"],
        what: "The folder is not empty.",
        advice: "Refresh: something new may be in it, or something hidden. Deleting it from the list removes that too.",
    },
    Case {
        codes: &[],
        verbs: &["MKD"],
        words: &["exists"],
        what: "There is something of that name already.",
        advice: "Choose another name.",
    },
    Case {
        codes: &[],
        verbs: &["RNTO", "RNFR"],
        words: &["exists"],
        what: "There is something of the new name already.",
        advice: "Choose another name, or delete what is there first.",
    },
    Case {
        codes: &[],
        verbs: READ,
        words: &["no such", "not found", "does not exist", "doesn't exist", "cannot find", "can't find"],
        what: "The file is not there.",
        advice: "Refresh the list: it may have been deleted or renamed.",
    },
    Case {
        codes: &[],
        verbs: LIST,
        words: &[
            "no such",
            "not found",
            "does not exist",
            "doesn't exist",
            "cannot find",
            "can't find",
            "not a directory",
        ],
        what: "The folder is not there.",
        advice: "Refresh the list: it may have been deleted or renamed.",
    },
    Case {
        codes: &[],
        verbs: &[],
        words: &["no such", "not found", "does not exist", "doesn't exist", "cannot find", "can't find"],
        what: "It is not there (any more).",
        advice: "Refresh the list: it may have been deleted or renamed, or a folder on the way is missing.",
    },
    Case {
        codes: &[532],
        verbs: &[],
        words: &[],
        what: "The server wants an account for storing files.",
        advice: "Choose the logon type “Account” for this site.",
    },
    Case {
        codes: &[530, 331, 332],
        verbs: &[],
        words: &[],
        what: "The server wants a login first.",
        advice: "Connect again with user and password.",
    },
    Case {
        codes: &[],
        verbs: &[],
        words: &[
            "permission",
            "denied",
            "not permitted",
            "access",
            "not allowed",
            "forbidden",
            "read-only",
            "read only",
        ],
        what: "You have no permission to do that on the server.",
        advice: "Choose another folder, or ask the server's administrator for the permission.",
    },
    Case {
        codes: &[553, 501],
        verbs: &[],
        words: &["name", "illegal", "invalid", "syntax", "character"],
        what: "The server does not allow that name.",
        advice: "Choose a name without special characters.",
    },
    Case {
        codes: &[550, 553],
        verbs: WRITE,
        words: &[],
        what: "The server refused to take the file.",
        advice: "Usually the permission to write in that folder is missing; choose another one or ask its administrator.",
    },
    Case {
        codes: &[550],
        verbs: READ,
        words: &[],
        what: "The server refused to send the file.",
        advice: "It is gone, it is a folder, or you may not read it. Refresh the list.",
    },
    Case {
        codes: &[550],
        verbs: LIST,
        words: &[],
        what: "The server refused to open the folder.",
        advice: "It is gone, or you may not read it. Refresh the folder above it.",
    },
    Case {
        codes: &[451],
        verbs: &[],
        words: &[],
        what: "Something went wrong inside the server.",
        advice: "Try again; if it stays so, its administrator can see why in its log.",
    },
];

/// The server's own words, as evidence.
fn said(reply: &Reply) -> String {
    let text = reply.text();
    if text.is_empty() {
        format!("The server answered with code {} and no words.", reply.code)
    } else {
        format!("The server says: “{text}” ({}).", reply.code)
    }
}

fn or(text: String, otherwise: &str) -> String {
    if text.is_empty() { otherwise.to_owned() } else { text }
}

/// The text with a capital letter and a full stop.
fn sentence(text: &str) -> String {
    let mut chars = text.trim().chars();
    let Some(first) = chars.next() else { return String::new() };
    let mut sentence: String = first.to_uppercase().chain(chars).collect();
    if !sentence.ends_with(['.', '!', '?']) {
        sentence.push('.');
    }
    sentence
}

fn seconds(time: Duration) -> String {
    match time.as_secs() {
        1 => "1 second".into(),
        seconds => format!("{seconds} seconds"),
    }
}

fn say(what: &str, why: &str, advice: &str) -> Explanation {
    Explanation { what: what.into(), why: why.into(), advice: advice.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reply(code: u16, text: &str) -> Reply {
        Reply { code, lines: vec![text.into()] }
    }

    fn refusal(verb: &'static str, code: u16, text: &str) -> Explanation {
        explain(&FtpError::Refused { verb, stage: Stage::Command, reply: reply(code, text) })
    }

    fn timeout_at(stage: Stage) -> FtpError {
        FtpError::Timeout { stage, waited: Duration::from_secs(20) }
    }

    /// One of every kind of error.
    fn all() -> Vec<FtpError> {
        let address = "192.0.2.1:4000".parse().unwrap();
        let (kind, detail) = (ErrorKind::ConnectionRefused, "refused".to_owned());
        let stages = [
            Stage::Connect,
            Stage::Greeting,
            Stage::Login,
            Stage::Command,
            Stage::DataConnection,
            Stage::Transfer,
            Stage::Completion,
        ];
        let mut all = vec![
            FtpError::Cancelled,
            FtpError::UnknownHost { host: "h".into(), detail: detail.clone() },
            FtpError::CannotConnect { host: "h".into(), port: 21, kind, detail: detail.clone() },
            FtpError::LoginRefused(reply(530, "Login incorrect.")),
            FtpError::PasswordNeeded,
            FtpError::Protocol { detail: detail.clone() },
            FtpError::NoDataConnection { passive: None, active: None },
            FtpError::NoDataConnection {
                passive: Some(Box::new(FtpError::DataRefused { target: address, kind, detail: detail.clone() })),
                active: Some(Box::new(FtpError::NobodyCame { listening: address, waited: Duration::from_secs(20) })),
            },
            FtpError::WrongPeer { expected: address.ip(), found: address.ip() },
            FtpError::NoPort { detail: detail.clone() },
            FtpError::Incomplete { expected: 2, got: 1 },
            FtpError::BadArgument { detail: detail.clone() },
            FtpError::Exists { path: "/a".into() },
            FtpError::Unsupported { what: "TLS comes later".into() },
        ];
        for stage in stages {
            all.push(timeout_at(stage));
            all.push(FtpError::Closed { stage, last: None });
            all.push(FtpError::Lost { stage, kind, detail: detail.clone() });
        }
        for stranger in [Stranger::Ssh, Stranger::Http, Stranger::Mail, Stranger::Binary, Stranger::Unknown] {
            all.push(FtpError::NotFtp { stranger, first_line: "SSH-2.0-x".into() });
        }
        for verb in ["RETR", "STOR", "MLSD", "MKD", "EPSV", "PORT", "SITE CHMOD", "REST", "XYZZY"] {
            for code in [421, 425, 426, 450, 451, 452, 500, 501, 502, 503, 504, 530, 532, 550, 551, 552, 553, 599] {
                all.push(FtpError::Refused { verb, stage: Stage::Command, reply: reply(code, "No.") });
            }
        }
        all
    }

    #[test]
    fn every_error_is_told_in_sentences_with_something_to_do() {
        for error in all() {
            let Explanation { what, why, advice } = explain(&error);
            for part in [&what, &why, &advice] {
                assert!(part.is_empty() || part.ends_with(['.', '!', '?']), "{error:?}: {part}");
                assert!(!part.contains('{') && !part.contains("  "), "{error:?}: {part}");
            }
            assert!(what.split(' ').count() >= 2 || error == FtpError::Cancelled, "{error:?}: {what}");
            let unsupported = matches!(error, FtpError::Unsupported { .. } | FtpError::Cancelled);
            assert!(!advice.is_empty() || unsupported, "{error:?} says nothing to do");
        }
    }

    #[test]
    fn a_refusal_is_told_by_its_cause_not_by_its_number() {
        assert_eq!(refusal("STOR", 552, "Quota exceeded").what, "Your space on the server is used up.");
        assert_eq!(refusal("RETR", 550, "No such file or directory.").what, "The file is not there.");
        assert_eq!(refusal("CWD", 550, "No such file or directory.").what, "The folder is not there.");
        assert_eq!(refusal("DELE", 550, "Permission denied.").what, "You have no permission to do that on the server.");
        assert_eq!(refusal("RMD", 550, "Directory not empty").what, "The folder is not empty.");
        assert_eq!(refusal("SITE CHMOD", 500, "Unknown").what, "The server cannot change permissions.");
        assert_eq!(refusal("MFMT", 502, "Nope").what, "The server does not know how to set the file's time.");
        assert!(refusal("RETR", 425, "Can't open data connection.").advice.contains("passive and active"));
    }

    #[test]
    fn the_servers_words_are_the_evidence() {
        assert_eq!(refusal("RETR", 550, "Go away").why, "The server says: “Go away” (550).");
        assert_eq!(refusal("RETR", 550, "").why, "The server answered with code 550 and no words.");
    }

    #[test]
    fn logins_are_refused_for_many_reasons() {
        let what = |code, text| explain(&FtpError::LoginRefused(reply(code, text))).what;
        assert_eq!(what(530, "Login incorrect."), "The server refused the login.");
        assert_eq!(what(530, "Sorry, too many users"), "The server has too many connections.");
        assert_eq!(what(530, "SSL/TLS required on the control channel"), "The server wants an encrypted connection.");
        assert_eq!(
            what(530, "This FTP server does not allow anonymous users"),
            "The server does not allow anonymous logins."
        );
        assert_eq!(what(430, "Later"), "The server does not accept logins at the moment.");
    }

    #[test]
    fn an_ssh_server_on_the_port_is_named() {
        let error = FtpError::NotFtp { stranger: Stranger::Ssh, first_line: "SSH-2.0-OpenSSH_9.2".into() };
        let line = explain(&error).line();
        assert!(line.contains("SSH") && line.contains("SFTP") && line.contains("OpenSSH"), "{line}");
    }
}
