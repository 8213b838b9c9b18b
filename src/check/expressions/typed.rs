//! Lowered expressions with what is known about them.

use crate::check::commands::Origin;
use crate::check::scope::Narrowing;
use crate::program::types::Type;
use crate::program::{Expression, ExpressionKind};
use crate::source::Span;
use crate::value::Value;

/// Whether a boolean can be true, or false, *because* a verdict is `unknown`. For a list: whether it can contain, or
/// lack, an item because of that. For any other value both are equal: whether it can be this one because of that.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct UnknownTaint {
    pub when_true: bool,
    pub when_false: bool,
}

impl UnknownTaint {
    /// An unknown verdict may decide it, whatever the value is.
    pub const BOTH: Self = Self { when_true: true, when_false: true };

    pub fn or(self, other: Self) -> Self {
        Self { when_true: self.when_true || other.when_true, when_false: self.when_false || other.when_false }
    }

    /// Whether an unknown verdict decides anything.
    pub fn any(self) -> bool {
        self.when_true || self.when_false
    }

    /// The taint of a value computed from this one in a way that is not tracked further.
    pub fn everything(self) -> Self {
        Self { when_true: self.any(), when_false: self.any() }
    }

    pub fn not(self) -> Self {
        Self { when_true: self.when_false, when_false: self.when_true }
    }
}

/// A lowered expression with what is known about it.
#[derive(Debug, Clone)]
pub(crate) struct Typed {
    pub expression: Expression,
    pub type_of: Type,
    pub unknown_taint: UnknownTaint,
    /// Absent exactly where a verdict is unknown; a present value was observed.
    pub absent_if_unknown: bool,
    pub narrowing: Narrowing,
    /// A list with literal items, so that its length is known.
    pub is_literal: bool,
    /// Whether it was observed or computed from an observation.
    pub observed: bool,
    /// Where its text comes from: arguments, alerts and answers are from outside, facts of the inventory are not.
    pub outside: Origin,
}

impl Typed {
    pub fn plain(expression: Expression, type_of: Type) -> Self {
        Self {
            expression,
            type_of,
            unknown_taint: UnknownTaint::default(),
            absent_if_unknown: false,
            narrowing: Narrowing::default(),
            is_literal: false,
            observed: false,
            outside: Origin::Written,
        }
    }

    pub fn constant(value: Value, type_of: Type, span: Span) -> Self {
        Self::plain(Expression { kind: ExpressionKind::Constant(value), span }, type_of)
    }

    /// The value of a mistake that was reported. It fits everywhere.
    pub fn invalid(span: Span) -> Self {
        Self::constant(Value::Absent, Type::Invalid, span)
    }

    pub fn span(&self) -> Span {
        self.expression.span
    }

    /// Narrows the type. A present value was observed where an unknown verdict would make it absent.
    pub fn narrow(&mut self, type_of: Type) {
        if self.absent_if_unknown && !matches!(type_of, Type::Optional(_)) {
            self.absent_if_unknown = false;
            self.unknown_taint = UnknownTaint::default();
        }
        self.type_of = type_of;
    }
}

/// Whether a value of the first type can be used where the second is wanted.
pub(crate) fn fits(actual: &Type, wanted: &Type) -> bool {
    match (actual, wanted) {
        (Type::Invalid, _) | (_, Type::Invalid) => true,
        (Type::Host(_), Type::Host(any)) if any.is_empty() => true,
        (Type::Host(roles), Type::Host(wanted)) => !roles.is_empty() && roles.iter().all(|role| wanted.contains(role)),
        (Type::Optional(actual), Type::Optional(wanted)) => fits(actual, wanted),
        (actual, Type::Optional(wanted)) => fits(actual, wanted),
        (Type::List(actual), Type::List(wanted)) => fits(actual, wanted),
        (actual, wanted) => actual == wanted,
    }
}
