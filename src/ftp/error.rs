//! What can go wrong with a server, as an enum of what the caller can do. Words for people are made in
//! [`crate::ftp::explain`], once, at the top.

mod proxy;

use std::io::ErrorKind;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use crate::domain::{Offered, RemotePath};
use crate::ftp::answer;
use crate::ftp::reply::Reply;

pub use crate::ftp::stranger::Stranger;
pub use proxy::{ProxyFailure, ProxyTrouble};

/// What the caller can do about an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Class {
    /// The same request will fail again: tell the user.
    Permanent,
    /// May pass by itself: try again after a while, on the same session.
    Transient,
    /// The session is gone or out of step: open a new one and try again.
    Reconnect,
    /// Nothing on this server will work until the user changes something (host, password, mode).
    NeedsUser,
    /// The user said so.
    Cancelled,
}

/// What was going on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Stage {
    /// Opening the control connection.
    Connect,
    /// Waiting for the server's first line.
    Greeting,
    /// USER, PASS, ACCT.
    Login,
    /// A command and its reply.
    Command,
    /// Arranging or opening the data connection.
    DataConnection,
    /// Bytes on the data connection.
    Transfer,
    /// All bytes went; the last reply is awaited.
    Completion,
}

/// Anything that stops a conversation with a server.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FtpError {
    /// The user cancelled.
    #[error("cancelled")]
    Cancelled,
    /// The host has no address.
    #[error("unknown host {host}: {detail}")]
    UnknownHost { host: String, detail: String },
    /// No TCP connection to the control port.
    #[error("cannot connect to {host}:{port}: {detail}")]
    CannotConnect { host: String, port: u16, kind: ErrorKind, detail: String },
    /// Nothing came in time.
    #[error("no answer for {waited:?} ({stage:?})")]
    Timeout { stage: Stage, waited: Duration },
    /// The server closed the control connection.
    #[error("the server closed the connection ({stage:?})")]
    Closed { stage: Stage, last: Option<Reply> },
    /// The network failed in the middle.
    #[error("connection lost ({stage:?}): {detail}")]
    Lost { stage: Stage, kind: ErrorKind, detail: String },
    /// Something else listens there.
    #[error("not an FTP server: {first_line}")]
    NotFtp { stranger: Stranger, first_line: String },
    /// The server said no to the login.
    #[error("login refused: {0:?}")]
    LoginRefused(Reply),
    /// A password is needed and there is none.
    #[error("password needed")]
    PasswordNeeded,
    /// The server's certificate is not trusted by itself: the user must look at it.
    #[error("untrusted certificate of {}: {:?}", .0.host, .0.distrust)]
    Untrusted(Arc<Offered>),
    /// The server takes no TLS, and the site wants it or has had it (`downgrade`).
    #[error("no TLS (it had it before: {downgrade}): {reply:?}")]
    NoTls { reply: Reply, downgrade: bool },
    /// The server takes no TLS; clear text is possible, and nobody has agreed to it yet.
    #[error("clear text needs consent: {0:?}")]
    ClearTextUnasked(Reply),
    /// TLS failed.
    #[error("TLS failed ({stage:?}): {trouble:?}")]
    Tls { stage: Stage, trouble: TlsTrouble },
    /// The proxy did not bring us to the server.
    #[error("{0:?}")]
    Proxy(Box<ProxyFailure>),
    /// The server said no to a command (4yz or 5yz). `verb` is `RETR`, `STOR`, ...
    #[error("{verb} refused: {reply:?}")]
    Refused { verb: &'static str, stage: Stage, reply: Reply },
    /// What the server sent is no FTP.
    #[error("protocol error: {detail}")]
    Protocol { detail: String },
    /// No data connection in the allowed mode; in `Auto`, why each failed.
    #[error("no data connection (passive: {passive:?}, active: {active:?})")]
    NoDataConnection { passive: Option<Box<Self>>, active: Option<Box<Self>> },
    /// We could not connect to the port that PASV or EPSV named.
    #[error("cannot connect to data port {target}: {detail}")]
    DataRefused { target: SocketAddr, kind: ErrorKind, detail: String },
    /// The server never connected to the port that we named.
    #[error("the server did not connect to {listening} within {waited:?}")]
    NobodyCame { listening: SocketAddr, waited: Duration },
    /// Somebody else connected to our port.
    #[error("a stranger connected: {found}")]
    WrongPeer { expected: IpAddr, found: IpAddr },
    /// The system lets this program open no more files and connections (EMFILE, ENFILE).
    #[error("too many open files")]
    NoDescriptors,
    /// No port of the configured range is free.
    #[error("no free port to listen on: {detail}")]
    NoPort { detail: String },
    /// The transfer ended with fewer bytes than announced, though the server said that it was whole.
    #[error("{got} of {expected} bytes")]
    Incomplete { expected: u64, got: u64 },
    /// Bytes came on the data connection, but neither 150 nor a final reply: they need not be the server's.
    #[error("{verb} was not answered, though {got} bytes came")]
    Unanswered { verb: &'static str, got: u64 },
    /// Far more bytes came than the file has.
    #[error("{got} bytes of {expected}")]
    Overlong { expected: u64, got: u64 },
    /// The server said that it has a stored file whole, and then that there is no such file.
    #[error("{path} is not on the server, though it was stored")]
    Vanished { path: String },
    /// Of several things some were refused, each with its own error; `done` = how many were not.
    #[error("{} of {} failed", .failed.len(), .failed.len() as u64 + .done)]
    Partly { done: u64, failed: Vec<(RemotePath, Self)> },
    /// Directories within each other deeper than any real tree: a link that leads in a circle, most likely.
    #[error("{path} is {levels} levels deep")]
    TooDeep { path: String, levels: usize },
    /// MLSD says directory, LIST does not: it may be a link, and what that leads to is not meant.
    #[error("{path} may be a link")]
    PerhapsLink { path: String },
    /// A listing that is longer than any directory: it would go on until no memory is left.
    #[error("a listing of more than {lines} lines")]
    EndlessListing { lines: u64 },
    /// A name that cannot be sent (CR, LF, NUL), or a value out of range.
    #[error("cannot be sent: {detail}")]
    BadArgument { detail: String },
    /// Something of that name exists, and must not be replaced.
    #[error("{path} exists already")]
    Exists { path: String },
    /// The server (or this version) lacks it.
    #[error("not supported: {what}")]
    Unsupported { what: String },
}

/// What went wrong with TLS.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TlsTrouble {
    /// What came is no TLS: a plain port, most likely.
    NotTls,
    /// No version of TLS that both sides take.
    Version,
    /// No cipher that both sides take, or the other side refused the handshake without a better reason.
    Refused { alert: String },
    /// The server wants a client certificate, or not this one.
    ClientCertificate,
    /// Our own certificate or key file cannot be used.
    OwnCertificate { detail: String },
    /// The server's RSA key has so few bits that nobody can rely on it, and that this program cannot use it.
    ShortKey { bits: usize },
    /// Something was sent in clear text behind the server's yes to TLS: somebody on the way may have put it there.
    Injected,
    /// The data connection's certificate is another than the control connection's.
    OtherCertificate,
    /// The data connection ended without saying goodbye: it may have been cut.
    Truncated,
    /// In the middle of TLS came a reply in clear text: vsftpd's processes say so that they die
    /// (<https://security.appspot.com/vsftpd.html>, `bug()` in its utility.c).
    ClearText { words: String },
    /// Anything else.
    Other { detail: String },
}

impl FtpError {
    /// Whether the server took no file, or no more of one, for lack of room.
    pub fn is_full(&self) -> bool {
        match self {
            Self::Refused { verb: "STOR" | "APPE" | "MKD", reply, .. } => lacks_room(reply),
            _ => false,
        }
    }

    /// Whether the server says that what the command names is not there. `false` also where it gives no reason.
    pub fn says_absent(&self) -> bool {
        matches!(self, Self::Refused { reply, .. } if answer::says_absent(reply))
    }

    /// What the caller can do.
    pub fn class(&self) -> Class {
        match self {
            Self::Cancelled => Class::Cancelled,
            Self::UnknownHost { .. } | Self::NotFtp { .. } | Self::PasswordNeeded => Class::NeedsUser,
            Self::LoginRefused(reply) => match reply.code {
                400..=499 => Class::Transient,
                _ if too_many(reply) => Class::Transient,
                _ => Class::NeedsUser,
            },
            Self::CannotConnect { .. } | Self::Timeout { .. } | Self::Closed { .. } | Self::Lost { .. } => {
                Class::Reconnect
            }
            Self::Protocol { .. } => Class::Reconnect,
            Self::Refused { reply, .. } => match reply.code {
                421 => Class::Reconnect,
                // No space or quota: waiting a few seconds does not make room.
                452 | 552 => Class::Permanent,
                400..=499 => Class::Transient,
                _ if passes_by_itself(reply) => Class::Transient,
                _ => Class::Permanent,
            },
            Self::NoDataConnection { .. } => Class::NeedsUser,
            Self::DataRefused { .. }
            | Self::NobodyCame { .. }
            | Self::WrongPeer { .. }
            | Self::NoPort { .. }
            | Self::NoDescriptors => Class::Transient,
            Self::Incomplete { .. } | Self::Overlong { .. } | Self::Unanswered { .. } => Class::Transient,
            Self::Untrusted(_) | Self::NoTls { .. } | Self::ClearTextUnasked(_) => Class::NeedsUser,
            Self::Tls { trouble, .. } => match trouble {
                TlsTrouble::Truncated => Class::Transient,
                TlsTrouble::Other { .. } | TlsTrouble::ClearText { .. } | TlsTrouble::OtherCertificate => {
                    Class::Reconnect
                }
                _ => Class::NeedsUser,
            },
            Self::Proxy(failure) => failure.class(),
            // Sent again it would come twice where a receiver took it.
            Self::Vanished { .. } | Self::Partly { .. } | Self::TooDeep { .. } | Self::PerhapsLink { .. } => {
                Class::Permanent
            }
            Self::EndlessListing { .. } | Self::BadArgument { .. } | Self::Exists { .. } | Self::Unsupported { .. } => {
                Class::Permanent
            }
        }
    }

    /// Whether the server has enough of this user's or this computer's connections.
    pub fn is_too_many(&self) -> bool {
        match self {
            Self::LoginRefused(reply) => reply.code == 421 || too_many(reply),
            Self::Refused { stage: Stage::Connect | Stage::Greeting | Stage::Login, reply, .. } => {
                reply.code == 421 || too_many(reply)
            }
            Self::NoDescriptors => true,
            Self::Closed { stage: Stage::Greeting, last } => last.as_ref().is_none_or(|reply| reply.code == 421),
            _ => false,
        }
    }
}

/// A 5yz that is about the network or the moment, though its code says "for good" (lftp's list).
fn passes_by_itself(reply: &Reply) -> bool {
    let text = reply.text().to_ascii_lowercase();
    too_many(reply)
        || ["broken pipe", "timed out", "closed by the remote host", "connection reset"]
            .iter()
            .any(|phrase| text.contains(phrase))
}

/// No space, or the user's share of it is used up. vsftpd and Pure-FTPd say 451, and no more than that they cannot write.
fn lacks_room(reply: &Reply) -> bool {
    let text = reply.text().to_ascii_lowercase();
    let says = |words: &&str| text.contains(words);
    reply.is_negative() && (matches!(reply.code, 452 | 552) || NO_ROOM.iter().any(says))
}

const NO_ROOM: &[&str] = &[
    "no space",
    "not enough space",
    "disk full",
    "disk is full",
    "quota",
    "failure writing to local file",
    "error during write to file",
];

/// "Too many users", "too many connections": passes by itself, unlike a wrong password (both are 530 on some servers).
pub fn too_many(reply: &Reply) -> bool {
    let text = reply.text().to_ascii_lowercase();
    // "Too many login attempts" is about passwords: trying on would lock the user out.
    if ["login attempt", "failed attempt", "failed login", "login failure", "password"]
        .iter()
        .any(|word| text.contains(word))
    {
        return false;
    }
    ["too many", "maximum number", "connection limit", "max clients", "limit reached", "try again later"]
        .iter()
        .any(|phrase| text.contains(phrase))
}
