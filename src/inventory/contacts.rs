//! The section `contacts:`.

use crate::diagnostic::suggestion;
use crate::value::{Contact, is_mail_address};
use crate::yaml::{Kind, Node, Reader};
use ecow::EcoString;

pub(super) fn read(reader: &mut Reader, node: &Node) -> Vec<Contact> {
    let fields = reader.named(node, "`contacts:`");
    let names: Vec<&str> = fields.iter().map(|field| field.name).collect();
    let mut contacts = Vec::new();
    for field in &fields {
        let before = reader.diagnostics.len();
        let mut contact = Contact { name: field.name.into(), ..Contact::default() };
        match &field.value.kind {
            // An address stands for a whole contact.
            Kind::Scalar { .. } | Kind::List(_) => contact.mail = read_addresses(reader, field.value),
            _ => {
                for part in reader.fields(
                    field.value,
                    &format!("The contact `{}`", field.name),
                    &["mail", "terminal", "also", "links"],
                ) {
                    match part.name {
                        "mail" => contact.mail = read_addresses(reader, part.value),
                        "terminal" => contact.terminal = reader.decode(part.key, part.value).unwrap_or_default(),
                        "links" => contact.links = read_links(reader, part.value),
                        _ => {
                            for (also, span) in reader.texts(part.value, "also") {
                                if names.contains(&also.as_str()) {
                                    contact.also.push(also);
                                } else {
                                    let noted = reader.error(span, format!("Unknown contact `{also}`"));
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
            let message = format!("The contact `{}` cannot be reached", field.name);
            reader.error(field.key, message).help("Add `mail: ADDRESS`, `terminal: true` or `also: [CONTACT]`");
        }
        contacts.push(contact);
    }
    contacts
}

fn read_addresses(reader: &mut Reader, node: &Node) -> Vec<String> {
    let mut addresses = Vec::new();
    for (address, span) in reader.texts(node, "mail") {
        if is_mail_address(&address) {
            addresses.push(address.to_string());
        } else {
            reader
                .error(span, format!("`{address}` is not a mail address"))
                .help("Write `name@example.org`, without a display name");
        }
    }
    addresses
}

/// The pages of a contact. Each is shown in messages, so it is a web address without blanks.
fn read_links(reader: &mut Reader, node: &Node) -> Vec<(EcoString, EcoString)> {
    let mut links = Vec::new();
    for field in reader.named(node, "`links:`") {
        let Some(address) = reader.text(field.value, field.name) else { continue };
        let is_web = ["https://", "http://"].iter().any(|scheme| address.starts_with(scheme));
        if is_web && !address.contains(|letter: char| letter.is_whitespace() || letter.is_control()) {
            links.push((field.name.into(), address.into()));
        } else {
            let address = address.to_owned();
            reader
                .error(field.value.span, format!("`{address}` is not a web address"))
                .help("Write the address of a page: `https://…`");
        }
    }
    links
}
