//! Parcels and answers for the tests of the channels.

use std::sync::Arc;

use hyper::header::{HeaderMap, HeaderName, HeaderValue};

use super::{Address, Brief, Message, Outcome, Parcel, Recipient};
use crate::clock::Instant;
use crate::outbound::{Reply, Target};
use crate::template::Link;

/// 2026-01-11T14:30:00Z.
pub const NOW: Instant = Instant(1_768_141_800_000_000);

/// The secret of the standard's own example.
pub const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/// An address.
pub fn target(url: &str) -> Target {
    Target::parse(url).unwrap()
}

/// An answer without headers.
pub fn reply(status: u16, body: &str) -> Reply {
    Reply { status, headers: HeaderMap::new(), body: body.as_bytes().to_vec(), cut: false }
}

/// An answer with a header.
pub fn reply_with(status: u16, name: &'static str, value: &str, body: &str) -> Reply {
    let mut reply = reply(status, body);
    reply.headers.insert(HeaderName::from_static(name), HeaderValue::from_str(value).unwrap());
    reply
}

/// What an outcome is, in a word or two; what a target asked for behind it, in seconds.
pub fn told(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Sent(_) => "sent".to_owned(),
        Outcome::Later { after, patient, .. } => {
            let word = if *patient { "later" } else { "not yet" };
            after.map_or(word.to_owned(), |after| format!("{word} {}", after.as_secs()))
        }
        Outcome::Never { gone, .. } => if *gone { "gone" } else { "never" }.to_owned(),
        Outcome::Busy(_) => "busy".to_owned(),
    }
}

/// A notification with something of everything, on its way to `url`.
pub fn parcel(url: &str) -> Parcel {
    Parcel {
        delivery_id: "dlv_0199f1c2a4e67c3e9d2b".to_owned(),
        attempt: 1,
        now: NOW,
        message: Message {
            notification_id: 1_042,
            kind: Arc::from("sales_order"),
            title: "SO-1042 is now eSigned".to_owned(),
            text: Some("Status: Draft → eSigned\nby [Ana](http://evil.example)".to_owned()),
            link: Some("https://crm.example.com/orders/1042".to_owned()),
            metadata: Some(
                r#"{"customer":"Acme & Söhne","plan_name":"**Gold**","amount":19.90,"lines":[1,2]}"#
                    .to_owned(),
            ),
            links: Vec::new(),
            related_ticket_id: Some(7),
            related_user_id: None,
            created_at: NOW,
            along: Vec::new(),
            unnamed: 0,
            centre: "https://belfry.example.com/inbox".to_owned(),
        },
        recipient: Recipient {
            user_id: 5,
            email: "ana@example.com".to_owned(),
            name: "Ana Díaz".to_owned(),
            language: "en".to_owned(),
            time_zone: "Europe/Berlin".to_owned(),
        },
        address: address(url, &[SECRET], false, false),
    }
}

/// A parcel that carries twenty others along, and counts twelve more.
pub fn catch_up(url: &str) -> Parcel {
    let mut parcel = parcel(url);
    let brief = |n: i64| Brief {
        notification_id: n,
        title: format!("Ticket #{n} [was](http://evil.example) assigned to you"),
        link: (n % 2 == 0).then(|| format!("https://crm.example.com/tickets/{n}?view=(all)")),
    };
    parcel.message.along = (1..=20).map(brief).collect();
    parcel.message.unnamed = 12;
    parcel.recipient.language = "de".to_owned();
    parcel
}

/// A parcel with so many links beside the one that it leads to.
pub fn with_links(url: &str, count: usize) -> Parcel {
    let mut parcel = parcel(url);
    let link = |n: usize| Link {
        label: format!("Contact [Jane](http://evil.example) <b> & *{n}*"),
        url: format!("https://crm.example.com/contacts/{n}?view=(all)&a=b"),
    };
    parcel.message.links = (1..=count).map(link).collect();
    parcel
}

/// As large as the API takes it, in characters of four bytes, with every mark there is.
pub fn huge(url: &str) -> Parcel {
    let mut parcel = catch_up(url);
    parcel.message.text = Some("𝛑*[".repeat(65_536 / 6));
    parcel.message.title = "𝛑_".repeat(120);
    let members: Vec<String> = (0..40).map(|n| format!("\"key_{n}\":\"{}\"", "𝛑|".repeat(400))).collect();
    parcel.message.metadata = Some(format!("{{{}}}", members.join(",")));
    let link =
        Link { label: "𝛑]".repeat(50), url: format!("https://crm.example.com/{}", "&".repeat(450)) };
    parcel.message.links = vec![link; 10];
    parcel
}

/// Where a parcel goes.
pub fn address(url: &str, secrets: &[&str], company: bool, bare: bool) -> Address {
    let secrets = secrets.iter().map(|secret| (*secret).to_owned()).collect();
    Address::Url { url: target(url), secrets, company, bare }
}
