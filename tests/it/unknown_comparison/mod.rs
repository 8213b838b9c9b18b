//! Compares runs instead of trusting the checker: no effect depends on an unknown verdict.
//!
//! Generated programs are run with every combination of verdicts. Two runs that differ in one verdict show what depends
//! on it: an effect that does not happen whatever the verdict is depends on it, and must not happen where it is
//! unknown. In further runs one question passes when it is first asked, and has its verdict from then on. Nobody answers
//! prompts, so that nothing is settled by a person.
//!
//! Runs a fixed number of rounds. `RECTIFY_COMPARE_SECONDS` sets a duration instead; `RECTIFY_COMPARE_SEED` starts with
//! the seed that a failure printed.

mod programs;

use crate::support::files::InMemory;
use programs::{IS_UNKNOWN, program};
use rectify::backend::registry;
use rectify::check::Session;
use rectify::diagnostic::{Severity, code};
use rectify::engine::{Start, run};
use rectify::program::Program;
use rectify::source::SourceFile;
use rectify::value::{Call, ErrorKind, Value};
use rectify::world::scripted::{Rule, Scripted};
use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant};

const ROUNDS: u64 = 3_000;

/// The search stops after this many different violations.
const MOST_VIOLATIONS: usize = 8;

const INVENTORY: &str = "hosts:
  w1: {address: 192.0.2.1, roles: [web], facts: {dag: one}}
  w2: {address: 192.0.2.2, roles: [web], facts: {dag: one}}
contacts:
  oncall: {terminal: true}
";

/// The probes and hosts whose verdicts are set.
const QUESTIONS: [(&str, &str); 4] = [("svc.a", "w1"), ("svc.a", "w2"), ("svc.b", "w1"), ("svc.b", "w2")];

/// Three verdicts for each question.
const COMBINATIONS: usize = 3usize.pow(QUESTIONS.len() as u32);

const PASSED: usize = 0;
const UNKNOWN: usize = 2;

/// The verdict of a question in a combination: 0 passed, 1 failed, 2 unknown.
fn verdict_in(combination: usize, question: usize) -> usize {
    combination / 3usize.pow(question as u32) % 3
}

/// The combination with another verdict for one question.
fn with_verdict(combination: usize, question: usize, verdict: usize) -> usize {
    let place = 3usize.pow(question as u32);
    combination - verdict_in(combination, question) * place + verdict * place
}

/// The state before every change. No program writes it, so a change to it is an undo.
const STATE_BEFORE: i64 = 7;

/// How often each effect happened. Undos do not count: a run that ends early undoes more.
type Effects = BTreeMap<String, usize>;

/// What a run asked and did.
struct Observed {
    /// How often each question was asked.
    asked: [usize; QUESTIONS.len()],
    effects: Effects,
    /// Whether it ended because a verdict is unknown, in an arm for that alone.
    ended_unknown: bool,
}

/// Runs a program. One question may have passed when it was asked first, before it has its verdict.
fn observed(program: &Program, combination: usize, passed_first: Option<usize>) -> Observed {
    let mut world = Scripted::new(crate::support::program::start())
        .with(Rule::new("svc.level").answers(Value::number(STATE_BEFORE)));
    for (question, (observation, host)) in QUESTIONS.iter().enumerate() {
        let rule = Rule::new(observation).when("on", Value::Host((*host).into()));
        let rule = if passed_first == Some(question) { rule.answers(Value::Boolean(true)) } else { rule };
        world = world.with(match verdict_in(combination, question) {
            PASSED => rule.answers(Value::Boolean(true)),
            UNKNOWN => rule.fails(ErrorKind::Unreachable, "no route"),
            _ => rule.answers(Value::Boolean(false)),
        });
    }
    let runbook = program.runbooks.iter().position(|it| it.name == "Main").expect("the runbook");
    let arguments = vec![Value::Host("w1".into()), Value::Host("w2".into())];
    let start = Start { runbook, arguments, ..crate::support::program::starting() };
    let ending = world.drive(run(program, &world, start)).expect("the run ends");
    let observations = world.observations();
    let asked = QUESTIONS.map(|(name, host)| {
        let is_asked =
            |call: &&Call| name == format!("{}.{}", call.backend, call.action) && call.target() == Some(host);
        observations.iter().filter(is_asked).count()
    });
    let mut effects = Effects::new();
    let undoes = |call: &Call| call.argument("value") == Some(&Value::number(STATE_BEFORE));
    for effect in world.effects().iter().filter(|effect| !undoes(&effect.call)) {
        *effects.entry(effect.call.to_string()).or_default() += 1;
    }
    Observed { asked, effects, ended_unknown: ending.reason == IS_UNKNOWN }
}

/// The runs of a program with every combination of verdicts. Combinations that differ only in questions that a run does
/// not ask share that run, since a run depends on nothing but its answers.
struct Runs {
    runs: Vec<Observed>,
    /// The run of each combination.
    of: Vec<usize>,
}

impl Runs {
    fn new(program: &Program, passed_first: Option<usize>) -> Self {
        // By the verdicts of the asked questions.
        let mut known: Vec<([Option<usize>; QUESTIONS.len()], usize)> = Vec::new();
        let (mut runs, mut of) = (Vec::new(), Vec::new());
        for combination in 0..COMBINATIONS {
            let fits = |verdicts: &[Option<usize>; QUESTIONS.len()]| {
                (0..QUESTIONS.len()).all(|it| verdicts[it].is_none_or(|verdict| verdict == verdict_in(combination, it)))
            };
            let run = known.iter().find(|(verdicts, _)| fits(verdicts)).map(|(_, run)| *run);
            of.push(run.unwrap_or_else(|| {
                let run = observed(program, combination, passed_first);
                // The first answer of a question that passes first is no verdict of the combination.
                let verdicts = std::array::from_fn(|it| {
                    let free = usize::from(passed_first == Some(it));
                    (run.asked[it] > free).then(|| verdict_in(combination, it))
                });
                runs.push(run);
                known.push((verdicts, runs.len() - 1));
                runs.len() - 1
            }));
        }
        Self { runs, of }
    }

    fn run(&self, combination: usize) -> &Observed {
        &self.runs[self.of[combination]]
    }

    /// Whether a run asks a question that passes more than once.
    fn asks_again(&self, question: usize) -> bool {
        (0..COMBINATIONS)
            .filter(|it| verdict_in(*it, question) == PASSED)
            .any(|combination| self.runs[self.of[combination]].asked[question] > 1)
    }
}

/// An effect that happens because a verdict is unknown: among the runs in which every verdict stays, and among those in
/// which one question had passed before.
fn violation(program: &Program) -> Option<String> {
    let runs = Runs::new(program, None);
    violation_among(&runs, None).or_else(|| {
        let mut changing = (0..QUESTIONS.len()).filter(|question| runs.asks_again(*question));
        changing.find_map(|question| violation_among(&Runs::new(program, Some(question)), Some(question)))
    })
}

fn violation_among(runs: &Runs, passed_first: Option<usize>) -> Option<String> {
    for combination in 0..COMBINATIONS {
        let compared = |question: &usize| {
            verdict_in(combination, *question) == UNKNOWN && passed_first.is_none_or(|first| first == *question)
        };
        for question in (0..QUESTIONS.len()).filter(compared) {
            let [passed, failed] = [PASSED, 1].map(|verdict| runs.run(with_verdict(combination, question, verdict)));
            for (effect, count) in &runs.run(combination).effects {
                let known = |run: &Observed| run.effects.get(effect).copied().unwrap_or_default();
                // A run that ended because another verdict is unknown shows nothing.
                let compared = [passed, failed].into_iter().filter(|run| !run.ended_unknown);
                if compared.map(known).min().is_some_and(|least| *count > least) {
                    let verdicts: Vec<String> = QUESTIONS
                        .iter()
                        .enumerate()
                        .map(|(at, (name, host))| {
                            format!("{name} of {host} {}", ["passed", "failed", "unknown"][verdict_in(combination, at)])
                        })
                        .collect();
                    let (name, host) = QUESTIONS[question];
                    let changing = if passed_first.is_some() { "after it passed once, " } else { "" };
                    return Some(format!(
                        "{changing}{effect} happens {count} times where {name} of {host} is unknown; {} times where it passed, \
                         {} times where it failed ({})",
                        known(passed),
                        known(failed),
                        verdicts.join(", ")
                    ));
                }
            }
        }
    }
    None
}

/// What the checker says of a program.
enum Checked {
    Accepted(Program),
    /// Refused because of an unknown verdict, and for nothing else.
    Refused(Program),
    /// Refused for another reason, which this test does not look at.
    Other(String),
}

fn checked(text: &str) -> Checked {
    let catalog = registry::catalog();
    let mut sources = catalog.sources().clone();
    let file = sources.add(SourceFile::new("rectify.yaml".to_owned(), INVENTORY));
    let (inventory, wrong) = rectify::inventory::parse(file, INVENTORY, &registry::sections());
    assert_eq!(wrong, [], "the inventory");
    let files = InMemory([("main.runbook".into(), text.to_owned())].into());
    let mut session = Session::new(&files, catalog, Some(&inventory), sources);
    let checked = session.check(Path::new("main.runbook"));
    let errors = || checked.diagnostics.iter().filter(|it| it.severity == Severity::Error);
    if let Some(other) = errors().find(|it| it.code != code::UNKNOWN_DECIDES) {
        return Checked::Other(format!("{} {}", other.code, other.message));
    }
    match (checked.program, checked.draft) {
        (Some(program), _) => Checked::Accepted(program),
        (None, Some(draft)) => Checked::Refused(draft.outline().clone()),
        (None, None) => Checked::Other("nothing".to_owned()),
    }
}

fn bytes(seed: u64) -> Vec<u8> {
    let mut state = seed;
    let mut next = move || {
        state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = state;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    };
    let count = 40 + next() % 260;
    (0..count).map(|_| next() as u8).collect()
}

/// The violation of an accepted program.
fn accepted_violation(choices: &[u8]) -> Option<String> {
    match checked(&program(choices)) {
        Checked::Accepted(program) => violation(&program),
        Checked::Refused(_) | Checked::Other(_) => None,
    }
}

/// The shortest program that can be found with a violation.
fn shrunk(mut choices: Vec<u8>) -> Vec<u8> {
    let mut step = choices.len() / 2;
    while step > 0 {
        let mut at = 0;
        while at < choices.len() {
            let mut fewer = choices.clone();
            fewer.drain(at..(at + step).min(choices.len()));
            if accepted_violation(&fewer).is_some() {
                choices = fewer;
                continue;
            }
            let mut simpler = choices.clone();
            simpler[at..(at + step).min(choices.len())].fill(0);
            if simpler != choices && accepted_violation(&simpler).is_some() {
                choices = simpler;
            }
            at += step;
        }
        step /= 2;
    }
    choices
}

/// What a search has found.
#[derive(Default)]
struct Search {
    accepted: u32,
    /// Accepted programs with an effect in some run.
    acting: u32,
    refused: u32,
    /// Refused programs of which a run shows why.
    justified: u32,
    /// Other reasons for refusals, with their number.
    others: BTreeMap<String, u32>,
    /// By the shortest program that shows it.
    violations: BTreeMap<String, String>,
}

impl Search {
    fn examine(&mut self, seed: u64) {
        let choices = bytes(seed);
        let text = program(&choices);
        match checked(&text) {
            Checked::Accepted(accepted) => {
                self.accepted += 1;
                let mut runs = (0..COMBINATIONS).step_by(7).map(|it| observed(&accepted, it, None));
                self.acting += u32::from(runs.any(|it| !it.effects.is_empty()));
                if violation(&accepted).is_some() {
                    let shortest = shrunk(choices);
                    let found = accepted_violation(&shortest).unwrap_or_default();
                    // A search of an hour says at once what it finds.
                    println!("seed {seed}: {found}");
                    self.violations.insert(body_of(&program(&shortest)).to_owned(), format!("seed {seed}: {found}"));
                }
            }
            Checked::Refused(draft) => {
                self.refused += 1;
                let is_justified = violation(&draft).is_some();
                self.justified += u32::from(is_justified);
                if !is_justified && std::env::var_os("RECTIFY_COMPARE_SHOW").is_some() {
                    println!("seed {seed}: refused, and no run shows why\n{}", body_of(&text));
                }
            }
            Checked::Other(reason) => *self.others.entry(reason).or_default() += 1,
        }
    }

    fn add(&mut self, other: Self) {
        self.accepted += other.accepted;
        self.acting += other.acting;
        self.refused += other.refused;
        self.justified += other.justified;
        for (reason, count) in other.others {
            *self.others.entry(reason).or_default() += count;
        }
        self.violations.extend(other.violations);
    }
}

/// A program without the declarations that all programs share.
fn body_of(text: &str) -> &str {
    text.split_once("probe B").map_or(text, |(_, body)| body)
}

#[test]
fn no_effect_depends_on_an_unknown_verdict() {
    let number = |name| std::env::var(name).ok().and_then(|value: String| value.parse::<u64>().ok());
    let seconds = number("RECTIFY_COMPARE_SECONDS").map(Duration::from_secs);
    let first = number("RECTIFY_COMPARE_SEED").unwrap_or(1);
    let start = Instant::now();
    let threads = std::thread::available_parallelism().map_or(1, |it| it.get() as u64);
    let search = |thread: u64| {
        let mut found = Search::default();
        for seed in (first + thread..).step_by(threads as usize) {
            let is_over = match seconds {
                Some(seconds) => start.elapsed() > seconds,
                None => seed - first >= ROUNDS,
            };
            if is_over || found.violations.len() >= MOST_VIOLATIONS {
                break;
            }
            found.examine(seed);
        }
        found
    };
    let mut found = Search::default();
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads).map(|thread| scope.spawn(move || search(thread))).collect();
        for worker in workers {
            found.add(worker.join().expect("a search ends"));
        }
    });
    let Search { accepted, acting, refused, justified, .. } = found;
    println!("{accepted} accepted, {acting} of them with an effect; {refused} refused, {justified} of them justified");
    let mut others: Vec<(u32, String)> = found.others.into_iter().map(|(reason, count)| (count, reason)).collect();
    others.sort_unstable_by(|one, other| other.cmp(one));
    let sum: u32 = others.iter().map(|(count, _)| count).sum();
    println!("{sum} refused for other reasons: {:?}", others.iter().take(8).collect::<Vec<_>>());
    let shown: Vec<String> = found.violations.iter().map(|(body, found)| format!("{found}\n{body}")).collect();
    assert!(shown.is_empty(), "{}", shown.join("\n"));
    assert!(acting * 4 > accepted && accepted > 0 && justified > 0, "the programs show nothing");
}
