//! The TLS session that a control connection shares with its data connections. Servers demand that each data connection
//! continues it (vsftpd `require_ssl_reuse`, ProFTPD unless `NoSessionReuseRequired`, FileZilla Server, Pure-FTPd 1.0.50+).
//!
//! TLS 1.2: one session, continued as often as one likes. TLS 1.3: tickets, each good for one connection; where the server
//! sends fewer than are needed, the control connection's is made again ([`super::tape`]).

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rustls::NamedGroup;
use rustls::client::{ClientSessionStore, Tls12ClientSessionValue, Tls13ClientSessionValue};
use rustls::pki_types::ServerName;

use crate::net::tls::tape::Record;

/// Of one control connection: never shared with another one.
#[derive(Default)]
pub(super) struct Tickets(Mutex<Stock>);

#[derive(Default)]
struct Stock {
    group: Option<NamedGroup>,
    session: Option<Tls12ClientSessionValue>,
    tickets: VecDeque<Tls13ClientSessionValue>,
    /// How the control connection came by its first ticket.
    origin: Option<Arc<Record>>,
    /// The control connection's handshake is being played again: it knew nothing yet.
    playing: bool,
}

impl Tickets {
    /// Whether the next connection can continue the session.
    pub(super) fn is_stocked(&self) -> bool {
        let stock = self.stock();
        stock.session.is_some() || !stock.tickets.is_empty()
    }

    /// Whether sessions are continued by tickets, as TLS 1.3 does.
    pub(super) fn is_tls13(&self) -> bool {
        self.stock().session.is_none()
    }

    /// How the control connection came by its ticket.
    pub(super) fn keep_origin(&self, record: Record) {
        self.stock().origin = Some(Arc::new(record));
    }

    /// Where a ticket is missing, and how to make one.
    pub(super) fn origin(&self) -> Option<Arc<Record>> {
        let stock = self.stock();
        if stock.session.is_none() && stock.tickets.is_empty() { stock.origin.clone() } else { None }
    }

    /// While it is `true`, nothing is known of earlier connections; tickets are kept all the same.
    pub(super) fn play(&self, playing: bool) {
        self.stock().playing = playing;
    }

    fn stock(&self) -> MutexGuard<'_, Stock> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl std::fmt::Debug for Tickets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Tickets")
    }
}

impl ClientSessionStore for Tickets {
    fn set_kx_hint(&self, _: ServerName<'static>, group: NamedGroup) {
        self.stock().group = Some(group);
    }

    fn kx_hint(&self, _: &ServerName<'_>) -> Option<NamedGroup> {
        let stock = self.stock();
        stock.group.filter(|_| !stock.playing)
    }

    fn set_tls12_session(&self, _: ServerName<'static>, session: Tls12ClientSessionValue) {
        // The control connection's stays: that is the one servers compare with.
        self.stock().session.get_or_insert(session);
    }

    fn tls12_session(&self, _: &ServerName<'_>) -> Option<Tls12ClientSessionValue> {
        self.stock().session.clone()
    }

    fn remove_tls12_session(&self, _: &ServerName<'static>) {
        self.stock().session = None;
    }

    fn insert_tls13_ticket(&self, _: ServerName<'static>, ticket: Tls13ClientSessionValue) {
        let mut stock = self.stock();
        if stock.tickets.len() >= MOST {
            stock.tickets.pop_front();
        }
        stock.tickets.push_back(ticket);
    }

    fn take_tls13_ticket(&self, _: &ServerName<'static>) -> Option<Tls13ClientSessionValue> {
        let mut stock = self.stock();
        // The newest: the older ones expire first, and are a reserve until then.
        if stock.playing { None } else { stock.tickets.pop_back() }
    }
}

/// More are not kept: a server that sends them without end fills no memory.
const MOST: usize = 16;
