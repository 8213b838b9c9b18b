//! The editor grammar: what an editor would colour, computed by a small interpreter of TextMate grammars.

use crate::support::repository;
use fancy_regex::Regex;
use rectify::source::FileId;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

/// A piece of a line with its innermost scope.
type Token = (String, String);

/// A compiled rule. Blocks span lines.
struct Rule {
    name: String,
    begin: Regex,
    captures: BTreeMap<usize, String>,
    /// The end of a block, and the rules inside it.
    block: Option<(Regex, Vec<usize>)>,
}

/// All rules, and those that apply outside every block.
struct Grammar {
    rules: Vec<Rule>,
    top: Vec<usize>,
}

impl Grammar {
    fn read() -> Self {
        let path = repository().join("editors/rectify.tmLanguage.json");
        let json: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
        let mut grammar = Self { rules: Vec::new(), top: Vec::new() };
        grammar.top = grammar.patterns(&json["patterns"], &json["repository"]);
        grammar
    }

    fn patterns(&mut self, patterns: &Value, repository: &Value) -> Vec<usize> {
        let mut rules = Vec::new();
        for pattern in patterns.as_array().into_iter().flatten() {
            if let Some(name) = pattern["include"].as_str() {
                let included = &repository[name.trim_start_matches('#')];
                assert!(included.is_object(), "{name} is included, and is not there");
                rules.extend(self.patterns(&included["patterns"], repository));
                continue;
            }
            let regex = |key: &str| {
                let text = pattern[key].as_str()?;
                Some(Regex::new(text).unwrap_or_else(|error| panic!("{text}: {error}")))
            };
            let block = regex("end").map(|end| (end, self.patterns(&pattern["patterns"], repository)));
            let captures = pattern["captures"].as_object().into_iter().flatten();
            self.rules.push(Rule {
                name: pattern["name"].as_str().unwrap_or("").to_owned(),
                begin: regex(if block.is_some() { "begin" } else { "match" }).unwrap(),
                captures: captures
                    .map(|(n, it)| (n.parse().unwrap(), it["name"].as_str().unwrap().to_owned()))
                    .collect(),
                block,
            });
            rules.push(self.rules.len() - 1);
        }
        rules
    }

    /// The tokens of each line. Text without a scope is left out.
    fn tokens(&self, text: &str) -> Vec<Vec<Token>> {
        let mut blocks: Vec<usize> = Vec::new();
        text.split('\n').map(|line| self.line(line, &mut blocks)).collect()
    }

    fn line(&self, line: &str, blocks: &mut Vec<usize>) -> Vec<Token> {
        let mut tokens: Vec<Token> = Vec::new();
        let mut add = |text: &str, scope: &str| {
            if !text.is_empty() && !scope.is_empty() {
                tokens.push((text.to_owned(), scope.to_owned()));
            }
        };
        // The next match of each rule: recomputed only once it lies behind.
        let mut next: BTreeMap<usize, Option<usize>> = BTreeMap::new();
        let mut at = 0;
        while at <= line.len() {
            let block = blocks.last().map(|block| &self.rules[*block]);
            let (end, rules) = match block.and_then(|rule| rule.block.as_ref()) {
                Some((end, rules)) => (end.find_from_pos(line, at).unwrap(), rules),
                None => (None, &self.top),
            };
            let mut first: Option<(usize, usize)> = None;
            for rule in rules {
                let known = next.entry(*rule).or_insert(Some(0));
                if known.is_some_and(|start| start < at || start == 0) {
                    *known = self.rules[*rule].begin.find_from_pos(line, at).unwrap().map(|found| found.start());
                }
                if let Some(start) = *known
                    && first.is_none_or(|(best, _)| start < best)
                {
                    first = Some((start, *rule));
                }
            }
            let inside = block.map_or("", |rule| rule.name.as_str());
            if let Some(end) = end.filter(|end| first.is_none_or(|(start, _)| end.start() <= start)) {
                add(&line[at..end.end()], inside);
                at = end.end();
                blocks.pop();
                // An empty match at the end of the line ends the line as well.
                if at == line.len() {
                    break;
                }
                continue;
            }
            let Some((start, index)) = first else {
                add(&line[at..], inside);
                break;
            };
            add(&line[at..start], inside);
            let rule = &self.rules[index];
            let found = rule.begin.captures_from_pos(line, start).unwrap().unwrap();
            let whole = found.get(0).unwrap();
            let mut from = whole.start();
            for (group, scope) in &rule.captures {
                if let Some(part) = found.get(*group) {
                    add(&line[from..part.start()], &rule.name);
                    add(part.as_str(), scope);
                    from = part.end();
                }
            }
            add(&line[from..whole.end()], &rule.name);
            assert!(whole.end() > start, "a rule takes at least a letter: {}", rule.begin.as_str());
            at = whole.end();
            if rule.block.is_some() {
                blocks.push(index);
            }
        }
        tokens
    }
}

/// Prefixes of the scopes of words that the language defines.
const OF_THE_LANGUAGE: [&str; 3] = ["keyword.", "storage.", "constant.language."];

/// The words in the language's grammar, without units and escapes.
fn keywords() -> BTreeSet<String> {
    let grammar = std::fs::read_to_string(repository().join("grammar/runbook.pest")).unwrap();
    let literal = Regex::new(r#""([a-z_][a-z_ ]*)\s?""#).unwrap();
    let without = ["duration", "size", "escape", "raw_string", "raw_over_lines"];
    let lines = grammar.lines().filter(|line| !without.contains(&line.split(' ').next().unwrap_or("")));
    let texts = lines.flat_map(|line| {
        let found: Vec<String> = literal.captures_iter(line).map(|it| it.unwrap()[1].to_owned()).collect();
        found
    });
    texts
        .flat_map(|text| text.split(' ').map(str::to_owned).collect::<Vec<_>>())
        .filter(|word| word.len() > 1)
        .collect()
}

/// Every valid runbook of the tests, the shipped runbooks, and the signature files.
fn runbooks() -> Vec<(PathBuf, String)> {
    let root = repository();
    let mut folders =
        ["tests/valid", "tests/fixtures/syntax", "runbooks", "src/backend"].map(|it| root.join(it)).to_vec();
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() && !path.ends_with("mistakes") {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "runbook") {
                let text = std::fs::read_to_string(&path).unwrap();
                files.push((path, text));
            }
        }
    }
    assert!(files.len() > 20, "{files:?}");
    files
}

#[test]
fn tokens_have_their_scopes() {
    let grammar = Grammar::read();
    for (line, expected) in [
        ("# allow: no-word — because it is so", "allow:=keyword.other.allow"),
        (
            "  wait 1h30m  # as long",
            "wait=keyword.control 1h30m=constant.numeric.duration  as long=comment.line.number-sign",
        ),
        (
            "let a = \"b ${c.d} \\n # e\"",
            "${=punctuation.section.interpolation.begin c.d=variable.other.interpolated \\n=constant.character.escape  # e\"=string.quoted.double",
        ),
        ("let a = \"\\q\"", "\\q=invalid.illegal.escape"),
        ("let a = r\"\\d+ ${x} # y\"", "\\d+ ${x} # y\"=string.quoted.other.raw"),
        ("let a = r#\"a \"b\" c\"# + 4", "a \"b\" c\"#=string.quoted.other.raw 4=constant.numeric"),
        (
            "limit host.reboot 10GiB 50% 2.5 3",
            "limit=keyword.other.header 10GiB=constant.numeric.size 50%=constant.numeric.percent 2.5=constant.numeric 3=constant.numeric",
        ),
        (
            "runbook Name(server: host, n: number = 1) {",
            "runbook=storage.type Name=entity.name.function server=variable.parameter host=support.type number=support.type",
        ),
        ("open enum State { A }", "open=storage.modifier.open enum=storage.type State=entity.name.type"),
        (
            "  disrupt restart(name: text) -> State idempotent timeout 2m",
            "disrupt=storage.modifier.class restart=entity.name.function.action State=support.type idempotent=keyword.other.property timeout=keyword.other.property",
        ),
        (
            "  service.restart(\"x\", on: server)",
            "service.=entity.name.namespace restart=entity.name.function.call on=variable.parameter",
        ),
        ("  daemon.disrupt(timeout: 5s).check", "disrupt=entity.name.function.call timeout=variable.parameter"),
        (
            "  repeat 3 times every 5s, at most 4 { }",
            "repeat=keyword.control times=keyword.other.test every=keyword.other.timing at most=keyword.other.phrase",
        ),
        ("  escalate to oncall \"x\" with a", "escalate=keyword.control.ending to=keyword.other with=keyword.other"),
        (
            "  if not (a in b) and all c in d: c > 1 { undo { } }",
            "if=keyword.control not=keyword.operator.word in=keyword.operator.word and=keyword.operator.word all=keyword.other.quantifier undo=keyword.control",
        ),
        (
            "test \"x\" for R(a: 1) { expect no disrupt }",
            "test=storage.type for=keyword.control expect=keyword.other.header disrupt=storage.modifier.class",
        ),
        ("let group = server.title", ""),
    ] {
        let tokens = grammar.tokens(line).concat();
        let known: Vec<String> = tokens
            .iter()
            .map(|(text, scope)| format!("{}={}", text.trim_end_matches(' '), scope.trim_end_matches(".runbook")))
            .collect();
        let mut rest = known.as_slice();
        for wanted in split(expected) {
            let at = rest.iter().position(|token| token.trim_start() == wanted.trim_start());
            let at = at.unwrap_or_else(|| panic!("{line}\n{wanted} is not among\n{known:#?}"));
            rest = &rest[at + 1..];
        }
        if expected.is_empty() {
            let laid_down = tokens.iter().filter(|(_, scope)| OF_THE_LANGUAGE.iter().any(|it| scope.starts_with(it)));
            let words: Vec<&str> = laid_down.map(|(text, _)| text.trim()).collect();
            assert_eq!(words, ["let", "="], "a name that is a word elsewhere is a name here");
        }
    }
}

/// Splits `a=scope b c=scope` at the space after each scope.
fn split(expected: &str) -> Vec<String> {
    let scope = Regex::new(r"=[a-z][a-z.-]+(?: |$)").unwrap();
    let mut from = 0;
    let ends: Vec<usize> = scope.find_iter(expected).map(|it| it.unwrap().end()).collect();
    ends.into_iter().map(|end| expected[std::mem::replace(&mut from, end)..end].trim_end().to_owned()).collect()
}

#[test]
fn every_keyword_is_coloured_in_keyword_position() {
    let grammar = Grammar::read();
    let mut coloured = BTreeSet::new();
    for (_, text) in runbooks() {
        for (text, scope) in grammar.tokens(&text).concat() {
            if OF_THE_LANGUAGE.iter().any(|it| scope.starts_with(it)) {
                coloured.extend(text.split_whitespace().map(str::to_owned));
            }
        }
    }
    let keywords = keywords();
    assert!(keywords.len() > 90 && ["runbook", "nobody", "depends_on"].iter().all(|word| keywords.contains(*word)));
    let missing: Vec<&String> = keywords.difference(&coloured).collect();
    assert!(missing.is_empty(), "without a colour: {missing:?}");
}

#[test]
fn comments_are_where_the_language_has_them() {
    let grammar = Grammar::read();
    for (path, text) in runbooks() {
        let lines = grammar.tokens(&text);
        let is_comment = |(_, scope): &&Token| scope.contains("comment.") || scope.contains("keyword.other.allow");
        let coloured: Vec<String> = lines
            .iter()
            .map(|line| line.iter().filter(is_comment).map(|(text, _)| text.trim()).collect::<Vec<_>>().join(""))
            .filter(|comment| !comment.is_empty())
            .map(|comment| comment.replace(' ', ""))
            .collect();
        let read = rectify::syntax::parse(FileId(0), &text).file.comments;
        let read: Vec<String> = read.iter().map(|comment| format!("#{}", comment.text).replace(' ', "")).collect();
        assert_eq!(coloured, read, "{}", path.display());
        let invalid: Vec<&Token> = lines.iter().flatten().filter(|(_, scope)| scope.starts_with("invalid.")).collect();
        assert!(invalid.is_empty(), "{}: {invalid:?}", path.display());
    }
}
