//! Compares the inventory with the declarations. Without an inventory nothing is reported.

use crate::check::context::Context;
use crate::check::expressions::Typed;
use crate::diagnostic::{Diagnostic, Severity, code, name_list};
use crate::inventory::{Entry, Inventory};
use crate::program::types::Type;
use crate::source::Span;
use crate::syntax::ast;
use crate::value::{Decimal, Host, Value, Version};
use ecow::EcoString;

impl<'a> Context<'a> {
    /// Takes the inventory's hosts into the program, with the facts of declared roles coerced to their types.
    pub(crate) fn take_hosts(&mut self) {
        let Some(inventory) = self.inventory else { return };
        self.program.most_disruptions = inventory.policy.disruptions;
        for entry in &inventory.hosts {
            let mut host = entry.host.clone();
            for (position, role) in entry.host.roles.iter().enumerate() {
                let span = entry.roles_spans.get(position).copied().unwrap_or(entry.name_span);
                match self.declared.roles.get(role).copied() {
                    Some(shape) => self.role_facts(inventory, entry, &mut host, shape, span),
                    None => self.undeclared_role(&host.name, role, span),
                }
            }
            self.program.hosts.push(host);
        }
    }

    /// A role that is not declared here may belong to other runbooks. Reported only where it resembles a declared role
    /// and no file of the project declares it.
    fn undeclared_role(&mut self, host: &str, role: &str, span: Span) {
        let declared = self.declared.roles.keys().map(EcoString::as_str);
        let message = format!("No file of the project declares the role `{role}` of `{host}`");
        let diagnostic = self.unknown(code::INVENTORY_MISMATCH, span, message, role, declared);
        if diagnostic.fix.is_some() && !self.other_files.is_some_and(|others| others.declares_role(role)) {
            self.report(Diagnostic { severity: Severity::Warning, ..diagnostic });
        }
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "every other value is named by its kind")]
    fn role_facts(&mut self, inventory: &Inventory, entry: &Entry, host: &mut Host, shape: &'a ast::Shape, span: Span) {
        for field in &shape.fields {
            let name = &field.name.text;
            let Some(wanted) = self.fact(std::slice::from_ref(&shape.name.text), name) else { continue };
            let position = host.facts.iter().position(|(fact, _)| fact == name);
            let optional = matches!(wanted, Type::Optional(_));
            match position {
                None if optional || wanted == Type::Invalid => host.facts.push((name.clone(), Value::Absent)),
                None => {
                    let role = &shape.name.text;
                    let message = format!("`{}` has the role `{role}`, but no fact `{name}`", host.name);
                    self.report(
                        Diagnostic::error(code::INVENTORY_MISMATCH, span, message)
                            .also(field.span, "required here")
                            .help(format!("Add `{name}: …` under `facts:`")),
                    );
                }
                Some(position) => {
                    // The value from the inventory: another role may have coerced the fact already.
                    let Some((_, found)) = entry.host.facts.get(position).or_else(|| host.facts.get(position)) else {
                        continue;
                    };
                    let found = found.clone();
                    let place = entry.facts_spans.get(position);
                    let written = place.and_then(|place| place.written.as_deref());
                    match coerce(&found, written, &wanted, inventory) {
                        Some(value) => {
                            if let Some(other) = self.other_type(entry, &shape.name.text, name, &wanted) {
                                let role = &shape.name.text;
                                let message = format!(
                                    "The roles `{role}` and `{other}` of `{}` require the fact `{name}` with different types",
                                    host.name
                                );
                                let diagnostic = Diagnostic::error(code::INVENTORY_MISMATCH, span, message);
                                self.report(diagnostic.also(field.span, format!("`{wanted}` is required here")));
                            }
                            if let Some(fact) = host.facts.get_mut(position) {
                                fact.1 = value;
                            }
                        }
                        None => {
                            let span = place.map_or(span, |place| place.value);
                            let seen = match &found {
                                Value::Text(text) if wanted.holds(|inner| matches!(inner, Type::Host(_))) => {
                                    format!("is {text:?}")
                                }
                                found => format!("is {}", found.kind()),
                            };
                            let message = format!("The fact `{name}` of `{}` {seen}, expected `{wanted}`", host.name);
                            let diagnostic = Diagnostic::error(code::INVENTORY_MISMATCH, span, message);
                            self.report(diagnostic.also(field.span, "required here"));
                        }
                    }
                }
            }
        }
    }

    /// The first earlier role of the host that declares a fact with another type.
    fn other_type(&mut self, entry: &Entry, role: &EcoString, fact: &str, wanted: &Type) -> Option<EcoString> {
        for earlier in entry.host.roles.iter().take_while(|earlier| *earlier != role) {
            let type_of = self.fact(std::slice::from_ref(earlier), fact);
            if type_of.is_some_and(|type_of| type_of != Type::Invalid && type_of.present() != wanted.present()) {
                return Some(earlier.clone());
            }
        }
        None
    }

    /// A host named in a text must be in the inventory and have the role.
    pub(crate) fn known_host(&mut self, name: &str, wanted: &Type, span: Span) {
        if self.inventory.is_none() {
            return;
        }
        let found = self.program.hosts.iter().find(|host| host.has_name(name));
        let diagnostic = match (found, wanted) {
            (None, _) => {
                let known = self.program.hosts.iter().map(|host| host.name.as_str());
                self.unknown(code::UNKNOWN_HOST, span, format!("Unknown host `{name}`"), name, known)
            }
            (Some(host), Type::Host(roles))
                if !roles.is_empty() && !host.roles.iter().any(|role| roles.contains(role)) =>
            {
                let message = format!(
                    "`{name}` does not have the role `{wanted}`: its roles in the inventory are {}",
                    name_list(&host.roles)
                );
                Diagnostic::error(code::WRONG_ROLE, span, message)
            }
            _ => return,
        };
        self.report(diagnostic);
    }

    /// A host by its name, where a test expects a host: the test's own or the inventory's.
    pub(crate) fn host_in_test(&mut self, text: &ast::Text, wanted: Option<&Type>) -> Option<Typed> {
        let Type::Host(roles) = wanted?.present() else { return None };
        let (name, span) = (text.literal()?, text.span);
        let place = self.test.as_mut()?;
        // An undeclared role is reported where the test gives the host.
        let is_known = |role: &EcoString| self.declared.roles.contains_key(role);
        let own = place.hosts.iter().find(|(own, _)| own.eq_ignore_ascii_case(&name));
        let found = own.map(|(own, roles)| (own.clone(), roles.clone())).or_else(|| {
            let listed = self.program.hosts.iter().find(|host| host.has_name(&name));
            listed.map(|host| (host.name.clone(), host.roles.clone()))
        });
        let type_of = Type::Host(roles.clone());
        let Some((found, has)) = found else {
            let role = if roles.is_empty() { "ROLE".to_owned() } else { roles.join(" or ") };
            let help = format!("Add one to the test: `given host {name:?} is {role}(…)`");
            let missing = |message: String| Diagnostic::error(code::UNKNOWN_HOST, span, message).help(help.clone());
            if place.in_world {
                place.missing.push(missing(format!("Unknown host `{name}` in the inventory of this test's world")));
            } else if self.inventory.is_none() {
                let message =
                    format!("Unknown host `{name}`: there is no `rectify.yaml`, and the test gives no such host");
                place.missing.push(missing(message));
            } else {
                let message = format!("Unknown host `{name}` in the inventory and in this test");
                let listed = self.program.hosts.iter().map(|host| &host.name);
                let given = place.hosts.iter().map(|(own, _)| own);
                let known: Vec<EcoString> = listed.chain(given).cloned().collect();
                let known = known.iter().map(EcoString::as_str);
                let diagnostic = self.unknown(code::UNKNOWN_HOST, span, message, &name, known);
                self.report(if diagnostic.help.is_some() { diagnostic } else { diagnostic.help(help) });
            }
            return Some(Typed::constant(Value::Host(name), type_of, span));
        };
        if !roles.is_empty() && has.iter().all(is_known) && !has.iter().any(|role| roles.contains(role)) {
            let message = format!("`{name}` does not have the role `{type_of}`: its roles are {}", name_list(has));
            self.error(code::WRONG_ROLE, span, message);
        }
        Some(Typed::constant(Value::Host(found), type_of, span))
    }

    pub(crate) fn contact(&mut self, path: &ast::Path) -> EcoString {
        if let Some(inventory) = self.inventory
            && inventory.contact(&path.text).is_none()
        {
            let message = format!("Unknown contact `{}`", path.text);
            let known = inventory.contacts.iter().map(|contact| contact.name.as_str());
            let diagnostic = self.unknown(code::UNKNOWN_CONTACT, path.span, message, &path.text, known);
            self.report(diagnostic);
        }
        path.text.clone()
    }

    pub(crate) fn known_secret(&mut self, name: &str, span: Span) {
        if let Some(inventory) = self.inventory
            && !inventory.secrets.contains_key(name)
        {
            let message = format!("Unknown secret `{name}`");
            let diagnostic =
                self.unknown(code::UNKNOWN_NAME, span, message, name, inventory.secrets.keys().map(String::as_str));
            self.report(diagnostic);
        }
    }
}

/// A fact from YAML as the type that its role declares. Numbers for texts and versions are taken as written: `26.10` is
/// not `26.1`.
fn coerce(found: &Value, written: Option<&str>, wanted: &Type, inventory: &Inventory) -> Option<Value> {
    let text = || found.as_text().or(written);
    match (found, wanted) {
        (Value::Absent, Type::Optional(_)) => Some(Value::Absent),
        (Value::Absent, _) => None,
        (_, Type::Optional(inner)) => coerce(found, written, inner, inventory),
        (Value::Number(_), Type::Number) | (Value::Boolean(_), Type::Boolean) => Some(found.clone()),
        (Value::List(items), Type::List(item)) => {
            items.iter().map(|value| coerce(value, None, item, inventory)).collect::<Option<Vec<_>>>().map(Value::list)
        }
        (_, Type::Text) => text().map(Value::text),
        (Value::Text(text), Type::Secret) => Some(Value::Secret(text.clone())),
        (_, Type::Version) => text().and_then(Version::parse).map(Value::Version),
        (Value::Text(text), Type::Duration) => crate::syntax::duration(text).map(Value::Duration),
        (Value::Text(text), Type::Size) => crate::syntax::size(text).map(Value::Size),
        (Value::Text(text), Type::Percent) => text.strip_suffix('%').and_then(decimal).map(Value::Percent),
        (Value::Text(text), Type::Host(roles)) => {
            let host = inventory.host(text)?;
            let fits = roles.is_empty() || host.roles.iter().any(|role| roles.contains(role));
            fits.then(|| Value::Host(host.name.clone()))
        }
        (Value::Text(text), Type::Time) => text.parse().ok().map(Value::Time),
        (Value::Text(text), Type::Enum(words)) => {
            (words.open || words.words.contains(text)).then(|| Value::Word(text.clone()))
        }
        (_, Type::Invalid) => Some(found.clone()),
        _ => None,
    }
}

/// A percentage as the language writes it, without its sign: digits with at most one point among them.
fn decimal(digits: &str) -> Option<Decimal> {
    let plain =
        digits.starts_with(|c: char| c.is_ascii_digit()) && digits.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    plain.then(|| digits.parse().ok()).flatten()
}
