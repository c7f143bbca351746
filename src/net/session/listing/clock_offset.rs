//! Finding out how far the times of LIST are from those of MDTM.

use crate::domain::{Lesson, Timestamp};
use crate::ftp::answer;
use crate::ftp::error::FtpError;
use crate::ftp::listing::clock;
use crate::ftp::verb::Verb;
use crate::net::happening::Happening;
use crate::net::session::Session;
use crate::net::session::listing::clock::{Correction, in_words};

impl Session {
    /// Whether [`Session::calibrate`] has something to ask.
    pub fn can_calibrate(&self) -> bool {
        !self.clock.settled && !self.clock.samples.is_empty() && !self.is_broken()
    }

    /// Asks, once, what the last listing could not tell: the server's clock. The correction is for that listing; later
    /// ones are right from the start.
    ///
    /// # Errors
    /// Only what breaks the conversation.
    pub fn calibrate(&mut self) -> Result<Option<Correction>, FtpError> {
        self.ready()?;
        let mut samples = std::mem::take(&mut self.clock.samples);
        self.clock.settled = true;
        let known = self.clock.offset;
        // One is enough to see that nothing has changed since.
        if known.is_some() {
            samples.truncate(1);
        }
        if !self.features.mdtm && self.answers_feat {
            return Ok(None);
        }
        let mut verbs = Vec::new();
        for (path, _) in &samples {
            verbs.push(Verb::Mdtm(self.file_argument(path)?));
        }
        let replies = self.ask_all(&verbs)?;
        let pairs: Vec<(Timestamp, Timestamp)> = samples
            .iter()
            .zip(&replies)
            .filter_map(|((_, listed), heard)| Some((*listed, answer::modified(&heard.reply)?)))
            .collect();
        let Some(offset) = clock::offset(&pairs).map(|minutes| minutes * 60).filter(|offset| known != Some(*offset))
        else {
            return Ok(None);
        };
        self.clock.offset = Some(offset);
        self.control.note(format!("The clock of this server's listings is {}", in_words(offset)));
        self.control.tell(Happening::Learned(Lesson::ClockOffset(offset)));
        Ok(Some(Correction { before: known, offset }))
    }
}
