//! Components and their holders.

use super::*;

#[tokio::test]
async fn a_component_is_held_by_whoever_says_so_last_and_worst() {
    let data = json!([{
        "ServerFqdn": "mbx1.contoso.com", "Component": "ImapProxy", "State": 0,
        "LocalStates": ["HealthAPI|Inactive|2026-11-24T08:00:00.0000000Z", "Maintenance|Active|", "Functional|1|"],
        "RemoteStates": ["Maintenance|Draining|2026-11-24T07:00:00Z"]
    }]);
    let name = || ("name", Value::text("imapproxy"));
    let component = answered("component", vec![name()], data.clone()).await.unwrap();
    assert_eq!(field(&component, "state"), Value::word("Inactive"));
    assert_eq!(
        field(&component, "holds").to_string(),
        "[ComponentHold(requester: HealthAPI, state: Inactive, since: 2026-11-24T08:00:00Z), \
         ComponentHold(requester: Maintenance, state: Draining, since: 2026-11-24T07:00:00Z)]"
    );
    for (requester, state) in
        [("HealthAPI", "Inactive"), ("Maintenance", "Draining"), ("Functional", "Active"), ("Sidelined", "Active")]
    {
        let asked = vec![name(), ("requester", Value::word(requester))];
        assert_eq!(answered("component_hold", asked, data.clone()).await, Ok(Value::word(state)), "{requester}");
    }
    for wrong in ["HealthAPI", "HealthAPI|Inactive", "|Active|", "a|b|c|d", "HealthAPI|Active|yesterday", "1|Active|"] {
        let data = json!([{"Component": "ImapProxy", "State": "Active", "LocalStates": [wrong]}]);
        assert_eq!(answered("component", vec![name()], data).await.unwrap_err().kind, ErrorKind::Mismatch, "{wrong}");
    }
}
