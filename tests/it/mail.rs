//! Delivery to a real mail server.

use crate::lab::mail::MailServer;
use rectify::backend::mail::{Message, Receipt, send};
use rectify::secret::{SecretSource, Secrets};
use rectify::value::{ActionError, ErrorKind, MailSettings, Security};
use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::Duration;

struct Fixture {
    server: MailServer,
    secrets: Secrets,
    _folder: tempfile::TempDir,
}

impl Fixture {
    fn open() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str, text: &str| {
            std::fs::write(folder.path().join(name), text).unwrap();
            std::fs::set_permissions(folder.path().join(name), std::fs::Permissions::from_mode(0o600)).unwrap();
            (name.to_owned(), SecretSource::File(name.into()))
        };
        let sources = BTreeMap::from([file("right", MailServer::PASSWORD), file("wrong", "not the password")]);
        Self { server: MailServer::start(), secrets: Secrets::new(sources, folder.path()), _folder: folder }
    }

    fn settings(&self, security: Security) -> MailSettings {
        let port = match security {
            Security::None => self.server.plain,
            Security::Starttls => self.server.starttls,
            Security::Tls => self.server.tls,
        };
        let secured = security != Security::None;
        MailSettings {
            server: "127.0.0.1".into(),
            port: Some(port),
            security,
            from: "rectify@example.org".into(),
            user: secured.then(|| "rectify".into()),
            password: secured.then(|| "right".into()),
            ca: secured.then(|| self.server.ca()),
            server_name: secured.then(|| "localhost".into()),
            retry_for: Default::default(),
        }
    }

    async fn send(&self, settings: &MailSettings, to: &[&str], id: &str) -> Result<Receipt, ActionError> {
        let message = Message {
            to: to.iter().map(|to| (*to).to_owned()).collect(),
            subject: self.secrets.redact_text(&format!("IMAP 不正常 {}", MailServer::PASSWORD)),
            body: self.secrets.redact_text(&format!("证据: {}\n.\nthe end\n", MailServer::PASSWORD)),
            id: id.to_owned(),
        };
        send(settings, &message, &self.secrets, Path::new("."), Duration::from_secs(20)).await
    }
}

#[tokio::test]
async fn mail_arrives_by_every_road_and_only_by_safe_ones() {
    let fixture = Fixture::open();
    drop(fixture.secrets.reveal("right").unwrap());
    for (security, id) in [(Security::None, "plain"), (Security::Starttls, "starttls"), (Security::Tls, "tls")] {
        let receipt = fixture.send(&fixture.settings(security), &["oncall@example.org"], id).await;
        assert_eq!(receipt, Ok(Receipt { refused: vec![] }), "{security:?}");
    }
    let messages = fixture.server.messages(3);
    for id in ["plain", "starttls", "tls"] {
        let found: Vec<_> =
            messages.iter().filter(|text| text.contains(&format!("Message-ID: <{id}@example.org>"))).collect();
        assert_eq!(found.len(), 1, "{id}");
        let words = "IMAP =?utf-8?b?5LiN5q2j5bi4?= ***";
        assert!(found[0].contains(&format!("Subject: {words}")), "{}", found[0]);
        assert!(!found[0].contains(MailServer::PASSWORD));
    }

    // Mail with some rejected recipients is delivered to the others; with only rejected ones it fails.
    let mixed = fixture
        .send(&fixture.settings(Security::None), &["nobody@elsewhere.example", "lead@example.org"], "mixed")
        .await
        .unwrap();
    assert_eq!(mixed.refused.len(), 1);
    assert!(mixed.refused[0].0 == "nobody@elsewhere.example" && mixed.refused[0].1.contains("550"), "{mixed:?}");
    let none =
        fixture.send(&fixture.settings(Security::None), &["nobody@elsewhere.example"], "none").await.unwrap_err();
    assert_eq!(none.kind, ErrorKind::Failed);

    // A server with an untrusted certificate, the wrong name, or a rejected password receives no message.
    for security in [Security::Tls, Security::Starttls] {
        let untrusted = MailSettings { ca: None, ..fixture.settings(security) };
        let somebody_else = MailSettings { server_name: Some("mail.example.org".into()), ..fixture.settings(security) };
        for settings in [untrusted, somebody_else] {
            let error = fixture.send(&settings, &["oncall@example.org"], "never").await.unwrap_err();
            assert_eq!(error.kind, ErrorKind::Unreachable, "{error:?}");
            assert!(error.evidence.unwrap().to_string().contains("certificate verify failed"));
        }
    }
    let wrong = MailSettings { password: Some("wrong".into()), ..fixture.settings(Security::Tls) };
    let error = fixture.send(&wrong, &["oncall@example.org"], "never").await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Failed, "{error:?}");
    let messages = fixture.server.messages(4);
    assert!(messages.len() == 4 && !messages.iter().any(|text| text.contains("<never@")));
}
