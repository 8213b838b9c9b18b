//! A real mail server, OpenSMTPD, that accepts mail for any recipient and stores it in a folder.

use super::dovecot::number_of;
use super::process::must_be_installed;
use super::supervisor::Program;
use base64::Engine;
use std::fs::{self, File};
use std::os::unix::fs::chown;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The mail server's files.
pub struct Postbox {
    /// TCP port.
    pub port: u16,
    /// The folder with one maildir per recipient.
    pub folder: PathBuf,
    command: String,
    hostname: String,
    // The paths of its queue and control socket are compiled in. Without a mount namespace of its own, as in most
    // containers, only one instance can run on a machine.
    _alone: Option<File>,
}

/// Mounts private folders over the fixed paths, then starts the server.
const START: &str = "set -e
mount -t tmpfs -o mode=755 tmpfs /var/spool
mkdir -m 711 /var/spool/smtpd
mount -t tmpfs -o mode=755 tmpfs /run
exec smtpd -d -f \"$1\"
";

/// A delivered message.
#[derive(Debug, Clone)]
pub struct Mail {
    /// Address of the recipient.
    pub to: String,
    /// Header lines as received.
    pub header: String,
    /// Decoded text.
    pub body: String,
}

impl Postbox {
    /// Writes the files. Without a mount namespace, waits until no other instance runs.
    pub fn prepare(folder: &Path, port: u16) -> Self {
        must_be_installed("smtpd", "opensmtpd");
        let own = folder.join("mail");
        fs::create_dir_all(&own).expect("a folder for mail");
        let (user, group) = (number_of("/etc/passwd", "dovecot"), number_of("/etc/group", "dovecot"));
        chown(&own, user, group).expect("a folder that the delivering user owns");
        // The server refuses to deliver as root; any other user works.
        let hostname = format!("mail-{port}.lab.test");
        let text = format!(
            "listen on 127.0.0.1 port {port} hostname {hostname}\n\
             action keep maildir \"{}/%{{rcpt:lowercase|raw}}\" virtual {{ \"@\" = dovecot }}\n\
             match from any for any action keep\n",
            own.display()
        );
        let config = folder.join("smtpd.conf");
        fs::write(&config, text).expect("the configuration of the mail server");
        if can_be_private() {
            let start = folder.join("smtpd.sh");
            fs::write(&start, START).expect("the script that starts the mail server");
            let command = format!("unshare --mount sh {} {}", start.display(), config.display());
            return Self { port, folder: own, command, hostname, _alone: None };
        }
        let command = format!("smtpd -d -f {}", config.display());
        Self { port, folder: own, command, hostname, _alone: Some(alone()) }
    }

    /// The program for supervisord.
    pub fn program(&self) -> Program {
        Program { name: "smtp", command: self.command.clone() }
    }

    /// All delivered messages, oldest first, without those that another server left in a shared queue.
    pub fn mails(&self) -> Vec<Mail> {
        let mut found = Vec::new();
        for recipient in files(&self.folder) {
            let to = recipient.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            for file in files(&recipient.join("new")) {
                let arrived = fs::metadata(&file).and_then(|data| data.modified()).expect("a message that stays");
                let text = String::from_utf8_lossy(&fs::read(&file).expect("a message")).replace("\r\n", "\n");
                let (header, body) = text.split_once("\n\n").unwrap_or((&text, ""));
                if !header.contains(&self.hostname) {
                    continue;
                }
                found.push((arrived, Mail { to: to.clone(), header: header.to_owned(), body: decoded(header, body) }));
            }
        }
        found.sort_by_key(|(arrived, _)| *arrived);
        found.into_iter().map(|(_, mail)| mail).collect()
    }
}

/// Whether this process may create a mount namespace.
pub fn can_be_private() -> bool {
    let tried = Command::new("unshare").args(["--mount", "true"]).stderr(Stdio::null()).status();
    tried.is_ok_and(|status| status.success())
}

/// Waits until no other lab on this machine runs a shared mail server. Drop the result to release the lock.
pub fn alone() -> File {
    let lock = File::create(std::env::temp_dir().join("rectify-lab-smtpd.lock")).expect("a file to lock");
    lock.lock().expect("the lock of the mail server");
    lock
}

fn files(folder: &Path) -> Vec<PathBuf> {
    fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()).collect()
}

/// The decoded body of a message with one part.
fn decoded(header: &str, body: &str) -> String {
    let encoding = header.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("Content-Transfer-Encoding").then(|| value.trim().to_ascii_lowercase())
    });
    let bytes = match encoding.as_deref() {
        Some("base64") => {
            let letters: String = body.split_whitespace().collect();
            base64::engine::general_purpose::STANDARD.decode(letters).expect("base64")
        }
        Some("quoted-printable") => unquoted(&body.replace("=\n", "")),
        _ => body.as_bytes().to_vec(),
    };
    String::from_utf8_lossy(&bytes).replace("\r\n", "\n")
}

/// Decodes quoted-printable: `=C3=BC` is `ü`.
fn unquoted(text: &str) -> Vec<u8> {
    let mut parts = text.split('=');
    let mut bytes = parts.next().unwrap_or_default().as_bytes().to_vec();
    for part in parts {
        let (code, rest) = part.split_at_checked(2).expect("two digits after =");
        bytes.push(u8::from_str_radix(code, 16).expect("hexadecimal digits after ="));
        bytes.extend(rest.as_bytes());
    }
    bytes
}
