//! The result of a cmdlet before filters and property selection.

use crate::simulation::exchange::settings::duration::Moment;
use crate::transport::powershell::{ErrorRecord, ErrorStage};
use serde_json::Value;

/// An object of the pipeline: its properties.
pub(in crate::simulation::exchange) type Object = Vec<(&'static str, Value)>;

/// Objects, warnings, errors.
#[derive(Debug, Clone, Default)]
pub(in crate::simulation::exchange) struct Reply {
    pub objects: Vec<Object>,
    pub warnings: Vec<String>,
    pub errors: Vec<ErrorRecord>,
}

impl Reply {
    /// Objects alone.
    pub fn objects(objects: Vec<Object>) -> Self {
        Self { objects, ..Self::default() }
    }

    /// Nothing at all.
    pub fn nothing() -> Self {
        Self::default()
    }

    /// A warning and no object.
    pub fn warning(text: impl Into<String>) -> Self {
        Self { warnings: vec![text.into()], ..Self::default() }
    }

    /// An error record and no object.
    pub fn error(stage: ErrorStage, id: &str, category: &str, message: impl Into<String>) -> Self {
        let (id, category) = (id.to_owned(), category.to_owned());
        Self { errors: vec![ErrorRecord { stage, id, category, message: message.into() }], ..Self::default() }
    }

    /// The error of PowerShell for an unknown cmdlet.
    pub fn unknown_command(name: &str) -> Self {
        let message = format!("The term '{name}' is not recognized as the name of a cmdlet");
        Self::error(ErrorStage::Bind, "CommandNotFoundException", "ObjectNotFound", message)
    }
}

/// A time as the envelope has it.
pub(super) fn time(moment: Moment) -> Value {
    Value::String(moment.timestamp().to_string())
}

/// An optional time: Exchange returns the first moment of its calendar for none.
pub(super) fn time_or_never(moment: Option<Moment>) -> Value {
    moment.map_or_else(|| Value::from("0001-01-01T00:00:00Z"), time)
}
