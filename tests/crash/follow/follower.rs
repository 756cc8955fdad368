//! Somebody who follows an inbox over a stream, and comes back after every cut with what was heard last.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::time::timeout;

use super::event::{self, Frame, What};
use super::inbox::Inbox;
use super::scene::{Phase, Scene};
use crate::random::Random;
use crate::report::Broken;

/// A stream shows every 15 s that it is alive.
const SILENCE: Duration = Duration::from_secs(25);

/// A stream that is not open by then will not be.
const PATIENCE: Duration = Duration::from_secs(20);

/// How a follower behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Manner {
    /// Comes back at once.
    Eager,
    /// Stays away for up to so long after a cut, so that much is missed.
    Sleepy(Duration),
    /// Stays away for so long after its first cut, and claims then to have heard one event more than it did: as if
    /// the server had left it out.
    Lying(Duration),
}

pub struct Follower {
    pub number: usize,
    pub user: i64,
    manner: Manner,
    random: Random,
    pub inbox: Inbox,
    /// Where it began to listen.
    pub first: Option<i64>,
    /// The last event's id, which a stream goes on after.
    pub last: Option<i64>,
    /// Everything that was told.
    pub heard: Vec<(i64, What)>,
    /// Whether something was wrong already: what follows from it says nothing more.
    pub is_lost: bool,
}

impl Follower {
    /// Somebody who begins with what comes next, or after a revision.
    pub fn new(number: usize, user: i64, manner: Manner, random: Random, first: Option<i64>) -> Self {
        let inbox = Inbox::default();
        Self { number, user, manner, random, inbox, first, last: first, heard: Vec::new(), is_lost: false }
    }

    /// Follows until the inbox rests and everything was heard, or until the run is over.
    pub async fn follow(mut self, scene: Arc<Scene>) -> Self {
        let mut cut_at = None;
        while !self.has_heard_all(&scene) {
            let asked_in = scene.life();
            if let Some(response) = self.open(&scene, asked_in).await {
                scene.listens(self.number, asked_in);
                if let Some(cut_at) = cut_at.take() {
                    came_back(&scene, cut_at);
                }
                if self.listen(&scene, response).await.is_break() {
                    break;
                }
                scene.blame(asked_in, || format!("{} was cut", self.name()));
                self.stay_away(&scene).await;
                scene.is_cut(self.number);
                cut_at = Some(Instant::now());
            }
            // A crowd that comes back in the same instant is no crowd of people.
            let pause =
                if cut_at.is_some_and(|at| at.elapsed() < Duration::from_millis(20)) { 20 } else { 250 };
            let pause = Duration::from_millis(self.random.between(0, pause));
            tokio::time::sleep(pause).await;
        }
        self
    }

    pub fn name(&self) -> String {
        format!("follower {} of user {}, at {:?}", self.number, self.user, self.last)
    }

    fn has_heard_all(&self, scene: &Scene) -> bool {
        match &*scene.phase().borrow() {
            Phase::Working => false,
            Phase::Resting(revisions) => self.last >= revisions.get(&self.user).copied(),
            Phase::Over => true,
        }
    }

    async fn open(&mut self, scene: &Scene, asked_in: u64) -> Option<reqwest::Response> {
        let claimed = match self.manner {
            Manner::Lying(_) if !self.heard.is_empty() => self.last.map(|last| last + 1),
            _ => self.last,
        };
        let wrong = match timeout(PATIENCE, scene.client.stream(scene.token(self.user), claimed)).await {
            Ok(Ok(response)) if response.status() == 200 => {
                if claimed != self.last {
                    self.manner = Manner::Eager;
                }
                return Some(response);
            }
            Ok(Ok(response)) => format!("answered {}", response.status()),
            Ok(Err(error)) => format!("{error:?}"),
            Err(_elapsed) => "no answer".to_owned(),
        };
        scene.blame(asked_in, || format!("{} gets no stream: {wrong}", self.name()));
        None
    }

    /// Hears what comes until the stream ends; breaks where that is all.
    async fn listen(&mut self, scene: &Scene, mut response: reqwest::Response) -> ControlFlow<()> {
        let mut phase = scene.phase();
        let mut bytes = Vec::new();
        loop {
            if self.has_heard_all(scene) {
                return ControlFlow::Break(());
            }
            let chunk = tokio::select! {
                _ = phase.changed() => continue,
                chunk = timeout(SILENCE, response.chunk()) => chunk,
            };
            match chunk {
                Ok(Ok(Some(chunk))) => bytes.extend_from_slice(&chunk),
                // What came of a frame without its end is nothing (WHATWG HTML).
                Ok(Ok(None) | Err(_)) => return ControlFlow::Continue(()),
                Err(_elapsed) => {
                    self.is_wrong(scene, Broken::Wrong, "no sign of life");
                    return ControlFlow::Continue(());
                }
            }
            while let Some(frame) = event::take(&mut bytes) {
                self.hear(scene, frame);
            }
        }
    }

    fn hear(&mut self, scene: &Scene, frame: Result<Frame, String>) {
        match frame {
            Ok(Frame::Comment) => {}
            Ok(Frame::Hello(revision)) if self.last.is_none() => {
                (self.first, self.last) = (Some(revision), Some(revision));
            }
            Ok(Frame::Hello(revision)) => {
                self.is_wrong(
                    scene,
                    Broken::Wrong,
                    &format!("a stream after a revision begins at {revision}"),
                );
            }
            Ok(Frame::Event(event)) => {
                if Some(event.rev) <= self.last {
                    self.is_wrong(scene, Broken::Duplicated, &format!("{} was told again", event.rev));
                }
                self.last = Some(event.rev);
                self.heard.push((event.rev, event.what));
                if let Err(error) = self.inbox.hear(event) {
                    self.is_wrong(scene, Broken::Wrong, &error);
                }
            }
            Err(error) => self.is_wrong(scene, Broken::Wrong, &error),
        }
    }

    fn is_wrong(&mut self, scene: &Scene, promise: Broken, what: &str) {
        if !std::mem::replace(&mut self.is_lost, true) {
            scene.broke(promise, format!("{}: {what}", self.name()));
        }
    }

    async fn stay_away(&mut self, scene: &Scene) {
        let away = match self.manner {
            Manner::Eager => return,
            Manner::Sleepy(longest) => longest.mul_f64(self.random.between(0, 101) as f64 / 100.0),
            Manner::Lying(away) => away,
        };
        scene.sleeps(self.number);
        let mut phase = scene.phase();
        // Nobody sleeps through the end.
        let _rested = timeout(away, phase.changed()).await;
    }
}

fn came_back(scene: &Scene, cut_at: Instant) {
    let mut figures = scene.figures();
    figures.resumed += 1;
    figures.longest_gap = figures.longest_gap.max(cut_at.elapsed());
}
