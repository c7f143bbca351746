//! From an address to a usable session: greeting, USER, PASS, ACCT, FEAT, the login directory.

use crate::domain::{Charset, RemotePath, Secret, Security};
use crate::ftp::dialect::Dialect;
use crate::ftp::error::{FtpError, Stage, Stranger};
use crate::ftp::features::Features;
use crate::ftp::listing::System;
use crate::ftp::pathname;
use crate::ftp::reply::{Heard, Reply};
use crate::ftp::verb::{Argument, SecretArgument, Verb};
use crate::net::control::Control;
use crate::net::data::Arranger;
use crate::net::dial;
use crate::net::happening::{Happening, Observer, Step};
use crate::net::route;
use crate::net::terms::Dial;
use crate::net::wait::{Cancel, Wait};

use super::hash::Hashing;
use super::list::Mlsd;
use super::transfer::Carriage;
use super::{Ahead, Clock, Next, Server, Session, gateway, secure, stamp};

/// All the way.
pub(super) fn open(dial: &Dial, cancel: &Cancel, observer: Observer) -> Result<Session, FtpError> {
    let site = &dial.site;
    let failed = |error: std::io::Error| FtpError::CannotConnect {
        host: site.host.clone(),
        port: site.port(),
        kind: error.kind(),
        detail: dial::plain(&error),
    };
    let mut wait = Wait::new(cancel).map_err(failed)?;
    let (stream, route) = route::reach(dial, &mut wait, &observer)?;
    let mut control = Control::new(stream, site.charset.clone(), observer, dial.timeouts.reply)?;
    if site.security == Security::Implicit {
        secure::encrypt(dial, &mut control, &mut wait)?;
    }

    control.tell(Happening::Step(Step::Greeting));
    let greeting = control.reply(&mut wait, Stage::Greeting, dial.timeouts.connect);
    let welcome = greeted(greeting.map(|heard| heard.reply))?;
    // Behind a gateway there is no encryption to ask for (see `route`).
    if matches!(site.security, Security::Auto | Security::Explicit) && dial.gateway().is_none() {
        secure::by_asking(dial, knows_auth(&welcome), &mut control, &mut wait)?;
    }
    control.tell(Happening::Step(Step::LoggingIn));
    let learned = &site.learned;
    match learned.pipelining {
        Some(false) => control.forbid_pipelining(),
        known if known.unwrap_or(answers_in_order(&welcome)) => control.allow_pipelining(),
        _ => {}
    }
    if is_one_of(&welcome, &["vsftpd", "pure-ftpd"]) {
        control.forget_telnet();
    }
    let at_once = Server::read(&welcome).is_known() && control.pipelines();
    // 230 = this server knows its visitors by themselves.
    let entrance = if welcome.code == 230 && dial.gateway().is_none() {
        Vec::new()
    } else if at_once && dial.gateway().is_none() && dial.known.takes_password.is_true() {
        entrance(dial, &control)?
    } else {
        log_in(dial, &mut control, &mut wait)?;
        Vec::new()
    };

    // All harmless, and each stands for itself: one round trip where the server is known.
    let mut verbs = entrance.clone();
    verbs.extend([Verb::Syst, Verb::Feat, Verb::Pwd, Verb::TypeImage]);
    verbs.extend(secure::protection(dial, &control));
    // These servers take it whether or not FEAT names it.
    let utf8 = at_once && writes_utf8(&control);
    verbs.extend(utf8.then_some(Verb::OptsUtf8));
    let replies = control.ask_all(&verbs, &mut wait, Stage::Login);
    let replies = if entrance.is_empty() { replies? } else { has_entered(dial, replies.map_err(refused)?)? };
    let replies = &replies[..replies.len() - usize::from(utf8)];
    let [syst, feat, pwd, image, protection @ ..] = replies else {
        return Err(FtpError::Protocol { detail: "a reply is missing".into() });
    };
    let protected = secure::is_protected(dial, protection)?;
    let features = Features::parse(&feat.reply);
    let answers_feat = feat.reply.is_positive();
    let image = image.reply.is_positive();
    let (dialect, home) = find_home(&syst.reply, pwd.clone(), &mut control, &mut wait)?;
    tell_wishes(&features, utf8, &mut control, &mut wait)?;

    let mut arranger = Arranger::new(dial.mode, learned, dial.active.clone(), dial.timeouts.data).along(route);
    // Pure-FTPd offers it and does nothing with it: that would be a round trip for every file.
    if features.pret && learned.pret != Some(false) && !is_one_of(&welcome, &["pure-ftpd"]) {
        arranger.announce_all();
    }
    Ok(Session {
        dial: dial.clone(),
        cwd: home.clone(),
        home,
        dialect,
        system: System::from_syst(&syst.reply.text()).filter(|_| syst.reply.is_positive()),
        mlsd: Mlsd::new(features.mlst, learned.mlsd),
        mlst: features.mlst,
        list_all: learned.list_all,
        clock: Clock::new(site.clock_offset_minutes, learned),
        old_names: false,
        answers_feat,
        stamps: stamp::ways(&features),
        hashing: Hashing::new(&features),
        stamps_work: false,
        renaming_left: false,
        carriage: Carriage::new(site, &features, image, is_one_of(&welcome, &["proftpd"])),
        protected,
        continued: false,
        resync_due: false,
        unsettled: false,
        next: Next::Nothing,
        ahead: Ahead::Nothing,
        foresight: true,
        server: Server::read(&welcome),
        active_failed: false,
        eager: false,
        features,
        timeouts: dial.timeouts,
        arranger,
        control,
        wait,
    })
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

fn log_in(dial: &Dial, control: &mut Control, wait: &mut Wait) -> Result<(), FtpError> {
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
    if reply.code == 331 {
        let Some(password) = password else { return Err(FtpError::PasswordNeeded) };
        // Where the user chose clear text, or a gateway leaves no choice, this is no news.
        let wanted = site.security == Security::Auto && dial.gateway().is_none();
        if wanted && control.guard().is_none() && site.needs_password() {
            control.tell(Happening::InClear);
        }
        reply = say(&Verb::Pass(password), control, wait)?;
        dial.known.takes_password.see(reply.code == 230);
    }
    if reply.code == 332 && !site.account.is_empty() {
        reply = say(&Verb::Acct(account), control, wait)?;
    }
    // 200 and 202 = not needed here; 230 and 232 = welcome.
    if reply.is_positive() { Ok(()) } else { Err(FtpError::LoginRefused(reply)) }
}

/// What another session has just logged in with.
fn entrance(dial: &Dial, control: &Control) -> Result<Vec<Verb>, FtpError> {
    let user = Verb::User(Argument::text(dial.site.login_name(), control.charset())?);
    let Some(password) = password(dial, control.charset())? else { return Err(FtpError::PasswordNeeded) };
    Ok(vec![user, Verb::Pass(password)])
}

/// What the server said to USER and PASS of the [`entrance`]; the rest is what it said to the rest.
fn has_entered(dial: &Dial, replies: Vec<Heard>) -> Result<Vec<Heard>, FtpError> {
    let mut replies = replies.into_iter();
    let (user, pass) = (replies.next(), replies.next());
    let no = user.filter(|user| user.reply.is_negative()).or(pass.filter(|pass| !pass.reply.is_positive()));
    if let Some(no) = no {
        dial.known.takes_password.see(false);
        return Err(FtpError::LoginRefused(no.reply));
    }
    Ok(replies.collect())
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

/// OPTS: names in UTF-8, unless the server was told (`utf8`), and the facts that are not sent by themselves. Refusals do not
/// matter.
fn tell_wishes(features: &Features, utf8: bool, control: &mut Control, wait: &mut Wait) -> Result<(), FtpError> {
    let mut wishes = Vec::new();
    if features.clnt {
        wishes.push(Verb::Clnt);
    }
    if features.utf8 && !utf8 && writes_utf8(control) {
        wishes.push(Verb::OptsUtf8);
    }
    if let Some(facts) = features.wanted_facts() {
        wishes.push(Verb::OptsMlst(Argument::new(facts.as_bytes())?));
    }
    if !wishes.is_empty() {
        control.ask_all(&wishes, wait, Stage::Login)?;
    }
    Ok(())
}

impl Session {
    /// The path as sent: absolute where the login directory is known, else as it is.
    pub(super) fn whole(&self, path: &RemotePath) -> RemotePath {
        if path.is_absolute() || !self.home.is_absolute() {
            path.clone()
        } else if path.is_home() {
            self.home.clone()
        } else {
            self.home.join(path.as_bytes())
        }
    }

    /// A directory as this server writes it.
    pub(super) fn dir_argument(&self, path: &RemotePath) -> Result<Argument, FtpError> {
        Argument::new(&self.dialect.dir(&self.whole(path)))
    }

    /// A file as this server writes it; where it goes by its bare name only, its directory is entered.
    pub(super) fn file_argument(&mut self, path: &RemotePath) -> Result<Argument, FtpError> {
        let whole = self.whole(path);
        if let Some(text) = self.dialect.file(&whole) {
            return Argument::new(&text);
        }
        let (Some(parent), Some(name)) = (whole.parent(), whole.file_name()) else { return Argument::path(&whole) };
        let name = Argument::new(name)?;
        self.must_enter(&parent)?;
        Ok(name)
    }
}
