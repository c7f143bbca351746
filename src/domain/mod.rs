//! Floor 0: the nouns everyone may say. No I/O, no threads, no window.

mod by_id;
mod certificate;
mod channel;
mod charset;
mod entry;
mod human;
mod ids;
mod learned;
mod mode_change;
mod names;
mod proxy;
pub(crate) mod remote_path;
mod route;
mod secret;
mod site;
mod timestamp;
mod visible;

pub use by_id::ById;
pub use certificate::{Certificate, Distrust, Encryption, Fingerprint, MinimumTls, Offered};
pub use channel::{ControlPath, DataPath, Mode, TransferMode};
pub use charset::Charset;
pub use entry::{Entry, EntryKind, Listing, Permissions, natural_order};
pub use human::{bytes, bytes_of, duration, rate, time_left};
pub use ids::{ConnectionId, JobId, QuestionId, SiteId};
pub use learned::{Learned, Lesson};
pub use mode_change::{ModeChange, ModeScope};
pub use names::{NamePage, Names};
pub use proxy::{FtpProxy, PROXY_SECRET, Proxy, ProxyKind};
pub use remote_path::RemotePath;
pub use route::{Direction, Route, local_path};
pub use secret::{PASSWORD_VARIABLE, Secret};
pub use site::{ClientCertificate, Logon, Security, Site, SiteColour};
pub use timestamp::{Precision, Timestamp, Zone};
pub use visible::visible;
