//! The last step of linting: rules over the project, allows, and the findings that remain.

use super::allow::Allow;
use super::rule::{Project, Rule, RuleScope};
use super::rules::RULES;
use super::summary::FileSummary;
use crate::diagnostic::{CODES, Code, Diagnostic, code, did_you_mean, nearest, rule_page};
use crate::inventory::Inventory;
use crate::source::Span;
use ecow::EcoString;
use jiff::civil::Date;

#[derive(Debug, Clone, Copy)]
pub struct LintOptions<'a> {
    pub inventory: Option<&'a Inventory>,
    /// Whether every file of the project's folder was linted and has no errors.
    pub whole: bool,
    /// Decides which allows have expired.
    pub today: Date,
}

/// Runs the rules over the project, drops findings that comments allow, and reports problems of those comments.
pub fn finish(files: &[FileSummary], options: LintOptions<'_>) -> Vec<Diagnostic> {
    let project = Project { files, whole: options.whole, inventory: options.inventory };
    let mut findings: Vec<Diagnostic> = files.iter().flat_map(|file| file.findings.iter().cloned()).collect();
    for rule in RULES {
        if let RuleScope::Project(check) = rule.scope {
            findings.extend(rule.findings(options.inventory, |found| check(&project, found)));
        }
    }
    findings.sort_by_key(Diagnostic::span);
    let mut allowed = vec![false; findings.len()];
    let mut of_comments = Vec::new();
    for (file, allow) in files.iter().flat_map(|file| file.allows.iter().map(move |allow| (file, allow))) {
        let mut useless = Vec::new();
        for (name, span) in &allow.rules {
            let Some(page) = rule_page(name) else { continue };
            let from = findings.partition_point(|finding| finding.span() < allow.line);
            let on_line = findings.iter().enumerate().skip(from).take_while(|(_, it)| allow.covers(it.span()));
            let mut meets = false;
            for (position, _) in on_line.filter(|(_, finding)| finding.code == page.code) {
                allowed.get_mut(position).into_iter().for_each(|allowed| *allowed = true);
                meets = true;
            }
            if !meets && has_run(page.code, file, options) {
                useless.push((name, *span));
            }
        }
        check_allow(allow, &useless, options, &mut of_comments);
    }
    let mut keep = allowed.into_iter().map(|allowed| !allowed);
    findings.retain(|_| keep.next().unwrap_or(true));
    for finding in of_comments {
        if let Some(rule) = Rule::by_code(finding.code) {
            findings.extend(rule.findings(options.inventory, |found| found.push(finding)));
        }
    }
    findings
}

/// Whether a rule has run on a file, so that an allow of it can be useless.
fn has_run(code: Code, file: &FileSummary, options: LintOptions<'_>) -> bool {
    Rule::by_code(code).is_some_and(|rule| {
        let has_run = match rule.scope {
            RuleScope::Draft(_) => true,
            RuleScope::File(_) | RuleScope::Findings => file.linted,
            RuleScope::Project(_) => options.whole,
        };
        has_run && rule.level_by(options.inventory).severity().is_some()
    })
}

/// Problems of one allow.
fn check_allow(allow: &Allow, useless: &[(&EcoString, Span)], options: LintOptions<'_>, found: &mut Vec<Diagnostic>) {
    let known = |name: &str| rule_page(name).is_some();
    for (name, span) in allow.rules.iter().filter(|(name, _)| !known(name)) {
        found.push(unknown(name, *span));
    }
    if allow.rules.is_empty() {
        let message = "This allow names no rule";
        found.push(Diagnostic::warning(code::UNKNOWN_RULE, allow.comment, message).help(HOW));
        return;
    }
    if !allow.has_reason && allow.rules.iter().any(|(name, _)| known(name)) {
        let message = "This allow gives no reason";
        found.push(Diagnostic::warning(code::ALLOW_WITHOUT_REASON, allow.comment, message).help(HOW));
    }
    match allow.until {
        Some((None, span)) => {
            let message = "Malformed date after `until`";
            found.push(
                Diagnostic::warning(code::EXPIRED_ALLOW, span, message).help("Write the date as in `2027-01-31`"),
            );
            return;
        }
        Some((Some(date), span)) if date < options.today => {
            let message = format!("This allow expired on {date}");
            found.push(
                Diagnostic::warning(code::EXPIRED_ALLOW, span, message)
                    .help("Fix the finding, or set a new date and reason"),
            );
            return;
        }
        _ => {}
    }
    // Removed as a whole where no rule in it is needed; otherwise the author removes the words.
    let all = useless.len() == allow.rules.len();
    for (name, span) in useless {
        let message = format!("Unused allow: `{name}` has no finding here");
        let finding = Diagnostic::warning(code::USELESS_ALLOW, *span, message)
            .help("Write an allow at the end of the line that it applies to, or on the line before");
        found.push(if all { finding.fix(allow.whole, "") } else { finding });
    }
}

const HOW: &str = "Write `# allow: RULE — because …`";

fn unknown(name: &str, span: Span) -> Diagnostic {
    let finding = Diagnostic::warning(code::UNKNOWN_RULE, span, format!("Unknown rule `{name}`"));
    let code = CODES.iter().find(|page| page.code == Code(canonical_code(name).unwrap_or_default()));
    match code {
        Some(page) => match page.rule {
            Some(rule) => finding.help(format!("Write `{rule}`, the rule of {}", page.code)).fix(span, rule),
            None => {
                finding.help(format!("Fix the error: {} is an error of the language and cannot be allowed", page.code))
            }
        },
        None => match nearest(name, CODES.iter().filter_map(|page| page.rule)) {
            Some(rule) => finding.help(did_you_mean(rule)).fix(span, rule),
            None => finding.help("Run `rectify explain RULE`, or see `docs/codes/README.md` for all rules"),
        },
    }
}

/// The code in its usual spelling, if a code was written in place of a rule.
fn canonical_code(name: &str) -> Option<&'static str> {
    CODES.iter().map(|page| page.code.0).find(|code| code.eq_ignore_ascii_case(name))
}

impl Rule {
    pub fn by_code(code: Code) -> Option<&'static Rule> {
        RULES.iter().find(|rule| rule.code == code)
    }
}
