//! `belfry demo`: a server with people and notifications in it, to try things on.

use std::net::SocketAddr;
use std::path::Path;

use crate::app::App;
use crate::auth::{Role, Roles, passwords};
use crate::config::{Config, ConfiguredKey};
use crate::notification::{NewNotification, Request};
use crate::user::{self, New};

/// Known to everybody: the demo listens on this machine alone unless it is told otherwise.
const KEY: &str = "demo-key-of-at-least-thirty-two-characters";
const PASSWORD: &str = "demo-password";

/// The body of a send to try.
const EXAMPLE_SEND: &str = r#"{"user_id": 123, "type": "provision_complete", "title": "Service Activated", "link": "/services/167"}"#;

/// Id, e-mail, name, roles, time zone.
const PEOPLE: &[(i64, &str, &str, &[Role], &str)] = &[
    (1, "ada@example.com", "Ada Admin", &[Role::Admin], "Europe/London"),
    (2, "ben@example.com", "Ben Support", &[Role::Support], "Europe/Berlin"),
    (3, "cleo@example.com", "Cleo Finance", &[Role::Finance], "America/New_York"),
    (5, "eve@example.com", "Eve Sales", &[], "Europe/London"),
    (123, "grace@example.com", "Grace Sales", &[], "Australia/Perth"),
];

/// Recipient, type, title, message, link, metadata.
type Example = (i64, &'static str, &'static str, &'static str, &'static str, &'static str);

const EXAMPLES: &[Example] = &[
    (
        123,
        "ticket_assigned",
        "Ticket #42 assigned to you",
        "Router at Acme drops its uplink every night",
        "/tickets/42",
        r#"{"ticket_id":42,"severity":"High"}"#,
    ),
    (
        123,
        "billing_payment",
        "Payment Received",
        "Payment of $120.00 has been processed successfully",
        "/payments/9001",
        r#"{"payment_id":9001,"amount":120.0,"payment_method":"card"}"#,
    ),
    (
        123,
        "provision_complete",
        "Service Activated",
        "Your mobile service has been successfully activated",
        "/services/167",
        r#"{"service_id":167,"provision_job_id":"prov-2026-00042","duration_seconds":45}"#,
    ),
    (
        5,
        "service_expiring",
        "Service Expiring in 7 Days",
        "Your fibre line will expire soon",
        "/services/88",
        r#"{"service_id":88,"days_remaining":7}"#,
    ),
    (
        1,
        "system_alert",
        "⚠️ Disk Space Warning",
        "Database server disk usage has exceeded 85%",
        "/monitoring",
        r#"{"severity":"warning","source":"prometheus_alertmanager"}"#,
    ),
];

pub(super) fn demo(listen: SocketAddr, data_dir: &Path) -> anyhow::Result<()> {
    let mut config = Config::demo(listen, data_dir);
    config.api_keys = vec![ConfiguredKey::new(KEY, "Demo", &["admin"])];
    super::serve::run(config, |app, listen| Box::pin(furnish(app, listen)), None)
}

/// Adds what is missing, so that a demo that was started before keeps what was done in it.
async fn furnish(app: App, listen: SocketAddr) -> anyhow::Result<()> {
    let known: Vec<i64> = user::list(&app.database).await?.iter().map(|user| user.id).collect();
    for (id, email, name, roles, time_zone) in PEOPLE {
        if known.contains(id) {
            continue;
        }
        let new = New {
            id: Some(*id),
            email: (*email).to_owned(),
            name: (*name).to_owned(),
            roles: Roles::of(roles),
            password: Some(passwords::hash(PASSWORD)?),
            time_zone: Some((*time_zone).to_owned()),
            ..New::default()
        };
        user::add(&app.database, app.clock.now(), new).await?;
        for example in EXAMPLES.iter().filter(|example| example.0 == *id) {
            send(&app, example).await?;
        }
    }
    introduce(listen);
    Ok(())
}

async fn send(app: &App, (user_id, kind, title, message, link, metadata): &Example) -> anyhow::Result<()> {
    let kind =
        app.notifications.types().find(kind).map_err(|problem| anyhow::anyhow!("{}", problem.reason))?;
    let new = NewNotification {
        user_id: *user_id,
        kind,
        title: (*title).to_owned(),
        message: Some((*message).to_owned()),
        link: Some((*link).to_owned()),
        metadata: Some((*metadata).to_owned()),
        related_ticket_id: None,
        related_user_id: None,
    };
    app.notifications.send(Request { new: new.into(), claim: None }).await?;
    Ok(())
}

fn introduce(listen: SocketAddr) {
    println!("\nBelfry demo at http://{listen}\n");
    println!("  centre    http://{listen}/   (sign in as somebody below)");
    println!("  bell      http://{listen}/demo/crm   (in the page of a pretend CRM)");
    println!("  routes    http://{listen}/crm/docs/\n");
    println!("  API key   {KEY}");
    println!("  password  {PASSWORD}   (of everybody)\n");
    for (id, email, name, roles, _) in PEOPLE {
        let roles: Vec<&str> = roles.iter().map(|role| role.name()).collect();
        println!("  {id:>5}     {email:<20} {name:<14} {}", roles.join(", "));
    }
    println!("\nSend Grace something and see it come:\n");
    println!("  curl -X POST http://{listen}/crm/notification/send \\");
    println!("    -H 'X-API-KEY: {KEY}' -H 'Content-Type: application/json' \\");
    println!("    -d '{}'\n", EXAMPLE_SEND);
}
