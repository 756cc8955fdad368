//! A person who reads and tidies their inbox while others send into it.

use reqwest::Method;
use serde_json::json;

use crate::client::{As, Client, Heard, now, page};
use crate::content::Mark;
use crate::load::Shared;
use crate::model::{Certainty, Sight};
use crate::random::Random;
use crate::report::Broken;
use crate::state::Change;

/// What the lists are asked for.
const QUERIES: [&str; 7] = ["", "", "", "", "unread=true&", "archived=true&", "snoozed=true&"];

/// How often each is done, in proportion.
const CHANGES: [(Change, u64); 8] = [
    (Change::Read, 22),
    (Change::Unread, 8),
    (Change::Archive, 16),
    (Change::Unarchive, 10),
    (Change::Snooze, 16),
    (Change::Unsnooze, 6),
    (Change::Delete, 10),
    (Change::ReadAll, 12),
];

struct Owner {
    shared: Shared,
    client: Client,
    random: Random,
    user: i64,
    token: String,
}

/// Signs in, then lists and changes until the server is gone. Nobody else changes this user's notifications.
pub async fn tidy(shared: Shared, client: Client, random: Random, user: i64) {
    let heard = client.sign_in(user).await;
    let Heard::Answer(200, answer) = &heard else {
        shared.complain("sign-in", &heard);
        return;
    };
    shared.keep_token(user, answer);
    let Some(token) = shared.token(user) else {
        return;
    };
    let mut owner = Owner { shared, client, random, user, token };
    while owner.look_and_change().await.is_some() {}
}

impl Owner {
    /// `None` once the server does not answer.
    async fn look_and_change(&mut self) -> Option<()> {
        let marks = self.look().await?;
        for _ in 0..self.random.between(0, 5) {
            let change = self.choose();
            if change == Change::ReadAll {
                self.read_all().await?;
            } else if let Some((mark, id)) = self.random.pick(&marks) {
                self.change(mark, id, change).await?;
            }
        }
        Some(())
    }

    fn choose(&mut self) -> Change {
        let mut left = self.random.between(0, CHANGES.iter().map(|(_, weight)| weight).sum());
        for (change, weight) in CHANGES {
            if left < weight {
                return change;
            }
            left -= weight;
        }
        unreachable!("the number was below the sum of the weights")
    }

    /// Looks at one to three pages of some list; returns what stands there.
    async fn look(&mut self) -> Option<Vec<(Mark, i64)>> {
        let query = self.random.pick(&QUERIES).expect("there are queries");
        let limit = self.random.between(1, 41);
        let mut cursor = String::new();
        let mut marks = Vec::new();
        let mut before = i64::MAX;
        for _ in 0..self.random.between(1, 4) {
            let heard = self.client.list(&self.token, &format!("{query}limit={limit}{cursor}")).await;
            let Heard::Answer(200, answer) = &heard else {
                return self.went_wrong("list", &heard);
            };
            let page = match page(answer) {
                Ok(page) => page,
                Err(error) => {
                    self.shared.model().report.broke(Broken::Wrong, format!("list: {error}: {answer}"));
                    return Some(marks);
                }
            };
            for sight in &page.sights {
                self.see(sight, &mut before);
                marks.push((sight.mark, sight.id));
            }
            match page.next {
                Some(next) => cursor = format!("&cursor={next}"),
                None => break,
            }
        }
        Some(marks)
    }

    fn see(&self, sight: &Sight, before: &mut i64) {
        let mut model = self.shared.model();
        model.see(self.user, sight);
        let is_restless =
            model.wishes.get(sight.mark.0).is_some_and(|wish| wish.pieces[sight.mark.1].is_restless);
        if is_restless {
            return;
        }
        if sight.id >= *before {
            let sentence = format!("user {}: {} stands below {before} in a list", self.user, sight.id);
            model.report.broke(Broken::Wrong, sentence);
        }
        *before = sight.id;
    }

    async fn change(&mut self, mark: Mark, id: i64, change: Change) -> Option<()> {
        let wakes = change == Change::Snooze && self.random.chance(40);
        let (method, action) = match change {
            Change::Read => (Method::POST, "/mark-read"),
            Change::Unread => (Method::POST, "/mark-unread"),
            Change::Archive => (Method::POST, "/archive"),
            Change::Unarchive => (Method::POST, "/unarchive"),
            Change::Snooze => (Method::POST, "/snooze"),
            Change::Unsnooze => (Method::POST, "/unsnooze"),
            Change::Delete => (Method::DELETE, ""),
            Change::Arrive | Change::ReadAll | Change::Wake => unreachable!("no change of one by its owner"),
        };
        let body = (change == Change::Snooze).then(|| {
            let until = now() + jiff::SignedDuration::from_millis(if wakes { 700 } else { 3_600_000 });
            json!({ "until": until.to_string() }).to_string()
        });
        // Deleted already, by an earlier step over the same pages: 404 is right then.
        let path = format!("/crm/notification/{id}{action}");
        let heard = self.client.ask(method, &path, As::Person(&self.token), body, None).await;
        let mut model = self.shared.model();
        let was_deleted = model.wishes[mark.0].pieces[mark.1].possible.is_only(crate::state::State::Gone);
        match &heard {
            Heard::Answer(200, _) if !was_deleted => model.changed(mark, change, wakes, Certainty::Certain),
            Heard::Answer(404, _) if was_deleted => {}
            Heard::Nothing(_) | Heard::Answer(500.., _) => {
                model.changed(mark, change, wakes, Certainty::Perhaps);
                drop(model);
                return self.went_wrong(action, &heard);
            }
            Heard::Answer(..) => {
                drop(model);
                self.shared.complain(&format!("{change:?} of {id}"), &heard);
            }
        }
        Some(())
    }

    async fn read_all(&mut self) -> Option<()> {
        let since = self.shared.model().tick();
        let path = "/crm/notification/mark-all-read";
        let heard = self.client.ask(Method::POST, path, As::Person(&self.token), None, None).await;
        match &heard {
            Heard::Answer(200, _) => self.shared.model().read_all(self.user, since, Certainty::Certain),
            _ => {
                self.shared.model().read_all(self.user, since, Certainty::Perhaps);
                return self.went_wrong("mark-all-read", &heard);
            }
        }
        Some(())
    }

    /// Notes it; `None` if the connection broke.
    fn went_wrong<T: Default>(&self, what: &str, heard: &Heard) -> Option<T> {
        self.shared.complain(what, heard);
        matches!(heard, Heard::Answer(..)).then(T::default)
    }
}
