//! Small proxies on loopback: SOCKS5, SOCKS4A and HTTP CONNECT. They remember what they were asked for, and know one
//! name: `ftp.behind` is 127.0.0.1 (to nobody else). A panic in one of their threads fails the test.

use std::io::{Read, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use twinport::domain::{Proxy, ProxyKind, Secret};

use super::eventually;

/// The name that only the proxy can resolve.
pub const BEHIND: &str = "ftp.behind";

/// A running proxy; it ends when dropped.
pub struct ProxyServer {
    shared: Arc<Shared>,
    address: SocketAddr,
    accepting: Option<JoinHandle<()>>,
}

/// What it does wrong, or says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trick {
    /// Its answers come in pieces of one byte.
    Crumbs,
    /// The tunnel's first bytes come in the same piece as its answer.
    Together,
    /// It takes the connection and never says a word.
    Silent,
    /// It closes when it has heard the first bytes.
    Dies,
    /// These very bytes instead of its last answer, from the nth connection on (from 1); then it closes.
    Answers(Vec<u8>, usize),
    /// It asks to be let in like this (HTTP: `Proxy-Authenticate`).
    Scheme(&'static str),
}

struct Shared {
    kind: ProxyKind,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    login: Option<(String, String)>,
    tricks: Vec<Trick>,
    asked: Vec<String>,
    accepted: usize,
    stopping: bool,
    sockets: Vec<TcpStream>,
    threads: Vec<JoinHandle<()>>,
}

impl ProxyServer {
    pub fn start(kind: ProxyKind) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared { kind, state: Mutex::default() });
        let accepting = {
            let shared = Arc::clone(&shared);
            std::thread::spawn(move || accept(&listener, &shared))
        };
        Self { shared, address, accepting: Some(accepting) }
    }

    /// Only these may use it.
    pub fn login(self, user: &str, password: &str) -> Self {
        self.shared.lock().login = Some((user.into(), password.into()));
        self
    }

    pub fn trick(self, trick: Trick) -> Self {
        self.shared.lock().tricks.push(trick);
        self
    }

    /// From now on.
    pub fn add(&self, trick: Trick) {
        self.shared.lock().tricks.push(trick);
    }

    /// No tricks from now on; who waits for a silent one goes on waiting.
    pub fn behave(&self) {
        self.shared.lock().tricks.clear();
    }

    /// How to go through it, without a login.
    pub fn proxy(&self) -> (Proxy, Option<Secret>) {
        self.proxy_as("", "")
    }

    pub fn proxy_as(&self, user: &str, password: &str) -> (Proxy, Option<Secret>) {
        let host = self.address.ip().to_string();
        let proxy = Proxy { kind: self.shared.kind, host, port: self.address.port(), user: user.into() };
        (proxy, (!user.is_empty()).then(|| Secret::from(password)))
    }

    /// What it was asked to connect to, `host:port`, in order.
    pub fn asked(&self) -> Vec<String> {
        self.shared.lock().asked.clone()
    }

    pub fn accepted(&self) -> usize {
        self.shared.lock().accepted
    }

    #[track_caller]
    pub fn wait_accepted(&self, times: usize) {
        eventually("a connection to the proxy", || (self.accepted() >= times).then_some(()));
    }
}

impl Drop for ProxyServer {
    fn drop(&mut self) {
        let threads = {
            let mut state = self.shared.lock();
            state.stopping = true;
            for socket in &state.sockets {
                socket.shutdown(Shutdown::Both).ok();
            }
            std::mem::take(&mut state.threads)
        };
        // Wakes accept().
        TcpStream::connect(self.address).ok();
        let mut ended: Vec<_> = threads.into_iter().map(JoinHandle::join).collect();
        ended.extend(self.accepting.take().map(JoinHandle::join));
        if !std::thread::panicking() {
            assert!(ended.iter().all(Result::is_ok), "a thread of the proxy panicked");
        }
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn has(&self, trick: &Trick) -> bool {
        self.lock().tricks.contains(trick)
    }

    /// Connects, where a tunnel to there may be.
    fn connect(&self, host: &str, port: u16) -> Option<TcpStream> {
        let place = if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") };
        self.lock().asked.push(place);
        let ip = match host {
            BEHIND => IpAddr::V4(Ipv4Addr::LOCALHOST),
            _ => host.parse().ok()?,
        };
        let socket = TcpStream::connect((ip, port)).ok()?;
        let mut state = self.lock();
        if state.stopping {
            socket.shutdown(Shutdown::Both).ok();
        }
        state.sockets.push(socket.try_clone().unwrap());
        Some(socket)
    }
}

fn accept(listener: &TcpListener, shared: &Arc<Shared>) {
    for socket in listener.incoming() {
        let Ok(socket) = socket else { continue };
        let mut state = shared.lock();
        if state.stopping {
            return;
        }
        state.accepted += 1;
        let number = state.accepted;
        state.sockets.push(socket.try_clone().unwrap());
        let for_thread = Arc::clone(shared);
        state.threads.push(std::thread::spawn(move || {
            Visit { shared: &for_thread, client: socket, number }.serve();
        }));
    }
}

struct Visit<'a> {
    shared: &'a Shared,
    client: TcpStream,
    number: usize,
}

impl Visit<'_> {
    /// `None` = the client has gone, or was refused.
    fn serve(mut self) {
        self.client.set_nodelay(true).unwrap();
        if self.shared.has(&Trick::Silent) {
            // Till one of both goes away.
            self.client.read_to_end(&mut Vec::new()).ok();
            return;
        }
        let server = match self.shared.kind {
            ProxyKind::Socks5 => self.socks5(),
            ProxyKind::Socks4a => self.socks4a(),
            ProxyKind::HttpConnect => self.http(),
            ProxyKind::Ftp(_) => panic!("the scripted FTP server plays this one"),
        };
        match server {
            Some(server) => join(self.client, server),
            None => {
                self.client.shutdown(Shutdown::Both).ok();
            }
        }
    }

    fn socks5(&mut self) -> Option<TcpStream> {
        let [version, count] = self.take::<2>()?;
        assert_eq!(version, 5);
        let mut methods = vec![0; usize::from(count)];
        self.client.read_exact(&mut methods).ok()?;
        if self.shared.has(&Trick::Dies) {
            return None;
        }
        let login = self.shared.lock().login.clone();
        let method = if login.is_some() { 2 } else { 0 };
        if !methods.contains(&method) {
            self.say(&[5, 0xFF])?;
            return None;
        }
        self.say(&[5, method])?;
        if let Some((user, password)) = login {
            let [version, length] = self.take::<2>()?;
            assert_eq!(version, 1);
            let given_user = self.text(length)?;
            let [length] = self.take::<1>()?;
            let given = (given_user, self.text(length)?);
            let right = given == (user, password);
            self.say(&[1, u8::from(!right)])?;
            if !right {
                return None;
            }
        }
        let [version, command, zero, kind] = self.take::<4>()?;
        assert_eq!([version, command, zero], [5, 1, 0]);
        let host = match kind {
            1 => Ipv4Addr::from(self.take::<4>()?).to_string(),
            4 => Ipv6Addr::from(self.take::<16>()?).to_string(),
            3 => {
                let [length] = self.take::<1>()?;
                self.text(length)?
            }
            other => panic!("an address of type {other}"),
        };
        let port = u16::from_be_bytes(self.take()?);
        let server = self.shared.connect(&host, port);
        // A name as the bound address: its length must be minded.
        let answer: &[u8] = match (&server, self.number % 2) {
            (None, _) => &[5, 5, 0, 1, 0, 0, 0, 0, 0, 0],
            (Some(_), 0) => b"\x05\x00\x00\x03\x05proxy\x04\x00",
            (Some(_), _) => &[5, 0, 0, 1, 127, 0, 0, 1, 4, 0],
        };
        self.last(answer, server)
    }

    fn socks4a(&mut self) -> Option<TcpStream> {
        let [version, command] = self.take::<2>()?;
        assert_eq!([version, command], [4, 1]);
        if self.shared.has(&Trick::Dies) {
            return None;
        }
        let port = u16::from_be_bytes(self.take()?);
        let ip = Ipv4Addr::from(self.take::<4>()?);
        let user = self.until_nul()?;
        let host = match ip.octets() {
            [0, 0, 0, last] if last > 0 => self.until_nul()?,
            _ => ip.to_string(),
        };
        if self.shared.lock().login.as_ref().is_some_and(|(wanted, _)| *wanted != user) {
            self.say(&[0, 93, 0, 0, 0, 0, 0, 0])?;
            return None;
        }
        let server = self.shared.connect(&host, port);
        let code = if server.is_some() { 90 } else { 91 };
        self.last(&[0, code, 0, 0, 0, 0, 0, 0], server)
    }

    fn http(&mut self) -> Option<TcpStream> {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.extend(self.take::<1>()?);
            if self.shared.has(&Trick::Dies) {
                return None;
            }
        }
        let head = String::from_utf8(head).unwrap();
        let mut lines = head.lines();
        let place = lines.next()?.strip_prefix("CONNECT ")?.strip_suffix(" HTTP/1.1")?;
        let (host, port) = place.rsplit_once(':')?;
        let header = |name: &str| {
            head.lines()
                .find_map(|line| line.split_once(": ").filter(|(found, _)| *found == name))
                .map(|(_, text)| text)
        };
        assert_eq!(header("Host"), Some(place));
        let login = self.shared.lock().login.clone();
        if let Some((user, password)) = login {
            use base64::Engine as _;
            let wanted = base64::engine::general_purpose::STANDARD.encode(format!("{user}:{password}"));
            if header("Proxy-Authorization") != Some(&format!("Basic {wanted}")) {
                let scheme = self.shared.lock().tricks.iter().find_map(|trick| match trick {
                    Trick::Scheme(scheme) => Some(*scheme),
                    _ => None,
                });
                let scheme = scheme.unwrap_or("Basic realm=\"test\"");
                self.say(format!("HTTP/1.1 407 Who?\r\nProxy-Authenticate: {scheme}\r\n\r\n").as_bytes())?;
                return None;
            }
        }
        let server = self.shared.connect(host.trim_matches(['[', ']']), port.parse().unwrap());
        let answer: &[u8] = match &server {
            Some(_) => b"HTTP/1.1 200 Connection established\r\nProxy-Agent: test\r\n\r\n",
            None => b"HTTP/1.1 502 Bad gateway\r\nContent-Length: 5\r\n\r\nSorry",
        };
        self.last(answer, server)
    }

    /// The verdict, or what a trick puts in its place.
    fn last(&mut self, answer: &[u8], server: Option<TcpStream>) -> Option<TcpStream> {
        let trick = self.shared.lock().tricks.iter().find_map(|trick| match trick {
            Trick::Answers(bytes, from) if self.number >= *from => Some(bytes.clone()),
            _ => None,
        });
        if let Some(bytes) = trick {
            self.say(&bytes)?;
            return None;
        }
        if self.shared.has(&Trick::Together)
            && let Some(mut server) = server
        {
            // What the server says first, if it says anything unasked.
            let mut first = [0; 1024];
            server.set_read_timeout(Some(Duration::from_millis(100))).unwrap();
            let count = server.read(&mut first).unwrap_or(0);
            server.set_read_timeout(None).unwrap();
            self.say(&[answer, &first[..count]].concat())?;
            return Some(server);
        }
        self.say(answer)?;
        server
    }

    fn say(&mut self, bytes: &[u8]) -> Option<()> {
        if self.shared.has(&Trick::Crumbs) {
            return bytes.iter().try_for_each(|byte| self.client.write_all(&[*byte])).ok();
        }
        self.client.write_all(bytes).ok()
    }

    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let mut bytes = [0; N];
        self.client.read_exact(&mut bytes).ok()?;
        Some(bytes)
    }

    fn text(&mut self, length: u8) -> Option<String> {
        let mut bytes = vec![0; usize::from(length)];
        self.client.read_exact(&mut bytes).ok()?;
        Some(String::from_utf8(bytes).unwrap())
    }

    fn until_nul(&mut self) -> Option<String> {
        let mut text = Vec::new();
        loop {
            match self.take::<1>()? {
                [0] => return Some(String::from_utf8(text).unwrap()),
                [byte] => text.push(byte),
            }
        }
    }
}

/// Carries bytes both ways till both ends have said all.
fn join(client: TcpStream, server: TcpStream) {
    let (from_client, to_server) = (client.try_clone().unwrap(), server.try_clone().unwrap());
    let up = std::thread::spawn(move || carry(from_client, to_server));
    carry(server, client);
    up.join().unwrap();
}

fn carry(mut from: TcpStream, mut to: TcpStream) {
    std::io::copy(&mut from, &mut to).ok();
    to.shutdown(Shutdown::Write).ok();
}
