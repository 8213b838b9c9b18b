//! Arguments of a runbook from outside: text from the command line or an alert, read as what its parameter needs.

use crate::diagnostic::nearest;
use crate::program::Parameter;
use crate::program::types::Type;
use crate::syntax;
use crate::value::{Host, Value, Version};
use std::sync::Arc;

/// What names from outside may mean.
#[derive(Debug, Clone, Copy)]
pub struct KnownHosts<'a> {
    /// The hosts of the inventory.
    pub hosts: &'a [Host],
    /// The names of its secrets.
    pub secrets: &'a [&'a str],
}

/// `NAME=VALUE`, taken apart.
pub type NamedValue = (String, String);

/// One value for every parameter, in their order.
///
/// # Errors
/// A sentence for every mistake.
pub fn bind(parameters: &[Parameter], given: &[NamedValue], known: KnownHosts<'_>) -> Result<Vec<Value>, Vec<String>> {
    let mut mistakes = Vec::new();
    for (position, (name, _)) in given.iter().enumerate() {
        if !parameters.iter().any(|parameter| parameter.name == *name) {
            mistakes.push(unknown_parameter(name, parameters));
        } else if given.iter().take(position).any(|(earlier, _)| earlier == name) {
            mistakes.push(format!("{name} is given twice"));
        }
    }
    let mut values = Vec::with_capacity(parameters.len());
    for parameter in parameters {
        let text = given.iter().find(|(name, _)| parameter.name == *name).map(|(_, text)| text);
        match (text, &parameter.default, &parameter.type_of) {
            (Some(text), ..) => match read(text, &parameter.type_of, known) {
                Ok(value) => values.push(value),
                // Whoever takes the name of a secret for its value must not find the value in a log.
                Err(why) if holds_secret(&parameter.type_of) => {
                    mistakes.push(format!("{} cannot be used: {why}", parameter.name));
                }
                Err(why) => mistakes.push(format!("{}={text} cannot be used: {why}", parameter.name)),
            },
            (None, Some(default), _) => values.push(default.clone()),
            (None, None, Type::Optional(_)) => values.push(Value::Absent),
            (None, None, type_of) => mistakes.push(format!(
                "{} is missing: write {}=VALUE, where VALUE is {}",
                parameter.name,
                parameter.name,
                wanted(type_of)
            )),
        }
    }
    if mistakes.is_empty() { Ok(values) } else { Err(mistakes) }
}

fn holds_secret(type_of: &Type) -> bool {
    match type_of {
        Type::Secret => true,
        Type::Optional(inner) | Type::List(inner) => holds_secret(inner),
        _ => false,
    }
}

fn unknown_parameter(name: &str, parameters: &[Parameter]) -> String {
    let names = parameters.iter().map(|parameter| parameter.name.as_str());
    match (nearest(name, names.clone()), parameters.is_empty()) {
        (Some(nearest), _) => format!("There is no parameter {name}: did you mean {nearest}?"),
        (None, true) => format!("There is no parameter {name}: the runbook has none"),
        (None, false) => format!("There is no parameter {name}: there are {}", names.collect::<Vec<_>>().join(", ")),
    }
}

/// What a value of this type looks like.
fn wanted(type_of: &Type) -> String {
    match type_of {
        Type::Host(roles) if roles.is_empty() => "the name of a host".to_owned(),
        Type::Host(roles) => format!("the name of a host of role {}", roles.join(" or ")),
        Type::Text => "a text".to_owned(),
        Type::Number => "a number such as 12 or 0.5".to_owned(),
        Type::Boolean => "true or false".to_owned(),
        Type::Duration => "a duration such as 90s or 1h30m".to_owned(),
        Type::Size => "a size such as 512MiB".to_owned(),
        Type::Percent => "a percentage such as 85%".to_owned(),
        Type::Time => "a time such as 2026-11-24T03:00:00Z".to_owned(),
        Type::Version => "a version such as 26.0.1".to_owned(),
        Type::Enum(words) => format!("one of {}", words.words.join(", ")),
        Type::List(item) => format!("a list with commas between its items, each {}", wanted(item)),
        Type::Optional(inner) => wanted(inner),
        Type::Secret => "the name of a secret of the inventory".to_owned(),
        Type::Json => "JSON".to_owned(),
        other => format!("a {other}"),
    }
}

/// Reads a text as a value of a type.
///
/// # Errors
/// The end of a sentence that says what is wrong.
pub fn read(text: &str, type_of: &Type, known: KnownHosts<'_>) -> Result<Value, String> {
    let not = || format!("it must be {}", wanted(type_of));
    match type_of {
        Type::Text => Ok(Value::text(text)),
        Type::Number => text.parse().map(Value::Number).map_err(|_| not()),
        Type::Boolean => text.parse().map(Value::Boolean).map_err(|_| not()),
        Type::Duration => syntax::duration(text).map(Value::Duration).ok_or_else(not),
        Type::Size => syntax::size(text).map(Value::Size).ok_or_else(not),
        Type::Percent => {
            text.strip_suffix('%').and_then(|number| number.parse().ok()).map(Value::Percent).ok_or_else(not)
        }
        Type::Time => text.parse().map(Value::Time).map_err(|_| not()),
        Type::Version => Version::parse(text).map(Value::Version).ok_or_else(not),
        Type::Host(roles) => host(text, roles, known.hosts).map(|host| Value::Host(host.name.clone())),
        Type::Enum(words) if words.open || words.words.iter().any(|word| word == text) => Ok(Value::word(text)),
        Type::Enum(words) => match nearest(text, words.words.iter().map(|word| word.as_str())) {
            Some(nearest) => Err(format!("did you mean {nearest}?")),
            None => Err(not()),
        },
        Type::List(_) if text.is_empty() => Ok(Value::list([])),
        Type::List(item) => {
            let items: Result<Vec<Value>, String> =
                text.split(',').map(|part| read(part.trim(), item, known)).collect();
            items.map(Value::list)
        }
        Type::Optional(_) if text.is_empty() => Ok(Value::Absent),
        Type::Optional(inner) => read(text, inner, known),
        Type::Json => serde_json::from_str(text).map(|json| Value::Json(Arc::new(json))).map_err(|_| not()),
        Type::Secret if known.secrets.contains(&text) => Ok(Value::Secret(text.into())),
        Type::Secret => match nearest(text, known.secrets.iter().copied()) {
            Some(nearest) => Err(format!("the inventory has no secret of this name; did you mean {nearest}?")),
            None => Err("the inventory has no secret of this name".to_owned()),
        },
        Type::Record(_) | Type::Invalid | Type::Nothing => {
            Err(format!("a {type_of} cannot be given from outside; let the runbook ask for it"))
        }
    }
}

/// The one host that a name means.
fn host<'a>(text: &str, roles: &[ecow::EcoString], hosts: &'a [Host]) -> Result<&'a Host, String> {
    let named: Vec<&Host> = hosts.iter().filter(|host| host.answers_to(text)).collect();
    let fits = |host: &&&Host| roles.is_empty() || host.roles.iter().any(|role| roles.contains(role));
    let fitting: Vec<&&Host> = named.iter().filter(fits).collect();
    match (fitting.as_slice(), named.as_slice()) {
        ([only], _) => Ok(only),
        ([], [other]) => Err(format!("{} is not of role {}", other.name, roles.join(" or "))),
        ([], []) => {
            let suitable: Vec<&str> = hosts.iter().filter(|host| fits(&host)).map(|host| host.name.as_str()).collect();
            Err(match (nearest(text, suitable.iter().copied()), suitable.as_slice()) {
                (Some(nearest), _) => format!("the inventory has no such host; did you mean {nearest}?"),
                (None, []) => "no inventory (rectify.yaml) names a host that would do".to_owned(),
                (None, some) => format!("the inventory has no such host; it has {}", first_few(some)),
            })
        }
        _ => {
            let names: Vec<&str> = named.iter().map(|host| host.name.as_str()).collect();
            Err(format!("several hosts go by this name: {}", first_few(&names)))
        }
    }
}

/// A list for people, cut where it gets long.
pub fn first_few(names: &[&str]) -> String {
    const ENOUGH: usize = 8;
    match names.len().checked_sub(ENOUGH) {
        None | Some(0) => names.join(", "),
        Some(more) => format!("{} and {more} more", names.get(..ENOUGH).unwrap_or_default().join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::program::types::EnumType;
    use crate::value::{HostSettings, SignedDuration};

    fn host_named(name: &str, role: &str, alias: &str) -> Host {
        Host {
            name: name.into(),
            address: "192.0.2.1".into(),
            aliases: vec![alias.into()],
            roles: vec![role.into()],
            facts: Vec::new(),
            settings: HostSettings::default(),
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
        let known = KnownHosts { hosts: &[], secrets: &["imap_probe"] };
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
        assert_eq!(read("fsat", Type::Enum(words)), Err("did you mean fast?".to_owned()));
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
        let known = KnownHosts { hosts: &hosts, secrets: &[] };
        let front = Type::Host(vec!["front_end".into()]);
        assert_eq!(read("MAIL.example.", &front, known), Ok(Value::Host("fe1".into())));
        // Both have this address; one of them has the role.
        assert_eq!(read("192.0.2.1", &front, known), Ok(Value::Host("fe1".into())));
        assert_eq!(read("be1", &front, known), Err("be1 is not of role front_end".into()));
        assert!(read("fe2", &front, known).unwrap_err().contains("did you mean fe1?"));
        assert!(read("192.0.2.1", &Type::Host(vec![]), known).unwrap_err().contains("several hosts"));
    }

    #[test]
    fn what_is_given_for_a_secret_is_not_repeated() {
        let known = KnownHosts { hosts: &[], secrets: &["imap_probe"] };
        for type_of in [Type::Secret, Type::Optional(Box::new(Type::Secret)), Type::List(Box::new(Type::Secret))] {
            let parameters = [parameter("password", type_of, None)];
            let mistakes = bind(&parameters, &given(&[("password", "hunter22")]), known).unwrap_err();
            assert_eq!(mistakes, ["password cannot be used: the inventory has no secret of this name"]);
        }
    }

    #[test]
    fn says_every_mistake() {
        let parameters = [
            parameter("server", Type::Host(vec![]), None),
            parameter("pause", Type::Duration, Some(Value::Duration(SignedDuration::from_secs(5)))),
            parameter("note", Type::Optional(Box::new(Type::Text)), None),
        ];
        let hosts = [host_named("fe1", "front_end", "x")];
        let known = KnownHosts { hosts: &hosts, secrets: &[] };
        let mistakes =
            bind(&parameters, &given(&[("sever", "fe1"), ("pause", "5"), ("pause", "6")]), known).unwrap_err();
        assert_eq!(mistakes.len(), 4, "{mistakes:#?}");
        assert!(mistakes.iter().any(|mistake| mistake.contains("did you mean server?")));
        let values = bind(&parameters, &given(&[("server", "fe1")]), known).unwrap();
        assert_eq!(values[1], Value::Duration(SignedDuration::from_secs(5)));
        assert_eq!(values[2], Value::Absent);
    }
}
