//! Settings and activation, read back after a change.

use super::*;

#[tokio::test]
async fn settings_are_read_and_changed_and_read_back() {
    let mut logged = false;
    let (world, scripted) = world(move |request| {
        if request.cmdlet == "Set-ImapSettings" {
            logged = request.parameters["ProtocolLogEnabled"] == json!(true);
            return warned("A change takes effect after the service was restarted.");
        }
        envelope(json!([{
            "Server": "MBX1", "ProtocolLogEnabled": logged, "LogFileLocation": "C:\\Logs", "ProxyTargetPort": 1993,
            "SSLBindings": ["[::]:993", "0.0.0.0:993"], "LoginType": 3, "X509CertificateName": null
        }]))
    });
    let settings = perform_on(&world, "imap_settings", vec![]).await.unwrap();
    assert_eq!(field(&settings, "ssl_bindings"), Value::list([Value::text("[::]:993"), Value::text("0.0.0.0:993")]));
    assert_eq!(field(&settings, "login_type"), Value::text("SecureLogin"));
    assert_eq!(field(&settings, "proxy_target_port"), Value::number(1993));
    let enabled = |enabled| vec![("enabled", Value::Boolean(enabled))];
    for wanted in [true, true, false] {
        assert_eq!(perform_on(&world, "protocol_logging", enabled(wanted)).await, Ok(Value::Absent));
        assert_eq!(perform_on(&world, "is_protocol_logged", vec![]).await, Ok(Value::Boolean(wanted)));
    }
    let asked = scripted.requests.borrow();
    let set = asked.iter().find(|request| request.cmdlet == "Set-ImapSettings").unwrap();
    assert_eq!(json!(set.parameters), json!({"Server": "mbx1.contoso.com", "ProtocolLogEnabled": true}));
}

#[tokio::test]
async fn a_change_that_cannot_be_seen_afterwards_failed() {
    let stubborn = |request: &Request| {
        envelope(match request.cmdlet.as_str() {
            "Get-ImapSettings" => json!([{"Server": "MBX1", "ProtocolLogEnabled": false}]),
            "Get-MailboxServer" => json!([{"Name": "MBX1", "DatabaseCopyActivationDisabledAndMoveNow": "False"}]),
            "Get-ServerComponentState" => {
                json!([{"Component": "ImapProxy", "State": "Active", "LocalStates": [], "RemoteStates": null}])
            }
            _ => json!([]),
        })
    };
    for (action, arguments) in actions() {
        if !["protocol_logging", "activation_blocked", "component_held"].contains(&action) {
            continue;
        }
        let (world, scripted) = world(stubborn);
        let error = perform_on(&world, action, arguments).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::Failed, "{action}: {error}");
        assert!(error.message.contains("was set to"), "{error}");
        assert_eq!(scripted.cmdlets().len(), 5, "set, and read four times: another domain controller may be late");
    }
}
