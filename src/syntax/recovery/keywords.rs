//! The keywords of lines: where each is allowed, and its form.

use super::Context;
use crate::syntax::grammar::Rule;

/// Where a keyword may begin a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum KeywordPosition {
    File,
    Header,
    Clause,
    Both,
    Statement,
    Backend,
    Shared,
    Test,
}

impl KeywordPosition {
    pub(super) fn wording(self) -> &'static str {
        match self {
            Self::File => "at the top level",
            Self::Header => "at the start of a runbook",
            Self::Clause => "in a probe",
            Self::Both => "at the start of a runbook, or in a probe",
            Self::Statement => "in a runbook or procedure",
            Self::Backend => "in a backend",
            Self::Shared => "at the top level, or in a backend",
            Self::Test => "in a test",
        }
    }
}

/// A keyword, the rule of its line, and an example.
pub(super) struct Keyword {
    pub word: &'static str,
    pub rule: Rule,
    pub place: KeywordPosition,
    pub form: &'static str,
    /// The word that must follow.
    pub second: Option<&'static str>,
}

const fn keyword(word: &'static str, rule: Rule, place: KeywordPosition, form: &'static str) -> Keyword {
    Keyword { word, rule, place, form, second: None }
}

const fn pair(
    word: &'static str,
    second: &'static str,
    rule: Rule,
    place: KeywordPosition,
    form: &'static str,
) -> Keyword {
    Keyword { word, rule, place, form, second: Some(second) }
}

/// What may follow `require` in place of a condition.
pub(super) const APPROVAL: Keyword =
    keyword("approval", Rule::approval, KeywordPosition::Statement, "`require approval \"question\" by 1 within 1h`");

pub(super) const ALL: &[Keyword] = &[
    keyword("import", Rule::import, KeywordPosition::File, "`import \"file.runbook\"`"),
    keyword("role", Rule::role, KeywordPosition::File, "`role mailbox { fact: text }`"),
    keyword("record", Rule::record, KeywordPosition::Shared, "`record Name { field: text }`"),
    keyword("enum", Rule::enumeration, KeywordPosition::Shared, "`enum Name { first, second }`"),
    pair("open", "enum", Rule::enumeration, KeywordPosition::Shared, "`open enum Name { first, second }`"),
    keyword(
        "limit",
        Rule::limit,
        KeywordPosition::Header,
        "`limit 4 per 24h, 1h apart, per server`; at the top level, write an action before the number",
    ),
    keyword("probe", Rule::probe, KeywordPosition::File, "`probe Name(server: host) { … }`"),
    keyword("procedure", Rule::procedure, KeywordPosition::File, "`procedure Name(server: host) { … }`"),
    keyword("runbook", Rule::runbook, KeywordPosition::File, "`runbook Name(server: host) { … }`"),
    keyword("backend", Rule::backend, KeywordPosition::File, "`backend name \"what it is\" { … }`"),
    keyword("test", Rule::test, KeywordPosition::File, "`test \"title\" for Name(server: \"a\") { … }`"),
    keyword("title", Rule::title, KeywordPosition::Both, "`title \"text\"`"),
    keyword("alert", Rule::alert, KeywordPosition::Header, "`alert \"name\", \"other name\" in \"GROUP\"`"),
    keyword("goal", Rule::goal, KeywordPosition::Header, "`goal Probe(server)`"),
    keyword("contact", Rule::contact, KeywordPosition::Header, "`contact name`"),
    keyword("lock", Rule::lock, KeywordPosition::Header, "`lock server, \"name\"`"),
    pair("ends", "within", Rule::ends, KeywordPosition::Header, "`ends within 4h`"),
    keyword("group", Rule::group, KeywordPosition::Clause, "`group \"name\"`"),
    keyword("depends_on", Rule::depends_on, KeywordPosition::Clause, "`depends_on \"name\", \"name\"`"),
    keyword("timeout", Rule::timeout, KeywordPosition::Clause, "`timeout 2m`"),
    keyword("retries", Rule::retries, KeywordPosition::Clause, "`retries 2 every 30s`"),
    keyword("ask", Rule::asks, KeywordPosition::Clause, "`ask backend.observation(server)`"),
    pair("unknown", "if", Rule::unknown_if, KeywordPosition::Clause, "`unknown if condition`"),
    pair("passed", "if", Rule::passed_if, KeywordPosition::Clause, "`passed if condition`"),
    keyword("step", Rule::step, KeywordPosition::Statement, "`step \"title\" { … }`"),
    keyword(
        "resolve",
        Rule::resolve,
        KeywordPosition::Statement,
        "`resolve if fixed within 5m every 30s`, `resolve \"text\"`, or `resolve \"text\" without goal`",
    ),
    pair(
        "escalate",
        "to",
        Rule::escalate,
        KeywordPosition::Statement,
        "`escalate to contact \"text\" with value, value`",
    ),
    keyword("notify", Rule::notify, KeywordPosition::Statement, "`notify contact \"text\" with value`"),
    keyword(
        "require",
        Rule::require,
        KeywordPosition::Statement,
        "`require condition else { … }`, or `require approval \"question\" by 1 within 1h`",
    ),
    keyword(
        "wait",
        Rule::wait,
        KeywordPosition::Statement,
        "`wait 5m`, or `wait until condition within 20m every 30s`",
    ),
    keyword(
        "temporarily",
        Rule::temporarily,
        KeywordPosition::Statement,
        "`temporarily backend.action(server), keep on failure`, `temporarily backend.action(server) if condition`, or `temporarily { … } undo { … }`",
    ),
    keyword(
        "permanently",
        Rule::permanently,
        KeywordPosition::Statement,
        "`permanently backend.action(server), undo on failure`",
    ),
    keyword(
        "let",
        Rule::let_value,
        KeywordPosition::Statement,
        "`let name = value`; add `else { … }` or `else value` if the value may be absent",
    ),
    keyword("if", Rule::branch, KeywordPosition::Statement, "`if condition { … } else { … }`"),
    keyword("match", Rule::match_value, KeywordPosition::Statement, "`match value { word { … } else { … } }`"),
    keyword("for", Rule::for_each, KeywordPosition::Statement, "`for x in list, at most 10, 2 at a time { … }`"),
    keyword("repeat", Rule::repeat, KeywordPosition::Statement, "`repeat 3 times every 1m until condition { … }`"),
    keyword("retry", Rule::retry, KeywordPosition::Statement, "`retry 3 times every 10s { … }`"),
    keyword("try", Rule::attempt, KeywordPosition::Statement, "`try { … } catch error { … }`"),
    keyword("do", Rule::do_procedure, KeywordPosition::Statement, "`do Procedure(argument)`"),
    keyword("run", Rule::run, KeywordPosition::Statement, "`run Runbook(argument)`"),
    keyword("manual", Rule::manual, KeywordPosition::Statement, "`manual \"what to do\" within 4h`"),
    keyword("observe", Rule::signature, KeywordPosition::Backend, "`observe name(server: host) -> type timeout 1m`"),
    keyword(
        "change",
        Rule::signature,
        KeywordPosition::Backend,
        "`change name(server: host) undo other(server) timeout 1m`",
    ),
    keyword(
        "disrupt",
        Rule::signature,
        KeywordPosition::Backend,
        "`disrupt name(server: host) once confirm other(server) timeout 1m`",
    ),
    keyword("destroy", Rule::signature, KeywordPosition::Backend, "`destroy name(server: host) timeout 1m`"),
    keyword(
        "given",
        Rule::given,
        KeywordPosition::Test,
        "`given backend.action(argument) answers value`, `given Probe fails, then passes`, `given host \"name\" is role(fact: value)`, or `given nobody answers`",
    ),
    keyword(
        "expect",
        Rule::expect,
        KeywordPosition::Test,
        "`expect resolved`, `expect escalated to contact`, `expect backend.action(argument) once`, `expect no disrupt`, or `expect within 20m`",
    ),
];

/// The keywords that may begin a line of a body.
pub(super) fn keywords_in(context: Context) -> impl Iterator<Item = &'static Keyword> {
    ALL.iter().filter(move |word| match context {
        Context::File => matches!(word.place, KeywordPosition::File | KeywordPosition::Shared) || word.word == "limit",
        Context::Runbook => {
            matches!(word.place, KeywordPosition::Header | KeywordPosition::Both | KeywordPosition::Statement)
        }
        Context::Block => word.place == KeywordPosition::Statement,
        Context::Probe => {
            matches!(word.place, KeywordPosition::Clause | KeywordPosition::Both)
                || matches!(word.word, "let" | "temporarily")
        }
        Context::Backend => matches!(word.place, KeywordPosition::Backend | KeywordPosition::Shared),
        Context::Action => word.word == "let",
        Context::Test => word.place == KeywordPosition::Test,
        Context::Arms | Context::Fields | Context::Words => false,
        Context::Unparsed => true,
    })
}

/// What a body contains, as a sentence.
pub(super) fn hint(context: Context) -> &'static str {
    match context {
        Context::File => {
            "Available at the top level: `import`, `role`, `record`, `enum`, `limit`, `probe`, `procedure`, `runbook`, `backend`, `test`"
        }
        Context::Runbook => {
            "Available in a runbook: headers, then statements such as `step`, `resolve`, `escalate`, `require`, `wait` and calls of actions"
        }
        Context::Block | Context::Unparsed => {
            "Available in a block: statements such as `resolve`, `escalate`, `require`, `wait`, `let`, `if`, `for` and calls of actions"
        }
        Context::Probe => {
            "Available in a probe: `title`, `group`, `depends_on`, `timeout`, `retries`, `ask`, `unknown if`, `passed if`, `let`, `temporarily`"
        }
        Context::Backend => "Available in a backend: `observe`, `change`, `disrupt`, `destroy`, `record`, `enum`",
        Context::Action => "Write `let` lines and one expression in the body of an action",
        Context::Test => "Available in a test: `given`, `expect`",
        Context::Arms => "Write arms in a `match`: a word, text or number with a block, as in `passed { … }`",
        Context::Fields => "Write fields between these braces: `name: type`",
        Context::Words => "Write words between these braces, separated by commas",
    }
}

/// Keywords that continue a statement.
pub(super) const CONTINUATIONS: &[&str] = &[
    "within", "every", "for", "after", "with", "else", "until", "default", "choices", "undo", "catch", "then", "times",
    "and", "or", "in", "contains", "matches", "as", "is", "at",
];

/// How a keyword continues a statement.
pub(super) fn continuation(word: &str) -> &'static str {
    match word {
        "within" | "every" | "for" | "after" => {
            "Write timings as in `within 5m every 30s`, each with a duration or the name of one"
        }
        "with" => "Write `with` after the text, as in `escalate to contact \"text\" with value, value`",
        "else" => "Write `else` on the line of the `}` before it, and a block after it",
        "undo" | "catch" => "Write `undo` or `catch` on the line of the `}` before it, and a block after it",
        "until" => "Write `until` after `wait`, or between the timings of `repeat` and its block",
        "default" | "choices" => "Write a question as in `ask \"text\" choices [yes, no] within 30m default no`",
        "at" => "Write `, at most 10` to bound a loop, and `, 2 at a time` to make it parallel",
        _ => "Check both of its operands",
    }
}

/// The unit for a word that names one.
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
