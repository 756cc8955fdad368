//! How records are written and read over HTTP.

use std::collections::{BTreeSet, HashMap};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::audit::Actor;
use crate::auth::Caller;
use crate::clock::Instant;
use crate::http::body::Object;
use crate::http::{Given, Problem};
use crate::notification::safe_link;
use crate::record::save::{Fields, Wish};
use crate::record::{Credit, Record, Records};
use crate::storage::{Error, Tx};
use crate::user::{self, Figure};

/// The longest link, in characters.
const LONGEST_LINK: usize = 2_048;

/// What is wanted of a record; what is left out stays as it is.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RecordBody {
    /// What people call it: one line of at most 255 characters; required where the record is new
    #[serde(default)]
    #[schema(value_type = String, min_length = 1, max_length = 255, pattern = r"^[^\x00-\x1f\x7f-\x9f]*[^\s\x00-\x1f\x7f-\x9f][^\x00-\x1f\x7f-\x9f]*$", example = "Jane Doe")]
    label: Given<String>,
    /// Where it is in the CRM: an absolute http(s) URL, or a path that begins with one slash; null: nowhere
    #[serde(default)]
    #[schema(value_type = Option<String>, max_length = 2048, pattern = r"^(/([A-Za-z0-9_.~?#=&%+:@!$'()*,;-][A-Za-z0-9_.~?#=&%+:@!$'()*,;/-]*)?|https?://[A-Za-z0-9][A-Za-z0-9.-]*(:[0-9]{1,5})?([/?#][A-Za-z0-9_.~?#=&%+:@!$'()*,;/-]*)?)$", example = "/contacts/7")]
    link: Given<String>,
    /// ID of the assigned user, or null: nobody
    #[serde(default)]
    #[schema(value_type = Option<i64>, minimum = 1, maximum = 9007199254740991i64, example = 5)]
    assigned_to: Given<i64>,
    /// Its other fields, those that GET /crm/record describes and any others: at most 64 KiB. PUT and POST: these and no
    /// others (a ticket keeps its last_action_date); PATCH: these beside those that are there. Null takes a field away
    #[serde(default)]
    #[schema(value_type = Object, example = json!({"email": "jane@example.com"}))]
    fields: Given<Object>,
    /// ID of the user who does it, where a program or an administrator does it for somebody
    #[serde(default)]
    #[schema(value_type = Option<i64>, minimum = 1, maximum = 9007199254740991i64)]
    actor_id: Given<i64>,
    /// `false` tells nobody of this change; `true` tells the new assigned user of an activity even where Notification
    /// Settings are off for activities. Where nothing is said: as Notification Settings say
    #[serde(default)]
    #[schema(value_type = Option<bool>)]
    send_notification: Given<bool>,
    /// The version that is to be changed; if the record has another one by now, nothing is
    #[serde(default)]
    #[schema(value_type = Option<i64>, minimum = 1, maximum = 9007199254740991i64)]
    version: Given<i64>,
    /// `true` saves a sales order or an invoice that brings its company beyond the credit limit: for those whom Credit
    /// Check Settings name; others are told of it
    #[serde(default)]
    #[schema(value_type = Option<bool>)]
    override_credit_limit: Given<bool>,
}

/// Whether given fields take the place of all others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Extent {
    /// They do.
    Whole,
    /// They stand beside them.
    Part,
}

/// What somebody wants of a record.
#[derive(Debug)]
pub(super) struct Saving {
    pub wish: Wish,
    pub actor: Actor,
    pub send_notification: Option<bool>,
    pub credit: Credit,
}

impl RecordBody {
    /// # Errors
    /// 400 for what is of another type or form, 403 for an actor whom the caller may not be.
    pub fn judge(self, extent: Extent, caller: &Caller) -> Result<Saving, Problem> {
        let wish = Wish {
            label: self.label.changed("label")?,
            link: match self.link {
                Given::Absent => None,
                given => Some(given.text("link", LONGEST_LINK)?.map(safe_link).transpose()?),
            },
            assigned_to: match self.assigned_to {
                Given::Absent => None,
                given => Some(given.id("assigned_to")?),
            },
            fields: self.fields.changed("fields")?.map(|given| fields(&given, extent)).transpose()?,
            version: self.version.id("version")?,
        };
        let overrides = self.override_credit_limit.optional("override_credit_limit")?;
        Ok(Saving {
            wish,
            actor: super::acting(caller, self.actor_id.id("actor_id")?)?,
            send_notification: self.send_notification.optional("send_notification")?,
            credit: if overrides == Some(true) { Credit::Override } else { Credit::Kept },
        })
    }
}

fn fields(given: &Object, extent: Extent) -> Result<Fields, Problem> {
    // The text is JSON, so what cannot be read is what no reader could keep.
    let fields: Map<String, Value> = serde_json::from_str(&given.0).map_err(|_| {
        Problem::bad_request(
            "fields must not hold numbers beyond 1.7e308, half a surrogate pair, or more than 16 levels",
        )
    })?;
    Ok(match extent {
        Extent::Whole => Fields::All(fields),
        Extent::Part => Fields::Some(fields),
    })
}

/// A user as one is named beside a record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub(in crate::record) struct RecordUser {
    /// ID of the user
    id: i64,
    /// Name of the user
    #[schema(example = "Grace Sales")]
    name: String,
}

/// A record.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Record)]
pub(in crate::record) struct Shown {
    /// Name of its module
    #[schema(example = "contacts")]
    module: String,
    /// Its id in the CRM
    #[schema(example = "7")]
    id: String,
    /// What people call it
    #[schema(example = "Jane Doe")]
    label: String,
    /// Where it is in the CRM, or null
    #[schema(required)]
    link: Option<String>,
    /// ID of the assigned user, or null
    #[schema(required)]
    assigned_to: Option<i64>,
    /// ID of the user who was assigned before, or null
    #[schema(required)]
    previous_assigned_to: Option<i64>,
    /// When the assigned user last changed, or null
    #[schema(required, format = DateTime)]
    reassigned_at: Option<String>,
    /// Its other fields
    #[schema(value_type = Object)]
    fields: Map<String, Value>,
    /// Grows by one with every change
    version: i64,
    /// When it was made
    #[schema(format = DateTime)]
    created_at: String,
    /// When it was last changed
    #[schema(format = DateTime)]
    updated_at: String,
    /// The assigned user, or null: nobody, or somebody who is gone
    #[schema(required)]
    assigned_user: Option<RecordUser>,
    /// The user who was assigned before, or null
    #[schema(required)]
    previous_assigned_user: Option<RecordUser>,
    #[serde(flatten)]
    #[schema(value_type = Beside)]
    beside: Map<String, Value>,
}

/// What is shown of some records only.
#[derive(ToSchema)]
#[expect(dead_code, reason = "stands for its schema only")]
struct Beside {
    /// Of activities: whether, when and of what their assigned user is reminded
    #[schema(value_type = Option<Object>, nullable = false)]
    reminder: Option<()>,
}

impl RecordUser {
    pub fn of(figure: &Figure) -> Self {
        Self { id: figure.id, name: figure.name.clone() }
    }
}

impl Shown {
    fn of(record: &Record, people: &HashMap<i64, Figure>, beside: Map<String, Value>) -> Self {
        let user = |id: Option<i64>| people.get(&id?).map(RecordUser::of);
        Self {
            module: record.module.to_string(),
            id: record.id.to_string(),
            label: record.label.clone(),
            link: record.link.clone(),
            assigned_to: record.assigned_to,
            previous_assigned_to: record.previous_assigned_to,
            reassigned_at: record.reassigned_at.map(Instant::to_rfc3339),
            fields: record.fields.clone(),
            version: record.version,
            created_at: record.created_at.to_rfc3339(),
            updated_at: record.updated_at.to_rfc3339(),
            assigned_user: user(record.assigned_to),
            previous_assigned_user: user(record.previous_assigned_to),
            beside,
        }
    }
}

impl Records {
    /// Records as they are shown, in the same order.
    ///
    /// # Errors
    /// What the database says.
    pub(in crate::record) async fn shown_in(
        &self,
        tx: &mut Tx,
        records: &[Record],
    ) -> Result<Vec<Shown>, Error> {
        let ids: BTreeSet<i64> = records
            .iter()
            .flat_map(|record| [record.assigned_to, record.previous_assigned_to])
            .flatten()
            .collect();
        let people = user::figures_in(tx, &ids).await?;
        let beside = self.watch()?.shown(tx, records).await?;
        let both = records.iter().zip(beside);
        Ok(both.map(|(record, beside)| Shown::of(record, &people, beside)).collect())
    }

    /// A record as it is shown.
    ///
    /// # Errors
    /// What the database says.
    pub(in crate::record) async fn one_shown_in(&self, tx: &mut Tx, record: Record) -> Result<Shown, Error> {
        let shown = self.shown_in(tx, &[record]).await?;
        Ok(shown.into_iter().next().expect("one is shown for one"))
    }
}

/// A record.
#[derive(Serialize, ToSchema)]
pub(super) struct RecordAnswer {
    /// Always `Success`
    #[schema(example = "Success")]
    pub result: &'static str,
    pub record: Shown,
}
