//! TLS on both connections (RFC 4217): rustls, without ever blocking. What a session's connections share is a [`Guard`]:
//! one configuration, one certificate, and the session that data connections continue, since servers demand that.

mod bare_key;
mod certificate;
mod tape;
mod tickets;
mod verifier;

use std::io;
use std::io::{ErrorKind, Read, Write};
use std::net::IpAddr;
use std::sync::Arc;

use rustls::client::Resumption;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{AlertDescription, ClientConfig, ClientConnection, ProtocolVersion, SupportedProtocolVersion};

use crate::domain::{ClientCertificate, Encryption, MinimumTls, Site};
use crate::ftp::error::{FtpError, Stage, TlsTrouble};
use crate::net::terms::TlsTerms;
use crate::net::wire::Wire;
use tape::Record;
use tickets::Tickets;
use verifier::Verifier;

/// What all encrypted connections of one session share.
pub(super) struct Guard {
    config: Arc<ClientConfig>,
    name: ServerName<'static>,
    verifier: Arc<Verifier>,
    tickets: Arc<Tickets>,
    /// Whether there is a client certificate.
    signs: bool,
}

/// The encryption of one connection.
pub(super) struct Tls {
    connection: ClientConnection,
    /// What came over the wire and was not taken by TLS yet.
    inbox: Box<[u8]>,
    from: usize,
    to: usize,
    goodbye: bool,
    /// What went wrong behind bytes that were good: for the next read.
    trouble: Option<io::Error>,
    /// Until the first ticket comes, on the control connection.
    recording: Option<(Record, Arc<Tickets>)>,
}

impl Guard {
    /// For a session with that site.
    ///
    /// # Errors
    /// A host name that no certificate can be for; a client certificate that cannot be used.
    pub(super) fn new(site: &Site, terms: &TlsTerms) -> Result<Self, FtpError> {
        let name = server_name(&site.host)?;
        let provider = Arc::new(tape::provider());
        let verifier = Arc::new(Verifier::new(&provider, site, terms));
        let tickets = Arc::new(Tickets::default());
        let versions: &[&SupportedProtocolVersion] = match (site.learned.tls12_only, terms.minimum) {
            (true, MinimumTls::V1_2) => &[&rustls::version::TLS12],
            (_, MinimumTls::V1_2) => &[&rustls::version::TLS13, &rustls::version::TLS12],
            (_, MinimumTls::V1_3) => &[&rustls::version::TLS13],
        };
        let wants = ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(versions)
            .map_err(|error| other(Stage::Connect, error.to_string()))?
            .dangerous()
            .with_custom_certificate_verifier(Arc::clone(&verifier) as _);
        let mut config = match &site.client_certificate {
            Some(files) => {
                let (chain, key) = own_certificate(files)?;
                let unusable = |error: rustls::Error| own(format!("The certificate and the key do not fit ({error})"));
                wants.with_client_auth_cert(chain, key).map_err(unusable)?
            }
            None => wants.with_no_client_auth(),
        };
        config.resumption = Resumption::store(Arc::clone(&tickets) as _);
        Ok(Self { config: Arc::new(config), name, verifier, tickets, signs: site.client_certificate.is_some() })
    }

    /// The encryption of the control connection.
    pub(super) fn control(&self) -> Result<Tls, FtpError> {
        if self.signs {
            // What we sign differs each time: played again, the handshake would be another.
            return self.tls(self.connection()?);
        }
        let (connection, record) = tape::record(Record::default(), || self.connection());
        let mut tls = self.tls(connection?)?;
        tls.recording = Some((record, Arc::clone(&self.tickets)));
        Ok(tls)
    }

    /// The encryption of a data connection, continuing the control connection's session.
    pub(super) fn data(&self) -> Result<Tls, FtpError> {
        if let Some(origin) = self.tickets.origin() {
            self.tickets.play(true);
            // Where it fails there is no ticket: the server will say whether it needs one.
            tape::play(&origin, || self.replay(&origin.heard)).ok();
            self.tickets.play(false);
        }
        self.tls(self.connection()?)
    }

    fn replay(&self, heard: &[u8]) -> Result<(), FtpError> {
        let mut connection = self.connection()?;
        let mut rest = heard;
        while !rest.is_empty() {
            let failed = |error: String| other(Stage::DataConnection, error);
            connection.read_tls(&mut rest).map_err(|error| failed(error.to_string()))?;
            connection.process_new_packets().map_err(|error| failed(error.to_string()))?;
            while connection.wants_write() {
                connection.write_tls(&mut io::sink()).map_err(|error| failed(error.to_string()))?;
            }
            // Whatever was said behind the handshake is known already.
            io::copy(&mut connection.reader(), &mut io::sink()).ok();
        }
        Ok(())
    }

    fn connection(&self) -> Result<ClientConnection, FtpError> {
        ClientConnection::new(Arc::clone(&self.config), self.name.clone())
            .map_err(|error| other(Stage::Connect, error.to_string()))
    }

    fn tls(&self, mut connection: ClientConnection) -> Result<Tls, FtpError> {
        connection.set_buffer_limit(Some(OUTBOX));
        let inbox = vec![0; INBOX].into_boxed_slice();
        Ok(Tls { connection, inbox, from: 0, to: 0, goodbye: false, trouble: None, recording: None })
    }

    /// How the control connection is encrypted, for people. `data` = data connections are, too.
    pub(super) fn describe(&self, tls: &Tls, data: bool) -> Encryption {
        let version = match tls.connection.protocol_version() {
            Some(ProtocolVersion::TLSv1_3) => "TLS 1.3".to_owned(),
            Some(ProtocolVersion::TLSv1_2) => "TLS 1.2".to_owned(),
            other => format!("{other:?}"),
        };
        let suite = tls.connection.negotiated_cipher_suite();
        let cipher = suite.and_then(|suite| suite.suite().as_str().map(cipher)).unwrap_or_default();
        let chain = tls.connection.peer_certificates().unwrap_or_default();
        Encryption {
            version,
            cipher,
            chain: chain.iter().map(|der| certificate::describe(der)).collect(),
            by_user: self.verifier.is_by_user(),
            data,
        }
    }

    /// What is wrong with the server's certificate, where a handshake failed for that.
    pub(super) fn distrust(&self, stage: Stage) -> Option<FtpError> {
        if let Some(offered) = self.verifier.offered() {
            return Some(FtpError::Untrusted(offered));
        }
        if let Some(bits) = self.verifier.short_key() {
            return Some(FtpError::Tls { stage, trouble: TlsTrouble::ShortKey { bits } });
        }
        self.verifier.saw_another().then_some(FtpError::Tls { stage, trouble: TlsTrouble::OtherCertificate })
    }

    /// Whether the control connection speaks TLS 1.3.
    pub(super) fn is_tls13(&self) -> bool {
        self.tickets.is_tls13()
    }

    /// Whether the next data connection can continue the control connection's session.
    pub(super) fn can_resume(&self) -> bool {
        self.tickets.is_stocked() || self.tickets.origin().is_some()
    }
}

impl Tls {
    /// See [`crate::net::stream::Stream::shake_hands`].
    pub(super) fn shake_hands(&mut self, wire: &mut Wire) -> io::Result<bool> {
        loop {
            match self.flush(wire) {
                Ok(()) => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(false),
                Err(error) => return Err(error),
            }
            if !self.connection.is_handshaking() {
                return Ok(true);
            }
            match self.pull(wire) {
                Ok(true) => {}
                Ok(false) => return Err(ErrorKind::UnexpectedEof.into()),
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(false),
                Err(error) => return Err(error),
            }
        }
    }

    /// See [`crate::net::stream::Stream::read`].
    pub(super) fn read(&mut self, wire: &mut Wire, buffer: &mut [u8]) -> io::Result<usize> {
        if let Some(error) = self.trouble.take() {
            return Err(error);
        }
        let mut filled = 0;
        loop {
            match self.connection.reader().read(&mut buffer[filled..]) {
                Ok(count) if count > 0 => filled += count,
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                result if filled == 0 => return result,
                // It says so again next time.
                _ => return Ok(filled),
            }
            // TLS gives one record at a time; what is here already makes a larger piece for the file, without a system call.
            if filled > 0 && (filled == buffer.len() || self.from == self.to) {
                return Ok(filled);
            }
            match self.pull(wire) {
                Err(error) if filled > 0 => {
                    self.trouble = Some(error);
                    return Ok(filled);
                }
                result => drop(result?),
            }
        }
    }

    /// See [`crate::net::stream::Stream::write`]. Reads along: session tickets that lie unread when we close make the system
    /// reset the connection, which cuts the end of the file off.
    pub(super) fn write(&mut self, wire: &mut Wire, bytes: &[u8]) -> io::Result<usize> {
        while wire.is_readable() {
            match self.pull(wire) {
                Ok(true) => {}
                Ok(false) => break,
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) => return Err(error),
            }
        }
        self.flush(wire)?;
        let taken = self.connection.writer().write(bytes)?;
        match self.flush(wire) {
            Err(error) if error.kind() != ErrorKind::WouldBlock => Err(error),
            _ if taken == 0 && !bytes.is_empty() => Err(ErrorKind::WouldBlock.into()),
            _ => Ok(taken),
        }
    }

    /// close_notify, once, and everything before it out.
    pub(super) fn say_goodbye(&mut self, wire: &mut Wire) -> io::Result<()> {
        if !self.goodbye {
            self.goodbye = true;
            self.connection.send_close_notify();
        }
        self.flush(wire)
    }

    /// Everything out that TLS has to say.
    fn flush(&mut self, wire: &mut Wire) -> io::Result<()> {
        while self.connection.wants_write() {
            self.connection.write_tls(wire)?;
        }
        wire.flush()
    }

    /// Takes more from the wire; `false` = the wire has ended.
    fn pull(&mut self, wire: &mut Wire) -> io::Result<bool> {
        if self.from == self.to {
            self.from = 0;
            self.to = 0;
            let count = wire.read(&mut self.inbox)?;
            if count == 0 {
                // TLS itself tells whether a goodbye came before.
                self.connection.read_tls(&mut io::empty())?;
                return Ok(false);
            }
            self.to = count;
        }
        let count = self.connection.read_tls(&mut &self.inbox[self.from..self.to])?;
        let taken = self.from..self.from + count;
        self.from += count;
        let connection = &mut self.connection;
        let processed = match self.recording.take() {
            None => connection.process_new_packets(),
            Some((mut record, tickets)) => {
                record.heard.extend_from_slice(&self.inbox[taken]);
                let (processed, record) = tape::record(record, || connection.process_new_packets());
                if tickets.is_stocked() {
                    tickets.keep_origin(record);
                } else if record.heard.len() < RECORD {
                    self.recording = Some((record, tickets));
                }
                processed
            }
        };
        if let Err(error) = processed {
            // The other side is told why, if that is possible.
            self.flush(wire).ok();
            let rustls::Error::InvalidMessage(_) = error else {
                return Err(io::Error::new(ErrorKind::InvalidData, error));
            };
            let garbage = Garbage {
                words: clear_text(&self.inbox[..self.to]),
                spoke_tls: self.connection.negotiated_cipher_suite().is_some(),
                error,
            };
            return Err(io::Error::new(ErrorKind::InvalidData, garbage));
        }
        Ok(true)
    }
}

/// Bytes that are no TLS record, where one was due.
#[derive(Debug, thiserror::Error)]
#[error("{error}")]
struct Garbage {
    /// The reply that it was, if it was one.
    words: Option<String>,
    /// The server has answered the handshake before: what came is none of a port where TLS is not spoken.
    spoke_tls: bool,
    error: rustls::Error,
}

/// The first reply (RFC 959 section 4.2) in the text that ends what was heard; `None` = it does not end in a reply.
///
/// Records may come before it in the same read, the end of a record that began earlier first: they are passed over as
/// bytes that are no text.
fn clear_text(heard: &[u8]) -> Option<String> {
    let is_text = |byte: &u8| matches!(byte, b'\t' | b'\r' | b'\n' | b' '..) && *byte != 0x7f;
    let text = &heard[heard.iter().rposition(|byte| !is_text(byte)).map_or(0, |at| at + 1)..];
    let is_reply = |four: &[u8]| four[..3].iter().all(u8::is_ascii_digit) && matches!(four[3], b' ' | b'-');
    let reply = &text[text.windows(4).position(is_reply)?..];
    let line = reply.split(|byte| matches!(byte, b'\r' | b'\n')).next()?;
    Some(String::from_utf8_lossy(line).chars().filter(|c| !c.is_control()).take(200).collect())
}

/// TLS' own reason in an error of a stream; `None` = it is the network's.
pub(super) fn typed(error: &io::Error, stage: Stage) -> Option<FtpError> {
    if let Some(Garbage { words, spoke_tls, error }) = error.get_ref()?.downcast_ref() {
        // A process that dies, or a no for the moment, is none of a port where TLS is not spoken.
        let fails = words.as_ref().is_some_and(|words| words.starts_with('4') || words.starts_with("500 OOPS"));
        let at_login = matches!(stage, Stage::Connect | Stage::Greeting | Stage::Login);
        let trouble = match words {
            _ if at_login && !fails && !spoke_tls => TlsTrouble::NotTls,
            Some(words) => TlsTrouble::ClearText { words: words.clone() },
            None => TlsTrouble::Other { detail: error.to_string() },
        };
        return Some(FtpError::Tls { stage, trouble });
    }
    let reason = error.get_ref()?.downcast_ref::<rustls::Error>()?;
    let trouble = match reason {
        rustls::Error::PeerIncompatible(rustls::PeerIncompatible::ServerDoesNotSupportTls12Or13)
        | rustls::Error::PeerIncompatible(rustls::PeerIncompatible::ServerTlsVersionIsDisabledByOurConfig) => {
            TlsTrouble::Version
        }
        rustls::Error::AlertReceived(alert) => match alert {
            AlertDescription::ProtocolVersion => TlsTrouble::Version,
            AlertDescription::CertificateRequired
            | AlertDescription::BadCertificate
            | AlertDescription::UnsupportedCertificate
            | AlertDescription::CertificateUnknown
            | AlertDescription::CertificateExpired
            | AlertDescription::CertificateRevoked
            | AlertDescription::UnknownCA
            | AlertDescription::AccessDenied => TlsTrouble::ClientCertificate,
            alert => TlsTrouble::Refused { alert: in_words(&format!("{alert:?}")) },
        },
        reason => TlsTrouble::Other { detail: reason.to_string() },
    };
    Some(FtpError::Tls { stage, trouble })
}

/// What the certificate must be for: the host as it was dialled.
fn server_name(host: &str) -> Result<ServerName<'static>, FtpError> {
    let bare = host.trim().trim_start_matches('[').trim_end_matches(']');
    // The zone of a link-local address is our own business.
    let bare = bare.split('%').next().unwrap_or_default();
    if let Ok(ip) = bare.parse::<IpAddr>() {
        return Ok(ServerName::IpAddress(ip.into()));
    }
    ServerName::try_from(bare.trim_end_matches('.').to_owned())
        .map_err(|_| other(Stage::Connect, format!("“{bare}” is no name that a certificate can be for")))
}

fn own_certificate(
    files: &ClientCertificate,
) -> Result<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>), FtpError> {
    let unreadable = |path: &std::path::Path, error: String| own(format!("{} cannot be used: {error}", path.display()));
    let chain: Result<Vec<_>, _> = CertificateDer::pem_file_iter(&files.certificate)
        .map_err(|error| unreadable(&files.certificate, error.to_string()))?
        .collect();
    let chain = chain.map_err(|error| unreadable(&files.certificate, error.to_string()))?;
    if chain.is_empty() {
        return Err(unreadable(&files.certificate, "there is no certificate in it".into()));
    }
    let key = PrivateKeyDer::from_pem_file(&files.key).map_err(|error| unreadable(&files.key, error.to_string()))?;
    Ok((chain, key))
}

fn own(detail: String) -> FtpError {
    FtpError::Tls { stage: Stage::Connect, trouble: TlsTrouble::OwnCertificate { detail } }
}

fn other(stage: Stage, detail: String) -> FtpError {
    FtpError::Tls { stage, trouble: TlsTrouble::Other { detail } }
}

/// `TLS13_AES_256_GCM_SHA384` as `AES-256-GCM-SHA384`, `TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256` as
/// `ECDHE-RSA-AES-128-GCM-SHA256`.
fn cipher(name: &str) -> String {
    let bare = name.strip_prefix("TLS13_").or_else(|| name.strip_prefix("TLS_")).unwrap_or(name);
    bare.replace("WITH_", "").replace('_', "-")
}

/// `HandshakeFailure` as `handshake failure`.
fn in_words(name: &str) -> String {
    let mut words = String::new();
    for c in name.chars() {
        if c.is_ascii_uppercase() && !words.is_empty() {
            words.push(' ');
        }
        words.push(c.to_ascii_lowercase());
    }
    words
}

/// Ciphertext read at once: a big one spares system calls, TLS itself takes 4 KiB at a time.
const INBOX: usize = 128 * 1024;

/// A server that has sent no ticket after so much on the control connection sends none.
const RECORD: usize = 64 * 1024;

/// Ciphertext that may wait for the wire.
const OUTBOX: usize = 256 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reply_where_tls_was_due_is_told_in_its_words() {
        let oops = Some("500 OOPS: child died");
        assert_eq!(clear_text(b"500 OOPS: child died\r\n").as_deref(), oops);
        assert_eq!(
            clear_text(b"\x17\x03\x03\x00\x03\x01a\x9f500 OOPS: child died\r\n").as_deref(),
            oops,
            "behind a record"
        );
        assert_eq!(clear_text(b"\x02s500 OOPS: child died\r\n421 Bye\r\n").as_deref(), oops, "behind a record's end");
        assert_eq!(clear_text(&[23, 3, 3, 0, 20]), None);
        assert_eq!(clear_text(b"50"), None);
        assert_eq!(clear_text(b"500 a record\x00"), None, "text inside of a record");
    }

    #[test]
    fn a_server_is_named_as_it_was_dialled() {
        assert!(matches!(server_name("192.0.2.1"), Ok(ServerName::IpAddress(_))));
        assert!(matches!(server_name("[fe80::1%eth0]"), Ok(ServerName::IpAddress(_))));
        assert!(
            matches!(server_name("ftp.example.com."), Ok(ServerName::DnsName(name)) if name.as_ref() == "ftp.example.com")
        );
        assert!(server_name("a b").is_err());
    }

    #[test]
    fn names_of_the_library_are_told_in_words() {
        assert_eq!(cipher("TLS13_AES_256_GCM_SHA384"), "AES-256-GCM-SHA384");
        assert_eq!(cipher("TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"), "ECDHE-RSA-AES-128-GCM-SHA256");
        assert_eq!(in_words("HandshakeFailure"), "handshake failure");
    }
}
