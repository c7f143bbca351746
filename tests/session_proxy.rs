//! Proxies: both connections go through them, names are resolved there, and what goes wrong is told apart from the server.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::io::ErrorKind;
use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use common::exchange::{fetch, list, names, noise, store};
use common::ftp_server::{Fault, FtpServer};
use common::proxy_server::{BEHIND, ProxyServer, Trick};
use common::recorder::Recorder;
use common::tls_front::{Front, TlsFront};
use twinport::domain::{FtpProxy, Mode, Proxy, ProxyKind, RemotePath, Secret, Security, Site, TransferMode};
use twinport::ftp::error::{Class, FtpError, ProxyFailure, ProxyTrouble, Stage};
use twinport::ftp::explain::explain;
use twinport::net::session::{Session, StoreAt, copy_between};
use twinport::net::terms::{Dial, TlsTerms};
use twinport::net::wait::Cancel;

const KINDS: [ProxyKind; 3] = [ProxyKind::Socks5, ProxyKind::Socks4a, ProxyKind::HttpConnect];

/// To a server that has a name behind the proxy only.
fn dial(server: &FtpServer, proxy: (Proxy, Option<Secret>)) -> Dial {
    let site = Site { host: BEHIND.into(), ..server.site() };
    Dial { site: Arc::new(site), proxy: Some(proxy), ..server.dial() }
}

fn open(dial: &Dial) -> (Session, Recorder) {
    let recorder = Recorder::new();
    (Session::open(dial, &Cancel::new(), recorder.observer()).unwrap(), recorder)
}

#[track_caller]
fn failure(result: Result<Session, FtpError>) -> ProxyFailure {
    proxy_failure(result.err().expect("it must fail"))
}

#[track_caller]
fn proxy_failure(error: FtpError) -> ProxyFailure {
    match error {
        FtpError::Proxy(failure) => *failure,
        other => panic!("not the proxy's: {other:?}"),
    }
}

fn try_open(server: &FtpServer, proxy: (Proxy, Option<Secret>)) -> Result<Session, FtpError> {
    Session::open(&dial(server, proxy), &Cancel::new(), Recorder::new().observer())
}

/// C24.
#[test]
fn both_connections_go_through_the_proxy_by_name() {
    for kind in KINDS {
        for trick in [None, Some(Trick::Crumbs), Some(Trick::Together)] {
            let server = FtpServer::start().file("/a", "down");
            let mut proxy = ProxyServer::start(kind);
            if let Some(trick) = trick.clone() {
                proxy = proxy.trick(trick);
            }
            let (mut session, recorder) = open(&dial(&server, proxy.proxy()));
            assert_eq!(names(&list(&mut session, "/").unwrap()), ["a"], "{kind:?} {trick:?}");
            assert_eq!(fetch(&mut session, "/a").unwrap(), b"down");
            let large = noise(300_000);
            store(&mut session, "/b", StoreAt::Start, &large).unwrap();
            assert_eq!(server.content("/b").unwrap(), large);

            let asked = proxy.asked();
            assert_eq!(asked.len(), 4, "one for commands, one for each transfer: {asked:?}");
            assert_eq!(asked[0], format!("{BEHIND}:{}", server.address().port()));
            assert!(asked.iter().all(|place| place.starts_with(&format!("{BEHIND}:"))), "{asked:?}");
            assert_eq!(server.count("EPSV"), 3);
            server.assert_never_heard("PASV");
            server.assert_never_heard("EPRT");
            for path in recorder.data() {
                assert_eq!((path.mode, path.peer), (Mode::Passive, path.control.peer), "the other end is the proxy");
            }
            let told = format!("Connected to {BEHIND} through the {} 127.0.0.1", kind.words());
            assert!(recorder.notes().contains(&told), "{:?}", recorder.notes());
        }
    }
}

#[test]
fn both_connections_are_encrypted_through_the_proxy() {
    for kind in KINDS {
        for implicit in [false, true] {
            let server = FtpServer::start().file("/a", noise(300_000));
            let front = TlsFront::start(&server, Front { implicit, requires_reuse: true, ..Front::default() });
            let proxy = ProxyServer::start(kind).trick(Trick::Together);
            let site = Site { host: BEHIND.into(), ..front.site(&server) };
            let tls = TlsTerms { any: true, ..TlsTerms::default() };
            let dial = Dial { site: Arc::new(site), tls, proxy: Some(proxy.proxy()), ..server.dial() };
            let (mut session, _) = open(&dial);
            assert_eq!(fetch(&mut session, "/a").unwrap(), noise(300_000), "{kind:?} {implicit}");
            store(&mut session, "/b", StoreAt::Start, &noise(200_000)).unwrap();
            assert_eq!(server.content("/b").unwrap(), noise(200_000));
            assert_eq!((front.seen().data, front.seen().resumed), (2, 2));
            assert_eq!(proxy.asked().len(), 3);
        }
    }
}

#[test]
fn a_proxy_is_never_named_to_a_server_as_the_other_one() {
    let (source, target) = (FtpServer::start().file("/a", "x"), FtpServer::start());
    let proxy = ProxyServer::start(ProxyKind::Socks5);
    let (mut behind, _) = open(&dial(&source, proxy.proxy()));
    let (mut direct, _) = open(&target.dial());
    let (from, to) = (RemotePath::from("/a"), RemotePath::from("/a"));
    let refused = copy_between(&mut behind, &mut direct, &from, &to, &mut || {});
    assert!(matches!(refused, Err(FtpError::Unsupported { .. })), "{refused:?}");
    target.assert_never_heard("PORT");
    target.assert_never_heard("PASV");
    source.assert_never_heard("PASV");
}

#[test]
fn a_site_that_goes_without_sees_no_proxy() {
    let server = FtpServer::start().file("/a", "x");
    let proxy = ProxyServer::start(ProxyKind::Socks5);
    let (mut session, _) = open(&server.dial());
    fetch(&mut session, "/a").unwrap();
    assert_eq!(proxy.accepted(), 0);
}

#[test]
fn addresses_of_both_families_are_asked_for() {
    for kind in [ProxyKind::Socks5, ProxyKind::HttpConnect] {
        let server = FtpServer::start_v6().file("/a", "x");
        let proxy = ProxyServer::start(kind);
        let direct = Dial { proxy: Some(proxy.proxy()), ..server.dial() };
        let (mut session, _) = open(&direct);
        assert_eq!(fetch(&mut session, "/a").unwrap(), b"x");
        assert_eq!(proxy.asked()[0], server.address().to_string());
        assert!(proxy.asked()[1].starts_with("[::1]:"), "{:?}", proxy.asked());
    }
}

#[test]
fn a_login_at_the_proxy_is_given_and_never_shown() {
    for kind in [ProxyKind::Socks5, ProxyKind::HttpConnect] {
        let server = FtpServer::start().file("/a", "x");
        let proxy = ProxyServer::start(kind).login("walter", "hunter2");
        let (mut session, recorder) = open(&dial(&server, proxy.proxy_as("walter", "hunter2")));
        assert_eq!(fetch(&mut session, "/a").unwrap(), b"x", "the data connection logs in as well");
        let heard = format!("{:?}", recorder.all());
        assert!(!heard.contains("hunter2") && !heard.contains("aHVudGVyMg"), "{heard}");

        let error = try_open(&server, proxy.proxy_as("walter", "wrong-one")).err().expect("refused");
        assert_eq!(error.class(), Class::NeedsUser);
        assert!(!format!("{error:?} {error} {}", explain(&error).line()).contains("wrong-one"));
        assert!(matches!(proxy_failure(error).trouble, ProxyTrouble::LoginRefused { .. }));
        assert_eq!(failure(try_open(&server, proxy.proxy())).trouble, ProxyTrouble::LoginNeeded);
        assert_eq!(server.accepted_connections(), 1, "nobody comes to the server without a login at the proxy");
    }
}

#[test]
fn socks4_knows_users_without_passwords() {
    let server = FtpServer::start();
    let proxy = ProxyServer::start(ProxyKind::Socks4a).login("walter", "");
    assert!(try_open(&server, proxy.proxy_as("walter", "")).is_ok());
    let refused = failure(try_open(&server, proxy.proxy_as("other", "")));
    assert!(matches!(refused.trouble, ProxyTrouble::LoginRefused { .. }), "{refused:?}");
}

#[test]
fn ways_to_log_in_that_we_lack_are_named() {
    let server = FtpServer::start();
    let proxy = ProxyServer::start(ProxyKind::HttpConnect).login("a", "b").trick(Trick::Scheme("NTLM"));
    let refused = failure(try_open(&server, proxy.proxy_as("a", "c")));
    assert_eq!(refused.trouble, ProxyTrouble::NoMethod { offered: "NTLM".into() });
}

#[test]
fn what_the_proxy_refuses_is_told_with_its_words() {
    let http = |status: &str| format!("HTTP/1.1 {status}\r\n\r\n").into_bytes();
    let unreachable = |said: &str| ProxyTrouble::TargetUnreachable { said: said.into() };
    for (kind, answer, trouble, class) in [
        (ProxyKind::Socks5, vec![5, 5], ProxyTrouble::TargetRefused, Class::Reconnect),
        (ProxyKind::Socks5, vec![5, 4, 0, 1, 0, 0, 0, 0, 0, 0], unreachable("host unreachable"), Class::Reconnect),
        (
            ProxyKind::Socks5,
            vec![5, 2, 0, 1, 0, 0, 0, 0, 0, 0],
            ProxyTrouble::Forbidden { said: "not allowed by the ruleset".into() },
            Class::NeedsUser,
        ),
        (
            ProxyKind::Socks4a,
            vec![0, 91, 0, 0, 0, 0, 0, 0],
            ProxyTrouble::Failed { said: "rejected or failed; SOCKS4 tells no more".into() },
            Class::Reconnect,
        ),
        (
            ProxyKind::HttpConnect,
            http("403 Not on my watch"),
            ProxyTrouble::Forbidden { said: "403 Not on my watch".into() },
            Class::NeedsUser,
        ),
        (ProxyKind::HttpConnect, http("504 Too far"), unreachable("504 Too far"), Class::Reconnect),
        (ProxyKind::HttpConnect, http("405 No"), ProxyTrouble::NoTunnels { said: "405 No".into() }, Class::NeedsUser),
        (ProxyKind::HttpConnect, b"HTTP/1.1 200 OK\r\nX:".to_vec(), ProxyTrouble::Closed, Class::Reconnect),
        (ProxyKind::Socks5, vec![5, 0, 0, 3, 200, 1], ProxyTrouble::Closed, Class::Reconnect),
    ] {
        let server = FtpServer::start();
        let proxy = ProxyServer::start(kind).trick(Trick::Answers(answer, 1));
        let error = try_open(&server, proxy.proxy()).err().expect("refused");
        assert_eq!(error.class(), class, "{error:?}");
        let told = proxy_failure(error);
        assert_eq!((told.trouble, told.stage, told.kind), (trouble, Stage::Connect, kind));
        assert_eq!(told.target, format!("{BEHIND}:{}", server.address().port()));
    }
}

#[test]
fn what_is_no_proxy_of_that_kind_is_named() {
    let server = FtpServer::start();
    let address = server.address();
    let proxy = |kind| {
        let host = address.ip().to_string();
        (Proxy { kind, host, port: address.port(), user: String::new() }, None)
    };
    for kind in KINDS {
        let told = failure(try_open(&server, proxy(kind)));
        assert!(matches!(&told.trouble, ProxyTrouble::NotAProxy { heard } if heard.starts_with("22")), "{told:?}");
    }
}

#[test]
fn a_proxy_that_is_not_there_is_told_apart_from_the_server() {
    let server = FtpServer::start();
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let proxy = Proxy { kind: ProxyKind::Socks5, host: "127.0.0.1".into(), port, user: String::new() };
    let told = failure(try_open(&server, (proxy, None)));
    let refused = ErrorKind::ConnectionRefused;
    assert!(matches!(told.trouble, ProxyTrouble::NoConnection { kind, .. } if kind == refused), "{told:?}");
    assert_eq!(server.accepted_connections(), 0, "never past the proxy");
}

#[test]
fn a_proxy_that_dies_in_the_handshake_is_told() {
    for kind in KINDS {
        let server = FtpServer::start();
        let proxy = ProxyServer::start(kind).trick(Trick::Dies);
        assert_eq!(failure(try_open(&server, proxy.proxy())).trouble, ProxyTrouble::Closed, "{kind:?}");
    }
}

#[test]
fn a_proxy_that_never_answers_is_given_up() {
    for kind in KINDS {
        let server = FtpServer::start();
        let proxy = ProxyServer::start(kind).trick(Trick::Silent);
        let mut impatient = dial(&server, proxy.proxy());
        impatient.timeouts.connect = Duration::from_millis(200);
        let told = failure(Session::open(&impatient, &Cancel::new(), Recorder::new().observer()));
        assert_eq!(told.trouble, ProxyTrouble::Silent { waited: Duration::from_millis(200) });
    }
}

#[test]
fn cancelling_ends_a_handshake_at_once() {
    for kind in KINDS {
        let server = FtpServer::start();
        let proxy = ProxyServer::start(kind).trick(Trick::Silent);
        let mut patient = dial(&server, proxy.proxy());
        patient.timeouts.connect = Duration::from_secs(600);
        let cancel = Cancel::new();
        std::thread::scope(|scope| {
            scope.spawn(|| {
                proxy.wait_accepted(1);
                cancel.cancel();
            });
            let result = Session::open(&patient, &cancel, Recorder::new().observer());
            assert_eq!(result.err(), Some(FtpError::Cancelled));
        });
    }
}

#[test]
fn cancelling_ends_the_data_connections_handshake_and_leaves_the_session_usable() {
    let server = FtpServer::start().file("/a", "x").fault_times(Fault::Hold("EPSV"), 1);
    let proxy = ProxyServer::start(ProxyKind::Socks5);
    let mut patient = dial(&server, proxy.proxy());
    patient.timeouts.data = Duration::from_secs(600);
    let (mut session, _) = open(&patient);
    // From now on it takes connections and says nothing.
    proxy.add(Trick::Silent);
    let cancel = Cancel::new();
    session.set_cancel(&cancel);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            server.wait_heard("EPSV", 1);
            server.release();
            proxy.wait_accepted(2);
            cancel.cancel();
        });
        assert_eq!(fetch(&mut session, "/a"), Err(FtpError::Cancelled));
    });
    proxy.behave();
    session.set_cancel(&Cancel::new());
    assert_eq!(fetch(&mut session, "/a").unwrap(), b"x", "in step");
}

#[test]
fn a_server_that_hangs_up_during_the_data_handshake_is_heard() {
    let server = FtpServer::start().file("/a", "x");
    let proxy = ProxyServer::start(ProxyKind::Socks5);
    let mut patient = dial(&server, proxy.proxy());
    patient.timeouts.data = Duration::from_secs(600);
    let (mut session, _) = open(&patient);
    proxy.add(Trick::Silent);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            proxy.wait_accepted(2);
            server.say("421 Going down");
        });
        let error = fetch(&mut session, "/a").unwrap_err();
        assert!(matches!(error, FtpError::Closed { last: Some(_), .. }), "{error:?}");
    });
}

#[test]
fn a_proxy_that_allows_the_command_connection_only_says_so() {
    let server = FtpServer::start().file("/a", "x");
    let forbidden = b"HTTP/1.1 403 Port not allowed\r\n\r\n".to_vec();
    let proxy = ProxyServer::start(ProxyKind::HttpConnect).trick(Trick::Answers(forbidden, 2));
    let (mut session, _) = open(&dial(&server, proxy.proxy()));
    let error = fetch(&mut session, "/a").unwrap_err();
    let line = explain(&error).line();
    assert!(line.contains("403 Port not allowed") && line.contains("data connection"), "{line}");
    assert_eq!(proxy_failure(error).stage, Stage::DataConnection);
    server.assert_never_heard("PASV");
    session.noop().unwrap();
}

#[test]
fn a_dead_port_is_tried_again_with_pasv_and_nothing_is_learned_of_the_server() {
    let server = FtpServer::start().file("/a", "x").fault(Fault::DeadPort("EPSV"));
    let proxy = ProxyServer::start(ProxyKind::Socks5);
    let (mut session, recorder) = open(&dial(&server, proxy.proxy()));
    assert_eq!(fetch(&mut session, "/a").unwrap(), b"x");
    assert_eq!(recorder.data()[0].arranged_by, "PASV");
    let learned = recorder.all().into_iter().filter(|told| format!("{told:?}").starts_with("Learned"));
    assert_eq!(learned.count(), 0);
}

#[test]
fn pasv_goes_to_the_host_that_was_dialled_whatever_it_names() {
    let server = FtpServer::start().file("/a", "x").without(&["EPSV"]).fault(Fault::PasvAddress([10, 0, 0, 7]));
    let proxy = ProxyServer::start(ProxyKind::Socks4a);
    let (mut session, _) = open(&dial(&server, proxy.proxy()));
    assert_eq!(fetch(&mut session, "/a").unwrap(), b"x");
    assert!(proxy.asked().iter().all(|place| place.starts_with(BEHIND)), "{:?}", proxy.asked());
}

#[test]
fn active_mode_is_never_tried_through_a_proxy() {
    let server = FtpServer::start().file("/a", "x").without(&["EPSV", "PASV"]);
    let proxy = ProxyServer::start(ProxyKind::Socks5);
    let mut learned = dial(&server, proxy.proxy());
    Arc::make_mut(&mut learned.site).learned.mode = Some(Mode::Active);
    let (mut session, recorder) = open(&learned);
    let error = fetch(&mut session, "/a").unwrap_err();
    assert!(matches!(error, FtpError::NoDataConnection { passive: Some(_), active: None }), "{error:?}");
    assert!(recorder.learned().is_empty());

    let active = Dial { mode: TransferMode::Active, ..learned };
    let (mut session, _) = open(&active);
    let error = fetch(&mut session, "/a").unwrap_err();
    assert_eq!(proxy_failure(error).trouble, ProxyTrouble::NoActive);
    session.noop().unwrap();
    server.assert_never_heard("EPRT");
    server.assert_never_heard("PORT");
}

#[test]
fn a_host_that_is_none_is_told_before_anything_is_asked() {
    let server = FtpServer::start();
    for kind in KINDS {
        let proxy = ProxyServer::start(kind);
        let mut odd = dial(&server, proxy.proxy());
        Arc::make_mut(&mut odd.site).host = "a\r\nb".into();
        let told = failure(Session::open(&odd, &Cancel::new(), Recorder::new().observer()));
        assert!(matches!(told.trouble, ProxyTrouble::Unsayable { .. }), "{told:?}");
        assert!(proxy.asked().is_empty());
    }
}

/// The scripted server plays the gateway and the server behind it.
fn through(server: &FtpServer, way: FtpProxy, user: &str) -> Dial {
    let host = server.address().ip().to_string();
    let proxy = Proxy { kind: ProxyKind::Ftp(way), host, port: server.address().port(), user: user.into() };
    let site = Site { host: BEHIND.into(), port: Some(2121), ..server.site() };
    let secret = (!user.is_empty()).then(|| Secret::from("hunter2"));
    Dial { site: Arc::new(site), proxy: Some((proxy, secret)), ..server.dial() }
}

#[test]
fn gateways_are_told_the_server_in_three_ways() {
    for (way, lines) in [
        (FtpProxy::UserAtHost, vec!["USER user@ftp.behind:2121", "PASS ***"]),
        (FtpProxy::Site, vec!["SITE ftp.behind:2121", "USER user", "PASS ***"]),
        (FtpProxy::Open, vec!["OPEN ftp.behind:2121", "USER user", "PASS ***"]),
    ] {
        let server = FtpServer::start().file("/a", "x").on("SITE", "220 There").on("OPEN", "220 There");
        let (mut session, recorder) = open(&through(&server, way, ""));
        assert_eq!(server.transcript()[..lines.len()], lines[..], "{way:?}");
        assert_eq!(fetch(&mut session, "/a").unwrap(), b"x");
        let told = "Logging in to ftp.behind:2121 through the FTP proxy 127.0.0.1".to_owned();
        assert!(recorder.notes().contains(&told), "{:?}", recorder.notes());
    }
}

#[test]
fn a_usual_port_is_not_named_and_an_address_keeps_its_brackets() {
    for (host, port, line) in [
        ("ftp.behind", None, "OPEN ftp.behind"),
        ("2001:db8::1", None, "OPEN [2001:db8::1]"),
        ("[2001:db8::1]", Some(2121), "OPEN [2001:db8::1]:2121"),
    ] {
        let server = FtpServer::start().on("OPEN", "220 There");
        let mut dial = through(&server, FtpProxy::Open, "");
        let site = Arc::make_mut(&mut dial.site);
        (site.host, site.port) = (host.into(), port);
        open(&dial);
        assert_eq!(server.transcript()[0], line);
    }
}

#[test]
fn a_login_at_the_gateway_comes_first() {
    let server = FtpServer::start().on("OPEN", "220 There").on_argument("USER", "walter", "331 Who?");
    let (_session, recorder) = open(&through(&server, FtpProxy::Open, "walter"));
    let lines = ["USER walter", "PASS ***", "OPEN ftp.behind:2121", "USER user", "PASS ***"];
    assert_eq!(server.transcript()[..lines.len()], lines);
    assert!(!format!("{:?}", recorder.all()).contains("hunter2"));
}

#[test]
fn the_gateways_refusals_are_not_taken_for_the_servers() {
    type Rule = (&'static str, &'static str, &'static str);
    type Case = (FtpProxy, &'static str, Rule, fn(&ProxyTrouble) -> bool);
    let cases: [Case; 6] = [
        (
            FtpProxy::Open,
            "walter",
            ("USER", "walter", "530 Not you"),
            |trouble| matches!(trouble, ProxyTrouble::LoginRefused { said } if said == "530 Not you"),
        ),
        (FtpProxy::Open, "", ("OPEN", "ftp.behind:2121", "530 Log in first"), |trouble| {
            *trouble == ProxyTrouble::LoginNeeded
        }),
        (FtpProxy::Site, "", ("SITE", "ftp.behind:2121", "500 What?"), |trouble| {
            matches!(trouble, ProxyTrouble::NoTunnels { .. })
        }),
        (
            FtpProxy::Site,
            "",
            ("SITE", "ftp.behind:2121", "450 Host unreachable"),
            |trouble| matches!(trouble, ProxyTrouble::TargetUnreachable { said } if said == "450 Host unreachable"),
        ),
        (FtpProxy::Open, "", ("OPEN", "ftp.behind:2121", "421 No such host"), |trouble| {
            matches!(trouble, ProxyTrouble::TargetUnreachable { .. })
        }),
        (FtpProxy::UserAtHost, "", ("USER", "user@ftp.behind:2121", "550 No such host"), |trouble| {
            matches!(trouble, ProxyTrouble::TargetUnreachable { .. })
        }),
    ];
    for (way, user, (verb, argument, reply), is_it) in cases {
        let server = FtpServer::start().on_argument(verb, argument, reply);
        let told = failure(Session::open(&through(&server, way, user), &Cancel::new(), Recorder::new().observer()));
        assert!(is_it(&told.trouble), "{reply}: {told:?}");
        assert_eq!(told.stage, Stage::Login);
        assert!(server.transcript().iter().all(|line| line != "USER user"), "nothing follows a refusal");
    }
}

#[test]
fn the_servers_refusal_behind_a_gateway_is_the_servers() {
    let server = FtpServer::start().on("PASS", "530 Login incorrect.");
    let error = Session::open(&through(&server, FtpProxy::UserAtHost, ""), &Cancel::new(), Recorder::new().observer());
    assert!(matches!(error.err(), Some(FtpError::LoginRefused(_))));
}

#[test]
fn a_gateway_gets_no_site_that_wants_or_has_had_encryption() {
    let server = FtpServer::start();
    for (security, spoke_tls) in [(Security::Explicit, false), (Security::Implicit, false), (Security::Auto, true)] {
        let mut dial = through(&server, FtpProxy::UserAtHost, "");
        let site = Arc::make_mut(&mut dial.site);
        site.security = security;
        site.learned.spoke_tls = spoke_tls;
        let told = failure(Session::open(&dial, &Cancel::new(), Recorder::new().observer()));
        assert_eq!(told.trouble, ProxyTrouble::NoEncryption);
    }
    assert_eq!(server.accepted_connections(), 0, "nothing was said in clear text");
    let mut dial = through(&server, FtpProxy::UserAtHost, "");
    Arc::make_mut(&mut dial.site).security = Security::Auto;
    open(&dial);
    server.assert_never_heard("AUTH");
}
