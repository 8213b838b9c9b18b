//! Expressions outside of any run: the values of a test.

use super::arithmetic::mismatch;
use super::frame::Ages;
use super::{EvalStop, Evaluator};
use crate::engine::run::budget::Work;
use crate::program::{Expression, Program};
use crate::value::{ActionError, Timestamp, Value};

/// The value of an expression without observations. `locals` is the number of slots of its frame; `now` is the clock
/// and the start of the run.
///
/// # Errors
/// Those of the evaluation.
pub fn constant(
    program: &Program,
    expression: &Expression,
    locals: usize,
    now: Timestamp,
) -> Result<Value, ActionError> {
    let mut frame = vec![Value::Absent; locals];
    let mut evaluator = Evaluator {
        program,
        frame: &mut frame,
        ages: &Ages::new(),
        any_age: false,
        age: None,
        answers: &[],
        answers_used: 0,
        now,
        run_started: now,
        goal_answer: &Value::Absent,
        work: Work::default(),
    };
    evaluator.value(expression).map_err(|stop| match stop {
        EvalStop::Error(error) => error,
        EvalStop::MissingAnswer(_) => mismatch("nothing can be observed here"),
    })
}
