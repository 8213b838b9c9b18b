//! A real mail server, OpenSMTPD, that keeps whatever it is given, for anybody, in a folder.

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
    /// The TCP port that it listens on.
    pub port: u16,
    /// The folder with a maildir for each recipient.
    pub folder: PathBuf,
    command: String,
    hostname: String,
    // The places of its queue and of its control socket are compiled in. Where it cannot have a mount namespace to
    // itself, as in most containers, it can only run once on a machine.
    _alone: Option<File>,
}

/// Its own places, and then itself.
const START: &str = "set -e
mount -t tmpfs -o mode=755 tmpfs /var/spool
mkdir -m 711 /var/spool/smtpd
mount -t tmpfs -o mode=755 tmpfs /run
exec smtpd -d -f \"$1\"
";

/// A message that arrived.
#[derive(Debug, Clone)]
pub struct Mail {
    /// The address that it was sent to.
    pub to: String,
    /// Its header lines, as they came.
    pub header: String,
    /// Its text.
    pub body: String,
}

impl Postbox {
    /// Writes the files; if it has to be the only one on this machine, waits for its turn.
    pub fn prepare(folder: &Path, port: u16) -> Self {
        must_be_installed("smtpd", "opensmtpd");
        let own = folder.join("mail");
        fs::create_dir_all(&own).expect("a folder for mail");
        let (user, group) = (number_of("/etc/passwd", "dovecot"), number_of("/etc/group", "dovecot"));
        chown(&own, user, group).expect("a folder that the delivering user owns");
        // It refuses to deliver as root; any other user will do.
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

    /// How it is run.
    pub fn program(&self) -> Program {
        Program { name: "smtp", command: self.command.clone() }
    }

    /// Everything that arrived, oldest first. What another server had left in a queue that they share is not ours.
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

/// Whether a program can have a mount namespace of its own.
pub fn can_be_private() -> bool {
    let tried = Command::new("unshare").args(["--mount", "true"]).stderr(Stdio::null()).status();
    tried.is_ok_and(|status| status.success())
}

/// Waits until no other lab on this machine runs a mail server that is not private. It is over when this is dropped.
pub fn alone() -> File {
    let lock = File::create(std::env::temp_dir().join("rectify-lab-smtpd.lock")).expect("a file to lock");
    lock.lock().expect("the lock of the mail server");
    lock
}

fn files(folder: &Path) -> Vec<PathBuf> {
    fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()).collect()
}

/// A body of one part, as it was before it was made fit to be sent.
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

/// `=C3=BC` is `ü`.
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
