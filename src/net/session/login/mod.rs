//! From an address to a usable session: greeting, USER, PASS, ACCT, FEAT, the login directory.

/// TLS: AUTH, PBSZ, PROT.
pub(in crate::net) mod secure;

/// FTP proxies that are told the host with the user's name.
pub(in crate::net) mod gateway;

use crate::domain::{Charset, Lesson, RemotePath, Secret, Security};
use crate::ftp::dialect::Dialect;
use crate::ftp::error::{FtpError, Stage, Stranger};
use crate::ftp::features::Features;
use crate::ftp::listing::System;
use crate::ftp::pathname;
use crate::ftp::reply::{Heard, Reply};
use crate::ftp::stamp::Stamp;
use crate::ftp::verb::{Argument, SecretArgument, Verb};
use crate::net::control::Control;
use crate::net::data::Arranger;
use crate::net::happening::{Happening, Observer, Step};
use crate::net::known::Welcome;
use crate::net::route;
use crate::net::session::listing::mlsd::Mlsd;
use crate::net::session::transfer::hashing::Hashing;
use crate::net::session::transfer::representation::Carriage;
use crate::net::session::{Ahead, Clock, Next, Server, Session};
use crate::net::terms::Dial;
use crate::net::wait::{Cancel, Wait};
use std::sync::Arc;
use std::time::Duration;

/// All the way.
pub(in crate::net) fn open(dial: &Dial, cancel: &Cancel, observer: Observer) -> Result<Session, FtpError> {
    let site = &dial.site;
    let failed = |error: std::io::Error| match crate::net::system_error::lacks_descriptors(&error) {
        true => FtpError::NoDescriptors,
        false => FtpError::CannotConnect {
            host: site.host.clone(),
            port: site.port(),
            kind: error.kind(),
            detail: crate::net::system_error::plain(&error),
        },
    };
    let mut wait = Wait::new(cancel).map_err(failed)?;
    let (stream, route) = route::reach(dial, &mut wait, &observer)?;
    let mut control = Control::new(stream, site.charset.clone(), observer, dial.timeouts.reply)?;
    for secret in dial.secret.iter().chain(dial.proxy.iter().filter_map(|(_, secret)| secret.as_ref())) {
        control.keep_secret(secret);
    }
    control.keep_secret(&Secret::from(site.account.as_str()));
    if site.security == Security::Implicit {
        secure::encrypt(dial, &mut control, &mut wait)?;
    }

    control.tell(Happening::Step(Step::Greeting));
    let greeting = control.reply(&mut wait, Stage::Greeting, dial.timeouts.connect);
    let greeting = greeted(greeting.map(|heard| heard.reply))?;
    // Behind a gateway there is no encryption to ask for (see `route`).
    if matches!(site.security, Security::Auto | Security::Explicit) && dial.gateway().is_none() {
        secure::by_asking(dial, knows_auth(&greeting), &mut control, &mut wait)?;
    }
    control.tell(Happening::Step(Step::LoggingIn));
    let learned = &site.learned;
    match learned.pipelining {
        Some(false) => control.forbid_pipelining(),
        known if known.unwrap_or(answers_in_order(&greeting)) => control.allow_pipelining(),
        _ => {}
    }
    if is_one_of(&greeting, &["vsftpd", "pure-ftpd"]) {
        control.forget_telnet();
    }
    let server = Server::read(&greeting);
    let at_once = server.is_known() && control.pipelines();
    let known = dial.known.welcome.latest().filter(|known| known.encrypted == control.guard().is_some());
    let arranger = Arranger::new(dial.mode, learned, dial.active.clone(), dial.timeouts.data).along(route);
    // 230 = this server knows its visitors by themselves.
    let usual = greeting.code != 230 && dial.gateway().is_none();
    let entered = match known.filter(|_| at_once && usual) {
        Some(known) => {
            let features = Features::parse(&known.feat);
            let plain = !announces(&features, dial, server);
            let port = plain.then(|| arranger.opens_first(&control)).flatten();
            enter_again(dial, (known, features), port, &mut control, &mut wait)?
        }
        None => {
            let swift = (usual || dial.gateway().is_some()) && log_in(dial, &mut control, &mut wait)?;
            let entered = enter(dial, at_once, &mut control, &mut wait)?;
            let whole = swift && usual && entered.said.pwd.reply.is_positive();
            dial.known.welcome.see(whole.then(|| Arc::clone(&entered.said)));
            entered
        }
    };
    let Entered { said, features, image, protected, port } = entered;
    let (dialect, home) = find_home(&said.syst, said.pwd.clone(), &mut control, &mut wait)?;
    let mut session = Session {
        dial: dial.clone(),
        cwd: home.clone(),
        home,
        dialect,
        system: System::from_syst(&said.syst.text()).filter(|_| said.syst.is_positive()),
        mlsd: Mlsd::new(features.mlst, learned.mlsd),
        mlst: features.mlst,
        list_all: learned.list_all,
        clock: Clock::new(site.clock_offset_minutes, learned),
        old_names: false,
        answers_feat: said.feat.is_positive(),
        stamps: Stamp::ways(&features),
        hashing: Hashing::new(&features),
        stamps_work: false,
        no_mkd: false,
        no_cwd: false,
        cwd_proves: None,
        sizes_directories: None,
        home_checked: false,
        untrue_home: None,
        bare_names: learned.paths == Some(false),
        bare_tries: 0,
        tells_sizes: None,
        renaming_left: false,
        carriage: Carriage::new(site, &features, image, server == Server::ProFtpd),
        protected,
        continued: false,
        resync_due: false,
        unsettled: false,
        next: Next::Nothing,
        ahead: Ahead::Nothing,
        foresight: true,
        server,
        active_failed: false,
        eager: false,
        timeouts: dial.timeouts,
        arranger: if announces(&features, dial, server) { arranger.announcing_all() } else { arranger },
        features,
        control,
        wait,
    };
    if let Some((verb, reply)) = port {
        session.ahead = Ahead::Asked(verb);
        session.opened(reply);
    }
    Ok(session)
}

/// What a login has brought.
struct Entered {
    said: Arc<Welcome>,
    features: Features,
    /// Whether TYPE I was taken.
    image: bool,
    /// Whether data connections are encrypted.
    protected: bool,
    /// EPSV or PASV, where it was asked along, and its answer.
    port: Option<(Verb, Reply)>,
}

/// Whether each transfer is to be announced by PRET. Pure-FTPd offers that and does nothing with it: it would be a round
/// trip for every file.
fn announces(features: &Features, dial: &Dial, server: Server) -> bool {
    features.pret && dial.site.learned.pret != Some(false) && server != Server::PureFtpd
}

/// Asks what a session must know. All harmless, and each stands for itself: one round trip where the server is known to
/// answer in order (`at_once`).
fn enter(dial: &Dial, at_once: bool, control: &mut Control, wait: &mut Wait) -> Result<Entered, FtpError> {
    let mut verbs = vec![Verb::Syst, Verb::Feat, Verb::Pwd, Verb::TypeImage];
    verbs.extend(secure::protection(dial, control));
    // These servers take it whether or not FEAT names it.
    let utf8 = at_once && writes_utf8(control);
    verbs.extend(utf8.then_some(Verb::OptsUtf8));
    let mut replies = match control.pipelines() {
        true => control.ask_all(&verbs, wait, Stage::Login)?,
        false => verbs.iter().map(|verb| inquire(verb, dial, control, wait)).collect::<Result<_, _>>()?,
    };
    if utf8 {
        replies.pop();
    }
    let [syst, feat, pwd, image, protection @ ..] = &replies[..] else { return Err(missing()) };
    let protected = secure::is_protected(dial, protection)?;
    let features = Features::parse(&feat.reply);
    let wishes = wishes(&features, features.utf8 && !utf8, control)?;
    if control.pipelines() && !wishes.is_empty() {
        control.ask_all(&wishes, wait, Stage::Login)?;
    } else {
        wishes.iter().try_for_each(|wish| inquire(wish, dial, control, wait).map(drop))?;
    }
    let said = Welcome {
        encrypted: control.guard().is_some(),
        syst: syst.reply.clone(),
        feat: feat.reply.clone(),
        pwd: pwd.clone(),
    };
    Ok(Entered { said: Arc::new(said), features, image: image.reply.is_positive(), protected, port: None })
}

/// One question behind the login. What a server need not know (SYST, FEAT, OPTS, CLNT) is not asked where it once was not
/// answered; one that is not answered now, or hung up on, ends this session, and the next goes without.
fn inquire(verb: &Verb, dial: &Dial, control: &mut Control, wait: &mut Wait) -> Result<Heard, FtpError> {
    if !verb.is_optional() {
        return control.ask(verb, wait, Stage::Login);
    }
    if dial.site.learned.feat == Some(false) {
        let reply = Reply { code: 502, lines: vec!["not asked".into()] };
        return Ok(Heard { reply, raw: Box::default() });
    }
    let patience = dial.timeouts.reply.min(OPTIONAL_PATIENCE);
    control.ask_within(verb, wait, Stage::Login, patience).inspect_err(|error| {
        if matches!(error, FtpError::Timeout { .. } | FtpError::Closed { last: None, .. } | FtpError::Lost { .. }) {
            control.note(format!("{} is not answered: it is left out from now on", verb.name()));
            control.tell(Happening::Learned(Lesson::Feat(false)));
        }
    })
}

/// For an answer to what a server need not know; those that do answer at once.
const OPTIONAL_PATIENCE: Duration = Duration::from_secs(8);

/// Logs in as another session has just done, where the server answers in order: all in one write, and `port` with it.
fn enter_again(
    dial: &Dial,
    (said, features): (Arc<Welcome>, Features),
    port: Option<Verb>,
    control: &mut Control,
    wait: &mut Wait,
) -> Result<Entered, FtpError> {
    let user = Verb::User(Argument::text(dial.site.login_name(), control.charset())?);
    let Some(password) = password(dial, control.charset())? else { return Err(FtpError::PasswordNeeded) };
    let protection = secure::protection(dial, control);
    let mut verbs = vec![user, Verb::Pass(password), Verb::TypeImage];
    verbs.extend_from_slice(&protection);
    verbs.extend(wishes(&features, true, control)?);
    verbs.extend(port.clone());
    let mut replies = control.ask_all(&verbs, wait, Stage::Login).map_err(refused)?;
    let opened = port.and_then(|verb| Some((verb, replies.pop()?.reply)));
    let [user, pass, image, rest @ ..] = &replies[..] else { return Err(missing()) };
    let no = if user.reply.is_negative() { Some(user) } else { Some(pass).filter(|pass| !pass.reply.is_positive()) };
    if let Some(no) = no {
        dial.known.welcome.see(None);
        return Err(FtpError::LoginRefused(no.reply.clone()));
    }
    let protected = secure::is_protected(dial, rest.get(..protection.len()).ok_or_else(missing)?)?;
    Ok(Entered { image: image.reply.is_positive(), features, said, protected, port: opened })
}

fn missing() -> FtpError {
    FtpError::Protocol { detail: "a reply is missing".into() }
}

/// The greeting, or why it is none.
fn greeted(greeting: Result<Reply, FtpError>) -> Result<Reply, FtpError> {
    let reply = match greeting {
        Ok(reply) => reply,
        // Too many users: passes by itself.
        Err(FtpError::Closed { last: Some(reply), .. }) => return Err(FtpError::LoginRefused(reply)),
        Err(error) => return Err(error),
    };
    match reply.code {
        // Mail servers greet with 220 too.
        220 if is_mail(&reply) => {
            Err(FtpError::NotFtp { stranger: Stranger::Mail, first_line: format!("220 {}", reply.text()) })
        }
        200..=299 => Ok(reply),
        _ => Err(FtpError::LoginRefused(reply)),
    }
}

/// Whether several commands in one write are answered in their order. Only servers that were seen to: libunftp carries
/// CWD, RNFR and DELE out beside the next command, so that replies change places and RNTO comes before its RNFR.
fn answers_in_order(welcome: &Reply) -> bool {
    is_one_of(welcome, &["vsftpd", "proftpd", "pure-ftpd", "pyftpdlib"])
}

/// Whether the server is one that takes AUTH TLS wherever it takes AUTH SSL: asking by the old name is a round trip in vain.
fn knows_auth(welcome: &Reply) -> bool {
    is_one_of(welcome, &["vsftpd", "proftpd", "pure-ftpd", "pyftpdlib", "filezilla"])
}

/// Whether the greeting names one of these servers.
fn is_one_of(welcome: &Reply, servers: &[&str]) -> bool {
    let text = welcome.text().to_ascii_lowercase();
    servers.iter().any(|server| text.contains(server))
}

fn is_mail(reply: &Reply) -> bool {
    let text = reply.text().to_ascii_uppercase();
    text.split(|c: char| !c.is_ascii_alphanumeric()).any(|word| matches!(word, "SMTP" | "ESMTP"))
        && !text.contains("FTP ")
}

/// USER, PASS, ACCT. Whether it went as most do: 331, then 230.
fn log_in(dial: &Dial, control: &mut Control, wait: &mut Wait) -> Result<bool, FtpError> {
    let site = &dial.site;
    let charset = control.charset().clone();
    // Checked before anything is sent.
    let user = Verb::User(Argument::text(site.login_name(), &charset)?);
    let password = password(dial, &charset)?;
    let account = SecretArgument::new(&Secret::from(site.account.as_str()), &charset)?;

    let mut reply = match dial.gateway() {
        Some(gateway) => gateway::introduce(gateway, site, control, wait)?,
        None => say(&user, control, wait)?,
    };
    let asks = reply.code == 331;
    if asks {
        let Some(password) = password else { return Err(FtpError::PasswordNeeded) };
        // Where the user chose clear text, or a gateway leaves no choice, this is no news.
        let wanted = site.security == Security::Auto && dial.gateway().is_none();
        if wanted && control.guard().is_none() && site.needs_password() {
            control.tell(Happening::InClear);
        }
        reply = say(&Verb::Pass(password), control, wait)?;
    }
    let usual = asks && reply.code == 230;
    if reply.code == 332 && !site.account.is_empty() {
        reply = say(&Verb::Acct(account), control, wait)?;
    }
    // 200 and 202 = not needed here; 230 and 232 = welcome.
    if reply.is_positive() { Ok(usual) } else { Err(FtpError::LoginRefused(reply)) }
}

fn say(verb: &Verb, control: &mut Control, wait: &mut Wait) -> Result<Reply, FtpError> {
    control.ask(verb, wait, Stage::Login).map(|heard| heard.reply).map_err(refused)
}

/// A server that says its no and hangs up has said no.
fn refused(error: FtpError) -> FtpError {
    match error {
        FtpError::Closed { last: Some(reply), .. } => FtpError::LoginRefused(reply),
        error => error,
    }
}

/// `None` = the user must say.
fn password(dial: &Dial, charset: &Charset) -> Result<Option<SecretArgument>, FtpError> {
    match &dial.secret {
        Some(secret) => SecretArgument::new(secret, charset).map(Some),
        // By custom, an address; ours would tell who somebody is who wants to be nobody.
        None if !dial.site.needs_password() => SecretArgument::new(&Secret::from("anonymous@"), charset).map(Some),
        None => Ok(None),
    }
}

/// Where the login has led, and how this server writes paths.
fn find_home(
    syst: &Reply,
    mut pwd: Heard,
    control: &mut Control,
    wait: &mut Wait,
) -> Result<(Dialect, RemotePath), FtpError> {
    // Servers older than RFC 959 know it by its first name only.
    if pwd.reply.is_not_implemented() {
        pwd = control.ask(&Verb::Xpwd, wait, Stage::Login)?;
    }
    let path = |pwd: &Heard| pwd.reply.is_positive().then(|| pathname::parse_257(&pwd.raw)).flatten();
    let mut home = path(&pwd);
    // IBM i shows libraries until it is asked for paths.
    let is_os400 = syst.text().to_ascii_uppercase().contains("OS/400");
    if is_os400 && home.as_ref().is_some_and(|home| !home.is_absolute()) {
        let reply = control.ask(&Verb::SiteNamefmt, wait, Stage::Login)?.reply;
        if reply.is_positive() {
            home = path(&control.ask(&Verb::Pwd, wait, Stage::Login)?).or(home);
        }
    }
    match home {
        Some(home) => Ok(Dialect::read(&home)),
        None => {
            control.note("The server does not say which directory this is; paths are relative to it");
            Ok((Dialect::Unix, RemotePath::default()))
        }
    }
}

/// Whether names go to the server in UTF-8.
fn writes_utf8(control: &Control) -> bool {
    control.charset().encode("ü").as_deref() == Some("ü".as_bytes())
}

/// OPTS: names in UTF-8 if that is wanted, and the facts that are not sent by themselves. Refusals do not matter.
fn wishes(features: &Features, utf8: bool, control: &Control) -> Result<Vec<Verb>, FtpError> {
    let mut wishes = Vec::new();
    if features.clnt {
        wishes.push(Verb::Clnt);
    }
    if utf8 && writes_utf8(control) {
        wishes.push(Verb::OptsUtf8);
    }
    if let Some(facts) = features.wanted_facts() {
        wishes.push(Verb::OptsMlst(Argument::new(facts.as_bytes())?));
    }
    Ok(wishes)
}

impl Session {
    /// The path as sent: absolute where the login directory is known, else as it is.
    pub(in crate::net) fn whole(&self, path: &RemotePath) -> RemotePath {
        if let Some(home) = &self.untrue_home {
            return path.relative_to(home).unwrap_or_else(|| path.clone());
        }
        if path.is_absolute() || !self.home.is_absolute() {
            path.clone()
        } else if path.is_home() {
            self.home.clone()
        } else {
            self.home.join(path.as_bytes())
        }
    }

    /// A directory as this server writes it.
    pub(in crate::net) fn dir_argument(&self, path: &RemotePath) -> Result<Argument, FtpError> {
        Argument::new(&self.dialect.dir(&self.whole(path)))
    }

    /// A file as this server writes it; where it goes by its bare name only, its directory is entered.
    pub(in crate::net) fn file_argument(&mut self, path: &RemotePath) -> Result<Argument, FtpError> {
        let whole = self.whole(path);
        if let Some(text) = self.dialect.file(&whole).filter(|_| !self.bare_names || !whole.is_absolute()) {
            return Argument::new(&text);
        }
        let (Some(parent), Some(name)) = (whole.parent(), whole.file_name()) else { return Argument::path(&whole) };
        let name = Argument::new(name)?;
        self.must_enter(&parent)?;
        Ok(name)
    }
}
