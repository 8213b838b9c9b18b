//! A call of an action, ready to be carried out.

use super::{SourceText, Value};
use ecow::EcoString;
use serde::{Deserialize, Serialize};

/// The harm that an action may do, in rising order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, strum::IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// Reads.
    Observe,
    /// Changes something; users do not notice.
    Change,
    /// Users may notice.
    Disrupt,
    /// Cannot be undone.
    Destroy,
}

impl Class {
    /// The word of the language.
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

/// A call with evaluated arguments. Equal calls request the same thing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Call {
    /// The backend.
    pub backend: EcoString,
    /// Its action.
    pub action: EcoString,
    /// The class that the signature gives it.
    pub class: Class,
    /// A value for each parameter of the signature, in its order, defaults included.
    pub arguments: Vec<(EcoString, Value)>,
}

impl Call {
    /// An argument by the parameter's name.
    pub fn argument(&self, name: &str) -> Option<&Value> {
        self.arguments.iter().find(|(parameter, _)| parameter == name).map(|(_, value)| value)
    }

    /// The first host among the arguments: the target of the call, if it has one.
    pub fn target(&self) -> Option<&str> {
        self.arguments.iter().find_map(|(_, value)| value.as_host())
    }
}

/// As the runbook would write it, absent arguments left out: `service.restart("imap", on: fe1)`.
impl std::fmt::Display for Call {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}(", self.backend, self.action)?;
        let mut first = true;
        for (name, value) in self.arguments.iter().filter(|(_, value)| *value != Value::Absent) {
            if !std::mem::take(&mut first) {
                f.write_str(", ")?;
            }
            write!(f, "{name}: {}", SourceText(value))?;
        }
        f.write_str(")")
    }
}
