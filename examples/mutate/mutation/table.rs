//! The page `docs/mutation.md`: rates by operator, by killer and by runbook, and every survivor with a word on why.

use super::folder::Folder;
use super::operators::OPERATORS;
use super::reasons::{Kind, REASONS, Reason};
use super::trial::Verdict;
use super::{Made, Mutant};
use std::collections::BTreeMap;
use std::fmt::Write;

/// What came of one folder.
pub struct Tried {
    /// The folder.
    pub folder: Folder,
    /// What was made of it.
    pub made: Made,
    /// One for each mutant.
    pub verdicts: Vec<Verdict>,
    /// What its tests are, in words.
    pub tests: String,
}

impl Tried {
    fn each(&self) -> impl Iterator<Item = (&Mutant, &Verdict)> {
        self.made.mutants.iter().zip(&self.verdicts)
    }

    /// Where a mutant is, for people.
    fn place(&self, mutant: &Mutant) -> String {
        format!("{}/{}:{}", self.folder.name(), self.folder.files[mutant.file].name, mutant.line)
    }

    fn reason(&self, mutant: &Mutant) -> Option<&'static Reason> {
        let place = format!("{}/{}", self.folder.name(), self.folder.files[mutant.file].name);
        REASONS.iter().find(|reason| {
            (reason.operator.is_empty() || reason.operator == mutant.operator)
                && place.contains(reason.file)
                && (reason.lines.is_empty() || reason.lines.contains(&mutant.line))
                && mutant.slip.contains(reason.slip)
        })
    }

    /// Survivors, one on a line.
    pub fn survivors(&self) -> String {
        let mut text = String::new();
        for (mutant, _) in self.each().filter(|(_, verdict)| verdict.survived()) {
            let kind = self.reason(mutant).map_or(Kind::Open, |reason| reason.kind);
            let _ = writeln!(text, "{kind:?}\t{}\t{}\t{}", self.place(mutant), mutant.operator, mutant.slip);
        }
        text
    }

    /// Every mutant with its verdict, one on a line.
    pub fn all(&self) -> String {
        let mut text = String::new();
        for (mutant, verdict) in self.each() {
            let (check, tests) = (verdict.check.as_deref().unwrap_or("-"), verdict.tests.as_deref().unwrap_or("-"));
            let _ = writeln!(text, "{check}\t{tests}\t{}\t{}\t{}", self.place(mutant), mutant.operator, mutant.slip);
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

/// The page. `how` is the command that made the figures, and how long it took.
pub fn page(tried: &[Tried], how: &str) -> String {
    let mut page = INTRODUCTION.replace("{how}", how);
    let _ = writeln!(page, "## By folder\n\n| folder | {HEAD}");
    for it in tried {
        let _ = writeln!(page, "| {} | {} |", it.folder.name(), Count::of(it.verdicts.iter()).cells());
    }
    let _ = writeln!(page, "| all | {} |\n", Count::of(tried.iter().flat_map(|it| &it.verdicts)).cells());
    for it in tried {
        let Made { unparsed, twice, same, .. } = &it.made;
        let _ = writeln!(
            page,
            "`{}`: {}. Left out: {unparsed} slips that the parser refuses, {twice} that another operator had made, \
             {same} after which every program is the same.\n",
            it.folder.name(),
            it.tests
        );
    }
    let _ = writeln!(page, "## By operator\n\n| operator | {HEAD}");
    for operator in OPERATORS {
        let own = tried.iter().flat_map(Tried::each).filter(|(mutant, _)| mutant.operator == operator.name);
        let count = Count::of(own.map(|(_, verdict)| verdict));
        let _ = writeln!(page, "| {} | {} |", operator.name, count.cells());
    }
    let _ = writeln!(page, "\n## By runbook\n\n| file | {HEAD}");
    for it in tried {
        for (position, file) in it.folder.files.iter().enumerate() {
            let own = it.each().filter(|(mutant, _)| mutant.file == position);
            let cells = Count::of(own.map(|(_, verdict)| verdict)).cells();
            let _ = writeln!(page, "| {}/{} | {cells} |", it.folder.name(), file.name);
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
    for verdict in tried.iter().flat_map(|it| &it.verdicts) {
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
        for (mutant, _) in it.each().filter(|(_, verdict)| verdict.survived()) {
            let (kind, why) = it.reason(mutant).map_or((Kind::Open, "Not looked at"), |it| (it.kind, it.why));
            let line = format!("- {}, {}: {}\n", it.place(mutant), mutant.operator, mutant.slip);
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

Small slips are made in the shipped runbooks, mechanically and at every place where the operator fits; this page says who
notices. `check` looks first. What it refuses cannot be run; what it lets pass is run by the tests of the folder. So
*check alone* holds every refused file, and *both* only those with a finding that leaves them runnable.

A slip that the parser refuses is no mutant, and neither is one after which every program of the folder is the same but
for places in the text. Files of tests are not mutated, and `check` is not shown them.

{how}

";
