//! Users as they are written: bodies and answers.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::choice::wire::{ShownChoices, with_choices};
use super::fields::{Email, Language, Name, Password, TimeZone};
use super::{Change, New, User, Users};
use crate::auth::passwords::LONGEST;
use crate::auth::{Roles, Status};
use crate::http::{Given, Problem};

/// A user.
#[derive(Serialize, ToSchema)]
#[schema(as = User)]
pub(super) struct Shown {
    /// ID of the user
    id: i64,
    /// E-mail address
    #[schema(example = "ann@example.com")]
    email: String,
    /// Name
    #[schema(example = "Ann Archer")]
    name: String,
    /// Roles
    roles: Roles,
    /// `Active`, `Locked`, or `Locked - Failed Attempts` after too many wrong passwords
    #[schema(example = "Active")]
    status: &'static str,
    /// Time zone of the IANA database
    #[schema(example = "Europe/London")]
    time_zone: String,
    /// Language tag
    #[schema(example = "en")]
    language: String,
    /// ID of the user's manager, or null
    #[schema(required)]
    reports_to: Option<i64>,
    /// Whether the user is on support now: hears of tickets near and past their response time as a member of the group
    /// Support
    on_support: bool,
    #[serde(flatten)]
    choices: ShownChoices,
    /// When the user was added: UTC, whole seconds
    #[schema(format = DateTime)]
    created_at: String,
    /// When something about the user changed
    #[schema(format = DateTime)]
    updated_at: String,
}

impl Shown {
    fn of(users: &Users, user: User) -> Self {
        Self {
            choices: ShownChoices::of(users, user.id, user.choices),
            id: user.id,
            email: user.email,
            name: user.name,
            roles: user.roles,
            status: user.status.as_str(),
            time_zone: user.time_zone,
            language: user.language,
            reports_to: user.reports_to,
            on_support: user.on_support,
            created_at: user.created_at.to_rfc3339(),
            updated_at: user.updated_at.to_rfc3339(),
        }
    }
}

/// A user.
#[derive(Serialize, ToSchema)]
pub(super) struct UserAnswer {
    /// Always `Success`
    #[schema(example = "Success")]
    result: &'static str,
    user: Shown,
}

impl UserAnswer {
    pub fn of(users: &Users, user: User) -> Self {
        Self { result: "Success", user: Shown::of(users, user) }
    }
}

/// A user, to themselves.
#[derive(Serialize, ToSchema)]
#[schema(as = Me)]
pub(super) struct ShownToOneself {
    #[serde(flatten)]
    shown: Shown,
    /// What signs one's webhooks, for whoever receives them to check; shown to nobody else
    #[schema(pattern = "^whsec_[A-Za-z0-9+/]{43}=$")]
    webhook_secret: String,
}

/// The person who is signed in.
#[derive(Serialize, ToSchema)]
pub(super) struct MyAnswer {
    /// Always `Success`
    #[schema(example = "Success")]
    result: &'static str,
    user: ShownToOneself,
}

impl MyAnswer {
    pub fn of(users: &Users, user: User) -> Self {
        let webhook_secret = users.vault.secret(user.id, user.choices.generation);
        Self { result: "Success", user: ShownToOneself { shown: Shown::of(users, user), webhook_secret } }
    }
}

/// A page of users in the order of their ids.
#[derive(Serialize, ToSchema)]
pub(super) struct UsersAnswer {
    /// Always `Success`
    #[schema(example = "Success")]
    result: &'static str,
    users: Vec<Shown>,
    /// Give it as `cursor` to get the next page; null on the last one
    #[schema(required)]
    next_cursor: Option<String>,
}

impl UsersAnswer {
    /// The page that `users` begin; one more than `most` says that there is another.
    pub fn of(users: &Users, mut page: Vec<User>, most: usize) -> Self {
        let is_more = page.len() > most;
        page.truncate(most);
        let next_cursor = page.last().filter(|_| is_more).map(|user| user.id.to_string());
        let shown = page.into_iter().map(|user| Shown::of(users, user)).collect();
        Self { result: "Success", users: shown, next_cursor }
    }
}

/// A user to add.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct CreateUserBody {
    /// ID of the user in the CRM; the next free one where nothing is said
    #[serde(default)]
    #[schema(value_type = Option<i64>, minimum = 1, maximum = 9007199254740991i64, example = 123)]
    id: Given<i64>,
    /// E-mail address, different from everybody else's whatever the case
    #[serde(default)]
    #[schema(value_type = Email, required, example = "ann@example.com")]
    email: Given<String>,
    /// Name
    #[serde(default)]
    #[schema(value_type = Name, required, example = "Ann Archer")]
    name: Given<String>,
    /// Roles; none where nothing is said
    #[serde(default)]
    #[schema(value_type = Option<Roles>)]
    roles: Given<Vec<String>>,
    /// Password; without one the user cannot sign in yet
    #[serde(default)]
    #[schema(value_type = Option<Password>)]
    password: Given<String>,
    /// Time zone of the IANA database; UTC where nothing is said
    #[serde(default)]
    #[schema(value_type = Option<TimeZone>, example = "Europe/London")]
    time_zone: Given<String>,
    /// Language tag; `en` where nothing is said
    #[serde(default)]
    #[schema(value_type = Option<Language>, example = "en")]
    language: Given<String>,
    /// ID of the user's manager
    #[serde(default)]
    #[schema(value_type = Option<i64>, minimum = 1, maximum = 9007199254740991i64, example = 5)]
    reports_to: Given<i64>,
}

impl CreateUserBody {
    /// The user without a password, and the password, which takes time to hash.
    ///
    /// # Errors
    /// 400 for what is missing or of another type.
    pub fn judge(self) -> Result<(New, Option<String>), Problem> {
        self.email.present("email")?;
        self.name.present("name")?;
        let new = New {
            id: self.id.id("id")?,
            email: self.email.required("email")?,
            name: self.name.required("name")?,
            roles: Roles::parse(&self.roles.optional("roles")?.unwrap_or_default())?,
            password: None,
            time_zone: self.time_zone.optional("time_zone")?,
            language: self.language.optional("language")?,
            reports_to: self.reports_to.id("reports_to")?,
        };
        Ok((new, self.password.optional("password")?))
    }
}

with_choices! {
    /// What is to change about a user; what is left out stays as it is.
    #[derive(Deserialize, ToSchema)]
    #[serde(deny_unknown_fields)]
    pub(super) struct ChangeUserBody {
        /// E-mail address
        #[serde(default)]
        #[schema(value_type = Email)]
        email: Given<String>,
        /// Name
        #[serde(default)]
        #[schema(value_type = Name)]
        name: Given<String>,
        /// Roles
        #[serde(default)]
        #[schema(value_type = Roles)]
        roles: Given<Vec<String>>,
        /// `Active` unlocks and starts the count of wrong passwords anew; `Locked` locks and ends every session
        #[serde(default)]
        #[schema(value_type = StatusWish, example = "Active")]
        status: Given<String>,
        /// Password; ends every session of the user
        #[serde(default)]
        #[schema(value_type = Password)]
        password: Given<String>,
        /// Time zone of the IANA database
        #[serde(default)]
        #[schema(value_type = TimeZone)]
        time_zone: Given<String>,
        /// Language tag
        #[serde(default)]
        #[schema(value_type = Language)]
        language: Given<String>,
        /// ID of the user's manager, or null
        #[serde(default)]
        #[schema(value_type = Option<i64>, minimum = 1, maximum = 9007199254740991i64)]
        reports_to: Given<i64>,
        /// Whether the user is on support now
        #[serde(default)]
        #[schema(value_type = bool)]
        on_support: Given<bool>,
    }
}

/// The status that an administrator may set.
#[derive(ToSchema)]
#[expect(dead_code, reason = "stands for its schema only")]
enum StatusWish {
    Active,
    Locked,
}

impl ChangeUserBody {
    /// The change without the password, and the password, which takes time to hash.
    ///
    /// # Errors
    /// 400 for what is of another type.
    pub fn judge(self) -> Result<(Change, Option<String>), Problem> {
        let change = Change {
            email: self.email.changed("email")?,
            name: self.name.changed("name")?,
            roles: self.roles.changed("roles")?.map(|names| Roles::parse(&names)).transpose()?,
            status: self.status.changed("status")?.map(|text| status(&text)).transpose()?,
            time_zone: self.time_zone.changed("time_zone")?,
            language: self.language.changed("language")?,
            reports_to: match self.reports_to {
                Given::Absent => None,
                given => Some(given.id("reports_to")?),
            },
            on_support: self.on_support.changed("on_support")?,
            ..Change::default()
        };
        Ok((change, self.password.changed("password")?))
    }
}

fn status(text: &str) -> Result<Status, Problem> {
    match text {
        "Active" => Ok(Status::Active),
        "Locked" => Ok(Status::Locked),
        _ => Err(Problem::bad_request("status must be Active or Locked")),
    }
}

with_choices! {
    /// What is to change about oneself; what is left out stays as it is.
    #[derive(Deserialize, ToSchema)]
    #[serde(deny_unknown_fields)]
    pub(super) struct ChangeMeBody {
        /// E-mail address; another one needs `current_password`
        #[serde(default)]
        #[schema(value_type = Email)]
        email: Given<String>,
        /// Name
        #[serde(default)]
        #[schema(value_type = Name)]
        name: Given<String>,
        /// Time zone of the IANA database
        #[serde(default)]
        #[schema(value_type = TimeZone)]
        time_zone: Given<String>,
        /// Language tag
        #[serde(default)]
        #[schema(value_type = Language)]
        language: Given<String>,
        /// Whether one is on support now: hears of tickets near and past their response time as a member of the group
        /// Support
        #[serde(default)]
        #[schema(value_type = bool)]
        on_support: Given<bool>,
        /// New password; needs `current_password` and ends every other session
        #[serde(default)]
        #[schema(value_type = Password)]
        password: Given<String>,
        /// The password until now
        #[serde(default)]
        #[schema(value_type = String, max_length = 1024, pattern = r"^[^\x00]*$")]
        current_password: Given<String>,
    }
}

/// What somebody wants to change about themselves.
pub(super) struct MyChange {
    /// The change without the password.
    pub change: Change,
    /// The new password.
    pub password: Option<String>,
    /// The password until now, which proves the right to what is grave.
    pub current: Option<String>,
}

impl ChangeMeBody {
    /// The change.
    ///
    /// # Errors
    /// 400 for what is of another type.
    pub fn judge(self) -> Result<MyChange, Problem> {
        let change = Change {
            email: self.email.changed("email")?,
            name: self.name.changed("name")?,
            time_zone: self.time_zone.changed("time_zone")?,
            language: self.language.changed("language")?,
            on_support: self.on_support.changed("on_support")?,
            ..Change::default()
        };
        let current = match self.current_password {
            Given::Null => self.current_password.changed("current_password")?,
            given => given.text("current_password", LONGEST)?,
        };
        Ok(MyChange { change, password: self.password.changed("password")?, current })
    }
}
