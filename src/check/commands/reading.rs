//! Follows a command from the outermost program to the innermost, and collects the words that are read as code.

use super::programs::{CodeWords, Input, LOADING, PROGRAMS, Program};
use super::wrappers::{WRAPPERS, Wrapper};
use super::{Origin, is_ssh};

/// Stands for the text of standard input among the positions of words.
pub(super) const INPUT: usize = usize::MAX;

/// A word of a command, as far as it is known before the command runs.
#[derive(Clone, Copy)]
pub(super) struct Word<'w> {
    /// All of it, where it is literal.
    pub written: Option<&'w str>,
    /// Its literal beginning.
    pub prefix: &'w str,
    /// Whether a literal part contains a colon.
    pub colon: bool,
    pub origin: Origin,
    /// Its position in the command.
    pub at: usize,
}

impl<'w> Word<'w> {
    fn literal(text: &'w str, at: usize) -> Self {
        Self { written: Some(text), prefix: text, colon: text.contains(':'), origin: Origin::Written, at }
    }

    fn is_option(&self) -> bool {
        self.prefix.starts_with('-') && self.prefix.len() > 1
    }

    fn is_one_of(&self, words: &[&str]) -> bool {
        self.written.is_some_and(|word| words.contains(&word))
    }
}

pub(super) struct CodeWord {
    pub at: usize,
    pub program: String,
    pub why: &'static str,
    /// Whether a shell reads it, so that plain characters stand for themselves.
    pub shell: bool,
}

/// The least origin of a word that must not be read as code. Plain characters stand for themselves in a shell.
pub(super) fn least_origin(program: &str, shell: bool) -> Origin {
    if shell && !is_ssh(program) { Origin::Outside } else { Origin::Plain }
}

pub(super) const JOINED: &str = "joins its arguments into a line for a shell";
const LINE: &str = "passes this argument to a shell";
const CODE: &str = "runs this argument as code";
const STDIN: &str = "runs its input as code";
const WORDS: &str = "splits its input into words and runs them as code";
const LOADED: &str = "may load or run what this argument names";

const TOO_MANY: &str = "starts too many nested programs to check";

/// At most this many programs of a command are followed.
const MOST_PROGRAMS: usize = 64;

const STANDARD_INPUT: &[&str] = &["-", "/dev/stdin", "/dev/fd/0", "/proc/self/fd/0"];

pub(super) struct Reading<'w> {
    words: Vec<Word<'w>>,
    input: Origin,
    pub found: Vec<CodeWord>,
    /// The positions of scripts that are not literal.
    pub scripts: Vec<usize>,
    /// The number of programs followed so far.
    steps: usize,
}

/// The options and operands of a program.
#[derive(Default)]
struct ParsedOptions {
    code: Vec<usize>,
    operands: Vec<usize>,
    file: bool,
    input: bool,
}

impl<'w> Reading<'w> {
    pub(super) fn new(words: Vec<Word<'w>>, input: Origin) -> Self {
        Self::after(0, words, input)
    }

    fn after(steps: usize, words: Vec<Word<'w>>, input: Origin) -> Self {
        let mut reading = Self { words, input, found: Vec::new(), scripts: Vec::new(), steps };
        if !reading.command(0, "", true) {
            // An unknown program may start a shell.
            let is_shell = |word: &Word<'_>| {
                find_program(word).is_some_and(|program| matches!(program.reads, CodeWords::ShellScript))
            };
            if let Some(shell) = (1..reading.words.len()).find(|at| is_shell(&reading.words[*at])) {
                reading.input = Origin::Written;
                reading.command(shell, "", false);
            }
        }
        reading
    }

    fn add_code_word(&mut self, at: usize, program: &str, why: &'static str, shell: bool) {
        let least = least_origin(program, shell);
        let Some(word) = self.words.get(at).filter(|word| word.origin >= least) else { return };
        self.found.push(CodeWord { at: word.at, program: program.to_owned(), why, shell });
    }

    fn find_input(&mut self, program: &str, why: &'static str, shell: bool) {
        let least = least_origin(program, shell);
        if self.input >= least {
            self.found.push(CodeWord { at: INPUT, program: program.to_owned(), why, shell });
        }
    }

    /// Reads the command that begins at a word. False where its program is unknown.
    fn command(&mut self, at: usize, wrapper: &str, certain: bool) -> bool {
        let Some(word) = self.words.get(at).copied() else { return false };
        self.steps += 1;
        if self.steps > MOST_PROGRAMS {
            // Reading it once covers all words that follow.
            if self.steps == MOST_PROGRAMS + 1 {
                (at..self.words.len()).for_each(|at| self.add_code_word(at, wrapper, TOO_MANY, false));
                self.find_input(wrapper, TOO_MANY, false);
            }
            return true;
        }
        let Some(written) = word.written else {
            if certain && at > 0 {
                self.add_code_word(at, wrapper, LOADED, false);
            }
            return false;
        };
        let name = program_of(written);
        let mut is_known = false;
        for wrapper in WRAPPERS.iter().filter(|wrapper| is_named(wrapper.names, name)) {
            is_known = true;
            for path in wrapper.paths {
                self.wrapped(at, name, wrapper, path);
            }
        }
        let has_subcommand = |program: &Program, words: &[Word<'_>]| {
            let matches = |word: &Word<'_>| {
                word.written.is_some_and(|word| {
                    program.subcommands.iter().any(|subcommand| {
                        *subcommand == word || subcommand.ends_with('.') && word.starts_with(subcommand)
                    })
                })
            };
            program.subcommands.is_empty() || words.iter().any(matches)
        };
        for program in PROGRAMS.iter().filter(|program| is_named(program.names, name)) {
            is_known = true;
            if has_subcommand(program, &self.words[at + 1..]) {
                self.reads(at, name, program);
            }
        }
        is_known
    }

    /// Reads the command inside another, after the options with their values, the operands and the assignments.
    fn wrapped(&mut self, at: usize, name: &str, wrapper: &Wrapper, path: &[&str]) {
        let mut path = path;
        // Options that may or may not have a value, and the operands so far.
        let (mut unknown, mut operands) = (0, 0);
        let (mut ended, mut shell) = (false, wrapper.shells.contains(&""));
        let mut next = at + 1;
        while let Some(word) = self.words.get(next).copied() {
            let here = next;
            next += 1;
            if !ended && word.written == Some("--") {
                if wrapper.dashes && path.is_empty() {
                    self.inner(here + 1, name, wrapper, true);
                    return;
                }
                ended = true;
            } else if !ended && word.is_option() {
                shell |= word.is_one_of(wrapper.shells);
                for (options, loads) in [(wrapper.code, false), (wrapper.env, true)] {
                    let Some(option) = options.iter().find(|option| word.prefix.starts_with(**option)) else {
                        continue;
                    };
                    let value = if word.prefix == *option && word.written.is_some() { next } else { here };
                    match loads {
                        true => _ = self.assignment(value, if value == here { option } else { "" }, name),
                        false => self.add_code_word(value, name, CODE, false),
                    }
                }
                match takes_next(&word, wrapper) {
                    Some(takes) => next += usize::from(takes),
                    None if operands <= wrapper.operands => unknown += 1,
                    None => {}
                }
            } else if let [head, tail @ ..] = path {
                if word.written == Some(*head) {
                    path = tail;
                } else if unknown > 0 {
                    unknown -= 1;
                } else {
                    return;
                }
            } else if wrapper.assigns && self.assignment(here, "", name) {
            } else {
                let is_inner = operands >= wrapper.operands;
                if is_inner && (self.inner(here, name, wrapper, unknown == 0) || operands >= wrapper.operands + unknown)
                {
                    return;
                }
                operands += 1;
            }
        }
        if wrapper.input_as_words {
            return;
        }
        if shell && path.is_empty() && operands >= wrapper.operands {
            self.find_input(name, STDIN, true);
        }
    }

    /// The program that a wrapper starts.
    fn inner(&mut self, at: usize, name: &str, wrapper: &Wrapper, certain: bool) -> bool {
        if !wrapper.input_as_words {
            return self.command(at, name, certain);
        }
        // Its input becomes words of the command, at the end or in place of a placeholder.
        let before = &self.words[..at.min(self.words.len())];
        let replaces = before.iter().any(|word| word.prefix.starts_with("-I") || word.is_one_of(&["-i", "--replace"]));
        let mut words = self.words[at..].to_vec();
        if replaces {
            for word in words.iter_mut().filter(|word| word.written.is_some_and(|word| word.contains("{}"))) {
                *word = Word { written: None, origin: self.input, at: INPUT, ..*word };
            }
        } else {
            words.push(Word { written: None, prefix: "", colon: false, origin: self.input, at: INPUT });
        }
        let mut inner =
            Self { words, input: Origin::Written, found: Vec::new(), scripts: Vec::new(), steps: self.steps };
        let is_known = inner.command(0, name, certain);
        self.steps = inner.steps;
        let input = inner.scripts.contains(&INPUT) || inner.found.iter().any(|found| found.at == INPUT);
        self.scripts.extend(inner.scripts.into_iter().filter(|at| *at != INPUT));
        self.found.extend(inner.found.into_iter().filter(|found| found.at != INPUT));
        if input {
            self.find_input(name, WORDS, true);
        }
        is_known
    }

    /// `NAME=VALUE` for a program, perhaps after an option. Some names make it load or run the value.
    fn assignment(&mut self, at: usize, option: &str, wrapper: &str) -> bool {
        let Some(word) = self.words.get(at) else { return false };
        let written = word.prefix.strip_prefix(option).unwrap_or(word.prefix).trim_start_matches('=');
        let Some((name, _)) = written.split_once('=') else { return false };
        let loads = |known: &str| known.strip_suffix('*').map_or(name == known, |start| name.starts_with(start));
        if LOADING.iter().any(|known| loads(known)) {
            self.add_code_word(at, wrapper, LOADED, false);
        }
        true
    }

    fn reads(&mut self, at: usize, name: &str, program: &Program) {
        let words = self.words.clone();
        let rest = at + 1..words.len();
        let why = if program.shell { LINE } else { CODE };
        if matches!(program.reads, CodeWords::ShellScript) {
            return self.shell(at, name, program);
        }
        let parsed = self.parse(at, program);
        for next in &parsed.code {
            // Where the code extends to the end, the first word is the script.
            match program.to_the_end && Some(next) != parsed.code.first() {
                true => self.add_code_word(*next, name, why, program.shell),
                false => self.code(*next, name, why, program),
            }
        }
        let has_code = parsed.file || !parsed.code.is_empty();
        match program.reads {
            CodeWords::EveryWord | CodeWords::RemoteCommand => {
                let why = if program.shell { JOINED } else { CODE };
                rest.clone().for_each(|at| self.add_code_word(at, name, why, program.shell));
                if matches!(program.reads, CodeWords::RemoteCommand) {
                    self.remote_command(name, program, &parsed);
                }
            }
            CodeWords::RemotePaths => {
                for at in rest.clone().filter(|at| words[*at].colon) {
                    self.add_code_word(at, name, LINE, true);
                }
            }
            // Newer versions of PowerShell take the first operand for a file.
            CodeWords::FirstOperand if has_code || is_named(&["pwsh"], name) => {}
            CodeWords::FirstOperand => {
                let until = if program.to_the_end { parsed.operands.len() } else { 1 };
                parsed.operands.iter().take(until).for_each(|at| self.add_code_word(*at, name, why, program.shell));
            }
            CodeWords::LaterOperands => {
                parsed.operands.iter().skip(1).for_each(|at| self.add_code_word(*at, name, why, program.shell));
            }
            CodeWords::Assignments => {
                for at in parsed.operands.iter().filter(|at| words[**at].prefix.contains('=')) {
                    self.add_code_word(*at, name, why, program.shell);
                }
            }
            CodeWords::Options | CodeWords::ShellScript => {}
        }
        for next in rest {
            if words[next].is_one_of(program.starts) {
                self.command(next + 1, name, true);
            }
        }
        let from_input = |at: &usize| words.get(*at).is_some_and(|word| word.is_one_of(STANDARD_INPUT));
        let named = parsed.operands.first().is_some_and(from_input) || parsed.code.iter().any(from_input);
        let is_code = match program.input {
            Input::Data => parsed.input,
            Input::Code => true,
            Input::CodeWithoutScript if program.script => {
                parsed.input || named || !has_code && parsed.operands.is_empty()
            }
            Input::CodeWithoutScript => parsed.input || !has_code,
        };
        if is_code {
            self.find_input(name, STDIN, program.shell);
        }
    }

    fn code(&mut self, at: usize, name: &str, why: &'static str, program: &Program) {
        if let Some(word) = self.words.get(at)
            && program.script
            && word.written.is_none()
        {
            self.scripts.push(word.at);
        }
        self.add_code_word(at, name, why, program.shell);
    }

    fn parse(&self, at: usize, program: &Program) -> ParsedOptions {
        let mut parsed = ParsedOptions::default();
        let mut next = at + 1;
        while let Some(word) = self.words.get(next) {
            let here = next;
            next += 1;
            if word.written == Some("--") {
                parsed.operands.extend(next..self.words.len());
                break;
            }
            let is_alone = |option: &&&str| match program.any_case {
                true => word.written.is_some_and(|word| is_short_for(word, option)),
                false => word.written.is_some_and(|word| is_option(word, option)),
            };
            let value = |(option, _): &&(&str, usize)| match (program.any_case, word.written) {
                (true, Some(word)) => word.eq_ignore_ascii_case(option),
                (false, Some(word)) => word == *option,
                (_, None) => false,
            };
            if let Some((_, values)) = program.values.iter().find(value) {
                next += values;
            } else if program.values.iter().any(|(option, _)| is_attached(word, option)) {
            } else if program.code.iter().any(|option| is_alone(&option)) {
                let until = if program.to_the_end { self.words.len() } else { self.words.len().min(next + 1) };
                parsed.code.extend(next..until);
                next = until;
                if program.ends {
                    break;
                }
            } else if !program.any_case && program.code.iter().any(|option| is_attached(word, option)) {
                parsed.code.push(here);
            } else if program.files.iter().any(|option| is_alone(&option)) {
                parsed.file = true;
                parsed.input |= self.words.get(next).is_some_and(|word| word.is_one_of(STANDARD_INPUT));
                next += 1;
                if program.stops {
                    break;
                }
            } else if !(word.is_option() || program.any_case && word.prefix.starts_with('/')) {
                parsed.operands.push(here);
                if program.stops {
                    parsed.operands.extend(next..self.words.len());
                    break;
                }
            }
        }
        parsed
    }

    /// A shell. Its script is the first word after its options where one of them is `-c`, otherwise a file.
    fn shell(&mut self, at: usize, name: &str, program: &Program) {
        let (mut has_script, mut reads_input) = (false, false);
        let mut next = at + 1;
        while let Some(word) = self.words.get(next).copied() {
            if word.is_one_of(&["--", "-"]) {
                next += 1;
                break;
            }
            let Some(letters) = word.prefix.strip_prefix(['-', '+']).filter(|letters| !letters.is_empty()) else {
                break;
            };
            if let Some(long) = letters.strip_prefix('-') {
                has_script |= matches!(long, "command" | "commands");
                if long.starts_with("command") && word.written.is_none() {
                    self.code(next, name, LINE, program);
                }
                next += usize::from(matches!(long, "rcfile" | "init-file" | "init-command" | "config"));
            } else {
                let letters = letters.split(|letter: char| !letter.is_alphabetic()).next().unwrap_or_default();
                has_script |= letters.contains('c') && word.prefix.starts_with('-');
                reads_input |= letters.contains('s');
                if letters.contains('c') && word.written.is_none() {
                    self.code(next, name, LINE, program);
                }
                next += usize::from(letters.ends_with(['o', 'O']));
            }
            next += 1;
        }
        if has_script {
            self.code(next, name, LINE, program);
            if let Some(script) = self.words.get(next).and_then(|word| word.written)
                && let Some(inner) = shell_inside(script)
            {
                (next + 1..self.words.len()).for_each(|at| self.add_code_word(at, inner, JOINED, true));
            }
        } else if reads_input || self.words.get(next).is_none_or(|word| word.is_one_of(STANDARD_INPUT)) {
            self.find_input(name, STDIN, true);
        }
    }

    /// What a program on another host does with the input: a shell reads it where no command is named.
    fn remote_command(&mut self, name: &str, program: &Program, parsed: &ParsedOptions) {
        let Some(host) = parsed.operands.first() else { return };
        let mut next = host + 1;
        while let Some(word) = self.words.get(next).filter(|word| word.is_option()) {
            next += 1 + program
                .values
                .iter()
                .find(|(option, _)| word.is_one_of(&[option]))
                .map_or(0, |(_, values)| *values);
        }
        let mut words = Vec::new();
        for word in self.words.iter().skip(next) {
            match word.written {
                Some(line) => words
                    .extend(line.split_whitespace().map(|text| Word::literal(text.trim_matches(['\'', '"']), word.at))),
                None => words.push(Word { origin: Origin::Written, ..*word }),
            }
        }
        if words.is_empty() {
            return self.find_input(name, STDIN, true);
        }
        let inner = Self::after(self.steps, words, self.input);
        self.steps = inner.steps;
        self.found.extend(inner.found.into_iter().filter(|found| found.at == INPUT));
    }
}

fn find_program(word: &Word<'_>) -> Option<&'static Program> {
    let name = program_of(word.written?);
    PROGRAMS.iter().find(|program| is_named(program.names, name))
}

/// Whether the next word is the value of a wrapper's option. `None` where that is unknown.
fn takes_next(word: &Word<'_>, wrapper: &Wrapper) -> Option<bool> {
    let Some(written) = word.written else { return Some(false) };
    if wrapper.flags.contains(&written) || written.contains('=') {
        return Some(false);
    }
    if wrapper.values.contains(&written) || wrapper.code.contains(&written) {
        return Some(true);
    }
    if written.starts_with("--") || written.len() <= 2 {
        return None;
    }
    // A group of letters, or an option with its value.
    let attached = wrapper.values.iter().any(|option| option.len() == 2 && written.starts_with(option));
    Some(!attached && wrapper.values.iter().any(|option| is_option(written, option)))
}

/// The program inside a script that reads its words again: a shell, a program that joins its words, or `eval`.
fn shell_inside(script: &str) -> Option<&str> {
    if !script.contains('$') {
        return None;
    }
    // Whether a program can come here, and whether one that starts others comes before.
    let (mut begins, mut wrapped) = (true, false);
    for line in script.split([';', '|', '&', '(', ')', '{', '}', '\n', '`']) {
        for word in line.split_whitespace() {
            let name = program_of(word.trim_matches(['"', '\'']));
            let joins = |program: &&Program| {
                program.shell
                    && matches!(program.reads, CodeWords::EveryWord | CodeWords::RemoteCommand | CodeWords::ShellScript)
                    || program.names.contains(&"su")
            };
            if (begins || wrapped) && PROGRAMS.iter().filter(joins).any(|program| is_named(program.names, name)) {
                return Some(name);
            }
            wrapped |= begins && WRAPPERS.iter().any(|wrapper| is_named(wrapper.names, name));
            begins = begins
                && (word.contains('=')
                    || matches!(word, "if" | "then" | "else" | "elif" | "while" | "until" | "do" | "!"));
        }
        (begins, wrapped) = (true, false);
    }
    None
}

/// The name of a program without folder and extension.
fn program_of(word: &str) -> &str {
    let name = word.rsplit(['/', '\\']).next().unwrap_or(word);
    match name.len().checked_sub(4).and_then(|at| name.split_at_checked(at)) {
        Some((start, ending)) if ending.eq_ignore_ascii_case(".exe") => start,
        _ => name,
    }
}

/// Whether a program has one of these names, with or without a version.
fn is_named(names: &[&str], name: &str) -> bool {
    let plain = name.trim_end_matches(|letter: char| letter.is_ascii_digit() || letter == '.' || letter == '-');
    names.contains(&name) || names.contains(&plain)
}

/// Whether a word is an option, alone or at the end of a group of single letters: `-ec`.
fn is_option(word: &str, option: &str) -> bool {
    let group = word.strip_prefix('-').filter(|letters| letters.len() > 1 && letters.chars().all(char::is_alphabetic));
    word == option || option.len() == 2 && option.starts_with('-') && group.is_some() && word.ends_with(&option[1..])
}

/// The same for PowerShell, where options can be abbreviated.
fn is_short_for(word: &str, option: &str) -> bool {
    let word = word.to_ascii_lowercase();
    word == option || word.len() > 1 && option.len() > 3 && option.starts_with(&word)
}

/// Whether a word is an option with its value: `-cVALUE`, `-ncVALUE`, `--command=VALUE`.
fn is_attached(word: &Word<'_>, option: &str) -> bool {
    if option.starts_with("--") {
        return word.prefix.strip_prefix(option).is_some_and(|rest| rest.starts_with('='));
    }
    let [b'-', letter] = option.as_bytes() else { return false };
    let starts = word.prefix.starts_with(option) && (word.prefix.len() > 2 || word.written.is_none());
    let letters = word.prefix.strip_prefix('-').unwrap_or_default();
    let group = word.written.is_none()
        && !letters.is_empty()
        && letters.bytes().all(|letter| letter.is_ascii_alphabetic())
        && letters.as_bytes().last() == Some(letter);
    starts || group
}
