//! Logins by Test-ImapConnectivity.

use super::*;
use crate::value::SignedDuration;

fn result(more: Json) -> Json {
    let mut result = json!({
        "ClientAccessServerShortName": "MBX1", "LocalSiteShortName": "Default-First-Site-Name",
        "Scenario": "Test IMAP4 Connectivity", "Result": "Success", "LatencyInMillisecondsString": "390.62", "Error": null
    });
    result.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    result
}

async fn tested(more: Json) -> Result<Value, ActionError> {
    answered("imap_connectivity", vec![], json!([result(more)])).await.map(first)
}

#[tokio::test]
async fn a_login_is_read() {
    for (shown, word) in
        [("Success", "Success"), ("*FAILURE*", "Failure"), ("failure", "Failure"), ("Skipped", "Skipped")]
    {
        let result = tested(json!({"Result": shown})).await.unwrap();
        assert_eq!(field(&result, "result"), Value::word(word));
        assert_eq!(field(&result, "front_end"), Value::text("MBX1"));
        assert_eq!(field(&result, "latency"), Value::Duration(SignedDuration::from_millis(390)));
    }
    for latency in [json!(null), json!(""), json!("-1")] {
        let result = tested(json!({"LatencyInMillisecondsString": latency, "Error": "LOGIN failed"})).await.unwrap();
        assert_eq!(field(&result, "latency"), Value::Absent, "{latency}");
        assert_eq!(field(&result, "error"), Value::text("LOGIN failed"));
    }
}

/// A shell in another language translates the word: then nobody knows whether the login worked.
#[tokio::test]
async fn a_result_in_another_language_is_a_mismatch() {
    for shown in [json!("Erfolgreich"), json!("Fehler"), json!(0), json!(null)] {
        assert_eq!(tested(json!({"Result": shown})).await.unwrap_err().kind, ErrorKind::Mismatch, "{shown}");
    }
    let other = tested(json!({"ClientAccessServerShortName": "MBX2"})).await.unwrap_err();
    assert_eq!(other.kind, ErrorKind::Protocol);
}

/// Without a test user the cmdlet warns and gives no object.
#[tokio::test]
async fn no_test_user_is_no_answer() {
    let (world, _) = world(|_| warned("Test user 'extest_0' isn't accessible"));
    let error = perform_on(&world, "imap_connectivity", vec![]).await.unwrap_err();
    assert!(error.kind == ErrorKind::Unknown && error.message.contains("extest_0"), "{error:?}");
}

#[tokio::test]
async fn a_login_changes_nothing_and_names_its_mailbox_server() {
    let (world, scripted) = world(|_| envelope(json!([result(json!({}))])));
    perform_on(&world, "imap_connectivity", vec![]).await.unwrap();
    perform_on(&world, "imap_connectivity", vec![("mailbox_server", Value::Host("h".into()))]).await.unwrap();
    let requests = scripted.requests.borrow();
    let parameters: Vec<Json> = requests.iter().map(|request| json!(request.parameters)).collect();
    let alone = json!({"ClientAccessServer": "mbx1.contoso.com", "LightMode": true});
    let mut named = alone.clone();
    named["MailboxServer"] = json!("mbx1.contoso.com");
    assert_eq!(parameters, [alone, named]);
    assert!(requests.iter().all(Request::only_reads));
}

#[tokio::test]
async fn no_password_comes_out_of_a_login() {
    let text = "z login extest_0@contoso.com c4n%A}ry z NO LOGIN failed.";
    let result = tested(json!({"Result": "Failure", "Error": text})).await.unwrap();
    assert!(!format!("{result:?}").contains("c4n"), "{result}");
}
