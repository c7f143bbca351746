//! Bytes from a socket into a file that do not come through this program: splice(2) of Linux. One copy less; only in the
//! clear, since what is encrypted must be looked at. Elsewhere there is none of it, and the callers go on with a buffer.
//! For the other way sendfile(2) was tried: a third of the processor time, but half as slow again on loopback, where the
//! server gets the file's single pages instead of whole buffers.

pub use system::Pipe;

/// Why a file cannot be reached so, though others can: its file system knows neither call.
fn is_unknown(error: &std::io::Error) -> bool {
    matches!(error.kind(), std::io::ErrorKind::InvalidInput | std::io::ErrorKind::Unsupported)
}

#[cfg(target_os = "linux")]
mod system {
    use std::fs::File;
    use std::io::{self, Read as _, Write as _};
    use std::os::fd::OwnedFd;

    use mio::net::TcpStream;
    use rustix::pipe::{PipeFlags, SpliceFlags, fcntl_setpipe_size, pipe_with, splice};

    use super::is_unknown;

    /// What a socket's bytes go through on their way into a file. Empty between two calls.
    pub struct Pipe {
        mouth: OwnedFd,
        end: File,
    }

    impl Pipe {
        /// `None` where the system has none left: then with a buffer.
        pub fn open() -> Option<Self> {
            let (end, mouth) = pipe_with(PipeFlags::CLOEXEC).ok()?;
            // A user's pipes have a size in all; the small one does as well, with more calls.
            fcntl_setpipe_size(&mouth, SIZE).ok();
            Some(Self { mouth, end: end.into() })
        }

        /// From the socket, as much as is there and fits.
        pub(in crate::net) fn fill(&self, socket: &TcpStream, most: usize) -> io::Result<usize> {
            Ok(splice(socket, None, &self.mouth, None, most, SpliceFlags::NONBLOCK | SpliceFlags::MOVE)?)
        }

        /// All `bytes` of it into the file, where it stands. `false` = the file system cannot do that: all is written, and
        /// there is no sense in going on so.
        ///
        /// # Errors
        /// The disk's. What was in the pipe is lost.
        pub fn empty(&mut self, mut bytes: usize, file: &mut File) -> io::Result<bool> {
            while bytes > 0 {
                match splice(&self.end, None, &*file, None, bytes, SpliceFlags::MOVE).map_err(io::Error::from) {
                    Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                    Ok(count) => bytes -= count,
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                    Err(error) if is_unknown(&error) => {
                        let mut rest = vec![0; bytes];
                        self.end.read_exact(&mut rest)?;
                        file.write_all(&rest)?;
                        return Ok(false);
                    }
                    Err(error) => return Err(error),
                }
            }
            Ok(true)
        }
    }

    /// What the system gives to everybody.
    const SIZE: usize = 1 << 20;
}

#[cfg(not(target_os = "linux"))]
mod system {
    use std::fs::File;
    use std::io;

    use mio::net::TcpStream;

    /// There is none.
    pub enum Pipe {}

    impl Pipe {
        /// Not here.
        pub fn open() -> Option<Self> {
            None
        }

        pub(in crate::net) fn fill(&self, _: &TcpStream, _: usize) -> io::Result<usize> {
            match *self {}
        }

        /// Not here.
        ///
        /// # Errors
        /// None.
        pub fn empty(&mut self, _: usize, _: &mut File) -> io::Result<bool> {
            match *self {}
        }
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::io::{Read as _, Seek as _, Write as _};
    use std::net::{TcpListener, TcpStream};

    use super::*;

    #[test]
    fn what_goes_through_the_pipe_lies_in_the_file_where_it_stood() {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let mut far = TcpStream::connect(listener.local_addr().expect("its address")).expect("connects");
        let near = mio::net::TcpStream::from_std(listener.accept().expect("accepts").0);
        let mut file = tempfile::tempfile().expect("a file");
        file.write_all(b"head ").expect("written");
        far.write_all(b"and more").expect("sent");
        let mut pipe = Pipe::open().expect("a pipe");
        let came = pipe.fill(&near, 3).expect("came");
        assert!(pipe.empty(came, &mut file).expect("written"));
        let came = pipe.fill(&near, 100).expect("came");
        pipe.empty(came, &mut file).expect("written");
        let mut text = String::new();
        file.rewind().expect("back");
        file.read_to_string(&mut text).expect("text");
        assert_eq!(text, "head and more");
    }
}
