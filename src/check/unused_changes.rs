//! Temporary changes that are undone before anything needs them.
//!
//! `temporarily` lasts until the end of its block. At the end of a step, branch, loop or procedure, the change is
//! undone at once, and what follows the block acts without it.

use crate::diagnostic::{Diagnostic, code};
use crate::program::divergence::Divergence;
use crate::program::visit::{Visitor, walk_expression};
use crate::program::{
    Block, Call, Evidence, Expression, ExpressionKind, LetElse, NodeId, ProbeCall, Program, Retention, Statement,
    StatementKind, Subject,
};
use crate::source::Span;
use crate::value::Class;
use std::collections::HashMap;

/// How a statement uses the changes that are open while it runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum ChangeUse {
    /// It only computes, sends a message or ends the run.
    Nothing,
    /// It passes time, often for the change to take effect.
    Waits,
    /// It observes something, and uses the answer.
    Observes,
    /// It acts, runs a runbook, or asks a person to act.
    Acts,
}

/// What follows the block of a change.
#[derive(Clone, Copy)]
struct FollowingCode {
    /// The first following statement that acts, for which the change could be meant.
    acts: Option<Span>,
    /// Whether that statement is in the same body.
    here: bool,
    branch: BranchOfChange,
    body: BodySummary,
}

/// The branch that a block is.
#[derive(Clone, Copy)]
enum BranchOfChange {
    /// It is no branch.
    None,
    /// The only branch of an `if` with this condition, without an `else`.
    Only(Span),
    /// The first of several branches of an `if`, with this condition.
    First(Span),
    /// A later branch, or an arm of a `match`.
    Later,
}

/// The body that contains a change.
#[derive(Clone, Copy, PartialEq, Eq)]
enum BodySummary {
    Runbook,
    /// Whether it has an `undo`, and whether anything calls it.
    Procedure {
        has_undo: bool,
        is_done: bool,
    },
}

/// Reports every temporary change that is undone before it is used, in no particular order.
///
/// `source_text` is the text at a place.
pub(super) fn unused_changes<'p>(program: &'p Program, source_text: &'p dyn Fn(Span) -> &'p str) -> Vec<Diagnostic> {
    let count = program.procedures.len();
    let mut review = ChangeReview {
        program,
        source_text,
        leaving: Divergence::new(program),
        needs: vec![None; count],
        classes: vec![None; count],
        needs_inside: HashMap::new(),
        classes_inside: HashMap::new(),
        after_procedures: vec![None; count],
        after_runbooks: vec![None; program.runbooks.len()],
        found: Vec::new(),
    };
    // The caller of a procedure may itself be called before something that acts, so this repeats until nothing changes.
    while review.callers() {}
    for (procedure, after) in program.procedures.iter().zip(review.after_procedures.clone()) {
        let body = BodySummary::Procedure { has_undo: procedure.undo.is_some(), is_done: after.is_some() };
        let later = FollowingCode { acts: after.flatten(), here: false, branch: BranchOfChange::None, body };
        review.block(&procedure.block, later);
        procedure.undo.iter().for_each(|undo| review.block(undo, later));
    }
    for (runbook, after) in program.runbooks.iter().zip(review.after_runbooks.clone()) {
        let acts = after.flatten();
        let branch = BranchOfChange::None;
        let later = FollowingCode { acts, here: false, branch, body: BodySummary::Runbook };
        review.block(&runbook.block, later);
    }
    review.found
}

impl BranchOfChange {
    /// The block of a statement at a position.
    fn new(kind: &StatementKind, position: usize) -> Self {
        if let StatementKind::If { branches, otherwise } = kind {
            match branches.get(position) {
                Some((condition, _)) if branches.len() == 1 && otherwise.is_none() => Self::Only(condition.span),
                Some((condition, _)) if position == 0 => Self::First(condition.span),
                _ => Self::Later,
            }
        } else if let StatementKind::Match { .. } = kind {
            Self::Later
        } else {
            Self::None
        }
    }
}

struct ChangeReview<'p> {
    program: &'p Program,
    source_text: &'p dyn Fn(Span) -> &'p str,
    /// How each procedure uses changes, once computed. Procedures are not recursive.
    needs: Vec<Option<ChangeUse>>,
    /// The highest class of each procedure, once computed.
    classes: Vec<Option<Class>>,
    /// The same for statements with blocks, by node, so that nested statements are visited once.
    needs_inside: HashMap<NodeId, ChangeUse>,
    classes_inside: HashMap<NodeId, Class>,
    /// Whether a procedure is called anywhere, and what acts after it in its callers; the same for runbooks.
    after_procedures: Vec<Option<Option<Span>>>,
    after_runbooks: Vec<Option<Option<Span>>>,
    leaving: Divergence<'p>,
    found: Vec<Diagnostic>,
}

impl<'p> ChangeReview<'p> {
    /// Updates what acts after each procedure and run. False where nothing has changed.
    fn callers(&mut self) -> bool {
        let before = (self.after_procedures.clone(), self.after_runbooks.clone());
        let program = self.program;
        for (procedure, after) in program.procedures.iter().zip(before.0.clone()) {
            self.calls(&procedure.block, after.flatten());
        }
        for (runbook, after) in program.runbooks.iter().zip(before.1.clone()) {
            self.calls(&runbook.block, after.flatten());
        }
        before != (self.after_procedures.clone(), self.after_runbooks.clone())
    }

    fn calls(&mut self, block: &'p Block, later: Option<Span>) {
        let mut follows = later;
        for statement in block.statements.iter().rev() {
            if let StatementKind::Do { procedure, .. } = &statement.kind
                && let Some(known) = self.after_procedures.get_mut(*procedure)
            {
                *known = Some(known.flatten().or(follows));
            }
            if let Some(runbook) = statement.kind.started_runbook() {
                // Where the outcome of a run decides, its branches come after it first.
                let after = statement.kind.blocks().find_map(|block| self.acting(block)).or(follows);
                if let Some(known) = self.after_runbooks.get_mut(runbook) {
                    *known = Some(known.flatten().or(after));
                }
            }
            for block in statement.kind.blocks() {
                let again = self.again(statement, block);
                self.calls(block, follows.or(again));
            }
            if self.need(statement) == ChangeUse::Acts {
                follows = Some(statement.span);
            }
        }
    }

    /// The next turn of a loop also comes after its block.
    fn again(&mut self, statement: &Statement, block: &'p Block) -> Option<Span> {
        let is_loop = matches!(statement.kind, StatementKind::For { .. } | StatementKind::Repeat { .. });
        if is_loop { self.acting(block) } else { None }
    }

    fn block(&mut self, block: &'p Block, later: FollowingCode) {
        // Backwards, so that what follows each statement is known.
        let mut follows = (ChangeUse::Nothing, None);
        for statement in block.statements.iter().rev() {
            if let Some(inside) = self.need_of_change(&statement.kind) {
                self.report_unused(statement, (follows.0.max(inside), follows.1), later, block);
            }
            let is_one_change = matches!(statement.kind, StatementKind::TemporarilyIf { .. });
            for (place, inside) in statement.kind.blocks().filter(|_| !is_one_change).enumerate() {
                let here = follows.1.or_else(|| self.again(statement, inside));
                let acts = here.or(later.acts);
                let branch = BranchOfChange::new(&statement.kind, place);
                self.block(inside, FollowingCode { acts, here: here.is_some() || later.here, branch, ..later });
            }
            let need = self.need(statement);
            if need == ChangeUse::Acts {
                follows.1 = Some(statement.span);
            }
            follows.0 = follows.0.max(need);
        }
    }

    /// How much a statement does while its own temporary change is open; `None` where it makes no such change.
    fn need_of_change(&mut self, kind: &'p StatementKind) -> Option<ChangeUse> {
        match kind {
            // A call without an undo was rejected for that.
            StatementKind::Act { call, retention: Retention::Temporarily { .. } } => {
                let action = self.program.actions.get(call.action)?;
                action.undo.is_some().then_some(ChangeUse::Nothing)
            }
            StatementKind::Do { procedure, retention: Retention::Temporarily { .. }, .. } => {
                let program = self.program;
                let procedure = program.procedures.get(*procedure)?;
                procedure.undo.as_ref().and_then(|_| self.need_after_change(&procedure.block))
            }
            StatementKind::TemporarilyBlock { block, .. } => self.need_after_change(block),
            StatementKind::TemporarilyIf { change, .. } => {
                change.statements.first().and_then(|change| self.need_of_change(&change.kind))
            }
            StatementKind::Step { .. }
            | StatementKind::ResolveIfFixed { .. }
            | StatementKind::Resolve { .. }
            | StatementKind::Escalate { .. }
            | StatementKind::Notify { .. }
            | StatementKind::Require { .. }
            | StatementKind::RequireApproval { .. }
            | StatementKind::Wait { .. }
            | StatementKind::WaitUntil { .. }
            | StatementKind::Act { .. }
            | StatementKind::Do { .. }
            | StatementKind::Let { .. }
            | StatementKind::If { .. }
            | StatementKind::Match { .. }
            | StatementKind::For { .. }
            | StatementKind::Repeat { .. }
            | StatementKind::Retry { .. }
            | StatementKind::Lock { .. }
            | StatementKind::Try { .. }
            | StatementKind::Run { .. }
            | StatementKind::Manual { .. } => None,
        }
    }

    /// How the statements after the first effect of an undone block use it; `None` without an effect. Further effects
    /// are part of the change, unless they disrupt.
    fn need_after_change(&mut self, block: &'p Block) -> Option<ChangeUse> {
        let mut after = None;
        for statement in &block.statements {
            let class = self.class(statement);
            after = match after {
                None => (class > Class::Observe).then_some(ChangeUse::Nothing),
                Some(need) if class == Class::Change => Some(need),
                Some(need) => Some(need.max(self.need(statement))),
            };
        }
        after
    }

    /// The highest class of a statement. A run or manual work counts as a disruption.
    fn class(&mut self, statement: &'p Statement) -> Class {
        let own = match &statement.kind {
            StatementKind::Act { call, .. } => {
                self.program.actions.get(call.action).map_or(Class::Observe, |action| action.class)
            }
            StatementKind::Do { procedure, .. } => self.class_of(*procedure),
            StatementKind::Run { .. }
            | StatementKind::Manual { .. }
            | StatementKind::Let { value: Subject::Run { .. }, .. }
            | StatementKind::Match { subject: Subject::Run { .. }, .. } => Class::Disrupt,
            StatementKind::Step { .. }
            | StatementKind::ResolveIfFixed { .. }
            | StatementKind::Resolve { .. }
            | StatementKind::Escalate { .. }
            | StatementKind::Notify { .. }
            | StatementKind::Require { .. }
            | StatementKind::RequireApproval { .. }
            | StatementKind::Wait { .. }
            | StatementKind::WaitUntil { .. }
            | StatementKind::TemporarilyBlock { .. }
            | StatementKind::TemporarilyIf { .. }
            | StatementKind::Let { .. }
            | StatementKind::If { .. }
            | StatementKind::Match { .. }
            | StatementKind::For { .. }
            | StatementKind::Repeat { .. }
            | StatementKind::Retry { .. }
            | StatementKind::Lock { .. }
            | StatementKind::Try { .. } => Class::Observe,
        };
        let mut blocks = statement.kind.blocks().peekable();
        if blocks.peek().is_none() {
            return own;
        }
        if let Some(known) = self.classes_inside.get(&statement.node) {
            return *known;
        }
        let class = blocks.map(|block| self.class_in(block)).max().unwrap_or(own).max(own);
        self.classes_inside.insert(statement.node, class);
        class
    }

    fn class_in(&mut self, block: &'p Block) -> Class {
        block.statements.iter().map(|statement| self.class(statement)).max().unwrap_or(Class::Observe)
    }

    fn class_of(&mut self, procedure: usize) -> Class {
        if let Some(Some(known)) = self.classes.get(procedure) {
            return *known;
        }
        let program = self.program;
        let class = program.procedures.get(procedure).map_or(Class::Observe, |it| self.class_in(&it.block));
        if let Some(slot) = self.classes.get_mut(procedure) {
            *slot = Some(class);
        }
        class
    }

    /// The first statement of a block that acts.
    fn acting(&mut self, block: &'p Block) -> Option<Span> {
        block
            .statements
            .iter()
            .find(|statement| self.need(statement) == ChangeUse::Acts)
            .map(|statement| statement.span)
    }

    fn report_unused(
        &mut self,
        change: &'p Statement,
        follows: (ChangeUse, Option<Span>),
        later: FollowingCode,
        block: &'p Block,
    ) {
        let unused = match follows.0 {
            ChangeUse::Acts => false,
            ChangeUse::Observes => later.acts.is_some(),
            // A caller that is still to be written goes on after the procedure.
            ChangeUse::Waits => {
                later.acts.is_some() || matches!(later.body, BodySummary::Procedure { is_done: false, .. })
            }
            ChangeUse::Nothing => true,
        };
        if !unused || kept_by_an_escalation(change, block) {
            return;
        }
        let message = match follows.0 {
            ChangeUse::Nothing => "This change is undone at the end of its block, before any action that could need it",
            ChangeUse::Waits | ChangeUse::Observes | ChangeUse::Acts => {
                "This change is undone at the end of its block, and only waits and observations come before that"
            }
        };
        let mut diagnostic = Diagnostic::error(code::CHANGE_NOT_USED, change.span, message);
        if let Some(acts) = later.acts {
            diagnostic = diagnostic.also(acts, "this runs after the change is undone");
        }
        let with_condition = self.help_with_condition(change, later.branch);
        let help = match (later.body, later.acts.is_some(), later.here) {
            (BodySummary::Procedure { has_undo: true, .. }, _, _) => {
                "Remove `temporarily`: the `undo` of the procedure undoes what the procedure does"
            }
            (_, true, true) if let Some(help) = &with_condition => help,
            (BodySummary::Procedure { .. }, _, false) => {
                "Give the procedure an `undo { … }`, and write `temporarily do NAME(…)` in the block that needs the change: a \
                 temporary change in a procedure ends with the procedure"
            }
            (BodySummary::Runbook, true, false) => {
                "Turn the runbook into a procedure with an `undo { … }`, and write `temporarily do NAME(…)` in the block that \
                 needs the change: a temporary change in a run ends with the run"
            }
            (_, true, true) => {
                "Move the `temporarily` into the block of the actions that need the change, or move these actions after the \
                 `temporarily` in this block"
            }
            (_, false, _) => {
                "Write the actions that need the change after it in this block, or remove it; write `permanently` if the \
                 change is meant to stay"
            }
        };
        self.found.push(diagnostic.help(help));
    }

    /// How to write a change of a branch with a condition in the block around; `None` where that is not possible.
    fn help_with_condition(&self, change: &Statement, branch: BranchOfChange) -> Option<String> {
        if matches!(change.kind, StatementKind::TemporarilyBlock { .. }) {
            return None;
        }
        let (line, place) = match branch {
            BranchOfChange::None => return None,
            BranchOfChange::Only(condition) => (self.with_condition(change, condition), "instead of the `if`"),
            BranchOfChange::First(condition) => (self.with_condition(change, condition), "before the `if`"),
            BranchOfChange::Later => ("temporarily … if CONDITION".to_owned(), "before the `if` or `match`"),
        };
        Some(format!("Write `{line}` {place}: the change then lasts until the end of the block around it"))
    }

    /// `temporarily … if CONDITION`, written out where that is one short line.
    fn with_condition(&self, change: &Statement, condition: Span) -> String {
        let is_plain = matches!(
            change.kind,
            StatementKind::Act { retention: Retention::Temporarily { keep_on_failure: false }, .. }
                | StatementKind::Do { retention: Retention::Temporarily { keep_on_failure: false }, .. }
        );
        let line = format!("{} if {}", (self.source_text)(change.span), (self.source_text)(condition));
        match is_plain && line.len() < 80 && !line.contains('\n') {
            true => line,
            false => "temporarily … if CONDITION".to_owned(),
        }
    }

    fn need(&mut self, statement: &'p Statement) -> ChangeUse {
        let own = match &statement.kind {
            // Another change does not use an earlier one.
            StatementKind::Act { retention: Retention::Temporarily { .. }, .. } => ChangeUse::Nothing,
            StatementKind::Act { .. } | StatementKind::Run { .. } | StatementKind::Manual { .. } => ChangeUse::Acts,
            StatementKind::Do { procedure, .. } => match self.need_of_change(&statement.kind) {
                Some(need) => need,
                None => self.need_of(*procedure),
            },
            StatementKind::TemporarilyBlock { .. } if let Some(need) = self.need_of_change(&statement.kind) => {
                return need;
            }
            StatementKind::Wait { .. } | StatementKind::WaitUntil { .. } => ChangeUse::Waits,
            // This is what a rejected statement becomes, so its use of changes is not known.
            StatementKind::Require {
                condition: Expression { kind: ExpressionKind::Constant(_), .. },
                otherwise: None,
            } => ChangeUse::Acts,
            StatementKind::Require { .. } => ChangeUse::Waits,
            StatementKind::ResolveIfFixed { .. } | StatementKind::RequireApproval { .. } => ChangeUse::Observes,
            StatementKind::Escalate { evidence, .. } | StatementKind::Notify { evidence, .. } => {
                evidence_need(evidence)
            }
            StatementKind::Let { value: subject, .. } | StatementKind::Match { subject, .. } => match subject {
                Subject::Value(value) => observes_if(observes(value)),
                Subject::Ask(_) => ChangeUse::Observes,
                Subject::Run { .. } => ChangeUse::Acts,
            },
            StatementKind::If { branches, .. } => {
                observes_if(branches.iter().any(|(condition, _)| observes(condition)))
            }
            StatementKind::TemporarilyIf { condition, .. } => observes_if(observes(condition)),
            StatementKind::For { list, .. } => observes_if(observes(list)),
            StatementKind::Repeat { until, .. } => observes_if(until.as_ref().is_some_and(observes)),
            StatementKind::Resolve { .. }
            | StatementKind::Step { .. }
            | StatementKind::TemporarilyBlock { .. }
            | StatementKind::Retry { .. }
            | StatementKind::Lock { .. }
            | StatementKind::Try { .. } => ChangeUse::Nothing,
        };
        let mut blocks = statement.kind.blocks().peekable();
        if blocks.peek().is_none() {
            return own;
        }
        // A diverging `else` does not use the change: where the condition holds, it never runs.
        if let StatementKind::Require { otherwise: Some(otherwise), .. }
        | StatementKind::RequireApproval { otherwise: Some(otherwise), .. }
        | StatementKind::WaitUntil { otherwise: Some(otherwise), .. }
        | StatementKind::Let { otherwise: Some(LetElse::Block(otherwise)), .. } = &statement.kind
            && self.leaving.block(otherwise)
        {
            return own;
        }
        if let Some(known) = self.needs_inside.get(&statement.node) {
            return *known;
        }
        let need = blocks.map(|block| self.need_in(block)).max().unwrap_or(own).max(own);
        self.needs_inside.insert(statement.node, need);
        need
    }

    fn need_in(&mut self, block: &'p Block) -> ChangeUse {
        block.statements.iter().map(|statement| self.need(statement)).max().unwrap_or(ChangeUse::Nothing)
    }

    fn need_of(&mut self, procedure: usize) -> ChangeUse {
        if let Some(Some(known)) = self.needs.get(procedure) {
            return *known;
        }
        let program = self.program;
        let need = program.procedures.get(procedure).map_or(ChangeUse::Nothing, |it| self.need_in(&it.block));
        if let Some(slot) = self.needs.get_mut(procedure) {
            *slot = Some(need);
        }
        need
    }
}

/// `…, keep on failure` before an escalation in the same block, where the change stays.
fn kept_by_an_escalation(change: &Statement, block: &Block) -> bool {
    let keeps = match &change.kind {
        StatementKind::Act { retention: Retention::Temporarily { keep_on_failure }, .. }
        | StatementKind::Do { retention: Retention::Temporarily { keep_on_failure }, .. }
        | StatementKind::TemporarilyBlock { keep_on_failure, .. } => *keep_on_failure,
        StatementKind::TemporarilyIf { change, .. } => {
            return change.statements.iter().any(|change| kept_by_an_escalation(change, block));
        }
        StatementKind::Step { .. }
        | StatementKind::ResolveIfFixed { .. }
        | StatementKind::Resolve { .. }
        | StatementKind::Escalate { .. }
        | StatementKind::Notify { .. }
        | StatementKind::Require { .. }
        | StatementKind::RequireApproval { .. }
        | StatementKind::Wait { .. }
        | StatementKind::WaitUntil { .. }
        | StatementKind::Act { .. }
        | StatementKind::Do { .. }
        | StatementKind::Let { .. }
        | StatementKind::If { .. }
        | StatementKind::Match { .. }
        | StatementKind::For { .. }
        | StatementKind::Repeat { .. }
        | StatementKind::Retry { .. }
        | StatementKind::Lock { .. }
        | StatementKind::Try { .. }
        | StatementKind::Run { .. }
        | StatementKind::Manual { .. } => false,
    };
    keeps && block.statements.iter().any(|statement| matches!(statement.kind, StatementKind::Escalate { .. }))
}

fn observes_if(observes: bool) -> ChangeUse {
    if observes { ChangeUse::Observes } else { ChangeUse::Nothing }
}

fn evidence_need(evidence: &[Evidence]) -> ChangeUse {
    observes_if(evidence.iter().any(|piece| observes(&piece.value)))
}

fn observes(expression: &Expression) -> bool {
    let mut visitor = FindObservation(false);
    visitor.expression(expression);
    visitor.0
}

struct FindObservation(bool);

impl<'p> Visitor<'p> for FindObservation {
    fn expression(&mut self, expression: &'p Expression) {
        if !self.0 {
            walk_expression(self, expression);
        }
    }

    fn call(&mut self, _: &'p Call) {
        self.0 = true;
    }

    fn probe_call(&mut self, _: &'p ProbeCall) {
        self.0 = true;
    }
}
