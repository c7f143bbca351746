//! Words for what can go wrong with TLS (RFC 4217, 8446).

use crate::domain::{Distrust, Offered};
use crate::ftp::error::{Stage, TlsTrouble};
use crate::ftp::explain::explanation::{Explanation, said, say};
use crate::ftp::reply::Reply;

/// A certificate that is not trusted by itself.
pub(super) fn untrusted(offered: &Offered) -> Explanation {
    let host = &offered.host;
    let own = offered.chain.first();
    let print = own.map(|own| own.fingerprint.to_string()).unwrap_or_default();
    if let Some(before) = offered.before {
        return Explanation {
            what: format!("The certificate of “{host}” has changed!"),
            why: format!(
                "You trusted {before}; now the server shows {print}. Its administrator may have renewed it, or somebody \
                 on the way pretends to be this server."
            ),
            advice: "Do not go on before the server's administrator has confirmed the new fingerprint.".into(),
        };
    }
    let day = |time: Option<crate::domain::Timestamp>| time.map(crate::domain::Timestamp::iso).unwrap_or_default();
    let why = match offered.distrust {
        Distrust::UnknownIssuer => format!(
            "It was signed by “{}”, whom this computer does not know.",
            own.map(|own| own.issuer.as_str()).unwrap_or_default()
        ),
        Distrust::SelfSigned => "The server has signed it itself, so nobody vouches for it.".into(),
        Distrust::WrongName => {
            format!(
                "It is for {}, not for “{host}”.",
                own.map(|own| own.names.join(", "))
                    .filter(|names| !names.is_empty())
                    .unwrap_or_else(|| "no host name".into())
            )
        }
        Distrust::Expired => format!("Its time was over on {}.", day(own.and_then(|own| own.not_after))),
        Distrust::NotYetValid => {
            format!(
                "It begins to be valid on {} only; this computer's clock may be wrong.",
                day(own.and_then(|own| own.not_before))
            )
        }
        Distrust::Revoked => "Its issuer has taken it back.".into(),
        Distrust::Unusable => "It cannot be read, or was not made for servers.".into(),
    };
    Explanation {
        what: format!("The certificate of “{host}” is not trusted."),
        why: format!("{why} SHA-256: {print}."),
        advice:
            "If the server's administrator confirms this fingerprint, trust it: in the window when it asks, on the \
                 command line with --trust and the fingerprint."
                .into(),
    }
}

/// The server takes no TLS, and must.
pub(super) fn no_tls(reply: &Reply, downgrade: bool) -> Explanation {
    if downgrade {
        return Explanation {
            what: "The server refuses encryption, and it did not before!".into(),
            why: format!("{} Somebody on the way may want to read along.", said(reply)),
            advice:
                "Nothing was sent, no password either. Ask the server's administrator; only if encryption was switched \
                     off on purpose choose “none” as the encryption for this site (--tls off)."
                    .into(),
        };
    }
    Explanation {
        what: "The server offers no encryption.".into(),
        why: said(reply),
        advice:
            "Nothing was sent, no password either. Choose another encryption for this site (automatic, or none: --tls auto, --tls off) if you \
                 trust the network, or ask the server's administrator for TLS."
                .into(),
    }
}

/// Clear text, and nobody has agreed to it.
pub(super) fn clear_text(reply: &Reply) -> Explanation {
    Explanation {
        what: "The server offers no encryption, and nobody has agreed to go on without.".into(),
        why: said(reply),
        advice: "Connect again and agree, or choose “none” as the encryption for this site (--tls off).".into(),
    }
}

/// Everything else.
pub(super) fn trouble(stage: Stage, trouble: &TlsTrouble) -> Explanation {
    let data = matches!(stage, Stage::DataConnection | Stage::Transfer | Stage::Completion);
    match trouble {
        TlsTrouble::NotTls => say(
            "The server does not speak TLS on this port.",
            "What it answered was no TLS: this is a plain FTP port, or another service.",
            "Where implicit TLS is chosen (usually port 990), choose explicit TLS (usually port 21); where it is explicit, the server \
             or something on the way answers in clear text after its yes to TLS: ask its administrator.",
        ),
        TlsTrouble::Version => say(
            "The server speaks no version of TLS that is safe enough.",
            "Twinport takes TLS 1.2 and 1.3; the server only has older ones, or the minimum in the settings is 1.3.",
            "Ask the server's administrator to switch TLS 1.2 on, or lower the minimum for this site.",
        ),
        TlsTrouble::Refused { alert } if data => Explanation {
            what: "The server refused to encrypt the data connection.".into(),
            why: format!("Its TLS says “{alert}”."),
            advice:
                "Try again; if it stays so, look at the server's log: it may want the command connection's TLS session \
                     to be continued, which Twinport does."
                    .into(),
        },
        TlsTrouble::Refused { alert } => Explanation {
            what: "The server broke the TLS handshake off.".into(),
            why: format!("Its TLS says “{alert}”: often there is no cipher that both sides take."),
            advice: "Ask the server's administrator to allow modern ciphers (AES-GCM or ChaCha20 with ECDHE).".into(),
        },
        TlsTrouble::ClientCertificate => say(
            "The server wants a client certificate.",
            "It refused the connection because we showed none, or one that it does not know.",
            "Choose your certificate and key files for this site in the Site Manager.",
        ),
        TlsTrouble::OwnCertificate { detail } => Explanation {
            what: "This site's client certificate cannot be used.".into(),
            why: format!("{detail}."),
            advice: "Choose PEM files that hold the certificate and its unencrypted private key.".into(),
        },
        TlsTrouble::ShortKey { bits } => Explanation {
            what: "The server's key is too short for this program.".into(),
            why: format!(
                "It is an RSA key of {bits} bits; fewer than 2,048 can be broken, and Twinport cannot use them."
            ),
            advice:
                "Ask the server's administrator for a certificate with a new key (RSA of 2,048 bits or more, or ECDSA)."
                    .into(),
        },
        TlsTrouble::Injected => say(
            "The encryption was not started: something came in clear text behind the server's yes.",
            "Somebody on the way can put words into the server's mouth like that. Nothing was sent, no password either.",
            "Try from another network. If it stays so, the server's software has a known fault and needs an update.",
        ),
        TlsTrouble::OtherCertificate => say(
            "The data connection shows another certificate than the command connection.",
            "That must be the same: somebody may have taken the data connection over, or several servers share the address.",
            "Try again; if it stays so, ask the server's administrator.",
        ),
        TlsTrouble::Truncated => say(
            "The encrypted data connection ended without its goodbye.",
            "The server crashed or the connection was cut: what came may be less than there is.",
            "Retry: what is there of a file is compared and continued. A server whose listings always end so has to be mended \
             by its administrator.",
        ),
        TlsTrouble::ClearText { words } => Explanation {
            what: format!("The server went on in clear text, in the middle of TLS: “{}”.", words.trim()),
            why: "Servers do so when one of their processes fails.".into(),
            advice: "Connect again. If it stays so, the server's log tells its administrator more.".into(),
        },
        TlsTrouble::Other { detail } => Explanation {
            what: if data { "The data connection's encryption failed." } else { "The encryption failed." }.into(),
            why: format!("TLS: {detail}."),
            advice: "Connect again. If it stays so, the message log helps the server's administrator.".into(),
        },
    }
}
