//! HASH, MD5, XCRC and their kin: what a file's checksum is on the server. Which verb, and how its answers look, is
//! decided in [`crate::ftp::checksum`].

use std::time::Duration;

use crate::domain::RemotePath;
use crate::ftp::checksum::{Algorithm, Method, read};
use crate::ftp::error::{FtpError, Stage};
use crate::ftp::reply::Reply;
use crate::ftp::verb::{Argument, Verb};
use crate::net::session::Session;
use crate::net::session::transfer::hashing::Hashed;

impl Session {
    /// Whether the server says that it tells checksums.
    pub fn can_hash(&self) -> bool {
        !self.hashing.methods.is_empty()
    }

    /// The checksum of a file of so many bytes. `meanwhile` is called while the server computes, with what it computes:
    /// whoever has the same file can do so at the same time.
    ///
    /// # Errors
    /// The session is gone, or was cancelled.
    pub fn hash(
        &mut self,
        path: &RemotePath,
        size: u64,
        meanwhile: &mut dyn FnMut(Algorithm),
    ) -> Result<Hashed, FtpError> {
        self.ready()?;
        self.be_binary()?;
        let whole = self.whole(path);
        let mut words = None;
        while let Some(method) = self.hashing.methods.first().cloned() {
            let reply = match self.select(&method)? {
                Some(refusal) => refusal,
                None => {
                    let reply = self.ask_sum(&method, &whole, size, meanwhile)?;
                    if let Some(sum) = read(&method, &reply, whole.as_bytes()) {
                        return Ok(Hashed::Sum(sum));
                    }
                    // About this file: too large, not allowed, not there.
                    if reply.is_negative() && !reply.is_not_implemented() {
                        return Ok(Hashed::No(reply.text()));
                    }
                    reply
                }
            };
            self.control.note(format!("The server offers {} and does not do it", method.verb));
            self.hashing.methods.retain(|other| *other != method);
            words = Some(reply.text());
        }
        Ok(Hashed::No(words.unwrap_or_else(|| "it offers no checksums".into())))
    }

    /// OPTS HASH, where another algorithm is in force. `Some` = refused.
    fn select(&mut self, method: &Method) -> Result<Option<Reply>, FtpError> {
        let Some(option) = method.option.as_ref().filter(|_| self.hashing.selected != Some(method.algorithm)) else {
            return Ok(None);
        };
        self.hashing.selected = None;
        let reply = self.ask(&Verb::OptsHash(Argument::new(option.as_bytes())?))?;
        if !reply.is_positive() {
            return Ok(Some(reply));
        }
        self.hashing.selected = Some(method.algorithm);
        Ok(None)
    }

    fn ask_sum(
        &mut self,
        method: &Method,
        path: &RemotePath,
        size: u64,
        meanwhile: &mut dyn FnMut(Algorithm),
    ) -> Result<Reply, FtpError> {
        let bare = self.file_argument(path)?;
        // The made up verbs take a range behind the name: a name with blanks would be half a name, perhaps of another
        // file. ProFTPD answers 501 then. Without blanks each server understands the name alone.
        let may_quote = method.option.is_none() && method.verb != "MD5" && path.as_bytes().contains(&b' ');
        let forms = match (may_quote, self.hashing.quotes) {
            (false, _) | (true, Some(false)) => &[false][..],
            (true, Some(true)) => &[true],
            (true, None) => &[true, false],
        };
        let mut last = None;
        for quoted in forms {
            let argument = if *quoted { bare.quoted()? } else { bare.clone() };
            let verb = Verb::Checksum(method.verb, argument);
            self.control.send(std::slice::from_ref(&verb), &mut self.wait)?;
            meanwhile(method.algorithm);
            let patience = self.timeouts.reply + Duration::from_secs(size / SLOWEST);
            let reply = self.control.reply(&mut self.wait, Stage::Command, patience)?.reply;
            if reply.is_positive() && may_quote {
                self.hashing.quotes = Some(*quoted);
            }
            if reply.is_positive() || matches!(reply.code, 500 | 502) {
                return Ok(reply);
            }
            last = Some(reply);
        }
        last.ok_or_else(|| FtpError::Protocol { detail: "a reply is missing".into() })
    }
}

/// Bytes a second that a server reads and adds up at least: it says nothing while it does so.
const SLOWEST: u64 = 5_000_000;
