//! Statements that act: calls of actions and procedures, with their retention.

use super::rejected;
use crate::check::context::Context;
use crate::check::declarations::bodies::ProcedureState;
use crate::check::scope::{BodyScope, FlowState};
use crate::check::unknown_taint::ConditionProbes;
use crate::diagnostic::{Diagnostic, code};
use crate::inventory::DestroyPolicy;
use crate::program::{Call, Retention, StatementKind};
use crate::source::Span;
use crate::syntax::ast;
use crate::value::Class;

impl<'a> Context<'a> {
    /// A call as a statement: an action without retention, or a mistake.
    pub(crate) fn bare_call(&mut self, body: &mut BodyScope<'a>, call: &'a ast::Call) -> (StatementKind, bool) {
        let name = call.path.text.as_str();
        if !name.contains('.') {
            let declared = &self.declared;
            let diagnostic = if declared.procedure_index(name).is_some() {
                Diagnostic::error(
                    code::UNKNOWN_ACTION,
                    call.path.span,
                    format!("`{name}` is a procedure, not an action"),
                )
                .help(format!("Write `do {name}(…)`"))
                .fix(call.path.span.before(), "do ")
            } else if declared.runbook_index(name).is_some() {
                Diagnostic::error(code::UNKNOWN_ACTION, call.path.span, format!("`{name}` is a runbook, not an action"))
                    .help(format!("Write `run {name}(…)`"))
                    .fix(call.path.span.before(), "run ")
            } else if declared.probe_index(name).is_some() {
                Diagnostic::error(
                    code::OBSERVATION_AS_STATEMENT,
                    call.path.span,
                    format!("The verdict of the probe `{name}` is not used"),
                )
                .help(format!("Write `require check {name}(…) == passed` or `match check {name}(…) {{ … }}`"))
            } else {
                let procedures = declared.procedures.iter().map(|it| it.name.text.as_str());
                let known = procedures.chain(declared.runbooks.iter().map(|it| it.name.text.as_str()));
                let message = format!("Unknown procedure, runbook or action `{name}`");
                self.unknown(code::UNKNOWN_ACTION, call.path.span, message, name, known)
            };
            self.report(diagnostic);
            self.check_unknown_arguments(body, call);
            return (rejected(call.span), true);
        }
        match self.action_call(body, call) {
            Some(lowered) => (self.check_action_statement(body, lowered, Retention::None, call.span), true),
            None => (rejected(call.span), true),
        }
    }

    pub(crate) fn check_action_statement(
        &mut self,
        body: &mut BodyScope<'a>,
        call: Call,
        retention: Retention,
        whole: Span,
    ) -> StatementKind {
        let action = &self.program.actions[call.action];
        let class = action.class;
        let (has_undo, confirmed) = self
            .signatures
            .get(call.action)
            .map_or((false, false), |signature| (signature.undo.is_some(), signature.confirm.is_some()));
        let blind = action.once && !confirmed || class >= Class::Disrupt && !confirmed && !action.idempotent;
        let name = format!("{}.{}", action.backend, action.name);
        let span = call.span;
        if class == Class::Observe {
            self.report(
                Diagnostic::error(
                    code::OBSERVATION_AS_STATEMENT,
                    span,
                    format!("The answer of the observation `{name}` is not used"),
                )
                .help("Bind it: `let x = …`, or test it: `require … == …`"),
            );
            return StatementKind::Act { call, retention };
        }
        let diagnostic = match retention {
            Retention::None if body.place.covered => None,
            Retention::None if has_undo || class == Class::Change => {
                let text = format!("The change `{name}` needs `temporarily` or `permanently`");
                let help = if has_undo {
                    "Write `temporarily` before it to undo it at the end of the block, or `permanently` to keep it"
                } else {
                    "Write `permanently` before it, or write its undo yourself: `temporarily { … } undo { … }`"
                };
                let mut diagnostic = Diagnostic::error(code::RETENTION_REQUIRED, span, text).help(help);
                if has_undo {
                    diagnostic = diagnostic.fix(span.before(), "temporarily ");
                }
                Some(diagnostic)
            }
            Retention::None => None,
            Retention::Temporarily { .. } if !has_undo => {
                let text = format!("`{name}` has no undo and cannot be made `temporarily`");
                let help = if class == Class::Change {
                    "Write `permanently`, or write its undo yourself: `temporarily { … } undo { … }`"
                } else {
                    "Remove `temporarily`: nothing stays behind that could be undone"
                };
                Some(Diagnostic::error(code::RETENTION_USELESS, whole, text).help(help))
            }
            Retention::Permanently { undo_on_failure: true } if !has_undo => {
                let text = format!("`{name}` has no undo and cannot be undone on failure");
                Some(Diagnostic::error(code::RETENTION_USELESS, whole, text).help("Remove `, undo on failure`"))
            }
            Retention::Permanently { .. } if !has_undo && class != Class::Change => {
                let text = format!("`{name}` leaves nothing behind that could stay");
                Some(Diagnostic::error(code::RETENTION_USELESS, whole, text).help("Remove `permanently`"))
            }
            Retention::Temporarily { .. } | Retention::Permanently { .. } => None,
        };
        if let Some(diagnostic) = diagnostic {
            self.report(diagnostic);
        }
        let allowed = self.inventory.is_some_and(|inventory| inventory.policy.destroy == DestroyPolicy::Allow);
        if class == Class::Destroy && !allowed {
            Self::note_destroy(body, span, &format!("`{name}`"));
        }
        if body.place.retrying && blind {
            self.report(
                Diagnostic::error(
                    code::UNSAFE_RETRY,
                    span,
                    format!("`{name}` must not be repeated blindly, but `retry` would do so"),
                )
                .help("Call it outside of `retry`, and wait until its effect is there"),
            );
        }
        self.observe_unknown_taint(body, span, &format!("`{name}`"));
        self.acts(body, span, class, &format!("`{name}`"));
        StatementKind::Act { call, retention }
    }

    pub(crate) fn temporarily(
        &mut self,
        body: &mut BodyScope<'a>,
        what: &'a ast::Subject,
        undo: Option<&'a ast::Block>,
        keep_on_failure: bool,
        span: Span,
    ) -> (StatementKind, bool) {
        match what {
            ast::Subject::Call(call) => {
                let retention = Retention::Temporarily { keep_on_failure };
                match self.action_call(body, call) {
                    Some(call) => (self.check_action_statement(body, call, retention, span), true),
                    None => (rejected(span), true),
                }
            }
            ast::Subject::Do(call) => self.do_procedure(body, call, Retention::Temporarily { keep_on_failure }, span),
            ast::Subject::Block(block) => {
                let Some(undo) = undo else {
                    self.report(
                        Diagnostic::error(
                            code::MISSING_PART,
                            block.span.after(),
                            "This `temporarily` block has no `undo`",
                        )
                        .help("Add `undo { … }`"),
                    );
                    let place = FlowState { covered: true, ..body.place };
                    let (_, completes) = self.inner(body, block, place);
                    return (rejected(span), completes);
                };
                let outer = body.place;
                body.place.covered = true;
                let mark = body.enter();
                let (block, completes, before_effects) = self.open_block(body, block);
                body.leave(before_effects);
                let undo = self.undo_block(body, undo, outer.approved);
                body.leave(mark);
                body.place.covered = outer.covered;
                (StatementKind::TemporarilyBlock { block, undo, keep_on_failure }, completes)
            }
        }
    }

    pub(crate) fn permanently(
        &mut self,
        body: &mut BodyScope<'a>,
        what: &'a ast::Subject,
        undo_on_failure: Option<Span>,
        span: Span,
    ) -> (StatementKind, bool) {
        let retention = Retention::Permanently { undo_on_failure: undo_on_failure.is_some() };
        match what {
            ast::Subject::Call(call) => match self.action_call(body, call) {
                Some(call) => (self.check_action_statement(body, call, retention, span), true),
                None => (rejected(span), true),
            },
            ast::Subject::Do(call) => self.do_procedure(body, call, retention, span),
            ast::Subject::Block(block) => {
                self.report(
                    Diagnostic::error(code::MISPLACED, span, "`permanently` applies to a single call, not to a block")
                        .help("Write it before each call whose change is meant to stay"),
                );
                let place = FlowState { covered: true, ..body.place };
                let (_, completes) = self.inner(body, block, place);
                (rejected(span), completes)
            }
        }
    }

    pub(crate) fn do_procedure(
        &mut self,
        body: &mut BodyScope<'a>,
        call: &'a ast::Call,
        retention: Retention,
        span: Span,
    ) -> (StatementKind, bool) {
        let name = call.path.text.as_str();
        let Some(declared) = self.declared.procedure_index(name) else {
            let diagnostic = if self.declared.runbook_index(name).is_some() {
                Diagnostic::error(code::UNKNOWN_NAME, call.path.span, format!("`{name}` is a runbook, not a procedure"))
                    .help(format!("Write `run {name}(…)`"))
            } else if self.declared.backends.contains_key(name.split('.').next().unwrap_or_default()) {
                Diagnostic::error(code::UNKNOWN_NAME, call.path.span, format!("`{name}` is an action, not a procedure"))
                    .help(format!("Remove `do`: `{name}(…)`"))
            } else {
                let known = self.declared.procedures.iter().map(|procedure| procedure.name.text.as_str());
                let message = format!("Unknown procedure `{name}`");
                self.unknown(code::UNKNOWN_NAME, call.path.span, message, name, known)
            };
            self.report(diagnostic);
            self.check_unknown_arguments(body, call);
            return (rejected(span), true);
        };
        let Some(ProcedureState {
            index,
            parameters,
            completes,
            has_undo,
            summary,
            runs,
            approvals,
            resolved,
            open_runs,
            settles,
        }) = self.procedures.get(&declared).cloned()
        else {
            let message = format!("`{name}` calls itself, directly or through others");
            let help = "Repeat a block with `repeat N times` or `for … in …` instead";
            self.report(Diagnostic::error(code::RECURSION, call.span, message).help(help));
            return (rejected(span), true);
        };
        let diagnostic = match retention {
            Retention::None if has_undo && !body.place.covered => Some(
                Diagnostic::error(
                    code::RETENTION_REQUIRED,
                    span,
                    format!("The procedure `{name}` has an undo, so its call needs `temporarily` or `permanently`"),
                )
                .help("Write `temporarily do …` or `permanently do …`")
                .fix(span.before(), "temporarily "),
            ),
            Retention::Temporarily { .. } | Retention::Permanently { undo_on_failure: true } if !has_undo => Some(
                Diagnostic::error(code::RETENTION_USELESS, span, format!("The procedure `{name}` has no undo"))
                    .help(format!("Add one: `procedure {name}(…) {{ … }} undo {{ … }}`, or write `do` alone")),
            ),
            Retention::Permanently { .. } if !has_undo => Some(
                Diagnostic::error(
                    code::RETENTION_USELESS,
                    span,
                    format!("The procedure `{name}` has no undo, so its changes are never undone as a whole"),
                )
                .help("Write `do` alone: each change in it says whether it stays"),
            ),
            Retention::None | Retention::Temporarily { .. } | Retention::Permanently { .. } => None,
        };
        if let Some(diagnostic) = diagnostic {
            self.report(diagnostic);
        }
        if summary.ends.is_some() || summary.people.is_some() || summary.runs.is_some() {
            self.reject_in_probe(body, span, &format!("`{name}`, which may end the run, prompt people or start a run"));
        }
        if body.place.undo && (summary.ends.is_some() || summary.people.is_some() || summary.runs.is_some()) {
            let message = format!(
                "An `undo` block must not contain `{name}`, which may end the run, prompt people or start a run"
            );
            self.error(code::FORBIDDEN_IN_UNDO, span, message).help("Move it out of the `undo` block");
        }
        if body.place.parallel && summary.resolves.is_some() {
            let message = format!("A parallel loop must not contain `{name}`, which may `resolve`");
            self.report(
                Diagnostic::error(code::RESOLVE_IN_PARALLEL, span, message).help("Check the goal after the loop"),
            );
        }
        body.changes += 1;
        self.acts(body, span, summary.class, &format!("`{name}`"));
        Self::note_approvals_of(body, span, name, &approvals);
        let settled = self.in_words_of_caller(&settles, &parameters, call);
        body.place.settled = body.place.settled.with(body, &settled);
        body.place.open = body.place.settled.of(body, body.place.open);
        body.summary.include(summary, span);
        body.may_end |= summary.ends.is_some() && !body.place.only_unknown;
        for target in runs.keys() {
            body.runs.entry(*target).or_insert(span);
        }
        body.observations += usize::from(summary.goal.is_some());
        if summary.resolves.is_some() {
            Self::note_resolved(body, body.place.open);
            body.resolved.include(&resolved);
        }
        if let Some(condition) = summary.lets_unknown_through {
            self.questions.insert(span, ConditionProbes::in_procedure(condition));
            self.open_here(body, span);
        }
        for run in open_runs.iter() {
            let open = body.open_condition(span, &[], Some(*run));
            body.place.open = body.place.open.or(open);
        }
        let arguments = self.arguments(body, &parameters, &call.arguments, name, call.span);
        if summary.class > Class::Observe {
            // What the procedure opens comes after its arguments.
            let opened = std::mem::take(&mut body.place.open);
            self.observe_unknown_taint(body, span, &format!("`{name}`"));
            body.place.open = opened;
        } else if summary.ends.is_some() && std::mem::take(&mut body.touched_by_unknown) {
            // The received verdict may decide whether it ends the run.
            self.open_here(body, span);
        }
        match arguments {
            Some(arguments) => (StatementKind::Do { procedure: index, arguments, retention }, completes),
            None => (rejected(span), completes),
        }
    }
}
