//! A connected socket and what is known of it: never asked in vain.

use std::io;
use std::io::{ErrorKind, IoSlice, Read, Write};

use mio::net::TcpStream;

use crate::net::wait::Edges;

/// The socket, and whether it had something the last time.
pub(super) struct Wire {
    pub(super) socket: TcpStream,
    // Edges: once a socket had nothing, asking again is a wasted call until the poller says otherwise.
    readable: bool,
    writable: bool,
}

impl Wire {
    /// Nothing is known yet.
    pub(super) fn new(socket: TcpStream) -> Self {
        Self { socket, readable: true, writable: true }
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

    /// A read of another kind: not asked in vain either.
    pub(super) fn read_by<T>(&mut self, mut call: impl FnMut(&TcpStream) -> io::Result<T>) -> io::Result<T> {
        if !self.readable {
            return Err(ErrorKind::WouldBlock.into());
        }
        let result = retry(|| call(&self.socket));
        if blocks(&result) {
            self.readable = false;
        }
        result
    }

    /// A write of another kind.
    pub(super) fn write_by<T>(&mut self, call: impl Fn(&TcpStream) -> io::Result<T>) -> io::Result<T> {
        if !self.writable {
            return Err(ErrorKind::WouldBlock.into());
        }
        let result = retry(|| call(&self.socket));
        if blocks(&result) {
            self.writable = false;
        }
        result
    }

    /// Whether a read is worth the call.
    pub(super) fn is_readable(&self) -> bool {
        self.readable
    }
}

impl Read for Wire {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.read_by(|mut socket| socket.read(buffer))
    }
}

impl Write for Wire {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.write_by(|mut socket| socket.write(bytes))
    }

    fn write_vectored(&mut self, pieces: &[IoSlice<'_>]) -> io::Result<usize> {
        self.write_by(|mut socket| socket.write_vectored(pieces))
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn blocks<T>(result: &io::Result<T>) -> bool {
    matches!(result, Err(error) if error.kind() == ErrorKind::WouldBlock)
}

fn retry<T>(mut call: impl FnMut() -> io::Result<T>) -> io::Result<T> {
    loop {
        match call() {
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            result => return result,
        }
    }
}
