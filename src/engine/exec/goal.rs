//! The goal of a run: a three-valued combination of probes, whose arguments are evaluated at the start.

use crate::engine::address::Address;
use crate::engine::eval::probe::{ProbeAnswer, Verdict, ask_probe};
use crate::engine::run::context::StatementContext;
use crate::engine::run::exit::Exit;
use crate::engine::run::scope::{LocalBoxFuture, Scope};
use crate::program::{Goal, NodeId, Program};
use crate::value::{Timestamp, Value};
use ecow::{EcoString, eco_format};

/// A goal whose arguments are evaluated.
#[derive(Debug)]
pub(crate) enum BoundGoal {
    Probe { node: NodeId, probe: usize, arguments: Vec<Value> },
    And(Box<BoundGoal>, Box<BoundGoal>),
    Or(Box<BoundGoal>, Box<BoundGoal>),
    Not(Box<BoundGoal>),
}

impl BoundGoal {
    /// `goal.answer` before the goal is asked. It has all fields, so a runbook can read them.
    pub fn initial_goal_answer(&self, program: &Program, started: Timestamp) -> Value {
        let answer = ProbeAnswer {
            probe: self.name(program),
            verdict: Verdict::Unknown,
            reason: "not asked yet".to_owned(),
            loss: None,
            started,
            ended: started,
            value: Value::Absent,
        };
        answer.record()
    }

    fn name(&self, program: &Program) -> EcoString {
        match self {
            Self::Probe { probe, .. } => program.probes.get(*probe).map(|probe| probe.name.clone()).unwrap_or_default(),
            Self::And(left, right) => eco_format!("{} and {}", left.name(program), right.name(program)),
            Self::Or(left, right) => eco_format!("{} or {}", left.name(program), right.name(program)),
            Self::Not(of) => eco_format!("not {}", of.name(program)),
        }
    }
}

/// Evaluates the arguments of a goal.
pub(crate) fn bind<'f, 't: 'f>(
    context: &'f mut StatementContext<'_, 't>,
    goal: &'t Goal,
) -> LocalBoxFuture<'f, Result<BoundGoal, Exit>> {
    Box::pin(async move {
        Ok(match goal {
            Goal::Probe(call) => BoundGoal::Probe {
                node: call.node,
                probe: call.probe,
                arguments: context.values(&call.arguments).await?,
            },
            Goal::And(left, right) => {
                BoundGoal::And(Box::new(bind(context, left).await?), Box::new(bind(context, right).await?))
            }
            Goal::Or(left, right) => {
                BoundGoal::Or(Box::new(bind(context, left).await?), Box::new(bind(context, right).await?))
            }
            Goal::Not(of) => BoundGoal::Not(Box::new(bind(context, of).await?)),
        })
    })
}

/// Asks the goal of the run and keeps the answer as `goal.answer`. A run without a goal has reached it.
pub(crate) async fn ask_goal(scope: &Scope<'_>) -> Result<Verdict, Exit> {
    let Some(goal) = scope.run.goal.get() else { return Ok(Verdict::Passed) };
    let asked = {
        let mut record = scope.run.log.borrow_mut();
        record.goal_checks += 1;
        record.goal_checks - 1
    };
    let answer = ask(scope, goal, asked).await?;
    let mut record = scope.run.log.borrow_mut();
    record.goal_is_missed = answer.verdict != Verdict::Passed;
    if answer.verdict == Verdict::Passed {
        record.effects_at_goal = record.effects;
    }
    record.goal_answer = Some(answer.record());
    Ok(answer.verdict)
}

fn ask<'f, 't: 'f>(
    scope: &'f Scope<'t>,
    goal: &'f BoundGoal,
    asked: u32,
) -> LocalBoxFuture<'f, Result<ProbeAnswer, Exit>> {
    Box::pin(async move {
        match goal {
            BoundGoal::Probe { node, probe, arguments } => {
                let at: Address = scope.run.address.child(*node, asked);
                ask_probe(scope, *probe, arguments.clone(), at).await
            }
            BoundGoal::And(left, right) => joined(scope, left, right, asked, Verdict::Failed, "and").await,
            BoundGoal::Or(left, right) => joined(scope, left, right, asked, Verdict::Passed, "or").await,
            BoundGoal::Not(of) => {
                let answer = ask(scope, of, asked).await?;
                let verdict = match answer.verdict {
                    Verdict::Passed => Verdict::Failed,
                    Verdict::Failed => Verdict::Passed,
                    Verdict::Unknown => Verdict::Unknown,
                };
                Ok(ProbeAnswer { verdict, probe: eco_format!("not {}", answer.probe), ..answer })
            }
        }
    })
}

/// Kleene's three-valued logic: `decisive` decides whatever the other answer is; otherwise unknown stays unknown.
async fn joined(
    scope: &Scope<'_>,
    left: &BoundGoal,
    right: &BoundGoal,
    asked: u32,
    decisive: Verdict,
    word: &str,
) -> Result<ProbeAnswer, Exit> {
    let left = ask(scope, left, asked).await?;
    if left.verdict == decisive {
        return Ok(left);
    }
    let right = ask(scope, right, asked).await?;
    let probe = eco_format!("{} {word} {}", left.probe, right.probe);
    let started = left.started;
    let decisive_answer = if right.verdict == decisive || left.verdict != Verdict::Unknown { right } else { left };
    Ok(ProbeAnswer { probe, started, ended: scope.now(), ..decisive_answer })
}
