//! One TLS 1.3 session, continued as often as one likes.
//!
//! A ticket of TLS 1.3 is good for one connection in rustls, and not every server sends a new one with each connection:
//! ProFTPD sends none with an upload, so that the two which OpenSSL issues at the start would be used up with the second
//! file, and every further data connection refused. Other clients simply show the control connection's ticket again, which
//! OpenSSL and GnuTLS take (only early data would need tickets that are used once, RFC 8446 section 8).
//!
//! rustls gives no copy of a ticket. So the control connection's handshake is recorded: the random bytes and key exchange
//! results that went into it, and what the server said. Played again, it comes to the same keys and the same ticket, without
//! a byte on the wire. A record holds no more than the ticket itself would allow, and lives as long as its session.

use std::cell::RefCell;
use std::sync::{Arc, OnceLock};

use rustls::crypto::{
    ActiveKeyExchange, CryptoProvider, GetRandomFailed, SecureRandom, SharedSecret, SupportedKxGroup, ring,
};
use rustls::{Error, NamedGroup};
use zeroize::Zeroizing;

/// Everything that made a handshake what it was.
#[derive(Default)]
pub(super) struct Record {
    random: Vec<Zeroizing<Vec<u8>>>,
    keys: Vec<Key>,
    /// What the server said, as it came over the wire.
    pub(super) heard: Vec<u8>,
}

struct Key {
    public: Vec<u8>,
    secret: Option<Zeroizing<Vec<u8>>>,
}

/// What rustls computes with: ring, listening.
pub(super) fn provider() -> CryptoProvider {
    CryptoProvider { secure_random: &Random, kx_groups: GROUPS.to_vec(), ..ring().clone() }
}

fn ring() -> &'static CryptoProvider {
    static RING: OnceLock<CryptoProvider> = OnceLock::new();
    RING.get_or_init(ring::default_provider)
}

/// Does it, and adds what goes into it to the record.
pub(super) fn record<T>(record: Record, act: impl FnOnce() -> T) -> (T, Record) {
    TAPE.set(Tape::Recording(record));
    let _off = Off;
    let value = act();
    match TAPE.replace(Tape::Off) {
        Tape::Recording(record) => (value, record),
        _ => (value, Record::default()),
    }
}

/// Does it again, with what went into it the first time.
pub(super) fn play<T>(record: &Arc<Record>, act: impl FnOnce() -> T) -> T {
    TAPE.set(Tape::Playing { record: Arc::clone(record), random: 0, keys: 0 });
    let _off = Off;
    act()
}

enum Tape {
    Off,
    Recording(Record),
    Playing { record: Arc<Record>, random: usize, keys: usize },
}

thread_local! {
    // A session lives on one thread, and rustls has no other way to tell its parts for whom they work.
    static TAPE: RefCell<Tape> = const { RefCell::new(Tape::Off) };
}

/// Switches the tape off, whatever happens.
struct Off;

impl Drop for Off {
    fn drop(&mut self) {
        TAPE.set(Tape::Off);
    }
}

#[derive(Debug)]
struct Random;

impl SecureRandom for Random {
    fn fill(&self, buffer: &mut [u8]) -> Result<(), GetRandomFailed> {
        TAPE.with_borrow_mut(|tape| match tape {
            Tape::Off => ring().secure_random.fill(buffer),
            Tape::Recording(record) => {
                ring().secure_random.fill(buffer)?;
                record.random.push(Zeroizing::new(buffer.to_vec()));
                Ok(())
            }
            Tape::Playing { record, random, .. } => {
                let bytes = record.random.get(*random).filter(|bytes| bytes.len() == buffer.len());
                buffer.copy_from_slice(bytes.ok_or(GetRandomFailed)?);
                *random += 1;
                Ok(())
            }
        })
    }
}

/// The groups that ring has, its favourite first.
static GROUPS: [&dyn SupportedKxGroup; 3] =
    [&Group(ring::kx_group::X25519), &Group(ring::kx_group::SECP256R1), &Group(ring::kx_group::SECP384R1)];

#[derive(Debug)]
struct Group(&'static dyn SupportedKxGroup);

impl SupportedKxGroup for Group {
    fn start(&self) -> Result<Box<dyn ActiveKeyExchange>, Error> {
        TAPE.with_borrow_mut(|tape| match tape {
            Tape::Off => self.0.start(),
            Tape::Recording(record) => {
                let inner = self.0.start()?;
                record.keys.push(Key { public: inner.pub_key().to_vec(), secret: None });
                Ok(Box::new(Recorded { inner, at: record.keys.len() - 1 }) as _)
            }
            Tape::Playing { record, keys, .. } => {
                let key = record.keys.get(*keys).ok_or(Error::FailedToGetRandomBytes)?;
                *keys += 1;
                let secret = key.secret.clone().unwrap_or_default();
                Ok(Box::new(Played { group: self.0.name(), public: key.public.clone(), secret }) as _)
            }
        })
    }

    fn name(&self) -> NamedGroup {
        self.0.name()
    }
}

/// A key exchange whose result is written down.
struct Recorded {
    inner: Box<dyn ActiveKeyExchange>,
    at: usize,
}

impl ActiveKeyExchange for Recorded {
    fn complete(self: Box<Self>, peer: &[u8]) -> Result<SharedSecret, Error> {
        let Self { inner, at } = *self;
        let secret = inner.complete(peer)?;
        TAPE.with_borrow_mut(|tape| {
            if let Tape::Recording(record) = tape
                && let Some(key) = record.keys.get_mut(at)
            {
                key.secret = Some(Zeroizing::new(secret.secret_bytes().to_vec()));
            }
        });
        Ok(secret)
    }

    fn pub_key(&self) -> &[u8] {
        self.inner.pub_key()
    }

    fn group(&self) -> NamedGroup {
        self.inner.group()
    }
}

/// A key exchange whose result is known.
struct Played {
    group: NamedGroup,
    public: Vec<u8>,
    secret: Zeroizing<Vec<u8>>,
}

impl ActiveKeyExchange for Played {
    fn complete(self: Box<Self>, _: &[u8]) -> Result<SharedSecret, Error> {
        Ok(SharedSecret::from(self.secret.as_slice()))
    }

    fn pub_key(&self) -> &[u8] {
        &self.public
    }

    fn group(&self) -> NamedGroup {
        self.group
    }
}

#[cfg(test)]
mod tests {
    use rustls::client::ClientSessionStore as _;
    use rustls::pki_types::PrivateKeyDer;
    use rustls::{ClientConnection, HandshakeKind, ServerConfig, ServerConnection};

    use super::*;
    use crate::domain::Site;
    use crate::net::terms::TlsTerms;
    use crate::net::tls::Guard;

    fn server() -> Arc<ServerConfig> {
        let own = rcgen::generate_simple_self_signed(["host.example".to_owned()]).expect("a certificate");
        let key = PrivateKeyDer::try_from(own.signing_key.serialize_der()).expect("a key");
        let wants = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_protocol_versions(&[&rustls::version::TLS13])
            .expect("TLS 1.3");
        let mut config = wants.with_no_client_auth().with_single_cert(vec![own.cert.der().clone()], key).expect("fits");
        config.ticketer = ring::Ticketer::new().expect("tickets");
        config.send_tls13_tickets = 1;
        Arc::new(config)
    }

    /// Carries what both have to say till they are silent.
    fn converse(client: &mut ClientConnection, server: &Arc<ServerConfig>, mut record: Record) -> Record {
        let mut server = ServerConnection::new(Arc::clone(server)).expect("a server");
        while client.wants_write() || server.wants_write() {
            let (mut up, mut down) = (Vec::new(), Vec::new());
            client.write_tls(&mut up).expect("sent");
            server.read_tls(&mut up.as_slice()).expect("heard");
            server.process_new_packets().expect("taken");
            server.write_tls(&mut down).expect("sent");
            client.read_tls(&mut down.as_slice()).expect("heard");
            record.heard.extend_from_slice(&down);
            let (taken, grown) = super::record(record, || client.process_new_packets());
            taken.expect("taken");
            record = grown;
        }
        record
    }

    #[test]
    fn a_handshake_played_again_yields_its_ticket_without_a_byte_on_the_wire() {
        let site = Site { host: "host.example".into(), ..Site::default() };
        let guard = Guard::new(&site, &TlsTerms { any: true, ..TlsTerms::default() }).expect("a guard");
        let server = server();
        let (client, record) = super::record(Record::default(), || guard.connection());
        let mut client = client.expect("a client");
        let record = converse(&mut client, &server, record);
        assert_eq!(client.handshake_kind(), Some(HandshakeKind::Full));
        guard.tickets.keep_origin(record);
        for round in 0..3 {
            // The server sends no second one: all that follow come from the record.
            while guard.tickets.take_tls13_ticket(&guard.name).is_some() {}
            let mut data = guard.data().expect("a client");
            converse(&mut data.connection, &server, Record::default());
            assert_eq!(data.connection.handshake_kind(), Some(HandshakeKind::Resumed), "round {round}");
        }
    }
}
