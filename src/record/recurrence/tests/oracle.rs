//! Random rules in UTC against two implementations that share nothing with us but the RFC: the crate `rrule`, and
//! python-dateutil.
//!
//! What happens where a clock jumps is for `edges.rs` and `jumps.rs`: there, all three differ by policy.

use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::random::{Random, Sample, sample};
use super::{Rule, Series};

/// How many occurrences of a rule are compared.
const LISTED: usize = 20;

/// How many rules are compared with each, unless BELFRY_RULES says otherwise.
const RULES: usize = 2_000;

/// After so many steps, we do not ask another to look further: it would take it seconds.
const RARE: usize = 500;

const SEED: u64 = 5_545;

fn setting<T: std::str::FromStr>(name: &str, otherwise: T) -> T {
    std::env::var(name).ok().map_or(otherwise, |text| text.parse().ok().expect("a whole number"))
}

/// A rule and what we make of it: its first occurrences, as many as are to be compared.
struct Question {
    sample: Sample,
    series: Series,
    most: usize,
    ours: Vec<Timestamp>,
}

impl Question {
    /// `None` if the rule never occurs, or hardly.
    fn about(sample: Sample) -> Option<Question> {
        let rule = Rule::parse(&sample.rule).unwrap_or_else(|why| panic!("{}: {why}", sample.rule));
        let mut series = Series::on_wall(rule, sample.start, TimeZone::UTC).unwrap();
        // The others leave out a start that the rule does not name.
        series.adds_start = false;
        let mut all = series.after(series.first - SignedDuration::from_secs(1));
        let ours: Vec<Timestamp> = all.by_ref().take(LISTED).collect();
        let is_rare = all.steps > RARE;
        // A place that no set has: the others look for it far beyond UNTIL.
        let is_nowhere = sample.rule.contains("BYSETPOS");
        if ours.is_empty() && (is_rare || is_nowhere) {
            return None;
        }
        let most = if is_rare { ours.len() } else { LISTED };
        Some(Question { sample, series, most, ours })
    }

    fn text(&self) -> String {
        format!("DTSTART {}Z {}", self.sample.start, self.sample.rule)
    }

    /// Where we enter must change neither what is next nor what was last.
    fn compare(&self, theirs: &[Timestamp], random: &mut Random) -> usize {
        assert_eq!(self.ours, theirs, "ours, theirs: {}", self.text());
        let Some(last) = theirs.last() else { return 0 };
        // Where there are no more, one may ask for what comes later, too.
        let end = if theirs.len() < self.most { last.as_second() + 40_000_000 } else { last.as_second() - 1 };
        let from = self.series.first.as_second() - 100;
        let mut asked: Vec<Timestamp> =
            (0..3).map(|_| Timestamp::from_second(random.between(from, end.max(from))).unwrap()).collect();
        asked.extend(theirs[..theirs.len() - 1].first());
        for at in &asked {
            let next = theirs.iter().copied().find(|one| one > at);
            let newest = theirs.iter().copied().rfind(|one| one <= at);
            assert_eq!(self.series.after(*at).next(), next, "after {at}: {}", self.text());
            assert_eq!(self.series.newest_until(*at), newest, "newest until {at}: {}", self.text());
        }
        asked.len()
    }
}

/// The rules of a seed that occur, and how many do not.
fn questions(seed: u64, rules: usize) -> (Vec<Question>, usize) {
    let mut random = Random::new(seed);
    let questions: Vec<Question> = (0..rules).filter_map(|_| Question::about(sample(&mut random))).collect();
    let rare = rules - questions.len();
    (questions, rare)
}

/// The first occurrences by the crate; `None` where it is known to be wrong, or refuses what the RFC allows.
///
/// Where a `MINUTELY` rule skips a day or an hour, it goes on beside the rule's minutes: with an INTERVAL of 14 minutes
/// from 18:35, BYDAY=SA and BYMINUTE=59, it names 00:59 on the third day, 233 steps and 2 minutes away. And it takes no
/// fifth weekday before a month's end, or 53rd before a year's. Those rules are for dateutil.
fn by_crate(question: &Question) -> Option<Vec<Timestamp>> {
    let Sample { rule, start } = &question.sample;
    let has = |part: &str| rule.contains(part);
    if has("=MINUTELY") && (has("BYMONTH") || has("BYDAY") || has("BYHOUR")) {
        return None;
    }
    let text = format!("DTSTART:{}\nRRULE:{rule}", start.strftime("%Y%m%dT%H%M%SZ"));
    let rules: rrule::RRuleSet = match text.parse() {
        Ok(rules) => rules,
        Err(_) if has("=MONTHLY") && has("-5") || has("-53") => return None,
        Err(why) => panic!("{text}: {why}"),
    };
    let found = rules.all(u16::try_from(question.most).unwrap());
    Some(found.dates.iter().map(|date| Timestamp::from_second(date.timestamp()).unwrap()).collect())
}

/// The first occurrences of each by dateutil; `None` where it fails.
fn by_dateutil(questions: &[Question]) -> Vec<Option<Vec<Timestamp>>> {
    let target = std::env::var_os("CARGO_TARGET_DIR").map(PathBuf::from);
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let python = target.unwrap_or_else(|| root.join("target")).join("venv/bin/python");
    let mut process = Command::new(python)
        .arg(root.join("tests/peers/rules.py"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("dateutil is missing: run scripts/needs.sh peers");
    let mut input = process.stdin.take().unwrap();
    let lines: String = questions
        .iter()
        .map(|question| format!("{}\t{}\t{}\n", question.most, question.sample.start, question.sample.rule))
        .collect();
    let writer = std::thread::spawn(move || input.write_all(lines.as_bytes()));
    let output = process.wait_with_output().unwrap();
    writer.join().unwrap().unwrap();
    assert!(output.status.success(), "tests/peers/rules.py failed");
    String::from_utf8(output.stdout).unwrap().lines().map(instants).collect()
}

fn instants(line: &str) -> Option<Vec<Timestamp>> {
    if line == "unknown" {
        return None;
    }
    let seconds = line.split(' ').filter(|one| !one.is_empty());
    Some(seconds.map(|one| Timestamp::from_second(one.parse().unwrap()).unwrap()).collect())
}

#[test]
fn random_rules_occur_when_the_crate_says() {
    let (seed, rules) = (setting("BELFRY_SEED", SEED), setting("BELFRY_RULES", RULES));
    println!("{rules} rules from BELFRY_SEED={seed} against the crate rrule");
    let mut random = Random::new(seed);
    let (mut compared, mut occurrences, mut asked, mut rare) = (0, 0, 0, 0);
    // Questions are dropped as they are answered: a hundred thousand would take their room.
    let mut rules_of = Random::new(seed);
    for _ in 0..rules {
        let Some(question) = Question::about(sample(&mut rules_of)) else {
            rare += 1;
            continue;
        };
        let Some(theirs) = by_crate(&question) else { continue };
        asked += question.compare(&theirs, &mut random);
        compared += 1;
        occurrences += theirs.len();
    }
    println!(
        "{compared} rules agreed in {occurrences} occurrences and {asked} questions; {rare} hardly occur"
    );
    assert!(compared * 4 > rules * 3, "only {compared} of {rules} rules were compared");
}

#[test]
fn random_rules_occur_when_dateutil_says() {
    let (seed, rules) = (setting("BELFRY_SEED", SEED) + 1, setting("BELFRY_RULES", RULES));
    println!("{rules} rules from BELFRY_SEED={seed} against python-dateutil");
    let (questions, rare) = questions(seed, rules);
    let theirs = by_dateutil(&questions);
    assert_eq!(theirs.len(), questions.len());
    let mut random = Random::new(seed);
    let (mut compared, mut occurrences, mut asked) = (0, 0, 0);
    for (question, theirs) in questions.iter().zip(theirs) {
        let Some(theirs) = theirs else { continue };
        asked += question.compare(&theirs, &mut random);
        compared += 1;
        occurrences += theirs.len();
    }
    println!(
        "{compared} rules agreed in {occurrences} occurrences and {asked} questions; {rare} hardly occur"
    );
    assert!(compared * 10 > rules * 9, "only {compared} of {rules} rules were compared");
}
