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
use std::sync::Arc;

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
    CryptoProvider { secure_random: &Random, kx_groups: GROUPS.to_vec(), ..ring::default_provider() }
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
            Tape::Off => ring::default_provider().secure_random.fill(buffer),
            Tape::Recording(record) => {
                ring::default_provider().secure_random.fill(buffer)?;
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
