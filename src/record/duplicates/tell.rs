//! Tells the chosen users that a record was saved that is likely the same as others (D1).

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::look::{Looked, Match};
use super::rules::{Reason, title};
use super::{DuplicateSettings, Waiting};
use crate::delivery::Sending;
use crate::notification::why::{Setting, Why};
use crate::notification::{NewNotification, Notice};
use crate::record::convert::one_line;
use crate::record::{Record, Records, module};
use crate::settings::Group;
use crate::storage::{Error, Tx};
use crate::user::{self, listed};

/// How many records one notification names.
const NAMED: usize = 20;

const NAME: &str = "duplicate";

/// A record that was saved, by whom, and what it is likely the same as: at least one other.
struct News<'a> {
    record: &'a Record,
    waiting: &'a Waiting,
    /// As they are called now.
    who: String,
    matches: Vec<&'a Match>,
    /// Whether there are more than were counted.
    has_more: bool,
}

impl Records {
    /// Tells the users of the settings of each saved record that matches others, in one notification, and whoever saved
    /// it of nothing.
    ///
    /// # Errors
    /// What the database says.
    pub(super) async fn tell_in<'a>(
        &self,
        tx: &mut Tx,
        saved: impl Iterator<Item = (&'a Waiting, &'a Looked)> + Send,
        settings: &DuplicateSettings,
    ) -> Result<(), Error> {
        if !settings.send_notification {
            return Ok(());
        }
        let mut news: Vec<News<'a>> = Vec::new();
        for (waiting, looked) in saved.filter(|(waiting, _)| waiting.is_told) {
            let matches: Vec<&Match> = looked.matches.iter().filter(|found| !found.is_dismissed()).collect();
            if let Some(record) = looked.record.as_ref().filter(|_| !matches.is_empty()) {
                let who = match waiting.actor_id {
                    Some(id) => user::name_in(tx, id).await?,
                    None => None,
                };
                let who = who.unwrap_or_else(|| waiting.actor.to_string());
                news.push(News { record, waiting, who, matches, has_more: looked.has_more });
            }
        }
        if news.is_empty() {
            return Ok(());
        }
        let listed = listed::people_in(tx, &settings.users).await?;
        for unknown in &listed.unknown {
            tracing::warn!(
                "Duplicate Check Settings name the user {unknown}, whom there is not; correct the list"
            );
        }
        let (mut notices, mut silent) = (Vec::new(), Vec::new());
        for one in &news {
            for user_id in &listed.known {
                match one.waiting.actor_id == Some(*user_id) {
                    true => silent.push((*user_id, one.own_act(settings))),
                    false => notices.push(self.duplicate_notice(one, *user_id, one.why(settings))?),
                }
            }
        }
        let notifications = &self.inner.notifications;
        let told = notifications.notify_in(tx, &notices).await?;
        for refused in told.iter().filter_map(|told| told.as_ref().err()) {
            tracing::warn!("Somebody who is to be told of a duplicate is passed over: {refused}");
        }
        notifications.count_in(tx, told.iter().filter(|told| told.is_ok()).count());
        notifications.note_silent_in(tx, &silent).await
    }

    fn duplicate_notice(&self, news: &News<'_>, user_id: i64, why: Why) -> Result<Notice, Error> {
        let kind = self.inner.notifications.types().find("duplicate_created");
        let kind = kind.map_err(|_| Error::Fault("the type duplicate_created is built in".to_owned()))?;
        let record = news.record;
        let named = news.matches.iter().take(NAMED);
        let links = named.map(
            |found| json!({"label": noun(&found.other), "url": found.other.place(&self.inner.public_url)}),
        );
        let metadata = Map::from_iter([
            ("module".to_owned(), Value::from(&*record.module)),
            ("record_id".to_owned(), Value::from(&*record.id)),
            ("links".to_owned(), links.collect()),
            ("matched_on".to_owned(), news.fields().into()),
        ]);
        let new = NewNotification {
            user_id,
            kind,
            title: one_line(&format!("Possible duplicate: {}", noun(record))),
            message: Some(news.message()),
            link: Some(record.place(&self.inner.public_url)),
            metadata: Some(Value::Object(metadata).to_string()),
            related_ticket_id: None,
            related_user_id: news.waiting.actor_id,
        };
        let mut notice = Notice::of(Arc::new(new), Sending::Automated);
        notice.record = Some((record.module.clone(), record.id.clone()));
        notice.why = Some(why);
        Ok(notice)
    }
}

impl News<'_> {
    /// `Ada Admin added`.
    fn act(&self) -> String {
        format!("{} {}", self.who, if self.waiting.is_new { "added" } else { "changed" })
    }

    /// `Ada Admin added it. It may be the same as:` and a line for each.
    fn message(&self) -> String {
        let mut lines = vec![format!("{} it. It may be the same as:", self.act())];
        for found in self.matches.iter().take(NAMED) {
            let values: Vec<String> = found.reasons.iter().map(|reason| self.in_words(reason)).collect();
            lines.push(format!("{} ({})", found.other.label, values.join("; ")));
        }
        if self.matches.len() > NAMED {
            let more = self.matches.len() - NAMED;
            let least = if self.has_more { "at least " } else { "" };
            lines.push(format!("… and {least}{more} more"));
        }
        lines.join("\n")
    }

    /// `E-mail jane@example.com`: what the other record has.
    fn in_words(&self, reason: &Reason) -> String {
        format!("{} {}", title(&self.record.module, &reason.field), one_line(&reason.other_value))
    }

    /// The fields that match: `E-mail, Name`.
    fn fields(&self) -> String {
        let reasons = self.matches.iter().flat_map(|found| &found.reasons);
        let titles: BTreeSet<String> =
            reasons.map(|reason| title(&self.record.module, &reason.field)).collect();
        titles.into_iter().collect::<Vec<_>>().join(", ")
    }

    fn why(&self, settings: &DuplicateSettings) -> Why {
        let (thing, act) = (noun(self.record), self.act());
        let like = match &self.matches[..] {
            [one] => noun(&one.other),
            all => format!("{} other {}", all.len(), module::title(&self.record.module).to_lowercase()),
        };
        Why {
            trigger: NAME,
            records: vec![(self.record.module.clone(), self.record.id.clone())],
            cause: format!("{act} {thing}, which may be the same as {like}"),
            setting: Some(Setting {
                group: DuplicateSettings::KEY.to_owned(),
                title: DuplicateSettings::TITLE.to_owned(),
                field: "users".to_owned(),
                value: settings.users.as_str().into(),
            }),
            chosen: "named in Duplicate Check Settings".to_owned(),
            sentence: format!(
                "You were told because {act} {thing}, which may be the same as {like}, and you are named in Duplicate Check Settings."
            ),
        }
    }

    /// Why whoever saved it is not told.
    fn own_act(&self, settings: &DuplicateSettings) -> Why {
        let (who, thing) = (&self.who, noun(self.record));
        Why {
            setting: None,
            sentence: format!(
                "{who} was not told that {thing} may be a duplicate because nobody is told of what they did themselves."
            ),
            ..self.why(settings)
        }
    }
}

/// `Contact Jane Doe`.
pub(super) fn noun(record: &Record) -> String {
    format!("{} {}", module::singular(&record.module), record.label)
}
