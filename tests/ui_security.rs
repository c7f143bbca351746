//! What the user sees of encryption, by accessible names: questions about certificates and clear text, the status bar,
//! what the Site Manager and the settings say of it. What weakens a connection is never the default.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod desk;

use std::sync::Arc;

use desk::{Desk, Role};
use egui::Key;
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use twinport::app::{Action, Saved};
use twinport::domain::{
    Certificate, ConnectionId, Distrust, Encryption, Fingerprint, FtpProxy, Learned, MinimumTls, Mode, Offered,
    PROXY_SECRET, ProxyKind, QuestionId, Secret, Site, SiteId, Timestamp,
};
use twinport::engine::message::{Answer, Command, ConnectionState, Event, Question, Step};
use twinport::store::settings::Settings;
use twinport::store::sitebook::{Node, SiteBook, Spot};

fn certificate(name: &str, issuer: &str, print: u8) -> Certificate {
    Certificate {
        subject: format!("CN={name}, O=Example"),
        issuer: format!("CN={issuer}"),
        names: vec![name.to_owned()],
        not_before: Timestamp::parse_rfc3659("20200101000000"),
        not_after: Timestamp::parse_rfc3659("20210101000000"),
        key: "RSA, 2048 bits".into(),
        serial: "0AFE".into(),
        fingerprint: Fingerprint([print; 32]),
    }
}

fn asks_to_trust(distrust: Distrust, before: Option<Fingerprint>) -> Event {
    let chain = vec![certificate("ftp.example", "Some CA", 0xAB), certificate("Some CA", "Some CA", 0xCD)];
    let offered = Offered { host: "ftp.example".into(), port: 2121, chain, distrust, before };
    let question = Question::Certificate { site: Arc::new(Site::default()), offered: Arc::new(offered) };
    Event::Question { id: QuestionId(1), question }
}

fn asks_for_clear_text(downgrade: bool) -> Event {
    let site = Site { id: SiteId(7), host: "ftp.example".into(), user: "anna".into(), ..Site::default() };
    let question = Question::ClearText { site: Arc::new(site), words: "500 no AUTH here".into(), downgrade };
    Event::Question { id: QuestionId(1), question }
}

fn answers(desk: &mut Desk) -> Vec<Answer> {
    let answers = desk.commands().into_iter().filter_map(|command| match command {
        Command::Answer { answer, .. } => Some(answer),
        _ => None,
    });
    answers.collect()
}

fn has_the_keys(desk: &Desk, button: &str) -> bool {
    desk.button(button).accesskit_node().is_focused()
}

#[test]
fn an_unknown_certificate_is_shown_whole() {
    let mut desk = Desk::new();
    desk.tell(asks_to_trust(Distrust::Expired, None));
    assert!(desk.is_open("Unknown certificate"));
    assert_eq!(desk.harness.get_all_by_label("Unknown certificate").count(), 1, "one name, one thing");
    for text in [
        "“ftp.example”, port 2121,",
        "It expired on 2021-01-01.",
        "CN=ftp.example, O=Example",
        "CN=Some CA",
        "2020-01-01 to 2021-01-01, expired",
        "RSA, 2048 bits",
        "0AFE",
        "AB:AB:AB:AB",
    ] {
        assert!(desk.says(text), "{text}");
    }
    desk.click(Role::ListBoxOption, "Some CA");
    assert!(desk.says("CN=Some CA, O=Example") && desk.says("CD:CD:CD:CD") && !desk.says("AB:AB:AB:AB"));
}

#[test]
fn trust_is_a_choice_and_rejecting_the_default() {
    for (button, answer) in [
        ("Trust once", Answer::Trust { always: false }),
        ("Always trust", Answer::Trust { always: true }),
        ("Reject", Answer::Never),
    ] {
        let mut desk = Desk::new();
        desk.tell(asks_to_trust(Distrust::SelfSigned, None));
        assert!(has_the_keys(&desk, "Reject"));
        desk.press(button);
        assert_eq!(answers(&mut desk), [answer]);
        assert!(!desk.is_open("Unknown certificate"));
    }
    for key in [Key::Enter, Key::Escape] {
        let mut desk = Desk::new();
        desk.tell(asks_to_trust(Distrust::SelfSigned, None));
        desk.key(key);
        assert_eq!(answers(&mut desk), [Answer::Never], "{key:?}");
    }
}

#[test]
fn a_changed_certificate_is_shouted_about_with_both_fingerprints() {
    let mut desk = Desk::new();
    desk.tell(asks_to_trust(Distrust::UnknownIssuer, Some(Fingerprint([0x11; 32]))));
    // The dialog's name is fixed; what it says is not.
    assert!(desk.is_open("Unknown certificate") && desk.says("certificate has changed"));
    assert!(desk.says("Trusted until now") && desk.says("11:11:11:11"));
    assert!(desk.says("Shown now") && desk.says("AB:AB:AB:AB"));
    assert!(has_the_keys(&desk, "Reject"));
    desk.key(Key::Enter);
    assert_eq!(answers(&mut desk), [Answer::Never]);
}

#[test]
fn clear_text_is_agreed_to_by_hand_only() {
    for (downgrade, alarm) in [(false, "offers no encryption"), (true, "it did not before")] {
        let mut desk = Desk::new();
        desk.tell(asks_for_clear_text(downgrade));
        assert!(desk.is_open("Unencrypted connection"));
        assert!(desk.says(alarm) && desk.says("500 no AUTH here") && desk.says("your password"));
        assert!(has_the_keys(&desk, "Cancel"));
        desk.key(Key::Enter);
        assert_eq!(answers(&mut desk), [Answer::Never]);
        desk.tell(asks_for_clear_text(downgrade));
        desk.key(Key::Escape);
        assert_eq!(answers(&mut desk), [Answer::Never]);
        desk.tell(asks_for_clear_text(downgrade));
        desk.press("Go on without encryption");
        assert_eq!(answers(&mut desk), [Answer::ClearText]);
    }
}

fn connected(sites: SiteBook) -> (Desk, ConnectionId) {
    let mut desk = Desk::with(Settings::default(), sites);
    let site = Arc::new(Site { host: "ftp.example".into(), user: "anna".into(), ..Site::default() });
    desk.harness.state_mut().ask(Action::Connect { site, secret: None });
    desk.run();
    let id = desk.commands().into_iter().find_map(|command| match command {
        Command::Connect { connection, .. } => Some(connection),
        _ => None,
    });
    (desk, id.expect("connecting"))
}

fn secured(connection: ConnectionId, data: bool) -> Event {
    let encryption = Encryption {
        version: "TLS 1.3".into(),
        cipher: "AES-256-GCM, SHA-384".into(),
        chain: vec![certificate("ftp.example", "Some CA", 0xAB)],
        by_user: true,
        data,
    };
    Event::Secured { connection, encryption: Some(Arc::new(encryption)) }
}

#[test]
fn the_status_bar_says_how_the_connection_is_encrypted() {
    let (mut desk, id) = connected(SiteBook::default());
    for step in [Step::Resolving, Step::Connecting, Step::Greeting, Step::Securing] {
        desk.tell(Event::Connection { connection: id, state: ConnectionState::Connecting(step) });
    }
    desk.tell(secured(id, true));
    desk.tell(Event::Connection { connection: id, state: ConnectionState::Connecting(Step::LoggingIn) });
    desk.connected(id);
    assert!(desk.has("Security: TLS 1.3"));
    desk.click(Role::Label, "Security: TLS 1.3");
    assert!(desk.says("AES-256-GCM, SHA-384") && desk.says("accepted by you") && desk.says("AB:AB:AB:AB"));
    desk.tell(secured(id, false));
    assert!(desk.has("Security: TLS 1.3, files in clear text"));
    desk.tell(Event::Secured { connection: id, encryption: None });
    assert!(desk.has("Security: none, clear text"));
    desk.tell(Event::Connection { connection: id, state: ConnectionState::Closed });
    assert!(desk.has("Security: none"));
}

#[test]
fn quick_connect_knows_what_was_learned_so_that_a_downgrade_alarms() {
    let mut sites = SiteBook::default();
    let learned = Learned { spoke_tls: true, ..Learned::default() };
    sites.visited.insert("anna@ftp.example:21".into(), learned);
    let (desk, _) = connected(sites);
    let site = desk.harness.state().model().connection.site.clone();
    assert!(site.expect("a site").learned.spoke_tls);
}

fn manager(learned: Learned) -> Desk {
    let mut sites = SiteBook::default();
    let site =
        Site { name: "Live".into(), host: "live.example".into(), user: "anna".into(), learned, ..Site::default() };
    sites.add(Node::Site(site), Spot::End);
    let mut desk = Desk::with(Settings::default(), sites);
    desk.press("Site Manager");
    desk
}

fn saved_site(desk: &mut Desk) -> Site {
    let sites = desk.saved().into_iter().rev().find_map(|saved| match saved {
        Saved::Sites(sites) => Some(sites),
        _ => None,
    });
    sites.expect("saved").find("Live").expect("there").clone()
}

#[test]
fn a_sites_encryption_is_set_in_detail() {
    let mut desk = manager(Learned::default());
    desk.click(Role::Tab, "Advanced");
    desk.choose("Minimum TLS", "TLS 1.3");
    desk.click(Role::CheckBox, "Encrypt data connections too");
    desk.type_into("Client certificate", "anna.pem");
    desk.type_into("Server clock", "noon");
    assert!(desk.says("whole path") && desk.says("such as +02:00 or -5"));
    desk.type_into("Client certificate", "/keys/anna.pem");
    desk.type_into("Private key", "/keys/anna.key");
    desk.type_into("Server clock", "-3:30");
    desk.click(Role::CheckBox, "Connect directly, not through the proxy");
    desk.click(Role::CheckBox, "Compress text on its way, where the server can");
    desk.press("Save");
    let site = saved_site(&mut desk);
    assert!(site.compression);
    assert_eq!((site.minimum_tls, site.protect_data, site.bypass_proxy), (Some(MinimumTls::V1_3), false, true));
    assert_eq!(site.clock_offset_minutes, Some(-210));
    let own = site.client_certificate.expect("a certificate");
    assert_eq!((own.certificate, own.key), ("/keys/anna.pem".into(), "/keys/anna.key".into()));
}

#[test]
fn what_keeps_a_site_from_being_saved_comes_in_sight() {
    let mut desk = manager(Learned::default());
    desk.click(Role::Tab, "Advanced");
    desk.type_into("Server clock", "noon");
    desk.click(Role::Tab, "General");
    desk.press("Save");
    assert!(desk.says("such as +02:00 or -5"), "the tab with the field is shown");
    desk.type_into("Server clock", "");
    desk.click(Role::Tab, "General");
    desk.type_into("Host", "");
    desk.click(Role::Tab, "Advanced");
    desk.press("Save");
    assert!(desk.says("Enter the server's name or address."));
}

#[test]
fn what_was_learned_is_told_in_words_corrected_and_forgotten_for_good() {
    let learned = Learned {
        epsv: Some(false),
        connection_cap: Some(3),
        clock_offset: Some(7200),
        spoke_tls: true,
        ..Learned::default()
    };
    let mut desk = manager(learned);
    desk.click(Role::Tab, "Learned (4)");
    assert!(desk.says("EPSV does not work") && desk.says("It speaks TLS"));
    desk.press("Forget: EPSV does not work: PASV is used.");
    assert!(!desk.says("EPSV does not work"));
    desk.type_into("Connections that it allows at once", "5");
    // The engine goes on learning meanwhile.
    let site = desk.harness.state().model().sites.find("Live").expect("there").id;
    let later = Learned { mode: Some(Mode::Active), ..learned };
    let key = "anna@live.example:21";
    desk.tell(Event::Learned { site, server_key: key.into(), learned: Box::new(later) });
    assert!(desk.says("Active mode works"));
    desk.saved();
    desk.press("Save");
    let wanted = Learned { epsv: None, connection_cap: Some(5), ..later };
    assert_eq!(saved_site(&mut desk).learned, wanted);
    let taught = desk.commands().into_iter().find_map(|command| match command {
        Command::Teach { server_key, learned } => Some((server_key, *learned)),
        _ => None,
    });
    assert_eq!(taught, Some((key.into(), wanted)));

    desk.press("Forget all");
    desk.press("Save");
    assert_eq!(saved_site(&mut desk).learned, Learned::default());
}

fn configured(desk: &mut Desk) -> (Box<Settings>, Vec<Option<Secret>>) {
    let (mut settings, mut secrets) = (None, Vec::new());
    for command in desk.commands() {
        match command {
            Command::Configure(new) => settings = Some(new),
            Command::KeepSecret { site, secret } => {
                assert_eq!(site, PROXY_SECRET);
                secrets.push(secret);
            }
            _ => {}
        }
    }
    (settings.expect("told"), secrets)
}

#[test]
fn encryption_limits_and_proxy_are_settings_with_the_password_in_the_keyring_only() {
    let mut desk = Desk::new();
    desk.press("Settings");
    desk.click(Role::CheckBox, "Keep idle connections alive");
    desk.click(Role::Tab, "Speed limits");
    desk.type_into("Download limit", "500");
    desk.click(Role::Tab, "Transfers");
    desk.type_into("Text files", "txt, HTML");
    desk.click(Role::Tab, "Encryption and proxy");
    desk.choose("Minimum TLS", "TLS 1.3");
    desk.choose("Proxy", "FTP gateway, SITE host");
    assert!(desk.says("Enter the proxy's name"));
    desk.click(Role::Tab, "General");
    assert!(desk.says("Something under Encryption and proxy"), "also where the field is out of sight");
    assert!(desk.button("Save").accesskit_node().is_disabled());
    desk.click(Role::Tab, "Encryption and proxy");
    desk.type_into("Proxy host", "gate.example");
    desk.type_into("Proxy port", "2121");
    desk.type_into("Proxy user", "anna");
    desk.type_into("Proxy password", "hunter2");
    desk.press("Save");
    let (settings, secrets) = configured(&mut desk);
    assert_eq!((settings.limit_down, settings.keep_alive), (Some(512_000), false));
    assert_eq!(settings.ascii_extensions, ["txt", "html"]);
    assert_eq!(settings.minimum_tls, MinimumTls::V1_3);
    let proxy = settings.proxy.as_ref().expect("a proxy");
    assert_eq!((proxy.kind, proxy.host.as_str()), (ProxyKind::Ftp(FtpProxy::Site), "gate.example"));
    assert_eq!((proxy.port, proxy.user.as_str()), (2121, "anna"));
    assert_eq!(secrets, [Some(Secret::from("hunter2"))]);
    assert!(!settings.to_ron().unwrap().contains("hunter2"));

    desk.press("Settings");
    desk.click(Role::Tab, "Encryption and proxy");
    desk.choose("Proxy", "None");
    desk.press("Save");
    let (settings, secrets) = configured(&mut desk);
    assert_eq!((settings.proxy, secrets), (None, vec![None]));
}
