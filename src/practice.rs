//! `twinport --practice`: an FTP server inside the program (libunftp), so that everything can be tried with nothing else
//! installed. It listens on loopback alone, serves a sample folder made for the occasion, and is gone, folder and all, with
//! the program.

use std::fs::{self, File};
use std::io::{self, Write};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use libunftp::options::ActivePassiveMode;
use libunftp::{Server, ServerBuilder};
use tempfile::TempDir;
use tokio::runtime::{Builder, Runtime};
use unftp_core::auth::{AuthenticationError, Authenticator, Credentials, DefaultUser, Principal};
use unftp_sbe_fs::Filesystem;

use crate::domain::{Secret, Security, Site};

/// User name and password.
const LOGIN: &str = "practice";
/// How long transfers may go on when the program ends.
const GRACE: Duration = Duration::from_millis(200);

/// A running practice server; dropping it ends it and removes its folder.
pub struct Practice {
    address: SocketAddr,
    runtime: Option<Runtime>,
    folder: TempDir,
}

impl Practice {
    /// Makes the sample folder and serves it on a free port of 127.0.0.1.
    ///
    /// # Errors
    /// Where the folder for temporary files cannot be written, or the system has no port or thread left.
    pub fn start() -> io::Result<Self> {
        let folder = tempfile::Builder::new().prefix("twinport-practice-").tempdir()?;
        fill(folder.path())?;
        let runtime =
            Builder::new_multi_thread().worker_threads(2).thread_name("practice-server").enable_all().build()?;
        // We listen and hand the connections over: libunftp wants to be told a port, and ours is any that is free.
        let listener = runtime.block_on(tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)))?;
        let address = listener.local_addr()?;
        let root = folder.path().to_owned();
        runtime.spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                if let Some(server) = server(&root) {
                    tokio::spawn(server.service(stream));
                }
            }
        });
        Ok(Self { address, runtime: Some(runtime), folder })
    }

    /// The site to connect to.
    pub fn site(&self) -> Site {
        Site {
            name: "Practice server".into(),
            host: self.address.ip().to_string(),
            port: Some(self.address.port()),
            security: Security::Off,
            user: LOGIN.into(),
            notes: "Lives in this program, and ends with it.".into(),
            ..Site::default()
        }
    }

    /// Its password.
    pub fn secret(&self) -> Secret {
        Secret::from(LOGIN)
    }

    /// What it serves.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }
}

impl Drop for Practice {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_timeout(GRACE);
        }
    }
}

/// A server for one connection: libunftp's own notion when somebody else listens.
fn server(root: &Path) -> Option<Server<Filesystem, DefaultUser>> {
    let root = root.to_owned();
    Filesystem::new(&root).ok()?;
    #[expect(
        clippy::expect_used,
        reason = "libunftp takes no failure here; it ends this connection's task, nothing else"
    )]
    let storage = move || Filesystem::new(&root).expect("the practice folder could be opened a moment ago");
    ServerBuilder::with_authenticator(Box::new(storage), Arc::new(OneUser))
        .greeting("Twinport's practice server")
        .active_passive_mode(ActivePassiveMode::ActiveAndPassive)
        .build()
        .ok()
}

/// The only login.
#[derive(Debug)]
struct OneUser;

#[async_trait::async_trait]
impl Authenticator for OneUser {
    async fn authenticate(&self, user: &str, given: &Credentials) -> Result<Principal, AuthenticationError> {
        if user == LOGIN && given.password.as_deref() == Some(LOGIN) {
            Ok(Principal { username: user.to_owned() })
        } else {
            Err(AuthenticationError::BadPassword)
        }
    }
}

/// Files and folders of the kinds that people have: enough to browse, sort, transfer and break.
fn fill(root: &Path) -> io::Result<()> {
    let hour = Duration::from_secs(3600);
    let texts: &[(&str, &str, u32)] = &[
        ("Read me first.txt", README, 0),
        ("documents/Letter to the editor.txt", "Dear editor,\n\nports come in pairs.\n\nYours, a reader\n", 26),
        ("documents/Preisliste für Händler.csv", "Artikel;Preis\nKabel, grün;4,50\nStecker;1,20\n", 700),
        ("documents/100% sure (draft).txt", "Names may hold nearly anything.\n", 3),
        ("documents/contracts/2024/signed.txt", "Both sides agree.\n", 9000),
        ("documents/contracts/2025/unsigned.txt", "One side agrees.\n", 2000),
        ("website/index.html", "<!doctype html>\n<title>Hello</title>\n<h1>It works</h1>\n", 50),
        ("website/style.css", "body { font-family: sans-serif; margin: 4rem }\n", 51),
        ("website/.htaccess", "Options -Indexes\n", 4000),
    ];
    for (name, text, hours) in texts {
        write(root, name, text.as_bytes(), hour * *hours)?;
    }
    for day in 1..=31u32 {
        let line = format!("2025-01-{day:02} 06:00:00 all is well\n").repeat(usize::try_from(day).unwrap_or(1) * 20);
        write(root, &format!("logs/january/2025-01-{day:02}.log"), line.as_bytes(), hour * 24 * (40 - day))?;
    }
    write(root, "pictures/Sunset over Zürich.bmp", &picture(1280, 960), hour * 300)?;
    write(root, "pictures/thumbnails/sunset.bmp", &picture(160, 120), hour * 300)?;
    fs::create_dir_all(root.join("empty folder"))?;
    fs::create_dir_all(root.join("upload here"))
}

/// One file with its folders, that old.
fn write(root: &Path, name: &str, bytes: &[u8], age: Duration) -> io::Result<()> {
    let path: PathBuf = root.join(name);
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let mut file = File::create(path)?;
    file.write_all(bytes)?;
    file.set_modified(SystemTime::now() - age)
}

/// A picture that any program shows: a Windows bitmap, 24 bits a pixel, with a gradient from dusk to dark.
fn picture(width: u32, height: u32) -> Vec<u8> {
    const HEADER: u32 = 54;
    let row = (width * 3).next_multiple_of(4);
    let size = HEADER + row * height;
    let mut file = b"BM".to_vec();
    for field in [size, 0, HEADER, 40, width, height] {
        file.extend(field.to_le_bytes());
    }
    file.extend(1u16.to_le_bytes());
    file.extend(24u16.to_le_bytes());
    for field in [0, size - HEADER, 2835, 2835, 0, 0] {
        file.extend(field.to_le_bytes());
    }
    let shade = |part: u32, whole: u32, from: u32, to: u32| {
        u8::try_from((from * (whole - part) + to * part) / whole).unwrap_or(u8::MAX)
    };
    for y in 0..height {
        for x in 0..width {
            // Blue, green, red; the lowest row comes first. The ripple keeps it from looking like a test card.
            let ripple = (x / 16 + y / 16) % 2 * 6;
            file.extend([shade(y, height, 40, 120 + ripple), shade(y, height, 20, 90), shade(y, height, 250, 60)]);
        }
        file.extend(std::iter::repeat_n(0, usize::try_from(row - width * 3).unwrap_or(0)));
    }
    file
}

const README: &str = "\
Welcome to Twinport's practice server.

It lives inside the program and serves a folder that was made for you a moment ago. Nothing here can be broken: when you
close the window, the server and all its files are gone.

Things to try:
  - Drag \"pictures\" from the right pane to the left one, and watch the queue.
  - Drag a file of yours into \"upload here\".
  - Rename something (F2), delete something (Del), make a folder.
  - Drop a file onto a folder within the right pane: it is moved on the server.
  - Choose Active in the settings, transfer again, and look at the data channel in the status bar.
";

#[cfg(test)]
mod tests {
    use std::io::{BufRead, BufReader};
    use std::net::TcpStream;

    use super::*;

    /// What the server answers to a login.
    fn login(practice: &Practice, password: &str) -> String {
        let mut stream = BufReader::new(TcpStream::connect(practice.address).expect("connected"));
        stream.get_ref().set_read_timeout(Some(Duration::from_secs(10))).expect("a deadline");
        let mut line = String::new();
        for command in [String::new(), "USER practice\r\n".into(), format!("PASS {password}\r\n")] {
            stream.get_mut().write_all(command.as_bytes()).expect("sent");
            line.clear();
            stream.read_line(&mut line).expect("an answer");
        }
        line
    }

    #[test]
    fn lets_in_with_its_password_only_and_leaves_nothing_behind() {
        let practice = Practice::start().expect("started");
        assert!(login(&practice, "practice").starts_with("230"));
        assert!(login(&practice, "wrong").starts_with("530"));
        let folder = practice.folder().to_owned();
        assert!(folder.join("pictures/Sunset over Zürich.bmp").is_file());
        drop(practice);
        assert!(!folder.exists());
    }

    #[test]
    fn the_picture_is_a_bitmap_of_the_size_that_it_says() {
        let picture = picture(5, 3);
        assert_eq!(picture.len(), 54 + 16 * 3);
        assert_eq!(&picture[..2], b"BM");
        assert_eq!(picture[2..6], u32::try_from(picture.len()).expect("small").to_le_bytes());
    }
}
