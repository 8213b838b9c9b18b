//! Probes: questions whose answer is a verdict.

use super::driver::{after, earlier};
use super::explain::{ExplainedValues, condition_text, explain};
use super::frame::Frame;
use crate::engine::address::Address;
use crate::engine::effect::undo::{Change, close};
use crate::engine::event::EventKind;
use crate::engine::exec::statement;
use crate::engine::preview;
use crate::engine::run::context::StatementContext;
use crate::engine::run::exit::Exit;
use crate::engine::run::scope::{LocalBoxFuture, Scope};
use crate::program::{Probe, StatementKind};
use crate::value::{ActionError, ErrorKind, Loss, SourceText, Timestamp, Value};
use ecow::EcoString;

/// The answer of a probe. Everything that keeps it from answering makes it `Unknown`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    Passed,
    Failed,
    Unknown,
}

impl Verdict {
    /// The word of the language.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Failed => "failed",
            Self::Unknown => "unknown",
        }
    }
}

/// A verdict, with its reason and the value it rests on.
#[derive(Debug, Clone)]
pub(crate) struct ProbeAnswer {
    pub probe: EcoString,
    pub verdict: Verdict,
    pub reason: String,
    /// Why a part of the reason is missing, if it is.
    pub loss: Option<Loss>,
    pub started: Timestamp,
    pub ended: Timestamp,
    pub value: Value,
}

impl ProbeAnswer {
    /// The record that a runbook sees as `goal.answer`.
    pub fn record(&self) -> Value {
        Value::record(
            "Answer",
            [
                ("probe", Value::text(self.probe.clone())),
                ("verdict", Value::word(self.verdict.as_str())),
                ("reason", Value::text(self.reason.as_str()).with_loss_if(self.loss)),
                ("started", Value::Time(self.started)),
                ("ended", Value::Time(self.ended)),
                ("value", self.value.clone()),
            ],
        )
    }
}

/// Asks a probe, and asks again if its retries say so.
pub(crate) fn ask_probe<'f, 't: 'f>(
    scope: &'f Scope<'t>,
    probe: usize,
    arguments: Vec<Value>,
    at: Address,
) -> LocalBoxFuture<'f, Result<ProbeAnswer, Exit>> {
    Box::pin(async move {
        let missing = || ActionError::new(ErrorKind::Mismatch, "the program does not have that probe");
        let probe = scope.tree.program.probes.get(probe).ok_or_else(missing)?;
        let started = scope.now();
        let (more, every) = probe.retries.unwrap_or_default();
        let mut answer = attempt(scope, probe, &arguments, at.turn(0)).await?;
        for turn in 1..=more {
            if answer.verdict == Verdict::Passed {
                break;
            }
            let again = || format!("{}, again", probe.title);
            scope.pause(after(scope.now(), every), &at.turn(turn), again).await?;
            scope.checkpoint()?;
            answer = attempt(scope, probe, &arguments, at.turn(turn)).await?;
        }
        let Attempt { verdict, reason: ExplainedValues { text: reason, loss }, value } = answer;
        let answer =
            ProbeAnswer { probe: probe.name.clone(), verdict, reason, loss, started, ended: scope.now(), value };
        scope.emit(EventKind::ProbeAnswered {
            address: at,
            probe: probe.name.clone(),
            title: probe.title.clone(),
            verdict: verdict.as_str().into(),
            reason: answer.reason.clone(),
            answer: answer.value.clone(),
        });
        Ok(answer)
    })
}

/// The result of asking a probe once.
struct Attempt {
    verdict: Verdict,
    reason: ExplainedValues,
    value: Value,
}

async fn attempt<'t>(
    scope: &Scope<'t>,
    probe: &'t Probe,
    arguments: &[Value],
    address: Address,
) -> Result<Attempt, Exit> {
    let changes_something = |kind: &StatementKind| !matches!(kind, StatementKind::Let { .. });
    if scope.tree.is_dry_run() && probe.statements.iter().any(|it| changes_something(&it.kind)) {
        let arguments: Vec<String> = arguments.iter().map(|value| SourceText(value).to_string()).collect();
        return Err(preview::first_effect(
            scope,
            &format!("ask {}({}), which changes something", probe.name, arguments.join(", ")),
        ));
    }
    let until = earlier(after(scope.now(), probe.timeout), scope.cap);
    let inner = Scope { cap: Some(until), in_probe: true, ..scope.at(address.clone()) };
    let mut changes = Vec::new();
    let mut frame = Frame::new(arguments.to_vec(), &probe.locals);
    let answer = ask_once(&mut StatementContext::new(&inner, &mut frame, address), probe, &mut changes).await;
    let flow = answer.as_ref().map(|_| ()).map_err(Exit::clone);
    match (close(&inner, changes, flow).await, answer) {
        (Err(Exit::Failed(ActionError { message, loss, evidence, .. })), _) => Ok(Attempt {
            verdict: Verdict::Unknown,
            reason: ExplainedValues { text: message, loss },
            value: evidence.unwrap_or(Value::Absent),
        }),
        (Err(exit), _) => Err(exit),
        (Ok(()), answer) => answer,
    }
}

/// Runs the statements of a probe, makes its observation and judges the answer.
async fn ask_once<'t>(
    context: &mut StatementContext<'_, 't>,
    probe: &'t Probe,
    changes: &mut Vec<Change<'t>>,
) -> Result<Attempt, Exit> {
    let scope = context.scope;
    for line in &probe.statements {
        scope.checkpoint()?;
        statement(&mut StatementContext::of_statement(scope, context.frame, line), line, changes).await?;
    }
    let mut value = Value::Absent;
    if let Some((call, slot)) = &probe.ask {
        value = context.observe_call(call).await?;
        if let Some(local) = context.frame.get_mut(*slot) {
            *local = value.clone();
        }
    }
    if let Some(condition) = &probe.unknown_if
        && context.boolean(condition).await?
    {
        let ExplainedValues { text: values, loss } = explain(context, condition).await;
        let text = match values.is_empty() {
            true => "the answer says nothing".to_owned(),
            false => format!("{values}, which says nothing"),
        };
        return Ok(Attempt { verdict: Verdict::Unknown, reason: ExplainedValues { text, loss }, value });
    }
    let passed = context.boolean(&probe.passed_if).await?;
    let ExplainedValues { text: values, loss } = explain(context, &probe.passed_if).await;
    let condition = || condition_text(context, &probe.passed_if);
    let (verdict, text) = match (passed, values.is_empty()) {
        (true, true) => (Verdict::Passed, format!("{} holds", condition())),
        (true, false) => (Verdict::Passed, values),
        (false, true) => (Verdict::Failed, format!("{} does not hold", condition())),
        (false, false) => (Verdict::Failed, format!("{values}; it passes if {}", condition())),
    };
    Ok(Attempt { verdict, reason: ExplainedValues { text, loss }, value })
}
