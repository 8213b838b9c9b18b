//! The kinds of slip, in the order in which they are made: where two make the same text, the first has it.

mod bounds;
mod conditions;
mod names;
mod statements;

use super::{Edit, texts, tree, words};
use std::ops::Range;
use tree::NodeIndex;
use words::Words;

/// What an operator may look at.
pub struct OperatorInput<'s> {
    /// The file's text.
    pub text: &'s str,
    /// Its tree.
    pub tree: NodeIndex<'s>,
    /// Words that may be taken for each other.
    pub words: &'s Words,
}

impl OperatorInput<'_> {
    /// The text at a place.
    fn at(&self, range: Range<usize>) -> &str {
        &self.text[range]
    }
}

/// A kind of slip.
pub struct Operator {
    /// Its name.
    pub name: &'static str,
    /// What it does, for people.
    pub what: &'static str,
    /// Makes it at every place.
    pub make: fn(&OperatorInput<'_>, &mut Vec<Edit>),
}

/// All of them.
pub const OPERATORS: &[Operator] = &[
    Operator {
        name: "drop an undo",
        what: "`temporarily` becomes a plain call; an `undo` block or `keep on failure` is removed",
        make: statements::drop_undo,
    },
    Operator {
        name: "swap adverbs",
        what: "`temporarily` becomes `permanently`, and vice versa",
        make: statements::swap_adverbs,
    },
    Operator {
        name: "drop an else",
        what: "the `else` of `require`, `wait until`, `let`, `if`, `manual` … is removed",
        make: statements::drop_else,
    },
    Operator { name: "drop a gate", what: "a `require` or `require approval` is removed", make: statements::drop_gate },
    Operator {
        name: "drop an ask",
        what: "a `resolve if fixed`, `wait until` or `check` is removed",
        make: statements::drop_ask,
    },
    Operator { name: "drop a statement", what: "any other statement is removed", make: statements::drop_statement },
    Operator {
        name: "escalate to resolve",
        what: "an `escalate` becomes a `resolve`",
        make: statements::resolve_instead,
    },
    Operator {
        name: "drop evidence",
        what: "the evidence after `with` is removed, all of it or one item",
        make: statements::drop_evidence,
    },
    Operator {
        name: "reorder clean-up",
        what: "two neighbouring statements in an `undo` are swapped",
        make: statements::reorder_cleanup,
    },
    Operator {
        name: "reorder statements",
        what: "two neighbouring statements elsewhere are swapped",
        make: statements::reorder,
    },
    Operator {
        name: "drop an arm",
        what: "a case of a `match`, or one of its words, is removed",
        make: statements::drop_arm,
    },
    Operator { name: "drop a bound", what: "a `lock`, `limit` or `ends within` is removed", make: bounds::drop_bound },
    Operator {
        name: "drop a clause",
        what: "a probe loses its `timeout`, `retries`, `unknown if` or `passed if`",
        make: bounds::drop_clause,
    },
    Operator {
        name: "drop a duration",
        what: "one of `within`, `every`, `for`, `after` is removed",
        make: bounds::drop_duration,
    },
    Operator { name: "swap a unit", what: "`5m` becomes `5s` or `5h`", make: bounds::swap_unit },
    Operator {
        name: "widen a loop",
        what: "`at most`, `repeat`, `retry`, `retries`, a rate or a duration is ten times as large; `at most` is removed",
        make: bounds::widen,
    },
    Operator {
        name: "swap a comparison",
        what: "`==` and `!=`, `<` and `<=`, `in` and `not in`, `all`, `any` and `none`, `and` and `or`",
        make: conditions::swap,
    },
    Operator { name: "negate a condition", what: "`not` is put before it", make: conditions::negate },
    Operator { name: "drop an item", what: "an item of a list is removed", make: conditions::drop_item },
    Operator {
        name: "misspell a name",
        what: "a field, a parameter, a label or an enum word with two letters swapped",
        make: names::misspell,
    },
    Operator { name: "another field", what: "another field of the same record", make: names::another_field },
    Operator { name: "another host", what: "another host in scope", make: names::another_host },
    Operator { name: "another value", what: "another name in scope", make: names::another_value },
    Operator { name: "another enum word", what: "another word of the same enum", make: names::another_word },
    Operator { name: "another probe", what: "another probe in a goal or after `check`", make: names::another_probe },
    Operator {
        name: "another text",
        what: "another text that the same argument has elsewhere",
        make: names::another_text,
    },
    Operator {
        name: "misspell a text",
        what: "a text that is an argument or pattern, with two letters swapped",
        make: names::misspell_text,
    },
    Operator { name: "another contact", what: "another contact is told", make: names::another_contact },
];
