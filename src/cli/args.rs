//! What may stand on the command line. Only shapes and values are judged here; what they mean is decided by the verbs.

use std::path::{Path, PathBuf};

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::cli::Exit;
use crate::cli::output::complain;
use crate::cli::url::{Address, AddressError};
use crate::domain::{Fingerprint, PASSWORD_VARIABLE, Secret, Security, Site, TransferMode};
use crate::engine::message::ConflictPolicy;
use crate::engine::{ClearTextWarning, Trust};
use crate::store::settings::{Settings, Verify};
use crate::store::sitebook::SiteBook;
use crate::store::trust::TrustBook;

/// Behind the options. clap wraps the lines.
const AFTER_HELP: &str = "\
Without a command, the window opens.

Trailing slashes mean what they mean to rsync: `get URL/dir/ LOCAL` puts what is in dir into LOCAL, `get URL/dir LOCAL` \
makes LOCAL/dir. Paths in a URL are relative to the login directory; // or %2F first means the root.

The password comes from the URL, TWINPORT_PASSWORD, the saved site, or a prompt. Without a user in the URL the login is \
anonymous.

Exit status: 0 all done; 1 some transfer failed; 2 wrong usage; 3 could not connect or log in; 4 certificate not trusted; \
130 interrupted.";

/// A two-pane FTP client: a window for people, a command line for scripts.
#[derive(Debug, Parser)]
#[command(
    name = "twinport",
    version,
    about,
    disable_help_subcommand = true,
    override_usage = "twinport [OPTIONS] [URL|SITE]\n       twinport [OPTIONS] <COMMAND>",
    after_help = AFTER_HELP
)]
pub struct Arguments {
    /// Opens the window, connecting: a URL, or a saved site's name.
    #[arg(value_name = "URL|SITE")]
    pub target: Option<String>,
    /// Opens the window, connected to a practice server that lives in the program.
    #[arg(long)]
    pub practice: bool,
    /// Without one, the window.
    #[command(subcommand)]
    pub verb: Option<Verb>,
    /// For everything.
    #[command(flatten)]
    pub options: Options,
}

/// What the command line can do without the window.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Fetch a file or a whole directory (a URL ending in / is a directory).
    Get {
        /// What to fetch: ftp://user@host/path
        url: String,
        /// Where to put it.
        #[arg(default_value = ".")]
        local: PathBuf,
    },
    /// Send files or whole directories.
    Put {
        /// What to send.
        #[arg(required = true)]
        local: Vec<PathBuf>,
        /// Where to: ftp://user@host/path
        url: String,
    },
    /// List a directory.
    Ls {
        /// Which: ftp://user@host/path
        url: String,
        /// Permissions, owner, group, size and time as well.
        #[arg(short, long)]
        long: bool,
    },
    /// Show the saved sites; take them over from FileZilla, or write them to a file.
    Sites {
        /// Without one, the list.
        #[command(subcommand)]
        action: Option<SitesAction>,
    },
}

/// What `sites` can do.
#[derive(Debug, Subcommand)]
pub enum SitesAction {
    /// Take over the sites of FileZilla's sitemanager.xml, or of what Twinport exported.
    Import {
        /// Stays as it is.
        file: PathBuf,
    },
    /// Write the sites to a file that Twinport can import. Passwords stay here.
    Export {
        /// Must not exist yet.
        file: PathBuf,
    },
}

/// Options that stand anywhere.
#[derive(Debug, Clone, Args)]
pub struct Options {
    /// Who opens the data connection: passive (then active), only we, or only the server.
    #[arg(long, global = true, value_enum)]
    pub mode: Option<ModeArgument>,
    /// Encryption [default: by the URL: ftp:// = auto, ftpes:// = explicit, ftps:// = implicit].
    #[arg(long, global = true, value_enum)]
    pub tls: Option<TlsArgument>,
    /// Accept this certificate, whoever signed it: its fingerprint, as the message about it shows it.
    #[arg(long, global = true, value_name = "SHA256")]
    pub trust: Vec<Fingerprint>,
    /// Accept any certificate: whoever is on the way can read along.
    #[arg(long, global = true)]
    pub insecure: bool,
    /// Parallel FTP connections for a transfer.
    #[arg(long, global = true, value_name = "N", value_parser = clap::value_parser!(u8).range(1..=32))]
    pub connections: Option<u8>,
    /// Connections for one large file: a number, 1 = off, or auto = as many as make it faster (elsewhere than on
    /// Linux: one).
    #[arg(long, global = true, value_name = "N", value_parser = segments)]
    pub segments: Option<u8>,
    /// When a file is there already [default: resume where a partial file is ours, else ask; without a terminal skip].
    #[arg(long, global = true, value_enum, value_name = "WHAT")]
    pub on_exists: Option<OnExists>,
    /// How a finished file is checked [default: size].
    #[arg(long, global = true, value_enum, value_name = "HOW")]
    pub verify: Option<VerifyArgument>,
    /// Seconds to wait for the server [default: 20].
    #[arg(long, global = true, value_name = "SECONDS", value_parser = clap::value_parser!(u16).range(1..))]
    pub timeout: Option<u16>,
    /// At most so many bytes a second in each direction: 500K, 5M.
    #[arg(long, global = true, value_name = "RATE", value_parser = rate)]
    pub limit: Option<u64>,
    /// Automatic retries of what may pass by itself [default: 3].
    #[arg(long, global = true, value_name = "N")]
    pub retries: Option<u8>,
    /// Wait so long for room where a disk is full, here or on the server [default: 3600; without a terminal 15].
    #[arg(long, global = true, value_name = "SECONDS")]
    pub wait_for_room: Option<u32>,
    /// Send files straight under their own names, not under a temporary name first: for folders whose files are taken away
    /// as soon as they come.
    #[arg(long, global = true)]
    pub direct: bool,
    /// Keep settings, sites and queue there.
    #[arg(long, global = true, value_name = "DIR")]
    pub profile: Option<PathBuf>,
    /// One JSON object a line on stdout, for programs.
    #[arg(long, global = true)]
    pub json: bool,
    /// No progress, no summary; what failed is still told.
    #[arg(short, long, global = true)]
    pub quiet: bool,
    /// Show the FTP dialogue on stderr, secrets masked (twice: with times, sessions and connections).
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub verbose: u8,
}

/// `--mode`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ModeArgument {
    /// Passive, then active; many small files from afar in active mode where that works.
    Auto,
    /// We open the data connection.
    Passive,
    /// The server opens the data connection.
    Active,
}

/// `--tls`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum TlsArgument {
    /// Explicit if offered.
    Auto,
    /// AUTH TLS or nothing.
    Explicit,
    /// TLS from the first byte.
    Implicit,
    /// Clear text.
    Off,
}

/// `--on-exists`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum OnExists {
    /// Ask on the terminal.
    Ask,
    /// Replace it.
    Overwrite,
    /// Replace it where the source is newer.
    Newer,
    /// Replace it where the sizes differ.
    Size,
    /// Append what is missing.
    Resume,
    /// Keep both.
    Rename,
    /// Leave it.
    Skip,
}

/// `--verify`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum VerifyArgument {
    /// Both sizes agree.
    Size,
    /// Both checksums agree, where the server can compute one; else sizes.
    Hash,
    /// The server's word is enough.
    None,
}

/// What was asked of the program that it cannot do, in plain words.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum UsageError {
    /// A URL that is none.
    #[error(transparent)]
    Address(#[from] AddressError),
    /// `twinport SITE get ...`.
    #[error("“{0}” stands before the command: options may stand anywhere, a URL or a site only after get, put or ls")]
    TargetBeforeVerb(String),
    /// `twinport NAME` where no site has that name.
    #[error("there is no saved site “{0}”. `twinport sites` lists them; a URL begins with ftp://")]
    NoSuchSite(String),
    /// `get URL URL`, `put URL URL`. What may be a password is left out.
    #[error(
        "“{0}” is a URL, where a file or folder of this computer belongs (the URL comes first after get, last after put)"
    )]
    UrlForPath(String),
    /// `--practice` without the server.
    #[error("this build has no practice server: build with `cargo run --release --features practice -- --practice`")]
    NoPractice,
}

/// Reads the program's own arguments. Wrong usage is told and ends the program with status 2.
pub fn parse() -> Arguments {
    Arguments::parse()
}

/// Tells wrong usage in a sentence. The status to end with.
pub fn refuse(error: &UsageError) -> Exit {
    complain(&format!("{error}."));
    Exit::Usage
}

impl Arguments {
    /// What clap cannot see by itself.
    ///
    /// # Errors
    /// What this version cannot do, or what contradicts itself.
    pub fn check(&self) -> Result<(), UsageError> {
        if let (Some(target), Some(_)) = (&self.target, &self.verb) {
            return Err(UsageError::TargetBeforeVerb(target.clone()));
        }
        let locals = match &self.verb {
            Some(Verb::Get { local, .. }) => std::slice::from_ref(local),
            Some(Verb::Put { local, .. }) => local,
            _ => &[],
        };
        match locals.iter().find_map(|local| url_in_place_of(local)) {
            Some(shown) => Err(UsageError::UrlForPath(shown)),
            None => Ok(()),
        }
    }

    /// The site to open the window with and the password, where the URL or the environment has one; `None` = no site was
    /// named. A URL brings along what is saved for the same server and user.
    ///
    /// # Errors
    /// No such site, no such URL.
    pub fn site(&self, book: &SiteBook) -> Result<Option<(Site, Option<Secret>)>, UsageError> {
        let Some(target) = &self.target else { return Ok(None) };
        let (mut site, password) = if target.contains("://") {
            let address = Address::parse(target)?;
            let mut site = address.site(book);
            if !address.path.is_home() {
                site.remote_dir = Some(address.path.exact_text(&site.charset));
            }
            (site, address.password)
        } else {
            let site = book.find(target).ok_or_else(|| UsageError::NoSuchSite(target.clone()))?;
            (site.clone(), None)
        };
        self.options.apply_to_site(&mut site);
        let password = password.or_else(|| {
            let value = std::env::var(PASSWORD_VARIABLE).ok().filter(|_| site.needs_password());
            value.map(Secret::new)
        });
        Ok(Some((site, password)))
    }
}

impl Options {
    /// The settings with what the command line says on top. Without the schedule: who types a command wants it now.
    pub fn apply_to_settings(&self, settings: &mut Settings) {
        settings.schedule.clear();
        if let Some(mode) = self.mode {
            settings.transfer_mode = mode.into();
        }
        if let Some(connections) = self.connections {
            settings.connections = connections;
        }
        if let Some(segments) = self.segments {
            settings.segments = segments;
        }
        if let Some(seconds) = self.timeout {
            settings.connect_timeout_seconds = seconds;
            settings.reply_timeout_seconds = seconds;
        }
        if self.limit.is_some() {
            (settings.limit_down, settings.limit_up) = (self.limit, self.limit);
            settings.limits_on = true;
        }
        if let Some(retries) = self.retries {
            settings.retries = retries;
        }
        if let Some(verify) = self.verify {
            settings.verify = verify.into();
        }
    }

    /// Which certificates will do. `asks` = there is somebody to ask about clear text; else it is told, and gone on with.
    pub fn trust(&self, book: &TrustBook, sites: &SiteBook, asks: bool) -> Trust {
        Trust {
            book: book.clone(),
            accepted: self.trust.clone(),
            any: self.insecure,
            clear_text: !asks,
            spoke_tls: sites.tls_servers(),
            before_clear_text: ClearTextWarning::default(),
        }
    }

    /// A site with what the command line says on top: there, too, the command line wins over what was saved.
    pub fn apply_to_site(&self, site: &mut Site) {
        if let Some(mode) = self.mode {
            site.transfer_mode = Some(mode.into());
        }
        if self.connections.is_some() {
            site.connection_limit = self.connections;
        }
        if self.limit.is_some() {
            (site.limit_down, site.limit_up) = (None, None);
        }
        if let Some(tls) = self.tls {
            site.security = tls.into();
        }
        if self.direct {
            site.safe_uploads = Some(false);
        }
    }
}

impl From<TlsArgument> for Security {
    fn from(tls: TlsArgument) -> Self {
        match tls {
            TlsArgument::Auto => Self::Auto,
            TlsArgument::Explicit => Self::Explicit,
            TlsArgument::Implicit => Self::Implicit,
            TlsArgument::Off => Self::Off,
        }
    }
}

impl From<ModeArgument> for TransferMode {
    fn from(mode: ModeArgument) -> Self {
        match mode {
            ModeArgument::Auto => Self::Auto,
            ModeArgument::Passive => Self::Passive,
            ModeArgument::Active => Self::Active,
        }
    }
}

impl From<VerifyArgument> for Verify {
    fn from(verify: VerifyArgument) -> Self {
        match verify {
            VerifyArgument::Size => Self::Size,
            VerifyArgument::Hash => Self::Hash,
            VerifyArgument::None => Self::None,
        }
    }
}

impl From<OnExists> for ConflictPolicy {
    fn from(policy: OnExists) -> Self {
        match policy {
            OnExists::Ask => Self::Ask,
            OnExists::Overwrite => Self::Overwrite,
            OnExists::Newer => Self::Newer,
            OnExists::Size => Self::Size,
            OnExists::Resume => Self::Resume,
            OnExists::Rename => Self::Rename,
            OnExists::Skip => Self::Skip,
        }
    }
}

/// The URL that stands where a path belongs, without its user and password.
fn url_in_place_of(local: &Path) -> Option<String> {
    let text = local.to_str()?;
    let (scheme, rest) = text.split_once("://")?;
    let known = ["ftp", "ftps", "ftpes", "sftp", "http", "https", "file"];
    let is_url = known.iter().any(|known| scheme.eq_ignore_ascii_case(known)) && !local.exists();
    is_url.then(|| format!("{scheme}://{}", rest.rsplit('@').next().unwrap_or_default()))
}

/// `800`, `500K`, `1.5M`, `2G`: bytes a second, in steps of 1,024.
fn rate(text: &str) -> Result<u64, String> {
    let wrong = || format!("“{text}” is no rate: say 500K or 5M, for so many bytes a second");
    let bare = text.trim_end_matches(['b', 'B']);
    let (digits, unit) = match bare.split_at_checked(bare.len().saturating_sub(1)) {
        Some((digits, "K" | "k")) => (digits, 1_u64 << 10),
        Some((digits, "M" | "m")) => (digits, 1 << 20),
        Some((digits, "G" | "g")) => (digits, 1 << 30),
        _ => (bare, 1),
    };
    let (whole, tenths) = digits.split_once('.').unwrap_or((digits, "0"));
    let whole: u64 = whole.parse().map_err(|_| wrong())?;
    let tenths: u64 = tenths.get(..1).unwrap_or("x").parse().map_err(|_| wrong())?;
    match whole.checked_mul(unit).and_then(|bytes| bytes.checked_add(unit * tenths / 10)) {
        Some(0) | None => Err(wrong()),
        Some(bytes) => Ok(bytes),
    }
}

/// As the settings have it: 0 = as many as help.
fn segments(text: &str) -> Result<u8, String> {
    match text.parse() {
        Ok(number @ 1..=32) => Ok(number),
        _ if text == "auto" => Ok(0),
        _ => Err("a number from 1 to 32, or auto".into()),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn rates_are_read_as_people_write_them() {
        assert_eq!(rate("800"), Ok(800));
        assert_eq!(rate("500K"), Ok(512_000));
        assert_eq!(rate("1.5M"), Ok(1_572_864));
        assert_eq!(rate("2MB"), Ok(2 << 20));
        for wrong in ["", "0", "K", "-5K", "fast", "1.xM", "99999999999G"] {
            assert!(rate(wrong).is_err(), "{wrong}");
        }
    }
    use crate::store::sitebook::Node;

    fn read(line: &[&str]) -> Arguments {
        Arguments::try_parse_from([&["twinport"], line].concat()).expect("arguments")
    }

    #[test]
    fn the_declaration_is_consistent() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn options_stand_before_and_after_the_verb() {
        for line in [
            &["--json", "-v", "--mode", "active", "ls", "ftp://host/"][..],
            &["ls", "ftp://host/", "--json", "-v", "--mode=active"][..],
        ] {
            let arguments = read(line);
            assert!(arguments.options.json);
            assert_eq!(arguments.options.verbose, 1);
            assert_eq!(arguments.options.mode, Some(ModeArgument::Active));
            assert_eq!(arguments.check(), Ok(()));
        }
    }

    #[test]
    fn put_takes_many_sources_and_the_url_last() {
        let Some(Verb::Put { local, url }) = read(&["put", "a", "b/", "--", "-c", "ftp://host/to/"]).verb else {
            panic!("put");
        };
        assert_eq!(local, ["a", "b/", "-c"].map(PathBuf::from));
        assert_eq!(url, "ftp://host/to/");
    }

    #[test]
    fn get_without_a_place_fetches_into_the_current_folder() {
        let Some(Verb::Get { local, .. }) = read(&["get", "ftp://host/x"]).verb else { panic!("get") };
        assert_eq!(local, PathBuf::from("."));
    }

    #[test]
    fn wrong_usage_is_refused() {
        for line in [
            &["get"][..],
            &["put", "x"],
            &["ls"],
            &["--connections", "0"],
            &["--segments", "0"],
            &["--mode", "both"],
            &["--nonsense"],
        ] {
            let error = Arguments::try_parse_from([&["twinport"], line].concat()).expect_err("refused");
            assert_eq!(error.exit_code(), 2, "{line:?}");
        }
    }

    #[test]
    fn what_this_version_cannot_do_is_said() {
        let verify = |line: &[&str]| {
            let mut settings = Settings { verify: Verify::None, ..Settings::default() };
            read(line).options.apply_to_settings(&mut settings);
            settings.verify
        };
        assert_eq!(verify(&["--verify", "hash", "get", "ftp://h/x"]), Verify::Hash);
        assert_eq!(verify(&["get", "ftp://h/x", "--verify=size"]), Verify::Size);
        assert_eq!(verify(&["get", "ftp://h/x"]), Verify::None, "the settings'");
        assert_eq!(read(&["x", "ls", "ftp://h"]).check(), Err(UsageError::TargetBeforeVerb("x".into())));
        assert_eq!(read(&["--tls", "off", "ls", "ftp://h"]).check(), Ok(()));
    }

    #[test]
    fn the_window_opens_a_saved_site_by_name_and_a_url_with_what_is_saved_for_it() {
        let saved = [
            Site { name: "Work".into(), host: "files.example".into(), user: "ann".into(), ..Site::default() },
            Site { name: "Home".into(), host: "other.example".into(), ..Site::default() },
        ];
        let book = SiteBook { items: saved.into_iter().map(Node::Site).collect(), ..SiteBook::default() };
        let open = |target: &str| read(&[target, "--mode", "passive"]).site(&book);
        let (site, _) = open("home").expect("a site").expect("named");
        assert_eq!(site.host, "other.example");
        assert_eq!(site.transfer_mode, Some(TransferMode::Passive));
        let (site, password) = open("ftp://ann:pw@FILES.example/in%20box").expect("a site").expect("named");
        assert_eq!(site.name, "Work");
        assert_eq!(site.remote_dir.as_deref(), Some("in box"));
        assert_eq!(password, Some(Secret::from("pw")));
        assert_eq!(open("nowhere").expect_err("none"), UsageError::NoSuchSite("nowhere".into()));
    }
}
