//! Generates runbooks in which verdicts travel through every kind of value and statement, child runs included.
//!
//! Each byte is a choice. After the last byte every choice is the first one, which is always short, so that fewer bytes
//! give a shorter program.

use std::fmt::Write;

/// Declarations that every program begins with. `svc.a` and `svc.b` are the answers of the probes `A` and `B`.
const DECLARED: &str = r#"role web { dag: text }

backend svc "A service" {
  observe a(on: host) -> boolean
  observe b(on: host) -> boolean
  observe level(on: host) -> number
  disrupt restart(on: host, note: text = "", size: number = 0) idempotent
  change set(on: host, value: number, note: text = "") saves before = level(on) undo set(on, value: before) idempotent
}

record Note { name: text  verdict: Verdict  size: number }

probe A(on: host) {
  ask svc.a(on)
  passed if answer
}

probe B(on: host) {
  ask svc.b(on)
  passed if answer
}

"#;

/// A program with a runbook `Main(server: web, other: web)`.
pub fn program(choices: &[u8]) -> String {
    let mut generator = Generator { choices, at: 0, ..Generator::default() };
    generator.file();
    let main = generator.out;
    // Only what `Main` reaches: a mistake in another procedure or runbook shows in no run.
    let mut used = vec![main.as_str()];
    for (name, text) in generator.declarations.iter().rev() {
        if used.iter().any(|user| user.contains(&format!(" {name}("))) {
            used.push(text);
        }
    }
    used.reverse();
    format!("{DECLARED}{}", used.concat())
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Verdict,
    Text,
    Number,
    Boolean,
    Verdicts,
    Hosts,
    Note,
    Host,
    /// How a child run ended.
    Outcome,
}

/// A procedure that later bodies may call: its name and the kinds of its parameters.
#[derive(Debug, Clone)]
struct Callable {
    name: String,
    parameters: Vec<Kind>,
}

#[derive(Default)]
struct Generator<'a> {
    choices: &'a [u8],
    at: usize,
    out: String,
    names: usize,
    depth: usize,
    /// The visible names, the innermost last.
    scope: Vec<(String, Kind)>,
    procedures: Vec<Callable>,
    /// The texts of the procedures and child runbooks, by name, in their order.
    declarations: Vec<(String, String)>,
    /// Runbooks that later ones may run.
    children: Vec<Callable>,
    /// Whether the body belongs to a runbook with a goal.
    has_goal: bool,
    /// Whether loops over lists contain endings, and no effects. Otherwise they contain effects, and no endings: an item
    /// that is passed over because it is unknown does not hold back the next one (docs/language.md, "Unknown").
    loops_end: bool,
    /// The number of loops over lists around the current statement.
    loops: usize,
    /// The number of arms for `unknown` alone around it. Runs end there with [`IS_UNKNOWN`] or not at all.
    unknown_arms: usize,
}

/// Why a run ends in an arm for `unknown` alone.
pub const IS_UNKNOWN: &str = "It is unknown";

const WORDS: [&str; 3] = ["passed", "failed", "unknown"];

impl Generator<'_> {
    fn pick(&mut self, count: usize) -> usize {
        let byte = self.choices.get(self.at).copied().unwrap_or(0);
        self.at += 1;
        usize::from(byte) % count
    }

    fn one_of(&mut self, words: &[&'static str]) -> &'static str {
        let choice = self.pick(words.len());
        words[choice]
    }

    fn fresh(&mut self, letter: char) -> String {
        self.names += 1;
        format!("{letter}{}", self.names)
    }

    fn line(&mut self, text: &str) {
        let indent = "  ".repeat(self.depth);
        let _ = writeln!(self.out, "{indent}{text}");
    }

    fn file(&mut self) {
        self.loops_end = self.pick(2) == 1;
        for _ in 0..self.pick(3) {
            let callable = self.callable('P');
            self.body_of("procedure", &callable, "", "");
            self.declarations.push((callable.name.clone(), std::mem::take(&mut self.out)));
            self.procedures.push(callable);
        }
        for _ in 0..self.pick(3) {
            let callable = self.callable('R');
            let headers = self.headers();
            self.has_goal = true;
            self.body_of("runbook", &callable, &headers, "escalate to oncall \"Not fixed\"");
            self.declarations.push((callable.name.clone(), std::mem::take(&mut self.out)));
            self.children.push(callable);
        }
        let main = Callable { name: "Main".to_owned(), parameters: vec![] };
        let headers = self.headers();
        self.has_goal = true;
        self.body_of("runbook", &main, &headers, "escalate to oncall \"Not fixed\"");
    }

    fn headers(&mut self) -> String {
        let goal = self.one_of(&["A(server)", "not B(other)", "A(server) and B(server)", "A(other) or B(server)"]);
        format!("  goal {goal}\n  contact oncall\n  ends within 6h\n")
    }

    fn callable(&mut self, letter: char) -> Callable {
        let name = self.fresh(letter);
        let kinds = [Kind::Text, Kind::Verdict, Kind::Number, Kind::Boolean];
        let parameters = (0..self.pick(3)).map(|_| kinds[self.pick(kinds.len())]).collect();
        Callable { name, parameters }
    }

    /// A declaration with the hosts `server` and `other` before its own parameters.
    fn body_of(&mut self, word: &str, callable: &Callable, headers: &str, last: &str) {
        let mut parameters = "server: web, other: web".to_owned();
        self.scope = vec![("server".to_owned(), Kind::Host), ("other".to_owned(), Kind::Host)];
        for kind in &callable.parameters {
            let name = self.fresh('p');
            let type_of = match kind {
                Kind::Text => "text",
                Kind::Verdict => "Verdict",
                Kind::Number => "number",
                _ => "boolean",
            };
            let _ = write!(parameters, ", {name}: {type_of}");
            self.scope.push((name, *kind));
        }
        let _ = writeln!(self.out, "{word} {}({parameters}) {{\n{}", callable.name, headers.trim_end());
        self.depth = 1;
        // A runbook that resolves where its goal passes: how it ends depends on a verdict.
        if self.has_goal && self.pick(3) > 0 {
            self.line("resolve if fixed");
        }
        let ended = self.statements(3);
        if !ended && !last.is_empty() {
            self.line(last);
        }
        self.depth = 0;
        self.out.push_str("}\n\n");
    }

    fn block(&mut self, budget: usize) -> bool {
        let visible = self.scope.len();
        self.depth += 1;
        let ended = self.statements(budget);
        self.depth -= 1;
        self.scope.truncate(visible);
        ended
    }

    /// Writes some statements; whether the last one ends the run.
    fn statements(&mut self, budget: usize) -> bool {
        let count = 1 + self.pick(if self.depth == 1 { 5 } else { 3 });
        for _ in 0..count {
            if self.statement(budget) {
                return true;
            }
        }
        false
    }

    fn statement(&mut self, budget: usize) -> bool {
        let simple = 9;
        let choice = self.pick(if budget == 0 { simple } else { simple + 13 });
        let may_end = [3, 5, 6, 7, 8, 14, 16].contains(&choice);
        let calls = [17, 19, 20].contains(&choice);
        if self.loops > 0 && (calls || may_end && !self.loops_end) {
            self.effect();
            return false;
        }
        if self.unknown_arms > 0 && (calls || may_end) {
            self.line(&format!("escalate to oncall \"{IS_UNKNOWN}\""));
            return true;
        }
        match choice {
            0 => self.effect(),
            1 => self.binding(Kind::Verdict),
            2 => {
                let kinds = [Kind::Text, Kind::Number, Kind::Boolean, Kind::Verdicts, Kind::Hosts, Kind::Note];
                let kind = kinds[self.pick(kinds.len())];
                self.binding(kind);
            }
            3 if self.pick(3) == 0 => {
                let condition = self.boolean(1);
                self.line(&format!("require {condition}"));
            }
            4 => {
                let shown = self.known(Kind::Verdict).map_or_else(|| "News".to_owned(), |name| format!("${{{name}}}"));
                self.line(&format!("notify oncall \"{shown}\""));
            }
            5 if self.has_goal => {
                let window = self.one_of(&["", " within 2m every 30s"]);
                self.line(&format!("resolve if fixed{window}"));
            }
            6 if self.pick(3) == 0 => {
                self.line("escalate to oncall \"Enough\"");
                return true;
            }
            7 if self.pick(4) == 0 => {
                self.line("resolve \"Well\"");
                return true;
            }
            8 => {
                let verdict = self.verdict();
                self.line(&format!("if {verdict} == unknown {{ escalate to oncall \"{IS_UNKNOWN}\" }}"));
            }
            9 | 10 => return self.branch(budget),
            11 | 12 => return self.match_verdict(budget),
            13 => return self.match_text(budget),
            14 => self.repeat(budget),
            15 => self.for_each(budget),
            16 if self.pick(2) == 0 => return self.wait_until(budget),
            17 => self.call_procedure(),
            18 => return self.prompt(budget),
            19 => self.run_child(),
            20 => return self.match_child(budget),
            _ => self.effect(),
        }
        false
    }

    fn effect(&mut self) {
        if self.loops > 0 && self.loops_end {
            return self.line("notify oncall \"News\"");
        }
        let host = self.host();
        match self.pick(7) {
            6 => {
                let (condition, number) = (self.boolean(1), self.number(0));
                self.line(&format!("temporarily svc.set({host}, value: {number}) if {condition}"));
                self.line(&format!("svc.restart({host}, note: \"changed\")"));
            }
            0 => {
                let text = self.text(1);
                self.line(&format!("svc.restart({host}, note: {text})"));
            }
            1 => {
                let number = self.number(1);
                self.line(&format!("permanently svc.set({host}, value: {number})"));
            }
            2 => self.line(&format!("permanently svc.set({host}, value: 1)")),
            _ => self.line(&format!("svc.restart({host})")),
        }
    }

    fn binding(&mut self, kind: Kind) {
        let value = match kind {
            Kind::Verdict => self.verdict(),
            Kind::Text => self.text(2),
            Kind::Number => self.number(2),
            Kind::Boolean => self.boolean(2),
            Kind::Verdicts => self.verdicts(),
            Kind::Hosts => self.hosts(),
            Kind::Note => {
                let (name, verdict, size) = (self.text(1), self.verdict(), self.number(1));
                format!("Note(name: {name}, verdict: {verdict}, size: {size})")
            }
            Kind::Host | Kind::Outcome => self.host(),
        };
        let name = self.fresh('v');
        self.line(&format!("let {name} = {value}"));
        self.scope.push((name, kind));
    }

    fn branch(&mut self, budget: usize) -> bool {
        let condition = self.boolean(2);
        self.line(&format!("if {condition} {{"));
        let mut ended = self.block(budget - 1);
        if self.pick(3) == 1 {
            let condition = self.boolean(1);
            self.line(&format!("}} else if {condition} {{"));
            ended &= self.block(budget - 1);
        }
        self.line("} else {");
        ended &= self.block(budget - 1);
        self.line("}");
        ended
    }

    fn arms(&mut self, budget: usize, arms: &[&str]) -> bool {
        let mut ended = true;
        for arm in arms {
            self.line(&format!("  {arm} {{"));
            self.depth += 1;
            let is_unknown = usize::from(*arm == "unknown");
            self.unknown_arms += is_unknown;
            ended &= self.block(budget - 1);
            self.unknown_arms -= is_unknown;
            self.depth -= 1;
            self.line("  }");
        }
        self.line("}");
        ended
    }

    fn match_verdict(&mut self, budget: usize) -> bool {
        let verdict = self.verdict();
        self.line(&format!("match {verdict} {{"));
        match self.pick(8) {
            0 => self.arms(budget, &["passed", "failed", "unknown"]),
            5..=7 => {
                self.line(&format!("  unknown {{ escalate to oncall \"{IS_UNKNOWN}\" }}"));
                self.arms(budget, &["passed", "failed"])
            }
            1 => self.arms(budget, &["passed", "failed, unknown"]),
            2 => self.arms(budget, &["passed, failed", "unknown"]),
            3 => self.arms(budget, &["failed", "else"]),
            _ => self.arms(budget, &["passed", "else"]),
        }
    }

    fn match_text(&mut self, budget: usize) -> bool {
        let text = self.text(1);
        self.line(&format!("match {text} {{"));
        let arm =
            self.one_of(&["\"unknown\"", "\"failed\"", "\"p\"", "\"<unknown>\"", "\"escalated\"", "\"resolved\""]);
        self.arms(budget, &[arm, "else"])
    }

    fn repeat(&mut self, budget: usize) {
        let times = match self.pick(2) {
            0 => "2".to_owned(),
            _ => self.number(0),
        };
        let condition = self.boolean(1);
        self.line(&format!("repeat {times} times every 10s until {condition} {{"));
        self.block(budget - 1);
        self.line("}");
    }

    fn for_each(&mut self, budget: usize) {
        let (list, kind) = match self.pick(2) {
            0 => (self.hosts(), Kind::Host),
            _ => (self.verdicts(), Kind::Verdict),
        };
        let name = self.fresh('x');
        self.line(&format!("for {name} in {list}, at most 4 {{"));
        let visible = self.scope.len();
        self.scope.push((name, kind));
        self.loops += 1;
        self.block(budget - 1);
        self.loops -= 1;
        self.scope.truncate(visible);
        self.line("}");
    }

    fn wait_until(&mut self, budget: usize) -> bool {
        let condition = self.boolean(1);
        if self.pick(2) == 0 {
            self.line(&format!("wait until {condition} within 30s every 10s"));
        } else {
            self.line(&format!("wait until {condition} within 30s every 10s else {{"));
            self.block(budget - 1);
            self.line("}");
        }
        false
    }

    fn arguments(&mut self, callable: &Callable) -> String {
        let mut arguments = vec!["server".to_owned(), "other".to_owned()];
        for kind in &callable.parameters {
            arguments.push(match kind {
                Kind::Text => self.text(1),
                Kind::Verdict => self.verdict(),
                Kind::Number => self.number(1),
                _ => self.boolean(1),
            });
        }
        arguments.join(", ")
    }

    fn call_procedure(&mut self) {
        if self.procedures.is_empty() {
            return self.effect();
        }
        let choice = self.pick(self.procedures.len());
        let callable = self.procedures[choice].clone();
        let arguments = self.arguments(&callable);
        self.line(&format!("do {}({arguments})", callable.name));
    }

    fn child(&mut self) -> Option<String> {
        if self.children.is_empty() {
            return None;
        }
        let choice = self.pick(self.children.len());
        let callable = self.children[choice].clone();
        let hosts = self.one_of(&["server, other", "server, other", "other, server"]);
        let arguments = self.arguments(&callable).replacen("server, other", hosts, 1);
        Some(format!("run {}({arguments})", callable.name))
    }

    fn run_child(&mut self) {
        match self.child() {
            // In a branch, a run that may resolve is no decision of the runbook to end: a repair can fail
            // (docs/language.md, "Unknown").
            Some(run) if self.depth == 1 || !self.may_resolve(&run) => self.line(&run),
            _ => self.effect(),
        }
    }

    fn may_resolve(&self, run: &str) -> bool {
        let called = |(name, text): &&(String, String)| run.contains(&format!(" {name}(")) && text.contains("resolve ");
        self.declarations.iter().any(|it| called(&it))
    }

    fn match_child(&mut self, budget: usize) -> bool {
        let Some(mut run) = self.child() else {
            self.effect();
            return false;
        };
        if self.pick(2) == 1 {
            let name = self.fresh('o');
            self.line(&format!("let {name} = {run}"));
            self.scope.push((name.clone(), Kind::Outcome));
            if self.pick(3) == 1 {
                return false;
            }
            if self.pick(2) == 1 {
                let word = self.one_of(&["resolved", "escalated"]);
                self.line(&format!("if {name} == {word} {{"));
                let mut ended = self.block(budget - 1);
                self.line("} else {");
                ended &= self.block(budget - 1);
                self.line("}");
                return ended;
            }
            run = name;
        }
        self.line(&format!("match {run} {{"));
        match self.pick(3) {
            0 => self.arms(budget, &["resolved", "escalated", "cancelled"]),
            1 => self.arms(budget, &["resolved", "else"]),
            _ => self.arms(budget, &["escalated", "else"]),
        }
    }

    /// Nobody answers, so the default arm is taken.
    fn prompt(&mut self, budget: usize) -> bool {
        // An approval that nobody gives ends the run, and loops over lists contain either endings or effects.
        if self.pick(3) == 0 && self.loops == 0 {
            self.line("require approval \"Go on?\" by 1 within 1m");
            return false;
        }
        let ask = "ask \"Which way?\" choices [go, stop] within 1m default stop";
        if self.pick(2) == 0 {
            self.line(&format!("match {ask} {{"));
        } else {
            let name = self.fresh('w');
            self.line(&format!("let {name} = {ask}"));
            self.line(&format!("match {name} {{"));
        }
        self.arms(budget, &["go", "stop"])
    }

    fn known(&mut self, kind: Kind) -> Option<String> {
        let names: Vec<String> =
            self.scope.iter().filter(|(_, it)| *it == kind).map(|(name, _)| name.clone()).collect();
        if names.is_empty() { None } else { Some(names[self.pick(names.len())].clone()) }
    }

    fn host(&mut self) -> String {
        self.known(Kind::Host).unwrap_or_else(|| "server".to_owned())
    }

    fn verdict(&mut self) -> String {
        let (probe, host) = (self.one_of(&["A", "B"]), self.host());
        match self.pick(5) {
            0 | 1 => format!("check {probe}({host})"),
            2 => match self.known(Kind::Note) {
                Some(note) => format!("{note}.verdict"),
                None => format!("check {probe}({host})"),
            },
            _ => self.known(Kind::Verdict).unwrap_or_else(|| format!("check {probe}({host})")),
        }
    }

    fn boolean(&mut self, deep: usize) -> String {
        match self.pick(if deep == 0 { 8 } else { 16 }) {
            6 => format!("{} == failed", self.verdict()),
            7 => "svc.level(server) > 0".to_owned(),
            0 => format!("{} == {}", self.verdict(), self.one_of(&WORDS)),
            1 => format!("{} != {}", self.verdict(), self.one_of(&WORDS)),
            2 => self.known(Kind::Boolean).unwrap_or_else(|| "svc.level(server) > 9".to_owned()),
            3 => format!("{} in [{}, {}]", self.verdict(), self.one_of(&WORDS), self.one_of(&WORDS)),
            4 => format!("{} > {}", self.number(0), self.one_of(&["0", "1"])),
            5 if self.has_goal => format!("goal.answer.verdict == {}", self.one_of(&WORDS)),
            5 | 8 => format!("{} == {}", self.verdict(), self.verdict()),
            9 => format!("not ({})", self.boolean(deep - 1)),
            10 => format!("({}) and ({})", self.boolean(deep - 1), self.boolean(deep - 1)),
            11 => format!("({}) or ({})", self.boolean(deep - 1), self.boolean(deep - 1)),
            12 => {
                let (text, word) =
                    (self.text(deep - 1), self.one_of(&["\"unknown\"", "\"failed\"", "\"p\"", "\"escalated\""]));
                format!("{text} == {word}")
            }
            13 => match self.pick(2) {
                0 => format!("{} contains \"un\"", self.text(deep - 1)),
                _ => format!("{} matches r\"^.?u\"", self.text(deep - 1)),
            },
            14 => {
                let (quantifier, name) = (self.one_of(&["any", "all", "none"]), self.fresh('h'));
                let visible = self.scope.len();
                self.scope.push((name.clone(), Kind::Host));
                let condition = self.boolean(deep - 1);
                self.scope.truncate(visible);
                format!("({quantifier} {name} in hosts(web): {condition})")
            }
            _ => {
                let verdicts = self.verdicts();
                format!("{} in {verdicts}", self.one_of(&["Verdict.failed", "Verdict.unknown", "Verdict.passed"]))
            }
        }
    }

    fn text(&mut self, deep: usize) -> String {
        match self.pick(if deep == 0 { 5 } else { 9 }) {
            4 => self.known(Kind::Outcome).map_or_else(|| "\"o\"".to_owned(), |name| format!("\"${{{name}}}\"")),
            0 => "\"p\"".to_owned(),
            1 => self.known(Kind::Verdict).map_or_else(|| "\"q\"".to_owned(), |name| format!("\"${{{name}}}\"")),
            2 => self.known(Kind::Text).unwrap_or_else(|| "\"r\"".to_owned()),
            3 => self.known(Kind::Number).map_or_else(|| "\"s\"".to_owned(), |name| format!("\"${{{name}}}\"")),
            8 => self.known(Kind::Text).map_or_else(|| "\"t\"".to_owned(), |name| format!("\"<${{{name}}}>\"")),
            5 => self.known(Kind::Note).map_or_else(|| "\"n\"".to_owned(), |name| format!("{name}.name")),
            6 => format!("(if {} then \"p\" else \"unknown\")", self.boolean(deep - 1)),
            _ => self.known(Kind::Verdicts).map_or_else(|| "\"l\"".to_owned(), |name| format!("\"${{{name}}}\"")),
        }
    }

    fn number(&mut self, deep: usize) -> String {
        match self.pick(if deep == 0 { 4 } else { 6 }) {
            0 => self.one_of(&["1", "2"]).to_owned(),
            1 => self.known(Kind::Number).unwrap_or_else(|| "1".to_owned()),
            2 => self.known(Kind::Hosts).map_or_else(|| "2".to_owned(), |name| format!("{name}.count")),
            3 => self.known(Kind::Verdicts).map_or_else(|| "1".to_owned(), |name| format!("{name}.distinct.count")),
            4 => self.known(Kind::Note).map_or_else(|| "1".to_owned(), |name| format!("{name}.size")),
            _ => format!("(if {} then 1 else 2)", self.boolean(deep - 1)),
        }
    }

    fn verdicts(&mut self) -> String {
        match self.pick(3) {
            0 => {
                let (probe, name) = (self.one_of(&["A", "B"]), self.fresh('h'));
                format!("[check {probe}({name}) for {name} in hosts(web)]")
            }
            1 => format!("[{}, {}]", self.verdict(), self.verdict()),
            _ => self.known(Kind::Verdicts).unwrap_or_else(|| "[check A(server)]".to_owned()),
        }
    }

    fn hosts(&mut self) -> String {
        match self.pick(3) {
            0 => "hosts(web)".to_owned(),
            1 => {
                let name = self.fresh('h');
                let visible = self.scope.len();
                self.scope.push((name.clone(), Kind::Host));
                let condition = self.boolean(1);
                self.scope.truncate(visible);
                format!("[{name} in hosts(web) where {condition}]")
            }
            _ => self.known(Kind::Hosts).unwrap_or_else(|| "hosts(web)".to_owned()),
        }
    }
}
