//! Notify and request reassign: what people send from a record by hand (M1, M2, A8, D3).
//!
//! No trigger decides here: somebody names whom to tell, and it goes by every way whatever they chose. So it needs no
//! setting and no file of its own among the triggers; what it adds to [`Notifications::write_to_in`] is the record.
//! The Notify link of a list of duplicates is the same route, with the record whose duplicates are listed.
//!
//! [`Notifications::write_to_in`]: crate::notification::Notifications::write_to_in

use serde_json::{Map, Value, json};

use super::convert::one_line;
use super::save::{Fields, Wish};
use super::{ACTIVITIES, Change, Course, Credit, Record, Records, module};
use crate::audit::Actor;
use crate::auth::Refusal;
use crate::clock::Instant;
use crate::notification::{self, Draft, Letter, Refused, Sender, Told};
use crate::storage::Tx;

/// The category of the activity that logs a request.
const REASSIGN_REQUEST: &str = "Reassign Request";

/// A request that somebody reassign a record.
#[derive(Clone, Debug)]
pub(super) struct Request {
    /// Who is asked.
    pub user_id: i64,
    /// One line, if it says one.
    pub subject: Option<String>,
    /// The words below it.
    pub text: Option<String>,
}

/// What became of a request.
#[derive(Clone, Debug)]
pub(super) struct Requested {
    /// The activity that logs it.
    pub request: Record,
    /// What whoever was asked has to do.
    pub follow_up: Record,
    pub told: Vec<Told>,
}

impl Records {
    /// Tells people of a record by hand.
    ///
    /// # Errors
    /// 404 for a record, a user or a group that is not there, 400 for too many recipients, or what the database says.
    pub(super) async fn notify_in(
        &self,
        tx: &mut Tx,
        module: &str,
        id: &str,
        sender: &Sender,
        draft: Draft,
    ) -> Result<Vec<Told>, Refusal> {
        let record = self.existing_in(tx, module, id).await?;
        let Draft { users, groups, subject, text, link } = draft;
        let letter = Letter {
            kind: "manual",
            record: Some((record.module.clone(), record.id.clone())),
            users,
            groups,
            subject: subject.unwrap_or_else(|| one_line(&format!("Notification About: {}", record.label))),
            text,
            link: link.or_else(|| Some(record.place(&self.inner.public_url))),
        };
        self.inner.notifications.write_to_in(tx, sender, letter).await.map_err(refusal)
    }

    /// Asks somebody to reassign a record: they are told, the request is logged, and they have something to do. The
    /// record itself stays whose it is.
    ///
    /// # Errors
    /// 404 for a record or a user that is not there, or what the database says.
    pub(super) async fn request_reassign_in(
        &self,
        tx: &mut Tx,
        module: &str,
        id: &str,
        asked: Request,
        (actor, sender): (&Actor, &Sender),
        now: Instant,
    ) -> Result<Requested, Refusal> {
        let record = self.existing_in(tx, module, id).await?;
        let thing = format!("{} {}", module::singular(&record.module), record.label);
        let Request { user_id, subject, text } = asked;
        let subject = subject.unwrap_or_else(|| one_line(&format!("{REASSIGN_REQUEST}: {}", record.label)));
        let text = text.unwrap_or_else(|| format!("{} asks you to reassign {thing}.", sender.name));
        let letter = Letter {
            kind: "reassign_request",
            record: Some((record.module.clone(), record.id.clone())),
            users: vec![user_id],
            groups: Vec::new(),
            subject: subject.clone(),
            text: Some(text.clone()),
            link: Some(record.place(&self.inner.public_url)),
        };
        let told = self.inner.notifications.write_to_in(tx, sender, letter).await.map_err(refusal)?;
        let mut fields = about(&record, &subject, &text);
        fields.extend([
            ("activity_type".to_owned(), "task".into()),
            ("status".to_owned(), "Not Started".into()),
        ]);
        let follow_up = self.activity_in(tx, &subject, Some(user_id), fields, now).await?;
        let mut fields = about(&record, &subject, &text);
        fields.extend([
            ("category".to_owned(), REASSIGN_REQUEST.into()),
            ("status".to_owned(), "Completed".into()),
        ]);
        let request = self.activity_in(tx, &subject, actor.user_id, fields, now).await?;
        let made = |record: &Record| Change {
            before: None,
            after: Some(record.clone()),
            actor: actor.clone(),
            send_notification: None,
            course: Course::Companion,
            credit: Credit::Kept,
        };
        self.announce_in(tx, &[made(&request), made(&follow_up)], now).await?;
        Ok(Requested { request, follow_up, told })
    }

    async fn activity_in(
        &self,
        tx: &mut Tx,
        label: &str,
        assigned_to: Option<i64>,
        fields: Map<String, Value>,
        now: Instant,
    ) -> Result<Record, Refusal> {
        let wish = Wish {
            label: Some(one_line(label)),
            assigned_to: Some(assigned_to),
            fields: Some(Fields::All(fields)),
            ..Wish::default()
        };
        self.make_in(tx, ACTIVITIES, None, wish, now).await
    }
}

/// What an activity says of the record that it is about.
fn about(record: &Record, subject: &str, text: &str) -> Map<String, Value> {
    let mut fields = Map::from_iter([
        ("related_module".to_owned(), Value::from(&*record.module)),
        ("related_id".to_owned(), Value::from(&*record.id)),
        ("subject".to_owned(), Value::from(subject)),
        ("description".to_owned(), Value::from(text)),
    ]);
    let reference = match &*record.module {
        "companies" => Some("company_id"),
        "contacts" => Some("contact_id"),
        _ => None,
    };
    fields.extend(reference.map(|name| (name.to_owned(), json!(&*record.id))));
    fields
}

fn refusal(refused: Refused) -> Refusal {
    match refused {
        Refused::Unknown(_) => Refusal::missing(refused.to_string()),
        Refused::TooMany(_) | Refused::Nobody => Refusal::invalid(refused.to_string()),
        Refused::Inbox(notification::Error::Storage(error)) | Refused::Storage(error) => error.into(),
        Refused::Inbox(error) => Refusal::missing(error.to_string()),
    }
}
