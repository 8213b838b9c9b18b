//! Which runbook is run, and with what arguments.

use super::alert::Alert;
use super::arguments::{KnownHosts, NamedValue, bind, first_few};
use super::{Project, alert, by_project};
use crate::diagnostic::{Diagnostic, Severity, nearest};
use crate::program::{Program, Runbook};
use crate::source::{FileId, SourceMap};
use crate::value::Value;
use ecow::EcoString;
use std::path::Path;
use std::rc::Rc;

/// Something to run: everything is known that has to be.
pub struct Job {
    /// The project.
    pub project: Rc<Project>,
    /// The program.
    pub program: Rc<Program>,
    /// Which of its runbooks.
    pub runbook: usize,
    /// One value a parameter.
    pub arguments: Vec<Value>,
}

impl Job {
    /// Whether this is the same runbook of the same file with the same arguments.
    pub fn is_same(&self, other: &Job) -> bool {
        Rc::ptr_eq(&self.program, &other.program) && self.runbook == other.runbook && self.arguments == other.arguments
    }

    /// The runbook with its arguments, for people.
    pub fn shown(&self) -> String {
        let Some(runbook) = self.program.runbooks.get(self.runbook) else { return String::new() };
        let given = runbook.parameters.iter().zip(&self.arguments);
        let given: Vec<String> = given.map(|(parameter, value)| format!("{}: {value}", parameter.name)).collect();
        format!("{}({})", runbook.name, given.join(", "))
    }
}

/// The files that were named, checked.
pub struct Selection {
    path: String,
    files: Vec<CheckedFile>,
    /// What stands around them, those that are left out too.
    pub projects: Vec<Rc<Project>>,
    /// What was left out, because it has errors.
    pub left_out: Vec<SkippedFile>,
}

/// A file that has errors: an alert can start nothing in it.
pub struct SkippedFile {
    /// The project that it belongs to.
    pub project: Rc<Project>,
    /// A sentence.
    pub why: String,
}

/// An alert that starts nothing.
pub struct UnmatchedAlert {
    /// The project of its runbook, where it has one.
    pub project: Option<Rc<Project>>,
    /// Sentences.
    pub why: Vec<String>,
}

struct CheckedFile {
    project: Rc<Project>,
    program: Rc<Program>,
    file: Option<FileId>,
}

/// Hears what is wrong with the files of a selection while they are loaded.
pub trait LoadReporter {
    /// Diagnostics of a file or an inventory.
    fn diagnostics(&self, diagnostics: Vec<Diagnostic>, sources: &SourceMap);

    /// A file or an inventory with errors that is left out; a sentence.
    fn left_out(&self, why: &str);
}

/// What is said of an inventory that cannot be used.
pub const INVENTORY_HAS_ERRORS: &str = "Nothing was run: the inventory has errors";

/// The first error, as the end of a sentence.
fn first_error(diagnostics: &[Diagnostic]) -> String {
    let first = diagnostics.iter().find(|diagnostic| diagnostic.severity == Severity::Error);
    first.map_or_else(String::new, |first| format!(": {} {}", first.code, first.message))
}

/// A runbook of one of the files.
type Candidate<'a> = (&'a CheckedFile, usize, &'a Runbook);

impl Selection {
    /// Reads and checks the files that a path means, and shows what is wrong with them.
    ///
    /// # Errors
    /// A sentence. For an alert, files and inventories with errors are left out: one of them must not keep the others
    /// from being run at night.
    pub fn load(
        path: &Path,
        config: Option<&Path>,
        by_alert: bool,
        reporter: &dyn LoadReporter,
    ) -> Result<Self, String> {
        let (mut files, mut projects, mut left_out) = (Vec::new(), Vec::new(), Vec::new());
        for (place, paths) in by_project(&[path.to_owned()], config)? {
            let project = Rc::new(Project::open(&place)?);
            let mut session = project.session();
            reporter.diagnostics(project.diagnostics.clone(), session.sources());
            projects.push(project.clone());
            if project.is_broken() {
                if !by_alert {
                    return Err(INVENTORY_HAS_ERRORS.to_owned());
                }
                let config = place.0.as_deref().unwrap_or(&place.1).display().to_string();
                let first = first_error(&project.diagnostics);
                let why = format!("{config} has errors, and the runbooks of its folder are left out{first}");
                reporter.left_out(&why);
                left_out.push(SkippedFile { project, why });
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
                        let why = format!("{} has errors and is left out{first}", file.display());
                        reporter.left_out(&why);
                        left_out.push(SkippedFile { project: project.clone(), why });
                    }
                    None => return Err(format!("Nothing was run: {} has errors", file.display())),
                }
            }
        }
        Ok(Self { path: path.display().to_string(), files, projects, left_out })
    }

    /// The runbook that was named, or the only one there is.
    ///
    /// # Errors
    /// A sentence for every mistake.
    pub fn by_hand(&self, name: Option<&str>, given: &[NamedValue]) -> Result<Job, Vec<String>> {
        let own: Vec<Candidate<'_>> =
            self.candidates().filter(|(file, _, runbook)| Some(runbook.span.file) == file.file).collect();
        let Some(name) = name else {
            return match own.as_slice() {
                [only] => job(only, given),
                [] => Err(vec![format!("There is no runbook in {}", self.path)]),
                several => Err(vec![format!(
                    "There are several runbooks in {}: {}. Say which: RUNBOOK NAME=VALUE…",
                    self.path,
                    names(several)
                )]),
            };
        };
        let named = |candidates: &[Candidate<'_>]| candidates.iter().position(|(.., runbook)| runbook.name == name);
        let all: Vec<Candidate<'_>> = self.candidates().collect();
        if let Some(found) = named(&own).and_then(|at| own.get(at)).or_else(|| named(&all).and_then(|at| all.get(at))) {
            return job(found, given);
        }
        let known = all.iter().map(|(.., runbook)| runbook.name.as_str());
        let cure = match (nearest(name, known), own.as_slice()) {
            (Some(nearest), _) => format!("did you mean {nearest}?"),
            (None, []) => "there is none at all".to_owned(),
            (None, some) => format!("there are {}", names(some)),
        };
        Err(vec![format!("There is no runbook {name} in {}: {cure}", self.path)])
    }

    /// The runbook that an alert starts.
    ///
    /// # Errors
    /// A sentence, when none or several would do, or a label cannot be used.
    pub fn by_alert(&self, alert: &Alert) -> Result<Job, UnmatchedAlert> {
        let own = |(file, _, runbook): &Candidate<'_>| Some(runbook.span.file) == file.file;
        // Whoever says what starts it is started by nothing else: a group would not hold otherwise.
        let by_own_name = |(.., runbook): &Candidate<'_>| runbook.alerts.is_empty() && runbook.name == alert.name;
        let mut fitting: Vec<Candidate<'_>> =
            self.candidates().filter(own).filter(|(.., runbook)| alert::starts(runbook, alert)).collect();
        if fitting.is_empty() {
            fitting = self.candidates().filter(own).filter(by_own_name).collect();
        }
        match fitting.as_slice() {
            [only] => {
                let given = alert::arguments(&only.2.parameters, alert, &only.0.program.hosts);
                job(only, &given).map_err(|mistakes| {
                    let of_alert =
                        |mistake| format!("The alert {} does not fit {}: {mistake}", alert.name, only.2.name);
                    let why = mistakes.into_iter().map(of_alert).collect();
                    UnmatchedAlert { project: Some(only.0.project.clone()), why }
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
                let cure = match (nearest(&alert.name, known.iter().copied()), known.as_slice(), other_group) {
                    (.., Some((name, group))) => {
                        format!("{name} is, where its label `group` is {group}")
                    }
                    (Some(nearest), ..) => format!("the nearest is {nearest}"),
                    (None, [], _) => "no runbook there names an alert".to_owned(),
                    (None, some, _) => format!("there are runbooks for {}", first_few(some)),
                };
                let mut why =
                    vec![format!("No runbook in {} is started by the alert {}: {cure}", self.path, alert.name)];
                if !self.left_out.is_empty() {
                    why.push("It may be meant for a file that was left out because it has errors".to_owned());
                }
                Err(UnmatchedAlert { project: None, why })
            }
            several => {
                let why = format!("Several runbooks are started by the alert {}: {}", alert.name, names(several));
                Err(UnmatchedAlert { project: several.first().map(|(file, ..)| file.project.clone()), why: vec![why] })
            }
        }
    }

    /// Every runbook whose parameters hosts of the inventory alone can fill, each with one of the hosts that fit: which
    /// one turns with `turn`.
    pub fn every(&self, turn: usize) -> Vec<Job> {
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

fn job((file, runbook, declared): &Candidate<'_>, given: &[NamedValue]) -> Result<Job, Vec<String>> {
    let secrets: Vec<&str> = file.project.secret_names().collect();
    let known = KnownHosts { hosts: &file.program.hosts, secrets: &secrets };
    let arguments = bind(&declared.parameters, given, known)?;
    Ok(Job { project: file.project.clone(), program: file.program.clone(), runbook: *runbook, arguments })
}

fn names(candidates: &[Candidate<'_>]) -> String {
    first_few(&candidates.iter().map(|(.., runbook)| runbook.name.as_str()).collect::<Vec<_>>())
}

/// Takes `RUNBOOK` and `NAME=VALUE` apart.
///
/// # Errors
/// A sentence.
pub fn words(words: &[String]) -> Result<(Option<String>, Vec<NamedValue>), String> {
    let mut name = None;
    let mut given = Vec::new();
    for word in words {
        match word.split_once('=') {
            Some((name, value)) => given.push((name.to_owned(), value.to_owned())),
            None if name.is_none() => name = Some(word.clone()),
            None => return Err(format!("Arguments are written NAME=VALUE; {word:?} is not")),
        }
    }
    Ok((name, given))
}
