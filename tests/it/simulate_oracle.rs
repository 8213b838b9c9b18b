//! Each rule of the oracle about how a run acts: it convicts a runbook with a planted mistake, and acquits an honest one
//! that comes close.

use crate::support::project::Project;
use crate::support::repository;
use crate::support::simulation::violations;

/// A runbook for alerts of both roles, with these statements.
fn book(alert: &str, statements: &str) -> String {
    format!(
        "role client_access {{ site: text }}\nrole mailbox {{ dag: text? }}\n\
         runbook Planted(server: client_access or mailbox, other: mailbox?) {{\n  title \"Planted\"\n  alert \"{alert}\"\n  contact exchange_oncall\n\n  \
         {statements}\n}}\n"
    )
}

/// The rules that a run of the statements breaks in the example site, with these lines under `exchange:`.
#[track_caller]
fn broken(statements: &str, server: &str, exchange: &str) -> Vec<String> {
    let back_end = server.starts_with("mbx");
    let alert = if back_end { "ImapDeepTestMonitor" } else { "ImapProxyTestMonitor" };
    let mut text = book(alert, statements);
    if back_end {
        text = text.replace("server: client_access or mailbox", "server: mailbox");
    } else {
        text = text.replace("server: client_access or mailbox", "server: client_access");
    }
    let site = repository().join("runbooks/exchange/worlds/site.yaml");
    let world = format!("extends: {}\nexchange:\n{exchange}\n", site.display());
    let project = Project::new(&[("planted.runbook", &text), ("world.yaml", &world)]);
    let server = format!("server={server}");
    let ran = project.run(&["simulate", "planted.runbook", &server, "--world", "world.yaml", "--format", "json"]);
    assert!(ran.events().last().is_some_and(|event| event["event"] == "run_ended"), "{ran:#?}");
    violations(&ran)
}

#[track_caller]
fn convicted(rule: &str, statements: &str, server: &str, exchange: &str) {
    assert_eq!(broken(statements, server, exchange), [rule], "{statements}\n{exchange}");
}

#[track_caller]
fn acquitted(statements: &str, server: &str, exchange: &str) {
    assert_eq!(broken(statements, server, exchange), [] as [&str; 0], "{statements}\n{exchange}");
}

const HANGS: &str = "  faults: [{kind: service_hang, server: cas1}]";
const RESTART: &str = "service.restart(\"MSExchangeImap4\", on: server)";
const ESCALATE: &str = "escalate to exchange_oncall \"Nobody can tell\"";

#[test]
fn a_server_that_somebody_holds_is_left_alone() {
    let maintained = |after: &str, more: &str| {
        format!("{HANGS}\n  administrators: [{{action: maintenance, server: cas1, after: {after}{more}}}]")
    };
    let late = format!("wait 8m\n  {RESTART}\n  {ESCALATE}");
    convicted("acted_on_held", &late, "cas1", &maintained("5m", ""));
    // It has ended, began a moment before, or is on another server.
    acquitted(&late, "cas1", &maintained("2m", ", until: 6m"));
    acquitted(&late, "cas1", &maintained("7m30s", ""));
    acquitted(&late, "cas1", &maintained("5m", "").replace("maintenance, server: cas1", "maintenance, server: cas2"));
    // Managed Availability holds nothing on purpose.
    let by_health = format!("{HANGS}\n  servers: {{cas1: {{components: {{ImapProxy: {{HealthAPI: Inactive}}}}}}}}");
    acquitted(&late, "cas1", &by_health);
    let by_people = by_health.replace("HealthAPI", "Sidelined");
    convicted("acted_on_held", &late, "cas1", &by_people);
    // A run that looks first.
    let looks = "let whole = exchange.component(server, \"ServerWideOffline\")\n  require none h in whole.holds: h.state == Inactive else { escalate to exchange_oncall \"It is held\" with whole }";
    let looks = late.replace(RESTART, &format!("{looks}\n  {RESTART}"));
    acquitted(&looks, "cas1", &maintained("5m", ""));
}

#[test]
fn a_member_is_not_drained_beside_one_that_others_took_out() {
    let sick = "  faults: [{kind: host_fault, server: mbx1}]\n";
    let drain = format!("wait 8m\n  temporarily exchange.activation_blocked(server)\n  wait 5m\n  {ESCALATE}");
    let by = |action: &str| format!("{sick}  administrators: [{action}]");
    convicted("two_members_out", &drain, "mbx1", &by("{action: block, server: mbx2, after: 5m}"));
    convicted("two_members_out", &drain, "mbx1", &by("{action: reboot, server: mbx2, after: 5m}"));
    convicted("two_members_out", &drain, "mbx1", &format!("{sick}  servers: {{mbx2: {{activation_blocked: true}}}}"));
    acquitted(&drain, "mbx1", &by("{action: block, server: mbx2, after: 2m, until: 6m}"));
    acquitted(&drain, "mbx1", &by("{action: block, server: mbx2, after: 7m30s}"));
    acquitted(&drain, "mbx1", &by("{action: block, server: mr2, after: 5m}"));
}

#[test]
fn databases_are_not_moved_to_who_is_sick_or_held() {
    let drain = format!("temporarily exchange.activation_blocked(server)\n  wait 5m\n  {ESCALATE}");
    let fault = |fault: &str| format!("  faults: [{{kind: host_fault, server: mbx1}}, {fault}]");
    convicted("moved_onto_unfit", &drain, "mbx1", &fault("{kind: host_fault, server: mbx2}"));
    convicted("moved_onto_unfit", &drain, "mbx1", &fault("{kind: store_slow, server: mbx2}"));
    let held = "  servers: {mbx2: {components: {ServerWideOffline: {Maintenance: Inactive}}}}";
    convicted("moved_onto_unfit", &drain, "mbx1", &format!("{}\n{held}", fault("{kind: copy_queue, database: db3}")));
    // Too new to be known, elsewhere, or nothing that the server is to blame for.
    acquitted(&drain, "mbx1", &fault("{kind: host_fault, server: mbx2, after: 30s}"));
    acquitted(&drain, "mbx1", &fault("{kind: store_slow, server: mr2}"));
    acquitted(&drain, "mbx1", &fault("{kind: wrong_password, database: db2}"));
    // Nobody sees a slow store without a database.
    let all_here = "\n  databases: {db2: {active: mbx1}}";
    acquitted(&drain, "mbx1", &format!("{}{all_here}", fault("{kind: store_slow, server: mbx2}")));
}

#[test]
fn after_a_reboot_one_database_shows_whether_it_has_helped() {
    let slow = "  faults: [{kind: store_slow, server: mbx1, cleared_by: nothing}]\n  databases: {db2: {active: mbx1}}";
    let back = |databases: &str| format!("exchange.databases_moved_back(server, databases: {databases})");
    let drained = |then: &str| {
        format!(
            "permanently exchange.activation_blocked(server)\n  wait until none c in exchange.database_copies(server): c.active within 20m every 30s\n  \
             host.reboot(server)\n  permanently exchange.activation_blocked(server, blocked: false)\n  wait 10m\n  {then}\n  {ESCALATE}"
        )
    };
    let away = "for m in [m in hosts(mailbox) where m.name == \"mbx2\"], at most 1 { exchange.databases_moved_back(m, databases: [\"db1\"]) }";
    convicted("moved_onto_unfit", &drained(&back("[\"db1\"]")), "mbx1", slow);
    convicted("moved_onto_unfit", &drained(&format!("{}\n  {away}", back("[\"db1\", \"db2\"]"))), "mbx1", slow);
    acquitted(&drained(&format!("{}\n  {away}", back("[\"db1\"]"))), "mbx1", slow);
    // It has helped.
    acquitted(&drained(&back("[\"db1\", \"db2\"]")), "mbx1", &slow.replace(", cleared_by: nothing", ""));
}

#[test]
fn nothing_is_disrupted_for_nothing() {
    let late = format!("wait 20m\n  {RESTART}\n  {ESCALATE}");
    convicted("disruption_for_nothing", &late, "cas1", "  faults: [{kind: service_hang, server: cas1, until: 5m}]");
    // The fault is there, ended a short time ago, or is somewhere else.
    acquitted(&late, "cas1", HANGS);
    acquitted(&late, "cas1", "  faults: [{kind: service_hang, server: cas1, until: 15m}]");
    acquitted(&late, "cas1", "  faults: [{kind: store_slow, server: mbx2}]");
    // What was changed is taken back, although all is well by then.
    let logging = format!(
        "temporarily {{\n    exchange.protocol_logging(server, enabled: true)\n    {RESTART}\n  }} undo {{\n    \
         exchange.protocol_logging(server, enabled: false)\n    {RESTART}\n  }}\n  wait 20m\n  {ESCALATE}"
    );
    acquitted(&logging, "cas1", HANGS);
}

#[test]
fn nothing_is_restarted_right_before_its_host_is_rebooted() {
    let reboot = |wait: &str| format!("{RESTART}\n  wait {wait}\n  host.reboot(server)\n  {ESCALATE}");
    convicted("restart_before_reboot", &reboot("1m"), "cas1", HANGS);
    acquitted(&reboot("4m"), "cas1", HANGS);
    // Another host, and a restart after the boot.
    let other = "for m in [m in hosts(client_access) where m.name == \"cas2\"], at most 1 { service.restart(\"MSExchangeImap4\", on: m) }";
    let both = HANGS.replace("cas1", "cas2").replace("]", ", {kind: host_fault, server: cas1}]");
    acquitted(&format!("{other}\n  host.reboot(server)\n  {ESCALATE}"), "cas1", &both);
    acquitted(&format!("host.reboot(server)\n  {RESTART}\n  {ESCALATE}"), "cas1", HANGS);
}

#[test]
fn resolved_means_that_customers_can_log_in() {
    let resolve = "resolve \"The front end greets\"";
    let rule = "resolved_while_customers_out";
    for fault in [
        "{kind: proxy_path, server: cas1}",
        "{kind: directory_down}",
        "{kind: host_fault, server: mbx1}",
        "{kind: wrong_password, database: db1}",
    ] {
        convicted(rule, resolve, "cas1", &format!("  faults: [{fault}]"));
    }
    // Its own probe finds it: that is the older rule.
    convicted("resolved_while_sick", resolve, "cas1", HANGS);
    // Another server, another database than probes log in to, or too new.
    acquitted(resolve, "cas1", "  faults: [{kind: proxy_path, server: cas2}]");
    acquitted(resolve, "cas1", "  faults: [{kind: wrong_password, database: db3}]");
    acquitted(&format!("wait 5m\n  {resolve}"), "cas1", "  faults: [{kind: proxy_path, server: cas1, after: 2m}]");
    // A back end is not to blame for a front end.
    acquitted("resolve \"The back end is well\"", "mbx1", "  faults: [{kind: proxy_path, server: cas1}]");
}
