//! libunftp, a real server inside the test's own process: where no other server can be had. It knows EPSV, PASV and
//! (IPv4) PORT, MLSD and LIST, REST; no EPRT, no MFMT, no SITE CHMOD, and only names that are UTF-8.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use libunftp::ServerBuilder;
use libunftp::options::ActivePassiveMode;
use tokio::runtime::Runtime;
use unftp_core::auth::{AuthenticationError, Authenticator, Credentials, Principal};
use unftp_sbe_fs::Filesystem;

/// The account; it may do everything below the root.
pub const USER: &str = "twin";
/// Its password.
pub const PASSWORD: &str = "Twinport-test-1";

/// A running server; dropping it ends all its sessions.
pub struct Unftp {
    addr: SocketAddr,
    runtime: Option<Runtime>,
}

impl Unftp {
    /// Serves `root` on a free port of 127.0.0.1.
    pub fn start(root: &Path) -> Self {
        Self::start_on(root, IpAddr::V4(Ipv4Addr::LOCALHOST), 49152..=65535)
    }

    /// Serves `root` on a free port of that address, with those ports for passive data connections.
    pub fn start_on(root: &Path, ip: IpAddr, passive_ports: RangeInclusive<u16>) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        // Listening ourselves: libunftp would want a port number, and a free one may be taken before it binds it.
        let listener = runtime.block_on(tokio::net::TcpListener::bind((ip, 0))).unwrap();
        let addr = listener.local_addr().unwrap();
        let root = root.to_owned();
        runtime.spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(server(root.clone(), passive_ports.clone()).service(stream));
            }
        });
        Self { addr, runtime: Some(runtime) }
    }

    /// Where it listens.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }
}

impl Drop for Unftp {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_timeout(Duration::from_secs(1));
        }
    }
}

fn server(
    root: PathBuf,
    passive_ports: RangeInclusive<u16>,
) -> libunftp::Server<Filesystem, unftp_core::auth::DefaultUser> {
    ServerBuilder::with_authenticator(Box::new(move || Filesystem::new(root.clone()).unwrap()), Arc::new(OneAccount))
        .greeting("Twinport's test server")
        .active_passive_mode(ActivePassiveMode::ActiveAndPassive)
        .passive_ports(passive_ports)
        .build()
        .unwrap()
}

#[derive(Debug)]
struct OneAccount;

#[async_trait::async_trait]
impl Authenticator for OneAccount {
    async fn authenticate(&self, user: &str, given: &Credentials) -> Result<Principal, AuthenticationError> {
        if user == USER && given.password.as_deref() == Some(PASSWORD) {
            Ok(Principal { username: user.to_owned() })
        } else {
            Err(AuthenticationError::BadPassword)
        }
    }
}
