//! Signatures of actions, lowered at their first call, and the bodies of the teams' own actions.

use crate::check::context::Context;
use crate::check::scope::{BodyKind, BodyScope};
use crate::check::topological_sort;
use crate::check::topological_sort::DEEPEST_CALLS;
use crate::diagnostic::{Diagnostic, code};
use crate::program::types::Type;
use crate::program::visit::{Visitor, walk_call};
use crate::program::{Action, ActionBody, BodyResult, Call, Confirm, ExpressionKind, Program, TIMEOUT};
use crate::syntax::ast;
use crate::value::{Class, SignedDuration, Value, display_duration};
use ecow::{EcoString, eco_format};
use std::collections::HashSet;

/// The timeout of an action whose signature has none.
pub(crate) const DEFAULT_TIMEOUT: SignedDuration = SignedDuration::from_secs(60);

/// The time between two polls of a `confirm` that says nothing about it.
pub(crate) const CONFIRM_INTERVAL: SignedDuration = SignedDuration::from_secs(30);

/// A backend with at least this many actions gets a map of its signatures.
const SMALL: usize = 24;

impl<'a> Context<'a> {
    /// Lowers all actions of the teams' own backends, called or not.
    pub(crate) fn lower_own_backends(&mut self) {
        for backend in self.declared.own_backends.clone() {
            let mut seen: HashSet<&EcoString> = HashSet::new();
            for signature in &backend.signatures {
                let name = &signature.name.text;
                if !seen.insert(name) {
                    let message = format!("`{}` has two actions named `{name}`", backend.name.text);
                    self.error(code::DUPLICATE_NAME, signature.name.span, message).help("Rename one of them");
                    continue;
                }
                self.action(backend, name);
            }
        }
    }

    /// The signature of an action.
    pub(crate) fn signature(&mut self, backend: &'a ast::Backend, name: &str) -> Option<&'a ast::Signature> {
        if backend.signatures.len() <= SMALL {
            return backend.signatures.iter().find(|signature| signature.name.text == name);
        }
        let by_name = self.large_backends.entry(backend.name.text.clone()).or_insert_with(|| {
            let named = |signature: &'a ast::Signature| (signature.name.text.as_str(), signature);
            backend.signatures.iter().rev().map(named).collect()
        });
        by_name.get(name).copied()
    }

    /// The index of an action, which is lowered at its first call.
    pub(crate) fn action(&mut self, backend: &'a ast::Backend, name: &str) -> Option<usize> {
        let key: EcoString = eco_format!("{}.{name}", backend.name.text);
        if let Some(known) = self.actions.get(&key) {
            return Some(*known);
        }
        let signature = self.signature(backend, name)?;
        let mut body = BodyScope::new(BodyKind::Signature, Some(backend));
        let parameters = self.parameters(&mut body, &signature.parameters);
        let returns = signature.returns.as_ref().map(|returns| self.type_of(returns, Some(backend)));
        let empty_is_an_answer = signature
            .returns
            .as_ref()
            .is_some_and(|returns| returns.alternatives.iter().any(|alternative| alternative.path.text == "empty"));
        let index = self.program.actions.len();
        self.actions.insert(key, index);
        self.signatures.push(signature);
        self.program.actions.push(Action {
            backend: backend.name.text.clone(),
            name: name.into(),
            class: signature.class,
            parameters,
            locals: body.locals(),
            returns: returns.unwrap_or(Type::Nothing),
            empty_is_an_answer,
            timeout: DEFAULT_TIMEOUT,
            fresh: None,
            idempotent: signature.idempotent.is_some(),
            once: signature.once.is_some(),
            confirm: None,
            saves: None,
            undo: None,
            body: None,
        });
        body.action = Some(index);
        self.open_signatures.push((index, body, signature));
        Some(index)
    }

    /// Lowers the clauses of called signatures. They may call further actions, so this is a loop instead of a
    /// recursion.
    pub(crate) fn lower_signatures(&mut self) {
        while let Some((index, mut body, signature)) = self.open_signatures.pop() {
            self.clauses(index, &mut body, signature);
        }
        self.reject_action_cycles();
    }

    /// Reports actions that call themselves, directly or through others, and chains that are too deep.
    fn reject_action_cycles(&mut self) {
        let mut calls = std::mem::take(&mut self.calls_of_actions);
        calls.sort();
        let mut next: Vec<Vec<usize>> = vec![Vec::new(); self.program.actions.len()];
        for (position, (caller, ..)) in calls.iter().enumerate() {
            next[*caller].push(position);
        }
        let edges = |node: usize| next[node].iter().map(|edge| (calls[*edge].1, *edge));
        let order = topological_sort::topological_order(self.program.actions.len(), edges);
        for edge in order.closing {
            let (_, target, span) = calls[edge];
            let action = &self.program.actions[target];
            let message = format!("`{}.{}` calls itself here", action.backend, action.name);
            self.error(code::RECURSION, span, message);
        }
        let mut depth = vec![1_usize; self.program.actions.len()];
        for node in &order.inner_first {
            let node = *node;
            depth[node] = next[node].iter().map(|edge| depth[calls[*edge].1] + 1).max().unwrap_or(1);
            if depth[node] == DEEPEST_CALLS + 1
                && let Some(edge) = next[node].first()
            {
                let message = format!("Actions call actions more than {DEEPEST_CALLS} levels deep here");
                self.error(code::TOO_DEEP, calls[*edge].2, message);
            }
        }
        // Signatures that only tests call are lowered later.
        let known = std::mem::replace(&mut self.bounded_actions, self.program.actions.len());
        order.inner_first.into_iter().filter(|action| *action >= known).for_each(|action| self.bound_by_body(action));
    }

    /// Gives an action without a timeout of its own the time that its body asks for. Reports one that promises more than its
    /// body can take.
    fn bound_by_body(&mut self, index: usize) {
        let (Some(action), Some(signature)) = (self.program.actions.get(index), self.signatures.get(index)) else {
            return;
        };
        let Some(body) = &action.body else { return };
        let times = CallTimes::of(&self.program, body);
        let (promised, Some(given)) = (action.timeout, times.total) else { return };
        let Some(written) = &signature.timeout else {
            if times.is_given {
                self.program.actions[index].timeout = given;
            }
            return;
        };
        if promised > given {
            let [promised, given] = [promised, given].map(display_duration);
            let message =
                format!("`{}` promises {promised}, but the calls in its body end after {given}", signature.name.text);
            self.report(Diagnostic::error(code::IMPOSSIBLE_TIMING, written.span, message).help(format!(
                "Pass `timeout: {promised}` to the call, where its action has that parameter, or promise less"
            )));
        }
    }

    fn clauses(&mut self, index: usize, body: &mut BodyScope<'a>, signature: &'a ast::Signature) {
        if signature.class == Class::Observe {
            let wrong = [
                (signature.undo.as_ref().map(|undo| undo.span), "An observation has nothing to undo"),
                (signature.saves.as_ref().map(|saves| saves.span), "An observation has nothing to save"),
                (signature.once, "An observation can always be repeated"),
                (
                    signature.confirm.as_ref().map(|confirm| confirm.call.span),
                    "An observation has no effect to confirm",
                ),
            ];
            for (span, message) in wrong {
                if let Some(span) = span {
                    self.error(code::MISPLACED, span, message);
                }
            }
            if signature.returns.is_none() {
                let message = format!("The observation `{}` declares no type for its answer", signature.name.text);
                self.report(Diagnostic::error(code::MISSING_PART, signature.name.span, message).help("Add `-> TYPE`"));
            }
        }
        if let (Some(once), Some(idempotent)) = (signature.once, signature.idempotent) {
            let message = "An action is either `idempotent` or `once`, not both";
            self.report(Diagnostic::error(code::MISPLACED, once, message).also(idempotent, "and here"));
        }
        let timeout = signature.timeout.as_ref().and_then(|amount| self.literal_duration(amount, "A timeout"));
        let fresh =
            signature.fresh.as_ref().and_then(|amount| self.literal_duration(amount, "The maximum age of an answer"));
        let confirm = signature.confirm.as_ref().and_then(|confirm| self.confirm(body, confirm));
        let saves = signature.saves.as_ref().and_then(|saves| {
            let call = self.observation(body, &saves.call, "saves")?;
            let type_of = self.program.actions[call.action].returns.clone();
            let slot = self.bind(body, &saves.name, type_of);
            Some((call, slot))
        });
        let undo = signature.undo.as_ref().and_then(|call| {
            // The undo is not part of the action, so `undo` may call the action itself.
            let own = body.action.take();
            let undo = self.action_call(body, call);
            body.action = own;
            let undo = undo?;
            if self.program.actions[undo.action].class == Class::Destroy {
                let message = "An undo must not be of class `destroy`, because it runs without an approval";
                self.error(code::DESTROY_WITHOUT_APPROVAL, call.span, message).help("Call an action of a lower class");
            }
            if self.program.actions[undo.action].class == Class::Observe && signature.class != Class::Observe {
                self.error(code::MISPLACED, call.span, "An observation cannot undo anything")
                    .help("Call an action that restores the state");
            }
            Some(undo)
        });
        let own = signature.body.as_ref().and_then(|own| self.action_body(index, body, own, signature));
        let action = &mut self.program.actions[index];
        action.timeout = timeout.unwrap_or(DEFAULT_TIMEOUT);
        action.fresh = fresh;
        action.confirm = confirm;
        action.saves = saves;
        action.undo = undo;
        action.body = own;
        action.locals = body.locals();
    }

    fn confirm(&mut self, body: &mut BodyScope<'a>, confirm: &'a ast::Confirm) -> Option<Confirm> {
        let ast::Confirm { call, timings, .. } = confirm;
        self.reject_timings(timings, &["within", "every"], "`confirm`");
        let mut duration =
            |amount: &Option<ast::Amount>, what| amount.as_ref().and_then(|it| self.literal_duration(it, what));
        let within = duration(&timings.within, "The window of `confirm`");
        let every = duration(&timings.every, "The interval of `confirm`");
        if let (Some(window), Some(interval), Some(written)) = (within, every, &timings.every)
            && interval > window
        {
            let message = "`confirm` would never poll twice: `every` is longer than `within`";
            self.error(code::IMPOSSIBLE_TIMING, written.span, message).help("Make `every` shorter than `within`");
        }
        let call = self.observation(body, call, "confirm")?;
        Some(Confirm { call, within, every: every.unwrap_or(CONFIRM_INTERVAL) })
    }

    fn observation(&mut self, body: &mut BodyScope<'a>, call: &'a ast::Call, clause: &str) -> Option<Call> {
        let lowered = self.action_call(body, call)?;
        if self.program.actions[lowered.action].class != Class::Observe {
            self.error(code::MISPLACED, call.span, format!("`{clause}` must call an observation"))
                .help("Call an observation, as in `saves before = value(on)`");
        }
        Some(lowered)
    }

    fn action_body(
        &mut self,
        index: usize,
        body: &mut BodyScope<'a>,
        own: &'a ast::ActionBody,
        signature: &'a ast::Signature,
    ) -> Option<ActionBody> {
        let lets = own.lets.iter().map(|statement| self.statement(body, statement).0).collect();
        let result = own.result.as_ref().and_then(|result| self.body_result(index, body, result, signature));
        if own.result.is_none() {
            let message = format!("The body of `{}` must end with a call or a value", signature.name.text);
            self.error(code::MISSING_PART, own.span.after(), message);
        }
        Some(ActionBody { lets, result: result? })
    }

    fn body_result(
        &mut self,
        index: usize,
        body: &mut BodyScope<'a>,
        result: &'a ast::Expression,
        signature: &'a ast::Signature,
    ) -> Option<BodyResult> {
        if signature.class == Class::Observe {
            let returns = self.program.actions[index].returns.clone();
            let typed = self.expect(body, result, &returns);
            return Some(BodyResult::Answer(typed.expression));
        }
        let ast::ExpressionKind::Call(call) = &result.kind else {
            let message = format!("The body of `{}` must end with the call that has the effect", signature.name.text);
            self.error(code::MISPLACED, result.span, message);
            return None;
        };
        let lowered = self.action_call(body, call)?;
        let inner = self.program.actions[lowered.action].class;
        if inner > signature.class {
            let message = format!(
                "`{}` is declared as `{}`, but calls an action of class `{}`",
                signature.name.text,
                signature.class.as_str(),
                inner.as_str()
            );
            self.report(
                Diagnostic::error(code::MISPLACED, call.span, message)
                    .also(signature.class_span, "this class is too low")
                    .help(format!("Declare it as `{}`: an action is as harmful as what it calls", inner.as_str())),
            );
        }
        Some(BodyResult::Act(lowered))
    }
}

/// How long the calls of a body may take.
struct CallTimes<'p> {
    program: &'p Program,
    /// One after the other; none if there is no call. A time that is not literal bounds nothing.
    total: Option<SignedDuration>,
    /// Whether a call is given its time.
    is_given: bool,
}

impl<'p> CallTimes<'p> {
    fn of(program: &'p Program, body: &'p ActionBody) -> Self {
        let mut calls = Self { program, total: None, is_given: false };
        body.lets.iter().for_each(|statement| calls.statement(statement));
        match &body.result {
            BodyResult::Act(call) => calls.call(call),
            BodyResult::Answer(answer) => calls.expression(answer),
        }
        calls
    }
}

impl<'p> Visitor<'p> for CallTimes<'p> {
    fn call(&mut self, call: &'p Call) {
        let Some(action) = self.program.actions.get(call.action) else { return };
        let given = action.parameters.iter().position(|parameter| parameter.name == TIMEOUT && action.body.is_none());
        let time = match given.and_then(|position| call.arguments.get(position)).map(|argument| &argument.kind) {
            None | Some(ExpressionKind::Constant(Value::Absent)) => action.timeout,
            given => {
                self.is_given = true;
                if let Some(ExpressionKind::Constant(Value::Duration(given))) = given {
                    *given
                } else {
                    SignedDuration::MAX
                }
            }
        };
        self.total = Some(self.total.unwrap_or_default().saturating_add(time));
        walk_call(self, call);
    }
}
