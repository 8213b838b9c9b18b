//! Durations in world files, and moments on the clock of the model.

use crate::value::{SignedDuration, Timestamp, display_duration};
use serde::Deserialize;
use serde::de::{self, Deserializer, SeqAccess, Visitor};
use std::fmt;

/// The longest duration: ten years.
const MOST: i64 = 10 * 365 * 86_400_000;

/// A duration in milliseconds. Written `250ms`, `90s`, `1h30m`, `2d`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct ModelDuration(i64);

impl ModelDuration {
    /// No time at all.
    pub const ZERO: Self = Self(0);

    /// From milliseconds.
    pub const fn milliseconds(number: i64) -> Self {
        Self(number)
    }

    /// From seconds.
    pub const fn seconds(number: i64) -> Self {
        Self(number.saturating_mul(1000))
    }

    /// From minutes.
    pub const fn minutes(number: i64) -> Self {
        Self::seconds(number.saturating_mul(60))
    }

    /// From hours.
    pub const fn hours(number: i64) -> Self {
        Self::minutes(number.saturating_mul(60))
    }

    /// In milliseconds.
    pub const fn as_milliseconds(self) -> i64 {
        self.0
    }

    /// A multiple.
    pub(in crate::simulation::exchange) const fn times(self, number: i64) -> Self {
        Self(self.0.saturating_mul(number))
    }

    /// Parses `1h30m`: whole numbers, each with one of `d`, `h`, `m`, `s`, `ms`.
    fn read(text: &str) -> Option<Self> {
        let mut rest = text.trim();
        let mut total = 0i64;
        if rest.is_empty() {
            return None;
        }
        while !rest.is_empty() {
            let digits = rest.find(|letter: char| !letter.is_ascii_digit())?;
            let number: i64 = rest.get(..digits)?.parse().ok()?;
            rest = rest.get(digits..)?;
            let unit = rest.find(|letter: char| letter.is_ascii_digit()).unwrap_or(rest.len());
            let length = match rest.get(..unit)? {
                "ms" => 1,
                "s" => 1000,
                "m" => 60_000,
                "h" => 3_600_000,
                "d" => 86_400_000,
                _ => return None,
            };
            total = total.checked_add(number.checked_mul(length)?)?;
            rest = rest.get(unit..)?;
        }
        (total <= MOST).then_some(Self(total))
    }
}

impl std::ops::Add for ModelDuration {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl fmt::Display for ModelDuration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&display_duration(SignedDuration::from_millis(self.0)))
    }
}

impl<'de> Deserialize<'de> for ModelDuration {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(LengthVisitor)
    }
}

struct LengthVisitor;

impl Visitor<'_> for LengthVisitor {
    type Value = ModelDuration;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a duration with its unit, such as `90s` or `1h30m`")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<ModelDuration, E> {
        ModelDuration::read(text).ok_or_else(|| {
            E::custom(format!("`{text}` is not a duration of at most ten years, such as `90s` or `1h30m`"))
        })
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<ModelDuration, E> {
        Err(E::custom(format!("`{number}` has no unit: write `{number}s`, `{number}m` or `{number}h`")))
    }
}

/// A range from which a duration is drawn each time. Written `[5s, 30s]`, or `10s` for a fixed one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Range {
    /// The shortest.
    pub least: ModelDuration,
    /// The longest.
    pub most: ModelDuration,
}

impl Range {
    /// A range in seconds.
    pub const fn seconds(least: i64, most: i64) -> Self {
        Self { least: ModelDuration::seconds(least), most: ModelDuration::seconds(most) }
    }
}

impl<'de> Deserialize<'de> for Range {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(RangeVisitor)
    }
}

struct RangeVisitor;

impl<'de> Visitor<'de> for RangeVisitor {
    type Value = Range;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a duration such as `90s`, or two such as `[5s, 30s]`")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Range, E> {
        let length = ModelDuration::deserialize(de::value::StrDeserializer::new(text))?;
        Ok(Range { least: length, most: length })
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Range, A::Error> {
        let missing = || de::Error::custom("Expected two durations, such as `[5s, 30s]`");
        let least: ModelDuration = items.next_element()?.ok_or_else(missing)?;
        let most: ModelDuration = items.next_element()?.ok_or_else(missing)?;
        if items.next_element::<ModelDuration>()?.is_some() {
            return Err(missing());
        }
        if most < least {
            return Err(de::Error::custom(format!(
                "`[{least}, {most}]`: the second duration is shorter than the first"
            )));
        }
        Ok(Range { least, most })
    }
}

/// A moment: milliseconds of Unix time. It saturates, so that no request can make it overflow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::simulation::exchange) struct Moment(i64);

impl Moment {
    /// The time since an earlier moment; zero if that is later.
    pub fn since(self, earlier: Self) -> ModelDuration {
        ModelDuration(self.0.saturating_sub(earlier.0).max(0))
    }

    /// An earlier moment.
    pub fn before(self, length: ModelDuration) -> Self {
        Self(self.0.saturating_sub(length.0))
    }

    /// The moment as a timestamp.
    pub fn timestamp(self) -> Timestamp {
        Timestamp::from_millisecond(self.0).unwrap_or(if self.0 < 0 { Timestamp::MIN } else { Timestamp::MAX })
    }
}

impl From<Timestamp> for Moment {
    fn from(time: Timestamp) -> Self {
        Self(time.as_millisecond())
    }
}

impl std::ops::Add<ModelDuration> for Moment {
    type Output = Self;

    fn add(self, length: ModelDuration) -> Self {
        Self(self.0.saturating_add(length.0))
    }
}

impl From<ModelDuration> for SignedDuration {
    fn from(length: ModelDuration) -> Self {
        Self::from_millis(length.0)
    }
}
