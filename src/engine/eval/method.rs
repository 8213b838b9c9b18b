//! Methods of values: `.count`, `.lines`, `.capture(…)`.

use super::arithmetic::{mismatch, order, sum};
use super::decode::decimal;
use crate::program::Method;
use crate::value::jq::first_result;
use crate::value::{ActionError, Value};
use std::cmp::Ordering;
use std::collections::HashSet;
use std::sync::Arc;

/// The result of a method.
pub(crate) fn method(of: &Value, which: &Method) -> Result<Value, ActionError> {
    let Value::Partial(partial) = of else { return of_whole(of, which) };
    // What only passes parts on keeps the mark. A search or a count is refused, because the missing part could change
    // it.
    match which {
        Method::Lines | Method::First | Method::Last | Method::Json | Method::Jq(_) => {
            match of_whole(&partial.value, which) {
                Ok(value) if value != Value::Absent => Ok(value.with_loss(partial.loss)),
                _ => Err(partial.loss.error_for("what is looked into")),
            }
        }
        Method::Count | Method::Sum(_) | Method::Max | Method::Min | Method::Distinct => {
            Err(partial.loss.error_for("a list that is counted"))
        }
        Method::Number => Err(partial.loss.error_for("a number")),
        Method::Capture(_) => Err(partial.loss.error_for("what a pattern is looked for in")),
    }
}

fn of_whole(of: &Value, which: &Method) -> Result<Value, ActionError> {
    if let Method::Max | Method::Min | Method::Sum(_) | Method::Distinct = which {
        of.whole("a list whose items are compared")?;
    }
    Ok(match (which, of) {
        (Method::Count, Value::List(values)) => Value::number(values.len() as u64),
        (Method::First, Value::List(values)) => values.first().cloned().unwrap_or(Value::Absent),
        (Method::Last, Value::List(values)) => values.last().cloned().unwrap_or(Value::Absent),
        (Method::Max, Value::List(values)) => extreme(values, Ordering::Greater)?,
        (Method::Min, Value::List(values)) => extreme(values, Ordering::Less)?,
        (Method::Sum(item), Value::List(values)) => sum(values, item)?,
        (Method::Distinct, Value::List(values)) => {
            let mut seen: HashSet<&Value> = HashSet::new();
            Value::list(values.iter().filter(|value| seen.insert(value)).cloned())
        }
        (Method::Lines, Value::Text(text)) => Value::list(text.lines().map(Value::text)),
        (Method::Number, Value::Text(text)) => decimal(text.trim()).map_or(Value::Absent, Value::Number),
        (Method::Json, Value::Text(text)) => serde_json::from_str(text)
            .map(|json| Value::Json(Arc::new(json)))
            .map_err(|error| mismatch(format!("a text is not JSON: {error}")))?,
        (Method::Capture(pattern), Value::Text(text)) => pattern
            .captures(text)
            .and_then(|found| found.get(1).or_else(|| found.get(0)))
            .map_or(Value::Absent, |found| Value::text(found.as_str())),
        (Method::Jq(filter), Value::Json(json)) => Value::Json(Arc::new(first_result(filter, json)?)),
        (_, of) => return Err(mismatch(format!("{} has no such property", of.kind()))),
    })
}

fn extreme(values: &[Value], wanted: Ordering) -> Result<Value, ActionError> {
    let mut best: Option<&Value> = None;
    for value in values {
        let better = match best {
            Some(best) => order(value, best)? == wanted,
            None => true,
        };
        if better {
            best = Some(value);
        }
    }
    Ok(best.cloned().unwrap_or(Value::Absent))
}
