//! A whole site on one machine: a front end, a back end and a mail server, run by supervisord, and the runbooks and
//! inventory of `runbooks/dovecot` beside them.

use super::dovecot::{Lab, PASSWORD, Ports};
use super::postbox::Postbox;
use super::process::{free_port, signal_group, wait_until};
use super::supervisor::{Program, Supervisor};
use rustix::process::Signal;
use std::fs;
use std::net::TcpStream;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

/// The ports that `runbooks/dovecot/rectify.yaml` names: front end, back end, mail.
const SHIPPED: [u16; 3] = [21993, 22993, 21025];

/// What Alertmanager sends when the front end of the shipped inventory does not let its probe in.
const ALERT: &str = include_str!("../../fixtures/alerts/firing.json");

/// A site. Everything ends when it is dropped.
pub struct Site {
    /// The folder of runbooks and inventory.
    pub project: PathBuf,
    /// What runs the servers.
    pub supervisor: Supervisor,
    /// The mail server.
    pub postbox: Postbox,
    /// The two Dovecots.
    pub lab: Lab,
}

impl Site {
    /// A site with a copy of the runbooks, on ports that are free.
    pub fn start() -> Self {
        let lab = Lab::prepare_on(Ports::free(), Ports::free());
        let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("runbooks/dovecot");
        let project = lab.folder().join("project");
        fs::create_dir(&project).expect("a folder for the runbooks");
        let ports = [lab.front.tls_port, lab.back.tls_port, free_port()];
        for entry in fs::read_dir(shipped).expect("the runbooks").flatten().filter(|entry| entry.path().is_file()) {
            let text = fs::read_to_string(entry.path()).expect("a text");
            // Half a minute of silence proves no more here than a few seconds do.
            let text = text.replace("  timeout   40s\n", "  timeout   4s\n");
            fs::write(project.join(entry.file_name()), on_ports(&text, ports)).expect("a copy");
        }
        Self::start_with(lab, project, ports)
    }

    /// A site for runbooks where they lie, on the ports that their inventory names.
    pub fn start_at(project: &Path) -> Self {
        let [front, back, _] = SHIPPED.map(|port| Ports { plain: port - 850, tls: port });
        Self::start_with(Lab::prepare_on(front, back), project.to_owned(), SHIPPED)
    }

    fn start_with(lab: Lab, project: PathBuf, ports: [u16; 3]) -> Self {
        let folder = lab.folder();
        // The servers' own users have no way into a home folder, and sockets need a short path: the files lie in a
        // temporary folder, which the project sees as its own.
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
        site
    }

    /// The program, to be run on this site: what outlives a run is kept within the site.
    pub fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new(program);
        command.current_dir(&self.project).env("XDG_STATE_HOME", self.state());
        command
    }

    /// Where locks, limits and undelivered messages are kept.
    pub fn state(&self) -> PathBuf {
        self.lab.folder().join("state")
    }

    /// Stops a program: `front`, `back` or `smtp`.
    pub fn stop(&self, name: &str) {
        self.supervisor.order(&["stop", name]);
    }

    /// Makes the back end hang: it holds its ports and answers nothing.
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

    /// What the probe takes for the password of its account.
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

/// A text with the ports of the shipped inventory replaced.
fn on_ports(text: &str, ports: [u16; 3]) -> String {
    let pairs = SHIPPED.iter().zip(ports);
    pairs.fold(text.to_owned(), |text, (shipped, port)| text.replace(&shipped.to_string(), &port.to_string()))
}
