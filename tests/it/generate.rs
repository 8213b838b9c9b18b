//! Generates programs from bytes: every form of the language, nested, with comments and line ends wherever allowed.
//!
//! Each byte is a choice. After the last byte, every choice is the first one, which is always short. So fewer bytes
//! give a shorter program, and failing programs shrink.

use std::fmt::Write;

/// A program that parses without a diagnostic.
pub fn program(choices: &[u8]) -> String {
    let mut generator = Generator { choices, at: 0, out: String::new(), depth: 0 };
    generator.file();
    generator.out
}

const NAMES: [&str; 8] = ["server", "x", "goal.answer", "e", "服务器", "timeout", "step", "a.b.c"];
const WORDS: [&str; 6] = ["one", "Two", "in_", "三", "ask_", "fixed"];
const CALLS: [&str; 6] = ["host.reboot", "f", "service.restart", "hosts", "Site", "exchange.server_health"];
const TEXTS: [&str; 8] = [
    r#""a""#,
    r#""""#,
    r#""${server.fqdn} 重启 \"x\" \\ \n \u{4e2d}""#,
    r#"r"\d+ # not a comment""#,
    r##"r#"{"a": "b"}"#"##,
    r#""{ ( [ # no comment""#,
    r#""a longer text, to make lines that do not fit into the width that they have""#,
    r#""$ \$ 100 %""#,
];
const AMOUNTS: [&str; 10] = ["1", "5m", "2.50", "1h30m", "90%", "512MiB", "500ms", "0", "1.5kB", "3"];
const DURATIONS: [&str; 5] = ["30s", "5m", "1h30m", "grace", "250ms"];
const INFIXES: [&str; 15] =
    ["==", "and", "or", "!=", "<", "<=", ">", ">=", "in", "contains", "matches", "+", "-", "*", "/"];
const TYPES: [&str; 6] = ["text", "list<text>", "text?", "list<list<web>?>", "number", "duration"];

struct Generator<'a> {
    choices: &'a [u8],
    at: usize,
    out: String,
    depth: usize,
}

impl Generator<'_> {
    fn pick(&mut self, count: usize) -> usize {
        let byte = self.choices.get(self.at).copied().unwrap_or(0);
        self.at += 1;
        usize::from(byte) % count
    }

    fn maybe(&mut self) -> bool {
        self.pick(3) == 1
    }

    fn rarely(&mut self) -> bool {
        self.pick(12) == 1
    }

    fn word(&mut self, words: &[&'static str]) -> &'static str {
        let choice = self.pick(words.len());
        words.get(choice).copied().unwrap_or("x")
    }

    fn put(&mut self, text: &str) {
        self.out.push_str(text);
    }

    fn put_word(&mut self, words: &[&'static str]) {
        let word = self.word(words);
        self.put(word);
    }

    fn text(&mut self) {
        self.put_word(&TEXTS);
    }

    /// One or more spaces.
    fn blank(&mut self) {
        let blanks = if self.rarely() { "   " } else { " " };
        self.put(blanks);
    }

    /// A space or a line end, where a line may be broken.
    fn may_break(&mut self) {
        match self.pick(16) {
            1 => self.put("\n"),
            2 => self.put(" # inside\n"),
            3 => self.put("\n # alone\n\n  "),
            4 => self.put(" "),
            5 => self.put("#tight\n"),
            _ => {}
        }
    }

    fn indent(&mut self) {
        let _ = write!(self.out, "{:1$}", "", self.depth * 2);
    }

    /// The end of a statement's line, and optional comments and empty lines.
    fn end_line(&mut self) {
        match self.pick(12) {
            1 => self.put("  # trailing\n"),
            2 => self.put("#tight\n"),
            3 => self.put("\n\n"),
            4 => self.put("\n\n\n   # own line, with blanks at its end  \n\n"),
            5 => self.put("\n# one\n# two\n"),
            6 => self.put("  \n"),
            _ => self.put("\n"),
        }
    }

    // ---- Expressions

    fn expression(&mut self) {
        self.depth += 1;
        match if self.depth > 7 { 0 } else { self.pick(10) } {
            0..=5 => self.operation(true),
            6 => {
                self.put("if ");
                self.operation(true);
                self.put(" ");
                self.may_break();
                self.put("then ");
                self.expression();
                self.put(" ");
                self.may_break();
                self.put("else ");
                self.expression();
            }
            7 => {
                self.put_word(&["all ", "any ", "none "]);
                self.put_word(&WORDS);
                self.put(" in ");
                self.operation(true);
                self.put(":");
                self.may_break();
                self.put(" ");
                self.operation(false);
            }
            8 => {
                self.put("ask ");
                self.text();
                self.put(" choices [yes, no]");
                self.timings(&["within "]);
                self.put(" default no");
            }
            _ => self.operation(true),
        }
        self.depth -= 1;
    }

    /// Operands and operators. Comparisons are not chained.
    fn operation(&mut self, whole: bool) {
        let mut compared = false;
        self.operand();
        while self.maybe() {
            let infix = self.word(&INFIXES);
            let joins = matches!(infix, "and" | "or");
            let compares = !joins && !matches!(infix, "+" | "-" | "*" | "/");
            if (joins && !whole) || (compares && compared) {
                continue;
            }
            compared = if joins { false } else { compared || compares };
            self.put(" ");
            if whole && self.rarely() {
                self.put("# before an operator\n ");
            }
            let _ = write!(self.out, "{infix} ");
            self.may_break();
            // `not` and `as` would add a second comparison or hide the first.
            if compared { self.simple() } else { self.operand() }
        }
        if !compared && self.rarely() {
            self.put_word(&[" is web", " is absent", " is present"]);
        }
    }

    fn operand(&mut self) {
        match self.pick(12) {
            1 => self.put("not "),
            2 => self.put("-"),
            3 => {
                self.put_word(&["check ", "run "]);
                self.call();
                return;
            }
            _ => {}
        }
        self.simple();
        if self.rarely() {
            self.put(" as ");
            self.put_word(&TYPES);
        }
    }

    fn simple(&mut self) {
        match if self.depth > 6 { self.pick(3) } else { self.pick(9) } {
            0 => self.put_word(&NAMES),
            1 => self.put_word(&AMOUNTS),
            2 => self.text(),
            3 | 4 => self.call(),
            5 => {
                self.put("(");
                self.may_break();
                self.expression();
                self.may_break();
                self.put(")");
            }
            6 => self.list(),
            7 => self.made_list(),
            _ => {
                self.call();
                self.put_word(&[".first", ".lines.count", ".json"]);
                if self.maybe() {
                    self.put(".jq(\".a\")");
                }
            }
        }
    }

    fn call(&mut self) {
        self.put_word(&CALLS);
        self.put("(");
        self.depth += 1;
        let mut first = true;
        while self.maybe() {
            if !std::mem::take(&mut first) {
                self.put(", ");
            }
            self.may_break();
            if self.maybe() {
                self.put_word(&["on: ", "timeout:", "in: "]);
            }
            if self.rarely() {
                self.put("\"a text\n over lines # and no comment\n\n\"");
            } else {
                self.expression();
            }
        }
        self.may_break();
        self.depth -= 1;
        self.put(")");
    }

    fn list(&mut self) {
        self.put("[");
        let mut first = true;
        while self.maybe() {
            if !std::mem::take(&mut first) {
                self.put(",");
            }
            self.may_break();
            self.expression();
        }
        if !first && self.rarely() {
            self.put(",");
        }
        self.may_break();
        self.put("]");
    }

    fn made_list(&mut self) {
        self.put("[");
        self.may_break();
        let mapped = self.maybe();
        if mapped {
            self.operation(true);
            self.put(" for x in ");
            self.operation(true);
        } else {
            self.put("x in ");
            self.simple();
        }
        self.put(" ");
        let filtered = self.maybe();
        if filtered {
            self.may_break();
            self.put("where ");
            self.operation(true);
            self.put(" ");
        }
        if self.maybe() || !(mapped || filtered) {
            self.may_break();
            self.put("sorted by ");
            self.operation(true);
            self.put_word(&[" ", " descending"]);
        }
        self.may_break();
        self.put("]");
    }

    // ---- Statements

    fn timings(&mut self, words: &[&'static str]) {
        for word in words {
            if self.maybe() {
                self.put_word(&[" ", ", "]);
                self.put(word);
                self.put_word(&DURATIONS);
            }
        }
    }

    fn block(&mut self) {
        self.put("{");
        self.depth += 1;
        match if self.depth > 5 { 0 } else { self.pick(4) } {
            0 => {
                self.put(" ");
                self.simple_statement();
                self.put(" ");
            }
            1 if self.depth < 5 => {
                self.put(" ");
                self.statement();
                self.put(" ");
            }
            2 => self.put(" "),
            _ => {
                self.end_line();
                self.statements();
                self.depth -= 1;
                self.indent();
                self.depth += 1;
            }
        }
        self.depth -= 1;
        self.put("}");
    }

    fn statements(&mut self) {
        loop {
            self.indent();
            self.statement();
            self.end_line();
            if !self.maybe() {
                return;
            }
        }
    }

    fn simple_statement(&mut self) {
        match self.pick(10) {
            0 => self.call(),
            1 => {
                self.put("resolve if fixed");
                self.timings(&["within ", "every ", "for ", "after "]);
            }
            2 => {
                self.put("resolve ");
                self.text();
                if self.maybe() {
                    self.put(" without goal");
                }
            }
            3 | 4 => {
                self.put_word(&["escalate to oncall ", "notify team.lead "]);
                self.text();
                if self.maybe() {
                    self.put(" with ");
                    self.operation(true);
                    self.put(", ");
                    self.expression();
                }
            }
            5 => {
                self.put("wait ");
                self.put_word(&DURATIONS);
            }
            6 => {
                self.put_word(&["do ", "run ", "permanently ", "temporarily do ", "temporarily "]);
                self.call();
            }
            7 => {
                self.put("permanently ");
                self.call();
                self.put(", undo on failure");
            }
            8 => {
                self.put("temporarily ");
                self.put_word(&["", "do "]);
                self.call();
                if self.maybe() {
                    self.put(" if ");
                    self.expression();
                }
                if self.maybe() {
                    self.put(", keep on failure");
                }
            }
            _ => {
                self.put("let ");
                self.put_word(&WORDS);
                self.put("  = ");
                self.expression();
                if self.maybe() {
                    self.put(" else ");
                    self.operation(true);
                }
            }
        }
    }

    fn otherwise(&mut self) {
        if self.maybe() {
            if self.rarely() {
                self.put("\n# between\n");
            }
            self.put(" else ");
            self.block();
        }
    }

    fn statement(&mut self) {
        match self.pick(16) {
            0..=3 => self.simple_statement(),
            4 => {
                self.put("step ");
                self.text();
                self.blank();
                self.block();
            }
            5 => {
                self.put("if ");
                self.expression();
                self.put(" ");
                self.block();
                while self.maybe() {
                    self.put(" else if ");
                    self.expression();
                    self.put(" ");
                    self.block();
                }
                self.otherwise();
            }
            6 => {
                self.put("require ");
                self.expression();
                self.otherwise();
            }
            7 => {
                self.put("require approval ");
                self.text();
                self.put(" by 2");
                self.timings(&["within "]);
                self.otherwise();
            }
            8 => {
                self.put("wait until ");
                self.expression();
                if self.rarely() {
                    self.put("  # and for how long\n");
                }
                self.put(" within 5m");
                self.timings(&["every ", "for "]);
                self.otherwise();
            }
            9 => {
                self.put("temporarily ");
                self.block();
                self.put(" undo ");
                self.block();
                if self.maybe() {
                    self.put(", keep on failure");
                }
            }
            10 => self.match_statement(),
            11 => {
                self.put("for x in ");
                self.operation(true);
                self.put_word(&["", ", at most 10", ", at most n, 2 at a time"]);
                self.put(" ");
                self.block();
            }
            12 => {
                self.put("repeat 3 times");
                self.timings(&["every "]);
                if self.maybe() {
                    self.put(" until ");
                    self.expression();
                }
                self.put(" ");
                self.block();
                self.otherwise();
            }
            13 if self.maybe() => {
                self.put("lock server, \"pool ${b}\"");
                self.timings(&["within "]);
                self.put(" ");
                self.block();
            }
            13 => {
                self.put("retry 3 times");
                self.timings(&["every "]);
                self.put(" ");
                self.block();
            }
            14 => {
                self.put("try ");
                self.block();
                self.put(" catch error ");
                self.block();
            }
            _ => {
                self.put("manual ");
                self.text();
                self.timings(&["within "]);
                self.otherwise();
            }
        }
    }

    fn match_statement(&mut self) {
        self.put("match ");
        self.expression();
        self.put(" {");
        self.end_line();
        self.depth += 1;
        loop {
            self.indent();
            match self.pick(4) {
                0 => self.put_word(&WORDS),
                1 => self.text(),
                2 => self.put("90%, passed"),
                _ => self.put("else"),
            }
            self.put(" ");
            self.block();
            self.end_line();
            if !self.maybe() {
                break;
            }
        }
        self.depth -= 1;
        self.indent();
        self.put("}");
    }

    // ---- Declarations

    fn file(&mut self) {
        if self.maybe() {
            self.end_line();
        }
        loop {
            self.declaration();
            self.end_line();
            if !self.maybe() {
                return;
            }
        }
    }

    fn declaration(&mut self) {
        match self.pick(12) {
            0 => self.put("import \"a.runbook\""),
            1 => self.shape(),
            2 => self.enumeration(),
            3 => {
                self.put("limit host.reboot ");
                self.limit();
            }
            4 | 5 => self.probe(),
            6 => {
                self.put("procedure P");
                self.parameters();
                self.put(" ");
                self.block();
                if self.maybe() {
                    self.put(" undo ");
                    self.block();
                }
            }
            7 | 8 => self.backend(),
            9 => self.test(),
            _ => self.runbook(),
        }
    }

    fn limit(&mut self) {
        self.put_word(&[
            "4 per 24h",
            "1 per 24h per host, 1h apart",
            "1h apart, per server",
            "n per 1d per server.site",
        ]);
    }

    fn shape(&mut self) {
        self.put_word(&["role web ", "record Site   "]);
        self.put("{");
        while self.maybe() {
            self.put_word(&[" ", ", ", "\n", "  # about\n"]);
            self.put_word(&WORDS);
            self.put(": ");
            self.put_word(&TYPES);
        }
        self.may_break();
        self.put(" }");
    }

    fn enumeration(&mut self) {
        self.put_word(&["enum E ", "open enum E "]);
        self.put("{");
        while self.maybe() {
            self.put_word(&[" ", ", ", "\n", "  # about\n"]);
            self.put_word(&WORDS);
        }
        self.may_break();
        self.put(" }");
    }

    fn parameters(&mut self) {
        self.put("(");
        let mut first = true;
        while self.maybe() {
            if !std::mem::take(&mut first) {
                self.put(", ");
            }
            self.may_break();
            self.put_word(&WORDS);
            self.put(": ");
            self.put_word(&TYPES);
            self.put_word(&["", " or number"]);
            if self.maybe() {
                self.put(" = ");
                self.operand();
            }
        }
        self.may_break();
        self.put(")");
    }

    fn column(&mut self, word: &str) {
        self.indent();
        self.put(word);
        self.blank();
    }

    fn runbook(&mut self) {
        self.put("runbook R");
        self.parameters();
        self.put(" {");
        self.end_line();
        self.depth += 1;
        for word in ["title", "alert", "goal", "contact", "lock", "limit", "ends"] {
            if !self.maybe() {
                continue;
            }
            self.column(word);
            match word {
                "title" => self.text(),
                "alert" => self.put_word(&["\"a\"", "\"a\", \"b\" in \"G\"", "\"a\" in \"G\""]),
                "goal" => self.expression(),
                "contact" => self.put("oncall"),
                "lock" => {
                    self.put("server, ");
                    self.operation(true);
                }
                "limit" => self.limit(),
                _ => self.put("within 4h"),
            }
            self.end_line();
        }
        self.statements();
        self.depth -= 1;
        self.put("}");
    }

    fn probe(&mut self) {
        self.put("probe P");
        self.parameters();
        self.put(" {");
        self.end_line();
        self.depth += 1;
        for word in ["title", "group", "timeout", "let", "depends_on", "retries", "ask", "unknown if", "passed if"] {
            if !self.maybe() {
                continue;
            }
            self.column(word);
            match word {
                "title" | "group" => self.text(),
                "timeout" => self.put_word(&DURATIONS),
                "let" => self.put("x = 3"),
                "depends_on" => self.put("\"a\", \"b\""),
                "retries" => self.put_word(&["2", "2 every 30s"]),
                "ask" => self.call(),
                _ => self.expression(),
            }
            self.end_line();
        }
        self.depth -= 1;
        self.put("}");
    }

    fn backend(&mut self) {
        self.put("backend b ");
        if self.maybe() {
            self.text();
            self.put(" ");
        }
        self.put("{");
        self.end_line();
        while self.maybe() {
            match self.pick(5) {
                0 => self.shape_record(),
                1 => self.enumeration(),
                _ => self.signature(),
            }
            self.end_line();
        }
        self.put("}");
    }

    fn shape_record(&mut self) {
        self.put("record Status { a: text");
        self.may_break();
        self.put(" }");
    }

    fn signature(&mut self) {
        self.put_word(&["observe a", "change b", "disrupt c", "destroy d"]);
        self.parameters();
        if self.maybe() {
            self.put(" -> ");
            self.put_word(&["text", "list<text> or empty"]);
        }
        for property in [
            "timeout 2m",
            "saves before = f(x)",
            "undo g(x, y: before)",
            "idempotent",
            "once",
            "confirm h() within 5m every 10s",
            "fresh 5m",
        ] {
            if self.maybe() {
                self.put(" ");
                self.may_break();
                self.put(property);
            }
        }
        match self.pick(4) {
            1 => {
                self.put(" { ");
                self.operation(true);
                self.put(" }");
            }
            2 => {
                self.put(" {\n let x = ");
                self.expression();
                self.end_line();
                // Not a sign: it would continue the line above.
                self.simple();
                self.end_line();
                self.put("}");
            }
            _ => {}
        }
    }

    fn test(&mut self) {
        self.put("test ");
        self.text();
        if self.maybe() {
            self.put(" for ");
            self.call();
        }
        self.put(" {");
        self.end_line();
        while self.maybe() {
            match self.pick(18) {
                0 => self.put("given P fails, then passes, unknown"),
                1 => {
                    self.put("given ");
                    self.call();
                    self.put_word(&[" answers ", " returns "]);
                    self.expression();
                }
                2 => self.put("given a.b errors \"no\""),
                3 => self.put("given a.b(x) fails \"no\" within 5m"),
                4 => self.put("given a.b times out"),
                5 => self.put("given ask \"Which?\" answers yes, no"),
                6 => self.put("given nobody answers"),
                7 => self.put("given world \"w.yaml\""),
                8 => self.put_word(&["expect resolved", "expect cancelled within 5m", "expect escalated to c \"x\""]),
                9 => {
                    self.put_word(&["expect no ", "expect "]);
                    self.call();
                    self.put_word(&["", " once", " never", " 3 times", " once within 5m"]);
                }
                10 => self.put("expect no disrupt"),
                11 => self.put("expect within 20m"),
                12 => self.put("expect left in place nothing"),
                13 => self.put("given cancelled after 5m"),
                14 => {
                    self.put("given host \"a\" is r");
                    self.put_word(&["", "(f: 1, g: \"x\")", ", s(t: [a, b])"]);
                }
                15 => {
                    self.put("given a.b answers ");
                    self.expression();
                    self.put_word(&[", then errors", ", 3, then times out after 5s", ", then fails, then answers x"]);
                }
                16 => self.put_word(&[
                    "given a.b errors unreachable",
                    "given a.b errors timed_out \"no\" after 1s",
                    "given a.b errors after 1s",
                ]),
                _ => {
                    self.put("expect left in place ");
                    self.call();
                    self.put(", f(x)");
                }
            }
            self.end_line();
        }
        self.put("}");
    }
}
