//! What is in a certificate, for people. rustls judges it; here it is only read.

use ring::digest::{SHA256, digest};
use x509_parser::prelude::*;
use x509_parser::public_key::PublicKey;

use crate::domain::{Certificate, Fingerprint, Timestamp};

/// In words. A certificate that cannot be read has its fingerprint all the same.
pub(super) fn describe(der: &[u8]) -> Certificate {
    let fingerprint = fingerprint(der);
    let Ok((_, certificate)) = X509Certificate::from_der(der) else {
        return Certificate {
            subject: "unreadable".into(),
            issuer: String::new(),
            names: Vec::new(),
            not_before: None,
            not_after: None,
            key: String::new(),
            serial: String::new(),
            fingerprint,
        };
    };
    let time = |time: &ASN1Time| Some(Timestamp::utc(time.timestamp()));
    Certificate {
        subject: shown(&certificate.subject().to_string()),
        issuer: shown(&certificate.issuer().to_string()),
        names: names(&certificate),
        not_before: time(&certificate.validity().not_before),
        not_after: time(&certificate.validity().not_after),
        key: key(&certificate),
        serial: certificate.raw_serial_as_string(),
        fingerprint,
    }
}

/// SHA-256 of the DER.
pub(super) fn fingerprint(der: &[u8]) -> Fingerprint {
    let mut bytes = [0; 32];
    bytes.copy_from_slice(digest(&SHA256, der).as_ref());
    Fingerprint(bytes)
}

/// Whether it names itself as its issuer.
pub(super) fn is_self_signed(der: &[u8]) -> bool {
    X509Certificate::from_der(der)
        .is_ok_and(|(_, certificate)| certificate.subject().as_raw() == certificate.issuer().as_raw())
}

fn names(certificate: &X509Certificate<'_>) -> Vec<String> {
    let Ok(Some(extension)) = certificate.subject_alternative_name() else { return Vec::new() };
    let names = extension.value.general_names.iter().filter_map(|name| match name {
        GeneralName::DNSName(name) => Some(shown(name)),
        GeneralName::IPAddress(bytes) => match bytes.len() {
            4 => <[u8; 4]>::try_from(*bytes).ok().map(|bytes| std::net::IpAddr::from(bytes).to_string()),
            16 => <[u8; 16]>::try_from(*bytes).ok().map(|bytes| std::net::IpAddr::from(bytes).to_string()),
            _ => None,
        },
        _ => None,
    });
    names.take(MOST_NAMES).collect()
}

fn key(certificate: &X509Certificate<'_>) -> String {
    let key = certificate.public_key();
    match key.parsed() {
        Ok(PublicKey::RSA(rsa)) => format!("RSA, {} bits", rsa.key_size()),
        Ok(PublicKey::EC(point)) => format!("ECDSA, {} bits", point.key_size()),
        _ if key.algorithm.algorithm.to_id_string() == "1.3.101.112" => "Ed25519".into(),
        _ => "unknown".into(),
    }
}

/// Whoever made the certificate wrote this: no control characters reach the screen.
fn shown(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { char::REPLACEMENT_CHARACTER } else { c }).take(MOST_TEXT).collect()
}

const MOST_NAMES: usize = 64;
const MOST_TEXT: usize = 512;
