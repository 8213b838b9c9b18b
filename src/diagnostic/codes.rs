//! Stable codes, each with a page in `docs/codes/`.

/// A stable code such as `E0201`, or `L0101` for the finding of a rule. No code is ever reused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Code(pub &'static str);

impl std::fmt::Display for Code {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.0)
    }
}

/// The page of a code, as `rectify explain` prints it.
#[derive(Debug, Clone, Copy)]
pub struct CodePage {
    /// The code.
    pub code: Code,
    /// What it is called.
    pub title: &'static str,
    /// The name of its rule, as in `# allow:` and in rectify.yaml. Without a rule it is an error of the language, which
    /// cannot be allowed.
    pub rule: Option<&'static str>,
    /// Its page in Markdown, `docs/codes/CODE.md`.
    pub text: &'static str,
}

/// Renamed rules: the old name, and the current one. Comments, inventories and baselines may contain the old one.
const RENAMED_RULES: &[(&str, &str)] = &[
    ("single-look-after-change", "no-poll-after-change"),
    ("undone-by-hand", "manual-undo"),
    ("escalation-through-repaired-host", "escalation-via-target"),
    ("filter-that-hides-alerts", "overnarrow-filter"),
    ("alert-answered-twice", "duplicate-alert-handler"),
];

/// The current name of a rule: the replacement of an old name, or the name itself.
pub fn current_rule_name(name: &str) -> &str {
    RENAMED_RULES.iter().find(|(old, _)| *old == name).map_or(name, |(_, current)| current)
}

/// The page of a rule by its current name or an old one.
pub fn rule_page(name: &str) -> Option<&'static CodePage> {
    let name = current_rule_name(name);
    CODES.iter().find(|page| page.rule == Some(name))
}

/// The name of the rule that a code belongs to.
pub fn rule_of(code: Code) -> Option<&'static str> {
    CODES.iter().find(|page| page.code == code).and_then(|page| page.rule)
}

macro_rules! rule {
    () => {
        None
    };
    ($rule:literal) => {
        Some($rule)
    };
}

macro_rules! codes {
    ($($(#[$group:meta])* $name:ident = $code:literal, $title:literal $(, $rule:literal)?;)*) => {
        /// The codes by name.
        #[allow(missing_docs, reason = "each has its title, and a page in docs/codes")]
        pub mod code {
            use super::Code;
            $(pub const $name: Code = Code($code);)*
        }

        /// Every code, in order.
        pub const CODES: &[CodePage] = &[$(
            CodePage {
                code: Code($code),
                title: $title,
                rule: rule!($($rule)?),
                text: include_str!(concat!("../../docs/codes/", $code, ".md")),
            },
        )*];
    };
}

codes! {
    // Form
    NOT_UNDERSTOOD = "E0101", "unknown statement";
    MISSING_PART = "E0102", "incomplete statement";
    EXTRA_TEXT = "E0103", "text after the end of a statement";
    MISPLACED = "E0104", "misplaced statement or header";
    BRACES = "E0105", "unbalanced braces";
    BAD_LITERAL = "E0106", "malformed number, duration, size or text";
    WIDE_PUNCTUATION = "E0107", "full-width punctuation";
    TOO_DEEP = "E0108", "too much nesting";
    DUPLICATE_CLAUSE = "E0109", "duplicate header, clause or timing";
    FORBIDDEN_CHARACTER = "E0110", "forbidden character";
    // Names
    UNKNOWN_NAME = "E0201", "undefined name";
    DUPLICATE_NAME = "E0202", "duplicate name";
    UNKNOWN_ACTION = "E0203", "unknown backend or action";
    UNKNOWN_PARAMETER = "E0204", "unknown parameter";
    UNKNOWN_FIELD = "E0205", "unknown field";
    UNKNOWN_WORD = "E0206", "unknown word of an enum";
    UNKNOWN_TYPE = "E0207", "unknown type, role or record";
    UNKNOWN_CONTACT = "E0208", "unknown contact";
    UNKNOWN_HOST = "E0209", "unknown host";
    // Types
    TYPE_MISMATCH = "E0301", "wrong type";
    MISSING_ARGUMENT = "E0302", "missing argument";
    EXTRA_ARGUMENT = "E0303", "surplus or duplicate argument";
    NOT_COMPARABLE = "E0304", "operands that do not fit together";
    ABSENCE_UNHANDLED = "E0305", "possibly absent value used without a default";
    NOT_EXHAUSTIVE = "E0306", "non-exhaustive match";
    DUPLICATE_ARM = "E0307", "duplicate or unreachable match arm";
    WRONG_ROLE = "E0308", "host with the wrong role";
    SECRET_USED = "E0309", "secret compared, interpolated or shown";
    NOT_A_LITERAL = "E0310", "literal required";
    BAD_PATTERN = "E0311", "malformed regular expression or jq filter";
    JSON_USED = "E0312", "json used without decoding";
    IMPOSSIBLE_DECODE = "E0313", "impossible conversion";
    OUTSIDE_TEXT_AS_CODE = "E0314", "outside text used as code";
    // Effects
    RETENTION_REQUIRED = "E0401", "change without temporarily or permanently";
    RETENTION_USELESS = "E0402", "temporarily or permanently without anything to undo";
    ACTION_IN_EXPRESSION = "E0403", "effect inside an expression";
    OBSERVATION_AS_STATEMENT = "E0404", "unused answer of an observation";
    EFFECT_IN_PROBE = "E0405", "effect inside a probe";
    UNKNOWN_DECIDES = "E0406", "effect that depends on an unknown verdict";
    FORBIDDEN_IN_UNDO = "E0407", "ending, prompt or run inside undo";
    DESTROY_WITHOUT_APPROVAL = "E0408", "destroy without an approval";
    UNSAFE_RETRY = "E0409", "unsafe repetition inside retry";
    GUARD_WITHOUT_ELSE = "E0410", "disrupt inside an if without an else";
    CHANGE_NOT_USED = "E0411", "temporary change without an effect after it";
    // Flow
    UNREACHABLE = "E0501", "unreachable statement";
    NO_ENDING = "E0502", "path without resolve or escalate";
    ELSE_FALLS_THROUGH = "E0503", "else that falls through";
    UNBOUNDED = "E0504", "unbounded loop or wait";
    RECURSION = "E0505", "recursive procedure or runbook";
    NO_GOAL = "E0506", "resolve if fixed without a goal";
    RESOLVE_IN_PARALLEL = "E0507", "resolve inside a parallel loop";
    MISSING_HEADER = "E0508", "missing header";
    IMPOSSIBLE_TIMING = "E0509", "impossible timing";
    GOAL_MISSED = "E0510", "resolve although the goal has failed";
    // Files
    IMPORT_FAILED = "E0601", "unreadable import";
    IMPORT_CYCLE = "E0602", "import cycle";
    TOO_MANY_IMPORTS = "E0603", "too many imports";
    UNREADABLE_FILE = "E0604", "unreadable file";
    // Inventory
    BAD_YAML = "E0701", "malformed rectify.yaml or world file";
    INVENTORY_MISMATCH = "E0702", "inconsistent rectify.yaml";
    // Tests
    NOT_AS_EXPECTED = "E0801", "failed test";
    NOTHING_GIVEN = "E0802", "test without a required given";
    // Allows and the baseline
    ALLOW_WITHOUT_REASON = "L0001", "allow without a reason", "allow-without-reason";
    UNKNOWN_RULE = "L0002", "allow of an unknown rule", "unknown-rule";
    USELESS_ALLOW = "L0003", "allow without a finding", "useless-allow";
    EXPIRED_ALLOW = "L0004", "expired allow", "expired-allow";
    STALE_BASELINE = "L0005", "stale baseline entry", "stale-baseline";
    // Messages for people
    STEP_REFERENCE_BY_NUMBER = "L0101", "step referenced by its number", "step-reference-by-number";
    ESCALATION_WITHOUT_EVIDENCE = "L0102", "escalation without evidence", "escalation-without-evidence";
    ESCALATION_VIA_TARGET = "L0103", "escalation sent through the repaired host", "escalation-via-target";
    UNEXPLAINED_LASTING_CHANGE = "L0104", "permanent change without a reason", "unexplained-lasting-change";
    // Time
    WINDOW_SHORTER_THAN_RETRIES = "L0201", "window shorter than the probe's retries", "window-shorter-than-retries";
    NO_POLL_AFTER_CHANGE = "L0202", "change observed only once", "no-poll-after-change";
    // Safety
    LITERAL_SECRET = "L0301", "literal secret", "literal-secret";
    SHELL_COMMAND = "L0302", "command run by a shell", "shell-command";
    CONFUSABLE_NAME = "L0303", "confusable name", "confusable-name";
    IMPOSSIBLE_PATTERN = "L0304", "pattern that never matches", "impossible-pattern";
    MANUAL_UNDO = "L0305", "change undone by hand", "manual-undo";
    UNATTAINABLE_APPROVAL = "L0306", "approval by more people than can answer", "unattainable-approval";
    UNCONFIRMED_ACTION = "L0307", "action that nothing confirms", "unconfirmed-action";
    UNDECLARED_MACHINE = "L0308", "two hosts at one address", "undeclared-machine";
    SSH_COMMAND = "L0309", "command sent by ssh", "ssh-command";
    // Unused names
    UNUSED_PARAMETER = "L0401", "unused parameter", "unused-parameter";
    UNUSED_VALUE = "L0402", "unused value", "unused-value";
    UNUSED_DECLARATION = "L0403", "unused declaration", "unused-declaration";
    UNUSED_IMPORT = "L0404", "unused import", "unused-import";
    // Alerts
    DUPLICATE_ALERT_HANDLER = "L0501", "two runbooks for one alert", "duplicate-alert-handler";
    UNANSWERED_ALERT = "L0502", "alert without a runbook", "unanswered-alert";
    GOAL_OF_ANOTHER_ALERT = "L0503", "goal about another alert", "goal-of-another-alert";
    UNKNOWN_MONITOR = "L0504", "unknown monitor", "unknown-monitor";
    MONITOR_OF_ANOTHER_GROUP = "L0505", "monitor combined with the wrong group", "monitor-of-another-group";
    OVERNARROW_FILTER = "L0506", "filter that leaves out groups of the alerts", "overnarrow-filter";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_page_begins_with_its_code_and_title() {
        for page in CODES {
            let heading = format!("# {}: {}\n", page.code, page.title);
            assert!(page.text.starts_with(&heading), "{}", page.code);
        }
    }
}
