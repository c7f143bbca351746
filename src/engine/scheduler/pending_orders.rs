//! Orders that are not in the queue yet.

use std::collections::{HashMap, VecDeque};
use std::path::PathBuf;
use std::sync::Arc;

use crate::domain::Site;
use crate::engine::message::Order;
use crate::engine::naming::local_name::Names;
use crate::store::settings::ConflictPolicy;

/// What was ordered and is not in the queue yet. It is neither shown nor durable: a kill takes it along.
#[derive(Default)]
pub(crate) struct Orders(pub(crate) VecDeque<Batch>);

/// What was ordered at one time.
pub(crate) struct Batch {
    pub(crate) orders: std::vec::IntoIter<Order>,
    /// Of those that do not say.
    pub(crate) policy: ConflictPolicy,
    /// Of the local folders: no two become one file.
    pub(crate) names: HashMap<PathBuf, Names>,
    /// Of the last one: as a rule the next one's, too.
    pub(crate) site: Option<Arc<Site>>,
}

impl Orders {
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn push(&mut self, orders: Vec<Order>, policy: ConflictPolicy) {
        self.0.push_back(Batch { orders: orders.into_iter(), policy, names: HashMap::new(), site: None });
    }
}
