//! What the system knows of a connection that bytes come over, and how much of them may be on its way: TCP_INFO, FIONREAD
//! and TCP_WINDOW_CLAMP of Linux. Elsewhere nothing is known, and the callers do without.

use std::time::Duration;

pub(in crate::net) use system::{look, narrow};

/// How a connection stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Flow {
    /// Of a segment of ours and its answer: there and back on a quiet line, since a receiver asks little but its handshake.
    pub trip: Duration,
    /// From a confirmation of ours till data that it let go: the trip, and the queues on the way. `None` = not known yet.
    pub data_trip: Option<Duration>,
    /// Bytes that are here and were not read yet.
    pub unread: u64,
}

#[cfg(target_os = "linux")]
mod system {
    use std::mem::{MaybeUninit, size_of};
    use std::os::fd::AsRawFd as _;
    use std::time::Duration;

    use libc::{IPPROTO_TCP, TCP_INFO, TCP_WINDOW_CLAMP, c_int, socklen_t, tcp_info};
    use mio::net::TcpStream;

    use super::Flow;

    /// `None` = the system does not tell.
    pub(in crate::net) fn look(socket: &TcpStream) -> Option<Flow> {
        let info = info(socket)?;
        let micros = |count: u32| (count > 0).then(|| Duration::from_micros(u64::from(count)));
        let unread = rustix::io::ioctl_fionread(socket).ok()?;
        Some(Flow { trip: micros(info.tcpi_rtt)?, data_trip: micros(info.tcpi_rcv_rtt), unread })
    }

    /// The sender may be ahead of us by so many bytes. More than the system has room for = as it likes.
    pub(in crate::net) fn narrow(socket: &TcpStream, window: u64) {
        let window = c_int::try_from(window).unwrap_or(c_int::MAX);
        set_window(socket, window);
    }

    #[allow(unsafe_code)]
    fn info(socket: &TcpStream) -> Option<tcp_info> {
        let mut info = MaybeUninit::<tcp_info>::zeroed();
        let mut length = socklen_t::try_from(size_of::<tcp_info>()).ok()?;
        // SAFETY: the descriptor is open as long as `socket` is borrowed. The system writes at most `length` bytes to
        // `info`, which has that many. An older one writes fewer; the rest is zero, which every field of plain numbers may be.
        unsafe {
            let told =
                libc::getsockopt(socket.as_raw_fd(), IPPROTO_TCP, TCP_INFO, info.as_mut_ptr().cast(), &raw mut length);
            (told == 0).then(|| info.assume_init())
        }
    }

    #[allow(unsafe_code)]
    fn set_window(socket: &TcpStream, window: c_int) {
        let Ok(length) = socklen_t::try_from(size_of::<c_int>()) else { return };
        // SAFETY: the descriptor is open as long as `socket` is borrowed. The system reads `length` bytes of `window`, which
        // has that many and lives till the call is over. Where it fails, the window stays as it was.
        unsafe {
            libc::setsockopt(socket.as_raw_fd(), IPPROTO_TCP, TCP_WINDOW_CLAMP, (&raw const window).cast(), length);
        }
    }
}

#[cfg(not(target_os = "linux"))]
mod system {
    use mio::net::TcpStream;

    use super::Flow;

    /// Not here.
    pub(in crate::net) fn look(_: &TcpStream) -> Option<Flow> {
        None
    }

    /// Not here.
    pub(in crate::net) fn narrow(_: &TcpStream, _: u64) {}
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::io::{Read as _, Write as _};
    use std::net::{TcpListener, TcpStream};

    use super::*;

    #[test]
    fn the_system_tells_what_is_unread_and_how_long_the_way_is_and_bytes_come_through_a_narrow_window() {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let near = TcpStream::connect(listener.local_addr().expect("its address")).expect("connects");
        let mut far = listener.accept().expect("accepts").0;
        let mut near = mio::net::TcpStream::from_std(near);
        far.write_all(b"12345").expect("sent");
        let flow = std::iter::repeat_with(|| look(&near).expect("known")).find(|flow| flow.unread > 0).expect("came");
        assert_eq!(flow.unread, 5);
        assert!(flow.trip > Duration::ZERO && flow.trip < Duration::from_secs(1), "{flow:?}");

        narrow(&near, 64 * 1024);
        far.set_nonblocking(true).expect("set");
        let (noise, mut buffer, mut came) = (vec![1; 1 << 20], vec![0; 1 << 20], 0);
        while came < 8 << 20 {
            let _sent = far.write(&noise);
            came += near.read(&mut buffer).unwrap_or(0);
        }
    }
}
