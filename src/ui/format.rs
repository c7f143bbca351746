//! An entry's facts as the table's cells show them.

use std::time::SystemTime;

use jiff::tz::TimeZone;

use crate::domain::{Entry, EntryKind, Precision, Timestamp, Zone, bytes};

use crate::ui::words;

/// `4.5 MiB`; nothing for directories.
pub(super) fn size(entry: &Entry) -> String {
    match (entry.kind, entry.size) {
        (EntryKind::Directory, _) | (_, None) => String::new(),
        (_, Some(size)) => bytes(size),
    }
}

/// `Folder`, `Link`, `PDF file`.
pub(super) fn kind(entry: &Entry, name: &str) -> String {
    match entry.kind {
        EntryKind::Directory => words::FOLDER.to_owned(),
        EntryKind::Link => words::LINK.to_owned(),
        EntryKind::Other => words::OTHER.to_owned(),
        EntryKind::File => match crate::app::files::rows::extension(name) {
            "" => words::FILE.to_owned(),
            // Longer ones are no extensions but parts of a name.
            long if long.len() > 8 => words::FILE.to_owned(),
            extension => words::file_of_kind(&extension.to_uppercase()),
        },
    }
}

/// `2024-02-29 12:34`, on this computer's clock; where only the server knows its zone, on the server's.
pub(super) fn modified(entry: &Entry) -> String {
    entry.modified.map(|time| clock(time, &TimeZone::system())).unwrap_or_default()
}

fn clock(time: Timestamp, here: &TimeZone) -> String {
    let known = time.zone == Zone::Utc && time.precision != Precision::Day;
    match jiff::Timestamp::from_second(time.seconds) {
        Ok(instant) if known => instant.to_zoned(here.clone()).strftime("%Y-%m-%d %H:%M").to_string(),
        _ => time.short(),
    }
}

/// Whose clock the time in the table is of, and how exact it is.
pub(super) fn whose_clock(time: Timestamp) -> String {
    let exact = time.iso().replace('T', " ").replace('Z', " UTC");
    match (time.zone, time.precision) {
        (Zone::Utc, Precision::Day) => "The day by UTC; the server tells no more.".into(),
        (Zone::Utc, _) => format!("On this computer's clock; {exact}."),
        (Zone::Server, Precision::Day) => "The day on the server's own clock; it tells no more.".into(),
        (Zone::Server, _) => "On the server's own clock: how far it is from this computer's is not known.".into(),
    }
}

/// A time on this computer's clock where it can be: `2024-02-29 12:34`.
pub(super) fn time(time: Timestamp) -> String {
    clock(time, &TimeZone::system())
}

/// When something ends, on this computer's clock: `18:00`; on another day than `now` is, `Mon 08:00`.
pub(super) fn until(end: SystemTime, now: SystemTime) -> String {
    until_in(end, now, &TimeZone::system())
}

fn until_in(end: SystemTime, now: SystemTime, here: &TimeZone) -> String {
    let local = |time| jiff::Timestamp::try_from(time).map(|time| time.to_zoned(here.clone()));
    let (Ok(end), Ok(now)) = (local(end), local(now)) else { return String::new() };
    end.strftime(if end.date() == now.date() { "%H:%M" } else { "%a %H:%M" }).to_string()
}

/// `rwxr-xr-x`.
pub(super) fn permissions(entry: &Entry) -> String {
    entry.permissions.map(|permissions| permissions.to_string()).unwrap_or_default()
}

/// `owner group`; one of them where they are the same or one is unknown.
pub(super) fn owner(entry: &Entry) -> String {
    match (&entry.owner, &entry.group) {
        (Some(owner), Some(group)) if owner != group => format!("{owner} {group}"),
        (Some(name), _) | (None, Some(name)) => name.to_string(),
        (None, None) => String::new(),
    }
}

/// All of it in a line, for screen readers.
pub(super) fn description(entry: &Entry, name: &str) -> String {
    [kind(entry, name), size(entry), modified(entry), permissions(entry), owner(entry)]
        .into_iter()
        .filter(|part| !part.is_empty())
        .collect::<Vec<_>>()
        .join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Permissions;

    #[test]
    fn an_entry_reads_like_a_line_of_a_file_manager() {
        let mut entry = Entry::new("report.pdf", EntryKind::File);
        assert_eq!(description(&entry, "report.pdf"), "PDF file");
        entry.size = Some(1536);
        entry.permissions = Some(Permissions(0o644));
        entry.owner = Some("www".into());
        entry.group = Some("www".into());
        let text = "PDF file, 1.5 KiB, rw-r--r--, www";
        assert_eq!(description(&entry, "report.pdf"), text);
        entry.group = Some("staff".into());
        assert_eq!(owner(&entry), "www staff");
        let folder = Entry { size: Some(4096), ..Entry::new("a.b", EntryKind::Directory) };
        assert_eq!(description(&folder, "a.b"), "Folder");
        assert_eq!(kind(&Entry::new("x", EntryKind::File), ".bashrc"), "File");
    }

    #[test]
    fn a_time_says_whose_clock_it_is_of() {
        let utc = Timestamp::utc(1_709_210_096);
        assert_eq!(whose_clock(utc), "On this computer's clock; 2024-02-29 12:34:56 UTC.");
        let theirs = Timestamp { zone: Zone::Server, precision: Precision::Minute, ..utc };
        assert!(whose_clock(theirs).starts_with("On the server's own clock"));
        assert!(whose_clock(Timestamp { precision: Precision::Day, ..theirs }).contains("no more"));
    }

    #[test]
    fn times_are_on_this_computers_clock_where_they_can_be() {
        let here = TimeZone::fixed(jiff::tz::offset(2));
        let utc = Timestamp::utc(1_709_210_096);
        assert_eq!(clock(utc, &here), "2024-02-29 14:34");
        assert_eq!(clock(Timestamp { zone: Zone::Server, ..utc }, &here), "2024-02-29 12:34");
        assert_eq!(clock(Timestamp { precision: Precision::Day, ..utc }, &here), "2024-02-29");
    }
}
