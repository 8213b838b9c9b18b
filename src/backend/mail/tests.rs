//! Messages as bytes, and misbehaving servers; the integration tests use a real server.

use super::*;
use crate::value::Security;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;

fn message(secrets: &Secrets) -> Message {
    Message {
        to: vec!["oncall@example.org".into()],
        subject: secrets.redact_text("IMAP 不正常\r\nBcc: victim@example.org"),
        body: secrets.redact_text("The password is hunter22.\n.\n证据"),
        id: "run-7/escalation 1".into(),
    }
}

fn settings(port: u16) -> MailSettings {
    MailSettings {
        server: "127.0.0.1".into(),
        port: Some(port),
        security: Security::None,
        from: "rectify@example.org".into(),
        user: None,
        password: None,
        ca: None,
        server_name: None,
        retry_for: Default::default(),
    }
}

async fn send_to(settings: &MailSettings, limit: Duration) -> Result<Receipt, ActionError> {
    let secrets = Secrets::default();
    send(settings, &message(&secrets), &secrets, Path::new("."), limit).await
}

#[test]
fn a_message_has_one_subject_and_a_stable_id() {
    let secrets = Secrets::default();
    secrets.register("hunter22");
    let (_, bytes) = message(&secrets).render("rectify@example.org").unwrap();
    let text = String::from_utf8(bytes).unwrap();
    let (head, _) = text.split_once("\r\n\r\n").unwrap();
    assert!(head.contains("Message-ID: <run-7escalation1@example.org>"), "{head}");
    assert!(head.contains("Auto-Submitted: auto-generated"));
    assert!(!head.lines().any(|line| line.starts_with("Bcc")), "{head}");
    assert!(!text.contains("hunter22"));
}

#[test]
fn addresses_that_carry_more_than_an_address_are_refused() {
    let secrets = Secrets::default();
    for bad in
        ["a@example.org\r\nBcc: b@example.org", "a@example.org>", "a b@example.org", "nobody", "", "a@example.org\0"]
    {
        let wrong = Message { to: vec![bad.into()], ..message(&secrets) };
        assert_eq!(wrong.render("rectify@example.org").unwrap_err().kind, ErrorKind::Refused, "{bad:?}");
        assert_eq!(message(&secrets).render(bad).unwrap_err().kind, ErrorKind::Refused, "{bad:?}");
    }
    let nobody = Message { to: vec![], ..message(&secrets) };
    assert_eq!(nobody.render("rectify@example.org").unwrap_err().kind, ErrorKind::Refused);
}

#[tokio::test]
async fn nothing_travels_in_the_open_beyond_this_machine() {
    let open = MailSettings { server: "192.0.2.1".into(), ..settings(25) };
    let error = send_to(&open, Duration::from_secs(5)).await.unwrap_err();
    assert_eq!(
        (error.kind, error.message.as_str()),
        (ErrorKind::Refused, "mail without TLS is only allowed to a loopback address")
    );
    let login = MailSettings { user: Some("u".into()), password: Some("p".into()), ..settings(25) };
    assert_eq!(send_to(&login, Duration::from_secs(5)).await.unwrap_err().kind, ErrorKind::Refused);
}

#[tokio::test]
async fn a_file_of_certificates_is_a_bounded_file_with_certificates() {
    for (path, problem) in
        [("/dev/zero", "is not a file"), ("Cargo.toml", "contains no PEM certificate"), ("no.pem", "cannot be read")]
    {
        let secured = MailSettings { security: Security::Tls, ca: Some(path.into()), ..settings(25) };
        let error = send_to(&secured, Duration::from_secs(5)).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::Refused, "{path}");
        assert!(error.message.contains(problem) && error.message.contains(path), "{error}");
    }
}

/// A server that gives one answer a line, and hangs when it has none left.
async fn scripted(answers: &'static [&'static str]) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        let mut stream = BufReader::new(stream);
        let mut in_body = false;
        for answer in answers {
            if *answer == "close" {
                return;
            }
            stream.get_mut().write_all(format!("{answer}\r\n").as_bytes()).await.unwrap();
            in_body = answer.starts_with("354");
            let mut line = String::new();
            while stream.read_line(&mut line).await.unwrap_or(0) > 0 {
                if !in_body || line.ends_with("\r\n.\r\n") {
                    break;
                }
            }
        }
        let _ = in_body;
        std::future::pending::<()>().await;
    });
    port
}

#[tokio::test]
async fn what_is_known_of_the_message_depends_on_how_far_it_came() {
    let short = Duration::from_millis(300);
    for (answers, kind) in [
        (&["220 hi", "250 ok", "250 ok", "250 ok", "354 go", "250 taken", "221 bye"][..], None),
        (&["220 hi", "250 ok", "250 ok", "250 ok", "354 go", "451 later"], Some(ErrorKind::Unreachable)),
        (&["220 hi", "250 ok", "250 ok", "250 ok", "354 go", "554 no"], Some(ErrorKind::Failed)),
        (&["220 hi", "250 ok", "250 ok", "250 ok", "354 go"], Some(ErrorKind::TimedOut)),
        (&["220 hi", "250 ok", "250 ok", "250 ok", "354 go", "close"], Some(ErrorKind::Unknown)),
        (&["220 hi", "250 ok", "250 ok"], Some(ErrorKind::Unreachable)),
        (&["220 hi", "250 ok", "250 ok", "550 nobody"], Some(ErrorKind::Failed)),
        (&["220 hi", "250 ok", "250 ok", "450 full"], Some(ErrorKind::Unreachable)),
        (&["220 hi", "250 ok", "250 ok", "close"], Some(ErrorKind::Unreachable)),
        (&[], Some(ErrorKind::Unreachable)),
        (&["close"], Some(ErrorKind::Unreachable)),
        (&["554 go away"], Some(ErrorKind::Failed)),
    ] {
        let outcome = send_to(&settings(scripted(answers).await), short).await;
        assert_eq!(outcome.as_ref().err().map(|error| error.kind), kind, "{answers:?}: {outcome:?}");
    }
    let closed = send_to(&settings(1), short).await.unwrap_err();
    assert_eq!(closed.kind, ErrorKind::Unreachable);
}

#[tokio::test]
async fn starttls_that_is_not_offered_ends_it() {
    let port = scripted(&["220 hi", "250 no extensions", "250 ok", "250 ok", "354 go", "250 taken"]).await;
    let wanted = MailSettings { security: Security::Starttls, ..settings(port) };
    let error = send_to(&wanted, Duration::from_millis(500)).await.unwrap_err();
    assert!(matches!(error.kind, ErrorKind::Refused | ErrorKind::Unreachable), "{error:?}");
}
