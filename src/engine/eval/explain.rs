//! Explanations: the values that a condition compared, by the names that the author gave them.

#![warn(clippy::wildcard_enum_match_arm)]

use crate::engine::expression_text::{LocalText, is_pure, render};
use crate::engine::run::context::StatementContext;
use crate::program::{Expression, ExpressionKind};
use crate::value::{Loss, Value};

/// An explanation has at most this many values, the first ones of the condition.
const MAX_VALUES: usize = 3;
/// The longest value, in characters.
const MAX_LENGTH: usize = 80;

/// The values that a condition compared, in words.
pub(crate) struct ExplainedValues {
    /// Empty if there are none.
    pub text: String,
    /// Whether a part of it is missing.
    pub loss: Option<Loss>,
}

/// Explains a condition: `answer.result is unavailable` for each value that it compares.
pub(crate) async fn explain<'t>(context: &mut StatementContext<'_, 't>, condition: &'t Expression) -> ExplainedValues {
    let mut expressions = Vec::new();
    compared_expressions(condition, &mut expressions);
    let mut values: Vec<String> = Vec::new();
    let mut loss = None;
    for expression in expressions {
        if values.len() == MAX_VALUES || !is_pure(expression, &|_| true) {
            continue;
        }
        let Ok(value) = context.value_for_people(expression).await else { continue };
        let name = condition_text(context, expression);
        let (short, cut) = short(&value);
        let fact = format!("{name} is {short}");
        // The text of the condition names the host already.
        if !matches!(value, Value::Host(_)) && !values.contains(&fact) {
            values.push(fact);
            loss = loss.or(value.loss()).or(cut);
        }
    }
    ExplainedValues { text: values.join(", "), loss }
}

/// The text of a condition with the names of its locals, and with the values of hosts and texts.
pub(crate) fn condition_text(context: &StatementContext<'_, '_>, expression: &Expression) -> String {
    render(context.scope.tree.program, expression, &|slot| match context.frame.get(slot) {
        Some(value @ (Value::Host(_) | Value::Text(_))) => Some(LocalText::Value(value.clone())),
        _ => context.frame.name(slot).cloned().map(LocalText::Name),
    })
}

/// The text of a condition, followed by the values that it compares in brackets.
pub(crate) async fn with_values<'t>(context: &mut StatementContext<'_, 't>, condition: &'t Expression) -> String {
    let text = condition_text(context, condition);
    match explain(context, condition).await.text {
        values if values.is_empty() => text,
        values => format!("{text} ({values})"),
    }
}

/// Collects the expressions that a condition compares, without constants.
fn compared_expressions<'e>(condition: &'e Expression, found: &mut Vec<&'e Expression>) {
    match &condition.kind {
        ExpressionKind::And(left, right) | ExpressionKind::Or(left, right) => {
            compared_expressions(left, found);
            compared_expressions(right, found);
        }
        ExpressionKind::Not(of) => compared_expressions(of, found),
        ExpressionKind::Compare(_, left, right)
        | ExpressionKind::In(left, right)
        | ExpressionKind::Contains(left, right) => {
            let varies =
                |side: &&Expression| !matches!(side.kind, ExpressionKind::Constant(_) | ExpressionKind::List(_));
            found.extend([left.as_ref(), right.as_ref()].into_iter().filter(varies));
        }
        ExpressionKind::Matches(of, _) | ExpressionKind::IsAbsent(of) | ExpressionKind::IsRole(of, _) => found.push(of),
        ExpressionKind::Quantifier { list, .. } => found.push(list),
        ExpressionKind::Field(..) | ExpressionKind::Local(_) => found.push(condition),
        ExpressionKind::Constant(_)
        | ExpressionKind::Text(_)
        | ExpressionKind::Fact(..)
        | ExpressionKind::Method(..)
        | ExpressionKind::List(_)
        | ExpressionKind::Record { .. }
        | ExpressionKind::Comprehension(_)
        | ExpressionKind::Negate(_)
        | ExpressionKind::Arithmetic(..)
        | ExpressionKind::As { .. }
        | ExpressionKind::Conditional(..)
        | ExpressionKind::Observe(_)
        | ExpressionKind::Check(_)
        | ExpressionKind::FromOutside(_)
        | ExpressionKind::Hosts(_)
        | ExpressionKind::Now
        | ExpressionKind::RunStarted
        | ExpressionKind::GoalAnswer => {}
    }
}

fn short(value: &Value) -> (String, Option<Loss>) {
    let text = value.to_string();
    match text.char_indices().nth(MAX_LENGTH) {
        Some((end, _)) => (format!("{}…", &text[..end]), Some(Loss::LeftOut)),
        None => (text, None),
    }
}
