//! A whole site on one machine: a front end, a back end and a mail server under supervisord, with the runbooks and the
//! inventory of `runbooks/dovecot`.

use super::dovecot::{Dovecot, Lab, PASSWORD, Ports, USER};
use super::postbox::Postbox;
use super::process::{free_port, signal_group, wait_until};
use super::supervisor::{Program, Supervisor};
use rustix::process::Signal;
use std::fs;
use std::net::TcpStream;
use std::os::unix::fs::{PermissionsExt, chown, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

/// The ports in `runbooks/dovecot/rectify.yaml`: front end, back end, mail.
const SHIPPED: [u16; 3] = [21993, 22993, 21025];

/// The Alertmanager notification for a front end whose probe cannot log in.
const ALERT: &str = include_str!("../../fixtures/alerts/firing.json");

/// A running site. Dropping it ends all its processes.
pub struct Site {
    /// The folder with the runbooks and the inventory.
    pub project: PathBuf,
    /// Runs the servers.
    pub supervisor: Supervisor,
    /// The mail server.
    pub postbox: Postbox,
    /// The two Dovecot servers.
    pub lab: Lab,
}

impl Site {
    /// Starts a site with a copy of the runbooks, on free ports.
    pub fn start() -> Self {
        let lab = Lab::prepare_on(Ports::free(), Ports::free());
        let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("runbooks/dovecot");
        let project = lab.folder().join("project");
        fs::create_dir(&project).expect("a folder for the runbooks");
        let ports = [lab.front.tls_port, lab.back.tls_port, free_port()];
        for entry in fs::read_dir(shipped).expect("the runbooks").flatten().filter(|entry| entry.path().is_file()) {
            let text = fs::read_to_string(entry.path()).expect("a text");
            // A short timeout proves as much here as 40 seconds.
            let text = text.replace("  timeout   40s\n", "  timeout   4s\n");
            fs::write(project.join(entry.file_name()), on_ports(&text, ports)).expect("a copy");
        }
        Self::start_with(lab, project, ports)
    }

    /// Starts a site for the runbooks in this folder, on the ports of their inventory.
    pub fn start_at(project: &Path) -> Self {
        let [front, back, _] = SHIPPED.map(|port| Ports { plain: port - 850, tls: port });
        Self::start_with(Lab::prepare_on(front, back), project.to_owned(), SHIPPED)
    }

    fn start_with(lab: Lab, project: PathBuf, ports: [u16; 3]) -> Self {
        let folder = lab.folder();
        // The servers' users cannot read a home folder, and socket paths must be short. So the files are in a temporary
        // folder, with a link in the project.
        let link = project.join("lab");
        let _ = fs::remove_file(&link);
        symlink(folder, &link).expect("a link to the lab");
        fs::copy(&lab.authority.certificate, folder.join("ca.pem")).expect("a copy of the certificate");
        fs::write(folder.join("alert.json"), on_ports(ALERT, ports)).expect("an alert");
        let postbox = Postbox::prepare(folder, ports[2]);
        let dovecot = |name, config: &Path| Program { name, command: format!("dovecot -F -c {}", config.display()) };
        let programs = [dovecot("front", &lab.front.config), dovecot("back", &lab.back.config), postbox.program()];
        let supervisor = Supervisor::start(folder, &programs);
        let site = Self { project, supervisor, postbox, lab };
        site.set_password(PASSWORD);
        for port in [ports[0], ports[1], ports[2]] {
            wait_until("the servers to listen", || TcpStream::connect(("127.0.0.1", port)).is_ok());
        }
        let known = |server: &Dovecot| server.process().is_some();
        wait_until("the servers to write their process ids", || known(&site.lab.front) && known(&site.lab.back));
        site
    }

    /// Prepares a program to run on this site, with its store inside the site.
    pub fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new(program);
        command.current_dir(&self.project).env("XDG_STATE_HOME", self.state());
        command
    }

    /// The folder of locks, limits and undelivered messages.
    pub fn state(&self) -> PathBuf {
        self.lab.folder().join("state")
    }

    /// Stops a server: `front`, `back` or `smtp`.
    pub fn stop(&self, name: &str) {
        self.supervisor.order(&["stop", name]);
    }

    /// Starts a stopped program again.
    pub fn start_again(&self, name: &str) {
        self.supervisor.order(&["start", name]);
    }

    /// Replaces a part of the inventory, which must be there.
    pub fn edit_inventory(&self, part: &str, replacement: &str) {
        let path = self.project.join("rectify.yaml");
        let text = std::fs::read_to_string(&path).expect("the inventory");
        assert!(text.contains(part), "{text}");
        std::fs::write(path, text.replace(part, replacement)).expect("the inventory is written");
    }

    /// Makes the back end hang: it keeps its ports open and does not answer.
    pub fn hang_back_end(&self) {
        signal_group(self.lab.back.process().expect("the back end runs"), Signal::STOP);
    }

    /// Gives the back end a certificate that neither the front end nor a client trusts.
    pub fn distrust_back_end(&self) {
        self.lab.distrust_back();
        self.supervisor.order(&["restart", "back"]);
        let port = self.lab.back.tls_port;
        wait_until("the back end to listen", || TcpStream::connect(("127.0.0.1", port)).is_ok());
    }

    /// Has the back end refuse new messages: nothing can be written into the mailbox, which must have been opened once.
    pub fn close_mailbox(&self) {
        let folder = self.lab.folder().join("back/mail").join(USER);
        for name in ["tmp", "new", "cur"] {
            let folder = folder.join(name);
            chown(&folder, Some(0), Some(0)).expect("its owner");
            fs::set_permissions(&folder, fs::Permissions::from_mode(0o755)).expect("its mode");
        }
    }

    /// Sets the password that the probe uses.
    pub fn set_password(&self, password: &str) {
        let path = self.lab.folder().join("probe-password");
        fs::write(&path, format!("{password}\n")).expect("the file of the secret");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).expect("its mode");
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        let _ = fs::remove_file(self.project.join("lab"));
    }
}

/// Replaces the ports of the shipped inventory in a text.
fn on_ports(text: &str, ports: [u16; 3]) -> String {
    let pairs = SHIPPED.iter().zip(ports);
    pairs.fold(text.to_owned(), |text, (shipped, port)| text.replace(&shipped.to_string(), &port.to_string()))
}
