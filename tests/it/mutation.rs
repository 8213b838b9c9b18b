//! Mechanical mutations of the shipped runbooks: whether `check` notices them. A reduced form of `examples/mutate`;
//! docs/reports/mutation.md reports the full run with the runbooks' own tests.

#[path = "../../examples/mutate/mutation/mod.rs"]
#[allow(dead_code, reason = "the page and the worlds are for the example")]
mod slips;

use crate::support::repository;
use slips::Made;
use slips::folder::Folder;
use slips::scripted::Scripted;
use slips::trial::{self, Tests, Verdict};

fn folder(name: &str) -> Folder {
    Folder::read(&repository().join("runbooks").join(name)).unwrap()
}

/// The percentage of mutants killed.
fn killed<'v>(verdicts: impl Iterator<Item = &'v Verdict>) -> usize {
    let (mut all, mut killed) = (0, 0);
    for verdict in verdicts {
        all += 1;
        killed += usize::from(!verdict.survived());
    }
    assert!(all > 0, "nothing was made");
    100 * killed / all
}

fn of<'m>(made: &'m Made, verdicts: &'m [Verdict], operator: &'m str) -> impl Iterator<Item = &'m Verdict> {
    let pairs = made.mutants.iter().zip(verdicts);
    pairs.filter(move |(mutant, _)| mutant.operator == operator).map(|(_, verdict)| verdict)
}

/// Mutants of the Dovecot runbooks, judged by `check` and the runbooks' tests.
#[test]
fn mutants_of_the_dovecot_runbooks_are_killed() {
    let folder = folder("dovecot");
    let tests: [&dyn Tests; 1] = [&Scripted];
    assert_eq!(trial::unmutated(&folder, &tests), None);
    let made = slips::make(&folder);
    assert!(made.mutants.len() > 400, "{} mutants", made.mutants.len());
    let verdicts = trial::run(&folder, &made.mutants, &tests, 1);
    for all_of in ["drop an else", "drop an ask", "drop an arm", "misspell a name", "swap a comparison"] {
        let rate = killed(of(&made, &verdicts, all_of));
        assert_eq!(rate, 100, "{all_of}");
    }
    let rate = killed(verdicts.iter());
    assert!(rate >= 75, "{rate} %");
}

/// Mutants of the Exchange runbooks that must not go unnoticed, judged by `check` alone.
#[test]
fn check_kills_mutants_of_the_exchange_runbooks() {
    let folder = folder("exchange");
    let wanted = ["misspell a name", "drop an undo"];
    let made = slips::make_with(&folder, |operator| wanted.contains(&operator));
    let verdicts = trial::run(&folder, &made.mutants, &[], 1);
    // Whether a change is kept on failure is a choice, which only a test knows.
    for (operator, least) in [(wanted[0], 80), (wanted[1], 60)] {
        let rate = killed(of(&made, &verdicts, operator));
        assert!(rate >= least, "{operator}: {rate} %");
    }
}

/// A change of layout or of a comment is no mutant; a change of a word is one.
#[test]
fn spans_are_not_part_of_the_meaning() {
    let folder = folder("dovecot");
    let meant = folder.meaning(None);
    assert!(meant.is_some());
    let text = &folder.files[0].text;
    assert!(folder.meaning(Some((0, &format!("# A comment.\n\n{text}")))) == meant);
    assert!(folder.meaning(Some((0, &text.replacen("within 30m", "within 40m", 1)))) != meant);
}

/// Every mutant has a unique text and another meaning.
#[test]
fn mutants_differ() {
    let folder = folder("dovecot");
    let made = slips::make_with(&folder, |operator| operator.starts_with("drop") || operator.starts_with("swap"));
    let mut texts: Vec<(usize, &str)> = made.mutants.iter().map(|it| (it.file, it.text.as_str())).collect();
    let all = texts.len();
    texts.sort_unstable();
    texts.dedup();
    assert_eq!(texts.len(), all);
    assert!(made.mutants.iter().all(|it| folder.files[it.file].text != it.text));
}
