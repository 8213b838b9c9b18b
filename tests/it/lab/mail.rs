//! A real mail server: OpenSMTPD in the foreground, delivering to a maildir.
//!
//! OpenSMTPD has fixed paths for its spool and its socket. Each instance gets its own mount namespace for them. Without
//! namespaces, only one instance can run at a time. Both namespaces and OpenSMTPD need root.

use super::mail_front::{self, Road};
use super::postbox::{alone, can_be_private};
use super::process::signal_group;
use rustix::process::Signal;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Accepts mail for `example.org` without TLS, with STARTTLS and over TLS. The last two require a login as `rectify`
/// with [`PASSWORD`](MailServer::PASSWORD). The self-signed certificate is for `localhost`.
pub struct MailServer {
    pub plain: u16,
    pub starttls: u16,
    pub tls: u16,
    folder: tempfile::TempDir,
    process: Child,
    _alone: Option<std::fs::File>,
}

impl MailServer {
    pub const PASSWORD: &str = "canary-mail-4711";

    /// Starts the server and waits until it listens.
    pub fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path();
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
        run(
            path,
            "openssl",
            &[
                "req",
                "-x509",
                "-newkey",
                "rsa:2048",
                "-nodes",
                "-days",
                "2",
                "-keyout",
                "key.pem",
                "-out",
                "ca.pem",
                "-subj",
                "/CN=localhost",
                "-addext",
                "subjectAltName=DNS:localhost",
            ],
        );
        std::fs::set_permissions(path.join("key.pem"), std::fs::Permissions::from_mode(0o600)).unwrap();
        let plain = free_port();
        let config = format!(
            "listen on 127.0.0.1 port {plain} hostname {0}\n\
             action keep maildir \"{1}/maildir\" virtual {{ \"@example.org\" = \"nobody\" }}\n\
             match from any for domain \"example.org\" action keep\n",
            hostname(plain),
            path.display(),
        );
        std::fs::write(path.join("smtpd.conf"), config).unwrap();
        std::fs::write(path.join("start.sh"), START).unwrap();
        std::fs::create_dir(path.join("maildir")).unwrap();
        run(path, "chown", &["nobody", "maildir"]);
        let log = std::fs::File::create(path.join("log")).unwrap();
        let alone = (!can_be_private()).then(alone);
        let mut command = match &alone {
            None => Command::new("unshare"),
            Some(_) => Command::new("smtpd"),
        };
        match &alone {
            None => command.args(["--mount", "--pid", "--fork", "--kill-child", "sh", "start.sh"]),
            Some(_) => command.args(["-d", "-f", "smtpd.conf"]),
        };
        let process = command
            .process_group(0)
            .current_dir(path)
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .spawn()
            .expect("OpenSMTPD and unshare are installed");
        let front = |road| mail_front::listen(road, path, plain, "rectify", Self::PASSWORD);
        let (starttls, tls) = (front(Road::Starttls), front(Road::Tls));
        let server = Self { plain, starttls, tls, folder, process, _alone: alone };
        server.wait_until(|| std::net::TcpStream::connect(("127.0.0.1", plain)).is_ok());
        server
    }

    /// Path of the certificate to trust.
    pub fn ca(&self) -> PathBuf {
        self.folder.path().join("ca.pem")
    }

    /// Waits for at least `count` messages, and returns all of them in no particular order.
    pub fn messages(&self, count: usize) -> Vec<String> {
        let read = || -> Vec<String> {
            let entries = std::fs::read_dir(self.folder.path().join("maildir/new")).into_iter().flatten().flatten();
            let texts = entries.filter_map(|entry| std::fs::read_to_string(entry.path()).ok());
            // Ignore messages that another server left in a shared queue.
            texts.filter(|text| text.contains(&hostname(self.plain))).collect()
        };
        self.wait_until(|| read().len() >= count);
        read()
    }

    fn wait_until(&self, holds: impl Fn() -> bool) {
        let begun = Instant::now();
        while !holds() {
            if begun.elapsed() > Duration::from_secs(20) {
                let log = std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default();
                panic!("the mail server did not get that far; its log says:\n{log}");
            }
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

impl Drop for MailServer {
    fn drop(&mut self) {
        signal_group(self.process.id(), Signal::KILL);
        let _ = self.process.wait();
    }
}

const START: &str = "set -e
mount -t tmpfs -o mode=755 tmpfs /var/spool
mkdir -m 711 /var/spool/smtpd
mount -t tmpfs -o mode=755 tmpfs /run
exec smtpd -d -f smtpd.conf
";

/// A unique host name per server.
fn hostname(port: u16) -> String {
    format!("mail-{port}.example.org")
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

fn run(folder: &Path, program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).current_dir(folder).output().unwrap();
    assert!(output.status.success(), "{program}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}
