//! Expressions as text, with the values of locals that are known.

use crate::program::{
    Arithmetic, Call, Comparison, Expression, ExpressionKind, Method, Program, Quantifier, Slot, TextPart,
};
use crate::value::{Quoted, SourceText, Value};
use ecow::EcoString;

/// How a local is written.
pub(crate) enum LocalText {
    Value(Value),
    /// Its value is not known; in a text it is written `<name>`.
    Name(EcoString),
}

/// How a local is written, if anything is known of it.
type Local<'l> = &'l dyn Fn(Slot) -> Option<LocalText>;

/// Stands for an unknown value.
const UNKNOWN: &str = "…";

/// An expression as source text.
pub(crate) fn render(program: &Program, expression: &Expression, local: Local<'_>) -> String {
    let show = |expression: &Expression| render(program, expression, local);
    let all = |expressions: &[Expression]| expressions.iter().map(&show).collect::<Vec<_>>();
    match &expression.kind {
        ExpressionKind::Constant(value) => SourceText(value).to_string(),
        ExpressionKind::Local(slot) => match local(*slot) {
            Some(LocalText::Value(value)) => SourceText(&value).to_string(),
            Some(LocalText::Name(name)) => name.to_string(),
            None => UNKNOWN.to_owned(),
        },
        ExpressionKind::Text(_) => Quoted(&spliced(program, expression, local)).to_string(),
        ExpressionKind::Field(of, name) | ExpressionKind::Fact(of, name) => format!("{}.{name}", show(of)),
        ExpressionKind::Method(of, method) => format!("{}.{}", show(of), method_name(method)),
        ExpressionKind::List(items) => format!("[{}]", all(items).join(", ")),
        ExpressionKind::Record { name, fields } => {
            let fields: Vec<String> = fields.iter().map(|(name, value)| format!("{name}: {}", show(value))).collect();
            format!("{name}({})", fields.join(", "))
        }
        ExpressionKind::Comprehension(it) => format!("[{UNKNOWN} in {}]", show(&it.list)),
        ExpressionKind::Quantifier { kind, slot, list, body } => {
            let word = match kind {
                Quantifier::Any => "any",
                Quantifier::All => "all",
                Quantifier::None => "none",
            };
            let inner = |other: Slot| if other == *slot { None } else { local(other) };
            format!("{word} in {}: {}", show(list), render(program, body, &inner))
        }
        ExpressionKind::Not(of) => format!("not {}", show(of)),
        ExpressionKind::Negate(of) => format!("-{}", show(of)),
        ExpressionKind::And(left, right) => format!("{} and {}", show(left), show(right)),
        ExpressionKind::Or(left, right) => format!("{} or {}", show(left), show(right)),
        ExpressionKind::Compare(how, left, right) => format!("{} {} {}", show(left), comparison(*how), show(right)),
        ExpressionKind::In(item, list) => format!("{} in {}", show(item), show(list)),
        ExpressionKind::Contains(whole, part) => format!("{} contains {}", show(whole), show(part)),
        ExpressionKind::Matches(text, pattern) => format!("{} matches r\"{pattern}\"", show(text)),
        ExpressionKind::Arithmetic(how, left, right) => format!("{} {} {}", show(left), arithmetic(*how), show(right)),
        ExpressionKind::As { value, target, .. } => format!("{} as {target}", show(value)),
        ExpressionKind::IsRole(of, role) => format!("{} is {role}", show(of)),
        ExpressionKind::IsAbsent(of) => format!("{} is absent", show(of)),
        ExpressionKind::Conditional(condition, then, otherwise) => {
            format!("if {} then {} else {}", show(condition), show(then), show(otherwise))
        }
        ExpressionKind::Observe(call) => call_text(program, call, &all(&call.arguments)),
        ExpressionKind::Check(call) => {
            let name = program.probes.get(call.probe).map_or(UNKNOWN, |probe| probe.name.as_str());
            format!("check {name}({})", all(&call.arguments).join(", "))
        }
        ExpressionKind::FromOutside(of) => show(of),
        ExpressionKind::Hosts(role) => format!("hosts({role})"),
        ExpressionKind::Now => "now".to_owned(),
        ExpressionKind::RunStarted => "run.started".to_owned(),
        ExpressionKind::GoalAnswer => "goal.answer".to_owned(),
    }
}

/// An expression inside a text: a text is inserted without quotes.
fn spliced(program: &Program, expression: &Expression, local: Local<'_>) -> String {
    match &expression.kind {
        ExpressionKind::Constant(value) => value.to_string(),
        ExpressionKind::Local(slot) => match local(*slot) {
            Some(LocalText::Value(value)) => value.to_string(),
            Some(LocalText::Name(name)) => format!("<{name}>"),
            None => UNKNOWN.to_owned(),
        },
        ExpressionKind::Text(parts) => parts
            .iter()
            .map(|part| match part {
                TextPart::Literal(text) => text.to_string(),
                TextPart::Value(value) => spliced(program, value, local),
            })
            .collect(),
        ExpressionKind::Field(..)
        | ExpressionKind::Fact(..)
        | ExpressionKind::Method(..)
        | ExpressionKind::List(_)
        | ExpressionKind::Record { .. }
        | ExpressionKind::Comprehension(_)
        | ExpressionKind::Quantifier { .. }
        | ExpressionKind::Not(_)
        | ExpressionKind::Negate(_)
        | ExpressionKind::And(..)
        | ExpressionKind::Or(..)
        | ExpressionKind::Compare(..)
        | ExpressionKind::In(..)
        | ExpressionKind::Contains(..)
        | ExpressionKind::Matches(..)
        | ExpressionKind::Arithmetic(..)
        | ExpressionKind::As { .. }
        | ExpressionKind::IsRole(..)
        | ExpressionKind::IsAbsent(_)
        | ExpressionKind::Conditional(..)
        | ExpressionKind::Observe(_)
        | ExpressionKind::Check(_)
        | ExpressionKind::FromOutside(_)
        | ExpressionKind::Hosts(_)
        | ExpressionKind::Now
        | ExpressionKind::RunStarted
        | ExpressionKind::GoalAnswer => render(program, expression, local),
    }
}

/// A call with the names of its parameters. Absent arguments are omitted.
pub(crate) fn call_text(program: &Program, call: &Call, arguments: &[String]) -> String {
    let Some(action) = program.actions.get(call.action) else { return UNKNOWN.to_owned() };
    let named = action.parameters.iter().zip(arguments).filter(|(_, argument)| *argument != "absent");
    let named: Vec<String> = named.map(|(parameter, argument)| format!("{}: {argument}", parameter.name)).collect();
    format!("{}.{}({})", action.backend, action.name, named.join(", "))
}

/// `run R(…)`.
pub(crate) fn signature(program: &Program, runbook: usize, arguments: &[String]) -> String {
    let name = program.runbooks.get(runbook).map_or(UNKNOWN, |runbook| runbook.name.as_str());
    format!("run {name}({})", arguments.join(", "))
}

/// Whether an expression has a value without an observation, given the locals that are known.
pub(crate) fn is_pure(expression: &Expression, known: &dyn Fn(Slot) -> bool) -> bool {
    let pure = |expression: &Expression| is_pure(expression, known);
    match &expression.kind {
        ExpressionKind::Constant(_) | ExpressionKind::Hosts(_) | ExpressionKind::RunStarted => true,
        ExpressionKind::Observe(_) | ExpressionKind::Check(_) | ExpressionKind::Now | ExpressionKind::GoalAnswer => {
            false
        }
        ExpressionKind::Local(slot) => known(*slot),
        ExpressionKind::Text(parts) => parts.iter().all(|part| match part {
            TextPart::Literal(_) => true,
            TextPart::Value(value) => pure(value),
        }),
        ExpressionKind::Field(of, _)
        | ExpressionKind::Fact(of, _)
        | ExpressionKind::Method(of, _)
        | ExpressionKind::Not(of)
        | ExpressionKind::Negate(of)
        | ExpressionKind::Matches(of, _)
        | ExpressionKind::IsRole(of, _)
        | ExpressionKind::IsAbsent(of)
        | ExpressionKind::FromOutside(of)
        | ExpressionKind::As { value: of, .. } => pure(of),
        ExpressionKind::List(items) => items.iter().all(pure),
        ExpressionKind::Record { fields, .. } => fields.iter().all(|(_, value)| pure(value)),
        ExpressionKind::Comprehension(it) => {
            let inner = |slot: Slot| slot == it.slot || known(slot);
            let parts = [&it.element, &it.condition, &it.key];
            pure(&it.list) && parts.into_iter().flatten().all(|part| is_pure(part, &inner))
        }
        ExpressionKind::Quantifier { slot, list, body, .. } => {
            let inner = |other: Slot| other == *slot || known(other);
            pure(list) && is_pure(body, &inner)
        }
        ExpressionKind::And(left, right)
        | ExpressionKind::Or(left, right)
        | ExpressionKind::Compare(_, left, right)
        | ExpressionKind::In(left, right)
        | ExpressionKind::Contains(left, right)
        | ExpressionKind::Arithmetic(_, left, right) => pure(left) && pure(right),
        ExpressionKind::Conditional(condition, then, otherwise) => pure(condition) && pure(then) && pure(otherwise),
    }
}

fn comparison(comparison: Comparison) -> &'static str {
    match comparison {
        Comparison::Equal => "==",
        Comparison::NotEqual => "!=",
        Comparison::Less => "<",
        Comparison::LessOrEqual => "<=",
        Comparison::Greater => ">",
        Comparison::GreaterOrEqual => ">=",
    }
}

/// The operator as source text.
pub(crate) fn arithmetic(operator: Arithmetic) -> &'static str {
    match operator {
        Arithmetic::Add => "+",
        Arithmetic::Subtract => "-",
        Arithmetic::Multiply => "*",
        Arithmetic::Divide => "/",
    }
}

fn method_name(method: &Method) -> String {
    match method {
        Method::Count => "count".to_owned(),
        Method::First => "first".to_owned(),
        Method::Last => "last".to_owned(),
        Method::Max => "max".to_owned(),
        Method::Min => "min".to_owned(),
        Method::Sum(_) => "sum".to_owned(),
        Method::Distinct => "distinct".to_owned(),
        Method::Lines => "lines".to_owned(),
        Method::Number => "number".to_owned(),
        Method::Json => "json".to_owned(),
        Method::Capture(pattern) => format!("capture(r\"{pattern}\")"),
        Method::Jq(filter) => format!("jq({filter:?})"),
    }
}
