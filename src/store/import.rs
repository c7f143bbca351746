//! Sites from elsewhere: FileZilla's `sitemanager.xml`, or a Twinport export. Says what it left out, and why.

use std::collections::HashSet;
use std::path::PathBuf;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use roxmltree::{Document, Node as Xml};

use crate::domain::{Charset, Logon, Secret, Security, Site, SiteColour, SiteId, TransferMode};
use crate::store::file;
use crate::store::sitebook::{Folder, Node, SiteBook, Spot};

/// What a file held.
#[derive(Debug, Default)]
pub struct Import {
    /// The sites in their folders; ids are given when they are added.
    pub items: Vec<Node>,
    /// Passwords, by the position of their site among [`SiteBook::sites`] of the items. For the keyring, nowhere else.
    secrets: Vec<(usize, Secret)>,
    /// Plain sentences about what was left out.
    pub notes: Vec<String>,
    sites: usize,
}

/// What was added to a book.
#[derive(Debug, Default)]
pub struct Added {
    /// How many sites.
    pub sites: usize,
    /// How many of them the book had already, by name, server and user.
    pub known: usize,
    /// Passwords to put into the keyring.
    pub secrets: Vec<(SiteId, Secret)>,
    /// Plain sentences about what was left out.
    pub notes: Vec<String>,
}

impl Import {
    /// Reads the bytes of a file of either kind.
    ///
    /// # Errors
    /// A plain sentence: what the file is not.
    pub fn read(bytes: &[u8]) -> Result<Self, String> {
        let text = std::str::from_utf8(bytes).map_err(|_| {
            "This is no site list: it is not UTF-8 text. Choose FileZilla's sitemanager.xml.".to_owned()
        })?;
        let text = text.trim_start_matches('\u{feff}');
        if text.trim_start().starts_with('<') {
            return filezilla(text);
        }
        let book: SiteBook = file::from_ron(text).map_err(|error| {
            format!("This is neither FileZilla's sitemanager.xml nor a site list that Twinport exported ({error}).")
        })?;
        Ok(Self { sites: book.sites().len(), items: book.items, ..Self::default() })
    }

    /// Puts everything at that place of the book, under new ids.
    pub fn add_to(self, book: &mut SiteBook, spot: Spot) -> Added {
        let what = |site: &Site| (site.name.clone(), site.server_key());
        let before: HashSet<_> = book.sites().into_iter().map(what).collect();
        let known = self.items.iter().flat_map(Node::sites).filter(|site| before.contains(&what(site))).count();
        let mut ids = Vec::new();
        for node in self.items {
            let id = book.add(node, spot);
            ids.extend(book.node(id).map(Node::sites).unwrap_or_default().iter().map(|site| site.id));
        }
        let mut secrets: Vec<(SiteId, Secret)> =
            self.secrets.into_iter().filter_map(|(at, secret)| Some((*ids.get(at)?, secret))).collect();
        let accounts = ids.iter().filter_map(|id| book.site(*id)).filter(|site| !site.account.is_empty());
        secrets.extend(accounts.map(|site| (site.account_secret(), Secret::from(site.account.as_str()))));
        Added { sites: self.sites, known, secrets, notes: self.notes }
    }
}

/// Where FileZilla keeps its sites on this computer, if it does.
pub fn filezilla_file() -> Option<PathBuf> {
    let base = directories::BaseDirs::new()?;
    [
        base.config_dir().join("filezilla/sitemanager.xml"),
        // macOS, where FileZilla follows the XDG folders all the same.
        base.home_dir().join(".config/filezilla/sitemanager.xml"),
        // Before FileZilla 3.8, and where the folder was carried along since.
        base.home_dir().join(".filezilla/sitemanager.xml"),
    ]
    .into_iter()
    .find(|path| path.is_file())
}

fn filezilla(text: &str) -> Result<Import, String> {
    let document = Document::parse(text)
        .map_err(|error| format!("The XML is damaged ({error}). Export it again in FileZilla."))?;
    let root = document.root_element();
    let Some(servers) = child(root, "Servers").filter(|_| root.tag_name().name().starts_with("FileZilla")) else {
        return Err(
            "This XML is no FileZilla site list. The file is called sitemanager.xml, or FileZilla.xml for an export."
                .into(),
        );
    };
    let mut import = Import::default();
    import.items = import.folder(servers);
    Ok(import)
}

impl Import {
    fn folder(&mut self, xml: Xml<'_, '_>) -> Vec<Node> {
        let mut items = Vec::new();
        for child in xml.children().filter(Xml::is_element) {
            match child.tag_name().name() {
                "Folder" => items.push(Node::Folder(Folder {
                    name: own_text(child),
                    open: child.attribute("expanded") == Some("1"),
                    items: self.folder(child),
                    ..Folder::default()
                })),
                "Server" => items.extend(self.server(child).map(Node::Site)),
                _ => {}
            }
        }
        items
    }

    fn server(&mut self, xml: Xml<'_, '_>) -> Option<Site> {
        let host = field(xml, "Host").trim_matches(['[', ']']).to_owned();
        let name = Some(field(xml, "Name")).filter(|name| !name.is_empty()).unwrap_or_else(|| own_text(xml));
        let title = if name.is_empty() { host.clone() } else { name.clone() };
        let security = match Self::security(&field(xml, "Protocol")) {
            Ok(security) => security,
            Err(other) => {
                self.notes.push(format!("“{title}” was left out: it uses {other}, Twinport speaks FTP and FTPS."));
                return None;
            }
        };
        let mut site = Site {
            name,
            host,
            port: field(xml, "Port").parse().ok().filter(|port| *port != 0 && *port != security.default_port()),
            security,
            user: field(xml, "User"),
            account: field(xml, "Account"),
            transfer_mode: match &*field(xml, "PasvMode") {
                "MODE_ACTIVE" => Some(TransferMode::Active),
                "MODE_PASSIVE" => Some(TransferMode::Passive),
                _ => None,
            },
            charset: match &*field(xml, "EncodingType") {
                "UTF-8" => Charset::from_label("utf-8"),
                "Custom" => self.charset(&field(xml, "CustomEncoding"), &title),
                _ => Charset::Auto,
            },
            connection_limit: field(xml, "MaximumMultipleConnections").parse().ok().filter(|limit| *limit != 0),
            local_dir: Some(field(xml, "LocalDir")).filter(|dir| !dir.is_empty()).map(PathBuf::from),
            remote_dir: self.remote_dir(&field(xml, "RemoteDir"), &title),
            notes: field(xml, "Comments"),
            colour: colour(&field(xml, "Colour")),
            ..Site::default()
        };
        site.logon = match &*field(xml, "Logontype") {
            "0" => Logon::Anonymous,
            "2" | "3" => Logon::Ask,
            "4" => Logon::Account,
            "5" | "6" => {
                self.notes.push(format!("“{title}” logs in with a key file; Twinport will ask for a password."));
                Logon::Ask
            }
            // Files of before there was a logon type: whoever has no user is anonymous.
            "" if site.user.is_empty() => Logon::Anonymous,
            _ => Logon::Normal,
        };
        self.password(xml, &title, site.logon);
        if child(xml, "Bookmark").is_some() {
            self.notes.push(format!("The bookmarks of “{title}” were not taken over."));
        }
        self.sites += 1;
        Some(site)
    }

    fn password(&mut self, xml: Xml<'_, '_>, title: &str, logon: Logon) {
        let Some(pass) = child(xml, "Pass") else { return };
        let text = pass.text().unwrap_or_default();
        if text.is_empty() || !matches!(logon, Logon::Normal | Logon::Account) {
            return;
        }
        let plain = match pass.attribute("encoding") {
            None => Some(text.to_owned()),
            Some("base64") => STANDARD.decode(text.trim()).ok().and_then(|bytes| String::from_utf8(bytes).ok()),
            Some("crypt") => {
                self.notes.push(format!(
                    "The password of “{title}” is locked with FileZilla's master password; Twinport will ask for it."
                ));
                return;
            }
            Some(_) => None,
        };
        match plain {
            Some(plain) => self.secrets.push((self.sites, Secret::new(plain))),
            None => self.notes.push(format!("The password of “{title}” is damaged; Twinport will ask for it.")),
        }
    }

    /// FileZilla's protocol numbers; those that are not FTP by name.
    fn security(protocol: &str) -> Result<Security, String> {
        Ok(match protocol {
            "" | "0" => Security::Auto,
            "3" => Security::Implicit,
            "4" => Security::Explicit,
            "6" => Security::Off,
            "1" => return Err("SFTP".into()),
            "2" | "5" => return Err("HTTP".into()),
            "7" => return Err("Amazon S3".into()),
            "9" | "19" => return Err("WebDAV".into()),
            _ => return Err("a cloud storage service".into()),
        })
    }

    fn charset(&mut self, label: &str, title: &str) -> Charset {
        Charset::parse(label).unwrap_or_else(|why| {
            self.notes.push(format!("“{title}”: {why} The charset is found out automatically."));
            Charset::Auto
        })
    }

    fn remote_dir(&mut self, safe_path: &str, title: &str) -> Option<String> {
        if safe_path.is_empty() {
            return None;
        }
        let path = remote_path(safe_path);
        if path.is_none() {
            self.notes.push(format!("“{title}”: its start directory on the server could not be read."));
        }
        path
    }
}

/// FileZilla writes a remote path as `TYPE PREFIX_LENGTH [PREFIX] (LENGTH NAME)*`: `1 0 3 pub 5 a b c` is
/// `/pub/a b c`. Lengths count characters, on Windows UTF-16 units.
fn remote_path(text: &str) -> Option<String> {
    let (kind, rest) = text.split_once(' ').unwrap_or((text, ""));
    let (prefix, mut rest) = counted(rest)?;
    let mut parts = Vec::new();
    while !rest.is_empty() {
        let (part, after) = counted(rest)?;
        parts.push(part);
        rest = after;
    }
    match kind {
        // Automatic, Unix, Cygwin.
        "0" | "1" | "9" => Some(format!("{prefix}/{}", parts.join("/"))),
        // DOS with either slash: servers on Windows take both.
        "3" | "10" => Some(parts.join("/")),
        _ => None,
    }
}

/// `LENGTH TEXT REST`: the text and the rest. A length of 0 has no text, and no space for it either.
fn counted(text: &str) -> Option<(&str, &str)> {
    let (digits, rest) = text.split_once(' ').unwrap_or((text, ""));
    let length: usize = digits.parse().ok()?;
    if length == 0 {
        return Some(("", rest));
    }
    let by_chars = rest.char_indices().map(|(at, c)| at + c.len_utf8()).nth(length - 1);
    let mut units = 0;
    let by_units = rest.char_indices().find_map(|(at, c)| {
        units += c.len_utf16();
        (units == length).then(|| at + c.len_utf8())
    });
    // The right count ends at a space or at the end.
    [by_chars, by_units].into_iter().flatten().find_map(|end| match rest[end..].strip_prefix(' ') {
        Some(after) => Some((&rest[..end], after)),
        None if end == rest.len() => Some((rest, "")),
        None => None,
    })
}

fn colour(number: &str) -> SiteColour {
    match number {
        "1" => SiteColour::Red,
        "2" => SiteColour::Green,
        // Blue, and cyan as the nearest to it.
        "3" | "5" => SiteColour::Blue,
        "4" => SiteColour::Yellow,
        "6" => SiteColour::Violet,
        "7" => SiteColour::Orange,
        _ => SiteColour::None,
    }
}

fn child<'a, 'i>(xml: Xml<'a, 'i>, name: &str) -> Option<Xml<'a, 'i>> {
    xml.children().find(|child| child.has_tag_name(name))
}

fn field(xml: Xml<'_, '_>, name: &str) -> String {
    child(xml, name).and_then(|child| child.text()).unwrap_or_default().trim().to_owned()
}

/// A folder's name, and in older files a server's, stands between its children.
fn own_text(xml: Xml<'_, '_>) -> String {
    xml.children()
        .filter(Xml::is_text)
        .filter_map(|text| text.text())
        .map(str::trim)
        .find(|text| !text.is_empty())
        .unwrap_or_default()
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn remote_paths_read_as_filezilla_writes_them() {
        for (text, path) in [
            ("1 0", Some("/")),
            ("1 0 3 pub 5 a b c", Some("/pub/a b c")),
            ("0 0 4 größ", Some("/größ")),
            ("0 0 5 größe", Some("/größe")),
            ("1 0 2 😀", Some("/😀")),
            ("1 0 1 😀", Some("/😀")),
            ("3 0 2 C: 3 tmp", Some("C:/tmp")),
            ("2 5 DISK: 1 A", None),
            ("1 0 99 pub", None),
            ("1 x", None),
        ] {
            assert_eq!(remote_path(text).as_deref(), path, "{text}");
        }
    }

    #[test]
    fn what_is_no_site_list_is_told() {
        for bytes in [&b"\xff\xfe"[..], b"<html></html>", b"<FileZilla3><Servers>", b"hello", b"<a/>"] {
            assert!(Import::read(bytes).is_err());
        }
    }
}
