//! Results of probes, without passwords.

use super::*;
use crate::value::SignedDuration;

fn result(more: Json) -> Json {
    let mut result = json!({
        "Server": "mbx1.contoso.com", "MonitorIdentity": "IMAP\\ImapCTPProbe", "ResultType": "Failed",
        "Error": null, "Exception": null, "SampleValue": 412.7,
        "ExecutionStartTime": "2026-11-24T08:00:00.0000000Z", "ExecutionEndTime": "2026-11-24T08:00:05.0000000Z",
        "StateAttribute1": "", "StateAttribute2": null, "StateAttribute3": "CAS1", "StateAttribute4": null,
        "StateAttribute12": null, "StateAttribute13": "R1:C:L:FAIL"
    });
    result.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    result
}

async fn probed(more: Json) -> Result<Value, ActionError> {
    answered("invoke_probe", vec![("identity", Value::text("IMAP\\ImapCTPProbe"))], json!([result(more)])).await
}

#[tokio::test]
async fn a_probes_result_is_read() {
    for (kind, word) in [
        (json!("Succeeded"), "Succeeded"),
        (json!(3), "Succeeded"),
        (json!(4), "Failed"),
        (json!(1), "TimedOut"),
        (json!("Rejected"), "Rejected"),
    ] {
        let result = probed(json!({"ResultType": kind})).await.unwrap();
        assert_eq!(field(&result, "result_type"), Value::word(word));
        assert_eq!(field(&result, "latency"), Value::Duration(SignedDuration::from_millis(412)));
        assert_eq!(field(&result, "failing_component"), Value::Absent);
        assert_eq!(field(&result, "front_end"), Value::text("CAS1"));
    }
    for (latency, read) in [
        (json!(null), Value::Absent),
        (json!(-1), Value::Absent),
        (json!("7"), Value::Duration(SignedDuration::from_millis(7))),
    ] {
        assert_eq!(field(&probed(json!({"SampleValue": latency})).await.unwrap(), "latency"), read);
    }
    assert_eq!(probed(json!({"ExecutionEndTime": null})).await.unwrap_err().kind, ErrorKind::Mismatch);
}

#[tokio::test]
async fn the_back_end_is_found_wherever_it_is_named() {
    let line = "z NO [Error=MailboxOfflineException Proxy=mbx7.contoso.com] LOGIN failed.";
    for (more, name) in [
        (json!({"StateAttribute4": "MBX7", "Error": "[Proxy=other.contoso.com]"}), "MBX7"),
        (json!({"Error": line}), "mbx7.contoso.com"),
        (json!({"StateAttribute4": "no name", "Error": "[Error=\"a b\" Proxy=mbx7.contoso.com]"}), "mbx7.contoso.com"),
        (json!({"StateAttribute12": "z OK [Proxy=mbx7.contoso.com] done"}), "mbx7.contoso.com"),
        (json!({"Error": "As:BlockedP_Mbx:EXCH01.contoso.test_Db:1"}), "EXCH01.contoso.test"),
    ] {
        assert_eq!(field(&probed(more.clone()).await.unwrap(), "back_end"), Value::text(name), "{more}");
    }
    for more in [json!({}), json!({"Error": "Proxy=unbracketed.contoso.com"}), json!({"Error": "_Mbx:"})] {
        assert_eq!(field(&probed(more.clone()).await.unwrap(), "back_end"), Value::Absent, "{more}");
    }
}

#[tokio::test]
async fn no_password_comes_out_of_a_probe() {
    const CANARY: &str = "c4n%A}ry+Pass:9";
    let echo =
        format!("z login HealthMailbox0@contoso.com {CANARY} z NO [Error=X Proxy=mbx7.contoso.com] LOGIN failed.");
    let more = json!({
        "Error": echo, "Exception": format!("{CANARY} is wrong"), "StateAttribute2": CANARY, "StateAttribute1": echo,
        "StateAttribute12": echo, "ExecutionContext": format!("user;{CANARY};target")
    });
    let (world, scripted) = world({
        let more = more.clone();
        move |_| envelope(json!([result(more.clone())]))
    });
    let seen = perform_on(&world, "invoke_probe", actions().remove(0).1).await.unwrap();
    assert!(!format!("{seen:?}").contains("c4n"), "{seen}");
    assert_eq!(field(&seen, "back_end"), Value::text("mbx7.contoso.com"));
    assert_eq!(field(&seen, "error_token"), Value::text("***").with_loss(crate::value::Loss::Masked));
    assert!(!scripted.requests.borrow()[0].select.iter().any(|property| property == "ExecutionContext"));
    let odd = probed(json!({"StateAttribute2": [[CANARY]]})).await.unwrap_err();
    assert!(odd.kind == ErrorKind::Mismatch && !format!("{odd:?}").contains("c4n"), "{odd:?}");
    let clean = probed(json!({"StateAttribute2": "WrongServerException"})).await.unwrap();
    assert_eq!(field(&clean, "error_token"), Value::text("WrongServerException"));
}
