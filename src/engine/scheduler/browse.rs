//! Browsing connections: one session each, its listings and operations. Browsing never waits behind transfers.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Instant;

use crate::domain::{ConnectionId, ControlPath, Listing, Logon, RemotePath, Secret, Site};
use crate::engine::message::{Answer, ConnectionState, Event, LogKind, Question, RemoteOperation};
use crate::engine::scheduler::asked::Asked;
use crate::engine::scheduler::browser::{Browser, State};
use crate::engine::scheduler::{Actor, Role, Slot};
use crate::engine::worker::task::{Task, Work};
use crate::ftp::error::{FtpError, too_many};
use crate::net::happening::Step;
use crate::net::wait::Cancel;

impl Actor {
    pub(crate) fn connect(&mut self, connection: ConnectionId, site: Arc<Site>, secret: Option<Secret>) {
        self.forget_browser(connection);
        if let Some(secret) = secret {
            self.secrets.remember(&site, secret);
        } else if site.logon == Logon::Ask {
            // Asked anew each time the user connects; transfers then use what was given.
            self.secrets.forget(&site);
        }
        // The user may have mended what stopped the transfers.
        self.lift_hold(&site);
        let Some(session) = self.spawn_session(Role::Browse(connection)) else {
            let detail = "the system has no thread left".into();
            let error = FtpError::Unsupported { what: detail };
            self.tell(Event::Connection { connection, state: ConnectionState::Failed(error) });
            return;
        };
        self.browsers.insert(
            connection,
            Browser {
                site: Arc::clone(&site),
                session,
                state: State::Opening,
                next_list: None,
                operations: VecDeque::new(),
                last_wish: self.now,
                noops: Some(0),
                redialling: false,
            },
        );
        // What the queue brought from its journal may be older than what the site book knows.
        self.server(&site).learned.fill_in(&site.learned);
        self.open(connection);
    }

    pub(crate) fn disconnect(&mut self, connection: ConnectionId) {
        if self.forget_browser(connection) {
            self.tell(Event::Connection { connection, state: ConnectionState::Closed });
        }
    }

    pub(crate) fn interrupt(&mut self, connection: ConnectionId) {
        let Some(browser) = self.browsers.get_mut(&connection) else { return };
        browser.next_list = None;
        browser.operations.clear();
        let session = browser.session;
        if let Some(busy) = self.sessions.get(&session).and_then(Slot::in_hand)
            && busy.job.is_none()
        {
            busy.cancel.cancel();
        }
    }

    pub(crate) fn list(&mut self, connection: ConnectionId, dir: RemotePath) {
        let Some(browser) = self.browsers.get_mut(&connection) else { return };
        browser.next_list = Some(dir);
        self.continue_browsing(connection);
    }

    pub(crate) fn manage(&mut self, connection: ConnectionId, operation: RemoteOperation) {
        let Some(browser) = self.browsers.get_mut(&connection) else { return };
        browser.operations.push_back(operation);
        self.continue_browsing(connection);
    }

    /// The next thing this connection has to do, if its session is free. Operations come before listings: the listing
    /// then shows what they did.
    pub(crate) fn continue_browsing(&mut self, connection: ConnectionId) {
        let Some(browser) = self.browsers.get_mut(&connection) else { return };
        let session = browser.session;
        if browser.state != State::Ready {
            return;
        }
        if self.sessions.get(&session).is_none_or(Slot::is_busy) {
            // Lent to transfers: what the user wants comes after the file in hand.
            if browser.wants_something() {
                self.take_back_all(session);
            }
            return;
        }
        let work = if let Some(operation) = browser.operations.pop_front() {
            Work::Manage(operation)
        } else if let Some(dir) = browser.next_list.take() {
            Work::List(dir)
        } else {
            return;
        };
        browser.last_wish = self.now;
        browser.noops = Some(0);
        let site = Arc::clone(&browser.site);
        let dial = self.dial(&site);
        self.give(session, Task { dial, cancel: Cancel::new(), work }, None);
    }

    /// When the next idle browsing session wants a NOOP.
    pub(crate) fn next_keep_alive(&self) -> Option<Instant> {
        self.idle_browsers().map(|(_, due)| due).min()
    }

    /// A NOOP to each browsing session that has been idle for long enough.
    pub(crate) fn keep_browsers_alive(&mut self) {
        let due: Vec<ConnectionId> =
            self.idle_browsers().filter(|(_, due)| *due <= self.now).map(|(connection, _)| connection).collect();
        for connection in due {
            let Some(browser) = self.browsers.get(&connection) else { continue };
            let (session, site) = (browser.session, Arc::clone(&browser.site));
            let dial = self.dial(&site);
            self.give(session, Task { dial, cancel: Cancel::new(), work: Work::KeepAlive }, None);
        }
    }

    pub(crate) fn kept_alive(&mut self, session: u64, alive: bool) {
        let Some(connection) = self.browsing(session) else { return };
        if let Some(browser) = self.browsers.get_mut(&connection) {
            browser.noops = browser.noops.filter(|_| alive).map(|noops| noops.saturating_add(1));
        }
    }

    /// Those that are to be kept alive, and when.
    fn idle_browsers(&self) -> impl Iterator<Item = (ConnectionId, Instant)> {
        let browsers =
            self.browsers.iter().filter(|(_, browser)| self.settings.keep_alive && browser.state == State::Ready);
        browsers.filter_map(|(connection, browser)| {
            let slot = self.sessions.get(&browser.session).filter(|slot| !slot.is_busy())?;
            let due = self.keep_alive.next(slot.idle_since, browser.last_wish, browser.noops?)?;
            Some((*connection, due))
        })
    }

    pub(crate) fn stepped(&mut self, session: u64, step: Step) {
        let Some(connection) = self.browsing(session) else { return };
        if let Some(browser) = self.browsers.get_mut(&connection).filter(|browser| browser.state == State::Ready) {
            browser.redialling = true;
        }
        self.tell(Event::Connection { connection, state: ConnectionState::Connecting(step) });
    }

    /// The session is logged in. Where it dialled again by itself, the faces show the steps of that and hear the end.
    pub(crate) fn restored(&mut self, session: u64) {
        let Some(connection) = self.browsing(session) else { return };
        let Some(browser) = self.browsers.get_mut(&connection) else { return };
        if std::mem::take(&mut browser.redialling) {
            self.tell(Event::Connection { connection, state: ConnectionState::Restored });
        }
    }

    /// A task ended with that error. Where it was while the session dialled again by itself, there is no connection now.
    pub(crate) fn not_restored(&mut self, session: u64, error: Option<FtpError>) {
        let Some(connection) = self.browsing(session) else { return };
        let Some(browser) = self.browsers.get_mut(&connection) else { return };
        if let (true, Some(error)) = (std::mem::take(&mut browser.redialling), error) {
            self.browser_failed(connection, error);
        }
    }

    pub(crate) fn reached(&mut self, session: u64, path: ControlPath) {
        if let Some(connection) = self.browsing(session) {
            self.tell(Event::Connection { connection, state: ConnectionState::Reached(path) });
        }
    }

    pub(crate) fn opened(&mut self, session: u64, result: Result<RemotePath, FtpError>) {
        let Some(connection) = self.browsing(session) else { return };
        let Some(browser) = self.browsers.get_mut(&connection) else { return };
        match result {
            Ok(home) => {
                browser.state = State::Ready;
                self.tell(Event::Connection { connection, state: ConnectionState::Ready { home } });
            }
            Err(FtpError::PasswordNeeded) => {
                let site = Arc::clone(&browser.site);
                let asked = Asked::BrowserPassword(connection, FtpError::PasswordNeeded);
                self.ask(asked, Question::Password { site, refused: None });
            }
            Err(FtpError::LoginRefused(reply))
                if browser.site.needs_password() && !too_many(&reply) && reply.code >= 500 =>
            {
                let site = Arc::clone(&browser.site);
                self.secrets.forget(&site);
                let refused = Some(reply.text());
                self.note(LogKind::Error, format!("{}: the login was refused", site.title()));
                let asked = Asked::BrowserPassword(connection, FtpError::LoginRefused(reply));
                self.ask(asked, Question::Password { site, refused });
            }
            Err(error) => match Self::encryption_question(&browser.site, &error) {
                Some(question) => {
                    self.ask(Asked::BrowserEncryption(connection, error), question);
                }
                None => self.browser_failed(connection, error),
            },
        }
    }

    pub(crate) fn browser_encryption(&mut self, connection: ConnectionId, answer: &Answer, otherwise: FtpError) {
        let Some(browser) = self.browsers.get(&connection) else { return };
        let site = Arc::clone(&browser.site);
        if self.accept_encryption(&site, &otherwise, answer) {
            self.lift_hold(&site);
            self.open(connection);
        } else {
            self.browser_failed(connection, otherwise);
        }
    }

    pub(crate) fn browser_password(&mut self, connection: ConnectionId, answer: Answer, otherwise: FtpError) {
        let Some(browser) = self.browsers.get(&connection) else { return };
        let site = Arc::clone(&browser.site);
        match answer {
            Answer::Password { secret, keep } => {
                self.use_secret(&site, secret, keep);
                self.lift_hold(&site);
                self.open(connection);
            }
            _ => self.browser_failed(connection, otherwise),
        }
    }

    pub(crate) fn listed_partly(&mut self, session: u64, listing: Arc<Listing>) {
        if let Some(connection) = self.browsing(session) {
            self.tell(Event::Listed { connection, listing, complete: false });
        }
    }

    pub(crate) fn listed(&mut self, session: u64, dir: RemotePath, result: Result<Arc<Listing>, FtpError>) {
        let Some(connection) = self.browsing(session) else { return };
        match result {
            Ok(listing) => self.tell(Event::Listed { connection, listing, complete: true }),
            Err(error) => self.tell(Event::ListFailed { connection, dir, error }),
        }
    }

    /// The same listing again, its times put right. A face that shows another one by now leaves it aside.
    pub(crate) fn listed_better(&mut self, session: u64, listing: Arc<Listing>) {
        if let Some(connection) = self.browsing(session) {
            self.tell(Event::ListingCorrected { connection, listing });
        }
    }

    pub(crate) fn managing(&mut self, session: u64, done: u64, at: RemotePath) {
        if let Some(connection) = self.browsing(session) {
            self.tell(Event::ManageProgress { connection, done, at });
        }
    }

    pub(crate) fn managed(&mut self, session: u64, operation: RemoteOperation, result: Result<(), FtpError>) {
        let Some(connection) = self.browsing(session) else { return };
        self.tell(Event::Managed { connection, operation, result });
    }

    /// How many browsing connections that server has.
    pub(crate) fn browsers_of(&self, server: &str) -> usize {
        self.browsers
            .values()
            .filter(|browser| browser.state == State::Ready && browser.site.server_key() == server)
            .count()
    }

    /// A browsing session of that server that has nothing else to do, for servers that allow one connection only.
    pub(crate) fn lent_browser_of(&self, server: &str) -> Option<u64> {
        let is_free = |slot: &Slot| slot.tasks.iter().all(|busy| busy.job.is_some());
        self.browsers
            .values()
            .find(|browser| {
                browser.state == State::Ready
                    && browser.site.server_key() == server
                    && !browser.wants_something()
                    && self.sessions.get(&browser.session).is_some_and(is_free)
            })
            .map(|browser| browser.session)
    }

    pub(crate) fn open(&mut self, connection: ConnectionId) {
        let Some(browser) = self.browsers.get_mut(&connection) else { return };
        browser.state = State::Opening;
        let session = browser.session;
        let site = Arc::clone(&browser.site);
        let dial = self.dial(&site);
        self.give(session, Task { dial, cancel: Cancel::new(), work: Work::Open }, None);
    }

    fn browser_failed(&mut self, connection: ConnectionId, error: FtpError) {
        if let Some(browser) = self.browsers.get_mut(&connection) {
            browser.state = State::Down;
            browser.next_list = None;
            browser.operations.clear();
        }
        self.tell(Event::Connection { connection, state: ConnectionState::Failed(error) });
    }

    fn forget_browser(&mut self, connection: ConnectionId) -> bool {
        let Some(browser) = self.browsers.remove(&connection) else { return false };
        match self.sessions.get_mut(&browser.session) {
            // Lent to a transfer: that goes on.
            Some(slot) if slot.in_hand().is_some_and(|busy| busy.job.is_some()) => {
                slot.role = Role::Transfer(browser.site.server_key().into());
            }
            _ => self.drop_session(browser.session),
        }
        let moot = self
            .questions
            .iter()
            .find(|(_, asked)| matches!(asked, Asked::BrowserPassword(of, _) | Asked::BrowserEncryption(of, _) if *of == connection));
        if let Some(id) = moot.map(|(id, _)| *id) {
            self.withdraw(id);
        }
        true
    }

    fn browsing(&self, session: u64) -> Option<ConnectionId> {
        match self.sessions.get(&session)?.role {
            Role::Browse(connection) => Some(connection),
            Role::Transfer(_) => None,
        }
    }
}
