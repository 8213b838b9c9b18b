//! The exit codes of the program; no other file defines one.

use crate::engine::{Ending, RunOutcome};

/// The result of a command. The numbers are a contract: scripts and timers depend on them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// `run`: resolved, or the dry run completed. `simulate`: also no violation. Other commands: nothing to report.
    Success = 0,
    /// A diagnostic, a file that formatting would change, or a failed test. `simulate`: a violation, whatever the
    /// outcome.
    Findings = 1,
    /// Bad arguments, or an invalid runbook or inventory. Nothing was executed.
    Usage = 2,
    /// The run escalated, and a contact received the escalation.
    Escalated = 3,
    /// The run was cancelled.
    Cancelled = 4,
    /// The run was refused before its first effect, because of a lock, a limit or a policy.
    Refused = 5,
    /// The run escalated, or an alert started no runbook, and no contact could be reached.
    Undelivered = 7,
    /// A bug in rectify.
    Internal = 70,
}

/// Each code with its meaning for `run` and `simulate`, and for the other commands. Used by generated pages.
pub const MEANINGS: [(&str, &str, &str); 8] = [
    ("0", "resolved, and no violation (`simulate`); with `--dry-run`: the dry run is complete", "no findings"),
    ("1", "violation (`simulate`), however the run ended", "findings, a violation, a failed test"),
    (
        "2",
        "unusable arguments, runbook or inventory, and nothing was changed; with `--alert`: also an alert that no runbook \
         handles or that cannot be read, while the others were run",
        "unusable",
    ),
    ("3", "escalated", ""),
    ("4", "cancelled", ""),
    ("5", "refused before the first effect, by a lock, a limit or a policy", ""),
    ("7", "escalated, or an alert without a runbook, and no contact could be reached", ""),
    ("70", "internal error", "the same"),
];

impl From<Exit> for std::process::ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

impl Exit {
    /// The exit code for a run's ending.
    pub fn for_ending(ending: &Ending) -> Self {
        match ending.outcome {
            RunOutcome::Resolved | RunOutcome::Rehearsed => Self::Success,
            RunOutcome::Escalated if ending.undelivered => Self::Undelivered,
            RunOutcome::Escalated => Self::Escalated,
            RunOutcome::Cancelled => Self::Cancelled,
            RunOutcome::Refused => Self::Refused,
        }
    }

    /// The more severe of two: the one that needs attention first.
    pub fn worse(self, other: Self) -> Self {
        let rank = |exit: Self| match exit {
            Self::Success => 0,
            Self::Refused => 1,
            Self::Escalated => 2,
            Self::Cancelled => 3,
            Self::Findings | Self::Usage => 4,
            Self::Undelivered => 5,
            Self::Internal => 6,
        };
        if rank(other) > rank(self) { other } else { self }
    }
}
