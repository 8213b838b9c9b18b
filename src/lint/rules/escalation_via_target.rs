//! Escalations by mail through the server that the runbook repairs: while the server is down, nobody receives them.

use crate::diagnostic::{Diagnostic, Level, code};
use crate::inventory::Inventory;
use crate::lint::effects::disrupts;
use crate::lint::rule::{File, Rule, RuleScope};
use crate::program::types::Type;
use crate::syntax::ast::{Path, StatementKind};
use crate::value::{Contact, Host, MailSettings};
use ecow::EcoString;

pub const RULE: Rule = Rule {
    code: code::ESCALATION_VIA_TARGET,
    level: Level::Warning,
    since: "0.1.0",
    fixable: false,
    scope: RuleScope::File(check),
};

fn check(file: &File<'_>, found: &mut Vec<Diagnostic>) {
    let Some((inventory, relays)) = file.inventory.map(|inventory| (inventory, relays(inventory))) else { return };
    if relays.is_empty() {
        return;
    }
    for runbook in file.runbooks() {
        let Some(checked) = file.program.runbooks.iter().find(|checked| checked.span == runbook.span) else { continue };
        let repaired = relays.iter().find(|host| {
            let has_role = |roles: &[EcoString]| roles.is_empty() || roles.iter().any(|it| host.roles.contains(it));
            let may_be_host = |type_of: &Type| matches!(type_of, Type::Host(roles) if has_role(roles));
            checked.parameters.iter().any(|parameter| may_be_host(&parameter.type_of))
        });
        let Some(host) = repaired.filter(|_| disrupts(file.program, &checked.block)) else { continue };
        let statements = file.index.statements.iter().filter(|placed| placed.declaration == runbook.span);
        let escalations = statements.filter_map(|placed| {
            if let StatementKind::Escalate { contact, .. } = &placed.statement.kind { Some(contact) } else { None }
        });
        let mut seen: Vec<&str> = Vec::new();
        let contacts: Vec<&Path> = runbook.contact.iter().chain(escalations).collect();
        for contact in contacts {
            if seen.contains(&contact.text.as_str()) {
                continue;
            }
            seen.push(&contact.text);
            let circle = Contact::recipients(&inventory.contacts, &contact.text);
            if circle.is_empty() || circle.iter().any(|contact| contact.terminal) {
                continue;
            }
            let message = format!(
                "`{}` is reached by mail through `{}`, a host that this runbook may be repairing",
                contact.text, host.name
            );
            found.push(
                Diagnostic::warning(code::ESCALATION_VIA_TARGET, contact.span, message).help(
                    "Send mail through a server that is not repaired here, or add another way to tell the contact",
                ),
            );
        }
    }
}

/// The hosts that mail is sent through. A loopback address means this machine, whichever host is reached through it.
fn relays(inventory: &Inventory) -> Vec<&Host> {
    let Some(mail) = inventory.settings.get::<MailSettings>().filter(|mail| !mail.names_loopback()) else {
        return Vec::new();
    };
    let hosts = inventory.hosts.iter().map(|entry| &entry.host);
    hosts.filter(|host| host.has_name(&mail.server)).collect()
}
