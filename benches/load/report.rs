//! What is printed: a table a scenario, then every goal with what was measured.

use crate::bench::Pace;
use crate::client::Measured;
use crate::store::Engine;

/// What must hold of a ratio or a figure.
#[derive(Clone, Copy)]
pub enum Want {
    AtLeast(f64),
    AtMost(f64),
}

struct Goal {
    what: String,
    measured: f64,
    want: Want,
    aim: &'static str,
}

/// Collects the goals while the tables are printed.
pub struct Report {
    goals: Vec<Goal>,
}

impl Report {
    pub fn new(pace: &Pace, engines: Vec<Engine>) -> Self {
        let names: Vec<&str> = engines.into_iter().map(Engine::name).collect();
        let cores = std::thread::available_parallelism().map_or(0, usize::from);
        println!(
            "Belfry under load: {} on {cores} cores shared with the load; {} rounds of {:.1} s, medians.",
            names.join(" and "),
            pace.rounds,
            pace.window.as_secs_f64()
        );
        println!(
            "CPU in µs a request. \"others\" is what everybody else took of one core; above 0.30 distrust rates."
        );
        Self { goals: Vec::new() }
    }

    /// Notes what was measured of a goal.
    pub fn goal(&mut self, what: impl Into<String>, measured: f64, want: Want, aim: &'static str) {
        self.goals.push(Goal { what: what.into(), measured, want, aim });
    }

    pub fn print_goals(&self) {
        if self.goals.is_empty() {
            return;
        }
        println!("\n{:<70} {:>9}  {:>9}", "goal", "measured", "wanted");
        for goal in &self.goals {
            let (is_met, wanted) = match goal.want {
                Want::AtLeast(least) => (goal.measured >= least, format!(">= {least}")),
                Want::AtMost(most) => (goal.measured <= most, format!("<= {most}")),
            };
            let verdict = if is_met { "met" } else { "NOT MET" };
            println!("{:<70} {:>9.2}  {wanted:>9}  {verdict:<8} {}", goal.what, goal.measured, goal.aim);
        }
    }
}

/// Measurements by what was measured, one a round.
#[derive(Default)]
pub struct Series(Vec<(String, Vec<Measured>)>);

impl Series {
    pub fn add(&mut self, label: impl Into<String>, measured: Measured) {
        let label = label.into();
        match self.0.iter_mut().find(|(known, _)| *known == label) {
            Some((_, rounds)) => rounds.push(measured),
            None => self.0.push((label, vec![measured])),
        }
    }

    fn rounds(&self, label: &str) -> &[Measured] {
        self.0.iter().find(|(known, _)| known == label).map_or(&[], |(_, rounds)| rounds)
    }

    /// The median of one figure.
    pub fn median(&self, label: &str, of: fn(&Measured) -> f64) -> f64 {
        median(self.rounds(label).iter().map(of).collect())
    }

    /// The median of the ratios of a figure, round by round: what disturbed a round disturbed both.
    pub fn ratio(&self, label: &str, to: &str, of: fn(&Measured) -> f64) -> f64 {
        let pairs = self.rounds(label).iter().zip(self.rounds(to));
        median(pairs.map(|(one, other)| of(one) / of(other)).collect())
    }

    /// Prints a table of medians. Each request counts for `rows` rows in the first column and the last.
    pub fn print(&self, title: &str, unit: &str, rows: f64) {
        println!(
            "\n{title:<44} {:>9} {:>9} {:>9} {:>8} {:>8} {:>8} {:>7}",
            format!("{unit}/s"),
            "p50 µs",
            "p99 µs",
            "server",
            "client",
            "B/row",
            "others"
        );
        for (label, _) in &self.0 {
            let of = |figure: fn(&Measured) -> f64| self.median(label, figure);
            println!(
                "{label:<44} {:>9.0} {:>9.0} {:>9.0} {:>8.1} {:>8.1} {:>8.0} {:>7.2}",
                of(|measured| measured.per_second) * rows,
                of(|measured| measured.p50),
                of(|measured| measured.p99),
                of(|measured| measured.server_cpu),
                of(|measured| measured.client_cpu),
                of(|measured| measured.written) / rows,
                of(|measured| measured.foreign)
            );
        }
    }
}

/// Single figures by what they are, one or more a round.
#[derive(Default)]
pub struct Figures(Vec<(String, Vec<f64>)>);

impl Figures {
    pub fn add(&mut self, what: impl Into<String>, figure: f64) {
        let what = what.into();
        match self.0.iter_mut().find(|(known, _)| *known == what) {
            Some((_, figures)) => figures.push(figure),
            None => self.0.push((what, vec![figure])),
        }
    }

    /// The median of one.
    pub fn median(&self, what: &str) -> f64 {
        median(self.0.iter().find(|(known, _)| known == what).map_or(Vec::new(), |(_, all)| all.clone()))
    }

    /// Prints the median of each, and between what they lay.
    pub fn print(&self, title: &str) {
        println!("\n{title:<76} {:>9} {:>9} {:>9}", "median", "least", "most");
        for (what, figures) in &self.0 {
            let least = figures.iter().copied().fold(f64::INFINITY, f64::min);
            let most = figures.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            println!("{what:<76} {:>9.2} {least:>9.2} {most:>9.2}", median(figures.clone()));
        }
    }
}

/// The middle one; of an even number the mean of the two. NaN of none.
pub fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    match values.len() {
        0 => f64::NAN,
        count if count % 2 == 1 => values[count / 2],
        count => f64::midpoint(values[count / 2 - 1], values[count / 2]),
    }
}
