//! Debian's vsftpd, ProFTPD and Pure-FTPd as throwaway servers on loopback: each with its own configuration, root and
//! account, in namespaces of its own. Nothing of the machine's changes, several run at once, and all of a server's
//! processes end with the test, however that ends; and pyftpdlib, from PyPI. Out of scope: fetching them (`.ci/run` does).

use std::fs::{self, Permissions};
use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::io::{self, Read, Write};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::ops::RangeInclusive;
use std::os::unix::fs::{MetadataExt, PermissionsExt, lchown};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// The account of every server; its home is the served root, where it may write.
pub const USER: &str = "twin";
/// Its password.
pub const PASSWORD: &str = "Twinport-test-1";
/// Its password as `/etc/shadow` wants it; few rounds, since servers hash it at every login.
const CRYPTED: &str =
    "$6$rounds=1000$twinportrig$Rezi0Wf2buSwuPCiCetcL11Ww5RxVCqgfNtRNO1htBppRYJaKiQyIicHw4veg2aJYFT4VmHP0Ce3m.MMJXhsV0";
/// Its numbers. Anonymous is the user after it: vsftpd refuses an anonymous user who may write to its root.
const UID: u32 = 61234;
const GID: u32 = 61234;

/// Which server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Vsftpd,
    ProFtpd,
    PureFtpd,
    /// In Python; not in [`Kind::ALL`], which are Debian's.
    Pyftpdlib,
}

impl Kind {
    pub const ALL: [Self; 3] = [Self::Vsftpd, Self::ProFtpd, Self::PureFtpd];

    /// As its authors write it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Vsftpd => "vsftpd",
            Self::ProFtpd => "ProFTPD",
            Self::PureFtpd => "Pure-FTPd",
            Self::Pyftpdlib => "pyftpdlib",
        }
    }

    fn program(self) -> PathBuf {
        unpacked().join(match self {
            Self::Vsftpd => "vsftpd/usr/sbin/vsftpd",
            Self::ProFtpd => "proftpd-core/usr/sbin/proftpd",
            Self::PureFtpd => "pure-ftpd/usr/sbin/pure-ftpd",
            Self::Pyftpdlib => return "python3".into(),
        })
    }
}

/// What to start.
#[derive(Debug, Clone)]
pub struct Config {
    pub kind: Kind,
    /// What is served. Made the account's own, with everything in it.
    pub root: PathBuf,
    /// Where to listen.
    pub ip: IpAddr,
    /// `None` = any.
    pub passive_ports: Option<RangeInclusive<u16>>,
    /// `None` = it knows no TLS.
    pub tls: Option<Tls>,
    /// MODE Z, which only ProFTPD has, and here only without TLS.
    pub deflates: bool,
    /// With the limits and refusals of Debian's own configuration; else with all that a test may want allowed.
    pub as_installed: bool,
    /// More lines of its configuration file; for Pure-FTPd more arguments.
    pub extra: Vec<String>,
}

/// How a server speaks TLS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tls {
    /// From the first byte.
    pub implicit: bool,
    /// Data connections must continue the control connection's session.
    pub requires_reuse: bool,
}

impl Config {
    pub fn new(kind: Kind, root: &Path) -> Self {
        let ip = IpAddr::V4(Ipv4Addr::LOCALHOST);
        Self {
            kind,
            root: root.to_owned(),
            ip,
            passive_ports: None,
            tls: None,
            deflates: false,
            as_installed: false,
            extra: Vec::new(),
        }
    }

    /// Debian's own configuration, but for where it listens, who logs in, and what a kernel or a namespace forbids. Without
    /// TLS, and with any passive port.
    pub fn as_installed(kind: Kind, root: &Path) -> Self {
        Self { as_installed: true, ..Self::new(kind, root) }
    }

    pub fn on(self, ip: IpAddr) -> Self {
        Self { ip, ..self }
    }

    pub fn passive_ports(self, ports: RangeInclusive<u16>) -> Self {
        Self { passive_ports: Some(ports), ..self }
    }

    pub fn deflating(self) -> Self {
        Self { deflates: true, ..self }
    }

    pub fn tls(self, tls: Tls) -> Self {
        Self { tls: Some(tls), ..self }
    }

    /// ProFTPD's checksums (mod_digest), without TLS.
    pub fn digesting(self) -> Self {
        let modules = unpacked().join("proftpd-core/usr/lib/proftpd");
        self.with(&format!("ModulePath {}\nLoadModule mod_digest.c\nDigestEngine on", modules.display()))
    }

    pub fn with(mut self, line: &str) -> Self {
        self.extra.push(line.to_owned());
        self
    }
}

/// Whether all three can be started here; else why not.
pub fn available() -> Result<(), String> {
    // The owner of our own entry is who we are.
    if fs::metadata("/proc/self").map(|me| me.uid()).unwrap_or(1) != 0 {
        return Err("the servers need root (accounts of their own in a private mount namespace)".into());
    }
    for kind in Kind::ALL {
        if !kind.program().exists() {
            return Err(format!("{} is not unpacked in {} (.ci/run does that)", kind.name(), unpacked().display()));
        }
    }
    match Command::new("unshare").args(["-m", "-p", "-f", "true"]).stderr(Stdio::null()).status() {
        Ok(status) if status.success() => Ok(()),
        _ => Err("this machine allows no namespaces (unshare -m -p)".into()),
    }
}

/// Whether pyftpdlib can be started here, with TLS.
pub fn has_pyftpdlib() -> bool {
    Command::new("python3")
        .args(["-c", "import pyftpdlib, OpenSSL"])
        .env("PYTHONPATH", unpacked().join("python"))
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

/// Whether the servers can be used; where they cannot, says so, and fails where they are required.
pub fn ready() -> bool {
    match available() {
        Ok(()) => true,
        Err(why) => {
            assert!(std::env::var_os("TWINPORT_REQUIRE_SERVERS").is_none_or(|v| v != "1"), "servers required: {why}");
            println!("SKIPPED: {why}");
            false
        }
    }
}

/// Makes everything at and below `path` the account's own.
pub fn give_to_account(path: &Path) -> io::Result<()> {
    lchown(path, Some(UID), Some(GID))?;
    if fs::symlink_metadata(path)?.is_dir() {
        for entry in fs::read_dir(path)? {
            give_to_account(&entry?.path())?;
        }
    }
    Ok(())
}

/// A running server. Dropping it ends all its processes.
pub struct Server {
    kind: Kind,
    addr: SocketAddr,
    /// `unshare`; its child is the first process of the server's namespace. Its standard input is our end of a pipe:
    /// when it closes, because we say so or because we died, the namespace ends.
    child: Child,
    state: TempDir,
}

impl Server {
    /// Starts it and waits for its greeting.
    pub fn start(config: &Config) -> Self {
        let mut last = String::new();
        // A port that was free a moment ago can be taken by a neighbour before the server gets it.
        for _ in 0..3 {
            match Self::try_start(config) {
                Ok(server) => return server,
                Err(why) => last = why,
            }
        }
        panic!("{} did not start: {last}", config.kind.name());
    }

    /// Where it listens.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Its log of the dialogue.
    pub fn log(&self) -> String {
        let read = |name: &str| fs::read(self.state.path().join(name)).unwrap_or_default();
        String::from_utf8_lossy(&[read("out"), read("protocol.log")].concat()).into_owned()
    }

    fn try_start(config: &Config) -> Result<Self, String> {
        fs::create_dir_all(&config.root).map_err(|error| error.to_string())?;
        give_to_account(&config.root).map_err(|error| error.to_string())?;
        let addr = free_port(config.ip).map_err(|error| error.to_string())?;
        let state = accounts(&config.root).map_err(|error| error.to_string())?;
        let command = arguments(config, addr, state.path()).map_err(|error| error.to_string())?;
        let child = spawn(&command, state.path()).map_err(|error| error.to_string())?;
        let mut server = Self { kind: config.kind, addr, child, state };
        let deadline = Instant::now() + Duration::from_secs(10);
        while Instant::now() < deadline && matches!(server.child.try_wait(), Ok(None)) {
            let implicit = config.tls.is_some_and(|tls| tls.implicit);
            if if implicit { TcpStream::connect(addr).is_ok() } else { greets(addr) } {
                return Ok(server);
            }
            // Nothing tells when a foreign process begins to listen: ask again.
            std::thread::sleep(Duration::from_millis(20));
        }
        Err(server.log())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
        if std::thread::panicking() {
            let log = self.log();
            let lines: Vec<_> = log.lines().collect();
            eprintln!("{}'s log ends:\n{}", self.kind.name(), lines[lines.len().saturating_sub(40)..].join("\n"));
        }
    }
}

/// Where the packages are unpacked.
fn unpacked() -> PathBuf {
    match std::env::var_os("TWINPORT_FTPD") {
        Some(folder) => PathBuf::from(folder),
        None => directories::BaseDirs::new().map(|dirs| dirs.cache_dir().join("twinport-ftpd")).unwrap_or_default(),
    }
}

/// One that nobody has at this moment. The system gives none of these away by itself: neither another test's listener nor a
/// client's end of a connection takes it before the server does.
fn free_port(ip: IpAddr) -> io::Result<SocketAddr> {
    let mut last = io::Error::from(io::ErrorKind::AddrInUse);
    for _ in 0..100 {
        let random = RandomState::new().build_hasher().finish();
        let port = OWN_PORTS.start() + u16::try_from(random % OWN_PORTS.len() as u64).unwrap_or_default();
        match TcpListener::bind((ip, port)) {
            Ok(listener) => return listener.local_addr(),
            Err(error) => last = error,
        }
    }
    Err(last)
}

/// Below those that Linux gives away by itself (`ip_local_port_range`).
const OWN_PORTS: RangeInclusive<u16> = 10_000..=31_999;

fn greets(addr: SocketAddr) -> bool {
    let Ok(mut stream) = TcpStream::connect_timeout(&addr, Duration::from_secs(1)) else { return false };
    stream.set_read_timeout(Some(Duration::from_secs(5))).ok();
    let mut start = [0; 3];
    let greeted = stream.read_exact(&mut start).is_ok() && &start == b"220";
    stream.write_all(b"QUIT\r\n").ok();
    greeted
}

/// A folder with what the server will see as `/etc/passwd`, `group`, `shadow` and `pam.d`, and its own user files.
fn accounts(root: &Path) -> io::Result<TempDir> {
    let state =
        tempfile::Builder::new().prefix("twinport-ftpd-").permissions(Permissions::from_mode(0o755)).tempdir()?;
    let at = |name: &str| state.path().join(name);
    let root = root.display();
    let keep = |file: &str| -> io::Result<String> {
        let text = fs::read_to_string(file)?;
        let ours = |line: &&str| !line.starts_with("ftp:") && !line.starts_with("twin:");
        Ok(text.lines().filter(ours).map(|line| format!("{line}\n")).collect())
    };
    let anonymous = UID + 1;
    let user = format!("{USER}:x:{UID}:{GID}::{root}:/bin/sh\nftp:x:{anonymous}:{GID}::{root}:/bin/sh\n");
    fs::write(at("passwd"), keep("/etc/passwd")? + &user)?;
    fs::write(at("group"), keep("/etc/group")? + &format!("ftp:x:{GID}:\n"))?;
    let hashes = format!("{USER}:{CRYPTED}:19000:0:99999:7:::\nftp:*:19000:0:99999:7:::\n");
    fs::write(at("shadow"), keep("/etc/shadow")? + &hashes)?;
    fs::create_dir(at("pam.d"))?;
    fs::write(at("pam.d/twinport"), "auth required pam_unix.so\naccount required pam_unix.so\n")?;
    // ProFTPD's own files; it refuses those that others may read.
    let lines = format!("{USER}:{CRYPTED}:{UID}:{GID}::{root}:/bin/sh\nftp:*:{anonymous}:{GID}::{root}:/bin/sh\n");
    fs::write(at("users"), lines)?;
    fs::write(at("groups"), format!("ftp:x:{GID}:\n"))?;
    for secret in ["shadow", "users", "groups"] {
        fs::set_permissions(at(secret), Permissions::from_mode(0o600))?;
    }
    for own in ["users", "groups"] {
        lchown(at(own), Some(UID), Some(GID))?;
    }
    write_certificate(state.path())?;
    fs::write(at("protocol.log"), "")?;
    fs::set_permissions(at("protocol.log"), Permissions::from_mode(0o666))?;
    Ok(state)
}

/// A certificate for 127.0.0.1 and its key, as two files (`tls.crt`, `tls.key`) and as one (`tls.pem`).
fn write_certificate(state: &Path) -> io::Result<()> {
    let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned(), "localhost".to_owned()]).unwrap();
    let (certificate, key) = (made.cert.pem(), made.signing_key.serialize_pem());
    fs::write(state.join("tls.crt"), &certificate)?;
    fs::write(state.join("tls.key"), &key)?;
    fs::write(state.join("tls.pem"), key + &certificate)?;
    for secret in ["tls.key", "tls.pem"] {
        fs::set_permissions(state.join(secret), Permissions::from_mode(0o600))?;
    }
    Ok(())
}

/// The server's command line; writes its configuration file.
fn arguments(config: &Config, addr: SocketAddr, state: &Path) -> io::Result<Vec<String>> {
    let program = config.kind.program().display().to_string();
    let conf = state.join("conf");
    let mut rest = match config.kind {
        Kind::Vsftpd => {
            fs::create_dir(state.join("empty"))?;
            fs::write(&conf, vsftpd(config, addr, state))?;
            vec![conf.display().to_string()]
        }
        Kind::ProFtpd => {
            fs::write(&conf, proftpd(config, addr, state))?;
            ["-n", "-q", "-c"].map(String::from).into_iter().chain([conf.display().to_string()]).collect()
        }
        Kind::PureFtpd => pureftpd(config, addr, state),
        Kind::Pyftpdlib => {
            let script = state.join("pyftpd.py");
            fs::write(&script, include_str!("pyftpd.py"))?;
            let pem = config.tls.map_or("-".into(), |_| state.join("tls.pem").display().to_string());
            let (ip, port) = (addr.ip().to_string(), addr.port().to_string());
            let root = config.root.display().to_string();
            vec![script.display().to_string(), ip, port, root, USER.into(), PASSWORD.into(), pem]
        }
    };
    rest.insert(0, program);
    Ok(rest)
}

fn vsftpd(config: &Config, addr: SocketAddr, state: &Path) -> String {
    let (root, state) = (config.root.display(), state.display());
    let listen = match addr.ip() {
        IpAddr::V4(ip) => format!("listen=YES\nlisten_ipv6=NO\nlisten_address={ip}"),
        IpAddr::V6(ip) => format!("listen=NO\nlisten_ipv6=YES\nlisten_address6={ip}"),
    };
    let (first, last) = config.passive_ports.as_ref().map_or((0, 0), |ports| (*ports.start(), *ports.end()));
    // seccomp_sandbox kills sessions on new kernels; isolate_network makes a network namespace a session, slowly;
    // tcp_wrappers would read the machine's hosts.allow.
    if config.as_installed {
        return format!(
            "{listen}\nlisten_port={port}\nbackground=NO\nsession_support=NO\nanonymous_enable=NO\nlocal_enable=YES\n\
             dirmessage_enable=YES\nuse_localtime=YES\nxferlog_enable=YES\nconnect_from_port_20=YES\n\
             secure_chroot_dir={state}/empty\npam_service_name=twinport\nseccomp_sandbox=NO\nisolate_network=NO\n\
             vsftpd_log_file={state}/protocol.log\n{extra}\n",
            port = addr.port(),
            extra = config.extra.join("\n"),
        );
    }
    format!(
        "{listen}\nlisten_port={port}\nbackground=NO\nsession_support=NO\nanonymous_enable=YES\nanon_root={root}\n\
         no_anon_password=YES\nlocal_enable=YES\nlocal_root={root}\nchroot_local_user=YES\n\
         allow_writeable_chroot=YES\nwrite_enable=YES\nlocal_umask=022\nnopriv_user=nobody\n\
         secure_chroot_dir={state}/empty\npam_service_name=twinport\ntcp_wrappers=NO\nmax_per_ip=0\nmax_clients=0\n\
         pasv_enable=YES\npasv_min_port={first}\npasv_max_port={last}\nport_enable=YES\nconnect_from_port_20=NO\n\
         seccomp_sandbox=NO\nisolate_network=NO\nxferlog_enable=YES\nxferlog_std_format=NO\nlog_ftp_protocol=YES\n\
         vsftpd_log_file={state}/protocol.log\n{tls}{extra}\n",
        port = addr.port(),
        tls = match config.tls {
            None => String::new(),
            Some(tls) => format!(
                "ssl_enable=YES\nrsa_cert_file={state}/tls.crt\nrsa_private_key_file={state}/tls.key\nallow_anon_ssl=YES\n\
                 force_local_data_ssl=NO\nforce_local_logins_ssl=NO\nssl_tlsv1=YES\nssl_ciphers=HIGH\n\
                 require_ssl_reuse={}\nimplicit_ssl={}\n",
                yes(tls.requires_reuse),
                yes(tls.implicit)
            ),
        },
        extra = config.extra.join("\n"),
    )
}

fn yes(is: bool) -> &'static str {
    if is { "YES" } else { "NO" }
}

fn proftpd(config: &Config, addr: SocketAddr, state: &Path) -> String {
    let (root, state) = (config.root.display(), state.display());
    let ipv6 = if addr.is_ipv6() { "on" } else { "off" };
    let passive = match &config.passive_ports {
        Some(ports) => format!("PassivePorts {} {}", ports.start(), ports.end()),
        None => String::new(),
    };
    let tls = match config.tls {
        None => String::new(),
        Some(tls) => {
            let options = [(tls.implicit, " UseImplicitSSL"), (!tls.requires_reuse, " NoSessionReuseRequired")];
            let options: String = options.iter().filter(|(on, _)| *on).map(|(_, option)| *option).collect();
            // EnableDiags is the option that changes nothing for us: the line may not be empty.
            format!(
                "LoadModule mod_tls.c\nTLSEngine on\nTLSECCertificateFile {state}/tls.crt\n\
                 TLSECCertificateKeyFile {state}/tls.key\nTLSRequired off\nTLSVerifyClient off\nTLSLog {state}/out\n\
                 TLSProtocol TLSv1.2 TLSv1.3\nTLSOptions EnableDiags{options}\n"
            )
        }
    };
    let modules = match (config.tls, config.deflates) {
        (Some(_), _) => format!("ModulePath {}\n", unpacked().join("proftpd-mod-crypto/usr/lib/proftpd").display()),
        (None, true) => format!(
            "ModulePath {}\nLoadModule mod_deflate.c\nDeflateEngine on\n",
            unpacked().join("proftpd-core/usr/lib/proftpd").display()
        ),
        (None, false) => String::new(),
    };
    if config.as_installed {
        return format!(
            "UseIPv6 {ipv6}\nServerName Debian\nServerType standalone\nDeferWelcome off\nDefaultServer on\n\
             ShowSymlinks on\nTimeoutNoTransfer 600\nTimeoutStalled 600\nTimeoutIdle 1200\nDisplayLogin welcome.msg\n\
             DisplayChdir .message true\nListOptions \"-l\"\nDenyFilter \\*.*/\nDefaultAddress {ip}\nPort {port}\n\
             MaxInstances 30\nUser {USER}\nGroup ftp\nUmask 022 022\nAllowOverwrite on\nDelayEngine off\n\
             ControlsEngine off\nUseReverseDNS off\nAuthOrder mod_auth_file.c\nAuthUserFile {state}/users\n\
             AuthGroupFile {state}/groups\nAuthPAM off\nWtmpLog off\nScoreboardFile {state}/scoreboard\n\
             PidFile {state}/proftpd.pid\nSystemLog {state}/out\nTransferLog none\n\
             LogFormat dialogue \"%P %r -> %s\"\nExtendedLog {state}/protocol.log ALL dialogue\n{extra}\n",
            ip = addr.ip(),
            port = addr.port(),
            extra = config.extra.join("\n"),
        );
    }
    format!(
        "{modules}{tls}ServerName Twinport\nServerType standalone\nDefaultServer on\nUseIPv6 {ipv6}\nUseReverseDNS off\n\
         DefaultAddress {ip}\nPort {port}\nSocketBindTight on\nUser {USER}\nGroup ftp\n\
         AuthOrder mod_auth_file.c\nAuthUserFile {state}/users\nAuthGroupFile {state}/groups\n\
         RequireValidShell off\nAuthPAM off\nWtmpLog off\nDelayEngine off\nMaxInstances 200\nControlsEngine off\n\
         ScoreboardFile {state}/scoreboard\nPidFile {state}/proftpd.pid\nSystemLog {state}/out\nTransferLog none\n\
         LogFormat dialogue \"%P %r -> %s\"\nExtendedLog {state}/protocol.log ALL dialogue\n\
         DefaultRoot ~\nAllowOverwrite on\nAllowStoreRestart on\nAllowRetrieveRestart on\nUmask 022\n{passive}\n\
         <Anonymous {root}>\nUser ftp\nGroup ftp\nUserAlias anonymous ftp\nRequireValidShell off\n\
         AnonRequirePassword off\n<Limit WRITE>\nDenyAll\n</Limit>\n</Anonymous>\n{extra}\n",
        ip = addr.ip(),
        port = addr.port(),
        extra = config.extra.join("\n"),
    )
}

fn pureftpd(config: &Config, addr: SocketAddr, state: &Path) -> Vec<String> {
    let family = if addr.is_ipv6() { "-6" } else { "-4" };
    let own = ["-S", &format!("{},{}", addr.ip(), addr.port()), "-g", &format!("{}/pure.pid", state.display())];
    let own = own.map(String::from);
    if config.as_installed {
        // What Debian's pure-ftpd-wrapper makes of /etc/pure-ftpd/conf (MinUID, NoAnonymous): all limits are the
        // program's own.
        let arguments = ["-l", "unix", family, "-H", "-u", "1000", "-E"].map(String::from).into_iter();
        return arguments.chain(own).chain(config.extra.iter().cloned()).collect();
    }
    // unix, not puredb: that one's password hash costs half a second of processor a login. -u: the smallest uid that
    // may log in; -L: listings end at 10,000 names otherwise; -U: new files 0644, new directories 0755.
    let mut arguments: Vec<String> =
        ["-l", "unix", "-A", family, "-H", "-u", "1", "-c", "200", "-C", "200", "-I", "15"]
            .into_iter()
            .chain(["-U", "133:022", "-L", "1000000:20", "-d", "-d"])
            .map(String::from)
            .collect();
    arguments.extend(own);
    arguments.extend(["-O".into(), format!("w3c:{}/protocol.log", state.display())]);
    if let Some(ports) = &config.passive_ports {
        arguments.extend(["-p".into(), format!("{}:{}", ports.start(), ports.end())]);
    }
    if config.tls.is_some() {
        arguments.extend(["-Y".into(), "1".into(), "-2".into(), format!("{}/tls.pem", state.display())]);
    }
    arguments.extend(config.extra.iter().cloned());
    arguments
}

/// Starts `command` with its own accounts as a child of the first process of a pid namespace. That first process is a
/// shell, since vsftpd crashes when it inherits the orphans of its own sessions. `/run` is empty there: Pure-FTPd counts
/// the users of all its instances in it.
fn spawn(command: &[String], state: &Path) -> io::Result<Child> {
    const INNER: &str = r#"
        for file in passwd group shadow pam.d; do mount --bind "$0/$file" "/etc/$file" || exit; done
        mount -t tmpfs tmpfs /run || exit
        exec 3<&0
        "$@" </dev/null 3<&- & server=$!
        (cat <&3 >/dev/null; kill "$server") &
        exec 3<&-
        wait "$server"
    "#;
    // Wherever this machine's Python is, and the servers' own helpers.
    let path = format!("{}:/usr/sbin:/usr/bin:/sbin:/bin", std::env::var("PATH").unwrap_or_default());
    let out = fs::OpenOptions::new().create(true).append(true).open(state.join("out"))?;
    Command::new("unshare")
        .args(["-m", "-p", "-f", "--kill-child", "sh", "-c", INNER])
        .arg(state)
        .args(command)
        .env("LD_LIBRARY_PATH", libraries())
        .env("PYTHONPATH", unpacked().join("python"))
        .env("LANG", "C.UTF-8")
        .env("PATH", path)
        .stdin(Stdio::piped())
        .stdout(out.try_clone()?)
        .stderr(out)
        .spawn()
}

/// What the servers need and the machine lacks, as a library path.
fn libraries() -> std::ffi::OsString {
    let base = unpacked().join("libraries");
    let triplet = format!("{}-linux-gnu", std::env::consts::ARCH);
    std::env::join_paths([base.join("usr/lib").join(&triplet), base.join("lib").join(&triplet)]).unwrap_or_default()
}
