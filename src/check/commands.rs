//! Commands: lists of arguments, and which of their words a program would read as code.
//!
//! No shell reads a command here, but some programs hand their words to one, or to another language: `ssh` to a shell on
//! the other host, `su -c` to one on this, `psql -c` to a database. Text from outside must not stand in such a word.

use super::context::Context;
use super::names::Body;
use super::program::{Expression, ExpressionKind, Method, TextPart};
use super::types::Type;
use crate::diagnostic::{Diagnostic, code};
use crate::source::Span;
use crate::value::Value;
use regex_syntax::hir::{Class, ClassUnicode, ClassUnicodeRange, Hir, HirKind};
use std::collections::BTreeSet;
use std::sync::LazyLock;

impl<'a> Context<'a> {
    /// What a command may hold: a program that is written out, no word from outside that passes for an option, and none
    /// that a program reads as code. `input` is where the text for its standard input stands.
    pub(super) fn guard_command(&mut self, body: &Body<'a>, command: &mut Expression, input: Option<Span>) {
        let span = command.span;
        let ExpressionKind::List(items) = &mut command.kind else {
            if !matches!(command.kind, ExpressionKind::Constant(_)) {
                self.report(
                    Diagnostic::error(
                        code::NOT_A_LITERAL,
                        span,
                        "A command is a list of arguments that is written out",
                    )
                    .help("Write [\"program\", \"argument\", value]: only later arguments may be worked out"),
                );
            }
            return;
        };
        if items.is_empty() {
            self.report(
                Diagnostic::error(code::MISSING_ARGUMENT, span, "This command has no program to run")
                    .help("Write [\"program\", \"argument\", …]"),
            );
        }
        let script = self.guard_script(items);
        if let Some(program) = items.first()
            && !matches!(program.kind, ExpressionKind::Constant(_))
        {
            self.report(
                Diagnostic::error(
                    code::NOT_A_LITERAL,
                    program.span,
                    "The program of a command is written out, never worked out",
                )
                .help("Otherwise text from outside could choose what is run"),
            );
        }
        self.guard_code(body, items, script, input);
        let mut options_ended = false;
        for item in items {
            match &item.kind {
                ExpressionKind::Constant(Value::Text(text)) => options_ended |= text == "--",
                ExpressionKind::Text(parts) if starts_written(parts) => {}
                _ if is_written(item) || options_ended => {}
                _ => {
                    let inner = item.clone();
                    item.kind = ExpressionKind::FromOutside(Box::new(inner));
                }
            }
        }
    }

    /// What an interpreter is told to execute is written out: text that is worked out must never become code. Gives the
    /// script that was refused.
    fn guard_script(&mut self, items: &[Expression]) -> Option<Span> {
        let mut options: Option<&[&str]> = None;
        let mut is_script = false;
        for item in items {
            let written = written_text(item);
            if is_script {
                if written.is_some() {
                    return None;
                }
                let message = "A script is written out: text from outside must never become code";
                self.report(
                    Diagnostic::error(code::NOT_A_LITERAL, item.span, message)
                        .help("Hand the value over as an argument after the script, and use \"$1\" in it"),
                );
                return Some(item.span);
            }
            let Some(word) = written else { continue };
            match options {
                None => {
                    options =
                        INTERPRETERS.iter().find(|(name, _)| *name == program_of(word)).map(|(_, options)| *options);
                }
                Some(options) => is_script = options.iter().any(|option| is_option(word, option)),
            }
        }
        None
    }

    /// Text from outside in a word that the program, or one that it starts, reads as code.
    fn guard_code(&mut self, body: &Body<'a>, items: &[Expression], script: Option<Span>, input: Option<Span>) {
        let words: Vec<Word<'_>> = items.iter().map(|item| Word::of(item, body)).collect();
        let input_from_outside = input.is_some_and(|input| body.outside.contains(&input));
        let mut reading = Reading { words: &words, input_from_outside, found: BTreeSet::new(), reader: None };
        reading.command(0, true);
        let Reading { found, reader, .. } = reading;
        let spans: Vec<Span> = found
            .into_iter()
            .filter_map(|at| if at == INPUT { input } else { words.get(at).map(|word| word.span) })
            .filter(|span| script != Some(*span))
            .collect();
        let (Some(reader), [first, rest @ ..]) = (reader, spans.as_slice()) else { return };
        let message = format!("`{}` {}, and this comes from outside", reader.program, reader.why);
        let mut diagnostic = Diagnostic::error(code::OUTSIDE_TEXT_AS_CODE, *first, message);
        for span in rest {
            diagnostic = diagnostic.also(*span, "and this");
        }
        self.report(diagnostic.help(
            "Take out what may pass: `let word = TEXT.capture(r\"^[A-Za-z0-9_.-]+$\") else { … }`, or give it an `enum` \
             instead of `text`",
        ));
    }
}

/// Stands for the text of the standard input among the places of words.
const INPUT: usize = usize::MAX;

/// A word of a command, as far as it is known before it is run.
struct Word<'w> {
    /// The whole of it, where it is written out.
    written: Option<&'w str>,
    /// What it begins with, where that much is written out.
    prefix: &'w str,
    /// Whether it holds text from outside.
    outside: bool,
    span: Span,
}

impl<'w> Word<'w> {
    fn of(item: &'w Expression, body: &Body<'_>) -> Self {
        let written = written_text(item);
        let (prefix, outside) = match &item.kind {
            ExpressionKind::Text(parts) => {
                let prefix = match parts.first() {
                    Some(TextPart::Literal(text)) => text.as_str(),
                    _ => "",
                };
                let outside = parts.iter().any(|part| match part {
                    TextPart::Value(value) => body.outside.contains(&value.span),
                    TextPart::Literal(_) => false,
                });
                (prefix, outside)
            }
            _ => (written.unwrap_or_default(), body.outside.contains(&item.span)),
        };
        Self { written, prefix, outside, span: item.span }
    }

    fn is_option(&self) -> bool {
        self.prefix.starts_with('-') && self.prefix.len() > 1
    }
}

/// The program that reads words as code, and how it does.
struct Reader {
    program: String,
    why: &'static str,
}

const JOINED: &str = "joins its words into a line that a shell reads";
const CODE: &str = "reads this word as code";
const STDIN: &str = "reads its input as code";
const LOADED: &str = "may be told by this word what to load or run";

/// Goes through a command from the outermost program to the innermost, and gathers the words that are read as code.
struct Reading<'w> {
    words: &'w [Word<'w>],
    input_from_outside: bool,
    found: BTreeSet<usize>,
    reader: Option<Reader>,
}

impl Reading<'_> {
    fn find(&mut self, at: usize, program: &str, why: &'static str) {
        self.found.insert(at);
        if self.reader.is_none() {
            self.reader = Some(Reader { program: program.to_owned(), why });
        }
    }

    /// The command that begins at a word. Where the word only may be a program, a name that is not known is passed over.
    fn command(&mut self, at: usize, certain: bool) {
        let words = self.words;
        let Some(word) = words.get(at) else { return };
        let Some(written) = word.written else {
            if certain && at > 0 && word.outside {
                self.find(at, words.get(at - 1).and_then(|word| word.written).unwrap_or_default(), LOADED);
            }
            return;
        };
        let name = program_of(written);
        let told = |wrapper: &Wrapper| {
            let is_subcommand = |word: &Word<'_>| word.written.is_some_and(|word| wrapper.subcommands.contains(&word));
            wrapper.subcommands.is_empty() || words[at + 1..].iter().any(is_subcommand)
        };
        if let Some(wrapper) = WRAPPERS.iter().find(|wrapper| wrapper.name == name && told(wrapper)) {
            self.wrapped(at, wrapper);
        }
        if let Some(reads) = PROGRAMS.iter().find(|program| program.names.contains(&name)) {
            self.reads(at, name, reads);
        }
    }

    /// The command inside another: after its options, which may have values, its operands and its assignments.
    fn wrapped(&mut self, at: usize, wrapper: &Wrapper) {
        let words = self.words;
        // So many plain words may stand before the program: operands, and the values of options.
        let mut may_pass = wrapper.operands;
        let mut certain = wrapper.operands == 0;
        for next in at + 1..words.len() {
            let word = &words[next];
            if word.written == Some("--") && wrapper.dashes {
                return self.command(next + 1, true);
            }
            if word.is_option() {
                let flag = word.written.is_some_and(|word| wrapper.flags.contains(&word)) || word.prefix.contains('=');
                may_pass += usize::from(!flag);
                certain &= flag;
                if wrapper.code.iter().any(|option| word.written.is_some_and(|word| is_option(word, option)))
                    && words.get(next + 1).is_some_and(|word| word.outside)
                {
                    self.find(next + 1, wrapper.name, CODE);
                }
                continue;
            }
            if wrapper.assigns && self.assignment(next, wrapper.name) {
                continue;
            }
            self.command(next, certain);
            if may_pass == 0 {
                return;
            }
            may_pass -= 1;
        }
    }

    /// `NAME=VALUE` before a program: some names make it load or run the value.
    fn assignment(&mut self, at: usize, wrapper: &str) -> bool {
        let word = &self.words[at];
        match word.prefix.split_once('=') {
            Some((name, _)) => {
                let loads = LOADING.iter().any(|known| match known.strip_suffix('*') {
                    Some(start) => name.starts_with(start),
                    None => name == *known,
                });
                if loads && word.outside {
                    self.find(at, wrapper, LOADED);
                }
                true
            }
            None => false,
        }
    }

    fn reads(&mut self, at: usize, name: &str, program: &Program) {
        let words = self.words;
        let rest = at + 1..words.len();
        let outside = |at: &usize| words.get(*at).is_some_and(|word| word.outside);
        match program.reads {
            Reads::EveryWord => rest.clone().filter(outside).for_each(|at| self.find(at, name, JOINED)),
            Reads::RemotePaths => {
                let remote = |at: &usize| words[*at].prefix.contains(':');
                rest.clone().filter(remote).filter(outside).for_each(|at| self.find(at, name, JOINED));
            }
            Reads::FirstOperand => {
                if let Some(first) = self.first_operand(at, program)
                    && outside(&first)
                {
                    self.find(first, name, CODE);
                }
            }
            Reads::Options => {}
        }
        for next in rest.clone() {
            let word = &words[next];
            for option in program.options {
                let attached = option.starts_with("--")
                    && word.prefix.strip_prefix(option).is_some_and(|rest| rest.starts_with('='))
                    || option.len() == 2
                        && option.starts_with('-')
                        && word.prefix.starts_with(option)
                        && word.prefix.len() > 2
                    || option.ends_with('=') && word.prefix.starts_with(option);
                if attached && word.outside {
                    self.find(next, name, CODE);
                }
                let is_option = word.written.is_some_and(|word| match program.any_case {
                    true => word.eq_ignore_ascii_case(option),
                    false => is_option(word, option),
                });
                if is_option {
                    let until = if program.to_the_end { words.len() } else { (next + 2).min(words.len()) };
                    (next + 1..until).filter(outside).for_each(|at| self.find(at, name, CODE));
                }
            }
            if program.starts.iter().any(|option| word.written == Some(option)) {
                self.command(next + 1, true);
            }
        }
        if self.input_from_outside && self.takes_code_from_input(at, program) {
            self.find(INPUT, name, STDIN);
        }
    }

    /// The first word that is neither an option nor, as far as is known, the value of one; none where an option brings
    /// the program in its place.
    fn first_operand(&self, at: usize, program: &Program) -> Option<usize> {
        let mut next = at + 1;
        while let Some(word) = self.words.get(next) {
            let named =
                |options: &[&str]| word.written.is_some_and(|word| options.iter().any(|it| is_option(word, it)));
            if named(program.options) || named(program.files) {
                return None;
            }
            if word.written == Some("--") {
                return Some(next + 1);
            }
            if !word.is_option() {
                return Some(next);
            }
            let values = program.values.iter().find(|(option, _)| word.written == Some(option)).map_or(0, |it| it.1);
            next += 1 + values;
        }
        None
    }

    /// Whether what a program reads as its input is code: of an interpreter without a script, and of a program that `ssh`
    /// starts and that is one.
    fn takes_code_from_input(&self, at: usize, program: &Program) -> bool {
        let words = self.words;
        match program.input {
            Input::Data => false,
            Input::Code => true,
            Input::CodeWithoutOperand => {
                let coded = |word: &Word<'_>| {
                    word.written.is_some_and(|word| program.options.iter().any(|option| is_option(word, option)))
                };
                let operand = |word: &Word<'_>| !word.is_option() || word.written == Some("-s");
                let rest = &words[at + 1..];
                !rest.iter().any(coded) && !rest.iter().any(|word| operand(word) && word.written != Some("-"))
                    || rest.iter().any(|word| word.written == Some("-s"))
            }
            Input::OfTheRemoteCommand => {
                // The host, and after it the command; without one, a shell.
                let mut operands = (at + 1..words.len()).filter(|at| !words[*at].is_option());
                let first = operands.next().and(operands.next());
                first.is_none()
                    || (at + 1..words.len()).any(|at| {
                        let name = words[at].written.map(program_of);
                        let known =
                            PROGRAMS.iter().find(|program| name.is_some_and(|name| program.names.contains(&name)));
                        known.is_some_and(|program| self.takes_code_from_input(at, program))
                    })
            }
        }
    }
}

/// A program that starts another, whose name and arguments stand among its own.
struct Wrapper {
    name: &'static str,
    /// What it must be told to do for it to start a program; nothing where it always does.
    subcommands: &'static [&'static str],
    /// How many words that are no options stand before the program.
    operands: usize,
    /// Options without a value.
    flags: &'static [&'static str],
    /// Options whose value is code.
    code: &'static [&'static str],
    /// Whether `NAME=VALUE` may stand before the program.
    assigns: bool,
    /// Whether the program stands behind `--`, where there is one.
    dashes: bool,
}

const fn wrapper(name: &'static str, operands: usize, flags: &'static [&'static str]) -> Wrapper {
    Wrapper { name, subcommands: &[], operands, flags, code: &[], assigns: false, dashes: true }
}

const IN_CONTAINER: &[&str] = &["-i", "-t", "-it", "-ti", "-d", "--stdin", "--tty", "--privileged", "--rm"];

const WRAPPERS: [Wrapper; 38] = [
    Wrapper {
        assigns: true,
        ..wrapper("sudo", 0, &["-n", "-H", "-E", "-i", "-s", "-S", "-k", "-K", "-A", "-b", "-P"])
    },
    wrapper("doas", 0, &["-n", "-s"]),
    Wrapper { assigns: true, code: &["-S", "--split-string"], ..wrapper("env", 0, &["-i", "-0", "-v", "-"]) },
    wrapper("timeout", 1, &["--preserve-status", "--foreground", "-v"]),
    wrapper("nice", 0, &[]),
    wrapper("ionice", 0, &["-t"]),
    wrapper("nohup", 0, &[]),
    wrapper("setsid", 0, &["-w", "-f", "-c", "--wait", "--fork"]),
    wrapper("stdbuf", 0, &[]),
    wrapper("time", 0, &["-v", "-p"]),
    wrapper("chrt", 1, &["-f", "-r", "-o", "-b", "-i"]),
    wrapper("taskset", 1, &["-c", "-a"]),
    wrapper("numactl", 0, &[]),
    wrapper("setpriv", 0, &[]),
    wrapper("unshare", 0, &["-m", "-n", "-p", "-f", "-r", "-u", "-i"]),
    wrapper("nsenter", 0, &["-m", "-n", "-p", "-u", "-i", "-a"]),
    wrapper("chroot", 1, &[]),
    wrapper("flock", 1, &["-n", "-x", "-s", "-e"]),
    wrapper("runuser", 0, &["-l", "-"]),
    wrapper("su", 1, &["-l", "-"]),
    wrapper("strace", 0, &["-f", "-q", "-c", "-y"]),
    wrapper("systemd-run", 0, &["--wait", "--pipe", "--collect", "-G", "-P", "-q", "-t"]),
    wrapper("systemd-inhibit", 0, &[]),
    wrapper("systemd-cat", 0, &[]),
    wrapper("xargs", 0, &["-0", "-r", "-t", "-x"]),
    wrapper("sshpass", 0, &["-e", "-v"]),
    wrapper("ssh-agent", 0, &["-k"]),
    wrapper("proxychains4", 0, &["-q"]),
    wrapper("torsocks", 0, &[]),
    wrapper("busybox", 0, &[]),
    Wrapper { subcommands: &["exec", "run"], ..wrapper("docker", 2, IN_CONTAINER) },
    Wrapper { subcommands: &["exec", "run"], ..wrapper("podman", 2, IN_CONTAINER) },
    Wrapper { subcommands: &["exec", "run"], ..wrapper("nerdctl", 2, IN_CONTAINER) },
    Wrapper { subcommands: &["exec", "run", "debug"], ..wrapper("kubectl", 2, IN_CONTAINER) },
    Wrapper { subcommands: &["exec", "rsh"], ..wrapper("oc", 2, IN_CONTAINER) },
    Wrapper { subcommands: &["exec"], ..wrapper("lxc", 2, &[]) },
    wrapper("lxc-attach", 0, &[]),
    Wrapper { subcommands: &["exec"], ..wrapper("ip", 3, &["-n"]) },
];

/// Variables that make programs load or run what they name; `*` stands for any ending.
const LOADING: [&str; 24] = [
    "LD_*",
    "DYLD_*",
    "PATH",
    "IFS",
    "ENV",
    "BASH_*",
    "SHELL",
    "PS4",
    "PROMPT_COMMAND",
    "PYTHON*",
    "PERL5*",
    "PERLLIB",
    "RUBY*",
    "NODE_*",
    "GIT_*",
    "PAGER",
    "MANPAGER",
    "EDITOR",
    "VISUAL",
    "BROWSER",
    "LESS*",
    "JAVA_TOOL_OPTIONS",
    "PSQLRC",
    "PGOPTIONS",
];

/// Which words of a program are code.
#[derive(Clone, Copy)]
enum Reads {
    /// The values of its options alone.
    Options,
    /// Every word after its name.
    EveryWord,
    /// The first word that is no option, unless an option brings the code.
    FirstOperand,
    /// Words such as `HOST:PATH`.
    RemotePaths,
}

/// What a program does with its standard input.
#[derive(Clone, Copy)]
enum Input {
    Data,
    Code,
    CodeWithoutOperand,
    OfTheRemoteCommand,
}

/// A program that reads some of its words as code.
struct Program {
    names: &'static [&'static str],
    reads: Reads,
    /// Options whose value is code.
    options: &'static [&'static str],
    /// Whether every word after such an option is code.
    to_the_end: bool,
    /// Options that name a file in the place of the code.
    files: &'static [&'static str],
    /// Options of a program with code as its first operand, and how many values each takes.
    values: &'static [(&'static str, usize)],
    /// Options that a command follows.
    starts: &'static [&'static str],
    any_case: bool,
    input: Input,
}

const PLAIN_PROGRAM: Program = Program {
    names: &[],
    reads: Reads::Options,
    options: &[],
    to_the_end: false,
    files: &[],
    values: &[],
    starts: &[],
    any_case: false,
    input: Input::Data,
};

const PROGRAMS: [Program; 27] = [
    Program {
        names: &["ssh", "rsh", "autossh", "plink", "mosh"],
        reads: Reads::EveryWord,
        input: Input::OfTheRemoteCommand,
        ..PLAIN_PROGRAM
    },
    Program {
        names: &[
            "pdsh",
            "dsh",
            "clush",
            "pssh",
            "parallel-ssh",
            "watch",
            "parallel",
            "salt",
            "salt-call",
            "tmux",
            "eval",
        ],
        reads: Reads::EveryWord,
        ..PLAIN_PROGRAM
    },
    Program { names: &["scp", "sftp"], reads: Reads::RemotePaths, options: &["-o", "-S"], ..PLAIN_PROGRAM },
    Program {
        names: &["rsync"],
        reads: Reads::RemotePaths,
        options: &["-e", "--rsh", "--rsync-path"],
        ..PLAIN_PROGRAM
    },
    Program {
        names: &["sh", "bash", "dash", "ash", "zsh", "ksh", "fish"],
        options: &["-c"],
        input: Input::CodeWithoutOperand,
        ..PLAIN_PROGRAM
    },
    Program {
        names: &["su", "runuser"],
        options: &["-c", "--command", "--session-command"],
        input: Input::Code,
        ..PLAIN_PROGRAM
    },
    Program { names: &["script", "flock"], options: &["-c", "--command"], ..PLAIN_PROGRAM },
    Program { names: &["psql"], options: &["-c", "--command"], input: Input::Code, ..PLAIN_PROGRAM },
    Program { names: &["mysql", "mariadb"], options: &["-e", "--execute"], input: Input::Code, ..PLAIN_PROGRAM },
    Program { names: &["sqlite3", "duckdb"], reads: Reads::EveryWord, input: Input::Code, ..PLAIN_PROGRAM },
    Program {
        names: &["sqlcmd", "clickhouse-client"],
        options: &["-Q", "-q", "--query"],
        input: Input::Code,
        ..PLAIN_PROGRAM
    },
    Program { names: &["mongo", "mongosh"], options: &["--eval"], input: Input::Code, ..PLAIN_PROGRAM },
    Program {
        names: &["redis-cli", "valkey-cli"],
        options: &["eval", "EVAL", "--eval"],
        input: Input::Code,
        ..PLAIN_PROGRAM
    },
    Program {
        names: &["python", "python2", "python3", "pypy3"],
        options: &["-c"],
        input: Input::CodeWithoutOperand,
        ..PLAIN_PROGRAM
    },
    Program { names: &["perl"], options: &["-e", "-E"], input: Input::CodeWithoutOperand, ..PLAIN_PROGRAM },
    Program { names: &["ruby", "lua", "Rscript"], options: &["-e"], input: Input::CodeWithoutOperand, ..PLAIN_PROGRAM },
    Program {
        names: &["node", "nodejs"],
        options: &["-e", "--eval", "-p", "--print"],
        input: Input::CodeWithoutOperand,
        ..PLAIN_PROGRAM
    },
    Program { names: &["php"], options: &["-r"], input: Input::CodeWithoutOperand, ..PLAIN_PROGRAM },
    Program {
        names: &["powershell", "powershell.exe", "pwsh", "pwsh.exe"],
        options: &["-Command", "-c", "-EncodedCommand", "-e", "-ec"],
        to_the_end: true,
        any_case: true,
        input: Input::Code,
        ..PLAIN_PROGRAM
    },
    Program {
        names: &["cmd", "cmd.exe"],
        options: &["/c", "/k"],
        to_the_end: true,
        any_case: true,
        input: Input::Code,
        ..PLAIN_PROGRAM
    },
    Program {
        names: &["awk", "gawk", "mawk", "nawk"],
        reads: Reads::FirstOperand,
        options: &["-e", "--source"],
        files: &["-f", "--file"],
        values: &[("-v", 1), ("-F", 1), ("--assign", 1), ("--field-separator", 1)],
        ..PLAIN_PROGRAM
    },
    Program {
        names: &["sed", "gsed"],
        reads: Reads::FirstOperand,
        options: &["-e", "--expression"],
        files: &["-f", "--file"],
        values: &[("-l", 1)],
        ..PLAIN_PROGRAM
    },
    Program {
        names: &["jq", "yq", "gojq", "jaq"],
        reads: Reads::FirstOperand,
        files: &["-f", "--from-file"],
        values: &[("--arg", 2), ("--argjson", 2), ("--slurpfile", 2), ("--rawfile", 2), ("--indent", 1), ("-L", 1)],
        ..PLAIN_PROGRAM
    },
    Program { names: &["find"], starts: &["-exec", "-execdir", "-ok", "-okdir"], ..PLAIN_PROGRAM },
    Program {
        names: &["tar", "bsdtar"],
        options: &["-I", "--use-compress-program", "--to-command", "--checkpoint-action", "--rsh-command"],
        ..PLAIN_PROGRAM
    },
    Program { names: &["ansible"], options: &["-a", "--args"], ..PLAIN_PROGRAM },
    Program {
        names: &["at", "batch", "crontab", "ed", "ex", "bc", "dc", "expect", "tclsh"],
        options: &["-c"],
        input: Input::Code,
        ..PLAIN_PROGRAM
    },
];

/// Programs that take a script as an argument, and the options before it.
const INTERPRETERS: [(&str, &[&str]); 13] = [
    ("sh", &["-c"]),
    ("bash", &["-c"]),
    ("dash", &["-c"]),
    ("ash", &["-c"]),
    ("zsh", &["-c"]),
    ("ksh", &["-c"]),
    ("python", &["-c"]),
    ("python3", &["-c"]),
    ("perl", &["-e", "-E"]),
    ("ruby", &["-e"]),
    ("node", &["-e", "--eval"]),
    ("powershell", &["-Command", "-c"]),
    ("pwsh", &["-Command", "-c"]),
];

/// The name of a program without its folder.
fn program_of(word: &str) -> &str {
    word.rsplit(['/', '\\']).next().unwrap_or(word)
}

/// Whether a word is an option, alone or as the last of a group of one letter each: `-ec`.
fn is_option(word: &str, option: &str) -> bool {
    let group = word.strip_prefix('-').filter(|letters| letters.len() > 1 && letters.chars().all(char::is_alphabetic));
    word == option || option.len() == 2 && group.is_some() && word.ends_with(&option[1..])
}

fn written_text(item: &Expression) -> Option<&str> {
    match &item.kind {
        ExpressionKind::Constant(Value::Text(text)) => Some(text),
        _ => None,
    }
}

/// Whether a word is one of texts that stand in the runbook.
fn is_written(item: &Expression) -> bool {
    match &item.kind {
        ExpressionKind::Constant(_) => true,
        ExpressionKind::Conditional(_, then, otherwise) => is_written(then) && is_written(otherwise),
        _ => false,
    }
}

fn starts_written(parts: &[TextPart]) -> bool {
    matches!(parts.first(), Some(TextPart::Literal(text)) if !text.is_empty())
}

/// Whether a value of a type can bring text of somebody's own: texts, what holds one, and words of an enum that is open.
pub(super) fn holds_text(type_of: &Type) -> bool {
    type_of.holds(|inner| match inner {
        Type::Text | Type::Json => true,
        Type::Enum(words) => words.open,
        _ => false,
    })
}

/// Characters that no program reads as anything but themselves: letters and digits of every script, `_`, and some signs.
static PLAIN: LazyLock<ClassUnicode> =
    LazyLock::new(|| match regex_syntax::parse(r"[\w@%+=:,./-]").as_ref().map(Hir::kind) {
        Ok(HirKind::Class(Class::Unicode(class))) => class.clone(),
        _ => ClassUnicode::empty(),
    });

/// Whether an expression takes plain characters alone out of a text.
pub(super) fn is_plain(expression: &Expression) -> bool {
    let ExpressionKind::Method(_, Method::Capture(regex)) = &expression.kind else { return false };
    let Ok(pattern) = regex_syntax::Parser::new().parse(regex.as_str()) else { return false };
    holds_only(first_group(&pattern).unwrap_or(&pattern), &PLAIN)
}

/// What `capture` gives: the first group, where every match has one. Elsewhere it may be the whole match.
fn first_group(hir: &Hir) -> Option<&Hir> {
    let mut open = vec![hir];
    while let Some(next) = open.pop() {
        match next.kind() {
            HirKind::Capture(group) if group.index == 1 => return Some(&group.sub),
            HirKind::Capture(group) => open.push(&group.sub),
            HirKind::Repetition(repeated) if repeated.min > 0 => open.push(&repeated.sub),
            HirKind::Concat(parts) => open.extend(parts),
            HirKind::Repetition(_)
            | HirKind::Alternation(_)
            | HirKind::Empty
            | HirKind::Literal(_)
            | HirKind::Class(_)
            | HirKind::Look(_) => {}
        }
    }
    None
}

fn holds_only(hir: &Hir, plain: &ClassUnicode) -> bool {
    let within = |class: &ClassUnicode| {
        let mut others = class.clone();
        others.difference(plain);
        others.ranges().is_empty()
    };
    let mut open = vec![hir];
    while let Some(next) = open.pop() {
        match next.kind() {
            HirKind::Literal(literal) => {
                let Ok(text) = std::str::from_utf8(&literal.0) else { return false };
                let class = text.chars().map(|character| ClassUnicodeRange::new(character, character));
                if !within(&ClassUnicode::new(class)) {
                    return false;
                }
            }
            HirKind::Class(Class::Unicode(class)) if !within(class) => return false,
            HirKind::Class(Class::Bytes(_)) => return false,
            HirKind::Capture(group) => open.push(&group.sub),
            HirKind::Repetition(repeated) => open.push(&repeated.sub),
            HirKind::Concat(parts) | HirKind::Alternation(parts) => open.extend(parts),
            HirKind::Class(Class::Unicode(_)) | HirKind::Empty | HirKind::Look(_) => {}
        }
    }
    true
}
