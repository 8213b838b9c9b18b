//! The parser that pest generates from `grammar/runbook.pest`, and the stack that it runs on.

use pest::Parser;
use pest::iterators::{Pair, Pairs};
use std::num::NonZeroUsize;
use std::sync::Once;

#[derive(pest_derive::Parser)]
#[grammar = "grammar/runbook.pest"]
struct Grammar;

pub(super) type Node<'a> = Pair<'a, Rule>;

/// An error of the parser.
pub(super) type ParseFailure = pest::error::Error<Rule>;

/// The maximum number of calls in the parser. A valid MiB needs fewer than three million; this many take a few seconds.
const MOST_CALLS: NonZeroUsize = NonZeroUsize::new(50_000_000).unwrap();

/// The stack that the deepest allowed file needs in a debug build.
const ENOUGH_STACK: usize = 3 << 20;

/// The stack that is allocated where the caller's is too small.
const OWN_STACK: usize = 16 << 20;

/// Parses the beginning of `text` by a rule.
pub(super) fn read(rule: Rule, text: &str) -> Result<Pairs<'_, Rule>, Box<ParseFailure>> {
    static LIMIT: Once = Once::new();
    LIMIT.call_once(|| pest::set_call_limit(Some(MOST_CALLS)));
    Grammar::parse(rule, text).map_err(Box::new)
}

/// Runs `work` on a stack that is large enough for the deepest file.
pub(super) fn with_stack<T>(work: impl FnOnce() -> T) -> T {
    stacker::maybe_grow(ENOUGH_STACK, OWN_STACK, work)
}
