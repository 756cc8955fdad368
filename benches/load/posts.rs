//! Sends that are followed to whom they are for: each bears a number, and when it began and was answered is noted.

use std::cell::{Cell, RefCell};
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;

use anyhow::ensure;
use tokio::task::LocalSet;

use crate::client::Connection;
use crate::fill::{FIRST_USER, USERS};
use crate::listeners::{DIGITS, now};
use crate::requests::{API_KEY, BODY, Random, write_digits};

/// Where something is sent to.
#[derive(Clone)]
pub struct Door {
    pub address: SocketAddr,
    request: Vec<u8>,
    user_at: usize,
    mark_at: usize,
}

impl Door {
    /// Belfry's, for one notification.
    pub fn belfry(address: SocketAddr) -> Self {
        let head = format!(
            "POST /crm/notification/send HTTP/1.1\r\nhost: 127.0.0.1\r\nx-api-key: {API_KEY}\r\n\
             content-type: application/json\r\n"
        );
        Self::new(address, &head, r#"{"user_id":"#)
    }

    /// nchan's: the same body, to a channel a user.
    pub fn nchan(address: SocketAddr) -> Self {
        let head = "POST /publish/10001 HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\n";
        Self::new(address, head, "/publish/")
    }

    fn new(address: SocketAddr, head: &str, before_user: &str) -> Self {
        let body = BODY.replace("Service Activated", &format!("#{} Activated", "0".repeat(DIGITS)));
        let request = format!("{head}content-length: {}\r\n\r\n{body}", body.len());
        let after = |text: &str| request.find(text).map_or(0, |at| at + text.len());
        let (user_at, mark_at) = (after(before_user), after("#"));
        Self { address, request: request.into_bytes(), user_at, mark_at }
    }

    fn for_user(&self, user_id: i64) -> Self {
        let mut door = self.clone();
        write_digits(&mut door.request[self.user_at..self.user_at + 5], user_id);
        door
    }

    fn numbered(&mut self, number: u32) -> &[u8] {
        write_digits(&mut self.request[self.mark_at..self.mark_at + DIGITS], i64::from(number));
        &self.request
    }
}

/// One send. Times as of [`now`].
#[derive(Clone, Copy, Debug)]
pub struct Post {
    pub began: i64,
    pub answered: i64,
}

/// What was sent in one go; the numbers follow each other.
pub struct Posts {
    pub first: u32,
    pub all: Vec<Post>,
}

/// Gives out numbers and notes times; all is in one thread.
struct Log {
    first: u32,
    all: RefCell<Vec<Post>>,
    is_over: Cell<bool>,
}

impl Log {
    async fn send(&self, connection: &mut Connection, door: &mut Door) -> anyhow::Result<()> {
        let index = self.all.borrow().len();
        let request = door.numbered(self.first + u32::try_from(index)?);
        self.all.borrow_mut().push(Post { began: now(), answered: 0 });
        let answer = connection.call(request).await?;
        // nchan accepts (202) what nobody follows: that would be a mistake of ours.
        ensure!(answer.status == 201, "{}: {}", answer.status, String::from_utf8_lossy(answer.body));
        self.all.borrow_mut()[index].answered = now();
        Ok(())
    }
}

/// Sends from now on, `first` being the first number: with so many in flight for so long.
pub async fn flood(door: &Door, first: u32, in_flight: usize, window: Duration) -> anyhow::Result<Posts> {
    let log = Rc::new(Log { first, all: RefCell::default(), is_over: Cell::new(false) });
    let tasks = LocalSet::new();
    let flooding = tasks.run_until(async {
        let mut senders = Vec::with_capacity(in_flight);
        for number in 0..in_flight {
            let mut connection = Connection::open(door.address).await?;
            let (door, log) = (door.clone(), log.clone());
            senders.push(tokio::task::spawn_local(async move {
                let mut random = Random::new(number as u64 + 1);
                let mut sent = Ok(());
                while sent.is_ok() && !log.is_over.get() {
                    let mut door = door.for_user(FIRST_USER + random.below(USERS));
                    sent = log.send(&mut connection, &mut door).await;
                }
                sent
            }));
        }
        tokio::time::sleep(window).await;
        log.is_over.set(true);
        for sender in senders {
            sender.await??;
        }
        anyhow::Ok(())
    });
    flooding.await?;
    Ok(Posts { first, all: log.all.take() })
}

/// Sends at a steady rate, whether answers come or not.
pub async fn pace(door: &Door, first: u32, per_second: u32, window: Duration) -> anyhow::Result<Posts> {
    let log = Rc::new(Log { first, all: RefCell::default(), is_over: Cell::new(false) });
    let tasks = LocalSet::new();
    let pacing = tasks.run_until(async {
        let idle = Rc::new(RefCell::new(Vec::new()));
        let mut ticks = tokio::time::interval(Duration::from_secs(1) / per_second);
        let mut random = Random::new(1);
        let mut sending = Vec::new();
        for _ in 0..(window.as_secs_f64() * f64::from(per_second)) as u32 {
            ticks.tick().await;
            let free = idle.borrow_mut().pop();
            let mut connection = match free {
                Some(connection) => connection,
                None => Connection::open(door.address).await?,
            };
            let mut door = door.for_user(FIRST_USER + random.below(USERS));
            let (idle, log) = (idle.clone(), log.clone());
            sending.push(tokio::task::spawn_local(async move {
                log.send(&mut connection, &mut door).await?;
                idle.borrow_mut().push(connection);
                anyhow::Ok(())
            }));
        }
        for send in sending {
            send.await??;
        }
        anyhow::Ok(())
    });
    pacing.await?;
    Ok(Posts { first, all: log.all.take() })
}

/// Sends one to a user.
pub async fn one(door: &Door, number: u32, user_id: i64) -> anyhow::Result<Post> {
    let log = Log { first: number, all: RefCell::default(), is_over: Cell::new(false) };
    let mut connection = Connection::open(door.address).await?;
    // The connection is known to the server before the clock runs.
    connection.call(&crate::requests::get("/readyz")).await?;
    log.send(&mut connection, &mut door.for_user(user_id)).await?;
    let post = log.all.borrow()[0];
    Ok(post)
}
