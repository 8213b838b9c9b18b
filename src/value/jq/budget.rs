//! Bounds the work of a filter.
//!
//! jaq has no limits, so the filter is rewritten: after each part that can give more than one result, or that builds a
//! value, a native filter is inserted. It passes its input on and charges it to the budget. When the budget is spent it
//! fails, and so does every later one.

use jaq_core::box_iter::box_once;
use jaq_core::load::lex::StrPart;
use jaq_core::load::parse::{BinaryOp, Def, Term};
use jaq_core::path::{Part, Path};
use jaq_core::{DataT, Error, Exn, Lut, Native, data, native};
use jaq_json::Val;
use std::cell::Cell;

/// The maximum number of results and parts of values in one run.
const STEPS: u64 = 1_000_000;

/// The maximum size of one value that a filter builds, and of all of them together, in bytes as `weight_of` counts.
const LARGEST: usize = 8 << 20;
const LARGEST_SUM: usize = 64 << 20;

/// The maximum nesting of such a value: processing it needs stack.
const DEEPEST: usize = 512;

/// The steps that one result of `,` costs: results of `,` multiply, and each passes through all enclosing filters.
const BRANCH_STEPS: u64 = 8;

/// The names of the charging filters: for a step, for a branch, for a step and the size of a value. A filter cannot
/// call them, because jq has no names with blanks.
const STEP: &str = "charge a step";
const BRANCH: &str = "charge a branch";
const WEIGH: &str = "charge a value";
/// The same, inserted before a filter that compares each part of a value with each part of another.
const SQUARE: &str = "charge a square";

/// This many comparisons of two parts cost one step.
const COMPARISONS: u64 = 8;

/// The remaining budget of one run of a filter.
pub(super) struct Budget {
    steps: Cell<u64>,
    weight: Cell<usize>,
    spent: Cell<bool>,
}

impl Budget {
    pub(super) fn new() -> Self {
        Self { steps: Cell::new(STEPS), weight: Cell::new(LARGEST_SUM), spent: Cell::new(false) }
    }

    /// Whether the budget was exceeded.
    pub(super) fn is_spent(&self) -> bool {
        self.spent.get()
    }

    fn step(&self, value: &Val) -> bool {
        // A text that grows is copied.
        let length = if let Val::TStr(text) | Val::BStr(text) = value { text.len() as u64 / 64 } else { 0 };
        let left = self.steps.get().checked_sub(1 + length).filter(|_| !self.spent.get());
        self.steps.set(left.unwrap_or_default());
        self.spent.set(left.is_none());
        left.is_some()
    }

    fn branch(&self, value: &Val) -> bool {
        self.steps.set(self.steps.get().saturating_sub(BRANCH_STEPS));
        self.step(value)
    }

    fn square(&self, value: &Val) -> bool {
        let (mut weight, mut parts) = (0, 0);
        let small = weight_of(value, DEEPEST, &mut weight, &mut parts);
        let left = self.steps.get().checked_sub(parts.saturating_mul(parts) / COMPARISONS).filter(|_| small);
        self.steps.set(left.unwrap_or_default());
        self.spent.set(self.spent.get() || left.is_none());
        self.step(value)
    }

    fn weigh(&self, value: &Val) -> bool {
        let (mut weight, mut parts) = (0, 0);
        let small = weight_of(value, DEEPEST, &mut weight, &mut parts);
        let left = self.weight.get().checked_sub(weight).filter(|_| small);
        self.weight.set(left.unwrap_or_default());
        self.steps.set(self.steps.get().saturating_sub(parts));
        self.spent.set(self.spent.get() || left.is_none());
        self.step(value)
    }
}

/// Adds the size and the parts of a value. Returns whether it is within bounds. A shared part counts once for each use.
fn weight_of(value: &Val, deep: usize, weight: &mut usize, parts: &mut u64) -> bool {
    let Some(deep) = deep.checked_sub(1) else { return false };
    *parts += 1;
    *weight += 32;
    match value {
        // Four times: a text can be split into as many numbers as it has characters.
        Val::TStr(text) | Val::BStr(text) => *weight += 4 * text.len(),
        Val::Num(number) if *weight < LARGEST => *weight += number.to_string().len(),
        _ => {}
    }
    *weight <= LARGEST
        && match value {
            Val::Arr(items) => items.iter().all(|item| weight_of(item, deep, weight, parts)),
            Val::Obj(fields) => fields
                .iter()
                .all(|(name, item)| weight_of(name, deep, weight, parts) && weight_of(item, deep, weight, parts)),
            _ => true,
        }
}

/// Filters that run on a budget.
pub(super) struct OnBudget;

/// The data that a filter can access while it runs.
pub(super) struct Running<'a> {
    pub lut: &'a Lut<OnBudget>,
    pub budget: &'a Budget,
}

impl DataT for OnBudget {
    type V<'a> = Val;
    type Data<'a> = &'a Running<'a>;
}

impl<'a> data::HasLut<'a, OnBudget> for &'a Running<'a> {
    fn lut(&self) -> &'a Lut<OnBudget> {
        self.lut
    }
}

fn too_much<'a, T: 'a>() -> jaq_core::box_iter::BoxIter<'a, Result<T, Exn<'a, Val>>> {
    box_once(Err(Exn::from(Error::str("the limit of steps is exceeded"))))
}

/// The filters that charge.
pub(super) fn funs() -> [native::Fun<OnBudget>; 4] {
    macro_rules! charging {
        ($name:ident, $method:ident) => {
            (
                $name,
                native::v(0),
                Native::<OnBudget>::new(|cv| {
                    if cv.0.data().budget.$method(&cv.1) { box_once(Ok(cv.1)) } else { too_much() }
                })
                .with_paths(|cv| if cv.0.data().budget.$method(&cv.1.0) { box_once(Ok(cv.1)) } else { too_much() })
                .with_update(|cv, f| if cv.0.data().budget.$method(&cv.1) { f(cv.1) } else { too_much() }),
            )
        };
    }
    [charging!(STEP, step), charging!(BRANCH, branch), charging!(WEIGH, weigh), charging!(SQUARE, square)]
}

fn then<'s>(term: Term<&'s str>, charge: &'static str) -> Term<&'s str> {
    Term::BinOp(Box::new(term), BinaryOp::Pipe(None), Box::new(Term::Call(charge, Vec::new())))
}

/// Whether a value is written in the filter, so that it is no larger than the filter.
fn is_written(term: &Term<&str>) -> bool {
    match term {
        Term::Num(_) => true,
        Term::Str(_, parts) => parts.iter().all(|part| !matches!(part, StrPart::Term(_))),
        Term::Arr(items) => items.as_deref().is_none_or(is_written),
        Term::BinOp(left, BinaryOp::Comma, right) => is_written(left) && is_written(right),
        _ => false,
    }
}

/// The same filter with charges inserted.
pub(super) fn charged<'s>(term: Term<&'s str>) -> Term<&'s str> {
    let inner = |term: Box<Term<&'s str>>| Box::new(charged(*term));
    let all = |terms: Vec<Term<&'s str>>| terms.into_iter().map(charged).collect::<Vec<_>>();
    match term {
        Term::Str(form, parts) => {
            let part = |part| match part {
                StrPart::Term(term) => StrPart::Term(charged(term)),
                other => other,
            };
            then(Term::Str(form, parts.into_iter().map(part).collect()), WEIGH)
        }
        Term::Arr(Some(items)) => then(Term::Arr(Some(inner(items))), WEIGH),
        Term::Obj(fields) => {
            let field = |(name, value): (Term<&'s str>, Option<Term<&'s str>>)| match value {
                Some(value) => (charged(name), Some(charged(value))),
                // `{a}` and `{"a"}` say by their form what they take.
                None => (name, None),
            };
            then(Term::Obj(fields.into_iter().map(field).collect()), WEIGH)
        }
        Term::Neg(of) => Term::Neg(inner(of)),
        Term::BinOp(left, sign, right) => {
            let charge = match &sign {
                BinaryOp::Pipe(_) => None,
                BinaryOp::Comma => Some(BRANCH),
                BinaryOp::Alt | BinaryOp::Or | BinaryOp::And | BinaryOp::Cmp(_) => Some(STEP),
                _ => Some(WEIGH),
            };
            let both = Term::BinOp(inner(left), sign, inner(right));
            match charge {
                Some(charge) => then(both, charge),
                None => both,
            }
        }
        Term::Label(name, of) => Term::Label(name, inner(of)),
        Term::TryCatch(of, catch) => Term::TryCatch(inner(of), catch.map(inner)),
        Term::IfThenElse(arms, otherwise) => {
            let arms = arms.into_iter().map(|(condition, then)| (charged(condition), charged(then))).collect();
            Term::IfThenElse(arms, otherwise.map(inner))
        }
        Term::Call(name @ ("inside" | "contains"), arguments) if !arguments.iter().all(is_written) => {
            let call = then(Term::Call(name, all(arguments)), WEIGH);
            Term::BinOp(Box::new(Term::Call(SQUARE, Vec::new())), BinaryOp::Pipe(None), Box::new(call))
        }
        Term::Call(name, arguments) => then(Term::Call(name, all(arguments)), WEIGH),
        Term::Path(of, Path(parts)) => {
            let part = |part| match part {
                Part::Index(index) => Part::Index(charged(index)),
                Part::Range(from, to) => Part::Range(from.map(charged), to.map(charged)),
            };
            let parts = parts.into_iter().map(|(one, how)| (part(one), how)).collect();
            then(Term::Path(inner(of), Path(parts)), STEP)
        }
        other => other,
    }
}

/// A definition of jaq's own library. It ends if its arguments do, but its sums copy values, so they are charged.
pub(super) fn charged_definition<'s>(definition: Def<&'static str>) -> Def<&'s str> {
    sums_of(definition)
}

fn sums_of(definition: Def<&str>) -> Def<&str> {
    Def { body: sums(definition.body), ..definition }
}

fn sums<'s>(term: Term<&'s str>) -> Term<&'s str> {
    let inner = |term: Box<Term<&'s str>>| Box::new(sums(*term));
    match term {
        Term::BinOp(left, sign @ BinaryOp::Math(_), right) => then(Term::BinOp(inner(left), sign, inner(right)), STEP),
        Term::BinOp(left, sign, right) => Term::BinOp(inner(left), sign, inner(right)),
        Term::Arr(items) => Term::Arr(items.map(inner)),
        Term::TryCatch(of, catch) => Term::TryCatch(inner(of), catch.map(inner)),
        Term::IfThenElse(arms, otherwise) => {
            let arms = arms.into_iter().map(|(condition, then)| (sums(condition), sums(then))).collect();
            Term::IfThenElse(arms, otherwise.map(inner))
        }
        Term::Fold(name, list, pattern, steps) => {
            Term::Fold(name, inner(list), pattern, steps.into_iter().map(sums).collect())
        }
        Term::Call(name, arguments) => Term::Call(name, arguments.into_iter().map(sums).collect()),
        Term::Def(definitions, of) => Term::Def(definitions.into_iter().map(sums_of).collect(), inner(of)),
        other => other,
    }
}
