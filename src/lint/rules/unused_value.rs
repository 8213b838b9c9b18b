//! `let` statements whose value nothing uses.

use crate::diagnostic::{Diagnostic, Level, code};
use crate::lint::rule::{File, Rule, RuleScope};

pub const RULE: Rule = Rule {
    code: code::UNUSED_VALUE,
    level: Level::Warning,
    since: "0.1.0",
    fixable: false,
    scope: RuleScope::File(check),
};

fn check(file: &File<'_>, found: &mut Vec<Diagnostic>) {
    for part in &file.index.declarations {
        for name in part.lets.iter().filter(|name| !name.text.starts_with('_') && !part.uses(&name.text)) {
            found.push(
                Diagnostic::warning(code::UNUSED_VALUE, name.span, format!("The value `{}` is not used", name.text))
                    .help("Remove it, or start its name with `_` if only the call matters"),
            );
        }
    }
}
