//! The addresses of data connections: what PASV and EPSV answer, what PORT and EPRT say (RFC 959, 2428).

use std::net::{IpAddr, SocketAddr, SocketAddrV4};

/// The address in a 227's text: six numbers between commas, with or without brackets and other words.
pub fn parse_227(text: &str) -> Option<SocketAddrV4> {
    let mut rest = text.as_bytes();
    while let Some(at) = rest.iter().position(u8::is_ascii_digit) {
        let (numbers, length) = numbers(&rest[at..]);
        let negative = at > 0 && rest[at - 1] == b'-';
        // Five or seven are no address, wherever they begin.
        if !negative && let [a, b, c, d, high, low] = numbers[..] {
            let octet = |n: u32| u8::try_from(n).ok();
            let ip = [octet(a)?, octet(b)?, octet(c)?, octet(d)?];
            let port = u16::from_be_bytes([octet(high)?, octet(low)?]);
            return checked_port(port).map(|port| SocketAddrV4::new(ip.into(), port));
        }
        rest = &rest[at + length..];
    }
    None
}

/// The port in a 229's text: `(|||6446|)`, any printable delimiter (IBM i uses `!` or `$`). An address before it, as EPRT
/// has it (`|1|132.235.1.2|6446|`), is not looked at: RFC 2428 has the data connection go to the control's peer.
pub fn parse_229(text: &str) -> Option<u16> {
    (0..text.len()).find_map(|at| {
        let (&delimiter, rest) = text.as_bytes().get(at..)?.split_first()?;
        if !delimiter.is_ascii_graphic() || delimiter.is_ascii_digit() {
            return None;
        }
        let mut fields = rest[..rest.len().min(LONGEST_229)].split(|b| *b == delimiter);
        let (family, host, port) = (fields.next()?, fields.next()?, fields.next()?);
        // The delimiter behind the port.
        fields.next()?;
        let named = matches!(family, b"1" | b"2") && is_address(host);
        let empty = family.is_empty() && host.is_empty();
        if !(named || empty) || !port.iter().all(u8::is_ascii_digit) {
            return None;
        }
        checked_port(std::str::from_utf8(port).ok()?.parse().ok()?)
    })
}

/// Where to connect for data: the control connection's peer, whatever the server says about itself. A server behind NAT
/// names a private address; a malicious one names somebody else's (CVE-2021-4189).
pub fn data_target(control_peer: SocketAddr, port: u16) -> SocketAddr {
    let mut target = control_peer;
    target.set_port(port);
    target
}

/// `h1,h2,h3,h4,p1,p2`.
pub fn port(address: SocketAddrV4) -> String {
    let [a, b, c, d] = address.ip().octets();
    let [high, low] = address.port().to_be_bytes();
    format!("{a},{b},{c},{d},{high},{low}")
}

/// `|1|132.235.1.2|6275|`, `|2|1080::8|5282|`.
pub fn eprt(address: SocketAddr) -> String {
    let family = if address.is_ipv4() { 1 } else { 2 };
    format!("|{family}|{}|{}|", address.ip(), address.port())
}

/// Whether this address is on our side of any NAT: loopback, private, link-local.
pub fn is_near(ip: IpAddr) -> bool {
    match ip.to_canonical() {
        IpAddr::V4(ip) => ip.is_loopback() || ip.is_private() || ip.is_link_local(),
        IpAddr::V6(ip) => ip.is_loopback() || ip.is_unique_local() || ip.is_unicast_link_local(),
    }
}

/// Any port but 0. The connection goes to the server's own address ([`data_target`]), so that a low port reaches nobody
/// else; servers behind narrow firewalls do use them (<https://github.com/liximomo/vscode-sftp/issues/946>).
fn checked_port(port: u16) -> Option<u16> {
    (port > 0).then_some(port)
}

/// The numbers between commas (and blanks) at the beginning, the first seven of them, and how many bytes all take up.
fn numbers(bytes: &[u8]) -> (Vec<u32>, usize) {
    let mut numbers = Vec::with_capacity(7);
    let mut at = 0;
    loop {
        let digits = bytes[at..].iter().take_while(|b| b.is_ascii_digit()).count();
        if digits == 0 {
            return (numbers, at);
        }
        let number = bytes[at..at + digits]
            .iter()
            .fold(0_u32, |n, digit| n.saturating_mul(10).saturating_add(u32::from(digit - b'0')));
        if numbers.len() < 7 {
            numbers.push(number);
        }
        at += digits;
        let Some(rest) = bytes[at..].trim_ascii_start().strip_prefix(b",") else { return (numbers, at) };
        let next = rest.trim_ascii_start();
        if !next.first().is_some_and(u8::is_ascii_digit) {
            return (numbers, at);
        }
        at = bytes.len() - next.len();
    }
}

fn is_address(host: &[u8]) -> bool {
    std::str::from_utf8(host).is_ok_and(|host| host.parse::<IpAddr>().is_ok())
}

/// An IPv6 address, a port and what is between them is no longer.
const LONGEST_229: usize = 64;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn address(text: &str) -> Option<String> {
        parse_227(text).map(|address| address.to_string())
    }

    #[test]
    fn six_numbers_are_found_in_any_words() {
        for text in [
            "Entering Passive Mode (192,168,1,2,4,51)",
            "Entering Passive Mode 192,168,1,2,4,51",
            "=192,168,1,2,4,51",
            "Passive: 192, 168, 1, 2, 004, 051.",
            "Server 2 goes passive (192,168,1,2,4,51).",
            "Entering Passive Mode (192 , 168 , 1 , 2 , 4 , 51)",
            "Entering Passive Mode. 192,168,1,2,4,51",
            "1,2,3 ready: 192,168,1,2,4,51",
            "Entering Passive Mode (192,168,1,2,4,51,)",
            "Entering Passive Mode (192,168,001,002,004,051)",
        ] {
            assert_eq!(address(text).as_deref(), Some("192.168.1.2:1075"), "{text}");
        }
    }

    #[test]
    fn numbers_that_are_no_address_are_refused() {
        for text in [
            "",
            "Entering Passive Mode",
            ") foo bar (",
            "(1,2,3,4,5)",
            "(192,168,0,1,12,34,56)",
            "(192,168,1,256,4,51)",
            "(192,168,1,2,256,1)",
            "(1216,256,2,127,127,127)",
            "(4294967297,168,1,2,4,51)",
            "(192,168,-1,2,4,51)",
            "(-1,0,0,1,4,1)",
            "(192;168;1;2;4;51)",
            "(１９２,１６８,１,２,４,５１)",
            "(1,2,3,4,0,0)",
        ] {
            assert_eq!(address(text), None, "{text}");
        }
    }

    #[test]
    fn low_ports_are_ports() {
        assert_eq!(parse_227("Entering Passive Mode (1,2,3,4,3,222)").map(|named| named.port()), Some(990));
        assert_eq!(parse_229("Entering Extended Passive Mode (|||991|)"), Some(991));
    }

    #[test]
    fn any_delimiter_marks_the_extended_port() {
        for text in [
            "Entering Extended Passive Mode (|||6446|)",
            "(!!!6446!)",
            "($$$6446$)",
            "(~~~6446~)",
            "ok |||6446|",
            "(|1|132.235.1.2|6446|)",
            "(|2|1080::8:800:200C:417A|6446|)",
            "Extended... |x|, ((( then (|||06446|)",
        ] {
            assert_eq!(parse_229(text), Some(6446), "{text}");
        }
        for text in [
            "",
            "(|||)",
            "(|||0|)",
            "(|||70000|)",
            "(||6446|)",
            "(|||6446)",
            "(\u{0}\u{0}\u{0}6446\u{0})",
            "(|!!6446!)",
            "(   6446 )",
            "(\u{7f}\u{7f}\u{7f}6446\u{7f})",
            "(|||+6446|)",
            "(|||-1|)",
            "(|||6446 |)",
            "(|||４４|)",
            "(|3|1.2.3.4|6446|)",
            "(|1|localhost|6446|)",
            "11164461",
        ] {
            assert_eq!(parse_229(text), None, "{text:?}");
        }
    }

    #[test]
    fn the_control_peers_address_is_used_whatever_the_server_names() {
        let peer: SocketAddr = "203.0.113.5:21".parse().expect("an address");
        assert_eq!(data_target(peer, 5000).to_string(), "203.0.113.5:5000");
    }

    #[test]
    fn our_own_addresses_are_written_as_the_rfcs_say() {
        assert_eq!(port("10.0.0.1:1075".parse().expect("an address")), "10,0,0,1,4,51");
        assert_eq!(eprt("10.0.0.1:1075".parse().expect("an address")), "|1|10.0.0.1|1075|");
        assert_eq!(eprt("[fe80::1]:1075".parse().expect("an address")), "|2|fe80::1|1075|");
    }

    proptest! {
        #[test]
        fn any_text_never_panics(text in "\\PC{0,80}", digits in "[0-9,|() ]{0,60}") {
            parse_227(&text);
            parse_229(&text);
            parse_227(&digits);
            parse_229(&digits);
        }

        #[test]
        fn what_port_says_pasv_would_understand(ip in any::<[u8; 4]>(), number in 1024u16..) {
            let whole = SocketAddrV4::new(ip.into(), number);
            prop_assert_eq!(parse_227(&format!("({})", port(whole))), Some(whole));
        }
    }
}
