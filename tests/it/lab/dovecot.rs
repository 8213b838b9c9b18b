//! Two Dovecot servers: a front end that proxies its users, and the back end with their mail.

use super::process::{Child, free_port, must_be_installed, wait_until};
use super::{Authority, Issue, Issued};
use rectify::backend::imap::ImapSettings;
use rectify::value::Security;
use rustix::process::Signal;
use std::fs;
use std::net::TcpStream;
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::process::Command;

/// The user that both servers know.
pub const USER: &str = "alice";
/// The user's password.
pub const PASSWORD: &str = "wonder land 7";

/// One Dovecot instance.
pub struct Dovecot {
    /// Path of the configuration file, for `dovecot -F -c FILE`.
    pub config: PathBuf,
    /// The folder with all files of the instance.
    folder: PathBuf,
    /// Port of IMAP with STARTTLS.
    pub port: u16,
    /// Port of IMAP over TLS.
    pub tls_port: u16,
    child: Option<Child>,
}

impl Dovecot {
    /// Starts the server unless it runs, and waits until it listens.
    pub fn start(&mut self) {
        must_be_installed("dovecot", "dovecot-imapd");
        self.child.get_or_insert_with(|| Child::start(Command::new("dovecot").arg("-F").arg("-c").arg(&self.config)));
        let port = self.tls_port;
        wait_until("Dovecot to listen", || TcpStream::connect(("127.0.0.1", port)).is_ok());
    }

    /// Ends the server and its child processes.
    pub fn stop(&mut self) {
        self.child = None;
    }

    /// Sends SIGSTOP: the server keeps its ports open and does not answer.
    pub fn freeze(&self) {
        self.child.iter().for_each(|child| child.signal(Signal::STOP));
    }

    /// Process id of the master, however it was started; `None` if it does not run.
    pub fn process(&self) -> Option<u32> {
        let text = fs::read_to_string(self.folder.join("run/master.pid")).ok()?;
        let number = text.trim().parse().ok()?;
        Path::new(&format!("/proc/{number}")).exists().then_some(number)
    }

    /// Sends SIGCONT.
    pub fn thaw(&self) {
        self.child.iter().for_each(|child| child.signal(Signal::CONT));
    }
}

/// The ports of an instance.
#[derive(Clone, Copy)]
pub struct Ports {
    /// Port of IMAP with STARTTLS.
    pub plain: u16,
    /// Port of IMAP over TLS.
    pub tls: u16,
}

impl Ports {
    /// Two ports that are free now.
    pub fn free() -> Self {
        Self { plain: free_port(), tls: free_port() }
    }
}

/// A front end and a back end that trust the same authority.
pub struct Lab {
    pub front: Dovecot,
    pub back: Dovecot,
    pub authority: Authority,
    folder: tempfile::TempDir,
}

impl Lab {
    /// Starts both servers.
    pub fn start() -> Self {
        let mut lab = Self::prepare();
        lab.back.start();
        lab.front.start();
        lab
    }

    /// Writes all files without starting a server, for tests in which something else starts them.
    pub fn prepare() -> Self {
        Self::prepare_on(Ports::free(), Ports::free())
    }

    /// Like [`prepare`](Self::prepare), on given ports.
    pub fn prepare_on(front: Ports, back: Ports) -> Self {
        assert!(rustix::process::getuid().is_root(), "the lab needs to be root, as Dovecot does");
        let folder = tempfile::Builder::new().prefix("lab").tempdir().expect("a temporary folder");
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).expect("its mode");
        let authority = Authority::new(&folder.path().join("ca"));
        let issued = authority.issue(&Issue::default());
        let users = folder.path().join("users");
        fs::write(&users, format!("{USER}:{{PLAIN}}{PASSWORD}\n")).expect("the users");
        let own = format!("driver = passwd-file\n  args = {}", users.display());
        let back = configure(folder.path(), "back", back, &issued, &own, "");
        let (port, ca) = (back.tls_port, &authority.certificate);
        let proxy = format!(
            "driver = static\n  args = nopassword=y proxy=y host=127.0.0.1 port={port} ssl=yes proxy_timeout=2"
        );
        let front = configure(
            folder.path(),
            "front",
            front,
            &issued,
            &proxy,
            &format!("ssl_ca = <{}\nssl_require_crl = no", ca.display()),
        );
        Self { front, back, authority, folder }
    }

    /// The folder with all files of the lab.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Gives the back end an untrusted certificate, from its next start on.
    pub fn distrust_back(&self) {
        let issued = self.authority.self_signed();
        let text = fs::read_to_string(&self.back.config).expect("the configuration");
        let lines = text.lines().map(|line| match line.split_once(" = <") {
            Some(("ssl_cert", _)) => format!("ssl_cert = <{}", issued.certificate.display()),
            Some(("ssl_key", _)) => format!("ssl_key = <{}", issued.key.display()),
            _ => line.to_owned(),
        });
        let text: String = lines.map(|line| line + "\n").collect();
        fs::write(&self.back.config, text).expect("the configuration");
    }

    /// The inventory settings for one of the servers.
    pub fn settings(&self, dovecot: &Dovecot, security: Security) -> ImapSettings {
        ImapSettings {
            port: Some(if security == Security::Tls { dovecot.tls_port } else { dovecot.port }),
            security,
            ca: Some(self.authority.certificate.clone()),
            server_name: None,
            from_address: None,
        }
    }
}

fn configure(folder: &Path, name: &str, ports: Ports, issued: &Issued, passdb: &str, more: &str) -> Dovecot {
    let own = folder.join(name);
    let mail = own.join("mail");
    fs::create_dir_all(&mail).expect("a folder for mail");
    let (user, group) = (number_of("/etc/passwd", "dovecot"), number_of("/etc/group", "dovecot"));
    chown(&mail, user, group).expect("a folder that Dovecot owns");
    let Ports { plain: port, tls: tls_port } = ports;
    let text = format!(
        "base_dir = {own}/run\nstate_dir = {own}/state\ninstance_name = {name}-{tls_port}\nlog_path = {own}/log\n\
         protocols = imap\nlisten = 127.0.0.1\nssl = required\nssl_cert = <{certificate}\nssl_key = <{key}\n\
         auth_failure_delay = 0\nfirst_valid_uid = 1\nmail_location = maildir:{own}/mail/%u\n{more}\n\
         service imap-login {{\n  inet_listener imap {{\n    port = {port}\n  }}\n\
         \x20 inet_listener imaps {{\n    port = {tls_port}\n    ssl = yes\n  }}\n}}\n\
         service anvil {{\n  unix_listener anvil-auth-penalty {{\n    mode = 0\n  }}\n}}\n\
         passdb {{\n  {passdb}\n}}\n\
         userdb {{\n  driver = static\n  args = uid=dovecot gid=dovecot home={own}/mail/%u\n}}\n",
        own = own.display(),
        certificate = issued.certificate.display(),
        key = issued.key.display(),
    );
    let config = own.join("dovecot.conf");
    fs::write(&config, text).expect("the configuration");
    Dovecot { config, folder: own, port, tls_port, child: None }
}

/// Looks up a numeric id in `/etc/passwd` or `/etc/group`.
pub(super) fn number_of(file: &str, name: &str) -> Option<u32> {
    let text = fs::read_to_string(file).unwrap_or_default();
    let entry =
        text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':')?.split(':').nth(1)?.parse().ok());
    assert!(entry.is_some(), "the lab needs Dovecot and its user {name}: install the Debian package dovecot-imapd");
    entry
}
