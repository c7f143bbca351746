//! The settings' proxy as the engine uses it: its password comes from the keyring, and a change of the settings holds from
//! the next task on.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::fs;
use std::sync::Arc;

use common::face::{Face, PROXY_PASSWORD, fetch, settings};
use common::ftp_server::FtpServer;
use common::proxy_server::ProxyServer;
use twinport::domain::{ProxyKind, RemotePath, Site, SiteId};
use twinport::engine::message::{Command, FtpError, JobError, JobState, LocalTarget, Settings};

fn proxied(proxy: &ProxyServer, user: &str) -> Settings {
    Settings { proxy: Some(proxy.proxy_as(user, "").0), connections: 1, ..settings() }
}

#[test]
fn the_proxys_password_comes_from_the_keyring_and_stays_out_of_the_log() {
    let server = FtpServer::start().file("/a", "whole");
    let proxy = ProxyServer::start(ProxyKind::Socks5).login("walter", PROXY_PASSWORD);
    let local = tempfile::tempdir().unwrap();
    let site = Arc::new(Site { id: SiteId(7), ..server.site() });
    let mut face = Face::start(proxied(&proxy, "walter"), None, "password");
    face.transfer_well(vec![fetch(&site, RemotePath::from("/a"), LocalTarget::Into(local.path().to_owned()))]);
    assert_eq!(fs::read(local.path().join("a")).unwrap(), b"whole");
    assert_eq!(proxy.asked().len(), 2, "commands and data: {:?}", proxy.asked());
    assert!(face.log.iter().any(|line| line.text.contains("through the SOCKS5 proxy")));
    assert!(face.log.iter().all(|line| !line.text.contains(PROXY_PASSWORD)));
}

#[test]
fn a_changed_proxy_holds_from_the_next_transfer_on_and_a_bypass_is_one() {
    let server = FtpServer::start().file("/a", "x").file("/b", "x").file("/c", "x").file("/d", "x");
    let (first, second) = (ProxyServer::start(ProxyKind::Socks5), ProxyServer::start(ProxyKind::HttpConnect));
    let local = tempfile::tempdir().unwrap();
    let order = |site: &Site, remote: &str| {
        fetch(&Arc::new(site.clone()), RemotePath::from(remote), LocalTarget::Into(local.path().to_owned()))
    };
    let site = Site { id: SiteId(7), ..server.site() };
    let mut face = Face::start(proxied(&first, ""), None, "password");
    face.transfer_well(vec![order(&site, "/a")]);
    assert_eq!((first.asked().len(), second.asked().len()), (2, 0));
    face.send(Command::Configure(Box::new(proxied(&second, ""))));
    face.transfer_well(vec![order(&site, "/b")]);
    assert_eq!((first.asked().len(), second.asked().len()), (2, 2), "no data past the new one");
    face.transfer_well(vec![order(&site, "/c")]);
    assert_eq!(second.asked().len(), 3, "the session is used again");
    let direct = Site { bypass_proxy: true, ..site };
    let mut face = Face::start(proxied(&first, ""), None, "password");
    face.transfer_well(vec![order(&direct, "/d")]);
    assert_eq!(first.asked().len(), 2);
}

#[test]
fn a_refusal_by_the_proxy_neither_asks_for_the_sites_password_nor_tries_again() {
    let server = FtpServer::start().file("/a", "x");
    let proxy = ProxyServer::start(ProxyKind::HttpConnect).login("walter", "another one");
    let local = tempfile::tempdir().unwrap();
    let site = Arc::new(Site { id: SiteId(7), ..server.site() });
    let mut face = Face::start(proxied(&proxy, "walter"), None, "password");
    let error = face.connect(&site, None).unwrap_err();
    assert!(matches!(error, FtpError::Proxy(_)), "{error:?}");
    let before = proxy.accepted();
    let order = fetch(&site, RemotePath::from("/a"), LocalTarget::Into(local.path().to_owned()));
    let jobs = face.transfer(vec![order]);
    assert!(matches!(jobs[0].state, JobState::Failed(JobError::Remote(FtpError::Proxy(_)))), "{:?}", jobs[0].state);
    assert!(face.questions.is_empty());
    assert_eq!(proxy.accepted(), before + 1);
}
