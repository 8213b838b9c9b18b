//! Runs that a run starts: each with a record of its own, none with a page of its own.

use super::exit::{Escalation, Exit, Flow};
use super::scheduler::wait_until;
use super::scope::Scope;
use super::tree::{Child, End, Run};
use super::{Beginning, Refusal, begin, ended, execute};
use crate::engine::address::Address;
use crate::engine::eval::frame::Frame;
use crate::engine::event::EventKind;
use crate::program::Expression;
use crate::value::{ErrorKind, Value};
use ecow::eco_format;
use std::cell::RefCell;
use std::rc::Rc;
use tracing::Instrument;

/// `run R(…)`: anything but resolved ends the caller too.
pub(crate) async fn run_statement<'t>(
    scope: &Scope<'t>,
    runbook: usize,
    arguments: &'t [Expression],
    frame: &mut Frame,
    at: &Address,
) -> Flow {
    match child(scope, runbook, arguments, frame, at, scope.run.outward).await? {
        End::Resolved(_) => Ok(()),
        End::Escalated(escalation) => Err(Exit::Escalated(escalation)),
        End::Cancelled => Err(Exit::Cancelled),
        End::Stopped => Err(Exit::Stopped),
        End::Shown => Err(Exit::SHOWN),
    }
}

/// The outcome of a run, as a word.
pub(crate) async fn outcome_of<'t>(
    scope: &Scope<'t>,
    runbook: usize,
    arguments: &'t [Expression],
    frame: &mut Frame,
    at: &Address,
) -> Result<Value, Exit> {
    match child(scope, runbook, arguments, frame, at, false).await? {
        End::Resolved(_) => Ok(Value::word("resolved")),
        End::Escalated(_) => Ok(Value::word("escalated")),
        End::Cancelled => Ok(Value::word("cancelled")),
        End::Stopped => Err(Exit::Stopped),
        End::Shown => Err(Exit::SHOWN),
    }
}

async fn child<'t>(
    scope: &Scope<'t>,
    runbook: usize,
    arguments: &'t [Expression],
    frame: &mut Frame,
    at: &Address,
    outward: bool,
) -> Result<End, Exit> {
    let tree = scope.tree;
    let arguments = scope.values(arguments, frame, at).await?;
    let same = |child: &&Rc<Child>| child.runbook == runbook && child.arguments == arguments;
    loop {
        let running = tree.children.borrow().iter().find(same).cloned();
        let Some(running) = running else { break };
        wait_until(|| running.end.borrow().is_some()).await;
        match running.end.borrow().clone() {
            // Only who began it was to stop: whoever joined it needs it still, and begins it anew.
            None | Some(End::Stopped) => scope.stopped()?,
            Some(end) => return Ok(end),
        }
    }
    let child = Rc::new(Child { runbook, arguments: arguments.clone(), end: RefCell::new(None) });
    tree.children.borrow_mut().push(Rc::clone(&child));
    let id = {
        let mut record = scope.run.record.borrow_mut();
        record.children += 1;
        eco_format!("{}.{}", scope.run.id, record.children)
    };
    let beginning = Beginning { id, runbook, arguments, address: at.clone(), outward };
    let end = match begin(tree, Some(scope), beginning).await {
        Ok(begun) => {
            let inner = begun.scope.clone();
            let span = tracing::info_span!("run", run = %inner.run.id, runbook = %begun.runbook.name);
            let end = execute(begun).instrument(span).await;
            ended(&inner, &end);
            end
        }
        Err(Refusal { exit, run }) => refused_child(scope, exit, run),
    };
    *child.end.borrow_mut() = Some(end.clone());
    tree.children.borrow_mut().retain(|other| !Rc::ptr_eq(other, &child));
    tree.nudge();
    Ok(end)
}

fn refused_child(scope: &Scope<'_>, exit: Exit, run: Option<Rc<Run>>) -> End {
    if let Some(run) = &run {
        run.tell(scope.tree, EventKind::RunRefused { reason: exit.to_string() });
    }
    match exit {
        Exit::Cancelled => End::Cancelled,
        Exit::Stopped => End::Stopped,
        Exit::Shown { .. } => End::Shown,
        exit => {
            let title = run.as_ref().map_or("a run", |run| run.title.as_str());
            let turned_down = match &exit {
                Exit::Failed(error) if matches!(error.kind, ErrorKind::Refused | ErrorKind::Limit) => "was refused",
                _ => "could not begin",
            };
            End::Escalated(Box::new(Escalation {
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
