//! Rate limits: how often one subject (a key, a user, an address) may ask.
//!
//! The generic cell rate algorithm: a subject is one number, the instant at which its allowance is whole again.
//! In any stretch of time t at most `limit + t × rate` requests pass.

use std::hash::Hash;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::atomic::{AtomicI64, AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use dashmap::DashMap;
use dashmap::mapref::entry::Entry;

use super::Problem;
use crate::clock::Instant;

const RATE_LIMIT: HeaderName = HeaderName::from_static("ratelimit");
const RATE_LIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");

/// So many requests in a second or in a minute; as many may come at once. 0 means no limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    limit: u32,
    window: Window,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Window {
    Second,
    Minute,
}

impl Rate {
    /// No limit.
    pub const UNLIMITED: Rate = Rate::per_second(0);

    /// `limit` requests a second; 0 means no limit.
    pub const fn per_second(limit: u32) -> Self {
        Rate { limit, window: Window::Second }
    }

    /// `limit` requests a minute; 0 means no limit.
    pub const fn per_minute(limit: u32) -> Self {
        Rate { limit, window: Window::Minute }
    }

    fn window_seconds(self) -> u32 {
        match self.window {
            Window::Second => 1,
            Window::Minute => 60,
        }
    }

    /// What one request costs, in nanoseconds of waiting. Rounded up, so that the limit is never passed.
    fn cost(self) -> i64 {
        let window = i64::from(self.window_seconds()) * 1_000_000_000;
        let limit = i64::from(self.limit.max(1));
        (window + limit - 1) / limit
    }

    /// What the whole limit costs, in nanoseconds.
    fn full(self) -> i64 {
        self.cost() * i64::from(self.limit)
    }

    fn to_bits(self) -> u64 {
        (u64::from(self.limit) << 1) | u64::from(self.window == Window::Minute)
    }

    fn from_bits(bits: u64) -> Self {
        let limit = u32::try_from(bits >> 1).expect("to_bits put 32 bits there");
        if bits & 1 == 1 { Rate::per_minute(limit) } else { Rate::per_second(limit) }
    }
}

/// What a limiter says about one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// Whether the request may pass.
    pub allowed: bool,
    /// Requests in a window; 0 means that there is no limit.
    pub limit: u32,
    /// Requests that would pass now, one straight after the other.
    pub remaining: u32,
    /// How long to wait before a request passes; zero if this one was allowed.
    pub retry_after: Duration,
    /// How long until the whole limit is there again.
    pub reset_after: Duration,
    window_seconds: u32,
}

impl Verdict {
    const UNLIMITED: Verdict = Verdict {
        allowed: true,
        limit: 0,
        remaining: 0,
        retry_after: Duration::ZERO,
        reset_after: Duration::ZERO,
        window_seconds: 1,
    };

    /// The headers that tell the client where it stands, under the policy's `name` (an identifier such as `send`).
    ///
    /// `RateLimit-Policy: "send";q=50;w=1`, `RateLimit: "send";r=49;t=1`
    /// (draft-ietf-httpapi-ratelimit-headers) and, on a refusal, `Retry-After` in whole seconds, at least 1.
    /// None where there is no limit.
    pub fn headers(&self, name: &str) -> impl Iterator<Item = (HeaderName, HeaderValue)> + use<> {
        let policy =
            self.is_limited().then(|| format!("\"{name}\";q={};w={}", self.limit, self.window_seconds));
        let state = self
            .is_limited()
            .then(|| format!("\"{name}\";r={};t={}", self.remaining, whole_seconds(self.reset_after)));
        let retry = (!self.allowed).then(|| whole_seconds(self.retry_after).max(1).to_string());
        [(RATE_LIMIT_POLICY, policy), (RATE_LIMIT, state), (header::RETRY_AFTER, retry)]
            .into_iter()
            .filter_map(|(header, text)| Some((header, HeaderValue::try_from(text?).ok()?)))
    }

    /// 429 with what to do, under the policy's `name`.
    pub fn refusal(&self, name: &str, reason: &'static str) -> Problem {
        let problem = Problem::new(StatusCode::TOO_MANY_REQUESTS, reason);
        self.headers(name).fold(problem, |problem, (name, value)| problem.with_header(name, value))
    }

    /// Writes [`Verdict::headers`] into `headers`.
    pub fn write(&self, name: &str, headers: &mut HeaderMap) {
        headers.extend(self.headers(name));
    }

    fn is_limited(&self) -> bool {
        self.limit > 0
    }
}

fn whole_seconds(duration: Duration) -> u64 {
    duration.as_secs() + u64::from(duration.subsec_nanos() > 0)
}

/// The limit of one subject.
#[derive(Debug)]
pub struct Limiter {
    rate: AtomicU64,
    whole_at: AtomicI64,
}

impl Limiter {
    /// A limiter whose whole allowance is there.
    pub fn new(rate: Rate) -> Self {
        Limiter { rate: AtomicU64::new(rate.to_bits()), whole_at: AtomicI64::new(i64::MIN) }
    }

    /// Another rate from now on, as when the configuration is read again.
    pub fn change_rate(&self, rate: Rate) {
        self.rate.store(rate.to_bits(), Ordering::Relaxed);
    }

    /// May one more request pass at `now`? If so it is counted.
    pub fn check(&self, now: Instant) -> Verdict {
        let rate = Rate::from_bits(self.rate.load(Ordering::Relaxed));
        check(rate, &self.whole_at, now)
    }
}

/// One limit for many subjects, each counted by itself.
///
/// Bounded: it holds at most so many subjects. A subject whose allowance is whole again is as good as unknown and is
/// forgotten when room is needed. While no room can be made, newcomers share one allowance, so that somebody with
/// very many addresses takes neither memory nor more than one further share.
#[derive(Debug)]
pub struct KeyedLimiter<K: Eq + Hash> {
    rate: AtomicU64,
    subjects: DashMap<K, AtomicI64>,
    capacity: usize,
    held: AtomicUsize,
    newcomers: AtomicI64,
    swept_at: AtomicI64,
}

/// A full table is searched for quiet subjects at most this often: the search walks the whole table.
const SWEEP_EVERY: Duration = Duration::from_secs(1);

impl<K: Eq + Hash> KeyedLimiter<K> {
    /// A limiter that holds at most `capacity` subjects.
    pub fn new(rate: Rate, capacity: usize) -> Self {
        KeyedLimiter {
            rate: AtomicU64::new(rate.to_bits()),
            subjects: DashMap::new(),
            capacity,
            held: AtomicUsize::new(0),
            newcomers: AtomicI64::new(i64::MIN),
            swept_at: AtomicI64::new(i64::MIN),
        }
    }

    /// Another rate from now on, as when the configuration is read again.
    pub fn change_rate(&self, rate: Rate) {
        self.rate.store(rate.to_bits(), Ordering::Relaxed);
    }

    /// Subjects held now.
    pub fn len(&self) -> usize {
        self.held.load(Ordering::Relaxed)
    }

    /// Whether no subject is held.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// May one more request of `subject` pass at `now`? If so it is counted.
    pub fn check(&self, subject: K, now: Instant) -> Verdict {
        let rate = Rate::from_bits(self.rate.load(Ordering::Relaxed));
        if rate.limit == 0 {
            return Verdict::UNLIMITED;
        }
        if let Some(whole_at) = self.subjects.get(&subject) {
            return check(rate, &whole_at, now);
        }
        if !self.take_room(now) {
            return check(rate, &self.newcomers, now);
        }
        match self.subjects.entry(subject) {
            Entry::Occupied(entry) => {
                self.held.fetch_sub(1, Ordering::Relaxed);
                check(rate, entry.get(), now)
            }
            Entry::Vacant(entry) => check(rate, &entry.insert(AtomicI64::new(i64::MIN)), now),
        }
    }

    /// Forgets every subject whose allowance is whole again; nothing is lost by it.
    pub fn forget_quiet(&self, now: Instant) {
        let now = nanos(now);
        let full = Rate::from_bits(self.rate.load(Ordering::Relaxed)).full();
        let mut forgotten = 0;
        self.subjects.retain(|_, whole_at| {
            let owed = whole_at.get_mut().saturating_sub(now);
            // More than the whole is owed only where the clock was set back; such a table would stay full for long.
            let quiet = owed <= 0 || owed > full;
            forgotten += usize::from(quiet);
            !quiet
        });
        self.held.fetch_sub(forgotten, Ordering::Relaxed);
    }

    fn take_room(&self, now: Instant) -> bool {
        if self.reserve() {
            return true;
        }
        let last = self.swept_at.load(Ordering::Relaxed);
        let next = last.saturating_add(i64::try_from(SWEEP_EVERY.as_micros()).expect("a second fits"));
        // A clock that was set back must not stop the sweeps.
        if (last..next).contains(&now.0) {
            return false;
        }
        if self.swept_at.compare_exchange(last, now.0, Ordering::Relaxed, Ordering::Relaxed).is_err() {
            return false;
        }
        self.forget_quiet(now);
        self.reserve()
    }

    fn reserve(&self) -> bool {
        let more = |held: usize| (held < self.capacity).then_some(held + 1);
        self.held.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more).is_ok()
    }
}

/// The subject that an address is counted as: an IPv6 host commands a whole /64, so the network stands for it.
pub fn subject_of(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => IpAddr::V4(address),
        IpAddr::V6(address) => {
            let network = address.to_bits() & !u128::from(u64::MAX);
            IpAddr::V6(Ipv6Addr::from_bits(network))
        }
    }
}

/// Nanoseconds since 1970, so that limits above a million a second keep their meaning.
fn nanos(now: Instant) -> i64 {
    now.0.saturating_mul(1_000)
}

fn check(rate: Rate, whole_at: &AtomicI64, now: Instant) -> Verdict {
    if rate.limit == 0 {
        return Verdict::UNLIMITED;
    }
    let now = nanos(now);
    let cost = rate.cost();
    let full = rate.full();
    // Never further ahead than an empty allowance: the clock may have been set back, or the rate raised.
    let before = |stored: i64| stored.clamp(now, now.saturating_add(full));
    let fits = |before: i64| before.saturating_add(cost) - now <= full;
    let take = |stored: i64| {
        let before = before(stored);
        Some(if fits(before) { before + cost } else { before })
    };
    let stored = whole_at
        .fetch_update(Ordering::Relaxed, Ordering::Relaxed, take)
        .expect("the closure always gives a value");
    let before = before(stored);
    let allowed = fits(before);
    let whole_at = if allowed { before + cost } else { before };
    let owed = whole_at - now;
    Verdict {
        allowed,
        limit: rate.limit,
        remaining: u32::try_from((full - owed) / cost).unwrap_or(0),
        retry_after: if allowed { Duration::ZERO } else { duration(owed + cost - full) },
        reset_after: duration(owed),
        window_seconds: rate.window_seconds(),
    }
}

fn duration(nanos: i64) -> Duration {
    Duration::from_nanos(u64::try_from(nanos).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SECOND: i64 = 1_000_000;

    fn allowed(limiter: &Limiter, at: i64) -> bool {
        limiter.check(Instant(at)).allowed
    }

    #[test]
    fn a_burst_of_the_limit_passes_and_then_the_rate() {
        // (rate, at microsecond, requests, of which pass)
        let steps = [
            (Rate::per_second(5), [(0, 9, 5), (200_000, 3, 1), (SECOND, 9, 4), (10 * SECOND, 9, 5)]),
            (Rate::per_second(1), [(0, 2, 1), (999_999, 1, 0), (SECOND, 2, 1), (10 * SECOND, 2, 1)]),
            (
                Rate::per_minute(2),
                [(0, 3, 2), (29 * SECOND, 1, 0), (30 * SECOND, 2, 1), (600 * SECOND, 3, 2)],
            ),
            (Rate::UNLIMITED, [(0, 99, 99), (0, 99, 99), (1, 99, 99), (2, 99, 99)]),
        ];
        for (rate, steps) in steps {
            let limiter = Limiter::new(rate);
            for (at, requests, expected) in steps {
                let passed = (0..requests).filter(|_| allowed(&limiter, at)).count();
                assert_eq!(passed, expected, "{rate:?} at {at}");
            }
        }
    }

    #[test]
    fn the_headers_say_where_the_client_stands() {
        let limiter = Limiter::new(Rate::per_second(2));
        let expected: [&[(&str, &str)]; 3] = [
            &[("ratelimit-policy", "\"send\";q=2;w=1"), ("ratelimit", "\"send\";r=1;t=1")],
            &[("ratelimit-policy", "\"send\";q=2;w=1"), ("ratelimit", "\"send\";r=0;t=1")],
            &[
                ("ratelimit-policy", "\"send\";q=2;w=1"),
                ("ratelimit", "\"send\";r=0;t=1"),
                ("retry-after", "1"),
            ],
        ];
        for expected in expected {
            assert_eq!(headers(&limiter.check(Instant(7))), expected);
        }
        assert_eq!(headers(&Limiter::new(Rate::UNLIMITED).check(Instant(7))), []);
    }

    fn headers(verdict: &Verdict) -> Vec<(&'static str, &'static str)> {
        let leak = |text: &str| -> &'static str { String::from(text).leak() };
        verdict
            .headers("send")
            .map(|(name, value)| (leak(name.as_str()), leak(value.to_str().unwrap())))
            .collect()
    }

    #[test]
    fn waiting_as_long_as_was_said_is_enough() {
        let limiter = Limiter::new(Rate::per_minute(7));
        while allowed(&limiter, 0) {}
        let wait = limiter.check(Instant(0)).retry_after;
        let micros = i64::try_from(wait.as_nanos().div_ceil(1_000)).unwrap();
        assert!(!allowed(&limiter, micros - 2));
        assert!(allowed(&limiter, micros));
    }

    #[test]
    fn a_clock_set_back_locks_nobody_out() {
        let limiter = Limiter::new(Rate::per_second(2));
        assert!(allowed(&limiter, 3_600 * SECOND));
        assert!(!allowed(&limiter, 0));
        assert!(allowed(&limiter, SECOND));
    }

    #[test]
    fn a_changed_rate_holds_from_the_next_request() {
        let limiter = Limiter::new(Rate::per_minute(1));
        assert!(allowed(&limiter, 0));
        assert!(!allowed(&limiter, 0));
        limiter.change_rate(Rate::per_second(10));
        assert!(!allowed(&limiter, 0));
        assert!(allowed(&limiter, 100_000));
        limiter.change_rate(Rate::UNLIMITED);
        assert!(allowed(&limiter, 100_000));
    }

    #[test]
    fn subjects_do_not_count_against_each_other() {
        let limiter = KeyedLimiter::new(Rate::per_second(1), 10);
        assert!(limiter.check("a", Instant(0)).allowed);
        assert!(!limiter.check("a", Instant(0)).allowed);
        assert!(limiter.check("b", Instant(0)).allowed);
        assert_eq!(limiter.len(), 2);
    }

    #[test]
    fn very_many_subjects_take_bounded_room_and_one_share() {
        let limiter = KeyedLimiter::new(Rate::per_second(1), 10);
        let passed = (0..10_000).filter(|subject| limiter.check(*subject, Instant(0)).allowed).count();
        assert_eq!(passed, 10 + 1);
        assert_eq!(limiter.len(), 10);
        assert!(!limiter.check(3, Instant(0)).allowed, "a known subject keeps its own count");
        let later = Instant(2 * SECOND);
        assert!(limiter.check(10_001, later).allowed, "the quiet ones made room");
        assert_eq!(limiter.len(), 1);
    }

    #[test]
    fn an_ipv6_network_is_one_subject() {
        let table = [
            ("192.0.2.7", "192.0.2.7"),
            ("::ffff:192.0.2.7", "192.0.2.7"),
            ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
        ];
        for (address, subject) in table {
            assert_eq!(subject_of(address.parse().unwrap()), subject.parse::<IpAddr>().unwrap());
        }
    }

    /// A bucket that fills by one request a `cost`, kept in whole nanoseconds.
    struct Bucket {
        rate: Rate,
        level: i128,
        at: i64,
    }

    impl Bucket {
        fn check(&mut self, now: Instant) -> bool {
            let cost = i128::from(self.rate.cost());
            let full = cost * i128::from(self.rate.limit);
            let filled = i128::from(now.0 - self.at) * 1_000;
            self.level = (self.level + filled).min(full);
            self.at = now.0;
            let allowed = self.level >= cost;
            self.level -= if allowed { cost } else { 0 };
            allowed
        }
    }

    proptest! {
        #[test]
        fn it_agrees_with_a_bucket_and_no_window_holds_too_many(
            limit in 1_u32..50,
            minute in any::<bool>(),
            pauses in prop::collection::vec(prop_oneof![Just(0), 0_i64..50_000, 0_i64..40_000_000], 1..300),
        ) {
            let rate = if minute { Rate::per_minute(limit) } else { Rate::per_second(limit) };
            let limiter = Limiter::new(rate);
            let full = i128::from(rate.cost()) * i128::from(limit);
            let mut bucket = Bucket { rate, level: full, at: 1_000_000_000 };
            let mut now = Instant(1_000_000_000);
            let mut passed = Vec::new();
            for pause in pauses {
                now = Instant(now.0 + pause);
                let allowed = limiter.check(now).allowed;
                prop_assert_eq!(allowed, bucket.check(now));
                if allowed {
                    passed.push(now.0);
                }
            }
            let per_micro = f64::from(limit) / f64::from(rate.window_seconds()) / 1e6;
            for (first, start) in passed.iter().enumerate() {
                for (count, end) in passed[first..].iter().enumerate() {
                    let most = f64::from(limit) + (end - start) as f64 * per_micro + 1e-6;
                    prop_assert!((count + 1) as f64 <= most);
                }
            }
        }
    }
}
