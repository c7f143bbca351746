//! Every real server, plain and encrypted, by every way to a data connection, with either version of TLS, with and without
//! the demand that data connections continue the control connection's session: one table, and hundreds of files on one
//! session; compressed, and from one server straight to the other. How sessions treat broken servers is tested elsewhere, with scripted ones.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::fs;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use common::exchange::{fetch, list, noise, store};
use common::recorder::Recorder;
use common::servers::{self, Config, Kind, PASSWORD, Server, Tls, USER};
use common::unftp::{self, Unftp};
use tempfile::TempDir;
use twinport::domain::{Lesson, MinimumTls, RemotePath, Secret, Security, Site, Timestamp, TransferMode};
use twinport::ftp::error::FtpError;
use twinport::net::happening::Happening;
use twinport::net::session::{Next, Publication, Session, StoreAt, copy_between};
use twinport::net::terms::{ActiveMode, Dial, Timeouts, TlsTerms};
use twinport::net::wait::Cancel;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Peer {
    Debian(Kind),
    Unftp,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cover {
    Plain,
    Explicit,
    Implicit,
}

/// How a data connection is arranged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Arrangement {
    Epsv,
    Pasv,
    Eprt,
    Port,
}

enum Running {
    Debian(Server),
    Unftp(Unftp),
}

impl Peer {
    fn name(self) -> &'static str {
        match self {
            Self::Debian(kind) => kind.name(),
            Self::Unftp => "libunftp",
        }
    }

    /// What its authors have built into it.
    fn has(self, cover: Cover, arrangement: Arrangement, requires_reuse: bool) -> bool {
        let implicit = matches!(self, Self::Debian(Kind::Vsftpd | Kind::ProFtpd));
        let demands = implicit;
        (cover != Cover::Implicit || implicit)
            && (!requires_reuse || demands)
            && (self != Self::Unftp || arrangement != Arrangement::Eprt)
    }

    fn start(self, root: &Path, cover: Cover, requires_reuse: bool) -> Running {
        let tls = Tls { implicit: cover == Cover::Implicit, requires_reuse };
        match self {
            Self::Debian(kind) => {
                let config = Config::new(kind, root);
                Running::Debian(Server::start(&if cover == Cover::Plain { config } else { config.tls(tls) }))
            }
            Self::Unftp => {
                let files = (root.join("../tls.crt"), root.join("../tls.key"));
                let tls = (cover != Cover::Plain).then(|| {
                    let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
                    fs::write(&files.0, made.cert.pem()).unwrap();
                    fs::write(&files.1, made.signing_key.serialize_pem()).unwrap();
                    files
                });
                let ip = IpAddr::V4(Ipv4Addr::LOCALHOST);
                Running::Unftp(Unftp::start_with(unftp::Config { ip, tls, ..unftp::Config::new(root) }))
            }
        }
    }
}

impl Running {
    fn addr(&self) -> SocketAddr {
        match self {
            Self::Debian(server) => server.addr(),
            Self::Unftp(server) => server.addr(),
        }
    }
}

impl Arrangement {
    fn name(self) -> &'static str {
        match self {
            Self::Epsv => "EPSV",
            Self::Pasv => "PASV",
            Self::Eprt => "EPRT",
            Self::Port => "PORT",
        }
    }
}

fn dial(addr: SocketAddr, cover: Cover, arrangement: Arrangement, tls13: bool) -> Dial {
    let mut site = Site {
        host: addr.ip().to_string(),
        port: Some(addr.port()),
        security: match cover {
            Cover::Plain => Security::Off,
            Cover::Explicit => Security::Explicit,
            Cover::Implicit => Security::Implicit,
        },
        user: USER.into(),
        ..Site::default()
    };
    site.learned.epsv = (arrangement == Arrangement::Pasv).then_some(false);
    site.learned.eprt = (arrangement == Arrangement::Port).then_some(false);
    site.learned.tls12_only = !tls13;
    let second = Duration::from_secs(20);
    Dial {
        site: Arc::new(site),
        secret: Some(Secret::from(PASSWORD)),
        mode: match arrangement {
            Arrangement::Epsv | Arrangement::Pasv => TransferMode::Passive,
            Arrangement::Eprt | Arrangement::Port => TransferMode::Active,
        },
        timeouts: Timeouts { connect: second, reply: second, data: second },
        active: ActiveMode::default(),
        tls: TlsTerms {
            minimum: if tls13 { MinimumTls::V1_3 } else { MinimumTls::V1_2 },
            any: true,
            ..TlsTerms::default()
        },
        known: Arc::default(),
        proxy: None,
    }
}

/// What a user does, on one session; what is wrong, in words.
fn exercise(dial: &Dial, arrangement: Arrangement, tls: Option<&str>) -> Result<(), String> {
    let recorder = Recorder::new();
    let mut session =
        Session::open(dial, &Cancel::new(), recorder.observer()).map_err(|error| format!("login: {error:?}"))?;
    let home = session.home().clone();
    let at = |name: &str| home.join(name.as_bytes()).to_string();
    for round in 0..3_usize {
        for size in [0, 1, 5_000, 300_000] {
            let (name, content) = (at(&format!("up-{round}-{size}")), noise(size + round));
            store(&mut session, name.as_str(), StoreAt::Start, &content).map_err(|error| format!("STOR: {error:?}"))?;
            let back = fetch(&mut session, &name).map_err(|error| format!("RETR: {error:?}"))?;
            if back != content {
                return Err(format!("{name}: {} bytes came back as {}", content.len(), back.len()));
            }
        }
        let listing = list(&mut session, &home.to_string()).map_err(|error| format!("listing: {error:?}"))?;
        if listing.entries.len() != 4 * (round + 1) {
            return Err(format!("{} entries after round {round}", listing.entries.len()));
        }
    }
    if session.is_broken() {
        return Err("the session is out of step".into());
    }
    let arranged: Vec<&str> = recorder.data().iter().map(|path| path.arranged_by).collect();
    if arranged.len() != 27 || arranged.iter().any(|by| *by != arrangement.name()) {
        return Err(format!("arranged by {arranged:?}"));
    }
    let spoken = recorder.all().into_iter().find_map(|happening| match happening {
        Happening::Secured(encryption) => Some(encryption.version.clone()),
        _ => None,
    });
    if spoken.as_deref() != tls {
        return Err(format!("spoke {spoken:?}"));
    }
    session.quit();
    Ok(())
}

fn open_folder() -> TempDir {
    tempfile::Builder::new().permissions(fs::Permissions::from_mode(0o755)).tempdir().unwrap()
}

#[test]
fn every_server_by_every_way() {
    if !servers::ready() {
        return;
    }
    let mut peers: Vec<Peer> = Kind::ALL.map(Peer::Debian).to_vec();
    if servers::has_pyftpdlib() {
        peers.push(Peer::Debian(Kind::Pyftpdlib));
    } else {
        assert!(std::env::var_os("TWINPORT_REQUIRE_SERVERS").is_none_or(|v| v != "1"), "pyftpdlib is required");
        println!("SKIPPED: pyftpdlib (no Python, or not installed)");
    }
    peers.push(Peer::Unftp);
    let covers = [
        (Cover::Plain, false, None),
        (Cover::Explicit, false, Some("TLS 1.2")),
        (Cover::Explicit, false, Some("TLS 1.3")),
        (Cover::Explicit, true, Some("TLS 1.2")),
        (Cover::Explicit, true, Some("TLS 1.3")),
        (Cover::Implicit, false, Some("TLS 1.2")),
        (Cover::Implicit, false, Some("TLS 1.3")),
        (Cover::Implicit, true, Some("TLS 1.2")),
        (Cover::Implicit, true, Some("TLS 1.3")),
    ];
    let mut failures = Vec::new();
    println!(
        "{:<10} {:<9} {:<8} {:<6} {:>5} {:>5} {:>5} {:>5}",
        "server", "cover", "version", "reuse", "EPSV", "PASV", "EPRT", "PORT"
    );
    for peer in peers {
        for (cover, requires_reuse, version) in covers {
            let ways = [Arrangement::Epsv, Arrangement::Pasv, Arrangement::Eprt, Arrangement::Port];
            if !ways.iter().any(|way| peer.has(cover, *way, requires_reuse)) {
                continue;
            }
            let mut row = Vec::new();
            for way in ways {
                if !peer.has(cover, way, requires_reuse) {
                    row.push("-");
                    continue;
                }
                let outer = open_folder();
                let root = outer.path().join("root");
                fs::create_dir(&root).unwrap();
                let server = peer.start(&root, cover, requires_reuse);
                let dial = dial(server.addr(), cover, way, version != Some("TLS 1.2"));
                let mut result = exercise(&dial, way, version);
                // libunftp now and then says something in the clear behind its 234, when the machine is busy.
                for _ in 0..3 {
                    if peer == Peer::Unftp && matches!(&result, Err(why) if why.starts_with("login: Tls")) {
                        result = exercise(&dial, way, version);
                    }
                }
                match result {
                    Ok(()) => row.push("ok"),
                    Err(why) => {
                        row.push("FAIL");
                        failures.push(format!("{} {cover:?} {version:?} {way:?}: {why}", peer.name()));
                    }
                }
            }
            let reuse = match (cover, requires_reuse) {
                (Cover::Plain, _) => "",
                (_, true) => "must",
                (_, false) => "may",
            };
            println!(
                "{:<10} {:<9} {:<8} {reuse:<6} {:>5} {:>5} {:>5} {:>5}",
                peer.name(),
                format!("{cover:?}").to_lowercase(),
                version.unwrap_or("none"),
                row[0],
                row[1],
                row[2],
                row[3]
            );
        }
    }
    assert!(failures.is_empty(), "{failures:#?}");
}

/// Tickets of TLS 1.3 are good for one connection each, and OpenSSL issues two: neither way do they run out.
#[test]
fn hundreds_of_files_on_one_session_that_must_be_continued() {
    if !servers::ready() {
        return;
    }
    for kind in [Kind::Vsftpd, Kind::ProFtpd] {
        for tls13 in [true, false] {
            let root = open_folder();
            let config = Config::new(kind, root.path()).tls(Tls { implicit: false, requires_reuse: true });
            let server = Server::start(&config);
            let dial = dial(server.addr(), Cover::Explicit, Arrangement::Epsv, tls13);
            let recorder = Recorder::new();
            let mut session = Session::open(&dial, &Cancel::new(), recorder.observer()).unwrap();
            let home = session.home().clone();
            let files = if tls13 { 500 } else { 50 };
            for number in 0..files {
                let path = home.join(format!("f{number}").as_bytes());
                store(&mut session, path, StoreAt::Start, &noise(number)).unwrap();
            }
            for number in 0..files {
                let path = home.join(format!("f{number}").as_bytes()).to_string();
                assert!(fetch(&mut session, &path).unwrap() == noise(number), "{path}");
            }
            assert_eq!(recorder.data().len(), 2 * files, "one session, one data connection a file");
            println!("{}: {files} files up and down on one session", kind.name());
        }
    }
}

#[test]
fn compressed_files_and_listings_arrive_whole() {
    if !servers::ready() {
        return;
    }
    let root = open_folder();
    let server = Server::start(&Config::new(Kind::ProFtpd, root.path()).deflating());
    let mut dial = dial(server.addr(), Cover::Plain, Arrangement::Epsv, true);
    Arc::make_mut(&mut dial.site).compression = true;
    let recorder = Recorder::new();
    let mut session = Session::open(&dial, &Cancel::new(), recorder.observer()).unwrap();
    let home = session.home().clone();
    let text: String = noise(60_000).iter().map(|byte| format!("{byte} bottles of beer on the wall\n")).collect();
    let text = text.into_bytes();
    for (name, content) in [("a.txt", text), ("empty.txt", Vec::new()), ("b.bin", noise(100_000))] {
        let path = home.join(name.as_bytes()).to_string();
        store(&mut session, path.as_str(), StoreAt::Start, &content).unwrap();
        assert!(std::fs::read(root.path().join(name)).unwrap() == content, "{name} on the server's disk");
        assert!(fetch(&mut session, &path).unwrap() == content, "{name}");
    }
    assert_eq!(list(&mut session, &home.to_string()).unwrap().entries.len(), 3);
    assert!(recorder.sent().contains(&"MODE Z".to_owned()), "{:?}", recorder.sent());
    assert!(!session.is_broken());
}

#[test]
fn a_file_goes_from_one_server_straight_to_the_other() {
    if !servers::ready() {
        return;
    }
    for (from, to) in [(Kind::Vsftpd, Kind::ProFtpd), (Kind::ProFtpd, Kind::Vsftpd), (Kind::ProFtpd, Kind::PureFtpd)] {
        let (here, there) = (open_folder(), open_folder());
        fs::write(here.path().join("file"), noise(3_000_000)).unwrap();
        let (source, target) =
            (Server::start(&Config::new(from, here.path())), Server::start(&Config::new(to, there.path())));
        let open = |server: &Server| {
            let dial = dial(server.addr(), Cover::Plain, Arrangement::Epsv, true);
            Session::open(&dial, &Cancel::new(), Recorder::new().observer()).unwrap()
        };
        let (mut source, mut target) = (open(&source), open(&target));
        let (file, copy) = (source.home().join(b"file"), target.home().join(b"copy"));
        copy_between(&mut source, &mut target, &file, &copy, &mut || {}).unwrap();
        assert!(fs::read(there.path().join("copy")).unwrap() == noise(3_000_000), "{} to {}", from.name(), to.name());
        assert!(!source.is_broken() && !target.is_broken());
    }
}

/// Hundreds of files on one session while it is known that more follow: everything that may go ahead does.
#[test]
fn hundreds_of_files_each_arranged_ahead() {
    if !servers::ready() {
        return;
    }
    let mut peers: Vec<Peer> = Kind::ALL.map(Peer::Debian).to_vec();
    if servers::has_pyftpdlib() {
        peers.push(Peer::Debian(Kind::Pyftpdlib));
    }
    peers.push(Peer::Unftp);
    let mut failures = Vec::new();
    for peer in peers {
        for (cover, tls13) in [(Cover::Plain, true), (Cover::Explicit, true), (Cover::Explicit, false)] {
            for way in [Arrangement::Epsv, Arrangement::Pasv, Arrangement::Port] {
                let reuse = cover != Cover::Plain && peer.has(cover, way, true);
                let begun = std::time::Instant::now();
                let run = || {
                    let outer = open_folder();
                    let root = outer.path().join("root");
                    fs::create_dir(&root).unwrap();
                    let server = peer.start(&root, cover, reuse);
                    let dial = dial(server.addr(), cover, way, tls13);
                    let mut result = one_after_the_other(peer, &dial, &root);
                    // As above.
                    for _ in 0..3 {
                        if peer == Peer::Unftp && matches!(&result, Err(why) if why.starts_with("login: Tls")) {
                            result = one_after_the_other(peer, &dial, &root);
                        }
                    }
                    result
                };
                let mut result = run();
                if let Err(why) = &result {
                    // Servers of other tests take ports as well, and now and then the same. What is wrong stays wrong.
                    println!("{} {cover:?} {way:?}: once more: {why}", peer.name());
                    result = run();
                }
                let words = result.as_ref().map_or("FAIL", |()| "ok");
                println!("{:<10} {cover:?} {way:?} TLS 1.3: {tls13} {words} {:?}", peer.name(), begun.elapsed());
                if let Err(why) = result {
                    failures.push(format!("{} {cover:?} TLS 1.3: {tls13} {way:?}: {why}", peer.name()));
                }
            }
        }
    }
    assert!(failures.is_empty(), "{failures:#?}");
}

/// A connection that was made ahead for the next file serves no listing of another directory: some servers (libunftp)
/// list the one that they were in when it came about.
#[test]
fn a_listing_behind_a_promised_file_is_of_its_own_directory() {
    if !servers::ready() {
        return;
    }
    for peer in Kind::ALL.map(Peer::Debian).into_iter().chain([Peer::Unftp]) {
        let outer = open_folder();
        let root = outer.path().join("root");
        for name in ["a/one", "a/two", "b/three"] {
            fs::create_dir_all(root.join(name).parent().unwrap()).unwrap();
            fs::write(root.join(name), name).unwrap();
        }
        let server = peer.start(&root, Cover::Plain, false);
        let dial = dial(server.addr(), Cover::Plain, Arrangement::Epsv, true);
        let mut session = Session::open(&dial, &Cancel::new(), Recorder::new().observer()).unwrap();
        let home = session.home().clone();
        let at = |name: &str| home.join(name.as_bytes()).to_string();
        for _ in 0..3 {
            assert_eq!(list(&mut session, &at("a")).unwrap().entries.len(), 2, "{}", peer.name());
            session.expect_next(Next::Transfer);
            assert_eq!(fetch(&mut session, &at("a/one")).unwrap(), b"a/one");
            // Another session took the promised one.
            let names: Vec<_> =
                list(&mut session, &at("b")).unwrap().entries.iter().map(|entry| entry.name.clone()).collect();
            assert!(names.iter().map(|name| &**name).eq([b"three"]), "{}: {names:?}", peer.name());
        }
        session.quit();
    }
}

/// Under a temporary name, as the engine does it.
fn store_and_publish(session: &mut Session, path: &RemotePath, content: &[u8]) -> Result<(), FtpError> {
    let temporary = RemotePath::new([path.as_bytes(), b".part"].concat());
    let mut channel = session.store_at_once(&temporary)?;
    if let Err(error) = channel.write_all(content) {
        channel.abort();
        return Err(error);
    }
    channel.finish()?;
    let size = Some(content.len() as u64);
    let file = Publication { time: Some(Timestamp::utc(1_000_000_000)), size, replaces: false };
    session.publish(&temporary, path, file)
}

/// Up, listed, down, some of it missing; every byte is looked at.
fn one_after_the_other(peer: Peer, dial: &Dial, root: &Path) -> Result<(), String> {
    // libunftp takes 40 ms for each: its last reply waits for our acknowledgement of the one before.
    let files: usize = if peer == Peer::Unftp { 40 } else { 200 };
    let recorder = Recorder::new();
    let mut session =
        Session::open(dial, &Cancel::new(), recorder.observer()).map_err(|error| format!("login: {error:?}"))?;
    let home = session.home().clone();
    let at = |number: usize| home.join(format!("file-{number}").as_bytes());
    // Every size of interest, and no two files alike.
    let content = |number: usize| noise([0, 1, 4096, 20_000, 70_000][number % 5] + number)[number..].to_vec();
    for number in 0..files {
        session.expect_next(Next::Transfer);
        let stored = if number % 2 == 0 {
            store(&mut session, at(number), StoreAt::Start, &content(number)).map(drop)
        } else {
            store_and_publish(&mut session, &at(number), &content(number))
        };
        stored.map_err(|error| format!("STOR {number}: {error:?}"))?;
        if number % 10 == 9 {
            session.expect_next(Next::Transfer);
            let nowhere = home.join(b"no").join(b"where");
            let refused = store_and_publish(&mut session, &nowhere, &content(number));
            if !matches!(refused, Err(FtpError::Refused { .. })) || session.is_broken() {
                return Err(format!("STOR where nothing can be: {refused:?}"));
            }
        }
        if number % 67 == 66 {
            session.noop().map_err(|error| format!("NOOP: {error:?}"))?;
            list(&mut session, &home.to_string()).map_err(|error| format!("listing: {error:?}"))?;
        }
    }
    for number in 0..files {
        if fs::read(root.join(format!("file-{number}"))).unwrap() != content(number) {
            return Err(format!("file {number} is another one on the server's disk"));
        }
    }
    for number in 0..files {
        session.expect_next(Next::Retrieve(at(number + 1)));
        let back = fetch(&mut session, &at(number).to_string()).map_err(|error| format!("RETR {number}: {error:?}"))?;
        if back != content(number) {
            return Err(format!("file {number} came back as another one"));
        }
        match number % 67 {
            // What was promised does not come.
            65 => drop(session.facts(&at(number)).map_err(|error| format!("facts: {error:?}"))?),
            66 => {
                session.expect_next(Next::Transfer);
                let listing = list(&mut session, &home.to_string()).map_err(|error| format!("listing: {error:?}"))?;
                if listing.entries.len() != files {
                    return Err(format!("{} entries", listing.entries.len()));
                }
            }
            _ => {}
        }
        session.mend().map_err(|error| format!("mend: {error:?}"))?;
    }
    // The last one promised a file that is not there.
    let missing = fetch(&mut session, &at(files).to_string());
    if !matches!(&missing, Err(FtpError::Refused { reply, .. }) if reply.code >= 450) {
        return Err(format!("missing file: {missing:?}"));
    }
    let back = fetch(&mut session, &at(0).to_string()).map_err(|error| format!("after the missing one: {error:?}"))?;
    if back != content(0) {
        return Err("after the missing one: another file".into());
    }
    if matches!(peer, Peer::Debian(kind) if kind != Kind::Pyftpdlib) {
        let controls = recorder.all().iter().filter(|happening| matches!(happening, Happening::Control(_))).count();
        if recorder.lessons().contains(&Lesson::Pipelining(false)) || controls != 1 {
            return Err(format!("{controls} sessions, {:?}", recorder.lessons()));
        }
    }
    session.quit();
    Ok(())
}
