//! How fast listings are read, on one core, and how much memory an entry takes: `cargo bench --bench listing`.

#![allow(clippy::cast_precision_loss, reason = "figures for people")]

use std::fmt::Write as _;
use std::time::Instant;

use twinport::domain::{Charset, Entry, Timestamp};
use twinport::ftp::listing::{ListingReader, Source};

/// Entries of each listing.
const ENTRIES: usize = 1_000_000;

/// As they come from a socket.
const PIECE: usize = 64 * 1024;

/// 2026-11-22T00:00:00Z.
const NOW: i64 = 1_795_305_600;

/// Writes the line of a number.
type Writer = fn(usize, &mut String);

const LISTINGS: [(&str, Source, Writer); 5] = [
    ("unix", Source::List, unix),
    ("unix, years", Source::List, unix_years),
    ("unix, numbers", Source::List, unix_numbers),
    ("DOS", Source::List, dos),
    ("MLSD", Source::Mlsd, mlsd),
];

/// Names the listing that a process of its own is to measure: memory that another left behind would be used again.
const CHILD: &str = "TWINPORT_BENCH_LISTING";

fn main() {
    if let Ok(wanted) = std::env::var(CHILD) {
        LISTINGS
            .iter()
            .filter(|(name, ..)| *name == wanted)
            .for_each(|(name, source, line)| measure(name, *source, *line));
        return;
    }
    println!("{ENTRIES} entries a listing; an entry itself has {} bytes", size_of::<Entry>());
    for (name, ..) in LISTINGS {
        let child = std::env::current_exe().and_then(|exe| std::process::Command::new(exe).env(CHILD, name).status());
        assert!(child.is_ok_and(|status| status.success()), "{name}");
    }
}

fn measure(name: &str, source: Source, line: Writer) {
    let mut text = String::new();
    (0..ENTRIES).for_each(|number| line(number, &mut text));
    let mut best = f64::INFINITY;
    let mut memory = 0;
    for _ in 0..3 {
        let before = resident();
        let mut reader = ListingReader::new(source, Timestamp::utc(NOW), Charset::Auto);
        let mut entries = Vec::new();
        let (start, used) = (Instant::now(), cpu_time());
        text.as_bytes().chunks(PIECE).for_each(|piece| reader.push(piece, &mut entries));
        reader.finish(&mut entries);
        // The time on the processor, so that a busy machine does not matter.
        let wall = start.elapsed().as_secs_f64();
        best = best.min(match (used, cpu_time()) {
            (Some(before), Some(after)) => after - before,
            _ => wall,
        });
        assert_eq!((entries.len(), reader.unread().len()), (ENTRIES, 0));
        memory = memory.max(resident().saturating_sub(before));
    }
    let lines = ENTRIES as f64 / best / 1e6;
    let bytes = text.len() as f64 / best / 1e6;
    println!("{name:14} {lines:5.2} million lines/s  {bytes:5.0} MB/s  {} bytes resident an entry", memory / ENTRIES);
}

fn unix(number: usize, text: &mut String) {
    let (size, minute) = (number * 37 % 9_999_999, number % 60);
    let _ = write!(text, "-rw-r--r--   1 user     group    {size:8} Mar 17 11:{minute:02} photo_{number:07}.jpeg\r\n");
}

fn unix_years(number: usize, text: &mut String) {
    let (size, year) = (number * 37 % 9_999_999, 1990 + number % 35);
    let _ = write!(text, "drwxr-xr-x  12 ftp      ftp      {size:8} Dec  2  {year} folder {number:07}\r\n");
}

fn unix_numbers(number: usize, text: &mut String) {
    let (size, minute) = (number * 37 % 9_999_999, number % 60);
    let _ = write!(
        text,
        "-rw-r--r--   1 {:<8} 20       {size:8} Oct  9 11:{minute:02} photo_{number:07}.jpeg\r\n",
        500 + number % 7
    );
}

fn dos(number: usize, text: &mut String) {
    let (size, minute) = (number * 37 % 9_999_999, number % 60);
    let _ = write!(text, "01-22-24  01:{minute:02}PM {size:20} photo_{number:07}.jpeg\r\n");
}

fn mlsd(number: usize, text: &mut String) {
    let (size, second) = (number * 37 % 9_999_999, number % 60);
    let _ = write!(
        text,
        "modify=202403051230{second:02};perm=adfr;size={size};type=file;unique=801U{number:X};UNIX.group=1000;\
         UNIX.mode=0644;UNIX.owner=1000; photo_{number:07}.jpeg\r\n"
    );
}

/// Seconds that this process has spent on a processor; `None` where the system does not say.
fn cpu_time() -> Option<f64> {
    let text = std::fs::read_to_string("/proc/self/schedstat").ok()?;
    Some(text.split(' ').next()?.parse::<u64>().ok()? as f64 / 1e9)
}

/// Bytes of this process that are in memory; 0 where the system does not say.
fn resident() -> usize {
    let pages = std::fs::read_to_string("/proc/self/statm")
        .ok()
        .and_then(|text| text.split(' ').nth(1).and_then(|pages| pages.parse::<usize>().ok()));
    pages.unwrap_or(0) * 4096
}
