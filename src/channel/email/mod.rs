//! E-mail: a parcel becomes one message, and one mail server takes it.

mod header;
mod line;
mod message;
mod pool;
mod session;
mod verdict;
mod wire;

#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwapOption;
use futures_util::future::BoxFuture;

use self::line::Line;
use super::{Channel, Outcome, Pace, Parcel, Recognised};
use crate::config;
use crate::outbound::Target;

/// The way out by e-mail. Clones are the same.
#[derive(Clone)]
pub struct Email {
    line: Arc<ArcSwapOption<Line>>,
}

impl Email {
    /// E-mail by this server; by none as long as there is none.
    pub fn new(smtp: Option<config::Smtp>) -> Self {
        let email = Self { line: Arc::default() };
        email.reload(smtp);
        email
    }

    /// Takes this server from now on. What is under way ends where it began.
    pub fn reload(&self, smtp: Option<config::Smtp>) {
        self.line.store(smtp.map(|smtp| Arc::new(Line::new(smtp))));
    }

    async fn take(&self, parcel: &Parcel) -> Outcome {
        let Some(line) = self.line.load_full() else {
            return verdict::never("No mail server is configured: set smtp in crm_config.yaml.");
        };
        match message::build(parcel, &line.smtp().from) {
            Ok(mail) => line.carry(&mail).await,
            Err(unfit) => verdict::never(unfit.0),
        }
    }
}

impl Channel for Email {
    fn name(&self) -> &'static str {
        "email"
    }

    fn recognise(&self, _: &Target) -> Recognised {
        Recognised::No
    }

    fn pace(&self) -> Pace {
        let connections = self.line.load().as_ref().map_or(1, |line| line.smtp().connections);
        Pace {
            burst: 0,
            every: Duration::ZERO,
            per_hour: 0,
            at_once: usize::try_from(connections).unwrap_or(usize::MAX),
            folds: false,
        }
    }

    fn carry<'a>(&'a self, parcel: &'a Parcel) -> BoxFuture<'a, Outcome> {
        Box::pin(self.take(parcel))
    }
}
