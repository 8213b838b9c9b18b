//! Calls: what they refer to, and whether their arguments fit.

use super::{Typed, UnknownTaint};
use crate::check::commands::Origin;
use crate::check::context::Context;
use crate::check::declarations::verdict_type;
use crate::check::scope::{BodyKind, BodyScope};
use crate::check::test_blocks::defaults::{MOST, MissingDefault};
use crate::check::unknown_taint::is_verdict;
use crate::check::verdict_paths::VerdictPath;
use crate::diagnostic::{Diagnostic, code, name_list};
use crate::program::types::Type;
use crate::program::{Call, Expression, ExpressionKind, Parameter, ProbeCall};
use crate::source::Span;
use crate::syntax::ast;
use crate::value::{Class, Value, Version};
use ecow::{EcoString, eco_format};

/// The functions of the language.
const FUNCTIONS: [&str; 3] = ["hosts", "version", "secret"];

impl<'a> Context<'a> {
    /// A call in an expression: an observation, a function, a constructor, or a method of a local value.
    pub(crate) fn call_in_expression(&mut self, body: &mut BodyScope<'a>, call: &'a ast::Call) -> Typed {
        let mut segments: Vec<ast::Name> = call.path.segments().collect();
        let Some(last) = segments.pop() else { return Typed::invalid(call.span) };
        let Some(first) = segments.first() else {
            let own = body.inside.is_some_and(|own| self.signature(own, &last.text).is_some());
            return if own { self.observation_value(body, call) } else { self.function(body, call, &last) };
        };
        // A local may have the name of a backend, as in `host.reachable(host)`. An action takes precedence.
        let backend = self.declared.backends.get(&first.text).copied().filter(|_| segments.len() == 1);
        let action = backend.is_some_and(|backend| self.signature(backend, &last.text).is_some());
        if !action && (body.find(&first.text).is_some() || call.path.text.starts_with("goal.answer.")) {
            let text: EcoString = segments.iter().map(|name| name.text.as_str()).collect::<Vec<_>>().join(".").into();
            let goal = text == "goal.answer" || text.starts_with("goal.answer.");
            let mut of = if goal {
                let end = segments.get(1).map_or(first.span, |name| name.span);
                self.goal_answer_typed(body, first.span.to(end))
            } else {
                self.local(body, first)
            };
            for name in segments.iter().skip(if goal { 2 } else { 1 }) {
                of = self.member(of, name);
            }
            if text == "goal.answer.reason" && body.place.goal_known {
                of.unknown_taint = UnknownTaint::default();
            }
            if let Some(narrowed) = body.narrowed_type(&text) {
                of.narrow(narrowed);
            }
            body.note_use(&first.text);
            let value = self.method(body, of, &last, &call.arguments);
            body.touched_by_unknown |= value.unknown_taint.any();
            body.touched_outside = body.touched_outside.max(value.outside);
            return value;
        }
        self.observation_value(body, call)
    }

    fn observation_value(&mut self, body: &mut BodyScope<'a>, call: &'a ast::Call) -> Typed {
        let Some(lowered) = self.action_call(body, call) else { return Typed::invalid(call.span) };
        let action = &self.program.actions[lowered.action];
        if action.class != Class::Observe {
            let message = format!(
                "`{}.{}` has the class `{}` and must be a statement of its own",
                action.backend,
                action.name,
                action.class.as_str()
            );
            self.report(
                Diagnostic::error(code::ACTION_IN_EXPRESSION, call.span, message)
                    .help("Write it on a line of its own, before the line that uses its result"),
            );
            return Typed::invalid(call.span);
        }
        let type_of = action.returns.clone();
        body.observations += 1;
        body.touched_outside = Origin::Outside;
        Typed::plain(Expression { kind: ExpressionKind::Observe(Box::new(lowered)), span: call.span }, type_of)
    }

    fn goal_answer_typed(&mut self, body: &mut BodyScope<'a>, span: Span) -> Typed {
        let type_of = self.goal_answer(body, span);
        Typed::plain(Expression { kind: ExpressionKind::GoalAnswer, span }, type_of)
    }

    fn function(&mut self, body: &mut BodyScope<'a>, call: &'a ast::Call, name: &ast::Name) -> Typed {
        let word = name.text.as_str();
        match word {
            "hosts" => return self.hosts_of(call),
            "version" => return self.version(call),
            "secret" => return self.secret(call),
            _ => {}
        }
        if self.declared.records.contains_key(word) || self.backend_record(word) {
            return self.construct(body, call, name);
        }
        let declared = &self.declared;
        let diagnostic = if declared.probe_index(word).is_some() {
            Diagnostic::error(code::UNKNOWN_NAME, name.span, format!("`{word}` is a probe, not a function"))
                .help(format!("Write `check {word}(…)`"))
        } else if declared.procedure_index(word).is_some() {
            Diagnostic::error(
                code::ACTION_IN_EXPRESSION,
                name.span,
                format!("`{word}` is a procedure and has no value"),
            )
            .help(format!("Write `do {word}(…)` on a line of its own"))
        } else if declared.runbook_index(word).is_some() {
            Diagnostic::error(code::ACTION_IN_EXPRESSION, name.span, format!("`{word}` is a runbook and has no value"))
                .help(format!("Match its outcome: `match run {word}(…) {{ … }}`"))
        } else {
            let records = declared.records.keys().map(EcoString::as_str);
            let probes = declared.probes.iter().map(|probe| probe.name.text.as_str());
            let known = FUNCTIONS.into_iter().chain(records).chain(probes);
            self.unknown(
                code::UNKNOWN_NAME,
                name.span,
                format!("There is no function, record or probe named `{word}`"),
                word,
                known,
            )
        };
        self.report(diagnostic);
        self.check_unknown_arguments(body, call);
        Typed::invalid(call.span)
    }

    fn backend_record(&self, name: &str) -> bool {
        self.declared.backends.values().any(|backend| backend.records.iter().any(|shape| shape.name.text == name))
    }

    /// `hosts(ROLE)`.
    fn hosts_of(&mut self, call: &'a ast::Call) -> Typed {
        let argument = match call.arguments.as_slice() {
            [ast::Argument { label: None, value, .. }] => Some(&value.kind),
            _ => None,
        };
        if let Some(ast::ExpressionKind::Invalid) = argument {
            return Typed::invalid(call.span);
        }
        let Some(ast::ExpressionKind::Path(role)) = argument else {
            let message = "`hosts` takes exactly one role: `hosts(ROLE)`";
            self.error(code::MISSING_ARGUMENT, call.span, message);
            return Typed::invalid(call.span);
        };
        if !self.declared.roles.contains_key(&role.text) {
            let known = self.declared.roles.keys().map(EcoString::as_str);
            let message = format!("Unknown role `{}`", role.text);
            let diagnostic = self.unknown(code::UNKNOWN_TYPE, role.span, message, &role.text, known);
            self.report(diagnostic);
            return Typed::invalid(call.span);
        }
        let type_of = Type::List(Box::new(Type::Host(vec![role.text.clone()])));
        Typed::plain(Expression { kind: ExpressionKind::Hosts(role.text.clone()), span: call.span }, type_of)
    }

    fn literal_text(&mut self, call: &'a ast::Call, what: &str) -> Option<(EcoString, Span)> {
        if let [ast::Argument { label: None, value, .. }] = call.arguments.as_slice() {
            if let Some(literal) = value.literal_text() {
                return Some((literal, value.span));
            }
            if let ast::ExpressionKind::Invalid = value.kind {
                return None;
            }
        }
        self.error(code::NOT_A_LITERAL, call.span, format!("`{what}` takes exactly one literal text"));
        None
    }

    /// `version("26.0")`.
    fn version(&mut self, call: &'a ast::Call) -> Typed {
        let Some((text, span)) = self.literal_text(call, "version") else { return Typed::invalid(call.span) };
        match Version::parse(&text) {
            Some(version) => Typed::constant(Value::Version(version), Type::Version, call.span),
            None => {
                let message = format!("{text:?} is not a version");
                self.error(code::BAD_LITERAL, span, message).help("Write numbers joined by dots, as in `\"26.0.1\"`");
                Typed::invalid(call.span)
            }
        }
    }

    /// `secret("name")`: a reference to one of the inventory's `secrets`.
    fn secret(&mut self, call: &'a ast::Call) -> Typed {
        let Some((name, span)) = self.literal_text(call, "secret") else { return Typed::invalid(call.span) };
        self.known_secret(&name, span);
        Typed::constant(Value::Secret(name), Type::Secret, call.span)
    }

    /// `Record(field: value, …)`.
    #[expect(clippy::wildcard_enum_match_arm, reason = "a test may leave out a field of any type")]
    fn construct(&mut self, body: &mut BodyScope<'a>, call: &'a ast::Call, name: &ast::Name) -> Typed {
        let Type::Record(record) = self.record_named(&name.text, name.span, body.inside) else {
            return Typed::invalid(call.span);
        };
        let in_test = self.test.is_some();
        let mut parameters = Vec::with_capacity(record.fields.len());
        let unnamed = call.arguments.iter().filter(|argument| argument.label.is_none()).count();
        let is_written = |position: usize, field: &EcoString| {
            let mut labels = call.arguments.iter().filter_map(|argument| argument.label.as_ref());
            position < unnamed || labels.any(|label| label.text == *field)
        };
        for (position, (field, type_of)) in record.fields.iter().enumerate() {
            let default = match type_of {
                Type::Optional(_) => Some(Value::Absent),
                _ if !in_test => None,
                _ => match self.blanks.field(type_of) {
                    MissingDefault::Value(value, _) => Some(value),
                    MissingDefault::None => None,
                    MissingDefault::TooLarge if is_written(position, field) => None,
                    MissingDefault::TooLarge => {
                        let message =
                            format!("The default of `{field}` of `{}` has more than {MOST} values", record.name);
                        self.report(Diagnostic::error(code::TOO_DEEP, call.span, message).help(format!(
                            "Write `{field}: …` with the values that the test needs, or nest records less"
                        )));
                        return Typed::invalid(call.span);
                    }
                },
            };
            parameters.push(Parameter { name: field.clone(), type_of: type_of.clone(), default });
        }
        let Some(values) = self.arguments(body, &parameters, &call.arguments, &record.name, call.span) else {
            return Typed::invalid(call.span);
        };
        let fields = record.fields.iter().map(|(field, _)| field.clone()).zip(values).collect();
        let kind = ExpressionKind::Record { name: record.name.clone(), fields };
        Typed::plain(Expression { kind, span: call.span }, Type::Record(record))
    }

    /// `check P(…)`, whose value is a verdict.
    pub(crate) fn check_probe(&mut self, body: &mut BodyScope<'a>, call: &'a ast::Call) -> Typed {
        match self.probe_call(body, call) {
            Some(probe) => Typed {
                unknown_taint: UnknownTaint::default(),
                ..Typed::plain(
                    Expression { kind: ExpressionKind::Check(Box::new(probe)), span: call.span },
                    Type::Enum(verdict_type()),
                )
            },
            None => Typed::invalid(call.span),
        }
    }

    /// A call of a probe by its name.
    pub(crate) fn probe_call(&mut self, body: &mut BodyScope<'a>, call: &'a ast::Call) -> Option<ProbeCall> {
        if matches!(body.kind, BodyKind::Probe | BodyKind::Signature) {
            self.report(
                Diagnostic::error(code::EFFECT_IN_PROBE, call.span, "A probe or an action must not check a probe")
                    .help("Join the probes where they are used: `goal A(server) and B(server)`"),
            );
            return None;
        }
        let written = call.path.text.as_str();
        let Some(probe) = self.declared.probe_index(written) else {
            let known: Vec<&str> = self.declared.probes.iter().map(|probe| probe.name.text.as_str()).collect();
            let message = format!("Unknown probe `{written}`");
            self.report(self.unknown(code::UNKNOWN_NAME, call.path.span, message, written, known));
            self.check_unknown_arguments(body, call);
            return None;
        };
        body.observations += 1;
        if body.unknown_path.is_empty() {
            body.unknown_path = VerdictPath::of_question(call.span);
        }
        let parameters = self.probe_parameters.get(probe).cloned()?;
        let arguments = self.arguments(body, &parameters, &call.arguments, written, call.span)?;
        body.touched_by_unknown |= passes_verdict(&parameters, &arguments);
        Some(ProbeCall { node: self.node(), probe, arguments, span: call.span })
    }

    /// The action that a path names.
    pub(crate) fn action_of(&mut self, body: &BodyScope<'a>, path: &'a ast::Path) -> Option<usize> {
        let first = path.segments().next()?;
        let (backend, action) = match path.text.rsplit_once('.') {
            Some((backend, action)) => (backend, action),
            // In a backend's own file, its actions have plain names.
            None => (body.inside?.name.text.as_str(), path.text.as_str()),
        };
        let Some(found) = self.declared.backends.get(backend).copied() else {
            let locals = body.names();
            let known = self.declared.backends.keys().chain(&locals).map(EcoString::as_str);
            let message = format!("Unknown backend `{backend}`");
            let diagnostic = self.unknown(code::UNKNOWN_ACTION, first.span, message, backend, known);
            self.report(diagnostic);
            return None;
        };
        let index = self.action(found, action);
        if index.is_none() {
            let span = path.segments().last().map_or(path.span, |name| name.span);
            let known = found.signatures.iter().map(|signature| signature.name.text.as_str());
            let message = format!("`{backend}` has no action `{action}`");
            let diagnostic = self.unknown(code::UNKNOWN_ACTION, span, message, action, known);
            self.report(diagnostic);
        }
        index
    }

    /// A call of an action of any class.
    pub(crate) fn action_call(&mut self, body: &mut BodyScope<'a>, call: &'a ast::Call) -> Option<Call> {
        let Some(index) = self.action_of(body, &call.path) else {
            self.check_unknown_arguments(body, call);
            return None;
        };
        if let Some(caller) = body.action {
            self.calls_of_actions.push((caller, index, call.span));
        }
        let parameters = self.program.actions[index].parameters.clone();
        let mut arguments = self.arguments(body, &parameters, &call.arguments, &call.path.text, call.span)?;
        body.touched_by_unknown |= passes_verdict(&parameters, &arguments);
        let is_command = |parameter: &Parameter| {
            parameter.name == "arguments" && parameter.type_of == Type::List(Box::new(Type::Text))
        };
        if let Some(position) = parameters.iter().position(is_command) {
            let input = parameters.iter().position(|parameter| parameter.name == "input");
            let input = input.and_then(|input| arguments.get(input)).map(|input| input.span);
            self.guard_command(body, call, &mut arguments[position], input);
        }
        Some(Call { node: self.node(), action: index, arguments, span: call.span })
    }

    /// Reports mistakes in the arguments of an unknown call. Plain names may be words that the right call knows, so
    /// they are skipped.
    pub(crate) fn check_unknown_arguments(&mut self, body: &mut BodyScope<'a>, call: &'a ast::Call) {
        for argument in &call.arguments {
            if !matches!(argument.value.kind, ast::ExpressionKind::Path(_)) {
                self.expression(body, &argument.value, None);
            }
        }
    }

    /// One expression for each parameter, in order; `None` where an argument is missing or superfluous.
    pub(crate) fn arguments(
        &mut self,
        body: &mut BodyScope<'a>,
        parameters: &[Parameter],
        arguments: &'a [ast::Argument],
        what: &str,
        span: Span,
    ) -> Option<Vec<Expression>> {
        let mut given: Vec<Option<Expression>> = vec![None; parameters.len()];
        let mut next = 0;
        let mut complete = true;
        for argument in arguments {
            let index = match &argument.label {
                None => {
                    let index = next;
                    next += 1;
                    (index < parameters.len()).then_some(index)
                }
                Some(label) => {
                    let index = parameters.iter().position(|parameter| parameter.name == label.text);
                    if index.is_none() {
                        let known = parameters.iter().map(|parameter| parameter.name.as_str());
                        let message = format!("`{what}` has no parameter `{}`", label.text);
                        self.report(self.unknown(code::UNKNOWN_PARAMETER, label.span, message, &label.text, known));
                        self.expression(body, &argument.value, None);
                        // This is probably the argument that was meant, so nothing more is reported about it.
                        complete = false;
                        continue;
                    }
                    index
                }
            };
            match index {
                Some(index) if given.get(index).is_some_and(Option::is_none) => {
                    let typed = self.expect(body, &argument.value, &parameters[index].type_of);
                    complete &= typed.type_of != Type::Invalid;
                    given[index] = Some(typed.expression);
                }
                Some(index) => {
                    let message = format!("`{}` is given twice", parameters[index].name);
                    self.report(
                        Diagnostic::error(code::EXTRA_ARGUMENT, argument.span, message).help("Remove one of them"),
                    );
                    self.expression(body, &argument.value, None);
                    complete = false;
                }
                None => {
                    let count = parameters.len();
                    let plural = if count == 1 { "" } else { "s" };
                    let found = arguments.len();
                    let message = format!("`{what}` takes {count} argument{plural}, found {found}");
                    self.report(Diagnostic::error(code::EXTRA_ARGUMENT, argument.span, message).help("Remove it"));
                    self.expression(body, &argument.value, None);
                    return None;
                }
            }
        }
        let mut missing = Vec::new();
        for (parameter, slot) in parameters.iter().zip(&mut given) {
            if slot.is_none() {
                match &parameter.default {
                    Some(default) => {
                        *slot = Some(Expression { kind: ExpressionKind::Constant(default.clone()), span });
                    }
                    None => missing.push((&parameter.name, &parameter.type_of)),
                }
            }
        }
        if complete && !missing.is_empty() {
            let help = format!("Add `{}: …`", missing[0].0);
            let missing = missing.iter().map(|(name, type_of)| eco_format!("{name}: {type_of}"));
            let message = format!("Missing argument of `{what}`: {}", name_list(missing));
            self.report(Diagnostic::error(code::MISSING_ARGUMENT, span, message).help(help));
        }
        given.into_iter().collect()
    }
}

/// Whether an action or probe receives a verdict, on which its result then depends.
fn passes_verdict(parameters: &[Parameter], arguments: &[Expression]) -> bool {
    let constant = |argument: &Expression| matches!(argument.kind, ExpressionKind::Constant(_));
    let mut pairs = parameters.iter().zip(arguments);
    pairs.any(|(parameter, argument)| parameter.type_of.holds(is_verdict) && !constant(argument))
}
