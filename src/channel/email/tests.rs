//! E-mail from a parcel to what a mail server got.

mod encrypted;
mod injection;
mod letters;
mod messages;
mod server;
mod verdicts;

use std::time::Duration;

use super::*;
use crate::channel::{Address, Attachment, Brief, Mailing, Message, Recipient};
use crate::clock::Instant;
use crate::config::{Mailbox, Smtp, SmtpLogin, SmtpTls};

fn parcel() -> Parcel {
    Parcel {
        delivery_id: "019a2b3c-0000-7000-8000-000000000001".to_owned(),
        attempt: 1,
        now: Instant(1_768_141_800_000_000),
        message: Message {
            notification_id: 42,
            kind: "provision_failed".into(),
            title: "Hosting could not be set up".to_owned(),
            text: Some("The server said no.\nTwice.".to_owned()),
            link: Some("https://crm.example.com/orders/7".to_owned()),
            metadata: Some(r#"{"plan_name":"Premium Hosting"}"#.to_owned()),
            links: Vec::new(),
            related_ticket_id: Some(4711),
            related_user_id: None,
            created_at: Instant(1_768_141_800_000_000),
            along: Vec::new(),
            unnamed: 0,
            centre: "https://crm.example.com/centre".to_owned(),
        },
        recipient: Recipient {
            user_id: 7,
            email: "zoe@example.com".to_owned(),
            name: "Zoë Müller".to_owned(),
            language: "en".to_owned(),
            time_zone: "Europe/London".to_owned(),
        },
        address: Address::Mail(Mailing {
            cc: vec!["boss@example.com".to_owned()],
            unsubscribe: Some("https://crm.example.com/crm/unsubscribe/abc".to_owned()),
            ..Mailing::default()
        }),
    }
}

/// The message of a parcel that no template is used for.
fn build(parcel: &Parcel, from: &Mailbox) -> Result<message::Mail, message::Unfit> {
    let Address::Mail(mailing) = &parcel.address else { panic!("it goes by e-mail") };
    let written = content::plain(parcel, mailing, None);
    let content = content::Content { written, prints: Vec::new(), missing: Vec::new() };
    message::build(parcel, mailing, &content, from)
}

fn from() -> Mailbox {
    Mailbox { name: "CRM".to_owned(), address: "crm@example.com".to_owned() }
}

/// A mail server on this computer, without encryption.
fn smtp(port: u16) -> Smtp {
    Smtp {
        host: "127.0.0.1".to_owned(),
        port,
        tls: SmtpTls::Plain,
        login: None,
        from: from(),
        ca_file: None,
        connections: 2,
        timeout: Duration::from_secs(5),
    }
}

fn login() -> Option<SmtpLogin> {
    Some(SmtpLogin { username: "belfry".to_owned(), password: "hunter2secret".to_owned() })
}
