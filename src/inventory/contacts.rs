//! The section `contacts:`, and what must be true of the mail settings.

use crate::source::Span;
use crate::value::{Contact, MailSettings, SecretSource, Security};
use crate::yaml::{Kind, Node, Reader, suggestion};
use std::collections::BTreeMap;

pub(super) fn read(reader: &mut Reader, node: &Node) -> Vec<Contact> {
    let fields = reader.named(node, "`contacts:`");
    let names: Vec<&str> = fields.iter().map(|field| field.name).collect();
    let mut contacts = Vec::new();
    for field in &fields {
        let before = reader.diagnostics.len();
        let mut contact = Contact { name: field.name.into(), ..Contact::default() };
        match &field.value.kind {
            // An address alone is the whole contact.
            Kind::Scalar { .. } | Kind::List(_) => contact.mail = read_addresses(reader, field.value),
            _ => {
                for part in
                    reader.fields(field.value, &format!("the contact {}", field.name), &["mail", "terminal", "also"])
                {
                    match part.name {
                        "mail" => contact.mail = read_addresses(reader, part.value),
                        "terminal" => contact.terminal = reader.decode(part.key, part.value).unwrap_or_default(),
                        _ => {
                            for (also, span) in reader.texts(part.value, "also") {
                                if names.contains(&also.as_str()) {
                                    contact.also.push(also);
                                } else {
                                    let noted = reader.error(span, format!("There is no contact named {also}"));
                                    noted.help(suggestion(&also, &names));
                                }
                            }
                        }
                    }
                }
            }
        }
        let silent = contact.mail.is_empty() && !contact.terminal && contact.also.is_empty();
        if silent && reader.diagnostics.len() == before {
            let message = format!("Nothing says how {} is told", field.name);
            reader.error(field.key, message).help("Give it `mail: ADDRESS`, `terminal: true` or `also: [CONTACT]`");
        }
        contacts.push(contact);
    }
    contacts
}

fn read_addresses(reader: &mut Reader, node: &Node) -> Vec<String> {
    let mut addresses = Vec::new();
    for (address, span) in reader.texts(node, "mail") {
        if is_address(&address) {
            addresses.push(address.to_string());
        } else {
            reader
                .error(span, format!("{address:?} is not a mail address"))
                .help("Write `name@example.org`, without a display name");
        }
    }
    addresses
}

fn is_address(text: &str) -> bool {
    let usual = |letter: char| !letter.is_whitespace() && !letter.is_control() && !"<>(),;:\\\"[]".contains(letter);
    let parts = text.rsplit_once('@');
    parts.is_some_and(|(name, domain)| !name.is_empty() && !domain.is_empty() && !name.contains('@'))
        && text.chars().all(usual)
        && !text.starts_with('-')
}

/// Diagnostics point at the section's name: the line with `password:` may hold a password by mistake.
pub(super) fn check_mail(
    reader: &mut Reader,
    section: Span,
    mail: &MailSettings,
    secrets: &BTreeMap<String, SecretSource>,
) {
    if !is_address(&mail.from) {
        reader.error(section, "`mail.from:` is not a mail address").help("Write `name@example.org`");
    }
    if mail.user.is_some() != mail.password.is_some() {
        reader.error(section, "`mail.user:` and `mail.password:` go together: one of them is missing");
    }
    if mail.password.as_ref().is_some_and(|name| !secrets.contains_key(name)) {
        reader
            .error(section, "`mail.password:` is not the name of a secret")
            .help("Put the place of the password under `secrets:`, and its name here");
    }
    if mail.security == Security::None {
        if !mail.names_loopback() {
            reader
                .error(section, "Mail without TLS may go to a loopback address only")
                .help("Leave out `security: none`, or name a relay on this machine");
        }
        if mail.user.is_some() {
            reader
                .error(section, "A password is never sent without TLS")
                .help("Leave out `security: none`, or `user:` and `password:`");
        }
    }
}
