//! A real sshd on loopback, with keys of its own. The account is the one that runs the tests.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// A server with its files. Stopped when dropped, with every connection.
pub struct SshServer {
    folder: tempfile::TempDir,
    port: u16,
    child: Child,
}

impl SshServer {
    /// Starts one. `more` are lines of its configuration.
    pub fn start(more: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        for key in ["host_key", "user_key"] {
            let made = Command::new("ssh-keygen").args(["-q", "-t", "ed25519", "-N", "", "-f"]).arg(at(key)).status();
            assert!(made.unwrap().success());
        }
        std::fs::copy(at("user_key.pub"), at("authorized_keys")).unwrap();
        std::fs::set_permissions(at("authorized_keys"), PermissionsExt::from_mode(0o600)).unwrap();
        let port = free_port();
        let config = format!(
            "Port {port}\nListenAddress 127.0.0.1\nHostKey {0}/host_key\nAuthorizedKeysFile {0}/authorized_keys\n\
             PidFile {0}/sshd.pid\nStrictModes no\nUsePAM no\nPasswordAuthentication no\nMaxStartups 200\n\
             MaxSessions 200\nLogLevel ERROR\n{more}\n",
            folder.path().display()
        );
        std::fs::write(at("sshd_config"), config).unwrap();
        let _ = std::fs::create_dir_all("/run/sshd");
        let child = Self::serve(folder.path(), port);
        let server = Self { folder, port, child };
        server.know_key();
        server
    }

    fn serve(folder: &Path, port: u16) -> Child {
        let log = std::fs::File::create(folder.join("sshd.log")).unwrap();
        let child = Command::new("/usr/sbin/sshd")
            .args(["-D", "-e", "-f"])
            .arg(folder.join("sshd_config"))
            .stdin(Stdio::null())
            .stderr(log)
            .spawn()
            .expect("sshd (scripts/setup installs it)");
        let began = Instant::now();
        while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
            let log = std::fs::read_to_string(folder.join("sshd.log")).unwrap_or_default();
            assert!(began.elapsed() < Duration::from_secs(10), "sshd does not answer: {log}");
            std::thread::sleep(Duration::from_millis(20));
        }
        child
    }

    /// Writes the key of the server into the file of known hosts.
    pub fn know_key(&self) {
        let key = std::fs::read_to_string(self.path("host_key.pub")).unwrap();
        let words: Vec<&str> = key.split_whitespace().take(2).collect();
        let port = self.port;
        std::fs::write(self.path("known_hosts"), format!("[127.0.0.1]:{port} {}\n", words.join(" "))).unwrap();
    }

    /// Replaces the key that is known by another one.
    pub fn know_another_key(&self) {
        let other = self.path("other_key");
        let made = Command::new("ssh-keygen").args(["-q", "-t", "ed25519", "-N", "", "-f"]).arg(&other).status();
        assert!(made.unwrap().success());
        std::fs::rename(self.path("other_key.pub"), self.path("host_key.pub")).unwrap();
        self.know_key();
    }

    /// A file of the server.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Its port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The section `ssh:` of a host that is this server, in one line.
    pub fn section(&self) -> String {
        let folder = self.folder.path().display();
        format!(
            "{{port: {}, config: /dev/null, options: {{IdentityFile: {folder}/user_key, IdentitiesOnly: yes, \
             UserKnownHostsFile: {folder}/known_hosts, GlobalKnownHostsFile: /dev/null}}}}",
            self.port
        )
    }

    /// Ends every connection, and what sshd runs for it, as a cut network would: nobody is told.
    pub fn cut_connections(&self) {
        for pid in self.sessions() {
            let _ = rustix::process::kill_process(pid, rustix::process::Signal::KILL);
        }
    }

    /// The processes of sshd that serve connections.
    pub fn sessions(&self) -> Vec<rustix::process::Pid> {
        children(self.child.id())
    }
}

/// The processes below one, the nearest first, without what sshd has started for a command.
fn children(parent: u32) -> Vec<rustix::process::Pid> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir("/proc").unwrap().flatten() {
        let Some(pid) = entry.file_name().to_str().and_then(|name| name.parse::<i32>().ok()) else { continue };
        let stat = std::fs::read_to_string(entry.path().join("stat")).unwrap_or_default();
        let is_server = stat.contains("(sshd");
        let above = stat.rsplit(") ").next().and_then(|rest| rest.split(' ').nth(1)?.parse::<u32>().ok());
        if is_server && above == Some(parent) {
            found.extend(rustix::process::Pid::from_raw(pid));
            found.extend(children(pid.unsigned_abs()));
        }
    }
    found
}

impl Drop for SshServer {
    fn drop(&mut self) {
        self.cut_connections();
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}
