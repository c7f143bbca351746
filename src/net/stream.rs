//! A connected socket that never blocks, in the clear or under TLS: nobody above needs to know which it is.

use std::io;
use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr};
use std::time::Duration;

use mio::net::TcpStream;
use socket2::{SockRef, TcpKeepalive};

use crate::net::flow;
use crate::net::flow::Flow;
use crate::net::shortcut::Pipe;
use crate::net::tls::Tls;
use crate::net::wait::{Edges, Role, Wait};
use crate::net::wire::Wire;

/// One connection, registered with its session's poller.
pub(super) struct Stream {
    wire: Wire,
    tls: Option<Box<Tls>>,
}

impl Stream {
    /// Registers a connected socket.
    pub(super) fn new(mut socket: TcpStream, wait: &mut Wait, role: Role) -> io::Result<Self> {
        wait.watch(&mut socket, role)?;
        Ok(Self::registered(socket))
    }

    /// A connected socket that is registered already.
    pub(super) fn registered(socket: TcpStream) -> Self {
        Self { wire: Wire::new(socket), tls: None }
    }

    /// From now on everything is encrypted; [`Stream::shake_hands`] comes next.
    pub(super) fn encrypt(&mut self, tls: Tls) {
        self.tls = Some(Box::new(tls));
    }

    /// How it is encrypted, if it is.
    pub(super) fn tls(&self) -> Option<&Tls> {
        self.tls.as_deref()
    }

    /// Goes on with the TLS handshake: `true` = it is done, `false` = the other side's turn.
    ///
    /// # Errors
    /// The network's; [`io::ErrorKind::InvalidData`] with TLS' own reason in it.
    pub(super) fn shake_hands(&mut self) -> io::Result<bool> {
        match &mut self.tls {
            Some(tls) => tls.shake_hands(&mut self.wire),
            None => Ok(true),
        }
    }

    /// Both ends: ours, theirs.
    pub(super) fn ends(&self) -> io::Result<(SocketAddr, SocketAddr)> {
        Ok((self.wire.socket.local_addr()?, self.wire.socket.peer_addr()?))
    }

    /// Takes the poller's word.
    pub(super) fn mark(&mut self, edges: Edges) {
        self.wire.mark(edges);
    }

    /// Asks the system anew at the next read, whatever is known.
    pub(super) fn suspect_readable(&mut self) {
        self.wire.suspect_readable();
    }

    /// What is there; [`io::ErrorKind::WouldBlock`] = nothing now, 0 = the end; [`io::ErrorKind::UnexpectedEof`] = an encrypted
    /// connection ended without its goodbye (close_notify).
    pub(super) fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match &mut self.tls {
            Some(tls) => tls.read(&mut self.wire, buffer),
            None => self.wire.read(buffer),
        }
    }

    /// As much as fits; [`io::ErrorKind::WouldBlock`] = nothing now.
    pub(super) fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match &mut self.tls {
            Some(tls) => tls.write(&mut self.wire, bytes),
            None => self.wire.write(bytes),
        }
    }

    /// Whether what comes and goes is what the file has: nothing is encrypted.
    pub(super) fn is_clear(&self) -> bool {
        self.tls.is_none()
    }

    /// What is there, into a pipe; as [`Stream::read`], of a stream in the clear.
    pub(super) fn pour(&mut self, pipe: &Pipe, most: usize) -> io::Result<usize> {
        self.wire.read_by(|socket| pipe.fill(socket, most))
    }

    /// How it stands, where the system tells.
    pub(super) fn flow(&self) -> Option<Flow> {
        flow::look(&self.wire.socket)
    }

    /// The other side may be ahead of us by so many bytes.
    pub(super) fn narrow(&self, window: u64) {
        flow::narrow(&self.wire.socket, window);
    }

    /// Says goodbye where the connection is encrypted, then: no more bytes from us; what is on its way arrives.
    ///
    /// # Errors
    /// [`io::ErrorKind::WouldBlock`] = not all of it is out yet: call again when the socket can be written.
    pub(super) fn shutdown_write(&mut self) -> io::Result<()> {
        if let Some(tls) = &mut self.tls {
            tls.say_goodbye(&mut self.wire)?;
        }
        self.wire.socket.shutdown(Shutdown::Write)
    }

    /// Ends it both ways at once, though somebody holds it still.
    pub(super) fn hang_up(&self) {
        self.wire.socket.shutdown(Shutdown::Both).ok();
    }

    /// For a control connection: small lines at once, and a NAT on the way must not forget it during a long transfer.
    pub(super) fn tune_for_control(&self) {
        self.wire.socket.set_nodelay(true).ok();
        let keepalive = TcpKeepalive::new().with_time(KEEPALIVE).with_interval(KEEPALIVE);
        SockRef::from(&self.wire.socket).set_tcp_keepalive(&keepalive).ok();
    }

    /// For an upload: at most so much waits unsent in the system, so that the last reply is not waited for while
    /// megabytes are still leaving over a slow line.
    pub(super) fn tune_for_upload(&self) {
        #[cfg(any(target_os = "linux", target_os = "android"))]
        SockRef::from(&self.wire.socket).set_tcp_notsent_lowat(UNSENT).ok();
    }
}

const KEEPALIVE: Duration = Duration::from_secs(30);

#[cfg(any(target_os = "linux", target_os = "android"))]
const UNSENT: u32 = 1024 * 1024;
