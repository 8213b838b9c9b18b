//! Why a condition came out as it did: the values that it looked at, by the names that its author gave them.

use crate::engine::preview::render::{is_pure, render};
use crate::engine::run::context::StatementContext;
use crate::program::{Expression, ExpressionKind};
use crate::value::{Loss, Value};

/// Values that are said; a condition that looks at more is told by the first of them.
const MOST: usize = 3;
/// The longest value that is said, in characters.
const LONGEST: usize = 80;

/// What a condition looked at, in words.
pub(crate) struct ExplainedValues {
    /// Empty when there is nothing to say.
    pub text: String,
    /// Whether a part of it is missing.
    pub loss: Option<Loss>,
}

/// `answer.result is unavailable`, for each value that a condition compares; empty when it looks at none.
pub(crate) async fn explain<'t>(context: &mut StatementContext<'_, 't>, condition: &'t Expression) -> ExplainedValues {
    let mut looked_at = Vec::new();
    compared(condition, &mut looked_at);
    let mut said: Vec<String> = Vec::new();
    let mut loss = None;
    for expression in looked_at {
        if said.len() == MOST || !is_pure(expression, &|_| true) {
            continue;
        }
        let Ok(value) = context.value_for_people(expression).await else { continue };
        let name = written(context, expression);
        let (short, cut) = short(&value);
        let fact = format!("{name} is {short}");
        // A host stands in the condition by its name already.
        if !matches!(value, Value::Host(_)) && !said.contains(&fact) {
            said.push(fact);
            loss = loss.or(value.loss()).or(cut);
        }
    }
    ExplainedValues { text: said.join(", "), loss }
}

/// A condition with what its locals are called; hosts and texts are put in their places.
pub(crate) fn written(context: &StatementContext<'_, '_>, expression: &Expression) -> String {
    render(context.scope.tree.program, expression, &|slot| match context.frame.get(slot) {
        Some(value @ (Value::Host(_) | Value::Text(_))) => Some(value.clone()),
        _ => context.frame.name(slot).cloned().map(Value::Word),
    })
}

/// A condition, and in brackets the values that it compares.
pub(crate) async fn with_values<'t>(context: &mut StatementContext<'_, 't>, condition: &'t Expression) -> String {
    let text = written(context, condition);
    match explain(context, condition).await.text {
        facts if facts.is_empty() => text,
        facts => format!("{text} ({facts})"),
    }
}

/// What a condition compares that does not stand in its text.
fn compared<'e>(condition: &'e Expression, found: &mut Vec<&'e Expression>) {
    match &condition.kind {
        ExpressionKind::And(left, right) | ExpressionKind::Or(left, right) => {
            compared(left, found);
            compared(right, found);
        }
        ExpressionKind::Not(of) => compared(of, found),
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
        _ => {}
    }
}

fn short(value: &Value) -> (String, Option<Loss>) {
    let text = value.to_string();
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => (format!("{}…", &text[..end]), Some(Loss::LeftOut)),
        None => (text, None),
    }
}
