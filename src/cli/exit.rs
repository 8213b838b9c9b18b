//! How the program ends: the one table of exit codes.

use crate::engine::{Ending, RunOutcome};

/// What a command comes to. The numbers are a contract; scripts and timers act on them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// `run`: resolved, or rehearsed; `simulate`: and no violation. Other commands: nothing to report.
    Success = 0,
    /// Findings: a diagnostic, a file that formatting would change, a test that failed. `simulate`: a rule of the world was
    /// broken, however the run ended.
    Findings = 1,
    /// It could not be used as it was: bad arguments, an invalid runbook or inventory. Nothing was touched.
    Usage = 2,
    /// The run escalated, and somebody was told.
    Escalated = 3,
    /// The run was cancelled.
    Cancelled = 4,
    /// The run was refused before its first effect: a lock, a limit, a policy.
    Refused = 5,
    /// The run escalated, or an alert could not be used, and nobody could be reached.
    Undelivered = 7,
    /// A fault of this program.
    Internal = 70,
}

/// Each code, and what it means: of `run` and `simulate`, and of the other commands. For pages.
pub const MEANINGS: [(&str, &str, &str); 8] = [
    ("0", "resolved (`simulate`: and no violation); with `--dry-run`: rehearsed", "nothing to report"),
    ("1", "`simulate`: a violation, however the run ended", "findings, a violation, a failed test"),
    (
        "2",
        "unusable: bad arguments, an invalid runbook or inventory; nothing was touched. With `--alert`: an alert that \
         nothing fits, or that cannot be read; the others were run",
        "unusable",
    ),
    ("3", "escalated", ""),
    ("4", "cancelled", ""),
    ("5", "refused before the first effect: a lock, a limit, a policy", ""),
    ("7", "escalated, or an alert that nothing fits, and nobody could be reached", ""),
    ("70", "a fault of this program", "the same"),
];

impl From<Exit> for std::process::ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

impl Exit {
    /// What a run's end comes to.
    pub fn for_ending(ending: &Ending) -> Self {
        match ending.outcome {
            RunOutcome::Resolved | RunOutcome::Rehearsed => Self::Success,
            RunOutcome::Escalated if ending.undelivered => Self::Undelivered,
            RunOutcome::Escalated => Self::Escalated,
            RunOutcome::Cancelled => Self::Cancelled,
            RunOutcome::Refused => Self::Refused,
        }
    }
}
