//! The days that a rule names in a day, a week, a month or a year, as sets of bits, so that counting them is cheap.

use jiff::civil::{Date, Weekday};

use super::rule::{Frequency, Rule, weekday_bit};

/// Every seventh day of a month, from its first.
const EVERY_SEVENTH: u32 = 1 | 1 << 7 | 1 << 14 | 1 << 21 | 1 << 28;

/// Up to 31 days that lie after one another: bit 0 is the first.
#[derive(Clone, Copy, Debug)]
struct Run {
    first: Date,
    days: u32,
}

/// The days of one period, in order.
#[derive(Clone, Debug, Default)]
pub(super) struct Days(Vec<Run>);

impl Days {
    /// The days that the rule names in its period number `index`, counted from the one in which it starts. `None` beyond
    /// the year 9999.
    pub(super) fn of(rule: &Rule, start: Date, index: i64) -> Option<Days> {
        let ahead = index.checked_mul(rule.interval)?;
        match rule.frequency {
            Frequency::Weekly => Some(week(rule, start, week_of(start, rule, ahead)?)),
            Frequency::Monthly => {
                let month = i64::from(start.year()) * 12 + i64::from(start.month()) - 1 + ahead;
                let first = first_of(month.div_euclid(12), month.rem_euclid(12) + 1)?;
                Some(Days(vec![Run { first, days: month_days(rule, start, first) }]))
            }
            Frequency::Yearly => year(rule, start, i64::from(start.year()).checked_add(ahead)?),
            // Whatever follows real time is not looked for by days.
            Frequency::Daily | Frequency::Hourly | Frequency::Minutely => {
                let date = days_after(start, ahead)?;
                Some(Days(vec![Run { first: date, days: u32::from(rule.allows_day(date)) }]))
            }
        }
    }

    /// The day with which the period begins, named or not.
    pub(super) fn first(&self) -> Option<Date> {
        self.0.first().map(|run| run.first)
    }

    /// How many they are.
    pub(super) fn count(&self) -> usize {
        self.0.iter().map(|run| run.days.count_ones() as usize).sum()
    }

    /// The day number `index`, counted from 0.
    pub(super) fn at(&self, mut index: usize) -> Option<Date> {
        for run in &self.0 {
            let count = run.days.count_ones() as usize;
            if index < count {
                let mut days = run.days;
                (0..index).for_each(|_| days &= days - 1);
                return days_after(run.first, i64::from(days.trailing_zeros()));
            }
            index -= count;
        }
        None
    }
}

/// The number of the period in which this date lies; of the last one that begins before it, where periods are left out.
pub(super) fn index_of(rule: &Rule, start: Date, date: Date) -> i64 {
    let months = |date: Date| i64::from(date.year()) * 12 + i64::from(date.month());
    let ahead = match rule.frequency {
        Frequency::Weekly => match week_of(start, rule, 0) {
            Some(first) => days_between(first, date).div_euclid(7),
            None => 0,
        },
        Frequency::Monthly => months(date) - months(start),
        Frequency::Yearly => i64::from(date.year()) - i64::from(start.year()),
        _ => days_between(start, date),
    };
    ahead.div_euclid(rule.interval)
}

/// The first day of the next month that the rule allows; the last day of the one before, backward.
pub(super) fn allowed_month_beside(rule: &Rule, date: Date, is_forward: bool) -> Option<Date> {
    let mut date = date;
    for _ in 0..12 {
        date = if is_forward { date.last_of_month().tomorrow() } else { date.first_of_month().yesterday() }
            .ok()?;
        if rule.allows_month(date.month()) {
            return Some(date);
        }
    }
    None
}

pub(super) fn days_between(from: Date, to: Date) -> i64 {
    from.duration_until(to).as_hours() / 24
}

fn days_after(date: Date, days: i64) -> Option<Date> {
    date.checked_add(jiff::Span::new().try_days(days).ok()?).ok()
}

/// The first day of the week that lies so many weeks after the start's.
fn week_of(start: Date, rule: &Rule, weeks: i64) -> Option<Date> {
    let first = days_after(start, -i64::from(start.weekday().since(rule.week_start)))?;
    days_after(first, weeks.checked_mul(7)?)
}

fn week(rule: &Rule, start: Date, first: Date) -> Days {
    let weekdays = if rule.weekdays == 0 { weekday_bit(start.weekday()) } else { rule.weekdays };
    let is_named = |day: i64| {
        let Some(date) = days_after(first, day) else { return false };
        weekdays & weekday_bit(date.weekday()) != 0 && rule.allows_month(date.month())
    };
    let days = (0..7).filter(|day| is_named(*day)).fold(0, |days, day| days | 1 << day);
    Days(vec![Run { first, days }])
}

fn first_of(year: i64, month: i64) -> Option<Date> {
    Date::new(i16::try_from(year).ok()?, i8::try_from(month).ok()?, 1).ok()
}

/// The days of a month that a `Monthly` rule names, or a `Yearly` one with BYMONTH.
fn month_days(rule: &Rule, start: Date, first: Date) -> u32 {
    if !rule.allows_month(first.month()) {
        return 0;
    }
    let mut days = named_month_days(rule, start, first);
    if rule.has_weekdays() {
        let numbered = rule.numbered_weekdays.iter().fold(0, |days, (count, day)| {
            days | numbered_day(*count, *day, first, i16::from(first.days_in_month()))
                .map_or(0, |day| 1 << day)
        });
        days &= weekdays_of_month(rule, first) | numbered;
    }
    days
}

/// The days of a month that BYMONTHDAY names: all where BYDAY names them alone, the start's where nothing does.
fn named_month_days(rule: &Rule, start: Date, first: Date) -> u32 {
    let length = u32::try_from(first.days_in_month()).expect("a month has 28 to 31 days");
    let all = (1 << length) - 1;
    if rule.has_month_days() {
        return rule.month_days & all | rule.month_days_from_end.reverse_bits() >> (32 - length);
    }
    if rule.has_weekdays() { all } else { 1 << (start.day() - 1) & all }
}

/// The days of a month that BYDAY names without a number.
fn weekdays_of_month(rule: &Rule, first: Date) -> u32 {
    let all: u32 = (1 << first.days_in_month()) - 1;
    let from_first = first.weekday().to_monday_zero_offset();
    let named = (0..7).filter(|day| rule.weekdays & (1 << day) != 0);
    named.fold(0, |days, day: i8| days | EVERY_SEVENTH << (day - from_first).rem_euclid(7)) & all
}

/// How many days after `first` the weekday lies that has this number among `length` days; -1 is the last of them.
fn numbered_day(number: i16, weekday: Weekday, first: Date, length: i16) -> Option<i16> {
    let earliest = i16::from(weekday.since(first.weekday()));
    let day = if number > 0 {
        earliest + 7 * (number - 1)
    } else {
        let latest = earliest + (length - 1 - earliest) / 7 * 7;
        latest + 7 * (number + 1)
    };
    (0..length).contains(&day).then_some(day)
}

fn year(rule: &Rule, start: Date, year: i64) -> Option<Days> {
    let first_days = (1..=12).map(|month| first_of(year, month)).collect::<Option<Vec<Date>>>()?;
    // Without BYMONTH, a numbered weekday is one of the year.
    if rule.months == 0 && !rule.numbered_weekdays.is_empty() {
        return Some(numbered_in_year(rule, start, &first_days));
    }
    // A rule that names no day means the start's, and its month where no month is named either.
    let only_start = rule.months == 0 && !rule.has_month_days() && !rule.has_weekdays();
    let is_named = |first: &Date| !only_start || first.month() == start.month();
    let named = first_days.into_iter().filter(is_named);
    Some(Days(named.map(|first| Run { first, days: month_days(rule, start, first) }).collect()))
}

fn numbered_in_year(rule: &Rule, start: Date, first_days: &[Date]) -> Days {
    let mut numbered = [0_u32; 12];
    let new_year = first_days[0];
    for (number, weekday) in &rule.numbered_weekdays {
        let Some(day) = numbered_day(*number, *weekday, new_year, new_year.days_in_year()) else { continue };
        let Some(date) = days_after(new_year, i64::from(day)) else { continue };
        let month = usize::try_from(date.month() - 1).expect("months begin with 1");
        numbered[month] |= 1 << (date.day() - 1);
    }
    let run = |(first, numbered): (&Date, u32)| Run {
        first: *first,
        days: named_month_days(rule, start, *first) & (weekdays_of_month(rule, *first) | numbered),
    };
    Days(first_days.iter().zip(numbered).map(run).collect())
}
