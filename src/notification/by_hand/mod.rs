//! Notifying by hand (M1): to people and groups, by every way there is, whatever they chose; and a test to oneself.

pub(super) mod http;

use std::collections::BTreeSet;
use std::sync::Arc;

use super::why::Why;
use super::{Error, NewNotification, Notice, Notifications, Told};
use crate::auth::{Person, Role};
use crate::delivery::Sending;
use crate::http::rate::Rate;
use crate::storage::Tx;
use crate::user;

/// How many people an administrator may notify at a time, and how many somebody else.
const MOST: usize = 10_000;
const MOST_OF_OTHERS: usize = 1_000;

/// What somebody may send by hand.
pub(super) const LETTERS: Rate = Rate::per_minute(30);

/// Who says it.
#[derive(Clone, Debug)]
pub struct Sender {
    /// The user; a program that speaks for nobody has none.
    pub user_id: Option<i64>,
    /// What recipients know them by.
    pub name: String,
    /// Whether they may write to as many as an administrator may.
    pub may_many: bool,
}

impl From<&Person> for Sender {
    fn from(person: &Person) -> Self {
        Self {
            user_id: Some(person.id),
            name: person.name.clone(),
            may_many: person.roles.contains(Role::Admin),
        }
    }
}

/// What somebody wants to say to whom.
#[derive(Clone, Debug)]
pub struct Letter {
    /// Type of the notification.
    pub kind: &'static str,
    /// The record it is about: module and id.
    pub record: Option<(Arc<str>, Arc<str>)>,
    /// To these people …
    pub users: Vec<i64>,
    /// … and to the members of these groups.
    pub groups: Vec<String>,
    /// One line.
    pub subject: String,
    /// The words below it.
    pub text: Option<String>,
    /// Where a click leads.
    pub link: Option<String>,
}

/// Why a letter was not sent to anybody.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// A recipient does not exist.
    #[error("{0}")]
    Unknown(String),
    /// They are too many.
    #[error("At most {0} people can be notified at once; send to fewer, or ask an administrator")]
    TooMany(usize),
    /// A group without members.
    #[error("The groups have no members; name somebody in users, or add members to the groups")]
    Nobody,
    /// The inbox or the database could not do it.
    #[error(transparent)]
    Inbox(#[from] Error),
    /// The database could not do it.
    #[error(transparent)]
    Storage(#[from] crate::storage::Error),
}

impl Notifications {
    /// Sends a letter; each recipient hears once, however often they are named.
    ///
    /// # Errors
    /// Somebody who does not exist, too many or nobody at all, or what the database says.
    pub async fn write_to_in(
        &self,
        tx: &mut Tx,
        sender: &Sender,
        letter: Letter,
    ) -> Result<Vec<Told>, Refused> {
        let recipients = recipients(tx, &letter).await?;
        let most = if sender.may_many { MOST } else { MOST_OF_OTHERS };
        if recipients.len() > most {
            return Err(Refused::TooMany(most));
        }
        let metadata = metadata(sender, &letter);
        let kind: Arc<str> = Arc::from(letter.kind);
        let why = Why::by_hand(&sender.name, letter.record.clone());
        let notices: Vec<Notice> = recipients
            .into_iter()
            .map(|user_id| {
                let new = NewNotification {
                    user_id,
                    kind: kind.clone(),
                    title: letter.subject.clone(),
                    message: letter.text.clone(),
                    link: letter.link.clone(),
                    metadata: Some(metadata.clone()),
                    related_ticket_id: None,
                    related_user_id: sender.user_id,
                };
                Notice {
                    record: letter.record.clone(),
                    why: Some(why.clone()),
                    ..Notice::of(Arc::new(new), Sending::Manual)
                }
            })
            .collect();
        let told = self.notify_in(tx, &notices).await?;
        Ok(told.into_iter().collect::<Result<Vec<Told>, Error>>()?)
    }
}

/// Who it is from, for people, and what it is about, for pages.
fn metadata(sender: &Sender, letter: &Letter) -> String {
    let mut metadata = serde_json::json!({ "from": sender.name });
    if let Some((module, id)) = &letter.record {
        metadata["module"] = (&**module).into();
        metadata["record_id"] = (&**id).into();
    }
    metadata.to_string()
}

async fn recipients(tx: &mut Tx, letter: &Letter) -> Result<BTreeSet<i64>, Refused> {
    let mut recipients: BTreeSet<i64> = letter.users.iter().copied().collect();
    if let Some(unknown) = user::group::first_unknown_in(tx, &recipients).await? {
        return Err(Refused::Unknown(format!("User {unknown} not found")));
    }
    for name in &letter.groups {
        match user::group::members_in(tx, name).await? {
            Some(members) => recipients.extend(members),
            None => return Err(Refused::Unknown(format!("Group {name} not found"))),
        }
    }
    if recipients.is_empty() { Err(Refused::Nobody) } else { Ok(recipients) }
}
