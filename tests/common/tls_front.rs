//! TLS in front of the scripted server, which knows nothing of it: AUTH or implicit on the control connection, and every
//! data connection, passive or active. What a TLS server may do wrong is done here.

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rcgen::{CertificateParams, KeyPair};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{HandshakeKind, RootCertStore, ServerConfig, ServerConnection, StreamOwned, SupportedProtocolVersion};
use twinport::domain::{Fingerprint, Security, Site};

use super::PATIENCE;
use super::ftp_server::FtpServer;

/// A running front; it ends when dropped.
pub struct TlsFront {
    shared: Arc<Shared>,
    address: SocketAddr,
    accepting: Option<JoinHandle<()>>,
}

/// How the front behaves.
#[derive(Clone, Default)]
pub struct Front {
    /// TLS from the first byte.
    pub implicit: bool,
    /// Says yes to AUTH SSL only.
    pub only_ssl: bool,
    /// Empty = 1.2 and 1.3.
    pub versions: Vec<&'static SupportedProtocolVersion>,
    /// Data connections that continue no session are refused with 522.
    pub requires_reuse: bool,
    /// TLS 1.3 sessions count as not continued.
    pub forgets_tls13: bool,
    /// TLS 1.3 tickets sent with each handshake; `None` = 2.
    pub tickets: Option<usize>,
    /// No new ticket comes with a data connection.
    pub no_data_tickets: bool,
    /// Data connections show another certificate.
    pub other_data_certificate: bool,
    /// Data connections end without close_notify.
    pub no_goodbye: bool,
    /// Sent in the clear right behind the 234.
    pub injects: Option<&'static str>,
    /// Never answers the handshake.
    pub stalls_control: bool,
    pub stalls_data: bool,
    /// Wants this client certificate.
    pub client_certificate: Option<CertificateDer<'static>>,
    /// The certificate is for these names.
    pub names: Vec<String>,
    /// The certificate's time is over.
    pub expired: bool,
}

struct Shared {
    front: Front,
    control: Arc<ServerConfig>,
    data: Arc<ServerConfig>,
    server: SocketAddr,
    certificate: CertificateDer<'static>,
    stopping: AtomicBool,
    seen: Mutex<Seen>,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

type Replace = Arc<Mutex<Option<&'static str>>>;

/// What happened on the data connections; and how control connections ended.
#[derive(Debug, Clone, Default)]
pub struct Seen {
    /// Handshakes.
    pub data: usize,
    /// Of these: sessions continued.
    pub resumed: usize,
    /// Uploads that the client ended without close_notify.
    pub cut: usize,
    /// Control connections that the client ended with close_notify.
    pub goodbyes: usize,
}

impl TlsFront {
    pub fn start(server: &FtpServer, front: Front) -> Self {
        let names =
            if front.names.is_empty() { vec!["127.0.0.1".into(), "localhost".into()] } else { front.names.clone() };
        let (certificate, key) = certificate(&names, front.expired);
        let control = config(&front, certificate.clone(), key.clone_key());
        let data = if front.other_data_certificate {
            let (other, key) = self::certificate(&names, false);
            config(&front, other, key)
        } else if front.no_data_tickets {
            let mut silent = ServerConfig::clone(&control);
            silent.send_tls13_tickets = 0;
            Arc::new(silent)
        } else {
            Arc::clone(&control)
        };
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared {
            front,
            control,
            data,
            server: server.address(),
            certificate,
            stopping: AtomicBool::new(false),
            seen: Mutex::default(),
            threads: Mutex::default(),
        });
        let for_thread = Arc::clone(&shared);
        let accepting = std::thread::spawn(move || {
            for socket in listener.incoming() {
                if for_thread.stopping.load(Ordering::Acquire) {
                    return;
                }
                let Ok(socket) = socket else { continue };
                let shared = Arc::clone(&for_thread);
                let thread = std::thread::spawn(move || control_connection(&shared, socket));
                for_thread.threads.lock().unwrap().push(thread);
            }
        });
        Self { shared, address, accepting: Some(accepting) }
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The site to reach it by.
    pub fn site(&self, server: &FtpServer) -> Site {
        let security = if self.shared.front.implicit { Security::Implicit } else { Security::Explicit };
        Site { port: Some(self.address.port()), security, ..server.site() }
    }

    pub fn fingerprint(&self) -> Fingerprint {
        let digest = ring::digest::digest(&ring::digest::SHA256, &self.shared.certificate);
        Fingerprint(digest.as_ref().try_into().unwrap())
    }

    pub fn seen(&self) -> Seen {
        self.shared.seen.lock().unwrap().clone()
    }
}

impl Drop for TlsFront {
    fn drop(&mut self) {
        self.shared.stopping.store(true, Ordering::Release);
        TcpStream::connect(self.address).ok();
        if let Some(accepting) = self.accepting.take() {
            accepting.join().unwrap();
        }
        for thread in std::mem::take(&mut *self.shared.threads.lock().unwrap()) {
            let ended = thread.join();
            assert!(ended.is_ok() || std::thread::panicking(), "a thread of the TLS front panicked");
        }
    }
}

/// A self-signed certificate and its key.
pub fn certificate(names: &[String], expired: bool) -> (CertificateDer<'static>, PrivateKeyDer<'static>) {
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(names.to_vec()).unwrap();
    if expired {
        params.not_before = rcgen::date_time_ymd(2020, 1, 1);
        params.not_after = rcgen::date_time_ymd(2021, 1, 1);
    }
    let certificate = params.self_signed(&key).unwrap();
    (certificate.der().clone(), PrivateKeyDer::try_from(key.serialize_der()).unwrap())
}

fn config(front: &Front, certificate: CertificateDer<'static>, key: PrivateKeyDer<'static>) -> Arc<ServerConfig> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let versions = if front.versions.is_empty() { rustls::ALL_VERSIONS.to_vec() } else { front.versions.clone() };
    let wants = ServerConfig::builder_with_provider(Arc::clone(&provider)).with_protocol_versions(&versions).unwrap();
    let wants = match &front.client_certificate {
        Some(known) => {
            let mut roots = RootCertStore::empty();
            roots.add(known.clone()).unwrap();
            let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).build().unwrap();
            wants.with_client_cert_verifier(verifier)
        }
        None => wants.with_no_client_auth(),
    };
    let mut config = wants.with_single_cert(vec![certificate], key).unwrap();
    config.ticketer = rustls::crypto::ring::Ticketer::new().unwrap();
    config.send_tls13_tickets = front.tickets.unwrap_or(2);
    Arc::new(config)
}

/// The client's end, in the clear or not.
enum Client {
    Plain(TcpStream),
    Tls(Box<StreamOwned<ServerConnection, TcpStream>>),
}

/// What a short look brought.
enum Look {
    Bytes(Vec<u8>),
    Nothing,
    /// `true` = with a goodbye.
    End(bool),
}

impl Client {
    fn look(&mut self) -> Look {
        let mut buffer = [0; 16 * 1024];
        let result = match self {
            Self::Plain(socket) => socket.read(&mut buffer),
            Self::Tls(stream) => stream.read(&mut buffer),
        };
        match result {
            Ok(0) => Look::End(true),
            Ok(count) => Look::Bytes(buffer[..count].to_vec()),
            Err(error) if is_pause(&error) => Look::Nothing,
            Err(_) => Look::End(false),
        }
    }

    /// `false` = nobody takes it any more.
    fn write(&mut self, bytes: &[u8]) -> bool {
        match self {
            Self::Plain(socket) => socket.write_all(bytes).is_ok(),
            Self::Tls(stream) => shake_hands(stream) && stream.write_all(bytes).and_then(|()| stream.flush()).is_ok(),
        }
    }
}

/// `false` = it failed.
fn shake_hands(stream: &mut StreamOwned<ServerConnection, TcpStream>) -> bool {
    let end = Instant::now() + PATIENCE;
    while stream.conn.is_handshaking() {
        let StreamOwned { conn, sock } = &mut *stream;
        match conn.complete_io(sock) {
            Err(error) if !is_pause(&error) || Instant::now() > end => return false,
            _ => {}
        }
    }
    true
}

fn is_pause(error: &std::io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut | ErrorKind::Interrupted)
}

/// A look at a socket lasts so long: the relays look at both ends in turn.
const GLANCE: Duration = Duration::from_millis(1);

fn control_connection(shared: &Arc<Shared>, socket: TcpStream) {
    socket.set_nodelay(true).unwrap();
    socket.set_read_timeout(Some(GLANCE)).unwrap();
    let mut server = TcpStream::connect(shared.server).unwrap();
    server.set_nodelay(true).unwrap();
    server.set_read_timeout(Some(GLANCE)).unwrap();
    let raw = socket.try_clone().unwrap();
    let mut client = if shared.front.implicit { tls(socket, &shared.control) } else { Client::Plain(socket) };
    let replace = Arc::new(Mutex::new(None::<&'static str>));
    let bridged = Arc::new(AtomicBool::new(true));
    let (mut from_client, mut from_server) = (Vec::new(), Vec::new());
    let mut buffer = [0; 16 * 1024];
    let mut ended = None;
    while !shared.stopping.load(Ordering::Acquire) {
        if !(shared.front.stalls_control && matches!(client, Client::Tls(_))) {
            match client.look() {
                Look::Bytes(bytes) => from_client.extend_from_slice(&bytes),
                Look::Nothing => {}
                Look::End(goodbye) => {
                    ended = Some(goodbye);
                    break;
                }
            }
        }
        while let Some(line) = take_line(&mut from_client) {
            let text = String::from_utf8_lossy(&line).trim_end().to_ascii_uppercase();
            let plain = matches!(client, Client::Plain(_));
            if text == "AUTH TLS" && shared.front.only_ssl {
                client.write(b"504 Only SSL here\r\n");
            } else if plain && (text == "AUTH TLS" || text == "AUTH SSL") {
                let injected = shared.front.injects.unwrap_or_default();
                client.write(format!("234 Go ahead\r\n{injected}").as_bytes());
                client = tls(raw.try_clone().unwrap(), &shared.control);
            } else {
                let line = match active_port(&text) {
                    Some(port) => {
                        bridged.store(false, Ordering::Release);
                        active(shared, port, &replace, &bridged)
                    }
                    None => line,
                };
                if server.write_all(&line).is_err() {
                    return;
                }
            }
        }
        match server.read(&mut buffer) {
            Ok(0) => break,
            Ok(count) => from_server.extend_from_slice(&buffer[..count]),
            Err(error) if is_pause(&error) => {}
            Err(_) => break,
        }
        while let Some(line) = take_line(&mut from_server) {
            let text = String::from_utf8_lossy(&line).into_owned();
            // In active mode the client must find the data connection before it hears of it.
            while text.starts_with('1') && !bridged.load(Ordering::Acquire) && !shared.stopping.load(Ordering::Acquire)
            {
                std::thread::sleep(GLANCE);
            }
            let mut out = line;
            if let Some(port) = passive_port(&text) {
                out = passive(shared, &text, port, &replace);
            } else if text.as_bytes().first().is_some_and(|digit| matches!(digit, b'2' | b'4' | b'5'))
                && text.as_bytes().get(3) == Some(&b' ')
                && let Some(instead) = replace.lock().unwrap().take()
            {
                out = format!("{instead}\r\n").into_bytes();
            }
            if !client.write(&out) {
                return;
            }
        }
    }
    if let Client::Tls(stream) = &mut client {
        stream.conn.send_close_notify();
        stream.flush().ok();
    }
    raw.shutdown(Shutdown::Write).ok();
    // The server has closed: the client's end is still to come.
    while ended.is_none() && !shared.stopping.load(Ordering::Acquire) {
        if let Look::End(goodbye) = client.look() {
            ended = Some(goodbye);
        }
    }
    if let (Client::Tls(_), Some(true)) = (&client, ended) {
        shared.seen.lock().unwrap().goodbyes += 1;
    }
    raw.shutdown(Shutdown::Both).ok();
}

fn tls(socket: TcpStream, config: &Arc<ServerConfig>) -> Client {
    Client::Tls(Box::new(StreamOwned::new(ServerConnection::new(Arc::clone(config)).unwrap(), socket)))
}

fn take_line(buffer: &mut Vec<u8>) -> Option<Vec<u8>> {
    let end = buffer.iter().position(|b| *b == b'\n')?;
    Some(buffer.drain(..=end).collect())
}

/// The port in the server's 229 or 227.
fn passive_port(line: &str) -> Option<u16> {
    match line.get(..4)? {
        "229 " => twinport::ftp::address::parse_229(line),
        "227 " => twinport::ftp::address::parse_227(&line[4..]).map(|address| address.port()),
        _ => None,
    }
}

/// The port in the client's EPRT or PORT.
fn active_port(line: &str) -> Option<u16> {
    if let Some(rest) = line.strip_prefix("EPRT ") {
        return rest.split('|').nth(3)?.parse().ok();
    }
    let numbers = line.strip_prefix("PORT ")?;
    twinport::ftp::address::parse_227(numbers).map(|address| address.port())
}

/// A port of ours instead of the server's; what connects there goes to the server's.
fn passive(shared: &Arc<Shared>, line: &str, port: u16, replace: &Replace) -> Vec<u8> {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let own = listener.local_addr().unwrap().port();
    let (for_thread, replace) = (Arc::clone(shared), Arc::clone(replace));
    let thread = std::thread::spawn(move || {
        let Some(client) = accept(&for_thread, &listener) else { return };
        data_connection(&for_thread, client, || TcpStream::connect(("127.0.0.1", port)), &replace);
    });
    shared.threads.lock().unwrap().push(thread);
    if line.starts_with("229") {
        format!("229 Entering Extended Passive Mode (|||{own}|)\r\n").into_bytes()
    } else {
        let [high, low] = own.to_be_bytes();
        format!("227 Entering Passive Mode (127,0,0,1,{high},{low})\r\n").into_bytes()
    }
}

/// A port of ours instead of the client's; what the server connects there goes to the client's.
fn active(shared: &Arc<Shared>, port: u16, replace: &Replace, bridged: &Arc<AtomicBool>) -> Vec<u8> {
    let bridged = Arc::clone(bridged);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let own = listener.local_addr().unwrap().port();
    let (for_thread, replace) = (Arc::clone(shared), Arc::clone(replace));
    let thread = std::thread::spawn(move || {
        let Some(server) = accept(&for_thread, &listener) else { return };
        let client = TcpStream::connect(("127.0.0.1", port));
        bridged.store(true, Ordering::Release);
        if let Ok(client) = client {
            data_connection(&for_thread, client, || Ok(server), &replace);
        }
    });
    shared.threads.lock().unwrap().push(thread);
    format!("EPRT |1|127.0.0.1|{own}|\r\n").into_bytes()
}

fn accept(shared: &Shared, listener: &TcpListener) -> Option<TcpStream> {
    listener.set_nonblocking(true).unwrap();
    while !shared.stopping.load(Ordering::Acquire) {
        match listener.accept() {
            Ok((socket, _)) => {
                socket.set_nonblocking(false).unwrap();
                return Some(socket);
            }
            Err(_) => std::thread::sleep(GLANCE),
        }
    }
    None
}

/// `reach` = the server's end, which must not say 226 before it is clear whether the handshake will do.
fn data_connection(
    shared: &Shared,
    socket: TcpStream,
    reach: impl FnOnce() -> std::io::Result<TcpStream>,
    replace: &Mutex<Option<&'static str>>,
) {
    socket.set_nodelay(true).unwrap();
    socket.set_read_timeout(Some(GLANCE)).unwrap();
    let raw = socket.try_clone().unwrap();
    if shared.front.stalls_data {
        while !shared.stopping.load(Ordering::Acquire) {
            std::thread::sleep(GLANCE);
        }
        return;
    }
    let Client::Tls(mut stream) = tls(socket, &shared.data) else { return };
    if !shake_hands(&mut stream) {
        return;
    }
    let forgotten =
        shared.front.forgets_tls13 && stream.conn.protocol_version() == Some(rustls::ProtocolVersion::TLSv1_3);
    let resumed = stream.conn.handshake_kind() == Some(HandshakeKind::Resumed) && !forgotten;
    {
        let mut seen = shared.seen.lock().unwrap();
        seen.data += 1;
        seen.resumed += usize::from(resumed);
    }
    if shared.front.requires_reuse && !resumed {
        *replace.lock().unwrap() = Some("522 SSL connection failed: session reuse required");
        raw.shutdown(Shutdown::Both).ok();
        reach().ok();
        return;
    }
    let Ok(mut server) = reach() else { return };
    server.set_read_timeout(Some(GLANCE)).unwrap();
    let mut client = Client::Tls(stream);
    let mut buffer = vec![0; 64 * 1024];
    let (mut client_done, mut server_done) = (false, false);
    while !client_done || !server_done {
        if shared.stopping.load(Ordering::Acquire) {
            break;
        }
        if !client_done {
            match client.look() {
                Look::Bytes(bytes) => {
                    if server.write_all(&bytes).is_err() {
                        break;
                    }
                }
                Look::Nothing => {}
                Look::End(goodbye) => {
                    client_done = true;
                    shared.seen.lock().unwrap().cut += usize::from(!goodbye && !server_done);
                    server.shutdown(Shutdown::Write).ok();
                }
            }
        }
        if !server_done {
            match server.read(&mut buffer) {
                Ok(0) => {
                    server_done = true;
                    if let (Client::Tls(stream), false) = (&mut client, shared.front.no_goodbye) {
                        stream.conn.send_close_notify();
                        stream.flush().ok();
                    }
                    raw.shutdown(Shutdown::Write).ok();
                }
                Ok(count) => {
                    if !client.write(&buffer[..count]) {
                        break;
                    }
                }
                Err(error) if is_pause(&error) => {}
                Err(_) => break,
            }
        }
    }
}
