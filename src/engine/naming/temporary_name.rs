//! The temporary name of an upload, beside its target on the server.

use std::path::Path;
use std::sync::OnceLock;

use crate::domain::{RemotePath, Timestamp};
use crate::engine::naming::local_name::{fingerprint, remote_part_name};

/// The temporary name beside the target; it names the version of the source.
pub(crate) fn temporary_of(
    local: &Path,
    remote: &RemotePath,
    size: Option<u64>,
    modified: Option<Timestamp>,
) -> Option<RemotePath> {
    let name = remote.file_name()?;
    // Two computers may send a file of one path, size and time to one place.
    let mark = fingerprint(host_name(), local.as_os_str().as_encoded_bytes(), size, modified);
    Some(remote.parent()?.join(&remote_part_name(name, mark)))
}

/// This computer's own name; empty where the system does not tell.
fn host_name() -> &'static str {
    static NAME: OnceLock<String> = OnceLock::new();
    #[cfg(unix)]
    let ask = || rustix::system::uname().nodename().to_string_lossy().into_owned();
    #[cfg(not(unix))]
    let ask = || std::env::var("COMPUTERNAME").unwrap_or_default();
    NAME.get_or_init(ask)
}
