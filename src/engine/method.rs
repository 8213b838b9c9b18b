//! What can be asked of a value: `.count`, `.lines`, `.capture(…)`.

use super::compute::{mismatch, order, sum};
use super::conform::decimal;
use crate::check::program::Method;
use crate::value::jq::first_result;
use crate::value::{ActionError, Value};
use std::cmp::Ordering;
use std::collections::HashSet;
use std::sync::Arc;

/// The answer.
pub(super) fn method(of: &Value, which: &Method) -> Result<Value, ActionError> {
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
        (_, of) => return Err(mismatch(format!("{} cannot be asked that", of.kind()))),
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
