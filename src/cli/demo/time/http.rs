//! The routes of the demo's clock.

use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde::Deserialize;
use serde_json::json;

use super::Time;
use crate::cli::demo::Routes;
use crate::http::{Json, Problem};

/// What tells the time, and lets it run.
pub(in crate::cli::demo) fn routes(time: Time) -> Routes {
    Router::new().route("/demo/time", get(tell).post(run)).with_state(time)
}

#[derive(Deserialize)]
struct Wanted {
    minutes: u32,
}

async fn tell(State(time): State<Time>) -> Response {
    answer(&time, 0)
}

async fn run(State(time): State<Time>, Json { body, .. }: Json<Wanted>) -> Response {
    match time.run(Duration::from_secs(60) * body.minutes).await {
        Ok(fired) => answer(&time, fired),
        Err(error) => Problem::fault(&error).into_response(),
    }
}

fn answer(time: &Time, fired: usize) -> Response {
    crate::http::error::json(
        StatusCode::OK,
        json!({"now": time.now().to_rfc3339(), "fired": fired}).to_string(),
    )
}
