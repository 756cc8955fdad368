//! What triggers may know, made up for tests.

use std::collections::HashMap;
use std::sync::Arc;

use super::{Figure, FiredTimes, View};
use crate::clock::Instant;
use crate::record::Record;
use crate::settings::Snapshot;

/// What triggers may know in a test; nothing but what it says.
pub struct Scene {
    /// See [`View`].
    pub settings: Snapshot,
    pub people: HashMap<i64, Figure>,
    pub lists: HashMap<String, Vec<i64>>,
    pub groups: HashMap<String, Vec<i64>>,
    pub records: HashMap<(Arc<str>, Arc<str>), Record>,
    pub templates: HashMap<&'static str, i64>,
    pub fired: HashMap<(Arc<str>, Arc<str>), FiredTimes>,
    pub now: Instant,
}

impl Default for Scene {
    fn default() -> Self {
        Self {
            settings: Snapshot::default(),
            people: HashMap::new(),
            lists: HashMap::new(),
            groups: HashMap::new(),
            records: HashMap::new(),
            templates: HashMap::new(),
            fired: HashMap::new(),
            now: Instant(0),
        }
    }
}

impl Scene {
    /// All of it.
    pub fn view(&self) -> View<'_> {
        View {
            settings: &self.settings,
            people: &self.people,
            lists: &self.lists,
            groups: &self.groups,
            records: &self.records,
            templates: &self.templates,
            fired: &self.fired,
            now: self.now,
            public_url: "https://belfry.example",
        }
    }
}
