//! That every failure is told in plain words: what happened, why, and what to do; from the failures of a conversation, one
//! by one, and from the refusals that real servers send, word for word.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::io::ErrorKind;
use std::net::SocketAddr;
use std::time::Duration;

use twinport::ftp::error::{FtpError, Stage, Stranger, TlsTrouble};
use twinport::ftp::explain::{Explanation, explain};
use twinport::ftp::reply::Reply;

fn reply(code: u16, text: &str) -> Reply {
    Reply { code, lines: vec![text.into()] }
}

fn login(code: u16, text: &str) -> FtpError {
    FtpError::LoginRefused(reply(code, text))
}

fn refused(verb: &'static str, code: u16, text: &str) -> FtpError {
    FtpError::Refused { verb, stage: Stage::Command, reply: reply(code, text) }
}

fn timeout(stage: Stage) -> FtpError {
    FtpError::Timeout { stage, waited: Duration::from_secs(20) }
}

fn closed(stage: Stage) -> FtpError {
    FtpError::Closed { stage, last: None }
}

fn said_goodbye(code: u16, text: &str) -> FtpError {
    FtpError::Closed { stage: Stage::Command, last: Some(reply(code, text)) }
}

fn lost(stage: Stage, kind: ErrorKind) -> FtpError {
    FtpError::Lost { stage, kind, detail: "the network said so".into() }
}

fn cannot_connect(kind: ErrorKind) -> FtpError {
    FtpError::CannotConnect { host: "ftp.example.org".into(), port: 21, kind, detail: "the network said so".into() }
}

fn not_ftp(stranger: Stranger, first_line: &str) -> FtpError {
    FtpError::NotFtp { stranger, first_line: first_line.into() }
}

fn protocol(detail: &str) -> FtpError {
    FtpError::Protocol { detail: detail.into() }
}

fn bad_argument(detail: &str) -> FtpError {
    FtpError::BadArgument { detail: detail.into() }
}

fn address() -> SocketAddr {
    "203.0.113.5:50000".parse().unwrap()
}

fn data_refused(kind: ErrorKind) -> FtpError {
    FtpError::DataRefused { target: address(), kind, detail: "the network said so".into() }
}

fn nobody_came() -> FtpError {
    FtpError::NobodyCame { listening: address(), waited: Duration::from_secs(20) }
}

/// A sentence about something, that names it and does not only count it.
fn is_told(part: &str) -> bool {
    part.ends_with(['.', '!', '?'])
        && part.split_whitespace().count() >= 3
        && part.chars().filter(|c| c.is_alphabetic()).count() > part.chars().filter(char::is_ascii_digit).count()
        && !part.contains(['{', '}'])
        && !part.contains("  ")
}

fn check(scenario: &str, error: &FtpError, what: &str, advice: &str) {
    let told = explain(error);
    for (name, part) in [("what", &told.what), ("why", &told.why), ("advice", &told.advice)] {
        assert!(is_told(part), "{scenario}: {name} is “{part}”");
    }
    assert!(!is_generic(&told), "{scenario}: {told:?}");
    assert!(told.what.contains(what), "{scenario}: “{}” does not say “{what}”", told.what);
    let remedy = told.advice.to_lowercase().contains(&advice.to_lowercase());
    assert!(remedy, "{scenario}: “{}” does not advise “{advice}”", told.advice);
}

/// What is said where nothing is known.
fn is_generic(told: &Explanation) -> bool {
    told.what.contains("refused to do that")
        || told.advice.starts_with("That may pass")
        || told.advice.starts_with("Ask the server's administrator if you think")
}

#[test]
fn failures_to_connect_and_log_in_are_told() {
    for (scenario, error, what, advice) in [
        (
            "unknown host",
            FtpError::UnknownHost { host: "ftp.exmaple.org".into(), detail: "x".into() },
            "ftp.exmaple.org",
            "typing error",
        ),
        ("nothing listens", cannot_connect(ErrorKind::ConnectionRefused), "port 21", "port"),
        ("no answer", cannot_connect(ErrorKind::TimedOut), "No connection", "another network"),
        ("no way there", cannot_connect(ErrorKind::NetworkUnreachable), "No connection", "VPN"),
        ("own firewall", cannot_connect(ErrorKind::PermissionDenied), "No connection", "firewall"),
        ("closed before the greeting", closed(Stage::Greeting), "before it greeted", "try again"),
        ("closed after USER", closed(Stage::Login), "during the login", "password"),
        ("no greeting", timeout(Stage::Greeting), "said nothing", "implicit TLS"),
        ("no answer to the login", timeout(Stage::Login), "did not answer the login", "timeout"),
        (
            "a greeting of 421",
            login(421, "Too many users logged in - try again later."),
            "too many connections",
            "lower the number",
        ),
        ("a greeting of 120", login(120, "Service ready in 5 minutes."), "not ready yet", "few minutes"),
        ("a web server", not_ftp(Stranger::Http, "HTTP/1.1 400 Bad Request"), "web server", "21"),
        ("an SSH server", not_ftp(Stranger::Ssh, "SSH-2.0-OpenSSH_9.2"), "SSH", "SFTP"),
        ("a mail server", not_ftp(Stranger::Mail, "220 mail ESMTP"), "mail server", "21"),
        ("TLS from the first byte", not_ftp(Stranger::Binary, ""), "not FTP", "implicit"),
        ("something else", not_ftp(Stranger::Unknown, "hello?"), "not an FTP server", "port"),
        ("a line break in a name", bad_argument("“a\\nb” holds a line break"), "cannot be sent", "Rename"),
        ("a refused user", login(530, "Not you."), "refused the login", "password"),
        ("a wrong password", login(530, "Login incorrect."), "refused the login", "password"),
        ("a temporary refusal", login(430, "Later."), "at the moment", "later"),
        ("a bad sequence", login(503, "Bad sequence of commands."), "lost the thread", "Connect again"),
        ("an account is wanted", login(332, "Need account for login."), "account", "Account"),
        ("a refused account", login(532, "No such account."), "account", "Account"),
        ("an odd answer", login(314, "Hm."), "in a way of its own", "host and port"),
        ("USER is unknown", login(502, "Command not implemented."), "does not understand the login", "proxy"),
        ("no password", FtpError::PasswordNeeded, "wants a password", "Site Manager"),
    ] {
        check(scenario, &error, what, advice);
    }
}

#[test]
fn failures_of_the_command_connection_are_told() {
    for (scenario, error, what, advice) in [
        ("an endless reply", protocol("a reply without end"), "not FTP", "Connect again"),
        ("a NUL in a reply", protocol("a NUL byte in a reply"), "not FTP", "log"),
        ("a code of no use", protocol("a reply code that does not exist: “777 Lucky”"), "not FTP", "administrator"),
        ("closed in the middle of a reply", closed(Stage::Command), "closed the connection", "Connect again"),
        ("no answer to a command", timeout(Stage::Command), "did not answer a command", "timeout"),
        ("421 at any command", said_goodbye(421, "Service not available."), "ended the connection", "Connect again"),
        ("421 because of silence", said_goodbye(421, "Timeout."), "idle", "Connect again"),
        ("421 because of many", said_goodbye(421, "Too many connections."), "too many connections", "lower"),
        ("421 before the end of the day", said_goodbye(421, "Server is shutting down."), "shut down", "later"),
        ("a TYPE refused", refused("TYPE", 504, "No binary here."), "binary", "Connect again"),
        ("the network is gone", lost(Stage::Command, ErrorKind::NetworkUnreachable), "broke", "network"),
        ("cut off", lost(Stage::Command, ErrorKind::ConnectionReset), "broke", "connect again"),
        ("it is there already", FtpError::Exists { path: "/a".into() }, "exists already", "another name"),
        ("a thing we cannot", FtpError::Unsupported { what: "walking on water".into() }, "not possible", "setting"),
        ("PWD refused", refused("PWD", 550, "No."), "which folder", "another folder"),
        ("another command was expected", refused("XYZZY", 503, "Bad sequence."), "another command", "Connect again"),
    ] {
        check(scenario, &error, what, advice);
    }
}

#[test]
fn failures_of_data_connections_are_told() {
    let no_data = |passive: Option<FtpError>, active: Option<FtpError>| FtpError::NoDataConnection {
        passive: passive.map(Box::new),
        active: active.map(Box::new),
    };
    for (scenario, error, what, advice) in [
        ("the passive port refuses", data_refused(ErrorKind::ConnectionRefused), "port 50000", "active"),
        ("the passive port is silent", data_refused(ErrorKind::TimedOut), "port 50000", "passive ports"),
        ("no EPSV and no PASV", refused("PASV", 502, "Not implemented."), "passive mode", "Active"),
        ("no passive port free", refused("PASV", 425, "No free ports."), "no port free", "Wait"),
        ("the passive mode fails", refused("EPSV", 425, "Cannot."), "passive", "Automatic"),
        ("EPRT and PORT refused", refused("PORT", 500, "Illegal PORT command."), "active mode", "Passive"),
        (
            "no IPv6",
            refused("EPRT", 522, "Network protocol not supported, use (1)"),
            "kind of address",
            "passive and active",
        ),
        (
            "PASV over IPv6",
            refused("PASV", 425, "You cannot use PASV on IPv6 connections. Use EPSV instead."),
            "IPv6",
            "EPSV",
        ),
        (
            "active: 425 after 150",
            refused("RETR", 425, "Can't open data connection."),
            "could not open the data connection",
            "passive and active",
        ),
        ("active: 421 after 150", said_goodbye(421, "Goodbye."), "ended the connection", "Connect again"),
        ("active: nobody comes", nobody_came(), "did not connect", "passive"),
        (
            "active: a stranger comes",
            FtpError::WrongPeer { expected: address().ip(), found: address().ip() },
            "Somebody else",
            "Try again",
        ),
        ("active: no port", FtpError::NoPort { detail: "all 3 ports are taken".into() }, "No port was free", "range"),
        ("no sign of it", timeout(Stage::DataConnection), "did not come about", "passive and active"),
        (
            "neither way",
            no_data(Some(data_refused(ErrorKind::TimedOut)), Some(nobody_came())),
            "neither passive nor active",
            "forward",
        ),
        ("not passive", no_data(Some(data_refused(ErrorKind::TimedOut)), None), "passive mode", "Automatic"),
        ("not active", no_data(None, Some(nobody_came())), "active mode", "Passive"),
        ("PRET refused", refused("PRET", 550, "No such file."), "prepare", "Refresh"),
        ("another address", refused("RETR", 425, "Security: Bad IP connecting."), "another address", "VPN"),
        ("nothing arranged", refused("RETR", 425, "Use PORT or PASV first."), "arranged", "Retry"),
    ] {
        check(scenario, &error, what, advice);
    }
}

#[test]
fn failures_of_transfers_are_told() {
    for (scenario, error, what, advice) in [
        ("fewer bytes than announced", FtpError::Incomplete { expected: 9, got: 4 }, "4 of 9 bytes", "Retry"),
        ("a refused download", refused("RETR", 550, "Failed to open file."), "send the file", "Refresh"),
        ("426 after all bytes", refused("RETR", 426, "Connection closed; transfer aborted."), "cut off", "Retry"),
        ("451 after all bytes", refused("RETR", 451, "Requested action aborted."), "at the moment", "Try again"),
        (
            "the data connection is reset",
            lost(Stage::Transfer, ErrorKind::ConnectionReset),
            "middle of the transfer",
            "where they stopped",
        ),
        ("no last reply", timeout(Stage::Completion), "did not say that it has them", "Retry"),
        ("no byte moves", timeout(Stage::Transfer), "No byte moved", "Retry"),
        ("the command connection dies", closed(Stage::Transfer), "closed the connection", "where they stopped"),
        ("REST refused", refused("REST", 502, "REST not implemented."), "middle of a file", "anew"),
        ("REST too far", refused("REST", 554, "Bad restart offset."), "less of the file", "anew"),
        ("REST in ASCII", refused("REST", 501, "Resuming transfers not allowed in ASCII mode"), "binary only", "anew"),
        ("an upload refused", refused("STOR", 553, "Could not create file."), "take the file", "permission"),
        ("a disk full at the end", refused("STOR", 552, "Disk full."), "no room", "Make room"),
        ("452 in the middle", refused("STOR", 452, "Insufficient storage space."), "no room", "Make room"),
        ("552 without words", refused("STOR", 552, ""), "disk is full", "Make room"),
        (
            "EPIPE while writing",
            lost(Stage::Transfer, ErrorKind::BrokenPipe),
            "middle of the transfer",
            "connect again",
        ),
        (
            "a folder on the way is missing",
            refused("STOR", 550, "No such file or directory."),
            "on the way",
            "make the missing folder",
        ),
        ("the name is not freed", refused("RNTO", 553, "Rename: File exists."), "new name", "another name"),
        ("the renaming fails", refused("RNFR", 550, "RNFR command failed."), "rename", "Refresh"),
        ("the time cannot be set", refused("MFMT", 550, "No."), "time", "whole"),
        ("the mode cannot be set", refused("SITE CHMOD", 504, "Unknown."), "permissions", "administrator"),
    ] {
        check(scenario, &error, what, advice);
    }
}

#[test]
fn failures_with_folders_and_names_are_told() {
    for (scenario, error, what, advice) in [
        ("a list refused", refused("LIST", 550, "Failed."), "open the folder", "Refresh"),
        (
            "a list cannot be sent",
            refused("LIST", 425, "Failed to establish connection."),
            "data connection",
            "passive and active",
        ),
        ("nothing there", refused("NLST", 450, "No files found."), "nothing in the folder", "hidden"),
        ("a file is no folder", refused("CWD", 550, "/a: Not a directory"), "a file, not a folder", "Download"),
        ("a folder is no file", refused("RETR", 550, "/a: not a plain file."), "a folder, not a file", "folder"),
        ("CWD refused", refused("CWD", 550, "Failed to change directory."), "open the folder", "Refresh"),
        ("it exists", refused("MKD", 550, "/a: File exists"), "already", "another name"),
        ("it exists, says 521", refused("MKD", 521, "Taken."), "already", "another name"),
        ("not made", refused("MKD", 550, "Create directory operation failed."), "did not make", "another name"),
        ("not empty", refused("RMD", 550, "/a: Directory not empty"), "not empty", "hidden"),
        ("not removed", refused("RMD", 550, "Remove directory operation failed."), "did not delete", "Refresh"),
        ("nothing to delete", refused("DELE", 550, "No such file."), "not there", "Refresh"),
        ("not deleted", refused("DELE", 550, "Delete operation failed."), "did not delete", "Refresh"),
        ("links in a circle", refused("CWD", 550, "Too many levels of symbolic links"), "link", "name"),
        ("a name too long", refused("STOR", 553, "File name too long"), "too long", "shorter"),
        ("a path too long", refused("STOR", 500, "Command line too long"), "longer than the server reads", "shorter"),
        (
            "a name that is forbidden",
            refused("STOR", 553, "Prohibited file name: .htaccess"),
            "allow that name",
            "letters",
        ),
        (
            "a name of other letters",
            refused("STOR", 501, "Syntax error in parameters."),
            "understand that name",
            "charset",
        ),
    ] {
        check(scenario, &error, what, advice);
    }
}

#[test]
fn failures_of_encryption_are_told() {
    for (scenario, error, what, advice) in [
        (
            "no TLS at all",
            refused("AUTH", 502, "Command not implemented."),
            "does not offer encryption",
            "implicit TLS",
        ),
        (
            "no TLS by that name",
            refused("AUTH TLS", 504, "Unknown security mechanism."),
            "does not offer encryption",
            "implicit TLS",
        ),
        ("TLS is broken there", refused("AUTH", 431, "Unable to initialise TLS."), "cannot encrypt", "administrator"),
        ("TLS is forbidden", refused("AUTH", 534, "Denied by policy."), "does not allow encryption", "administrator"),
        ("PROT P refused", refused("PROT", 536, "Requested PROT level not supported."), "data connections", "PROT P"),
        ("PROT P forbidden", refused("PROT", 534, "No."), "data connections", "PROT P"),
        (
            "session reuse",
            refused(
                "RETR",
                522,
                "SSL connection failed; session reuse required: see require_ssl_reuse option in vsftpd.conf man page",
            ),
            "TLS session",
            "require_ssl_reuse",
        ),
        (
            "session reuse at 425",
            refused("MLSD", 425, "Unable to build data connection: TLS session of data connection not resumed."),
            "TLS session",
            "FileZilla",
        ),
        (
            "session reuse at 450",
            refused(
                "RETR",
                450,
                "TLS session of data connection has not resumed or the session does not match the control connection",
            ),
            "TLS session",
            "retry",
        ),
        ("a failed handshake", refused("RETR", 426, "SSL handshake failed."), "because of its encryption", "retry"),
        ("CCC refused", refused("CCC", 533, "Denied by policy."), "keeps the command connection encrypted", "EPSV"),
        (
            "no login in clear text",
            login(530, "Non-anonymous sessions must use encryption."),
            "wants an encrypted connection",
            "explicit TLS",
        ),
        (
            "no data in clear text",
            refused("RETR", 522, "Data connections must be encrypted."),
            "wants an encrypted connection",
            "explicit TLS",
        ),
        (
            "no anonymous encryption",
            login(530, "Anonymous sessions may not use encryption."),
            "not want this login encrypted",
            "no encryption",
        ),
        ("a client certificate", login(530, "SSL client certificate required."), "certificate from us", "Site Manager"),
        ("a policy", refused("LIST", 534, "Policy requires SSL."), "wants an encrypted connection", "explicit TLS"),
    ] {
        check(scenario, &error, what, advice);
    }
}

#[test]
fn failures_of_tls_itself_are_told() {
    let tls = |stage, trouble| FtpError::Tls { stage, trouble };
    let refusal = || reply(502, "Command not implemented.");
    for (scenario, error, what, advice) in [
        ("AUTH refused", FtpError::NoTls { reply: refusal(), downgrade: false }, "no encryption", "Nothing was sent"),
        (
            "AUTH refused today",
            FtpError::NoTls { reply: refusal(), downgrade: true },
            "did not before",
            "Nothing was sent",
        ),
        ("clear text unasked", FtpError::ClearTextUnasked(refusal()), "nobody has agreed", "agree"),
        ("implicit TLS to a plain port", tls(Stage::Connect, TlsTrouble::NotTls), "does not speak TLS", "explicit TLS"),
        ("too old", tls(Stage::Login, TlsTrouble::Version), "no version of TLS", "TLS 1.2"),
        ("words behind the 234", tls(Stage::Login, TlsTrouble::Injected), "clear text behind", "another network"),
        (
            "clear text in the middle",
            tls(Stage::Command, TlsTrouble::ClearText { words: "500 OOPS: vsf_sysutil_bind".into() }),
            "500 OOPS",
            "Connect again",
        ),
        ("no goodbye", tls(Stage::Transfer, TlsTrouble::Truncated), "without its goodbye", "Retry"),
        (
            "another certificate",
            tls(Stage::DataConnection, TlsTrouble::OtherCertificate),
            "another certificate",
            "administrator",
        ),
        (
            "a client certificate",
            tls(Stage::Login, TlsTrouble::ClientCertificate),
            "client certificate",
            "Site Manager",
        ),
    ] {
        check(scenario, &error, what, advice);
    }
}

/// Server, verb, code, its words, and what they mean.
const REAL: &[(&str, &str, u16, &str, &str)] = &[
    ("vsftpd", "PASS", 530, "Login incorrect.", "refused the login"),
    ("vsftpd", "PASS", 530, "Permission denied.", "let this user use FTP"),
    ("vsftpd", "PASS", 530, "This FTP server is anonymous only.", "anonymous logins only"),
    ("vsftpd", "PASS", 530, "This FTP server does not allow anonymous logins.", "not allow anonymous"),
    ("vsftpd", "PASS", 421, "There are too many connected users, please try later.", "too many connections"),
    ("vsftpd", "PASS", 421, "There are too many connections from your internet address.", "too many connections"),
    ("vsftpd", "PASS", 500, "OOPS: cannot change directory:/home/x", "this user's folder"),
    ("vsftpd", "PASS", 500, "OOPS: vsftpd: refusing to run with writable root inside chroot()", "this user's folder"),
    ("vsftpd", "RETR", 550, "Failed to open file.", "refused to send the file"),
    ("vsftpd", "STOR", 553, "Could not create file.", "refused to take the file"),
    ("vsftpd", "CWD", 550, "Failed to change directory.", "refused to open the folder"),
    ("vsftpd", "RNTO", 550, "Rename failed.", "did not rename"),
    ("vsftpd", "SITE CHMOD", 550, "SITE CHMOD command failed.", "did not change the permissions"),
    ("vsftpd", "MKD", 550, "Permission denied.", "no permission"),
    ("vsftpd", "RETR", 426, "Failure writing network stream.", "cut off"),
    ("vsftpd", "LIST", 425, "Failed to establish connection.", "could not open the data connection"),
    (
        "ProFTPD",
        "PASS",
        530,
        "Sorry, the maximum number of clients (2) from your host are already connected.",
        "too many connections",
    ),
    (
        "ProFTPD",
        "PASS",
        530,
        "Sorry, the maximum number of allowed clients (10) are already connected.",
        "too many connections",
    ),
    ("ProFTPD", "PASS", 550, "SSL/TLS required on the control channel", "wants an encrypted connection"),
    ("ProFTPD", "PASV", 522, "SSL/TLS required on the data channel", "wants an encrypted connection"),
    (
        "ProFTPD",
        "LIST",
        425,
        "Unable to build data connection: Operation not permitted",
        "could not open the data connection",
    ),
    ("ProFTPD", "STOR", 550, "a.txt: Overwrite permission denied", "not let it be replaced"),
    ("ProFTPD", "STOR", 451, "a.txt: Append/Restart not permitted, try again", "not let transfers be continued"),
    ("ProFTPD", "STOR", 550, "a.exe: Forbidden filename", "not allow that name"),
    ("ProFTPD", "RETR", 550, "a: Not a regular file", "a folder, not a file"),
    ("ProFTPD", "RETR", 550, "a: not a plain file.", "a folder, not a file"),
    ("ProFTPD", "STOR", 552, "Transfer aborted. Disk quota exceeded", "space on the server is used up"),
    ("ProFTPD", "RETR", 421, "Idle timeout (600 seconds): closing control connection", "idle"),
    ("ProFTPD", "RNTO", 550, "Rename a: Invalid cross-device link", "another disk"),
    ("ProFTPD", "MKD", 550, "/ro/a: Read-only file system", "can only be read"),
    ("ProFTPD", "STOR", 550, "/a: No space left on device", "no room"),
    ("ProFTPD", "PORT", 501, "Illegal PORT command", "active mode"),
    ("Pure-FTPd", "PASS", 421, "50 users (the maximum) are already logged in, sorry", "too many connections"),
    ("Pure-FTPd", "PASS", 421, "Too many connections (5) from this IP", "too many connections"),
    (
        "Pure-FTPd",
        "PASS",
        421,
        "Sorry, cleartext sessions and weak ciphers are not accepted on this server.",
        "wants an encrypted connection",
    ),
    ("Pure-FTPd", "PASS", 530, "Login authentication failed", "refused the login"),
    ("Pure-FTPd", "PORT", 500, "I won't open a connection to 192.168.1.2 (only to 203.0.113.9)", "active mode"),
    ("Pure-FTPd", "STOR", 553, "Prohibited file name: .ftpquota", "not allow that name"),
    ("Pure-FTPd", "RETR", 550, "Can't open a.txt: No such file or directory", "not there"),
    ("Pure-FTPd", "STOR", 552, "Quota exceeded: [a.txt] won't be saved", "space on the server is used up"),
    ("Pure-FTPd", "RETR", 421, "Timeout - try typing a little faster next time", "idle"),
    ("Pure-FTPd", "STOR", 550, "Anonymous users may not overwrite existing files", "replaced"),
    ("FileZilla Server", "PASS", 530, "Login or password incorrect!", "refused the login"),
    ("FileZilla Server", "PASS", 421, "Server is locked, please try again later.", "nobody in at the moment"),
    ("FileZilla Server", "PASS", 503, "Use AUTH first.", "wants an encrypted connection"),
    ("FileZilla Server", "RETR", 550, "Couldn't open the file", "refused to send the file"),
    ("FileZilla Server", "CWD", 550, "Couldn't open the directory", "refused to open the folder"),
    ("FileZilla Server", "RETR", 521, "PROT P required", "wants an encrypted connection"),
    (
        "FileZilla Server",
        "RETR",
        425,
        "Can't open data connection for transfer of \"/a\"",
        "could not open the data connection",
    ),
    (
        "FileZilla Server",
        "RETR",
        425,
        "Rejected data connection for transfer of \"/a\", IP addresses of control and data connection do not match",
        "another address",
    ),
    ("FileZilla Server", "RETR", 426, "Connection closed; aborted transfer of \"/a\"", "cut off"),
    ("FileZilla Server", "NOOP", 421, "Kicked by Administrator", "administrator ended"),
    ("FileZilla Server", "STOR", 550, "Filename invalid", "not allow that name"),
    ("IIS", "PASS", 530, "User cannot log in, home directory inaccessible.", "this user's folder"),
    ("IIS", "PASS", 530, "User cannot log in.", "refused the login"),
    ("IIS", "PASS", 534, "Policy requires SSL.", "wants an encrypted connection"),
    ("IIS", "STOR", 550, "Access is denied.", "no permission"),
    ("IIS", "RETR", 550, "The process cannot access the file because it is being used by another process.", "in use"),
    ("IIS", "RETR", 550, "The system cannot find the file specified.", "not there"),
    ("IIS", "CWD", 550, "The system cannot find the path specified.", "not there"),
    ("IIS", "STOR", 550, "The filename, directory name, or volume label syntax is incorrect.", "not allow that name"),
    ("IIS", "RNTO", 550, "Cannot create a file when that file already exists.", "new name already"),
    ("IIS", "RMD", 550, "The directory is not empty.", "not empty"),
    ("IIS", "STOR", 550, "There is not enough space on the disk.", "no room"),
    ("IIS", "PORT", 501, "Server cannot accept argument.", "active mode"),
    ("IIS", "STOR", 550, "The media is write protected.", "can only be read"),
    ("IIS", "NOOP", 421, "Timeout (120 seconds): closing control connection.", "idle"),
    ("Serv-U", "PASS", 530, "Not logged in.", "did not accept the login"),
    ("Serv-U", "PASS", 421, "Too many users logged in - try again later.", "too many connections"),
    ("Serv-U", "STOR", 552, "Maximum disk quota limited to 1024 kBytes", "space on the server is used up"),
    ("Serv-U", "RETR", 550, "/a.txt: No such file.", "not there"),
    ("Serv-U", "RETR", 426, "Data connection closed, file transfer a.txt aborted.", "cut off"),
    ("wu-ftpd", "PASS", 530, "User bob access denied.", "let this user use FTP"),
    ("wu-ftpd", "RETR", 425, "Possible PASV port theft, cannot open data connection.", "another address"),
    ("wu-ftpd", "STOR", 553, "/a: Permission denied on server. (Upload dirs)", "no permission"),
    ("glFTPd", "RETR", 550, "Not enough credits.", "credits"),
    ("glFTPd", "STOR", 553, "a.txt: duplicate file", "not let it be replaced"),
    ("Titan", "PASS", 530, "Not logged in, user or password incorrect", "did not accept the login"),
    ("Titan", "STOR", 550, "Quota limit reached: disk quota", "space on the server is used up"),
    ("CrushFTP", "PASS", 421, "Too many users logged in for this account.", "too many connections"),
    ("CrushFTP", "RETR", 550, "\"/a\": No such file, or access denied.", "not there"),
    ("CrushFTP", "STOR", 550, "Access Denied! (You do not have permission to upload.)", "no permission"),
    (
        "AWS Transfer",
        "PASS",
        530,
        "Login failed: TLS is required for the control channel",
        "wants an encrypted connection",
    ),
    ("AWS Transfer", "RETR", 550, "Access denied.", "no permission"),
    ("AWS Transfer", "SITE CHMOD", 500, "Unknown SITE command", "cannot change permissions"),
    ("pyftpdlib", "PASS", 530, "Authentication failed.", "refused the login"),
    ("pyftpdlib", "PASS", 421, "Too many connections. Service temporarily unavailable.", "too many connections"),
    ("pyftpdlib", "PASS", 530, "Maximum login attempts. Disconnecting.", "wrong passwords"),
    ("pyftpdlib", "STOR", 550, "Not enough privileges.", "no permission"),
    ("pyftpdlib", "PASV", 550, "SSL/TLS required on the data channel.", "wants an encrypted connection"),
    ("pyftpdlib", "PORT", 501, "Foreign address 10.0.0.1 refused.", "another address"),
    ("libunftp", "RETR", 550, "File not found", "not there"),
    ("libunftp", "STOR", 452, "Insufficient storage space error", "no room"),
    ("libunftp", "STOR", 553, "File name not allowed", "not allow that name"),
    ("libunftp", "RMD", 550, "Directory not empty", "not empty"),
    ("Synology", "STOR", 550, "a.txt: Permission denied", "no permission"),
    ("QNAP", "PASS", 530, "Sorry, the maximum number of clients (30) are already connected.", "too many connections"),
    ("MVS", "RETR", 550, "Data set USER.A not found", "not there"),
    ("MVS", "RETR", 550, "USER.A is migrated, recall it first", "archive"),
    ("MVS", "STOR", 501, "Invalid data set name \"a_b\". Use MVS Dsname conventions.", "not allow that name"),
    ("MVS", "RETR", 550, "USER.A used exclusively by another job: data set in use", "in use"),
    ("VMS", "RETR", 550, "%RMS-E-FNF, file not found", "not there"),
    ("VMS", "STOR", 550, "%RMS-E-PRV, insufficient privilege or file protection violation", "no permission"),
    ("VMS", "RETR", 550, "%RMS-E-FLK, file currently locked by another user", "in use"),
    ("VMS", "STOR", 550, "%SYSTEM-F-EXDISKQUOTA, disk quota exceeded", "space on the server is used up"),
    ("VMS", "STOR", 501, "%RMS-F-SYN, file specification syntax error", "not allow that name"),
    ("OS/400", "RETR", 550, "Object A in library B not found.", "not there"),
    ("OS/400", "STOR", 550, "Not authorized to object A in B.", "no permission"),
    ("Windows share", "STOR", 550, "The filename or extension is too long.", "too long"),
    ("any", "STOR", 550, "virus found: EICAR", "virus"),
    ("any", "RETR", 451, "Input/output error", "disk"),
    ("any", "RETR", 451, "Local error in processing.", "at the moment"),
    ("any", "PASS", 530, "Your IP has been banned.", "blocked this computer's address"),
    ("any", "PASS", 530, "Account expired.", "not let this account in"),
];

#[test]
fn what_real_servers_say_is_understood() {
    for (server, verb, code, words, what) in REAL {
        let error = if *verb == "PASS" { login(*code, words) } else { refused(verb, *code, words) };
        let Explanation { what: said, why, advice } = explain(&error);
        assert!(said.contains(what), "{server}: {verb} {code} {words}: “{said}” does not say “{what}”");
        assert!(why.contains(words), "{server}: the evidence is missing: {why}");
        assert!(is_told(&said) && is_told(&advice), "{server}: {verb} {code} {words}: {said} {advice}");
        assert!(!is_generic(&explain(&error)), "{server}: {verb} {code} {words}: {said} {advice}");
    }
}

#[test]
fn a_files_name_is_not_taken_for_the_servers_words() {
    for (name, code, words, what) in [
        ("virus.txt", 550, "Permission denied", "no permission"),
        ("ssl.conf", 550, "No such file or directory", "not there"),
        ("quota.txt", 550, "Permission denied", "no permission"),
        ("operation ratio.csv", 550, "No such file", "not there"),
        ("guest book.txt", 550, "Permission denied", "no permission"),
        ("busy.txt", 550, "No such file", "not there"),
        ("archived.zip", 550, "Permission denied", "no permission"),
    ] {
        let told = explain(&refused("RETR", code, &format!("{name}: {words}"))).what;
        assert!(told.contains(what), "{name}: {told}");
    }
}

#[test]
fn each_verb_has_words_for_a_refusal_without_any() {
    for verb in [
        "RETR",
        "STOR",
        "APPE",
        "STOU",
        "LIST",
        "MLSD",
        "NLST",
        "CWD",
        "CDUP",
        "PWD",
        "MKD",
        "RMD",
        "DELE",
        "RNFR",
        "RNTO",
        "SITE CHMOD",
        "MFMT",
        "MDTM",
        "SIZE",
        "MLST",
        "REST",
        "TYPE",
        "MODE",
        "EPSV",
        "PASV",
        "EPRT",
        "PORT",
        "PRET",
        "AUTH",
        "PROT",
        "PBSZ",
        "CCC",
        "SSCN",
        "CPSV",
    ] {
        for code in [421, 425, 426, 450, 451, 452, 500, 501, 502, 503, 504, 530, 532, 550, 552, 553] {
            let error = refused(verb, code, "");
            let told = explain(&error);
            assert!(is_told(&told.what) && is_told(&told.why) && is_told(&told.advice), "{verb} {code}: {told:?}");
            assert!(!is_generic(&told), "{verb} {code}: {told:?}");
        }
    }
}

#[test]
fn a_servers_words_cannot_disguise_themselves_in_an_explanation() {
    use twinport::domain::Charset;
    use twinport::ftp::reply::ReplyReader;
    let mut reader = ReplyReader::new(Charset::Auto);
    reader.push("550 \u{202E}gpj.exe\u{1b}[2J\r\n".as_bytes(), &mut |_| {}).unwrap();
    let reply = reader.take().unwrap().reply;
    let line = explain(&FtpError::Refused { verb: "RETR", stage: Stage::Command, reply }).line();
    assert!(!line.chars().any(|c| c.is_control() || c == '\u{202E}'), "{line:?}");
}
