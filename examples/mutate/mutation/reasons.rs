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
            Self::Equivalent => "No run can tell it apart",
            Self::People => "Only people are told something else",
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
        "The same person is told, and shown less: no test asks for evidence. A rule that wants it with every escalation \
         sees those that lose all of it",
    ),
    reason(&["drop a statement"], "", "without `notify", Kind::People, "A message that ends nothing is not sent"),
    reason(
        &["escalate to resolve"],
        "",
        "",
        Kind::People,
        "`resolve` asks the goal once more, and a run whose goal fails there escalates: the end is the same, and the \
         message is the interpreter's own",
    ),
    reason(
        &["drop a bound"],
        "",
        "",
        Kind::Rule,
        "Every test is one run that nothing came before: it takes several, or one that hangs, to meet a bound. A rule \
         could want `lock`, `limit` and `ends within` of every runbook that disrupts",
    ),
    at(
        &[1, 2, 3, 7, 8, 9, 10, 11, 12],
        reason(
            DURATIONS,
            "",
            "",
            Kind::Test,
            "The numbers of a limit or of `ends within`: it takes several runs, or one that hangs, to meet them",
        ),
    ),
    reason(
        &[],
        "exchange/verify-alert",
        "",
        Kind::Test,
        "No world has an alert of a health set: `ImapHealthSet` is played in variations alone, which see a rule that is \
         broken and not work that is left undone",
    ),
    reason(
        &["drop a clause", "swap a unit"],
        "dovecot/probes",
        "",
        Kind::Test,
        "The tests answer for the probe at once: none has an answer that is late",
    ),
    reason(
        &["another field"],
        "dovecot/probes",
        "",
        Kind::Test,
        "The tests answer for the probe and not for what it asks: none looks at the user that logs in",
    ),
    reason(
        &["another field"],
        "dovecot",
        "`service` → `probe_user`",
        Kind::Test,
        "Both facts are texts, and the test does not say which service is meant",
    ),
    at(
        &[7],
        reason(
            &["another value"],
            "dovecot/maintenance",
            "",
            Kind::Rule,
            "Another thing is locked. A rule could say that `lock` holds the server that is acted on",
        ),
    ),
    reason(
        DURATIONS,
        "dovecot",
        "",
        Kind::Test,
        "Waits longer, or takes more turns, before it gives up: `expect within` would see it",
    ),
    at(
        &[16],
        reason(
            &["reorder statements"],
            "dovecot/front-end",
            "",
            Kind::People,
            "Each answer is for one of the two steps alone; only the message comes at another time",
        ),
    ),
    reason(&["another contact"], "", "", Kind::Test, "The tests look at whether somebody is told, and not at whom"),
    reason(&[], "exchange/procedures", "component", Kind::Test, "In the shipped worlds nobody holds a component"),
    reason(&[], "exchange/procedures", "HealthAPI", Kind::Test, "In the shipped worlds nobody holds a component"),
    reason(&[], "exchange/procedures", "Inactive", Kind::Test, "In the shipped worlds nobody holds a component"),
    reason(
        &[],
        "exchange/procedures",
        "ServerWideOffline",
        Kind::Test,
        "In the shipped worlds nobody holds a component",
    ),
    reason(&[], "exchange/procedures", "ImapProxy\"", Kind::Test, "In the shipped worlds nobody holds a component"),
    reason(&[], "exchange", "NotOutOfServiceOnPurpose", Kind::Test, "In the shipped worlds nobody holds a component"),
    reason(&[], "exchange", "on purpose", Kind::Test, "In the shipped worlds nobody holds a component"),
    reason(&[], "exchange/procedures", "`none` → `all`", Kind::Test, "In the shipped worlds nobody holds a component"),
    reason(
        &["another value"],
        "exchange/procedures",
        "`h` → `component`",
        Kind::Test,
        "In the shipped worlds nobody holds a component",
    ),
    reason(
        &["swap a comparison"],
        "exchange/procedures",
        "`and` → `or`",
        Kind::Test,
        "In the shipped worlds nobody holds a component",
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
        "What is waited for next is not there before the server is ready either: only a server that never becomes ready would tell",
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
        "The worlds with both roles end well without the databases: the matrix does not ask where they are",
    ),
    reason(
        &["another probe"],
        "exchange/imap-ctp",
        "",
        Kind::Test,
        "In each world the monitors and the probes of a back end say the same",
    ),
    reason(
        &["another value"],
        "exchange/imap-ctp",
        "`monitors` → `probe`",
        Kind::Test,
        "In each world the monitors and the probes of a back end say the same",
    ),
    reason(
        &["another value"],
        "exchange/imap-ctp",
        "`probe` → `monitors`",
        Kind::Test,
        "In each world the monitors and the probes of a back end say the same",
    ),
    reason(
        &["swap a comparison"],
        "exchange/imap-ctp",
        "",
        Kind::Test,
        "In each world the monitors and the probes of a back end say the same, and the log has what is looked for",
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
        "No world has a monitor in such a state, or a probe that answers late or only when asked again",
    ),
    reason(
        &["drop an ask"],
        "exchange",
        "without `resolve if fixed`",
        Kind::Test,
        "Of an alert that has cleared by itself there is one world, for the customers' probe",
    ),
    reason(
        &["drop an ask", "reorder statements"],
        "exchange",
        "resolve if fixed",
        Kind::Test,
        "No world is cured by this very step, or is asked while it is not yet; what is done next does no harm in the others",
    ),
    reason(
        &["drop a statement", "drop an arm", "drop an else"],
        "exchange/imap-ctp",
        "",
        Kind::Test,
        "No world of the customers' probe has a front end that does not answer, or a probe that names no back end or a strange one; and a later step cures what this one would",
    ),
    reason(
        &["drop an else"],
        "exchange/imap-proxy-test",
        "",
        Kind::Test,
        "Without it `require` escalates by itself: the end is the same, and the message another",
    ),
    reason(&["reorder statements"], "exchange", "", Kind::Test, "The two do not depend on each other in any world"),
    reason(
        DURATIONS,
        "exchange",
        "",
        Kind::Test,
        "Waits longer, or takes more turns, before it gives up: no world asks how long a run takes",
    ),
    reason(
        &["drop a duration"],
        "exchange",
        "",
        Kind::Test,
        "No world asks how long a run takes, or has a server that relapses just then",
    ),
    reason(READ, "exchange", "", Kind::People, "Stands in a message or its evidence, or both name the same here"),
    reason(&[], "exchange/latency", "MSExchangeIMAP4BE", Kind::Test, "No world has a high latency at a mailbox server"),
    reason(
        &["drop an else"],
        "exchange/procedures",
        "",
        Kind::People,
        "Without it the statement escalates by itself: the end is the same, and the message another",
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
            "In the shipped worlds nobody holds a component",
        ),
    ),
    reason(
        &["swap a comparison", "negate a condition"],
        "exchange/procedures",
        "",
        Kind::Test,
        "In the shipped worlds every service starts by itself after a reboot",
    ),
    reason(READ, "dovecot", "", Kind::People, "Stands in a message or its evidence"),
];
