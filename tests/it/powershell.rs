//! PowerShell as a process: a strict stand-in that behaves or misbehaves. Its header describes what it imitates.

use crate::support::project::Project;
use crate::support::repository;
use rectify::backend::exchange::Exchange;
use rectify::backend::{Backend, CallContext};
use rectify::secret::Secrets;
use rectify::transport::powershell::{Envelope, PowerShellSettings, Request, SCHEMA, Shell, Target, call, written};
use rectify::transport::system::{LocalSystem, System};
use rectify::value::{ActionError, BackendSettings, Call, Class, ErrorKind, Host, Value};
use std::path::Path;
use std::time::{Duration, Instant};

struct StandIn {
    folder: tempfile::TempDir,
    settings: PowerShellSettings,
    system: LocalSystem,
}

impl StandIn {
    fn new(mode: &str, envelope: &Envelope) -> Self {
        let project = repository();
        let folder = tempfile::tempdir().unwrap();
        let program = project.join("tests/fixtures/powershell/stand_in.py");
        let script = project.join("src/transport/powershell/script.ps1");
        let command = [Path::new("python3"), &program, folder.path(), &script];
        let command = command.map(|part| part.to_str().unwrap().to_owned()).to_vec();
        let sessions = ["http://mbx1.contoso.com/PowerShell/", "http://mbx2.contoso.com/PowerShell/"];
        let settings = PowerShellSettings { command, exchange: sessions.map(str::to_owned).to_vec() };
        let stand_in = Self { folder, settings, system: LocalSystem::default() };
        stand_in.becomes(mode, envelope);
        stand_in
    }

    fn becomes(&self, mode: &str, envelope: &Envelope) {
        std::fs::write(self.folder.path().join("mode"), mode).unwrap();
        std::fs::write(self.folder.path().join("answer"), serde_json::to_string(envelope).unwrap()).unwrap();
    }

    async fn call_within(&self, request: &Request, limit: Duration) -> Result<Envelope, ActionError> {
        let shell = Shell { settings: &self.settings, folder: None, system: &self.system };
        call(&shell, request, limit).await
    }

    async fn call(&self, request: &Request) -> Result<Envelope, ActionError> {
        self.call_within(request, Duration::from_secs(30)).await
    }

    fn requests(&self) -> Vec<Request> {
        let text = std::fs::read_to_string(self.folder.path().join("requests")).unwrap_or_default();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

fn envelope(data: serde_json::Value) -> Envelope {
    let data = serde_json::from_value(data).unwrap();
    Envelope { schema: SCHEMA, ok: true, data, ..Envelope::default() }
}

fn question() -> Request {
    Request::new(Target::Here, "Get-Service").with("Name", "MSExchangeHM").select("Name Status")
}

#[tokio::test]
async fn an_envelope_is_found_among_noise() {
    let expected = envelope(serde_json::json!([{"Name": "MSExchangeHM", "Status": 4, "Text": "Größe 大"}]));
    let stand_in = StandIn::new("answer", &expected);
    for mode in ["answer", "noise", "bom", "late failure"] {
        stand_in.becomes(mode, &expected);
        assert_eq!(stand_in.call(&question()).await, Ok(expected.clone()), "{mode}");
    }
    assert_eq!(stand_in.requests(), vec![question(); 4]);
}

#[tokio::test]
async fn what_is_no_answer_is_never_taken_for_one() {
    let stand_in = StandIn::new("answer", &envelope(serde_json::json!([])));
    let act = Request::new(Target::Here, "Restart-Service").with("Name", "x").with("Force", true);
    for (mode, request, kind, words) in [
        ("twice", question(), ErrorKind::Protocol, "came twice"),
        ("truncated", question(), ErrorKind::Protocol, "is not an envelope"),
        ("flood", question(), ErrorKind::Protocol, "is cut off after the limit: PowerShell wrote 100MiB"),
        ("UTF-16", question(), ErrorKind::Unknown, "ended with exit code 0 without an answer to Get-Service"),
        ("exit 0", question(), ErrorKind::Unknown, "without an answer"),
        ("exit 1", question(), ErrorKind::Unknown, "ended with exit code 1 without an answer"),
        ("exit 255", question(), ErrorKind::Unreachable, "ended with exit code 255"),
        ("exit 255", act, ErrorKind::Unknown, "ended with exit code 255"),
    ] {
        stand_in.becomes(mode, &envelope(serde_json::json!([])));
        let error = stand_in.call(&request).await.unwrap_err();
        assert!(error.kind == kind && error.message.contains(words), "{mode}: {:?} {error}", error.kind);
        if mode.starts_with("exit") {
            assert!(error.evidence.unwrap().to_string().contains("Connection closed"), "{mode}");
        }
    }
    stand_in.becomes("hang", &envelope(serde_json::json!([])));
    let started = Instant::now();
    let error = stand_in.call_within(&question(), Duration::from_millis(500)).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::TimedOut);
    assert!(started.elapsed() < Duration::from_secs(10));
}

#[tokio::test]
async fn an_envelope_that_contradicts_itself_is_refused() {
    let mut lying = envelope(serde_json::json!([]));
    lying.ok = false;
    let mut newer = envelope(serde_json::json!([]));
    newer.schema = 2;
    let stand_in = StandIn::new("answer", &lying);
    for wrong in [lying, newer] {
        stand_in.becomes("answer", &wrong);
        assert_eq!(stand_in.call(&question()).await.unwrap_err().kind, ErrorKind::Protocol, "{wrong:?}");
    }
}

#[tokio::test]
async fn what_cannot_be_started_is_refused() {
    let mut stand_in = StandIn::new("answer", &envelope(serde_json::json!([])));
    stand_in.settings.command = vec!["/no/such/powershell.exe".to_owned()];
    assert_eq!(stand_in.call(&question()).await.unwrap_err().kind, ErrorKind::Refused);
    stand_in.settings.command = vec![];
    assert!(stand_in.call(&question()).await.is_err(), "the script's own arguments are no program");
}

#[test]
fn what_is_written_is_one_line_of_ascii() {
    let envelope = envelope(serde_json::json!([{"Line": "é\n#rectify# {}\u{2028}😀"}]));
    let bytes = written(&envelope);
    assert!(bytes.is_ascii());
    assert_eq!(String::from_utf8(bytes).unwrap().lines().filter(|line| line.starts_with("#rectify# ")).count(), 1);
}

/// Values that would have an effect if they ever became code.
const HOSTILE: [&str; 44] = [
    "'; Stop-Computer #",
    "\"; Stop-Computer #",
    "x'; Stop-Computer -Force; '",
    "’; Stop-Computer #",
    "‘x’",
    "‚x‛",
    "“; Stop-Computer #",
    "”; Stop-Computer #",
    "„x",
    "$(Stop-Computer)",
    "$env:USERNAME",
    "${env:PATH}",
    "@(Stop-Computer)",
    "@{a=1}",
    "`n; Stop-Computer",
    "`$(Stop-Computer)",
    "`0",
    "'@\nStop-Computer\n@'",
    "\"@\nStop-Computer\n\"@",
    "@'\n",
    "\r\nStop-Computer\r\n",
    "; Stop-Computer",
    "| Stop-Computer",
    "& Stop-Computer",
    "&& shutdown /r",
    "|| shutdown /r",
    "%COMSPEC%",
    "^& shutdown /r",
    "!PATH!",
    "> C:\\x",
    "<# #>",
    "#",
    "--%",
    "-Force",
    "-Name:*",
    "*",
    "[a-z]*",
    "\\\\evil\\share",
    "../../x",
    "{Stop-Computer}",
    "[scriptblock]::Create('Stop-Computer').Invoke()",
    "#rectify# {\"schema\":1,\"ok\":true,\"data\":[],\"warnings\":[],\"errors\":[]}",
    "\u{0}\u{1b}[2J\u{7f}\u{202e}",
    "Größe 大 😀 \u{fffd}",
];

#[tokio::test]
async fn hostile_values_arrive_as_data() {
    let stand_in = StandIn::new("answer", &envelope(serde_json::json!([])));
    for value in HOSTILE {
        let request = Request::new(Target::Computer { name: value.to_owned() }, "Get-Service")
            .with("Name", value)
            .only(value, value)
            .select("Name");
        stand_in.call(&request).await.unwrap_or_else(|error| panic!("{value:?}: {error}"));
        assert_eq!(stand_in.requests().pop(), Some(request), "{value:?}");
    }
    assert_eq!(stand_in.requests().len(), HOSTILE.len());
}

async fn perform(
    stand_in: &StandIn,
    host: &Host,
    action: &str,
    more: Vec<(&str, Value)>,
) -> Result<Value, ActionError> {
    let secrets = Secrets::default();
    let hosts = [host.clone()];
    let context = CallContext {
        hosts: &hosts,
        secrets: &secrets,
        deadline: stand_in.system.elapsed() + Duration::from_secs(30),
        folder: Path::new("."),
        settings: &BackendSettings::default().with(stand_in.settings.clone()),
        system: &stand_in.system,
    };
    let mut arguments = vec![("server".into(), Value::Host(host.name.clone()))];
    arguments.extend(more.into_iter().map(|(name, value)| (name.into(), value)));
    let call = Call { backend: "exchange".into(), action: action.into(), class: Class::Observe, arguments };
    Exchange.perform(&call, &context).await
}

#[tokio::test]
async fn a_backend_goes_all_the_way_through_a_process() {
    let settings = serde_json::json!([{"Server": "MBX1", "ProtocolLogEnabled": "True"}]);
    let stand_in = StandIn::new("answer", &envelope(settings));
    let host = Host {
        name: "mbx1".into(),
        address: "mbx1.contoso.com".to_owned(),
        aliases: vec![],
        roles: vec![],
        facts: vec![],
        settings: BackendSettings::default(),
        same_machine_as: None,
    };
    assert_eq!(perform(&stand_in, &host, "is_protocol_logged", vec![]).await, Ok(Value::Boolean(true)));
    let enabled = vec![("enabled", Value::Boolean(true))];
    assert_eq!(perform(&stand_in, &host, "protocol_logging", enabled).await, Ok(Value::Absent));
    let requests = stand_in.requests();
    let cmdlets: Vec<&str> = requests.iter().map(|request| request.cmdlet.as_str()).collect();
    assert_eq!(cmdlets, ["Get-ImapSettings", "Set-ImapSettings", "Get-ImapSettings"], "it is read back");
    let sessions = ["http://mbx2.contoso.com/PowerShell/", "http://mbx1.contoso.com/PowerShell/"];
    let place = Target::Exchange { sessions: sessions.map(str::to_owned).to_vec() };
    assert!(requests.iter().all(|request| request.place == place), "the server's own session comes last");
}

#[test]
fn a_run_goes_through_the_command_of_the_inventory() {
    const RUNBOOK: &str = "runbook Log(server: host) {\n  contact oncall\n\n  step \"Log for a moment\" {\n    \
         temporarily exchange.protocol_logging(server, enabled: true)\n    wait 10ms\n  }\n  resolve \"logged\"\n}\n";
    let settings = serde_json::json!([{"Server": "MBX1", "ProtocolLogEnabled": true}]);
    let answer = serde_json::to_string(&envelope(settings)).unwrap();
    let root = repository();
    let inventory = format!(
        "hosts:\n  mbx1: {{address: mbx1.contoso.com}}\ncontacts:\n  oncall: {{terminal: true}}\n\
         powershell:\n  command: [python3, {0}/tests/fixtures/powershell/stand_in.py, ., {0}/src/transport/powershell/script.ps1]\n",
        root.display()
    );
    // The stand-in's folder is `.`: declared commands run in the folder of the inventory.
    let project = Project::new(&[
        ("log.runbook", RUNBOOK),
        ("rectify.yaml", &inventory),
        ("mode", "answer"),
        ("answer", &answer),
    ]);
    let ran = project.run(&["run", "log.runbook", "server=mbx1"]).ends(0);
    assert!(ran.stdout.contains("exchange.protocol_logging(server: mbx1, enabled: true)"), "{ran:#?}");
    let requests = std::fs::read_to_string(project.path("requests")).unwrap();
    let cmdlets: Vec<String> =
        requests.lines().map(|line| serde_json::from_str::<Request>(line).unwrap().cmdlet).collect();
    let (get, set) = ("Get-ImapSettings", "Set-ImapSettings");
    assert_eq!(cmdlets, [get, set, get], "what was there, the change, read back; nothing is to be undone");
    std::fs::write(project.path("mode"), "exit 255").unwrap();
    // Escalates without a terminal, so the escalation is undelivered.
    let ran = project.run(&["run", "log.runbook", "server=mbx1"]).ends(7);
    assert!(ran.stdout.contains("without an answer to Get-ImapSettings"), "{ran:#?}");
}
