//! Tells again what happened to an inbox after a revision.
//!
//! What came is told as it stands now: who was away wants the end, not the way there. Something that came and is
//! gone again is not told.

use std::collections::BTreeMap;

use super::{Logged, LoggedKind, created, event, shown_as, store};
use crate::live::{Event, Kind, Missed};
use crate::notification::inbox::{Inbox, Item};
use crate::notification::pending::Pending;
use crate::notification::store as inboxes;
use crate::storage::{Error, Tx};

/// Revisions told in one go.
const PAGE: usize = 200;

/// A stream that is further behind starts afresh (promise P20).
const FURTHEST: i64 = 10_000;

/// What one revision was.
enum Step {
    /// The notification with this number came.
    Came(i64),
    /// What was written down.
    Changed(Logged),
}

/// What happened after a revision, or `None` where the index moved on since the snapshot was taken.
pub(super) async fn missed(
    tx: &mut Tx,
    pending: &Pending,
    user_id: i64,
    after: Option<i64>,
) -> Result<Option<Missed>, Error> {
    let inbox = inboxes::inbox(tx, user_id).await?.unwrap_or_default();
    let nothing =
        Missed { events: Vec::new(), rev: inbox.revision, unread_count: inbox.unread_count, more: false };
    let Some(after) = after.filter(|after| *after != inbox.revision) else {
        return Ok(Some(nothing));
    };
    let Some(steps) = steps(tx, user_id, &inbox, after).await? else {
        let (rev, unread_count) = (inbox.revision, inbox.unread_count);
        let reset = Event { rev, kind: Kind::Reset, unread_count, notification: None, read: None };
        return Ok(Some(Missed { events: vec![reset], ..nothing }));
    };
    let rev = steps.last().map_or(after, |(rev, _)| *rev);
    let Some(items) = items(tx, pending, user_id, &inbox, &steps).await? else {
        return Ok(None);
    };
    let events = events(tx, user_id, &inbox, &steps, items).await?;
    Ok(Some(Missed { events, rev, more: rev < inbox.revision, ..nothing }))
}

/// The next revisions after `after`, or `None` if they cannot be told.
async fn steps(
    tx: &mut Tx,
    user_id: i64,
    inbox: &Inbox,
    after: i64,
) -> Result<Option<Vec<(i64, Step)>>, Error> {
    if after > inbox.revision || inbox.revision - after > FURTHEST {
        return Ok(None);
    }
    let changes = store::changes_after(tx, user_id, after, PAGE as i64).await?;
    let before = store::change_before(tx, user_id, after).await?;
    let Some(mut seq) =
        seq_at(after, before, changes.first().map(|next| (next.revision, next.head_seq)), inbox)
    else {
        return Ok(None);
    };
    let mut changes = changes.into_iter().peekable();
    let mut steps = Vec::new();
    for rev in after + 1..=inbox.revision.min(after + PAGE as i64) {
        steps.push(match changes.next_if(|change| change.revision == rev) {
            Some(change) if change.head_seq != seq => {
                tracing::warn!(user_id, rev, change.head_seq, seq, "Revisions of an inbox do not add up");
                return Ok(None);
            }
            Some(change) => (rev, Step::Changed(change.logged)),
            None => {
                seq += 1;
                (rev, Step::Came(seq))
            }
        });
    }
    Ok(Some(steps))
}

/// How many notifications had come at the revision `after`: all revisions since the change before it were such. Where
/// no change stands before it, all revisions up to it were, unless changes before it were forgotten.
fn seq_at(after: i64, before: Option<(i64, i64)>, next: Option<(i64, i64)>, inbox: &Inbox) -> Option<i64> {
    match (before, next) {
        (Some((revision, head_seq)), _) => Some(head_seq + (after - revision)),
        (None, Some((revision, head_seq))) => (revision - head_seq == 1).then_some(after),
        (None, None) => (inbox.revision == inbox.head_seq).then_some(after),
    }
}

/// The items that the steps speak of, as they stand now, by id; `None` as for [`missed`].
async fn items(
    tx: &mut Tx,
    pending: &Pending,
    user_id: i64,
    inbox: &Inbox,
    steps: &[(i64, Step)],
) -> Result<Option<Items>, Error> {
    let numbers =
        || steps.iter().filter_map(|(_, step)| if let Step::Came(seq) = step { Some(*seq) } else { None });
    let mut came = match (numbers().next(), numbers().next_back()) {
        (Some(first), Some(last)) => store::items_between(tx, user_id, first - 1, last).await?,
        _ => BTreeMap::new(),
    };
    if inbox.indexed_seq < inbox.head_seq {
        let places = pending.between(user_id, inbox.indexed_seq, inbox.head_seq);
        if i64::try_from(places.len()) != Ok(inbox.head_seq - inbox.indexed_seq) {
            return Ok(None);
        }
        came.extend(places.iter().map(|place| (place.seq, Item::fresh(place.seq, place.id))));
    }
    let mut changed = BTreeMap::new();
    for (_, step) in steps {
        let Step::Changed(Logged { kind: LoggedKind::Changed, notification_id: Some(id), .. }) = step else {
            continue;
        };
        if !changed.contains_key(id)
            && let Some(seq) = inboxes::own_seq(tx, user_id, *id).await?
            && let Some(item) = inboxes::item(tx, user_id, seq).await?
        {
            changed.insert(*id, item);
        }
    }
    Ok(Some(Items { came, changed }))
}

struct Items {
    /// By number.
    came: BTreeMap<i64, Item>,
    /// By id.
    changed: BTreeMap<i64, Item>,
}

impl Items {
    fn of(&self, step: &Step) -> Option<&Item> {
        match step {
            Step::Came(seq) => self.came.get(seq),
            Step::Changed(logged) => self.changed.get(&logged.notification_id?),
        }
    }
}

async fn events(
    tx: &mut Tx,
    user_id: i64,
    inbox: &Inbox,
    steps: &[(i64, Step)],
    items: Items,
) -> Result<Vec<Event>, Error> {
    let ids: Vec<i64> = steps.iter().filter_map(|(_, step)| Some(items.of(step)?.id)).collect();
    let contents = inboxes::contents(tx, user_id, &ids).await?;
    let mut events = Vec::with_capacity(steps.len());
    for (rev, step) in steps {
        let notification = match items.of(step).and_then(|item| Some((item, contents.get(&item.id)?))) {
            Some((item, (content, created_at))) => {
                Some(shown_as(&inboxes::notification(tx, inbox, item, content.clone(), *created_at).await?))
            }
            None => None,
        };
        events.extend(match step {
            Step::Came(_) => notification.map(|notification| created(*rev, inbox.unread_count, notification)),
            Step::Changed(logged) => event(logged, inbox, *rev, notification),
        });
    }
    Ok(events)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn inbox(revision: i64, head_seq: i64) -> Inbox {
        Inbox { revision, head_seq, ..Inbox::default() }
    }

    #[test]
    fn the_number_of_notifications_at_a_revision_follows_from_the_changes_around_it() {
        // Three came (1, 2, 3), one was changed (4), two came (5, 6), one was changed (7).
        let whole = inbox(7, 5);
        assert_eq!(seq_at(2, None, Some((4, 3)), &whole), Some(2));
        assert_eq!(seq_at(4, Some((4, 3)), Some((7, 5)), &whole), Some(3));
        assert_eq!(seq_at(6, Some((4, 3)), Some((7, 5)), &whole), Some(5));
        assert_eq!(seq_at(7, Some((7, 5)), None, &whole), Some(5));
        // The first change was forgotten: what stood before the second cannot be told.
        assert_eq!(seq_at(6, None, Some((7, 5)), &whole), None);
        assert_eq!(seq_at(2, None, None, &inbox(3, 3)), Some(2));
        assert_eq!(seq_at(2, None, None, &inbox(4, 3)), None);
    }
}
