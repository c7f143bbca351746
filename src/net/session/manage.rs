//! Making, renaming, removing, and what else changes a directory.

use crate::domain::{Entry, EntryKind, RemotePath};
use crate::ftp::dialect::Dialect;
use crate::ftp::error::{FtpError, Stage};
use crate::ftp::pathname;
use crate::ftp::reply::Reply;
use crate::ftp::verb::Verb;
use crate::net::session::{DEEPEST, Session};

impl Session {
    /// MKD. `Ok(false)` = it was there already.
    ///
    /// # Errors
    /// What the server says.
    pub fn make_dir(&mut self, path: &RemotePath) -> Result<bool, FtpError> {
        self.ready()?;
        let whole = self.whole(path);
        let argument = if self.bare_names { self.file_argument(&whole)? } else { self.dir_argument(&whole)? };
        let reply = match self.old_names {
            false => self.ask(&Verb::Mkd(argument.clone()))?,
            true => self.ask(&Verb::Xmkd(argument.clone()))?,
        };
        let reply = self.or_by_its_old_name(reply, Verb::Xmkd(argument))?;
        if reply.is_positive() {
            return Ok(true);
        }
        self.no_mkd = reply.is_not_implemented();
        // 550 or 521 say "exists" in many words: whether it can be entered is what counts.
        if self.is_there(&whole)? { Ok(false) } else { Err(refused("MKD", reply)) }
    }

    /// MKD of several, many in one write, where the server is known to take that; elsewhere nothing is done. For each
    /// whether it was made just now.
    ///
    /// # Errors
    /// Only what ends the conversation.
    pub fn make_dirs_at_once(&mut self, paths: &[RemotePath]) -> Result<Vec<bool>, FtpError> {
        let mut made = Vec::with_capacity(paths.len());
        if self.control.pipelines() && !self.old_names {
            self.ready()?;
            let verbs = paths.iter().map_while(|path| self.dir_argument(&self.whole(path)).map(Verb::Mkd).ok());
            let verbs: Vec<Verb> = verbs.collect();
            for batch in verbs.chunks(BATCH) {
                made.extend(self.ask_all(batch)?.iter().map(|heard| heard.reply.is_positive()));
            }
        }
        made.resize(paths.len(), false);
        Ok(made)
    }

    /// MKD of the path and of whatever is missing above it. `Ok(false)` = it was there already.
    ///
    /// # Errors
    /// What the server says of the first directory that cannot be made.
    pub fn make_dirs(&mut self, path: &RemotePath) -> Result<bool, FtpError> {
        match self.make_dir(path) {
            Err(FtpError::Refused { reply, .. }) if reply.code != 421 => {}
            result => return result,
        }
        let mut way = vec![path.clone()];
        let mut at = path.parent();
        while let Some(dir) = at.filter(|dir| !dir.is_root() && !dir.is_home()) {
            at = dir.parent();
            way.push(dir);
        }
        way.reverse();
        if self.make_dirs_at_once(&way)?.last() == Some(&true) {
            return Ok(true);
        }
        // From the top down: each only once, whatever the server says.
        let mut failure = None;
        for dir in &way[..way.len() - 1] {
            // One above may be closed to us and still lead to one that is not.
            if let Err(error) = self.make_dir(dir) {
                match error {
                    FtpError::Refused { .. } => failure.get_or_insert(error),
                    error => return Err(error),
                };
            }
        }
        self.make_dir(path).map_err(|error| failure.unwrap_or(error))
    }

    /// DELE.
    ///
    /// # Errors
    /// What the server says.
    pub fn remove_file(&mut self, path: &RemotePath) -> Result<(), FtpError> {
        self.ready()?;
        let argument = self.file_argument(path)?;
        let reply = self.ask(&Verb::Dele(argument))?;
        self.expect("DELE", reply)
    }

    /// RMD: an empty directory.
    ///
    /// # Errors
    /// What the server says.
    pub fn remove_dir(&mut self, path: &RemotePath) -> Result<(), FtpError> {
        self.ready()?;
        let whole = self.whole(path);
        let argument = self.dir_argument(&whole)?;
        let rmd = if self.old_names { Verb::Xrmd(argument.clone()) } else { Verb::Rmd(argument.clone()) };
        let mut verbs = Vec::new();
        // Nobody may saw off the branch they sit on.
        let outside = whole.parent().filter(|_| self.cwd.starts_with(&whole) && whole.is_absolute());
        if let Some(parent) = &outside {
            verbs.push(Verb::Cwd(self.dir_argument(parent)?));
        }
        verbs.push(rmd);
        let mut replies = self.ask_all(&verbs)?;
        let Some(heard) = replies.pop() else { return Ok(()) };
        if let (Some(parent), Some(left)) = (outside, replies.pop())
            && left.reply.is_positive()
        {
            self.cwd = parent;
            self.forget_ahead();
        }
        let reply = self.or_by_its_old_name(heard.reply, Verb::Xrmd(argument))?;
        self.expect("RMD", reply)
    }

    /// Whether it knows no MKD, by either name: there are no directories to make, and a path may be taken all the same
    /// (object stores).
    pub fn lacks_directories(&self) -> bool {
        self.no_mkd
    }

    /// Servers older than RFC 959 know MKD and RMD as XMKD and XRMD.
    fn or_by_its_old_name(&mut self, reply: Reply, old: Verb) -> Result<Reply, FtpError> {
        if self.old_names || !matches!(reply.code, 500 | 502) {
            return Ok(reply);
        }
        let second = self.ask(&old)?;
        self.old_names = !second.is_not_implemented();
        Ok(if self.old_names { second } else { reply })
    }

    /// Everything below a directory, then the directory. Links are removed, never followed. `removed` is told each path.
    ///
    /// # Errors
    /// The first refusal; the rest was tried all the same.
    pub fn remove_tree(&mut self, path: &RemotePath, removed: &mut dyn FnMut(&RemotePath)) -> Result<(), FtpError> {
        let mut failed = Vec::new();
        self.remove_all(path, removed, &mut failed)?;
        failed.into_iter().next().map_or(Ok(()), |(_, error)| Err(error))
    }

    /// The same; what was refused is added to `failed`.
    ///
    /// # Errors
    /// What ends the conversation.
    pub fn remove_all(
        &mut self,
        path: &RemotePath,
        removed: &mut dyn FnMut(&RemotePath),
        failed: &mut Vec<(RemotePath, FtpError)>,
    ) -> Result<(), FtpError> {
        self.ready()?;
        let whole = self.whole(path);
        // A link to a directory goes by DELE (Unix) or RMD (a junction of Windows), and what it leads to stays; a directory with
        // something in it refuses both.
        let gone = self.remove_link_or_empty(std::slice::from_ref(&whole))?;
        if gone == [true] {
            removed(&whole);
            return Ok(());
        }
        // Where the server tells the real path, and that is no other one for the tree itself.
        let real = self.real_path(&whole)?.filter(|real| same(real.file_name(), whole.file_name()));
        self.remove_below(&whole, real.as_ref(), 0, &mut Removal { removed, failed })
    }

    /// DELE and RMD of what is said to be directories, in one write where the server takes that. For each whether it is gone.
    fn remove_link_or_empty(&mut self, paths: &[RemotePath]) -> Result<Vec<bool>, FtpError> {
        let mut gone = Vec::with_capacity(paths.len());
        for some in paths.chunks(BATCH / 2) {
            let mut verbs = Vec::with_capacity(2 * some.len());
            for path in some {
                verbs.push(Verb::Dele(self.file_argument(path)?));
                let argument = if self.bare_names { self.file_argument(path)? } else { self.dir_argument(path)? };
                verbs.push(if self.old_names { Verb::Xrmd(argument) } else { Verb::Rmd(argument) });
            }
            // Nobody may saw off the branch they sit on.
            if some.iter().any(|path| self.cwd.starts_with(path)) {
                self.leave_for_above(&some[0])?;
            }
            let replies = self.ask_all(&verbs)?;
            gone.extend(replies.chunks(2).map(|both| both.iter().any(|heard| heard.reply.is_positive())));
        }
        Ok(gone)
    }

    /// Enters the directory above; where that is refused, the session stays where it is.
    fn leave_for_above(&mut self, path: &RemotePath) -> Result<(), FtpError> {
        match path.parent() {
            Some(parent) => self.enter(&parent).map(drop),
            None => Ok(()),
        }
    }

    fn remove_below(
        &mut self,
        dir: &RemotePath,
        real: Option<&RemotePath>,
        depth: usize,
        removal: &mut Removal<'_>,
    ) -> Result<(), FtpError> {
        if depth > DEEPEST {
            removal.fail(dir, FtpError::TooDeep { path: dir.to_string(), levels: DEEPEST });
            return Ok(());
        }
        let listing = match self.list(dir, &mut |_| {}) {
            Ok(listing) => listing,
            Err(error @ FtpError::Refused { .. }) => {
                removal.fail(dir, error);
                return Ok(());
            }
            Err(error) => return Err(error),
        };
        let (directories, mut files): (Vec<&Entry>, Vec<&Entry>) =
            listing.entries.iter().partition(|entry| entry.kind == EntryKind::Directory);
        if !directories.is_empty() {
            let kinds = self.kinds_by_list(dir)?.unwrap_or_default();
            let (linked, directories): (Vec<&Entry>, Vec<&Entry>) =
                directories.into_iter().partition(|entry| kinds.get(&entry.name) == Some(&EntryKind::Link));
            files.extend(linked);
            self.remove_directories(dir, real, &directories, depth, removal)?;
        }
        let files: Vec<RemotePath> = files.into_iter().map(|entry| dir.join(&entry.name)).collect();
        let any_gone = self.remove_files(&files, removal)?;
        // What was left out of the listing has come to the front now.
        if listing.cut.is_some() && any_gone {
            return self.remove_below(dir, real, depth + 1, removal);
        }
        match self.remove_dir(dir) {
            Ok(()) => (removal.removed)(dir),
            Err(error @ FtpError::Refused { .. }) => removal.fail(dir, error),
            Err(error) => return Err(error),
        }
        Ok(())
    }

    /// What the server shows as directories: each is first tried as a link, and entered only where it is none.
    fn remove_directories(
        &mut self,
        dir: &RemotePath,
        real: Option<&RemotePath>,
        entries: &[&Entry],
        depth: usize,
        removal: &mut Removal<'_>,
    ) -> Result<(), FtpError> {
        let paths: Vec<RemotePath> = entries.iter().map(|entry| dir.join(&entry.name)).collect();
        let gone = self.remove_link_or_empty(&paths)?;
        for (path, gone) in paths.iter().zip(gone) {
            if gone {
                (removal.removed)(path);
                continue;
            }
            // Some servers list a link to a directory as a directory; only the real path shows where it leads.
            let inside = match real {
                Some(_) => self.real_path(path)?,
                None => None,
            };
            let elsewhere = match (real, inside.as_ref()) {
                (Some(above), Some(inside)) => {
                    !same(inside.parent().as_ref().map(RemotePath::as_bytes), Some(above.as_bytes()))
                }
                _ => false,
            };
            if elsewhere || self.leads_back(path)? {
                self.control.note(format!("“{path}” leads elsewhere: nothing in it is removed"));
                let what = format!("“{path}” is a link that the server does not remove, and shows as a folder");
                removal.fail(path, FtpError::Unsupported { what });
            } else {
                self.remove_below(path, inside.as_ref(), depth + 1, removal)?;
            }
        }
        Ok(())
    }

    /// DELE of each; whether any is gone.
    fn remove_files(&mut self, files: &[RemotePath], removal: &mut Removal<'_>) -> Result<bool, FtpError> {
        let mut any_gone = false;
        // Several in one write: a folder of small files is gone in a tenth of the round trips.
        for some in files.chunks(BATCH) {
            let verbs: Vec<Verb> =
                some.iter().map(|path| self.file_argument(path).map(Verb::Dele)).collect::<Result<_, _>>()?;
            let replies = self.ask_all(&verbs)?;
            for (path, heard) in some.iter().zip(replies) {
                // A link to a directory is one to some servers (Windows): RMD takes the link, never what it leads to.
                let gone = heard.reply.is_positive() || self.remove_dir(path).is_ok();
                any_gone |= gone;
                if gone {
                    (removal.removed)(path);
                } else {
                    removal.fail(path, refused("DELE", heard.reply));
                }
            }
        }
        Ok(any_gone)
    }

    /// SITE CHMOD.
    ///
    /// # Errors
    /// What the server says; 500 to 504 = it cannot.
    pub fn set_permissions(&mut self, path: &RemotePath, mode: u16) -> Result<(), FtpError> {
        self.ready()?;
        let argument = self.file_argument(path)?;
        let reply = self.ask(&Verb::SiteChmod(mode & 0o7777, argument))?;
        self.expect("SITE CHMOD", reply)
    }

    /// NOOP: keeps it alive, and tells whether it is.
    ///
    /// # Errors
    /// The connection is gone.
    pub fn noop(&mut self) -> Result<(), FtpError> {
        self.ready()?;
        // Any answer will do.
        self.ask(&Verb::Noop).map(|_| ())
    }

    /// Where the server says it is once it has entered that directory; `None` = it cannot, or does not say.
    pub(in crate::net) fn real_path(&mut self, whole: &RemotePath) -> Result<Option<RemotePath>, FtpError> {
        if !self.enter(whole)? {
            return Ok(None);
        }
        self.catch_up()?;
        let heard = self.control.ask(&Verb::Pwd, &mut self.wait, Stage::Command)?;
        let path = heard.reply.is_positive().then(|| pathname::parse_257(&heard.raw)).flatten();
        Ok(path.map(|path| Dialect::read(&path).1))
    }

    fn is_there(&mut self, whole: &RemotePath) -> Result<bool, FtpError> {
        if whole.is_absolute() {
            return self.enter(whole);
        }
        Ok(self.facts(whole)?.is_some_and(|facts| facts.kind == EntryKind::Directory))
    }

    /// Success, or the refusal as an error.
    pub(in crate::net) fn expect(&self, verb: &'static str, reply: Reply) -> Result<(), FtpError> {
        if reply.is_positive() { Ok(()) } else { Err(refused(verb, reply)) }
    }
}

/// Who is told what of a tree that is removed.
struct Removal<'a> {
    removed: &'a mut dyn FnMut(&RemotePath),
    failed: &'a mut Vec<(RemotePath, FtpError)>,
}

impl Removal<'_> {
    fn fail(&mut self, path: &RemotePath, error: FtpError) {
        self.failed.push((path.clone(), error));
    }
}

pub(in crate::net) fn refused(verb: &'static str, reply: Reply) -> FtpError {
    FtpError::Refused { verb, stage: Stage::Command, reply }
}

/// Whether two names or paths are one, on servers that mind no case, too.
fn same(a: Option<&[u8]>, b: Option<&[u8]>) -> bool {
    matches!((a, b), (Some(a), Some(b)) if a.eq_ignore_ascii_case(b))
}

/// So many DELE or MKD lines in one write stay below a network packet, for names of usual length.
const BATCH: usize = 12;
