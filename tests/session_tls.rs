//! FTP over TLS (RFC 4217), as the scripted server and the TLS in front of it see it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::io::Write as _;
use std::sync::Arc;
use std::time::Duration;

use common::exchange::{fetch, list, names, noise, store};
use common::ftp_server::{Fault, FtpServer};
use common::recorder::Recorder;
use common::tls_front::{Front, TlsFront, certificate};
use twinport::domain::{
    ClientCertificate, Distrust, Fingerprint, Lesson, MinimumTls, RemotePath, Security, Site, TransferMode,
};
use twinport::ftp::error::{FtpError, Stage, TlsTrouble};
use twinport::net::happening::Happening;
use twinport::net::session::{Session, StoreAt};
use twinport::net::terms::{Dial, TlsTerms};
use twinport::net::wait::Cancel;

fn dial_site(server: &FtpServer, site: Site) -> Dial {
    Dial { site: Arc::new(site), tls: TlsTerms { any: true, ..TlsTerms::default() }, ..server.dial() }
}

fn dial(server: &FtpServer, front: &TlsFront) -> Dial {
    dial_site(server, front.site(server))
}

fn with_site(dial: &Dial, change: impl FnOnce(&mut Site)) -> Dial {
    let mut site = Site::clone(&dial.site);
    change(&mut site);
    Dial { site: Arc::new(site), ..dial.clone() }
}

fn fails(server: &FtpServer, dial: &Dial) -> FtpError {
    server.try_open(dial).err().expect("must not be logged in")
}

fn send(session: &mut Session, path: &str, bytes: &[u8]) {
    store(session, path, StoreAt::Start, bytes).unwrap();
}

/// H01
#[test]
fn both_connections_are_encrypted() {
    let server = FtpServer::start().file("/a.bin", noise(300_000));
    let front = TlsFront::start(&server, Front::default());
    let mut session = server.try_open(&dial(&server, &front)).unwrap();
    server.assert_heard_in_order(&["USER user", "PASS ***", "PROT P"]);
    assert!(fetch(&mut session, "/a.bin").unwrap() == noise(300_000));
    send(&mut session, "/b.bin", &noise(700_000));
    assert!(server.content("/b.bin") == Some(noise(700_000)));
    assert_eq!(names(&list(&mut session, "/").unwrap()), ["a.bin", "b.bin"]);
    let seen = front.seen();
    assert_eq!((seen.data, seen.cut), (3, 0));
}

/// H01
#[test]
fn implicit_tls_is_encrypted_from_the_first_byte_and_protects_data_too() {
    let server = FtpServer::start().file("/a", "hello");
    let front = TlsFront::start(&server, Front { implicit: true, ..Front::default() });
    let mut session = server.try_open(&dial(&server, &front)).unwrap();
    server.assert_heard_in_order(&["USER user", "PASS ***", "PROT P"]);
    assert_eq!(fetch(&mut session, "/a").unwrap(), b"hello");
    assert_eq!(front.seen().data, 1);
}

/// What a server told another session in the clear says nothing of TLS; what it told by TLS spares the next one the question.
#[test]
fn a_further_session_is_encrypted_like_the_first() {
    let server = FtpServer::start().greeting("220 ProFTPD Server (Debian)").file("/a", "hello");
    let front = TlsFront::start(&server, Front::default());
    let by_tls = dial(&server, &front);
    let clear = Dial { known: Arc::clone(&by_tls.known), ..server.dial() };
    server.try_open(&clear).unwrap();
    for (questions, protected, data) in [(2, 1, 1), (2, 2, 2)] {
        let mut session = server.try_open(&by_tls).unwrap();
        assert_eq!(fetch(&mut session, "/a").unwrap(), b"hello");
        assert_eq!((server.count("FEAT"), server.count("PROT P"), front.seen().data), (questions, protected, data));
    }
    assert_eq!(server.count("EPSV"), 2, "the second one's port came with its login");
}

#[test]
fn a_server_that_only_knows_the_old_name_is_asked_by_it() {
    let server = FtpServer::start();
    let front = TlsFront::start(&server, Front { only_ssl: true, ..Front::default() });
    server.try_open(&dial(&server, &front)).unwrap();
    server.assert_heard_in_order(&["USER user", "PROT P"]);
}

/// H02
#[test]
fn where_tls_is_a_must_and_refused_no_user_name_is_sent() {
    for reply in ["500 What?", "502 Not here", "504 Unknown", "530 Please login with USER and PASS"] {
        let server = FtpServer::start().on("AUTH", reply);
        let dial = dial_site(&server, Site { security: Security::Explicit, ..server.site() });
        let error = fails(&server, &dial);
        assert!(matches!(&error, FtpError::NoTls { downgrade: false, .. }), "{error:?}");
        server.assert_heard(&["AUTH TLS", "AUTH SSL"]);
    }
}

/// H02
#[test]
fn automatic_goes_on_in_clear_text_only_with_consent() {
    let server = FtpServer::start().on("AUTH", "502 Not here");
    let asked = dial_site(&server, Site { security: Security::Auto, ..server.site() });
    assert!(matches!(fails(&server, &asked), FtpError::ClearTextUnasked(_)));
    server.assert_never_heard("USER");
    let agreed = Dial { tls: TlsTerms { clear_text: true, ..TlsTerms::default() }, ..asked };
    server.try_open(&agreed).unwrap();
    server.assert_heard_in_order(&["AUTH TLS", "AUTH SSL", "USER user", "PASS ***"]);
}

#[test]
fn a_server_known_to_take_both_names_or_neither_is_asked_once() {
    let server = FtpServer::start().greeting("220 (vsFTPd 3.0.3)").on("AUTH", "530 Please login with USER and PASS.");
    let dial = dial_site(&server, Site { security: Security::Auto, ..server.site() });
    server.try_open(&Dial { tls: TlsTerms { clear_text: true, ..TlsTerms::default() }, ..dial }).unwrap();
    server.assert_heard_in_order(&["AUTH TLS", "USER user", "PASS ***"]);
    server.assert_never_heard("AUTH SSL");
}

#[test]
fn automatic_takes_tls_where_it_is_offered() {
    let server = FtpServer::start();
    let front = TlsFront::start(&server, Front::default());
    let dial = with_site(&dial(&server, &front), |site| site.security = Security::Auto);
    let recorder = Recorder::new();
    Session::open(&dial, &Cancel::new(), recorder.observer()).unwrap();
    let secured = recorder.all().into_iter().find_map(|happening| match happening {
        Happening::Secured(encryption) => Some(encryption),
        _ => None,
    });
    let encryption = secured.expect("it is told");
    assert_eq!((encryption.version.as_str(), encryption.by_user, encryption.data), ("TLS 1.3", true, true));
    assert_eq!(encryption.chain[0].fingerprint, front.fingerprint());
    assert_eq!(encryption.chain[0].names, ["127.0.0.1", "localhost"]);
}

#[test]
fn a_server_that_has_spoken_tls_must_not_fall_back_to_clear_text_unnoticed() {
    let server = FtpServer::start().on("AUTH", "502 Not here");
    let dial = dial_site(&server, Site { security: Security::Auto, ..server.site() });
    let dial = with_site(&dial, |site| site.learned.spoke_tls = true);
    assert!(matches!(fails(&server, &dial), FtpError::NoTls { downgrade: true, .. }));
    server.assert_never_heard("USER");
}

/// H03
#[test]
fn what_is_put_behind_the_yes_to_tls_ends_the_connection() {
    for injected in ["230 Logged in\r\n", "2", "331 Password?\r\n230 In\r\n"] {
        let server = FtpServer::start();
        let front = TlsFront::start(&server, Front { injects: Some(injected), ..Front::default() });
        let error = fails(&server, &dial(&server, &front));
        assert!(matches!(&error, FtpError::Tls { trouble: TlsTrouble::Injected, .. }), "{error:?}");
        server.assert_never_heard("USER");
    }
}

/// H04
#[test]
fn a_greeting_that_knows_its_visitor_is_no_way_around_tls() {
    let server = FtpServer::start().greeting("230 Welcome, no password needed").on("AUTH", "500 What?");
    let dial = dial_site(&server, Site { security: Security::Explicit, ..server.site() });
    assert!(matches!(fails(&server, &dial), FtpError::NoTls { .. }));
    server.assert_heard(&["AUTH TLS", "AUTH SSL"]);
}

/// H05
#[test]
fn implicit_tls_with_a_plain_port_is_told_as_such() {
    let server = FtpServer::start();
    let dial = dial_site(&server, Site { security: Security::Implicit, ..server.site() });
    let error = fails(&server, &dial);
    assert!(matches!(&error, FtpError::Tls { trouble: TlsTrouble::NotTls, .. }), "{error:?}");
}

/// H06
#[test]
fn an_untrusted_certificate_is_shown_before_anything_is_said() {
    let cases = [
        (Front::default(), Distrust::SelfSigned),
        (Front { expired: true, ..Front::default() }, Distrust::Expired),
        (Front { names: vec!["elsewhere.example".into()], ..Front::default() }, Distrust::SelfSigned),
    ];
    for (front, distrust) in cases {
        let server = FtpServer::start();
        let front = TlsFront::start(&server, front);
        let strict = Dial { tls: TlsTerms::default(), ..dial(&server, &front) };
        let FtpError::Untrusted(offered) = fails(&server, &strict) else { panic!("trusted") };
        assert_eq!(offered.distrust, distrust);
        assert_eq!(offered.fingerprint(), Some(front.fingerprint()));
        assert_eq!((offered.host.as_str(), offered.port), ("127.0.0.1", front.address().port()));
        assert_eq!(offered.before, None);
        server.assert_never_heard("USER");
        let trusting = Dial { tls: TlsTerms { accepted: vec![front.fingerprint()], ..TlsTerms::default() }, ..strict };
        server.try_open(&trusting).unwrap();
    }
}

/// H06
#[test]
fn a_changed_certificate_is_shouted_about() {
    let server = FtpServer::start();
    let front = TlsFront::start(&server, Front::default());
    let known = Fingerprint([7; 32]);
    let tls = TlsTerms { accepted: vec![known], known: Some(known), ..TlsTerms::default() };
    let FtpError::Untrusted(offered) = fails(&server, &Dial { tls, ..dial(&server, &front) }) else {
        panic!("trusted")
    };
    assert_eq!(offered.before, Some(known));
}

/// H06
#[test]
fn a_data_connection_with_another_certificate_is_refused() {
    let server = FtpServer::start().file("/a", "hello");
    let front = Front { other_data_certificate: true, ..Front::default() };
    let front = TlsFront::start(&server, front);
    let mut session = server.try_open(&dial(&server, &front)).unwrap();
    let error = fetch(&mut session, "/a").unwrap_err();
    assert!(matches!(&error, FtpError::Tls { trouble: TlsTrouble::OtherCertificate, .. }), "{error:?}");
}

/// H07
#[test]
fn a_refused_prot_ends_it_and_no_data_goes_in_the_clear() {
    for reply in ["534 No", "536 Not P", "500 What?"] {
        let server = FtpServer::start().on("PROT", reply);
        let front = TlsFront::start(&server, Front::default());
        let error = fails(&server, &dial(&server, &front));
        assert!(matches!(&error, FtpError::Refused { verb: "PROT", .. }), "{error:?}");
    }
}

/// H08
#[test]
fn data_goes_in_the_clear_where_the_user_chose_so() {
    let server = FtpServer::start().on("PROT", "200 As you like").file("/a", "hello");
    let front = TlsFront::start(&server, Front::default());
    let dial = with_site(&dial(&server, &front), |site| site.protect_data = false);
    let mut session = server.try_open(&dial).unwrap();
    server.assert_heard_in_order(&["PROT C"]);
    drop(session.retrieve(&RemotePath::from("/missing"), 0).err().expect("550"));
}

/// H09
#[test]
fn data_connections_continue_the_control_connections_session() {
    for versions in [vec![&rustls::version::TLS13], vec![&rustls::version::TLS12]] {
        let server = FtpServer::start().file("/a", "hello");
        let front = TlsFront::start(&server, Front { requires_reuse: true, versions, ..Front::default() });
        let mut session = server.try_open(&dial(&server, &front)).unwrap();
        for round in 0..30 {
            assert_eq!(fetch(&mut session, "/a").unwrap(), b"hello", "round {round}");
            send(&mut session, "/up", &noise(round * 1000));
            assert!(server.content("/up") == Some(noise(round * 1000)), "round {round}");
            assert_eq!(list(&mut session, "/").unwrap().entries.len(), 2);
        }
        let seen = front.seen();
        assert_eq!((seen.data, seen.resumed, seen.cut), (90, 90, 0));
        assert!(!session.is_broken());
    }
}

/// H09: ProFTPD sends no ticket with an upload, and OpenSSL two with the control connection.
#[test]
fn tickets_never_run_out() {
    for tickets in [1, 2] {
        let server = FtpServer::start();
        let front = Front { requires_reuse: true, tickets: Some(tickets), no_data_tickets: true, ..Front::default() };
        let front = TlsFront::start(&server, front);
        let mut session = server.try_open(&dial(&server, &front)).unwrap();
        for round in 0..20 {
            send(&mut session, "/up", &noise(round));
        }
        let seen = front.seen();
        assert_eq!((seen.data, seen.resumed), (20, 20), "{tickets} tickets");
    }
}

/// H09
#[test]
fn a_session_that_cannot_be_continued_is_given_up_for_tls_1_2() {
    let server = FtpServer::start().file("/a", "hello");
    let front = Front { requires_reuse: true, forgets_tls13: true, ..Front::default() };
    let front = TlsFront::start(&server, front);
    let recorder = Recorder::new();
    let mut session = Session::open(&dial(&server, &front), &Cancel::new(), recorder.observer()).unwrap();
    let error = fetch(&mut session, "/a").unwrap_err();
    assert_eq!(session.misses_continued_session(&error), Some(true), "{error:?}");
    assert!(recorder.all().contains(&Happening::Learned(Lesson::Tls12Only)));
    let learned = with_site(&dial(&server, &front), |site| site.learned.tls12_only = true);
    let mut session = server.try_open(&learned).unwrap();
    assert_eq!(fetch(&mut session, "/a").unwrap(), b"hello");
}

/// H11
#[test]
fn a_download_without_goodbye_counts_only_where_the_size_agrees() {
    let server = FtpServer::start().file("/a", noise(50_000));
    let front = TlsFront::start(&server, Front { no_goodbye: true, ..Front::default() });
    let mut session = server.try_open(&dial(&server, &front)).unwrap();
    assert!(fetch(&mut session, "/a").unwrap() == noise(50_000), "its 150 told the size");
    server.add_fault(Fault::NoPreliminary("RETR"), None);
    let error = fetch(&mut session, "/a").unwrap_err();
    assert!(matches!(&error, FtpError::Tls { trouble: TlsTrouble::Truncated, .. }), "{error:?}");
}

/// H12
#[test]
fn a_handshake_that_stalls_ends_in_time() {
    let server = FtpServer::start().file("/a", "hello");
    let soon = Duration::from_millis(200);
    let front = TlsFront::start(&server, Front { stalls_control: true, ..Front::default() });
    let mut impatient = dial(&server, &front);
    impatient.timeouts.connect = soon;
    impatient.timeouts.data = soon;
    assert!(matches!(fails(&server, &impatient), FtpError::Timeout { stage: Stage::Connect, .. }));

    let front = TlsFront::start(&server, Front { stalls_data: true, ..Front::default() });
    let mut impatient = dial(&server, &front);
    impatient.timeouts.data = soon;
    let mut session = server.try_open(&impatient).unwrap();
    let error = fetch(&mut session, "/a").unwrap_err();
    assert!(matches!(&error, FtpError::Timeout { stage: Stage::DataConnection, .. }), "{error:?}");
}

/// H13
#[test]
fn transfers_end_with_a_goodbye_and_lose_no_byte() {
    let server = FtpServer::start().file("/empty", "");
    let front = TlsFront::start(&server, Front { tickets: Some(4), ..Front::default() });
    let mut session = server.try_open(&dial(&server, &front)).unwrap();
    for size in [0, 1, 70_000, 2_000_000] {
        send(&mut session, "/up", &noise(size));
        assert!(server.content("/up") == Some(noise(size)));
    }
    assert_eq!(fetch(&mut session, "/empty").unwrap(), b"");
    let seen = front.seen();
    assert_eq!((seen.data, seen.cut), (5, 0), "an empty file has its handshake, too");
}

#[test]
fn a_session_ends_with_a_goodbye() {
    let server = FtpServer::start();
    let front = TlsFront::start(&server, Front::default());
    server.try_open(&dial(&server, &front)).unwrap().quit();
    common::eventually("a goodbye", || (front.seen().goodbyes == 1).then_some(()));
    server.assert_heard_in_order(&["QUIT"]);
}

/// H14
#[test]
fn the_oldest_version_that_will_do_is_kept() {
    let server = FtpServer::start();
    let old = TlsFront::start(&server, Front { versions: vec![&rustls::version::TLS12], ..Front::default() });
    let modern =
        Dial { tls: TlsTerms { any: true, minimum: MinimumTls::V1_3, ..TlsTerms::default() }, ..dial(&server, &old) };
    let error = fails(&server, &modern);
    assert!(matches!(&error, FtpError::Tls { trouble: TlsTrouble::Version, .. }), "{error:?}");
    server.try_open(&dial(&server, &old)).unwrap();
}

/// H15
#[test]
fn in_active_mode_we_are_still_the_tls_client() {
    let server = FtpServer::start().file("/a", noise(80_000));
    let front = TlsFront::start(&server, Front { requires_reuse: true, ..Front::default() });
    let dial = Dial { mode: TransferMode::Active, ..dial(&server, &front) };
    let mut session = server.try_open(&dial).unwrap();
    assert!(fetch(&mut session, "/a").unwrap() == noise(80_000));
    send(&mut session, "/b", &noise(90_000));
    assert!(server.content("/b") == Some(noise(90_000)));
    server.assert_heard_in_order(&["RETR /a"]);
    server.assert_never_heard("EPSV");
}

#[test]
fn a_client_certificate_is_shown_where_the_site_has_one() {
    let (known, key) = certificate(&["me".into()], false);
    let dir = tempfile::tempdir().unwrap();
    let pem = |label: &str, der: &[u8]| {
        use base64::Engine as _;
        let text = base64::engine::general_purpose::STANDARD.encode(der);
        format!("-----BEGIN {label}-----\n{text}\n-----END {label}-----\n")
    };
    let files = ClientCertificate { certificate: dir.path().join("me.crt"), key: dir.path().join("me.key") };
    std::fs::File::create(&files.certificate).unwrap().write_all(pem("CERTIFICATE", &known).as_bytes()).unwrap();
    std::fs::File::create(&files.key).unwrap().write_all(pem("PRIVATE KEY", key.secret_der()).as_bytes()).unwrap();

    let server = FtpServer::start().file("/a", "hello");
    let front = TlsFront::start(&server, Front { client_certificate: Some(known), ..Front::default() });
    let without = fails(&server, &dial(&server, &front));
    assert!(matches!(&without, FtpError::Tls { trouble: TlsTrouble::ClientCertificate, .. }), "{without:?}");
    let with = with_site(&dial(&server, &front), |site| site.client_certificate = Some(files.clone()));
    let mut session = server.try_open(&with).unwrap();
    assert_eq!(fetch(&mut session, "/a").unwrap(), b"hello");
    std::fs::remove_file(&files.key).unwrap();
    let broken = fails(&server, &with);
    assert!(matches!(&broken, FtpError::Tls { trouble: TlsTrouble::OwnCertificate { .. }, .. }), "{broken:?}");
}
