//! The section `mail:` of `rectify.yaml`.

use crate::inventory::{SecretSources, Section};
use crate::value::{MailSettings, Security, is_mail_address};
use crate::yaml::{Field, Kind, Node, Reader};

impl Section for MailSettings {
    const KEY: &'static str = "mail";
    const DESCRIPTION: &'static str = "How mail leaves";

    /// Diagnostics point at the name of the section: the line with `password:` may hold a password by mistake.
    fn check(&self, reader: &mut Reader, field: &Field<'_>, secrets: &SecretSources) {
        let section = field.key;
        if !is_mail_address(&self.from) {
            reader.error(section, "`mail.from:` is not a mail address").help("Write `name@example.org`");
        }
        if self.user.is_some() != self.password.is_some() {
            reader.error(section, "`mail.user:` and `mail.password:` go together: one of them is missing");
        }
        if self.password.as_ref().is_some_and(|name| !secrets.contains_key(name)) {
            reader
                .error(section, "`mail.password:` is not the name of a secret")
                .help("Put the place of the password under `secrets:`, and its name here");
        }
        if self.security == Security::None {
            if !self.names_loopback() {
                reader
                    .error(section, "Mail without TLS may go to a loopback address only")
                    .help("Leave out `security: none`, or name a relay on this machine");
            }
            if self.user.is_some() {
                reader
                    .error(section, "A password is never sent without TLS")
                    .help("Leave out `security: none`, or `user:` and `password:`");
            }
        }
    }

    /// Whether a password may be there, perhaps under a misspelt name.
    fn may_hold_secret(section: &Node) -> bool {
        const OTHERS: [&str; 7] = ["server", "port", "security", "from", "user", "ca", "server_name"];
        match &section.kind {
            Kind::Map(entries) => entries.iter().any(|(key, _)| !key.text().is_some_and(|key| OTHERS.contains(&key))),
            _ => true,
        }
    }
}
