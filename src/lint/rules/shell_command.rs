//! Commands that go through a shell, which gives blanks, quotes and `$` a meaning of its own.

use crate::diagnostic::{Diagnostic, Level, code};
use crate::lint::rule::{File, Rule, RuleScope};
use crate::source::Span;
use crate::syntax::ast::{Expression, ExpressionKind};
use ecow::EcoString;

pub const RULE: Rule = Rule {
    code: code::SHELL_COMMAND,
    level: Level::Warning,
    since: "0.1.0",
    fixable: false,
    scope: RuleScope::Draft(check),
};

fn check(file: &File<'_>, found: &mut Vec<Diagnostic>) {
    for expression in &file.index.expressions {
        let ExpressionKind::List(items) = &expression.kind else { continue };
        if let Some((span, program)) = shell(items) {
            let message = format!("`{program}` runs this text as a script");
            found.push(Diagnostic::warning(code::SHELL_COMMAND, span, message).help(
                "Call the program directly, with one list item per argument; put a necessary script into a file",
            ));
        }
    }
}

/// The script for a shell, and the shell's name. Arguments after the script make it safe: they reach it as `$1`, not as
/// part of its text.
fn shell(items: &[Expression]) -> Option<(Span, EcoString)> {
    (0..items.len()).find_map(|at| {
        let [program, option, script, rest @ ..] = items.get(at..)? else { return None };
        let (program, option) = (program.literal_text()?, option.literal_text()?.to_lowercase());
        let name = program.rsplit(['/', '\\']).next().unwrap_or_default().to_lowercase();
        let reads = match name.trim_end_matches(".exe") {
            "sh" | "bash" | "dash" | "ash" | "zsh" | "ksh" => {
                let flags = option.strip_prefix('-').filter(|flags| !flags.starts_with('-'));
                flags.is_some_and(|flags| flags.ends_with('c')) && rest.is_empty()
            }
            "powershell" | "pwsh" => ["-command", "-c", "-encodedcommand", "-e", "-ec"].contains(&option.as_str()),
            "cmd" => ["/c", "/k"].contains(&option.as_str()),
            _ => false,
        };
        reads.then(|| (script.span, name.into()))
    })
}
