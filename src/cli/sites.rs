//! `twinport sites`: the saved sites as a list, taken over from a file, or written to one.

use std::fs;
use std::fs::OpenOptions;
use std::io;
use std::io::{ErrorKind, Write};
use std::path::Path;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Serialize;

use crate::cli::args::SitesAction;
use crate::cli::output::{Output, aligned, complain, printable, tell};
use crate::cli::{Context, Exit, Options};
use crate::domain::{Security, Site};
use crate::store::import::Import;
use crate::store::shared_file::SharedFile;
use crate::store::sitebook::{Node, Spot};

/// What may stand as it is in the user's part of a URL (RFC 3986: unreserved).
const USER: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// A saved site for programs.
#[derive(Serialize)]
struct Row {
    /// With the folders it lies in: what opens it.
    name: String,
    url: String,
}

/// Does what the verb says.
pub(super) fn run(action: Option<&SitesAction>, options: &Options, context: &Context) -> Exit {
    let done = match action {
        None => list(options, context),
        Some(SitesAction::Import { file }) => import(file, options, context),
        Some(SitesAction::Export { file }) => export(file, options, context),
    };
    match done {
        Ok(()) => Exit::Done,
        Err(sentence) => {
            complain(&sentence);
            Exit::Failed
        }
    }
}

fn list(options: &Options, context: &Context) -> Result<(), String> {
    let mut rows = Vec::new();
    collect(&context.book.items, "", &mut rows);
    let mut output = Output::new();
    let written = if options.json {
        rows.iter().try_for_each(|row| output.json(row))
    } else {
        let cells: Vec<[String; 2]> = rows.iter().map(|row| [printable(&row.name), printable(&row.url)]).collect();
        aligned(&cells, [false, false]).iter().try_for_each(|line| output.line(line))
    };
    written.and_then(|()| output.flush()).map_err(|error| format!("the list could not be written: {error}"))?;
    if rows.is_empty() && !options.json && !options.quiet {
        tell(
            "No site is saved yet. `twinport` opens the window with its Site Manager; `twinport sites import FILE` \
              takes over FileZilla's sitemanager.xml.",
        );
    }
    Ok(())
}

fn collect(items: &[Node], above: &str, rows: &mut Vec<Row>) {
    for node in items {
        match node {
            Node::Folder(folder) => collect(&folder.items, &format!("{above}{}/", folder.name), rows),
            Node::Site(site) => rows.push(Row { name: format!("{above}{}", site.title()), url: url(site) }),
        }
    }
}

/// The site as a URL: without a password, with the port where it is another than the scheme's.
fn url(site: &Site) -> String {
    let scheme = match site.security {
        Security::Auto | Security::Off => "ftp",
        Security::Explicit => "ftpes",
        Security::Implicit => "ftps",
    };
    let user = match site.needs_password() && !site.user.is_empty() {
        true => format!("{}@", utf8_percent_encode(&site.user, USER)),
        false => String::new(),
    };
    let host = if site.host.contains(':') { format!("[{}]", site.host) } else { site.host.clone() };
    let port = site.port.filter(|port| *port != site.security.default_port());
    let port = port.map(|port| format!(":{port}")).unwrap_or_default();
    format!("{scheme}://{user}{host}{port}/")
}

fn import(file: &Path, options: &Options, context: &Context) -> Result<(), String> {
    let bytes = fs::read(file).map_err(|error| format!("{} could not be read: {error}", file.display()))?;
    let import = Import::read(&bytes).map_err(|sentence| format!("{}: {sentence}", file.display()))?;
    let mut book = context.book.clone();
    let added = import.add_to(&mut book, Spot::End);
    let told = SharedFile::new(context.profile.sites(), context.book.clone()).save(book)?;
    told.iter().for_each(|sentence| complain(sentence));
    // Passwords only now: none is kept for a site that was not saved.
    let mut unkept = added.secrets.iter().filter_map(|(id, secret)| context.keyring.write(*id, secret).err());
    if let Some(why) = unkept.next() {
        let rest = match unkept.count() {
            0 => String::new(),
            more => format!(", nor those of {more} other sites"),
        };
        complain(&format!("a password could not be kept{rest}: you will be asked when it is needed. {why}"));
    }
    for note in &added.notes {
        complain(note);
    }
    if !options.quiet {
        tell(&format!("{} taken over from {}.", sites(added.sites), printable(&file.display().to_string())));
    }
    Ok(())
}

fn export(file: &Path, options: &Options, context: &Context) -> Result<(), String> {
    let written = context.book.to_ron().and_then(|text| write_new(file, text.as_bytes()));
    written.map_err(|error| match error.kind() {
        ErrorKind::AlreadyExists => format!("{} exists already: choose another name.", file.display()),
        _ => format!("{} could not be written: {error}", file.display()),
    })?;
    if !options.quiet {
        let sites = sites(context.book.sites().len());
        tell(&format!("{sites} written to {}, without passwords.", printable(&file.display().to_string())));
    }
    Ok(())
}

fn sites(count: usize) -> String {
    if count == 1 { "1 site was".to_owned() } else { format!("{count} sites were") }
}

/// Never over something of the user's; and no half of a file stays.
fn write_new(file: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    // Host and user names are nobody else's business.
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut new = options.open(file)?;
    let written = new.write_all(bytes).and_then(|()| new.sync_all());
    if written.is_err() {
        fs::remove_file(file).ok();
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::url::Address;
    use crate::domain::Logon;

    #[test]
    fn a_sites_url_leads_back_to_it() {
        let site = Site { host: "::1".into(), port: Some(2121), user: "a@b:c".into(), ..Site::default() };
        assert_eq!(url(&site), "ftp://a%40b%3Ac@[::1]:2121/");
        let address = Address::parse(&url(&site)).expect("a url");
        assert_eq!((address.host, address.port, address.user), (site.host, site.port, Some(site.user)));
        let site = Site { host: "host".into(), port: Some(21), logon: Logon::Anonymous, ..Site::default() };
        assert_eq!(url(&site), "ftp://host/");
    }
}
