//! Binds parameters as PowerShell does: by name or an unambiguous prefix, and by type.

use super::reply::Reply;
use crate::simulation::exchange::model::state::{DatabaseId, ServerId, Site};
use crate::transport::powershell::ErrorStage;
use serde_json::{Map, Value};

/// The type of a parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::simulation::exchange) enum Kind {
    Text,
    Boolean,
    Number,
}

/// The parameters of a call.
#[derive(Debug, Clone, Default)]
pub(in crate::simulation::exchange) struct Parameters {
    cmdlet: &'static str,
    values: Vec<(&'static str, Value)>,
    /// The computer where it runs.
    pub computer: Option<ServerId>,
}

impl Parameters {
    fn value(&self, name: &str) -> Option<&Value> {
        self.values.iter().find(|(known, _)| *known == name).map(|(_, value)| value)
    }

    /// A text; empty if absent.
    pub fn text(&self, name: &str) -> &str {
        self.value(name).and_then(Value::as_str).unwrap_or_default()
    }

    /// A text that may be absent.
    pub fn given(&self, name: &str) -> Option<&str> {
        self.value(name).and_then(Value::as_str)
    }

    /// A truth value that may be absent.
    pub fn boolean(&self, name: &str) -> Option<bool> {
        self.value(name).and_then(Value::as_bool)
    }

    /// A number that may be absent.
    pub fn number(&self, name: &str) -> Option<u64> {
        self.value(name).and_then(Value::as_u64)
    }

    /// The server that a parameter names.
    pub fn server(&self, site: &Site, name: &str) -> Result<ServerId, Reply> {
        let written = self.text(name);
        site.server_named(written).ok_or_else(|| self.not_found(written))
    }

    /// The database that a parameter names.
    pub fn database(&self, site: &Site, name: &str) -> Result<DatabaseId, Reply> {
        let written = self.text(name);
        site.database_named(written).ok_or_else(|| self.not_found(written))
    }

    fn not_found(&self, written: &str) -> Reply {
        let message = format!("The operation couldn't be performed because object '{written}' couldn't be found");
        self.failed("ManagementObjectNotFoundException", "InvalidArgument", message)
    }

    /// An error record of this cmdlet.
    pub fn failed(&self, id: &str, category: &str, message: impl Into<String>) -> Reply {
        Reply::error(ErrorStage::Command, &format!("{id},{}", self.cmdlet), category, message)
    }
}

/// Binds arguments to the parameters of a cmdlet.
pub(super) fn bind(
    cmdlet: &'static str,
    known: &'static [(&'static str, Kind, bool)],
    given: &Map<String, Value>,
) -> Result<Parameters, Reply> {
    let refused = |id: &str, message: String| {
        Reply::error(ErrorStage::Bind, &format!("{id},{cmdlet}"), "InvalidArgument", message)
    };
    let mut values: Vec<(&'static str, Value)> = Vec::new();
    for (written, value) in given {
        let begins = |name: &str| name.get(..written.len()).is_some_and(|start| start.eq_ignore_ascii_case(written));
        let exact = known.iter().find(|(name, ..)| name.eq_ignore_ascii_case(written));
        let mut candidates = known.iter().filter(|(name, ..)| !written.is_empty() && begins(name));
        let (name, kind, _) = match (exact, candidates.next(), candidates.next()) {
            (Some(exact), ..) | (None, Some(exact), None) => exact,
            (None, Some(_), Some(_)) => {
                let message = format!("Parameter cannot be processed because the name '{written}' is ambiguous");
                return Err(refused("AmbiguousParameter", message));
            }
            (None, None, _) => {
                let message = format!("A parameter cannot be found that matches parameter name '{written}'.");
                return Err(refused("NamedParameterNotFound", message));
            }
        };
        if values.iter().any(|(bound, _)| bound == name) {
            let message = format!("Cannot bind parameter because parameter '{name}' is specified more than once.");
            return Err(refused("ParameterAlreadyBound", message));
        }
        let fits = match kind {
            Kind::Text => value.is_string(),
            Kind::Boolean => value.is_boolean(),
            Kind::Number => value.is_u64(),
        };
        if !fits {
            let message = format!("Cannot process argument transformation on parameter '{name}'.");
            return Err(refused("ParameterArgumentTransformationError", message));
        }
        if value.as_str().is_some_and(str::is_empty) {
            let message = format!("Cannot bind argument to parameter '{name}' because it is an empty string.");
            return Err(refused("ParameterArgumentValidationErrorEmptyStringNotAllowed", message));
        }
        values.push((name, value.clone()));
    }
    for (name, _, must) in known {
        if *must && !values.iter().any(|(bound, _)| bound == name) {
            let message =
                format!("Cannot process command because of one or more missing mandatory parameters: {name}.");
            return Err(refused("MissingMandatoryParameter", message));
        }
    }
    Ok(Parameters { cmdlet, values, computer: None })
}
