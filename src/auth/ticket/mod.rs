//! Tickets for streams: a browser's `EventSource` on another origin can send neither a cookie nor a header.
//!
//! A ticket stands in a URL, and URLs end up in logs on the way: so it is good for a minute, once, and only to
//! listen. It is kept in the database, so that any node may give it and any other take it.

pub(super) mod http;

use std::time::Duration;

use super::{Auth, Person, store};
use crate::clock::Instant;
use crate::http::Problem;
use crate::secret::sha256_hex;
use crate::storage::Error;

/// For how long a ticket is good.
const GOOD_FOR: Duration = Duration::from_secs(60);

/// Open tickets of one user; the oldest makes way.
const MOST: i64 = 20;

/// A ticket that is given.
pub(super) struct NewTicket<'a> {
    pub digest: &'a str,
    pub user_id: i64,
    pub session_id: &'a str,
    pub good_until: Instant,
    pub expires_at: Instant,
}

/// A ticket that is taken.
pub(super) struct Taken {
    pub user_id: i64,
    pub good_until: Instant,
    pub expires_at: Instant,
}

impl Auth {
    /// Gives a person a ticket with which one stream can be opened as theirs.
    async fn give_ticket(&self, person: Person) -> Result<String, Problem> {
        let now = self.inner.clock.now();
        let ticket = self.inner.tokens.ticket(&person.session_id);
        let digest = sha256_hex(ticket.as_bytes());
        let given = self.inner.database.write(move |tx| {
            Box::pin(async move {
                let new = NewTicket {
                    digest: &digest,
                    user_id: person.id,
                    session_id: &person.session_id,
                    good_until: person.good_until,
                    expires_at: now.plus(GOOD_FOR),
                };
                store::make_room_for_ticket(tx, person.id, now, MOST).await?;
                store::insert_ticket(tx, &new).await
            })
        });
        match given.await {
            Ok(true) => Ok(ticket),
            Ok(false) => Err(Problem::unauthorized("Your session has ended; sign in again")),
            Err::<_, Error>(error) => Err(error.into()),
        }
    }

    /// Takes a ticket: the person to whom it was given, as they are now, and until when they may listen.
    ///
    /// # Errors
    /// 401 for a ticket that was taken before, whose minute is over, or whose session has ended.
    pub async fn redeem_ticket(&self, ticket: &str) -> Result<Person, Problem> {
        let refused = || {
            let reason = "Invalid ticket: each is good once and for a minute; get another at /crm/notification/stream-ticket";
            Problem::unauthorized(reason)
        };
        let session_id = self.inner.tokens.session_of_ticket(ticket).ok_or_else(refused)?;
        let (now, digest) = (self.inner.clock.now(), sha256_hex(ticket.as_bytes()));
        let taken = self
            .inner
            .database
            .write::<_, Error, _>(move |tx| Box::pin(async move { store::take_ticket(tx, &digest).await }));
        let taken = taken.await?.filter(|taken| now < taken.expires_at).ok_or_else(refused)?;
        let session = self.session(session_id, now).await?;
        let session = session.filter(|session| session.person.id == taken.user_id).ok_or_else(refused)?;
        self.count_request(taken.user_id, now)?;
        let mut person = session.person.clone();
        person.good_until = taken.good_until.min(session.expires_at);
        Ok(person)
    }
}
