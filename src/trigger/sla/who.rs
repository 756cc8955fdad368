//! Who hears that time runs out for a ticket (H4, Q17): the members of the group Support who are on support; all of them
//! where nobody is; the assigned user where there are none; the administrators where even that fails.

use super::{SUPPORT, View};
use crate::record::Record;
use crate::trigger::ADMINISTRATORS;

/// Who hears of a ticket. Whoever is locked is nobody here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Audience {
    pub told: Vec<i64>,
    /// Members of the group who are not on support while others are.
    pub passed_over: Vec<i64>,
    pub by: By,
}

/// How they were found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum By {
    OnSupport,
    /// Nobody is on support.
    WholeGroup,
    /// There is no such group, or nobody in it.
    Assigned,
    /// And nobody is assigned.
    Administrators,
}

impl By {
    /// How the person was chosen.
    pub fn chosen(self) -> &'static str {
        match self {
            By::OnSupport => "a member of the group Support who is on support",
            By::WholeGroup => "a member of the group Support, of whom nobody is on support",
            By::Assigned => "the assigned user, since nobody is in the group Support",
            By::Administrators => {
                "an administrator, since nobody is in the group Support and nobody is assigned"
            }
        }
    }
}

impl Audience {
    /// Who would hear of it now.
    pub fn of(ticket: &Record, view: &View<'_>) -> Self {
        let is_active = |id: &i64| view.people.get(id).is_some_and(|figure| figure.is_active);
        let active = |ids: &[i64]| -> Vec<i64> { ids.iter().copied().filter(is_active).collect() };
        let group = view.groups.get(SUPPORT).map_or_else(Vec::new, |members| active(members));
        let (on, off): (Vec<i64>, Vec<i64>) =
            group.into_iter().partition(|id| view.people.get(id).is_some_and(|figure| figure.on_support));
        let all = |told, by| Self { told, passed_over: Vec::new(), by };
        if !on.is_empty() {
            return Self { told: on, passed_over: off, by: By::OnSupport };
        }
        if !off.is_empty() {
            return all(off, By::WholeGroup);
        }
        match ticket.assigned_to.filter(is_active) {
            Some(assigned) => all(vec![assigned], By::Assigned),
            None => all(active(view.listed(ADMINISTRATORS)), By::Administrators),
        }
    }

    /// Says in the log that the group is to be filled.
    pub fn note_gap(&self, ticket: &Record) {
        if matches!(self.by, By::Assigned | By::Administrators) {
            tracing::warn!(
                ticket = &*ticket.id,
                told = self.told.len(),
                "Nobody is in the group {SUPPORT}: the assigned user or the administrators are told instead; put those \
                 who support customers into it"
            );
        }
    }
}
