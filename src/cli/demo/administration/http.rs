//! Asks the demo's own node as a program with a key does.

use anyhow::ensure;
use axum::Router;
use axum::body::Body;
use axum::http::{Request, header};
use http_body_util::BodyExt;
use serde_json::Value;
use tower::ServiceExt;

use crate::app::App;
use crate::cli::demo::KEY;

/// The routes of the node.
pub(super) struct Node(Router);

impl Node {
    /// A node's, before it serves.
    pub fn of(app: &App) -> Self {
        Self(app.routes())
    }

    /// The answer to a request; a body of null is none.
    ///
    /// # Errors
    /// What was refused, and why.
    pub async fn ask(&self, method: &str, path: &str, body: Value) -> anyhow::Result<Value> {
        let request = Request::builder().method(method).uri(path).header("X-API-KEY", KEY);
        let request = match body {
            Value::Null => request.body(Body::empty())?,
            body => {
                request.header(header::CONTENT_TYPE, "application/json").body(Body::from(body.to_string()))?
            }
        };
        let answer = self.0.clone().oneshot(request).await?;
        let status = answer.status();
        let text = answer.into_body().collect().await?.to_bytes();
        ensure!(status.is_success(), "{path}: {status} {}", String::from_utf8_lossy(&text));
        Ok(serde_json::from_slice(&text)?)
    }
}
