//! Whether a server's certificate will do: the system's judgement, then the user's. Nobody is asked here: what the user must
//! look at is kept, the handshake fails, and the session is opened again when they have decided.

use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, WebPkiSupportedAlgorithms, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, DigitallySignedStruct, Error, SignatureScheme};

use crate::domain::{Distrust, Fingerprint, Offered, Site};
use crate::net::terms::TlsTerms;
use crate::net::tls::{bare_key, certificate};

/// Judges the certificates of one session: the control connection's first; every data connection must show the same.
pub(super) struct Verifier {
    system: Option<Arc<rustls_platform_verifier::Verifier>>,
    algorithms: WebPkiSupportedAlgorithms,
    host: String,
    port: u16,
    terms: TlsTerms,
    seen: Mutex<Seen>,
}

#[derive(Default)]
struct Seen {
    /// The control connection's.
    own: Option<CertificateDer<'static>>,
    by_user: bool,
    offered: Option<Arc<Offered>>,
    another: bool,
    /// Bits of an RSA key that is too short.
    short_key: Option<usize>,
}

impl Verifier {
    pub(super) fn new(provider: &Arc<CryptoProvider>, site: &Site, terms: &TlsTerms) -> Self {
        Self {
            system: system(provider),
            algorithms: provider.signature_verification_algorithms,
            host: site.host.trim().to_owned(),
            port: site.port(),
            terms: terms.clone(),
            seen: Mutex::default(),
        }
    }

    /// What the user must decide about, where a handshake failed for that.
    pub(super) fn offered(&self) -> Option<Arc<Offered>> {
        self.seen().offered.clone()
    }

    /// Whether the last data connection showed another certificate.
    pub(super) fn saw_another(&self) -> bool {
        std::mem::take(&mut self.seen().another)
    }

    /// Whether the certificate was accepted because of the user's word.
    pub(super) fn is_by_user(&self) -> bool {
        self.seen().by_user
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A certificate that the library cannot read (X.509 version 1, unknown critical extensions) and the user has accepted: its
    /// key alone must have signed the handshake.
    fn unless_by_user(
        &self,
        judgement: Result<HandshakeSignatureValid, Error>,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let Err(error) = judgement else { return judgement };
        let mut seen = self.seen();
        if let Some(bits) = bare_key::weak_rsa(certificate) {
            seen.short_key = Some(bits);
            return Err(error);
        }
        let signed_by_key =
            seen.by_user && bare_key::has_signed(certificate, signed.scheme, message, signed.signature());
        if signed_by_key { Ok(HandshakeSignatureValid::assertion()) } else { Err(error) }
    }

    /// Bits of the server's RSA key, where a handshake failed since it is too short.
    pub(super) fn short_key(&self) -> Option<usize> {
        self.seen().short_key
    }

    fn is_accepted(&self, fingerprint: Fingerprint) -> bool {
        self.terms.any || self.terms.accepted.contains(&fingerprint)
    }
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let mut seen = self.seen();
        if let Some(own) = &seen.own {
            if **own == **end_entity {
                return Ok(ServerCertVerified::assertion());
            }
            seen.another = true;
            return Err(Error::InvalidCertificate(CertificateError::ApplicationVerificationFailure));
        }
        let judgement = match &self.system {
            Some(system) => system.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now),
            // A system without any roots trusts nobody.
            None => Err(Error::InvalidCertificate(CertificateError::UnknownIssuer)),
        };
        let Err(error) = judgement else {
            seen.own = Some(end_entity.clone().into_owned());
            return Ok(ServerCertVerified::assertion());
        };
        let chain: Vec<_> =
            std::iter::once(end_entity).chain(intermediates).map(|der| certificate::describe(der)).collect();
        let fingerprint = certificate::fingerprint(end_entity);
        if self.is_accepted(fingerprint) {
            seen.own = Some(end_entity.clone().into_owned());
            seen.by_user = true;
            return Ok(ServerCertVerified::assertion());
        }
        let self_signed = certificate::is_self_signed(end_entity);
        seen.offered = Some(Arc::new(Offered {
            host: self.host.clone(),
            port: self.port,
            chain,
            distrust: distrust(&error, self_signed),
            before: self.terms.known.filter(|known| *known != fingerprint),
        }));
        Err(error)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.unless_by_user(verify_tls12_signature(message, cert, dss, &self.algorithms), message, cert, dss)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.unless_by_user(verify_tls13_signature(message, cert, dss, &self.algorithms), message, cert, dss)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}

impl std::fmt::Debug for Verifier {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Verifier")
    }
}

/// The system's roots, read once in the program's life; `None` where it has none.
fn system(provider: &Arc<CryptoProvider>) -> Option<Arc<rustls_platform_verifier::Verifier>> {
    static SYSTEM: OnceLock<Option<Arc<rustls_platform_verifier::Verifier>>> = OnceLock::new();
    SYSTEM.get_or_init(|| rustls_platform_verifier::Verifier::new(Arc::clone(provider)).ok().map(Arc::new)).clone()
}

fn distrust(error: &Error, self_signed: bool) -> Distrust {
    let Error::InvalidCertificate(reason) = error else { return Distrust::Unusable };
    match reason {
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => Distrust::Expired,
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => Distrust::NotYetValid,
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => Distrust::WrongName,
        CertificateError::Revoked => Distrust::Revoked,
        // As their own authority: OpenSSL's `req -x509` makes such ones.
        _ if self_signed => Distrust::SelfSigned,
        CertificateError::UnknownIssuer => Distrust::UnknownIssuer,
        _ => Distrust::Unusable,
    }
}
