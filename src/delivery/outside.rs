//! Letters to people who are no users: a customer who opened a ticket, a contact.
//!
//! Such a letter is a delivery like every other one, written down, tried, logged and counted alike. But nobody has chosen
//! anything about it, nobody reads it in a centre, and whoever gets it may be a program that answers by itself: so there
//! is a limit to how many one address gets, and mailboxes of our own get none.

mod mailbox;
mod prompt;

use std::collections::BTreeSet;
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

pub use prompt::Prompt;

/// What pacing and the log know such letters by.
pub(super) const OUTSIDE: &str = "outside";

/// The time in which letters to one address are counted.
const WINDOW: Duration = Duration::from_secs(24 * 3_600);

/// A letter to somebody who is no user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutsideLetter {
    /// E-mail address; empty where whoever is to be written to has none that is known: then it says so in the log.
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
    /// What gave rise to it.
    #[serde(default)]
    pub prompt: Prompt,
    /// The record that it is about: module and id. Mail programs show what is about one record together.
    pub record: (Arc<str>, Arc<str>),
    /// Where answers go; `None` for the sender of all e-mails.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply_to: Option<String>,
    /// Mailboxes of ours, beside those that it comes from and that answers go to: nobody writes to themselves. What is
    /// stored is only the one that it would go to.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ours: Vec<String>,
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
    /// Writes letters to people who are no users. They go out once the transaction is durable; what is refused is
    /// written down with its reason: no mail server, no address, one of our own, or one that gets too many.
    ///
    /// # Errors
    /// What the database says.
    pub async fn letters_in(&self, tx: &mut Tx, letters: &[OutsideLetter]) -> Result<Vec<Chosen>, Error> {
        // All in one order, so that nodes never wait in a circle.
        let addresses = letters.iter().map(OutsideLetter::address).filter(|address| !address.is_empty());
        let addresses: BTreeSet<String> = addresses.map(str::to_ascii_lowercase).collect();
        store::hold_addresses(tx, &addresses).await?;
        let mut all = Vec::with_capacity(letters.len());
        for letter in letters {
            all.push(self.write_letter_in(tx, letter).await?);
        }
        Ok(all)
    }

    async fn write_letter_in(&self, tx: &mut Tx, letter: &OutsideLetter) -> Result<Chosen, Error> {
        let now = self.inner.clock.now();
        let suppressed = self.refused(tx, letter, now).await?;
        if suppressed == Some(Reason::Loop) {
            let (module, record) = (&*letter.record.0, &*letter.record.1);
            tracing::warn!(
                module,
                record,
                kind = letter.kind,
                "A letter was not sent: its address gets too many, is our own, or nobody reads there"
            );
        }
        let is_it = |ours: &&String| mailbox::are_same(ours, letter.address());
        let ours = letter.ours.iter().filter(is_it).cloned().collect();
        let row = Planned::letter(OutsideLetter { ours, ..letter.clone() }, suppressed, now);
        self.write_in(tx, std::slice::from_ref(&row)).await?;
        Ok(Chosen::of(&row))
    }

    async fn refused(
        &self,
        tx: &mut Tx,
        letter: &OutsideLetter,
        now: Instant,
    ) -> Result<Option<Reason>, Error> {
        if !self.can_mail() {
            return Ok(Some(Reason::NotConfigured));
        }
        if let Some(reason) = self.unfit(letter) {
            return Ok(Some(reason));
        }
        let most = letter.prompt.most();
        let since = now.minus(WINDOW);
        let (in_all, about_one) = store::letters_since(tx, letter, since).await?;
        Ok((in_all >= most.in_all || about_one >= most.about_one).then_some(Reason::Loop))
    }

    /// Why nothing may go to the address of a letter, however few there were and whoever has it sent.
    pub(super) fn unfit(&self, letter: &OutsideLetter) -> Option<Reason> {
        let to = letter.address();
        if Mailbox::parse(to).is_none_or(|mailbox| mailbox.address != to) {
            return Some(Reason::NoEmail);
        }
        let config = self.inner.config.load();
        let smtp = config.smtp.as_ref();
        // Where it would come back in as the next message of a ticket.
        let login = smtp.and_then(|smtp| smtp.login.as_ref()).map(|login| login.username.as_str());
        let own = [smtp.map(|smtp| smtp.from.address.as_str()), login, letter.reply_to.as_deref()];
        let mut own = own.into_iter().flatten().chain(letter.ours.iter().map(String::as_str));
        (own.any(|own| mailbox::are_same(own, to)) || mailbox::is_unread(to)).then_some(Reason::Loop)
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
            outside: Some(Outside {
                reply_to: letter.reply_to.clone(),
                thread: format!("{module}-{id}"),
                comes_back: letter.prompt == Prompt::Words,
            }),
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
