//! Sending: all that waited while the last commit ran goes into the next one.

use std::sync::Arc;

use serde_json::value::RawValue;
use tokio::sync::{Mutex, mpsc, oneshot};

use super::feed;
use super::pending::Pending;
use super::store::Placed;
use super::{Error, NewNotification, Notice, Notification, Notifications, store, wire};
use crate::clock::{Clock, Instant};
use crate::delivery::{Asked, Deliveries};
use crate::http::idempotency::{self, Claim, Claimed, Kept};
use crate::live::Live;
use crate::storage::{self, Database, Engine, Tx};

/// How many sends may wait; beyond it callers are told to come back.
const QUEUE: usize = 8192;

/// Sends in one transaction.
const AT_ONCE: usize = 512;

/// Batches that may be stored and not told yet.
const BATCHES_TO_TELL: usize = 4;

/// A wish to send one notification.
#[derive(Clone, Debug)]
pub struct Request {
    /// What to send.
    pub notice: Notice,
    /// That it should happen once.
    pub claim: Option<Claim>,
}

/// What became of it.
#[derive(Clone, Debug)]
pub enum Sent {
    /// It is stored.
    Stored(Box<Stored>),
    /// It was sent before, under the same key: this was the answer.
    Before(Kept),
}

/// A notification that has just been stored.
#[derive(Clone, Debug)]
pub struct Stored {
    /// The notification.
    pub notification: Notification,
    /// The same as JSON, encoded once for its sender and for those who listen.
    pub shown: Arc<RawValue>,
}

impl Stored {
    pub(super) fn new(id: i64, content: Arc<NewNotification>, created_at: Instant) -> Self {
        let notification = Notification {
            id,
            content,
            created_at,
            is_read: false,
            read_at: None,
            archived_at: None,
            snoozed_until: None,
        };
        Self { shown: wire::shown_as(&notification), notification }
    }
}

type Outcome = Result<Sent, Error>;
type Answer = oneshot::Sender<Outcome>;

#[derive(Clone)]
pub(super) struct Sender {
    queue: mpsc::Sender<(Request, Answer)>,
}

impl Sender {
    pub fn start(batcher: Batcher) -> Self {
        let (queue, waiting) = mpsc::channel(QUEUE);
        let waiting = Arc::new(Mutex::new(waiting));
        // PostgreSQL's round trips overlap with two; SQLite's writer would only get smaller groups.
        let batchers = match batcher.database.engine() {
            Engine::Sqlite => 1,
            Engine::Postgres => 2,
        };
        for _ in 0..batchers {
            let (settled, done) = mpsc::channel(BATCHES_TO_TELL);
            tokio::spawn(tell(done, batcher.live.clone()));
            tokio::spawn(batcher.clone().run(waiting.clone(), settled));
        }
        Self { queue }
    }

    pub async fn send(&self, request: Request) -> Outcome {
        let (answer, answered) = oneshot::channel();
        match self.queue.try_send((request, answer)) {
            Ok(()) => {}
            Err(mpsc::error::TrySendError::Full(_)) => return Err(storage::Error::Overloaded.into()),
            Err(mpsc::error::TrySendError::Closed(_)) => {
                return Err(storage::Error::Unavailable("the sender has stopped".to_owned()).into());
            }
        }
        answered.await.unwrap_or_else(|_| Err(storage::Error::Fault("a send was dropped".to_owned()).into()))
    }
}

/// Takes the sends that wait and stores them together.
#[derive(Clone)]
pub(super) struct Batcher {
    pub database: Database,
    pub pending: Arc<Pending>,
    pub clock: Clock,
    pub deliveries: Deliveries,
    pub live: Live,
}

/// Tells those who listen and answers the callers, in the order of the commits, while the next batch is stored.
async fn tell(mut done: mpsc::Receiver<Vec<(Settled, Answer)>>, live: Live) {
    while let Some(batch) = done.recv().await {
        for (settled, answer) in batch {
            settled.tell(&live);
            // A caller who has gone away still has their notification stored.
            drop(answer.send(settled.outcome));
        }
    }
}

/// What became of a request, and where a new notification stands.
struct Settled {
    outcome: Outcome,
    placed: Option<Placed>,
}

impl Settled {
    fn without_place(outcome: Outcome) -> Self {
        Self { outcome, placed: None }
    }

    /// Tells those who listen: the commit is behind us.
    fn tell(&self, live: &Live) {
        if let (Ok(Sent::Stored(stored)), Some(placed)) = (&self.outcome, &self.placed) {
            feed::arrived(live, stored, placed);
        }
    }
}

impl Batcher {
    async fn run(
        self,
        waiting: Arc<Mutex<mpsc::Receiver<(Request, Answer)>>>,
        told: mpsc::Sender<Vec<(Settled, Answer)>>,
    ) {
        loop {
            let mut taken = Vec::with_capacity(AT_ONCE);
            if waiting.lock().await.recv_many(&mut taken, AT_ONCE).await == 0 {
                return;
            }
            // Two requests of one key in one group: the second waits for the answer of the first.
            while !taken.is_empty() {
                let (requests, answers): (Vec<Request>, Vec<Answer>) = taken.drain(..).unzip();
                let settled = self.store(requests.clone()).await;
                let mut done = Vec::with_capacity(settled.len());
                for ((settled, answer), request) in settled.into_iter().zip(answers).zip(requests) {
                    match settled {
                        Some(settled) => done.push((settled, answer)),
                        None => taken.push((request, answer)),
                    }
                }
                if told.send(done).await.is_err() {
                    return;
                }
            }
        }
    }

    /// Stores all in one transaction; if that is refused for a fault, each in its own, so that one that
    /// cannot be stored does not take others with it.
    async fn store(&self, requests: Vec<Request>) -> Vec<Option<Settled>> {
        let requests = Arc::new(requests);
        match self.write(requests.clone()).await {
            Ok(settled) => settled,
            Err(storage::Error::Fault(_) | storage::Error::Duplicate(_)) if requests.len() > 1 => {
                let mut settled = Vec::with_capacity(requests.len());
                for request in requests.iter() {
                    let alone = self.write(Arc::new(vec![request.clone()])).await;
                    let refused =
                        |error: storage::Error| vec![Some(Settled::without_place(Err(error.into())))];
                    settled.extend(alone.unwrap_or_else(refused));
                }
                settled
            }
            Err(error) => {
                let refused = || Some(Settled::without_place(Err(error.clone().into())));
                requests.iter().map(|_| refused()).collect()
            }
        }
    }

    async fn write(&self, requests: Arc<Vec<Request>>) -> Result<Vec<Option<Settled>>, storage::Error> {
        let (this, now) = (self.clone(), self.clock.now());
        self.database.write(move |tx| Box::pin(async move { this.send_all(tx, &requests, now).await })).await
    }
}

/// What is known of a request before it is done.
enum Known {
    /// Nothing: it is to be done.
    ToDo,
    /// Its key was claimed by another request of this group, whose answer is not there yet.
    InTheMaking,
    /// Its outcome.
    Outcome(Outcome),
}

impl Batcher {
    /// Stores what is to be stored, with where it goes, and looks up what was sent before; `None` for those that must
    /// be asked again.
    async fn send_all(
        &self,
        tx: &mut Tx,
        requests: &[Request],
        now: Instant,
    ) -> Result<Vec<Option<Settled>>, storage::Error> {
        let known = claim_all(tx, requests).await?;
        let to_do = || requests.iter().zip(&known).filter(|(_, known)| matches!(known, Known::ToDo));
        let news: Vec<Arc<NewNotification>> =
            to_do().map(|(request, _)| request.notice.new.clone()).collect();
        let placed = store::append(tx, &self.pending, &news, now).await?;
        let stored = to_do().zip(&placed);
        let asked: Vec<Asked> = stored
            .filter_map(|((request, _), placed)| Some(request.notice.asked(placed.as_ref()?.id)))
            .collect();
        self.deliveries.plan_in(tx, &asked, now).await?;
        let mut placed = placed.into_iter();
        let mut all = Vec::with_capacity(requests.len());
        for (request, known) in requests.iter().zip(known) {
            all.push(match known {
                Known::InTheMaking => None,
                Known::Outcome(outcome) => Some(Settled::without_place(outcome)),
                Known::ToDo => {
                    let placed = placed.next().flatten();
                    let outcome = settle(tx, request, placed.map(|placed| placed.id), now).await?;
                    Some(Settled { outcome, placed })
                }
            });
        }
        Ok(all)
    }
}

/// Claims in the order of the keys, so that two transactions on PostgreSQL never wait for each other in a circle.
async fn claim_all(tx: &mut Tx, requests: &[Request]) -> Result<Vec<Known>, storage::Error> {
    let mut known: Vec<Known> = requests.iter().map(|_| Known::ToDo).collect();
    let claims =
        requests.iter().enumerate().filter_map(|(index, request)| Some((index, request.claim.as_ref()?)));
    let mut claims: Vec<(usize, &Claim)> = claims.collect();
    claims.sort_by_key(|(_, claim)| (&claim.scope, &claim.key));
    for (index, claim) in claims {
        known[index] = claimed(tx, claim).await?;
    }
    Ok(known)
}

async fn claimed(tx: &mut Tx, claim: &Claim) -> Result<Known, storage::Error> {
    Ok(match idempotency::claim(tx, claim).await? {
        Claimed::Fresh => Known::ToDo,
        Claimed::Reused => Known::Outcome(Err(Error::KeyReused)),
        Claimed::Done(kept) if kept.status == 0 => Known::InTheMaking,
        Claimed::Done(kept) => Known::Outcome(Ok(Sent::Before(kept))),
    })
}

async fn settle(
    tx: &mut Tx,
    request: &Request,
    id: Option<i64>,
    now: Instant,
) -> Result<Outcome, storage::Error> {
    let Some(id) = id else {
        if let Some(claim) = &request.claim {
            idempotency::release(tx, claim).await?;
        }
        return Ok(Err(Error::UserUnknown(request.notice.new.user_id)));
    };
    let stored = Stored::new(id, request.notice.new.clone(), now);
    if let Some(claim) = &request.claim {
        idempotency::fulfil(tx, claim, 201, &wire::sent(&stored.shown)).await?;
    }
    Ok(Ok(Sent::Stored(Box::new(stored))))
}

impl Notifications {
    /// Sends one notification; it is durable when this returns.
    ///
    /// # Errors
    /// The recipient does not exist, the idempotency key was used otherwise, or the database cannot.
    pub async fn send(&self, request: Request) -> Outcome {
        self.sender.send(request).await
    }
}
