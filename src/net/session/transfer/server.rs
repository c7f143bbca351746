//! Servers that were seen to take several commands in one write.

use crate::ftp::reply::Reply;
use crate::ftp::verb::Verb;

/// A server that was seen to answer in order, however much it is told at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::net) enum Server {
    Vsftpd,
    ProFtpd,
    PureFtpd,
    /// Or one that says nothing of itself.
    Other,
}

impl Server {
    /// By its greeting.
    pub(in crate::net) fn read(welcome: &Reply) -> Self {
        let text = welcome.text().to_ascii_lowercase();
        let known = [("vsftpd", Self::Vsftpd), ("proftpd", Self::ProFtpd), ("pure-ftpd", Self::PureFtpd)];
        known.into_iter().find(|(name, _)| text.contains(name)).map_or(Self::Other, |(_, server)| server)
    }

    pub(in crate::net) fn is_known(self) -> bool {
        self != Self::Other
    }

    /// Whether the next EPSV or PASV may come in the same write as this command, and that is worth something: at the end of
    /// the data it is too late for uploads (ProFTPD answers 450 beside the transfer, Pure-FTPd 500), and for downloads as
    /// early, where the server waits for our end of the data connection before its 226 (vsftpd, ProFTPD).
    pub(crate) fn opens_along_with(self, verb: &Verb) -> bool {
        match verb {
            Verb::Stor(_) => self.is_known(),
            Verb::Retr(_) => self == Self::PureFtpd,
            _ => false,
        }
    }

    /// Whether PORT and RETR may follow the end of the data before its 226 is read. Pure-FTPd answers them beside the
    /// transfer.
    pub(crate) fn retrieves_ahead(self) -> bool {
        matches!(self, Self::Vsftpd | Self::ProFtpd)
    }
}
