//! A queue of a million transfers: how fast it is taken in, what it weighs, how soon it is there again, and how soon all of
//! it is paused or cancelled: `cargo bench --bench queue`.

#![allow(clippy::cast_precision_loss, reason = "figures for people")]

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use twinport::app::Model;
use twinport::app::queue_view::Tab;
use twinport::domain::{EntryKind, RemotePath, Site, Timestamp};
use twinport::engine::message::{Command, Event, JobChange, LocalTarget, Order, Place, QueueCommand, Settings, What};
use twinport::engine::{Engine, EngineConfig, KeepAlive, Trust};
use twinport::store::secrets::MemoryKeyring;
use twinport::store::sitebook::SiteBook;

const JOBS: usize = 1_000_000;

/// Names the part that a process of its own is to measure, so that each has its memory for itself.
const CHILD: &str = "TWINPORT_BENCH_QUEUE";
const FOLDER: &str = "TWINPORT_BENCH_QUEUE_FOLDER";

fn main() {
    let folder = || PathBuf::from(std::env::var_os(FOLDER).unwrap_or_default());
    match std::env::var(CHILD).as_deref() {
        Ok("fill") => fill(&folder(), true),
        Ok("fill, without a journal") => fill(&folder(), false),
        Ok("change") => change(),
        Ok("start") => start(&folder(), false),
        Ok("start after a kill, with a window's model") => start(&folder(), true),
        _ => {
            let folder = tempfile::tempdir();
            let Ok(folder) = folder else { return };
            println!("{JOBS} transfers");
            for part in
                ["change", "fill, without a journal", "fill", "start", "start after a kill, with a window's model"]
            {
                let exe = std::env::current_exe();
                let child = exe.and_then(|exe| {
                    std::process::Command::new(exe).env(CHILD, part).env(FOLDER, folder.path()).status()
                });
                assert!(child.is_ok_and(|status| status.success()), "{part}");
            }
        }
    }
}

/// A million orders at once, until the last is told of: and so on the disk.
fn fill(folder: &Path, journal: bool) {
    let Some(engine) = engine(journal.then(|| folder.join("queue.db"))) else { return };
    engine.send(Command::Queue(QueueCommand::PauseAll));
    let site = Arc::new(Site { host: "ftp.example.org".into(), user: "u".into(), ..Site::default() });
    let before = resident();
    let orders: Vec<Order> = (0..JOBS).map(|number| order(&site, number)).collect();
    let is_added = |change: &JobChange| matches!(change, JobChange::Added { .. });
    let Some((took, waited)) = take(&engine, Command::Enqueue(orders), is_added) else { return };
    let seconds = took.as_secs_f64();
    let kind = if journal { "journal" } else { "memory" };
    println!(
        "taken in ({kind}): {seconds:.2} s, {:.0} a second, a look into a folder takes {:.3} s at most; {} bytes resident \
         each, at most {}",
        JOBS as f64 / seconds,
        waited.as_secs_f64(),
        resident().saturating_sub(before) / JOBS,
        peak().saturating_sub(before) / JOBS,
    );
    let began = Instant::now();
    drop(engine);
    println!("ended in {:.2} s", began.elapsed().as_secs_f64());
}

/// What somebody says about all of them at once, while they look into folders.
fn change() {
    let Some(engine) = engine(None) else { return };
    engine.send(Command::Queue(QueueCommand::PauseAll));
    let site = Arc::new(Site { host: "ftp.example.org".into(), user: "u".into(), ..Site::default() });
    engine.send(Command::Enqueue((0..JOBS).map(|number| order(&site, number)).collect()));
    let mut ids = Vec::with_capacity(JOBS);
    while ids.len() < JOBS {
        let Ok(event) = engine.events().recv() else { return };
        let Event::Jobs(changes) = event else { continue };
        ids.extend(changes.iter().filter_map(|change| match change {
            JobChange::Added { id, .. } => Some(*id),
            _ => None,
        }));
    }
    for (what, command) in [
        ("paused", QueueCommand::Pause(ids.clone())),
        ("resumed", QueueCommand::Resume(ids.clone())),
        ("cancelled", QueueCommand::Cancel(ids.clone())),
        ("begun again", QueueCommand::Retry(ids.clone())),
        ("removed", QueueCommand::Remove(ids)),
    ] {
        let counts = |change: &JobChange| what != "removed" || matches!(change, JobChange::Removed(_));
        let Some((took, waited)) = take(&engine, Command::Queue(command), counts) else { return };
        println!(
            "{what}: {:.2} s; a look into a folder takes {:.3} s at most",
            took.as_secs_f64(),
            waited.as_secs_f64()
        );
    }
    std::process::exit(0);
}

/// The program again: the first jobs, and all of them.
fn start(folder: &Path, window: bool) {
    let before = resident();
    let began = Instant::now();
    let Some(engine) = engine(Some(folder.join("queue.db"))) else { return };
    let mut model = Model::new(Settings::default(), SiteBook::default(), folder.to_owned());
    let (mut told, mut first, mut slowest) = (0, None, Duration::ZERO);
    while told < JOBS {
        let Ok(event) = engine.events().recv() else { return };
        if let Event::Jobs(changes) = &event {
            first.get_or_insert_with(|| began.elapsed());
            told += changes.len();
        }
        if window {
            let at = worked();
            model.now = began.elapsed().as_secs_f64();
            model.apply(event);
            model.settle();
            slowest = slowest.max(worked().saturating_sub(at));
        }
    }
    let all = began.elapsed();
    // What is told is in the tabs when a few more frames have passed.
    while window && model.queue.tab(Tab::Queued).len() < JOBS {
        let at = worked();
        model.now += 1.0;
        model.settle();
        slowest = slowest.max(worked().saturating_sub(at));
    }
    let sorted = began.elapsed().as_secs_f64();
    let weight = [resident(), peak()].map(|bytes| bytes.saturating_sub(before) / JOBS);
    if window {
        // Somebody puts the last one first: the order of all is told anew.
        engine.send(Command::Queue(QueueCommand::Move(
            model.queue.tab(Tab::Queued).last().copied().into_iter().collect(),
            Place::First,
        )));
        while let Ok(event) = engine.events().recv() {
            let is_order =
                matches!(&event, Event::Jobs(changes) if matches!(changes.last(), Some(JobChange::Order { .. })));
            let at = worked();
            model.apply(event);
            slowest = slowest.max(worked().saturating_sub(at));
            if is_order {
                break;
            }
        }
    }
    let kind = if window { "after a kill, with a window's model" } else { "the engine alone" };
    println!(
        "started ({kind}): first {:.3} s, all {:.2} s; {} bytes resident each, at most {}",
        first.unwrap_or_default().as_secs_f64(),
        all.as_secs_f64(),
        weight[0],
        weight[1],
    );
    if window {
        assert_eq!(model.queue.tab(Tab::Queued).len(), JOBS);
        println!(
            "in the window's tabs: {sorted:.2} s; its longest step: {:.1} ms of processor time",
            slowest.as_secs_f64() * 1000.0
        );
    }
    // As if killed: the next one starts after that.
    std::process::exit(0);
}

/// Till the engine has told of all jobs what counts, while somebody looks into folders, one after the other: how long that
/// took, and the slowest look.
fn take(engine: &Engine, command: Command, counts: impl Fn(&JobChange) -> bool) -> Option<(Duration, Duration)> {
    let began = Instant::now();
    engine.send(command);
    let look = || engine.send(Command::ListLocal { dir: PathBuf::from("/") });
    look();
    let (mut asked, mut waited) = (Instant::now(), Duration::ZERO);
    let mut told = 0;
    while told < JOBS {
        match engine.events().recv().ok()? {
            Event::Jobs(changes) => told += changes.iter().filter(|change| counts(change)).count(),
            Event::LocalListed { .. } => {
                waited = waited.max(asked.elapsed());
                asked = Instant::now();
                look();
            }
            _ => {}
        }
    }
    Some((began.elapsed(), waited))
}

fn engine(journal: Option<PathBuf>) -> Option<Engine> {
    Engine::start(EngineConfig {
        settings: Settings::default(),
        journal,
        log: None,
        dialogue: false,
        trust: Trust::default(),
        keyring: Arc::new(MemoryKeyring::default()),
        keep_alive: KeepAlive::default(),
        waker: Arc::new(|| {}),
    })
    .ok()
}

fn order(site: &Arc<Site>, number: usize) -> Order {
    let name = format!("photo_{number:07}.jpeg");
    let what = What::Download {
        remote: RemotePath::from("/pub/photos of last summer").join(name.as_bytes()),
        kind: Some(EntryKind::File),
        size: Some(4_000_000),
        modified: Some(Timestamp::utc(1_790_000_000)),
        to: LocalTarget::Into(PathBuf::from("/home/somebody/photos of last summer")),
    };
    Order { site: Arc::clone(site), what, on_exists: None }
}

/// What this thread has used of a processor: what others do beside it is not counted. 0 where the system does not say.
fn worked() -> Duration {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    Duration::from_nanos(text.split(' ').next().and_then(|nanoseconds| nanoseconds.parse().ok()).unwrap_or(0))
}

/// Bytes of this process that are in memory; 0 where the system does not say.
fn resident() -> usize {
    status("VmRSS:")
}

/// The most there have ever been.
fn peak() -> usize {
    status("VmHWM:")
}

fn status(field: &str) -> usize {
    let text = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix(field));
    line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<usize>().ok()).unwrap_or(0) * 1024
}
