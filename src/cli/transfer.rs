//! `twinport get` and `twinport put`: orders down, events up, until every file has its end.

use std::io;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde::Serialize;

use crate::cli::client::{Client, Refusal, Wake};
use crate::cli::output::{Output, complain, printable, tell};
use crate::cli::question::Questions;
use crate::cli::screen::Screen;
use crate::cli::tally::{Consequence, Finished, Status, Summary, Tally};
use crate::cli::url::Address;
use crate::cli::{Context, Exit, Options, orders};
use crate::domain::{Direction, Site, bytes, duration, rate};
use crate::engine::message::{Command, ConflictPolicy, Event, Order, Question, Remark};

/// `get URL LOCAL`.
pub(super) fn get(url: &str, local: &Path, options: &Options, context: &Context) -> Exit {
    run(url, Direction::Download, options, context, |client, address, policy| {
        vec![orders::get(&client.site, address, local, policy)]
    })
}

/// `put LOCAL... URL`.
pub(super) fn put(locals: &[PathBuf], url: &str, options: &Options, context: &Context) -> Exit {
    run(url, Direction::Upload, options, context, |client, address, policy| {
        orders::put(&client.site, locals, address, policy)
    })
}

fn run(
    url: &str,
    direction: Direction,
    options: &Options,
    context: &Context,
    orders: impl FnOnce(&Client, &Address, ConflictPolicy) -> Vec<Order>,
) -> Exit {
    let address = match Address::parse(url) {
        Ok(address) => address,
        Err(error) => return crate::cli::args::refuse(&error.into()),
    };
    let client = match Client::start(&address, options, context) {
        Ok(client) => client,
        Err(exit) => return exit,
    };
    let orders = orders(&client, &address, policy(options));
    let bars = !options.quiet && !options.json && io::stderr().is_terminal();
    let mut transfer = Transfer {
        tally: Tally::new(orders.len(), client.site.charset.clone()),
        screen: if bars { Screen::with_bars() } else { Screen::plain() },
        questions: Questions::new(),
        output: options.json.then(Output::new),
        uploads: direction == Direction::Upload,
        quiet: options.quiet,
        began: Instant::now(),
    };
    client.engine.send(Command::Enqueue(orders));
    let refusal = transfer.watch(&client).err();
    transfer.screen.clear();
    let site = Arc::clone(&client.site);
    // What runs is stopped and stays resumable; what was written is on the disk before anything is said.
    drop(client);
    transfer.end(refusal, &site)
}

/// `--on-exists`; else asked where there is someone to ask, and left alone where there is not.
fn policy(options: &Options) -> ConflictPolicy {
    let someone = !options.json && io::stdin().is_terminal() && io::stderr().is_terminal();
    match options.on_exists.map_or(ConflictPolicy::Ask, ConflictPolicy::from) {
        ConflictPolicy::Ask if !someone => ConflictPolicy::Skip,
        policy => policy,
    }
}

/// A command on its way.
struct Transfer {
    tally: Tally,
    screen: Screen,
    questions: Questions,
    output: Option<Output>,
    uploads: bool,
    quiet: bool,
    began: Instant,
}

impl Transfer {
    /// Until every job has ended.
    fn watch(&mut self, client: &Client) -> Result<(), Refusal> {
        while !self.tally.is_complete() {
            match client.next(&self.screen, self.questions.lines())? {
                Wake::Line(line) => {
                    for command in self.questions.hear(line, &self.screen) {
                        client.engine.send(command);
                    }
                }
                Wake::Event(event) => match *event {
                    Event::Jobs(changes) => {
                        for change in changes {
                            if let Some(consequence) = self.tally.apply(change) {
                                self.tell(consequence)?;
                            }
                        }
                        self.flush();
                    }
                    Event::Progress(progress) => {
                        self.tally.moved(&progress);
                        self.screen.show(&progress, |id| self.tally.name(id));
                    }
                    Event::Data { .. } => self.tally.reached(),
                    Event::Question { id, question: question @ Question::FileExists { .. } } => {
                        if let Some(command) = self.questions.add(id, question, &self.screen) {
                            client.engine.send(command);
                        }
                    }
                    Event::Withdrawn(id) => self.questions.withdraw(id),
                    Event::Remarks { remarks, .. } => remarks.iter().for_each(|remark| self.remark(remark)),
                    _ => {}
                },
            }
        }
        Ok(())
    }

    fn tell(&mut self, consequence: Consequence) -> Result<(), Refusal> {
        match consequence {
            Consequence::NoConnection(error) => return Err(Refusal::NoConnection(error)),
            Consequence::Retry { remote, error } => {
                if !self.quiet {
                    let what_next =
                        if error.lacks_room() { "It goes on when there is room." } else { "It is tried again." };
                    let line = format!("twinport: {remote}: {} {what_next}", error.explain().what);
                    self.screen.tell(&printable(&line));
                }
            }
            Consequence::Finished(file) => self.finished(&file),
        }
        Ok(())
    }

    fn finished(&mut self, file: &Finished) {
        let name = if file.remote.is_empty() { &file.local } else { &file.remote };
        match (file.status, &file.error) {
            (Status::Failed, Some(error)) => self.screen.tell(&printable(&format!("twinport: {name}: {error}"))),
            (Status::Skipped, Some(why)) if !self.quiet => {
                // What is left out of an upload is known by where it lies.
                let name = if self.uploads { &file.local } else { name };
                self.screen.tell(&printable(&format!("twinport: left out: {name}: {why}")));
            }
            _ => {}
        }
        self.write(file);
    }

    /// What a job did otherwise than ordered.
    fn remark(&mut self, remark: &Remark) {
        let Remark { path, text } = remark;
        if !self.quiet {
            self.screen.tell(&printable(&format!("twinport: {path}: {text}")));
        }
        if let Some(output) = &mut self.output {
            output.json(&Note { event: "note", path, text }).ok();
        }
    }

    fn write(&mut self, file: &Finished) {
        // What cannot be written is told at the end: the files come first.
        if let Some(output) = &mut self.output {
            output.json(file).ok();
        }
    }

    /// A program may be waiting for the lines. One flush a batch, not one a file.
    fn flush(&mut self) {
        if let Some(output) = &mut self.output {
            output.flush().ok();
        }
    }

    /// The last words, and the status.
    fn end(mut self, refusal: Option<Refusal>, site: &Site) -> Exit {
        let took = self.began.elapsed();
        if let Some(refusal) = &refusal {
            self.refused(refusal, site);
        }
        let summary = self.tally.summary(took.as_secs_f64());
        let written = match &mut self.output {
            Some(output) => output.json(&summary).and_then(|()| output.flush()),
            None => Ok(()),
        };
        if let Err(error) = written {
            complain(&format!("the result could not be written: {error}"));
            return Exit::Failed;
        }
        if let Some(refusal) = refusal {
            return refusal.exit();
        }
        if !self.quiet && self.output.is_none() {
            tell(&words(&summary, took));
        }
        if summary.failed > 0 { Exit::Failed } else { Exit::Done }
    }

    /// There was no going on: said once for people, and to a program for each file that will not come.
    fn refused(&mut self, refusal: &Refusal, site: &Site) {
        if matches!(refusal, Refusal::Interrupted) {
            let done = files(self.tally.summary(0.0).files);
            complain(&format!("interrupted after {done}. The same command goes on where it stopped."));
            return;
        }
        let sentence = refusal.sentence(site);
        complain(&sentence);
        for file in self.tally.fail_the_rest(&sentence) {
            self.write(&file);
        }
    }
}

/// A remark: a line of `--json`.
#[derive(Serialize)]
struct Note<'a> {
    event: &'static str,
    path: &'a str,
    text: &'a str,
}

/// "12 files, 3.0 MiB in 0:02 (1.5 MiB/s); 1 was there already and was left; 2 failed".
fn words(summary: &Summary, took: Duration) -> String {
    let mut words = format!("{}, {} in {}", files(summary.files), bytes(summary.bytes), duration(took));
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "for people"
    )]
    if took.as_secs_f64() > 0.5 {
        words.push_str(&format!(" ({})", rate((summary.bytes as f64 / took.as_secs_f64()) as u64)));
    }
    match summary.skipped {
        0 => {}
        1 => words.push_str("; 1 was there already and was left (--on-exists overwrite replaces it)"),
        many => {
            words.push_str(&format!("; {many} were there already and were left (--on-exists overwrite replaces them)"))
        }
    }
    if summary.left_out > 0 {
        words.push_str(&format!("; {} left out", summary.left_out));
    }
    if summary.failed > 0 {
        words.push_str(&format!("; {} failed", summary.failed));
    }
    words
}

fn files(count: u64) -> String {
    if count == 1 { "1 file".to_owned() } else { format!("{count} files") }
}
