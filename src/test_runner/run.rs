//! Runs one test in the world that it describes.

use super::instrument::{PROBE, instrument};
use super::observed_world::{ObservedWorld, RunRecord};
use super::{Effect, TestRun};
use crate::diagnostic::{Diagnostic, code};
use crate::engine;
use crate::engine::Start;
use crate::engine::constant;
use crate::program::Program;
use crate::program::test_block::{Answer, GivenRule, Pattern, Subject, Test, start_of_tests};
use crate::simulation::{Simulated, alerts_of_run};
use crate::value::{ActionError, Call, ErrorKind, SignedDuration, Timestamp, Value};
use crate::world::scripted::{Person, Rule, Scripted, ScriptedAnswer};

/// A run that takes more steps is stopped: it loops without waiting.
pub(super) const STEP_LIMIT: u64 = 100_000;

/// Why a test could not run.
pub type TestError = Diagnostic;

/// Runs a test that gives single answers.
///
/// # Errors
/// A value of the test cannot be evaluated.
pub fn in_script(program: &Program, test: &Test) -> Result<TestRun, Box<TestError>> {
    let now = start_of_tests();
    let staged = instrument(program, test, now).map_err(|error| test_error(test.title_span, &error))?;
    let mut world = Scripted::new(now);
    for given in &test.givens {
        world = match &given.subject {
            Subject::Ask(about) => match given.answers.first() {
                Some(Answer::Word(word)) => world.person(Person::answering(about, word).after(given.after)),
                _ => world,
            },
            Subject::Action(..) | Subject::Probe(..) => {
                world.with(rule(&staged, test, given, now).map_err(|error| test_error(given.span, &error))?)
            }
        };
    }
    if let Some(after) = test.cancelled_after {
        world = world.cancel_at(delayed(now, after));
    }
    let start = start(&staged, test, now).map_err(|error| test_error(test.title_span, &error))?;
    let watched = ObservedWorld::new(&world);
    let ending = world.drive(engine::run(&staged, &watched, start)).ok();
    let notes = watched.into_notes();
    let mut nothing_given: Vec<String> = Vec::new();
    let calls = world.unanswered().into_iter().map(|call| source_line(&call));
    let silent = notes.unanswered.iter().filter(|asking| !test.nobody_answers && !world.is_answered(asking));
    for missing in calls.chain(silent.map(|asking| format!("ask {:?}", asking.message))) {
        if !nothing_given.contains(&missing) {
            nothing_given.push(missing);
        }
    }
    Ok(TestRun { ending, nothing_given, started: now, ..test_run(notes) })
}

/// Runs a test in a simulated world. The program must have been checked with the inventory of that world.
///
/// # Errors
/// A value of the test cannot be evaluated.
pub fn in_world(program: &Program, test: &Test, world: &Simulated<'_>) -> Result<TestRun, Box<TestError>> {
    let now = world.now();
    let start = start(program, test, now).map_err(|error| test_error(test.title_span, &error))?;
    let alerts = alerts_of_run(program, start.runbook, &start.arguments, None);
    if let Some(after) = test.cancelled_after {
        world.cancel_at(delayed(now, after));
    }
    let watched = ObservedWorld::new(world);
    let ending = world.drive(engine::run(program, &watched, start)).ok();
    let violations = ending.as_ref().map(|ending| {
        let mut violations = world.judge_end(ending, alerts.clone());
        violations.extend(world.judge(&[ending], alerts));
        violations
    });
    let violations = violations.unwrap_or_default();
    let violations = violations.iter().map(|it| format!("{} ({})", it.text, it.rule)).collect();
    Ok(TestRun { ending, violations, started: now, ..test_run(watched.into_notes()) })
}

fn test_run(notes: RunRecord) -> TestRun {
    let effects: Vec<Effect> = notes.effects();
    TestRun { effects, events: notes.events, reached: notes.reached, ..TestRun::default() }
}

fn test_error(span: crate::source::Span, error: &ActionError) -> Box<TestError> {
    Box::new(Diagnostic::error(code::NOT_AS_EXPECTED, span, format!("Cannot compute a value: {error}")))
}

fn start(program: &Program, test: &Test, now: Timestamp) -> Result<Start, ActionError> {
    let arguments = test.arguments.iter().map(|argument| constant(program, argument, test.locals, now));
    Ok(Start {
        runbook: test.runbook,
        arguments: arguments.collect::<Result<_, _>>()?,
        run: "test".into(),
        at: now,
        step_limit: STEP_LIMIT,
        by_alert: false,
        store: None,
        found: Vec::new(),
    })
}

fn delayed(now: Timestamp, after: SignedDuration) -> Timestamp {
    now.checked_add(after).unwrap_or(Timestamp::MAX)
}

/// The call as the test writes it: the replacement of a probe has the probe's name.
fn source_line(call: &Call) -> String {
    let text = call.to_string();
    let own = text.strip_prefix(PROBE).and_then(|rest| rest.strip_prefix('.'));
    own.map_or(text.clone(), str::to_owned)
}

fn rule(program: &Program, test: &Test, given: &GivenRule, now: Timestamp) -> Result<Rule, ActionError> {
    let (name, pattern) = match &given.subject {
        Subject::Action(action, pattern) => {
            (program.actions.get(*action).map(|it| format!("{}.{}", it.backend, it.name)), pattern)
        }
        Subject::Probe(probe, pattern) => {
            (program.probes.get(*probe).map(|it| format!("{PROBE}.{}", it.name)), pattern)
        }
        Subject::Ask(_) => return Ok(Rule::new("")),
    };
    let mut rule = Rule::new(&name.unwrap_or_default());
    for (parameter, value) in argument_values(program, test, pattern, now)? {
        rule = rule.when(&parameter, value);
    }
    let is_probe = matches!(given.subject, Subject::Probe(..));
    for answer in &given.answers {
        let answers = |value| ScriptedAnswer::Answers(given.after, value);
        let fails = |error| ScriptedAnswer::Fails(given.after, error);
        rule = rule.answer(match answer {
            Answer::Value(value) => answers(constant(program, value, test.locals, now)?),
            Answer::Passes if is_probe => answers(Value::word("passed")),
            Answer::Passes => answers(Value::Absent),
            Answer::Fails => answers(Value::word("failed")),
            Answer::Unknown => answers(Value::word("unknown")),
            Answer::Error(kind, message) => fails(error_of(*kind, message.as_deref())),
            Answer::TimesOut => ScriptedAnswer::Nothing,
            Answer::Word(word) => answers(Value::word(word.clone())),
        });
    }
    Ok(rule)
}

fn error_of(kind: ErrorKind, message: Option<&str>) -> ActionError {
    let usual = || format!("the test gives an error, {}", kind.as_str());
    ActionError::new(kind, message.map_or_else(usual, str::to_owned))
}

pub(super) fn argument_values(
    program: &Program,
    test: &Test,
    pattern: &Pattern,
    now: Timestamp,
) -> Result<Vec<(String, Value)>, ActionError> {
    let value =
        |(name, value): &(ecow::EcoString, _)| Ok((name.to_string(), constant(program, value, test.locals, now)?));
    pattern.iter().map(value).collect()
}
