//! The page `docs/reports/mutation.md`: rates by operator, by killer and by runbook, and every survivor with a word on why.

use super::Made;
use super::Mutant;
use super::folder::Folder;
use super::operators::OPERATORS;
use super::reasons::{Kind, REASONS, Reason};
use super::trial::Verdict;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt::Write;

/// What came of one folder: kept between runs, so that the page can be written again when a survivor was explained.
#[derive(Debug, Serialize, Deserialize)]
pub struct Tried {
    /// The folder's name.
    folder: String,
    /// Its files, by name.
    files: Vec<String>,
    /// What its tests are, in words.
    tests: String,
    /// The command, and how long it took.
    how: String,
    unparsed: usize,
    twice: usize,
    same: usize,
    lines: Vec<Line>,
}

/// A mutant with what became of it.
#[derive(Debug, Serialize, Deserialize)]
struct Line {
    operator: String,
    file: usize,
    line: usize,
    slip: String,
    verdict: Verdict,
}

impl Tried {
    /// Puts down what came of a folder.
    pub fn new(folder: &Folder, made: Made, verdicts: Vec<Verdict>, tests: String, how: String) -> Self {
        let line = |(mutant, verdict): (Mutant, Verdict)| {
            let Mutant { operator, file, line, slip, .. } = mutant;
            Line { operator: operator.to_owned(), file, line, slip, verdict }
        };
        Self {
            folder: folder.name(),
            files: folder.files.iter().map(|file| file.name.clone()).collect(),
            tests,
            how,
            unparsed: made.unparsed,
            twice: made.twice,
            same: made.same,
            lines: made.mutants.into_iter().zip(verdicts).map(line).collect(),
        }
    }

    fn verdicts(&self) -> impl Iterator<Item = &Verdict> {
        self.lines.iter().map(|line| &line.verdict)
    }

    fn survived(&self) -> impl Iterator<Item = &Line> {
        self.lines.iter().filter(|line| line.verdict.survived())
    }

    /// Where a mutant is, for people.
    fn place(&self, line: &Line) -> String {
        format!("{}/{}:{}", self.folder, self.files[line.file], line.line)
    }

    fn reason(&self, line: &Line) -> Option<&'static Reason> {
        let place = format!("{}/{}", self.folder, self.files[line.file]);
        REASONS.iter().find(|reason| {
            (reason.operators.is_empty() || reason.operators.contains(&line.operator.as_str()))
                && place.contains(reason.file)
                && (reason.lines.is_empty() || reason.lines.contains(&line.line))
                && line.slip.contains(reason.slip)
        })
    }

    /// Every mutant with what killed it, one on a line.
    pub fn all(&self) -> String {
        let mut text = String::new();
        for line in &self.lines {
            let kind = match line.verdict.survived() {
                true => format!("{:?}", self.reason(line).map_or(Kind::Open, |reason| reason.kind)),
                false => "killed".to_owned(),
            };
            let Verdict { check, tests } = &line.verdict;
            let (check, tests) = (check.as_deref().unwrap_or("-"), tests.as_deref().unwrap_or("-"));
            let _ = writeln!(text, "{kind}\t{check}\t{tests}\t{}\t{}\t{}", self.place(line), line.operator, line.slip);
        }
        text
    }
}

/// How many of some mutants were killed, and by whom.
#[derive(Default, Clone, Copy)]
struct Count {
    mutants: usize,
    check: usize,
    tests: usize,
    both: usize,
}

impl Count {
    fn of<'v>(verdicts: impl Iterator<Item = &'v Verdict>) -> Self {
        verdicts.fold(Self::default(), |sum, verdict| {
            let (check, tests) = (verdict.check.is_some(), verdict.tests.is_some());
            Self {
                mutants: sum.mutants + 1,
                check: sum.check + usize::from(check && !tests),
                tests: sum.tests + usize::from(tests && !check),
                both: sum.both + usize::from(check && tests),
            }
        })
    }

    fn survived(self) -> usize {
        self.mutants - self.check - self.tests - self.both
    }

    fn cells(self) -> String {
        let rate = |part: usize| match self.mutants {
            0 => "–".to_owned(),
            all => format!("{:.1} %", 100.0 * part as f64 / all as f64),
        };
        let Self { mutants, check, tests, both } = self;
        let killed = mutants - self.survived();
        let by_check = rate(check + both);
        format!("{mutants} | {check} | {tests} | {both} | {} | {by_check} | {}", self.survived(), rate(killed))
    }
}

const HEAD: &str = "mutants | check alone | tests alone | both | survived | killed by check | killed |\n|---|--:|--:|--:|--:|--:|--:|--:|";

/// The page.
pub fn page(tried: &[Tried]) -> String {
    let mut page = INTRODUCTION.to_owned();
    let _ = writeln!(page, "## By folder\n\n| folder | {HEAD}");
    for it in tried {
        let _ = writeln!(page, "| {} | {} |", it.folder, Count::of(it.verdicts()).cells());
    }
    let _ = writeln!(page, "| all | {} |\n", Count::of(tried.iter().flat_map(Tried::verdicts)).cells());
    for it in tried {
        let Tried { folder, tests, how, unparsed, twice, same, .. } = it;
        let _ = writeln!(
            page,
            "`{folder}`: {tests}. {how} Left out: {unparsed} changes that the parser refuses, {twice} that another \
             operator also made, {same} that leave every program the same.\n"
        );
    }
    let _ = writeln!(page, "## By operator\n\n| operator | {HEAD}");
    for operator in OPERATORS {
        let own = tried.iter().flat_map(|it| &it.lines).filter(|line| line.operator == operator.name);
        let count = Count::of(own.map(|line| &line.verdict));
        let _ = writeln!(page, "| {} | {} |", operator.name, count.cells());
    }
    let _ = writeln!(page, "\n## By runbook\n\n| file | {HEAD}");
    for it in tried {
        for (position, file) in it.files.iter().enumerate() {
            let own = it.lines.iter().filter(|line| line.file == position);
            let cells = Count::of(own.map(|line| &line.verdict)).cells();
            let _ = writeln!(page, "| {}/{file} | {cells} |", it.folder);
        }
    }
    page.push_str(&by_finding(tried));
    let _ = writeln!(page, "\n## What each operator does\n\n| operator | |\n|---|---|");
    for operator in OPERATORS {
        let _ = writeln!(page, "| {} | {} |", operator.name, operator.what);
    }
    page.push_str(&survivors(tried));
    page
}

fn by_finding(tried: &[Tried]) -> String {
    let mut codes = BTreeMap::<&str, usize>::new();
    for verdict in tried.iter().flat_map(Tried::verdicts) {
        if let Some(code) = &verdict.check {
            *codes.entry(code).or_default() += 1;
        }
    }
    let mut sorted: Vec<_> = codes.into_iter().collect();
    sorted.sort_by(|one, other| other.1.cmp(&one.1).then(one.0.cmp(other.0)));
    let shown: Vec<String> = sorted.iter().map(|(code, count)| format!("{code} {count}")).collect();
    format!("\n## By finding\n\nThe first finding of each mutant that `check` sees: {}.\n", shown.join(", "))
}

fn survivors(tried: &[Tried]) -> String {
    let mut groups = BTreeMap::<(Kind, &str), Vec<String>>::new();
    for it in tried {
        for survivor in it.survived() {
            let (kind, why) = it.reason(survivor).map_or((Kind::Open, "Not examined"), |it| (it.kind, it.why));
            let line = format!("- {}, {}: {}\n", it.place(survivor), survivor.operator, survivor.slip);
            groups.entry((kind, why)).or_default().push(line);
        }
    }
    let mut text = "\n## Survivors\n".to_owned();
    for kind in [Kind::Equivalent, Kind::People, Kind::Test, Kind::Rule, Kind::Open] {
        let own: Vec<_> = groups.iter().filter(|((of, _), _)| *of == kind).collect();
        let count: usize = own.iter().map(|(_, lines)| lines.len()).sum();
        let _ = writeln!(text, "\n### {}: {count}", kind.title());
        for ((_, why), lines) in own {
            let _ = writeln!(text, "\n{why} ({}):\n\n{}", lines.len(), lines.concat().trim_end());
        }
    }
    text
}

const INTRODUCTION: &str = "# Mutation

Mutation operators make small changes in the shipped runbooks, at every place where they apply; this page shows what detects
them. `check` comes first. A file that it refuses cannot be run; the tests of the folder run every other file. So *check
alone* includes every refused file, and *both* only files with a finding that can still be run.

A change that the parser refuses is not a mutant, and neither is one that alters only positions in the text of a program.
Test files are not mutated, and `check` does not read them. `cargo run --example mutate` computes the figures, and with
`--page` writes this page.

";
