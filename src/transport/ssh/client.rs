//! The command line of ssh: constant but for the address and the settings, and with one shared connection for each host.

use super::program::COMMAND_LINE;
use super::settings::SshSettings;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};

/// What the configuration of the user and the settings of a host cannot change: ssh takes the first value of an option.
/// Nobody is asked, and a key that is not known is refused. Nothing is forwarded, and no other program runs.
const FIRST: [&str; 10] = [
    "BatchMode=yes",
    "StrictHostKeyChecking=yes",
    "RequestTTY=no",
    "EscapeChar=none",
    "RemoteCommand=none",
    "PermitLocalCommand=no",
    "ForwardAgent=no",
    "ForwardX11=no",
    "ClearAllForwardings=yes",
    "LogLevel=INFO",
];

/// Where neither has anything to say: a host that does not answer is given up after these times.
const LAST: [&str; 3] = ["ConnectTimeout=10", "ServerAliveInterval=15", "ServerAliveCountMax=3"];

/// How long a shared connection stays open without a command.
const IDLE: &str = "30";

/// The longest path of a socket is 107 bytes; ssh makes it under a name that is 17 longer.
const LONGEST_PATH: usize = 90;

/// The variables that ssh needs besides those of every command.
const VARIABLES: [&str; 3] = ["SSH_AUTH_SOCK", "KRB5CCNAME", "XDG_RUNTIME_DIR"];

/// The arguments of ssh for an address. Paths start from `folder`.
pub(super) fn arguments(address: &str, settings: &SshSettings, folder: &Path) -> Vec<String> {
    let mut arguments = vec!["ssh".to_owned(), "-T".to_owned()];
    let mut option = |name: &str, value: &str| arguments.extend([name.to_owned(), value.to_owned()]);
    FIRST.iter().for_each(|value| option("-o", value));
    match sockets() {
        Some(sockets) => {
            let mut hasher = DefaultHasher::new();
            (address, settings, folder).hash(&mut hasher);
            let socket = sockets.join(format!("{:016x}", hasher.finish()));
            option("-o", "ControlMaster=auto");
            option("-o", &format!("ControlPath={}", quoted(&socket.to_string_lossy())));
            option("-o", &format!("ControlPersist={IDLE}"));
        }
        None => option("-o", "ControlPath=none"),
    }
    if let Some(config) = &settings.config {
        option("-F", &folder.join(config).to_string_lossy());
    }
    if let Some(user) = &settings.user {
        option("-l", user);
    }
    if let Some(port) = settings.port {
        option("-p", &port.to_string());
    }
    if let Some(jump) = &settings.jump {
        option("-J", jump);
    }
    for (name, value) in &settings.options {
        let is_path = name.ends_with("File") && !value.starts_with(['/', '~', '%']) && value != "none";
        let value = if is_path { folder.join(value).to_string_lossy().into_owned() } else { value.clone() };
        option("-o", &format!("{name}={}", quoted(&value)));
    }
    LAST.iter().for_each(|value| option("-o", value));
    arguments.extend(["--", address, &COMMAND_LINE].map(str::to_owned));
    arguments
}

/// The variables for ssh.
pub(super) fn environment() -> Vec<(String, String)> {
    VARIABLES.iter().filter_map(|name| Some(((*name).to_owned(), std::env::var(name).ok()?))).collect()
}

/// A value of an option: ssh splits at spaces outside of quotes, and takes `%` for the beginning of a token.
fn quoted(value: &str) -> String {
    if value.contains(' ') { format!("\"{value}\"") } else { value.to_owned() }
}

/// The folder for the sockets of shared connections, which nobody else can enter. None where there can be no such folder:
/// then each command has a connection of its own.
fn sockets() -> Option<PathBuf> {
    let user = rustix::process::geteuid().as_raw();
    let runtime = std::env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from).filter(|path| path.is_absolute());
    let folder = runtime.filter(|path| path.is_dir()).unwrap_or_else(std::env::temp_dir);
    let folder = folder.join(format!("rectify-ssh-{user}"));
    let _ = std::fs::DirBuilder::new().mode(0o700).create(&folder);
    let metadata = std::fs::symlink_metadata(&folder).ok()?;
    let is_safe = metadata.is_dir() && metadata.uid() == user && metadata.mode() & 0o077 == 0;
    let text = folder.to_str()?;
    let is_usable = is_safe && text.len() <= LONGEST_PATH - 17 && !text.contains(['%', '"', '\\']);
    if !is_usable {
        tracing::warn!("{} cannot hold sockets of ssh: connections are not shared", folder.display());
    }
    is_usable.then_some(folder)
}
