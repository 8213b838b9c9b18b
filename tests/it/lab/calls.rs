//! Calls the `imap` backend as the live world does, and reads fields of its answers.

use rectify::backend::imap::{Imap, ImapSettings};
use rectify::backend::{Backend, CallContext};
use rectify::secret::{SecretSource, Secrets};
use rectify::transport::system::LocalSystem;
use rectify::transport::system::System;
use rectify::value::{ActionError, BackendSettings, Call, Class, Host, Value};
use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// A host at 127.0.0.1.
pub fn host(name: &str, imap: ImapSettings) -> Host {
    Host {
        name: name.into(),
        address: "127.0.0.1".to_owned(),
        aliases: Vec::new(),
        roles: Vec::new(),
        facts: Vec::new(),
        settings: BackendSettings::default().with(imap),
        same_machine_as: None,
    }
}

/// The hosts and secrets of a call.
pub struct Caller {
    pub hosts: Vec<Host>,
    pub time_left: Duration,
    backend: Imap,
    secrets: Secrets,
    folder: PathBuf,
}

impl Caller {
    /// A caller with one secret, `password`, stored in a file of the folder.
    pub fn new(folder: &Path, password: &str, hosts: Vec<Host>) -> Self {
        let file = folder.join("password");
        std::fs::write(&file, password).expect("the file of the secret");
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).expect("its mode");
        let secrets = Secrets::new(BTreeMap::from([("password".to_owned(), SecretSource::File(file))]), folder);
        Self { backend: Imap::default(), hosts, time_left: Duration::from_secs(30), secrets, folder: folder.to_owned() }
    }

    /// Changes how IMAP is reached on every host.
    pub fn change_imap(&mut self, change: impl Fn(&mut ImapSettings)) {
        for host in &mut self.hosts {
            let mut imap = host.settings.get::<ImapSettings>().expect("settings").clone();
            change(&mut imap);
            host.settings.insert(imap);
        }
    }

    /// Calls an action `on` a host as a user, with further arguments.
    pub fn call(&self, action: &str, on: &str, user: &str, others: &[(&str, &str)]) -> Result<Value, ActionError> {
        let mut arguments = vec![
            ("on".into(), Value::Host(on.into())),
            ("user".into(), Value::text(user)),
            ("password".into(), Value::Secret("password".into())),
        ];
        arguments.extend(others.iter().map(|(name, value)| ((*name).into(), Value::text(*value))));
        let call = Call { backend: "imap".into(), action: action.into(), class: Class::Observe, arguments };
        let system = LocalSystem::default();
        let context = CallContext {
            hosts: &self.hosts,
            secrets: &self.secrets,
            deadline: system.elapsed() + self.time_left,
            folder: &self.folder,
            settings: &BackendSettings::default(),
            system: &system,
        };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(self.backend.perform(&call, &context))
    }
}

/// A field of an answer by its path, `latency.login`.
pub fn field(answer: &Value, path: &str) -> Value {
    path.split('.').fold(answer.clone(), |value, name| match &value {
        Value::Record(record) => record.field(name).cloned().unwrap_or_else(|| panic!("{name} is no field of {value}")),
        other => panic!("{other} is no record"),
    })
}

/// The value of a field, as text.
pub fn word(answer: &Value, path: &str) -> String {
    field(answer, path).to_string()
}
