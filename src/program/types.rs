//! The types of the language, resolved.

use ecow::EcoString;
use std::collections::BTreeSet;
use std::sync::Arc;

/// A resolved type. Records and enums are shared; no type contains itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Type {
    /// The type of a mistake. It fits everything, so that one mistake gives one diagnostic.
    Invalid,
    /// The result of an action that returns nothing.
    Nothing,
    Text,
    Number,
    Boolean,
    Duration,
    /// A number of bytes.
    Size,
    Percent,
    /// A point in time.
    Time,
    Version,
    /// A host with at least one of these roles; any host where the list is empty.
    Host(Vec<EcoString>),
    List(Box<Type>),
    Record(Arc<RecordType>),
    Enum(Arc<EnumType>),
    /// JSON that is not decoded yet.
    Json,
    Optional(Box<Type>),
    /// A reference to a secret.
    Secret,
}

impl Type {
    /// The type of the value where one is present: `T` of `T?`, any other type itself.
    pub fn present(&self) -> &Type {
        if let Type::Optional(inner) = self { inner } else { self }
    }

    /// Whether a predicate holds for this type or one inside it. Visits each record once.
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

#[derive(Debug, PartialEq, Eq)]
pub struct RecordType {
    pub name: EcoString,
    pub fields: Vec<(EcoString, Type)>,
}

impl RecordType {
    pub fn field(&self, name: &str) -> Option<&Type> {
        self.fields.iter().find(|(field, _)| field == name).map(|(_, type_of)| type_of)
    }
}

#[derive(Debug, PartialEq, Eq)]
pub struct EnumType {
    /// Empty for the choices of a question.
    pub name: EcoString,
    pub words: Vec<EcoString>,
    /// Whether a value may be a word that is not listed.
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
