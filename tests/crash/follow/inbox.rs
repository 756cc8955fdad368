//! An inbox as somebody knows it who hears events and asks for nothing.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::event::{Event, What};

/// The inbox, the archive, and what is snoozed, each newest first.
pub type Lists = [Vec<Value>; 3];

/// Does what the contract of events says, and nothing else.
#[derive(Debug, Default)]
pub struct Inbox {
    /// By id: when it came, and how it is now.
    items: BTreeMap<i64, (u64, Value)>,
    arrivals: u64,
    pub unread_count: i64,
}

impl Inbox {
    /// Says what is wrong with the event, if anything is.
    pub fn hear(&mut self, event: Event) -> Result<(), String> {
        self.unread_count = event.unread_count;
        match event.what {
            What::Created(id) => {
                self.arrivals += 1;
                match self.items.insert(id, (self.arrivals, event.notification)) {
                    None => Ok(()),
                    // Nothing comes back from a snooze while the test runs.
                    Some(_) => Err(format!("notification {id} was created twice")),
                }
            }
            What::Changed(id) => match self.items.get_mut(&id) {
                Some((_, item)) => {
                    *item = event.notification;
                    Ok(())
                }
                None => Err(format!("notification {id} was changed before it was created")),
            },
            What::Removed(id) => {
                // Unknown where it came and went while nobody listened.
                self.items.remove(&id);
                Ok(())
            }
            What::Read(up_to) => self.read(up_to, event.read_at),
            What::Reset => Err("a reset, though little was missed".to_owned()),
        }
    }

    fn read(&mut self, up_to: Option<i64>, read_at: Option<String>) -> Result<(), String> {
        let read_at = json!(read_at.ok_or("inbox.read without read_at")?);
        // Nothing comes back as the newest, so that ids are in the order of the list.
        let items = self.items.range_mut(..=up_to.unwrap_or(i64::MAX)).map(|(_, (_, item))| item);
        for item in items.filter(|item| shelf(item) == 0 && item["is_read"] == json!(false)) {
            item["is_read"] = json!(true);
            item["read_at"] = read_at.clone();
        }
        Ok(())
    }

    pub fn lists(&self) -> Lists {
        let mut by_arrival: Vec<&(u64, Value)> = self.items.values().collect();
        by_arrival.sort_by_key(|(arrival, _)| std::cmp::Reverse(*arrival));
        let mut lists = Lists::default();
        for (_, item) in by_arrival {
            lists[shelf(item)].push(item.clone());
        }
        lists
    }
}

/// The list in which an item stands.
fn shelf(item: &Value) -> usize {
    match (item["archived_at"].is_null(), item["snoozed_until"].is_null()) {
        (false, _) => 1,
        (true, false) => 2,
        (true, true) => 0,
    }
}
