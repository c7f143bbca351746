//! FEAT (RFC 2389): what the server says it can.

use crate::ftp::reply::Reply;

/// What the server says it can. All `false` and empty where it has no FEAT.
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
    /// MDTM with a time sets it, and the server says so (Serv-U: `MDTM YYYYMMDDHHMMSS[+-TZ];filename`).
    pub mdtm_sets: bool,
    /// MFMT (draft-somers-ftp-mfxx).
    pub mfmt: bool,
    /// MFCT, which sets the time of creation.
    pub mfct: bool,
    /// MFF's facts, lower case: those that can be set.
    pub mff: Vec<String>,
    /// REST in stream mode, for RETR and STOR.
    pub rest_stream: bool,
    /// UTF-8 names (RFC 2640).
    pub utf8: bool,
    /// TVFS: `/` between the parts of any path (RFC 3659).
    pub tvfs: bool,
    /// LANG's languages, `true` = in use.
    pub lang: Vec<(String, bool)>,
    /// EPSV.
    pub epsv: bool,
    /// EPRT.
    pub eprt: bool,
    /// PRET: wants to know the command before PASV (drftpd).
    pub pret: bool,
    /// MODE Z: compression.
    pub mode_z: bool,
    /// AUTH TLS.
    pub auth_tls: bool,
    /// AUTH SSL, the older name.
    pub auth_ssl: bool,
    /// PBSZ.
    pub pbsz: bool,
    /// PROT.
    pub prot: bool,
    /// CCC: back to clear text on the control connection.
    pub ccc: bool,
    /// SSCN: the server can be the TLS client on a data connection (FXP).
    pub sscn: bool,
    /// CPSV: the same by another way.
    pub cpsv: bool,
    /// HOST (RFC 7151).
    pub host: bool,
    /// CLNT: wants to know who asks (some speak UTF-8 only then).
    pub clnt: bool,
    /// CSID, the newer form of it.
    pub csid: bool,
    /// HASH's algorithms, upper case; `true` = in use (draft-bryan-ftp-hash).
    pub hash: Vec<(String, bool)>,
    /// Verbs that give a checksum, upper case: `XCRC`, `XMD5`, `XSHA1`, `XSHA256`, `MD5`, ...
    pub checksums: Vec<String>,
    /// RANG STREAM: parts of files.
    pub rang: bool,
    /// COMB: joins parts into one file.
    pub comb: bool,
    /// AVBL: room left.
    pub avbl: bool,
    /// ESTA: which address the server takes for the data connection in active mode.
    pub esta: bool,
    /// ESTP: the same in passive mode.
    pub estp: bool,
    /// THMB: small pictures of pictures.
    pub thmb: bool,
    /// SITE's commands, upper case.
    pub site: Vec<String>,
}

impl Features {
    /// From FEAT's reply; an error reply has none.
    pub fn parse(reply: &Reply) -> Self {
        let mut features = Self::default();
        if !reply.is_positive() {
            return features;
        }
        for (at, line) in reply.lines.iter().enumerate() {
            // A star at the end marks what is in use (HASH, LANG).
            let line = line.trim_start_matches(|c: char| c.is_whitespace() || c == '*').trim_end();
            // "211-Site features:" offers no SITE.
            let heading = at == 0 && (reply.lines.len() > 1 || line.ends_with(':')) && is_heading(line);
            if !heading {
                let (name, rest) = line.split_once(|c: char| c.is_whitespace() || c == ':').unwrap_or((line, ""));
                features.add(&name.trim_end_matches('*').to_ascii_uppercase(), rest.trim());
            }
        }
        features
    }

    fn add(&mut self, name: &str, rest: &str) {
        match name {
            "MLST" | "MLSD" => {
                self.mlst = true;
                if !rest.is_empty() {
                    self.facts = starred(rest, str::to_ascii_lowercase);
                }
            }
            "SIZE" => self.size = true,
            "MDTM" => {
                self.mdtm = true;
                self.mdtm_sets |= rest.to_ascii_uppercase().starts_with("YYYYMMDD");
            }
            "MFMT" => self.mfmt = true,
            "MFCT" => self.mfct = true,
            "MFF" => self.mff.extend(words(rest).map(str::to_ascii_lowercase)),
            "REST" => self.rest_stream |= rest.to_ascii_uppercase().contains("STREAM"),
            "UTF8" | "UTF-8" => self.utf8 = true,
            "TVFS" => self.tvfs = true,
            "LANG" => self.lang.extend(starred(rest, str::to_owned)),
            "EPSV" => self.epsv = true,
            "EPRT" => self.eprt = true,
            "PRET" => self.pret = true,
            "MODE" => self.mode_z |= words(rest).any(|word| word.eq_ignore_ascii_case("Z")),
            "AUTH" => {
                // As Microsoft lists them: "AUTH TLS;TLS-C;SSL;TLS-P;".
                for word in words(rest) {
                    match word.to_ascii_uppercase().as_str() {
                        "TLS" | "TLS-C" => self.auth_tls = true,
                        "SSL" | "TLS-P" => self.auth_ssl = true,
                        _ => {}
                    }
                }
            }
            "PBSZ" => self.pbsz = true,
            "PROT" => self.prot = true,
            "CCC" => self.ccc = true,
            "SSCN" => self.sscn = true,
            "CPSV" => self.cpsv = true,
            "HOST" => self.host = true,
            "CLNT" => self.clnt = true,
            "CSID" => self.csid = true,
            "HASH" => self.hash.extend(starred(rest, str::to_ascii_uppercase)),
            "MD5" | "MMD5" | "XCRC" | "XMD5" | "XSHA" | "XSHA1" | "XSHA256" | "XSHA512" => {
                self.checksums.push(name.to_owned());
            }
            "RANG" => self.rang = true,
            "COMB" => self.comb = true,
            "AVBL" => self.avbl = true,
            "ESTA" => self.esta = true,
            "ESTP" => self.estp = true,
            "THMB" => self.thmb = true,
            "SITE" => self.site.extend(words(rest).map(str::to_ascii_uppercase)),
            _ => {}
        }
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

/// Words between semicolons, commas or blanks.
fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| c.is_whitespace() || matches!(c, ';' | ',')).filter(|word| !word.is_empty())
}

/// The same; a star marks those in use.
fn starred(text: &str, form: fn(&str) -> String) -> Vec<(String, bool)> {
    words(text)
        .map(|word| match word.strip_suffix('*') {
            Some(name) => (form(name), true),
            None => (form(word), false),
        })
        .collect()
}

/// "Extensions supported:", "Features follow", "Site features" and the like.
fn is_heading(line: &str) -> bool {
    let line = line.to_ascii_lowercase();
    line.ends_with(':')
        || ["feature", "extension", "support", "command", "follow"].iter().any(|word| line.contains(word))
}

const WANTED: &[&str] = &[
    "type",
    "size",
    "modify",
    "unique",
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

    #[test]
    fn every_known_feature_is_found() {
        let features = parse(
            211,
            &[
                "Features:",
                " AUTH TLS;TLS-C;SSL;TLS-P;",
                " PBSZ",
                " PROT C;P;",
                " CCC",
                " SSCN",
                " CPSV",
                " HOST",
                " CLNT",
                " CSID Name; Version;",
                " LANG EN*;FR;de-DE",
                " MDTM YYYYMMDDHHMMSS[+-TZ];filename",
                " MFMT",
                " MFCT",
                " MFF Modify;UNIX.group;UNIX.mode;",
                " MODE Z",
                " PRET",
                " TVFS",
                " EPSV",
                " EPRT",
                " HASH SHA-1*;MD5;crc32",
                " XCRC filename;start;end",
                " XMD5",
                " XSHA256",
                " RANG STREAM",
                " COMB target;source_list",
                " AVBL",
                " ESTA",
                " ESTP",
                " THMB BMP|JPEG|GIF|TIFF|PNG max_width max_height pathname",
                " SITE MKDIR;RMDIR;CHMOD",
                " SITE utime",
                "End",
            ],
        );
        let flags = [
            features.auth_tls,
            features.auth_ssl,
            features.pbsz,
            features.prot,
            features.ccc,
            features.sscn,
            features.cpsv,
            features.host,
            features.clnt,
            features.csid,
            features.mdtm,
            features.mdtm_sets,
            features.mfmt,
            features.mfct,
            features.mode_z,
            features.pret,
            features.tvfs,
            features.epsv,
            features.eprt,
            features.rang,
            features.comb,
            features.avbl,
            features.esta,
            features.estp,
            features.thmb,
        ];
        assert!(flags.iter().all(|flag| *flag), "{features:?}");
        assert_eq!(features.lang, [("EN".into(), true), ("FR".into(), false), ("de-DE".into(), false)]);
        assert_eq!(features.mff, ["modify", "unix.group", "unix.mode"]);
        assert_eq!(features.hash, [("SHA-1".into(), true), ("MD5".into(), false), ("CRC32".into(), false)]);
        assert_eq!(features.checksums, ["XCRC", "XMD5", "XSHA256"]);
        assert_eq!(features.site, ["MKDIR", "RMDIR", "CHMOD", "UTIME"]);
    }

    #[test]
    fn a_star_at_the_end_of_a_line_is_the_last_words() {
        let features = parse(211, &["x", " HASH MD5;SHA-256*", "*MDTM*", "End"]);
        assert_eq!(features.hash, [("MD5".into(), false), ("SHA-256".into(), true)]);
        assert!(features.mdtm);
    }

    #[test]
    fn each_way_to_offer_tls_is_understood() {
        for (line, tls, ssl) in [
            ("AUTH TLS", true, false),
            ("AUTH SSL", false, true),
            ("auth\ttls", true, false),
            ("AUTH TLS-C;TLS-P;", true, true),
            ("AUTH SSL,TLS", true, true),
            ("AUTH GSSAPI", false, false),
            ("AUTH", false, false),
        ] {
            let features = parse(211, &["Features", line, "End"]);
            assert_eq!((features.auth_tls, features.auth_ssl), (tls, ssl), "{line}");
        }
    }

    #[test]
    fn a_heading_offers_nothing_and_a_first_line_without_one_does() {
        let features = parse(211, &["Site features:", " SIZE", "End"]);
        assert!(features.site.is_empty() && features.size);
        assert!(parse(211, &["MDTM", "SIZE", "End"]).mdtm);
        assert!(parse(211, &["SIZE"]).size);
    }

    proptest! {
        #[test]
        fn any_lines_never_panic(lines in proptest::collection::vec("\\PC{0,60}", 0..8)) {
            Features::parse(&Reply { code: 211, lines }).wanted_facts();
        }
    }
}
