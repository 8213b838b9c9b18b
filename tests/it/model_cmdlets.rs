//! How the modelled Exchange handles requests: parameter binding, filters, sessions, and the shape of answers.

use crate::support::exchange::{Driver, exchange, on, request};
use rectify::transport::powershell::{ErrorStage, Filter, Target};
use serde_json::json;

const CTP: &str = r"IMAP\ImapCTPProbe";

#[test]
fn r5_a_parameter_that_does_not_exist_is_an_error_and_changes_nothing() {
    let mut site = Driver::new("", 1);
    let bad = json!({"Server": "cas1", "ProtocolLoggingEnabled": true});
    let answer = site.exchange("Set-ImapSettings", bad, &[]);
    assert!(!answer.ok);
    let error = &answer.errors[0];
    assert_eq!((error.stage, error.id.as_str()), (ErrorStage::Bind, "NamedParameterNotFound,Set-ImapSettings"));
    assert_eq!(error.message, "A parameter cannot be found that matches parameter name 'ProtocolLoggingEnabled'.");
    assert!(site.model.ledger().is_empty());
}

#[test]
fn r5_a_property_that_does_not_exist_matches_nothing() {
    let mut site = Driver::new("", 2);
    let mut health = exchange("Get-ServerHealth", json!({"Identity": "cas1"}), &["Name", "HealtSetName"]);
    health.filter = Some(Filter { property: "HealtSetName".to_owned(), like: "IMAP*".to_owned() });
    assert!(site.send(&health).data.is_empty());
    health.filter = Some(Filter { property: "healthsetname".to_owned(), like: "imap*".to_owned() });
    let data = site.send(&health).data;
    assert_eq!(data.len(), 3, "{data:?}");
    assert!(data.iter().all(|object| object["HealtSetName"].is_null()), "it comes as null when it is selected");
}

#[test]
fn parameters_are_bound_as_powershell_binds_them() {
    let cases = [
        (json!({"Server": "cas1", "Protocol": true}), None),
        (json!({"SERVER": "cas1", "protocollogenabled": true}), None),
        (json!({"Server": "cas1", "ProtocolLogEnabled": "true"}), Some("ParameterArgumentTransformationError")),
        (json!({"ProtocolLogEnabled": true}), Some("MissingMandatoryParameter")),
        (
            json!({"Server": "", "ProtocolLogEnabled": true}),
            Some("ParameterArgumentValidationErrorEmptyStringNotAllowed"),
        ),
        (json!({"Server": "cas1", "server": "cas2"}), Some("ParameterAlreadyBound")),
    ];
    for (parameters, expected) in cases {
        let mut site = Driver::new("", 3);
        let answer = site.exchange("Set-ImapSettings", parameters.clone(), &[]);
        let id = answer.errors.first().map(|error| error.id.split(',').next().unwrap());
        assert_eq!(id, expected, "{parameters}");
    }
}

#[test]
fn a_cmdlet_that_is_not_there_is_not_recognised() {
    let mut site = Driver::new("", 4);
    let nowhere = [
        exchange("Get-Mailbox", json!({}), &[]),
        exchange("Restart-Service", json!({"Name": "MSExchangeImap4"}), &[]),
        on("cas1", "Get-ServerHealth", json!({"Identity": "cas1"}), &[]),
        request(Target::Here, "Stop-Computer", json!({}), &[]),
    ];
    for request in nowhere {
        let answer = site.send(&request);
        assert_eq!(answer.errors[0].id, "CommandNotFoundException", "{request:?}");
    }
}

#[test]
fn a_session_is_opened_on_the_first_server_that_gives_one() {
    let mut site = Driver::with(&["{kind: reboot_never_returns, server: mbx2}"], 5);
    site.reboot("mbx2");
    site.wait(20);
    let began = site.now;
    let answer = site.exchange("Get-MailboxServer", json!({"Identity": "mbx1"}), &["Name"]);
    assert!(answer.ok, "mr1 is next");
    assert!((site.now - began).as_secs() >= 8, "and mbx2 was waited for");
    let sessions = vec!["http://mbx2.contoso.com/PowerShell/".to_owned(), "http://nowhere/PowerShell/".to_owned()];
    let answer =
        site.send(&request(Target::Exchange { sessions }, "Get-MailboxServer", json!({"Identity": "mbx1"}), &[]));
    assert_eq!((answer.ok, answer.errors[0].stage), (false, ErrorStage::Connect));
    let own = request(Target::Exchange { sessions: Vec::new() }, "Get-MailboxServer", json!({"Identity": "mbx1"}), &[]);
    assert!(site.send(&own).ok, "no sessions: the shell has the cmdlets itself");
}

#[test]
fn servers_take_short_and_full_names_whatever_the_case() {
    let mut site = Driver::new("", 6);
    for name in ["mbx1", "MBX1", "Mbx1.Contoso.Com"] {
        assert_eq!(site.active(name), ["db1"], "{name}");
    }
    let answer = site.exchange("Get-MailboxDatabaseCopyStatus", json!({"Server": "mbx7"}), &["Name"]);
    assert!(answer.errors[0].id.starts_with("ManagementObjectNotFoundException"), "{answer:?}");
}

#[test]
fn a_failed_probe_names_the_back_end_in_the_forms_that_are_assumed() {
    let fault = "faults: [{kind: host_fault, server: mbx1}]\nassumptions: {back_end_name: ";
    let forms = [
        ("{state_attribute: true, error: false}", ("mbx1", false, false)),
        ("{state_attribute: false, error: true}", ("", true, false)),
        ("{state_attribute: false, error: false, mbx: true}", ("", false, true)),
        ("{state_attribute: false, error: false, log: false}", ("", false, false)),
    ];
    for (form, expected) in forms {
        let mut site = Driver::new(&format!("{fault}{form}}}"), 7);
        let result = site.probe_result(CTP, "cas1", &["Error", "StateAttribute4", "ResultType"]);
        let error = result[0]["Error"].as_str().unwrap();
        let name = result[0]["StateAttribute4"].as_str().unwrap();
        let seen = (name, error.contains("Proxy=mbx1.contoso.com"), error.contains("_Mbx:mbx1.contoso.com_"));
        assert_eq!(seen, expected, "{form}: {error}");
    }
}

#[test]
fn the_log_names_the_back_end_of_a_failed_login_only_where_that_is_assumed() {
    for (form, named) in [("true", true), ("false", false)] {
        let section = format!(
            "faults: [{{kind: host_fault, server: mbx1}}]\nassumptions: {{back_end_name: {{log: {form}}}}}\n\
             servers: {{cas1: {{protocol_log_enabled: true}}}}"
        );
        let mut site = Driver::new(&section, 8);
        site.probe(CTP, "cas1");
        let lines = site.log("cas1");
        assert!(lines.iter().any(|line| line.contains(",login,")), "{lines:?}");
        assert_eq!(lines.iter().any(|line| line.contains("Proxy:mbx1.contoso.com:1993:SSL")), named, "{lines:?}");
    }
}

#[test]
fn only_the_context_of_a_failed_probe_holds_a_password() {
    let mut site = Driver::with(&["{kind: wrong_password, database: db1}"], 9);
    let names = ["Error", "Exception", "StateAttribute1", "StateAttribute2", "StateAttribute12", "StateAttribute13"];
    let shown = format!("{:?}", site.probe_result(CTP, "cas1", &names));
    assert!(shown.contains("AuthenticationFailed") && !shown.contains("Canary"), "{shown}");
    let context = site.probe_result(CTP, "cas1", &["ExecutionContext"]);
    assert!(context[0]["ExecutionContext"].as_str().unwrap().contains("Password=Canary"), "{context:?}");
}

#[test]
fn an_unknown_probe_is_a_warning_and_a_malformed_one_an_error() {
    let mut site = Driver::new("", 10);
    for identity in [r"IMAP\ImapTestDeepProbe", r"IMAP.Protocol\ImapDeepTestProbe"] {
        let answer =
            site.exchange("Invoke-MonitoringProbe", json!({"Identity": identity, "Server": "cas1"}), &["Server"]);
        assert!(answer.ok && answer.data.is_empty() && !answer.warnings.is_empty(), "{identity}: {answer:?}");
    }
    let answer = site.exchange("Invoke-MonitoringProbe", json!({"Identity": "IMAP", "Server": "cas1"}), &["Server"]);
    assert!(!answer.ok, "{answer:?}");
}

#[test]
fn items_are_those_that_there_are() {
    let mut site = Driver::new("", 11);
    let select = ["Name", "ItemType", "Identity"];
    let items =
        site.exchange("Get-MonitoringItemIdentity", json!({"Identity": "IMAP.Protocol", "Server": "mbx1"}), &select);
    let of = |kind: &str| -> Vec<_> {
        let items = items.data.iter().filter(|item| item["ItemType"] == kind);
        items.map(|item| item["Name"].as_str().unwrap()).collect()
    };
    assert_eq!(of("Monitor"), ["ImapDeepTestMonitor", "ImapSelfTestMonitor"]);
    assert_eq!(of("Probe"), ["ImapDeepTestProbe", "ImapSelfTestProbe"]);
    assert!(of("Responder").contains(&"ImapDeepTestRestartServiceLate"));
}

#[test]
fn a_service_has_another_process_after_a_restart() {
    let mut site = Driver::new("", 12);
    let query = json!({"ClassName": "Win32_Service", "Filter": "Name='MSExchangeImap4'"});
    let before = site.on("cas1", "Get-CimInstance", query.clone(), &["Name", "ProcessId", "State"]);
    assert_eq!((before.data.len(), &before.data[0]["State"]), (1, &json!("Running")));
    site.restart("cas1", "MSExchangeImap4");
    let after = site.on("cas1", "Get-CimInstance", query, &["ProcessId"]);
    assert_ne!(before.data[0]["ProcessId"], after.data[0]["ProcessId"]);
    let unknown = site.on("cas1", "Get-Service", json!({"Name": "imap"}), &["Status"]);
    assert!(unknown.errors[0].id.starts_with("NoServiceFoundForGivenName"), "{unknown:?}");
}

#[test]
fn an_answer_is_given_once() {
    let mut site = Driver::new("", 13);
    let request = exchange("Get-ImapSettings", json!({"Server": "cas1"}), &["SSLBindings", "ProxyTargetPort"]);
    let (ready, ticket) = site.model.begin(site.now, &request);
    let answer = site.model.finish(ready, ticket);
    assert_eq!(answer.data[0]["SSLBindings"], json!(["[::]:993", "0.0.0.0:993"]));
    assert_eq!(answer.data[0]["ProxyTargetPort"], json!(1993));
    assert!(!site.model.finish(ready, ticket).ok);
}

#[test]
fn enums_may_come_as_their_numbers() {
    let mut site =
        Driver::new("faults: [{kind: service_hang, server: cas1}]\nassumptions: {enums_as_numbers: true}", 14);
    let result = site.probe_result(r"IMAP.Proxy\ImapProxyTestProbe", "cas1", &["ResultType"]);
    assert_eq!(result[0]["ResultType"], json!(1));
    let service = site.on("cas1", "Get-Service", json!({"Name": "MSExchangeImap4"}), &["Status", "StartType"]);
    assert_eq!((&service.data[0]["Status"], &service.data[0]["StartType"]), (&json!(4), &json!(2)));
    let copies = site.exchange("Get-MailboxDatabaseCopyStatus", json!({"Server": "mbx9"}), &["Status"]);
    assert_eq!(copies.data[0]["Status"], json!("Mounted"), "the numbers of this one are not known");
}

#[test]
fn the_latency_monitor_has_a_namesake_in_another_health_set() {
    let mut site = Driver::new("", 15);
    let mut health = exchange("Get-ServerHealth", json!({"Identity": "cas1"}), &["HealthSetName"]);
    let like = "AverageCommandProcessingTimeGt60sMonitor".to_owned();
    health.filter = Some(Filter { property: "Name".to_owned(), like });
    let answer = site.send(&health).data;
    let sets: Vec<_> = answer.iter().map(|object| object["HealthSetName"].as_str().unwrap()).collect();
    assert_eq!(sets, ["IMAP", "POP"]);
}

/// It needs no Health Manager, and its user is not a health mailbox.
#[test]
fn a_test_user_logs_in_where_no_probe_answers() {
    let login = |faults: &[&str], parameters: serde_json::Value| {
        let mut site = Driver::with(faults, 11);
        site.wait(60);
        let answer = site.exchange("Test-ImapConnectivity", parameters, &["Result", "Error"]);
        let object = answer.data.first().unwrap_or_else(|| panic!("{answer:?}"));
        (object["Result"].as_str().unwrap().to_owned(), object["Error"].as_str().unwrap().to_owned())
    };
    let cas1 = || json!({"ClientAccessServer": "cas1", "LightMode": true});
    let success = ("Success".to_owned(), String::new());
    assert_eq!(login(&[], cas1()), success);
    for curable in [
        "{kind: health_manager_stuck, server: cas1}",
        "{kind: wrong_password, database: db1}",
        "{kind: expired_certificate, server: cas1}",
    ] {
        assert_eq!(login(&[curable], cas1()), success, "{curable}");
    }
    for (fault, said) in [
        ("{kind: service_hang, server: cas1, service: MSExchangeImap4}", "did not answer within 55 seconds"),
        ("{kind: host_fault, server: mbx1}", "LOGIN failed"),
        ("{kind: directory_down}", "LOGIN failed"),
    ] {
        let (result, error) = login(&[fault], cas1());
        assert!(result == "Failure" && error.contains(said), "{fault}: {result} {error}");
    }
    let named = |server: &str| json!({"ClientAccessServer": "cas1", "MailboxServer": server});
    assert_eq!(login(&["{kind: host_fault, server: mbx1}"], named("mbx2")), success);
    // A server that holds no active database: no fault of IMAP.
    assert!(login(&[], named("cas1")).1.contains("WrongServerException"));
}
