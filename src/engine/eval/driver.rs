//! The driver of the evaluator: makes the observations and asks the probes that an expression needs.

use super::arithmetic::mismatch;
use super::decode::decode_answer;
use super::frame::{Age, Frame};
use super::probe::ask_probe;
use super::{EvalStop, Evaluator, MissingAnswer, not_boolean};
use crate::engine::address::Address;
use crate::engine::event::ShownEvidence;
use crate::engine::run::budget;
use crate::engine::run::budget::{LARGEST_POOL, LARGEST_VALUE, MOST_ANSWERS, Work};
use crate::engine::run::context::StatementContext;
use crate::engine::run::exit::Exit;
use crate::engine::run::scheduler::reply;
use crate::engine::run::scope::{LocalBoxFuture, Scope};
use crate::engine::world::Request;
use crate::program::{Action, BodyResult, Call as ProgramCall, Expression};
use crate::value::{ActionError, Call, ErrorKind, SignedDuration, Timestamp, Value};

impl<'t> StatementContext<'_, 't> {
    /// The value of an expression of the statement.
    pub async fn value(&mut self, expression: &'t Expression) -> Result<Value, Exit> {
        self.value_with_evidence(expression, &mut Vec::new()).await
    }

    /// The value of an expression; what is observed for it is added to the evidence.
    pub async fn value_with_evidence(
        &mut self,
        expression: &'t Expression,
        evidence: &mut Vec<ShownEvidence>,
    ) -> Result<Value, Exit> {
        Ok(self.evaluate(expression, evidence, false).await?.0)
    }

    /// The value of an expression with its age, for a local that is to hold it.
    pub async fn value_with_age(&mut self, expression: &'t Expression) -> Result<(Value, Option<Age>), Exit> {
        self.evaluate(expression, &mut Vec::new(), false).await
    }

    /// The value of an expression for people: it may rest on an answer of any age.
    pub async fn value_for_people(&mut self, expression: &'t Expression) -> Result<Value, Exit> {
        Ok(self.evaluate(expression, &mut Vec::new(), true).await?.0)
    }

    /// Evaluates, obtains the answer that is missing, and evaluates again from the start.
    async fn evaluate(
        &mut self,
        expression: &'t Expression,
        evidence: &mut Vec<ShownEvidence>,
        for_people: bool,
    ) -> Result<(Value, Option<Age>), Exit> {
        let scope = self.scope;
        let any_age = for_people || scope.shielded;
        let mut age = None;
        let now = scope.now();
        let goal_answer = scope.run.goal_answer();
        let mut answers = Vec::new();
        let mut bytes = 0_usize;
        loop {
            scope.refresh_clock(&self.address).await?;
            let (values, ages) = self.frame.parts();
            let mut evaluator = Evaluator {
                program: scope.tree.program,
                frame: values,
                ages,
                any_age,
                age: None,
                answers: &answers,
                answers_used: 0,
                now,
                run_started: scope.run.started,
                goal_answer: &goal_answer,
                work: Work::default(),
            };
            let evaluated = evaluator.value(expression);
            scope.count_work(evaluator.work.done());
            let missing = match evaluated {
                Ok(value) => return Ok((value, Age::older(age, evaluator.age))),
                Err(EvalStop::Error(error)) => return Err(Exit::Failed(error)),
                Err(EvalStop::MissingAnswer(missing)) => missing,
            };
            if answers.len() >= MOST_ANSWERS {
                let message = format!("an expression makes more than {MOST_ANSWERS} observations");
                return Err(mismatch(message).into());
            }
            let ordinal = u32::try_from(answers.len()).unwrap_or(u32::MAX);
            let answer = match missing {
                MissingAnswer::Observe(call, arguments) => {
                    let action = scope.action(call.action)?;
                    let label = call_of(action, arguments.iter().cloned()).to_string();
                    let value = scope.observe(call.action, arguments, self.address.child(call.node, ordinal)).await?;
                    if let Some(fresh) = action.fresh {
                        let own = Age { until: after(scope.now(), fresh), fresh, call: label.as_str().into() };
                        age = Age::older(age, Some(own));
                    }
                    evidence.push(ShownEvidence { label: label.into(), value: value.clone() });
                    (call.node, value)
                }
                MissingAnswer::Check(call, arguments) => {
                    let address = self.address.child(call.node, ordinal);
                    let answer = ask_probe(scope, call.probe, arguments, address).await?;
                    evidence.push(ShownEvidence { label: answer.probe.clone(), value: answer.record() });
                    (call.node, Value::word(answer.verdict.as_str()))
                }
            };
            bytes = bytes.saturating_add(answer.1.size(LARGEST_VALUE).bytes);
            if bytes > LARGEST_POOL {
                let message = format!("the answers to one expression are larger than {} MiB", LARGEST_POOL >> 20);
                return Err(mismatch(message).into());
            }
            answers.push(answer);
        }
    }

    pub async fn values(&mut self, expressions: &'t [Expression]) -> Result<Vec<Value>, Exit> {
        let mut values = Vec::with_capacity(expressions.len());
        for expression in expressions {
            values.push(self.value(expression).await?);
        }
        Ok(values)
    }

    pub async fn boolean(&mut self, condition: &'t Expression) -> Result<bool, Exit> {
        self.boolean_with_evidence(condition, &mut Vec::new()).await
    }

    /// The value of a condition; what is observed for it is added to the evidence.
    pub async fn boolean_with_evidence(
        &mut self,
        condition: &'t Expression,
        evidence: &mut Vec<ShownEvidence>,
    ) -> Result<bool, Exit> {
        let value = self.value_with_evidence(condition, evidence).await?;
        value.as_boolean().ok_or_else(|| not_boolean(&value).into())
    }

    /// A duration that is not negative.
    pub async fn duration(&mut self, expression: &'t Expression) -> Result<SignedDuration, Exit> {
        let value = self.value(expression).await?;
        value.whole("a duration")?;
        match value {
            Value::Duration(duration) if !duration.is_negative() => Ok(duration),
            value => Err(mismatch(format!("{value} is not a duration")).into()),
        }
    }

    /// A whole number that is not negative.
    pub async fn count(&mut self, expression: &'t Expression) -> Result<u32, Exit> {
        use rust_decimal::prelude::ToPrimitive;
        let value = self.value(expression).await?;
        value.whole("a number of times")?;
        let count = match &value {
            Value::Number(number) if number.fract().is_zero() => number.to_u32(),
            _ => None,
        };
        count.ok_or_else(|| mismatch(format!("{value} is not a number of times")).into())
    }

    /// A text for people.
    pub async fn text(&mut self, expression: &'t Expression) -> Result<String, Exit> {
        Ok(self.value_for_people(expression).await?.to_string())
    }

    /// Makes an observing call of a signature (`saves`, `confirm`) in the signature's frame.
    pub async fn observe_call(&mut self, call: &'t ProgramCall) -> Result<Value, Exit> {
        let mut context = self.child(call.node);
        let arguments = context.values(&call.arguments).await?;
        let StatementContext { scope, address, .. } = context;
        scope.observe(call.action, arguments, address).await
    }
}

impl<'t> Scope<'t> {
    /// The action that a call names.
    pub fn action(&self, index: usize) -> Result<&'t Action, Exit> {
        let action = self.tree.program.actions.get(index);
        action.ok_or_else(|| mismatch("a call names an action that the program does not have").into())
    }

    /// Makes an observation.
    pub fn observe<'f>(
        &'f self,
        action: usize,
        arguments: Vec<Value>,
        at: Address,
    ) -> LocalBoxFuture<'f, Result<Value, Exit>>
    where
        't: 'f,
    {
        Box::pin(async move {
            let action = self.action(action)?;
            // Bodies can nest, and no reply from outside slows them down.
            self.count_statements(if action.body.is_some() { budget::BODY } else { 1 })?;
            let call = call_of(action, arguments);
            is_whole(&call).map_err(|error| Exit::from(error).for_call(&call))?;
            self.answer(action, &call, at).await.map_err(|exit| exit.for_call(&call))
        })
    }

    async fn answer(&self, action: &'t Action, call: &Call, at: Address) -> Result<Value, Exit> {
        let deadline = earlier(after(self.now(), action.timeout_of(call)), self.cap);
        let answer = match &action.body {
            Some(body) => {
                let inner = Self { cap: Some(deadline), ..self.at(at.clone()) };
                let mut frame = signature_frame(action, call);
                let mut context = StatementContext::new(&inner, &mut frame, at);
                context.bind_all(&body.lets).await?;
                let BodyResult::Answer(answer) = &body.result else {
                    return Err(mismatch("an observation does not answer").into());
                };
                context.value(answer).await?
            }
            None => self.ask(call.clone(), at, deadline).await?,
        };
        let answer = decode_answer(answer, &action.returns, self.tree.program).map_err(|error| {
            let message =
                format!("the answer of {}.{} does not fit its signature: {error}", action.backend, action.name);
            error.with_message(message)
        })?;
        if answer.is_empty_list() && !action.empty_is_an_answer {
            let message =
                format!("{}.{} answered with an empty list, which proves nothing", action.backend, action.name);
            return Err(ActionError::new(ErrorKind::Unknown, message).into());
        }
        Ok(answer)
    }

    async fn ask(&self, call: Call, at: Address, deadline: Timestamp) -> Result<Value, Exit> {
        self.check_deadline()?;
        let deadline = earlier(deadline, self.deadline());
        if deadline <= self.now() {
            return Err(ActionError::new(ErrorKind::TimedOut, format!("no time was left for {call}")).into());
        }
        let pending = self.tree.read_world.observe(Request { address: at, call, deadline });
        let reply = reply(self.tree, pending, !self.shielded).await.map_err(|_| Exit::Cancelled)?;
        match reply.result {
            Err(error) if error.kind == ErrorKind::TimedOut => {
                self.check_deadline()?;
                Err(error.into())
            }
            result => Ok(result?),
        }
    }
}

/// The frame of an action's signature, for one call.
pub(crate) fn signature_frame(action: &Action, call: &Call) -> Frame {
    Frame::new(call.arguments.iter().map(|(_, value)| value.clone()).collect(), &action.locals)
}

/// A call with the names of its parameters.
pub(crate) fn call_of(action: &Action, arguments: impl IntoIterator<Item = Value>) -> Call {
    Call {
        backend: action.backend.clone(),
        action: action.name.clone(),
        class: action.class,
        arguments: action.parameters.iter().map(|parameter| parameter.name.clone()).zip(arguments).collect(),
    }
}

/// Checks that no argument has lost a part.
pub(crate) fn is_whole(call: &Call) -> Result<(), ActionError> {
    let whole = |(name, value): &(ecow::EcoString, Value)| {
        value.whole(format_args!("the argument `{name}` of `{}.{}`", call.backend, call.action))
    };
    call.arguments.iter().try_for_each(whole)
}

/// A later time, at most the last that there is.
pub(crate) fn after(time: Timestamp, duration: SignedDuration) -> Timestamp {
    time.checked_add(duration).unwrap_or(Timestamp::MAX)
}

/// The earlier of two times.
pub(crate) fn earlier(time: Timestamp, other: Option<Timestamp>) -> Timestamp {
    other.map_or(time, |other| other.min(time))
}
