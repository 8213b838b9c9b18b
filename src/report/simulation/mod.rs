//! Many simulated runs on one page: a self-contained HTML file without scripts and external resources.
//!
//! Colour is never the only sign: outcomes have words, marks on a timeline have letters, faults have a pattern.

mod figures;
mod html;
mod timeline;

#[cfg(test)]
mod tests;

use html::escaped;
use std::fmt::Write;

/// The style sheet, for light and dark screens, telephones and print.
const STYLE: &str = include_str!("style.css");

/// The largest number of runs whose timelines are on the page, with a violation and without.
const MOST_TIMELINES: usize = 150;

/// Up to so many runs, each is open.
const MOST_OPEN: usize = 3;

/// What the page shows.
#[derive(Debug, Clone, Default)]
pub struct SimulationPage {
    /// The title of the world.
    pub title: String,
    /// The command that made it, without the path of the program.
    pub command: String,
    /// The runs, in the order of their seeds.
    pub runs: Vec<RunReport>,
}

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum RunEnd {
    /// Resolved.
    Resolved,
    /// Escalated.
    Escalated,
    /// Cancelled.
    Cancelled,
    /// Refused before its first effect.
    Refused,
}

impl RunEnd {
    const ALL: [Self; 4] = [Self::Resolved, Self::Escalated, Self::Cancelled, Self::Refused];

    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Resolved => "resolved",
            Self::Escalated => "escalated",
            Self::Cancelled => "cancelled",
            Self::Refused => "refused",
        }
    }
}

/// One run.
#[derive(Debug, Clone)]
pub struct RunReport {
    /// Its seed, if its faults were drawn.
    pub seed: Option<u64>,
    /// Its runbook.
    pub runbook: String,
    /// The runbook with its arguments.
    pub call: String,
    /// What was wrong, and what administrators did, in words.
    pub faults: Vec<String>,
    /// The kinds of its faults, each once.
    pub fault_kinds: Vec<String>,
    /// How it ended.
    pub end: RunEnd,
    /// Why.
    pub reason: String,
    /// How long it took, in minutes.
    pub minutes: f64,
    /// Its disruptions: the host, and the action.
    pub disruptions: Vec<(String, String)>,
    /// The rules that it broke, each with a sentence.
    pub violations: Vec<(String, String)>,
    /// What happened where.
    pub timeline: Timeline,
}

/// What happened during a run, by server.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Timeline {
    /// The length, in minutes.
    pub minutes: f64,
    /// One for each server or database on which something happened.
    pub lanes: Vec<Lane>,
}

/// What happened on one server or database.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Lane {
    /// Its name.
    pub name: String,
    /// What lasted.
    pub spans: Vec<LaneSpan>,
    /// What was done.
    pub marks: Vec<LaneMark>,
}

/// A state that lasted: a fault, a block, a reboot.
#[derive(Debug, Clone, PartialEq)]
pub struct LaneSpan {
    /// The kind, which decides how it is drawn.
    pub kind: SpanKind,
    /// Its beginning and its end, in minutes from the start of the run.
    pub from: f64,
    /// See `from`.
    pub to: f64,
    /// What it was.
    pub text: String,
}

/// The kinds of states.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SpanKind {
    /// Something was wrong.
    Fault,
    /// The server was blocked or down.
    Out,
}

/// An effect.
#[derive(Debug, Clone, PartialEq)]
pub struct LaneMark {
    /// Who did it.
    pub by: MarkBy,
    /// When, in minutes from the start of the run.
    pub at: f64,
    /// What it was.
    pub text: String,
}

/// Who did something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MarkBy {
    /// The runbook.
    Runbook,
    /// Managed Availability.
    ManagedAvailability,
    /// An administrator.
    Administrator,
    /// The system itself.
    Site,
}

impl MarkBy {
    const ALL: [Self; 4] = [Self::Runbook, Self::ManagedAvailability, Self::Administrator, Self::Site];

    /// Its letter on a timeline.
    const fn letter(self) -> &'static str {
        match self {
            Self::Runbook => "R",
            Self::ManagedAvailability => "M",
            Self::Administrator => "A",
            Self::Site => "S",
        }
    }

    /// What the letter stands for.
    const fn as_str(self) -> &'static str {
        match self {
            Self::Runbook => "the runbook",
            Self::ManagedAvailability => "Managed Availability",
            Self::Administrator => "an administrator",
            Self::Site => "the system itself",
        }
    }
}

/// The page as HTML.
pub fn simulation_page(page: &SimulationPage) -> String {
    let mut body = String::new();
    let violations: usize = page.runs.iter().map(|run| run.violations.len()).sum();
    let _ = write!(
        body,
        "<h1>{}</h1>\n<p class=\"command\"><code>{}</code></p>\n",
        escaped(&page.title),
        escaped(&page.command)
    );
    let counts: Vec<String> = RunEnd::ALL
        .iter()
        .map(|end| (page.runs.iter().filter(|run| run.end == *end).count(), end))
        .filter(|(count, _)| *count > 0)
        .map(|(count, end)| format!("{count} {}", end.as_str()))
        .collect();
    let _ = writeln!(
        body,
        "<p class=\"sum\">{}: {}; <strong>{}</strong>.</p>",
        match page.runs.len() {
            1 => "1 run".to_owned(),
            many => format!("{many} runs"),
        },
        counts.join(", "),
        match violations {
            0 => "no violation".to_owned(),
            1 => "1 violation".to_owned(),
            many => format!("{many} violations"),
        }
    );
    if violations > 0 {
        body.push_str("<h2>Violations</h2>\n");
        timeline::key(&mut body);
        let broken: Vec<&RunReport> = page.runs.iter().filter(|run| !run.violations.is_empty()).collect();
        stories(&mut body, &broken, true);
    }
    body.push_str("<h2>Endings by fault</h2>\n");
    figures::endings_by_fault(&mut body, &page.runs);
    body.push_str("<h2>Time to the end</h2>\n");
    figures::times(&mut body, &page.runs);
    body.push_str("<h2>Disruptions by host</h2>\n");
    figures::disruptions(&mut body, &page.runs);
    let well: Vec<&RunReport> = page.runs.iter().filter(|run| run.violations.is_empty()).collect();
    if !well.is_empty() {
        body.push_str(if violations > 0 { "<h2>Runs without a violation</h2>\n" } else { "<h2>Runs</h2>\n" });
        timeline::key(&mut body);
        stories(&mut body, &well, page.runs.len() <= MOST_OPEN);
    }
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
         <title>{}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n<main>\n{body}</main>\n</body>\n</html>\n",
        escaped(&page.title)
    )
}

/// The first runs with their timelines, and how many more there are.
fn stories(body: &mut String, runs: &[&RunReport], open: bool) {
    runs.iter().take(MOST_TIMELINES).for_each(|run| story(body, run, open));
    if let Some(more) = runs.len().checked_sub(MOST_TIMELINES).filter(|more| *more > 0) {
        let (runs, are) = if more == 1 { ("run", "is") } else { ("runs", "are") };
        let _ = writeln!(body, "<p>{more} more {runs} {are} counted on this page and not shown here.</p>");
    }
}

/// A run with its timeline.
fn story(body: &mut String, run: &RunReport, open: bool) {
    let open = if open { " open" } else { "" };
    let _ = write!(
        body,
        "<details class=\"run\"{open}>\n<summary><span class=\"end {end}\">{end}</span> {}{} · {:.0} min</summary>\n",
        run.seed.map(|seed| format!("seed {seed} · ")).unwrap_or_default(),
        escaped(&run.call),
        run.minutes,
        end = run.end.as_str()
    );
    if !run.violations.is_empty() {
        body.push_str("<ul class=\"violations\">\n");
        for (rule, text) in &run.violations {
            let _ = writeln!(body, "<li><strong>{}</strong>: {}</li>", escaped(rule), escaped(text));
        }
        body.push_str("</ul>\n");
    }
    let _ = writeln!(body, "<p>{}</p>", escaped(&run.reason));
    if !run.faults.is_empty() {
        let faults: Vec<String> = run.faults.iter().map(|fault| escaped(fault).into_owned()).collect();
        let _ = writeln!(body, "<p class=\"faults\">Wrong, or done by others: {}</p>", faults.join("; "));
    }
    timeline::draw(body, &run.timeline, &escaped(&run.call));
    body.push_str("</details>\n");
}
