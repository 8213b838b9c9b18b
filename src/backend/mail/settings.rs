//! The section `mail:` of `rectify.yaml`.

use crate::inventory::{SecretSources, Section};
use crate::value::{MailSettings, Security, is_mail_address};
use crate::yaml::{Field, Kind, Node, Reader};

impl Section for MailSettings {
    const KEY: &'static str = "mail";
    const DESCRIPTION: &'static str = "How to send mail";

    /// Diagnostics point at the name of the section: the line with `password:` may hold a password by mistake.
    fn check(&self, reader: &mut Reader, field: &Field<'_>, secrets: &SecretSources) {
        let section = field.key;
        if !is_mail_address(&self.from) {
            reader.error(section, "`mail.from:` is not a mail address").help("Write `name@example.org`");
        }
        if self.user.is_some() != self.password.is_some() {
            reader.error(section, "`mail.user:` and `mail.password:` must be given together");
        }
        if self.password.as_ref().is_some_and(|name| !secrets.contains_key(name)) {
            reader
                .error(section, "`mail.password:` is not the name of a secret")
                .help("Define the password under `secrets:`, and write the name of that secret here");
        }
        if self.security == Security::None {
            if !self.names_loopback() {
                reader
                    .error(section, "Mail without TLS is only allowed to a loopback address")
                    .help("Remove `security: none`, or name a relay on this machine");
            }
            if self.user.is_some() {
                reader
                    .error(section, "A password must not be sent without TLS")
                    .help("Remove `security: none`, or remove `user:` and `password:`");
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
