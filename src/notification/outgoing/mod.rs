//! What the ways out read of inboxes, and what they have to say to people.

mod store;

use std::sync::Arc;

use futures_util::future::BoxFuture;

use super::why::Why;
use super::{NewNotification, Notice, Notifications};
use crate::delivery::{Content, Origin, Sending};
use crate::storage::{Error, Tx};
use crate::user;
use crate::user::choice::SwitchedOff;

/// The type by which people hear that a webhook was switched off.
const SWITCHED_OFF: &str = "webhook_switched_off";

impl Origin for Notifications {
    fn contents<'a>(
        &'a self,
        tx: &'a mut Tx,
        ids: &'a [(i64, i64)],
    ) -> BoxFuture<'a, Result<Vec<Option<Content>>, Error>> {
        Box::pin(async move {
            let found = store::contents(tx, ids).await?;
            // One notification goes out by several channels: each is given its content.
            Ok(ids.iter().map(|key| found.get(key).cloned()).collect())
        })
    }

    fn switched_off<'a>(
        &'a self,
        tx: &'a mut Tx,
        switched: &'a SwitchedOff,
    ) -> BoxFuture<'a, Result<(), Error>> {
        Box::pin(async move {
            let notices = self.notices_of(tx, switched).await?;
            self.notify_in(tx, &notices).await.map(|_| ())
        })
    }
}

impl Notifications {
    /// To the owner what to do, to every administrator whose it was.
    async fn notices_of(&self, tx: &mut Tx, switched: &SwitchedOff) -> Result<Vec<Notice>, Error> {
        let SwitchedOff { user_id, channel, reason } = switched;
        let name = user::name_in(tx, *user_id).await?.unwrap_or_else(|| format!("user {user_id}"));
        let kind: Arc<str> = Arc::from(SWITCHED_OFF);
        let notice = |to: i64, title: String, message: String| {
            let new = NewNotification {
                user_id: to,
                kind: kind.clone(),
                title,
                message: Some(message),
                link: None,
                metadata: None,
                related_ticket_id: None,
                related_user_id: (to != *user_id).then_some(*user_id),
            };
            let why = why(to == *user_id, &name, reason);
            Notice { why: Some(why), ..Notice::of(Arc::new(new), Sending::Automated) }
        };
        let mut notices = vec![notice(
            *user_id,
            "Your webhook was switched off".to_owned(),
            format!(
                "{reason} ({channel}). What was meant for it comes by e-mail. \
                 Open your profile and save its address again to switch it on."
            ),
        )];
        for admin in user::admins_in(tx).await? {
            if admin != *user_id {
                let title = format!("The webhook of {name} was switched off");
                let message =
                    format!("{reason} ({channel}). {name} was told, and hears by e-mail meanwhile.");
                notices.push(notice(admin, title, message));
            }
        }
        Ok(notices)
    }
}

fn why(is_own: bool, name: &str, reason: &str) -> Why {
    let (chosen, sentence) = match is_own {
        true => ("whose webhook it is", "You were told because your webhook was switched off.".to_owned()),
        false => (
            "an administrator",
            format!(
                "You were told because the webhook of {name} was switched off and you are an administrator."
            ),
        ),
    };
    Why {
        trigger: SWITCHED_OFF,
        records: Vec::new(),
        cause: format!("The webhook of {name} was switched off: {reason}"),
        setting: None,
        chosen: chosen.to_owned(),
        sentence,
    }
}
