//! The site book on disk and sites from FileZilla: nothing lost, nothing secret in `sites.ron`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::fs;

use twinport::domain::{Charset, Learned, Logon, Mode, Security, Site, SiteColour, TransferMode};
use twinport::store::import::Import;
use twinport::store::sitebook::{Folder, Node, SiteBook, Spot};

const SITEMANAGER: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<FileZilla3 version="3.66.5" platform="*nix">
  <Servers>
    <Folder expanded="1">Work &amp; clients
      <Server>
        <Host>ftp.example.com</Host>
        <Port>2121</Port>
        <Protocol>4</Protocol>
        <Type>0</Type>
        <User>anna</User>
        <Pass encoding="base64">aHVudGVyMiDDtg==</Pass>
        <Logontype>1</Logontype>
        <PasvMode>MODE_ACTIVE</PasvMode>
        <MaximumMultipleConnections>3</MaximumMultipleConnections>
        <EncodingType>Custom</EncodingType>
        <CustomEncoding>windows-1251</CustomEncoding>
        <BypassProxy>0</BypassProxy>
        <Name>Client A</Name>
        <Comments>two
lines</Comments>
        <Colour>1</Colour>
        <LocalDir>/home/anna/a</LocalDir>
        <RemoteDir>1 0 3 pub 5 a b c</RemoteDir>
      </Server>
      <Folder expanded="0">Inner
        <Server><Host>10.0.0.9</Host><Port>990</Port><Protocol>3</Protocol><User>x</User><Account>acc</Account>
          <Pass encoding="base64">cHc=</Pass><Logontype>4</Logontype><PasvMode>MODE_PASSIVE</PasvMode>old style name</Server>
      </Folder>
    </Folder>
    <Server><Host>ssh.example.com</Host><Port>22</Port><Protocol>1</Protocol><Name>Shell</Name></Server>
    <Server><Host>::1</Host><Port>21</Port><Protocol>6</Protocol><Logontype>0</Logontype><Name>Mirror</Name></Server>
    <Server><Host>locked</Host><Protocol>0</Protocol><User>u</User><Pass encoding="crypt" pubkey="k">abc</Pass><Logontype>1</Logontype><Name>Locked</Name></Server>
    <Server><Host>ask</Host><Protocol>0</Protocol><User>u</User><Pass>never</Pass><Logontype>2</Logontype><Name>Ask</Name></Server>
  </Servers>
</FileZilla3>"#;

fn imported() -> (SiteBook, twinport::store::import::Added) {
    let mut book = SiteBook::default();
    let added = Import::read(SITEMANAGER.as_bytes()).expect("a site list").add_to(&mut book, Spot::End);
    (book, added)
}

#[test]
fn filezilla_sites_come_with_everything_that_ftp_knows() {
    let (book, added) = imported();
    assert_eq!(added.sites, 5);
    let a = book.find("Work & clients/Client A").expect("in its folder");
    let expected = Site {
        id: a.id,
        name: "Client A".into(),
        host: "ftp.example.com".into(),
        port: Some(2121),
        security: Security::Explicit,
        logon: Logon::Normal,
        user: "anna".into(),
        transfer_mode: Some(TransferMode::Active),
        charset: Charset::from_label("windows-1251"),
        connection_limit: Some(3),
        local_dir: Some("/home/anna/a".into()),
        remote_dir: Some("/pub/a b c".into()),
        notes: "two\nlines".into(),
        colour: SiteColour::Red,
        ..Site::default()
    };
    assert_eq!(a, &expected);
    let old = book.find("Work & clients/Inner/old style name").expect("the name as text");
    assert_eq!((old.security, old.port, old.logon), (Security::Implicit, None, Logon::Account));
    assert_eq!((old.account.as_str(), old.transfer_mode), ("acc", Some(TransferMode::Passive)));
    let mirror = book.find("Mirror").expect("there");
    assert_eq!((mirror.security, mirror.logon, mirror.host.as_str()), (Security::Off, Logon::Anonymous, "::1"));
}

#[test]
fn filezilla_passwords_go_to_the_keyring_by_site_and_what_is_left_out_is_told() {
    let (book, added) = imported();
    let of = |name: &str| {
        let id = book.find(name).expect("there").id;
        added.secrets.iter().find(|(site, _)| *site == id).map(|(_, secret)| secret.reveal().to_owned())
    };
    assert_eq!(of("Client A").as_deref(), Some("hunter2 ö"));
    assert_eq!(of("old style name").as_deref(), Some("pw"));
    for none in ["Mirror", "Locked", "Ask"] {
        assert_eq!(of(none), None, "{none}");
    }
    assert!(book.find("Shell").is_none());
    let told = added.notes.join("\n");
    assert!(told.contains("“Shell” was left out: it uses SFTP"), "{told}");
    assert!(told.contains("“Locked” is locked with FileZilla's master password"), "{told}");
    assert_eq!(added.notes.len(), 2, "{told}");
}

#[test]
fn no_secret_ever_gets_into_sites_ron() {
    let (book, added) = imported();
    let text = book.to_ron().expect("written");
    for (_, secret) in &added.secrets {
        assert!(!text.contains(secret.reveal()));
    }
    for word in ["aHVudGVy", "cHc=", "never", "hunter2", "assword", "ecret"] {
        assert!(!text.contains(word), "{word} in\n{text}");
    }
}

fn forget_accounts(items: &mut [Node]) {
    for node in items {
        match node {
            Node::Site(site) => site.account.clear(),
            Node::Folder(folder) => forget_accounts(&mut folder.items),
        }
    }
}

#[test]
fn the_site_book_comes_back_as_it_was_saved() {
    let (mut book, _) = imported();
    let id = book.find("Mirror").expect("there").id;
    let learned = Learned { mode: Some(Mode::Active), ..Learned::default() };
    assert!(book.learn(id, "", learned));
    assert!(!book.learn(id, "", learned), "nothing new");
    let dir = tempfile::tempdir().expect("a temporary folder");
    let path = dir.path().join("sites.ron");
    twinport::store::file::write_whole(&path, book.to_ron().expect("written").as_bytes()).expect("saved");
    let loaded = SiteBook::load(&path);
    assert_eq!(loaded.warnings, Vec::<String>::new());
    // All but the accounts, which are secrets and go into the keyring.
    forget_accounts(&mut book.items);
    assert_eq!(loaded.value, book);
}

#[test]
fn what_a_person_writes_by_hand_is_read() {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let path = dir.path().join("sites.ron");
    let text = r#"(items: [
        Site((name: "A", host: "a", port: 2121, colour: None, a_field_of_tomorrow: (1, "x"))),
        Folder((name: "F", items: [Site((id: 7, name: "B", port: Some(2122))), Site((id: 7, name: "C"))])),
    ])"#;
    fs::write(&path, text).expect("written");
    let loaded = SiteBook::load(&path);
    assert_eq!(loaded.value.sites().iter().map(|site| site.port()).collect::<Vec<_>>(), [2121, 2122, 21]);
    assert_eq!(loaded.warnings.len(), 1, "{:?}", loaded.warnings);
    let ids: std::collections::HashSet<_> = loaded.value.sites().iter().map(|site| site.id).collect();
    assert_eq!(ids.len(), 3, "every site has an id of its own");
}

#[test]
fn a_broken_site_book_is_kept_aside_and_never_overwritten() {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let path = dir.path().join("sites.ron");
    fs::write(&path, "(items: [Site((name: \"precious").expect("written");
    let loaded = SiteBook::load(&path);
    assert!(loaded.value.is_empty());
    assert!(loaded.warnings[0].contains("sites.ron could not be read"), "{:?}", loaded.warnings);
    twinport::store::file::write_whole(&path, b"()").expect("saved");
    let kept = fs::read_to_string(dir.path().join("sites.ron.broken")).expect("kept");
    assert!(kept.contains("precious"));
}

#[test]
fn an_export_is_read_back_under_new_ids() {
    let mut book = SiteBook::default();
    let site = Node::Site(Site { name: "A".into(), host: "a".into(), ..Site::default() });
    book.add(Node::Folder(Folder { name: "F".into(), items: vec![site], ..Folder::default() }), Spot::End);
    let text = book.to_ron().expect("exported");
    let added = Import::read(text.as_bytes()).expect("read").add_to(&mut book, Spot::End);
    assert_eq!((added.sites, added.notes.len()), (1, 0));
    let sites = book.sites();
    assert_eq!(sites.len(), 2);
    assert_ne!(sites[0].id, sites[1].id);
}
