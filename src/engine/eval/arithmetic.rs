//! Comparison and checked arithmetic of values. What has no result is an error, never a panic.

use crate::program::types::Type;
use crate::program::{Arithmetic, Comparison};
use crate::value::{ActionError, Decimal, ErrorKind, SignedDuration, Value};
use rust_decimal::prelude::{FromPrimitive, ToPrimitive};
use std::cmp::Ordering;

pub(crate) fn mismatch(message: impl Into<String>) -> ActionError {
    ActionError::new(ErrorKind::Mismatch, message)
}

/// The order of two values of one kind. An absent value comes first.
pub(crate) fn order(left: &Value, right: &Value) -> Result<Ordering, ActionError> {
    Ok(match (left, right) {
        (Value::Absent, Value::Absent) => Ordering::Equal,
        (Value::Absent, _) => Ordering::Less,
        (_, Value::Absent) => Ordering::Greater,
        (Value::Text(a), Value::Text(b)) | (Value::Host(a), Value::Host(b)) | (Value::Word(a), Value::Word(b)) => {
            a.cmp(b)
        }
        (Value::Number(a), Value::Number(b)) | (Value::Percent(a), Value::Percent(b)) => a.cmp(b),
        (Value::Boolean(a), Value::Boolean(b)) => a.cmp(b),
        (Value::Duration(a), Value::Duration(b)) => a.cmp(b),
        (Value::Size(a), Value::Size(b)) => a.cmp(b),
        (Value::Time(a), Value::Time(b)) => a.cmp(b),
        (Value::Version(a), Value::Version(b)) => a.cmp(b),
        _ => {
            left.whole("a value that is compared").and_then(|()| right.whole("a value that is compared"))?;
            return Err(mismatch(format!("{} and {} have no order", left.kind(), right.kind())));
        }
    })
}

/// Compares two values. Only equality accepts an absent one.
pub(crate) fn compare(comparison: Comparison, left: &Value, right: &Value) -> Result<bool, ActionError> {
    match comparison {
        Comparison::Equal => return Ok(left == right),
        Comparison::NotEqual => return Ok(left != right),
        _ if *left == Value::Absent || *right == Value::Absent => {
            return Err(mismatch("a value that is to be compared is absent"));
        }
        _ => {}
    }
    let order = order(left, right)?;
    Ok(match comparison {
        Comparison::Less => order.is_lt(),
        Comparison::LessOrEqual => order.is_le(),
        Comparison::Greater => order.is_gt(),
        _ => order.is_ge(),
    })
}

/// Computes `left OPERATOR right`.
pub(crate) fn arithmetic(operator: Arithmetic, left: &Value, right: &Value) -> Result<Value, ActionError> {
    use Arithmetic::{Add, Divide, Multiply, Subtract};
    let result = match (operator, left, right) {
        (_, Value::Number(a), Value::Number(b)) => decimal(operator, *a, *b).map(Value::Number),
        (Add | Subtract, Value::Percent(a), Value::Percent(b)) => decimal(operator, *a, *b).map(Value::Percent),
        (Divide, Value::Percent(a), Value::Percent(b)) => decimal(Divide, *a, *b).map(Value::Number),
        (Multiply, Value::Percent(share), other) | (Multiply, other, Value::Percent(share)) => {
            let factor = decimal(Divide, *share, Decimal::ONE_HUNDRED);
            return scaled(factor, operator, left, right, other);
        }
        (Add, Value::Duration(a), Value::Duration(b)) => a.checked_add(*b).map(Value::Duration),
        (Subtract, Value::Duration(a), Value::Duration(b)) => a.checked_sub(*b).map(Value::Duration),
        (Divide, Value::Duration(a), Value::Duration(b)) => {
            decimal(Divide, milliseconds(*a), milliseconds(*b)).map(Value::Number)
        }
        (Add, Value::Time(time), Value::Duration(d)) | (Add, Value::Duration(d), Value::Time(time)) => {
            time.checked_add(*d).ok().map(Value::Time)
        }
        (Subtract, Value::Time(time), Value::Duration(d)) => time.checked_sub(*d).ok().map(Value::Time),
        (Subtract, Value::Time(a), Value::Time(b)) => Some(Value::Duration(a.duration_since(*b))),
        (Add, Value::Size(a), Value::Size(b)) => a.checked_add(*b).map(Value::Size),
        (Subtract, Value::Size(a), Value::Size(b)) => a.checked_sub(*b).map(Value::Size),
        (Divide, Value::Size(a), Value::Size(b)) => decimal(Divide, (*a).into(), (*b).into()).map(Value::Number),
        (Multiply, Value::Number(factor), other @ (Value::Duration(_) | Value::Size(_)))
        | (Multiply, other @ (Value::Duration(_) | Value::Size(_)), Value::Number(factor)) => {
            return scaled(Some(*factor), operator, left, right, other);
        }
        (Divide, other @ (Value::Duration(_) | Value::Size(_)), Value::Number(divisor)) => {
            return scaled(decimal(Divide, Decimal::ONE, *divisor), operator, left, right, other);
        }
        _ => None,
    };
    result.ok_or_else(|| cannot(operator, left, right))
}

fn scaled(
    factor: Option<Decimal>,
    operator: Arithmetic,
    left: &Value,
    right: &Value,
    of: &Value,
) -> Result<Value, ActionError> {
    let times = |amount: Decimal| factor.and_then(|factor| amount.checked_mul(factor));
    let result = match of {
        Value::Number(number) => times(*number).map(Value::Number),
        Value::Size(bytes) => times((*bytes).into()).and_then(|bytes| bytes.round().to_u64()).map(Value::Size),
        Value::Duration(d) => times(milliseconds(*d))
            .and_then(|ms| ms.round().to_i64())
            .map(SignedDuration::from_millis)
            .map(Value::Duration),
        _ => None,
    };
    result.ok_or_else(|| cannot(operator, left, right))
}

fn milliseconds(duration: SignedDuration) -> Decimal {
    Decimal::from_i128(duration.as_millis()).unwrap_or(Decimal::MAX)
}

fn decimal(operator: Arithmetic, a: Decimal, b: Decimal) -> Option<Decimal> {
    match operator {
        Arithmetic::Add => a.checked_add(b),
        Arithmetic::Subtract => a.checked_sub(b),
        Arithmetic::Multiply => a.checked_mul(b),
        Arithmetic::Divide => a.checked_div(b),
    }
}

fn cannot(operator: Arithmetic, left: &Value, right: &Value) -> ActionError {
    let sign = match operator {
        Arithmetic::Add => "+",
        Arithmetic::Subtract => "-",
        Arithmetic::Multiply => "*",
        Arithmetic::Divide => "/",
    };
    mismatch(format!("{left} {sign} {right} cannot be computed"))
}

/// Computes `-value`.
pub(crate) fn negate(value: &Value) -> Result<Value, ActionError> {
    match value {
        Value::Number(number) => Some(Value::Number(-*number)),
        Value::Percent(number) => Some(Value::Percent(-*number)),
        Value::Duration(duration) => duration.checked_neg().map(Value::Duration),
        _ => None,
    }
    .ok_or_else(|| mismatch(format!("-({value}) cannot be computed")))
}

/// The sum of a list with items of that type.
pub(crate) fn sum(values: &[Value], item: &Type) -> Result<Value, ActionError> {
    let nothing = match item {
        Type::Duration => Value::Duration(SignedDuration::ZERO),
        Type::Size => Value::Size(0),
        Type::Percent => Value::Percent(Decimal::ZERO),
        _ => Value::Number(Decimal::ZERO),
    };
    values.iter().try_fold(nothing, |sum, value| arithmetic(Arithmetic::Add, &sum, value))
}
