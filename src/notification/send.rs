//! Sending: all that waited while the last commit ran goes into the next one.

use std::sync::Arc;

use serde_json::value::RawValue;
use tokio::sync::{Mutex, mpsc, oneshot};

use super::feed::{self, Desk};
use super::pending::Pending;
use super::store::Placed;
use super::{Error, NewNotification, Notification, Notifications, store, wire};
use crate::clock::{Clock, Instant};
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
    pub new: Arc<NewNotification>,
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
    fn new(id: i64, content: Arc<NewNotification>, created_at: Instant) -> Self {
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
    pub fn start(database: Database, pending: Arc<Pending>, clock: Clock, live: Live) -> Self {
        let (queue, waiting) = mpsc::channel(QUEUE);
        let waiting = Arc::new(Mutex::new(waiting));
        // PostgreSQL's round trips overlap with two; SQLite's writer would only get smaller groups.
        let batchers = match database.engine() {
            Engine::Sqlite => 1,
            Engine::Postgres => 2,
        };
        for _ in 0..batchers {
            let (settled, done) = mpsc::channel(BATCHES_TO_TELL);
            let batcher = Batcher {
                database: database.clone(),
                pending: pending.clone(),
                clock: clock.clone(),
                settled,
            };
            tokio::spawn(batcher.run(waiting.clone()));
            tokio::spawn(tell(done, live.clone()));
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

struct Batcher {
    database: Database,
    pending: Arc<Pending>,
    clock: Clock,
    settled: mpsc::Sender<Vec<(Settled, Answer)>>,
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
    async fn run(self, waiting: Arc<Mutex<mpsc::Receiver<(Request, Answer)>>>) {
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
                if self.settled.send(done).await.is_err() {
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
        let (pending, now) = (self.pending.clone(), self.clock.now());
        self.database
            .write(move |tx| Box::pin(async move { send_all(tx, &pending, &requests, now).await }))
            .await
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

/// Stores what is to be stored and looks up what was sent before; `None` for those that must be asked again.
async fn send_all(
    tx: &mut Tx,
    pending: &Arc<Pending>,
    requests: &[Request],
    now: Instant,
) -> Result<Vec<Option<Settled>>, storage::Error> {
    let known = claim_all(tx, requests).await?;
    let to_do = requests.iter().zip(&known).filter(|(_, known)| matches!(known, Known::ToDo));
    let news: Vec<Arc<NewNotification>> = to_do.map(|(request, _)| request.new.clone()).collect();
    let mut placed = store::append(tx, pending, &news, now).await?.into_iter();
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
        return Ok(Err(Error::UserUnknown(request.new.user_id)));
    };
    let stored = Stored::new(id, request.new.clone(), now);
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

    /// Sends many in one transaction; each has its own outcome. Who listens is told once it is durable.
    ///
    /// # Errors
    /// What the database says; then none is stored.
    pub(super) async fn send_in(
        tx: &mut Tx,
        desk: &Desk,
        news: &[Arc<NewNotification>],
    ) -> Result<Vec<Result<Stored, Error>>, storage::Error> {
        let placed = store::append(tx, &desk.pending, news, desk.now).await?;
        let mut outcomes = Vec::with_capacity(news.len());
        for (new, placed) in news.iter().zip(placed) {
            let Some(placed) = placed else {
                outcomes.push(Err(Error::UserUnknown(new.user_id)));
                continue;
            };
            let stored = Stored::new(placed.id, new.clone(), desk.now);
            let (live, told) = (desk.live.clone(), stored.clone());
            tx.after_commit(move || feed::arrived(&live, &told, &placed));
            outcomes.push(Ok(stored));
        }
        Ok(outcomes)
    }
}
