//! Somebody locked themselves out: an event like any other.

use std::sync::Arc;

use futures_util::future::BoxFuture;
use serde_json::{Map, Value, json};

use super::{Event, Events};
use crate::audit::Actor;
use crate::auth::{LockedOut, Watch};
use crate::storage::{Error, Tx};
use crate::user::listed;
use crate::user::security::Security;

/// What such an event is called.
pub const LOCKED_OUT: &str = "user.locked_out";

impl Watch for Events {
    fn most_wrong_passwords(&self) -> u32 {
        self.inner.settings.of::<Security>().max_failed_logins
    }

    fn locked_out<'a>(&'a self, tx: &'a mut Tx, who: &'a LockedOut) -> BoxFuture<'a, Result<(), Error>> {
        Box::pin(async move {
            let event = Event {
                kind: Arc::from(LOCKED_OUT),
                subject: None,
                record: None,
                // Whoever typed the passwords has not said who they are.
                actor: Actor { user_id: None, name: Arc::from("sign-in"), by: crate::audit::By::User },
                data: data(who),
                at: who.at,
                origin: None,
            };
            self.take_in(tx, vec![event]).await.map(drop)
        })
    }
}

/// Says who it is of somebody whom a CRM names by their e-mail address alone, where they are one here.
///
/// # Errors
/// What the database says.
pub(super) async fn recognise_in(tx: &mut Tx, event: &mut Event) -> Result<(), Error> {
    let is_address = |text: &&str| text.contains('@') && listed::entries(text).count() == 1;
    let is_named = &*event.kind != LOCKED_OUT || event.data.contains_key("user_id");
    let Some(email) = event.text("email").filter(is_address).filter(|_| !is_named) else { return Ok(()) };
    if let [user_id] = listed::people_in(tx, email).await?.known[..] {
        event.data.insert("user_id".to_owned(), user_id.into());
    }
    Ok(())
}

fn data(who: &LockedOut) -> Map<String, Value> {
    let LockedOut { user_id, name, email, attempts, address, .. } = who;
    let data = json!({
        "user_id": user_id, "name": name, "email": email, "attempts": attempts, "address": address,
    });
    match data {
        Value::Object(data) => data,
        _ => unreachable!("it is written as an object"),
    }
}
