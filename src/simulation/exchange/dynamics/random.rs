//! A small random number generator with the same numbers for a seed on every platform (SplitMix64).

use crate::simulation::exchange::settings::duration::{ModelDuration, Range};

/// The generator.
#[derive(Debug, Clone)]
pub struct Random(u64);

impl Random {
    /// The generator for a seed.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next number.
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A number below `number`; 0 if that is 0.
    pub fn below(&mut self, number: u64) -> u64 {
        // The high half of the product: the bias is negligible, and no division is needed.
        ((u128::from(self.next()) * u128::from(number)) >> 64) as u64
    }

    /// True with a probability in percent.
    pub fn percent(&mut self, share: u64) -> bool {
        self.below(100) < share
    }

    /// A duration from a range, its ends included.
    pub fn length(&mut self, range: Range) -> ModelDuration {
        let (least, most) = (range.least.as_milliseconds(), range.most.as_milliseconds());
        let span = u64::try_from(most.saturating_sub(least)).unwrap_or(0);
        let more = i64::try_from(self.below(span.saturating_add(1))).unwrap_or(0);
        ModelDuration::milliseconds(least.saturating_add(more))
    }

    /// A random item, if there is any.
    pub fn pick<'a, T>(&mut self, items: &'a [T]) -> Option<&'a T> {
        let at = self.below(items.len() as u64);
        items.get(usize::try_from(at).unwrap_or(0))
    }
}
