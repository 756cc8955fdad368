//! `belfry send`: one notification from a shell script.

use std::time::Duration;

use anyhow::{Context, bail};
use serde_json::{Map, Value};

#[derive(Debug, clap::Args)]
pub(super) struct SendArgs {
    /// The server, such as http://127.0.0.1:8080
    #[arg(long, env = "BELFRY_SERVER")]
    server: String,
    /// The user who is to have it
    #[arg(long)]
    user: i64,
    /// Its type
    #[arg(long = "type", default_value = "custom")]
    kind: String,
    /// Its title, at most 255 characters
    #[arg(long)]
    title: String,
    /// The words below the title
    #[arg(long)]
    message: Option<String>,
    /// Where a click leads: http(s), or a path such as /services/167
    #[arg(long)]
    link: Option<String>,
    /// A JSON object
    #[arg(long)]
    metadata: Option<String>,
    /// A way that it is to go by too: email or webhook; as often as there are ways. Needs a key with the role admin
    #[arg(long = "channel", value_name = "email|webhook")]
    channels: Vec<String>,
    /// Sent again with the same key, it arrives once
    #[arg(long)]
    idempotency_key: Option<String>,
}

impl SendArgs {
    fn body(&self) -> anyhow::Result<Map<String, Value>> {
        let mut body = Map::new();
        body.insert("user_id".to_owned(), self.user.into());
        body.insert("type".to_owned(), self.kind.as_str().into());
        body.insert("title".to_owned(), self.title.as_str().into());
        for (name, value) in [("message", &self.message), ("link", &self.link)] {
            if let Some(value) = value {
                body.insert(name.to_owned(), value.as_str().into());
            }
        }
        if let Some(metadata) = &self.metadata {
            let metadata: Value = serde_json::from_str(metadata).context("--metadata is not valid JSON")?;
            body.insert("metadata".to_owned(), metadata);
        }
        if !self.channels.is_empty() {
            body.insert("channels".to_owned(), self.channels.clone().into());
        }
        Ok(body)
    }
}

pub(super) async fn send(wish: SendArgs) -> anyhow::Result<()> {
    // From the environment alone: arguments are seen by everybody who asks `ps`.
    let Some(key) = std::env::var("BELFRY_API_KEY").ok().filter(|key| !key.is_empty()) else {
        bail!("no API key: put one into the environment variable BELFRY_API_KEY");
    };
    if !wish.server.starts_with("http://") && !wish.server.starts_with("https://") {
        bail!("--server must begin with http:// or https://, such as http://127.0.0.1:8080");
    }
    let url = format!("{}/crm/notification/send", wish.server.trim_end_matches('/'));
    #[expect(clippy::disallowed_methods, reason = "the operator's own server, named on the command line")]
    let client = reqwest::Client::builder()
        .timeout(Duration::from_secs(30))
        .redirect(reqwest::redirect::Policy::none())
        .build()?;
    let mut request = client.post(&url).header("X-API-KEY", key).json(&wish.body()?);
    if let Some(key) = &wish.idempotency_key {
        request = request.header("Idempotency-Key", key);
    }
    let response = request.send().await.with_context(|| format!("{url} cannot be reached"))?;
    let status = response.status();
    let text = response.text().await?;
    if status != reqwest::StatusCode::CREATED {
        bail!("{} ({status})", reason(&text));
    }
    println!("{text}");
    Ok(())
}

/// What the server said, out of either failure shape.
fn reason(text: &str) -> String {
    let body: Value = serde_json::from_str(text).unwrap_or_default();
    let said = body.get("reason").or_else(|| body.get("message")).and_then(Value::as_str);
    said.map_or_else(|| text.chars().take(200).collect(), str::to_owned)
}
