//! Words for people: an error, and where in the conversation, to what happened, why, and what to do. The one place where
//! errors of the server and the network become sentences; the window, the log and the command line all use it.

mod catalogue;
pub(crate) mod explanation;
mod listing;
mod logins;
mod network;
mod proxy;
mod refusals;
mod tls;

use crate::domain::RemotePath;
use crate::ftp::error::{FtpError, Stage};
pub use crate::ftp::explain::explanation::Explanation;
use crate::ftp::explain::explanation::{join, quoted, said, say, seconds, sentence, told};
pub use crate::ftp::explain::listing::explain_listing;
use crate::ftp::explain::logins::LOGINS;
use crate::ftp::explain::network::{cannot_connect, closed, lost, no_data, not_ftp, timeout};
use crate::ftp::explain::refusals::REFUSALS;
use crate::ftp::reply::Reply;
use std::io::ErrorKind;

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
        FtpError::NoDataConnection { passive, active } => {
            let why = |error: &FtpError| explain(error).line_of_cause();
            no_data(passive.as_deref().map(why), active.as_deref().map(why))
        }
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
        FtpError::NoDescriptors => say(
            "This program may open no more files and connections.",
            "The system limits how many each program has open (ulimit -n).",
            "Use fewer connections, or raise that limit.",
        ),
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
        FtpError::Unanswered { got, .. } => Explanation {
            what: "The server never said that it sends anything.".into(),
            why: format!(
                "{got} bytes came on the data connection, but neither the reply that a transfer begins nor the one that it is \
                 done: something else may answer on that port. They were not taken."
            ),
            advice: "Try again. If it stays so, switch the transfer mode, and ask the server's administrator who answers its \
                     passive ports."
                .into(),
        },
        FtpError::Overlong { expected, got } => Explanation {
            what: format!("More came than the file has: {got} bytes, and its size is {expected}."),
            why: "A file that grows does not grow so fast: what comes has no end, and is not this file.".into(),
            advice: "Retry. If it stays so, the server's sizes are wrong, or something else answers its data port.".into(),
        },
        FtpError::Vanished { path } => Explanation {
            what: format!("The server took all of “{path}”, and then said that there is no such file."),
            why: "Either something on the server takes files away as soon as they have come, or the server did not store it. \
                  It was sent once, and is not sent again by itself: a receiver would get it twice."
                .into(),
            advice: "Ask the receiver whether it has come. For a folder whose files are taken at once, switch temporary names \
                     off (--direct) and take the server's word (--verify none)."
                .into(),
        },
        FtpError::Partly { done, failed } => partly(*done, failed),
        FtpError::TooDeep { path, levels } => Explanation {
            what: format!("“{path}” lies more than {levels} folders deep."),
            why: "No real tree is that deep: most likely a link that the server shows as a folder leads in a circle.".into(),
            advice: "Transfer the folders that you need by themselves, and leave that link out.".into(),
        },
        FtpError::PerhapsLink { path } => Explanation {
            what: format!("“{path}” may be a link to another folder, and was left as it is."),
            why: "One of the server's two kinds of lists shows it as a folder (MLSD), the other does not (LIST).".into(),
            advice: "Open it. If what is in it is meant, change that from there.".into(),
        },
        FtpError::EndlessListing { lines } => Explanation {
            what: "The folder's listing does not end.".into(),
            why: format!(
                "After {lines} lines there was still more to come. No real folder is that large: the server makes it up, or \
                 repeats itself."
            ),
            advice: "Open a folder below this one by its path, and let the server's administrator know.".into(),
        },
        FtpError::BadArgument { detail } => Explanation {
            what: "That cannot be sent to an FTP server.".into(),
            why: sentence(detail),
            advice: "FTP ends a command at a line end, so no name may contain one. Rename it first.".into(),
        },
        FtpError::Exists { path } => Explanation {
            what: format!("“{path}” exists already."),
            why: "It is there on the server, and would have to be replaced.".into(),
            advice: "Choose another name, or delete or rename what is there.".into(),
        },
        FtpError::Unsupported { what } => Explanation {
            what: "That is not possible here.".into(),
            why: sentence(what),
            advice: "Another setting of the site, or another server, may do it.".into(),
        },
    }
}

/// Some of several things failed: the first by its name and reason, the others by their names.
fn partly(done: u64, failed: &[(RemotePath, FtpError)]) -> Explanation {
    let Some(((path, first), others)) = failed.split_first() else { return say("Nothing failed.", "", "") };
    let name = |path: &RemotePath| format!("“{}”", quoted(&path.to_string()));
    let reason = explain(first);
    let all = done + failed.len() as u64;
    let what = match all {
        1 => format!("{}: {}", name(path), reason.what),
        _ => format!("{done} of {all} done; not {}: {}", name(path), reason.what),
    };
    let named: Vec<String> = others.iter().take(NAMED).map(|(path, _)| name(path)).collect();
    let also = match others.len() {
        0 => String::new(),
        count if count <= NAMED => format!("Nor {}.", named.join(", ")),
        count => format!("Nor {} and {} more.", named.join(", "), count - NAMED),
    };
    Explanation { what, why: join(&reason.why, &also), advice: reason.advice }
}

/// Things that are named where many failed; the message log has them all.
const NAMED: usize = 3;

fn login_refused(reply: &Reply) -> Explanation {
    match catalogue::find(LOGINS, "PASS", reply) {
        Some(case) => told(case, "PASS", reply),
        // RFC 959 has no such answer: a proxy, or another service.
        None => Explanation {
            what: "The server refused the login in a way of its own.".into(),
            why: said(reply),
            advice:
                "Check host and port: a proxy or another service may answer there. Then check user name and password."
                    .into(),
        },
    }
}

fn refused(verb: &str, stage: Stage, reply: &Reply) -> Explanation {
    // Whether it came before the first byte or after the last one makes a difference for what is there now.
    let so_far = match (stage, verb) {
        (Stage::Completion, "STOR" | "APPE" | "STOU") => {
            "Bytes had gone over already; the server may not have kept all of them."
        }
        (Stage::Completion, _) => "Bytes had come already; they may not be all.",
        _ => "",
    };
    if let Some(case) = catalogue::find(REFUSALS, verb, reply) {
        let told = told(case, verb, reply);
        return Explanation { why: join(so_far, &told.why), ..told };
    }
    let advice = match reply.code {
        400..=499 => "That may pass: try again in a moment.",
        _ => "Ask the server's administrator if you think that you should be allowed to.",
    };
    Explanation {
        what: format!("The server refused to {}.", catalogue::task(verb)),
        why: join(so_far, &said(reply)),
        advice: advice.into(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use std::time::Duration;

    use super::*;
    use crate::ftp::error::Stranger;

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
            FtpError::PerhapsLink { path: "/a".into() },
            FtpError::EndlessListing { lines: 10_000_000 },
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
            assert!(!advice.is_empty() || error == FtpError::Cancelled, "{error:?} says nothing to do");
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
    fn where_it_was_said_is_told() {
        let at = |verb, stage| explain(&FtpError::Refused { verb, stage, reply: reply(426, "Aborted.") }).why;
        assert!(at("STOR", Stage::Completion).starts_with("Bytes had gone over already"));
        assert!(at("RETR", Stage::Completion).starts_with("Bytes had come already"));
        assert!(!at("RETR", Stage::Command).contains("already"));
    }

    #[test]
    fn a_flood_of_words_is_cut() {
        let line = refusal("RETR", 550, &"blah ".repeat(100_000)).line();
        assert!(line.len() < 2000 && line.contains(" …” (550)."), "{}", line.len());
        let error = FtpError::NotFtp { stranger: Stranger::Unknown, first_line: "\u{1b}x\u{202E}".repeat(9000) };
        let line = explain(&error).line();
        assert!(line.chars().count() < 2000 && !line.chars().any(char::is_control), "{}", line.len());
    }

    proptest! {
        #[test]
        fn any_words_under_any_code_are_told(text in "\\PC{0,80}", code in 100u16..1000, verb in 0..VERBS.len()) {
            for error in [
                FtpError::LoginRefused(reply(code, &text)),
                FtpError::Refused { verb: VERBS[verb], stage: Stage::Command, reply: reply(code, &text) },
                FtpError::Closed { stage: Stage::Command, last: Some(reply(code, &text)) },
            ] {
                let Explanation { what, why, advice } = explain(&error);
                prop_assert!(!what.is_empty() && !why.is_empty() && !advice.is_empty());
            }
        }
    }

    const VERBS: &[&str] = &["RETR", "STOR", "LIST", "CWD", "PASV", "EPRT", "RNTO", "AUTH", "PROT", "XYZZY"];

    #[test]
    fn the_servers_words_are_the_evidence() {
        assert!(refusal("RETR", 550, "Go away").why.ends_with("The server says: “Go away” (550)."));
        assert!(refusal("RETR", 550, "").why.ends_with("The server answered with code 550 and no words."));
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
