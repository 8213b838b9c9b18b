//! Numbers, quantities with units, and timings.

use super::{Inner, Lowering, children};
use crate::diagnostic::{Diagnostic, code};
use crate::syntax::ast::{Amount, AmountKind, Timings};
use crate::syntax::grammar::{Node, Rule};
use crate::value::{Decimal, SignedDuration};

/// The longest literal duration: ten years.
const LONGEST_MILLISECONDS: i64 = 3650 * 86_400_000;

impl<'a> Lowering<'a> {
    pub(super) fn amount(&mut self, node: Option<Node<'a>>) -> Amount {
        let Some(node) = node else { return Amount { kind: AmountKind::Invalid, span: Default::default() } };
        let span = self.span(&node);
        if node.as_rule() == Rule::path {
            return Amount { kind: AmountKind::Name(self.path(Some(node))), span };
        }
        let text = node.as_str();
        let kind = match node.as_rule() {
            Rule::duration => duration(text).map(AmountKind::Duration),
            Rule::number => number(text).map(AmountKind::Number),
            Rule::percent => number(text.trim_end_matches('%')).map(AmountKind::Percent),
            Rule::size => size(text).map(AmountKind::Size),
            _ => {
                self.report(bad_quantity(text, span));
                return Amount { kind: AmountKind::Invalid, span };
            }
        };
        let kind = kind.unwrap_or_else(|| {
            self.report(Diagnostic::error(code::BAD_LITERAL, span, format!("`{text}` is too large")).help(
                "Write a duration of at most ten years, a size of at most 16 EiB, or a number of at most 28 digits",
            ));
            AmountKind::Invalid
        });
        Amount { kind, span }
    }

    /// The timings at this point.
    pub(super) fn timings(&mut self, inner: &mut Inner<'a>) -> Timings {
        let mut timings = Timings::default();
        while let Some(node) = inner.take(Rule::timing) {
            self.timing(node, &mut timings);
        }
        timings
    }

    pub(super) fn timing(&mut self, node: Node<'a>, timings: &mut Timings) {
        let span = self.span(&node);
        let word = node.as_str().split(' ').next().unwrap_or("");
        let amount = self.amount(children(node).next());
        let (slot, word) = match word {
            "within" => (&mut timings.within, "within"),
            "every" => (&mut timings.every, "every"),
            "for" => (&mut timings.hold, "for"),
            _ => (&mut timings.after, "after"),
        };
        self.once(slot, |first| first.span, amount, span, word);
    }
}

fn bad_quantity(text: &str, span: crate::source::Span) -> Diagnostic {
    let unit = text.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.');
    let digits = text.len() - unit.len();
    let shorter = match unit.to_lowercase().as_str() {
        "sec" | "secs" | "second" | "seconds" => "s",
        "min" | "mins" | "minute" | "minutes" => "m",
        "hr" | "hrs" | "hour" | "hours" => "h",
        "day" | "days" => "d",
        "kb" | "k" => "kB",
        "mb" => "MB",
        "gb" | "g" => "GB",
        "tb" => "TB",
        "kib" => "KiB",
        "mib" => "MiB",
        "gib" => "GiB",
        "tib" => "TiB",
        _ => "",
    };
    let diagnostic = Diagnostic::error(code::BAD_LITERAL, span, format!("`{text}` is not a number, duration or size"))
        .help("Write a duration with `ms`, `s`, `m`, `h` or `d` (`1h30m`), and a size with `B`, `kB`, `MB`, `GB`, `TB`, `KiB`, `MiB`, `GiB` or `TiB`");
    let whole = text.get(..digits).unwrap_or("");
    match shorter {
        "" => diagnostic,
        _ if matches!(shorter, "s" | "m" | "h" | "d") && whole.contains('.') => diagnostic,
        _ => diagnostic.fix(span, format!("{whole}{shorter}")),
    }
}

pub(super) fn number(text: &str) -> Option<Decimal> {
    Decimal::from_str_exact(text).ok()
}

/// Parses a duration: `1h30m`.
pub fn duration(text: &str) -> Option<SignedDuration> {
    if text.is_empty() {
        return None;
    }
    let mut total = 0i64;
    let mut rest = text;
    while !rest.is_empty() {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let (count, units) = rest.split_at_checked(digits)?;
        let letters = units.bytes().take_while(u8::is_ascii_alphabetic).count();
        let (unit, next) = units.split_at_checked(letters)?;
        let length = match unit {
            "ms" => 1,
            "s" => 1000,
            "m" => 60_000,
            "h" => 3_600_000,
            "d" => 86_400_000,
            _ => return None,
        };
        total = total.checked_add(count.parse::<i64>().ok()?.checked_mul(length)?)?;
        rest = next;
    }
    (total <= LONGEST_MILLISECONDS).then(|| SignedDuration::from_millis(total))
}

/// Parses a size: `4KiB`.
pub fn size(text: &str) -> Option<u64> {
    let unit = text.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.');
    let length: u64 = match unit {
        "kB" => 1000,
        "MB" => 1_000_000,
        "GB" => 1_000_000_000,
        "TB" => 1_000_000_000_000,
        "KiB" => 1 << 10,
        "MiB" => 1 << 20,
        "GiB" => 1 << 30,
        "TiB" => 1 << 40,
        "B" => 1,
        _ => return None,
    };
    let count = number(text.strip_suffix(unit)?)?;
    let bytes = count.checked_mul(Decimal::from(length))?.trunc();
    u64::try_from(bytes).ok()
}
