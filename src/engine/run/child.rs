//! Runs that a run starts: each with a record of its own, none with a page of its own.

use super::context::StatementContext;
use super::exit::{Escalation, Exit, Flow};
use super::scheduler::wait_until;
use super::scope::Scope;
use super::tree::{Child, Run, RunEnd};
use super::{Refusal, RunRequest, begin, emit_run_ended, execute};
use crate::engine::event::EventKind;
use crate::program::Expression;
use crate::value::{ErrorKind, Value};
use ecow::eco_format;
use std::cell::RefCell;
use std::rc::Rc;
use tracing::Instrument;

/// `run R(…)`: anything but resolved ends the caller too.
pub(crate) async fn run_statement<'t>(
    context: &mut StatementContext<'_, 't>,
    runbook: usize,
    arguments: &'t [Expression],
) -> Flow {
    let propagates_escalation = context.scope.run.propagates_escalation;
    match child(context, runbook, arguments, propagates_escalation).await? {
        RunEnd::Resolved(_) => Ok(()),
        RunEnd::Escalated(escalation) => Err(Exit::Escalated(escalation)),
        RunEnd::Cancelled => Err(Exit::Cancelled),
        RunEnd::Stopped => Err(Exit::Stopped),
        RunEnd::Shown => Err(Exit::SHOWN),
    }
}

/// The outcome of a run, as a word.
pub(crate) async fn outcome_of<'t>(
    context: &mut StatementContext<'_, 't>,
    runbook: usize,
    arguments: &'t [Expression],
) -> Result<Value, Exit> {
    match child(context, runbook, arguments, false).await? {
        RunEnd::Resolved(_) => Ok(Value::word("resolved")),
        RunEnd::Escalated(_) => Ok(Value::word("escalated")),
        RunEnd::Cancelled => Ok(Value::word("cancelled")),
        RunEnd::Stopped => Err(Exit::Stopped),
        RunEnd::Shown => Err(Exit::SHOWN),
    }
}

async fn child<'t>(
    context: &mut StatementContext<'_, 't>,
    runbook: usize,
    arguments: &'t [Expression],
    propagates_escalation: bool,
) -> Result<RunEnd, Exit> {
    let scope = context.scope;
    let tree = scope.tree;
    let arguments = context.values(arguments).await?;
    let same = |child: &&Rc<Child>| child.runbook == runbook && child.arguments == arguments;
    loop {
        let running = tree.children.borrow().iter().find(same).cloned();
        let Some(running) = running else { break };
        wait_until(|| running.end.borrow().is_some()).await;
        match running.end.borrow().clone() {
            // Only who began it was to stop: whoever joined it needs it still, and begins it anew.
            None | Some(RunEnd::Stopped) => scope.stopped()?,
            Some(end) => return Ok(end),
        }
    }
    let child = Rc::new(Child { runbook, arguments: arguments.clone(), end: RefCell::new(None) });
    tree.children.borrow_mut().push(Rc::clone(&child));
    let id = {
        let mut record = scope.run.log.borrow_mut();
        record.children += 1;
        eco_format!("{}.{}", scope.run.id, record.children)
    };
    let beginning = RunRequest { id, runbook, arguments, address: context.address.clone(), propagates_escalation };
    let end = match begin(tree, Some(scope), beginning).await {
        Ok(begun) => {
            let inner = begun.scope.clone();
            let span = tracing::info_span!("run", run = %inner.run.id, runbook = %begun.runbook.name);
            let end = execute(begun).instrument(span).await;
            emit_run_ended(&inner, &end);
            end
        }
        Err(Refusal { exit, run }) => refused_child(scope, exit, run),
    };
    *child.end.borrow_mut() = Some(end.clone());
    tree.children.borrow_mut().retain(|other| !Rc::ptr_eq(other, &child));
    tree.wake();
    Ok(end)
}

fn refused_child(scope: &Scope<'_>, exit: Exit, run: Option<Rc<Run>>) -> RunEnd {
    if let Some(run) = &run {
        run.emit(scope.tree, EventKind::RunRefused { reason: exit.to_string() });
    }
    match exit {
        Exit::Cancelled => RunEnd::Cancelled,
        Exit::Stopped => RunEnd::Stopped,
        Exit::Shown { .. } => RunEnd::Shown,
        exit => {
            let title = run.as_ref().map_or("a run", |run| run.title.as_str());
            let turned_down = match &exit {
                Exit::Failed(error) if matches!(error.kind, ErrorKind::Refused | ErrorKind::Limit) => "was refused",
                _ => "could not begin",
            };
            RunEnd::Escalated(Box::new(Escalation {
                contact: run.as_ref().map_or_else(|| scope.run.contact(), |run| run.contact()),
                message: format!("{title:?} {turned_down}: {exit}"),
                evidence: Vec::new(),
                run: run.unwrap_or_else(|| Rc::clone(&scope.run)),
                written: false,
                call: None,
            }))
        }
    }
}
