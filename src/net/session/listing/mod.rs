//! Reading directories: MLSD, LIST and what servers make of them; what is known of one path.

/// Whether MLSD works.
pub(in crate::net) mod mlsd;

/// How far LIST's times are from MDTM's.
pub(in crate::net) mod clock_offset;

/// Which clock a server's times are of.
pub(in crate::net) mod clock;

use crate::domain::{Entry, EntryKind, Lesson, Listing, RemotePath, Timestamp, visible};
use crate::ftp::answer;
use crate::ftp::dialect::Dialect;
use crate::ftp::error::{FtpError, Stage};
use crate::ftp::listing::{ListingReader, Source, parse_mlst};
use crate::ftp::reply::Reply;
use crate::ftp::verb::{Argument, Verb};
use crate::net::happening::Happening;
use crate::net::known::Identity;
use crate::net::session::listing::mlsd::Mlsd;
use crate::net::session::{DataChannel, Facts, Presence, Session};
use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasher as _, RandomState};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// The names in a directory, and the kind of each.
pub(in crate::net) type Kinds = HashMap<Box<[u8]>, EntryKind>;

impl Session {
    /// Reads a directory: MLSD where offered, else LIST. `so_far` gets all entries that have come, again and again while
    /// more do; the result has all.
    ///
    /// # Errors
    /// What the server says. An empty directory is no error, however the server puts it.
    /// [`FtpError::EndlessListing`] where it would fill the memory.
    pub fn list(&mut self, dir: &RemotePath, so_far: &mut dyn FnMut(&[Entry])) -> Result<Listing, FtpError> {
        match self.list_once(dir, so_far) {
            Err(FtpError::Refused { verb: "CWD", .. }) if self.home_is_untrue(dir)? => self.list_once(dir, so_far),
            result => result,
        }
    }

    fn list_once(&mut self, dir: &RemotePath, so_far: &mut dyn FnMut(&[Entry])) -> Result<Listing, FtpError> {
        self.ready()?;
        let whole = self.whole(dir);
        Argument::path(&whole)?;
        self.clock.forget_samples();
        let mut unreadable = false;
        if self.mlsd == Mlsd::Works {
            match self.read_dir(&whole, Kind::Mlsd, so_far) {
                Err(FtpError::Refused { verb: "MLSD", reply, .. }) if reply.is_not_implemented() => {
                    self.control.note("MLSD refused, using LIST from now on");
                    self.mlsd = Mlsd::Fails;
                    self.learned(Lesson::Mlsd(false));
                }
                Ok(read) if is_odd(&read.listing) => unreadable = true,
                result => return result.map(|read| read.listing),
            }
        }
        match self.list_the_old_way(&whole, so_far) {
            Ok(listing) => {
                // Lines came, but no facts: LIST's own format, mostly.
                if unreadable && !is_odd(&listing) {
                    self.control.note("MLSD cannot be read, using LIST from now on");
                    self.mlsd = Mlsd::Fails;
                    self.learned(Lesson::Mlsd(false));
                }
                Ok(listing)
            }
            // Servers change; what an earlier session found may be wrong by now.
            Err(FtpError::Refused { verb: "LIST", reply, .. })
                if reply.is_not_implemented() && self.mlsd == Mlsd::SaidToFail =>
            {
                self.mlsd = Mlsd::Fails;
                let read = self.read_dir(&whole, Kind::Mlsd, so_far)?;
                self.mlsd = Mlsd::Works;
                self.learned(Lesson::Mlsd(true));
                Ok(read.listing)
            }
            Err(error) => Err(error),
        }
    }

    fn list_the_old_way(&mut self, whole: &RemotePath, so_far: &mut dyn FnMut(&[Entry])) -> Result<Listing, FtpError> {
        if self.list_all == Some(false) {
            return self.read_dir(whole, Kind::List, so_far).map(|read| read.listing);
        }
        // `-a` shows hidden files; a server that takes it for a name finds nothing, or says no.
        match self.read_dir(whole, Kind::ListAll, so_far) {
            Ok(read) if read.lines > 0 && (self.list_all.is_some() || !is_odd(&read.listing)) => {
                self.understands_all(true);
                Ok(read.listing)
            }
            Ok(_) | Err(FtpError::Refused { verb: "LIST", .. }) => {
                let read = self.read_dir(whole, Kind::List, so_far)?;
                if read.lines > 0 {
                    self.understands_all(false);
                }
                Ok(read.listing)
            }
            Err(error) => Err(error),
        }
    }

    fn understands_all(&mut self, does: bool) {
        if self.list_all != Some(does) {
            self.list_all = Some(does);
            self.learned(Lesson::ListAll(does));
        }
    }

    fn learned(&self, lesson: Lesson) {
        self.control.tell(Happening::Learned(lesson));
    }

    /// What the server knows of one path, links followed: MLST, else SIZE, MDTM and CWD. `None` = there is nothing.
    ///
    /// # Errors
    /// Only what breaks the conversation.
    pub fn facts(&mut self, path: &RemotePath) -> Result<Option<Facts>, FtpError> {
        self.look_up(path, false)
    }

    /// Whether something is at that path. A refusal proves nothing: what no question finds is absent only where a whole listing
    /// of its directory lacks it.
    ///
    /// # Errors
    /// Only what breaks the conversation.
    pub fn presence(&mut self, path: &RemotePath) -> Result<Presence, FtpError> {
        if let Some(facts) = self.facts(path)? {
            return Ok(Presence::Present(facts));
        }
        let whole = self.whole(path);
        let (Some(parent), Some(name)) = (whole.parent(), whole.file_name()) else { return Ok(Presence::Unknown) };
        let listing = match self.list(&parent, &mut |_| {}) {
            Ok(listing) => listing,
            Err(FtpError::Refused { .. }) => return Ok(Presence::Unknown),
            Err(error) => return Err(error),
        };
        let hides = name.starts_with(b".") && !listing.entries.iter().any(Entry::is_hidden);
        Ok(match listing.entries.iter().find(|entry| &*entry.name == name) {
            Some(&Entry { kind, size, modified, .. }) => Presence::Present(Facts { kind, size, modified }),
            None if hides || !listing.is_whole() => Presence::Unknown,
            None => Presence::Absent,
        })
    }

    /// The same of a file that is fetched next, from a server that was reached in this mode before: the data connection is
    /// arranged in the same round trip, where that is possible.
    ///
    /// # Errors
    /// As [`Session::facts`].
    pub fn facts_before_retrieve(&mut self, path: &RemotePath) -> Result<Option<Facts>, FtpError> {
        self.look_up(path, true)
    }

    fn look_up(&mut self, path: &RemotePath, retrieves: bool) -> Result<Option<Facts>, FtpError> {
        self.ready()?;
        let whole = self.whole(path);
        let argument = self.file_argument(path)?;
        if self.mlst {
            let [heard] = &self.ask_and_open(&[Verb::Mlst(argument.clone())], retrieves)?[..] else {
                return Err(FtpError::Protocol { detail: "a reply is missing".into() });
            };
            let reply = heard.reply.clone();
            if reply.is_not_implemented() {
                self.mlst = false;
            } else if reply.is_positive() {
                let charset = self.control.charset().clone();
                let entry = reply.lines.iter().find_map(|line| parse_mlst(line, &charset));
                match entry {
                    // Where it leads, only trying tells.
                    Some(Entry { kind: EntryKind::Link, .. }) if !self.enter(&whole)? => {}
                    Some(Entry { kind: EntryKind::Link, .. }) => {
                        return Ok(Some(Facts { kind: EntryKind::Directory, size: None, modified: None }));
                    }
                    Some(Entry { kind, size, modified, .. }) => return Ok(Some(Facts { kind, size, modified })),
                    // Said yes, told nothing: the other way then.
                    None => {}
                }
            } else if reply.code >= 500 {
                return Ok(None);
            }
            // A no for the moment says nothing of what is there.
        }
        let probe = self.directory_size()?;
        let verbs: Vec<Verb> = probe.into_iter().chain([Verb::Size(argument.clone()), Verb::Mdtm(argument)]).collect();
        let replies = self.ask_and_open(&verbs, retrieves)?;
        if let [probed, _, _] = &replies[..] {
            self.sizes_directories = Some(probed.reply.code == 213);
        }
        let [.., size, time] = &replies[..] else {
            return Err(FtpError::Protocol { detail: "a reply is missing".into() });
        };
        let (size, time) = (size.reply.clone(), time.reply.clone());
        let modified = answer::modified(&time);
        if size.code == 213 {
            self.tells_sizes = Some(true);
        }
        let file = Facts { kind: EntryKind::File, size: answer::size(&size), modified };
        let directory = Facts { kind: EntryKind::Directory, size: None, modified };
        // Some servers answer SIZE for directories too, a few of them MDTM as well: only CWD tells them apart.
        if size.code == 213 && time.code == 213 && self.sizes_directories == Some(false) {
            return Ok(Some(file));
        }
        match self.is_directory(&whole)? {
            Some(true) => return Ok(Some(directory)),
            // CWD proves nothing here, or is not known: what is there, the directory above it shows.
            None => {
                let found = self.facts_from_parent(&whole)?;
                if found.is_some() || size.code != 213 {
                    return Ok(found);
                }
            }
            Some(false) => {}
        }
        if size.code == 213 || time.code == 213 {
            return Ok(Some(file));
        }
        if self.home_is_untrue(path)? {
            return self.look_up(path, false);
        }
        // "Nothing there" must be sure: an upload would replace what is.
        let unsure = |reply: &Reply| reply.is_not_implemented() || (400..500).contains(&reply.code);
        if unsure(&size) && unsure(&time) {
            return self.facts_from_parent(&whole);
        }
        Ok(None)
    }

    /// Whether the path is a directory: CWD enters it. `None` = CWD proves nothing: z/OS takes any prefix of names, others any
    /// path, and some servers know no CWD.
    fn is_directory(&mut self, whole: &RemotePath) -> Result<Option<bool>, FtpError> {
        if !whole.is_absolute() {
            // Never out of a login directory that has no known path.
            return Ok(self.untrue_home.is_none().then_some(false));
        }
        if self.cwd == *whole {
            return Ok(Some(true));
        }
        let reply = self.ask(&Verb::Cwd(self.dir_argument(whole)?))?;
        self.forget_ahead();
        if !reply.is_positive() {
            self.no_cwd |= reply.is_not_implemented();
            return Ok((!self.no_cwd).then_some(false));
        }
        self.cwd = whole.clone();
        if self.dialect == Dialect::Mvs {
            let partitioned = reply.text().to_ascii_lowercase().contains("partitioned data set");
            return Ok(partitioned.then_some(true));
        }
        Ok(self.cwd_proves(whole)?.then_some(true))
    }

    /// Whether the server refuses CWD to what is surely not there; asked once a session, of servers that nobody knows.
    fn cwd_proves(&mut self, whole: &RemotePath) -> Result<bool, FtpError> {
        if self.server.is_known() {
            return Ok(true);
        }
        if let Some(proves) = self.cwd_proves {
            return Ok(proves);
        }
        let nowhere = whole.join(NOWHERE);
        let reply = self.ask(&Verb::Cwd(self.dir_argument(&nowhere)?))?;
        if reply.is_positive() {
            self.control.note("The server enters folders that do not exist: CWD tells nothing here");
            self.cwd = RemotePath::default();
        }
        self.cwd_proves = Some(!reply.is_positive());
        Ok(!reply.is_positive())
    }

    /// SIZE of the login directory, where nobody knows yet whether this server answers it for directories, too: it goes along
    /// with what is asked about a file.
    fn directory_size(&mut self) -> Result<Option<Verb>, FtpError> {
        if self.sizes_directories.is_none() && self.server.is_known() {
            self.sizes_directories = Some(false);
        } else if self.sizes_directories.is_none() && self.home.is_home() {
            // No directory to ask about.
            self.sizes_directories = Some(true);
        }
        let home = self.home.clone();
        self.sizes_directories.is_none().then(|| self.dir_argument(&home).map(Verb::Size)).transpose()
    }

    /// Whether PWD told a login directory that cannot be entered (a server in a jail that tells the path outside of it): paths
    /// below it go relative from now on. Asked once a session, when something below it is not found, of servers only that
    /// nobody knows.
    pub(in crate::net) fn home_is_untrue(&mut self, path: &RemotePath) -> Result<bool, FtpError> {
        let home = self.home.clone();
        let below = home.is_absolute() && !home.is_root() && path.starts_with(&home) && *path != home;
        if self.server.is_known() || !below || std::mem::replace(&mut self.home_checked, true) {
            return Ok(false);
        }
        let before = std::mem::take(&mut self.cwd);
        let reply = self.ask(&Verb::Cwd(self.dir_argument(&home)?))?;
        self.forget_ahead();
        if reply.is_positive() {
            self.cwd = home;
            return Ok(false);
        }
        // Only where the session never left it are relative paths what they say.
        if before != home {
            self.cwd = before;
            return Ok(false);
        }
        self.control.note("The login directory that PWD tells cannot be entered: paths are relative to it");
        self.untrue_home = Some(home);
        Ok(true)
    }

    /// Whether a directory that was come to by walking down is one above it again: some servers list a link to a directory
    /// as a directory, and the walk would never end. Told by MLSD's `unique`; else, of a path that holds the same name twice,
    /// by where the server says that it is.
    ///
    /// # Errors
    /// Only what breaks the conversation.
    pub fn leads_back(&mut self, dir: &RemotePath) -> Result<bool, FtpError> {
        self.ready()?;
        let whole = self.whole(dir);
        let known = Arc::clone(&self.dial.known);
        let own = known.directories.identity(&whole);
        let mut namesake = false;
        let mut above = whole.parent();
        while let Some(at) = above.filter(|at| !at.is_root() && !at.is_home()) {
            let identity = known.directories.identity(&at);
            if own.is_some() && identity == own {
                return Ok(true);
            }
            namesake |= at.file_name() == whole.file_name();
            above = at.parent();
        }
        if matches!(own, Some(Identity::Unique(_))) || !namesake {
            return Ok(false);
        }
        // Linear in the depth: each directory is asked for its path once.
        let Some(real) = self.identify(&whole)? else { return Ok(false) };
        let mut above = whole.parent();
        while let Some(at) = above.filter(|at| !at.is_root() && !at.is_home()) {
            if at.file_name() == whole.file_name() {
                let identity = match known.directories.identity(&at) {
                    Some(identity @ Identity::Path(_)) => Some(identity),
                    _ => self.identify(&at)?,
                };
                if identity.as_ref() == Some(&real) {
                    return Ok(true);
                }
            }
            above = at.parent();
        }
        Ok(false)
    }

    /// Asks where the server is once it has entered that directory, and keeps that in mind.
    fn identify(&mut self, whole: &RemotePath) -> Result<Option<Identity>, FtpError> {
        let Some(path) = self.real_path(whole)? else { return Ok(None) };
        let identity = Identity::Path(path);
        self.dial.known.directories.learn(whole.clone(), identity.clone());
        Ok(Some(identity))
    }

    /// The entries of a directory: links that are shown as what they lead to are left out. The second list is of what MLSD calls
    /// a directory and LIST does not name: it may be one of them.
    ///
    /// # Errors
    /// As [`Session::list`].
    pub fn list_without_links(&mut self, dir: &RemotePath) -> Result<(Vec<Entry>, Vec<Entry>), FtpError> {
        let entries = self.list(dir, &mut |_| {})?.entries;
        let any_directory = entries.iter().any(|entry| entry.kind == EntryKind::Directory);
        let kinds = if any_directory { self.kinds_by_list(dir)? } else { None };
        let Some(kinds) = kinds else { return Ok((entries, Vec::new())) };
        let shows_hidden = kinds.keys().any(|name| name.starts_with(b"."));
        let (mut proven, mut doubtful) = (Vec::with_capacity(entries.len()), Vec::new());
        for entry in entries {
            match kinds.get(&entry.name) {
                Some(EntryKind::Link) => {}
                None if entry.kind == EntryKind::Directory && (shows_hidden || !entry.name.starts_with(b".")) => {
                    doubtful.push(entry);
                }
                _ => proven.push(entry),
            }
        }
        Ok((proven, doubtful))
    }

    /// The kinds of the names in a directory as LIST tells them, where MLSD may show a link as what it leads to (pyftpdlib). `None` =
    /// the server is known not to, or LIST does not work.
    ///
    /// # Errors
    /// Only what breaks the conversation.
    pub(in crate::net) fn kinds_by_list(&mut self, dir: &RemotePath) -> Result<Option<Kinds>, FtpError> {
        if self.mlsd != Mlsd::Works || self.server.is_known() {
            return Ok(None);
        }
        let whole = self.whole(dir);
        match self.list_the_old_way(&whole, &mut |_| {}) {
            Ok(listing) => Ok(Some(listing.entries.into_iter().map(|entry| (entry.name, entry.kind)).collect())),
            Err(FtpError::Refused { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// SIZE; `None` = not there, or the server cannot tell.
    pub(in crate::net) fn size(&mut self, path: &RemotePath) -> Result<Option<u64>, FtpError> {
        let argument = self.file_argument(path)?;
        let reply = self.ask(&Verb::Size(argument))?;
        Ok(answer::size(&reply))
    }

    /// CWD; `false` = it is no directory, or may not be entered. Never leaves a login directory that has no known path.
    pub(in crate::net) fn enter(&mut self, whole: &RemotePath) -> Result<bool, FtpError> {
        if !whole.is_absolute() {
            return Ok(false);
        }
        if self.cwd == *whole {
            return Ok(true);
        }
        match self.must_enter(whole) {
            Ok(()) => Ok(true),
            Err(FtpError::Refused { .. }) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// CWD to an absolute path.
    pub(in crate::net) fn must_enter(&mut self, whole: &RemotePath) -> Result<(), FtpError> {
        if self.cwd != *whole {
            let reply = self.ask(&Verb::Cwd(self.dir_argument(whole)?))?;
            self.forget_ahead();
            self.no_cwd |= reply.is_not_implemented() && !self.server.is_known();
            self.expect("CWD", reply)?;
            self.cwd = whole.clone();
        }
        Ok(())
    }

    fn facts_from_parent(&mut self, whole: &RemotePath) -> Result<Option<Facts>, FtpError> {
        let (Some(parent), Some(name)) = (whole.parent(), whole.file_name()) else { return Ok(None) };
        let listing = match self.list(&parent, &mut |_| {}) {
            Ok(listing) => listing,
            Err(FtpError::Refused { .. }) => return Ok(None),
            Err(error) => return Err(error),
        };
        let entry = listing.entries.into_iter().find(|entry| &*entry.name == name);
        Ok(entry.map(|Entry { kind, size, modified, .. }| Facts { kind, size, modified }))
    }

    fn read_dir(&mut self, whole: &RemotePath, kind: Kind, so_far: &mut dyn FnMut(&[Entry])) -> Result<Read, FtpError> {
        // Enter it, then list without a name: names with blanks, and LIST's own idea of arguments, cannot go wrong.
        let by_entering = whole.is_absolute() && !self.no_cwd;
        let mut ahead = Vec::new();
        let mut path = None;
        if by_entering && self.cwd != *whole {
            ahead.push(Verb::Cwd(self.dir_argument(whole)?));
        } else if !by_entering && !whole.is_home() && self.cwd != *whole {
            path = Some(self.dir_argument(whole)?);
        }
        let (name, verb) = match kind {
            Kind::Mlsd => ("MLSD", Verb::Mlsd(path)),
            Kind::List => ("LIST", Verb::List { all: false, path }),
            Kind::ListAll => ("LIST", Verb::List { all: true, path }),
        };
        let entering = !ahead.is_empty();
        if entering {
            // Whatever happens now, this may be where we are, or not.
            self.cwd = RemotePath::default();
            self.catch_up()?;
            self.forget_ahead();
        }
        let started = match self.start(&verb, 0, ahead) {
            Ok(started) => {
                self.now_in(whole, entering);
                started
            }
            // No CWD: LIST takes a path.
            Err(FtpError::Refused { verb: "CWD", reply, .. }) if entering && matches!(reply.code, 500 | 502) => {
                self.no_cwd = true;
                return self.read_dir(whole, kind, so_far);
            }
            Err(error) => {
                let refused = matches!(&error, FtpError::Refused { verb, .. } if *verb == name);
                if refused {
                    self.now_in(whole, entering);
                }
                return self.nothing_there(error, by_entering, whole);
            }
        };
        let charset = self.control.charset().clone();
        let source = if kind == Kind::Mlsd { Source::Mlsd } else { Source::List };
        let now = Timestamp::from_system(std::time::SystemTime::now());
        let mut reader = ListingReader::new(source, now, charset).with_system(self.system);
        let mut listing = Listing { dir: whole.clone(), ..Listing::default() };
        let mut clock = std::mem::take(&mut self.clock);
        let mut channel = DataChannel::new(self, name, started);
        let poured =
            pour(&mut channel, &mut reader, &mut listing.entries, so_far, &mut |fresh| clock.adjust(whole, fresh));
        let unclean = channel.ended_without_goodbye();
        let finished = match poured {
            Ok(()) => channel.finish(),
            Err(error) => {
                channel.leave();
                self.clock = clock;
                return self.nothing_there(error, by_entering, whole);
            }
        };
        self.clock = clock;
        self.know_directories(whole, &mut reader);
        match finished {
            // vsftpd: "226 Transfer done (but failed to open directory)."
            Ok(reply) if listing.entries.is_empty() && says_failed(&reply) => {
                return Err(FtpError::Refused { verb: name, stage: Stage::Command, reply });
            }
            // Pure-FTPd lists 10,000 entries at most: "226 Output truncated to 10000 matches".
            Ok(reply) if reply.text().to_ascii_lowercase().contains("truncated") => {
                self.control.note("The server did not list the whole folder");
                listing.cut = Some(visible(&reply.text()).into_owned());
            }
            Ok(_) if unclean => {
                let words = "the encrypted data connection ended without its goodbye, so that it may have been cut";
                listing.cut = Some(words.to_owned());
            }
            Ok(_) => {}
            Err(error) if listing.entries.is_empty() => return self.nothing_there(error, by_entering, whole),
            Err(error) => return Err(error),
        }
        listing.unread = reader.unread().to_vec();
        if kind != Kind::Mlsd {
            drop_repeated(&mut listing.entries);
        }
        // It grew by doubling, and will be kept.
        listing.entries.shrink_to_fit();
        Ok(Read { listing, lines: reader.lines() })
    }

    /// Keeps in mind what MLSD says is unique about directories.
    fn know_directories(&self, whole: &RemotePath, reader: &mut ListingReader) {
        let known = &self.dial.known.directories;
        if let Some(own) = reader.own() {
            known.learn(whole.clone(), Identity::Unique(own.into()));
        }
        for (name, unique) in reader.directories() {
            known.learn(whole.join(&name), Identity::Unique(unique));
        }
    }

    fn now_in(&mut self, whole: &RemotePath, entered: bool) {
        if entered {
            self.cwd = whole.clone();
        }
    }

    /// Some servers refuse to list what is empty: 450 or 550, "No files found".
    fn nothing_there(&self, error: FtpError, entered: bool, whole: &RemotePath) -> Result<Read, FtpError> {
        match &error {
            FtpError::Refused { verb: "LIST" | "MLSD", reply, .. } if says_empty(reply, entered) => {
                Ok(Read { listing: Listing { dir: whole.clone(), ..Listing::default() }, lines: 0 })
            }
            _ => Err(error),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Mlsd,
    ListAll,
    List,
}

struct Read {
    listing: Listing,
    /// Of any kind: `.` and `..` count.
    lines: u64,
}

/// Nothing but lines that nobody understands.
fn is_odd(listing: &Listing) -> bool {
    listing.entries.is_empty() && !listing.unread.is_empty()
}

/// Reads all of it, showing what has come; `adjust` sees each once, before.
fn pour(
    channel: &mut DataChannel<'_>,
    reader: &mut ListingReader,
    entries: &mut Vec<Entry>,
    so_far: &mut dyn FnMut(&[Entry]),
    adjust: &mut dyn FnMut(&mut [Entry]),
) -> Result<(), FtpError> {
    let mut buffer = vec![0; 64 * 1024];
    let mut shown = 0;
    let mut last = Instant::now();
    loop {
        let count = channel.read_within(&mut buffer, Some(QUIET))?;
        if count == 0 {
            break;
        }
        let known = entries.len();
        reader.push(&buffer[..count], entries);
        adjust(&mut entries[known..]);
        if reader.is_endless() {
            return Err(FtpError::EndlessListing { lines: reader.lines() });
        }
        if entries.len() > shown && last.elapsed() >= SHOWN_EVERY {
            so_far(entries);
            shown = entries.len();
            last = Instant::now();
        }
    }
    let known = entries.len();
    reader.finish(entries);
    adjust(&mut entries[known..]);
    if entries.len() > shown {
        so_far(entries);
    }
    Ok(())
}

/// Takes out entries that a listing has twice (<https://github.com/troglobit/uftpd/issues/42>): same name, kind and size.
fn drop_repeated(entries: &mut Vec<Entry>) {
    let state = RandomState::new();
    let mut hashes: Vec<(u64, usize)> =
        entries.iter().enumerate().map(|(at, entry)| (state.hash_one(&entry.name), at)).collect();
    hashes.sort_unstable();
    let same = |a: &Entry, b: &Entry| a.name == b.name && a.kind == b.kind && a.size == b.size;
    let pairs = hashes.windows(2).filter(|pair| pair[0].0 == pair[1].0);
    let repeated: HashSet<usize> =
        pairs.filter(|pair| same(&entries[pair[0].1], &entries[pair[1].1])).map(|pair| pair[1].1).collect();
    if !repeated.is_empty() {
        let mut at = 0;
        entries.retain(|_| {
            at += 1;
            !repeated.contains(&(at - 1))
        });
    }
}

/// Whether a positive reply behind an empty listing says that the directory could not be read, in the words of common servers.
fn says_failed(reply: &Reply) -> bool {
    let text = reply.text().to_ascii_lowercase();
    let others = ["permission denied", "access denied", "access is denied", "no such file or directory"];
    answer::CANNOT_OPEN.iter().chain(&others).any(|phrase| text.contains(phrase))
}

/// `entered` = the directory is known to be there.
fn says_empty(reply: &Reply, entered: bool) -> bool {
    if !matches!(reply.code, 450 | 550) {
        return false;
    }
    let text = reply.text().to_ascii_lowercase();
    let says = |phrases: &[&str]| phrases.iter().any(|phrase| text.contains(phrase));
    says(&["no files", "no members", "no data set", "directory is empty", "empty directory"])
        || (entered && says(&["no such file", "not found", "no file"]))
}

/// A name that no directory has: what CWD says to it shows whether CWD proves anything.
const NOWHERE: &[u8] = b"twinport-asks-whether-this-exists";

/// A server that said 226 and sent nothing for so long never will.
const QUIET: Duration = Duration::from_secs(1);

/// Rows are handed on this often while a listing downloads.
const SHOWN_EVERY: Duration = Duration::from_millis(60);
