//! One large file over several connections. A download begins on its own session, like any other; where that turns out to
//! be bound by a window ([`pulse`]), or the user says so, other sessions fetch parts of the rest ([`plan`]), as many as
//! help and as there may be ([`permit`]). Until it is whole the file has holes, and a record of them ([`map`]).
//!
//! What goes wrong on another session costs its range, which is free again; the download's own session is always enough.

/// What all connections of one download share.
pub(crate) mod shared_state;

/// Which connection gets which range.
pub(crate) mod plan;

/// Whether one connection more would make it faster.
pub(crate) mod advisor;

/// Which ranges are on the disk.
pub(crate) mod part_map;

use crate::domain::RemotePath;
use crate::engine::job::side::{Side, differ};
use crate::engine::message::error::{JobError, LocalAction, LocalError};
use crate::engine::transfer::assignment::Assignment;
use crate::engine::transfer::connection_permit::{ConnectionPermit, ConnectionSlot};
use crate::engine::transfer::copy::{Ended, Overlap, Stopped};
use crate::engine::transfer::part_file::Part;
use crate::engine::transfer::{copy, private_file};
use crate::ftp::error::{FtpError, Stage};
use crate::net::session::{DataChannel, Facts, Session};
use crate::net::wait::Cancel;
use advisor::{Advice, Pulse};
use part_map::{Joint, Map, map_path, pieces_path};
use shared_state::{Board, LEAST, Lease};
use std::fs::File;
use std::io::{ErrorKind, Seek as _, SeekFrom};
use std::path::Path;
use std::thread;
use std::thread::Scope;
use std::time::{Duration, Instant};

/// Whether a download of that size goes this way: it is large enough for a second connection, or was in pieces before.
pub(crate) fn are_worth(job: &Assignment, part: &Part, size: u64) -> bool {
    // Windows locks a file against its own program's other handles.
    if job.text || !cfg!(unix) {
        return false;
    }
    let least = match &job.permit {
        Some(permit) if permit.wish() > 1 => 4 * LEAST,
        Some(_) => LARGE,
        None => u64::MAX,
    };
    size >= least || map_path(&part.path).exists()
}

/// Fetches what is missing of so many bytes.
///
/// # Errors
/// [`JobError::Differs`] where what came does not fit together: nothing of it is left then. Otherwise the part, or its
/// pieces and their map, say what is here.
pub(crate) fn fetch(
    session: &mut Session,
    job: &Assignment,
    remote: &RemotePath,
    size: u64,
    part: &mut Part,
    buffer: &mut [u8],
) -> Result<(), JobError> {
    let plain = part.path.clone();
    let map = adopt(session, job, remote, size, part)?;
    let in_pieces = map.is_some();
    let map =
        map.unwrap_or_else(|| Map { size, written: std::iter::once(0..part.length).collect(), joints: Vec::new() });
    let board = Board::new(size, map, in_pieces);
    job.counter.learn_size(Some(size));
    job.counter.begin_at(board.present());
    // The others obey this token: that the download is over is no reason for its own session to stop.
    let stop = Cancel::new();
    let download = Download { job, remote, size, plain: &plain, board: &board, stop: &stop };
    let result = thread::scope(|scope| {
        if let Some(permit) = job.permit.as_deref() {
            let download = &download;
            let watch = move || download.watch(permit, scope);
            thread::Builder::new().name("segments".into()).spawn_scoped(scope, watch).ok();
        }
        let result = download.run(session, part, buffer);
        board.end();
        stop.cancel();
        result
    });
    download.settle(part, result)
}

/// The pieces of an earlier try, where there are any and they are of this very source.
fn adopt(
    session: &mut Session,
    job: &Assignment,
    remote: &RemotePath,
    size: u64,
    part: &mut Part,
) -> Result<Option<Map>, JobError> {
    let (plain, pieces) = (part.path.clone(), pieces_path(&part.path));
    let map = Map::read(&plain).filter(|map| map.size == size && pieces.exists());
    if map.is_some() {
        let now = as_told(session.facts(remote)?);
        if now.size == Some(size) && !differ(now.modified, job.modified) && part.turn_into(&pieces)? {
            return Ok(map);
        }
    }
    // Nobody knows what is in them.
    std::fs::remove_file(&pieces).ok();
    Map::remove(&plain);
    Ok(None)
}

/// What all connections of one download know.
struct Download<'a> {
    job: &'a Assignment,
    remote: &'a RemotePath,
    size: u64,
    /// The part's name when it has no holes.
    plain: &'a Path,
    board: &'a Board,
    stop: &'a Cancel,
}

/// What stands before a range, and comes once more.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Lead {
    /// Nothing: it is the beginning.
    None,
    /// It is in the file: compared at once.
    Here(u64),
    /// Another connection is about it: compared when it is here.
    Coming(u64),
}

impl Download<'_> {
    /// The download's own session: whatever becomes of the others, it goes on till there is nothing left.
    fn run(&self, session: &mut Session, part: &mut Part, buffer: &mut [u8]) -> Result<(), JobError> {
        let mut failure = None;
        loop {
            if let Some(trouble) = self.board.trouble() {
                return Err(trouble);
            }
            if self.board.is_complete() {
                return Ok(());
            }
            let lease = if failure.is_none() { self.board.lease(0, &self.job.counter, &|| false) } else { None };
            match lease {
                Some(lease) => {
                    if let Err(error) = self.fetch(session, &lease, (&mut part.file, buffer)) {
                        let ends = matches!(error, JobError::Differs(_) | JobError::Local(_));
                        if ends || self.job.cancel.is_cancelled() {
                            return Err(error);
                        }
                        failure = Some(error);
                    } else if self.board.is_too_long() {
                        return self.too_long(part);
                    }
                }
                // The others are at the last ranges; if they fail, it is this session's turn again.
                None if !self.board.is_alone() => {
                    if self.job.cancel.is_cancelled() {
                        return Err(FtpError::Cancelled.into());
                    }
                    self.board.wait(TICK);
                }
                None => {
                    // Without a failure it was given back this very moment.
                    if let Some(error) = failure.take() {
                        return Err(error);
                    }
                }
            }
        }
    }

    /// More came than there should be: a file that grows, unless we continued one; then a joint may be wrong.
    fn too_long(&self, part: &mut Part) -> Result<(), JobError> {
        if self.board.is_in_pieces() {
            return Err(self.differs());
        }
        if part.length == 0 {
            return Ok(());
        }
        part.restart()?;
        Err(FtpError::Incomplete { expected: self.size, got: self.job.counter.bytes() }.into())
    }

    /// Watches how it goes: opens sessions where they help, writes down what is here, compares where ranges meet.
    fn watch<'scope, 'env>(&'scope self, permit: &'scope ConnectionPermit, scope: &'scope Scope<'scope, 'env>) {
        let mut recorded = Instant::now();
        let mut pulse = Pulse::default();
        // The last other session's number, and that before the last ones came.
        let (mut last, mut before) = (0, 0);
        let mut file = None;
        while !self.board.is_over() {
            self.board.wait(TICK);
            if self.job.cancel.is_cancelled() {
                self.stop.cancel();
                return;
            }
            let look = self.board.look();
            let millis = u64::try_from(look.at.as_millis()).unwrap_or(u64::MAX).max(1);
            let rate = look.bytes.saturating_mul(1000) / millis / look.flowing.max(1) as u64;
            self.board.costs(look.trip.map_or(LEAST, |trip| advisor::cost(rate, trip)));
            // A limit is no window.
            let is_limited = self.job.limiter.portion(usize::MAX) < usize::MAX;
            let advice = match permit.wish() {
                0 if is_limited => Advice::Stay,
                0 => pulse.feel(look),
                wish if look.missing >= 2 * LEAST && look.flowing > 0 && last + 1 < wish => {
                    Advice::Open(wish - 1 - last)
                }
                _ => Advice::Stay,
            };
            match advice {
                Advice::Stay => {}
                Advice::Dismiss => self.board.retire(before + 1),
                Advice::Allow(window) => self.board.narrow(window),
                Advice::Open(more) => {
                    let earlier = last;
                    self.board.retire(usize::MAX);
                    // What all sent at the same moment would look like a full line to each of their servers' TCP.
                    let step = look.trip.unwrap_or_default() / u32::try_from(more + 1).unwrap_or(u32::MAX);
                    while last < (earlier + more).min(MOST)
                        && self.board.failures() < FAILURES
                        && let Some(slot) = permit.take_slot()
                        && self.go_to_pieces(&mut file)
                    {
                        if last > earlier {
                            self.board.wait(step);
                        }
                        last += 1;
                        self.open(permit, (last, slot), scope);
                    }
                    if last > earlier {
                        before = earlier;
                        let window = pulse.connections_opened(look.workers + last - earlier);
                        if let Some(window) = window.filter(|_| permit.wish() == 0) {
                            self.board.narrow(window);
                        }
                    }
                }
            }
            let Some(file) = &mut file else { continue };
            match self.board.check(file) {
                Ok(true) => {}
                Ok(false) => self.board.fail(self.differs()),
                Err(error) => self.board.fail(LocalError::new(LocalAction::Read, self.plain, &error).into()),
            }
            if recorded.elapsed() >= RECORD {
                // Where it cannot be written, the record before stays; it says less, and that is true.
                self.record(file).ok();
                recorded = Instant::now();
            }
        }
    }

    /// One session more, on a thread of its own.
    fn open<'scope>(
        &'scope self,
        permit: &'scope ConnectionPermit,
        (number, slot): (usize, ConnectionSlot<'scope>),
        scope: &'scope Scope<'scope, '_>,
    ) {
        let help = move || {
            self.help(permit, number);
            drop(slot);
            self.board.gone();
        };
        self.board.add_worker();
        if thread::Builder::new().name(format!("segment-{number}")).spawn_scoped(scope, help).is_err() {
            self.board.gone();
        }
    }

    /// Makes the part a file that may have holes; `false` = that is not possible here.
    fn go_to_pieces(&self, file: &mut Option<File>) -> bool {
        if file.is_some() {
            return true;
        }
        let pieces = pieces_path(self.plain);
        if !self.board.is_in_pieces() {
            // The record comes first: what bears that name without one is thrown away.
            let begun = (|| {
                let part = private_file::open(self.plain)?.ok_or(ErrorKind::NotFound)?;
                self.record(&part)?;
                std::fs::rename(self.plain, &pieces)?;
                part.set_len(self.size)?;
                Ok::<_, std::io::Error>(part)
            })();
            let Ok(part) = begun else { return false };
            *file = Some(part);
            self.board.go_to_pieces();
            return true;
        }
        *file = private_file::open(&pieces).ok().flatten();
        file.is_some()
    }

    /// Writes down what is in the file, when it is.
    fn record(&self, file: &File) -> std::io::Result<()> {
        let map = self.board.map(self.size);
        file.sync_data()?;
        map.write(self.plain)
    }

    /// Another session, from its first byte to its last.
    fn help(&self, permit: &ConnectionPermit, number: usize) {
        let outcome = permit.connect(self.stop).map_err(JobError::from).and_then(|mut session| {
            let result = self.work(&mut session, permit, number);
            session.quit();
            result
        });
        match outcome {
            Ok(()) => {}
            Err(error @ JobError::Differs(_)) => self.board.fail(error),
            Err(_) if self.stop.is_cancelled() => {}
            Err(error) => {
                // Without REST there is no beginning in the middle.
                let for_good = matches!(
                    error,
                    JobError::Remote(FtpError::Refused { verb: "REST", .. } | FtpError::Unsupported { .. })
                );
                self.board.failed(for_good);
                permit.note(format!("One connection less for “{}”: {error}", self.remote.text(&self.job.charset)));
            }
        }
    }

    fn work(&self, session: &mut Session, permit: &ConnectionPermit, number: usize) -> Result<(), JobError> {
        let now = as_told(session.facts_before_retrieve(self.remote)?);
        let other = |a: Side, b: Side| a.size != b.size || differ(a.modified, b.modified);
        let told = Side { size: Some(self.size), modified: self.job.modified };
        if now.size.is_some() && (other(told, now) || !self.board.agrees(now, other)) {
            return Err(self.differs());
        }
        let pieces = pieces_path(self.plain);
        let wrong = |error: &std::io::Error| JobError::from(LocalError::new(LocalAction::Write, &pieces, error));
        let file = private_file::open(&pieces).and_then(|file| Ok(file.ok_or(ErrorKind::NotFound)?));
        let mut file = file.map_err(|error| wrong(&error))?;
        let mut buffer = vec![0; copy::BUFFER];
        let leaves = || permit.is_exceeded() || self.board.is_retired(number);
        while !leaves()
            && let Some(lease) = self.board.lease(number, &self.job.counter, &leaves)
        {
            self.fetch(session, &lease, (&mut file, &mut buffer))?;
        }
        Ok(())
    }

    /// One range, or the part of it that others leave.
    fn fetch(
        &self,
        session: &mut Session,
        lease: &Lease<'_>,
        (file, buffer): (&mut File, &mut [u8]),
    ) -> Result<(), JobError> {
        let (job, from) = (self.job, lease.range.start);
        let lead = self.lead(from);
        let length = match lead {
            Lead::None => 0,
            Lead::Here(length) | Lead::Coming(length) => length,
        };
        let mut channel = session.retrieve(self.remote, from - length)?;
        channel.expect_size(Some(self.size));
        let stopped = |stopped| match stopped {
            Stopped::Local(error) | Stopped::Remote(error) => error,
        };
        let joined = match lead {
            Lead::None => Ok(Overlap::Same),
            Lead::Here(length) => seek(file, from - length, self.plain)
                .and_then(|()| copy::compare(&mut channel, file, self.plain, length, buffer, job).map_err(stopped)),
            Lead::Coming(length) => self.keep(&mut channel, from - length, length, buffer),
        };
        match joined {
            Ok(Overlap::Same) => {}
            Ok(Overlap::Differs) => {
                channel.abort();
                return Err(self.differs());
            }
            Ok(Overlap::Short(came)) => {
                channel.abort();
                return Err(FtpError::Incomplete { expected: self.size, got: from - length + came }.into());
            }
            Err(error) => {
                channel.abort();
                return Err(error);
            }
        }
        let received = seek(file, from, self.plain)
            .and_then(|()| copy::receive(&mut channel, file, self.plain, buffer, job, lease).map_err(stopped));
        match received {
            // Nobody waits for the server's last word before there is more to fetch.
            Ok(Ended::AtBounds) => channel.leave(),
            // The server began elsewhere, or it is another file by now.
            Ok(Ended::AtEnd) if self.board.is_in_pieces() && self.board.is_too_long() => {
                channel.abort();
                return Err(self.differs());
            }
            Ok(Ended::AtEnd) if lease.is_done() => match channel.finish() {
                Ok(_) => {}
                // The other ranges do not depend on it, and the size of this one is known.
                Err(
                    FtpError::Timeout { stage: Stage::Completion, .. }
                    | FtpError::Closed { stage: Stage::Completion, .. }
                    | FtpError::Lost { stage: Stage::Completion, .. },
                ) if self.board.is_in_pieces() => {}
                Err(error) => return Err(error.into()),
            },
            Ok(Ended::AtEnd) => {
                channel.finish()?;
                return Err(FtpError::Incomplete { expected: self.size, got: self.board.present() }.into());
            }
            Err(error) => {
                channel.abort();
                return Err(error);
            }
        }
        Ok(())
    }

    /// What comes once more before a range.
    fn lead(&self, from: u64) -> Lead {
        let here = OVERLAP.min(from);
        if from == 0 {
            Lead::None
        } else if self.board.has(&(from - here..from)) {
            Lead::Here(here)
        } else {
            Lead::Coming(JOINT.min(from))
        }
    }

    /// Keeps what stands before a range for when the other connection is there.
    fn keep(
        &self,
        channel: &mut DataChannel<'_>,
        at: u64,
        length: u64,
        buffer: &mut [u8],
    ) -> Result<Overlap, JobError> {
        let length = usize::try_from(length).unwrap_or(usize::MAX).min(buffer.len());
        let mut filled = 0;
        while filled < length {
            match channel.read(&mut buffer[filled..length])? {
                0 => return Ok(Overlap::Short(filled as u64)),
                count => filled += count,
            }
        }
        self.board.meet(Joint::new(at, &buffer[..length]));
        Ok(Overlap::Same)
    }

    /// The file as the outside may find it.
    fn settle(&self, part: &mut Part, result: Result<(), JobError>) -> Result<(), JobError> {
        part.length = self.board.present();
        if !self.board.is_in_pieces() {
            return result;
        }
        let pieces = pieces_path(self.plain);
        part.path.clone_from(&pieces);
        // The watcher may have seen it when this session was through.
        let result = result.and_then(|()| self.board.trouble().map_or(Ok(()), Err));
        let checked = result.and_then(|()| match self.board.check(&mut part.file) {
            Ok(true) => Ok(()),
            Ok(false) => Err(self.differs()),
            Err(error) => Err(LocalError::new(LocalAction::Read, &pieces, &error).into()),
        });
        match checked {
            Ok(()) => {
                let wrong = |error: &std::io::Error| LocalError::new(LocalAction::Write, &pieces, error);
                // Its length was right from the beginning: from here on that must be true.
                part.file.sync_data().map_err(|error| wrong(&error))?;
                part.rename(self.plain)?;
                Map::remove(self.plain);
                Ok(())
            }
            // Nothing of it can be used: from the beginning, over one connection.
            Err(
                error @ (JobError::Differs(_)
                | JobError::Remote(FtpError::Refused { verb: "REST", .. } | FtpError::Unsupported { .. })),
            ) => {
                part.restart()?;
                part.rename(self.plain)?;
                Map::remove(self.plain);
                Err(error)
            }
            Err(error) => {
                self.record(&part.file).ok();
                Err(error)
            }
        }
    }

    fn differs(&self) -> JobError {
        JobError::Differs(self.job.local.display().to_string())
    }
}

/// Size and time as the server tells them now.
fn as_told(facts: Option<Facts>) -> Side {
    facts.map_or_else(Side::default, |facts| Side { size: facts.size, modified: facts.modified })
}

fn seek(file: &mut File, to: u64, path: &Path) -> Result<(), JobError> {
    let sought = file.seek(SeekFrom::Start(to));
    sought.map(drop).map_err(|error| LocalError::new(LocalAction::Write, path, &error).into())
}

/// A file that is worth a second connection by itself.
const LARGE: u64 = 32 << 20;

/// What is here comes so much again when it is continued.
const OVERLAP: u64 = 64 * 1024;

/// So much of another connection's range is compared.
const JOINT: u64 = 4 * 1024;

/// How often it is looked at.
const TICK: Duration = Duration::from_millis(20);

/// How often is written down what is here: a kill costs so much at most.
const RECORD: Duration = Duration::from_secs(2);

/// More are not opened for one file.
const MOST: usize = 31;

/// After so many that failed there are no further ones.
const FAILURES: usize = 3;
