//! The words that lines begin with: where each may stand, and how it is written.

use super::Context;
use crate::syntax::grammar::Rule;

/// Where a word may begin a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    File,
    Header,
    Clause,
    Both,
    Statement,
    Backend,
    Shared,
    Test,
}

impl Place {
    pub(super) fn wording(self) -> &'static str {
        match self {
            Self::File => "outside of all braces",
            Self::Header => "at the beginning of a runbook",
            Self::Clause => "in a probe",
            Self::Both => "at the beginning of a runbook, or in a probe",
            Self::Statement => "in a runbook or procedure",
            Self::Backend => "in a backend",
            Self::Shared => "outside of all braces, or in a backend",
            Self::Test => "in a test",
        }
    }
}

/// A word, the rule for its line, and an example of it.
pub(super) struct Word {
    pub word: &'static str,
    pub rule: Rule,
    pub place: Place,
    pub form: &'static str,
    /// The word that must follow.
    pub second: Option<&'static str>,
}

const fn word(word: &'static str, rule: Rule, place: Place, form: &'static str) -> Word {
    Word { word, rule, place, form, second: None }
}

const fn pair(word: &'static str, second: &'static str, rule: Rule, place: Place, form: &'static str) -> Word {
    Word { word, rule, place, form, second: Some(second) }
}

/// What may stand after `require` instead of a condition.
pub(super) const APPROVAL: Word =
    word("approval", Rule::approval, Place::Statement, "`require approval \"question\" by 1 within 1h`");

pub(super) const ALL: &[Word] = &[
    word("import", Rule::import, Place::File, "`import \"file.runbook\"`"),
    word("role", Rule::role, Place::File, "`role mailbox { fact: text }`"),
    word("record", Rule::record, Place::Shared, "`record Name { field: text }`"),
    word("enum", Rule::enumeration, Place::Shared, "`enum Name { first, second }`"),
    pair("open", "enum", Rule::enumeration, Place::Shared, "`open enum Name { first, second }`"),
    word(
        "limit",
        Rule::limit,
        Place::Header,
        "`limit 4 per 24h, 1h apart, per server`; outside of runbooks an action stands before the number",
    ),
    word("probe", Rule::probe, Place::File, "`probe Name(server: host) { … }`"),
    word("procedure", Rule::procedure, Place::File, "`procedure Name(server: host) { … }`"),
    word("runbook", Rule::runbook, Place::File, "`runbook Name(server: host) { … }`"),
    word("backend", Rule::backend, Place::File, "`backend name \"what it is\" { … }`"),
    word("test", Rule::test, Place::File, "`test \"title\" for Name(server: \"a\") { … }`"),
    word("title", Rule::title, Place::Both, "`title \"text\"`"),
    word("alert", Rule::alert, Place::Header, "`alert \"name\", \"other name\" in \"GROUP\"`"),
    word("goal", Rule::goal, Place::Header, "`goal Probe(server)`"),
    word("contact", Rule::contact, Place::Header, "`contact name`"),
    word("lock", Rule::lock, Place::Header, "`lock server, \"name\"`"),
    pair("ends", "within", Rule::ends, Place::Header, "`ends within 4h`"),
    word("group", Rule::group, Place::Clause, "`group \"name\"`"),
    word("depends_on", Rule::depends_on, Place::Clause, "`depends_on \"name\", \"name\"`"),
    word("timeout", Rule::timeout, Place::Clause, "`timeout 2m`"),
    word("retries", Rule::retries, Place::Clause, "`retries 2 every 30s`"),
    word("ask", Rule::asks, Place::Clause, "`ask backend.observation(server)`"),
    pair("unknown", "if", Rule::unknown_if, Place::Clause, "`unknown if condition`"),
    pair("passed", "if", Rule::passed_if, Place::Clause, "`passed if condition`"),
    word("step", Rule::step, Place::Statement, "`step \"title\" { … }`"),
    word("resolve", Rule::resolve, Place::Statement, "`resolve if fixed within 5m every 30s`, or `resolve \"text\"`"),
    pair("escalate", "to", Rule::escalate, Place::Statement, "`escalate to contact \"text\" with value, value`"),
    word("notify", Rule::notify, Place::Statement, "`notify contact \"text\" with value`"),
    word(
        "require",
        Rule::require,
        Place::Statement,
        "`require condition else { … }`, or `require approval \"question\" by 1 within 1h`",
    ),
    word("wait", Rule::wait, Place::Statement, "`wait 5m`, or `wait until condition within 20m every 30s`"),
    word(
        "temporarily",
        Rule::temporarily,
        Place::Statement,
        "`temporarily backend.action(server), keep on failure`, or `temporarily { … } undo { … }`",
    ),
    word("permanently", Rule::permanently, Place::Statement, "`permanently backend.action(server), undo on failure`"),
    word(
        "let",
        Rule::let_value,
        Place::Statement,
        "`let name = value`, with `else { … }` or `else value` where the value may be absent",
    ),
    word("if", Rule::branch, Place::Statement, "`if condition { … } else { … }`"),
    word("match", Rule::match_value, Place::Statement, "`match value { word { … } else { … } }`"),
    word("for", Rule::for_each, Place::Statement, "`for x in list, at most 10, 2 at a time { … }`"),
    word("repeat", Rule::repeat, Place::Statement, "`repeat 3 times every 1m until condition { … }`"),
    word("retry", Rule::retry, Place::Statement, "`retry 3 times every 10s { … }`"),
    word("try", Rule::attempt, Place::Statement, "`try { … } catch error { … }`"),
    word("do", Rule::do_procedure, Place::Statement, "`do Procedure(argument)`"),
    word("run", Rule::run, Place::Statement, "`run Runbook(argument)`"),
    word("manual", Rule::manual, Place::Statement, "`manual \"what to do\" within 4h`"),
    word("observe", Rule::signature, Place::Backend, "`observe name(server: host) -> type timeout 1m`"),
    word("change", Rule::signature, Place::Backend, "`change name(server: host) undo other(server) timeout 1m`"),
    word(
        "disrupt",
        Rule::signature,
        Place::Backend,
        "`disrupt name(server: host) once confirm other(server) timeout 1m`",
    ),
    word("destroy", Rule::signature, Place::Backend, "`destroy name(server: host) timeout 1m`"),
    word(
        "given",
        Rule::given,
        Place::Test,
        "`given backend.action(argument) answers value`, `given Probe fails, then passes`, `given host \"name\" is role(fact: value)`, or `given nobody answers`",
    ),
    word(
        "expect",
        Rule::expect,
        Place::Test,
        "`expect resolved`, `expect escalated to contact`, `expect backend.action(argument) once`, `expect no disrupt`, or `expect within 20m`",
    ),
];

/// The words that may begin a line in a body.
pub(super) fn of(context: Context) -> impl Iterator<Item = &'static Word> {
    ALL.iter().filter(move |word| match context {
        Context::File => matches!(word.place, Place::File | Place::Shared) || word.word == "limit",
        Context::Runbook => matches!(word.place, Place::Header | Place::Both | Place::Statement),
        Context::Block => word.place == Place::Statement,
        Context::Probe => {
            matches!(word.place, Place::Clause | Place::Both) || matches!(word.word, "let" | "temporarily")
        }
        Context::Backend => matches!(word.place, Place::Backend | Place::Shared),
        Context::Action => word.word == "let",
        Context::Test => word.place == Place::Test,
        Context::Arms | Context::Fields | Context::Words => false,
        Context::Junk => true,
    })
}

/// What a body holds, as a sentence.
pub(super) fn hint(context: Context) -> &'static str {
    match context {
        Context::File => {
            "Outside of all braces stand `import`, `role`, `record`, `enum`, `limit`, `probe`, `procedure`, `runbook`, `backend` and `test`."
        }
        Context::Runbook => {
            "In a runbook stand headers, and then statements: `step`, `resolve`, `escalate`, `require`, `wait`, calls of actions and so on."
        }
        Context::Block | Context::Junk => {
            "In a block stand statements: `resolve`, `escalate`, `require`, `wait`, `let`, `if`, `for`, calls of actions and so on."
        }
        Context::Probe => {
            "In a probe stand `title`, `group`, `depends_on`, `timeout`, `retries`, `ask`, `unknown if`, `passed if`, `let` and `temporarily`."
        }
        Context::Backend => "In a backend stand `observe`, `change`, `disrupt`, `destroy`, `record` and `enum`.",
        Context::Action => "In the body of an action stand `let`s and one expression.",
        Context::Test => "In a test stand `given` and `expect`.",
        Context::Arms => "In `match` stand arms: a word, text or number with a block, as in `passed { … }`.",
        Context::Fields => "Between these braces stand fields: `name: type`.",
        Context::Words => "Between these braces stand words, separated by commas.",
    }
}

/// Words that go on with a statement.
pub(super) const CONTINUATIONS: &[&str] = &[
    "within", "every", "for", "after", "with", "else", "until", "default", "choices", "undo", "catch", "then", "times",
    "and", "or", "in", "contains", "matches", "as", "is", "at",
];

/// How a word goes on with a statement.
pub(super) fn continuation(word: &str) -> &'static str {
    match word {
        "within" | "every" | "for" | "after" => {
            "Times are written `within 5m every 30s`, each with a duration or the name of one."
        }
        "with" => "Evidence stands after the text, as in `escalate to contact \"text\" with value, value`.",
        "else" => "A block follows `else`; it stands on the line of the `}` before it.",
        "undo" | "catch" => "A block follows; `undo` and `catch` stand on the line of the `}` before them.",
        "until" => "`until` stands after `wait`, or between the times of `repeat` and its block.",
        "default" | "choices" => "A question is written `ask \"text\" choices [yes, no] within 30m default no`.",
        "at" => "A loop is bounded by `, at most 10`, and made parallel by `, 2 at a time`, commas included.",
        _ => "Check what stands on both sides of it.",
    }
}

/// The unit that a word for one stands for.
pub(super) fn unit(word: &str) -> Option<&'static str> {
    Some(match word {
        "ms" | "millisecond" | "milliseconds" => "ms",
        "s" | "sec" | "secs" | "second" | "seconds" => "s",
        "m" | "min" | "mins" | "minute" | "minutes" => "m",
        "h" | "hr" | "hour" | "hours" => "h",
        "d" | "day" | "days" => "d",
        _ => return None,
    })
}
