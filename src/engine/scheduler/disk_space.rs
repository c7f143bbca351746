//! Room on the disk: whether a download fits beside what the others still bring, and what waits until it does. A full
//! server holds back its uploads. Nothing of it counts as a failed try.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use crate::domain::JobId;
use crate::engine::job::child::Existing;
use crate::engine::message::error::JobError;
use crate::engine::message::job::JobState;
use crate::engine::message::{Direction, LogKind};
use crate::engine::scheduler::Actor;
use crate::ftp::explain::explanation::Explanation;

impl Actor {
    /// A job found no room: it waits, and goes on by itself. `false` = that is not what is wrong, or nothing is to be
    /// waited for.
    pub(crate) fn wait_for_room(&mut self, id: JobId, error: &JobError, progress: bool) -> bool {
        let Some(job) = self.queue.job(id).filter(|_| error.lacks_room() && self.settings.retries > 0) else {
            self.short_of_room.remove(&id);
            return false;
        };
        let (direction, server, attempt) = (job.direction, Arc::clone(&job.server), job.attempt);
        let Explanation { what, why, .. } = error.explain();
        let line = format!("{}: {what} {why} It goes on by itself when there is room.", job.remote);
        let first = !self.short_of_room.contains_key(&id);
        let (since, times) = self.short_of_room.entry(id).or_insert((self.now, 0));
        *times = if progress { 0 } else { times.saturating_add(1) };
        let (since, times) = (*since, *times);
        let waiting = u32::try_from(self.short_of_room.len()).unwrap_or(u32::MAX);
        let pause = match (direction, error) {
            (Direction::Download, JobError::NoRoom { .. }) => LOOK_EVERY + APART.saturating_mul(waiting).min(LONGEST),
            // The system's figure is no help (a quota): to try is to fetch.
            (Direction::Download, _) => LOOK_EVERY.saturating_mul(1 << times.saturating_sub(1).min(5)),
            (Direction::Upload, _) => FULL_SERVER.saturating_mul(1 << times.saturating_sub(1).min(4)),
        };
        let patience = self.settings.wait_for_room_seconds.map(|seconds| Duration::from_secs(u64::from(seconds)));
        if patience.is_some_and(|patience| self.now.duration_since(since) + pause > patience) {
            self.short_of_room.remove(&id);
            return false;
        }
        let retry_at = SystemTime::now() + pause;
        let mut news = first;
        if direction == Direction::Upload
            && let Some(server) = self.servers.get_mut(&server)
        {
            news &= !server.is_full(SystemTime::now());
            server.full_until = Some(retry_at);
            // Those that sessions have ahead would be refused, too.
            let key: Arc<str> = server.site.server_key().into();
            self.crew(&key).into_iter().for_each(|session| self.take_back_all(session));
        }
        if news {
            self.note(LogKind::Error, line);
        }
        self.queue.update(id, |job| job.existing = Existing::Unknown);
        self.queue.transition(id, JobState::Waiting { retry_at, attempt, error: error.clone() });
        true
    }

    /// A job went well: what was full is not, or not for it.
    pub(crate) fn found_room(&mut self, id: JobId) {
        self.short_of_room.remove(&id);
        if let Some(job) = self.queue.job(id).filter(|job| job.direction == Direction::Upload && job.bytes > 0)
            && let Some(server) = self.servers.get_mut(&job.server)
        {
            server.full_until = None;
        }
    }
}

/// So often it is looked whether there is room now.
const LOOK_EVERY: Duration = Duration::from_secs(3);
/// Many that wait take turns: together some 200 looks a second at most.
const APART: Duration = Duration::from_millis(5);
/// The longest of these turns.
const LONGEST: Duration = Duration::from_secs(60);
/// A full server is tried again so soon at first.
const FULL_SERVER: Duration = Duration::from_secs(15);
