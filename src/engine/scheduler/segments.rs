//! Permission for large downloads to open connections beside their own.

use std::sync::{Arc, Weak};

use crate::domain::Site;
use crate::engine::scheduler::{Actor, Role};
use crate::engine::transfer::connection_permit::ConnectionPermit;
use crate::engine::transfer::segments::shared_state::LEAST;
use crate::engine::worker::task::Report;

impl Actor {
    /// What a download on that session may open beside it; `None` = nothing.
    pub(crate) fn permit(
        &mut self,
        session: u64,
        site: &Arc<Site>,
        size: Option<u64>,
    ) -> Option<Arc<ConnectionPermit>> {
        if self.settings.segments == 1 || size.is_some_and(|size| size < LEAST) {
            return None;
        }
        let reports = self.reports.clone();
        let observer = Arc::new(move |happening| {
            reports.send(Report::Happened(session, happening)).ok();
        });
        let secrets = Arc::clone(&self.secrets);
        let wish = usize::from(self.settings.segments);
        let permit = ConnectionPermit::new(site.server_key().into(), self.dial(site), secrets, observer, wish);
        let permit = Arc::new(permit);
        self.permits.push(Arc::downgrade(&permit));
        Some(permit)
    }

    /// Number of sessions with that server that downloads have opened beside their own.
    pub(crate) fn extra_connections(&self, server: &str) -> usize {
        let permits = self.permits.iter().filter_map(Weak::upgrade).filter(|permit| &**permit.server() == server);
        permits.map(|permit| permit.open_sessions()).sum()
    }

    /// Tells downloads how many sessions they may have: what the server allows, less what other jobs use or wait for.
    pub(crate) fn distribute_permits(&mut self) {
        self.permits.retain(|permit| permit.strong_count() > 0);
        let permits: Vec<Arc<ConnectionPermit>> = self.permits.iter().filter_map(Weak::upgrade).collect();
        for permit in &permits {
            let server = permit.server();
            let role = Role::Transfer(Arc::clone(server));
            let own = self.sessions.values().filter(|slot| slot.role == role).count();
            let waiting = if self.paused { 0 } else { self.queue.ready_count(server) };
            let spare = self.session_limit(server).saturating_sub(own + waiting);
            let sharing = permits.iter().filter(|other| other.server() == server).count().max(1);
            permit.allow(spare.div_ceil(sharing), own + self.extra_connections(server) + self.browsers_of(server));
        }
    }
}
