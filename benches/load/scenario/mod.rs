//! The scenarios: each makes its servers, compares in turn, prints its table and notes its goals.

mod deliveries;
mod duplicates;
mod life;
mod reads;
mod sends;
mod streams;
mod timers;

use crate::bench::Bench;

/// What can be measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Scenario {
    /// One notification a request, beside the route that stores nothing
    Send,
    /// A hundred notifications a request
    Batch,
    /// A page of 20 and the unread count, with little and with much stored
    List,
    /// Sends with ten million stored, beside an empty store
    Full,
    /// Marking all as read, with 10 and with 100,000 unread
    MarkAll,
    /// From the start to the first answer, with ten million stored
    Start,
    /// Resident memory, idle and after a million sends
    Memory,
    /// Ten thousand open streams, beside nchan where that is installed
    Streams,
    /// A hundred thousand deliveries to a local sink, and a hundred targets that hang
    Deliveries,
    /// A million timers that wait, and some that fall due
    Timers,
    /// Saves of contacts among 50,000, compared by rules and not
    Duplicates,
}

impl Scenario {
    const ALL: [Self; 11] = [
        Self::Send,
        Self::Batch,
        Self::List,
        Self::Full,
        Self::MarkAll,
        Self::Start,
        Self::Memory,
        Self::Streams,
        Self::Deliveries,
        Self::Timers,
        Self::Duplicates,
    ];

    /// Whether it makes no sense without ten million notifications.
    fn is_large(self) -> bool {
        matches!(self, Self::Full | Self::Start)
    }
}

/// Measures what was asked for: `only` these, or all.
pub async fn run(bench: &mut Bench, only: &[Scenario]) -> anyhow::Result<()> {
    for scenario in Scenario::ALL {
        let is_wanted = if only.is_empty() {
            !(bench.pace.quick && scenario.is_large())
        } else {
            only.contains(&scenario)
        };
        if !is_wanted {
            continue;
        }
        let began = std::time::Instant::now();
        match scenario {
            Scenario::Send => sends::single(bench).await?,
            Scenario::Batch => sends::batch(bench).await?,
            Scenario::Full => sends::full(bench).await?,
            Scenario::List => reads::list_and_count(bench).await?,
            Scenario::MarkAll => reads::mark_all(bench).await?,
            Scenario::Start => life::start(bench).await?,
            Scenario::Memory => life::memory(bench).await?,
            Scenario::Streams => streams::streams(bench).await?,
            Scenario::Deliveries => deliveries::deliveries(bench).await?,
            Scenario::Timers => timers::timers(bench).await?,
            Scenario::Duplicates => duplicates::duplicates(bench).await?,
        }
        println!("  ({scenario:?}: {:.0} s)", began.elapsed().as_secs_f64());
    }
    Ok(())
}
