//! The routes of notifying by hand.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use utoipa::ToSchema;

use super::{Letter, Refused, Sender};
use crate::auth::{Caller, Person, Role};
use crate::delivery::{Chosen, Sending};
use crate::http::idempotency::{self, Answer, Claim};
use crate::http::{Given, Json, Problem, Raw};
use crate::notification::http::Shared;
use crate::notification::why::Why;
use crate::notification::wire::{self, LINK_CHARS, MESSAGE_CHARS};
use crate::notification::{NewNotification, Notice, Notifications, Told};
use crate::storage::Tx;

/// How many users and groups a body may name.
const MOST_NAMED: usize = 10_000;

impl From<Refused> for Problem {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Unknown(_) => Problem::not_found(refused.to_string()),
            Refused::TooMany(_) | Refused::Nobody => Problem::bad_request(refused.to_string()),
            Refused::Inbox(error) => error.into(),
            Refused::Storage(error) => error.into(),
        }
    }
}

/// Whom to notify of what.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::notification) struct NotifyBody {
    /// IDs of users
    #[serde(default)]
    #[schema(value_type = Vec<i64>, example = json!([123]))]
    users: Given<Vec<i64>>,
    /// Names of groups; every member is notified
    #[serde(default)]
    #[schema(value_type = Vec<String>)]
    groups: Given<Vec<String>>,
    /// One line: at most 255 characters
    #[serde(default)]
    #[schema(value_type = String, required, min_length = 1, max_length = 255, pattern = r"^[^\x00]*[^\s\x00][^\x00]*$", example = "Please look at this")]
    subject: Given<String>,
    /// The words below it
    #[serde(default)]
    #[schema(value_type = Option<String>, max_length = 16384, pattern = r"^[^\x00]*$")]
    text: Given<String>,
    /// Where a click leads: an absolute http(s) URL, or a path that begins with one slash
    #[serde(default)]
    #[schema(value_type = Option<String>, max_length = 2048, example = "/contacts/7")]
    link: Given<String>,
}

/// A letter as far as it can be judged before it is known what it is about.
#[derive(Clone, Debug)]
pub struct Draft {
    /// To these people …
    pub users: Vec<i64>,
    /// … and to the members of these groups.
    pub groups: Vec<String>,
    /// One line, if it says one.
    pub subject: Option<String>,
    /// The words below it.
    pub text: Option<String>,
    /// Where a click leads.
    pub link: Option<String>,
}

impl Draft {
    /// Judges whom a letter names.
    ///
    /// # Errors
    /// 400 for nobody, and for too many.
    pub fn to(users: Given<Vec<i64>>, groups: Given<Vec<String>>) -> Result<Self, Problem> {
        let users = users.optional("users")?.unwrap_or_default();
        let groups = groups.optional("groups")?.unwrap_or_default();
        if users.is_empty() && groups.is_empty() {
            return Err(Problem::bad_request("Say whom to notify: users, groups, or both"));
        }
        if users.len() + groups.len() > MOST_NAMED {
            return Err(Problem::bad_request(format!("users and groups may name {MOST_NAMED} in all")));
        }
        Ok(Self { users, groups, subject: None, text: None, link: None })
    }

    /// Judges what it says; a blank subject is none.
    ///
    /// # Errors
    /// 400 for what is too long or leads astray.
    pub fn saying(
        self,
        subject: Given<String>,
        text: Given<String>,
        link: Given<String>,
    ) -> Result<Self, Problem> {
        Ok(Self {
            subject: subject.text("subject", 255)?.filter(|subject| !subject.trim().is_empty()),
            text: text.text("text", MESSAGE_CHARS)?,
            link: link.text("link", LINK_CHARS)?.map(wire::safe_link).transpose()?,
            ..self
        })
    }
}

impl NotifyBody {
    fn judge(self) -> Result<Letter, Problem> {
        let draft = Draft::to(self.users, self.groups)?;
        self.subject.present("subject")?;
        let Draft { users, groups, subject, text, link } =
            draft.saying(self.subject, self.text, self.link)?;
        let subject = subject.ok_or_else(|| Problem::bad_request("subject is required"))?;
        Ok(Letter { kind: "manual", record: None, users, groups, subject, text, link })
    }
}

impl Notifications {
    /// May the caller write to people by hand now? If so it is counted.
    ///
    /// # Errors
    /// 403 for whoever is only a customer, 429 for whoever writes too often.
    pub fn may_write(&self, caller: &Caller) -> Result<(), Problem> {
        let now = self.clock.now();
        let person = match caller {
            Caller::Key(_) => return caller.may_send(now),
            Caller::Person(person) => person,
        };
        if person.roles.names() == [Role::Customer.name()] {
            return Err(Problem::forbidden("Customers cannot notify people; ask somebody of the company"));
        }
        let verdict = self.letters.check(person.id, now);
        if verdict.allowed {
            return Ok(());
        }
        Err(verdict.refusal("notify", "Thirty notifications a minute are enough; wait, then try again"))
    }

    /// Counts and logs what was written by hand, once it is durable.
    pub fn note_written(&self, tx: &mut Tx, by: &str, people: usize) {
        self.count_in(tx, people);
        let by = by.to_owned();
        tx.after_commit(move || tracing::info!(by, people, "Notified by hand"));
    }
}

/// A channel by which somebody is not told, and why.
#[derive(Serialize, ToSchema)]
#[schema(as = SuppressedChannel)]
struct Suppressed {
    /// The channel
    channel: String,
    /// Why
    reason: &'static str,
}

/// What went where for one recipient.
#[derive(Serialize, ToSchema)]
pub struct Recipient {
    /// ID of the user
    user_id: i64,
    /// `centre`, and each channel that it is on its way by
    channels: Vec<String>,
    /// The channels by which it does not go
    suppressed: Vec<Suppressed>,
}

impl Recipient {
    /// What was decided for one of them.
    pub fn of(told: &Told) -> Self {
        let (gone, kept): (Vec<&Chosen>, Vec<&Chosen>) =
            told.chosen.iter().partition(|chosen| chosen.suppressed.is_none());
        let centre = std::iter::once("centre".to_owned());
        let channels = centre.chain(gone.into_iter().map(|chosen| chosen.channel.clone())).collect();
        let suppressed = kept.into_iter().filter_map(|chosen| {
            Some(Suppressed { channel: chosen.channel.clone(), reason: chosen.suppressed?.code() })
        });
        Self { user_id: told.stored.notification.content.user_id, channels, suppressed: suppressed.collect() }
    }
}

/// What went where.
#[derive(Serialize, ToSchema)]
struct NotifiedAnswer {
    /// Always `Success`
    #[schema(example = "Success")]
    result: &'static str,
    /// One for each person notified, in the order of their ids
    recipients: Vec<Recipient>,
}

/// Notify people by hand
///
/// It goes to the notification centre, by e-mail, and to the webhook of whoever has one, whatever they chose; quiet
/// hours and mutes do not hold it. At most 1,000 people at once, 10,000 for the role admin.
#[utoipa::path(post, path = "/crm/notification/notify", tag = "notifications", request_body = NotifyBody,
    responses((status = 200, description = "They are notified", body = NotifiedAnswer),
        (status = 403, description = "Customers cannot notify people"),
        (status = 404, description = "There is no such user or group")))]
pub(in crate::notification) async fn notify_by_hand(
    State(shared): State<Arc<Shared>>,
    person: Person,
    headers: HeaderMap,
    Json { body, bytes }: Json<NotifyBody>,
) -> Result<Response, Problem> {
    let this = shared.notifications.clone();
    let caller = Caller::Person(person.clone());
    this.may_write(&caller)?;
    let letter = body.judge()?;
    let claim = Claim::of(&headers, format!("user:{} notify", person.id), &bytes, this.clock.now())?;
    let database = this.database.clone();
    idempotency::perform(&database, claim, move |tx| {
        Box::pin(async move {
            let told = this.write_to_in(tx, &Sender::from(&person), letter).await?;
            this.note_written(tx, caller.description(), told.len());
            let recipients = told.iter().map(Recipient::of).collect();
            Ok(Answer::ok(&NotifiedAnswer { result: "Success", recipients }))
        })
    })
    .await
}

/// One delivery of a test.
#[derive(Serialize, ToSchema)]
struct TestDelivery {
    /// Number of the delivery: look for what became of it in the delivery log
    id: String,
    /// The channel
    channel: String,
    /// `pending` or `suppressed`
    state: &'static str,
    /// Why it does not go out, or null
    #[schema(required)]
    reason: Option<&'static str>,
    /// The same in a sentence, or null
    #[schema(required)]
    explanation: Option<&'static str>,
}

impl TestDelivery {
    fn of(chosen: &Chosen) -> Self {
        Self {
            id: chosen.delivery_id.clone(),
            channel: chosen.channel.clone(),
            state: if chosen.suppressed.is_some() { "suppressed" } else { "pending" },
            reason: chosen.suppressed.map(|reason| reason.code()),
            explanation: chosen.suppressed.map(|reason| reason.explanation()),
        }
    }
}

/// A test that is on its way.
#[derive(Serialize, ToSchema)]
pub(in crate::notification) struct TestAnswer<'a> {
    /// Always `Success`
    #[schema(example = "Success")]
    result: &'static str,
    /// Always `Notification sent successfully`
    message: &'static str,
    #[schema(inline, value_type = wire::Shown<'a>)]
    notification: &'a RawValue,
    /// One for each channel
    deliveries: Vec<TestDelivery>,
}

/// Send yourself a test
///
/// A notification of type custom for whoever asks, by every way there is to them, whatever they chose. What came back
/// stands in `GET /crm/delivery?notification_id=`. At most ten a minute.
#[utoipa::path(post, path = "/crm/user/me/test", tag = "notifications",
    responses((status = 201, description = "The test is on its way", body = TestAnswer<'static>)))]
pub(in crate::notification) async fn send_test(
    State(shared): State<Arc<Shared>>,
    person: Person,
    headers: HeaderMap,
    Raw(bytes): Raw,
) -> Result<Response, Problem> {
    let this = shared.notifications.clone();
    let now = this.clock.now();
    let verdict = shared.tests.check(person.id, now);
    if !verdict.allowed {
        return Err(verdict.refusal("test", "Ten tests a minute are enough; wait, then try again"));
    }
    let new = NewNotification {
        user_id: person.id,
        kind: this.types().find("custom")?,
        title: "Test notification".to_owned(),
        message: Some(format!("{}, this is what a notification looks like. It works.", person.name)),
        link: None,
        metadata: None,
        related_ticket_id: None,
        related_user_id: None,
    };
    let notice = Notice { why: Some(Why::test()), ..Notice::of(Arc::new(new), Sending::Manual) };
    let claim = Claim::of(&headers, format!("user:{} test", person.id), &bytes, now)?;
    let database = this.database.clone();
    idempotency::perform(&database, claim, move |tx| {
        Box::pin(async move {
            let told = this.notify_in(tx, &[notice]).await?;
            let told = told.into_iter().next().unwrap_or(Err(crate::notification::Error::NotFound))?;
            let answer = TestAnswer {
                result: "Success",
                message: "Notification sent successfully",
                notification: &told.stored.shown,
                deliveries: told.chosen.iter().map(TestDelivery::of).collect(),
            };
            Ok(Answer::with(StatusCode::CREATED, &answer))
        })
    })
    .await
}
