//! Removes passwords from texts of Exchange.
//!
//! Probes log in with the passwords of health mailboxes, and their texts may repeat the login. This program does not
//! know those passwords, so they are recognised by their position. When in doubt, too much is removed.

use crate::value::{ActionError, Loss, Value};
use ecow::EcoString;
use regex::{Captures, Regex};
use std::sync::LazyLock;

const MASK: &str = "***";

/// The replacement for a text that cannot be searched.
const WITHHELD: &str = "(withheld: it may contain a password)";

/// A login command and its user, or a word for a password and its separator. The password follows, up to the next space
/// or quote. IMAP may send both as literals (`{12}` and a line end before the text).
static BEFORE: LazyLock<Option<Regex>> = LazyLock::new(|| {
    const WORD: &str = r#"(?:\{[0-9]+\+?\}\s*)?(?:"(?:[^"\\]|\\.)*"|"?\S+)"#;
    let login = format!(r"\blogin\s+{WORD}\s+");
    let authenticate = r"\bauthenticate\s+\S+\s+(?:\+\s*)?";
    let password = r#"(?:password|passwd|passphrase|pwd)["']?\s*(?:(?:is|was|:=|:|=|->)\s*)?"#;
    Regex::new(&format!("(?i)(?P<before>{login}|{authenticate}|{password})(?P<secret>{WORD})")).ok()
});

/// The passwords found in texts. A known one is removed everywhere else as well.
#[derive(Debug, Default)]
pub(super) struct Passwords(Vec<String>);

/// The shortest password: shorter texts are parts of other words.
const SHORTEST: usize = 6;

impl Passwords {
    /// Collects passwords from a text.
    pub fn search_text(&mut self, text: &str) {
        let Some(before) = LazyLock::force(&BEFORE) else { return };
        for found in before.captures_iter(text) {
            self.add_password(found.name("secret").map_or("", |secret| secret.as_str()));
        }
    }

    /// Collects a token as a password, unless it cannot be one.
    pub fn search_value(&mut self, token: &str) {
        if !is_name(token) && !token.contains(char::is_whitespace) {
            self.add_password(token);
        }
    }

    fn add_password(&mut self, password: &str) {
        let password = password.trim_matches('"');
        if password.len() >= SHORTEST {
            self.0.push(password.to_owned());
        }
    }

    /// The text without known passwords, marked where one was removed.
    pub fn remove_passwords(&self, dirty: &str) -> Value {
        let clean = self.0.iter().fold(text(dirty).to_string(), |clean, password| clean.replace(password, MASK));
        let loss = (clean != dirty).then_some(Loss::Masked);
        Value::text(clean).with_loss_if(loss)
    }
}

/// The text without what follows a login or a word for a password.
pub(super) fn text(text: &str) -> EcoString {
    match LazyLock::force(&BEFORE) {
        Some(before) => before
            .replace_all(text, |found: &Captures<'_>| {
                format!("{}{MASK}", found.name("before").map_or("", |before| before.as_str()))
            })
            .into_owned()
            .into(),
        None => WITHHELD.into(),
    }
}

/// The error token of a probe, such as `WrongServerException`. It may be a wrong password, so only what cannot be the
/// password of a health mailbox is kept: those are long, with digits and marks among the letters.
pub(super) fn token(token: &str) -> Value {
    if is_name(token) { Value::text(token) } else { Value::text(MASK).with_loss(Loss::Masked) }
}

fn is_name(token: &str) -> bool {
    token.len() <= 64
        && token.starts_with(|letter: char| letter.is_ascii_uppercase())
        && token.chars().all(|letter| letter.is_ascii_alphabetic() || letter == '.')
}

/// The error without passwords.
pub(super) fn error(error: ActionError) -> ActionError {
    let clean = |value: &Value| match value.shown() {
        Value::Text(seen) => {
            let clean = text(seen);
            let loss = value.loss().or_else(|| (clean != *seen).then_some(Loss::Masked));
            Value::Text(clean).with_loss_if(loss)
        }
        _ => value.clone(),
    };
    let evidence = error.evidence.as_ref().map(|evidence| match evidence {
        Value::List(items) => Value::list(items.iter().map(clean)),
        other => clean(other),
    });
    let message = String::from(text(&error.message));
    let loss = (message != error.message).then_some(Loss::Masked);
    ActionError { evidence, ..error.with_message(message).with_loss(loss) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_follows_a_login_or_the_word_for_it_is_taken_out() {
        const CANARY: &str = "c4n{A]ry;x=%1";
        for before in [
            "z login HealthMailbox1@contoso.com ",
            "Z LOGIN \"Health Mailbox\" ",
            "a1 LOGIN user@x {13}\r\n",
            "a1 LOGIN {6}\r\nuser@x {13+}\r\n",
            "z authenticate PLAIN ",
            "AUTHENTICATE PLAIN\r\n+ \r\n",
            "Password: ",
            "password=",
            "the pwd is ",
            "\"Password\": \"",
            "User=x;Password=",
            "LastPassword=",
        ] {
            let clean = text(&format!("Failed. {before}{CANARY} [Error=X Proxy=mbx1.contoso.com]"));
            assert!(!clean.contains("c4n"), "{before:?}: {clean}");
            assert!(clean.contains("Proxy=mbx1.contoso.com") && clean.starts_with("Failed."), "{clean}");
        }
        assert_eq!(text("z login a \"p \\\" c4n\" then"), "z login a *** then");
    }

    #[test]
    fn a_password_that_is_known_is_taken_out_everywhere() {
        let mut passwords = Passwords::default();
        passwords.search_text("z login a@x c4n%A}ry z NO");
        passwords.search_value("t0ken-that-may-be-one");
        passwords.search_value("WrongServerException");
        let clean = passwords.remove_passwords("c4n%A}ry was refused (t0ken-that-may-be-one): WrongServerException");
        assert_eq!(clean.to_string(), "*** was refused (***): WrongServerException");
        assert_eq!(clean.loss(), Some(Loss::Masked));
        assert_eq!(passwords.remove_passwords("*** is no mask of ours").loss(), None);
    }

    #[test]
    fn plain_words_are_left_alone() {
        for plain in ["", "z NO [Error=MailboxOfflineException Proxy=mbx1.contoso.com] LOGIN failed.", "R1:C:L:FIN"] {
            assert_eq!(text(plain), plain);
        }
        assert_eq!(token("WrongServerException"), Value::text("WrongServerException"));
        for secret in ["hunter2", "aB3$x", "Summer 2026", "", "short"] {
            assert_eq!(token(secret), Value::text(MASK).with_loss(Loss::Masked), "{secret}");
        }
    }

    #[test]
    fn errors_are_clean_in_message_and_evidence() {
        let evidence = Value::list([Value::text("password: c4nary"), Value::number(1)]);
        let dirty = ActionError::new(crate::value::ErrorKind::Failed, "LOGIN u c4nary").with(evidence);
        let clean = error(dirty);
        assert_eq!(clean.message, "LOGIN u ***");
        let masked = Value::text("password: ***").with_loss(Loss::Masked);
        assert_eq!(clean.evidence, Some(Value::list([masked, Value::number(1)])));
        assert_eq!(clean.loss, Some(Loss::Masked));
    }
}
