//! `belfry demo`: a server with people and notifications in it, to try things on.

mod administration;
mod choices;
mod examples;
mod outbox;
mod records;
mod time;

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use crate::app::App;
use crate::auth::{Role, Roles, passwords};
use crate::clock::{Clock, Instant};
use crate::config::{Config, ConfiguredKey, Mailbox, Smtp, SmtpTls};
use crate::delivery::Ways;
use crate::notification::{Change, NewNotification, Notice, Request, Sent};
use crate::user::{self, New};
use examples::{EXAMPLES, Example, Stands};
use outbox::{Outbox, Sinks};

pub(super) use outbox::Routes;

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(60 * 60);

/// Known to everybody: the demo listens on this machine alone unless it is told otherwise.
const KEY: &str = "demo-key-of-at-least-thirty-two-characters";
const PASSWORD: &str = "demo-password";

/// Where webhooks of the demo may lead beside public addresses: to where they are caught.
const LOOPBACK: &str = "127.0.0.1/32";

/// The body of a send to try.
const EXAMPLE_SEND: &str = r#"{"user_id": 123, "type": "provision_complete", "title": "Service Activated", "link": "/services/167", "channels": ["email", "webhook"]}"#;

/// Id, e-mail, name, roles, time zone.
const PEOPLE: &[(i64, &str, &str, &[Role], &str)] = &[
    (1, "ada@example.com", "Ada Admin", &[Role::Admin], "Europe/London"),
    (2, "ben@example.com", "Ben Support", &[Role::Support], "Europe/Berlin"),
    (3, "cleo@example.com", "Cleo Finance", &[Role::Finance], "America/New_York"),
    (4, "max@example.com", "Max Manager", &[], "Europe/London"),
    (5, "eve@example.com", "Eve Sales", &[], "Europe/London"),
    (123, "grace@example.com", "Grace Sales", &[], "Australia/Perth"),
];

/// The manager, and those who report to him.
const MAX: i64 = 4;
const REPORTS_TO_MAX: &[i64] = &[5, 123];

pub(super) fn demo(listen: SocketAddr, data_dir: &Path) -> anyhow::Result<()> {
    let clock = time::clock(data_dir);
    let sinks = Sinks::take(clock.clone(), name_of)?;
    let mut config = Config::demo(listen, data_dir);
    config.api_keys = vec![ConfiguredKey::new(KEY, "Demo", &["admin"])];
    catch(&mut config, &sinks)?;
    super::serve::runtime(1)?.block_on(furnish(config.clone(), &sinks.outbox(), clock.now()))?;
    let data_dir = data_dir.to_owned();
    let prepare = |app: App, listen| -> super::serve::Prepared {
        Box::pin(async move {
            let time = time::Time::of(app.clone(), &data_dir);
            let routes = sinks.outbox().routes().merge(time::routes(time));
            sinks.open(choices::secrets(app))?;
            introduce(listen);
            Ok(routes)
        })
    };
    super::serve::run(config, clock, prepare, None)
}

/// Leads everything that leaves the house to where it is caught.
fn catch(config: &mut Config, sinks: &Sinks) -> anyhow::Result<()> {
    let mail = sinks.mail_address()?;
    config.smtp = Some(Smtp {
        host: mail.ip().to_string(),
        port: mail.port(),
        tls: SmtpTls::Plain,
        login: None,
        from: Mailbox { name: "Harbour CRM".to_owned(), address: "crm@example.com".to_owned() },
        ca_file: None,
        connections: 4,
        timeout: Duration::from_secs(30),
    });
    config.outbound.allow_cidrs = vec![LOOPBACK.parse().expect("it is a range")];
    Ok(())
}

fn name_of(id: i64) -> Option<&'static str> {
    PEOPLE.iter().find(|(known, ..)| *known == id).map(|(_, _, name, ..)| *name)
}

/// Adds whom the demo lacks, with what happened to them in the last days; a demo that was started before keeps what
/// was done in it.
async fn furnish(config: Config, outbox: &Outbox, now: Instant) -> anyhow::Result<()> {
    let data_dir = config.data_dir.clone();
    let clock = Clock::by_hand(now.minus(HOUR * 240));
    let app = App::open(config, clock.clone()).await?;
    let known: Vec<i64> = user::list(&app.database).await?.iter().map(|user| user.id).collect();
    let lacking = PEOPLE.iter().filter(|(id, ..)| !known.contains(id));
    for (id, email, name, roles, time_zone) in lacking {
        let new = New {
            id: Some(*id),
            email: (*email).to_owned(),
            name: (*name).to_owned(),
            roles: Roles::of(roles),
            password: Some(passwords::hash(PASSWORD)?),
            time_zone: Some((*time_zone).to_owned()),
            reports_to: REPORTS_TO_MAX.contains(id).then_some(MAX),
            ..New::default()
        };
        user::add(&app.database, clock.now(), new).await?;
    }
    if known.is_empty() {
        administration::set(&app).await?;
    }
    choices::follow(&app, outbox, &data_dir).await?;
    for (index, example) in EXAMPLES.iter().enumerate() {
        if known.contains(&example.user_id) {
            continue;
        }
        // A few minutes earlier, so that what has just happened did not happen in this very second.
        clock.set(now.minus(HOUR * example.hours_ago + MINUTE * 4));
        // The newest of everybody's leaves the house too, so that there is something in the outbox.
        let is_newest = EXAMPLES.iter().rposition(|other| other.user_id == example.user_id) == Some(index);
        happen(&app, example, Ways { email: is_newest, webhook: is_newest }, now).await?;
    }
    clock.set(now.minus(HOUR));
    records::furnish(&app).await?;
    clock.set(now);
    records::schedule(&app, now).await?;
    app.database.close().await;
    Ok(())
}

async fn happen(app: &App, example: &Example, wants: Ways, now: Instant) -> anyhow::Result<()> {
    let types = app.notifications.types();
    let kind = types.find(example.kind).map_err(|problem| anyhow::anyhow!("{}", problem.reason))?;
    let new = NewNotification {
        user_id: example.user_id,
        kind,
        title: example.title.to_owned(),
        message: Some(example.message.to_owned()),
        link: Some(example.link.to_owned()),
        metadata: Some(example.metadata.to_owned()),
        related_ticket_id: None,
        related_user_id: None,
    };
    let request = Request { notice: Notice::api(new.into(), wants), claim: None };
    let Sent::Stored(stored) = app.notifications.send(request).await? else {
        return Ok(());
    };
    let changes: &[Change] = match example.stands {
        Stands::Unread => &[],
        Stands::Read => &[Change::Read],
        Stands::Archived => &[Change::Read, Change::Archive],
        Stands::Snoozed(hours) => &[Change::Snooze(now.plus(HOUR * hours))],
    };
    for change in changes {
        app.notifications.change(example.user_id, stored.notification.id, *change).await?;
    }
    Ok(())
}

fn introduce(listen: SocketAddr) {
    println!("\nBelfry demo at http://{listen}\n");
    println!("  centre    http://{listen}/   (sign in as somebody below)");
    println!("  bell      http://{listen}/demo/crm   (in the page of a pretend CRM)");
    println!("  outbox    http://{listen}/demo/outbox   (every e-mail, card and webhook that is sent)");
    println!("  routes    http://{listen}/crm/docs/\n");
    println!("  API key   {KEY}");
    println!("  password  {PASSWORD}   (of everybody)\n");
    for (id, email, name, roles, _) in PEOPLE {
        let roles: Vec<&str> = roles.iter().map(|role| role.name()).collect();
        println!("  {id:>5}     {email:<20} {name:<14} {}", roles.join(", "));
    }
    println!("\nSend Grace something and see it come, under the bell and in the outbox:\n");
    println!("  curl -X POST http://{listen}/crm/notification/send \\");
    println!("    -H 'X-API-KEY: {KEY}' -H 'Content-Type: application/json' \\");
    println!("    -d '{}'\n", EXAMPLE_SEND);
}
