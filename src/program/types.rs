//! The types of the language, resolved.

use ecow::EcoString;
use std::collections::BTreeSet;
use std::sync::Arc;

/// A resolved type. Records and enums are shared; no type contains itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Type {
    /// What a mistake has; it fits everything, so that one slip gives one diagnostic.
    Invalid,
    /// The type of an action without an answer.
    Nothing,
    /// Text.
    Text,
    /// A number.
    Number,
    /// True or false.
    Boolean,
    /// A length of time.
    Duration,
    /// Bytes.
    Size,
    /// Hundredths.
    Percent,
    /// A point in time.
    Time,
    /// A version.
    Version,
    /// A host with at least one of these roles; any host when there are none.
    Host(Vec<EcoString>),
    /// A list.
    List(Box<Type>),
    /// A record.
    Record(Arc<RecordType>),
    /// An enum.
    Enum(Arc<EnumType>),
    /// JSON that nobody has decoded yet.
    Json,
    /// A value that may be absent.
    Optional(Box<Type>),
    /// A reference to a secret.
    Secret,
}

impl Type {
    /// The type of the value where one is present: `T` of `T?`, any other type itself.
    pub fn present(&self) -> &Type {
        if let Type::Optional(inner) = self { inner } else { self }
    }

    /// Whether this or any type inside it is one that is asked for. Every record is looked into once.
    pub fn holds(&self, asked_for: impl Fn(&Type) -> bool) -> bool {
        let mut seen: BTreeSet<*const RecordType> = BTreeSet::new();
        let mut open = vec![self];
        while let Some(next) = open.pop() {
            if asked_for(next) {
                return true;
            }
            match next {
                Type::List(inner) | Type::Optional(inner) => open.push(inner),
                Type::Record(record) if seen.insert(Arc::as_ptr(record)) => {
                    open.extend(record.fields.iter().map(|(_, type_of)| type_of));
                }
                Type::Invalid
                | Type::Nothing
                | Type::Text
                | Type::Number
                | Type::Boolean
                | Type::Duration
                | Type::Size
                | Type::Percent
                | Type::Time
                | Type::Version
                | Type::Host(_)
                | Type::Record(_)
                | Type::Enum(_)
                | Type::Json
                | Type::Secret => {}
            }
        }
        false
    }
}

/// A record type.
#[derive(Debug, PartialEq, Eq)]
pub struct RecordType {
    /// Its name.
    pub name: EcoString,
    /// Its fields in order.
    pub fields: Vec<(EcoString, Type)>,
}

impl RecordType {
    /// A field's type.
    pub fn field(&self, name: &str) -> Option<&Type> {
        self.fields.iter().find(|(field, _)| field == name).map(|(_, type_of)| type_of)
    }
}

/// An enum.
#[derive(Debug, PartialEq, Eq)]
pub struct EnumType {
    /// Its name; empty for the choices of a question.
    pub name: EcoString,
    /// Its words in order.
    pub words: Vec<EcoString>,
    /// Whether words that are not listed may come from outside.
    pub open: bool,
}

/// As the language writes it.
impl std::fmt::Display for Type {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Invalid => f.write_str("?"),
            Self::Nothing => f.write_str("nothing"),
            Self::Text => f.write_str("text"),
            Self::Number => f.write_str("number"),
            Self::Boolean => f.write_str("boolean"),
            Self::Duration => f.write_str("duration"),
            Self::Size => f.write_str("size"),
            Self::Percent => f.write_str("percent"),
            Self::Time => f.write_str("time"),
            Self::Version => f.write_str("version"),
            Self::Host(roles) if roles.is_empty() => f.write_str("host"),
            Self::Host(roles) => f.write_str(&roles.join(" or ")),
            Self::List(item) => write!(f, "list<{item}>"),
            Self::Record(record) => f.write_str(&record.name),
            Self::Enum(words) if words.name.is_empty() => write!(f, "one of {}", words.words.join(", ")),
            Self::Enum(words) => f.write_str(&words.name),
            Self::Json => f.write_str("json"),
            Self::Optional(inner) => write!(f, "{inner}?"),
            Self::Secret => f.write_str("secret"),
        }
    }
}
