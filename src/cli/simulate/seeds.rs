//! `FIRST..LAST`: a range of seeds.

use std::str::FromStr;

/// Maximum number of seeds per command.
const MOST: u64 = 1_000_000;

/// A range of seeds, both ends inclusive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seeds {
    /// Inclusive.
    pub first: u64,
    /// Inclusive.
    pub last: u64,
}

impl FromStr for Seeds {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let how = || "write seeds as FIRST..LAST, such as 1..1000, or as one number".to_owned();
        let (first, last) = text.split_once("..").unwrap_or((text, text));
        let seeds = Self { first: first.parse().map_err(|_| how())?, last: last.parse().map_err(|_| how())? };
        match seeds.last.checked_sub(seeds.first) {
            None => Err("the last seed is smaller than the first".to_owned()),
            Some(more) if more >= MOST => Err(format!("at most {MOST} seeds are allowed")),
            Some(_) => Ok(seeds),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ends_are_inclusive() {
        assert_eq!("1..1000".parse(), Ok(Seeds { first: 1, last: 1000 }));
        assert_eq!("17".parse(), Ok(Seeds { first: 17, last: 17 }));
        for wrong in ["", "..", "1..", "a..b", "2..1", "1..1000001", "-1..3"] {
            assert!(wrong.parse::<Seeds>().is_err(), "{wrong}");
        }
    }
}
