//! How the demo's people are reached: by every way out at least once.

use std::path::Path;
use std::sync::Arc;

use anyhow::Context;

use super::outbox::{Outbox, Secrets};
use crate::app::App;
use crate::user;
use crate::user::choice::Wish;

/// Id, choice, the channel behind the webhook. Whoever is missing here has e-mail.
const CHOICES: &[(i64, &str, &str)] =
    &[(1, "both", "teams"), (2, "both", "ringcentral"), (3, "webhook", "webhook"), (123, "both", "teams")];

/// The file of the data folder that says where webhooks were caught when the demo ran last.
const ADDRESS: &str = "outbox.address";

/// Leads everybody's webhook to where it is caught now: at the first start as [`CHOICES`] says, later from where it
/// was caught before, since the port is another one at each start.
pub(super) async fn follow(app: &App, outbox: &Outbox, data_dir: &Path) -> anyhow::Result<()> {
    let file = data_dir.join(ADDRESS);
    match std::fs::read_to_string(&file) {
        Ok(before) => move_from(app, &before, outbox.origin()).await?,
        Err(_) => choose(app, outbox).await?,
    }
    std::fs::write(&file, outbox.origin()).with_context(|| format!("writing {}", file.display()))
}

async fn choose(app: &App, outbox: &Outbox) -> anyhow::Result<()> {
    for (id, receive_by, channel) in CHOICES {
        let wish = Wish {
            receive_by: Some((*receive_by).to_owned()),
            webhook_url: Some(outbox.address(channel, *id)),
            ..Wish::default()
        };
        app.users.choose(*id, wish).await?;
    }
    Ok(())
}

async fn move_from(app: &App, before: &str, now: &str) -> anyhow::Result<()> {
    for user in user::list(&app.database).await? {
        let Some(url) = app.users.url_of(user.id, &user.choices) else { continue };
        let Some(path) = url.as_str().strip_prefix(before).filter(|path| path.starts_with('/')) else {
            continue;
        };
        let wish = Wish { webhook_url: Some(Some(format!("{now}{path}"))), ..Wish::default() };
        app.users.choose(user.id, wish).await?;
    }
    Ok(())
}

/// What signs the webhooks of a user of this node.
pub(super) fn secrets(app: App) -> Secrets {
    Arc::new(move |user_id| {
        let app = app.clone();
        Box::pin(async move {
            let Ok(user) = user::find(&app.database, &user_id.to_string()).await else { return Vec::new() };
            let (generation, rotated_at) = (user.choices.generation, user.choices.rotated_at);
            app.users.webhook_secrets(user_id, generation, rotated_at, app.clock.now())
        })
    })
}
