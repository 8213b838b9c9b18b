//! Runbook arguments from outside: text from the command line or an alert, parsed as values of the parameters' types.

use crate::diagnostic::{did_you_mean, name_list, nearest};
use crate::program::Parameter;
use crate::program::types::Type;
use crate::syntax;
use crate::value::{Host, Value, Version};
use std::sync::Arc;
use thiserror::Error;

/// The names of the inventory that an argument may refer to.
#[derive(Debug, Clone, Copy)]
pub struct InventoryNames<'a> {
    /// All hosts of the inventory.
    pub hosts: &'a [Host],
    /// The names of its secrets.
    pub secrets: &'a [&'a str],
}

/// A parameter's name and the text of its value.
pub type NamedValue = (String, String);

/// Why an argument cannot be used. Displays as one sentence.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ArgumentError {
    /// A word of the command line is neither a runbook's name nor an argument.
    #[error("Expected NAME=VALUE, found {0:?}")]
    NotNameValue(String),
    /// The runbook has no such parameter.
    #[error("Unknown parameter `{name}`. {}", suggestion_or_list(.suggestion.as_deref(), .available))]
    UnknownParameter {
        /// The name as given.
        name: String,
        /// The most similar parameter.
        suggestion: Option<String>,
        /// All parameters of the runbook.
        available: Vec<String>,
    },
    /// A parameter has two values.
    #[error("`{0}` is given twice")]
    Duplicate(String),
    /// A parameter without a default has no value.
    #[error("Missing argument `{name}`: write {name}=VALUE, where VALUE is {expected}")]
    Missing {
        /// The parameter.
        name: String,
        /// The form of a value, as the end of a sentence.
        expected: String,
    },
    /// The text is not a value of the parameter's type.
    #[error("Invalid value{} for `{name}`: {error}", .text.as_ref().map(|text| format!(" {text:?}")).unwrap_or_default())]
    Invalid {
        /// The parameter.
        name: String,
        /// The text as given. `None` for a secret: the text may be the secret's value instead of its name.
        text: Option<String>,
        /// What is wrong with the text.
        error: ValueError,
    },
}

/// Why a text is not a value of a type. Displays as the end of a sentence.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ValueError {
    /// The text does not have the form described.
    #[error("expected {0}")]
    Expected(String),
    /// The enum has no such word; carries the most similar one.
    #[error("did you mean `{0}`?")]
    MisspeltWord(String),
    /// The inventory has no such secret; carries the most similar name.
    #[error("unknown secret{}", .0.as_ref().map(|name| format!(". Did you mean `{name}`?")).unwrap_or_default())]
    UnknownSecret(Option<String>),
    /// Values of this type cannot be given as text.
    #[error("a value of type `{0}` cannot be given as an argument; let the runbook ask for it")]
    NotFromOutside(String),
    /// The host has none of the required roles.
    #[error("`{host}` does not have the role {}", .roles.join(" or "))]
    WrongRole {
        /// The host's name.
        host: String,
        /// The accepted roles.
        roles: Vec<String>,
    },
    /// The inventory has no such host.
    #[error("{}", unknown_host(.suggestion.as_deref(), .available))]
    UnknownHost {
        /// The most similar host of an accepted role.
        suggestion: Option<String>,
        /// All hosts of an accepted role.
        available: Vec<String>,
    },
    /// Several hosts have this name or alias.
    #[error("several hosts have this name: {}", abbreviated(.0))]
    AmbiguousHost(Vec<String>),
}

fn suggestion_or_list(suggestion: Option<&str>, available: &[String]) -> String {
    match (suggestion, available) {
        (Some(name), _) => did_you_mean(name),
        (None, []) => "The runbook has no parameters".to_owned(),
        (None, available) => format!("Available: {}", name_list(available)),
    }
}

fn unknown_host(suggestion: Option<&str>, available: &[String]) -> String {
    match (suggestion, available) {
        (Some(name), _) => format!("unknown host. Did you mean `{name}`?"),
        (None, []) => "no suitable host is defined in an inventory (rectify.yaml)".to_owned(),
        (None, available) => format!("unknown host. Available: {}", abbreviated(available)),
    }
}

/// Binds one value to every parameter, in declaration order.
///
/// # Errors
/// All mistakes, not only the first.
pub fn bind(
    parameters: &[Parameter],
    given: &[NamedValue],
    inventory: InventoryNames<'_>,
) -> Result<Vec<Value>, Vec<ArgumentError>> {
    let mut errors = Vec::new();
    for (position, (name, _)) in given.iter().enumerate() {
        if !parameters.iter().any(|parameter| parameter.name == *name) {
            errors.push(unknown_parameter(name, parameters));
        } else if given.iter().take(position).any(|(earlier, _)| earlier == name) {
            errors.push(ArgumentError::Duplicate(name.clone()));
        }
    }
    let mut values = Vec::with_capacity(parameters.len());
    for parameter in parameters {
        let text = given.iter().find(|(name, _)| parameter.name == *name).map(|(_, text)| text);
        let name = || parameter.name.to_string();
        match (text, &parameter.default, &parameter.type_of) {
            (Some(text), ..) => match read(text, &parameter.type_of, inventory) {
                Ok(value) => values.push(value),
                Err(error) => {
                    let text = (!holds_secret(&parameter.type_of)).then(|| text.clone());
                    errors.push(ArgumentError::Invalid { name: name(), text, error });
                }
            },
            (None, Some(default), _) => values.push(default.clone()),
            (None, None, Type::Optional(_)) => values.push(Value::Absent),
            (None, None, type_of) => {
                errors.push(ArgumentError::Missing { name: name(), expected: expected_form(type_of) });
            }
        }
    }
    if errors.is_empty() { Ok(values) } else { Err(errors) }
}

fn holds_secret(type_of: &Type) -> bool {
    match type_of {
        Type::Secret => true,
        Type::Optional(inner) | Type::List(inner) => holds_secret(inner),
        _ => false,
    }
}

fn unknown_parameter(name: &str, parameters: &[Parameter]) -> ArgumentError {
    let names = parameters.iter().map(|parameter| parameter.name.as_str());
    ArgumentError::UnknownParameter {
        name: name.to_owned(),
        suggestion: nearest(name, names.clone()).map(str::to_owned),
        available: names.map(str::to_owned).collect(),
    }
}

/// The form of a value of a type, as the end of a sentence.
fn expected_form(type_of: &Type) -> String {
    match type_of {
        Type::Host(roles) if roles.is_empty() => "the name of a host".to_owned(),
        Type::Host(roles) => format!("the name of a host with the role {}", roles.join(" or ")),
        Type::Text => "a text".to_owned(),
        Type::Number => "a number such as 12 or 0.5".to_owned(),
        Type::Boolean => "true or false".to_owned(),
        Type::Duration => "a duration such as 90s or 1h30m".to_owned(),
        Type::Size => "a size such as 512MiB".to_owned(),
        Type::Percent => "a percentage such as 85%".to_owned(),
        Type::Time => "a time such as 2026-11-24T03:00:00Z".to_owned(),
        Type::Version => "a version such as 26.0.1".to_owned(),
        Type::Enum(words) => format!("one of {}", words.words.join(", ")),
        Type::List(item) => format!("a list with commas between its items, each {}", expected_form(item)),
        Type::Optional(inner) => expected_form(inner),
        Type::Secret => "the name of a secret in the inventory".to_owned(),
        Type::Json => "JSON".to_owned(),
        other => format!("a {other}"),
    }
}

/// Parses a text as a value of a type.
///
/// # Errors
/// The text is not a value of the type.
pub fn read(text: &str, type_of: &Type, inventory: InventoryNames<'_>) -> Result<Value, ValueError> {
    let expected = || ValueError::Expected(expected_form(type_of));
    match type_of {
        Type::Text => Ok(Value::text(text)),
        Type::Number => text.parse().map(Value::Number).map_err(|_| expected()),
        Type::Boolean => text.parse().map(Value::Boolean).map_err(|_| expected()),
        Type::Duration => syntax::duration(text).map(Value::Duration).ok_or_else(expected),
        Type::Size => syntax::size(text).map(Value::Size).ok_or_else(expected),
        Type::Percent => {
            text.strip_suffix('%').and_then(|number| number.parse().ok()).map(Value::Percent).ok_or_else(expected)
        }
        Type::Time => text.parse().map(Value::Time).map_err(|_| expected()),
        Type::Version => Version::parse(text).map(Value::Version).ok_or_else(expected),
        Type::Host(roles) => host(text, roles, inventory.hosts).map(|host| Value::Host(host.name.clone())),
        Type::Enum(words) if words.open || words.words.iter().any(|word| word == text) => Ok(Value::word(text)),
        Type::Enum(words) => Err(nearest(text, words.words.iter().map(|word| word.as_str()))
            .map_or_else(expected, |word| ValueError::MisspeltWord(word.to_owned()))),
        Type::List(_) if text.is_empty() => Ok(Value::list([])),
        Type::List(item) => {
            let items: Result<Vec<Value>, ValueError> =
                text.split(',').map(|part| read(part.trim(), item, inventory)).collect();
            items.map(Value::list)
        }
        Type::Optional(_) if text.is_empty() => Ok(Value::Absent),
        Type::Optional(inner) => read(text, inner, inventory),
        Type::Json => serde_json::from_str(text).map(|json| Value::Json(Arc::new(json))).map_err(|_| expected()),
        Type::Secret if inventory.secrets.contains(&text) => Ok(Value::Secret(text.into())),
        Type::Secret => {
            Err(ValueError::UnknownSecret(nearest(text, inventory.secrets.iter().copied()).map(str::to_owned)))
        }
        Type::Record(_) | Type::Invalid | Type::Nothing => Err(ValueError::NotFromOutside(type_of.to_string())),
    }
}

/// The one host with this name, alias or address.
fn host<'a>(text: &str, roles: &[ecow::EcoString], hosts: &'a [Host]) -> Result<&'a Host, ValueError> {
    let named: Vec<&Host> = hosts.iter().filter(|host| host.has_name(text)).collect();
    let fits = |host: &&&Host| roles.is_empty() || host.roles.iter().any(|role| roles.contains(role));
    let fitting: Vec<&&Host> = named.iter().filter(fits).collect();
    match (fitting.as_slice(), named.as_slice()) {
        ([only], _) => Ok(only),
        ([], [other]) => {
            let roles = roles.iter().map(ToString::to_string).collect();
            Err(ValueError::WrongRole { host: other.name.to_string(), roles })
        }
        ([], []) => {
            let available: Vec<&str> = hosts.iter().filter(|host| fits(&host)).map(|host| host.name.as_str()).collect();
            let suggestion = nearest(text, available.iter().copied()).map(str::to_owned);
            Err(ValueError::UnknownHost { suggestion, available: available.into_iter().map(str::to_owned).collect() })
        }
        _ => Err(ValueError::AmbiguousHost(named.iter().map(|host| host.name.to_string()).collect())),
    }
}

/// Joins names for a message; shows eight at most.
pub fn abbreviated(names: &[impl AsRef<str>]) -> String {
    const MOST: usize = 8;
    let shown = name_list(names.iter().take(MOST).map(AsRef::as_ref));
    match names.len().checked_sub(MOST) {
        None | Some(0) => shown,
        Some(more) => format!("{shown} and {more} more"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::program::types::EnumType;
    use crate::value::{BackendSettings, SignedDuration};

    fn host_named(name: &str, role: &str, alias: &str) -> Host {
        Host {
            name: name.into(),
            address: "192.0.2.1".into(),
            aliases: vec![alias.into()],
            roles: vec![role.into()],
            facts: Vec::new(),
            settings: BackendSettings::default(),
            same_machine_as: None,
        }
    }

    fn parameter(name: &str, type_of: Type, default: Option<Value>) -> Parameter {
        Parameter { name: name.into(), type_of, default }
    }

    fn given(pairs: &[(&str, &str)]) -> Vec<NamedValue> {
        pairs.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect()
    }

    #[test]
    fn reads_what_the_type_needs() {
        let known = InventoryNames { hosts: &[], secrets: &["imap_probe"] };
        let words = Arc::new(EnumType { name: "Mode".into(), words: vec!["fast".into(), "slow".into()], open: false });
        let read = |text, type_of| read(text, &type_of, known);
        assert_eq!(read("1h30m", Type::Duration), Ok(Value::Duration(SignedDuration::from_mins(90))));
        assert_eq!(read("1.5KiB", Type::Size), Ok(Value::Size(1536)));
        assert_eq!(read("85%", Type::Percent), Ok(Value::Percent(85.into())));
        assert_eq!(
            read("a, b", Type::List(Box::new(Type::Text))),
            Ok(Value::list([Value::text("a"), Value::text("b")]))
        );
        assert_eq!(read("", Type::Optional(Box::new(Type::Number))), Ok(Value::Absent));
        assert_eq!(read("imap_probe", Type::Secret), Ok(Value::Secret("imap_probe".into())));
        assert_eq!(read("fsat", Type::Enum(words)), Err(ValueError::MisspeltWord("fast".to_owned())));
        for (text, type_of) in [
            ("5", Type::Duration),
            ("5min", Type::Duration),
            ("9999999999999999999d", Type::Duration),
            ("", Type::Duration),
            ("1", Type::Size),
            ("999999999TiB", Type::Size),
            ("yes", Type::Boolean),
            ("1,5", Type::Number),
            ("", Type::Version),
        ] {
            assert!(read(text, type_of.clone()).is_err(), "{text} is no {type_of}");
        }
    }

    #[test]
    fn finds_hosts_by_name_and_alias_and_role() {
        let hosts = [host_named("fe1", "front_end", "mail.example"), host_named("be1", "back_end", "store.example")];
        let known = InventoryNames { hosts: &hosts, secrets: &[] };
        let front = Type::Host(vec!["front_end".into()]);
        assert_eq!(read("MAIL.example.", &front, known), Ok(Value::Host("fe1".into())));
        // Both hosts have this address; one has the role.
        assert_eq!(read("192.0.2.1", &front, known), Ok(Value::Host("fe1".into())));
        assert_eq!(read("be1", &front, known).unwrap_err().to_string(), "`be1` does not have the role front_end");
        assert!(read("fe2", &front, known).unwrap_err().to_string().contains("Did you mean `fe1`?"));
        assert!(read("192.0.2.1", &Type::Host(vec![]), known).unwrap_err().to_string().contains("several hosts"));
    }

    #[test]
    fn text_given_for_a_secret_is_not_repeated() {
        let known = InventoryNames { hosts: &[], secrets: &["imap_probe"] };
        for type_of in [Type::Secret, Type::Optional(Box::new(Type::Secret)), Type::List(Box::new(Type::Secret))] {
            let parameters = [parameter("password", type_of, None)];
            let mistakes = bind(&parameters, &given(&[("password", "hunter22")]), known).unwrap_err();
            let mistakes: Vec<String> = mistakes.iter().map(ToString::to_string).collect();
            assert_eq!(mistakes, ["Invalid value for `password`: unknown secret"]);
        }
    }

    #[test]
    fn reports_every_mistake() {
        let parameters = [
            parameter("server", Type::Host(vec![]), None),
            parameter("pause", Type::Duration, Some(Value::Duration(SignedDuration::from_secs(5)))),
            parameter("note", Type::Optional(Box::new(Type::Text)), None),
        ];
        let hosts = [host_named("fe1", "front_end", "x")];
        let known = InventoryNames { hosts: &hosts, secrets: &[] };
        let mistakes =
            bind(&parameters, &given(&[("sever", "fe1"), ("pause", "5"), ("pause", "6")]), known).unwrap_err();
        assert_eq!(mistakes.len(), 4, "{mistakes:#?}");
        assert!(mistakes.iter().any(|mistake| mistake.to_string().contains("Did you mean `server`?")));
        let values = bind(&parameters, &given(&[("server", "fe1")]), known).unwrap();
        assert_eq!(values[1], Value::Duration(SignedDuration::from_secs(5)));
        assert_eq!(values[2], Value::Absent);
    }
}
