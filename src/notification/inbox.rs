//! Reading an inbox: the list with its filters, and the count.

use std::collections::VecDeque;
use std::ops::Range;
use std::sync::Arc;

use super::pending::Pending;
use super::{Error, Notification, Notifications, Shelf, store, window};
use crate::clock::Instant;
use crate::storage::{self, Tx};

/// How many items one request looks at, at most, in search of words.
const SEARCHED: usize = 2_000;

/// How often a snapshot is taken anew because the index moved on under it.
const ATTEMPTS: usize = 50;

/// One user's inbox as a whole.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Inbox {
    /// The highest number given.
    pub head_seq: i64,
    /// Up to here every notification is indexed.
    pub indexed_seq: i64,
    /// Up to here everything in the inbox was read at once …
    pub read_watermark: i64,
    /// … and how often that happened.
    pub read_mark: i64,
    pub unread_count: i64,
    /// Grows with every change that the user could see.
    pub revision: i64,
}

/// One notification's place and state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Item {
    pub shelf: Shelf,
    pub seq: i64,
    pub id: i64,
    pub read_at: Option<Instant>,
    /// The inbox's `read_mark` when it was made unread below the watermark.
    pub unread_mark: Option<i64>,
    pub archived_at: Option<Instant>,
    pub snoozed_until: Option<Instant>,
}

impl Item {
    /// An item nobody has touched.
    pub fn fresh(seq: i64, id: i64) -> Self {
        Self {
            shelf: Shelf::Inbox,
            seq,
            id,
            read_at: None,
            unread_mark: None,
            archived_at: None,
            snoozed_until: None,
        }
    }

    /// The watermark speaks of the inbox alone, and not of what was made unread since it moved.
    pub fn is_unread(&self, inbox: &Inbox) -> bool {
        self.read_at.is_none()
            && (self.shelf != Shelf::Inbox
                || self.seq > inbox.read_watermark
                || self.unread_mark == Some(inbox.read_mark))
    }
}

/// Which of a user's notifications are wanted.
#[derive(Clone, Debug)]
pub struct Filter {
    /// Where they stand.
    pub shelf: Shelf,
    /// Only those not read.
    pub unread: bool,
    /// Only this type.
    pub kind: Option<Arc<str>>,
    /// Only those with these words in title or message, whatever their case.
    pub words: Option<String>,
    /// Only those sent at this instant or later.
    pub from: Option<Instant>,
    /// Only those sent before this instant.
    pub until: Option<Instant>,
    /// Only those before this number, as the last page's cursor said.
    pub before: Option<i64>,
    /// How many at most.
    pub limit: usize,
}

/// What a user's items on a shelf are sought by.
pub(super) struct Shelved<'a> {
    pub user_id: i64,
    pub inbox: &'a Inbox,
    pub filter: &'a Filter,
    /// The ids among which they are, where the filter names an instant.
    pub ids: Option<Range<i64>>,
}

/// A page of a list.
#[derive(Debug)]
pub struct Page {
    /// Newest first.
    pub notifications: Vec<Notification>,
    /// How many unread ones the inbox holds.
    pub unread_count: i64,
    /// Where the next page begins, if there is one.
    pub next: Option<i64>,
}

impl Notifications {
    /// A page of the user's notifications.
    ///
    /// # Errors
    /// What the database says.
    pub async fn list(&self, user_id: i64, filter: Filter) -> Result<Page, Error> {
        for _ in 0..ATTEMPTS {
            let (pending, filter) = (self.pending.clone(), filter.clone());
            let page = self
                .database
                .read::<_, storage::Error, _>(move |tx| {
                    Box::pin(async move { page(tx, &pending, user_id, &filter).await })
                })
                .await?;
            if let Some(page) = page {
                return Ok(page);
            }
        }
        Err(storage::Error::Unavailable("the inbox changed faster than it could be read".to_owned()).into())
    }

    /// How many unread notifications the user's inbox holds.
    ///
    /// # Errors
    /// What the database says.
    pub async fn unread_count(&self, user_id: i64) -> Result<i64, Error> {
        let count = self.database.read(move |tx| Box::pin(store::unread_count(tx, user_id))).await?;
        Ok::<_, storage::Error>(count.unwrap_or(0)).map_err(Error::from)
    }
}

/// `None` where the index moved on since the snapshot was taken.
async fn page(
    tx: &mut Tx,
    pending: &Pending,
    user_id: i64,
    filter: &Filter,
) -> Result<Option<Page>, storage::Error> {
    let Some(inbox) = store::inbox(tx, user_id).await? else {
        return Ok(Some(Page { notifications: Vec::new(), unread_count: 0, next: None }));
    };
    let ids = window::ids(tx, filter).await?;
    let Some(mut waiting) = unindexed(pending, user_id, &inbox, filter, ids.as_ref()) else {
        return Ok(None);
    };
    let shelf = Shelved { user_id, inbox: &inbox, filter, ids };
    let mut found = Vec::new();
    let (mut before, mut looked_at) = (filter.before.unwrap_or(i64::MAX), 0);
    loop {
        // One more than asked for tells whether there is a next page.
        let most = match filter.words {
            None => filter.limit + 1,
            Some(_) => 200,
        };
        let items = items(tx, &mut waiting, &shelf, before, most).await?;
        let exhausted = items.len() < most;
        looked_at += items.len();
        before = items.last().map_or(before, |item| item.seq);
        found.extend(matching(tx, &inbox, user_id, items, filter).await?);
        let full = found.len() > filter.limit;
        if full || exhausted || looked_at >= SEARCHED {
            let next = match found.get(filter.limit.saturating_sub(1)) {
                Some((seq, _)) if full => Some(*seq),
                _ if exhausted => None,
                _ => Some(before),
            };
            found.truncate(filter.limit);
            let notifications = found.into_iter().map(|(_, notification)| notification).collect();
            return Ok(Some(Page { notifications, unread_count: inbox.unread_count, next }));
        }
    }
}

/// The items that are not indexed yet and fit the filter, newest first; `None` if some have just been indexed.
fn unindexed(
    pending: &Pending,
    user_id: i64,
    inbox: &Inbox,
    filter: &Filter,
    ids: Option<&Range<i64>>,
) -> Option<VecDeque<Item>> {
    if inbox.indexed_seq == inbox.head_seq {
        return Some(VecDeque::new());
    }
    let places = pending.between(user_id, inbox.indexed_seq, inbox.head_seq);
    if i64::try_from(places.len()) != Ok(inbox.head_seq - inbox.indexed_seq) {
        return None;
    }
    let before = filter.before.unwrap_or(i64::MAX);
    let wanted = places
        .iter()
        .rev()
        .filter(|_| filter.shelf == Shelf::Inbox)
        .filter(|place| ids.is_none_or(|ids| ids.contains(&place.id)))
        .filter(|place| place.seq < before && filter.kind.as_ref().is_none_or(|kind| *kind == place.kind))
        .map(|place| Item::fresh(place.seq, place.id))
        .filter(|item| !filter.unread || item.is_unread(inbox));
    Some(wanted.collect())
}

/// The next `most` items, those that are not indexed first: they are the newest.
async fn items(
    tx: &mut Tx,
    waiting: &mut VecDeque<Item>,
    shelf: &Shelved<'_>,
    before: i64,
    most: usize,
) -> Result<Vec<Item>, storage::Error> {
    let Shelved { inbox, filter, .. } = shelf;
    let mut items: Vec<Item> = waiting.drain(..most.min(waiting.len())).collect();
    let missing = most - items.len();
    // Unread ones are counted: once all are found there is no need to walk to the inbox's end.
    let unread_only = filter.unread && filter.shelf == Shelf::Inbox;
    let enough = unread_only && items.len() >= usize::try_from(inbox.unread_count).unwrap_or(0);
    if missing > 0 && !enough {
        let missing = match unread_only {
            true => missing.min(usize::try_from(inbox.unread_count).unwrap_or(0)),
            false => missing,
        };
        let before = items.last().map_or(before, |item| item.seq);
        items.extend(store::indexed_items(tx, shelf, before, missing).await?);
    }
    Ok(items)
}

/// The notifications of these items, less those without the words that are searched or outside the time.
async fn matching(
    tx: &mut Tx,
    inbox: &Inbox,
    user_id: i64,
    items: Vec<Item>,
    filter: &Filter,
) -> Result<Vec<(i64, Notification)>, storage::Error> {
    let ids: Vec<i64> = items.iter().map(|item| item.id).collect();
    let mut contents = store::contents(tx, user_id, &ids).await?;
    let words = filter.words.as_ref().map(|words| words.to_lowercase());
    let mut matching = Vec::with_capacity(items.len());
    for item in items {
        let Some((content, created_at)) = contents.remove(&item.id) else {
            return Err(storage::Error::Fault(format!("notification {} has lost its content", item.id)));
        };
        if !filter.covers(created_at) {
            continue;
        }
        let says = |text: &str, words: &str| text.to_lowercase().contains(words);
        if let Some(words) = &words
            && !says(&content.title, words)
            && !content.message.as_ref().is_some_and(|message| says(message, words))
        {
            continue;
        }
        matching.push((item.seq, store::notification(tx, inbox, &item, content, created_at).await?));
    }
    Ok(matching)
}
