//! Probes, procedures and runbooks, and the order and cycles of their calls.

use super::signatures::DEFAULT_TIMEOUT;
use crate::check::approvals::ProcedureApprovals;
use crate::check::child_runs::ResolvedEndings;
use crate::check::context::Context;
use crate::check::scope::{BodyKind, BodyScope, FlowState, Summary};
use crate::check::topological_sort;
use crate::check::topological_sort::DEEPEST_CALLS;
use crate::diagnostic::{Diagnostic, code};
use crate::program::types::Type;
use crate::program::{Block, Expression, Parameter, Probe, Procedure, Runbook};
use crate::source::Span;
use crate::syntax::ast;
use crate::syntax::ast::{StatementKind, Subject};
use crate::value::SignedDuration;
use ecow::EcoString;
use std::collections::BTreeMap;
use std::rc::Rc;

/// A lowered procedure. One that is called before it is lowered is part of a cycle.
#[derive(Debug, Clone)]
pub(crate) struct ProcedureState {
    /// Index into the program's procedures.
    pub index: usize,
    pub parameters: Rc<[Parameter]>,
    /// Whether control can reach its end.
    pub completes: bool,
    pub has_undo: bool,
    pub summary: Summary,
    pub approvals: Rc<ProcedureApprovals>,
    pub resolved: Rc<ResolvedEndings>,
    /// The questions that are settled where it ends, as it writes them.
    pub settles: Rc<[EcoString]>,
    /// Runbooks whose runs control may have passed because they ended resolved.
    pub open_runs: Rc<[usize]>,
    /// The runbooks that it runs.
    pub runs: Rc<BTreeMap<usize, Span>>,
}

impl<'a> Context<'a> {
    /// Lowers the parameters of everything that can be named before its body is lowered.
    pub(crate) fn take_parameters(&mut self) {
        for probe in self.declared.probes.clone() {
            let parameters = self.quiet_parameters(&probe.parameters, BodyKind::Probe);
            self.probe_parameters.push(parameters);
        }
        for runbook in self.declared.runbooks.clone() {
            let parameters = self.quiet_parameters(&runbook.parameters, BodyKind::Runbook(None));
            self.runbook_parameters.push(parameters);
        }
    }

    /// Parameters for callers. Their mistakes are reported when the body is lowered.
    fn quiet_parameters(&mut self, written: &'a [ast::Parameter], kind: BodyKind) -> Vec<Parameter> {
        let reported = self.diagnostics.len();
        let parameters = self.parameters(&mut BodyScope::new(kind, None), written);
        self.diagnostics.truncate(reported);
        parameters
    }

    pub(crate) fn lower_probes(&mut self) {
        for written in self.declared.probes.clone() {
            let probe = self.probe(written);
            self.program.probes.push(probe);
        }
    }

    /// The type of the answer to a probe's `ask`.
    pub(crate) fn probe_answer(&self, probe: usize) -> Option<Type> {
        let (call, _) = self.program.probes.get(probe)?.ask.as_ref()?;
        Some(self.program.actions[call.action].returns.clone())
    }

    fn probe(&mut self, written: &'a ast::Probe) -> Probe {
        let mut body = BodyScope::new(BodyKind::Probe, None);
        let parameters = self.parameters(&mut body, &written.parameters);
        let statements = written.statements.iter().map(|statement| {
            match &statement.kind {
                StatementKind::Let { .. } | StatementKind::Temporarily { .. } => {}
                StatementKind::Step { .. }
                | StatementKind::ResolveIfFixed { .. }
                | StatementKind::Resolve { .. }
                | StatementKind::Escalate { .. }
                | StatementKind::Notify { .. }
                | StatementKind::Require { .. }
                | StatementKind::RequireApproval { .. }
                | StatementKind::Wait { .. }
                | StatementKind::WaitUntil { .. }
                | StatementKind::Call(_)
                | StatementKind::Permanently { .. }
                | StatementKind::If { .. }
                | StatementKind::Match { .. }
                | StatementKind::For { .. }
                | StatementKind::Repeat { .. }
                | StatementKind::Retry { .. }
                | StatementKind::Lock { .. }
                | StatementKind::Try { .. }
                | StatementKind::Do(_)
                | StatementKind::Run(_)
                | StatementKind::Manual { .. } => {
                    let message = "A probe may only contain `let` and `temporarily` besides its clauses";
                    self.error(code::EFFECT_IN_PROBE, statement.span, message).help("Move it to the runbook");
                }
            }
            self.statement(&mut body, statement).0
        });
        let statements = statements.collect();
        let ask = written.ask.as_ref().and_then(|call| {
            let lowered = self.action_call(&mut body, call)?;
            let action = &self.program.actions[lowered.action];
            let type_of = action.returns.clone();
            if action.class != crate::value::Class::Observe {
                let message =
                    format!("A probe must not call `{}`, whose class is `{}`", call.path.text, action.class.as_str());
                self.error(code::EFFECT_IN_PROBE, call.span, message).help("Move it to the runbook");
                return None;
            }
            let name = ast::Name { text: "answer".into(), span: call.span };
            let slot = self.bind(&mut body, &name, type_of);
            Some((lowered, slot))
        });
        if written.ask.is_some() && ask.is_none() {
            // The call was rejected, so further mistakes with its answer would only follow from that.
            let name = ast::Name { text: "answer".into(), span: written.span };
            self.bind(&mut body, &name, Type::Invalid);
        }
        let unknown_if = written.unknown_if.as_ref();
        let unknown_if = unknown_if.map(|condition| self.expect(&mut body, condition, &Type::Boolean).expression);
        let passed_if = match &written.passed_if {
            Some(condition) => self.expect(&mut body, condition, &Type::Boolean).expression,
            None => {
                let message = format!("The probe `{}` has no `passed if`", written.name.text);
                self.report(
                    Diagnostic::error(code::MISSING_PART, written.name.span, message).help("Add `passed if …`"),
                );
                crate::check::expressions::Typed::invalid(written.name.span).expression
            }
        };
        let timeout = written.timeout.as_ref().and_then(|amount| self.literal_duration(amount, "A timeout"));
        let retries = written.retries.as_ref().and_then(|retries| self.retries(retries));
        Probe {
            name: written.name.text.clone(),
            title: written.title.as_ref().map_or(written.name.text.clone(), |title| self.literal(title, "A title")),
            group: written.group.as_ref().map(|group| self.literal(group, "A group")),
            depends_on: written.depends_on.iter().map(|text| self.literal(text, "A dependency")).collect(),
            parameters,
            locals: body.locals(),
            timeout: timeout.unwrap_or(DEFAULT_TIMEOUT),
            retries,
            statements,
            ask,
            unknown_if,
            passed_if,
            span: written.span,
        }
    }

    fn retries(&mut self, retries: &'a ast::Retries) -> Option<(u32, SignedDuration)> {
        self.reject_timings(&retries.timings, &["every"], "`retries`");
        let count = self.literal_count(&retries.count, "The number of retries", 1);
        let every = match &retries.timings.every {
            Some(every) => self.literal_duration(every, "The interval between retries"),
            None => {
                let message = "Missing interval between retries";
                self.report(Diagnostic::error(code::MISSING_PART, retries.span, message).help("Add `every 30s`"));
                None
            }
        };
        Some((count?, every?))
    }

    /// Lowers procedures, each after the procedures that it calls.
    pub(crate) fn lower_procedures(&mut self) {
        let procedures = self.declared.procedures.clone();
        let mut done: Vec<Vec<(usize, Span)>> = Vec::with_capacity(procedures.len());
        for written in &procedures {
            let mut calls = Vec::new();
            let undo = written.undo.iter();
            undo.chain([&written.block]).for_each(|block| procedures_done(block, &mut calls));
            let known = |call: &&ast::Call| Some((self.declared.procedure_index(&call.path.text)?, call.span));
            done.push(calls.iter().filter_map(known).collect());
        }
        let edges = |node: usize| done[node].iter().enumerate().map(|(edge, (target, _))| (*target, edge));
        let order = topological_sort::topological_order(procedures.len(), edges);
        let mut depth = vec![1_usize; procedures.len()];
        for declared in order.inner_first {
            let deepest = done[declared].iter().max_by_key(|(target, _)| depth[*target]);
            if let Some((target, span)) = deepest {
                depth[declared] = depth[*target] + 1;
                if depth[declared] == DEEPEST_CALLS + 1 {
                    let message = format!("Procedures call procedures more than {DEEPEST_CALLS} levels deep here");
                    self.error(code::TOO_DEEP, *span, message);
                }
            }
            self.procedure(declared, procedures[declared]);
        }
    }

    fn procedure(&mut self, declared: usize, written: &'a ast::Procedure) {
        let mut body = BodyScope::new(BodyKind::Procedure, None);
        let parameters = self.parameters(&mut body, &written.parameters);
        body.place = FlowState { covered: written.undo.is_some(), ..FlowState::default() };
        let mark = body.enter();
        let (block, completes, before_effects) = self.open_block(&mut body, &written.block);
        let undo = written.undo.as_ref().map(|undo| {
            body.leave(before_effects);
            self.undo_block(&mut body, undo, false)
        });
        body.leave(mark);
        body.summary.lets_unknown_through = body.first_open(body.place.open).filter(|_| completes);
        let index = self.program.procedures.len();
        self.program.procedures.push(Procedure {
            name: written.name.text.clone(),
            parameters: parameters.clone(),
            locals: body.locals(),
            block,
            undo,
            span: written.span,
        });
        let done = ProcedureState {
            index,
            parameters: parameters.into(),
            completes,
            has_undo: written.undo.is_some(),
            summary: body.summary,
            approvals: Rc::new(ProcedureApprovals::new(&body, completes)),
            settles: if completes { body.place.settled.questions(&body).into() } else { Rc::default() },
            open_runs: if completes { body.open_runs(body.place.open).into() } else { Rc::default() },
            resolved: Rc::new(body.resolved),
            runs: Rc::new(body.runs),
        };
        self.procedures.insert(declared, done);
    }

    pub(crate) fn lower_runbooks(&mut self) {
        for (index, written) in self.declared.runbooks.clone().into_iter().enumerate() {
            let runbook = self.runbook(index, written);
            self.program.runbooks.push(runbook);
        }
        self.reject_effects_after_runs();
        self.reject_run_cycles();
    }

    fn runbook(&mut self, index: usize, written: &'a ast::Runbook) -> Runbook {
        let mut body = BodyScope::new(BodyKind::Runbook(None), None);
        let parameters = self.parameters(&mut body, &written.parameters);
        let goal = written.goal.as_ref().and_then(|goal| {
            let (lowered, answer) = self.goal(&mut body, goal);
            self.observe_unknown_taint(&mut body, goal.condition.span, "the goal");
            body.kind = BodyKind::Runbook(Some(answer));
            lowered
        });
        let title = written.title.as_ref().map(|title| self.literal(title, "A title"));
        let alerts = written.alert.iter().flat_map(|alert| &alert.names);
        let alerts = alerts.map(|name| self.literal(name, "An alert name")).collect();
        let group = written.alert.as_ref().and_then(|alert| alert.group.as_ref());
        let alert_group = group.map(|group| self.literal(group, "An alert group"));
        let contact = written.contact.as_ref().map(|contact| self.contact(contact));
        if contact.is_none() {
            let message = format!("`{}` has no `contact`", written.name.text);
            self.report(
                Diagnostic::error(code::MISSING_HEADER, written.name.span, message)
                    .help("Add the header `contact NAME`, with a contact of `rectify.yaml`"),
            );
        }
        let locks = written.lock.iter().flat_map(|lock| &lock.names);
        let locks = locks.map(|name| self.lock(&mut body, name)).collect();
        let limit = written.limit.as_ref().map_or_else(Vec::new, |limit| {
            if let Some(action) = &limit.action {
                let message = "A `limit` in a runbook applies to the runbook and names no action";
                self.report(
                    Diagnostic::error(code::MISPLACED, action.span, message)
                        .help("Write the `limit` of an action at the top level of the file"),
                );
            }
            self.limit_parts(&mut body, limit)
        });
        let ends_within = written.ends.as_ref().and_then(|ends| {
            self.reject_timings(&ends.timings, &["within"], "`ends`");
            ends.timings.within.as_ref().and_then(|within| self.literal_duration(within, "The duration of a run"))
        });
        let (block, completes) = self.block(&mut body, &written.block);
        self.reject_unapproved(&body);
        if completes {
            let end = written.block.span;
            let end = Span::new(end.file, end.end.saturating_sub(1).max(end.start), end.end);
            let message = format!("`{}` can reach its end without `resolve` or `escalate`", written.name.text);
            self.report(
                Diagnostic::error(code::NO_ENDING, end, message)
                    .help("End it with `escalate to CONTACT \"…\"` or `resolve \"…\"`"),
            );
        }
        if let Some(span) = body.summary.goal
            && written.goal.is_none()
        {
            let message = format!("`{}` has no goal to check", written.name.text);
            self.report(
                Diagnostic::error(code::NO_GOAL, span, message)
                    .help("Add the header `goal PROBE(…)`")
                    .also(written.name.span, "this runbook"),
            );
        }
        self.resolved_endings.push(std::mem::take(&mut body.resolved));
        self.runs.extend(body.runs.iter().map(|(target, span)| (index, *target, *span)));
        Runbook {
            name: written.name.text.clone(),
            title: title.unwrap_or_else(|| written.name.text.clone()),
            alerts,
            alert_group,
            parameters,
            locals: body.locals(),
            goal,
            contact,
            locks,
            limit,
            ends_within,
            block,
            span: written.span,
        }
    }

    pub(crate) fn lock(&mut self, body: &mut BodyScope<'a>, name: &'a ast::Expression) -> Expression {
        let typed = self.expression(body, name, None);
        if !matches!(typed.type_of.present(), Type::Text | Type::Host(_) | Type::Invalid) {
            let message = format!("A lock must be a text or a host, found `{}`", typed.type_of);
            self.error(code::TYPE_MISMATCH, typed.span(), message);
        }
        typed.expression
    }

    /// Reports runbooks that run themselves, directly or through others, and chains of runs that are too deep.
    fn reject_run_cycles(&mut self) {
        let runs = std::mem::take(&mut self.runs);
        let count = self.program.runbooks.len();
        let mut next: Vec<Vec<usize>> = vec![Vec::new(); count];
        for (edge, (from, ..)) in runs.iter().enumerate() {
            next[*from].push(edge);
        }
        let order =
            topological_sort::topological_order(count, |node| next[node].iter().map(|edge| (runs[*edge].1, *edge)));
        for edge in order.closing {
            let (_, target, span) = runs[edge];
            let message = format!("`{}` runs itself, directly or through others", self.program.runbooks[target].name);
            self.report(
                Diagnostic::error(code::RECURSION, span, message)
                    .help("End the run here with `escalate`, or repeat a block with `repeat N times`"),
            );
        }
        let mut depth = vec![1_usize; count];
        for node in order.inner_first {
            let deepest = next[node].iter().max_by_key(|edge| depth[runs[**edge].1]);
            if let Some(edge) = deepest {
                let (_, target, span) = runs[*edge];
                depth[node] = depth[target] + 1;
                if depth[node] == DEEPEST_CALLS + 1 {
                    let message = format!("Runbooks run runbooks more than {DEEPEST_CALLS} levels deep here");
                    self.error(code::TOO_DEEP, span, message).help("Call fewer procedures from procedures");
                }
            }
        }
    }

    /// The runbook that a `run` names, with its arguments.
    pub(crate) fn run_call(
        &mut self,
        body: &mut BodyScope<'a>,
        call: &'a ast::Call,
    ) -> Option<(usize, Vec<Expression>)> {
        let written = call.path.text.as_str();
        let Some(target) = self.declared.runbook_index(written) else {
            let diagnostic = if self.declared.procedure_index(written).is_some() {
                Diagnostic::error(
                    code::UNKNOWN_NAME,
                    call.path.span,
                    format!("`{written}` is a procedure, not a runbook"),
                )
                .help(format!("Write `do {written}(…)`"))
            } else {
                let known = self.declared.runbooks.iter().map(|runbook| runbook.name.text.as_str());
                let message = format!("Unknown runbook `{written}`");
                self.unknown(code::UNKNOWN_NAME, call.path.span, message, written, known)
            };
            self.report(diagnostic);
            self.check_unknown_arguments(body, call);
            return None;
        };
        body.runs.entry(target).or_insert(call.span);
        let parameters = self.runbook_parameters.get(target).cloned()?;
        let arguments = self.arguments(body, &parameters, &call.arguments, written, call.span);
        self.observe_unknown_taint(body, call.span, &format!("`{written}`"));
        Some((target, arguments?))
    }

    /// An `undo` block, which contains no endings, questions or runs. `approved`: whether there was an approval before
    /// the block that it undoes. One inside that block may not have been given when the undo runs.
    pub(crate) fn undo_block(&mut self, body: &mut BodyScope<'a>, undo: &'a ast::Block, approved: bool) -> Block {
        let place = body.place;
        body.place = FlowState { undo: true, covered: true, approved, ..FlowState::default() };
        let (block, _) = self.block(body, undo);
        body.place = place;
        block
    }
}

fn procedures_done<'a>(block: &'a ast::Block, calls: &mut Vec<&'a ast::Call>) {
    for statement in &block.statements {
        if let StatementKind::Do(call)
        | StatementKind::Temporarily { what: Subject::Do(call), .. }
        | StatementKind::Permanently { what: Subject::Do(call), .. } = &statement.kind
        {
            calls.push(call);
        }
        statement.kind.blocks().for_each(|block| procedures_done(block, calls));
    }
}
