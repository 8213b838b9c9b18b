//! Compares a run with what a test expects.

use super::run::{STEP_LIMIT, argument_values};
use super::{Effect, TestRun};
use crate::diagnostic::{Diagnostic, code};
use crate::engine::event::{EventKind, LeftInPlace};
use crate::engine::{Ending, RunOutcome};
use crate::program::Program;
use crate::program::test_block::{Expectation, ExpectationKind, ExpectedOutcome, Pattern, Test};
use crate::value::{ActionError, Call, SignedDuration, SourceText, Value, display_duration};
use std::fmt::Write;

/// One diagnostic for every expectation that was not met, in their order. Empty where the test passes.
pub fn judge(program: &Program, test: &Test, run: &TestRun) -> Vec<Diagnostic> {
    let mut found: Vec<Diagnostic> = run.nothing_given.iter().map(|call| nothing_given(test, call)).collect();
    for violation in &run.violations {
        let message = format!("The run violated a rule of its world: {violation}");
        found.push(Diagnostic::error(code::NOT_AS_EXPECTED, test.title_span, message));
    }
    let Some(ending) = &run.ending else {
        let message = "The run is deadlocked: it waits for something that never happens";
        found.push(Diagnostic::error(code::NOT_AS_EXPECTED, test.title_span, message));
        return found;
    };
    if ending.out_of_steps {
        let message = format!("The run was stopped after {STEP_LIMIT} steps");
        let diagnostic = Diagnostic::error(code::NOT_AS_EXPECTED, test.title_span, message);
        found.push(diagnostic.help("Wait between two rounds, or repeat less often"));
    }
    let judge = Judge { program, test, run, ending };
    let missed = test.expectations.iter().filter_map(|expectation| {
        let message = judge.unmet_reason(expectation)?;
        Some(Diagnostic::error(code::NOT_AS_EXPECTED, expectation.span, message))
    });
    found.extend(missed);
    found
}

fn nothing_given(test: &Test, call: &str) -> Diagnostic {
    let message = format!("This test gives no answer for {call}");
    let help = match call.split_once('(') {
        _ if call.starts_with("ask ") => "Add `given ask \"…\" answers WORD` or `given nobody answers`".to_owned(),
        Some((name, _)) if name.contains('.') => format!("Add `given {name} answers VALUE` or `given {name} errors`"),
        Some((name, _)) => format!("Add `given {name}` with `passes`, `fails` or `unknown`"),
        None => "Add a `given` line for it".to_owned(),
    };
    Diagnostic::error(code::NOTHING_GIVEN, test.title_span, message).help(help)
}

struct Judge<'j> {
    program: &'j Program,
    test: &'j Test,
    run: &'j TestRun,
    ending: &'j Ending,
}

impl Judge<'_> {
    /// The reason why an expectation was not met.
    fn unmet_reason(&self, expectation: &Expectation) -> Option<String> {
        let within = expectation.within;
        match &expectation.kind {
            ExpectationKind::Within => self.late_reason(within),
            ExpectationKind::Outcome { outcome, contact, text } => self
                .outcome_mismatch(*outcome, contact.as_deref(), text.as_deref())
                .or_else(|| self.late_reason(within)),
            ExpectationKind::Call(action, pattern, times) => self.call_count_mismatch(*action, pattern, *times, within),
            ExpectationKind::NoneOf(class) => {
                let done = self.run.effects.iter().find(|effect| effect.call.class >= *class)?;
                Some(format!("The run called `{}`, whose class is `{}`", done.call, done.call.class.as_str()))
            }
            ExpectationKind::LeftInPlace(patterns) => self.left_in_place_mismatch(patterns),
        }
    }

    fn late_reason(&self, within: Option<SignedDuration>) -> Option<String> {
        let within = within.filter(|within| self.ending.duration > *within)?;
        let (took, may) = (display_duration(self.ending.duration), display_duration(within));
        Some(format!("The run took {took}, expected at most {may}"))
    }

    fn outcome_mismatch(&self, outcome: ExpectedOutcome, contact: Option<&str>, text: Option<&str>) -> Option<String> {
        let reason = &self.ending.reason;
        let contacted = self.run.events.iter().rev().find_map(|event| {
            if let EventKind::EscalationSent { contact, .. } = &event.kind { Some(contact.as_str()) } else { None }
        });
        let how = match self.ending.outcome {
            RunOutcome::Resolved => "resolved".to_owned(),
            RunOutcome::Escalated => format!("escalated to {}", contacted.unwrap_or("nobody")),
            RunOutcome::Cancelled => "cancelled".to_owned(),
            RunOutcome::Refused => "refused".to_owned(),
            RunOutcome::Rehearsed => "rehearsed".to_owned(),
        };
        let is_expected = match outcome {
            ExpectedOutcome::Resolved => self.ending.outcome == RunOutcome::Resolved,
            ExpectedOutcome::Escalated => self.ending.outcome == RunOutcome::Escalated,
            ExpectedOutcome::Cancelled => self.ending.outcome == RunOutcome::Cancelled,
        };
        if !is_expected {
            return Some(format!("The run ended {how}, expected {}: {reason}", outcome.as_str()));
        }
        if let Some(contact) = contact.filter(|contact| contacted != Some(contact)) {
            return Some(format!("The run ended {how}, expected an escalation to {contact}: {reason}"));
        }
        let text = text.filter(|text| !reason.contains(text))?;
        Some(format!("The run ended {how}, but its reason does not contain {text:?}: {reason}"))
    }

    fn call_count_mismatch(
        &self,
        action: usize,
        pattern: &Pattern,
        times: Option<u32>,
        within: Option<SignedDuration>,
    ) -> Option<String> {
        let wanted = match self.expected_call(action, pattern) {
            Ok(wanted) => wanted,
            Err(error) => return Some(error.to_string()),
        };
        let in_time =
            |effect: &&Effect| within.is_none_or(|within| effect.at.duration_since(self.run.started) <= within);
        let effects = self.run.effects.iter().filter(in_time);
        let count = effects.filter(|effect| wanted.fits(&effect.call) || wanted.fits(&effect.world_call)).count();
        let met = times.map_or(count > 0, |times| count == times as usize);
        if met {
            return None;
        }
        let within = within.map(|within| format!(" within {}", display_duration(within))).unwrap_or_default();
        let expected = match times {
            None => "at least once".to_owned(),
            Some(0) => "never".to_owned(),
            Some(1) => "once".to_owned(),
            Some(times) => format!("{times} times"),
        };
        let happened = match count {
            0 => "never called".to_owned(),
            1 => "called once".to_owned(),
            count => format!("called {count} times"),
        };
        Some(format!("`{}` was {happened}{within}, expected {expected}", wanted.written))
    }

    fn left_in_place_mismatch(&self, patterns: &[(usize, Pattern)]) -> Option<String> {
        let mut wanted = Vec::with_capacity(patterns.len());
        for (action, pattern) in patterns {
            match self.expected_call(*action, pattern) {
                Ok(found) => wanted.push(found),
                Err(error) => return Some(error.to_string()),
            }
        }
        let left = &self.ending.left_in_place;
        let is = |wanted: &ExpectedCall, left: &LeftInPlace| {
            let made = self.run.effects.iter().filter(|effect| effect.call.to_string() == left.change);
            made.into_iter().any(|effect| wanted.fits(&effect.call))
        };
        let all_there = wanted.iter().all(|wanted| left.iter().any(|left| is(wanted, left)));
        let nothing_else = left.iter().all(|left| wanted.iter().any(|wanted| is(wanted, left)));
        if all_there && nothing_else {
            return None;
        }
        let mut message = match left.as_slice() {
            [] => "The run left nothing in place".to_owned(),
            some => {
                let listed: Vec<&str> = some.iter().map(|left| left.change.as_str()).collect();
                format!("The run left in place {}", listed.join(", "))
            }
        };
        let listed: Vec<&str> = wanted.iter().map(|wanted| wanted.written.as_str()).collect();
        let listed = if listed.is_empty() { "nothing".to_owned() } else { listed.join(", ") };
        let _ = write!(message, ", expected {listed}");
        Some(message)
    }

    fn expected_call(&self, action: usize, pattern: &Pattern) -> Result<ExpectedCall, ExpectedCallError> {
        let action = self.program.actions.get(action).ok_or(ExpectedCallError::NoAction)?;
        let arguments = argument_values(self.program, self.test, pattern, self.run.started)?;
        let name = format!("{}.{}", action.backend, action.name);
        let listed: Vec<String> =
            arguments.iter().map(|(name, value)| format!("{name}: {}", SourceText(value))).collect();
        let written = if listed.is_empty() { name } else { format!("{name}({})", listed.join(", ")) };
        Ok(ExpectedCall { backend: action.backend.to_string(), action: action.name.to_string(), arguments, written })
    }
}

/// Why the call that an expectation names cannot be built.
#[derive(Debug, thiserror::Error)]
enum ExpectedCallError {
    #[error("The program does not have that action")]
    NoAction,
    #[error("Cannot compute a value: {0}")]
    Value(#[from] ActionError),
}

/// The call that an expectation names.
struct ExpectedCall {
    backend: String,
    action: String,
    arguments: Vec<(String, Value)>,
    written: String,
}

impl ExpectedCall {
    fn fits(&self, call: &Call) -> bool {
        call.backend == self.backend
            && call.action == self.action
            && self.arguments.iter().all(|(name, value)| call.argument(name) == Some(value))
    }
}
