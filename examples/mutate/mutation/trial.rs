//! Mutants before their killers.

use super::Mutant;
use super::folder::{Checks, Folder};
use serde::{Deserialize, Serialize};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

/// What checking and interpreting the deepest file needs, as for the program itself.
const STACK: usize = 16 << 20;

/// The tests of a folder. They see what the checker lets pass.
pub trait Tests: Sync {
    /// Why they fail with a mutant; nothing when all pass.
    fn fail(&self, folder: &Folder, mutant: &Mutant, checks: &Checks) -> Option<String>;
}

/// What became of a mutant.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    /// The code of what `check` finds.
    pub check: Option<String>,
    /// Which test fails, and how. A file that `check` refuses is not tested: it cannot be run.
    pub tests: Option<String>,
}

impl Verdict {
    /// Whether nobody noticed.
    pub fn survived(&self) -> bool {
        self.check.is_none() && self.tests.is_none()
    }
}

/// Shows every mutant to `check` and then to the tests, on so many threads. The verdicts are in the order of the
/// mutants, and the same whatever the threads do.
pub fn run(folder: &Folder, mutants: &[Mutant], tests: &[&dyn Tests], threads: usize) -> Vec<Verdict> {
    let next = AtomicUsize::new(0);
    let verdicts = Mutex::new(vec![Verdict::default(); mutants.len()]);
    std::thread::scope(|scope| {
        for _ in 0..threads.max(1) {
            let work = || {
                while let Some((at, mutant)) =
                    Some(next.fetch_add(1, Ordering::Relaxed)).and_then(|at| Some((at, mutants.get(at)?)))
                {
                    let verdict = judge(folder, mutant, tests);
                    verdicts.lock().unwrap_or_else(PoisonError::into_inner)[at] = verdict;
                }
            };
            std::thread::Builder::new().stack_size(STACK).spawn_scoped(scope, work).expect("a thread");
        }
    });
    verdicts.into_inner().unwrap_or_else(PoisonError::into_inner)
}

/// Why the folder as it is does not pass; nothing when it does.
pub fn unmutated(folder: &Folder, tests: &[&dyn Tests]) -> Option<String> {
    let first = folder.files.first()?;
    let (operator, line, slip) = ("none", 1, String::new());
    let whole = Mutant { operator, file: 0, line, slip, text: first.text.clone() };
    let verdict = judge(folder, &whole, tests);
    verdict.check.or(verdict.tests)
}

fn judge(folder: &Folder, mutant: &Mutant, tests: &[&dyn Tests]) -> Verdict {
    let checks = folder.check(Some((mutant.file, &mutant.text)));
    if checks.refused {
        return Verdict { check: checks.finding, tests: None };
    }
    let failing = |tests: &&dyn Tests| {
        let tried = catch_unwind(AssertUnwindSafe(|| tests.fail(folder, mutant, &checks)));
        tried.unwrap_or_else(|_| Some("the interpreter itself failed".to_owned()))
    };
    Verdict { tests: tests.iter().find_map(failing), check: checks.finding }
}
