//! jq filters over JSON: literals of a runbook that are pure, certain to end, and give their first result.

mod budget;

use super::{ActionError, ErrorKind};
use budget::{Budget, OnBudget, Running, charged, charged_definition};
use jaq_core::load::lex::{StrPart, Tok, Token};
use jaq_core::load::parse::Def;
use jaq_core::load::{Arena, File, Lexer, Loader, parse};
use jaq_core::{Compiler, Ctx, Filter, Vars, unwrap_valr};
use jaq_json::read;

/// Functions that access the environment, the clock or standard input, or end the program; and functions built on them.
const IMPURE: [&str; 12] = [
    "env",
    "now",
    "input",
    "inputs",
    "halt",
    "halt_error",
    "debug",
    "debug_empty",
    "stderr",
    "stderr_empty",
    "localtime",
    "strflocaltime",
];

/// Words with which a filter may never end, or may run as long as its input demands. Without them a filter passes
/// through its input only as often and as deep as it is written. What remains can still double with each sign; a
/// [`Budget`] bounds it.
const ENDLESS: [&str; 10] =
    ["as", "def", "reduce", "foreach", "repeat", "recurse", "while", "until", "range", "combinations"];

/// The stack that must be left to parse, compile or run a filter, and the size of the stack that is allocated
/// otherwise.
const ENOUGH_STACK: usize = 4 << 20;
const OWN_STACK: usize = 16 << 20;

type Compiled = Filter<OnBudget>;

/// The name of a filter while it is compiled.
const OWN_NAME: &str = "filter_of_the_runbook";

/// Why a filter cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FilterError {
    /// Too long, nested too deeply, or too long a chain.
    #[error("it is too long or nested too deeply")]
    TooLarge,
    /// Not a valid filter.
    #[error("syntax error")]
    Syntax,
    /// A word with which a filter may never end.
    #[error("`{0}` might never end; use `map`, `select`, `any` or `all` instead")]
    Endless(String),
    /// Functions or variables that do not exist, with their kind: `filter nosuch`.
    #[error("{}", Unknown(.0))]
    Unknown(Vec<String>),
}

struct Unknown<'e>(&'e [String]);

impl std::fmt::Display for Unknown<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (position, name) in self.0.iter().enumerate() {
            let separator = if position > 0 { ", " } else { "" };
            write!(f, "{separator}`{name}` is not defined")?;
        }
        Ok(())
    }
}

/// Compiles a filter to see whether it can be used.
pub fn check(filter: &str) -> Result<(), FilterError> {
    stacker::maybe_grow(ENOUGH_STACK, OWN_STACK, || compile(filter).map(|_| ()))
}

/// The first result of a filter; an error of kind `mismatch` when it fails or gives none.
pub fn first_result(filter: &str, input: &serde_json::Value) -> Result<serde_json::Value, ActionError> {
    stacker::maybe_grow(ENOUGH_STACK, OWN_STACK, || run(filter, input))
}

fn run(filter: &str, input: &serde_json::Value) -> Result<serde_json::Value, ActionError> {
    let wrong = |what: String| ActionError::new(ErrorKind::Mismatch, format!("the jq filter {filter:?} {what}"));
    let compiled = compile(filter).map_err(|why| wrong(format!("is malformed: {why}")))?;
    let input = serde_json::to_vec(input).map_err(|error| wrong(format!("has no input: {error}")))?;
    let input = read::parse_single(&input).map_err(|error| wrong(format!("cannot read its input: {error}")))?;
    let budget = Budget::new();
    let running = Running { lut: &compiled.lut, budget: &budget };
    let context = Ctx::<OnBudget>::new(&running, Vars::new([]));
    let result = compiled.id.run((context, input)).map(unwrap_valr).next();
    match result {
        // First, because a filter can catch the error itself.
        _ if budget.is_spent() => Err(wrong("exceeds the limit of steps or size".to_owned())),
        None => Err(wrong("gave no result".to_owned())),
        Some(Err(error)) => Err(wrong(format!("failed: {error}"))),
        Some(Ok(value)) => {
            serde_json::from_str(&value.to_string()).map_err(|_| wrong("gave something that is not JSON".to_owned()))
        }
    }
}

/// Limits on the size of a filter: parsing, compiling and running it need stack in proportion to its nesting.
const LONGEST: usize = 10_000;
const MOST_BRACKETS: usize = 32;
const MOST_WORDS: usize = 64;
const MOST_SIGNS: usize = 256;

/// Whether a filter is nested so deeply, or is so long a chain, that it could take too much of the stack.
fn too_deep(filter: &str) -> bool {
    const NESTING: [&str; 9] = ["if", "elif", "try", "reduce", "foreach", "def", "label", "and", "or"];
    let mut open = 0_usize;
    let mut deepest = 0;
    for byte in filter.bytes() {
        match byte {
            b'(' | b'[' | b'{' => open += 1,
            b')' | b']' | b'}' => open = open.saturating_sub(1),
            _ => {}
        }
        deepest = deepest.max(open);
    }
    let words = filter.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|word| NESTING.contains(word)).count();
    let signs = filter.bytes().filter(|byte| b"|,+-*/%<>=?".contains(byte)).count();
    filter.len() > LONGEST || deepest > MOST_BRACKETS || words > MOST_WORDS || signs > MOST_SIGNS
}

/// The first word with which a filter may never end. A field of that name is not such a word.
fn endless<'f>(tokens: &[Token<&'f str>], in_object: bool) -> Option<&'f str> {
    let sign = |position: Option<usize>| match position.and_then(|position| tokens.get(position)) {
        Some(Token(sign, Tok::Sym)) => Some(*sign),
        _ => None,
    };
    tokens.iter().enumerate().find_map(|(position, Token(text, kind))| match kind {
        Tok::Word if ENDLESS.contains(text) => {
            let before = position.checked_sub(1);
            let after = position + 1;
            let calls = matches!(tokens.get(after), Some(Token(_, Tok::Block(_))));
            let shorthand = in_object
                && (before.is_none() || sign(before) == Some(","))
                && (after == tokens.len() || sign(Some(after)) == Some(","));
            let field = matches!(sign(before), Some("." | "?.")) || sign(Some(after)) == Some(":") || shorthand;
            (!field && (*text != "recurse" || calls)).then_some(*text)
        }
        // With a number from outside, `*` could repeat a text until no memory is left.
        Tok::Sym if *text == "*" => Some("*"),
        Tok::Block(inner) => endless(inner, text.starts_with('{')),
        Tok::Str(parts) => parts.iter().find_map(|part| match part {
            StrPart::Term(term) => endless(std::slice::from_ref(term), false),
            _ => None,
        }),
        _ => None,
    })
}

fn compile(filter: &str) -> Result<Compiled, FilterError> {
    if too_deep(filter) {
        return Err(FilterError::TooLarge);
    }
    let tokens = Lexer::new(filter).lex().map_err(|_| FilterError::Syntax)?;
    if let Some(word) = endless(&tokens, false) {
        return Err(FilterError::Endless(word.to_owned()));
    }
    if filter.contains(OWN_NAME) {
        return Err(FilterError::Unknown(vec![OWN_NAME.to_owned()]));
    }
    let pure = |name: &str| !IMPURE.contains(&name);
    let body = charged(parse(filter, |parser| parser.term()).ok_or(FilterError::Syntax)?);
    let definitions = jaq_core::defs().chain(jaq_std::defs()).chain(jaq_json::defs());
    let definitions = definitions.filter(|definition| pure(definition.name)).map(charged_definition);
    let own = Def { name: OWN_NAME, args: Vec::new(), body };
    let functions = jaq_core::funs().chain(jaq_std::funs()).chain(jaq_json::funs()).filter(|(name, ..)| pure(name));
    let functions = functions.chain(budget::funs());
    let arena = Arena::default();
    let modules = Loader::new(definitions.chain([own]))
        .load(&arena, File { code: OWN_NAME, path: () })
        .map_err(|_| FilterError::Syntax)?;
    Compiler::default().with_funs(functions).compile(modules).map_err(|errors| {
        let unknown = errors.iter().flat_map(|(_, errors)| errors);
        FilterError::Unknown(unknown.map(|(name, undefined)| format!("{} {name}", undefined.as_str())).collect())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_the_first_result() {
        let input = serde_json::json!([{"a": 1}, {"a": 2}]);
        assert_eq!(first_result(".[1].a", &input), Ok(serde_json::json!(2)));
        assert!(first_result(".[] | empty", &input).is_err());
        assert!(first_result(".a", &input).is_err());
    }

    #[test]
    fn says_what_is_wrong() {
        assert_eq!(check("map(.a) | length"), Ok(()));
        assert!(check(".[").is_err());
        assert!(check("frobnicate").is_err_and(|error| error.to_string().contains("frobnicate")));
    }

    #[test]
    fn depth_is_bounded() {
        for (open, close) in [("(", ")"), ("[", "]"), ("-", ""), ("if . then ", " end"), ("try ", ""), (".|", "")] {
            for times in [31, 250, 5_000] {
                let filter = open.repeat(times) + "." + &close.repeat(times);
                let work = move || check(&filter).is_ok();
                let fine = std::thread::Builder::new().stack_size(512 << 10).spawn(work).unwrap().join().unwrap();
                assert!(fine || times > 31 || open == "if . then ", "{open}");
            }
        }
    }

    #[test]
    fn ends() {
        for filter in [
            "def f: f; f",
            "[repeat(1)]",
            "[limit(1e9; repeat(1))]",
            "[range(0; infinite)]",
            "last(range(1e12))",
            "recurse(.)",
            "[recurse(.a; true)]",
            "until(false; .)",
            "while(true; .)",
            "reduce .[] as $x (.; . + .)",
            "[foreach .[] as $x (.; [.])]",
            "[combinations(40)]",
            "\"\\([repeat(1)])\"",
            "{a: [range(1e9)]}",
            ".a|(.b|def f: f; f)",
            "{(repeat(1)): 2}",
        ] {
            assert!(check(filter).is_err_and(|error| matches!(error, FilterError::Endless(_))), "{filter}");
        }
        let input = serde_json::json!({"range": 3, "def": [1, 2], "until": {"while": 4}});
        for (filter, result) in [
            (".range", serde_json::json!(3)),
            ("{range, x: .until.while, while: 1}", serde_json::json!({"range": 3, "x": 4, "while": 1})),
            ("[.def[]? | . + 1]", serde_json::json!([2, 3])),
            ("[recurse | numbers] | length", serde_json::json!(4)),
            ("[..|numbers]|add", serde_json::json!(10)),
            ("\"def \\(.range)\"", serde_json::json!("def 3")),
            ("[limit(1; .def[])]", serde_json::json!([1])),
        ] {
            assert_eq!(first_result(filter, &input), Ok(result), "{filter}");
        }
    }

    #[test]
    fn a_filter_that_grows_what_it_walks_through_ends() {
        for filter in ["walk([.])", ".. |= [.]", "map_values([.])", ".[100000000] = 1", "[paths] | length", "flatten"] {
            let work = move || first_result(filter, &serde_json::json!([1, [2, [3]]])).is_ok();
            std::thread::Builder::new().stack_size(512 << 10).spawn(work).unwrap().join().unwrap();
        }
    }

    #[test]
    fn what_grows_with_its_input_faster_than_it_is_refused() {
        for filter in [".[] as $a | .[] as $b | $a", ".a * .n", "[.[] | \"x\" * .n]"] {
            assert!(check(filter).is_err_and(|error| matches!(error, FilterError::Endless(_))), "{filter}");
        }
        assert_eq!(check("{as: .as}"), Ok(()));
    }

    #[test]
    fn what_doubles_is_bounded() {
        let piped = |part: &str| vec![part; 40].join("|");
        for filter in [
            format!("[{}]|length", piped("(.,.)")),
            format!("last({})", piped("(.,.)")),
            format!("{}|empty", piped("(.,.)")),
            format!("{}|empty", piped("(.,.)?")),
            format!("try ({}|empty) catch 1", piped("(.,.)")),
            piped(". + ."),
            piped("\"\\(.)\\(.)\""),
            piped("([.,.]|add)"),
            piped("walk([.])"),
            piped("tojson"),
            piped("[.,.]"),
            piped("{a:.,b:.}"),
            piped("[.[],.[]]"),
            format!("{}|tojson", piped("[.,.]")),
            "[.[]+.[]]|[.[]+.[]]|[.[]+.[]]|[.[]+.[]]|[.[]+.[]]|[.[]+.[]]".to_owned(),
            format!(".{}", "[0,0]".repeat(30)),
            format!("[.{}]", "[0,0]".repeat(30)),
            format!(".{} = 1", "[0,0]".repeat(30)),
            format!("del(.{})", "[0,0]".repeat(30)),
            format!("[paths(.{})]", "[0,0]".repeat(30)),
            format!("{} |= 1", vec![".[0,0]"; 30].join("|")),
            format!("any({}; false)", piped("(.,.)")),
            format!("[limit(1000000000; {})]", piped("(.,.)")),
        ] {
            let input = serde_json::json!([[["a\"b", "c"], "a\\\"b"], "c"]);
            let found = first_result(&filter, &input);
            let small = found.as_ref().is_ok_and(|found| found.to_string().len() < 1 << 20);
            assert!(small || found.is_err(), "{filter}");
        }
    }

    #[test]
    fn what_holds_each_part_against_each_other_is_bounded() {
        let long = serde_json::json!((0..8000).map(|number| number.to_string()).collect::<Vec<_>>());
        for filter in ["inside(.)", "contains(.)", "[.[:4000]] | map(inside(.)) | length"] {
            assert!(first_result(filter, &long).is_err(), "{filter}");
        }
        for filter in ["contains([\"7999\"])", "map(contains(\"79\")) | length", ".[:100] | inside(.)"] {
            assert!(first_result(filter, &long).is_ok(), "{filter}: {:?}", first_result(filter, &long));
        }
    }

    #[test]
    fn what_goes_through_a_long_answer_is_not_too_much() {
        let entry =
            |number: u32| serde_json::json!({"name": format!("host-{number}"), "n": number, "tags": ["a", "b"]});
        let input = serde_json::json!((0..1000).map(entry).collect::<Vec<_>>());
        for filter in [
            "[.[] | select(.n > 5 and (.tags | any(. == \"a\"))) | {name, n, first: .tags[0]}] | sort_by(.n) | length",
            "map(\"\\(.name)=\\(.n)\") | join(\",\")",
            "map({key: .name, value: .n}) | from_entries | with_entries(.value += 1) | length",
            "group_by(.tags) | map(length) | add",
            "[.. | numbers] | add",
            "walk(if type == \"number\" then . + 1 else . end) | length",
            "[.[].name | sub(\"host\"; \"h\")] | unique | length",
            "del(.[].tags) | map(.n) | add",
        ] {
            assert!(first_result(filter, &input).is_ok(), "{filter}: {:?}", first_result(filter, &input));
        }
    }

    #[test]
    fn cannot_look_outside() {
        for filter in ["env", "$ENV", "now", "input", "halt", "debug"] {
            assert!(check(filter).is_err(), "{filter} must not be known");
        }
    }
}
