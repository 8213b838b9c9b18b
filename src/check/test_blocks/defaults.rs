//! Default values for the fields and facts that tests leave out.

use crate::program::test_block::start_of_tests;
use crate::program::types::{RecordType, Type};
use crate::value::{Decimal, Record, SignedDuration, Value};
use ecow::EcoString;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The maximum number of values in a default. Nested records can double it with every line of a file.
pub(crate) const MOST: usize = 1000;

/// The defaults of records, each built once and shared.
#[derive(Default)]
pub(crate) struct TestDefaults(BTreeMap<*const RecordType, DefaultValue>);

/// Keeps the type alive, so that no other gets its address.
struct DefaultValue {
    _type_of: Arc<RecordType>,
    blank: MissingDefault,
}

/// The default of a field.
#[derive(Clone)]
pub(crate) enum MissingDefault {
    /// None: words, booleans, hosts and versions decide things.
    None,
    /// The default, and the number of values in it.
    Value(Value, usize),
    /// It would contain more than [`MOST`] values.
    TooLarge,
}

impl TestDefaults {
    /// The default of a field that a test leaves out.
    pub fn field(&mut self, type_of: &Type) -> MissingDefault {
        let value = match type_of {
            Type::Record(record) => return self.record(record),
            Type::Optional(_) => Value::Absent,
            Type::Text => Value::text(""),
            Type::Number => Value::Number(Decimal::ZERO),
            Type::Percent => Value::Percent(Decimal::ZERO),
            Type::Size => Value::Size(0),
            Type::Duration => Value::Duration(SignedDuration::ZERO),
            Type::Time => Value::Time(start_of_tests()),
            Type::List(_) => Value::list([]),
            Type::Invalid
            | Type::Nothing
            | Type::Boolean
            | Type::Version
            | Type::Host(_)
            | Type::Enum(_)
            | Type::Json
            | Type::Secret => return MissingDefault::None,
        };
        MissingDefault::Value(value, 1)
    }

    fn record(&mut self, record: &Arc<RecordType>) -> MissingDefault {
        if let Some(made) = self.0.get(&Arc::as_ptr(record)) {
            return made.blank.clone();
        }
        let blank = self.make(record);
        self.0.insert(Arc::as_ptr(record), DefaultValue { _type_of: Arc::clone(record), blank: blank.clone() });
        blank
    }

    fn make(&mut self, record: &RecordType) -> MissingDefault {
        let mut fields = Vec::with_capacity(record.fields.len());
        let mut all = 1;
        for (name, type_of) in &record.fields {
            match self.field(type_of) {
                MissingDefault::Value(value, values) => {
                    all += values;
                    fields.push((name.clone(), value));
                }
                missing @ (MissingDefault::None | MissingDefault::TooLarge) => return missing,
            }
        }
        if all > MOST {
            return MissingDefault::TooLarge;
        }
        MissingDefault::Value(Value::Record(Arc::new(Record { name: record.name.clone(), fields })), all)
    }
}

/// The default of a fact that a test leaves out. A secret is never resolved in tests, so the fact's name serves.
pub(crate) fn fact(name: &EcoString, type_of: &Type) -> Option<Value> {
    if *type_of == Type::Secret {
        return Some(Value::Secret(name.clone()));
    }
    match TestDefaults::default().field(type_of) {
        MissingDefault::Value(value, _) => Some(value),
        MissingDefault::None | MissingDefault::TooLarge => None,
    }
}
