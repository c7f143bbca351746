//! A connected socket that never blocks. TLS will be a second kind of it: nobody above knows which it is.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr};
use std::time::Duration;

use mio::net::TcpStream;
use socket2::{SockRef, TcpKeepalive};

use super::wait::{Edges, Role, Wait};

/// One connection, registered with its session's poller.
pub(super) struct Stream {
    socket: TcpStream,
    // Edges: once a socket had nothing, asking again is a wasted call until the poller says otherwise.
    readable: bool,
    writable: bool,
}

impl Stream {
    /// Registers a connected socket.
    pub(super) fn new(mut socket: TcpStream, wait: &mut Wait, role: Role) -> io::Result<Self> {
        wait.watch(&mut socket, role)?;
        Ok(Self { socket, readable: true, writable: true })
    }

    /// A connected socket that is registered already.
    pub(super) fn registered(socket: TcpStream) -> Self {
        Self { socket, readable: true, writable: true }
    }

    /// Both ends: ours, theirs.
    pub(super) fn ends(&self) -> io::Result<(SocketAddr, SocketAddr)> {
        Ok((self.socket.local_addr()?, self.socket.peer_addr()?))
    }

    /// Takes the poller's word.
    pub(super) fn mark(&mut self, edges: Edges) {
        self.readable |= edges.read;
        self.writable |= edges.write;
    }

    /// Asks the system anew at the next read, whatever is known.
    pub(super) fn suspect_readable(&mut self) {
        self.readable = true;
    }

    /// What is there; [`ErrorKind::WouldBlock`] = nothing now, 0 = the end.
    pub(super) fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if !self.readable {
            return Err(ErrorKind::WouldBlock.into());
        }
        let result = retry(|| self.socket.read(buffer));
        if matches!(&result, Err(error) if error.kind() == ErrorKind::WouldBlock) {
            self.readable = false;
        }
        result
    }

    /// As much as fits; [`ErrorKind::WouldBlock`] = nothing now.
    pub(super) fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if !self.writable {
            return Err(ErrorKind::WouldBlock.into());
        }
        let result = retry(|| self.socket.write(bytes));
        if matches!(&result, Err(error) if error.kind() == ErrorKind::WouldBlock) {
            self.writable = false;
        }
        result
    }

    /// No more bytes from us; what is on its way arrives.
    pub(super) fn shutdown_write(&self) -> io::Result<()> {
        self.socket.shutdown(Shutdown::Write)
    }

    /// For a control connection: small lines at once, and a NAT on the way must not forget it during a long transfer.
    pub(super) fn tune_for_control(&self) {
        self.socket.set_nodelay(true).ok();
        let keepalive = TcpKeepalive::new().with_time(KEEPALIVE).with_interval(KEEPALIVE);
        SockRef::from(&self.socket).set_tcp_keepalive(&keepalive).ok();
    }

    /// For an upload: at most so much waits unsent in the system, so that the last reply is not waited for while
    /// megabytes are still leaving over a slow line.
    pub(super) fn tune_for_upload(&self) {
        #[cfg(any(target_os = "linux", target_os = "android"))]
        SockRef::from(&self.socket).set_tcp_notsent_lowat(UNSENT).ok();
    }
}

fn retry<T>(mut call: impl FnMut() -> io::Result<T>) -> io::Result<T> {
    loop {
        match call() {
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            result => return result,
        }
    }
}

const KEEPALIVE: Duration = Duration::from_secs(30);

#[cfg(any(target_os = "linux", target_os = "android"))]
const UNSENT: u32 = 1024 * 1024;
