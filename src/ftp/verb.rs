//! Commands (RFC 959, 2389, 2428, 3659) as types: an argument cannot hold CR, LF or NUL, and a secret cannot be logged.

use std::net::{SocketAddr, SocketAddrV4};

use zeroize::Zeroizing;

use crate::domain::{Charset, RemotePath, Secret, Timestamp};
use crate::ftp::error::FtpError;

/// Bytes that fit into a command line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Argument(Box<[u8]>);

/// The same, wiped on drop and never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct SecretArgument(Zeroizing<Vec<u8>>);

/// A command.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "RFC 959's own names")]
pub enum Verb {
    User(Argument),
    /// SITE or OPEN with the host that an FTP proxy is to connect to.
    SiteHost(Argument),
    Open(Argument),
    Pass(SecretArgument),
    Acct(SecretArgument),
    /// AUTH with that mechanism (RFC 2228): `TLS`, `SSL`.
    Auth(&'static str),
    /// PBSZ 0: TLS protects whatever the size (RFC 4217).
    Pbsz,
    /// PROT with that level: `P` = encrypted, `C` = in the clear.
    Prot(char),
    Feat,
    Syst,
    OptsUtf8,
    /// CLNT: some servers speak UTF-8 only with who has a name (RaidenFTPD, G6).
    Clnt,
    /// OPTS MLST with these facts.
    OptsMlst(Argument),
    /// OPTS HASH with that algorithm (draft-bryan-ftpext-hash).
    OptsHash(Argument),
    /// HASH, MD5, XCRC, ...: a file's checksum ([`crate::ftp::checksum`]).
    Checksum(&'static str, Argument),
    TypeImage,
    TypeAscii,
    /// MODE S: bytes as they are.
    ModeStream,
    /// MODE Z: compressed.
    ModeDeflate,
    Pwd,
    /// PWD's name before RFC 959.
    Xpwd,
    Cwd(Argument),
    Epsv,
    Pasv,
    /// PRET: what will come after EPSV or PASV, which only then can name the right machine (drftpd).
    Pret(Box<Self>),
    /// PASV for a TLS data connection between two servers.
    Cpsv,
    /// Whether the server is the TLS client of its next data connections.
    Sscn(bool),
    Eprt(SocketAddr),
    Port(SocketAddrV4),
    Mlsd(Option<Argument>),
    Mlst(Argument),
    /// `all` = `-a`, hidden files too.
    List {
        all: bool,
        path: Option<Argument>,
    },
    Size(Argument),
    Mdtm(Argument),
    /// MDTM with a time sets it (vsftpd, IIS, where MFMT is missing).
    MdtmSet(Timestamp, Argument),
    Mfmt(Timestamp, Argument),
    Retr(Argument),
    Stor(Argument),
    Appe(Argument),
    Rest(u64),
    Rnfr(Argument),
    Rnto(Argument),
    Dele(Argument),
    Mkd(Argument),
    /// MKD's name before RFC 959.
    Xmkd(Argument),
    Rmd(Argument),
    /// RMD's name before RFC 959.
    Xrmd(Argument),
    /// SITE NAMEFMT 1: paths with slashes (OS/400).
    SiteNamefmt,
    SiteChmod(u16, Argument),
    /// SITE UTIME as Pure-FTPd and ProFTPD had it before MFMT: name, the times of access, change and making, UTC.
    SiteUtime(Timestamp, Argument),
    /// SITE UTIME with a time and a name only.
    SiteShortUtime(Timestamp, Argument),
    Noop,
    Abor,
    Quit,
}

impl Argument {
    /// # Errors
    /// [`FtpError::BadArgument`] where it holds CR, LF or NUL: sent, these would be further commands.
    pub fn new(bytes: &[u8]) -> Result<Self, FtpError> {
        checked(bytes).map(|bytes| Self(bytes.into()))
    }

    /// The same of a path.
    ///
    /// # Errors
    /// As [`Argument::new`].
    pub fn path(path: &RemotePath) -> Result<Self, FtpError> {
        Self::new(path.as_bytes())
    }

    /// As it goes out.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Text in the site's charset; UTF-8 where that lacks a character.
    ///
    /// # Errors
    /// As [`Argument::new`].
    pub fn text(text: &str, charset: &Charset) -> Result<Self, FtpError> {
        Self::new(&encoded(text, charset))
    }

    /// The same between quotes, for verbs that take something behind a name with blanks.
    ///
    /// # Errors
    /// As [`Argument::new`].
    pub fn quoted(&self) -> Result<Self, FtpError> {
        Self::new(&[b"\"", &self.0[..], b"\""].concat())
    }
}

impl SecretArgument {
    /// Text in the site's charset; UTF-8 where that lacks a character.
    ///
    /// # Errors
    /// As [`Argument::new`].
    pub fn new(secret: &Secret, charset: &Charset) -> Result<Self, FtpError> {
        let bytes = Zeroizing::new(encoded(secret.reveal(), charset));
        if checked(&bytes).is_err() {
            return Err(FtpError::BadArgument { detail: "the password holds a line break or NUL".into() });
        }
        Ok(Self(bytes))
    }
}

impl std::fmt::Debug for SecretArgument {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("•••")
    }
}

impl Verb {
    /// `RETR`, `SITE CHMOD`, ...
    pub fn name(&self) -> &'static str {
        match self {
            Self::User(_) => "USER",
            Self::SiteHost(_) => "SITE",
            Self::Open(_) => "OPEN",
            Self::Pass(_) => "PASS",
            Self::Acct(_) => "ACCT",
            Self::Auth(_) => "AUTH",
            Self::Pbsz => "PBSZ",
            Self::Prot(_) => "PROT",
            Self::Feat => "FEAT",
            Self::Syst => "SYST",
            Self::OptsUtf8 => "OPTS UTF8",
            Self::OptsMlst(_) => "OPTS MLST",
            Self::OptsHash(_) => "OPTS HASH",
            Self::Checksum(verb, _) => verb,
            Self::Clnt => "CLNT",
            Self::TypeImage | Self::TypeAscii => "TYPE",
            Self::ModeStream | Self::ModeDeflate => "MODE",
            Self::Pwd => "PWD",
            Self::Xpwd => "XPWD",
            Self::Cwd(_) => "CWD",
            Self::Epsv => "EPSV",
            Self::Pasv => "PASV",
            Self::Pret(_) => "PRET",
            Self::Cpsv => "CPSV",
            Self::Sscn(_) => "SSCN",
            Self::Eprt(_) => "EPRT",
            Self::Port(_) => "PORT",
            Self::Mlsd(_) => "MLSD",
            Self::Mlst(_) => "MLST",
            Self::List { .. } => "LIST",
            Self::Size(_) => "SIZE",
            Self::Mdtm(_) | Self::MdtmSet(..) => "MDTM",
            Self::Mfmt(..) => "MFMT",
            Self::Retr(_) => "RETR",
            Self::Stor(_) => "STOR",
            Self::Appe(_) => "APPE",
            Self::Rest(_) => "REST",
            Self::Rnfr(_) => "RNFR",
            Self::Rnto(_) => "RNTO",
            Self::Dele(_) => "DELE",
            Self::Mkd(_) => "MKD",
            Self::Xmkd(_) => "XMKD",
            Self::Rmd(_) => "RMD",
            Self::Xrmd(_) => "XRMD",
            Self::SiteNamefmt => "SITE NAMEFMT",
            Self::SiteChmod(..) => "SITE CHMOD",
            Self::SiteUtime(..) | Self::SiteShortUtime(..) => "SITE UTIME",
            Self::Noop => "NOOP",
            Self::Abor => "ABOR",
            Self::Quit => "QUIT",
        }
    }

    /// Whether this code can be an answer to it at all: a few belong to one verb, and show when answers to several
    /// commands came in another order.
    pub fn may_bring(&self, code: u16) -> bool {
        match code {
            211 => matches!(self, Self::Feat | Self::Noop | Self::Syst),
            215 => matches!(self, Self::Syst),
            227..=229 => matches!(self, Self::Epsv | Self::Pasv),
            257 => !matches!(self, Self::Feat | Self::Syst | Self::TypeImage | Self::Epsv | Self::Pasv | Self::Dele(_)),
            331 => matches!(self, Self::User(_)),
            350 => !matches!(self, Self::Rnto(_) | Self::Dele(_) | Self::Pwd | Self::Cwd(_) | Self::Epsv | Self::Pasv),
            _ => true,
        }
    }

    /// Whether a server may do without it: it tells what the server is and can (RFC 959 section 5.1, RFC 2389).
    pub fn is_optional(&self) -> bool {
        matches!(self, Self::Syst | Self::Feat | Self::OptsUtf8 | Self::OptsMlst(_) | Self::Clnt)
    }

    /// Whether this code is more likely a late or second reply to an earlier command: 230 is a login's, 226 a transfer's.
    pub fn is_unlikely(&self, code: u16) -> bool {
        match code {
            226 | 426 => matches!(
                self,
                Self::User(_)
                    | Self::Syst
                    | Self::Feat
                    | Self::Pwd
                    | Self::Cwd(_)
                    | Self::TypeImage
                    | Self::TypeAscii
                    | Self::Epsv
                    | Self::Pasv
                    | Self::Size(_)
                    | Self::Mdtm(_)
                    | Self::Mlst(_)
                    | Self::Rnfr(_)
            ),
            230 => !matches!(self, Self::User(_) | Self::Pass(_) | Self::Acct(_) | Self::Noop),
            code => !self.may_bring(code),
        }
    }

    /// Appends the line as it goes over the wire. `telnet` = the server reads it as RFC 854 says, where 0xFF is IAC and
    /// must be doubled; vsftpd and Pure-FTPd take it as it is, and would make a name of two.
    pub fn write_to(&self, out: &mut Vec<u8>, telnet: bool) {
        self.write_words(out, |bytes, out| {
            for byte in bytes {
                out.push(*byte);
                if telnet && *byte == 0xFF {
                    out.push(0xFF);
                }
            }
        });
        out.extend_from_slice(b"\r\n");
    }

    /// The line for a log: no secret, no line end, nothing that hides what it is.
    pub fn log_form(&self, charset: &Charset) -> String {
        if let Self::Pass(_) | Self::Acct(_) = self {
            return format!("{} ***", self.name());
        }
        let mut line = Vec::new();
        self.write_words(&mut line, |bytes, out| out.extend_from_slice(bytes));
        charset.show(&line)
    }

    fn write_words(&self, out: &mut Vec<u8>, add: impl Fn(&[u8], &mut Vec<u8>)) {
        out.extend_from_slice(self.name().as_bytes());
        if let Self::Pret(verb) = self {
            out.push(b' ');
            return verb.write_words(out, add);
        }
        let mut words = |before: &str, argument: &[u8]| {
            out.extend_from_slice(before.as_bytes());
            add(argument, out);
        };
        match self {
            Self::User(argument)
            | Self::SiteHost(argument)
            | Self::Open(argument)
            | Self::OptsMlst(argument)
            | Self::OptsHash(argument)
            | Self::Checksum(_, argument)
            | Self::Cwd(argument)
            | Self::Mlsd(Some(argument))
            | Self::Mlst(argument)
            | Self::Size(argument)
            | Self::Mdtm(argument)
            | Self::Retr(argument)
            | Self::Stor(argument)
            | Self::Appe(argument)
            | Self::Rnfr(argument)
            | Self::Rnto(argument)
            | Self::Dele(argument)
            | Self::Mkd(argument)
            | Self::Xmkd(argument)
            | Self::Rmd(argument)
            | Self::Xrmd(argument) => words(" ", &argument.0),
            Self::Pass(secret) | Self::Acct(secret) => words(" ", &secret.0),
            Self::List { all, path } => {
                if *all {
                    words(" -a", b"");
                }
                if let Some(path) = path {
                    words(" ", &path.0);
                }
            }
            Self::Auth(mechanism) => words(&format!(" {mechanism}"), b""),
            Self::Pbsz => words(" 0", b""),
            Self::Prot(level) => words(&format!(" {level}"), b""),
            Self::OptsUtf8 => words(" ON", b""),
            Self::TypeImage => words(" I", b""),
            Self::Clnt => words(" Twinport", b""),
            Self::SiteNamefmt => words(" 1", b""),
            Self::TypeAscii => words(" A", b""),
            Self::ModeStream => words(" S", b""),
            Self::ModeDeflate => words(" Z", b""),
            Self::Sscn(on) => words(if *on { " ON" } else { " OFF" }, b""),
            Self::Rest(offset) => words(&format!(" {offset}"), b""),
            Self::Eprt(address) => words(&format!(" {}", crate::ftp::address::eprt(*address)), b""),
            Self::Port(address) => words(&format!(" {}", crate::ftp::address::port(*address)), b""),
            Self::SiteUtime(time, path) => {
                let time = time.rfc3659().unwrap_or_default();
                words(" ", &path.0);
                words(&format!(" {time} {time} {time} UTC"), b"");
            }
            Self::MdtmSet(time, path) | Self::Mfmt(time, path) | Self::SiteShortUtime(time, path) => {
                words(&format!(" {} ", time.rfc3659().unwrap_or_default()), &path.0)
            }
            Self::SiteChmod(mode, path) => words(&format!(" {mode:03o} "), &path.0),
            Self::Feat
            | Self::Syst
            | Self::Pwd
            | Self::Xpwd
            | Self::Epsv
            | Self::Pasv
            | Self::Pret(_)
            | Self::Cpsv
            | Self::Mlsd(None)
            | Self::Noop
            | Self::Abor
            | Self::Quit => {}
        }
    }
}

fn checked(bytes: &[u8]) -> Result<&[u8], FtpError> {
    match bytes.iter().find(|b| matches!(b, b'\r' | b'\n' | 0)) {
        None => Ok(bytes),
        Some(bad) => Err(FtpError::BadArgument {
            detail: format!(
                "“{}” holds a {}",
                String::from_utf8_lossy(bytes).escape_debug(),
                if *bad == 0 { "NUL" } else { "line break" }
            ),
        }),
    }
}

fn encoded(text: &str, charset: &Charset) -> Vec<u8> {
    charset.encode(text).unwrap_or_else(|| text.as_bytes().to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wire(verb: &Verb) -> Vec<u8> {
        let mut out = Vec::new();
        verb.write_to(&mut out, true);
        out
    }

    fn argument(text: &str) -> Argument {
        Argument::new(text.as_bytes()).expect("an argument")
    }

    #[test]
    fn a_line_break_or_nul_is_never_sent() {
        for bad in [&b"a\r\nDELE b"[..], b"a\nb", b"a\rb", b"a\0b"] {
            assert!(matches!(Argument::new(bad), Err(FtpError::BadArgument { .. })), "{bad:?}");
        }
        let secret = Secret::from("a\r\nQUIT");
        let error = SecretArgument::new(&secret, &Charset::Auto).expect_err("refused");
        assert!(!format!("{error:?} {error}").contains("QUIT"), "the secret is in {error:?}");
    }

    #[test]
    fn arguments_go_out_as_they_are() {
        assert_eq!(wire(&Verb::Retr(argument(" a %20 \"b\" |c "))), b"RETR  a %20 \"b\" |c \r\n");
        assert_eq!(wire(&Verb::List { all: true, path: None }), b"LIST -a\r\n");
        assert_eq!(wire(&Verb::List { all: false, path: None }), b"LIST\r\n");
        assert_eq!(wire(&Verb::SiteChmod(0o644, argument("f"))), b"SITE CHMOD 644 f\r\n");
        assert_eq!(wire(&Verb::Rest(5_000_000_000)), b"REST 5000000000\r\n");
        assert_eq!(wire(&Verb::Pret(Box::new(Verb::Retr(argument("a b"))))), b"PRET RETR a b\r\n");
        assert_eq!(wire(&Verb::Pret(Box::new(Verb::Mlsd(None)))), b"PRET MLSD\r\n");
        assert_eq!(wire(&Verb::Mfmt(Timestamp::utc(0), argument("f"))), b"MFMT 19700101000000 f\r\n");
        let empty = SecretArgument::new(&Secret::default(), &Charset::Auto).expect("empty is fine");
        assert_eq!(wire(&Verb::Pass(empty)), b"PASS \r\n");
    }

    #[test]
    fn telnets_iac_is_doubled_on_the_wire_and_not_in_the_log() {
        let verb = Verb::Dele(Argument::new(b"a\xff\xffb").expect("an argument"));
        assert_eq!(wire(&verb), b"DELE a\xff\xff\xff\xffb\r\n");
        assert_eq!(verb.log_form(&Charset::Auto), "DELE aÿÿb");
        let mut out = Vec::new();
        verb.write_to(&mut out, false);
        assert_eq!(out, b"DELE a\xff\xffb\r\n");
    }

    #[test]
    fn a_name_in_the_log_looks_like_what_it_is() {
        let verb = Verb::Retr(argument("\u{202E}gpj.exe\x1b[2J"));
        assert_eq!(verb.log_form(&Charset::Auto), "RETR \u{FFFD}gpj.exe\u{FFFD}[2J");
        assert_eq!(wire(&verb), "RETR \u{202E}gpj.exe\x1b[2J\r\n".as_bytes());
    }

    #[test]
    fn a_secret_is_never_in_the_log() {
        let secret = SecretArgument::new(&Secret::from("hunter2"), &Charset::Auto).expect("fine");
        for verb in [Verb::Pass(secret.clone()), Verb::Acct(secret)] {
            assert!(!verb.log_form(&Charset::Auto).contains("hunter2"));
            assert!(!format!("{verb:?}").contains("hunter2"));
            assert!(wire(&verb).ends_with(b" hunter2\r\n"));
        }
    }

    #[test]
    fn names_go_out_in_the_sites_charset() {
        let charset = Charset::from_label("windows-1251");
        let verb = Verb::User(Argument::text("При", &charset).expect("fine"));
        assert_eq!(wire(&verb), b"USER \xcf\xf0\xe8\r\n");
        assert_eq!(verb.log_form(&charset), "USER При");
    }
}
