//! The judge of a run: from the ledger and the state of the model alone, apart from the engine.

/// What a run says of itself at its end.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Account {
    /// Whether it says that it is resolved.
    pub resolved: bool,
    /// The alert that it was about: the monitor and the server, by any of its names.
    pub alert: Option<(String, String)>,
    /// What it says it has left in place: for each the change, and the call that takes it back.
    pub left_in_place: Vec<String>,
    /// The texts of its escalations and notices, subject, body and evidence.
    pub told: Vec<String>,
    /// The calls that users may have noticed, as the runbook would write them.
    pub disruptions: Vec<String>,
}

/// A rule that a run has broken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// Which: `reboot_with_active_copies`, `two_members_out`, `block_left`, `logging_left`, `hold_left`,
    /// `restart_storm`, `reboot_storm`, `resolved_while_sick`, `disruption_not_told`, `disruption_not_done`.
    pub rule: &'static str,
    /// A sentence for people.
    pub text: String,
}
