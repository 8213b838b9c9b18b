//! The parser that pest makes of `grammar/runbook.pest`, and the stack that it runs on.

use pest::Parser;
use pest::iterators::{Pair, Pairs};
use std::num::NonZeroUsize;
use std::sync::Once;

#[derive(pest_derive::Parser)]
#[grammar = "grammar/runbook.pest"]
struct Grammar;

/// A node of what pest read.
pub(super) type Node<'a> = Pair<'a, Rule>;

/// What pest says when it cannot go on.
pub(super) type ParseFailure = pest::error::Error<Rule>;

/// A MiB of good text needs fewer than three million calls; this many take a few seconds.
const MOST_CALLS: NonZeroUsize = NonZeroUsize::new(50_000_000).unwrap();

/// Less than this is not enough for the deepest file that is allowed, in a debug build.
const ENOUGH_STACK: usize = 3 << 20;

/// The stack that is made where the caller's is not enough.
const OWN_STACK: usize = 16 << 20;

/// Reads `text` from its beginning as `rule`; what follows is left.
pub(super) fn read(rule: Rule, text: &str) -> Result<Pairs<'_, Rule>, Box<ParseFailure>> {
    static LIMIT: Once = Once::new();
    LIMIT.call_once(|| pest::set_call_limit(Some(MOST_CALLS)));
    Grammar::parse(rule, text).map_err(Box::new)
}

/// Does `work` on a stack that is large enough for the deepest file, whatever stack the caller has.
pub(super) fn with_stack<T>(work: impl FnOnce() -> T) -> T {
    stacker::maybe_grow(ENOUGH_STACK, OWN_STACK, work)
}
