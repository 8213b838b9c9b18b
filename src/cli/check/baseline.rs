//! Applies the baseline: suppresses known findings, reports stale entries.

use crate::cli::UsageError;
use crate::cli::atomic_write::write;
use crate::cli::output::report;
use crate::diagnostic::{Diagnostic, code, rule_of};
use crate::lint::{Baseline, KnownFinding, Rule};
use crate::project::ProjectError;
use crate::project::check::ProjectFindings;
use crate::project::files::read_text;
use crate::source::{SourceMap, Span};
use std::path::{Component, Path};

/// Suppresses the findings of the baseline; with `rewrite`, writes all findings to it first.
///
/// # Errors
/// The baseline cannot be read or written.
pub fn suppress_known(findings: &mut ProjectFindings, rewrite: bool) -> Result<(), UsageError> {
    let Some((path, span)) = findings.lints.baseline.clone() else {
        return match rewrite {
            true => Err("`rectify.yaml` names no baseline: add `lints: {baseline: lint-baseline.json}`".into()),
            false => Ok(()),
        };
    };
    let file = findings.folder.join(&path);
    if rewrite {
        let baseline = Baseline::new(findings.diagnostics.iter().filter_map(|finding| known(finding, findings)));
        write(&file, &baseline.text()).map_err(|error| format!("{} cannot be written: {error}", file.display()))?;
        report(&format!("{} written", file.display()));
    }
    let text = read_text(&file).map_err(|error| ProjectError::Unreadable { path: file.clone(), error })?;
    let mut baseline = Baseline::read(&text).map_err(|why| format!("{} {why}", file.display()))?;
    let diagnostics = std::mem::take(&mut findings.diagnostics);
    let (mut left, mut reported) = (Vec::new(), Vec::new());
    for finding in diagnostics {
        match known(&finding, findings).is_some_and(|known| baseline.consume(&known)) {
            true => left.push(finding),
            false => reported.push(finding),
        }
    }
    findings.diagnostics = reported;
    let checked: Vec<String> = findings.named.iter().map(|name| as_seen_from(&findings.folder, name)).collect();
    let level = Rule::by_code(code::STALE_BASELINE)
        .map(|rule| findings.lints.level(rule.code).unwrap_or(rule.level))
        .and_then(crate::diagnostic::Level::severity);
    for (gone, count) in baseline.remaining().filter(|(gone, _)| findings.whole || checked.contains(&gone.file)) {
        let Some(severity) = level else { break };
        findings.diagnostics.push(Diagnostic { severity, ..stale(gone, count, span) });
    }
    Ok(())
}

fn stale(gone: &KnownFinding, count: usize, span: Span) -> Diagnostic {
    let times = if count == 1 { String::new() } else { format!(" {count} times") };
    let message = format!("Stale baseline entry of `{}`{times} in {}: {}", gone.rule, gone.file, gone.message);
    Diagnostic::warning(code::STALE_BASELINE, span, message).help("Run `rectify check --write-baseline`")
}

/// The baseline entry of a finding. Only findings of lint rules have one.
fn known(finding: &Diagnostic, findings: &ProjectFindings) -> Option<KnownFinding> {
    let rule = rule_of(finding.code)?;
    let file = file_of(finding, &findings.sources)?;
    Some(KnownFinding {
        file: as_seen_from(&findings.folder, Path::new(file)),
        rule: rule.to_owned(),
        message: finding.message.clone(),
    })
}

fn file_of<'s>(finding: &Diagnostic, sources: &'s SourceMap) -> Option<&'s str> {
    sources.file(finding.span().file).map(|file| &*file.name)
}

/// A path relative to the inventory's folder, with `/` as separator, so that it is the same on every machine.
fn as_seen_from(folder: &Path, path: &Path) -> String {
    let parts = |path: &Path| -> Vec<String> {
        let real = path.components().filter(|part| !matches!(part, Component::CurDir));
        real.map(|part| part.as_os_str().to_string_lossy().into_owned()).collect()
    };
    let (folder, path) = (parts(folder), parts(path));
    path.strip_prefix(folder.as_slice()).unwrap_or(&path).join("/")
}

#[cfg(test)]
mod tests {
    use super::as_seen_from;
    use std::path::Path;

    #[test]
    fn paths_are_relative_to_the_inventory() {
        assert_eq!(as_seen_from(Path::new("."), Path::new("./a/b.runbook")), "a/b.runbook");
        assert_eq!(as_seen_from(Path::new("site"), Path::new("site/b.runbook")), "b.runbook");
        assert_eq!(as_seen_from(Path::new("/x/site"), Path::new("/x/site/a/b.runbook")), "a/b.runbook");
    }
}
