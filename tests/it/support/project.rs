//! Runs the program in a temporary folder with runbooks, or in this repository.

use super::repository;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

/// A temporary project folder with a store next to it.
pub struct Project {
    folder: tempfile::TempDir,
}

impl Project {
    /// Creates a project with these files.
    pub fn new(files: &[(&str, &str)]) -> Self {
        let project = Self { folder: tempfile::tempdir().unwrap() };
        files.iter().for_each(|(name, text)| project.write(name, text));
        project
    }

    /// Writes a file and creates its folders.
    pub fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    /// The absolute path of a file in the project.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join("work").join(name)
    }

    /// The program, to be started in the project. No terminal, no colour, its own store.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(assert_cmd::cargo::cargo_bin("rectify"));
        std::fs::create_dir_all(self.path("")).unwrap();
        command
            .args(arguments)
            .current_dir(self.path(""))
            .env("XDG_STATE_HOME", self.folder.path().join("state"))
            .env_remove("RECTIFY_LOG")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    /// The file of undelivered messages; empty if there is none.
    pub fn undelivered(&self) -> String {
        std::fs::read_to_string(self.path("../state/rectify/undelivered.txt")).unwrap_or_default()
    }

    /// Runs the program in the project.
    pub fn run(&self, arguments: &[&str]) -> Ran {
        Ran::of(self.command(arguments).output().unwrap())
    }
}

/// Runs the program in this repository.
pub fn rectify(arguments: &[&str]) -> Ran {
    let state = Project::new(&[]);
    Ran::of(state.command(arguments).current_dir(repository()).output().unwrap())
}

/// The exit code and output of a command.
#[derive(Debug)]
pub struct Ran {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Ran {
    pub fn of(output: Output) -> Self {
        Self {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// Asserts the exit code; on failure prints all output.
    #[track_caller]
    pub fn ends(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{self:#?}");
        self
    }

    /// Standard output, parsed as one JSON document per line.
    #[track_caller]
    pub fn events(&self) -> Vec<serde_json::Value> {
        self.stdout.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("{line}"))).collect()
    }
}

/// A runbook with these statements.
pub fn runbook(name: &str, parameters: &str, statements: &str) -> String {
    format!(
        "runbook {name}({parameters}) {{\n  title \"{name}\"\n  contact oncall\n  ends within 1h\n\n{statements}\n}}\n"
    )
}

/// A statement that creates a file.
pub fn touch(path: &Path) -> String {
    format!("  exec.disrupt([\"touch\", {:?}])", path.display().to_string())
}

/// Reads lines until one contains the text, and returns all of them.
#[track_caller]
pub fn wait_for(child: &mut Child, text: &str) -> String {
    let stdout = child.stdout.as_mut().unwrap();
    // One byte at a time: a later reader must not lose buffered data.
    let mut seen = Vec::new();
    let mut byte = [0];
    while stdout.read(&mut byte).unwrap() == 1 {
        seen.push(byte[0]);
        if byte[0] == b'\n' && String::from_utf8_lossy(&seen).contains(text) {
            return String::from_utf8_lossy(&seen).into_owned();
        }
    }
    panic!("{text:?} did not come: {}", String::from_utf8_lossy(&seen));
}

/// Sends a signal to a child process.
pub fn signal(child: &Child, signal: rustix::process::Signal) {
    let process = rustix::process::Pid::from_raw(child.id() as i32).unwrap();
    rustix::process::kill_process(process, signal).unwrap();
}
