//! libunftp, a real server inside the test's own process: where no other server can be had. It knows EPSV, PASV and
//! (IPv4) PORT, MLSD and LIST, REST; no EPRT, no MFMT, no SITE CHMOD, and only names that are UTF-8.

use std::fmt::Debug;
use std::future::Future;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use async_trait::async_trait;
use libunftp::ServerBuilder;
use libunftp::options::{ActivePassiveMode, TlsFlags};
use tokio::io::{AsyncRead, ReadBuf};
use tokio::runtime::Runtime;
use tokio::time::Sleep;
use unftp_core::auth::{AuthenticationError, Authenticator, Credentials, DefaultUser, Principal};
use unftp_core::storage::{Fileinfo, Result, StorageBackend};
use unftp_sbe_fs::{Filesystem, Meta};

/// The account; it may do everything below the root.
pub const USER: &str = "twin";
/// Its password.
pub const PASSWORD: &str = "Twinport-test-1";

/// What to start.
#[derive(Debug, Clone)]
pub struct Config {
    pub root: PathBuf,
    pub ip: IpAddr,
    pub passive_ports: RangeInclusive<u16>,
    /// Bytes a second of each transfer, either way; `None` = as fast as it goes.
    pub rate: Option<u64>,
    /// PEM files of a certificate and its key: TLS on both connections.
    pub tls: Option<(PathBuf, PathBuf)>,
}

impl Config {
    /// That folder, on 127.0.0.1, with any port, at full speed.
    pub fn new(root: &Path) -> Self {
        Self {
            root: root.to_owned(),
            ip: Ipv4Addr::LOCALHOST.into(),
            passive_ports: 49152..=65535,
            rate: None,
            tls: None,
        }
    }
}

/// A running server; dropping it ends all its sessions.
pub struct Unftp {
    addr: SocketAddr,
    runtime: Option<Runtime>,
}

impl Unftp {
    /// Serves `root` on a free port of 127.0.0.1.
    pub fn start(root: &Path) -> Self {
        Self::start_with(Config::new(root))
    }

    /// Serves on a free port.
    pub fn start_with(config: Config) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        // Listening ourselves: libunftp would want a port number, and a free one may be taken before it binds it.
        let listener = runtime.block_on(tokio::net::TcpListener::bind((config.ip, 0))).unwrap();
        let addr = listener.local_addr().unwrap();
        runtime.spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(server(config.clone()).service(stream));
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

fn server(config: Config) -> libunftp::Server<Disk, DefaultUser> {
    let Config { root, passive_ports, rate, tls, .. } = config;
    let disk = move || Disk { files: Filesystem::new(root.clone()).unwrap(), rate };
    let builder = ServerBuilder::with_authenticator(Box::new(disk), Arc::new(OneAccount));
    let builder = match tls {
        Some((certificate, key)) => {
            let versions = TlsFlags::V1_2 | TlsFlags::V1_3 | TlsFlags::RESUMPTION_TICKETS;
            builder.ftps(certificate, key).ftps_tls_flags(versions)
        }
        None => builder,
    };
    builder
        .greeting("Twinport's test server")
        .active_passive_mode(ActivePassiveMode::ActiveAndPassive)
        .passive_ports(passive_ports)
        .build()
        .unwrap()
}

#[derive(Debug)]
struct OneAccount;

#[async_trait]
impl Authenticator for OneAccount {
    async fn authenticate(
        &self,
        user: &str,
        given: &Credentials,
    ) -> std::result::Result<Principal, AuthenticationError> {
        if user == USER && given.password.as_deref() == Some(PASSWORD) {
            Ok(Principal { username: user.to_owned() })
        } else {
            Err(AuthenticationError::BadPassword)
        }
    }
}

/// The file system, at a chosen speed.
#[derive(Debug)]
struct Disk {
    files: Filesystem,
    rate: Option<u64>,
}

#[async_trait]
impl StorageBackend<DefaultUser> for Disk {
    type Metadata = Meta;

    fn supported_features(&self) -> u32 {
        StorageBackend::<DefaultUser>::supported_features(&self.files)
    }

    async fn metadata<P: AsRef<Path> + Send + Debug>(&self, user: &DefaultUser, path: P) -> Result<Meta> {
        self.files.metadata(user, path).await
    }

    async fn list<P: AsRef<Path> + Send + Debug>(
        &self,
        user: &DefaultUser,
        path: P,
    ) -> Result<Vec<Fileinfo<PathBuf, Meta>>> {
        self.files.list(user, path).await
    }

    async fn get<P: AsRef<Path> + Send + Debug>(
        &self,
        user: &DefaultUser,
        path: P,
        start: u64,
    ) -> Result<Box<dyn AsyncRead + Send + Sync + Unpin>> {
        Ok(Box::new(Paced::new(self.files.get(user, path, start).await?, self.rate)))
    }

    async fn put<P: AsRef<Path> + Send + Debug, R: AsyncRead + Send + Sync + Unpin + 'static>(
        &self,
        user: &DefaultUser,
        input: R,
        path: P,
        start: u64,
    ) -> Result<u64> {
        self.files.put(user, Paced::new(input, self.rate), path, start).await
    }

    async fn del<P: AsRef<Path> + Send + Debug>(&self, user: &DefaultUser, path: P) -> Result<()> {
        self.files.del(user, path).await
    }

    async fn mkd<P: AsRef<Path> + Send + Debug>(&self, user: &DefaultUser, path: P) -> Result<()> {
        self.files.mkd(user, path).await
    }

    async fn rename<P: AsRef<Path> + Send + Debug>(&self, user: &DefaultUser, from: P, to: P) -> Result<()> {
        self.files.rename(user, from, to).await
    }

    async fn rmd<P: AsRef<Path> + Send + Debug>(&self, user: &DefaultUser, path: P) -> Result<()> {
        self.files.rmd(user, path).await
    }

    async fn cwd<P: AsRef<Path> + Send + Debug>(&self, user: &DefaultUser, path: P) -> Result<()> {
        self.files.cwd(user, path).await
    }
}

/// Reads in small pieces with a pause after each.
struct Paced<R> {
    inner: R,
    rate: Option<u64>,
    pause: Option<Pin<Box<Sleep>>>,
}

impl<R> Paced<R> {
    const PIECE: usize = 16 * 1024;

    fn new(inner: R, rate: Option<u64>) -> Self {
        Self { inner, rate, pause: None }
    }
}

impl<R: AsyncRead + Unpin> AsyncRead for Paced<R> {
    fn poll_read(mut self: Pin<&mut Self>, task: &mut Context<'_>, out: &mut ReadBuf<'_>) -> Poll<std::io::Result<()>> {
        let Some(rate) = self.rate else { return Pin::new(&mut self.inner).poll_read(task, out) };
        if let Some(pause) = &mut self.pause {
            if pause.as_mut().poll(task).is_pending() {
                return Poll::Pending;
            }
            self.pause = None;
        }
        let mut piece = out.take(Self::PIECE);
        let read = Pin::new(&mut self.inner).poll_read(task, &mut piece);
        let bytes = piece.filled().to_vec();
        if read.is_ready() && !bytes.is_empty() {
            out.put_slice(&bytes);
            let pause = Duration::from_secs_f64(bytes.len() as f64 / rate as f64);
            self.pause = Some(Box::pin(tokio::time::sleep(pause)));
        }
        read
    }
}
