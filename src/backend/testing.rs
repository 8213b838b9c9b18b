//! What the tests of every backend need: a small world to be called in.

use super::Surroundings;
use crate::secret::Secrets;
use crate::transport::outside::{Outside, ThisMachine};
use crate::value::{Call, Class, Host, HostSettings, PowerShellSettings, SecretSource, Value};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

/// Hosts, secrets and a folder.
pub struct World {
    pub hosts: Vec<Host>,
    pub secrets: Secrets,
    pub folder: PathBuf,
    pub time_left: Duration,
    pub powershell: Option<PowerShellSettings>,
    pub outside: Box<dyn Outside>,
    _kept: Option<tempfile::TempDir>,
}

impl Default for World {
    fn default() -> Self {
        let (hosts, secrets, folder) = (Vec::new(), Secrets::default(), PathBuf::from("."));
        Self {
            hosts,
            secrets,
            folder,
            time_left: Duration::from_secs(30),
            powershell: None,
            outside: Box::new(ThisMachine::default()),
            _kept: None,
        }
    }
}

impl World {
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
    pub fn with_host(name: &str, address: &str, settings: HostSettings) -> Self {
        let host = Host {
            name: name.into(),
            address: address.to_owned(),
            aliases: vec![],
            roles: vec![],
            facts: vec![],
            settings,
        };
        Self { hosts: vec![host], ..Self::default() }
    }

    pub fn surroundings(&self) -> Surroundings<'_> {
        Surroundings {
            hosts: &self.hosts,
            secrets: &self.secrets,
            time_left: self.time_left,
            folder: &self.folder,
            powershell: self.powershell.as_ref(),
            outside: self.outside.as_ref(),
        }
    }
}

/// A call as the engine would make it.
pub fn call(backend: &str, action: &str, class: Class, arguments: Vec<(&str, Value)>) -> Call {
    let arguments = arguments.into_iter().map(|(name, value)| (name.into(), value)).collect();
    Call { backend: backend.into(), action: action.into(), class, arguments }
}
