//! Parameters that nothing uses: whoever starts the runbook must give a value without effect.

use crate::diagnostic::{Diagnostic, Level, code};
use crate::lint::rule::{File, Rule, RuleScope};
use crate::syntax::ast::{Declaration, Parameter};

pub const RULE: Rule = Rule {
    code: code::UNUSED_PARAMETER,
    level: Level::Warning,
    since: "0.1.0",
    fixable: false,
    scope: RuleScope::File(check),
};

fn check(file: &File<'_>, found: &mut Vec<Diagnostic>) {
    for part in &file.index.declarations {
        let (name, parameters): (_, &[Parameter]) = match part.declaration {
            Declaration::Runbook(it) => (&it.name, &it.parameters),
            Declaration::Procedure(it) => (&it.name, &it.parameters),
            Declaration::Probe(it) => (&it.name, &it.parameters),
            Declaration::Import(_)
            | Declaration::Role(_)
            | Declaration::Record(_)
            | Declaration::Enumeration(_)
            | Declaration::Limit(_)
            | Declaration::Backend(_)
            | Declaration::Test(_) => continue,
        };
        let unused = parameters.iter().filter(|it| !it.name.text.starts_with('_') && !part.uses(&it.name.text));
        for parameter in unused {
            let message = format!("The parameter `{}` of `{}` is not used", parameter.name.text, name.text);
            found.push(
                Diagnostic::warning(code::UNUSED_PARAMETER, parameter.name.span, message)
                    .help("Remove it, or start its name with `_` if callers must supply it"),
            );
        }
    }
}
