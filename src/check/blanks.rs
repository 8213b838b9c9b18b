//! What is left out of records and hosts in tests: nobody wants to write out what a test is not about.

use super::test_block::start_of_tests;
use super::types::Type;
use crate::value::{Decimal, Record, SignedDuration, Value};
use ecow::EcoString;
use std::sync::Arc;

/// The value of a field that a test leaves out. Words, booleans, hosts and versions decide things: they have none.
pub(super) fn field(type_of: &Type) -> Option<Value> {
    Some(match type_of {
        Type::Optional(_) => Value::Absent,
        Type::Text => Value::text(""),
        Type::Number => Value::Number(Decimal::ZERO),
        Type::Percent => Value::Percent(Decimal::ZERO),
        Type::Size => Value::Size(0),
        Type::Duration => Value::Duration(SignedDuration::ZERO),
        Type::Time => Value::Time(start_of_tests()),
        Type::List(_) => Value::list([]),
        Type::Record(record) => {
            let fields = record.fields.iter().map(|(name, type_of)| Some((name.clone(), field(type_of)?)));
            Value::Record(Arc::new(Record { name: record.name.clone(), fields: fields.collect::<Option<_>>()? }))
        }
        _ => return None,
    })
}

/// The value of a fact that a test leaves out. A secret is never looked at, so its name will do.
pub(super) fn fact(name: &EcoString, type_of: &Type) -> Option<Value> {
    match type_of {
        Type::Secret => Some(Value::Secret(name.clone())),
        other => field(other),
    }
}
