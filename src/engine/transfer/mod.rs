//! One job on one session: a file down or up, or a folder read and made. It knows neither the queue nor other jobs.

/// Files to this computer.
pub(crate) mod download;

/// Files to the server.
pub(crate) mod upload;

/// Folders of both sides: read here, made there.
pub(crate) mod folder;

/// Bytes between a data connection and a file.
pub(crate) mod copy;

/// One large download over several connections.
pub(crate) mod segments;

/// Comparing the end of what is there with what comes, before it is continued.
pub(crate) mod overlap;

/// Checksums of both sides.
pub(crate) mod verify;

/// The temporary file that a download writes to.
pub(crate) mod part_file;

/// Temporary files that earlier tries left behind.
pub(crate) mod abandoned_parts;

/// What a remote folder has, as far as its listing tells.
pub(crate) mod remote_folder;

/// What a folder's transfer leaves out, and why.
pub(crate) mod left_out;

/// Files that only this user may read, opened without following links.
pub(crate) mod private_file;

/// Lock on the temporary name of an upload.
pub(crate) mod upload_lock;

/// One job as its session needs it.
pub(crate) mod assignment;

/// Permission for a large download to open more connections.
pub(crate) mod connection_permit;

/// Room on this computer's disks.
pub(crate) mod disk_space;
