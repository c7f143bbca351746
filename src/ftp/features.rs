//! FEAT (RFC 2389): what the server says it can.

use super::reply::Reply;

/// What the server says it can. All `false` where it has no FEAT.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Features {
    /// MLSD and MLST.
    pub mlst: bool,
    /// MLST's facts, lower case; `true` = sent unless switched off.
    pub facts: Vec<(String, bool)>,
    /// SIZE.
    pub size: bool,
    /// MDTM.
    pub mdtm: bool,
    /// MFMT (draft-somers-ftp-mfxx).
    pub mfmt: bool,
    /// REST in stream mode, for RETR and STOR.
    pub rest_stream: bool,
    /// UTF-8 names (RFC 2640).
    pub utf8: bool,
    /// EPSV.
    pub epsv: bool,
    /// EPRT.
    pub eprt: bool,
    /// AUTH TLS.
    pub auth_tls: bool,
    /// MODE Z: compressed data connections (draft-preston-ftpext-deflate).
    pub mode_z: bool,
    /// SSCN: be the TLS client of a data connection, for transfers between two servers.
    pub sscn: bool,
    /// CPSV: the same, instead of PASV.
    pub cpsv: bool,
}

impl Features {
    /// From FEAT's reply; an error reply has none.
    pub fn parse(reply: &Reply) -> Self {
        let mut features = Self::default();
        if reply.code != 211 {
            return features;
        }
        for line in &reply.lines {
            let line = line.trim();
            let (name, rest) = line.split_once(' ').unwrap_or((line, ""));
            match name.to_ascii_uppercase().as_str() {
                "MLST" | "MLSD" => {
                    features.mlst = true;
                    if !rest.is_empty() {
                        features.facts = facts(rest);
                    }
                }
                "SIZE" => features.size = true,
                "MDTM" => features.mdtm = true,
                "MFMT" => features.mfmt = true,
                "REST" => features.rest_stream |= rest.to_ascii_uppercase().contains("STREAM"),
                "UTF8" | "UTF-8" => features.utf8 = true,
                "EPSV" => features.epsv = true,
                "EPRT" => features.eprt = true,
                "MODE" => features.mode_z |= rest.split([' ', ';']).any(|mode| mode.eq_ignore_ascii_case("Z")),
                "SSCN" => features.sscn = true,
                "CPSV" => features.cpsv = true,
                "AUTH" => features.auth_tls |= rest.to_ascii_uppercase().contains("TLS"),
                _ => {}
            }
        }
        features
    }

    /// What to ask for with OPTS MLST, where a fact we show is offered but not sent by itself.
    pub fn wanted_facts(&self) -> Option<String> {
        let wanted = |fact: &str| WANTED.contains(&fact);
        let missing = self.facts.iter().any(|(fact, sent)| !sent && wanted(fact));
        missing.then(|| {
            let names = self.facts.iter().filter(|(fact, _)| wanted(fact));
            names.map(|(fact, _)| format!("{fact};")).collect()
        })
    }
}

fn facts(text: &str) -> Vec<(String, bool)> {
    text.split(';')
        .map(str::trim)
        .filter(|fact| !fact.is_empty())
        .map(|fact| match fact.strip_suffix('*') {
            Some(name) => (name.to_ascii_lowercase(), true),
            None => (fact.to_ascii_lowercase(), false),
        })
        .collect()
}

const WANTED: &[&str] = &[
    "type",
    "size",
    "modify",
    "unix.mode",
    "unix.owner",
    "unix.ownername",
    "unix.uid",
    "unix.group",
    "unix.groupname",
    "unix.gid",
];

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parse(code: u16, lines: &[&str]) -> Features {
        Features::parse(&Reply { code, lines: lines.iter().map(|line| (*line).to_owned()).collect() })
    }

    #[test]
    fn features_are_read_whatever_their_case_and_indent() {
        let features = parse(
            211,
            &[
                "Extensions supported:",
                " size",
                "MDTM",
                "  MLST Type*;Size*;Modify;UNIX.mode;",
                " REST STREAM",
                " UTF8",
                " mode z",
                "End",
            ],
        );
        assert!(features.mode_z && !features.sscn && !features.cpsv);
        assert!(features.size && features.mdtm && features.mlst && features.rest_stream && features.utf8);
        assert!(!features.epsv && !features.mfmt && !features.auth_tls);
        assert_eq!(features.facts[2], ("modify".into(), false));
    }

    #[test]
    fn facts_that_must_be_switched_on_are_asked_for() {
        let features = parse(211, &["x", " MLST type*;size*;modify;perm;", "End"]);
        assert_eq!(features.wanted_facts().as_deref(), Some("type;size;modify;"));
        let features = parse(211, &["x", " MLST type*;size*;modify*;perm;", "End"]);
        assert_eq!(features.wanted_facts(), None);
    }

    #[test]
    fn a_refusal_or_an_empty_answer_means_none() {
        assert_eq!(parse(500, &["SIZE unknown"]), Features::default());
        assert_eq!(parse(211, &["no-features"]), Features::default());
        assert_eq!(parse(211, &[""]), Features::default());
    }

    proptest! {
        #[test]
        fn any_lines_never_panic(lines in proptest::collection::vec("\\PC{0,60}", 0..8)) {
            Features::parse(&Reply { code: 211, lines }).wanted_facts();
        }
    }
}
