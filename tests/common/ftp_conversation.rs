//! One control connection of the scripted server, and its data connections.

use std::io::{ErrorKind, Read, Write};
use std::net::{IpAddr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, TryRecvError, channel};
use std::time::{Duration, Instant};

use socket2::{Domain, SockRef, Socket, Type};

use super::super::ftp_files::{self, Files, Node};
use super::{AbortStyle, Fault, PATIENCE, RestStorStyle, Shared, Style};

/// Talks until the client or the test is done.
pub(super) fn run(shared: &Arc<Shared>, control: TcpStream, id: usize, open: usize) {
    control.set_nodelay(true).unwrap();
    let (lines, incoming) = channel();
    let reader = {
        let (control, shared) = (control.try_clone().unwrap(), Arc::clone(shared));
        std::thread::spawn(move || read_lines(control, &shared, |line| lines.send(line).is_ok()))
    };
    let home = shared.lock().home.clone();
    let mut conversation = Conversation {
        shared,
        control,
        incoming,
        id,
        cwd: home,
        logged_in: false,
        user: String::new(),
        rest: 0,
        ascii: false,
        deflates: false,
        renaming: None,
        data: Data::None,
        announced: false,
        ended: false,
    };
    conversation.talk(open);
    conversation.control.shutdown(Shutdown::Both).ok();
    reader.join().unwrap();
    shared.lock().open -= 1;
    shared.changed.notify_all();
}

/// Splits the control connection's bytes into lines; telnet's doubled 0xFF is undone.
fn read_lines(mut control: TcpStream, shared: &Shared, mut line: impl FnMut(Vec<u8>) -> bool) {
    let mut buffer = Vec::new();
    let mut chunk = [0; 4096];
    loop {
        match control.read(&mut chunk) {
            Ok(0) | Err(_) => return,
            Ok(n) => {
                if chunk[n - 1] != b'\n' {
                    shared.torn.store(true, Ordering::Release);
                }
                buffer.extend_from_slice(&chunk[..n]);
            }
        }
        while let Some(end) = buffer.iter().position(|b| *b == b'\n') {
            let mut one: Vec<u8> = buffer.drain(..=end).collect();
            one.truncate(one.len() - 1);
            if one.last() == Some(&b'\r') {
                one.pop();
            }
            let mut undoubled = Vec::new();
            let mut bytes = one.iter().copied().peekable();
            while let Some(byte) = bytes.next() {
                if byte == 0xFF {
                    bytes.next_if_eq(&0xFF);
                }
                undoubled.push(byte);
            }
            if !line(undoubled) {
                return;
            }
            if shared.due(|fault| *fault == Fault::OneLinePerPacket).is_some() {
                buffer.clear();
            }
        }
    }
}

enum Data {
    None,
    Passive(TcpListener),
    Active(SocketAddr),
}

/// How a transfer ended on the data connection.
enum End {
    Whole,
    Lost,
    Aborted,
    /// The conversation is over.
    Gone,
    /// The final reply was said already.
    Said,
}

struct Conversation<'a> {
    shared: &'a Shared,
    control: TcpStream,
    incoming: Receiver<Vec<u8>>,
    id: usize,
    cwd: Vec<u8>,
    logged_in: bool,
    user: String,
    rest: usize,
    /// TYPE A is in force.
    ascii: bool,
    /// MODE Z is.
    deflates: bool,
    renaming: Option<Vec<u8>>,
    data: Data,
    announced: bool,
    ended: bool,
}

impl Conversation<'_> {
    fn talk(&mut self, open: usize) {
        let limit = self.shared.due(|fault| matches!(fault, Fault::MaxConnections(_)));
        if let Some(Fault::MaxConnections(limit)) = limit
            && open > limit
        {
            self.say("421 Too many connections, try again later.");
            return;
        }
        if self.shared.due(|fault| *fault == Fault::CloseAt("GREETING")).is_some() {
            return;
        }
        if self.shared.due(|fault| *fault == Fault::Hold("GREETING")).is_some() {
            self.shared.wait_released();
        }
        let greeting = self.shared.lock().greeting.clone();
        self.say(&greeting);
        self.logged_in = greeting.starts_with("230");
        if greeting.starts_with("421") {
            return;
        }
        while !self.ended {
            let Ok(line) = self.incoming.recv() else { return };
            let due = |fault: &Fault| *fault == Fault::OutOfOrder;
            // What came in the same write is there at once or soon.
            if line.starts_with(b"FEAT")
                && self.shared.due(due).is_some()
                && let Ok(next) = self.incoming.recv_timeout(Duration::from_millis(300))
            {
                self.command(&next);
            }
            if self.shared.due(|fault| *fault == Fault::Distant).is_some() {
                std::thread::sleep(Duration::from_millis(12));
            }
            self.command(&line);
        }
    }

    fn command(&mut self, line: &[u8]) {
        let (verb, argument) = match line.iter().position(|b| *b == b' ') {
            Some(space) => (&line[..space], &line[space + 1..]),
            None => (line, &[][..]),
        };
        let verb = String::from_utf8_lossy(verb).to_ascii_uppercase();
        let nth = self.record(&verb, argument, line);
        if self.shared.due(|fault| matches!(fault, Fault::CloseAt(at) if *at == verb)).is_some() {
            self.ended = true;
            return;
        }
        if self.shared.due(|fault| matches!(fault, Fault::Silent(at) if *at == verb)).is_some() {
            return;
        }
        if self.shared.due(|fault| matches!(fault, Fault::Hold(at) if *at == verb)).is_some() {
            self.shared.wait_released();
        }
        if let Some(Fault::Repeat(_, line)) =
            self.shared.due(|fault| matches!(fault, Fault::Repeat(at, _) if *at == verb))
        {
            while !self.ended && !self.shared.lock().stopping {
                self.say(line);
            }
            return;
        }
        if let Some(reply) = self.ruled(&verb, argument, nth) {
            self.say(&reply);
            self.logged_in |= matches!(reply.get(..3), Some("230" | "202"));
            self.ended = reply.lines().any(|line| line.starts_with("421 "));
            return;
        }
        if self.shared.lock().without.contains(&verb) {
            self.say("500 Command not understood.");
            return;
        }
        self.perform(&verb, argument);
    }

    fn record(&mut self, verb: &str, argument: &[u8], line: &[u8]) -> usize {
        let shown = match verb {
            "PASS" | "ACCT" if !argument.is_empty() => format!("{verb} ***"),
            _ => String::from_utf8_lossy(line).into_owned(),
        };
        let mut state = self.shared.lock();
        state.heard.push((self.id, shown));
        let count = state.counts.entry(verb.to_owned()).or_default();
        *count += 1;
        let nth = *count;
        drop(state);
        self.shared.changed.notify_all();
        nth
    }

    fn ruled(&self, verb: &str, argument: &[u8], nth: usize) -> Option<String> {
        let state = self.shared.lock();
        let rule = state.rules.iter().rev().find(|rule| {
            rule.verb == verb
                && rule.argument.as_ref().is_none_or(|wanted| wanted == argument)
                && rule.nth.is_none_or(|wanted| wanted == nth)
        })?;
        Some(rule.reply.clone())
    }

    fn perform(&mut self, verb: &str, argument: &[u8]) {
        let needs_login = !matches!(verb, "USER" | "PASS" | "ACCT" | "QUIT" | "NOOP" | "FEAT" | "AUTH" | "SYST");
        if needs_login && !self.logged_in {
            self.say("530 Please login with USER and PASS.");
            return;
        }
        let path = ftp_files::resolve(&self.cwd, argument);
        if matches!(verb, "EPSV" | "PASV" | "RETR" | "STOR" | "LIST" | "MLSD")
            && !self.announced
            && self.shared.due(|fault| *fault == Fault::NeedsPret).is_some()
        {
            self.say("500 You need to use a client supporting PRET (PRE Transfer) to use PASV");
            return;
        }
        match verb {
            "PRET" => {
                self.announced = true;
                self.say("200 OK, will use master for upcoming transfer");
            }
            "XPWD" | "XMKD" | "XRMD" => self.perform(&verb[1..], argument),
            "USER" => {
                self.user = String::from_utf8_lossy(argument).into_owned();
                self.say("331 Password required.");
            }
            "PASS" => self.pass(argument),
            "ACCT" => {
                self.logged_in = self.shared.lock().account.as_ref().is_some_and(|a| a.as_bytes() == argument);
                self.say(if self.logged_in { "230 Account accepted." } else { "532 Wrong account." });
            }
            "FEAT" => self.feat(),
            "SYST" => {
                let system = self.shared.lock().system.clone();
                self.say(&format!("215 {}", system.as_deref().unwrap_or("UNIX Type: L8")));
            }
            "TYPE" => {
                self.ascii = argument.eq_ignore_ascii_case(b"A");
                self.say("200 OK.");
            }
            "MODE" => {
                let offered = self.shared.lock().deflate;
                let wanted = argument.eq_ignore_ascii_case(b"Z");
                if wanted && !offered {
                    self.say("504 Not implemented for that parameter.");
                } else {
                    self.deflates = wanted;
                    self.say("200 OK.");
                }
            }
            "OPTS" | "PBSZ" | "PROT" | "NOOP" | "ALLO" | "CLNT" => self.say("200 OK."),
            "PWD" => {
                let mut reply = b"257 \"".to_vec();
                for byte in &self.cwd {
                    reply.push(*byte);
                    if *byte == b'"' {
                        reply.push(b'"');
                    }
                }
                reply.extend_from_slice(b"\" is the current directory\r\n");
                self.send(&reply);
            }
            "CWD" | "CDUP" => {
                let to = if verb == "CDUP" { ftp_files::parent(&self.cwd) } else { path };
                let real = self.files(|files| {
                    let real = files.real_path(&to);
                    files.is_dir(&real).then_some(real)
                });
                if let Some(real) = real {
                    self.cwd = real;
                    self.say("250 Directory changed.");
                } else {
                    self.say("550 No such directory.");
                }
            }
            "EPSV" | "PASV" => self.passive(verb, argument),
            "EPRT" | "PORT" => self.active(verb, argument),
            "MLSD" | "LIST" | "NLST" => self.list(verb, argument),
            "MLST" => match self.files(|files| files.get(&path).cloned()) {
                Some(node) => {
                    let mut reply = format!("250-Listing\r\n {} ", ftp_files::facts(&node)).into_bytes();
                    reply.extend_from_slice(&path);
                    reply.extend_from_slice(b"\r\n250 End\r\n");
                    self.send(&reply);
                }
                None => self.say("550 No such file or directory."),
            },
            "SIZE" | "MDTM" => self.ask(verb, argument, &path),
            "MFMT" => self.mfmt(argument),
            "REST" => match std::str::from_utf8(argument).ok().and_then(|text| text.parse().ok()) {
                Some(offset) => {
                    let wrap = self.shared.due(|fault| matches!(fault, Fault::WrapOffsets(_)));
                    self.rest = match wrap {
                        Some(Fault::WrapOffsets(limit)) => offset % limit,
                        _ => offset,
                    };
                    self.say("350 Restarting.");
                }
                None => self.say("501 Bad offset."),
            },
            "RETR" => self.retrieve(&path),
            "STOR" | "APPE" => self.store(verb, &path),
            "RNFR" => {
                if self.files(|files| files.get(&path).is_some()) {
                    self.renaming = Some(path);
                    self.say("350 Ready for RNTO.");
                } else {
                    self.say("550 No such file or directory.");
                }
            }
            "RNTO" => match self.renaming.take() {
                Some(from) => {
                    self.files(|files| files.rename(&from, &path));
                    self.say("250 Renamed.");
                }
                None => self.say("503 RNFR first."),
            },
            "DELE" => {
                let removed = self.files(|files| match files.get(&path) {
                    Some(Node::File { .. } | Node::Link { .. }) => files.remove(&path).is_some(),
                    _ => false,
                });
                self.say(if removed { "250 Deleted." } else { "550 No such file." });
            }
            "MKD" => {
                let made = self.files(|files| {
                    let can = files.get(&path).is_none() && files.is_dir(&ftp_files::parent(&path));
                    if can {
                        files.put(&path, Node::Dir { modified: super::SOME_TIME, mode: 0o755 });
                    }
                    can
                });
                self.say(if made { "257 Created." } else { "550 Cannot create." });
            }
            "RMD" => {
                let cwd = self.cwd.clone();
                let removed = self.files(|files| {
                    let empty = matches!(files.get(&path), Some(Node::Dir { .. })) && files.children(&path).is_empty();
                    empty && path != cwd && files.remove(&path).is_some()
                });
                self.say(if removed { "250 Removed." } else { "550 Not empty, in use, or not there." });
            }
            "SITE" => self.site(argument),
            "ABOR" => self.say("225 No transfer to abort."),
            "QUIT" => {
                self.say("221 Goodbye.");
                self.ended = true;
            }
            _ => self.say("500 Unknown command."),
        }
    }

    fn pass(&mut self, argument: &[u8]) {
        let (credentials, account) = {
            let state = self.shared.lock();
            (state.credentials.clone(), state.account.clone())
        };
        let right = credentials.is_none_or(|(user, password)| user == self.user && password.as_bytes() == argument);
        self.logged_in = right && account.is_none();
        self.say(match (right, account.is_some()) {
            (false, _) => "530 Login incorrect.",
            (true, true) => "332 Account required.",
            (true, false) => "230 Logged in.",
        });
    }

    fn feat(&mut self) {
        let without = self.shared.lock().without.clone();
        let mut reply = "211-Features:\r\n".to_owned();
        for feature in [
            "EPRT",
            "EPSV",
            "MDTM",
            "MFMT",
            "MLST type*;size*;modify*;UNIX.mode*;",
            "PASV",
            "REST STREAM",
            "SIZE",
            "UTF8",
        ] {
            let verb = feature.split(' ').next().unwrap();
            let hidden = without.iter().any(|w| w == verb || (w == "MLSD" && verb == "MLST"));
            if !hidden {
                reply.push_str(&format!(" {feature}\r\n"));
            }
        }
        for feature in &self.shared.lock().features {
            reply.push_str(&format!(" {feature}\r\n"));
        }
        if self.shared.lock().deflate {
            reply.push_str(" MODE Z\r\n");
        }
        reply.push_str("211 End");
        self.say(&reply);
    }

    fn passive(&mut self, verb: &str, argument: &[u8]) {
        let ip = self.control.local_addr().unwrap().ip();
        if argument == b"ALL" {
            self.say("200 OK.");
            return;
        }
        if ip.is_ipv6() && verb == "PASV" {
            self.say("425 You cannot use PASV on IPv6 connections.");
            return;
        }
        let listener = TcpListener::bind((ip, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let dead = self.shared.due(|fault| matches!(fault, Fault::DeadPort(at) if *at == verb)).is_some();
        self.data = if dead {
            // Gone before it is named.
            drop(listener);
            Data::None
        } else {
            Data::Passive(listener)
        };
        if verb == "EPSV" {
            self.say(&format!("229 Entering Extended Passive Mode (|||{port}|)"));
            return;
        }
        let lie = self.shared.due(|fault| matches!(fault, Fault::PasvAddress(_)));
        let [a, b, c, d] = match (lie, ip) {
            (Some(Fault::PasvAddress(address)), _) => address,
            (_, IpAddr::V4(ip)) => ip.octets(),
            _ => [127, 0, 0, 1],
        };
        self.say(&format!("227 Entering Passive Mode ({a},{b},{c},{d},{},{}).", port >> 8, port & 255));
    }

    fn active(&mut self, verb: &str, argument: &[u8]) {
        let text = String::from_utf8_lossy(argument).into_owned();
        let address = if verb == "EPRT" {
            let parts: Vec<&str> = text.split('|').collect();
            parts
                .get(2)
                .zip(parts.get(3))
                .and_then(|(ip, port)| Some(SocketAddr::new(ip.parse().ok()?, port.parse().ok()?)))
        } else {
            let numbers: Vec<u8> = text.split(',').filter_map(|n| n.parse().ok()).collect();
            <[u8; 6]>::try_from(numbers)
                .ok()
                .map(|[a, b, c, d, high, low]| SocketAddr::from(([a, b, c, d], u16::from(high) << 8 | u16::from(low))))
        };
        match address {
            Some(address) => {
                self.data = Data::Active(address);
                self.say("200 OK.");
            }
            None => self.say("501 Bad address."),
        }
    }

    fn ask(&mut self, verb: &str, argument: &[u8], path: &[u8]) {
        let real = self.files(|files| files.real_path(path));
        let found = self.files(|files| files.get(&real).cloned());
        match (verb, found) {
            ("SIZE", Some(Node::File { data, .. })) => self.say(&format!("213 {}", data.len())),
            ("MDTM", Some(Node::File { modified, .. })) => {
                self.say(&format!("213 {}", ftp_files::rfc3659(modified)));
            }
            // MDTM with a time sets it (vsftpd's mdtm_write).
            ("MDTM", None) if argument.len() > 15 && argument[14] == b' ' => self.mfmt(argument),
            _ => self.say("550 No such file."),
        }
    }

    fn mfmt(&mut self, argument: &[u8]) {
        let time = argument.get(..14).and_then(|t| ftp_files::from_rfc3659(&String::from_utf8_lossy(t)));
        let path = ftp_files::resolve(&self.cwd, argument.get(15..).unwrap_or_default());
        let done = time.is_some_and(|time| {
            self.files(|files| match files.get_mut(&path) {
                Some(Node::File { modified, .. } | Node::Dir { modified, .. }) => {
                    *modified = time;
                    true
                }
                _ => false,
            })
        });
        self.say(if done { "213 Modified." } else { "550 Cannot set." });
    }

    fn site(&mut self, argument: &[u8]) {
        let text = String::from_utf8_lossy(argument).into_owned();
        // Name, three times, zone.
        if let Some(rest) = argument.strip_prefix(b"UTIME ") {
            let mut from_the_end = rest.rsplitn(5, |b| *b == b' ');
            let (_zone, time) = (from_the_end.next(), from_the_end.next().unwrap_or_default());
            let name = from_the_end.nth(2).unwrap_or_default();
            return self.mfmt(&[time, b" ", name].concat());
        }
        let mut words = text.splitn(3, ' ');
        let (Some("CHMOD"), Some(mode), Some(name)) = (words.next(), words.next(), words.next()) else {
            self.say("500 Unknown SITE command.");
            return;
        };
        let path = ftp_files::resolve(&self.cwd, name.as_bytes());
        let bits = u16::from_str_radix(mode, 8);
        let done = bits.is_ok_and(|bits| {
            self.files(|files| match files.get_mut(&path) {
                Some(Node::File { mode, .. } | Node::Dir { mode, .. }) => {
                    *mode = bits;
                    true
                }
                _ => false,
            })
        });
        self.say(if done { "200 Mode changed." } else { "550 Cannot change." });
    }

    fn list(&mut self, verb: &str, argument: &[u8]) {
        let (flags, named) = match argument {
            [b'-', rest @ ..] => match rest.iter().position(|b| *b == b' ') {
                Some(space) => (true, &rest[space + 1..]),
                None => (true, &[][..]),
            },
            named => (false, named),
        };
        let dir = ftp_files::resolve(&self.cwd, named);
        let (style, zone, raw, nodes) = {
            let state = self.shared.lock();
            let real = state.files.follow(&dir);
            let nodes = state.files.is_dir(&real).then(|| state.files.children(&real));
            let raw = if verb == "LIST" { state.lists.get(&dir) } else { None };
            (state.style, state.zone, raw.or_else(|| state.listings.get(&dir)).cloned(), nodes)
        };
        let Some(nodes) = nodes else {
            self.say("550 No such directory.");
            return;
        };
        let bytes = raw.unwrap_or_else(|| {
            let mut bytes = Vec::new();
            if flags && style == Style::Unix && verb == "LIST" {
                for name in [&b"."[..], b".."] {
                    bytes.extend(ftp_files::ls_line(name, &Node::Dir { modified: super::SOME_TIME, mode: 0o755 }));
                    bytes.extend_from_slice(b"\r\n");
                }
            }
            for (name, node) in nodes {
                match (verb, style) {
                    // Without -a, ls leaves out what begins with a dot.
                    ("LIST", Style::Unix) if name.first() == Some(&b'.') && !flags => continue,
                    ("MLSD", _) => {
                        bytes.extend_from_slice(ftp_files::facts(&node).as_bytes());
                        bytes.push(b' ');
                        bytes.extend_from_slice(&name);
                    }
                    ("LIST", Style::Unix) => bytes.extend(ftp_files::ls_line(&name, &shifted(node, zone))),
                    ("LIST", Style::Dos) => bytes.extend(ftp_files::dos_line(&name, &node)),
                    _ => bytes.extend_from_slice(&name),
                }
                bytes.extend_from_slice(b"\r\n");
            }
            bytes
        });
        self.send_data(verb, "the listing", &bytes, None);
    }

    fn retrieve(&mut self, path: &[u8]) {
        let from = std::mem::take(&mut self.rest);
        let real = self.files(|files| files.real_path(path));
        match self.files(|files| files.get(&real).cloned()) {
            Some(Node::File { data, .. }) => {
                let rest = data.get(from..).unwrap_or_default().to_vec();
                self.send_data("RETR", &String::from_utf8_lossy(path), &rest, Some(data.len()));
            }
            Some(_) => self.say("550 Not a plain file."),
            None => self.say("550 No such file or directory."),
        }
    }

    /// RETR, LIST, MLSD, NLST.
    fn send_data(&mut self, verb: &str, what: &str, bytes: &[u8], size: Option<usize>) {
        let due = |wanted: &dyn Fn(&Fault) -> bool| self.shared.due(wanted).is_some();
        if due(&|fault| matches!(fault, Fault::CompleteWithoutData(at) if *at == verb)) {
            self.say("226 Transfer complete.");
            return;
        }
        let silent = due(&|fault| matches!(fault, Fault::NoPreliminary(at) if *at == verb));
        let late = due(&|fault| matches!(fault, Fault::LatePreliminary(at) if *at == verb));
        let early = due(&|fault| matches!(fault, Fault::EarlyCompletion(at) if *at == verb));
        let size = size.filter(|_| !due(&|fault| *fault == Fault::Unannounced));
        let sized = size.map(|size| format!(" ({size} bytes)")).unwrap_or_default();
        let preliminary = format!("150 Opening BINARY mode data connection for {what}{sized}.");
        if !silent && !late {
            self.say(&preliminary);
        }
        let Some(mut data) = self.open_data() else { return };
        if early {
            self.say("226 Transfer complete.");
            self.shared.wait_released();
        }
        let end = match (self.ascii && verb == "RETR", self.deflates) {
            (true, _) => self.pour(verb, &mut data, &with_crlf(bytes)),
            (_, true) => self.pour(verb, &mut data, &packed(bytes)),
            _ => self.pour(verb, &mut data, bytes),
        };
        if late {
            self.say(&preliminary);
        }
        drop(data);
        self.answer_first(verb);
        if !early {
            self.conclude(verb, &end);
        }
    }

    fn pour(&mut self, verb: &str, data: &mut TcpStream, bytes: &[u8]) -> End {
        // What ends before has nothing left to stall.
        let stalls = |after: usize, fault: &Fault| matches!(fault, Fault::StallData { .. }) && after > bytes.len();
        let fault = self.midway_fault(verb).filter(|(after, fault)| !stalls(*after, fault));
        let limit = fault.as_ref().map_or(bytes.len(), |(after, _)| (*after).min(bytes.len()));
        data.set_write_timeout(Some(Duration::from_millis(20))).unwrap();
        let mut sent = 0;
        let drips = self.shared.due(|fault| *fault == Fault::Drip).is_some();
        while sent < limit {
            if let Some(end) = self.interrupted() {
                return end;
            }
            let piece = if drips { 1 } else { 65_536 };
            if drips {
                std::thread::sleep(Duration::from_millis(2));
            }
            match data.write(&bytes[sent..limit.min(sent + piece)]) {
                Ok(n) => sent += n,
                Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {}
                Err(_) => return End::Lost,
            }
        }
        if let Some((_, Fault::PauseData { .. })) = fault {
            if let Some(end) = self.pause() {
                return end;
            }
            return self.pour(verb, data, &bytes[sent..]);
        }
        match fault {
            Some((_, fault)) => self.misbehave(&fault, data),
            None => End::Whole,
        }
    }

    fn store(&mut self, verb: &str, path: &[u8]) {
        let from = std::mem::take(&mut self.rest);
        if self.files(|files| !files.is_dir(&ftp_files::parent(path)) || files.is_dir(path)) {
            self.say("553 Cannot store there.");
            return;
        }
        let due = |wanted: &dyn Fn(&Fault) -> bool| self.shared.due(wanted).is_some();
        if due(&|fault| matches!(fault, Fault::CompleteWithoutData(at) if *at == verb)) {
            self.say("226 Transfer complete.");
            return;
        }
        let early = due(&|fault| matches!(fault, Fault::EarlyCompletion(at) if *at == verb));
        if !due(&|fault| matches!(fault, Fault::NoPreliminary(at) if *at == verb)) {
            self.say("150 Ok to send data.");
        }
        let Some(mut data) = self.open_data() else { return };
        if let Some(Fault::TalkBack(length)) = self.shared.due(|fault| matches!(fault, Fault::TalkBack(_))) {
            data.write_all(&vec![b'x'; length]).ok();
        }
        let style = (from > 0).then(|| self.shared.due(|fault| matches!(fault, Fault::RestStor(_)))).flatten();
        let mut content = match self.files(|files| files.get(path).cloned()) {
            Some(Node::File { data, .. }) if verb == "APPE" => data,
            _ if style == Some(Fault::RestStor(RestStorStyle::FromStart)) => Vec::new(),
            _ if style == Some(Fault::RestStor(RestStorStyle::ZeroFills)) => vec![0; from],
            Some(Node::File { mut data, .. }) if from > 0 => {
                data.resize(from, 0);
                data
            }
            _ => vec![0; from],
        };
        if early {
            self.say("226 Transfer complete.");
        }
        let mut wire = Vec::new();
        let end = self.drink(verb, &mut data, &mut wire);
        content.extend(match (self.ascii, self.deflates) {
            (true, _) => without_cr(&wire),
            (_, true) => unpacked(&wire),
            _ => wire,
        });
        if self.shared.due(|fault| *fault == Fault::TakesAway).is_none() {
            self.files(|files| files.put(path, Node::File { data: content, modified: super::SOME_TIME, mode: 0o644 }));
        }
        drop(data);
        self.answer_first(verb);
        if !early {
            self.conclude(verb, &end);
        }
        self.shared.changed.notify_all();
    }

    fn drink(&mut self, verb: &str, data: &mut TcpStream, content: &mut Vec<u8>) -> End {
        let fault = self.midway_fault(verb);
        let limit = fault.as_ref().map_or(usize::MAX, |(after, _)| *after);
        data.set_read_timeout(Some(Duration::from_millis(20))).unwrap();
        let mut buffer = vec![0; 65_536];
        let mut got = 0;
        while got < limit {
            if let Some(end) = self.interrupted() {
                return end;
            }
            let room = buffer.len().min(limit - got);
            match data.read(&mut buffer[..room]) {
                Ok(0) => return End::Whole,
                Ok(n) => {
                    content.extend_from_slice(&buffer[..n]);
                    got += n;
                }
                Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {}
                Err(_) => return End::Lost,
            }
        }
        if let Some((_, Fault::PauseData { .. })) = fault {
            if let Some(end) = self.pause() {
                return end;
            }
            return self.drink(verb, data, content);
        }
        match fault {
            Some((_, fault)) => self.misbehave(&fault, data),
            None => End::Whole,
        }
    }

    fn midway_fault(&self, of: &str) -> Option<(usize, Fault)> {
        let fault = self.shared.due(|fault| match fault {
            Fault::CloseData { verb, .. }
            | Fault::ResetData { verb, .. }
            | Fault::StallData { verb, .. }
            | Fault::LoseControl { verb, .. }
            | Fault::EndEarly { verb, .. }
            | Fault::PauseData { verb, .. }
            | Fault::SayMidway { verb, .. } => *verb == of,
            _ => false,
        })?;
        let (Fault::CloseData { after, .. }
        | Fault::ResetData { after, .. }
        | Fault::StallData { after, .. }
        | Fault::LoseControl { after, .. }
        | Fault::EndEarly { after, .. }
        | Fault::PauseData { after, .. }
        | Fault::SayMidway { after, .. }) = fault
        else {
            return None;
        };
        Some((after, fault))
    }

    /// Till the test goes on, or the client aborts.
    fn pause(&mut self) -> Option<End> {
        let end = Instant::now() + PATIENCE;
        while !self.shared.lock().released && Instant::now() < end {
            if let Some(end) = self.interrupted() {
                return Some(end);
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        None
    }

    fn misbehave(&mut self, fault: &Fault, data: &mut TcpStream) -> End {
        match fault {
            Fault::ResetData { .. } => {
                SockRef::from(&*data).set_linger(Some(Duration::ZERO)).unwrap();
                End::Lost
            }
            Fault::StallData { .. } => self.idle(data, true),
            Fault::LoseControl { .. } => End::Gone,
            Fault::EndEarly { .. } => End::Whole,
            Fault::SayMidway { reply, .. } => {
                self.say(reply);
                // All is said: what the client sends now is for after this transfer.
                self.idle(data, false);
                End::Said
            }
            _ => End::Lost,
        }
    }

    /// Till the client closes the data connection, or (where commands are listened to) aborts.
    fn idle(&mut self, data: &mut TcpStream, listens: bool) -> End {
        data.set_read_timeout(Some(Duration::from_millis(20))).unwrap();
        let end = Instant::now() + PATIENCE;
        while Instant::now() < end {
            if self.shared.is_stopping() {
                return End::Gone;
            }
            if listens && let Some(end) = self.interrupted() {
                return end;
            }
            match data.read(&mut [0; 1024]) {
                Ok(0) => return End::Lost,
                Ok(_) => {}
                Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {}
                Err(_) => return End::Lost,
            }
        }
        End::Gone
    }

    /// Takes the next command before the last reply to this one.
    fn answer_first(&mut self, verb: &str) {
        if self.shared.due(|fault| matches!(fault, Fault::AnswersBefore(at) if *at == verb)).is_some()
            && let Ok(line) = self.incoming.recv_timeout(PATIENCE)
        {
            self.command(&line);
        }
    }

    /// Whether the client aborted or went away while data flows.
    fn interrupted(&mut self) -> Option<End> {
        if self.shared.due(|fault| *fault == Fault::Unheeding).is_some() {
            return self.shared.is_stopping().then_some(End::Gone);
        }
        match self.incoming.try_recv() {
            Ok(line) if line.to_ascii_uppercase().ends_with(b"ABOR") => {
                self.record("ABOR", b"", b"ABOR");
                Some(End::Aborted)
            }
            Ok(line) => {
                self.record("?", b"", &line);
                self.say("500 Not while a transfer runs.");
                None
            }
            Err(TryRecvError::Empty) if self.shared.is_stopping() => Some(End::Gone),
            Err(TryRecvError::Empty) => None,
            Err(TryRecvError::Disconnected) => Some(End::Gone),
        }
    }

    fn conclude(&mut self, verb: &str, end: &End) {
        match end {
            End::Whole => {
                if self.shared.due(|fault| matches!(fault, Fault::NoCompletion(at) if *at == verb)).is_some() {
                    return;
                }
                let fault = self.shared.due(|fault| matches!(fault, Fault::FinalReply { verb: at, .. } if *at == verb));
                match fault {
                    Some(Fault::FinalReply { reply, .. }) => {
                        self.say(reply);
                        self.ended = reply.starts_with("421");
                    }
                    _ => self.say("226 Transfer complete."),
                }
            }
            End::Lost | End::Aborted => match self.shared.due(|fault| matches!(fault, Fault::Abort(_))) {
                Some(Fault::Abort(AbortStyle::Deaf)) => {
                    while self.incoming.recv_timeout(PATIENCE).is_ok() {}
                    self.ended = true;
                }
                _ if matches!(end, End::Lost) => self.say("426 Connection closed; transfer aborted."),
                Some(Fault::Abort(AbortStyle::TwoPositive)) => {
                    self.say("225 Abort.");
                    self.say("226 Done.");
                }
                Some(Fault::Abort(AbortStyle::One)) => self.say("226 Aborted."),
                Some(Fault::Abort(AbortStyle::OnePositive)) => self.say("225 Aborted."),
                Some(Fault::Abort(AbortStyle::OneNegative)) => self.say("426 Transfer aborted."),
                Some(Fault::Abort(AbortStyle::TooLate)) => {
                    self.say("426 Transfer aborted.");
                    self.say("225 Nothing to abort.");
                }
                Some(Fault::Abort(AbortStyle::Unknown)) => {
                    self.say("426 Transfer aborted.");
                    self.say("500 What?");
                }
                _ => {
                    self.say("426 Transfer aborted.");
                    self.say("226 Abort successful.");
                }
            },
            End::Gone => self.ended = true,
            End::Said => {}
        }
    }

    fn open_data(&mut self) -> Option<TcpStream> {
        match std::mem::replace(&mut self.data, Data::None) {
            Data::None => {}
            Data::Passive(listener) => {
                listener.set_nonblocking(true).unwrap();
                let end = Instant::now() + Duration::from_secs(5);
                while Instant::now() < end && !self.shared.is_stopping() {
                    if let Ok((socket, _)) = listener.accept() {
                        socket.set_nonblocking(false).unwrap();
                        return Some(socket);
                    }
                    std::thread::sleep(Duration::from_micros(200));
                }
            }
            Data::Active(address) => {
                if self.shared.due(|fault| *fault == Fault::StrangerConnects).is_some() {
                    let stranger = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
                    stranger.bind(&SocketAddr::from(([127, 0, 0, 2], 0)).into()).unwrap();
                    stranger.connect(&address.into()).ok();
                }
                if self.shared.due(|fault| *fault == Fault::NeverConnect).is_some() {
                    self.never_connect();
                    return None;
                }
                if let Ok(socket) = TcpStream::connect_timeout(&address, Duration::from_secs(5)) {
                    return Some(socket);
                }
            }
        }
        self.say("425 Cannot open data connection.");
        None
    }

    fn never_connect(&mut self) {
        let end = Instant::now() + PATIENCE;
        while Instant::now() < end {
            match self.interrupted() {
                Some(End::Aborted) => {
                    self.say("425 Cannot open data connection.");
                    self.say("226 Abort successful.");
                    return;
                }
                Some(_) => break,
                None => std::thread::sleep(Duration::from_millis(1)),
            }
        }
        self.ended = true;
    }

    fn files<T>(&self, change: impl FnOnce(&mut Files) -> T) -> T {
        change(&mut self.shared.lock().files)
    }

    /// Sends lines; an empty text is silence.
    fn say(&mut self, text: &str) {
        let end = if self.shared.lock().bare_ends { "\n" } else { "\r\n" };
        if !text.is_empty() {
            self.send(format!("{text}{end}").as_bytes());
        }
    }

    fn send(&mut self, bytes: &[u8]) {
        let size = match self.shared.due(|fault| matches!(fault, Fault::Segments(_))) {
            Some(Fault::Segments(size)) => size,
            _ => bytes.len(),
        };
        let drips = self.shared.due(|fault| *fault == Fault::Drip).is_some();
        let size = if drips { 1 } else { size };
        for piece in bytes.chunks(size.max(1)) {
            if drips {
                std::thread::sleep(Duration::from_millis(2));
            }
            if self.control.write_all(piece).is_err() {
                self.ended = true;
                return;
            }
        }
    }
}

/// The same on the clock of a server that far ahead of UTC.
fn shifted(mut node: Node, seconds: i64) -> Node {
    if let Node::File { modified, .. } | Node::Dir { modified, .. } = &mut node {
        *modified += seconds;
    }
    node
}

/// Text as TYPE A sends it.
fn with_crlf(text: &[u8]) -> Vec<u8> {
    text.iter().flat_map(|byte| if *byte == b'\n' { vec![b'\r', b'\n'] } else { vec![*byte] }).collect()
}

/// Text as TYPE A brought it.
fn without_cr(wire: &[u8]) -> Vec<u8> {
    let ends = |at: usize| wire[at] == b'\r' && wire.get(at + 1) == Some(&b'\n');
    (0..wire.len()).filter(|at| !ends(*at)).map(|at| wire[at]).collect()
}

/// As MODE Z sends it.
fn packed(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// As MODE Z brought it, as far as it came.
fn unpacked(wire: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    flate2::read::ZlibDecoder::new(wire).read_to_end(&mut bytes).ok();
    bytes
}
