//! The command line of ssh: constant but for the address and the settings, and with one shared connection for each host.

use super::program::COMMAND_LINE;
use super::settings::SshSettings;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};

/// What the configuration of the user and the settings of a host cannot change: ssh takes the first value of an option.
/// Nobody is asked, and a key that is not known is refused. Nothing is forwarded, and no other program runs.
const FIRST: [&str; 18] = [
    // Older versions do not know all of the others.
    "IgnoreUnknown=KnownHostsCommand,SessionType,StdinNull,ForkAfterAuthentication",
    "BatchMode=yes",
    "StrictHostKeyChecking=yes",
    "NoHostAuthenticationForLocalhost=no",
    "VerifyHostKeyDNS=no",
    "KnownHostsCommand=none",
    "UpdateHostKeys=no",
    "SessionType=default",
    "StdinNull=no",
    "ForkAfterAuthentication=no",
    "RequestTTY=no",
    "EscapeChar=none",
    "RemoteCommand=none",
    "PermitLocalCommand=no",
    "ForwardAgent=no",
    "ForwardX11=no",
    "ClearAllForwardings=yes",
    "LogLevel=INFO",
];

/// Unless the options of the host say otherwise: a host that does not answer is given up after these times.
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
            // Whatever may lead to another host: paths are those of this project, and a configuration may be edited.
            let folder = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
            let files = settings
                .config
                .iter()
                .chain(settings.options.values())
                .map(|name| std::fs::read(folder.join(name)).ok());
            (address, settings, &folder, std::env::var_os("HOME"), files.collect::<Vec<_>>()).hash(&mut hasher);
            let socket = sockets.join(format!("{:016x}", hasher.finish()));
            option("-o", "ControlMaster=auto");
            option("-o", &format!("ControlPath={}", quoted(&socket.to_string_lossy())));
            option("-o", &format!("ControlPersist={IDLE}"));
        }
        None => option("-o", "ControlPath=none"),
    }
    if let Some(jump) = &settings.jump {
        option("-o", &format!("ProxyCommand={}", jump_command(jump, settings, folder)));
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
    declared(settings, folder).iter().for_each(|value| option("-o", value));
    LAST.iter().for_each(|value| option("-o", value));
    arguments.extend(["--", address, &COMMAND_LINE].map(str::to_owned));
    arguments
}

/// The options that the settings name.
fn declared(settings: &SshSettings, folder: &Path) -> Vec<String> {
    let option = |(name, value): (&String, &String)| {
        let is_path = name.ends_with("File") && !value.starts_with(['/', '~', '%']) && value != "none";
        let value = if is_path { folder.join(value).to_string_lossy().into_owned() } else { value.clone() };
        format!("{name}={}", quoted(&value))
    };
    settings.options.iter().map(option).collect()
}

/// The command that connects through another host, `[USER@]HOST[:PORT]`: ssh with the same promises, which `ssh -J` would not
/// keep there. A shell of this machine reads it, so each word is quoted. In a group of its own, because it may serve a shared
/// connection after the command that has started it.
fn jump_command(jump: &str, settings: &SshSettings, folder: &Path) -> String {
    let (user, place) = jump.rsplit_once('@').map_or((None, jump), |(user, place)| (Some(user), place));
    let (host, port) = place.rsplit_once(':').map_or((place, None), |(host, port)| (host, Some(port)));
    let mut words: Vec<String> = ["setsid", "ssh", "-T"].map(str::to_owned).to_vec();
    for value in FIRST.iter().map(|value| (*value).to_owned()).chain(declared(settings, folder)) {
        words.extend(["-o".to_owned(), value]);
    }
    words.extend(["-o", "ControlPath=none"].map(str::to_owned));
    if let Some(config) = &settings.config {
        words.extend(["-F".to_owned(), folder.join(config).to_string_lossy().into_owned()]);
    }
    for (flag, value) in [("-l", user), ("-p", port)] {
        words.extend(value.iter().flat_map(|value| [flag.to_owned(), (*value).to_owned()]));
    }
    // ssh replaces `%h` and `%p`; any other `%` is written twice.
    let quoted = words.iter().map(|word| match word.as_str() {
        word @ ("setsid" | "ssh") => word.to_owned(),
        word => format!("'{}'", word.replace('\'', r"'\''").replace('%', "%%")),
    });
    format!("{} -W '[%h]:%p' -- '{host}'", quoted.collect::<Vec<_>>().join(" "))
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
