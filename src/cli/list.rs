//! `twinport ls`: one directory, as names, as columns, or as JSON; in the server's order.

use std::borrow::Cow;
use std::io;
use std::sync::Arc;

use serde::Serialize;

use crate::cli::client::{Client, Refusal, is_connection_failure};
use crate::cli::output::{Columns, Output, complain, printable};
use crate::cli::screen::Screen;
use crate::cli::url::Address;
use crate::cli::{Context, Exit, Options};
use crate::domain::{Charset, ConnectionId, Entry, EntryKind, Listing, RemotePath};
use crate::engine::message::{Command, ConnectionState, Event, FtpError, explain, explain_listing};

/// The only browsing connection of a command line.
const CONNECTION: ConnectionId = ConnectionId(1);

/// An entry for programs.
#[derive(Serialize)]
struct Row<'a> {
    name: Cow<'a, str>,
    /// The name's bytes, percent-encoded, where its text does not tell them.
    #[serde(skip_serializing_if = "Option::is_none")]
    raw: Option<String>,
    kind: &'static str,
    size: Option<u64>,
    modified: Option<String>,
    permissions: Option<String>,
    owner: Option<&'a str>,
    group: Option<&'a str>,
    target: Option<Cow<'a, str>>,
}

/// Lists what the URL names: a directory, or one file.
pub(super) fn run(url: &str, long: bool, options: &Options, context: &Context) -> Exit {
    let address = match Address::parse(url) {
        Ok(address) => address,
        Err(error) => return crate::cli::args::refuse(&error.into()),
    };
    let client = match Client::start(&address, options, context) {
        Ok(client) => client,
        Err(exit) => return exit,
    };
    let listing = match fetch(&client, &address) {
        Ok(Ok(listing)) => listing,
        Ok(Err(error)) => {
            let path = if address.path.is_home() { "the login directory".into() } else { address.path.to_string() };
            complain(&format!("{path}: {}", explain(&error).line()));
            return Exit::Failed;
        }
        Err(refusal) => {
            complain(&refusal.sentence(&client.site));
            return refusal.exit();
        }
    };
    let mut output = Output::new();
    let charset = &client.site.charset;
    let written = if options.json {
        print_json(&listing, charset, &mut output)
    } else if long {
        print_long(&listing, charset, &mut output)
    } else {
        print_names(&listing, charset, &mut output)
    };
    if let Err(error) = written.and_then(|()| output.flush()) {
        complain(&format!("the listing could not be written: {error}"));
        return Exit::Failed;
    }
    if !options.quiet
        && let Some(told) = explain_listing(&listing)
    {
        complain(&told.line());
    }
    Exit::Done
}

/// Connects and reads the directory; where the server has no such directory, the entry of that name. The inner error is the
/// server's answer about that path.
fn fetch(client: &Client, address: &Address) -> Result<Result<Arc<Listing>, FtpError>, Refusal> {
    connect(client)?;
    match read(client, &address.path)? {
        Ok(listing) => Ok(Ok(listing)),
        Err(error) => Ok(single_entry(client, address)?.ok_or(error)),
    }
}

/// Opens the session.
fn connect(client: &Client) -> Result<(), Refusal> {
    let (site, secret) = (Arc::clone(&client.site), client.secret());
    client.engine.send(Command::Connect { connection: CONNECTION, site, secret });
    loop {
        match client.next_event(&Screen::plain())? {
            Event::Connection { state: ConnectionState::Ready { .. }, .. } => return Ok(()),
            Event::Connection { state: ConnectionState::Failed(error), .. } => {
                return Err(Refusal::NoConnection(error));
            }
            Event::Connection { state: ConnectionState::Closed, .. } => return Err(Refusal::Ended),
            _ => {}
        }
    }
}

/// Reads one directory.
fn read(client: &Client, dir: &RemotePath) -> Result<Result<Arc<Listing>, FtpError>, Refusal> {
    client.engine.send(Command::List { connection: CONNECTION, dir: dir.clone() });
    loop {
        match client.next_event(&Screen::plain())? {
            Event::Listed { listing, complete: true, .. } => return Ok(Ok(listing)),
            Event::ListFailed { error, .. } => return Ok(Err(error)),
            Event::Connection { state: ConnectionState::Failed(error), .. } => {
                return if is_connection_failure(&error) { Err(Refusal::NoConnection(error)) } else { Ok(Err(error)) };
            }
            _ => {}
        }
    }
}

/// A URL without a slash at its end may name a file: its directory knows.
fn single_entry(client: &Client, address: &Address) -> Result<Option<Arc<Listing>>, Refusal> {
    let (Some(parent), Some(name), false) = (address.path.parent(), address.path.file_name(), address.directory) else {
        return Ok(None);
    };
    let Ok(listing) = read(client, &parent)? else { return Ok(None) };
    let found = listing.entries.iter().find(|entry| &*entry.name == name && entry.kind != EntryKind::Directory);
    Ok(found.map(|entry| Arc::new(Listing { dir: parent, entries: vec![entry.clone()], ..Listing::default() })))
}

fn print_names(listing: &Listing, charset: &Charset, output: &mut Output) -> io::Result<()> {
    for entry in &listing.entries {
        let slash = if entry.kind == EntryKind::Directory { "/" } else { "" };
        output.line(&format!("{}{slash}", printable(&charset.decode(&entry.name))))?;
    }
    Ok(())
}

fn print_long(listing: &Listing, charset: &Charset, output: &mut Output) -> io::Result<()> {
    // Made twice: a million rows kept as text would take several times the listing's memory.
    let mut shape = Columns::new([false, false, false, true, false, false]);
    listing.entries.iter().for_each(|entry| shape.fit(&columns(entry, charset)));
    for entry in &listing.entries {
        output.line(&shape.line(&columns(entry, charset)))?;
    }
    Ok(())
}

fn print_json(listing: &Listing, charset: &Charset, output: &mut Output) -> io::Result<()> {
    for entry in &listing.entries {
        output.json(&row(entry, charset))?;
    }
    Ok(())
}

/// Kind and permissions, owner, group, size in bytes, time, name (a link with its target).
fn columns(entry: &Entry, charset: &Charset) -> [String; 6] {
    let kind = match entry.kind {
        EntryKind::File => '-',
        EntryKind::Directory => 'd',
        EntryKind::Link => 'l',
        EntryKind::Other => '?',
    };
    let permissions = entry.permissions.map(|p| p.to_string()).unwrap_or_default();
    let owner = entry.owner.as_deref().map(printable).unwrap_or_default();
    let group = entry.group.as_deref().map(printable).unwrap_or_default();
    let size = entry.size.map(|size| size.to_string()).unwrap_or_default();
    let modified = entry.modified.map(|time| time.short()).unwrap_or_default();
    let mut name = printable(&entry.text(charset));
    if let Some(target) = &entry.target {
        name = format!("{name} -> {}", printable(&charset.decode(target)));
    }
    [format!("{kind}{permissions}"), owner, group, size, modified, name]
}

fn row<'a>(entry: &'a Entry, charset: &Charset) -> Row<'a> {
    let name = charset.decode(&entry.name);
    Row {
        raw: crate::cli::tally::raw(&entry.name, &name),
        name,
        kind: match entry.kind {
            EntryKind::File => "file",
            EntryKind::Directory => "dir",
            EntryKind::Link => "link",
            EntryKind::Other => "other",
        },
        size: entry.size,
        modified: entry.modified.map(|time| time.iso()).filter(|time| !time.is_empty()),
        permissions: entry.permissions.map(|p| p.to_string()),
        owner: entry.owner.as_deref(),
        group: entry.group.as_deref(),
        target: entry.target.as_deref().map(|target| charset.decode(target)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Permissions, Timestamp};

    fn json(entry: &Entry) -> String {
        serde_json::to_string(&row(entry, &Charset::Auto)).expect("json")
    }

    #[test]
    fn an_entry_is_an_object_with_every_key() {
        assert_eq!(
            json(&Entry::new(*b"a", EntryKind::Other)),
            concat!(
                r#"{"name":"a","kind":"other","size":null,"modified":null,"permissions":null,"#,
                r#""owner":null,"group":null,"target":null}"#
            )
        );
        let mut entry = Entry::new(*b"caf\xe9", EntryKind::Link);
        entry.size = Some(u64::MAX);
        entry.modified = Some(Timestamp::utc(0));
        entry.permissions = Some(Permissions(0o755));
        entry.owner = Some("ann".into());
        entry.group = Some("staff".into());
        entry.target = Some(Box::from(&b"../x\n"[..]));
        assert_eq!(
            json(&entry),
            concat!(
                r#"{"name":"café","raw":"caf%E9","kind":"link","size":18446744073709551615,"modified":"1970-01-01T00:00:00Z","#,
                r#""permissions":"rwxr-xr-x","owner":"ann","group":"staff","target":"../x\n"}"#
            )
        );
    }
}
