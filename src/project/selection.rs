//! Selects the runbook that a person or an alert starts, and binds its arguments.

use super::alert::Alert;
use super::arguments::{ArgumentError, InventoryNames, NamedValue, abbreviated, bind};
use super::{Project, ProjectError, alert, by_project};
use crate::diagnostic::{Diagnostic, Severity, did_you_mean, nearest};
use crate::program::{Program, Runbook};
use crate::source::{FileId, SourceMap};
use crate::value::Value;
use ecow::EcoString;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use thiserror::Error;

/// A runbook with its arguments, ready to run.
pub struct Job {
    /// The project that the runbook belongs to.
    pub project: Rc<Project>,
    /// The checked program of the runbook's file.
    pub program: Rc<Program>,
    /// Index into [`Program::runbooks`].
    pub runbook: usize,
    /// One value per parameter, in declaration order.
    pub arguments: Vec<Value>,
}

impl Job {
    /// Whether both jobs have the same runbook of the same file and equal arguments.
    pub fn is_same(&self, other: &Job) -> bool {
        Rc::ptr_eq(&self.program, &other.program) && self.runbook == other.runbook && self.arguments == other.arguments
    }

    /// The runbook as a call: `Runbook(name: value)`.
    pub fn call_text(&self) -> String {
        let Some(runbook) = self.program.runbooks.get(self.runbook) else { return String::new() };
        let given = runbook.parameters.iter().zip(&self.arguments);
        let given: Vec<String> = given.map(|(parameter, value)| format!("{}: {value}", parameter.name)).collect();
        format!("{}({})", runbook.name, given.join(", "))
    }
}

/// The checked files of a path.
pub struct Selection {
    path: String,
    files: Vec<CheckedFile>,
    /// All projects, including those of skipped files.
    pub projects: Vec<Rc<Project>>,
    /// Files with errors. No alert starts a runbook in them.
    pub skipped: Vec<SkippedFile>,
}

/// A file or an inventory with errors.
pub struct SkippedFile {
    /// The project that it belongs to.
    pub project: Rc<Project>,
    /// Why it was skipped, as one sentence.
    pub why: String,
}

/// An alert that starts no runbook.
pub struct UnmatchedAlert {
    /// The project of its runbook, if a runbook handles it.
    pub project: Option<Rc<Project>>,
    /// Why it starts no runbook.
    pub error: AlertMatchError,
}

/// Why an alert starts no runbook.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum AlertMatchError {
    /// The labels do not fit the runbook's parameters.
    #[error("{}", self.sentences().join("; "))]
    Arguments {
        /// Name of the alert.
        alert: String,
        /// Name of the runbook.
        runbook: String,
        /// One error per argument.
        errors: Vec<ArgumentError>,
    },
    /// No runbook handles the alert.
    #[error("{}", self.sentences().join("; "))]
    NoRunbook {
        /// The path that was searched.
        path: String,
        /// Name of the alert.
        alert: String,
        /// What to suggest instead.
        nearest: NearestHandler,
        /// Whether files with errors were skipped.
        skipped_files: bool,
    },
    /// Several runbooks handle the alert.
    #[error("Several runbooks handle the alert `{alert}`: {}", abbreviated(.runbooks))]
    Ambiguous {
        /// Name of the alert.
        alert: String,
        /// Names of the runbooks.
        runbooks: Vec<String>,
    },
}

/// The closest match for an alert that no runbook handles.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NearestHandler {
    /// A runbook handles this alert in another group.
    OtherGroup {
        /// Name of the runbook.
        runbook: String,
        /// The group in its `alert` header.
        group: String,
    },
    /// A runbook handles an alert with this similar name.
    Similar(String),
    /// Nothing is similar; all alerts that runbooks handle.
    Alerts(Vec<String>),
}

impl AlertMatchError {
    /// One sentence per reason.
    pub fn sentences(&self) -> Vec<String> {
        match self {
            Self::Arguments { alert, runbook, errors } => {
                errors.iter().map(|error| format!("The alert `{alert}` does not fit `{runbook}`: {error}")).collect()
            }
            Self::NoRunbook { path, alert, nearest, skipped_files } => {
                let nearest = match nearest {
                    NearestHandler::OtherGroup { runbook, group } => {
                        format!("`{runbook}` handles it if its label `group` is `{group}`")
                    }
                    NearestHandler::Similar(alert) => did_you_mean(alert),
                    NearestHandler::Alerts(alerts) if alerts.is_empty() => "No runbook there names an alert".to_owned(),
                    NearestHandler::Alerts(alerts) => format!("Handled alerts: {}", abbreviated(alerts)),
                };
                let mut sentences = vec![format!("No runbook in {path} handles the alert `{alert}`. {nearest}")];
                if *skipped_files {
                    sentences.push("A file that was skipped because of errors may handle it".to_owned());
                }
                sentences
            }
            Self::Ambiguous { .. } => vec![self.to_string()],
        }
    }
}

/// Why no runbook can be selected.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum SelectionError {
    /// The project cannot be read.
    #[error(transparent)]
    Project(#[from] ProjectError),
    /// The inventory has errors, which were reported.
    #[error("Nothing was run: the inventory has errors")]
    InventoryHasErrors,
    /// A file has errors, which were reported.
    #[error("Nothing was run: {} has errors", .0.display())]
    FileHasErrors(PathBuf),
    /// The path contains no runbook.
    #[error("No runbook in {0}")]
    NoRunbook(String),
    /// The path contains several runbooks and none was named.
    #[error("Several runbooks in {path}: {}. Choose one: RUNBOOK NAME=VALUE…", abbreviated(.runbooks))]
    Ambiguous {
        /// The path that was searched.
        path: String,
        /// Names of the runbooks.
        runbooks: Vec<String>,
    },
    /// No runbook has this name.
    #[error("Unknown runbook `{name}` in {path}. {}", suggestion_or_runbooks(.suggestion.as_deref(), .runbooks))]
    UnknownRunbook {
        /// The name as given.
        name: String,
        /// The path that was searched.
        path: String,
        /// The most similar name.
        suggestion: Option<String>,
        /// Names of all runbooks.
        runbooks: Vec<String>,
    },
    /// The arguments do not fit the parameters. Displays as one line per mistake.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
    Arguments(Vec<ArgumentError>),
}

fn suggestion_or_runbooks(suggestion: Option<&str>, runbooks: &[String]) -> String {
    match (suggestion, runbooks) {
        (Some(name), _) => did_you_mean(name),
        (None, []) => "There are none".to_owned(),
        (None, runbooks) => format!("Available: {}", abbreviated(runbooks)),
    }
}

struct CheckedFile {
    project: Rc<Project>,
    program: Rc<Program>,
    file: Option<FileId>,
}

/// Receives the diagnostics of files while a selection is loaded.
pub trait LoadReporter {
    /// Takes the diagnostics of a file or an inventory.
    fn diagnostics(&self, diagnostics: Vec<Diagnostic>, sources: &SourceMap);

    /// Takes the reason why a file or an inventory is skipped, as one sentence.
    fn skipped(&self, why: &str);
}

/// The first error, as the end of a sentence.
fn first_error(diagnostics: &[Diagnostic]) -> String {
    let first = diagnostics.iter().find(|diagnostic| diagnostic.severity == Severity::Error);
    first.map_or_else(String::new, |first| format!(": {} {}", first.code, first.message))
}

/// A runbook of a checked file, with its index.
type Candidate<'a> = (&'a CheckedFile, usize, &'a Runbook);

impl Selection {
    /// Reads and checks the files of a path, and reports their diagnostics.
    ///
    /// # Errors
    /// A file or an inventory has errors. For an alert it is skipped instead: one broken file must not keep the others
    /// from running at night.
    pub fn load(
        path: &Path,
        config: Option<&Path>,
        by_alert: bool,
        reporter: &dyn LoadReporter,
    ) -> Result<Self, SelectionError> {
        let (mut files, mut projects, mut skipped) = (Vec::new(), Vec::new(), Vec::new());
        for (place, paths) in by_project(&[path.to_owned()], config)? {
            let project = Rc::new(Project::open(&place)?);
            let mut session = project.session();
            reporter.diagnostics(project.diagnostics.clone(), session.sources());
            projects.push(project.clone());
            if project.is_broken() {
                if !by_alert {
                    return Err(SelectionError::InventoryHasErrors);
                }
                let config = place.config.as_deref().unwrap_or(&place.folder).display().to_string();
                let first = first_error(&project.diagnostics);
                let why = format!("{config} has errors, so the runbooks in its folder are skipped{first}");
                reporter.skipped(&why);
                skipped.push(SkippedFile { project, why });
                continue;
            }
            for file in paths {
                let checked = project.check(&mut session, &file);
                let first = first_error(&checked.diagnostics);
                reporter.diagnostics(checked.diagnostics, session.sources());
                match checked.program {
                    Some(program) => files.push(CheckedFile {
                        project: project.clone(),
                        program: Rc::new(program),
                        file: checked.file,
                    }),
                    None if by_alert => {
                        let why = format!("{} has errors and is skipped{first}", file.display());
                        reporter.skipped(&why);
                        skipped.push(SkippedFile { project: project.clone(), why });
                    }
                    None => return Err(SelectionError::FileHasErrors(file)),
                }
            }
        }
        Ok(Self { path: path.display().to_string(), files, projects, skipped })
    }

    /// Selects the named runbook, or the only one.
    ///
    /// # Errors
    /// There is no such runbook, or the arguments do not fit it.
    pub fn by_name(&self, name: Option<&str>, given: &[NamedValue]) -> Result<Job, SelectionError> {
        let own: Vec<Candidate<'_>> =
            self.candidates().filter(|(file, _, runbook)| Some(runbook.span.file) == file.file).collect();
        let Some(name) = name else {
            return match own.as_slice() {
                [only] => job(only, given).map_err(SelectionError::Arguments),
                [] => Err(SelectionError::NoRunbook(self.path.clone())),
                several => Err(SelectionError::Ambiguous { path: self.path.clone(), runbooks: names(several) }),
            };
        };
        let named = |candidates: &[Candidate<'_>]| candidates.iter().position(|(.., runbook)| runbook.name == name);
        let all: Vec<Candidate<'_>> = self.candidates().collect();
        if let Some(found) = named(&own).and_then(|at| own.get(at)).or_else(|| named(&all).and_then(|at| all.get(at))) {
            return job(found, given).map_err(SelectionError::Arguments);
        }
        let known = all.iter().map(|(.., runbook)| runbook.name.as_str());
        Err(SelectionError::UnknownRunbook {
            name: name.to_owned(),
            path: self.path.clone(),
            suggestion: nearest(name, known).map(str::to_owned),
            runbooks: names(&own),
        })
    }

    /// Selects the runbook that an alert starts.
    ///
    /// # Errors
    /// No runbook or several handle it, or a label does not fit a parameter.
    pub fn by_alert(&self, alert: &Alert) -> Result<Job, UnmatchedAlert> {
        let own = |(file, _, runbook): &Candidate<'_>| Some(runbook.span.file) == file.file;
        // A runbook with an `alert` header does not also match by its name: that would ignore the header's group.
        let by_own_name = |(.., runbook): &Candidate<'_>| runbook.alerts.is_empty() && runbook.name == alert.name;
        let mut fitting: Vec<Candidate<'_>> =
            self.candidates().filter(own).filter(|(.., runbook)| alert::starts(runbook, alert)).collect();
        if fitting.is_empty() {
            fitting = self.candidates().filter(own).filter(by_own_name).collect();
        }
        match fitting.as_slice() {
            [only] => {
                let given = alert::arguments(&only.2.parameters, alert, &only.0.program.hosts);
                job(only, &given).map_err(|errors| {
                    let (alert, runbook) = (alert.name.clone(), only.2.name.to_string());
                    let error = AlertMatchError::Arguments { alert, runbook, errors };
                    UnmatchedAlert { project: Some(only.0.project.clone()), error }
                })
            }
            [] => {
                let mut known: Vec<&str> = self
                    .candidates()
                    .flat_map(|(.., runbook)| runbook.alerts.iter().map(|name| name.as_str()))
                    .collect();
                known.sort_unstable();
                known.dedup();
                let other_group = self.candidates().filter(own).find_map(|(.., runbook)| {
                    let named = runbook.alerts.iter().any(|name| name.as_str() == alert.name);
                    runbook.alert_group.as_ref().filter(|_| named).map(|group| (&runbook.name, group))
                });
                let nearest = match (nearest(&alert.name, known.iter().copied()), other_group) {
                    (_, Some((runbook, group))) => {
                        NearestHandler::OtherGroup { runbook: runbook.to_string(), group: group.to_string() }
                    }
                    (Some(nearest), None) => NearestHandler::Similar(nearest.to_owned()),
                    (None, None) => NearestHandler::Alerts(known.into_iter().map(str::to_owned).collect()),
                };
                let error = AlertMatchError::NoRunbook {
                    path: self.path.clone(),
                    alert: alert.name.clone(),
                    nearest,
                    skipped_files: !self.skipped.is_empty(),
                };
                Err(UnmatchedAlert { project: None, error })
            }
            several => {
                let error = AlertMatchError::Ambiguous { alert: alert.name.clone(), runbooks: names(several) };
                Err(UnmatchedAlert { project: several.first().map(|(file, ..)| file.project.clone()), error })
            }
        }
    }

    /// Every runbook whose required parameters can all be filled with the same host. Each gets its host number `turn`,
    /// modulo the number of suitable hosts.
    pub fn all_runbooks(&self, turn: usize) -> Vec<Job> {
        let own = |(file, _, runbook): &Candidate<'_>| Some(runbook.span.file) == file.file;
        let filled = |candidate: Candidate<'_>| {
            let (file, _, runbook) = candidate;
            let with = |host: &EcoString| {
                let needed = runbook.parameters.iter().filter(|parameter| parameter.default.is_none());
                let given: Vec<NamedValue> =
                    needed.map(|parameter| (parameter.name.to_string(), host.to_string())).collect();
                job(&candidate, &given).ok()
            };
            let fitting: Vec<Job> = file.program.hosts.iter().filter_map(|host| with(&host.name)).collect();
            let at = turn.checked_rem(fitting.len())?;
            fitting.into_iter().nth(at)
        };
        self.candidates().filter(own).filter_map(filled).collect()
    }

    fn candidates(&self) -> impl Iterator<Item = Candidate<'_>> {
        self.files.iter().flat_map(|file| {
            file.program.runbooks.iter().enumerate().map(move |(position, runbook)| (file, position, runbook))
        })
    }
}

fn job((file, runbook, declared): &Candidate<'_>, given: &[NamedValue]) -> Result<Job, Vec<ArgumentError>> {
    let secrets: Vec<&str> = file.project.secret_names().collect();
    let known = InventoryNames { hosts: &file.program.hosts, secrets: &secrets };
    let arguments = bind(&declared.parameters, given, known)?;
    Ok(Job { project: file.project.clone(), program: file.program.clone(), runbook: *runbook, arguments })
}

fn names(candidates: &[Candidate<'_>]) -> Vec<String> {
    candidates.iter().map(|(.., runbook)| runbook.name.to_string()).collect()
}

/// Parses `[RUNBOOK] [NAME=VALUE]…`.
///
/// # Errors
/// A word after the runbook's name has no `=`.
pub fn parse_words(words: &[String]) -> Result<(Option<String>, Vec<NamedValue>), SelectionError> {
    let mut name = None;
    let mut given = Vec::new();
    for word in words {
        match word.split_once('=') {
            Some((name, value)) => given.push((name.to_owned(), value.to_owned())),
            None if name.is_none() => name = Some(word.clone()),
            None => return Err(SelectionError::Arguments(vec![ArgumentError::NotNameValue(word.clone())])),
        }
    }
    Ok((name, given))
}
