//! E-mail: a parcel becomes one message, and one mail server takes it.

mod content;
mod header;
mod line;
mod message;
mod missing;
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
use super::{Address, Answer, Channel, Outcome, Pace, Parcel, Recognised};
use crate::config;
use crate::outbound::Target;
use crate::template::pdf::Press;

/// The way out by e-mail. Clones are the same.
#[derive(Clone)]
pub struct Email {
    line: Arc<ArcSwapOption<Line>>,
    /// What prints files for e-mails; `None`: they go without.
    press: Option<Press>,
}

impl Email {
    /// E-mail by this server; by none as long as there is none.
    pub fn new(smtp: Option<config::Smtp>) -> Self {
        let email = Self { line: Arc::default(), press: None };
        email.reload(smtp);
        email
    }

    /// The same, with files that are printed by this press.
    #[must_use]
    pub fn with_press(self, press: Press) -> Self {
        Self { press: Some(press), ..self }
    }

    /// Takes this server from now on. What is under way ends where it began.
    pub fn reload(&self, smtp: Option<config::Smtp>) {
        self.line.store(smtp.map(|smtp| Arc::new(Line::new(smtp))));
    }

    async fn take(&self, parcel: &Parcel) -> Outcome {
        let Some(line) = self.line.load_full() else {
            return verdict::never("No mail server is configured: set smtp in crm_config.yaml.");
        };
        let Address::Mail(mailing) = &parcel.address else {
            return verdict::never("This delivery is none by e-mail: send it again.");
        };
        let content = match content::make(parcel, mailing, self.press.as_ref()).await {
            Ok(content) => content,
            Err(content::Busy(summary)) => return Outcome::Busy(Answer { summary, ..Answer::default() }),
        };
        match message::build(parcel, mailing, &content, &line.smtp().from) {
            Ok(mail) => verdict::noting(line.carry(&mail).await, &content.missing),
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
