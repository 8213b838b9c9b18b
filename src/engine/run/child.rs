//! Child runs. Each has its own log; the escalation is sent by the outermost run.

use super::context::StatementContext;
use super::exit::{Exit, Flow};
use super::lifecycle::{RunRequest, run_to_end};
use super::scheduler::wait_until;
use super::tree::{Child, RunEnd};
use crate::engine::eval::arithmetic::mismatch;
use crate::program::Expression;
use crate::value::Value;
use ecow::eco_format;
use std::cell::RefCell;
use std::rc::Rc;

/// `run R(…)` as a statement: if the child does not end resolved, the caller ends as well.
pub(crate) async fn run_statement<'t>(
    context: &mut StatementContext<'_, 't>,
    runbook: usize,
    arguments: &'t [Expression],
) -> Flow {
    let propagates_escalation = context.scope.run.propagates_escalation;
    match child(context, runbook, arguments, propagates_escalation).await? {
        RunEnd::Resolved(_) => Ok(()),
        RunEnd::Escalated(escalation) => Err(Exit::Escalated(escalation)),
        RunEnd::Refused(reason) => Err(Exit::Refused(reason)),
        RunEnd::Cancelled => Err(Exit::Cancelled),
        RunEnd::Stopped => Err(Exit::Stopped),
        RunEnd::DryRun => Err(Exit::DRY_RUN),
    }
}

/// `run R(…)` as a value: the outcome as a word.
pub(crate) async fn outcome_of<'t>(
    context: &mut StatementContext<'_, 't>,
    runbook: usize,
    arguments: &'t [Expression],
) -> Result<Value, Exit> {
    let word = match child(context, runbook, arguments, false).await? {
        RunEnd::Resolved(_) => return Ok(Value::word("resolved")),
        RunEnd::Escalated(_) => "escalated",
        RunEnd::Refused(reason) => return Err(Exit::Refused(reason)),
        RunEnd::Cancelled => "cancelled",
        RunEnd::Stopped => return Err(Exit::Stopped),
        RunEnd::DryRun => return Err(Exit::DRY_RUN),
    };
    // The caller may end resolved, but this run did not: what it made permanent is listed.
    context.scope.run.note(|log| log.list_permanent(&context.address, &format!("its run ended {word}")));
    Ok(Value::word(word))
}

async fn child<'t>(
    context: &mut StatementContext<'_, 't>,
    index: usize,
    arguments: &'t [Expression],
    propagates_escalation: bool,
) -> Result<RunEnd, Exit> {
    let scope = context.scope;
    let tree = scope.tree;
    let missing = || mismatch("the program does not have that runbook");
    let runbook = tree.program.runbooks.get(index).ok_or_else(missing)?;
    let arguments = context.values(arguments).await?;
    let same = |child: &&Rc<Child>| child.runbook == index && child.arguments == arguments;
    loop {
        let running = tree.children.borrow().iter().find(same).cloned();
        let Some(running) = running else { break };
        wait_until(|| running.end.borrow().is_some()).await;
        match running.end.borrow().clone() {
            // It stopped with the branch that started it. This branch still needs it and starts it again.
            None | Some(RunEnd::Stopped) => scope.check_stop()?,
            Some(end) => return Ok(end),
        }
    }
    let child = Rc::new(Child { runbook: index, arguments: arguments.clone(), end: RefCell::new(None) });
    tree.children.borrow_mut().push(Rc::clone(&child));
    let id = {
        let mut record = scope.run.log.borrow_mut();
        record.children += 1;
        eco_format!("{}.{}", scope.run.id, record.children)
    };
    let address = context.address.clone();
    let request = RunRequest { id, runbook, arguments, address, caller: Some(scope), propagates_escalation };
    let (end, _) = run_to_end(tree, request).await;
    *child.end.borrow_mut() = Some(end.clone());
    tree.children.borrow_mut().retain(|other| !Rc::ptr_eq(other, &child));
    tree.wake();
    Ok(end)
}
