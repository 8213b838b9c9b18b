//! A folder with runbooks, and the program run in it.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// A folder of its own, with a state folder beside it.
pub struct Project {
    folder: tempfile::TempDir,
}

impl Project {
    /// A project of these files.
    pub fn new(files: &[(&str, &str)]) -> Self {
        let project = Self { folder: tempfile::tempdir().unwrap() };
        for (name, text) in files {
            let path = project.path(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        project
    }

    /// A path in it.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join("work").join(name)
    }

    /// The program, to be started in the folder. No terminal, no colour, no state of anybody else.
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

    /// What came of the program, started in the folder of this repository.
    pub fn run_in_repository(arguments: &[&str]) -> Ran {
        let project = Self::new(&[]);
        Ran::of(project.command(arguments).current_dir(env!("CARGO_MANIFEST_DIR")).output().unwrap())
    }

    /// What came of it.
    pub fn run(&self, arguments: &[&str]) -> Ran {
        Ran::of(self.command(arguments).output().unwrap())
    }
}

/// What came of a command.
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

    /// Asserts how it ended; shows everything where it ended otherwise.
    #[track_caller]
    pub fn ends(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{self:#?}");
        self
    }

    /// Standard output as one JSON document a line.
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

/// A statement that leaves a file behind.
pub fn touch(path: &Path) -> String {
    format!("  exec.disrupt([\"touch\", {:?}])", path.display().to_string())
}
