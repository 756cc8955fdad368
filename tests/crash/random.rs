//! Random numbers that a seed repeats (SplitMix64).

/// A source of random numbers.
#[derive(Clone, Debug)]
pub struct Random(u64);

impl Random {
    /// The source that these numbers choose: a seed, and whatever tells its uses apart.
    pub fn of(parts: &[u64]) -> Self {
        parts.iter().fold(Self(0), |mut random, part| {
            random.0 ^= part.wrapping_mul(0xd6e8_feb8_6659_fd93);
            Self(random.next())
        })
    }

    /// The next number, any of 2^64.
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number from `from` up to, but not including, `to`.
    pub fn between(&mut self, from: u64, to: u64) -> u64 {
        from + self.next() % (to - from)
    }

    /// True in `percent` of a hundred cases.
    pub fn chance(&mut self, percent: u64) -> bool {
        self.between(0, 100) < percent
    }

    /// One of these; `None` if there are none.
    pub fn pick<T: Copy>(&mut self, of: &[T]) -> Option<T> {
        let index = self.between(0, of.len().max(1) as u64);
        of.get(index as usize).copied()
    }
}
