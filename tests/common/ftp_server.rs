//! A scripted FTP server on loopback: rules (verb -> reply), files in memory, faults, and a transcript to assert on. It
//! serves several connections at once, passive and active, IPv4 and IPv6. A panic in one of its threads fails the test.
//!
//! ```ignore
//! let server = FtpServer::start().file("/a.txt", b"hello").on("EPSV", "500 What?");
//! let mut session = server.open();
//! server.assert_heard_in_order(&["USER user", "PASS ***", "EPSV", "PASV"]);
//! ```

#[path = "ftp_conversation.rs"]
mod conversation;

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use twinport::domain::{Logon, Secret, Security, Site, SiteId, TransferMode};
use twinport::ftp::error::FtpError;
use twinport::net::happening::Observer;
use twinport::net::session::Session;
use twinport::net::terms::{ActiveMode, Dial, Timeouts, TlsTerms};
use twinport::net::wait::Cancel;

use super::PATIENCE;
pub use super::ftp_files::{Files, Node, SOME_TIME};

/// A running server; it ends when dropped.
pub struct FtpServer {
    shared: Arc<Shared>,
    address: SocketAddr,
    accepting: Option<JoinHandle<()>>,
}

/// What the server does wrong. A `verb` is a command in upper case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// Closes the control connection instead of answering.
    CloseAt(&'static str),
    /// Never answers this verb.
    Silent(&'static str),
    /// Answers this verb with this line, again and again, until nobody hears it any more.
    Repeat(&'static str, &'static str),
    /// Answers only after [`FtpServer::release`].
    Hold(&'static str),
    /// After so many bytes: closes the data connection, then 426.
    CloseData { verb: &'static str, after: usize },
    /// After so many bytes: resets the data connection (RST), then 426.
    ResetData { verb: &'static str, after: usize },
    /// After so many bytes: nothing moves any more.
    StallData { verb: &'static str, after: usize },
    /// After so many bytes: closes the control and the data connection.
    LoseControl { verb: &'static str, after: usize },
    /// After so many bytes: says this on the control connection; the data connection stays open and idle.
    SayMidway { verb: &'static str, after: usize, reply: &'static str },
    /// All bytes go, then this instead of 226.
    FinalReply { verb: &'static str, reply: &'static str },
    /// No 150.
    NoPreliminary(&'static str),
    /// The data first, 150 only when all of it is out.
    LatePreliminary(&'static str),
    /// 226 before the last byte: it follows after [`FtpServer::release`].
    EarlyCompletion(&'static str),
    /// The data ends, and no reply ever comes.
    NoCompletion(&'static str),
    /// 226 at once; the data connection is never touched.
    CompleteWithoutData(&'static str),
    /// Active mode: 150, and never a connection; ABOR is answered with 425 and 226.
    NeverConnect,
    /// Active mode: somebody from 127.0.0.2 connects first.
    StrangerConnects,
    /// 227 names this address instead of its own.
    PasvAddress([u8; 4]),
    /// EPSV or PASV name a port where nobody listens.
    DeadPort(&'static str),
    /// Replies go out in pieces of so many bytes.
    Segments(usize),
    /// More connections than that are greeted with 421.
    MaxConnections(usize),
    /// How ABOR in mid-transfer is answered.
    Abort(AbortStyle),
    /// 150 does not tell the size.
    Unannounced,
    /// After so many bytes of a download: the data connection's end, and 226 as if that were all.
    EndEarly { verb: &'static str, after: usize },
    /// After so many bytes: a pause till [`FtpServer::release`].
    PauseData { verb: &'static str, after: usize },
    /// REST counts offsets modulo this number (as servers with 32 bits do).
    WrapOffsets(usize),
    /// What REST and STOR do instead of continuing a file.
    RestStor(RestStorStyle),
    /// What is stored is gone at once: somebody took it, or it was never written.
    TakesAway,
    /// Sends so many bytes to the client before it reads a file that is stored.
    TalkBack(usize),
    /// Reads one line of each packet and drops the rest (a device that cannot take several commands at once).
    OneLinePerPacket,
    /// Answers PWD before what came with it in the same write.
    OutOfOrder,
    /// Commands that come while a transfer runs are read after it (vsftpd).
    Unheeding,
    /// What came while this verb's data went is answered before its 226.
    AnswersBefore(&'static str),
    /// Replies and data come byte by byte.
    Drip,
    /// EPSV, PASV and transfers want a PRET before them.
    NeedsPret,
    /// Each command is a while on its way.
    Distant,
}

/// How ABOR in mid-transfer is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AbortStyle {
    /// 426, then 226 (RFC 959).
    Two,
    /// 225, then 226.
    TwoPositive,
    /// A single 226.
    One,
    /// A single 225.
    OnePositive,
    /// 426, and nothing for ABOR itself.
    OneNegative,
    /// 426, then 225: nothing runs any more.
    TooLate,
    /// 426, then 500: ABOR is not known.
    Unknown,
    /// Nothing at all, ever again.
    Deaf,
}

/// What REST and STOR do instead of continuing a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RestStorStyle {
    /// The file is made anew, with zeros up to the offset.
    ZeroFills,
    /// The offset is forgotten.
    FromStart,
}

/// How LIST looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Style {
    #[default]
    Unix,
    Dos,
}

struct Rule {
    verb: String,
    argument: Option<Vec<u8>>,
    nth: Option<usize>,
    reply: String,
}

#[derive(Default)]
struct State {
    rules: Vec<Rule>,
    faults: Vec<(Fault, Option<usize>)>,
    greeting: String,
    credentials: Option<(String, String)>,
    account: Option<String>,
    without: Vec<String>,
    features: Vec<String>,
    system: Option<String>,
    zone: i64,
    bare_ends: bool,
    /// MODE Z is offered and works.
    deflate: bool,
    home: Vec<u8>,
    /// By directory, for MLSD and LIST.
    listings: HashMap<Vec<u8>, Vec<u8>>,
    /// The same for LIST alone.
    lists: HashMap<Vec<u8>, Vec<u8>>,
    style: Style,
    files: Files,
    heard: Vec<(usize, String)>,
    counts: HashMap<String, usize>,
    open: usize,
    peak: usize,
    accepted: usize,
    released: bool,
    stopping: bool,
    sockets: Vec<TcpStream>,
    threads: Vec<JoinHandle<()>>,
}

struct Shared {
    state: Mutex<State>,
    changed: Condvar,
    torn: AtomicBool,
}

impl FtpServer {
    /// On 127.0.0.1. Any user and password may log in.
    pub fn start() -> Self {
        Self::bind(IpAddr::V4(Ipv4Addr::LOCALHOST))
    }

    /// On ::1.
    pub fn start_v6() -> Self {
        Self::bind(IpAddr::V6(Ipv6Addr::LOCALHOST))
    }

    fn bind(ip: IpAddr) -> Self {
        let listener = TcpListener::bind((ip, 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let state = State { greeting: "220 Scripted server".into(), home: b"/".to_vec(), ..State::default() };
        let shared =
            Arc::new(Shared { state: Mutex::new(state), changed: Condvar::new(), torn: AtomicBool::new(false) });
        let accepting = {
            let shared = Arc::clone(&shared);
            std::thread::spawn(move || accept(&listener, &shared))
        };
        Self { shared, address, accepting: Some(accepting) }
    }

    // --- what it says and does, before the client comes ---

    /// Always this reply to that verb, and nothing else happens; lines are separated by CRLF, empty = silence.
    pub fn on(self, verb: &str, reply: &str) -> Self {
        self.rule(verb, None, None, reply);
        self
    }

    /// The same for the `nth` time (from 1) that the verb is heard on any connection.
    pub fn on_nth(self, verb: &str, nth: usize, reply: &str) -> Self {
        self.rule(verb, None, Some(nth), reply);
        self
    }

    /// The same for one argument (exactly as the client sends it).
    pub fn on_argument(self, verb: &str, argument: impl AsRef<[u8]>, reply: &str) -> Self {
        self.rule(verb, Some(argument.as_ref().to_vec()), None, reply);
        self
    }

    pub fn greeting(self, reply: &str) -> Self {
        self.lock().greeting = reply.into();
        self
    }

    /// Only these may log in.
    pub fn user(self, name: &str, password: &str) -> Self {
        self.lock().credentials = Some((name.into(), password.into()));
        self
    }

    /// PASS is answered with 332, and ACCT must be this.
    pub fn account(self, account: &str) -> Self {
        self.lock().account = Some(account.into());
        self
    }

    /// Not in FEAT, and answered with 500: `MLSD`, `SIZE`, `FEAT`, ...
    pub fn without(self, verbs: &[&str]) -> Self {
        self.lock().without.extend(verbs.iter().map(|verb| (*verb).to_owned()));
        self
    }

    /// One more line in FEAT.
    pub fn feature(self, line: &str) -> Self {
        self.lock().features.push(line.into());
        self
    }

    /// What SYST says behind its code.
    pub fn system(self, words: &str) -> Self {
        self.lock().system = Some(words.into());
        self
    }

    /// LIST tells times that far ahead of UTC, in seconds.
    pub fn zone(self, seconds: i64) -> Self {
        self.lock().zone = seconds;
        self
    }

    /// Lines end in LF alone.
    pub fn bare_ends(self) -> Self {
        self.lock().bare_ends = true;
        self
    }

    /// Offers MODE Z.
    pub fn compressing(self) -> Self {
        self.lock().deflate = true;
        self
    }

    /// The login directory; made.
    pub fn home(self, path: &str) -> Self {
        self.put(path, Node::Dir { modified: SOME_TIME, mode: 0o755 });
        self.lock().home = path.as_bytes().to_vec();
        self
    }

    pub fn file(self, path: impl AsRef<[u8]>, data: impl Into<Vec<u8>>) -> Self {
        self.put(path, Node::File { data: data.into(), modified: SOME_TIME, mode: 0o644 });
        self
    }

    pub fn file_at(self, path: impl AsRef<[u8]>, data: impl Into<Vec<u8>>, modified: i64) -> Self {
        self.put(path, Node::File { data: data.into(), modified, mode: 0o644 });
        self
    }

    pub fn dir(self, path: impl AsRef<[u8]>) -> Self {
        self.put(path, Node::Dir { modified: SOME_TIME, mode: 0o755 });
        self
    }

    pub fn link(self, path: impl AsRef<[u8]>, target: impl Into<Vec<u8>>) -> Self {
        self.put(path, Node::Link { target: target.into() });
        self
    }

    /// These very bytes for LIST or MLSD of that directory.
    pub fn listing(self, dir: impl AsRef<[u8]>, bytes: impl Into<Vec<u8>>) -> Self {
        self.lock().listings.insert(dir.as_ref().to_vec(), bytes.into());
        self
    }

    /// These very bytes for LIST of that directory, whatever MLSD says.
    pub fn list_says(self, dir: impl AsRef<[u8]>, bytes: impl Into<Vec<u8>>) -> Self {
        self.lock().lists.insert(dir.as_ref().to_vec(), bytes.into());
        self
    }

    pub fn style(self, style: Style) -> Self {
        self.lock().style = style;
        self
    }

    /// From now on, always.
    pub fn fault(self, fault: Fault) -> Self {
        self.lock().faults.push((fault, None));
        self
    }

    /// The first so many times only.
    pub fn fault_times(self, fault: Fault, times: usize) -> Self {
        self.lock().faults.push((fault, Some(times)));
        self
    }

    // --- changes while it runs ---

    pub fn rule(&self, verb: &str, argument: Option<Vec<u8>>, nth: Option<usize>, reply: &str) {
        self.lock().rules.push(Rule { verb: verb.into(), argument, nth, reply: reply.into() });
    }

    pub fn clear_rules(&self) {
        self.lock().rules.clear();
    }

    pub fn add_fault(&self, fault: Fault, times: Option<usize>) {
        self.lock().faults.push((fault, times));
    }

    pub fn clear_faults(&self) {
        self.lock().faults.clear();
    }

    pub fn put(&self, path: impl AsRef<[u8]>, node: Node) {
        self.lock().files.put(path.as_ref(), node);
        self.shared.changed.notify_all();
    }

    pub fn remove(&self, path: impl AsRef<[u8]>) {
        self.lock().files.remove(path.as_ref());
    }

    /// Lets everything go on that was held back, from now on.
    pub fn release(&self) {
        self.lock().released = true;
        self.shared.changed.notify_all();
    }

    /// Holds back again.
    pub fn hold_again(&self) {
        self.lock().released = false;
    }

    /// Says something on all control connections, unasked.
    pub fn say(&self, line: &str) {
        for mut socket in &self.lock().sockets {
            std::io::Write::write_all(&mut socket, format!("{line}\r\n").as_bytes()).ok();
        }
    }

    /// Closes all control connections.
    pub fn hang_up(&self) {
        for socket in self.lock().sockets.drain(..) {
            socket.shutdown(Shutdown::Both).ok();
        }
    }

    // --- what happened ---

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    pub fn content(&self, path: impl AsRef<[u8]>) -> Option<Vec<u8>> {
        match self.lock().files.get(path.as_ref()) {
            Some(Node::File { data, .. }) => Some(data.clone()),
            _ => None,
        }
    }

    pub fn node(&self, path: impl AsRef<[u8]>) -> Option<Node> {
        self.lock().files.get(path.as_ref()).cloned()
    }

    pub fn exists(&self, path: impl AsRef<[u8]>) -> bool {
        self.lock().files.get(path.as_ref()).is_some()
    }

    /// All paths, sorted.
    pub fn paths(&self) -> Vec<String> {
        self.lock().files.paths()
    }

    /// Every command of every connection, in the order heard, passwords masked.
    pub fn transcript(&self) -> Vec<String> {
        self.lock().heard.iter().map(|(_, line)| line.clone()).collect()
    }

    /// What one connection said; they count from 0.
    pub fn transcript_of(&self, connection: usize) -> Vec<String> {
        self.lock().heard.iter().filter(|(id, _)| *id == connection).map(|(_, line)| line.clone()).collect()
    }

    /// How many commands began with that.
    pub fn count(&self, beginning: &str) -> usize {
        self.lock().heard.iter().filter(|(_, line)| line.starts_with(beginning)).count()
    }

    /// The whole transcript is this.
    #[track_caller]
    pub fn assert_heard(&self, lines: &[&str]) {
        assert_eq!(self.transcript(), lines);
    }

    /// These commands were heard in this order, others between them.
    #[track_caller]
    pub fn assert_heard_in_order(&self, lines: &[&str]) {
        let heard = self.transcript();
        let mut rest = heard.iter();
        for line in lines {
            assert!(rest.any(|heard| heard == line), "{line:?} is missing (in this order) in {heard:#?}");
        }
    }

    /// Nothing that begins so was heard.
    #[track_caller]
    pub fn assert_never_heard(&self, beginning: &str) {
        let heard = self.transcript();
        assert!(!heard.iter().any(|line| line.starts_with(beginning)), "{beginning:?} was heard: {heard:#?}");
    }

    /// Waits till a command that begins so was heard `times` times.
    #[track_caller]
    pub fn wait_heard(&self, beginning: &str, times: usize) {
        self.wait_for(&format!("{beginning} heard {times} times"), |state| {
            state.heard.iter().filter(|(_, line)| line.starts_with(beginning)).count() >= times
        });
    }

    /// Waits till so many control connections are open.
    #[track_caller]
    pub fn wait_open(&self, connections: usize) {
        self.wait_for(&format!("{connections} connections open"), |state| state.open == connections);
    }

    /// Control connections open now.
    pub fn open_connections(&self) -> usize {
        self.lock().open
    }

    /// The most that were open at once.
    pub fn peak_connections(&self) -> usize {
        self.lock().peak
    }

    /// All that were ever accepted.
    pub fn accepted_connections(&self) -> usize {
        self.lock().accepted
    }

    /// Whether a command line came in pieces (its sender wrote less than whole lines at a time).
    pub fn heard_torn_lines(&self) -> bool {
        self.shared.torn.load(Ordering::Acquire)
    }

    // --- how to come here ---

    /// `user`, security off.
    pub fn site(&self) -> Site {
        Site {
            id: SiteId(1),
            name: "scripted".into(),
            host: self.address.ip().to_string(),
            port: Some(self.address.port()),
            security: Security::Off,
            logon: Logon::Normal,
            user: "user".into(),
            ..Site::default()
        }
    }

    /// Password `secret`, automatic mode, short deadlines.
    pub fn dial(&self) -> Dial {
        Dial {
            site: Arc::new(self.site()),
            secret: Some(Secret::from("secret")),
            mode: TransferMode::Auto,
            timeouts: Timeouts {
                connect: Duration::from_secs(10),
                reply: Duration::from_secs(10),
                data: Duration::from_secs(5),
            },
            active: ActiveMode::default(),
            tls: TlsTerms::default(),
            known: Arc::default(),
            proxy: None,
        }
    }

    /// A logged-in session.
    #[track_caller]
    pub fn open(&self) -> Session {
        self.try_open(&self.dial()).unwrap()
    }

    pub fn try_open(&self, dial: &Dial) -> Result<Session, FtpError> {
        let silent: Observer = Arc::new(|_| {});
        Session::open(dial, &Cancel::new(), silent)
    }

    #[track_caller]
    fn wait_for(&self, what: &str, ready: impl Fn(&State) -> bool) {
        let end = Instant::now() + PATIENCE;
        let mut state = self.lock();
        while !ready(&state) {
            let left = end.saturating_duration_since(Instant::now());
            assert!(!left.is_zero(), "never happened: {what}; heard: {:#?}", state.heard);
            state = self.shared.changed.wait_timeout(state, left).unwrap().0;
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.shared.lock()
    }
}

impl Drop for FtpServer {
    fn drop(&mut self) {
        let threads = {
            let mut state = self.lock();
            state.stopping = true;
            state.released = true;
            for socket in &state.sockets {
                socket.shutdown(Shutdown::Both).ok();
            }
            std::mem::take(&mut state.threads)
        };
        self.shared.changed.notify_all();
        // Wakes accept().
        TcpStream::connect(self.address).ok();
        let mut ended: Vec<_> = threads.into_iter().map(JoinHandle::join).collect();
        ended.extend(self.accepting.take().map(JoinHandle::join));
        if !std::thread::panicking() {
            assert!(ended.iter().all(Result::is_ok), "a thread of the scripted server panicked");
        }
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// Whether a fault of this kind is due now; counts it down.
    fn due(&self, wanted: impl Fn(&Fault) -> bool) -> Option<Fault> {
        let mut state = self.lock();
        let (fault, times) = state.faults.iter_mut().find(|(fault, times)| wanted(fault) && *times != Some(0))?;
        *times = times.map(|times| times - 1);
        Some(fault.clone())
    }

    fn is_stopping(&self) -> bool {
        self.lock().stopping
    }

    fn wait_released(&self) {
        let end = Instant::now() + PATIENCE;
        let mut state = self.lock();
        while !state.released && Instant::now() < end {
            state = self.changed.wait_timeout(state, Duration::from_millis(100)).unwrap().0;
        }
    }
}

fn accept(listener: &TcpListener, shared: &Arc<Shared>) {
    for socket in listener.incoming() {
        let Ok(socket) = socket else { continue };
        let mut state = shared.lock();
        if state.stopping {
            return;
        }
        let id = state.accepted;
        state.accepted += 1;
        state.open += 1;
        state.peak = state.peak.max(state.open);
        state.sockets.push(socket.try_clone().unwrap());
        let count = state.open;
        let for_thread = Arc::clone(shared);
        state.threads.push(std::thread::spawn(move || {
            conversation::run(&for_thread, socket, id, count);
        }));
        drop(state);
        shared.changed.notify_all();
    }
}
