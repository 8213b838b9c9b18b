//! Why a mutant survives: data, looked up by operator, file and what the slip shows.

/// What a survivor is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// No run can tell it from the original.
    Equivalent,
    /// What is done is the same, and people are told something else.
    People,
    /// A test could see it, and the shipped ones do not.
    Test,
    /// A rule of the checker could see it.
    Rule,
    /// Nobody has looked at it.
    Open,
}

impl Kind {
    /// What survivors of this kind are called.
    pub fn title(self) -> &'static str {
        match self {
            Self::Equivalent => "Equivalent in every run",
            Self::People => "Only a message differs",
            Self::Test => "A test is missing",
            Self::Rule => "A rule of the checker is missing",
            Self::Open => "Not explained",
        }
    }
}

/// A reason, and the survivors that it is for: those of some operators, in a file, at some lines, whose slip contains a
/// text. What is empty fits everything.
pub struct Reason {
    pub operators: &'static [&'static str],
    pub file: &'static str,
    pub lines: &'static [usize],
    pub slip: &'static str,
    pub kind: Kind,
    pub why: &'static str,
}

const fn reason(
    operators: &'static [&'static str],
    file: &'static str,
    slip: &'static str,
    kind: Kind,
    why: &'static str,
) -> Reason {
    Reason { operators, file, lines: &[], slip, kind, why }
}

/// The same, at some lines alone.
const fn at(lines: &'static [usize], reason: Reason) -> Reason {
    Reason { lines, ..reason }
}

const DURATIONS: &[&str] = &["swap a unit", "widen a loop"];
const READ: &[&str] = &["another value", "another host", "another field"];

/// The first that fits counts.
pub const REASONS: &[Reason] = &[
    reason(
        &["drop evidence"],
        "",
        "",
        Kind::Rule,
        "The same contact is told, with less evidence, and no test checks evidence. A rule that requires evidence \
         with every escalation would detect those that lose all of it",
    ),
    reason(
        &["drop a statement"],
        "",
        "without `notify",
        Kind::People,
        "A notification is not sent; the run continues in the same way",
    ),
    reason(
        &["escalate to resolve"],
        "",
        "",
        Kind::People,
        "`resolve` asks the goal once more, and a run whose goal fails there escalates: the outcome is the same, and \
         only the message differs",
    ),
    reason(
        &["drop a bound"],
        "",
        "",
        Kind::Rule,
        "Every test is one run without earlier runs. Only several runs, or one that hangs, reach a bound. A rule \
         could require `lock`, `limit` and `ends within` in every runbook that disrupts",
    ),
    at(
        &[1, 2, 3, 7, 8, 9, 10, 11, 12],
        reason(
            DURATIONS,
            "",
            "",
            Kind::Test,
            "The numbers of a limit or of `ends within`: only several runs, or one that hangs, reach them",
        ),
    ),
    reason(
        &[],
        "exchange/verify-alert",
        "",
        Kind::Test,
        "No world has an alert of a health set: `ImapHealthSet` runs only in variations, which detect broken rules \
         but not missing work",
    ),
    reason(
        &["drop a clause", "swap a unit"],
        "dovecot/probes",
        "",
        Kind::Test,
        "The tests give the probe's verdict at once: none gives a late answer",
    ),
    reason(
        &["another field"],
        "dovecot/probes",
        "",
        Kind::Test,
        "The tests give the probe's verdict, not the answers that it asks for: none checks the user that logs in",
    ),
    reason(
        &["another field"],
        "dovecot",
        "`service` → `probe_user`",
        Kind::Test,
        "Both facts are texts, and the test does not name the service",
    ),
    at(
        &[7],
        reason(
            &["another value"],
            "dovecot/maintenance",
            "",
            Kind::Rule,
            "The run locks something else. A rule could require that `lock` includes the target of the effects",
        ),
    ),
    reason(
        DURATIONS,
        "dovecot",
        "",
        Kind::Test,
        "It waits longer, or repeats more often, before it gives up: `expect within` would detect it",
    ),
    at(
        &[16],
        reason(
            &["reorder statements"],
            "dovecot/front-end",
            "",
            Kind::People,
            "Each answer affects only one of the two steps; only the time of the message differs",
        ),
    ),
    reason(&["another contact"], "", "", Kind::Test, "The tests check that somebody is told, not who"),
    reason(&[], "exchange/procedures", "component", Kind::Test, "In the shipped worlds no component is held"),
    reason(&[], "exchange/procedures", "HealthAPI", Kind::Test, "In the shipped worlds no component is held"),
    reason(&[], "exchange/procedures", "Inactive", Kind::Test, "In the shipped worlds no component is held"),
    reason(&[], "exchange/procedures", "ServerWideOffline", Kind::Test, "In the shipped worlds no component is held"),
    reason(&[], "exchange/procedures", "ImapProxy\"", Kind::Test, "In the shipped worlds no component is held"),
    reason(&[], "exchange", "NotOutOfServiceOnPurpose", Kind::Test, "In the shipped worlds no component is held"),
    reason(&[], "exchange", "on purpose", Kind::Test, "In the shipped worlds no component is held"),
    reason(&[], "exchange/procedures", "`none` → `all`", Kind::Test, "In the shipped worlds no component is held"),
    reason(
        &["another value"],
        "exchange/procedures",
        "`h` → `component`",
        Kind::Test,
        "In the shipped worlds no component is held",
    ),
    reason(
        &["swap a comparison"],
        "exchange/procedures",
        "`and` → `or`",
        Kind::Test,
        "In the shipped worlds no component is held",
    ),
    reason(
        &[],
        "exchange/procedures",
        "StartedAfterReboot",
        Kind::Test,
        "In the shipped worlds every service starts by itself after a reboot",
    ),
    reason(
        &[],
        "exchange/procedures",
        "service.start(",
        Kind::Test,
        "In the shipped worlds every service starts by itself after a reboot",
    ),
    reason(
        &[],
        "exchange/procedures",
        "service.state(",
        Kind::Test,
        "In the shipped worlds every service starts by itself after a reboot",
    ),
    reason(
        &[],
        "exchange/procedures",
        "`Stopped`",
        Kind::Test,
        "In the shipped worlds every service starts by itself after a reboot",
    ),
    reason(
        &[],
        "exchange/procedures",
        "did not start by itself",
        Kind::Test,
        "In the shipped worlds every service starts by itself after a reboot",
    ),
    reason(
        &[],
        "exchange/procedures",
        "error.kind",
        Kind::Test,
        "In the shipped worlds no restart fails or hangs, without Managed Availability",
    ),
    reason(
        &[],
        "exchange/procedures",
        "`timed_out`",
        Kind::Test,
        "In the shipped worlds no restart fails or hangs, without Managed Availability",
    ),
    reason(
        &[],
        "exchange/procedures",
        "`unknown`",
        Kind::Test,
        "In the shipped worlds no restart fails or hangs, without Managed Availability",
    ),
    reason(
        &[],
        "exchange/procedures",
        "timed_out,",
        Kind::Test,
        "In the shipped worlds no restart fails or hangs, without Managed Availability",
    ),
    reason(
        &[],
        "exchange/procedures",
        ", unknown",
        Kind::Test,
        "In the shipped worlds no restart fails or hangs, without Managed Availability",
    ),
    reason(
        &[],
        "exchange/procedures",
        "cannot be rest",
        Kind::Test,
        "In the shipped worlds no restart fails or hangs, without Managed Availability",
    ),
    reason(
        &[],
        "exchange/procedures",
        "without `every 30s`",
        Kind::Test,
        "In the shipped worlds no restart fails or hangs, without Managed Availability",
    ),
    reason(
        &[],
        "exchange/procedures",
        "is_ready",
        Kind::Test,
        "The next wait does not end before the server is ready either: only a server that never becomes ready shows \
         the difference",
    ),
    reason(
        &["drop an else"],
        "exchange/procedures",
        "is not ready",
        Kind::Test,
        "No world has a server that never becomes ready",
    ),
    reason(
        &[],
        "exchange/procedures",
        "databases_moved_back",
        Kind::Test,
        "The worlds with both roles end as expected without the databases: no test checks where they are",
    ),
    reason(
        &["another probe"],
        "exchange/imap-ctp",
        "",
        Kind::Test,
        "In each world the monitors and the probes of a back end agree",
    ),
    reason(
        &["another value"],
        "exchange/imap-ctp",
        "`monitors` → `probe`",
        Kind::Test,
        "In each world the monitors and the probes of a back end agree",
    ),
    reason(
        &["another value"],
        "exchange/imap-ctp",
        "`probe` → `monitors`",
        Kind::Test,
        "In each world the monitors and the probes of a back end agree",
    ),
    reason(
        &["swap a comparison"],
        "exchange/imap-ctp",
        "",
        Kind::Test,
        "In each world the monitors and the probes of a back end agree, and the log contains the session",
    ),
    reason(
        &["another probe"],
        "exchange/deep",
        "",
        Kind::Test,
        "In each world both probes of a back end, and its monitors, pass or fail together",
    ),
    reason(
        &["another probe"],
        "exchange",
        "",
        Kind::Test,
        "In each world the probes of a server pass or fail together",
    ),
    reason(
        &[
            "drop a clause",
            "another enum word",
            "drop an item",
            "swap a comparison",
            "negate a condition",
            "misspell a text",
            "another text",
            "another field",
            "another value",
        ],
        "exchange/probes",
        "",
        Kind::Test,
        "No world has a monitor in such a state, or a probe that answers late or only at a second attempt",
    ),
    reason(
        &["drop an ask"],
        "exchange",
        "without `resolve if fixed`",
        Kind::Test,
        "Only one world has an alert that has cleared by itself, for the customers' probe",
    ),
    reason(
        &["drop an ask", "reorder statements"],
        "exchange",
        "resolve if fixed",
        Kind::Test,
        "No world is repaired by exactly this step, or asked before it is; the next effects do no harm in the others",
    ),
    reason(
        &["drop a statement", "drop an arm", "drop an else"],
        "exchange/imap-ctp",
        "",
        Kind::Test,
        "No world of the customers' probe has a front end that does not answer, or a probe that names no back end or \
         an unknown one; and a later step repairs what this one would",
    ),
    reason(
        &["drop an else"],
        "exchange/imap-proxy-test",
        "",
        Kind::Test,
        "Without it `require` escalates by itself: the outcome is the same, and only the message differs",
    ),
    reason(
        &["reorder statements"],
        "exchange",
        "",
        Kind::Test,
        "The two statements do not depend on each other in any world",
    ),
    reason(
        DURATIONS,
        "exchange",
        "",
        Kind::Test,
        "It waits longer, or repeats more often, before it gives up: no world checks how long a run takes",
    ),
    reason(
        &["drop a duration"],
        "exchange",
        "",
        Kind::Test,
        "No world checks how long a run takes, or has a server that relapses at that moment",
    ),
    reason(
        READ,
        "exchange",
        "",
        Kind::People,
        "The value is in a message or its evidence, or both names mean the same here",
    ),
    reason(&[], "exchange/latency", "MSExchangeIMAP4BE", Kind::Test, "No world has a high latency at a mailbox server"),
    reason(
        &["drop an else"],
        "exchange/procedures",
        "",
        Kind::People,
        "Without it the statement escalates by itself: the outcome is the same, and only the message differs",
    ),
    reason(
        &["drop a statement"],
        "exchange/procedures",
        "is not ready",
        Kind::Test,
        "No world has a server that never becomes ready",
    ),
    at(
        &[23],
        reason(
            &["swap a comparison"],
            "exchange/procedures",
            "",
            Kind::Test,
            "In the shipped worlds no component is held",
        ),
    ),
    reason(
        &["swap a comparison", "negate a condition"],
        "exchange/procedures",
        "",
        Kind::Test,
        "In the shipped worlds every service starts by itself after a reboot",
    ),
    reason(READ, "dovecot", "", Kind::People, "The value is in a message or its evidence"),
];
