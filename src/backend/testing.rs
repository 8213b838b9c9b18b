//! The environment of the unit tests of backends.

use super::CallContext;
use crate::secret::Secrets;
use crate::transport::powershell::{
    Envelope, PowerShellSettings, Request, SCHEMA, refusal_record, request_of, written,
};
use crate::transport::process::{Captured, ExitReason, Invocation, ProcessOutput};
use crate::transport::ssh::FarCommand;
use crate::transport::system::{BoxFuture, LocalSystem, System};
use crate::transport::tcp::ConnectError;
use crate::value::{ActionError, BackendSettings, Call, Class, ErrorKind, Host, SecretSource, Value};
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::rc::Rc;
use std::time::Duration;

/// Hosts, secrets and a folder.
pub struct TestEnvironment {
    pub hosts: Vec<Host>,
    pub secrets: Secrets,
    pub folder: PathBuf,
    pub time_left: Duration,
    pub settings: BackendSettings,
    pub system: Box<dyn System>,
    _kept: Option<tempfile::TempDir>,
}

impl Default for TestEnvironment {
    fn default() -> Self {
        let (hosts, secrets, folder) = (Vec::new(), Secrets::default(), PathBuf::from("."));
        Self {
            hosts,
            secrets,
            folder,
            time_left: Duration::from_secs(30),
            settings: BackendSettings::default(),
            system: Box::new(LocalSystem::default()),
            _kept: None,
        }
    }
}

impl TestEnvironment {
    /// A world with one secret in a file.
    pub fn with_secret(name: &str, value: &str) -> Self {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secret");
        std::fs::write(&path, value).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
        let sources = BTreeMap::from([(name.to_owned(), SecretSource::File("secret".into()))]);
        Self { secrets: Secrets::new(sources, folder.path()), _kept: Some(folder), ..Self::default() }
    }

    /// A world with one host.
    pub fn with_host(name: &str, address: &str, settings: BackendSettings) -> Self {
        let host = Host {
            name: name.into(),
            address: address.to_owned(),
            aliases: vec![],
            roles: vec![],
            facts: vec![],
            settings,
            same_machine_as: None,
        };
        Self { hosts: vec![host], ..Self::default() }
    }

    pub fn context(&self) -> CallContext<'_> {
        CallContext {
            hosts: &self.hosts,
            secrets: &self.secrets,
            deadline: self.system.elapsed() + self.time_left,
            folder: &self.folder,
            settings: &self.settings,
            system: self.system.as_ref(),
        }
    }
}

/// A call as the engine makes it.
pub fn call(backend: &str, action: &str, class: Class, arguments: Vec<(&str, Value)>) -> Call {
    let arguments = arguments.into_iter().map(|(name, value)| (name.into(), value)).collect();
    Call { backend: backend.into(), action: action.into(), class, arguments }
}

type StandIn = dyn FnMut(&Request, Duration) -> Result<Envelope, ActionError>;

/// A system on virtual time in which a function of the request and the elapsed time answers for PowerShell. Requests go
/// through the real command line and the real encoding of answers; every other command is refused.
#[derive(Clone)]
pub struct Scripted {
    settings: PowerShellSettings,
    responder: Rc<RefCell<Box<StandIn>>>,
    passed: Rc<Cell<Duration>>,
    pub requests: Rc<RefCell<Vec<Request>>>,
}

impl Scripted {
    /// A world with one host, and PowerShell answered by `answering`.
    pub fn world(
        settings: BackendSettings,
        answering: impl FnMut(&Request, Duration) -> Result<Envelope, ActionError> + 'static,
    ) -> (TestEnvironment, Self) {
        let exchange = vec!["http://mbx2.contoso.com/PowerShell/".to_owned()];
        let powershell = PowerShellSettings { command: vec!["powershell.exe".to_owned()], exchange };
        let scripted = Self {
            settings: powershell.clone(),
            responder: Rc::new(RefCell::new(Box::new(answering))),
            passed: Rc::default(),
            requests: Rc::default(),
        };
        let mut world = TestEnvironment::with_host("h", "mbx1.contoso.com", settings);
        world.time_left = Duration::from_secs(1200);
        world.settings.insert(powershell);
        world.system = Box::new(scripted.clone());
        (world, scripted)
    }

    /// The cmdlets that were called, in order.
    pub fn cmdlets(&self) -> Vec<String> {
        self.requests.borrow().iter().map(|request| request.cmdlet.clone()).collect()
    }
}

impl System for Scripted {
    fn elapsed(&self) -> Duration {
        self.passed.get()
    }

    fn sleep(&self, time: Duration) -> BoxFuture<'_, ()> {
        self.passed.set(self.passed.get() + time);
        Box::pin(async {})
    }

    fn run<'a>(
        &'a self,
        invocation: Invocation<'a>,
        limit: Duration,
    ) -> BoxFuture<'a, Result<ProcessOutput, ActionError>> {
        let request = request_of(&invocation, &self.settings).expect("the command line of PowerShell");
        assert_eq!(refusal_record(&request), None, "the script would not do it");
        self.requests.borrow_mut().push(request.clone());
        self.passed.set(self.passed.get() + Duration::from_secs(1));
        let answer = self.responder.borrow_mut()(&request, self.passed.get());
        if answer.as_ref().is_err_and(|error| error.kind == ErrorKind::TimedOut) {
            self.passed.set(self.passed.get() + limit);
        }
        Box::pin(async move {
            let mut stdout = Captured::default();
            stdout.push(&written(&answer?));
            Ok(ProcessOutput { ending: ExitReason::Code(0), stdout, stderr: Captured::default() })
        })
    }

    fn run_on<'a>(&'a self, command: FarCommand<'a>, _: Duration) -> BoxFuture<'a, Result<ProcessOutput, ActionError>> {
        panic!("{command:?} would leave this machine")
    }

    fn connect<'a>(&'a self, _host: &'a str, _port: u16, _limit: Duration) -> BoxFuture<'a, Result<(), ConnectError>> {
        Box::pin(async { Err(ConnectError::Refused) })
    }
}

/// An envelope with these objects.
pub fn envelope(data: serde_json::Value) -> Envelope {
    let data = serde_json::from_value(data).expect("a list of objects");
    Envelope { schema: SCHEMA, ok: true, data, ..Envelope::default() }
}
