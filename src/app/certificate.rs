//! Certificates in words: what the question about an untrusted one shows, and what the status bar tells of a trusted one.

use crate::domain::{Certificate, Distrust, Encryption, Fingerprint, Offered, Timestamp, visible};

/// A line about a certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fact {
    /// What it is about.
    pub label: &'static str,
    /// In words.
    pub value: String,
    /// This is what is wrong with it.
    pub wrong: bool,
}

/// What is wrong, in one sentence.
pub fn distrust(offered: &Offered) -> String {
    let own = offered.chain.first();
    match offered.distrust {
        Distrust::UnknownIssuer => {
            let issuer = own.map(|own| common_name(&own.issuer)).unwrap_or_default();
            format!("It was signed by “{issuer}”, whom this computer does not know.")
        }
        Distrust::SelfSigned => "The server has signed it itself, so nobody vouches for it.".into(),
        Distrust::WrongName => format!(
            "It was made for {}, not for “{}”.",
            own.map(names).unwrap_or_else(|| "another server".into()),
            offered.host
        ),
        Distrust::Expired => {
            format!("It expired on {}.", own.and_then(|own| own.not_after).map(day).unwrap_or_default())
        }
        Distrust::NotYetValid => format!(
            "It begins to be valid on {} only. Is this computer's clock right?",
            own.and_then(|own| own.not_before).map(day).unwrap_or_default()
        ),
        Distrust::Revoked => "Its issuer has taken it back: its key may be in wrong hands.".into(),
        Distrust::Unusable => "It cannot be read, or was not made for servers.".into(),
    }
}

/// What to call it in a list: the name in its subject, else the first host it is for.
pub fn title(certificate: &Certificate) -> String {
    let name = common_name(&certificate.subject);
    match (name.is_empty(), certificate.names.first()) {
        (true, Some(host)) => visible(host).into_owned(),
        (true, None) => "Unnamed".into(),
        _ => name,
    }
}

/// The certificate line by line; the fingerprint aside. `own` = it is the server's own, shown by `host`.
pub fn facts(certificate: &Certificate, host: Option<(&str, Distrust)>, now: Timestamp) -> Vec<Fact> {
    let fact = |label, value: String, wrong| Fact { label, value: visible(&value).into_owned(), wrong };
    let reason = host.map(|(_, distrust)| distrust);
    let mut facts = vec![fact("Issued to", or_dash(&certificate.subject), false)];
    if host.is_some() || !certificate.names.is_empty() {
        facts.push(fact("Valid for", names(certificate), reason == Some(Distrust::WrongName)));
    }
    let self_signed = certificate.issuer == certificate.subject;
    let unknown = matches!(reason, Some(Distrust::UnknownIssuer | Distrust::SelfSigned));
    let issuer = if self_signed { "itself".to_owned() } else { or_dash(&certificate.issuer) };
    facts.push(fact("Issued by", issuer, unknown));
    let (validity, over) = validity(certificate, now);
    facts.push(fact("Valid", validity, over));
    facts.push(fact("Key", or_dash(&certificate.key), false));
    facts.push(fact("Serial number", or_dash(&certificate.serial), false));
    facts
}

/// The fingerprint in lines of `bytes` bytes each, in groups of four that an eye can compare. Read aloud or copied, it
/// is the same as everywhere else: hexadecimal digits.
pub fn fingerprint(fingerprint: Fingerprint, bytes: usize) -> String {
    let groups = |line: &[u8]| {
        let group = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02X}")).collect::<Vec<_>>().join(":");
        line.chunks(4).map(group).collect::<Vec<_>>().join("  ")
    };
    fingerprint.0.chunks(bytes.max(4)).map(groups).collect::<Vec<_>>().join("\n")
}

/// How a connection is encrypted, line by line.
pub fn encryption(encryption: &Encryption) -> Vec<Fact> {
    let fact = |label, value: String, wrong| Fact { label, value: visible(&value).into_owned(), wrong };
    let mut facts =
        vec![fact("Version", encryption.version.clone(), false), fact("Cipher", or_dash(&encryption.cipher), false)];
    let data = if encryption.data { "encrypted" } else { "in clear text" };
    facts.push(fact("Files and listings", data.into(), !encryption.data));
    if let Some(own) = encryption.chain.first() {
        facts.push(fact("Certificate", title(own), false));
        facts.push(fact("Valid for", names(own), false));
        let itself = own.issuer == own.subject;
        facts.push(fact("Issued by", if itself { "itself".into() } else { common_name(&own.issuer) }, false));
        if let Some(end) = own.not_after {
            facts.push(fact("Valid till", day(end), false));
        }
    }
    let trusted = if encryption.by_user { "accepted by you" } else { "trusted by this computer" };
    facts.push(fact("Trust", trusted.into(), false));
    facts
}

/// `2024-01-05 to 2025-01-05`, and what is wrong about it.
fn validity(certificate: &Certificate, now: Timestamp) -> (String, bool) {
    let text = match (certificate.not_before, certificate.not_after) {
        (Some(from), Some(till)) => format!("{} to {}", day(from), day(till)),
        (None, Some(till)) => format!("till {}", day(till)),
        (Some(from), None) => format!("from {}", day(from)),
        (None, None) => return ("not said".into(), false),
    };
    let days = |from: Timestamp, to: Timestamp| to.seconds.saturating_sub(from.seconds) / 86_400;
    match (certificate.not_before, certificate.not_after) {
        (_, Some(till)) if till.seconds < now.seconds => {
            (format!("{text}, expired {} ago", span(days(till, now))), true)
        }
        (Some(from), _) if from.seconds > now.seconds => (format!("{text}, begins in {}", span(days(now, from))), true),
        _ => (text, false),
    }
}

fn span(days: i64) -> String {
    match days {
        0 => "less than a day".into(),
        1 => "1 day".into(),
        2..=60 => format!("{days} days"),
        61..=730 => format!("{} months", days / 30),
        _ => format!("{} years", days / 365),
    }
}

fn day(time: Timestamp) -> String {
    time.short().split(' ').next().unwrap_or_default().to_owned()
}

/// The hosts it is for; those of a provider's certificate can be hundreds.
fn names(certificate: &Certificate) -> String {
    const SHOWN: usize = 4;
    let shown: Vec<&str> = certificate.names.iter().take(SHOWN).map(String::as_str).collect();
    match certificate.names.len() {
        0 => "no host name".into(),
        all @ ..=SHOWN => visible(&shown[..all].join(", ")).into_owned(),
        all => visible(&format!("{} and {} more", shown.join(", "), all - SHOWN)).into_owned(),
    }
}

/// The name in `CN=ftp.example.com, O=Example`; all of it where there is none.
fn common_name(distinguished: &str) -> String {
    let name = distinguished.split(',').map(str::trim).find_map(|part| part.strip_prefix("CN="));
    visible(name.unwrap_or(distinguished)).into_owned()
}

fn or_dash(text: &str) -> String {
    if text.is_empty() { "–".into() } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: i64 = 86_400;

    fn certificate() -> Certificate {
        Certificate {
            subject: "CN=ftp.example.com, O=Example".into(),
            issuer: "CN=Example CA".into(),
            names: vec!["ftp.example.com".into()],
            not_before: Some(Timestamp::utc(0)),
            not_after: Some(Timestamp::utc(100 * DAY)),
            key: "ECDSA P-256".into(),
            serial: "0A".into(),
            fingerprint: Fingerprint([0xAB; 32]),
        }
    }

    #[test]
    fn what_is_wrong_is_said_with_the_names_and_days_it_is_about() {
        let say = |distrust| {
            let offered =
                Offered { host: "other.example".into(), port: 21, chain: vec![certificate()], distrust, before: None };
            super::distrust(&offered)
        };
        assert!(say(Distrust::UnknownIssuer).contains("“Example CA”"));
        assert!(say(Distrust::WrongName).contains("for ftp.example.com, not for “other.example”"));
        assert!(say(Distrust::Expired).contains("1970-04-11"));
    }

    #[test]
    fn the_line_that_is_wrong_is_marked_and_no_other() {
        let wrong = |distrust, now| {
            let facts = facts(&certificate(), Some(("ftp.example.com", distrust)), Timestamp::utc(now));
            facts.into_iter().filter(|fact| fact.wrong).map(|fact| fact.label).collect::<Vec<_>>()
        };
        assert_eq!(wrong(Distrust::Expired, 101 * DAY), ["Valid"]);
        assert_eq!(wrong(Distrust::UnknownIssuer, DAY), ["Issued by"]);
        assert_eq!(wrong(Distrust::WrongName, DAY), ["Valid for"]);
        assert_eq!(wrong(Distrust::NotYetValid, -DAY), ["Valid"]);
        let late = facts(&certificate(), None, Timestamp::utc(103 * DAY));
        assert!(late.iter().any(|fact| fact.value.ends_with("expired 3 days ago")), "{late:?}");
    }

    #[test]
    fn a_fingerprint_on_screen_reads_back_as_itself() {
        let whole = Fingerprint(std::array::from_fn(|at| u8::try_from(at).unwrap_or_default()));
        let text = fingerprint(whole, 16);
        assert_eq!(text.lines().count(), 2);
        assert!(text.starts_with("00:01:02:03  04:05"), "{text}");
        assert_eq!(text.parse(), Ok(whole));
    }

    #[test]
    fn a_name_that_would_turn_the_text_round_is_made_visible() {
        let evil = Certificate { subject: "CN=moc.live\u{202e}x".into(), ..certificate() };
        assert!(!title(&evil).contains('\u{202e}'));
        assert!(facts(&evil, None, Timestamp::utc(0)).iter().all(|fact| !fact.value.contains('\u{202e}')));
    }
}
