//! A recurrence rule as it was read: the parts of RFC 5545 that we know, each a number or a set of bits.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime, Weekday};

/// How often a rule turns to its next period.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Frequency {
    /// Follows real time, as `Hourly` does.
    Minutely,
    /// Follows real time: where the clock is moved, the distance stays an hour.
    Hourly,
    /// Follows the clock on the wall, as all below do.
    Daily,
    /// Weeks begin on the rule's WKST.
    Weekly,
    /// Months of the calendar.
    Monthly,
    /// Years of the calendar.
    Yearly,
}

impl Frequency {
    /// Whether occurrences are so much real time apart, rather than at a time of day on the wall.
    pub(super) fn follows_real_time(self) -> bool {
        self <= Frequency::Hourly
    }
}

/// When a rule ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    Never,
    /// After so many occurrences.
    Count(u32),
    /// With this day.
    OnDate(Date),
    /// With this time on the wall.
    OnWall(DateTime),
    /// With this instant.
    At(Timestamp),
}

/// The parts of a rule. A set without bits, or a list without entries, is a part that was not given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    pub(super) frequency: Frequency,
    /// At least 1.
    pub(super) interval: i64,
    pub(super) end: End,
    /// BYMONTH: January is bit 0.
    pub(super) months: u32,
    /// BYMONTHDAY counted from the first: the 1st is bit 0.
    pub(super) month_days: u32,
    /// BYMONTHDAY counted from the last (-1): the last is bit 0.
    pub(super) month_days_from_end: u32,
    /// BYDAY without a number: Monday is bit 0.
    pub(super) weekdays: u32,
    /// BYDAY with a number, only in a `Monthly` or `Yearly` rule.
    pub(super) numbered_weekdays: Vec<(i16, Weekday)>,
    /// BYSETPOS.
    pub(super) positions: Vec<i16>,
    /// BYHOUR: midnight is bit 0.
    pub(super) hours: u32,
    /// BYMINUTE.
    pub(super) minutes: u64,
    /// WKST.
    pub(super) week_start: Weekday,
}

impl Rule {
    pub(super) fn has_month_days(&self) -> bool {
        self.month_days != 0 || self.month_days_from_end != 0
    }

    pub(super) fn has_weekdays(&self) -> bool {
        self.weekdays != 0 || !self.numbered_weekdays.is_empty()
    }

    /// Whether the rule allows this month, 1 to 12.
    pub(super) fn allows_month(&self, month: i8) -> bool {
        self.months == 0 || self.months & (1 << (month - 1)) != 0
    }

    /// Whether the rule allows this day as far as BYMONTH, BYMONTHDAY and plain BYDAY go.
    pub(super) fn allows_day(&self, date: Date) -> bool {
        let from_end = date.days_in_month() - date.day();
        let is_month_day = !self.has_month_days()
            || self.month_days & (1 << (date.day() - 1)) != 0
            || self.month_days_from_end & (1 << from_end) != 0;
        let is_weekday = self.weekdays == 0 || self.weekdays & weekday_bit(date.weekday()) != 0;
        self.allows_month(date.month()) && is_month_day && is_weekday
    }

    /// Whether the rule allows this hour, 0 to 23.
    pub(super) fn allows_hour(&self, hour: i8) -> bool {
        self.hours == 0 || self.hours & (1 << hour) != 0
    }

    /// Whether the rule allows this minute, 0 to 59.
    pub(super) fn allows_minute(&self, minute: i8) -> bool {
        self.minutes == 0 || self.minutes & (1 << minute) != 0
    }
}

pub(super) fn weekday_bit(day: Weekday) -> u32 {
    1 << day.to_monday_zero_offset()
}
