//! Reads a recurrence rule, and says in a sentence what to write where it cannot.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::str::FromStr;

use jiff::Timestamp;
use jiff::civil::{DateTime, Weekday};
use jiff::fmt::strtime::BrokenDownTime;

use super::rule::{End, Frequency, Rule, weekday_bit};

/// The longest rule that is read, in bytes.
const LONGEST: usize = 500;

/// The largest COUNT. What goes on for longer says until when, so that it need not be counted from its beginning.
pub(super) const MOST_COUNTED: u32 = 10_000;

const EXAMPLE: &str = "FREQ=WEEKLY;BYDAY=MO,WE;UNTIL=20261231";

const WEEKDAYS: [(&str, Weekday); 7] = [
    ("MO", Weekday::Monday),
    ("TU", Weekday::Tuesday),
    ("WE", Weekday::Wednesday),
    ("TH", Weekday::Thursday),
    ("FR", Weekday::Friday),
    ("SA", Weekday::Saturday),
    ("SU", Weekday::Sunday),
];

/// The parts that are read.
const PARTS: [&str; 11] = [
    "FREQ",
    "INTERVAL",
    "COUNT",
    "UNTIL",
    "BYDAY",
    "BYMONTHDAY",
    "BYMONTH",
    "BYSETPOS",
    "BYHOUR",
    "BYMINUTE",
    "WKST",
];

/// The parts as they were given, by their names.
type Parts<'a> = BTreeMap<&'a str, &'a str>;

impl Rule {
    /// Reads a rule such as `FREQ=MONTHLY;BYDAY=-1FR`, with or without `RRULE:` before it.
    ///
    /// # Errors
    /// One sentence that names the part which cannot be read, and says what to write.
    pub fn parse(text: &str) -> Result<Rule, String> {
        if text.len() > LONGEST {
            return Err(format!("a rule must have at most {LONGEST} characters, such as {EXAMPLE}"));
        }
        let text = text.trim().to_ascii_uppercase();
        let parts = parts(text.strip_prefix("RRULE:").unwrap_or(&text))?;
        let frequency = frequency(parts.get("FREQ").copied())?;
        let mut rule = Rule {
            frequency,
            interval: optional(&parts, "INTERVAL", 1..=100_000)?.unwrap_or(1),
            end: end(&parts)?,
            months: bits(&numbers(&parts, "BYMONTH", 1..=12)?),
            month_days: 0,
            month_days_from_end: 0,
            weekdays: 0,
            numbered_weekdays: Vec::new(),
            positions: numbers(&parts, "BYSETPOS", -366..=366)?,
            hours: 0,
            minutes: 0,
            week_start: week_start(&parts)?,
        };
        read_times(&mut rule, &parts)?;
        read_month_days(&mut rule, &parts)?;
        read_weekdays(&mut rule, &parts)?;
        Ok(rule)
    }
}

/// What was written, short enough to be said back.
fn shown(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(40).collect()
}

fn parts(text: &str) -> Result<Parts<'_>, String> {
    let mut parts = Parts::new();
    for part in text.split(';') {
        let Some((name, value)) = part.split_once('=') else {
            return Err(format!("a rule must be parts with = and ; between them, such as {EXAMPLE}"));
        };
        if !PARTS.contains(&name) {
            return Err(unknown(name));
        }
        if parts.insert(name, value).is_some() {
            return Err(format!("{name} is given twice; write it once, with commas between its values"));
        }
    }
    Ok(parts)
}

fn unknown(name: &str) -> String {
    match name {
        "BYSECOND" => {
            "BYSECOND is not known; leave it out: every occurrence has the seconds of the start".into()
        }
        "BYYEARDAY" => "BYYEARDAY is not known; write BYMONTH and BYMONTHDAY instead".into(),
        "BYWEEKNO" => "BYWEEKNO is not known; write BYMONTH and BYDAY instead".into(),
        _ => format!("\"{}\" is not known; the parts of a rule are {}", shown(name), PARTS.join(", ")),
    }
}

fn frequency(name: Option<&str>) -> Result<Frequency, String> {
    match name {
        Some("MINUTELY") => Ok(Frequency::Minutely),
        Some("HOURLY") => Ok(Frequency::Hourly),
        Some("DAILY") => Ok(Frequency::Daily),
        Some("WEEKLY") => Ok(Frequency::Weekly),
        Some("MONTHLY") => Ok(Frequency::Monthly),
        Some("YEARLY") => Ok(Frequency::Yearly),
        Some("SECONDLY") => Err("FREQ=SECONDLY is too often; write FREQ=MINUTELY or longer".into()),
        _ => {
            Err(format!("FREQ must be MINUTELY, HOURLY, DAILY, WEEKLY, MONTHLY or YEARLY, such as {EXAMPLE}"))
        }
    }
}

fn number<T: FromStr + PartialOrd>(text: &str, range: &RangeInclusive<T>) -> Option<T> {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    let is_plain =
        !digits.is_empty() && digits.len() <= 9 && digits.bytes().all(|digit| digit.is_ascii_digit());
    text.parse().ok().filter(|number| is_plain && range.contains(number))
}

fn optional(parts: &Parts<'_>, name: &str, range: RangeInclusive<i64>) -> Result<Option<i64>, String> {
    let Some(text) = parts.get(name) else { return Ok(None) };
    let refused = || {
        format!(
            "{name} must be a whole number from {} to {}, not \"{}\"",
            range.start(),
            range.end(),
            shown(text)
        )
    };
    number(text, &range).map(Some).ok_or_else(refused)
}

/// The numbers of a list in order, each once; never 0 where the range has negative ones.
fn numbers(parts: &Parts<'_>, name: &str, range: RangeInclusive<i16>) -> Result<Vec<i16>, String> {
    let Some(text) = parts.get(name) else { return Ok(Vec::new()) };
    let is_signed = *range.start() < 0;
    let refused = |one: &str| {
        let and_not_0 = if is_signed { " without 0" } else { "" };
        let (from, to) = (range.start(), range.end());
        format!(
            "{name} must be whole numbers from {from} to {to}{and_not_0}, with commas between them, not \"{}\"",
            shown(one)
        )
    };
    let read =
        |one| number(one, &range).filter(|number| !is_signed || *number != 0).ok_or_else(|| refused(one));
    let mut numbers = text.split(',').map(read).collect::<Result<Vec<i16>, String>>()?;
    numbers.sort_unstable();
    numbers.dedup();
    Ok(numbers)
}

/// One bit for each number, 1 being bit 0.
fn bits(numbers: &[i16]) -> u32 {
    numbers.iter().fold(0, |bits, number| bits | 1 << (number - 1))
}

fn end(parts: &Parts<'_>) -> Result<End, String> {
    match (parts.get("COUNT"), parts.get("UNTIL")) {
        (Some(_), Some(_)) => Err("COUNT and UNTIL exclude each other; write one of them".into()),
        (Some(text), None) => count(text),
        (None, Some(text)) => until(text),
        (None, None) => Ok(End::Never),
    }
}

fn count(text: &str) -> Result<End, String> {
    let refused = || {
        format!(
            "COUNT must be a whole number from 1 to {MOST_COUNTED}, not \"{}\"; use UNTIL for what goes on for longer",
            shown(text)
        )
    };
    number(text, &(1..=MOST_COUNTED)).map(End::Count).ok_or_else(refused)
}

fn until(text: &str) -> Result<End, String> {
    let end = match text.len() {
        8 => at(text, "%Y%m%d").and_then(|broken| broken.to_date().ok()).map(End::OnDate),
        15 => at(text, "%Y%m%dT%H%M%S").and_then(|broken| broken.to_datetime().ok()).map(End::OnWall),
        16 => text.strip_suffix('Z').and_then(in_utc).map(End::At),
        _ => None,
    };
    end.ok_or_else(|| {
        format!(
            "UNTIL must be a date such as 20261231, or a time such as 20261231T170000 or 20261231T160000Z, not \"{}\"",
            shown(text)
        )
    })
}

fn at(text: &str, format: &str) -> Option<BrokenDownTime> {
    let is_plain = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'T');
    BrokenDownTime::parse(format, text).ok().filter(|_| is_plain)
}

fn in_utc(text: &str) -> Option<Timestamp> {
    let time: DateTime = at(text, "%Y%m%dT%H%M%S")?.to_datetime().ok()?;
    // The last day of the calendar is not over everywhere when it ends: then there is no end.
    Some(jiff::tz::Offset::UTC.to_timestamp(time).unwrap_or(Timestamp::MAX))
}

fn weekday(name: &str) -> Option<Weekday> {
    WEEKDAYS.into_iter().find(|(known, _)| *known == name).map(|(_, day)| day)
}

fn week_start(parts: &Parts<'_>) -> Result<Weekday, String> {
    let Some(name) = parts.get("WKST") else { return Ok(Weekday::Monday) };
    weekday(name)
        .ok_or_else(|| format!("WKST must be one of MO, TU, WE, TH, FR, SA, SU, not \"{}\"", shown(name)))
}

fn read_times(rule: &mut Rule, parts: &Parts<'_>) -> Result<(), String> {
    let hours = numbers(parts, "BYHOUR", 0..=23)?;
    let minutes = numbers(parts, "BYMINUTE", 0..=59)?;
    rule.hours = hours.iter().fold(0, |bits, hour| bits | 1 << hour);
    rule.minutes = minutes.iter().fold(0, |bits, minute| bits | 1 << minute);
    Ok(())
}

fn read_month_days(rule: &mut Rule, parts: &Parts<'_>) -> Result<(), String> {
    let days = numbers(parts, "BYMONTHDAY", -31..=31)?;
    if rule.frequency == Frequency::Weekly && !days.is_empty() {
        return Err("BYMONTHDAY does not go with FREQ=WEEKLY; write FREQ=MONTHLY, or BYDAY instead".into());
    }
    let (from_end, from_start): (Vec<i16>, Vec<i16>) = days.into_iter().partition(|day| *day < 0);
    rule.month_days = bits(&from_start);
    rule.month_days_from_end = bits(&from_end.iter().map(|day| -day).collect::<Vec<_>>());
    Ok(())
}

fn read_weekdays(rule: &mut Rule, parts: &Parts<'_>) -> Result<(), String> {
    let Some(text) = parts.get("BYDAY") else { return Ok(()) };
    let most = match rule.frequency {
        Frequency::Yearly => 53,
        _ => 5,
    };
    for one in text.split(',') {
        let refused = || {
            format!(
                "BYDAY must be some of MO, TU, WE, TH, FR, SA, SU, with a number from -{most} to {most} before it for \
                 one of a month or a year, such as -1FR, not \"{}\"",
                shown(one)
            )
        };
        let (count, name) = one.split_at_checked(one.len().saturating_sub(2)).ok_or_else(refused)?;
        let day = weekday(name).ok_or_else(refused)?;
        if count.is_empty() {
            rule.weekdays |= weekday_bit(day);
            continue;
        }
        if rule.frequency < Frequency::Monthly {
            return Err(
                "BYDAY with a number goes with FREQ=MONTHLY and FREQ=YEARLY only; leave the number out"
                    .into(),
            );
        }
        let count = number(count, &(-most..=most)).filter(|count| *count != 0).ok_or_else(refused)?;
        if !rule.numbered_weekdays.contains(&(count, day)) {
            rule.numbered_weekdays.push((count, day));
        }
    }
    Ok(())
}
