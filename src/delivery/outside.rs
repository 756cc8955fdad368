//! Letters to people who are no users: a customer who opened a ticket, a contact.
//!
//! Such a letter is a delivery like every other one, written down, tried, logged and counted alike. But nobody has chosen
//! anything about it, nobody reads it in a centre, and whoever gets it may be a program that answers by itself: so there
//! is a limit to how many one address gets.

use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::store::{self, Claimed, Planned};
use super::{Chosen, Deliveries, Reason};
use crate::channel::{Address, Mailing, Message, Outside, Parcel, Recipient};
use crate::clock::Instant;
use crate::config::Mailbox;
use crate::storage::{Error, Tx};
use crate::template::custom::{LetterUse, PrintUse};

/// What pacing and the log know such letters by.
pub(super) const OUTSIDE: &str = "outside";

/// The time in which letters to one address are counted.
const WINDOW: Duration = Duration::from_secs(24 * 3_600);

/// So many letters about one record does an address get in that time.
const ABOUT_ONE: i64 = 5;

/// And so many in all.
const IN_ALL: i64 = 30;

/// A letter to somebody who is no user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutsideLetter {
    /// E-mail address.
    pub to: String,
    /// Name; empty where nobody knows it.
    pub name: String,
    /// Language tag.
    pub language: String,
    /// Name of a time zone.
    pub time_zone: String,
    /// What it is, as the log shows it: `ticket_reply`.
    #[serde(skip)]
    pub kind: &'static str,
    /// The record that it is about: module and id. Mail programs show what is about one record together.
    pub record: (Arc<str>, Arc<str>),
    /// Where answers go; `None` for the sender of all e-mails.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply_to: Option<String>,
    /// The template that it is written by; without one it says what is plain.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub letter: Option<LetterUse>,
    /// Files that are printed for it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub prints: Vec<PrintUse>,
    /// What it says where nothing can be made of its template.
    pub plain: Plain,
}

/// The words of a letter without a template.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plain {
    /// One line.
    pub subject: String,
    /// The words below it.
    pub text: String,
    /// Where a click leads: http(s), or a path.
    pub link: Option<String>,
}

impl Deliveries {
    /// Writes a letter to somebody who is no user. It goes out once the transaction is durable; what is refused is
    /// written down with its reason: no mail server, no address, or an address that gets too many.
    ///
    /// # Errors
    /// What the database says.
    pub async fn letter_in(&self, tx: &mut Tx, letter: &OutsideLetter) -> Result<Chosen, Error> {
        let now = self.inner.clock.now();
        let suppressed = self.refused(tx, letter, now).await?;
        if suppressed == Some(Reason::Loop) {
            let (module, record) = (&*letter.record.0, &*letter.record.1);
            tracing::warn!(
                module,
                record,
                kind = letter.kind,
                "An address gets too many letters: one was not sent"
            );
        }
        let row = Planned::letter(letter, suppressed, now);
        self.write_in(tx, std::slice::from_ref(&row)).await?;
        Ok(Chosen::of(&row))
    }

    async fn refused(
        &self,
        tx: &mut Tx,
        letter: &OutsideLetter,
        now: Instant,
    ) -> Result<Option<Reason>, Error> {
        let config = self.inner.config.load();
        let Some(smtp) = &config.smtp else {
            return Ok(Some(Reason::NotConfigured));
        };
        let to = letter.address();
        if Mailbox::parse(to).is_none_or(|mailbox| mailbox.address != to) {
            return Ok(Some(Reason::NoEmail));
        }
        // Where it would come back in as the next message of the ticket.
        let own = [Some(&*smtp.from.address), letter.reply_to.as_deref()];
        if own.into_iter().flatten().any(|own| own.trim().eq_ignore_ascii_case(to)) {
            return Ok(Some(Reason::Loop));
        }
        let (in_all, about_one) = store::letters_since(tx, to, &letter.record, now.minus(WINDOW)).await?;
        Ok((in_all >= IN_ALL || about_one >= ABOUT_ONE).then_some(Reason::Loop))
    }

    /// The parcel of a letter that is due.
    pub(super) fn letter(
        &self,
        row: &Claimed,
        letter: &OutsideLetter,
        wordings: &super::letters::Wordings,
        now: Instant,
    ) -> Parcel {
        let config = self.inner.config.load();
        let message = Message {
            notification_id: 0,
            kind: Arc::clone(&row.kind),
            title: letter.plain.subject.clone(),
            text: Some(letter.plain.text.clone()),
            link: letter.plain.link.as_deref().map(|link| super::prepare::absolute(link, config.crm_url())),
            metadata: None,
            links: Vec::new(),
            related_ticket_id: None,
            related_user_id: None,
            created_at: row.created_at,
            along: Vec::new(),
            unnamed: 0,
            // There is none for somebody who cannot sign in.
            centre: String::new(),
        };
        let recipient = Recipient {
            user_id: 0,
            email: letter.address().to_owned(),
            name: letter.name.clone(),
            language: letter.language.clone(),
            time_zone: letter.time_zone.clone(),
        };
        let (module, id) = &letter.record;
        let address = Address::Mail(Mailing {
            letter: wordings.letter(letter.letter.as_ref()),
            prints: wordings.prints(&letter.prints),
            outside: Some(Outside { reply_to: letter.reply_to.clone(), thread: format!("{module}-{id}") }),
            ..Mailing::default()
        });
        Parcel { delivery_id: row.id.clone(), attempt: row.tries + 1, now, message, recipient, address }
    }
}

impl OutsideLetter {
    /// The address, as it is written to.
    pub(super) fn address(&self) -> &str {
        self.to.trim()
    }
}
