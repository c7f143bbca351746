//! The engine against vsftpd, ProFTPD, Pure-FTPd and libunftp.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::io::{BufRead, BufReader, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream};

use common::{servers, unftp::Unftp};

fn login(addr: SocketAddr) -> Vec<String> {
    let mut stream = BufReader::new(TcpStream::connect(addr).unwrap());
    let mut lines = Vec::new();
    for command in ["", "USER twin\r\n", "PASS Twinport-test-1\r\n", "FEAT\r\n", "QUIT\r\n"] {
        stream.get_mut().write_all(command.as_bytes()).unwrap();
        loop {
            let mut line = String::new();
            stream.read_line(&mut line).unwrap();
            lines.push(line.trim_end().to_owned());
            if line.as_bytes().get(3) == Some(&b' ') && line.as_bytes()[0].is_ascii_digit() {
                break;
            }
        }
    }
    lines
}

#[test]
fn they_start() {
    for ip in [IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)] {
        let root = tempfile::tempdir().unwrap();
        let unftp = Unftp::start_on(root.path(), ip, 49152..=65535);
        println!("unftp {:#?}", login(unftp.addr()));
        for kind in servers::Kind::ALL {
            let server = servers::Server::start(&servers::Config::new(kind, root.path()).on(ip));
            println!("{} {:#?}", kind.name(), login(server.addr()));
        }
    }
}
