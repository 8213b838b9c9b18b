//! Commands that go to a host through `ssh`, whose login shell splits and interprets the words. `remote` sends them as data.

use crate::check::{as_remote, ssh_command};
use crate::diagnostic::{Diagnostic, Level, code};
use crate::lint::rule::{File, Rule, RuleScope};

/// Text from outside in such a command is an error of the checker, so a file with errors has no finding as well.
pub const RULE: Rule = Rule {
    code: code::SSH_COMMAND,
    level: Level::Warning,
    since: "0.1.0",
    fixable: true,
    scope: RuleScope::File(check),
};

fn check(file: &File<'_>, found: &mut Vec<Diagnostic>) {
    for call in &file.index.calls {
        let Some((class, [program, ..])) = ssh_command(call) else { continue };
        let diagnostic = Diagnostic::warning(
            code::SSH_COMMAND,
            program.span,
            "`ssh` sends this command through a shell on the host, which splits and interprets its words",
        );
        let diagnostic = diagnostic.help(format!(
            "Use `remote.{class}([…], on: HOST)`: each word arrives as it is, and the host is locked and counted. How it is \
             reached stands in rectify.yaml (`ssh:`)"
        ));
        found.push(match as_remote(call, &file.source.text, false) {
            Some(replacement) => diagnostic.fix(call.span, replacement),
            None => diagnostic,
        });
    }
}
