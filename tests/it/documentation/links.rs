//! Links in Markdown: to files, folders and headings of this repository.

use std::collections::BTreeMap;
use std::path::Path;

/// The lines of a Markdown file without code.
fn prose(markdown: &str) -> Vec<String> {
    let mut fence: Option<String> = None;
    let mut lines = Vec::new();
    for line in markdown.lines() {
        let marks: String = line.trim_start().chars().take_while(|mark| *mark == '`').collect();
        match &fence {
            Some(open) if line.trim() == open.as_str() => fence = None,
            Some(_) => {}
            None if marks.len() >= 3 => fence = Some(marks),
            // Between backticks is every second part.
            None => lines.push(line.split('`').step_by(2).collect::<Vec<_>>().join("`")),
        }
    }
    lines
}

/// Every link within the repository, as written.
pub fn of(markdown: &str) -> Vec<String> {
    let mut links = Vec::new();
    for line in prose(markdown) {
        let inline = line.split("](").skip(1).filter_map(|rest| rest.split([')', ' ']).next());
        let defined = line.strip_prefix('[').and_then(|rest| rest.split_once("]: ")).map(|(_, target)| target.trim());
        links.extend(inline.chain(defined).map(str::to_owned));
    }
    links.retain(|link| !link.contains("://") && !link.starts_with("mailto:"));
    links
}

/// Why a link is broken; `None` if it works.
pub fn broken(file: &Path, link: &str, root: &Path) -> Option<String> {
    let (path, heading) = link.split_once('#').unwrap_or((link, ""));
    let folder = file.parent().unwrap_or(Path::new(""));
    let target = if path.is_empty() { root.join(file) } else { root.join(folder).join(path) };
    if !target.exists() {
        return Some("there is no such file".to_owned());
    }
    if heading.is_empty() {
        return None;
    }
    let text = std::fs::read_to_string(&target).ok()?;
    (!anchors(&text).iter().any(|anchor| anchor == heading)).then(|| "there is no such heading".to_owned())
}

/// Anchors of headings, as forges generate them: lower case, without punctuation, hyphens for spaces, and numbers for
/// repetitions.
fn anchors(markdown: &str) -> Vec<String> {
    let mut seen: BTreeMap<String, u32> = BTreeMap::new();
    let mut anchors = Vec::new();
    for heading in headings(markdown) {
        let kept = heading.to_lowercase();
        let kept = kept.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
        let anchor: String = kept.map(|c| if c == ' ' { '-' } else { c }).collect();
        let count = seen.entry(anchor.clone()).or_default();
        anchors.push(if *count == 0 { anchor } else { format!("{anchor}-{count}") });
        *count += 1;
    }
    anchors
}

/// The headings outside code blocks.
fn headings(markdown: &str) -> Vec<String> {
    let mut fenced = false;
    let mut headings = Vec::new();
    for line in markdown.lines() {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
        } else if !fenced && line.starts_with('#') {
            headings.push(line.trim_start_matches('#').trim().to_owned());
        }
    }
    headings
}
