//! Stable codes, each with a page in `docs/codes/`.

/// A stable code such as `E0201`, or `L0101` for what a rule finds. Codes are never used again for something else.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Code(pub &'static str);

impl std::fmt::Display for Code {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.0)
    }
}

/// What `rectify explain` knows of a code.
#[derive(Debug, Clone, Copy)]
pub struct CodePage {
    /// The code.
    pub code: Code,
    /// What it is called.
    pub title: &'static str,
    /// The name of the rule that finds it, as it stands in `# allow:` and in rectify.yaml. Without one it is an error
    /// of the language, which nobody can allow.
    pub rule: Option<&'static str>,
    /// Its page in Markdown, `docs/codes/CODE.md`.
    pub text: &'static str,
}

/// Rules that were renamed: the old name, and today's. Comments, inventories and baselines may still say the old one.
const RENAMED_RULES: &[(&str, &str)] = &[
    ("single-look-after-change", "no-poll-after-change"),
    ("undone-by-hand", "manual-undo"),
    ("escalation-through-repaired-host", "escalation-via-target"),
    ("filter-that-hides-alerts", "overnarrow-filter"),
    ("alert-answered-twice", "duplicate-alert-handler"),
];

/// Today's name of a rule: what replaced an old name, and any other name as it is.
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
    NOT_UNDERSTOOD = "E0101", "a line that is not understood";
    MISSING_PART = "E0102", "something is missing";
    EXTRA_TEXT = "E0103", "two statements on one line, or something after a statement";
    MISPLACED = "E0104", "a statement or header where it cannot stand";
    BRACES = "E0105", "braces that do not match";
    BAD_LITERAL = "E0106", "a number, duration, size or text that is not well formed";
    WIDE_PUNCTUATION = "E0107", "full-width punctuation";
    TOO_DEEP = "E0108", "nested too deeply, or too long an expression";
    DUPLICATE_CLAUSE = "E0109", "a header, clause or timing given twice";
    FORBIDDEN_CHARACTER = "E0110", "a character that may not stand in a runbook";
    // Names
    UNKNOWN_NAME = "E0201", "a name that nothing has";
    DUPLICATE_NAME = "E0202", "one name for two things";
    UNKNOWN_ACTION = "E0203", "a backend or action that does not exist";
    UNKNOWN_PARAMETER = "E0204", "a parameter that does not exist";
    UNKNOWN_FIELD = "E0205", "a field that does not exist";
    UNKNOWN_WORD = "E0206", "a word that an enum does not have";
    UNKNOWN_TYPE = "E0207", "a type, role or record that does not exist";
    UNKNOWN_CONTACT = "E0208", "a contact that the inventory does not have";
    UNKNOWN_HOST = "E0209", "a host that the inventory does not have";
    // Types
    TYPE_MISMATCH = "E0301", "a value of the wrong type";
    MISSING_ARGUMENT = "E0302", "an argument is missing";
    EXTRA_ARGUMENT = "E0303", "an argument too many, or given twice";
    NOT_COMPARABLE = "E0304", "two values that cannot be compared or reckoned with";
    ABSENCE_UNHANDLED = "E0305", "a value that may be absent, used as if it were there";
    NOT_EXHAUSTIVE = "E0306", "a match that leaves a case out";
    DUPLICATE_ARM = "E0307", "a match with one case twice, or one that cannot happen";
    WRONG_ROLE = "E0308", "a host of the wrong role";
    SECRET_USED = "E0309", "a secret compared, interpolated or shown";
    NOT_A_LITERAL = "E0310", "something worked out where only a literal may stand";
    BAD_PATTERN = "E0311", "a regular expression or jq text that is not well formed";
    JSON_USED = "E0312", "undecoded json compared or interpolated";
    IMPOSSIBLE_DECODE = "E0313", "a value that cannot become that type";
    OUTSIDE_TEXT_AS_CODE = "E0314", "text from outside that a program would read as code";
    // Effects
    RETENTION_REQUIRED = "E0401", "a change without temporarily or permanently";
    RETENTION_USELESS = "E0402", "temporarily or permanently where there is nothing to undo";
    ACTION_IN_EXPRESSION = "E0403", "an action inside an expression";
    OBSERVATION_AS_STATEMENT = "E0404", "an observation whose answer nobody looks at";
    EFFECT_IN_PROBE = "E0405", "a probe that acts";
    UNKNOWN_DECIDES = "E0406", "an effect that an unknown answer would decide";
    FORBIDDEN_IN_UNDO = "E0407", "an ending, a person or a run inside undo";
    DESTROY_WITHOUT_APPROVAL = "E0408", "a destruction that nobody approved";
    UNSAFE_RETRY = "E0409", "an action that must not be repeated, inside retry";
    GUARD_WITHOUT_ELSE = "E0410", "a disruption behind an if without an else";
    CHANGE_NOT_USED = "E0411", "a temporary change that ends before anything acts";
    // Flow
    UNREACHABLE = "E0501", "a statement after an ending";
    NO_ENDING = "E0502", "a path that ends in neither resolve nor escalate";
    ELSE_FALLS_THROUGH = "E0503", "an else that must leave, and does not";
    UNBOUNDED = "E0504", "a loop or wait without a bound";
    RECURSION = "E0505", "a procedure or runbook that does itself";
    NO_GOAL = "E0506", "resolve if fixed without a goal";
    RESOLVE_IN_PARALLEL = "E0507", "resolve inside a parallel loop";
    MISSING_HEADER = "E0508", "a header that every runbook needs";
    IMPOSSIBLE_TIMING = "E0509", "times that cannot be kept";
    // Files
    IMPORT_FAILED = "E0601", "an import that cannot be read";
    IMPORT_CYCLE = "E0602", "files that import one another in a circle";
    TOO_MANY_IMPORTS = "E0603", "too many files";
    UNREADABLE_FILE = "E0604", "a file that cannot be read";
    // Inventory
    BAD_YAML = "E0701", "rectify.yaml or a world that is not well formed";
    INVENTORY_MISMATCH = "E0702", "rectify.yaml says something that does not fit";
    // Tests
    NOT_AS_EXPECTED = "E0801", "a test whose run does not go as it expects";
    NOTHING_GIVEN = "E0802", "a test whose run asks for something that it does not give";
    // What may be allowed
    ALLOW_WITHOUT_REASON = "L0001", "an allow that does not say why", "allow-without-reason";
    UNKNOWN_RULE = "L0002", "an allow of a rule that does not exist", "unknown-rule";
    USELESS_ALLOW = "L0003", "an allow with nothing to allow", "useless-allow";
    EXPIRED_ALLOW = "L0004", "an allow that is past its date", "expired-allow";
    STALE_BASELINE = "L0005", "a baseline that lists what is not found any more", "stale-baseline";
    // What people read
    STEP_BY_NUMBER = "L0101", "a text that refers to a step by its number", "step-reference-by-number";
    BARE_ESCALATION = "L0102", "an escalation without the evidence at hand", "escalation-without-evidence";
    ESCALATION_VIA_TARGET = "L0103", "news that leave by what is being repaired", "escalation-via-target";
    UNEXPLAINED_CHANGE = "L0104", "a lasting change with no word why", "unexplained-lasting-change";
    // Time
    SHORT_WINDOW = "L0201", "a window that ends before the probe has made up its mind", "window-shorter-than-retries";
    NO_POLL_AFTER_CHANGE = "L0202", "a single look right after a change", "no-poll-after-change";
    // Safety
    LITERAL_SECRET = "L0301", "a text that looks like a secret", "literal-secret";
    SHELL_COMMAND = "L0302", "a command that a shell reads", "shell-command";
    CONFUSABLE_NAME = "L0303", "a name of letters that look like others", "confusable-name";
    IMPOSSIBLE_PATTERN = "L0304", "a pattern that no text matches", "impossible-pattern";
    MANUAL_UNDO = "L0305", "a change that is taken back by hand", "manual-undo";
    // What nobody uses
    UNUSED_PARAMETER = "L0401", "a parameter that nothing uses", "unused-parameter";
    UNUSED_VALUE = "L0402", "a value that nothing uses", "unused-value";
    UNUSED_DECLARATION = "L0403", "a declaration that nothing uses", "unused-declaration";
    UNUSED_IMPORT = "L0404", "an import that nothing needs", "unused-import";
    // Alerts
    DUPLICATE_ALERT_HANDLER = "L0501", "two runbooks for one alert", "duplicate-alert-handler";
    UNANSWERED_ALERT = "L0502", "an alert that no runbook answers", "unanswered-alert";
    GOAL_OF_ANOTHER_ALERT = "L0503", "a goal that says nothing about the alert", "goal-of-another-alert";
    UNKNOWN_MONITOR = "L0504", "a name that no monitor has", "unknown-monitor";
    MONITOR_OF_ANOTHER_GROUP = "L0505", "a monitor beside a group that it is not in", "monitor-of-another-group";
    OVERNARROW_FILTER = "L0506", "a look that leaves out what the alerts are about", "overnarrow-filter";
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
