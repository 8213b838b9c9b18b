//! Approvals: which statements they reach, and what is destroyed without one.
//!
//! An approval covers what follows it on the same path, in procedures as well. Where paths meet, it holds if every path
//! has one. A procedure that destroys something without an approval of its own needs one from each of its callers.

use super::context::Context;
use super::scope::BodyScope;
use crate::diagnostic::{Diagnostic, code};
use crate::source::Span;
use crate::syntax::ast;

/// Why an approval does not reach the statements after it.
pub(super) mod reason {
    pub const BRANCH: &str = "this approval is in one branch, and another way leads past it";
    pub const LOOP: &str = "this approval is in a loop, which may have no turn";
    pub const TRY: &str = "this approval is left out when an error comes before it";
    pub const CATCH: &str = "this approval is asked for only after an error";
    pub const ELSE: &str = "this approval is in an `else`, which is not always taken";
    pub const PROCEDURE: &str = "this procedure can end without the approval in it";
    pub const CONDITION: &str = "this procedure, with the approval in it, is called only if the condition holds";
    pub const UNDONE: &str = "this approval may not have been given when the undo runs";
    pub const CHILD: &str = "this run asks for an approval, but an approval covers its own run only";
    pub const LATER: &str = "this approval comes later";
}

/// An approval that a body asks for, so far.
#[derive(Debug, Clone, Copy)]
struct Approval {
    span: Span,
    /// Why it no longer holds; `None` while it does.
    lost: Option<&'static str>,
}

/// Something that a body destroys without an approval of its own.
#[derive(Debug, Clone)]
pub(super) struct UnapprovedDestroy {
    span: Span,
    /// The action, in backticks.
    what: String,
    /// The `do` that leads to it and the name of its procedure, if it is in a procedure that the body calls.
    call: Option<(Span, String)>,
    /// The nearest approval that does not reach it, and why.
    nearest: Option<(Span, &'static str)>,
}

/// The approvals of a body, and what it destroys without one.
#[derive(Debug, Default)]
pub(super) struct Approvals {
    seen: Vec<Approval>,
    unapproved: Vec<UnapprovedDestroy>,
}

impl Approvals {
    /// Notes an approval, which holds from here on.
    pub fn note(&mut self, span: Span) {
        self.seen.push(Approval { span, lost: None });
    }

    /// Notes a procedure that asks for an approval and can end without it.
    pub fn note_lost(&mut self, span: Span, why: &'static str) {
        self.seen.push(Approval { span, lost: Some(why) });
    }

    /// The number of approvals so far.
    pub fn count(&self) -> usize {
        self.seen.len()
    }

    /// The approvals after the first `count` do not reach what follows.
    pub fn lose(&mut self, count: usize, why: &'static str) {
        for approval in self.seen.iter_mut().skip(count) {
            approval.lost.get_or_insert(why);
        }
    }

    fn note_destroy(&mut self, mut destroy: UnapprovedDestroy, in_undo: bool) {
        // One that still holds is in another branch, or in the block that this undoes.
        let otherwise = if in_undo { reason::UNDONE } else { reason::BRANCH };
        let nearest = self.seen.last().map(|approval| (approval.span, approval.lost.unwrap_or(otherwise)));
        destroy.nearest = destroy.nearest.or(nearest);
        self.unapproved.push(destroy);
    }

    /// What the body destroys without an approval, once the whole body is known.
    pub fn unapproved(&self) -> Vec<UnapprovedDestroy> {
        let with_later = |destroy: &UnapprovedDestroy| {
            let span = destroy.call.as_ref().map_or(destroy.span, |(call, _)| *call);
            let later = self.seen.iter().find(|approval| approval.span.start > span.start);
            let nearest = destroy.nearest.or_else(|| Some((later?.span, reason::LATER)));
            UnapprovedDestroy { nearest, ..destroy.clone() }
        };
        self.unapproved.iter().map(with_later).collect()
    }
}

impl<'a> Context<'a> {
    /// Notes an action of class `destroy`.
    pub(super) fn note_destroy(body: &mut BodyScope<'a>, span: Span, what: &str) {
        if !body.place.approved {
            let what = what.to_owned();
            body.approvals.note_destroy(UnapprovedDestroy { span, what, call: None, nearest: None }, body.place.undo);
        }
    }

    /// Notes the call of a procedure: what it destroys, and whether it asks for an approval.
    pub(super) fn note_approvals_of(body: &mut BodyScope<'a>, call: Span, name: &str, procedure: &ProcedureApprovals) {
        if !body.place.approved
            && let Some(destroy) = procedure.unapproved.first()
        {
            let destroy = UnapprovedDestroy { call: Some((call, name.to_owned())), ..destroy.clone() };
            body.approvals.note_destroy(destroy, body.place.undo);
        }
        match (procedure.approves, procedure.asks) {
            (true, _) => {
                // As if the approval stood here.
                body.note_approval(call);
            }
            (false, true) => body.approvals.note_lost(call, reason::PROCEDURE),
            (false, false) => {}
        }
    }

    /// A run that the body starts and that asks for an approval.
    fn approval_of_a_child(&self, body: &BodyScope<'a>) -> Option<(Span, &'static str)> {
        let asks = |target: &usize| self.declared.runbooks.get(*target).is_some_and(|it| asks_for_approval(&it.block));
        let (_, run) = body.runs.iter().find(|(target, _)| asks(target))?;
        Some((*run, reason::CHILD))
    }

    /// Reports what a runbook destroys without an approval.
    pub(super) fn reject_unapproved(&mut self, body: &BodyScope<'a>) {
        for UnapprovedDestroy { span, what, call, nearest } in body.approvals.unapproved() {
            let mut diagnostic = match call {
                None => {
                    let message = format!("{what} is of class `destroy` and needs an approval");
                    Diagnostic::error(code::DESTROY_WITHOUT_APPROVAL, span, message)
                }
                Some((call, name)) => {
                    let message =
                        format!("`{name}` performs {what}, which is of class `destroy` and needs an approval");
                    Diagnostic::error(code::DESTROY_WITHOUT_APPROVAL, call, message).also(span, "it is performed here")
                }
            };
            let nearest = nearest.or_else(|| self.approval_of_a_child(body));
            if let Some((approval, why)) = nearest {
                diagnostic = diagnostic.also(approval, why);
            }
            self.report(diagnostic.help(match nearest {
                None => "Ask for approval first: `require approval \"…\" by 1 within 1h`",
                Some(_) => "Ask for approval on every path that leads here, or move this to the path that has one",
            }));
        }
    }
}

fn asks_for_approval(block: &ast::Block) -> bool {
    block.statements.iter().any(|statement| {
        matches!(statement.kind, ast::StatementKind::RequireApproval { .. })
            || statement.kind.blocks().any(asks_for_approval)
    })
}

/// What the callers of a procedure need to know of its approvals.
#[derive(Debug)]
pub(super) struct ProcedureApprovals {
    /// Whether every path to its end has an approval.
    approves: bool,
    /// Whether it asks for one anywhere.
    asks: bool,
    unapproved: Vec<UnapprovedDestroy>,
}

impl ProcedureApprovals {
    /// Those of a body, lowered to its end.
    pub fn new(body: &BodyScope<'_>, completes: bool) -> Self {
        Self {
            approves: completes && body.place.approved,
            asks: body.approvals.count() > 0,
            unapproved: body.approvals.unapproved(),
        }
    }
}
