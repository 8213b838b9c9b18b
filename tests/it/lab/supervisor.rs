//! supervisord, which runs the lab's servers as on a real site.

use super::process::{Child, must_be_installed, signal_group, wait_until};
use rustix::process::Signal;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::Duration;

/// Seconds that a program may take to end before it is killed. A hanging program always takes all of them.
const PATIENCE: u32 = 1;

/// A program that supervisord runs in the foreground.
pub struct Program {
    /// Name in supervisord.
    pub name: &'static str,
    /// Command line in supervisord's quoting.
    pub command: String,
}

/// A supervisord with its own configuration and socket.
pub struct Supervisor {
    /// Path of the configuration file, for `supervisorctl -c FILE`.
    pub config: PathBuf,
    child: Child,
}

impl Supervisor {
    /// Starts supervisord and all programs. The folder's path must be short, because it contains a socket.
    pub fn start(folder: &Path, programs: &[Program]) -> Self {
        must_be_installed("supervisord", "supervisor");
        let config = folder.join("supervisord.conf");
        fs::write(&config, configuration(folder, programs)).expect("the configuration of supervisord");
        // A killed test cannot stop its children: the kernel signals supervisord instead.
        let mut command = Command::new("setpriv");
        command.args(["--pdeathsig", "TERM", "supervisord", "-n", "-c"]).arg(&config).env("PATH", search_path());
        let child = Child::start(&mut command);
        let socket = folder.join("supervisor.sock");
        wait_until("supervisord to listen", || socket.exists());
        Self { config, child }
    }

    /// Runs `supervisorctl ARGUMENTS`, which must succeed.
    pub fn order(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new("supervisorctl");
        let output = command.arg("-c").arg(&self.config).args(arguments).env("PATH", search_path()).output();
        let output = output.expect("supervisorctl starts");
        assert!(output.status.success(), "supervisorctl {arguments:?}: {}", String::from_utf8_lossy(&output.stdout));
        output
    }

    /// Sends SIGSTOP to supervisord: it stops answering, its programs keep running.
    pub fn freeze(&self) {
        self.child.signal(Signal::STOP);
    }

    /// Sends SIGCONT.
    pub fn thaw(&self) {
        self.child.signal(Signal::CONT);
    }

    /// Process id of a program, which is also its process group; `None` if it does not run.
    pub fn process(&self, name: &str) -> Option<u32> {
        let mut command = Command::new("supervisorctl");
        let output = command.arg("-c").arg(&self.config).args(["pid", name]).env("PATH", search_path()).output();
        let text = String::from_utf8(output.expect("supervisorctl starts").stdout).unwrap_or_default();
        text.trim().parse().ok().filter(|number| *number != 0)
    }
}

impl Drop for Supervisor {
    fn drop(&mut self) {
        let id = self.child.id();
        let programs = fs::read_to_string(format!("/proc/{id}/task/{id}/children")).unwrap_or_default();
        self.child.end(Duration::from_secs(u64::from(PATIENCE) + 4));
        if self.child.is_running() {
            for group in programs.split_whitespace().filter_map(|number| number.parse().ok()) {
                signal_group(group, Signal::KILL);
            }
        }
    }
}

fn configuration(folder: &Path, programs: &[Program]) -> String {
    let folder = folder.display();
    let mut text = format!(
        "[unix_http_server]\nfile={folder}/supervisor.sock\nchmod=0700\n\
         [supervisord]\nnodaemon=true\nuser=root\nlogfile={folder}/supervisord.log\n\
         pidfile={folder}/supervisord.pid\nchildlogdir={folder}\n\
         [rpcinterface:supervisor]\n\
         supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface\n\
         [supervisorctl]\nserverurl=unix://{folder}/supervisor.sock\n"
    );
    for Program { name, command } in programs {
        text += &format!(
            "[program:{name}]\ncommand={command}\nstopasgroup=true\nkillasgroup=true\nstopwaitsecs={PATIENCE}\n\
             redirect_stderr=true\nstdout_logfile={folder}/{name}.out\n"
        );
    }
    text
}

/// `PATH` with the sbin folders, where servers are installed.
fn search_path() -> String {
    format!("{}:/usr/local/sbin:/usr/sbin:/sbin", std::env::var("PATH").unwrap_or_default())
}
